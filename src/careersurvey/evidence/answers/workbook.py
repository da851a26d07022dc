"""Excel workbooks of answers; a formula counts as the value that was saved with it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree

import pyarrow as pa

from careersurvey.errors import CohortError, from_extra
from careersurvey.evidence.answers.sheet import (
    BLANK_ROW,
    MERGED,
    REMEDIES,
    UNSAVED,
    Batch,
    Sheet,
    cell_text,
    empty,
    in_columns,
    joined,
    make_header,
    read_as,
    require_header,
)
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.text import few, meant, so_many

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_KIND = "an Excel workbook"
_CHUNK = 1 << 16
# A formula without a saved value, and what its cell says of itself. One whose value is an empty
# text says t="str".
_UNSAVED = re.compile(
    rb"<(?:\w+:)?c((?: (?!t=\"str\")[^ >]+)*)>\s*"
    rb"<(?:\w+:)?f(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v ?/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_PLACE = re.compile(rb'\br="([A-Z]+)(\d+)"')
_FORMULA, _PREFIXED = re.compile(rb"<f"), re.compile(rb":f")
_HIDDEN = re.compile(rb'row [^>]*\bhidden="1"')
_QUOTED = re.compile(r'"[^"]*"|\\.')
_LONGEST = 1 << 24  # bytes of a row
_MOST = 40_000_000  # cells from the first to the last, which the reader keeps all at once

Unsaved = list[tuple[int, int]]  # row and column of each formula without a saved value


class Workbook(Sheet):
    """One sheet of a workbook: the one that is named, else the first that can be seen."""

    def __init__(self, path: Path, settings: TableSettings) -> None:
        self.file, self.decimal = path.name, settings.decimal
        with read_as(path.name, _KIND):
            book, title, why = _choose(path, settings.sheet)
            self.skip = settings.skip_rows + settings.header_rows
            self.unsaved, shown, notes = _look(path, title)
            self.found = book.get_sheet_by_name(title)
        # The reader leaves out the columns before the first that holds something.
        self.margin = [""] * (self.found.start or (0, 0))[1]
        self.percents = self._beside_plain(shown) if shown else {}
        top = [[cell_text(cell) or "" for cell in line] for line in islice(self.all(), self.skip)]
        if not any(map(any, top)):
            raise _nothing_in(path.name, title, book.sheet_names)
        header = top[settings.skip_rows :]
        require_header(path.name, header, settings.skip_rows)
        super().__init__(make_header(header), header, notes=[*why, *notes])
        parts = [repr(self.header.names[i]) for i in sorted(shown.keys() - self.percents)]
        if parts:
            self.notes.append(f"Percentages are read as parts of 1, 52% as 0.52: {few(parts)}.")

    def all(self) -> Iterator[list[Any]]:
        """Read every row of the sheet."""
        with read_as(self.file, _KIND):
            for line in self.found.iter_rows():
                yield [*self.margin, *line] if self.margin else line

    def _beside_plain(self, shown: dict[int, set[int]]) -> dict[int, set[int]]:
        """Of the cells shown as percentages return those in a column with other numbers."""
        below = enumerate(islice(self.all(), self.skip, None), self.skip + 1)
        others = ((n, i, line[i]) for n, line in below for i in shown if n not in shown[i])
        plain = {i for _, i, cell in others if type(cell) in (int, float)}
        return {i: shown[i] for i in plain}

    def read(self, wanted: list[int], coded: Collection[int]) -> Iterator[Batch]:
        """Read the rows below the header, those in which something stands."""
        for (top, left), (end, right) in sorted(self.found.merged_cell_ranges or ()):
            if top >= self.skip and any(left <= i <= right for i in wanted):
                self.amiss[MERGED].add(range(top + 1, end + 2))
        for row in sorted({n for n, i in self.unsaved if n > self.skip and i in wanted}):
            self.amiss[UNSAVED].add([row])
        below = islice(self.all(), self.skip, None)
        batches = in_columns(below, self.skip + 1, wanted, self._column, self._fits)
        return joined(batches, self.decimal)

    def _fits(self, number: int, cells: list[Any]) -> bool:
        for i, rows in self.percents.items():
            if number in rows and isinstance(cells[i], float | int):
                cells[i] = f"{cell_text(round(100 * cells[i], 9), self.decimal)}%"
        for cell in cells:
            if cell.strip() if type(cell) is str else cell is not None:
                return True
        self.set_aside[BLANK_ROW].add([number])
        return False

    def _column(self, cells: tuple) -> pa.Array:
        """Text where all is text, numbers where all are numbers, else what stands there as text."""
        kinds = set(map(type, cells))
        if kinds == {str}:
            return pa.array(cells, pa.string())
        if kinds <= {float, int, str} and not any(one for one in cells if type(one) is str):
            return pa.array([None if type(one) is str else one for one in cells], pa.float64())
        return pa.array([cell_text(cell, self.decimal) for cell in cells], pa.string())


def _choose(path: Path, wanted: str) -> tuple[CalamineWorkbook, str, list[str]]:
    """Return a workbook, the sheet that is named or the first that can be seen, and why that."""
    calamine = from_extra("python_calamine", "excel", "Reading an Excel workbook")
    book = calamine.load_workbook(path)
    sheets = [one for one in book.sheets_metadata if one.typ == calamine.SheetTypeEnum.WorkSheet]
    titles = [one.name for one in sheets]
    hidden = [one.name for one in sheets if one.visible != calamine.SheetVisibleEnum.Visible]
    if wanted and wanted not in titles:
        what = f"{path.name} has no sheet {wanted!r}."
        raise CohortError(what, expected=meant(wanted, titles), do="correct sheet")
    if not titles:
        raise empty(path.name)
    if wanted or len(titles) == 1:
        return book, wanted or titles[0], []
    chosen = next((title for title in titles if title not in hidden), titles[0])
    others = f"; hidden: {', '.join(map(repr, hidden))}" * bool(hidden)
    why = f"The first of {len(titles)} sheets that can be seen was read, {chosen!r}{others}."
    return book, chosen, [why]


def _nothing_in(file: str, title: str, titles: list[str]) -> CohortError:
    others = [repr(each) for each in titles if each != title]
    if not others:
        return empty(file)
    what, known = f"{file} has nothing in its sheet {title!r}.", f"one of {few(others)}"
    return CohortError(what, expected=known, do="name the sheet of the answers: sheet")


def _look(path: Path, title: str) -> tuple[Unsaved, dict[int, set[int]], list[str]]:
    """Return formulas without a saved value, percentages, and what else the reader hides."""
    errors = hidden = 0
    unsaved: Unsaved = []
    percents: dict[int, set[int]] = {}  # rows of such cells by column
    last, columns = b"A1", {b"A"}  # the place of the last cell, and the columns that end a row
    with zipfile.ZipFile(path) as package, package.open(_part(package, title)) as part:
        percent = _shown_as_percentage(package)
        for rows in _whole_rows(part):
            for column, at in percent.findall(rows) if percent else ():
                percents.setdefault(_position(column), set()).add(int(at))
            errors += rows.count(b't="e"')
            hidden += len(_HIDDEN.findall(rows))
            for row in rows.split(b"row>"):
                start = row.rfind(b'c r="', 0, max(row.rfind(b"c>"), 0))
                if start > 0:
                    last = row[start + 5 : start + 16]
                    columns.add(last[:3])
            if (_PREFIXED if rows.endswith(b":row>") else _FORMULA).search(rows):
                unsaved += _unsaved(path.name, rows)
    _require_near(path.name, title, last, columns)
    notes = {
        f"{so_many(errors, 'error cell')} such as #N/A counted as blank.": errors,
        f"{so_many(hidden, 'hidden row')} read like the others.": hidden,
    }
    return unsaved, percents, [note for note, n in notes.items() if n]


def _shown_as_percentage(package: zipfile.ZipFile) -> re.Pattern[bytes] | None:
    """Return what finds the cells with a style of percentages; None without such a style."""
    if "xl/styles.xml" not in package.namelist():
        return None
    styles = ElementTree.fromstring(package.read("xl/styles.xml"))
    told = styles.iterfind(".//{*}numFmt")
    codes = {one.get("numFmtId"): _QUOTED.sub("", one.get("formatCode", "")) for one in told}
    own = {"9", "10", *(number for number, code in codes.items() if "%" in code)}
    each = enumerate(styles.iterfind("{*}cellXfs/{*}xf"))
    found = "|".join(str(n) for n, one in each if one.get("numFmtId") in own)
    cell = rf'<(?:\w+:)?c (?=[^>]*\bs="(?:{found})")[^>]*\br="([A-Z]+)(\d+)"'
    return re.compile(cell.encode()) if found else None


def _require_near(file: str, title: str, last: bytes, columns: set[bytes]) -> None:
    """Refuse a sheet whose cells lie too far apart."""
    height = int(re.search(rb"\d+", last)[0])
    letters = [column.rstrip(b'"0123456789') for column in columns]
    width, column = max((_position(one) + 1, one.decode()) for one in letters)
    if height * width > _MOST:
        raise CohortError(
            f"{file} has a sheet {title!r} with cells too far apart to be read.",
            found=f"{height:,} rows, and a cell in column {column}",
            expected=f"at most {_MOST:,} cells from the first to the last",
            do="delete the rows and columns beyond the answers, or save the answers alone as .csv",
        )


def _unsaved(file: str, rows: bytes) -> Iterator[tuple[int, int]]:
    """Find the formulas without a saved value in some rows."""
    for attributes in _UNSAVED.findall(rows):
        place = _PLACE.search(attributes)
        if place is None:
            what = f"{file} has formulas without a saved value."
            raise CohortError(what, do=REMEDIES[UNSAVED])
        yield int(place[2]), _position(place[1])


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
