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
from dataclasses import replace
from functools import reduce as fold
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa

from careersurvey.errors import DesignError
from careersurvey.inference.totals_columns import (
    BITS,
    Column,
    Product,
    Reduced,
    Source,
    coded,
    conditions_of,
    distinct_columns,
    everyone_of,
    extremes_of,
    is_covered,
    packs_of,
    parts_of,
    plain_of,
    sorted_totals,
    spared_columns,
    text_of,
    units_of,
    value_of,
)

_ENDS = ("low", "high", "missing")


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


def text_columns(frame: Any, names: Sequence[str]) -> dict[str, pa.Array]:
    """Read columns of a small table of any engine as text, null where a value is missing.

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
    return {name: known.get_column(name).to_arrow().cast("string") for name in names}


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
    wanted = sorted({plain_of(product, weight) for product in products} - {Product()})
    sizes = {f"size_{i}": value_of(weight, one).abs().sum() for i, one in enumerate(wanted)}
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
    distinct = distinct_columns(source, columns)
    asked = {name: columns[name] for name in dict.fromkeys(distinct.values())}
    spared = spared_columns(source, asked)
    first = {name: column for name, column in asked.items() if name not in spared}
    first |= {
        everyone_of(asked[name]): Column(asked[name].product, nw.lit(True)) for name in spared
    }
    found = _one_pass(source, keys, first, extremes)
    sums = dict(found.sums)
    short = {name: asked[name] for name, pack in spared.items() if not is_covered(sums, pack)}
    if short:
        sums |= {
            name: part
            for name, part in _one_pass(source, keys, short).sums.items()
            if name in short
        }
    for name in spared.keys() - short.keys():
        others = [part for part in spared[name].weighted if part != name]
        sums[name] = sums[everyone_of(asked[name])] - fold(operator.add, (sums[o] for o in others))
    sums |= {name: sums[same] for name, same in distinct.items()}
    return Reduced(found.codes, found.labels, sums)


def _one_pass(
    source: Source,
    keys: Sequence[str],
    columns: Mapping[str, Column],
    extremes: Sequence[str] = (),
) -> Reduced:
    packs, named = packs_of(source, columns), _as_text(source.frame, keys)
    units, (conditions, chosen) = units_of(source, columns), conditions_of(source, columns)
    # Columns of the table go under names of our own, so that none is taken for another.
    ends = {f"end_{i}": name for i, name in enumerate(extremes)}
    asked = {short: nw.col(name) for short, name in ends.items()}
    rows = source.frame.select(**named, **asked, **dict(units.values()), **conditions)
    parts = parts_of(source, columns, packs, units, chosen)
    if source.frame.implementation.is_polars():
        # It sums what stands in a column faster than what it computes group by group.
        rows = rows.select(*named, *ends, **parts)
        parts = {name: nw.col(name) for name in parts}
    sums = {name: part.sum() for name, part in parts.items()} | extremes_of(list(ends))
    sums["rows"] = nw.len()
    sums = [total.alias(name) for name, total in sums.items()]
    result = rows.group_by(*named).agg(*sums) if keys else rows.select(*sums)
    table = result.collect("pyarrow").to_native()
    found = sorted_totals(table, keys, columns, source, packs)
    back = {f"{short}:{end}": f"{name}:{end}" for short, name in ends.items() for end in _ENDS}
    return replace(found, sums={back.get(name, name): one for name, one in found.sums.items()})


def _as_text(frame: nw.LazyFrame, keys: Sequence[str]) -> dict[str, nw.Expr]:
    schema = frame.collect_schema()
    return {f"key_{i}": text_of(key, schema[key]) for i, key in enumerate(keys)}


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
    named = _as_text(source.frame, keys)
    names = {f"value_{i}": value for i, value in enumerate(values.values())}
    table = source.frame.select(**named, **names).collect("pyarrow").to_native()
    found = {key: coded(table.column(f"key_{i}")) for i, key in enumerate(keys)}
    sums = {name: table.column(f"value_{i}").to_numpy() for i, name in enumerate(values)}
    sums["rows"] = np.ones(table.num_rows)
    return Reduced(
        {key: code for key, (code, _) in found.items()},
        {key: labels for key, (_, labels) in found.items()},
        sums,
    )


def _row_value(product: Product) -> nw.Expr:
    return value_of(None, product) if product.numbers else nw.lit(1.0)


def _exponent(size: float | None) -> int:
    return BITS - math.ceil(math.log2(size)) if size else 0


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
