"""Shares, means, ratios and totals with linearised variances, from totals by leaf and group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from careersurvey.inference.design import Design
from careersurvey.inference.variances import (
    covariance,
    degrees_of_freedom,
    sum_by,
    sums_of,
    variances,
)


@dataclass(frozen=True)
class Totals:
    """Weighted totals of respondents by leaf and group; columns are statistics.

    Attributes
    ----------
    leaf, group : ndarray of int, (rows,)
        Where a row belongs.
    groups : int
        How many groups there are.
    base : ndarray, (rows, columns)
        Respondents in the base of each statistic.
    above, below : ndarray of float, (rows, columns)
        Sums of w y and of w x over the base: x is 1 under a share or a mean.
    squares : tuple of three ndarray or None
        Sums of w^2 y^2, w^2 y x and w^2 x^2, where respondents are the last stage's units.
    """

    leaf: np.ndarray
    group: np.ndarray
    groups: int
    base: np.ndarray
    above: np.ndarray
    below: np.ndarray
    squares: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None


@dataclass(frozen=True)
class Estimates:
    """Statistics by group: every field is (groups, columns)."""

    estimate: np.ndarray
    variance: np.ndarray
    base: np.ndarray
    clusters: np.ndarray
    degrees: np.ndarray


def ratios(design: Design, totals: Totals) -> Estimates:
    """Ratio of two totals in each group: a share, a mean or a ratio.

    The scores are z = w (y - R x) / X with R = Y / X, the Taylor linearisation of a ratio
    (Woodruff 1971; Särndal, Swensson and Wretman 1992, section 5.6).

    Parameters
    ----------
    design : Design
    totals : Totals

    Returns
    -------
    Estimates
        ``NaN`` in a group whose denominator is 0.
    """
    above, below = group_sums(totals)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = above / below
    scores, squares = _scores(totals, np.nan_to_num(ratio))
    return _estimated(design, totals, ratio, scores, squares, _inverse(below))


def sums(design: Design, totals: Totals) -> Estimates:
    """Total of y in each group; the scores are w y themselves.

    Parameters
    ----------
    design : Design
    totals : Totals
        Of which `below` is not used.

    Returns
    -------
    Estimates
    """
    squares = None if totals.squares is None else totals.squares[0]
    return _estimated(design, totals, group_sums(totals)[0], totals.above, squares, 1.0)


def group_sums(totals: Totals) -> tuple[np.ndarray, np.ndarray]:
    """Sums of w y and of w x over all leaves, each (groups, columns)."""
    by_group = sums_of(totals.group, totals.groups)
    return by_group @ totals.above, by_group @ totals.below


def design_effect(
    variance: np.ndarray,
    base: np.ndarray,
    weight: np.ndarray,
    second: tuple[np.ndarray, np.ndarray, np.ndarray],
    above: np.ndarray,
    below: np.ndarray | None,
) -> np.ndarray:
    """Variance over that of a simple random sample of the same base drawn with replacement.

    The simple variance is that of `survey::svymean`, `svyratio` and `svytotal` with
    ``deff = "replace"``: for a ratio W sum w (y - R x)^2 / ((n - 1) X^2), for a total
    (W sum w y^2 - Y^2) / (n - 1), with W the sum of weights of the n in the base. It has a
    meaning for weights of any scale, unlike the one against sampling without replacement.

    Parameters
    ----------
    variance, base, weight : ndarray, (groups, columns)
        Variance by design, respondents and their sum of weights.
    second : tuple of three ndarray
        Sums of w y^2, w y x and w x^2.
    above, below : ndarray
        Sums of w y and of w x; `below` is None for a total.

    Returns
    -------
    ndarray, (groups, columns)
        ``NaN`` where the simple variance is 0, as at 0% and 100%.
    """
    yy, yx, xx = second
    with np.errstate(invalid="ignore", divide="ignore"):
        if below is None:
            simple = (weight * yy - above**2) / (base - 1)
        else:
            ratio = above / below
            simple = weight * (yy - 2 * ratio * yx + ratio**2 * xx) / ((base - 1) * below**2)
        return np.where(simple > 0, variance / simple, np.nan)


def covariance_between_groups(design: Design, totals: Totals, column: int) -> np.ndarray:
    """Covariance matrix of one ratio between the groups of a domain.

    Groups of one sample share clusters and strata, so the variance of the difference of groups
    a and b is v_aa + v_bb - 2 v_ab.

    Parameters
    ----------
    design : Design
    totals : Totals
        Groups are disjoint: no respondent is in two of them.
    column : int
        Which statistic.

    Returns
    -------
    ndarray of float, (groups, groups)
    """
    above, below = (part[:, [column]] for part in group_sums(totals))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.nan_to_num(above / below)
    one = _column(totals, column)
    scores, squares = _scores(one, ratio)
    scale = _inverse(below)
    leaves = len(design.stages[0].stratum)
    wide = np.zeros((leaves, totals.groups))
    np.add.at(wide, (totals.leaf, totals.group), scores[:, 0])
    if squares is None:
        return covariance(design, wide) * (scale * scale.T)
    products = np.zeros((leaves, totals.groups, totals.groups))
    np.add.at(products, (totals.leaf, totals.group, totals.group), squares[:, 0])
    return covariance(design, wide, products) * (scale * scale.T)


def _column(totals: Totals, column: int) -> Totals:
    pick = [column]
    squares = totals.squares and tuple(part[:, pick] for part in totals.squares)
    return Totals(
        totals.leaf,
        totals.group,
        totals.groups,
        totals.base[:, pick],
        totals.above[:, pick],
        totals.below[:, pick],
        squares,
    )


def _inverse(below: np.ndarray) -> np.ndarray:
    return np.divide(1.0, below, out=np.zeros_like(below), where=below != 0)


def _scores(totals: Totals, ratio: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Scores of a ratio and sums of their squares, yet to be divided by the denominator."""
    ratio = ratio.take(totals.group, axis=0)
    scores = ratio * totals.below
    np.subtract(totals.above, scores, out=scores)
    if totals.squares is None:
        return scores, None
    yy, yx, xx = totals.squares
    return scores, yy - 2 * ratio * yx + ratio**2 * xx


def _estimated(
    design: Design,
    totals: Totals,
    estimate: np.ndarray,
    scores: np.ndarray,
    squares: np.ndarray | None,
    scale: np.ndarray | float,
) -> Estimates:
    place = (totals.leaf, totals.group, totals.groups)
    variance = variances(design, *place, scores, totals.base, squares) * scale**2
    clusters, degrees = degrees_of_freedom(design, *place, totals.base)
    base = sum_by(totals.group, totals.groups, totals.base)
    return Estimates(estimate, variance, base.astype(int), clusters, degrees)
