"""The report as one page: executed notebooks, and tables, put into a template.

One file, nothing fetched: the style sheet and every picture are inside it. What it says comes in;
here it is put in order, figures are numbered, and numbers are tied to their evidence and back.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from traitlets.config import Config

from careersurvey.errors import ReportError
from careersurvey.evidence.text import few
from careersurvey.presentation.notebooks import PARTS
from careersurvey.presentation.tables import PAGES, TEMPLATES

_LOADS = {"src", "srcset", "data", "poster", "action", "background", "xlink:href"}
#: What nbconvert writes where a picture has no alternative.
_SILENT = "No description has been provided for this image"
_RUN = re.compile(r"\s*(javascript|data|vbscript):", re.I)
_HOLDS = ("script", "iframe", "object", "embed", "link", "style", "base", "meta")


#: What a notebook shows whoever runs it, and a page does not.
_NOTEBOOKS_OWN = {"remove_cell_tags": {"aside"}, "remove_all_outputs_tags": {"load"}}
#: Of figures, and of tables, the next number.
Numbers = Mapping[str, Iterator[int]]
#: Of each entry and card the anchors of what leads to it, each with the name of its place.
Uses = Mapping[str, dict[str, str]]


@dataclass(frozen=True)
class Section:
    """One notebook as it stands on the page: what is shown, what is folded, and its code."""

    name: str
    title: str
    part: str
    shown: str
    folded: str
    code: tuple[str, ...]


@dataclass
class Entry:
    """One entry of the trail: what a number rests on."""

    id: str
    name: str
    facts: list[tuple[str, str]]  # what is known of it, by name
    quote: str = ""  # as printed
    place: str = ""
    says: str = ""  # the finding
    reads: str = ""  # the counts or shares
    # Anchors of what else bears on it, such as its conflicts, with what each says, by name.
    links: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    table: str = ""  # the rows that it is of, as markup


def read_sections(executed: Iterable[Path]) -> list[Section]:
    """Read executed notebooks as sections, in the order of the report."""
    exporter = HTMLExporter(
        template_name="section",
        extra_template_basedirs=[str(TEMPLATES)],
        filters={"one_level_down": _one_level_down},
        exclude_anchor_links=True,
        config=Config({"TagRemovePreprocessor": _NOTEBOOKS_OWN}),
    )
    sections = [_section(exporter, path) for path in executed]
    return sorted(sections, key=lambda section: list(PARTS).index(section.part))


def render(sections: list[Section], trail: list[Entry], **said: Any) -> str:
    """Put sections, trail and tables into the page, its figures numbered, its numbers tied."""
    cards = (re.findall(r'id="(conflict-\w+)"', one.shown + one.folded) for one in sections)
    uses: Uses = {id_: {} for id_ in [*itertools.chain(*cards), *(entry.id for entry in trail)]}
    numbers = {kind: itertools.count(1) for kind in ("figure", "table")}
    tied = [_tied(section, uses, numbers) for section in sections]
    page = PAGES.get_template("report.html.j2")
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    made = page.render(sections=tied, parts=PARTS, trail=trail, uses=uses, style=style, **said)
    return _UNBROKEN.sub(lambda at: f'<span class="one">{at[2]}</span>' if at[2] else at[0], made)


#: Words that no line ends in, "pre-16" and "2012–13", outside of pictures, markup and what is run.
_UNBROKEN = re.compile(
    r"<(head|svg|script|pre)\b.*?</\1>|<[^>]*>"
    r"|(\(?\b(?:(?:pre|post)-16\b|\d+%?–\d+%?|Year \d+)[?.,;:)]*)",
    re.S,
)


def numbers(sections: Iterable[Section]) -> dict[str, int]:
    """Number figures as the page does, by their names."""
    whole = "".join(one.shown + one.folded for one in sections)
    return {name: at for at, name in enumerate(_FIGURE.findall(whole), start=1)}


_FIGURE = re.compile(r'<figcaption><span class="no"></span>. Data in ([\w-]+)\.csv')


def _section(exporter: HTMLExporter, path: Path) -> Section:
    book = nbformat.read(path, as_version=4)
    title, part = book.metadata["title"], book.metadata.get("part", "findings")
    lead = book.cells[0]
    lead.source = re.sub(r"^#\s.*\n*", "", lead.source, count=1)
    exhibits = (cell for cell in book.cells if cell.cell_type == "code" and not _tags(cell))
    if "otherwise" in book.metadata and _is_silent(next(exhibits)):
        title, lead.source = book.metadata["otherwise"], ""
    blocks = list(_blocks(book.cells[1:]))
    above, below = _folded(blocks, part in ("findings", "asks"))

    def rendered(cells: list[NotebookNode]) -> str:
        return exporter.from_notebook_node(nbformat.from_dict({**book, "cells": cells}))[0].strip()

    shown = rendered([lead, *above])
    folded = _without(rendered(below), re.findall("<li>.*?</li>\n?", shown, re.S))
    _refuse_faults(shown + folded, path.stem)
    code = tuple(block[-1].source for block in blocks if block[-1].cell_type == "code")
    return Section(path.stem, title, part, shown, folded, code)


def _blocks(cells: Iterable[NotebookNode]) -> Iterator[list[NotebookNode]]:
    """Each cell that says something, with the sentences before it and the heading it is under."""
    block: list[NotebookNode] = []
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            block = [one for one in block if not _is_heading(one)]
        block.append(cell)
        if cell.cell_type == "code":
            silent = _is_silent(cell)
            if not silent:
                yield block
            block = [one for one in block if silent and _is_heading(one)]
    if not all(map(_is_heading, block)):
        yield block


def _is_heading(cell: NotebookNode) -> bool:
    return cell.cell_type == "markdown" and re.fullmatch(r"#+ .*", cell.source) is not None


def _folded(
    blocks: Iterable[list[NotebookNode]], by_picture: bool
) -> tuple[list[NotebookNode], list[NotebookNode]]:
    """Cells that are open, and those that are folded: `by_picture`, all after the first picture."""
    above, below, pictured = list[NotebookNode](), list[NotebookNode](), False
    for block in blocks:
        tags = _tags(block[-1])
        folded = "fold" in tags or (pictured and "open" not in tags)
        (below if folded else above).extend(block)
        pictured |= by_picture and "<figure" in str(block[-1].get("outputs"))
    return above, below


def _without(html: str, sentences: Iterable[str]) -> str:
    """Leave out the sentences that stand above, and the list that they leave empty."""
    for sentence in sentences:
        html = html.replace(sentence, "")
    return re.sub(r'<ul class="said">\s*</ul>', "", html)


def _tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def _is_silent(cell: NotebookNode) -> bool:
    return 'class=\\"nothing\\"' in json.dumps(cell.get("outputs", ""))


def _one_level_down(html: str) -> str:
    """Headings one level lower than in the notebook, since the report's title is the first."""
    return re.sub(r"<(/?)h([1-5])[^>]*>", lambda tag: f"<{tag[1]}h{int(tag[2]) + 1}>", html)


def _tied(section: Section, uses: Uses, numbers: Numbers) -> Section:
    """Number the figures and tables of a section, and tie its numbers to the trail."""

    def tie(link: re.Match) -> str:
        if link[1] not in uses:  # what only looks like a figure's id has no entry
            return link[2] if _STATEMENT.fullmatch(link[1]) else link[0]
        anchor = f"u-{link[1]}-{len(uses[link[1]]) + 1}"
        uses[link[1]][anchor] = section.title
        return f'<a id="{anchor}" href="#{link[1]}">{link[2]}</a>'

    def tied(html: str) -> str:
        parts = _EXHIBIT.split(html)
        parts[::2] = [_LINK.sub(tie, part) for part in parts[::2]]
        parts[1::2] = [_numbered(part, uses, numbers) for part in parts[1::2]]
        return _DATA.sub(r'<a href="figures/\1">\1</a>', "".join(parts))

    return replace(section, shown=tied(section.shown), folded=tied(section.folded))


_EXHIBIT = re.compile(r"(<figure>.*?</figure>|<table>.*?</table>)", re.S)
_LINK = re.compile(r'<a href="#(?!conflict-)([^"]+)">(.*?)</a>', re.S)
_DATA = re.compile(r"(?<=Data in )([\w-]+\.csv)")
_STATEMENT = re.compile(r"[A-Z]+\d{2,}")
_ID = re.compile(r"\b[A-Z]+\d+\b")
_CELL_WITH_ID = re.compile(rf"(?<=>)[^<>]*{_ID.pattern}[^<>]*(?=</(?:t[dh]|span)>)")


def _numbered(exhibit: str, uses: Uses, numbers: Numbers) -> str:
    """Number a figure or table, and tie its rows to the trail and back."""
    kind = "figure" if exhibit.startswith("<figure") else "table"
    number = next(numbers[kind])
    anchor, name = f"{kind}-{number}", f"{kind.title()} {number}"

    def linked(to: str, said: str) -> str:
        known = to if to in uses else f"conflict-{to}"  # of a statement, else of a card
        if known not in uses:
            return said
        uses[known][anchor] = name
        return f'<a href="#{known}">{said}</a>'

    def with_links(cell: re.Match) -> str:
        return _ID.sub(lambda one: linked(one[0], one[0]), cell[0])

    exhibit = _LINK.sub(lambda link: linked(link[1], link[2]), exhibit)
    exhibit = _CELL_WITH_ID.sub(with_links, exhibit)
    exhibit = exhibit.replace(f"<{kind}>", f'<{kind} id="{anchor}">', 1)
    exhibit = exhibit.replace('<span class="no"></span>', f'<span class="no">{name}</span>')
    if kind == "table":
        exhibit = exhibit.replace("<caption>", f'<caption><span class="no">{name}</span> ', 1)
    return exhibit


class _Elements(HTMLParser):
    """Faults of the elements of a section."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.silent: list[str] = []  # pictures without an alternative
        self.outside: list[str] = []  # what a browser would fetch or run
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element's faults."""
        given = {name: value or "" for name, value in attrs}
        words = (given.get("alt", "") + given.get("aria-label", "")).strip()
        if tag in ("img", "svg") and words in ("", _SILENT) and given.get("aria-hidden") != "true":
            self.silent.append(f"<{tag}>")
        loads = [given[name] for name in _LOADS & set(given)]
        if tag in ("a", "area"):
            loads += ["a script"] if _RUN.match(given.get("href", "")) else []
        elif "href" in given:
            loads.append(given["href"])
        loads += re.findall(r"url\(\s*['\"]?([^)'\"]*)", given.get("style", ""))
        self.outside += [load for load in loads if not load.startswith(("data:image/", "#"))]
        self.outside += [f"{name}=" for name in given if name.startswith("on")]
        self.outside += [f"<{tag}>"] if tag in _HOLDS else []


def _refuse_faults(body: str, name: str) -> None:
    elements = _Elements(body)
    silent = (
        "pictures have no alternative text",
        "words that say what the picture shows",
        "show the figure with careersurvey.presentation.exhibits, which writes them",
    )
    outside = (
        "elements reach outside the report",
        "one file that needs no other",
        "put the content into the page, or name it in words",
    )
    for found, told in ((elements.silent, silent), (elements.outside, outside)):
        what, expected, do = told
        if found:
            number = f"{name}: {len(found)} of its {what}."
            raise ReportError(number, found=few(found), expected=expected, do=do)
