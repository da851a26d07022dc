"""Synthetic tables: true to every figure, at random where nothing is printed, marked, whole."""

import csv
import itertools
import os
import random
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from math import comb

import pandas as pd
import pytest

from careersurvey.cli import main
from careersurvey.errors import CohortError, RecordError
from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.printed.statements import read_statements
from careersurvey.inference.estimates import estimate
from careersurvey.inference.record.constraints import read_record, rows_of
from careersurvey.inference.record.draw import draw, draw_tables, what_is_drawn
from careersurvey.inference.record.linear import holds, parse

HEADER = (
    "indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,"
    "among,favourable\nschools,Schools,s,school,,,count,,,,,,\n"
    "parents,Parents,s,parent,,,count,,,,,,\n"
)


def indicators(*names, categories="yes;no", measure="share", unit="school", table="schools"):
    return "".join(
        f"{name},{name},s,{unit},{table},{name},{measure},,{categories},,,,\n" for name in names
    )


def on(name, n, of, base="schools", category="yes", **cells):
    row = {"indicator": name, "category": category, "reported": str(n)}
    return row | {"base_id": base, "base_n": str(of)} | cells


def schools(n):
    return {"indicator": "schools", "reported": str(n)}


def tie(relation, parts, whole):
    cells = {"id": "L01", "relation": relation, "parts": parts, "whole": whole}
    return cells | {"strength": "necessary", "where": "p1", "because": "Said so."}


def people(cohort, times, *names):
    """Values of some variables, one row a unit, drawn again and again."""
    for seed in range(times):
        (table,) = draw_tables(cohort, seed=seed)
        yield list(zip(*(table.columns[name] for name in names), strict=True))


# ---- every figure holds -------------------------------------------------------------------------


def counted(columns, name):
    """Witness: a quantity of a drawn table, counted by hand."""
    of = parse(name)
    wanted = [(of.indicator, of.category)] if of.category else []
    wanted += [(of.domain, of.group)] if of.domain else []
    return sum(
        all(columns[variable][unit] == value for variable, value in wanted)
        for unit in range(len(columns["synthetic"]))
    )


@pytest.mark.parametrize("seed", range(12))
def test_every_draw_meets_every_statement_of_the_record(write_cohort, seed):
    """Records printed of an invented table: counts, a group, a nested base, a vague wording."""
    chance = random.Random(seed)
    units = [[chance.random() < 0.6 for _ in "abcd"] for _ in range(12)]
    n = [sum(column) for column in zip(*units, strict=True)]
    both, used = (sum(u[i] and u[j] for u in units) for i, j in ((0, 1), (2, 3)))
    group = {"domain": "a", "group": "yes", "base_id": "a=yes", "base_n": str(n[0])}
    rows = (
        *(schools(12), on("a", n[0], 12), on("b", n[1], 12), on("c", n[2], 12)),
        on("b", both, n[0]) | group,
        on("d", used, n[2], base="c=yes"),
        on("e", "most", 12, form="words"),
    )
    relation = tie("exhaustive", "a=yes + e=yes", "schools")
    made = HEADER + indicators(*"abcde")
    cohort = load_cohort(write_cohort(*rows, relations=[relation], indicators=made))
    record = read_record(cohort)
    for draws in range(5):
        (table,) = draw_tables(cohort, seed=draws)
        names = {name for each in record.statements for name in each.quantities}
        counts = {name: counted(table.columns, name) for name in names}
        assert [row for row in rows_of(record.statements) if not holds(row, counts)] == []
        pairs = zip(table.columns["a"], table.columns["e"], strict=True)
        assert all("yes" in pair for pair in pairs)


def test_draws_differ_within_what_a_wording_allows(write_cohort):
    """Most of 20 reads 11 to 19: over half, and at most 95%."""
    most = on("a", "most", 20, form="words")
    cohort = load_cohort(write_cohort(schools(20), most, indicators=HEADER + indicators("a")))
    seen = {sum(row == ("yes",) for row in rows) for rows in people(cohort, 60, "a")}
    assert seen <= set(range(11, 20))
    assert len(seen) > 5


def test_an_association_that_nobody_printed_is_independence(write_cohort):
    """4 of 8 and 4 of 8: the overlap is hypergeometric, k with weight C(4, k) C(4, 4 - k) of 70.

    Ten pairs of variables in each of 100 draws.
    """
    names = "abcdefghijklmnopqrst"
    rows = (schools(8), *(on(name, 4, 8) for name in names))
    cohort = load_cohort(write_cohort(*rows, indicators=HEADER + indicators(*names)))
    overlaps: Counter[int] = Counter()
    for units in people(cohort, 100, *names):
        pairs = [[(unit[at], unit[at + 1]) for unit in units] for at in range(0, 20, 2)]
        overlaps.update(pair.count(("yes", "yes")) for pair in pairs)
    for k in range(5):
        share = comb(4, k) * comb(4, 4 - k) / 70
        assert abs(overlaps[k] - 1000 * share) <= 5 * (1000 * share * (1 - share)) ** 0.5


def test_sets_that_hang_together_are_dealt_as_their_relations_say(write_cohort):
    """Three sets of 1, 1 and 2 of 4 schools, no two overlapping: every school is in one."""
    ties = [
        tie("disjoint", f"{one}=yes + {two}=yes", "schools") | {"id": f"L0{n}"}
        for n, (one, two) in enumerate(itertools.combinations("abc", 2))
    ]
    rows = (schools(4), on("a", 1, 4), on("b", 1, 4), on("c", 2, 4))
    made = HEADER + indicators("a", "b", "c")
    cohort = load_cohort(write_cohort(*rows, relations=ties, indicators=made))
    drawn = {tuple(rows) for rows in people(cohort, 60, "a", "b", "c")}
    assert all(sum(row.count("yes") for row in rows) == 4 for rows in drawn)
    assert all(row.count("yes") == 1 for rows in drawn for row in rows)
    assert len(drawn) > 6


def test_a_whole_of_nobody_can_still_be_at_least_matched(write_cohort):
    """At least as many parents as schools that answered, and no school did."""
    made = HEADER + indicators("answered") + indicators("glad", unit="parent", table="parents")
    folder = write_cohort(
        schools(6),
        {"indicator": "parents", "reported": "20", "unit": "parent"},
        on("answered", 0, 6),
        on("glad", 12, 20, base="parents", unit="parent"),
        relations=[tie("at_least", "parents", "answered=yes")],
        indicators=made,
    )
    tables = {table.name: table.columns for table in draw_tables(load_cohort(folder), seed=1)}
    assert len(tables["parents"]["school_id"]) == 20


def test_a_group_without_a_base_of_its_own_is_drawn(write_cohort):
    """A figure of one kind of school, printed as a share of all: most of 60 is 31 to 57."""
    made = HEADER + indicators("kind", categories="new;old") + indicators("good")
    few = {"indicator": "good", "category": "yes", "domain": "kind", "group": "new"}
    few |= {"base_id": "schools", "reported": "most", "form": "words"}
    folder = write_cohort(schools(60), on("kind", 50, 60, category="new"), few, indicators=made)
    (table,) = draw_tables(load_cohort(folder), seed=1)
    pairs = Counter(zip(table.columns["kind"], table.columns["good"], strict=True))
    assert 31 <= pairs["new", "yes"] <= 50


def test_a_total_printed_without_its_base_beside_groups_is_one_column(write_cohort):
    made = HEADER + indicators("kind", categories="new;old") + indicators("good")
    part = {"domain": "kind", "group": "new"}
    rows = (schools(20), on("kind", 8, 20, category="new"), on("good", 5, 8, base="kind=new"))
    total = {"indicator": "good", "category": "yes", "reported": "12", "form": "count"}
    folder = write_cohort(*rows[:2], rows[2] | part, total, indicators=made)
    (table,) = draw_tables(load_cohort(folder), seed=1)
    assert [each.name for each in table.variables].count("good") == 1
    assert table.columns["good"].count("yes") == 12


def test_a_relation_that_makes_all_units_a_part_of_a_part_is_drawn(write_cohort):
    """All 10 schools are within those that are good: 10 good ones, 7 of them sure."""
    good = {"indicator": "good", "category": "yes", "reported": "all"}
    rows = [schools(10), good | {"base_id": "schools", "base_n": "10"}, on("sure", 7, 10)]
    folder = write_cohort(
        *rows,
        relations=[tie("within", "schools", "good=yes")],
        indicators=HEADER + indicators("good", "sure"),
    )
    (table,) = draw_tables(load_cohort(folder), seed=1)
    assert [table.columns["good"].count("yes"), table.columns["sure"].count("yes")] == [10, 7]


def test_who_was_not_asked_is_blank(write_cohort):
    made = HEADER + indicators("data", "used")
    folder = write_cohort(schools(9), on("data", 5, 9), on("used", 2, 5, base="data=yes"))
    (folder / "indicators.csv").write_text(made)
    (rows,) = people(load_cohort(folder), 1, "data", "used")
    pairs = Counter(rows)
    assert pairs == {("yes", "yes"): 2, ("yes", "no"): 3, ("no", ""): 4}


def test_each_option_of_a_select_all_question_is_a_column(write_cohort):
    made = HEADER + indicators("way", categories="talk;visit", measure="multiple")
    rows = (schools(9), on("way", 5, 9, category="talk"), on("way", 3, 9, category="visit"))
    cohort = load_cohort(write_cohort(*rows, indicators=made))
    (table,) = draw_tables(cohort, seed=1)
    assert [table.columns[name].count("yes") for name in ("way__talk", "way__visit")] == [5, 3]


def test_a_select_all_question_that_one_group_alone_was_asked_is_blank_elsewhere(write_cohort):
    """Of 9 schools 5 are new; 2 of these had a talk, and of the 4 others nothing is printed."""
    made = HEADER + indicators("kind", categories="new;old")
    made += indicators("way", categories="talk;visit", measure="multiple")
    new = {"domain": "kind", "group": "new"} | on("way", 2, 5, base="kind=new", category="talk")
    folder = write_cohort(schools(9), on("kind", 5, 9, category="new"), new, indicators=made)
    (rows,) = people(load_cohort(folder), 1, "kind", "way__talk")
    assert Counter(rows) == {("new", "yes"): 2, ("new", "no"): 3, ("old", ""): 4}


def test_a_printed_mean_is_no_set_of_people(write_cohort):
    made = HEADER + indicators("a") + "score,Score,s,school,,,mean,,,,,,\n"
    score = {"indicator": "score", "reported": "1.5", "form": "number"}
    rows = (schools(10), on("a", 4, 10), score | {"base_id": "schools", "base_n": "10"})
    (table,) = draw_tables(load_cohort(write_cohort(*rows, indicators=made)), seed=1)
    assert set(table.columns) == {"school_id", "synthetic", "a"}


def with_parents(write_cohort):
    made = HEADER + indicators("answered") + indicators("glad", unit="parent", table="parents")
    return write_cohort(
        schools(6),
        {"indicator": "parents", "reported": "20", "unit": "parent"},
        on("answered", 5, 6),
        on("glad", 12, 20, base="parents", unit="parent"),
        relations=[tie("at_least", "parents", "answered=yes")],
        indicators=made,
    )


def test_each_school_that_has_an_answer_gets_one_parent_first(write_cohort):
    cohort = load_cohort(with_parents(write_cohort))
    for seed in range(20):
        tables = {table.name: table.columns for table in draw_tables(cohort, seed=seed)}
        answered = zip(tables["schools"]["school_id"], tables["schools"]["answered"], strict=True)
        assert set(tables["parents"]["school_id"]) == {key for key, a in answered if a == "yes"}


def test_parents_by_kind_of_school_have_a_school_of_that_kind_and_are_read_again(
    write_cohort, tmp_path
):
    """Of 6 schools 2 are new; of 20 parents 10 are glad, 4 of them of new schools."""
    made = HEADER + indicators("kind", categories="new;old")
    made += indicators("glad", unit="parent", table="parents")
    group = {"domain": "kind", "group": "new", "base_id": ""}
    folder = write_cohort(
        schools(6),
        {"indicator": "parents", "reported": "20", "unit": "parent"},
        on("kind", 2, 6, category="new"),
        on("glad", 10, 20, base="parents", unit="parent"),
        on("glad", 4, "", base="", unit="parent") | group,
        relations=[tie("at_least", "parents", "schools")],
        indicators=made,
    )
    drawn = draw(folder, seed=1, output=tmp_path / "drawn")
    found = estimate(drawn, min_base=0).groupby("indicator")["count_low"].agg(list)
    assert found.to_dict() == {"kind": [2, 4], "glad": [10, 10]}
    parents, known = (pd.read_csv(drawn / f"{name}.csv") for name in ("parents", "schools"))
    assert ((parents["kind"] == "new") & (parents["glad"] == "yes")).sum() == 4
    assert (parents.merge(known, on="school_id").eval("kind_x == kind_y")).all()


@pytest.mark.parametrize("name", ["two__words", "meals_id", "synthetic", "school_id"])
def test_a_name_of_an_indicator_is_no_more_than_its_name(write_cohort, tmp_path, name):
    folder = write_cohort(schools(6), on(name, 2, 6), indicators=HEADER + indicators(name))
    drawn = draw(folder, seed=1, output=tmp_path / "drawn")
    assert [*estimate(drawn, min_base=0)["count_low"]] == [2, 4]
    column = name if "__" in name or name == "meals_id" else f"{name}__answer"
    assert load_cohort(drawn).variables("schools")[column].type == "category"


# ---- the folder ---------------------------------------------------------------------------------


def small(write_cohort):
    return load_cohort(with_parents(write_cohort))


def read_folder(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(write_cohort, tmp_path):
    cohort = small(write_cohort)
    one, two, other = (
        read_folder(draw(cohort, seed=seed, output=tmp_path / name))
        for seed, name in ((7, "one"), (7, "two"), (8, "other"))
    )
    assert one == two
    assert one["schools.csv"] != other["schools.csv"]


def test_another_process_gives_the_same_bytes(write_cohort, tmp_path):
    """Sets of text are in another order in every process, unless PYTHONHASHSEED says which."""
    ties = [
        tie("disjoint", f"{one}=yes + {two}=yes", "schools") | {"id": f"L0{n}"}
        for n, (one, two) in enumerate(itertools.combinations("abc", 2))
    ]
    rows = (schools(9), on("a", 1, 9), on("b", 2, 9), on("c", 3, 9), on("d", 4, 9))
    made = HEADER + indicators("a", "b", "c", "d")
    folder = write_cohort(*rows, relations=ties, indicators=made)
    run = "import sys; from careersurvey.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", run, "draw", str(folder), "--seed", "1"]
    subprocess.run(
        [*command, "--output", str(tmp_path / "there")],
        env=os.environ | {"PYTHONHASHSEED": "1"},
        check=True,
        capture_output=True,
    )
    here = draw(load_cohort(folder), seed=1, output=tmp_path / "here")
    assert read_folder(tmp_path / "there") == read_folder(here)


def test_every_row_says_that_it_is_synthetic(write_cohort, tmp_path):
    folder = draw(small(write_cohort), seed=1, output=tmp_path / "drawn")
    for name in ("schools.csv", "parents.csv"):
        with (folder / name).open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert rows
        assert {row["synthetic"] for row in rows} == {"true"}
    assert load_cohort(folder).synthetic
    assert "What it may not be used for" in (folder / "README.md").read_text()


def test_a_folder_that_holds_something_is_left_alone(write_cohort, tmp_path):
    target = tmp_path / "full"
    target.mkdir()
    (target / "mine.txt").write_text("mine")
    with pytest.raises(CohortError, match="is not an empty folder"):
        draw(small(write_cohort), seed=1, output=target)
    assert read_folder(target) == {"mine.txt": b"mine"}
    (target / "mine.txt").unlink()
    assert (draw(small(write_cohort), seed=1, output=target) / "cohort.toml").is_file()


def test_a_draw_that_fails_leaves_nothing_behind(write_cohort, tmp_path):
    clash = write_cohort(schools(5), schools(6), on("a", 2, 5), indicators=HEADER + indicators("a"))
    with pytest.raises(RecordError, match="clash in 1 set:") as caught:
        draw(load_cohort(clash), seed=1, output=tmp_path / "place" / "drawn")
    assert "--without" in str(caught.value)
    assert not (tmp_path / "place").exists()
    assert what_is_drawn(load_cohort(clash), seed=1).empty  # and a report goes on without it
    made = draw(load_cohort(clash), seed=1, output=tmp_path / "drawn", without=["R002"])
    assert len((made / "schools.csv").read_text().splitlines()) == 6


@pytest.mark.parametrize(
    "cells",
    [{"domain": "kind", "group": "purple"}, {"domain": "none", "group": "x"}, {"category": "z"}],
)
def test_a_group_or_category_that_does_not_exist_is_named(write_cohort, tmp_path, cells):
    made = HEADER + indicators("kind", categories="new;old") + indicators("a")
    rows = (schools(12), on("a", 5, 12), on("a", 3, 12) | cells, on("kind", 4, 12, category="new"))
    folder = write_cohort(*rows, indicators=made)
    with pytest.raises(CohortError, match=r"reported\.csv row 4"):
        draw(load_cohort(folder), seed=1, output=tmp_path / "drawn")


def test_a_survey_of_nobody_is_drawn_as_one(write_cohort):
    nobody = on("a", 0, 0) | {"base_n": ""}
    folder = write_cohort(schools(0), nobody, indicators=HEADER + indicators("a"))
    (table,) = draw_tables(load_cohort(folder), seed=1)
    assert table.columns["a"] == []


def test_a_base_that_is_printed_beside_its_part_alone_is_drawn(write_cohort):
    """20 of 60, with no quantity named that the 60 are."""
    row = {"indicator": "good", "category": "yes", "base_n": "60", "reported": "20"}
    (table,) = draw_tables(load_cohort(write_cohort(row)), seed=1)
    assert (table.columns["good"].count("yes"), table.columns["good"].count("no")) == (20, 40)


def test_nothing_printed_gives_nothing_to_draw(write_cohort, tmp_path):
    with pytest.raises(CohortError, match="nothing to draw"):
        draw(load_cohort(write_cohort(schools(5))), seed=1, output=tmp_path / "drawn")


def test_the_command_draws_once_and_does_not_overwrite(write_cohort, tmp_path, capsys):
    order = ["draw", str(with_parents(write_cohort)), "--seed", "3", "--output"]
    assert main([*order, str(tmp_path / "drawn")]) == 0
    out, err = capsys.readouterr()
    assert (out, "synthetic" in err) == ("", True)
    assert main([*order, str(tmp_path / "drawn")]) == 1
    assert "is not an empty folder" in capsys.readouterr().err


# ---- the report of 2013 -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ofsted():
    return load_cohort("data/ofsted-2013")


@pytest.fixture(scope="module", params=[1, 2])
def drawn(request, ofsted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("draws") / f"seed-{request.param}"
    return load_cohort(draw(ofsted, seed=request.param, output=folder))


def test_a_draw_of_2013_passes_the_checks(drawn):
    assert [check.message for check in screen(drawn) if not check.passed] == []


def test_estimates_from_a_draw_of_2013_fall_inside_every_reading(ofsted, drawn):
    found = pd.concat(
        [
            estimate(drawn, min_base=0),
            estimate(drawn, indicators=["sixth_form"], by=["school_type"], min_base=0),
        ]
    )
    keys = zip(found["indicator"], found["category"], found["domain"], found["group"], strict=True)
    counts = dict(zip(keys, zip(found["count_low"], found["base_n"], strict=True), strict=True))
    held = 0
    for each in read_statements(ofsted, without=ofsted.settings.record.set_aside).to_dict(
        "records"
    ):
        domain = (each["domain"] or "all", each["group"] or "all")
        if (each["indicator"], each["category"], *domain) in counts:
            n, base = counts[each["indicator"], each["category"], *domain]
            held += inside(each, int(n), int(base))
    assert held > 90


def inside(each, n, base):
    if not pd.isna(each["count_low"]):
        assert each["count_low"] <= n <= each["count_high"], each["id"]
    elif each["share_low"] is not None:
        assert each["share_low"] <= Fraction(n, base) <= each["share_high"], each["id"]
    return True


def test_schools_of_a_draw_are_numbered_and_bear_no_name(ofsted, drawn):
    names = set(ofsted.visited["name"]) | set(ofsted.visited["local_authority"])
    for path in sorted(drawn.folder.glob("*.csv")):
        text = path.read_text()
        assert not any(name in text for name in names), path.name
    with (drawn.folder / "schools.csv").open(newline="") as file:
        assert [row["school_id"] for row in csv.DictReader(file)] == [str(n) for n in range(1, 61)]


def test_every_school_of_2013_has_a_parent(drawn):
    with (drawn.folder / "parents.csv").open(newline="") as file:
        parents = list(csv.DictReader(file))
    assert len(parents) == 1706
    assert {row["school_id"] for row in parents} == {str(n) for n in range(1, 61)}


@pytest.mark.parametrize("name", ["ofsted-2023", "cec-compass-2014", "example-2026"])
def test_a_page_on_draws_of_a_cohort_that_prints_no_count_has_nothing_to_list(name):
    assert what_is_drawn(load_cohort(name), seed=1).empty
