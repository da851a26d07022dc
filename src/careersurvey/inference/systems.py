"""Linear systems over whole numbers: rows, ranges, and what each row leaves of a range."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Box = dict[Hashable, tuple[int, int | None]]
Solution = dict[Hashable, int]

_MAX_CHANGES = 60
_MAX_LOW = 10**9
_LONG = 300


@dataclass(frozen=True)
class Row:
    """``low <= sum(coefficient * unknown) <= high`` over whole numbers of at least 0.

    Attributes
    ----------
    terms : tuple of (unknown, int)
        Each unknown once, no coefficient 0.
    low, high : int or None
        Ends included; None is no end.
    """

    terms: tuple[tuple[Hashable, int], ...]
    low: int | None
    high: int | None


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


def is_long(row: Row) -> bool:
    """Whether a row has so many unknowns that ranges say little about it."""
    return len(row.terms) > _LONG


def propagate(
    rows: Sequence[Row], box: Box | None = None, first: Iterable[Hashable] | None = None
) -> Box | None:
    """Narrow the range of every unknown by what each row leaves it, until nothing changes.

    Parameters
    ----------
    rows : sequence of Row
    box : dict, optional
        Ranges to begin with, ends included; an unknown without one is at least 0.
    first : iterable, optional
        The unknowns whose ranges are new; by default all are.

    Returns
    -------
    dict or None
        A range that holds every solution, for each unknown; None where there is no solution.
        Ranges can creep for ever (x > y > x without an upper end): one that has changed 60 times
        or passed 10^9 is left as it is, and a long row is looked at once, for unknowns without an
        upper end: valid, and perhaps not narrowest.
    """
    ranges: Box = {name: (0, None) for row in rows for name, _ in row.terms} | dict(box or {})
    touching = defaultdict(list)
    for number, each in enumerate(rows):
        for name, _ in () if is_long(each) else each.terms:
            touching[name].append(number)
    long = [
        number
        for number, each in enumerate(rows)
        if is_long(each) and any(ranges[name][1] is None for name, _ in each.terms)
    ]
    near = [at for name in first or () for at in touching[name]]
    short = [number for number, each in enumerate(rows) if not is_long(each)]
    new = dict.fromkeys([*(short if first is None else near), *long])
    queue, waiting = deque(new), set(new)
    changes: dict[Hashable, int] = defaultdict(int)
    while queue:
        number = queue.popleft()
        waiting.discard(number)
        changed = _narrow(rows[number], ranges)
        if changed is None:
            return None
        for name in changed:
            changes[name] += 1
            if changes[name] > _MAX_CHANGES:
                continue
            fresh = [other for other in touching[name] if other not in waiting]
            queue.extend(fresh)
            waiting.update(fresh)
    return ranges


def _narrow(row: Row, ranges: Box) -> list[Hashable] | None:
    """Narrow `ranges` (in place, it is propagate's own) by one row; None if nothing is left."""
    if row.low is not None and row.high is not None and row.low > row.high:
        return None
    ends = [_ends(c, *ranges[name]) for name, c in row.terms]
    least, open_below = _sum_known(low for low, _ in ends)
    most, open_above = _sum_known(high for _, high in ends)
    if (row.high is not None and not open_below and least > row.high) or (
        row.low is not None and not open_above and most < row.low
    ):
        return None
    changed = []
    if is_long(row):
        loose = [each for each in zip(row.terms, ends, strict=True) if None in each[1]]
    else:
        loose = zip(row.terms, ends, strict=True)
    for (name, c), (small, large) in loose:
        top = bottom = None
        if row.high is not None and open_below - (small is None) == 0:
            top = row.high - (least - (small or 0))
        if row.low is not None and open_above - (large is None) == 0:
            bottom = row.low - (most - (large or 0))
        new = _meet(ranges[name], *_divided(c, bottom, top))
        if new is None:
            return None
        if new != ranges[name] and (new[1] is not None or new[0] < _MAX_LOW):
            ranges[name] = new
            changed.append(name)
    return changed


def _ends(c: int, low: int, high: int | None) -> tuple[int | None, int | None]:
    far = None if high is None else c * high
    return (c * low, far) if c > 0 else (far, c * low)


def _sum_known(values: Iterable[int | None]) -> tuple[int, int]:
    total = missing = 0
    for value in values:
        if value is None:
            missing += 1
        else:
            total += value
    return total, missing


def _divided(c: int, bottom: int | None, top: int | None) -> tuple[int | None, int | None]:
    """Whole x with bottom <= c·x <= top."""
    if c < 0:
        c, bottom, top = -c, None if top is None else -top, None if bottom is None else -bottom
    return (None if bottom is None else -(-bottom // c)), (None if top is None else top // c)


def _meet(
    range_: tuple[int, int | None], low: int | None, high: int | None
) -> tuple[int, int | None] | None:
    bottom = range_[0] if low is None else max(range_[0], low)
    tops = [top for top in (range_[1], high) if top is not None]
    top = min(tops) if tops else None
    return None if top is not None and top < bottom else (bottom, top)


def open_rows(rows: Sequence[Row], box: Box) -> list[Row]:
    """Rows that some point of the box may break; long ones are not looked at."""
    return [each for each in rows if is_long(each) or not _always(each, box)]


def _always(row: Row, box: Box) -> bool:
    ends = [_ends(c, *box[name]) for name, c in row.terms]
    least, open_below = _sum_known(low for low, _ in ends)
    most, open_above = _sum_known(high for _, high in ends)
    low_met = row.low is None or (not open_below and least >= row.low)
    return low_met and (row.high is None or (not open_above and most <= row.high))
