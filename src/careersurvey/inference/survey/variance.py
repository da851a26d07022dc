"""From scores to variances: a variance is a sum of squared deviations, and so is a covariance.

Scores come as *parts*: respondents of a row who score alike but for their weight. What a stage of
the design adds are the deviations of its units from the mean of their stratum, each times the root
of its factor; replicates (`replicates`) give deviations of the same kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from careersurvey.inference.survey.design import Design, Stage, numbered

if TYPE_CHECKING:
    from scipy.sparse import csc_array


class Part(NamedTuple):
    """Respondents of each row who are alike but for their weight, by statistic.

    Attributes
    ----------
    people, total : ndarray of float, (rows, statistics)
        How many, and the sum of their weights or, of a statistic, of their scores.
    root : ndarray of float, (rows, statistics), optional
        Root of the sum of squares about the mean, with the sign of the scores; None where all in
        a row are alike, or respondents are no units.
    """

    people: np.ndarray
    total: np.ndarray
    root: np.ndarray | None = None

    def times(self, factor: np.ndarray | float) -> Part:
        """Scores: what the weights of a row are multiplied by makes them its scores."""
        root = None if self.root is None else self.root * factor
        return Part(self.people, self.total * factor, root)

    def at(self, rows: np.ndarray) -> Part:
        """The same of some rows."""
        return Part(*(None if one is None else one[rows] for one in self))

    def of(self, statistic: int) -> Part:
        """The same of one statistic."""
        return Part(*(None if one is None else one[:, [statistic]] for one in self))


def side_by_side(parts: Sequence[Part]) -> Part:
    """Parts of several questions as columns of one."""
    people, total = (np.column_stack([one[place] for one in parts]) for place in (0, 1))
    roots = [np.zeros_like(one.total) if one.root is None else one.root for one in parts]
    spread = any(one.root is not None for one in parts)
    return Part(people, total, np.column_stack(roots) if spread else None)


def scores_of(parts: Sequence[Part]) -> np.ndarray:
    """The scores of rows, those of all parts together."""
    return reduce(np.add, [part.total for part in parts])


def counts_of(parts: Sequence[Part]) -> np.ndarray:
    """The respondents of rows, those of all parts together."""
    return reduce(np.add, [part.people for part in parts])


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
    5.5) that is the variance of the statistic. A stage adds, by stratum with n of N units drawn,
    f (1 - n/N) n / (n - 1) times the sum of the squares of what units have above their mean, f
    being the sampling fractions of the stages before. Units outside the group are zeros of their
    stratum, as in R's `survey:::multistage`. Deviations are linear in the scores: those of a sum
    are the sum of theirs.
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


def deviations_of_all(
    design: Design, leaf: np.ndarray, rows: np.ndarray | slice, values: np.ndarray
) -> np.ndarray:
    """Deviations of the units of everyone, whose totals are values of some rows."""
    unit, units = leaf, len(leaf)
    if design.stages[-1].unit is None:
        unit = np.arange(len(leaf))
    else:
        units = int(leaf.max()) + 1
        leaf = np.arange(units)
    there = np.ones((units, 1))
    part = Part(there, summing(unit[rows], units) @ values)
    return deviations(design, leaf, np.zeros_like(leaf), 1, [part], there > 0).values


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


def summing(code: np.ndarray, codes: int, weight: np.ndarray | None = None) -> csc_array:
    """Matrix that sums rows, times a weight, by code; a negative code is nobody's."""
    from scipy.sparse import csc_array

    weight, there = np.ones(len(code)) if weight is None else weight, code >= 0
    # Column by column there is one entry or none, so that the matrix needs no sorting.
    if there.all():
        parts = (weight, code, np.arange(len(code) + 1))
    else:
        parts = (weight[there], code[there], np.append(0, np.cumsum(there)))
    return csc_array(parts, shape=(codes, len(code)))


class _Units(NamedTuple):
    """Units of a stage, or respondents who score alike: stratum, group, how many, mean, root."""

    stratum: np.ndarray
    group: np.ndarray
    people: np.ndarray
    mean: np.ndarray
    root: np.ndarray | None


def _clusters(
    stage: Stage, leaf: np.ndarray, group: np.ndarray, groups: int, parts: Sequence[Part]
) -> _Units:
    score = scores_of(parts)
    unit, place = numbered(stage.unit[leaf] * groups + group)
    stratum = stage.unit_strata[place // groups]
    return _Units(stratum, place % groups, np.ones(1), sum_by(unit, len(place), score), None)


def _respondents(
    stage: Stage, leaf: np.ndarray, group: np.ndarray, groups: int, parts: Sequence[Part]
) -> _Units:
    score = np.concatenate([part.total for part in parts])
    count = np.concatenate([np.broadcast_to(part.people, part.total.shape) for part in parts])
    mean = np.divide(score, count, out=np.zeros_like(score), where=count > 0)
    roots = [np.zeros_like(part.total) if part.root is None else part.root for part in parts]
    spread = any(part.root is not None for part in parts)
    stratum = np.tile(stage.stratum[leaf], len(parts))
    root = np.concatenate(roots) if spread else None
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
    count = np.broadcast_to(units.people, units.mean.shape)
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
