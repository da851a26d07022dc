"""A rule that must hold, what was found where it was looked for, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from careersurvey.errors import CohortError
from careersurvey.evidence.text import so_many

if TYPE_CHECKING:
    import pandas as pd

#: Rows that a message names; the number of all of them stands in its first line.
ROWS_NAMED = 5
#: Severities: the table cannot be used, its figures would be wrong, worth knowing.
UNUSABLE, WRONG, WORTH_KNOWING = 1, 2, 3


@dataclass(frozen=True)
class Check:
    """One rule, held against one table; a note, such as the rows that were read, has passed."""

    rule: str
    table: str
    passed: bool
    message: str
    rows: tuple = ()  # as a spreadsheet numbers them, or ids of statements: the first five
    do: str = ""
    found: str = ""
    expected: str = ""
    severity: int = WRONG  # 0 cannot be read, else UNUSABLE, WRONG, WORTH_KNOWING
    variable: str = ""
    #: What settles it of that variable, and with which cells: ``missing``, -9.
    setting: str = ""
    cells: tuple[str, ...] = ()


def broken(
    message: str, rows: Sequence = (), found: str = "", expected: str = "", do: str = ""
) -> Check:
    """Where a rule is broken: one sentence, the rows, what is there and what may be there."""
    return Check("", "", False, message, tuple(rows[:ROWS_NAMED]), do, found, expected)


@dataclass(frozen=True)
class Rule:
    """A declared rule: its name, what to do where it is broken, and where it looks."""

    name: str
    do: str
    severity: int
    look: Callable[..., Check | str | Iterable[Check | str] | None]

    def check(self, table: str, *given: object) -> list[Check]:
        """Hold the rule against a table; nothing where it does not apply."""
        found = self.look(*given)
        each = [found] if isinstance(found, Check | str) else found or ()
        return [self._named(table, one) for one in each]

    def _named(self, table: str, found: Check | str) -> Check:
        if isinstance(found, str):
            return Check(self.name, table, True, found)
        do = found.do or self.do.format(table=table)
        return replace(found, rule=self.name, table=table, do=do, severity=self.severity)


def rule(name: str, *, do: str, severity: int = WRONG) -> Callable[[Callable], Rule]:
    """Declare a function to be a rule."""
    return lambda look: Rule(name, do, severity, look)


def cells(
    name: str,
    column: str,
    fit: Callable[[Any, Any], object],  # given what rows may name, and a row
    expected: str,
    severity: int = WRONG,
) -> Rule:
    """Declare what each cell of a column is, in a table that people write."""

    def look(known: object, rows: Sequence[tuple[Any, Any]]) -> Check | str | None:
        bad = [(place, row) for place, row in rows if not fit(known, row)]
        of = f"{so_many(len(rows), 'cell')} of {column}"
        if not bad:
            return f"Each of {of} is {expected}." if rows else None
        message = f"{len(bad):,} of {of} {'is' if len(bad) == 1 else 'are'} not as expected."
        found = ", ".join(_shown(row[column]) for _, row in bad[:ROWS_NAMED])
        return broken(message, [*dict.fromkeys(place for place, _ in bad)], found, expected)

    return Rule(name, "correct the rows, or declare what they name", severity, look)


def one_of(name: str, column: str, values: Collection[str], severity: int = WRONG) -> Rule:
    """Declare that each cell of a column is one of some values."""
    known = f"one of {', '.join(filter(None, values))}"
    return cells(name, column, lambda _, row: row[column] in values, known, severity)


def _shown(cell: str | tuple[str, ...]) -> str:
    return repr(cell if isinstance(cell, str) else ";".join(cell))


def worst_first(checks: Iterable[Check]) -> list[Check]:
    """Failures before rules that hold, the gravest failures first, else in the order given."""
    return sorted(checks, key=lambda check: (check.passed, 0 if check.passed else check.severity))


def require(checks: Iterable[Check], cohort: str) -> None:
    """Stop if any check failed, and say all that failed at once, worst first."""
    checks = worst_first(checks)
    failed = [check for check in checks if not check.passed]
    if len(failed) == 1:
        raise _refusal(failed[0], f"{cohort}: {failed[0].message}")
    if failed:
        count = f"{cohort}: {len(failed)} of {len(checks)} checks failed."
        raise CohortError("\n\n".join([count, *map(_described, failed)]))


def as_text(checks: Iterable[Check]) -> str:
    """Return findings as lines for a reader: what failed in full, what holds in one line each."""
    checks = worst_first(checks)
    failed = [_described(check) for check in checks if not check.passed]
    hold = [check for check in checks if check.passed]
    width = max((len(check.rule) for check in hold), default=0)
    head = f"{so_many(len(checks), 'check')}: {len(failed)} failed, {len(hold)} hold."
    parts = ([one.rule.ljust(width), one.table, one.message] for one in hold)
    lines = "\n".join("  " + "  ".join(filter(None, part)) for part in parts)
    return "\n\n".join(filter(None, [head, *failed, lines]))


def as_json(checks: Iterable[Check]) -> str:
    """Return findings for machines: a list of rule, table, passed, message, rows."""
    names = ("rule", "table", "passed", "message", "rows")
    records = [{name: getattr(check, name) for name in names} for check in worst_first(checks)]
    return json.dumps(records, indent=2)


def as_table(checks: Iterable[Check]) -> pd.DataFrame:
    """Return findings as a table for a page: rule, table, holds, message, rows, do."""
    import pandas as pd

    records = [
        (one.rule, one.table, one.passed, one.message, ", ".join(map(str, one.rows)), one.do)
        for one in worst_first(checks)
    ]
    return pd.DataFrame(records, columns=["rule", "table", "holds", "message", "rows", "do"])


def _described(check: Check) -> str:
    """One finding as text: its sentence, then found, expected, where and do, as far as known."""
    told = str(_refusal(check, f"{check.rule}: {check.message}"))
    return "  " + told.replace("\n", "\n  ")


def _refusal(check: Check, what: str) -> CohortError:
    """The error that a finding is; its place is in words: ``parents rows 88, 412``."""
    numbers = [f"{row:,}" for row in check.rows if isinstance(row, int)]
    word = ("row" if len(numbers) == 1 else "rows") if numbers else ""
    named = ", ".join(f"{row:,}" if isinstance(row, int) else str(row) for row in check.rows)
    place = " ".join(filter(None, [check.table, word, named])) if check.rows else ""
    return CohortError(what, found=check.found, expected=check.expected, where=place, do=check.do)
