"""The same schools visited twice: how far the estimates of two waves go together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from careersurvey.evidence.answers.coded import called_after
from careersurvey.evidence.answers.engines import spark_failures
from careersurvey.evidence.cohort import Cohort
from careersurvey.inference.compare.pairing import same_panel
from careersurvey.inference.compare.sides import Key
from careersurvey.inference.respondents import Answers, read_answers
from careersurvey.inference.survey.domains import everyone
from careersurvey.inference.survey.statistics import statistic_of
from careersurvey.inference.survey.totals import Totals


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
        self.known: dict[tuple[str, str, str], dict[Key, pd.DataFrame]] = {}

    def overlap(self, *quantities: Key) -> Overlap:
        """How far the estimates of two quantities, one of each wave, go together.

        Each wave keeps its own question, weights, strata and population: its scores are those of
        its own linearised estimate (Taylor). A school that is in both waves has a score in either,
        in the stratum that it had in the baseline, and the covariance is that of their sums: of
        waves that were designed alike, R's ``svyby(covmat = TRUE)`` on the stacked answers.
        """
        if self.said is False:
            return Overlap()
        waves = zip(self.cohorts, self.tables, quantities, strict=True)
        asked = [tables[cohort.indicators[name].table] for cohort, tables, (name, _) in waves]
        identifier = self._identifier(*asked)
        found = [
            self._scores(cohort, table, identifier)[key]
            for cohort, table, key in zip(self.cohorts, asked, quantities, strict=True)
            if identifier
        ]
        labels = [[*each.index] for each in found] or [[], []]
        units, alike = (
            len({*map(form, labels[0])} & {*map(form, labels[1])}) for form in (str, str.casefold)
        )
        if alike > units:
            said = f"overlapping samples: {alike - units:,} of {identifier} differ in case alone"
            return Overlap(why_not=said)
        if not units:
            said = "overlapping samples: no identifier links the answers of the same units"
            return Overlap(why_not=said if self.said else "")
        remark = f"{units:,} units are in both, taken as one design"
        both = zip(self.cohorts, (table.settings for table in asked), strict=True)
        weighted = [cohort.id for cohort, design in both if design.weight or design.population]
        remark += f"; only {weighted[0]} is weighted" if len(weighted) == 1 else ""
        return Overlap(_correlation(*found), remark=remark)

    def _identifier(self, one: Answers, two: Answers) -> str:
        """Column that tells the first stage's units apart: the cluster, or the key of their table.

        A key that no table is clustered by may just number the rows: it counts only where the
        cohorts say that they are of the same units.
        """
        every = [table for tables in self.tables for table in tables.values()]
        drawn = {name for table in every for name in table.settings.clusters}
        key = called_after(one.name)
        own = key if self.said or key in drawn else ""
        name = one.settings.clusters[0] if one.settings.clusters else own
        return name if name in one.schema and name in two.schema else ""

    def _scores(self, cohort: Cohort, table: Answers, identifier: str) -> dict[Key, pd.DataFrame]:
        place = cohort.id, table.name, identifier
        if place not in self.known:
            with spark_failures(cohort):
                self.known[place] = _scores_of(table, identifier)
        return self.known[place]


def _scores_of(table: Answers, identifier: str) -> dict[Key, pd.DataFrame]:
    """By quantity, what each unit of the first stage adds to its error, and how it was drawn."""
    strata = table.settings.strata[:1]
    unit = "*".join((*(strata if table.settings.nest else ()), identifier))
    stratum = _strata_of(table, (*strata, identifier))
    found: dict[Key, pd.DataFrame] = {}
    for totals in table.totals((unit,)):
        for domain in (each for each in totals.domains if each.name == unit):
            score = domain.sums(_of_rows(totals))
            stage, there = totals.design.stages[0], domain.code >= 0
            population = np.full(len(domain.groups), np.inf)
            population[domain.code[there]] = stage.population[stage.stratum[there]]
            drawn = pd.DataFrame({"population": population}, index=domain.groups)
            drawn = drawn.assign(stratum=drawn.index.map(stratum))
            for column, (number, category) in enumerate(totals.places):
                question = totals.questions[number]
                own = drawn.assign(score=score[:, column]).dropna(subset="stratum")
                found[question.indicator.id, question.categories[category]] = own
    return found


def _strata_of(table: Answers, names: Sequence[str]) -> dict[str, str]:
    """Stratum of each unit, by their labels, of the columns of a stratum, if any, and of units."""
    rows = table.frame.select(**{name: table.text(name) for name in names}).unique()
    every = (tuple(row.values()) for row in rows.collect("pyarrow").to_native().to_pylist())
    known = [labels for labels in every if None not in labels]
    return {
        " & ".join(one if table.settings.nest else one[-1:]): "".join(one[:-1]) for one in known
    }


def _of_rows(totals: Totals) -> np.ndarray:
    """What each row adds to the error of each estimate of everyone."""
    statistic = statistic_of(totals, everyone(len(totals.people)))
    with np.errstate(invalid="ignore", divide="ignore"):
        lift = 0 if statistic.lift is None else statistic.lift * totals.numbers.below
        return np.nan_to_num((statistic.scores.total + lift) / statistic.over[0])


def _correlation(one: pd.DataFrame, two: pd.DataFrame) -> float:
    """Correlation of the sums of two waves' scores, a unit that is not in a wave being 0 in it."""
    stratum = one["stratum"].combine_first(two["stratum"])
    sampled = stratum.groupby(stratum).transform("size")
    columns = []
    for wave in (one, two):
        wave = wave.reindex(stratum.index)
        unseen = (1 - sampled / wave["population"].fillna(np.inf)).clip(lower=0)
        columns.append(wave["score"].fillna(0.0) * np.sqrt(unseen))
    scores = pd.concat(columns, axis=1)
    apart = (scores - scores.groupby(stratum).transform("mean")).to_numpy()
    factor = np.where(sampled > 1, sampled / np.maximum(sampled - 1, 1), 0.0)
    covariance = (apart * factor[:, None]).T @ apart
    product = covariance[0, 0] * covariance[1, 1]
    return float(covariance[0, 1] / np.sqrt(product)) if product > 0 else 0.0
