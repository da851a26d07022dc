"""What weights do to a cohort of answers: who is missing, what they change, what they cost."""

from __future__ import annotations

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.inference.nonresponse import nonresponse
from careersurvey.presentation import labels, words

_KEYS = ["indicator", "category"]


def headlines(cohort: Cohort, labelled: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Pick the shares of everyone that are named and may be shown; none of a printed cohort."""
    rows = labels.findings(labelled, *names)
    fit = rows["shown"] & rows["measure"].isin(words.SHARES)
    return rows[fit & (cohort.evidence == "respondents")]


def missing(cohort: Cohort, rows: pd.DataFrame) -> pd.DataFrame:
    """Join to headlines how far those who did not answer could move them."""
    if rows.empty:
        return rows
    bounds = nonresponse(cohort, list(dict.fromkeys(rows["indicator"])))
    joined = rows.merge(bounds[[*_KEYS, "took_part", "answered", "least", "greatest"]], on=_KEYS)
    return joined.sort_values("greatest", ascending=False, kind="stable")


def say_missing(rows: pd.DataFrame) -> str:
    """Say how far the headline that could be moved most could be, and whom it is about."""
    if rows.empty:
        return ""
    row = rows.loc[(rows["greatest"] - rows["least"]).idxmax()]
    ends = words.between(row["least"], row["greatest"])
    who = words.plural(row["unit"])
    return (
        f"Counting those who did not answer, whatever they would have said, {ends} of {who}"
        f" {row['label']}, in place of {words.share(row['estimate'])}; chance comes on top."
    )


def _could_be(row: pd.Series) -> str:
    """Say the ends of a share among all who were invited, or of those who took part alone."""
    ends = words.between(row["least"], row["greatest"])
    return f"{ends} of those who took part" if pd.isna(row["took_part"]) else ends


def list_missing(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay out who took part, who answered, and what the others could have made of each share."""
    if rows.empty:
        return pd.DataFrame()
    return words.lay_out(
        rows,
        {
            "who": lambda row: words.plural(row["unit"]),
            "finding": "label",
            "share": lambda row: words.share(row["estimate"]),
            "of those invited, took part": lambda row: words.share(row["took_part"]) or "not known",
            "of those, answered": lambda row: words.share(row["answered"]),
            "could be": _could_be,
        },
    )


def list_costs(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay out what weights change, and the base over the design effect (Kish 1965, 8.2)."""
    if rows.empty:
        return pd.DataFrame()
    some = rows["deff"].where(rows["deff"] > 0)
    as_good = (rows["base_n"] / some).round().astype("Int64")
    return words.lay_out(
        rows.assign(as_good=as_good),
        {
            "who": lambda row: words.plural(row["unit"]),
            "finding": "label",
            "weighted": lambda row: words.share(row["estimate"]),
            "not weighted": lambda row: words.share(row["count_low"] / row["base_n"]),
            "answers": "base_n",
            "design effect": lambda row: words.number(row["deff"]),
            "as good as": "as_good",
        },
    )
