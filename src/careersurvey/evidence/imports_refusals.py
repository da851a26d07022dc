"""What is said when a file of answers cannot be opened, in the same words for every format."""

from __future__ import annotations

from careersurvey.errors import CohortError
from careersurvey.evidence.imports_settings import TableSettings


def empty(settings: TableSettings) -> CohortError:
    """Return the error for a file with nothing in it."""
    return CohortError(
        f"{settings.cohort}: {settings.path.name} is empty.",
        expected="a row of headers and one row a respondent",
        where=settings.place,
        do="export it again",
    )


def no_header(settings: TableSettings) -> CohortError:
    """Return the error for a header that is not where it is sought."""
    return CohortError(
        f"{settings.cohort}: {settings.path.name} has no header where it is sought.",
        found="blank cells, or the end of the file",
        expected=f"names of columns in row {settings.skip_rows + 1}",
        where=settings.place,
        do="set skip_rows to the rows above the header, and header_rows to the rows of headers",
    )


def locked(settings: TableSettings, found: str) -> CohortError:
    """Return the error for a file that needs a password."""
    return CohortError(
        f"{settings.cohort}: {settings.path.name} is locked.",
        found=found,
        where=settings.place,
        do="open it with its password and save a copy without one",
    )


def not_text(settings: TableSettings, found: str) -> CohortError:
    """Return the error for bytes that no text has."""
    return CohortError(
        f"{settings.cohort}: {settings.path.name} is not a text file, or is damaged.",
        found=found,
        where=settings.place,
        do="export it again, or name a file that ends as what it is: .xlsx, .sav, .dta, .parquet",
    )


def unreadable(settings: TableSettings, kind: str, problem: object) -> CohortError:
    """Return the error for a file that its reader gives up on."""
    lines = str(problem).strip().splitlines() or [type(problem).__name__]
    return CohortError(
        f"{settings.cohort}: {settings.path.name} cannot be read as {kind}.",
        found=lines[0],
        where=settings.place,
        do="export it again; the ending of its name must say what it is",
    )
