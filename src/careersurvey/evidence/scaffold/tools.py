"""What survey tools write: how many header rows, what stands beside the answers, names of boxes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from careersurvey.evidence.scaffold.columns import ExportColumn
from careersurvey.evidence.scaffold.scales import KNOWN, WORDS
from careersurvey.evidence.text import clean, fold, slug

#: What Qualtrics writes for a question that was seen and left, if it is asked to.
SEEN_UNANSWERED = "-99"
_BY_ENDING = {".sav": "SPSS", ".zsav": "SPSS", ".dta": "Stata"}


@dataclass(frozen=True)
class Tool:
    """A survey tool, as ``known.toml`` tells it by the header of what it exports."""

    name: str
    tells: tuple[str, ...] = ()
    boxes: str = ""
    joined: bool = False
    coded: bool = False
    beside: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()


def tool_of(path: Path, header_rows: Iterable[Sequence[str]]) -> Tool:
    """Tell which tool wrote a file, by its ending and by the cells of its header."""
    cells = [clean(cell) for row in header_rows for cell in row]
    if path.suffix.lower() in _BY_ENDING:
        return Tool(_BY_ENDING[path.suffix.lower()])
    for tool in (Tool(**one) for one in KNOWN["tools"]):
        if any(re.fullmatch("|".join(tool.tells), cell) for cell in cells):
            return tool
    return Tool("")


def is_beside(tool: Tool, column: ExportColumn) -> bool:
    """Whether a tool added the column; one that tells rows apart is an identifier and stays."""
    named = is_called(column, [*KNOWN["columns"]["beside"], *tool.beside])
    return named and not (column.kind == "identifier" and column.names_one)


def rows_of_no_use(tool: Tool, columns: Iterable[ExportColumn]) -> dict[str, tuple[str, list[str]]]:
    """By column: ``keep`` or ``drop``, and the cells that the rule is about."""
    found = {}
    for column in columns:
        cells = [*column.cells, *[""] * bool(column.blank)]
        for one in tool.rows:
            known = one.get("cells")
            chosen = [cell for cell in cells if fold(cell) in known] if known else cells[:1]
            if is_called(column, [one["column"]]) and 0 < len(chosen) < len(cells):
                found[column.called] = (one["rule"], chosen)
    return found


def is_called(column: ExportColumn, patterns: Iterable[str]) -> bool:
    """Whether a name or its id fits; a code and a wording may be joined by ``. ``."""
    names = {name for part in (column.name, *column.parts) for name in (part, *part.split(". "))}
    pattern = "|".join(patterns)
    return any(re.fullmatch(pattern, form(name)) for name in names for form in (fold, slug))


def header_at(top: Sequence[Sequence[str]]) -> tuple[int, int]:
    """How many rows stand above the header and how many it has, by the first rows of a file.

    A row with one cell above rows with many is a title. A row belongs to the header with the one
    above it where it fills gaps that merged cells leave, repeats its first name, holds nothing but
    the word "Response", has the import ids of Qualtrics, or words the questions that the row above
    names.
    """
    rows = [[clean(cell) for cell in row] for row in top]
    filled = [sum(map(bool, row)) for row in rows]
    skip, header = 0, 1
    while skip + 1 < len(rows) and max(filled) > 2 and filled[skip] <= 1:
        skip += 1
    rest = rows[skip:]
    for i, row in enumerate(rest):
        if any('"ImportId"' in cell for cell in row):
            return skip, i + 1
    while header < len(rest) - 1 and _goes_on(rest[:header], rest[header], rest[header + 1 :]):
        header += 1
    return skip, header


def _goes_on(above: list[list[str]], row: list[str], below: list[list[str]]) -> bool:
    """Whether a row still is a row of the header."""
    first = row[0] if row else ""
    if not any(line[0] for line in above if line):
        return not above[0][1:2] or not above[0][1]
    if first and first == above[-1][0] and not first.isdigit():
        return True
    filled = [cell for cell in row if cell]
    if not filled or any(cell.isdigit() for cell in filled):
        return False
    if all(fold(cell) in WORDS["second_rows"] for cell in filled) and len(filled) > 1:
        return True
    names_below = all(line and line[0] for line in below)
    gaps = [bool(cell) for cell, name in zip(row, above[-1], strict=False) if not name]
    filling = (not first and names_below and any(gaps)) or sum(gaps) > len(gaps) / 2
    return filling or _words_questions(above[-1], row, below)


def _words_questions(names: list[str], row: list[str], below: list[list[str]]) -> bool:
    """Whether most cells are sentences that no row below has, under names without blanks."""
    told = [
        " " in cell
        and " " not in name
        and all(len(cell) > 2 * len(line[i]) for line in below if i < len(line))
        for i, (cell, name) in enumerate(zip(row, names, strict=False))
        if cell
    ]
    return len(told) > 1 and len(below) > 1 and 3 * sum(told) > 2 * len(told)
