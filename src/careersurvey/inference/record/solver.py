"""Solve linear systems over whole numbers, or prove that they have no solution.

A float never decides here. HiGHS proposes; a solution counts once it has been recomputed in
integers, and "no solution" counts once it has been proved in integers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from math import floor, inf, lcm
from typing import Any

import numpy as np

from careersurvey.errors import RecordError
from careersurvey.inference.record.linear import Row, holds

Box = dict[Hashable, tuple[int, int | None]]
Solution = dict[Hashable, int]
Terms = Sequence[tuple[Hashable, int]]

_MAX_NODES = 5_000
_DENOMINATORS = (10_000, 10**8)  # of the weights of a proof, which HiGHS gives as floats
_MAX_TERMS = 2_000_000  # of all nodes of a search together
# Ranges can creep for ever (x > y > x without an end), and are then left valid, not narrowest.
_MAX_PASSES = 1_000
_MAX_LOW = 10**9
_SMALL = 60  # unknowns whose ranges are narrowed, and tried, before HiGHS is asked


def find(rows: Sequence[Row], box: Box | None = None) -> Solution | None:
    """Whole numbers that meet every row, checked in integers; None only after an exact proof."""
    return System(rows).settle(box)


def least(rows: Sequence[Row], goal: Terms, box: Box | None = None):
    """Least value of a sum, proved (None for no end), and a solution; None without a solution."""
    system = System([*rows, Row(tuple(goal), None, None)])
    ranges = system.narrowed(box)
    if ranges is None:
        return None
    lowest = {name: (ranges[name][c < 0],) * 2 for name, c in goal}
    if (None, None) in lowest.values():
        if _falls_for_ever(rows, goal, ranges):
            best = system.settle(ranges)
            return best and (None, best)
    elif system.is_small and (best := _dive(system.rows, ranges, lowest)):
        return sum(c * best[name] for name, c in goal), best  # no range leaves less
    best = system.propose(ranges, goal) or system.settle(ranges)
    if best is None:
        return None
    while True:
        value = sum(c * best[name] for name, c in goal)
        better = find([*rows, Row(tuple(goal), None, value - 1)], ranges)
        if better is None:
            return value, best
        best |= better


def ends(rows: Sequence[Row], goal: Terms, box: Box | None = None):
    """Least and greatest value of a sum of unknowns, None for no end; None without a solution."""
    low = least(rows, goal, box)
    high = low and least(rows, [(name, -c) for name, c in goal], box)
    return low and (low[0], None if high[0] is None else -high[0])


def nearest(rows: Sequence[Row], target: Solution, box: Box) -> Solution | None:
    """Whole numbers that meet every row, as near to a target as HiGHS finds them; None for none."""
    ranges = propagate(rows, box)
    if ranges is None:
        return None
    near, goal = list(rows), []
    for name, wanted in target.items():
        above, below = ("above", name), ("below", name)
        near.append(Row(((name, 1), (above, -1), (below, 1)), wanted, wanted))
        goal += [(above, 1), (below, 1)]
        ranges |= {above: (0, None), below: (0, None)}
    return System(near).propose(ranges, goal) or find(near, ranges)


def _falls_for_ever(rows: Sequence[Row], goal: Terms, ranges: Box) -> bool:
    """Whether a ray of whole numbers lowers the goal for ever: exact, by a homogeneous system."""
    free = {name for name, (_, high) in ranges.items() if high is None}

    def along(terms: Terms, low: int | None, high: int | None) -> Row:
        return Row(tuple(term for term in terms if term[0] in free), low, high)

    still = (along(r.terms, *(None if e is None else 0 for e in (r.low, r.high))) for r in rows)
    return find([*still, along(goal, None, -1)]) is not None


# ---- ranges -------------------------------------------------------------------------------------


def propagate(rows: Sequence[Row], box: Box | None = None, new: Box | None = None) -> Box | None:
    """Range of every unknown that holds every solution; None where there is none.

    A box that was propagated before needs no more than what ``new`` ranges of some unknowns move.
    """
    sides = [side for each in rows for side in each.sides]
    named = () if new else (name for each in rows for name, _ in each.terms)
    ranges: Box = dict.fromkeys(named, (0, None)) | (box or {}) | (new or {})
    moved = None if new is None else {(name, end) for name in new for end in (False, True)}
    for _ in range(_MAX_PASSES):
        before, moved = moved, set()
        for side in sides:
            is_apart = side.reads.isdisjoint
            is_still = before is not None and is_apart(before) and is_apart(moved)
            if not (is_still or _narrow(side, ranges, moved)):
                return None
        if not moved:
            break
    return ranges


def _narrow(side: Row, ranges: Box, moved: set[tuple[Hashable, bool]]) -> bool:
    """Narrow ranges as an upper limit does, and note which ends moved; False if nothing is left."""
    room, open_ = side.high, 0
    for name, c in side.terms:
        end = ranges[name][c < 0]
        if end is None:
            open_ += 1
        else:
            room -= c * end
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
            ranges[name] = low, high
            moved.add((name, c > 0))
    return room >= 0 or open_ > 0


# ---- systems ------------------------------------------------------------------------------------


class System:
    """Rows over named unknowns; a class, since what is laid out once is solved again and again."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = [each.in_lowest_terms for each in rows]
        self.names = list(dict.fromkeys(name for each in self.rows for name, _ in each.terms))
        self.is_small = len(self.names) <= _SMALL

    def matrix(self, rows: Sequence[Row]) -> Any:
        """Coefficients as floats: a row a row, a column an unknown."""
        from scipy.sparse import csr_array

        place = {name: number for number, name in enumerate(self.names)}
        columns = [place[name] for each in rows for name, _ in each.terms]
        c = np.array([c for each in rows for _, c in each.terms], float)
        starts = np.cumsum([0, *(len(each.terms) for each in rows)])
        return csr_array((c, columns, starts), (len(rows), len(place)))

    def settle(self, box: Box | None = None) -> Solution | None:
        """Whole numbers that meet every row; None only after an exact proof."""
        ranges = self.narrowed(box)
        if ranges is None:
            return None
        found = _dive(self.rows, ranges, {}) if self.is_small else None
        found = self.propose(ranges) if found is None else found
        return self._search(ranges) if found is None else found

    def narrowed(self, box: Box | None) -> Box | None:
        """Ranges of the unknowns: propagated where they are few, else as they are given."""
        if self.is_small:
            return propagate(self.rows, box)
        return dict.fromkeys(self.names, (0, None)) | (box or {})

    def propose(self, ranges: Box, goal: Terms = ()) -> Solution | None:
        """HiGHS's solution of least goal, if whole numbers beside it meet every row and range."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        weight, limits = dict(goal), _limits((each.low, each.high) for each in self.rows)
        costs = np.array([float(weight.get(name, 0)) for name in self.names])
        problem = {
            "bounds": Bounds(*_limits(ranges[name] for name in self.names)),
            "constraints": LinearConstraint(self.matrix(self.rows), *limits) if limits.size else (),
            "options": {"mip_rel_gap": 0.0, "node_limit": 1_000},
        }
        for is_whole in (False, True):
            point = milp(costs, integrality=np.full(costs.shape, int(is_whole)), **problem).x
            found = None if point is None else self._whole(point, ranges)
            if point is None or found is not None:
                return found
        return None

    def _whole(self, point: Iterable[float], ranges: Box) -> Solution | None:
        """The whole numbers nearest to a point, if they meet every row and range."""
        found = {name: low for name, (low, _) in ranges.items()}
        found |= {name: round(value) for name, value in zip(self.names, point, strict=True)}
        inside = all(low <= found[n] <= (inf if h is None else h) for n, (low, h) in ranges.items())
        return found if inside and all(holds(each, found) for each in self.rows) else None

    # ---- proofs ----

    def _search(self, box: Box) -> Solution | None:
        """Search to the end by halves; a weighted sum of rows or propagation closes a half."""
        waiting: list[tuple[Box, Box | None]] = [(box, None)]
        most = min(_MAX_NODES, 1 + _MAX_TERMS // (1 + sum(len(each.terms) for each in self.rows)))
        for _ in range(most):
            if not waiting:
                return None
            known, half = waiting.pop()
            ranges = known | (half or {})
            point = self._relax(ranges)
            if point is None:
                continue
            whole = self._whole(point, ranges)
            if whole is not None:
                return whole
            narrow = propagate(self.rows, known, half)
            if narrow is not None:
                of = dict(zip(self.names, point, strict=True))
                waiting += [(narrow, half) for half in _halves(narrow, of)]
        raise RecordError(
            "It could not be decided whether these statements can all hold.",
            found=f"neither a solution nor a proof in {most:,} steps",
            do="leave out statements that the question does not need, with --without ID",
        )

    def _relax(self, ranges: Box) -> np.ndarray | None:
        """Point that breaks the rows least; None where they are proved not to hold.

        The dual values of the relaxed problem are weights; the weighted sum of the rows is then
        recomputed in integers, and only that sum proves anything (Farkas' lemma).
        """
        from scipy.optimize import linprog

        sides, largest, problem = self._elastic
        bounds = [*_limits(ranges[name] for name in self.names).T, *[(0, inf)] * len(sides)]
        answer = linprog(**problem, bounds=bounds, method="highs")
        if answer.fun > 1e-9:
            weighted = zip(-answer.ineqlin.marginals, largest, sides, strict=True)
            used = [each for each in weighted if each[0] > 0]
            for most in _DENOMINATORS:
                proof = [(Fraction(w).limit_denominator(most) / size, of) for w, size, of in used]
                if _is_refuted(proof, ranges):
                    return None
        return answer.x[: len(self.names)]

    @cached_property
    def _elastic(self) -> tuple[list[Row], list[int], dict[str, Any]]:
        """Upper limits, the largest coefficient of each, and the problem to break them least."""
        from scipy.sparse import eye_array, hstack

        sides = [side for each in self.rows for side in each.sides]
        largest = [max((abs(c) for _, c in side.terms), default=1) for side in sides]
        rows = self.matrix(sides) * (1 / np.array(largest))[:, None]
        costs = np.r_[np.zeros(len(self.names)), np.ones(len(sides))]
        limits = np.array([side.high for side in sides], float) / largest
        broken = hstack([rows, -eye_array(len(sides))]).tocsr()
        return sides, largest, {"c": costs, "A_ub": broken, "b_ub": limits}


def _is_refuted(proof: Sequence[tuple[Fraction, Row]], box: Box) -> bool:
    """Whether a weighted sum of upper limits is beyond every point of the box, in integers."""
    scale = lcm(*(weight.denominator for weight, _ in proof))
    total: dict[Hashable, int] = defaultdict(int)
    limit = 0
    for weight, side in proof:
        times = int(weight * scale)
        limit += times * side.high
        for name, c in side.terms:
            total[name] += times * c
    ends = [(c, box[name][c < 0]) for name, c in total.items() if c]
    return all(end is not None for _, end in ends) and sum(c * end for c, end in ends) > limit


def _dive(rows: Sequence[Row], ranges: Box | None, fixed: Box) -> Solution | None:
    """Fix some unknowns, then the narrowest at its least, again and again; None in a dead end."""
    while (ranges := propagate(rows, ranges, fixed)) is not None:
        lowest = {name: low for name, (low, _) in ranges.items()}
        if all(holds(each, lowest) for each in rows):
            return lowest
        loose = [name for name, ends in ranges.items() if _width(ends)]
        if not loose:
            return None
        name = min(loose, key=lambda each: _width(ranges[each]))
        fixed = {name: (lowest[name],) * 2}
    return None


def _halves(ranges: Box, point: Mapping[Hashable, float]) -> Iterator[Box]:
    """Halves of the unknown furthest from whole, else the widest; one without an end is last."""

    def is_off(name: Hashable) -> tuple[bool, float, float]:
        off, width = round(abs(point[name] - round(point[name])), 6), _width(ranges[name])
        return off > 0 and width < inf, off, width

    name = max((name for name in point if _width(ranges[name])), key=is_off)
    low, high = ranges[name]
    cut = max(low, floor(point[name] + 1e-9))
    cut = cut if high is None else min(cut, high - 1)
    yield {name: (cut + 1, high)}
    yield {name: (low, cut)}


def _width(ends: tuple[int, int | None]) -> float:
    return inf if ends[1] is None else ends[1] - ends[0]


def _limits(pairs: Iterable[tuple[int | None, int | None]]) -> np.ndarray:
    """Ends as two arrays of floats, infinite where there is none."""
    ends = [(-inf if low is None else low, inf if high is None else high) for low, high in pairs]
    return np.array(ends, float).reshape(-1, 2).T
