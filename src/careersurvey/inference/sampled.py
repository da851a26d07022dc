"""Estimates from respondents, as the declared design has them drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.inference.intervals import DESIGN_METHODS, design_limits
from careersurvey.inference.linearised import Estimates, design_effect, ratios, sums
from careersurvey.inference.replicated import given_estimates, made_variances
from careersurvey.inference.surveys import Broken, Survey, breakdowns, open_survey, totals_of
from careersurvey.inference.tidy import tidy
from careersurvey.inference.variances import sum_by, sums_of

EXACT = "clopper_pearson"
NO_DEGREES = "none"
SYMMETRIC = "mean"


def estimate_sampled(
    frame: Any,
    indicators: pd.DataFrame,
    codebook: pd.DataFrame,
    design: Mapping[str, Any] | None = None,
    *,
    by: Sequence[str] = (),
    lookups: Mapping[str, tuple[str, Any]] | None = None,
    level: float = 0.95,
    interval: str | None = None,
    min_base: int = 1,
    cohort: str = "cohort",
) -> pd.DataFrame:
    """Estimate indicators from a table of respondents.

    Parameters
    ----------
    frame : pandas, polars, PyArrow or PySpark frame, or DuckDB relation
        One column a variable: text for categories, null where a question was never asked.
    indicators : pandas.DataFrame
        Rows of ``indicators.csv`` that this table answers.
    codebook : pandas.DataFrame
        Rows of ``codebook.csv``.
    design : mapping, optional
        ``[tables.NAME.design]`` of ``cohort.toml``; without it a simple random sample.
    by : sequence of str
        Variables to break down by, ``a*b`` for a crossing, beside the overall rows.
    lookups : mapping of table to (identifier, frame), optional
        Tables that share an identifier with this one, for variables that are theirs.
    level : float
        Confidence level, between 0 and 1.
    interval : {'logit', 'wilson', 'beta', 'beta_truncated', 'mean'}, optional
        Method of the limits of a share; ``logit`` by default. Means, totals and ratios have
        symmetric limits.
    min_base : int
        A group with fewer respondents in the base keeps its row and base and nothing else.
    cohort : str
        Its id.

    Returns
    -------
    pandas.DataFrame
        The estimates table (`tidy.ESTIMATE_COLUMNS`): a row for each indicator, breakdown, group
        and category, the groups of a breakdown in the codebook's order.

    Raises
    ------
    DesignError
        Weights, strata, clusters or populations that describe no sample.
    QuestionError
        A variable that is not there, text where a number is measured, a breakdown without
        respondents, or an unknown interval.
    """
    if interval is not None and interval not in DESIGN_METHODS:
        raise QuestionError(
            f"{cohort}: there is no interval {interval} for respondents.",
            expected=", ".join(DESIGN_METHODS),
        )
    survey = open_survey(frame, indicators, codebook, design, by, lookups, cohort)
    if not survey.questions:
        return tidy(pd.DataFrame())
    return table_of(survey, breakdowns(survey, by), level, interval, min_base)


def table_of(
    survey: Survey,
    broken: Sequence[Broken],
    level: float = 0.95,
    interval: str | None = None,
    min_base: int = 1,
) -> pd.DataFrame:
    """Estimate the questions of a survey that is open and reduced.

    Parameters
    ----------
    survey : Survey
    broken : sequence of Broken
        Its breakdowns, as `surveys.breakdowns` gives them.
    level, interval, min_base
        As `estimate_sampled`.

    Returns
    -------
    pandas.DataFrame
        The estimates table.
    """
    parts = [
        _table(survey, one, found, number, level, interval or DESIGN_METHODS[0], min_base)
        for number, (one, found) in enumerate(zip(broken, evaluate(survey, broken), strict=True))
    ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(joined.pop("order"), kind="stable")
    same = {"cohort": survey.cohort, "level": level, "evidence": "respondents", "statements": ""}
    return tidy(pd.DataFrame({name: part[order] for name, part in joined.items()} | same))


def evaluate(survey: Survey, broken: Sequence[Broken]) -> list[Estimates]:
    """Estimates and variances of every breakdown, by the method that the design declares.

    Parameters
    ----------
    survey : Survey
    broken : sequence of Broken

    Returns
    -------
    list of Estimates
        Fields are (groups, statistics).
    """
    linearised = [_linearised(one) for one in broken]
    if survey.sampling.replicate_weights:
        found = given_estimates(survey, broken, linearised)
    elif survey.sampling.made:
        found = made_variances(survey, broken, linearised)
    else:
        found = linearised
    fixed = survey.sampling.settings.get("df")
    return [one if fixed is None else _with_degrees(one, int(fixed)) for one in found]


def _with_degrees(one: Estimates, degrees: int) -> Estimates:
    full = np.full_like(one.degrees, degrees)
    return Estimates(one.estimate, one.variance, one.base, one.clusters, full)


def _linearised(broken: Broken) -> Estimates:
    """Ratios and totals apart, put back in the order of the statistics."""
    total = broken.statistics.total
    parts: list[tuple[np.ndarray, Callable]] = [(~total, ratios), (total, sums)]
    shape = (len(broken.domain.groups), len(total))
    fields = {name: np.full(shape, np.nan) for name in ("estimate", "variance")}
    fields |= {name: np.zeros(shape, dtype=int) for name in ("base", "clusters", "degrees")}
    for mask, estimator in parts:
        if mask.any():
            found = estimator(broken.design, totals_of(broken, mask))
            for name, field in fields.items():
                field[:, mask] = getattr(found, name)
    return Estimates(**fields)


def _table(
    survey: Survey,
    broken: Broken,
    found: Estimates,
    number: int,
    level: float,
    interval: str,
    min_base: int,
) -> dict[str, np.ndarray]:
    """Columns of one breakdown: groups by statistics, laid flat."""
    statistics, groups = broken.statistics, np.array(broken.domain.groups, dtype=object)
    is_share = np.array([q.is_share for q in survey.questions])[statistics.question]
    count = _by_group(broken, statistics.count)
    estimate = _exact_ends(found, count, is_share)
    low, high, method = _limits(found, estimate, is_share, level, interval)
    deff = _design_effects(broken, found)
    questions = [survey.questions[i] for i in statistics.question]
    names = [q.categories[i] for q, i in zip(questions, statistics.category, strict=True)]
    shown = found.base >= max(min_base, 1)
    group, column = np.indices(estimate.shape)
    values = {
        "count_low": np.where(shown & is_share, count, np.nan),
        "estimate": estimate,
        "std_error": np.sqrt(found.variance),
        "conf_low": low,
        "conf_high": high,
        "deff": deff,
    }
    flat = {name: np.where(shown, value, np.nan).ravel() for name, value in values.items()}
    order = statistics.question * 10_000.0 + number

    def repeated(values: Sequence[object]) -> np.ndarray:
        return np.array(values, dtype=object)[column.ravel()]

    return {
        "order": order[column.ravel()],
        "indicator": repeated([q.indicator for q in questions]),
        "category": repeated(names),
        "unit": repeated([q.unit for q in questions]),
        "domain": np.full(group.size, broken.domain.name, dtype=object),
        "group": groups[group.ravel()],
        "base_n": found.base.ravel(),
        **flat,
        "count_high": flat["count_low"],
        "estimate_low": flat["estimate"],
        "estimate_high": flat["estimate"],
        "method": np.where(shown, method, "").astype(object).ravel(),
        "n_clusters": found.clusters.ravel(),
        "shown": shown.ravel(),
    }


def _by_group(broken: Broken, part: np.ndarray) -> np.ndarray:
    return sum_by(broken.domain.code, len(broken.domain.groups), part)


def _exact_ends(found: Estimates, count: np.ndarray, is_share: np.ndarray) -> np.ndarray:
    """Shares of nobody and of everybody without the last digit's rounding."""
    there = is_share & (found.base > 0)
    estimate = np.where(there & (count == 0), 0.0, found.estimate)
    return np.where(there & (count == found.base), 1.0, estimate)


def _limits(
    found: Estimates, estimate: np.ndarray, is_share: np.ndarray, level: float, interval: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    given = (estimate, found.variance, found.base, found.degrees, level)
    low, high = design_limits(*given, interval)
    even = _symmetric_limits(estimate, found, level)
    low, high = np.where(is_share, low, even[0]), np.where(is_share, high, even[1])
    ends = is_share & np.isin(estimate, (0.0, 1.0)) & (found.base > 0)
    method = np.where(is_share, interval, SYMMETRIC)
    method = np.where(found.degrees > 0, method, NO_DEGREES)
    return low, high, np.where(ends, EXACT, method)


def _symmetric_limits(
    estimate: np.ndarray, found: Estimates, level: float
) -> tuple[np.ndarray, np.ndarray]:
    from scipy.special import stdtrit

    quantile = stdtrit(np.maximum(found.degrees, 1), (1 + level) / 2)
    reach = np.where(found.degrees > 0, quantile * np.sqrt(found.variance), np.nan)
    return estimate - reach, estimate + reach


def _design_effects(broken: Broken, found: Estimates) -> np.ndarray:
    statistics = broken.statistics
    known: dict[int, np.ndarray] = {}
    by_group = sums_of(broken.domain.code, len(broken.domain.groups))

    def grouped(part: np.ndarray) -> np.ndarray:
        if id(part) not in known:
            known[id(part)] = by_group @ part
        return known[id(part)]

    second = tuple(grouped(part) for part in statistics.second)
    args = (found.variance, found.base, grouped(statistics.weight), second)
    above, total = grouped(statistics.above), statistics.total
    ratio = design_effect(*args, above, grouped(statistics.below))
    return np.where(total, design_effect(*args, above, None), ratio) if total.any() else ratio
