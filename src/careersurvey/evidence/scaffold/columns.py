"""What an export holds, column by column: its different cells, their kind, least and greatest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from math import fsum, isclose, nan

import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.evidence.answers.sheet import Batch, Sheet, texts
from careersurvey.evidence.answers.words import as_number
from careersurvey.evidence.scaffold.scales import NOTHING
from careersurvey.evidence.text import clean, fold

#: Different cells of a category at most, unless the file labels them.
MOST_VALUES = 25
_MOST_CODES = 12
_MOST_KEPT = 20_000
_MOST_SYMBOLS, _LONGEST_SYMBOL = 4, 16
_MONEY = r"[£$€¥₹]|GBP|EUR|USD"
_SIGN = rf"[−%]|{_MONEY}"
_UNIT = r"minutes?|mins?|hours?|hrs?|h|days?|weeks?|months?|years?|yrs?|km|miles?|kg|g|cm|mm|m|p"
#: Marks that may stand before three digits; only of the first two can one be for decimals.
_MARKS = (",", r"\.", " ", "'", "’")
_GROUPED = "|".join(rf"\d{{1,3}}(?:{mark}\d{{3}})+(?:[.,]\d+)?" for mark in _MARKS)
_DIGITS = rf"(?:{_GROUPED}|\d*[.,]?\d+)"
_NUMBER = re.compile(rf"[+-]?{_DIGITS}(e[+-]?\d+)?", re.IGNORECASE)
_SIGNED = re.compile(rf"({_SIGN})?\s*[+-]?{_DIGITS}\s*({_SIGN}|(?i:{_UNIT}))?")
_THOUSANDS = re.compile(rf"[+-]?[1-9]\d{{0,2}}({'|'.join(_MARKS)})\d{{3}}(\1\d{{3}})*")
_BOTH = re.compile(rf".*\d({'|'.join(_MARKS)})\d{{3}}([.,])\d+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.{0,16})?")
#: How dates are written, the day first where it can be either.
_DATE_FORMATS = tuple(
    f"{day}{time}"
    for day in (
        *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y"),
        *("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"),
    )
    for time in ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
)
_COMMENTS = re.compile(
    r"\b(comments?|anything else|suggestions?|remarks?|in your own words|"
    r"please (explain|describe|say more|tell us|give (a )?reasons?))\b",
    re.IGNORECASE,
)
_NAMES_ONE = re.compile(r".*(\bid|id|key|urn|uuid|serial|record|case ?(no|number))$", re.IGNORECASE)
_COMPACT = re.compile(r"[\w:-]*\d[\w:-]*")
_ENDS = 3  # rows at either end of a file that may be no respondent's
_FEWEST = 5  # numbers of which one that is the sum of the others is their total
_TOTAL = re.compile(
    r"(grand |sub-?)?totals?|overall|sum|average|mean|gesamt|summe|totaux|totale?", re.IGNORECASE
)


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
    called : str
        The shortest of its names that no other column has.
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
    called: str = ""

    @property
    def wording(self) -> str:
        """The question: the longest of what the column is called."""
        return max((clean(part) for part in (*self.parts, self.name)), key=len)

    @cached_property
    def kind(self) -> str:
        """``category``, ``number``, ``text``, ``identifier`` or ``date``, by its cells."""
        if not set(map(fold, self.cells)).isdisjoint(NOTHING):
            cells = {cell: n for cell, n in self.cells.items() if fold(cell) not in NOTHING}
            gone = sum(self.cells.values()) - sum(cells.values())
            different = self.different - len(self.cells) + len(cells)
            blank = self.blank + gone
            return replace(self, cells=cells, different=different, blank=blank).kind
        if self.labels:
            plain = [cell for cell in self.cells if cell not in self.labels]
            return "number" if len(plain) > _MOST_CODES and _all_numbers(plain) else "category"
        filled = self.rows - self.blank
        if not filled or not self.cells:
            return "identifier" if filled and filled == self.different else "text"
        if all(map(_DATE.fullmatch, self.cells)) or self.date_formats:
            return "date"
        if _COMMENTS.search(self.wording) and any(len(c.split()) > 2 for c in self.cells):
            return "text"
        if set(self.signs) - {"−"} and not self.symbols:
            return "number"
        unique = filled == self.different and filled > 1
        if self.different <= MOST_VALUES and self._shared(filled):
            many_numbers = self.different > _MOST_CODES and self._numbers
            return "number" if many_numbers or self._tagged else "category"
        # Rows that were entered twice make an identifier that is not quite one.
        if (unique and self._counts) or (self.names_one and 10 * self.different >= 9 * filled):
            return "identifier"
        if self._numbers or self._tagged:
            return "number"
        return "identifier" if unique and all(map(_COMPACT.fullmatch, self.cells)) else "text"

    @property
    def unique(self) -> bool:
        """Whether it tells every row from every other."""
        return not self.blank and self.different == self.rows

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The few short words that stand among many numbers: ``c``, ``z``, ``NA``."""
        words = tuple(cell for cell in self.cells if not _SIGNED.fullmatch(cell))
        numbers = len(self.cells) - len(words)
        short = all(len(word) <= _LONGEST_SYMBOL for word in words)
        few = 0 < len(words) <= _MOST_SYMBOLS and numbers > _MOST_CODES
        return words if few and short and not self.labels else ()

    @cached_property
    def signs(self) -> tuple[str, ...]:
        """Signs beside the numbers of a column in which there is nothing else: ``%``, ``£``.

        Words of units, longest first, are some where they are one unit and the numbers are many;
        two units, or two currencies, are not one number.
        """
        found = [_SIGNED.fullmatch(cell) for cell in self._figures]
        if self.labels or not found or not all(found):
            return ()
        signs = dict.fromkeys(sign for match in found for sign in match.groups() if sign)
        units = {sign.casefold().rstrip("s") for sign in signs if sign != "−"}
        words = any(map(str.isalpha, units - {"gbp", "eur", "usd"}))
        few = words and len(found) <= _MOST_CODES
        return () if len(units) > 1 or few else tuple(sorted(signs, key=len, reverse=True))

    @cached_property
    def date_formats(self) -> tuple[str, ...]:
        """Formats in which every cell is a date, where it is not written as ISO 8601 has it."""
        dates = len(self.cells) > 0 and all(len(cell) < 40 for cell in self.cells)
        return tuple(one for one in _DATE_FORMATS if dates and _all_dates(self.cells, one))

    @property
    def thousands(self) -> str:
        """The mark that stands before three digits wherever there is one, ``""`` without one."""
        marked = [cell for cell in self._bare if re.search(r"\d\D\d", cell)]
        found = [_THOUSANDS.fullmatch(cell) for cell in marked]
        marks = {match[1] for match in found if match}
        return marks.pop() if found and all(found) and len(marks) == 1 else ""

    @property
    def marks(self) -> tuple[str, str]:
        """Marks of decimals and of thousands where the numbers themselves show which is which."""
        both = {match.groups() for cell in self._bare if (match := _BOTH.fullmatch(cell))}
        told = [(decimal, thousands) for thousands, decimal in both if decimal != thousands]
        if len(told) == 1:
            return told[0]
        commas = any("," in cell for cell in self._bare)
        points = any("." in cell for cell in self._bare)
        return (",", "") if commas and not points and not self.thousands else ("", "")

    @cached_property
    def _figures(self) -> list[str]:
        """The cells that are meant to be numbers."""
        return [cell for cell in self.cells if cell not in self.symbols]

    @cached_property
    def _bare(self) -> list[str]:
        """The numbers without signs beside them."""
        return [re.sub(rf"{_SIGN}|[^\W\d_]+$", "", cell).strip() for cell in self._figures]

    @property
    def _numbers(self) -> bool:
        return _all_numbers(self.cells) or bool(self.signs and not self.symbols)

    @property
    def _tagged(self) -> bool:
        """Whether there are symbols among numbers, which most of the rows have."""
        words = sum(self.cells[word] for word in self.symbols)
        return bool(words) and 2 * words < sum(self.cells.values())

    @property
    def _counts(self) -> bool:
        """Whether it numbers the rows: the first column, from 0 or 1, each number once."""
        whole = not self.position and not self.blank and all(map(str.isdigit, self.cells))
        ends = {min(map(int, self.cells)), max(map(int, self.cells))} if whole else set()
        return bool(ends) and ends in ({0, self.rows - 1}, {1, self.rows})

    @property
    def names_one(self) -> bool:
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
        """The least and greatest number as they stand."""
        ordered = sorted(self._figures, key=_value)
        return ordered[0], ordered[-1]


@dataclass(frozen=True)
class Apart:
    """A row at an end of the file that may be no respondent's: a total, or a note below."""

    position: int
    cell: str


def profile(sheet: Sheet) -> tuple[list[ExportColumn], list[Apart]]:
    """Count the different cells of every column of an open file, and find rows that stand apart.

    Such rows, totals or notes, are not counted.
    """
    width = len(sheet.header.names)
    counts: dict[int, Counter[str]] = {i: Counter() for i in range(width)}
    first: list[dict[int, str]] = []
    last: list[dict[int, str]] = []
    rows = 0
    for batch in sheet.batches():
        rows += len(batch.rows)
        for i, column in batch.cells.items():
            _count(counts[i], texts(column))
        first = first or _rows_of(batch, slice(0, _ENDS))
        last = (last + _rows_of(batch, slice(-_ENDS, None)))[-_ENDS:]
    found = _apart(first, last, counts) if rows > 2 * _ENDS else []
    for _, row in found:
        rows -= 1
        for i, cell in row.items():
            counts[i] -= Counter([cell])
    columns = [_column(sheet, i, counts[i], rows) for i in counts]
    return _called(columns), [apart for apart, _ in found]


def _rows_of(batch: Batch, part: slice) -> list[dict[int, str]]:
    """Some rows of a batch: their cells that are not blank."""
    cells = {i: texts(column)[part].to_pylist() for i, column in batch.cells.items()}
    return [
        {i: cell for i, column in cells.items() if (cell := _lines(column[n]))}
        for n in range(len(batch.rows[part]))
    ]


def _apart(
    first: list[dict[int, str]], last: list[dict[int, str]], counts: dict[int, Counter[str]]
) -> list[tuple[Apart, dict[int, str]]]:
    """Rows that are called a total or are the sum of the others, and notes below the answers."""
    found, below = [], True
    for n, row in enumerate([*reversed(last), *first]):
        once = [i for i, cell in row.items() if counts[i][cell] == 1]
        named = [i for i in once if _TOTAL.fullmatch(row[i].rstrip(":"))]
        below = below and n < len(last)
        summed = [i for i in once if below and _is_sum(row[i], counts[i])]
        note = below and list(row) == [0] and len(counts) > 2 and not _COMPACT.fullmatch(row[0])
        marks = named or summed or (once if note else [])
        found += [(Apart(i, row[i]), row) for i in marks[:1]]
        below = below and bool(marks)
    return found


def _is_sum(cell: str, counts: Counter[str]) -> bool:
    """Whether a number is the sum of all others of its column."""
    if len(counts) > _MOST_KEPT or sum(counts.values()) < _FEWEST:
        return False
    numbers = {other: as_number(other) for other in counts}
    if None in numbers.values():
        return False
    total = fsum(float(numbers[other] or 0) * n for other, n in counts.items())
    return bool(total) and isclose(2 * float(numbers[cell] or 0), total, rel_tol=1e-12)


def _called(columns: Sequence[ExportColumn]) -> list[ExportColumn]:
    """Each column with the shortest of its names: the first cell of its header, where it can be."""
    often = Counter(fold(name) for c in columns for name in {*c.parts, c.name})
    firsts = [(column, column.parts[0] if column.parts else "") for column in columns]
    return [
        replace(column, called=first if first and often[fold(first)] == 1 else column.name)
        for column, first in firsts
    ]


def _count(counts: Counter[str], column: pa.DictionaryArray) -> None:
    for entry in pc.value_counts(column).to_pylist():
        cell = _lines(entry["values"])
        if cell:
            counts[cell] += entry["counts"]


def _lines(cell: str | None) -> str:
    """A cell with its lines tidied: some tools write an answer a line."""
    return "\n".join(filter(None, map(clean, (cell or "").splitlines())))


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
    number = as_number(cell) if spans else None
    return number is not None and any(low <= number <= high for low, high in spans)


def _all_numbers(cells: Sequence[str] | dict[str, int]) -> bool:
    return all(map(_NUMBER.fullmatch, cells))


def _all_dates(cells: Iterable[str], form: str) -> bool:
    try:
        return all(datetime.strptime(cell, form) for cell in cells)
    except ValueError:
        return False


def _value(cell: str) -> float:
    """A number as it stands, without signs; the last of its marks is taken for decimals."""
    bare = re.sub(rf"(?i:{_UNIT})$|[^\d.,eE+-]", "", cell.replace("−", "-"))
    whole, _, rest = bare.replace(",", ".").rpartition(".")
    whole = "" if _THOUSANDS.fullmatch(bare) else whole
    plain = f"{whole.replace('.', '')}.{rest}" if whole else re.sub("[.,]", "", bare)
    try:
        return float(plain)
    except ValueError:
        return nan
