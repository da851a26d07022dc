"""From a data frame to a table on a page, and to the sheets of a workbook."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Collection, Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from careersurvey.presentation.labels import percent, spell

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_FIXED_DATE = datetime(2013, 9, 1)
# openpyxl writes the time of saving over the one it is given.
_CLOCK = re.compile(rb"(?<=W3CDTF\">)[0-9T:Z-]+(?=</dcterms:modified>)")


def html_table(
    frame: pd.DataFrame,
    caption: str,
    *,
    headings: Mapping[str, str] | None = None,
    shares: Collection[str] = (),
) -> str:
    """Write a data frame as an HTML table that a screen reader can find its way in.

    Parameters
    ----------
    frame : DataFrame
        The first column names the rows.
    caption : str
        What the table holds; plain text.
    headings : mapping of str to str, optional
        Column names for readers; a column without one is called by its own name, spelt out.
    shares : collection of str
        Columns of shares from 0 to 1, to be written as percentages.

    Returns
    -------
    str
        A ``<table>`` with ``scope`` on every header cell and class ``number`` on numeric cells.
    """
    numeric = {name for name in frame if pd.api.types.is_numeric_dtype(frame[name].dtype)}
    numeric -= {name for name in frame if pd.api.types.is_bool_dtype(frame[name].dtype)}
    named = headings or {}
    heads = "".join(
        f'<th scope="col"{_class(name in numeric)}>{escape(named.get(name, _spelt(name)))}</th>'
        for name in frame
    )
    rows = [_html_row(row, numeric, shares) for row in frame.to_dict("records")]
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f"<table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{heads}</tr></thead>\n"
        f"<tbody>\n{body}\n</tbody>\n</table>"
    )


def _html_row(row: Mapping[str, Any], numeric: set[str], shares: Collection[str]) -> str:
    cells = []
    for i, (name, value) in enumerate(row.items()):
        text = escape(cell_words(value, name in shares))
        number = _class(name in numeric)
        cells.append(
            f'<th scope="row"{number}>{text}</th>' if i == 0 else f"<td{number}>{text}</td>"
        )
    return "".join(cells)


def _class(numeric: bool) -> str:
    return ' class="number"' if numeric else ""


def _spelt(name: object) -> str:
    words = str(name).replace("_", " ")
    return words[:1].upper() + words[1:]


def cell_words(value: Any, share: bool = False) -> str:
    """Write one value for a reader: thousands with commas, shares as percentages, blanks blank."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    if share:
        return percent(float(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"
    return str(value)


def tally(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """How many rows there are of each value, in the order of the values.

    Parameters
    ----------
    frame : DataFrame
    *columns : str
        The columns whose values are told apart; without one of them, or without rows, the tally
        is empty.

    Returns
    -------
    DataFrame
        The columns and ``n``.
    """
    if frame.empty or not set(columns) <= set(frame.columns):
        return pd.DataFrame(columns=[*columns, "n"])
    return frame.groupby(list(columns), as_index=False).agg(n=(columns[0], "size"))


def spread(frame: pd.DataFrame, rows: str, columns: str) -> pd.DataFrame:
    """How many rows there are of each pair of values: one column a value, and their sum.

    Parameters
    ----------
    frame : DataFrame
    rows, columns : str
        Columns of the frame: the first names the rows, spelt as words, the second becomes columns.

    Returns
    -------
    DataFrame
        Empty where the frame is.
    """
    if frame.empty:
        return pd.DataFrame(columns=[rows, "all"])
    wide = pd.crosstab(frame[rows], frame[columns])
    wide = wide.assign(all=wide.sum(axis=1)).reset_index().rename_axis(columns=None)
    return wide.assign(**{rows: [spell(value) for value in wide[rows]]})


def safe_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Numbers stay numbers, negative ones too.
    """
    safe = frame.copy()
    for name in safe:
        if not pd.api.types.is_numeric_dtype(safe[name].dtype):
            safe[name] = [_inert(value) for value in safe[name]]
    return safe


def _inert(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def csv_text(frame: pd.DataFrame) -> str:
    """Write a data frame as CSV whose text no spreadsheet will run."""
    return safe_text(frame).to_csv(index=False, lineterminator="\n")


def write_workbook(path: Path, sheets: Mapping[str, pd.DataFrame]) -> None:
    """Write data frames as the sheets of one Excel workbook, the same bytes for the same frames.

    Parameters
    ----------
    path : Path
        Where the workbook is to stand; it is replaced only by a whole one.
    sheets : mapping of str to DataFrame
        Name of the sheet (at most 31 characters) and what it holds. Text stays text, also where
        it begins like a formula.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    book.properties.created = _FIXED_DATE
    for name, frame in sheets.items():
        _fill(book.create_sheet(name[:31]), frame)
    held = io.BytesIO()
    book.save(held)
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(_with_fixed_dates(held.getvalue()))
    beside.replace(path)


def _fill(sheet: Any, frame: pd.DataFrame) -> None:
    from openpyxl.styles import Font

    sheet.append([str(name) for name in frame])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "B2"
    for row, values in enumerate(frame.itertuples(index=False), start=2):
        for column, value in enumerate(values, start=1):
            _set(sheet.cell(row, column), value)
    for i, name in enumerate(frame, start=1):
        longest = max([len(str(name)), *(len(str(v)) for v in frame[name].head(200))])
        sheet.column_dimensions[sheet.cell(1, i).column_letter].width = min(longest + 2, 60)


def _set(cell: Any, value: Any) -> None:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return
    if isinstance(value, str):
        cell.value = value
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(FORMULA_STARTS)
    else:
        cell.value = value.item() if hasattr(value, "item") else value


def _with_fixed_dates(workbook: bytes) -> bytes:
    """Rewrite a zip with one date for every part, since a clock would change the bytes."""
    fixed, date = io.BytesIO(), f"{_FIXED_DATE:%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(fixed, "w") as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, _FIXED_DATE.timetuple()[:6])
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, _CLOCK.sub(date, old.read(name)))
    return fixed.getvalue()
