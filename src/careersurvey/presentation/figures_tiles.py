"""Ofsted's regions as a map of equal tiles, a small one as easy to read as a wide one."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from careersurvey.presentation import labels, style
from careersurvey.presentation.labels import Credit

# Column and row from the north-west: neighbours on the ground stay neighbours on the page.
REGIONS = {
    "North West": (0, 0),
    "North East, Yorkshire and Humber": (1, 0),
    "West Midlands": (0, 1),
    "East Midlands": (1, 1),
    "East of England": (2, 1),
    "South West": (0, 2),
    "South East": (1, 2),
    "London": (2, 2),
}
_ACROSS, _DOWN, _GUTTER = 3, 0.95, 0.06


@style.styled
def plot_regions(
    counts: pd.DataFrame, credit: Credit, *, unit: str = "school", note: str = ""
) -> Axes:
    """Draw a tile a region with its count in it; the darker, the more.

    Parameters
    ----------
    counts : DataFrame
        Columns ``region`` and ``n``; ``where`` if the counts can be had from a place.
    credit : Credit
    unit : str
        What is counted.
    note : str
        How the regions are known, where that must be said.

    Returns
    -------
    matplotlib.axes.Axes
        Axes without ticks; a region that is not one of the eight has its tile in a row below.
    """
    rows = counts.reset_index(drop=True)
    places = _places([str(name) for name in rows["region"]])
    most = rows.loc[rows["n"].idxmax()]
    total = int(rows["n"].sum())
    title = f"{most['region']} had most: {most['n']} of {total} {labels.plural(unit)}"
    told = f"Regions: {note}." if note else ""
    words = labels.around(title, f"Number of {labels.plural(unit)} by region", rows, credit, told)
    depth = max(row for _, row in places.values()) + 1
    ax = style.sheet(words, body=depth * _DOWN, below=0.1)
    ax.set(xlim=(0, _ACROSS - _GUTTER), ylim=(depth, 0), xticks=[], yticks=[])
    ax.spines["bottom"].set_visible(False)
    for _, row in rows.iterrows():
        _tile(ax, places[str(row["region"])], row, _band(row["n"], rows["n"]))
    return ax


def _places(names: list[str]) -> dict[str, tuple[int, int]]:
    known = {name: REGIONS[name] for name in names if name in REGIONS}
    below = max((row for _, row in known.values()), default=-1) + 1
    others = [name for name in names if name not in REGIONS]
    return known | {name: (i % _ACROSS, below + i // _ACROSS) for i, name in enumerate(others)}


def _band(count: int, counts: pd.Series) -> int:
    """Return 0 for the upper third of the range of counts, 1 for the middle, 2 for the lower."""
    span = counts.max() - counts.min()
    return min(int(3 * (counts.max() - count) / span), 2) if span else 0


def _tile(ax: Axes, place: tuple[int, int], row: pd.Series, band: int) -> None:
    ink = style.INK if band == 2 else style.PAPER
    left, top = place
    ax.add_patch(
        Rectangle((left, top), 1 - _GUTTER, 1 - _GUTTER, color=style.BLUES[band], linewidth=0)
    )
    room = (style.WIDTH - 2 * style.MARGIN) / _ACROSS - 0.25
    name = style.wrap(str(row["region"]), style.SMALL, room)
    ax.text(left + 0.05, top + 0.1, f"{row['n']:,}", color=ink, size=18, weight="bold", va="top")
    ax.text(
        left + 0.05,
        top + 1 - _GUTTER - 0.1,
        name,
        color=ink,
        size=style.SMALL,
        va="bottom",
        linespacing=1.1,
    )
