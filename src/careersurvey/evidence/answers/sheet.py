"""A file of answers once it is open: its header, what it says of its columns, its cells."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.headers import Header
from careersurvey.evidence.checks.check import ROWS_NAMED
from careersurvey.evidence.text import number_text

BLANK_ROW = "every cell is blank"
SHORT_ROW = "fewer cells than the header"
LONG_ROW = "more cells than the header"
NOT_TEXT = "bytes that are not text"
MERGED = "cells merged over several rows"
#: What to do about rows in which something could not be read.
REMEDIES = {
    NOT_TEXT: "correct them in the file, or export it as UTF-8",
    MERGED: "take the merging out in the spreadsheet, and fill in the cells",
}


class Batch(NamedTuple):
    """Some rows of a file: their numbers as a spreadsheet shows them, and columns of cells.

    A column is text (plain or as a dictionary), or numbers where the file itself has numbers;
    null and ``""`` are blank cells. `texts` and `numbers` read either.
    """

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


@dataclass
class Sheet:
    """An open file of answers.

    Attributes
    ----------
    header : Header
        What the columns are called.
    header_rows : list of list of str
        The rows of the header as they stand in the file.
    read : callable
        Reads the cells: takes the positions of the columns that are wanted, and of those in
        which few different cells are expected; returns an iterator of `Batch`.
    wordings : dict
        Of a column, by its position: the question that the file itself carries for it.
    labels : dict
        Of a column: label of each code.
    missing : dict
        Of a column: label of each code that the file declares to be no answer.
    spans : dict
        Of a column: ends of each range of numbers that the file declares to be no answer.
    sets : list
        Select-all questions that the file declares: wording, positions of boxes, what a tick is.
    chosen : str
        The sheet of a workbook that was read, ``""`` for other files.
    notes : list of str
        What was taken for granted in opening the file, and why this sheet.
    set_aside : dict
        By reason: rows of the file that are in no batch. Complete once all batches were read.
    amiss : dict
        By reason: rows in which something could not be read, and which are in the batches.
    """

    header: Header
    header_rows: list[list[str]]
    read: Callable[[list[int], Collection[int]], Iterator[Batch]] | None = None
    wordings: dict[int, str] = field(default_factory=dict)
    labels: dict[int, dict[str, str]] = field(default_factory=dict)
    missing: dict[int, dict[str, str]] = field(default_factory=dict)
    spans: dict[int, list[tuple[float, float]]] = field(default_factory=dict)
    sets: list[tuple[str, list[int], str]] = field(default_factory=list)
    chosen: str = ""
    notes: list[str] = field(default_factory=list)
    set_aside: dict[str, Seen] = field(default_factory=dict)
    amiss: dict[str, Seen] = field(default_factory=dict)

    def batches(
        self, wanted: Collection[int] | None = None, coded: Collection[int] = ()
    ) -> Iterator[Batch]:
        """Read the rows of the file from its beginning, some at a time."""
        self.set_aside.clear()
        self.amiss.clear()
        return self.read(sorted(range(len(self.header.names)) if wanted is None else wanted), coded)

    def aside(self, reason: str, rows: Sequence[int] | np.ndarray) -> None:
        """Count rows that are in no batch."""
        if len(rows):
            self.set_aside.setdefault(reason, Seen()).add(rows)


def refuse(file: str, what: str, **said: object) -> CohortError:
    """Return the error for a file that cannot be read as it is."""
    return CohortError(f"{file} {what}", **said)


def empty(file: str) -> CohortError:
    """Return the error for a file with nothing in it."""
    return refuse(
        file,
        "is empty.",
        expected="a row of headers and one row a respondent",
        do="export it again",
    )


def no_header(file: str, skip_rows: int) -> CohortError:
    """Return the error for a header that is not where it is sought."""
    return refuse(
        file,
        "has no header where it is sought.",
        found="blank cells, or the end of the file",
        expected=f"names of columns in row {skip_rows + 1}",
        do="set skip_rows to the rows above the header, and header_rows to the rows of headers",
    )


def locked(file: str, found: str) -> CohortError:
    """Return the error for a file that needs a password."""
    return refuse(
        file, "is locked.", found=found, do="open it with its password and save a copy without one"
    )


def unreadable(file: str, kind: str, problem: object) -> CohortError:
    """Return the error for a file that its reader gives up on."""
    lines = str(problem).strip().splitlines() or [type(problem).__name__]
    return refuse(
        file,
        f"cannot be read as {kind}.",
        found=lines[0],
        do="export it again; the ending of its name must say what it is",
    )


def cell_text(value: Any, decimal: str = ".") -> str | None:
    """Return a cell's value as text, None for a blank: 3.0 is ``3``, a date is ISO 8601."""
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return number_text(value).replace(".", decimal)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
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


def joined(batches: Iterator[Batch], decimal: str = ".") -> Iterator[Batch]:
    """Join batches of few rows, which are turned into columns fast, to some that are read fast."""
    while some := list(itertools.islice(batches, 48)):
        cells = {}
        for i in some[0].cells:
            parts = [batch.cells[i] for batch in some]
            if len({part.type for part in parts}) > 1:
                parts = [texts(part, decimal).cast(pa.string()) for part in parts]
            cells[i] = pa.concat_arrays(parts)
        yield Batch(np.concatenate([batch.rows for batch in some]), cells)


def blank_rows(batch: Batch) -> np.ndarray:
    """Return which rows of a batch hold nothing but blanks."""
    blank = np.ones(len(batch.rows), bool)
    # Where the different cells are few, the blank ones are found soonest.
    for column in sorted(
        batch.cells.values(), key=lambda one: not pa.types.is_dictionary(one.type)
    ):
        if blank.any():
            blank &= _is_blank(column)
    return blank


def _is_blank(column: pa.Array) -> np.ndarray:
    """Return which cells of a column are blank, or hold nothing but blanks."""
    if pa.types.is_dictionary(column.type):
        of_cell = np.append(_is_blank(column.dictionary), True)
        places = column.indices.fill_null(len(of_cell) - 1)
        return of_cell[places.to_numpy(zero_copy_only=False)]
    if not pa.types.is_string(column.type):
        return column.is_null().to_numpy(zero_copy_only=False)
    blank = pc.equal(pc.utf8_trim_whitespace(column), "")
    return pc.fill_null(blank, True).to_numpy(zero_copy_only=False)
