"""How sums over respondents are written as a query, and read back: products, packs and units."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce as fold
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import pyarrow.compute as pc

BITS = 52  # sums stay below 2**53 whatever the rounding


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


class Pack(NamedTuple):
    """Names of the columns of one pack: its counts, and its sums of one product."""

    counts: tuple[str, ...]
    weighted: tuple[str, ...]


def distinct_columns(source: Source, columns: Mapping[str, Column]) -> dict[str, str]:
    """For each column, the first that is the same: without weights, sums of them are counts."""
    first: dict[tuple[Product, int], str] = {}
    return {
        name: first.setdefault((plain_of(one.product, source.weight), id(one.where)), name)
        for name, one in columns.items()
    }


def spared_columns(source: Source, columns: Mapping[str, Column]) -> dict[str, Pack]:
    """Sums that follow from the others of their pack if nobody is missing: the last of each."""
    packs: dict[tuple[str, Product], list[str]] = {}
    for name, column in columns.items():
        if column.pack in source.complete:
            packs.setdefault((column.pack, plain_of(column.product, source.weight)), []).append(
                name
            )
    found = {}
    for (pack, product), names in packs.items():
        counts = packs.get((pack, Product()), [])
        if product != Product() and len(counts) == len(names) > 1:
            found[names[-1]] = Pack(tuple(counts), tuple(names))
    return found


def everyone_of(column: Column) -> str:
    """Name the sum over everyone that a column follows from."""
    return f"everyone:{column.product.power}"


def is_covered(sums: Mapping[str, np.ndarray], pack: Pack) -> bool:
    """Whether the counts of a pack add to everyone, in every row."""
    counted = fold(operator.add, (sums[name] for name in pack.counts))
    return bool((counted == sums["rows"]).all())


def text_of(name: str, kind: nw.dtypes.DType) -> nw.Expr:
    """Write a column as the text that codes are compared with: 1 and 1.0 are both ``1``.

    Parameters
    ----------
    name : str
    kind : narwhals.dtypes.DType
        Of the column. A cast of what is text already would cost a copy of it.

    Returns
    -------
    narwhals.Expr
        Null where the column is null or not a number.
    """
    column = nw.col(name)
    if kind == nw.String:
        return column
    text = column.cast(nw.String)
    if kind.is_float():
        text = nw.when(~column.is_nan()).then(text)
    return text.str.replace_all(r"\.0+$", "") if kind.is_float() or kind == nw.Decimal else text


def value_of(weight: str | None, product: Product) -> nw.Expr:
    """Write the product of a respondent, 0 where a number is missing or not finite."""
    factors = [nw.col(weight)] * product.power if weight else []
    factors += [nw.col(name).cast(nw.Float64) for name in product.numbers]
    value = fold(operator.mul, factors)
    if not product.numbers:
        return value
    return nw.when(value.is_finite()).then(value).otherwise(nw.lit(0.0))


def plain_of(product: Product, weight: str | None) -> Product:
    """Return a product as it is summed: without weights, their powers are 1."""
    return product if weight else Product(0, product.numbers)


def units_of(source: Source, columns: Mapping[str, Column]) -> dict[Product, tuple[str, nw.Expr]]:
    """Name each product that is summed, in whole numbers of its unit, as a column."""
    plain = {plain_of(one.product, source.weight) for one in columns.values()} - {Product()}
    return {
        one: (f"unit_{i}", (value_of(source.weight, one) * 2.0 ** source.units[one] + 0.5).floor())
        for i, one in enumerate(sorted(plain))
    }


def conditions_of(
    source: Source, columns: Mapping[str, Column]
) -> tuple[dict[str, nw.Expr], dict[str, str]]:
    """Name each condition once: as truth in polars, as 0 and 1 in engines that write SQL.

    Returns
    -------
    conditions : dict of str to narwhals.Expr
    named : dict of str to str
        The condition of each column.
    """
    names: dict[int, str] = {}
    conditions: dict[str, nw.Expr] = {}
    named = {}
    for column, one in columns.items():
        name = names.setdefault(id(one.where), f"where_{len(names)}")
        polars = source.frame.implementation.is_polars()
        conditions[name] = one.where if polars else one.where.cast(nw.Float64)
        named[column] = name
    return conditions, named


def parts_of(
    source: Source,
    columns: Mapping[str, Column],
    packs: Sequence[Sequence[str]],
    units: Mapping[Product, tuple[str, nw.Expr]],
    named: Mapping[str, str],
) -> dict[str, nw.Expr]:
    """Write what each respondent adds to each sum.

    Parameters
    ----------
    source : Source
    columns : mapping from str to Column
    packs : sequence of sequence of str
        Counts that travel as the digits of one number, ``pack_0`` and so on.
    units, named
        As `units_of` and `conditions_of` name them.

    Returns
    -------
    dict of str to narwhals.Expr
    """
    polars = source.frame.implementation.is_polars()
    where = {column: nw.col(name) for column, name in named.items()}
    parts = {}
    for name, column in columns.items():
        if not _is_count(column, source):
            unit = nw.col(units[plain_of(column.product, source.weight)][0])
            # Engines that write SQL multiply faster than they branch.
            parts[name] = (
                nw.when(where[name]).then(unit).otherwise(nw.lit(0.0))
                if polars
                else unit * where[name]
            )
    for number, names in enumerate(packs):
        first, *others = (where[name] for name in names)
        above = [part * 2.0 ** (i * _width(source)) for i, part in enumerate(others, start=1)]
        parts[f"pack_{number}"] = fold(operator.add, above, first)
    return parts


def _is_count(column: Column, source: Source) -> bool:
    return plain_of(column.product, source.weight) == Product()


def packs_of(source: Source, columns: Mapping[str, Column]) -> list[list[str]]:
    """Counts that travel in one number: as many as fit beside one another into 52 bits."""
    room = max(BITS // _width(source), 1)
    packs: dict[str, list[str]] = {}
    for name, column in columns.items():
        if _is_count(column, source):
            alone = not column.pack or source.frame.implementation.is_polars()
            packs.setdefault(name if alone else column.pack, []).append(name)
    return [names[i : i + room] for names in packs.values() for i in range(0, len(names), room)]


def _width(source: Source) -> int:
    return max(source.rows.bit_length(), 1)


def extremes_of(names: Sequence[str]) -> dict[str, nw.Expr]:
    """Write the least and greatest value of columns, and how many are missing."""
    ends = {}
    for name in names:
        column = nw.col(name)
        ends[f"{name}:low"], ends[f"{name}:high"] = column.min(), column.max()
        ends[f"{name}:missing"] = column.is_null().cast(nw.Int64).sum()
    return ends


def sorted_totals(
    table: Any,
    keys: Sequence[str],
    columns: Mapping[str, Column],
    source: Source,
    packs: Sequence[Sequence[str]],
) -> Reduced:
    """Read the sums back: digits apart, units out, rows in the order of their keys."""
    codes, labels = {}, {}
    for i, key in enumerate(keys):
        codes[key], labels[key] = coded(table.column(f"key_{i}"))
    order = np.lexsort([codes[key] for key in reversed(keys)]) if keys else slice(None)
    values = {
        name: _floats(table.column(name))[order]
        for name in table.column_names
        if name.partition("_")[0] != "key"
    }
    for number, names in enumerate(packs):
        values |= _unpacked(values.pop(f"pack_{number}"), names, _width(source))
    return Reduced(
        {key: code[order] for key, code in codes.items()},
        labels,
        {name: _in_units(name, found, columns, source) for name, found in values.items()},
    )


def _floats(column: Any) -> np.ndarray:
    values = column.cast("float64", safe=False)
    return np.nan_to_num(values.to_numpy()) if values.null_count else values.to_numpy()


def _unpacked(packed: np.ndarray, names: Sequence[str], width: int) -> dict[str, np.ndarray]:
    """Read the counts that travel in one number, the first in its lowest digits."""
    found, left = {}, packed
    for name in names[:-1]:
        above = np.floor(left * 2.0**-width)
        found[name], left = left - above * 2.0**width, above
    return {**found, names[-1]: left}


def _in_units(
    name: str, values: np.ndarray, columns: Mapping[str, Column], source: Source
) -> np.ndarray:
    unit = columns[name].product if name in columns else Product()
    exponent = source.units.get(plain_of(unit, source.weight), 0)
    return values * 2.0**-exponent if exponent else values


def coded(column: Any) -> tuple[np.ndarray, np.ndarray]:
    """Codes of a column's labels in their sorted order, and the labels."""
    encoded = column.combine_chunks().dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    names = encoded.dictionary.take(order).to_numpy(zero_copy_only=False)
    position = np.asarray(encoded.indices.fill_null(-1))
    rank = np.empty(len(order) + 1, dtype=int)
    rank[order], rank[-1] = np.arange(len(order)), -1
    return rank[position], names.astype(str)
