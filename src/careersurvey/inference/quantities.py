"""The names of unknown counts, and what they are counted of."""

from __future__ import annotations

from calendar import month_name
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from careersurvey.inference.systems import Row


@dataclass(frozen=True)
class Quantity:
    """The parts of a quantity's name: ``indicator=category @ domain=group``."""

    indicator: str
    category: str = ""
    domain: str = ""
    group: str = ""

    def __str__(self) -> str:
        name = f"{self.indicator}={self.category}" if self.category else self.indicator
        return f"{name} @ {self.domain}={self.group}" if self.domain else name


@lru_cache(maxsize=4096)
def parse(text: str) -> Quantity:
    """Take a quantity's name apart.

    >>> parse("sixth_form=yes @ school_type=sponsored").group
    'sponsored'
    """
    stem, _, part = (piece.strip() for piece in text.partition("@"))
    indicator, _, category = (piece.strip() for piece in stem.partition("="))
    domain, _, group = (piece.strip() for piece in part.partition("="))
    return Quantity(indicator, category, domain, group)


Bases = dict[Quantity, list[str]]


def base_names(
    records: Iterable[Mapping], relations: Iterable[Mapping] = (), about: Mapping | None = None
) -> Bases:
    """Bases of indicators, by indicator and group.

    Parameters
    ----------
    records : iterable of mapping
        Printed statements; their `base_id` names the base.
    relations : iterable of mapping
        Rows of `relations.csv`. Where no printed statement names a base, the whole of a necessary
        partition into all categories of an indicator is its base.
    about : mapping
        Rows of `indicators.csv` by indicator.
    """
    rows = list(records)
    whole: dict[str, str] = {}
    for each in rows:
        if each["base_id"] and not each["domain"]:
            whole.setdefault(each["indicator"], each["base_id"])
    for indicator, total in _partitioned(relations, about or {}).items():
        whole.setdefault(indicator, total)
    bases: Bases = defaultdict(list, {Quantity(name): [base] for name, base in whole.items()})
    for each in rows:
        key = Quantity(each["indicator"], "", each["domain"], each["group"])
        name = str(parse(each["base_id"])) if each["base_id"] else ""
        if name and key.domain:
            name = _in_group(name, key, whole)
        if name and name not in bases[key]:
            bases[key].append(name)
    return {key: names for key, names in bases.items() if names}


def _partitioned(relations: Iterable[Mapping], about: Mapping) -> dict[str, str]:
    """Wholes of necessary partitions into all categories of one indicator."""
    found = {}
    for each in relations:
        parts, whole = members(each)
        named = {parse(part).indicator for part in parts}
        if each["relation"] == "partition" and each["strength"] == "necessary" and len(named) == 1:
            indicator = named.pop()
            if set(parts) == {f"{indicator}={c}" for c in categories(about, indicator)}:
                found[indicator] = whole
    return found


def members(each: Mapping) -> tuple[list[str], str]:
    """Parts and whole of a relation, as names of quantities."""
    parts = [str(parse(part)) for part in each["parts"].split(" + ") if part.strip()]
    return parts, str(parse(each["whole"])) if each["whole"].strip() else ""


def _in_group(base: str, key: Quantity, whole: dict[str, str]) -> str:
    """Part of a base that is in a group: all units of a group are the group itself."""
    group = f"{key.domain}={key.group}"
    if parse(base).domain or base == group:
        return base
    return group if whole.get(key.domain) == base else f"{base} @ {group}"


def base_of(key: Quantity, bases: Bases) -> list[str]:
    """Bases of an indicator in a group; without a printed one, the indicator's own total."""
    key = Quantity(key.indicator, "", key.domain, key.group)
    if key in bases:
        return bases[key]
    if not key.domain:
        return [key.indicator]
    whole = {each.indicator: names[0] for each, names in bases.items() if not each.domain}
    return [_in_group(name, key, whole) for name in base_of(Quantity(key.indicator), bases)]


def categories(about: Mapping, indicator: str) -> list[str]:
    """Categories of an indicator, in order; none for one that is not known."""
    return [
        c.strip() for c in about.get(indicator, {}).get("categories", "").split(";") if c.strip()
    ]


def say(row_: Row) -> str:
    """Write a row as a person would."""
    plus = " + ".join(_term(name, c) for name, c in row_.terms if c > 0)
    minus = " + ".join(_term(name, -c) for name, c in row_.terms if c < 0)
    if minus and row_.low in (0, None) and row_.high in (0, None):
        sign = "=" if row_.low == row_.high else "≥" if row_.high is None else "≤"
        return f"{plus} {sign} {minus}"
    left = plus + (f" − {minus}" if minus and " + " not in minus else f" − ({minus})" * bool(minus))
    if row_.low == row_.high:
        return f"{left} = {row_.low:,}"
    low = "" if row_.low is None else f"{row_.low:,} ≤ "
    return f"{low}{left}" + ("" if row_.high is None else f" ≤ {row_.high:,}")


def say_month(name: str, row_: Row) -> str:
    """Write a row that dates something: whole months since year 0.

    >>> say_month("published", Row((("published", 1),), 24164, 24164))
    'published = September 2013'
    """
    ends = [_month(end) for end in (row_.low, row_.high) if end is not None]
    return f"{name} = " + " to ".join(dict.fromkeys(ends))


def _month(months: int) -> str:
    return f"{month_name[months % 12 + 1]} {months // 12}"


def _term(name: object, c: int) -> str:
    return str(name) if c == 1 else f"{c}·{name}"
