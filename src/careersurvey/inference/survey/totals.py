"""Respondents reduced to totals by stratum, cluster and group: what statistics start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    labels_of,
    linked_names,
    links,
)
from careersurvey.inference.survey.questions import (
    Question,
    ask,
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
from careersurvey.inference.survey.variance import Part, alike
from careersurvey.inference.survey.weighting import Moved, move, weighting_variables


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
    cells : tuple of Part
        Of shares who chose, and who of the base did not, with their weights; of numbers everyone
        in the base.
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
    cells: tuple[Part, ...]
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
        found = [_reduced(source, shares, names) for names in passes]
    numbers = [one for one in questions if not one.is_share]
    return found + [_reduced(source, (one,), (ALL, *by)) for one in numbers]


def _passes(source: Source, by: Sequence[str]) -> list[tuple[str, ...]]:
    """Breakdowns that one pass serves: all that follow from the design's keys, and each other."""
    passes: dict[tuple[str, ...], list[str]] = {}
    for one in (ALL, *by):
        own = [key for key in source.keys_of([one]) if key not in source.plan.keys]
        passes.setdefault(tuple(own), []).append(one)
    return [tuple(names) for names in passes.values()]


def _reduced(source: Source, questions: tuple[Question, ...], names: Sequence[str]) -> Totals:
    """Totals of shares side by side, or of one number."""
    filters = [name for one in questions for name, _ in one.indicator.among.terms]
    keys = source.keys_of([*names, *(name for name in filters if name in source.linked)])
    cells = [*(cells_of(one, source.schema) for one in questions), source.moves]
    measured = [] if questions[0].is_share else list(questions[0].variables)
    numbers, multiples = [], None
    if measured or source.one_by_one:
        columns = [nw.col(name).cast(nw.Float64) for name in measured] + source.numbers
        conditions = [part for one in cells for part in one]
        sums, multiples, *numbers = read_each(source, keys, conditions, columns)
        ends = zip(cells, ends_of(cells), strict=True)
        parts = [sums.columns(end - len(one), end) for one, end in ends]
    else:
        parts = sum_by_keys(source, keys, questions, cells)
    *parts, everybody = parts
    laid = source.plan, everybody.keys, everybody.sizes
    design, leaf, implied = lay_out(*laid, source.settings, source.frame, source.cohort)
    parts, implied, moved = _move(source, parts, everybody, numbers[len(measured) :], implied)
    made = [
        _cells(one, part, implied if source.weights is None else None, _passed(source, one, part))
        for one, part in zip(questions, parts, strict=True)
    ]
    joined = tuple(
        Part(*(np.column_stack(columns) for columns in zip(*kind, strict=True)))
        for kind in zip(*made, strict=True)
    )
    value = below = None
    if measured:
        inside = joined[0].count[:, 0] > 0
        both = [*numbers[: len(measured)], np.ones(len(leaf))][:2]
        value, below = (np.where(inside, one, 0.0) for one in both)
    scale = 1.0 if source.weights is None else 2.0**source.weights.exponent
    domains = tuple(_domain(source, name, everybody.keys) for name in names)
    given = (source.settings, design, leaf, domains, joined, scale, value, below, multiples, moved)
    return Totals(questions, *given)


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
    labels = {name: labels_of(everybody.keys, name, source.linked) for name in keys}
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


def _passed(source: Source, question: Question, sums: Sums) -> np.ndarray | float:
    """Which rows pass the part of a filter that is over other tables: a column of 0 and 1."""
    passed = 1.0
    for name, values in question.indicator.among.terms:
        if name in source.linked:
            labels, place = labels_of(sums.keys, name, source.linked)
            passed = passed * np.isin(labels, values)[place][:, None]
    return passed


def _cells(
    question: Question, sums: Sums, implied: np.ndarray | None, passed: np.ndarray | float
) -> list[Part]:
    """Who chose each category, and who of the base did not; of a number everyone in the base."""
    cells = []
    kinds = [_split(question, part * passed) for part in (sums.count, sums.weight)]
    spreads = [_split(question, part * passed) for part in sums[4:] if sums.square.any()]
    for place, (count, weight) in enumerate(zip(*kinds, strict=True)):
        one = alike(count, weight if implied is None else count * implied[:, None])
        if spreads and implied is None:
            above, square = (part[place] for part in spreads)
            spread = np.maximum(square - above**2 / np.maximum(count, 1), 0.0)
            one = Part(count, weight, np.sqrt(spread))
        cells.append(one)
    return cells


def _split(question: Question, parts: np.ndarray) -> tuple[np.ndarray, ...]:
    """Columns of those who chose, and of those who did not."""
    if not question.is_share:
        return (parts,)
    if question.measure == "multiple":
        return parts[:, ::2], parts[:, 1::2]
    if parts.shape[1] == len(question.categories) == 2:
        return parts, parts[:, ::-1]
    before = np.cumsum(parts, axis=1)
    after = np.cumsum(parts[:, ::-1], axis=1)[:, ::-1]
    none = np.zeros((len(parts), 1))
    others = np.hstack([none, before[:, :-1]]) + np.hstack([after[:, 1:], none])
    kept = len(question.categories)
    return parts[:, :kept], others[:, :kept]
