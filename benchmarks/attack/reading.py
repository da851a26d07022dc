"""Read every file of a report as an attacker does: rows of cells under headings, and sentences."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar, NamedTuple
from xml.etree import ElementTree

import openpyxl

Row = dict[str, str]  # heading: cell; a sentence stands under no heading
Line = tuple[str, Row]  # the file it stands in

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SVG = "{http://www.w3.org/2000/svg}"
_ENDS = re.compile(r"(?<=[.!?;])\s+")


def lines(folder: Path) -> Iterator[Line]:
    """Every row and sentence of every file; pictures of dots have an SVG beside them."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        read = _READERS.get(path.suffix)
        for row in read(path.read_bytes()) if read else ():
            yield path.name, row


def _said(text: str) -> Iterator[Row]:
    """Sentences of a text."""
    yield from ({"": each} for each in _ENDS.split(" ".join(text.split())) if each)


def _table(rows: Iterable[Iterable[object]]) -> Iterator[Row]:
    """Rows of a table under its first row of several cells."""
    headings: list[str] = []
    for row in rows:
        cells = ["" if cell is None else str(cell) for cell in row]
        if headings and len(cells) == len(headings):
            yield dict(zip(headings, cells, strict=True))
        elif sum(map(bool, cells)) > 1:
            headings = [cell or f"column {n}" for n, cell in enumerate(cells)]
        else:
            yield from _said(" ".join(cells))


def _csv(data: bytes) -> Iterator[Row]:
    yield from _table(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def _plain(data: bytes) -> Iterator[Row]:
    for line in data.decode().splitlines():
        yield from _said(line)


def _workbook(data: bytes) -> Iterator[Row]:
    for sheet in openpyxl.load_workbook(io.BytesIO(data)):
        yield from _table(sheet.iter_rows(values_only=True))


def _document(data: bytes) -> Iterator[Row]:
    """Tables, paragraphs and descriptions of pictures of a Word document, in all of its parts."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        for name in [each for each in parts.namelist() if each.endswith(".xml")]:
            root = ElementTree.fromstring(parts.read(name))
            for table in root.iter(f"{_WORD}tbl"):
                rows = table.iter(f"{_WORD}tr")
                yield from _table([_text(cell) for cell in row.iter(f"{_WORD}tc")] for row in rows)
            for each in root.iter():
                if each.tag == f"{_WORD}p":
                    yield from _said(_text(each))
                for name in ("descr", "title"):
                    yield from _said(each.get(name, ""))


def _text(element: ElementTree.Element) -> str:
    return "".join(element.itertext())


class _Words(NamedTuple):
    """A piece of text in a picture, and where it stands."""

    x: float
    y: float
    text: str


def _picture(data: bytes) -> Iterator[Row]:
    """Texts of an SVG picture: row by row, each under the text that stands over it."""
    root = ElementTree.fromstring(data)
    found = [
        _Words(float(each.get("x", 0)), float(each.get("y", 0)), " ".join(_text(each).split()))
        for each in root.iter(f"{_SVG}text")
    ]
    for tag in ("title", "desc"):
        yield from (row for each in root.iter(f"{_SVG}{tag}") for row in _said(_text(each)))
    above: list[_Words] = []
    for row in _rows(found):
        yield {_over(each, above) or f"at {n}": each.text for n, each in enumerate(row)}
        if len(row) > 1 and not any(character.isdigit() for each in row for character in each.text):
            above = row


def _rows(found: Iterable[_Words]) -> list[list[_Words]]:
    """Texts that stand on one line, from the left."""
    rows: list[list[_Words]] = []
    for each in sorted(found, key=lambda words: words.y):
        if rows and each.y - rows[-1][0].y < 4:
            rows[-1].append(each)
        else:
            rows.append([each])
    return [sorted(row) for row in rows]


def _over(words: _Words, above: Iterable[_Words]) -> str:
    return next((each.text for each in above if abs(each.x - words.x) < 2), "")


class _Page(HTMLParser):
    """Tables, sentences, attributes and pictures of a page, in the order in which they stand."""

    _BLOCKS: ClassVar = {
        *("p", "li", "h1", "h2", "h3", "h4", "figcaption", "caption", "summary", "div", "dd", "dt"),
        *("section", "tr", "table", "br", "pre", "figure", "title", "nav", "details"),
    }

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[Row] = []
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(re.sub(r"<svg.*?</svg>|<style.*?</style>", self._aside, text, flags=re.S))
        self._close()

    def _aside(self, match: re.Match) -> str:
        if match[0].startswith("<svg"):
            named = match[0].replace("<svg", f'<svg xmlns="{_SVG[1:-1]}"', 1)
            whole = match[0] if "xmlns=" in match[0].split(">")[0] else named
            self.found += _picture(whole.encode())
            self.found += [row for text in _ATTRIBUTE.findall(whole) for row in _said(text)]
        return " "

    def _close(self) -> None:
        self.found += _said("".join(self.words))
        self.words = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._BLOCKS or tag in ("td", "th"):
            self._close()
        self.rows += [[]] * (tag == "tr")
        for _, value in attrs:
            if (value or "").startswith("data:"):
                self.found += _data(value)
            else:
                self.found += _said(value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self.rows:
            self.rows[-1] = [*self.rows[-1], " ".join("".join(self.words).split())]
            self.words = []
        elif tag == "table":
            self.found += _table(self.rows)
            self.rows = []
        elif tag in self._BLOCKS:
            self._close()

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.found += _said(data)


_ATTRIBUTE = re.compile(r'(?:aria-label|alt|title)="([^"]*)"')


def _data(address: str) -> Iterator[Row]:
    """What an address that is data holds, where it is text."""
    kind, _, coded = address.partition(",")
    if "svg" in kind or "text" in kind:
        text = base64.b64decode(coded) if "base64" in kind else coded.encode()
        yield from _picture(text) if "svg" in kind else _plain(text)


def _page(data: bytes) -> Iterator[Row]:
    yield from _Page(data.decode()).found


def _tree(data: bytes) -> Iterator[Row]:
    """Every text and number in a JSON file; in a notebook the outputs, by their kind."""
    waiting = [("", json.loads(data))]
    while waiting:
        name, each = waiting.pop()
        if isinstance(each, dict):
            waiting += each.items()
        elif isinstance(each, list) and all(isinstance(one, str) for one in each):
            waiting.append((name, "".join(each)))
        elif isinstance(each, list):
            waiting += ((name, one) for one in each)
        elif name == "text/html":
            yield from _page(str(each).encode())
        elif name == "image/svg+xml":
            yield from _picture(str(each).encode())
        elif name != "image/png":
            yield from (row for line in str(each).splitlines() for row in _said(line))


_READERS = {
    ".csv": _csv,
    ".docx": _document,
    ".html": _page,
    ".ipynb": _tree,
    ".json": _tree,
    ".log": _plain,
    ".svg": _picture,
    ".xlsx": _workbook,
}
