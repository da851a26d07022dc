"""The model of a printed record: what each statement says, and systems decided exactly."""

import itertools
import random
from fractions import Fraction

import pytest

from careersurvey.errors import CohortError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.record.constraints import describe, read_record
from careersurvey.inference.record.linear import Row, holds, parse, row, say
from careersurvey.inference.record.solver import ends, find, least, nearest, propagate


def model(folder, **options):
    return read_record(load_cohort(folder), **options)


def says(record, kind):
    return [each.says for each in getattr(record, kind)]


SCHOOLS = {"indicator": "schools", "reported": "12"}
ON_SCHOOLS = {"base_id": "schools", "base_n": "12", "base_from": "printed"}


# ---- systems ------------------------------------------------------------------------------------


def random_rows(chance, names, most):
    rows = []
    for _ in range(chance.randint(1, 5)):
        terms = [(name, chance.choice([-3, -2, -1, 1, 1, 2])) for name in names]
        terms = chance.sample(terms, chance.randint(1, len(names)))
        low = chance.randint(-most, 2 * most)
        rows.append(Row(tuple(terms), low, low + chance.randint(0, 3)))
    return rows


def every_point(names, most):
    """Witness: all whole points of a small box, one by one."""
    for values in itertools.product(range(most + 1), repeat=len(names)):
        yield dict(zip(names, values, strict=True))


@pytest.mark.parametrize("seed", range(40))
def test_a_wide_system_is_decided_by_weights_that_prove_it(seed):
    """Sixty more unknowns, which change nothing, take the way of large tables of cells."""
    chance = random.Random(seed)
    names, most = "xyz", 5
    rows = [*random_rows(chance, names, most), *(Row(((name, 1),), None, most) for name in names)]
    padded = [*rows, Row(tuple((f"more {n}", 1) for n in range(60)), 0, 7)]
    found = find(padded)
    points = [*every_point(names, most)]
    assert (found is not None) == any(all(holds(each, p) for each in rows) for p in points)
    assert found is None or all(holds(each, found) for each in padded)


@pytest.mark.parametrize("seed", range(60))
def test_a_system_has_a_solution_exactly_where_enumeration_finds_one(seed):
    chance = random.Random(seed)
    names, most = "xyz", 5
    rows = random_rows(chance, names, most)
    box = dict.fromkeys(names, (0, most))
    points = [p for p in every_point(names, most) if all(holds(each, p) for each in rows)]
    found = find(rows, box)
    assert (found is None) == (not points)
    assert found is None or all(holds(each, found) for each in rows)


@pytest.mark.parametrize("seed", range(60))
def test_the_least_value_is_the_least_that_enumeration_finds(seed):
    chance = random.Random(1000 + seed)
    names, most = "xyz", 5
    rows = random_rows(chance, names, most)
    goal = [("x", 1), ("y", -2), ("z", 1)]
    points = [p for p in every_point(names, most) if all(holds(each, p) for each in rows)]
    found = least(rows, goal, dict.fromkeys(names, (0, most)))
    values = [p["x"] - 2 * p["y"] + p["z"] for p in points]
    assert (found[0] if found else None) == min(values, default=None)


def test_ranges_keep_every_solution():
    rows = [row([("x", 1), ("y", 1)], 7, 7), row([("x", 2), ("y", -1)], None, 1)]
    box = propagate(rows)
    points = [p for p in every_point("xy", 8) if all(holds(each, p) for each in rows)]
    assert points
    assert all(box[name][0] <= p[name] <= box[name][1] for p in points for name in "xy")


def test_no_whole_number_is_half_of_an_odd_one():
    """2x - 2y = 1 has solutions in fractions, and none in whole numbers."""
    assert find([row([("x", 2), ("y", -2)], 1, 1)]) is None


def test_unknowns_without_an_upper_end_can_still_be_refuted():
    """x > y and y > x, where ranges alone would creep upwards for ever."""
    rows = [row([("x", 1), ("y", -1)], 1, None), row([("y", 1), ("x", -1)], 1, None)]
    assert find(rows) is None


def test_unknowns_without_an_end_do_not_keep_others_from_being_halved():
    """x and y are equal and add to 5, whatever a, b and c are."""
    rows = [row([("x", 1), ("y", -1)], 0, 0), row([("x", 1), ("y", 1)], 5, 5)]
    loose = [row([("x", 1), ("a", 1), ("b", -1)], 0, 0), row([("y", 1), ("b", 1), ("c", -1)], 0, 0)]
    assert find([*rows, *loose]) is None


def test_fractions_decide_where_floats_cannot():
    """10^8 x = 10^8 y + 1: a float solver takes x = y for a solution at its tolerance."""
    rows = [row([("x", 10**8), ("y", -(10**8))], 1, 1), row([("x", 1)], None, 10)]
    assert find(rows) is None


def test_a_value_without_an_end_is_said_to_have_none():
    assert ends([row([("x", 1)], 3, None)], [("x", 1)]) == (3, None)


@pytest.mark.parametrize("seed", range(30))
def test_the_nearest_point_is_as_near_as_any_that_enumeration_finds(seed):
    chance = random.Random(2000 + seed)
    names, most = "xyz", 5
    rows, target = random_rows(chance, names, most), {n: chance.randint(0, most) for n in "xyz"}
    points = [p for p in every_point(names, most) if all(holds(each, p) for each in rows)]
    found = nearest(rows, target, dict.fromkeys(names, (0, most)))

    def far(point):
        return sum(abs(point[name] - wanted) for name, wanted in target.items())

    assert (found and far(found)) == min(map(far, points), default=None)


# ---- printed figures ----------------------------------------------------------------------------


def test_a_share_of_an_unknown_base_ties_count_and_base(write_cohort):
    """Witness: 20% of B is n where 19.5% <= n/B < 20.5%, compared in fractions point by point."""
    folder = write_cohort(
        {"indicator": "helped", "category": "yes", "reported": "20%", "form": "percent"}
        | {"base_id": "parents", "unit": "parent"}
    )
    (share,) = model(folder).printed
    for n, base in itertools.product(range(40), range(1, 120)):
        fits = Fraction(195, 1000) <= Fraction(n, base) < Fraction(205, 1000)
        meets = all(holds(each, {"helped=yes": n, "parents": base}) for each in share.rows)
        assert meets == fits, (n, base)
    assert share.says == "39/200 of parents ≤ helped=yes < 41/200 of parents"


def test_equal_readings_of_one_quantity_stand_together(write_cohort):
    good = {"indicator": "good", "category": "yes"} | ON_SCHOOLS
    folder = write_cohort(
        SCHOOLS,
        good | {"reported": "3", "where": "p2"},
        good | {"reported": "a quarter", "form": "fraction", "where": "p9"},
    )
    together = [each for each in model(folder).statements if each.about == "good=yes"]
    assert [each.ids for each in together] == [("R002", "R003")]


def test_a_date_is_a_number_of_months(write_cohort):
    folder = write_cohort(
        {"indicator": "began", "reported": "March 2013", "form": "date", "unit": "date"}
    )
    (began,) = model(folder).statements
    assert began.rows == (Row((("began", 1),), 2013 * 12 + 2, 2013 * 12 + 2),)
    assert began.says == "began = March 2013"


def test_ranks_and_text_are_no_counts(write_cohort):
    folder = write_cohort(
        {"indicator": "valued", "category": "talk", "reported": "1", "form": "rank"},
        {"indicator": "began", "reported": "one day", "form": "text"},
    )
    assert model(folder).statements == ()


# ---- facts --------------------------------------------------------------------------------------


def test_what_is_always_true_is_not_written_and_yet_stated(write_cohort):
    folder = write_cohort(
        SCHOOLS,
        {"indicator": "kind", "category": "new", "reported": "5"} | ON_SCHOOLS,
        {"indicator": "good", "category": "yes", "reported": "4"} | ON_SCHOOLS,
        {"indicator": "good", "category": "yes", "domain": "kind", "group": "new"}
        | {"base_id": "kind=new", "base_n": "5", "reported": "3"},
    )
    assert set(says(model(folder), "facts")) == {
        "kind=new + kind=old = schools",
        "good=yes + good=no = schools",
        "good=yes @ kind=new + good=no @ kind=new = kind=new",
        "good=yes @ kind=new + good=yes @ kind=old = good=yes",
        "good=no @ kind=new + good=no @ kind=old = good=no",
    }


def test_a_partition_gives_an_indicator_its_base(write_cohort):
    folder = write_cohort(
        SCHOOLS,
        {"indicator": "advisers", "category": "none", "reported": "a few", "form": "words"}
        | {"base_id": "good=yes"},
        relations=[
            relation(parts="good=yes + good=no", whole="schools", relation="partition"),
        ],
    )
    assert "good=yes + good=no = schools" in says(model(folder), "relations")[0]
    assert "good=yes + good=no = schools" in says(model(folder), "facts")


# ---- relations ----------------------------------------------------------------------------------


def relation(**cells):
    usual = {"id": "L01", "relation": "within", "strength": "necessary", "where": "p1"}
    return usual | cells


@pytest.mark.parametrize(
    ("kind", "parts", "whole", "said"),
    [
        ("same", "good=yes", "kind=new", "good=yes = kind=new"),
        ("partition", "good=yes + kind=new", "schools", "good=yes + kind=new = schools"),
        ("within", "good=yes", "kind=new", "good=yes ≤ kind=new"),
        ("disjoint", "good=yes + kind=new", "schools", "good=yes + kind=new ≤ schools"),
        ("exhaustive", "good=yes + kind=new", "schools", "good=yes + kind=new ≥ schools"),
        ("at_least", "parents", "schools", "parents ≥ schools"),
    ],
)
def test_a_relation_says_what_the_counts_must_meet(write_cohort, kind, parts, whole, said):
    tie = relation(relation=kind, parts=parts, whole=whole)
    assert says(model(write_cohort(SCHOOLS, relations=[tie])), "relations") == [f"{kind}: {said}"]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"strength": "assumed", "because": " "}, "because"),
        ({"relation": "equals"}, "relation"),
        ({"strength": "likely"}, "strength"),
        ({"whole": ""}, "whole"),
        ({"whole": "schols"}, "whole"),
        ({"parts": "", "whole": "schools"}, "parts"),
        ({"relation": "same", "whole": "schools + kind=new"}, "whole"),
        ({"whole": "good=yes"}, "whole"),
        ({"parts": "good=yes + good=yes"}, "parts"),
    ],
)
def test_a_relation_that_cannot_be_stated_is_refused_as_its_check_says(write_cohort, cells, column):
    tie = relation(parts="good=yes", whole="schools") | cells
    with pytest.raises(CohortError, match=f"1 of 1 cell of {column} is not as expected"):
        model(write_cohort(SCHOOLS, relations=[tie]))


def test_assumed_relations_can_be_left_out(write_cohort):
    tie = relation(parts="good=yes", whole="kind=new", strength="assumed", because="Undone if ...")
    folder = write_cohort(SCHOOLS, relations=[tie])
    assert says(model(folder), "relations") == ["within: good=yes ≤ kind=new"]
    assert says(model(folder, assumed=False), "relations") == []


def test_the_model_prints_as_a_list_of_named_statements(write_cohort):
    tie = relation(parts="good=yes", whole="schools")
    listed = describe(model(write_cohort(SCHOOLS, relations=[tie])))
    assert listed.to_dict("records")[:2] == [
        {"kind": "printed", "name": "R001", "says": "schools = 12", "strength": "as read"},
        {"kind": "relation", "name": "L01", "says": "within: good=yes ≤ schools"}
        | {"strength": "necessary"},
    ]


def test_a_quantity_keeps_its_name_through_its_parts():
    for name in ("schools", "good=yes", "good=yes @ kind=new"):
        assert str(parse(name)) == name


def test_rows_are_written_as_a_person_would():
    assert say(row([("a", 1), ("b", 2), ("c", -1)], 0, 0)) == "a + 2·b = c"
    assert say(row([("a", 1)], 3, 1200)) == "3 ≤ a ≤ 1,200"
    assert say(row([("a", 1), ("b", -1), ("c", -1)], None, -1)) == "a − (b + c) ≤ -1"


def test_rows_without_an_unknown_hold_or_not_by_themselves():
    """Witness: 0 lies between 0 and 3, and not between 1 and 3."""
    assert find([Row((), 0, 3)]) == {}
    assert find([Row((), 1, 3)]) is None
