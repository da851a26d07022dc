"""What a wording means before its base is known: an exact interval of shares or of numbers."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from operator import itemgetter
from typing import Any, NamedTuple

from careersurvey.evidence.printed.numerals import DASHES, SCALES, Exact, begins, values
from careersurvey.evidence.printed.vocabulary import Vocabulary, Wording, find

#: Kinds of a reading that are a share of a base.
KINDS_OF_SHARE = ("percent", "fraction", "quantifier", "whole")
_NONE, _ALL = Fraction(0), Fraction(1)
# A fraction in words claims no more than a percentage without decimals.
_PERCENT = Fraction(1, 100)
# Last places of what was counted, in ones or dozens; what is told in thousands was rounded.
_COUNTED = (1, 6, 12)
# What may stand behind both ends of a range, or behind the second alone.
_UNITS = dict.fromkeys(("%", "cent", "percent", "pc", "pct"), _PERCENT) | SCALES
# What joins the ends of a range, by the word that opens it.
_JOINED = {"between": ("and",), "from": ("to",), "": ("to", "or", *DASHES)}
_RANGED = ("between", "from", "anywhere")
# Where a figure ends.
_end = itemgetter(1)


class Reading(NamedTuple):
    """What one printed figure can mean, before and after its base is known.

    Its kind is `number`, `decimal`, `money`, `percent`, `fraction`, `quantifier`, `whole` (all or
    none), `pair` (both), `except` (all except so many), `residual` (the other: the base less its
    printed siblings, which the caller knows), `position`, `month` or `text`.
    """

    kind: str
    low: Exact | None = None  # of the share, from 0 to 1, or of the number; None without an end
    high: Exact | None = None
    low_open: bool = False  # whether the end itself is left out
    high_open: bool = False
    count_low: int | None = None  # whole counts, ends included; None if unknown or without an end
    count_high: int | None = None
    point: Exact | None = None  # the share or number that is printed; None where only words are
    precise: bool = False  # whether that value is claimed and no other
    vague: bool = False  # of quantifiers, ranges and one-sided wordings: no point estimate
    exact: bool = True  # False where a precise wording meets no whole count, or parts clash
    note: str = ""  # what to tell a reader about the reading
    less: tuple[str, ...] = ()  # of a residual the statements whose counts are taken off

    @property
    def counts(self) -> tuple[int, int | None] | None:
        """Least and greatest whole count; None where they are unknown."""
        return None if self.count_low is None else (self.count_low, self.count_high)

    @property
    def share(self) -> tuple[Exact, Exact | None, bool, bool] | None:
        """Ends and openness of the share or decimal number; None of a count on an unknown base."""
        return None if self.low is None else self[1:5]

    @property
    def is_impossible(self) -> bool:
        """Whether it leaves nothing: more than all, as "over 100%" is, or fewer than none."""
        over = self.high if self.point is None else self.point
        above = self.kind in KINDS_OF_SHARE and (over > 1 or (self.low == 1 and self.low_open))
        return above or (self.high == 0 and self.high_open)


class Value(NamedTuple):
    """A printed value, its last place, and the steps to the next value below and above it."""

    kind: str
    value: Exact
    place: Exact
    below: Exact
    above: Exact


_Values = Iterable[tuple[Value, int]]
_Readings = Iterable[tuple[Reading, int]]


def figures(
    words: list[str],
    at: int,
    by: Vocabulary,
    *,
    counted: bool = True,  # no mean is
) -> list[tuple[Reading, int]]:
    """What each figure that begins at a word means, and the word after it; the longest first."""
    found = [(_alone(said, by), end) for said, end in find(by.alone, words, at)]
    printed = list(_values(words, at, by, counted))
    for value, end in printed:
        found.append((_bare(value, by, counted), end))
        found += [(_hedged(value, lead), after) for lead, after in find(by.behind, words, end)]
    for lead, start in find(by.before, words, at):
        if lead:
            hedged = list(_values(words, start, by, counted))
            found += [(_hedged(value, lead), end) for value, end in hedged]
            found += _ranges(words, start, by, hedged, lead)
        else:
            found += figures(words, start, by, counted=counted)
    if words[at] == "all":
        found += _counted_of_all(words, at)
    if printed or words[at] in _RANGED:
        found += _ranges(words, at, by, printed, "")
    return sorted(found, key=_end, reverse=True) if len(found) > 1 else found


def _values(words: list[str], at: int, by: Vocabulary, counted: bool = True) -> _Values:
    """Every printed number, percentage and fraction that begins at a word."""
    pounds = words[at] == "£"
    shares = list(find(by.shares, words, at))
    if begins(words, at + pounds):
        numbers, parts = values(words, at + pounds)
        for number, end in numbers:
            whole = number.value.denominator == number.place.denominator == 1
            kind = "money" if pounds else "number" if whole else "decimal"
            step = number.roundness if counted else max(number.roundness, number.place)
            yield Value(kind, *number[:2], step, step), end
            yield from () if pounds else _percents(*number, words, end)
        shares += () if pounds else [part for part in parts if part not in shares]
    for share, end in shares:
        yield _fraction(share, by), end
        of = end + (words[end] == "of")
        place = Fraction(1, share.denominator)
        yield from _percents(share, place, 0, words, of + (words[of] in ("a", "one", "1")))


def _fraction(share: Exact, by: Vocabulary) -> Value:
    """A share with the steps to its neighbours, no longer than its own part."""
    (below, above), part = by.neighbours(share), Fraction(1, share.denominator)
    return Value("fraction", share, 0, min(share - below, part), min(above - share, part))


def _percents(value: Exact, place: Exact, roundness: Exact, words: list[str], end: int) -> _Values:
    """A percentage as a share; its steps are tens at most, and never finer than its last place."""
    signs = ("%", "percent", "pc", "pct")
    length = 2 if words[end : end + 2] == ["per", "cent"] else words[end] in signs
    if length:
        step = max(place, min(roundness, 10)) * _PERCENT
        yield Value("percent", value * _PERCENT, place * _PERCENT, step, step), end + length


def _counted_of_all(words: list[str], at: int) -> _Readings:
    """All so many, and all except so many, behind the word itself."""
    excepted = words[at + 1] in ("except", "but", "bar")
    start = at + 1 + excepted + (excepted and words[at + 2] == "for")
    for number, end in values(words, start)[0]:
        if number.value.denominator == 1:
            yield _exactly("except" if excepted else "number", number.value), end


def _led(words: list[str], at: int, by: Vocabulary) -> Iterable[tuple[Value, Any, int]]:
    """Every value that begins at a word, with what leads to it, if anything does."""
    for lead, start in (("", at), *find(by.before, words, at)):
        for value, end in _values(words, start, by):
            yield value, lead, end


def _ranges(words: list[str], at: int, by: Vocabulary, printed: _Values, lead: Any) -> _Readings:
    """From one printed value to another, both included; of "two or three" they are neighbours."""
    at += words[at] == "anywhere"
    opener = words[at] if words[at] in _JOINED else ""
    lows = _led(words, at + 1, by) if opener else ((low, lead, end) for low, end in printed)
    for low, first, end in lows:
        for high, last, after in _led(words, end + 1, by) if words[end] in _JOINED[opener] else ():
            # A unit behind the second end alone, as in "8-10%", is of the first one too.
            least, times, place = low, _UNITS.get(words[after - 1]), high.place
            if (low.kind, high.kind) == ("number", "fraction"):  # "three or four in ten"
                tops = (top.value for top, _ in values(words, end + 1)[0] if top.value)
                times = place = next((Fraction(high.value) / top for top in tops), 0)
            if times and words[end - 1] not in _UNITS and low.value * times <= high.value:
                kind = low.kind if low.kind == "money" else high.kind
                step = times * max(low.place, low.below)
                least = Value(kind, times * low.value, times * low.place, step, step)
                least = _fraction(least.value, by) if kind == "fraction" else least
            if {least.kind, high.kind} == {"number", "decimal"}:  # "3 to 3.5"
                least, high = (one._replace(kind="decimal") for one in (least, high))
            money = least.kind == "money" and high.kind in ("number", "decimal")
            apart = words[end] == "or" and high.value - least.value != place
            if (money or least.kind == high.kind) and least.value <= high.value and not apart:
                yield _between(least, high, first, last, by), after


def _between(low: Value, high: Value, first: Any, last: Any, by: Vocabulary) -> Reading:
    """From one value to another, each with what leads to it; "about" is said of both.

    In the wide range an end that nothing leads to is rounded as it would be alone.
    """
    if low.kind != "fraction":  # "about 30 to 35" is told no more roughly than its finer end
        step = min(low.below, high.above)
        low, high = (each._replace(below=step, above=step) for each in (low, high))
    of_both = not isinstance(first, Wording) or first.low < 0 < first.high
    last = last or (of_both and first)
    least = _bare(low, by, True) if by.widens and not first else _hedged(low, first or ">=")
    most = _bare(high, by, True) if by.widens and not last else _hedged(high, last or "<=")
    ends = least.low, most.high, least.low_open, most.high_open
    return Reading(low.kind, *ends, vague=True)


# ---- from a value to an interval ----------------------------------------------------------------


def _alone(said: Wording | tuple[str, int | None], by: Vocabulary) -> Reading:
    """All, none, both, the residual, or the range of a verbal quantifier."""
    if not isinstance(said, Wording):
        kind, value = said
        return Reading(kind) if value is None else _exactly(kind, value)
    # Plain words stand at none, half and all: a vaguer one that reaches to one of them stops short.
    short = said.low < said.high
    low_open = short and said.low.denominator <= 2 and not (by.widens and said.low == 0)
    high_open = short and said.high.denominator <= 2
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
    """An unhedged value: itself, or what rounds to it; of a fraction, what either range has."""
    if counted and value.kind == "number" and value.place in _COUNTED:
        return _exactly(value.kind, value.value)
    if value.kind == "money":
        return _stepped(value, by.hedges["x"])
    place = value.place or min(_PERCENT, Fraction(1, value.value.denominator))
    rounded = _stepped(value._replace(below=place, above=place), by.hedges["x%"])
    if value.kind == "fraction":
        stepped = _stepped(value, by.hedges["x"])
        low, high = min(stepped.low, rounded.low), max(stepped.high, rounded.high)
        return stepped._replace(low=low, high=high, low_open=False, high_open=False)
    # Halves go up, or either way in the wide range; below none and above all there is nothing.
    up = by.widens is None and (value.kind != "percent" or rounded.high < 1)
    return rounded._replace(high_open=up and rounded.low < rounded.high, precise=True)


def _stepped(value: Value, row: Wording) -> Reading:
    """Round a value, in steps to the next that would be printed; a whole step is left out."""
    ends, apart = [], row.low < row.high
    for step in (row.low, row.high):
        reached = value.value + step * (value.below if step < 0 else value.above)
        within = min(max(reached, _NONE), _ALL) if value.kind in KINDS_OF_SHARE else reached
        whole = apart and step.denominator == 1 and (not step or reached != value.value)
        ends.append((within, whole and within == reached))
    (low, low_open), (high, high_open) = ends
    point, precise = value.value, not apart
    return Reading(value.kind, low, high, low_open, high_open, point=point, precise=precise)
