"""Groups of one sample held against each other: differences and associations under the design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from careersurvey.errors import DesignError
from careersurvey.inference.association import rao_scott
from careersurvey.inference.linearised import covariance_between_groups, ratios
from careersurvey.inference.surveys import Broken, Survey, breakdowns, open_survey, totals_of
from careersurvey.inference.variances import covariance as covariance_of
from careersurvey.inference.variances import degrees_of_freedom, sum_by

DIFFERENCE_COLUMNS = (
    "indicator",
    "category",
    "domain",
    "group",
    "other_group",
    "difference",
    "std_error",
    "conf_low",
    "conf_high",
    "degrees",
    "p_value",
)
ASSOCIATION_COLUMNS = (
    "indicator",
    "domain",
    "base_n",
    "statistic",
    "numerator_df",
    "denominator_df",
    "p_value",
    "p_adjusted",
)


def differences(
    frame: Any,
    indicators: pd.DataFrame,
    codebook: pd.DataFrame,
    design: Mapping[str, Any] | None = None,
    *,
    by: Sequence[str],
    lookups: Mapping[str, tuple[str, Any]] | None = None,
    level: float = 0.95,
    cohort: str = "cohort",
) -> pd.DataFrame:
    """Differences between every two groups of a breakdown, with the error that they share.

    Groups of one sample have clusters and strata in common, so that the variance of a difference
    is v_aa + v_bb - 2 v_ab. Limits and p are Student's on the design's degrees of freedom over
    both groups together.

    Parameters
    ----------
    frame, indicators, codebook, design, by, lookups, level, cohort
        As `sampled.estimate_sampled`. Totals are passed over.

    Returns
    -------
    pandas.DataFrame
        `DIFFERENCE_COLUMNS`; ``NaN`` where a group has no base or there are no degrees of freedom.

    Raises
    ------
    DesignError
        Replicates, or as `sampled.estimate_sampled`.
    QuestionError
        As `sampled.estimate_sampled`.
    """
    survey = _linearised_survey(frame, indicators, codebook, design, by, lookups, cohort)
    rows = [
        row
        for broken in breakdowns(survey, by)[1:]
        for column in np.flatnonzero(~broken.statistics.total)
        for row in _differences(survey, broken, int(column), level)
    ]
    return pd.DataFrame(rows, columns=list(DIFFERENCE_COLUMNS))


def associations(
    frame: Any,
    indicators: pd.DataFrame,
    codebook: pd.DataFrame,
    design: Mapping[str, Any] | None = None,
    *,
    by: Sequence[str],
    lookups: Mapping[str, tuple[str, Any]] | None = None,
    cohort: str = "cohort",
) -> pd.DataFrame:
    """Rao and Scott's second-order F of every share indicator against every breakdown.

    Parameters
    ----------
    frame, indicators, codebook, design, by, lookups, cohort
        As `sampled.estimate_sampled`. Indicators whose categories do not partition their base
        are tested category by category.

    Returns
    -------
    pandas.DataFrame
        `ASSOCIATION_COLUMNS`. ``p_adjusted`` is Holm's (1979) over all rows with a p value.

    Raises
    ------
    DesignError, QuestionError
        As `differences`.
    """
    survey = _linearised_survey(frame, indicators, codebook, design, by, lookups, cohort)
    rows = []
    for broken in breakdowns(survey, by)[1:]:
        for number, question in enumerate(survey.questions):
            columns = np.flatnonzero(broken.statistics.question == number)
            if question.measure == "share":
                rows.append((question.indicator, *_association(broken, columns)))
            elif question.measure == "multiple":
                named = zip(question.categories, columns, strict=True)
                rows += [
                    (f"{question.indicator}={name}", *_association(broken, [column]))
                    for name, column in named
                ]
    table = pd.DataFrame(rows, columns=list(ASSOCIATION_COLUMNS[:-1]))
    return table.assign(p_adjusted=_holm(table["p_value"].to_numpy(float)))


def _linearised_survey(
    frame: Any,
    indicators: pd.DataFrame,
    codebook: pd.DataFrame,
    design: Mapping[str, Any] | None,
    by: Sequence[str],
    lookups: Mapping[str, tuple[str, Any]] | None,
    cohort: str,
) -> Survey:
    survey = open_survey(frame, indicators, codebook, design, by, lookups, cohort)
    if survey.sampling.replicate_weights or survey.sampling.made:
        raise DesignError(
            f"{cohort}: groups are held against each other by linearisation, not by replicates.",
            do="describe the strata and clusters of the design",
        )
    return survey


def _differences(survey: Survey, broken: Broken, column: int, level: float) -> list[tuple]:
    from scipy.special import stdtr, stdtrit

    totals = totals_of(broken)
    estimate = ratios(broken.design, totals).estimate[:, column]
    covariance = covariance_between_groups(broken.design, totals, column)
    number = broken.statistics.question[column]
    question = survey.questions[number]
    name = question.categories[broken.statistics.category[column]]
    rows = []
    for one, other in combinations(range(totals.groups), 2):
        difference = estimate[one] - estimate[other]
        variance = covariance[one, one] + covariance[other, other] - 2 * covariance[one, other]
        error, degrees = np.sqrt(max(variance, 0)), _joint_degrees(broken, column, one, other)
        known = degrees > 0 and np.isfinite(difference) and error > 0
        reach = stdtrit(degrees, (1 + level) / 2) * error if known else np.nan
        p_value = 2 * stdtr(degrees, -abs(difference / error)) if known else np.nan
        groups = broken.domain.groups
        limits = (difference - reach, difference + reach)
        where = (question.indicator, name, broken.domain.name, groups[one], groups[other])
        rows.append((*where, difference, error, *limits, degrees, p_value))
    return rows


def _joint_degrees(broken: Broken, column: int, one: int, other: int) -> int:
    rows = np.isin(broken.domain.code, (one, other))
    base = broken.statistics.base[rows][:, [column]]
    together = np.zeros(int(rows.sum()), dtype=int)
    return int(degrees_of_freedom(broken.design, broken.leaf[rows], together, 1, base)[1][0, 0])


def _association(broken: Broken, columns: Sequence[int]) -> tuple:
    """Test categories by groups; a single option is tested as chosen or not."""
    above, below, base = (
        np.asarray(getattr(broken.statistics, name))[:, columns]
        for name in ("above", "below", "base")
    )
    count, squares = above.shape[1], broken.statistics.squares
    square = None if squares is None else [part[:, columns] for part in squares]
    if count == 1:  # the people of the base who did not choose the option are the other category
        above = np.hstack([above, below - above])
        if square is not None:
            square[0] = np.hstack([square[0], square[2] - square[0]])
    shares, covariance, degrees = _cells(broken, above, below[:, 0], base[:, 0], square)
    inside = broken.domain.code >= 0
    found = rao_scott(shares, covariance, degrees)
    return (broken.domain.name, int(base[inside, 0].sum()), *found)


def _cells(
    broken: Broken,
    above: np.ndarray,
    below: np.ndarray,
    base: np.ndarray,
    square: Sequence[np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Shares of the whole two-way table, (groups, categories), and their covariance matrix.

    A cell is a share of everyone in a group, so the table is a ratio with the same denominator
    throughout: cells are made the groups of one statistic.
    """
    inside = broken.domain.code >= 0
    group, leaf = broken.domain.code[inside], broken.leaf[inside]
    groups, many = len(broken.domain.groups), above.shape[1]
    total = below[inside].sum()
    shares = sum_by(group, groups, above[inside]) / total
    leaves = len(broken.design.stages[0].stratum)
    wide = np.zeros((leaves, groups, many))
    np.add.at(wide, (leaf, group), above[inside])
    size = np.zeros(leaves)
    np.add.at(size, leaf, below[inside])
    scores = (wide.reshape(leaves, -1) - size[:, None] * shares.ravel()) / total
    products = None
    if square is not None:
        products = _products(leaf, group, [part[inside] for part in square], shares, leaves)
        products = products / total**2
    together = np.zeros(len(leaf), dtype=int)
    degrees = degrees_of_freedom(broken.design, leaf, together, 1, base[inside][:, None])[1][0, 0]
    return shares, covariance_of(broken.design, scores, products), int(degrees)


def _products(
    leaf: np.ndarray,
    group: np.ndarray,
    square: Sequence[np.ndarray],
    shares: np.ndarray,
    leaves: int,
) -> np.ndarray:
    """Sums over respondents of products of (1[cell a] - share a)(1[cell b] - share b) w^2."""
    groups, many = shares.shape
    own = np.zeros((leaves, groups, many))
    np.add.at(own, (leaf, group), square[0])
    own = own.reshape(leaves, -1)
    size = np.zeros(leaves)
    np.add.at(size, leaf, square[2][:, 0])
    flat = shares.ravel()
    cross = own[:, :, None] * flat[None, None, :]
    products = size[:, None, None] * np.outer(flat, flat) - cross - cross.transpose(0, 2, 1)
    diagonal = np.arange(groups * many)
    products[:, diagonal, diagonal] += own
    return products


def _holm(p_values: np.ndarray) -> np.ndarray:
    from statsmodels.stats.multitest import multipletests

    adjusted, known = np.full(len(p_values), np.nan), np.isfinite(p_values)
    if known.any():
        adjusted[known] = multipletests(p_values[known], method="holm")[1]
    return adjusted
