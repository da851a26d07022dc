"""How far those who did not answer could move an estimate: the least and greatest it could be."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace

import narwhals as nw
import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.tables import Condition, Indicator
from careersurvey.inference.estimates import estimate
from careersurvey.inference.respondents import read_answers
from careersurvey.inference.survey.questions import SHARES, opened
from careersurvey.inference.survey.totals import Totals

NONRESPONSE_COLUMNS = (
    *("cohort", "indicator", "category", "unit", "estimate"),
    *("answered", "took_part", "least", "greatest"),
)
_QUANTILES = ("median", "quantile")


def nonresponse(cohort: Cohort, indicators: Collection[str] = ()) -> pd.DataFrame:
    """Bound each share, mean, median and quantile by what those who did not answer could say.

    Where a part a of those it is about answered, and p of them chose a category, its share among
    all is between a p and a p + 1 - a, whatever the others would have said (Manski 1989, *Journal
    of Human Resources* 24, 343-360). A mean m of numbers from l to h is between a m + (1 - a) l
    and a m + (1 - a) h; a quantile of q between those of (q - 1 + a) / a and of q / a among those
    who answered, and l and h where these leave 0 to 1. No interval is in it: sampling error comes
    on top.

    Parameters
    ----------
    cohort : Cohort
        A cohort of respondents.
    indicators : collection of str
        Indicators that are wanted; none means all that are shares, means, medians and quantiles.

    Returns
    -------
    DataFrame
        `NONRESPONSE_COLUMNS`. ``answered`` is the weighted part of those asked who answered,
        ``took_part`` the part of those invited (``invited`` in ``cohort.toml``) who are in the
        table, blank where that is not known; a is their product, so that without invited numbers
        the ends are those of the people who took part. Who took no part is taken to weigh as much
        as those who did. An end is blank where nothing bounds it: the range of a number is that of
        its ``values`` in the codebook, such as ``0..40``.

    Raises
    ------
    CohortError
        If the cohort's files are not as they must be.
    QuestionError
        If the cohort is printed figures, or an indicator is not known.
    """
    if cohort.evidence != "respondents":
        raise QuestionError(
            f"{cohort.id}: print does not say who did not answer.",
            found="printed figures",
            expected="a cohort of respondents",
        )
    measures = (*SHARES, "mean", *_QUANTILES)
    wanted = {name: one for name, one in cohort.indicators.items() if one.measure in measures}
    cohort = replace(cohort, indicators=wanted)
    table = estimate(cohort, indicators=indicators, min_base=0)
    answered, took_part = (table["indicator"].map(part) for part in _parts(cohort, indicators))
    table = table.assign(answered=answered, took_part=took_part)
    known = (answered * took_part.fillna(1.0)).tolist()
    for side, end in enumerate(("least", "greatest")):
        rows = zip(table["indicator"], table["category"], table["estimate"], known, strict=True)
        table[end] = [
            _end(cohort, wanted[name], category, value, part, side)
            for name, category, value, part in rows
        ]
    return table[list(NONRESPONSE_COLUMNS)]


def _end(
    cohort: Cohort, one: Indicator, category: str, value: float, known: float, side: int
) -> float:
    """One end of an estimate of which a part is known, were all others at that end of the range."""
    ranges = {variable.name: variable.range for variable in cohort.codebook}
    limit = side if one.measure in SHARES else ranges[one.variables[0]][side]
    furthest = math.nan if limit is None else float(limit)
    if one.measure not in _QUANTILES:
        return known * value + ((1 - known) * furthest if known < 1 else 0.0)
    own = float(category or 0.5)
    p = (own if side else own - 1 + known) / known if known else 0.0
    if not 0 < p <= 1:
        return furthest
    asked = one._replace(measure="quantile", categories=(repr(min(p, math.nextafter(1, 0))),))
    found = estimate(replace(cohort, indicators={one.id: asked}), min_base=0)
    return found["estimate"].iloc[0]


def _parts(
    cohort: Cohort, indicators: Collection[str]
) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Weighted part of those asked who answered, and part of those invited who took part."""
    answered: dict[str, float] = {}
    took_part: dict[str, float] = {}
    for answers in read_answers(cohort, indicators):
        rules = cohort.settings.tables[answers.name].asked
        asked = tuple(_asked(one, rules) for one in answers.indicators)
        gave = base_weights(answers.totals((), cohort.id))
        could = base_weights(replace(answers, indicators=asked).totals((), cohort.id))
        answered |= {name: gave[name] / size for name, size in could.items() if size}
        if answers.name in cohort.about.invited:
            rows = opened(answers.frame).select(nw.len()).collect().item()
            part = min(rows / cohort.about.invited[answers.name], 1.0)
            took_part |= dict.fromkeys(gave, part)
    return answered, took_part


def _asked(one: Indicator, rules: Mapping[str, str]) -> Indicator:
    """The same question of all who were asked, as a share of them; its categories do not matter."""
    if one.measure in SHARES:
        return one._replace(base="asked" if one.base in ("", "answered") else one.base)
    rule = rules.get(one.variables[0], "")
    among = Condition((*one.among.terms, *Condition.parse(rule if "=" in rule else "").terms))
    return one._replace(measure="share", base="all", categories=("",), among=among)


def base_weights(found: Collection[Totals]) -> dict[str, float]:
    """Sum of the weights of each question's base."""
    return {
        totals.questions[question].indicator.id: float(totals.weight[:, column].sum())
        * totals.scale
        for totals in found
        for column, (question, category) in enumerate(totals.places)
        if category == 0
    }
