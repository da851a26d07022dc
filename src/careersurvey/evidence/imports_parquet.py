"""Parquet files of answers, left where they are and read column by column."""

from __future__ import annotations

import duckdb
import pyarrow as pa
from pyarrow import parquet

from careersurvey.evidence.imports_headers import make_header
from careersurvey.evidence.imports_refusals import empty, unreadable
from careersurvey.evidence.imports_settings import TableSettings
from careersurvey.evidence.imports_source import Source
from careersurvey.evidence.imports_store import is_pattern, literal, named, rows, store_arrow

_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")


def read_parquet(settings: TableSettings) -> Source:
    """Open a Parquet file; numbers go through text and back without loss.

    Raises
    ------
    CohortError
        If the file is encrypted or damaged.
    """
    if not settings.path.stat().st_size:
        raise empty(settings)
    try:
        scan = _scan(settings)
        columns = [(name, kind) for name, kind, *_ in rows(f"DESCRIBE SELECT * FROM {scan}")]
    except (duckdb.Error, pa.ArrowException) as problem:
        raise unreadable(settings, "a Parquet file", problem) from None
    texts = (f"{_as_text(name, kind)} AS c{i}" for i, (name, kind) in enumerate(columns))
    header = make_header([[name for name, _ in columns]])
    return Source(f"(SELECT {', '.join(texts)} FROM {scan})", header, first_row=1)


def _scan(settings: TableSettings) -> str:
    if is_pattern(settings.path):
        return store_arrow(parquet.read_table(settings.path))
    return f"read_parquet({literal(str(settings.path))})"


def _as_text(name: str, kind: str) -> str:
    column = named(name)
    text = f"CAST({column} AS VARCHAR)"
    if kind.startswith(_FRACTIONS):
        whole = f"TRY_CAST({column} AS BIGINT)"
        number = f"NOT isnan(CAST({column} AS DOUBLE))"
        return (
            f"CASE WHEN {whole} = {column} THEN CAST({whole} AS VARCHAR) "
            f"WHEN {number} THEN {text} END"
        )
    if kind.endswith("[]"):
        # A list of answers becomes one cell with several, as other tools write them.
        return f"nullif(array_to_string({column}, ';'), '')"
    if kind.startswith("TIMESTAMP"):
        return f"replace({text}, ' 00:00:00', '')"
    return f"nullif({text}, '')"
