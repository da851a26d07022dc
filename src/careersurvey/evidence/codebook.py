"""What a variable may be: type, allowed values, missing codes; from ``codebook.csv``."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from careersurvey.evidence.findings import ROWS_NAMED, Check
from careersurvey.evidence.written import CODEBOOK_COLUMNS

#: Value of a question that was asked and left blank; never asked is null.
NO_ANSWER = "no_answer"
#: Value of a declared missing code for which neither codebook nor cohort has a name.
MISSING = "missing"
TYPES = ("category", "number", "text", "identifier", "date")

_RANGE = re.compile(r"\s*(-?\d+(?:\.\d+)?)?\s*\.\.\s*(-?\d+(?:\.\d+)?)?\s*")


@dataclass(frozen=True)
class Variable:
    """One variable of one table, as the codebook has it.

    Attributes
    ----------
    name, table, question, type, unit : str
        As in ``codebook.csv``.
    values : tuple of str
        Allowed answers of a category; for a number, one range such as ``0..100``.
    missing : tuple of str
        Codes that are no answer and were given on purpose, such as ``refused``.
    """

    name: str
    table: str
    question: str
    type: str
    values: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unit: str = ""


@lru_cache(maxsize=4096)
def split_list(cell: str) -> tuple[str, ...]:
    """Return the entries of a cell that separates them by ``;``."""
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def table_variables(codebook: pd.DataFrame, table: str) -> dict[str, Variable]:
    """Return the variables of one table by name, in the order of the codebook.

    A row whose ``table`` names several tables, separated by ``;``, belongs to each of them.
    """
    columns = [codebook[name] for name in CODEBOOK_COLUMNS]
    rows = [row for row in zip(*columns, strict=True) if table in split_list(row[1])]
    return {row[0]: _variable(row, table) for row in rows}


def number_range(variable: Variable) -> tuple[float | None, float | None]:
    """Return the least and greatest number allowed; None where the codebook sets no limit."""
    match = _RANGE.fullmatch(";".join(variable.values))
    if match is None:
        return (None, None)
    low, high = (float(end) if end else None for end in match.groups())
    return (low, high)


def check_codebook(codebook: pd.DataFrame) -> list[Check]:
    """Hold the codebook itself against its rules: types, values, names used once a table."""
    return [_check_types(codebook), _check_values(codebook), _check_names(codebook)]


def _variable(row: tuple[str, ...], table: str) -> Variable:
    name, _, question, kind, values, missing, unit = row
    return Variable(name, table, question, kind, split_list(values), split_list(missing), unit)


def _check_types(codebook: pd.DataFrame) -> Check:
    wrong = codebook[~codebook["type"].isin(TYPES)]
    return _of_codebook(
        "codebook_types",
        "Every variable has a type that is known.",
        wrong,
        f"{len(wrong)} of {len(codebook)} variables have a type that is not known.",
        found=", ".join(sorted(set(map(repr, wrong["type"])))),
        expected=", ".join(TYPES),
        do="correct the column type",
    )


def _check_values(codebook: pd.DataFrame) -> Check:
    reserved = [NO_ANSWER in split_list(cell) for cell in codebook["missing"]]
    empty = (codebook["type"] == "category") & (codebook["values"].str.strip() == "")
    twice = [len(set(split_list(cell))) < len(split_list(cell)) for cell in codebook["values"]]
    wrong = codebook[empty | pd.Series(twice, codebook.index) | pd.Series(reserved, codebook.index)]
    return _of_codebook(
        "codebook_values",
        "Every category has allowed values, each once.",
        wrong,
        f"{len(wrong)} of {len(codebook)} variables lack allowed values, repeat one, "
        f"or declare {NO_ANSWER} as a missing code.",
        expected="values separated by ;, each once, at least one for a category",
        do="write the allowed values in the column values",
    )


def _check_names(codebook: pd.DataFrame) -> Check:
    pairs = [
        (row["variable"], table)
        for row in codebook.to_dict("records")
        for table in split_list(row["table"]) or ("",)
    ]
    twice = {name for (name, _), n in Counter(pairs).items() if n > 1}
    wrong = codebook[codebook["variable"].isin(twice)]
    return _of_codebook(
        "codebook_names",
        "Every variable stands once a table.",
        wrong,
        f"{len(twice)} variables stand twice in the codebook for one table.",
        found=", ".join(sorted(twice)),
        do="keep one row a variable and table",
    )


def _of_codebook(rule: str, holds: str, wrong: pd.DataFrame, message: str, **said: str) -> Check:
    if wrong.empty:
        return Check(rule, "codebook", True, holds)
    names = tuple(wrong["variable"].head(ROWS_NAMED))
    return Check(rule, "codebook", False, message, names, severity=1, **said)
