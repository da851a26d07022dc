"""What the printed record leaves possible, and where its figures do not meet."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import labels, style
from careersurvey.presentation.figures_dots import rows_sheet
from careersurvey.presentation.labels import Credit

_BAND = 0.15
_LEAST = 0.006


def as_rows(bounds: pd.DataFrame) -> pd.DataFrame:
    """Lay bounds out as rows of estimates: those that have an answer on a base of known size.

    Parameters
    ----------
    bounds : DataFrame
        As `inference.record.bounds.bounds_table` returns it.
    """
    known = bounds[bounds["base_n"].notna() & bounds["high"].notna()].reset_index(drop=True)
    shares = {f"estimate_{end}": known[end] / known["base_n"] for end in ("low", "high")}
    counts = {f"count_{end}": known[end] for end in ("low", "high")}
    return known.assign(**shares, **counts, shown=True, evidence="reported")


@style.styled
def plot_bounds(rows: pd.DataFrame, credit: Credit) -> Axes:
    """Draw, for each count that is not printed, the range that the printed figures leave it.

    Parameters
    ----------
    rows : DataFrame
        As `as_rows` returns them.
    credit : Credit

    Returns
    -------
    matplotlib.axes.Axes
        A horizontal axis of shares from 0 to 1; tick labels name the counts.
    """
    rows = rows.reset_index(drop=True)
    reading = "Bar: from the least to the greatest count that the printed figures allow."
    words = labels.around(_widest(rows), "Share of the base", rows, credit, reading)
    ax, heights = rows_sheet(rows, words)
    for height, (_, row) in zip(heights, rows.iterrows(), strict=True):
        _bar(ax, height, row, style.TEAL)
    return ax


@style.styled
def plot_clashes(rows: pd.DataFrame, credit: Credit) -> Axes:
    """Draw the readings of figures that cannot all hold, conflict by conflict.

    Parameters
    ----------
    rows : DataFrame
        As `inference.record.audit.clashing_rows` returns them, with ``label`` and ``wording``.
    credit : Credit

    Returns
    -------
    matplotlib.axes.Axes
        A horizontal axis of shares from 0 to 1; contradictions are orange, tensions blue-green.
    """
    rows = rows.reset_index(drop=True)
    named = rows.assign(label=rows["check"].str.removeprefix("relation ") + "  " + rows["label"])
    reading = "Orange: a contradiction. Blue-green: a tension. Each begins with its relation."
    bare = named.drop(columns=["conf_low", "conf_high"], errors="ignore")
    words = labels.around(_number(rows), "Share of the base", bare, credit, reading)
    ax, heights = rows_sheet(named, words)
    for height, (_, row) in zip(heights, named.iterrows(), strict=True):
        _bar(ax, height, row, style.ORANGE if row["verdict"] == "contradiction" else style.TEAL)
    return ax


def _bar(ax: Axes, height: float, row: pd.Series, colour: str) -> None:
    low, high = float(row["estimate_low"]), float(row["estimate_high"])
    width = max(high - low, _LEAST)
    ax.barh(height, width, left=min(low, 1 - width), height=_BAND, color=colour)


def _widest(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    return labels.title_of(
        f"{first['label']}: {labels.value_words(first)}", f"From {labels.value_words(first)}"
    )


def _number(rows: pd.DataFrame) -> str:
    number = rows["check"].nunique()
    if number == 1:
        return "Shares of one pair or group cannot all hold"
    return f"{number} groups of printed shares cannot all hold"
