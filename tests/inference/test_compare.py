"""Two small cohorts beside each other, and the verdicts that a reader is given."""

import numpy as np
import pandas as pd
import pytest

from careersurvey.errors import CohortError, QuestionError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.tables import COLUMNS
from careersurvey.inference.compare.compare import COMPARE_COLUMNS, compare, how, rule
from careersurvey.inference.compare.difference import Difference, counted
from careersurvey.inference.intervals import holm

TOML = """\
[cohort]
id = "{id}"
title = "A small survey"
evidence = "reported"
fieldwork = "2013"

[places]
p = 64
"""
SCHOOLS = {"indicator": "schools", "reported": "60"}
PARENTS = {"indicator": "parents", "unit": "parent", "reported": "1,703"}


def of(base_n, reported, form="count", **more):
    return {
        "indicator": "good",
        "category": "yes",
        "base_id": "schools",
        "base_n": str(base_n),
        "reported": reported,
        "form": form,
        **more,
    }


def helped(base_n, reported, **more):
    about = {"indicator": "helped", "unit": "parent", "base_id": "parents"}
    return of(base_n, reported, **about, **more)


@pytest.fixture
def against(write_cohort):
    """Compare two cohorts that print these rows, each with a base of its own."""

    def run(then, now, relabelled=None, **asked):
        bases = {"schools": SCHOOLS, "parents": PARENTS}

        def folder(name, rows):
            cited = dict.fromkeys(row["base_id"] for row in rows if row.get("base_id"))
            toml = relabelled if relabelled and name == "now" else TOML
            printed = [bases[base] for base in cited if base in bases]
            return write_cohort(*printed, *rows, name=name, toml=toml)

        one, two = folder("then", then), folder("now", now)
        table = compare(load_cohort(one), load_cohort(two), **asked)
        return table[~table["indicator"].isin(list(bases))].reset_index(drop=True)

    return run


def test_twelve_of_sixty_against_twelve_of_thirty_follows_the_rule_that_the_report_names(against):
    """Witness: Newcombe's interval is 0.006 to 0.395; Fisher's p of 0.075 would say otherwise."""
    row = against([of(60, "12")], [of(30, "12")]).iloc[0]
    assert row["verdict"] == "increased"
    assert row[["difference", "conf_low", "conf_high"]].tolist() == pytest.approx(
        [0.2, 0.006, 0.395], abs=5e-4
    )
    assert row["p_value"] == row["p_adjusted"] == pytest.approx(0.0428, abs=5e-5)
    assert "Newcombe's hybrid score interval" in how()
    assert "Holm" in rule()


def test_the_columns_are_the_declared_ones(against):
    table = against([of(60, "12")], [of(30, "12")])
    assert tuple(table.columns[: len(COMPARE_COLUMNS)]) == COMPARE_COLUMNS


def test_fewer_is_a_decrease_and_little_is_no_clear_change(against):
    """Witness: R 4.2.2 (tests/reference/differences.csv): 27/55 against 20/40 has p 0.93."""
    assert against([of(60, "40")], [of(60, "12")])["verdict"].item() == "decreased"
    row = against([of(55, "27")], [of(40, "20")]).iloc[0]
    assert row["verdict"] == "no clear change"
    assert row["p_value"] == pytest.approx(0.93, abs=5e-3)


def test_a_vague_wording_that_decides_the_verdict_is_said_with_the_count_where_it_turns(against):
    """Witness: each count of "about a quarter" of 60 (14 to 17) tried on its own."""
    alone = {x: against([of(60, str(x))], [of(60, "27")])["verdict"].item() for x in range(14, 18)}
    assert alone == {
        14: "increased",
        15: "increased",
        16: "increased",
        17: "no clear change",
    }
    row = against([of(60, "about a quarter", "fraction")], [of(60, "27")]).iloc[0]
    assert row["verdict"] == "depends on the wording"
    assert "increased at 14 to 16, no clear change at 17 of 60 in then" in row["reason"]
    sides = counted([14, 15, 16, 17], 60), counted(27, 60)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx(Difference(*sides).envelope())
    assert row["p_value"] == pytest.approx(Difference(counted(17, 60), counted(27, 60)).largest_p())
    assert row["estimate_baseline"] == 0.25


def test_where_both_wordings_are_vague_the_difference_that_decides_is_said(against):
    row = against(
        [of(60, "about a quarter", "fraction")], [of(60, "almost half", "fraction")]
    ).iloc[0]
    assert row["verdict"] == "depends on the wording"
    assert "increased if the shares differ by" in row["reason"]


def test_a_vague_wording_that_changes_nothing_is_said_to(against):
    row = against([of(60, "about a quarter", "fraction")], [of(60, "50")]).iloc[0]
    assert row["verdict"] == "increased"
    assert "at every count that the wording allows" in row["reason"]


def test_a_quantity_in_several_places_is_what_all_of_them_allow(against):
    """Witness: "about a quarter" of 60 is 14 to 17, and 25% of 60 is 15 alone."""
    then = [of(60, "about a quarter", "fraction"), of(60, "25%", "percent", where="p2")]
    row = against(then, [of(60, "30")]).iloc[0]
    assert row["estimate_baseline"] == 0.25
    assert (row["conf_low"], row["conf_high"]) == pytest.approx(
        Difference(counted(15, 60), counted(30, 60)).envelope()
    )


def test_places_that_contradict_each_other_are_all_kept(against):
    """Witness: 12 and 20 of 60 share no count, so the limits reach over both."""
    then = [of(60, "12"), of(60, "20", where="p2")]
    row = against(then, [of(60, "30")]).iloc[0]
    assert (row["conf_low"], row["conf_high"]) == pytest.approx(
        Difference(counted([12, 20], 60), counted(30, 60)).envelope()
    )
    assert np.isnan(row["difference"])


def test_the_share_of_no_is_what_yes_leaves(against):
    """Witness: 45 of 60 "no" leave 15."""
    row = against([of(60, "45", category="no")], [of(60, "40")]).iloc[0]
    assert row[["category", "estimate_baseline"]].tolist() == ["yes", 0.25]
    assert "what no leaves of its base" in row["reason"]


@pytest.mark.parametrize("words", ["most", "few", "nearly all"])
def test_words_alone_are_no_ground_for_a_test(against, words):
    row = against([of(60, words, "words")], [of(60, "20")]).iloc[0]
    assert row["verdict"] == "not comparable"
    assert f"words only: “{words}” in then" in row["reason"]
    assert row[["difference", "conf_low", "p_value", "p_adjusted"]].isna().all()


def test_words_beside_a_number_do_not_bar_it(against):
    then = [of(60, "few", "words"), of(60, "12", where="p2")]
    assert against(then, [of(60, "40")])["verdict"].item() == "increased"


def test_a_base_that_is_not_printed_is_said(against):
    unbased = of("", "25%", "percent", base_id="")
    row = against([unbased], [of(60, "40")]).iloc[0]
    assert row["reason"] == "another base: then prints no base"


def test_fewer_than_ten_are_compared_with_nothing_in_print_either(against):
    row = against([of(9, "3")], [of(60, "50")]).iloc[0]
    assert row["reason"] == "another base: fewer than 10 in then"
    assert against([of(10, "3")], [of(60, "50")]).iloc[0]["verdict"] == "increased"


def test_what_is_no_count_is_no_share_of_its_base(against):
    row = against([of(60, "12 or so", "text")], [of(60, "40")]).iloc[0]
    assert row["reason"] == "another measure: “12 or so” in then is given as text"
    assert row[["estimate_baseline", "difference", "p_value"]].isna().all()


@pytest.mark.parametrize(
    ("reported", "form"), [("£12", "money"), ("12", "rank"), ("March 2012", "date")]
)
def test_a_share_that_is_given_as_what_none_can_be_is_refused(against, reported, form):
    """By hand: 12 pounds on a base of 60 schools are no fifth of them."""
    with pytest.raises(CohortError, match="1 of 2 cells of form is not as expected"):
        against([of(60, reported, form)], [of(60, "40")])


ASKED_OF_ALL = (
    "indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,"
    "among,favourable\nschools,Schools visited,scope,school,,,count,,,,,,\n"
    "good,Good guidance,practice,school,schools,good,{}\n"
)


@pytest.mark.parametrize("about", ["share,,yes;no,all,,,yes", "multiple,,yes;no,,,,yes"])
def test_no_is_what_yes_leaves_only_where_everyone_of_the_base_gave_one_of_two_answers(
    write_cohort, about
):
    """By reason: of all who were asked, or of boxes to tick, 45 of 60 "no" leave no 15 "yes"."""
    folders = [
        write_cohort(
            SCHOOLS, of(60, "45", category=said), name=name, indicators=ASKED_OF_ALL.format(about)
        )
        for name, said in (("then", "no"), ("now", "yes"))
    ]
    (folders[1] / "crosswalk.csv").write_text(
        ",".join(COLUMNS["crosswalk.csv"]) + "\nthen,good,yes,now,good,yes,same,it is\n"
    )
    row = compare(*folders).query("category == 'yes'").iloc[0]
    assert row["verdict"] == "not comparable"
    assert np.isnan(row["estimate_baseline"])


def test_a_mean_on_a_base_is_no_share_of_it_in_whatever_form_it_is_printed(write_cohort):
    """By hand: a mean of 12% of the 60 schools' pupils is no 7 of 60 schools."""
    about = "mean,,,,,,"
    folders = [
        write_cohort(
            SCHOOLS,
            of(60, "12%", "percent", category=""),
            name=name,
            indicators=ASKED_OF_ALL.format(about),
        )
        for name in ("then", "now")
    ]
    row = compare(*folders).set_index("indicator").loc["good"]
    assert row["reason"] == "no interval for then: a mean without its spread"


def test_a_verdict_that_turns_among_very_many_counts_is_told_by_the_difference(write_cohort):
    """Witness: 45% to 55% of 10,000,000 are a million counts; 1,080 of 2,000 are 54%."""
    then = write_cohort(
        SCHOOLS | {"reported": "10,000,000"}, of(10**7, "about half", "fraction"), name="then"
    )
    now = write_cohort(SCHOOLS | {"reported": "2,000"}, of(2000, "1080"), name="now")
    row = compare(then, now).set_index("indicator").loc["good"]
    assert row["verdict"] == "depends on the wording"
    assert "increased if the shares differ by" in row["reason"]


def test_bases_that_differ_are_said(against):
    then = [{"indicator": "kind", "category": "new", "reported": "40"}]
    row = against([*then, of(40, "12", base_id="kind=new")], [of(60, "12")]).iloc[0]
    assert row["verdict"] == "not comparable"
    assert "another base: kind=new against schools" in row["reason"]


def test_parents_of_sixty_schools_are_told_how_much_clustering_would_undo_the_change(against):
    """Witness: at the printed design effect the interval ends on 0, one tenth beyond it holds 0."""
    row = against([helped(1703, "142")], [helped(400, "60")]).iloc[0]
    assert row["verdict"] == "increased"
    deff = row["deff_undone"]
    assert 1 < deff < 10
    sides = (counted(*each, clustered=True) for each in ((142, 1703), (60, 400)))
    change = Difference(*sides)
    assert change.widened(deff * 1.1).envelope()[0] < 0 < change.widened(deff / 1.1).envelope()[0]


def test_schools_are_what_was_drawn_and_need_no_design_effect(against):
    assert against([of(60, "12")], [of(60, "40")])["deff_undone"].isna().all()


def test_what_no_design_effect_of_up_to_ten_would_undo_has_none(against):
    assert against([helped(1703, "142")], [helped(1703, "1200")])["deff_undone"].isna().all()


def test_a_p_is_no_verdict_where_units_were_not_drawn_by_probability(write_cohort):
    """Witness: 10,000 and 10,800 of 20,000 differ by 4 points, with p below 1e-9."""
    counts = {"then": "10000", "now": "10800"}

    def verdict(selection):
        toml = TOML.replace("fieldwork", f"{selection}\nfieldwork")
        base = PARENTS | {"reported": "20,000"}
        folders = [
            write_cohort(base, helped(20000, count), name=name, toml=toml)
            for name, count in counts.items()
        ]
        return compare(*map(load_cohort, folders)).set_index("indicator").loc["helped"]

    drawn, unstated = verdict('selection = "probability"'), verdict("")
    assert drawn["verdict"] == "increased"
    assert unstated["verdict"] == "no clear change"
    assert "too small a change" in unstated["reason"]
    assert unstated["p_value"] == drawn["p_value"] < 1e-9


def test_the_rows_that_are_asked_for_keep_the_p_of_all(against):
    """Witness: the whole table."""
    sides = [of(60, "12"), helped(1703, "142")], [of(30, "12"), helped(400, "60")]
    every = against(*sides).set_index("indicator")
    asked = against(*sides, indicators=["good"]).set_index("indicator")
    assert asked.index.tolist() == ["good"]
    assert asked.loc["good", "p_adjusted"] == every.loc["good", "p_adjusted"]
    with pytest.raises(QuestionError, match="not measured by both") as refusal:
        against(*sides, indicators=["goood"])
    assert "good" in refusal.value.expected


def test_the_make_up_of_a_sample_is_no_outcome_and_no_test(against):
    """Witness: 24 of 60 schools of one kind and then 50 of 60; good alone is tested."""
    kinds = [of(60, count, indicator="kind", category="new") for count in ("24", "50")]
    table = against([of(60, "12"), kinds[0]], [of(30, "12"), kinds[1]]).set_index("indicator")
    assert table.loc["kind", "reason"].startswith("make-up of the sample")
    assert table.loc["good", "p_adjusted"] == table.loc["good", "p_value"]


def test_p_is_adjusted_for_every_row_that_is_tested_and_for_no_other(against):
    """Witness: 12/60 against 12/30 is clear alone; with a second test Holm doubles 0.0428."""
    words = {"indicator": "valued", "category": "talk", "reported": "1", "form": "rank"}
    then = [of(60, "12"), helped(1703, "800"), words | {"unit": "student"}]
    now = [of(30, "12"), helped(400, "190"), words | {"unit": "student"}]
    table = against(then, now).set_index("indicator")
    assert table.loc["good", "verdict"] == "no clear change"
    assert table.loc["good", "p_adjusted"] == pytest.approx(2 * table.loc["good", "p_value"])
    tested = table["p_value"].notna()
    np.testing.assert_allclose(table.loc[tested, "p_adjusted"], holm(table["p_value"][tested]))
    assert table.loc["valued", "reason"] == "another measure: a rank is no share of a base"


def test_a_verdict_never_contradicts_its_adjusted_p(against):
    for count in range(12, 40, 4):
        table = against(
            [of(60, "about a quarter", "fraction"), helped(1703, "142")],
            [of(60, str(count)), helped(400, "60")],
        )
        clear = table["verdict"].isin(["increased", "decreased"])
        assert (clear == (table["p_adjusted"] <= 0.05)).all()
        named = {"no clear change", "depends on the wording", "not comparable"}
        assert set(table["verdict"]) <= {"increased", "decreased"} | named


def test_three_categories_have_a_row_each(against):
    then = [
        of(60, str(x), indicator="advisers", category=c)
        for c, x in (("all", 10), ("some", 35), ("none", 15))
    ]
    now = [
        of(60, str(x), indicator="advisers", category=c)
        for c, x in (("all", 20), ("some", 35), ("none", 5))
    ]
    assert against(then, now)["category"].tolist() == ["all", "some", "none"]


def test_answers_that_differ_are_said_and_nothing_is_lost(against, write_cohort):
    then = write_cohort(SCHOOLS, of(60, "12"), name="then", toml=TOML)
    now = write_cohort(SCHOOLS, of(60, "20"), name="now", toml=TOML)
    table = (now / "indicators.csv").read_text()
    (now / "indicators.csv").write_text(
        table.replace("good,share,,yes;no", "good,share,,yes;partly;no")
    )
    found = compare(load_cohort(then), load_cohort(now)).set_index("indicator")
    assert "the answers differ, yes;no against yes;partly;no" in found.loc["good", "reason"]
    assert found.loc["good", "verdict"] == "not comparable"
    assert found.index.tolist() == ["schools", "good"]


def asked_as(write_cohort, before, after):
    """What is said of one question, put to 60 schools in two wordings: 12 said yes, then 40."""
    then = write_cohort(SCHOOLS, of(60, "12"), name="then", toml=TOML)
    now = write_cohort(SCHOOLS, of(60, "40"), name="now", toml=TOML)
    for folder, question in ((then, before), (now, after)):
        (folder / "codebook.csv").write_text(
            "variable,table,question,type,values,missing,unit\n"
            f"good,schools,{question},category,yes;no,,school\n"
        )
    return compare(load_cohort(then), load_cohort(now)).set_index("indicator").loc["good"]


def test_a_question_that_is_worded_differently_is_close_and_said_to_be(write_cohort):
    row = asked_as(write_cohort, "Is it good?", "Is it very good?")
    assert row["verdict"] == "increased"
    assert row["reason"].startswith("close, not the same: the question is worded differently")


def test_a_question_that_an_editor_wrote_with_other_quotes_is_the_same(write_cohort):
    row = asked_as(write_cohort, "Isn't it 10-15?", "Isn’t  it 10–15?")
    assert row["reason"].startswith("p below")


def test_a_crosswalk_pairs_indicators_and_its_reason_is_given(write_cohort):
    then = write_cohort(SCHOOLS, of(60, "12"), name="then", toml=TOML)
    now = write_cohort(
        SCHOOLS, of(60, "40", indicator="advisers", category="all"), name="now", toml=TOML
    )
    row = ("then", "good", "yes", "now", "advisers", "all")
    for closeness, verdict in (("close", "increased"), ("related", "not comparable")):
        pd.DataFrame(
            [[*row, closeness, "advisers are part of it"]], columns=COLUMNS["crosswalk.csv"]
        ).to_csv(now / "crosswalk.csv", index=False)
        found = compare(load_cohort(then), load_cohort(now)).set_index("indicator").loc["good"]
        assert found["verdict"] == verdict
        assert "advisers are part of it" in found["reason"]


@pytest.mark.parametrize(
    ("rows", "renamed", "told"),
    [
        (["some,same"], "some", {"all": "", "some": "", "none": ""}),
        (["some,same"], "several", {"all": "", "some": "", "none": ""}),
        (["some,related"], "some", {"all": "", "some": "related only", "none": ""}),
        (["some,same", ",related"], "several", {"all": "related", "some": "", "none": "related"}),
        (["none,same"], "several", {"all": "differ, all;some against all;several", "none": ""}),
    ],
)
def test_a_row_of_one_category_leaves_the_others_as_they_are(write_cohort, rows, renamed, told):
    """Witness: 10, 35 and 15 of 60 schools then, 20, 35 and 5 now; each pairs once at most."""
    names = "all", "some", "none"
    folders = []
    for wave, numbers in (("then", (10, 35, 15)), ("now", (20, 35, 5))):
        about = {"indicator": "advisers"}
        printed = [of(60, str(n), category=c, **about) for c, n in zip(names, numbers, strict=True)]
        folders.append(write_cohort(SCHOOLS, *printed, name=wave, toml=TOML))
    now = folders[1]
    for file in ("indicators.csv", "reported.csv"):
        text = (now / file).read_text()
        (now / file).write_text(text.replace("some", renamed))
    lines = [line.split(",") for line in rows]
    called = {"some": renamed}
    table = [
        ("then", "advisers", name, "now", "advisers", called.get(name, name), closeness, "it is")
        for name, closeness in lines
    ]
    pd.DataFrame(table, columns=COLUMNS["crosswalk.csv"]).to_csv(now / "crosswalk.csv", index=False)
    found = compare(*folders).query("indicator == 'advisers'").set_index("category")
    assert sorted(found.index) == sorted(told)
    for name, reason in told.items():
        assert (reason in found.loc[name, "reason"]) if reason else found.loc[name, "p_value"] <= 1
        assert (found.loc[name, "verdict"] == "not comparable") == bool(reason)


def test_the_same_schools_in_print_twice_are_not_compared_as_if_they_were_others(write_cohort):
    toml = TOML.replace("fieldwork", 'panel = "our schools"\nfieldwork')
    folders = [
        write_cohort(SCHOOLS, of(60, x), name=n, toml=toml)
        for n, x in (("then", "12"), ("now", "40"))
    ]
    found = compare(*map(load_cohort, folders)).set_index("indicator").loc["good"]
    assert found["verdict"] == "not comparable"
    assert found["reason"].startswith("overlapping samples: both are of our schools")


def test_a_panel_that_is_written_in_another_case_is_the_same(write_cohort):
    """By reason: "Our schools" of one clerk are "our schools" of another, and not independent."""
    folders = [
        write_cohort(
            SCHOOLS,
            of(60, count),
            name=name,
            toml=TOML.replace("fieldwork", f'panel = "{panel}"\nfieldwork'),
        )
        for name, count, panel in (("then", "12", "Our schools"), ("now", "40", "our  schools"))
    ]
    found = compare(*folders).set_index("indicator").loc["good"]
    assert found["reason"].startswith("overlapping samples: both are of Our schools")


@pytest.mark.parametrize(("closeness", "reason"), [("same", ""), ("related", "another base")])
def test_a_base_of_another_name_is_the_same_where_a_row_says_so(write_cohort, closeness, reason):
    """Witness: 12 of 60 and 30 of 60 schools, called schools then and visited now."""
    then = write_cohort(SCHOOLS, of(60, "12"), name="then", toml=TOML)
    visited = {"indicator": "visited", "reported": "60"}
    now = write_cohort(visited, of(60, "30", base_id="visited"), name="now", toml=TOML)
    text = (now / "indicators.csv").read_text()
    (now / "indicators.csv").write_text(text.replace("schools,Sch", "visited,Sch"))
    row = ("then", "schools", "", "now", "visited", "", closeness, "renamed")
    pd.DataFrame([row], columns=COLUMNS["crosswalk.csv"]).to_csv(now / "crosswalk.csv", index=False)
    found = compare(then, now).set_index("indicator").loc["good"]
    assert found["reason"].startswith(reason or "p 0.00055")
    assert found["verdict"] == ("not comparable" if reason else "increased")


def test_the_make_up_of_either_sample_is_no_outcome(write_cohort):
    """By reason: what is no outcome does not hang on which of two is named first."""
    folders = [
        write_cohort(SCHOOLS, of(60, n), name=x, toml=TOML)
        for x, n in (("then", "12"), ("now", "40"))
    ]
    text = (folders[1] / "indicators.csv").read_text()
    (folders[1] / "indicators.csv").write_text(
        text.replace("guidance,practice,school,schools,good", "guidance,scope,school,schools,good")
    )
    for pair in (folders, folders[::-1]):
        found = compare(*pair).set_index("indicator").loc["good"]
        assert found["reason"] == "make-up of the sample, and no outcome"


def test_what_is_no_sample_has_no_test(write_cohort):
    toml = TOML.replace("fieldwork", 'no_interval = "everybody answered"\nfieldwork')
    folders = [
        write_cohort(SCHOOLS, of(60, "12"), name="then", toml=toml),
        write_cohort(SCHOOLS, of(60, "40"), name="now", toml=TOML),
    ]
    found = compare(*map(load_cohort, folders)).set_index("indicator").loc["good"]
    assert found["reason"] == "no interval for then: everybody answered"


def test_a_cohort_is_not_compared_with_itself(write_cohort):
    cohort = load_cohort(write_cohort(SCHOOLS))
    with pytest.raises(QuestionError, match="not compared with itself") as refusal:
        compare(cohort, cohort)
    assert refusal.value.do


def test_cohorts_with_nothing_in_common_are_refused(write_cohort):
    one = load_cohort(write_cohort(SCHOOLS, of(60, "12"), name="then"))
    two = load_cohort(write_cohort(PARENTS, name="now"))
    with pytest.raises(QuestionError, match="then and now have no indicator in common"):
        compare(one, two)


def test_a_baseline_that_does_not_exist_is_named():
    with pytest.raises(CohortError, match="no folder data/ofsted-1913"):
        load_cohort("data/ofsted-1913")


def test_2013_and_2023_have_nothing_that_a_test_could_rest_on():
    """Witness: the review of 2023 prints "Most", and 30 schools apart from 14 providers."""
    table = compare(load_cohort("data/ofsted-2013"), load_cohort("data/ofsted-2023"))
    assert set(table["verdict"]) == {"not comparable"}
    assert table["difference"].isna().all()


def test_waves_of_self_assessments_are_the_same_institutions_and_are_not_tested():
    waves = (load_cohort(f"data/cec-compass-{wave}") for wave in ("2016-17", "2024-25"))
    table = compare(*waves).set_index("indicator")
    assert table.loc["benchmarks_met", ["estimate_baseline", "estimate_cohort"]].tolist() == [
        1.87,
        5.96,
    ]
    assert "overlapping samples" in table.loc["benchmarks_met", "reason"]
    assert table["p_value"].isna().all()


def test_a_difference_can_be_worked_again_from_the_fields_of_its_row(held_against_2013):
    """Witness: square-and-add by hand, and Wilson's limits by their formula
    (Wilson 1927), for answers of simple design beside print; of those the design effect is R's,
    variance over p (1 - p) / (n - 1), and one with that of the same share everywhere else.
    """
    known = ["difference", "wilson_base_baseline", "wilson_base_cohort"]
    rows = held_against_2013.dropna(subset=known)
    assert len(rows) > 3
    for row in rows.to_dict("records"):
        then, now = row["estimate_baseline"], row["estimate_cohort"]
        below, above = now - row["side_low_cohort"], row["side_high_baseline"] - then
        assert row["conf_low"] == pytest.approx(now - then - (below**2 + above**2) ** 0.5)
        z, n = 1.959963984540054, row["wilson_base_baseline"]
        assert row["wilson_base_cohort"] * row["deff_cohort"] == pytest.approx(
            row["base_n_cohort"] - 1
        )
        reach = z * (then * (1 - then) / n + z**2 / (4 * n**2)) ** 0.5
        high = (then + z**2 / (2 * n) + reach) / (1 + z**2 / n)
        assert row["side_high_baseline"] == pytest.approx(high)
        assert row["std_error_baseline"] == pytest.approx((then * (1 - then) / n) ** 0.5)


def hedged(write_cohort, base, reported, form):
    """A share of a hedged base against 20 of 60."""
    then = {"indicator": "schools", "reported": base}, of("", reported, form)
    folders = [
        write_cohort(*rows, name=name, toml=TOML)
        for name, rows in (("then", then), ("now", (SCHOOLS, of(60, "20"))))
    ]
    return compare(*folders, "good").iloc[0]


def test_a_hedged_base_of_many_numbers_is_tried_from_the_least_to_the_greatest(write_cohort):
    """About half of about 100,000 is 45% to 55%; 20 of 60 is a change from what is far enough.

    Of so many the interval of a share has no width beside that of 20 of 60, whose upper limit of
    Wilson is 45.9%: a change is clear from 12.6 points above 33.3% on.
    """
    row = hedged(write_cohort, "about 100,000", "about half", "fraction")
    assert row["verdict"] == "depends on the wording"
    assert "decreased if the shares differ by 12.6 points or more" in row["reason"]
    assert [row["reading_low_baseline"], row["reading_high_baseline"]] == [0.45, 0.55]


def test_a_count_beside_a_percentage_is_that_count_on_a_hedged_base(write_cohort):
    """142 of 1,650 to 1,750 is 8.11% to 8.61%; 8% is under 8.5%, so of 1,671 or more."""
    row = hedged(write_cohort, "about 1,700", "142 (8%)", "count_percent")
    ends = [row["reading_low_baseline"], row["reading_high_baseline"]]
    assert ends == pytest.approx([142 / 1750, 142 / 1671])
