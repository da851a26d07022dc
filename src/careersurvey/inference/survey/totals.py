"""Respondents reduced to totals by stratum, cluster and group: what statistics start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np

from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.tables import Indicator, Variable
from careersurvey.inference.survey.design import (
    Design,
    Keys,
    lay_out,
    plan_of,
)
from careersurvey.inference.survey.domains import (
    ALL,
    Domain,
    Lookup,
    break_down,
    everyone,
    linked_names,
    links,
    row_labels,
)
from careersurvey.inference.survey.questions import (
    Question,
    ask,
    base_of,
    cells_of,
    opened,
)
from careersurvey.inference.survey.sums import (
    Source,
    Sums,
    ends_of,
    look_at_weights,
    read_each,
    sum_by_keys,
)
from careersurvey.inference.survey.weighting import Moved, move, weighting_variables


class Cell(NamedTuple):
    """Respondents of a row who fell into one cell, by statistic.

    Attributes
    ----------
    count, weight : ndarray of float, (rows, statistics)
        How many, and their weight.
    spread : ndarray of float, (rows, statistics)
        Sum of squares of their weights about the mean; 0 where respondents are no units.
    """

    count: np.ndarray
    weight: np.ndarray
    spread: np.ndarray


@dataclass(frozen=True, eq=False)
class Totals:
    """Respondents reduced to rows: what every statistic starts from.

    Attributes
    ----------
    questions : tuple of Question
        The statistics are their categories, in order.
    settings : DesignSettings
    design : Design
    leaf : ndarray of int, (rows,)
        Where each row lies in the design.
    domains : tuple of Domain
        Breakdowns that the rows can be had by; of a domain that is not here another pass was made.
    cells : tuple of Cell
        Of shares who chose, and who of the base did not; of numbers everyone in the base.
    scale : float
        Weights are held over this power of two.
    value, below : ndarray of float, (rows,), optional
        A number of each respondent, and that below the line (1 but under a ratio).
    replicates : ndarray of float, (rows, replicates), optional
        Given replicate weights, as multiples of the weight.
    moved : Moved, optional
        How weights were moved to known totals.
    """

    questions: tuple[Question, ...]
    settings: DesignSettings
    design: Design
    leaf: np.ndarray
    domains: tuple[Domain, ...]
    cells: tuple[Cell, ...]
    scale: float = 1.0
    value: np.ndarray | None = None
    below: np.ndarray | None = None
    replicates: np.ndarray | None = None
    moved: Moved | None = None

    @property
    def places(self) -> list[tuple[int, int]]:
        """Question and category of each statistic."""
        return [(i, j) for i, one in enumerate(self.questions) for j in range(len(one.categories))]

    @property
    def base(self) -> np.ndarray:
        """Respondents in the base of each statistic, (rows, statistics)."""
        return sum(cell.count for cell in self.cells)


def read_totals(
    frame: Any,
    indicators: Sequence[Indicator],
    variables: Mapping[str, Variable],
    settings: DesignSettings,
    by: Sequence[str] = (),
    lookups: Mapping[str, Lookup] | None = None,
    cohort: str = "cohort",
) -> list[Totals]:
    """Reduce a table of answers to what its indicators need."""
    lazy, lookups = opened(frame), lookups or {}
    schema = lazy.collect_schema()
    questions = ask(indicators, variables, lazy, linked_names(lookups, list(schema)), cohort)
    wanted = [name for one in by for name in one.split("*")]
    wanted += [name for one in questions for name, _ in one.indicator.among.terms]
    wanted += weighting_variables(settings)[0]
    linked = links(wanted, list(schema), lookups, cohort)
    plan = plan_of(settings, lazy, cohort)
    weights = look_at_weights(lazy, settings.weight, cohort)
    source = Source(lazy, schema, plan, settings, weights, linked, variables, cohort)
    shares = tuple(one for one in questions if one.is_share)
    found = []
    if shares:
        passes = [(ALL, *by)] if source.one_by_one else _passes(source, by)
        found = [_shares(source, shares, names) for names in passes]
    numbers = [one for one in questions if not one.is_share]
    return found + [_number(source, one, (ALL, *by)) for one in numbers]


def _passes(source: Source, by: Sequence[str]) -> list[tuple[str, ...]]:
    """Breakdowns that one pass serves: all that follow from the design's keys, and each other."""
    passes: dict[tuple[str, ...], list[str]] = {}
    for one in (ALL, *by):
        own = [key for key in source.keys_of([one]) if key not in source.plan.keys]
        passes.setdefault(tuple(own), []).append(one)
    return [tuple(names) for names in passes.values()]


def _shares(source: Source, questions: tuple[Question, ...], names: Sequence[str]) -> Totals:
    filters = [name for one in questions for name, _ in one.indicator.among.terms]
    keys = source.keys_of([*names, *(name for name in filters if name in source.linked)])
    cells = [*(cells_of(one, source.schema) for one in questions), source.moves]
    numbers: list[np.ndarray] = []
    if source.one_by_one:
        conditions = [part for one in cells for part in one]
        sums, multiples, *numbers = read_each(source, keys, conditions, source.numbers)
        wide = [slice(end - len(one), end) for one, end in zip(cells, ends_of(cells), strict=True)]
        parts = [Sums(*sums[:2], *(one[:, place] for one in sums[2:])) for place in wide]
    else:
        parts, multiples = sum_by_keys(source, keys, questions, cells), None
    design, leaf, implied = _designed(source, parts[0])
    *parts, everybody = parts
    parts, implied, moved = _move(source, parts, everybody, numbers, implied)
    pairs = []
    for question, part in zip(questions, parts, strict=True):
        passed = _passed(source, question, part.keys)
        pairs.append(_cells(question, part, implied if source.weights is None else None, passed))
    joined = [
        Cell(*(np.column_stack(columns) for columns in zip(*kind, strict=True)))
        for kind in zip(*pairs, strict=True)
    ]
    scale = 1.0 if source.weights is None else 2.0**source.weights.exponent
    domains = tuple(_domain(source, name, parts[0].keys) for name in names)
    given = (source.settings, design, leaf, domains, tuple(joined), scale)
    return Totals(questions, *given, replicates=multiples, moved=moved)


def _number(source: Source, question: Question, names: Sequence[str]) -> Totals:
    filters = [name for name, _ in question.indicator.among.terms if name in source.linked]
    keys = source.keys_of([*names, *filters])
    numbers = [nw.col(name).cast(nw.Float64) for name in question.variables] + source.numbers
    conditions = [base_of(question, source.schema), *source.moves]
    sums, multiples, *columns = read_each(source, keys, conditions, numbers)
    design, leaf, implied = _designed(source, sums)
    own, everybody = (
        Sums(*sums[:2], *(one[:, place] for one in sums[2:]))
        for place in (slice(1), slice(1, None))
    )
    measured = len(question.variables)
    (own,), implied, moved = _move(source, [own], everybody, columns[measured:], implied)
    passed = _passed(source, question, sums.keys)
    count = own.count if passed is None else own.count * passed[:, None]
    weight = count * (own.weight if source.weights else implied[:, None])
    inside = count[:, 0] > 0
    columns = [*columns[:measured], np.ones(len(leaf))]
    value, below = (np.where(inside, one, 0.0) for one in columns[:2])
    scale = 1.0 if source.weights is None else 2.0**source.weights.exponent
    domains = tuple(_domain(source, name, sums.keys) for name in names)
    cells = (Cell(count, weight, np.zeros_like(weight)),)
    given = (source.settings, design, leaf, domains, cells, scale, value, below, multiples, moved)
    return Totals((question,), *given)


def _designed(source: Source, sums: Sums) -> tuple[Design, np.ndarray, np.ndarray]:
    given = (source.settings, source.frame, source.cohort)
    return lay_out(source.plan, sums.keys, sums.sizes, *given)


def _move(
    source: Source,
    parts: list[Sums],
    everybody: Sums,
    numbers: Sequence[np.ndarray],
    implied: np.ndarray,
) -> tuple[list[Sums], np.ndarray, Moved | None]:
    """Move weights as the design says: the sums with them, the weights implied, and the totals."""
    if not source.moves:
        return parts, implied, None
    keys, names = weighting_variables(source.settings)
    labels = {name: row_labels(everybody.keys, name, source.linked) for name in keys}
    count, scale = everybody.count[:, 0], 1.0
    weight = count * implied
    if source.weights:
        scale = 2.0**source.weights.exponent
        weight = everybody.weight[:, 0] * scale
    given = dict(zip(names, numbers, strict=True)), count, weight, source.cohort
    after, moved = move(source.settings, labels, *given)
    by = np.divide(after, weight, out=np.zeros_like(after), where=weight > 0)[:, None]
    parts = [
        part._replace(weight=part.weight * by, above=part.above * by, square=part.square * by**2)
        for part in parts
    ]
    return parts, implied * by[:, 0], None if moved is None else moved.over(scale)


def _domain(source: Source, name: str, keys: Keys) -> Domain:
    if name == ALL:
        return everyone(len(keys.respondents))
    return break_down(name, keys, source.linked, source.variables, source.cohort)


def _passed(source: Source, question: Question, keys: Keys) -> np.ndarray | None:
    """Which rows pass the part of a filter that is over other tables, if there is one."""
    passed = [
        np.isin(row_labels(keys, name, source.linked), values)
        for name, values in question.indicator.among.terms
        if name in source.linked
    ]
    return np.logical_and.reduce(passed) if passed else None


def _cells(
    question: Question, sums: Sums, implied: np.ndarray | None, passed: np.ndarray | None
) -> tuple[Cell, Cell]:
    """Who chose each category, and who of the base did not."""

    def split(parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts = parts if passed is None else parts * passed[:, None]
        if question.measure == "multiple":
            return parts[:, ::2], parts[:, 1::2]
        before = np.cumsum(parts, axis=1)
        after = np.cumsum(parts[:, ::-1], axis=1)[:, ::-1]
        none = np.zeros((len(parts), 1))
        others = np.hstack([none, before[:, :-1]]) + np.hstack([after[:, 1:], none])
        kept = len(question.categories)
        return parts[:, :kept], others[:, :kept]

    both = [split(part) for part in sums[2:]]
    cells = []
    for count, weight, above, square in zip(*both, strict=True):
        spread = np.maximum(square - above**2 / np.maximum(count, 1), 0.0)
        if implied is not None:
            weight, spread = count * implied[:, None], np.zeros_like(count)
        cells.append(Cell(count, weight, spread))
    return tuple(cells)
