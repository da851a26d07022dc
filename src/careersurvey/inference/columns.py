"""The columns of the tables that leave this wing, each declared once with its type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

_TEXT, _WHOLE, _NUMBER, _TRUTH = "str", "Int64", "float64", "bool"

ESTIMATES = {
    "cohort": _TEXT,
    "indicator": _TEXT,
    "category": _TEXT,
    "unit": _TEXT,
    "domain": _TEXT,
    "group": _TEXT,
    "base_n": _WHOLE,
    "count_low": _WHOLE,
    "count_high": _WHOLE,
    "estimate": _NUMBER,
    "estimate_low": _NUMBER,
    "estimate_high": _NUMBER,
    "std_error": _NUMBER,
    "conf_low": _NUMBER,
    "conf_high": _NUMBER,
    "level": _NUMBER,
    "method": _TEXT,
    "deff": _NUMBER,
    "n_clusters": _WHOLE,
    "evidence": _TEXT,
    "shown": _TRUTH,
    "statements": _TEXT,
}
#: Whether the groups of a domain answer alike: a row for each table of groups by answers.
TESTS = {
    "cohort": _TEXT,
    "indicator": _TEXT,
    "category": _TEXT,
    "domain": _TEXT,
    "groups": _WHOLE,
    "left_out": _TEXT,
    "base_n": _WHOLE,
    "n_clusters": _WHOLE,
    "least_expected": _NUMBER,
    "statistic": _NUMBER,
    "numerator_df": _NUMBER,
    "denominator_df": _NUMBER,
    "p_value": _NUMBER,
    "p_adjusted": _NUMBER,
    "reason": _TEXT,
}
#: By how much two groups differ, or one changes from group to group (`against` is then empty).
DIFFERENCES = {
    "cohort": _TEXT,
    "indicator": _TEXT,
    "category": _TEXT,
    "unit": _TEXT,
    "domain": _TEXT,
    "group": _TEXT,
    "against": _TEXT,
    "base_n": _WHOLE,
    "base_against": _WHOLE,
    "estimate": _NUMBER,
    "std_error": _NUMBER,
    "conf_low": _NUMBER,
    "conf_high": _NUMBER,
    "level": _NUMBER,
    "degrees": _WHOLE,
    "p_value": _NUMBER,
    "p_adjusted": _NUMBER,
    "shown": _TRUTH,
}


def lay_out(rows: pd.DataFrame | Iterable[Mapping], columns: Mapping[str, str]) -> pd.DataFrame:
    """Lay rows out in the declared columns, order and types."""
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    strange = [name for name in frame.columns if name not in columns]
    if strange:
        raise ValueError(f"not columns of the table: {', '.join(strange)}")
    wide = frame.reset_index(drop=True).reindex(columns=list(columns))
    typed = {name: _typed(wide[name], kind).array for name, kind in columns.items()}
    return pd.DataFrame(typed, index=wide.index)


def _typed(column: pd.Series, kind: str) -> pd.Series:
    if column.dtype == kind and (kind != _TEXT or not column.hasnans):
        return column
    if kind in (_TEXT, _TRUTH):
        blank = "" if kind == _TEXT else True
        return column.astype(object).where(column.notna(), blank).astype(kind)
    return column.astype(_WHOLE) if kind == _WHOLE else pd.to_numeric(column).astype(_NUMBER)
