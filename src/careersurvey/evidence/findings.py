"""What a check found, and the one place where findings stop the work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from careersurvey.errors import CohortError

#: Rows that a message names; the number of all of them stands in its first line.
ROWS_NAMED = 5


@dataclass(frozen=True)
class Check:
    """One rule, held against one table.

    Parameters
    ----------
    rule : str
        Name of the rule, the same in every cohort: `allowed_values`, `unique_key`.
    table : str
        Table or file that was looked at; empty for the cohort as a whole.
    passed : bool
        Whether the rule holds. A note, such as the rows that were read, has passed.
    message : str
        One sentence: how many of how many, and what is the matter or what was seen.
    rows : tuple
        Row numbers as a spreadsheet shows them, or ids of statements: the first five.
    do : str
        What a person can do about it; empty where the rule holds.
    found, expected : str
        What is there and what may be there, where that can be said without showing
        other answers of a respondent.
    severity : int
        1 the table cannot be used, 2 its figures would be wrong, 3 worth knowing.
    """

    rule: str
    table: str
    passed: bool
    message: str
    rows: tuple = ()
    do: str = ""
    found: str = ""
    expected: str = ""
    severity: int = 2


def worst_first(checks: Iterable[Check]) -> list[Check]:
    """Failures before rules that hold, the gravest failures first, else in the order given."""
    return sorted(checks, key=lambda check: (check.passed, 0 if check.passed else check.severity))


def place(check: Check) -> str:
    """Table and rows of a finding in words: ``parents rows 88, 412``; empty without rows."""
    if not check.rows:
        return ""
    word = "row" if len(check.rows) == 1 else "rows"
    named = ", ".join(f"{row:,}" if isinstance(row, int) else str(row) for row in check.rows)
    known_as_ids = not isinstance(check.rows[0], int)
    return f"{check.table} {named}" if known_as_ids else f"{check.table} {word} {named}"


def as_record(check: Check) -> dict[str, object]:
    """Give the finding to machines: rule, table, passed, message, rows."""
    return {
        "rule": check.rule,
        "table": check.table,
        "passed": check.passed,
        "message": check.message,
        "rows": list(check.rows),
    }


def require(checks: Sequence[Check], cohort: str = "") -> None:
    """Stop if any check failed, and say all that failed at once, worst first.

    Parameters
    ----------
    checks : sequence of Check
        What was found, in any order.
    cohort : str, optional
        Id of the cohort, named at the head of the message.

    Raises
    ------
    CohortError
        If one or more checks failed: one message with every failure in it.
    """
    failed = [check for check in worst_first(checks) if not check.passed]
    if not failed:
        return
    head = f"{cohort}: " if cohort else ""
    if len(failed) == 1:
        raise CohortError(f"{head}{failed[0].message}", **_fields(failed[0]))
    count = f"{head}{len(failed)} of {len(checks)} checks failed."
    raise CohortError("\n\n".join([count, *(describe(check) for check in failed)]))


def describe(check: Check) -> str:
    """One finding as text: its sentence, then found, expected, where and do, as far as known."""
    lines = [f"{name:<9} {value}" for name, value in _fields(check).items() if value is not None]
    return "\n    ".join([f"  {check.rule}: {check.message}", *lines])


def _fields(check: Check) -> dict[str, str | None]:
    return {
        "found": check.found or None,
        "expected": check.expected or None,
        "where": place(check) or None,
        "do": check.do or None,
    }
