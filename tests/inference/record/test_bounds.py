"""The least and greatest value of unprinted counts, against hand work and full enumeration."""

import itertools
import random

import pytest

from careersurvey.cli import main
from careersurvey.errors import CohortError, QuestionError, RecordError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.project import project_root
from careersurvey.inference.record.bounds import find_bound, format_bound

HEADER = (
    "indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,"
    "among,favourable\nschools,Schools,s,school,,,count,,,,,,\n"
    "visits,Visits,s,visit,,,count,,,,,,\n"
)


def indicators(*names, categories="yes;no", measure="share"):
    rows = [f"{name},{name},s,school,,,{measure},,{categories},,,," for name in names]
    return "\n".join(rows) + "\n"


def schools(n):
    return {"indicator": "schools", "reported": str(n)}


def printed(name, n, of, base="schools", category="yes"):
    cells = {"indicator": name, "category": category, "reported": str(n)}
    return cells | {"base_id": base, "base_n": str(of)}


def tie(relation, parts, whole, number=1):
    cells = {"id": f"L{number:02}", "relation": relation, "parts": parts, "whole": whole}
    return cells | {"strength": "necessary", "where": "p1", "because": "Said so."}


def bounded(folder, count, **options):
    return find_bound(load_cohort(folder), count, **options)


def ends(folder, count, **options):
    found = bounded(folder, count, **options)
    return found.low, found.high


# ---- by hand ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [(30, 40, 10, 30), (10, 20, 0, 10), (60, 25, 25, 25), (45, 45, 30, 45)],
)
def test_two_printed_counts_leave_the_frechet_bounds(write_cohort, a, b, low, high):
    """Frechet: max(0, a + b - n) to min(a, b), of n = 60."""
    rows = (schools(60), printed("a", a, 60), printed("b", b, 60))
    folder = write_cohort(*rows, indicators=HEADER + indicators("a", "b"))
    assert ends(folder, "a=yes & b=yes") == (low, high)


def test_twelve_items_leave_the_frechet_bounds(write_cohort):
    """Of 60: twelve counts of 57 miss at most 36 schools, so 24 to 57 have them all."""
    names = [f"item{n}" for n in range(12)]
    rows = [schools(60), *(printed(name, 57, 60) for name in names)]
    folder = write_cohort(*rows, indicators=HEADER + indicators(*names))
    assert ends(folder, " & ".join(f"{name}=yes" for name in names)) == (24, 57)


def test_a_group_is_a_part_of_the_question(write_cohort):
    """9 sponsored, all with a sixth form; of 51 others at least 30 - 9 = 21 have one too."""
    rows = (schools(60), printed("sponsored", 9, 60), printed("sixth", 30, 60))
    within = printed("sixth", 9, 9, base="sponsored=yes") | {"domain": "sponsored", "group": "yes"}
    folder = write_cohort(*rows, within, indicators=HEADER + indicators("sponsored", "sixth"))
    assert ends(folder, "sixth=yes @ sponsored=yes") == (9, 9)
    assert ends(folder, "sixth=yes & sponsored=no") == (21, 21)


def test_a_group_by_a_variable_of_the_codebook_is_a_part_of_the_question(write_cohort):
    """Of 60, 30 yes; 15 of the 20 in the north: 5 there are no, and at most 15 in the south yes."""
    within = printed("a", 15, 20) | {"domain": "area", "group": "north"}
    north = schools(20) | {"domain": "area", "group": "north"}
    rows = (schools(60), printed("a", 30, 60), within, north)
    folder = write_cohort(*rows, indicators=HEADER + indicators("a"))
    codebook = "variable,table,question,type,values,missing,unit\narea,t,,category,north;south,,\n"
    (folder / "codebook.csv").write_text(codebook)
    assert ends(folder, "a=yes @ area=north") == ends(folder, "area=north & a=yes") == (15, 15)
    assert ends(folder, "area=north & a=no") == (5, 5)
    assert ends(folder, "area=south & a=yes") == (0, 15)
    with pytest.raises(QuestionError, match="did you mean 'area=north'"):
        bounded(folder, "area=nort")


def test_parents_are_asked_about_by_the_kind_of_their_school(write_cohort):
    """Of 20 parents 10 are glad, 4 of new schools: the 6 others are of old ones."""
    made = HEADER + "parents,Parents,s,parent,,,count,,,,,,\n" + indicators("kind")
    made += indicators("glad").replace("school", "parent")
    new = {"domain": "kind", "group": "yes", "base_id": "", "base_n": ""}
    rows = [schools(6), {"indicator": "parents", "reported": "20"}, printed("kind", 2, 6)]
    rows += [printed("glad", 10, 20, "parents"), printed("glad", 4, "") | new]
    folder = write_cohort(*rows, indicators=made)
    assert ends(folder, "glad=yes @ kind=no") == (6, 6)
    assert ends(folder, "glad=no @ kind=no") == (0, 10)
    with pytest.raises(QuestionError, match="same units"):
        bounded(folder, "glad=yes & kind=no")


def test_a_nested_base_holds_its_parts(write_cohort):
    """Of 40 with data 10 used them; 2 of all 60 are not on top: 8 to 10 both, 28 to 30 unused."""
    rows = (schools(60), printed("data", 40, 60), printed("used", 10, 40, base="data=yes"))
    folder = write_cohort(
        *rows, printed("top", 58, 60), indicators=HEADER + indicators("data", "used", "top")
    )
    assert ends(folder, "used=yes & top=yes") == (8, 10)
    assert ends(folder, "used=no & top=yes") == (28, 30)
    assert ends(folder, "used=yes & data=no") == (0, 0)


def test_each_option_of_a_select_all_question_is_a_set_of_its_own(write_cohort):
    made = HEADER + indicators("helped", categories="talk;visit", measure="multiple")
    rows = (schools(60), printed("helped", 50, 60, category="talk"))
    folder = write_cohort(*rows, printed("helped", 40, 60, category="visit"), indicators=made)
    assert ends(folder, "helped=talk & helped=visit") == (30, 40)


def test_options_of_a_select_all_question_are_groups_that_may_overlap(write_cohort):
    """Of 60, 50 had a talk, 48 of them good; 40 a visit, 39 good: 48 + 39 may be more than 55."""
    made = HEADER + indicators("had", categories="talk;visit", measure="multiple")
    rows = [schools(60), printed("good", 55, 60)]
    for option, n, good in (("talk", 50, 48), ("visit", 40, 39)):
        group = {"domain": "had", "group": option}
        rows.append(printed("had", n, 60, category=option))
        rows.append(printed("good", good, n, base=f"had={option}") | group)
    folder = write_cohort(*rows, indicators=made + indicators("good"))
    assert ends(folder, "good=yes & had=talk & had=visit") == (32, 39)
    assert ends(folder, "good=no & had=talk") == (2, 2)


def test_a_share_whose_base_is_named_in_one_group_alone_is_no_share_of_all(write_cohort):
    """Of 20, 9 are not b, and 4 of these not a; 5 are not a in all: at most 5 of 11 that are b."""
    group = {"domain": "b", "group": "no"}
    rows = [schools(20), {"indicator": "a", "category": "no", "reported": "5"}]
    rows += [printed("b", 9, 20, category="no"), printed("a", 4, 9, base="b=no", category="no")]
    made = HEADER + indicators("a", "b")
    folder = write_cohort(*rows[:3], rows[3] | group, indicators=made)
    assert ends(folder, "a=no & b=no") == (4, 4)
    assert ends(folder, "a=no & b=yes") == (1, 1)


def test_a_base_whose_number_another_figure_prints_is_known(write_cohort):
    """20 of the 42 visits, and five of them, with no number beside it: 37 are left."""
    rows = (printed("a", 20, 42, base="visits"), printed("b", 5, "", base="visits"))
    folder = write_cohort(*rows, indicators=HEADER + indicators("a", "b"))
    assert ends(folder, "b=no") == (37, 37)
    assert bounded(folder, "b=no").as_dict()["binding"] == ["R001", "R002"]


@pytest.mark.parametrize(
    ("parts", "whole"),
    [("schools", "visits"), ("visits", "schools"), ("visits + schools", "")],
)
def test_one_set_by_two_names_is_one_kind_of_units(write_cohort, parts, whole):
    """Of 10, 4 and 7 share one at least, whichever way round the two tens are called the same."""
    rows = [schools(10), {"indicator": "visits", "base_id": "schools", "reported": "10"}]
    rows += [printed("a", 4, 10), printed("b", 7, 10, base="visits")]
    made = HEADER + indicators("a", "b")
    folder = write_cohort(*rows, relations=[tie("same", parts, whole)], indicators=made)
    assert ends(folder, "a=yes & b=yes") == (1, 4)


def test_an_unknown_base_is_an_unknown_too(write_cohort):
    """40% of about 110, which reads 105 to 115: from 39.5% of 105 (41.5, so 42) to under 40.5%
    of 115 (46.6, so 46).
    """
    rows = (
        {"indicator": "visits", "reported": "about 110", "unit": "visit"},
        {"indicator": "good", "category": "yes", "base_id": "visits", "unit": "visit"}
        | {"reported": "40%", "form": "percent"},
    )
    folder = write_cohort(*rows, indicators=HEADER + indicators("good"))
    found = bounded(folder, "good=yes")
    assert (found.low, found.high, found.base_n) == (42, 46, None)


def test_a_base_of_which_nothing_is_known_has_no_upper_end(write_cohort):
    row = {"indicator": "good", "category": "yes", "base_id": "visits", "unit": "visit"}
    folder = write_cohort(row | {"reported": "at least 7"}, indicators=HEADER + indicators("good"))
    found = bounded(folder, "good=yes")
    assert (found.low, found.high, found.base_n) == (7, None, None)
    assert "7 to any number" in format_bound(found)


# ---- by enumeration -----------------------------------------------------------------------------

_HOLDS = {
    "within": lambda a, b: all(y for x, y in zip(a, b, strict=True) if x),
    "disjoint": lambda a, b: not any(x and y for x, y in zip(a, b, strict=True)),
    "same": lambda a, b: a == b,
}


def by_enumeration(n, totals, relation, left, right):
    """Witness: every table of n units with the printed totals that the relation allows."""
    for table in itertools.product(itertools.product((0, 1), repeat=3), repeat=n):
        columns = list(zip(*table, strict=True))
        if [sum(column) for column in columns] == totals and _HOLDS[relation](
            columns[left], columns[right]
        ):
            yield sum(all(unit) for unit in table), sum(a and not c for a, _, c in table)


@pytest.mark.parametrize("seed", range(24))
def test_bounds_are_sharp_over_all_small_tables(write_cohort, seed):
    chance = random.Random(seed)
    n, names = 4, ("a", "b", "c")
    relation = chance.choice(sorted(_HOLDS))
    left, right = chance.sample(range(3), 2)
    totals = [chance.randint(0, n) for _ in names]
    seen = list(by_enumeration(n, totals, relation, left, right))
    whole = "schools" if relation == "disjoint" else f"{names[right]}=yes"
    parts = f"{names[left]}=yes" + (f" + {names[right]}=yes" if relation == "disjoint" else "")
    folder = write_cohort(
        schools(n),
        *(printed(name, total, n) for name, total in zip(names, totals, strict=True)),
        relations=[tie(relation, parts, whole)],
        indicators=HEADER + indicators(*names),
    )
    if not seen:
        with pytest.raises(RecordError, match="cannot all hold"):
            bounded(folder, "a=yes & b=yes & c=yes")
        return
    both, alone = zip(*seen, strict=True)
    assert ends(folder, "a=yes & b=yes & c=yes") == (min(both), max(both))
    assert ends(folder, "a=yes & c=no") == (min(alone), max(alone))


def test_pairs_that_cannot_overlap_leave_less_room_than_their_counts(write_cohort):
    """Of 10, three sets of 4 cannot avoid each other pairwise, though any two can."""
    names = ("a", "b", "c")
    ties = [
        tie("disjoint", f"{a}=yes + {b}=yes", "schools", number)
        for number, (a, b) in enumerate(itertools.combinations(names, 2))
    ]
    rows = [schools(10), *(printed(name, 4, 10) for name in names)]
    folder = write_cohort(*rows, relations=ties, indicators=HEADER + indicators(*names))
    with pytest.raises(RecordError, match="cannot all hold"):
        bounded(folder, "a=yes & b=no")


# ---- what binds ---------------------------------------------------------------------------------


def four_items(write_cohort):
    rows = (schools(60), printed("a", 50, 60), printed("b", 45, 60), printed("c", 20, 60))
    made = HEADER + indicators("a", "b", "c", "d")
    within = tie("within", "c=yes", "d=yes")
    return write_cohort(*rows, printed("d", 30, 60), relations=[within], indicators=made)


@pytest.mark.parametrize(
    "count", ["a=yes & b=yes", "a=yes & d=yes", "c=yes & b=no", "c=no & d=yes"]
)
def test_dropping_any_binding_statement_opens_an_end(write_cohort, count):
    folder = four_items(write_cohort)
    found = bounded(folder, count)
    assert found.binding
    printed_ids = set(load_cohort(folder).reported["id"])
    needed = {id_ for each in found.binding for id_ in each.ids}
    assert ends(folder, count, without=printed_ids - needed) == (found.low, found.high)
    for each in found.binding:
        low, high = ends(folder, count, without=(printed_ids - needed) | set(each.ids))
        assert low < found.low or high is None or high > found.high


def test_what_relations_alone_bound_is_said(write_cohort):
    found = bounded(four_items(write_cohort), "c=yes & d=no")
    assert (found.low, found.high, found.binding) == (0, 0, ())
    assert "The relations alone bound it." in format_bound(found)


def test_what_binds_is_all_that_the_proof_rests_on(write_cohort):
    """Of 5 that are b, 2 are a; 3 that are not are 38% of 8, so 5 are a, 3 of them not b."""
    b = {"domain": "b", "group": "yes", "base_id": "b=yes"}
    percent = {"indicator": "a", "form": "percent"}
    rows = [
        schools(8),
        percent | b | {"category": "yes", "reported": "40%"},
        printed("c", 5, 8, category="no"),
        percent | {"category": "no", "reported": "38%"},
        {"indicator": "c", "category": "yes", "reported": "2", "base_n": "5"} | b,
    ]
    folder = write_cohort(*rows, indicators=HEADER + indicators("a", "b", "c"))
    found = bounded(folder, "a=yes & b=no")
    assert (found.low, found.as_dict()["binding"]) == (3, ["R002", "R004"])
    assert ends(folder, "a=yes & b=no", without=["R001", "R003", "R005"]) == (3, None)
    assert ends(folder, "a=yes & b=no", without=["R001", "R002", "R003", "R005"]) == (0, None)


def test_a_share_binds_with_what_prints_the_number_that_it_is_of(write_cohort):
    """44% of those who replied is 8 of 18; of an unknown number it would be any from 4 of 9."""
    share = {"indicator": "a", "category": "yes", "base_id": "b=yes", "reported": "44%"}
    rows = (schools(20), printed("b", 18, 20), share | {"form": "percent"})
    folder = write_cohort(*rows, indicators=HEADER + indicators("a", "b"))
    found = bounded(folder, "a=yes & b=yes")
    assert (found.low, found.high, found.as_dict()["binding"]) == (8, 8, ["R002", "R003"])
    assert ends(folder, "a=yes & b=yes", without=["R001"]) == (8, 8)
    assert ends(folder, "a=yes & b=yes", without=["R001", "R002"]) == (4, None)


def test_trivial_ends_have_nothing_that_binds(write_cohort):
    rows = (schools(60), {"indicator": "a", "category": "yes", "base_id": "schools"})
    folder = write_cohort(
        rows[0],
        rows[1] | {"base_n": "60", "reported": "at least 0"},
        indicators=HEADER + indicators("a"),
    )
    found = bounded(folder, "a=yes")
    assert found.as_dict() == {"low": 0, "high": 60, "base_n": 60, "binding": []}
    assert "Nothing that is printed narrows it." in format_bound(found)


def test_assumed_relations_do_not_bound(write_cohort):
    rows = (schools(60), printed("a", 30, 60), printed("b", 40, 60))
    assumed = tie("within", "a=yes", "b=yes")
    assumed |= {"strength": "assumed", "because": "Undone if counted elsewhere."}
    folder = write_cohort(*rows, relations=[assumed], indicators=HEADER + indicators("a", "b"))
    assert ends(folder, "a=yes & b=yes") == (10, 30)


# ---- refusals -----------------------------------------------------------------------------------


def clashing(write_cohort, toml_end=""):
    rows = (schools(60), printed("a", 30, 60), printed("a", 31, 60), printed("b", 40, 60))
    folder = write_cohort(*rows, indicators=HEADER + indicators("a", "b"))
    with (folder / "cohort.toml").open("a") as file:
        file.write(toml_end)
    return folder


def test_statements_that_clash_are_named_with_the_way_out(write_cohort):
    with pytest.raises(RecordError) as caught:
        bounded(clashing(write_cohort), "a=yes & b=yes")
    assert "p1 “30” (R002); p1 “31” (R003)" in str(caught.value)
    assert "--without R002" in str(caught.value)


def test_a_clash_elsewhere_does_not_stand_in_the_way(write_cohort):
    assert ends(clashing(write_cohort), "b=yes") == (40, 40)


def test_statements_can_be_left_out_on_the_spot_or_for_good(write_cohort):
    assert ends(clashing(write_cohort), "a=yes", without=["R003"]) == (30, 30)
    for_good = '[record.set_aside]\nR002 = "the other is right"\n'
    assert ends(clashing(write_cohort, for_good), "a=yes") == (31, 31)
    with pytest.raises(CohortError, match="are not there"):
        bounded(clashing(write_cohort), "a=yes", without=["R999"])


@pytest.mark.parametrize(
    ("count", "words"),
    [
        ("z=yes", "bears on 'z=yes'"),
        ("a=maybe", r"bears on 'a=maybe'(.|\n)*did you mean 'a=yes'"),
        ("c=yes", "Nothing that is printed bears on 'c=yes'"),
        ("schools", "bears on 'schools'"),
        ("a=yes & v=yes", "not known to be about the same units"),
        ("", "bears on ''"),
        ("a=yes @ b=yes @ b=no", "bears on 'b=yes @ b=no'"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(write_cohort, count, words):
    rows = (schools(60), printed("a", 30, 60), printed("v", 3, 9, base="visits"))
    folder = write_cohort(*rows, indicators=HEADER + indicators("a", "c", "v"))
    with pytest.raises(QuestionError, match=words):
        bounded(folder, count)


def test_a_group_that_no_indicator_has_is_named(write_cohort):
    rows = (schools(60), printed("a", 30, 60), printed("b", 40, 60))
    purple = printed("a", 3, 9) | {"domain": "b", "group": "purple"}
    folder = write_cohort(*rows, purple, indicators=HEADER + indicators("a", "b"))
    with pytest.raises(CohortError, match=r"found     'purple'(.|\n)*reported\.csv row 5"):
        bounded(folder, "a=yes")


# ---- the report of 2013 -------------------------------------------------------------------------


def test_unpublished_counts_of_2013_by_hand():
    """Witness: the notes. 18 of 27 converters have a sixth form, 23 of 60 were outstanding; 35
    have a sixth form, so 35 + 23 - 60 < 0. p17 and p19 leave 15 without external advisers.
    """
    ofsted = load_cohort("data/ofsted-2013")
    question = "school_type=converter & sixth_form=yes & overall_effectiveness=outstanding"
    found = find_bound(ofsted, question)
    assert (found.low, found.high, found.base_n) == (0, 18, 60)
    assert [each.figures[0]["reported"] for each in found.binding] == ["18"]
    neither = find_bound(ofsted, "careers_strategy=no & external_advisers=none")
    assert (neither.low, neither.high) == (0, 15)


def test_who_answered_two_questions_need_not_be_the_same_parents():
    """By hand, of paragraph 56: about 1,650 answered each. At least 1,030 of them (19/30 of 1,625)
    said yes to one and 642 to the other, fewer together than the 1,706 who took part; at most 41%
    (678 of 1,675, which round to 40%) said yes to both.
    """
    ofsted = load_cohort("data/ofsted-2013")
    both = find_bound(ofsted, "pre16_helped=yes & post16_helped=yes")
    assert (both.low, both.high, both.base_n) == (0, 678, 1706)


def test_the_page_on_the_record_prints_what_the_command_prints(capsys):
    page = (project_root() / "docs" / "record.md").read_text(encoding="utf-8")
    count = "sixth_form=yes & well_developed=no"
    assert main(["bounds", "data/ofsted-2013", "--count", count, "--format", "json"]) == 0
    printed_json = capsys.readouterr().out.strip()
    assert f'--count "{count}" --format json\n    {printed_json}' in page


def test_the_command_refuses_with_the_reason_and_status_1(write_cohort, capsys):
    folder = clashing(write_cohort)
    assert main(["bounds", str(folder), "--count", "a=yes"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("RecordError: The statements that this question needs cannot all hold.")


# ---- many sets at once --------------------------------------------------------------------------


def ring(write_cohort, names, n):
    """Each item is missed by one school, and two neighbours by two."""
    rows = [schools(n), *(printed(name, n - 1, n) for name in names)]
    for one, two in zip(names, [*names[1:], names[0]], strict=True):
        group = {"domain": two, "group": "yes"}
        rows.append(printed(one, n - 2, n - 1, base=f"{two}=yes") | group)
    return write_cohort(*rows, indicators=HEADER + indicators(*names))


@pytest.mark.parametrize("items", [12, 24])
def test_items_tied_in_a_ring_are_bounded_exactly(write_cohort, items):
    """One school misses each item, and never two neighbours. So all that miss something are at
    least two (every second item, and the others), and at most one an item.
    """
    names = [f"item{number:02}" for number in range(items)]
    folder = ring(write_cohort, names, 2 * items)
    found = ends(folder, " & ".join(f"{name}=yes" for name in names))
    assert found == (items, 2 * items - 2)


def test_sets_that_are_all_tied_to_each_other_are_bounded_exactly_where_the_table_is_small(
    write_cohort,
):
    """One school misses each of seven items and none misses two: 20 less 7 have all."""
    names = [f"item{number}" for number in range(7)]
    rows = [schools(20), *(printed(name, 19, 20) for name in names)]
    for one, two in itertools.combinations(names, 2):
        group = {"domain": two, "group": "yes"}
        rows.append(printed(one, 18, 19, base=f"{two}=yes") | group)
    folder = write_cohort(*rows, indicators=HEADER + indicators(*names))
    assert ends(folder, " & ".join(f"{name}=yes" for name in names)) == (13, 13)


def test_sets_that_are_all_tied_to_each_other_are_too_wide_and_it_says_so(write_cohort):
    names = [f"item{number:02}" for number in range(12)]
    rows = [schools(60), *(printed(name, 50, 60) for name in names)]
    for one, two in itertools.combinations(names, 2):
        group = {"domain": two, "group": "yes"}
        rows.append(printed(one, 45, 50, base=f"{two}=yes") | group)
    folder = write_cohort(*rows, indicators=HEADER + indicators(*names))
    with pytest.raises(RecordError, match="too large a table"):
        bounded(folder, " & ".join(f"{name}=yes" for name in names))


@pytest.mark.parametrize("seed", range(8))
def test_bounds_over_nested_bases_and_groups_are_those_of_enumeration(write_cohort, seed):
    """Witness: all tables of 5 units over three sets, c asked of those with a, b printed by a."""
    chance = random.Random(seed)
    units = [(chance.random() < 0.7, chance.random() < 0.5, chance.random() < 0.6)] * 2
    units += [tuple(chance.random() < 0.5 for _ in "abc") for _ in range(3)]
    seen_a, seen_ab = sum(u[0] for u in units), sum(u[0] and u[1] for u in units)
    seen_c, seen_b = sum(u[0] and u[2] for u in units), sum(u[1] for u in units)
    possible = [
        sum(b and c for _, b, c in table)
        for table in itertools.product(
            [(a, b, c) for a, b, c in itertools.product((0, 1), repeat=3) if a or not c], repeat=5
        )
        if sum(a for a, _, _ in table) == seen_a
        and sum(a and b for a, b, _ in table) == seen_ab
        and sum(b for _, b, _ in table) == seen_b
        and sum(c for _, _, c in table) == seen_c
    ]
    group = {"domain": "a", "group": "yes"}
    folder = write_cohort(
        *(schools(5), printed("a", seen_a, 5), printed("b", seen_b, 5)),
        printed("b", seen_ab, seen_a, base="a=yes") | group,
        printed("c", seen_c, seen_a, base="a=yes"),
        indicators=HEADER + indicators("a", "b", "c"),
    )
    assert ends(folder, "b=yes & c=yes") == (min(possible), max(possible))


def test_what_binds_proves_both_ends_without_any_other_figure():
    """R198 is a quarter of those with a strategic priority: of 4 at least, for one has evaluated.

    R082 is many of those without: of 2 at least, so of 58 with it 14 have evaluated and 44 not.
    """
    ofsted = load_cohort("ofsted-2013")
    found = find_bound(ofsted, "impact_evaluated=no")
    binding = found.as_dict()["binding"]
    assert binding[-2:] == ["R082", "R198"]
    others = [id_ for each in found.used for id_ in each.ids if id_ not in binding]
    alone = find_bound(ofsted, "impact_evaluated=no", without=others)
    assert (found.low, found.high) == (alone.low, alone.high) == (3, 44)
    without = find_bound(ofsted, "impact_evaluated=no", without=[*others, "R082"])
    assert (without.low, without.high) == (3, 46)


def test_a_count_and_its_percentage_bound_a_base_that_is_not_printed(write_cohort):
    """142 is 8% of 1,671 to 1,893: 142 / 0.085 = 1,670.6, not itself in it, and 142 / 0.075."""
    eight = printed("a", "142 (8%)", "") | {"form": "count_percent"}
    folder = write_cohort(eight, indicators=HEADER + indicators("a"))
    assert ends(folder, "a=no") == (1671 - 142, 1893 - 142)
