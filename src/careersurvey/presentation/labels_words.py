"""Numbers, places, dates and ids as a reader writes them."""

from __future__ import annotations

import re

import pandas as pd

TITLE_WORDS = 15
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_PLACES = {
    "cover": ("cover", "cover"),
    "exec": ("executive summary, paragraph", "executive summary, paragraphs"),
    "kf": ("key finding", "key findings"),
    "rec": ("recommendation", "recommendations"),
    "p": ("paragraph", "paragraphs"),
    "fn": ("footnote", "footnotes"),
    "notes": ("notes, paragraph", "notes, paragraphs"),
    "annex": ("annex", "annex"),
}


def date_words(fieldwork: str) -> str:
    """Say a period: ``2012-12/2013-04`` is "December 2012 to April 2013"."""
    ends = [_one_date(part) for part in str(fieldwork).split("/") if part]
    return " to ".join(dict.fromkeys(ends))


def _one_date(date: str) -> str:
    match = re.fullmatch(r"(\d{4})-(\d{2})(-\d{2})?", date)
    return f"{_MONTHS[int(match[2]) - 1]} {match[1]}" if match else date


def reading_words(row: pd.Series) -> str:
    """Say the counts or shares that a wording can mean, and nothing for what is no count."""
    if pd.isna(row["count_low"]) and pd.isna(row["estimate_low"]):
        return ""
    return value_words(row).split(" of ")[0]


def spell(value: str) -> str:
    """Write an id as words: ``achieved_or_working_towards`` reads as it stands, with spaces."""
    words = str(value).replace("_", " ").strip()
    return upper_first(re.sub(r"\bfe\b", "FE", words))


def within(words: str) -> str:
    """Write words as they stand inside a sentence; an acronym keeps its capitals."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def upper_first(words: str) -> str:
    """Write words as they stand at the head of a sentence."""
    return words[:1].upper() + words[1:]


def plural(unit: str) -> str:
    """Name more than one of a unit."""
    if unit.endswith("staff"):
        return unit
    if unit.endswith("y") and unit[-2:-1] not in tuple("aeiou"):
        return f"{unit[:-1]}ies"
    return unit if unit.endswith("s") else f"{unit}s"


def percent(share: float) -> str:
    """Write a share to the whole percent, and never a share above nought as 0%."""
    if pd.isna(share):
        return ""
    if 0 < share < 0.005:
        return "<1%"
    if 0.995 < share < 1:
        return ">99%"
    return f"{100 * share:.0f}%"


def percent_range(low: float, high: float) -> str:
    """Write two shares as one range: "14% to 17%", or one figure where they agree."""
    ends = [percent(low), percent(high)]
    return " to ".join(dict.fromkeys(end for end in ends if end))


def value_words(row: pd.Series) -> str:
    """Say a row's number: the counts of its base, else its share, else that it is not shown."""
    if not row["shown"]:
        return "not shown"
    if row["evidence"] == "respondents":
        base = f" of {row['base_n']:,}" if pd.notna(row["base_n"]) else ""
        return f"{percent(row['estimate'])}{base}" if pd.notna(row["estimate"]) else "not shown"
    if pd.notna(row["count_low"]) and pd.notna(row["count_high"]):
        counts = count_range(row["count_low"], row["count_high"])
        return f"{counts} of {row['base_n']:,}" if pd.notna(row["base_n"]) else counts
    return percent_range(row["estimate_low"], row["estimate_high"]) or "no number"


def count_range(low: int, high: int) -> str:
    """Write whole counts as a range: "14 to 17", or one figure where they agree."""
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def place_words(places: pd.Series | list[str]) -> str:
    """Gather places into words: ``p12; p13; kf-1`` is "paragraphs 12 and 13; key finding 1"."""
    found = dict.fromkeys(
        place for text in places for place in str(text).split("; ") if place and place != "nan"
    )
    kinds: dict[str, list[int]] = {}
    for place in found:
        match = re.fullmatch(r"([a-z]+)-?(\d*)", place)
        if match and match[1] in _PLACES:
            kinds.setdefault(match[1], []).extend([int(match[2])] if match[2] else [])
    ordered = sorted(kinds, key=lambda kind: (kind != "p", list(_PLACES).index(kind)))
    return "; ".join(_place_kind(kind, sorted(set(kinds[kind]))) for kind in ordered)


def _place_kind(kind: str, numbers: list[int]) -> str:
    one, many = _PLACES[kind]
    if not numbers:
        return one
    return f"{one if len(numbers) == 1 else many} {listed([str(n) for n in numbers])}"


def listed(parts: list[str]) -> str:
    """Join parts as a sentence does: "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def title_of(*candidates: str) -> str:
    """Return the first candidate of at most fifteen words, else the last one's first fifteen."""
    for candidate in candidates:
        if len(candidate.split()) <= TITLE_WORDS:
            return candidate
    return " ".join(candidates[-1].split()[:TITLE_WORDS])
