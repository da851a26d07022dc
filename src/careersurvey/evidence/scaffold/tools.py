"""What is known of survey tools and of questionnaires: headers, scales, codes for no answer."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path
from statistics import median
from typing import Any

from careersurvey.evidence.answers.sheet import OTHER
from careersurvey.evidence.answers.words import (
    AMOUNT,
    KNOWN,
    NOTHING,
    TICKED,
    WORDS,
    as_number,
    is_refusal,
)
from careersurvey.evidence.text import clean, fold

#: What Qualtrics writes for a question that was seen and left, if it is asked to.
SEEN_UNANSWERED = "-99"
_NEITHER = re.compile(r"neither\b|neutral$")  # the middle step of any scale
_tells = re.compile("|".join(one for tool in KNOWN["tools"] for one in tool["tells"])).fullmatch
_BY_ENDING = {".sav": "SPSS", ".zsav": "SPSS", ".dta": "Stata"}


@dataclass(frozen=True)
class Tool:
    """A survey tool, as ``known.toml`` tells it by the header of what it exports."""

    name: str = ""
    tells: tuple[str, ...] = ()
    boxes: str = ""
    joined: bool = False
    coded: bool = False
    beside: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()


def tool_of(path: Path, header_rows: Iterable[Sequence[str]]) -> Tool:
    """Tell which tool wrote a file, by its ending and by the cells of its header."""
    cells = [clean(cell) for row in header_rows for cell in row]
    every = (Tool(**one) for one in KNOWN["tools"])
    told = (one for one in every if any(map(re.compile("|".join(one.tells)).fullmatch, cells)))
    found, program = next(told, Tool()), _BY_ENDING.get(path.suffix.lower())
    # What labels say of boxes is surer than what a tool calls them.
    return replace(found, name=program, boxes="", joined=False) if program else found


# ---- headers ------------------------------------------------------------------------------------


def header_at(top: Sequence[Sequence[str]]) -> tuple[int, int]:
    """How many rows stand above the header, as titles do, and how many it has."""
    width = max(map(len, top))
    rows = [[*map(clean, row), *[""] * (width - len(row))] for row in top]
    filled = [sum(map(bool, row)) for row in rows]
    most = max(filled)
    # What is said of a table stands above a blank row, in at most half as many cells.
    said = [n for n in range(1, len(rows) - 1) if not filled[n] and filled[n + 1] == most]
    skip = max((n for n in said if 2 * max(filled[:n]) <= most), default=0)
    while skip + 1 < len(rows) and filled[skip] <= (most > 2):
        skip += 1
    left = min((i for row in rows[skip:] for i, cell in enumerate(row) if cell), default=0)
    rest = [row[left:] for row in rows[skip:]]  # a table may begin in a later column
    # A tool's own name of a column is no answer: codes and wordings may stand above it.
    told = [i for i, row in enumerate(rest[:4]) if any(map(_tells, row))]
    header = max(told, default=0) + 1
    while header < len(rest) - 1 and _goes_on(rest[:header], rest[header], rest[header + 1 :]):
        header += 1
    return skip, header


def _goes_on(above: list[list[str]], row: list[str], below: list[list[str]]) -> bool:
    """Whether a row goes on with the header: it fills gaps, repeats, or words its questions."""
    named = all(above[0][1:])  # beside numbers of rows, which R and pandas give no name
    if not any(line[0] for line in above if line) and (named or not above[0][1]):
        return not named
    filled = [cell for cell in row if cell]
    if row and row[0] and row[0] == above[-1][0] and not row[0].isdigit():
        return True
    if len(filled) > 1 and WORDS["second_rows"].issuperset(map(fold, filled)):
        return True
    under = [{*column} - {""} for column in zip(*below, strict=False)]
    again = any(len(one) > 1 and cell in one for cell, one in zip(row, under, strict=False))
    if not filled or again or any(cell.isdigit() for cell in filled):
        return False
    gaps = [bool(cell) for cell, name in zip(row, above[-1], strict=False) if not name]
    pairs = zip(row[1:], itertools.pairwise(above[-1]), strict=False)
    again = any(cell and left == name for cell, (left, name) in pairs)
    named = not row[0] and (again or any(gaps)) and all(line and line[0] for line in below)
    return named or sum(gaps) > len(gaps) / 2 or _words_questions(above[-1], row, below)


def _words_questions(names: list[str], row: list[str], below: list[list[str]]) -> bool:
    """Whether most cells are sentences, or words above numbers, under names without blanks."""
    told = []
    for i, (cell, name) in enumerate(zip(row, names, strict=False)):
        under = [line[i] for line in below if i < len(line)]
        sentence = " " in cell and all(len(cell) > 2 * len(one) for one in under)
        numbers = [as_number(one) is not None for one in under if one]
        above = not is_last(cell) and len(numbers) > 1 and all(numbers)
        told += [" " not in name and (sentence or above)] * bool(cell)
    return len(told) > 1 and len(below) > 1 and 3 * sum(told) > 2 * len(told)


# ---- answers ------------------------------------------------------------------------------------


def is_last(cell: str) -> bool:
    """Whether an answer stands after all others of a list."""
    return fold(cell) in WORDS["last"] | NOTHING or bool(is_refusal(fold(cell)))


def is_no_step(code: str, label: str) -> bool:
    """Whether a label is none of a scale: Don't know, None of a nought, 40 or more of 40."""
    is_amount = AMOUNT.search(label) and (code == "0" or any(map(str.isdigit, label)))
    return bool(is_amount or (is_last(label) and not OTHER.match(fold(label))))


def in_order(cells: Sequence[str], labels: Mapping[str, str]) -> list[str]:
    """Return answers in the order of their codes, of a scale, of their numbers, or as they are.

    Of two of which one is a tick that one is first, since it alone is told.
    """
    ticks = [fold(labels.get(cell, cell)) in TICKED for cell in cells]
    if len(ticks) == 2 and any(ticks):
        return [cells[ticks.index(True)], cells[1 - ticks.index(True)]]
    if labels:
        codes = list(dict.fromkeys((*labels, *cells)))
        numbers = [as_number(code) for code in codes]
        places = range(len(codes)) if None in numbers else numbers
        at = dict(zip(codes, places, strict=True))
        return sorted(cells, key=lambda cell: (is_last(labels.get(cell, "")), at[cell]))
    for place in (*_on_scales(cells), _by_numbers(cells)):
        if len(place) > 1 and len(place) >= len(cells) - 2:
            return sorted(cells, key=lambda cell: place.get(cell, (inf, 0)))
    return sorted(cells, key=is_last)


def _on_scales(cells: Sequence[str]) -> Iterator[dict[str, tuple[float, int]]]:
    """Which answers stand on each scale, and where; first as they are, then without an ending."""
    steps = {cell: fold(cell).replace(",", "").replace("_", " ") for cell in cells}
    outer = [step for step in steps.values() if not is_last(step) and not _NEITHER.match(step)]
    words = [step.split()[::-1] for step in outer]
    same = itertools.takewhile(lambda each: len(set(each)) == 1, zip(*words, strict=False))
    ending = " ".join([each[0] for each in same][::-1])  # "masculine" of "Very masculine"
    stripped = {cell: step.removesuffix(ending).strip() for cell, step in steps.items()}
    for said, scale in itertools.product((steps, stripped), KNOWN["words"]["scales"]):
        place = {cell: (scale.index(step), 0) for cell, step in said.items() if step in scale}
        middle = median(at for at, _ in place.values()) if place else 0
        yield place | {cell: (middle, 0) for cell, it in steps.items() if _NEITHER.match(it)}


def _by_numbers(cells: Sequence[str]) -> dict[str, tuple[float, int]]:
    """The first number of each answer: words before it come first, but for ``Over 5``."""
    place = {}
    for cell in cells:
        if match := re.search(r"(^-)?\d[\d.,]*", cell):
            digits = re.sub(r"[.,](?=\d{3}(?!\d))", "", match[0]).replace(",", ".").rstrip(".")
            above = re.match(">|more|over|above|greater", fold(cell))
            place[cell] = as_number(digits) or 0.0, 1 if above else -match.start()
    return place
