"""What may be published: whole breakdowns, nothing to be worked out, and how far to trust it."""

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from careersurvey.evidence.answers.table import took_part
from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.estimates import estimate, groups
from careersurvey.inference.publishing import (
    LEFT_OUT,
    Published,
    decide,
    disclosure_check,
    flagged,
)

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "attack"))
import attack as attacker


def survey(
    folder,
    parents,
    *,
    rules="",
    about="people",
    settings="",
    columns=("helpline_heard",),
    schools=None,
):
    """Parents of schools: a row a parent, his school and his answers."""
    schools = schools or {f"S{n}": ("sponsored", "converter")[n % 2] for n in range(8)}
    text = {
        "cohort.toml": '[cohort]\nid = "small"\ntitle = "Small"\nevidence = "respondents"\n'
        'by = ["kind"]\n'
        '[tables.schools]\nfile = "schools.csv"\n[tables.parents]\nfile = "parents.csv"\n'
        f'[disclosure]\nabout = {{ schools = "institutions", parents = "{about}" }}\n{rules}\n'
        f"{settings}",
        "codebook.csv": "variable,table,question,type,values,missing,unit\n"
        "school_id,schools;parents,,identifier,,,school\nparent_id,parents,,identifier,,,parent\n"
        "kind,schools,,category,sponsored;converter;maintained,,\n"
        + "".join(f"{name},parents,,category,yes;no,,\n" for name in columns),
        "indicators.csv": "indicator,label,section,unit,table,variable,measure,denominator,"
        "categories,base,base_label,among,favourable\n"
        + "".join(f"{n},{n},s,parent,parents,{n},share,,yes;no,,,,\n" for n in columns),
        "schools.csv": "school_id,kind\n"
        + "".join(f"{school},{kind}\n" for school, kind in schools.items()),
        "parents.csv": f"parent_id,school_id,{','.join(columns)}\n"
        + "".join(f"P{n},{','.join(row)}\n" for n, row in enumerate(parents)),
    }
    for name, content in text.items():
        (folder / name).write_text(content)
    return load_cohort(folder)


def left_out(found):
    return set(found.left_out)


def answers(school, yes, no):
    return [(school, "yes")] * yes + [(school, "no")] * no


# ---- rules --------------------------------------------------------------------------------------


def even(sponsored, converter):
    """Answers of three schools of each type, shared out as evenly as they go."""
    rows = []
    for schools, (yes, no) in (("S0 S2 S4", sponsored), ("S1 S3 S5", converter)):
        given = ["yes"] * yes + ["no"] * no
        rows += [(schools.split()[n % 3], answer) for n, answer in enumerate(given)]
    return rows


@pytest.mark.parametrize(
    ("sponsored", "converter", "is_shown"),
    [
        ((6, 6), (7, 8), True),
        ((5, 5), (7, 8), True),  # ten is enough
        ((5, 4), (7, 8), False),  # nine is not
        ((12, 0), (7, 8), False),  # twelve, who all said yes
        ((29, 0), (7, 8), False),
        ((30, 0), (7, 8), True),  # thirty of one mind give no single one away
    ],
)
def test_a_breakdown_with_a_group_that_fails_goes_whole(tmp_path, sponsored, converter, is_shown):
    found = decide(survey(tmp_path, even(sponsored, converter)))
    assert (("helpline_heard", "kind") not in left_out(found)) == is_shown
    somebody = found.estimates[found.estimates["base_n"] > 0]
    groups = somebody.loc[somebody["domain"] == "kind", "group"]
    assert set(groups) == ({"sponsored", "converter"} if is_shown else set())
    assert len(found.estimates[found.estimates["domain"] == "all"]) == 2


def test_a_group_of_two_schools_is_too_few_where_schools_are_clusters(tmp_path):
    rows = [*answers("S0", 6, 6), *answers("S2", 6, 6)]
    rows += [row for school in ("S1", "S3", "S5") for row in answers(school, 6, 6)]
    design = '[tables.parents.design]\nclusters = ["school_id"]\n'
    assert left_out(decide(survey(tmp_path, rows, settings=design)))
    assert not left_out(decide(survey(tmp_path, [*rows, ("S4", "no")], settings=design)))


def test_a_least_count_can_be_declared(tmp_path):
    rows = even((2, 20), (9, 9))
    assert not left_out(decide(survey(tmp_path, rows)))
    assert left_out(decide(survey(tmp_path, rows, rules="min_count = 3")))


def test_institutions_have_no_thresholds(tmp_path):
    rows = even((3, 1), (2, 2))
    assert left_out(decide(survey(tmp_path, rows))) != set()
    assert left_out(decide(survey(tmp_path, rows, about="institutions"))) == set()


def test_a_question_that_few_answered_goes_whole(tmp_path):
    rows = [(f"S{n % 6}", "yes", "yes" if n < 4 else "") for n in range(40)]
    found = decide(survey(tmp_path, rows, columns=("asked", "rare")))
    assert {domain for name, domain in left_out(found) if name == "rare"} == {"all", "kind"}
    assert set(found.estimates["indicator"]) == {"asked"}


@pytest.mark.parametrize(
    ("sponsored", "about", "bases"),
    [
        (4, "people", {"others": 24, "converter": 40}),  # four are too few
        (12, "people", {"sponsored": 12, "converter": 40, "maintained": 20}),
        (4, "institutions", {"sponsored": 4, "converter": 40, "maintained": 20}),
    ],
)
def test_groups_that_may_stand_together_do_where_people_must(tmp_path, sponsored, about, bases):
    kinds = ("sponsored", "converter", "maintained")
    schools = {f"S{n}": kinds[n % 3] for n in range(9)}
    rows = [
        (f"S{3 * (n % 3) + kind}", "yes" if n % 2 else "no")
        for kind, many in enumerate((sponsored, 40, 20))
        for n in range(many)
    ]
    settings = '[disclosure.merge.kind]\nothers = ["sponsored", "maintained"]\n'
    found = decide(survey(tmp_path, rows, about=about, settings=settings, schools=schools))
    shown = found.estimates[found.estimates["domain"] == "kind"]
    assert left_out(found) == set()
    assert dict(zip(shown["group"], shown["base_n"], strict=True)) == bases
    alone = decide(survey(tmp_path, rows, about=about, schools=schools))
    assert left_out(alone) == ({("helpline_heard", "kind")} if "others" in bases else set())


def test_shares_of_people_are_whole_percentages_and_counts_are_rounded_where_declared(tmp_path):
    found = decide(survey(tmp_path, even((10, 21), (9, 9)), rules="round = 5"))
    everyone = found.estimates[found.estimates["domain"] == "all"].iloc[0]
    assert (everyone["base_n"], everyone["count_low"], everyone["estimate"]) == (50, 20, 0.39)


def test_no_number_gives_a_base_away_that_is_told_rounded(tmp_path):
    """63 parents gave 205 hours: 3.25397 is that exactly, and 205 over 3.25 is 63 again."""
    rows = [(f"S{n % 8}", "yes" if n % 3 else "no") for n in range(63)]
    settings = "[cohort.invited]\nparents = 97\n"
    survey(tmp_path, rows, rules="round = 5", settings=settings)
    for measure in ("mean", "total"):
        with (tmp_path / "indicators.csv").open("a") as file:
            file.write(f"{measure},Hours,s,parent,parents,hours,{measure},,,,,,\n")
    with (tmp_path / "codebook.csv").open("a") as file:
        file.write("hours,parents,,number,,,\n")
    parents = pd.read_csv(tmp_path / "parents.csv")
    parents.assign(hours=[3] * 58 + [4] * 4 + [15]).to_csv(tmp_path / "parents.csv", index=False)
    cohort = load_cohort(tmp_path)
    told = decide(cohort).estimates.set_index(["indicator", "domain"])
    assert told.loc[("mean", "all"), "estimate"].item() == 3.25
    assert told.loc[("total", "all"), "estimate"].item() == 200
    assert told.loc[("mean", "all"), "base_n"].item() == 65
    assert took_part(cohort)["parents"] == (65, 97)


def test_what_later_sources_print_of_other_indicators_stays_as_it_is_printed(tmp_path):
    """Rows of several sources stand in one table, and this survey does not know them all."""
    cohort = survey(tmp_path, even((10, 21), (9, 9)))
    rows = {"indicator": ["helpline_heard", "of_another_source"], "estimate": [0.123, 0.456]}
    assert list(Published(cohort).keep(pd.DataFrame(rows))["estimate"]) == [0.12, 0.456]


# ---- what could be worked out -------------------------------------------------------------------


def test_the_one_of_four_is_nowhere(tmp_path):
    """Eleven heard of it: 6 of converters, 4 of maintained, and so 1 of the 4 sponsored."""
    schools = {f"S{n}": ("converter", "maintained", "sponsored")[n % 3] for n in range(12)}
    rows = []
    for kind, yes, no in ((0, 6, 18), (1, 4, 12), (2, 1, 3)):
        given = ["yes"] * yes + ["no"] * no
        rows += [(f"S{3 * (n % 4) + kind}", answer) for n, answer in enumerate(given)]
    found = decide(survey(tmp_path, rows, schools=schools))
    assert left_out(found) == {("helpline_heard", "kind")}
    assert list(found.estimates["count_low"]) == [11, 33]
    assert "sponsored" not in LEFT_OUT


def test_a_question_is_no_way_round_to_the_answers_it_hangs_on(tmp_path):
    """Of the sponsored 4 heard of it, so their use is too few; who heard would tell how few."""
    rows = [
        (f"S{2 * (n % 4)}", "yes" if n < 4 else "no", "yes" if n < 2 else "") for n in range(20)
    ]
    rows = [(s, heard, used or ("no" if heard == "yes" else "")) for s, heard, used in rows]
    more = [(f"S{2 * (n % 4) + 1}", "yes", "yes" if n % 2 else "no") for n in range(30)]
    more += [(f"S{2 * (n % 4) + 1}", "no", "") for n in range(10)]
    settings = '[tables.parents.asked]\nused = "heard=yes"\n'
    cohort = survey(tmp_path, rows + more, settings=settings, columns=("heard", "used"))
    assert left_out(decide(cohort)) == {("used", "kind"), ("heard", "kind")}


def test_what_is_asked_of_those_who_all_said_yes_does_not_tell_that_they_did(tmp_path):
    """Of 12 and 12 all heard of it, so its row goes: a base of 24 of 24 would say so again."""
    rows = [(f"S{n % 8}", "yes", "yes" if n % 3 else "no") for n in range(24)]
    settings = '[tables.parents.asked]\nused = "heard=yes"\n'
    found = decide(survey(tmp_path, rows, settings=settings, columns=("heard", "used")))
    assert left_out(found) == {(n, d) for n in ("heard", "used") for d in ("all", "kind")}


@pytest.mark.parametrize("measure", ["hours,mean,,", "total,ratio,hours,"])
def test_the_base_of_a_number_is_no_way_round_to_the_answer_that_it_hangs_on(tmp_path, measure):
    """All 12 of sponsored schools heard of it: in hours of those who did, their base is 12."""
    more = [(f"S{2 * (n % 4) + 1}", "yes" if n % 2 else "no") for n in range(40)]
    rows = [*((f"S{2 * (n % 4)}", "yes") for n in range(12)), *more]
    survey(tmp_path, rows, settings='[tables.parents.asked]\nhours = "helpline_heard=yes"\n')
    with (tmp_path / "indicators.csv").open("a") as file:
        file.write(f"hours,Hours,s,parent,parents,{measure},,,,\n")
    with (tmp_path / "codebook.csv").open("a") as file:
        file.write("hours,parents,,number,,,\ntotal,parents,,number,,,\n")
    parents = pd.read_csv(tmp_path / "parents.csv")
    hours = (parents.index % 5 + 1).where(parents["helpline_heard"] == "yes")
    parents.assign(hours=hours, total=9).to_csv(tmp_path / "parents.csv", index=False)
    found = decide(load_cohort(tmp_path))
    assert left_out(found) == {("helpline_heard", "kind"), ("hours", "kind")}
    assert found.estimates.set_index("indicator")["base_n"]["hours"] == 32


def test_the_base_of_a_number_goes_with_what_the_audit_takes(tmp_path):
    """12 sponsored heard of it and used it: their use goes, so who heard, and the base of hours."""
    asked, settings = ("used", "hours"), "[tables.parents.asked]\n"
    settings += "".join(f'{name} = "heard=yes"\n' for name in asked)
    own = [*(("yes", "yes", str(n)) for n in range(12)), *[("no", "", "")] * 12]
    others = [("yes", "no" if n < 3 else "yes", str(n)) for n in range(20)]
    others += [("no", "", "")] * 20
    rows = [(f"S{2 * (n % 4)}", *each) for n, each in enumerate(own)]
    rows += [(f"S{2 * (n % 4) + 1}", *each) for n, each in enumerate(others)]
    survey(tmp_path, rows, settings=settings, columns=("heard", *asked))
    for name, share, number in (
        ("codebook.csv", "hours,parents,,category,yes;no", "hours,parents,,number,"),
        ("indicators.csv", "hours,share,,yes;no", "hours,mean,,"),
    ):
        text = (tmp_path / name).read_text().replace(share, number)
        (tmp_path / name).write_text(text)
    out = left_out(decide(load_cohort(tmp_path)))
    assert out == {("used", "kind"), ("heard", "kind"), ("hours", "kind")}


def leaks(cohort, table, shown):
    """Leaking counts of a table of which some rows are shown."""
    words = attacker.Words(cohort, table)
    read = [
        ("", {name: str(cell) for name, cell in row.items()}) for row in shown.to_dict("records")
    ]
    pairs = {(i, d) for i, d in zip(table["indicator"], table["domain"], strict=True)}
    pairs -= {(i, d) for i, d in zip(shown["indicator"], shown["domain"], strict=True)}
    hidden = attacker.hidden_of(table, pairs)
    told, shares = attacker.told_by(read, words), attacker.shares_told(read)
    return list(attacker.leaks(cohort, hidden, told, shares))


def weighted(folder, rules):
    """Nine of 3,009 parents are sponsored and weigh 2; all others 1."""
    rows = even((4, 5), (1500, 1500))
    design = '[tables.parents.design]\nweight = "weight"\n'
    survey(folder, rows, rules=rules, settings=design)
    with (folder / "codebook.csv").open("a") as codebook:
        codebook.write("weight,parents,,number,,,\n")
    parents = pd.read_csv(folder / "parents.csv")
    is_sponsored = parents["school_id"].isin(["S0", "S2", "S4"])
    parents.assign(weight=1 + is_sponsored).to_csv(folder / "parents.csv", index=False)
    return load_cohort(folder)


def test_sums_of_weights_are_told_where_declared_and_what_follows_from_them_goes(tmp_path):
    """1,504 said yes, who weigh 1,508: 4 of the nine did; 50% says of none how many of them."""
    found = decide(weighted(tmp_path, ""))
    assert left_out(found) == {("helpline_heard", "kind")}
    assert found.estimates["base_weights"].isna().all()
    assert found.estimates["count_weights"].isna().all()
    cohort = weighted(tmp_path, "")
    telling = cohort.settings.disclosure.model_copy(update={"weights": True})  # no file may say so
    settings = cohort.settings.model_copy(update={"disclosure": telling})
    told = decide(replace(cohort, settings=settings))
    assert left_out(told) == {("helpline_heard", "kind"), ("helpline_heard", "all")}


def test_a_share_of_people_is_worked_out_again_from_sums_of_weights_that_are_told(tmp_path):
    rows = decide(attacker.write_survey(tmp_path, 7, "[disclosure]\nweights = true\n")).estimates
    row = rows.query("indicator == 'q8' and domain == 'all' and category == 'yes'").iloc[0]
    parents = pd.read_csv(tmp_path / "parents.csv")
    sums = parents.groupby("q8")["weight"].sum()
    assert (row["count_weights"], row["base_weights"]) == (sums["yes"], sums["yes"] + sums["no"])
    own = rows.dropna(subset="count_weights")
    assert len(own) > 50
    assert ((own["count_weights"] / own["base_weights"] - own["estimate"]).abs() < 0.005001).all()


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_an_attacker_with_linear_programming_finds_no_hidden_count(tmp_path, seed):
    cohort = attacker.write_survey(tmp_path, seed)
    table = estimate(cohort, by=attacker.DOMAINS, min_base=0)
    found = decide(cohort)
    assert found.estimates["domain"].ne("all").any()
    assert leaks(cohort, table, found.estimates) == []


def test_the_attacker_finds_what_is_left_open(tmp_path):
    """Without the audit by arithmetic the rules alone leak: else the attack could not fail."""
    cohort = attacker.write_survey(tmp_path, 0)
    table = estimate(cohort, by=attacker.DOMAINS, min_base=0)
    bases = table.groupby(["indicator", "domain"])["base_n"].transform("min")
    assert leaks(cohort, table, table[(bases >= 10) | (table["domain"] == "all")])


def test_in_how_many_schools_any_of_a_group_were_asked_is_not_told(tmp_path):
    """Of a school of one parent it would be whether he heard of it."""
    schools = {f"S{n}": ("sponsored", "converter")[n % 2] for n in range(8)}
    rows = [(f"S{n % 8}", "yes", ("yes", "no")[n // 8 % 2]) for n in range(80)]
    rows += [(f"S{n % 8}", "no", "") for n in range(40)]
    asked = '[tables.parents.asked]\nused = "heard=yes"\n'
    cohort = survey(tmp_path, rows, settings=asked, columns=("heard", "used"), schools=schools)
    rows = decide(cohort).estimates.set_index(["indicator", "domain"])
    for name in ("base_degrees", "n_clusters"):
        assert rows.loc[("heard", "kind"), name].notna().all()
        assert rows.loc[("used", "kind"), name].isna().all()
    apart = Published(cohort).keep(groups(cohort, by=["kind"]).differences).set_index("indicator")
    assert apart.loc["heard", "degrees"].notna().any()
    assert apart.loc["used", "degrees"].isna().all()


@pytest.mark.shipped
def test_the_example_keeps_its_breakdowns_of_schools():
    cohort = load_cohort("data/example-2026")
    table = estimate(cohort, by=("school_type",), min_base=0)
    found = decide(cohort)
    own = found.estimates[found.estimates["domain"].isin(["all", "school_type"])]
    assert (own["unit"] == "school").sum() == (table["unit"] == "school").sum()
    by_type = {name for name, domain in left_out(found) if domain == "school_type"}
    assert by_type == {"helpline_used", "helpline_useful"}
    check = disclosure_check(found)
    assert check.passed
    assert check.message.startswith("10 breakdowns are left out")
    tests = pd.DataFrame(
        {"indicator": ["helpline_used", "helpline_heard"], "domain": "school_type"}
    )
    assert list(found.keep(tests)["indicator"]) == ["helpline_heard"]


def test_what_checks_found_in_answers_of_people_is_not_told(tmp_path):
    """All 24 said yes, one as `YES`: what was tidied is counted label by label."""
    rows = [(f"S{n % 8}", "YES" if n == 3 else "yes ") for n in range(24)]
    found = decide(survey(tmp_path, rows))
    checks = screen(found.cohort)
    assert "helpline_heard: 2 labels tidied: 'yes ' (23) → yes; 'YES' (1) → yes." in {
        one.message for one in checks
    }
    told = found.tell(checks)
    assert left_out(found) == {("helpline_heard", "all"), ("helpline_heard", "kind")}
    assert not any(
        digit in one.message for one in told if one.table == "parents" for digit in "123"
    )
    assert {one.rule for one in told} == {one.rule for one in checks} | {"disclosure"}
    assert [one for one in checks if one.table == "schools"] == [
        one for one in told if one.table == "schools"
    ]


def test_a_survey_that_measures_nothing_has_nothing_to_leave_out(tmp_path):
    """Eight parents, asked for nothing but their school: no share, no mean."""
    cohort = survey(tmp_path, [(f"S{n}", "") for n in range(8)], columns=())
    found = decide(cohort)
    assert found.estimates.empty
    assert found.left_out == ()


def test_print_is_published_already():
    cohort = load_cohort("data/ofsted-2013")
    found = decide(cohort)
    assert len(found.estimates) == len(estimate(cohort))
    assert found.left_out == ()


def numbers(folder, measure, categories="", people=(4, 20, 20), by='"kind"'):
    """Hours of parents of sponsored, converter and maintained schools, all of whom answered.

    Two more breakdowns put the sponsored with the converters, and with the maintained; a third
    cuts across all of them.
    """
    kinds = [("sponsored", "x", "u"), ("converter", "x", "v"), ("maintained", "y", "u")]
    schools = [f"S{n},{','.join(kinds[n % 3])},{'pq'[n // 3 % 2]}" for n in range(9)]
    rows = [
        f"S{3 * (n % 3) + kind},{n + kind}" for kind, size in enumerate(people) for n in range(size)
    ]
    text = {
        "cohort.toml": '[cohort]\nid = "small"\ntitle = "Small"\nevidence = "respondents"\n'
        f"by = [{by}]\n"
        '[tables.schools]\nfile = "schools.csv"\n[tables.parents]\nfile = "parents.csv"\n',
        "codebook.csv": "variable,table,question,type,values,missing,unit\n"
        "school_id,schools;parents,,identifier,,,school\nparent_id,parents,,identifier,,,parent\n"
        "kind,schools,,category,sponsored;converter;maintained,,\n"
        "one,schools,,category,x;y,,\ntwo,schools,,category,u;v,,\n"
        "across,schools,,category,p;q,,\nhours,parents,,number,,,\n",
        "indicators.csv": "indicator,label,section,unit,table,variable,measure,denominator,"
        "categories,base,base_label,among,favourable\n"
        f"hours,Hours,s,parent,parents,hours,{measure},,{categories},,,,\n",
        "schools.csv": "\n".join(["school_id,kind,one,two,across", *schools]) + "\n",
        "parents.csv": "\n".join(
            ["parent_id,school_id,hours", *(f"P{n},{row}" for n, row in enumerate(rows))]
        ),
    }
    for name, content in text.items():
        (folder / name).write_text(content)
    return load_cohort(folder)


def test_the_mean_of_a_small_group_does_not_follow_from_other_breakdowns(tmp_path):
    """All less y less v are the four sponsored: their mean would follow from three others."""
    found = decide(numbers(tmp_path, "mean", by='"kind", "one", "two"'))
    shown = set(found.estimates["domain"])
    assert "kind" not in shown
    assert not {"one", "two"} <= shown
    alone = decide(numbers(tmp_path, "mean", by='"kind", "across"'))
    assert left_out(alone) == {("hours", "kind"), ("hours", "across")}


def test_the_mean_of_some_does_not_tell_that_of_the_few_others(tmp_path):
    """By hand: 44 times 10.14 less 40 times 11 is what the 4 sponsored said together."""
    numbers(tmp_path, "mean", by="")
    with (tmp_path / "indicators.csv").open("a") as file:
        file.write("more,M,s,parent,parents,hours,mean,,,,,kind=converter;maintained,\n")
    assert left_out(decide(load_cohort(tmp_path))) == {("more", "all")}


def test_a_mean_without_spread_tells_what_each_of_a_small_group_said(tmp_path):
    numbers(tmp_path, "mean", people=(12, 20, 20))
    parents = pd.read_csv(tmp_path / "parents.csv")
    sponsored = parents["school_id"].isin(["S0", "S3", "S6"])
    parents["hours"] = parents["hours"].mask(sponsored, 7)
    parents.to_csv(tmp_path / "parents.csv", index=False)
    assert left_out(decide(load_cohort(tmp_path))) == {("hours", "kind")}


@pytest.mark.parametrize(
    ("measure", "probabilities", "is_shown"),
    [("quantile", "0.25;0.75", True), ("quantile", "0.1;0.5", False), ("median", "", True)],
)
def test_a_quantile_has_five_people_beyond_it(tmp_path, measure, probabilities, is_shown):
    """A tenth of 20 are two: the quantile would be one of their answers, or near it."""
    cohort = numbers(tmp_path, measure, probabilities, people=(20, 20, 20))
    assert (("hours", "kind") not in left_out(decide(cohort))) == is_shown


def test_boxes_that_nobody_of_a_small_group_ticked_tell_what_each_of_them_did(tmp_path):
    rows = [
        (f"S{n % 6}", "yes" if n % 4 == 1 else "no", "no" if n % 2 else "yes") for n in range(40)
    ]
    cohort = survey(tmp_path, rows, columns=("web", "phone"))
    header = (tmp_path / "indicators.csv").read_text().splitlines()[0]
    boxes = "ways,Ways,s,parent,parents,web;phone,multiple,,web;phone,,,,\n"
    (tmp_path / "indicators.csv").write_text(f"{header}\n{boxes}")
    assert left_out(decide(load_cohort(cohort.folder))) == {("ways", "kind")}


@pytest.mark.parametrize(
    "asked",
    [
        'web = "heard=yes"\nphone = "heard=yes"',
        'ways = "heard=yes"',
        '"*" = "heard=yes"\nheard = "everyone"',
    ],
)
def test_boxes_that_are_put_to_some_hang_on_the_answer_however_that_is_declared(tmp_path, asked):
    """By hand: all 20 sponsored heard of it, and are the base of the boxes there."""
    rows = [(f"S{2 * (n % 4)}", "yes", "yes" if n % 2 else "no") for n in range(20)]
    rows += [(f"S{2 * (n % 4) + 1}", "yes", "yes" if n % 3 else "no") for n in range(20)]
    rows += [(f"S{2 * (n % 4) + 1}", "no", "") for n in range(20)]
    rows = [(*row, {"yes": "no", "no": "yes"}.get(row[-1], "")) for row in rows]
    settings = f"[tables.parents.asked]\n{asked}\n[tables.parents.options.ways]\n"
    settings += 'variables = ["web", "phone"]\n'
    survey(tmp_path, rows, settings=settings, columns=("heard", "web", "phone"))
    text = (tmp_path / "indicators.csv").read_text().partition("web,")[0]
    boxes = "ways,Ways,s,parent,parents,web;phone,multiple,,web;phone,,,,\n"
    (tmp_path / "indicators.csv").write_text(text + boxes)
    assert left_out(decide(load_cohort(tmp_path))) == {("heard", "kind"), ("ways", "kind")}


# ---- reliability --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "flag"),
    [
        ({}, ""),
        ({"base_n": 29}, "[u]"),  # NCHS: fewer than 30
        ({"base_n": 50, "deff": 2.0}, "[u]"),  # 25 effective
        ({"conf_low": 0.35, "conf_high": 0.65}, "[u]"),  # 30 points wide
        ({"estimate": 0.04, "conf_low": 0.02, "conf_high": 0.08}, "[u]"),  # 6 points: 150% of 4%
        ({"estimate": 0.04, "conf_low": 0.025, "conf_high": 0.07}, ""),  # 4.5 points are under 5
        ({"n_clusters": 8}, "[u]"),  # 7 degrees of freedom
        ({"n_clusters": 9}, ""),
        ({"estimate": 0.004, "conf_low": 0.002, "conf_high": 0.008, "base_n": 9000}, "[low]"),
        ({"estimate": None}, "[x]"),
        ({"evidence": "reported", "base_n": 9}, ""),
    ],
)
def test_reliability_is_told_as_the_standards_have_it(cells, flag):
    usual = {"indicator": "a", "category": "yes", "evidence": "respondents", "base_n": 400}
    usual |= {"estimate": 0.5, "conf_low": 0.45, "conf_high": 0.55, "deff": 1.0, "n_clusters": 60}
    told = flagged(pd.DataFrame([usual | cells])).iloc[0]
    assert told["flag"] == flag
    assert bool(told["flag_reason"]) == bool(flag)


def test_a_published_change_gives_no_exact_count_by_its_spread(held_against_2013):
    """An effective base to two digits and an error to three places fit several counts."""
    cohort = load_cohort("example-2026")
    table = Published(cohort).keep(held_against_2013, side="cohort")
    about = cohort.settings.disclosure.about
    people = [cohort.indicators[name].table not in about for name in table["indicator_cohort"]]
    shares = table[pd.Series(people) & (table["measure"] == "share")]
    worth = shares["wilson_base_cohort"].dropna()
    assert len(worth)
    assert (worth == [float(f"{n:.2g}") for n in worth]).all()
    assert (shares["std_error_cohort"].dropna() * 1000 % 1).round(6).isin([0, 1]).all()


def with_one_more(folder, more, sponsored=(1, 2)):
    """Three types of school, and questions of one variable: of all, and one more as written."""
    schools = {f"S{n}": ("sponsored", "converter", "maintained")[n % 3] for n in range(12)}
    rows = [("S0", ""), *((f"S{3 * (n % 4)}", "yes") for n in range(sponsored[0]))]
    rows += [(f"S{3 * (n % 4)}", "no") for n in range(sponsored[1])]
    for step in (1, 2):
        given = ["yes"] * 9 + ["no"] * 11
        rows += [(f"S{step + 3 * (n % 4)}", answer) for n, answer in enumerate(given)]
    survey(folder, rows, schools=schools)
    with (folder / "indicators.csv").open("a") as file:
        file.write(f"more,More,s,parent,parents,helpline_heard,share,,yes;no,{more}\n")
    return left_out(decide(load_cohort(folder)))


def test_a_question_of_some_groups_is_not_told_beside_that_of_all(tmp_path):
    """By hand: 19 yes of all less 18 of converters and maintained are 1 of the hidden 3."""
    out = with_one_more(tmp_path, ",,kind=converter;maintained,")
    assert {("helpline_heard", "kind"), ("more", "all")} <= out
    assert ("helpline_heard", "all") not in out


def test_a_question_on_another_base_does_not_tell_a_hidden_breakdown(tmp_path):
    """By hand: nine sponsored who answered are too few, and ten who were asked told their yes."""
    out = with_one_more(tmp_path, "all,,,", sponsored=(4, 5))
    assert {("helpline_heard", "kind"), ("more", "kind")} <= out


def with_no_breakdown(folder, more, sponsored=(1, 2)):
    """19 yes of all 43, and the same question to some of them: of what stays, none by group."""
    with_one_more(folder, more, sponsored)
    settings = (folder / "cohort.toml").read_text()
    (folder / "cohort.toml").write_text(settings.replace('by = ["kind"]', "by = []"))
    return load_cohort(folder)


@pytest.mark.parametrize("some", ["kind=converter;maintained", "school_id=S1;S2;S4;S5;S7;S8"])
def test_whom_a_filter_keeps_out_is_a_group_though_nothing_is_broken_down_by_it(tmp_path, some):
    """By hand: 19 yes of 43 less 18 of 40 are the 1 of 3 sponsored."""
    cohort = with_no_breakdown(tmp_path, f",,{some},")
    assert left_out(decide(cohort)) == {("more", "all")}


@pytest.mark.parametrize(
    ("some", "sponsored"), [("kind=converter;maintained", (10, 10)), ("kind=converter", (1, 2))]
)
def test_whom_a_filter_keeps_out_may_be_told_where_they_are_enough(tmp_path, some, sponsored):
    """Of 20 sponsored, and of 3 sponsored and 20 maintained together, of whom any 3 may be it."""
    assert left_out(decide(with_no_breakdown(tmp_path, f",,{some},", sponsored))) == set()


def in_halves(folder, half, by='"kind"'):
    """Schools lie in halves, too."""
    pd.read_csv(folder / "schools.csv").assign(half=half).to_csv(
        folder / "schools.csv", index=False
    )
    with (folder / "codebook.csv").open("a") as codebook:
        codebook.write("half,schools,,category,p;q,,\n")
    settings = (folder / "cohort.toml").read_text()
    (folder / "cohort.toml").write_text(settings.replace('["kind"]', f"[{by}]"))


def test_a_filter_over_one_of_two_crossed_variables_tells_their_groups(tmp_path):
    """By hand: the 3 sponsored follow from 43 less 40, in whichever half they are."""
    with_one_more(tmp_path, ",,kind=converter;maintained,")
    in_halves(tmp_path, ["p", "q"] * 6, '"kind*half"')
    out = left_out(decide(load_cohort(tmp_path)))
    assert out == {("helpline_heard", "kind*half"), ("more", "kind*half"), ("more", "all")}


def test_whom_a_filter_keeps_out_of_a_group_are_a_group(tmp_path):
    """By hand: 12 of 23 converters less 10 of 20 in half p are 2 of 3 in half q.

    Of the 20 it is then known to one of four numbers how many: 12 less none to 3.
    """
    halves = [("p", 20), ("q", 3)], [("p", 20), ("q", 20)]
    rows, schools = [], {}
    for kind, sizes in zip(("converter", "maintained"), halves, strict=True):
        for half, size in sizes:
            own = [f"{kind[0]}{half}{n}" for n in range(4)]
            schools |= dict.fromkeys(own, kind)
            rows += [(own[n % 4], "no" if n % 2 else "yes") for n in range(size)]
    survey(tmp_path, rows, schools=schools)
    table = pd.read_csv(tmp_path / "schools.csv")
    in_halves(tmp_path, table["school_id"].str[1])
    with (tmp_path / "indicators.csv").open("a") as file:
        file.write("more,More,s,parent,parents,helpline_heard,share,,yes;no,,,half=p,\n")
    out = left_out(decide(load_cohort(tmp_path)))
    assert out == {("more", "kind"), ("helpline_heard", "kind")}


def routed(folder, more="", base=""):
    """Of 84 whom heard of it 42 were asked of its use; 4 are sponsored, of whom 2 heard of it."""
    schools = {f"S{n}": ("sponsored", "converter", "maintained")[n % 3] for n in range(12)}
    rows = [("S0", "yes", "yes"), ("S3", "yes", "no"), ("S6", "no", ""), ("S9", "no", "")]
    for step in (1, 2):
        given = [("yes", "yes"), ("yes", "no")] * 10 + [("no", "")] * 20
        rows += [(f"S{step + 3 * (n % 4)}", *each) for n, each in enumerate(given)]
    asked = '[tables.parents.asked]\nused = "heard=yes"\n'
    survey(folder, rows, settings=asked, columns=("heard", "used"), schools=schools)
    text = (
        (folder / "indicators.csv")
        .read_text()
        .replace("used,share,,yes;no,", f"used,share,,yes;no,{base}")
    )
    (folder / "indicators.csv").write_text(text + more)
    return left_out(decide(load_cohort(folder)))


def test_a_question_of_some_that_is_told_of_all_needs_not_go(tmp_path):
    """A share of all is of those too who were not asked: its base says nothing of who heard."""
    assert routed(tmp_path, base="all") == {("heard", "kind"), ("used", "kind")}


def test_what_is_asked_of_some_is_tied_to_each_wording_of_what_it_hangs_on(tmp_path):
    """Two sponsored heard of it and were asked: `big`, which is of others, is not above `used`."""
    more = "big,B,s,parent,parents,heard,share,,yes;no,,,kind=converter;maintained,\n"
    out = routed(tmp_path, more)
    assert out == {("heard", "kind"), ("used", "kind"), ("big", "kind"), ("big", "all")}


def untold(folder, name):
    """What is left out where nothing is told of one of the questions."""
    lines = (folder / "indicators.csv").read_text().splitlines(keepends=True)
    (folder / "indicators.csv").write_text(
        "".join(one for one in lines if not one.startswith(f"{name},"))
    )
    return left_out(decide(load_cohort(folder)))


def test_what_is_asked_by_answers_that_are_told_of_some_groups_tells_them_there(tmp_path):
    """By hand: all 20 converters heard of it, and are the base of its use there.

    At sponsored schools, which `big` is not of, 20 used it all the same.
    """
    schools = {f"S{n}": ("sponsored", "converter", "maintained")[n % 3] for n in range(12)}
    rows = [(f"S{3 * (n % 4) + 1}", "yes", ("yes", "no")[n % 2]) for n in range(20)]
    for step in (0, 2):
        rows += [(f"S{3 * (n % 4) + step}", "yes", ("yes", "no")[n % 2]) for n in range(20)]
        rows += [(f"S{3 * (n % 4) + step}", "no", "") for n in range(20)]
    asked = '[tables.parents.asked]\nused = "heard=yes"\n'
    survey(tmp_path, rows, settings=asked, columns=("heard", "used"), schools=schools)
    with (tmp_path / "indicators.csv").open("a") as file:
        file.write("big,B,s,parent,parents,heard,share,,yes;no,,,kind=converter;maintained,\n")
    assert {("big", "kind"), ("used", "kind")} <= untold(tmp_path, "heard")


def test_all_answers_to_a_question_of_some_that_is_told_of_all_tell_who_were_asked(tmp_path):
    """By hand: 10 of 20 sponsored said yes and 10 no, so that all of these had heard of it."""
    rows = [(f"S{2 * (n % 4)}", "yes", ("yes", "no")[n % 2]) for n in range(20)]
    rows += [(f"S{2 * (n % 4) + 1}", "yes", ("yes", "no")[n % 2]) for n in range(20)]
    rows += [(f"S{2 * (n % 4) + 1}", "no", "") for n in range(20)]
    asked = '[tables.parents.asked]\nused = "heard=yes"\n'
    survey(tmp_path, rows, settings=asked, columns=("heard", "used"))
    text = (tmp_path / "indicators.csv").read_text()
    of_all = text.replace("used,share,,yes;no,", "used,share,,yes;no,all")
    (tmp_path / "indicators.csv").write_text(of_all)
    assert left_out(decide(load_cohort(tmp_path))) == {("heard", "kind"), ("used", "kind")}


def test_what_is_asked_by_way_of_a_question_that_is_not_told_hangs_on_the_first(tmp_path):
    """By hand: all 20 sponsored heard of it and used it: the base of how useful it was."""
    given = [("yes", "yes", ("yes", "no")[n % 2]) for n in range(20)]
    rows = [(f"S{2 * (n % 4)}", *each) for n, each in enumerate(given)]
    given += [("yes", "no", "")] * 12 + [("no", "", "")] * 20
    rows += [(f"S{2 * (n % 4) + 1}", *each) for n, each in enumerate(given)]
    asked = '[tables.parents.asked]\nused = "heard=yes"\nuseful = "used=yes"\n'
    survey(tmp_path, rows, settings=asked, columns=("heard", "used", "useful"))
    assert untold(tmp_path, "used") == {("heard", "kind"), ("useful", "kind")}


def test_what_is_asked_of_those_who_ticked_one_of_several_in_a_cell_tells_who_did(tmp_path):
    """By hand: all 20 sponsored named the web, and are the base of how useful it was."""
    rows = [(f"S{2 * (n % 4)}", ("web", "web;phone")[n % 2], "yes") for n in range(20)]
    rows += [(f"S{2 * (n % 4) + 1}", "web", ("yes", "no")[n % 2]) for n in range(20)]
    rows += [(f"S{2 * (n % 4) + 1}", "phone", "") for n in range(20)]
    rows = [(*row[:2], "no" if n in range(0, 20, 3) else row[2]) for n, row in enumerate(rows)]
    settings = '[tables.parents.asked]\nuseful = "ways=web"\n'
    settings += '[tables.parents.options.ways]\nseparator = ";"\n'
    survey(tmp_path, rows, settings=settings, columns=("ways", "useful"))
    for name, one, several in (
        ("codebook.csv", "ways,parents,,category,yes;no", "ways,parents,,category,web;phone"),
        ("indicators.csv", "ways,share,,yes;no", "ways,multiple,,web;phone"),
    ):
        (tmp_path / name).write_text((tmp_path / name).read_text().replace(one, several))
    assert left_out(decide(load_cohort(tmp_path))) == {("ways", "kind"), ("useful", "kind")}


def test_a_question_of_groups_that_stand_together_is_held_as_of_them(tmp_path):
    """Eight of academies in half q are too few, of whom none to eight said yes: enough is open."""
    rows, schools = [], {}
    for own, size in {"spx": 6, "cpx": 30, "cqx": 8, "mpx": 20, "mqx": 20}.items():
        kind = {"s": "sponsored", "c": "converter", "m": "maintained"}[own[0]]
        schools |= {f"{own}{n}": kind for n in range(4)}
        rows += [(f"{own}{n % 4}", ("no", "yes")[n % 2]) for n in range(size)]
    together = 'merge = { kind = { academy = ["sponsored", "converter"] } }'
    survey(tmp_path, rows, rules=together, schools=schools)
    table = pd.read_csv(tmp_path / "schools.csv")
    in_halves(tmp_path, table["school_id"].str[1], '"kind", "half"')
    with (tmp_path / "indicators.csv").open("a") as file:
        file.write("whole,W,s,parent,parents,helpline_heard,share,,yes;no,,,")
        file.write("kind=sponsored;converter,\n")
    assert left_out(decide(load_cohort(tmp_path))) == {("whole", "half")}


def test_what_the_answers_do_not_bear_out_is_not_held(tmp_path):
    """By hand: 30 heard of it, and 42 are down as asked of its use: 12 refused without being."""
    rows = [(f"S{2 * (n % 4)}", "no", "refused" if n < 12 else "") for n in range(20)]
    rows += [(f"S{2 * (n % 4) + 1}", "yes", ("yes", "no")[n % 2]) for n in range(30)]
    rows += [(f"S{2 * (n % 4) + 1}", "no", "") for n in range(30)]
    asked = '[tables.parents.asked]\nused = "heard=yes"\n'
    survey(tmp_path, rows, settings=asked, columns=("heard", "used"))
    for name, one, other in (
        ("codebook.csv", "used,parents,,category,yes;no,", "used,parents,,category,yes;no,refused"),
        ("indicators.csv", "used,share,,yes;no,", "used,share,,yes;no,asked"),
    ):
        (tmp_path / name).write_text((tmp_path / name).read_text().replace(one, other))
    found = decide(load_cohort(tmp_path))
    assert found.estimates.set_index("indicator")["base_n"]["used"].iloc[0] == 42
    assert left_out(found) == {("heard", "kind")}


@pytest.mark.parametrize(
    ("by", "merge", "left"),
    [
        ('"kind", ', "", {("is_woman", "kind"), ("heard", "kind*is_woman")}),
        ("", "", {("heard", "kind*is_woman")}),
        ("", 'merge.kind.academy = ["sponsored", "converter"]', set()),  # of whom 15 are men
    ],
)
def test_a_crossing_with_answers_does_not_say_what_all_of_a_group_answered(
    tmp_path, by, merge, left
):
    """By hand: all 14 sponsored are women, so that no row of men at sponsored may be told."""
    rows = [(f"S{2 * (n % 4)}", "yes" if n % 2 else "no", "yes") for n in range(14)]
    rows += [
        (f"S{2 * (n % 4) + 1}", "yes" if n % 3 else "no", ("yes", "no")[n % 2]) for n in range(60)
    ]
    schools = {f"S{n}": "sponsored" if n % 2 == 0 else "converter" for n in range(5)}
    schools |= {"S5": "maintained", "S6": "sponsored", "S7": "maintained"}
    survey(tmp_path, rows, rules=merge, columns=("heard", "is_woman"), schools=schools)
    settings = (tmp_path / "cohort.toml").read_text()
    (tmp_path / "cohort.toml").write_text(settings.replace('["kind"]', f'[{by}"kind*is_woman"]'))
    out = left_out(decide(load_cohort(tmp_path)))
    assert out == left


def test_a_group_that_a_question_is_not_put_to_hides_nothing(tmp_path):
    """Of converters and maintained alone, who are enough: that no sponsored are in it is known."""
    out = with_one_more(tmp_path, ",,kind=converter;maintained,", sponsored=(10, 10))
    assert out == set()


def test_groups_that_stand_together_change_no_filter_and_no_other_question(tmp_path):
    """By hand: 6 sponsored are too few and stand with 20 converters; their own shares stay."""
    rows = [*answers("S0", 3, 3), *answers("S1", 9, 11), *answers("S2", 14, 16)]
    schools = {"S0": "sponsored", "S1": "converter", "S2": "maintained"}
    together = 'merge = { kind = { academy = ["sponsored", "converter"] } }'
    survey(tmp_path, rows, rules=together, schools=schools)
    with (tmp_path / "indicators.csv").open("a") as file:
        file.write("kinds,K,s,school,schools,kind,share,,sponsored;converter;maintained,,,,\n")
        for name, kinds in {"part": "converter;maintained", "whole": "sponsored;converter"}.items():
            start = f"{name},P,s,parent,parents,helpline_heard,share,,yes;no,"
            file.write(f"{start},,kind={kinds},\n")
    found = decide(load_cohort(tmp_path))
    assert found.merge == {"kind": {"academy": ("sponsored", "converter")}}
    told = found.estimates.set_index(["indicator", "category", "group"])["count_low"]
    assert told["helpline_heard"]["yes"].to_dict() == {"all": 26, "academy": 12, "maintained": 14}
    assert told["kinds"]["sponsored"]["all"] == 1
    assert told["whole", "yes", "all"] == 12
    # 26 yes of all less 23 of converters and maintained would be the 3 of 6 sponsored.
    assert ("part", "all") in found.left_out
