"""Words for changes: what differs between cohorts, by how much, and what may not be compared."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.presentation import labels


def name_changes(changes: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Call each row by its indicator, and by its category where that is not just "yes".

    Parameters
    ----------
    changes : DataFrame
        Columns ``indicator`` and ``category``.
    cohort : Cohort
        A cohort whose indicators they are.

    Returns
    -------
    DataFrame
        The rows with ``label``.
    """
    known = {name: one.label for name, one in cohort.indicators.items()}
    said = [
        labels.spell(known.get(row.indicator) or row.indicator or "no finding")
        + ("" if row.category in ("", "yes") else f" ({labels.spell(row.category).lower()})")
        for row in changes.itertuples()
    ]
    return changes.assign(label=said)


def by_change(changes: pd.DataFrame, *verdicts: str) -> pd.DataFrame:
    """Rows of shares with one of the verdicts, the greatest increase first.

    A row without a single difference stands where the middle of its interval puts it.
    """
    chosen = changes["verdict"].isin(verdicts)
    rows = changes[chosen & changes["measure"].isin(["share", "multiple"])]
    middle = (rows["conf_low"] + rows["conf_high"]) / 2
    order = rows["difference"].fillna(middle).sort_values(ascending=False, kind="stable").index
    return rows.loc[order]


def change_words(row: pd.Series) -> str:
    """Say a change in percentage points with its interval: "+20 (+1 to +39)"."""
    ends = f"{_points(row['conf_low'])} to {_points(row['conf_high'])}"
    return ends if pd.isna(row["difference"]) else f"{_points(row['difference'])} ({ends})"


def describe_changes(changes: pd.DataFrame) -> str:
    """Say every change in words, for those who hear a picture instead of seeing it."""
    said = [
        f"{row['label']}: {change_words(row)} percentage points, {row['verdict']}"
        for _, row in changes.iterrows()
    ]
    return f"{'; '.join(said)}."


def value_words(row: pd.Series) -> str:
    """Say a wave's number: a share as a percentage, a mean as it is."""
    if row["measure"] not in ("share", "multiple"):
        return f"{row['estimate']:.3g}"
    if pd.notna(row["estimate"]):
        return _share(row["estimate"])
    return f"{_share(row['estimate_low'])} to {_share(row['estimate_high'])}"


def describe_trend(waves: pd.DataFrame) -> str:
    """Say every point in words: "2013 0.2 of 60"."""
    said = []
    for _, rows in waves.groupby(["indicator", "category"], sort=False):
        known = rows[rows["estimate_low"].notna()]
        points = [f"{int(row['when'])} {value_words(row)}" for _, row in known.iterrows()]
        said.append(f"{rows['label'].iloc[0]}: {', '.join(points) or 'no number'}")
    return f"{'; '.join(said)}."


def list_verdicts(changes: pd.DataFrame) -> pd.DataFrame:
    """Lay compared findings out for reading: then, now, the change, p and the verdict."""
    return pd.DataFrame(
        {
            "finding": changes["label"],
            "then": [_at(row, "baseline") for _, row in changes.iterrows()],
            "now": [_at(row, "cohort") for _, row in changes.iterrows()],
            "change": [change_words(row) for _, row in changes.iterrows()],
            "p": [f"{p:.2g}" if p >= 1e-4 else "<0.0001" for p in changes["p_adjusted"]],
            "verdict": changes["verdict"],
            "because": changes["reason"],
        }
    ).reset_index(drop=True)


def list_refused(changes: pd.DataFrame) -> pd.DataFrame:
    """Lay out what may not be compared, and why."""
    rows = changes[changes["verdict"] == "not comparable"]
    return rows[["label", "cohort", "reason"]].rename(
        columns={"label": "finding", "cohort": "held against", "reason": "not comparable because"}
    )


def count_verdicts(changes: pd.DataFrame) -> pd.DataFrame:
    """Count the rows of each verdict, and of each reason not to compare."""
    barred = changes["verdict"] == "not comparable"
    why = changes["reason"].str.split(":").str[0].where(barred, "")
    counted = changes.groupby([changes["verdict"], why], sort=False).size().reset_index(name="rows")
    return counted.sort_values("rows", ascending=False, kind="stable").reset_index(drop=True)


def say_verdicts(changes: pd.DataFrame) -> str:
    """Say in a sentence how many of the pairs may be compared."""
    barred = int((changes["verdict"] == "not comparable").sum())
    may = len(changes) - barred
    pairs = f"{len(changes)} pair{'' if len(changes) == 1 else 's'}"
    return f"Of {pairs} held side by side, {may or 'none'} may be compared and {barred} may not."


def list_published(cohorts: Sequence[Cohort]) -> pd.DataFrame:
    """Lay out every statement of printed cohorts: when, what, as printed, of whom, its source."""
    rows = []
    for cohort in cohorts:
        named = {name: one.label for name, one in cohort.indicators.items()}
        for row in cohort.reported.to_dict("records"):
            part = (
                f" ({labels.spell(row['domain']).lower()}: {row['group']})" if row["group"] else ""
            )
            rows.append(
                {
                    "fieldwork": labels.date_words(cohort.about.fieldwork),
                    "finding": f"{named[row['indicator']]}{part}",
                    "printed": row["reported"],
                    "of": row["base_n"] or row["base"],
                    "source": row["note"],
                }
            )
    return pd.DataFrame(rows)


def _at(row: pd.Series, side: str) -> str:
    at, base = row[f"estimate_{side}"], row[f"base_{side}"]
    if row["measure"] not in ("share", "multiple"):
        said = "" if pd.isna(at) else f"{at:.3g}"
    elif pd.isna(at):
        said = labels.percent_range(row[f"reading_low_{side}"], row[f"reading_high_{side}"])
    else:
        said = labels.percent(at)
    return f"{said} of {base}" if base else said


def _points(share: float) -> str:
    points = round(100 * share)
    return f"{points:+d}".replace("-", "−") if points else "0"


def _share(share: float) -> str:
    return f"{100 * share:.1f}%" if 0 < share < 0.01 else labels.percent(share)
