"""Select-all questions: a column for each option, or one cell with several answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from careersurvey.errors import CohortError
from careersurvey.evidence.findings import ROWS_NAMED, Check
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
from careersurvey.evidence.imports_labels import known_values, recoded
from careersurvey.evidence.imports_store import literal, literals, named, rows
from careersurvey.evidence.tables import NO_ANSWER, Variable
from careersurvey.evidence.text import clean, fold, meant, plural, slug

YES, NO = "yes", "no"
_SHOWN = 5
_BOXES = {"no": literal(NO), "no_answer": literal(NO_ANSWER), "not_asked": "NULL"}


def block_of(opened: Opened, variable: str) -> str:
    """Return the name of the select-all question that a variable is a box of, or ``""``."""
    blocks = opened.settings.options.items()
    return next((name for name, block in blocks if variable in block.get("variables", ())), "")


def require_blocks(opened: Opened) -> None:
    """Refuse a select-all question whose variables the table does not have.

    Raises
    ------
    CohortError
        If a variable of a block, or the variable that a separator is set for, is not mapped.
    """
    for name, block in opened.settings.options.items():
        wanted = block.get("variables", [name])
        unknown = [variable for variable in wanted if variable not in opened.position]
        other = block.get("other")
        if other and not unknown and other not in opened.variables[name].values:
            raise CohortError(
                f"{opened.settings.cohort}: other of {name} is not a value of the codebook.",
                found=repr(other),
                expected=", ".join(opened.variables[name].values),
                where=f"cohort.toml [tables.{opened.settings.name}.options.{name}]",
            )
        if unknown:
            raise CohortError(
                f"{opened.settings.cohort}: a select-all question names variables that "
                "the table does not have.",
                found=", ".join(map(repr, unknown)),
                expected=meant(str(unknown[0]), opened.position),
                where=f"cohort.toml [tables.{opened.settings.name}.options.{name}]",
            )


def read_box(opened: Opened, variable: Variable, name: str) -> Column:
    """Return one box of a select-all question: ticked, unticked, not asked.

    A blank box is unticked where another box of the question was ticked, or carries a word for
    unticked. Where the whole question is blank, ``nothing_ticked`` says what that means.
    """
    block = opened.settings.options[name]
    cells, blanks = counts(opened, variable.name)
    ticked, unticked = _states(variable)
    words = _words(opened, variable, block, ticked, unticked)
    values = {cell: words[fold(cell)] for cell in cells if fold(cell) in words}
    others = {cell: n for cell, n in cells.items() if cell not in values}
    declared = block.get("ticked")
    by_text = declared == "any" or (not declared and len(others) == 1)
    if by_text:
        values |= dict.fromkeys(others, ticked)
    findings = () if by_text else _not_boxes(opened, variable, others, name)
    asked = condition_of(opened, variable.name, name)
    column = opened.column(variable.name)
    notes = _tick_note(variable, others) if by_text and others and not declared else ()
    return Column(
        name=variable.name,
        read=recoded(column, values, blanks),
        filled=_filled_box(variable.name, block, asked, unticked),
        asked=asked,
        notes=notes,
        findings=findings,
    )


def check_nothing_ticked(opened: Opened, name: str, read: dict[str, Column]) -> list[Check]:
    """Ask what a question means in which nobody ticked a box, where that is not declared."""
    block = opened.settings.options[name]
    if "nothing_ticked" in block or "variables" not in block:
        return []
    blank = " AND ".join(f"{named(variable)} IS NULL" for variable in block["variables"])
    asked = read[block["variables"][0]].asked
    steps = ", ".join(f"{column.read} AS {named(v)}" for v, column in read.items())
    bad = f"FROM (SELECT row__, {steps} FROM {opened.view}) WHERE {blank} AND {asked}"
    ((count,),) = rows(f"SELECT count(*) {bad}")
    if not count:
        return []
    finding = Check(
        "nothing_ticked",
        opened.settings.name,
        False,
        f"{plural(count, 'row')} {'has' if count == 1 else 'have'} no box of {name} ticked, and "
        "cohort.toml does not say what that means.",
        tuple(row for (row,) in rows(f"SELECT row__ {bad} ORDER BY 1 LIMIT {ROWS_NAMED}")),
        f'set nothing_ticked under [tables.{opened.settings.name}.options.{name}]: "no" for none '
        'of these, "no_answer" for skipped, "not_asked" for never shown',
    )
    return [finding]


@dataclass(frozen=True)
class _Cell:
    """What one delimited cell holds: categories, pieces that are none, or a word for blank."""

    categories: tuple[str, ...]
    unknown: tuple[str, ...]
    whole: str


def read_delimited(opened: Opened, variable: Variable) -> list[Column]:
    """Return a yes/no column for each category of a cell that holds several answers.

    The longest known label is taken first, so that an option may contain the separator.
    """
    block = opened.settings.options[variable.name]
    cells, blanks = counts(opened, variable.name)
    split = {cell: _split(opened, variable, block, cell) for cell in cells}
    asked = condition_of(opened, variable.name)
    column = opened.column(variable.name)
    there = f"{column} NOT IN {literals(blanks)}" if blanks else f"{column} IS NOT NULL"
    whole = {cell: found.whole for cell, found in split.items() if found.whole}
    findings = _unknown_pieces(opened, variable, cells, split)
    columns = []
    for category in variable.values:
        chosen = [cell for cell, found in split.items() if category in found.categories]
        values = whole | dict.fromkeys(chosen, YES)
        read = f"CASE WHEN {there} THEN {_else_no(column, values)} END"
        name = f"{variable.name}__{category}"
        step = filled(name, asked)
        if "nothing_ticked" in block:
            step = _filled_box(name, {**block, "variables": [name]}, asked, NO)
        columns.append(Column(name, read, step, asked=asked, findings=findings))
        findings = ()
    return columns


def _states(variable: Variable) -> tuple[str, str]:
    return variable.values[:2] if len(variable.values) == 2 else (YES, NO)


def _words(
    opened: Opened, variable: Variable, block: dict[str, Any], ticked: str, unticked: str
) -> dict[str, str]:
    words = {fold(code): value for code, value in missing_codes(opened, variable.name).items()}
    words |= {fold(ticked): ticked, fold(unticked): unticked}
    codes = opened.settings.codes.get(variable.name, {})
    words |= {fold(code): value for code, value in codes.items()}
    words |= {fold(str(word)): unticked for word in block.get("unticked", ())}
    if isinstance(block.get("ticked"), list):
        words |= {fold(str(word)): ticked for word in block["ticked"]}
    return words


def _filled_box(name: str, block: dict[str, Any], asked: str, unticked: str) -> str:
    column = named(name)
    others = [named(other) for other in block["variables"]]
    answered = " OR ".join(f"coalesce({other} <> {literal(NOT_ASKED)}, FALSE)" for other in others)
    nothing = _BOXES[block.get("nothing_ticked", "no")]
    if nothing == _BOXES["no"]:
        nothing = literal(unticked)
    # Tools write an unticked box for a question that was never shown, too.
    routed = asked not in ("TRUE", "FALSE")
    unasked = f"WHEN {column} = {literal(unticked)} AND NOT ({asked}) THEN NULL " if routed else ""
    return (
        f"CASE WHEN {column} = {literal(NOT_ASKED)} THEN NULL {unasked}"
        f"WHEN {column} IS NOT NULL THEN {column} WHEN {answered} THEN {literal(unticked)} "
        f"WHEN {asked} THEN {nothing} END"
    )


def _not_boxes(
    opened: Opened, variable: Variable, others: dict[str, int], name: str
) -> tuple[Check, ...]:
    if not others:
        return ()
    count = sum(others.values())
    finding = Check(
        "boxes",
        opened.settings.name,
        False,
        f"{plural(count, 'cell')} of {variable.name} say neither ticked nor unticked.",
        first_rows(opened, f"{opened.column(variable.name)} IN {literals(list(others)[:1000])}"),
        f"set ticked and unticked under [tables.{opened.settings.name}.options.{name}]; "
        'ticked = "any" takes every text for a tick',
        found=", ".join(f"{cell!r} ({n:,})" for cell, n in list(others.items())[:_SHOWN]),
    )
    return (finding,)


def _tick_note(variable: Variable, others: dict[str, int]) -> tuple[str, ...]:
    ((cell, n),) = others.items()
    return (f"{variable.name}: {cell!r} ({n:,}) was taken for a tick.",)


def _split(opened: Opened, variable: Variable, block: dict[str, Any], cell: str) -> _Cell:
    known = known_values(opened, variable)
    missing = missing_codes(opened, variable.name)
    if clean(cell) in missing:
        return _Cell((), (), missing[clean(cell)])
    labels = {fold(text): value for text, value in known.items()}
    ids = {slug(value): value for value in variable.values}
    found: list[str] = []
    unknown: list[str] = []
    for piece in _pieces(clean(cell), clean(block["separator"]) or " ", labels):
        value = labels.get(fold(piece)) or ids.get(slug(piece))
        if not value and block.get("other"):
            value = block["other"]
        (found if value else unknown).append(value or piece)
    return _Cell(tuple(found), tuple(unknown), "")


def _pieces(cell: str, separator: str, labels: dict[str, str]) -> list[str]:
    pieces, rest = [], cell
    by_length = sorted(labels, key=len, reverse=True)
    while rest:
        label = next((label for label in by_length if _leads(rest, label, separator)), "")
        length = len(label) if label else (rest + separator).index(separator)
        pieces.append(rest[:length].strip())
        rest = rest[length:].lstrip().removeprefix(separator).strip()
    return [piece for piece in pieces if piece]


def _leads(text: str, label: str, separator: str) -> bool:
    if not label or fold(text[: len(label)]) != label:
        return False
    after = text[len(label) :].lstrip()
    return not after or after.startswith(separator)


def _else_no(column: str, values: dict[str, str]) -> str:
    by_value: dict[str, list[str]] = {}
    for cell, value in values.items():
        by_value.setdefault(value, []).append(cell)
    whens = " ".join(
        f"WHEN {column} IN {literals(cells)} THEN {literal(value)}"
        for value, cells in by_value.items()
    )
    return f"CASE {whens} ELSE {literal(NO)} END" if whens else literal(NO)


def _unknown_pieces(
    opened: Opened, variable: Variable, cells: dict[str, int], split: dict[str, _Cell]
) -> tuple[Check, ...]:
    bad = {cell: found.unknown for cell, found in split.items() if found.unknown}
    if not bad:
        return ()
    pieces: dict[str, int] = {}
    for cell, unknown in bad.items():
        for piece in unknown:
            pieces[piece] = pieces.get(piece, 0) + cells[cell]
    worst = sorted(pieces.items(), key=lambda pair: -pair[1])[:_SHOWN]
    count = sum(cells[cell] for cell in bad)
    finding = Check(
        "allowed_values",
        opened.settings.name,
        False,
        f"{count:,} of {plural(sum(cells.values()), 'cell')} of {variable.name} hold answers "
        "that are not in the codebook.",
        first_rows(opened, f"{opened.column(variable.name)} IN {literals(list(bad)[:1000])}"),
        f"map them under [tables.{opened.settings.name}.codes.{variable.name}], or set other "
        f"under [tables.{opened.settings.name}.options.{variable.name}]",
        found=", ".join(f"{piece!r} ({n:,})" for piece, n in worst),
        expected=", ".join(variable.values),
    )
    return (finding,)
