"""A file of answers once it is open: its header, what it says of its columns, its cells."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.errors import CohortError
from careersurvey.evidence.checks.check import ROWS_NAMED
from careersurvey.evidence.text import clean, fold, meant, number_text, so_many

BLANK_ROW = "every cell is blank"
SHORT_ROW = "fewer cells than the header"
LONG_ROW = "more cells than the header"
NOT_TEXT = "bytes that are not text"
MERGED = "cells that are merged with others"
UNSAVED = "formulas without a saved value"
#: What to do about rows that are not whole, or in which something could not be read.
REMEDIES = {
    SHORT_ROW: 'export the file again, it may be cut off; or short_rows = "fill" to take the cells '
    "that are missing for blanks; or set skip_rows where a title stands above the header",
    LONG_ROW: "name every column in the header, set skip_rows where a title stands above it, or "
    "look for a separator in a cell without quotes",
    NOT_TEXT: "correct them in the file, or export it as UTF-8",
    MERGED: "take the merging out in the spreadsheet, and fill in the cells",
    UNSAVED: "open it in a spreadsheet and save it",
}
#: What the answer of who finds none in a list is called.
OTHER = re.compile("other|ander|sonstige|autre|otr[oa]|altr[oi]|outr[oa]|その他|其他")
#: The rest of a heading over such answers, in words; "Other comments" are none.
_OWN_WORDS = re.compile(
    rf"(_\d+)?_text|[\W_]*(if )?({OTHER.pattern})[^\W_]{{0,3}}"
    r"([\W_]*|\s*[^\w\s].*|[\s_]*(please|specif|text|answer|option).*)"
)
_UNTIDY = r"^ | $|  |[^ -~]|&"
_TIDY = bytes({*range(ord("!"), ord("~") + 1)} - {ord("&")})  # wherever they stand
_NEAR = 3  # columns, in which one's own words stand beside a question
#: Between the parts of a name that several header rows make together.
JOINT = " | "
_ROWS = 512  # few enough to stay in the processor's memory while they are turned
_JOINED = 96  # batches of that many rows, to some that are read fast


class Batch(NamedTuple):
    """Some rows: their numbers as a spreadsheet shows them, and columns of text or of numbers."""

    rows: np.ndarray
    cells: dict[int, pa.Array]

    def where(self, keep: np.ndarray) -> Batch:
        """Return the rows that are kept."""
        if keep.all():
            return self
        mask = pa.array(keep)
        return Batch(self.rows[keep], {i: one.filter(mask) for i, one in self.cells.items()})


@dataclass
class Seen:
    """Rows of which one thing is true: the numbers of the first ones, and how many."""

    rows: list[int] = field(default_factory=list)
    n: int = 0

    def add(self, rows: Sequence[int] | np.ndarray) -> None:
        """Count some more rows."""
        self.n += len(rows)
        self.rows += [int(row) for row in rows[: ROWS_NAMED - len(self.rows)]]


@dataclass(frozen=True)
class Header:
    """Names of the columns of a file, each different; what else each is called; what was done."""

    names: tuple[str, ...]
    others: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass
class Sheet:
    """An open file of answers, of whatever kind; columns are told by their positions."""

    header: Header
    header_rows: list[list[str]]  # as they stand in the file
    questions: dict[str, str] = field(default_factory=dict)  # wordings by what a key calls them
    labels: dict[int, dict[str, str]] = field(default_factory=dict)  # of each code
    #: Label of each code that the file declares to be no answer, and ends of ranges of numbers.
    missing: dict[int, dict[str, str]] = field(default_factory=dict)
    spans: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)  # what was taken for granted in opening it
    #: By reason: rows in no batch, and rows of which something could not be read. Complete once
    #: all batches were read.
    set_aside: dict[str, Seen] = field(default_factory=lambda: defaultdict(Seen))
    amiss: dict[str, Seen] = field(default_factory=lambda: defaultdict(Seen))

    def batches(
        self, wanted: Collection[int] | None = None, coded: Collection[int] = ()
    ) -> Iterator[Batch]:
        """Read the rows of the file from its beginning, some at a time."""
        self.set_aside.clear()
        self.amiss.clear()
        return self.read(sorted(range(len(self.header.names)) if wanted is None else wanted), coded)

    def read(self, wanted: list[int], coded: Collection[int]) -> Iterator[Batch]:
        """Read the cells of columns, of which some have few different ones."""
        raise NotImplementedError


def empty(file: str) -> CohortError:
    """Return the error for a file with nothing in it."""
    known = "a row of headers and one row a respondent"
    return CohortError(f"{file} is empty.", expected=known, do="export it again")


@contextmanager
def read_as(file: str, kind: str) -> Iterator[None]:
    """Say of whatever a reader gives up on inside that the file cannot be read as its kind."""
    try:
        yield
    except CohortError:
        raise
    except Exception as problem:  # readers have errors of their own, and pass on plain ones
        lines = str(problem).strip().splitlines() or [type(problem).__name__]
        do = "export it again without a password; the ending of its name must say what it is"
        raise CohortError(f"{file} cannot be read as {kind}.", found=lines[0], do=do) from None


def require_header(file: str, rows: list[list[str]], skip_rows: int) -> None:
    """Refuse a file whose header is not where it is sought."""
    if any(cell.strip() for row in rows for cell in row):
        return
    raise CohortError(
        f"{file} has no header where it is sought.",
        found="blank cells, or the end of the file",
        expected=f"names of columns in row {skip_rows + 1}",
        do="set skip_rows to the rows above the header, and header_rows to the rows of headers",
    )


def make_header(rows: list[list[str]], others: Sequence[tuple[str, ...]] = ()) -> Header:
    """Make one name a column; a blank upper cell takes the one to its left, as merged cells do."""
    width = max(len(row) for row in rows)
    cells = [[clean(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    lines = [*(_filled(row, cells[i + 1 :]) for i, row in enumerate(cells[:-1])), cells[-1]]
    parts = [tuple(dict.fromkeys(filter(None, column))) for column in zip(*lines, strict=True)]
    joined = [JOINT.join(part) or f"column {letter(i)}" for i, part in enumerate(parts)]
    known = [(*part, *map(clean, others[i] if others else ())) for i, part in enumerate(parts)]
    twice = [name for name, n in Counter(joined).items() if n > 1]
    blank = [letter(i) for i, part in enumerate(parts) if not part]
    broken = sum(cell != clean(cell) for row in rows for cell in row)
    shown = ", ".join(map(repr, twice[:3]))
    notes = {
        f"{len(rows)} header rows were joined into one name a column.": len(rows) > 1,
        f"Line breaks and spaces were tidied in {so_many(broken, 'cell')} of the header.": broken,
        f"Names that stand over more than one column were numbered: {shown}.": twice,
        f"{so_many(len(blank), 'column')} without a name: {', '.join(blank[:5])}.": blank,
    }
    return Header(numbered(joined), tuple(known), tuple(note for note, on in notes.items() if on))


def find_column(header: Header, wanted: str, variable: str, place: str) -> tuple[int, str]:
    """Return the position of a column, and a note where its name is not exact."""
    cleaned, folded = clean(wanted), fold(wanted)
    inexact = f"The column {cleaned!r} was found without regard to case or kinds of quotes."
    ways = (
        ((name == wanted for name in header.names), ""),
        ((name == cleaned for name in header.names), ""),
        ((cleaned in other for other in header.others), ""),
        ((fold(name) == folded for name in header.names), inexact),
        ((folded in map(fold, other) for other in header.others), inexact),
    )
    for fits, note in ways:
        found = [i for i, fit in enumerate(fits) if fit]
        if len(found) == 1:
            return found[0], note
    raise CohortError(
        f"the file has no column for {variable}.",
        found=f"{wanted!r} in cohort.toml",
        expected=meant(cleaned, header.names),
        where=place,
        do="correct the name; if the header stands lower in the file, set skip_rows or header_rows",
    )


def other_beside(header: Header, position: int) -> int | None:
    """Return the column beside another in which, by its heading, people wrote an answer."""
    names, parts = header.names, header.others
    for i in range(position + 1, min(position + 1 + _NEAR, len(names))):
        if i == position + 1 and len(parts[i]) == 1 and _OWN_WORDS.fullmatch(fold(names[i])):
            return i
        pairs = itertools.product((names[position], *parts[position]), (names[i], *parts[i]))
        longer = [(one, more[len(one) :]) for one, more in pairs if more.startswith(one)]
        stems = [one for one, rest in longer if _OWN_WORDS.fullmatch(fold(rest))]
        # What stands above several columns is the question of boxes or of a matrix.
        if any(sum(one in each for each in parts) < 3 for one in stems):
            return i
    return None


def letter(position: int) -> str:
    """Return the letter of a column as a spreadsheet shows it: 0 is ``A``, 27 is ``AB``."""
    from xlsxwriter.utility import xl_col_to_name

    return xl_col_to_name(position)


def _filled(row: list[str], below: list[list[str]]) -> list[str]:
    """Carry each cell on over the blank ones to its right that have something below them."""
    filled, last = [], ""
    for i, cell in enumerate(row):
        last = cell or last
        filled.append(last if cell or any(line[i] for line in below) else "")
    return filled


def numbered(names: Sequence[str]) -> tuple[str, ...]:
    """Give a number to each name that stands there before: ``Q8 (2)``, unless that is one."""
    taken, counts, found = set(names), Counter[str](), []
    for name in names:
        counts[name] += 1
        new = name
        while counts[name] > 1 and new in taken:
            new = f"{name} ({counts[name]})"
            counts[name] += new in taken
        taken.add(new)
        found.append(new)
    return tuple(found)


def cell_text(value: Any, decimal: str = ".") -> str | None:
    """Return a cell's value as text, None for a blank: 3.0 is ``3``, a date is ISO 8601."""
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return number_text(value).replace(".", decimal)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f").replace(".", decimal)
    if isinstance(value, dt.datetime):
        return (value if value.time() != dt.time() else value.date()).isoformat()
    return str(value) or None


def as_doubles(column: pa.Array) -> pa.Array:
    """Return numbers of single precision as they are written: 0.1, and not what lies nearest."""
    return column.cast(pa.float32()).cast(pa.string()).cast(pa.float64())


def texts(column: pa.Array, decimal: str = ".") -> pa.DictionaryArray:
    """Return a column as text, each different cell once; numbers as `cell_text` writes them."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    if pa.types.is_string(coded.type.value_type):
        return coded
    try:
        values = coded.dictionary.to_pylist()
    except OverflowError:  # a day that no calendar has
        values = coded.dictionary.cast(pa.string()).to_pylist()
    written = [cell_text(value, decimal) for value in values]
    return pa.DictionaryArray.from_arrays(coded.indices, pa.array(written, pa.string()))


def in_columns(
    rows: Iterator[Sequence],
    at: int,
    wanted: list[int],
    column: Callable[[tuple], pa.Array],
    fits: Callable[[int, Any], bool],
) -> Iterator[Batch]:
    """Turn the rows that fit into columns, some at a time; the first row has the number `at`."""
    while lines := list(itertools.islice(rows, _ROWS)):
        numbers = [number for number, line in enumerate(lines, at) if fits(number, line)]
        cells = list(zip(*[lines[number - at] for number in numbers], strict=True))
        at += len(lines)
        if numbers:
            yield Batch(np.array(numbers), {i: column(cells[i]) for i in wanted})


def joined(batches: Iterator[Batch], decimal: str = ".") -> Iterator[Batch]:
    """Join batches of few rows, which are turned into columns fast, to some that are read fast."""
    while some := list(itertools.islice(batches, _JOINED)):
        cells = {}
        for i in some[0].cells:
            parts = [batch.cells[i] for batch in some]
            if len({part.type for part in parts}) > 1:
                parts = [texts(part, decimal).cast(pa.string()) for part in parts]
            cells[i] = pa.concat_arrays(parts)
        yield Batch(np.concatenate([batch.rows for batch in some]), cells)


def without_blanks(column: pa.StringArray) -> pa.StringArray:
    """Return text with null in place of an empty one."""
    blank = pc.equal(column, "")
    return pc.if_else(blank, None, column) if pc.any(blank).as_py() else column


def is_untidy(column: pa.StringArray) -> bool:
    """Return whether a text may have blanks or marks that `clean` changes."""
    doubtful = letters_of(column).translate(None, _TIDY)
    return bool(doubtful and pc.any(pc.match_substring_regex(column, _UNTIDY)).as_py())


def letters_of(column: pa.StringArray) -> bytes:
    """Return all letters of a column of text: what is sought in them is found ten times as fast."""
    if not len(column):
        return b""
    _, ends, letters = column.buffers()
    ends = np.frombuffer(ends, np.int32)[column.offset :]
    return letters[ends[0] : ends[len(column)]].to_pybytes() if letters else b""
