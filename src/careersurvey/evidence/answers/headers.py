"""Headers: one row or several, repeated, broken over lines; and finding a column by its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from careersurvey.errors import CohortError
from careersurvey.evidence.text import clean, fold, meant

#: Between the parts of a name that several header rows make together.
JOINT = " | "


@dataclass(frozen=True)
class Header:
    """Names of the columns of a file, each different; what else each is called; what was done."""

    names: tuple[str, ...]
    others: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def make_header(rows: list[list[str]], others: Sequence[tuple[str, ...]] = ()) -> Header:
    """Make one name a column; a blank upper cell takes the one to its left, as merged cells do."""
    width = max(len(row) for row in rows)
    cells = [[clean(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    upper = [_filled(row, cells[i + 1 :]) for i, row in enumerate(cells[:-1])]
    lines = [*upper, cells[-1]]
    parts = [tuple(dict.fromkeys(filter(None, column))) for column in zip(*lines, strict=True)]
    joined = [JOINT.join(part) or f"column {letter(i)}" for i, part in enumerate(parts)]
    names = _numbered(joined)
    known = [(*part, *map(clean, others[i] if others else ())) for i, part in enumerate(parts)]
    return Header(tuple(names), tuple(known), tuple(_notes(rows, joined, parts)))


def find_column(header: Header, wanted: str, variable: str, place: str) -> tuple[int, str]:
    """Return the position of a column, and a note where its name is not exact."""
    for names, note in _ways(header, wanted):
        found = [i for i, given in enumerate(names) if given]
        if len(found) == 1:
            return found[0], note
    raise CohortError(
        f"the file has no column for {variable}.",
        found=f"{wanted!r} in cohort.toml",
        expected=meant(clean(wanted), header.names),
        where=place,
        do="correct the name; if the header stands lower in the file, set skip_rows or header_rows",
    )


def letter(position: int) -> str:
    """Return the letter of a column as a spreadsheet shows it: 0 is ``A``, 27 is ``AB``."""
    text, rest = "", position + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        text = chr(65 + digit) + text
    return text


def _ways(header: Header, wanted: str) -> list[tuple[list[bool], str]]:
    cleaned, folded = clean(wanted), fold(wanted)
    inexact = f"The column {cleaned!r} was found without regard to case or kinds of quotes."
    return [
        ([name == wanted for name in header.names], ""),
        ([name == cleaned for name in header.names], ""),
        ([cleaned in other for other in header.others], ""),
        ([fold(name) == folded for name in header.names], inexact),
        ([folded in map(fold, other) for other in header.others], inexact),
    ]


def _filled(row: list[str], below: list[list[str]]) -> list[str]:
    filled, last = [], ""
    for i, cell in enumerate(row):
        last = cell or last
        filled.append(last if cell or any(line[i] for line in below) else "")
    return filled


def _numbered(names: list[str]) -> list[str]:
    taken, counts = set(names), Counter[str]()
    numbered = []
    for name in names:
        counts[name] += 1
        new = name if counts[name] == 1 else f"{name} ({counts[name]})"
        while counts[name] > 1 and new in taken:
            counts[name] += 1
            new = f"{name} ({counts[name]})"
        taken.add(new)
        numbered.append(new)
    return numbered


def _notes(rows: list[list[str]], joined: list[str], parts: list[tuple[str, ...]]) -> list[str]:
    repeated = [name for name, n in Counter(joined).items() if n > 1]
    blank = [letter(i) for i, part in enumerate(parts) if not part]
    broken = sum(cell != clean(cell) for row in rows for cell in row)
    notes = []
    if len(rows) > 1:
        notes.append(f"{len(rows)} header rows were joined into one name a column.")
    if broken:
        notes.append(f"Line breaks and spaces were tidied in {broken} cells of the header.")
    if repeated:
        shown = ", ".join(map(repr, repeated[:3]))
        notes.append(f"{len(repeated)} names stand over more than one column: {shown}; numbered.")
    if blank:
        notes.append(f"{len(blank)} columns have no name: {', '.join(blank[:5])}.")
    return notes
