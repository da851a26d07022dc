"""Differences of two shares by square-and-add, and the p that inverts it: numbers in, numbers out.

A side is a set of shares that it may be, each with limits at any level. A share counted on a base
has Wilson's limits; a share estimated under a design has its design-based ones. Square-and-add
joins whichever two there are, so that print and answers meet in one formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

Limits = Callable[[float], tuple[np.ndarray, np.ndarray]]

_LEAST_P = 1e-299  # about the least number that floating point holds
_LEAST_LEVEL = 1e-12  # nearer to 1, a level is no longer told from 1
_GREATEST_DEFF = 1e6
_PAIRS_TRIED_WHOLE = 250_000


@dataclass(frozen=True)
class Side:
    """Everything that one side's share may be.

    Attributes
    ----------
    share : ndarray of float, (readings,)
        One share for every whole count and base that a wording allows; one share from answers.
    limits : callable
        From alpha, 1 less the confidence level, to the limits of each of these shares.
    extreme : ndarray of bool, (readings,)
        Whether a share is the least or the greatest on its base. At a fixed base Wilson's limits
        rise with the count at a rate between 0 and 2, so both limits of a difference rise with it
        too and can be widest at such a share only.
    least_p : float
        The least alpha at which the limits are exact; no smaller p is given.
    """

    share: np.ndarray
    limits: Limits
    extreme: np.ndarray
    least_p: float = _LEAST_P


def counted(count: ArrayLike, base: ArrayLike, deff: float = 1.0) -> Side:
    """Side of a share that was counted: Wilson's limits (1927), one for every pair given.

    Parameters
    ----------
    count, base : array_like of int
        Every count and base that the wording allows; 0 <= count <= base, base > 0.
    deff : float
        Design effect that the base is divided by; 1 takes it for a simple random sample.

    Raises
    ------
    ValueError
        A base of 0, or a count below 0 or above its base.
    """
    count, base = np.broadcast_arrays(np.atleast_1d(count), np.atleast_1d(base))
    if (base <= 0).any() or (count < 0).any() or (count > base).any():
        raise ValueError("a count is below 0 or above its base")
    share, effective = count / base, base / deff
    return Side(share, lambda alpha: score_limits(share, effective, alpha), _ends(count, base))


def estimated(share: float, limits: Callable[[float], tuple[float, float]]) -> Side:
    """Side of one estimate whose limits are known at any alpha down to 1e-12."""

    def as_arrays(alpha: float) -> tuple[np.ndarray, np.ndarray]:
        low, high = limits(alpha)
        return np.array([low], dtype=float), np.array([high], dtype=float)

    return Side(np.array([share], dtype=float), as_arrays, np.array([True]), _LEAST_LEVEL)


def score_limits(
    share: np.ndarray, base: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's limits of a share on a base that need not be whole.

    The same limits as ``intervals.limits(..., method="wilson")`` where the base is whole. Taking
    alpha and not the level keeps tails that are nearer to 0 than 1 - level can be.
    """
    from scipy.special import ndtri

    z2 = ndtri(alpha / 2) ** 2
    middle = (share + z2 / (2 * base)) / (1 + z2 / base)
    half = np.sqrt(z2 * (share * (1 - share) / base + z2 / (4 * base**2))) / (1 + z2 / base)
    low = np.where(share == 0, 0.0, middle - half)
    return low, np.where(share == 1, 1.0, middle + half)


def difference_limits(
    baseline: Side, cohort: Side, alpha: float, correlation: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differences, cohort less baseline, and their square-and-add limits, one for every pair.

    With l, u the limits of each share, L = d - sqrt((p2 - l2)^2 + (u1 - p1)^2) and
    U = d + sqrt((u2 - p2)^2 + (p1 - l1)^2): for two counts with Wilson's limits, Newcombe's
    hybrid score interval (1998, *Statistics in Medicine* 17, 873-890, method 10). Sides that are
    correlated lose 2 r times the product of the two distances (Zou 2007, *Psychological Methods*
    12, 399-413).

    Parameters
    ----------
    baseline, cohort : Side
        With j and k readings.
    alpha : float
        1 less the confidence level.
    correlation : float
        Of the two estimates; 0 for independent samples.

    Returns
    -------
    difference, low, high : ndarray of float, (pairs,)
        Every one of the j x k pairs where they are few, else those at which the limits, or the
        least of the differences, can stand.
    """
    one, two = _pairs(baseline, cohort)
    p1, (l1, u1) = baseline.share[one], (end[one] for end in baseline.limits(alpha))
    p2, (l2, u2) = cohort.share[two], (end[two] for end in cohort.limits(alpha))
    difference = p2 - p1
    low = difference - _root_of_squares(p2 - l2, u1 - p1, correlation)
    return difference, low, difference + _root_of_squares(u2 - p2, p1 - l1, correlation)


def envelope(
    baseline: Side, cohort: Side, level: float = 0.95, correlation: float = 0.0
) -> tuple[float, float]:
    """Least and greatest limit of the difference over every pair of readings.

    Raises
    ------
    ValueError
        A level outside 0 to 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level {level} is not between 0 and 1")
    _, low, high = difference_limits(baseline, cohort, 1 - level, correlation)
    return float(low.min()), float(high.max())


def largest_p(baseline: Side, cohort: Side, correlation: float = 0.0) -> float:
    """Largest p over every pair of readings: the alpha at which an interval last reaches 0.

    An interval of square-and-add grows with its level, so it reaches 0 up to one alpha and not
    beyond, and that alpha is the p of the test that the interval inverts.
    """
    return _alpha_at_nought(baseline, cohort, correlation, np.max)


def smallest_p(baseline: Side, cohort: Side, correlation: float = 0.0) -> float:
    """Smallest p over every pair of readings."""
    return _alpha_at_nought(baseline, cohort, correlation, np.min)


def directions(
    baseline: Side, cohort: Side, alpha: float, correlation: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Which way each pair of readings differs at 1 - alpha, and by how much.

    Returns
    -------
    direction : ndarray of int, (pairs,)
        1 where the interval lies above 0, -1 where it lies below, 0 where it holds 0.
    difference : ndarray of float, (pairs,)
    """
    difference, low, high = difference_limits(baseline, cohort, alpha, correlation)
    return (low > 0).astype(int) - (high < 0).astype(int), difference


def flipping_deff(sides: Callable[[float], tuple[Side, Side]], alpha: float) -> float:
    """Least design effect at which some reading's interval at 1 - alpha would hold 0.

    Parameters
    ----------
    sides : callable
        From a design effect to the two sides, baseline first.
    alpha : float
        1 less the confidence level.

    Returns
    -------
    float
        1 where one already does, infinite where even a base of next to nobody would not.
    """
    from scipy.optimize import brentq

    def reach(log_deff: float) -> float:
        return float(_reach(*sides(math.exp(log_deff)), alpha, 0.0).max())

    if reach(0.0) >= 0:
        return 1.0
    most = math.log(_GREATEST_DEFF)
    return math.inf if reach(most) < 0 else math.exp(brentq(reach, 0.0, most, xtol=1e-10))


def _reach(baseline: Side, cohort: Side, alpha: float, correlation: float) -> np.ndarray:
    """How far each pair's interval reaches past 0; below 0 where it does not hold 0."""
    _, low, high = difference_limits(baseline, cohort, alpha, correlation)
    return np.minimum(high, -low)


def _alpha_at_nought(
    baseline: Side, cohort: Side, correlation: float, of_pairs: Callable[[np.ndarray], float]
) -> float:
    from scipy.optimize import brentq

    least = max(baseline.least_p, cohort.least_p)

    def reach(log_alpha: float) -> float:
        alpha = min(max(math.exp(log_alpha), least), 1 - _LEAST_LEVEL)
        return float(of_pairs(_reach(baseline, cohort, alpha, correlation)))

    if reach(0.0) >= 0:
        return 1.0
    if reach(math.log(least)) < 0:
        return least
    return math.exp(brentq(reach, math.log(least), 0.0, xtol=1e-12))


def _root_of_squares(a: np.ndarray, b: np.ndarray, correlation: float) -> np.ndarray:
    return np.sqrt(np.maximum(a**2 + b**2 - 2 * correlation * a * b, 0))


def _ends(count: np.ndarray, base: np.ndarray) -> np.ndarray:
    bases, place = np.unique(base, return_inverse=True)
    least, most = np.full(len(bases), np.inf), np.full(len(bases), -np.inf)
    np.minimum.at(least, place, count)
    np.maximum.at(most, place, count)
    return (count == least[place]) | (count == most[place])


def _pairs(baseline: Side, cohort: Side) -> tuple[np.ndarray, np.ndarray]:
    """Number the pairs of readings to try: all of them, or the extremes and the nearest."""
    sizes = len(baseline.share), len(cohort.share)
    if sizes[0] * sizes[1] <= _PAIRS_TRIED_WHOLE:
        return tuple(grid.ravel() for grid in np.indices(sizes))
    extremes = np.flatnonzero(baseline.extreme), np.flatnonzero(cohort.extreme)
    one, two = (grid.ravel() for grid in np.meshgrid(*extremes, indexing="ij"))
    order = np.argsort(baseline.share, kind="stable")
    after = np.searchsorted(baseline.share[order], cohort.share)
    beside = [order[(after - step).clip(0, sizes[0] - 1)] for step in (0, 1)]
    everyone = np.arange(sizes[1])
    return np.concatenate([one, *beside]), np.concatenate([two, everyone, everyone])


def adjust(p: ArrayLike, method: str = "holm") -> np.ndarray:
    """Adjust p for having looked more than once; where there is none, there is none after.

    Parameters
    ----------
    p : array_like of float
        NaN where no test was made; such places do not count as a look.
    method : {'holm', 'fdr_bh'}
        Holm (1979) keeps the chance of any false finding; Benjamini and Hochberg (1995) the
        share of findings that are false. As R's ``p.adjust``, by statsmodels' ``multipletests``.

    Returns
    -------
    ndarray of float
    """
    from statsmodels.stats.multitest import multipletests

    p = np.asarray(p, dtype=float)
    tested = ~np.isnan(p)
    adjusted = np.full(p.shape, np.nan)
    if tested.any():
        adjusted[tested] = multipletests(p[tested], method=method)[1]
    return adjusted


def holm_threshold(others: ArrayLike, alpha: float) -> float:
    """Greatest p that Holm's rule still calls a finding at `alpha`, the other p standing as given.

    Parameters
    ----------
    others : array_like of float
        The p of every other test; NaN where none was made.
    alpha : float
        Chance of any false finding that is put up with.

    Returns
    -------
    float
        At most `alpha`, at least `alpha` over the number of tests.
    """
    others = np.asarray(others, dtype=float)
    ordered = np.sort(others[~np.isnan(others)])
    steps = alpha / np.arange(len(ordered) + 1, 0, -1)
    passed = np.cumprod(ordered <= steps[:-1]).sum()
    return float(steps[passed])
