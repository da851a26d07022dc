"""Excel workbooks of answers; a formula counts as the value that was saved with it."""

from __future__ import annotations

import itertools
import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from html import unescape
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa

from careersurvey.errors import CohortError, from_extra
from careersurvey.evidence.answers.headers import make_header
from careersurvey.evidence.answers.sheet import (
    BLANK_ROW,
    MERGED,
    Batch,
    Seen,
    Sheet,
    blank_rows,
    cell_text,
    empty,
    joined,
    locked,
    no_header,
    refuse,
    unreadable,
)
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.text import few, meant, plural

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_KIND = "an Excel workbook"
_ROWS = 1_024  # few enough to stay in the processor's memory while they are turned
_CHUNK = 1 << 16
# A formula without a saved value: what its cell says of itself, and the formula. One whose value
# is an empty text says t="str".
_UNSAVED = re.compile(
    rb"<(?:\w+:)?c((?: (?!t=\"str\")[^ >]+)*)>\s*"
    rb"<(?:\w+:)?f(?:[^>]*/>|[^>]*>([^<]*)</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v ?/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_PLACE = re.compile(rb'\br="([A-Z]+)(\d+)"')
_FORMULA, _PREFIXED = re.compile(rb"<f"), re.compile(rb":f")
_HIDDEN = re.compile(rb'row [^>]*\bhidden="1"')
Formulas = dict[int, list[tuple[int, str]]]  # by row: place of the column, and the formula
_LONGEST = 1 << 24  # bytes of a row
_MOST = 40_000_000  # cells from the first to the last, which the reader keeps all at once


def open_workbook(path: Path, settings: TableSettings) -> Sheet:
    """Open one sheet of a workbook: the one that is named, else the first that can be seen."""
    _require_open(path)
    book, title, why = _choose(path, settings.sheet)
    look = _look(path, title)
    try:
        found = book.get_sheet_by_name(title)
    except (OSError, ValueError) as problem:
        raise unreadable(path.name, _KIND, problem) from None
    rows = _Rows(path.name, found, look.formulas, settings)
    top = [[cell_text(cell) or "" for cell in line] for line in islice(rows.all(), rows.skip)]
    header = top[settings.skip_rows :]
    if not any(map(any, top)):
        raise _nothing_in(path.name, title, book.sheet_names)
    if not any(cell.strip() for row in header for cell in row):
        raise no_header(path.name, settings.skip_rows)
    sheet = rows.sheet = Sheet(make_header(header), header, rows.batches)
    sheet.chosen, sheet.notes = title, [*why, *look.notes()]
    return sheet


class _Rows:
    """How the rows of a sheet are read."""

    def __init__(
        self, file: str, found: CalamineSheet, formulas: Formulas, settings: TableSettings
    ) -> None:
        self.file, self.found, self.formulas, self.decimal = file, found, formulas, settings.decimal
        self.skip = settings.skip_rows + settings.header_rows
        self.sheet: Sheet | None = None
        # The reader leaves out the columns before the first that holds something.
        self.margin = [""] * (found.start or (0, 0))[1]
        self.last = max((column for row in formulas.values() for column, _ in row), default=-1)

    def all(self) -> Iterator[list[Any]]:
        """Read every row of the sheet; a formula without a value is its text."""
        try:
            if self.margin or self.formulas:
                yield from map(self._whole, itertools.count(1), self.found.iter_rows())
            else:
                yield from self.found.iter_rows()
        except Exception as problem:  # the reader passes on whatever its parser meets
            raise unreadable(self.file, _KIND, problem) from None

    def _whole(self, number: int, line: list[Any]) -> list[Any]:
        cells = [*self.margin, *line]
        cells += [""] * (self.last + 1 - len(cells))
        for column, text in self.formulas.get(number, ()):
            cells[column] = text
        return cells

    def batches(self, wanted: list[int], coded: Collection[int]) -> Iterator[Batch]:
        """Read the rows below the header, those in which something stands."""
        merged = [(top + 1, end + 1) for (top, _), (end, _) in self.found.merged_cell_ranges or ()]
        for top, end in sorted(merged):
            if end > top > self.skip:
                self.sheet.amiss.setdefault(MERGED, Seen()).add(range(top, end + 1))
        return joined(self._batches(wanted), self.decimal)

    def _batches(self, wanted: list[int]) -> Iterator[Batch]:
        rows, at = islice(self.all(), self.skip, None), self.skip + 1
        while lines := list(islice(rows, _ROWS)):
            numbers = np.arange(at, at + len(lines))
            at += len(lines)
            columns = list(zip(*lines, strict=True))
            batch = Batch(numbers, {i: self._column(columns[i]) for i in wanted})
            blank = blank_rows(batch)
            # Something may stand in a column that is not wanted.
            blank[blank] = [not any(map(_holds, lines[n])) for n in np.flatnonzero(blank)]
            self.sheet.aside(BLANK_ROW, numbers[blank])
            yield batch.where(~blank)

    def _column(self, cells: tuple) -> pa.Array:
        """Text where all is text, numbers where all are numbers, else what stands there as text."""
        kinds = set(map(type, cells))
        if kinds == {str}:
            return pa.array(cells, pa.string())
        if kinds <= {float, int}:
            return pa.array(cells, pa.float64())
        if kinds <= {float, int, str} and not any(one for one in cells if type(one) is str):
            return pa.array([None if type(one) is str else one for one in cells], pa.float64())
        return pa.array([cell_text(cell, self.decimal) for cell in cells], pa.string())


def _holds(cell: Any) -> bool:
    return bool(cell.strip()) if type(cell) is str else cell is not None


def _require_open(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(8)
        rest = file.read() if start.startswith(_OLD_OR_LOCKED) else b""
    if not start:
        raise empty(path.name)
    if _LOCKED in rest:
        raise locked(path.name, "an Excel workbook with a password")
    if rest:
        raise refuse(
            path.name,
            "is a workbook of the old kind (.xls).",
            do="open it in a spreadsheet and save it as .xlsx",
        )


def _choose(path: Path, wanted: str) -> tuple[CalamineWorkbook, str, list[str]]:
    """Return a workbook, the sheet that is named or the first that can be seen, and why that."""
    calamine = from_extra("python_calamine", "excel", "Reading an Excel workbook")
    try:
        book = calamine.load_workbook(path)
    except (OSError, ValueError, calamine.CalamineError) as problem:
        raise unreadable(path.name, _KIND, problem) from None
    sheets = [one for one in book.sheets_metadata if one.typ == calamine.SheetTypeEnum.WorkSheet]
    titles = [one.name for one in sheets]
    seen = [one.name for one in sheets if one.visible == calamine.SheetVisibleEnum.Visible]
    if wanted and wanted not in titles:
        what, known = f"has no sheet {wanted!r}.", meant(wanted, titles)
        raise refuse(path.name, what, expected=known, do="correct sheet")
    if not titles:
        raise empty(path.name)
    chosen = wanted or (seen or titles)[0]
    return book, chosen, _why(chosen, wanted, titles, seen)


def _nothing_in(file: str, title: str, titles: list[str]) -> CohortError:
    others = [repr(each) for each in titles if each != title]
    if not others:
        return empty(file)
    what, known = f"has nothing in its sheet {title!r}.", f"one of {few(others)}"
    return refuse(file, what, expected=known, do="name the sheet of the answers: sheet")


def _why(chosen: str, wanted: str, titles: list[str], seen: list[str]) -> list[str]:
    if wanted or len(titles) < 2:
        return []
    hidden = [title for title in titles if title not in seen]
    which = f"The first of {len(titles)} sheets that can be seen was read, {chosen!r}"
    return [which + (f"; hidden: {', '.join(map(repr, hidden))}." if hidden else ".")]


@dataclass
class _Look:
    """What the text of a sheet says that its reader does not."""

    errors: int = 0
    hidden: int = 0
    formulas: Formulas = field(default_factory=dict)  # without a saved value
    columns: set[bytes] = field(default_factory=set)  # in which the last cells of rows stand
    last: bytes = b"A1"  # place of the last cell of all, and what follows it

    def notes(self) -> list[str]:
        """Say what was taken for granted."""
        count = sum(map(len, self.formulas.values()))
        told = {
            f"{plural(count, 'formula')} without a saved value read as text.": count,
            f"{plural(self.errors, 'error cell')} such as #N/A counted as blank.": self.errors,
            f"{plural(self.hidden, 'hidden row')} read like the others.": self.hidden,
        }
        return [note for note, n in told.items() if n]


def _look(path: Path, title: str) -> _Look:
    """Look through the text of a sheet; one whose cells lie too far apart is refused."""
    look = _Look()
    try:
        with zipfile.ZipFile(path) as package, package.open(_part(package, title)) as part:
            for rows in _whole_rows(part):
                look.errors += rows.count(b't="e"')
                look.hidden += len(_HIDDEN.findall(rows))
                _measure(look, rows)
                if (_PREFIXED if rows.endswith(b":row>") else _FORMULA).search(rows):
                    _seek_formulas(path.name, look, rows)
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, NotImplementedError) as problem:
        raise unreadable(path.name, _KIND, problem) from None
    height = int(re.search(rb"\d+", look.last)[0])
    letters = [column.rstrip(b'"0123456789') for column in look.columns]
    width, column = max(((_position(one) + 1, one.decode()) for one in letters), default=(1, "A"))
    if height * width > _MOST:
        raise refuse(
            path.name,
            f"has a sheet {title!r} with cells too far apart to be read.",
            found=f"{height:,} rows, and a cell in column {column}",
            expected=f"at most {_MOST:,} cells from the first to the last",
            do="delete the rows and columns beyond the answers, or save the answers alone as .csv",
        )
    return look


def _seek_formulas(file: str, look: _Look, rows: bytes) -> None:
    """Keep each formula without a saved value, by its row."""
    for attributes, formula in _UNSAVED.findall(rows):
        text, place = "=" + unescape(formula.decode("utf-8", "replace")), _PLACE.search(attributes)
        if place is None:
            what, do = "has formulas without a saved value.", "open it in a spreadsheet and save it"
            raise refuse(file, what, found=text, do=do)
        look.formulas.setdefault(int(place[2]), []).append((_position(place[1]), text))


def _measure(look: _Look, rows: bytes) -> None:
    """Keep how far the cells with something in them reach."""
    for row in rows.split(b"row>"):
        end = row.rfind(b"c>")
        start = row.rfind(b'c r="', 0, end) if end > 0 else -1
        if start > 0:
            look.last = row[start + 5 : start + 16]
            look.columns.add(look.last[:3])


def _whole_rows(part: IO[bytes]) -> Iterator[bytes]:
    """Read the text of a sheet in parts that end with a row."""
    rest = b""
    while chunk := part.read(_CHUNK):
        rows, end, rest = (rest + chunk).rpartition(b"row>")
        if len(rest) > _LONGEST:
            raise zipfile.BadZipFile(f"a row of more than {_LONGEST:,} bytes")
        yield rows + end
    yield rest


def _part(package: zipfile.ZipFile, title: str) -> str:
    """Return the name of the part of a workbook in which a sheet is kept."""
    book = ElementTree.fromstring(package.read("xl/workbook.xml"))
    # The names of elements differ by the edition of the standard; what follows them does not.
    sheets = [one.attrib for one in book.iterfind(".//{*}sheet")]
    ids = {each["name"]: each[key] for each in sheets for key in each if key.endswith("}id")}
    links = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id"): one.get("Target", "") for one in links}
    target = targets[ids[title]]
    return target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)


def _position(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
