"""Differences by square-and-add against published tables and R, and p for many looks."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from careersurvey.inference.compare.difference import (
    LEAST_P,
    Difference,
    Mean,
    counted,
    estimated,
)
from careersurvey.inference.intervals import holm, holm_threshold
from careersurvey.inference.intervals import limits as score_limits

REFERENCE = pd.read_csv(
    Path(__file__).parents[1] / "reference" / "differences.csv", comment="#"
).set_index("what")
SHARES = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("baseline", "cohort", "low", "high"),
    [
        # Witness: Newcombe (1998), Statistics in Medicine 17, 873-890, Table II, method 10.
        ((48, 80), (56, 70), 0.0524, 0.3339),
        ((3, 10), (9, 10), 0.1705, 0.8090),
    ],
)
def test_limits_are_newcombes_published_ones(baseline, cohort, low, high):
    found = Difference(counted(*baseline), counted(*cohort)).envelope()
    assert np.round(found, 4).tolist() == [low, high]


def test_limits_and_p_agree_with_r():
    """Witness: tests/reference/differences.R (R 4.2.2), from prop.test's limits and uniroot."""
    rows = REFERENCE.loc["difference"]
    assert len(rows) == 30
    for row in rows.itertuples():
        one, two = counted(row.x1, row.n1), counted(row.x2, row.n2)
        assert Difference(one, two).envelope(row.level) == pytest.approx(
            (row.low, row.high), abs=1e-12
        )
        assert Difference(one, two).largest_p() == pytest.approx(row.p, rel=1e-7)


def test_twelve_of_sixty_against_twelve_of_thirty_is_a_change_by_this_rule_and_none_by_fishers():
    """Witness: Newcombe's interval excludes 0; R: fisher.test gives 0.075."""
    assert Difference(counted(12, 60), counted(12, 30)).largest_p() == pytest.approx(
        0.0428, abs=5e-5
    )
    assert REFERENCE.loc["fisher", "p"] == pytest.approx(0.0750, abs=5e-5)


def test_limits_exist_where_statsmodels_score_interval_raises():
    """Witness: hand calculation from Wilson's limits of 36/154 and 12/77."""
    (l1, u1), (l2, u2) = (score_limits(36, 154), score_limits(12, 77))
    difference = 12 / 77 - 36 / 154
    low = difference - math.hypot(12 / 77 - l2, u1 - 36 / 154)
    high = difference + math.hypot(u2 - 12 / 77, 36 / 154 - l1)
    assert Difference(counted(36, 154), counted(12, 77)).envelope() == pytest.approx((low, high))


@pytest.mark.parametrize("level", [0.8, 0.95, 0.9999])
def test_limits_of_a_share_are_the_score_limits_of_intervals(level):
    """Witness: statsmodels' proportion_confint(method = "wilson")."""
    count, base = np.array([0, 1, 12, 59, 60, 142]), np.array([60, 60, 60, 60, 60, 1703])
    expected = proportion_confint(count, base, 1 - level, "wilson")
    np.testing.assert_allclose(counted(count, base).limits(1 - level), expected, atol=1e-13)


@settings(deadline=None, max_examples=50)
@given(SHARES, SHARES)
@example((0, 60), (60, 60))
@example((5, 10), (5, 10))
def test_the_interval_at_the_level_of_p_ends_on_nought(baseline, cohort):
    one, two = counted(*baseline), counted(*cohort)
    p = Difference(one, two).largest_p()
    _, low, high = Difference(one, two).limits(p)
    nearest = min(abs(low[0]), abs(high[0]))
    assert nearest == pytest.approx(0, abs=1e-9)


@settings(deadline=None, max_examples=50)
@given(SHARES, SHARES, st.floats(0.001, 0.999))
def test_p_and_interval_never_disagree(baseline, cohort, alpha):
    one, two = counted(*baseline), counted(*cohort)
    found = Difference(one, two).directions(alpha)[0][0]
    p = Difference(one, two).largest_p()
    if abs(p - alpha) > 1e-6:
        assert (found != 0) == (p < alpha)


@settings(deadline=None, max_examples=50)
@given(SHARES, SHARES)
def test_turning_the_sides_round_turns_the_interval_round(baseline, cohort):
    low, high = Difference(counted(*baseline), counted(*cohort)).envelope()
    assert Difference(counted(*cohort), counted(*baseline)).envelope() == pytest.approx(
        (-high, -low)
    )


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.01, 0.5))
def test_both_limits_rise_with_the_count(n1, n2, alpha):
    """Witness: every count tried; it is why the widest limits stand at the ends of a reading."""
    _, low, high = Difference(counted(n1 // 2, n1), counted(np.arange(n2 + 1), n2)).limits(alpha)
    assert (np.diff(low) > 0).all()
    assert (np.diff(high) > 0).all()


@settings(deadline=None, max_examples=25)
@given(SHARES, SHARES, st.integers(0, 4), st.integers(0, 4))
def test_the_envelope_is_the_widest_over_every_reading(baseline, cohort, more, fewer):
    """Witness: every pair of counts on its own."""
    one = range(baseline[0], min(baseline[0] + more, baseline[1]) + 1)
    two = range(max(cohort[0] - fewer, 0), cohort[0] + 1)
    alone = [(counted(x, baseline[1]), counted(y, cohort[1])) for x in one for y in two]
    found = counted(list(one), baseline[1]), counted(list(two), cohort[1])
    each = np.array([Difference(*pair).envelope() for pair in alone])
    assert Difference(*found).envelope() == pytest.approx((each[:, 0].min(), each[:, 1].max()))
    assert Difference(*found).largest_p() == pytest.approx(
        max(Difference(*pair).largest_p() for pair in alone)
    )


def test_a_reading_of_thousands_of_pairs_gives_what_all_of_them_give():
    """Witness: the same readings in parts that are small enough to be tried whole."""
    base = np.repeat(np.arange(1640, 1661), 30)
    count = np.tile(np.arange(1030, 1060), 21)
    other = counted(np.tile(np.arange(520, 560), 12), np.repeat(np.arange(900, 912), 40))
    whole = counted(count, base)
    assert len(whole.value) * len(other.value) > 250_000
    parts = [counted(count[i : i + 315], base[i : i + 315]) for i in range(0, len(base), 315)]
    each = np.array([Difference(part, other).envelope() for part in parts])
    assert Difference(whole, other).envelope() == pytest.approx(
        (each[:, 0].min(), each[:, 1].max())
    )
    assert Difference(whole, other).largest_p() == pytest.approx(
        max(Difference(part, other).largest_p() for part in parts)
    )


def test_a_p_under_what_can_be_told_is_the_least_that_can():
    """Witness: 0 of a million against all of them; no normal quantile is known so far out."""
    assert Difference(counted(0, 10**6), counted(10**6, 10**6)).largest_p() == LEAST_P
    assert LEAST_P < Difference(counted(400, 1000), counted(600, 1000)).largest_p() < 1e-15


@settings(deadline=None, max_examples=30)
@given(
    st.integers(2, 80), st.integers(2, 80), st.floats(0.3, 12), st.sampled_from([3, 29, math.inf])
)
def test_p_falls_as_the_difference_grows_up_to_nobody_and_everybody(n1, n2, deff, degrees):
    """Witness: by reason; every count above the baseline's half, at one design effect."""
    half = n1 // 2 / n1

    def side(share, base):
        spread = share * (1 - share)
        return estimated(share, deff * spread / base, base, degrees)

    above = [k / n2 for k in range(n2 + 1) if k / n2 > half]
    below = [k / n2 for k in range(n2, -1, -1) if k / n2 < half]
    for shares in (above, below):
        p = [Difference(side(half, n1), side(share, n2)).largest_p() for share in shares]
        assert (np.diff(p) < 0).all()


def test_thirty_answers_differ_as_surely_as_thirty_printed_counts():
    """Witness: Newcombe's p of 15/30 against 29/30 is 5.4e-5; Student's t makes it more."""
    printed = Difference(counted(15, 30), counted(29, 30)).largest_p()
    assert printed == pytest.approx(5.4e-5, rel=0.01)

    def answered(count):
        share = count / 30
        return estimated(share, share * (1 - share) / 29, 30, 29)

    assert printed < Difference(answered(15), answered(29)).largest_p() < 5e-4


def test_a_share_of_everybody_has_the_design_effect_of_both_sides_together():
    """Witness: by hand: 0.25 / 50 * 2 is the variance of the other, so 40 answers count as 20."""
    other, everybody = estimated(0.5, 0.01, 50, 9), estimated(1.0, 0.0, 40, 9)
    assert Difference(other, everybody).pooled_deff == pytest.approx(2)
    t2 = 2.2621571628540993**2  # R: qt(0.975, 9)
    low = everybody.limits(0.05, Difference(other, everybody).pooled_deff)[0]
    assert low[0] == pytest.approx(20 / (20 + t2))
    assert Difference(everybody, everybody).pooled_deff == 1


def test_everybody_of_a_whole_population_has_no_width():
    census = estimated(1.0, 0.0, 15, 14, census=True)
    assert [end[0] for end in census.limits(0.05)] == [1, 1]


def test_sides_that_move_together_have_a_narrower_difference():
    """Witness: Zou (2007): with r = 1 and equal distances nothing is left."""
    one, two = counted(30, 60), counted(30, 60)
    assert Difference(one, two, correlation=1.0).envelope() == pytest.approx((0, 0), abs=1e-7)
    wide, narrow = Difference(one, two).envelope(), Difference(one, two, correlation=0.5).envelope()
    assert narrow[1] - narrow[0] == pytest.approx((wide[1] - wide[0]) * math.sqrt(0.5))


def test_a_side_from_answers_meets_a_side_from_print():
    """Witness: Wilson's limits of n* = p (1 - p) / variance = 25, by intervals.limits of 10/25."""
    (l1, u1), (l2, u2) = score_limits(12, 60), score_limits(10, 25)
    low, high = Difference(counted(12, 60), estimated(0.4, 0.24 / 25, 300, math.inf)).envelope()
    assert low == pytest.approx(0.2 - math.hypot(0.4 - l2, u1 - 0.2))
    assert high == pytest.approx(0.2 + math.hypot(u2 - 0.4, 0.2 - l1))


def test_a_difference_of_means_has_the_root_of_both_squared_errors():
    """Witness: by hand, errors 0.3 and 0.4 make 0.5; R: qt(0.975, 20) is 2.085963447265837."""
    one, two = (Mean(np.array([at]), np.array([error]), 20) for at, error in ((4, 0.3), (6, 0.4)))
    assert Difference(one, two).envelope() == pytest.approx(
        (2 - 0.5 * 2.085963447, 2 + 0.5 * 2.085963447)
    )
    # R: 2 * pt(-4, 20)
    assert Difference(one, two).largest_p() == pytest.approx(0.000703523293, rel=1e-8)


def test_the_design_effect_that_undoes_a_change_is_the_one_at_which_its_interval_touches_nought():
    change = Difference(counted(142, 1703, clustered=True), counted(48, 400))
    deff = change.deff_undone(0.05)
    assert deff > 1
    assert change.widened(deff).envelope()[0] == pytest.approx(0, abs=1e-9)
    assert change.widened(deff * 0.99).envelope()[0] > 0


def test_a_change_that_is_none_is_undone_already_and_one_that_stands_at_ten_by_nothing():
    none = Difference(counted(20, 60, clustered=True), counted(12, 30))
    assert none.deff_undone(0.05) == 1
    far = Difference(*(counted(one, 1000, clustered=True) for one in (10, 990)))
    assert math.isnan(far.deff_undone(0.05))


def test_adjusted_p_agree_with_r():
    """Witness: R 4.2.2, p.adjust(method = "holm"), in tests/reference/differences.csv."""
    rows = REFERENCE.loc["holm"]
    np.testing.assert_allclose(holm(rows["level"]), rows["p"], rtol=1e-12)


def test_a_row_without_a_test_is_no_look():
    """Witness: by hand, two tests: 0.01 doubles and 0.04 stays."""
    np.testing.assert_allclose(holm([0.01, np.nan, 0.04]), [0.02, np.nan, 0.04])
    assert np.isnan(holm([np.nan])).all()


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.sampled_from([1e-6, 0.001, 0.004, 0.01, 0.02, 0.03, 0.2, 1.0]), max_size=9),
    st.floats(1e-5, 0.06),
)
def test_the_threshold_is_where_holms_adjusted_p_crosses_alpha(others, p):
    """Witness: Holm's adjustment of the whole family."""
    threshold = holm_threshold(others, 0.05)
    if abs(p - threshold) > 1e-9:
        assert (holm([p, *others])[0] <= 0.05) == (p < threshold)


@pytest.mark.parametrize(("count", "base"), [(0, 0), (3, 2), (-1, 5)])
def test_a_share_that_cannot_be_is_refused(count, base):
    with pytest.raises(ValueError, match="count"):
        counted(count, base)


def test_a_level_outside_0_to_1_is_refused():
    with pytest.raises(ValueError, match="level"):
        Difference(counted(1, 2), counted(1, 2)).envelope(95)
