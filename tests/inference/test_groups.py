"""Differences between groups against R's survey package, on a survey that this project made up.

Witness of the numbers of the first part: tests/reference/breakdowns.R, run on
tests/reference/parents.csv and factors.csv; calls and versions stand in the first line of
breakdowns.csv.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from reference_survey import totals_in

from careersurvey.errors import QuestionError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.columns import DIFFERENCES, TESTS
from careersurvey.inference.estimates import estimate, groups
from careersurvey.inference.survey.groups import (
    associations,
    differences,
    trends,
)

REFERENCE = Path(__file__).parents[1] / "reference"
ONE_STAGE = {"weight": "w", "strata": ["school_type"], "clusters": ["school_id"]}
DESIGNS = {
    "simple": {},
    "stratified_fpc": {"strata": ["school_type"], "population": ["n_people"]},
    "one_stage": ONE_STAGE,
    "one_stage_fpc": {**ONE_STAGE, "population": ["n_schools"]},
    "two_stage": {
        **ONE_STAGE,
        "clusters": ["school_id", "class_id"],
        "population": ["n_schools", "n_classes"],
    },
    "rep_brr_mse": {
        "weight": "w",
        "replicate_weights": "brr_*",
        "replicate_method": "BRR",
        "mse": True,
    },
    "rep_boot": {
        "weight": "w",
        "replicate_weights": "boot_*",
        "replicate_method": "bootstrap",
    },
    "made_jkn": {**ONE_STAGE, "replicate_method": "JKn"},
}
INDICATORS = pd.DataFrame(
    [
        ("helped", "share", "helped", "yes;partly;no", "", "", ""),
        ("helped_all", "share", "helped", "yes;partly;no", "", "", "all"),
        ("heard", "share", "heard", "yes;no", "", "", ""),
        ("never", "share", "never", "yes;no", "", "", ""),
        ("heard@helped", "share", "heard", "yes;no", "", "helped=yes", ""),
        ("source", "multiple", "source_a;source_b;source_c", "a;b;c", "", "", ""),
        ("hours", "mean", "hours", "", "", "", ""),
        ("hours_per_visit", "ratio", "hours", "", "visits", "", ""),
        ("hours_total", "total", "hours", "", "", "", ""),
    ],
    columns=["indicator", "measure", "variable", "categories", "denominator", "among", "base"],
).assign(unit="parent", table="parents")
CODEBOOK = pd.DataFrame(
    [
        ("helped", "yes;partly;no"),
        ("heard", "yes;no"),
        ("never", "yes;no"),
        ("sixth_form", "yes;no"),
        ("year_group", "y9;y10;y11"),
        ("school_type", "sponsored;converter;maintained"),
        ("region", "north;south;east"),
    ],
    columns=["variable", "values"],
).assign(type="category", missing="", table="parents", question="", unit="parent")


@cache
def parents():
    people = pd.read_csv(REFERENCE / "parents.csv", dtype={"class_id": str})
    factors = pd.read_csv(REFERENCE / "factors.csv")
    own = [name for name in factors if name.startswith(("brr_", "boot_"))]
    weights = people[["school_id"]].merge(factors[["school_id", *own]], on="school_id", how="left")
    return people.join(weights[own].mul(people["w"], axis=0))


@cache
def read_by_all(design):
    domains = ("sixth_form", "year_group", "school_type", "region", "sixth_form*year_group")
    return totals_in(parents(), INDICATORS, CODEBOOK, DESIGNS[design], domains)


def opened(design, by):
    return broken(read_by_all(design), by)


@cache
def held_apart(design, by, min_base):
    return associated(opened(design, by), min_base)


def broken(found, by):
    """Totals with the breakdown that is asked for, question by question."""
    return [(one, domain) for one in found for domain in one.domains if domain.name == by]


def associated(pairs, min_base):
    return [row for pair in pairs for row in associations(*pair, min_base)]


def differences_of(pairs, two, level=0.95, min_base=1):
    every = [row for pair in pairs for row in differences(*pair, level, min_base)]
    return [row for row in every if (row["group"], row["against"]) == two]


@cache
def witness(what, design):
    table = pd.read_csv(REFERENCE / "breakdowns.csv", comment="#", keep_default_na=False)
    numbers = ["estimate", "std_error", "low", "high", "df1", "df2", "p"]
    table[numbers] = table[numbers].apply(pd.to_numeric)
    table["domain"] = table["domain"].replace("sixth_form_year_group", "sixth_form*year_group")
    return table.query("what == @what and design == @design").to_dict("records")


CLOSE = {"rtol": 1e-9, "atol": 1e-13}
MADE = "made_jkn"
STRATA = 3


def own(rows, row):
    """The row of ours that a row of R's is of."""
    keys = ("indicator", "category")
    return next(one for one in rows if all(one[key] == row[key] for key in keys))


def same_degrees(design, row):
    """R counts the degrees of replicates that it made by rank, which differs without a cluster."""
    return design != MADE or row["n_clusters"] == 36


@pytest.mark.parametrize("design", DESIGNS)
def test_rao_scott_f_equals_rs(design):
    expected = witness("test", design)
    assert len(expected) == 12
    for row in expected:
        found = own(held_apart(design, row["domain"], row["min_base"]), row)
        assert (found["base_n"], found["reason"]) == (row["base_n"], "")
        if "clusters" in DESIGNS[design]:
            assert found["n_clusters"] == row["n_clusters"]
        assert found["statistic"] == pytest.approx(row["estimate"], rel=1e-9)
        assert found["numerator_df"] == pytest.approx(row["df1"], rel=1e-9)
        if same_degrees(design, row):
            assert found["denominator_df"] == pytest.approx(row["df2"], rel=1e-9)
            assert found["p_value"] == pytest.approx(row["p"], rel=1e-9)
        else:
            degrees = row["n_clusters"] - STRATA
            assert found["denominator_df"] == pytest.approx(row["df1"] * degrees, rel=1e-9)


@pytest.mark.parametrize("design", DESIGNS)
def test_the_difference_of_two_groups_of_one_sample_equals_rs(design):
    expected = witness("difference", design)
    assert len(expected) == 6
    for row in expected:
        pair = (row["group"], row["against"])
        found = own(differences_of(opened(design, row["domain"]), pair, 0.95, 1), row)
        assert found["base_n"] + found["base_against"] == row["base_n"]
        assert found["estimate"] == pytest.approx(row["estimate"], rel=1e-9)
        assert found["std_error"] == pytest.approx(row["std_error"], rel=1e-9)
        if same_degrees(design, row):
            assert found["degrees"] == row["df1"]
            ends = [found["conf_low"], found["conf_high"]]
            np.testing.assert_allclose(ends, [row["low"], row["high"]], **CLOSE)
            assert found["p_value"] == pytest.approx(row["p"], rel=1e-9)


def test_groups_of_one_sample_covary():
    """Witness: the errors that R gives the two groups apart, in survey.csv; schools have both."""
    table = pd.read_csv(REFERENCE / "survey.csv", comment="#", keep_default_na=False)
    apart = table.query(
        "design == 'one_stage_fpc' and indicator == 'heard' and domain == 'year_group' "
        "and group in ['y9', 'y11']"
    )["std_error"].astype(float)
    found = own(
        differences_of(opened("one_stage_fpc", "year_group"), ("y9", "y11"), 0.95, 1),
        {"indicator": "heard", "category": "yes"},
    )
    assert len(apart) == 2
    assert abs(found["std_error"] ** 2 - (apart**2).sum()) > 1e-5


def test_a_bootstrap_is_near_the_linearised_test():
    """Witness: R's linearised F of the same table; 2,000 replicates from a fixed seed."""
    settings = {**ONE_STAGE, "replicate_method": "bootstrap", "replicates": 2000, "seed": 5}
    sums = broken(totals_in(parents(), INDICATORS, CODEBOOK, settings, ("region",)), "region")
    row = next(one for one in witness("test", "one_stage") if one["domain"] == "region")
    found = own(associated(sums, 1), row)
    assert found["statistic"] == pytest.approx(row["estimate"], rel=0.2)
    assert found["statistic"] != pytest.approx(row["estimate"], rel=1e-6)
    assert found["denominator_df"] == pytest.approx(found["numerator_df"] * 33)


class TestGroupsUnderTheMinimumBase:
    def test_are_left_out_of_the_test_and_named(self):
        """Witness: 49 of the 427 who answered are in the north (R's base of 378)."""
        found = own(
            associated(opened("one_stage", "region"), 60),
            {"indicator": "helped", "category": ""},
        )
        assert (found["groups"], found["left_out"], found["base_n"]) == (2, "north", 378)

    def test_leave_no_test_where_one_group_is_left(self):
        found = own(
            associated(opened("one_stage", "region"), 188),
            {"indicator": "helped", "category": ""},
        )
        assert found["groups"] == 1
        assert found["reason"] == "fewer than two groups with a base of 188 from 4 clusters"
        assert "statistic" not in found

    def test_have_no_difference(self):
        found = own(
            differences_of(opened("one_stage", "region"), ("north", "south"), 0.95, 60),
            {"indicator": "helped", "category": "yes"},
        )
        assert found["shown"] is False
        assert found["base_n"] == 49
        assert "estimate" not in found


def test_nothing_is_tested_where_all_gave_the_same_answer():
    found = own(
        associated(opened("one_stage", "sixth_form"), 1),
        {"indicator": "never", "category": ""},
    )
    assert found["reason"] == "all gave the same answer"
    assert "p_value" not in found


def test_what_the_strata_fix_has_no_error_and_no_test():
    """Witness: by arithmetic; every respondent of a stratum is in one group and says the same."""
    strata = np.repeat(list("abcdef"), [7, 13, 11, 5, 9, 20])
    frame = pd.DataFrame(
        {
            "g": strata,
            "w": np.repeat([1.1, 2.3, 0.7, 1.9, 3.1, 0.3], [7, 13, 11, 5, 9, 20]),
            "heard": np.where(np.isin(strata, list("ace")), "yes", "no"),
            "sixth_form": np.where(np.isin(strata, list("abc")), "yes", "no"),
        }
    )
    asked = INDICATORS[INDICATORS["indicator"] == "heard"]
    by = ("sixth_form",)
    sums = broken(totals_in(frame, asked, CODEBOOK, {"strata": ["g"], "weight": "w"}, by), *by)
    (row,) = associated(sums, 1)
    assert row["reason"] == "the design leaves no error"
    for row in differences_of(sums, ("yes", "no"), 0.95, 1):
        assert row["std_error"] == 0.0
        assert row["conf_low"] == row["conf_high"] == row["estimate"]
        assert "p_value" not in row


@pytest.mark.parametrize("more", [{}, {"replicate_method": "JK1"}])
def test_two_groups_that_nobody_is_in_have_no_difference(more):
    """A codebook names groups of which a survey has nobody: a report ended in a traceback."""
    frame = pd.DataFrame({"heard": ["yes", "no"] * 12, "school_type": "sponsored"})
    frame["school_id"] = frame.index % 8
    asked = INDICATORS[INDICATORS["indicator"] == "heard"]
    design, groups = {"clusters": ["school_id"], **more}, ("converter", "maintained")
    sums = totals_in(frame, asked, CODEBOOK, design, ("school_type",))
    found = list(differences_of(broken(sums, "school_type"), groups, 0.95, 1))
    assert [row["shown"] for row in found] == [False, False]


@pytest.mark.parametrize(
    "design",
    [
        {"clusters": ["school_id"], "replicate_method": "JK1"},
        {"clusters": ["school_id"], "population": [40, "n_pupils"], "lonely_psu": "average"},
    ],
)
def test_what_is_asked_beside_it_changes_no_difference_and_no_trend(design):
    """Witness: the question asked alone. Nobody of the third type was asked the other one: the
    errors of differences were blank under replicates, or counted its lonely schools, and a trend
    went through two groups instead of three."""
    frame = parents().iloc[::5].assign(n_pupils=400, f="no")
    frame.loc[frame["school_type"] != "maintained", "f"] = "yes"
    both = INDICATORS[INDICATORS["indicator"].isin(["helped", "heard@helped"])]
    both = both.assign(among=both["among"].replace("helped=yes", "f=yes"))
    found = []
    for asked in (both, both[:1]):
        pairs = broken(totals_in(frame, asked, CODEBOOK, design, ("school_type",)), "school_type")
        rows = [row for made in (differences, trends) for row in made(*pairs[0], 0.95, 1)]
        found.append([row for row in rows if row["indicator"] == "helped"])
    together, alone = map(pd.DataFrame, found)
    assert len(alone) == 12
    assert (alone["std_error"] > 0).all()
    pd.testing.assert_frame_equal(together, alone, rtol=1e-12)


def test_the_test_of_made_replicates_is_of_the_first_stage_alone():
    """Witness: the same replicates where people are no stage; it ended in an IndexError."""
    frame, found = parents().assign(n_pupils=900), []
    asked = INDICATORS[INDICATORS["indicator"] == "helped"]
    for population in (["n_schools"], ["n_schools", "n_pupils"]):
        design = {**DESIGNS["made_jkn"], "population": population}
        sums = totals_in(frame, asked, CODEBOOK, design, ("year_group",))
        found += associated(broken(sums, "year_group"), 1)
    pd.testing.assert_frame_equal(pd.DataFrame(found[1:]), pd.DataFrame(found[:1]), rtol=1e-9)


def test_only_shares_are_tested_and_totals_not_compared():
    sums = opened("one_stage", "sixth_form")
    assert {row["indicator"] for row in associated(sums, 1)}.isdisjoint(
        {"hours", "hours_per_visit", "hours_total"}
    )
    compared = {row["indicator"] for row in differences_of(sums, ("yes", "no"), 0.95, 1)}
    assert "hours_total" not in compared
    assert {"hours", "hours_per_visit", "helped"} <= compared


COHORT = """[cohort]
id = "made-up"
title = "A survey that was made up"
evidence = "respondents"
synthetic = true

[tables.schools]
file = "schools.csv"

[tables.parents]
file = "parents.csv"

[tables.parents.design]
weight = "w"
strata = ["stratum"]
clusters = ["school_id"]
population = ["n_schools"]
"""


@pytest.fixture
def cohort(tmp_path):
    """The same survey as a cohort: what is a school's stands in the table of schools."""
    people = parents()
    schools = people.drop_duplicates("school_id")
    marked = schools[["school_id", "school_type", "sixth_form"]].assign(synthetic="true")
    marked.to_csv(tmp_path / "schools.csv", index=False)
    answers = people.assign(stratum=people["school_type"], parent_id=[*map(str, people.index)])
    columns = ["parent_id", "school_id", "stratum", "n_schools", "w", "helped", "heard"]
    answers[columns].assign(synthetic="true").to_csv(tmp_path / "parents.csv", index=False)
    (tmp_path / "cohort.toml").write_text(COHORT)
    codebook = CODEBOOK[CODEBOOK["variable"].isin(["helped", "heard"])]
    codebook.to_csv(tmp_path / "codebook.csv", index=False)
    own_indicators = INDICATORS[INDICATORS["indicator"].isin(["helped", "heard"])]
    own_indicators.assign(
        label=["Helped", "Heard"], section="parents", base_label="", favourable="yes"
    ).to_csv(tmp_path / "indicators.csv", index=False)
    return load_cohort(tmp_path)


def test_a_cohort_is_broken_down_by_what_its_schools_are(cohort):
    """Witness: R's F and p of design one_stage_fpc; Holm's by hand from the ordered p."""
    found = groups(cohort, indicators=["helped", "heard", "schools_visited"])
    tests = found.tests.set_index(["indicator", "domain"])
    assert tuple(found.tests) == tuple(TESTS)
    assert set(tests.index.get_level_values("domain")) == {"school_type", "sixth_form"}
    theirs = {
        (row["indicator"], row["domain"]): row
        for row in witness("test", "one_stage_fpc")
        if row["min_base"] == 1 and not row["category"]
    }
    for key in [("helped", "school_type"), ("helped", "sixth_form"), ("heard", "school_type")]:
        assert tests.loc[key, "statistic"] == pytest.approx(theirs[key]["estimate"], rel=1e-9)
        assert tests.loc[key, "p_value"] == pytest.approx(theirs[key]["p"], rel=1e-9)
    ordered = tests.sort_values("p_value")
    assert len(ordered) == 4
    least = ordered.iloc[0]
    assert least["p_adjusted"] == pytest.approx(min(4 * least["p_value"], 1))
    assert (ordered["p_adjusted"].diff().dropna() >= 0).all()


def test_a_breakdown_holds_everyone_and_each_group(cohort):
    """Witness: survey.csv, design one_stage_fpc."""
    table = groups(cohort, indicators=["heard"]).estimates
    helped = table.query("category == 'yes'").set_index(["domain", "group"])
    theirs = pd.read_csv(REFERENCE / "survey.csv", comment="#", keep_default_na=False)
    theirs = theirs.query("design == 'one_stage_fpc' and indicator == 'heard'")
    for key in [("all", "all"), ("school_type", "sponsored"), ("sixth_form", "no")]:
        row = theirs[(theirs["domain"] == key[0]) & (theirs["group"] == key[1])].iloc[0]
        assert helped.loc[key, "estimate"] == pytest.approx(float(row["estimate"]), rel=1e-9)
        assert helped.loc[key, "std_error"] == pytest.approx(float(row["std_error"]), rel=1e-9)
    assert len(helped) == 6


def test_every_pair_of_groups_has_its_difference(cohort):
    """Witness: R's difference of design one_stage_fpc; Holm's by hand from the ordered p."""
    table = groups(cohort, indicators=["helped"], by=["school_type"]).differences
    assert tuple(table) == tuple(DIFFERENCES)
    assert list(table["category"]) == ["yes", "partly", "no"] * 3
    row = witness("difference", "one_stage_fpc")[0]
    found = table[(table["group"] == row["group"]) & (table["against"] == row["against"])].iloc[0]
    assert found["estimate"] == pytest.approx(row["estimate"], rel=1e-9)
    assert found["p_value"] == pytest.approx(row["p"], rel=1e-9)
    least = table.sort_values("p_value").iloc[0]
    assert least["p_adjusted"] == pytest.approx(min(9 * least["p_value"], 1))


def test_a_trend_is_the_line_through_the_groups(cohort):
    """Witness: by hand; of three groups a straight line has half the difference of the ends."""
    found = groups(cohort, indicators=["helped"], by=["school_type"], ordered=["school_type"])
    ends = found.differences.query("group == 'sponsored' and against == 'maintained'")
    np.testing.assert_allclose(found.trends["estimate"], -ends["estimate"] / 2, rtol=1e-12)
    np.testing.assert_allclose(found.trends["std_error"], ends["std_error"] / 2, rtol=1e-12)
    assert set(found.trends["group"]) == {"sponsored to maintained, each step"}


def test_yes_minus_no_is_a_mean_of_answers_taken_as_numbers(cohort):
    """Witness: the share of yes less that of no, group by group; all answered one of three."""
    of = {"indicators": ["helped"], "by": ["sixth_form"]}
    scale = {"helped": {"yes": 1, "partly": 0, "no": -1}}
    net, shares = groups(cohort, **of, scale=scale), groups(cohort, **of)
    share = shares.estimates.pivot_table("estimate", "group", "category", sort=False)
    found = net.estimates.set_index("group")
    np.testing.assert_allclose(found["estimate"], share["yes"] - share["no"], rtol=1e-12)
    assert net.tests.empty
    (row,) = net.differences.to_dict("records")
    step = found.loc["yes", "estimate"] - found.loc["no", "estimate"]
    assert row["estimate"] == pytest.approx(step, rel=1e-12)


def test_a_mean_of_two_answers_has_the_error_of_the_share(cohort):
    """Witness: the share itself, of those who said yes or no: 1 and -1 lie twice as far apart."""
    scale = {"heard": {"yes": 1, "no": -1}}
    of = {"indicators": ["heard"], "by": ["school_type"], "ordered": ["school_type"]}
    net, share = groups(cohort, **of, scale=scale), groups(cohort, **of)
    for table in ("estimates", "differences", "trends"):
        yes = getattr(share, table).query("category == 'yes'")["std_error"]
        found = getattr(net, table)["std_error"]
        np.testing.assert_allclose(found, 2 * yes, rtol=1e-10)


@pytest.mark.parametrize("scale", [{"heard": {"maybe": 1}}, {"unknown": {"yes": 1}}])
def test_only_known_answers_are_taken_as_numbers(cohort, scale):
    with pytest.raises(QuestionError, match=r"cannot be taken|not known"):
        groups(cohort, ["heard"], by=["school_type"], scale=scale)


def test_nothing_is_tested_where_a_group_comes_from_three_schools():
    """A group of three schools is left out and named, however many parents they have."""
    people = parents()
    kept = people["school_id"].isin(
        people.loc[people["region"] == "north", "school_id"].unique()[:3]
    )
    few = people[kept | (people["region"] != "north")]
    pairs = broken(totals_in(few, INDICATORS, CODEBOOK, ONE_STAGE, ("region",)), "region")
    found = own(associated(pairs, 1), {"indicator": "helped", "category": ""})
    assert (found["groups"], found["left_out"]) == (2, "north")


def test_nothing_is_tested_where_cells_expect_too_few():
    """Witness: by hand; 3 sponsored and 9 other schools, 3 of the 12 with a yes: 0.75 expected."""
    frame = pd.DataFrame(
        {
            "helped": ["yes"] * 3 + ["no"] * 9,
            "school_type": ["sponsored"] * 4 + ["maintained"] * 8,
        }
    )
    asked = INDICATORS[INDICATORS["indicator"] == "helped"]
    pairs = broken(totals_in(frame, asked, CODEBOOK, {}, ("school_type",)), "school_type")
    (found,) = associated(pairs, 1)
    assert found["least_expected"] == pytest.approx(3 * 4 / 12)
    assert "expected" in found["reason"]
    assert "p_value" not in found


def test_a_domain_of_two_groups_has_their_differences(cohort):
    """Witness: R's difference of design one_stage_fpc."""
    table = groups(cohort, indicators=["helped"]).differences
    table = table[table["domain"] == "sixth_form"]
    row = witness("difference", "one_stage_fpc")[1]
    partly = table[table["category"] == row["category"]].iloc[0]
    assert (partly["group"], partly["against"]) == (row["group"], row["against"])
    assert partly["std_error"] == pytest.approx(row["std_error"], rel=1e-9)


def test_nothing_is_hidden_unless_it_is_asked_for_and_attrs_say_so(cohort):
    """Witness: counted by pandas; crossings of type and sixth form go down to few parents."""
    found = estimate(cohort, indicators="heard", by="school_type*sixth_form")
    assert found.loc[found["base_n"] > 0, "estimate"].notna().all()
    assert "not for publication" in found.attrs["publication"]
    assert found.attrs["selection"] == {"parent": "unstated"}
    least = found.loc[found["base_n"] > 0, "base_n"].min()
    hidden = estimate(
        cohort, indicators="heard", by="school_type*sixth_form", min_base=int(least) + 1
    )
    assert hidden.loc[hidden["base_n"] == least, "estimate"].isna().all()
    assert not hidden.loc[hidden["base_n"] == least, "shown"].any()


@pytest.mark.parametrize("by", ["parent_id", "school_id*helped", "visits"])
def test_what_tells_people_apart_is_no_breakdown(cohort, by):
    rows = [
        ("parent_id", "identifier"),
        ("school_id", "identifier"),
        ("visits", "number"),
        ("helped", "category"),
        ("heard", "category"),
    ]
    codebook = pd.read_csv(cohort.folder / "codebook.csv", dtype=str, keep_default_na=False)
    more = pd.DataFrame(rows[:3], columns=["variable", "type"]).assign(table="parents")
    pd.concat([codebook, more]).fillna("").to_csv(cohort.folder / "codebook.csv", index=False)
    with pytest.raises(QuestionError, match="have no groups"):
        estimate(load_cohort(cohort.folder), indicators="helped", by=by)


def test_a_breakdown_that_no_table_reaches_is_refused(cohort):
    with pytest.raises(QuestionError, match="no table of answers reaches 1 of 1") as refused:
        estimate(cohort, by="region")
    assert refused.value.found == "region"


def test_a_name_that_is_not_known_is_told_the_variables_of_its_own_cohort_first(cohort):
    """They stood behind 200 of careers, of which eight are told."""
    with (cohort.folder / "codebook.csv").open("a") as codebook:
        codebook.write("waits,parents,Wait,category,a;b,,parent\n")
    with pytest.raises(QuestionError) as refused:
        estimate(load_cohort(cohort.folder), by="zzz")
    assert refused.value.expected.startswith("'waits', ")


def test_several_answers_in_a_cell_make_no_groups_and_the_refusal_says_so():
    """It spoke of tables that are not linked alone; the answers stand in the very table."""
    with pytest.raises(QuestionError, match="several answers in a cell make no groups"):
        estimate("example-2026", "helpline_heard", by="useful_activities")


def test_a_report_that_prints_no_such_figures_has_neither_rows_nor_tests():
    found = groups(load_cohort("data/ofsted-2013"), indicators=["working_well"])
    assert found.estimates.empty
    assert found.tests.empty
    assert found.differences.empty
    assert tuple(found.tests) == tuple(TESTS)


def test_what_a_report_prints_of_groups_is_kept():
    """Witness: the notes print how many schools of each type have a sixth form."""
    found = groups(load_cohort("data/ofsted-2013"), indicators=["sixth_form"])
    assert set(found.estimates["group"]) == {"sponsored", "converter", "maintained"}
    assert found.tests.empty
