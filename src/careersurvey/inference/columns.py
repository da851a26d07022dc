"""The columns of the tables that leave this wing, in their order, and the type of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd


def _named(columns: str) -> tuple[str, ...]:
    return tuple(columns.split())


ESTIMATES = _named(
    "cohort indicator category unit domain group base_n count_low count_high estimate "
    "estimate_low estimate_high std_error conf_low conf_high level method deff n_clusters "
    "evidence shown statements"
)
#: What shares and intervals of answers are worked out from: of the base, beside how many it is.
WORKED_FROM = _named("base_degrees base_weights count_weights effective_base")
#: Whether the groups of a domain answer alike: a row for each table of groups by answers.
TESTS = _named(
    "cohort indicator category domain groups left_out base_n n_clusters least_expected "
    "statistic numerator_df denominator_df p_value p_adjusted reason"
)
#: By how much two groups differ, or one changes from group to group (`against` is then empty).
DIFFERENCES = _named(
    "cohort indicator category unit domain group against base_n base_against estimate "
    "std_error conf_low conf_high level degrees p_value p_adjusted shown"
)
#: How far those who did not answer could move a share.
NONRESPONSE = _named("cohort indicator category unit estimate answered took_part least greatest")
#: A column has the same type in every table; what is not named here is a number.
_TYPES = {
    "str": "cohort indicator category unit domain group against method evidence statements "
    "left_out reason",
    "Int64": "base_n base_against count_low count_high n_clusters groups degrees base_degrees",
    "bool": "shown",
}
_TYPE = {name: kind for kind, names in _TYPES.items() for name in _named(names)}
#: Units that the surveys draw; whatever else is counted lies in clusters within them.
DRAWN_UNITS = ("school", "provider", "school or college", "school or provider")
#: Marks of what a report cannot show as it is, with what they say.
SYMBOLS = {
    "[c]": "left out, so that nobody's answer can be worked out",
    "[low]": "more than none, and rounds to 0%",
    "[u]": "estimate of low reliability: read with care",
    "[x]": "no estimate can be made",
}


def lay_out(rows: pd.DataFrame | Iterable[Mapping], columns: Sequence[str]) -> pd.DataFrame:
    """Lay rows out in the declared columns, order and types."""
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows))
    wide = frame.reset_index(drop=True).reindex(columns=list(columns))
    typed = {name: _typed(wide[name], _TYPE.get(name, "float64")).array for name in columns}
    return pd.DataFrame(typed, index=wide.index)


def _typed(column: pd.Series, kind: str) -> pd.Series:
    if column.dtype == kind and (kind != "str" or not column.hasnans):
        return column
    if kind in ("str", "bool"):
        blank = "" if kind == "str" else True
        return column.astype(object).where(column.notna(), blank).astype(kind)
    return column.astype(kind) if kind == "Int64" else pd.to_numeric(column).astype(kind)
