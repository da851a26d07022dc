"""The difference of two shares, or of two means, and its p: numbers in, numbers out.

A share has Wilson's limits (1927) on its effective base, whether it was printed or answered, and
square-and-add joins two of them: of two counts the interval is Newcombe's hybrid score interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from careersurvey.inference.intervals import wilson

LEAST_P = 1e-100  # what is below is told as "below", for no interval is known so far out
GREATEST_DEFF = 10.0
_NEARLY_ONE = 1 - 1e-12
_PAIRS_TRIED_WHOLE = 250_000


@dataclass(frozen=True)
class Share:
    """Every share that one side may be: one a reading of print, one alone of answers.

    The effective base is ``base / deff``. ``deff`` is NaN where the sample shows none, at 0% and
    100%, and 0 where nobody was left unasked.
    """

    value: np.ndarray  # (readings,), 0 to 1
    base: np.ndarray  # (readings,), those whom each is a share of
    deff: np.ndarray  # (readings,), variance over value (1 - value) / base
    degrees: float = math.inf  # of Student's distribution; infinite for a count

    def limits(self, alpha: float, deff: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Wilson's limits at 1 - alpha; `deff` stands in where the sample shows none."""
        own = np.where(np.isnan(self.deff), deff, self.deff)
        return wilson(self.value, _quantile(self.degrees, alpha) * np.sqrt(own / self.base))

    def widened(self, deff: float) -> Share:
        """The same with `deff` times its variance."""
        return replace(self, deff=self.deff * deff)


@dataclass(frozen=True)
class Mean:
    """A mean, ratio or total that was estimated: its limits lie as far above it as below."""

    value: np.ndarray  # (1,)
    std_error: np.ndarray  # (1,)
    degrees: float

    def limits(self, alpha: float, deff: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Limits by Student's distribution at 1 - alpha."""
        reach = _quantile(self.degrees, alpha) * self.std_error
        return self.value - reach, self.value + reach

    def widened(self, deff: float) -> Mean:
        """The same with `deff` times its variance."""
        return replace(self, std_error=self.std_error * math.sqrt(deff))


def counted(count: ArrayLike, base: ArrayLike, deff: float = 1.0) -> Share:
    """Share of every count and base that a wording allows."""
    count, base = np.broadcast_arrays(np.atleast_1d(count), np.atleast_1d(base))
    if (base <= 0).any() or (count < 0).any() or (count > base).any():
        raise ValueError("a count is below 0 or above its base")
    return Share(count / base, base.astype(float), np.full(base.shape, float(deff)))


def estimated(
    share: float, variance: float, base: float, degrees: float, *, census: bool = False
) -> Share:
    """Share that was estimated under a design, with its variance and degrees of freedom."""
    spread = share * (1 - share)
    unseen = 0.0 if census else math.nan
    deff = variance * base / spread if spread > 0 else unseen
    return Share(np.array([share]), np.array([float(base)]), np.array([deff]), degrees)


def limits(
    baseline: Share | Mean, cohort: Share | Mean, alpha: float, correlation: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differences, cohort less baseline, and their square-and-add limits, one for every pair.

    With l, u the limits of each side, L = d - sqrt((p2 - l2)^2 + (u1 - p1)^2) and
    U = d + sqrt((u2 - p2)^2 + (p1 - l1)^2): for two counts Newcombe's hybrid score interval
    (1998, *Statistics in Medicine* 17, 873-890, method 10). Sides that are correlated lose 2 r
    times the product of the two distances (Zou 2007, *Psychological Methods* 12, 399-413). At 0%
    and 100% the base is divided by the design effect of the share of both sides together.
    """
    one, two = _pairs(baseline, cohort)
    deff = pooled_deff(baseline, cohort)
    p1, (l1, u1) = baseline.value[one], (end[one] for end in baseline.limits(alpha, deff))
    p2, (l2, u2) = cohort.value[two], (end[two] for end in cohort.limits(alpha, deff))
    difference = p2 - p1
    low = difference - _root_of_squares(p2 - l2, u1 - p1, correlation)
    return difference, low, difference + _root_of_squares(u2 - p2, p1 - l1, correlation)


def pooled_deff(baseline: Share | Mean, cohort: Share | Mean) -> float:
    """Design effect of the share of both sides together; 1 where neither sample shows any."""
    shares = [side for side in (baseline, cohort) if isinstance(side, Share)]
    simple = [side.base * side.value * (1 - side.value) for side in shares]
    known = [np.nan_to_num(side.deff) * part for side, part in zip(shares, simple, strict=True)]
    total = sum(float(part.mean()) for part in simple)
    deff = sum(float(part.mean()) for part in known) / total if total > 0 else 1.0
    return deff or 1.0


def envelope(
    baseline: Share | Mean, cohort: Share | Mean, level: float = 0.95, correlation: float = 0.0
) -> tuple[float, float]:
    """Least and greatest limit of the difference over every pair of readings."""
    if not 0 < level < 1:
        raise ValueError(f"level {level} is not between 0 and 1")
    _, low, high = limits(baseline, cohort, 1 - level, correlation)
    return float(low.min()), float(high.max())


def largest_p(baseline: Share | Mean, cohort: Share | Mean, correlation: float = 0.0) -> float:
    """Largest p over every pair of readings: the alpha at which an interval last reaches 0.

    An interval grows with its level, so that this is the p of the test that it inverts.
    """
    from scipy.optimize import brentq

    def reach(log_alpha: float) -> float:
        alpha = min(max(math.exp(log_alpha), LEAST_P), _NEARLY_ONE)
        return _reach(baseline, cohort, alpha, correlation)

    if reach(0.0) >= 0:
        return 1.0
    if reach(math.log(LEAST_P)) < 0:
        return LEAST_P
    return math.exp(brentq(reach, math.log(LEAST_P), 0.0, xtol=1e-12))


def directions(
    baseline: Share | Mean, cohort: Share | Mean, alpha: float, correlation: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Which way each pair of readings differs at 1 - alpha, and by how much."""
    difference, low, high = limits(baseline, cohort, alpha, correlation)
    return (low > 0).astype(int) - (high < 0).astype(int), difference


def deff_undone(sides: Callable[[float], tuple[Share | Mean, Share | Mean]], alpha: float) -> float:
    """Least design effect at which some reading's interval at 1 - alpha would hold 0."""
    from scipy.optimize import brentq

    def reach(deff: float) -> float:
        return _reach(*sides(deff), alpha, 0.0)

    if reach(1.0) >= 0:
        return 1.0
    return math.nan if reach(GREATEST_DEFF) < 0 else brentq(reach, 1.0, GREATEST_DEFF, xtol=1e-10)


def _reach(baseline: Share | Mean, cohort: Share | Mean, alpha: float, correlation: float) -> float:
    """How far some pair's interval reaches past 0; below 0 where none holds 0."""
    _, low, high = limits(baseline, cohort, alpha, correlation)
    return float(np.minimum(high, -low).max())


def _quantile(degrees: float, alpha: float) -> float:
    from scipy.special import stdtrit

    return -float(stdtrit(degrees, alpha / 2))


def _root_of_squares(a: np.ndarray, b: np.ndarray, correlation: float) -> np.ndarray:
    return np.sqrt(np.maximum(a**2 + b**2 - 2 * correlation * a * b, 0))


def _pairs(baseline: Share | Mean, cohort: Share | Mean) -> tuple[np.ndarray, np.ndarray]:
    """Number the pairs of readings to try: all of them, or the extremes and the nearest.

    On one base Wilson's limits rise with the count at a rate between 0 and 2, so both limits of a
    difference rise with it too and are widest at the least or the greatest count.
    """
    sizes = len(baseline.value), len(cohort.value)
    if sizes[0] * sizes[1] <= _PAIRS_TRIED_WHOLE:
        one, two = np.indices(sizes)
        return one.ravel(), two.ravel()
    extremes = _extremes(baseline), _extremes(cohort)
    one, two = (grid.ravel() for grid in np.meshgrid(*extremes, indexing="ij"))
    order = np.argsort(baseline.value, kind="stable")
    after = np.searchsorted(baseline.value[order], cohort.value)
    beside = [order[(after - step).clip(0, sizes[0] - 1)] for step in (0, 1)]
    everyone = np.arange(sizes[1])
    return np.concatenate([one, *beside]), np.concatenate([two, everyone, everyone])


def _extremes(side: Share | Mean) -> np.ndarray:
    """Readings that are the least or the greatest on their base."""
    if isinstance(side, Mean):
        return np.arange(len(side.value))
    order = np.lexsort((side.value, side.base))
    turns = np.diff(side.base[order]) != 0
    return order[np.concatenate([[True], turns]) | np.concatenate([turns, [True]])]
