"""What one cohort measured of each quantity, made ready to stand beside another cohort's."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.statements import read_statements
from careersurvey.evidence.tables import SHARES
from careersurvey.inference.columns import DRAWN_UNITS
from careersurvey.inference.compare.difference import Mean, Share, counted, estimated
from careersurvey.inference.estimates import estimate
from careersurvey.inference.printed import NOT_COUNTED, counts_on_bases

#: Fewer answers than this are compared with nothing.
LEAST_BASE = 10

Key = tuple[str, str]
# As many numbers of a hedged base are tried against as many of another.
_MOST_BASES = 200
_ROUNDING = 1e-12  # a share nearer to 0 or 1 is that of nobody or of everybody


@dataclass(frozen=True)
class Side:
    """What one cohort measured of one quantity."""

    estimate: float = math.nan  # the share or mean; NaN where none may be drawn
    value: Share | Mean | None = None  # all that it may be, where a test can rest on it
    why_not: str = ""  # why none can
    low: float = math.nan  # what the wording allows of it; the estimate itself for answers
    high: float = math.nan
    base_n: int | None = None  # the base, where it is one number
    base_words: str = ""  # the base as a reader writes it, or as it is printed
    base_id: str = ""  # the quantity that the printed base is
    deff: float = math.nan  # design effect, against drawing one by one; 1 of a single count
    remark: str = ""  # what a reader must know of how the share was come by

    def mirrored(self, category: str) -> Side:
        """What the share of one of two categories leaves for the other."""
        value = self.value and replace(self.value, value=1 - self.value.value)
        said = f"one share is what {category} leaves of its base"
        at, low, high = (1 - one for one in (self.estimate, self.high, self.low))
        return replace(self, estimate=at, value=value, low=low, high=high, remark=said)

    def limits(self, level: float) -> tuple[float, float]:
        """Least and greatest limit of its own interval; NaN where it has none."""
        if self.value is None:
            return math.nan, math.nan
        low, high = self.value.limits(1 - level)
        return float(low.min()), float(high.max())


class Measured(NamedTuple):
    """A cohort, and what it measured of everyone, by indicator and category."""

    cohort: Cohort
    sides: dict[Key, Side]

    @property
    def indicators(self) -> list[str]:
        """Those that it measured."""
        return list(dict.fromkeys(indicator for indicator, _ in self.sides))

    def side(self, key: Key) -> Side:
        """What was measured of a category, or of the base without its only other category."""
        if key in self.sides:
            return self.sides[key]
        name, category = key
        about = self.cohort.indicators[name]
        others = [other for other in about.categories if (name, other) in self.sides]
        if about.is_either_or and category in about.categories and others:
            return self.sides[name, others[0]].mirrored(others[0])
        return Side(why_not="another measure: no answer is given by both")


def measured_by(cohort: Cohort, *, readings: str | Path | None = None) -> Measured:
    """Gather what a cohort says of everyone."""
    estimates = estimate(cohort, readings=readings, bases=True)
    estimates = estimates[estimates["domain"] == "all"]
    if cohort.evidence == "respondents":
        rows = estimates.set_index(["indicator", "category"], drop=False).to_dict("index")
        return Measured(cohort, {key: _answered(cohort, row) for key, row in rows.items()})
    statements = read_statements(cohort, readings=readings)
    numbers = estimates.set_index("statements")[["estimate", "estimate_low", "estimate_high"]]
    statements = statements[statements["domain"] == ""].join(numbers, on="id")
    wordings = statements.groupby("quantity")["reported"].first()
    statements = statements.assign(base_words=statements["base_id"].map(wordings).fillna(""))
    grouped = statements.groupby(["indicator", "category"], sort=False)
    sides = {key: _printed(cohort, rows.to_dict("records")) for key, rows in grouped}
    return Measured(cohort, sides)


# ---- answers ------------------------------------------------------------------------------------


def _answered(cohort: Cohort, row: dict) -> Side:
    """An estimate that a test can rest on, or why none can."""
    at, error, base = row["estimate"], row["std_error"], row["base_n"]
    side = Side(base_n=base, base_words=f"{base:,}")
    if base < LEAST_BASE:
        said = f"another base: fewer than {LEAST_BASE} answered in {cohort.id}"
        return replace(side, why_not=said)
    about = cohort.indicators[row["indicator"]]
    is_share, came = about.measure in SHARES, cohort.about.selected(about.table, about.unit)
    if is_share and min(at, 1 - at) < _ROUNDING:
        at = float(round(at))
    side = replace(side, estimate=at, low=at, high=at)
    if math.isnan(at):
        return replace(side, why_not=f"another measure: {cohort.id} has nothing below the line")
    design = cohort.table(about.table).design
    if about.measure == "total" and not design.weighs and came != "census":
        return replace(side, why_not=f"another base: no weights in {cohort.id} for a total")
    if row["base_degrees"] <= 0:
        said = f"no interval for {cohort.id}: its design leaves no degrees of freedom"
        return replace(side, why_not=said)
    alike = error <= _ROUNDING * abs(at) and not (is_share and at in (0.0, 1.0))
    if alike and came != "census" and not design.population:
        return replace(side, why_not=f"no interval for {cohort.id}: its answers show no spread")
    if is_share:
        census = row["conf_low"] == row["conf_high"]  # nobody is left to be different
        value = estimated(at, error**2, base, row["base_degrees"], census=census)
        return replace(side, value=value, deff=row["deff"])
    return replace(side, value=Mean(np.array([at]), np.array([error]), row["base_degrees"]))


# ---- print --------------------------------------------------------------------------------------


def _printed(cohort: Cohort, rows: list[dict]) -> Side:
    """What all statements of a quantity allow, or why no test can rest on it."""
    measure = cohort.indicators[rows[0]["indicator"]].measure
    counted_in = [row for row in rows if measure in SHARES and row["form"] not in NOT_COUNTED]
    count, base = _allowed(counted_in)
    shares = count / base
    low, high = map(float, (shares.min(), shares.max()) if len(shares) else _ends(rows))
    side = Side(_point(rows, shares), low=low, high=high, **_base(rows))
    if why_not := _why_not(cohort, rows, side, base.max(initial=0)):
        return replace(side, why_not=why_not)
    within = rows[0]["unit"] not in DRAWN_UNITS
    deff = 1.0 if len(count) == 1 else math.nan
    return replace(side, value=counted(count, base, clustered=within), deff=deff)


def _why_not(cohort: Cohort, rows: list[dict], side: Side, most: int) -> str:
    """Why no test can rest on statements of a quantity, of at most so many; empty where one can."""
    if all(row["vague"] and row["form"] == "words" for row in rows):
        wordings = ", ".join(dict.fromkeys(f"“{row['reported']}”" for row in rows))
        return f"words only: {wordings} in {cohort.id}"
    if side.base_words and all(row["form"] in NOT_COUNTED for row in rows):
        said, form = rows[0]["reported"], rows[0]["form"]
        return f"another measure: “{said}” in {cohort.id} is given as {form}"
    base = cohort.indicators.get(side.base_id)
    if base and base.measure == "context":
        return f"another base: {base.label}, in {cohort.id}"
    if cohort.about.no_interval and not math.isnan(side.low):
        return f"no interval for {cohort.id}: {cohort.about.no_interval}"
    if (measure := cohort.indicators[rows[0]["indicator"]].measure) not in SHARES:
        return f"no interval for {cohort.id}: a {measure} without its spread"
    if 0 < most < LEAST_BASE:
        return f"another base: fewer than {LEAST_BASE} in {cohort.id}"
    printed = f"prints its base as “{side.base_words}”" if side.base_words else "prints no base"
    return "" if most else f"another base: {cohort.id} {printed}"


def _allowed(rows: list[dict]) -> tuple[np.ndarray, np.ndarray]:
    """Every count and base that all statements of one quantity allow, else that any one does."""
    based = [row for row in rows if pd.notna(row["base_low"])]
    if not based:
        return np.empty(0, int), np.empty(0, int)
    spans = [(max(row["base_low"], 1), row["base_high"]) for row in based]
    least, most = zip(*spans, strict=True)
    count, base = _counts(rows, max(least), min(most))
    if len(count):
        return count, base
    each = [_counts([row], *span) for row, span in zip(based, spans, strict=True)]
    counts, bases = zip(*each, strict=True)
    return np.concatenate(counts), np.concatenate(bases)


def _ends(rows: list[dict]) -> tuple[float, float]:
    """Ends of what all statements of a number allow, else of what any does; NaN is no end."""
    ends = np.array([(row["estimate_low"], row["estimate_high"]) for row in rows], dtype=float)
    lows, highs = ends[~np.isnan(ends[:, 0])].T
    low, high = np.fmax.reduce(lows, initial=np.nan), np.fmin.reduce(highs, initial=np.nan)
    return (lows.min(), highs.max()) if low > high else (low, high)


def _counts(rows: list[dict], least: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts on some bases that all rows allow, and the base of each."""
    bases, low, high = counts_on_bases(rows, least, most, _MOST_BASES)
    counts = map(np.arange, low, high + 1)
    return np.concatenate([np.empty(0, int), *counts]), np.repeat(bases, high - low + 1)


def _point(rows: list[dict], shares: np.ndarray) -> float:
    """The number that is meant, if it is one: the only share, or the first printed that fits."""
    if len(np.unique(shares)) == 1:
        return float(shares[0])
    printed = [row["estimate"] for row in rows if pd.notna(row["estimate"])]
    ends = [(row["estimate_low"], row["estimate_high"]) for row in rows]
    fit = (at for at in printed if not any(at < low or at > high for low, high in ends))
    return next(fit, math.nan)


def _base(rows: list[dict]) -> dict:
    """Return the base of a quantity as number, as words and as the quantity that it is."""
    named = " or ".join(dict.fromkeys(row["base_id"] for row in rows if row["base_id"]))
    known = [row for row in rows if pd.notna(row["base_low"])]
    ends = {row[end] for row in known for end in ("base_low", "base_high")}
    if len(ends) == 1:
        number = int(ends.pop())
        return {"base_n": number, "base_words": f"{number:,}", "base_id": named}
    return {"base_words": rows[0]["base_words"], "base_id": named}
