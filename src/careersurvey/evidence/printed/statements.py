"""Printed statements: rows of ``reported.csv``, read as the counts that their bases allow."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from careersurvey.errors import CohortError, ReadingError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.numerals import PADDING, split, values, whole_number
from careersurvey.evidence.printed.readings import read, read_measure, share_on_bases
from careersurvey.evidence.printed.vocabulary import Vocabulary, load_readings, normal
from careersurvey.evidence.printed.wordings import SHARES, Reading
from careersurvey.evidence.tables import SHARES as PARTS
from careersurvey.evidence.tables import Indicator

Row = Mapping[str, str]
Ends = tuple[int | None, int | None]
_OnBase = tuple[Ends, Reading]

#: Measures whose printed numbers are of a base and not counted in it.
MEASURED = ("mean", "median", "quantile", "ratio")
# A hedged base that leaves more than this open says nothing of a share's counts.
_MOST_BASES = 100_000
_UNKNOWN: Ends = (None, None)
# Columns of a reading, by what they are called in it.
_OF_READING = {
    **{"count_low": "count_low", "count_high": "count_high"},
    **{"share_low": "low", "share_high": "high"},
    **{"share_low_open": "low_open", "share_high_open": "high_open"},
    **{"point": "point", "precise": "precise", "exact": "exact", "vague": "vague"},
    **{"reading_note": "note", "less": "less"},
}
_KINDS = {
    **dict.fromkeys(("base_low", "base_high", "count_low", "count_high"), "Int64"),
    **dict.fromkeys(("share_low_open", "share_high_open", "precise", "exact", "vague"), bool),
}


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


def share_of(row: Mapping) -> tuple:
    """The share that a statement reads as: its ends, and whether each is open."""
    return tuple(row[f"share_{end}"] for end in ("low", "high", "low_open", "high_open"))


def read_statements(
    cohort: Cohort,
    *,
    readings: str | Path | None = None,
    wide: bool = False,
    without: Collection[str] = (),
) -> pd.DataFrame:
    """Read every printed statement of a cohort on its base."""
    unknown = sorted(set(without) - set(cohort.reported["id"]))
    if unknown:
        raise CohortError(
            f"{cohort.id}: {len(unknown)} of {len(without)} statements to leave out are not there.",
            found=", ".join(unknown),
            expected="ids of reported.csv",
        )
    printed = _by_measure(cohort)
    rows = printed[~printed["id"].isin(list(without))]
    vocabulary = load_readings(readings)
    found = []
    for row, each in _told(cohort, rows, vocabulary.wide if wide else vocabulary):
        if isinstance(each, ReadingError):
            raise _of_row(each, row, cohort.id)
        found.append(each)
    return _columns(rows, found)


def unreadable(cohort: Cohort, readings: str | Path | None = None) -> list[tuple[Row, CohortError]]:
    """List the statements that have no reading on their base, each with the reason."""
    pairs = _told(cohort, _by_measure(cohort), load_readings(readings))
    return [(row, _of_row(p, row, cohort.id)) for row, p in pairs if isinstance(p, ReadingError)]


def counts_told(cohort: Cohort) -> dict[str, list[Ends]]:
    """Least and greatest count that each figure of a quantity allows, read widely."""
    found = defaultdict(list)
    for row, each in _told(cohort, _by_measure(cohort), load_readings().wide):
        if isinstance(each, tuple) and each[1].counts:
            found[quantity_of(row)].append(each[1].counts)
    return found


def _by_measure(cohort: Cohort) -> pd.DataFrame:
    """Printed rows; a number is a count of a share, and of a mean it is none."""
    rows = cohort.reported
    measure = rows["indicator"].map({id_: each.measure for id_, each in cohort.indicators.items()})
    form = rows["form"].mask((rows["form"] == "count") & measure.isin(MEASURED), "number")
    return rows.assign(form=form.mask((form == "number") & measure.isin(PARTS), "count"))


def _told(
    cohort: Cohort, rows: pd.DataFrame, vocabulary: Vocabulary
) -> Iterator[tuple[Row, _OnBase | ReadingError]]:
    """Each row with its base and reading, or with why it has none."""
    asked = tuple(
        (id_, each.measure, *_ends(cohort, each)) for id_, each in cohort.indicators.items()
    )
    cells = tuple(rows.itertuples(index=False, name=None))
    found = _readings(tuple(rows.columns), cells, asked, vocabulary)
    yield from zip(rows.to_dict("records"), found, strict=True)


def _ends(cohort: Cohort, one: Indicator) -> tuple[float, float]:
    """The least and greatest value that a mean or its like can have, by the codebook."""
    ends = [each.range for each in cohort.codebook if each.name in one.variables]
    low, high = ends[0] if len(ends) == 1 and one.measure != "ratio" else (None, None)
    return (-math.inf if low is None else low, math.inf if high is None else high)


@lru_cache(maxsize=64)
def _readings(
    columns: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
    asked: tuple[tuple, ...],
    vocabulary: Vocabulary,
) -> list[_OnBase | ReadingError | None]:
    """Base and reading of every row, or why it has none: once for the same rows and vocabulary."""
    record = _Record([dict(zip(columns, row, strict=True)) for row in rows], asked, vocabulary)
    return [record.read_row(n) for n in range(len(rows))]


class _Record:
    """Rows in the order of the file; each is read once, and the quantities that it cites before."""

    def __init__(self, rows: Sequence[Row], asked: Sequence[tuple], vocabulary: Vocabulary) -> None:
        self.rows, self.vocabulary = rows, vocabulary
        self.asked = {id_: of for id_, *of in asked}
        self.of: dict[str, list[int]] = defaultdict(list)
        for n, row in enumerate(rows):
            self.of[quantity_of(row)].append(n)
        self.found: dict[int, _OnBase | ReadingError | None] = {}

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
            return base, self.read_on(row, base)
        except ReadingError:
            if row["base_n"] or base == _UNKNOWN:
                raise
            return _UNKNOWN, self.read_on(row, _UNKNOWN)

    def read_on(self, row: Row, base: Ends) -> Reading:
        """What a statement means on its base, which a mean or its like is not counted in."""
        reported, form = row["reported"], row["form"]
        measure, *ends = self.asked.get(row["indicator"], [""])
        if measure in MEASURED:
            if form == "number":
                return read_measure(reported, *ends, vocabulary=self.vocabulary)
            return read(reported, form, vocabulary=self.vocabulary)
        known = base[0] if base[0] == base[1] else None
        reading = read(reported, form, known, vocabulary=self.vocabulary)
        if measure == "count" and reading.kind == "decimal":
            return read(reported, "count", known, vocabulary=self.vocabulary)
        if reading.kind == "residual":
            return self.remainder(reading, row, base)
        spread = base[0] is not None and known is None and base[1] - base[0] <= _MOST_BASES
        if spread and reading.kind in SHARES and reading.counts is None:
            return share_on_bases(reading, reported, *base)
        return reading

    def base_of(self, row: Row) -> Ends:
        """Least and greatest base of a statement."""
        common, hull = self.counts_of(row["base_id"])
        if not row["base_n"]:
            ends = common or hull
            return _UNKNOWN if None in ends else ends
        number = _base_number(row["base_n"])
        rows = (self.rows[n] for n in self.of.get(row["base_id"], ()))
        told = (split(normal(each["reported"])).said for each in rows)
        begun = (values(words, at)[0] for words in told for at in range(len(words) - PADDING))
        named = any(each.value == number for found in begun for each, _ in found)
        hedged = named and common and None not in common
        return common if hedged and common[0] <= number <= common[1] else (number, number)

    def counts_of(self, name: str) -> tuple[Ends | None, Ends]:
        """Counts that every statement of a quantity allows, None where none; and that any does."""
        read_ = [self.read_row(n) for n in self.of.get(name, [])]
        counts = [each[1].counts for each in read_ if isinstance(each, tuple)]
        lows, highs = zip(*filter(None, counts), strict=True) if any(counts) else ((), ())
        if not lows:
            return None, _UNKNOWN
        ends = [high for high in highs if high is not None]
        common = (max(lows), min(ends, default=None))
        met = common[1] is None or common[0] <= common[1]
        return common if met else None, (min(lows), None if None in highs else max(highs))

    def remainder(self, reading: Reading, row: Row, base: Ends) -> Reading:
        """Whole counts that "the other" leaves: the base less its printed siblings."""
        siblings = self.siblings(row)
        parts = [common or hull for common, hull in map(self.counts_of, siblings)]
        ids = (self.rows[n]["id"] for name in siblings for n in self.of[name])
        reading = reading._replace(less=tuple(ids))
        if base == _UNKNOWN or not parts or any(None in part for part in parts):
            return reading
        low = base[0] - sum(part[1] for part in parts)
        high = base[1] - sum(part[0] for part in parts)
        if high >= 0:
            return reading._replace(count_low=max(low, 0), count_high=high)
        note = f"the printed parts count {-high:,} more than the base of {base[1]:,}"
        return reading._replace(count_low=0, count_high=0, exact=False, note=note)

    def siblings(self, row: Row) -> list[str]:
        """The other printed categories of the same indicator and group."""
        keys = "indicator", "domain", "group"
        firsts = ((name, self.rows[numbers[0]]) for name, numbers in self.of.items())
        alike = [(name, other) for name, other in firsts if all(other[k] == row[k] for k in keys)]
        return [name for name, other in alike if other["category"] not in ("", row["category"])]


def _base_number(text: str) -> int:
    """The number of a base as it is written in ``base_n``."""
    number = whole_number(text) if text.replace(",", "").isdecimal() else None
    if not number:
        raise ReadingError(
            "Its base is not a whole number above 0.",
            found=f"base_n {text[:30]!r}",
            expected="such as 60 or 1,706",
            do="correct base_n, or empty it and name the quantity in base_id",
        )
    return number


def _of_row(problem: ReadingError, row: Row, cohort: str) -> CohortError:
    return CohortError(
        f"{cohort}: {row['id']} cannot be read. {problem.what}",
        found=problem.found or repr(row["reported"]),
        expected=problem.expected,
        where=f"reported.csv {row['id']} ({row['where']})",
        do=problem.do,
    )


def _columns(rows: pd.DataFrame, found: Sequence[_OnBase]) -> pd.DataFrame:
    """Rows with their quantity, base and reading; whole numbers may be missing."""
    told = [
        (*base, *(getattr(reading, name) for name in _OF_READING.values()))
        for base, reading in found
    ]
    names = ["base_low", "base_high", *_OF_READING]
    columns = pd.DataFrame(told, rows.index, names, dtype=object).astype(_KINDS)
    quantities = [quantity_of(row) for row in rows.to_dict("records")]
    return rows.assign(quantity=quantities).join(columns).reset_index(drop=True)
