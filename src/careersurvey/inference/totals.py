"""Respondents reduced to totals by stratum, cluster and group, on whatever engine holds them.

One piece of code serves a pandas, polars or PyArrow frame, a DuckDB relation and a PySpark frame:
narwhals writes the query, the engine runs it, and what comes back has a row for each combination
of the keys. Weights and their products are rounded to whole numbers of a unit so small that their
total just fits into the 53 bits of a float. Floating-point sums depend on the order in which an
engine's threads finish; sums of whole numbers are exact in any order, so that a second run gives
the same bytes.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce as fold
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np

from careersurvey.errors import DesignError

_BITS = 52  # sums stay below 2**53 whatever the rounding


class Product(NamedTuple):
    """What is summed: the weight to a power, times numbers of the respondent."""

    power: int = 0
    numbers: tuple[str, ...] = ()


class Column(NamedTuple):
    """A sum of a product over the respondents for whom a condition holds.

    Columns with the same `pack` exclude one another, are missing for the same respondents and
    cover all others: their counts can travel in one number, and where nobody is missing the last
    of their sums is what the others leave of everyone's.
    """

    product: Product
    where: nw.Expr
    pack: str = ""


@dataclass(frozen=True)
class Source:
    """Respondents, how their weight is called, and the unit that each product is counted in.

    Attributes
    ----------
    frame : narwhals.LazyFrame
    weight : str or None
        None where every respondent counts once.
    rows : int
        How many respondents there are.
    units : mapping from Product to int
        Binary exponents: a product is summed in units of 2 to the minus this. One that is not
        there is a plain count.
    complete : frozenset of str
        Packs whose variable is null for nobody.
    """

    frame: nw.LazyFrame
    weight: str | None
    rows: int
    units: Mapping[Product, int]
    complete: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reduced:
    """Totals by combination of keys, in the sorted order of the keys.

    Attributes
    ----------
    codes : mapping from str to ndarray of int, (rows,)
        For each key, the position of the row's label; -1 where it is missing.
    labels : mapping from str to ndarray of str
        For each key, its labels, sorted.
    sums : mapping from str to ndarray of float, (rows,)
    """

    codes: Mapping[str, np.ndarray]
    labels: Mapping[str, np.ndarray]
    sums: Mapping[str, np.ndarray]


def opened(frame: Any) -> nw.LazyFrame:
    """Put a frame of any engine behind the one interface, lazily.

    Parameters
    ----------
    frame : DataFrame, relation or lazy frame of any engine that narwhals knows
        One in pandas or PyArrow is read by DuckDB where it lies.

    Returns
    -------
    narwhals.LazyFrame
    """
    known = nw.from_native(frame)
    if isinstance(known, nw.LazyFrame):
        return known
    return known.lazy() if known.implementation.is_polars() else known.lazy("duckdb")


def columns_in_memory(frame: Any, names: Sequence[str]) -> dict[str, list]:
    """Read columns of a small table of any engine as lists, ``None`` where a value is missing.

    Parameters
    ----------
    frame : as `opened`
    names : sequence of str

    Returns
    -------
    dict
    """
    known = nw.from_native(frame)
    if isinstance(known, nw.LazyFrame):
        known = known.select(*names).collect("pyarrow")
    return {name: known.get_column(name).to_arrow().to_pylist() for name in names}


def counted_in(
    frame: nw.LazyFrame,
    weight: str | None,
    products: Sequence[Product],
    packs: Mapping[str, str] | None = None,
) -> Source:
    """Look through the weights once, and settle the unit that each product is summed in.

    Parameters
    ----------
    frame : narwhals.LazyFrame
    weight : str or None
        Column of weights.
    products : sequence of Product
        Everything that will be summed.
    packs : mapping from pack to column, optional
        The variable of each pack.

    Returns
    -------
    Source

    Raises
    ------
    DesignError
        A weight that is missing, not finite, zero or negative.
    """
    wanted = sorted({_plain(product, weight) for product in products} - {Product()})
    sizes = {f"size_{i}": _value(weight, one).abs().sum() for i, one in enumerate(wanted)}
    faults = {} if weight is None else _weight_faults(weight)
    packs = packs or {}
    there = {f"there_{i}": nw.col(name).count() for i, name in enumerate(packs.values())}
    found = _single_row(frame.select(nw.len().alias("rows"), **faults, **sizes, **there))
    rows = int(found["rows"])
    if any(found[name] for name in faults):
        raise _bad_weights(frame, weight, found)
    units = {one: _exponent(found[f"size_{i}"]) for i, one in enumerate(wanted)}
    complete = [pack for i, pack in enumerate(packs) if found[f"there_{i}"] == rows]
    return Source(frame, weight, rows, units, frozenset(complete))


def reduce(
    source: Source,
    keys: Sequence[str],
    columns: Mapping[str, Column],
    extremes: Sequence[str] = (),
) -> Reduced:
    """Sum the columns by every combination of the keys.

    One pass over the respondents, and a second where a question that everyone answered in the
    data turns out to hold codes that are no answers.

    Parameters
    ----------
    source : Source
    keys : sequence of str
        Columns to group by; none gives a single row.
    columns : mapping from str to Column
        Sums that are wanted. A column ``rows`` with the number of respondents is added.
    extremes : sequence of str, optional
        Columns of which the least and greatest value are wanted too, as ``name:low`` and
        ``name:high``, and the number of missing ones as ``name:missing``.

    Returns
    -------
    Reduced
    """
    distinct = _distinct(source, columns)
    asked = {name: columns[name] for name in dict.fromkeys(distinct.values())}
    spared = _spared(source, asked)
    first = {name: column for name, column in asked.items() if name not in spared}
    first |= {_everyone(asked[name]): Column(asked[name].product, nw.lit(True)) for name in spared}
    found = _one_pass(source, keys, first, extremes)
    sums = dict(found.sums)
    short = {name: asked[name] for name, pack in spared.items() if not _covered(sums, pack)}
    if short:
        sums |= {
            name: part
            for name, part in _one_pass(source, keys, short).sums.items()
            if name in short
        }
    for name in spared.keys() - short.keys():
        others = [part for part in spared[name].weighted if part != name]
        sums[name] = sums[_everyone(asked[name])] - fold(operator.add, (sums[o] for o in others))
    sums |= {name: sums[same] for name, same in distinct.items()}
    return Reduced(found.codes, found.labels, sums)


class _Pack(NamedTuple):
    """Names of the columns of one pack: its counts, and its sums of one product."""

    counts: tuple[str, ...]
    weighted: tuple[str, ...]


def _distinct(source: Source, columns: Mapping[str, Column]) -> dict[str, str]:
    """For each column, the first that is the same: without weights, sums of them are counts."""
    first: dict[tuple[Product, int], str] = {}
    return {
        name: first.setdefault((_plain(one.product, source.weight), id(one.where)), name)
        for name, one in columns.items()
    }


def _spared(source: Source, columns: Mapping[str, Column]) -> dict[str, _Pack]:
    """Sums that follow from the others of their pack if nobody is missing: the last of each."""
    packs: dict[tuple[str, Product], list[str]] = {}
    for name, column in columns.items():
        if column.pack in source.complete:
            packs.setdefault((column.pack, _plain(column.product, source.weight)), []).append(name)
    found = {}
    for (pack, product), names in packs.items():
        counts = packs.get((pack, Product()), [])
        if product != Product() and len(counts) == len(names) > 1:
            found[names[-1]] = _Pack(tuple(counts), tuple(names))
    return found


def _everyone(column: Column) -> str:
    return f"everyone:{column.product.power}"


def _covered(sums: Mapping[str, np.ndarray], pack: _Pack) -> bool:
    counted = fold(operator.add, (sums[name] for name in pack.counts))
    return bool((counted == sums["rows"]).all())


def _one_pass(
    source: Source,
    keys: Sequence[str],
    columns: Mapping[str, Column],
    extremes: Sequence[str] = (),
) -> Reduced:
    units, sums = _weighted_sums(source, columns)
    packs = _packs(source, columns)
    asked = [*sums, *_packed_counts(columns, packs, source), *_extremes(extremes)]
    named = {f"key_{i}": nw.col(key).cast(nw.String) for i, key in enumerate(keys)}
    frame = source.frame.with_columns(**units, **named) if units or named else source.frame
    asked.append(nw.len().alias("rows"))
    result = frame.group_by(*named).agg(*asked) if keys else frame.select(*asked)
    table = result.collect("pyarrow").to_native()
    return _sorted(table, keys, columns, source, packs)


def each_row(
    source: Source,
    keys: Sequence[str],
    columns: Mapping[str, Column],
    plain: Sequence[str] = (),
) -> Reduced:
    """Read what `reduce` would sum, respondent by respondent and without weights.

    Parameters
    ----------
    source : Source
    keys : sequence of str
    columns : mapping from str to Column
    plain : sequence of str, optional
        Columns of numbers that are read as they are; missing ones are ``NaN``.

    Returns
    -------
    Reduced
        In the order of the respondents.
    """
    values = {
        name: nw.when(column.where)
        .then(_row_value(column.product))
        .otherwise(nw.lit(0.0))
        .cast(nw.Float64)
        for name, column in columns.items()
    }
    values |= {name: nw.col(name).cast(nw.Float64) for name in plain}
    named = {f"key_{i}": nw.col(key).cast(nw.String) for i, key in enumerate(keys)}
    names = {f"value_{i}": value for i, value in enumerate(values.values())}
    table = source.frame.select(**named, **names).collect("pyarrow").to_native()
    coded = {key: _coded(table.column(f"key_{i}")) for i, key in enumerate(keys)}
    sums = {name: table.column(f"value_{i}").to_numpy() for i, name in enumerate(values)}
    sums["rows"] = np.ones(table.num_rows)
    return Reduced(
        {key: code for key, (code, _) in coded.items()},
        {key: labels for key, (_, labels) in coded.items()},
        sums,
    )


def _row_value(product: Product) -> nw.Expr:
    return _value(None, product) if product.numbers else nw.lit(1.0)


def _value(weight: str | None, product: Product) -> nw.Expr:
    factors = [nw.col(weight)] * product.power if weight else []
    factors += [nw.col(name).cast(nw.Float64) for name in product.numbers]
    value = fold(operator.mul, factors)
    if not product.numbers:
        return value
    return nw.when(value.is_finite()).then(value).otherwise(nw.lit(0.0))


def _plain(product: Product, weight: str | None) -> Product:
    return product if weight else Product(0, product.numbers)


def _exponent(size: float | None) -> int:
    return _BITS - math.ceil(math.log2(size)) if size else 0


def _weighted_sums(
    source: Source, columns: Mapping[str, Column]
) -> tuple[dict[str, nw.Expr], list[nw.Expr]]:
    """Return the columns of whole numbers of a unit, and the sums over them."""
    weighted = {name: one for name, one in columns.items() if not _is_count(one, source)}
    needed = sorted({_plain(column.product, source.weight) for column in weighted.values()})
    units = {
        f"unit_{i}": (_value(source.weight, one) * 2.0 ** source.units[one]).round()
        for i, one in enumerate(needed)
    }
    sums = []
    for name, column in weighted.items():
        unit = nw.col(f"unit_{needed.index(_plain(column.product, source.weight))}")
        if source.frame.implementation.is_polars():
            part = nw.when(column.where).then(unit).otherwise(nw.lit(0.0))
        else:  # engines that write SQL multiply faster than they branch
            part = unit * column.where.cast(nw.Float64)
        sums.append(part.sum().alias(name))
    return units, sums


def _is_count(column: Column, source: Source) -> bool:
    return _plain(column.product, source.weight) == Product()


def _packs(source: Source, columns: Mapping[str, Column]) -> list[list[str]]:
    """Counts that travel in one number: as many as fit beside one another into 52 bits."""
    room = max(_BITS // _width(source), 1)
    packs: dict[str, list[str]] = {}
    for name, column in columns.items():
        if _is_count(column, source):
            alone = not column.pack or source.frame.implementation.is_polars()
            packs.setdefault(name if alone else column.pack, []).append(name)
    return [names[i : i + room] for names in packs.values() for i in range(0, len(names), room)]


def _width(source: Source) -> int:
    return max(source.rows.bit_length(), 1)


def _packed_counts(
    columns: Mapping[str, Column], packs: Sequence[Sequence[str]], source: Source
) -> list[nw.Expr]:
    sums = []
    for number, names in enumerate(packs):
        parts = [columns[name].where for name in names]
        if not source.frame.implementation.is_polars():
            parts = [
                part.cast(nw.Float64) * 2.0 ** (i * _width(source)) for i, part in enumerate(parts)
            ]
        sums.append(fold(operator.add, parts).sum().alias(f"pack_{number}"))
    return sums


def _extremes(names: Sequence[str]) -> list[nw.Expr]:
    return [
        part
        for name in names
        for part in (
            nw.col(name).min().alias(f"{name}:low"),
            nw.col(name).max().alias(f"{name}:high"),
            nw.col(name).is_null().cast(nw.Int64).sum().alias(f"{name}:missing"),
        )
    ]


def _sorted(
    table: Any,
    keys: Sequence[str],
    columns: Mapping[str, Column],
    source: Source,
    packs: Sequence[Sequence[str]],
) -> Reduced:
    codes, labels = {}, {}
    for i, key in enumerate(keys):
        codes[key], labels[key] = _coded(table.column(f"key_{i}"))
    order = np.lexsort([codes[key] for key in reversed(keys)]) if keys else slice(None)
    sums = {
        name: np.nan_to_num(table.column(name).cast("float64", safe=False).to_numpy())[order]
        for name in table.column_names
        if name.partition("_")[0] != "key"
    }
    for number, names in enumerate(packs):
        packed = sums.pop(f"pack_{number}")
        for i, name in enumerate(names):
            above = np.floor(packed * 2.0 ** -((i + 1) * _width(source)))
            below = np.floor(packed * 2.0 ** -(i * _width(source)))
            sums[name] = below - above * 2.0 ** _width(source)
    for name, column in columns.items():
        unit = source.units.get(_plain(column.product, source.weight), 0)
        sums[name] = sums[name] * 2.0**-unit
    return Reduced({key: code[order] for key, code in codes.items()}, labels, sums)


def _coded(column: Any) -> tuple[np.ndarray, np.ndarray]:
    """Codes of a column's labels in their sorted order, and the labels."""
    encoded = column.combine_chunks().dictionary_encode()
    names = np.asarray(encoded.dictionary.to_pylist(), dtype=object).astype(str)
    position = np.asarray(encoded.indices.fill_null(-1))
    order = np.argsort(names, kind="stable")
    rank = np.empty(len(order) + 1, dtype=int)
    rank[order], rank[-1] = np.arange(len(order)), -1
    return rank[position], names[order]


def _single_row(frame: nw.LazyFrame) -> dict[str, Any]:
    return frame.collect("pyarrow").to_native().to_pylist()[0]


_FAULTS = {
    "missing": lambda weight: weight.is_null(),
    "not finite": lambda weight: ~weight.is_finite(),
    "zero": lambda weight: weight == 0,
    "negative": lambda weight: weight.is_finite() & (weight < 0),
}


def _weight_faults(name: str) -> dict[str, nw.Expr]:
    return {kind: test(nw.col(name)).cast(nw.Int64).sum() for kind, test in _FAULTS.items()}


def rows_where(frame: nw.LazyFrame, condition: nw.Expr) -> str:
    """Name the first five rows for which a condition holds.

    Parameters
    ----------
    frame : narwhals.LazyFrame
        Its column ``row__`` numbers the rows, where it has one.
    condition : narwhals.Expr

    Returns
    -------
    str
        Such as ``rows 3, 6, 8``; rows are counted from 1 where they are not numbered.
    """
    number = [nw.col("row__")] if "row__" in frame.collect_schema().names() else []
    chosen = frame.select(condition.cast(nw.Int64).alias("chosen"), *number)
    table = chosen.collect("pyarrow").to_native()
    at = np.flatnonzero(np.asarray(table.column("chosen").fill_null(0)))
    named = table.column("row__").to_numpy()[at] if number else at + 1
    shown = ", ".join(str(one) for one in named[:5]) + (", ..." if len(at) > 5 else "")
    return f"rows {shown}"


def _bad_weights(frame: nw.LazyFrame, name: str, found: Mapping[str, Any]) -> DesignError:
    kinds = {kind: int(found[kind]) for kind in _FAULTS}
    weight = nw.col(name)
    bad = weight.is_null() | ~weight.is_finite() | (weight <= 0)
    return DesignError(
        f"{sum(kinds.values()):,} of {int(found['rows']):,} weights in {name} are not positive "
        "numbers.",
        found=", ".join(f"{count:,} {kind}" for kind, count in kinds.items() if count),
        expected="a positive weight for every respondent",
        where=f"column {name}, {rows_where(frame, bad)}",
        do="correct the weights, or leave respondents without one out of the table",
    )
