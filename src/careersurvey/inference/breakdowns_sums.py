"""Shares of a two-way table, and ratios of groups, with covariances by the declared design."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from careersurvey.inference.breakdowns_replicates import Replicates, open_replicates
from careersurvey.inference.domains import Domain
from careersurvey.inference.linearised import covariance_between_groups, group_sums
from careersurvey.inference.replicates import replicate_covariance
from careersurvey.inference.surveys import Broken, Statistics, Survey, totals_of
from careersurvey.inference.variances import covariance, degrees_of_freedom, sum_by

Summed = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Sums:
    """One breakdown of a survey, with whatever its covariances are had from.

    Attributes
    ----------
    survey : Survey
    broken : Broken
    replicates : Replicates or None
        None where variances are linearised.
    """

    survey: Survey
    broken: Broken
    replicates: Replicates | None

    @property
    def domain(self) -> Domain:
        """The breakdown's variable and groups."""
        return self.broken.domain


def open_sums(survey: Survey, broken: Sequence[Broken]) -> list[Sums]:
    """Prepare breakdowns of a survey to be held against one another.

    Parameters
    ----------
    survey : Survey
    broken : sequence of Broken
        As `surveys.breakdowns` gives them, everyone left out.

    Returns
    -------
    list of Sums
        One a breakdown, in order.
    """
    return [
        Sums(survey, *pair) for pair in zip(broken, open_replicates(survey, broken), strict=True)
    ]


def bases(sums: Sums, column: int) -> np.ndarray:
    """Count the respondents in the base of a statistic, group by group.

    Parameters
    ----------
    sums : Sums
    column : int
        Which statistic.

    Returns
    -------
    ndarray of int, (groups,)
    """
    rows = sums.domain.code >= 0
    base = sums.broken.statistics.base[rows, column]
    return sum_by(sums.domain.code[rows], len(sums.domain.groups), base).astype(int)


def degrees_of(sums: Sums, column: int, kept: np.ndarray) -> tuple[int, int]:
    """Count the clusters with anybody in the base in any of the groups, and degrees of freedom.

    Parameters
    ----------
    sums : Sums
    column : int
    kept : ndarray of bool, (groups,)

    Returns
    -------
    clusters, degrees : int
        Clusters less strata, unless replicates have fewer degrees or the design fixes them.
    """
    broken = sums.broken
    rows = np.flatnonzero((broken.domain.code >= 0) & kept[broken.domain.code])
    base = broken.statistics.base[rows][:, [column]]
    one_group = np.zeros(len(rows), dtype=int)
    found = degrees_of_freedom(broken.design, broken.leaf[rows], one_group, 1, base)
    clusters, degrees = (int(part[0, 0]) for part in found)
    if sums.replicates is not None:
        degrees = sums.replicates.degrees(column, kept, degrees)
    return clusters, int(sums.survey.sampling.settings.get("df", degrees))


def two_way(sums: Sums, columns: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of a table of groups by answers, of everyone in the kept groups.

    Parameters
    ----------
    sums : Sums
    columns : ndarray of int
        Statistics that are the answers. Whoever is in the base and chose none of them makes a
        last column.
    kept : ndarray of bool, (groups,)

    Returns
    -------
    shares : ndarray of float, (kept groups, answers)
    covariance : ndarray of float, (cells, cells)
        In the order of ``shares.ravel()``.
    """
    broken = sums.broken
    answers, squares = _answers(broken.statistics, columns)
    wide = _wide(broken.domain, kept, answers, _by_leaf(broken))
    total = wide.sum()
    shares = wide.sum(axis=0) / total
    if sums.replicates is None:
        scores = (wide - wide.sum(axis=1)[:, None] * shares) / total
        products = None
        if squares is not None:
            squared = _wide(broken.domain, kept, squares, _by_leaf(broken))
            products = _centred_products(squared, shares) / total**2
        matrix = covariance(broken.design, scores, products)
    else:
        own = sums.replicates
        answers = _answers(own.statistics, columns)[0]
        each = _wide(own.domain, kept, answers, own.summed)
        with np.errstate(invalid="ignore", divide="ignore"):
            each = each / each.sum(axis=1)[:, None]
        matrix = replicate_covariance(each, shares, own.scaling)
    return shares.reshape(int(kept.sum()), -1), matrix


def ratios_of(sums: Sums, column: int, places: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Share, mean or ratio of some groups, with their covariance.

    Parameters
    ----------
    sums : Sums
    column : int
    places : sequence of int
        Which groups.

    Returns
    -------
    ndarray of float, (groups asked for)
    ndarray of float, (groups asked for, groups asked for)
    """
    totals = totals_of(sums.broken)
    above, below = (part[places, column] for part in group_sums(totals))
    if sums.replicates is None:
        matrix = covariance_between_groups(sums.broken.design, totals, column)
        return above / below, matrix[np.ix_(places, places)]
    own = sums.replicates
    both = np.column_stack([own.statistics.above[:, column], own.statistics.below[:, column]])
    each = [own.summed(np.flatnonzero(own.domain.code == place), both) for place in places]
    with np.errstate(invalid="ignore", divide="ignore"):
        replicate = np.column_stack([part[:, 0] / part[:, 1] for part in each])
    return above / below, replicate_covariance(replicate, above / below, own.scaling)


def _answers(statistics: Statistics, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Sums of weights, and of their squares, by answer in every row."""
    first = columns[0]
    rest = statistics.base[:, first] - statistics.count[:, columns].sum(axis=1)
    chosen = statistics.above[:, columns]
    squares = None if statistics.squares is None else statistics.squares[0][:, columns]
    if not rest.any():
        return chosen, squares
    chosen = _with_rest(chosen, statistics.below[:, first], rest)
    if squares is not None:
        squares = _with_rest(squares, statistics.squares[2][:, first], rest)
    return chosen, squares


def _with_rest(chosen: np.ndarray, below: np.ndarray, rest: np.ndarray) -> np.ndarray:
    others = np.where(rest > 0, below - chosen.sum(axis=1), 0.0)
    return np.column_stack([chosen, others])


def _wide(domain: Domain, kept: np.ndarray, values: np.ndarray, summed: Summed) -> np.ndarray:
    """Sum the rows of each kept group apart, and put the groups side by side."""
    rows = [np.flatnonzero(domain.code == place) for place in np.flatnonzero(kept)]
    return np.hstack([summed(part, values) for part in rows])


def _by_leaf(broken: Broken) -> Summed:
    leaves = len(broken.design.stages[0].stratum)
    return lambda rows, values: sum_by(broken.leaf[rows], leaves, values[rows])


def _centred_products(squared: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Sums over respondents of w^2 (1_a - p_a)(1_b - p_b), by leaf."""
    cells = len(shares)
    own = np.zeros((len(squared), cells, cells))
    own[:, np.arange(cells), np.arange(cells)] = squared
    across = squared[:, :, None] * shares
    everyone = squared.sum(axis=1)[:, None, None] * np.outer(shares, shares)
    return own - across - across.transpose(0, 2, 1) + everyone
