"""Everything that is amiss in a cohort, at once, worst first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from careersurvey.errors import CohortError, SurveyError
from careersurvey.evidence.checks.check import WORTH_KNOWING, Check, as_table, worst_first
from careersurvey.evidence.checks.codebook import check_codebook
from careersurvey.evidence.checks.printed import check_statements
from careersurvey.evidence.cohort import Cohort, load_cohort, origin

if TYPE_CHECKING:
    import pandas as pd


def check(cohort: Cohort | str | Path, source: str | Path | None = None) -> pd.DataFrame:
    """Say what is amiss in a cohort's files, worst first, and what holds.

    Parameters
    ----------
    cohort : Cohort, str or Path
        The cohort, its folder, or the id of one that is shipped.
    source : str or Path, optional
        The text of a printed report, in which its figures are sought again.

    Returns
    -------
    DataFrame
        A row a check: ``rule``, ``table``, ``holds``, ``message``, ``rows`` (the first five) and
        ``do`` (the remedy). ``attrs`` say of which ``cohort``.

    Raises
    ------
    CohortError
        If there is no such cohort, its settings cannot be read, or a text is given for one that
        has no printed figures.

    Examples
    --------
    >>> import careersurvey as cs
    >>> cs.check("ofsted-2013")["holds"].all()
    np.True_
    """
    loaded = load_cohort(cohort)
    table = as_table(screen(loaded, Path(source) if source else None))
    table.attrs = origin(loaded)
    return table


def screen(
    cohort: Cohort, source: Path | None = None, readings: str | Path | None = None
) -> list[Check]:
    """Hold a cohort against every rule and return all that was found, worst first."""
    if cohort.evidence == "reported":
        printed = check_statements(cohort, source, readings)
        return worst_first([*printed, *check_codebook(cohort)])
    if source:
        raise CohortError(
            f"{cohort.id} has no printed figures to seek in a text.",
            found=f"--source {source}",
            do="leave --source out",
        )
    return worst_first([*check_codebook(cohort), *_of_tables(cohort)])


def _of_tables(cohort: Cohort) -> list[Check]:
    """Hold every table against the rules; one that cannot be read does not hide the others."""
    from careersurvey.evidence.answers.engines import place_of
    from careersurvey.evidence.answers.table import compile_table
    from careersurvey.evidence.checks.answers import check_answers

    checks, tables, spark = [], {}, cohort.settings.engine.spark
    for name in cohort.settings.tables or [""]:
        try:
            if spark:
                place_of(cohort, name)
            else:
                tables[name] = compile_table(cohort, name)
        except SurveyError as problem:
            checks.append(from_error(problem, cohort.id, "readable", name))
        if spark:
            message = "The answers of a table on Spark are not checked against the codebook."
            checks.append(Check("answers", name, True, message, severity=WORTH_KNOWING))
    return checks if spark else [*checks, *check_answers(cohort, tables)]


def from_error(problem: SurveyError, cohort: str, rule: str, table: str = "") -> Check:
    """What refuses a cohort, as a finding among the others."""
    place = f" ({problem.where})" if problem.where else ""
    message = f"{problem.what.removeprefix(cohort).lstrip(': ').rstrip('.')}{place}."
    do, found, expected = (str(one or "") for one in (problem.do, problem.found, problem.expected))
    return Check(rule, table, False, message, (), do, found, expected, severity=0)
