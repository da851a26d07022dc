"""Estimates written by hand, so that a picture can be held against numbers that anybody can see."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.inference.columns import ESTIMATES, lay_out
from careersurvey.presentation.labels import Credit

PRINTED = Credit("Ofsted, A report", "England, December 2012", "Not a probability sample.", False)
_DRAWN = {"school": "probability"}
INVENTED = Credit("Nobody, An invention", "Nowhere, 2026", "Invented.", True, _DRAWN)

_USUAL = {
    **{"unit": "school", "domain": "all", "group": "all", "level": 0.95, "evidence": "reported"},
    **{"cohort": "made", "shown": True, "open": False, "measure": "share", "side": "better"},
    **{"section": "guidance", "form": "fraction", "base": "", "base_from": "printed", "note": ""},
    **{"short": "", "whom": "", "answer": ""},
}
_NUMBERS = ["statistic", "p_value", "p_adjusted", "rank", "asked_of"]


def made(*rows: dict) -> pd.DataFrame:
    """Estimates of the given cells, with what `labels.label` adds to them."""
    frame = pd.DataFrame([_USUAL | row for row in rows])
    added = [name for name in frame if name not in ESTIMATES]
    table = lay_out(frame.drop(columns=added), ESTIMATES)
    told = frame[[name for name in added if name not in _NUMBERS]].fillna("")
    numbers = frame[[name for name in added if name in _NUMBERS]].apply(pd.to_numeric)
    return table.join(told).join(numbers)


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
        "place": "p12",
        "statements": f"R{low}{high}{base}",
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


def answered(label: str, share: float, base: int = 84, **cells: object) -> dict:
    """Cells of a share of answers."""
    ends = {"estimate": share, "estimate_low": share, "estimate_high": share}
    usual = {"evidence": "respondents", "wording": "", "where": "", "place": "", "statements": ""}
    count = round(share * base)
    limits = {"conf_low": max(share - 0.1, 0), "conf_high": min(share + 0.1, 1)}
    return counted(label, count, count, base) | usual | {"form": ""} | ends | limits | cells


def hidden(label: str) -> dict:
    """Cells of a finding that may not be shown."""
    blank = dict.fromkeys(
        ["count_low", "count_high", "estimate_low", "estimate_high", "conf_low", "conf_high"]
    )
    return counted(label, 1, 2, 4) | blank | {"shown": False, "wording": ""}


def read(axes: Axes, *parts: str) -> str:
    """What is written on a sheet: all of it, or the parts with these names, as one line."""
    texts = [text for text in axes.texts if not parts or text.get_gid() in parts]
    return " ".join(text.get_text() for text in texts)


def boxes(axes: Axes, name: str) -> list[tuple[int, int]]:
    """Left and right edge, in pixels, of the bars with a name."""
    drawn = [patch for patch in axes.patches if patch.get_gid() == name]
    return [(round(bar.get_x()), round(bar.get_x() + bar.get_width())) for bar in drawn]


def lines(axes: Axes, name: str) -> list[list[int]]:
    """Points across, in pixels, of the lines with a name."""
    return [
        [round(float(x)) for x in line.get_xdata()] for line in axes.lines if line.get_gid() == name
    ]
