"""What words mean as numbers: the declared table of readings, and files that replace its rows."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from pathlib import Path

from careersurvey.errors import ReadingError
from careersurvey.evidence.project import project_root, shared_data
from careersurvey.evidence.tables import read_rows

COLUMNS = ("wording", "low", "high", "wide_low", "wide_high", "source")
_END = re.compile(r"[+-]?\d{1,9}(\.\d{1,9}|/\d{1,9})?")

#: Words that set one end only; there is nothing to declare about them.
ONE_SIDED = {
    **dict.fromkeys(("over", "more than", "well over", "above", "well above", "in excess of"), ">"),
    **dict.fromkeys(("at least", "a minimum of", "upwards of"), ">="),
    **dict.fromkeys(("no fewer than", "no less than", "not less than", "not fewer than"), ">="),
    **dict.fromkeys(("under", "less than", "fewer than", "well under", "below", "well below"), "<"),
    **dict.fromkeys(("up to", "at most", "a maximum of", "no more than", "not more than"), "<="),
}
#: Words for all and for none.
WHOLE = {
    **dict.fromkeys(("all", "every", "every one", "every single one", "each"), 1),
    **dict.fromkeys(("everyone", "everybody", "always"), 1),
    **dict.fromkeys(("none", "none at all", "no", "not one", "not a single one"), 0),
    **dict.fromkeys(("not a single", "nil", "no one", "nobody", "neither", "never"), 0),
}
RESIDUAL = ("the other", "the others", "the rest", "the remainder", "the remaining")
FILLERS = ("only ", "just ", "exactly ", "precisely ", "a total of ", "a mere ", "fully ")
_SIGNED = re.compile(r"[<>≤≥~≈+=]|percent|sizable|\d ?pc|\bca?\b|\bapprox\b|\bca?\d| or | plus")
_END_OF_FIGURE = r"( ?%| per cent|)(?= of\b|$)"
# What is printed in signs, or behind its number, in the words before it that mean the same.
_SIGNS = (
    (r"\bpercent\b|(?<=\d)pc\b|(?<=\d )pc\b", "per cent"),
    (r"\bsizable\b", "sizeable"),
    (r"^n ?= ?(?=\d)", ""),
    (r">=|≥", "at least "),
    (r"<=|≤", "at most "),
    (r">", "over "),
    (r"<", "under "),
    (r"[~≈]|\b(?:c|ca|approx)(?:\. ?| )(?=\w)|\bca?(?=\d)", "about "),
    (rf"^(.+?)(?: or (?:more|over|above)| plus){_END_OF_FIGURE}", r"at least \1\2"),
    (rf"^(.+?)\+{_END_OF_FIGURE}", r"at least \1\2"),
    (rf"^(.+?) or (?:fewer|less|under|below){_END_OF_FIGURE}", r"at most \1\2"),
    (rf"^(.+) or so{_END_OF_FIGURE}", r"about \1\2"),
)


@dataclass(frozen=True)
class Wording:
    """One row of a table of readings; a hedge ends in ``x``, which stands for what is hedged."""

    wording: str
    low: Fraction  # ends are shares; of a hedge, steps to the next value that would be printed
    high: Fraction
    wide_low: Fraction
    wide_high: Fraction
    source: str

    @property
    def kind(self) -> str:
        """`hedge`, `point` of the scale of everyday fractions, or `quantifier`."""
        if self.wording in ("x", "x%") or self.wording.endswith(" x"):
            return "hedge"
        is_point = self.wide_low == self.low == self.high == self.wide_high
        return "point" if is_point else "quantifier"

    def widened(self) -> Wording:
        """The row with its wide range for its range."""
        return replace(self, low=self.wide_low, high=self.wide_high)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Rows by wording, one dictionary a kind; a vocabulary is equal to itself alone.

    A wide one has the wide range of every row for its range, and knows the one that it widens.
    """

    points: dict[str, Wording]  # the scale of everyday fractions
    hedges: dict[str, Wording]  # "about x"; "x" and "x%" are a bare fraction and percentage
    quantifiers: dict[str, Wording]
    widens: Vocabulary | None = None

    @cached_property
    def wide(self) -> Vocabulary:
        """The same words, each with its wide range."""
        kinds = (self.points, self.hedges, self.quantifiers)
        points, hedges, quantifiers = (
            {wording: row.widened() for wording, row in kind.items()} for kind in kinds
        )
        return Vocabulary(points, hedges, quantifiers, widens=self)

    @property
    def rows(self) -> tuple[Wording, ...]:
        """All rows: points, hedges, quantifiers."""
        return (*self.points.values(), *self.hedges.values(), *self.quantifiers.values())

    def quantifier(self, words: str) -> Wording | None:
        """The row of a quantifier, whatever article stands before it."""
        tried = (words, f"a {words}", f"the {words}")
        return next((self.quantifiers[each] for each in tried if each in self.quantifiers), None)

    def neighbours(self, share: Fraction) -> tuple[Fraction, Fraction]:
        """Points of the scale next below and above a share, which need not be on it."""
        points = [row.low for row in self.points.values()]
        below = max((point for point in points if point < share), default=share)
        return below, min((point for point in points if point > share), default=share)


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """Lower case, with one kind of dash and of space, signs in words and no closing punctuation."""
    text = re.sub(r"(?<=\d)(?=[¼-¾⅐-⅞])", " ", text)
    text = unicodedata.normalize("NFKC", text).casefold().replace("⁄", "/")
    text = re.sub(r"[‐-―−]", "-", text)
    text = re.sub(r"(?<![\w.])\.(?=\d)", "0.", re.sub(r"\s+", " ", text))
    text = re.sub(r"(?<=[\d%]) - (?=\d)", "-", text).strip(" .,;:'\"‘’“”*†‡")
    if _SIGNED.search(text):
        for sign, words in _SIGNS:
            text = re.sub(sign, words, text)
    return re.sub(r" +", " ", text)


def load_readings(path: str | Path | None = None) -> Vocabulary:
    """Load the declared table of readings, overridden and extended by a given file."""
    declared = shared_data() / "readings.csv"
    given = [] if path is None else [_given_path(Path(path))]
    return _vocabulary(*((file, _state(file)) for file in (declared, *given)))


@lru_cache(maxsize=16)
def _vocabulary(*files: tuple[Path, tuple]) -> Vocabulary:
    rows = {wording: row for path, _ in files for wording, row in _rows(path).items()}
    kinds = ("point", "hedge", "quantifier")
    points, hedges, quantifiers = (
        {wording: row for wording, row in rows.items() if row.kind == kind} for kind in kinds
    )
    return Vocabulary(points, hedges, quantifiers)


def _given_path(path: Path) -> Path:
    """A file from the working directory, or else from the project or what is shipped."""
    tried = [path, project_root() / path, shared_data().parent / path, shared_data() / path]
    return next((each for each in tried if each.is_file()), path)


def _state(path: Path) -> tuple[int, int]:
    """What tells that a file is another than it was."""
    about = path.stat() if path.is_file() else None
    return (about.st_mtime_ns, about.st_size) if about else (0, 0)


def _rows(path: Path) -> dict[str, Wording]:
    """Rows of one file by wording, each checked; ends that are no number stop at their rule."""
    _, lines = read_rows(path, COLUMNS)
    rows = {line: _wording(cells) for line, cells in lines.items()}
    times = Counter(row.wording for row in rows.values())
    for what, expected, fails in _RULES:
        failing = [line for line, row in rows.items() if fails(row, times)]
        if failing:
            raise _refusal(path, lines, failing, what, expected)
    return {row.wording: row for row in rows.values()}


# What fails of a row, in words; what is expected; and the test, given how often each wording is.
_RULES: tuple[tuple[str, str, Callable[[Wording, Counter], bool]], ...] = (
    ("have no wording", "a wording in every row", lambda row, _: not row.wording),
    ("repeat a wording", "each wording once", lambda row, times: times[row.wording] > 1),
    (
        "have an end that is not a number",
        "1/4, 0.25 or -1",
        lambda row, _: None in (row.low, row.high, row.wide_low, row.wide_high),
    ),
    (
        "have a low end above the high end",
        "low no more than high",
        lambda row, _: row.low > row.high or row.wide_low > row.wide_high,
    ),
    (
        "reach beyond their wide range",
        "a wide range that holds it",
        lambda row, _: row.low < row.wide_low or row.high > row.wide_high,
    ),
    (
        "are not shares",
        "ends from 0 to 1",
        lambda row, _: row.kind != "hedge" and not 0 <= row.wide_low <= row.wide_high <= 1,
    ),
)


def _wording(cells: Mapping[str, str]) -> Wording:
    low, high, wide_low, wide_high = (_end(cells[name]) for name in COLUMNS[1:5])
    return Wording(normal(cells["wording"]), low, high, wide_low, wide_high, cells["source"])


@lru_cache(maxsize=256)
def _end(text: str) -> Fraction | None:
    """A fraction or a decimal, exactly; None where the text is neither, or too long to be one."""
    try:
        return Fraction(text) if _END.fullmatch(text) else None
    except ZeroDivisionError:
        return None


def _refusal(
    path: Path, lines: Mapping[int, Mapping[str, str]], failing: list[int], what: str, expected: str
) -> ReadingError:
    """An error that names the first five of the rows that fail a rule."""
    named = failing[:5]
    ends = {line: ", ".join(lines[line][name][:40] for name in COLUMNS[1:5]) for line in named}
    return ReadingError(
        f"{path.name}: {len(failing)} of {len(lines)} wordings {what}.",
        found="; ".join(f"{normal(lines[n]['wording'][:40])!r}: {ends[n]}" for n in named),
        expected=expected,
        where=f"{path.name} rows {', '.join(map(str, named))}{', ...' * (len(failing) > 5)}",
        do="correct these rows of the table of readings",
    )
