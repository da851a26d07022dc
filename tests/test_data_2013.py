"""The evidence of 2013, held against counts made by hand from the report's text."""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[1] / "data"
COHORT = DATA / "ofsted-2013"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def reported() -> list[dict[str, str]]:
    return rows(COHORT / "reported.csv")


@pytest.fixture(scope="module")
def relations() -> list[dict[str, str]]:
    return rows(COHORT / "relations.csv")


@pytest.fixture(scope="module")
def indicators() -> list[dict[str, str]]:
    return rows(DATA / "indicators.csv")


@pytest.fixture(scope="module")
def schools() -> list[dict[str, str]]:
    return rows(COHORT / "schools.csv")


def quantity(row: dict[str, str]) -> str:
    name = f"{row['indicator']}={row['category']}" if row["category"] else row["indicator"]
    return f"{name} @ {row['domain']}={row['group']}" if row["domain"] else name


def quantities(indicators: list[dict[str, str]], reported: list[dict[str, str]]) -> set[str]:
    whole = {row["indicator"] for row in indicators}
    parts = {f"{r['indicator']}={c}" for r in indicators for c in r["categories"].split(";") if c}
    return whole | parts | {quantity(row) for row in reported}


def at(reported: list[dict[str, str]], place: str) -> list[str]:
    return [row["reported"] for row in reported if row["where"] == place]


def numbers_of(reported: list[dict[str, str]], name: str) -> set[str]:
    """The whole numbers in digits that the report prints for a quantity."""
    return {
        row["reported"].split(" (")[0].replace(",", "")
        for row in reported
        if quantity(row) == name and row["form"] in ("count", "count_percent")
    }


# ---- schools ------------------------------------------------------------------------------------


def test_the_annex_names_sixty_schools(schools):
    """Counted in the annex: 30 rows before its page break and 30 after it."""
    assert [row["school_id"] for row in schools] == [f"S{n:02d}" for n in range(1, 61)]
    assert schools[29]["name"] == "Millthorpe School"
    assert schools[30]["name"] == "Ninestiles School, an Academy"
    assert len({row["name"] for row in schools}) == 60


def test_regions_hold_the_schools_counted_by_hand(schools):
    """Counted in the annex with a map of the English regions: 6+9+6+12+10+7+4+6 = 60."""
    assert Counter(row["region"] for row in schools) == {
        "East Midlands": 6,
        "East of England": 9,
        "London": 6,
        "North East, Yorkshire and Humber": 12,
        "North West": 10,
        "South East": 7,
        "South West": 4,
        "West Midlands": 6,
    }


def test_a_local_authority_lies_in_one_region(schools):
    """Counted in the annex: 41 local authorities, four schools in Kent."""
    pairs = {(row["local_authority"], row["region"]) for row in schools}
    assert len(pairs) == len({authority for authority, _ in pairs}) == 41
    assert sum(row["local_authority"] == "Kent" for row in schools) == 4


def test_every_region_says_that_it_was_inferred(schools):
    assert all("inferred" in row["region_source"] for row in schools)


def test_one_school_bears_the_annexes_asterisk(schools):
    """The King's School in Wakefield is the one name with an asterisk; the mark is dropped."""
    closed = [row["name"] for row in schools if row["closed"] == "yes"]
    assert closed == ["The King's School Specialising in Mathematics and Computing"]
    assert not any("*" in row["name"] for row in schools)


def test_no_school_is_given_a_judgement_or_a_type(schools):
    known = {"school_id", "name", "local_authority", "region", "region_source", "closed"}
    assert set(schools[0]) == known


# ---- printed figures ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "n"),
    [
        (["cover"], 5),
        ([f"exec-{n}" for n in range(1, 10)], 15),
        ([f"kf-{n}" for n in range(1, 12)], 17),
        ([f"rec-{n}" for n in range(1, 14)], 0),
        (["p15"], 5),
        (["p38"], 5),
        (["p50"], 8),
        (["p55"], 8),
        (["p56"], 17),
        (["p63"], 6),
        (["notes-1"], 14),
        (["notes-2"], 11),
    ],
)
def test_places_have_the_figures_counted_on_the_page(reported, places, n):
    """Counted by eye in the report's text, place by place."""
    assert sum(row["where"] in places for row in reported) == n


def test_forms_are_as_many_as_counted_on_the_page(reported):
    """Counted by eye: two lists of six entries; footnote 2; the fractions of kf-1, 9, 10,
    exec-4, 8 and p7, 12, 13, 17, 19 (two), 23, 31, 39, 45, 56 (two), 58, 61 (two), 62;
    the percentages of p18, p50 (14%, 90%), p56 (four) and p63 (four), and 142 (8%) of p50."""
    forms = Counter(row["form"] for row in reported)
    assert forms["rank"] == 12
    assert forms["money"] == 4
    assert forms["fraction"] == 21
    assert forms["percent"] == 11
    assert forms["count_percent"] == 1


def test_ids_are_unique(reported, relations, indicators):
    for table, key in ((reported, "id"), (relations, "id"), (indicators, "indicator")):
        assert max(Counter(row[key] for row in table).values()) == 1


def test_a_figure_phrase_is_one_to_eight_words(reported):
    assert all(1 <= len(row["reported"].split()) <= 8 for row in reported)


def test_a_repeated_figure_is_one_quantity_at_several_places(reported):
    """The report prints its 60 schools at eight places and its last month at three."""
    places = [row["where"] for row in reported if quantity(row) == "schools_visited"]
    assert places == ["cover", "exec-1", "p11", "p12", "p39", "p56", "p61", "notes-1"]
    ends = {r["where"]: r["reported"] for r in reported if r["indicator"] == "fieldwork_end"}
    assert ends == {"cover": "March 2013", "p11": "April 2013", "notes-1": "April 2013"}


def test_both_numbers_of_interviews_observed_stand_side_by_side(reported):
    found = {r["where"]: r["reported"] for r in reported if quantity(r) == "interviews_observed"}
    assert found == {"kf-9": "43", "p28": "42", "notes-2": "42"}


def test_parents_most_useful_activities_are_the_two_that_paragraph_56_names(reported):
    """As printed, of no number: an order of which only the first place is known."""
    named = {
        r["category"]: r["reported"] for r in reported if r["indicator"] == "useful_activities"
    }
    assert named == dict.fromkeys(("one_to_one_interviews", "work_experience"), "the most useful")


def test_types_and_grades_of_schools_add_to_sixty(reported):
    """The words of the notes' first paragraph, in figures."""
    in_figures = {"nine": 9, "27": 27, "24": 24, "Twenty-three": 23, "29": 29, "eight": 8}
    for indicator in ("school_type", "overall_effectiveness"):
        parts = [in_figures[r["reported"]] for r in reported if r["indicator"] == indicator]
        assert len(parts) == 3
        assert sum(parts) == 60


def test_ranked_lists_hold_the_positions_one_to_six(reported):
    for place in ("p52", "p55"):
        ranks = [row for row in reported if row["where"] == place and row["form"] == "rank"]
        assert [row["reported"] for row in ranks] == list("123456")
        assert all(row["note"].startswith('"') for row in ranks)


def test_every_base_is_a_quantity(reported, indicators):
    known = quantities(indicators, reported)
    assert {row["base_id"] for row in reported} - {""} <= known


def test_a_bases_number_is_one_that_the_report_prints_for_it(reported):
    """Spelt out: nine sponsored academies and nine apprentices; 9 + 18 + 8 sixth forms make 35."""
    spelt = {"school_type=sponsored": "9", "academy_apprentices": "9", "sixth_form=yes": "35"}
    for row in reported:
        if row["base_n"]:
            printed = numbers_of(reported, row["base_id"]) | {spelt.get(row["base_id"], "")}
            assert row["base_n"] in printed, row["id"]


def test_a_base_without_a_number_says_so(reported):
    assert all((row["base_from"] == "none") == (row["base_n"] == "") for row in reported)


def test_categories_are_those_of_the_indicator(reported, indicators):
    categories = {row["indicator"]: row["categories"].split(";") for row in indicators}
    for row in reported:
        assert row["category"] in [*categories[row["indicator"]], ""], row["id"]


# ---- relations and codebook ---------------------------------------------------------------------


def test_relations_tie_quantities(relations, reported, indicators):
    known = quantities(indicators, reported)
    for row in relations:
        assert {*row["parts"].split(" + "), row["whole"]} <= known, row["id"]


def test_an_assumed_relation_says_what_would_undo_it(relations):
    assumed = [row for row in relations if row["strength"] == "assumed"]
    assert assumed
    assert all("Undone if" in row["because"] for row in assumed)


def test_a_relation_cites_places_that_print_a_figure(relations, reported):
    printed = {row["where"] for row in reported}
    argued = {"p14"}  # says what effective schools had done, without a number
    for row in relations:
        assert set(row["where"].split("; ")) <= printed | argued, row["id"]


def test_every_question_has_the_values_of_its_indicator(indicators):
    values = {}
    for row in rows(DATA / "codebook.csv"):
        for table in row["table"].split(";"):
            values[table, row["variable"]] = row["values"]
    asked = [row for row in indicators if row["table"]]
    assert asked
    for row in asked:
        assert values[row["table"], row["variable"]] == row["categories"], row["indicator"]


def test_no_sentence_of_the_report_is_copied(reported):
    """A sentence ends in a full stop; a figure phrase or a list entry's first words do not."""
    assert not any(row["reported"].endswith(".") for row in reported)
    assert (
        max(len(row["note"].split('"')[1].split()) for row in reported if '"' in row["note"]) <= 8
    )


def test_the_papers_count_the_figures_that_are_there(reported):
    """data/README.md and the decision on what counts as a figure say how many there are."""
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    decision = DATA.parent / "docs" / "decisions" / "0002-what-counts-as-a-figure.md"
    distinct = {quantity(row) for row in reported}
    assert f"{len(reported)} figures on {len(distinct)}" in readme
    assert f"has {len(reported)}:" in decision.read_text(encoding="utf-8")


def test_what_is_set_aside_is_a_printed_figure_with_a_reason(reported):
    settings = tomllib.loads((COHORT / "cohort.toml").read_text(encoding="utf-8"))
    left_out = settings["record"]["set_aside"]
    assert left_out
    assert set(left_out) <= {row["id"] for row in reported}
    assert all(len(reason.split()) > 3 for reason in left_out.values())
