"""What a printed figure can mean: exact intervals of shares, and whole counts on a known base.

The rules are set out in ``docs/readings.md``; what words mean as numbers is data, in
``data/readings.csv``, which a file given to :func:`load_readings` replaces wording by wording.
All arithmetic is in exact fractions: 57 of 200 is 28.5%, which floating point puts below it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fractions import Fraction
from typing import NamedTuple

from careersurvey.errors import ReadingError
from careersurvey.evidence.dates import months
from careersurvey.evidence.numerals import position
from careersurvey.evidence.readings_table import (
    COLUMNS,
    ReadingTable,
    Wording,
    declared_table,
    load_readings,
    normal,
)
from careersurvey.evidence.wordings import (
    ONE_SIDED,
    RESIDUAL,
    WHOLE,
    Meaning,
    Span,
    is_percent,
    meaning,
    sum_of_money,
)

__all__ = [
    "COLUMNS",
    "FORMS",
    "Counts",
    "Reading",
    "ReadingTable",
    "Span",
    "Wording",
    "load_readings",
    "read",
]

# Each printed form with an example, for the reader of a message.
FORMS = {
    "count": "60, Fifty-five, about 1,650, all except two",
    "count_percent": "142 (8%)",
    "percent": "29%, Just over 70%",
    "fraction": "half, one in five, just over three quarters",
    "words": "most, very few, all, the other",
    "number": "67,383, over 41, 5.96",
    "rank": "1, 2nd, third",
    "money": "£1.5 million, just over £84 million",
    "date": "December 2012, 5 April 2012, 2012/13, 2007",
    "text": "anything, with no reading",
}
# What a wording may be, for the forms that share one grammar.
_KINDS = {
    "count": ("number", "pair", "whole", "except", "residual"),
    "number": ("number", "decimal"),
    "percent": ("percent",),
    "fraction": ("fraction",),
    "words": ("quantifier", "pair", "whole", "except", "residual"),
}
_COUNT_PERCENT = re.compile(r"(.+?) ?[(\[](.+?)[)\]]")
_OF_WHOM = re.compile(
    r" (?:(?:out )?of )?(?:the|these|those)\b.*$"
    r"| (?:out )?of(?: (?:them|all|its|their|our|\d[\d,]*)\b.*)?$"
)


class Counts(NamedTuple):
    """Whole counts from `low` to `high`, both included; `high` is None where there is no end."""

    low: int
    high: int | None


@dataclass(frozen=True)
class Reading:
    """What one printed figure can mean.

    Parameters
    ----------
    share : Span or None
        Shares of the base, from 0 to 1, or the printed decimal number; None for a count on an
        unknown base.
    counts : Counts or None
        Whole counts; None for a share of an unknown base and for a decimal number.
    point : Fraction or None
        The share, or decimal number, that is printed; None where a count or only words are.
    exact : bool
        False where an exact wording meets no whole count ("half" of 55), whose nearest counts are
        then read, and where a printed count and percentage disagree.
    vague : bool
        True for verbal quantifiers, ranges and one-sided wordings, which have no point estimate.
    residual : bool
        True for "the other": the base less its printed siblings, which the caller knows.
    note : str
        What to tell a reader about the reading; empty where there is nothing to tell.
    """

    share: Span | None = None
    counts: Counts | None = None
    point: Fraction | None = None
    exact: bool = True
    vague: bool = False
    residual: bool = False
    note: str = ""


def read(
    reported: str,
    form: str,
    base_n: int | None = None,
    *,
    table: ReadingTable | None = None,
    wide: bool = False,
) -> Reading:
    """Read the shares and whole counts that a printed figure can mean.

    Parameters
    ----------
    reported : str
        The figure as printed, such as ``142 (8%)`` or ``just over three quarters``.
    form : str
        The printed form, one of `FORMS`. A ``date`` counts months since year 0, ``money`` whole
        pounds, a ``rank`` is its position; ``text`` has no reading.
    base_n : int, optional
        How many the share is of, where that is known.
    table : ReadingTable, optional
        What words mean as numbers; the declared table by default.
    wide : bool
        Use the wide ranges of the table, which contain the declared ones.

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
        raise ValueError(f"base_n is {base_n}: a base is not negative")
    table = table or declared_table()
    reader = _READERS.get(form, _read_wording)
    reading = reader(reported, form, base_n, table, wide)
    if not wide or reading.counts is None:
        return reading
    return _containing(reading, reader(reported, form, base_n, table, False).counts)


def _containing(wide: Reading, declared: Counts) -> Reading:
    """The wide reading, stretched where the count nearest to a wording lies outside it."""
    low, high = wide.counts
    end = None if high is None or declared.high is None else max(high, declared.high)
    return replace(wide, counts=Counts(min(low, declared.low), end))


# ---- forms --------------------------------------------------------------------------------------


def _read_wording(
    reported: str, form: str, base_n: int | None, table: ReadingTable, wide: bool
) -> Reading:
    """Counts, numbers, percentages, fractions and quantifiers, with or without "of the schools"."""
    text = normal(reported)
    phrases = dict.fromkeys((text, _OF_WHOM.sub("", text)))
    found = [m for phrase in phrases if (m := meaning(phrase, table, wide=wide))]
    if not found:
        raise _unknown(reported, form, table)
    fitting = next((m for m in found if m.kind in _KINDS[form]), None)
    if fitting is None:
        raise _of_another_form(reported, form, found[0])
    return _on_base(fitting, reported, base_n)


def _read_count_percent(
    reported: str, form: str, base_n: int | None, table: ReadingTable, wide: bool
) -> Reading:
    """A printed count, held against the percentage that is printed with it."""
    match = _COUNT_PERCENT.fullmatch(normal(reported))
    if match is None:
        raise _unknown(reported, form, table)
    count, percent = sorted(match.groups(), key=is_percent)
    share = _read_wording(percent, "percent", None, table, wide).share
    counted = _read_wording(count, "count", base_n, table, wide)
    if counted.share is None:
        return replace(counted, share=share)
    if _meet(counted.share, share):
        return counted
    note = f"{count} of {base_n:,} is {_as_percent(counted.share)}, not {percent}"
    return replace(counted, exact=False, note=note)


def _meet(one: Span, other: Span) -> bool:
    """Whether two intervals have a point in common."""
    low, high = max(one.low, other.low), min(one.high, other.high)
    left_out = any(
        (span.low_open and span.low == low) or (span.high_open and span.high == high)
        for span in (one, other)
    )
    return low < high or (low == high and not left_out)


def _as_percent(share: Span) -> str:
    ends = dict.fromkeys(f"{float(100 * end):.2f}%" for end in (share.low, share.high))
    return " to ".join(ends)


def _read_money(
    reported: str, form: str, base_n: int | None, table: ReadingTable, wide: bool
) -> Reading:
    """Whole pounds."""
    text = normal(reported)
    found = sum_of_money(text.replace("£", ""), table, wide=wide) if "£" in text else None
    if found is None:
        raise _unknown(reported, form, table)
    return _number_on_base(found, reported, base_n)


def _read_rank(
    reported: str, form: str, base_n: int | None, table: ReadingTable, wide: bool
) -> Reading:
    """Position in a ranked list, from 1."""
    place = position(normal(reported).lstrip("#"))
    if place is None:
        raise _unknown(reported, form, table)
    if base_n is not None:
        _require_within(place, reported, base_n)
    return Reading(counts=Counts(place, place))


def _read_date(
    reported: str, form: str, base_n: int | None, table: ReadingTable, wide: bool
) -> Reading:
    """Months since year 0."""
    found = months(normal(reported), wide=wide)
    if found is None:
        raise _unknown(reported, form, table)
    return Reading(counts=Counts(*found))


def _read_text(
    reported: str, form: str, base_n: int | None, table: ReadingTable, wide: bool
) -> Reading:
    return Reading()


_READERS = {
    "count_percent": _read_count_percent,
    "money": _read_money,
    "rank": _read_rank,
    "date": _read_date,
    "text": _read_text,
}


# ---- what is not known --------------------------------------------------------------------------


def _unknown(reported: str, form: str, table: ReadingTable) -> ReadingError:
    """An error that names a wording that is not known, and what is known nearby."""
    if form not in _KINDS:
        near, do = [], "correct it, or give it the form text, which has no reading"
    else:
        near = get_close_matches(normal(reported), _known_wordings(table), n=4, cutoff=0.5)
        do = "write the figure alone, or add a row for its wording to data/readings.csv"
    nearby = f"; nearby are {', '.join(near)}" if near else ""
    return ReadingError(
        f"{reported!r} is not a wording that the tables of readings know.",
        found=f"{reported!r} of the form {form}",
        expected=f"such as {FORMS[form]}{nearby}",
        do=do,
    )


def _known_wordings(table: ReadingTable) -> list[str]:
    one_sided = [f"{words} x" for synonyms in ONE_SIDED.values() for words in synonyms]
    whole = [words for synonyms in WHOLE.values() for words in synonyms]
    return [*(row.wording for row in table.rows), *one_sided, *whole, *RESIDUAL]


def _of_another_form(reported: str, form: str, found: Meaning) -> ReadingError:
    fitting = [name for name, kinds in _KINDS.items() if found.kind in kinds]
    return ReadingError(
        f"{reported!r} is not of the form {form!r}.",
        found=f"a wording of the kind {found.kind}",
        expected=f"such as {FORMS[form]}",
        do=f"give it the form {' or '.join(fitting)}",
    )


def _require_within(n: int, reported: str, base_n: int) -> None:
    if n > base_n:
        raise ReadingError(
            f"{reported!r} exceeds its base: {n:,} of {base_n:,}.",
            found=f"{n:,}",
            expected=f"at most {base_n:,}",
            do="correct the figure, or the base that it is printed on",
        )


def _require_share(found: Meaning, reported: str) -> None:
    if found.kind == "percent" and (found.anchor or found.span.high) > 1:
        raise ReadingError(
            f"{reported!r} is more than all of a base.",
            found=reported,
            expected="at most 100%",
            do="correct it, or give it the form text where it is not a share",
        )


# ---- intervals to counts ------------------------------------------------------------------------


def _on_base(found: Meaning, reported: str, base_n: int | None) -> Reading:
    """A reading, with the whole counts of a known base."""
    _require_share(found, reported)
    if found.kind == "residual":
        return Reading(residual=True)
    if found.kind == "decimal":
        return Reading(found.span, point=found.anchor, vague=found.vague)
    if found.kind == "except":
        return _all_except(int(found.anchor), reported, base_n)
    if found.kind in ("number", "pair"):
        return _number_on_base(found, reported, base_n)
    if base_n is None:
        none = found.kind == "whole" and found.anchor == 0
        counts = Counts(0, 0) if none else None
        return Reading(found.span, counts, found.anchor, vague=found.vague)
    return _share_on_base(found, reported, base_n)


def _all_except(left_out: int, reported: str, base_n: int | None) -> Reading:
    if base_n is None:
        return Reading(note=f"{reported!r} of an unknown base")
    _require_within(left_out, reported, base_n)
    n = base_n - left_out
    return Reading(_share(n, n, base_n), Counts(n, n))


def _number_on_base(found: Meaning, reported: str, base_n: int | None) -> Reading:
    counts, met = _counts(found.span, found.anchor, None)
    note = "" if met else f"no whole number is {reported!r}; read as {_named(counts)}"
    if base_n is None:
        return Reading(counts=counts, vague=found.vague, note=note)
    _require_within(counts.low, reported, base_n)
    high = base_n if counts.high is None else min(counts.high, base_n)
    share = _share(counts.low, high, base_n)
    return Reading(share, Counts(counts.low, high), vague=found.vague, note=note)


def _share(low: int, high: int, base_n: int) -> Span | None:
    """Counts as shares of their base; None of an empty base."""
    return Span(Fraction(low, base_n), Fraction(high, base_n)) if base_n else None


def _share_on_base(found: Meaning, reported: str, base_n: int) -> Reading:
    span = found.span
    numbers = replace(span, low=span.low * base_n, high=span.high * base_n)
    anchor = None if found.anchor is None else found.anchor * base_n
    counts, met = _counts(numbers, anchor, base_n)
    note = "" if met else f"no whole count of {base_n:,} is {reported!r}; read as {_named(counts)}"
    exact = met or not found.exact
    return Reading(span, counts, found.anchor, exact=exact, vague=found.vague, note=note)


def _named(counts: Counts) -> str:
    return " to ".join(dict.fromkeys(f"{n:,}" for n in counts))


def _counts(span: Span, anchor: Fraction | None, base_n: int | None) -> tuple[Counts, bool]:
    """Whole counts inside an interval and True; the nearest to it and False where it holds none."""
    low = max(math.floor(span.low) + 1 if span.low_open else math.ceil(span.low), 0)
    if span.high is None:
        return Counts(low, None), True
    high = math.ceil(span.high) - 1 if span.high_open else math.floor(span.high)
    if low <= high:
        return Counts(low, high), True
    return _nearest(span, anchor, base_n), False


def _nearest(span: Span, anchor: Fraction | None, base_n: int | None) -> Counts:
    """Whole counts nearest to an interval that holds none, never on a side that it rules out.

    "Just over" rules out what is below, and an end that a quantifier leaves out is ruled out.
    """
    low_barred = span.low_open and anchor in (None, span.low)
    high_barred = span.high_open and anchor in (None, span.high)
    below = math.ceil(span.low) - 1 if high_barred else math.floor(span.low)
    above = math.floor(span.high) + 1 if low_barred else math.ceil(span.high)
    most = above if base_n is None else base_n
    sides = ((below, low_barred), (above, high_barred))
    options = [n for n, barred in sides if not barred and 0 <= n <= most]
    options = options or [math.floor(span.low), math.ceil(span.high)]
    middle = (span.low + span.high) / 2 if anchor is None else anchor
    distance = min(abs(n - middle) for n in options)
    nearest = [n for n in options if abs(n - middle) == distance]
    return Counts(nearest[0], nearest[-1])
