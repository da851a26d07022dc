"""Respondents reduced to totals by stratum, cluster and group: what statistics start from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from careersurvey.evidence.settings import DesignSettings
from careersurvey.inference.survey.design import Design, Rows, lay_out, settled, summing
from careersurvey.inference.survey.domains import (
    ALL,
    Domain,
    break_down,
    crossed_by,
    key_of,
    links,
)
from careersurvey.inference.survey.numbers import (
    Numbers,
    Ordered,
    about_ratios,
    of_sides,
    put_in_order,
    sum_exactly,
)
from careersurvey.inference.survey.questions import Question, Table, ask, cells_of, filters_of
from careersurvey.inference.survey.sums import (
    Respondents,
    Weights,
    look_at_weights,
    read_each,
    sum_by_keys,
)
from careersurvey.inference.survey.variance import Replicates, replicates_of
from careersurvey.inference.survey.weighting import Moved, move, moves, weighting_variables

_QUANTILES = ("median", "quantile")


@dataclass(frozen=True, eq=False)
class Totals:
    """Respondents reduced to rows, in which they are alike but for their answers and weights."""

    questions: tuple[Question, ...]  # the statistics are their categories, in order
    settings: DesignSettings
    design: Design
    domains: tuple[Domain, ...]  # breakdowns that the rows can be had by
    people: np.ndarray  # (rows, questions) respondents in the base
    weight: np.ndarray  # (rows, questions) sums of their weights
    #: Of shares the sums of `sums` over those who chose, and over the others of the base.
    sides: Sequence[np.ndarray] = ()
    numbers: Numbers | None = None  # of all but quantiles
    ordered: Ordered | None = None  # of quantiles
    scale: float = 1.0  # weights are held over this power of two
    exponent: int = 0  # estimates are held over this power of two, so that squares stay floats
    replicates: Replicates | None = None  # None where variances are linearised
    moved: Moved | None = None  # how weights were moved to known totals
    known: np.ndarray | None = None  # what each leaf adds to those totals
    #: By breakdown and group, products of the weights of those who chose, and of the others, with
    #: known totals, (groups, 2, totals, statistics): of shares of clusters, linearised.
    with_known: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def statistics(self) -> list[tuple[int, Question, str]]:
        """Of each statistic the number of its question, the question, and its category."""
        asked = enumerate(self.questions)
        return [(number, one, name) for number, one in asked for name in one.categories]

    @property
    def base_weights(self) -> dict[str, float]:
        """Sum of the weights of each question's base, by its indicator."""
        named = [one.indicator.id for one in self.questions]
        return dict(zip(named, (self.weight.sum(axis=0) * self.scale).tolist(), strict=True))

    def by_statistic(self, values: np.ndarray) -> np.ndarray:
        """What holds of questions, (..., questions), by statistic."""
        if len(self.questions) == 1:
            return np.broadcast_to(values, (*values.shape[:-1], len(self.statistics)))
        return values[..., [number for number, *_ in self.statistics]]

    def base(self, domain: Domain) -> np.ndarray:
        """Respondents in the base of each group and statistic."""
        return self.by_statistic(domain.sums(self.people).astype(int))


def read_totals(table: Table, by: Collection[str] = (), *, at_once: bool = False) -> list[Totals]:
    """Reduce a table of answers to what its indicators need, all shares `at_once` if asked."""
    questions, every = ask(table), (ALL, *by)
    wanted = [name for one in by for name in one.split("*")]
    wanted += [name for one in questions for name, _ in one.indicator.among.terms]
    linked = links(table, [*wanted, *weighting_variables(table.settings)[0]])
    table = replace(settled(table), linked=linked)
    shares = tuple(one for one in questions if one.is_share)
    found = []
    if shares and _one_by_one(table):
        found = [_of_shares(table, shares, every)]
    elif shares:
        weights = look_at_weights(table)
        passes = [every] if at_once else _passes(table, every)
        found = [_of_shares(table, shares, names, weights) for names in passes]
    return found + [_of_number(table, one, every) for one in questions if not one.is_share]


def _keys_of(table: Table, names: Sequence[str], questions: Sequence[Question] = ()) -> list[str]:
    """Columns of the design, and those that groups and parts of filters follow from."""
    own = [name for one in names if one != ALL for name in one.split("*")]
    terms = [name for one in questions for name, _ in one.indicator.among.terms]
    own += [name for name in terms if name in table.linked]
    own += weighting_variables(table.settings)[0]
    settings = table.settings
    design = (*settings.strata, *settings.clusters, *settings.sizes)
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


def _of_shares(
    table: Table,
    questions: tuple[Question, ...],
    names: Sequence[str],
    weights: Weights | None = None,
) -> Totals:
    """Totals of shares side by side; without `weights` respondents are read one by one."""
    keys = _keys_of(table, names, questions)
    everyone = [table.everyone] if moves(table.settings) else []
    if weights:
        rows, (*parts, everybody) = sum_by_keys(table, weights, keys, questions, everyone)
        read = Respondents(rows, weights.exponent)
    else:
        cells = [*(cells_of(one, table) for one in questions), everyone]
        conditions = [part for one in cells for part in one]
        own = weighting_variables(table.settings)[1]
        read = read_each(table, keys, conditions, own, apart=True)
        inside, ends = np.column_stack(read.inside), np.cumsum([len(one) for one in cells])[:-1]
        sums = np.array([inside & read.counts[:, None], inside * read.weight[:, None]])
        *parts, everybody = np.split(sums, ends, axis=2)
    found, by = _laid_out(table, questions, names, read, everybody[:2, :, 0] if everyone else None)
    for one, part in zip(questions, parts, strict=True):
        if not (passing := _passing(table, one, read.rows) & (by > 0)).all():
            part *= passing[:, None]
    if found.moved and found.replicates is None and not found.design.of_respondents:
        with_known = _products_of_weights(found, parts, by)
        design, domains, parts = _put_together(found, parts, by)
        found = replace(found, design=design, domains=domains, with_known=with_known)
    else:
        for part in parts:
            part[1:3] *= by[:, None]
            part[3:] *= by[:, None] ** 2
    people, weight, *sides = _side_by_side(questions, parts)
    numbers = of_sides(found.design.of_respondents, *sides)
    return replace(found, people=people, weight=weight, sides=sides, numbers=numbers)


def _of_number(table: Table, question: Question, names: Sequence[str]) -> Totals:
    """Totals of one number, read respondent by respondent."""
    settings, measured = table.settings, question.variables
    keys, inside = _keys_of(table, names, [question]), filters_of(question, table)
    columns = [*measured, *weighting_variables(settings)[1]]
    each = read_each(table, keys, inside, columns, apart=_one_by_one(table))
    row, rows, everybody = each.row, len(each.rows.people), None
    if moves(settings):
        total = sum_exactly(row, rows, each.weight)
        everybody = np.array([np.bincount(row, each.counts, rows), total])
    found, by = _laid_out(table, (question,), names, each, everybody)
    passing = _passing(table, question, each.rows) & (by > 0)
    known = [np.isfinite(one) for one in each.numbers[: len(measured)]]
    base = np.logical_and.reduce([each.weight > 0, *each.inside, *known])
    base &= passing.all() or passing[row]
    given = row, each.weight, each.counts, *each.numbers[: len(measured)]
    row, weight, counts, *numbers = (one if base.all() else one[base] for one in given)
    weight = weight * by[row]
    kind, people = found.design.of_respondents, np.bincount(row, counts, rows)[:, None]
    if question.measure in _QUANTILES:
        asked = question.probabilities
        ordered = put_in_order(kind, found.domains, asked, row, weight, numbers[0])
        total = np.bincount(ordered.row, ordered.weight, rows)[:, None]
        return replace(found, people=people, weight=total, ordered=ordered)
    about, exponent = about_ratios(kind, row, rows, weight, *numbers)
    exponent += each.exponent if question.measure == "total" else 0
    below = question.measure == "ratio"
    total = sum_exactly(row, rows, weight)[:, None] if below else about.below
    return replace(found, people=people, weight=total, numbers=about, exponent=exponent)


def _laid_out(
    table: Table,
    questions: tuple[Question, ...],
    names: Sequence[str],
    read: Respondents,
    everybody: np.ndarray | None,
) -> tuple[Totals, np.ndarray]:
    """All of some totals but their sums; beside it what the weights of rows are multiplied by."""
    settings, moved = table.settings, None
    design, by = lay_out(table, read.rows)
    if everybody is not None:
        by, moved = _moved(table, read, everybody, by)
    nobody = np.zeros((len(by), len(questions)))
    weight = by if read.replicates is None else read.weight * by
    found = Totals(
        questions,
        settings,
        design,
        tuple(break_down(name, read.rows, table) for name in names),
        people=nobody,
        weight=nobody,
        scale=2.0**read.exponent,
        replicates=replicates_of(settings, design, read.replicates, weight, moved),
        moved=moved,
        known=_known_by_leaf(design, moved) if moved else None,
    )
    return found, by


def _moved(
    table: Table, read: Respondents, everybody: np.ndarray, implied: np.ndarray
) -> tuple[np.ndarray, Moved | None]:
    """Move weights as the design says: what they are multiplied by, and how they were moved."""
    keys, names = weighting_variables(table.settings)
    rows = read.rows
    labels = {name: (np.append(rows.labels[name], ""), rows.codes[name]) for name in keys}
    numbers = read.numbers[len(read.numbers) - len(names) :]
    for name, values in zip(names, numbers, strict=True):
        labels[name] = np.unique(values, return_inverse=True)
    given = everybody[0], everybody[1] * implied * 2.0**read.exponent
    by, moved = move(table.settings, labels, given, table.cohort)
    return implied * by, moved


def _passing(table: Table, question: Question, rows: Rows) -> np.ndarray:
    """Which rows pass the part of a filter that is over other tables."""
    found = np.ones(len(rows.people), dtype=bool)
    for name, values in question.indicator.among.terms:
        if name in table.linked:
            found &= np.append(np.isin(rows.labels[name], values), False)[rows.codes[name]]
    return found


def _known_by_leaf(design: Design, moved: Moved) -> np.ndarray:
    """What the leaves of a design add to the totals that weights were moved to."""
    by_leaf = summing(design.leaf, len(design.leaves.leaf), moved.before * moved.by)
    return (by_leaf @ summing(moved.cell, len(moved.x)).T) @ moved.x


def _products_of_weights(
    found: Totals, parts: Sequence[np.ndarray], by: np.ndarray
) -> dict[str, np.ndarray]:
    """Products of the weights of shares with known totals, as `Totals.with_known` holds them."""
    moved, products = found.moved, {}
    code, some = crossed_by(moved.cell, found.domains)
    summed = summing(code, len(some), by * moved.back)
    parts = [(summed @ part[1])[None] for part in parts]
    sides = [np.dstack(one) for one in zip(*map(_sides, found.questions, parts), strict=True)]
    values = np.hstack([one[0] for one in sides])
    for domain in found.domains:
        by_cell = domain.at(some).sums_by(moved.cell[some], len(moved.x), values)
        own = moved.x.T @ by_cell
        products[domain.name] = np.stack(np.split(own, 2, axis=2), axis=1)
    return products


def _put_together(
    found: Totals, parts: Sequence[np.ndarray], by: np.ndarray
) -> tuple[Design, tuple[Domain, ...], list[np.ndarray]]:
    """Put rows together that only known totals tell apart."""
    code, some = crossed_by(found.design.leaf, found.domains)
    people, weight = summing(code, len(some)), summing(code, len(some), by)
    parts = [np.array([people @ part[0], weight @ part[1]]) for part in parts]
    return found.design.at(some), tuple(one.at(some) for one in found.domains), parts


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
    place = np.broadcast_to(cells[:2][-1].argmax(axis=1)[:, None], (*cells.shape[:2], 1))
    largest = np.take_along_axis(cells, place, axis=2)
    np.put_along_axis(cells, place, 0.0, axis=2)
    rest = cells.sum(axis=2, keepdims=True)
    np.put_along_axis(cells, place, largest, axis=2)
    others = rest + largest - cells
    np.put_along_axis(others, place, rest, axis=2)
    kept = slice(len(question.categories))
    return cells[:, :, kept], others[:, :, kept]
