"""What a wording means before its base is known: an exact interval of shares or of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from operator import itemgetter
from typing import NamedTuple

from careersurvey.evidence.printed.numerals import DASHES, SCALES, Exact, Numeral, begins, values
from careersurvey.evidence.printed.vocabulary import Vocabulary, Wording, find

#: Kinds of a reading that are a share of a base.
SHARES = ("percent", "fraction", "quantifier", "whole")
# Plain words stand at none, half and all, so a vaguer word that reaches to one of them stops short.
_PLAIN_POINTS = (Fraction(0), Fraction(1, 2), Fraction(1))
# A fraction in words claims no more than a percentage without decimals.
_PERCENT = Fraction(1, 100)
# What may stand behind both ends of a range, or behind the second alone.
_UNITS = dict.fromkeys(("%", "cent", "percent", "pc"), _PERCENT) | SCALES
# What joins the ends of a range, by the word that opens it.
_JOINED = {"between": ("and",), "from": ("to",), "": ("to", "or", *DASHES)}
_RANGED = ("between", "from", "anywhere")
# Where a figure ends.
_end = itemgetter(1)


class Reading(NamedTuple):
    """What one printed figure can mean, before and after its base is known.

    Parameters
    ----------
    kind : str
        `number`, `decimal`, `money`, `percent`, `fraction`, `quantifier`, `whole` (all or none),
        `pair` (both), `except` (all except so many), `residual` (the other: the base less its
        printed siblings, which the caller knows), `position`, `month` or `text`.
    low, high : Fraction or None
        Ends of the share, from 0 to 1, or of the number itself; None where there is no such end.
    low_open, high_open : bool
        Whether the end itself is left out.
    count_low, count_high : int or None
        Whole counts, both ends included; None where they are unknown or without an end.
    point : Fraction or None
        The share, or number, that is printed; None where only words are.
    precise : bool
        Whether the wording claims that value and no other.
    vague : bool
        True for verbal quantifiers, ranges and one-sided wordings, which have no point estimate.
    exact : bool
        False where a precise wording meets no whole count ("half" of 55), whose nearest counts
        are then read, and where a printed count and percentage disagree.
    note : str
        What to tell a reader about the reading; empty where there is nothing to tell.
    less : tuple of str
        Of a residual the statements whose counts it is what is left by; the caller knows them.
    """

    kind: str
    low: Exact | None = None
    high: Exact | None = None
    low_open: bool = False
    high_open: bool = False
    count_low: int | None = None
    count_high: int | None = None
    point: Exact | None = None
    precise: bool = False
    vague: bool = False
    exact: bool = True
    note: str = ""
    less: tuple[str, ...] = ()

    @property
    def counts(self) -> tuple[int, int | None] | None:
        """Least and greatest whole count; None where they are unknown."""
        return None if self.count_low is None else (self.count_low, self.count_high)

    @property
    def share(self) -> tuple[Exact, Exact | None, bool, bool] | None:
        """Ends and openness of the share or decimal number; None of a count on an unknown base."""
        if self.low is None:
            return None
        return self.low, self.high, self.low_open, self.high_open

    @property
    def impossible(self) -> str:
        """What a wording is that leaves nothing, such as "over 100%"; empty where it does not."""
        point = self.high if self.point is None else self.point
        if self.kind in SHARES and (point > 1 or (self.low == 1 and self.low_open)):
            return "more than all of a base"
        return "fewer than none" if self.high == 0 and self.high_open else ""


class Value(NamedTuple):
    """A printed value, its last place, and the steps to the next value below and above it."""

    kind: str
    value: Exact
    place: Exact
    below: Exact
    above: Exact


def figures(
    words: list[str], at: int, by: Vocabulary, *, counted: bool = True
) -> list[tuple[Reading, int]]:
    """Every figure that begins at a word: what it means, and the word after it; longest first.

    A number that is not counted is a mean or its like, and was rounded.
    """
    found = [(_alone(said, by), end) for said, end in find(by.alone, words, at)]
    printed = list(_values(words, at, by))
    for value, end in printed:
        found.append((_bare(value, by, counted), end))
        found += [(_hedged(value, lead), after) for lead, after in find(by.behind, words, end)]
    for lead, start in find(by.before, words, at):
        if lead:
            found += [(_hedged(value, lead), end) for value, end in _values(words, start, by)]
        else:
            found += figures(words, start, by, counted=counted)
    if words[at] == "all":
        found += _counted_of_all(words, at)
    if printed or words[at] in _RANGED:
        found += _ranges(words, at, by, printed)
    return sorted(found, key=_end, reverse=True) if len(found) > 1 else found


# ---- values -------------------------------------------------------------------------------------


def _values(words: list[str], at: int, by: Vocabulary) -> Iterator[tuple[Value, int]]:
    """Every printed number, percentage and fraction that begins at a word."""
    for share, end in find(by.shares, words, at):
        yield _share(share, by), end
    pounds = words[at] == "£"
    if not begins(words, at + pounds):
        return
    numbers, shares = values(words, at + pounds)
    for number, end in numbers:
        whole = number.value.denominator == number.place.denominator == 1
        kind = "money" if pounds else "number" if whole else "decimal"
        yield Value(kind, number.value, number.place, number.roundness, number.roundness), end
        if not pounds:
            yield from _percents(number, words, end)
    for share, end in () if pounds else shares:
        yield _share(share, by), end
        part = Numeral(share, Fraction(1, share.denominator), 0)
        yield from _percents(part, words, end + (words[end] == "a"))


def _share(share: Exact, by: Vocabulary) -> Value:
    """A fraction, with its steps to its neighbours on the scale of everyday fractions."""
    below, above = by.neighbours(share)
    return Value("fraction", share, 0, share - below, above - share)


def _percents(number: Numeral, words: list[str], end: int) -> Iterator[tuple[Value, int]]:
    """A percentage as a share; its steps are never finer than its last printed place."""
    length = 2 if words[end : end + 2] == ["per", "cent"] else words[end] in ("%", "percent", "pc")
    if length:
        step = max(number.place, number.roundness) * _PERCENT
        share, place = number.value * _PERCENT, number.place * _PERCENT
        yield Value("percent", share, place, step, step), end + length


def _counted_of_all(words: list[str], at: int) -> Iterator[tuple[Reading, int]]:
    """All so many, and all except so many, behind the word itself."""
    excepted = words[at + 1] in ("except", "but", "bar")
    start = at + 1 + excepted + (excepted and words[at + 2] == "for")
    for number, end in values(words, start)[0]:
        if number.value.denominator == 1:
            yield _exactly("except" if excepted else "number", number.value), end


def _ranges(
    words: list[str], at: int, by: Vocabulary, printed: Iterable[tuple[Value, int]]
) -> Iterator[tuple[Reading, int]]:
    """From one printed value to another, both included; of "two or three" they are neighbours."""
    at += words[at] == "anywhere"
    opener = words[at] if words[at] in _JOINED else ""
    for low, end in _values(words, at + 1, by) if opener else printed:
        if words[end] not in _JOINED[opener]:
            continue
        for high, after in _values(words, end + 1, by):
            reading = _range(low, words[end - 1], words[end], high, words[after - 1])
            if reading:
                yield reading, after


def _range(low: Value, unit: str, joined: str, high: Value, of_both: str) -> Reading | None:
    """A range; a unit behind its second end alone, as in "8-10%", is of the first one too."""
    least, kind = low.value, low.kind
    times = _UNITS.get(of_both)
    if times and unit not in _UNITS and least * times <= high.value:
        least, kind = least * times, kind if kind == "money" else high.kind
    if kind == "money" and high.kind in ("number", "decimal"):
        high = high._replace(kind=kind)
    if kind != high.kind or least > high.value:
        return None
    if joined == "or" and high.value - least != high.place:
        return None
    return Reading(kind, least, high.value, vague=True)


# ---- meanings -----------------------------------------------------------------------------------


def _alone(said: Wording | tuple[str, int | None], by: Vocabulary) -> Reading:
    """All, none, both, the residual, or the range of a verbal quantifier."""
    if not isinstance(said, Wording):
        kind, value = said
        return Reading(kind) if value is None else _exactly(kind, value)
    low_open, high_open = (
        said.low < said.high and end in _PLAIN_POINTS for end in (said.low, said.high)
    )
    low_open = low_open and not (by.widens and said.low == 0)
    return Reading("quantifier", said.low, said.high, low_open, high_open, vague=True)


def _exactly(kind: str, value: Exact) -> Reading:
    return Reading(kind, value, value, point=value, precise=True)


def _hedged(value: Value, lead: Wording | str) -> Reading:
    """A value behind a hedge of the table, or behind "over", "at least" and their like."""
    if isinstance(lead, Wording):
        return _stepped(value, lead)
    most = None if value.kind in ("number", "decimal", "money") else 1
    low, high = (value.value, most) if lead.startswith(">") else (0, value.value)
    return Reading(value.kind, low, high, lead == ">", lead == "<", point=value.value, vague=True)


def _bare(value: Value, by: Vocabulary, counted: bool) -> Reading:
    """An unhedged value; a sum of money is wide, since it is counted in its own coin."""
    if value.kind == "money":
        return _stepped(value, by.hedges["x"])
    if value.kind == "fraction":
        stepped, rounded = _stepped(value, by.hedges["x"]), _rounded(value, by, _PERCENT)
        low, high = min(stepped.low, rounded.low), max(stepped.high, rounded.high)
        return stepped._replace(low=low, high=high, low_open=False, high_open=False)
    rounds = value.kind in ("percent", "decimal") or not counted
    return _rounded(value, by, value.place) if rounds else _exactly(value.kind, value.value)


def _stepped(value: Value, row: Wording) -> Reading:
    """Interval round a printed value, in steps to the next value that would have been printed."""
    is_range = row.low < row.high

    def end(step: Fraction) -> tuple[Exact, bool]:
        reached = value.value + step * (value.below if step < 0 else value.above)
        whole = step.denominator == 1 and (step == 0 or reached != value.value)
        return reached, is_range and whole

    return _between(value, *end(row.low), *end(row.high), precise=not is_range)


def _rounded(value: Value, by: Vocabulary, place: Exact) -> Reading:
    """Everything that rounds to a printed value: halves go up, or either way in the wide range."""
    row = by.hedges["x%"]
    low, high = value.value + row.low * place, value.value + row.high * place
    return _between(value, low, False, high, by.widens is None and low < high, precise=True)


def _between(
    value: Value, low: Exact, low_open: bool, high: Exact, high_open: bool, *, precise: bool
) -> Reading:
    """An interval round a value; a share goes no further than to none and all."""
    share = value.kind in ("percent", "fraction")
    if share and low < 0:
        low, low_open = 0, False
    if share and high > 1:
        high, high_open = 1, False
    return Reading(value.kind, low, high, low_open, high_open, point=value.value, precise=precise)
