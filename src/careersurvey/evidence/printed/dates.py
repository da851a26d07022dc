"""Printed dates as months, so that one date printed in two ways can be compared."""

from __future__ import annotations

import re

MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
# First and last month, with January as 0: of a season, and of a term of an English school.
_SEASONS = {"spring": (2, 4), "summer": (5, 7), "autumn": (8, 10), "winter": (11, 13)}
_TERMS = {"spring": (0, 3), "summer": (3, 6), "autumn": (8, 11)}
_SHORT = ("jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept", "sep", "oct", "nov", "dec")
#: Words that a date may begin with, beside numbers.
DATE_WORDS = frozenset((*MONTHS, *_SEASONS, *_SHORT))

_LEAD = r"^(?:(?:in|on|from|since|by|until|during|the year|the) )+"
_FROM_TO = r"(?:between )?(.+?)(?: to | through | and )(.+)", "(.+?) ?- ?(.+)"
_SPLIT_YEAR = (
    r"((?:academic|school) year )?([0-9]{4})[/-]([0-9]{2}|[0-9]{4})( (?:academic|school) year)?"
)
_DAY = r"([0-9]{1,2})(?:st|nd|rd|th)?"
_DATE = (
    rf"(?:{_DAY} )?([a-z]+)( term|)(?: of)? ([0-9]{{4}}|[0-9]{{2}})|([a-z]+) {_DAY},? ([0-9]{{4}})"
)
_NTH = r"\d\d?[dhnrst]{0,2}"
_MONTH = rf"(?:{'|'.join({name[:3]: 0 for name in MONTHS} | dict.fromkeys(_SEASONS))})[a-z]*\b\.?"
_AND = "(?: and | to | ?[–-] ?)"
_YEAR = r"(?:19|20)\d\d"
_SCHOOL_YEAR = r"[12][09]\d\d[/–-]\d\d(?:\d\d)?"
#: A date where it begins in a text in lower case; a year alone is one behind some words only.
DATE_IN_TEXT = re.compile(
    rf"(?:{_NTH}(?:{_AND}{_NTH})? )?(?:{_MONTH}(?:(?: \d\d?)?{_AND}(?:\d\d? )?(?=[a-z]))?){{1,2}}"
    rf"(?: term)?(?:(?: of| {_NTH}(?:{_AND}{_NTH})?,?)? \d{{4}}|(?<!ing|mer|umn|ter|erm) \d\d\b)"
    rf"|{_SCHOOL_YEAR}(?: (?:and|to) {_SCHOOL_YEAR})?"
    rf"|(?:between {_YEAR} and )?(?P<year>{_YEAR})(?: (?:to|through) {_YEAR})?(?!\d)"
)
#: Words before a year alone.
BEFORE_YEARS = frozenset(
    (
        *("in", "since", "from", "by", "until", "between", "and", "during", "before", "after"),
        *("year", "years", "early", "late", "of"),
    )
)


def months(text: str, *, wide: bool = False) -> tuple[int, int] | None:
    """First and last month of a printed date, or of a range from one to another."""
    text = re.sub(r"([a-z]+ \d+)(?: to | and |-)\d+(?=,? \d{4})", r"\1", text.replace(".", ""))
    text = re.sub(_LEAD, "", text)
    alone = _months_of_one(text, wide)
    match = next(filter(None, (re.fullmatch(joined, text) for joined in _FROM_TO)), None)
    if alone or not match:
        return alone
    first, last = (re.sub(_LEAD, "", part) for part in match.groups())
    shared = re.search(r"(?:\b[a-z]+ )?([0-9]{4})$", last)
    tried = (first, *(f"{first} {shared[part]}" for part in (1, 0) if shared))
    low = next(filter(None, (_months_of_one(each, wide) for each in tried)), None)
    high = _months_of_one(last, wide)
    return (low[0], high[1]) if low and high and low[0] <= high[0] else None


def _months_of_one(text: str, wide: bool) -> tuple[int, int] | None:
    if re.fullmatch("[0-9]{4}", text):
        return 12 * int(text), 12 * int(text) + 11
    if split := re.fullmatch(_SPLIT_YEAR, text):
        return _split_year(int(split[2]), split[3], bool(split[1] or split[4]), wide)
    if iso := re.fullmatch("([0-9]{4})-([0-9]{2})-([0-9]{2})", text):
        return _month(*map(int, iso.groups()))
    match = re.fullmatch(_DATE, text)
    if match is None:
        return None
    name, day, digits = match[2] or match[5], match[1] or match[6], match[4] or match[7]
    year = int(digits) if len(digits) == 4 else 2000 + int(digits)
    part = (_TERMS if match[3] else _SEASONS).get(name)
    if part and not day:
        return 12 * year + part[0], 12 * year + part[1]
    named = [n for n, full in enumerate(MONTHS, start=1) if full.startswith(name)]
    if len(name) < 3 or not named or match[3]:
        return None
    return _month(year, named[0], int(day or 1))


def _month(year: int, month: int, day: int) -> tuple[int, int] | None:
    """The month of a day that there is."""
    from calendar import monthrange

    if not (year and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        return None
    return 12 * year + month - 1, 12 * year + month - 1


def _split_year(year: int, ending: str, school: bool, wide: bool) -> tuple[int, int] | None:
    """April to March; up to the August in which the school year ends where `wide`."""
    if (year + 1) % 10 ** len(ending) != int(ending):
        return None
    first, last = (8, 19) if school else (3, 19 if wide else 14)
    return 12 * year + first, 12 * year + last


def years(period: str) -> str:
    """Say the years of a period: ``2012-12/2013-04`` is "2012–13"."""
    found = sorted(set(re.findall(r"\d{4}", period)))
    return f"{found[0]}–{found[-1][2:]}" if len(found) > 1 else "".join(found)
