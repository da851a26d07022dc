"""Coded answers kept: few rows in memory, many in a Parquet file that is used again."""

from __future__ import annotations

import fnmatch
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet
from pydantic import TypeAdapter

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
_FORM = "2"  # of what is kept; another one is compiled anew
_AT_A_TIME = 2_000_000  # identifiers that are held in memory at once


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is told of a table as a whole, once all its rows were read.

    Attributes
    ----------
    variables : dict
        The codebook's variables that the file has, by name.
    design : DesignSettings
        Its design, each column named as in the coded table.
    rows_read, rows_kept : int
        Rows of answers in the file, and rows of the table; the rest is in ``set_aside``.
    different : int
        Different values of the table's own identifier; blanks are none.
    set_aside : dict of str to Seen
        By reason: the rows that were left out.
    notes : tuple of str
        What was normalised or taken for granted.
    findings : tuple of Check
        Cells that are not as the codebook says, and those that are doubted.
    """

    variables: dict[str, Variable]
    design: DesignSettings
    rows_read: int = 0
    rows_kept: int = 0
    different: int = 0
    set_aside: dict[str, Seen] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    findings: tuple[Check, ...] = ()


_TOLD: TypeAdapter[Told] = TypeAdapter(Told)


@dataclass(frozen=True, kw_only=True)
class CodedTable(Told):
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
    settings : TableSettings
        The table's settings.
    numbered : str
        SQL after FROM: ``frame`` with the number of each row in the file, ``row__``.
    """

    name: str
    frame: duckdb.DuckDBPyRelation | SparkFrame
    settings: TableSettings
    numbered: str = ""

    @property
    def key(self) -> str:
        """The variable that identifies the table's rows, or ``""``."""
        own = own_identifier(self.name, self.settings)
        return own if own in self.variables else ""


def own_identifier(table: str, settings: TableSettings) -> str:
    """Return what the identifier of a table's rows is called: ``parent_id`` of parents."""
    return settings.unique or called_after(table)


def called_after(table: str) -> str:
    """Return the identifier that has its name from a table."""
    return f"{table.removesuffix('s')}_id"


def design_names(design: DesignSettings, role: str, columns: list[str]) -> list[str | float]:
    """Return what a setting of the design names; ``repw*`` names all columns that match."""
    given = getattr(design, role)
    entries = [given] if isinstance(given, str) else list(given or ())
    if role == "replicate_weights":
        return [name for one in entries for name in fnmatch.filter(columns, one) or [one]]
    return [entry for entry in entries if entry != ""]


def digest_of(files: list[Path], said: object) -> str:
    """Return what tells a compiled table from another: its files' state and what is said of it."""
    states = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files]
    text = repr((_FORM, version("careersurvey"), states, said))
    return blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


class Store:
    """Coded rows in the order of the file: in memory, or from many on in a file.

    The file has its name from the digest of all that it depends on. What is told of the table
    stands in a second one beside it, which is written last.
    """

    def __init__(self, cohort: str, table: str, digest: str) -> None:
        self.table = table
        folder = project_root() / "build" / cohort / "answers"
        self.target = folder / f"{table}-{digest}.parquet"
        self.batches: list[pa.RecordBatch] = []
        self.rows = 0
        self.in_memory = True
        self.writer: parquet.ParquetWriter | None = None

    def kept(self) -> Told | None:
        """Return what was told of rows that were kept; None if they are not there, or not whole."""
        try:
            told = _TOLD.validate_json(self.target.with_suffix(".json").read_bytes())
            parquet.read_metadata(self.target)
        except (OSError, ValueError, pa.ArrowException):
            return None
        self.in_memory = False
        return told

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep the rows that are added inside; nothing is left of them where that fails."""
        try:
            yield
            if self.writer:
                self.writer.close()
                self.aside.replace(self.target)
        finally:
            if self.writer:
                with suppress(Exception):
                    self.writer.close()
                shutil.rmtree(self.aside.parent, ignore_errors=True)

    def add(self, batch: pa.RecordBatch) -> None:
        """Keep some more rows; from many on, they go to a file."""
        self.rows += len(batch)
        self.batches.append(batch)
        if self.rows > KEPT_WHOLE:
            self.writer = self.writer or self._open(batch.schema)
            for each in self.batches:
                self.writer.write_batch(each)
            self.batches = []

    def _open(self, schema: pa.Schema) -> parquet.ParquetWriter:
        self.in_memory = False
        folder = _folder(self.target.parent)
        self.target = folder / self.target.name
        self.aside = Path(tempfile.mkdtemp(dir=folder, prefix=".aside-")) / self.target.name
        coded = [one.name for one in schema if pa.types.is_dictionary(one.type)]
        return parquet.ParquetWriter(
            self.aside, schema, compression="zstd", write_statistics=False, use_dictionary=coded
        )

    def tell(self, told: Told) -> None:
        """Keep what is told of rows in a file beside it, and remove what stood there before."""
        if self.in_memory:
            return
        self.target.with_suffix(".json").write_bytes(_TOLD.dump_json(told, exclude_unset=True))
        for old in self.target.parent.iterdir():
            if old.stem.rpartition("-")[0] == self.table and old.stem != self.target.stem:
                old.unlink(missing_ok=True)

    def numbered(self) -> str:
        """Return SQL after FROM for all columns, the numbers of rows too."""
        if not self.in_memory:
            # DuckDB takes some marks for a pattern of several files.
            plain = "".join(f"[{mark}]" if mark in "*?[" else mark for mark in str(self.target))
            return "read_parquet('" + plain.replace("'", "''") + "')"
        # Two cohorts may have tables of one name; the digest is of one table alone.
        name = f"careersurvey_{self.target.stem}"
        connection().register(name, pa.Table.from_batches(self.batches))
        return _quoted(name)

    def different(self, column: str) -> int:
        """Count different values of a column, a part of them at a time to spare memory."""
        parts, name = self.rows // _AT_A_TIME + 1, _quoted(column)
        counted = (
            connection().sql(
                f"SELECT count(DISTINCT {name}) FROM {self.numbered()} "
                f"WHERE hash({name}) % {parts} = {part}"
            )
            for part in range(parts)
        )
        return sum(one.fetchall()[0][0] for one in counted)


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


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
