"""Groups that respondents are broken down by: by their answers, or by what else is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.errors import QuestionError
from careersurvey.evidence.tables import ALL, NO_ANSWER, Variable
from careersurvey.evidence.text import meant
from careersurvey.inference.survey.design import Rows, codes_of, crossed, last_of, summing
from careersurvey.inference.survey.questions import Link, Question, Table

if TYPE_CHECKING:
    from scipy.sparse import csc_array


@dataclass(frozen=True)
class Domain:
    """A breakdown: its name, its groups in order, and the group of every row (-1: none)."""

    name: str
    groups: tuple[str, ...]
    code: np.ndarray

    def tells(self, question: Question) -> bool:
        """Whether its groups are the answers of a question, which they then say nothing of."""
        return set(question.variables) <= set(self.name.split("*"))

    @cached_property
    def _summing(self) -> csc_array:
        return summing(self.code, len(self.groups))

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums of the rows of each group."""
        return self._summing @ values

    def sums_by(
        self, code: np.ndarray, codes: int, values: np.ndarray, weight: np.ndarray | None = None
    ) -> np.ndarray:
        """Sums of rows, each times a weight, by group and a code, (groups, codes, columns)."""
        place = np.where(self.code < 0, -1, self.code * codes + code)
        summed = summing(place, len(self.groups) * codes, weight) @ values
        return summed.reshape(len(self.groups), codes, -1)

    def of_rows(self, values: np.ndarray) -> np.ndarray:
        """Value of each row's group; 0 where there is none, or no group."""
        known = np.nan_to_num(values)
        if not self.code.any():
            return np.broadcast_to(known[:1], (len(self.code), *known.shape[1:]))
        return np.concatenate([known, np.zeros_like(known[:1])])[self.code]

    def at(self, rows: np.ndarray) -> Domain:
        """The same of some rows."""
        return replace(self, code=self.code[rows])

    def joined(self, groups: np.ndarray | Sequence[int]) -> Domain:
        """Some of its groups as one, and nobody else."""
        return replace(self, groups=(ALL,), code=np.where(np.isin(self.code, groups), 0, -1))


def crossed_by(code: np.ndarray, domains: Sequence[Domain]) -> tuple[np.ndarray, np.ndarray]:
    """Number combinations of a code and the groups of domains, and name a row of each."""
    code = crossed(code, *(one.code for one in domains))
    return code, last_of(code, np.arange(len(code)))


def everyone(rows: int) -> Domain:
    """Everyone, as a breakdown into one group."""
    return Domain(ALL, (ALL,), np.zeros(rows, dtype=int))


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


def links(table: Table, wanted: Sequence[str]) -> dict[str, Link]:
    """Find the variables that a table itself does not have in the tables that it is linked to."""
    elsewhere = [name for name in dict.fromkeys(wanted) if name not in table.schema]
    found: dict[str, Link] = {}
    for other, (identifier, frame) in table.lookups.items():
        there = nw.from_native(frame).collect_schema().names()
        here = [name for name in elsewhere if name in there and name not in found]
        if here and identifier in table.schema and identifier in there:
            known = nw.from_native(frame).select(identifier, *here)
            known = known.collect("pyarrow") if isinstance(known, nw.LazyFrame) else known
            found |= {name: _link(other, identifier, name, known, table.cohort) for name in here}
    lost = [name for name in elsewhere if name not in found]
    if lost:
        raise QuestionError(
            f"{table.cohort}: there is no such variable to break down, filter or weigh by.",
            found=", ".join(lost),
            expected=meant(lost[0], [*table.schema, *table.reached]),
            where="the table and those that share an identifier with it",
        )
    return found


def key_of(name: str, table: Table) -> str:
    """Return the column of the table that a variable's groups follow from."""
    return table.linked[name].identifier if name in table.linked else name


def with_linked(rows: Rows, table: Table) -> Rows:
    """The same with what is wanted of other tables, which follows from identifiers."""
    codes, labels = {**rows.codes}, {**rows.labels}
    for name, link in table.linked.items():
        if link.identifier in rows.codes:
            known = pa.array(rows.labels[link.identifier], "string")
            values = link.values.take(pc.index_in(known, value_set=link.known))
            own, labels[name] = codes_of(pa.chunked_array([values]))
            codes[name] = np.append(own, -1)[rows.codes[link.identifier]]
    return rows._replace(codes=codes, labels=labels)


def break_down(by: str, rows: Rows, table: Table) -> Domain:
    """Number the groups of a variable, or of variables crossed as ``a*b``; everyone for ``all``."""
    if by == ALL:
        return everyone(len(rows.people))
    code, groups = np.zeros(len(rows.people), dtype=int), []
    for name in by.split("*"):
        labels = rows.labels[name].tolist()
        known, joined = _values(table.variables.get(name), labels), table.together.get(name, {})
        values = tuple(dict.fromkeys(joined.get(one, one) for one in known))
        place = {one: number for number, one in enumerate(values)}
        places = [place.get(joined.get(one, one), -1) for one in labels]
        own = np.array([*places, -1])[rows.codes[name]]
        code = np.where((code < 0) | (own < 0), -1, code * max(len(values), 1) + own)
        groups.append(values)
    if not (rows.people[code >= 0] > 0).any():
        raise QuestionError(
            f"{table.cohort}: none of {int(rows.people.sum()):,} respondents has a group of {by}.",
            expected="; ".join(", ".join(values[:6]) or "any value" for values in groups),
            do="check the variable's values against codebook.csv, and that identifiers match",
        )
    return Domain(by, tuple(" & ".join(parts) for parts in product(*groups)), code)


def _values(variable: Variable | None, labels: Sequence[str]) -> tuple[str, ...]:
    if variable and variable.values and variable.type == "category":
        return variable.values
    other = {"", NO_ANSWER, *(variable.missing if variable else ())}
    return tuple(sorted({*labels} - other))


def _link(other: str, identifier: str, name: str, frame: nw.DataFrame, cohort: str) -> Link:
    """Read one variable of a small table, by its identifier, as text."""
    both = {"known": frame.get_column(identifier), "value": frame.get_column(name)}
    rows = pa.table({part: one.to_arrow().cast("string") for part, one in both.items()}).drop_null()
    pairs = rows.group_by(["known", "value"], use_threads=False).aggregate([])
    known, values = (pairs.column(part).combine_chunks() for part in ("known", "value"))
    if len(known.unique()) < len(known):
        counts = known.value_counts()
        key = counts.filter(pc.greater(counts.field("counts"), 1))[0].as_py()["values"]
        more = values.filter(pc.equal(known, key)).to_pylist()
        raise QuestionError(
            f"{cohort}: {identifier} {key} of {other} has more than one {name}.",
            found=", ".join(more[:2]),
            expected="one row for each identifier",
            where=f"table {other}",
        )
    return Link(identifier, known, values)
