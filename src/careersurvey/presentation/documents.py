"""Tables and findings as files: CSV, JSON, a workbook, and a briefing to edit.

They are the same bytes for the same content: what a clock would write is fixed.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from careersurvey.evidence.project import write_whole
from careersurvey.presentation.tables import csv_text
from careersurvey.presentation.words import Parts

if TYPE_CHECKING:
    from docx.document import Document
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_NO_DATE = (1980, 1, 1, 0, 0, 0)  # the least that a zip can write: of no time
_STAMPS = re.compile(rb"<dcterms:(created|modified)\b.*?</dcterms:\1>")
#: A picture of a document: its file, what it says aloud, and what stands below it.
Picture = tuple[Path, str, str]
# Text stays text: nothing that a respondent typed is run or followed.
_AS_IT_STANDS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,
}


@dataclass(frozen=True)
class Table:
    """A table of the workbook: its name, what it holds, where it was made, and its rows."""

    name: str
    title: str
    notebook: str
    rows: pd.DataFrame


def table_text(frame: pd.DataFrame, form: str) -> str:
    """Write a data frame as CSV, or as a JSON list of rows with null where there is no value."""
    if form == "csv":
        return csv_text(frame)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def save_table(frame: pd.DataFrame, path: Path, name: str, form: str) -> None:
    """Write a data frame whole to a file as its ending says, or to a device as `form`."""
    device = path.is_relative_to("/dev") or (path.exists() and not path.is_file())
    if not device and path.suffix.lower() == ".xlsx":
        title = name.capitalize()
        about = {"title": title, "Made by": "careersurvey"}
        write_whole(path, workbook(about, [], [Table(name, title, "careersurvey", frame)]))
        return
    made = table_text(frame, form if device else path.suffix.lower()[1:]).encode()
    path.write_bytes(made) if device else write_whole(path, made)


def workbook(about: Mapping[str, str], notes: Sequence[str], sheets: Iterable[Table]) -> bytes:
    """Write an accessible workbook: cover, contents, notes, a marked table a sheet."""
    from xlsxwriter import Workbook

    held, sheets = io.BytesIO(), list(sheets)
    lines = [f"{name}: {said}" for name, said in about.items() if name != "title" and said]
    # Without what Excel refuses.
    plain = [re.sub(r"[\[\]:*?/\\']", " ", one.name) for one in sheets]
    names = _distinct(["Cover", "Contents", "Notes", *plain], room=31)[3:]
    sheets = [replace(one, name=name) for one, name in zip(sheets, names, strict=True)]
    listed = [(one.name, one.title, one.notebook) for one in sheets]
    contents = pd.DataFrame(listed, columns=["Sheet", "What it holds", "Made by"])
    with Workbook(held, _AS_IT_STANDS) as book:
        book.set_properties({"title": about["title"]})
        heading = book.add_format({"bold": True, "font_size": 14})
        _write_lines(book, "Cover", heading, about["title"], lines)
        page = _write_table(book, heading, Table("Contents", "Contents", "", contents))
        for row, (name, *_) in enumerate(listed, start=4):
            page.write_url(row, 0, f"internal:'{name}'!A1", string=name)
        _write_lines(book, "Notes", heading, "How to read the tables", notes)
        for sheet in sheets:
            _write_table(book, heading, sheet)
    return undated(held.getvalue())


def _write_lines(
    book: Workbook, name: str, heading: object, title: str, lines: Iterable[str]
) -> None:
    page = book.add_worksheet(name)
    page.set_column(0, 0, 100, book.add_format({"text_wrap": True, "valign": "top"}))
    page.write_string(0, 0, title, heading)
    for row, line in enumerate(lines, start=1):
        page.write_string(row, 0, line)


def _write_table(book: Workbook, heading: object, sheet: Table) -> Worksheet:
    page = book.add_worksheet(sheet.name)
    page.write_string(0, 0, sheet.title, heading)
    page.write_string(1, 0, f"One table of {len(sheet.rows):,} rows; blank cells have no value.")
    headers = _distinct(str(column) for column in sheet.rows)
    place = (3, 0, 3 + max(len(sheet.rows), 1), max(len(headers) - 1, 0))
    named = f"t{page.index}_{re.sub(r'[^A-Za-z0-9_]+', '_', sheet.name)}"
    columns = [{"header": header} for header in headers]
    page.add_table(*place, {"name": named, "columns": columns, "style": "Table Style Light 1"})
    for column, header in enumerate(headers):
        values = sheet.rows.iloc[:, column].tolist()
        for row, value in enumerate(values, start=4):
            if not pd.isna(value):
                page.write(row, column, value)
        longest = max((len(str(value)) for value in values[:200]), default=0)
        page.set_column(column, column, min(max(longest, len(header)) + 3, 60))
    page.freeze_panes(4, 1)
    return page


def _distinct(names: Iterable[str], room: int = 255) -> list[str]:
    """Names within some room that differ by more than their capitals, as Excel must have them."""
    named: dict[str, str] = {}
    for name in names:
        fitted, times = name[:room], 1
        while fitted.lower() in named:
            times += 1
            fitted = f"{name[: room - 6]} ({times})"
        named[fitted.lower()] = fitted
    return [*named.values()]


def briefing(
    title: str,
    parts: Mapping[str, Sequence[str | Parts]],
    pictures: Sequence[Picture],
    running: str = "",
) -> tuple[bytes, int]:
    """Write a page or two of Word to edit, parts by their headings, then figures; say how many."""
    import docx

    made = docx.Document()
    _set_up(made, title, running)
    made.add_heading(title, level=0)
    for heading, lines in parts.items():
        if heading and lines:
            made.add_heading(heading, level=1)
        for line in lines:
            if isinstance(line, str):  # an item of a list
                made.add_paragraph(line, style="List Bullet")
            else:
                _add_line(made, line)
    pages = _add_pictures(made, pictures)
    return as_bytes(made), pages


def _add_line(made: Document, line: Parts) -> None:
    """Add a paragraph, those of its parts that lead somewhere as links."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import RGBColor

    paragraph = made.add_paragraph()
    for said, to in line:
        run = paragraph.add_run(said)
        if to:
            link = OxmlElement("w:hyperlink")
            link.set(qn("r:id"), made.part.relate_to(to, f"{_LINKS}/hyperlink", is_external=True))
            run.font.underline, run.font.color.rgb = True, RGBColor(0x12, 0x43, 0x6D)
            run._r.addprevious(link)
            link.append(run._r)


_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _set_up(made: Document, title: str, running: str) -> None:
    from docx.shared import Cm, Pt

    page = made.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.2)
    page.top_margin = page.bottom_margin = Cm(1.8)
    text = made.styles["Normal"]
    text.font.name, text.font.size = "Arial", Pt(10)
    text.paragraph_format.space_after = Pt(4)
    made.styles["Title"].font.size = Pt(20)
    made.core_properties.title, made.core_properties.author = title, "careersurvey"
    for edge in (page.header, page.footer) if running else ():
        edge.paragraphs[0].add_run(running).bold = True


def _add_pictures(made: Document, pictures: Sequence[Picture]) -> int:
    """Add pictures that fit below the text if the first does, else on a page; return the pages."""
    from docx.image.image import Image
    from docx.shared import Cm

    sizes = (Image.from_file(str(path)) for path, *_ in pictures)
    tall = [Cm(16.6) * of.px_height / of.px_width for of in sizes]
    page = Cm(23.5)
    fit = [one for one in zip(pictures, tall, strict=True) if _LEAST * one[1] <= page]
    text = sum(Cm(0.75 + 0.43 * (len(one.text) // 95)) for one in made.paragraphs)  # about
    room = page - text % page
    turned = bool(fit) and _LEAST * fit[0][1] > room
    room = page if turned else room
    for (path, words, below), height in fit:
        if _LEAST * height <= room:
            first = not made.inline_shapes
            shown = made.add_picture(str(path), height=int(min(height, room)))
            shown._inline.docPr.set("descr", words)
            how = made.paragraphs[-1].paragraph_format
            how.page_break_before, how.keep_with_next = turned and first, True
            made.add_paragraph(below)
            room -= shown.height + Cm(1)
    return math.ceil(text / page) + turned


_LEAST = 0.75  # of its full width: smaller it could not be read


def as_bytes(made: Document) -> bytes:
    """Return a document without a date."""
    held = io.BytesIO()
    made.save(held)
    return undated(held.getvalue())


def undated(document: bytes) -> bytes:
    """Return a document of Office without its dates: a clock would change the bytes."""
    left = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as old, zipfile.ZipFile(left, "w") as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, _NO_DATE)
            part.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(part, _STAMPS.sub(b"", old.read(name)))
    return left.getvalue()
