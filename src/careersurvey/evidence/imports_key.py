"""A key: the labels of codes, kept in a file of its own beside the answers."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from careersurvey.errors import CohortError
from careersurvey.evidence.imports_csv import find_encoding
from careersurvey.evidence.imports_headers import Header
from careersurvey.evidence.imports_settings import TableSettings
from careersurvey.evidence.text import clean

_TRIPLE = 3


def read_key(settings: TableSettings, header: Header) -> dict[int, dict[str, str]]:
    """Read the labels of codes and lay them beside the columns of the answers.

    Two layouts are known. Three columns: variable, code, label. Two columns: a question's
    code and its text, then a line for each of its answers, ``1, 18 - 24``; a question is told
    by its code being a column of the answers, or the beginning of one (``Q9`` of ``Q9_1``).
    A column ``Q9_1`` of a select-all question ``Q9`` takes the first of its labels.

    Returns
    -------
    dict
        Of a column, by its position: label of each code.

    Raises
    ------
    CohortError
        If the file has neither layout, or no code of it belongs to a column.
    """
    lines = list(_lines(settings))
    width = max((len(line) for line in lines), default=0)
    if width not in (2, _TRIPLE):
        raise _not_a_key(settings, f"{width} columns")
    labels = _triples(lines) if width == _TRIPLE else _blocks(lines, header.names)
    found = {i: known for i, name in enumerate(header.names) if (known := _of(name, labels))}
    if not found:
        raise _not_a_key(settings, "no code of a column of the answers")
    return found


def question_of(lines: list[list[str]], names: tuple[str, ...]) -> dict[str, str]:
    """Return the wording of each question of a key in two columns."""
    return {line[0]: line[1] for line in lines if _is_question(line[0], names)}


def _lines(settings: TableSettings) -> Iterator[list[str]]:
    path = settings.key or Path()
    key = TableSettings(settings.cohort, settings.name, path)
    encoding, _ = find_encoding(key)
    with path.open(encoding=encoding, newline="") as file:
        for line in csv.reader(file, delimiter=settings.delimiter or ","):
            if any(cell.strip() for cell in line):
                yield [clean(cell) for cell in line]


def _triples(lines: list[list[str]]) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    for line in lines:
        if len(line) == _TRIPLE:
            labels.setdefault(line[0], {})[line[1]] = line[2]
    return labels


def _blocks(lines: list[list[str]], names: tuple[str, ...]) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    question = ""
    for line in lines:
        code, text = (*line, "")[:2]
        if _is_question(code, names):
            question = code
            labels.setdefault(question, {})
        elif question:
            labels[question][code] = text
    return labels


def _is_question(code: str, names: tuple[str, ...]) -> bool:
    # An answer's code may be a word; only a name of the answers, or what one begins with, asks.
    return any(name == code or name.startswith(f"{code}_") for name in names)


def _of(name: str, labels: dict[str, dict[str, str]]) -> dict[str, str]:
    if name in labels:
        return labels[name]
    stem, _, option = name.rpartition("_")
    if not stem or stem not in labels:
        return {}
    chosen = labels[stem].get(option)
    return {"1": chosen} if chosen and re.fullmatch(r"\d+", option) else {}


def _not_a_key(settings: TableSettings, found: str) -> CohortError:
    return CohortError(
        f"{settings.cohort}: the key of table {settings.name} does not label its answers.",
        found=found,
        expected="variable, code, label; or a question's code above the codes of its answers",
        where=settings.place,
        do="correct key, or write the labels into [tables.NAME.codes.VARIABLE]",
    )
