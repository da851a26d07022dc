"""Coded tables on a cluster: Parquet, or CSV with a header, that Spark reads where it lies.

A table here holds the codebook's variables and values already. Nothing is mapped, and nothing is
read until an estimate asks for its totals.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.coded import (
    NUMBER_ROLES,
    ROLES,
    SYNTHETIC,
    CodedTable,
    design_names,
)
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.tables import NO_ANSWER, Variable

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

_CONNECT = "sc://"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_ENDINGS = (".parquet", ".csv")
_UNMAPPED = {"file", "blank", "unique", "design"}
_NUMBERS = ("double", "float", "int", "bigint", "smallint", "tinyint", "decimal")


def open_tables(cohort: Cohort) -> dict[str, CodedTable]:
    """Open every table of a cohort on the Spark that it names, in the order of ``cohort.toml``."""
    places = {name: place_of(cohort, name) for name in cohort.settings.tables}
    with spark_failures(cohort):
        session = open_session(cohort)
        return {name: _open(cohort, session, name, place) for name, place in places.items()}


def place_of(cohort: Cohort, name: str) -> str:
    """Return where Spark finds a table."""
    settings, where = cohort.table(name), f"cohort.toml [tables.{name}]"
    mapping = sorted(settings.model_fields_set - _UNMAPPED)
    if mapping:
        raise CohortError(
            f"{cohort.id}: table {name} is on Spark, where nothing is mapped.",
            found=", ".join(mapping),
            expected="only file, blank, unique, design",
            where=where,
            do="write the table with the codebook's variables and values and take these settings "
            "out, or take [engine] out to have the file mapped on this machine",
        )
    file = settings.file.rstrip("/")
    if not file.lower().endswith(_ENDINGS):
        raise CohortError(
            f"{cohort.id}: table {name} is of a kind that is not read on Spark.",
            found=repr(file),
            expected=" or ".join(_ENDINGS),
            where=where,
            do="write the table as Parquet, or take [engine] out",
        )
    # file:// is an address too, but of this machine, where a cohort has its own folder only.
    if _URI.match(file) and not file.lower().startswith("file:"):
        return file
    return f"file://{cohort.file(file, where).resolve()}"


def open_session(cohort: Cohort) -> SparkSession:
    """Return the session of the master that the cohort names; one that is open is used."""
    _require_pyspark(cohort)
    master = cohort.settings.engine.spark
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
    """Say what Spark gives up on in words; nothing is done for a cohort without Spark."""
    if not cohort.settings.engine.spark:
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
            where=f'cohort.toml [engine] spark = "{cohort.settings.engine.spark}"',
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


def _open(cohort: Cohort, session: SparkSession, name: str, place: str) -> CodedTable:
    settings, variables = cohort.table(name), cohort.variables(name)
    frame = _parquet_or_csv(session, place, settings, variables)
    there = {one: variables[one] for one in variables if one in frame.columns}
    if not there:
        raise CohortError(
            f"{cohort.id}: no column of table {name} is a variable of the codebook.",
            found=", ".join(frame.columns[:8]),
            expected=", ".join(list(variables)[:8]),
            where=f"cohort.toml [tables.{name}]",
            do="write the table with the codebook's variables, or take [engine] out",
        )
    blank = NO_ANSWER if settings.blank == NO_ANSWER else None
    kinds = _kinds(frame, settings, there)
    columns = [_column(frame, column, kind, blank) for column, kind in kinds.items()]
    return CodedTable(
        name=name,
        frame=frame.select(*columns),
        variables=there,
        settings=settings,
        design=settings.design,
    )


def _parquet_or_csv(
    session: SparkSession, place: str, settings: TableSettings, variables: dict[str, Variable]
) -> DataFrame:
    if place.lower().endswith(".parquet"):
        return session.read.parquet(place)
    # Quotes are doubled and may hold line breaks, as in the files that spreadsheets write.
    reader = session.read.options(header=True, multiLine=True, quote='"', escape='"')
    guessed = dict(reader.options(inferSchema=True).csv(place).dtypes)
    numbers = _numbers(settings, variables, list(guessed))
    kinds = [
        f"{_quoted(name)} {'double' if name in numbers and kind.startswith(_NUMBERS) else 'string'}"
        for name, kind in guessed.items()
    ]
    return reader.options(inferSchema=False).schema(", ".join(kinds)).csv(place)


def _numbers(settings: TableSettings, variables: dict[str, Variable], names: list[str]) -> set[str]:
    """Columns that hold numbers by the codebook or the design."""
    measured = {name for name in names if name in variables and variables[name].type == "number"}
    return measured | set(_listed(settings, names, NUMBER_ROLES))


def _listed(settings: TableSettings, names: list[str], roles: tuple[str, ...]) -> list[str]:
    listed = [one for role in roles for one in design_names(settings.design, role, names)]
    return [name for name in dict.fromkeys(listed) if name in names]


def _kinds(frame: DataFrame, settings: TableSettings, there: dict[str, Variable]) -> dict[str, str]:
    """Columns that are kept and what they are: category, number or text."""
    numbers = _numbers(settings, there, frame.columns)
    kept = dict.fromkeys([*there, *_listed(settings, frame.columns, ROLES)])
    kept |= dict.fromkeys(name for name in frame.columns if name == SYNTHETIC)
    kinds = {name: "number" if name in numbers else "text" for name in kept}
    return kinds | {name: "category" for name, one in there.items() if one.type == "category"}


def _column(frame: DataFrame, name: str, kind: str, blank: str | None) -> Column:
    from pyspark.sql import functions as sql

    column = sql.col(_quoted(name))
    if kind == "number" and dict(frame.dtypes)[name].startswith(_NUMBERS):
        number = column.cast("double")
        return sql.when(~sql.isnan(number), number).alias(name)
    text = column.cast("string")
    text = sql.when(sql.trim(text) != "", text)
    filled = sql.coalesce(text, sql.lit(blank)) if kind == "category" and blank else text
    return filled.alias(name)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
