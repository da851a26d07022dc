"""What an indicator asks of a table of answers: who is in its base, and which cells they fill."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import narwhals as nw
import numpy as np

from careersurvey.errors import QuestionError, SurveyError
from careersurvey.evidence.tables import Indicator, Variable

Schema = Mapping[str, nw.dtypes.DType]
SHARES = ("share", "multiple")
NUMBERS = ("mean", "median", "quantile", "total", "ratio")
MEASURES = (*SHARES, *NUMBERS)
BASES = ("all", "asked", "answered")
CHOSEN = "yes"


@dataclass(frozen=True)
class Question:
    """An indicator over the columns of one table."""

    indicator: Indicator
    categories: tuple[str, ...]  # rows of the table of estimates; one empty name where none
    #: The column of the answers, those of a select-all in the order of the categories, or the
    #: number and, under a ratio, the number below the line.
    variables: tuple[str, ...]
    answers: tuple[str, ...]  # values that are answers

    @property
    def measure(self) -> str:
        """How it is measured."""
        return self.indicator.measure

    @property
    def is_share(self) -> bool:
        """Whether it is estimated as a share of a base."""
        return self.measure in SHARES


def opened(frame: Any) -> nw.LazyFrame:
    """Put a frame of any engine behind the one interface, lazily."""
    known = nw.from_native(frame)
    if isinstance(known, nw.LazyFrame):
        return known
    return known.lazy() if known.implementation.is_polars() else known.lazy("duckdb")


def text_of(name: str, schema: Schema) -> nw.Expr:
    """Write a column as the text that codes are compared with: 1 and 1.0 are both ``1``."""
    column, kind = nw.col(name), schema[name]
    if kind == nw.String:
        return column
    text = column.cast(nw.String)
    if kind.is_float():
        text = nw.when(~column.is_nan()).then(text)
    return text.str.replace_all(r"\.0+$", "") if kind.is_float() or kind == nw.Decimal else text


def ask(
    indicators: Sequence[Indicator],
    variables: Mapping[str, Variable],
    frame: nw.LazyFrame,
    linked: Collection[str],
    cohort: str,
) -> tuple[Question, ...]:
    """Put indicators to a table of answers."""
    schema = frame.collect_schema()
    asked = [one for one in indicators if one.measure in MEASURES and one.variables]
    questions = tuple(_question(one, variables, cohort) for one in asked)
    for question in questions:
        _require_variables(question, schema, linked, cohort)
        for name in () if question.is_share else question.variables:
            require_numbers(frame, name, cohort, f"{question.indicator.id} is a {question.measure}")
    return questions


def base_of(question: Question, schema: Schema) -> nw.Expr:
    """Who is in the base, as far as the table's own columns tell."""
    return reduce(operator.and_, [_in_base(question, schema), *filters_of(question, schema)])


def filters_of(question: Question, schema: Schema) -> list[nw.Expr]:
    """The parts of its filter that are over the table's own columns."""
    terms = question.indicator.among.terms
    return [text_of(name, schema).is_in(values) for name, values in terms if name in schema]


def cells_of(question: Question, schema: Schema) -> list[nw.Expr]:
    """Cells that the answers to a share of those in the base fall into."""
    base, texts = base_of(question, schema), [text_of(name, schema) for name in question.variables]
    if question.measure == "multiple":
        ticked = [text.is_in([CHOSEN]) for text in texts]
        return [part for one in ticked for part in (base & one, base & (~one | one.is_null()))]
    text, cells = texts[0], [base & (texts[0] == name) for name in question.categories]
    if covers(question):
        return cells if question.indicator.among else [text == name for name in question.categories]
    return [*cells, base & (text.is_null() | ~text.is_in(question.categories))]


def covers(question: Question) -> bool:
    """Whether the categories of a share make up its base."""
    return (
        question.measure == "share"
        and (question.indicator.base or "answered") == "answered"
        and set(question.answers) == set(question.categories)
    )


def require_numbers(
    frame: nw.LazyFrame,
    name: str,
    cohort: str,
    because: str,
    kind: type[SurveyError] = QuestionError,
) -> None:
    """Hold a column to being numbers."""
    if frame.collect_schema()[name].is_numeric():
        return
    import pandas as pd

    number = ["row__"] if "row__" in frame.collect_schema() else []
    table = frame.select(name, *number).collect("pyarrow").to_native().to_pandas()
    bad = table[name].notna() & pd.to_numeric(table[name], errors="coerce").isna()
    rows = table["row__"] if number else pd.Series(range(1, len(table) + 1))
    seen = table.loc[bad, name].astype(str).value_counts().head(3)
    at = ", ".join(str(row) for row in rows[bad].head(5))
    raise kind(
        f"{cohort}: {int(bad.sum()):,} of {int(table[name].notna().sum()):,} entries of {name} are "
        f"not numbers, and {because}.",
        found=", ".join(f"{value!r} ({count:,})" for value, count in seen.items())
        or "a column of text",
        expected="a column of numbers",
        where=f"column {name}" + (f", rows {at}" if at else ""),
        do="correct them, name another column, or type the variable as a number in codebook.csv",
    )


def rows_where(frame: nw.LazyFrame, condition: nw.Expr) -> str:
    """Name the first five rows for which a condition holds, such as ``rows 3, 6, 8``."""
    number = [nw.col("row__")] if "row__" in frame.collect_schema().names() else []
    chosen = frame.select(condition.cast(nw.Int64).alias("chosen"), *number)
    table = chosen.collect("pyarrow").to_native()
    at = np.flatnonzero(np.asarray(table.column("chosen").fill_null(0)))
    named = table.column("row__").to_numpy()[at] if number else at + 1
    return f"rows {', '.join(str(one) for one in named[:5])}" + (", ..." if len(at) > 5 else "")


def nearest(wanted: Sequence[str], known: Collection[str]) -> str:
    """Return names like the wanted ones, or the first few that there are."""
    near = [match for name in wanted for match in difflib.get_close_matches(name, list(known), n=2)]
    return ", ".join(dict.fromkeys(near)) if near else ", ".join(list(known)[:8])


def _question(one: Indicator, variables: Mapping[str, Variable], cohort: str) -> Question:
    base = one.base or "answered"
    if base not in BASES or (one.measure in NUMBERS and base != "answered"):
        number = one.measure in NUMBERS
        raise QuestionError(
            f"{cohort}: {one.id} has a base that "
            + (f"a {one.measure} cannot have." if number else "is not known."),
            found=f"base {base}",
            expected="answered: those who gave a number" if number else ", ".join(BASES),
            where="indicators.csv",
        )
    if one.measure == "multiple":
        return Question(one, one.categories, _options(one), (CHOSEN, "no"))
    if one.measure == "share":
        known = variables.get(one.variables[0])
        answers = known.values if known else ()  # noqa: PD011
        return Question(one, one.categories, one.variables, answers or one.categories)
    below = (one.denominator,) if one.measure == "ratio" else ()
    categories = one.categories if one.measure == "quantile" else ("",)
    return Question(one, categories, (*one.variables, *below), ())


def _options(one: Indicator) -> tuple[str, ...]:
    """Columns of a select-all: one a category, or those made of one delimited column."""
    if len(one.variables) == 1 and len(one.categories) > 1:
        return tuple(f"{one.variables[0]}__{category}" for category in one.categories)
    return one.variables


def _require_variables(
    question: Question, schema: Schema, linked: Collection[str], cohort: str
) -> None:
    filters = [name for name, _ in question.indicator.among.terms if name not in linked]
    missing = [name for name in (*question.variables, *filters) if name not in schema]
    if missing:
        raise QuestionError(
            f"{cohort}: {question.indicator.id} asks for {len(missing)} variables that the "
            "table does not have.",
            found=", ".join(missing),
            expected=nearest(missing, [*schema, *linked]),
            where="indicators.csv",
            do="correct the indicator, or name the column in cohort.toml",
        )


def _in_base(question: Question, schema: Schema) -> nw.Expr:
    columns = [nw.col(name) for name in question.variables]
    base = question.indicator.base or "answered"
    if base == "all":
        # A literal cannot be summed on every engine; of a column, one of these always holds.
        return columns[0].is_null() | ~columns[0].is_null()
    if base == "asked":
        return reduce(operator.or_, [~one.is_null() for one in columns])
    texts = [text_of(name, schema) for name in question.variables]
    return reduce(operator.or_, [~text.is_null() & text.is_in(question.answers) for text in texts])
