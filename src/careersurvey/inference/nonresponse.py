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
from careersurvey.inference.respondents import Answers, read_answers
from careersurvey.inference.survey.totals import Totals

NONRESPONSE_COLUMNS = (
    "cohort",
    "indicator",
    "category",
    "unit",
    "estimate",
    "answered",
    "took_part",
    "least",
    "greatest",
)
_SHARES, _QUANTILES = ("share", "multiple"), ("median", "quantile")


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
    measures = (*_SHARES, "mean", *_QUANTILES)
    wanted = {name: one for name, one in cohort.indicators.items() if one.measure in measures}
    cohort = replace(cohort, indicators=wanted)
    table = estimate(cohort, indicators=indicators, min_base=0)
    answered, took_part = (table["indicator"].map(part) for part in _parts(cohort, indicators))
    known = answered * took_part.fillna(1.0)
    measure = table["indicator"].map({name: one.measure for name, one in wanted.items()})
    ranges = {variable.name: variable.range for variable in cohort.codebook}
    sides = {}
    for end, side in (0, "least"), (1, "greatest"):
        limit = [
            float(end) if wanted[one].measure in _SHARES else ranges[wanted[one].variables[0]][end]
            for one in table["indicator"]
        ]
        furthest = pd.Series(limit, table.index, dtype=float)
        moved = known * table["estimate"] + ((1 - known) * furthest).where(known < 1, 0.0)
        sides[side] = moved.where(~measure.isin(_QUANTILES), furthest)
    found = table.assign(answered=answered, took_part=took_part, **sides)
    quantile = measure.isin(_QUANTILES)
    for (row, moved_end), value in _quantiles(cohort, found[quantile], known[quantile]).items():
        found.loc[row, moved_end] = value
    return found[list(NONRESPONSE_COLUMNS)].reset_index(drop=True)


def _quantiles(
    cohort: Cohort, rows: pd.DataFrame, known: pd.Series
) -> dict[tuple[int, str], float]:
    """What each quantile is, by row and end, if all who did not answer were at the other end."""
    places: dict[tuple[int, str], tuple[str, float]] = {}
    for row, name, category in rows[["indicator", "category"]].itertuples():
        part, own = float(known[row]), float(category or 0.5)
        ends = {"least": (own - 1 + part) / part, "greatest": own / part} if part else {}
        last = math.nextafter(1, 0)
        places |= {(row, end): (name, min(p, last)) for end, p in ends.items() if 0 < p <= 1}
    asked: dict[str, dict[str, None]] = {}
    for name, p in places.values():
        asked.setdefault(name, {})[repr(p)] = None
    quantiles = {
        name: replace(cohort.indicators[name], measure="quantile", categories=tuple(shares))
        for name, shares in asked.items()
    }
    if not quantiles:
        return {}
    found = estimate(replace(cohort, indicators=quantiles), min_base=0)
    values = found.set_index(["indicator", "category"])["estimate"]
    return {place: values[name, repr(p)] for place, (name, p) in places.items()}


def _parts(
    cohort: Cohort, indicators: Collection[str]
) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Weighted part of those asked who answered, and part of those invited who took part."""
    answered: dict[str, float] = {}
    took_part: dict[str, float] = {}
    for answers in read_answers(cohort, indicators):
        rules = cohort.settings.tables[answers.name].asked
        asked = tuple(_asked(one, rules) for one in answers.indicators)
        gave, could = (
            _weights(one.totals((), cohort.id))
            for one in (answers, replace(answers, indicators=asked))
        )
        answered |= {name: gave[name] / size for name, size in could.items() if size}
        if answers.name in cohort.about.invited:
            part = min(_rows(answers) / cohort.about.invited[answers.name], 1.0)
            took_part |= dict.fromkeys(gave, part)
    return answered, took_part


def _asked(one: Indicator, rules: Mapping[str, str]) -> Indicator:
    """The same question of all who were asked, as a share of them; its categories do not matter."""
    if one.measure in _SHARES:
        return replace(one, base="asked" if one.base in ("", "answered") else one.base)
    rule = Condition.parse(rules.get(one.variables[0], ""))
    among = Condition((*one.among.terms, *rule.terms))
    return replace(one, measure="share", base="all", categories=("",), among=among)


def _weights(found: Collection[Totals]) -> dict[str, float]:
    """Sum of the weights of each question's base."""
    weights = {}
    for totals in found:
        for column, (question, category) in enumerate(totals.places):
            if category == 0:
                size = totals.weight[:, column].sum()
                weights[totals.questions[question].indicator.id] = float(size) * totals.scale
    return weights


def _rows(answers: Answers) -> int:
    return nw.from_native(answers.frame).lazy().select(nw.len()).collect().item()
