"""From a data frame to a table on a page, and to text that no spreadsheet runs."""

from __future__ import annotations

import re
from collections.abc import Collection
from html import escape
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from careersurvey.evidence.text import FORMULA_STARTS, so_many
from careersurvey.presentation.standing import OF_VERDICT
from careersurvey.presentation.words import either, number, places, upper_first

TEMPLATES = Path(__file__).parent / "templates"
PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
#: The column that names, for each row, its entry in a page's trail.
ENTRY = "entry"


def markup(macro: str, **said: Any) -> str:
    """Write what a macro of `exhibits.html.j2` makes of what is said."""
    return str(getattr(PAGES.get_template("exhibits.html.j2").module, macro)(**said))


def to_evidence(line: str) -> Markup:
    """Link the ids of statements in a line to their entries."""
    return Markup(re.sub(r"\b([A-Z]+\d{2,})\b", r'<a href="#\1">\1</a>', escape(line)))


PAGES.filters["to_evidence"] = to_evidence


def html_table(frame: pd.DataFrame, caption: str) -> str:
    """Write a data frame as an HTML table that a screen reader can find its way in."""
    entries = frame.get(ENTRY, pd.Series("", frame.index))
    frame = without_entries(frame)
    if {*frame.get("verdict", ())} & OF_VERDICT.keys():
        stands = {verdict: one.name for verdict, one in OF_VERDICT.items()}
        frame = frame.replace({"verdict": stands}).rename(columns={"verdict": "standing"})
    said = frame.map(cell_words)
    for name in {"where", "place"} & {*frame}:  # "p12" is what a reader calls paragraph 12
        said[name] = said[name].map(lambda at: at if _WORDED.search(at) else places([at]) or at)
    if is_numeric_dtype(frame.get("when")):  # a year is no amount
        said["when"] = frame["when"].map("{:.0f}".format)
    heads = {
        name: (
            upper_first(str(_HEADS.get(name, name)).replace("_", " ")),
            is_numeric_dtype(own) and not is_bool_dtype(own),
        )
        for name, own in frame.items()
    }
    leads = [re.findall(r"[^\s,;]+", to) if isinstance(to, str) else [] for to in entries]
    same, over, below, said = _narrowed(said)
    alike = [f"{heads[name][0]}: {one}" for name, one in same.items() if one]
    line = f"{heads[below.name][0]}: " if below.any() else ""
    rows = zip(over, said.itertuples(index=False), leads, below, strict=True)
    abreast = [heads[name] for name in said]
    return markup("table", caption=caption, alike=alike, heads=abreast, line=line, rows=[*rows])


def _narrowed(said: pd.DataFrame) -> tuple[dict[str, str], pd.Series, pd.Series, pd.DataFrame]:
    """Take out of a wide table what is the same in all rows, or over some, or long at its end."""
    over, below = pd.Series("", said.index), pd.Series("", said.index)
    same = [name for name in said if len(said) > 2 and said[name].eq(said[name].iloc[0]).all()]
    alike = {name: said[name].iloc[0] for name in same if len(same) < said.shape[1] > _ABREAST}
    said = said.drop(columns=[*alike])
    if said.shape[1] > _ABREAST:
        first = said.iloc[:, 0]
        begins = first.ne(first.shift())
        if 2 * begins.sum() <= len(said) and first.ne("").all():
            over, said = first.where(begins, ""), said.iloc[:, 1:]
    if said.shape[1] > _ABREAST and said.iloc[:, -1].str.len().max() > _LONG:
        below, said = said.iloc[:, -1], said.iloc[:, :-1]
    return alike, over, below, said


_WORDED = re.compile(r"[^;] ")  # "paragraph 12; cover", of which no part is a code
_ABREAST, _LONG = 5, 60  # columns that there is room for whatever they say; letters of one


#: What columns are called that are not called by a reader's word.
_HEADS = {
    **{"n": "number", "base_n": "of", "low": "least", "high": "greatest"},
    **{"label": "what is counted", "count": "as it is asked", "binding": "bound by"},
    **{"stands": "standing", "contradictions": "contradicted", "tensions": "in doubt"},
    **{"rho": "likeness within a cluster", "cv": "variation of their sizes"},
    **{"wide_low": "least, read widely", "wide_high": "greatest, read widely"},
    **{"deff": "design effect", "conf_low": "lower limit", "conf_high": "upper limit"},
}


def without_entries(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out of a table what leads from its rows to others, which is for pages alone."""
    leads = [ENTRY, "doubts", "linked", "worked_from", "tested_against", "on_bases", "printings"]
    told = ["told_then", "caveats", "earlier_source", "goes", "nearest", "answer"]
    known = ["parts", "pattern", "picked", "weighed", "grouped", "asked_of"]
    return frame.drop(columns=[*leads, *told, *known], errors="ignore")


def captioned(frame: pd.DataFrame, caption: str, **how: Any) -> pd.DataFrame:
    """Give a data frame what `on_page` needs to show it; of an empty one the caption says why."""
    titled = frame.copy(deep=False)
    titled.attrs["page"] = {"caption": caption} | how
    return titled


def on_page(frame: pd.DataFrame) -> tuple[str, dict]:
    """Write a frame as the page shows it, with its files; without a caption only its first rows."""
    number = so_many(len(frame), "row")
    first = f"The first {_READ} of {number}" if len(frame) > _READ else number
    caption = ": ".join(filter(None, [first, frame.attrs.get("publication")]))
    how = frame.attrs.get("page") or {"caption": caption}
    files = {"files": how.get("files", [])}
    if frame.empty:
        return f'<p class="nothing">{escape(how["caption"])}</p>', files
    rows = frame if "page" in frame.attrs else frame.head(_READ)
    shown = rows[_saying(rows, how["shown"])] if how.get("shown") else rows
    return html_table(shown, how["caption"]), files


_READ = 100


def _saying(rows: pd.DataFrame, wanted: Collection[str]) -> list[str]:
    """Of the columns that are wanted, those that have anything to say, and that of the trail."""
    blank = {name for name in rows if rows[name].isna().all() or (rows[name] == "").all()}
    return [name for name in dict.fromkeys([*wanted, ENTRY]) if name in rows and name not in blank]


def cell_words(value: Any) -> str:
    """Write one value for a reader: thousands with commas, blanks blank."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(float(value))
    return str(value)


def tally(frame: pd.DataFrame, *columns: str, naming: str = "") -> pd.DataFrame:
    """How many rows there are of each value of columns, in order; without one of them none."""
    if frame.empty or not set(columns) <= set(frame.columns):
        return pd.DataFrame(columns=[*columns, "n"])
    told = {naming: (naming, "; ".join)} if naming else {}
    return frame.groupby(list(columns), as_index=False).agg(n=(columns[0], "size"), **told)


def _inert(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would run, but for a change."""
    if isinstance(value, tuple):
        return either(value)
    runs = isinstance(value, str) and value.startswith(FORMULA_STARTS)
    return f"'{value}" if runs and not _CHANGE.fullmatch(value) else value


#: A change as this project writes it, which no spreadsheet takes for a formula: "+16 points".
_CHANGE = re.compile(r"\+[\d.,]+( to \+[\d.,]+)?( points?\b[^=|!@]*)?")


def csv_text(frame: pd.DataFrame) -> str:
    """Write a data frame as CSV whose text no spreadsheet will run."""
    texts = {name: own.map(_inert) for name, own in frame.items() if not is_numeric_dtype(own)}
    return frame.assign(**texts).to_csv(index=False, lineterminator="\n")


def read_saved(path: Path, **how: Any) -> pd.DataFrame:
    """Data of an exhibit as they were saved; an apostrophe that kept text from running goes."""
    frame = pd.read_csv(path, keep_default_na=False, na_values=[""], **how)
    kept = f"^'(?=[{re.escape(''.join(FORMULA_STARTS))}])"
    texts = frame.select_dtypes(include=["object", "str"])
    return frame.assign(**texts.replace(kept, "", regex=True))
