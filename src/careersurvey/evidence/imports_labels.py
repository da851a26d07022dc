"""Their codes and labels, as the codebook's values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from careersurvey.evidence.findings import Check
from careersurvey.evidence.imports_columns import (
    NOT_ASKED,
    Column,
    Opened,
    condition_of,
    counts,
    filled,
    first_rows,
    missing_codes,
)
from careersurvey.evidence.imports_store import literal, literals
from careersurvey.evidence.tables import MISSING, NO_ANSWER, Variable
from careersurvey.evidence.text import clean, fold, plural, slug, whole

_SHOWN = 5
_TOO_MANY = 1000
_LONGEST = 60


@dataclass(frozen=True)
class Mapped:
    """What each different cell becomes, those that nothing is known of, and notes."""

    values: dict[str, str]
    unknown: dict[str, int]
    notes: tuple[str, ...]


def read_category(opened: Opened, variable: Variable) -> Column:
    """Return the column of a category: every cell a value of the codebook, or a finding."""
    cells, blanks = counts(opened, variable.name)
    mapped = map_cells(opened, variable, cells)
    column = opened.column(variable.name)
    asked = condition_of(opened, variable.name)
    answered = sum(cells.values()) == opened.rows and NOT_ASKED not in mapped.values.values()
    return Column(
        name=variable.name,
        read=recoded(column, mapped.values, blanks),
        filled="" if answered else filled(variable.name, asked),
        asked=asked,
        notes=mapped.notes,
        findings=unknown_values(opened, variable, cells, mapped.unknown),
    )


def map_cells(opened: Opened, variable: Variable, cells: dict[str, int]) -> Mapped:
    """Find the codebook's value of each different cell.

    A cell is sought as it stands, by its label, then tidied and without regard to case, then as
    an id of the codebook (``Not sure`` for ``not_sure``); the last two are noted.
    """
    position = opened.position[variable.name]
    labels = opened.source.labels.get(position, {})
    exact = known_values(opened, variable)
    ways = [
        (clean, ""),
        (whole, "read as whole numbers"),
        (fold, "tidied"),
        (slug, "read as ids of the codebook"),
    ]
    tables = [_unambiguous(exact, form) for form, _ in ways]
    values: dict[str, str] = {}
    notes: dict[str, list[str]] = {}
    for cell in cells:
        names = [cell, *filter(None, [labels.get(cell, labels.get(whole(cell)))])]
        found = _found(names, exact, ways, tables)
        if found:
            values[cell], how = found
            # A space that nobody sees is still a change to what the file says.
            how = how or ("tidied" if clean(cell) != cell else "")
            if how:
                change = f"{_named(cell, labels, cells[cell])} → {values[cell]}"
                notes.setdefault(how, []).append(change)
    unknown = {cell: n for cell, n in cells.items() if cell not in values}
    return Mapped(values, unknown, tuple(_notes(variable.name, notes)))


def known_values(opened: Opened, variable: Variable) -> dict[str, str]:
    """Return every text that has a meaning for a variable, and the value it stands for."""
    known = {value: value for value in variable.values}
    known = known | missing_codes(opened, variable.name)
    return known | opened.settings.codes.get(variable.name, {})


def recoded(column: str, values: dict[str, str], blanks: Iterable[str] = ()) -> str:
    """Return SQL that gives each cell its value; a cell that is its value stays as it is."""
    by_value: dict[str, list[str]] = {}
    for cell, value in values.items():
        if cell != value:
            by_value.setdefault(value, []).append(cell)
    blank = [f"WHEN {column} IN {literals(blanks)} THEN NULL"] if blanks else []
    whens = (
        f"WHEN {column} IN {literals(cells)} THEN {literal(value)}"
        for value, cells in by_value.items()
    )
    cases = " ".join([*blank, *whens])
    return f"CASE {cases} ELSE {column} END" if cases else column


def unknown_values(
    opened: Opened, variable: Variable, cells: dict[str, int], unknown: dict[str, int]
) -> tuple[Check, ...]:
    """Return the finding about cells that are not in the codebook, or none."""
    bad_targets = _bad_targets(opened, variable)
    if not unknown:
        return bad_targets
    column = opened.column(variable.name)
    count = sum(unknown.values())
    labels = opened.source.labels.get(opened.position[variable.name], {})
    shown = [_named(cell, labels, n) for cell, n in list(unknown.items())[:_SHOWN]]
    found = ", ".join(shown)
    more = f" and {len(unknown) - _SHOWN:,} other answers" if len(unknown) > _SHOWN else ""
    total = sum(cells.values())
    name = opened.settings.name
    finding = Check(
        "allowed_values",
        name,
        False,
        f"{count:,} of {plural(total, 'answer')} to {variable.name} "
        f"{'is' if count == 1 else 'are'} not in the codebook.",
        first_rows(opened, f"{column} IN {literals(list(unknown)[:_TOO_MANY])}"),
        "correct the file, or map the codes in cohort.toml under "
        f"[tables.{name}.codes.{variable.name}]",
        found=found + more,
        expected=", ".join(variable.values),
    )
    return (*bad_targets, finding)


def _named(cell: str, labels: dict[str, str], n: int) -> str:
    label = f" = {labels[cell][:_LONGEST]!r}" if cell in labels else ""
    return f"{cell[:_LONGEST]!r}{label} ({n:,})"


def _bad_targets(opened: Opened, variable: Variable) -> tuple[Check, ...]:
    allowed = {*variable.values, *variable.missing, NO_ANSWER, MISSING}
    codes = opened.settings.codes.get(variable.name, {})
    wrong = {code: value for code, value in codes.items() if value not in allowed}
    if not wrong:
        return ()
    name = opened.settings.name
    finding = Check(
        "codes",
        name,
        False,
        f"{len(wrong)} of {plural(len(codes), 'code')} of {variable.name} "
        "lead to values that the codebook does not have.",
        do=f"correct cohort.toml under [tables.{name}.codes.{variable.name}]",
        found=", ".join(f"{code!r} = {value!r}" for code, value in wrong.items()),
        expected=", ".join(variable.values),
    )
    return (finding,)


def _found(
    names: list[str], exact: dict[str, str], ways: list, tables: list[dict[str, str]]
) -> tuple[str, str] | None:
    for name in names:
        if name in exact:
            return exact[name], ""
    for (form, how), table in zip(ways, tables, strict=True):
        for name in names:
            if form(name) in table:
                return table[form(name)], how
    return None


def _unambiguous(exact: dict[str, str], form: Callable[[str], str]) -> dict[str, str]:
    targets: dict[str, set[str]] = {}
    for text, value in exact.items():
        targets.setdefault(form(text), set()).add(value)
    return {text: min(values) for text, values in targets.items() if text and len(values) == 1}


def _notes(variable: str, notes: dict[str, list[str]]) -> Iterable[str]:
    for how, changes in notes.items():
        shown = "; ".join(change.replace(NOT_ASKED, "not asked") for change in changes[:_SHOWN])
        more = f"; and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
        yield f"{variable}: {plural(len(changes), 'label')} {how}: {shown}{more}."
