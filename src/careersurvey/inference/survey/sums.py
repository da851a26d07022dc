"""Counts and weights of respondents, summed by any keys on whatever engine holds them.

One piece of code serves a pandas, polars or PyArrow frame, a DuckDB relation and a PySpark frame:
narwhals writes the query, the engine runs it, and what comes back has a row for each combination of
the keys. Weights are summed as whole numbers of a unit so small that their total just fits into the
53 bits of a float, what is left of each in a second such number where the weights are uneven.
Floating-point sums depend on the order in which an engine's threads finish; sums of whole numbers
are exact in any order, so that a second run gives the same bytes. Numbers are read respondent by
respondent, since their scores need a second look at each, and summed the same way.

Sums of cells are arrays (moments, rows, cells): people, weight and, where respondents are the units
and come weighted, what weights are above the least of their row, and its square.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, pairwise, product
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.errors import DesignError, QuestionError
from careersurvey.evidence.checks.design import FAINT, GREATEST
from careersurvey.evidence.text import few
from careersurvey.inference.survey.design import (
    Rows,
    codes_of,
    crossed,
    last_of,
    require_design,
)
from careersurvey.inference.survey.domains import with_linked
from careersurvey.inference.survey.numbers import BITS
from careersurvey.inference.survey.questions import Question, Table, base_of, cells_of

_NOTHING = 2.0**-200  # beside weights of about 1
_APART = 5  # so many times more or less than the weights replicate weights do not add to
_LIGHT = 64  # a weight so many times lighter than the mean needs more digits
_NOBODY = np.empty(0)
_FEW = 4_000  # rows sooner summed than looked at; of more, so many tell most blanks
_MANY = 40  # cells of one question beyond which its answers are a key of their own


class Weights(NamedTuple):
    """What one look at the weights tells: their column, how many, their size and unevenness."""

    column: str  # empty where all weigh the same
    rows: int
    even: bool = True  # all of a row weigh the same
    some_zero: bool = False
    exponent: int = 0  # they are held over this power of two
    size: float = 0.0
    least: float = 0.0
    greatest: float = 0.0

    @property
    def value(self) -> nw.Expr:
        """The weight over its power of two, in floats of full width."""
        wide = nw.col(self.column).cast(nw.Float64)
        return wide * 2.0 ** -(self.exponent // 2) * 2.0 ** -(self.exponent - self.exponent // 2)


class Respondents(NamedTuple):
    """Rows of respondents; where these were read one by one, what each of them is."""

    rows: Rows
    exponent: int  # weights are held over this power of two
    row: np.ndarray = _NOBODY
    weight: np.ndarray = _NOBODY
    counts: np.ndarray = _NOBODY  # who is in a base: those who weigh more than 0 in the sample
    inside: Sequence[np.ndarray] = ()  # who is inside each condition
    numbers: Sequence[np.ndarray] = ()
    replicates: np.ndarray | None = None  # replicate weights over the weights


class Packing(NamedTuple):
    """How a query writes sums in few numbers of 53 bits, and how they are read back."""

    bits: int  # of a number that the count of one condition takes
    packs: list[list[int]]  # conditions whose counts share a number
    digits: dict[str, float]  # columns of weights as whole numbers, and the unit of each
    spared: dict[int, range]  # conditions not summed, and those that leave them of everybody


def look_at_weights(table: Table) -> Weights:
    """Look through the weights once: weights of 0 are kept, and count in nobody's base."""
    column, ends = table.settings.weight, {"rows": nw.len()}
    wide = nw.col(column).cast(nw.Float64) if column else nw.lit(1.0)
    if column:
        some = nw.when(wide > 0).then(wide)
        ends |= {"known": wide.count(), "size": wide.sum(), "lowest": wide.min()}
        ends |= {"least": some.min(), "greatest": wide.max()}
    found = table.frame.select(**ends).collect("pyarrow").to_native().to_pylist()[0]
    if not found["rows"]:
        raise QuestionError(
            f"{table.cohort}: there are no respondents to estimate from.",
            expected="a row for each respondent",
            do="look at the file, or at what was filtered before",
        )
    if not column:
        return Weights("", found["rows"])
    holds = found["known"] == found["rows"] and found["lowest"] >= 0
    require_design(table, holds and 0 < found["size"] < GREATEST)
    require_design(table, found["least"] >= FAINT * found["greatest"])
    exponent = math.frexp(found["greatest"])[1]
    sizes = (math.ldexp(found[name], -exponent) for name in ("size", "least", "greatest"))
    even = table.settings.of_respondents and _are_even(table, wide)
    return Weights(column, found["rows"], even, found["lowest"] == 0, exponent, *sizes)


def _are_even(table: Table, weight: nw.Expr) -> bool:
    """Whether all of a stratum weigh the same, as where each was drawn from by itself."""
    strata = {f"key_{i}": table.text(name) for i, name in enumerate(table.settings.strata)}
    rows = table.frame.select(**strata, weight=weight, everyone=nw.lit(1))
    least, greatest = nw.col("weight").min(), nw.col("weight").max()
    ends = rows.group_by(*strata, "everyone").agg(least=least, greatest=greatest)
    read = ends.collect("pyarrow").to_native()
    return read.column("least").equals(read.column("greatest"))


def sum_by_keys(
    table: Table,
    weights: Weights,
    keys: Sequence[str],
    questions: Sequence[Question],
    more: Sequence[nw.Expr] = (),
) -> tuple[Rows, list[np.ndarray]]:
    """Sum the cells of every question, and more conditions, by the keys."""
    cells = [cells_of(one, table) for one in questions]
    shares = [i for i, one in enumerate(questions) if one.measure == "share"]
    many = [i for i in shares if len(cells[i]) > _MANY]
    at_once = [[] if i in many else own for i, own in enumerate([*cells, list(more)])]
    ends = np.cumsum([0, *map(len, at_once)]).tolist()
    places = [range(*ends) for ends in pairwise(ends)]
    side_by_side = [places[i] for i in shares if i not in many]
    rows, sums = _sum(table, weights, keys, list(chain(*at_once)), side_by_side)
    parts = [sums[:, :, place.start : place.stop] for place in places]
    for i in many:
        parts[i] = _sum_by_answer(table, weights, rows, questions[i], len(cells[i]))
    return with_linked(rows, table), parts


def read_each(
    table: Table,
    keys: Sequence[str],
    conditions: Sequence[nw.Expr],
    numbers: Sequence[str] = (),
    *,
    apart: bool = False,
) -> Respondents:
    """Read respondents one by one, a row for all who share the keys; kept `apart`, a row each."""
    settings = table.settings
    names = settings.replicate_weights
    columns = {f"where_{i}": one for i, one in enumerate(conditions)}
    columns |= {f"number_{i}": nw.col(one) for i, one in enumerate(numbers)}
    columns |= {"weight": nw.col(settings.weight)} if settings.weight else {}
    columns |= {f"replicate_{i}": nw.col(name) for i, name in enumerate(names)}
    columns = {name: one.cast(nw.Float64) for name, one in columns.items()}
    labels = {f"key_{i}": table.text(key) for i, key in enumerate(keys)}
    read = table.frame.select(**labels, **columns).collect("pyarrow").to_native()
    codes, known = {}, {}
    for i, key in enumerate(keys):
        codes[key], known[key] = codes_of(read.column(f"key_{i}"))
    leaf = crossed(*codes.values()) if keys else np.zeros(read.num_rows, dtype=int)
    found = {name: read.column(name).to_numpy() for name in columns}
    row, some = leaf, last_of(leaf, np.arange(len(leaf)))
    if apart:  # in an order that follows from what stands in the rows
        by_value = [(name, "ascending") for name in ("leaf", *found)]
        row = np.arange(len(leaf))
        some = pc.sort_indices(pa.table({"leaf": leaf} | found), by_value).to_numpy()
        found = {name: one[some] for name, one in found.items()}
    weight, exponent = _scaled(table, found.get("weight", np.ones(len(leaf))))
    counts = weight > 0
    people = np.bincount(row).astype(float)
    replicates = None
    if names:
        given = np.column_stack([found[f"replicate_{i}"] for i in range(len(names))])
        weight, replicates = _multiples(table, names, given, weight, exponent)
    inside = [(found[f"where_{i}"] == 1) & (weight > 0) for i in range(len(conditions))]
    values = [found[f"number_{i}"] for i in range(len(numbers))]
    rows = Rows({key: code[some] for key, code in codes.items()}, known, people)
    return Respondents(
        with_linked(rows, table), exponent, row, weight, counts, inside, values, replicates
    )


def _scaled(table: Table, weight: np.ndarray) -> tuple[np.ndarray, int]:
    """Weights over a power of two, and its exponent; such as are none are refused."""
    if not len(weight) or not (weight.min() >= 0 and 0 < weight.max() < np.inf):
        look_at_weights(table)
    exponent = int(np.frexp(weight.max())[1]) if table.settings.weight else 0
    return (np.ldexp(weight, -exponent) if exponent else weight), exponent


def _multiples(
    table: Table, names: Sequence[str], weights: np.ndarray, weight: np.ndarray, exponent: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weights, and replicate weights over them; who weighs 0 weighs next to nothing beside them."""
    bad = ~np.isfinite(weights) | ~weights.any(axis=0)
    if bad.any():
        columns = [name for name, one in zip(names, bad.any(axis=0), strict=True) if one]
        raise DesignError(
            f"{table.cohort}: {int(bad.sum()):,} of {weights.size:,} replicate weights are "
            "missing, not finite, or 0 in every row.",
            found=few(columns),
            where=f"{int(bad.any(axis=1).sum()):,} rows of the answers",
            do="complete the replicate weights",
        )
    scaled = np.ldexp(weights, -exponent)
    part = scaled.sum(axis=0).mean() / weight.sum()
    if not 1 / _APART < part < _APART:
        raise DesignError(
            f"{table.cohort}: replicate weights do not add to about what the weights do.",
            found=f"{part:.4g} of it on average",
            do="multiply each by the weight, where they are multiples of it",
        )
    weight = np.where((weight == 0) & scaled.any(axis=1), _NOTHING, weight)
    over = np.divide(scaled.T, weight, out=np.zeros_like(scaled.T), where=weight > 0)
    return weight, over.T


def _sum_by_answer(
    table: Table, weights: Weights, rows: Rows, question: Question, cells: int
) -> np.ndarray:
    """Sum a question of many categories with its answer as a key, laid side by side after."""
    answer, keys = question.variables[0], list(rows.codes)
    by_answer = list(dict.fromkeys([*keys, answer]))
    # Whether an answer is one of many is looked up for each answer, not for each respondent.
    base = question.indicator._replace(base="all" if question.base == "all" else "asked")
    asked = base_of(replace(question, indicator=base), table)
    found, sums = _sum(table, weights, by_answer, [asked])
    # Both name every combination of the keys, in order.
    row = crossed(np.zeros(len(found.people), dtype=int), *(found.codes[key] for key in keys))
    cell = {name: i for i, name in enumerate(question.categories)}
    said = (*found.labels[answer], None)
    column = np.array([cell.get(name, cells - 1) for name in said])[found.codes[answer]]
    if question.base == "answered":
        sums = sums * np.array([name in cell for name in said])[found.codes[answer], None]
    shape = len(sums), len(rows.people), cells
    place = np.add.outer(np.arange(len(sums)) * len(rows.people), row) * cells + column
    return np.bincount(place.ravel(), sums[:, :, 0].ravel(), np.prod(shape)).reshape(shape)


def _sum(
    table: Table,
    weights: Weights,
    keys: Sequence[str],
    conditions: Sequence[nw.Expr],
    shares: Sequence[range] = (),
) -> tuple[Rows, np.ndarray]:
    """Sum counts and weights of everybody for whom a condition holds, by combination of keys."""
    polars = table.frame.implementation.is_polars()
    labels = {f"key_{i}": table.text(key) for i, key in enumerate(keys)}
    marks = _marks(conditions, weights, polars)
    rows, digits = _in_digits(table, weights, labels, marks)
    if polars:  # worked out once for two looks
        rows = rows.collect().lazy()
    spared = _spared(rows, weights, shares) if digits and weights.rows > _FEW else {}
    # Engines that write SQL sum one number faster than several: counts are its digits.
    bits = BITS if polars else weights.rows.bit_length()
    summed = [i for i in range(len(marks)) if i not in spared]
    packs = [summed[i : i + BITS // bits] for i in range(0, len(summed), BITS // bits)]
    packing = Packing(bits, packs, digits, spared)
    parts = _parts(packing, polars)
    least = ["least"] if weights.even or "square_0" in digits else []
    if polars:
        # It sums what stands in a column faster than what it computes group by group.
        rows = rows.select(*labels, *least, **parts)
        parts = {name: nw.col(name) for name in parts}
    sums = [part.sum().alias(name) for name, part in parts.items()] + [nw.len().alias("rows")]
    sums += [nw.col(name).min().alias("lowest") for name in least]
    result = rows.group_by(*labels).agg(*sums) if labels else rows.select(*sums)
    read = result.collect("pyarrow").to_native()
    return _read_back(keys, read, packing)


def _marks(conditions: Sequence[nw.Expr], weights: Weights, polars: bool) -> dict[str, nw.Expr]:
    """Columns that say for whom each condition holds: engines that write SQL sum numbers."""
    if weights.some_zero:
        conditions = [one & (weights.value > 0) for one in conditions]
    if not polars:
        conditions = [nw.when(one).then(nw.lit(1.0)).otherwise(nw.lit(0.0)) for one in conditions]
    return {f"where_{i}": one for i, one in enumerate(conditions)}


def _spared(rows: nw.LazyFrame, weights: Weights, shares: Sequence[range]) -> dict[int, range]:
    """Last cells of shares that all fall in: of everybody they are what the other cells leave."""
    for some, people in ((rows.head(_FEW), _FEW), (rows, weights.rows)):
        if names := [f"where_{i}" for cells in shares for i in cells]:
            held = some.select(nw.col(*names).sum()).collect("pyarrow").to_native().to_pylist()[0]
            shares = [one for one in shares if sum(held[f"where_{i}"] for i in one) == people]
    return {cells[-1]: cells[:-1] for cells in shares}


def _parts(packing: Packing, polars: bool) -> dict[str, nw.Expr]:
    """Counts, and digits of the weights that each condition holds for; of all, for the spared."""
    bits, packs, digits, spared = packing
    found = {name: nw.col(name) for name in digits} if spared else {}
    for first, *others in packs:
        apart = (nw.col(f"where_{i}") * 2.0 ** (bits * at) for at, i in enumerate(others, 1))
        found[f"count_{first}"] = sum(apart, nw.col(f"where_{first}"))
    for name, i in product(digits, chain(*packs)):
        unit, mark = nw.col(name), nw.col(f"where_{i}")
        # Engines that write SQL multiply faster than they branch.
        chosen = nw.when(mark).then(unit).otherwise(nw.lit(0.0)) if polars else unit * mark
        found[f"{name}_{i}"] = chosen
    return found


def _in_digits(
    table: Table, weights: Weights, labels: Mapping[str, nw.Expr], marks: Mapping[str, nw.Expr]
) -> tuple[nw.LazyFrame, dict[str, float]]:
    """Write weights as digits, whole numbers of shrinking units; squares above the row's least."""
    rows, kept, units = table.frame, {**labels, **marks}, dict[str, float]()
    if weights.even:
        least = weights.value if weights.column else table.everyone
        return rows.select(**kept, least=least), units
    wanted = [("above", weights.value, weights.size, weights.least, 1)]
    if table.settings.of_respondents:
        everyone = {} if labels else {"everyone": nw.lit(1)}
        weight = nw.col("weight")
        rows = rows.select(**kept, weight=weights.value, **everyone)
        rows = rows.with_columns(least=weight.min().over(*(labels or everyone)))
        kept = {name: nw.col(name) for name in (*kept, "least")}
        above, size = weight - nw.col("least"), weights.size * weights.greatest
        wanted = [("above", above, weights.size, weights.least, 2)]
        wanted += [("square", above * above, size, weights.least**2, 2)]
    columns, width = {}, BITS - weights.rows.bit_length()
    for name, value, size, least_value, fewest in wanted:
        power = BITS - math.ceil(math.log2(size))
        digit, left = 0, value * 2.0**power
        while digit < fewest or (least_value and least_value * 2.0**power < 4.0**width / _LIGHT):
            whole = (left + 0.5).floor()
            columns[f"{name}_{digit}"], units[f"{name}_{digit}"] = whole, 2.0**-power
            left, power, digit = (left - whole) * 2.0**width, power + width, digit + 1
    return rows.select(**kept, **columns), units


def _read_back(keys: Sequence[str], read: Any, packing: Packing) -> tuple[Rows, np.ndarray]:
    """Read sums back: digits put together, rows in the order of their keys."""
    bits, packs, digits, spared = packing
    coded = {key: codes_of(read.column(f"key_{i}")) for i, key in enumerate(keys)}
    nobody = np.zeros(read.num_rows, dtype=int)
    order = np.argsort(crossed(nobody, *(code for code, _ in coded.values())))

    def column(name: str) -> np.ndarray:
        values = read.column(name).cast("float64", safe=False)
        return np.nan_to_num(values.to_numpy())[order]

    people = column("rows")
    squares, cells = "square_0" in digits, len(spared) + sum(map(len, packs))
    sums = np.zeros((4 if squares else 2, cells, len(people)))  # a cell's sums lie together
    count, weight = sums[:2]
    for pack in packs:
        left = column(f"count_{pack[0]}").astype(int)
        for i in pack:
            left, count[i] = left >> bits, left & ((1 << bits) - 1)
    for last, others in spared.items():
        count[last] = people - sum(count[i] for i in others)
    for name, unit in reversed(digits.items()):  # the smallest digits first
        into = sums[3] if name.startswith("square") else weight
        for i in chain(*packs):
            into[i] += column(f"{name}_{i}") * unit
        for last, others in spared.items():
            into[last] += (column(name) - sum(column(f"{name}_{i}") for i in others)) * unit
    codes = {key: code[order] for key, (code, _) in coded.items()}
    rows = Rows(codes, {key: labels for key, (_, labels) in coded.items()}, people)
    if squares:
        sums[2] = weight
    if "lowest" in read.column_names:
        sums[1] += count * column("lowest")
    return rows, sums.swapaxes(1, 2)
