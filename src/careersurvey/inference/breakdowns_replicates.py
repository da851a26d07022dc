"""Sums of every replicate of a breakdown: from weights of its table, or made from its clusters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from careersurvey.inference.design import Design
from careersurvey.inference.domains import Domain, break_down
from careersurvey.inference.replicated import (
    draws_of,
    read_respondents,
    replicates_of,
    scaling_of,
)
from careersurvey.inference.replicates import Scaling, given_degrees
from careersurvey.inference.surveys import Broken, Statistics, Survey, statistics_of
from careersurvey.inference.variances import sum_by


@dataclass(frozen=True)
class Replicates:
    """Rows of a breakdown and how a replicate sums them.

    Attributes
    ----------
    domain : Domain
    statistics : Statistics
        Of respondents where replicate weights are given, else of clusters.
    summed : callable
        Takes places of rows and values of all rows, (rows, columns); gives the sum over these
        places in each replicate, (replicates, columns).
    scaling : Scaling
    degrees : callable
        Takes a column, the kept groups and the clusters less the strata; gives the degrees of
        freedom that the replicates have.
    """

    domain: Domain
    statistics: Statistics
    summed: Callable[[np.ndarray, np.ndarray], np.ndarray]
    scaling: Scaling
    degrees: Callable[[int, np.ndarray, int], int]


def open_replicates(survey: Survey, broken: Sequence[Broken]) -> list[Replicates | None]:
    """Prepare the replicates of every breakdown; None where variances are linearised.

    Parameters
    ----------
    survey : Survey
    broken : sequence of Broken

    Returns
    -------
    list of Replicates or None
    """
    if not broken:
        return []
    if survey.sampling.replicate_weights:
        return _given(survey, [one.domain.name for one in broken])
    if survey.sampling.made == "bootstrap":
        return _bootstrapped(survey, broken)
    if survey.sampling.made:
        return [_jackknifed(survey, one) for one in broken]
    return [None] * len(broken)


def _given(survey: Survey, by: Sequence[str]) -> list[Replicates]:
    rows, weights = read_respondents(survey, by)
    people = statistics_of(survey, rows)

    def summed(places: np.ndarray, values: np.ndarray) -> np.ndarray:
        return weights[places].T @ values[places]

    def prepared(one: str) -> Replicates:
        domain = break_down(one, rows, survey.linked, survey.codebook, survey.cohort)

        def degrees(column: int, kept: np.ndarray, _: int) -> int:
            inside = (domain.code >= 0) & kept[domain.code] & (people.base[:, column] > 0)
            return given_degrees(weights[inside])

        return Replicates(domain, people, summed, scaling_of(survey), degrees)

    return [prepared(one) for one in by]


def _bootstrapped(survey: Survey, broken: Sequence[Broken]) -> list[Replicates]:
    count, scaling = replicates_of(survey), scaling_of(survey)
    multipliers = draws_of(survey, broken[0].design)

    def prepared(one: Broken) -> Replicates:
        unit = one.design.stages[0].unit[one.leaf]

        def summed(places: np.ndarray, values: np.ndarray) -> np.ndarray:
            return multipliers[:, unit[places]] @ values[places]

        def degrees(_column: int, _kept: np.ndarray, of_clusters: int) -> int:
            return min(of_clusters, count - 1)

        return Replicates(one.domain, one.statistics, summed, scaling, degrees)

    return [prepared(one) for one in broken]


def _jackknifed(survey: Survey, broken: Broken) -> Replicates:
    """Leave cluster k of stratum h out: T + (S_h - n_h t_k) / (n_h - 1)."""
    stage = broken.design.stages[0]
    unit = stage.unit[broken.leaf]
    clusters = int(stage.unit.max()) + 1
    stratum = np.zeros(clusters, dtype=int)
    stratum[stage.unit] = stage.stratum
    sampled = stage.sampled[stratum][:, None]

    def summed(places: np.ndarray, values: np.ndarray) -> np.ndarray:
        own = sum_by(unit[places], clusters, values[places])
        of_stratum = sum_by(stratum, len(stage.sampled), own)[stratum]
        return own.sum(axis=0) + (of_stratum - sampled * own) / np.maximum(sampled - 1, 1)

    mse = bool(survey.sampling.settings.get("mse", False))
    scaling = Scaling(1.0, _leave_out_factors(broken.design, stratum), mse, redraws=False)
    return Replicates(
        broken.domain, broken.statistics, summed, scaling, lambda _column, _kept, found: found
    )


def _leave_out_factors(design: Design, stratum: np.ndarray) -> np.ndarray:
    """Factor (1 - n/N)(n - 1)/n of each cluster's replicate; lonely clusters have none."""
    stage = design.stages[0]
    each = (1 - stage.sampled / stage.population) * (stage.sampled - 1) / stage.sampled
    if design.lonely == "average":
        each = each * stage.sampled.sum() / stage.sampled[each > 0].sum()
    return each[stratum]
