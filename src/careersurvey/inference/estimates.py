"""One table of estimates from either kind of evidence."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from pathlib import Path

import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.checks_reported import check_statements
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.findings import require
from careersurvey.inference.intervals import METHODS
from careersurvey.inference.printed import estimate_printed


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
    if cohort.evidence == "reported":
        _require_variables(cohort, by)
        require(check_statements(cohort), cohort.id)
        table = estimate_printed(
            cohort,
            level=level,
            interval=_counting_method(cohort, interval),
            readings=readings,
            wide=wide,
            min_base=min_base or 0,
        )
        wanted = table["domain"].isin(["all", *by]) if by else slice(None)
        table = table[wanted]
    else:
        raise NotImplementedError
    if indicators:
        table = table[table["indicator"].isin(list(indicators))]
    return table.reset_index(drop=True)


def _counting_method(cohort: Cohort, interval: str | None) -> str:
    if interval in (None, *METHODS):
        return interval or METHODS[0]
    raise QuestionError(
        f"{cohort.id}: {interval} intervals need respondents, and this cohort is printed figures.",
        expected=", ".join(METHODS),
        do="leave --interval out, or name one of these",
    )


def _require_indicators(cohort: Cohort, asked: Collection[str]) -> None:
    _require_known(cohort, asked, list(cohort.indicators["indicator"]), "indicators")


def _require_variables(cohort: Cohort, asked: Collection[str]) -> None:
    known = [*cohort.indicators["indicator"], *cohort.codebook["variable"]]
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
