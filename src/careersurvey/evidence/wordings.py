"""What a wording means before its base is known: an exact interval of shares or of numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from careersurvey.evidence.numerals import fraction_in_words, printed_number, whole_number
from careersurvey.evidence.readings_table import ReadingTable, Wording

ONE_SIDED = {
    ">": ("over", "more than", "well over", "above", "in excess of"),
    ">=": ("at least", "a minimum of", "no fewer than", "no less than", "not less than"),
    "<": ("under", "less than", "fewer than", "well under", "below"),
    "<=": ("up to", "at most", "a maximum of", "no more than", "not more than"),
}
WHOLE = {
    1: ("all", "every", "every one", "each", "everyone", "always"),
    0: ("none", "no", "not one", "no one", "nobody", "neither", "never"),
}
RESIDUAL = ("the other", "the others", "the rest", "the remainder", "the remaining")
_FILLERS = ("only ", "just ", "exactly ", "precisely ", "a total of ")
_SIDES = {words: side for side, synonyms in ONE_SIDED.items() for words in synonyms}
_SHARES = {words: share for share, synonyms in WHOLE.items() for words in synonyms}

# Plain words stand at none, half and all, so a vaguer word that reaches to one of them stops short.
_PLAIN_POINTS = (Fraction(0), Fraction(1, 2), Fraction(1))

_PERCENT = re.compile(r"(.+?) ?(?:%|per cent|percent)")
_ALL_EXCEPT = re.compile(r"all (?:except|but|bar)(?: for)? (.+)")
_RANGE = re.compile(r"between (.+?) and (.+)|(?:from )?(.+?) to (.+)|(\S+?)-(\d\S*)")


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


class Meaning(NamedTuple):
    """A wording before its base is known.

    Parameters
    ----------
    kind : str
        `number`, `decimal`, `percent`, `fraction`, `quantifier`, `whole` (all or none), `pair`
        (both), `except` (all except so many) or `residual` (the other).
    span : Span
        Of shares or, for numbers, of the number.
    anchor : Fraction or None
        The value that is printed, where one is.
    exact : bool
        Whether the wording claims that value and no other.
    vague : bool
        Whether the wording has no point: quantifiers, ranges and one-sided wordings.
    """

    kind: str
    span: Span
    anchor: Fraction | None = None
    exact: bool = False
    vague: bool = False


class _Value(NamedTuple):
    """A printed value, its last place, and the steps to the next value below and above it."""

    kind: str
    value: Fraction
    place: Fraction
    below: Fraction
    above: Fraction


def is_percent(text: str) -> bool:
    """Whether a text ends in a percent sign or its words."""
    return _PERCENT.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def meaning(text: str, table: ReadingTable, *, wide: bool = False) -> Meaning | None:
    """Meaning of a wording in lower case; None where it is not known.

    Parameters
    ----------
    text : str
        As :func:`careersurvey.evidence.readings_table.normal` leaves it.
    table : ReadingTable
        What words mean as numbers.
    wide : bool
        Use the wide ranges.
    """
    if text in table.quantifiers:
        return _quantifier(table.quantifiers[text], wide)
    return (
        _whole(text)
        or _hedged(text, table, wide)
        or _one_sided(text, table)
        or _bare(text, table, wide)
        or _range(text, table)
        or _unfilled(text, table, wide)
    )


def sum_of_money(text: str, table: ReadingTable, *, wide: bool = False) -> Meaning | None:
    """Meaning of an amount without its currency sign; None where it is not known.

    A sum is counted in the coin that it is printed in, so a bare one is wide where a count is not.
    """
    found = meaning(text, table, wide=wide)
    if found is None or found.kind not in ("number", "decimal"):
        return None
    value = _value(text, table)
    return found if value is None else _stepped(value, table.hedges["x"], wide)


def _unfilled(text: str, table: ReadingTable, wide: bool) -> Meaning | None:
    """A wording behind "only", "just" or "exactly", which change nothing."""
    filler = next((words for words in _FILLERS if text.startswith(words)), None)
    return None if filler is None else meaning(text.removeprefix(filler), table, wide=wide)


def _quantifier(row: Wording, wide: bool) -> Meaning:
    """The declared range of a verbal quantifier.

    An end at none, half or all is left out, since those have words of their own; a wide range
    takes none in, since "few" may be said of none.
    """
    low, high = row.ends(wide)
    low_open = low < high and low in _PLAIN_POINTS and not (wide and low == 0)
    high_open = low < high and high in _PLAIN_POINTS
    return Meaning("quantifier", Span(low, high, low_open, high_open), vague=True)


def _whole(text: str) -> Meaning | None:
    """All, none, both, all except so many, and the residual."""
    if text in RESIDUAL:
        return Meaning("residual", Span(Fraction(0), Fraction(1)))
    if text in _SHARES:
        return _exactly("whole", Fraction(_SHARES[text]))
    if text == "both":
        return _exactly("pair", Fraction(2))
    left_out = _ALL_EXCEPT.fullmatch(text)
    number = whole_number(left_out[1]) if left_out else None
    return None if number is None else _exactly("except", Fraction(number))


def _exactly(kind: str, value: Fraction) -> Meaning:
    return Meaning(kind, Span(value, value), value, exact=True)


def _hedged(text: str, table: ReadingTable, wide: bool) -> Meaning | None:
    """A number, percentage or fraction behind a hedge of the table."""
    for words, rest in _splits(text):
        value = _value(rest, table) if f"{words} x" in table.hedges else None
        if value is not None:
            return _stepped(value, table.hedges[f"{words} x"], wide)
    return None


def _one_sided(text: str, table: ReadingTable) -> Meaning | None:
    """More than, at least, fewer than, at most."""
    for words, rest in _splits(text):
        value = _value(rest, table) if words in _SIDES else None
        if value is not None:
            return _beyond(value, _SIDES[words])
    return None


def _splits(text: str) -> list[tuple[str, str]]:
    """The first words of a text and the rest, most words first."""
    words = text.split(" ")
    return [(" ".join(words[:n]), " ".join(words[n:])) for n in range(len(words) - 1, 0, -1)]


def _beyond(value: _Value, side: str) -> Meaning:
    least, most = Fraction(0), None if value.kind in ("number", "decimal") else Fraction(1)
    if side.startswith(">"):
        span = Span(value.value, most, low_open=side == ">")
    else:
        span = Span(least, value.value, high_open=side == "<")
    return Meaning(value.kind, span, value.value, vague=True)


def _stepped(value: _Value, row: Wording, wide: bool) -> Meaning:
    """Interval round a printed value, in steps to the next value that would have been printed.

    On a whole step another plain wording stands, the value itself or its neighbour, so an end
    there is left out; any other end is included.
    """
    low, high = row.ends(wide)
    ends = [value.value + step * (value.below if step < 0 else value.above) for step in (low, high)]
    is_open = [
        low != high and step.denominator == 1 and (step == 0 or end != value.value)
        for step, end in zip((low, high), ends, strict=True)
    ]
    span = _clipped(Span(*ends, *is_open), value.kind)
    return Meaning(value.kind, span, value.value, exact=low == high)


def _bare(text: str, table: ReadingTable, wide: bool) -> Meaning | None:
    """An unhedged number, percentage or fraction."""
    value = _value(text, table)
    if value is None:
        return None
    if value.kind in ("percent", "decimal"):
        return _rounded(value, table.hedges["x%"], wide)
    if value.kind == "fraction":
        return _stepped(value, table.hedges["x"], wide)
    return _exactly(value.kind, value.value)


def _rounded(value: _Value, row: Wording, wide: bool) -> Meaning:
    """Everything that rounds to a printed value: halves go up, or either way where `wide`."""
    low, high = (value.value + step * value.place for step in row.ends(wide))
    span = Span(low, high, high_open=not wide and low < high)
    return Meaning(value.kind, _clipped(span, value.kind), value.value, exact=True)


def _clipped(span: Span, kind: str) -> Span:
    """A share between none and all; numbers are left as they are."""
    if kind not in ("percent", "fraction"):
        return span
    low, high = max(span.low, Fraction(0)), min(span.high, Fraction(1))
    return Span(low, high, span.low_open and low == span.low, span.high_open and high == span.high)


def _range(text: str, table: ReadingTable) -> Meaning | None:
    """From one printed value to another, both included."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    first, second = (part for part in match.groups() if part)
    if is_percent(second) and not is_percent(first):
        first += "%"
    low, high = _value(first, table), _value(second, table)
    if low is None or high is None or low.kind != high.kind or low.value > high.value:
        return None
    return Meaning(high.kind, Span(low.value, high.value), vague=True)


def _value(text: str, table: ReadingTable) -> _Value | None:
    """A printed number, percentage or fraction; None where the text is none of these."""
    percent = _PERCENT.fullmatch(text)
    if percent:
        return _percentage(percent[1])
    is_point = text in table.points and text not in _SHARES
    share = table.points[text].low if is_point else fraction_in_words(text)
    if share is not None:
        below, above = table.neighbours(share)
        return _Value("fraction", share, Fraction(0), share - below, above - share)
    number = printed_number(text)
    if number is None:
        return None
    kind = "number" if number.value.denominator == 1 else "decimal"
    return _Value(kind, number.value, number.place, number.roundness, number.roundness)


def _percentage(text: str) -> _Value | None:
    """A percentage as a share; its steps are never finer than its last printed place."""
    number = printed_number(text)
    if number is None:
        return None
    step = max(number.place, number.roundness) / 100
    return _Value("percent", number.value / 100, number.place / 100, step, step)
