"""Printed statements: rows of ``reported.csv``, read as the counts that their bases allow."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from careersurvey.errors import CohortError, ReadingError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.numerals import PADDING, split, values, whole_number
from careersurvey.evidence.printed.readings import read, read_measure, share_on_bases
from careersurvey.evidence.printed.vocabulary import Vocabulary, load_readings, normal
from careersurvey.evidence.printed.wordings import KINDS_OF_SHARE, Reading
from careersurvey.evidence.tables import SHARES, Indicator, Variable

Row = Mapping[str, str]
Ends = tuple[int | None, int | None]

#: Measures whose printed numbers are of a base and not counted in it.
MEASURED = ("mean", "median", "quantile", "ratio")
# A hedged base that leaves more than this open says nothing of a share's counts.
_MOST_BASES = 100_000
_UNKNOWN: Ends = (None, None)
_SHARE = ("low", "high", "low_open", "high_open")
# What is called otherwise in a table of statements than in a reading.
_COLUMN_OF = {end: f"share_{end}" for end in _SHARE} | {"note": "reading_note"}
_KINDS = {
    **dict.fromkeys(("base_low", "base_high", "count_low", "count_high"), "Int64"),
    **dict.fromkeys(("share_low_open", "share_high_open", "precise", "exact", "vague"), bool),
}


class OnBase(NamedTuple):
    """A statement that was read: least and greatest base that it may be of, and what it means."""

    base: Ends
    reading: Reading


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
    return tuple(row[f"share_{end}"] for end in _SHARE)


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
    read = []
    for row, outcome in _outcomes(cohort, rows, vocabulary.wide if wide else vocabulary):
        if isinstance(outcome, ReadingError):
            raise _of_row(outcome, row, cohort.id)
        read.append(outcome)
    return _columns(rows, read)


def unreadable(cohort: Cohort, readings: str | Path | None = None) -> list[tuple[Row, CohortError]]:
    """List the statements that have no reading on their base, each with the reason."""
    pairs = _outcomes(cohort, _by_measure(cohort), load_readings(readings))
    return [(row, _of_row(p, row, cohort.id)) for row, p in pairs if isinstance(p, ReadingError)]


def widest_counts(cohort: Cohort) -> dict[str, list[Ends]]:
    """Least and greatest count that each figure of a quantity allows, read widely."""
    found = defaultdict(list)
    for row, outcome in _outcomes(cohort, _by_measure(cohort), load_readings().wide):
        if isinstance(outcome, OnBase) and outcome.reading.counts:
            found[quantity_of(row)].append(outcome.reading.counts)
    return found


def _by_measure(cohort: Cohort) -> pd.DataFrame:
    """Printed rows; a number is a count of a share, and of a mean it is none."""
    rows = cohort.reported
    measure = rows["indicator"].map({id_: one.measure for id_, one in cohort.indicators.items()})
    form = rows["form"].mask((rows["form"] == "count") & measure.isin(MEASURED), "number")
    return rows.assign(form=form.mask((form == "number") & measure.isin(SHARES), "count"))


def _outcomes(
    cohort: Cohort, rows: pd.DataFrame, vocabulary: Vocabulary
) -> list[tuple[Row, OnBase | ReadingError | None]]:
    """Each row with its base and reading, or with why it has none."""
    cells = tuple(rows.itertuples(index=False, name=None))
    known = tuple(cohort.indicators.values()), cohort.codebook, vocabulary
    return _read_all(tuple(rows.columns), cells, *known)


@lru_cache(maxsize=64)
def _read_all(
    columns: tuple[str, ...],
    cells: tuple[tuple[str, ...], ...],
    indicators: tuple[Indicator, ...],
    codebook: tuple[Variable, ...],
    vocabulary: Vocabulary,
) -> list[tuple[Row, OnBase | ReadingError | None]]:
    """What `_outcomes` gives: worked out once for the same rows and vocabulary."""
    rows = [dict(zip(columns, row, strict=True)) for row in cells]
    statements = _Statements(rows, {one.id: one for one in indicators}, codebook, vocabulary)
    return [(row, statements.outcome(n)) for n, row in enumerate(rows)]


class _Statements:
    """Rows in the order of the file; each is read once, and the quantities that it cites before."""

    def __init__(
        self,
        rows: Sequence[Row],
        indicators: Mapping[str, Indicator],
        codebook: Sequence[Variable],
        vocabulary: Vocabulary,
    ) -> None:
        self.rows, self.vocabulary = rows, vocabulary
        self.indicators, self.codebook = indicators, codebook
        self.of: dict[str, list[int]] = defaultdict(list)  # places of rows, by quantity
        for n, row in enumerate(rows):
            self.of[quantity_of(row)].append(n)
        self.known: dict[int, OnBase | ReadingError | None] = {}

    def outcome(self, n: int) -> OnBase | ReadingError | None:
        """Base and reading of one row; None while it is being read, so that no ring is endless."""
        if n not in self.known:
            self.known[n] = None
            try:
                self.known[n] = self.read_row(self.rows[n])
            except ReadingError as problem:
                self.known[n] = problem
        return self.known[n]

    def read_row(self, row: Row) -> OnBase:
        """Base and reading; a base that only other statements print may clash, and goes."""
        base = self.base_of(row)
        try:
            return OnBase(base, self.meaning(row, base))
        except ReadingError:
            if row["base_n"] or base == _UNKNOWN:
                raise
            return OnBase(_UNKNOWN, self.meaning(row, _UNKNOWN))

    def meaning(self, row: Row, base: Ends) -> Reading:
        """What a statement means on its base, which a mean or its like is not counted in."""
        reported, form = row["reported"], row["form"]
        about = self.indicators.get(row["indicator"])
        if about and about.measure in MEASURED:
            if form == "number":
                return read_measure(reported, *self.limits(about), vocabulary=self.vocabulary)
            return read(reported, form, vocabulary=self.vocabulary)
        low, high = base
        base_n = low if low == high else None
        reading = read(reported, form, base_n, vocabulary=self.vocabulary)
        if about and about.measure == "count" and reading.kind == "decimal":
            return read(reported, "count", base_n, vocabulary=self.vocabulary)
        if reading.kind == "residual":
            return self.remainder(reading, row, base)
        hedged = low is not None and low < high <= low + _MOST_BASES
        if hedged and reading.kind in KINDS_OF_SHARE and reading.counts is None:
            return share_on_bases(reading, reported, low, high)
        return reading

    def limits(self, about: Indicator) -> tuple[float, float]:
        """The least and greatest value that a mean or its like can have, by the codebook."""
        ranges = [one.range for one in self.codebook if one.name in about.variables]
        low, high = ranges[0] if len(ranges) == 1 and about.measure != "ratio" else (None, None)
        return (-math.inf if low is None else low, math.inf if high is None else high)

    def base_of(self, row: Row) -> Ends:
        """Least and greatest base of a statement."""
        ends, agree = self.counts_of(row["base_id"])
        if not row["base_n"]:
            return _UNKNOWN if None in ends else ends
        number = _base_number(row["base_n"])
        # One that is printed as "about 1,650" is as wide as those words, and no single number.
        printed = (self.rows[n]["reported"] for n in self.of.get(row["base_id"], ()))
        within = agree and None not in ends and ends[0] <= number <= ends[1]
        return ends if within and any(_names(number, each) for each in printed) else (number,) * 2

    def counts_of(self, name: str) -> tuple[Ends, bool]:
        """Counts that all statements of a quantity allow, else that any does; whether all agree."""
        outcomes = (self.outcome(n) for n in self.of.get(name, ()))
        counts = [each.reading.counts for each in outcomes if isinstance(each, OnBase)]
        known = [ends for ends in counts if ends]
        if not known:
            return _UNKNOWN, False
        lows, highs = zip(*known, strict=True)
        low, high = max(lows), min((end for end in highs if end is not None), default=None)
        if high is None or low <= high:
            return (low, high), True
        return (min(lows), None if None in highs else max(highs)), False

    def remainder(self, reading: Reading, row: Row, base: Ends) -> Reading:
        """Whole counts that "the other" leaves: the base less its printed siblings."""
        siblings = self.siblings(row)
        parts = [self.counts_of(name)[0] for name in siblings]
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


def _names(number: int, reported: str) -> bool:
    """Whether a figure names a number, hedged or not: "about 1,650" names 1,650."""
    words = split(normal(reported)).said
    numerals = (values(words, at)[0] for at in range(len(words) - PADDING))
    return any(numeral.value == number for begun in numerals for numeral, _ in begun)


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


def _columns(rows: pd.DataFrame, read: Sequence[OnBase]) -> pd.DataFrame:
    """Rows with their quantity, base and reading; whole numbers may be missing."""
    ends, means = [each.base for each in read], [each.reading for each in read]
    bases = pd.DataFrame(ends, rows.index, ["base_low", "base_high"], dtype=object)
    readings = pd.DataFrame(means, rows.index, Reading._fields, dtype=object)
    readings = readings.drop(columns="kind").rename(columns=_COLUMN_OF)
    quantities = [quantity_of(row) for row in rows.to_dict("records")]
    table = rows.assign(quantity=quantities).join([bases, readings])
    return table.astype(_KINDS).reset_index(drop=True)
