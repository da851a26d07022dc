"""Numbers of respondents reduced to their rows: about a ratio, or put together in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from careersurvey.errors import QuestionError
from careersurvey.inference.survey.design import codes_of, numbered
from careersurvey.inference.survey.domains import Domain, crossed_by

BITS = 52  # sums of whole numbers stay below 2**53
_AT_ONCE = 2**15  # numbers that a processor keeps at hand


def sum_exactly(
    code: np.ndarray, codes: int, values: np.ndarray, count: np.ndarray | None = None
) -> np.ndarray:
    """Sums of numbers by a code, exact in any order: as whole numbers of shrinking units."""
    count = np.bincount(code) if count is None else count  # how many share each code
    width = BITS - int(count.max(initial=1)).bit_length()
    greatest = max(values.max(initial=0.0), -values.min(initial=0.0))
    power = int(np.frexp(greatest)[1]) - width
    sums: list[np.ndarray] = []
    step = max(_AT_ONCE, codes)
    for start in range(0, len(code), step):
        own, digit = slice(start, start + step), 0
        left = np.ldexp(values[own], -power)
        while left.any():
            whole = np.rint(left)
            if digit == len(sums):
                sums.append(np.zeros(codes))
            sums[digit] = sums[digit] + np.bincount(code[own], whole, codes)
            left, digit = (left - whole) * 2.0**width, digit + 1
    smallest_first = reversed([np.ldexp(one, power - i * width) for i, one in enumerate(sums)])
    return sum(smallest_first, np.zeros(codes))


class Numbers(NamedTuple):
    """Numbers y over x of the rows, about one near all of each; (rows, statistics) each.

    A share is of numbers that are 1 of those who chose and 0 of the others of the base.
    """

    near: np.ndarray  # a number near those in the row
    below: np.ndarray  # weighted sums of x, which is 1 but under a ratio
    above: np.ndarray  # weighted sums of y less the number near times x
    #: Weighted sums of the squares of the two, and of their product between them.
    squares: tuple[np.ndarray, ...]
    #: The same of the two times their weights, about their means in the row, not weighted: what
    #: respondents as units add; none where they are no units, or each has a row.
    spread: tuple[np.ndarray, ...] = ()


def of_sides(of_respondents: bool, chose: np.ndarray, others: np.ndarray) -> Numbers:
    """Shares as numbers about 1 or 0, that of most of each row, from sums as `sums` has them."""
    near = chose[1] > others[1]
    few, many = np.where(near, others, chose), np.where(near, chose, others)
    sign = np.where(near, -1.0, 1.0)
    above, below = sign * few[1], few[1] + many[1]
    numbers = Numbers(near * 1.0, below, above, (few[1], above, below))
    if not of_respondents or (few[0] + many[0]).max(initial=0) <= 1:
        return numbers
    # Squares about the mean of all are those within the few and the many, and between their means.
    mean = few[1] / np.maximum(few[0], 1)
    gap = mean - many[1] / np.maximum(many[0], 1)
    between = few[0] * many[0] / np.maximum(few[0] + many[0], 1)
    within = _about_mean(few)
    cross = sign * (within + between * mean * gap)
    of_weights = within + _about_mean(many) + between * gap**2
    return numbers._replace(spread=(within + between * mean**2, cross, of_weights))


def _about_mean(moments: np.ndarray) -> np.ndarray | float:
    """Sum of the squares of weights about their mean, from `sums`; 0 where all weigh the same."""
    if len(moments) == 2:
        return 0.0
    people, _, above, square = moments
    return np.maximum(square - above**2 / np.maximum(people, 1), 0)


class Ordered(NamedTuple):
    """Respondents of a row with no quantile between their numbers, put together."""

    row: np.ndarray
    people: np.ndarray
    weight: np.ndarray
    square: np.ndarray  # of weights about their mean; 0 where respondents are no units
    upto: np.ndarray  # the next quantile
    #: By breakdown, what turns shares, (groups, statistics), into the numbers that reach them.
    turning: Mapping[str, Callable[[np.ndarray], np.ndarray]]

    def sides(self, quantile: np.ndarray) -> np.ndarray:
        """`Totals.sides` of those up to the quantile of their row, squares about a mean."""
        rows = len(quantile)
        row = np.where(self.upto <= quantile[self.row], self.row, self.row + rows)
        people, weight = (np.bincount(row, one, 2 * rows) for one in (self.people, self.weight))
        apart = self.weight / self.people - (weight / np.maximum(people, 1))[row]
        square = np.bincount(row, self.square + self.people * apart**2, 2 * rows)
        found = people, weight, np.zeros(2 * rows), square
        return np.array(found).reshape(-1, 2, rows).swapaxes(0, 1)


def put_in_order(
    of_respondents: bool,
    domains: Sequence[Domain],
    asked: Sequence[float],
    row: np.ndarray,
    weight: np.ndarray,
    value: np.ndarray,
) -> Ordered:
    """Quantiles of weights summed by number, and those of a row put together between them."""
    rank, values = codes_of(pa.chunked_array([value + 0.0]))
    rows = len(domains[0].code)
    cell, some = crossed_by(np.zeros(rows, dtype=int), domains)
    at, known = numbered(rank * len(some) + cell[row])
    given = some[known % len(some)], sum_exactly(at, len(known), weight), values[known // len(some)]
    turning = {one.name: _turning(one, *given) for one in domains}
    sought = [turning[one.name](np.tile(asked, (len(one.groups), 1))) for one in domains]
    cuts = np.unique([*np.concatenate(sought, axis=None), np.inf])
    at, known = numbered(np.searchsorted(cuts, values)[rank] * rows + row)
    people = np.bincount(at)
    total, square = sum_exactly(at, len(known), weight, people), np.zeros(len(known))
    if of_respondents:
        square = sum_exactly(at, len(known), (weight - (total / people)[at]) ** 2, people)
    return Ordered(known % rows, people, total, square, cuts[known // rows], turning)


def _turning(
    domain: Domain, row: np.ndarray, weight: np.ndarray, value: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """What turns shares, (groups, statistics), into the least numbers that reach them."""
    code = np.where(weight > 0, domain.code[row], -1)
    places = [np.flatnonzero(code == group) for group in range(len(domain.groups))]
    # Whole numbers add to what they are in any order, so that a half of equal weights is reached.
    parts = (weight[own] / weight[own].sum() for own in places)
    running = [np.cumsum(np.rint(part * 2.0**61), dtype=np.int64) for part in parts]

    def least(group: int, share: float) -> float:
        upto = running[group]
        if not (len(upto) and 0 <= share <= 1):
            return np.nan
        at = np.searchsorted(upto, share * upto[-1] * (1 - 1e-13))
        return value[places[group][min(int(at), len(upto) - 1)]]

    def turn(share: np.ndarray) -> np.ndarray:
        return np.array([[least(group, p) for p in own] for group, own in enumerate(share)])

    return turn


def about_ratios(
    of_respondents: bool,
    row: np.ndarray,
    rows: int,
    weight: np.ndarray,
    value: np.ndarray,
    *denominator: np.ndarray,
) -> tuple[Numbers, int]:
    """Numbers of those in a base about the ratio of their row, held over 2 to the power beside."""
    count = np.bincount(row, minlength=rows)

    def summed(values: np.ndarray) -> np.ndarray:
        return sum_exactly(row, rows, values, count)[:, None]

    value, exponent = _within_floats(value)
    below, exponent_below = _within_floats(denominator[0] if denominator else np.ones(1))
    exponent -= exponent_below
    weighted = weight * below if denominator else weight
    total = summed(weighted)
    of_squares = summed(weighted * below) if denominator else total
    # A slope, for the denominators of a row may add to nearly nothing.
    with np.errstate(invalid="ignore", divide="ignore"):
        near = np.nan_to_num(summed(weighted * value) / of_squares, posinf=0, neginf=0)
    if denominator:
        product, beyond = _product(near[row, 0], below)
        left = value - product - beyond
    else:
        left = value - near[:, 0].take(row)
    score = weight * left
    above = summed(score)
    cross = summed(score * below) if denominator else above
    squares = summed(score * left), cross, of_squares
    spread: tuple[np.ndarray, ...] = ()
    if of_respondents and (count > 1).any():
        many = np.maximum(count, 1)[:, None]
        one, two = (part - (summed(part) / many)[row, 0] for part in (score, weighted))
        spread = summed(one * one), summed(one * two), summed(two * two)
    return Numbers(near, total, above, squares, spread), exponent


def _product(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Products, and what floats leave out of them (Dekker 1971), from halves of their digits."""
    product = one * two
    halves = [(given.view(np.int64) & -(1 << 27)).view(np.float64) for given in (one, two)]
    (high, low), (high_two, low_two) = zip(halves, (one - halves[0], two - halves[1]), strict=True)
    return product, high * high_two - product + high * low_two + low * high_two + low * low_two


def _within_floats(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Numbers over a power of two where their squares might not be floats, and its exponent."""
    greatest = max(values.max(initial=0.0), -values.min(initial=0.0))
    exponent = 0 if greatest == 0 or 1e-100 < greatest < 1e100 else int(np.frexp(greatest)[1])
    if greatest >= 1e100 and (np.abs(values[values != 0]) < greatest * 1e-100).any():
        raise QuestionError(
            "Numbers of one question lie too far apart for the small ones to have squares.",
            found=f"one of size {greatest:g}, and others 1e100 times smaller",
            do="declare a code such as 8.99e307 as missing, or correct the file",
        )
    return (np.ldexp(values, -exponent) if exponent else values), exponent
