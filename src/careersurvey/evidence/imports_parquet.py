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

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
_ROW = "file_row_number"


def read_parquet(settings: TableSettings) -> Source:
    """Open a Parquet file; numbers come back without loss, and marks are not sought in them.

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
    stays = not is_pattern(settings.path) and _ROW not in {name.lower() for name, _ in columns}
    texts = [_as_text(name, kind) for name, kind in columns]
    if not stays:
        texts = [f"nullif({text}, '')" for text in texts]
    numeric = {i: column for i, column in enumerate(columns) if _is_numeric(column[1])}
    parts = [f"{text} AS c{i}" for i, text in enumerate(texts)]
    parts += [f"{_as_number(*column)} AS n{i}" for i, column in numeric.items()]
    if stays:
        scan = f"read_parquet({literal(str(settings.path))}, {_ROW} = true)"
        parts.append(f"{_ROW} + 1 AS row__")
    return Source(
        f"(SELECT {', '.join(parts)} FROM {scan})",
        make_header([[name for name, _ in columns]]),
        row="row__" if stays else "",
        first_row=1,
        numeric=frozenset(numeric),
        stays=stays,
    )


def _scan(settings: TableSettings) -> str:
    if is_pattern(settings.path):
        return store_arrow(parquet.read_table(settings.path))
    return f"read_parquet({literal(str(settings.path))})"


def _is_numeric(kind: str) -> bool:
    return kind.removeprefix("U") in _WHOLE or kind.partition("(")[0] in _FRACTIONS


def _as_number(name: str, kind: str) -> str:
    column = named(name)
    # 0.1 in single precision is 0.1, as it is written, and not what lies nearest to it.
    text = f"CAST({column} AS VARCHAR)" if kind == "FLOAT" else column
    return f"CAST({text} AS DOUBLE)"


def _as_text(name: str, kind: str) -> str:
    column = named(name)
    text = f"CAST({column} AS VARCHAR)"
    if kind == "VARCHAR":
        return column
    if kind.startswith(_FRACTIONS) and not kind.endswith("[]"):
        whole = f"TRY_CAST({column} AS BIGINT)"
        number = f"NOT isnan(CAST({column} AS DOUBLE))"
        return (
            f"CASE WHEN {whole} = {column} THEN CAST({whole} AS VARCHAR) "
            f"WHEN {number} THEN {text} END"
        )
    if kind.endswith("[]"):
        # A list of answers becomes one cell with several, as other tools write them.
        return f"array_to_string({column}, ';')"
    if kind.startswith("TIMESTAMP"):
        return f"replace({text}, ' 00:00:00', '')"
    return text
