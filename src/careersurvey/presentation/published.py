"""The one door of a report: what its notebooks get of a cohort's answers.

`report` decides before the notebooks run, once for all that is published together, and leaves the
decision beside them. A notebook that is run by hand shows its holder everything, and says so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from careersurvey.errors import ReportError
from careersurvey.evidence.cohort import Cohort
from careersurvey.inference import estimates
from careersurvey.inference.estimates import Groups
from careersurvey.inference.intervals import holm
from careersurvey.inference.publishing import LEFT_OUT, Published, decide, for_readers
from careersurvey.presentation import words
from careersurvey.presentation.outputs import FIGURES, once

#: The decision, in the folder of a report that is being made.
FILE = "published.json"
#: The indicators whose rows alone a report shows, where some were asked for.
_SHOWN = "shown.json"


def write_decisions(cohorts: Iterable[Cohort], made: Path) -> None:
    """Decide what a report may publish of each cohort of answers, for its notebooks to read."""
    found = {one.id: _record(decide(one)) for one in cohorts if one.evidence == "respondents"}
    if found:
        made.mkdir(parents=True, exist_ok=True)
        (made / FILE).write_text(json.dumps(found, indent=1), encoding="utf-8")


def write_shown(indicators: Iterable[str], made: Path) -> None:
    """Say whose rows alone a report shows."""
    made.mkdir(parents=True, exist_ok=True)
    (made / _SHOWN).write_text(json.dumps(list(indicators)), encoding="utf-8")


def shown_in(made: Path) -> list[str]:
    """The indicators whose rows alone a report shows; none means all."""
    path = made / _SHOWN
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def shown_here() -> list[str]:
    """The indicators whose rows alone this notebook shows; none means all."""
    figures = os.environ.get(FIGURES)
    return shown_in(Path(figures).parents[1]) if figures else []


def for_this_report(table: pd.DataFrame) -> pd.DataFrame:
    """Of rows by indicator, keep those that the report was asked for; tests stay those of all."""
    wanted = shown_here()
    if not wanted:
        return table
    names = [name for name in table if str(name).startswith("indicator")]
    return table[table[names].isin(wanted).any(axis=1)]


def decision_in(made: Path, cohort: Cohort) -> Published | None:
    """Read what was decided of a cohort in a report's folder; None of printed figures."""
    path = made / FILE
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if cohort.id not in known:
        return None
    record = known[cohort.id]
    left_out = pd.DataFrame(record["left_out"], columns=_LEFT_OUT, dtype="str")
    merged = tuple((name, domain) for name, domain in record["merged"])
    return Published(pd.DataFrame(), left_out, merged, record["narrowest"])


_LEFT_OUT = ["table", "indicator", "domain", "flag", "reason"]


def _record(found: Published) -> dict[str, Any]:
    rows = found.left_out.to_dict("records")
    return {"left_out": rows, "merged": found.merged, "narrowest": found.narrowest}


def _decision(cohort: Cohort) -> Published | None:
    figures = os.environ.get(FIGURES)
    return decision_in(Path(figures).parents[1], cohort) if figures else None


def estimate(cohort: Cohort, **asked: Any) -> pd.DataFrame:
    """Estimate a cohort; in a report, return what may be published.

    Parameters
    ----------
    cohort : Cohort
    **asked
        As `estimates.estimate` takes it.

    Returns
    -------
    DataFrame
        The estimates table; in a report with ``flag`` and ``flag_reason``. Its ``attrs`` say
        whether it is for ``publication``.

    Raises
    ------
    ReportError
        In a report, by a variable of which nothing was decided.
    """
    table, found = once(estimates.estimate, cohort, **asked), _decision(cohort)
    if found is None:
        return table
    _require_decided(cohort, table.attrs["by"])
    merge = cohort.settings.disclosure.merge
    together = once(estimates.estimate, cohort, merge=merge, **asked) if found.merged else None
    return _told(cohort, found, table, together)


def groups(cohort: Cohort, **asked: Any) -> Groups:
    """Break a cohort's findings down by group; in a report, return what may be published.

    Parameters
    ----------
    cohort : Cohort
    **asked
        As `estimates.groups` takes it.

    Returns
    -------
    Groups
        In a report each ``p_adjusted`` is Holm's over the tests that are published.
    """
    whole, found = estimates.groups(cohort, **asked), _decision(cohort)
    if found is None:
        return Groups(*(for_this_report(getattr(whole, each.name)) for each in fields(Groups)))
    _require_decided(cohort, whole.estimates.attrs["by"])
    merge = cohort.settings.disclosure.merge
    together = estimates.groups(cohort, merge=merge, **asked) if found.merged else None
    names = [each.name for each in fields(Groups)]
    merged = {name: together and getattr(together, name) for name in names}
    told = (_told(cohort, found, getattr(whole, n), merged[n]) for n in names)
    return Groups(*map(for_this_report, told))


def _require_decided(cohort: Cohort, domains: Iterable[str]) -> None:
    """Refuse a breakdown that was not decided with all that is published together."""
    known = ("all", *estimates.DOMAINS, *cohort.about.by)
    unknown = [domain for domain in dict.fromkeys(domains) if domain not in known]
    if unknown:
        raise ReportError(
            f"{cohort.id}: a notebook breaks findings down in a way that was not held against "
            "what may be published.",
            found=", ".join(unknown),
            expected=", ".join(known[1:]),
            do='name the variable in cohort.toml, by = ["..."] under [cohort]',
        )


def _told(
    cohort: Cohort, found: Published, table: pd.DataFrame, merged: pd.DataFrame | None
) -> pd.DataFrame:
    kept = found.keep(table, merged)
    if "p_adjusted" in kept:
        kept = kept.assign(p_adjusted=holm(kept["p_value"]))
    kept = for_readers(cohort, kept)
    out = found.left_out[found.left_out["indicator"].isin(set(table["indicator"]))]
    pairs = [(one.indicator, one.domain) for one in out.itertuples()]
    kept.attrs = table.attrs | {"publication": "", "left_out": pairs}
    return kept


def say_left_out(cohort: Cohort, pairs: Iterable[tuple[str, str]]) -> str:
    """Say which breakdowns, or with domain ``all`` which questions, are left out, and why."""
    domains: dict[str, list[str]] = {}
    for name, domain in pairs:
        domains.setdefault(name, []).append(domain)
    said = []
    for name, left in domains.items():
        by = words.listed(words.spell(domain).lower() for domain in left)
        asked = cohort.indicators[name].label or words.spell(name)
        said.append(f"“{asked}” {'altogether' if 'all' in left else f'by {by}'}")
    return f"Left out, because {LEFT_OUT}: {'; '.join(said)}." if said else ""


def compared(table: pd.DataFrame, baseline: Cohort, cohort: Cohort) -> pd.DataFrame:
    """Of a comparison, keep what a report may publish of both sides.

    Parameters
    ----------
    table : DataFrame
        What `compare.compare` returns.
    baseline, cohort : Cohort
    """
    for side, one in (("baseline", baseline), ("cohort", cohort)):
        found = _decision(one)
        if found is not None:
            names = table[f"indicator_{side}"]
            own = found.keep(pd.DataFrame({"indicator": names, "at": table.index}))
            table = for_readers(one, table.loc[own["at"]].reset_index(drop=True), side)
    return for_this_report(table)


def held(table: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Of rows by indicator without a number of their own, keep what a report may speak of."""
    found = _decision(cohort)
    return for_this_report(table if found is None else found.keep(table))


def schools_by_name(cohort: Cohort) -> pd.DataFrame:
    """Schools by name and place; of answers only where schools are declared as institutions."""
    named = cohort.visited.reindex(columns=["name", "local_authority", "region"])
    hidden = _decision(cohort) and cohort.settings.disclosure.about.get("schools") != "institutions"
    return named[(named["name"].fillna("") != "") & (not hidden)]
