"""Findings by group on a page: a picture a domain and the tests, or a sentence in their place."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.inference.breakdowns import DOMAINS, TEST_COLUMNS, Breakdown
from careersurvey.presentation import exhibits, labels
from careersurvey.presentation.exhibits import Page
from careersurvey.presentation.figures_multiples import describe_multiples, p_words, plot_multiples

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

    A table of every test follows the pictures, those of findings that are not drawn among them.

    Parameters
    ----------
    page : Page
    name : str
        Stem of the files: ``02-by`` gives ``02-by-region`` and ``02-by-tests``.
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
    if not shown:
        return exhibits.show_sentence(_nothing(cohort, by))
    if not breakdown.tests.empty:
        listed = list_tests(breakdown.tests, cohort)
        caption = "Whether groups differ: every test of this page"
        shown.append(exhibits.show_table(page, f"{name}-tests", listed, caption).data)
    return HTML("\n".join(shown))


def list_tests(tests: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Lay tests out for reading, the least adjusted p first.

    Parameters
    ----------
    tests : DataFrame
        `breakdowns.TEST_COLUMNS`.
    cohort : Cohort
        Of which the indicators have their names.

    Returns
    -------
    DataFrame
        Text, one row a test that was made or could not be.
    """
    rows = tests.sort_values(["p_adjusted", "p_value"], kind="stable")
    names = cohort.indicators.set_index("indicator")["label"].to_dict()
    return pd.DataFrame(
        {
            "finding": [
                names[row.indicator] + (f": {labels.spell(row.category)}" if row.category else "")
                for row in rows.itertuples()
            ],
            "by": [labels.spell(domain).lower() for domain in rows["domain"]],
            "F": [_number(value, 2) for value in rows["statistic"]],
            "degrees of freedom": [
                f"{_number(upper, 1)} and {_number(lower, 0)}" if pd.notna(upper) else ""
                for upper, lower in zip(rows["numerator_df"], rows["denominator_df"], strict=True)
            ],
            "p": [_p_words(value) for value in rows["p_value"]],
            "adjusted p": [
                _p_words(row.p_adjusted) or f"not tested: {row.reason}" for row in rows.itertuples()
            ],
            "of": [_size(*pair) for pair in zip(rows["base_n"], rows["n_clusters"], strict=True)],
            "groups left out": [left.replace("; ", ", ") for left in rows["left_out"]],
        }
    )


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


def _size(base: int, clusters: int) -> str:
    return f"{base:,}" if base == clusters else f"{base:,} in {clusters:,} clusters"


def _number(value: float, places: int) -> str:
    return "" if pd.isna(value) else f"{value:,.{places}f}"


def _p_words(p: float) -> str:
    return "" if pd.isna(p) else p_words(p)


def _nothing(cohort: Cohort, by: Collection[str]) -> str:
    domains = [labels.spell(domain).lower() for domain in by]
    if cohort.evidence == "reported":
        listed = " or ".join(", ".join(domains).rsplit(", ", 1))
        return f"The report prints no breakdown of these findings by {listed}."
    return f"These findings cannot be broken down: no {' or '.join(domains)} is known."
