"""What would follow if an assumption were varied: lines over the values it might take."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import labels, style
from careersurvey.presentation.labels import Credit

_COLOURS = (style.NAVY, style.TEAL, style.PLUM, style.ORANGE)
_DASHES = ("-", "--", "-.", ":")


@style.styled
def plot_clustering(what_if: pd.DataFrame, credit: Credit, *, finding: pd.DataFrame) -> Axes:
    """Draw how the interval would widen if parents within a school answered alike.

    Parameters
    ----------
    what_if : DataFrame
        Columns ``rho`` (intra-cluster correlation), ``cv`` (of the numbers answering per school),
        ``deff`` and ``width`` (of the interval, as a share).
    credit : Credit
    finding : DataFrame
        The estimate whose interval it is: one row, with ``label``.

    Returns
    -------
    matplotlib.axes.Axes
        One line for each value of ``cv``, named at its end.
    """
    row = finding.iloc[0]
    least, most = what_if["width"].min(), what_if["width"].max()
    title = f"Alike answers within schools would widen the interval up to {most / least:.1f} times"
    measure = (
        f"Width of the {row['level']:.0%} interval for “{row['label']}” in percentage points, by "
        "the correlation of answers within a school"
    )
    reading = (
        "Each line: how unevenly parents are spread over the schools (cv). Both are assumed, since "
        "the report prints neither."
    )
    words = labels.around(title, measure, finding, credit, reading)
    ax = style.sheet(words, body=2.6, below=0.55, right=1.35)
    for i, (cv, line) in enumerate(what_if.groupby("cv")):
        ax.plot(
            line["rho"],
            100 * line["width"],
            color=_COLOURS[i],
            linestyle=_DASHES[i],
            linewidth=2,
            gid=f"cv-{cv}",
        )
        _name_end(ax, line.iloc[-1])
    ax.set_xlim(what_if["rho"].min(), what_if["rho"].max())
    ax.set_ylim(0, None)
    ax.set_xlabel("Correlation of answers within a school", color=style.QUIET, size=style.SMALL)
    _inner_scale(ax)
    return ax


def _name_end(ax: Axes, end: pd.Series) -> None:
    said = f"cv {end['cv']:g}: deff {end['deff']:.1f}"
    ax.annotate(
        said,
        (end["rho"], 100 * end["width"]),
        (6, 0),
        textcoords="offset points",
        va="center",
        size=style.SMALL,
        annotation_clip=False,
    )


def _inner_scale(ax: Axes) -> None:
    """Write the vertical scale inside the axes, over its own grid lines."""
    ax.grid(axis="y", color=style.TRACK)
    ax.yaxis.set_major_locator(style.whole_numbers())
    ax.tick_params(axis="y", length=0, pad=0)
    for tick in ax.get_yticklabels():
        tick.set(ha="left", va="bottom", color=style.QUIET, size=style.SMALL)
    style.anchor_ends(ax)
