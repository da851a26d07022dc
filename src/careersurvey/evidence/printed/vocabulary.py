"""What words mean as numbers: the declared table of readings, and files that replace its rows."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
#: Words before a figure that change nothing.
FILLERS = ("only", "just", "exactly", "precisely", "a total of", "a mere", "fully", "n =")
# Signs, and what stands behind a figure, with the words before it that mean the same.
_SIGNS = {
    **{">": "over", "> =": "at least", "≥": "at least", "<": "under", "< =": "at most"},
    **{"≤": "at most", "~": "about", "≈": "about"},
    **dict.fromkeys(("c", "c .", "ca", "ca .", "approx", "approx ."), "about"),
}
_BEHIND = {
    **dict.fromkeys(("or more", "or over", "or above", "plus", "+"), "at least"),
    **dict.fromkeys(("or fewer", "or less", "or under", "or below"), "at most"),
    "or so": "about",
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


#: Wordings by their first word, the longest first, each with its words and what they mean.
Lexicon = Mapping[str, Sequence[tuple[list[str], Any]]]


class Vocabulary:
    """Rows by wording, one dictionary a kind; a vocabulary is equal to itself alone.

    A wide one has the wide range of every row for its range, and knows the one that it widens.
    """

    def __init__(self, rows: Iterable[Wording], widens: Vocabulary | None = None) -> None:
        self.rows, self.widens = tuple(rows), widens
        kinds: dict[str, dict[str, Wording]] = {"point": {}, "hedge": {}, "quantifier": {}}
        for row in self.rows:
            kinds[row.kind][row.wording] = row
        self.points, self.hedges, self.quantifiers = kinds.values()

    @cached_property
    def wide(self) -> Vocabulary:
        """The same words, each with its wide range."""
        return Vocabulary(
            [row._replace(low=row.wide_low, high=row.wide_high) for row in self.rows], widens=self
        )

    @cached_property
    def shares(self) -> Lexicon:
        """Points of the scale of everyday fractions, which can be hedged."""
        return _lexicon({each: row.low for each, row in self.points.items() if each not in WHOLE})

    @cached_property
    def alone(self) -> Lexicon:
        """What is a whole figure: all, none, a quantifier with whatever article before it."""
        bare = {
            each.removeprefix(article): row
            for article in ("the ", "a ")
            for each, row in self.quantifiers.items()
            if each.startswith(article)
        }
        plain = dict.fromkeys(RESIDUAL, ("residual", None)) | {"both": ("pair", 2)}
        plain |= {each: ("whole", number) for each, number in WHOLE.items()}
        return _lexicon(bare | plain | self.quantifiers)

    @cached_property
    def before(self) -> Lexicon:
        """What leads to a figure: a hedge, a side such as ``>=``, or nothing that changes it."""
        leads = dict.fromkeys(FILLERS, "") | self._leads
        return _lexicon({sign: self._leads[words] for sign, words in _SIGNS.items()} | leads)

    @cached_property
    def behind(self) -> Lexicon:
        """What stands behind a figure and means what a word before it does."""
        return _lexicon({behind: self._leads[words] for behind, words in _BEHIND.items()})

    @cached_property
    def _leads(self) -> dict[str, Wording | str]:
        hedges = {each.removesuffix(" x"): row for each, row in self.hedges.items() if " " in each}
        return ONE_SIDED | hedges

    def neighbours(self, share: Exact) -> tuple[Exact, Exact]:
        """Points of the scale next below and above a share, which need not be on it."""
        below, above = bisect_left(self._scale, share), bisect_right(self._scale, share)
        points = (*self._scale, share)
        return points[below - 1] if below else share, points[above]

    @cached_property
    def _scale(self) -> list[Fraction]:
        return sorted(row.low for row in self.points.values())


def find(lexicon: Lexicon, words: list[str], at: int) -> Iterator[tuple[Any, int]]:
    """What the wordings that begin at a word mean, each with the word after it."""
    for wording, said in lexicon.get(words[at], ()):
        end = at + len(wording)
        if words[at:end] == wording:
            yield said, end


def _lexicon(wordings: Mapping[str, Any]) -> Lexicon:
    told = [(wording.replace("-", " ").split(" "), said) for wording, said in wordings.items()]
    lexicon = defaultdict(list)
    for words, said in sorted(told, key=lambda each: -len(each[0])):
        lexicon[words[0]].append((words, said))
    return lexicon


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """Lower case, with one kind of dash and of space, and no closing punctuation."""
    text = re.sub(r"(?<=\d)(?=[¼-¾⅐-⅞])", " ", text)
    text = unicodedata.normalize("NFKC", text).casefold().replace("⁄", "/").replace("’", "'")
    text = re.sub(r"[‐-―−]", "-", text)
    text = re.sub(r"(?<![\w.])\.(?=\d)", "0.", " ".join(text.split()))
    return text.strip(" .,;:'\"‘’“”*†‡").replace("sizable", "sizeable")


def load_readings(path: str | Path | None = None) -> Vocabulary:
    """Load the declared table of readings, overridden and extended by a given file."""
    declared = shared_data() / "readings.csv"
    given = [] if path is None else [_given_path(Path(path))]
    return _vocabulary(*((file, _state(file)) for file in (declared, *given)))


@lru_cache(maxsize=16)
def _vocabulary(*files: tuple[Path, tuple]) -> Vocabulary:
    rows = {row.wording: row for path, _ in files for row in _rows(path)}
    return Vocabulary(rows.values())


def _given_path(path: Path) -> Path:
    """A file from the working directory, or else from the project or what is shipped."""
    tried = [path, project_root() / path, shared_data().parent / path, shared_data() / path]
    return next((each for each in tried if each.is_file()), path)


def _state(path: Path) -> tuple[int, int]:
    """What tells that a file is another than it was."""
    about = path.stat() if path.is_file() else None
    return (about.st_mtime_ns, about.st_size) if about else (0, 0)


def _rows(path: Path) -> Iterable[Wording]:
    """Rows of one file, each checked; ends that are no number stop at their rule."""
    _, lines = read_rows(path, COLUMNS)
    rows = {line: _wording(cells) for line, cells in lines.items()}
    times = Counter(row.wording for row in rows.values())
    for what, expected, fails in _RULES:
        failing = [line for line, row in rows.items() if fails(row, times)]
        if failing:
            raise _refusal(path, lines, failing, what, expected)
    return rows.values()


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
