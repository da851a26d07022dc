"""Findings by group on a page: a picture a domain and the tests, or a sentence in their place."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.inference.columns import TESTS
from careersurvey.inference.estimates import DOMAINS, Groups
from careersurvey.presentation import exhibits, labels
from careersurvey.presentation.exhibits import Page
from careersurvey.presentation.figures_multiples import (
    describe_multiples,
    group_names,
    p_words,
    plot_multiples,
)

if TYPE_CHECKING:
    from IPython.display import HTML

_OF_TEST = [name for name in TESTS if name not in ("cohort", "base_n", "n_clusters")]


def show_breakdowns(
    page: Page,
    name: str,
    cohort: Cohort,
    breakdown: Groups,
    asked: Collection[str],
    by: Collection[str] = DOMAINS,
) -> HTML:
    """Draw, save and show findings by each domain, or say that the cohort breaks none down.

    After the picture of a domain with two groups comes a table of their differences, and after all
    pictures one of every test.

    Parameters
    ----------
    page : Page
    name : str
        Stem of the files: ``02-by`` gives ``02-by-region``, ``02-by-sixth-form-differences`` and
        ``02-by-tests``.
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
        apart = list_differences(breakdown.differences, rows, domain)
        if not apart.empty:
            stem, caption = f"{stem}-differences", _whose_differences(rows)
            shown.append(exhibits.show_table(page, stem, apart, caption).data)
    if not shown:
        return exhibits.show_sentence(_nothing(cohort, by))
    if not breakdown.tests.empty:
        listed = list_tests(breakdown.tests, cohort)
        caption = "Whether groups differ: every test of this page"
        shown.append(exhibits.show_table(page, f"{name}-tests", listed, caption).data)
    return HTML("\n".join(shown))


def list_differences(apart: pd.DataFrame, rows: pd.DataFrame, domain: str) -> pd.DataFrame:
    """Lay differences of two groups out for reading, one row a finding that is drawn.

    Parameters
    ----------
    apart : DataFrame
        `columns.DIFFERENCES`.
    rows : DataFrame
        What `findings_by` returns.
    domain : str

    Returns
    -------
    DataFrame
        Text; differences and limits in percentage points. Empty where the domain has not two
        groups.
    """
    drawn = rows.loc[rows["domain"] == domain, ["indicator", "category", "label"]]
    own = apart[(apart["domain"] == domain) & apart["shown"]]
    if len(own.groupby(["group", "against"])) > 1:
        own = own[:0]
    found = drawn.drop_duplicates().merge(own, on=["indicator", "category"])
    return pd.DataFrame(
        {
            "finding": found["label"],
            "difference": [_points(value) for value in found["estimate"]],
            "interval": [
                f"{_points(low)} to {_points(high)}" if pd.notna(low) else ""
                for low, high in zip(found["conf_low"], found["conf_high"], strict=True)
            ],
            "p, not adjusted": [_p_words(value) for value in found["p_value"]],
            "of": [
                f"{base:,} and {against:,}"
                for base, against in zip(found["base_n"], found["base_against"], strict=True)
            ],
        }
    )


def list_tests(tests: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Lay tests out for reading, the least adjusted p first.

    Parameters
    ----------
    tests : DataFrame
        `columns.TESTS`.
    cohort : Cohort
        Of which the indicators have their names.

    Returns
    -------
    DataFrame
        Text, one row a test that was made or could not be.
    """
    rows = tests.sort_values(["p_adjusted", "p_value"], kind="stable")
    names = {name: one.label for name, one in cohort.indicators.items()}
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
            "groups left out": rows["left_out"].to_list(),
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
        `columns.TESTS`.
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


def _whose_differences(rows: pd.DataFrame) -> str:
    first, second = group_names(rows)
    level = rows["level"].dropna().iloc[0]
    return f"{first} less {second.lower()}: percentage points, with {level:.0%} intervals"


def _points(share: float) -> str:
    return f"{100 * share:+.0f}".replace("-", "−").replace("+0", "0").replace("−0", "0")


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
