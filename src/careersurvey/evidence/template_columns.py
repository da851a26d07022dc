"""What an export holds, column by column: proposals for a person to look over."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from careersurvey.evidence.imports_csv import find_top
from careersurvey.evidence.imports_headers import JOINT
from careersurvey.evidence.imports_open import open_file
from careersurvey.evidence.imports_settings import TableSettings
from careersurvey.evidence.imports_source import Source
from careersurvey.evidence.imports_store import rows
from careersurvey.evidence.tables import Variable
from careersurvey.evidence.text import clean, fold, slug

_ALIKE = 0.75
_MOST_VALUES = 25
_MOST_CODES = 12
_NUMBERING = re.compile(r"^(q|question)?\s*\d+[a-z]?\s*[.):|-]?\s*", re.IGNORECASE)
_NOT_TICKED = {"0", "not selected", "no", "unchecked", "false"}
_SEPARATORS = (";", ", ")
_TEXT = (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class ExportColumn:
    """One column of an export.

    Attributes
    ----------
    name : str
        What the file calls it.
    variable : str
        The codebook's variable that asks the same, else a proposal made from the name.
    known : bool
        Whether the codebook has the variable.
    kind : str
        ``category``, ``number``, ``text``, ``identifier`` or ``date``.
    cells : dict
        Different cells and how often each stands there; empty where there are too many.
    different : int
        How many different cells there are.
    labels : dict
        Labels of codes that the file carries.
    separator : str
        What separates several answers in one cell, ``""`` for one answer.
    box : str
        Name of the select-all question whose box this is, ``""`` otherwise.
    allowed : tuple of str
        Values that the codebook allows.
    """

    name: str
    variable: str
    known: bool
    kind: str
    cells: dict[str, int]
    different: int
    labels: dict[str, str]
    separator: str = ""
    box: str = ""
    allowed: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[str, ...]:
        """The codebook's values of the column, or values made from its cells."""
        if self.allowed or self.kind != "category":
            return self.allowed
        if self.box:
            return ("yes", "no")
        labelled = (slug(self.labels.get(text, text)) or "value" for text in self.answers)
        return tuple(dict.fromkeys(labelled))

    @property
    def answers(self) -> dict[str, int]:
        """The different answers and how often each was given; a cell may hold several."""
        if not self.separator:
            return self.cells
        counts: dict[str, int] = {}
        for cell, n in self.cells.items():
            for piece in filter(None, map(clean, cell.split(self.separator))):
                counts[piece] = counts.get(piece, 0) + n
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def survey_export(
    settings: TableSettings, codebook: Sequence[Variable]
) -> tuple[TableSettings, Source, str, list[ExportColumn]]:
    """Read an export and propose what its table, header and columns are.

    Returns
    -------
    TableSettings, Source, str, list of ExportColumn
        The settings with the header rows that were found, the open file, the table of the
        codebook that asks the most of its questions (else ``answers``), and its columns.

    Raises
    ------
    CohortError
        If the file cannot be read.
    """
    skip, header = find_top(settings) if settings.path.suffix.lower() in _TEXT else (0, 1)
    settings = replace(settings, skip_rows=skip, header_rows=header, short_rows="fill")
    source = open_file(settings, careful=True)
    table, matched = _match(source, codebook)
    variables = {variable.name: variable for variable in codebook if variable.table == table}
    names = _names(source, matched, variables)
    columns = [_column(source, i, names[i], variables) for i in range(len(names))]
    return settings, source, table, _boxed(source, columns)


def _match(source: Source, codebook: Sequence[Variable]) -> tuple[str, dict[int, str]]:
    tables = {name: {} for name in sorted({variable.table for variable in codebook})}
    for variable in codebook:
        tables[variable.table][variable.name] = variable
    found = {name: _matches(source, variables) for name, variables in tables.items()}
    best = max(found, key=lambda table: (len(found[table]), table), default="")
    return (best, found[best]) if best and found[best] else ("answers", {})


def _matches(source: Source, variables: dict[str, Variable]) -> dict[int, str]:
    scored = [
        (score, -i, name)
        for i, texts in enumerate(_texts(source))
        for name, variable in variables.items()
        if (score := _likeness(texts, variable)) >= _ALIKE
    ]
    matched: dict[int, str] = {}
    for _, i, name in sorted(scored, reverse=True):
        if -i not in matched and name not in matched.values():
            matched[-i] = name
    return matched


def _texts(source: Source) -> list[list[str]]:
    header = source.header
    pairs = zip(header.names, header.others, strict=True)
    return [[_bare(text) for text in {name, *others}] for name, others in pairs]


@lru_cache(maxsize=8192)
def _bare(text: str) -> str:
    return _NUMBERING.sub("", fold(text)).rstrip(" ?.:")


def _likeness(texts: list[str], variable: Variable) -> float:
    question = _bare(variable.question)
    if variable.name in texts or any(slug(text) == variable.name for text in texts):
        return 1.0
    return max((_ratio(text, question) for text in texts), default=0.0)


def _ratio(text: str, question: str) -> float:
    short, long = sorted((len(text), len(question)))
    # Texts too short to tell, too unequal in length, or of other words.
    if short < 9 or 2 * short / (short + long) < _ALIKE:
        return 0.0
    words, asked = _words(text), _words(question)
    if 2 * len(words & asked) < _ALIKE * max(len(words), len(asked)):
        return 0.0
    matcher = difflib.SequenceMatcher(None, text, question)
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0


@lru_cache(maxsize=8192)
def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _names(source: Source, matched: dict[int, str], variables: dict[str, Variable]) -> list[str]:
    names: list[str] = []
    taken = set(variables)
    for i, name in enumerate(source.header.names):
        if i in matched:
            names.append(matched[i])
            continue
        stem = _short(name) or f"column_{i + 1}"
        new, number = stem, 1
        while new in taken:
            number += 1
            new = f"{stem}_{number}"
        taken.add(new)
        names.append(new)
    return names


def _short(name: str) -> str:
    question, *option = name.split(JOINT)
    words = slug(question).split("_")[: 3 if option else 6]
    short = "_".join([*words, *slug(option[-1] if option else "").split("_")[:4]]).strip("_")
    return f"q_{short}" if short[:1].isdigit() else short


def _column(source: Source, i: int, variable: str, variables: dict[str, Variable]) -> ExportColumn:
    known = variables.get(variable)
    query = f"SELECT c{i}, count(*) FROM {source.scan} WHERE c{i} IS NOT NULL GROUP BY 1"
    counted = {cell: n for cell, n in rows(query) if clean(cell)}
    cells = dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))
    # A cell that hardly anybody shares may be somebody's own words: those are not listed.
    closed = known is not None and known.type == "category"
    named = all(fold(cell) in fold(source.header.names[i]) for cell in cells)
    shared = closed or named or sum(cells.values()) >= 2 * len(cells)
    few = len(cells) <= _MOST_VALUES and shared
    separator = "" if few and len(cells) < 4 else _separator(cells)
    labels = source.labels.get(i, {})
    return ExportColumn(
        name=source.header.names[i],
        variable=variable,
        known=known is not None,
        kind=known.type if known else _kind(cells, few or bool(separator or labels), labels),
        cells=cells if few or separator else {},
        different=len(cells),
        labels=labels,
        separator=separator if not known or known.type == "category" else "",
        allowed=known.values if known else (),
    )


def _separator(cells: dict[str, int]) -> str:
    # Several answers in one cell: few pieces make many different cells.
    for mark in _SEPARATORS:
        joined = [cell for cell in cells if mark in cell]
        pieces = {piece.strip() for cell in cells for piece in cell.split(mark) if piece.strip()}
        if len(joined) >= len(cells) / 3 and 1 < len(pieces) <= min(_MOST_VALUES, len(cells)):
            return mark
    return ""


def _kind(cells: dict[str, int], few: bool, labels: dict[str, str]) -> str:
    numbers = bool(cells) and all(map(_is_number, cells))
    unique = sum(cells.values()) == len(cells)
    if few and cells and not (numbers and not labels and len(cells) > _MOST_CODES):
        return "category"
    if numbers:
        return "identifier" if unique and all(map(str.isdigit, cells)) else "number"
    if cells and all(re.match(r"\d{4}-\d\d-\d\d", cell) for cell in cells):
        return "date"
    compact = all(re.fullmatch(r"[\w-]*\d[\w-]*", cell) for cell in cells)
    return "identifier" if cells and compact and unique else "text"


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d+([.,]\d+)?", text.strip()))


def _boxed(source: Source, columns: list[ExportColumn]) -> list[ExportColumn]:
    stems = [_stem(source, i) for i in range(len(columns))]
    boxes = [stem if _is_box(one) else "" for stem, one in zip(stems, columns, strict=True)]
    repeated = {stem for stem in boxes if stem and boxes.count(stem) > 1}
    names = {stem: _short(stem) or "question" for stem in repeated}
    return [
        replace(column, box=names[stem], kind="category") if stem in repeated else column
        for stem, column in zip(boxes, columns, strict=True)
    ]


def _stem(source: Source, i: int) -> str:
    name, others = source.header.names[i], source.header.others[i]
    if len(others) > 1 and JOINT in name:
        return others[0]
    return re.sub(r"[\s_.]*\(?\d+\)?$", "", name)


def _is_box(column: ExportColumn) -> bool:
    ticks = [cell for cell in column.cells if fold(cell) not in _NOT_TICKED]
    return bool(column.cells) and len(ticks) <= 1 and len(column.cells) <= 2
