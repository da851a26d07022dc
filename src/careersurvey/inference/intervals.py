"""Confidence limits of a share or an estimate, and p for many looks: numbers in, numbers out."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from careersurvey.errors import QuestionError

METHODS = ("wilson", "beta", "beta_truncated", "jeffreys", "agresti_coull")
DESIGN_METHODS = ("logit", "wilson", "beta", "beta_truncated", "mean")

Limits = tuple[np.ndarray, np.ndarray]


def limits(
    count: ArrayLike, base: ArrayLike, level: float = 0.95, method: str = "wilson"
) -> Limits:
    """Limits of a share of which `count` of `base` were seen, whole numbers that broadcast.

    ``wilson`` inverts the score test (Wilson 1927). ``beta`` is Clopper and Pearson's (1934), never
    below its level; ``beta_truncated``, which differs under a design alone, is the same.
    ``jeffreys`` has the quantiles of the posterior under the prior Beta(1/2, 1/2), with 0 below
    when nobody was counted and 1 above when all were (Brown, Cai and DasGupta 2001, section 3.1.3).
    ``agresti_coull`` (1998) adds half the squared normal quantile to both outcomes, and is cut at
    0 and 1.
    """
    count, base = (np.asarray(one, dtype=float) for one in (count, base))
    normal = -NormalDist().inv_cdf((1 - level) / 2)
    if method == "wilson":
        return wilson(count / base, normal / np.sqrt(base))
    if method == "agresti_coull":
        size = base + normal**2
        share = (count + normal**2 / 2) / size
        reach = normal * np.sqrt(share * (1 - share) / size)
        return np.clip(share - reach, 0, 1), np.clip(share + reach, 0, 1)
    added = (0.5, 0.5) if method == "jeffreys" else (0.0, 1.0)
    return _beta(count, base, (1 - level) / 2, *added)


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


def symmetric(estimate: ArrayLike, error: ArrayLike, degrees: ArrayLike, level: float) -> Limits:
    """Limits as far below an estimate as above: Student's t times its standard error."""
    reach = student(degrees, level) * np.asarray(error, dtype=float)
    return estimate - reach, estimate + reach


def student(degrees: ArrayLike, level: float) -> np.ndarray:
    """Quantile of Student's t that leaves (1 - level) / 2 above; ``NaN`` without degrees."""
    from scipy.special import stdtrit

    degrees = np.asarray(degrees, dtype=float)
    return np.where(degrees > 0, -stdtrit(np.maximum(degrees, 1), (1 - level) / 2), np.nan)


def design_limits(
    share: ArrayLike,
    variance: ArrayLike,
    base: ArrayLike,
    degrees: ArrayLike,
    level: float = 0.95,
    method: str = "logit",
) -> Limits:
    """Limits of a share that was estimated under a sampling design, with its variance by that.

    The base are its respondents, unweighted (over an assumed design effect, where there is one),
    with the design's degrees of freedom there. With t the quantile of Student's distribution and
    n* = share (1 - share) / variance: ``logit`` is symmetric on the scale of log odds, R's
    ``svyciprop(method = "xlogit")``; ``wilson`` is Wilson's interval with n* for the base and t for
    the normal quantile, as R's from `survey` 4.5; ``beta`` is Korn and Graubard's (1998): Clopper
    and Pearson's with n* times the squared ratio of t on base - 1 to t; ``beta_truncated`` does not
    let that exceed the base, as the NCHS applies it (Parker and others 2017); ``mean`` is share -+
    t standard errors and may leave 0 to 1.
    """
    from scipy.special import expit, logit

    given = (np.asarray(part, dtype=float) for part in (share, variance, base, degrees))
    share, variance, base, degrees = np.broadcast_arrays(*given)
    quantile = student(degrees, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        if method.startswith("beta"):
            effective = share * (1 - share) / variance
            effective = effective * (student(base - 1, level) / quantile) ** 2
            effective = np.minimum(effective, base) if method == "beta_truncated" else effective
            inner = np.isfinite(effective) & (effective > 0)
            size = np.where(inner, effective, 1.0)
            found = _beta(size * share, size, (1 - level) / 2)
            low, high = (np.where(inner, one, np.nan) for one in found)
        elif method == "wilson":
            low, high = wilson(share, quantile * np.sqrt(variance / (share * (1 - share))))
        elif method == "logit":
            reach = quantile * np.sqrt(variance) / (share * (1 - share))
            low, high = expit(logit(share) - reach), expit(logit(share) + reach)
        else:
            low, high = symmetric(share, np.sqrt(variance), degrees, level)
        fixed = (variance == 0) & (degrees > 0)
        low, high = np.where(fixed, share, low), np.where(fixed, share, high)
    ends = ((share == 0) | (share == 1)) & (base > 0)
    low[ends], high[ends] = _beta((share * base)[ends], base[ends], (1 - level) / 2)
    return low, high


def holm(p: ArrayLike) -> np.ndarray:
    """Adjust p for having looked more than once, after Holm (1979); as R's ``p.adjust``."""
    p = np.asarray(p, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def holm_threshold(others: ArrayLike, alpha: float) -> float:
    """Greatest p that Holm's rule still calls a finding at `alpha`, the other p as given."""
    others = np.asarray(others, dtype=float)
    ordered = np.sort(others[~np.isnan(others)])
    steps = alpha / np.arange(len(ordered) + 1, 0, -1)
    passed = np.cumprod(ordered <= steps[:-1]).sum()
    return float(steps[passed])


def _beta(
    count: np.ndarray, base: np.ndarray, tail: float, less: float = 0.0, more: float = 1.0
) -> Limits:
    """Quantiles of Beta; with nothing and 1 added to the outcomes, Clopper and Pearson's."""
    from scipy.special import betaincinv

    rest = base - count
    low = betaincinv(count + less, rest + more, tail)
    high = betaincinv(count + more, rest + less, 1 - tail)
    return np.where(count == 0, 0.0, low), np.where(rest == 0, 1.0, high)


def require_level(level: float) -> None:
    """Refuse a confidence level that is none."""
    if not 0 < level < 1:
        raise QuestionError(
            f"{level:g} is no confidence level.", expected="a number between 0 and 1, such as 0.95"
        )
