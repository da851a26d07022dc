"""What an export holds, column by column: its different cells, what they are, and odd last rows."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import fsum, isclose

import pyarrow.compute as pc

from careersurvey.evidence.answers.numbers import date_of, number_of
from careersurvey.evidence.answers.questions import SUMMARY, TOTAL
from careersurvey.evidence.answers.sheet import Sheet, texts
from careersurvey.evidence.answers.words import (
    CUT,
    KNOWN,
    NOTHING,
    WORDS,
    as_number,
    is_within,
    stand_ins,
)
from careersurvey.evidence.scaffold.tools import SEEN_UNANSWERED, Tool, is_no_step
from careersurvey.evidence.text import clean, fold, slug

#: Different cells of a category at most, unless the file labels them.
MOST_VALUES = 25
_MOST_CODES = 12
_SOME = 2  # numbers at most of which the file labels no step, though it labels what is none
_EXACT = 2**53  # from which on not every whole number can be told from the next
_OFTEN = 5  # times on an average, that an answer of a list is given beside people's own words
_LAST_STEP = 20  # of a scale, or the greatest code of an answer
_MOST_SYMBOLS, _LONGEST_SYMBOL = 4, 16
_LONGEST_DATE = 40
_DAYS = re.compile(r"[1-5]\d{4}(\.\d+)?")  # as spreadsheets count them
_MONEY = "|".join(KNOWN["money"])
_FIGURE = re.compile(
    rf"[+-]?([−%]|{_MONEY})?\s*[+-]?(?=[.,]?\d)[\d.,'’ ]*\d(?:e[+-]?\d+)?\s*(%|{_MONEY})?",
    re.IGNORECASE,
)
#: A number in another guise: 3 kg, 1:30, ~20, 11+, (12).
_GUISED = re.compile(r"[^\w\s]{0,2}\s?\d[\d.,:' ’]*\s?\D{0,12}")
_MARK = re.compile(r"(?:(?<=\d)|^)[,. '’](?=\d)")
_TWO_MARKS = re.compile(r"\d([,.])\d{3}(?!\1)[,.]\d")
_THOUSAND = re.compile(r"\d[,. '’]\d{3}(?!\d)")
_DATES = [day + time for day in KNOWN["dates"]["days"] for time in KNOWN["dates"]["times"]]
_DIGITS = re.compile(r"(19|20)\d{6}|\d{4}(19|20)\d{2}")  # of a day without marks
_COMMENTS, _NAMES_ONE = (
    re.compile("|".join(KNOWN["columns"][name]), re.IGNORECASE)
    for name in ("comments", "names_one")
)
_IMPORT_ID = re.compile(r"\WImportId\W").search  # of the third header row of Qualtrics
_COMPACT = re.compile(r"[\w:-]*\d[\w:-]*")
_LAST_ROWS = 6  # of a file, that may be no respondent's
_MOST_BELOW, _LOOKED_AT = 500, 50  # rows of another table below the answers, and above it
_MOST_ROWS = 4  # of one respondent, on an average
_FEWEST = 5  # numbers of which one that is the sum of the others is their total


@dataclass(frozen=True, eq=False)
class Column:
    """One column of an export, as it came."""

    sheet: Sheet
    tool: Tool
    position: int
    name: str  # the cells of several header rows, joined
    called: str  # the first of these cells where no other column has it, else the name
    parts: tuple[str, ...]  # the cells of its header rows, and the wording that the file carries
    cells: dict[str, int]  # answers and how often each came, most frequent first
    blank: int
    rows: int
    labels: dict[str, str]  # of codes, as the file carries them
    declared: dict[str, str]  # codes for no answer, and their labels
    often: Counter[str]  # in how many headers each part of a header stands

    @property
    def wording(self) -> str:
        """What the column asks; of a matrix, the question and its row."""
        parts = itertools.filterfalse(_IMPORT_ID, dict.fromkeys(self.parts))
        told = [part for part in parts if fold(part) not in WORDS["second_rows"]]
        longest = max(told, key=len, default=self.name)
        if len(told) > 1 and (self.often[longest] > 1 or " " in told[-2]):
            return f"{told[-2].rstrip(' :')}: {told[-1]}"
        return longest

    def is_called(self, patterns: Iterable[str]) -> bool:
        """Whether a name or its id fits; a code and a wording may be joined by ``. ``."""
        names = {name for part in (self.name, *self.parts) for name in (part, *part.split(". "))}
        pattern = "|".join(patterns)
        return any(re.fullmatch(pattern, form(name)) for name in names for form in (fold, slug))

    @cached_property
    def kind(self) -> str:
        """``category``, ``number``, ``text``, ``identifier`` or ``date``, by its cells."""
        told, filled = self.told, sum(self.told.values())
        if not told:
            return "text"
        if self.labels and self.dates != [""]:
            plain = [cell for cell in told if cell not in self.labels]
            no_step = all(itertools.starmap(is_no_step, self.labels.items()))
            measured = (no_step and len(plain) > _SOME) or _beyond_scales(plain)
            return "number" if measured and marks_of(plain, ()) else "category"
        if self.dates:
            return "date"
        if _COMMENTS.search(self.wording) and any(len(cell.split()) > 2 for cell in told):
            return "text"
        numbers = bool(self.figures) and filled > 2 * sum(told[one] for one in self.symbols)
        signed = numbers and not self.symbols and set(self.signs) - {"−"}
        if signed or (any(map(_TWO_MARKS.search, told)) and all(map(_FIGURE.fullmatch, told))):
            return "number"  # marks in two ways, too, so that `check` asks which is meant
        many = len(told) > _FEWEST and filled <= _MOST_ROWS * len(told)
        if self._is_called_id and many and all(map(_COMPACT.fullmatch, told)):
            return "identifier"  # of people who may have answered more than once
        if all(re.match(CUT, c) or (as_number(c) or 0) >= _EXACT for c in told):
            return "identifier"
        # A cell that hardly anybody shares may be somebody's own words, unless the header has it.
        shared = filled >= 2 * len(told) or all(fold(cell) in fold(self.name) for cell in told)
        if len(told) <= MOST_VALUES and shared:
            return "number" if numbers and (self.symbols or _beyond_scales(told)) else "category"
        once = filled == len(told) > 1
        # Rows that were entered twice make an identifier that is not quite one.
        first = once and not self.position and (self.counts_rows or not any(self.parts))
        if first or (self.names_one and 10 * len(told) >= 9 * filled):
            return "identifier"
        if numbers:
            return "number"
        if once and all(map(_COMPACT.fullmatch, told)):
            return "identifier"
        return "category" if self.listed else "text"

    @cached_property
    def told(self) -> dict[str, int]:
        """The cells that say something."""
        left = {SEEN_UNANSWERED} if self.tool.coded else set()
        return {cell: n for cell, n in self.cells.items() if fold(cell) not in NOTHING | left}

    @cached_property
    def listed(self) -> list[str]:
        """The answers of a list beside those that people wrote in their own words, if any did."""
        again = [cell for cell, n in self.told.items() if n > 1]
        given, filled = sum(self.told[cell] for cell in again), sum(self.told.values())
        often = given >= _OFTEN * len(again) and 3 * given >= 2 * filled
        return again if often and 1 < len(again) <= MOST_VALUES < len(self.told) else []

    @property
    def names_one(self) -> bool:
        """Whether its name, or numbers of one length and many digits, tell one row from others."""
        lengths = {len(cell) if cell.isdigit() else 0 for cell in self.told}
        long = len(lengths) == 1 and min(lengths) > _FEWEST
        return long or self._is_called_id

    @property
    def _is_called_id(self) -> bool:
        return any(map(_NAMES_ONE.fullmatch, (self.name, *self.parts)))

    @property
    def rows_told(self) -> list[tuple[str, list[str]]]:
        """Whether rows are to be kept or dropped by it, and by which cells: tests, unfinished."""
        cells = {cell: fold(self.labels.get(cell, cell)) for cell in self.cells}
        cells |= {"": ""} if self.blank else {}
        told = []
        for one in (*self.tool.rows, *KNOWN["columns"]["rows"]):
            known = one.get("cells", [*cells.values()][:1])
            chosen = [cell for cell, name in cells.items() if {fold(cell), name} & {*known}]
            others = {name for cell, name in cells.items() if cell not in chosen}
            is_one = self.is_called([one["column"]]) and others <= {*one.get("others", others)}
            told += [(one["rule"], chosen)] * (is_one and 0 < len(chosen) < len(cells))
        return told

    @property
    def counts_rows(self) -> bool:
        """Whether it numbers the rows: from 0 or 1, each number once."""
        if self.blank or not all(map(str.isdecimal, self.cells)):
            return False
        return {*map(int, self.cells)} in ({*range(self.rows)}, {*range(1, self.rows + 1)})

    # ---- dates and numbers ----

    @cached_property
    def dates(self) -> list[str]:
        """Formats in which every cell is a date; ``""`` as ISO 8601 writes it."""
        short = bool(self.told) and all(len(cell) < _LONGEST_DATE for cell in self.told)
        compact = all(map(_DIGITS.fullmatch, self.told)) and not self._is_called_id
        forms = ["", *_DATES, *KNOWN["dates"]["digits"] * compact] if short else []
        read = [form for form in forms if all(date_of(cell, form) for cell in self.told)]
        counted = short and all(map(_DAYS.fullmatch, self.told))
        is_day = counted and self.is_called(KNOWN["dates"]["called"])
        return [""] if "" in read or is_day else read

    @cached_property
    def symbols(self) -> list[str]:
        """The few short words that stand among many numbers: ``c``, ``z``, ``NA``."""
        words = [cell for cell in self.told if not _FIGURE.fullmatch(cell)]
        many = len(self.told) - len(words) > _MOST_CODES and not self.labels
        short = all(len(word) <= _LONGEST_SYMBOL for word in words)
        return words if many and short and len(words) <= _MOST_SYMBOLS else []

    @cached_property
    def figures(self) -> list[str]:
        """The cells that are meant to be numbers; none where not all of them can be."""
        cells = [cell for cell in self.told if cell not in self.symbols]
        return cells if marks_of(cells, self.signs) else []

    @cached_property
    def signs(self) -> list[str]:
        """The sign beside the numbers of a column in which there is nothing else: ``%``, ``£``."""
        found = [_FIGURE.fullmatch(cell) for cell in self.told if cell not in self.symbols]
        if self.labels or not all(found):
            return []
        signs = dict.fromkeys(sign for match in found if match for sign in match.groups() if sign)
        return [] if len(signs.keys() - {"−"}) > 1 else [*signs]

    @property
    def is_guised(self) -> bool:
        """Whether each cell has one number, and in some a mark keeps it from being read."""
        plain = all(cell.isascii() and cell.isdigit() for cell in self.told)
        as_text = self.kind in ("text", "identifier") and not self.names_one
        return as_text and not plain and all(map(_GUISED.fullmatch, self.told))

    @property
    def weighs(self) -> bool:
        """Whether most cells can be numbers; `check` fails on those of a weight that are none."""
        return 2 * sum(n for c, n in self.cells.items() if _FIGURE.fullmatch(c)) > self.rows

    @property
    def ends(self) -> tuple[str, str]:
        """The least and greatest number as they stand."""
        way = (*marks_of(self.figures, self.signs), (".", ""))[0]
        numbers = {cell: number_of(cell, *way, self.signs) or 0.0 for cell in self.figures or [""]}
        return min(numbers, key=numbers.__getitem__), max(numbers, key=numbers.__getitem__)


def marks_of(cells: Collection[str], signs: Collection[str]) -> list[tuple[str, str]]:
    """Marks of decimals and thousands by which every cell is a number, thousands first."""
    there = {mark for cell in cells for mark in _MARK.findall(cell)}
    ways = [
        (decimal, thousands)
        for thousands, decimal in itertools.product((*",. '’", ""), ".,")
        if thousands != decimal
        and (not thousands or thousands in there)
        and (decimal == "." or decimal in there or thousands == ".")
    ]
    read = [way for way in ways if all(number_of(cell, *way, signs) is not None for cell in cells)]
    return read if cells else []


def _beyond_scales(cells: Collection[str]) -> bool:
    """Whether numbers are more, or reach further, than the steps of a scale and its codes."""
    if any(map(_THOUSAND.search, cells)):
        return True
    apart = stand_ins(cells)
    steps = {number for cell in cells if cell not in apart and (number := as_number(cell))}
    far = len(steps) >= _FEWEST and max(steps) > _LAST_STEP
    running = far and max(steps) - min(steps) < len(steps)
    parts = any(step % 1 for step in steps)  # no scale has half a step
    return parts or len(cells) > _MOST_CODES or (far and not running)


# ---- the columns of a file ----------------------------------------------------------------------


def profile(sheet: Sheet, tool: Tool) -> tuple[list[Column], dict[str, list[str]]]:
    """Count the cells of every column; tell a cell of each row that is no respondent's."""
    names, parts = sheet.header.names, sheet.header.others
    counts, rows, last = _counted(sheet)
    out = _rows_apart(last, counts, [*map(_lines, sheet.header_rows[0])])
    rows -= sum(map(len, out.values()))
    blank = [rows - each.total() for each in counts]
    for i, each in enumerate(counts):
        within = [c for c in each if TOTAL.fullmatch(c)] if len(each) <= MOST_VALUES else []
        out.setdefault(i, []).extend(within)
        for cell in within:
            del each[cell]
    firsts = [own[0] if own else "" for own in parts]
    named = Counter(
        fold(one) for own, name in zip(parts, names, strict=True) for one in {*own, name}
    )
    often = Counter(part for own in parts for part in {*own})
    columns = []
    for i, name in enumerate(names):
        declared = _declared(sheet, i, counts[i])
        answers = sorted(counts[i].items(), key=lambda pair: (-pair[1], pair[0]))
        labels = sheet.labels.get(i, {}).items()
        columns.append(
            Column(
                sheet=sheet,
                tool=tool,
                position=i,
                name=name,
                called=firsts[i] if firsts[i] and named[fold(firsts[i])] == 1 else name,
                parts=parts[i],
                cells={cell: n for cell, n in answers if cell not in declared},
                blank=blank[i],
                rows=rows,
                labels={code: clean(label) for code, label in labels if code not in declared},
                declared=declared,
                often=often,
            )
        )
    apart = ((columns[i].called, [*dict.fromkeys(out[i])]) for i in sorted(out))
    return columns, {name: cells for name, cells in apart if cells}


def _declared(sheet: Sheet, i: int, cells: Iterable[str]) -> dict[str, str]:
    """Codes of a column that the file declares to be no answer, and their labels."""
    spans, known = sheet.spans.get(i, []), sheet.missing.get(i, {})
    within = (cell for cell in cells if cell not in known and is_within(cell, spans))
    return known | dict.fromkeys(within, "")


def _counted(sheet: Sheet) -> tuple[list[Counter[str]], int, list[tuple[int, dict[int, str]]]]:
    """How often each cell stands in its column, the rows, and of the last ones number and cells."""
    counts: list[Counter[str]] = [Counter() for _ in sheet.header.names]
    last: list[tuple[int, dict[int, str]]] = []
    rows = 0
    for batch in sheet.batches():
        rows += len(batch.rows)
        cells = {i: texts(column) for i, column in batch.cells.items()}
        for i, column in cells.items():
            for entry in pc.value_counts(column).to_pylist():
                counts[i][_lines(entry["values"])] += entry["counts"]
        ends = zip(*(column[-_MOST_BELOW:].to_pylist() for column in cells.values()), strict=True)
        filled = [dict(zip(cells, map(_lines, row), strict=True)) for row in ends]
        told = [{i: cell for i, cell in row.items() if cell} for row in filled]
        last = [*last, *zip(batch.rows[-_MOST_BELOW:], told, strict=True)][-_MOST_BELOW:]
    for each in counts:
        del each[""]
    return counts, rows, last if rows > _LAST_ROWS else []


def _rows_apart(
    last: list[tuple[int, dict[int, str]]], counts: list[Counter[str]], header: Sequence[str]
) -> dict[int, list[str]]:
    """A cell, by its column, of each row that is no respondent's, taken out of `counts`."""
    out: dict[int, list[str]] = {}
    named = {i: cell for i, cell in enumerate(header) if cell}
    again = {counts[i][cell] for i, cell in named.items()}
    if len(again) == 1 and len(named) > 2:
        often = again.pop()
        out[min(named)] = [named[min(named)]] * often
        for i, cell in named.items():
            counts[i] -= Counter({cell: often})
    above = [row for _, row in last]
    gaps = [n for n in range(1, len(last)) if last[n][0] > last[n - 1][0] + 1]
    start = next((n for n in gaps if _is_odd(above[n], above[:n])), len(last))
    own = Counter(pair for row in above[start:] for pair in row.items())  # of the rows below
    for n, row in reversed([*enumerate(above)][max(start - _LAST_ROWS, 0) :]):
        only = (i for i, cell in row.items() if counts[i][cell] == own[i, cell])
        mark = next(only, None) if n >= start else _apart(row, counts)
        if mark is not None:
            out.setdefault(mark, []).append(row[mark])
            own.subtract(row.items())
            for i, cell in row.items():
                counts[i] -= Counter([cell])
        elif n < start:
            break
    return out


def _is_odd(row: dict[int, str], above: list[dict[int, str]]) -> bool:
    """Whether a row begins another table: a title, or a first cell of another shape than ids."""
    cells = [one.get(min(row), "") for one in (*above[-_LOOKED_AT:], row)]
    shapes = [re.sub(r"[^\W\d]+", "a", re.sub(r"\d+", "0", cell)) for cell in cells]
    is_other = len({*shapes[:-1]}) <= _FEWEST and shapes[-1] not in shapes[:-1]
    return len(above) > _LAST_ROWS and (is_other or 2 * len(row) <= min(map(len, above)))


def _apart(row: dict[int, str], counts: list[Counter[str]]) -> int | None:
    """The column by which a last row is a total, the sum of the others, a note, or stands apart."""
    once = [i for i, cell in row.items() if counts[i][cell] == 1]
    said = {i: row[i].rstrip(":") for i in once}
    named = [i for i in once if TOTAL.fullmatch(said[i])]
    named += [i for i in once if i == min(row) and SUMMARY.fullmatch(said[i])]
    summed = [i for i in once if _is_sum(row[i], counts[i])]
    note = list(row) == [0] and len(counts) > 2 and not _COMPACT.fullmatch(row[0])
    unnamed = 0 not in row and counts[0].total() + 1 == max(each.total() for each in counts)
    return next(iter(named or summed or (once if note or unnamed else [])), None)


def _is_sum(cell: str, counts: Counter[str]) -> bool:
    """Whether a number is the sum of all others of its column."""
    numbers = {other: as_number(other) for other in counts} if as_number(cell) else {}
    if None in numbers.values() or sum(counts.values()) < _FEWEST:
        return False
    total = fsum(number * counts[other] for other, number in numbers.items() if number)
    return bool(total) and isclose(2 * (numbers[cell] or 0), total, rel_tol=1e-12)


def _lines(cell: str | None) -> str:
    """A cell with its lines tidied: some tools write an answer a line."""
    return "\n".join(filter(None, map(clean, (cell or "").splitlines())))
