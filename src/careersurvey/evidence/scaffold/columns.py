"""What an export holds, column by column: its different cells, their kind, least and greatest."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.evidence.answers.sheet import Sheet, texts
from careersurvey.evidence.text import clean, fold

#: Different cells of a category at most, unless the file labels them.
MOST_VALUES = 25
_MOST_CODES = 12
_MOST_KEPT = 20_000
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*")
_SIGNED = re.compile(r"\s*([−£$€¥₹%])?\s*[+-]?\d+([.,]\d+)*\s*([£$€¥₹%])?\s*")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NAMES_ONE = re.compile(r".*(\bid|id|key|urn|uuid|serial|record|case ?(no|number))$", re.IGNORECASE)
_COMPACT = re.compile(r"[\w:-]*\d[\w:-]*")


@dataclass(frozen=True)
class ExportColumn:
    """One column of an export, as it came.

    Attributes
    ----------
    position : int
    name : str
        What the file calls it; the cells of several header rows joined.
    parts : tuple of str
        The cells of its header rows, and the wording that the file carries for it.
    cells : dict
        Different cells and how often each stands there, most frequent first; no blanks, no codes
        that the file declares to be no answer. Empty where there are too many to keep.
    different, blank, rows : int
        Different cells, blank rows and all rows.
    labels : dict
        Labels of codes that the file carries.
    declared : dict
        Codes that the file declares to be no answer, each with its label.
    """

    position: int
    name: str
    parts: tuple[str, ...]
    cells: dict[str, int]
    different: int
    blank: int
    rows: int
    labels: dict[str, str] = field(default_factory=dict)
    declared: dict[str, str] = field(default_factory=dict)

    @property
    def wording(self) -> str:
        """The question: the longest of what the column is called."""
        return max((clean(part) for part in (*self.parts, self.name)), key=len)

    @property
    def kind(self) -> str:
        """``category``, ``number``, ``text``, ``identifier`` or ``date``, by its cells."""
        if self.labels:
            return "category"
        filled = self.rows - self.blank
        if not filled or not self.cells:
            return "identifier" if filled and filled == self.different else "text"
        unique = filled == self.different and filled > 1
        if self.different <= MOST_VALUES and self._shared(filled):
            many_numbers = self.different > _MOST_CODES and self._numbers
            return "number" if many_numbers else "category"
        if unique and self._names_one:
            return "identifier"
        if self._numbers:
            return "number"
        if all(map(_DATE.fullmatch, self.cells)):
            return "date"
        return "identifier" if unique and all(map(_COMPACT.fullmatch, self.cells)) else "text"

    @property
    def signs(self) -> tuple[str, ...]:
        """Signs beside the numbers of a column in which there is nothing else: ``%``, ``£``."""
        found = [_SIGNED.fullmatch(cell) for cell in self.cells]
        if self.labels or not found or not all(found):
            return ()
        return tuple(dict.fromkeys(sign for match in found for sign in match.group(1, 3) if sign))

    @property
    def thousands(self) -> str:
        """The mark that stands before three digits wherever there is one, ``""`` without one."""
        marked = [cell for cell in self.cells if "." in cell or "," in cell]
        found = [_THOUSANDS.fullmatch(cell) for cell in marked]
        marks = {match[1] for match in found if match}
        return marks.pop() if found and all(found) and len(marks) == 1 else ""

    @property
    def _numbers(self) -> bool:
        return all(map(_NUMBER.fullmatch, self.cells)) or bool(self.signs)

    @property
    def _names_one(self) -> bool:
        """Whether its name, or numbers of one length and many digits, tell one row from others."""
        lengths = {len(cell) for cell in self.cells if cell.isdigit()}
        long = len(lengths) == 1 and min(lengths) > 5 and all(map(str.isdigit, self.cells))
        return long or any(map(_NAMES_ONE.fullmatch, (self.name, *self.parts)))

    def _shared(self, filled: int) -> bool:
        """Whether more than one person gives each answer, or the header names it.

        A cell that hardly anybody shares may be somebody's own words.
        """
        named = all(fold(cell) in fold(self.name) for cell in self.cells)
        return named or filled >= 2 * self.different

    @property
    def ends(self) -> tuple[str, str]:
        """The least and greatest number as they stand, ``""`` where the column is none."""
        if not self.cells or self.labels or not self._numbers:
            return "", ""
        ordered = sorted(self.cells, key=_value)
        return ordered[0], ordered[-1]


def profile(sheet: Sheet) -> list[ExportColumn]:
    """Count the different cells of every column of an open file."""
    counts: dict[int, Counter[str]] = {i: Counter() for i in range(len(sheet.header.names))}
    rows = 0
    for batch in sheet.batches():
        rows += len(batch.rows)
        for i, cells in batch.cells.items():
            _count(counts[i], texts(cells))
    return [_column(sheet, i, counts[i], rows) for i in counts]


def _count(counts: Counter[str], column: pa.DictionaryArray) -> None:
    for entry in pc.value_counts(column).to_pylist():
        cell = clean(entry["values"] or "")
        if cell:
            counts[cell] += entry["counts"]


def _column(sheet: Sheet, i: int, counts: Counter[str], rows: int) -> ExportColumn:
    declared = dict(sheet.missing.get(i, {}))
    spans = sheet.spans.get(i, [])
    declared |= {cell: "" for cell in counts if _within(cell, spans)} | declared
    answers = {cell: n for cell, n in counts.items() if cell not in declared}
    few = dict(sorted(answers.items(), key=lambda pair: (-pair[1], pair[0])))
    labels = {code: clean(label) for code, label in sheet.labels.get(i, {}).items()}
    return ExportColumn(
        position=i,
        name=sheet.header.names[i],
        parts=tuple(filter(None, (*sheet.header.others[i], sheet.wordings.get(i, "")))),
        cells=few if len(few) <= _MOST_KEPT else {},
        different=len(answers),
        blank=rows - sum(counts.values()),
        rows=rows,
        labels={code: label for code, label in labels.items() if code not in declared},
        declared=declared,
    )


def _within(cell: str, spans: list[tuple[float, float]]) -> bool:
    return any(low <= _value(cell) <= high for low, high in spans) if spans else False


def _value(cell: str) -> float:
    """A number as it stands, without signs, a comma taken for its decimal mark."""
    try:
        return float(re.sub(r"[^\d.,eE+-]", "", cell.replace("−", "-")).replace(",", "."))
    except ValueError:
        return float("nan")
