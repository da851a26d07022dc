"""Counts that nobody has seen, by name, and linear statements about them in whole numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import gcd
from typing import NamedTuple

from careersurvey.evidence.printed.statements import quantity


class Quantity(NamedTuple):
    """The parts of a quantity's name: ``indicator=category @ domain=group``."""

    indicator: str
    category: str = ""
    domain: str = ""
    group: str = ""

    def __str__(self) -> str:
        return quantity(*self)

    @property
    def whole(self) -> Quantity:
        """The indicator in the same group: what its categories have in common."""
        return self._replace(category="")

    @property
    def sets(self) -> tuple[Quantity, ...]:
        """The quantity of everyone and, where it is of one, the group: a unit of it is in both."""
        everyone = Quantity(self.indicator, self.category)
        return (everyone, Quantity(self.domain, self.group)) if self.domain else (everyone,)


@lru_cache(maxsize=4096)
def parse(text: str) -> Quantity:
    """Take a quantity's name apart."""
    pairs = [part.partition("=")[::2] for part in text.partition("@")[::2]]
    return Quantity(*(name.strip() for pair in pairs for name in pair))


def families(tied: Iterable[AbstractSet[str]]) -> list[frozenset[str]]:
    """Names that hang together, step by step, by the sets of them that are tied."""
    found: list[frozenset[str]] = []
    for names in tied:
        near = [one for one in found if not one.isdisjoint(names)]
        apart = [one for one in found if one.isdisjoint(names)]
        found = [*apart, frozenset(names).union(*near)]
    return found


@dataclass(frozen=True)
class Row:
    """``low <= sum(coefficient * unknown) <= high`` over whole numbers from 0; None is no end."""

    terms: tuple[tuple[Hashable, int], ...]
    low: int | None
    high: int | None

    @cached_property
    def in_lowest_terms(self) -> Row:
        """The same of whole numbers: 2x - 2y = 1 says 1 <= x - y <= 0, which nothing meets."""
        common = gcd(*(c for _, c in self.terms))
        if common < 2:
            return self
        low, high = self.low and -(-self.low // common), self.high and self.high // common
        return Row(tuple((name, c // common) for name, c in self.terms), low, high)

    @cached_property
    def sides(self) -> list[Row]:
        """The same as upper limits in lowest terms."""
        row = self.in_lowest_terms
        less = tuple((name, -c) for name, c in row.terms)
        upper = [] if row.high is None else [Row(row.terms, None, row.high)]
        return upper if row.low is None else [*upper, Row(less, None, -row.low)]

    @cached_property
    def reads(self) -> frozenset[tuple[Hashable, bool]]:
        """Ends of ranges that an upper limit is held against: of what it takes off, the upper."""
        return frozenset((name, c < 0) for name, c in self.terms)


def row(terms: Iterable[tuple[Hashable, int]], low: int | None, high: int | None) -> Row:
    """Build a row in which an unknown that is named twice stands once."""
    total: dict[Hashable, int] = defaultdict(int)
    for name, coefficient in terms:
        total[name] += coefficient
    return Row(tuple((name, c) for name, c in total.items() if c), low, high)


def holds(row: Row, solution: Mapping[Hashable, int]) -> bool:
    """Whether the row is true of whole numbers; an unknown that is not named is 0."""
    value = sum(c * solution.get(name, 0) for name, c in row.terms)
    return (row.low is None or value >= row.low) and (row.high is None or value <= row.high)


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


def _term(name: object, c: int) -> str:
    return str(name) if c == 1 else f"{c}·{name}"
