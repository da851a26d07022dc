"""Rows of the table of estimates: values, errors and limits, and how they were come by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from careersurvey.inference.columns import ESTIMATES, WORKED_FROM, lay_out
from careersurvey.inference.intervals import DESIGN_METHODS, design_limits, student, symmetric
from careersurvey.inference.survey.domains import Domain
from careersurvey.inference.survey.questions import Table
from careersurvey.inference.survey.statistics import (
    Statistic,
    degrees_by_group,
    deviations_of,
    in_units,
    statistic_of,
)
from careersurvey.inference.survey.totals import Totals

Columns = dict[str, np.ndarray]
#: What a row of too small a base does not tell.
_HIDDEN = "count_low count_high estimate estimate_low estimate_high std_error conf_low conf_high"
_HIDDEN += " deff count_weights effective_base"


def table_of(
    table: Table,
    totals: Sequence[Totals],
    by: Sequence[str],
    level: float,
    interval: str | None,
    min_base: int | None,
) -> pd.DataFrame:
    """Estimate what a table was reduced to; a row for each category and group."""
    how = level, interval or DESIGN_METHODS[0]
    parts = [
        _laid_flat(one, domain, _estimated(one, domain, *how))
        for one in totals
        for domain in one.domains
    ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    asked = {one.id: place for place, one in enumerate(table.indicators)}
    domains = {name: place for place, name in enumerate(("all", *by))}
    within = [domains[name] for name in joined["domain"]]
    order = np.lexsort([within, [asked[name] for name in joined["indicator"]]])
    same = {"cohort": table.cohort, "level": level, "evidence": "respondents", "statements": ""}
    frame = pd.DataFrame({name: part[order] for name, part in joined.items()} | same)
    frame["shown"] = frame["base_n"] >= (min_base or 1)
    frame.loc[~frame["shown"], _HIDDEN.split()] = np.nan
    frame.loc[~frame["shown"], "method"] = ""
    return lay_out(frame, ESTIMATES + WORKED_FROM)


def _laid_flat(totals: Totals, domain: Domain, columns: Columns) -> Columns:
    """Columns of one breakdown, groups by statistics, a row each, with what they are of."""
    numbers, questions, categories = zip(*totals.statistics, strict=True)
    labels = {
        "indicator": [one.indicator.id for one in questions],
        "category": categories,
        "unit": [one.indicator.unit for one in questions],
    }
    group, column = (part.ravel() for part in np.indices((len(domain.groups), len(numbers))))
    rows = {name: np.array(cells, dtype=object)[column] for name, cells in labels.items()}
    rows["domain"] = np.full(group.size, domain.name, dtype=object)
    rows["group"] = np.array(domain.groups, dtype=object)[group]
    rows |= {name: values.ravel() for name, values in columns.items()}
    kept = ~np.array([domain.tells(one) for one in questions])[column]
    return {name: values[kept] for name, values in rows.items()}


def _estimated(totals: Totals, domain: Domain, level: float, interval: str) -> Columns:
    """What the groups of a domain are estimated to be, (groups, statistics) each, by column."""
    statistic, share = statistic_of(totals, domain), totals.questions[0].is_share
    variance = deviations_of(totals, domain, statistic).variances(len(domain.groups))
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.where(np.isnan(statistic.value), np.nan, variance / statistic.over**2)
        deff = np.where(statistic.simple > 0, variance / statistic.simple, np.nan)
    base = totals.base(domain)
    count = domain.sums(totals.sides[0][0]) if share else np.full(base.shape, np.nan)
    # Who weighs next to nothing, and counts in replicates alone, makes no share of nobody.
    known = statistic.value * (count > 0) if share else statistic.value
    value, error = (in_units(totals, one) for one in (known, np.sqrt(variance)))
    by_question = degrees_by_group(totals, domain, totals.people)
    clusters, degrees = (totals.by_statistic(one) for one in by_question)
    weight_unit = totals.scale if totals.settings.weight else np.nan
    weights = totals.by_statistic(domain.sums(totals.weight)) * weight_unit
    columns = {
        "base_n": base,
        "count_low": count,
        "count_high": count,
        "estimate": value,
        "estimate_low": value,
        "estimate_high": value,
        "deff": deff,
        "n_clusters": clusters,
        "base_degrees": degrees,
        "base_weights": weights,
        "count_weights": np.where(share, value, np.nan) * weights,
        "effective_base": base / np.where(deff > 0, deff, np.nan),
    }
    return columns | _limits(totals, domain, statistic, columns, error, level, interval)


def _limits(
    totals: Totals,
    domain: Domain,
    statistic: Statistic,
    columns: Columns,
    error: np.ndarray,
    level: float,
    interval: str,
) -> Columns:
    """Errors and limits, and the method that they are by; where there are none it says why."""
    value, base, degrees = (columns[name] for name in ("estimate", "base_n", "base_degrees"))
    ends = whole = np.zeros(value.shape, dtype=bool)
    if statistic.turned:  # limits of the share up to a quantile as numbers (Woodruff 1952)
        usual, quantile, (share, turn) = "woodruff", student(degrees, level), statistic.turned
        low, high = (turn(share + sign * quantile * error) for sign in (-1, 1))
        with np.errstate(invalid="ignore"):
            error = (high - low) / (2 * quantile)
    elif totals.questions[0].is_share:
        usual, ends = interval, np.isin(value, (0.0, 1.0)) & (base > 0)
        # Of a census at 0% or 100% nobody is left to be different.
        could_differ = domain.sums(totals.people * totals.design.open[:, None])
        whole = ends & (totals.by_statistic(could_differ) == 0)
        found = design_limits(value, error**2, base, degrees, level, interval)
        low, high = (np.where(whole, value, one) for one in found)
    else:
        usual, (low, high) = "mean", symmetric(value, error, degrees, level)
    holds = {
        "clopper_pearson": ends & ~whole,
        "denominator 0": np.isnan(value) & (base > 0),
        "none": degrees <= 0,
    }
    method = np.select([*holds.values()], [*holds], usual).astype(object)
    return {"std_error": error, "conf_low": low, "conf_high": high, "method": method}
