"""What a printed figure can mean: shares, and whole counts on a known base.

The rules are set out in ``docs/readings.md``; what words mean as numbers is data, in
``data/readings.csv``, which a file given to :func:`vocabulary.load_readings` replaces wording by
wording. All arithmetic is in exact fractions: 57 of 200 is 28.5%, which floating point puts below.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from fractions import Fraction

from careersurvey.errors import ReadingError
from careersurvey.evidence.printed.dates import months
from careersurvey.evidence.printed.numerals import PADDING, position, split, whole_number
from careersurvey.evidence.printed.vocabulary import (
    ONE_SIDED,
    RESIDUAL,
    WHOLE,
    Vocabulary,
    load_readings,
    normal,
)
from careersurvey.evidence.printed.wordings import Reading, figures

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
    "money": ("money",),
    "percent": ("percent",),
    "fraction": ("fraction", "quantifier"),
    "words": ("quantifier", "pair", "whole", "except", "residual"),
}
_COUNT_PERCENT = r"(.+?)(?: ?[(\[](.+?)[)\]]|[,;] (.+))"
# The base that "out of 60" or "12/60" prints.
_OUT_OF = r"(?:out of (?:the |these |those |every )?|/)(\S+).*"
_PERCENT = r".+(%|per ?cent|\d ?pc)"
_AT_MOST_SHOWN = 60
# What goes on with a figure, and is not what it counts.
_NO_NOUN = ("but", "bar", "except", "to", "and", "or", "plus", "percentage", "points", "in", "out")


def read(
    reported: str,
    form: str,
    base_n: int | None = None,
    *,
    vocabulary: Vocabulary | None = None,
    wide: bool = False,
) -> Reading:
    """Read the shares and whole counts that a printed figure can mean."""
    if form not in FORMS:
        raise ReadingError(
            f"{form!r} is not a printed form.", found=form, expected=", ".join(FORMS)
        )
    if base_n is not None and base_n < 0:
        raise ValueError(f"base_n is {base_n}: a base is not negative")
    vocabulary = vocabulary or load_readings()
    reader = _READERS.get(form, _read_wording)
    vocabulary = vocabulary.wide if wide else vocabulary
    reading = reader(reported, form, base_n, vocabulary)
    if vocabulary.widens is None or reading.counts is None:
        return reading
    return _containing(reading, reader(reported, form, base_n, vocabulary.widens))


def _containing(wide: Reading, declared: Reading) -> Reading:
    """The wide reading, stretched where the count nearest to a wording lies outside it."""
    highs = (wide.count_high, declared.count_high)
    high = None if None in highs else max(highs)
    return wide._replace(count_low=min(wide.count_low, declared.count_low), count_high=high)


# ---- forms --------------------------------------------------------------------------------------


def _read_wording(reported: str, form: str, base_n: int | None, by: Vocabulary) -> Reading:
    """Counts, numbers, percentages, fractions and quantifiers, with or without "of the schools"."""
    return _on_base(_fitting(reported, form, by, base_n)[1], reported, base_n)


def _fitting(
    reported: str, form: str, by: Vocabulary, base_n: int | None = None, counted: bool = True
) -> tuple[str, Reading]:
    """The phrase that is a wording of the form, whole or without of whom, and what it means."""
    text = normal(reported)
    words = split(text)
    found = figures(words.said, 0, by, counted=counted)
    whole = [(meant, end) for meant, end in found if _is_of_whom(words.said, end)]
    fitting = [pair for pair in whole if pair[0].kind in _KINDS[form]]
    if not whole or (not fitting and whole[0][1] < found[0][1] and _alone(reported, by)):
        raise _unknown(reported, form, by)
    if not fitting:
        raise _of_another_form(reported, form, whole[0][0])
    meant, end = fitting[0]
    _require_possible(meant, reported)
    _require_base(text[words.end(end) :].strip(), reported, base_n)
    return text[: words.end(end)], meant


def _is_of_whom(words: Sequence[str], end: int) -> bool:
    """Whether nothing stands behind a figure, or "of the schools", "out of 60" and their like."""
    ends = len(words) - end == PADDING
    base = words[end] == "/" and words[end + 1][:1].isdecimal()
    of = words[end + (words[end] == "out")] == "of"
    return ends or base or of or words[end] in ("the", "these", "those")


def read_measure(reported: str, *, vocabulary: Vocabulary) -> Reading:
    """Read a printed mean, median or ratio: every value that rounds to it, "3" like "3.0"."""
    return _fitting(reported, "number", vocabulary, counted=False)[1]._replace(kind="decimal")


def _read_count_percent(reported: str, form: str, base_n: int | None, by: Vocabulary) -> Reading:
    """A printed count, held against the percentage that is printed with it."""
    match = re.fullmatch(_COUNT_PERCENT, normal(reported))
    if match is None:
        raise _unknown(reported, form, by)
    count, percent = sorted(
        (part for part in match.groups() if part),
        key=lambda part: bool(re.fullmatch(_PERCENT, part)),
    )
    share = _read_wording(percent, "percent", None, by)
    counted = _read_wording(count, "count", base_n, by)
    if counted.share is None:
        low, high, low_open, high_open = share.share
        return counted._replace(low=low, high=high, low_open=low_open, high_open=high_open)
    if _meet(counted, share):
        return counted
    ends = " to ".join(dict.fromkeys(f"{float(100 * end):.2f}%" for end in counted.share[:2]))
    note = f"{_fitting(count, 'count', by)[0]} of {base_n:,} is {ends}, not {percent}"
    return counted._replace(exact=False, note=note)


def _meet(one: Reading, other: Reading) -> bool:
    """Whether two intervals have a point in common."""
    low, high = max(one.low, other.low), min(one.high, other.high)
    left_out = any(
        (each.low_open and each.low == low) or (each.high_open and each.high == high)
        for each in (one, other)
    )
    return low < high or (low == high and not left_out)


def _read_place(reported: str, form: str, base_n: int | None, by: Vocabulary) -> Reading:
    """Position in a ranked list, from 1, or months since year 0."""
    text = normal(reported)
    if form == "date":
        kind, found = "month", months(text, wide=by.widens is not None)
    else:
        place = position(text.lstrip("#"))
        kind, found = "position", (place, place) if place else None
    if found is None:
        raise _unknown(reported, form, by)
    if kind == "position" and base_n is not None:
        _require_within(found[0], reported, base_n)
    return Reading(kind, count_low=found[0], count_high=found[1])


_READERS = {
    # A number of anything, which may exceed the base that it is a mean of.
    "number": lambda reported, form, base_n, by: _read_wording(reported, form, None, by),
    "count_percent": _read_count_percent,
    "rank": _read_place,
    "date": _read_place,
    "text": lambda *given: Reading("text"),
}


# ---- intervals to counts ------------------------------------------------------------------------


def _on_base(found: Reading, reported: str, base_n: int | None) -> Reading:
    """A reading, with the whole counts of a known base."""
    if found.kind in ("residual", "decimal"):
        return found
    if found.kind == "except":
        return _all_except(found, reported, base_n)
    if found.kind in ("number", "pair", "money"):
        return _number(found, reported, base_n)
    if base_n is None:
        none = found.kind == "whole" and found.point == 0
        return found._replace(count_low=0, count_high=0) if none else found
    return share_on_bases(found, reported, base_n, base_n)


def _all_except(found: Reading, reported: str, base_n: int | None) -> Reading:
    if base_n is None:
        return Reading("except", note=f"{_shown(reported)} of an unknown base")
    left_out = int(found.point)
    _require_within(left_out, reported, base_n)
    return _counted("except", base_n - left_out, base_n - left_out, base_n)


def _number(found: Reading, reported: str, base_n: int | None) -> Reading:
    """A count, as far as its base allows; the number that it is has no share without one."""
    least, most = counts_on(found.share, 1)
    low, high, note = max(least, 0), None if found.high is None else most, ""
    if high is not None and low > high:
        low, high = _nearest(found, None)
        note = f"no whole number is {_shown(reported)}; read as {_named(low, high)}"
    if base_n is not None:
        _require_within(low, reported, base_n)
        high = base_n if high is None else min(high, base_n)
    return _counted(found.kind, low, high, base_n)._replace(vague=found.vague, note=note)


def _counted(kind: str, low: int, high: int | None, base_n: int | None) -> Reading:
    """Whole counts, and the shares that they are of a base that somebody is in."""
    ends = (Fraction(low, base_n), Fraction(high, base_n)) if base_n else (None, None)
    return Reading(kind, *ends, count_low=low, count_high=high)


def share_on_bases(found: Reading, reported: str, base_low: int, base_high: int) -> Reading:
    """Whole counts that a share allows on some base between two ends, or the nearest to it."""
    pairs = [counts_on(found.share, n) for n in range(base_low, base_high + 1)]
    met = [(low, high) for low, high in pairs if low <= high]
    near = met or [_nearest(found, n) for n in range(base_low, base_high + 1)]
    low, high = min(low for low, _ in near), max(high for _, high in near)
    if met:
        return found._replace(count_low=low, count_high=high)
    note = (
        f"no whole count of {_named(base_low, base_high)} is {_shown(reported)};"
        f" read as {_named(low, high)}"
    )
    exact = not found.precise
    return found._replace(count_low=low, count_high=high, exact=exact, note=note)


def counts_on(share: tuple, base_n: int) -> tuple[int, int]:
    """Least and greatest whole count that a share allows on a base; least > greatest if none is.

    >>> counts_on((Fraction(1, 2), Fraction(3, 5), True, False), 10)
    (6, 6)
    """
    least, most, low_open, high_open = share
    least, most = least * base_n, (1 if most is None else most) * base_n
    low = math.floor(least) + 1 if low_open else math.ceil(least)
    return low, math.ceil(most) - 1 if high_open else math.floor(most)


def _named(low: int, high: int) -> str:
    return " to ".join(dict.fromkeys(f"{n:,}" for n in (low, high)))


def _nearest(found: Reading, base_n: int | None) -> tuple[int, int]:
    """Whole counts nearest to an interval that holds none, never on a side that it rules out."""
    times = 1 if base_n is None else base_n
    least, most = found.low * times, found.high * times
    low_barred = found.low_open and found.point in (None, found.low)
    high_barred = found.high_open and found.point in (None, found.high)
    below = math.ceil(least) - 1 if high_barred else math.floor(least)
    above = math.floor(most) + 1 if low_barred else math.ceil(most)
    top = above if base_n is None else base_n
    sides = ((below, low_barred), (above, high_barred))
    options = [n for n, barred in sides if not barred and 0 <= n <= top]
    options = options or [math.floor(least), math.ceil(most)]
    middle = (least + most) / 2 if found.point is None else found.point * times
    distance = min(abs(n - middle) for n in options)
    nearest = [n for n in options if abs(n - middle) == distance]
    return nearest[0], nearest[-1]


# ---- what is refused ----------------------------------------------------------------------------


def _unknown(reported: str, form: str, vocabulary: Vocabulary) -> ReadingError:
    """An error that names a wording that is not known, and what is known nearby."""
    from difflib import get_close_matches

    if form not in _KINDS or form == "money":
        near, do = [], "correct it, or give it the form text, which has no reading"
    else:
        known = [*vocabulary.points, *vocabulary.hedges, *vocabulary.quantifiers]
        known += [*(f"{words} x" for words in ONE_SIDED), *WHOLE, *RESIDUAL]
        near = get_close_matches(normal(reported)[:99], known, n=4, cutoff=0.5)
        alone = _alone(reported, vocabulary)
        figure = f", {alone!r}" if alone else ""
        do = f"write the figure alone{figure}, or add a row for its wording to data/readings.csv"
    nearby = f"; nearby are {', '.join(near)}" if near else ""
    return ReadingError(
        f"{_shown(reported)} is not a wording that the tables of readings know.",
        found=f"{_shown(reported)} of the form {form}",
        expected=f"such as {FORMS[form]}{nearby}",
        do=do,
    )


def _alone(reported: str, vocabulary: Vocabulary) -> str:
    """The figure that a phrase begins with, such as "12" of "12 schools"; empty where none is."""
    text = normal(reported[:_AT_MOST_SHOWN])
    words = split(text)
    said = [*words.said[:-PADDING], ""]
    ends = [end for _, end in figures(words.said, 0, vocabulary) if end < len(said) - 1]
    is_noun = (
        ends
        and words.end(ends[0]) < words.starts[ends[0]]
        and said[ends[0]].isalpha()
        and said[ends[0]] not in _NO_NOUN
    )
    return text[: words.end(ends[0])] if is_noun else ""


def _shown(reported: str) -> str:
    """The figure in quotes, cut where it is longer than any figure is."""
    return repr(reported if len(reported) <= _AT_MOST_SHOWN else f"{reported[:_AT_MOST_SHOWN]}...")


def _of_another_form(reported: str, form: str, found: Reading) -> ReadingError:
    fitting = [name for name, kinds in _KINDS.items() if found.kind in kinds]
    return ReadingError(
        f"{_shown(reported)} is not of the form {form!r}.",
        found=f"a wording of the kind {found.kind}",
        expected=f"such as {FORMS[form]}",
        do=f"give it the form {' or '.join(fitting)}",
    )


def _require_within(n: int, reported: str, base_n: int) -> None:
    if n > base_n:
        raise ReadingError(
            f"{_shown(reported)} exceeds its base: {n:,} of {base_n:,}.",
            found=f"{n:,}",
            expected=f"at most {base_n:,}",
            do="correct the figure, or the base that it is printed on",
        )


def _require_base(of_whom: str, reported: str, base_n: int | None) -> None:
    """Refuse a figure that is "out of" another number than its base."""
    printed = re.fullmatch(_OUT_OF, of_whom)
    number = whole_number(printed[1]) if printed else None
    if None not in (number, base_n) and number != base_n:
        raise ReadingError(
            f"{_shown(reported)} is not of its base of {base_n:,}.",
            found=f"out of {printed[1]}",
            expected=f"out of {base_n:,}",
            do="correct the base, or write the figure alone",
        )


def _require_possible(found: Reading, reported: str) -> None:
    """A share of at most all, and a wording that leaves something: nothing is under none."""
    if found.impossible:
        over = found.impossible.startswith("more")
        raise ReadingError(
            f"{_shown(reported)} is {found.impossible}.",
            found=_shown(reported),
            expected="at most 100%" if over else "at least 0",
            do="correct it, or give it the form text where it is "
            + ("not a share" if over else "neither count nor share"),
        )
