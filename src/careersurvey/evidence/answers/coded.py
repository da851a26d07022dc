"""Coded answers kept: few rows in memory, many in a Parquet file that is used again."""

from __future__ import annotations

import fnmatch
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

from careersurvey.evidence.answers.sheet import Seen
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.project import project_root
from careersurvey.evidence.settings import DesignSettings, TableSettings
from careersurvey.evidence.tables import Variable

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import DataFrame as SparkFrame

#: Column of an example or drawn table that says, in every row, that it was invented.
SYNTHETIC = "synthetic"
NUMBER_ROLES = ("weight", "population", "replicate_weights")
ROLES = ("weight", "strata", "clusters", "population", "replicate_weights")
KEPT_WHOLE = 200_000  #: Rows of a table that stay in memory.
_FORM = "1"  # of the coded file; another one is compiled anew
_TOLD = b"careersurvey"


@dataclass(frozen=True)
class CodedTable:
    """A table of answers in the codebook's values, ready to be estimated from.

    Attributes
    ----------
    name : str
        As in ``cohort.toml``.
    frame : duckdb.DuckDBPyRelation or pyspark.sql.DataFrame
        One column a codebook variable that the file has, then the design's columns. Categories
        are values of the codebook, ``no_answer`` for asked and left blank, a declared missing
        code, or null for never asked. A number is null where there is none; the reason stands
        in ``variable__missing`` where reasons were declared. A delimited cell is a yes/no
        column ``variable__category`` for each category.
    variables : dict
        The codebook's variables that the file has, by name.
    rows_read, rows_kept : int
        Rows of answers in the file, and rows of ``frame``; the rest is in ``set_aside``.
    set_aside : dict of str to Seen
        By reason: the rows that were left out.
    notes : tuple of str
        What was normalised or taken for granted.
    findings : tuple of Check
        Cells that are not as the codebook says, and those that are doubted.
    settings : TableSettings
        The table's settings.
    design : DesignSettings
        Its design, each column named as in ``frame``.
    numbered : str
        SQL after FROM: ``frame`` with the number of each row in the file, ``row__``.
    """

    name: str
    frame: duckdb.DuckDBPyRelation | SparkFrame
    variables: dict[str, Variable]
    settings: TableSettings
    design: DesignSettings = field(default=None)
    rows_read: int = 0
    rows_kept: int = 0
    set_aside: dict[str, Seen] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    findings: tuple[Check, ...] = ()
    numbered: str = ""

    def __post_init__(self) -> None:
        if self.design is None:
            object.__setattr__(self, "design", self.settings.design)

    @property
    def key(self) -> str:
        """The variable that identifies the table's rows, or ``""``."""
        own = self.settings.unique or f"{self.name.removesuffix('s')}_id"
        return own if own in self.variables else ""


def design_names(design: DesignSettings, role: str, columns: list[str]) -> list[str | float]:
    """Return what a setting of the design names; ``repw*`` names all columns that match."""
    given = getattr(design, role)
    entries = [given] if isinstance(given, str) else list(given or ())
    if role == "replicate_weights":
        return [name for one in entries for name in fnmatch.filter(columns, one) or [one]]
    return [entry for entry in entries if entry != ""]


def digest_of(files: list[Path], said: str) -> str:
    """Return what tells a compiled table from another: its files' state and what is said of it."""
    states = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files]
    text = repr((_FORM, version("careersurvey"), states, said))
    return blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


class Store:
    """Coded rows in the order of the file, and what is told of the table as a whole."""

    def __init__(self, target: Path, told: dict[str, Any] | None = None) -> None:
        self.told = told or {}
        self.target = target
        self.batches: list[pa.RecordBatch] = []
        self.rows = 0
        self.in_memory = told is None
        self.writer: parquet.ParquetWriter | None = None
        self.aside: Path | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Keep some more rows; from many on, they go to a file."""
        self.rows += len(batch)
        self.batches.append(batch)
        if self.rows > KEPT_WHOLE:
            self._write()

    def _write(self) -> None:
        if self.in_memory:
            self.in_memory = False
            folder = _folder(self.target.parent)
            self.target = folder / self.target.name
            self.aside = Path(tempfile.mkdtemp(dir=folder, prefix=".aside-")) / self.target.name
            schema = self.batches[0].schema
            coded = [one.name for one in schema if pa.types.is_dictionary(one.type)]
            self.writer = parquet.ParquetWriter(
                self.aside,
                schema,
                compression="zstd",
                write_statistics=False,
                use_dictionary=coded,
            )
        for batch in self.batches:
            self.writer.write_batch(batch)
        self.batches = []

    def finish(self) -> None:
        """Put what was written in its place; nothing stands there before it is whole."""
        if self.in_memory:
            return
        self.writer.add_key_value_metadata({_TOLD: json.dumps(self.told).encode()})
        self.writer.close()
        self.aside.replace(self.target)
        name = self.target.name.rpartition("-")[0]
        for old in self.target.parent.glob(f"{name}-*.parquet"):
            if old != self.target:
                old.unlink(missing_ok=True)

    def clean(self) -> None:
        """Remove what was written aside."""
        if self.aside:
            with suppress(Exception):
                self.writer.close()
            shutil.rmtree(self.aside.parent, ignore_errors=True)

    def frame(self, without: list[str]) -> duckdb.DuckDBPyRelation:
        """Return the rows as a relation of DuckDB."""
        if self.in_memory:
            relation = connection().from_arrow(pa.Table.from_batches(self.batches))
        else:
            relation = connection().read_parquet(_plain(self.target))
        return relation.project(", ".join(_quoted(c) for c in relation.columns if c not in without))

    def numbered(self) -> str:
        """Return SQL after FROM for all columns, the numbers of rows too."""
        if not self.in_memory:
            return "read_parquet('" + _plain(self.target).replace("'", "''") + "')"
        # Two cohorts may have tables of one name; the digest is of one table alone.
        name = f"careersurvey_{self.target.stem}"
        connection().register(name, pa.Table.from_batches(self.batches))
        return _quoted(name)


def kept_before(cohort: str, table: str, digest: str) -> Store | None:
    """Return what was kept of a table before, or None where it is not there or not whole."""
    target = _target(cohort, table, digest)
    try:
        found = parquet.read_metadata(target).metadata or {}
        return Store(target, json.loads(found[_TOLD]))
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return None


@contextmanager
def writing(cohort: str, table: str, digest: str) -> Iterator[Store]:
    """Keep the rows that are added inside; nothing is left of them where that fails."""
    store = Store(_target(cohort, table, digest))
    try:
        yield store
        store.finish()
    finally:
        store.clean()


@cache
def connection() -> duckdb.DuckDBPyConnection:
    """Return the connection that all tables of answers share, so that they can be joined."""
    import duckdb

    # DuckDB's own default one, because narwhals sets some of its steps on that.
    shared = duckdb.default_connection()
    shared.execute("SET autoinstall_known_extensions = false")
    shared.execute("SET preserve_insertion_order = true")
    # A bar would land between the lines of what a command prints for machines. In a notebook it is
    # off, and to set it at all would ask for ipywidgets.
    if shared.execute("SELECT current_setting('enable_progress_bar')").fetchall()[0][0]:
        shared.execute("SET enable_progress_bar = false")
    return shared


def _target(cohort: str, table: str, digest: str) -> Path:
    return project_root() / "build" / cohort / "answers" / f"{table}-{digest}.parquet"


def _folder(wanted: Path) -> Path:
    """Return the folder for coded answers, or one that goes with the process."""
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError:
        return Path(_scratch().name)


@cache
def _scratch() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="careersurvey-")


def _plain(path: Path) -> str:
    # DuckDB takes these marks for a pattern of several files.
    return "".join(f"[{mark}]" if mark in "*?[" else mark for mark in str(path))


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
