"""Rows of the table of estimates: limits, and how they were come by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from careersurvey.inference.columns import ESTIMATES, WORKED_FROM, lay_out
from careersurvey.inference.intervals import DESIGN_METHODS, design_limits
from careersurvey.inference.survey.questions import Table
from careersurvey.inference.survey.statistics import Estimates, evaluate
from careersurvey.inference.survey.totals import Totals


def table_of(
    table: Table,
    totals: Sequence[Totals],
    by: Sequence[str],
    level: float,
    interval: str | None,
    min_base: int | None,
) -> pd.DataFrame:
    """Estimate what a table was reduced to; a row for each category and group."""
    how = level, interval or DESIGN_METHODS[0], min_base or 1
    parts = [
        _rows(one, evaluate(one, domain, level), *how) for one in totals for domain in one.domains
    ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    asked = {one.id: place for place, one in enumerate(table.indicators)}
    domains = {name: place for place, name in enumerate(("all", *by))}
    within = [domains[name] for name in joined["domain"]]
    order = np.lexsort([within, [asked[name] for name in joined["indicator"]]])
    same = {"cohort": table.cohort, "level": level, "evidence": "respondents", "statements": ""}
    frame = pd.DataFrame({name: part[order] for name, part in joined.items()} | same)
    return lay_out(frame, ESTIMATES + WORKED_FROM)


def _rows(
    totals: Totals, found: Estimates, level: float, interval: str, least: int
) -> dict[str, np.ndarray]:
    """Columns of one breakdown: groups by statistics, laid flat."""
    _, questions, categories = zip(*totals.statistics, strict=True)
    share, shown = questions[0].is_share, found.base >= least
    low, high, method = _limits(totals, found, level, interval)
    values = {
        "count_low": np.where(share, found.count, np.nan),
        "estimate": found.value,
        "std_error": found.error,
        "conf_low": low,
        "conf_high": high,
        "deff": found.deff,
        "count_weights": np.where(share, found.value, np.nan) * found.weights,
        "effective_base": found.base / np.where(found.deff > 0, found.deff, np.nan),
    }
    flat = {name: np.where(shown, one + 0.0, np.nan).ravel() for name, one in values.items()}
    group, column = (part.ravel() for part in np.indices(found.value.shape))
    labels = {
        "indicator": [one.indicator.id for one in questions],
        "category": categories,
        "unit": [one.indicator.unit for one in questions],
    }
    rows = {
        **{name: np.array(cells, dtype=object)[column] for name, cells in labels.items()},
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
        "base_degrees": found.degrees.ravel(),
        "base_weights": found.weights.ravel(),
    }
    kept = ~np.array([found.domain.tells(one) for one in questions])[column]
    return {name: values[kept] for name, values in rows.items()}


def _limits(
    totals: Totals, found: Estimates, level: float, interval: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Limits, and the method that they are by; where there are none it says why."""
    value, low, high = found.value, found.low, found.high
    usual = "woodruff" if totals.ordered else "mean"
    ends = np.zeros(value.shape, dtype=bool)
    if totals.questions[0].is_share:
        ends, usual = np.isin(value, (0.0, 1.0)) & (found.base > 0), interval
        given = value, found.error**2, found.base, found.degrees, level
        # Of a census at 0% or 100% nobody is left to be different.
        whole, limits = ends & found.whole, design_limits(*given, interval)
        low, high = (np.where(whole, value, one) for one in limits)
    holds = {
        "clopper_pearson": ends & ~found.whole,
        "denominator 0": np.isnan(value) & (found.base > 0),
        "none": found.degrees <= 0,
    }
    return low, high, np.select([*holds.values()], [*holds], usual).astype(object)
