"""How a sample was drawn: the stages of its declared design, laid out on the rows of a table.

Rows lie in *leaves*: the units of the last stage that the variance needs or, where respondents are
themselves those units, the strata (or clusters) that they were drawn from.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import narwhals as nw
import numpy as np

from careersurvey.errors import DesignError
from careersurvey.evidence.settings import DesignSettings
from careersurvey.inference.survey.questions import (
    Schema,
    nearest,
    require_numbers,
    rows_where,
    text_of,
)

EXHAUSTED = 1e-7  # a stratum sampled more fully than this adds no variance, as in R's survey
_DENSE = 8  # codes up to this many times as many as rows are numbered by counting


@dataclass(frozen=True)
class Stage:
    """One stage of selection; codes run from 0."""

    stratum: np.ndarray  # (leaves,) the stratum of this stage that each leaf lies in
    unit: np.ndarray | None  # (leaves,) its unit; None where the units are the respondents
    parent: np.ndarray  # (strata,) the unit of the stage before that each stratum lies in
    sampled: np.ndarray  # (strata,) units drawn
    population: np.ndarray  # (strata,) units there were; infinite where no correction applies
    within: np.ndarray  # (strata,) product of the sampling fractions of the earlier stages

    @property
    def unsampled(self) -> np.ndarray:
        """The finite population correction of each stratum; 0 where it is whole in the sample."""
        left = 1 - self.sampled / self.population
        return np.where(left < EXHAUSTED, 0.0, left)

    @property
    def alone(self) -> np.ndarray:
        """Which strata have a single unit that leaves others of its population unseen."""
        return (self.sampled == 1) & (self.unsampled > 0)

    @property
    def unit_strata(self) -> np.ndarray:
        """The stratum of each unit."""
        return _first(self.stratum, self.unit).astype(int)


@dataclass(frozen=True)
class Design:
    """Stages of selection, first to last, and the rule for strata with a single unit."""

    stages: tuple[Stage, ...]
    lonely: str = "fail"

    @property
    def open(self) -> np.ndarray:
        """Which leaves could have been others: some stage did not take all that there was."""
        open_at = [(one.within * one.unsampled > 0)[one.stratum] for one in self.stages]
        return np.logical_or.reduce(open_at)


class Keys(NamedTuple):
    """Rows of a table by their labels."""

    codes: Mapping[str, np.ndarray]  # by key, the place of each row's label; -1 where it is missing
    labels: Mapping[str, np.ndarray]  # by key, its labels, sorted
    respondents: np.ndarray  # how many respondents each row stands for


class Plan(NamedTuple):
    """Columns of the stages that the variance needs: none follows one without a population."""

    strata: tuple[str, ...]  # a column a stage, read within the unit of the stage before
    clusters: tuple[str, ...]
    population: tuple[str | float, ...]  # units of each stage in the population
    respondents: bool  # whether respondents are the units of the last stage

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that tell leaves apart."""
        return (*self.strata, *self.clusters)

    @property
    def sizes(self) -> list[str]:
        """Columns that hold a stage's population."""
        return [one for one in self.population if isinstance(one, str)]


def plan_of(settings: DesignSettings, frame: nw.LazyFrame, cohort: str) -> Plan:
    """Read the stages of a design, and hold its columns to being there and numbers where needed."""
    schema = frame.collect_schema()
    numeric = [one for one in (settings.weight, *settings.population) if isinstance(one, str)]
    numeric = [*filter(None, numeric), *replicate_columns(settings, schema)]
    named = dict.fromkeys([*settings.strata, *settings.clusters, *numeric])
    missing = [name for name in named if name not in schema]
    if missing:
        raise DesignError(
            f"{cohort}: {len(missing)} columns of the design are not in the table.",
            found=", ".join(missing),
            expected=nearest(missing, list(schema)),
            where="cohort.toml",
            do="name variables, or the columns as they are in the file",
        )
    for name in numeric:
        require_numbers(frame, name, cohort, "the design needs numbers", DesignError)
    strata, clusters, population = settings.strata, settings.clusters, settings.population
    stages = stages_of(settings)
    return Plan(strata[:stages], clusters[:stages], population[:stages], stages > len(clusters))


def stages_of(settings: DesignSettings) -> int:
    """How many stages the variance needs: none follows one without a population."""
    known = len(settings.population)
    return min(max(len(settings.clusters), known, 1), known + 1)


def replicate_columns(settings: DesignSettings, schema: Schema) -> list[str]:
    """Columns of given replicate weights: named, or by patterns such as ``repw*``."""
    patterns, names = settings.replicate_weights, list(schema)
    found = [name for one in patterns for name in names if fnmatch.fnmatchcase(name, one)]
    if patterns and not found:
        raise DesignError(
            "No column is named as the replicate weights are.",
            found=", ".join(patterns),
            expected="a name or a pattern such as repw*",
            where="cohort.toml, replicate_weights",
        )
    return list(dict.fromkeys(found))


def lay_out(
    plan: Plan,
    keys: Keys,
    sizes: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]],
    settings: DesignSettings,
    frame: nw.LazyFrame,
    cohort: str,
) -> tuple[Design, np.ndarray, np.ndarray]:
    """Lay a design out on the rows of a table."""
    _require_labels(plan, keys, frame, cohort)
    leaf = np.zeros(len(keys.respondents), dtype=int)
    for key in plan.keys:
        leaf = numbered(leaf * max(len(keys.labels[key]), 1) + keys.codes[key])[0]
    row = _first(np.arange(len(leaf)), leaf).astype(int)
    codes = {key: keys.codes[key][row] for key in plan.keys}
    people = np.bincount(leaf, weights=keys.respondents)
    parent, within = np.zeros(len(row), dtype=int), np.ones(len(row))
    stages, implied = [], np.ones(len(row))
    for number in range(len(plan.clusters) + plan.respondents):
        stratum = _nested(parent, codes, plan.strata, number)
        unit = None
        if number < len(plan.clusters):
            unit = _nested(stratum if settings.nest else parent, codes, plan.clusters, number)
            _require_one_stratum(unit, stratum, number, plan, keys, frame, cohort)
        sampled = _units(unit, stratum, people)
        size = _population(plan, number, sizes, leaf, stratum, cohort)
        stage = Stage(
            stratum,
            unit,
            _first(parent, stratum).astype(int),
            sampled,
            size,
            _first(within, stratum),
        )
        _require_enough(stage, number, plan, keys, row, cohort)
        stages.append(stage)
        if np.isfinite(size).all():
            implied = implied * (size / sampled)[stratum]
        within, parent = within * (sampled / size)[stratum], unit
        if not within.any():
            break
    design = Design(tuple(stages), settings.lonely_psu)
    if settings.lonely_psu == "fail":
        _require_company(design, plan, keys, row, cohort)
    return design, leaf, implied[leaf]


def numbered(code: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number distinct codes from 0 in their order: by row the number, by number the code."""
    span = int(code.max(initial=-1)) + 1
    if span > _DENSE * len(code):
        codes, number = np.unique(code, return_inverse=True)
        return number, codes
    seen = np.zeros(span, dtype=bool)
    seen[code] = True
    return (np.cumsum(seen) - 1)[code], np.flatnonzero(seen)


def _nested(
    parent: np.ndarray, codes: Mapping[str, np.ndarray], columns: Sequence[str], number: int
) -> np.ndarray:
    """Codes of a stage's labels within the codes of their parents."""
    if number >= len(columns):
        return parent
    code = codes[columns[number]]
    return numbered(parent * (int(code.max()) + 1) + code)[0]


def _first(values: np.ndarray, code: np.ndarray) -> np.ndarray:
    out = np.zeros(int(code.max()) + 1)
    out[code] = values
    return out


def _units(unit: np.ndarray | None, stratum: np.ndarray, people: np.ndarray) -> np.ndarray:
    """How many units each stratum has in the sample."""
    strata = int(stratum.max()) + 1
    if unit is None:
        return np.bincount(stratum, weights=people, minlength=strata)
    pairs = numbered(stratum * (int(unit.max()) + 1) + unit)[1]
    return np.bincount(pairs // (int(unit.max()) + 1), minlength=strata).astype(float)


def _population(
    plan: Plan,
    number: int,
    sizes: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]],
    leaf: np.ndarray,
    stratum: np.ndarray,
    cohort: str,
) -> np.ndarray:
    """Units of a stage in the population, by stratum."""
    strata = int(stratum.max()) + 1
    size = plan.population[number] if number < len(plan.population) else np.inf
    if not isinstance(size, str):
        return np.full(strata, float(size))
    low, high, missing = sizes[size]
    least, most = np.full(strata, np.inf), np.full(strata, -np.inf)
    np.minimum.at(least, stratum[leaf], low)
    np.maximum.at(most, stratum[leaf], high)
    varying = int((least != most).sum())
    if missing.sum() or varying:
        raise DesignError(
            f"{cohort}: the population in {size} is not one number for each stratum.",
            found=f"{int(missing.sum()):,} missing; it varies in {varying:,} of {strata:,} strata",
            where=f"column {size}, stage {number + 1}",
            do="give every respondent of a stratum the same number",
        )
    return least


def _require_labels(plan: Plan, keys: Keys, frame: nw.LazyFrame, cohort: str) -> None:
    for key in plan.keys:
        missing = int(keys.respondents[keys.codes[key] < 0].sum())
        if missing:
            raise DesignError(
                f"{cohort}: {missing:,} of {int(keys.respondents.sum()):,} respondents have "
                f"no {key}.",
                expected="a stratum and a cluster for everyone",
                where=f"column {key}, {rows_where(frame, nw.col(key).is_null())}",
                do="fill the column, or leave these respondents out of the table",
            )


def _require_one_stratum(
    unit: np.ndarray,
    stratum: np.ndarray,
    number: int,
    plan: Plan,
    keys: Keys,
    frame: nw.LazyFrame,
    cohort: str,
) -> None:
    """Hold clusters of the first stage to one stratum; those of later stages may lie in several."""
    if number or not plan.strata:
        return
    cluster, strata = plan.clusters[0], plan.strata[0]
    count = len(keys.labels[strata])
    pairs = numbered(keys.codes[cluster] * count + keys.codes[strata])[1] // count
    times = np.bincount(pairs, minlength=len(keys.labels[cluster]))
    if int(unit.max()) + 1 != (times > 0).sum() or (times <= 1).all():
        return
    names = keys.labels[cluster][times > 1].tolist()
    shared = text_of(cluster, frame.collect_schema()).is_in(names)
    raise DesignError(
        f"{cohort}: {len(names):,} of {len(times):,} clusters lie in more than one stratum.",
        found=f"{cluster} {_listed(names)}",
        expected=f"one {strata} for every {cluster}",
        where=f"columns {strata} and {cluster}, {rows_where(frame, shared)}",
        do="set nest = true if their labels start again in each stratum, or correct the strata",
    )


def _require_enough(
    stage: Stage, number: int, plan: Plan, keys: Keys, row: np.ndarray, cohort: str
) -> None:
    short = np.flatnonzero(~(stage.population >= stage.sampled))
    if len(short):
        first = short[0]
        raise DesignError(
            f"{cohort}: the population of stage {number + 1} is below its sample in "
            f"{len(short):,} of {len(stage.sampled):,} strata.",
            found=f"{stage.sampled[first]:.0f} units sampled of {stage.population[first]:g}",
            expected="at least as many in the population as in the sample",
            where=_stratum_names(short, stage, number, plan, keys, row),
            do="correct the population, or leave it out",
        )


def _require_company(design: Design, plan: Plan, keys: Keys, row: np.ndarray, cohort: str) -> None:
    for number, stage in enumerate(design.stages):
        single = np.flatnonzero(stage.alone)
        if len(single):
            raise DesignError(
                f"{cohort}: {len(single):,} of {len(stage.sampled):,} strata have a single unit at "
                f"stage {number + 1}, which shows no variance.",
                where=_stratum_names(single, stage, number, plan, keys, row),
                expected="two or more units in every stratum",
                do="join strata, or set lonely_psu to certainty, adjust or average",
            )


def _stratum_names(
    strata: np.ndarray, stage: Stage, number: int, plan: Plan, keys: Keys, row: np.ndarray
) -> str:
    if number >= len(plan.strata):
        return f"{len(strata):,} units of stage {number}" if number else "the whole sample"
    key = plan.strata[number]
    names = [
        keys.labels[key][keys.codes[key][row[stage.stratum == code][0]]] for code in strata[:6]
    ]
    return "strata " + _listed(names)


def _listed(names: Sequence[object]) -> str:
    return ", ".join(str(name) for name in names[:5]) + (", ..." if len(names) > 5 else "")
