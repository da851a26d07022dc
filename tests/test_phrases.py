"""How findings are said, and what the report asks for, held against what they speak of."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from careersurvey.evidence.project import SHIPPED

DATA = Path(__file__).resolve().parents[1] / "data"
COHORTS = sorted(DATA / name for name in SHIPPED)
# What a finding says of is said by those that have categories, and by counts and means.
SAID = {"count", "mean"}


def rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def beside(cohort: Path, name: str) -> list[dict[str, str]]:
    """The shared rows, then the cohort's own."""
    return rows(DATA / name) + rows(cohort / name)


def phrases(cohort: Path) -> dict[tuple[str, str], str]:
    return {
        (row["indicator"], row["category"]): row["phrase"] for row in beside(cohort, "phrases.csv")
    }


@pytest.mark.parametrize("cohort", COHORTS, ids=lambda path: path.name)
def test_every_category_of_every_indicator_has_its_phrase(cohort: Path) -> None:
    said = phrases(cohort)
    wanted = {
        (row["indicator"], category)
        for row in beside(cohort, "indicators.csv")
        for category in row["categories"].split(";")
        if category or row["measure"] in SAID
    }
    assert wanted - set(said) == set()


@pytest.mark.parametrize("cohort", COHORTS, ids=lambda path: path.name)
def test_no_phrase_speaks_of_what_is_no_indicator_or_stands_twice(cohort: Path) -> None:
    known = {
        (row["indicator"], category)
        for row in beside(cohort, "indicators.csv")
        for category in row["categories"].split(";")
    }
    assert set(phrases(cohort)) - known == set()
    for path in (DATA / "phrases.csv", cohort / "phrases.csv"):
        written = Counter((row["indicator"], row["category"]) for row in rows(path))
        assert [key for key, times in written.items() if times > 1] == []


@pytest.mark.parametrize("cohort", COHORTS, ids=lambda path: path.name)
def test_a_phrase_can_follow_the_words_of_the_60_schools(cohort: Path) -> None:
    for phrase in phrases(cohort).values():
        assert re.fullmatch(r"[a-z].*[a-z0-9]", phrase), phrase
        assert not set("()_%:") & set(phrase), f"{phrase}: no code and no bracket"
        assert len(phrase.split()) <= 32, phrase


@pytest.mark.parametrize("cohort", COHORTS, ids=lambda path: path.name)
def test_no_two_answers_of_a_question_are_said_alike(cohort: Path) -> None:
    said = phrases(cohort)
    for indicator in {key[0] for key in said}:
        answers = [phrase for key, phrase in said.items() if key[0] == indicator]
        assert len(set(answers)) == len(answers), indicator


@pytest.mark.parametrize(
    ("key", "qualifier"),
    [
        (("send_good_guidance", "yes"), "whose child had special educational needs"),  # p56
        (("little_information", "yes"), "in schools with weaker provision"),  # p16
        (("guidance_helped", "yes"), "who had received good provision"),  # p16
        (("clear_next_step", "yes"), "at the better schools"),  # p34
        (("work_experience_cut", "yes"), "said that they had"),  # p39: the schools reported it
        (("working_well", "no"), "new arrangements"),  # p12
        (("apprenticeship_progression", "yes"), "of those that provided destination data"),  # p45
        (("group_activity_effective", "yes"), "a large group or a whole class"),  # p24
        (("destination", "sixth_form"), "of those in one school"),  # p63
        (("narrow_view_apprenticeships", "yes"), "very narrow"),  # p46
        (("matrix_aware", "yes"), "of those that used external professional advisers"),  # p61
    ],
)
def test_a_phrase_of_2013_keeps_the_qualifier_of_its_paragraph(
    key: tuple[str, str], qualifier: str
) -> None:
    assert qualifier in phrases(DATA / "ofsted-2013")[key]


def test_the_report_asks_thirteen_things_of_six_addressees() -> None:
    """Counted by hand in the report's recommendations: 2, 2, 3, 1, 4 and 1."""
    asked = rows(DATA / "ofsted-2013" / "recommendations.csv")
    assert list(Counter(row["addressee"] for row in asked).values()) == [2, 2, 3, 1, 4, 1]
    assert [row["where"] for row in asked] == [f"rec-{n}" for n in range(1, 14)]
    assert all(len(row["text_phrase"].split()) <= 8 for row in asked)


def test_a_recommendation_rests_on_findings_that_the_report_prints() -> None:
    printed = {
        f"{row['indicator']}={row['category']}"
        for row in rows(DATA / "ofsted-2013" / "reported.csv")
    }
    for row in rows(DATA / "ofsted-2013" / "recommendations.csv"):
        rests_on = set(row["indicators"].split(";"))
        assert rests_on <= printed, row["id"]


@pytest.mark.parametrize("cohort", COHORTS, ids=lambda path: path.name)
def test_what_is_said_in_short_is_shorter_and_keeps_of_whom_it_is_true(cohort: Path) -> None:
    written = {(row["indicator"], row["category"]): row for row in beside(cohort, "phrases.csv")}
    assert sum(bool(row["short"]) for row in written.values()) > 100
    for row in written.values():
        whole, short, whom = row["phrase"], row["short"], row["whom"]
        assert bool(whom) == bool(re.search(r", of (those|the) ", whole)), whole
        if short:
            assert len(f"{whom} {short}".split()) < len(whole.split()), short
            assert re.fullmatch(r"[a-z].*[a-z0-9]", short), short
