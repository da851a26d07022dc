"""Findings by group on a page: a picture a domain, or a sentence where nothing is broken down."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.inference.breakdowns import DOMAINS, TEST_COLUMNS, Breakdown
from careersurvey.presentation import exhibits, labels
from careersurvey.presentation.exhibits import Page
from careersurvey.presentation.figures_multiples import describe_multiples, plot_multiples

if TYPE_CHECKING:
    from IPython.display import HTML

_OF_TEST = [name for name in TEST_COLUMNS if name not in ("cohort", "base_n", "n_clusters")]


def show_breakdowns(
    page: Page,
    name: str,
    cohort: Cohort,
    breakdown: Breakdown,
    asked: Collection[str],
    by: Collection[str] = DOMAINS,
) -> HTML:
    """Draw, save and show findings by each domain, or say that the cohort breaks none down.

    Parameters
    ----------
    page : Page
    name : str
        Stem of the files, to which the domain is added: ``02-by`` gives ``02-by-region``.
    cohort : Cohort
    breakdown : Breakdown
        Of that cohort.
    asked : collection of str
        Findings in the order of their panels, as `labels.pick` names them.
    by : collection of str
        Domains, a picture each.

    Returns
    -------
    IPython.display.HTML
    """
    from IPython.display import HTML

    labelled = labels.label(breakdown.estimates, cohort)
    shown = []
    for domain in by:
        rows = findings_by(labelled, breakdown.tests, domain, asked)
        if rows.empty:
            continue
        stem = f"{name}-{domain.replace('_', '-').replace('*', '-')}"
        alt = describe_multiples(rows)
        shown.append(exhibits.show_figure(page, stem, plot_multiples, rows, alt=alt).data)
    return HTML("\n".join(shown)) if shown else exhibits.show_sentence(_nothing(cohort, by))


def findings_by(
    labelled: pd.DataFrame, tests: pd.DataFrame, domain: str, asked: Collection[str]
) -> pd.DataFrame:
    """Rows of one domain's picture: everyone and the groups, each with the finding's test.

    Parameters
    ----------
    labelled : DataFrame
        Estimates with `labels.LABELS`.
    tests : DataFrame
        `breakdowns.TEST_COLUMNS`.
    domain : str
    asked : collection of str
        As `labels.pick` takes them.

    Returns
    -------
    DataFrame
        Empty where no finding has a group of this domain.
    """
    wanted = [one for name in asked for one in (name, f"{name} @ {domain}")]
    rows = labels.findings(labelled, *wanted)
    broken = set(rows.loc[rows["domain"] == domain, "indicator"])
    rows = rows[rows["indicator"].isin(broken)]
    together = rows["measure"] != "multiple"
    own = tests.loc[tests["domain"] == domain, _OF_TEST].drop(columns="domain")
    keyed = rows.assign(tested=rows["category"].mask(together, ""))
    joined = keyed.merge(
        own.rename(columns={"category": "tested"}), on=["indicator", "tested"], how="left"
    )
    reason = joined["reason"].astype(object).where(joined["reason"].notna(), "")
    return joined.drop(columns="tested").assign(reason=reason.astype("str"))


def _nothing(cohort: Cohort, by: Collection[str]) -> str:
    domains = [labels.spell(domain).lower() for domain in by]
    if cohort.evidence == "reported":
        listed = " or ".join(", ".join(domains).rsplit(", ", 1))
        return f"The report prints no breakdown of these findings by {listed}."
    return f"These findings cannot be broken down: no {' or '.join(domains)} is known."
