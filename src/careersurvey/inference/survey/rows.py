"""Rows of the table of estimates: limits, and how they were come by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.tables import Indicator
from careersurvey.inference.columns import ESTIMATES, lay_out
from careersurvey.inference.intervals import (
    DESIGN_METHODS,
    design_limits,
    symmetric,
)
from careersurvey.inference.survey.statistics import Estimates, evaluate
from careersurvey.inference.survey.totals import Totals

_EXACT, _EVEN = "clopper_pearson", "mean"


def table_of(
    totals: Sequence[Totals],
    indicators: Sequence[Indicator],
    by: Sequence[str],
    level: float,
    interval: str | None,
    min_base: int | None,
    cohort: str,
) -> pd.DataFrame:
    """Estimate what has been reduced to totals; a row for each category and group."""
    if interval is not None and interval not in DESIGN_METHODS:
        raise QuestionError(
            f"{cohort}: there is no interval {interval} for respondents.",
            expected=", ".join(DESIGN_METHODS),
        )
    places = {one.id: number for number, one in enumerate(indicators)}
    breakdowns = {name: number for number, name in enumerate(("all", *by))}
    method, least = interval or DESIGN_METHODS[0], max(min_base or 1, 1)
    parts = [
        _rows(one, found, places, breakdowns[found.domain.name], (level, method, least))
        for one in totals
        for found in evaluate(one, level)
    ]
    if not parts:
        return lay_out([], ESTIMATES)
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(joined.pop("order"), kind="stable")
    same = {"cohort": cohort, "level": level, "evidence": "respondents", "statements": ""}
    frame = pd.DataFrame({name: part[order] for name, part in joined.items()} | same)
    return lay_out(frame, ESTIMATES)


def _rows(
    totals: Totals,
    found: Estimates,
    places: Mapping[str, int],
    number: int,
    given: tuple[float, str, int],
) -> dict[str, np.ndarray]:
    """Columns of one breakdown: groups by statistics, laid flat."""
    level, interval, least = given
    share = np.array([totals.questions[i].is_share for i, _ in totals.places])
    value = _exact_ends(found, share)
    low, high, method = _limits(found, value, share, level, interval)
    shown = found.base >= least
    values = {
        "count_low": np.where(share, found.count, np.nan),
        "estimate": value,
        "std_error": found.error,
        "conf_low": low,
        "conf_high": high,
        "deff": found.deff,
    }
    flat = {name: np.where(shown, one + 0.0, np.nan).ravel() for name, one in values.items()}
    group, column = (part.ravel() for part in np.indices(value.shape))
    questions = [totals.questions[i] for i, _ in totals.places]
    categories = [one.categories[j] for one, (_, j) in zip(questions, totals.places, strict=True)]
    order = np.array([places[one.indicator.id] for one in questions]) * 10_000.0 + number
    kept = ~np.array([found.domain.tells(one) for one in questions])[column]

    def repeated(cells: Sequence[object]) -> np.ndarray:
        return np.array(cells, dtype=object)[column]

    rows = {
        "order": order[column],
        "indicator": repeated([one.indicator.id for one in questions]),
        "category": repeated(categories),
        "unit": repeated([one.indicator.unit for one in questions]),
        "domain": np.full(group.size, found.domain.name, dtype=object),
        "group": np.array(found.domain.groups, dtype=object)[group],
        "base_n": found.base.ravel(),
        **flat,
        "count_high": flat["count_low"],
        "estimate_low": flat["estimate"],
        "estimate_high": flat["estimate"],
        "method": np.where(shown, method, "").astype(object).ravel(),
        "n_clusters": found.clusters.ravel(),
        "shown": shown.ravel(),
    }
    return {name: values[kept] for name, values in rows.items()}


def _exact_ends(found: Estimates, share: np.ndarray) -> np.ndarray:
    """Shares of nobody and of everybody without the last digit's rounding."""
    there = share & (found.base > 0)
    value = np.where(there & (found.count == 0), 0.0, found.value)
    return np.where(there & (found.count == found.base), 1.0, value)


def _limits(
    found: Estimates, value: np.ndarray, share: np.ndarray, level: float, interval: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Limits, and the method that they are by; where there are none it says why."""
    low, high = symmetric(value, found.error, found.degrees, level)
    method = np.full(value.shape, _EVEN, dtype=object)
    if share.any():
        variance, ends = found.error**2, np.isin(value, (0.0, 1.0)) & (found.base > 0)
        given = (np.where(share, value, 0.5), variance, found.base, found.degrees, level)
        limits = design_limits(*given, interval)
        low, high = np.where(share, limits[0], low), np.where(share, limits[1], high)
        method = np.where(share, interval, method)
        # Of a census at 0% or 100% nobody is left to be different.
        sure = share & ends & found.whole
        low, high = np.where(sure, value, low), np.where(sure, value, high)
        ends = share & ends & ~found.whole
    else:
        ends = np.zeros(value.shape, dtype=bool)
    turned = ~np.isnan(found.low) | ~np.isnan(found.high)
    low, high = np.where(turned, found.low, low), np.where(turned, found.high, high)
    method = np.where(turned, "woodruff", method)
    method = np.where(found.degrees > 0, method, "none")
    method = np.where(np.isnan(value) & (found.base > 0), "denominator 0", method)
    return low, high, np.where(ends, _EXACT, method)
