"""Printed statements: rows of ``reported.csv``, read as the counts that their bases allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import pandas as pd

from careersurvey.errors import CohortError, ReadingError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.numerals import whole_number
from careersurvey.evidence.printed.readings import SHARES, read, read_measure, share_on_bases
from careersurvey.evidence.printed.vocabulary import Vocabulary, load_readings
from careersurvey.evidence.printed.wordings import Reading

Row = Mapping[str, str]
Ends = tuple[int | None, int | None]

#: Measures whose printed numbers are of a base and not counted in it.
MEASURED = ("mean", "median", "quantile", "ratio")
# A hedged base that leaves more than this open says nothing of a share's counts.
_MOST_BASES = 100_000
_UNKNOWN: Ends = (None, None)


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
    readings: str | Path | None = None,
    wide: bool = False,
    without: Collection[str] = (),
) -> pd.DataFrame:
    """Read every printed statement of a cohort on its base."""
    _require_ids(cohort, without)
    rows = cohort.reported[~cohort.reported["id"].isin(list(without))]
    found = _readings(*_key(cohort, rows), load_readings(readings), wide)
    for row, each in zip(rows.to_dict("records"), found, strict=True):
        if isinstance(each, ReadingError):
            raise _of_row(each, row, cohort.id)
    return rows.assign(**_columns(rows, found)).reset_index(drop=True)


def unreadable(cohort: Cohort) -> list[tuple[Row, CohortError]]:
    """List the statements that have no reading on their base, each with the reason."""
    records = cohort.reported.to_dict("records")
    found = _readings(*_key(cohort, cohort.reported), load_readings(), False)
    pairs = zip(records, found, strict=True)
    return [(row, _of_row(p, row, cohort.id)) for row, p in pairs if isinstance(p, ReadingError)]


def _key(cohort: Cohort, rows: pd.DataFrame) -> tuple:
    """What a reading depends on, as tuples of text."""
    measured = tuple(id_ for id_, each in cohort.indicators.items() if each.measure in MEASURED)
    return tuple(rows.columns), tuple(rows.itertuples(index=False, name=None)), measured


@lru_cache(maxsize=64)
def _readings(
    columns: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    measured: tuple[str, ...],
    vocabulary: Vocabulary,
    wide: bool,
) -> tuple[_OnBase | ReadingError, ...]:
    """Base and reading of every row, or why it has none: once for the same rows and vocabulary."""
    records = [dict(zip(columns, row, strict=True)) for row in rows]
    return tuple(_Record(records, frozenset(measured), vocabulary, wide).read_all())


@dataclass(frozen=True)
class _OnBase:
    """A statement's base and its reading there."""

    base: Ends
    reading: Reading

    @property
    def counts(self) -> Ends:
        return self.reading.counts or _UNKNOWN


@dataclass
class _Record:
    """Rows in the order of the file; each is read once, and the quantities that it cites before."""

    rows: list[Row]
    measured: frozenset[str]
    vocabulary: Vocabulary
    wide: bool
    of: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    found: dict[int, _OnBase | ReadingError | None] = field(default_factory=dict)

    def read_all(self) -> list[_OnBase | ReadingError]:
        for n, row in enumerate(self.rows):
            self.of[quantity_of(row)].append(n)
        return [self.read_row(n) for n in range(len(self.rows))]

    def read_row(self, n: int) -> _OnBase | ReadingError | None:
        """Base and reading of one row; None while it is being read, so that no ring is endless."""
        if n not in self.found:
            self.found[n] = None
            try:
                self.found[n] = self.read_on_base(self.rows[n])
            except ReadingError as problem:
                self.found[n] = problem
        return self.found[n]

    def read_on_base(self, row: Row) -> _OnBase:
        """Base and reading; a base that only other statements print may clash, and goes."""
        base = self.base_of(row)
        try:
            return _OnBase(base, self.read_on(row, base))
        except ReadingError:
            if row["base_n"] or base == _UNKNOWN:
                raise
            return _OnBase(_UNKNOWN, self.read_on(row, _UNKNOWN))

    def read_on(self, row: Row, base: Ends) -> Reading:
        words = {"vocabulary": self.vocabulary, "wide": self.wide}
        if row["indicator"] in self.measured:
            if row["form"] == "number":
                return read_measure(row["reported"], **words)
            return read(row["reported"], row["form"], **words)
        known = base[0] if base[0] == base[1] else None
        reading = read(row["reported"], row["form"], known, **words)
        if reading.kind == "residual":
            return self.remainder(reading, row, base)
        spread = base[0] is not None and known is None and base[1] - base[0] <= _MOST_BASES
        if spread and reading.kind in SHARES and reading.counts is None:
            return share_on_bases(reading, row["reported"], *base)
        return reading

    def base_of(self, row: Row) -> Ends:
        """Least and greatest base of a statement."""
        cited = self.counts_of(row["base_id"]) if row["base_id"] else []
        common = _common(cited)
        if not row["base_n"]:
            ends = common or _hull(cited)
            return _UNKNOWN if None in ends else ends
        number = _base_number(row["base_n"])
        hedged = common and None not in common and common[0] < common[1]
        return common if hedged and common[0] <= number <= common[1] else (number, number)

    def counts_of(self, name: str) -> list[Ends]:
        """Counts of every statement of a quantity that can be read."""
        read_ = [self.read_row(n) for n in self.of.get(name, [])]
        counts = [each.counts for each in read_ if isinstance(each, _OnBase)]
        return [pair for pair in counts if pair[0] is not None]

    def remainder(self, reading: Reading, row: Row, base: Ends) -> Reading:
        """Whole counts that "the other" leaves: the base less its printed siblings."""
        parts = [_common(counts) or _hull(counts) for counts in self.siblings(row)]
        if base == _UNKNOWN or not parts or any(None in part for part in parts):
            return reading
        low = base[0] - sum(part[1] for part in parts)
        high = base[1] - sum(part[0] for part in parts)
        if high >= 0:
            return replace(reading, count_low=max(low, 0), count_high=high)
        note = f"the printed parts count {-high:,} more than the base of {base[1]:,}"
        return replace(reading, count_low=0, count_high=0, exact=False, note=note)

    def siblings(self, row: Row) -> Iterable[list[Ends]]:
        """Counts of the other printed categories of the same indicator and group."""
        for name, numbers in self.of.items():
            other = self.rows[numbers[0]]
            alike = all(other[key] == row[key] for key in ("indicator", "domain", "group"))
            if alike and other["category"] not in ("", row["category"]):
                yield self.counts_of(name)


def _base_number(text: str) -> int:
    """The number of a base as it is written in ``base_n``."""
    number = whole_number(text.replace(",", "")) if text.replace(",", "").isdecimal() else None
    if not number:
        raise ReadingError(
            "Its base is not a whole number above 0.",
            found=f"base_n {text[:30]!r}",
            expected="such as 60 or 1,706",
            do="correct base_n, or empty it and name the quantity in base_id",
        )
    return number


def _common(counts: list[Ends]) -> Ends | None:
    """Counts that every statement allows; None where no count meets all, or none is printed."""
    low = max((pair[0] for pair in counts), default=None)
    high = min((pair[1] for pair in counts if pair[1] is not None), default=None)
    if low is None or (high is not None and low > high):
        return None
    return low, high


def _hull(counts: list[Ends]) -> Ends:
    if not counts:
        return _UNKNOWN
    highs = [pair[1] for pair in counts]
    return min(pair[0] for pair in counts), None if None in highs else max(highs)


def _of_row(problem: ReadingError, row: Row, cohort: str) -> CohortError:
    return CohortError(
        f"{cohort}: {row['id']} cannot be read. {problem.what}",
        found=problem.found or repr(row["reported"]),
        expected=problem.expected,
        where=f"reported.csv {row['id']} ({row['where']})",
        do=problem.do,
    )


def _columns(rows: pd.DataFrame, found: Collection[_OnBase]) -> dict:
    readings = [each.reading for each in found]
    return {
        "quantity": [quantity_of(row) for row in rows.to_dict("records")],
        "base_low": _whole(each.base[0] for each in found),
        "base_high": _whole(each.base[1] for each in found),
        "count_low": _whole(each.count_low for each in readings),
        "count_high": _whole(each.count_high for each in readings),
        "share_low": _exactly(each.low for each in readings),
        "share_high": _exactly(each.high for each in readings),
        "share_low_open": [each.low_open for each in readings],
        "share_high_open": [each.high_open for each in readings],
        "point": _exactly(each.point for each in readings),
        "precise": [each.precise for each in readings],
        "exact": [each.exact for each in readings],
        "vague": [each.vague for each in readings],
        "residual": [each.kind == "residual" for each in readings],
        "reading_note": [each.note for each in readings],
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
