"""What a printed figure can mean: shares, and whole counts on a known base.

The rules are set out in ``docs/readings.md``; what words mean as numbers is data, in
``data/readings.csv``, which a file given to :func:`vocabulary.load_readings` replaces wording by
wording. All arithmetic is in exact fractions: 57 of 200 is 28.5%, which floating point puts below.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from functools import lru_cache

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
from careersurvey.evidence.text import near

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
# The base that "of the 60", "out of 60" or "12/60" prints.
_OUT_OF = r"(?:(?:out )?of (?:the |these |those |every )?|/)(\S+).*"
_AT_MOST_SHOWN = 60


def read(
    reported: str,
    form: str,
    base_n: int | None = None,
    *,
    vocabulary: Vocabulary | None = None,
) -> Reading:
    """Read the shares and whole counts that a printed figure can mean."""
    if form not in FORMS:
        raise ReadingError(
            f"{form!r} is not a printed form.", found=form, expected=", ".join(FORMS)
        )
    by = vocabulary or load_readings()
    reading = _read(reported, form, base_n, by)
    if by.widens is None or reading.counts is None:
        return reading
    # The count nearest to a wording may lie outside the wide range.
    (low, high), (least, most) = reading.counts, _read(reported, form, base_n, by.widens).counts
    high = None if None in (high, most) else max(high, most)
    return reading._replace(count_low=min(low, least), count_high=high)


def read_measure(
    reported: str, low: float = -math.inf, high: float = math.inf, *, vocabulary: Vocabulary
) -> Reading:
    """Read a printed mean, median or ratio: what rounds to it ("3" like "3.0") and can be."""
    found = _meaning(reported, "number", vocabulary, counted=False)
    if found.low > high or (found.high is not None and found.high < low):
        raise ReadingError(
            f"{_shown(reported)} is outside the answers that it sums up.",
            expected=f"{low:g} to {high:g}, as the codebook has it",
            do="correct the figure, or the values of its variable in codebook.csv",
        )
    if found.low < low:
        found = found._replace(low=Fraction(low), low_open=False)
    if math.isfinite(high) and (found.high is None or found.high > high):
        found = found._replace(high=Fraction(high), high_open=False)
    return found._replace(kind="decimal")


@lru_cache(maxsize=4096)
def _read(reported: str, form: str, base_n: int | None, by: Vocabulary) -> Reading:
    """A figure on its base; a number or a sum of money may exceed the base that it is of."""
    if form in ("rank", "date"):
        return _read_place(reported, form, base_n, by)
    if form == "count_percent":
        return _read_count_percent(reported, base_n, by)
    if form == "text":
        return Reading("text")
    base_n = None if form in ("number", "money") else base_n
    return _on_base(_meaning(reported, form, by, base_n), reported, base_n)


# ---- forms --------------------------------------------------------------------------------------


def _meaning(
    reported: str, form: str, by: Vocabulary, base_n: int | None = None, *, counted: bool = True
) -> Reading:
    """What a phrase means that is a wording of the form, whole or with "of the schools"."""
    words = split(normal(reported))
    found = figures(words.said, 0, by, counted=counted)
    whole = [(meant, end) for meant, end in found if _is_of_whom(words.said, end, by)]
    fitting = [pair for pair in whole if pair[0].kind in _KINDS[form]]
    if not whole or (not fitting and whole[0][1] < found[0][1]):
        raise _unknown(reported, form, by)
    if not fitting:
        raise _of_another_form(reported, form, whole[0][0])
    meant, end = fitting[0]
    if meant.is_impossible:
        raise ReadingError(
            f"{_shown(reported)} is more than all of a base, or fewer than none.",
            do="correct it, or give it the form text where it is neither count nor share",
        )
    printed = re.fullmatch(_OUT_OF, words.text[words.end(end) :].strip())
    number = whole_number(printed[1]) if printed else None
    if None not in (number, base_n) and number != base_n:
        raise ReadingError(
            f"{_shown(reported)} is not of its base of {base_n:,}.",
            found=f"out of {printed[1]}",
            expected=f"out of {base_n:,}",
            do="correct the base, or write the figure alone",
        )
    return meant


def _is_of_whom(words: list[str], end: int, by: Vocabulary) -> bool:
    """Whether nothing stands behind a figure, or of whom it is, which is no share ("of half")."""
    if len(words) - end == PADDING or words[end] in ("the", "these", "those"):
        return True
    if words[end] == "/":
        return words[end + 1][:1].isdecimal()
    of = end + (words[end] == "out")
    shares = (each.kind in ("fraction", "percent") for each, _ in figures(words, of + 1, by))
    return words[of] == "of" and not any(shares)


def _read_count_percent(reported: str, base_n: int | None, by: Vocabulary) -> Reading:
    """A printed count, held against the percentage that is printed with it."""
    match = re.fullmatch(_COUNT_PERCENT, normal(reported))
    both = filter(None, match.groups()) if match else ("", "")
    # Either of the two may be printed first.
    count, percent = sorted(both, key=lambda each: _share_form(each, by))
    percent += "" if _share_form(percent, by) else "%"  # whose sign a heading may have
    if not (form := _share_form(percent, by)):
        raise _unknown(reported, "count_percent", by)
    share = _meaning(percent, form, by)
    counted = _read(count, "count", base_n, by)
    if counted.low is None:
        return Reading._make((counted.kind, *share.share, *counted[5:]))
    low, high = counts_on(share.share, base_n)
    if counted.count_low <= high and low <= counted.count_high:
        return counted
    ends = " to ".join(dict.fromkeys(f"{float(100 * end):.2f}%" for end in counted.share[:2]))
    note = f"{_named(*counted.counts)} of {base_n:,} is {ends}, not {percent}"
    return counted._replace(exact=False, note=note)


def _share_form(text: str, by: Vocabulary) -> str:
    """The form of what stands beside a count; none where it is no share."""
    kinds = [reading.kind for reading, _ in figures(split(text).said, 0, by)[:1]]
    return next((form for form in ("percent", "fraction") if {*kinds} & {*_KINDS[form]}), "")


def _read_place(reported: str, form: str, base_n: int | None, by: Vocabulary) -> Reading:
    """Position in a ranked list, from 1, or months since year 0."""
    text = normal(reported)
    place = position(text.lstrip("#")) if form == "rank" else None
    found = (place, place) if place else None
    if form == "date":
        found = months(text, wide=by.widens is not None)
    if found is None:
        raise _unknown(reported, form, by)
    if place and base_n is not None:
        _require_within(place, reported, base_n)
    return Reading("position" if place else "month", count_low=found[0], count_high=found[1])


# ---- intervals to counts ------------------------------------------------------------------------


def _on_base(found: Reading, reported: str, base_n: int | None) -> Reading:
    """A reading, with the whole counts of a known base, or of a number itself."""
    if found.kind in ("residual", "decimal"):
        return found
    if found.kind in ("number", "pair", "money"):
        return _number(found, reported, base_n)
    if found.kind == "except":
        if base_n is None:
            return Reading("except", note=f"{_shown(reported)} of an unknown base")
        _require_within(int(found.point), reported, base_n)
        left = base_n - int(found.point)
        return _counted("except", left, left, base_n)
    if base_n is not None:
        return share_on_bases(found, reported, base_n, base_n)
    none = found.kind == "whole" and found.point == 0
    return found._replace(count_low=0, count_high=0) if none else found


def _number(found: Reading, reported: str, base_n: int | None) -> Reading:
    """A count, as far as its base allows; the number that it is has no share without one."""
    low, most = counts_on(found.share, 1)
    low, high, note = max(low, 0), None if found.high is None else most, ""
    if high is not None and low > high:
        low, high = _nearest(found, 1)
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
    bases = range(base_low, base_high + 1)
    # Both ends grow with the base: the least count is on the first that has one.
    counts = ((counts_on(found.share, n) for n in each) for each in (bases, reversed(bases)))
    met = [next((ends for ends in each if ends[0] <= ends[1]), None) for each in counts]
    lows, highs = zip(*(met if met[0] else [_nearest(found, n) for n in bases]), strict=True)
    reading = found._replace(count_low=min(lows), count_high=max(highs))
    if met[0]:
        return reading
    on, of = _named(*reading.counts), _named(base_low, base_high)
    note = f"no whole count of {of} is {_shown(reported)}; read as {on}"
    return reading._replace(exact=not found.precise, note=note)


def counts_on(share: tuple, base_n: int) -> tuple[int, int]:
    """Least and greatest whole count that a share allows on a base; least > greatest if none is."""
    least, most, low_open, high_open = share
    least, most = least * base_n, (1 if most is None else most) * base_n
    low = math.floor(least) + 1 if low_open else math.ceil(least)
    return low, math.ceil(most) - 1 if high_open else math.floor(most)


def _nearest(found: Reading, times: int) -> tuple[int, int]:
    """Whole counts nearest to an interval that holds none, never on a side that it rules out."""
    low, high = found.low * times, found.high * times
    point = (low + high) / 2 if found.point is None else found.point * times
    no_lower = found.low_open and found.point in (None, found.low)
    no_higher = found.high_open and found.point in (None, found.high)
    below, above = math.ceil(high) - 1, math.floor(low) + 1
    options = [below] * (not no_lower) + [above] * (not no_higher) or [below, above]
    distance = min(abs(n - point) for n in options)
    nearest = [n for n in options if abs(n - point) == distance]
    return nearest[0], nearest[-1]


# ---- what is refused ----------------------------------------------------------------------------


def _named(low: int, high: int | None) -> str:
    joint = " or " if None not in (low, high) and high - low == 1 else " to "
    return joint.join(dict.fromkeys(f"{n:,}" for n in (low, high)))


def _shown(reported: str) -> str:
    """The figure in quotes, cut where it is longer than any figure is."""
    return repr(reported if len(reported) <= _AT_MOST_SHOWN else f"{reported[:_AT_MOST_SHOWN]}...")


def _unknown(reported: str, form: str, by: Vocabulary) -> ReadingError:
    """An error that names a wording that is not known, and what is known nearby."""
    nearby, do = "", "correct it, or give it the form text, which has no reading"
    if form in _KINDS and form != "money":
        known = [*by.points, *by.hedges, *by.quantifiers, *WHOLE, *RESIDUAL]
        known += [f"{words} x" for words in ONE_SIDED]
        close = near(normal(reported)[:99], known, least=0.5)
        nearby = f"; near is {close!r}" if close else ""
        do = "write the figure alone, without its noun, or add a row for it to data/readings.csv"
    return ReadingError(
        f"{_shown(reported)} is not a wording that the tables of readings know.",
        found=f"{_shown(reported)} of the form {form}",
        expected=f"such as {FORMS[form]}{nearby}",
        do=do,
    )


def _of_another_form(reported: str, form: str, found: Reading) -> ReadingError:
    fitting = [name for name, kinds in _KINDS.items() if found.kind in kinds]
    do = f"give it the form {' or '.join(fitting)}"
    if found.kind == "decimal" or (found.kind == "number" and form == "percent"):
        do = "write a percentage with its sign, and thousands with a comma; a mean is a number"
    return ReadingError(
        f"{_shown(reported)} is not of the form {form!r}.",
        found=f"a wording of the kind {found.kind}",
        expected=f"such as {FORMS[form]}",
        do=do,
    )


def _require_within(n: int, reported: str, base_n: int) -> None:
    if n > base_n:
        raise ReadingError(
            f"{_shown(reported)} exceeds its base: {n:,} of {base_n:,}.",
            found=f"{n:,}",
            expected=f"at most {base_n:,}",
            do="correct the figure, or the base that it is printed on",
        )
