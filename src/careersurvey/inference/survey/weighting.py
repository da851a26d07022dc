"""Weights moved to known totals, and what the totals take from the error: numbers in, numbers out.

Post-stratification, raking, and linear and bounded calibration are one equation: weights d become
d F(x'l), with x what a respondent adds to each total and l such that the totals are met; F is what
the methods differ in (Deville and Särndal 1992, *JASA* 87, 376-382).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from careersurvey.errors import DesignError

METHODS = ("poststratify", "rake", "linear", "logit")
_MET = 1e-10  # totals are met to this part of themselves
_STEPS, _HALVINGS = 100, 30


class Model(NamedTuple):
    """What weights are moved to.

    Attributes
    ----------
    names : tuple of str
        Of the totals, as a message names them: ``region=north`` or ``visits``.
    totals : ndarray of float, (totals,)
    method : {'poststratify', 'rake', 'linear', 'logit'}
    low, high : float
        Least and greatest multiple of a weight.
    """

    names: tuple[str, ...]
    totals: np.ndarray
    method: str
    low: float = -np.inf
    high: float = np.inf


def multiples(model: Model, x: np.ndarray, weight: np.ndarray, cohort: str) -> np.ndarray:
    """What each weight is multiplied by so that the totals are met, to 1e-10 of each.

    Parameters
    ----------
    model : Model
    x : ndarray of float, (rows, totals)
        What a respondent of the row adds to each total: 1 or 0 of a category, or a number.
    weight : ndarray of float, (rows,)
        Sum of the weights of the row.
    cohort : str
        For messages.

    Returns
    -------
    ndarray of float, (rows,)

    Raises
    ------
    DesignError
        If no weights meet the totals; it says which cannot be met, and what comes nearest.
    """
    size = np.maximum(np.abs(x).max(axis=0, initial=0.0), np.finfo(float).tiny)
    scaled, totals = x / size, model.totals / size
    found, slope = _FACTORS[model.method](model.low, model.high)
    at = np.zeros(len(totals))

    def misfit(at: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            return totals - (weight * found(scaled @ at)) @ scaled

    left = misfit(at)
    for _ in range(_STEPS):
        if _far(left, totals) < 1e-15:
            break
        pull = weight * slope(scaled @ at)
        step = np.linalg.lstsq((scaled * pull[:, None]).T @ scaled, left, rcond=1e-13)[0]
        nearer = next(
            (at + step / 2**n for n in range(_HALVINGS) if _nearer(misfit(at + step / 2**n), left)),
            None,
        )
        if nearer is None:
            break
        at, left = nearer, misfit(nearer)
    if not _far(left, totals) <= _MET:
        raise _unmet(model, x, weight, cohort)
    return found(scaled @ at)


def residuals(x: np.ndarray, weight: np.ndarray, values: np.ndarray) -> np.ndarray:
    """What a weighted regression of values on the totals' x leaves of them.

    The error of a calibrated total is that of the total of these (Särndal, Swensson and Wretman
    1992, section 6.6), with the weights before they were moved in the regression, as in R's survey.

    Parameters
    ----------
    x : ndarray of float, (rows, totals)
    weight : ndarray of float, (rows,)
    values : ndarray of float, (rows, statistics)
    """
    return values - x @ coefficients(x, weight, (weight[:, None] * x).T @ values)


def coefficients(x: np.ndarray, weight: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Coefficients of a weighted regression on x, from sums of weight times x times values."""
    size = np.maximum(np.abs(x).max(axis=0, initial=0.0), np.finfo(float).tiny)
    scaled = x / size
    moments = (scaled * weight[:, None]).T @ scaled
    return np.linalg.lstsq(moments, products / size[:, None], rcond=1e-13)[0] / size[:, None]


def trimmed(weight: np.ndarray, low: float, high: float) -> np.ndarray:
    """Weights cut to an interval, what is cut off shared equally by those that were not cut.

    As R's ``trimWeights(strict = TRUE)``: again, until none lies outside.

    Raises
    ------
    DesignError
        If their mean lies outside the interval.
    """
    if not low <= weight.mean() <= high:
        raise DesignError(
            "Weights cannot be trimmed to an interval without their mean.",
            found=f"a mean of {weight.mean():g}",
            expected=f"between {low:g} and {high:g}",
            where="cohort.toml, trim",
        )
    size, cut, out = weight.sum(), np.zeros(len(weight), dtype=bool), weight.astype(float)
    while ((out < low) | (out > high)).any():
        cut |= (out < low) | (out > high)
        out = np.clip(out, low, high)
        if not cut.all():
            out[~cut] += (size - out.sum()) / (~cut).sum()
    return out


def _linear(low: float, high: float) -> tuple[Callable, Callable]:
    def slope(u: np.ndarray) -> np.ndarray:
        return ((u > low - 1) & (u < high - 1)) * 1.0

    return (lambda u: np.clip(1 + u, low, high)), slope


def _exponential(low: float, high: float) -> tuple[Callable, Callable]:
    return np.exp, np.exp


def _logit(low: float, high: float) -> tuple[Callable, Callable]:
    """Between two bounds without touching them (Deville and Särndal 1992, case 6)."""
    from scipy.special import expit

    a = (high - low) / ((high - 1) * (1 - low))
    start = np.log((1 - low) / (high - 1))  # where u is 0 the multiple is 1

    def slope(u: np.ndarray) -> np.ndarray:
        part = expit(a * u + start)
        return (high - low) * a * part * (1 - part)

    return (lambda u: low + (high - low) * expit(a * u + start)), slope


_FACTORS = {"poststratify": _linear, "rake": _exponential, "linear": _linear, "logit": _logit}


def _far(left: np.ndarray, totals: np.ndarray) -> float:
    """Greatest part of a total by which it is missed; of 0, of the greatest total."""
    size = np.where(totals == 0, np.abs(totals).max(initial=1.0), np.abs(totals))
    return float(np.max(np.abs(left) / size, initial=0.0))


def _nearer(left: np.ndarray, before: np.ndarray) -> bool:
    return bool(np.isfinite(left).all() and np.abs(left).sum() < np.abs(before).sum())


def _unmet(model: Model, x: np.ndarray, weight: np.ndarray, cohort: str) -> DesignError:
    """Name the totals that no weights within the bounds meet, and what comes nearest to them."""
    from scipy.optimize import linprog

    k, least = len(model.totals), 0.0 if model.method == "rake" else model.low
    size = np.maximum(np.abs(model.totals), 1.0)
    equal = np.hstack([(x * weight[:, None] / size).T, np.eye(k), -np.eye(k)])
    cost = np.concatenate([np.zeros(len(x)), np.ones(2 * k)])
    ends = [(least, model.high)] * len(x) + [(0, None)] * (2 * k)
    found = linprog(cost, A_eq=equal, b_eq=model.totals / size, bounds=ends)
    off = (found.x[len(x) + k :] - found.x[len(x) : len(x) + k]) * size
    missed = np.flatnonzero(np.abs(off) > _MET * size)
    nearest = [f"{model.names[i]} {model.totals[i] + off[i]:,.6g}" for i in missed]
    wanted = [f"{model.names[i]} {model.totals[i]:,.6g}" for i in missed]
    return DesignError(
        f"{cohort}: no weights meet {len(missed) or 'all'} of {k:,} known totals"
        + (" within the bounds." if np.isfinite([least, model.high]).any() else "."),
        found=", ".join(nearest[:5]) or "totals that only weights at their bounds would meet",
        expected=", ".join(wanted[:5]) or "totals that leave room",
        where="cohort.toml, calibrate",
        do="correct the totals, join categories, or widen the bounds",
    )
