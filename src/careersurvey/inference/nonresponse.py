"""How far those who did not answer could move a share: the least and the greatest it could be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import narwhals as nw
import numpy as np
import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.cohort import Cohort
from careersurvey.inference.estimates import estimate
from careersurvey.inference.respondents import read_answers

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


def nonresponse(cohort: Cohort, indicators: Collection[str] = ()) -> pd.DataFrame:
    """Bound each share by what those who did not answer could have said.

    Where a part a of those it is about answered, and p of them chose a category, its share among
    all is between a p and a p + 1 - a, whatever the others would have said (Manski 1989, *Journal
    of Human Resources* 24, 343-360). No interval is in it: sampling error comes on top.

    Parameters
    ----------
    cohort : Cohort
        A cohort of respondents.
    indicators : collection of str
        Indicators that are wanted; none means all that are shares.

    Returns
    -------
    DataFrame
        `NONRESPONSE_COLUMNS`. ``answered`` is the weighted part of those asked who answered,
        ``took_part`` the part of those invited (``invited`` in ``cohort.toml``) who are in the
        table, blank where that is not known; a is their product, so that without invited numbers
        the ends are those of the people who took part. Who took no part is taken to weigh as much
        as those who did.

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
    shares = {name: one for name, one in cohort.indicators.items() if one.measure in _SHARES}
    asked = {
        name: replace(one, base="asked" if one.base in ("", "answered") else one.base)
        for name, one in shares.items()
    }
    table, among_asked = (
        estimate(replace(cohort, indicators=each), indicators=indicators, min_base=0)
        for each in (shares, asked)
    )
    keys = ["indicator", "category"]
    table = table.merge(
        among_asked[[*keys, "estimate", "base_n"]], on=keys, suffixes=("", "_asked")
    )
    answered = _answered(table)
    took_part = table["indicator"].map(_took_part(cohort))
    known = answered * took_part.fillna(1.0)
    least = known * table["estimate"]
    found = table.assign(
        answered=answered, took_part=took_part, least=least, greatest=least + 1 - known
    )
    return found[list(NONRESPONSE_COLUMNS)].reset_index(drop=True)


_SHARES = ("share", "multiple")


def _answered(table: pd.DataFrame) -> pd.Series:
    """Weighted part of those asked who answered: what shares lose on the wider base."""
    sums = table.groupby("indicator")[
        ["estimate", "estimate_asked", "base_n", "base_n_asked"]
    ].sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        weighted = sums["estimate_asked"] / sums["estimate"]
    counted = sums["base_n"] / sums["base_n_asked"]
    return table["indicator"].map(weighted.where(sums["estimate"] > 0, counted)).clip(upper=1.0)


def _took_part(cohort: Cohort) -> dict[str, float]:
    """Part of those invited who are in each indicator's table."""
    invited = cohort.about.invited
    found: dict = {}
    for answers in read_answers(cohort):
        if answers.name in invited:
            rows = nw.from_native(answers.frame).lazy().select(nw.len()).collect().item()
            part = min(rows / invited[answers.name], 1.0)
            found |= dict.fromkeys([one.id for one in answers.indicators], part)
    return found
