"""How every picture looks: sizes in pixels, colours, and a sheet that grows downwards."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.patches import Rectangle
from matplotlib.transforms import Affine2D

# On white: text 17 to 1, quiet 7, better 10, worse 5.8, thin lines 3.6; rules and tiles decorate.
INK, QUIET, RULE, TILE, PAPER = "#1d1d1d", "#505a5f", "#d5d9dc", "#eef0f2", "#ffffff"
GOOD, BAD, THIN = "#12436d", "#a8480b", "#768a9c"
PALE_GOOD, PALE_BAD = "#4a78a3", "#b65d28"
APART = "#cfe0ef"
DESK, NARROW = 720, 390
MOST = 40  # rows of a picture
TITLE, HEADING, TEXT, SMALL = 19, 14, 13, 12
_LEADING = 1.28
# A raster moves the pen by whole pixels, which makes a line up to this much longer.
_HINTING = 1.02
_FACE = "DejaVu Sans"
_LACKED = 1.3  # of the font's size: an emoji, the widest of the characters that the face lacks
# The face that lines are measured in is the widest: no text overflows where another stands in.
FACES = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"
#: How something is drawn, by matplotlib's names.
Look = dict[str, Any]
#: A bar of what is open, and the box of a word without a number, which is lighter than any bar.
HATCHED: Look = {"facecolor": PAPER, "edgecolor": GOOD, "linewidth": 1.2, "hatch": "////"}
WORD: Look = {"facecolor": PAPER, "edgecolor": THIN, "linewidth": 1.2, "linestyle": (0, (3, 2))}
LEFT: Look = HATCHED | {"edgecolor": THIN}
COULD_BE: Look = {"facecolor": "#e4e8eb"}
THEN: Look = {"facecolor": PAPER, "edgecolor": QUIET, "linewidth": 1.2}
HOLLOW: Look = {"facecolor": PAPER, "edgecolor": BAD, "linewidth": 2}
#: Marks as the key above a picture shows them: from where to where, how tall, and their look.
_KEYS: dict[str, tuple[float, float, float, Look]] = {
    "solid": (0, 20, 14, {}),
    "tick": (9, 12, 14, {"facecolor": QUIET}),
    "unsure": (9, 12, 14, {"facecolor": THIN}),
    "read": (7, 13, 14, {"facecolor": PAPER, "edgecolor": QUIET, "linewidth": 1.5}),
    "band": (0, 20, 14, {"facecolor": QUIET}),
    "open": (0, 20, 14, HATCHED),
    "word": (0, 20, 12, WORD),
    "hollow": (0, 20, 12, HOLLOW),
    "line": (0, 20, 2, {"facecolor": THIN}),
    "dark": (0, 20, 2, {"facecolor": INK}),
    "could be": (0, 20, 16, COULD_BE),
    "range": (0, 20, 12, {"facecolor": PAPER, "edgecolor": THIN, "linewidth": 1.8}),
    "apart": (0, 20, 14, {"facecolor": APART}),
    "tile": (0, 20, 14, {"facecolor": TILE}),
    "left": (0, 20, 12, LEFT),
    "then": (5, 15, 10, THEN),
}
RC: dict = {
    "figure.facecolor": PAPER,
    "font.family": _FACE,
    "hatch.linewidth": 1.2,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "none",
    "svg.hashsalt": "careersurvey",
    "text.parse_math": False,
}


@contextmanager
def nobodys_own() -> Iterator[None]:
    """Draw as matplotlib does by default, whatever a person's matplotlibrc says."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield


@dataclass(frozen=True)
class Words:
    """The words around a picture."""

    title: str  # the message, with its number, in at most fifteen words
    subtitle: str  # who, where and when
    notes: tuple[str, ...] = ()  # the caution and what else to know; the source
    key: tuple[tuple[str, str], ...] = ()  # marks that need a word, each with what it is
    heard: str = ""  # what it shows, for those who hear it


def heard(axes: Axes) -> str:
    """Say a picture: its title, and what it shows."""
    return f"{axes.get_label()}. {axes.get_figure(root=True).get_label()}"


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Pixels that a line takes, without kerning."""
    return _HINTING * sum(_advance(character, weight) for character in text) * size


@functools.cache
def _advance(character: str, weight: str) -> float:
    """How far a character moves the pen, as a part of the font's size."""
    face = FT2Font(findfont(FontProperties(family=_FACE, weight=weight)))
    if not face.get_char_index(ord(character)):
        return _LACKED
    face.set_size(100, 72)
    return face.load_char(ord(character), flags=LoadFlags.NO_HINTING).horiAdvance / 6400


_LONGEST, _SHORT = 20, 0.5  # letters of a word that is never broken; a last line, of the others
#: Blanks at which a line is broken: not "Year / 11" or "in / doubt".
_BLANK = re.compile(r"(?<!Year)(?<!doubt:)(?<!contradicted:) (?!doubt:)")


def wrap(text: str, size: float, width: float, weight: str = "normal") -> list[str]:
    """Break text into lines of at most `width` pixels, the last no stub where it need not be."""

    def over(line: str) -> bool:
        return text_width(line, size, weight) > width

    lines = [""]
    for word in _BLANK.split(text):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and over(longer):
            lines.append(word)
        else:
            lines[-1] = longer
        while len(word) > _LONGEST and len(last := lines[-1]) > 1 and over(last):
            fits = next(n for n in range(len(last) - 1, 0, -1) if n == 1 or not over(last[:n]))
            lines[-1:] = [last[:fits], last[fits:]]
    if len(lines) > 1 and text_width(lines[-1], size, weight) < _SHORT * width:
        narrower = wrap(text, size, 0.96 * width, weight)
        return narrower if len(narrower) == len(lines) else lines
    return lines


class Sheet:
    """A picture that grows downwards, in pixels: text is measured before what follows it."""

    def __init__(self, words: Words, narrow: bool = False) -> None:
        self.words, self.narrow = words, narrow
        self.width, self.left = (NARROW, 10) if narrow else (DESK, 14)
        self.right = self.width - self.left
        self.room = self.right - self.left  # pixels between the margins
        self.figure = Figure(figsize=(self.width / 72, 1))
        self.figure.set_label(words.heard)
        self.ax = self.figure.add_axes((0, 0, 1, 1), label=words.title)
        self.ax.axis("off")
        self.y = 12.0  # where the next thing goes
        self.parts = list[float]()  # where a printed page may end
        self.write(words.title, size=TITLE - 2 * narrow, weight="bold", gid="title")
        self.y += 5
        self.write(words.subtitle, color=QUIET, gid="subtitle")
        self.y += 12
        self._show(words.key)

    def text(
        self, x: float, y: float, text: str, width: float = 0, quiet: bool = False, **how: Any
    ) -> float:
        """Write from the top at `y`; return the height it took."""
        if not text:
            return 0
        small: Look = {"size": SMALL, "color": QUIET} if quiet else {}
        drawn: Look = (
            {"size": TEXT, "weight": "normal", "color": INK, "family": _FACE} | small | how
        )
        size = drawn["size"]
        broken = wrap(text, size, width, drawn["weight"]) if width else [text]
        for number, line in enumerate(broken):
            foot = y + size * (1 + _LEADING * number)
            self.ax.text(x, foot, line, parse_math=False, **drawn)
        return _LEADING * size * len(broken)

    def write(self, text: str, **how: Any) -> None:
        """Write a paragraph from margin to margin and go on below it."""
        self.y += self.text(self.left, self.y, text, self.room, **how)

    def _show(self, key: tuple[tuple[str, str], ...]) -> None:
        """Show each mark of a key with what it is, in as few lines as there is room for."""
        x, tallest = float(self.left), 0.0  # of the line that is begun
        for mark, said in key:
            wide = 48 + text_width(said, SMALL)
            if x > self.left and x + wide - 20 > self.right:
                x, self.y, tallest = self.left, self.y + tallest, 0.0
            low, high, tall, look = _KEYS[mark]
            self.box((x + low, x + high), self.y + 8, tall, gid="key", **look)
            told = self.text(x + 27, self.y, said, self.right - x - 27, quiet=True, gid="key")
            x, tallest = x + wide, max(tallest, 19 + told - SMALL * _LEADING)
        self.y += tallest + 3 * bool(key)

    def heading(self, text: str, note: str = "", color: str = INK) -> None:
        """Write a heading, and its note below it."""
        self.parts.append(self.y)
        self.y += 6
        how: Look = {"size": HEADING, "weight": "bold", "color": color, "gid": "heading"}
        self.write(text, **how)
        self.write(note, quiet=True)
        self.y += 4

    def most(self, lines: Any) -> Any:
        """Keep the first lines that a picture has room for, and say of how many they are."""
        if len(lines) > MOST:
            self.write(f"{MOST} of {len(lines):,}; all are in the table.", quiet=True, gid="most")
        return lines[:MOST]

    def box(
        self, ends: tuple[float, float], y: float, height: float, least: float = 3, **how: Any
    ) -> None:
        """Draw a bar about the middle `y`, never narrower than `least`; none of what is unknown."""
        if any(map(pd.isna, ends)):
            return
        low, high = min(ends), max(ends)
        grow = max(0, least - (high - low)) / 2
        look: Look = {"facecolor": GOOD, "edgecolor": "none", "linewidth": 0} | how
        corner = (low - grow, y - height / 2)
        self.ax.add_patch(Rectangle(corner, high - low + 2 * grow, height, **look))

    def line(self, xs: tuple[float, float], ys: tuple[float, float], **how: Any) -> None:
        """Draw a line; a rule of the grid unless said otherwise."""
        rule: Look = {"color": RULE, "linewidth": 1.0, "solid_capstyle": "butt", "zorder": 0}
        self.ax.plot(xs, ys, **rule | how)

    def dot(self, x: float, y: float, **how: Any) -> None:
        """Draw a mark."""
        mark: Look = {"marker": "o", "markersize": 9, "color": GOOD, "linestyle": "none"}
        self.ax.plot([x], [y], zorder=5, **mark | how)

    def axes(self, height: float, left: float, right: float) -> Axes:
        """Make axes of their own between the margins, and go on below them."""
        self.y += height
        upwards = Affine2D().scale(1, -1) + self.ax.transData
        place = (self.left + left, -self.y, self.room - left - right, height)
        return self.ax.inset_axes(place, transform=upwards)

    def close(self) -> Axes:
        """Write the notes, give the sheet its height, and a tick where it may be parted."""
        self.parts.append(self.y)
        self.y += 12
        for note in self.words.notes:
            self.write(note, quiet=True, gid="notes")
            self.y += 2
        tall = self.y + 10
        self.figure.set_size_inches(self.width / 72, tall / 72)
        self.ax.set(xlim=(0, self.width), ylim=(tall, 0), yticks=sorted({0, *self.parts[1:], tall}))
        return self.ax
