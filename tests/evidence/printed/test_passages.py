import pytest

from careersurvey.errors import CohortError
from careersurvey.evidence.printed.passages import contains, read_passages

PLACES = ("cover", "exec", "kf", "p", "fn", "notes", "annex")
REPORT = """\
# A survey

Visits to 60 schools.

## Contents

Key findings 5

## Executive summary

The service helps everyone from the age of

13. It is little used.

Only 12 schools did.

## Key findings

- One in five schools.
- Two thirds of
schools.

## Background

1. From September.<sup>1</sup>

---

<sup>1</sup> A guide of 2012.



2. Since then:
  - one thing
  - another.

### A box

In the box, 11 boys.

## Notes

Fifty-five schools.

Others did not.

## Annex: schools

School A	Kent
"""


@pytest.fixture
def passages(tmp_path):
    path = tmp_path / "report.md"
    path.write_text(REPORT, encoding="utf-8")
    return read_passages(path, PLACES)


def test_every_place_of_the_report_is_found(passages):
    assert list(passages) == [
        "cover", "exec-1", "exec-2", "kf-1", "kf-2", "p1", "fn1", "p2", "notes-1", "notes-2",
        "annex",
    ]  # fmt: skip


def test_a_page_break_does_not_begin_a_paragraph(passages):
    assert (
        passages["exec-1"].text
        == "The service helps everyone from the age of 13. It is little used."
    )


def test_boxes_and_bullets_belong_to_the_paragraph_above(passages):
    assert "11 boys" in passages["p2"].text
    assert passages["p2"].bullets == ["one thing", "another."]


def test_headings_and_footnotes_belong_to_no_paragraph(passages):
    assert "box" in passages["p2"].text
    assert "A box" not in passages["p2"].text
    assert "2012" not in passages["p1"].text


def test_a_bullet_goes_on_over_a_line_break(passages):
    assert passages["kf-2"].text.endswith("Two thirds of schools.")


@pytest.mark.parametrize(
    ("text", "phrase", "there"),
    [
        ("in 2012 and", "12", False),
        ("only 142 (8%) of the 1,703", "142 (8%)", True),
        ("of the 1,703 parents", "703", False),
        ("of the 1,703 parents", "1", False),
        ("printed 62.0 there", "62", False),
        ("nearly  all\nof", "nearly all", False),
        ("the schools", "school", False),
        ("in all.", "all", True),
    ],
)
def test_a_phrase_is_found_as_whole_words_and_whole_numbers(text, phrase, there):
    assert contains(text, phrase) is there


def test_a_text_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CohortError, match="cannot be read"):
        read_passages(tmp_path / "none.md", PLACES)
