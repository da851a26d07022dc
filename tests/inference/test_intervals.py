"""Limits of a counted share against R and against published tables."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careersurvey.inference.intervals import METHODS, envelope, limits, population_limits

REFERENCE = Path(__file__).parents[1] / "reference" / "intervals.csv"


def reference(method):
    table = pd.read_csv(REFERENCE, comment="#")
    return table[table["method"] == method]


@pytest.mark.parametrize("method", METHODS)
def test_limits_agree_with_r(method):
    """Witness: tests/reference/intervals.R (R 4.2.2, its version in the first line of the CSV)."""
    rows = reference(method)
    assert len(rows) == 36
    for level, part in rows.groupby("level"):
        low, high = limits(part["count"], part["base"], level, method)
        np.testing.assert_allclose(low, part["low"], rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(high, part["high"], rtol=1e-9, atol=1e-14)


def test_population_limits_agree_with_phyper_tried_on_every_number():
    """Witness: tests/reference/intervals.R, which tries all K from 0 to N."""
    rows = reference("hypergeometric")
    assert len(rows) == 24
    for level, part in rows.groupby("level"):
        low, high = population_limits(part["count"], part["base"], part["population"], level)
        assert low.tolist() == part["low"].tolist()
        assert high.tolist() == part["high"].tolist()


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


@pytest.mark.parametrize(
    ("count", "base"), [(0, 0), (3, 2), (-1, 5), (2.5, 5), (np.nan, 5), (1, np.inf)]
)
def test_a_share_that_cannot_be_is_refused(count, base):
    with pytest.raises(ValueError, match=r"base|count"):
        limits(count, base)


@pytest.mark.parametrize("level", [0, 1, 95, -0.1])
def test_a_level_outside_0_to_1_is_refused(level):
    with pytest.raises(ValueError, match="level"):
        limits(1, 2, level)


def test_an_unknown_method_is_refused_with_the_ones_there_are():
    with pytest.raises(ValueError, match="wilson, beta, jeffreys, agresti_coull"):
        limits(1, 2, 0.95, "wald")


def test_a_whole_population_leaves_no_doubt():
    low, high = population_limits(12, 60, 60)
    assert (low, high) == (12, 12)


def test_a_population_below_its_sample_is_refused():
    with pytest.raises(ValueError, match="population"):
        population_limits(3, 10, 9)


def test_a_large_population_gives_clopper_and_pearsons_limits():
    """Witness: the hypergeometric tends to the binomial; one part in 10,000 remains."""
    low, high = population_limits(12, 60, 1_000_000)
    np.testing.assert_allclose(
        np.array([low, high]) / 1e6, limits(12, 60, method="beta"), atol=1e-4
    )


@given(
    method=st.sampled_from(METHODS),
    counts=st.tuples(st.integers(0, 30), st.integers(0, 12)),
    bases=st.tuples(st.integers(1, 30), st.integers(0, 12)),
)
def test_the_envelope_is_the_widest_over_every_pair(method, counts, bases):
    """Witness: every pair tried one by one."""
    count = (counts[0], sum(counts))
    base = (max(bases[0], counts[0]), max(bases[0], counts[0]) + bases[1])
    pairs = [
        (x, n)
        for x, n in product(range(count[0], count[1] + 1), range(base[0], base[1] + 1))
        if x <= n
    ]
    low, high = limits(*zip(*pairs, strict=True), 0.95, method)
    found = envelope(*count, *base, 0.95, method)
    np.testing.assert_allclose(found, (low.min(), high.max()), rtol=1e-12, atol=1e-15)


def test_the_envelope_of_a_known_population_is_the_widest_over_every_pair():
    """Witness: every pair tried one by one."""
    pairs = list(product(range(14, 18), range(55, 61)))
    low, high = population_limits(*zip(*pairs, strict=True), 200)
    assert envelope(14, 17, 55, 60, population=200) == (low.min() / 200, high.max() / 200)


def test_a_vague_reading_has_a_wider_interval_than_any_of_its_counts():
    low, high = envelope(14, 17, 60, 60)
    assert low == limits(14, 60)[0]
    assert high == limits(17, 60)[1]


def test_a_reading_that_is_the_wrong_way_round_is_refused():
    with pytest.raises(ValueError, match="above its high end"):
        envelope(17, 14, 60, 60)
