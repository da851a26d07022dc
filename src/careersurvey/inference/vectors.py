"""Whole counts that meet a system of rows, each feasible vector as likely as any other."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from math import prod

from careersurvey.errors import RecordError
from careersurvey.inference.systems import Box, Row, Solution, open_rows, propagate

MOST_STATES = 400_000


def draw_vector(rows: Sequence[Row], chance: random.Random, box: Box | None = None) -> Solution:
    """Draw one of the feasible vectors of whole counts, all of them equally likely.

    Unknowns that no open row ties together are drawn apart. Within a part, the completions of
    every beginning are counted exactly (dynamic programming over the sums that are still open),
    and each unknown is drawn with the number of completions as its weight.

    Parameters
    ----------
    rows : sequence of Row
    chance : random.Random
        Where the randomness comes from.
    box : dict, optional
        Ranges to begin with.

    Raises
    ------
    RecordError
        If nothing is feasible, a range has no end, or there are too many beginnings to count.
    """
    ranges = propagate(rows, box)
    if ranges is None:
        raise RecordError("The counts to be drawn cannot all hold.")
    endless = [str(name) for name, (_, high) in ranges.items() if high is None]
    if endless:
        raise RecordError(
            "Some counts to be drawn have no upper end.", found=", ".join(sorted(endless)[:5])
        )
    drawn, left, rests = _prepared(rows, ranges)
    for own, box_ in _parts(left, ranges, {*drawn, *(name for name, _ in rests)}):
        drawn |= _Count(own, box_).draw(chance)
    for name, each in reversed(rests):
        others = sum(c * drawn[other] for other, c in each.terms if other != name)
        drawn[name] = (each.low - others) * dict(each.terms)[name]
    return drawn


def count_vectors(rows: Sequence[Row], box: Box | None = None) -> int:
    """Count the feasible vectors of whole counts, exactly."""
    ranges = propagate(rows, box)
    if ranges is None:
        return 0
    drawn, left, rests = _prepared(rows, ranges)
    parts = _parts(left, ranges, {*drawn, *(name for name, _ in rests)})
    return prod(_Count(own, box_).total for own, box_ in parts)


Rest = tuple[Hashable, Row]


def _prepared(rows: Sequence[Row], ranges: Box) -> tuple[Solution, list[Row], list[Rest]]:
    """Counts that are known, rows that are still open, and counts that the others leave.

    An unknown of one equation alone is whatever is left, so only its range matters to the others.
    """
    fixed = {name: low for name, (low, high) in ranges.items() if low == high}
    left = [_without(each, fixed) for each in open_rows(rows, ranges)]
    rests: list[Rest] = []
    while True:
        rest = _rest_of(left)
        if rest is None:
            return fixed, left, rests
        name, each = rest
        rests.append(rest)
        left = [other for other in left if other is not each]
        left += open_rows([_range_of_rest(name, each, ranges[name])], ranges)


def _rest_of(rows: Sequence[Row]) -> Rest | None:
    named = Counter(name for each in rows for name, _ in each.terms)
    for each in rows:
        if each.low == each.high:
            for name, c in each.terms:
                if abs(c) == 1 and named[name] == 1:
                    return name, each
    return None


def _range_of_rest(name: Hashable, each: Row, range_: tuple[int, int]) -> Row:
    """What the others of an equation may add to, for the rest to be within its range."""
    c = dict(each.terms)[name]
    low, high = sorted(each.low - c * end for end in range_)
    return Row(tuple((other, d) for other, d in each.terms if other != name), low, high)


def _without(each: Row, fixed: Solution) -> Row:
    known = sum(c * fixed[name] for name, c in each.terms if name in fixed)
    return Row(
        tuple((name, c) for name, c in each.terms if name not in fixed),
        None if each.low is None else each.low - known,
        None if each.high is None else each.high - known,
    )


def _parts(rows: Sequence[Row], ranges: Box, known: set) -> list[tuple[list[Row], Box]]:
    """Rows and ranges of unknowns that rows tie together, in the order of the unknowns."""
    names = [name for name in ranges if name not in known]
    part = {name: number for number, name in enumerate(names)}
    for each in rows:
        joined = {part[name] for name, _ in each.terms}
        part = {name: min(joined) if at in joined else at for name, at in part.items()}
    gathered: dict[int, Box] = {}
    for name in names:
        gathered.setdefault(part[name], {})[name] = ranges[name]
    return [
        ([each for each in rows if each.terms and each.terms[0][0] in box], box)
        for box in gathered.values()
    ]


Sums = tuple[int | None, ...]


class _Count:
    """Numbers of completions, by how many unknowns are set and the sums that are still open.

    A class, since counting and drawing share what has been counted.
    """

    def __init__(self, rows: Sequence[Row], box: Box) -> None:
        self.rows, self.box = list(rows), box
        self.order = _order(self.rows, list(box))
        self.terms = [
            [(at, c) for at, each in enumerate(self.rows) for n, c in each.terms if n == name]
            for name in self.order
        ]
        self.rest = self._reach()
        self.apart = self._first_apart()
        self.counted: dict[tuple, int] = {}
        self.start = self._settled(range(len(self.rows)), [0] * len(self.rows), 0)
        self.total = 0 if self.start is None else self._completions(0, self.start)

    def _reach(self) -> list[list[tuple[int, int]]]:
        """Least and greatest that the unknowns from each place on can add to each row."""
        reach = [[(0, 0)] * len(self.rows)]
        for name, terms in zip(reversed(self.order), reversed(self.terms), strict=True):
            ends = list(reach[0])
            for at, c in terms:
                values = sorted(c * value for value in self.box[name])
                ends[at] = (ends[at][0] + values[0], ends[at][1] + values[1])
            reach.insert(0, ends)
        return reach

    def _first_apart(self) -> int:
        """Place from which no row ties two unknowns that are still to be set."""
        at = {name: place for place, name in enumerate(self.order)}
        last_but_one = (sorted(at[name] for name, _ in each.terms)[-2:-1] for each in self.rows)
        return max((place + 1 for places in last_but_one for place in places), default=0)

    def _completions(self, place: int, sums: Sums) -> int:
        if place >= self.apart:
            return prod(len(self._values(each, sums)) for each in range(place, len(self.order)))
        key = (place, sums)
        if key not in self.counted:
            if len(self.counted) > MOST_STATES:
                raise RecordError(
                    "There are too many ways to meet the printed figures to draw one of them.",
                    found=f"{len(self.order)} counts tied together",
                    do="leave out statements that tie them, with --without ID",
                )
            self.counted[key] = sum(n for _, _, n in self._choices(place, sums))
        return self.counted[key]

    def _choices(self, place: int, sums: Sums) -> Iterator[tuple[int, Sums, int]]:
        """Values of an unknown, the sums that each leaves, and its number of completions."""
        for value in self._values(place, sums):
            ahead = list(sums)
            for at, c in self.terms[place]:
                ahead[at] = None if ahead[at] is None else ahead[at] + c * value
            settled = self._settled((at for at, _ in self.terms[place]), ahead, place + 1)
            if settled is not None:
                yield value, settled, self._completions(place + 1, settled)

    def _settled(self, touched: Iterable[int], sums: list[int | None], place: int) -> Sums | None:
        """The sums, None in place of one whose row is met whatever follows.

        None for all where a row can no longer be met.
        """
        for at in touched:
            total, each, (least, most) = sums[at], self.rows[at], self.rest[place][at]
            if total is None:
                continue
            below = each.low is not None and total + least < each.low
            above = each.high is not None and total + most > each.high
            if (below and total + most < each.low) or (above and total + least > each.high):
                return None
            if not below and not above:
                sums[at] = None
        return tuple(sums)

    def _values(self, place: int, sums: Sums) -> range:
        """Values of an unknown that no row rules out at once."""
        low, high = self.box[self.order[place]]
        for at, c in self.terms[place]:
            if sums[at] is None:
                continue
            each, (least, most) = self.rows[at], self.rest[place + 1][at]
            ends = []
            if each.high is not None:
                ends.append((each.high - sums[at] - least, c > 0))
            if each.low is not None:
                ends.append((each.low - sums[at] - most, c < 0))
            for end, is_top in ends:
                if is_top:
                    high = min(high, end // c)
                else:
                    low = max(low, -(-end // c))
        return range(low, high + 1)

    def draw(self, chance: random.Random) -> Solution:
        if not self.total:
            raise RecordError("The counts to be drawn cannot all hold.")
        drawn, sums = {}, self.start
        for place, name in enumerate(self.order):
            ticket = chance.randrange(self._completions(place, sums))
            for value, ahead, completions in self._choices(place, sums):
                ticket -= completions
                if ticket < 0:
                    drawn[name], sums = value, ahead
                    break
        return drawn


def _order(rows: Sequence[Row], names: list[Hashable]) -> list[Hashable]:
    """Unknowns so that few sums are open at a time: first the one in most rows."""
    about: dict[Hashable, set[int]] = {name: set() for name in names}
    for at, each in enumerate(rows):
        for name, _ in each.terms:
            about[name].add(at)
    left = {at: {name for name, _ in each.terms} for at, each in enumerate(rows)}
    order, opened = [], set()
    while len(order) < len(names):
        rest = [name for name in names if name not in order]
        name = min(rest, key=lambda n: (_still_open(n, about, left, opened), -len(about[n])))
        order.append(name)
        opened |= about[name]
        for at in about[name]:
            left[at] = left[at] - {name}
    return order


def _still_open(name: Hashable, about: dict, left: dict, opened: set[int]) -> int:
    """Sums that stay open once an unknown is set.

    One that leaves none of its own open goes before all; at the start the one in most rows does.
    """
    if not opened:
        return -len(about[name])
    if not any(left[at] - {name} for at in about[name]):
        return -1
    return sum(bool(left[at] - {name}) for at in opened | about[name])
