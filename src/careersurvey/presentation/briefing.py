"""One sheet of paper, two sides: the findings that matter most, and three figures."""

from __future__ import annotations

from html import escape

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.presentation import exhibits, labels
from careersurvey.presentation.figures_bars import plot_diverging
from careersurvey.presentation.figures_dots import plot_findings
from careersurvey.presentation.figures_funnels import plot_funnels

FINDINGS = (
    "sufficient_information=yes",
    "working_well=no",
    "external_advisers=all_students",
    "interview_well_enough=yes",
    "work_experience_cut=yes",
    "evaluation_effective=no",
    "post16_helped=yes",
    "helpline_heard=yes",
)
_GOOD = ("pre16_helped=yes", "post16_helped=yes")
_BAD = ("pre16_helped=definitely_not", "post16_helped=negative")
_CHAIN = ("helpline_heard=yes", "helpline_used=yes", "helpline_useful=yes")

_PAGE = """<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Briefing: {title}</title>
<style>
:root {{ --ink: #1f1f1f; --soft: #595959; --blue: #12436d; }}
* {{ box-sizing: border-box; }}
body {{ font: 100%/1.45 system-ui, "Segoe UI", Arial, sans-serif; color: var(--ink); margin: 0 auto;
  max-width: 46rem; padding: 1rem; overflow-wrap: break-word; }}
h1 {{ color: var(--blue); font-size: 1.6rem; line-height: 1.2; margin: 0 0 0.5rem; }}
p {{ margin: 0 0 0.75rem; }}
ol {{ margin: 0; padding-left: 1.5rem; }}
li {{ margin: 0 0 0.6rem; }}
li::marker {{ color: var(--blue); font-weight: 700; }}
.how {{ color: var(--soft); font-size: 0.875rem; }}
.pictures {{ margin-top: 1.5rem; }}
figure {{ margin: 0 0 1.5rem; }}
img {{ display: block; height: auto; }}
@page {{ size: A4; margin: 14mm 16mm; }}
@media print {{
  body {{ max-width: none; padding: 0; font-size: 10.5pt; }}
  .pictures {{ margin: 4mm 0 0; }}
  figure {{ break-inside: avoid; margin: 0 0 6mm; }}
  figure:nth-child(2) {{ break-before: page; }}
  img {{ width: auto !important; max-width: 100%; max-height: 145mm; }}
}}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="how">{about}</p>
<ol>
{findings}
</ol>
<p class="how">{how}</p>
<div class="pictures">
{pictures}
</div>
</main>
</body>
</html>
"""


def briefing(cohort: Cohort, labelled: pd.DataFrame) -> str:
    """Write the briefing page: eight findings in a sentence each, and three figures.

    Parameters
    ----------
    cohort : Cohort
        Whose findings they are.
    labelled : DataFrame
        Its estimates with what `labels.label` adds. A finding or figure that the cohort lacks is
        left out.

    Returns
    -------
    str
        A page that stands by itself and fills at most two printed sides.
    """
    credit = labels.credit(cohort)
    rows = labels.findings(labelled, *FINDINGS)
    findings = "\n".join(f"<li>{escape(sentence(row))}</li>" for _, row in rows.iterrows())
    caution = "Synthetic data: nobody was asked. " if credit.synthetic else ""
    return _PAGE.format(
        title=escape(cohort.title),
        about=escape(f"{caution}{credit.source}. {credit.when_where}."),
        findings=findings,
        how=escape(_how_to_read(rows, credit.caution)),
        pictures="\n".join(_pictures(labelled, rows, credit)),
    )


def sentence(row: pd.Series) -> str:
    """Say one finding: what, as printed, the counts that this can mean, interval and place."""
    number = labels.value_words(row)
    printed = f"“{row['wording']}”, read as {number}" if row["wording"] else number
    limits = labels.percent_range(row["conf_low"], row["conf_high"])
    interval = f", {row['level']:.0%} interval {limits}" if limits else ""
    places = labels.place_words([row["place"]])
    return f"{row['label']}: {printed}{interval}{f' ({places})' if places else ''}."


def _how_to_read(rows: pd.DataFrame, caution: str) -> str:
    if rows.empty:
        return "This cohort has none of the findings of the briefing."
    return (
        "Each wording is read as every whole count that it can mean on its base; the interval adds "
        f"what sampling would, if the base had been drawn at random. {caution}"
    )


def _pictures(labelled: pd.DataFrame, findings: pd.DataFrame, credit: labels.Credit) -> list[str]:
    views = labels.findings(labelled, *_GOOD, *_BAD)
    steps = labels.findings(labelled, *_CHAIN)
    chains = {"Telephone helpline": _CHAIN}
    drawn = [
        (plot_diverging, views, {"good": _GOOD, "bad": _BAD}),
        (plot_findings, findings, {}),
        (plot_funnels, steps, {"chains": chains}),
    ]
    return [
        exhibits.figure_html(draw(rows, credit, **options), labels.describe(rows))
        for draw, rows, options in drawn
        if not rows.empty
    ]
