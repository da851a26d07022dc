"""The same schools visited twice: two waves as one design, in which their estimates correlate."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import narwhals as nw
import numpy as np
import pyarrow as pa

from careersurvey.evidence.answers.engines import spark_failures
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.tables import Indicator
from careersurvey.inference.compare.sides import Key
from careersurvey.inference.estimates import Answers, read_answers
from careersurvey.inference.survey.questions import opened, text_of
from careersurvey.inference.survey.statistics import contrast, evaluate, statistic_of
from careersurvey.inference.survey.totals import Totals, read_totals

_WAVE, _WEIGHT = "wave__", "weight__"
_ALIKE = ("strata", "clusters", "population", "lonely_psu")


@dataclass(frozen=True)
class Overlap:
    """What two waves have in common of one quantity.

    Attributes
    ----------
    units : int
        Clusters that are in both.
    correlation : float
        Of the two estimates, in the stacked design.
    why_not : str
        Why the waves cannot be stacked, where they cannot.
    """

    units: int = 0
    correlation: float = 0.0
    why_not: str = ""


def same_panel(baseline: Cohort, cohort: Cohort) -> bool | None:
    """Whether two cohorts say that they are of the same units; None where either does not say."""
    panels = [each.about.panel for each in (baseline, cohort)]
    return panels[0] == panels[1] if all(panels) else None


def overlaps(baseline: Cohort, cohort: Cohort) -> dict[Key, Overlap]:
    """Find the quantities whose units are in both of two cohorts of respondents.

    The waves are put one under the other, with the clusters that they share as clusters and the
    wave as a domain. The covariance of the domains' estimates is then that of linearised scores
    of which a school that is in both waves has two (Taylor; as R's ``svyby(covmat = TRUE)`` on
    the stacked data). Identifiers that occur in both waves are taken to be of the same schools,
    unless the cohorts each name a ``panel`` and these differ.

    Parameters
    ----------
    baseline, cohort : Cohort
        Two cohorts of respondents.

    Returns
    -------
    dict
        By indicator and category; empty where no unit is in both.
    """
    said = same_panel(baseline, cohort)
    if said is False:
        return {}
    with spark_failures(baseline), spark_failures(cohort):
        return _of_waves(baseline, cohort, bool(said))


def _of_waves(baseline: Cohort, cohort: Cohort, said: bool) -> dict[Key, Overlap]:
    waves = [list(read_answers(each)) for each in (baseline, cohort)]
    drawn = {name for wave in waves for one in wave for name in one.design.clusters}
    later = {answers.name: answers for answers in waves[1]}
    found: dict[Key, Overlap] = {}
    for one in waves[0]:
        if one.name in later:
            identifier = _identifier(one, later[one.name], drawn, said)
            found |= _of_table(baseline, one, later[one.name], identifier, said)
    return found


def _identifier(one: Answers, two: Answers, drawn: Collection[str], said: bool) -> str:
    """Column that tells the first stage's units apart: the cluster, or the key of a table of them.

    A key that no table is clustered by may just number the rows: it counts only where the cohorts
    say that they are of the same units.
    """
    clusters = one.design.clusters
    key = f"{one.name.removesuffix('s')}_id"
    name = clusters[0] if clusters else key if said or key in drawn else ""
    return name if name in one.frame.columns and name in two.frame.columns else ""


def _of_table(
    baseline: Cohort, one: Answers, two: Answers, identifier: str, said: bool
) -> dict[Key, Overlap]:
    later = {indicator.id for indicator in two.indicators}
    shared = [indicator for indicator in one.indicators if indicator.id in later]
    units = len(_units(one, identifier) & _units(two, identifier)) if identifier else 0
    unlike = [name for name in _ALIKE if getattr(one.design, name) != getattr(two.design, name)]
    if not shared or (not units and not said):
        return {}
    if not units or unlike:
        why_not = _refusal(units, identifier, unlike)
        return {key: Overlap(units, why_not=why_not) for key in _keys(shared)}
    frame, design = _stack(one, two, identifier)
    found = _correlations(baseline, one, shared, frame, design)
    return {key: Overlap(units, correlation) for key, correlation in found.items()}


def _refusal(units: int, identifier: str, unlike: list[str]) -> str:
    if not units:
        return "overlapping samples: no identifier links the answers of the same units"
    return (
        f"overlapping samples: {units:,} {identifier} are in both, and the designs differ in "
        f"{', '.join(unlike)}; if they are other units, give each cohort a panel of its own"
    )


def _keys(indicators: list[Indicator]) -> list[Key]:
    return [(one.id, name) for one in indicators for name in one.categories or ("",)]


def _units(answers: Answers, identifier: str) -> set[str]:
    frame = opened(answers.frame)
    text = text_of(identifier, frame.collect_schema()).alias("unit")
    found = frame.select(text).unique().collect("pyarrow").to_native()
    return {name for name in found.column("unit").to_pylist() if name is not None}


def _stack(
    one: Answers, two: Answers, identifier: str
) -> tuple[nw.LazyFrame | pa.Table, DesignSettings]:
    """Put two waves under each other, and lay out their one design."""
    alike = {name: getattr(one.design, name) for name in _ALIKE}
    alike["clusters"] = one.design.clusters or (identifier,)
    weight = _WEIGHT if one.design.weight and two.design.weight else ""
    design = DesignSettings(**alike, weight=weight)
    labels = {*design.clusters, *design.strata}
    frames = [opened(answers.frame) for answers in (one, two)]
    schemas = [frame.collect_schema() for frame in frames]
    numeric = {
        name
        for name, kind in schemas[0].items()
        if kind.is_numeric() and schemas[1].get(name, nw.String).is_numeric() and name not in labels
    }
    shared = [name for name in schemas[0] if name in schemas[1]]
    waves = [
        frame.select(
            *(nw.col(name).cast(nw.Float64) for name in shared if name in numeric),
            *(text_of(name, schema).alias(name) for name in shared if name not in numeric),
            nw.lit(number).alias(_WAVE),
            _weight(answers).alias(_WEIGHT),
        )
        for frame, schema, answers, number in zip(frames, schemas, (one, two), "12", strict=True)
    ]
    if waves[0].implementation == waves[1].implementation:
        return nw.concat(waves), design
    tables = [wave.collect("pyarrow").to_native() for wave in waves]
    return pa.concat_tables(tables, promote_options="default"), design


def _weight(answers: Answers) -> nw.Expr:
    weight = answers.design.weight
    return (nw.col(weight) if weight else nw.lit(1.0)).cast(nw.Float64)


def _correlations(
    baseline: Cohort,
    one: Answers,
    shared: list[Indicator],
    frame: nw.LazyFrame | pa.Table,
    design: DesignSettings,
) -> dict[Key, float]:
    found: dict[Key, float] = {}
    given = (frame, shared, one.variables, design, (_WAVE,), one.lookups, baseline.id)
    for totals in read_totals(*given):
        found |= _of_totals(totals) if totals.questions[0].measure != "total" else {}
    return found


def _of_totals(totals: Totals) -> dict[Key, float]:
    """Correlation of the two waves' estimates, from the error of their difference."""
    found = next((one for one in evaluate(totals) if one.domain.name == _WAVE), None)
    if found is None or len(found.domain.groups) < 2:
        return {}
    _, apart = contrast(totals, found.domain, statistic_of(totals, found.domain), (1, -1))
    product = found.error[0] * found.error[1]
    shared = (found.error[0] ** 2 + found.error[1] ** 2 - apart**2) / 2
    correlation = np.divide(shared, product, out=np.zeros_like(product), where=product > 0)
    keys = [(totals.questions[i], j) for i, j in totals.places]
    return {
        (question.indicator.id, question.categories[j]): float(value)
        for (question, j), value in zip(keys, correlation, strict=True)
    }
