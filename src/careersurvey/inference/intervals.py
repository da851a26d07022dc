"""Confidence limits of a share, and p for many looks: numbers in, numbers out."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

METHODS = ("wilson", "beta", "jeffreys", "agresti_coull")
DESIGN_METHODS = ("logit", "wilson", "beta", "beta_truncated", "mean")


def limits(
    count: ArrayLike, base: ArrayLike, level: float = 0.95, method: str = "wilson"
) -> tuple[np.ndarray, np.ndarray]:
    """Limits of a share of which `count` of `base` were seen.

    The share is that of an unlimited population from which the base is a simple random sample.

    Parameters
    ----------
    count, base : array_like of int
        How many had the category and of how many, 0 <= count <= base, base > 0. They broadcast.
    level : float
        Confidence level, between 0 and 1.
    method : {'wilson', 'beta', 'jeffreys', 'agresti_coull'}
        ``wilson`` inverts the score test (Wilson 1927). ``beta`` is Clopper and Pearson's (1934),
        never below its level. ``jeffreys`` has the quantiles of the posterior under the prior
        Beta(1/2, 1/2), with 0 below when nobody was counted and 1 above when all were (Brown, Cai
        and DasGupta 2001, section 3.1.3). ``agresti_coull`` (1998) adds half the squared normal
        quantile to both outcomes, and is cut at 0 and 1.

    Returns
    -------
    low, high : ndarray of float
        Limits between 0 and 1, in the broadcast shape.

    Raises
    ------
    ValueError
        A base of 0, a count below 0 or above its base, a level outside 0 to 1, or a method that
        is none of these.
    """
    count, base = _counted(count, base)
    _require_level(level)
    if method not in METHODS:
        raise ValueError(f"method {method!r} is not one of {', '.join(METHODS)}")
    if method == "wilson":
        # Here rather than in statsmodels, whose import takes longer than all work on a record.
        low, high = wilson(count / base, NormalDist().inv_cdf((1 + level) / 2) / np.sqrt(base))
    else:
        from statsmodels.stats.proportion import proportion_confint

        low, high = proportion_confint(count, base, alpha=1 - level, method=method)
    if method == "agresti_coull":
        return low, high
    return np.where(count == 0, 0.0, low), np.where(count == base, 1.0, high)


def wilson(share: np.ndarray, spread: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's limits (1927), `spread` being the quantile over the root of the (effective) base.

    With v = spread^2 / (1 + spread^2) they are (1 - v) share + v / 2 -+
    sqrt(v (1 - v) share (1 - share) + v^2 / 4), which no quantile is too large for.
    """
    square = np.square(np.minimum(spread, 1e150))
    rest = 1 / (1 + square)
    pull = square * rest
    centre = rest * share + pull / 2
    reach = np.sqrt(pull * rest * share * (1 - share) + pull**2 / 4)
    low, high = centre - reach, centre + reach
    return np.where(share == 0, 0.0, low), np.where(share == 1, 1.0, high)


def population_limits(
    count: ArrayLike, base: ArrayLike, population: ArrayLike, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Limits of how many of a known population have what `count` of a sample of `base` have.

    The hypergeometric counterpart of Clopper and Pearson's limits (Wright 1991, *Exact Confidence
    Bounds when Sampling from Small Finite Universes*): every number in the population under which
    a sample drawn without replacement would show so many, or so few, with a probability above
    half of 1 - level.

    Parameters
    ----------
    count, base, population : array_like of int
        0 <= count <= base <= population, base > 0. They broadcast.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    low, high : ndarray of int
        Numbers of the population, both ends included. A base that is the whole population gives
        the count itself, twice.

    Raises
    ------
    ValueError
        As `limits`, and a population below its base.
    """
    count, base = _counted(count, base)
    _require_level(level)
    count, base, population = np.broadcast_arrays(count, base, np.asarray(population, dtype=int))
    if (population < base).any():
        raise ValueError("a population is below its base")
    low = _least_plausible(count, base, population, (1 - level) / 2)
    high = population - _least_plausible(base - count, base, population, (1 - level) / 2)
    return low, high


def envelope(
    count_low: ArrayLike,
    count_high: ArrayLike,
    base_low: ArrayLike,
    base_high: ArrayLike,
    level: float = 0.95,
    method: str = "wilson",
    population: ArrayLike | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest limit over every count and base that a reading allows.

    Limits rise with the count and fall as the base grows round the same count, so the least low
    limit belongs to the least count on the greatest base, and the greatest high limit to the
    greatest count on the least base that holds it.

    Parameters
    ----------
    count_low, count_high, base_low, base_high : array_like of int
        Both ends included. A count above its base is no pair and is passed over.
    level, method
        As `limits`.
    population : array_like of int, optional
        Where it is given, the limits are those of `population_limits` as shares of the
        population, and `method` is not used.

    Returns
    -------
    low, high : ndarray of float
        Shares between 0 and 1.

    Raises
    ------
    ValueError
        Ends that are the wrong way round, no count that fits in a base, or as `limits`.
    """
    ends = (np.asarray(end, dtype=float) for end in (count_low, count_high, base_low, base_high))
    count_low, count_high, base_low, base_high = np.broadcast_arrays(*ends)
    if (count_low > count_high).any() or (base_low > base_high).any():
        raise ValueError("the low end of a reading is above its high end")
    greatest = np.minimum(count_high, base_high)
    smallest = np.maximum(base_low, greatest)
    if population is None:
        low = limits(count_low, base_high, level, method)[0]
        return low, limits(greatest, smallest, level, method)[1]
    low = population_limits(count_low, base_high, population, level)[0]
    high = population_limits(greatest, smallest, population, level)[1]
    return low / np.asarray(population), high / np.asarray(population)


def design_limits(
    share: ArrayLike,
    variance: ArrayLike,
    base: ArrayLike,
    degrees: ArrayLike,
    level: float = 0.95,
    method: str = "logit",
) -> tuple[np.ndarray, np.ndarray]:
    """Limits of a share that was estimated under a sampling design.

    Parameters
    ----------
    share, variance : array_like of float
        The estimate and its variance by design. They broadcast with the rest.
    base, degrees : array_like of int
        Respondents in the base, unweighted, and the design's degrees of freedom there.
    level : float
        Confidence level, between 0 and 1.
    method : {'logit', 'wilson', 'beta', 'beta_truncated', 'mean'}
        With t the quantile of Student's distribution on `degrees` and n* = share (1 - share) /
        variance: ``logit`` is symmetric on the scale of log odds, R's
        ``svyciprop(method = "xlogit")``; ``wilson`` is Wilson's interval with n* for the base and
        t for the normal quantile, as R's from `survey` 4.5; ``beta`` is Korn and Graubard's
        (1998): Clopper and Pearson's with n* times the squared ratio of t on base - 1 to t;
        ``beta_truncated`` does not let that exceed the base, as the NCHS applies it (Parker
        and others 2017); ``mean`` is share -+ t standard errors and may leave 0 to 1.

    Returns
    -------
    low, high : ndarray of float
        At a share of 0 or 1 the variance is 0 and the limits are those of ``limits(method =
        "beta")`` on the base, whatever the method (Parker and others 2017). ``NaN`` without
        degrees of freedom.

    Raises
    ------
    ValueError
        A level outside 0 to 1, or a method that is none of these.
    """
    _require_level(level)
    if method not in DESIGN_METHODS:
        raise ValueError(f"method {method!r} is not one of {', '.join(DESIGN_METHODS)}")
    from scipy.special import stdtrit

    given = (np.asarray(part, dtype=float) for part in (share, variance, base, degrees))
    share, variance, base, degrees = np.broadcast_arrays(*given)
    with np.errstate(invalid="ignore", divide="ignore"):
        quantile = np.where(degrees > 0, stdtrit(np.maximum(degrees, 1), (1 + level) / 2), np.nan)
        if method.startswith("beta"):
            low, high = _korn_graubard(share, variance, base, quantile, level, method)
        else:
            low, high = _BY_DESIGN[method](share, variance, quantile)
    return _exact_at_the_ends(share, base, level, low, high)


def _logit(share: np.ndarray, variance: np.ndarray, quantile: np.ndarray) -> tuple:
    from scipy.special import expit, logit

    reach = quantile * np.sqrt(variance) / (share * (1 - share))
    return expit(logit(share) - reach), expit(logit(share) + reach)


def _wilson(share: np.ndarray, variance: np.ndarray, quantile: np.ndarray) -> tuple:
    return wilson(share, quantile * np.sqrt(variance / (share * (1 - share))))


def _symmetric(share: np.ndarray, variance: np.ndarray, quantile: np.ndarray) -> tuple:
    reach = quantile * np.sqrt(variance)
    return share - reach, share + reach


_BY_DESIGN = {"logit": _logit, "wilson": _wilson, "mean": _symmetric}


def _korn_graubard(
    share: np.ndarray,
    variance: np.ndarray,
    base: np.ndarray,
    quantile: np.ndarray,
    level: float,
    method: str,
) -> tuple[np.ndarray, np.ndarray]:
    from scipy.special import betaincinv, stdtrit

    free = stdtrit(np.maximum(base - 1, 1), (1 + level) / 2)
    effective = share * (1 - share) / variance * (free / quantile) ** 2
    if method == "beta_truncated":
        effective = np.minimum(effective, base)
    inner = np.isfinite(effective) & (effective > 0)
    size = np.where(inner, effective, 1.0)
    yes, no = size * share, size * (1 - share)
    tail = (1 - level) / 2
    low = np.where(inner, betaincinv(yes, no + 1, tail), np.nan)
    high = np.where(inner, betaincinv(yes + 1, no, 1 - tail), np.nan)
    certain = (variance == 0) & np.isinf(effective)
    return np.where(certain, share, low), np.where(certain, share, high)


def _exact_at_the_ends(
    share: np.ndarray, base: np.ndarray, level: float, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    ends = ((share == 0) | (share == 1)) & (base > 0)
    if not ends.any():
        return low, high
    exact = limits(np.where(share[ends] == 1, base[ends], 0), base[ends], level, "beta")
    low, high = np.array(low), np.array(high)
    low[ends], high[ends] = exact
    return low, high


def _counted(count: ArrayLike, base: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    given = np.broadcast_arrays(np.asarray(count, dtype=float), np.asarray(base, dtype=float))
    count, base = given
    if not (np.isfinite(count).all() and np.isfinite(base).all()):
        raise ValueError("a count or its base is missing")
    if (base <= 0).any():
        raise ValueError("a share needs a base of at least 1")
    if (count < 0).any() or (count > base).any():
        raise ValueError("a count is below 0 or above its base")
    if (count % 1).any() or (base % 1).any():
        raise ValueError("counts and bases are whole numbers")
    return count.astype(int), base.astype(int)


def _require_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level {level} is not between 0 and 1")


def _least_plausible(
    count: np.ndarray, base: np.ndarray, population: np.ndarray, tail: float
) -> np.ndarray:
    """Least number of the population with P(at least `count` in the sample) above `tail`."""
    from scipy.stats import hypergeom

    low, high = count.copy(), population - (base - count)
    while (low < high).any():
        middle = (low + high) // 2
        plausible = hypergeom.sf(count - 1, population, middle, base) > tail
        low, high = np.where(plausible, low, middle + 1), np.where(plausible, middle, high)
        low = np.minimum(low, high)
    return low


def holm(p: ArrayLike) -> np.ndarray:
    """Adjust p for having looked more than once, after Holm (1979); as R's ``p.adjust``.

    Parameters
    ----------
    p : array_like of float
        NaN where no test was made; such a place is no look and stays NaN.

    Returns
    -------
    ndarray of float
    """
    p = np.asarray(p, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
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
