"""From scores to variances: a variance is a sum of squared deviations, and so is a covariance.

Scores come as *parts*: respondents of a row who score alike but for their weight. What a stage of
the design adds are the deviations of its units from the mean of their stratum, each times the root
of its factor; replicates (`replicates`) give deviations of the same kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from careersurvey.inference.survey.design import Design, Stage, numbered

if TYPE_CHECKING:
    from scipy.sparse import csc_array


class Part(NamedTuple):
    """Respondents of each row who are alike but for their weight, by statistic.

    Attributes
    ----------
    count, total : ndarray of float, (rows, statistics)
        How many, and the sum of their weights or, of a statistic, of their scores.
    root : ndarray of float, (rows, statistics)
        Root of the sum of squares about the mean, with the sign of the scores; 0 where respondents
        are no units.
    """

    count: np.ndarray
    total: np.ndarray
    root: np.ndarray

    def times(self, factor: np.ndarray | float) -> Part:
        """Scores: what the weights of a row are multiplied by makes them its scores."""
        total = self.total * factor
        return Part(np.broadcast_to(self.count, total.shape), total, self.root * factor)

    def at(self, rows: np.ndarray) -> Part:
        """The same of some rows."""
        return Part(*(one[rows] for one in self))


def alike(count: np.ndarray, total: np.ndarray) -> Part:
    """Respondents of each row without any spread: one by one, or whole units."""
    return Part(np.broadcast_to(count, total.shape), total, np.zeros_like(total))


class Deviations(NamedTuple):
    """Rows whose squares add to a variance: the group of each, and (rows, statistics)."""

    group: np.ndarray
    values: np.ndarray


def deviations(
    design: Design,
    leaf: np.ndarray,
    group: np.ndarray,
    groups: int,
    parts: Sequence[Part],
    present: np.ndarray,
) -> Deviations:
    """Deviations of the units of every stage, whose squares add to the variance of the totals.

    With the scores of a linearised statistic (Taylor; Särndal, Swensson and Wretman 1992, section
    5.5) that is the variance of the statistic. A stage adds, by stratum h with n of N units drawn,

    units of the stratum outside the group being zeros, which is R's `survey:::multistage`. They are
    linear in the scores: deviations of a sum are the sum of the deviations.
    """
    if (group < 0).any():
        inside = group >= 0
        leaf, group, present = leaf[inside], group[inside], present[inside]
        parts = [part.at(inside) for part in parts]
    found = []
    for stage in design.stages:
        units = _respondents if stage.unit is None else _clusters
        given = units(stage, leaf, group, groups, parts)
        found.append(_about_their_mean(design.lonely, stage, groups, given, leaf, group, present))
    return Deviations(*(np.concatenate(part) for part in zip(*found, strict=True)))


def variances(apart: Deviations, groups: int) -> np.ndarray:
    """Variance of each statistic in each group, (groups, statistics)."""
    return sum_by(apart.group, groups, apart.values**2)


def covariance(apart: Deviations) -> np.ndarray:
    """Covariance matrix of statistics whose scores stand side by side, (statistics, statistics)."""
    return apart.values.T @ apart.values


def degrees_of_freedom(
    design: Design, leaf: np.ndarray, group: np.ndarray, groups: int, base: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Clusters of the first stage less its strata, of those present in each group and column."""
    stage = design.stages[0]
    strata = _there(stage.stratum[leaf], group, groups, base)
    if stage.unit is None:
        clusters = sum_by(group, groups, base)
    else:
        clusters = _there(stage.unit[leaf], group, groups, base)
    return clusters.astype(int), (clusters - strata).astype(int)


def whole(
    design: Design, leaf: np.ndarray, group: np.ndarray, groups: int, base: np.ndarray
) -> np.ndarray:
    """Where all strata of the base are whole in the sample: nobody is left to be different."""
    return sum_by(group, groups, base * design.open[leaf][:, None]) == 0


def sum_by(code: np.ndarray, codes: int, values: np.ndarray) -> np.ndarray:
    """Sums of rows of `values` that share a code: (rows, ...) to (codes, ...); none is negative."""
    return summing(code, codes) @ values


def summing(code: np.ndarray, codes: int) -> csc_array:
    """Matrix that sums rows by code; a negative code is nobody's."""
    from scipy.sparse import csc_array

    there = code >= 0
    # Column by column there is one entry or none, so that the matrix needs no sorting.
    if there.all():
        parts = (np.ones(len(code)), code, np.arange(len(code) + 1))
    else:
        parts = (np.ones(there.sum()), code[there], np.append(0, np.cumsum(there)))
    return csc_array(parts, shape=(codes, len(code)))


class _Units(NamedTuple):
    """Units of a stage, or respondents who score alike: stratum, group, how many, mean, root."""

    stratum: np.ndarray
    group: np.ndarray
    count: np.ndarray
    mean: np.ndarray
    root: np.ndarray | None


def _clusters(
    stage: Stage, leaf: np.ndarray, group: np.ndarray, groups: int, parts: Sequence[Part]
) -> _Units:
    score = sum(part.total for part in parts)
    unit, place = numbered(stage.unit[leaf] * groups + group)
    stratum = stage.unit_strata[place // groups]
    return _Units(stratum, place % groups, 1.0, sum_by(unit, len(place), score), None)


def _respondents(
    stage: Stage, leaf: np.ndarray, group: np.ndarray, groups: int, parts: Sequence[Part]
) -> _Units:
    count, score, root = (np.concatenate(one) for one in zip(*parts, strict=True))
    mean = np.divide(score, count, out=np.zeros_like(score), where=count > 0)
    stratum = np.tile(stage.stratum[leaf], len(parts))
    return _Units(stratum, np.tile(group, len(parts)), count, mean, root)


def _about_their_mean(
    lonely: str,
    stage: Stage,
    groups: int,
    units: _Units,
    leaf: np.ndarray,
    group: np.ndarray,
    present: np.ndarray,
) -> Deviations:
    """Deviations of units from the mean of their stratum; those outside the group are zeros."""
    cell, place = numbered(units.stratum * groups + units.group)
    stratum, of_group = place // groups, place % groups
    by_cell = summing(cell, len(place))
    sampled = stage.sampled[stratum][:, None]
    count = np.broadcast_to(units.count, units.mean.shape)
    zeros = sampled - by_cell @ count
    mean = (by_cell @ (count * units.mean)) / sampled
    # The mean, and the mean of what it leaves: then units that are alike have none apart.
    mean += (by_cell @ (count * (units.mean - mean[cell])) - zeros * mean) / sampled
    root_factor = np.sqrt(_factors(lonely, stage))[stratum][:, None]
    if stage.alone.any() and lonely in ("adjust", "average"):
        there = _strata_there(stage, leaf, group, groups, present, place)
        if lonely == "adjust":
            centre = _mean_of_all(stage, stratum, of_group, groups, mean * sampled, there)
            mean = np.where(stage.alone[stratum][:, None], centre, mean)
        else:
            company = there & ~stage.alone[stratum][:, None]
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = sum_by(of_group, groups, there * 1.0) / sum_by(
                    of_group, groups, company * 1.0
                )
                root_factor = (
                    root_factor * np.sqrt(np.nan_to_num(ratio, nan=1.0, posinf=np.nan))[of_group]
                )
    scale = root_factor[cell]
    apart = [np.sqrt(count) * (units.mean - mean[cell]) * scale]
    group_of = [units.group, of_group]
    if units.root is not None:
        apart, group_of = [*apart, units.root * scale], [units.group, *group_of]
    apart.append(np.sqrt(np.maximum(zeros, 0)) * mean * root_factor)
    return Deviations(np.concatenate(group_of), np.concatenate(apart))


def _factors(lonely: str, stage: Stage) -> np.ndarray:
    """What a stratum's sum of squares is multiplied by."""
    several = stage.sampled > 1
    spread = np.where(several, stage.sampled / np.maximum(stage.sampled - 1, 1), lonely == "adjust")
    return stage.within * stage.unsampled * spread


def _mean_of_all(
    stage: Stage,
    stratum: np.ndarray,
    group: np.ndarray,
    groups: int,
    total: np.ndarray,
    there: np.ndarray,
) -> np.ndarray:
    """Mean over all units of the strata of one parent: what `adjust` centres lonely units about."""
    code, places = numbered(stage.parent[stratum] * groups + group)
    units = sum_by(code, len(places), there * stage.sampled[stratum][:, None])
    return (sum_by(code, len(places), total) / np.maximum(units, 1))[code]


def _strata_there(
    stage: Stage,
    leaf: np.ndarray,
    group: np.ndarray,
    groups: int,
    present: np.ndarray,
    place: np.ndarray,
) -> np.ndarray:
    """Which strata have anybody in the base, for each pair of stratum and group."""
    cell = np.searchsorted(place, stage.stratum[leaf] * groups + group)
    return sum_by(cell, len(place), present * 1.0) > 0


def _there(unit: np.ndarray, group: np.ndarray, groups: int, base: np.ndarray) -> np.ndarray:
    """How many units have anybody in the base, (groups, statistics)."""
    inside = group >= 0
    cell, place = numbered(unit[inside] * groups + group[inside])
    there = sum_by(cell, len(place), base[inside]) > 0
    return sum_by(place % groups, groups, there * 1.0)
