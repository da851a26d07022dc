"""How far those who did not answer could move a share: the least and greatest it could be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from math import nan

import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.answers.table import took_part
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.tables import SHARES
from careersurvey.inference.columns import NONRESPONSE, lay_out
from careersurvey.inference.estimates import estimate
from careersurvey.inference.respondents import read_answers
from careersurvey.inference.survey.totals import read_totals


def nonresponse(cohort: Cohort, indicators: Collection[str] = ()) -> pd.DataFrame:
    """Bound each share by what those who did not answer could say.

    Where a part a of those it is about answered, and p of them chose a category, its share among
    all is between a p and a p + 1 - a, whatever the others would have said (Manski 1989, *Journal
    of Human Resources* 24, 343-360). No interval is in it: sampling error comes on top.

    ``answered`` is the weighted part of those asked who answered, ``took_part`` the part of those
    invited (``invited`` in ``cohort.toml``) who are in the table; a is their product. Where the
    second is not known, nor how many of those missing a question for some is about, it is blank,
    and the ends are those of the people who took part. Who took no part is taken to weigh as much
    as those who did.
    """
    if cohort.evidence != "respondents":
        raise QuestionError(
            f"{cohort.id}: print does not say who did not answer.",
            found="printed figures",
            expected="a cohort of respondents",
        )
    shares = {name: one for name, one in cohort.indicators.items() if one.measure in SHARES}
    cohort = replace(cohort, indicators=shares)
    table = estimate(cohort, indicators, min_base=0, bases=True)
    known, could, took = took_part(cohort), dict[str, float](), dict[str, float]()
    for answers in read_answers(cohort, indicators):
        own = answers.indicators
        asked = tuple(one._replace(base="all" if one.base == "all" else "asked") for one in own)
        for totals in read_totals(replace(answers, indicators=asked)):
            could |= totals.base_weights
        people, invited = known.get(answers.name, (0, nan))
        of_all = [one.id for one in own if not cohort.is_of_some(one)]
        took |= dict.fromkeys(of_all, min(people / invited, 1.0))
    gave = table["base_weights"].fillna(table["base_n"].astype(float))  # where none has a weight
    table["answered"] = gave / table["indicator"].map(could)
    table["took_part"] = table["indicator"].map(took).astype(float)
    part = table["answered"] * table["took_part"].fillna(1.0)
    table["least"] = part * table["estimate"]
    table["greatest"] = table["least"] + 1 - part
    return lay_out(table[list(NONRESPONSE)], NONRESPONSE)
