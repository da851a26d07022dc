"""What an indicator asks of a table of answers: who is in its base, and which cells they fill."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any, NamedTuple

import narwhals as nw
import pyarrow as pa

from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.tables import NUMBERS, SHARES, Indicator, Variable

Schema = Mapping[str, nw.dtypes.DType]
#: A table that shares an identifier with another: the identifier, and the table itself.
Lookup = tuple[str, Any]
CHOSEN = "yes"


class Link(NamedTuple):
    """A variable of another table: the identifier of both, its labels, and the value of each."""

    identifier: str
    known: pa.Array
    values: pa.Array


@dataclass(frozen=True)
class Table:
    """A table of answers, opened, with what is known and is asked of it."""

    frame: nw.LazyFrame
    variables: Mapping[str, Variable]
    settings: DesignSettings
    lookups: Mapping[str, Lookup]
    cohort: str
    name: str = "answers"
    indicators: tuple[Indicator, ...] = ()  # that it answers
    linked: Mapping[str, Link] = field(default_factory=dict)  # what is wanted of other tables
    #: By variable and group, the group that it stands in where people are broken down by it.
    together: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @cached_property
    def schema(self) -> Schema:
        """Its columns and their types."""
        return self.frame.collect_schema()

    @property
    def everyone(self) -> nw.Expr:
        """What holds of every row: a literal cannot be summed on every engine."""
        first = nw.col(next(iter(self.schema)))
        return first.is_null() | ~first.is_null()

    @cached_property
    def reached(self) -> list[str]:
        """Variables of other tables that can be reached through an identifier of this one."""
        frames = [frame for identifier, frame in self.lookups.values() if identifier in self.schema]
        return [name for one in frames for name in nw.from_native(one).collect_schema().names()]

    def within_reach(self, by: Iterable[str]) -> list[str]:
        """Keep the breakdowns all of whose variables it has or is linked to."""
        return [one for one in by if {*self.schema, *self.reached}.issuperset(one.split("*"))]

    def text(self, name: str) -> nw.Expr:
        """Write a column as the text that codes are compared with: 1 and 1.0 are both ``1``."""
        column, kind = nw.col(name), self.schema[name]
        if kind == nw.String:
            return column
        text = column.cast(nw.String)
        if kind.is_float():
            text = nw.when(~column.is_nan()).then(text)
        whole = kind.is_float() or kind == nw.Decimal
        return text.str.replace_all(r"\.0+$", "") if whole else text


@dataclass(frozen=True)
class Question:
    """An indicator over the columns of one table."""

    indicator: Indicator
    categories: tuple[str, ...]  # rows of the table of estimates; one empty name where none
    #: The column of the answers, those of a select-all in the order of the categories, or the
    #: number and, under a ratio, the number below the line.
    variables: tuple[str, ...]
    answers: tuple[str, ...] = ()  # values that are answers

    @property
    def measure(self) -> str:
        """How it is measured."""
        return self.indicator.measure

    @property
    def is_share(self) -> bool:
        """Whether it is estimated as a share of a base."""
        return self.measure in SHARES

    @property
    def base(self) -> str:
        """Who it is of: all, those asked or those who answered."""
        return self.indicator.base or "answered"

    @property
    def probabilities(self) -> list[float]:
        """Shares of the base that a quantile is to reach."""
        return [0.5] if self.measure == "median" else [float(one) for one in self.categories]

    @property
    def covers(self) -> bool:
        """Whether the categories of a share make up its base."""
        return self.measure == "share" and self.base == "answered"


def opened(frame: Any) -> nw.LazyFrame:
    """Put a frame of any engine behind the one interface, lazily."""
    known = nw.from_native(frame)
    if isinstance(known, nw.LazyFrame):
        return known
    return known.lazy() if known.implementation.is_polars() else known.lazy("duckdb")


def ask(table: Table) -> tuple[Question, ...]:
    """Put its indicators to a table of answers."""
    known = (one for one in table.indicators if one.measure in (*SHARES, *NUMBERS))
    return tuple(_question(one, table) for one in known if one.variables)


def base_of(question: Question, table: Table) -> nw.Expr:
    """Who is in the base, as far as the table's own columns tell."""
    columns = [nw.col(name) for name in question.variables]
    base = reduce(operator.or_, [~one.is_null() for one in columns])
    if question.base == "all":
        base = table.everyone
    elif question.base == "answered":
        texts = [table.text(name) for name in question.variables]
        given = [~text.is_null() & text.is_in(question.answers) for text in texts]
        base = reduce(operator.or_, given)
    return reduce(operator.and_, [base, *filters_of(question, table)])


def filters_of(question: Question, table: Table) -> list[nw.Expr]:
    """The parts of its filter that are over the table's own columns."""
    terms = question.indicator.among.terms
    return [table.text(name).is_in(values) for name, values in terms if name in table.schema]


def cells_of(question: Question, table: Table) -> list[nw.Expr]:
    """Cells that the answers to a share of those in the base fall into."""
    base, texts = base_of(question, table), [table.text(name) for name in question.variables]
    if question.measure == "multiple":
        ticked = [text.is_in([CHOSEN]) for text in texts]
        return [part for one in ticked for part in (base & one, base & (~one | one.is_null()))]
    chosen = [texts[0] == name for name in question.categories]
    if question.covers and not question.indicator.among:
        return chosen
    rest = [] if question.covers else [texts[0].is_null() | ~texts[0].is_in(question.categories)]
    return [base & one for one in [*chosen, *rest]]


def options_of(one: Indicator) -> tuple[str, ...]:
    """Columns of the options of a delimited cell, one a category of its indicator."""
    return tuple(f"{name}__{option}" for name in one.variables[:1] for option in one.categories)


def _question(one: Indicator, table: Table) -> Question:
    if one.measure == "multiple":
        options = options_of(one)
        variables = options if {*options} <= {*table.schema} else one.variables
        return Question(one, one.categories, variables, (CHOSEN, "no"))
    if one.measure == "share":
        return Question(one, one.categories, one.variables, one.categories)
    below = (one.denominator,) if one.measure == "ratio" else ()
    categories = one.categories if one.measure == "quantile" else ("",)
    return Question(one, categories, (*one.variables, *below))
