"""Estimates from printed figures: one row a statement, vagueness and sampling kept apart."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.readings import Span
from careersurvey.evidence.reported import counts_on, read_statements
from careersurvey.inference.intervals import limits
from careersurvey.inference.tidy import tidy

NOT_COUNTED = ("date", "money", "rank", "text")


def estimate_printed(
    cohort: Cohort,
    *,
    level: float = 0.95,
    interval: str = "wilson",
    readings: Path | None = None,
    wide: bool = False,
    without: Collection[str] = (),
    min_base: int = 0,
) -> pd.DataFrame:
    """Estimate every printed statement of a cohort.

    The share is that of the population that the base would be a simple random sample of; what
    the base really is, the cohort's ``sampling`` says.

    Parameters
    ----------
    cohort : Cohort
        A cohort with printed figures.
    level : float
        Confidence level, between 0 and 1.
    interval : str
        A method of `intervals.limits`.
    readings : Path, optional
        A table of readings that replaces the declared one, wording by wording.
    wide : bool
        Whether to take the wide version of each reading.
    without : collection of str
        Ids of statements to leave out.
    min_base : int
        A statement on a smaller base keeps its row and base, and is not shown.

    Returns
    -------
    DataFrame
        The estimates table, one row a statement in the file's order. ``count_low`` to
        ``count_high`` is the reading and ``conf_low`` to ``conf_high`` the least and greatest
        limit over every count and base that it allows. ``estimate`` is the share of a single
        count, else the printed share where the reading admits it; a verbal quantifier, a
        one-sided wording and "just over half" have none, since any dot would be invented. What
        is no count (dates, sums of money, ranks, text) keeps its row and has no numbers. A
        cohort whose ``[cohort]`` says ``no_interval`` is no sample and has none.

    Raises
    ------
    CohortError
        If a wording is not known or exceeds its base.
    """
    statements = read_statements(cohort, readings=readings, wide=wide, without=without)
    rows = [_row(statement, level, interval) for statement in statements.to_dict("records")]
    numbers = pd.DataFrame(rows, columns=_NUMBERS, index=statements.index)
    if cohort.about.no_interval:
        numbers = numbers.assign(conf_low=None, conf_high=None, level=None, method=None)
    return tidy(_hidden(_described(cohort.id, statements).join(numbers), min_base))


_NUMBERS = (
    "base_n",
    "count_low",
    "count_high",
    "estimate",
    "estimate_low",
    "estimate_high",
    "conf_low",
    "conf_high",
    "level",
    "method",
)
_BLANK = dict.fromkeys(_NUMBERS, None)


def _described(cohort: str, statements: pd.DataFrame) -> pd.DataFrame:
    described = statements[["indicator", "category", "unit", "domain", "group"]].assign(
        cohort=cohort, evidence="reported", statements=statements["id"], shown=True
    )
    overall = {"domain": {"": "all"}, "group": {"": "all"}}
    return described.replace(overall)


def _row(statement: dict, level: float, interval: str) -> dict:
    """Work out the numbers of one statement."""
    if statement["form"] in NOT_COUNTED:
        return _BLANK
    base = _known(statement["base_low"]), _known(statement["base_high"])
    counts = tuple(_known(end) for end in _counts(statement))
    row = _BLANK | {"base_n": base[0] if base[0] == base[1] else None}
    if statement["form"] == "number":
        return row | _number(statement)
    row |= {"count_low": counts[0], "count_high": counts[1]}
    if base[0] is None:
        return row | _share_alone(statement)
    bases = np.arange(base[0], base[1] + 1)
    low, high = _pairs(statement, bases)
    possible = low <= high
    bases, low, high = bases[possible], low[possible], high[possible]
    return row | {
        "estimate": _point(statement, low, high, bases),
        "estimate_low": (low / bases).min(),
        "estimate_high": (high / bases).max(),
        "conf_low": limits(low, bases, level, interval)[0].min(),
        "conf_high": limits(high, bases, level, interval)[1].max(),
        "level": level,
        "method": interval,
    }


def _number(statement: dict) -> dict:
    """Give a printed mean as it stands: without its spread it has no interval."""
    if statement["share_low"] is None:
        ends = [_known(end) for end in _counts(statement)]
        point = ends[0] if ends[0] == ends[1] else None
        return {"estimate": point, "estimate_low": ends[0], "estimate_high": ends[1]}
    high = statement["share_high"]
    return {
        "estimate": _admitted(statement),
        "estimate_low": float(statement["share_low"]),
        "estimate_high": None if high is None else float(high),
    }


def _counts(statement: dict) -> tuple[object, object]:
    return statement["count_low"], statement["count_high"]


def _share_alone(statement: dict) -> dict:
    """Give the share on a base that the report leaves unknown: no counts, no interval."""
    if statement["share_low"] is None:
        return {}
    high = 1 if statement["share_high"] is None else statement["share_high"]
    return {
        "count_low": None,
        "count_high": None,
        "estimate": _admitted(statement),
        "estimate_low": float(statement["share_low"]),
        "estimate_high": float(high),
    }


def _pairs(statement: dict, bases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest whole count on each base."""
    if len(bases) > 1 and statement["share_low"] is not None:
        span = _span(statement)
        return tuple(np.array([counts_on(span, n, n) for n in bases.tolist()]).T)
    low = np.full_like(bases, statement["count_low"])
    most = _known(statement["count_high"])
    return low, bases if most is None else np.minimum(most, bases)


def _span(statement: dict) -> Span:
    ends = ("share_low", "share_high", "share_low_open", "share_high_open")
    return Span(*(statement[end] for end in ends))


def _point(statement: dict, low: np.ndarray, high: np.ndarray, bases: np.ndarray) -> float | None:
    if len(bases) == 1 and low[0] == high[0]:
        return low[0] / bases[0]
    point = _admitted(statement)
    within = point is not None and (low / bases).min() <= point <= (high / bases).max()
    return point if within else None


def _admitted(statement: dict) -> float | None:
    """Return the printed share, if there is one and the reading does not exclude it."""
    point: Fraction | None = statement["point"]
    if point is None or statement["vague"]:
        return None
    excluded = {
        statement["share_low"] if statement["share_low_open"] else None,
        statement["share_high"] if statement["share_high_open"] else None,
    }
    return None if point in excluded else float(point)


def _known(number: object) -> int | None:
    return None if pd.isna(number) else int(number)


def _hidden(table: pd.DataFrame, min_base: int) -> pd.DataFrame:
    """Take the numbers from rows under the least base; the rows and their bases stay."""
    under = (table["base_n"] < min_base).fillna(False).astype(bool)
    hidden = table.assign(shown=~under)
    kept = [name for name in _NUMBERS if name not in ("base_n", "level", "method")]
    hidden.loc[under, kept] = None
    return hidden
