"""How every picture looks: the palette, the type, and the sheet that carries title and source.

Sizes are chosen for reading at about 720 pixels on a screen and at half of that on a phone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.ticker import MaxNLocator

# Government Analysis Function, in the order in which they are to be used.
NAVY, TEAL, PLUM, ORANGE = "#12436D", "#28A197", "#801650", "#F46A25"
ORANGE_TEXT = "#B3440B"
BLUES = ("#12436D", "#2073BC", "#6BACE6")
INK, QUIET, TRACK, PAPER = "#1F1F1F", "#595959", "#E8EBEE", "#FFFFFF"

WIDTH = 5.2
MARGIN = 0.1
TITLE, TEXT, SMALL = 13.0, 10.0, 9.0
_LEADING = 1.28 / 72
# A raster moves the pen by whole pixels, which makes a line up to this much longer.
_HINTING = 1.02

RC = {
    "axes.axisbelow": True,
    "axes.edgecolor": QUIET,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": PAPER,
    "font.family": "DejaVu Sans",
    "font.size": TEXT,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "path",
    "svg.hashsalt": "careersurvey",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": QUIET,
    "xtick.labelcolor": QUIET,
    "xtick.labelsize": SMALL,
    "ytick.labelcolor": INK,
    "ytick.labelsize": TEXT,
    "ytick.left": False,
}

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Words:
    """The words around a picture.

    Parameters
    ----------
    title : str
        The finding, in at most fifteen words.
    subtitle : str
        Measure, base, place and date.
    notes : tuple of str
        How to read the marks, the caution about sampling, and the source, a paragraph each.
    """

    title: str
    subtitle: str
    notes: tuple[str, ...] = ()


def styled(draw: Callable[_P, _T]) -> Callable[_P, _T]:
    """Draw with this project's settings, and leave matplotlib's own as they were."""

    @functools.wraps(draw)
    def in_style(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with matplotlib.rc_context(RC):
            return draw(*args, **kwargs)

    return in_style


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of one line of text, in inches, without kerning.

    Parameters
    ----------
    text : str
    size : float
        In points.
    weight : {"normal", "bold"}
    """
    return _HINTING * sum(_advance(character, weight) for character in text) * size / 72


@functools.cache
def _advance(character: str, weight: str) -> float:
    """How far a character moves the pen, as a part of the font's size."""
    face = get_font(findfont(FontProperties(family="DejaVu Sans", weight=weight)))
    face.set_size(100, 72)
    return face.load_char(ord(character), flags=LoadFlags.NO_HINTING).horiAdvance / 6400


def wrap(text: str, size: float, width: float = WIDTH - 2 * MARGIN, weight: str = "normal") -> str:
    """Break text into lines that are at most `width` inches wide.

    A single word that is wider keeps a line of its own.
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def text_height(text: str, size: float) -> float:
    """Height of text with its leading, in inches."""
    return (text.count("\n") + 1) * size * _LEADING if text else 0.0


def sheet(words: Words, body: float, below: float = 0.35, right: float = 0.0) -> Axes:
    """Lay out a page with title and subtitle above, notes below, and empty axes between.

    Nothing can collide, because every block of text is measured before the page is sized.

    Parameters
    ----------
    words : Words
    body : float
        Height of the axes, in inches.
    below : float
        Room for the horizontal axis, in inches.
    right : float
        Room for values beside the axes, in inches.

    Returns
    -------
    matplotlib.axes.Axes
        Axes of their own figure, which is `WIDTH` inches wide.
    """
    title = wrap(words.title, TITLE, weight="bold")
    subtitle = wrap(words.subtitle, TEXT)
    notes = "\n".join(wrap(note, SMALL) for note in words.notes if note)
    head = MARGIN + text_height(title, TITLE) + 0.05 + text_height(subtitle, TEXT) + 0.12
    foot = below + text_height(notes, SMALL) + MARGIN
    height = head + body + foot
    figure = Figure(figsize=(WIDTH, height))
    left = MARGIN / WIDTH
    down = MARGIN + text_height(title, TITLE) + 0.05
    figure.suptitle(
        title, x=left, y=1 - MARGIN / height, ha="left", va="top", size=TITLE, weight="bold"
    )
    spaced = {"ha": "left", "linespacing": 1.28 / 1.2 * 1.05}
    figure.text(left, 1 - down / height, subtitle, va="top", gid="subtitle", **spaced)
    figure.text(
        left, MARGIN / height, notes, va="bottom", size=SMALL, color=QUIET, gid="notes", **spaced
    )
    inner = WIDTH - 2 * MARGIN - right
    return figure.add_axes((left, foot / height, inner / WIDTH, body / height))


def share_axis(ax: Axes, upper: float = 1.0) -> None:
    """Give the horizontal axis percentages from 0, with the sign on the last one only."""
    step = 0.25 if upper > 0.5 else 0.1 if upper > 0.2 else 0.05
    ticks = [step * i for i in range(int(upper / step + 1e-9) + 1)]
    ax.set_xlim(0, upper)
    ax.set_xticks(ticks, [f"{tick:.0%}" for tick in ticks])
    anchor_ends(ax)
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=3)


def track(ax: Axes, height: float, thickness: float) -> None:
    """Lay a pale band from 0 to 100% under a row, notched at the quarters."""
    ax.barh(height, 1, height=thickness, color=TRACK, gid="track", zorder=0.5)
    ends = [height - thickness / 2, height + thickness / 2]
    ax.vlines((0.25, 0.5, 0.75), *ends, color=PAPER, linewidth=1, gid="notch", zorder=0.6)


def span(
    ax: Axes, height: float, low: float, high: float, thickness: float, colour: str, name: str
) -> None:
    """Draw a bar from 0, full up to `low` and hatched from there to `high`, where they differ."""
    ax.barh(height, low, height=thickness, color=colour, gid=f"bar-{name}")
    if high != low:
        hatched = {"facecolor": PAPER, "edgecolor": colour, "hatch": "/////", "linewidth": 0.8}
        ax.barh(height, high - low, left=low, height=thickness, gid=f"open-{name}", **hatched)


def beside(ax: Axes, height: float, value: str) -> None:
    """Write a row's number to the right of the axes."""
    ax.annotate(
        value,
        (1, height),
        (7, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        size=SMALL,
        annotation_clip=False,
    )


def anchor_ends(ax: Axes) -> None:
    """Keep the first and last tick labels within the width of the axes."""
    drawn = ax.get_xticklabels()
    if drawn:
        drawn[0].set_ha("left")
        drawn[-1].set_ha("right")


def label_above(ax: Axes, rows: list[float], names: list[str]) -> None:
    """Write row names as tick labels that stand on the given heights, from the left edge."""
    ax.set_yticks(rows, names)
    ax.tick_params(axis="y", length=0, pad=0)
    for name in ax.get_yticklabels():
        name.set(ha="left", va="bottom", linespacing=1.1)


def drawn_words(ax: Axes, part: str) -> str:
    """Read the title, the subtitle or the notes of a sheet as one line.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes made by `sheet`.
    part : {"title", "subtitle", "notes"}
    """
    if part == "title":
        text = ax.figure.get_suptitle()
    else:
        text = next(item.get_text() for item in ax.figure.texts if item.get_gid() == part)
    return " ".join(text.split())


def whole_numbers() -> MaxNLocator:
    """Ticks at a few whole numbers."""
    return MaxNLocator(nbins=5, integer=True)
