"""Tables of answers that Spark reads where they lie: Parquet, or CSV with a header.

A table here holds the codebook's variables and values already. Nothing is mapped, and nothing is
read until an estimate asks for its totals.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from careersurvey.errors import CohortError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.imports_headers import make_header
from careersurvey.evidence.imports_open import SYNTHETIC, design_columns
from careersurvey.evidence.imports_settings import (
    TableSettings,
    given_settings,
    inside,
    table_names,
)
from careersurvey.evidence.tables import NO_ANSWER, Variable

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

_CONNECT = "sc://"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_ENDINGS = (".parquet", ".csv")
_UNMAPPED = ("file", "blank", "unique", "design")
_NUMBER_ROLES = ("weight", "population", "replicate_weights")
_ROLES = (*_NUMBER_ROLES, "strata", "clusters")


@dataclass(frozen=True)
class SparkTable:
    """A table of answers on Spark, open but not read.

    Attributes
    ----------
    name : str
        As in ``cohort.toml``.
    frame : pyspark.sql.DataFrame
        One column a codebook variable that the table has, then the design's columns, as
        `imports.Table.frame` has them.
    variables : dict
        The codebook's variables that the table has, by name.
    settings : TableSettings
        The table's settings.
    """

    name: str
    frame: DataFrame
    variables: dict[str, Variable]
    settings: TableSettings


def spark_master(cohort: Cohort) -> str:
    """Return the Spark master that ``[engine]`` names, or ``""`` where there is none."""
    return cohort.settings.engine.spark


def spark_settings(cohort: Cohort, name: str) -> tuple[TableSettings, str]:
    """Return the settings of a table on Spark, and where Spark finds it.

    Raises
    ------
    CohortError
        If a setting asks for a mapping, the file is neither Parquet nor CSV, or it lies
        outside the cohort's folder and is not an address such as ``s3a://``.
    """
    given = given_settings(cohort, name)
    mapping = [key for key in given if key not in _UNMAPPED]
    if mapping:
        raise CohortError(
            f"{cohort.id}: table {name} is on Spark, where nothing is mapped.",
            found=", ".join(mapping),
            expected=f"only {', '.join(_UNMAPPED)}",
            where=f"cohort.toml [tables.{name}]",
            do="write the table with the codebook's variables and values and take these settings "
            "out, or take [engine] out to have the file mapped on this machine",
        )
    file = given["file"].rstrip("/")
    if not file.lower().endswith(_ENDINGS):
        raise CohortError(
            f"{cohort.id}: table {name} is of a kind that is not read on Spark.",
            found=repr(file),
            expected=" or ".join(_ENDINGS),
            where=f"cohort.toml [tables.{name}]",
            do="write the table as Parquet, or take [engine] out",
        )
    place = _place(cohort, file, name)
    rest = {key: value for key, value in given.items() if key != "file"}
    return TableSettings(cohort=cohort.id, name=name, path=Path(file), **rest), place


def read_spark_tables(cohort: Cohort) -> dict[str, SparkTable]:
    """Open every table of a cohort on the Spark that it names, in the order of ``cohort.toml``.

    Categories that are blank are ``no_answer``, or null where the table says
    ``blank = "not_asked"``; numbers are floats, everything else text.

    Parameters
    ----------
    cohort : Cohort
        A cohort of respondents with ``[engine] spark``.

    Raises
    ------
    CohortError
        If a setting does not fit, pyspark or Java is missing, Spark cannot be reached, or a
        table cannot be opened there.
    """
    settings = {name: spark_settings(cohort, name) for name in table_names(cohort)}
    with spark_failures(cohort):
        session = open_session(cohort)
        return {name: _open(cohort, session, *one) for name, one in settings.items()}


def open_session(cohort: Cohort) -> SparkSession:
    """Return the session of the master that the cohort names; one that is open is used.

    Raises
    ------
    CohortError
        If pyspark is not installed, or Java is not there for a master other than ``sc://``.
    """
    _require_pyspark(cohort)
    master = spark_master(cohort)
    if not master.startswith(_CONNECT):
        _require_java(cohort)
    from pyspark.sql import SparkSession

    named = SparkSession.builder.appName("careersurvey")
    if master.startswith(_CONNECT):
        return named.remote(master).getOrCreate()
    session = named.master(master).config("spark.ui.enabled", "false").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


@contextmanager
def spark_failures(cohort: Cohort) -> Iterator[None]:
    """Say what Spark gives up on in words; nothing is done for a cohort without Spark.

    Raises
    ------
    CohortError
        If Spark cannot be started or reached, or fails while it reads.
    """
    if not spark_master(cohort):
        yield
        return
    _require_pyspark(cohort)
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as problem:
        lines = str(problem).strip().splitlines() or [type(problem).__name__]
        raise CohortError(
            f"{cohort.id}: Spark gave up.",
            found=lines[0],
            where=f'cohort.toml [engine] spark = "{spark_master(cohort)}"',
            do="see that the master is up and the tables are there, or take [engine] out",
        ) from None


def _require_pyspark(cohort: Cohort) -> None:
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise CohortError(
            f"{cohort.id}: cohort.toml asks for Spark, and pyspark is not installed.",
            where="cohort.toml [engine]",
            do="install it with `make spark` or `pip install 'careersurvey[spark]'`, or take "
            "[engine] out",
        ) from None


def _require_java(cohort: Cohort) -> None:
    home = os.environ.get("JAVA_HOME")
    if shutil.which(f"{home}/bin/java" if home else "java"):
        return
    raise CohortError(
        f"{cohort.id}: cohort.toml asks for Spark, which needs Java, and there is none.",
        found=f"JAVA_HOME={home}" if home else "no java on the path",
        expected="Java 17 or later",
        where="cohort.toml [engine]",
        do="install Java, such as openjdk-17-jre-headless, or use sc://, or take [engine] out",
    )


def _place(cohort: Cohort, file: str, table: str) -> str:
    # file:// is an address too, but of this machine, where a cohort has its own folder only.
    if _URI.match(file) and not file.lower().startswith("file:"):
        return file
    return f"file://{inside(cohort, file, table, parts_too=True).resolve()}"


def _open(cohort: Cohort, session: SparkSession, settings: TableSettings, place: str) -> SparkTable:
    variables = cohort.variables(settings.name)
    frame = _parquet_or_csv(session, place, settings, variables)
    there = {name: variables[name] for name in variables if name in frame.columns}
    if not there:
        raise CohortError(
            f"{cohort.id}: no column of table {settings.name} is a variable of the codebook.",
            found=", ".join(frame.columns[:8]),
            expected=", ".join(list(variables)[:8]),
            where=settings.place,
            do="write the table with the codebook's variables, or take [engine] out",
        )
    blank = NO_ANSWER if settings.blank == NO_ANSWER else None
    columns = [_column(frame, name, kind, blank) for name, kind in _kinds(frame, settings, there)]
    return SparkTable(settings.name, frame.select(*columns), there, settings)


def _numbers(settings: TableSettings, variables: dict[str, Variable], names: list[str]) -> set[str]:
    """Columns that hold numbers by the codebook or the design."""
    measured = {name for name in names if name in variables and variables[name].type == "number"}
    return measured | set(_design_names(settings, names, _NUMBER_ROLES))


def _design_names(settings: TableSettings, names: list[str], roles: tuple[str, ...]) -> list[str]:
    header = make_header([names])
    listed = [
        one for role in roles for one in design_columns(settings.design.get(role), role, header)
    ]
    return [name for name in dict.fromkeys(listed) if name in names]


def _parquet_or_csv(
    session: SparkSession, place: str, settings: TableSettings, variables: dict[str, Variable]
) -> DataFrame:
    if place.lower().endswith(".parquet"):
        return session.read.parquet(place)
    # Quotes are doubled and may hold line breaks, as in the files that spreadsheets write.
    reader = session.read.options(header=True, multiLine=True, quote='"', escape='"')
    guessed = reader.options(inferSchema=True).csv(place).dtypes
    numbers = _numbers(settings, variables, [name for name, _ in guessed])
    kinds = [
        f"{_quoted(name)} {'double' if name in numbers and _is_numeric(kind) else 'string'}"
        for name, kind in guessed
    ]
    return reader.options(inferSchema=False).schema(", ".join(kinds)).csv(place)


def _kinds(
    frame: DataFrame, settings: TableSettings, there: dict[str, Variable]
) -> list[tuple[str, str]]:
    """Columns that are kept and what they are: category, number or text."""
    numbers = _numbers(settings, there, frame.columns)
    kinds = {name: "number" if name in numbers else "text" for name in frame.columns}
    kept = dict.fromkeys([*there, *_design_names(settings, frame.columns, _ROLES)])
    kept |= dict.fromkeys(name for name in frame.columns if name == SYNTHETIC)
    kinds |= {name: "category" for name, one in there.items() if one.type == "category"}
    return [(name, kinds[name]) for name in kept]


def _column(frame: DataFrame, name: str, kind: str, blank: str | None) -> Column:
    from pyspark.sql import functions as sql

    column = sql.col(_quoted(name))
    if kind == "number" and _is_numeric(dict(frame.dtypes)[name]):
        number = column.cast("double")
        return sql.when(~sql.isnan(number), number).alias(name)
    text = column.cast("string")
    text = sql.when(sql.trim(text) != "", text)
    filled = sql.coalesce(text, sql.lit(blank)) if kind == "category" and blank else text
    return filled.alias(name)


def _is_numeric(kind: str) -> bool:
    return kind.startswith(("double", "float", "int", "bigint", "smallint", "tinyint", "decimal"))


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
