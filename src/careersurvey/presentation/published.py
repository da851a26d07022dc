"""The one door of a report: what its notebooks get of a cohort's answers.

In a report it is decided once, for all that is published together and for every cohort of answers
that a notebook opens. A notebook that is run by hand shows its holder everything, and says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from careersurvey.errors import ReportError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings_run import run
from careersurvey.inference import estimates
from careersurvey.inference.estimates import Groups
from careersurvey.inference.nonresponse import nonresponse as bounds_of_missing
from careersurvey.inference.publishing import Published, decide
from careersurvey.presentation.outputs import being_made, once


def decision(cohort: Cohort, made: Path | None = None) -> Published | None:
    """What a report, in its folder or the one being made, may publish; None of print, by hand."""
    made = made or being_made()
    answers = cohort.evidence == "respondents"
    return once(decide, cohort, made=made) if made and answers else None


def for_this_report(table: pd.DataFrame) -> pd.DataFrame:
    """Of rows by indicator, keep those that the report was asked for; tests stay those of all."""
    wanted = run().shown
    names = [name for name in table if str(name).startswith("indicator")]
    return table[table[names].isin(wanted).any(axis=1)] if wanted else table


def keep(table: pd.DataFrame, cohort: Cohort, side: str = "") -> pd.DataFrame:
    """Of rows by indicator, keep what this report may show; of a comparison by its `side`."""
    return for_this_report(_kept(table, cohort, side))


def _kept(table: pd.DataFrame, cohort: Cohort, side: str = "") -> pd.DataFrame:
    """A table as it is, by hand; in a report what may be published of it."""
    found, known = decision(cohort), ("all", *estimates.DOMAINS, *cohort.about.by)
    if found is None:
        return table
    if unknown := [by for by in dict.fromkeys(table.attrs.get("by", ())) if by not in known]:
        raise ReportError(
            f"{cohort.id}: a notebook breaks findings down in a way that was not held against"
            " what may be published.",
            found=", ".join(unknown),
            expected=", ".join(known[1:]),
            do='name the variable in cohort.toml, by = ["..."] under [cohort]',
        )
    return found.keep(table, side=side)


def estimate(cohort: Cohort, **asked: Any) -> pd.DataFrame:
    """Estimate a cohort as `estimates.estimate` does; in a report, what may be published."""
    found = decision(cohort)
    asked |= {"bases": True, "merge": found.merge if found else None}
    return join_missing(_kept(once(estimates.estimate, cohort, **asked), cohort), cohort)


def groups(cohort: Cohort, **asked: Any) -> Groups:
    """Break findings down as `estimates.groups` does; in a report Holm's p is of what is shown."""
    found = decision(cohort)
    asked |= {"bases": True, "merge": found.merge if found else None}
    made = estimates.groups(cohort, **asked)
    return Groups(**{name: keep(table, cohort) for name, table in vars(made).items()})


def nonresponse(cohort: Cohort) -> pd.DataFrame:
    """Bound shares as `inference.nonresponse` does; in a report, what may be published."""
    return _kept(once(bounds_of_missing, cohort), cohort)


def join_missing(rows: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Join to shares of everyone what they could be among all invited, where that is known."""
    if cohort.evidence != "respondents" or not cohort.about.invited:
        return rows
    ends = nonresponse(cohort)
    ends = ends[ends["took_part"].notna()].set_index(["indicator", "category"])
    ends = ends[["answered", "least", "greatest"]]
    own = ends.reindex(pd.MultiIndex.from_frame(rows[["indicator", "category"]]))
    of_all = rows["domain"] == "all" if "domain" in rows else pd.Series(True, rows.index)
    return rows.assign(**own.set_axis(rows.index).where(of_all))


def schools_by_name(cohort: Cohort) -> pd.DataFrame:
    """Schools by name and place; of answers only where schools are declared as institutions."""
    named = cohort.visited.reindex(columns=["name", "local_authority", "region", "region_source"])
    institutions = cohort.settings.disclosure.about.get("schools") == "institutions"
    hidden = not institutions and decision(cohort) is not None
    return named[(named["name"].fillna("") != "") & (not hidden)]
