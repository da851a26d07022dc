"""What printed wordings can mean; expected counts are counted by hand unless a line says more."""

import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careersurvey.errors import ReadingError
from careersurvey.evidence.printed.readings import FORMS, read, read_measure
from careersurvey.evidence.printed.vocabulary import load_readings

WIDE = load_readings().wide
FRACTIONS = {
    "a tenth": Fraction(1, 10),
    "one in six": Fraction(1, 6),
    "a fifth": Fraction(1, 5),
    "a quarter": Fraction(1, 4),
    "one in seven": Fraction(1, 7),
    "half": Fraction(1, 2),
    "two thirds": Fraction(2, 3),
    "four out of five": Fraction(4, 5),
    "nine tenths": Fraction(9, 10),
}


def between(low, high, *, low_open=False, high_open=False):
    """A share: its ends, and whether each is left out."""
    return low, high, low_open, high_open


# ---- fractions in words -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported", "base_n", "low", "high"),
    [
        # Halfway from 1/4 to 1/5 is 9/40, to 1/3 is 7/24: 13.5 and 17.5 of 60.
        ("about a quarter", 60, 14, 17),
        ("Around a quarter", 60, 14, 17),
        ("only about a quarter", 60, 14, 17),
        # Halfway from 3/4 to 4/5 is 31/40: 46.5 of 60; 45 is three quarters itself.
        ("just over three quarters", 60, 46, 46),
        ("just over three-quarters of the schools", 60, 46, 46),
        # Halfway to 1/10 is 2/15, to 1/5 is 11/60: 8 and 11 of 60, ends included.
        ("Only about one in six", 60, 8, 11),
        ("about 1 in 6", 60, 8, 11),
        # Halfway from 1/3 to 2/5 is 11/30: 14.3 and 15.8 of 43.
        ("Only just over a third", 43, 15, 15),
        # Halfway from 2/3 to 3/5 is 19/30: 1,045 of 1,650; 1,100 is two thirds itself.
        ("almost two thirds", 1650, 1045, 1099),
        ("just under half", 60, 27, 29),
        ("just over half", 135, 68, 74),
        ("nearly half", 60, 27, 29),
        # 1/7 is inserted between 1/10 and 1/6: 17/140 and 13/84 of 60 are 7.3 and 9.3.
        ("about one in seven", 60, 8, 9),
        ("Only one in five", 60, 12, 12),
        ("four out of five", 60, 48, 48),
        ("one out of every five", 60, 12, 12),
        ("half", 24, 12, 12),
        ("½", 24, 12, 12),
        ("more than half", 60, 31, 60),
        ("at least half", 60, 30, 60),
        ("less than half", 60, 0, 29),
        ("at most half", 60, 0, 30),
    ],
)
def test_fraction_in_words_reads_as_counts(reported, base_n, low, high):
    assert read(reported, "fraction", base_n).counts == (low, high)


def test_half_of_an_odd_base_reads_as_the_two_nearest_counts_and_says_so():
    reading = read("half", "fraction", 55)
    assert reading.counts == (27, 28)
    assert not reading.exact
    assert reading.note == "no whole count of 55 is 'half'; read as 27 or 28"


def test_half_of_an_even_base_is_exact_and_needs_no_note():
    reading = read("half", "fraction", 60)
    assert reading.exact
    assert reading.note == ""


def test_a_bare_fraction_claims_what_a_whole_percentage_claims():
    """24.5% and 25.5% of 4,863 are 1,191.4 and 1,240.1; of 60 they are 14.7 and 15.3."""
    quarter = read("a quarter", "fraction", 4863)
    assert (quarter.counts, quarter.exact, quarter.note) == ((1192, 1240), True, "")
    assert read("a quarter", "fraction", 60).counts == (15, 15)


@given(st.sampled_from(sorted(FRACTIONS)), st.integers(1, 3000))
def test_a_bare_fraction_is_met_on_every_base_of_100_or_more(words, base_n):
    """The nearest count is half a person away at most: half a percentage point of 100."""
    reading, value = read(words, "fraction", base_n), FRACTIONS[words] * base_n
    nearest = min(abs(n - value) for n in (math.floor(value), math.ceil(value)))
    assert reading.exact == (nearest <= Fraction(base_n, 200))
    assert reading.exact or base_n < 100
    assert abs(reading.count_low - value) <= max(nearest, Fraction(base_n, 200))


def test_fraction_of_an_unknown_base_stays_a_share():
    reading = read("just over half", "fraction")
    assert reading.counts is None
    assert reading.share == between(Fraction(1, 2), Fraction(11, 20), low_open=True)


def test_hedge_with_no_count_on_a_small_base_keeps_to_its_own_side():
    """Just over half of 3 lies between 1.5 and 1.65: one of 3 is not over half."""
    assert read("just over half", "fraction", 3).counts == (2, 2)
    assert read("just under half", "fraction", 3).counts == (1, 1)


@given(st.sampled_from(sorted(FRACTIONS)), st.integers(1, 3000))
def test_about_includes_what_just_over_and_just_under_leave_out(words, base_n):
    value = FRACTIONS[words] * base_n
    about = read(f"about {words}", "fraction", base_n)
    over = read(f"just over {words}", "fraction", base_n)
    under = read(f"just under {words}", "fraction", base_n)
    assert about.low < FRACTIONS[words] < about.high
    assert over.count_low > value > under.count_high
    assert (over.high, under.low) == (about.high, about.low)


# ---- percentages --------------------------------------------------------------------------------


def test_57_of_200_can_be_printed_as_29_percent():
    """57/200 is exactly 28.5%; 28.499999999999996 in floating point."""
    assert read("29%", "percent", 200).counts == (57, 58)


def test_percentage_of_an_unknown_base_is_every_share_that_rounds_to_it():
    share = read("29%", "percent").share
    assert share == between(Fraction(285, 1000), Fraction(295, 1000), high_open=True)


def test_wide_percentage_admits_either_way_of_rounding_a_half():
    share = read("29%", "percent", vocabulary=WIDE).share
    assert share == between(Fraction(285, 1000), Fraction(295, 1000))


def test_percentage_with_a_decimal_is_narrower_than_one_without():
    """Of 1,000: 620 alone rounds to 62.0%, 615 to 624 round to 62%."""
    assert read("62.0%", "percent", 1000).counts == (620, 620)
    assert read("62 per cent", "percent", 1000).counts == (615, 624)


def test_percentage_that_no_count_rounds_to_is_not_exact():
    """Of 7, 3 is 43% and 4 is 57%."""
    reading = read("50%", "percent", 7)
    assert not reading.exact
    assert reading.counts == (3, 4)


def test_hedged_percentage_reaches_half_a_unit_of_its_roundness():
    assert read("Just over 70%", "percent").share == between(
        Fraction(7, 10), Fraction(3, 4), low_open=True
    )
    assert read("about 8%", "percent").share == between(Fraction(75, 1000), Fraction(85, 1000))


@pytest.mark.parametrize(
    ("reported", "low", "high"),
    [("about 100%", 57, 60), ("nearly 100%", 57, 59), ("just under 100%", 57, 59)],
)
def test_a_hedged_percentage_is_measured_in_tens_at_most(reported, low, high):
    """Half of ten points under all is 95%, 57 of 60: half of a hundred would be 30 of 60."""
    assert read(reported, "percent", 60).counts == (low, high)


@pytest.mark.parametrize(
    "reported", ["110%", "over 100%", "just over 100%", "about 105%", "50 to 120%"]
)
def test_share_above_all_of_a_base_is_refused(reported):
    with pytest.raises(ReadingError, match="more than all of a base"):
        read(reported, "percent")


@pytest.mark.parametrize(
    ("reported", "form"),
    [("under 0%", "percent"), ("fewer than 0", "count"), ("less than zero", "number")],
)
def test_fewer_than_none_is_refused(reported, form):
    with pytest.raises(ReadingError, match="fewer than none"):
        read(reported, form)


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_percentage_contains_the_counts_that_round_half_up_to_it_and_no_others(pair):
    """Witness: decimal.Decimal with ROUND_HALF_UP, on hundredths carried to 40 digits."""
    n, base_n = pair

    def printed(count):
        percent = Decimal(100 * count) / Decimal(base_n)
        return percent.quantize(Decimal(1), ROUND_HALF_UP)

    reading = read(f"{printed(n)}%", "percent", base_n)
    low, high = reading.counts
    assert reading.exact
    assert low <= n <= high
    assert printed(low) == printed(high) == printed(n)
    assert low == 0 or printed(low - 1) < printed(n)
    assert high == base_n or printed(high + 1) > printed(n)


# ---- counts and numbers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported", "number"),
    [
        ("nine", 9),
        ("Fifty-five", 55),
        ("Twenty-three of the schools", 23),
        ("1,082", 1082),
        ("67,383", 67383),
        ("12 of the 60 schools", 12),
        ("Six of the 10", 6),
        ("only seven", 7),
        ("just seven", 7),
        ("a hundred and five", 105),
        ("two thousand three hundred and ninety-nine", 2399),
        ("about 1,082", 1082),
        ("none", 0),
    ],
)
def test_printed_count_is_itself(reported, number):
    assert read(reported, "count").counts == (number, number)


@pytest.mark.parametrize(
    ("reported", "low", "high"),
    [
        ("about 1,700", 1650, 1750),
        ("just over 1,700", 1701, 1750),
        ("almost 1,700", 1650, 1699),
        ("about 1,650", 1625, 1675),
        ("around 350", 325, 375),
        ("some 350", 325, 375),
        # No trailing zero is exact, so only the next whole number is just over it.
        ("just over 41", 42, 42),
        ("over 41", 42, None),
        ("at least 41", 41, None),
        ("up to 41", 0, 41),
        ("fewer than 41", 0, 40),
        ("between five and 10", 5, 10),
        ("15 to 20", 15, 20),
        ("over 1.2 million", 1_200_001, None),
    ],
)
def test_hedged_number_reaches_half_a_unit_of_its_roundness(reported, low, high):
    assert read(reported, "number").counts == (low, high)


@pytest.mark.parametrize(
    ("reported", "form", "counts"),
    [
        ("three or four in ten", "fraction", (60, 80)),
        ("6 to 7 in 10", "fraction", (120, 140)),
        ("between six and seven out of every ten", "fraction", (120, 140)),
        # Half way from 1/5 to 1/6, 36.67, and from 3/10 to 1/3, 63.33.
        ("about two or three in ten", "fraction", (37, 63)),
        ("around 30 to 40 per cent", "percent", (50, 90)),
        ("between about 30 and 40 per cent", "percent", (50, 90)),
        ("between 30 and about 40 per cent", "percent", (60, 90)),
        ("between just under 30% and 40%", "percent", (50, 80)),
        ("about 30 to 35%", "percent", (59, 71)),
        # One sign is said of both ends: 16.5% and 20.5%, as of "about 17% to 20%".
        ("about 17 to 20%", "percent", (33, 41)),
        ("between about 8 and 9 per cent", "percent", (15, 19)),
        ("about two to three dozen", "count", (18, 42)),
        ("some 20–25", "count", (20, 25)),
        ("some 20–30", "count", (15, 35)),
        ("at least 2 or 3", "count", (2, 200)),
        ("up to 12 to 15", "count", (0, 15)),
    ],
)
def test_a_range_may_be_told_in_parts_or_roughly(reported, form, counts):
    """By hand of 200: what is said before a range is said of both ends, in the finer one's unit."""
    assert read(reported, form, 200).counts == counts


@pytest.mark.parametrize(
    ("reported", "form", "counts", "wide"),
    [
        ("between 30 and 40 per cent", "percent", (300, 400), (295, 405)),
        # Half way from 3/10 to 1/4, and from 2/5 to a half.
        ("three or four in ten", "fraction", (300, 400), (275, 450)),
        ("between just under 30% and 40%", "percent", (250, 400), (201, 405)),
        ("8 to 12", "count", (8, 12), (8, 12)),
    ],
)
def test_an_end_of_a_range_is_rounded_in_the_wide_range(reported, form, counts, wide):
    """By hand of 1,000; 40.4% elsewhere does not contradict "between 30 and 40 per cent"."""
    assert read(reported, form, 1000).counts == counts
    assert read(reported, form, 1000, vocabulary=load_readings().wide).counts == wide


@pytest.mark.parametrize(
    ("reported", "low", "high", "most"),
    [
        ("1.2 million", 1_150_000, 1_249_999, 1_250_000),
        ("two million", 1_500_000, 2_499_999, 2_500_000),
        ("only 450k", 449_500, 450_499, 450_500),
        ("half a million", 250_000, 749_999, 750_000),
        ("three quarters of a million", 625_000, 874_999, 875_000),
        ("1.75k", 1_745, 1_754, 1_755),
        ("two dozen", 24, 24, 24),
        ("half a dozen", 6, 6, 6),
    ],
)
def test_a_number_told_in_thousands_or_millions_is_every_one_that_rounds_to_it(
    reported, low, high, most
):
    """By hand; 1,204,331 people are "1.2 million", so the two never contradict each other."""
    assert read(reported, "count").counts == (low, high)
    assert read(reported, "count", vocabulary=load_readings().wide).counts == (low, most)


@pytest.mark.parametrize(
    ("reported", "form", "low", "high"),
    [
        ("1 in 1,000", "fraction", 500, 1500),
        ("about one in 1,000", "fraction", 500, 1500),
        ("12 in every 100,000", "fraction", 100, 140),
        ("1 in 20", "fraction", 45_000, 55_000),
        ("half of one per cent", "percent", 2_500, 7_499),
        ("a quarter of 1%", "percent", 1_250, 3_749),
    ],
)
def test_a_share_finer_than_a_percentage_reaches_half_of_its_own_part(reported, form, low, high):
    """By hand of 1,000,000; 12 in 100,000 are 3 in 25,000."""
    assert read(reported, form, 1_000_000).counts == (low, high)


def test_one_sided_wording_ends_at_its_base_and_has_no_point():
    reading = read("at least 50", "count", 60)
    assert reading.counts == (50, 60)
    assert reading.vague


@pytest.mark.parametrize("reported", ["all", "every", "All of the schools", "each"])
def test_all_is_the_base(reported):
    assert read(reported, "words", 60).counts == (60, 60)


@pytest.mark.parametrize("reported", ["all except two", "all but two", "all except two of them"])
def test_all_except_two_is_two_fewer_than_the_base(reported):
    assert read(reported, "count", 11).counts == (9, 9)


def test_all_of_an_unknown_base_is_a_share():
    reading = read("all", "words")
    assert reading.share == between(Fraction(1), Fraction(1))
    assert reading.counts is None


def test_both_are_two_and_the_other_is_left_to_its_siblings():
    assert read("both", "words", 2).counts == (2, 2)
    other = read("the other", "words", 3)
    assert other.kind == "residual"
    assert other.counts is None


def test_count_above_its_base_is_refused():
    with pytest.raises(ReadingError, match="'70' exceeds its base: 70 of 60"):
        read("70", "count", 60)


def test_mean_of_whole_answers_was_rounded_however_it_is_printed():
    """3, 3.0 and over 3 of eight benchmarks; a count of 3 is 3 and nothing else."""
    declared = load_readings()
    told = ("3", "3.0", "over 3", "almost 3")
    ends = {text: read_measure(text, vocabulary=declared).share for text in told}
    assert ends["3"] == between(Fraction(5, 2), Fraction(7, 2), high_open=True)
    assert ends["3.0"] == between(Fraction(59, 20), Fraction(61, 20), high_open=True)
    assert ends["over 3"] == between(3, None, low_open=True)
    assert ends["almost 3"] == between(Fraction(5, 2), 3, high_open=True)
    assert read("3", "number").counts == (3, 3)
    # Of answers from 0 to 10: by hand, no mean of them is below 0 or above 10.
    within = {text: read_measure(text, 0, 10, vocabulary=declared).share for text in ("0", "10")}
    assert within["0"] == between(0, Fraction(1, 2), high_open=True)
    assert within["10"] == between(Fraction(19, 2), 10)
    assert read_measure("over 9", 0, 10, vocabulary=declared).share == between(9, 10, low_open=True)


@pytest.mark.parametrize(("reported", "form"), [("½", "number"), ("£½ million", "money")])
def test_a_part_is_no_number_out_of_its_denominator(reported, form):
    """1 and 2 are parts of the sign: half an hour is not one of two hours."""
    with pytest.raises(ReadingError):
        read(reported, form)


def test_number_may_exceed_the_base_that_it_is_a_mean_of():
    """1,001 hours a year, of 84 people: no count of them; nor are the pounds that 60 spent."""
    assert read("£1.5 million", "money", 60).counts == (1_500_000, 1_500_000)
    assert read("1,001", "number", 84).counts == (1001, 1001)
    assert read("1,001", "number", 84).share is None


@pytest.mark.parametrize(
    ("reported", "low", "high"),
    [("3 to 3.5", 3, 3.5), ("between 41.5 and 42", 41.5, 42), ("0.5–2", 0.5, 2)],
)
def test_a_range_of_means_may_have_one_whole_end(reported, low, high):
    """It was no wording that is known, though print had it so; one end alone has a decimal."""
    assert read_measure(reported, vocabulary=load_readings())[1:3] == (low, high)


def test_mean_is_read_at_its_printed_precision():
    reading = read("5.96", "number")
    assert reading.counts is None
    assert reading.share == between(Fraction(5955, 1000), Fraction(5965, 1000), high_open=True)


# ---- as others print them ----------------------------------------------------------------------

# Each is held against the plain wording that it stands for.
STYLES = """
count | 60 | over 50
    > 50; >50; more than 50; above 50; in excess of 50; well over 50
count | 60 | at least 50
    ≥50; >= 50; 50+; 50 plus; 50 or more; no fewer than 50; upwards of 50
count | 60 | under 10
    < 10; <10; fewer than 10; less than ten; fewer than 10 of the 60
count | 60 | at most 10
    ≤ 10; <= 10; 10 or fewer; ten or less; no more than 10; not more than 10
count | 60 | about 10
    ~10; ≈ 10; c. 10; c.10; ca. 10; approx. 10; approx 10; ten or so; 10 or thereabouts
count | 60 | almost 50
    just short of 50; not quite 50; approaching 50; a little below 50
count | 60 | 12
    12*; 12 †; all 12; all twelve; 12 of 60; 12 of the 60; 12 out of 60
    12 out of the 60 schools; 12/60; a dozen; n = 12; 12¹; 12²³; 12①; twelve₁; 12 of the 60³
count | 60 | all except two
    all but two; all but 2; all bar two; all except for two of the schools
count | 60 | between 5 and 6
    five or six; 5 or 6; 5-6; 5–6; 5 – 6; 5 to 6; from five to six; anywhere from 5 to 6
count | 60 | none
    zero; nil; no; not one; not a single one; none of the schools
count | 9000 | 1,700
    1 700; 1 700; 1 700; 1’700
count | 9000 | between 1,650 and 1,749
    1.7k; 1.7 thousand
percent | 200 | 12.5%
    12½%; 12½%¹; 12½ per cent; 12·5%; 12,5 %; 12.5pc; 12.5 percent; 12.5% of pupils
percent | 200 | at least 90%
    90%+; ≥ 90%; 90% or more; ninety per cent or more; no less than 90 per cent
percent | 200 | under 1%
    < 1%; <1%; less than one per cent; below 1 percent; under 1 pc
percent | 200 | 8% to 10%
    8-10%; 8–10 per cent; between 8 and 10 percent; 8% to 10%; from 8 to 10% of staff
fraction | 60 | a quarter
    one quarter; one-quarter; ¼; 1/4; one in four; 1 in 4; 1-in-4; one in every four; 1 out of 4
fraction | 60 | three quarters
    three-quarters; ¾; 3/4; three out of every four; 3 in 4; three fourths
fraction | 60 | less than half
    fewer than half; under half; below half; under ½; less than half of all schools
fraction | 60 | at least half
    half or more; no fewer than half; half or more of the schools; at the very least half
count | 60 | up to 12
    at the most 12; at the very most twelve; no more than 12; 12 at most
fraction | 60 | between a quarter and a third
    a quarter to a third; from a quarter to a third; ¼ to ⅓
words | 60 | the vast majority
    vast majority; a vast majority; the vast majority of schools
words | 60 | hardly any
    scarcely any; barely any
words | 60 | a large majority
    a clear majority; a sizeable majority; a sizable majority; a substantial majority of schools
words | 60 | almost all
    almost everyone; nearly everybody; almost every
percent | 1000 | 0.5%
    .5%; 0.5 per cent; 0,5 %; .5 percent
count_percent | 1703 | 142 (8%)
    142 (8.3%); 142 [8 per cent]; 142, 8%; 8% (142); 8% (n=142); 142/1,703 (8%)
    142 of 1,703 (8%); 8% (142 out of the 1,703)
money |  | £1.5m
    £1.5 million; £1,500,000; £1 500 000; £1½ million; £1.5m²
money |  | between £3m and £4m
    £3-4 million; £3m to £4m; £3 million to £4 million; between £3 and £4 million
"""


def styles():
    """Form, base and plain words of each row, with each of the styles in the lines below it."""
    found, about = [], ()
    for line in STYLES.strip().splitlines():
        if not line.startswith(" "):
            form, base, plain = (part.strip() for part in line.split("|"))
            about = (form, int(base) if base else None, plain)
        else:
            found += [(*about, style.strip()) for style in line.split(";") if style.strip()]
    return found


@pytest.mark.parametrize(("form", "base_n", "plain", "other"), styles())
def test_a_figure_is_read_in_any_style_as_it_is_in_plain_words(form, base_n, plain, other):
    assert read(other, form, base_n).counts == read(plain, form, base_n).counts


@given(
    st.integers(0, 10**9),
    st.sampled_from([",", " ", "'", "’", " ", " ", ""]),
)
def test_thousands_are_read_with_any_mark(number, mark):
    assert read(f"{number:,}".replace(",", mark), "count").counts == (number, number)


@pytest.mark.parametrize(
    ("reported", "form"),
    [
        ("12 schools", "count"),
        ("most schools", "words"),
        ("142 schools (8%)", "count_percent"),
        ("three out of four schools", "fraction"),
        ("all but an unlucky few", "count"),
        ("more than a quarter but less than a third", "count"),
        ("a third more", "fraction"),
        ("a third of a half", "fraction"),
        ("one in five of half", "fraction"),
        ("a third of about 60 per cent", "fraction"),
        ("5 of 10%", "count"),
        ("twice as many", "fraction"),
        ("up 4 percentage points", "percent"),
    ],
)
def test_more_than_a_figure_is_refused_and_not_read_as_a_part_of_itself(reported, form):
    with pytest.raises(ReadingError) as caught:
        read(reported, form, 1703)
    assert "write the figure alone, without its noun" in caught.value.do


@pytest.mark.parametrize(
    ("reported", "form"),
    [
        ("three out of four schools", "count"),
        ("12 out of 55", "count"),
        ("12/55", "count"),
        ("12 of the 55", "count"),
        ("20% out of the 55", "percent"),
    ],
)
def test_a_figure_out_of_another_number_than_its_base_is_refused(reported, form):
    with pytest.raises(ReadingError, match="is not of its base of 60"):
        read(reported, form, 60)


# ---- counts with percentages --------------------------------------------------------------------


def test_count_that_agrees_with_its_percentage_is_exact():
    """142 of 1,703 is 8.338%."""
    reading = read("142 (8%)", "count_percent", 1703)
    assert reading.counts == (142, 142)
    assert reading.exact
    assert reading.low == Fraction(142, 1703)


def test_count_that_conflicts_with_its_percentage_says_so():
    """142 of 1,500 is 9.467%."""
    reading = read("142 (8%)", "count_percent", 1500)
    assert not reading.exact
    assert reading.note == "142 of 1,500 is 9.47%, not 8%"


@pytest.mark.parametrize(
    "reported", ["12 (a fifth)", "12 (one in five)", "12, about a fifth", "A fifth (12 of 60)"]
)
def test_a_count_may_have_a_fraction_beside_it(reported):
    """12 of 60 are a fifth, and 20 are not; a fifth is no fifth of one per cent."""
    assert read(reported, "count_percent", 60).exact
    assert not read(reported.replace("12", "20"), "count_percent", 60).exact


def test_count_and_percentage_of_an_unknown_base_are_both_kept():
    reading = read("142 (8%)", "count_percent")
    assert reading.counts == (142, 142)
    assert reading.share == between(Fraction(75, 1000), Fraction(85, 1000), high_open=True)


# ---- verbal quantifiers -------------------------------------------------------------------------

OF_THE_REPORT = """
very few; few; a few; only a few; some; many; most; nearly all; almost all; a small number;
a very small number; only a very small number; a large majority; a majority; a minority; too few;
too many; not enough; not all; a very high proportion; overwhelmingly; rarely; frequently; often;
typically; generally; very low; others; too often; too frequently; little; all; none
""".replace("\n", " ").split(";")
OF_OTHER_REPORTS = """
the majority; several; a handful; a number of; the vast majority; a small minority; mostly; usually;
sometimes; almost none; not many; hardly any; a significant proportion
""".replace("\n", " ").split(";")


@pytest.mark.parametrize("reported", [*OF_THE_REPORT, *OF_OTHER_REPORTS])
def test_quantifier_is_known(reported):
    low, high = read(reported.strip(), "words", 60).counts
    assert 0 <= low <= high <= 60


def test_most_is_more_than_half_and_not_all():
    reading = read("most", "words", 60, vocabulary=WIDE)
    assert reading.counts == (31, 59)
    assert reading.vague


def test_not_all_is_fewer_than_all():
    assert read("not all", "words", 60).counts == (1, 59)
    assert read("not all", "words", 60, vocabulary=WIDE).counts == (0, 59)


def test_quantifiers_keep_their_order():
    """Witness: the order of the words; "very few" is fewer than "few", and so on."""
    order = ["very few", "few", "many", "most", "nearly all"]
    ranges = [read(words, "words", 1000).counts for words in order]
    lows, highs = zip(*ranges, strict=True)
    assert sorted(lows) == list(lows)
    assert sorted(highs) == list(highs)


# ---- money, dates, ranks, text ------------------------------------------------------------------


def test_money_is_whole_pounds():
    assert read("£1.5 million", "money").counts == (1_500_000, 1_500_000)
    assert read("just over £84 million", "money").counts == (84_000_001, 84_500_000)
    assert read("£4.7m", "money", vocabulary=WIDE).counts == (4_650_000, 4_750_000)


def test_date_is_the_months_since_year_0():
    """December 2012 is 12 × 2012 + 11; the financial year 2012/13 starts in its April."""
    assert read("December 2012", "date").counts == (24155, 24155)
    assert read("2012/13", "date").counts == (24147, 24158)
    assert read("2012/13", "date", vocabulary=WIDE).counts == (24147, 24163)


@pytest.mark.parametrize("reported", ["3", "third", "3rd", "#3"])
def test_rank_is_its_position(reported):
    assert read(reported, "rank").counts == (3, 3)


def test_text_has_no_reading():
    reading = read("no clear pattern", "text")
    assert (reading.share, reading.counts) == (None, None)


# ---- what is not known --------------------------------------------------------------------------


def test_unknown_wording_is_named_with_what_is_nearby():
    with pytest.raises(ReadingError) as caught:
        read("nearly alll", "words", 60)
    assert "'nearly alll'" in str(caught.value)
    assert "nearly all" in caught.value.expected
    assert "data/readings.csv" in caught.value.do


@pytest.mark.parametrize(
    ("reported", "form"),
    [
        ("a smattering", "words"),
        ("", "count"),
        ("twelve hundred five six", "count"),
        ("one in nought", "fraction"),
        ("six fifths", "fraction"),
        ("eleven of", "fraction"),
        ("Marchember 2013", "date"),
        ("2012/15", "date"),
        ("0", "rank"),
        ("84 million", "money"),
        ("142 8%", "count_percent"),
        ("5 (x)", "count_percent"),
        ("12 [.]", "count_percent"),
        ("about about 12", "count"),
        ("20 to 10", "number"),
        ("9" * 5000, "count"),
        ("9" * 5000 + "%", "percent"),
        ("1/" + "9" * 5000, "fraction"),
        ("£" + "9" * 5000, "money"),
        ("9" * 5000, "rank"),
        ("1e9", "number"),
        ("not half", "fraction"),
        ("not most", "words"),
        ("not a majority", "words"),
        ("dozens", "count"),
        ("XII", "count"),
        ("10 or 20", "count"),
        ("1.000", "count"),
        ("12.0", "count"),
        ("900 to 1 million", "percent"),
    ],
)
def test_wording_is_never_guessed(reported, form):
    with pytest.raises(ReadingError) as caught:
        read(reported, form)
    assert len(str(caught.value)) < 600


def test_wording_of_another_form_is_refused_with_the_form_it_has():
    with pytest.raises(ReadingError) as caught:
        read("29%", "count", 60)
    assert caught.value.do == "give it the form percent"


def test_unknown_form_is_refused():
    with pytest.raises(ReadingError, match="'ratio' is not a printed form"):
        read("29%", "ratio")


# ---- declared and wide ---------------------------------------------------------------------------


@given(
    st.sampled_from(load_readings().rows),
    st.sampled_from(
        ["a quarter", "one in seven", "four out of five", "350", "1,082", "70%", "8.5%"]
    ),
    st.integers(1, 2000),
)
def test_declared_counts_lie_within_the_wide_counts(row, value, base_n):
    reported = row.wording
    form = {"quantifier": "words", "point": "fraction", "hedge": "count"}[row.kind]
    if reported in ("none", "all"):
        form = "words"
    if row.kind == "hedge":
        reported = value if row.wording in ("x", "x%") else row.wording[:-1] + value
        form = "percent" if "%" in value else "number" if value[0].isdigit() else "fraction"
    base = None if form == "number" else base_n
    declared = read(reported, form, base)
    wide = read(reported, form, base, vocabulary=WIDE)
    assert wide.count_low <= declared.count_low <= declared.count_high <= wide.count_high


# ---- whatever is typed --------------------------------------------------------------------------

VOCABULARY = """
about just over under almost only a one half third quarters 1,700 70% 8.5 £ million (8%) of the out
in five hundred and twenty-three all except but most few very 2012/13 march 12 between to -
"""


@given(
    st.one_of(
        st.text(max_size=20),
        st.lists(st.sampled_from(VOCABULARY.split()), max_size=6).map(" ".join),
    ),
    st.sampled_from(sorted(FORMS)),
    st.one_of(st.none(), st.integers(0, 200)),
    st.booleans(),
)
def test_whatever_is_typed_is_read_within_its_base_or_refused_by_name(text, form, base_n, wide):
    try:
        reading = read(text, form, base_n, vocabulary=WIDE if wide else None)
    except ReadingError:
        return
    if reading.counts is None:
        return
    low, high = reading.counts
    assert low >= 0
    assert high is None or low <= high
    if base_n is not None and form not in ("date", "number", "text"):
        assert high <= base_n


# ---- what the method note says ------------------------------------------------------------------


def documented_readings():
    """Rows of the table of examples in the method note."""
    text = (Path(__file__).parents[3] / "docs" / "readings.md").read_text(encoding="utf-8")
    lines = text.partition("|---|---|---|---|\n")[2].partition("\n\n")[0].splitlines()
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]


def form_of(reported):
    if reported in ("very few", "most", "nearly all", "not enough"):
        return "words"
    return "percent" if "%" in reported else "number" if reported[-1].isdigit() else "fraction"


def as_printed(counts):
    return "–".join(dict.fromkeys(f"{n:,}" for n in counts))


@pytest.mark.parametrize(("reported", "base", "declared", "wide"), documented_readings())
def test_method_note_shows_what_is_read(reported, base, declared, wide):
    base_n = int(base.replace(",", "")) if base else None
    form = form_of(reported)
    assert as_printed(read(reported, form, base_n).counts) == declared
    assert as_printed(read(reported, form, base_n, vocabulary=WIDE).counts) == wide


def test_method_note_has_examples():
    assert len(documented_readings()) >= 10


@pytest.mark.parametrize(
    ("reported", "form", "base_n", "point"),
    [
        ("about a quarter", "fraction", 60, Fraction(1, 4)),
        ("Just over half", "fraction", None, Fraction(1, 2)),
        ("29%", "percent", 200, Fraction(29, 100)),
        ("5.96", "number", None, Fraction(149, 25)),
        ("most", "words", 60, None),
        ("12", "count", 60, None),
    ],
)
def test_the_printed_share_travels_with_the_reading(reported, form, base_n, point):
    assert read(reported, form, base_n).point == point


@pytest.mark.parametrize(
    ("reported", "base_n", "count"),
    [("just over a tenth", 6, 1), ("almost a tenth", 5, 0), ("just over a quarter", 3, 1)],
)
def test_where_no_count_fits_the_nearest_is_on_the_side_that_is_said(reported, base_n, count):
    """By hand: 6 / 10 is 0.6, 5 / 10 is 0.5, 3 / 4 is 0.75: the next whole number up, or down."""
    for by in (load_readings(), load_readings().wide):
        assert read(reported, "fraction", base_n, vocabulary=by).counts == (count, count)
