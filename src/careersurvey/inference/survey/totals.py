"""Respondents reduced to totals by stratum, cluster and group: what statistics start from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.tables import Indicator
from careersurvey.inference.survey.design import (
    Design,
    Rows,
    crossed,
    last_of,
    lay_out,
    settled,
    summing,
)
from careersurvey.inference.survey.domains import (
    ALL,
    Domain,
    break_down,
    key_of,
    labels_of,
    links,
)
from careersurvey.inference.survey.questions import (
    Question,
    Table,
    ask,
    cells_of,
    filters_of,
)
from careersurvey.inference.survey.sums import (
    Each,
    Weights,
    look_at_weights,
    read_each,
    sum_by_keys,
)
from careersurvey.inference.survey.variance import Replicates, deviations_of_all, replicates_of
from careersurvey.inference.survey.weighting import Moved, move, weighting_variables

_QUANTILES = ("median", "quantile")


class Numbers(NamedTuple):
    """Numbers y, or y over x, of the rows, about one near all of each; (rows, 1) each."""

    near: np.ndarray  # a number near those in the row
    below: np.ndarray  # weighted sums of x, which is 1 but under a ratio
    above: np.ndarray  # weighted sums of y less the number near times x
    #: Weighted sums of the squares of the two, and of their product between them.
    squares: tuple[np.ndarray, ...]
    #: The same of the two times their weights, about their means in the row, not weighted: what
    #: respondents as units add; none where they are no units, or each has a row.
    spread: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True, eq=False)
class Totals:
    """Respondents reduced to rows: what every statistic starts from.

    The respondents of a row are alike but for their answers and weights. A share is of those who
    chose, who stand apart from the others of the base; numbers are held about one near all of them.
    """

    questions: tuple[Question, ...]  # the statistics are their categories, in order
    settings: DesignSettings
    design: Design
    domains: tuple[Domain, ...]  # breakdowns that the rows can be had by
    people: np.ndarray  # (rows, questions) respondents in the base
    weight: np.ndarray  # (rows, questions) sums of their weights
    #: Of shares the sums of `sums` over those who chose, and over the others of the base.
    sides: Sequence[np.ndarray] = ()
    numbers: Numbers | None = None  # of means, ratios and totals
    ordered: Ordered | None = None  # of quantiles
    scale: float = 1.0  # weights are held over this power of two
    exponent: int = 0  # estimates are held over this power of two, so that squares stay floats
    replicates: Replicates | None = None  # None where variances are linearised
    moved: Moved | None = None  # how weights were moved to known totals
    known: np.ndarray | None = None  # deviations of those totals, by unit
    #: By breakdown and group, products of the weights of those who chose, and of the others, with
    #: known totals, (groups, 2, totals, statistics): of shares of clusters, linearised.
    with_known: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def places(self) -> list[tuple[int, int]]:
        """Question and category of each statistic."""
        return [(i, j) for i, one in enumerate(self.questions) for j in range(len(one.categories))]

    @property
    def base_weights(self) -> dict[str, float]:
        """Sum of the weights of each question's base, by its indicator."""
        named = [one.indicator.id for one in self.questions]
        return dict(zip(named, (self.weight.sum(axis=0) * self.scale).tolist(), strict=True))

    def by_statistic(self, values: np.ndarray) -> np.ndarray:
        """What holds of questions, (..., questions), by statistic."""
        if len(self.questions) == 1:
            return np.broadcast_to(values, (*values.shape[:-1], len(self.places)))
        return values[..., [question for question, _ in self.places]]

    def base(self, domain: Domain) -> np.ndarray:
        """Respondents in the base of each group and statistic."""
        return self.by_statistic(domain.sums(self.people).astype(int))


class Ordered(NamedTuple):
    """Respondents in the order of their numbers."""

    row: np.ndarray
    weight: np.ndarray
    value: np.ndarray

    def sides(self, upto: np.ndarray) -> np.ndarray:
        """`Totals.sides` of those whose number is up to that of their row, squares about a mean."""
        rows = len(upto)
        row = np.where(self.value <= upto[self.row], self.row, self.row + rows)
        people, weight = (np.bincount(row, one, 2 * rows) for one in (None, self.weight))
        apart = self.weight - (weight / np.maximum(people, 1))[row]
        found = people, weight, np.zeros(2 * rows), np.bincount(row, apart**2, 2 * rows)
        return np.array(found).reshape(-1, 2, rows).swapaxes(0, 1)

    def turning(self, domain: Domain) -> Callable[[np.ndarray], np.ndarray]:
        """What turns shares, (groups, statistics), into the least numbers that reach them."""
        small = np.min_scalar_type(-len(domain.groups) - 1)  # is looked through faster
        narrow = domain.code.astype(small)[self.row]
        places = [np.flatnonzero(narrow == group) for group in range(len(domain.groups))]
        running = [np.cumsum(self.weight[own]) for own in places]

        def least(group: int, share: float) -> float:
            upto = running[group]
            if not (len(upto) and upto[-1] > 0 and 0 <= share <= 1):
                return np.nan
            at = np.searchsorted(upto, share * upto[-1] * (1 - 1e-15))
            return self.value[places[group][min(int(at), len(upto) - 1)]]

        def turn(share: np.ndarray) -> np.ndarray:
            return np.array([[least(group, p) for p in own] for group, own in enumerate(share)])

        return turn


def read_totals(
    table: Table, indicators: Sequence[Indicator], by: Sequence[str] = ()
) -> list[Totals]:
    """Reduce a table of answers to what its indicators need."""
    questions, every = ask(table, indicators), (ALL, *by)
    wanted = [name for one in by for name in one.split("*")]
    wanted += [name for one in questions for name, _ in one.indicator.among.terms]
    linked = links(table, [*wanted, *weighting_variables(table.settings)[0]])
    table = replace(settled(table), linked=linked)
    shares = tuple(one for one in questions if one.is_share)
    found = []
    if shares and _one_by_one(table):
        found = [_reduced(table, shares, every)]
    elif shares:
        weights = look_at_weights(table)
        found = [_reduced(table, shares, names, weights) for names in _passes(table, every)]
    return found + [_reduced(table, (one,), every) for one in questions if not one.is_share]


def summing_in_order(row: np.ndarray, rows: int) -> Callable[[np.ndarray], np.ndarray]:
    """What sums values of respondents, who stand in the order of rows, to (rows, 1)."""
    first = np.flatnonzero(np.diff(row, prepend=-1))

    def summed(values: np.ndarray) -> np.ndarray:
        out = np.zeros((rows, 1))
        if len(row):
            out[row[first], 0] = np.add.reduceat(values, first)
        return out

    return summed


def _keys_of(table: Table, names: Sequence[str]) -> list[str]:
    """Columns of the design, and those that the groups of breakdowns follow from."""
    own = [name for one in names if one != ALL for name in one.split("*")]
    own += weighting_variables(table.settings)[0]
    design = (*table.settings.strata, *table.settings.clusters)
    return list(dict.fromkeys([*design, *(key_of(name, table) for name in own)]))


def _one_by_one(table: Table) -> bool:
    """Whether respondents each have a row: by weights of their own, or moved by numbers."""
    settings, numbers = table.settings, weighting_variables(table.settings)[1]
    units = settings.of_respondents and settings.calibrate is not None
    return bool(settings.replicate_weights or settings.trim or numbers or units)


def _passes(table: Table, names: Sequence[str]) -> list[tuple[str, ...]]:
    """Breakdowns that one pass serves: all that follow from the design's keys, and each other."""
    passes: dict[tuple[str, ...], list[str]] = {}
    for one in names:
        own = [key for key in _keys_of(table, [one]) if key not in _keys_of(table, [])]
        passes.setdefault(tuple(own), []).append(one)
    return [tuple(names) for names in passes.values()]


def _reduced(
    table: Table,
    questions: tuple[Question, ...],
    names: Sequence[str],
    weights: Weights | None = None,
) -> Totals:
    """Totals of shares side by side, or of one number; without `weights` read one by one."""
    settings, each = table.settings, None
    terms = [name for one in questions for name, _ in one.indicator.among.terms]
    keys = _keys_of(table, [*names, *(name for name in terms if name in table.linked)])
    more = [table.everyone] if settings.calibrate or settings.response or settings.trim else []
    if weights:
        rows, (*cells, everybody) = sum_by_keys(table, weights, keys, questions, more)
    else:
        each, (*cells, everybody) = _read(table, keys, questions, more)
        rows = each.rows
    scale, moved = 2.0 ** (weights or each).exponent, None
    design, by = lay_out(table, rows)
    if more:
        by, moved = _moved(table, rows, each, everybody[:2, :, 0], by, scale)
    parts = [_passed(table, one, rows, part) for one, part in zip(questions, cells, strict=True)]
    given, own = (each.replicates, each.weight * by[each.row]) if each else (None, by)
    replicates = replicates_of(settings, design, given, own, moved)
    domains = [break_down(name, rows, table) for name in names]
    known, with_known = _deviations_of_known(design, moved) if moved else None, {}
    linear = replicates is None and not design.of_respondents
    if moved and linear and questions[0].is_share:
        with_known = _with_known(questions, parts, by, moved, domains)
        design, domains, parts = _put_together(design, domains, parts, by)
    else:
        for part in parts:
            part[1:] *= by[:, None] ** np.array([1, 1, 2])[: len(part) - 1, None, None]
    people, weight, *sides = (
        _side_by_side(questions, parts) if questions[0].is_share else parts[0][:2]
    )
    found = Totals(
        questions,
        settings,
        design,
        tuple(domains),
        people,
        weight,
        sides,
        scale=scale,
        replicates=replicates,
        moved=moved,
        known=known,
        with_known=with_known,
    )
    return found if found.sides else _with_numbers(found, each, own)


def _read(
    table: Table, keys: Sequence[str], questions: Sequence[Question], more: Sequence[Any]
) -> tuple[Each, list[np.ndarray]]:
    """Read respondents one by one: the cells of shares, or the base of a number."""
    own, apart = weighting_variables(table.settings)[1], _one_by_one(table)
    if questions[0].is_share:
        cells = [*(cells_of(one, table) for one in questions), more]
        conditions = [part for one in cells for part in one]
        each = read_each(table, keys, conditions, own, apart=apart)
        ends = np.cumsum([len(one) for one in cells])[:-1]
        return each, np.split(each.cells(each.inside), ends, axis=2)
    measured = questions[0].variables
    filters = filters_of(questions[0], table)
    each = read_each(table, keys, filters, [*measured, *own], apart=apart)
    known = [np.isfinite(one) for one in each.numbers[: len(measured)]]
    inside = np.logical_and.reduce([each.weight > 0, *known, *each.inside])
    base = each.cells([inside])
    return each._replace(inside=[inside]), [base, each.cells([each.weight > 0]) if more else base]


def _moved(
    table: Table,
    rows: Rows,
    each: Each | None,
    everybody: np.ndarray,
    implied: np.ndarray,
    scale: float,
) -> tuple[np.ndarray, Moved | None]:
    """Move weights as the design says: what they are multiplied by, and how they were moved."""
    keys, names = weighting_variables(table.settings)
    labels = {name: labels_of(rows, name, table) for name in keys}
    numbers = each.numbers[len(each.numbers) - len(names) :] if each else ()
    for name, values in zip(names, numbers, strict=True):
        labels[name] = np.unique(values, return_inverse=True)
    given = everybody[0], everybody[1] * implied * scale
    by, moved = move(table.settings, labels, given, table.cohort)
    return implied * by, moved


def _passed(table: Table, question: Question, rows: Rows, cells: np.ndarray) -> np.ndarray:
    """Cells of those who pass the part of a filter that is over other tables."""
    for name, values in question.indicator.among.terms:
        if name in table.linked:
            labels, place = labels_of(rows, name, table)
            cells = cells * np.isin(labels, values)[place][:, None]
    return cells


def _deviations_of_known(design: Design, moved: Moved) -> np.ndarray:
    """Deviations of the totals that weights were moved to, by unit."""
    by_leaf = summing(design.leaf, len(design.leaves.leaf), moved.before * moved.by)
    return deviations_of_all(design, (by_leaf @ summing(moved.cell, len(moved.x)).T) @ moved.x)


def _with_known(
    questions: Sequence[Question],
    parts: Sequence[np.ndarray],
    by: np.ndarray,
    moved: Moved,
    domains: Sequence[Domain],
) -> dict[str, np.ndarray]:
    """Products of the weights of shares with known totals, as `Totals` holds them."""
    code, some = _crossed(moved.cell, domains)
    summed = summing(code, len(some), by * moved.back)
    parts = [(summed @ part[1])[None] for part in parts]
    sides = [np.dstack(one) for one in zip(*map(_sides, questions, parts), strict=True)]
    values = np.hstack([one[0] for one in sides])
    found = {}
    for domain in domains:
        by_cell = domain.at(some).sums_by(moved.cell[some], len(moved.x), values)
        products = moved.x.T @ by_cell
        found[domain.name] = np.stack(np.split(products, 2, axis=2), axis=1)
    return found


def _put_together(
    design: Design, domains: Sequence[Domain], parts: Sequence[np.ndarray], by: np.ndarray
) -> tuple[Design, list[Domain], list[np.ndarray]]:
    """Put rows together that only known totals tell apart."""
    code, some = _crossed(design.leaf, domains)
    people, weight = summing(code, len(some)), summing(code, len(some), by)
    parts = [np.array([people @ part[0], weight @ part[1]]) for part in parts]
    return design.at(some), [one.at(some) for one in domains], parts


def _crossed(code: np.ndarray, domains: Sequence[Domain]) -> tuple[np.ndarray, np.ndarray]:
    """Number combinations of a code and the groups of domains, and name a row of each."""
    code = crossed(code, *(one.code for one in domains))
    return code, last_of(code, np.arange(len(code)))


def _side_by_side(
    questions: Sequence[Question], parts: Sequence[np.ndarray]
) -> tuple[np.ndarray, ...]:
    """People and weights in the bases of shares; the sums over who chose, and over the others."""
    each = [_sides(one, cells) for one, cells in zip(questions, parts, strict=True)]
    bases = [chose[:2, :, 0] + others[:2, :, 0] for chose, others in each]
    sides = (one[0] if len(one) == 1 else np.dstack(one) for one in zip(*each, strict=True))
    return *np.stack(bases, axis=2), *sides


def _sides(question: Question, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums over those who chose each category, and over the others of the base."""
    if question.measure == "multiple":
        return cells[:, :, ::2], cells[:, :, 1::2]
    # What the largest cell leaves is summed: as a difference it would be what rounding leaves.
    place = np.broadcast_to(cells[0].argmax(axis=1)[:, None], (*cells.shape[:2], 1))
    largest = np.take_along_axis(cells, place, axis=2)
    np.put_along_axis(cells, place, 0.0, axis=2)
    rest = cells.sum(axis=2, keepdims=True)
    np.put_along_axis(cells, place, largest, axis=2)
    others = rest + largest - cells
    np.put_along_axis(others, place, rest, axis=2)
    kept = slice(len(question.categories))
    return cells[:, :, kept], others[:, :, kept]


def _with_numbers(totals: Totals, each: Each, own: np.ndarray) -> Totals:
    """Numbers of those in a base: put in order, or reduced about the ratio of their row."""
    rows, measure = len(totals.people), totals.questions[0].measure
    inside = each.inside[0] & (totals.people[:, 0] > 0)[each.row] & (own > 0)
    given = each.row, own, *each.numbers[: len(totals.questions[0].variables)]
    row, weight, value, *denominator = (one if inside.all() else one[inside] for one in given)
    if measure in _QUANTILES:
        order = np.argsort(value)
        return replace(totals, ordered=Ordered(row[order], weight[order], value[order]))
    summed = summing_in_order(row, rows)
    value, exponent = _within_floats(value)
    below, exponent_below = _within_floats(denominator[0] if denominator else np.ones(1))
    exponent -= exponent_below
    exponent += int(np.log2(totals.scale)) if measure == "total" else 0
    weighted = weight * below if denominator else weight
    total = summed(weighted)
    with np.errstate(invalid="ignore", divide="ignore"):
        near = np.nan_to_num(summed(weight * value) / total, posinf=0, neginf=0)
    left = value - near[row, 0] * below
    score = weight * left
    above = summed(score)
    squares = summed(score * left), above, total
    if denominator:
        squares = squares[0], summed(score * below), summed(weighted * below)
    spread: tuple[np.ndarray, ...] = ()
    if totals.design.of_respondents and (row[1:] == row[:-1]).any():
        count = np.maximum(np.bincount(row, minlength=rows), 1)[:, None]
        one, two = (part - (summed(part) / count)[row, 0] for part in (score, weighted))
        spread = summed(one * one), summed(one * two), summed(two * two)
    numbers = Numbers(near, total, above, squares, spread)
    return replace(totals, numbers=numbers, exponent=exponent)


def _within_floats(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Numbers over a power of two where their squares might not be floats, and its exponent."""
    greatest = max(values.max(initial=0.0), -values.min(initial=0.0))
    exponent = 0 if greatest == 0 or 1e-100 < greatest < 1e100 else int(np.frexp(greatest)[1])
    return (np.ldexp(values, -exponent) if exponent else values), exponent
