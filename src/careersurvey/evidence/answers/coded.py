"""Coded answers kept: few rows in memory, many in a Parquet file that is used again."""

from __future__ import annotations

import fnmatch
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pyarrow as pa
from pyarrow import parquet
from pydantic import TypeAdapter

from careersurvey.evidence.answers.sheet import Seen
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.project import project_root
from careersurvey.evidence.settings import DesignSettings, TableSettings
from careersurvey.evidence.tables import Variable
from careersurvey.evidence.text import singular

if TYPE_CHECKING:
    import duckdb
    from pyspark.sql import DataFrame as SparkFrame

#: Column of an example or drawn table that says, in every row, that it was invented.
SYNTHETIC = "synthetic"
NUMBER_ROLES = ("weight", "population", "replicate_weights")
ROLES = ("weight", "strata", "clusters", "population", "replicate_weights")
KEPT_WHOLE = 50_000  #: Rows of a table that stay in memory.
_FORM = "10"  # of what is kept; another one is compiled anew


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What is known of a table as a whole, once all its rows were read."""

    variables: dict[str, Variable]  # those of the codebook that the file has, by name
    design: DesignSettings  # each column named as in the coded table
    rows_read: int = 0  # rows of answers in the file: those that are kept or set aside
    rows_kept: int = 0
    different: int = 0  # different hashes of the table's own identifier; blanks have none
    set_aside: dict[str, Seen] = field(default_factory=dict)  # by reason: rows left out
    notes: tuple[str, ...] = ()  # what was normalised or taken for granted
    findings: tuple[Check, ...] = ()  # cells that are not as the codebook says, or are doubted


_SUMMARY: TypeAdapter[Summary] = TypeAdapter(Summary)


@dataclass(frozen=True, kw_only=True)
class CodedTable(Summary):
    """A table of answers in the codebook's values, ready to be estimated from.

    Its frame has one column a codebook variable that the file has, then the design's columns.
    Categories are values of the codebook, ``no_answer`` for asked and left blank, a declared
    missing code, or null for never asked. A number is null where there is none; the reason stands
    in ``variable__missing`` where reasons were declared. A delimited cell is a yes/no column
    ``variable__category`` for each category.
    """

    name: str  # as in ``cohort.toml``
    frame: duckdb.DuckDBPyRelation | SparkFrame
    settings: TableSettings
    numbered: str = ""  # SQL after FROM: the frame with the number of each row, ``row__``
    kept: Path | None = None  # the file that its rows are read from; None where they are in memory

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
    return f"{singular(table)}_id"


def design_names(design: DesignSettings, role: str, columns: list[str]) -> list[str | float]:
    """Return what a setting of the design names; ``repw*`` names all columns that match."""
    given = getattr(design, role)
    entries = [given] if isinstance(given, str) else list(given or ())
    if role == "replicate_weights":
        others = [name for name in columns if name != design.weight]  # repw* may match repw0
        return [name for one in entries for name in fnmatch.filter(others, one) or [one]]
    return [entry for entry in entries if entry != ""]


def with_design(
    frame: nw.LazyFrame, design: DesignSettings, others: Iterable[tuple[str, Any]]
) -> nw.LazyFrame:
    """Join to answers the columns of their design that tables have whose rows they name."""
    for key, other in others:
        have = frame.collect_schema().names()
        more = [name for name in design.columns if name not in have and name in other.columns]
        if key in have and more:
            every = nw.from_native(other).select(key, *more).unique(key, keep="any")
            frame = frame.join(every, on=key, how="left")
    return frame


def digest_of(files: list[Path], said: object) -> str:
    """Return what tells a compiled table from another: its files' state and what is said of it."""
    # The last of these tells a file that was replaced by one with its size and its time.
    states = [(p, s.st_mtime_ns, s.st_size, s.st_ctime_ns) for p in files for s in [p.stat()]]
    text = repr((_FORM, version("careersurvey"), states, said))
    return blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


class Store:
    """Coded rows in the order of the file, in memory or in one; their summary is last."""

    def __init__(self, cohort: str, table: str, digest: str) -> None:
        self.table = table
        self.target = project_root() / "build" / cohort / "answers" / f"{table}-{digest}.parquet"
        self.batches: list[pa.RecordBatch] = []  # none once the rows are in the file
        self.rows = 0

    def kept_summary(self) -> Summary | None:
        """Return the summary of rows that were kept; None if they are not there, or not whole."""
        try:
            parquet.read_metadata(self.target)
            return _SUMMARY.validate_json(self.target.with_suffix(".json").read_bytes())
        except (OSError, ValueError, pa.ArrowException):
            return None

    def keep(self, batches: Iterator[pa.RecordBatch]) -> None:
        """Keep rows; of many nothing is left where reading them fails."""
        for batch in batches:
            self.batches.append(batch)
            self.rows += len(batch)
            if self.rows > KEPT_WHOLE:
                break
        else:
            return
        folder = _folder(self.target.parent)
        self.target = folder / self.target.name
        coded = [one.name for one in batch.schema if pa.types.is_dictionary(one.type)]
        # To pack codes and texts takes longer than to write them.
        packed = {one.name: "lz4" for one in batch.schema if pa.types.is_floating(one.type)}
        how = {"compression": packed, "write_statistics": False, "use_dictionary": coded}
        how["column_encoding"] = {"row__": "DELTA_BINARY_PACKED"}
        with tempfile.TemporaryDirectory(dir=folder, prefix=".aside-") as name:
            aside = Path(name) / self.target.name
            with parquet.ParquetWriter(aside, batch.schema, **how) as writer:
                while self.batches:
                    writer.write_batch(self.batches.pop(0))
                for batch in batches:
                    self.rows += len(batch)
                    writer.write_batch(batch)
            aside.replace(self.target)

    def keep_summary(self, summary: Summary) -> None:
        """Keep the summary of rows in a file beside theirs, and remove what stood there before."""
        if self.batches:
            return
        written = _SUMMARY.dump_json(summary, exclude_unset=True)
        self.target.with_suffix(".json").write_bytes(written)
        for old in self.target.parent.iterdir():
            if old.stem.rpartition("-")[0] == self.table and old.stem != self.target.stem:
                old.unlink(missing_ok=True)

    def numbered(self) -> str:
        """Return SQL after FROM for all columns, the numbers of rows too."""
        if not self.batches:
            # DuckDB takes some marks for a pattern of several files.
            plain = "".join(f"[{mark}]" if mark in "*?[" else mark for mark in str(self.target))
            return "read_parquet('" + plain.replace("'", "''") + "')"
        # Two cohorts may have tables of one name; the digest is of one table alone.
        name = f"careersurvey_{self.target.stem}"
        connection().register(name, pa.Table.from_batches(self.batches))
        return _quoted(name)

    def different(self, column: str) -> int:
        """Count values that are different for sure: those that do not share a hash."""
        name = _quoted(column)
        there = f"FROM {self.numbered()} WHERE {name} IS NOT NULL"
        hashed = connection().sql(f"SELECT hash({name}) {there}").to_arrow_table()
        hashes = np.sort(hashed.column(0).to_numpy())  # np.unique is slow
        return int(np.count_nonzero(hashes[1:] > hashes[:-1])) + (len(hashes) > 0)


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
