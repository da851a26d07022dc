"""What the audit of 2013 finds when words are read on scales that inspectorates have printed."""

from collections import Counter

import pytest

from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.printed.readings import read
from careersurvey.evidence.printed.vocabulary import load_readings
from careersurvey.evidence.project import shipped
from careersurvey.inference.record.audit import audit_figures

SCOTLAND = "data/readings-education-scotland.csv"
NORTHERN_IRELAND = "data/readings-northern-ireland.csv"


def conflicts(readings):
    found = Counter(
        each["verdict"] for each in audit_figures(load_cohort("ofsted-2013"), readings=readings)
    )
    return found["contradiction"], found["tension"]


@pytest.mark.parametrize(
    ("scale", "row"),
    [
        (None, "as declared"),
        (SCOTLAND, "Education Scotland"),
        (NORTHERN_IRELAND, "Northern Ireland"),
    ],
)
def test_method_note_counts_the_conflicts_on_each_scale(scale, row):
    text = (shipped("docs") / "readings.md").read_text(encoding="utf-8")
    assert f"| {row} | {' | '.join(map(str, conflicts(scale)))} |" in text


def test_five_tensions_rest_on_where_very_few_and_rarely_end(tmp_path):
    path = tmp_path / "fifth.csv"
    ends = "0,1/5,0,1/3,tried"
    rows = ["wording,low,high,wide_low,wide_high,source", f"very few,{ends}", f"rarely,{ends}"]
    path.write_text("\n".join(rows), encoding="utf-8")
    assert conflicts(path) == (3, 6)


@pytest.mark.parametrize(
    ("scale", "words", "low", "high"),
    [
        # Of 1,000, what rounds to 75% to 90%, to 50% to 74%, to over 90%, to less than 10%.
        (SCOTLAND, "most", 745, 905),
        (SCOTLAND, "the majority", 495, 745),
        (SCOTLAND, "almost all", 905, 999),
        (SCOTLAND, "few", 1, 155),
        (NORTHERN_IRELAND, "nearly all", 905, 999),
        (NORTHERN_IRELAND, "a significant minority", 295, 495),
        (NORTHERN_IRELAND, "a small number", 1, 95),
    ],
)
def test_a_scale_is_read_as_it_is_printed(scale, words, low, high):
    vocabulary = load_readings(scale)
    assert read(words, "words", 1000, vocabulary=vocabulary).counts == (low, high)


def test_less_than_half_is_a_term_of_the_scottish_scale():
    vocabulary = load_readings(SCOTLAND)
    assert read("less than half", "fraction", 1000, vocabulary=vocabulary).counts == (145, 495)
    assert read("less than half", "fraction", 1000).counts == (0, 499)


@pytest.mark.parametrize("scale", [SCOTLAND, NORTHERN_IRELAND])
def test_a_scale_names_its_text_and_address(scale):
    own = [row for row in load_readings(scale).rows if row not in load_readings().rows]
    assert own
    assert all('"' in row.source and "https://" in row.source for row in own)
