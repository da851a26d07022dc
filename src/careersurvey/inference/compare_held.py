"""What a cohort holds of each quantity: print as its readings allow, answers by their design."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.readings import Span
from careersurvey.evidence.reported import counts_on, read_statements
from careersurvey.inference.compare_answers import hold_answers
from careersurvey.inference.compare_side import DRAWN_UNITS, NOBODY, Held, Key
from careersurvey.inference.differences import counted
from careersurvey.inference.estimates import estimate


def hold(cohort: Cohort, *, readings: Path | None = None, wide: bool = False) -> dict[Key, Held]:
    """Gather what a cohort says of everyone, by indicator and category.

    Parameters
    ----------
    cohort : Cohort
        Printed figures or answers.
    readings : Path, optional
        A table of readings in place of the declared one, wording by wording.
    wide : bool
        Whether to take the wide version of each reading.

    Returns
    -------
    dict
        A `Held` for each indicator and category; the category is empty for a mean or a number.

    Raises
    ------
    CohortError
        As `estimates.estimate`.
    """
    if cohort.evidence == "respondents":
        return hold_answers(cohort)
    estimates = estimate(cohort, readings=readings, wide=wide)
    return _hold_printed(cohort, estimates[estimates["domain"] == "all"], readings, wide)


def _hold_printed(
    cohort: Cohort, estimates: pd.DataFrame, readings: Path | None, wide: bool
) -> dict[Key, Held]:
    statements = read_statements(cohort, readings=readings, wide=wide)
    statements = statements[statements["domain"] == ""]
    ends = ["estimate", "estimate_low", "estimate_high"]
    found = estimates.set_index("statements")[ends]
    statements = statements.join(found, on="id")
    wordings = statements.groupby("quantity")["reported"].first()
    statements = statements.assign(base_words=statements["base_id"].map(wordings).fillna(""))
    grouped = statements.groupby(["indicator", "category"], sort=False)
    return {key: _printed(cohort, rows.to_dict("records")) for key, rows in grouped}


def _printed(cohort: Cohort, rows: list[dict]) -> Held:
    count, base = allowed(rows)
    low, high = _range(rows, count, base)
    held = Held(_point(rows, count, base), None, low=low, high=high, **_base_of(rows))
    if all(row["vague"] and row["form"] == "words" for row in rows):
        wordings = ", ".join(dict.fromkeys(f"“{row['reported']}”" for row in rows))
        return replace(held, why_not=f"words only: {wordings} in {cohort.id}")
    if example := _example(cohort, held.base_id):
        return replace(held, why_not=f"another base: {example}, in {cohort.id}")
    if "no_interval" in cohort.about and not math.isnan(low):
        return replace(held, why_not=f"no interval for {cohort.id}: {cohort.about['no_interval']}")
    if rows[0]["form"] == "number":
        return replace(held, why_not=f"no interval for {cohort.id}: a mean without its spread")
    if not len(count):
        return replace(held, why_not=f"another base: {cohort.id} does not print its base")
    within = rows[0]["unit"] not in DRAWN_UNITS
    return replace(held, side=counted(count, base), count=count, base=base, clustered=within)


def _example(cohort: Cohort, base_id: str) -> str:
    """Label of a base that is an example or background of a report, and not what it surveyed."""
    about = cohort.indicators.set_index("indicator")
    known = base_id in about.index and about.loc[base_id, "measure"] == "context"
    return str(about.loc[base_id, "label"]) if known else ""


def allowed(rows: list[dict]) -> tuple[np.ndarray, np.ndarray]:
    """Every count and base that all statements of one quantity allow.

    Parameters
    ----------
    rows : list of dict
        Rows of `read_statements`.

    Returns
    -------
    count, base : ndarray of int
        Those of each statement, pooled, where no count meets all of them; empty where no base is
        known or what is printed is no share.
    """
    based = [row for row in rows if pd.notna(row["base_low"]) and row["form"] != "number"]
    if not based:
        return NOBODY, NOBODY
    ranges = [range(row["base_low"], row["base_high"] + 1) for row in based]
    common = [n for n in ranges[0] if all(n in others for others in ranges)]
    found = _counts(rows, common)
    if not len(found[0]):
        alone = [_counts([row], bases) for row, bases in zip(based, ranges, strict=True)]
        return tuple(np.concatenate(parts) for parts in zip(*alone, strict=True))
    return found


def _counts(rows: list[dict], bases: range | list[int]) -> tuple[np.ndarray, np.ndarray]:
    ends = [[_ends(row, n) for row in rows] for n in bases]
    spans = [(max(low for low, _ in each), min(high for _, high in each)) for each in ends]
    counts = [np.arange(low, high + 1) for low, high in spans]
    base = np.repeat(np.array(list(bases), dtype=int), [len(each) for each in counts])
    return np.concatenate([NOBODY, *counts]), base


def _ends(row: dict, n: int) -> tuple[int, int]:
    """Least and greatest count of one statement on a base of n."""
    fixed = pd.notna(row["base_low"]) and row["base_low"] == row["base_high"]
    if row["share_low"] is None or fixed:
        low, high = row["count_low"], row["count_high"]
        return (0 if pd.isna(low) else int(low)), (n if pd.isna(high) else min(int(high), n))
    ends = ("share_low", "share_high", "share_low_open", "share_high_open")
    return counts_on(Span(*(row[end] for end in ends)), n, n)


def _point(rows: list[dict], count: np.ndarray, base: np.ndarray) -> float:
    shares = np.unique(count / base) if len(count) else np.array([])
    if len(shares) == 1:
        return float(shares[0])
    printed = [row["estimate"] for row in rows if pd.notna(row["estimate"])]
    if not len(shares):
        return printed[0] if printed else math.nan
    agreed = [point for point in printed if all(_admits(row, point) for row in rows)]
    return agreed[0] if agreed else math.nan


def _admits(row: dict, point: float) -> bool:
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
