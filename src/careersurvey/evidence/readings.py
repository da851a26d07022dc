"""What a printed wording can mean: exact intervals of shares, and whole counts on a known base.

The rules are set out in ``docs/readings.md``; what words mean as numbers is data, in
``data/readings.csv``, which a file given to :func:`load_readings` can replace wording by wording.
All arithmetic is in exact fractions: 57 of 200 is 28.5%, which floating point puts below it.
"""

from __future__ import annotations

import csv
import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from careersurvey.errors import ReadingError

COLUMNS = ("wording", "low", "high", "wide_low", "wide_high", "source")
FORMS = (
    "count",
    "count_percent",
    "percent",
    "fraction",
    "words",
    "number",
    "rank",
    "money",
    "date",
    "text",
)

# Plain words stand at none, half and all, so a vaguer word that reaches to one of them stops short.
_PLAIN_POINTS = (Fraction(0), Fraction(1, 2), Fraction(1))

_ONE_SIDED = {
    "over": ">",
    "more than": ">",
    "well over": ">",
    "above": ">",
    "in excess of": ">",
    "at least": ">=",
    "a minimum of": ">=",
    "no fewer than": ">=",
    "no less than": ">=",
    "not less than": ">=",
    "under": "<",
    "less than": "<",
    "fewer than": "<",
    "well under": "<",
    "below": "<",
    "up to": "<=",
    "at most": "<=",
    "a maximum of": "<=",
    "no more than": "<=",
    "not more than": "<=",
}
_FILLERS = ("only", "just", "exactly", "precisely", "a total of")
_WHOLE = {
    "all": "all",
    "every": "all",
    "every one": "all",
    "each": "all",
    "everyone": "all",
    "always": "all",
    "none": "none",
    "no": "none",
    "not one": "none",
    "no one": "none",
    "nobody": "none",
    "neither": "none",
    "never": "none",
    "both": "both",
}
_RESIDUAL = ("the other", "the others", "the rest", "the remainder", "the remaining")


def _words(text: str) -> list[str]:
    return text.split()


_UNITS = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety")
_NUMBER_WORDS = {word: n for n, word in enumerate(_UNITS)} | {
    word: 10 * n for n, word in enumerate(_TENS, start=2)
}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SCALE_SIGNS = {"m": 1_000_000, "bn": 1_000_000_000, "k": 1_000}
_PARTS = {
    name: n
    for n, names in enumerate(
        (
            "half halves",
            "third thirds",
            "quarter quarters fourth fourths",
            "fifth fifths",
            "sixth sixths",
            "seventh sevenths",
            "eighth eighths",
            "ninth ninths",
            "tenth tenths",
            "eleventh elevenths",
            "twelfth twelfths",
        ),
        start=2,
    )
    for name in names.split()
} | {"twentieth": 20, "twentieths": 20, "hundredth": 100, "hundredths": 100}
_ORDINALS = {
    word: n
    for n, word in enumerate(
        _words("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"),
        start=1,
    )
}
_MONTHS = {
    name: n
    for n, name in enumerate(
        _words(
            "january february march april may june july august september october november december"
        )
    )
}
# First month, counted from January of the printed year as 0, and how many months.
_SEASONS = {"spring": (2, 3), "summer": (5, 3), "autumn": (8, 3), "winter": (11, 3)}

_NUMBER = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?: ?(million|billion|thousand|bn|m|k))?")
_PERCENT = re.compile(r"(.+?) ?(?:%|per cent|percent)")
_IN_EACH = re.compile(r"(.+?) (?:in|out of)(?: every)? (.+)")
_COUNT_PERCENT = re.compile(r"(.+?) ?[(\[](.+?)[)\]]")
_RANGE = re.compile(r"between (.+?) and (.+)|(?:from )?(.+?) to (.+)|(\S+?)-(\d\S*)")
_OF_THE = re.compile(r" (?:out )?of(?: (?:the|these|those|them|all|its|their|our|\d[\d,]*)\b.*)?$")
_ALL_EXCEPT = re.compile(r"all (?:except|but|bar)(?: for)? (.+)")
_DATE_RANGE = re.compile(r"between (.+?) and (.+)|(.+?) (?:to|and|-) (.+)")
_DATE_LEAD = re.compile(r"^(?:in|on|from|since|by|until|during|the year|the) ")
_DAY_MONTH_YEAR = re.compile(r"(?:\d{1,2} )?([a-z]+) (\d{4}|\d{2})")
_SPLIT_YEAR = re.compile(r"(\d{4})[/-](\d{2}|\d{4})")


class Counts(NamedTuple):
    """Whole counts from `low` to `high`, both included; `high` is None where there is no end."""

    low: int
    high: int | None


@dataclass(frozen=True)
class Span:
    """An exact interval: of shares, or of the number itself for a printed decimal number.

    Parameters
    ----------
    low, high : Fraction
        The ends; `high` is None where there is no upper end.
    low_open, high_open : bool
        Whether the end itself is left out.
    """

    low: Fraction
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True)
class Reading:
    """What one printed wording can mean.

    Parameters
    ----------
    share : Span or None
        Shares of the base, from 0 to 1; None for a count on an unknown base.
    counts : Counts or None
        Whole counts; None for a share of an unknown base.
    point : Fraction or None
        The share, or decimal number, that is printed; None where a count or only words are.
    exact : bool
        False where an exact wording meets no whole count ("half" of 55), or where a printed count
        and percentage disagree. The nearest counts are then read.
    vague : bool
        True for verbal quantifiers, ranges and one-sided wordings, which have no point estimate.
    residual : bool
        True for "the other": the base less its printed siblings, which the caller knows.
    note : str
        What a reader should be told about the reading; empty where there is nothing to tell.
    """

    share: Span | None = None
    counts: Counts | None = None
    point: Fraction | None = None
    exact: bool = True
    vague: bool = False
    residual: bool = False
    note: str = ""


@dataclass(frozen=True)
class Wording:
    """One row of a table of readings, in shares or, for a hedge, in steps to the next point."""

    wording: str
    low: Fraction
    high: Fraction
    wide_low: Fraction
    wide_high: Fraction
    source: str

    @property
    def kind(self) -> str:
        """`hedge`, `point` of the scale of everyday fractions, or `quantifier`."""
        if self.wording in ("x", "x%") or self.wording.endswith(" x"):
            return "hedge"
        ends = {self.low, self.high, self.wide_low, self.wide_high}
        return "point" if len(ends) == 1 else "quantifier"


@dataclass(frozen=True)
class ReadingTable:
    """The declared wordings, by kind.

    Parameters
    ----------
    hedges, points, quantifiers : dict of str to Wording
        Rows by wording; a hedge's wording ends in ``x``, which stands for what is hedged.
    """

    hedges: dict[str, Wording]
    points: dict[str, Wording]
    quantifiers: dict[str, Wording]

    @property
    def rows(self) -> tuple[Wording, ...]:
        """All rows: points, hedges, quantifiers."""
        return (*self.points.values(), *self.hedges.values(), *self.quantifiers.values())


class _Meaning(NamedTuple):
    """A wording before its base is known: an interval of shares or of numbers."""

    kind: str  # number, percent, fraction, quantifier, whole, except, residual
    span: Span
    anchor: Fraction | None = None  # what is printed, where a number is
    exact: bool = False  # whether the wording claims one exact value
    vague: bool = False


# ---- tables -------------------------------------------------------------------------------------


def load_readings(path: str | Path | None = None) -> ReadingTable:
    """Declared table of readings, overridden and extended by the rows of a given file.

    Parameters
    ----------
    path : path, optional
        A CSV file with the columns of ``data/readings.csv``. A wording that it shares with the
        declared table replaces that row; any other is added.

    Returns
    -------
    ReadingTable

    Raises
    ------
    ReadingError
        The file is missing or not text; a column is missing; a wording is empty or there twice; an
        end is not a number; a range is the wrong way round, wider than its wide range, or a share
        outside 0 to 1.
    """
    declared = _declared_rows()
    if path is None:
        return _table(declared)
    return _table(declared | _read_rows(Path(path)))


def _declared_path() -> Path:
    """``data/readings.csv`` of the project that this package stands in."""
    starts = (Path(__file__).resolve(), Path.cwd() / "here")
    places = [parent / "data" / "readings.csv" for start in starts for parent in start.parents]
    return next((place for place in places if place.is_file()), places[0])


@lru_cache(maxsize=1)
def _declared_rows() -> dict[str, Wording]:
    return _read_rows(_declared_path())


@lru_cache(maxsize=1)
def _declared_table() -> ReadingTable:
    return load_readings()


def _table(rows: dict[str, Wording]) -> ReadingTable:
    def of(kind: str) -> dict[str, Wording]:
        return {wording: row for wording, row in rows.items() if row.kind == kind}

    return ReadingTable(of("hedge"), of("point"), of("quantifier"))


def _read_rows(path: Path) -> dict[str, Wording]:
    """Rows of a table of readings by wording, each checked."""
    lines = _lines(path)
    _refuse(path, lines, _is_nameless, "have no wording", "a wording in every row")
    _refuse(path, lines, _is_repeated(lines), "repeat a wording", "each wording once")
    _refuse(path, lines, _is_not_numeric, "have an end that is not a number", "1/4, 0.25 or -1")
    rows = [(number, _wording(cells)) for number, cells in lines]
    _refuse(path, rows, _is_reversed, "have a low end above the high end", "low no more than high")
    _refuse(path, rows, _is_wider, "reach beyond their wide range", "the wide range contains it")
    _refuse(path, rows, _is_no_share, "are not shares", "ends from 0 to 1")
    return {row.wording: row for _, row in rows}


def _lines(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Cells of each row with the number of its line in the file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            found = tuple(reader.fieldnames or ())
            lines = [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise ReadingError(
            f"{path.name}: the table of readings cannot be opened.",
            found=error.strerror,
            where=path,
            do="give the path of a CSV file with the columns " + ", ".join(COLUMNS),
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ReadingError(
            f"{path.name}: the table of readings is not CSV text in UTF-8.",
            found=error,
            where=path,
            do="save it as CSV in UTF-8",
        ) from None
    if set(found) != set(COLUMNS):
        raise ReadingError(
            f"{path.name}: the columns are not those of a table of readings.",
            found=", ".join(found) or "no columns",
            expected=", ".join(COLUMNS),
            where=path,
            do="name the columns as expected, and no others",
        )
    return [(number, _cleaned(row)) for number, row in lines]


def _cleaned(row: dict[str, str]) -> dict[str, str]:
    cells = {name: str(row[name] or "").strip() for name in COLUMNS}
    return cells | {"wording": _normal(cells["wording"])}


def _wording(cells: dict[str, str]) -> Wording:
    ends = [_exact_number(cells[name]) for name in COLUMNS[1:5]]
    return Wording(cells["wording"], *ends, cells["source"])


def _exact_number(text: str) -> Fraction | None:
    """A fraction or a decimal, exactly; None where the text is neither."""
    try:
        return Fraction(text.replace(" ", ""))
    except (ValueError, ZeroDivisionError):
        return None


def _refuse(
    path: Path, rows: list[tuple[int, object]], fails: Callable, what: str, expected: str
) -> None:
    """Raise for the rows that fail a rule, if any do."""
    failing = [(number, row) for number, row in rows if fails(row)]
    if not failing:
        return
    named = ", ".join(str(number) for number, _ in failing[:5])
    raise ReadingError(
        f"{path.name}: {len(failing)} of {len(rows)} wordings {what}.",
        found="; ".join(_row_text(row) for _, row in failing[:5]),
        expected=expected,
        where=f"{path.name} rows {named}" + (", ..." if len(failing) > 5 else ""),
        do="correct these rows of the table of readings",
    )


def _row_text(row: Wording | dict[str, str]) -> str:
    get = row.get if isinstance(row, dict) else lambda name: getattr(row, name)
    return f"{get('wording')!r}: " + ", ".join(str(get(name)) for name in COLUMNS[1:5])


def _is_nameless(cells: dict[str, str]) -> bool:
    return not cells["wording"]


def _is_repeated(lines: Iterable[tuple[int, dict[str, str]]]) -> Callable:
    wordings = [cells["wording"] for _, cells in lines]
    return lambda cells: wordings.count(cells["wording"]) > 1


def _is_not_numeric(cells: dict[str, str]) -> bool:
    return any(_exact_number(cells[name]) is None for name in COLUMNS[1:5])


def _is_reversed(row: Wording) -> bool:
    return row.low > row.high or row.wide_low > row.wide_high


def _is_wider(row: Wording) -> bool:
    return row.low < row.wide_low or row.high > row.wide_high


def _is_no_share(row: Wording) -> bool:
    return row.kind != "hedge" and (row.wide_low < 0 or row.wide_high > 1)


# ---- reading ------------------------------------------------------------------------------------


def read(
    reported: str,
    form: str,
    base_n: int | None = None,
    *,
    table: ReadingTable | None = None,
    wide: bool = False,
) -> Reading:
    """Shares and whole counts that a printed wording can mean.

    Parameters
    ----------
    reported : str
        The wording as printed, such as ``142 (8%)`` or ``just over three quarters``.
    form : str
        The printed form: one of `FORMS`. A ``date`` counts months since year 0, a ``rank`` is its
        position, ``money`` whole pounds; ``text`` has no reading.
    base_n : int, optional
        How many the share is of, where that is known.
    table : ReadingTable, optional
        What words mean as numbers; the declared table by default.
    wide : bool
        Use the wide ranges of the table.

    Returns
    -------
    Reading

    Raises
    ------
    ReadingError
        The wording is not known, is of another form, or counts more than its base.
    """
    if form not in FORMS:
        raise ReadingError(
            f"{form!r} is not a printed form.", found=form, expected=", ".join(FORMS)
        )
    if base_n is not None and base_n < 0:
        raise ValueError(f"base_n is {base_n}; a base is not negative")
    table = table or _declared_table()
    reading = _READERS[form](reported, form, base_n, table, wide)
    if wide and reading.counts is not None:
        return _containing(reading, read(reported, form, base_n, table=table))
    return reading


def _containing(wide: Reading, declared: Reading) -> Reading:
    """The wide reading, stretched where the nearest count to a wording lies outside it."""
    (low, high), (least, most) = wide.counts, declared.counts
    end = None if high is None or most is None else max(high, most)
    return replace(wide, counts=Counts(min(low, least), end))


def _read_text(
    reported: str, form: str, base_n: int | None, table: ReadingTable, wide: bool
) -> Reading:
    return Reading()


def _read_wording(
    reported: str, form: str, base_n: int | None, table: ReadingTable, wide: bool
) -> Reading:
    """Reading of counts, numbers, percentages, fractions and quantifiers."""
    text = _normal(reported)
    phrases = dict.fromkeys((text, _OF_THE.sub("", text)))
    meanings = [m for phrase in phrases if (m := _meaning(phrase, table, wide))]
    if not meanings:
        raise _unknown(reported, form, table)
    fitting = [meaning for meaning in meanings if meaning.kind in _KINDS[form]]
    if not fitting:
        raise _of_another_form(reported, form, meanings[0])
    return _on_base(fitting[0], reported, base_n)


_KINDS = {
    "count": ("number", "pair", "whole", "except", "residual"),
    "number": ("number", "decimal"),
    "percent": ("percent",),
    "fraction": ("fraction",),
    "words": ("quantifier", "pair", "whole", "except", "residual"),
}


def _of_another_form(reported: str, form: str, meaning: _Meaning) -> ReadingError:
    fitting = [name for name, kinds in _KINDS.items() if meaning.kind in kinds]
    return ReadingError(
        f"{reported!r} is not of the form {form!r}.",
        found=f"a wording of the kind {meaning.kind!r}",
        expected=" or ".join(repr(kind) for kind in _KINDS[form]),
        do=f"give it the form {' or '.join(fitting)}",
    )


def _unknown(reported: str, form: str, table: ReadingTable) -> ReadingError:
    """An error that names a wording that is not known, and what is known nearby."""
    known = [row.wording for row in table.rows]
    known += [*(f"{word} x" for word in _ONE_SIDED), *_WHOLE, *_RESIDUAL]
    near = get_close_matches(_normal(reported), known, n=4, cutoff=0.5)
    return ReadingError(
        f"{reported!r} is not a wording that the tables of readings know.",
        found=f"{reported!r} of the form {form!r}",
        expected=f"a known wording; nearby are {', '.join(near)}" if near else "a known wording",
        do="write the figure phrase only, or add the wording to data/readings.csv with its ranges",
    )


# ---- words to intervals -------------------------------------------------------------------------


def _normal(text: str) -> str:
    """Lower case, one kind of dash and space, no closing punctuation."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("⁄", "/")
    text = re.sub(r"[‐-―−]", "-", text)
    return re.sub(r"\s+", " ", text).strip(" .,;:'\"‘“”")


def _meaning(text: str, table: ReadingTable, wide: bool) -> _Meaning | None:
    """What a wording means before its base is known; None where it is not known."""
    if text in table.quantifiers:
        return _quantifier(table.quantifiers[text], wide)
    return (
        _whole(text)
        or _hedged(text, table, wide)
        or _one_sided(text, table)
        or _core(text, table, wide)
        or _range(text, table)
        or _unfilled(text, table, wide)
    )


def _unfilled(text: str, table: ReadingTable, wide: bool) -> _Meaning | None:
    """A wording behind "only", "just" or "exactly", which change nothing."""
    for filler in _FILLERS:
        if text.startswith(filler + " "):
            return _meaning(text[len(filler) + 1 :], table, wide)
    return None


def _quantifier(row: Wording, wide: bool) -> _Meaning:
    """A verbal quantifier: its declared range of shares.

    None, half and all have words of their own, so an end there is left out; the wide range takes
    none in, since "few" may be said of none.
    """
    low, high = (row.wide_low, row.wide_high) if wide else (row.low, row.high)
    low_open = low in _PLAIN_POINTS and low < high and not (wide and low == 0)
    return _Meaning(
        "quantifier", Span(low, high, low_open, high in _PLAIN_POINTS and low < high), vague=True
    )


def _whole(text: str) -> _Meaning | None:
    """All, none, both, all except some, and the residual."""
    if text in _RESIDUAL:
        return _Meaning("residual", Span(Fraction(0), Fraction(1)))
    if text in _WHOLE:
        share = {"all": Fraction(1), "none": Fraction(0)}.get(_WHOLE[text])
        if share is None:
            return _exactly("pair", Fraction(2))
        return _exactly("whole", share)
    except_ = _ALL_EXCEPT.fullmatch(text)
    left_out = _whole_number(except_[1]) if except_ else None
    return None if left_out is None else _exactly("except", Fraction(left_out))


def _exactly(kind: str, value: Fraction) -> _Meaning:
    return _Meaning(kind, Span(value, value), value, exact=True)


def _hedged(text: str, table: ReadingTable, wide: bool) -> _Meaning | None:
    """A number, percentage or fraction behind a hedge of the table."""
    for row in table.hedges.values():
        words = row.wording[:-1]  # "about x" without its x; "x" and "x%" stand for no hedge
        if words.endswith(" ") and text.startswith(words):
            meaning = _stepped(text[len(words) :], row, table, wide)
            if meaning is not None:
                return meaning
    return None


def _stepped(text: str, row: Wording, table: ReadingTable, wide: bool) -> _Meaning | None:
    """Interval round a printed value, in steps to the next value that would have been printed.

    On a whole step another plain wording stands (the value itself, or its neighbour), so an end
    there is left out; any other end is included.
    """
    kind, value, below, above = _value(text, table)
    if kind is None:
        return None
    low, high = (row.wide_low, row.wide_high) if wide else (row.low, row.high)
    ends = [value + step * (below if step < 0 else above) for step in (low, high)]
    is_open = [
        low != high and step.denominator == 1 and (step == 0 or end != value)
        for step, end in zip((low, high), ends, strict=True)
    ]
    span = Span(*ends, *is_open)
    return _Meaning(kind, _clipped(span, kind), value, exact=low == high)


def _clipped(span: Span, kind: str) -> Span:
    """A share between none and all; numbers are left as they are."""
    if kind not in ("percent", "fraction"):
        return span
    low, high = max(span.low, Fraction(0)), min(span.high, Fraction(1))
    return Span(low, high, span.low_open and low == span.low, span.high_open and high == span.high)


def _one_sided(text: str, table: ReadingTable) -> _Meaning | None:
    """At least, more than, at most, fewer than."""
    words = max((w for w in _ONE_SIDED if text.startswith(w + " ")), key=len, default=None)
    if words is None:
        return None
    kind, value, _, _ = _value(text[len(words) + 1 :], table)
    if kind is None:
        return None
    end = None if kind in ("number", "decimal") else Fraction(1)
    side = _ONE_SIDED[words]
    if side.startswith(">"):
        return _Meaning(kind, Span(value, end, low_open=side == ">"), value, vague=True)
    return _Meaning(kind, Span(Fraction(0), value, high_open=side == "<"), value, vague=True)


def _core(text: str, table: ReadingTable, wide: bool) -> _Meaning | None:
    """An unhedged number, percentage or fraction."""
    kind, value, _, unit = _value(text, table)
    if kind == "percent":
        return _rounded(kind, value, _percent_unit(text), table.hedges["x%"], wide)
    if kind == "decimal":
        return _rounded(kind, value, unit, table.hedges["x%"], wide)
    if kind == "fraction":
        return _stepped(text, table.hedges["x"], table, wide)
    return None if kind is None else _exactly(kind, value)


def _rounded(kind: str, value: Fraction, unit: Fraction, row: Wording, wide: bool) -> _Meaning:
    """Everything that rounds to a printed value: halves go up, or either way in the wide range."""
    low, high = (row.wide_low, row.wide_high) if wide else (row.low, row.high)
    span = Span(value + low * unit, value + high * unit, high_open=not wide and low < high)
    return _Meaning(kind, _clipped(span, kind), value, exact=True)


def _range(text: str, table: ReadingTable) -> _Meaning | None:
    """From one printed value to another, both included."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    first, second = (part for part in match.groups() if part)
    kind, high, _, _ = _value(second, table)
    if kind == "percent" and not _PERCENT.fullmatch(first):
        first += "%"
    kind_low, low, _, _ = _value(first, table)
    if kind is None or kind != kind_low or low > high:
        return None
    return _Meaning(kind, Span(low, high), vague=True)


# ---- values -------------------------------------------------------------------------------------

_NOTHING = (None, None, None, None)


def _value(text: str, table: ReadingTable) -> tuple:
    """Kind, value, and the steps to the next value below and above that would be printed."""
    percent = _PERCENT.fullmatch(text)
    if percent:
        number = _printed_number(percent[1])
        if number is None:
            return _NOTHING
        unit = max(number[1], number[2]) / 100
        return "percent", number[0] / 100, unit, unit
    share = _fraction(text, table)
    if share is not None:
        return "fraction", share, *_steps(share, table)
    number = _printed_number(text)
    if number is None:
        return _NOTHING
    value, precision, roundness = number
    if value.denominator != 1:
        return "decimal", value, precision, precision
    return "number", value, roundness, roundness


def _percent_unit(text: str) -> Fraction:
    """The last printed place of a percentage, as a share."""
    return _printed_number(_PERCENT.fullmatch(text)[1])[1] / 100


def _steps(share: Fraction, table: ReadingTable) -> tuple[Fraction, Fraction]:
    """Distance to the neighbours of a fraction on the scale of everyday fractions."""
    points = [row.low for row in table.points.values()]
    below = max((point for point in points if point < share), default=share)
    above = min((point for point in points if point > share), default=share)
    return share - below, above - share


def _fraction(text: str, table: ReadingTable) -> Fraction | None:
    """A share in words or figures: "two thirds", "one in five", "4 out of 5", "1/5"."""
    plain = text.replace("-", " ")
    if plain in table.points and plain not in _WHOLE:
        return table.points[plain].low
    match = _IN_EACH.fullmatch(plain) or re.fullmatch(r"(\d+)/(\d+)", plain)
    if match:
        return _ratio(_whole_number(match[1]), _whole_number(match[2]))
    *count, part = plain.split(" ")
    if part not in _PARTS or len(count) > 1:
        return None
    top = 1 if not count or count[0] in ("a", "an") else _whole_number(count[0])
    return None if not count and part != "half" else _ratio(top, _PARTS[part])


def _ratio(top: int | None, bottom: int | None) -> Fraction | None:
    if top is None or not bottom or top > bottom:
        return None
    return Fraction(top, bottom)


def _whole_number(text: str) -> int | None:
    number = _printed_number(text)
    return int(number[0]) if number and number[0].denominator == 1 else None


def _printed_number(text: str) -> tuple[Fraction, Fraction, Fraction] | None:
    """Value, last printed place, and printed roundness of a number in figures or words.

    Roundness is what a hedge is measured in: 100 for 1,700, 50 for 1,650 and 350, 10 for 70, 0 for
    1,082, which has no trailing zero and so is exact; the last printed place behind a decimal
    point or before "million".
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        value = _number_in_words(text)
        return None if value is None else (Fraction(value), Fraction(1), _roundness(value))
    digits, decimals, scale = match[1].replace(",", ""), match[2] or "", match[3]
    times = _SCALES.get(scale) or _SCALE_SIGNS.get(scale) or 1
    place = Fraction(1, 10 ** max(len(decimals) - 1, 0)) * times
    roundness = place if decimals else _roundness(int(digits)) * times
    return (
        Fraction(digits + decimals) * times,
        place,
        max(roundness, place) if scale or decimals else roundness,
    )


def _roundness(number: int) -> Fraction:
    """Unit that a number looks rounded to; 0 where it has no trailing zero."""
    stripped = str(number).rstrip("0")
    zeros = len(str(number)) - len(stripped)
    if zeros == 0 or not stripped:
        return Fraction(0)
    five = 5 if len(stripped) > 1 and stripped.endswith("5") else 1
    return Fraction(five * 10**zeros)


def _number_in_words(text: str) -> int | None:
    """A whole number in words: "fifty-five", "a hundred and five", "two thousand"."""
    words = [word for word in re.split(r"[ -]", text) if word != "and"]
    total, part = 0, None
    for word in words:
        if word in ("a", "an") and part is None and len(words) > 1:
            part = 1
        elif word in _NUMBER_WORDS:
            part = _joined(part, _NUMBER_WORDS[word])
        elif word in _SCALES and part:
            part, total = (
                (part * 100, total) if word == "hundred" else (0, total + part * _SCALES[word])
            )
        else:
            return None
        if part is None:
            return None
    return total + part if part is not None else None


def _joined(part: int | None, number: int) -> int | None:
    """Tens with units, or hundreds with what is below; None for words that do not add up."""
    if part in (None, 0):
        return number
    fits = part % 100 == 0 or (part % 10 == 0 and part % 100 >= 20 and 0 < number < 10)
    return part + number if fits else None


# ---- intervals to counts ------------------------------------------------------------------------


def _on_base(meaning: _Meaning, reported: str, base_n: int | None) -> Reading:
    """A reading, with the counts of a known base."""
    if meaning.kind == "residual":
        return Reading(residual=True)
    if meaning.kind == "percent" and meaning.anchor is not None and meaning.anchor > 1:
        raise ReadingError(
            f"{reported!r} is more than all of a base.",
            found=reported,
            expected="at most 100%",
            do="correct the figure, or give it the form text where it is no share",
        )
    if meaning.kind == "decimal":
        return Reading(meaning.span, point=meaning.anchor, vague=meaning.vague)
    if meaning.kind == "except":
        return _all_except(int(meaning.span.low), reported, base_n)
    if meaning.kind in ("number", "pair"):
        return _number_on_base(meaning, reported, base_n)
    if base_n is None:
        counts = Counts(0, 0) if meaning.kind == "whole" and meaning.span.high == 0 else None
        return Reading(meaning.span, counts, meaning.anchor, vague=meaning.vague)
    return _share_on_base(meaning, reported, base_n)


def _all_except(left_out: int, reported: str, base_n: int | None) -> Reading:
    if base_n is None:
        return Reading(note=f"all except {left_out:,} of an unknown base")
    _require_within(left_out, reported, base_n)
    n = base_n - left_out
    return Reading(_share(n, n, base_n), Counts(n, n))


def _number_on_base(meaning: _Meaning, reported: str, base_n: int | None) -> Reading:
    counts, met = _counts(meaning.span, meaning.anchor, None)
    note = "" if met else f"no whole number is {reported!r}; read as {_named(counts)}"
    if base_n is None:
        return Reading(counts=counts, vague=meaning.vague, note=note)
    _require_within(counts.low, reported, base_n)
    high = base_n if counts.high is None else min(counts.high, base_n)
    share = _share(counts.low, high, base_n)
    return Reading(share, Counts(counts.low, high), vague=meaning.vague, note=note)


def _share(low: int, high: int, base_n: int) -> Span | None:
    """Counts as shares of their base; None of an empty base."""
    return Span(Fraction(low, base_n), Fraction(high, base_n)) if base_n else None


def _require_within(n: int, reported: str, base_n: int) -> None:
    if n > base_n:
        raise ReadingError(
            f"{reported!r} exceeds its base: {n:,} of {base_n:,}.",
            found=f"{n:,}",
            expected=f"at most {base_n:,}",
            do="correct the figure, or the base that it is printed on",
        )


def _share_on_base(meaning: _Meaning, reported: str, base_n: int) -> Reading:
    span = meaning.span
    numbers = Span(span.low * base_n, span.high * base_n, span.low_open, span.high_open)
    anchor = None if meaning.anchor is None else meaning.anchor * base_n
    counts, met = _counts(numbers, anchor, base_n)
    note = "" if met else f"no whole count of {base_n:,} is {reported!r}; read as {_named(counts)}"
    exact = met or not meaning.exact
    return Reading(span, counts, meaning.anchor, exact=exact, vague=meaning.vague, note=note)


def _named(counts: Counts) -> str:
    return f"{counts.low:,}" if counts.low == counts.high else f"{counts.low:,} to {counts.high:,}"


def _counts(span: Span, anchor: Fraction | None, base_n: int | None) -> tuple[Counts, bool]:
    """Whole counts inside an interval, and whether there is one; else the counts nearest to it."""
    low = max(_least(span), 0)
    high = _greatest(span)
    if base_n is not None:
        high = min(high, base_n)
    if high is None or low <= high:
        return Counts(low, high), True
    return _nearest(span, anchor, base_n), False


def _least(span: Span) -> int:
    return math.floor(span.low) + 1 if span.low_open else math.ceil(span.low)


def _greatest(span: Span) -> int | None:
    if span.high is None:
        return None
    return math.ceil(span.high) - 1 if span.high_open else math.floor(span.high)


def _nearest(span: Span, anchor: Fraction | None, base_n: int | None) -> Counts:
    """Whole counts nearest to an interval that holds none, never on a side that it rules out."""
    low_barred = span.low_open and anchor in (None, span.low)
    high_barred = span.high_open and anchor in (None, span.high)
    below = math.ceil(span.low) - 1 if high_barred else math.floor(span.low)
    above = math.floor(span.high) + 1 if low_barred else math.ceil(span.high)
    sides = ((below, low_barred), (above, high_barred))
    options = [
        n for n, barred in sides if not barred and 0 <= n <= (n if base_n is None else base_n)
    ]
    options = options or [math.floor(span.low), math.ceil(span.high)]
    middle = (span.low + span.high) / 2 if anchor is None else anchor
    least = min(abs(n - middle) for n in options)
    nearest = [n for n in options if abs(n - middle) == least]
    return Counts(nearest[0], nearest[-1])


# ---- counts with percentages, money, dates, ranks -----------------------------------------------


def _read_count_percent(
    reported: str, form: str, base_n: int | None, table: ReadingTable, wide: bool
) -> Reading:
    """A printed count, held against the percentage that is printed with it."""
    match = _COUNT_PERCENT.fullmatch(_normal(reported))
    if match is None:
        raise _unknown(reported, form, table)
    count, percent = sorted(match.groups(), key=lambda part: bool(_PERCENT.fullmatch(part)))
    share = _read_wording(percent, "percent", None, table, wide).share
    counted = _read_wording(count, "count", base_n, table, wide)
    if counted.share is None:
        return replace(counted, share=share)
    if _overlap(counted.share, share):
        return counted
    note = f"{count} of {base_n:,} is {_as_percent(counted.share)}, not {percent}"
    return replace(counted, exact=False, note=note)


def _overlap(one: Span, other: Span) -> bool:
    """Whether two intervals share a point."""
    low, high = max(one.low, other.low), min(one.high, other.high)
    barred = any(
        (low == span.low and span.low_open) or (high == span.high and span.high_open)
        for span in (one, other)
    )
    return low < high or (low == high and not barred)


def _as_percent(share: Span) -> str:
    """A share for a note, to two places."""
    ends = dict.fromkeys(f"{float(100 * end):.2f}%" for end in (share.low, share.high))
    return " to ".join(ends)


def _read_money(
    reported: str, form: str, base_n: int | None, table: ReadingTable, wide: bool
) -> Reading:
    """Whole pounds."""
    text = _normal(reported)
    plain = text.replace("£", "")
    if "£" not in text:
        raise _unknown(reported, form, table)
    meaning = _meaning(plain, table, wide)
    if meaning is None or meaning.kind not in ("number", "decimal"):
        raise _unknown(reported, form, table)
    if meaning.exact:
        meaning = _stepped(plain, table.hedges["x"], table, wide) or meaning
    return _number_on_base(meaning, reported, base_n)


def _read_rank(
    reported: str, form: str, base_n: int | None, table: ReadingTable, wide: bool
) -> Reading:
    """Position in a ranked list, from 1."""
    text = _normal(reported).lstrip("#")
    position = _ORDINALS.get(text) or _whole_number(re.sub(r"(?<=\d)(st|nd|rd|th)$", "", text))
    if not position:
        raise _unknown(reported, form, table)
    if base_n is not None:
        _require_within(position, reported, base_n)
    return Reading(counts=Counts(position, position))


def _read_date(
    reported: str, form: str, base_n: int | None, table: ReadingTable, wide: bool
) -> Reading:
    """Months since year 0, twelve times the year with January as 0."""
    text = _normal(reported)
    match = _DATE_RANGE.fullmatch(text)
    parts = [part for part in match.groups() if part] if match else [text]
    months = [_months(_DATE_LEAD.sub("", part), wide) for part in parts]
    if None in months:
        raise _unknown(reported, form, table)
    return Reading(counts=Counts(min(m.low for m in months), max(m.high for m in months)))


def _months(text: str, wide: bool) -> Counts | None:
    """The months of one printed date: a year, a split year, a season, a month, or a day."""
    if re.fullmatch(r"\d{4}", text):
        return Counts(12 * int(text), 12 * int(text) + 11)
    split = _SPLIT_YEAR.fullmatch(text)
    if split:
        return _split_year(int(split[1]), split[2], wide)
    match = _DAY_MONTH_YEAR.fullmatch(text)
    if match is None:
        return None
    january = 12 * (int(match[2]) + (2000 if len(match[2]) == 2 else 0))
    if match[1] in _SEASONS:
        first, length = _SEASONS[match[1]]
        return Counts(january + first, january + first + length - 1)
    month = next((n for name, n in _MONTHS.items() if _abbreviates(match[1], name)), None)
    return None if month is None else Counts(january + month, january + month)


def _abbreviates(text: str, name: str) -> bool:
    return len(text) >= 3 and name.startswith(text)


def _split_year(year: int, ending: str, wide: bool) -> Counts | None:
    """The financial year, April to March; in the wide range the school year that may be meant."""
    if (year + 1) % 10 ** len(ending) != int(ending):
        return None
    april = 12 * year + _MONTHS["april"]
    return Counts(april, april + (16 if wide else 11))


_READERS = {
    **dict.fromkeys(_KINDS, _read_wording),
    "count_percent": _read_count_percent,
    "rank": _read_rank,
    "money": _read_money,
    "date": _read_date,
    "text": _read_text,
}
