"""Numbers of respondents: reduced by row without losing a digit, and in their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from careersurvey.inference.survey.domains import Domain
from careersurvey.inference.survey.variance import Part, sum_by


class Numbers(NamedTuple):
    """Numbers y of respondents over numbers x (1 but under a ratio), reduced to rows.

    They are held about the ratio of their own row, `near` and `rest` together, so that no digit
    is lost of numbers that are near to one another.
    """

    near: np.ndarray  # the ratio of each row: short, so that its products are exact
    rest: np.ndarray  # and what it is above that
    above: np.ndarray  # weighted sums of y less the ratio times x
    below: np.ndarray  # weighted sums of x
    squares: np.ndarray  # (rows, 3) weighted sums of the squares of the two and of their product
    #: The same of the two times their weights, about their means in the row, not weighted: what
    #: respondents as units add.
    spread: np.ndarray | None
    exponent: int  # y over x are held over this power of two, so that squares stay within floats

    def over(self, domain: Domain) -> np.ndarray:
        """The denominator of each group."""
        return sum_by(domain.code, len(domain.groups), self.below)

    def about(self, domain: Domain) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A short number near the ratio of each group, what the ratio is above it, and rows' own.

        The last is by how much the ratio of each row is above that of its group.
        """
        groups = len(domain.groups)
        over = self.over(domain)
        with np.errstate(invalid="ignore", divide="ignore"):
            whole = sum_by(domain.code, groups, (self.near + self.rest) * self.below + self.above)
            near = _short(np.nan_to_num(whole / over, posinf=0, neginf=0))
            away = (self.near - of_rows(near, domain)) + self.rest
            left = sum_by(domain.code, groups, self.above + away * self.below) / over
        step = np.nan_to_num(left, posinf=0, neginf=0)
        return near, step, away - of_rows(step, domain)

    def scores(self, count: np.ndarray, away: np.ndarray) -> Part:
        """What rows add to an error, their ratio being so much above that of their group."""
        total = (self.above + away * self.below)[:, None]
        if self.spread is None:
            return Part(count, total)
        return Part(count, total, np.sqrt(np.maximum(_quadratic(self.spread, away), 0))[:, None])

    def simple(self, domain: Domain, away: np.ndarray) -> np.ndarray:
        """Weighted sum of the squares of y - R x by group, R the ratio of the group."""
        squares = np.maximum(_quadratic(self.squares, away), 0)
        return sum_by(domain.code, len(domain.groups), squares)


def reduced(
    row: np.ndarray,
    rows: int,
    weight: np.ndarray,
    value: np.ndarray,
    below: np.ndarray | None,
    units: bool,
) -> Numbers:
    """Reduce numbers of respondents, in the order of rows; `units`: respondents are units."""
    summed = summing_in_order(row, rows)
    value, above_line = _within_floats(value)
    own, below_line = _within_floats(np.ones(1) if below is None else below)
    weighted = weight if below is None else weight * own
    total = summed(weighted)
    with np.errstate(invalid="ignore", divide="ignore"):
        near = _short(np.nan_to_num(summed(weight * value) / total, posinf=0, neginf=0))
        high = _short(own)
        left = value - near[row] * high
        left = left if below is None else left - near[row] * (own - high)
        rest = np.nan_to_num(summed(weight * left) / total, posinf=0, neginf=0)
    left -= rest[row] * own
    score = weight * left
    above = summed(score)
    squares = [summed(score * left), above, total]
    if below is not None:
        squares[1:] = summed(score * own), summed(weighted * own)
    spread = None
    if units:
        count = np.maximum(np.bincount(row, minlength=rows), 1)
        one, two = (part - (summed(part) / count)[row] for part in (score, weighted))
        spread = np.column_stack([summed(one * one), summed(one * two), summed(two * two)])
    exponent = above_line - below_line
    return Numbers(near, rest, above, total, np.column_stack(squares), spread, exponent)


class Ordered(NamedTuple):
    """Respondents with their numbers, row after row, and in the order of their numbers."""

    row: np.ndarray
    weight: np.ndarray
    value: np.ndarray
    order: np.ndarray  # the places of respondents, by their numbers

    def parts(self, rows: int, upto: np.ndarray, units: bool) -> tuple[Part, Part]:
        """Respondents of each row whose number is up to that of their row, and the others."""
        low = self.value <= upto[self.row]
        return self._part(rows, low, units), self._part(rows, ~low, units)

    def _part(self, rows: int, inside: np.ndarray, units: bool) -> Part:
        by_row, weight = summing_in_order(self.row, rows), self.weight * inside
        count, total = by_row(inside.astype(float)), by_row(weight)
        if not units:
            return Part(count[:, None], total[:, None])
        apart = (weight - (total / np.maximum(count, 1))[self.row]) * inside
        return Part(count[:, None], total[:, None], np.sqrt(by_row(apart**2))[:, None])

    def turning(self, domain: Domain) -> Callable[[np.ndarray], np.ndarray]:
        """What turns shares, (groups, statistics), into the least numbers that reach them."""
        groups, count = len(domain.groups), len(self.order)
        blocks = min(1024, count // groups + 1)
        size = count // blocks + 1
        narrow = np.min_scalar_type(groups)  # few bytes are read across the whole table faster
        code = np.where(domain.code < 0, groups, domain.code).astype(narrow)[self.row][self.order]
        weight = self.weight[self.order]
        place = np.repeat(np.arange(blocks), size)[:count] + code * np.int64(blocks)
        sums = np.bincount(place, weight, (groups + 1) * blocks).reshape(groups + 1, blocks)
        running = np.cumsum(sums, axis=1)

        def least(group: int, share: float) -> float:
            wanted = share * running[group, -1] * (1 - 1e-15)
            if not (running[group, -1] > 0 and 0 <= share <= 1):
                return np.nan
            block = min(int(np.searchsorted(running[group], wanted)), blocks - 1)
            own = block * size + np.flatnonzero(code[block * size : (block + 1) * size] == group)
            upto = (running[group, block - 1] if block else 0.0) + np.cumsum(weight[own])
            at = min(int(np.searchsorted(upto, wanted)), len(own) - 1)
            return self.value[self.order[own[at]]]

        def turn(share: np.ndarray) -> np.ndarray:
            return np.array([[least(group, p) for p in own] for group, own in enumerate(share)])

        return turn


def summing_in_order(row: np.ndarray, rows: int) -> Callable[[np.ndarray], np.ndarray]:
    """What sums values of respondents, who stand in the order of rows, by row."""
    first = np.flatnonzero(np.diff(row, prepend=-1))

    def summed(values: np.ndarray) -> np.ndarray:
        out = np.zeros(rows)
        if len(row):
            out[row[first]] = np.add.reduceat(values, first)
        return out

    return summed


def of_rows(values: np.ndarray, domain: Domain) -> np.ndarray:
    """Value of each row's group; 0 where there is none, or no group."""
    known = np.nan_to_num(values)
    return np.concatenate([known, np.zeros_like(known[:1])])[domain.code]


def _quadratic(three: np.ndarray, away: np.ndarray) -> np.ndarray:
    """Sum of squares of a + d b from those of a and b and their product between them."""
    return three[:, 0] + away * (2 * three[:, 1] + away * three[:, 2])


def _within_floats(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Numbers over a power of two where their squares might not be floats, and its exponent."""
    greatest = max(values.max(initial=0.0), -values.min(initial=0.0))
    exponent = 0 if greatest == 0 or 1e-100 < greatest < 1e100 else int(np.frexp(greatest)[1])
    return (np.ldexp(values, -exponent) if exponent else values), exponent


def _short(values: np.ndarray) -> np.ndarray:
    """The first 26 bits of numbers (Dekker 1971, after Veltkamp)."""
    long = values * 134_217_729.0
    return long - (long - values)
