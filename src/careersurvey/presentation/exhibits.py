"""What a notebook shows: a picture with its data beside it, or a table, each with words for all.

A picture is saved as SVG for a desk and for a phone and as PNG, with its data as CSV, and embedded
in the page as text, so that the page refers to nothing outside itself and can be searched. A cell's
output says in its metadata which files it is of.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib
import nbformat
import pandas as pd
from matplotlib.axes import Axes

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.project import write_whole
from careersurvey.evidence.text import so_many
from careersurvey.inference.estimates import DOMAINS, Groups
from careersurvey.presentation import (
    breakdowns,
    conflicts,
    labels,
    lists,
    outputs,
    published,
    sentences,
    style,
    tables,
    titles,
    words,
)
from careersurvey.presentation.figures import panels
from careersurvey.presentation.labels import Credit

_FORMATS: dict[str, style.Look] = {
    "svg": {"metadata": {"Date": None, "Creator": None}},
    "png": {"metadata": {"Software": None}, "dpi": 144},
}


@dataclass(frozen=True)
class Page:
    """Where a notebook's exhibits go, and what they say of their source."""

    credit: Credit
    folder: Path  # made when the first is saved


@dataclass(frozen=True)
class Shown:
    """What a cell shows in a notebook and on the page, and the files that it is of."""

    html: str
    files: list[dict] = field(default_factory=list)  # each by `name`, with its `title` and `words`

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict, dict]:
        named = ", ".join(file["name"] for file in self.files)
        return {"text/html": self.html, "text/plain": f"<{named or 'words'}>"}, {
            "text/html": {"files": self.files}
        }


def open_page(cohort: Cohort, speaking_of: Cohort | None = None) -> Page:
    """Prepare to show a cohort's exhibits, and every table as the page does."""
    from IPython import get_ipython

    if shell := get_ipython():
        html = shell.display_formatter.formatters["text/html"]
        html.for_type(pd.DataFrame, tables.on_page)
    credit = conflicts.dated_credit(speaking_of or cohort)
    beside = cohort.synthetic and not credit.synthetic
    folder = outputs.figures_folder(cohort.folder, cohort.id)
    return Page(replace(credit, beside_invented=beside), folder)


def show_figure(
    page: Page,
    name: str,
    draw: Callable[..., Axes],
    rows: pd.DataFrame,
    *,
    data: Collection[pd.DataFrame] = (),
    told: words.Columns | None = None,
    **options: Any,
) -> Shown:
    """Draw, save and show one figure for desk and phone, `data` or its rows as `told` below it."""
    if rows.empty:
        return nothing("This cohort has no figures for this question.")
    name = outputs.file_stem(name)
    with style.nobodys_own():
        desk, phone = (
            draw(rows, page.credit, narrow=narrow, **options) for narrow in (False, True)
        )
    svg = {"desk": rendered(desk, "svg"), "phone": rendered(phone, "svg")}
    _save(page, f"{name}.svg", svg["desk"])
    _save(page, f"{name}-narrow.svg", svg["phone"])
    _save(page, f"{name}.png", rendered(desk, "png"))
    said = style.heard(desk)
    file = save_table(page, name, rows, str(desk.get_label()), said)
    below = as_shown(*data)
    if not data:
        listed = words.lay_out(rows, told) if told else lists.as_listed(rows)
        below = Shown(tables.html_table(listed, "Data of the figure"))
    aloud = f"{said} All rows follow as a table."
    wide = {how: inline(drawn, aloud, f"{name}-{how}") for how, drawn in svg.items()}
    parts = [(top, round(end - top, 1)) for top, end in pairwise(desk.get_yticks().round(1))]
    cards = {"cards": [*titles.clashing(rows)], "unless": [*titles.clashing(rows, goes=True)]}
    known = {**cards, "parts": parts, "data": below.html}
    html = tables.markup("figure", name=name, **known, **wide)
    if words.which(rows, sentences.is_unsure).all():
        html = folded(f"{desk.get_label()} (low reliability)", html)
    return Shown(html, [file, *below.files])


def show_table(
    page: Page,
    name: str,
    frame: pd.DataFrame,
    caption: str,
    *,
    shown: Collection[str] = (),
) -> pd.DataFrame:
    """Save a table as CSV and return it to go on with, or say that there is nothing to tabulate."""
    if frame.empty:
        lacking = f"This cohort has nothing for this table: {caption}."
        return tables.captioned(frame, lacking)
    file = save_table(page, name, frame, caption)
    return tables.captioned(frame, file["title"], shown=list(shown), files=[file])


def folded(summary: str, content: str) -> str:
    """Fold markup under a line that names it."""
    return tables.markup("folded", summary=summary, content=content)


def show_breakdowns(
    page: Page,
    name: str,
    cohort: Cohort,
    asked: Collection[str],
    *,
    level: float = 0.95,
) -> Shown:
    """Show findings by group, as `labels.pick` names them, with all their tables folded below."""
    by = tuple(dict.fromkeys((*DOMAINS, *cohort.about.by)))
    broken = published.groups(cohort, indicators=asked, by=by, level=level)
    labelled = labels.label(broken.estimates, cohort)
    found = {domain: labels.findings_by(labelled, broken.tests, domain, asked) for domain in by}
    found = {domain: rows for domain, rows in found.items() if len(rows)}
    left_out = broken.estimates.attrs.get("left_out", [])
    withheld = breakdowns.say_left_out(cohort, [pair for pair in left_out if pair[1] in by])
    if not found:
        return show_sentence(withheld) if withheld else nothing(breakdowns.no_breakdown(by))
    partly = bool(labelled.get("base_degrees", pd.Series(0)).isna().any())
    notes = filter(None, (withheld, lists.UNTOLD if partly else ""))
    told = Shown("".join(f"<p>{escape(note)}</p>" for note in notes))
    told_of = pd.concat(found.values())[["indicator", "category"]].drop_duplicates()
    broken = replace(broken, differences=broken.differences.merge(told_of))
    return as_shown(_show_groups(page, name, found), told, _show_tests(page, name, broken, cohort))


def _show_groups(page: Page, name: str, found: Mapping[str, pd.DataFrame]) -> Shown:
    """Draw findings by group, or say that none stands out; below it a table of each domain."""
    parts, rows, by_group = [*found.values()], pd.concat(found.values()), []
    for domain, own in found.items():
        stem, listed = re.sub(r"[_*]", "-", domain), breakdowns.list_groups(own)
        caption = f"By {breakdowns.domain_of(own)}, group by group"
        by_group.append(show_table(page, f"{name}-{stem}", listed, caption, shown=list(listed)))

    def draw(_: pd.DataFrame, credit: Credit, narrow: bool) -> Axes:
        return panels.plot_groups(parts, credit, narrow=narrow)

    if any(map(len, breakdowns.telling_groups(parts))):
        return show_figure(page, name, draw, rows, data=by_group)
    said, tabled = breakdowns.told_apart(parts, page.credit), as_shown(*by_group)
    files = [save_table(page, name, rows, "Findings by group"), *tabled.files]
    return Shown(f"<p>{escape(said)}</p>{folded('Every group', tabled.html)}", files)


def _show_tests(page: Page, name: str, broken: Groups, cohort: Cohort) -> Shown:
    """Fold away the differences of two groups, and whether groups differ."""
    differ = breakdowns.list_differences(labels.name_rows(broken.differences, cohort))
    whether = breakdowns.list_tests(labels.name_rows(broken.tests, cohort))
    both = [
        show_table(page, f"{name}-{stem}", rows, caption, shown=list(rows))
        for stem, rows, caption in (
            ("differences", differ, "Differences of two groups, of shares in percentage points"),
            ("tests", whether, "Whether groups differ: every test of this page"),
        )
        if len(rows)
    ]
    tests = as_shown(*both)
    below = folded("Differences and tests", tests.html)
    return Shown(below if both else "", tests.files)


def as_shown(*shown: pd.DataFrame | Shown) -> Shown:
    """What cells end on, tables too, as one piece of markup with its files."""
    html, files = "", list[dict]()
    for one in shown:
        own, about = (one.html, vars(one)) if isinstance(one, Shown) else tables.on_page(one)
        html, files = html + own, [*files, *about["files"]]
    return Shown(html, files)


def show_overview(cohort: Cohort, estimates: pd.DataFrame) -> pd.DataFrame:
    """Show what was read: whose figures, of when, how many."""
    about = conflicts.dated_credit(cohort)
    answers = ("estimate from answers", "estimates from answers")
    kind = ("printed statement",) if cohort.evidence == "reported" else answers
    of = so_many(len(estimates), *kind)
    of += f" of {so_many(estimates['indicator'].nunique(), 'indicator')}"
    read = {"Survey": about.source, "Fieldwork": about.when_where, "Evidence": of}
    if said := estimates.attrs.get("publication"):
        read["Publication"] = said
    if about.synthetic:
        read["Caution"] = "Synthetic data: nobody was asked."
    frame = pd.DataFrame({"what": list(read), "read": list(read.values())})
    return tables.captioned(frame, "What this page reads")


def files_of(executed: Path) -> list[dict]:
    """The files that an executed notebook's cells show, as `Shown` describes them."""
    cells = nbformat.read(executed, as_version=4).cells
    shown = [output.get("metadata", {}) for cell in cells for output in cell.get("outputs", [])]
    return [file for one in shown for file in one.get("text/html", {}).get("files", [])]


def show_sentence(sentence: str | words.Parts) -> Shown:
    """Show a sentence where there is nothing to draw; an empty one says so."""
    told = words.linked([(sentence, "")] if isinstance(sentence, str) else sentence)
    return Shown(f"<p>{told}</p>") if told else nothing("This cohort has nothing to say here.")


def nothing(sentence: str) -> Shown:
    """Say in a notebook what a cohort lacks; a report leaves the cell out."""
    return Shown(f'<p class="nothing">{escape(sentence)}</p>')


def inline(svg: bytes, words: str, name: str) -> str:
    """Make a picture part of a page: named in words, the ids of its parts its own."""
    drawn = svg.decode()
    drawn = drawn[drawn.index("<svg") :]
    for written, leaner in _LEANER:
        drawn = written.sub(leaner, drawn)
    drawn = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{name}-", drawn)
    usual = f'font-family="{style.FACES}" stroke-linejoin="round" stroke-linecap="butt"'
    drawn = drawn.replace("<g>", f'<g id="{name}-all" {usual}>', 1)
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(words)}" ', 1)


#: What a page does without: what only another program reads, or the whole picture shares.
_LEANER = [
    (re.compile(written, re.S), leaner)
    for written, leaner in (
        (r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>|<clipPath.*?</clipPath>", ""),
        (r' clip-path="[^"]*"| transform="rotate\(-0 [^"]*"| xmlns:xlink="[^"]*"', ""),
        (r" ?font-family: [^;]*;| text-anchor: start;", ""),
        (r'<g id="[^"]*">', "<g>"),
        (r"\s*\n\s*", " "),
    )
]


def save_table(page: Page, name: str, frame: pd.DataFrame, title: str, words: str = "") -> dict:
    """Save a table beside the figures, invented rows marked; return what `Shown` says of it."""
    saved, name = tables.without_entries(frame), outputs.file_stem(name)
    if page.credit.synthetic:
        saved, title = saved.assign(synthetic=True), f"{title} (synthetic data)"
    _save(page, f"{name}.csv", tables.csv_text(saved).encode())
    return {"name": name, "title": title, "words": words}


def rendered(axes: Axes, kind: str) -> bytes:
    """Write a picture as an SVG or a PNG, the same bytes each time."""
    held = io.BytesIO()
    with style.nobodys_own(), matplotlib.rc_context(style.RC):
        axes.get_figure(root=True).savefig(held, format=kind, **_FORMATS[kind])
    drawn = held.getvalue()
    return drawn.replace(b"'DejaVu Sans'", style.FACES.encode()) if kind == "svg" else drawn


def _save(page: Page, name: str, content: bytes) -> None:
    page.folder.mkdir(parents=True, exist_ok=True)
    write_whole(page.folder / name, content)
