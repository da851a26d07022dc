"""What an export holds, column by column: its different cells, their kind, least and greatest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from math import fsum, isclose

import pyarrow.compute as pc

from careersurvey.evidence.answers.sheet import Sheet, texts
from careersurvey.evidence.answers.words import NOTHING, as_number, stand_ins
from careersurvey.evidence.scaffold.scales import KNOWN, WORDS
from careersurvey.evidence.text import clean, fold

#: Different cells of a category at most, unless the file labels them.
MOST_VALUES = 25
_MOST_CODES = 12
_LAST_STEP = 20  # of a scale, or the greatest code of an answer
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
_DATE_FORMATS = [day + time for day in KNOWN["dates"]["days"] for time in KNOWN["dates"]["times"]]
_COMMENTS, _NAMES_ONE, _TOTAL = (
    re.compile("|".join(KNOWN["columns"][name]), re.IGNORECASE)
    for name in ("comments", "names_one", "totals")
)
_COMPACT = re.compile(r"[\w:-]*\d[\w:-]*")
_LAST_ROWS = 3  # of a file, that may be no respondent's
_FEWEST = 5  # numbers of which one that is the sum of the others is their total


@dataclass(frozen=True, eq=False)
class ExportColumn:
    """One column of an export, as it came."""

    position: int
    name: str  # the cells of several header rows, joined
    called: str  # the first of these cells where no other column has it, else the name
    parts: tuple[str, ...]  # the cells of its header rows, and the wording that the file carries
    cells: dict[str, int]  # answers and how often each came, most frequent first; not too many
    different: int
    blank: int
    rows: int
    labels: dict[str, str]  # of codes, as the file carries them
    declared: dict[str, str]  # codes for no answer, and their labels
    shared: bool = False  # whether another column has what it asks in its header too

    @property
    def wording(self) -> str:
        """What the column asks; of a matrix, the question and its row."""
        parts = dict.fromkeys(clean(part) for part in self.parts if '"ImportId"' not in part)
        told = [part for part in parts if fold(part) not in WORDS["second_rows"]]
        if len(told) > 1 and (self.shared or " " in told[-2]):
            return f"{told[-2].rstrip(' :')}: {told[-1]}"
        return max(told, key=len, default=self.name)

    @cached_property
    def kind(self) -> str:
        """``category``, ``number``, ``text``, ``identifier`` or ``date``, by its cells."""
        told = {cell: n for cell, n in self.cells.items() if fold(cell) not in NOTHING}
        filled, answers = self.rows - self.blank, sum(self.cells.values())
        if len(told) < len(self.cells):
            gone = answers - sum(told.values())
            different = self.different - len(self.cells) + len(told)
            return replace(self, cells=told, different=different, blank=self.blank + gone).kind
        if self.labels:
            plain = [cell for cell in self.cells if cell not in self.labels]
            many = len(plain) > _MOST_CODES and all(map(_NUMBER.fullmatch, plain))
            return "number" if many else "category"
        if not filled or not self.cells:
            return "identifier" if filled and filled == self.different else "text"
        if all(map(_DATE.fullmatch, self.cells)) or self.date_formats:
            return "date"
        if _COMMENTS.search(self.wording) and any(len(cell.split()) > 2 for cell in self.cells):
            return "text"
        signs = () if self.symbols else self.signs
        if set(signs) - {"−"}:
            return "number"
        numbers = bool(signs) or all(map(_NUMBER.fullmatch, self.cells))
        words = sum(self.cells[word] for word in self.symbols)
        tagged = bool(words) and 2 * words < answers
        # A cell that hardly anybody shares may be somebody's own words, unless the header has it.
        named = all(fold(cell) in fold(self.name) for cell in self.cells)
        if self.different <= MOST_VALUES and (named or filled >= 2 * self.different):
            return "number" if tagged or (numbers and self._beyond_scales) else "category"
        unique = filled == self.different and filled > 1
        # Rows that were entered twice make an identifier that is not quite one.
        if (unique and self._counts) or (self.names_one and 10 * self.different >= 9 * filled):
            return "identifier"
        if numbers or tagged:
            return "number"
        return "identifier" if unique and all(map(_COMPACT.fullmatch, self.cells)) else "text"

    @property
    def _beyond_scales(self) -> bool:
        """Whether numbers are more, or reach further, than the steps of a scale and its codes."""
        apart = stand_ins([*self.cells])
        steps = {number for cell in self.cells if cell not in apart and (number := as_number(cell))}
        far = len(steps) >= _FEWEST and max(steps) > _LAST_STEP
        running = far and max(steps) - min(steps) < len(steps)
        return self.different > _MOST_CODES or (far and not running)

    @property
    def unique(self) -> bool:
        """Whether it tells every row from every other."""
        return not self.blank and self.different == self.rows

    @property
    def names_one(self) -> bool:
        """Whether its name, or numbers of one length and many digits, tell one row from others."""
        lengths = {len(cell) if cell.isdigit() else 0 for cell in self.cells}
        long = len(lengths) == 1 and min(lengths) > 5
        return long or any(map(_NAMES_ONE.fullmatch, (self.name, *self.parts)))

    @property
    def _counts(self) -> bool:
        """Whether it numbers the rows: the first column, from 0 or 1, each number once."""
        if self.position or self.blank or not all(map(str.isdecimal, self.cells)):
            return False
        return {*map(int, self.cells)} in ({*range(self.rows)}, {*range(1, self.rows + 1)})

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
        if self.labels or not all(found):
            return ()
        signs = dict.fromkeys(sign for match in found if match for sign in match.groups() if sign)
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
    def marks(self) -> tuple[str, str, bool]:
        """Marks of decimals and of thousands, and whether the numbers show which is which."""
        bare = [re.sub(rf"{_SIGN}|[^\W\d_]+$", "", cell).strip() for cell in self._figures]
        both = {match.groups() for cell in bare if (match := _BOTH.fullmatch(cell))}
        told = [(decimal, thousands) for thousands, decimal in both if decimal != thousands]
        if len(told) == 1:
            return (*told[0], True)
        found = [_THOUSANDS.fullmatch(cell) for cell in bare if re.search(r"\d\D\d", cell)]
        marks = {match[1] if match else "" for match in found}
        if len(marks) == 1 and "" not in marks:
            (mark,) = marks
            return "," if mark == "." else "", mark, False
        commas = any("," in cell for cell in bare) and not any("." in cell for cell in bare)
        return "," if commas else "", "", commas

    @property
    def ends(self) -> tuple[str, str]:
        """The least and greatest number as they stand."""
        thousands, numbers = self.marks[1] or " ", {}
        for cell in self._figures:
            bare = re.sub(rf"(?i:{_UNIT})$|[^\d.,eE+-]", "", cell.replace("−", "-"))
            numbers[cell] = as_number(bare.replace(thousands, "").replace(",", ".")) or 0.0
        ordered = sorted(numbers, key=numbers.__getitem__)
        return ordered[0], ordered[-1]

    @property
    def _figures(self) -> list[str]:
        """The cells that are meant to be numbers."""
        return [cell for cell in self.cells if cell not in self.symbols]


def profile(sheet: Sheet) -> tuple[list[ExportColumn], dict[str, list[str]]]:
    """Count the cells of every column of an open file, but for those of totals and notes below.

    The first cell of each of these rows is told, by what its column is called.
    """
    names, others = sheet.header.names, sheet.header.others
    parts = [tuple(filter(None, (*o, sheet.wordings.get(i, "")))) for i, o in enumerate(others)]
    often = Counter(fold(one) for i, name in enumerate(names) for one in {*parts[i], name})
    firsts = [own[0] if own else "" for own in parts]
    called = [f if f and often[fold(f)] == 1 else n for f, n in zip(firsts, names, strict=True)]
    counts: list[Counter[str]] = [Counter() for _ in names]
    last: list[dict[int, str]] = []
    rows = 0
    for batch in sheet.batches():
        rows += len(batch.rows)
        cells = {i: texts(column) for i, column in batch.cells.items()}
        for i, column in cells.items():
            for entry in pc.value_counts(column).to_pylist():
                counts[i][_lines(entry["values"])] += entry["counts"]
        ends = {i: column[-_LAST_ROWS:].to_pylist() for i, column in cells.items()}
        for n in range(min(_LAST_ROWS, len(batch.rows))):
            row = {i: _lines(column[n]) for i, column in ends.items()}
            last = [*last, {i: cell for i, cell in row.items() if cell}][-_LAST_ROWS:]
    for each in counts:
        del each[""]
    apart: dict[str, list[str]] = {}
    for row in reversed(last if rows > 2 * _LAST_ROWS else []):
        mark = _apart(row, counts)
        if mark is None:
            break
        apart.setdefault(called[mark], []).append(row[mark])
        rows -= 1
        for i, cell in row.items():
            counts[i] -= Counter([cell])
    columns = [_column(sheet, i, called[i], parts[i], counts[i], rows) for i in range(len(names))]
    told = Counter(part for own in parts for part in {*map(clean, own)})
    return [replace(one, shared=told[one.wording] > 1) for one in columns], apart


def _apart(row: dict[int, str], counts: list[Counter[str]]) -> int | None:
    """The column by which a last row is called a total, is the sum of the others, or is a note."""
    once = [i for i, cell in row.items() if counts[i][cell] == 1]
    named = [i for i in once if _TOTAL.fullmatch(row[i].rstrip(":"))]
    summed = [i for i in once if _is_sum(row[i], counts[i])]
    note = list(row) == [0] and len(counts) > 2 and not _COMPACT.fullmatch(row[0])
    return next(iter(named or summed or (once if note else [])), None)


def _is_sum(cell: str, counts: Counter[str]) -> bool:
    """Whether a number is the sum of all others of its column."""
    if len(counts) > _MOST_KEPT or sum(counts.values()) < _FEWEST:
        return False
    numbers = {other: number for other in counts if (number := as_number(other)) is not None}
    total = fsum(number * counts[other] for other, number in numbers.items())
    known = bool(total) and len(numbers) == len(counts)
    return known and isclose(2 * numbers[cell], total, rel_tol=1e-12)


def _lines(cell: str | None) -> str:
    """A cell with its lines tidied: some tools write an answer a line."""
    return "\n".join(filter(None, map(clean, (cell or "").splitlines())))


def _column(
    sheet: Sheet, i: int, called: str, parts: tuple[str, ...], counts: Counter[str], rows: int
) -> ExportColumn:
    spans = sheet.spans.get(i, [])
    missing = sheet.missing.get(i, {})
    declared = missing | {cell: missing.get(cell, "") for cell in counts if _within(cell, spans)}
    answers = {cell: n for cell, n in counts.items() if cell not in declared}
    few = dict(sorted(answers.items(), key=lambda pair: (-pair[1], pair[0])))
    return ExportColumn(
        position=i,
        name=sheet.header.names[i],
        called=called,
        parts=parts,
        cells=few if len(few) <= _MOST_KEPT else {},
        different=len(answers),
        blank=rows - sum(counts.values()),
        rows=rows,
        labels={c: clean(one) for c, one in sheet.labels.get(i, {}).items() if c not in declared},
        declared=declared,
    )


def _within(cell: str, spans: list[tuple[float, float]]) -> bool:
    number = as_number(cell) if spans else None
    return number is not None and any(low <= number <= high for low, high in spans)


def _all_dates(cells: Iterable[str], form: str) -> bool:
    try:
        return all(datetime.strptime(cell, form) for cell in cells)
    except ValueError:
        return False
