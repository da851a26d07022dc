"""A key: the labels of codes, kept in a file of its own beside the answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.delimited import SEPARATORS, read_rows
from careersurvey.evidence.answers.sheet import Sheet, refuse
from careersurvey.evidence.text import clean

_TRIPLE = 3
#: How tools name the questions of a key that their export may lack: Q7, Q11_2_a, q9.1.
_LIKE_A_QUESTION = re.compile(r"[A-Za-z]+_?\d+([._][A-Za-z0-9]+)*")


def read_key(path: Path, names: tuple[str, ...]) -> dict[int, dict[str, str]]:
    """Read the labels of codes and lay them beside the columns of the answers."""
    lines = _lines(path)
    width = max((len(line) for line in lines), default=0)
    if width not in (2, _TRIPLE):
        raise _not_a_key(path.name, f"{width} columns")
    labels = _triples(lines) if width == _TRIPLE else _blocks(lines, names)
    found = {i: known for i, name in enumerate(names) if (known := _of(name, labels))}
    if not found:
        raise _not_a_key(path.name, "no code of a column of the answers")
    return found


def add_labels(sheet: Sheet, path: Path) -> None:
    """Lay the labels of a key beside an open file's columns; the file's own labels stay."""
    own = {i: known for i, known in sheet.labels.items() if known}
    sheet.labels = {**read_key(path, sheet.header.names), **own}


def read_wordings(path: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Return the wording of each question of a key in two columns."""
    questions = _questions(_lines(path), names)
    return {line[0]: line[1] for line, is_question in questions if is_question}


def _lines(path: Path) -> list[list[str]]:
    """Rows of cells that are not all blank; the first one tells what separates them."""
    for separator in SEPARATORS:
        rows = [[clean(cell) for cell in row] for row in read_rows(path, separator)]
        lines = [row for row in rows if any(row)]
        if lines and len(lines[0]) > 1:
            break
    return lines


def _triples(lines: list[list[str]]) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    for line in lines:
        if len(line) == _TRIPLE:
            labels.setdefault(line[0], {})[line[1]] = line[2]
    return labels


def _blocks(lines: list[list[str]], names: tuple[str, ...]) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    question = ""
    for (code, text), is_question in _questions(lines, names):
        if is_question:
            question = code
            labels.setdefault(question, {})
        elif question:
            labels[question][code] = text
    return labels


def _questions(
    lines: list[list[str]], names: tuple[str, ...]
) -> Iterator[tuple[tuple[str, str], bool]]:
    """Return each line of a key with whether it is a question."""
    pairs = [(line[0], (*line, "")[1]) for line in lines]
    named = {code for code, _ in pairs if any(n == code or n.startswith(f"{code}_") for n in names)}
    # A key whose own questions are called Q1, Q2 has others that the export lacks.
    alike = any(map(_LIKE_A_QUESTION.fullmatch, named))
    for code, text in pairs:
        yield (code, text), code in named or bool(alike and _LIKE_A_QUESTION.fullmatch(code))


def _of(name: str, labels: dict[str, dict[str, str]]) -> dict[str, str]:
    if name in labels:
        return labels[name]
    stem, _, option = name.rpartition("_")
    if not stem or stem not in labels:
        return {}
    chosen = labels[stem].get(option)
    return {"1": chosen} if chosen and re.fullmatch(r"\d+", option) else {}


def _not_a_key(file: str, found: str) -> CohortError:
    return refuse(
        file,
        "is a key that does not label the answers.",
        found=found,
        expected="variable, code, label; or a question's code above the codes of its answers",
        do="correct key, or write the labels into [tables.NAME.codes.VARIABLE]",
    )
