"""What later sources print: statement by statement, and from wave to wave."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.presentation import captions, conflicts, lists, words
from careersurvey.presentation.labels import QUANTITY

#: What a reader is shown of a statement.
SHOWN = ("fieldwork", "who", "finding", "printed", "can mean", "of", "source")


def list_published(cohorts: Sequence[Cohort], but: str = "") -> pd.DataFrame:
    """Lay out every statement of printed cohorts but one, with its entry and its quantity."""
    listed = [_listed(cohort) for cohort in cohorts if cohort.id != but]
    return pd.concat(listed, ignore_index=True)


def _listed(cohort: Cohort) -> pd.DataFrame:
    rows = conflicts.read_findings(cohort)
    told: words.Columns = {
        "id": lambda row: f"{cohort.id}-{row['statements']}",
        "finding": lambda row: lists.finding(row) + _group(row),
        "of": lambda row: words.counts(row["base_n"], row["base_n"]) or row["base"],
        "fieldwork": lambda _: words.date(cohort.about.fieldwork),
        "source": "note",
        "cohort": "cohort",
        "quantity": _quantity,
    }
    listed = lists.in_text(rows).drop(columns="indicator")
    return listed.assign(**words.lay_out(rows, told))


def _group(row: pd.Series) -> str:
    whole = row["domain"] == "all"
    return "" if whole else f" ({words.spell(row['domain']).lower()}: {row['group']})"


def _quantity(row: pd.Series) -> str:
    return " ".join(row[QUANTITY])


def by_title(rows: pd.DataFrame, cohorts: Sequence[Cohort], *columns: str) -> pd.DataFrame:
    """Call cohorts by title, as far as a comma, where some columns have their ids."""
    named = {each.id: each.about.title.partition(",")[0] for each in cohorts}
    return rows.assign(**rows[[*columns]].replace(named, regex=True))


def follow(waves: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Lead what waves measured to the statements of it that `list_published` lists."""
    told = listed.groupby("quantity").agg(entry=("id", " ".join), wording=("printed", "; ".join))
    quantities = words.each(waves.assign(domain="all", group="all"), _quantity)
    return waves.assign(**told.reindex(quantities, fill_value="").set_axis(waves.index))


#: What a wave measured, for reading.
WAVES: words.Columns = {
    "finding": "label",
    "wave": "period",
    "measured": captions.wave,
    "can mean": lambda row: words.between(
        row["estimate_low"], row["estimate_high"], words.writer(row, finer=1)
    ),
    "of": "base",
    "why there is no line": "reason",
}
