"""Counts and weights of respondents, summed by any keys on whatever engine holds them.

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
from functools import cached_property
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import pyarrow.compute as pc

from careersurvey.errors import DesignError, QuestionError
from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.tables import Variable
from careersurvey.inference.survey.design import (
    Keys,
    Plan,
    numbered,
    replicate_columns,
)
from careersurvey.inference.survey.domains import (
    ALL,
    Link,
    key_of,
)
from careersurvey.inference.survey.questions import (
    Question,
    Schema,
    base_of,
    cells_of,
    covers,
    rows_where,
    text_of,
)
from careersurvey.inference.survey.weighting import weighting_variables

_BITS = 52  # sums of whole numbers stay below 2**53
_KEPT = 26  # bits that the least weight keeps
_MIXER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying by it loses no bit
_PACK = 2.0**26  # more respondents than this are not counted two cells to a number
_MANY = 40  # cells of one question beyond which its answers are a key of their own


#: Of each column of populations its least and greatest by row, and how many lack it.
Sizes = dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]


class Weights(NamedTuple):
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


class Sums(NamedTuple):
    """Cells by row: counts, weights, and weights and their squares above the row's least."""

    keys: Keys
    sizes: Sizes
    people: np.ndarray
    weight: np.ndarray
    above: np.ndarray | None = None
    square: np.ndarray | None = None

    def columns(self, start: int, end: int) -> Sums:
        """The same of some cells."""
        parts = (None if one is None else one[:, start:end] for one in self[2:])
        return Sums(*self[:2], *parts)


class Each(NamedTuple):
    """Respondents one by one, by row: who is inside each condition, numbers, replicate weights."""

    keys: Keys
    sizes: Sizes
    row: np.ndarray
    weight: np.ndarray
    exponent: int
    inside: list[np.ndarray]
    numbers: tuple[np.ndarray, ...]
    replicates: np.ndarray | None

    def sums(self, inside: Sequence[np.ndarray]) -> Sums:
        """Those inside conditions, as cells."""
        rows = len(self.keys.respondents)
        if rows == len(self.row):
            count = np.column_stack(inside).astype(float)
            return Sums(self.keys, self.sizes, count, count * self.weight[:, None])
        count = np.column_stack([np.bincount(self.row, one, rows) for one in inside])
        weight = [np.bincount(self.row, one * self.weight, rows) for one in inside]
        return Sums(self.keys, self.sizes, count, np.column_stack(weight))


@dataclass(frozen=True)
class Source:
    """A table of answers, opened and held against its design: what each pass reads."""

    frame: nw.LazyFrame
    schema: Schema
    plan: Plan
    settings: DesignSettings
    linked: Mapping[str, Link]
    variables: Mapping[str, Variable]
    cohort: str

    @cached_property
    def weights(self) -> Weights | None:
        """What one look at the weights tells; None where there are none."""
        return look_at_weights(self.frame, self.settings.weight, self.cohort)

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


_ENDS = ("size", "least", "greatest")
_FAULTS = {
    "missing": lambda weight: weight.is_null(),
    "not finite": lambda weight: ~weight.is_finite(),
    "negative": lambda weight: weight.is_finite() & (weight < 0),
}


def look_at_weights(frame: nw.LazyFrame, column: str, cohort: str) -> Weights | None:
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
    if any(found[kind] for kind in _FAULTS) or not 0 < found["size"] < 1e300:
        raise _bad_weights(frame, column, found, cohort)
    exponent = math.frexp(found["greatest"])[1]
    size, least, most = (math.ldexp(found[name], -exponent) for name in _ENDS)
    return Weights(column, found["rows"], found["zero"] > 0, exponent, size, least, most)


def sum_by_keys(
    source: Source,
    keys: Sequence[str],
    questions: Sequence[Question],
    cells: Sequence[Sequence[nw.Expr]],
) -> list[Sums]:
    """Sum the cells of every question by the keys; questions of many cells by their answer too."""
    few = [one if len(one) <= _MANY else [] for one in cells]
    sums = _sum_sparing(source, keys, questions, few)
    ends = zip(few, ends_of(few), strict=True)
    parts = [sums.columns(end - len(part), end) for part, end in ends]
    for number, (question, part) in enumerate(zip(questions, few, strict=False)):
        if not part:
            parts[number] = _sum_by_answer(source, sums, question, keys)
    return parts


def read_each(
    source: Source,
    keys: Sequence[str],
    conditions: Sequence[nw.Expr],
    numbers: Sequence[nw.Expr] = (),
) -> Each:
    """Read respondents one by one, in an order that does not depend on that of the table.

    Those who share all keys share a row, unless the source wants a row for each.
    """
    names = replicate_columns(source.settings, source.schema)
    columns = {f"where_{i}": one for i, one in enumerate(conditions)}
    columns |= {f"number_{i}": one for i, one in enumerate(numbers)}
    columns |= {"weight": nw.col(source.settings.weight)} if source.settings.weight else {}
    columns |= {f"size_{name}": nw.col(name) for name in source.plan.sizes}
    columns |= {f"replicate_{i}": nw.col(name) for i, name in enumerate(names)}
    columns = {name: one.cast(nw.Float64) for name, one in columns.items()}
    labels = {f"key_{i}": text_of(key, source.schema) for i, key in enumerate(keys)}
    table = source.frame.select(**labels, **columns).collect("pyarrow").to_native()
    codes, known, leaf = {}, {}, np.zeros(table.num_rows, dtype=int)
    for i, key in enumerate(keys):
        codes[key], known[key] = _coded(table.column(f"key_{i}"))
        leaf = numbered(leaf * (len(known[key]) + 1) + codes[key] + 1)[0]
    found = {name: table.column(name).to_numpy() for name in columns}
    order = _order(leaf, list(found.values()))
    found = {name: one[order] for name, one in found.items()}
    weight, exponent = _scaled(source, found.get("weight", np.ones(len(order))))
    inside = [(found[f"where_{i}"] == 1) & (weight > 0) for i in range(len(conditions))]
    row = np.arange(len(order)) if source.one_by_one else leaf[order]
    first = np.searchsorted(row, np.arange(int(row[-1]) + 1))
    people = np.diff(first, append=len(row)).astype(float)
    read = Keys({key: code[order[first]] for key, code in codes.items()}, known, people)
    sizes: Sizes = {}
    for name in source.plan.sizes:
        size = found[f"size_{name}"]
        low, high = (end.reduceat(size, first) for end in (np.fmin, np.fmax))
        sizes[name] = low, high, np.add.reduceat(np.isnan(size).astype(float), first)
    given = [found[f"replicate_{i}"] for i in range(len(names))]
    multiples = _multiples(source, np.column_stack(given), weight, exponent) if names else None
    values = tuple(found[f"number_{i}"] for i in range(len(numbers)))
    return Each(read, sizes, row, weight, exponent, inside, values, multiples)


def _scaled(source: Source, weight: np.ndarray) -> tuple[np.ndarray, int]:
    """Weights over a power of two, and its exponent; such as are none are refused."""
    if not len(weight) or not (np.isfinite(weight) & (weight >= 0)).all() or not weight.any():
        look_at_weights(source.frame, source.settings.weight, source.cohort)
    exponent = int(np.frexp(weight.max())[1]) if source.settings.weight else 0
    return (np.ldexp(weight, -exponent) if exponent else weight), exponent


def _order(leaf: np.ndarray, columns: Sequence[np.ndarray]) -> np.ndarray:
    """Order of rows that follows from what stands in them: by leaf, then by their bits, mixed."""
    mixed = np.zeros(len(leaf), dtype=np.uint64)
    for column in columns:
        mixed ^= np.ascontiguousarray(column, dtype=float).view(np.uint64)
        mixed *= _MIXER
        mixed ^= mixed >> np.uint64(32)
    bits = int(leaf.max()).bit_length()
    if bits:
        mixed >>= np.uint64(bits)
        mixed |= leaf.astype(np.uint64) << np.uint64(64 - bits)
    return np.argsort(mixed)


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


def _multiples(
    source: Source, weights: np.ndarray, weight: np.ndarray, exponent: int
) -> np.ndarray:
    """Replicate weights over the weight of the full sample."""
    bad = ~np.isfinite(weights)
    if bad.any():
        names = replicate_columns(source.settings, source.schema)
        columns = [name for name, one in zip(names, bad.any(axis=0), strict=True) if one]
        raise DesignError(
            f"{source.cohort}: {int(bad.sum()):,} of {weights.size:,} replicate weights are "
            "missing or not finite.",
            found=", ".join(columns[:5]) + (", ..." if len(columns) > 5 else ""),
            where=f"{int(bad.any(axis=1).sum()):,} rows of the answers",
            do="complete the replicate weights",
        )
    scaled = np.ldexp(weights, -exponent)
    return np.divide(scaled, weight[:, None], out=np.zeros_like(scaled), where=weight[:, None] > 0)


def _sum_by_answer(source: Source, rows: Sums, question: Question, keys: Sequence[str]) -> Sums:
    """Sum a question of many categories with its answer as a key, laid side by side after."""
    if question.measure == "multiple":
        each = cells_of(question, source.schema)
        steps = [each[i : i + _MANY] for i in range(0, len(each), _MANY)]
        parts = zip(*(_sum(source, source.frame, keys, step)[2:] for step in steps), strict=True)
        return Sums(*rows[:2], *(None if one[0] is None else np.hstack(one) for one in parts))
    base, answer = base_of(question, source.schema), question.variables[0]
    by_answer = list(dict.fromkeys([*keys, answer]))
    found = _sum(source, source.frame, by_answer, [base])
    row = np.zeros(len(found.people), dtype=int)
    own = np.zeros(len(rows.people), dtype=int)
    for key in keys:
        width = len(rows.keys.labels[key]) + 1
        row = row * width + found.keys.codes[key] + 1
        own = own * width + rows.keys.codes[key] + 1
    row = np.searchsorted(own, row)
    cells = len(question.categories) + (not covers(question))
    cell = {name: i for i, name in enumerate(question.categories)}
    column = [cell.get(name, cells - 1) for name in (*found.keys.labels[answer], None)]
    place = row * cells + np.array(column)[found.keys.codes[answer]]
    size = len(own) * cells
    wide = [
        None if one is None else np.bincount(place, one[:, 0], size).reshape(len(own), cells)
        for one in found[2:]
    ]
    return Sums(*rows[:2], *wide)


def _sum_sparing(
    source: Source,
    keys: Sequence[str],
    questions: Sequence[Question],
    cells: Sequence[Sequence[nw.Expr]],
) -> Sums:
    """Sum cells, the weights of a question's last as what the others leave of everyone's."""
    every = [part for one in cells for part in one]
    spared = {
        end - 1: list(range(end - len(one), end - 1))
        for question, one, end in zip(questions, cells, ends_of(cells), strict=False)
        if source.weights and one and covers(question)
    }
    sums = _sum(source, source.frame, keys, every, spared)
    short = [
        last
        for last, others in spared.items()
        if (sums.people[:, [*others, last]].sum(axis=1) != sums.keys.respondents).any()
    ]
    if short:
        again = _sum(source, source.frame, keys, [every[one] for one in short])
        for part, own in zip(sums[3:], again[3:], strict=True):
            if part is not None:
                part[:, short] = own
    return sums


def _sum(
    source: Source,
    frame: nw.LazyFrame,
    keys: Sequence[str],
    conditions: Sequence[nw.Expr],
    spared: Mapping[int, Sequence[int]] | None = None,
) -> Sums:
    """Sum counts and weights of everybody for whom a condition holds, by combination of keys."""
    weights, polars = source.weights, frame.implementation.is_polars()
    labels = {f"key_{i}": text_of(key, source.schema) for i, key in enumerate(keys)}
    ends = {f"size_{i}": nw.col(n).cast(nw.Float64) for i, n in enumerate(source.plan.sizes)}
    if weights and weights.some_zero:
        conditions = [one & (weights.value > 0) for one in conditions]
    marks = {f"where_{i}": one for i, one in enumerate(conditions)}
    if not polars:
        marks = {name: one.cast(nw.Float64).fill_null(0.0) for name, one in marks.items()}
    # A weight, or a column of the table: a selection of nothing has no rows.
    weight = weights.value if weights else nw.col(next(iter(source.schema))).is_null()
    rows = frame.select(**labels, **ends, **marks, weight=weight)
    digits: dict[str, float] = {}
    if weights:
        rows, digits = _in_digits(rows, list(labels), weights, source.plan.respondents)
    packed = weights is not None and not polars and weights.rows < _PACK
    parts = {}
    for i in range(len(conditions)):
        mark = nw.col(f"where_{i}")
        if not packed:
            parts[f"count_{i}"] = mark
        elif i % 2 == 0:  # two counts as digits of one number: engines that write SQL sum it once
            after = f"where_{i + 1}"
            parts[f"count_{i}"] = mark + nw.col(after) * _PACK if after in marks else mark
        for name in () if spared and i in spared else digits:
            unit = nw.col(name)
            # Engines that write SQL multiply faster than they branch.
            chosen = nw.when(mark).then(unit).otherwise(nw.lit(0.0)) if polars else unit * mark
            parts[f"{name}_{i}"] = chosen
    parts |= {f"{name}_all": nw.col(name) for name in digits} if spared else {}
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
    table = result.collect("pyarrow").to_native()
    return _read_back(source, keys, table, digits, len(conditions), spared or {})


def _in_digits(
    rows: nw.LazyFrame, keys: Sequence[str], weights: Weights, squares: bool
) -> tuple[nw.LazyFrame, dict[str, float]]:
    """Write weights as digits, whole numbers of shrinking units; squares above the row's least."""
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
    source: Source,
    keys: Sequence[str],
    table: Any,
    digits: Mapping[str, float],
    cells: int,
    spared: Mapping[int, Sequence[int]],
) -> Sums:
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
            one = f"{name}_{i}"
            if name != "count" and i in spared:
                continue
            out[:, i] = column(one) if one in table.column_names else 0.0
        for i, others in spared.items() if name != "count" else ():
            out[:, i] = column(f"{name}_all") - out[:, others].sum(axis=1)
        return out

    def total(kind: str) -> np.ndarray:
        out = np.zeros(shape)
        for name in reversed([one for one in digits if one.startswith(kind)]):
            out += wide(name) * digits[name]
        return out

    count = wide("count")
    if cells > 1 and "count_1" not in table.column_names:
        packed = count[:, ::2].copy()
        count[:, ::2], count[:, 1::2] = packed % _PACK, (packed // _PACK)[:, : cells // 2]
    weight, above, square = (total("above") if digits else count), None, None
    if "lowest" in table.column_names:
        above, square = weight, total("square")
        weight = count * column("lowest")[:, None] + above
    sizes = {
        name: (column(f"size_{i}_low"), column(f"size_{i}_high"), column(f"size_{i}_missing"))
        for i, name in enumerate(source.plan.sizes)
    }
    read = Keys({key: code[order] for key, code in codes.items()}, labels, rows)
    return Sums(read, sizes, count, weight, above, square)


def _coded(column: Any) -> tuple[np.ndarray, np.ndarray]:
    """Codes of a column's labels in their sorted order, and the labels."""
    encoded = column.combine_chunks().dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    names = encoded.dictionary.take(order).to_numpy(zero_copy_only=False)
    position = np.asarray(encoded.indices.fill_null(-1))
    rank = np.empty(len(order) + 1, dtype=int)
    rank[order], rank[-1] = np.arange(len(order)), -1
    return rank[position], names.astype(str)


def ends_of(cells: Sequence[Sequence[Any]]) -> list[int]:
    """Where the cells of each question end, laid side by side."""
    return np.cumsum([len(one) for one in cells]).tolist()
