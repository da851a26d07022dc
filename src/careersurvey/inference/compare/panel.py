"""The same schools visited twice: how far the estimates of two waves go together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from careersurvey.evidence.answers.coded import called_after
from careersurvey.evidence.answers.engines import spark_failures
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.text import alike, so_many
from careersurvey.inference.compare.pairing import same_panel
from careersurvey.inference.compare.sides import Key
from careersurvey.inference.respondents import read_answers
from careersurvey.inference.survey.design import last_of
from careersurvey.inference.survey.domains import everyone
from careersurvey.inference.survey.questions import Table
from careersurvey.inference.survey.statistics import scores_by_leaf, statistic_of
from careersurvey.inference.survey.totals import Totals, read_totals


class Overlap(NamedTuple):
    """What two waves have in common of one quantity."""

    correlation: float = 0.0  # of the two estimates
    why_not: str = ""  # why they cannot be compared, where they cannot
    remark: str = ""  # what a reader must know of it


class Panel:
    """Two cohorts of respondents; a class, since a table's scores serve all its questions."""

    def __init__(self, baseline: Cohort, cohort: Cohort) -> None:
        self.cohorts = baseline, cohort
        self.said = same_panel(self.cohorts)
        self.tables = [{one.name: one for one in read_answers(each)} for each in self.cohorts]
        self.scores = cache(self._scores)

    def overlap(self, *quantities: Key) -> Overlap:
        """How far the estimates of two quantities, one of each wave, go together."""
        if self.said is False:
            return Overlap()
        waves = zip(self.cohorts, self.tables, quantities, strict=True)
        asked = [tables[cohort.indicators[name].table] for cohort, tables, (name, _) in waves]
        identifier = self._identifier(asked)
        nest = any(table.settings.nest for table in asked)
        found = [
            self.scores(wave, table.name, identifier, nest)[key]
            for wave, (table, key) in enumerate(zip(asked, quantities, strict=True))
            if identifier
        ]
        labels = [[*each.index] for each in found] or [[], []]
        shared = {*labels[0]} & {*labels[1]}
        units = len(shared)
        likely = len({*map(alike, labels[0])} & {*map(alike, labels[1])})
        if likely > units:
            said = f"{likely - units:,} of {identifier} differ in case or zeros alone"
            return Overlap(why_not=f"overlapping samples: {said}")
        if not units:
            said = "overlapping samples: no identifier links the answers of the same units"
            drawn = [one for table in asked for one in table.settings.clusters[:1]]
            apart = f"{' and '.join(drawn)} are taken for other units: give both one name if not"
            told = f"no {identifier} is in both" if identifier else apart * (len(drawn) == 2)
            return Overlap(why_not=said if self.said else "", remark=told)
        are = "is" if units == 1 else "are"
        remark = f"{so_many(units, 'unit')} {are} in both, taken as one design"
        if self.said is None and all(one.rpartition(" & ")[2].isdecimal() for one in shared):
            remark += ", by their numbers alone, as no panel is given"
        both = zip(self.cohorts, (table.settings for table in asked), strict=True)
        weighted = [cohort.id for cohort, design in both if design.weighs]
        remark += f"; only {weighted[0]} is weighted" if len(weighted) == 1 else ""
        return Overlap(_correlation(*found), remark=remark)

    def _identifier(self, asked: Sequence[Table]) -> str:
        """Column that tells the first stage's units apart: the cluster, or their table's key."""
        every = [table for tables in self.tables for table in tables.values()]
        drawn = {name for table in every for name in table.settings.clusters}
        key = called_after(asked[0].name)  # which may just number the rows
        names = [name for table in asked for name in table.settings.clusters[:1]]
        names += [key] if self.said or key in drawn else []
        return next((name for name in names if all(name in one.schema for one in asked)), "")

    def _scores(
        self, wave: int, table: str, identifier: str, nest: bool
    ) -> dict[Key, pd.DataFrame]:
        with spark_failures(self.cohorts[wave]):
            return _scores_of(self.tables[wave][table], identifier, nest)


def _scores_of(table: Table, identifier: str, nest: bool) -> dict[Key, pd.DataFrame]:
    """By quantity, what each unit of the first stage adds to its error, and how it was drawn."""
    strata = table.settings.strata[:1]
    unit = "*".join((*(strata if nest else ()), identifier))
    stratum = _strata_of(table, (*strata, identifier), nest)
    found: dict[Key, pd.DataFrame] = {}
    for totals in read_totals(table, (unit,)):
        for domain in (each for each in totals.domains if each.name == unit):
            leaves = last_of(totals.design.leaf, np.arange(len(domain.code)))
            score = domain.at(leaves).sums(_of_leaves(totals))
            stage, there = totals.design.stages[0], domain.code >= 0
            population = np.full(len(domain.groups), np.inf)
            population[domain.code[there]] = stage.population[stage.stratum[there]]
            drawn = pd.DataFrame({"population": population}, index=domain.groups)
            drawn = drawn.assign(stratum=drawn.index.map(stratum))
            for column, (_, question, category) in enumerate(totals.statistics):
                own = drawn.assign(score=score[:, column]).dropna(subset="stratum")
                found[question.indicator.id, category] = own
    return found


def _strata_of(table: Table, names: Sequence[str], nest: bool) -> dict[str, str]:
    """Stratum of each unit, by their labels, of the columns of a stratum, if any, and of units."""
    rows = table.frame.select(**{name: table.text(name) for name in names}).unique()
    every = (tuple(row.values()) for row in rows.collect("pyarrow").to_native().to_pylist())
    known = [labels for labels in every if None not in labels]
    return {" & ".join(one if nest else one[-1:]): "".join(one[:-1]) for one in known}


def _of_leaves(totals: Totals) -> np.ndarray:
    """What each leaf of the design adds to the error of each estimate of everyone."""
    whole = everyone(len(totals.people))
    statistic = statistic_of(totals, whole)
    if statistic.lift is not None:
        of_mean = statistic.lift * totals.numbers.below
        both = statistic.scores._replace(total=statistic.scores.total + of_mean)
        statistic = statistic._replace(scores=both)
    with np.errstate(invalid="ignore", divide="ignore"):
        (own,) = scores_by_leaf(totals, whole, statistic)
        return np.nan_to_num(own / statistic.over[0])


def _correlation(one: pd.DataFrame, two: pd.DataFrame) -> float:
    """Correlation of the sums of two waves' scores, a unit that is not in a wave being 0 in it.

    Of a stratum of N units, m of them in both waves, samples of n and k leave 1 - n / N and
    1 - k / N of the variances and 1 - n k / (m N) of the covariance: none where m is what chance
    alone makes it (Tam 1984). Where the other wave's population is larger, as many of its k count
    as lie among the N: their part by chance, and m at least.
    """
    stratum = one["stratum"].combine_first(two["stratum"])
    waves = pd.concat([one, two], axis=1, keys=[0, 1]).reindex(stratum.index)
    scores = waves.xs("score", axis=1, level=1).astype(float).fillna(0.0)
    sizes = waves.xs("population", axis=1, level=1).astype(float)
    units, there = scores.groupby(stratum), sizes.notna()
    apart = scores - units.transform("mean")
    sampled, sizes = units.transform("size"), sizes.groupby(stratum).transform("max")
    drawn, both = (each.groupby(stratum).transform("sum") for each in (there, there.all(axis=1)))
    times = np.where(sampled > 1, sampled / np.maximum(sampled - 1, 1), 0.0)
    size, larger = sizes.min(axis=1), sizes.max(axis=1)
    larger, own = larger.where(np.isfinite(larger), size), sizes[0] <= sizes[1]
    mine, others = drawn[0].where(own, drawn[1]), drawn[1].where(own, drawn[0])
    seen = mine * np.fmax(both, others * size / larger) / (both.clip(lower=1) * size)
    covariance = (times * (1 - seen) * apart.prod(axis=1)).sum()
    unseen = (1 - drawn / sizes).fillna(1.0).clip(lower=0)
    product = (apart**2 * unseen).mul(times, axis=0).sum().prod()
    return float(np.clip(covariance / np.sqrt(product), -1, 1)) if product > 0 else 0.0
