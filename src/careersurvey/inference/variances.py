"""Variances and covariances of totals of weighted scores under a laid-out design."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from careersurvey.inference.design import EXHAUSTED, Design, Stage, alone, numbered

if TYPE_CHECKING:
    from scipy.sparse import csc_array


_RESOLVED = 1e-13  # part of a sum of squares below which its spread is not told from none


def variances(
    design: Design,
    leaf: np.ndarray,
    group: np.ndarray,
    groups: int,
    scores: np.ndarray,
    base: np.ndarray,
    squares: np.ndarray | None = None,
) -> np.ndarray:
    """Variance of the total of each column of scores in each group.

    With a linearised statistic's scores (Taylor; Särndal, Swensson and Wretman 1992, section
    5.5) this is the statistic's variance. A stage adds, by stratum h with n of N units drawn,

        within_h (1 - n/N) n / (n - 1) sum over units of (z - mean z)^2,

    units of the stratum outside the group being zeros, which is R's `survey:::multistage`.

    Parameters
    ----------
    leaf, group : ndarray of int, (rows,)
        Where each row belongs; at most one row for each pair.
    groups : int
        How many groups there are.
    scores : ndarray of float, (rows, columns)
        Weighted scores, summed over the respondents of the row.
    base : ndarray, (rows, columns)
        How many respondents of the row are in the base of each column. A row with none has
        scores of zero and is not present.
    squares : ndarray of float, (rows, columns), optional
        Sums of the squared weighted scores, where respondents are the last stage's units.

    Returns
    -------
    ndarray of float, (groups, columns)
        ``NaN`` where the rule is ``average`` and every stratum has a single unit.
    """
    total = np.zeros((groups, scores.shape[1]))
    for stage in design.stages:
        cell, place = pairs_of(stage.stratum[leaf], group, groups)
        args = (stage, leaf, group, groups, scores, squares, cell, place)
        spread = _spread(*args, about_zero=design.lonely == "adjust")
        lone = design.lonely == "average"
        there = sum_by(cell, len(place), (base > 0).astype(float)) > 0 if lone else None
        total += _stage_variance(design.lonely, stage, spread, there, place, groups)
    return total


def covariance(
    design: Design, scores: np.ndarray, products: np.ndarray | None = None
) -> np.ndarray:
    """Covariance matrix of the totals of columns of scores, zeros outside a column's group.

    Parameters
    ----------
    scores : ndarray of float, (leaves, columns)
        Weighted scores summed over each leaf.
    products : ndarray of float, (leaves, columns, columns), optional
        Sums of products of weighted scores, where respondents are the last stage's units.

    Returns
    -------
    ndarray of float, (columns, columns)
    """
    total = np.zeros((scores.shape[1], scores.shape[1]))
    for stage in design.stages:
        stratum, sums = _unit_sums(stage, scores)
        strata = len(stage.sampled)
        stratum_sums = sum_by(stratum, strata, sums)
        about_zero = alone(stage) & (design.lonely == "adjust")
        mean = np.where(about_zero[:, None], 0, stratum_sums / stage.sampled[:, None])
        factor = _factors(design.lonely, stage)
        if stage.unit is None:
            by_stratum = sum_by(stage.stratum, strata, products.reshape(len(products), -1))
            inner = (factor @ by_stratum).reshape(total.shape)
            stage_total = inner - (stratum_sums * factor[:, None]).T @ mean
            fixed = np.diag(stage_total) <= _RESOLVED * np.diag(inner)
            stage_total[fixed], stage_total[:, fixed] = 0.0, 0.0
        else:
            centred = sums - mean[stratum]
            stage_total = (centred * factor[stratum][:, None]).T @ centred
        total += stage_total * _average_factor(design.lonely, stage)
    return total


def degrees_of_freedom(
    design: Design, leaf: np.ndarray, group: np.ndarray, groups: int, base: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Clusters of the first stage less its strata, of those present in each group and column.

    Parameters
    ----------
    leaf, group, groups, base
        As `variances`.

    Returns
    -------
    clusters, degrees : ndarray of int, (groups, columns)
        Respondents are the clusters where the design has none.
    """
    stage = design.stages[0]
    clusters = _present(
        stage.stratum if stage.unit is None else stage.unit, leaf, group, groups, base
    )
    if stage.unit is None:
        clusters = sum_by(group, groups, np.asarray(base, dtype=float))
    strata = _present(stage.stratum, leaf, group, groups, base)
    return clusters.astype(int), (clusters - strata).astype(int)


def sum_by(code: np.ndarray, codes: int, values: np.ndarray) -> np.ndarray:
    """Sums of rows of `values` that share a code: (rows, columns) to (codes, columns)."""
    return sums_of(code, codes) @ values


def sums_of(code: np.ndarray, codes: int) -> csc_array:
    """Matrix that sums rows by code; a negative code is nobody's."""
    from scipy.sparse import csc_array

    there = code >= 0
    # Column by column there is one entry or none, so that the matrix needs no sorting.
    if there.all():
        parts = (np.ones(len(code)), code, np.arange(len(code) + 1))
    else:
        parts = (np.ones(there.sum()), code[there], np.append(0, np.cumsum(there)))
    return csc_array(parts, shape=(codes, len(code)))


def pairs_of(code: np.ndarray, group: np.ndarray, groups: int) -> tuple[np.ndarray, np.ndarray]:
    """Number the pairs of code and group that occur: the number by row, the pair by number."""
    return numbered(code * groups + group)


def _present(
    unit: np.ndarray, leaf: np.ndarray, group: np.ndarray, groups: int, base: np.ndarray
) -> np.ndarray:
    cell, place = pairs_of(unit[leaf], group, groups)
    if (base > 0).all():
        each = np.bincount(place % groups, minlength=groups).astype(float)
        return np.broadcast_to(each[:, None], (groups, base.shape[1]))
    there = sum_by(cell, len(place), (base > 0).astype(float)) > 0
    return sum_by(place % groups, groups, there.astype(float))


def _spread(
    stage: Stage,
    leaf: np.ndarray,
    group: np.ndarray,
    groups: int,
    scores: np.ndarray,
    squares: np.ndarray | None,
    cell: np.ndarray,
    place: np.ndarray,
    about_zero: bool,
) -> np.ndarray:
    """Sums of squares of the units of each stratum and group about their mean.

    Those of a stratum's only unit are about zero, where this is asked for.
    """
    sampled = stage.sampled[place // groups][:, None]
    by_cell = sums_of(cell, len(place))
    mean = by_cell @ scores
    mean /= sampled
    if about_zero:
        mean[alone(stage)[place // groups]] = 0.0
    if stage.unit is None:
        second = by_cell @ squares
        spread = second - sampled * mean**2
        # What is left of two sums that are alike in all their digits is rounding.
        return np.where(spread > _RESOLVED * second, spread, 0.0)
    in_unit, unit_place = pairs_of(stage.unit[leaf], group, groups)
    sums = sum_by(in_unit, len(unit_place), scores)
    of_unit = np.zeros(len(unit_place), dtype=int)
    of_unit[in_unit] = cell
    seen = np.bincount(of_unit, minlength=len(place))[:, None]
    sums -= mean.take(of_unit, axis=0)
    sums *= sums
    return sum_by(of_unit, len(place), sums) + (sampled - seen) * mean**2


def _stage_variance(
    lonely: str,
    stage: Stage,
    spread: np.ndarray,
    there: np.ndarray | None,
    place: np.ndarray,
    groups: int,
) -> np.ndarray:
    stratum, group = place // groups, place % groups
    single = alone(stage)[stratum][:, None]
    total = sum_by(group, groups, _factors(lonely, stage)[stratum][:, None] * spread)
    if lonely != "average" or not single.any():
        return total
    strata = sum_by(group, groups, there.astype(float))
    in_company = sum_by(group, groups, (there & ~single).astype(float))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(strata == 0, 0.0, total * strata / in_company)


def _factors(lonely: str, stage: Stage) -> np.ndarray:
    """What a stratum's sum of squares is multiplied by."""
    unsampled = 1 - stage.sampled / stage.population
    several = stage.sampled > 1
    scale = np.where(several, stage.sampled / np.maximum(stage.sampled - 1, 1), lonely == "adjust")
    return np.where(unsampled < EXHAUSTED, 0.0, stage.within * unsampled * scale)


def _average_factor(lonely: str, stage: Stage) -> float:
    single = alone(stage)
    if lonely != "average" or not single.any():
        return 1.0
    return len(single) / (~single).sum() if (~single).any() else np.nan


def _unit_sums(stage: Stage, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if stage.unit is None:
        return stage.stratum, scores
    units = int(stage.unit.max()) + 1
    stratum = np.zeros(units, dtype=int)
    stratum[stage.unit] = stage.stratum
    return stratum, sum_by(stage.unit, units, scores)
