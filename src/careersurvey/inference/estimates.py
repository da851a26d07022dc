"""One table of estimates from either kind of evidence."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.answers.coded import CodedTable
from careersurvey.evidence.answers.engines import spark_failures
from careersurvey.evidence.answers.table import compile_tables
from careersurvey.evidence.checks import screen
from careersurvey.evidence.checks_design import design_of
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.findings import require
from careersurvey.evidence.tables import codebook_table, indicator_table
from careersurvey.inference.intervals import METHODS
from careersurvey.inference.printed import estimate_printed
from careersurvey.inference.sampled import estimate_sampled
from careersurvey.inference.tidy import tidy

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation
    from pyspark.sql import DataFrame as SparkFrame

WORTH_KNOWING = 3
LEAST_BASE = 10


@dataclass(frozen=True)
class Answers:
    """One table of respondents, ready to be estimated from.

    Attributes
    ----------
    name : str
    frame : DuckDBPyRelation or pyspark.sql.DataFrame
        One column a variable.
    measured : DataFrame
        The rows of ``indicators.csv`` that it answers.
    design : mapping
        ``[tables.NAME.design]``.
    linked : dict of table to (identifier, frame)
        Tables whose key it has.
    """

    name: str
    frame: DuckDBPyRelation | SparkFrame
    measured: pd.DataFrame
    design: Mapping[str, Any]
    linked: dict[str, tuple[str, DuckDBPyRelation | SparkFrame]]


def estimate(
    cohort: Cohort,
    *,
    indicators: Collection[str] = (),
    by: Sequence[str] = (),
    level: float = 0.95,
    interval: str | None = None,
    readings: Path | None = None,
    wide: bool = False,
    min_base: int | None = None,
) -> pd.DataFrame:
    """Estimate a cohort's indicators, from its printed figures or from its respondents.

    Parameters
    ----------
    cohort : Cohort
        The cohort.
    indicators : collection of str
        Ids of the indicators that are wanted; none means all.
    by : sequence of str
        Variables to break down by, beside the overall rows; ``"a*b"`` crosses two.
    level : float
        Confidence level, between 0 and 1.
    interval : str, optional
        Method of the intervals: by default ``wilson`` for printed counts and ``logit`` for
        respondents.
    readings : Path, optional
        A table of readings in place of the declared one, wording by wording.
    wide : bool
        Whether to take the wide version of each reading.
    min_base : int, optional
        Least base of a row that is shown: by default any for what is already printed, and 10
        for respondents.

    Returns
    -------
    DataFrame
        The estimates table (`tidy.ESTIMATE_COLUMNS`).

    Raises
    ------
    CohortError
        If the cohort's files are not as they must be.
    QuestionError
        If an indicator, variable or method is asked for that the cohort does not have.
    """
    _require_indicators(cohort, indicators)
    _require_variables(cohort, by)
    require([check for check in screen(cohort) if check.severity < WORTH_KNOWING], cohort.id)
    if cohort.evidence == "respondents":
        with spark_failures(cohort):
            return _estimate_respondents(cohort, indicators, by, level, interval, min_base)
    table = estimate_printed(
        cohort,
        level=level,
        interval=_counting_method(cohort, interval),
        readings=readings,
        wide=wide,
        min_base=min_base or 0,
    )
    kept = table["domain"].isin(["all", *by]) if by else table["domain"] != ""
    if indicators:
        kept &= table["indicator"].isin(list(indicators))
    return table[kept].reset_index(drop=True)


def _estimate_respondents(
    cohort: Cohort,
    indicators: Collection[str],
    by: Sequence[str],
    level: float,
    interval: str | None,
    min_base: int | None,
) -> pd.DataFrame:
    """Estimate each table of a cohort, in the order of cohort.toml."""
    parts = [tidy(pd.DataFrame())]
    for answers in read_answers(cohort, indicators):
        frames = [answers.frame, *(frame for _, frame in answers.linked.values())]
        part = estimate_sampled(
            answers.frame,
            answers.measured,
            known_to(cohort, answers.name),
            answers.design,
            by=_within_reach(by, frames),
            lookups=answers.linked,
            level=level,
            interval=interval,
            min_base=LEAST_BASE if min_base is None else min_base,
            cohort=cohort.id,
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def read_answers(cohort: Cohort, indicators: Collection[str] = ()) -> Iterator[Answers]:
    """Read each table of a cohort that measures something, in the order of cohort.toml.

    Parameters
    ----------
    cohort : Cohort
        A cohort of respondents.
    indicators : collection of str
        Ids of the indicators that are wanted; none means all.

    Raises
    ------
    CohortError
        If a table is not as it must be.
    QuestionError
        If an indicator is asked for that no table measures.
    """
    tables = compile_tables(cohort)
    measured = _measured(cohort, tables)
    if indicators:
        _require_known(cohort, indicators, list(measured["indicator"]), "indicators measured")
        measured = measured[measured["indicator"].isin(list(indicators))]
    for name, table in tables.items():
        here = measured[measured["table"] == name]
        if not here.empty:
            yield Answers(name, table.frame, here, design_of(table), _lookups(name, tables))


def _measured(cohort: Cohort, tables: Mapping[str, CodedTable]) -> pd.DataFrame:
    """Keep the indicators whose variables a table of the cohort has."""
    columns = {name: set(table.frame.columns) for name, table in tables.items()}

    def has(row: dict[str, str]) -> bool:
        needed = [name for name in (*row["variable"].split(";"), row["denominator"]) if name]
        options = [f"{row['variable']}__{name}" for name in row["categories"].split(";")]
        there = columns.get(row["table"], set())
        return bool(needed) and (there.issuperset(needed) or there.issuperset(options))

    every = indicator_table(cohort.indicators)
    return every[[has(row) for row in every.to_dict("records")]]


def known_to(cohort: Cohort, table: str) -> pd.DataFrame:
    """Return the codebook as one table reads it: of a variable that stands twice, its own row."""
    mine = [variable for variable in cohort.codebook if variable.table == table]
    others = [variable for variable in cohort.codebook if variable.table != table]
    return codebook_table([*others, *mine])


def _lookups(
    name: str, tables: Mapping[str, CodedTable]
) -> dict[str, tuple[str, DuckDBPyRelation | SparkFrame]]:
    """Find the tables whose key this one has, so that it can be broken down by what they say."""
    own = tables[name].frame.columns
    keys = {other: table.key for other, table in tables.items() if other != name}
    return {other: (key, tables[other].frame) for other, key in keys.items() if key in own}


def _within_reach(by: Sequence[str], frames: list[DuckDBPyRelation | SparkFrame]) -> list[str]:
    """Keep the breakdowns all of whose variables a table has or is linked to."""
    reached = {column for frame in frames for column in frame.columns}
    return [both for both in by if reached.issuperset(both.split("*"))]


def _counting_method(cohort: Cohort, interval: str | None) -> str:
    if interval in (None, *METHODS):
        return interval or METHODS[0]
    raise QuestionError(
        f"{cohort.id}: {interval} intervals need respondents, and this cohort is printed figures.",
        expected=", ".join(METHODS),
        do="leave --interval out, or name one of these",
    )


def _require_indicators(cohort: Cohort, asked: Collection[str]) -> None:
    _require_known(cohort, asked, list(cohort.indicators), "indicators")


def _require_variables(cohort: Cohort, asked: Collection[str]) -> None:
    known = [*cohort.indicators, *(variable.name for variable in cohort.codebook)]
    _require_known(cohort, [name for both in asked for name in both.split("*")], known, "variables")


def _require_known(cohort: Cohort, asked: Collection[str], known: list[str], what: str) -> None:
    unknown = [name for name in asked if name not in known]
    if not unknown:
        return
    near = [match for name in unknown for match in difflib.get_close_matches(name, known)]
    raise QuestionError(
        f"{cohort.id}: {len(unknown)} of {len(asked)} {what} are not known.",
        found=", ".join(unknown),
        expected=f"perhaps {', '.join(near)}" if near else f"{what} of its tables",
        where="indicators.csv and codebook.csv",
    )
