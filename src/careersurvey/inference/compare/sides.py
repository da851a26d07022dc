"""What one cohort measured of each quantity, made ready to stand beside another cohort's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from careersurvey.evidence.answers.engines import spark_failures
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.readings import counts_on
from careersurvey.evidence.printed.statements import read_statements
from careersurvey.inference.compare.difference import Mean, Share, counted, estimated
from careersurvey.inference.estimates import estimate
from careersurvey.inference.respondents import Answers, read_answers, require_sound
from careersurvey.inference.survey.statistics import evaluate

#: Units that the surveys draw; whatever else is counted lies in clusters within them.
DRAWN_UNITS = ("school", "provider", "institution", "school or provider")
#: Fewer answers than this are compared with nothing.
LEAST_BASE = 10

Key = tuple[str, str]
_NOBODY = np.array([], dtype=int)
_ROUNDING = 1e-12  # a share nearer to 0 or 1 is that of nobody or of everybody


@dataclass(frozen=True)
class Side:
    """What one cohort measured of one quantity.

    Attributes
    ----------
    estimate : float
        The share or mean; NaN where none may be drawn.
    low, high : float
        What the wording allows of it; the estimate itself for answers.
    base_n : int or None
        The base, where it is one number.
    base_words : str
        The base as a reader writes it, or as it is printed where it is no one number.
    value : Share or Mean or None
        Everything that it may be, with limits; None where no test can rest on it.
    why_not : str
        Why not, where `value` is None.
    count, base : ndarray of int
        Every count and base that the wording allows; empty for answers.
    clustered : bool
        Whether units of a printed base lie within the schools that were drawn.
    base_id : str
        The quantity that the printed base is.
    remark : str
        What a reader must know of how the share was come by.
    """

    estimate: float = math.nan
    value: Share | Mean | None = None
    why_not: str = ""
    low: float = math.nan
    high: float = math.nan
    base_n: int | None = None
    base_words: str = ""
    count: np.ndarray = field(default_factory=lambda: _NOBODY)
    base: np.ndarray = field(default_factory=lambda: _NOBODY)
    clustered: bool = False
    base_id: str = ""
    remark: str = ""

    def mirrored(self, category: str) -> Side:
        """What the share of one of two categories leaves for the other."""
        said = f"one share is what {category} leaves of its base"
        turned = replace(
            self, estimate=1 - self.estimate, low=1 - self.high, high=1 - self.low, remark=said
        )
        if self.value is None:
            return turned
        count = self.base - self.count
        return replace(turned, count=count, value=replace(self.value, value=1 - self.value.value))

    def limits(self, level: float) -> tuple[float, float]:
        """Least and greatest limit of its own interval; NaN where it has none."""
        if self.value is None:
            return math.nan, math.nan
        low, high = self.value.limits(1 - level)
        return float(low.min()), float(high.max())


def sides_of(
    cohort: Cohort, *, readings: str | Path | None = None, wide: bool = False
) -> dict[Key, Side]:
    """Gather what a cohort says of everyone, by indicator and category."""
    if cohort.evidence == "respondents":
        require_sound(cohort)
        with spark_failures(cohort):
            tables = read_answers(cohort)
            return {key: side for one in tables for key, side in _answered(cohort, one).items()}
    estimates = estimate(cohort, readings=readings, wide=wide)
    estimates = estimates[estimates["domain"] == "all"]
    statements = read_statements(cohort, readings=readings, wide=wide)
    statements = statements[statements["domain"] == ""].join(
        estimates.set_index("statements")[["estimate", "estimate_low", "estimate_high"]], on="id"
    )
    wordings = statements.groupby("quantity")["reported"].first()
    statements = statements.assign(base_words=statements["base_id"].map(wordings).fillna(""))
    grouped = statements.groupby(["indicator", "category"], sort=False)
    return {key: _printed(cohort, rows.to_dict("records")) for key, rows in grouped}


def _answered(cohort: Cohort, answers: Answers) -> dict[Key, Side]:
    """Sides of one table, with variance and degrees of freedom by its design."""
    sides = {}
    for totals in answers.totals((), cohort.id):
        (found,) = evaluate(totals)
        for place, (number, category) in enumerate(totals.places):
            question = totals.questions[number]
            key = question.indicator.id, question.categories[category]
            numbers = (getattr(found, name)[0, place].item() for name in _NUMBERS)
            sides[key] = _of_numbers(cohort.id, question.is_share, *numbers)
    return sides


_NUMBERS = ("value", "error", "base", "degrees", "whole")


def _of_numbers(
    cohort: str, share: bool, at: float, error: float, base: int, degrees: int, whole: bool
) -> Side:
    side = Side(base_n=int(base), base_words=f"{int(base):,}")
    if base < LEAST_BASE:
        return replace(side, why_not=f"another base: fewer than {LEAST_BASE} answered in {cohort}")
    if share and min(at, 1 - at) < _ROUNDING:
        at = float(round(at))
    side = replace(side, estimate=at, low=at, high=at)
    if math.isnan(at):
        return replace(side, why_not=f"another measure: {cohort} has nothing below the line")
    if degrees <= 0:
        return replace(
            side, why_not=f"no interval for {cohort}: its design leaves no degrees of freedom"
        )
    value: Share | Mean
    if share:
        value = estimated(at, error**2, base, degrees, census=whole)
    else:
        value = Mean(np.array([at]), np.array([error]), degrees)
    return replace(side, value=value)


def _printed(cohort: Cohort, rows: list[dict]) -> Side:
    count, base = allowed(rows)
    low, high = _range(rows, count, base)
    side = Side(_point(rows, count, base), low=low, high=high, **_base_of(rows))
    if all(row["vague"] and row["form"] == "words" for row in rows):
        wordings = ", ".join(dict.fromkeys(f"“{row['reported']}”" for row in rows))
        return replace(side, why_not=f"words only: {wordings} in {cohort.id}")
    if example := _example(cohort, side.base_id):
        return replace(side, why_not=f"another base: {example}, in {cohort.id}")
    if cohort.about.no_interval and not math.isnan(low):
        return replace(side, why_not=f"no interval for {cohort.id}: {cohort.about.no_interval}")
    if rows[0]["form"] == "number":
        return replace(side, why_not=f"no interval for {cohort.id}: a mean without its spread")
    if not len(count):
        return replace(side, why_not=f"another base: {cohort.id} does not print its base")
    within = rows[0]["unit"] not in DRAWN_UNITS
    return replace(side, value=counted(count, base), count=count, base=base, clustered=within)


def _example(cohort: Cohort, base_id: str) -> str:
    """Label of a base that is an example or background of a report, and not what it surveyed."""
    about = cohort.indicators.get(base_id)
    return about.label if about and about.measure == "context" else ""


def allowed(rows: list[dict]) -> tuple[np.ndarray, np.ndarray]:
    """Every count and base that all statements of one quantity allow."""
    based = [row for row in rows if pd.notna(row["base_low"]) and row["form"] != "number"]
    if not based:
        return _NOBODY, _NOBODY
    ranges = [range(max(row["base_low"], 1), row["base_high"] + 1) for row in based]
    common = [n for n in ranges[0] if all(n in others for others in ranges)]
    found = _counts(rows, common)
    if not len(found[0]):
        alone = [_counts([row], bases) for row, bases in zip(based, ranges, strict=True)]
        counts, bases = zip(*alone, strict=True)
        return np.concatenate(counts), np.concatenate(bases)
    return found


def _counts(rows: list[dict], bases: range | list[int]) -> tuple[np.ndarray, np.ndarray]:
    ends = [[_ends(row, n) for row in rows] for n in bases]
    spans = [(max(low for low, _ in each), min(high for _, high in each)) for each in ends]
    counts = [np.arange(low, high + 1) for low, high in spans]
    base = np.repeat(np.array(list(bases), dtype=int), [len(each) for each in counts])
    return np.concatenate([_NOBODY, *counts]), base


def _ends(row: Mapping, n: int) -> tuple[int, int]:
    """Least and greatest count of one statement on a base of n."""
    fixed = pd.notna(row["base_low"]) and row["base_low"] == row["base_high"]
    if row["share_low"] is None or fixed:
        low, high = row["count_low"], row["count_high"]
        return (0 if pd.isna(low) else int(low)), (n if pd.isna(high) else min(int(high), n))
    ends = ("share_low", "share_high", "share_low_open", "share_high_open")
    return counts_on(tuple(row[end] for end in ends), n)


def _point(rows: list[dict], count: np.ndarray, base: np.ndarray) -> float:
    shares = np.unique(count / base) if len(count) else np.array([])
    if len(shares) == 1:
        return float(shares[0])
    printed = [row["estimate"] for row in rows if pd.notna(row["estimate"])]
    if not len(shares):
        return printed[0] if printed else math.nan
    agreed = [point for point in printed if all(_admits(row, point) for row in rows)]
    return agreed[0] if agreed else math.nan


def _admits(row: Mapping, point: float) -> bool:
    low, high = row["estimate_low"], row["estimate_high"]
    return pd.isna(low) or low <= point <= high


def _range(rows: list[dict], count: np.ndarray, base: np.ndarray) -> tuple[float, float]:
    if len(count):
        return float((count / base).min()), float((count / base).max())
    return rows[0]["estimate_low"], rows[0]["estimate_high"]


def _base_of(rows: list[dict]) -> dict:
    """Return the base of a quantity as number, as words and as the quantity that it is."""
    named = " or ".join(dict.fromkeys(row["base_id"] for row in rows if row["base_id"]))
    bases = {(row["base_low"], row["base_high"]) for row in rows if pd.notna(row["base_low"])}
    low, high = bases.pop() if len(bases) == 1 else (None, True)
    if low == high:
        return {"base_n": int(low), "base_words": f"{low:,}", "base_id": named}
    return {"base_words": rows[0]["base_words"], "base_id": named}
