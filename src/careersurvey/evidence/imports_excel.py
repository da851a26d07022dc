"""Excel workbooks of answers; a formula counts as the value that was saved with it."""

from __future__ import annotations

import datetime as dt
import itertools
import operator
import zipfile
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from careersurvey.errors import CohortError
from careersurvey.evidence.imports_headers import make_header
from careersurvey.evidence.imports_refusals import empty, locked, no_header, unreadable
from careersurvey.evidence.imports_settings import TableSettings
from careersurvey.evidence.imports_source import Cells, Source, keep_rows
from careersurvey.evidence.text import meant, number_text, plural

_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_KIND = "an Excel workbook"


def read_excel(settings: TableSettings) -> Source:
    """Open one sheet of a workbook.

    Raises
    ------
    CohortError
        If the workbook is locked with a password, of the old kind, damaged, or has no such
        sheet.
    """
    _require_open(settings)
    titles = _titles(settings)
    lines, formulas = _with_formulas(settings, list(_lines(settings, values=True)))
    count = settings.skip_rows + settings.header_rows
    width = max((_width(line) for line in lines), default=0)
    names = [_padded(line, width) for line in lines[settings.skip_rows : count]]
    if not any(cell and cell.strip() for row in names for cell in row):
        raise empty(settings) if not width else no_header(settings)
    header = make_header([[cell or "" for cell in row] for row in names])
    numbered = ((number, line) for number, line in enumerate(lines, 1) if number > count)
    table, aside = keep_rows(numbered, width, fill_short=True)
    return Source(
        table, header, "row__", count + 1, aside, notes=tuple(_notes(settings, titles, formulas))
    )


def cell_text(value: Any, decimal: str = ".") -> str | None:
    """Return a cell's value as text, None for a blank: 3.0 is ``3``, a date is ISO 8601.

    A number is written with the decimal mark that the table declares, which its texts may have.
    """
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


def _notes(settings: TableSettings, titles: list[str], formulas: int) -> Iterator[str]:
    if not settings.sheet and len(titles) > 1:
        yield f"The first of {len(titles)} sheets was read, {titles[0]!r}."
    if formulas:
        yield f"{plural(formulas, 'formula')} without a saved value stand as text."


def _require_open(settings: TableSettings) -> None:
    with settings.path.open("rb") as file:
        start = file.read(8)
        rest = file.read() if start.startswith(_OLD_OR_LOCKED) else b""
    if not start:
        raise empty(settings)
    if _LOCKED in rest:
        raise locked(settings, "an Excel workbook with a password")
    if rest:
        raise CohortError(
            f"{settings.cohort}: {settings.path.name} is a workbook of the old kind (.xls).",
            where=settings.place,
            do="open it in a spreadsheet and save it as .xlsx",
        )


def _load(settings: TableSettings, values: bool) -> Any:
    import openpyxl

    try:
        return openpyxl.load_workbook(settings.path, read_only=True, data_only=values)
    except Exception as problem:  # openpyxl passes on whatever its parsers meet
        raise unreadable(settings, _KIND, problem) from None


def _titles(settings: TableSettings) -> list[str]:
    with closing(_load(settings, values=True)) as book:
        titles = [sheet.title for sheet in book.worksheets]
    if settings.sheet and settings.sheet not in titles:
        raise CohortError(
            f"{settings.cohort}: {settings.path.name} has no sheet {settings.sheet!r}.",
            expected=meant(settings.sheet, titles),
            where=settings.place,
            do="correct sheet",
        )
    if not titles:
        raise empty(settings)
    return titles


def _lines(settings: TableSettings, values: bool) -> Iterator[Cells]:
    with closing(_load(settings, values)) as book:
        sheet = book[settings.sheet] if settings.sheet else book.worksheets[0]
        try:
            # Some tools write the wrong extent of the sheet into it.
            sheet.reset_dimensions()
            for line in sheet.iter_rows(values_only=True):
                yield [cell_text(value, settings.decimal) for value in line]
        except Exception as problem:
            raise unreadable(settings, _KIND, problem) from None


def _with_formulas(settings: TableSettings, lines: list[Cells]) -> tuple[list[Cells], int]:
    # A formula whose value was not saved is text that somebody typed: it is data, never run.
    if not _has_formulas(settings):
        return lines, 0
    written = list(_lines(settings, values=False))
    cells = [
        [text if value is None else value for value, text in zip(shown, typed, strict=False)]
        for shown, typed in zip(lines, written, strict=False)
    ]
    return cells, sum(map(operator.ne, itertools.chain(*lines), itertools.chain(*cells)))


def _has_formulas(settings: TableSettings) -> bool:
    with zipfile.ZipFile(settings.path) as package:
        sheets = [name for name in package.namelist() if name.startswith("xl/worksheets/")]
        return any(b"<f" in package.read(name) for name in sheets)


def _width(line: Cells) -> int:
    return max((i for i, cell in enumerate(line, 1) if cell and not cell.isspace()), default=0)


def _padded(line: Cells, width: int) -> Cells:
    return (line + [None] * width)[:width]
