"""Lists printed in order: only the order is known, so only the order is drawn."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import labels, style
from careersurvey.presentation.labels import Credit

_DISC, _GAP = 0.34, 0.14


@style.styled
def plot_ranking(estimates: pd.DataFrame, credit: Credit, *, measure: str, title: str = "") -> Axes:
    """Draw a ranked list from the first entry down.

    No length stands for a number: a report that prints an order without counts leaves the
    distances between the entries unknown.

    Parameters
    ----------
    estimates : DataFrame
        Columns ``label``, ``rank`` (1 is first) and those of the estimates table.
    credit : Credit
    measure : str
        What is ranked, and by what.
    title : str, optional
        In place of the one that names the first entry.

    Returns
    -------
    matplotlib.axes.Axes
        Tick labels are the entries, from the first down.
    """
    rows = estimates.sort_values("rank", kind="stable").reset_index(drop=True)
    first = str(rows["label"].iloc[0])
    reading = "Only the order is printed: how far apart the entries are is not known."
    bare = rows.drop(columns=["conf_low", "conf_high"], errors="ignore")
    words = labels.around(
        title or labels.title_of(f"First of {len(rows)}: {first}"), measure, bare, credit, reading
    )
    room = style.WIDTH - 2 * style.MARGIN - _DISC - 0.15
    names = [style.wrap(str(name), style.TEXT, room) for name in rows["label"]]
    depths = [max(style.text_height(name, style.TEXT), _DISC) + _GAP for name in names]
    tops = [sum(depths[:i]) for i in range(len(depths))]
    ax = style.sheet(words, body=sum(depths), below=0.12)
    width = style.WIDTH - 2 * style.MARGIN
    ax.set(xlim=(0, width), ylim=(sum(depths), 0), xticks=[])
    ax.spines["bottom"].set_visible(False)
    middles = [top + depth / 2 for top, depth in zip(tops, depths, strict=True)]
    _entries(ax, middles, names, [int(rank) for rank in rows["rank"]])
    return ax


def _entries(ax: Axes, middles: list[float], names: list[str], ranks: list[int]) -> None:
    points = 72 * _DISC
    ax.plot([_DISC / 2, _DISC / 2], [middles[0], middles[-1]], color=style.TRACK, linewidth=3)
    for middle, rank in zip(middles, ranks, strict=True):
        colour = style.NAVY if rank == 1 else style.BLUES[1]
        ax.plot(
            _DISC / 2, middle, marker="o", markersize=points * 0.9, color=colour, gid=f"rank-{rank}"
        )
        ax.text(
            _DISC / 2, middle, str(rank), color=style.PAPER, ha="center", va="center", weight="bold"
        )
    ax.set_yticks(middles, names)
    ax.tick_params(axis="y", length=0, pad=-72 * (_DISC + 0.12))
    for name in ax.get_yticklabels():
        name.set(ha="left", va="center", linespacing=1.1)
