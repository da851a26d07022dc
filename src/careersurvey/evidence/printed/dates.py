"""Printed dates as months, so that one date printed in two ways can be compared."""

from __future__ import annotations

import re
from calendar import monthrange

MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
# First and last month, with January as 0: of a season, and of a term of an English school.
SEASONS = {"spring": (2, 4), "summer": (5, 7), "autumn": (8, 10), "winter": (11, 13)}
_TERMS = {"spring": (0, 3), "summer": (3, 6), "autumn": (8, 11)}
_APRIL, _SEPTEMBER = MONTHS.index("april"), MONTHS.index("september")

_FROM_TO = re.compile(r"(?:between )?(.+?) ?(?:to|and|-) ?(.+)")
_LEAD = re.compile(r"^(?:(?:in|on|from|since|by|until|during|the year|the) )+")
_YEAR = re.compile(r"[0-9]{4}")
_SPLIT_YEAR = re.compile(
    r"((?:academic|school) year )?([0-9]{4})[/-]([0-9]{2}|[0-9]{4})( (?:academic|school) year)?"
)
_DAY = r"([0-9]{1,2})(?:st|nd|rd|th)?"
_DATE = re.compile(
    rf"(?:{_DAY} )?([a-z]+)( term|)(?: of)? ([0-9]{{4}}|[0-9]{{2}})|([a-z]+) {_DAY},? ([0-9]{{4}})"
)
_NAMED = (
    rf"(?:[0-9]{{1,2}}(?:(?: to | and |–|-)[0-9]{{1,2}})? )?(?:{'|'.join((*MONTHS, *SEASONS))})"
)
_SCHOOL_YEAR = r"(?:19|20)[0-9]{2}[/–-][0-9]{2}(?:[0-9]{2})?"
#: A date where it begins in a text in lower case; a year alone only behind a word such as "in".
DATE_IN_TEXT = re.compile(
    rf"{_NAMED} [0-9]{{4}}|{_SCHOOL_YEAR}(?: (?:and|to) {_SCHOOL_YEAR})?"
    rf"|(?:{'|'.join(MONTHS)}) [0-9]{{2}}(?![0-9])"
    r"|between (?:19|20)[0-9]{2} and (?:19|20)[0-9]{2}(?![0-9])"
    r"|(?:(?<=in )|(?<=since )|(?<=from )|(?<=by )|(?<=until )|(?<=between )|(?<=and ))"
    r"(?:19|20)[0-9]{2}(?![0-9])"
)
#: Words that a date may begin with, beside numbers.
DATE_WORDS = (*MONTHS, *SEASONS)
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def months(text: str, *, wide: bool = False) -> tuple[int, int] | None:
    """First and last month of a printed date, or of a range from one to another."""
    text = _LEAD.sub("", text)
    alone = _months_of_one(text, wide)
    match = _FROM_TO.fullmatch(text)
    if alone or not match:
        return alone
    first, last = (_LEAD.sub("", part) for part in match.groups())
    low, high = _months_of_one(first, wide), _months_of_one(last, wide)
    if low is None and (shared := re.search(r"(?:\b[a-z]+ )?[0-9]{4}$", last)):
        tried = (f"{first} {shared[0][-4:]}", f"{first} {shared[0]}")
        low = next(filter(None, (_months_of_one(each, wide) for each in tried)), None)
    return (low[0], high[1]) if low and high and low[0] <= high[0] else None


def _months_of_one(text: str, wide: bool) -> tuple[int, int] | None:
    if _YEAR.fullmatch(text):
        return 12 * int(text), 12 * int(text) + 11
    if split := _SPLIT_YEAR.fullmatch(text):
        return _split_year(int(split[2]), split[3], bool(split[1] or split[4]), wide)
    if iso := _ISO.fullmatch(text):
        year, number, on = map(int, iso.groups())
        return _month(year, number - 1, on) if 1 <= number <= 12 else None
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    name, day = match[2] or match[5], match[1] or match[6]
    digits = match[4] or match[7]
    year = int(digits) if len(digits) == 4 else 2000 + int(digits)
    part = (_TERMS if match[3] else SEASONS).get(name)
    if part and not day:
        return 12 * year + part[0], 12 * year + part[1]
    month = next((n for n, full in enumerate(MONTHS) if _abbreviates(name, full)), None)
    return None if month is None or match[3] else _month(year, month, int(day) if day else 1)


def _month(year: int, month: int, day: int) -> tuple[int, int] | None:
    """The month of a day that there is."""
    found = 12 * year + month
    return (found, found) if year and 1 <= day <= monthrange(year, month + 1)[1] else None


def _abbreviates(name: str, full: str) -> bool:
    return len(name) >= 3 and full.startswith(name)


def _split_year(year: int, ending: str, school: bool, wide: bool) -> tuple[int, int] | None:
    """April to March; up to the August in which the school year ends where `wide`."""
    if (year + 1) % 10 ** len(ending) != int(ending):
        return None
    if school:
        return 12 * year + _SEPTEMBER, 12 * year + _SEPTEMBER + 11
    return 12 * year + _APRIL, 12 * year + _APRIL + (16 if wide else 11)
