"""Whether the codebook itself is sound: types, values, names used once a table."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from careersurvey.evidence.findings import ROWS_NAMED, Check
from careersurvey.evidence.tables import NO_ANSWER, TYPES, split_list


def check_codebook(codebook: pd.DataFrame) -> list[Check]:
    """Hold the codebook itself against its rules: types, values, names used once a table."""
    return [_check_types(codebook), _check_values(codebook), _check_names(codebook)]


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
