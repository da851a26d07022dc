"""What a notebook shows: a picture with its data beside it, or a table, each with words for all.

A picture is saved as SVG and PNG with its data as CSV, and embedded in the page, so that the page
refers to nothing outside itself.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.project import project_root
from careersurvey.presentation import labels, outputs, style, tables
from careersurvey.presentation.labels import Credit

if TYPE_CHECKING:
    from IPython.display import HTML
    from matplotlib.axes import Axes

_FORMATS = {
    "svg": {"metadata": {"Date": None, "Creator": None}},
    "png": {"metadata": {"Software": None}, "dpi": 200},
}


@dataclass(frozen=True)
class Page:
    """Where a notebook's exhibits go, and what they say of their source.

    Attributes
    ----------
    credit : Credit
    folder : Path
        For the files; made when the first is saved.
    """

    credit: Credit
    folder: Path


def open_page(cohort: Cohort, speaking_of: Cohort | None = None) -> Page:
    """Prepare to show a cohort's exhibits.

    Parameters
    ----------
    cohort : Cohort
        Whose report it is; the folder for the exhibits follows from it.
    speaking_of : Cohort, optional
        Whose figures the exhibits show, where they are not the cohort's own.
    """
    folder = outputs.figures_folder(cohort.folder, cohort.id)
    return Page(labels.credit(speaking_of or cohort), folder)


def show_figure(
    page: Page,
    name: str,
    draw: Callable[..., Axes],
    estimates: pd.DataFrame,
    *,
    asked: Collection[str] = (),
    alt: str | None = None,
    **options: Any,
) -> HTML:
    """Draw, save and show one figure, or say that the cohort has nothing to draw.

    Parameters
    ----------
    page : Page
    name : str
        Stem of the files, such as ``02-findings``.
    draw : callable
        A figure function: takes estimates and a credit, returns axes.
    estimates : DataFrame
        What is drawn, and what is saved as the figure's data.
    asked : collection of str
        Indicators that were asked for; those that the cohort lacks are named under the figure.
    alt : str, optional
        The picture in words, with its numbers; by default every row with its number. The title is
        put before it.
    **options
        Passed to `draw`.

    Returns
    -------
    IPython.display.HTML
        A ``<figure>`` with alternative text and caption.

    Raises
    ------
    ValueError
        If `alt` is empty.
    """
    from IPython.display import HTML

    if alt is not None and not alt.strip():
        raise ValueError(f"figure {name} has no alternative text")
    if estimates.empty:
        return show_sentence(f"This cohort has no figures for this question ({_lacking(asked)}).")
    axes = draw(estimates, page.credit, **options)
    pictures = {kind: _rendered(axes, kind) for kind in _FORMATS}
    for kind, content in pictures.items():
        _save(page, f"{name}.{kind}", content)
    _save(page, f"{name}.csv", tables.csv_text(_data(estimates, page.credit)).encode())
    absent = _absent(estimates, asked)
    missing = f" Not in this cohort: {_lacking(absent)}." if absent else ""
    caption = f"{name}: data in {name}.csv.{missing}"
    words = f"{style.drawn_words(axes, 'title')}. {alt or labels.describe(estimates)}"
    return HTML(_embedded(pictures["svg"], words, caption))


def show_table(
    page: Page,
    name: str,
    frame: pd.DataFrame,
    caption: str,
    *,
    shown: Collection[str] = (),
    headings: Mapping[str, str] | None = None,
    shares: Collection[str] = (),
) -> HTML:
    """Save a table as CSV and show it, or say that the cohort has nothing to tabulate.

    Parameters
    ----------
    page : Page
    name : str
        Stem of the file.
    frame : DataFrame
        The table.
    caption : str
        What it holds.
    shown : collection of str, optional
        The columns on the page, where the file holds more.
    headings, shares
        As `tables.html_table` takes them.

    Returns
    -------
    IPython.display.HTML
    """
    from IPython.display import HTML

    if frame.empty:
        return show_sentence(f"This cohort has nothing for this table: {caption}.")
    _save(page, f"{name}.csv", tables.csv_text(_data(frame, page.credit)).encode())
    told = f"{caption} (synthetic data)" if page.credit.synthetic else caption
    visible = frame[list(shown)] if shown else frame
    return HTML(tables.html_table(visible, told, headings=headings, shares=shares))


def show_overview(cohort: Cohort, estimates: pd.DataFrame) -> HTML:
    """Show what was read: whose figures, of when, how many."""
    from IPython.display import HTML

    about = labels.credit(cohort)
    kind = "printed statements" if cohort.evidence == "reported" else "estimates from answers"
    read = {
        "Survey": about.source,
        "Fieldwork": about.when_where,
        "Evidence": f"{len(estimates):,} {kind} of {estimates['indicator'].nunique()} indicators",
    }
    if about.synthetic:
        read["Caution"] = "Synthetic data: nobody was asked."
    frame = pd.DataFrame({"what": list(read), "read": list(read.values())})
    return HTML(tables.html_table(frame, "What this page reads"))


def exhibits_of_indicators() -> dict[str, tuple[str, str]]:
    """Which notebook and which exhibits show each indicator, read from the notebooks themselves.

    Returns
    -------
    dict of str to tuple of str
        Indicator to the names of notebooks and of exhibits, joined by commas.
    """
    found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for path in sorted((project_root() / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"]) if cell["cell_type"] == "code" else ""
            exhibit = re.search(r'show_\w+\(\s*page,\s*"([^"]+)"', source)
            for indicator in re.findall(r'"([a-z][a-z0-9_]*)(?:=\w+)?(?: @ [^"]*)?"', source):
                notebooks, exhibits = found.setdefault(indicator, ({}, {}))
                if exhibit:
                    notebooks[path.stem] = exhibits[exhibit[1]] = None
    return {key: (", ".join(books), ", ".join(shown)) for key, (books, shown) in found.items()}


def show_sentence(sentence: str) -> HTML:
    """Show a sentence where there is nothing to draw."""
    from IPython.display import HTML

    return HTML(f"<p>{escape(sentence)}</p>")


def figure_html(axes: Axes, alt: str) -> str:
    """Embed a picture in a ``<figure>``, with its title and `alt` as the alternative text."""
    return _embedded(_rendered(axes, "svg"), f"{style.drawn_words(axes, 'title')}. {alt}")


def _embedded(svg: bytes, words: str, caption: str = "") -> str:
    picture = base64.b64encode(svg).decode()
    told = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return (
        f'<figure><img src="data:image/svg+xml;base64,{picture}" alt="{escape(words)}"'
        f' style="width:100%;max-width:42rem">{told}</figure>'
    )


def _data(frame: pd.DataFrame, credit: Credit) -> pd.DataFrame:
    return frame.assign(synthetic=True) if credit.synthetic else frame


def _absent(estimates: pd.DataFrame, asked: Collection[str]) -> list[str]:
    if "indicator" not in estimates:
        return []
    present = set(estimates["indicator"])
    return [item for item in asked if item.split("=")[0] not in present]


def _lacking(asked: Collection[str]) -> str:
    names = [labels.spell(item.split("=")[0]).lower() for item in asked]
    return ", ".join(dict.fromkeys(names)) or "no indicator of it was measured"


def _rendered(axes: Axes, kind: str) -> bytes:
    held = io.BytesIO()
    with matplotlib.rc_context(style.RC):
        axes.figure.savefig(held, format=kind, **_FORMATS[kind])
    return held.getvalue()


def _save(page: Page, name: str, content: bytes) -> None:
    page.folder.mkdir(parents=True, exist_ok=True)
    beside = page.folder / f".{name}.part"
    beside.write_bytes(content)
    beside.replace(page.folder / name)
