"""What weights do to a cohort of answers: who is missing, what they change, what they cost."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.tables import SHARES
from careersurvey.evidence.text import so_many
from careersurvey.presentation import labels, published, sentences, words


def headlines(cohort: Cohort, labelled: pd.DataFrame, *told: pd.DataFrame) -> pd.DataFrame:
    """Shares of what is told, with how far the missing could move each; none of print."""
    each = (zip(one["indicator"], one["category"], strict=True) for one in told)
    asked = dict.fromkeys("=".join(pair) for pairs in each for pair in pairs if pair[0])
    rows = labels.findings(labelled, *asked)
    rows = rows[rows["shown"] & rows["measure"].isin(SHARES)]
    if cohort.evidence != "respondents" or rows.empty:
        return rows[:0]
    ends = published.nonresponse(cohort)
    own = [name for name in rows if name not in ends or name in ("indicator", "category")]
    joined = rows[own].merge(ends, on=["indicator", "category"])
    return joined.sort_values("greatest", ascending=False, kind="stable")


def took_part(credit: labels.Credit, indicators: Iterable[str]) -> str:
    """Say how many of those invited took part, of whom some indicators are."""
    of = credit.cohort.indicators if credit.cohort else {}
    units = dict.fromkeys(of[name].unit for name in indicators if name in of)
    known = {words.plural(one): credit.took_part[one] for one in units if one in credit.took_part}
    said = [
        f"{own:,} of {invited:,} {who} ({words.share(own / invited)})"
        for who, (own, invited) in known.items()
        if invited > 0
    ]
    others = words.listed((who for who, (_, invited) in known.items() if not invited > 0), "or")
    told = (
        f"Of those invited, {words.listed(said)} took part; intervals leave out those who did not."
    )
    silent = f"How many {others} there were to choose from is not known."
    return " ".join(([told] if said else []) + ([silent] if others else []))


def say_moved(rows: pd.DataFrame) -> str:
    """Say how far weights move headlines at most."""
    unweighted = rows["count_low"].astype("float64") / rows["base_n"]
    most = (rows["estimate"] - unweighted).abs().max() if len(rows) else 0
    by = f" by more than {so_many(math.ceil(100 * most), 'point')}" if most > 1e-9 else ""
    return f"Weights move no headline{by}." if len(rows) else ""


#: Who took part, who answered, and what the others could have made of each share, for reading.
MISSING: words.Columns = {
    "who": lambda row: words.plural(row["unit"]),
    "finding": "label",
    "share": lambda row: words.share(row["estimate"]),
    "of invited, took part": lambda row: words.share(row["took_part"]) or "not known, left out",
    "of those, answered": lambda row: words.share(row["answered"]),
    "could be": sentences.could_be,
}


def list_costs(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay out what weights change, and the base over the design effect (Kish 1965, 8.2)."""
    columns: words.Columns = {
        "who": lambda row: words.plural(row["unit"]),
        "finding": "label",
        "weighted": lambda row: words.share(row["estimate"]),
        "not weighted": lambda row: words.share(row["count_low"] / row["base_n"]),
        "answers": "base_n",
        "design effect": lambda row: f"{row['deff']:.3g}".replace("nan", ""),
        "as good as": lambda row: (
            words.number(row["effective_base"])
            + (f", {labels.ABOVE}" if row["effective_base"] > row["base_n"] else "")
        ),
    }
    return words.lay_out(rows, columns)
