"""A file of answers once it is open: columns of text, row numbers, labels, what was set aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory

import pyarrow as pa

from careersurvey.evidence.findings import ROWS_NAMED
from careersurvey.evidence.imports_headers import Header
from careersurvey.evidence.imports_store import store_arrow

BLANK_ROW = "every cell is blank"
SHORT_ROW = "fewer cells than the header"
LONG_ROW = "more cells than the header"
_BATCH = 50_000

Cells = list[str | None]


@dataclass(frozen=True)
class SetAside:
    """Rows that are left out: why, the numbers of the first ones, and how many."""

    reason: str
    rows: tuple[int, ...]
    n: int


@dataclass(frozen=True)
class Source:
    """An open file of answers.

    Attributes
    ----------
    scan : str
        SQL that can stand after FROM; columns ``c0``, ``c1``, ... of text in the file's order.
    header : Header
        What the columns are called.
    row : str
        SQL for the number of a row in the file, over ``scan``; ``""`` where the rows follow
        one another without a gap from ``first_row``.
    first_row : int
        Number of the first row of answers as a spreadsheet shows it.
    set_aside : tuple of SetAside
        Rows of the file that are not in ``scan``.
    labels : dict
        Of a column, by its position: label of each code.
    missing : dict
        Of a column: label of each code that the file itself declares to be no answer.
    notes : tuple of str
        What was taken for granted in opening the file.
    numeric : frozenset of int
        Columns that hold numbers in the file itself: ``n0`` of ``scan`` is the number of ``c0``.
    stays : bool
        Whether the file can be read column by column where it is. ``scan`` then has ``row__``,
        and blank text as it stands.
    scratch : TemporaryDirectory, optional
        Where a copy of the file in UTF-8 is, to be removed once its rows are kept.
    """

    scan: str
    header: Header
    row: str = ""
    first_row: int = 2
    set_aside: tuple[SetAside, ...] = ()
    labels: dict[int, dict[str, str]] = field(default_factory=dict)
    missing: dict[int, dict[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    numeric: frozenset[int] = frozenset()
    stays: bool = False
    scratch: TemporaryDirectory | None = None


def keep_rows(
    numbered: Iterable[tuple[int, Cells]], width: int, fill_short: bool
) -> tuple[str, tuple[SetAside, ...]]:
    """Keep rows of cells in a table, and set aside those that cannot be told apart from damage.

    Parameters
    ----------
    numbered : iterable of (int, list)
        Number of the row in the file, and its cells; None or blank text is a blank cell.
    width : int
        Columns of the header.
    fill_short : bool
        Whether cells that are missing at the end of a row are blank cells.

    Returns
    -------
    str, tuple of SetAside
        The table, with columns ``row__``, ``c0``, ``c1``, ..., and the rows left out.
    """
    left_out: dict[str, list[int]] = {}
    whole = _whole_rows(numbered, width, fill_short, left_out)
    schema = pa.schema([("row__", pa.int64()), *((f"c{i}", pa.string()) for i in range(width))])
    batches = list(_batches(whole, schema))
    table = store_arrow(pa.Table.from_batches(batches, schema))
    aside = (SetAside(why, tuple(n[:ROWS_NAMED]), len(n)) for why, n in left_out.items())
    return table, tuple(aside)


def _whole_rows(
    numbered: Iterable[tuple[int, Cells]],
    width: int,
    fill_short: bool,
    left_out: dict[str, list[int]],
) -> Iterator[tuple[int, Cells]]:
    for number, cells in numbered:
        reason = _reason(cells, width, fill_short)
        if reason:
            left_out.setdefault(reason, []).append(number)
        else:
            yield number, (cells + [None] * (width - len(cells)))[:width]


def _reason(cells: Cells, width: int, fill_short: bool) -> str:
    if not any(cell and not cell.isspace() for cell in cells):
        return BLANK_ROW
    if len(cells) < width and not fill_short:
        return SHORT_ROW
    if any(cell and not cell.isspace() for cell in cells[width:]):
        return LONG_ROW
    return ""


def _batches(rows: Iterator[tuple[int, Cells]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    numbers: list[int] = []
    lines: list[Cells] = []
    for number, cells in rows:
        numbers.append(number)
        lines.append([cell or None for cell in cells])
        if len(lines) == _BATCH:
            yield _batch(numbers, lines, schema)
            numbers, lines = [], []
    if lines:
        yield _batch(numbers, lines, schema)


def _batch(numbers: list[int], lines: list[Cells], schema: pa.Schema) -> pa.RecordBatch:
    columns = [pa.array(column, pa.string()) for column in zip(*lines, strict=True)]
    return pa.record_batch([pa.array(numbers, pa.int64()), *columns], schema=schema)
