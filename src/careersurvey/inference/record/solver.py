"""Solve linear systems over whole numbers, or prove that they have no solution.

A float never decides here. HiGHS proposes; a solution counts once it has been recomputed in
integers, and "no solution" counts once it has been proved in integers or fractions.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor, gcd, inf

from careersurvey.errors import RecordError
from careersurvey.inference.record.constraints import Row, holds

Box = dict[Hashable, tuple[int, int | None]]
Solution = dict[Hashable, int]
Terms = Sequence[tuple[Hashable, int]]

_MAX_NODES = 5_000
_MAX_CHANGES = 60
_MAX_LOW = 10**9
_LONG = 60


def find(rows: Sequence[Row], box: Box | None = None) -> Solution | None:
    """Whole numbers that meet every row, checked in integers; None only after an exact proof."""
    sides = _sides(rows)
    ranges = _propagate(sides, box or {})
    if ranges is None:
        return None
    # Rows without an unknown are met by an empty solution: only None is none.
    found = _dive(sides, ranges)
    found = _propose(rows, ranges) if found is None else found
    found = _branch(sides, ranges) if found is None else found
    return None if found is None else _lowest(ranges) | found


def least(rows: Sequence[Row], goal: Terms, box: Box | None = None):
    """Least value of a sum, proved (None for no end), and a solution; None without a solution."""
    ranges = propagate(rows, {name: (0, None) for name, _ in goal} | (box or {}))
    if ranges is None:
        return None
    endless = any(c < 0 and ranges[name][1] is None for name, c in goal)
    best = (None if endless else _propose(rows, ranges, goal)) or find(rows, ranges)
    if best is None:
        return None
    if endless and _falls_for_ever(rows, goal, ranges):
        return None, best
    while True:
        value = sum(c * best[name] for name, c in goal)
        better = _branch(_sides([*rows, Row(tuple(goal), None, value - 1)]), ranges)
        if better is None:
            return value, best
        best |= better


def ends(rows: Sequence[Row], goal: Terms, box: Box | None = None):
    """Least and greatest value of a sum of unknowns, None for no end; None without a solution."""
    low = least(rows, goal, box)
    high = low and least(rows, [(name, -c) for name, c in goal], box)
    return low and (low[0], None if high[0] is None else -high[0])


def nearest(rows: Sequence[Row], target: Solution, box: Box) -> Solution | None:
    """Whole numbers that meet every row, as near to a target as HiGHS finds them; None for none.

    Nearness is the sum of absolute differences.
    """
    ranges = propagate(rows, box)
    if ranges is None:
        return None
    near, goal = list(rows), []
    for name, wanted in target.items():
        above, below = ("above", name), ("below", name)
        near.append(Row(((name, 1), (above, -1), (below, 1)), wanted, wanted))
        goal += [(above, 1), (below, 1)]
        ranges |= {above: (0, None), below: (0, None)}
    return _propose(near, ranges, goal) or find(near, ranges)


def _falls_for_ever(rows: Sequence[Row], goal: Terms, ranges: Box) -> bool:
    """Whether a ray of whole numbers lowers the goal for ever: exact, by a homogeneous system."""
    free = {name for name, (_, high) in ranges.items() if high is None}

    def along(terms: Terms, low: int | None, high: int | None) -> Row:
        return Row(tuple(term for term in terms if term[0] in free), low, high)

    still = (along(r.terms, *(None if e is None else 0 for e in (r.low, r.high))) for r in rows)
    return find([*still, along(goal, None, -1)]) is not None


# ---- ranges -------------------------------------------------------------------------------------


def propagate(rows: Sequence[Row], box: Box | None = None) -> Box | None:
    """Range of every unknown that holds every solution; None where there is none.

    An unknown without a range in `box` is at least 0. Ranges can creep for ever (x > y > x without
    an upper end): one that has changed 60 times or passed 10^9 is left as it is, and a row of over
    60 unknowns is looked at once: valid, and perhaps not narrowest.
    """
    return _propagate(_sides(rows), box or {})


def _propagate(sides: Sequence[Row], box: Box) -> Box | None:
    ranges: Box = {name: (0, None) for side in sides for name, _ in side.terms} | box
    touching = defaultdict(list)
    for number, side in enumerate(sides):
        for name, _ in side.terms if len(side.terms) <= _LONG else ():
            touching[name].append(number)
    queue, waiting = deque(range(len(sides))), set(range(len(sides)))
    changes: dict[Hashable, int] = defaultdict(int)
    while queue:
        number = queue.popleft()
        waiting.discard(number)
        changed = _narrow(sides[number], ranges)
        if changed is None:
            return None
        for name in changed:
            changes[name] += 1
            fresh = () if changes[name] > _MAX_CHANGES else touching[name]
            queue.extend(other for other in fresh if other not in waiting)
            waiting.update(fresh)
    return ranges


def _sides(rows: Iterable[Row]) -> list[Row]:
    """Rows as upper limits in lowest terms: 2x - 2y = 1 is x - y <= 0 and y - x <= -1."""
    sides = []
    for each in rows:
        common = gcd(*(c for _, c in each.terms)) or 1
        for sign, limit in ((1, each.high), (-1, each.low)):
            if limit is not None:
                terms = tuple((name, sign * c // common) for name, c in each.terms)
                sides.append(Row(terms, None, sign * limit // common))
    return sides


def _narrow(side: Row, ranges: Box) -> list[Hashable] | None:
    """Narrow `ranges` (in place, they are propagate's own) by an upper limit; None if none left."""
    room, open_ = side.high, 0
    for name, c in side.terms:
        end = ranges[name][c < 0]
        if end is None:
            open_ += 1
        else:
            room -= c * end
    if room < 0 and not open_:
        return None
    changed = []
    for name, c in side.terms if open_ < 2 else ():
        low, high = ranges[name]
        end = low if c > 0 else high
        if open_ and end is not None:
            continue
        own = room if end is None else room + c * end
        if c < 0:
            low = max(low, -(own // -c))
        elif high is None or own // c < high:
            high = own // c
        if (low, high) != ranges[name] and (high is not None or low < _MAX_LOW):
            ranges[name] = (low, high)
            changed.append(name)
    return changed


# ---- solutions ----------------------------------------------------------------------------------


def _lowest(ranges: Box) -> Solution:
    return {name: low for name, (low, _) in ranges.items()}


def _width(ends: tuple[int, int | None]) -> float:
    return inf if ends[1] is None else ends[1] - ends[0]


def _dive(sides: Sequence[Row], ranges: Box | None) -> Solution | None:
    """Give the narrowest unknown its lowest value, again and again; None in a dead end."""
    while ranges is not None:
        lowest = _lowest(ranges)
        if all(holds(side, lowest) for side in sides):
            return lowest
        loose = [name for name, ends in ranges.items() if _width(ends)]
        if not loose or len(ranges) > _LONG:
            return None
        name = min(loose, key=lambda each: _width(ranges[each]))
        ranges = _propagate(sides, ranges | {name: (lowest[name],) * 2})
    return None


def _propose(rows: Sequence[Row], ranges: Box, goal: Terms = ()) -> Solution | None:
    """HiGHS's solution if its nearest whole numbers meet every row and range.

    The corner of the relaxed problem is tried first: it is often whole, and soon found.
    """
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    weight, used = dict(goal), {name for each in rows for name, _ in each.terms}
    ranges = {name: each for name, each in ranges.items() if name in used or name in weight}
    if not ranges:
        return None
    weights = np.array([float(weight.get(name, 0)) for name in ranges])
    limits = _limits((each.low, each.high) for each in rows)
    for whole in (0, 1):
        point = milp(
            weights,
            integrality=np.full(len(ranges), whole),
            bounds=Bounds(*_limits(ranges.values())),
            constraints=LinearConstraint(_matrix(rows, ranges), *limits) if rows else (),
            options={"mip_rel_gap": 0.0},
        ).x
        if point is None:
            return None
        found = {name: round(value) for name, value in zip(ranges, point, strict=True)}
        inside = all(low <= found[n] <= (inf if h is None else h) for n, (low, h) in ranges.items())
        if inside and all(holds(each, found) for each in rows):
            return found
    return None


def _matrix(rows: Sequence[Row], names: Iterable[Hashable]):
    from scipy.sparse import csr_array

    column = {name: number for number, name in enumerate(names)}
    at = [(float(c), i, column[name]) for i, each in enumerate(rows) for name, c in each.terms]
    c, i, j = zip(*at, strict=True)
    return csr_array((c, (i, j)), shape=(len(rows), len(column)))


def _limits(pairs: Iterable[tuple[int | None, int | None]]):
    """Ends as two arrays of floats, infinite where there is none."""
    import numpy as np

    ends = [(-inf if low is None else low, inf if high is None else high) for low, high in pairs]
    return np.array(ends, float).reshape(-1, 2).T


class Linear:
    """A system over numbers that need not be whole, looked at again and again.

    What linear programming leaves open contains what whole numbers do: a width that it finds too
    narrow is. A class, since every solution shows something of all sums.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        from scipy.optimize import LinearConstraint

        names = dict.fromkeys(name for row in rows for name, _ in row.terms)
        self.place = {name: number for number, name in enumerate(names)}
        limits = _limits((each.low, each.high) for each in rows)
        self.constraint = LinearConstraint(_matrix(rows, names), *limits)
        self.seen: list = []

    def width(self, goal: Terms, enough: float | None = None) -> int:
        """How far apart the least and greatest value of a sum are, in whole numbers.

        One that solutions at hand already show to be at least `enough` is not looked for.
        """
        import numpy as np
        from scipy.optimize import milp

        weights = np.zeros(len(self.place))
        for name, c in goal:
            weights[self.place[name]] = c
        values = [float(weights @ point) for point in self.seen] or [0.0]
        if enough is not None and max(values) - min(values) >= enough:
            return int(enough)
        low, high = (milp(s * weights, constraints=self.constraint).x for s in (1, -1))
        self.seen += [low, high]
        return floor(weights @ high + 1e-6) - ceil(weights @ low - 1e-6)


# ---- proofs -------------------------------------------------------------------------------------


def _branch(sides: Sequence[Row], box: Box) -> Solution | None:
    """Search to the end by halves; propagation or a weighted sum of sides closes a half."""
    waiting = [box]
    for _ in range(_MAX_NODES):
        if not waiting:
            return None
        ranges = _propagate(sides, waiting.pop())
        relaxed = None if ranges is None else _relax(sides, ranges)
        if relaxed is None:
            continue
        whole = {name: round(value) for name, value in relaxed.items()}
        if all(holds(each, whole) for each in sides):
            return whole
        waiting.extend(_halves(ranges, relaxed))
    raise RecordError(
        "It could not be decided whether these statements can all hold.",
        found=f"neither a solution nor a proof in {_MAX_NODES:,} steps",
        do="leave out statements that the question does not need, with --without ID",
    )


def _halves(ranges: Box, point: Mapping[Hashable, float]) -> Iterator[Box]:
    """Split the unknown whose value is furthest from whole; where all are, the widest range."""

    def is_off(name: Hashable) -> tuple[float, float]:
        return round(abs(point[name] - round(point[name])), 6), _width(ranges[name])

    name = max((name for name in point if _width(ranges[name])), key=is_off)
    low, high = ranges[name]
    cut = max(low, floor(point[name] + 1e-9))
    cut = cut if high is None else min(cut, high - 1)
    yield ranges | {name: (cut + 1, high)}
    yield ranges | {name: (low, cut)}


def _relax(sides: Sequence[Row], ranges: Box) -> dict[Hashable, float] | None:
    """Point that breaks the sides least; None where they are proved to have no solution.

    The dual values of the relaxed problem are weights; the weighted sum of the sides is then
    recomputed in fractions, and only that sum proves anything (Farkas' lemma).
    """
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import eye_array, hstack

    used, slack = {name for side in sides for name, _ in side.terms}, len(sides)
    ranges = {name: each for name, each in ranges.items() if name in used}
    answer = linprog(
        np.r_[np.zeros(len(ranges)), np.ones(slack)],
        A_ub=hstack([_matrix(sides, ranges), -eye_array(slack)]).tocsr(),
        b_ub=[side.high for side in sides],
        bounds=np.column_stack(_limits([*ranges.values(), *[(0, None)] * slack])),
        method="highs",
    )
    if answer.fun > 1e-9 and _is_refuted(sides, answer.ineqlin.marginals, ranges):
        return None
    return dict(zip(ranges, answer.x, strict=False))


def _is_refuted(sides: Sequence[Row], marginals: Sequence[float], box: Box) -> bool:
    """Whether the weighted sum of the sides is beyond every point of the box, in fractions."""
    total: dict[Hashable, Fraction] = defaultdict(Fraction)
    limit = Fraction(0)
    for side, marginal in zip(sides, marginals, strict=True):
        weight = max(Fraction(-marginal).limit_denominator(10_000), Fraction(0))
        limit += weight * side.high
        for name, c in side.terms if weight else ():
            total[name] += weight * c
    if any(c < 0 and box[name][1] is None for name, c in total.items()):
        return False
    return sum(c * box[name][0 if c >= 0 else 1] for name, c in total.items()) > limit
