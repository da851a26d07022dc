"""Coded tables on a cluster: Parquet of the codebook's values, which Spark reads where it lies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from careersurvey.errors import CohortError, from_extra
from careersurvey.evidence.answers.coded import (
    NUMBER_ROLES,
    ROLES,
    SYNTHETIC,
    CodedTable,
    design_names,
)
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.tables import NO_ANSWER, Variable

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
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
    file = settings.file.rstrip("/")
    amiss = sorted(settings.model_fields_set - _UNMAPPED)
    amiss += [] if file.lower().endswith(".parquet") else [repr(file)]
    if amiss:
        raise CohortError(
            f"{cohort.id}: table {name} is on Spark, where Parquet is read and nothing is mapped.",
            found=", ".join(amiss),
            expected="a .parquet file, and only file, blank, unique, design",
            where=where,
            do="write the table as Parquet with the codebook's variables and values and take other "
            "settings out, or take [engine] out to have the file mapped on this machine",
        )
    # file:// is an address too, but of this machine, where a cohort has its own folder only.
    if _URI.match(file) and not file.lower().startswith("file:"):
        return file
    return f"file://{cohort.file(file, where).resolve()}"


def open_session(cohort: Cohort) -> SparkSession:
    """Return the session of the master that the cohort names; one that is open is used."""
    master = cohort.settings.engine.spark
    from pyspark.sql import SparkSession

    named = SparkSession.builder.appName("careersurvey")
    if master.startswith("sc://"):
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
    from_extra("pyspark", "spark", f"{cohort.id}: [engine] of cohort.toml")
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
            do="see that the master is up and the tables are there, and Java 17 or later for a "
            "master on this machine; or take [engine] out",
        ) from None


def _open(cohort: Cohort, session: SparkSession, name: str, place: str) -> CodedTable:
    settings, variables = cohort.table(name), cohort.variables(name)
    frame = session.read.parquet(place)
    there = {one: variables[one] for one in variables if one in frame.columns}
    if not there:
        raise CohortError(
            f"{cohort.id}: no column of table {name} is a variable of the codebook.",
            found=", ".join(frame.columns[:8]),
            expected=", ".join(list(variables)[:8]),
            where=f"cohort.toml [tables.{name}]",
            do="write the table with the codebook's variables, or take [engine] out",
        )
    kept = _kept(frame, settings.design, there)
    is_left = settings.blank == NO_ANSWER
    left = {n for n, one in there.items() if one.type == "category" and is_left}
    return CodedTable(
        name=name,
        frame=frame.select(*(_column(n, kept[n], n in left) for n in kept)),
        variables=there,
        settings=settings,
        design=settings.design,
    )


def _kept(frame: DataFrame, design: DesignSettings, there: dict[str, Variable]) -> dict[str, bool]:
    """Columns that are kept, and whether each is numbers by the codebook or the design."""
    kept = {name: one.type == "number" for name, one in there.items()}
    for role in ROLES:
        for name in map(str, design_names(design, role, frame.columns)):
            kept[name] = kept.get(name, False) or role in NUMBER_ROLES
    kept.setdefault(SYNTHETIC, False)
    kinds = {name: kind.startswith(_NUMBERS) for name, kind in frame.dtypes}
    texts = [name for name, one in there.items() if one.type == "number" and not kinds[name]]
    if texts:
        raise CohortError(
            f"Columns of text stand where the codebook has numbers: {', '.join(texts)}.",
            do="write the table with numbers, or call them categories in codebook.csv",
        )
    return {name: is_number and kinds[name] for name, is_number in kept.items() if name in kinds}


def _column(name: str, is_number: bool, is_left: bool) -> Column:
    """Return a column as numbers or as text; what is blank is null, or a question that was left."""
    from pyspark.sql import functions as sql

    column = sql.col(_quoted(name))
    if is_number:
        number = column.cast("double")
        return sql.when(~sql.isnan(number), number).alias(name)
    text = column.cast("string")
    text = sql.when(sql.trim(text) != "", text)
    return (sql.coalesce(text, sql.lit(NO_ANSWER)) if is_left else text).alias(name)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
