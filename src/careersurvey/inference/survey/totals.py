"""Respondents reduced to totals by stratum, cluster and group: what statistics start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np

from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.tables import Indicator, Variable
from careersurvey.inference.survey.design import (
    Design,
    Keys,
    lay_out,
    numbered,
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
from careersurvey.inference.survey.numbers import Numbers, Ordered, reduced
from careersurvey.inference.survey.questions import (
    Question,
    ask,
    cells_of,
    filters_of,
    opened,
)
from careersurvey.inference.survey.sums import (
    Source,
    Sums,
    ends_of,
    read_each,
    sum_by_keys,
)
from careersurvey.inference.survey.variance import (
    Part,
    counts_of,
    deviations_of_all,
    side_by_side,
    summing,
)
from careersurvey.inference.survey.weighting import Moved, move, weighting_variables


@dataclass(frozen=True, eq=False)
class Totals:
    """Respondents reduced to rows: what every statistic starts from."""

    questions: tuple[Question, ...]  # the statistics are their categories, in order
    settings: DesignSettings
    design: Design
    leaf: np.ndarray  # (rows,) where each row lies in the design
    domains: tuple[Domain, ...]  # breakdowns that the rows can be had by
    #: Of shares who chose, and who of the base did not; of numbers everyone in the base.
    cells: tuple[Part, ...]
    scale: float = 1.0  # weights are held over this power of two
    numbers: Numbers | None = None  # of means, ratios and totals
    ordered: Ordered | None = None  # of quantiles
    replicates: np.ndarray | None = None  # (rows, replicates) given ones, over the weight
    moved: Moved | None = None  # how weights were moved to known totals
    known: np.ndarray | None = None  # deviations of those totals, by unit

    @property
    def places(self) -> list[tuple[int, int]]:
        """Question and category of each statistic."""
        return [(i, j) for i, one in enumerate(self.questions) for j in range(len(one.categories))]

    @property
    def base(self) -> np.ndarray:
        """Respondents in the base of each statistic, (rows, statistics)."""
        return counts_of(self.cells)

    def together(self, domain: Domain) -> tuple[Totals, Domain]:
        """Rows that only known totals tell apart put together, for one breakdown of shares."""
        clustered = self.design.stages[-1].unit is not None
        linear = self.settings.replicate_method is None and self.questions[0].is_share
        if not (self.moved and clustered and linear):
            return self, domain
        groups = len(domain.groups)
        row, place = numbered(self.leaf * (groups + 1) + domain.code + 1)
        by_row = summing(row, len(place))
        cells = tuple(Part(by_row @ one.people, by_row @ one.total) for one in self.cells)
        fewer = replace(self, leaf=place // (groups + 1), cells=cells, domains=())
        return fewer, replace(domain, code=place % (groups + 1) - 1)


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
    source = Source(lazy, schema, plan, settings, linked, variables, cohort)
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
    each, measured = None, [] if questions[0].is_share else list(questions[0].variables)
    if measured:
        columns = [nw.col(name) for name in measured] + source.numbers
        each = read_each(source, keys, filters_of(questions[0], source.schema), columns)
        known = [np.isfinite(one) for one in each.numbers[: len(measured)]]
        inside = np.logical_and.reduce([each.weight > 0, *known, *each.inside])
        parts = [each.sums([inside])]
        parts.append(each.sums([each.weight > 0]) if source.moves else parts[0])
    else:
        cells = [*(cells_of(one, source.schema) for one in questions), source.moves]
        if source.one_by_one:
            each = read_each(source, keys, [one for c in cells for one in c], source.numbers)
            sums, ends = each.sums(each.inside), ends_of(cells)
            parts = [sums.columns(end - len(c), end) for c, end in zip(cells, ends, strict=True)]
        else:
            parts = sum_by_keys(source, keys, questions, cells)
    *parts, everybody = parts
    laid = source.plan, everybody.keys, everybody.sizes
    design, leaf, implied = lay_out(*laid, source.settings, source.frame, source.cohort)
    weighted = bool(source.settings.weight)
    exponent = each.exponent if each else source.weights.exponent if source.weights else 0
    moving = each.numbers[len(measured) :] if each else ()
    parts, implied, by, moved = _move(source, parts, everybody, moving, implied, 2.0**exponent)
    made = [
        _cells(one, part, None if weighted else implied, _passed(source, one, part))
        for one, part in zip(questions, parts, strict=True)
    ]
    joined = tuple(side_by_side(kind) for kind in zip(*made, strict=True))
    domains = tuple(_domain(source, name, everybody.keys) for name in names)
    given = questions, source.settings, design, leaf, domains, joined, 2.0**exponent
    found = Totals(*given, replicates=each.replicates if each else None, moved=moved)
    if moved:
        by_row = moved.after[:, None] * moved.x[moved.cell]
        found = replace(found, known=deviations_of_all(design, leaf, slice(None), by_row))
    if not measured:
        return found
    weight = each.weight * (by if weighted else implied)[each.row]
    inside &= (joined[0].people[:, 0] > 0)[each.row] & (weight > 0)
    base = (one if inside.all() else one[inside] for one in (each.row, weight, *each.numbers))
    return replace(found, **_of_numbers(found, *base))


def _of_numbers(
    found: Totals, row: np.ndarray, weight: np.ndarray, value: np.ndarray, *more: np.ndarray
) -> dict[str, Any]:
    """Numbers of the respondents of a base: reduced to rows, or put in order."""
    rows = len(found.leaf)
    units = found.design.stages[-1].unit is None and rows < len(row)
    if found.questions[0].measure in ("median", "quantile"):
        return {"ordered": Ordered(row, weight, value, np.argsort(value))}
    below = more[0] if found.questions[0].measure == "ratio" else None
    return {"numbers": reduced(row, rows, weight, value, below, units)}


def _move(
    source: Source,
    parts: list[Sums],
    everybody: Sums,
    numbers: Sequence[np.ndarray],
    implied: np.ndarray,
    scale: float,
) -> tuple[list[Sums], np.ndarray, np.ndarray, Moved | None]:
    """Move weights as the design says: the sums with them, the weights implied, and by how much."""
    if not source.moves:
        return parts, implied, np.ones(len(implied)), None
    keys, names = weighting_variables(source.settings)
    labels = {name: labels_of(everybody.keys, name, source.linked) for name in keys}
    count = everybody.people[:, 0]
    weight = everybody.weight[:, 0] * scale if source.settings.weight else count * implied
    given = dict(zip(names, numbers, strict=True)), count, weight, source.cohort
    after, moved = move(source.settings, labels, *given)
    by = np.divide(after, weight, out=np.zeros_like(after), where=weight > 0)
    parts = [_times(part, by[:, None]) for part in parts]
    return parts, implied * by, by, None if moved is None else moved.over(scale)


def _times(part: Sums, by: np.ndarray) -> Sums:
    """The same with the weights of each row multiplied."""
    if part.above is None:
        return part._replace(weight=part.weight * by)
    above, square = part.above * by, part.square * by**2
    return part._replace(weight=part.weight * by, above=above, square=square)


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
    kinds = [_split(question, part * passed) for part in sums[2:] if part is not None]
    if implied is not None:
        return [Part(count, count * implied[:, None]) for count in kinds[0]]
    if sums.square is None:
        return [Part(*both) for both in zip(*kinds, strict=True)]
    return [
        Part(count, weight, np.sqrt(np.maximum(square - above**2 / np.maximum(count, 1), 0)))
        for count, weight, above, square in zip(*kinds, strict=True)
    ]


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
