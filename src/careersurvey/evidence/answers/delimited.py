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

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SEP_LINE = re.compile(r"\ufeff?sep=(.)\r?\n")  # a line that some tools write for spreadsheets
_LONE_RETURN = re.compile(rb"\r(?!\n|\Z)")
_CHUNK = 1 << 24
_BLOCK = 8 << 20
_ROWS = 50_000
_CUT = "The file does not end with a line break: look whether its last row is whole."
_ESCAPED = re.compile("[\udc80-\udcff]")
# A cell may hold a long free text; Python's own limit is 131,072 characters.
csv.field_size_limit(1 << 30)


def open_delimited(path: Path, settings: TableSettings) -> Sheet:
    """Open a text file of answers: Arrow reads it, or Python what Arrow would mistake."""
    encoding, bad_bytes, notes = _encoding(path, settings.encoding)
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        head = file.read(1 << 20)
    marked = _SEP_LINE.match(head)
    skip = settings.skip_rows + bool(marked)
    delimiter, told = _delimiter(settings.delimiter or (marked[1] if marked else ""), head, skip)
    first = skip + settings.header_rows
    top = list(islice(_records(path.name, io.StringIO(head, newline=""), delimiter), first))
    rows = [[cell.lstrip("\ufeff") for cell in row] for row in top[skip:]]
    if not any(cell.strip() for row in rows for cell in row):
        raise no_header(path.name, settings.skip_rows)
    plain, blank_rows, ends_whole = _look(path, delimiter)
    file = _File(
        path,
        encoding,
        delimiter,
        skip=first,
        width=max(map(len, rows)),
        fill=settings.short_rows == "fill",
        bad_bytes=bad_bytes,
        blank_rows=blank_rows,
        plain=plain and not bad_bytes,
    )
    file.sheet = Sheet(make_header(rows), rows, file.batches)
    file.sheet.notes = [*notes, *told, *([] if ends_whole else [_CUT])]
    return file.sheet


def _look(path: Path, delimiter: str) -> tuple[bool, bool, bool]:
    """Return whether Arrow reads a file rightly, whether rows may be blank, whether the last ends.

    Arrow mistakes quotes that do not stand in pairs beside marks, NUL, and lone returns.
    """
    mark = re.escape(delimiter.encode())
    blank = re.compile(rb'\n[ \t"' + mark + rb"]*\r?\n")
    marks = np.isin(np.arange(256), list(f'{delimiter}\r\n"'.encode()[:4]))
    plain, blank_rows, quotes, last = True, False, 0, b""
    for last in _chunks(path):
        lines = b"\n" + last
        plain = plain and b"\0" not in last and not (b"\r" in last and _LONE_RETURN.search(last))
        blank_rows = blank_rows or bool(blank.search(lines))
        if plain and b'"' in last:
            data = np.frombuffer(lines + b"\n", np.uint8)
            at = np.flatnonzero(data == ord('"'))
            odd = quotes % 2
            before, after = marks[data[at[odd::2] - 1]], marks[data[at[1 - odd :: 2] + 1]]
            plain, quotes = bool(before.all() and after.all()), quotes + len(at)
    end = last.rstrip(b"\0")
    return plain and not quotes % 2, blank_rows, not end or end.endswith((b"\n", b"\r"))


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
                blank = np.all([is_blank(column) for column in batch.cells.values()], axis=0)
                self.sheet.aside(BLANK_ROW, rows[blank])
                batch = batch.where(~blank)
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
                    found = str(problem).splitlines()[0]
                    do = "export it again"
                    raise refuse(self.path.name, "is damaged.", found=found, do=do) from None
                # A row that is larger than a block: go on from it in larger ones.
                size *= 8

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
            self.sheet.aside(reason, [number])
        return not reason

    def _fitted(self, cells: list[str]) -> list[str]:
        return [*cells[: self.width], *[""] * (self.width - len(cells))]

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


def _encoding(path: Path, declared: str | None) -> tuple[str, bool, list[str]]:
    """Return the encoding of a file, whether some bytes are none of it, and what was assumed."""
    encoding, notes = _told_encoding(path, declared)
    if _decodes(path, encoding):
        return encoding, False, notes
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
        note = f"{plural(bad, 'byte')} of the file are not UTF-8, unlike the rest."
        return "utf-8-sig", True, [note]
    if _decodes(path, "cp1252"):
        note = "The file is not UTF-8 and was read as Windows-1252; "
        return "cp1252", False, [note + 'encoding = "..." says otherwise.']
    raise refuse(
        path.name,
        "is in an encoding that cannot be told.",
        expected="UTF-8, or encoding in cohort.toml",
        do='set encoding = "latin-1", or the encoding that the survey tool names',
    )


def _told_encoding(path: Path, declared: str | None) -> tuple[str, list[str]]:
    """Return the encoding that is declared, marked or plain to see, else UTF-8 to be tried."""
    with path.open("rb") as file:
        start = file.read(4096)
    if not start.strip(b" \t\r\n\xef\xbb\xbf"):
        raise empty(path.name)
    if declared:
        return _declared(path, declared), []
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding, []
    # Text of two bytes a letter has a NUL in every other place.
    for zeros, encoding in ((start[1::2], "utf-16-le"), (start[::2], "utf-16-be")):
        if zeros.count(0) > len(start) * 0.4:
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


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(path):
            if not chunk.isascii() or decoder.getstate()[0]:
                decoder.decode(chunk)
    except UnicodeError:
        return False
    return True


def _chunks(path: Path) -> Iterator[bytes]:
    """Read a file in parts that end with a line."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk + file.readline()


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
    encoding, _, _ = _encoding(path, None)
    return path.read_text(encoding=encoding, errors="replace").lstrip("\ufeff")
