"""Executed notebooks bound into one page that stands by itself.

One file, nothing fetched: the stylesheet and every picture are inside it. Prose keeps its order,
code is folded away at the end of its section, and a picture without an alternative stops the
binding.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import mistune

from careersurvey.errors import ReportError
from careersurvey.presentation.tables import html_table

if TYPE_CHECKING:
    import pandas as pd

_NUMBER = re.compile(r"[-−+£]?\d[\d,.]*%?(?:\s?[–-]\s?\d[\d,.]*%?)?")
_LOADS = {"src", "srcset", "data", "poster", "action", "background"}


@dataclass(frozen=True)
class Book:
    """An executed notebook as it is bound.

    Attributes
    ----------
    name, title : str
        File name without its ending; first heading.
    cells : list of dict
        Cells as in the notebook's file.
    """

    name: str
    title: str
    cells: list[dict]


def read_executed(path: Path) -> Book:
    """Read an executed notebook.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Book
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    headings = re.findall(r"^#\s+(.+?)\s*$", _prose(cells), flags=re.MULTILINE)
    return Book(path.stem, headings[0] if headings else path.stem, cells)


def bind(
    settings: Mapping[str, object],
    books: list[Book],
    parameters: Mapping[str, object],
    facts: Mapping[str, str],
    readings: Path,
    checks: pd.DataFrame,
) -> str:
    """Bind executed notebooks into one page of HTML.

    Parameters
    ----------
    settings : mapping
        The cohort's ``cohort.toml``.
    books : list of Book
        In the order of the report.
    parameters : mapping of str to object
        What the notebooks ran with, printed at the end.
    facts : mapping of str to str
        Revision, checksum and versions, printed at the end.
    readings : Path
        The table of readings, printed with the methods.
    checks : DataFrame
        What the cohort's files were held against (`checks.as_table`), printed after the methods.

    Returns
    -------
    str
        The page.

    Raises
    ------
    ReportError
        A picture has no alternative text, or the page would fetch something.
    """
    about = settings["cohort"]
    sections = [_section(book) for book in books]
    ends = [_methods(about, readings), _checked(checks), _making(parameters, facts)]
    contents = [(book.name, book.title) for book in books]
    contents += [
        ("methods", "Methods"),
        ("checks", "Checks"),
        ("making", "How this report was made"),
    ]
    style = resources.files("careersurvey.presentation").joinpath("style.css").read_text("utf-8")
    return _PAGE.format(
        title=escape(about["title"]),
        description=escape(f"{about['title']}: figures, tables and methods."),
        style=style.strip(),
        synthetic=_SYNTHETIC if about.get("synthetic") else "",
        about=_about(about),
        contents="\n".join(
            f'<li><a href="#{_anchor(a)}">{escape(t)}</a></li>' for a, t in contents
        ),
        sections="\n".join([*sections, *ends]),
    )


_SYNTHETIC = """<p class="synthetic" role="note"><strong>Invented data.</strong> Nobody was asked:
every number below comes from answers that were made up to try the method.</p>"""

_PAGE = """<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{description}">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
<h1>{title}</h1>
{synthetic}
{about}
</header>
<nav aria-labelledby="contents">
<h2 id="contents">Contents</h2>
<ol>
{contents}
</ol>
</nav>
<main id="main" tabindex="-1">
{sections}
</main>
</body>
</html>
"""


class _Levels(mistune.HTMLRenderer):
    """One heading level lower than in the notebook, since the report's title is the first."""

    def heading(self, text: str, level: int, **attrs: object) -> str:
        """Return a heading one level down."""
        return f"<h{min(level + 1, 6)}>{text}</h{min(level + 1, 6)}>\n"


def _markdown(text: str) -> str:
    return mistune.create_markdown(renderer=_Levels(escape=True), plugins=["table"])(text)


def _prose(cells: Iterable[dict]) -> str:
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def _anchor(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)


def _section(book: Book) -> str:
    body = _tables("\n".join(_cell(cell) for cell in book.cells), book.name)
    _refuse_faults(body, book)
    return (
        f'<section id="{_anchor(book.name)}">\n{body}\n'
        f"<details><summary>Code of this section: {escape(book.title)}</summary>\n"
        f"{_code(book.cells)}\n</details>\n"
        '<p class="back"><a href="#contents">Back to the contents</a></p>\n</section>'
    )


def _cell(cell: dict) -> str:
    if cell["cell_type"] == "markdown":
        return _markdown("".join(cell["source"]))
    return "\n".join(_output(out) for out in cell.get("outputs", []))


def _output(out: dict) -> str:
    if out["output_type"] == "stream":
        return _plain("".join(out["text"])) if out["name"] == "stdout" else ""
    data = out.get("data", {})
    if "text/html" in data:
        return "".join(data["text/html"])
    if "text/markdown" in data:
        return _markdown("".join(data["text/markdown"]))
    pictures = [kind for kind in data if kind.startswith("image/")]
    if pictures:
        return '<img src="data:,">'
    return _plain("".join(data.get("text/plain", "")))


def _plain(text: str) -> str:
    return f'<pre tabindex="0">{escape(text.rstrip())}</pre>' if text.strip() else ""


def _code(cells: list[dict]) -> str:
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return "\n".join(f'<pre tabindex="0"><code>{escape(source)}</code></pre>' for source in sources)


def _tables(body: str, name: str) -> str:
    """Tables as a reader of a phone or with a screen reader needs them, whoever wrote them."""
    body = re.sub(r"<style.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r"<t(head|body)>.*?</t\1>", _scoped, body, flags=re.DOTALL)
    parts = re.split(r"(<table.*?</table>)", body, flags=re.DOTALL)
    for index in range(1, len(parts), 2):
        parts[index] = _scrolling(parts[index], f"{_anchor(name)}-table-{index // 2 + 1}")
    return "".join(parts)


def _scrolling(table: str, anchor: str) -> str:
    """Put a table in a box that scrolls, its caption before it, where it cannot scroll away."""
    if 'class="dataframe"' in table:
        table = re.sub(r"<td>([^<]*)</td>", _aligned, table)
    table = re.sub(r"<table[^>]*>", f'<table aria-labelledby="{anchor}">', table, count=1)
    captions = re.findall(r"<caption>(.*?)</caption>", table, flags=re.DOTALL)
    table = re.sub(r"<caption>.*?</caption>\s*", "", table, flags=re.DOTALL)
    caption = captions[0] if captions else "Table"
    hidden = "" if captions else " hidden"
    return (
        f'<p class="caption" id="{anchor}"{hidden}>{caption}</p>\n'
        f'<div class="scroll" role="group" aria-labelledby="{anchor}" tabindex="0">{table}</div>'
    )


def _scoped(part: re.Match) -> str:
    scope = "col" if part.group(1) == "head" else "row"
    text = re.sub(r"<th\b(?![^>]*\bscope=)[^>]*></th>", "<td></td>", part.group())
    return re.sub(r"<th\b(?![^>]*\bscope=)", f'<th scope="{scope}"', text)


def _aligned(cell: re.Match) -> str:
    number = _NUMBER.fullmatch(cell.group(1).strip())
    return f'<td class="number">{cell.group(1)}</td>' if number else cell.group()


class _Faults(HTMLParser):
    """Pictures without an alternative and addresses that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element's faults."""
        given = {name: value or "" for name, value in attrs}
        if tag == "img" and not given.get("alt", "").strip():
            self.silent.append(given.get("src", "")[:40])
        self.outside += _outside(tag, given)


def _outside(tag: str, given: Mapping[str, str]) -> list[str]:
    """What a browser would fetch or follow for one element, beyond this page."""
    if tag in ("script", "iframe", "object", "embed", "link", "style"):
        return [f"<{tag}>"]
    loads = [given[name] for name in _LOADS & set(given)]
    if tag == "a" and not given.get("href", "#").startswith(("#", "https://")):
        loads.append(given["href"])
    if "url(" in given.get("style", ""):
        loads.append(given["style"])
    return [address for address in loads if not address.startswith("data:")]


def _refuse_faults(body: str, book: Book) -> None:
    faults = _Faults()
    faults.feed(body)
    if faults.silent:
        raise ReportError(
            f"{book.name}: {len(faults.silent)} of its pictures have no alternative text.",
            found=", ".join(faults.silent),
            expected="<img alt> that says what the picture shows",
            where=f"{book.name}.ipynb",
            do="show the figure with careersurvey.presentation.exhibits, which asks for the text",
        )
    if faults.outside:
        raise ReportError(
            f"{book.name}: {len(faults.outside)} of its elements point outside the report.",
            found=", ".join(faults.outside[:5]),
            expected="one file that needs no other",
            where=f"{book.name}.ipynb",
            do="put the content into the page, or name it in words",
        )


def _about(about: Mapping[str, object]) -> str:
    told = [("Publisher", "publisher"), ("Reference", "reference"), ("Licence", "licence")]
    rows = [(label, str(about[key])) for label, key in told if about.get(key)]
    if about.get("fieldwork"):
        rows.insert(0, ("Fieldwork", _period(str(about["fieldwork"]))))
    pairs = "\n".join(f"<div><dt>{n}</dt><dd>{escape(text)}</dd></div>" for n, text in rows)
    return f"<dl>\n{pairs}\n</dl>" if rows else ""


def _period(written: str) -> str:
    """ISO dates as they are read: ``2026-01-10/2026-03-20`` is 10 January 2026 to 20 March 2026."""
    try:
        days = [_day(part) for part in written.split("/")]
    except ValueError:
        return written
    return " to ".join(days)


def _day(written: str) -> str:
    if re.fullmatch(r"\d{4}-\d{2}", written):
        return f"{date.fromisoformat(written + '-01'):%B %Y}"
    day = date.fromisoformat(written)
    return f"{day.day} {day:%B %Y}"


def _methods(about: Mapping[str, object], readings: Path) -> str:
    said = [str(about[key]).rstrip(".") + "." for key in ("sampling", "caution") if about.get(key)]
    chosen = f"<p>{escape(' '.join(said))}</p>" if said else ""
    return _METHODS.format(chosen=chosen, readings=_readings(readings))


_METHODS = """<section id="methods">
<h2>Methods</h2>
<h3>Who was asked, and how they were chosen</h3>
{chosen}
<p>An interval says how far a share could be from that of a larger group if the units had been
drawn from it at random. It says nothing about how the units came to be chosen or to answer, and
where they are not a probability sample it shows the least uncertainty there is, not all of it.</p>
<h3>Readings: what a printed wording can mean</h3>
<p>A report prints “12 of the 60 schools”, “about a quarter”, “8%”. Each wording is read as every
whole count that it can stand for on its base. A bare number is itself. A percentage is every count
that rounds to it. A fraction in words reaches as far as its hedge and its neighbours in a scale of
everyday fractions allow: of 60, “about a quarter” is 14 to 17. Verbal quantifiers such as “most”
have declared, wide ranges and no single best number. The declared ranges, and wider ones beside
them, are the table below; a conclusion that changes between them says so.</p>
{readings}
<h3>Intervals</h3>
<p>For shares from counts the interval is Wilson’s; for a survey with a design it is the logit
interval, with standard errors by Taylor linearisation or replicate weights. Where a wording allows
several counts the interval is the envelope: the lowest lower limit and the highest upper limit over
all of them. In the figures the thick bar is what the wording allows and the thin line is what
sampling adds, so that the two are never confused.</p>
</section>"""


def _readings(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open(encoding="utf-8", newline="") as lines:
        head, *rows = list(csv.reader(lines))
    heads = [name.replace("_", " ").capitalize() for name in head]
    table = _table("What each wording can mean: as declared, and wider", heads, rows)
    return (
        "<details><summary>The table of readings</summary>\n"
        f"{_tables(table, 'readings')}\n</details>"
    )


def _table(caption: str, head: list[str], rows: list[list[str]]) -> str:
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = "\n".join(_row(row) for row in rows)
    return (
        f"<table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{columns}</tr></thead>\n"
        f"<tbody>\n{lines}\n</tbody>\n</table>"
    )


def _row(row: list[str]) -> str:
    name, *cells = row
    values = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(name)}</th>{values}</tr>'


def _checked(checks: pd.DataFrame) -> str:
    holds = int(checks["holds"].sum())
    return (
        '<section id="checks">\n<h2>Checks</h2>\n'
        f"<p>The cohort's files were held against {len(checks):,} rules; {holds:,} hold.</p>\n"
        "<details><summary>The table of checks</summary>\n"
        f"{_tables(html_table(checks, 'Every rule and what was found'), 'checks')}\n</details>"
        "\n</section>"
    )


def _making(parameters: Mapping[str, object], facts: Mapping[str, str]) -> str:
    given = [[name, repr(value)] for name, value in sorted(parameters.items())]
    made = [[name, value] for name, value in facts.items()]
    return (
        '<section id="making">\n<h2>How this report was made</h2>\n'
        + _tables(_table("What the notebooks were given", ["Parameter", "Value"], given), "given")
        + "\n"
        + _tables(_table("What it was made from, and with", ["What", "Which"], made), "made")
        + "\n</section>"
    )
