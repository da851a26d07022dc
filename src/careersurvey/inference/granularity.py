"""Figure by figure: whether it can occur on its base, and what the test could have seen."""

from __future__ import annotations

import re
from fractions import Fraction
from math import floor

import pandas as pd

_PERCENT = re.compile(r"(\d+)(?:\.(\d+))? ?(?:%|per ?cent)")
_DECIMAL = re.compile(r"\d+\.(\d+)")
CANNOT_FAIL = "The test cannot fail here."


def attainable(base_n: int, decimals: int = 0) -> tuple[int, int]:
    """Count the inner percentages that can occur on a base, and all inner ones.

    A generalisation of the granularity test to percentages (Brown and Heathers, 2017, Social
    Psychological and Personality Science 8, 363-369). Halves round up.

    Parameters
    ----------
    base_n : int
        At least 1.
    decimals : int
        Printed decimal places.

    Returns
    -------
    (int, int)
        On 60, 59 of the 99 whole percentages between 0 and 100.
    """
    steps = 100 * 10**decimals
    if base_n >= steps:
        return steps - 1, steps - 1
    rounded = {floor(Fraction(n * steps, base_n) + Fraction(1, 2)) for n in range(base_n + 1)}
    return len(rounded - {0, steps}), steps - 1


def mean_can_occur(reported: str, base_n: int, items: int = 1) -> bool:
    """Whether whole answers can have a mean that is printed so: the granularity test.

    Parameters
    ----------
    reported : str
        The mean as printed; its decimal places count.
    base_n : int
        How many answered.
    items : int
        Whole answers that were averaged for each of them.

    References
    ----------
    Brown, N. J. L. and Heathers, J. A. J. (2017). The GRIM test. Social Psychological and
    Personality Science, 8(4), 363-369. Halves may have been rounded either way.
    """
    decimals = len(reported.partition(".")[2])
    half = Fraction(1, 2 * 10**decimals)
    low, high = ((Fraction(reported) + side) * base_n * items for side in (-half, half))
    return floor(high) >= low


def figure_entries(statements: pd.DataFrame, indicators: pd.DataFrame) -> list[dict]:
    """Hold every figure of an exact wording against its base; entries as `audit` returns them."""
    measures = dict(zip(indicators["indicator"], indicators["measure"], strict=True))
    rows = statements.to_dict("records")
    entries = [_figure_entry(each, measures.get(each["indicator"], "")) for each in rows]
    return [entry for entry in entries if entry]


def _figure_entry(each: dict, measure: str) -> dict | None:
    """Hold one figure against its base; None where there is no test to make."""
    base = each["base_low"]
    if pd.isna(base) or base != each["base_high"] or base == 0:
        return None
    power = _power(each, measure, int(base))
    if power is None and each["exact"]:
        return None
    meets = each["exact"]
    if measure == "mean" and _DECIMAL.fullmatch(each["reported"]):
        meets = mean_can_occur(each["reported"], int(base))
    said = f"{each['where']} “{each['reported']}” ({each['id']})"
    found = f"can occur on {base:,}" if meets else f"is met by no whole count on {base:,}"
    told = each["reading_note"]
    note = "" if meets or not told else f" {told[0].upper()}{told[1:]}."
    return {
        "check": f"figure {each['id']}",
        "verdict": "consistent" if meets else "tension",
        "statements": [each["id"]],
        "where": [each["where"]],
        "explanation": f"{said} {found}.{note} {power or ''}".strip(),
    }


def _power(each: dict, measure: str, base: int) -> str | None:
    """How much the test could have seen; None where the wording makes no exact claim."""
    reported = each["reported"]
    percent, decimal = _PERCENT.search(reported), _DECIMAL.fullmatch(reported)
    if measure == "mean" and decimal:
        steps = 10 ** len(decimal[1])
        return f"Of {steps:,} means between two whole numbers {min(base, steps):,} can occur."
    if each["form"] in ("percent", "count_percent") and percent and not each["vague"]:
        decimals = len(percent[2] or "")
        some, all_ = attainable(base, decimals)
        kind = "whole percentages" if decimals == 0 else f"percentages to {decimals} places"
        never = f" {CANNOT_FAIL}" if some == all_ else ""
        return f"Of the {all_:,} inner {kind}, {some:,} can occur on this base.{never}"
    if each["form"] == "fraction" and each["share_low"] == each["share_high"]:
        parts = Fraction(each["share_low"]).denominator
        return f"It is a whole count on one base in {parts}."
    return None
