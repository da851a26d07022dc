"""What words mean as numbers: the declared table of readings, and files that replace its rows."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from careersurvey.errors import ReadingError

COLUMNS = ("wording", "low", "high", "wide_low", "wide_high", "source")
_ENDS = COLUMNS[1:5]


@dataclass(frozen=True)
class Wording:
    """One row of a table of readings.

    Parameters
    ----------
    wording : str
        In lower case. A hedge ends in ``x``, which stands for what is hedged.
    low, high, wide_low, wide_high : Fraction
        Shares of the base; for a hedge, steps towards the next value that would be printed.
    source : str
        Where the range comes from.
    """

    wording: str
    low: Fraction
    high: Fraction
    wide_low: Fraction
    wide_high: Fraction
    source: str

    @property
    def kind(self) -> str:
        """`hedge`, `point` of the scale of everyday fractions, or `quantifier`."""
        if self.wording in ("x", "x%") or self.wording.endswith(" x"):
            return "hedge"
        is_point = self.wide_low == self.low == self.high == self.wide_high
        return "point" if is_point else "quantifier"

    def ends(self, wide: bool) -> tuple[Fraction, Fraction]:
        """Low and high end of the declared or the wide range."""
        return (self.wide_low, self.wide_high) if wide else (self.low, self.high)


@dataclass(frozen=True, eq=False)
class ReadingTable:
    """Rows by wording, one dictionary a kind; a table is equal to itself alone.

    Parameters
    ----------
    points : dict of str to Wording
        The scale of everyday fractions.
    hedges : dict of str to Wording
        ``about x`` and its like; ``x`` and ``x%`` stand for a bare fraction and a bare percentage.
    quantifiers : dict of str to Wording
        ``most`` and its like.
    """

    points: dict[str, Wording]
    hedges: dict[str, Wording]
    quantifiers: dict[str, Wording]

    @property
    def rows(self) -> tuple[Wording, ...]:
        """All rows: points, hedges, quantifiers."""
        return (*self.points.values(), *self.hedges.values(), *self.quantifiers.values())

    def neighbours(self, share: Fraction) -> tuple[Fraction, Fraction]:
        """Points of the scale next below and above a share, which need not be on it."""
        points = [row.low for row in self.points.values()]
        below = max((point for point in points if point < share), default=share)
        return below, min((point for point in points if point > share), default=share)


def normal(text: str) -> str:
    """Lower case, with one kind of dash and of space and no closing punctuation."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("⁄", "/")
    text = re.sub(r"[‐-―−]", "-", text)
    return re.sub(r"\s+", " ", text).strip(" .,;:'\"‘’“”")


@lru_cache(maxsize=1)
def declared_table() -> ReadingTable:
    """The table in ``data/readings.csv``, read once."""
    return load_readings()


def load_readings(path: str | Path | None = None) -> ReadingTable:
    """Load the declared table of readings, overridden and extended by a given file.

    Parameters
    ----------
    path : path, optional
        A CSV file with the columns of ``data/readings.csv``. A wording that it shares with the
        declared table replaces that row; any other is added.

    Returns
    -------
    ReadingTable

    Raises
    ------
    ReadingError
        The file cannot be read; a column is missing; a wording is empty or there twice; an end is
        not a number; a range is the wrong way round, wider than its wide range, or not of shares.
    """
    rows = _declared_rows() | (_read_rows(_given_path(Path(path))) if path else {})
    kinds = ("point", "hedge", "quantifier")
    return ReadingTable(*({w: row for w, row in rows.items() if row.kind == k} for k in kinds))


@lru_cache(maxsize=1)
def _declared_rows() -> dict[str, Wording]:
    return _read_rows(_declared_path())


def _given_path(path: Path) -> Path:
    """A file from the working directory, or else from the project's folder."""
    beside = _declared_path().parent.parent / path
    return beside if not path.is_file() and beside.is_file() else path


def _declared_path() -> Path:
    """``data/readings.csv`` of the project that the package, or else the reader, stands in."""
    rooms = [*Path(__file__).resolve().parents, Path.cwd(), *Path.cwd().parents]
    places = [room / "data" / "readings.csv" for room in rooms]
    return next((place for place in places if place.is_file()), Path("data/readings.csv"))


def _read_rows(path: Path) -> dict[str, Wording]:
    """Rows of one file by wording, each checked."""
    lines = _lines(path)
    _refuse(path, lines, _is_nameless, "have no wording", "a wording in every row")
    _refuse(path, lines, _is_repeated_in(lines), "repeat a wording", "each wording once")
    _refuse(path, lines, _is_not_numeric, "have an end that is not a number", "1/4, 0.25 or -1")
    rows = {number: _wording(cells) for number, cells in lines.items()}
    _refuse(path, rows, _is_reversed, "have a low end above the high end", "low no more than high")
    _refuse(path, rows, _is_wider, "reach beyond their wide range", "a wide range that holds it")
    _refuse(path, rows, _is_no_share, "are not shares", "ends from 0 to 1")
    return {row.wording: row for row in rows.values()}


def _lines(path: Path) -> dict[int, dict[str, str]]:
    """Cells of each row by the number of its line in the file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            found = reader.fieldnames or []
            lines = {number: row for row in reader if (number := reader.line_num)}
    except OSError as error:
        raise _unreadable(path, "cannot be opened", error.strerror) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(path, "is not CSV text in UTF-8", error) from None
    if sorted(found) != sorted(COLUMNS):
        raise ReadingError(
            f"{path.name}: the columns are not those of a table of readings.",
            found=", ".join(found) or "no columns",
            expected=", ".join(COLUMNS),
            where=path,
            do="name the columns as expected, and no others",
        )
    return {number: _cleaned(row) for number, row in lines.items()}


def _unreadable(path: Path, what: str, found: object) -> ReadingError:
    return ReadingError(
        f"{path.name}: the table of readings {what}.",
        found=found,
        expected="a CSV file with the columns " + ", ".join(COLUMNS),
        where=path,
        do="give the path of such a file, saved in UTF-8",
    )


def _cleaned(row: dict[str, str]) -> dict[str, str]:
    cells = {name: row[name].strip() for name in COLUMNS}
    return cells | {"wording": normal(cells["wording"])}


def _wording(cells: dict[str, str]) -> Wording:
    return Wording(cells["wording"], *(_number(cells[end]) for end in _ENDS), cells["source"])


@lru_cache(maxsize=256)
def _number(text: str) -> Fraction | None:
    """A fraction or a decimal, exactly; None where the text is neither."""
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None


def _refuse(path: Path, rows: dict, fails: Callable, what: str, expected: str) -> None:
    """Raise for the rows that fail a rule, if any do."""
    failing = {number: row for number, row in rows.items() if fails(row)}
    if not failing:
        return
    first = list(failing)[:5]
    more = ", ..." if len(failing) > 5 else ""
    raise ReadingError(
        f"{path.name}: {len(failing)} of {len(rows)} wordings {what}.",
        found="; ".join(_row_text(failing[number]) for number in first),
        expected=expected,
        where=f"{path.name} rows {', '.join(map(str, first))}{more}",
        do="correct these rows of the table of readings",
    )


def _row_text(row: Wording | dict[str, str]) -> str:
    cells = row if isinstance(row, dict) else vars(row)
    return f"{cells['wording']!r}: " + ", ".join(str(cells[end]) for end in _ENDS)


def _is_nameless(cells: dict[str, str]) -> bool:
    return not cells["wording"]


def _is_repeated_in(lines: dict[int, dict[str, str]]) -> Callable:
    times = Counter(cells["wording"] for cells in lines.values())
    return lambda cells: times[cells["wording"]] > 1


def _is_not_numeric(cells: dict[str, str]) -> bool:
    return any(_number(cells[end]) is None for end in _ENDS)


def _is_reversed(row: Wording) -> bool:
    return row.low > row.high or row.wide_low > row.wide_high


def _is_wider(row: Wording) -> bool:
    return row.low < row.wide_low or row.high > row.wide_high


def _is_no_share(row: Wording) -> bool:
    return row.kind != "hedge" and (row.wide_low < 0 or row.wide_high > 1)
