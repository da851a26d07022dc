"""What words mean as numbers: the declared table of readings, and files that replace its rows."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from careersurvey.errors import ReadingError
from careersurvey.evidence.printed.numerals import Exact
from careersurvey.evidence.project import project_root, shared_data
from careersurvey.evidence.tables import read_rows

COLUMNS = ("wording", "low", "high", "wide_low", "wide_high", "source")
_END = re.compile(r"[+-]?\d{1,9}(\.\d{1,9}|/\d{1,9})?")

#: Words that stand before a figure and set one end only; there is nothing to declare about them.
ONE_SIDED = {
    **dict.fromkeys(("over", "more than", "well over", "above", "well above", "in excess of"), ">"),
    **dict.fromkeys(("greater than", "exceeding"), ">"),
    **dict.fromkeys(("at least", "at the very least", "a minimum of", "upwards of"), ">="),
    **dict.fromkeys(("no fewer than", "no less than", "not less than", "not fewer than"), ">="),
    **dict.fromkeys(("under", "less than", "fewer than", "well under", "below", "well below"), "<"),
    **dict.fromkeys(("up to", "at most", "at the most", "at the very most", "a maximum of"), "<="),
    **dict.fromkeys(("no more than", "not more than", "no higher than"), "<="),
}
#: Words for all and for none.
WHOLE = {
    **dict.fromkeys(("all", "every", "every one", "every single one", "each"), 1),
    **dict.fromkeys(("everyone", "everybody", "always"), 1),
    **dict.fromkeys(("none", "none at all", "no", "not one", "not a single one"), 0),
    **dict.fromkeys(("not a single", "nil", "no one", "nobody", "neither", "never"), 0),
}
RESIDUAL = ("the other", "the others", "the rest", "the remainder", "the remaining")
#: Words before a figure that change nothing.
FILLERS = ("only", "just", "exactly", "precisely", "a total of", "a mere", "fully", "n =")
# Signs, and what stands behind a figure, with the words before it that mean the same.
_SIGNS = {
    **{">": "over", "> =": "at least", "≥": "at least", "<": "under", "< =": "at most"},
    **{"≤": "at most", "~": "about", "≈": "about"},
    **dict.fromkeys(("c", "c .", "ca", "ca .", "approx", "approx ."), "about"),
}
_BEHIND = {
    **dict.fromkeys(("or more", "or over", "or above", "plus", "+", "at least"), "at least"),
    **dict.fromkeys(("or fewer", "or less", "or under", "or below", "at most"), "at most"),
    **dict.fromkeys(("or so", "or thereabouts"), "about"),
}


class Wording(NamedTuple):
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


#: Wordings by their first word, the longest first: all their words, and what they mean.
Lexicon = Mapping[str, list[tuple[list[str], Any]]]


class Vocabulary:
    """Rows by wording, one dictionary a kind; a wide one knows the one that it widens."""

    def __init__(self, rows: Iterable[Wording], widens: Vocabulary | None = None) -> None:
        self.rows, self.widens = tuple(rows), widens
        kinds: dict[str, dict[str, Wording]] = {"point": {}, "hedge": {}, "quantifier": {}}
        for row in self.rows:
            kinds[row.kind][row.wording] = row
        self.points, self.hedges, self.quantifiers = kinds.values()
        self.scale = sorted(row.low for row in self.points.values())
        leads: dict[str, Any] = ONE_SIDED | {
            hedge.removesuffix(" x"): row for hedge, row in self.hedges.items() if " " in hedge
        }
        signs = {sign: leads[words] for sign, words in _SIGNS.items()}
        before = signs | dict.fromkeys(FILLERS, "") | leads
        shares = {it: row.low for it, row in self.points.items() if it not in WHOLE}
        alone: dict[str, Any] = {
            wording.removeprefix(article): row
            for article in ("the ", "a ")
            for wording, row in self.quantifiers.items()
            if wording.startswith(article)
        }
        alone |= {words: ("whole", number) for words, number in WHOLE.items()}
        alone |= dict.fromkeys(RESIDUAL, ("residual", None)) | {"both": ("pair", 2)}
        alone |= self.quantifiers
        #: What leads to a figure: a hedge, a side such as ``>=``, or nothing that changes it.
        self.before = _lexicon(before)
        #: What stands behind a figure and means what a word before it does.
        self.behind = _lexicon({behind: leads[words] for behind, words in _BEHIND.items()})
        #: Points of the scale of everyday fractions, which can be hedged.
        self.shares = _lexicon(shares)
        #: What is a whole figure: all, none, a quantifier with whatever article before it.
        self.alone = _lexicon(alone)
        #: What a figure may begin with.
        self.wordings = [one.replace("-", " ") for one in (*before, *alone, *shares)]

    @cached_property
    def wide(self) -> Vocabulary:
        """The same words, each with its wide range."""
        wide = (row._replace(low=row.wide_low, high=row.wide_high) for row in self.rows)
        return Vocabulary(wide, widens=self)

    def neighbours(self, share: Exact) -> tuple[Exact, Exact]:
        """Points of the scale next below and above a share, which need not be on it."""
        below, above = bisect_left(self.scale, share), bisect_right(self.scale, share)
        return self.scale[below - 1] if below else share, (*self.scale, share)[above]


def find(lexicon: Lexicon, words: list[str], at: int) -> list[tuple[Any, int]]:
    """What the wordings that begin at a word mean, each with the word after it."""
    begun = lexicon.get(words[at], ())
    return [(it, at + len(said)) for said, it in begun if words[at : at + len(said)] == said]


def _lexicon(wordings: Mapping[str, Any]) -> Lexicon:
    told = {wording.replace("-", " "): meant for wording, meant in wordings.items()}
    lexicon = defaultdict(list)
    for wording in sorted(told, key=lambda each: -each.count(" ")):
        lexicon[wording.partition(" ")[0]].append((wording.split(" "), told[wording]))
    return lexicon


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """Lower case, one kind of dash and of space, no footnote mark and no closing punctuation."""
    if not text.isascii():
        text = re.sub(r"(?<=[\da-zA-Z%)])[²³¹⁰-⁹₀-₉①-⓿]++(?!⁄)", "", text)
        text = re.sub("[^¼-¾⅐-⅞]+", lambda each: unicodedata.normalize("NFKC", each[0]), text)
        text = re.sub(r"[‐-―−]", "-", text.replace("⁄", "/").replace("’", "'"))
    text = text.casefold()
    text = re.sub(r"(?<![\w.])\.(?=\d)", "0.", " ".join(text.split()))
    return text.strip(" .,;:'\"‘’“”*†‡").replace("sizable", "sizeable")


def load_readings(path: str | Path | None = None) -> Vocabulary:
    """Load the declared table of readings, overridden and extended by a given file."""
    files = [shared_data() / "readings.csv"]
    if path is not None:
        folders = (Path(), project_root(), shared_data().parent, shared_data())
        tried = [folder / path for folder in folders]
        files.append(next((each for each in tried if each.is_file()), tried[0]))
    return _vocabulary(*((file, file.is_file() and file.stat().st_mtime_ns) for file in files))


@lru_cache(maxsize=16)
def _vocabulary(*files: tuple[Path, int]) -> Vocabulary:
    """Rows of files in the state that they were last written in; later ones replace earlier."""
    rows = {row.wording: row for path, _ in files for row in _rows(path)}
    return Vocabulary(rows.values())


# What can be wrong with a row, given how often each wording is, and what is expected.
_FAULTS: Mapping[tuple[str, str], Callable[[Wording, Counter], bool]] = {
    ("have no wording", "a wording in every row"): lambda row, _: not row.wording,
    ("repeat a wording", "each wording once"): lambda row, times: times[row.wording] > 1,
    ("have an end that is not a number", "1/4, 0.25 or -1"): (
        lambda row, _: any(end is None for end in row[1:5])
    ),
    ("have a low end above the high end", "low no more than high"): (
        lambda row, _: row.low > row.high or row.wide_low > row.wide_high
    ),
    ("reach beyond their wide range", "a wide range that holds it"): (
        lambda row, _: row.low < row.wide_low or row.high > row.wide_high
    ),
    ("are not shares", "ends from 0 to 1"): (
        lambda row, _: (row.wide_low < 0 or row.wide_high > 1) and row.kind != "hedge"
    ),
}


def _rows(path: Path) -> list[Wording]:
    """Rows of one file; a fault of some is refused with the first five of them."""
    _, lines = read_rows(path, COLUMNS)
    rows = {line: _wording(cells) for line, cells in lines.items()}
    times = Counter(row.wording for row in rows.values())
    for (what, expected), is_fault in _FAULTS.items():
        failing = [line for line, row in rows.items() if is_fault(row, times)]
        if failing:
            named = failing[:5]
            cells = ([lines[n][name][:40] for name in COLUMNS[:5]] for n in named)
            told = (f"{normal(wording)!r}: {', '.join(ends)}" for wording, *ends in cells)
            raise ReadingError(
                f"{path.name}: {len(failing)} of {len(lines)} wordings {what}.",
                found="; ".join(told),
                expected=expected,
                where=f"{path.name} rows {', '.join(map(str, named))}"
                + ", ..." * (len(failing) > 5),
                do="correct these rows of the table of readings",
            )
    return list(rows.values())


def _wording(cells: Mapping[str, str]) -> Wording:
    ends = (_end(cells[name]) for name in COLUMNS[1:5])
    return Wording._make([normal(cells["wording"]), *ends, cells["source"]])


@lru_cache(maxsize=256)
def _end(text: str) -> Fraction | None:
    """A fraction or a decimal, exactly; None where the text is neither, or too long to be one."""
    try:
        return Fraction(text) if _END.fullmatch(text) else None
    except ZeroDivisionError:
        return None
