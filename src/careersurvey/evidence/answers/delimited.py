"""Text files of answers: their encoding, their separator, and rows that are not whole."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.headers import make_header
from careersurvey.evidence.answers.sheet import (
    BLANK_ROW,
    LONG_ROW,
    NOT_TEXT,
    SHORT_ROW,
    Batch,
    Seen,
    Sheet,
    empty,
    is_blank,
    no_header,
    of_rows,
    refuse,
)
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.text import plural

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SEP_LINE = re.compile(r"\ufeff?sep=(.)\r?\n")  # a line that some tools write for spreadsheets
_CHUNK = 1 << 24
_BLOCK = 8 << 20
_ROWS = 50_000
_CUT = "The file does not end with a line break: look whether its last row is whole."
_ESCAPED = re.compile("[\udc80-\udcff]")
# A cell may hold a long free text; Python's own limit is 131,072 characters.
csv.field_size_limit(1 << 30)


def open_delimited(path: Path, settings: TableSettings) -> Sheet:
    """Open a text file of answers: Arrow reads it, or Python what Arrow would mistake."""
    encoding, notes = _encoding(path, settings.encoding)
    head = _head(path, encoding)
    marked = _SEP_LINE.match(head)
    skip = settings.skip_rows + bool(marked)
    delimiter, told = _delimiter(settings.delimiter or (marked[1] if marked else ""), head, skip)
    look = _Look(delimiter, encoding)
    for chunk in _chunks(path):
        look.at(chunk)
    bad_bytes = False
    if not look.decodes:
        encoding, bad_bytes, notes = _other_encoding(path, settings.encoding, notes)
    first = skip + settings.header_rows
    lines = io.StringIO(_head(path, encoding), newline="")
    top = list(islice(_records(path.name, lines, delimiter), first))
    rows = [[cell.lstrip("\ufeff") for cell in row] for row in top[skip:]]
    if not any(cell.strip() for row in rows for cell in row):
        raise no_header(path.name, settings.skip_rows)
    file = _File(
        path, encoding, delimiter, first, max(map(len, rows)), settings.short_rows == "fill"
    )
    file.bad_bytes, file.blank_rows = bad_bytes, look.has_blank_rows
    file.plain = look.is_plain and not bad_bytes and not _is_wide(encoding)
    file.sheet = Sheet(make_header(rows), rows, file.batches, first_row=first + 1)
    file.sheet.notes = [*notes, *told, *([] if look.ends_whole else [_CUT])]
    return file.sheet


def top_of_text(path: Path, settings: TableSettings, count: int) -> list[list[str]]:
    """Return the first rows of a text file as they stand."""
    encoding, notes = _encoding(path, settings.encoding)
    if not _decodes(path, encoding):
        encoding, _, _ = _other_encoding(path, settings.encoding, notes)
    head = _head(path, encoding).lstrip("\ufeff")
    delimiter, _ = _delimiter(settings.delimiter, head, 0)
    records = _records(path.name, io.StringIO(head, newline=""), delimiter)
    return [[cell.strip() for cell in row] for row in islice(records, count)]


class _Look:
    """What the bytes of a file tell of it, a part of them after the other."""

    def __init__(self, delimiter: str, encoding: str) -> None:
        self.decodes, self.has_blank_rows = True, False
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._marks = np.isin(np.arange(256), list(f'{delimiter}\r\n"'.encode()[:4]))
        self._blank = re.compile(rb'\n[ \t"' + re.escape(delimiter.encode()) + rb"]*\r?\n")
        self._quotes, self._matched, self._nul, self._returns = 0, True, False, False
        self._line, self._last = b"\n", 10

    @property
    def is_plain(self) -> bool:
        """Whether quotes stand in pairs beside marks, there is no NUL and no lone return."""
        return self._matched and not self._quotes % 2 and not (self._nul or self._returns)

    @property
    def ends_whole(self) -> bool:
        """Whether the file ends with a line break."""
        return self._line.rstrip(b"\0") in (b"\n", b"") or self._line.rstrip(b"\0").endswith(b"\r")

    def at(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        if self.decodes and not (chunk.isascii() and not self._decoder.getstate()[0]):
            try:
                self._decoder.decode(chunk)
            except UnicodeError:
                self.decodes = False
        self._nul = self._nul or b"\0" in chunk
        self._match_quotes(chunk)
        line = self._line + chunk
        if b"\r" in chunk:
            # A carriage return alone may end a row or stand in a cell.
            alone = line.count(b"\r") - line.count(b"\r\n") - line.endswith(b"\r")
            self._returns = self._returns or alone > 0
        self.has_blank_rows = self.has_blank_rows or bool(self._blank.search(line))
        self._line = line[line.rfind(b"\n") :]
        self._last = chunk[-1]

    def _match_quotes(self, chunk: bytes) -> None:
        """An opening quote stands after a mark or a quote, a closing one before."""
        after_quote = self._last == ord('"')
        if not (b'"' in chunk or after_quote) or not self._matched:
            return
        data = np.frombuffer(bytes([self._last]) + chunk, np.uint8)
        at = np.flatnonzero(data[1:] == ord('"')) + 1
        odd = self._quotes % 2
        before = self._marks[data[at[odd::2] - 1]]
        closing = at[1 - odd :: 2]
        after = self._marks[data[closing[closing < len(data) - 1] + 1]]
        pending = after_quote and not self._quotes % 2 and not self._marks[data[1]]
        self._matched = bool(before.all() and after.all() and not pending)
        self._quotes += len(at)


@dataclass
class _File:
    """How the rows of a text file are read."""

    path: Path
    encoding: str
    delimiter: str
    skip: int
    width: int
    fill: bool
    bad_bytes: bool = False
    blank_rows: bool = False
    plain: bool = True
    sheet: Sheet | None = None

    def batches(self, wanted: list[int], coded: Collection[int]) -> Iterator[Batch]:
        return self._by_arrow(wanted, coded) if self.plain else self._one_by_one(wanted)

    def _by_arrow(self, wanted: list[int], coded: Collection[int]) -> Iterator[Batch]:
        odd: dict[int, str] = {}
        read = list(range(self.width)) if self.blank_rows else wanted
        for rows, block in self._blocks(read, coded, odd):
            last = rows[-1] if len(rows) else 0
            batch = Batch(rows, dict(zip(read, block.columns, strict=True)))
            if self.blank_rows:
                batch = self._without_blanks(batch)
            batch = Batch(batch.rows, {i: batch.cells[i] for i in wanted})
            yield _with_rows(batch, self._kept({n: odd.pop(n) for n in sorted(odd) if n < last}))
        rest = self._kept(dict(sorted(odd.items())))
        if rest:
            nothing = pa.array([], pa.string())
            yield _with_rows(Batch(np.empty(0, int), dict.fromkeys(wanted, nothing)), rest)

    def _blocks(
        self, read: list[int], coded: Collection[int], odd: dict[int, str]
    ) -> Iterator[tuple[np.ndarray, pa.RecordBatch]]:
        """Read numbered blocks of rows; `odd` takes rows of another width, by their number."""

        def put_aside(row: arrow.InvalidRow) -> str:
            odd[row.number] = row.text
            return "skip"

        names = [f"c{i}" for i in range(self.width)]
        kinds = {
            i: pa.dictionary(pa.int32(), pa.string()) if i in coded else pa.string() for i in read
        }
        types = {names[i]: kind for i, kind in kinds.items()}
        size, at = _BLOCK, self.skip + 1
        while True:
            reading = arrow.ReadOptions(
                use_threads=False,
                block_size=size,
                column_names=names,
                skip_rows_after_names=at - 1,
                encoding=self.encoding.removesuffix("-sig"),
            )
            parsing = arrow.ParseOptions(
                delimiter=self.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=put_aside,
            )
            converting = arrow.ConvertOptions(
                column_types=types, include_columns=list(types), strings_can_be_null=False
            )
            try:
                for block in arrow.open_csv(self.path, reading, parsing, converting):
                    rows = _numbers(at, len(block), sorted(odd))
                    at = int(rows[-1]) + 1 if len(rows) else at
                    yield rows, block
                return
            except pa.ArrowInvalid as problem:
                if "straddl" not in str(problem):
                    raise _damaged(self.path.name, problem) from None
                # A row that is larger than a block: go on from it in larger ones.
                size *= 8

    def _without_blanks(self, batch: Batch) -> Batch:
        blank = np.ones(len(batch.rows), bool)
        for column in batch.cells.values():
            blank &= is_blank(column)
        self._aside(BLANK_ROW, batch.rows[blank])
        keep = pa.array(~blank)
        return Batch(batch.rows[~blank], {i: one.filter(keep) for i, one in batch.cells.items()})

    def _kept(self, lines: dict[int, str]) -> list[tuple[int, list[str]]]:
        """Keep rows whose cells are too few or too many by blanks alone, as far as declared."""
        records = (
            (n, next(csv.reader([text], delimiter=self.delimiter), [])) for n, text in lines.items()
        )
        return [(n, self._fitted(cells)) for n, cells in records if self._fits(n, cells)]

    def _fits(self, number: int, cells: list[str]) -> bool:
        reason = ""
        if not any(cell.strip() for cell in cells):
            reason = BLANK_ROW
        elif len(cells) < self.width and not self.fill:
            reason = SHORT_ROW
        elif any(cell.strip() for cell in cells[self.width :]):
            reason = LONG_ROW
        if reason:
            self._aside(reason, [number])
        return not reason

    def _fitted(self, cells: list[str]) -> list[str]:
        return [*cells[: self.width], *[""] * (self.width - len(cells))]

    def _aside(self, reason: str, rows: Collection[int]) -> None:
        if len(rows):
            self.sheet.set_aside.setdefault(reason, Seen()).add(rows)

    def _one_by_one(self, wanted: list[int]) -> Iterator[Batch]:
        errors = "surrogateescape" if self.bad_bytes else "strict"
        with self.path.open(encoding=self.encoding, newline="", errors=errors) as file:
            records = islice(_records(self.path.name, file, self.delimiter), self.skip, None)
            whole = (
                (number, self._fitted(self._legible(number, cells)))
                for number, cells in enumerate(records, self.skip + 1)
                if self._fits(number, cells)
            )
            while some := list(islice(whole, _ROWS)):
                numbers, lines = zip(*some, strict=True)
                yield of_rows(numbers, lines, wanted)

    def _legible(self, number: int, cells: list[str]) -> list[str]:
        if not any(map(_ESCAPED.search, cells)):
            return cells
        self.sheet.amiss.setdefault(NOT_TEXT, Seen()).add([number])
        return [_ESCAPED.sub("\ufffd", cell) for cell in cells]


def _numbers(at: int, count: int, gone: list[int]) -> np.ndarray:
    """Return the numbers of `count` rows from `at` on, leaving out those that are gone."""
    within = [n for n in gone if n >= at]
    rows = np.arange(at, at + count + len(within))
    return rows[~np.isin(rows, within)][:count] if within else rows


def _with_rows(batch: Batch, lines: list[tuple[int, list[str]]]) -> Batch:
    """Put rows that were read apart into their places in a batch."""
    if not lines:
        return batch
    more = of_rows([n for n, _ in lines], [cells for _, cells in lines], batch.cells)
    rows = np.concatenate([batch.rows, more.rows])
    order = np.argsort(rows)
    cells = {
        i: pa.concat_arrays([column.cast(pa.string()), more.cells[i]]).take(pa.array(order))
        for i, column in batch.cells.items()
    }
    return Batch(rows[order], cells)


def _encoding(path: Path, declared: str | None) -> tuple[str, list[str]]:
    """Return the encoding that is declared, marked or plain to see, else UTF-8 to be tried."""
    with path.open("rb") as file:
        start = file.read(4096)
    if not start.strip(b" \t\r\n\xef\xbb\xbf"):
        raise empty(path.name)
    if declared:
        return _declared(path, declared), []
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding, []
    # Text of two bytes a letter has a NUL in every other place.
    odd, even = start[1::2].count(0), start[0::2].count(0)
    for count, encoding in ((odd, "utf-16-le"), (even, "utf-16-be")):
        if count > len(start) * 0.4:
            return encoding, ["The file has no mark of its encoding and was read as UTF-16."]
    return "utf-8", []


def _declared(path: Path, declared: str) -> str:
    try:
        codec = codecs.lookup(declared).name
    except LookupError:
        raise refuse(
            path.name,
            "is declared to be in an encoding that is not known.",
            found=repr(declared),
            expected="utf-8, windows-1252, latin-1, utf-16, ...",
        ) from None
    return "utf-8-sig" if codec == "utf-8" else codec


def _other_encoding(
    path: Path, declared: str | None, notes: list[str]
) -> tuple[str, bool, list[str]]:
    """Find what a file is that is not in the encoding tried; a few bad bytes may stay bad."""
    if declared:
        raise refuse(
            path.name,
            "is not in the encoding declared.",
            found=repr(declared),
            do="take encoding out, or declare the one that the survey tool names",
        )
    if notes:
        raise _not_text(path.name, "NUL bytes")
    bad = good = 0
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    for chunk in _chunks(path):
        letters = decoder.decode(chunk)
        bad += len(_ESCAPED.findall(letters))
        good += len(re.findall("[^\x00-\x7f\udc80-\udcff]", letters))
    if good > bad:
        return (
            "utf-8-sig",
            True,
            [f"{plural(bad, 'byte')} of the file are not UTF-8, unlike the rest."],
        )
    if _decodes(path, "cp1252"):
        note = (
            'The file is not UTF-8 and was read as Windows-1252; encoding = "..." says otherwise.'
        )
        return "cp1252", False, [note]
    raise refuse(
        path.name,
        "is in an encoding that cannot be told.",
        expected="UTF-8, or encoding in cohort.toml",
        do='set encoding = "latin-1", or the encoding that the survey tool names',
    )


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _is_wide(encoding: str) -> bool:
    return encoding.startswith(("utf-16", "utf-32"))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _head(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        return file.read(1 << 20)


def _delimiter(declared: str | None, head: str, skip: int) -> tuple[str, list[str]]:
    if declared:
        return declared, []
    first = next((line for line in head.splitlines()[skip:] if line.strip()), "")
    counts = {mark: sum(part.count(mark) for part in first.split('"')[::2]) for mark in _SEPARATORS}
    best = max(counts, key=lambda mark: counts[mark])
    if not counts[best] or best == ",":
        return ",", []
    return best, [f"The cells were taken to be separated by {_SEPARATORS[best]}."]


def _records(file: str, lines: io.TextIOBase, delimiter: str) -> Iterator[list[str]]:
    """Read rows of cells; one with quotes that do not match, or NUL, is refused by its number."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    row = 0
    while True:
        row += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise _broken_quotes(file, row, problem) from None
        if any("\0" in cell for cell in cells):
            raise _not_text(file, f"NUL bytes in row {row:,}")
        yield cells


def _not_text(file: str, found: str) -> CohortError:
    return refuse(
        file,
        "is not a text file, or is damaged.",
        found=found,
        do="export it again, or name a file that ends as what it is: .xlsx, .sav, .dta, .parquet",
    )


def _damaged(file: str, problem: object) -> CohortError:
    return refuse(file, "is damaged.", found=str(problem).splitlines()[0], do="export it again")


def _broken_quotes(file: str, row: int, problem: csv.Error) -> CohortError:
    ends = "end of data" in str(problem)
    return refuse(
        file,
        "has a cell with quotes that do not match.",
        found="a quote that is never closed: the file may be cut off" if ends else str(problem),
        expected='"..." around a cell, and "" for a quote inside it',
        where=f"{file} row {row:,}, or the rows before it",
        do="export the file again",
    )


def read_text(path: Path) -> str:
    """Return the whole of a small text file, its encoding found as for answers."""
    encoding, notes = _encoding(path, None)
    if not _decodes(path, encoding):
        encoding, _, _ = _other_encoding(path, None, notes)
    return path.read_text(encoding=encoding, errors="replace").lstrip("\ufeff")
