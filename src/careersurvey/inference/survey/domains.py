"""Groups that respondents are broken down by: by their answers, or by what else is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.errors import QuestionError
from careersurvey.evidence.tables import NO_ANSWER, Variable
from careersurvey.inference.survey.design import Keys
from careersurvey.inference.survey.questions import Question, nearest

ALL = "all"
#: A table that shares an identifier with another: the identifier, and the table itself.
Lookup = tuple[str, Any]


class Link(NamedTuple):
    """A variable of another table: the identifier of both, its labels, and the value of each."""

    identifier: str
    known: pa.Array
    values: pa.Array


@dataclass(frozen=True)
class Domain:
    """A breakdown: its name, its groups in order, and the group of every row (-1: none)."""

    name: str
    groups: tuple[str, ...]
    code: np.ndarray

    def tells(self, question: Question) -> bool:
        """Whether its groups are the answers of a question, which they then say nothing of."""
        return set(question.variables) <= set(self.name.split("*"))


def require_groups(by: Sequence[str], variables: Mapping[str, Variable], cohort: str) -> None:
    """Refuse to break down by what tells people apart rather than groups of them."""
    named = [name for one in by for name in one.split("*") if name in variables]
    free = [name for name in named if variables[name].type != "category"]
    if free:
        raise QuestionError(
            f"{cohort}: {len(free)} of {len(named)} variables to break down by have no groups.",
            found=", ".join(f"{name} ({variables[name].type})" for name in dict.fromkeys(free)),
            expected="variables of the type category",
            where="codebook.csv",
            do="make groups of it in a variable of its own, or leave it out of --by",
        )


def linked_names(lookups: Mapping[str, Lookup], columns: Sequence[str]) -> list[str]:
    """Variables that can be reached through an identifier of the table."""
    return [
        name
        for identifier, frame in lookups.values()
        if identifier in columns
        for name in nw.from_native(frame).collect_schema().names()
    ]


def links(
    wanted: Sequence[str], columns: Sequence[str], lookups: Mapping[str, Lookup], cohort: str
) -> dict[str, Link]:
    """Find the variables that a table itself does not have in the tables that it is linked to."""
    elsewhere = [name for name in dict.fromkeys(wanted) if name not in columns]
    found: dict[str, Link] = {}
    for table, (identifier, frame) in lookups.items():
        there = nw.from_native(frame).collect_schema().names()
        here = [name for name in elsewhere if name in there and name not in found]
        if here and identifier in columns and identifier in there:
            values = _text_columns(frame, [identifier, *here])
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


def key_of(name: str, linked: Mapping[str, Link]) -> str:
    """Return the column of the table that a variable's groups follow from."""
    return linked[name].identifier if name in linked else name


def labels_of(keys: Keys, name: str, linked: Mapping[str, Link]) -> tuple[np.ndarray, np.ndarray]:
    """Values of a variable, an empty text where it is missing, and the place of every row's."""
    values = _key_values(keys, name, linked).fill_null("").to_numpy(zero_copy_only=False)
    return np.append(values, ""), keys.codes[key_of(name, linked)]


def everyone(rows: int) -> Domain:
    """Everyone, as a breakdown into one group."""
    return Domain(ALL, (ALL,), np.zeros(rows, dtype=int))


def break_down(
    by: str,
    keys: Keys,
    linked: Mapping[str, Link],
    variables: Mapping[str, Variable],
    cohort: str,
) -> Domain:
    """Number the groups of a variable, or of variables crossed as ``a*b``."""
    code, groups = np.zeros(len(keys.respondents), dtype=int), []
    for name in by.split("*"):
        labels = _key_values(keys, name, linked)
        values = _values(variables.get(name), labels)
        places = pc.index_in(labels, value_set=pa.array(values, "string")).fill_null(-1)
        own = np.append(places, -1)[keys.codes[key_of(name, linked)]]
        code = np.where((code < 0) | (own < 0), -1, code * max(len(values), 1) + own)
        groups.append(values)
    if not (keys.respondents[code >= 0] > 0).any():
        raise QuestionError(
            f"{cohort}: none of {int(keys.respondents.sum()):,} respondents has a group of {by}.",
            expected="; ".join(", ".join(values[:6]) or "any value" for values in groups),
            do="check the variable's values against codebook.csv, and that identifiers match",
        )
    return Domain(by, tuple(" & ".join(parts) for parts in product(*groups)), code)


def _key_values(keys: Keys, name: str, linked: Mapping[str, Link]) -> pa.Array:
    """Value of a variable for each label of its key, null where it is not known."""
    labels = pa.array(keys.labels[key_of(name, linked)], "string")
    if name not in linked:
        return labels
    link = linked[name]
    return link.values.take(pc.index_in(labels, value_set=link.known))


def _values(variable: Variable | None, labels: pa.Array) -> tuple[str, ...]:
    if variable and variable.values and variable.type == "category":
        return variable.values
    other = {None, "", NO_ANSWER, *(variable.missing if variable else ())}
    return tuple(sorted(set(labels.to_pylist()) - other))


def _text_columns(frame: Any, names: Sequence[str]) -> dict[str, pa.Array]:
    """Columns of a small table of any engine as text, null where a value is missing."""
    known = nw.from_native(frame)
    if isinstance(known, nw.LazyFrame):
        known = known.select(*names).collect("pyarrow")
    columns = {name: known.get_column(name).to_arrow().cast("string") for name in names}
    return {
        name: column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        for name, column in columns.items()
    }


def _link(
    table: str, identifier: str, name: str, columns: Mapping[str, pa.Array], cohort: str
) -> Link:
    rows = pa.table({"known": columns[identifier], "value": columns[name]}).drop_null()
    pairs = rows.group_by(["known", "value"], use_threads=False).aggregate([])
    known, values = (pairs.column(part).combine_chunks() for part in ("known", "value"))
    if len(known.unique()) < len(known):
        counts = known.value_counts()
        key = counts.filter(pc.greater(counts.field("counts"), 1))[0].as_py()["values"]
        both = values.filter(pc.equal(known, key)).to_pylist()
        raise QuestionError(
            f"{cohort}: {identifier} {key} of {table} has more than one {name}.",
            found=", ".join(both[:2]),
            expected="one row for each identifier",
            where=f"table {table}",
        )
    return Link(identifier, known, values)
