"""Which indicators of which cohorts may be held side by side, how close they are, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from careersurvey.errors import CohortError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.project import shared_data
from careersurvey.evidence.tables import COLUMNS, Indicator, read_written
from careersurvey.evidence.text import fold, meant

CLOSENESS = ("same", "close", "related")
_SIDE = ("cohort", "indicator", "category")
_TURNED = {f"{name}_{one}": f"{name}_{two}" for name in _SIDE for one, two in ("ab", "ba")}
#: What a row would say of an indicator that two cohorts measure under one name.
SAME = {"category_a": "", "category_b": "", "closeness": "same", "because": ""}


def load_crosswalk(*cohorts: Cohort) -> pd.DataFrame:
    """Read the shared crosswalk, and those that the cohorts have in their own folders."""
    own = dict.fromkeys(cohort.folder / "crosswalk.csv" for cohort in cohorts)
    tables = [read_written(shared_data() / "crosswalk.csv")]
    tables += [read_written(path) for path in own if path.exists()]
    for table in tables:
        _require_argued(table)
    crosswalk = pd.concat(tables)
    for cohort in cohorts:
        _require_known(crosswalk, cohort)
    return crosswalk[list(COLUMNS["crosswalk.csv"])].reset_index(drop=True)


def pairs(
    crosswalk: pd.DataFrame,
    baseline: str,
    measured_baseline: Collection[str],
    cohort: str,
    measured_cohort: Collection[str],
) -> list[dict[str, str]]:
    """Rows that hold what two cohorts measure against each other; the last of a pair counts."""
    both = pd.concat([crosswalk, crosswalk.rename(columns=_TURNED)]).sort_index(kind="stable")
    both = both[(both["cohort_a"] == baseline) & (both["cohort_b"] == cohort)]
    both = both[both["indicator_a"].isin([*measured_baseline])]
    rows = both[both["indicator_b"].isin([*measured_cohort])].to_dict("records")
    whole = [row for row in rows if is_whole(row)]
    itself = {row["indicator_a"] for row in whole if row["indicator_a"] == row["indicator_b"]}
    shared = [name for name in dict.fromkeys(measured_baseline) if name in measured_cohort]
    alike = [SAME | {"indicator_a": n, "indicator_b": n} for n in shared if n not in itself]
    return [*alike, *{tuple(row.values())[:6]: row for row in rows}.values()]


def is_whole(row: Mapping[str, str]) -> bool:
    """Whether a row is of two indicators, and not of one category of either."""
    return not (row["category_a"] or row["category_b"])


def strangers(
    quantities: Iterable[tuple[str, str]], indicators: Mapping[str, Indicator]
) -> dict[tuple[str, str], str]:
    """Indicator and category of those that no indicator has, and what may be meant."""
    known = {name: one.categories for name, one in indicators.items()}
    return {
        (name, category): meant(category, known[name]) if name in known else meant(name, known)
        for name, category in quantities
        if category not in ("", *known.get(name, ())) or name not in known
    }


def _require_argued(table: pd.DataFrame) -> None:
    wrong = table[~table["closeness"].isin(CLOSENESS) | (table["because"] == "")]
    if wrong.empty:
        return
    raise CohortError(
        f"{len(wrong)} of {len(table)} rows of crosswalk.csv do not say how close and why.",
        found=", ".join(f"{row.closeness!r}: {row.because!r}" for row in wrong[:5].itertuples()),
        expected=f"closeness {', '.join(CLOSENESS)}, and a reason under because",
        where=f"crosswalk.csv lines {', '.join(str(line) for line in wrong.index[:5])}",
    )


def _require_known(crosswalk: pd.DataFrame, cohort: Cohort) -> None:
    sides = [crosswalk[[f"{name}_{side}" for name in _SIDE]].to_numpy() for side in "ab"]
    named = [row for side in sides for row in side if fold(row[0]) == fold(cohort.id)]
    unknown = {own: cohort.id for own, *_ in named if own != cohort.id}
    of_own = [(indicator, category) for own, indicator, category in named if own == cohort.id]
    strange = strangers(of_own, cohort.indicators).items()
    unknown |= {"=".join(filter(None, quantity)): known for quantity, known in strange}
    if unknown:
        raise CohortError(
            f"{cohort.id}: {len(unknown)} of {len(named)} of its quantities in crosswalk.csv are "
            "not known.",
            found=", ".join(unknown),
            expected=next(iter(unknown.values())),
            where="crosswalk.csv",
        )
