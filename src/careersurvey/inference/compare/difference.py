"""The difference of two shares, or of two means, and its p: numbers in, numbers out.

A share has Wilson's limits (1927), whether it was printed or answered, and
square-and-add joins two of them: of two counts the interval is Newcombe's hybrid score interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from careersurvey.inference.intervals import Limits, wilson

LEAST_P = 1e-100  # what is below is told as "below", for no interval is known so far out
GREATEST_DEFF = 10.0
_NEARLY_ONE = 1 - 1e-12
_PAIRS_TRIED_WHOLE = 250_000
_BETWEEN = 200


@dataclass(frozen=True)
class Share:
    """Every share that one side may be: one a reading of print, one alone of answers.

    Wilson's limits take ``base / deff`` for the base. ``deff`` is NaN where the sample shows none,
    at 0% and 100%, and 0 where nobody was left unasked.
    """

    value: np.ndarray  # (readings,), 0 to 1
    base: np.ndarray  # (readings,), those whom each is a share of
    deff: np.ndarray  # (readings,), variance over value (1 - value) / base
    degrees: float = math.inf  # of Student's distribution; infinite for a count
    clustered: bool = False  # whether they lie within units drawn, and print not how much alike

    def limits(self, alpha: float, deff: float = 1.0) -> Limits:
        """Wilson's limits at 1 - alpha; `deff` stands in where the sample shows none."""
        own = np.where(np.isnan(self.deff), deff, self.deff)
        return wilson(self.value, _quantile(self.degrees, alpha) * np.sqrt(own / self.base))

    def spread(self) -> tuple[float, float]:
        """Base of Wilson's limits and standard error; NaN of 0%, 100% or several readings."""
        if len(self.value) != 1:
            return math.nan, math.nan
        at, base, deff = (part.item() for part in (self.value, self.base, self.deff))
        worth = base / deff if deff > 0 else math.nan
        return worth, math.sqrt(at * (1 - at) / worth)


@dataclass(frozen=True)
class Mean:
    """A mean, ratio or total that was estimated: its limits lie as far above it as below."""

    value: np.ndarray  # (1,)
    std_error: np.ndarray  # (1,)
    degrees: float

    def limits(self, alpha: float, deff: float = 1.0) -> Limits:
        """Limits by Student's distribution at 1 - alpha."""
        reach = _quantile(self.degrees, alpha) * self.std_error
        return self.value - reach, self.value + reach

    def spread(self) -> tuple[float, float]:
        """No base of Wilson's limits, and the standard error."""
        return math.nan, self.std_error.item()


def counted(count: ArrayLike, base: ArrayLike, *, clustered: bool = False) -> Share:
    """Share of every count and base that a wording allows."""
    count, base = np.broadcast_arrays(np.atleast_1d(count), np.atleast_1d(base))
    if (base <= 0).any() or (count < 0).any() or (count > base).any():
        raise ValueError("a count is below 0 or above its base")
    return Share(count / base, base.astype(float), np.ones(base.shape), clustered=clustered)


def estimated(
    share: float, variance: float, base: float, degrees: float, *, census: bool = False
) -> Share:
    """Share that was estimated under a design, with its variance and degrees of freedom."""
    spread = share * (1 - share)
    unseen = 0.0 if census else math.nan
    deff = variance * base / spread if spread > 0 else unseen
    return Share(np.array([share]), np.array([float(base)]), np.array([deff]), degrees)


@dataclass(frozen=True)
class Difference:
    """What two sides differ by, the cohort's less the baseline's, in every pair of readings."""

    baseline: Share | Mean
    cohort: Share | Mean
    correlation: float = 0.0

    def limits(self, alpha: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Differences and their square-and-add limits at 1 - alpha, one for every pair.

        With l, u the limits of each side, L = d - sqrt((p2 - l2)^2 + (u1 - p1)^2) and
        U = d + sqrt((u2 - p2)^2 + (p1 - l1)^2): for two counts Newcombe's hybrid score interval
        (1998, *Statistics in Medicine* 17, 873-890, method 10). Sides that are correlated lose 2 r
        times the product of the two distances (Zou 2007, *Psychological Methods* 12, 399-413). At
        0% and 100% the base is divided by the design effect of the share of both sides together.
        """
        one, two = self._pairs
        p1, (l1, u1) = self.baseline.value, self.baseline.limits(alpha, self.pooled_deff)
        p2, (l2, u2) = self.cohort.value, self.cohort.limits(alpha, self.pooled_deff)
        difference = p2[two] - p1[one]
        low = difference - self._joined((p2 - l2)[two], (u1 - p1)[one])
        return difference, low, difference + self._joined((u2 - p2)[two], (p1 - l1)[one])

    def envelope(self, level: float = 0.95) -> tuple[float, float]:
        """Least and greatest limit over every pair of readings."""
        if not 0 < level < 1:
            raise ValueError(f"level {level} is not between 0 and 1")
        _, low, high = self.limits(1 - level)
        return float(low.min()), float(high.max())

    def directions(self, alpha: float) -> tuple[np.ndarray, np.ndarray]:
        """Which way each pair of readings differs at 1 - alpha, and by how much."""
        difference, low, high = self.limits(alpha)
        return (low > 0).astype(int) - (high < 0).astype(int), difference

    def largest_p(self) -> float:
        """Largest p over every pair: the alpha at which an interval last reaches 0."""
        from scipy.optimize import brentq

        def reach(log_alpha: float) -> float:
            return self._reach(min(max(math.exp(log_alpha), LEAST_P), _NEARLY_ONE))

        if reach(0.0) >= 0:
            return 1.0
        least = math.log(LEAST_P)
        return LEAST_P if reach(least) < 0 else math.exp(brentq(reach, least, 0.0, xtol=1e-12))

    def deff_undone(self, alpha: float) -> float:
        """Least design effect of what is clustered whose interval at 1 - alpha holds 0, or NaN."""
        from scipy.optimize import brentq

        def reach(deff: float) -> float:
            return self.widened(deff)._reach(alpha)

        if reach(1.0) >= 0:
            return 1.0
        holds = reach(GREATEST_DEFF) >= 0
        return brentq(reach, 1.0, GREATEST_DEFF, xtol=1e-10) if holds else math.nan

    def widened(self, deff: float) -> Difference:
        """The same with `deff` times the variance of each side that is clustered."""
        one, two = (_widened(side, deff) for side in (self.baseline, self.cohort))
        return Difference(one, two, self.correlation)

    @cached_property
    def pooled_deff(self) -> float:
        """Design effect of the share of both sides together; 1 where neither sample shows any."""
        simple = designed = 0.0
        for side in (self.baseline, self.cohort):
            if isinstance(side, Share):
                spread = side.base * side.value * (1 - side.value)
                simple += float(spread.mean())
                designed += float((np.nan_to_num(side.deff) * spread).mean())
        return (designed / simple if simple > 0 else 0.0) or 1.0

    def _joined(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Root of the squares of two distances, less what is in both."""
        return np.sqrt(np.maximum(a**2 + b**2 - 2 * self.correlation * a * b, 0))

    def _reach(self, alpha: float) -> float:
        """How far some pair's interval reaches past 0; below 0 where none holds 0."""
        _, low, high = self.limits(alpha)
        return float(np.minimum(high, -low).max())

    @cached_property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Number the pairs of readings to try: all of them, or extremes, nearest and some between.

        On one base Wilson's limits rise with the count at a rate between 0 and 2, so both limits
        of a difference rise with it too and are widest at the least or the greatest count. Those
        between tell at which difference, to a hundredth of what a side may be, a verdict turns.
        """
        one, two = self.baseline.value, self.cohort.value
        if len(one) * len(two) <= _PAIRS_TRIED_WHOLE:
            rows, columns = np.indices((len(one), len(two)))
            return rows.ravel(), columns.ravel()
        extremes = (_extremes(side) for side in (self.baseline, self.cohort))
        rows, columns = (grid.ravel() for grid in np.meshgrid(*extremes, indexing="ij"))
        order = np.argsort(one, kind="stable")
        after = np.searchsorted(one[order], two)
        beside = [order[(after - step).clip(0, len(one) - 1)] for step in (0, 1)]
        everyone = np.arange(len(two))
        return np.concatenate([rows, *beside]), np.concatenate([columns, everyone, everyone])


def _widened(side: Share | Mean, deff: float) -> Share | Mean:
    if isinstance(side, Share) and side.clustered:
        return replace(side, deff=side.deff * deff)
    return side


def _extremes(side: Share | Mean) -> np.ndarray:
    """Readings that are the least or the greatest on their base, and some evenly between them."""
    base = side.base if isinstance(side, Share) else np.ones(1)
    order = np.lexsort((side.value, base))
    turns = np.diff(base[order]) != 0
    ends = order[np.concatenate([[True], turns]) | np.concatenate([turns, [True]])]
    between = np.linspace(0, len(order) - 1, _BETWEEN).astype(int)
    return np.union1d(ends, np.argsort(side.value)[between])


def _quantile(degrees: float, alpha: float) -> float:
    from scipy.special import stdtrit

    return -float(stdtrit(degrees, alpha / 2))
