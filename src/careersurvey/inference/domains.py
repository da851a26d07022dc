"""Groups that respondents are broken down by: by their answers, or by what else is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.errors import QuestionError
from careersurvey.inference.questions import nearest
from careersurvey.inference.totals import Reduced, text_columns

ALL = "all"


@dataclass(frozen=True)
class Link:
    """A variable of another table, by the identifier that both tables have.

    Attributes
    ----------
    identifier : str
    known, values : pyarrow.Array of str
        Identifiers, each once, and the other table's value for each.
    """

    identifier: str
    known: pa.Array
    values: pa.Array


@dataclass(frozen=True)
class Domain:
    """A breakdown: its name, its groups in order, and the group of every row (-1: none)."""

    name: str
    groups: tuple[str, ...]
    code: np.ndarray


def links(
    wanted: Sequence[str],
    columns: Sequence[str],
    lookups: Mapping[str, tuple[str, Any]],
    cohort: str,
) -> dict[str, Link]:
    """Find the variables that the table itself does not have in the tables that it is linked to.

    Parameters
    ----------
    wanted : sequence of str
        Variables.
    columns : sequence of str
        Columns of the table.
    lookups : mapping of table to (identifier, frame)
    cohort : str
        For messages.

    Returns
    -------
    dict
        A `Link` for every variable that is not a column.

    Raises
    ------
    QuestionError
        A variable that is nowhere, or an identifier that occurs twice with different values.
    """
    own = set(columns)
    elsewhere = [name for name in dict.fromkeys(wanted) if name not in own]
    found: dict[str, Link] = {}
    for table, (identifier, frame) in lookups.items():
        there = nw.from_native(frame).collect_schema().names()
        here = [name for name in elsewhere if name in there and name not in found]
        if here and identifier in own and identifier in there:
            values = text_columns(frame, [identifier, *here])
            found |= {name: _link(table, identifier, name, values, cohort) for name in here}
    lost = [name for name in elsewhere if name not in found]
    if lost:
        raise QuestionError(
            f"{cohort}: {len(lost)} variables to break down or filter by are not there.",
            found=", ".join(lost),
            expected=nearest(lost, [*columns, *linked_names(lookups, columns)]),
            where="the table and those that share an identifier with it",
        )
    return found


def linked_names(lookups: Mapping[str, tuple[str, Any]], columns: Sequence[str]) -> list[str]:
    """Variables that can be reached through an identifier of the table."""
    return [
        name
        for identifier, frame in lookups.values()
        if identifier in columns
        for name in nw.from_native(frame).collect_schema().names()
    ]


def key_of(name: str, linked: Mapping[str, Link]) -> str:
    """Return the column of the table that a variable's groups follow from."""
    return linked[name].identifier if name in linked else name


def row_labels(reduced: Reduced, name: str, linked: Mapping[str, Link]) -> np.ndarray:
    """Value of a variable in every reduced row; an empty text where it is missing."""
    values = _key_values(reduced, name, linked).fill_null("").to_numpy(zero_copy_only=False)
    return np.append(values, "")[reduced.codes[key_of(name, linked)]]


def _key_values(reduced: Reduced, name: str, linked: Mapping[str, Link]) -> pa.Array:
    """Value of a variable for each label of its key, null where it is not known."""
    labels = pa.array(reduced.labels[key_of(name, linked)], "string")
    if name not in linked:
        return labels
    link = linked[name]
    return link.values.take(pc.index_in(labels, value_set=link.known))


def whole(rows: int) -> Domain:
    """Everyone, as a breakdown into one group."""
    return Domain(ALL, (ALL,), np.zeros(rows, dtype=int))


def break_down(
    by: str,
    reduced: Reduced,
    linked: Mapping[str, Link],
    codebook: Mapping[str, Mapping[str, str]],
    cohort: str,
) -> Domain:
    """Number the groups of a variable, or of variables crossed as ``a*b``.

    Groups are the codebook's values, in its order; where it has none, the values that occur. A
    declared missing code is no group.

    Raises
    ------
    QuestionError
        A breakdown in which no respondent has a group.
    """
    code, groups = np.zeros(len(reduced.sums["rows"]), dtype=int), []
    for name in by.split("*"):
        labels = _key_values(reduced, name, linked)
        values = _values(name, labels, codebook)
        places = pc.index_in(labels, value_set=pa.array(values, "string")).fill_null(-1)
        own = np.append(places, -1)[reduced.codes[key_of(name, linked)]]
        code = np.where((code < 0) | (own < 0), -1, code * max(len(values), 1) + own)
        groups.append(values)
    if not (reduced.sums["rows"][code >= 0] > 0).any():
        raise _nobody(by, reduced, groups, cohort)
    return Domain(by, tuple(" & ".join(parts) for parts in product(*groups)), code)


def _values(
    name: str, labels: pa.Array, codebook: Mapping[str, Mapping[str, str]]
) -> tuple[str, ...]:
    row = codebook.get(name, {})
    declared = tuple(part.strip() for part in row.get("values", "").split(";") if part.strip())
    if declared and row.get("type", "category") == "category":
        return declared
    other = {None, "", "no_answer", *(part.strip() for part in row.get("missing", "").split(";"))}
    return tuple(sorted(set(labels.to_pylist()) - other))


def _nobody(
    by: str, reduced: Reduced, groups: Sequence[Sequence[str]], cohort: str
) -> QuestionError:
    expected = "; ".join(", ".join(values[:6]) or "any value" for values in groups)
    return QuestionError(
        f"{cohort}: none of {int(reduced.sums['rows'].sum()):,} respondents has a group of {by}.",
        expected=expected,
        do="check the variable's values against codebook.csv, and that identifiers match",
    )


def _link(
    table: str, identifier: str, name: str, columns: Mapping[str, pa.Array], cohort: str
) -> Link:
    known, values = columns[identifier], columns[name]
    there = pc.and_(known.is_valid(), values.is_valid())
    known, values = known.filter(there), values.filter(there)
    if len(known.unique()) < len(known):
        known, values = _only(table, identifier, name, (known, values), cohort)
    return Link(identifier, known, values)


def _only(
    table: str, identifier: str, name: str, columns: tuple[pa.Array, pa.Array], cohort: str
) -> tuple[pa.Array, pa.Array]:
    """Keep one of the rows that say the same of an identifier."""
    pairs = list(zip(*(column.to_pylist() for column in columns), strict=True))
    rows = dict(pairs)
    for key, value in pairs:
        if rows[key] != value:
            raise QuestionError(
                f"{cohort}: {identifier} {key} of {table} has more than one {name}.",
                found=f"{value}, {rows[key]}",
                expected="one row for each identifier",
                where=f"table {table}",
            )
    return pa.array(rows, "string"), pa.array(rows.values(), "string")
