"""What an indicator asks of a table of answers: who is in its base, and what is summed."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import narwhals as nw
import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.inference.totals import Column, Product
from careersurvey.inference.totals_columns import text_of

Schema = Mapping[str, nw.dtypes.DType]
MEASURES = ("share", "multiple", "mean", "total", "ratio")
BASES = ("all", "asked", "answered")
CHOSEN = "yes"


@dataclass(frozen=True)
class Question:
    """An indicator over the columns of one table.

    Attributes
    ----------
    indicator, unit, measure : str
        As in ``indicators.csv``.
    categories : tuple of str
        Rows of the table of estimates; one empty name under a mean, total or ratio.
    variables : tuple of str
        The column of the answers, the columns of a select-all in the order of the categories, or
        the number and, under a ratio, the number below the line.
    answers : tuple of str
        Values that are answers.
    base : {'all', 'asked', 'answered'}
    among : tuple of (str, tuple of str)
        Variables and the values that they must have.
    """

    indicator: str
    unit: str
    measure: str
    categories: tuple[str, ...]
    variables: tuple[str, ...]
    answers: tuple[str, ...]
    base: str
    among: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def is_share(self) -> bool:
        """Whether it is estimated as a share of a base."""
        return self.measure in ("share", "multiple")


def read_question(
    row: Mapping[str, str], codebook: Mapping[str, Mapping[str, str]], cohort: str
) -> Question:
    """Read one row of the indicators.

    Parameters
    ----------
    row : mapping
        A row of ``indicators.csv``.
    codebook : mapping of variable to its row
        Of ``codebook.csv``.
    cohort : str
        For messages.

    Returns
    -------
    Question

    Raises
    ------
    QuestionError
        A base or filter that cannot be read, or a base that a number cannot have.
    """
    measure, variables = row["measure"], _listed(row["variable"])
    categories = _listed(row["categories"])
    base = row.get("base") or "answered"
    if base not in BASES:
        raise QuestionError(
            f"{cohort}: {row['indicator']} has an unknown base.",
            found=base,
            expected=", ".join(BASES),
            where="indicators.csv",
        )
    if measure in ("mean", "total", "ratio"):
        _require_numbers_base(row, base, cohort)
        categories = ("",)
        variables = (*variables, row["denominator"]) if measure == "ratio" else variables
    elif measure == "multiple":
        variables = _options(variables, categories)
    return Question(
        row["indicator"],
        row["unit"],
        measure,
        categories,
        variables,
        _answers(measure, variables, categories, codebook),
        base,
        read_filter(row.get("among", ""), row["indicator"], cohort),
    )


def read_filter(text: str, indicator: str, cohort: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Read ``variable=value;value & variable=value``.

    Raises
    ------
    QuestionError
        A part that is not of this form.
    """
    parts = [part.strip() for part in text.split("&") if part.strip()]
    split = [part.partition("=") for part in parts]
    pairs = [(name.strip(), _listed(values)) for name, _, values in split]
    if any(not name or not values for name, values in pairs):
        raise QuestionError(
            f"{cohort}: the filter of {indicator} cannot be read.",
            found=text,
            expected="variable=value;value & variable=value",
            where="indicators.csv, column among",
        )
    return tuple(pairs)


def base_of(question: Question, schema: Schema) -> nw.Expr:
    """Return who is in the base, as far as the table's own columns tell.

    Parameters
    ----------
    question : Question
    schema : mapping of str to type
        Columns of the table. Parts of the filter over other variables are left to the caller.

    Returns
    -------
    narwhals.Expr
    """
    parts = [_in_base(question, schema)]
    parts += [
        text_of(name, schema[name]).is_in(values)
        for name, values in question.among
        if name in schema
    ]
    return reduce(lambda one, other: one & other, parts)


def columns_of(question: Question, name: str, schema: Schema, squares: bool) -> dict[str, Column]:
    """Sums that a question needs, named ``name:part`` or ``name:part:category``.

    Parameters
    ----------
    question : Question
    name : str
        A name for the question among the others.
    schema : mapping of str to type
        Columns of the table.
    squares : bool
        Whether squared weights are needed: where respondents are the last stage's units.

    Returns
    -------
    dict
        ``n`` counts the base, ``x`` sums its weights and ``xx`` their squares. Under a share
        ``n``, ``x`` and ``xx`` by category are those of the people who chose it.
    """
    base = base_of(question, schema)
    powers = {"n": 0, "x": 1, "xx": 2} if squares else {"n": 0, "x": 1}
    if not question.is_share:
        return _number_columns(question, name, base, squares)
    sums = {}
    if not _covers(question):
        sums = {f"{name}:{part}": Column(Product(power), base) for part, power in powers.items()}
    plain = packed_variable(question) is not None
    for i, chosen in enumerate(_chosen(question, schema)):
        # Who chose an answer is in the base already, unless a filter says otherwise.
        where = chosen if plain else base & chosen
        for part, power in powers.items():
            pack = name if plain else ""
            sums[f"{name}:{part}:{i}"] = Column(Product(power), where, pack)
    return sums


def packed_variable(question: Question) -> str | None:
    """Return the variable of a question whose categories part everyone who answered it."""
    return question.variables[0] if _covers(question) and not question.among else None


def products_of(question: Question, squares: bool) -> list[Product]:
    """Products that the sums of a question are made of."""
    if question.is_share:
        return [Product(1), Product(2)] if squares else [Product(1)]
    columns = _number_columns(question, "", nw.lit(True), squares)
    return [column.product for column in columns.values()]


def require_variables(
    questions: Sequence[Question],
    schema: Schema,
    linked: Collection[str],
    cohort: str,
) -> None:
    """Hold questions against the columns that there are.

    Raises
    ------
    QuestionError
        A variable that the table does not have.
    """
    for question in questions:
        filters = [name for name, _ in question.among if name not in linked]
        missing = [name for name in (*question.variables, *filters) if name not in schema]
        if missing:
            raise QuestionError(
                f"{cohort}: {question.indicator} asks for {len(missing)} variables that the "
                "table does not have.",
                found=", ".join(missing),
                expected=nearest(missing, [*schema, *linked]),
                where="indicators.csv",
                do="correct the indicator, or name the column in cohort.toml",
            )


def nearest(wanted: Sequence[str], known: Collection[str]) -> str:
    """Return names like the wanted ones, or the first few that there are."""
    near = [match for name in wanted for match in difflib.get_close_matches(name, list(known), n=2)]
    return ", ".join(dict.fromkeys(near)) if near else ", ".join(list(known)[:8])


def require_numbers(questions: Sequence[Question], frame: nw.LazyFrame, cohort: str) -> None:
    """Hold the variables of means, totals and ratios to being numbers.

    Raises
    ------
    QuestionError
        Text where a number is measured: how many answers, the first ones and their rows.
    """
    schema = frame.collect_schema()
    for question in questions:
        for name in () if question.is_share else question.variables:
            if not schema[name].is_numeric():
                raise _not_numbers(question, frame, name, cohort)


def not_numbers(frame: nw.LazyFrame, name: str) -> dict[str, object]:
    """Describe a column of text that should hold numbers: how many are not, which and where.

    Parameters
    ----------
    frame : narwhals.LazyFrame
    name : str

    Returns
    -------
    dict
        ``bad`` and ``answers`` (counts), ``found`` and ``where`` (text for a message).
    """
    number = ["row__"] if "row__" in frame.collect_schema() else []
    table = frame.select(name, *number).collect("pyarrow").to_native().to_pandas()
    bad = table[name].notna() & pd.to_numeric(table[name], errors="coerce").isna()
    rows = table["row__"] if number else pd.Series(range(1, len(table) + 1))
    seen = table.loc[bad, name].astype(str).value_counts()
    at = [str(row) for row in rows[bad]]
    return {
        "bad": int(bad.sum()),
        "answers": int(table[name].notna().sum()),
        "found": ", ".join(f"{value!r} ({count:,})" for value, count in seen.head(3).items())
        or "a column of text",
        "where": f"column {name}" + (f", rows {', '.join(at[:5])}" if at else ""),
    }


def _not_numbers(question: Question, frame: nw.LazyFrame, name: str, cohort: str) -> QuestionError:
    seen = not_numbers(frame, name)
    return QuestionError(
        f"{cohort}: {seen['bad']:,} of {seen['answers']:,} answers to {name} are not numbers, and "
        f"{question.indicator} is a {question.measure}.",
        found=seen["found"],
        expected="a column of numbers",
        where=seen["where"],
        do="correct the answers, or give the variable the type number in codebook.csv",
    )


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _options(variables: tuple[str, ...], categories: tuple[str, ...]) -> tuple[str, ...]:
    """Columns of a select-all: one a category, or those made of one delimited column."""
    if len(variables) == 1 and len(categories) > 1:
        return tuple(f"{variables[0]}__{category}" for category in categories)
    return variables


def _answers(
    measure: str,
    variables: tuple[str, ...],
    categories: tuple[str, ...],
    codebook: Mapping[str, Mapping[str, str]],
) -> tuple[str, ...]:
    if measure == "multiple":
        return (CHOSEN, "no")
    if measure != "share":
        return ()
    return _listed(codebook.get(variables[0], {}).get("values", "")) or categories


def _require_numbers_base(row: Mapping[str, str], base: str, cohort: str) -> None:
    if base != "answered":
        raise QuestionError(
            f"{cohort}: {row['indicator']} is a {row['measure']}, which only those who gave a "
            "number can have.",
            found=f"base {base}",
            expected="answered",
            where="indicators.csv",
        )


def _in_base(question: Question, schema: Schema) -> nw.Expr:
    columns = [nw.col(name) for name in question.variables]
    if not question.is_share:
        known = [~one.is_null() & one.cast(nw.Float64).is_finite() for one in columns]
        return reduce(lambda one, other: one & other, known)
    if question.base == "all":
        # A literal cannot be summed on every engine; of a column, one of these always holds.
        return columns[0].is_null() | ~columns[0].is_null()
    if question.base == "asked":
        tests = [~one.is_null() for one in columns]
    else:
        texts = [text_of(name, schema[name]) for name in question.variables]
        tests = [~one.is_null() & one.is_in(question.answers) for one in texts]
    return reduce(lambda one, other: one | other, tests)


def _chosen(question: Question, schema: Schema) -> list[nw.Expr]:
    texts = [text_of(name, schema[name]) for name in question.variables]
    if question.measure == "multiple":
        return [text == CHOSEN for text in texts]
    return [texts[0] == category for category in question.categories]


def _covers(question: Question) -> bool:
    """Whether the categories add to the base, so that it need not be summed itself."""
    return (
        question.measure == "share"
        and question.base == "answered"
        and set(question.answers) == set(question.categories)
    )


def _number_columns(
    question: Question, name: str, base: nw.Expr, squares: bool
) -> dict[str, Column]:
    y, x = question.variables[0], question.variables[1:]
    parts = {
        "n": Product(),
        "w": Product(1),
        "y": Product(1, (y,)),
        "x": Product(1, x),
        "w:yy": Product(1, (y, y)),
        "w:yx": Product(1, (y, *x)),
        "w:xx": Product(1, (*x, *x)),
    }
    if squares:
        parts |= {
            "yy": Product(2, (y, y)),
            "yx": Product(2, (y, *x)),
            "xx": Product(2, (*x, *x)),
        }
    return {f"{name}:{part}": Column(product, base) for part, product in parts.items()}
