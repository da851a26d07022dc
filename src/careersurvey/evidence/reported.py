"""Printed statements, each with the counts that its wording allows on its base."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import pandas as pd

from careersurvey.errors import CohortError, ReadingError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.readings import Reading, ReadingTable, Span, load_readings, read

Row = Mapping[str, str]
Ends = tuple[int | None, int | None]


@dataclass(frozen=True)
class _Book:
    """Statements by quantity, the tables that read them, and the counts found so far."""

    statements: dict[str, list[Row]]
    table: ReadingTable
    wide: bool
    counts: dict[str, Ends | None] = field(default_factory=dict)


def quantity(indicator: str, category: str = "", domain: str = "", group: str = "") -> str:
    """Name a quantity: an indicator's category, of everyone or of one group.

    >>> quantity("sixth_form", "yes", "school_type", "sponsored")
    'sixth_form=yes @ school_type=sponsored'
    """
    name = f"{indicator}={category}" if category else indicator
    return f"{name} @ {domain}={group}" if domain else name


def quantity_of(row: Row) -> str:
    """Name the quantity that a row of ``reported.csv`` is about."""
    return quantity(row["indicator"], row["category"], row["domain"], row["group"])


def read_statements(
    cohort: Cohort,
    *,
    readings: Path | None = None,
    wide: bool = False,
    without: Collection[str] = (),
) -> pd.DataFrame:
    """Read every printed statement of a cohort on its base.

    Parameters
    ----------
    cohort : Cohort
        A cohort with printed figures.
    readings : Path, optional
        A table of readings that replaces the declared one, wording by wording.
    wide : bool
        Whether to take the wide version of each reading.
    without : collection of str
        Ids of statements to leave out.

    Returns
    -------
    DataFrame
        ``reported.csv``, one row a statement in the file's order, with ``quantity``;
        ``base_low``, ``base_high``, ``count_low``, ``count_high`` (whole numbers, NA where
        unknown or without an end); ``share_low``, ``share_high`` (fractions, None for a count),
        ``share_low_open``, ``share_high_open``; ``point`` (the share that is printed, None where
        none is); ``exact``, ``vague`` and ``reading_note``.

    Raises
    ------
    CohortError
        If a wording is not known, a count exceeds its base, or an id in `without` is not there.
    """
    _require_ids(cohort, without)
    rows = cohort.reported[~cohort.reported["id"].isin(list(without))]
    records = rows.to_dict("records")
    book = _book(records, load_readings(readings), wide)
    found = [_read_row(row, book, cohort.id) for row in records]
    return rows.assign(**_columns(records, found)).reset_index(drop=True)


def unreadable(cohort: Cohort) -> list[tuple[Row, CohortError]]:
    """List the statements that have no reading on their base, each with the reason."""
    records = cohort.reported.to_dict("records")
    book = _book(records, load_readings(), wide=False)
    problems = []
    for row in records:
        try:
            _read_row(row, book, cohort.id)
        except CohortError as problem:
            problems.append((row, problem))
    return problems


def _base_ends(row: Row, book: _Book) -> Ends | None:
    """Return the least and greatest base of a statement, None where it is unknown.

    A base with a number is that number, unless the quantity that it cites is printed with a
    hedge that covers it; without a number it is what the quantity that it cites reads as.
    """
    cited = _counts_of(row["base_id"], book) if row["base_id"] else None
    if not row["base_n"]:
        return cited if cited and None not in cited else None
    number = int(row["base_n"].replace(",", ""))
    hedged = cited and None not in cited and cited[0] < cited[1] and cited[0] <= number <= cited[1]
    agreeing = hedged and not _contradicts_itself(row["base_id"], book)
    return cited if agreeing else (number, number)


def _book(records: Iterable[Row], table: ReadingTable, wide: bool) -> _Book:
    statements: dict[str, list[Row]] = {}
    for row in records:
        statements.setdefault(quantity_of(row), []).append(row)
    return _Book(statements, table, wide)


def _read_row(row: Row, book: _Book, cohort: str) -> tuple[Ends | None, Ends, Reading]:
    try:
        return _read_on_base(row, book)
    except ReadingError as problem:
        raise CohortError(
            f"{cohort}: {row['id']} cannot be read. {problem.what}",
            found=problem.found or repr(row["reported"]),
            expected=problem.expected,
            where=f"reported.csv {row['id']} ({row['where']})",
            do=problem.do,
        ) from None


def _read_on_base(row: Row, book: _Book) -> tuple[Ends | None, Ends, Reading]:
    """Base, counts and reading; a base that only other statements print may clash, and goes."""
    base = _base_ends(row, book)
    try:
        return base, *_read_on(row, base, book)
    except ReadingError:
        if row["base_n"] or base is None:
            raise
        return None, *_read_on(row, None, book)


def _read_on(row: Row, base: Ends | None, book: _Book) -> tuple[Ends, Reading]:
    """Whole counts of one statement, and the reading that they come from."""
    known = base[0] if base and base[0] == base[1] else None
    reading = read(row["reported"], row["form"], known, table=book.table, wide=book.wide)
    if reading.residual:
        return _remainder(row, base, book), reading
    if reading.counts is not None:
        return tuple(reading.counts), reading
    if reading.share is None or base is None:
        return (None, None), reading
    return counts_on(reading.share, *base), reading


def counts_on(share: Span, base_low: int, base_high: int) -> tuple[int, int]:
    """Least and greatest whole count that a share allows on some base between two ends.

    >>> counts_on(Span(Fraction(1, 2), Fraction(3, 5), low_open=True), 10, 10)
    (6, 6)
    """
    least, most = share.low * base_low, (1 if share.high is None else share.high) * base_high
    low = math.floor(least) + 1 if share.low_open else math.ceil(least)
    high = math.ceil(most) - 1 if share.high_open else math.floor(most)
    return low, high


def _remainder(row: Row, base: Ends | None, book: _Book) -> Ends:
    """Whole counts that "the other" leaves: the base less its printed siblings."""
    siblings = {
        name
        for name, rows in book.statements.items()
        if _stands_beside(rows[0], row) and name != quantity_of(row)
    }
    parts = [_counts_of(name, book) for name in sorted(siblings)]
    if base is None or not parts or any(part is None or None in part for part in parts):
        return None, None
    least = base[0] - sum(part[1] for part in parts)
    return max(least, 0), base[1] - sum(part[0] for part in parts)


def _stands_beside(other: Row, row: Row) -> bool:
    return all(other[key] == row[key] for key in ("indicator", "domain", "group"))


def _counts_of(name: str, book: _Book) -> Ends | None:
    """Find the counts that every statement of a quantity allows, or that any does if none agree."""
    if name in book.counts:
        return book.counts[name]
    book.counts[name] = None
    ends = [_read_on_base(row, book)[1] for row in book.statements.get(name, [])]
    known = [pair for pair in ends if pair[0] is not None]
    if known:
        book.counts[name] = _common(known) or _hull(known)
    return book.counts[name]


def _contradicts_itself(name: str, book: _Book) -> bool:
    rows = book.statements.get(name, [])
    ends = [_read_on_base(row, book)[1] for row in rows]
    return _common([pair for pair in ends if pair[0] is not None]) is None


def _common(ends: list[Ends]) -> Ends | None:
    low, high = max(pair[0] for pair in ends), _least([pair[1] for pair in ends])
    return None if high is not None and low > high else (low, high)


def _hull(ends: list[Ends]) -> Ends:
    highs = [pair[1] for pair in ends]
    return min(pair[0] for pair in ends), None if None in highs else max(highs)


def _least(ends: list[int | None]) -> int | None:
    return min((end for end in ends if end is not None), default=None)


def _columns(records: list[Row], found: list[tuple[Ends | None, Ends, Reading]]) -> dict:
    bases = [base or (None, None) for base, _, _ in found]
    spans = [reading.share for _, _, reading in found]
    return {
        "quantity": [quantity_of(row) for row in records],
        "base_low": _whole(base[0] for base in bases),
        "base_high": _whole(base[1] for base in bases),
        "count_low": _whole(counts[0] for _, counts, _ in found),
        "count_high": _whole(counts[1] for _, counts, _ in found),
        "share_low": _exactly(span.low if span else None for span in spans),
        "share_high": _exactly(span.high if span else None for span in spans),
        "share_low_open": [bool(span and span.low_open) for span in spans],
        "share_high_open": [bool(span and span.high_open) for span in spans],
        "point": _exactly(reading.point for _, _, reading in found),
        "exact": [reading.exact for _, _, reading in found],
        "vague": [reading.vague for _, _, reading in found],
        "reading_note": [reading.note for _, _, reading in found],
    }


def _whole(values: Iterable[int | None]) -> pd.array:
    return pd.array([pd.NA if value is None else value for value in values], dtype="Int64")


def _exactly(values: Iterable[Fraction | None]) -> list[Fraction | None]:
    return pd.Series(list(values), dtype=object).to_numpy()


def _require_ids(cohort: Cohort, ids: Collection[str]) -> None:
    unknown = sorted(set(ids) - set(cohort.reported["id"]))
    if unknown:
        raise CohortError(
            f"{cohort.id}: {len(unknown)} of {len(ids)} statements to leave out are not there.",
            found=", ".join(unknown),
            expected="ids of reported.csv",
        )
