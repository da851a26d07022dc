"""The same schools visited twice: how far the estimates of two waves go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from careersurvey.evidence.answers.engines import spark_failures
from careersurvey.evidence.cohort import Cohort
from careersurvey.inference.compare.pairing import same_panel
from careersurvey.inference.compare.sides import Key
from careersurvey.inference.respondents import Answers, read_answers
from careersurvey.inference.survey.design import sum_by
from careersurvey.inference.survey.domains import everyone
from careersurvey.inference.survey.questions import opened, text_of
from careersurvey.inference.survey.statistics import Statistic, statistic_of
from careersurvey.inference.survey.totals import Totals


class Overlap(NamedTuple):
    """What two waves have in common of one quantity.

    Attributes
    ----------
    units : int
        Clusters that are in both.
    correlation : float
        Of the two estimates.
    why_not : str
        Why they cannot be compared, where they cannot.
    remark : str
        What a reader must know of it.
    """

    units: int = 0
    correlation: float = 0.0
    why_not: str = ""
    remark: str = ""


class _Scores(NamedTuple):
    """What each unit of the first stage adds to the error of an estimate, and how it was drawn."""

    score: Mapping[str, float]
    stratum: Mapping[str, str]
    population: Mapping[str, float]


@dataclass
class Panel:
    """Two cohorts of respondents, with the clusters that both of them have.

    Identifiers that occur in both waves are taken to be of the same schools, unless the cohorts
    each name a ``panel`` and these differ.
    """

    baseline: Cohort
    cohort: Cohort
    said: bool | None = field(init=False)
    tables: tuple[dict[str, Answers], dict[str, Answers]] = field(init=False)
    _known: dict[tuple[int, str, str], dict[Key, _Scores]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.said = same_panel(self.baseline, self.cohort)
        one, two = (
            {one.id: table for table in read_answers(each) for one in table.indicators}
            for each in (self.baseline, self.cohort)
        )
        self.tables = one, two

    def overlap(self, one: Key, two: Key) -> Overlap:
        """How far the estimates of two quantities, one of each wave, go together.

        Each wave keeps its own question, weights, strata and population: its scores are those of
        its own linearised estimate (Taylor). A school that is in both waves has a score in either,
        in the stratum that it had in the baseline, and the covariance is that of their sums: of
        waves that were designed alike, R's ``svyby(covmat = TRUE)`` on the stacked answers.
        """
        tables = [found.get(key[0]) for found, key in zip(self.tables, (one, two), strict=True)]
        if self.said is False or None in tables:
            return Overlap()
        identifier = self._identifier(*tables)
        with spark_failures(self.baseline), spark_failures(self.cohort):
            scores = [
                self._scores(wave, table, identifier).get(key) if identifier else None
                for wave, (table, key) in enumerate(zip(tables, (one, two), strict=True))
            ]
        shared = set() if None in scores else scores[0].score.keys() & scores[1].score.keys()
        if not shared:
            said = "overlapping samples: no identifier links the answers of the same units"
            return Overlap(why_not=said if self.said else "")
        weighted = [bool(one.design.weight or one.design.population) for one in tables]
        alone = (
            (self.baseline, self.cohort)[weighted.index(True)].id if len(set(weighted)) > 1 else ""
        )
        remark = f"{len(shared):,} units are in both, taken as one design"
        remark += f"; only {alone} is weighted" if alone else ""
        return Overlap(len(shared), _correlation(*scores), remark=remark)

    def _identifier(self, one: Answers, two: Answers) -> str:
        """Column that tells the first stage's units apart: the cluster, or the key of their table.

        A key that no table is clustered by may just number the rows: it counts only where the
        cohorts say that they are of the same units.
        """
        every = [table for found in self.tables for table in found.values()]
        drawn = {name for table in every for name in table.design.clusters}
        key = f"{one.name.removesuffix('s')}_id"
        own = key if self.said or key in drawn else ""
        name = one.design.clusters[0] if one.design.clusters else own
        return name if name in one.frame.columns and name in two.frame.columns else ""

    def _scores(self, wave: int, table: Answers, identifier: str) -> dict[Key, _Scores]:
        place = wave, table.name, identifier
        if place not in self._known:
            cohort = (self.baseline, self.cohort)[wave]
            self._known[place] = _scores_of(table, identifier, cohort.id)
        return self._known[place]


def _scores_of(table: Answers, identifier: str, cohort: str) -> dict[Key, _Scores]:
    """Scores of every quantity of a table, by the label of the unit."""
    strata = table.design.strata[:1]
    unit = "*".join((*(strata if table.design.nest else ()), identifier))
    stratum = _strata_of(table, strata, unit)
    found: dict[Key, _Scores] = {}
    for totals in table.totals((unit,), cohort):
        for domain in totals.domains:
            if domain.name != unit:
                continue
            units = len(domain.groups)
            score = domain.sums(_of_rows(totals))
            stage, population = totals.design.stages[0], np.full(units, np.inf)
            there = domain.code >= 0
            population[domain.code[there]] = stage.population[stage.stratum[there]]
            sizes = dict(zip(domain.groups, population.tolist(), strict=True))
            for column, (number, category) in enumerate(totals.places):
                question = totals.questions[number]
                own = dict(zip(domain.groups, score[:, column].tolist(), strict=True))
                own = {name: value for name, value in own.items() if name in stratum}
                key = question.indicator.id, question.categories[category]
                found[key] = _Scores(own, stratum, sizes)
    return found


def _of_rows(totals: Totals) -> np.ndarray:
    """What each row adds to the error of each estimate of everyone."""
    statistic: Statistic = statistic_of(totals, everyone(len(totals.near)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num(statistic.scores.total / statistic.over[0])


def _strata_of(table: Answers, strata: tuple[str, ...], unit: str) -> dict[str, str]:
    """Stratum of each unit, by their labels."""
    frame = opened(table.frame)
    schema = frame.collect_schema()
    names = unit.split("*")
    labels = {f"label_{i}": text_of(name, schema) for i, name in enumerate((*names, *strata))}
    rows = frame.select(**labels).unique().collect("pyarrow").to_native().to_pylist()
    pairs = [tuple(row[name] for name in labels) for row in rows]
    known = [pair for pair in pairs if None not in pair]
    return {" & ".join(pair[: len(names)]): "".join(pair[len(names) :]) for pair in known}


def _correlation(one: _Scores, two: _Scores) -> float:
    """Correlation of the sums of two waves' scores, a unit that is not in a wave being 0 in it."""
    units = sorted({*one.score, *two.score})
    labels = [one.stratum.get(unit) or two.stratum.get(unit, "") for unit in units]
    strata, code = np.unique(labels, return_inverse=True)
    sampled = np.bincount(code, minlength=len(strata)).astype(float)
    columns = []
    for wave in (one, two):
        size = np.array([wave.population.get(unit, np.inf) for unit in units])
        score = np.array([wave.score.get(unit, 0.0) for unit in units])
        columns.append(score * np.sqrt(np.maximum(1 - sampled[code] / size, 0.0)))
    scores = np.column_stack(columns)
    apart = scores - (sum_by(code, len(strata), scores) / sampled[:, None])[code]
    factor = np.where(sampled > 1, sampled / np.maximum(sampled - 1, 1), 0.0)
    covariance = (apart * factor[code][:, None]).T @ apart
    product = covariance[0, 0] * covariance[1, 1]
    return float(covariance[0, 1] / np.sqrt(product)) if product > 0 else 0.0
