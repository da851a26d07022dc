"""Findings as dots: what the wording allows (thick) and what sampling adds (thin)."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import labels, style
from careersurvey.presentation.labels import Credit

_MANY = 3
_BAND = 0.15
_GAP = 0.17


@style.styled
def plot_findings(
    estimates: pd.DataFrame, credit: Credit, *, measure: str = "", title: str = ""
) -> Axes:
    """Draw one finding a line: thick for the wording, thin for sampling, a dot for an estimate.

    A finding that is not shown keeps its line and has no mark, so that readers see that it was
    asked.

    Parameters
    ----------
    estimates : DataFrame
        Columns of the estimates table and ``label``; ``wording`` and ``where`` if known.
    credit : Credit
    measure : str, optional
        What is measured, of whom, in place of the share of the rows' units.
    title : str, optional
        In place of the one that counts the findings under or over a half of the schools, or says
        the first finding.

    Returns
    -------
    matplotlib.axes.Axes
        A horizontal axis of shares from 0 to 1; tick labels name the findings.
    """
    rows = estimates.reset_index(drop=True)
    measure = measure or f"Share of {labels.base_words(rows)}"
    words = labels.around(title or _title(rows), measure, rows, credit, how_to_read(rows))
    ax, heights = rows_sheet(rows, words)
    for height, (_, row) in zip(heights, rows.iterrows(), strict=True):
        _mark(ax, height, row)
    return ax


@style.styled
def plot_widened(declared: pd.DataFrame, credit: Credit, *, wide: pd.DataFrame) -> Axes:
    """Draw what each wording allows as declared, and over it what a generous reader would allow.

    Parameters
    ----------
    declared : DataFrame
        Printed statements: columns of the estimates table and ``label``.
    credit : Credit
    wide : DataFrame
        The same statements, and perhaps others, read more widely.

    Returns
    -------
    matplotlib.axes.Axes
    """
    rows = declared.reset_index(drop=True)
    wider = wide.set_index("statements")
    measure = f"Share of {labels.base_words(rows)}"
    reading = "Dark: the reading as declared. Pale: a wider reading."
    bare = rows.drop(columns=["conf_low", "conf_high"])
    words = labels.around(_moved(rows, wider), measure, bare, credit, reading)
    ax, heights = rows_sheet(rows, words)
    for height, (_, row) in zip(heights, rows.iterrows(), strict=True):
        for part, colour, gid in (
            (wider.loc[row["statements"]], style.BLUES[2], "wide"),
            (row, style.NAVY, "declared"),
        ):
            if row["shown"]:
                _bar(ax, height, part, colour, f"{gid}-{row['statements']}", least=0.006)
    return ax


def how_to_read(rows: pd.DataFrame) -> str:
    """Say what the marks stand for, only of those that are drawn."""
    level = rows["level"].dropna()
    interval = f"Thin line: {level.iloc[0]:.0%} interval. " if len(level) else ""
    vague = (rows["estimate_high"] > rows["estimate_low"]).any()
    wording = "Thick bar: what the wording allows. " if vague else ""
    against = any(_is_against(row) for _, row in rows.iterrows())
    dot = "Dot: the share." if rows["estimate"].notna().any() else ""
    orange = " Orange: an answer that is not the better one." if against else ""
    return f"{wording}{interval}{dot}{orange}".strip()


def rows_sheet(rows: pd.DataFrame, words: style.Words) -> tuple[Axes, list[float]]:
    """Lay out one line a row: its name above a pale track, its number to the right.

    Parameters
    ----------
    rows : DataFrame
        Columns of the estimates table and ``label``.
    words : Words

    Returns
    -------
    tuple of Axes and list of float
        The axes, in shares across and inches down, and the height of each track's middle.
    """
    names = [_name(row) for _, row in rows.iterrows()]
    values = [labels.value_words(row) for _, row in rows.iterrows()]
    right = max(style.text_width(value, style.SMALL) for value in values) + 0.12
    heights, down = [], 0.0
    for name in names:
        down += style.text_height(name, style.TEXT) + _BAND / 2 + 0.03
        heights.append(down)
        down += _BAND / 2 + _GAP
    ax = style.sheet(words, body=down, right=right)
    ax.set_ylim(down, 0)
    style.label_above(ax, [height - _BAND / 2 - 0.02 for height in heights], names)
    style.share_axis(ax)
    for height, value in zip(heights, values, strict=True):
        style.track(ax, height, _BAND)
        style.beside(ax, height, value)
    return ax, heights


def _name(row: pd.Series) -> str:
    wording = row.get("wording", "")
    said = f"{row['label']}: “{wording}”" if wording else row["label"]
    return style.wrap(said, style.TEXT)


def _mark(ax: Axes, height: float, row: pd.Series) -> None:
    if not row["shown"]:
        return
    against = _is_against(row)
    ink = style.ORANGE_TEXT if against else style.NAVY
    _bar(ax, height, row, style.ORANGE if against else style.TEAL, f"wording-{height:.2f}")
    drawn = {"color": ink, "clip_on": False}
    if pd.notna(row["conf_low"]):
        ends = [row["conf_low"], row["conf_high"]]
        ax.plot(
            ends,
            [height, height],
            linewidth=1.3,
            marker="|",
            markersize=5,
            gid=f"interval-{height:.2f}",
            **drawn,
        )
    if pd.notna(row["estimate"]):
        ax.plot(
            row["estimate"],
            height,
            marker="o",
            markersize=7,
            markeredgecolor=style.PAPER,
            gid=f"dot-{height:.2f}",
            **drawn,
        )


def _is_against(row: pd.Series) -> bool:
    """Whether the row's answer is another than the one declared better."""
    better = row.get("favourable", "")
    return bool(better) and row["category"] not in better.split(";")


def _bar(
    ax: Axes, height: float, row: pd.Series, colour: str, gid: str, least: float = 0.0
) -> None:
    low, high = row["estimate_low"], row["estimate_high"]
    if pd.notna(low) and pd.notna(high) and max(high - low, least) > 0:
        start = min(low, 1 - max(high - low, least))
        ax.barh(height, max(high - low, least), left=start, height=_BAND, color=colour, gid=gid)


def _title(rows: pd.DataFrame) -> str:
    """Count the findings under a half of the schools where they are most, else say the first."""
    shown = rows[rows["shown"]]
    if shown.empty:
        return "No number can be shown"
    lead = shown.iloc[0]
    first = f"{lead['label']}: {labels.value_words(lead)}"
    judged = shown[shown.get("favourable", pd.Series("", shown.index)).ne("")]
    short, well = _on_side(judged, "low"), _on_side(judged, "high")
    side, number = ("Fewer", short) if short >= well else ("More", well)
    if len(judged) < _MANY or 2 * number <= len(judged) or set(judged["unit"]) != {"school"}:
        return labels.title_of(first, f"{lead['question']}: {labels.value_words(lead)}")
    return f"{side} than half of the schools did well on {number} of {len(judged)} findings"


def _on_side(rows: pd.DataFrame, side: str) -> int:
    """Count the findings that have the better answer wholly under (or over) a half of the base."""
    better = [
        category in wanted.split(";")
        for category, wanted in zip(rows["category"], rows["favourable"], strict=True)
    ]
    under, over = rows["estimate_high"] < 0.5, rows["estimate_low"] > 0.5
    if side == "high":
        under, over = over, under
    return int(under.where(better, over).sum())


def _moved(rows: pd.DataFrame, wider: pd.DataFrame) -> str:
    then = wider.loc[rows["statements"]]
    ends = ["estimate_low", "estimate_high"]
    moved = (abs(rows[ends].to_numpy() - then[ends].to_numpy()) > 1e-9).any(axis=1)
    return f"Wider readings move {int(moved.sum())} of {len(rows)} findings"
