"""What a wording means before its base is known: an exact interval of shares or of numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from careersurvey.evidence.printed.numerals import (
    SCALE_WORDS,
    fraction_in_words,
    printed_number,
    whole_number,
)
from careersurvey.evidence.printed.vocabulary import (
    FILLERS,
    ONE_SIDED,
    RESIDUAL,
    WHOLE,
    Vocabulary,
    Wording,
)

# Plain words stand at none, half and all, so a vaguer word that reaches to one of them stops short.
_PLAIN_POINTS = (Fraction(0), Fraction(1, 2), Fraction(1))
# A fraction in words claims no more than a percentage without decimals.
_WHOLE_PERCENT = Fraction(1, 100)

_PERCENT = re.compile(r"(.+?) ?(?:%|per cent)")
_ALL = re.compile(r"all (?:(except|but|bar)(?: for)? )?(.+)")
_RANGE = re.compile(
    r"(?:anywhere )?(?:between (.+?) and|from (.+?) to) (.+)|(.+?) (to|or) (.+)|(\S+?)-(\d.*)"
)
_UNIT_OF_RANGE = re.compile(rf" ?(?:%|per cent|{'|'.join(SCALE_WORDS)}|bn|m|k)$")


@dataclass(frozen=True)
class Reading:
    """What one printed figure can mean, before and after its base is known.

    Parameters
    ----------
    kind : str
        `number`, `decimal`, `percent`, `fraction`, `quantifier`, `whole` (all or none), `pair`
        (both), `except` (all except so many), `residual` (the other: the base less its printed
        siblings, which the caller knows), `position`, `month` or `text`.
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
    """

    kind: str
    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False
    count_low: int | None = None
    count_high: int | None = None
    point: Fraction | None = None
    precise: bool = False
    vague: bool = False
    exact: bool = True
    note: str = ""

    @property
    def counts(self) -> tuple[int, int | None] | None:
        """Least and greatest whole count; None where they are unknown."""
        return None if self.count_low is None else (self.count_low, self.count_high)

    @property
    def share(self) -> tuple[Fraction, Fraction | None, bool, bool] | None:
        """Ends and openness of the share or decimal number; None of a count on an unknown base."""
        if self.low is None:
            return None
        return self.low, self.high, self.low_open, self.high_open


class _Value(NamedTuple):
    """A printed value, its last place, and the steps to the next value below and above it."""

    kind: str
    value: Fraction
    place: Fraction
    below: Fraction
    above: Fraction


@lru_cache(maxsize=4096)
def meaning(text: str, vocabulary: Vocabulary) -> Reading | None:
    """Reading of a wording in lower case on no base; None where the wording is not known."""
    return (
        _quantifier(text, vocabulary)
        or _whole(text)
        or _led(text, vocabulary)
        or _bare(text, vocabulary)
        or _range(text, vocabulary)
        or _unfilled(text, vocabulary)
    )


def as_money(text: str, vocabulary: Vocabulary) -> Reading | None:
    """An amount without its sign; a bare one is wide, since it is counted in its own coin."""
    found = meaning(text, vocabulary)
    if found is None or found.kind not in ("number", "decimal"):
        return None
    value = _value(text, vocabulary)
    return found if value is None else _stepped(value, vocabulary.hedges["x"])


def as_measure(text: str, found: Reading, vocabulary: Vocabulary) -> Reading:
    """A number that is a mean or its like: never a count, and a bare one was rounded."""
    value = _value(text, vocabulary)
    if value is None:
        return replace(found, kind="decimal")
    return _rounded(value._replace(kind="decimal"), vocabulary)


def is_percent(text: str) -> bool:
    """Whether a text ends in a percent sign or its words."""
    return _PERCENT.fullmatch(text) is not None


def _unfilled(text: str, vocabulary: Vocabulary) -> Reading | None:
    """A wording behind "only", "just" or "exactly", which change nothing."""
    filler = next((words for words in FILLERS if text.startswith(words)), None)
    return None if filler is None else meaning(text.removeprefix(filler), vocabulary)


def _quantifier(text: str, vocabulary: Vocabulary) -> Reading | None:
    """The range of a verbal quantifier."""
    row = vocabulary.quantifier(text)
    if row is None:
        return None
    low, high = row.low, row.high
    low_open = low < high and low in _PLAIN_POINTS and not (vocabulary.widens and low == 0)
    high_open = low < high and high in _PLAIN_POINTS
    return Reading("quantifier", low, high, low_open, high_open, vague=True)


def _whole(text: str) -> Reading | None:
    """All, none, both, all so many, all except so many, and the residual."""
    if text in RESIDUAL:
        return Reading("residual")
    if text in WHOLE:
        return _exactly("whole", Fraction(WHOLE[text]))
    if text == "both":
        return _exactly("pair", Fraction(2))
    counted = _ALL.fullmatch(text)
    number = whole_number(counted[2]) if counted else None
    if number is None:
        return None
    return _exactly("except" if counted[1] else "number", Fraction(number))


def _exactly(kind: str, value: Fraction) -> Reading:
    return Reading(kind, value, value, point=value, precise=True)


def _led(text: str, vocabulary: Vocabulary) -> Reading | None:
    """A value behind a hedge of the table, or behind "over", "at least" and their like."""
    words = text.split(" ")
    for n in range(len(words) - 1, 0, -1):
        lead, rest = " ".join(words[:n]), " ".join(words[n:])
        hedge, side = vocabulary.hedges.get(f"{lead} x"), ONE_SIDED.get(lead)
        value = _value(rest, vocabulary) if hedge or side else None
        if value is not None:
            return _stepped(value, hedge) if hedge else _beyond(value, side)
    return None


def _beyond(value: _Value, side: str) -> Reading:
    least, most = Fraction(0), None if value.kind in ("number", "decimal") else Fraction(1)
    if side.startswith(">"):
        ends = (value.value, most, side == ">", False)
    else:
        ends = (least, value.value, False, side == "<")
    return Reading(value.kind, *ends, point=value.value, vague=True)


def _stepped(value: _Value, row: Wording) -> Reading:
    """Interval round a printed value, in steps to the next value that would have been printed."""
    is_range = row.low < row.high

    def end(step: Fraction) -> tuple[Fraction, bool]:
        reached = value.value + step * (value.below if step < 0 else value.above)
        whole = step.denominator == 1 and (step == 0 or reached != value.value)
        return reached, is_range and whole

    (low, low_open), (high, high_open) = map(end, (row.low, row.high))
    found = Reading(value.kind, low, high, low_open, high_open, point=value.value)
    return _clipped(replace(found, precise=not is_range))


def _bare(text: str, vocabulary: Vocabulary) -> Reading | None:
    """An unhedged number, percentage or fraction."""
    value = _value(text, vocabulary)
    if value is None:
        return None
    if value.kind in ("percent", "decimal"):
        return _rounded(value, vocabulary)
    if value.kind == "fraction":
        return _fraction(value, vocabulary)
    return _exactly(value.kind, value.value)


def _fraction(value: _Value, vocabulary: Vocabulary) -> Reading:
    """A bare fraction: its steps, and what rounds to it at a whole percentage, ends included."""
    stepped = _stepped(value, vocabulary.hedges["x"])
    rounded = _rounded(value._replace(place=_WHOLE_PERCENT), vocabulary)
    low, high = min(stepped.low, rounded.low), max(stepped.high, rounded.high)
    return replace(stepped, low=low, high=high, low_open=False, high_open=False)


def _rounded(value: _Value, vocabulary: Vocabulary) -> Reading:
    """Everything that rounds to a printed value: halves go up, or either way in the wide range."""
    row = vocabulary.hedges["x%"]
    low, high = value.value + row.low * value.place, value.value + row.high * value.place
    high_open = vocabulary.widens is None and low < high
    return _clipped(
        Reading(value.kind, low, high, False, high_open, point=value.value, precise=True)
    )


def _clipped(found: Reading) -> Reading:
    """A share between none and all; numbers are left as they are."""
    if found.kind not in ("percent", "fraction"):
        return found
    low, high = max(found.low, Fraction(0)), min(found.high, Fraction(1))
    low_open = found.low_open and low == found.low
    high_open = found.high_open and high == found.high
    return replace(found, low=low, high=high, low_open=low_open, high_open=high_open)


def _range(text: str, vocabulary: Vocabulary) -> Reading | None:
    """From one printed value to another, both included; of "two or three" they are neighbours."""
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    first, *between, second = (part for part in match.groups() if part)
    low, high = _value(first, vocabulary), _value(second, vocabulary)
    unit = _UNIT_OF_RANGE.search(second)
    if unit and not _UNIT_OF_RANGE.search(first):
        scaled = _value(first + unit[0], vocabulary)
        low = scaled if scaled and high and scaled.value <= high.value else low
    if low is None or high is None or low.kind != high.kind or low.value > high.value:
        return None
    if between == ["or"] and high.value - low.value != high.place:
        return None
    return Reading(high.kind, low.value, high.value, vague=True)


def _value(text: str, vocabulary: Vocabulary) -> _Value | None:
    """A printed number, percentage or fraction; None where the text is none of these."""
    percent = _PERCENT.fullmatch(text)
    if percent:
        return _percentage(percent[1])
    is_point = text in vocabulary.points and text not in WHOLE
    share = vocabulary.points[text].low if is_point else fraction_in_words(text)
    if share is not None:
        below, above = vocabulary.neighbours(share)
        return _Value("fraction", share, Fraction(0), share - below, above - share)
    number = printed_number(text)
    if number is None:
        return None
    is_whole = number.value.denominator == number.place.denominator == 1
    kind = "number" if is_whole else "decimal"
    return _Value(kind, number.value, number.place, number.roundness, number.roundness)


def _percentage(text: str) -> _Value | None:
    """A percentage as a share; its steps are never finer than its last printed place."""
    number, part = printed_number(text), fraction_in_words(text.removesuffix(" a"))
    if number is None and part is None:
        return None
    value, place, roundness = number or (part, Fraction(1, part.denominator), Fraction(0))
    step = max(place, roundness) / 100
    return _Value("percent", value / 100, place / 100, step, step)
