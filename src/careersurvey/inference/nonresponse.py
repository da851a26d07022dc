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
    table, known = estimate(cohort, indicators, min_base=0), took_part(cohort)
    parts: dict[str, dict[str, float]] = {"answered": {}, "took_part": {}}
    for answers in read_answers(cohort, indicators):
        own = answers.indicators
        asked = tuple(one._replace(base="all" if one.base == "all" else "asked") for one in own)
        of_asked = replace(answers, indicators=asked)
        (gave,), (could,) = (read_totals(each) for each in (answers, of_asked))
        sizes = could.base_weights.items()
        parts["answered"] |= {name: gave.base_weights[name] / size for name, size in sizes if size}
        people, invited = known.get(answers.name, (0, nan))
        rule = cohort.table(answers.name).asked_of
        of_all = [one.id for one in own if not (one.among or any(map(rule, one.variables)))]
        parts["took_part"] |= dict.fromkeys(of_all, min(people / invited, 1.0))
    for name, part in parts.items():
        table[name] = table["indicator"].map(part).astype(float)
    part = table["answered"] * table["took_part"].fillna(1.0)
    table["least"] = part * table["estimate"]
    table["greatest"] = table["least"] + 1 - part
    return lay_out(table[list(NONRESPONSE)], NONRESPONSE)
