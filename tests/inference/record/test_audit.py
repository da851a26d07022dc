"""What the audit finds, what it cannot find, and that its sets are irreducible."""

import itertools
import json
import random
from dataclasses import replace

import pytest

from careersurvey.cli import main
from careersurvey.errors import CohortError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.project import project_root
from careersurvey.inference.estimates import estimate
from careersurvey.inference.record.audit import attainable, audit_figures, format_audit
from careersurvey.inference.record.conflicts import can_hold, conflicts
from careersurvey.inference.record.constraints import read_record, rows_of
from careersurvey.inference.record.linear import holds
from careersurvey.inference.record.standings import standings

ON_SCHOOLS = {"base_id": "schools", "base_n": "12", "base_from": "printed"}
CLEAN = (
    {"indicator": "schools", "reported": "12"},
    {"indicator": "kind", "category": "new", "reported": "5"} | ON_SCHOOLS,
    {"indicator": "kind", "category": "old", "reported": "7"} | ON_SCHOOLS,
    {"indicator": "good", "category": "yes", "reported": "4"} | ON_SCHOOLS,
    {"indicator": "good", "category": "no", "reported": "8"} | ON_SCHOOLS,
    {"indicator": "good", "category": "yes", "domain": "kind", "group": "new", "reported": "3"}
    | {"base_id": "kind=new"},
    {"indicator": "good", "category": "yes", "domain": "kind", "group": "old", "reported": "1"}
    | {"base_id": "kind=old"},
    {"indicator": "advisers", "category": "all", "reported": "2"} | ON_SCHOOLS,
    {"indicator": "advisers", "category": "some", "reported": "6"} | ON_SCHOOLS,
)
HEADER = (
    "indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,"
    "among,favourable\n"
)
ALL_ARE_GOOD = {
    "id": "L01",
    "relation": "within",
    "parts": "advisers=all",
    "whole": "good=yes",
    "strength": "necessary",
    "where": "p3",
    "because": "Said of these schools.",
}


def with_score(write_cohort, cells, values="1..7 whole"):
    """A cohort that prints one mean, of a variable of these values."""
    row = {"indicator": "score", "form": "number", "unit": "person"} | cells
    made = HEADER + "score,Score,views,person,views,steps,mean,,,,,,\n"
    folder = write_cohort(row, indicators=made)
    codebook = "variable,table,question,type,values,missing,unit\nsteps,views,,number,"
    (folder / "codebook.csv").write_text(f"{codebook}{values},,\n")
    return folder


def found(folder, verdict=None, **options):
    entries = audit_figures(load_cohort(folder), **options)
    return [each for each in entries if verdict in (None, each["verdict"])]


def conflicting(folder, **options):
    return found(folder, "contradiction", **options) + found(folder, "tension", **options)


# ---- a clean record, and faults planted in it ---------------------------------------------------


def test_a_clean_record_passes_clean(write_cohort):
    folder = write_cohort(*CLEAN, relations=[ALL_ARE_GOOD])
    assert conflicting(folder) == []
    checks = {each["check"] for each in found(folder, "consistent")}
    assert "relation L01" in checks
    assert any(check.startswith("fact categories of kind") for check in checks)
    assert any(check.startswith("fact groups of kind") for check in checks)


def arithmetic_holds(counts):
    """Witness, by hand: what 12 schools of two kinds must meet, written out."""
    schools, new, old, good, bad, good_new, good_old, all_, some = counts
    sums = new + old == schools and good + bad == schools and good_new + good_old == good
    parts = good_new <= new and good_old <= old and all_ + some <= schools
    return sums and parts and all_ <= good


def test_every_fault_that_arithmetic_can_find_is_found(write_cohort, capsys):
    """Each count in turn becomes every other one; those not found are feasible by hand."""
    printed = [int(each["reported"]) for each in CLEAN]
    clean = load_cohort(write_cohort(*CLEAN, relations=[ALL_ARE_GOOD]))
    seen = planted = 0
    for at, other in itertools.product(range(1, len(CLEAN)), range(13)):
        if other == printed[at]:
            continue
        counts = [*printed[:at], other, *printed[at + 1 :]]
        faulty = replace(clean, reported=clean.reported.assign(reported=[str(n) for n in counts]))
        try:
            reported = bool(conflicts(read_record(faulty, wide=True, assumed=False)))
        except CohortError as problem:  # more than its base: it cannot even be read
            reported = "exceeds its base" in str(problem)
        assert reported != arithmetic_holds(counts), (at, other)
        seen, planted = seen + reported, planted + 1
    print(f"{seen} of {planted} planted faults found; the others are feasible")
    assert f"{seen} of {planted}" in capsys.readouterr().out
    assert seen / planted > 0.8


# ---- verdicts -----------------------------------------------------------------------------------


def test_two_numbers_for_one_quantity_contradict(write_cohort):
    schools = {"indicator": "schools"}
    folder = write_cohort(
        schools | {"reported": "43", "where": "kf-9"},
        schools | {"reported": "42", "where": "p28"},
        schools | {"reported": "42", "where": "notes-2"},
    )
    (clash,) = conflicting(folder)
    assert (clash["check"], clash["verdict"]) == ("quantity schools", "contradiction")
    assert clash["statements"] == ["R001", "R002", "R003"]
    assert clash["where"] == ["kf-9", "p28", "notes-2"]
    assert "error" not in clash["explanation"]


def test_a_date_printed_differently_contradicts(write_cohort):
    date = {"indicator": "began", "form": "date", "unit": "date"}
    folder = write_cohort(date | {"reported": "March 2013"}, date | {"reported": "April 2013"})
    (clash,) = conflicting(folder)
    assert clash["verdict"] == "contradiction"
    assert "began = March 2013" in clash["explanation"]


def test_a_year_and_a_month_of_it_agree(write_cohort):
    date = {"indicator": "began", "form": "date", "unit": "date"}
    assert (
        conflicting(write_cohort(date | {"reported": "2013"}, date | {"reported": "April 2013"}))
        == []
    )


def assumed(**cells):
    undone = {"strength": "assumed", "because": "Undone if some were counted elsewhere."}
    return ALL_ARE_GOOD | undone | cells


def test_what_only_an_assumed_relation_breaks_is_a_tension(write_cohort):
    few = [
        each | {"reported": "1"} if each.get("category") == "yes" else each for each in CLEAN[:4]
    ]
    folder = write_cohort(*few, CLEAN[7], relations=[assumed()])
    (clash,) = conflicting(folder)
    assert (clash["check"], clash["verdict"]) == ("relation L01", "tension")
    assert clash["statements"] == ["R004", "R005"]
    assert "Undone if some were counted elsewhere." in clash["explanation"]
    assert "It rests on what is assumed" in clash["explanation"]


def test_what_a_wide_reading_reconciles_is_a_tension(write_cohort):
    """About a quarter of 60 reads 14 to 17; 18 is beyond it and within the wide reading."""
    base = {"base_id": "schools", "base_n": "60"}
    good = {"indicator": "good", "category": "yes"} | base
    folder = write_cohort(
        good | {"reported": "18"},
        good | {"reported": "about a quarter", "form": "fraction"},
    )
    (clash,) = conflicting(folder)
    assert clash["verdict"] == "tension"
    assert "the wide readings reconcile them" in clash["explanation"]


def test_an_exact_wording_without_a_count_is_a_tension(write_cohort):
    """Half of 55 is 27.5."""
    half = {"indicator": "good", "category": "yes", "reported": "half", "form": "fraction"}
    (clash,) = conflicting(write_cohort(half | {"base_id": "schools", "base_n": "55"}))
    assert (clash["check"], clash["verdict"]) == ("figure R001", "tension")


def test_a_percentage_with_no_possible_count_is_reported(write_cohort):
    """On 12, one count is 8.3%, two are 16.7%: 10% cannot occur (counted by hand)."""
    folder = write_cohort(
        {"indicator": "good", "category": "yes", "reported": "10%", "form": "percent"} | ON_SCHOOLS
    )
    (clash,) = conflicting(folder)
    assert "11 can occur on this base" in clash["explanation"]


def test_a_printed_base_that_is_another_number_elsewhere_contradicts(write_cohort):
    """20 of 59 schools, and 60 schools; where 59 stands in a row of its own, that row does."""
    rows = [{"indicator": "schools", "reported": "60"}, {"indicator": "good", "category": "yes"}]
    rows[1] |= {"reported": "20", "base_id": "schools", "base_n": "59"}
    (clash,) = conflicting(write_cohort(*rows))
    assert (clash["verdict"], clash["statements"]) == ("contradiction", ["R001", "R002"])
    (clash,) = conflicting(write_cohort(*rows, rows[0] | {"reported": "59"}))
    assert clash["statements"] == ["R001", "R003"]


def test_bases_of_each_other_and_ids_twice_are_refused_as_check_refuses_them(write_cohort):
    good = {"indicator": "good", "category": "yes", "reported": "20", "base_id": "kind=new"}
    kind = {"indicator": "kind", "category": "new", "reported": "20", "base_id": "good=yes"}
    for rows in ((good, kind), (good | {"base_id": "good=yes"},), (good, good | {"id": "R001"})):
        with pytest.raises(CohortError, match="not as expected"):
            found(write_cohort(*rows))


def test_a_wording_of_a_table_of_ones_own_is_read_and_a_row_that_does_not_read_is_left_out(
    write_cohort, tmp_path
):
    """Umpteen of 60, declared a quarter to under half, is 15 to 29; 61 of 60 is read by nobody."""
    good = {"indicator": "good", "category": "yes", "base_id": "schools", "base_n": "60"}
    rows = [good | {"reported": "umpteen", "form": "words"}, good | {"reported": "61"}]
    mine = tmp_path / "mine.csv"
    mine.write_text("wording,low,high,wide_low,wide_high,source\numpteen,1/4,1/2,1/4,3/4,me\n")
    folder = write_cohort(*rows)
    assert found(folder, readings=mine, without=["R002"]) == []
    (stands,) = standings(load_cohort(write_cohort(rows[0])), readings=mine)["standing"]
    assert stands == "stated"
    (row,) = estimate(write_cohort(rows[0]), readings=mine).to_dict("records")
    assert (row["count_low"], row["count_high"]) == (15, 29)
    with pytest.raises(CohortError, match="umpteen"):
        found(folder)


def test_left_out_statements_take_their_conflict_with_them(write_cohort):
    schools = {"indicator": "schools"}
    folder = write_cohort(schools | {"reported": "43"}, schools | {"reported": "42"})
    assert conflicting(folder, without=["R002"]) == []
    with pytest.raises(CohortError, match="statements to leave out are not there"):
        found(folder, without=["R099"])


def test_nothing_to_say_of_a_cohort_without_printed_figures(write_cohort):
    assert found(write_cohort()) == []
    assert "No printed figures" in format_audit([])


# ---- sets ---------------------------------------------------------------------------------------


def test_every_relation_that_takes_part_has_a_set_of_its_own(write_cohort):
    """10 = 12 fails twice over: they are one set, and 10 + 5 is not 12."""
    rows = [
        {"indicator": "good", "category": "yes", "reported": "4"} | ON_SCHOOLS,
        {"indicator": "kind", "category": "new", "reported": "7"} | ON_SCHOOLS,
        {"indicator": "advisers", "category": "all", "reported": "2"} | ON_SCHOOLS,
    ]
    same = assumed(id="L01", relation="same", parts="good=yes", whole="kind=new")
    sums = assumed(
        id="L02", relation="partition", parts="good=yes + advisers=all", whole="kind=new"
    )
    clashes = conflicting(write_cohort(*rows, relations=[same, sums]))
    assert {each["check"]: each["statements"] for each in clashes} == {
        "relation L01": ["R001", "R002"],
        "relation L02": ["R001", "R002", "R003"],
    }


def drawn_record(write_cohort, seed):
    """A record whose counts were made up one by one, so that it is full of conflicts."""
    chance = random.Random(seed)
    rows = [each | {"reported": str(chance.randint(0, 5))} for each in CLEAN[1:]]
    return write_cohort(CLEAN[0], *rows, relations=[ALL_ARE_GOOD], name=f"drawn-{seed}")


@pytest.mark.parametrize("seed", range(12))
def test_dropping_any_statement_of_a_set_lets_the_rest_hold(write_cohort, seed):
    record = read_record(load_cohort(drawn_record(write_cohort, seed)))
    clashes = conflicts(record)
    assert clashes
    for clash in clashes:
        assert_irreducible(clash)


def assert_irreducible(clash):
    assert not can_hold(clash.statements)
    for each in clash.statements:
        assert can_hold(other for other in clash.statements if other is not each), each.name


# ---- the report of 2013 -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ofsted():
    return load_cohort("data/ofsted-2013")


@pytest.fixture(scope="module")
def entries(ofsted):
    return audit_figures(ofsted)


@pytest.mark.parametrize(("wide", "assumed_too"), [(False, True), (True, False)])
def test_every_set_of_2013_is_irreducible(ofsted, wide, assumed_too):
    clashes = conflicts(read_record(ofsted, wide=wide, assumed=assumed_too))
    assert clashes
    for clash in clashes:
        assert_irreducible(clash)


def test_the_hard_contradictions_of_2013_are_found(entries):
    """Witness: the report. kf-9 has 43 interviews, p28 has 42; the cover ends in March, p11 in
    April; p19 leaves 45 schools with external advisers, p61 has 40.
    """
    places = [set(each["where"]) for each in entries if each["verdict"] == "contradiction"]
    assert {"kf-9", "p28", "notes-2"} in places
    assert {"cover", "p11", "notes-1"} in places
    assert any({"p19", "p61"} <= each for each in places)


def test_every_printed_figure_has_one_standing(ofsted, entries):
    table = standings(ofsted, found=entries).set_index("id")["standing"]
    # 12 is a fifth of 60; four and seven of 60; "some" of 55 beside "not all" of 60.
    assert set(table[["R007", "R156", "R240"]]) == {"consistent"}
    assert list(table.index) == list(ofsted.reported["id"])
    assert set(table) == {"reproduced", "consistent", "stated", "in conflict"}
    by_hand = {  # 142 of 1,703 is 8.3%; 9 + 27 + 24 is 60; 43 is not 42; only one place says 249 ..
        "helpline_heard=yes": "reproduced",
        "school_type=converter": "reproduced",
        "interviews_observed": "in conflict",
        "action_plans_reviewed": "consistent",  # .. and another says it again
        "senior_managers_interviewed": "stated",
    }
    quantities = standings(ofsted, found=entries).groupby("quantity")["standing"].agg(set)
    assert {name: quantities[name] for name in by_hand} == {n: {s} for n, s in by_hand.items()}


def test_what_is_left_by_a_contradicted_figure_is_contradicted_with_it(write_cohort):
    """Of 12 two or three leave "the other" nine or ten, which no other figure speaks of."""
    parts = [{"indicator": "advisers", "category": "all", "reported": n} for n in ("2", "3")]
    rest = {"indicator": "advisers", "category": "some", "reported": "the other", "form": "words"}
    none = {"indicator": "advisers", "category": "none", "reported": "0"}
    rows = [each | ON_SCHOOLS for each in (*parts, none, rest)]
    folder = write_cohort(*rows)
    table = standings(load_cohort(folder)).set_index("quantity")
    left = table.loc["advisers=some"]
    assert (left["verdict"], left["worked_from"]) == ("contradiction", "R001, R002, R003")
    (clash,) = found(folder, "contradiction")
    assert [side["statements"] for side in clash["sides"]] == [["R001"], ["R002"], ["R004"]]
    assert (clash["sides"][-1]["low"], clash["sides"][-1]["high"]) == (9, 10)


def test_a_reproduced_figure_names_what_it_is_reproduced_from(ofsted, entries):
    """By hand: 23 + 29 + 8 and 9 + 27 + 24 are 60, 11 less 2 is 9, 142 of 1,703 is 8%."""
    table = standings(ofsted, found=entries).set_index("id")
    told = table.loc[table["standing"] == "reproduced", "worked_from"]
    assert told["R225"] == "R002, R224, R226"
    assert told["R217"] == "R218, R220, R222"
    assert told["R121"] == "R118, R120"
    assert told["R157"] == "R157, R158"
    assert told.str.split(", ").map(len).min() >= 2


# ---- granularity --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mean", "n", "possible"),
    [
        ("5.19", 28, False),  # Brown and Heathers (2017): 145/28 is 5.18, 146/28 is 5.21
        ("3.45", 20, True),  # 69/20
        ("3.44", 20, False),  # twentieths are 3.40 and 3.45
        ("5.18", 28, True),
        ("3½", 3, True),  # 10 thirds are 3.33, which a half is nearest to
        ("three and a half", 1, False),
    ],
)
def test_published_granularity_cases(write_cohort, mean, n, possible):
    folder = with_score(write_cohort, {"reported": mean, "base_n": str(n)})
    assert [each["verdict"] == "consistent" for each in found(folder)] == [possible]


def test_a_percentage_that_is_a_mean_is_no_count_of_its_base(write_cohort):
    """Attendance of 93.4% on average is no 56 of 60 schools, and passed no test."""
    row = {"reported": "93.4%", "form": "percent", "base_n": "60"}
    assert found(with_score(write_cohort, row)) == []


def test_a_mean_that_no_whole_answers_have_is_reported(write_cohort):
    """Brown and Heathers (2017): 5.19 of 28 whole answers; of hours it may well be."""

    def found(reported, values):
        cells = {"reported": reported, "base_n": "28"}
        return conflicting(with_score(write_cohort, cells, values))

    (clash,) = found("5.19", "1..7 whole")
    assert "Of 100 means between two whole numbers 28 can occur." in clash["explanation"]
    assert found("5.18", "1..7 whole") == found("5.19", "1..7") == []


def test_one_mean_printed_twice_conflicts_whatever_the_answers_are(write_cohort):
    """4.2 and 4.4 of 20 are totals of 83 to 85 and of 87 to 89; 4.20 and 4.2 may be one."""
    made = HEADER + "hours,Hours,views,person,,,mean,,,,,,\n"
    row = {"indicator": "hours", "form": "number", "base_n": "20", "unit": "person"}
    folder = write_cohort(*(row | {"reported": one} for one in ("4.2", "4.4")), indicators=made)
    (clash,) = conflicting(folder)
    assert clash["verdict"] == "contradiction"
    assert "hours is 4.2 on average, of 20" in clash["explanation"]
    folder = write_cohort(*(row | {"reported": one} for one in ("4.2", "4.20")), indicators=made)
    assert conflicting(folder) == []


@pytest.mark.parametrize(
    ("base_n", "some"),
    [(1706, 99), (60, 59), (82, 81), (2, 1), (1, 0), (100, 99), (202, 99)],
)
def test_how_many_whole_percentages_can_occur(base_n, some):
    """Below 100 every count gives a percentage of its own, so n - 1 inner ones can occur."""
    assert attainable(base_n) == (some, 99)


def test_one_decimal_place_makes_the_test_sharper():
    assert attainable(202, decimals=1) == (201, 999)


def test_47_36_14_and_3_per_cent_of_202_have_six_whole_solutions(write_cohort):
    """Witness: every four counts that add to 202 and round, halves up, to the printed figures."""
    indicators = (
        "indicator,label,section,unit,table,variable,measure,denominator,categories,base,"
        "base_label,among,favourable\nleavers,Leavers,case,student,,,count,,,,,,\n"
        "went,Went to,case,student,,,share,,a;b;c;d,,,,\n"
    )
    shares = dict(zip("abcd", (47, 36, 14, 3), strict=True))
    folder = write_cohort(
        {"indicator": "leavers", "reported": "202", "unit": "student"},
        *(
            {"indicator": "went", "category": name, "reported": f"{n}%", "form": "percent"}
            | {"base_id": "leavers", "base_n": "202", "unit": "student"}
            for name, n in shares.items()
        ),
        indicators=indicators,
    )
    near = {n: [k for k in range(203) if (200 * k + 202) // 404 == n] for n in shares.values()}
    by_hand = [each for each in itertools.product(*near.values()) if sum(each) == 202]
    assert len(by_hand) == 6
    record = read_record(load_cohort(folder))
    rows = rows_of(record.statements)
    around = itertools.product(range(90, 100), range(70, 76), range(26, 31), range(4, 9))
    points = [dict(zip("abcd", counts, strict=True)) for counts in around]
    feasible = [
        tuple(point.values())
        for point in points
        if all(
            holds(row, {"leavers": 202} | {f"went={n}": k for n, k in point.items()})
            for row in rows
        )
    ]
    assert sorted(feasible) == sorted(by_hand)


# ---- the command --------------------------------------------------------------------------------


def test_the_command_writes_json_and_nothing_else(write_cohort, capsys):
    folder = write_cohort(*CLEAN, {"indicator": "schools", "reported": "13", "where": "p9"})
    assert main(["audit", str(folder), "--format", "json"]) == 0
    entries = json.loads(capsys.readouterr().out)
    names = ("check", "verdict", "statements", "where", "explanation", "id", "kind", "can_fail")
    names += ("sides", "ties", "rests_on", "reconciled")
    assert {tuple(each) for each in entries} == {names}
    assert entries[0]["verdict"] == "contradiction"
    assert main(["audit", str(folder), "--without", "R010"]) == 0
    assert capsys.readouterr().out.startswith("Contradictions: 0; tensions: 0; tests passed: ")


def test_the_page_on_the_record_tells_what_the_library_finds(entries):
    """The contradiction that docs/record.md works through, statement by statement."""
    page = (project_root() / "docs" / "record.md").read_text(encoding="utf-8")
    told = [each for each in entries if each["check"] == "relation L25"]
    assert [each["verdict"] for each in told] == ["contradiction"]
    assert {"R085", "R202"} < set(told[0]["statements"])
    assert len(told[0]["statements"]) == 2 + 8  # "R002 and seven more"
    assert all(f"| {name} |" in page for name in ("R085", "R202", "L25, necessary"))


# ---- what a reader is shown ---------------------------------------------------------------------


def test_a_conflict_shows_its_sides_and_what_the_others_leave_each(entries):
    """Witness, by hand: 60 less at most 17 without advisers is at least 43, and 40 are printed; 60
    less those 40 leaves at least 20 without; 40 and 14 to 17 leave 54 to 57 schools at most.
    """
    (told,) = (each for each in entries if each["check"] == "relation L25")
    sides = {side["quantity"]: side for side in told["sides"]}
    none, some = sides["external_advisers=none"], sides["external_professionals=yes"]
    assert (none["low"], none["high"], none["base_n"]) == (14, 17, 60)
    assert (none["others_low"], some["others_low"]) == (20, 43)
    assert (some["quotes"], some["where"], some["low"]) == (["40"], ["p61"], 40)
    assert sides["schools_visited"]["others_high"] == 57
    assert [tie["name"] for tie in told["ties"] if tie["kind"] == "relation"] == ["L25"]
    assert told["ties"][0]["because"].startswith("A quarter of the schools")
    assert (told["rests_on"], told["reconciled"]) == ("", False)


def test_every_conflict_has_an_id_and_sides_for_all_its_figures(entries):
    clashes = [each for each in entries if each["verdict"] != "consistent"]
    assert [each["id"] for each in clashes] == [f"C{n}" for n in range(1, len(clashes) + 1)]
    for each in clashes:
        own = [side for side in each["sides"] if not side["worked_from"]]
        assert [id_ for side in own for id_ in side["statements"]] == each["statements"]
    assert all(each["id"] == "" for each in entries if each["verdict"] == "consistent")


def test_a_standing_says_which_kind_of_conflict_it_is(ofsted):
    """R205, "nearly all", is the base of R206 in the tension of L47, and in doubt there itself."""
    table = standings(ofsted).set_index("id")
    clashing = table[table["standing"] == "in conflict"]
    assert clashing["verdict"].value_counts().to_dict() == {"tension": 20, "contradiction": 9}
    assert table.loc["R205", "verdict"] == "tension"
    assert table.loc["R086", ["conflicts", "worked_from"]].tolist() == ["C3, C5", "R084, R085"]
    assert table.loc["R002", "standing"] == "reproduced"  # the 60 schools are only a base there
    assert set(table.loc[table["standing"] != "in conflict", "verdict"]) == {""}


def test_words_that_rule_nothing_out_pass_no_test(write_cohort):
    """ "Too few" and "not all" hold whatever the other figures say."""
    row = {"indicator": "good", "category": "yes"} | ON_SCHOOLS
    folder = write_cohort(
        {"indicator": "schools", "reported": "12"},
        row | {"reported": "too few", "form": "words"},
        row | {"reported": "not all", "form": "words"},
        row | {"reported": "most", "form": "words"},
        row | {"reported": "8"},
    )
    table = standings(load_cohort(folder)).set_index("reported")["standing"]
    assert table["too few"] == table["not all"] == "stated"
    assert table["most"] == table["8"] == "consistent"


def test_another_scale_of_words_is_another_audit(write_cohort, tmp_path):
    """About a quarter of 60 and 18: a scale on which "about" reaches further has no tension."""
    base = {"indicator": "good", "category": "yes", "base_id": "schools", "base_n": "60"}
    quarter = base | {"reported": "about a quarter", "form": "fraction"}
    cohort = load_cohort(write_cohort(base | {"reported": "18"}, quarter))
    scale = tmp_path / "readings-wide.csv"
    scale.write_text("wording,low,high,wide_low,wide_high,source\nabout x,-2,2,-2,2,the test\n")
    found = [audit_figures(cohort, readings=one) for one in (None, scale)]
    tense = [[one["statements"] for one in each if one["verdict"] == "tension"] for each in found]
    assert tense == [[["R001", "R002"]], []]


def test_two_shares_of_a_base_that_nobody_counts_pass_no_test(write_cohort):
    """30% of unknown many and 12% of them: any count of one leaves room for the other."""
    row = {"form": "percent", "base_id": "schools"}
    folder = write_cohort(
        row | {"indicator": "good", "category": "yes", "reported": "30%"},
        row | {"indicator": "advisers", "category": "all", "reported": "12%"},
    )
    assert set(standings(load_cohort(folder))["standing"]) == {"stated"}


@pytest.mark.parametrize(
    ("one", "two"), [("half", "a quarter"), ("three quarters", "a quarter"), ("60%", "30%")]
)
def test_two_shares_of_one_unknown_base_contradict_each_other(write_cohort, one, two):
    """Of nobody every share would be true at once, and a share is of somebody."""
    good = {"indicator": "good", "category": "yes", "base_id": "schools"}
    form = "percent" if "%" in one else "fraction"
    rows = [good | {"reported": said, "form": form} for said in (one, two)]
    (entry,) = conflicting(write_cohort(*rows))
    assert (entry["verdict"], entry["statements"]) == ("contradiction", ["R001", "R002"])


@pytest.mark.parametrize("base", [None, "over 50", "at most 70"])
@pytest.mark.parametrize(("yes", "no"), [("45", "30"), ("35%", "63%")])
def test_a_printed_base_holds_its_parts_where_no_row_tells_its_number(write_cohort, base, yes, no):
    """45 + 30 is 75 and 21 + 38 is 59: of 60 schools neither can be all."""
    rows = [{"indicator": "schools", "reported": base}] if base else []
    for category, said in (("yes", yes), ("no", no)):
        form = "percent" if "%" in said else "count"
        part = {"indicator": "good", "category": category, "reported": said, "form": form}
        rows.append(part | {"base_id": "schools", "base_n": "60", "base_from": "printed"})
    assert [each["verdict"] for each in conflicting(write_cohort(*rows))] == ["contradiction"]


def test_a_count_is_held_to_the_percentage_beside_it_on_a_hedged_base(write_cohort):
    """142 is 8% of 1,671 to 1,893, and not of 450 to 550."""
    parents = {"indicator": "parents", "unit": "parent", "reported": "about 500"}
    helped = {"indicator": "helped", "category": "yes", "unit": "parent", "base_id": "parents"}
    helped |= {"reported": "142 (8%)", "form": "count_percent"}
    (entry,) = conflicting(write_cohort(parents, helped))
    assert (entry["verdict"], entry["statements"]) == ("contradiction", ["R001", "R002"])


@pytest.mark.parametrize(("south", "verdicts"), [("18", ["contradiction"]), ("8", [])])
def test_groups_of_a_variable_of_the_codebook_are_within_their_total(write_cohort, south, verdicts):
    """20 in the north and 18 in the south are 38, and 30 in all; of 28 two may be elsewhere."""
    good = {"indicator": "good", "category": "yes"}
    groups = [("north", "20"), ("south", south)]
    parts = [good | {"domain": "area", "group": one, "reported": n} for one, n in groups]
    every = {"indicator": "schools", "reported": "60"}, good | {"reported": "30"}
    folder = write_cohort(*every, *parts)
    head = "variable,table,question,type,values,missing,unit"
    (folder / "codebook.csv").write_text(f"{head}\narea,schools,Where?,category,north;south,,\n")
    assert [each["verdict"] for each in conflicting(folder)] == verdicts


@pytest.mark.parametrize(("known", "old", "clashes"), [(10, 2, 0), (10, 4, 1), (12, 2, 1)])
def test_groups_that_are_known_of_some_schools_need_not_add_to_all(
    write_cohort, known, old, clashes
):
    """Of 12 schools 10 have a known kind: of 6 good ones 3 and 2 leave one, 3 and 4 none."""
    kind = {"indicator": "kind", "base_n": str(known)}
    good = {"indicator": "good", "category": "yes"}
    folder = write_cohort(
        {"indicator": "schools", "reported": "12"},
        kind | {"category": "new", "reported": "5"},
        kind | {"category": "old", "reported": str(known - 5)},
        good | {"reported": "6"} | ON_SCHOOLS,
        good | {"reported": "3", "domain": "kind", "group": "new"},
        good | {"reported": str(old), "domain": "kind", "group": "old"},
    )
    assert len(conflicting(folder)) == clashes


def test_one_set_of_figures_is_one_conflict_however_many_facts_prove_it(write_cohort):
    """60% of 100 are 60; 90% and 20% of its halves 45 and 10, and so it is of those who say no."""
    kind, good = {"base_id": "schools", "base_n": "100"}, {"indicator": "good", "category": "yes"}
    halves = [("new", "90%", "kind=new"), ("old", "20%", "kind=old")]
    rows = [
        {"indicator": "schools", "reported": "100"},
        {"indicator": "kind", "category": "new", "reported": "50"} | kind,
        good | kind | {"reported": "60%", "form": "percent"},
    ]
    rows += [
        good
        | {"domain": "kind", "group": group, "base_id": base, "base_n": "50"}
        | {"reported": said, "form": "percent"}
        for group, said, base in halves
    ]
    (entry,) = conflicting(write_cohort(*rows))
    assert entry["check"] == "fact good=yes @ kind=new + good=yes @ kind=old = good=yes"


def test_a_set_that_holds_another_is_no_conflict_of_its_own(write_cohort):
    """3 and 2 good schools of two kinds are no 4: what is left of the 12 proves nothing more."""
    counts = ("12", "5", "7", "4", "3", "2")
    picked = (0, 1, 2, 3, 5, 6)
    rows = [CLEAN[n] | {"reported": said} for n, said in zip(picked, counts, strict=True)]
    (entry,) = conflicting(write_cohort(*rows))
    assert entry["statements"] == ["R004", "R005", "R006"]


def test_every_figure_that_clashes_with_another_of_its_quantity_is_in_a_conflict(write_cohort):
    """September, an autumn and a year from April agree with each other, and none with 2011."""
    began = {"indicator": "began", "unit": "date", "form": "date"}
    told = ("September 2012", "autumn term 2012", "2012/13", "2011")
    entries = conflicting(write_cohort(*(began | {"reported": said} for said in told)))
    assert [each["statements"] for each in entries] == [[f"R00{n}", "R004"] for n in (1, 2, 3)]


def test_all_who_answered_are_the_whole_of_their_answers(write_cohort):
    """40 of 60 answered, and 30 of the 40 said yes: no conflict, though 40 is not 60."""
    folder = write_cohort(
        {"indicator": "schools", "reported": "60"},
        {"indicator": "good", "reported": "40", "base_id": "schools", "base_n": "60"},
        {"indicator": "good", "category": "yes", "reported": "30", "base_id": "good"},
    )
    assert conflicting(folder) == []


def test_a_figure_is_reproduced_from_another_form_and_never_from_itself(write_cohort):
    """20 of 60, printed twice, and a third of 60."""
    good = {"indicator": "good", "category": "yes", "base_id": "schools", "base_n": "60"}
    third = good | {"reported": "a third", "form": "fraction"}
    rows = {"indicator": "schools", "reported": "60"}, *[good | {"reported": "20"}] * 2, third
    held = standings(load_cohort(write_cohort(*rows))).set_index("id")
    assert [*held["worked_from"][1:]] == ["R004", "R004", "R002"]


def test_a_number_is_not_reproduced_from_shares_that_are_taken_of_it(write_cohort):
    """Three quarters of 12 and a quarter of it are 12, and so they are of any other number."""
    advisers = {"indicator": "advisers", "base_id": "good=yes", "base_n": "12", "form": "percent"}
    parts = [("all", "75%"), ("some", "25%"), ("none", "0%")]
    rows = [{"indicator": "schools", "reported": "60"}]
    good = {"indicator": "good", "category": "yes", "base_id": "schools", "base_n": "60"}
    rows += [good | {"reported": "12"}]
    rows += [advisers | {"category": one, "reported": said} for one, said in parts]
    held = standings(load_cohort(write_cohort(*rows))).set_index("id")
    assert [*held["standing"]] == ["stated", "consistent", *["reproduced"] * 3]
    assert held["worked_from"]["R003"] == "R002, R004, R005"


@pytest.mark.parametrize("said", ["none", "no"])
def test_none_of_those_who_are_nobody_is_no_conflict(write_cohort, said):
    """All 12 are new: of the old none is good, and none is bad."""
    form = "count" if said == "none" else "words"
    good = {"indicator": "good", "domain": "kind", "group": "old", "base_id": "kind=old"}
    folder = write_cohort(
        {"indicator": "schools", "reported": "12"},
        {"indicator": "kind", "category": "new", "reported": "12"} | ON_SCHOOLS,
        *(good | {"category": one, "reported": said, "form": form} for one in ("yes", "no")),
    )
    assert conflicting(folder) == []


def test_what_words_make_of_a_base_is_said_by_them_and_not_by_its_parts(write_cohort):
    """Just over three quarters of 60 are 46, or 47 read widely; 24 and 23 of them are 47."""
    adviser = {"indicator": "advisers", "base_id": "good=yes"}
    good = {"indicator": "good", "category": "yes", "base_id": "schools", "form": "fraction"}
    numbers = [("all", "24"), ("some", "23")]
    (entry,) = conflicting(
        write_cohort(
            {"indicator": "schools", "reported": "60"},
            good | {"reported": "just over three quarters"},
            *(adviser | {"category": one, "reported": n} for one, n in numbers),
        )
    )
    assert entry["verdict"] == "tension"
    assert entry["statements"] == ["R002", "R003", "R004"]
    assert [side["low"] for side in entry["sides"]] == [46, 24, 23]


def test_what_the_wide_readings_do_not_reconcile_is_a_contradiction(write_cohort):
    """17% of 6 is 1 and 0.0% none, however they are read; each clashes with "many" as well."""
    good = {"indicator": "good", "category": "yes", "form": "percent", "base_id": "schools"}
    folder = write_cohort(
        {"indicator": "schools", "reported": "6"},
        good | {"reported": "17%"},
        good | {"reported": "2", "form": "count"},
        good | {"reported": "many", "form": "words"},
        good | {"reported": "0.0%"},
    )
    sets = {tuple(entry["statements"]): entry["verdict"] for entry in conflicting(folder)}
    assert sets["R002", "R005"] == "contradiction"
    assert all(e["reconciled"] or e["rests_on"] != "readings" for e in found(folder, "tension"))


def test_a_mean_is_no_part_of_a_relation_between_counts(write_cohort):
    """Means of 3 are totals of 30 and 60 on 10 and 20: "the same" is said of no count."""
    more = "score,Score,s,school,,,mean,,,,,,\nmark,Mark,s,school,,,mean,,,,,,\n"
    header = "indicator,label,section,unit,table,variable,measure,denominator,categories,base,"
    header += "base_label,among,favourable\nschools,Schools,s,school,,,count,,,,,,\n"
    rows = [
        {"indicator": name, "reported": "3.0", "form": "number", "base_id": "schools", "base_n": n}
        for name, n in (("score", "10"), ("mark", "20"))
    ]
    tie = ALL_ARE_GOOD | {"relation": "same", "parts": "score", "whole": "mark"}
    folder = write_cohort(*rows, relations=[tie], indicators=header + more)
    with pytest.raises(CohortError, match="that count, each once"):
        audit_figures(load_cohort(folder))


@pytest.mark.parametrize(("one", "two"), [("64.054%", "34.05%"), ("99.999%", "0.001%")])
def test_shares_to_many_places_of_an_unknown_base_are_refuted_exactly(write_cohort, one, two):
    """What proves it weighs 200,000 of one base against 1 of another: no float is so fine."""
    good = {"indicator": "good", "category": "yes", "base_id": "schools", "form": "percent"}
    more = {"indicator": "schools", "reported": "over 100"}
    rows = [more, *(good | {"reported": said} for said in (one, two))]
    assert conflicting(write_cohort(*rows))[0]["statements"] == ["R002", "R003"]


def test_figures_that_clash_by_their_base_are_not_told_to_agree(write_cohort):
    """Three quarters of 11 schools or more are 8 at least, and no 3: that is of 4."""
    good = {"indicator": "good", "category": "yes", "base_id": "schools"}
    rows = [
        {"indicator": "schools", "reported": "over 10"},
        good | {"reported": "3"},
        good | {"reported": "three quarters", "form": "fraction"},
    ]
    folder = write_cohort(*rows)
    assert [each["statements"] for each in conflicting(folder)] == [["R001", "R002", "R003"]]
    assert found(folder, "consistent") == []
