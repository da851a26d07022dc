"""Estimates written by hand, so that a picture can be held against numbers that anybody can see."""

from __future__ import annotations

import pandas as pd

from careersurvey.inference.columns import ESTIMATES, lay_out
from careersurvey.presentation.labels import Credit

PRINTED = Credit("Ofsted, A report", "England, December 2012", "Not a probability sample.", False)
INVENTED = Credit("Nobody, An invention", "Nowhere, 2026", "Invented.", True)

_USUAL = {"unit": "school", "domain": "all", "group": "all", "level": 0.95, "evidence": "reported"}


def made(*rows: dict) -> pd.DataFrame:
    """Estimates of the given cells, with what `labels.label` adds to them."""
    frame = pd.DataFrame([_USUAL | {"cohort": "made", "shown": True} | row for row in rows])
    added = [name for name in frame if name not in ESTIMATES]
    table = lay_out(frame.drop(columns=added), ESTIMATES)
    return table.join(frame[added].fillna(""))


def counted(label: str, low: int, high: int, base: int, **cells: object) -> dict:
    """Cells of a finding whose counts are known; the interval is a tenth either way."""
    usual = {
        "indicator": label.lower().replace(" ", "_"),
        "category": "yes",
        "favourable": "yes",
        "label": label,
        "question": label,
        "wording": f"{low} of {base}",
        "where": "p12",
        "base_n": base,
        "count_low": low,
        "count_high": high,
        "estimate_low": low / base,
        "estimate_high": high / base,
        "conf_low": max(low / base - 0.1, 0),
        "conf_high": min(high / base + 0.1, 1),
    }
    point = {"estimate": low / base} if low == high else {}
    return usual | point | cells


def hidden(label: str) -> dict:
    """Cells of a finding that may not be shown."""
    blank = dict.fromkeys(
        ["count_low", "count_high", "estimate_low", "estimate_high", "conf_low", "conf_high"]
    )
    return counted(label, 1, 2, 4) | blank | {"shown": False, "wording": ""}
