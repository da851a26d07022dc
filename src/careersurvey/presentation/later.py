"""What later sources print: statement by statement, and from wave to wave."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.presentation import changes, conflicts, words
from careersurvey.presentation.labels import QUANTITY

#: What a reader is shown of a statement.
SHOWN = ("fieldwork", "who", "finding", "printed", "can mean", "of", "source")


def list_published(cohorts: Sequence[Cohort]) -> pd.DataFrame:
    """Lay out every statement of printed cohorts, with its entry in the trail and its quantity."""
    return pd.concat([_listed(cohort) for cohort in cohorts], ignore_index=True)


def _listed(cohort: Cohort) -> pd.DataFrame:
    rows = conflicts.read_findings(cohort)
    rows["entry"] = f"{cohort.id}-" + rows["statements"]
    told: words.Columns = {
        "fieldwork": lambda _: words.date(cohort.about.fieldwork),
        "who": lambda row: words.plural(row["unit"]),
        "finding": lambda row: row["label"].replace("{}", row["wording"]) + _of_group(row),
        "printed": "wording",
        "can mean": words.reading,
        "of": lambda row: words.counts(row["base_n"], row["base_n"]) or row["base"],
        "source": "note",
        "id": "entry",
        "quantity": _quantity,
    }
    return words.lay_out(rows, told)


def _of_group(row: pd.Series) -> str:
    apart = row["domain"] != "all"
    return f" ({words.spell(row['domain']).lower()}: {row['group']})" * bool(apart)


def _quantity(row: pd.Series) -> str:
    return " ".join(row[QUANTITY])


def follow(waves: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Lead what waves measured to the statements of it that `list_published` lists."""
    told = listed.groupby("quantity").agg(entry=("id", " ".join), wording=("printed", "; ".join))
    quantities = words.each(waves.assign(domain="all", group="all"), _quantity)
    return waves.assign(**told.reindex(quantities, fill_value="").set_axis(waves.index))


#: What a wave measured, for reading.
WAVES: words.Columns = {
    "finding": lambda row: row["label"].replace("{}", "…"),
    "wave": "period",
    "measured": changes.wave,
    "can mean": lambda row: words.between(
        row["estimate_low"], row["estimate_high"], words.writer(row, finer=1)
    ),
    "of": "base",
    "why there is no line": "reason",
}
