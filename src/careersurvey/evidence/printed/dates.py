"""Printed dates as months, so that one date printed in two ways can be compared."""

from __future__ import annotations

import re
from calendar import monthrange

MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
# The season's first month, with January as 0: each lasts three.
SEASONS = {"spring": 2, "summer": 5, "autumn": 8, "winter": 11}
_APRIL = MONTHS.index("april")

_FROM_TO = re.compile(r"between (.+?) and (.+)|(.+?) (?:to|and|-) (.+)")
_LEAD = re.compile(r"^(?:in|on|from|since|by|until|during|the year) ")
_YEAR = re.compile(r"[0-9]{4}")
_SPLIT_YEAR = re.compile(r"([0-9]{4})[/-]([0-9]{2}|[0-9]{4})")
_MONTH_YEAR = re.compile(r"(?:([0-9]{1,2}) )?([a-z]+) ([0-9]{4}|[0-9]{2})")


def months(text: str, *, wide: bool = False) -> tuple[int, int] | None:
    """First and last month of a printed date, or of a range from one to another."""
    match = _FROM_TO.fullmatch(text)
    parts = [part for part in match.groups() if part] if match else [text]
    found = [_months_of_one(_LEAD.sub("", part), wide) for part in parts]
    if None in found or [low for low, _ in found] != sorted(low for low, _ in found):
        return None
    return found[0][0], found[-1][1]


def _months_of_one(text: str, wide: bool) -> tuple[int, int] | None:
    if _YEAR.fullmatch(text):
        return 12 * int(text), 12 * int(text) + 11
    if split := _SPLIT_YEAR.fullmatch(text):
        return _split_year(int(split[1]), split[2], wide)
    match = _MONTH_YEAR.fullmatch(text)
    if match is None:
        return None
    day, name, digits = match.groups()
    year = int(digits) if len(digits) == 4 else 2000 + int(digits)
    if name in SEASONS and not day:
        return 12 * year + SEASONS[name], 12 * year + SEASONS[name] + 2
    month = next((n for n, full in enumerate(MONTHS) if _abbreviates(name, full)), None)
    if month is None or (day and not 1 <= int(day) <= monthrange(year, month + 1)[1]):
        return None
    return 12 * year + month, 12 * year + month


def _abbreviates(name: str, full: str) -> bool:
    return len(name) >= 3 and full.startswith(name)


def _split_year(year: int, ending: str, wide: bool) -> tuple[int, int] | None:
    """April to March; up to the August in which the school year ends where `wide`."""
    if (year + 1) % 10 ** len(ending) != int(ending):
        return None
    first = 12 * year + _APRIL
    return first, first + (16 if wide else 11)
