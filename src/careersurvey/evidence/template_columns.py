"""What an export holds, column by column: proposals for a person to look over."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from careersurvey.evidence.answers.files import open_sheet, read_top
from careersurvey.evidence.answers.headers import JOINT
from careersurvey.evidence.answers.sheet import Sheet, texts
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.tables import Variable
from careersurvey.evidence.text import clean, fold, slug

_ALIKE = 0.75
_MOST_VALUES = 25
_MOST_CODES = 12
_NUMBERING = re.compile(r"^(q|question)?\s*\d+[a-z]?\s*[.):|-]?\s*", re.IGNORECASE)
_NOT_TICKED = {"0", "not selected", "no", "unchecked", "false"}
_SEPARATORS = (";", ", ")


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
    export: Path, codebook: Sequence[Variable]
) -> tuple[TableSettings, Sheet, str, list[ExportColumn]]:
    """Read an export and propose what its table, header and columns are.

    Returns
    -------
    TableSettings, Sheet, str, list of ExportColumn
        The settings with the header rows that were found, the open file, the table of the
        codebook that asks the most of its questions (else ``answers``), and its columns.

    Raises
    ------
    CohortError
        If the file cannot be read.
    """
    settings = TableSettings(file=export.name, short_rows="fill")
    skip, header = find_top(read_top(export, settings))
    settings = settings.model_copy(update={"skip_rows": skip, "header_rows": header})
    source = open_sheet(export, settings)
    counts = _count(source)
    table, matched = _match(source, codebook)
    variables = {variable.name: variable for variable in codebook if variable.table == table}
    names = _names(source, matched, variables)
    columns = [_column(source, i, names[i], variables, counts[i]) for i in range(len(names))]
    return settings, source, table, _boxed(source, columns)


def find_top(top: list[list[str]]) -> tuple[int, int]:
    """Return how many rows seem to stand above the header, and how many rows it has.

    A row with one cell above rows with many is a title. A row with gaps under which names stand,
    as merged cells are written, and the row of import ids that Qualtrics adds, belong to the
    header. It is a proposal for a person to look at.
    """
    width = max(map(len, top), default=0)
    skip = 0
    while skip + 1 < len(top) and width > 2 and sum(map(bool, top[skip])) <= 1:
        skip += 1
    rest = top[skip:]
    if len(rest) > 2 and any("ImportId" in cell for cell in rest[2]):
        return skip, 3
    gaps = len(rest) > 1 and "" in rest[0] and _fills(rest[0], rest[1])
    return skip, 2 if gaps else 1


def _fills(upper: list[str], lower: list[str]) -> bool:
    # Names under the gaps of the row above, more often than not.
    under = [bool(below) for above, below in zip(upper, lower, strict=False) if not above]
    return sum(under) > len(under) / 2 and not any(map(str.isdigit, lower))


def _match(source: Sheet, codebook: Sequence[Variable]) -> tuple[str, dict[int, str]]:
    tables = {name: {} for name in sorted({variable.table for variable in codebook})}
    for variable in codebook:
        tables[variable.table][variable.name] = variable
    found = {name: _matches(source, variables) for name, variables in tables.items()}
    best = max(found, key=lambda table: (len(found[table]), table), default="")
    return (best, found[best]) if best and found[best] else ("answers", {})


def _matches(source: Sheet, variables: dict[str, Variable]) -> dict[int, str]:
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


def _texts(source: Sheet) -> list[list[str]]:
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


def _names(source: Sheet, matched: dict[int, str], variables: dict[str, Variable]) -> list[str]:
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


def _count(source: Sheet) -> list[Counter[str]]:
    """Count the different cells of every column."""
    counts: list[Counter[str]] = [Counter() for _ in source.header.names]
    for batch in source.batches():
        for i, column in batch.cells.items():
            for pair in texts(column).value_counts().to_pylist():
                counts[i][pair["values"]] += pair["counts"]
    return counts


def _column(
    source: Sheet,
    i: int,
    variable: str,
    variables: dict[str, Variable],
    counts: Counter[str],
) -> ExportColumn:
    known = variables.get(variable)
    counted = {cell: n for cell, n in counts.items() if cell and clean(cell)}
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


def _boxed(source: Sheet, columns: list[ExportColumn]) -> list[ExportColumn]:
    stems = [_stem(source, i) for i in range(len(columns))]
    boxes = [stem if _is_box(one) else "" for stem, one in zip(stems, columns, strict=True)]
    repeated = {stem for stem in boxes if stem and boxes.count(stem) > 1}
    names = {stem: _short(stem) or "question" for stem in repeated}
    return [
        replace(column, box=names[stem], kind="category") if stem in repeated else column
        for stem, column in zip(boxes, columns, strict=True)
    ]


def _stem(source: Sheet, i: int) -> str:
    name, others = source.header.names[i], source.header.others[i]
    if len(others) > 1 and JOINT in name:
        return others[0]
    return re.sub(r"[\s_.]*\(?\d+\)?$", "", name)


def _is_box(column: ExportColumn) -> bool:
    ticks = [cell for cell in column.cells if fold(cell) not in _NOT_TICKED]
    return bool(column.cells) and len(ticks) <= 1 and len(column.cells) <= 2
