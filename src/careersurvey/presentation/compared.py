"""Compared findings together: which are drawn, how many came to what, and all as tables."""

from __future__ import annotations

import math
import re

import pandas as pd

from careersurvey.inference.columns import DRAWN_UNITS
from careersurvey.inference.compare.compare import LEAST_CHANGE
from careersurvey.inference.compare.difference import GREATEST_DEFF
from careersurvey.presentation import changes, labels, words


def drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """What a picture draws: what is clear or in doubt; of few findings what points one way too."""
    kinds = (*changes.CLEAR, changes.UNKNOWN)
    both = ~rows["kind"].isin((changes.NOT_CLEAR, changes.BARRED))
    return rows[both if both.sum() <= _FEW else rows["kind"].isin(kinds)]


_FEW = 12


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the findings of each kind, the surest first; what is in doubt apart."""
    numbers = rows["comes_to"].value_counts(sort=False)
    return numbers.rename_axis("what").reset_index(name="findings")


def comparable(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out what may not be compared."""
    return rows[rows["kind"] != changes.BARRED]


def _of(row: pd.Series, which: str) -> str:
    """Name the base of a side; a share or a word that is printed for one is no number."""
    base = str(row[f"base_{which}"])
    known = re.search(r"\d", base) and "%" not in base
    return base if known or not base else f"“{base}” (how many is not printed)"


def _before(row: pd.Series) -> str:
    """The quotes of a baseline, and what they read as."""
    printed = f"{row['printed']}, reads as " * bool(row["printed"])
    return (
        f"{row['when']}: " * bool(row["when"]) + f"{printed}{row['then']} of {_of(row, 'baseline')}"
    )


def _by(row: pd.Series) -> str:
    """By how much it changed and, where a clear change must come to so much, that it does."""
    clear = row["verdict"] in ("increased", "decreased") and words.is_share(row)
    enough = f"; {100 * LEAST_CHANGE:.0f} points or more: yes" * clear
    return f"{row['change']}: now minus then, before rounding{enough}" * bool(row["change"])


def _interval(row: pd.Series) -> str:
    """Show both sides with their limits, where the interval is squared and added from these."""
    said = changes.signed(row, row["conf_low"], row["conf_high"])
    then, now = (
        [row[f"{when}_{end}"] for end in ("low", "high")]
        + [row.get(f"side_{end}_{side}", math.nan) for end in ("low", "high")]
        for when, side in (("then", "baseline"), ("now", "cohort"))
    )
    least = now[0] - then[1] - math.hypot(now[0] - now[2], then[3] - then[1])
    most = now[1] - then[0] + math.hypot(now[3] - now[1], then[0] - then[2])
    apart = max(abs(least - row["conf_low"]), abs(most - row["conf_high"]))
    if not words.is_share(row) or not apart <= _ROUNDED:
        return said
    ends = (
        f"{when} {words.between(side[0], side[1], _finely)}"
        f" ({words.between(side[2], side[3], _finely)})"
        for when, side in (("then", then), ("now", now))
    )
    bases = [row.get(f"effective_base_{side}", math.nan) for side in ("baseline", "cohort")]
    bases[0] = row.get("base_n_baseline") if pd.isna(bases[0]) else bases[0]  # of several readings
    told = [words.number(bases[0]) or row["base_read"], words.number(bases[1])]
    above = f", {labels.ABOVE}" * bool(bases[1] > row.get("base_n_cohort", math.inf))
    worth = f"; effective bases {' and '.join(told)}{above}" * all(told)
    return f"{said}, squared and added: {', '.join(ends)}{worth}"


#: How far shares of people, which a report publishes rounded, may move an interval.
_ROUNDED = 0.02


def _finely(share: float) -> str:
    """Write a share to a tenth of a point, as far as it was published."""
    return f"{100 * share:.1f}".removesuffix(".0") + "%"


def _p(row: pd.Series) -> str:
    """Show how an adjusted p comes of that of the single test: in full, so that it multiplies."""
    if pd.isna(row.get("p_value")):
        return ""
    alone, adjusted = (
        words.number(p, 2) if p >= 1e-6 else "less than 0.000001"
        for p in (row["p_value"], row["p_adjusted"])
    )
    return f"{alone} alone; {adjusted} by Holm"


def _undone_by(row: pd.Series) -> str:
    """Say which design effect undoes a clear change of print, beside the one measured now."""
    if row["verdict"] not in ("increased", "decreased") or not row["printed"]:
        return ""  # there is none to undo, or the design is in the interval
    if row["unit"] in DRAWN_UNITS:
        return f"none: {words.plural(row['unit'])} are in no groups"
    now = f"; {row['deff_cohort']:.3g} measured now" if row.get("deff_cohort", 0) > 0 else ""
    undone = row["deff_undone"]
    return (f"none up to {GREATEST_DEFF:.0f}" if pd.isna(undone) else f"{undone:.3g}") + now


def _because(row: pd.Series) -> str:
    """Give the reason of a verdict, and of the mark that says that the earlier figure clashes."""
    return row["reason"] + f"; ‡ the earlier figure is {row['stands']}" * bool(row["stands"])


_UNDONE = "if clear, undone by a design effect of"
_CARE = "read with care"
#: What a table shows of a change, what its entry in the trail does, and what ties the two.
READ = ("finding", "then and now", "of", "change", "interval", "p", "comes to", _UNDONE, "because")
PROOF = (
    *("before", "by the rule", "standing", "by", "interval from", "p from", "comes to"),
    *(_UNDONE, _CARE),
)
_LISTED: words.Columns = {
    "finding": "label",
    "then and now": changes.then_and_now,
    "of": lambda row: f"{_of(row, 'baseline')} and {_of(row, 'cohort')}",
    **{name: name for name in ("change", "interval")},
    "p": lambda row: words.p_value(row["p_adjusted"]),
    "comes to": lambda row: f"{row['comes_to']}{row['marks']} {row['cards']}".rstrip(),
    **{_UNDONE: _undone_by, "because": _because},
    "before": _before,
    **{"by the rule": "rule", "standing": "standing", "by": _by},
    **{"interval from": _interval, "p from": _p},
    _CARE: lambda row: row["doubts"] + f". {row['why']}" * bool(row["why"]),
    **{"id": changes.anchor, "indicator": "indicator"},
    "now": changes.number,
}


def listed(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay compared findings out: `READ` for reading, and the rest for the trail."""
    return words.lay_out(comparable(rows), _LISTED)


def refused(rows: pd.DataFrame, against: str = "cohort") -> pd.DataFrame:
    """Lay out what may not be compared, and why; `against` is the side that is held against."""
    told = {"finding": "label", "held against": against, "not comparable because": "reason"}
    return words.lay_out(rows[rows["verdict"] == "not comparable"], told)


def say_barred(rows: pd.DataFrame) -> str:
    """Say how many pairs of findings may not be compared, their reasons grouped, and of whom none.

    A source that has no indicator in common has a row that names none.
    """
    pairs = rows[rows["indicator"] != ""]
    barred = pairs[pairs["verdict"] == "not comparable"]
    kinds = barred["reason"].str.split(": ").str[0].value_counts()
    said = words.listed(f"{kind} ({n})" for kind, n in kinds.items())
    held = f"Of {len(pairs)} pairs of findings held side by side {len(barred)}"
    strangers = len(rows) - len(pairs)
    none = f"{strangers} source{'s have' if strangers != 1 else ' has'} no indicator in common."
    parts = f"{held} may not be compared: {said}." * bool(said), none * bool(strangers)
    return " ".join(filter(None, parts))
