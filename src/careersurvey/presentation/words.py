"""Numbers, places, dates and ids as a reader writes them: one writer a measure.

A share is a percentage, people on a base of few are a count, a mean or a total is a number in its
unit. No number is ever a percentage of what is no share.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from html import escape
from typing import NamedTuple, TypeVar

import pandas as pd

from careersurvey.evidence.printed.dates import MONTHS
from careersurvey.evidence.printed.readings import read
from careersurvey.evidence.tables import SHARES
from careersurvey.evidence.text import rounded

Told = TypeVar("Told")

# Up to this base people are said as counts: "12 of 60" and not "20%".
FEW = 200
# Before whom a phrase is of, where it is of a part of its units.
AMONG = re.compile(", of (?=those |the )")
# What is no wider is drawn as one share: half a point either way of it.
ONE_SHARE = 0.0101
_OF_PARTS = ("percent", "fraction", "words", "count_percent")

_MONTHS = tuple(map(str.capitalize, MONTHS))
_CAPITAL = (*_MONTHS, *(f"Year {digit}" for digit in range(1, 10)))
_PLACES = {
    "p": ("paragraph", "paragraphs"),
    "page": ("page", "pages"),
    "cover": ("cover", "cover"),
    "exec": ("executive summary, paragraph", "executive summary, paragraphs"),
    "kf": ("key finding", "key findings"),
    "rec": ("recommendation", "recommendations"),
    "fn": ("footnote", "footnotes"),
    "notes": ("notes, paragraph", "notes, paragraphs"),
    "annex": ("annex", "annex"),
}


def share(value: float, places: int = 0) -> str:
    """Write a share as a percentage: whole, to a tenth where that would be a false 0% or 100%."""
    if pd.isna(value):
        return ""
    for edge, said in ((value, "<0.1%"), (1 - value, ">99.9%")):
        if 0 < round(edge, 9) <= 0.0005:
            return said
        if 0 < round(edge, 9) <= 0.005:
            places = max(places, 1)
    return f"{100 * rounded(value, places + 2):.{places}f}%"


def number(value: float, figures: int = 3, places: int | None = None) -> str:
    """Write an amount in full: no power of ten, so many figures or all of the whole part."""
    if pd.isna(value):
        return ""
    if places is None:
        whole = value == round(value)
        places = 0 if whole else max(0, figures - 1 - math.floor(math.log10(abs(value))))
    return minus(f"{rounded(value, places):,.{places}f}")


def points(value: float) -> str:
    """Write a difference of shares in percentage points, with its sign: "+20", "−3", "0"."""
    if pd.isna(value):
        return ""
    whole = round(100 * rounded(value, 2))
    return minus(f"{whole:+d}") if whole else "0"


def p_value(p: float) -> str:
    """Write a p to two figures; below a thousandth only that it is."""
    if pd.isna(p):
        return ""
    return "< 0.001" if p < 0.001 else f"{p:.2g}" if p < 0.995 else "1"


def minus(text: str) -> str:
    """Write a minus sign in place of a hyphen."""
    return text.replace("-", "−")


def between(low: float, high: float, write: Callable[[float], str] = share) -> str:
    """Write two values as one range, "14% to 17%", or as one where they read alike."""
    return " to ".join(dict.fromkeys(end for end in (write(low), write(high)) if end))


def counts(low: float, high: float) -> str:
    """Write whole counts: "14 to 17", "27 or 28", "42 or more", or one number where they agree."""
    if pd.notna(low) and pd.isna(high):
        return f"{low:,.0f} or more"
    said = between(low, high, lambda count: "" if pd.isna(count) else f"{count:,.0f}")
    return said.replace(" to ", " or ") if pd.notna(low) and high - low == 1 else said


def either(numbers: Iterable[int]) -> str:
    """Write the numbers that one of them is: "42 or 43"."""
    return listed((f"{number:,}" for number in numbers), "or")


def each(rows: pd.DataFrame, write: Callable[[pd.Series], Told]) -> list[Told]:
    """Say each of some rows."""
    return [write(row) for _, row in rows.iterrows()]


def which(rows: pd.DataFrame, holds: Callable[[pd.Series], object]) -> pd.Series:
    """Which of some rows something holds of."""
    return pd.Series(each(rows, holds), rows.index).astype(bool)


#: The columns of a table for reading: each a column of its rows, or what is said of a row.
Columns = Mapping[str, str | Callable[[pd.Series], object]]


def lay_out(rows: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Lay rows out for reading: each column is one of theirs, or what is said of a row."""
    with_entry = {**columns, "entry": "entry"} if "entry" in rows else columns
    told = {
        name: rows[how].array if isinstance(how, str) else each(rows, how)
        for name, how in with_entry.items()
    }
    return pd.DataFrame(told)


def is_share(row: pd.Series) -> bool:
    """Whether a row's number is a part of a base, by its measure or its printed form."""
    part = row["measure"] == "context" and row.get("form", "") in _OF_PARTS
    return part or row["measure"] in SHARES


def is_read(row: pd.Series) -> bool:
    """Whether a row's number is not printed as it stands, but what its wording is read as."""
    wording = row.get("wording", "")
    if row["evidence"] == "respondents" or not wording or wording.lower().startswith("between "):
        return False
    ends = [(row[f"{of}_low"], row[f"{of}_high"]) for of in ("count", "estimate")]
    vague = any(pd.notna(low) and (pd.isna(high) or high > low) for low, high in ends)
    return vague or (is_share(row) and row.get("form", "") in ("percent", "fraction", "words"))


def is_vague(row: pd.Series) -> bool:
    """Whether a row rests on words that allow three fifths of all and more."""
    return row.get("form", "") == "words" and row["estimate_high"] - row["estimate_low"] > 0.6


def drawn_as(row: pd.Series) -> str:
    """Name the mark of a share: one that is known, one as words are read, what words allow."""
    one, form = row["estimate_high"] - row["estimate_low"] <= ONE_SHARE, row.get("form", "")
    if form in ("fraction", "words") and (one or row.get("nearest", False)) and is_read(row):
        return "read"
    if one:
        return "tick"
    return "word" if form == "words" else "band"


def how_known(row: pd.Series, number: str, of: str = "") -> str:
    """Say what is not printed of a number: itself, as a wording is read, or of how many it is."""
    several = row.get("base_low", math.nan) < row.get("base_high", math.nan)
    base = ""
    if of and several:
        base = "base as read"
    elif of and is_share(row) and row.get("base_from", "") == "implied":
        base = "base implied"
    elif not of and row["measure"] in SHARES and row.get("base_from", "") == "none":
        base = "base not printed with it"
    wording = row.get("wording", "")
    is_counted = row.get("form", "") == "count" and row["count_low"] == row["count_high"]
    if not is_read(row) or number in wording or (base and is_counted):
        return base
    often = f"taken as a number of {plural(row['unit'])}"
    how = often if HOW_OFTEN.fullmatch(wording) else "as read"
    return how if base in ("", "base as read") else f"{how}, {base}"


def as_read(row: pd.Series, number: str, of: str = "") -> str:
    """Say a number of so many with what is not printed of it: "46 of 60, as read"."""
    return number and ", ".join(filter(None, (f"{number}{of}", how_known(row, number, of))))


def dashed(text: str) -> str:
    """Write ranges of numbers with a dash, where room is short: "47–49 of 60"."""
    return re.sub(r"(?<=[\d%]) to (?=\D{0,10}\d)", "–", text)


def writer(row: pd.Series, finer: int = 0) -> Callable[[float], str]:
    """Return how a row's values are written: shares as finely as printed, all else as numbers."""
    if not is_share(row):
        places = _places(row)
        return partial(number, figures=3 + finer, places=None if places is None else places + finer)
    places = finer + decimals(row.get("wording", ""))
    return partial(_below, row.get("limit_high", math.nan), places)


def decimals(wording: str) -> int:
    """To how many decimals a percentage is printed."""
    printed = _DECIMALS.search(wording)
    return len(printed[1]) if printed else 0


def _below(limit: float, places: int, value: float) -> str:
    """Write a share; one that rounds to a limit that its wording leaves out, or more, as under."""
    if value == limit:
        return f"under {100 * limit:.4g}%"
    near = rounded(value, places + 2)
    return f"under {share(near, places)}" if value < limit <= near else share(value, places)


def _places(row: pd.Series) -> int | None:
    """To how many decimals an amount is printed, by how wide what rounds to it is."""
    unit = row.get("estimate_high", math.nan) - row.get("estimate_low", math.nan)
    known = pd.notna(row.get("estimate")) and 0 < unit < 1.5
    places = round(-math.log10(unit)) if known else 0
    return places if known and math.isclose(unit, 10**-places) else None


#: Adverbs, which may be of occasions and not of whom.
HOW_OFTEN = re.compile(
    "(?i)(very )?(rarely|seldom|often|frequently|commonly)|usually|normally|generally|mostly"
    "|overwhelmingly"
)
_DECIMALS = re.compile(r"\d\.(\d+) ?(?:%|per ?cent)")


#: A sentence in parts: words, and the anchor that they lead to, if any.
Parts = Iterable[tuple[str, str]]


def plain(parts: Parts) -> str:
    """Join the parts of a sentence as text."""
    return "".join(said for said, _ in parts)


def linked(parts: Parts) -> str:
    """Join the parts of a sentence as HTML, each a link that leads somewhere."""
    return "".join(
        f'<a href="#{escape(to)}">{escape(said)}</a>' if said and to else escape(said)
        for said, to in parts
    )


class Measured(NamedTuple):
    """A row's number in every way that it may be said; each empty where it is not known."""

    share: str  # "70% to 77%"; of what is no share the amount
    counted: str  # "43 to 46"; of answers none, whose share is weighted
    of: str  # " of 60"; " of 54 to 59" where the base is itself read from words
    few: bool  # whether its base is of few, who are said as counts

    @property
    def number(self) -> str:
        """The count of few, else the share."""
        return self.counted if self.counted and (self.few or not self.share) else self.share

    @property
    def people(self) -> str:
        """The count of its base."""
        return self.counted and f"{self.counted}{self.of}"


def measured(row: pd.Series) -> Measured:
    """Write a row's share or amount, its count and its base."""
    answers, base = row["evidence"] == "respondents", row["base_n"]
    of_read = is_share(row) and not answers and row.get("form", "") != "percent"
    at = float("nan") if of_read else row["estimate"]
    ends = (at, at) if answers or pd.notna(at) else (row["estimate_low"], row["estimate_high"])
    write = _stopping_short if row.get("form", "") == "words" and ends[0] < ends[1] else writer
    # "A few examples" are no share, for they are of nobody.
    of_nobody = row["measure"] == "context" and is_share(row) and row.get("base") == ""
    low, high = (row.get(f"base_{end}", base) for end in ("low", "high"))
    of = either(row.get("bases", ())) or counts(base, base)
    if not of and is_share(row):
        said = row.get("base_said", "")  # a number that is hedged, printed by itself
        of = f"“{said}”" if isinstance(said, str) and said else counts(low, high)
    return Measured(
        between(*ends, write(row)) if pd.notna(ends[0]) and not of_nobody else "",
        "" if answers else counts(row["count_low"], row["count_high"]),
        of and f" of {of}",
        bool(of and (high if pd.isna(base) else base) <= FEW),
    )


def _stopping_short(row: pd.Series) -> Callable[[float], str]:
    """Return how ends of vague words are written, which never reach to none, to half or to all."""
    low, high = row["estimate_low"], row["estimate_high"]

    def write(end: float) -> str:
        half = rounded(end, 2) == 0.5
        if end == low and (end < 0.005 or (half and end >= 0.5)):
            return "over 50%" if half else "over 0%"
        if end == high and (end == 1 or (half and end <= 0.5)):
            return "under 50%" if half else "under 100%"
        return writer(row)(end)

    return write


def as_printed(row: pd.Series) -> str:
    """Say a row as it is printed; a place in a list may be nothing but its order there."""
    if row.get("form") != "rank":
        return row.get("printings") or row["wording"]
    at = read(row["wording"], "rank").count_low
    return f"{'first' if at == 1 else f'number {at}'} in the list of {within(row['question'])}"


def value(row: pd.Series) -> str:
    """Say a row's number: "12 of 60", "8% of 1,703", "46 of 60, as read", "not shown"."""
    if not row["shown"]:
        return "not shown"
    told = measured(row)
    amount = (told.counted if row["measure"] == "count" else "") or told.share or told.counted
    said = (told.number, told.of) if is_share(row) else (amount,)
    return as_read(row, *said) or "no number"


def interval(row: pd.Series) -> str:
    """Say a row's interval in the unit of its measure."""
    if pd.isna(row["conf_low"]):
        return ""
    return between(row["conf_low"], row["conf_high"], writer(row))


def reading(row: pd.Series) -> str:
    """Say the counts that a wording can mean, else the shares; of answers the share itself."""
    told, ends = measured(row), (row["estimate_low"], row["estimate_high"])
    if is_share(row):
        rounded = row.get("form", "") == "percent" and pd.notna(row["estimate"])
        return told.counted or (between(*ends, writer(row, 1)) if rounded else told.share)
    # One that is printed is told to a figure more, so that its own rounding is seen.
    finer = between(*ends, writer(row, 1)) if row["evidence"] == "reported" else ""
    return finer or told.share or told.counted


def spell(name: str) -> str:
    """Write an id as words: ``achieved_or_working_towards`` reads as it stands, with spaces."""
    return upper_first(re.sub(r"\bfe\b", "FE", str(name).replace("_", " ").strip()))


def within(words: str) -> str:
    """Write words inside a sentence; acronyms, months, school years and names stay as they are."""
    kept = words.startswith(_CAPITAL) or (words[:2].isalpha() and words[:2].isupper())
    named = " " in words and all(one[:1].isupper() or one in ("and", "of") for one in words.split())
    return words if kept or named else words[:1].lower() + words[1:]


def upper_first(words: str) -> str:
    """Write words as they stand at the head of a sentence."""
    return words[:1].upper() + words[1:]


#: Ends of a unit, and of more than one.
_PLURALS = {
    **{"staff": "staff", r"\b(m|wom)an": r"\1en", "person": "people", "child": "children"},
    **{"(ss|us|x|ch|sh)": r"\1es", "s": "s", "([^aeiou])y": r"\1ies"},
}


def plural(unit: str) -> str:
    """Name more than one of a unit."""
    if " or " in unit:
        return " and ".join(map(plural, unit.split(" or ")))
    one, of, whole = unit.partition(" of ")
    if of:
        return f"{plural(one)} of {whole}"
    for end, ends in _PLURALS.items():
        if re.search(rf"{end}$", unit):
            return re.sub(rf"{end}$", ends, unit)
    return f"{unit}s"


def listed(parts: Iterable[str], last: str = "and") -> str:
    """Join parts as a sentence does: "a, b and c"."""
    said = list(parts)
    if len(said) < 2:
        return "".join(said)
    return f"{', '.join(said[:-1])} {last} {said[-1]}"


def date(period: str) -> str:
    """Say a period: ``2012-12/2013-04`` is "December 2012 to April 2013"."""
    ends = [_one_date(part) for part in str(period).split("/") if part]
    return " to ".join(dict.fromkeys(ends))


def _one_date(text: str) -> str:
    found = re.fullmatch(r"(\d{4})-(\d{2})(-\d{2})?", text)
    return f"{_MONTHS[int(found[2]) - 1]} {found[1]}" if found else text


def places(codes: Iterable[str]) -> str:
    """Gather places into words: ``p12; p13; kf-1`` is "paragraphs 12 and 13; key finding 1"."""
    kinds: dict[str, set[int]] = {}
    others: dict[str, None] = {}  # of headings that one report alone has
    for code in (code for text in codes for code in str(text).split("; ")):
        found = re.fullmatch(r"([a-z]+)-?(\d*)", code)
        if found and found[1] in _PLACES:
            kinds.setdefault(found[1], set()).update([int(found[2])] if found[2] else [])
        elif found and found[2]:
            others[code] = None
    known = (_of_kind(kind, sorted(kinds[kind])) for kind in _PLACES if kind in kinds)
    return "; ".join([*known, *others])


def _of_kind(kind: str, numbers: list[int]) -> str:
    one, many = _PLACES[kind]
    named = listed(str(number) for number in numbers)
    return f"{one if len(numbers) == 1 else many} {named}".strip()
