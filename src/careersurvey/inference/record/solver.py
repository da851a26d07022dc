"""Solve linear systems over whole numbers, or prove that they have no solution.

A float never decides here. HiGHS proposes; a solution counts once it has been recomputed in
integers, and "no solution" counts once it has been proved in integers or fractions.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor, gcd

from careersurvey.errors import RecordError
from careersurvey.inference.record.constraints import Row, holds

Box = dict[Hashable, tuple[int, int | None]]
Solution = dict[Hashable, int]
Terms = Sequence[tuple[Hashable, int]]

_DIVE = 60
_MAX_NODES = 5_000
_MAX_CHANGES = 60
_MAX_LOW = 10**9
_LONG = 40


def find(rows: Sequence[Row], box: Box | None = None) -> Solution | None:
    """Find whole numbers that meet every row, or prove that there are none.

    Parameters
    ----------
    rows : sequence of Row
    box : dict, optional
        Ranges of unknowns, ends included; one without is at least 0.

    Returns
    -------
    dict or None
        A solution checked in integers; None only after an exact proof.

    Raises
    ------
    RecordError
        If neither is found within the limit of work.
    """
    rows = [_in_lowest_terms(each) for each in rows]
    ranges = propagate(rows, box)
    if ranges is None:
        return None
    left = _open_rows(rows, ranges)
    found = _dive(left, ranges) or _propose(left, ranges) or _branch(left, ranges)
    return None if found is None else _lowest(ranges) | found


def least(rows: Sequence[Row], goal: Terms, box: Box | None = None):
    """Least value of a sum of unknowns, proved.

    Returns
    -------
    (int or None, dict) or None
        The least value (None where there is none) and a solution that has it; None where the
        rows have no solution.
    """
    rows = [_in_lowest_terms(each) for each in rows]
    ranges = propagate(rows, {name: (0, None) for name, _ in goal} | (box or {}))
    if ranges is None:
        return None
    left = _open_rows(rows, ranges)
    endless = any(c < 0 and ranges[name][1] is None for name, c in goal)
    best = (None if endless else _propose(left, ranges, goal)) or find(left, ranges)
    if best is None:
        return None
    best = _lowest(ranges) | best
    if endless and _falls_for_ever(left, goal, ranges):
        return None, best
    while True:
        value = sum(c * best[name] for name, c in goal)
        below = [*left, Row(tuple(goal), None, value - 1)]
        narrowed = propagate(below, ranges)
        better = None if narrowed is None else _branch(below, narrowed)
        if better is None:
            return value, best
        best |= better


def nearest(rows: Sequence[Row], target: Solution, box: Box) -> Solution | None:
    """Whole numbers that meet every row, as near to a target as the solver finds them.

    Nearness is the sum of absolute differences. None only where no solution exists.
    """
    ranges = propagate(rows, box)
    if ranges is None:
        return None
    left = _open_rows(rows, ranges)
    goal: list[tuple[Hashable, int]] = []
    far: Box = {}
    for name, wanted in target.items():
        low, high = ranges[name]
        wanted = max(low, wanted if high is None else min(wanted, high))
        if low == high:
            continue
        above, below = ("above", name), ("below", name)
        left.append(Row(((name, 1), (above, -1), (below, 1)), wanted, wanted))
        goal += [(above, 1), (below, 1)]
        far |= {above: (0, None), below: (0, None)}
    found = _propose(left, ranges | far, goal) or find(left, ranges | far)
    return None if found is None else _lowest(ranges) | found


def ends(rows: Sequence[Row], goal: Terms, box: Box | None = None):
    """Least and greatest value of a sum of unknowns, None for no end; None without a solution."""
    low = least(rows, goal, box)
    high = low and least(rows, [(name, -c) for name, c in goal], box)
    return low and (low[0], None if high[0] is None else -high[0])


def _in_lowest_terms(row: Row) -> Row:
    """The same row divided: 2x - 2y = 1 becomes 1 <= x - y <= 0, which nothing meets."""
    common = gcd(*(c for _, c in row.terms))
    if common < 2:
        return row
    terms = tuple((name, c // common) for name, c in row.terms)
    low = None if row.low is None else -(-row.low // common)
    return Row(terms, low, None if row.high is None else row.high // common)


def _lowest(box: Box) -> Solution:
    return {name: low for name, (low, _) in box.items()}


def _falls_for_ever(rows: Sequence[Row], goal: Terms, ranges: Box) -> bool:
    """Whether a ray of whole numbers lowers the goal for ever: exact, by a homogeneous system."""
    free = {name for name, (_, high) in ranges.items() if high is None}

    def along(each: Row) -> Row:
        low, high = (None if end is None else 0 for end in (each.low, each.high))
        return Row(tuple(term for term in each.terms if term[0] in free), low, high)

    falling = Row(tuple(term for term in goal if term[0] in free), None, -1)
    return find([*map(along, rows), falling]) is not None


# ---- ranges -------------------------------------------------------------------------------------


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
        or passed 10^9 is left as it is, and a row of over 40 unknowns is looked at once, where
        one has no upper end: valid, and perhaps not narrowest.
    """
    ranges: Box = {name: (0, None) for row in rows for name, _ in row.terms} | dict(box or {})
    touching = defaultdict(list)
    for number, each in enumerate(rows):
        for name, _ in () if _is_long(each) else each.terms:
            touching[name].append(number)
    start = range(len(rows)) if first is None else (at for name in first for at in touching[name])
    queue = deque(dict.fromkeys(at for at in start if _is_worth_a_look(rows[at], ranges)))
    waiting, changes = set(queue), defaultdict(int)
    while queue:
        number = queue.popleft()
        waiting.discard(number)
        changed = _narrow(rows[number], ranges)
        if changed is None:
            return None
        for name in changed:
            changes[name] += 1
            fresh = [] if changes[name] > _MAX_CHANGES else touching[name]
            queue.extend(other for other in fresh if other not in waiting)
            waiting.update(fresh)
    return ranges


def _is_long(row: Row) -> bool:
    return len(row.terms) > _LONG


def _is_worth_a_look(row: Row, ranges: Box) -> bool:
    return not _is_long(row) or any(ranges[name][1] is None for name, _ in row.terms)


def _narrow(row: Row, ranges: Box) -> list[Hashable] | None:
    """Narrow `ranges` (in place, it is propagate's own) by one row; None if nothing is left."""
    ends = [_reach(c, *ranges[name]) for name, c in row.terms]
    least, open_below = _sum_known(low for low, _ in ends)
    most, open_above = _sum_known(high for _, high in ends)
    if row.high is not None and ((not open_below and least > row.high) or _is_empty(row)):
        return None
    if row.low is not None and not open_above and most < row.low:
        return None
    changed = []
    for (name, c), (small, large) in zip(row.terms, ends, strict=True):
        top = bottom = None
        if row.high is not None and open_below == (small is None):
            top = row.high - least + (small or 0)
        if row.low is not None and open_above == (large is None):
            bottom = row.low - most + (large or 0)
        new = _meet(ranges[name], *_divided(c, bottom, top))
        if new is None:
            return None
        if new != ranges[name] and (new[1] is not None or new[0] < _MAX_LOW):
            ranges[name] = new
            changed.append(name)
    return changed


def _is_empty(row: Row) -> bool:
    return row.low is not None and row.low > row.high


def _reach(c: int, low: int, high: int | None) -> tuple[int | None, int | None]:
    far = None if high is None else c * high
    return (c * low, far) if c > 0 else (far, c * low)


def _sum_known(values: Iterable[int | None]) -> tuple[int, int]:
    """The sum of what is known, and how many are not."""
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


def _open_rows(rows: Sequence[Row], box: Box) -> list[Row]:
    """Rows that some point of the box may break; long ones are not looked at."""
    return [each for each in rows if _is_long(each) or not _always(each, box)]


def _always(row: Row, box: Box) -> bool:
    reach = [_reach(c, *box[name]) for name, c in row.terms]
    least, open_below = _sum_known(low for low, _ in reach)
    most, open_above = _sum_known(high for _, high in reach)
    low_met = row.low is None or (not open_below and least >= row.low)
    return low_met and (row.high is None or (not open_above and most <= row.high))


# ---- solutions ----------------------------------------------------------------------------------


def _dive(rows: Sequence[Row], box: Box) -> Solution | None:
    """Give the narrowest unknown its lowest value, again and again; None in a dead end."""
    ranges: Box | None = box
    while ranges is not None:
        lowest = _lowest(ranges)
        if all(holds(each, lowest) for each in rows):
            return lowest
        loose = [n for n, (low, high) in ranges.items() if low != high]
        if not loose or len(box) > _DIVE:
            return None
        name = min(loose, key=lambda n: _width(ranges[n]))
        ranges = propagate(rows, ranges | {name: (ranges[name][0],) * 2}, [name])
    return None


def _width(range_: tuple[int, int | None]) -> float:
    return float("inf") if range_[1] is None else range_[1] - range_[0]


def _matrix(rows: Sequence[Row], names: Sequence[Hashable]):
    import numpy as np
    from scipy.sparse import csr_array

    column = {name: number for number, name in enumerate(names)}
    at = [(c, i, column[name]) for i, each in enumerate(rows) for name, c in each.terms]
    c, i, j = zip(*at, strict=True)
    return csr_array((np.array(c, float), (i, j)), shape=(len(rows), len(names)))


def _limits(pairs: Iterable[tuple[int | None, int | None]]):
    """Ends as two arrays of floats, infinite where there is none."""
    import numpy as np

    low, high = zip(*pairs, strict=True)
    lower = [-np.inf if end is None else end for end in low]
    return np.array(lower, float), np.array([np.inf if end is None else end for end in high], float)


def _propose(rows: Sequence[Row], ranges: Box, goal: Terms = ()) -> Solution | None:
    """HiGHS's solution if its nearest whole numbers meet every row and range.

    The corner of the relaxed problem is tried first: it is often whole, and soon found.
    """
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    used = {name for each in rows for name, _ in each.terms} | {name for name, _ in goal}
    if not rows:
        return {n: ranges[n][0] if c > 0 else ranges[n][1] for n, c in goal}
    names = [name for name in ranges if name in used]
    weights = np.array([float(dict(goal).get(name, 0)) for name in names])
    low, high = _limits((each.low, each.high) for each in rows)
    bounds = Bounds(*_limits(ranges[name] for name in names))
    for whole in (0, 1):
        point = milp(
            weights,
            integrality=np.full(len(names), whole),
            bounds=bounds,
            constraints=LinearConstraint(_matrix(rows, names), low, high),
            options={"mip_rel_gap": 0.0},
        ).x
        if point is None:
            return None
        found = {name: round(value) for name, value in zip(names, point, strict=True)}
        if _is_within(found, ranges) and all(holds(each, found) for each in rows):
            return found
    return None


def _is_within(solution: Solution, box: Box) -> bool:
    return all(_meet(box[name], value, value) for name, value in solution.items())


class Linear:
    """A system over numbers that need not be whole, looked at again and again.

    What linear programming leaves open contains what whole numbers do: a width that it finds too
    narrow is. A class, since every solution shows something of all sums.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        from scipy.optimize import LinearConstraint

        self.place = {name: None for row in rows for name, _ in row.terms}
        self.place = {name: number for number, name in enumerate(self.place)}
        low, high = _limits((each.low, each.high) for each in rows)
        self.constraint = LinearConstraint(_matrix(rows, list(self.place)), low, high)
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
        for sign in (1, -1):
            point = milp(sign * weights, constraints=self.constraint).x
            self.seen.append(point)
            values.append(float(weights @ point))
        return floor(values[-1] + 1e-6) - ceil(values[-2] - 1e-6)


# ---- proofs -------------------------------------------------------------------------------------


def _branch(rows: Sequence[Row], box: Box) -> Solution | None:
    """Search to the end by halves; propagation or a weighted sum of rows closes a half."""
    waiting = [box]
    for _ in range(_MAX_NODES):
        if not waiting:
            return None
        ranges = propagate(rows, waiting.pop())
        if ranges is None:
            continue
        left = _open_rows(rows, ranges)
        if not left:
            return _lowest(ranges)
        point, is_refuted = _relax(left, ranges)
        if is_refuted:
            continue
        whole = {name: round(point.get(name, ranges[name][0])) for name in ranges}
        if all(holds(each, whole) for each in left):
            return whole
        waiting.extend(_halves(ranges, point))
    raise _undecided()


def _undecided() -> RecordError:
    return RecordError(
        "It could not be decided whether these statements can all hold.",
        found=f"neither a solution nor a proof in {_MAX_NODES:,} steps",
        do="leave out statements that the question does not need, with --without ID",
    )


def _halves(ranges: Box, point: Mapping[Hashable, float]) -> list[Box]:
    """Split the unknown whose value is furthest from whole; where all are, the widest range."""
    loose = [name for name in point if ranges[name][0] != ranges[name][1]]
    off = {name: round(abs(point[name] - round(point[name])), 6) for name in loose}
    name = max(loose, key=lambda n: (off[n], _width(ranges[n])))
    low, high = ranges[name]
    cut = max(low, floor(point[name] + 1e-9))
    cut = cut if high is None else min(cut, high - 1)
    return [ranges | {name: (cut + 1, high)}, ranges | {name: (low, cut)}]


def _relax(rows: Sequence[Row], ranges: Box) -> tuple[dict[Hashable, float], bool]:
    """Point that breaks the rows least, and whether they are proved to have no solution.

    The dual values of the relaxed problem are weights; the weighted sum of the rows is then
    recomputed in fractions, and only that sum proves anything (Farkas' lemma).
    """
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import eye_array, hstack, vstack

    used = {name for each in rows for name, _ in each.terms}
    names = [name for name in ranges if name in used]
    matrix = _matrix(rows, names)
    low, high = _limits((each.low, each.high) for each in rows)
    lower, upper = np.isfinite(low), np.isfinite(high)
    sides = vstack([-matrix[lower], matrix[upper]])
    slack = sides.shape[0]
    box = np.column_stack(_limits([*(ranges[name] for name in names), *[(0, None)] * slack]))
    answer = linprog(
        np.r_[np.zeros(len(names)), np.ones(slack)],
        A_ub=hstack([sides, -eye_array(slack)]).tocsr(),
        b_ub=np.r_[-low[lower], high[upper]],
        bounds=box,
        method="highs",
    )
    if answer.x is None:
        raise _undecided()
    point = dict(zip(names, answer.x, strict=False))
    if answer.fun < 1e-9:
        return point, False
    signed = [(r, -1) for r in rows if r.low is not None]
    signed += [(r, 1) for r in rows if r.high is not None]
    return point, _is_refuted(signed, answer.ineqlin.marginals, ranges)


def _is_refuted(sides: Sequence[tuple[Row, int]], marginals: Sequence[float], box: Box) -> bool:
    """Whether the weighted sum of the sides is beyond every point of the box, in fractions."""
    total: dict[Hashable, Fraction] = defaultdict(Fraction)
    limit = Fraction(0)
    for (row, sign), marginal in zip(sides, marginals, strict=True):
        weight = Fraction(-marginal).limit_denominator(10_000)
        if weight > 0:
            limit += weight * (row.high if sign > 0 else -row.low)
            for name, c in row.terms:
                total[name] += weight * sign * c
    if any(c < 0 and box[name][1] is None for name, c in total.items()):
        return False
    return sum(c * box[name][0 if c >= 0 else 1] for name, c in total.items()) > limit
