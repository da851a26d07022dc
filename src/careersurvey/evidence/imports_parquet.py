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
#: Kinds whose numbers are the same through text and straight.
_FIGURES = ("DOUBLE", "BIGINT", "INTEGER", "SMALLINT", "TINYINT")


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
    texts = ", ".join(f"{_as_text(name, kind)} AS c{i}" for i, (name, kind) in enumerate(columns))
    return Source(
        f"(SELECT {texts} FROM {scan})",
        make_header([[name for name, _ in columns]]),
        first_row=1,
        lies="" if is_pattern(settings.path) else _lying(settings, columns),
        figures=frozenset(i for i, (_, kind) in enumerate(columns) if kind in _FIGURES),
    )


def _lying(settings: TableSettings, columns: list[tuple[str, str]]) -> str:
    parts = ["file_row_number + 1 AS row__"]
    for i, (name, kind) in enumerate(columns):
        parts.append(f"{named(name) if kind == 'VARCHAR' else _as_text(name, kind)} AS c{i}")
        if kind in _FIGURES:
            parts.append(f"CAST({named(name)} AS DOUBLE) AS n{i}")
    file = literal(str(settings.path))
    return f"(SELECT {', '.join(parts)} FROM read_parquet({file}, file_row_number = true))"


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
