"""Printed numbers and fractions as exact values, counted by hand."""

from fractions import Fraction

import pytest

from careersurvey.evidence.printed.numerals import PADDING, position, split, values, whole_number

UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
fifteen sixteen seventeen eighteen nineteen"""
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety"


def whole(text):
    """The number and the share that a whole text is; None where it is none."""
    words = split(text).said
    numbers, shares = values(words, 0)
    ends = (
        [value for value, end in found if end == len(words) - PADDING]
        for found in (numbers, shares)
    )
    return tuple(next(iter(found), None) for found in ends)


def printed_number(text):
    return whole(text)[0]


def fraction_in_words(text):
    return whole(text)[1]


@pytest.mark.parametrize("number", range(100))
def test_number_words_to_ninety_nine_are_read(number):
    units, tens = UNITS.split(), TENS.split()
    ten, unit = divmod(number, 10)
    words = units[number] if number < 20 else tens[ten] + (f"-{units[unit]}" if unit else "")
    assert whole_number(words) == number


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("a hundred", 100),
        ("one hundred and five", 105),
        ("nine hundred and ninety-nine", 999),
        ("two thousand three hundred and ninety-nine", 2399),
        ("three million", 3_000_000),
    ],
)
def test_hundreds_and_thousands_in_words_are_read(words, number):
    assert whole_number(words) == number


@pytest.mark.parametrize(
    "words", ["twenty thirty", "five six", "hundred", "a", "and", "", "twelve-three"]
)
def test_words_that_do_not_add_up_are_not_a_number(words):
    assert whole_number(words) is None


@pytest.mark.parametrize(
    ("printed", "unit"),
    [("1,700", 100), ("1,650", 50), ("350", 50), ("70", 10), ("50", 10), ("1,082", 0), ("84", 0)],
)
def test_roundness_is_the_unit_that_a_number_looks_rounded_to(printed, unit):
    assert printed_number(printed).roundness == unit


def test_roundness_of_millions_is_their_last_printed_place():
    assert printed_number("84 million").roundness == 1_000_000
    assert printed_number("1.5 million").roundness == 100_000


@pytest.mark.parametrize(
    ("words", "share"),
    [
        ("half", Fraction(1, 2)),
        ("a quarter", Fraction(1, 4)),
        ("three-quarters", Fraction(3, 4)),
        ("one-fifth", Fraction(1, 5)),
        ("two thirds", Fraction(2, 3)),
        ("one in five", Fraction(1, 5)),
        ("one in every five", Fraction(1, 5)),
        ("four out of five", Fraction(4, 5)),
        ("1 in 5", Fraction(1, 5)),
        ("1/5", Fraction(1, 5)),
    ],
)
def test_fraction_is_read_however_it_is_printed(words, share):
    assert fraction_in_words(words) == share


@pytest.mark.parametrize("words", ["quarter", "six fifths", "one in nought", "1/0", "some thirds"])
def test_what_is_no_share_is_not_a_fraction(words):
    assert fraction_in_words(words) is None


@pytest.mark.parametrize(
    ("printed", "value", "roundness"),
    [
        ("1 700", 1700, 100),
        ("1'700", 1700, 100),
        ("1'082", 1082, 0),
        ("12,34,567", 1_234_567, 0),
        ("1,50,000", 150_000, 50_000),
        ("8,5", Fraction(17, 2), Fraction(1, 10)),
        ("5·96", Fraction(149, 25), Fraction(1, 100)),
        ("12 1/2", Fraction(25, 2), Fraction(1, 2)),
        ("12½", Fraction(25, 2), Fraction(1, 2)),
        ("two and a half", Fraction(5, 2), Fraction(1, 2)),
        ("twelve and three quarters", Fraction(51, 4), Fraction(1, 4)),
        ("half a million", 500_000, 500_000),
        ("a quarter of a million", 250_000, 250_000),
        ("half a dozen", 6, 6),
        ("two dozen", 24, 12),
    ],
)
def test_number_is_read_however_it_is_printed(printed, value, roundness):
    number = printed_number(printed)
    assert (number.value, number.roundness) == (value, roundness)


@pytest.mark.parametrize(
    "printed", ["1,7000", "1 70", "12 345 6", "1,23,45", "1.2.3", "xii", "dozen"]
)
def test_marks_that_do_not_group_are_no_number(printed):
    assert printed_number(printed) is None


def test_parts_and_places_have_the_names_of_every_number():
    assert fraction_in_words("three sixteenths") == Fraction(3, 16)
    assert fraction_in_words("one twentieth") == Fraction(1, 20)
    assert [position(text) for text in ("thirteenth", "twenty-first", "40th")] == [13, 21, 40]


def test_position_counts_from_one():
    assert [position(text) for text in ("1", "2nd", "third", "0", "last")] == [1, 2, 3, None, None]
