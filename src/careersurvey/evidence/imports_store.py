"""The tables that answers are kept in while they are worked on, in DuckDB."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import pyarrow as pa

_numbers = itertools.count(1)


@cache
def connection() -> duckdb.DuckDBPyConnection:
    """Return the connection that all tables of answers share, so that they can be joined.

    It is DuckDB's own default one, because narwhals sets some of its steps on that. It never
    fetches an extension from elsewhere.
    """
    shared = duckdb.default_connection()
    shared.execute("SET autoinstall_known_extensions = false")
    shared.execute("SET preserve_insertion_order = true")
    # A bar would land between the lines of what a command prints for machines. In a notebook it is
    # off, and to set it at all would ask for ipywidgets.
    if shared.execute("SELECT current_setting('enable_progress_bar')").fetchall()[0][0]:
        shared.execute("SET enable_progress_bar = false")
    return shared


def store(query: str) -> str:
    """Keep the rows of a query in a table, in their order, and return the table's name."""
    name = f"careersurvey_answers_{next(_numbers)}"
    connection().execute(f"CREATE TEMP TABLE {name} AS {query}")
    return name


def store_arrow(table: pa.Table) -> str:
    """Keep an Arrow table, row by row in its order, and return the kept table's name."""
    name = f"careersurvey_arrow_{next(_numbers)}"
    connection().register(name, table)
    try:
        return store(f"SELECT * FROM {name}")
    finally:
        connection().unregister(name)


def drop(name: str) -> None:
    """Let go of a kept table."""
    connection().execute(f"DROP TABLE IF EXISTS {name}")


def rows(query: str) -> list[tuple]:
    """Return all rows of a query."""
    return connection().execute(query).fetchall()


def is_pattern(path: Path) -> bool:
    """Return whether DuckDB would take a path for a pattern of several files."""
    return any(mark in str(path) for mark in "*?[")


def literal(text: str) -> str:
    """Return text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: object) -> str:
    """Return texts as an SQL list for IN; a list of none holds NULL, which nothing equals."""
    return "(" + (", ".join(map(literal, texts)) or "NULL") + ")"


def named(column: str) -> str:
    """Return a column's name as SQL."""
    return '"' + column.replace('"', '""') + '"'
