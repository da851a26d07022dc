"""Limits of a counted share against R and against published tables."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from careersurvey.inference.intervals import METHODS, limits, student

REFERENCE = Path(__file__).parents[1] / "reference" / "intervals.csv"


def reference(method):
    table = pd.read_csv(REFERENCE, comment="#")
    return table[table["method"] == method]


@pytest.mark.parametrize("method", [one for one in METHODS if one != "beta_truncated"])
def test_limits_agree_with_r(method):
    """Witness: tests/reference/intervals.R (R 4.2.2, its version in the first line of the CSV)."""
    rows = reference(method)
    assert len(rows) == 36
    for level, part in rows.groupby("level"):
        low, high = limits(part["count"], part["base"], level, method)
        np.testing.assert_allclose(low, part["low"], rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(high, part["high"], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("level", [0.9999999999999999, 1 - 2**-53, 1 - 2**-30])
def test_a_level_next_to_one_has_limits(level):
    """By hand: Wilson's are where the score is the quantile; that is scipy's, of the tail."""
    ends, z = np.array(limits(45, 60, level, "wilson")), norm.isf((1 - level) / 2)
    score = np.abs(ends - 45 / 60) / np.sqrt(ends * (1 - ends) / 60)
    np.testing.assert_allclose(score, z, rtol=1e-12)
    assert np.isfinite(student(5, level))


@pytest.mark.parametrize(
    ("method", "count", "base", "low", "high"),
    [
        # Witness: Newcombe (1998), Statistics in Medicine 17, 857-872, Table I.
        ("wilson", 81, 263, 0.2553, 0.3662),
        ("wilson", 15, 148, 0.0624, 0.1605),
        ("wilson", 0, 20, 0.0000, 0.1611),
        ("wilson", 1, 29, 0.0061, 0.1718),
        ("beta", 81, 263, 0.2527, 0.3676),
        ("beta", 15, 148, 0.0578, 0.1617),
        ("beta", 0, 20, 0.0000, 0.1684),
        ("beta", 1, 29, 0.0009, 0.1776),
    ],
)
def test_limits_are_the_published_ones(method, count, base, low, high):
    assert np.round(limits(count, base, 0.95, method), 4).tolist() == [low, high]


@pytest.mark.parametrize("method", METHODS)
def test_limits_exist_where_nobody_or_everybody_was_counted(method):
    low, high = limits([0, 60], [60, 60], 0.95, method)
    assert low[0] == 0
    assert high[1] == 1
    assert 0 < high[0] < 0.1
    # Exchanging the two outcomes turns the interval over.
    np.testing.assert_allclose([low[1], high[1]], [1 - high[0], 1 - low[0]], rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_every_count_lies_within_its_limits(method):
    base = 40
    count = np.arange(base + 1)
    low, high = limits(count, base, 0.95, method)
    assert (low <= count / base).all()
    assert (count / base <= high).all()


def test_a_count_has_nothing_to_truncate():
    """Without a design the effective base is the base, so that both are Clopper and Pearson's."""
    np.testing.assert_array_equal(limits(7, 60, 0.9, "beta_truncated"), limits(7, 60, 0.9, "beta"))
