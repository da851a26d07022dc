"""Excel workbooks of answers; a formula counts as the value that was saved with it."""

from __future__ import annotations

import itertools
import re
import zipfile
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa

from careersurvey.errors import from_extra
from careersurvey.evidence.answers.headers import make_header
from careersurvey.evidence.answers.sheet import (
    BLANK_ROW,
    Batch,
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
from careersurvey.evidence.text import meant, plural

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_KIND = "an Excel workbook"
_ROWS = 1_024  # few enough to stay in the processor's memory while they are turned
_CHUNK = 1 << 16
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# A formula without a saved value: what its cell says of itself, and the formula. One whose value
# is an empty text says t="str".
_UNSAVED = re.compile(
    rb"<(?:\w+:)?c ((?:(?!t=\"str\")[^>])*)>\s*"
    rb"<(?:\w+:)?f(?:[^>]*/>|[^>]*>([^<]*)</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v ?/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_PLACE = re.compile(rb'\br="([A-Z]+)(\d+)"')
_FORMULAS = (
    re.compile(rb"<f"),
    re.compile(rb":f"),
)  # one after the other is faster than both at once


def open_workbook(path: Path, settings: TableSettings) -> Sheet:
    """Open one sheet of a workbook: the one that is named, else the first that can be seen."""
    _require_open(path)
    found, why = _choose(path, settings.sheet)
    errors, formulas = _look(path, found.name)
    book = _Rows(path.name, found, formulas, settings.decimal)
    first = settings.skip_rows + settings.header_rows
    top = [[cell_text(cell) or "" for cell in line] for line in islice(book.rows(), first)]
    rows = top[settings.skip_rows :]
    if not any(cell.strip() for row in rows for cell in row):
        raise (
            empty(path.name) if not any(map(any, top)) else no_header(path.name, settings.skip_rows)
        )
    book.skip = first
    sheet = book.sheet = Sheet(make_header(rows), rows, book.batches)
    sheet.chosen, sheet.notes = found.name, why
    if formulas:
        count = plural(sum(map(len, formulas.values())), "formula")
        sheet.notes.append(f"{count} without a saved value stand as text.")
    if errors:
        sheet.notes.append(f"{plural(errors, 'error cell')} such as #N/A counted as blank.")
    return sheet


class _Rows:
    """How the rows of a sheet are read."""

    def __init__(self, file: str, found: CalamineSheet, formulas: dict, decimal: str) -> None:
        self.file, self.found, self.formulas, self.decimal = file, found, formulas, decimal
        self.skip = 0
        self.sheet: Sheet | None = None
        # The reader leaves out the columns before the first that holds something.
        self.margin = [""] * (found.start or (0, 0))[1]
        self.last = max((column for row in formulas.values() for column, _ in row), default=-1)

    def rows(self) -> Iterator[list[Any]]:
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
        return joined(self._batches(wanted), self.decimal)

    def _batches(self, wanted: list[int]) -> Iterator[Batch]:
        rows, at = islice(self.rows(), self.skip, None), self.skip + 1
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
        if kinds <= {float, int, str} and all(type(cell) is not str or not cell for cell in cells):
            return pa.array([None if type(cell) is str else cell for cell in cells], pa.float64())
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


def _choose(path: Path, wanted: str) -> tuple[CalamineSheet, list[str]]:
    """Return the sheet that is named or the first that can be seen, and why that one."""
    calamine = from_extra("python_calamine", "excel", "Reading an Excel workbook")
    try:
        book = calamine.load_workbook(path)
        sheets = [
            one for one in book.sheets_metadata if one.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        titles = [one.name for one in sheets]
        seen = [one.name for one in sheets if one.visible == calamine.SheetVisibleEnum.Visible]
        if wanted and wanted not in titles:
            raise refuse(
                path.name,
                f"has no sheet {wanted!r}.",
                expected=meant(wanted, titles),
                do="correct sheet",
            )
        if not titles:
            raise empty(path.name)
        chosen = wanted or (seen or titles)[0]
        return book.get_sheet_by_name(chosen), _why(chosen, wanted, titles, seen)
    except (OSError, ValueError, calamine.CalamineError) as problem:
        raise unreadable(path.name, _KIND, problem) from None


def _why(chosen: str, wanted: str, titles: list[str], seen: list[str]) -> list[str]:
    if wanted or len(titles) < 2:
        return []
    hidden = [title for title in titles if title not in seen]
    which = f"The first of {len(titles)} sheets that can be seen was read, {chosen!r}"
    return [which + (f"; hidden: {', '.join(map(repr, hidden))}." if hidden else ".")]


def _look(path: Path, title: str) -> tuple[int, dict[int, list[tuple[int, str]]]]:
    """Count error cells, and find the formulas without a saved value, by row."""
    formulas: dict[int, list[tuple[int, str]]] = {}
    errors = 0
    try:
        with zipfile.ZipFile(path) as package, package.open(_part(package, title)) as part:
            for rows in _whole_rows(part):
                errors += rows.count(b't="e"')
                some = any(each.search(rows) for each in _FORMULAS)
                found = _UNSAVED.findall(rows) if some else ()
                for attributes, formula in found:
                    letters, row = _PLACE.search(attributes).groups()
                    cell = (_position(letters), "=" + formula.decode("utf-8", "replace"))
                    formulas.setdefault(int(row), []).append(cell)
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, NotImplementedError) as problem:
        raise unreadable(path.name, _KIND, problem) from None
    return errors, formulas


def _whole_rows(part: IO[bytes]) -> Iterator[bytes]:
    """Read the text of a sheet in parts that end with a row."""
    rest = b""
    while chunk := part.read(_CHUNK):
        rows, end, rest = (rest + chunk).rpartition(b"row>")
        yield rows + end
    yield rest


def _part(package: zipfile.ZipFile, title: str) -> str:
    """Return the name of the part of a workbook in which a sheet is kept."""
    book = ElementTree.fromstring(package.read("xl/workbook.xml"))
    ids = {one.get("name"): one.get(_REL) for one in book.iter(f"{_MAIN}sheet")}
    links = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    targets = {one.get("Id"): one.get("Target", "") for one in links}
    target = targets[ids[title]]
    return target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)


def _position(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
