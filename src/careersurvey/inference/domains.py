"""Groups that respondents are broken down by: by their answers, or by what else is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

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
    known : pandas.Series of str
        The other table's values, by identifier.
    """

    identifier: str
    known: pd.Series


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
    return _key_values(reduced, name, linked)[reduced.codes[key_of(name, linked)]]


def _key_values(reduced: Reduced, name: str, linked: Mapping[str, Link]) -> np.ndarray:
    """Value of a variable for each label of its key, and last of all for a missing one."""
    labels = reduced.labels[key_of(name, linked)].astype(object)
    if name in linked:
        labels = linked[name].known.reindex(labels, fill_value="").to_numpy()
    return np.append(labels, "")


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
        places = pd.Index(values, dtype=object).get_indexer(labels)
        own = places[reduced.codes[key_of(name, linked)]]
        code = np.where((code < 0) | (own < 0), -1, code * max(len(values), 1) + own)
        groups.append(values)
    if not (reduced.sums["rows"][code >= 0] > 0).any():
        raise _nobody(by, reduced, groups, cohort)
    return Domain(by, tuple(" & ".join(parts) for parts in product(*groups)), code)


def _values(
    name: str, labels: Sequence[str], codebook: Mapping[str, Mapping[str, str]]
) -> tuple[str, ...]:
    row = codebook.get(name, {})
    declared = tuple(part.strip() for part in row.get("values", "").split(";") if part.strip())
    if declared and row.get("type", "category") == "category":
        return declared
    other = {"", "no_answer", *(part.strip() for part in row.get("missing", "").split(";"))}
    return tuple(sorted(set(labels) - other))


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
    table: str, identifier: str, name: str, columns: Mapping[str, np.ndarray], cohort: str
) -> Link:
    there = pd.notna(columns[identifier]) & pd.notna(columns[name])
    values = pd.Series(columns[name][there], index=columns[identifier][there], dtype=object)
    if not values.index.is_unique:
        values = _only(values, table, name, identifier, cohort)
    return Link(identifier, values)


def _only(values: pd.Series, table: str, name: str, identifier: str, cohort: str) -> pd.Series:
    """Keep one of the rows that say the same of an identifier."""
    pairs = values.reset_index().drop_duplicates()
    twice = pairs["index"].duplicated()
    if twice.any():
        key = pairs["index"][twice].iloc[0]
        raise QuestionError(
            f"{cohort}: {identifier} {key} of {table} has more than one {name}.",
            found=", ".join(values[key].unique()[:2]),
            expected="one row for each identifier",
            where=f"table {table}",
        )
    return pairs.set_index("index")[0]
