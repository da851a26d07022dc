"""Text files of answers: their encoding, their separator, and rows that are not whole."""

from __future__ import annotations

import codecs
import csv
import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.sheet import (
    BLANK_ROW,
    LONG_ROW,
    NOT_TEXT,
    SHORT_ROW,
    Batch,
    Sheet,
    empty,
    in_columns,
    joined,
    make_header,
    require_header,
    texts,
)
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.text import so_many

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
#: A line that some tools write for spreadsheets.
_SEP_LINE = re.compile(r'\ufeff?"?sep=(.)"?\r?\n?', re.IGNORECASE)
_LONE_RETURN = re.compile(rb"\r(?!\n|\Z)")
_LOOKED_AT = 12  # lines, to tell what separates cells
_CHUNK = 1 << 24
_BLOCK = 8 << 20
_CUT = "The file does not end with a line break: look whether its last row is whole."
_ESCAPED = re.compile("[\udc80-\udcff]")
_BEYOND_IN_WORDS = re.compile("([a-zA-Z]?)([^\x00-\x7f]+)(?=([a-zA-Z]?))")
_BEYOND_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")
# A cell may hold a long free text; Python's own limit is 131,072 characters.
csv.field_size_limit(1 << 30)


def read_rows(path: Path) -> Iterator[list[str]]:
    """Read the rows of a small text file, its encoding and its separator found as for answers."""
    encoding, _, _ = _encoding(path, None)
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        lines = (line for line in file if line.strip())
        delimiter, _ = _delimiter("", [*islice(lines, _LOOKED_AT)])
        file.seek(0)
        yield from _records(path.name, file, delimiter)


class Delimited(Sheet):
    """A text file of answers: Arrow reads it, and Python what Arrow would mistake."""

    def __init__(self, path: Path, settings: TableSettings) -> None:
        self.path, self.fill = path, settings.short_rows == "fill"
        self.encoding, self.bad_bytes, notes = _encoding(path, settings.encoding)
        with self._open("replace") as file:
            marked = _SEP_LINE.fullmatch(file.readline())
            above = settings.skip_rows + bool(marked)
            declared = settings.delimiter or (marked[1] if marked else "")
            file.seek(0)
            lines = (line for line in islice(file, above, None) if line.strip())
            self.delimiter, told = _delimiter(declared, [*islice(lines, _LOOKED_AT)])
            file.seek(0)
            self.skip = above + settings.header_rows
            top = list(islice(_records(path.name, file, self.delimiter), self.skip))
        rows = [[cell.lstrip("\ufeff") for cell in row] for row in top[above:]]
        require_header(path.name, rows, settings.skip_rows)
        self.is_plain, ends_whole = _look(path, self.delimiter)
        notes += [*told, *([] if ends_whole else [_CUT])]
        super().__init__(make_header(rows), rows, notes=notes)
        self.width = len(self.header.names)

    def _open(self, errors: str) -> TextIO:
        return self.path.open(encoding=self.encoding, newline="", errors=errors)

    def read(self, wanted: list[int], coded: Collection[int]) -> Iterator[Batch]:
        """Read by Arrow, and from the first block with a row that is not whole on by Python."""
        at = self.skip + 1
        if self.is_plain and not self.bad_bytes:
            try:
                for block in self._blocks(wanted, coded):
                    if _has_blank_row(block):
                        break
                    cells = dict(zip(wanted, block.columns, strict=True))
                    yield Batch(np.arange(at, at + len(block)), cells)
                    at += len(block)
                else:
                    return
            except pa.ArrowInvalid:
                pass
        with self._open("surrogateescape" if self.bad_bytes else "strict") as file:
            rows = islice(_records(self.path.name, file, self.delimiter), at - 1, None)
            yield from joined(in_columns(rows, at, wanted, pa.array, self._fits))

    def _blocks(self, wanted: list[int], coded: Collection[int]) -> Iterable[pa.RecordBatch]:
        names = [f"c{i}" for i in range(self.width)]
        few = pa.dictionary(pa.int32(), pa.string())
        types = {names[i]: few if i in coded else pa.string() for i in wanted}
        return arrow.open_csv(
            self.path,
            arrow.ReadOptions(
                use_threads=False,
                block_size=_BLOCK,
                column_names=names,
                skip_rows_after_names=self.skip,
                encoding=self.encoding.removesuffix("-sig"),
            ),
            arrow.ParseOptions(
                delimiter=self.delimiter, newlines_in_values=True, ignore_empty_lines=False
            ),
            arrow.ConvertOptions(
                column_types=types, include_columns=list(types), strings_can_be_null=False
            ),
        )

    def _fits(self, number: int, cells: list[str]) -> bool:
        """Make a row as wide as the header, as far as declared; else it is set aside."""
        width, reason = self.width, ""
        if not any(map(str.strip, cells)):
            reason = BLANK_ROW
        elif len(cells) < width and not self.fill:
            reason = SHORT_ROW
        elif len(cells) > width and any(map(str.strip, cells[width:])):
            reason = LONG_ROW
        if reason:
            self.set_aside[reason].add([number])
            return False
        if len(cells) != width:
            cells[:] = [*cells[:width], *[""] * (width - len(cells))]
        if self.bad_bytes and any(map(_ESCAPED.search, cells)):
            self.amiss[NOT_TEXT].add([number])
            cells[:] = [_ESCAPED.sub("\ufffd", cell) for cell in cells]
        return True


def _has_blank_row(block: pa.RecordBatch) -> bool:
    """Return whether a row holds nothing but blanks; columns of few different cells come first."""
    blank = np.ones(len(block), bool)
    for column in sorted(block.columns, key=lambda one: not pa.types.is_dictionary(one.type)):
        if not blank.any():
            break
        coded = texts(column)
        of_cell = pc.equal(pc.utf8_trim_whitespace(coded.dictionary), "")
        blank &= of_cell.to_numpy(zero_copy_only=False)[coded.indices.to_numpy()]
    return bool(blank.any())


def _look(path: Path, delimiter: str) -> tuple[bool, bool]:
    """Return whether Arrow reads its quotes, NUL and returns rightly; if it ends with a line."""
    marks = np.isin(np.arange(256), list(f'{delimiter}\r\n"'.encode()))
    plain, quotes, last = delimiter.isascii(), 0, b""
    for last in _chunks(path):
        plain = plain and b"\0" not in last and not (b"\r" in last and _LONE_RETURN.search(last))
        if plain and b'"' in last:
            data = np.frombuffer(b"\n" + last + b"\n", np.uint8)
            at = np.flatnonzero(data == ord('"'))
            odd = quotes % 2
            before, after = marks[data[at[odd::2] - 1]], marks[data[at[1 - odd :: 2] + 1]]
            plain, quotes = bool(before.all() and after.all()), quotes + len(at)
    return plain and not quotes % 2, last.rstrip(b"\0").endswith((b"\n", b"\r"))


def _encoding(path: Path, declared: str | None) -> tuple[str, bool, list[str]]:
    """Return a file's encoding, whether some bytes are none of its letters, and what was taken."""
    with path.open("rb") as file:
        start = file.read(4096)
    if not start.strip(b" \t\r\n\xef\xbb\xbf"):
        raise empty(path.name)
    marked = (encoding for mark, encoding in _MARKS.items() if start.startswith(mark))
    encoding = declared or next(marked, "utf-8")
    bad, good = _letters(path, encoding)
    if not bad:
        # Under this name the mark of UTF-8 is left out.
        name = codecs.lookup(encoding).name
        return "utf-8-sig" if name == "utf-8" else name, False, []
    if declared:
        what = f"{path.name} is not in the encoding declared."
        do = "take encoding out, or declare the one that the survey tool names"
        raise CohortError(what, found=repr(declared), do=do)
    if not encoding.startswith("utf-8"):
        found = f"the mark of {encoding.upper()}, and bytes that are none of its letters"
        raise _not_text(path.name, found)
    if good >= bad:
        note = f"{so_many(bad, 'byte')} of the file are not UTF-8, unlike the rest."
        return "utf-8-sig", True, [note]
    if not _letters(path, "cp1252")[0] and _is_western(path):
        note = (
            "The file is not UTF-8 and was read as Windows-1252; where letters are wrong, say "
            'encoding = "cp1250", "mac-roman" or the like, or new --encoding cp1250.'
        )
        return "cp1252", False, [note]
    if b"\0" in start:
        raise _not_text(path.name, "NUL bytes")
    raise CohortError(
        f"{path.name} is in an encoding that cannot be told.",
        expected="UTF-8, or an encoding that is declared",
        do='export it as UTF-8, or say what the survey tool names: encoding = "cp1251" in '
        "cohort.toml, or new --encoding cp1251",
    )


def _letters(path: Path, encoding: str) -> tuple[int, int]:
    """Count the bytes that are no letters of an encoding, and the letters beyond ASCII."""
    bad = good = 0
    plain = b"aa".decode(encoding, "ignore") == "aa"  # not of UTF-16
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    try:
        for chunk in itertools.chain(_chunks(path), [b""]):
            if plain and chunk and chunk.isascii() and not decoder.getstate()[0]:
                continue
            letters = decoder.decode(chunk, final=not chunk)
            bad += len(_ESCAPED.findall(letters))
            good += len(_BEYOND_ASCII.findall(letters))
    except UnicodeError:  # of an encoding in which no single byte can be told to be bad
        return 1, 0
    return bad, good


def _is_western(path: Path) -> bool:
    """Return whether most letters beyond ASCII stand in words with others, or alone."""
    texts = (chunk.decode("cp1252") for chunk in _chunks(path))
    runs = (run for text in texts for run in _BEYOND_IN_WORDS.finditer(text))
    found = {run[2]: bool(run[1] or run[3] or len(run[2]) == 1) for run in runs}
    return 2 * sum(found.values()) >= len(found)


def _chunks(path: Path) -> Iterator[bytes]:
    """Read a file in parts that end with a line."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk + file.readline()


def _delimiter(declared: str, lines: list[str]) -> tuple[str, list[str]]:
    """Return what separates cells: as declared, else what makes most rows equally wide."""
    told = {mark: [line.replace(f"{mark} ", "") for line in lines] for mark in SEPARATORS}
    marked = [i for i in range(len(lines)) if any(mark in told[mark][i] for mark in told)]
    fits = {}
    for mark in told if marked else ():
        widths = [*map(len, csv.reader(told[mark][marked[0] :], delimiter=mark))]
        fits[mark] = (widths[0] > 1) * widths.count(widths[0]), widths[0]
    best = declared or max(fits, key=fits.__getitem__, default=",")
    if declared or best == ",":
        return best, []
    return best, [f"The cells were taken to be separated by {SEPARATORS[best]}."]


def _records(file: str, lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Read rows of cells; one with quotes that do not match, or NUL, is refused by its number."""
    row = 0
    try:
        for row, cells in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), 1):
            if "\0" in "".join(cells):
                raise _not_text(file, f"NUL bytes in row {row:,}")
            yield cells
    except csv.Error as problem:
        raise CohortError(
            f"{file} has a cell with quotes that do not match.",
            found=str(problem),
            expected='"..." around a cell, and "" for a quote inside it',
            where=f"{file} row {row + 1:,}, or the rows before it",
            do="export the file again, it may be cut off",
        ) from None


def _not_text(file: str, found: str) -> CohortError:
    return CohortError(
        f"{file} is not a text file, or is damaged.",
        found=found,
        do="export it as UTF-8, or name a file that ends as what it is: .xlsx, .sav, .dta, "
        '.parquet; text of two bytes a letter needs encoding = "utf-16-le" or "utf-16-be", '
        "or new --encoding utf-16-le",
    )
