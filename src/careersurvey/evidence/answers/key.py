"""A key: the labels of codes, kept in a file of its own beside the answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from careersurvey.evidence.answers.delimited import SEPARATORS, read_rows
from careersurvey.evidence.answers.sheet import Sheet, refuse
from careersurvey.evidence.text import clean

_PAIR, _TRIPLE = 2, 3
#: How tools name the questions of a key that their export may lack: Q7, Q11_2_a, q9.1.
_LIKE_A_QUESTION = re.compile(r"[A-Za-z]+_?\d+([._][A-Za-z0-9]+)*")


def add_labels(sheet: Sheet, path: Path) -> None:
    """Lay the labels of a key beside an open file's columns; the file's own labels stay."""
    lines, names = _lines(path), sheet.header.names
    width = max((len(line) for line in lines), default=0)
    labels: dict[str, dict[str, str]] = {}
    if width == _TRIPLE:
        for name, code, text in (line for line in lines if len(line) == _TRIPLE):
            labels.setdefault(name, {})[code] = text
    elif width == _PAIR:
        known: dict[str, str] = {}  # of what stands above the first question
        for code, text, is_question in _questions(lines, names):
            if is_question:
                known = labels.setdefault(code, {})
            else:
                known[code] = text
    found = {i: known for i, name in enumerate(names) if (known := _of(name, labels))}
    if not found:
        raise refuse(
            path.name,
            "is a key that does not label the answers.",
            found="no code of a column of the answers"
            if width in (_PAIR, _TRIPLE)
            else f"{width} columns",
            expected="variable, code, label; or a question's code above the codes of its answers",
            do="correct key, or write the labels into [tables.NAME.codes.VARIABLE]",
        )
    sheet.labels = {**found, **{i: known for i, known in sheet.labels.items() if known}}


def read_wordings(path: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Return the wording of each question of a key in two columns."""
    questions = _questions(_lines(path), names)
    return {code: text for code, text, is_question in questions if is_question}


def _lines(path: Path) -> list[list[str]]:
    """Rows of cells that are not all blank; the first one tells what separates them."""
    for separator in SEPARATORS:
        rows = [[clean(cell) for cell in row] for row in read_rows(path, separator)]
        lines = [row for row in rows if any(row)]
        if lines and len(lines[0]) > 1:
            break
    return lines


def _questions(lines: list[list[str]], names: tuple[str, ...]) -> Iterator[tuple[str, str, bool]]:
    """Return the two cells of each line of a key with whether it is a question."""
    pairs = [(line[0], (*line, "")[1]) for line in lines]
    named = {code for code, _ in pairs if any(n == code or n.startswith(f"{code}_") for n in names)}
    # A key whose own questions are called Q1, Q2 has others that the export lacks.
    alike = any(map(_LIKE_A_QUESTION.fullmatch, named))
    for code, text in pairs:
        yield code, text, code in named or bool(alike and _LIKE_A_QUESTION.fullmatch(code))


def _of(name: str, labels: dict[str, dict[str, str]]) -> dict[str, str]:
    """Labels of a column: those of its question, or what a tick of its option says."""
    stem, _, option = name.rpartition("_")
    if name in labels or not option.isdecimal():
        return labels.get(name, {})
    chosen = labels.get(stem, {}).get(option)
    return {"1": chosen} if chosen else {}
