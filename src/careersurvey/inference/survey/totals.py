"""Respondents reduced to totals by stratum, cluster and group, on whatever engine holds them.

One piece of code serves a pandas, polars or PyArrow frame, a DuckDB relation and a PySpark frame:
narwhals writes the query, the engine runs it, and what comes back has a row for each combination of
the keys. Weights are summed as whole numbers of a unit so small that their total just fits into the
53 bits of a float, what is left of each in a second such number where the weights are uneven.
Floating-point sums depend on the order in which an engine's threads finish; sums of whole numbers
are exact in any order, so that a second run gives the same bytes. Numbers are read respondent by
respondent, in an order of their own, since their scores need a second look at each.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import pyarrow.compute as pc

from careersurvey.errors import DesignError, QuestionError
from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.tables import Indicator, Variable
from careersurvey.inference.survey.design import (
    Design,
    Keys,
    Plan,
    lay_out,
    plan_of,
    replicate_columns,
)
from careersurvey.inference.survey.domains import (
    ALL,
    Domain,
    Link,
    Lookup,
    break_down,
    everyone,
    key_of,
    linked_names,
    links,
    row_labels,
)
from careersurvey.inference.survey.questions import (
    Question,
    Schema,
    ask,
    base_of,
    cells_of,
    covers,
    opened,
    rows_where,
    text_of,
)
from careersurvey.inference.survey.weighting import Moved, move, weighting_variables

_BITS = 52  # sums of whole numbers stay below 2**53
_KEPT = 26  # bits that the least weight keeps
_MANY = 40  # cells of one question beyond which its answers are a key of their own


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


@dataclass(frozen=True)
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


class _Weights(NamedTuple):
    """What one look at the weights tells: their column, rows, size and unevenness."""

    column: str
    rows: int
    some_zero: bool
    exponent: int
    size: float
    least: float
    greatest: float

    @property
    def value(self) -> nw.Expr:
        """The weight over its power of two, in floats of full width."""
        wide = nw.col(self.column).cast(nw.Float64)
        return wide * 2.0 ** -(self.exponent // 2) * 2.0 ** -(self.exponent - self.exponent // 2)


class _Sums(NamedTuple):
    """Cells by row: counts, weights, and weights and their squares above the row's least."""

    keys: Keys
    sizes: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]
    count: np.ndarray
    weight: np.ndarray
    above: np.ndarray
    square: np.ndarray


@dataclass(frozen=True)
class _Source:
    """A table of answers, opened and held against its design: what each pass reads."""

    frame: nw.LazyFrame
    schema: Schema
    plan: Plan
    settings: DesignSettings
    weights: _Weights | None
    linked: Mapping[str, Link]
    variables: Mapping[str, Variable]
    cohort: str

    def keys_of(self, by: Iterable[str]) -> list[str]:
        """Columns of the design, and those that the groups of breakdowns follow from."""
        names = [name for one in by if one != ALL for name in one.split("*")]
        names += weighting_variables(self.settings)[0]
        return list(dict.fromkeys([*self.plan.keys, *(key_of(n, self.linked) for n in names)]))

    @property
    def one_by_one(self) -> bool:
        """Whether respondents are read one by one: by weights of their own, or moved by numbers."""
        settings, numbers = self.settings, weighting_variables(self.settings)[1]
        units = self.plan.respondents and settings.calibrate is not None
        return bool(settings.replicate_weights or settings.trim or numbers or units)

    @property
    def moves(self) -> list[nw.Expr]:
        """Everybody, where weights are moved, as the one condition more that is summed."""
        settings, first = self.settings, nw.col(next(iter(self.schema)))
        anything = settings.calibrate or settings.response or settings.trim
        # A literal cannot be summed on every engine; of a column, one of these always holds.
        return [first.is_null() | ~first.is_null()] if anything else []

    @property
    def numbers(self) -> list[nw.Expr]:
        """Numbers that weights are moved by."""
        return [nw.col(name).cast(nw.Float64) for name in weighting_variables(self.settings)[1]]


def read_totals(
    frame: Any,
    indicators: Sequence[Indicator],
    variables: Mapping[str, Variable],
    settings: DesignSettings,
    by: Sequence[str] = (),
    lookups: Mapping[str, Lookup] | None = None,
    cohort: str = "cohort",
) -> list[Totals]:
    """Reduce a table of answers to what its indicators need.

    Parameters
    ----------
    frame : pandas, polars, PyArrow or PySpark frame, or DuckDB relation
        One column a variable: text for categories, null where a question was never asked.
    indicators : sequence of Indicator
        Those that this table answers.
    variables : mapping of str to Variable
        Of the codebook.
    settings : DesignSettings
        ``[tables.NAME.design]`` of ``cohort.toml``.
    by : sequence of str
        Variables to break down by, ``a*b`` for a crossing, beside everyone.
    lookups : mapping of table to (identifier, frame), optional
        Tables that share an identifier with this one, for variables that are theirs.
    cohort : str
        Its id, for messages.

    Returns
    -------
    list of Totals
        Shares side by side, in as many as there are passes over the respondents; then each number.

    Raises
    ------
    DesignError
        Weights, strata, clusters or populations that describe no sample.
    QuestionError
        A variable that is not there, text where a number is measured, or a table or a breakdown
        without respondents.
    """
    lazy, lookups = opened(frame), lookups or {}
    schema = lazy.collect_schema()
    questions = ask(indicators, variables, lazy, linked_names(lookups, list(schema)), cohort)
    wanted = [name for one in by for name in one.split("*")]
    wanted += [name for one in questions for name, _ in one.indicator.among.terms]
    wanted += weighting_variables(settings)[0]
    linked = links(wanted, list(schema), lookups, cohort)
    plan = plan_of(settings, lazy, cohort)
    weights = _look(lazy, settings.weight, cohort)
    source = _Source(lazy, schema, plan, settings, weights, linked, variables, cohort)
    shares = tuple(one for one in questions if one.is_share)
    found = []
    if shares:
        passes = [(ALL, *by)] if source.one_by_one else _passes(source, by)
        found = [_shares(source, shares, names) for names in passes]
    numbers = [one for one in questions if not one.is_share]
    return found + [_number(source, one, (ALL, *by)) for one in numbers]


def _passes(source: _Source, by: Sequence[str]) -> list[tuple[str, ...]]:
    """Breakdowns that one pass serves: all that follow from the design's keys, and each other."""
    passes: dict[tuple[str, ...], list[str]] = {}
    for one in (ALL, *by):
        own = [key for key in source.keys_of([one]) if key not in source.plan.keys]
        passes.setdefault(tuple(own), []).append(one)
    return [tuple(names) for names in passes.values()]


_ENDS = ("size", "least", "greatest")
_FAULTS = {
    "missing": lambda weight: weight.is_null(),
    "not finite": lambda weight: ~weight.is_finite(),
    "negative": lambda weight: weight.is_finite() & (weight < 0),
}


def _look(frame: nw.LazyFrame, column: str, cohort: str) -> _Weights | None:
    """Look through the weights once: weights of 0 are kept, and count in nobody's base."""
    wide = nw.col(column).cast(nw.Float64) if column else nw.lit(1.0)
    ends = {"rows": nw.len()}
    if column:
        ends |= {kind: test(wide).cast(nw.Int64).sum() for kind, test in _FAULTS.items()}
        ends |= {"zero": (wide == 0).cast(nw.Int64).sum(), "greatest": wide.max()}
        ends |= {"size": wide.sum(), "least": nw.when(wide > 0).then(wide).min()}
    found = frame.select(**ends).collect("pyarrow").to_native().to_pylist()[0]
    if not found["rows"]:
        raise QuestionError(
            f"{cohort}: there are no respondents to estimate from.",
            expected="a row for each respondent",
            do="look at the file, or at what was filtered before",
        )
    if not column:
        return None
    if any(found[kind] for kind in _FAULTS) or not 0 < found["size"] < math.inf:
        raise _bad_weights(frame, column, found, cohort)
    exponent = math.frexp(found["greatest"])[1]
    size, least, most = (math.ldexp(found[name], -exponent) for name in _ENDS)
    return _Weights(column, found["rows"], found["zero"] > 0, exponent, size, least, most)


def _bad_weights(
    frame: nw.LazyFrame, column: str, found: Mapping[str, Any], cohort: str
) -> DesignError:
    kinds = {kind: int(found[kind]) for kind in _FAULTS if found[kind]}
    weight = nw.col(column).cast(nw.Float64)
    bad = weight.is_null() | ~weight.is_finite() | (weight < 0)
    nothing = "zeros alone" if not found["greatest"] else "weights beyond what a float can add"
    return DesignError(
        f"{cohort}: {sum(kinds.values()) or found['rows']:,} of {found['rows']:,} weights in "
        f"{column} weigh nothing that can be told.",
        found=", ".join(f"{count:,} {kind}" for kind, count in kinds.items()) or nothing,
        expected="a weight of 0 or more for every respondent, and some above",
        where=f"column {column}" + (f", {rows_where(frame, bad)}" if kinds else ""),
        do="correct the weights, or leave respondents without one out of the table",
    )


def _shares(source: _Source, questions: tuple[Question, ...], names: Sequence[str]) -> Totals:
    filters = [name for one in questions for name, _ in one.indicator.among.terms]
    keys = source.keys_of([*names, *(name for name in filters if name in source.linked)])
    cells = [*(cells_of(one, source.schema) for one in questions), source.moves]
    numbers: list[np.ndarray] = []
    if source.one_by_one:
        conditions = [part for one in cells for part in one]
        sums, multiples, *numbers = _each(source, keys, conditions, source.numbers)
        wide = [slice(end - len(one), end) for one, end in zip(cells, _ends(cells), strict=True)]
        parts = [_Sums(*sums[:2], *(one[:, place] for one in sums[2:])) for place in wide]
    else:
        parts, multiples = _grouped(source, keys, questions, cells), None
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


def _number(source: _Source, question: Question, names: Sequence[str]) -> Totals:
    filters = [name for name, _ in question.indicator.among.terms if name in source.linked]
    keys = source.keys_of([*names, *filters])
    numbers = [nw.col(name).cast(nw.Float64) for name in question.variables] + source.numbers
    conditions = [base_of(question, source.schema), *source.moves]
    sums, multiples, *columns = _each(source, keys, conditions, numbers)
    design, leaf, implied = _designed(source, sums)
    own, everybody = (
        _Sums(*sums[:2], *(one[:, place] for one in sums[2:]))
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


def _designed(source: _Source, sums: _Sums) -> tuple[Design, np.ndarray, np.ndarray]:
    given = (source.settings, source.frame, source.cohort)
    return lay_out(source.plan, sums.keys, sums.sizes, *given)


def _move(
    source: _Source,
    parts: list[_Sums],
    everybody: _Sums,
    numbers: Sequence[np.ndarray],
    implied: np.ndarray,
) -> tuple[list[_Sums], np.ndarray, Moved | None]:
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


def _domain(source: _Source, name: str, keys: Keys) -> Domain:
    if name == ALL:
        return everyone(len(keys.respondents))
    return break_down(name, keys, source.linked, source.variables, source.cohort)


def _passed(source: _Source, question: Question, keys: Keys) -> np.ndarray | None:
    """Which rows pass the part of a filter that is over other tables, if there is one."""
    passed = [
        np.isin(row_labels(keys, name, source.linked), values)
        for name, values in question.indicator.among.terms
        if name in source.linked
    ]
    return np.logical_and.reduce(passed) if passed else None


def _cells(
    question: Question, sums: _Sums, implied: np.ndarray | None, passed: np.ndarray | None
) -> tuple[Cell, Cell]:
    """Who chose each category, and who of the base did not."""

    def split(parts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts = parts if passed is None else parts * passed[:, None]
        if question.measure == "multiple":
            return parts[:, ::2], parts[:, 1::2]
        before = np.cumsum(parts, axis=1) - 0.0
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


def _ends(cells: Sequence[Sequence[Any]]) -> list[int]:
    return np.cumsum([len(one) for one in cells]).tolist()


def _each(
    source: _Source,
    keys: Sequence[str],
    conditions: Sequence[nw.Expr],
    numbers: Sequence[nw.Expr] = (),
) -> tuple[Any, ...]:
    """Read respondents one by one, in an order that does not depend on that of the table.

    Returns
    -------
    sums : _Sums
        A row a respondent.
    multiples : ndarray of float, (respondents, replicates), or None
    *numbers : ndarray of float, (respondents,)
    """
    weights, names = source.weights, replicate_columns(source.settings, source.schema)
    columns = {f"where_{i}": one.cast(nw.Float64) for i, one in enumerate(conditions)}
    columns |= {f"number_{i}": one for i, one in enumerate(numbers)}
    if weights:
        columns["weight"] = weights.value
    columns |= {f"size_{name}": nw.col(name).cast(nw.Float64) for name in source.plan.sizes}
    columns |= {f"replicate_{i}": nw.col(n).cast(nw.Float64) for i, n in enumerate(names)}
    labels = {f"key_{i}": text_of(key, source.schema) for i, key in enumerate(keys)}
    table = source.frame.select(**labels, **columns, rows__=nw.lit(1.0))
    table = table.collect("pyarrow").to_native()
    codes, known = {}, {}
    for i, key in enumerate(keys):
        codes[key], known[key] = _coded(table.column(f"key_{i}"))
    found = {name: table.column(name).to_numpy() for name in columns}
    order = np.lexsort([*found.values(), *(codes[key] for key in reversed(keys))])
    found = {name: one[order] for name, one in found.items()}
    rows = np.ones(len(order))
    read = Keys({key: one[order] for key, one in codes.items()}, known, rows)
    weight = found["weight"] if weights else rows
    count = np.column_stack([np.nan_to_num(found[f"where_{i}"]) for i in range(len(conditions))])
    count *= (weight > 0)[:, None]
    sizes = {}
    for name in source.plan.sizes:
        size = found[f"size_{name}"]
        sizes[name] = (size, size, np.isnan(size).astype(float))
    zeros = np.zeros_like(count)
    sums = _Sums(read, sizes, count, count * weight[:, None], zeros, zeros)
    given = [found[f"replicate_{i}"] for i in range(len(names))]
    multiples = _multiples(source, given, names, weight) if names else None
    return sums, multiples, *(found[f"number_{i}"] for i in range(len(numbers)))


def _multiples(
    source: _Source, given: Sequence[np.ndarray], names: Sequence[str], weight: np.ndarray
) -> np.ndarray:
    """Replicate weights over the weight of the full sample."""
    weights = np.column_stack(given)
    bad = ~np.isfinite(weights)
    if bad.any():
        columns = [name for name, one in zip(names, bad.any(axis=0), strict=True) if one]
        raise DesignError(
            f"{source.cohort}: {int(bad.sum()):,} of {weights.size:,} replicate weights are "
            "missing or not finite.",
            found=", ".join(columns[:5]) + (", ..." if len(columns) > 5 else ""),
            where=f"{int(bad.any(axis=1).sum()):,} rows of the answers",
            do="complete the replicate weights",
        )
    scaled = np.ldexp(weights, -source.weights.exponent)
    return np.divide(scaled, weight[:, None], out=np.zeros_like(scaled), where=weight[:, None] > 0)


def _grouped(
    source: _Source,
    keys: Sequence[str],
    questions: Sequence[Question],
    cells: Sequence[Sequence[nw.Expr]],
) -> list[_Sums]:
    """Sum the cells of every question by the keys; questions of many cells by their answer too."""
    few = [one if len(one) <= _MANY else [] for one in cells]
    sums = _sum(source, source.frame, keys, [part for one in few for part in one])
    parts = [
        _Sums(*sums[:2], *(one[:, end - len(part) : end] for one in sums[2:]))
        for part, end in zip(few, _ends(few), strict=True)
    ]
    for number, (question, part) in enumerate(zip(questions, few, strict=False)):
        if not part:
            parts[number] = _sum_by_answer(source, sums, question, keys)
    return parts


def _sum_by_answer(source: _Source, rows: _Sums, question: Question, keys: Sequence[str]) -> _Sums:
    """Sum a question of many categories with its answer as a key, laid side by side after."""
    if question.measure == "multiple":
        parts = cells_of(question, source.schema)
        steps = [parts[i : i + _MANY] for i in range(0, len(parts), _MANY)]
        found = [_sum(source, source.frame, keys, step) for step in steps]
        return _Sums(*rows[:2], *(np.hstack(one) for one in list(zip(*found, strict=True))[2:]))
    base, answer = base_of(question, source.schema), question.variables[0]
    by_answer = list(dict.fromkeys([*keys, answer]))
    found = _sum(source, source.frame, by_answer, [base])
    row = np.zeros(len(found.count), dtype=int)
    own = np.zeros(len(rows.count), dtype=int)
    for key in keys:
        width = len(rows.keys.labels[key]) + 1
        row = row * width + found.keys.codes[key] + 1
        own = own * width + rows.keys.codes[key] + 1
    row = np.searchsorted(own, row)
    cells = len(question.categories) + (not covers(question))
    place = {name: i for i, name in enumerate(question.categories)}
    column = np.array(
        [place.get(name, cells - 1) for name in found.keys.labels[answer]] + [cells - 1]
    )
    column = column[found.keys.codes[answer]]
    wide = np.zeros((4, len(rows.count), cells))
    for target, part in zip(wide, found[2:], strict=True):
        np.add.at(target, (row, column), part[:, 0])
    return _Sums(*rows[:2], *wide)


def _sum(
    source: _Source, frame: nw.LazyFrame, keys: Sequence[str], conditions: Sequence[nw.Expr]
) -> _Sums:
    """Sum counts and weights of everybody for whom a condition holds, by combination of keys."""
    weights, polars = source.weights, frame.implementation.is_polars()
    labels = {f"key_{i}": text_of(key, source.schema) for i, key in enumerate(keys)}
    ends = {f"size_{i}": nw.col(n).cast(nw.Float64) for i, n in enumerate(source.plan.sizes)}
    if weights and weights.some_zero:
        conditions = [one & (weights.value > 0) for one in conditions]
    marks = {f"where_{i}": one for i, one in enumerate(conditions)}
    if not polars:
        marks = {name: one.cast(nw.Float64) for name, one in marks.items()}
    # A weight, or a column of the table: a selection of nothing has no rows.
    weight = weights.value if weights else nw.col(source.schema.names()[0]).is_null()
    rows = frame.select(**labels, **ends, **marks, weight=weight)
    digits = {}
    if weights:
        rows, digits = _in_digits(rows, list(labels), weights, source.plan.respondents)
    parts = {}
    for i in range(len(conditions)):
        mark = nw.col(f"where_{i}")
        parts[f"count_{i}"] = mark
        for name in digits:
            unit = nw.col(name)
            # Engines that write SQL multiply faster than they branch.
            chosen = nw.when(mark).then(unit).otherwise(nw.lit(0.0)) if polars else unit * mark
            parts[f"{name}_{i}"] = chosen
    kept = [*labels, *ends, *(["least"] if "least" in rows.collect_schema() else [])]
    if polars:
        # It sums what stands in a column faster than what it computes group by group.
        rows, parts = rows.select(*kept, **parts), {name: nw.col(name) for name in parts}
    sums = [part.sum().alias(name) for name, part in parts.items()] + [nw.len().alias("rows")]
    sums += [nw.col("least").min().alias("lowest")] if "least" in kept else []
    for name in ends:
        column = nw.col(name)
        sums += [column.min().alias(f"{name}_low"), column.max().alias(f"{name}_high")]
        sums += [column.is_null().cast(nw.Int64).sum().alias(f"{name}_missing")]
    result = rows.group_by(*labels).agg(*sums) if labels else rows.select(*sums)
    return _read_back(source, keys, result.collect("pyarrow").to_native(), digits, len(conditions))


def _in_digits(
    rows: nw.LazyFrame, keys: Sequence[str], weights: _Weights, squares: bool
) -> tuple[nw.LazyFrame, dict[str, float]]:
    """Write weights as digits, whole numbers of shrinking units; squares above the row's least.

    Returns
    -------
    rows : narwhals.LazyFrame
        With a column a digit: of the weight (or what it has above the least of its row) and of
        its square.
    units : dict of str to float
        The unit of each digit; the names of squares begin with ``square``.
    """
    weight, found = nw.col("weight"), {}
    wanted = [("above", weight, weights.size, weights.least, 1)]
    if squares:
        one = [] if keys else [nw.lit(1).alias("everyone")]
        least = weight.min().over(*(keys or ["everyone"])).alias("least")
        rows = rows.with_columns(*one).with_columns(least) if one else rows.with_columns(least)
        above = weight - nw.col("least")
        size = weights.size * weights.greatest
        wanted = [
            ("above", above, weights.size, weights.least, 2),
            ("square", above * above, size, weights.least**2, 2),
        ]
    columns, width = {}, _BITS - max(weights.rows.bit_length(), 1)
    for name, value, size, least_value, fewest in wanted:
        power = _BITS - math.ceil(math.log2(size))
        digit, left = 0, value * 2.0**power
        while digit < fewest or (least_value and least_value * 2.0**power < 2.0**_KEPT):
            whole = (left + 0.5).floor()
            columns[f"{name}_{digit}"], found[f"{name}_{digit}"] = whole, 2.0**-power
            left, power, digit = (left - whole) * 2.0**width, power + width, digit + 1
    return rows.with_columns(**columns), found


def _read_back(
    source: _Source, keys: Sequence[str], table: Any, digits: Mapping[str, float], cells: int
) -> _Sums:
    """Read sums back: digits put together, rows in the order of their keys."""
    codes, labels = {}, {}
    for i, key in enumerate(keys):
        codes[key], labels[key] = _coded(table.column(f"key_{i}"))
    order = np.lexsort([codes[key] for key in reversed(keys)]) if keys else slice(None)

    def column(name: str) -> np.ndarray:
        values = table.column(name).cast("float64", safe=False)
        return np.nan_to_num(values.to_numpy())[order]

    rows = column("rows")
    shape = (len(rows), cells)

    def wide(name: str) -> np.ndarray:
        out = np.empty(shape)
        for i in range(cells):
            out[:, i] = column(f"{name}_{i}")
        return out

    def total(kind: str) -> np.ndarray:
        out = np.zeros(shape)
        for name in reversed([one for one in digits if one.startswith(kind)]):
            out += wide(name) * digits[name]
        return out

    count = wide("count")
    weight, square = (total("above"), total("square")) if digits else (count, np.zeros(shape))
    above = weight if "lowest" in table.column_names else np.zeros(shape)
    if "lowest" in table.column_names:
        weight = count * column("lowest")[:, None] + above
    sizes = {
        name: tuple(column(f"size_{i}_{end}") for end in ("low", "high", "missing"))
        for i, name in enumerate(source.plan.sizes)
    }
    read = Keys({key: code[order] for key, code in codes.items()}, labels, rows)
    return _Sums(read, sizes, count, weight, above, square)


def _coded(column: Any) -> tuple[np.ndarray, np.ndarray]:
    """Codes of a column's labels in their sorted order, and the labels."""
    encoded = column.combine_chunks().dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    names = encoded.dictionary.take(order).to_numpy(zero_copy_only=False)
    position = np.asarray(encoded.indices.fill_null(-1))
    rank = np.empty(len(order) + 1, dtype=int)
    rank[order], rank[-1] = np.arange(len(order)), -1
    return rank[position], names.astype(str)
