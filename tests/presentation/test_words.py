"""How numbers, places and dates are said, each measure in its own unit."""

import pandas as pd
import pytest
from made import answered, counted, made

from careersurvey.evidence.printed.readings import read
from careersurvey.presentation import words

NOT_KNOWN = float("nan")


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0%"),
        (1 / 200, "0.5%"),
        (0.0001, "<0.1%"),
        (0.0834, "8%"),
        (0.996, "99.6%"),
        (0.99999, ">99.9%"),
        (1, "100%"),
        (NOT_KNOWN, ""),
    ],
)
def test_only_nought_is_nought_percent_and_only_all_is_all(share, said):
    assert words.share(share) == said


@pytest.mark.parametrize(
    ("count", "base", "said"),
    [(57, 200, "29%"), (1, 8, "13%"), (5, 8, "63%"), (23, 40, "58%"), (45, 200, "23%")],
)
def test_a_half_is_rounded_up_as_the_reading_of_print_has_it(count, base, said):
    """By hand: 28.5, 12.5, 62.5, 57.5 and 22.5; the float of 57/200 is a hair below."""
    assert words.share(count / base) == said
    assert read(f"{count} ({said})", "count_percent", base).exact


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (68.25, "68.3"),
        (2.675, "2.68"),
        (-0.0625, "−0.0625"),
        (123_456_789_012_345, "123,456,789,012,345"),
        (5.96, "5.96"),
        (3, "3"),
        (1192, "1,192"),
        (84_000_000, "84,000,000"),
        (12345.67, "12,346"),
        (0.0123, "0.0123"),
        (-2.5, "−2.50"),
        (NOT_KNOWN, ""),
    ],
)
def test_an_amount_is_written_in_full_and_never_as_a_power_of_ten(number, said):
    assert words.number(number) == said


@pytest.mark.parametrize(
    ("difference", "said"),
    [(0.2, "+20"), (-0.031, "−3"), (0.125, "+13"), (-0.285, "−29"), (0.004, "0"), (NOT_KNOWN, "")],
)
def test_a_difference_of_shares_is_in_points(difference, said):
    assert words.points(difference) == said


@pytest.mark.parametrize(
    ("p", "said"), [(0.0342, "0.034"), (0.0009, "< 0.001"), (1.0, "1"), (NOT_KNOWN, "")]
)
def test_a_small_p_is_below_what_can_be_told(p, said):
    assert words.p_value(p) == said


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"form": "count"}, "12 of 60"),
        ({"wording": "a fifth"}, "12 of 60, as read"),
        ({"count_high": 14}, "12 to 14 of 60, as read"),
        ({"base_n": None, "count_low": None, "count_high": None, "estimate_high": 0.25},
         "20% to 25%, as read"),
        ({"shown": False}, "not shown"),
        ({"measure": "mean", "count_low": None, "estimate": 5.96}, "5.96"),
        ({"measure": "total", "count_low": None, "estimate": 1192.0}, "1,192"),
        ({"measure": "count", "base_n": None, "estimate": None, "estimate_low": None}, "12"),
        ({"measure": "count", "form": "count", "wording": "all but 48"}, "12"),  # not 0.2
        ({"measure": "context", "form": "number", "estimate": None, "estimate_low": 5.0,
          "estimate_high": 10.0}, "5 to 10, as read"),
        ({"form": "words", "count_low": None, "count_high": None, "base_n": None, "wording": "some",
          "estimate": None, "estimate_low": 0.0, "estimate_high": 0.75},
         "over 0% to 75%, as read"),  # some are not none, and nearly all are not all
        ({"form": "words", "count_low": None, "count_high": None, "base_n": None, "wording": "few",
          "estimate": None, "estimate_low": 0.9, "estimate_high": 1.0},
         "90% to under 100%, as read"),
        ({"measure": "context", "form": "percent", "count_low": None, "count_high": None,
          "base_n": None, "base": "interviews", "estimate": None, "estimate_low": 0.0,
          "estimate_high": 0.75}, "0% to 75%, as read"),
        ({"measure": "context", "form": "words", "wording": "a few", "count_low": None,
          "count_high": None, "base_n": None, "estimate": None, "estimate_low": 0.0,
          "estimate_high": 0.2}, "no number"),  # a few examples: of nobody
    ],
)  # fmt: skip
def test_a_number_is_said_in_the_unit_of_its_measure(cells, said):
    """Counts of the base where few; never 596% of a mean, nor 500% of between five and ten."""
    row = made(counted("Award", 12, 12, 60) | cells).iloc[0]
    assert words.value(row) == said


def test_many_people_are_a_share_of_their_base_in_print_and_in_answers():
    """Witness: 142 of the 1,703 parents of paragraph 50."""
    many = made(counted("Heard", 142, 142, 1703, form="count_percent")).iloc[0]
    assert words.value(many) == "8% of 1,703"
    assert words.value(made(answered("Heard", 0.634, 2307)).iloc[0]) == "63% of 2,307"


@pytest.mark.parametrize(
    ("printed", "of", "shown", "reading"),
    [
        ({"measure": "mean", "form": "number", "wording": "5.96"}, 5.96, "5.96", "5.955 to 5.965"),
        ({"form": "percent", "wording": "18.1%"}, 0.181, "18.1%", "18.05% to 18.15%"),
        ({"form": "percent", "wording": "15%"}, 0.15, "15%", "14.5% to 15.5%"),
    ],
)
def test_a_number_is_shown_as_finely_as_printed_and_its_reading_a_figure_finer(
    printed, of, shown, reading
):
    """Witness: what rounds to it; on a base that is known a reading is of counts."""
    half = 0.005 if of > 1 or printed["wording"] == "15%" else 0.0005
    blank = {"count_low": None, "count_high": None, "base_n": None, "estimate": of}
    ends = {"estimate_low": of - half, "estimate_high": of + half}
    row = made(counted("Met", 1, 1, 2) | printed | blank | ends).iloc[0]
    assert (words.value(row), words.reading(row)) == (shown, reading)


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (["p12"], "paragraph 12"),
        (["p13; p12", "p12"], "paragraphs 12 and 13"),
        (["kf-1", "p9", "exec-1"], "paragraph 9; executive summary, paragraph 1; key finding 1"),
        (["p3; cs-2", "cs-1"], "paragraph 3; cs-2; cs-1"),
        (["annex", "fn2", "notes-1"], "footnote 2; notes, paragraph 1; annex"),
        ([""], ""),
    ],
)
def test_places_are_said_in_words(places, said):
    assert words.places(places) == said


@pytest.mark.parametrize(
    ("fieldwork", "said"),
    [
        ("2012-12/2013-04", "December 2012 to April 2013"),
        ("2026-01-10/2026-03-20", "January 2026 to March 2026"),
        ("2026-01/2026-01", "January 2026"),
        ("", ""),
    ],
)
def test_fieldwork_is_said_in_months(fieldwork, said):
    assert words.date(fieldwork) == said


@pytest.mark.parametrize(
    ("unit", "many"),
    [
        ("school", "schools"),
        ("activity", "activities"),
        ("survey", "surveys"),
        ("staff", "staff"),
        ("teacher or student", "teachers and students"),
        ("member of staff", "members of staff"),
        ("church", "churches"),
        ("charity or library", "charities and libraries"),
        ("party of visitors", "parties of visitors"),
        ("series", "series"),
        ("bus", "buses"),
        ("campus", "campuses"),
        ("business", "businesses"),
        ("child", "children"),
        ("person", "people"),
        ("woman", "women"),
        ("human", "humans"),
        ("household", "households"),
    ],
)
def test_units_have_plurals(unit, many):
    assert words.plural(unit) == many


@pytest.mark.parametrize(
    ("value", "said"), [("fe_college", "FE college"), ("year_11_only", "Year 11 only")]
)
def test_ids_are_spelt_as_words(value, said):
    assert words.spell(value) == said


def test_only_the_first_letter_falls_inside_a_sentence_and_an_acronym_stands():
    said = [words.within(text) for text in ("A quarter", "Very few", "FE colleges")]
    assert said == ["a quarter", "very few", "FE colleges"]
    names = ["West Midlands", "North East, Yorkshire and Humber"]
    assert [words.within(name) for name in names] == names


def test_two_ends_that_read_alike_are_one():
    assert words.between(0.121, 0.124) == "12%"
    assert words.counts(pd.NA, pd.NA) == ""


def test_of_two_counts_side_by_side_it_is_one_or_the_other():
    said = [words.counts(*ends) for ends in ((27, 28), (999, 1000), (14, 17), (12, 12), (42, None))]
    assert said == ["27 or 28", "999 or 1,000", "14 to 17", "12", "42 or more"]


def test_only_between_numbers_a_range_has_a_dash():
    """Or "up to 10%" would be "up–10%"."""
    told = {"43 to 46 of 60": "43–46 of 60", "63% to under 67%": "63%–under 67%"}
    told |= {one: one for one in ("up to 10% of 1,082", "12 to all", "asked to hear")}
    assert {one: words.dashed(one) for one in told} == told
