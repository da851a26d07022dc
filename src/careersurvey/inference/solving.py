"""Solve linear systems over whole numbers, or prove that they have no solution.

A float never decides here. HiGHS proposes; a solution counts once it has been recomputed in
integers, and "no solution" counts once it has been proved in integers or fractions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import floor, gcd
from typing import TYPE_CHECKING

from careersurvey.errors import RecordError
from careersurvey.inference.systems import Box, Row, Solution, holds, open_rows, propagate

if TYPE_CHECKING:
    import numpy as np

_DIVE = 60
_MAX_NODES = 5_000
_WIDE = 500
_CORNERS = 4


def find(rows: Sequence[Row], box: Box | None = None) -> Solution | None:
    """Find whole numbers that meet every row, or prove that there are none.

    Returns
    -------
    dict or None
        A solution checked in integers; None only after an exact proof.

    Raises
    ------
    RecordError
        If neither is found within the limit of work.
    """
    rows = [_reduced(each) for each in rows]
    ranges = propagate(rows, box)
    if ranges is None:
        return None
    left = open_rows(rows, ranges)
    ranges = propagate(left, ranges)
    if ranges is None:
        return None
    lowest = _lowest(ranges)
    if all(holds(each, lowest) for each in left):
        return lowest
    if len(ranges) > _WIDE and _relax(left, ranges)[1]:
        return None
    proposed = _dive(left, ranges) or _propose(left, ranges)
    if proposed is not None:
        return lowest | proposed
    found = _branch(left, ranges)
    return None if found is None else lowest | found


def _reduced(row: Row) -> Row:
    """The same row in lowest terms: 2x - 2y = 1 becomes 1 <= x - y <= 0, which nothing meets."""
    common = gcd(*(c for _, c in row.terms))
    if common < 2:
        return row
    terms = tuple((name, c // common) for name, c in row.terms)
    low = None if row.low is None else -(-row.low // common)
    return Row(terms, low, None if row.high is None else row.high // common)


def _lowest(box: Box) -> Solution:
    return {name: low for name, (low, _) in box.items()}


def _dive(rows: Sequence[Row], box: Box) -> Solution | None:
    """Give the narrowest unknown its lowest value, again and again; None in a dead end."""
    if len(box) > _DIVE:
        return None
    ranges: Box | None = box
    while ranges is not None:
        loose = [n for n, (low, high) in ranges.items() if low != high]
        if not loose:
            return _lowest(ranges)
        name = min(loose, key=lambda n: _width(ranges[n]))
        low = ranges[name][0]
        ranges = propagate(rows, ranges | {name: (low, low)}, [name])
    return None


def least(rows: Sequence[Row], goal: Sequence[tuple[Hashable, int]], box: Box | None = None):
    """Least value of a sum of unknowns, proved.

    Parameters
    ----------
    rows : sequence of Row
    goal : sequence of (unknown, int)
    box : dict, optional

    Returns
    -------
    (int or None, dict) or None
        The least value (None where there is none) and a solution that has it; None where the
        rows have no solution.
    """
    rows = [_reduced(each) for each in rows]
    ranges = propagate(rows, box)
    if ranges is None:
        return None
    ranges = {name: (0, None) for name, _ in goal} | ranges
    endless = any(c < 0 and ranges[name][1] is None for name, c in goal)
    left = open_rows(rows, ranges)
    proposed = None if endless else _propose(left, ranges, goal)
    best = find(rows, ranges) if proposed is None else _lowest(ranges) | proposed
    if best is None:
        return None
    if endless and _endless(rows, goal, ranges):
        return None, best
    while True:
        below = Row(tuple(goal), None, _value(goal, best) - 1)
        narrowed = propagate([*left, below], ranges)
        better = None if narrowed is None else _branch([*left, below], narrowed)
        if better is None:
            return _value(goal, best), best
        best = best | better


def _endless(rows: Sequence[Row], goal: Sequence[tuple[Hashable, int]], ranges: Box) -> bool:
    """Whether a ray of whole numbers lowers the goal for ever: exact, by a homogeneous system."""
    free = {name for name, (_, high) in ranges.items() if high is None}
    still = [
        Row(
            tuple(t for t in each.terms if t[0] in free),
            None if each.low is None else 0,
            None if each.high is None else 0,
        )
        for each in rows
    ]
    falling = Row(tuple(t for t in goal if t[0] in free), None, -1)
    return find([*still, falling]) is not None


def _value(goal: Sequence[tuple[Hashable, int]], solution: Solution) -> int:
    return sum(c * solution.get(name, 0) for name, c in goal)


def _matrix(rows: Sequence[Row], ranges: Box):
    import numpy as np
    from scipy.sparse import coo_array

    names = list(ranges)
    column = {name: number for number, name in enumerate(names)}
    at = [(i, column[name], c) for i, each in enumerate(rows) for name, c in each.terms]
    i, j, c = zip(*at, strict=True)
    matrix = coo_array((np.array(c, float), (i, j)), shape=(len(rows), len(names))).tocsr()
    low = np.array([-np.inf if r.low is None else r.low for r in rows])
    high = np.array([np.inf if r.high is None else r.high for r in rows])
    floor_ = np.array([ranges[name][0] for name in names], float)
    top = np.array([np.inf if ranges[n][1] is None else ranges[n][1] for n in names], float)
    return names, matrix, low, high, floor_, top


def _propose(
    rows: Sequence[Row], ranges: Box, goal: Sequence[tuple[Hashable, int]] = ()
) -> Solution | None:
    """HiGHS's solution if its nearest whole numbers meet every row and range."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    used = {name for each in rows for name, _ in each.terms} | {name for name, _ in goal}
    if not rows:
        return {n: ranges[n][0] if c > 0 else ranges[n][1] for n, c in goal}
    ranges = {name: ends for name, ends in ranges.items() if name in used}
    names, matrix, low, high, floor_, top = _matrix(rows, ranges)
    weight = dict(goal)
    weights = np.array([float(weight.get(name, 0)) for name in names])

    def best(weights: np.ndarray, whole: bool, columns: np.ndarray) -> np.ndarray | None:
        answer = milp(
            weights,
            integrality=np.full(len(names), int(whole)),
            bounds=Bounds(floor_, np.where(columns, top, floor_)),
            constraints=LinearConstraint(matrix, low, high),
            options={"mip_rel_gap": 0.0},
        )
        return answer.x

    for point in _points(best, weights):
        whole = {name: round(value) for name, value in zip(names, point, strict=True)}
        if _within(whole, ranges) and all(holds(each, whole) for each in rows):
            return whole
    return None


def _points(best: Callable, weights: np.ndarray) -> Iterator[np.ndarray]:
    """Points to try: corners of the relaxed problem, often whole and soon found, then whole ones.

    Where there are many unknowns, whole points are sought among those that some corner uses
    before they are sought among all.
    """
    import numpy as np

    every = np.ones(len(weights), bool)
    point = best(weights, False, every)
    if point is None:
        return
    yield point
    if len(weights) > _WIDE:
        used, noise = point > 0.5 / len(weights), np.random.default_rng(0)
        for _ in range(_CORNERS):
            corner = best(weights + noise.random(len(weights)) * 1e-4, False, every)
            if corner is not None:
                yield corner
                used = used | (corner > 0.5 / len(weights))
        point = best(weights, True, used)
        if point is not None:
            yield point
    point = best(weights, True, every)
    if point is not None:
        yield point


def _within(solution: Solution, box: Box) -> bool:
    ends = ((value, *box[name]) for name, value in solution.items())
    return all(low <= value and (high is None or value <= high) for value, low, high in ends)


def _branch(rows: Sequence[Row], box: Box) -> Solution | None:
    """Search to the end by halves; propagation or a weighted sum of rows closes a half."""
    waiting = [box]
    for _ in range(_MAX_NODES):
        if not waiting:
            return None
        ranges = propagate(rows, waiting.pop())
        if ranges is None:
            continue
        left = open_rows(rows, ranges)
        if not left:
            return _lowest(ranges)
        point, refuted = _relax(left, ranges)
        if refuted:
            continue
        whole = {name: round(point.get(name, ranges[name][0])) for name in ranges}
        if all(holds(each, whole) for each in left):
            return whole
        waiting.extend(_halves(left, ranges, point))
    raise _undecided()


def _undecided() -> RecordError:
    return RecordError(
        "It could not be decided whether these statements can all hold.",
        found=f"neither a solution nor a proof in {_MAX_NODES:,} steps",
        do="leave out statements that the question does not need, with --without ID",
    )


def _halves(rows: Sequence[Row], ranges: Box, point: Mapping[Hashable, float]) -> list[Box]:
    """Split the unknown whose value is furthest from whole; where all are, the widest range."""
    used = {name for each in rows for name, _ in each.terms}
    loose = [name for name, (low, high) in ranges.items() if name in used and low != high]
    fraction = {n: abs(point[n] - round(point[n])) for n in loose}
    name = max(loose, key=lambda n: (round(fraction[n], 6), _width(ranges[n])))
    low, high = ranges[name]
    cut = max(low, floor(point[name] + 1e-9))
    cut = cut if high is None else min(cut, high - 1)
    return [ranges | {name: (cut + 1, high)}, ranges | {name: (low, cut)}]


def _width(range_: tuple[int, int | None]) -> float:
    return float("inf") if range_[1] is None else range_[1] - range_[0]


def _relax(rows: Sequence[Row], ranges: Box) -> tuple[dict[Hashable, float], bool]:
    """Point that breaks the rows least, and whether they are proved to have no solution.

    The dual values of the relaxed problem are weights; the weighted sum of the rows is then
    recomputed in fractions, and only that sum proves anything (Farkas' lemma).
    """
    import numpy as np
    from scipy.optimize import linprog
    from scipy.sparse import eye_array, hstack, vstack

    used = {name for each in rows for name, _ in each.terms}
    ranges = {name: ends for name, ends in ranges.items() if name in used}
    names, matrix, low, high, floor_, top = _matrix(rows, ranges)
    lower, upper = np.isfinite(low), np.isfinite(high)
    both = vstack([-matrix[lower], matrix[upper]])
    slack = both.shape[0]
    answer = linprog(
        np.r_[np.zeros(len(names)), np.ones(slack)],
        A_ub=hstack([both, -eye_array(slack)]).tocsr(),
        b_ub=np.r_[-low[lower], high[upper]],
        bounds=[*zip(floor_, top, strict=True), *[(0, None)] * slack],
        method="highs",
    )
    if answer.x is None:
        raise _undecided()
    point = dict(zip(names, answer.x, strict=False))
    if answer.fun < 1e-9:
        return point, False
    sides = [(r, -1) for r in rows if r.low is not None]
    sides += [(r, 1) for r in rows if r.high is not None]
    return point, _refutes(sides, answer.ineqlin.marginals, ranges)


def _refutes(sides: Sequence[tuple[Row, int]], marginals: Sequence[float], ranges: Box) -> bool:
    """Whether the weighted sum of the sides is beyond every point of the box, in fractions."""
    total: dict[Hashable, Fraction] = defaultdict(Fraction)
    limit = Fraction(0)
    for (row, sign), marginal in zip(sides, marginals, strict=True):
        weight = Fraction(-marginal).limit_denominator(10_000)
        if weight <= 0:
            continue
        limit += weight * (row.high if sign > 0 else -row.low)
        for name, c in row.terms:
            total[name] += weight * sign * c
    smallest = Fraction(0)
    for name, c in total.items():
        low, high = ranges[name]
        if c < 0 and high is None:
            return False
        smallest += c * (low if c >= 0 else high)
    return smallest > limit
