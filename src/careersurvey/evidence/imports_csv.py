"""Text files of answers: their encoding, their separator, and rows that are not whole."""

from __future__ import annotations

import codecs
import csv
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from careersurvey.errors import CohortError
from careersurvey.evidence.imports_headers import Header, make_header
from careersurvey.evidence.imports_refusals import empty, no_header, not_text
from careersurvey.evidence.imports_settings import TableSettings
from careersurvey.evidence.imports_source import Cells, Source, keep_rows
from careersurvey.evidence.imports_store import is_pattern, literal

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_CHUNK = 1 << 24
# A cell may hold a long free text; Python's own limit is 131,072 characters.
csv.field_size_limit(1 << 30)


def read_csv(settings: TableSettings, careful: bool = False) -> Source:
    """Open a text file of answers.

    A plain file is left to DuckDB, which refuses rows of unequal length when they are read. One
    with blank lines, or to be read carefully, is read row by row, so that each row is kept or
    set aside by its number.

    Raises
    ------
    CohortError
        If the file is empty, damaged or in an encoding that cannot be told.
    """
    encoding, notes = find_encoding(settings)
    head = _head(settings, encoding)
    delimiter, more = _find_delimiter(settings, head)
    count = settings.skip_rows + settings.header_rows
    records = _records(settings, io.StringIO(head, newline=""), delimiter)
    top = [cells for _, cells in zip(range(count), records, strict=False)]
    names = top[settings.skip_rows :]
    if not any(cell.strip() for row in names for cell in row):
        raise no_header(settings)
    header = make_header(names)
    notes = (*notes, *more, *_last_row(settings))
    if not careful and not is_pattern(settings.path):
        path, scratch = _in_utf8(settings.path, encoding)
        if _is_plain(path, delimiter):
            scan = _plain_scan(path, len(header.names), count, delimiter)
            return Source(scan, header, first_row=count + 1, notes=notes, scratch=scratch)
        if scratch:
            scratch.cleanup()
    return _row_by_row(settings, header, encoding, delimiter, notes)


def _last_row(settings: TableSettings) -> tuple[str, ...]:
    with settings.path.open("rb") as file:
        file.seek(-min(4, settings.path.stat().st_size), io.SEEK_END)
        whole = file.read().rstrip(b"\0").endswith((b"\n", b"\r"))
    told = "The file does not end with a line break: look whether its last row is whole."
    return () if whole else (told,)


def find_top(settings: TableSettings) -> tuple[int, int]:
    """Return how many rows seem to stand above the header, and how many rows it has.

    A row with one cell above rows with many is a title. A row with gaps under which names stand,
    as merged cells are written, and the row of import ids that Qualtrics adds, belong to the
    header. It is a proposal for a person to look at.
    """
    encoding, _ = find_encoding(settings)
    head = _head(settings, encoding)
    delimiter, _ = _find_delimiter(settings, head)
    records = _records(settings, io.StringIO(head, newline=""), delimiter)
    top = [[cell.strip() for cell in cells] for _, cells in zip(range(8), records, strict=False)]
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


def find_encoding(settings: TableSettings) -> tuple[str, tuple[str, ...]]:
    """Return the encoding of a text file, and a note where it was not declared or marked.

    Raises
    ------
    CohortError
        If the file is empty, is not text, or its bytes do not fit the encoding.
    """
    with settings.path.open("rb") as file:
        start = file.read(4096)
    if not start.strip(b" \t\r\n\xef\xbb\xbf"):
        raise empty(settings)
    if settings.encoding:
        return _declared(settings), ()
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding, ()
    if b"\0" in start:
        return _two_bytes(settings, start)
    if _decodes(settings.path, "utf-8"):
        return "utf-8", ()
    if _decodes(settings.path, "cp1252"):
        note = (
            'The file is not UTF-8 and was read as Windows-1252; encoding = "..." says otherwise.'
        )
        return "cp1252", (note,)
    raise CohortError(
        f"{settings.cohort}: the encoding of {settings.path.name} cannot be told.",
        expected="UTF-8, or encoding in cohort.toml",
        where=settings.place,
        do='set encoding = "latin-1", or the encoding that the survey tool names',
    )


def _declared(settings: TableSettings) -> str:
    try:
        codec = codecs.lookup(settings.encoding).name
    except LookupError:
        raise CohortError(
            f"{settings.cohort}: the encoding of table {settings.name} is not known.",
            found=repr(settings.encoding),
            expected="utf-8, windows-1252, latin-1, utf-16, ...",
            where=settings.place,
        ) from None
    if not _decodes(settings.path, codec):
        raise CohortError(
            f"{settings.cohort}: {settings.path.name} is not in the encoding declared.",
            found=repr(settings.encoding),
            where=settings.place,
            do="take encoding out, or declare the one that the survey tool names",
        )
    return "utf-8-sig" if codec == "utf-8" else codec


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _two_bytes(settings: TableSettings, start: bytes) -> tuple[str, tuple[str, ...]]:
    odd, even = start[1::2].count(0), start[0::2].count(0)
    for share, encoding in ((odd, "utf-16-le"), (even, "utf-16-be")):
        if share > len(start) * 0.4 and _decodes(settings.path, encoding):
            return encoding, ("The file has no mark of its encoding and was read as UTF-16.",)
    raise not_text(settings, "NUL bytes")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _head(settings: TableSettings, encoding: str) -> str:
    with settings.path.open(encoding=encoding, newline="") as file:
        return file.read(1 << 20)


def _find_delimiter(settings: TableSettings, head: str) -> tuple[str, tuple[str, ...]]:
    if settings.delimiter:
        if len(settings.delimiter) != 1:
            raise CohortError(
                f"{settings.cohort}: a delimiter is one character.",
                found=repr(settings.delimiter),
                expected=r'";" or "," or "\t"',
                where=settings.place,
            )
        return settings.delimiter, ()
    lines = head.splitlines()[settings.skip_rows :]
    first = next((line for line in lines if line.strip()), "")
    counts = {mark: _outside_quotes(first, mark) for mark in _SEPARATORS}
    best = max(counts, key=lambda mark: counts[mark])
    if not counts[best] or best == ",":
        return ",", ()
    return best, (f"The cells were taken to be separated by {_SEPARATORS[best]}.",)


def _outside_quotes(line: str, mark: str) -> int:
    return sum(part.count(mark) for part in line.split('"')[::2])


def _is_plain(path: Path, delimiter: str) -> bool:
    blank_row = re.compile(rb'\n[ \t\r"' + re.escape(delimiter.encode()) + rb"]*\n")
    last = b"\n"
    for chunk in _chunks(path):
        text = last + chunk
        if b"\0" in text or blank_row.search(text):
            return False
        last = text[text.rfind(b"\n") :]
    # The last row need not end in a line break.
    return not blank_row.search(last + b"\n") or last == b"\n"


def _in_utf8(path: Path, encoding: str) -> tuple[Path, TemporaryDirectory | None]:
    if encoding in ("utf-8", "utf-8-sig"):
        return path, None
    scratch = TemporaryDirectory(prefix="careersurvey-")
    copy = Path(scratch.name) / "answers.csv"
    with (
        path.open(encoding=encoding, newline="") as source,
        copy.open("w", encoding="utf-8", newline="") as target,
    ):
        shutil.copyfileobj(source, target, _CHUNK)
    return copy, scratch


def _plain_scan(path: Path, width: int, skip: int, delimiter: str) -> str:
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    return (
        f"read_csv({literal(str(path))}, columns = {{{columns}}}, header = false, "
        f"skip = {skip}, delim = {literal(delimiter)}, quote = '\"', escape = '\"', "
        "auto_detect = false, null_padding = false, strict_mode = true)"
    )


def _row_by_row(
    settings: TableSettings,
    header: Header,
    encoding: str,
    delimiter: str,
    notes: tuple[str, ...],
) -> Source:
    count = settings.skip_rows + settings.header_rows
    with settings.path.open(encoding=encoding, newline="") as file:
        records = _records(settings, file, delimiter)
        rows = ((number, cells) for number, cells in enumerate(records, 1) if number > count)
        table, aside = keep_rows(rows, len(header.names), settings.short_rows == "fill")
    return Source(table, header, "row__", count + 1, aside, notes=notes)


def _records(settings: TableSettings, lines: io.TextIOBase, delimiter: str) -> Iterator[Cells]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    row = 0
    while True:
        row += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise _broken_quotes(settings, row, problem) from None
        if any("\0" in cell for cell in cells):
            raise not_text(settings, f"NUL bytes in row {row:,}")
        yield cells


def _broken_quotes(settings: TableSettings, row: int, problem: csv.Error) -> CohortError:
    ends = "end of data" in str(problem)
    return CohortError(
        f"{settings.cohort}: a cell of {settings.path.name} has quotes that do not match.",
        found="a quote that is never closed: the file may be cut off" if ends else str(problem),
        expected='"..." around a cell, and "" for a quote inside it',
        where=f"{settings.path.name} row {row:,}, or the rows before it",
        do="export the file again",
    )
