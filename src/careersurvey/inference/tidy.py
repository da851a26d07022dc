"""The columns of the estimates table, which every estimate of this package is given in."""

from __future__ import annotations

import pandas as pd

_TEXT, _WHOLE, _SHARE = "str", "Int64", "float64"

_DTYPES = {
    "cohort": _TEXT,
    "indicator": _TEXT,
    "category": _TEXT,
    "unit": _TEXT,
    "domain": _TEXT,
    "group": _TEXT,
    "base_n": _WHOLE,
    "count_low": _WHOLE,
    "count_high": _WHOLE,
    "estimate": _SHARE,
    "estimate_low": _SHARE,
    "estimate_high": _SHARE,
    "std_error": _SHARE,
    "conf_low": _SHARE,
    "conf_high": _SHARE,
    "level": _SHARE,
    "method": _TEXT,
    "deff": _SHARE,
    "n_clusters": _WHOLE,
    "evidence": _TEXT,
    "shown": "bool",
    "statements": _TEXT,
}

ESTIMATE_COLUMNS = tuple(_DTYPES)


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Lay a table of estimates out in the declared columns, order and types.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns among `ESTIMATE_COLUMNS`. One that is absent is blank: empty text, ``NA`` for
        whole numbers, ``NaN`` for the rest, and ``shown`` true.

    Returns
    -------
    pandas.DataFrame
        Every column of `ESTIMATE_COLUMNS`, in order, with a fresh index.

    Raises
    ------
    ValueError
        A column that is not one of the table's.
    """
    strange = [name for name in frame.columns if name not in _DTYPES]
    if strange:
        raise ValueError(f"not columns of the estimates table: {', '.join(strange)}")
    laid_out = frame.reset_index(drop=True).reindex(columns=list(ESTIMATE_COLUMNS))
    typed = {name: _typed(laid_out[name], kind).array for name, kind in _DTYPES.items()}
    return pd.DataFrame(typed, index=laid_out.index)


def _typed(column: pd.Series, kind: str) -> pd.Series:
    if column.dtype == kind and (kind != _TEXT or not column.hasnans):
        return column
    if kind == _TEXT:
        return column.astype(object).where(column.notna(), "").astype(_TEXT)
    if kind == "bool":
        return column.astype(object).where(column.notna(), True).astype(bool)
    if kind == _WHOLE:
        return column.astype(_WHOLE)
    return pd.to_numeric(column).astype(_SHARE)
