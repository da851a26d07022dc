"""How a sample was drawn: the stages of its declared design, laid out on the rows of a table."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import narwhals as nw
import numpy as np

from careersurvey.errors import DesignError
from careersurvey.evidence.settings import DesignSettings
from careersurvey.inference.survey.questions import (
    Schema,
    Table,
    listed,
    nearest,
    require_numbers,
)

if TYPE_CHECKING:
    from scipy.sparse import csc_array

EXHAUSTED = 1e-7  # a stratum sampled more fully than this adds no variance, as in R's survey
_DENSE = 8  # codes up to this many times as many as rows are numbered by counting


class Rows(NamedTuple):
    """Rows that respondents are summed to, by their labels."""

    codes: Mapping[str, np.ndarray]  # by key, the place of each row's label; -1 where it is missing
    labels: Mapping[str, np.ndarray]  # by key, its labels, sorted
    people: np.ndarray  # how many respondents each row stands for
    #: By column of populations, the least and greatest of each row, and how many lack it.
    sizes: Mapping[str, tuple[np.ndarray, ...]]


@dataclass(frozen=True)
class Stage:
    """One stage of selection; codes run from 0."""

    stratum: np.ndarray  # (rows,) the stratum of this stage that each row lies in
    unit: np.ndarray | None  # (rows,) its unit; None where the units are the respondents
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
        return last_of(self.unit, self.stratum)


@dataclass(frozen=True)
class Design:
    """Stages of selection, first to last, of rows of respondents."""

    stages: tuple[Stage, ...]
    leaf: np.ndarray  # (rows,) unit of the last stage, or respondent, that each row lies in
    lonely: str = "fail"  # the rule for strata with a single unit

    @property
    def of_respondents(self) -> bool:
        """Whether respondents are the units of the last stage."""
        return self.stages[-1].unit is None

    @property
    def open(self) -> np.ndarray:
        """Which rows could have been others: some stage did not take all that there was."""
        open_at = [(one.within * one.unsampled > 0)[one.stratum] for one in self.stages]
        return np.logical_or.reduce(open_at)

    @cached_property
    def leaves(self) -> Design:
        """The same of one row a leaf."""
        return self.at(last_of(self.leaf, np.arange(len(self.leaf))))

    def at(self, rows: np.ndarray) -> Design:
        """The same of some rows."""
        stages = [
            replace(
                one, stratum=one.stratum[rows], unit=None if one.unit is None else one.unit[rows]
            )
            for one in self.stages
        ]
        return replace(self, stages=tuple(stages), leaf=self.leaf[rows])


def of_stages(settings: DesignSettings, table: Table) -> DesignSettings:
    """Keep the stages that the variance needs, whose columns must be there, and be numbers."""
    numeric = [one for one in (settings.weight, *settings.population) if isinstance(one, str)]
    numeric = [*filter(None, numeric), *replicate_columns(settings, table.schema)]
    numeric += settings.calibrate.of_numbers if settings.calibrate else []
    named = dict.fromkeys([*settings.strata, *settings.clusters, *numeric])
    missing = [name for name in named if name not in table.schema]
    if missing:
        raise DesignError(
            f"{table.cohort}: {len(missing)} columns of the design are not in the table.",
            found=", ".join(missing),
            expected=nearest(missing, list(table.schema)),
            where="cohort.toml",
            do="name variables, or the columns as they are in the file",
        )
    for name in numeric:
        require_numbers(table, name, "the design needs numbers", DesignError)
    kept = ("strata", "clusters", "population")
    first = {name: getattr(settings, name)[: stages_of(settings)] for name in kept}
    return settings.model_copy(update=first)


def stages_of(settings: DesignSettings) -> int:
    """How many stages the variance needs: none follows one without a population."""
    known = len(settings.population)
    return min(max(len(settings.clusters), known, 1), known + 1)


def of_respondents(settings: DesignSettings) -> bool:
    """Whether respondents are the units of the last stage that the variance needs."""
    return stages_of(settings) > len(settings.clusters)


def sizes_of(settings: DesignSettings) -> list[str]:
    """Columns that hold a stage's population."""
    return [one for one in settings.population if isinstance(one, str)]


def replicate_columns(settings: DesignSettings, schema: Schema) -> list[str]:
    """Columns of given replicate weights: named, or by patterns such as ``repw*``."""
    patterns = settings.replicate_weights
    found = [name for one in patterns for name in schema if fnmatch.fnmatchcase(name, one)]
    if patterns and not found:
        raise DesignError(
            "No column is named as the replicate weights are.",
            found=", ".join(patterns),
            expected="a name or a pattern such as repw*",
            where="cohort.toml, replicate_weights",
        )
    return list(dict.fromkeys(found))


def lay_out(table: Table, rows: Rows) -> tuple[Design, np.ndarray]:
    """Lay a design out on rows; beside it the weights that follow from its populations."""
    settings = table.settings
    _require_labels(table, rows)
    nobody, implied = np.zeros(len(rows.people), dtype=int), np.ones(len(rows.people))
    stages: list[Stage] = []
    parent, within = nobody, implied
    for number in range(stages_of(settings)):
        stratum, unit = _nested(parent, rows, settings.strata, number), None
        if number < len(settings.clusters):
            above = stratum if settings.nest else parent
            unit = _nested(above, rows, settings.clusters, number)
            _require_one_stratum(table, rows, unit, number)
        sampled = _units(unit, stratum, rows.people)
        size = _population(table, rows, stratum, number)
        fixed = last_of(stratum, parent), sampled, size, last_of(stratum, within)
        stages.append(Stage(stratum, unit, *fixed))
        _require_enough(table, rows, stages)
        if np.isfinite(size).all():
            implied = implied * (size / sampled)[stratum]
        within = within * (sampled / size)[stratum]
        if unit is None or not within.any():
            break
        parent = unit
    leaf = np.arange(len(nobody))
    if stages[-1].unit is not None:
        keys = (*settings.strata, *settings.clusters)
        leaf = crossed(nobody, *(rows.codes[key] for key in keys))
    if settings.lonely_psu == "fail":
        _require_company(table, rows, stages)
    return Design(tuple(stages), leaf, settings.lonely_psu), implied


def numbered(code: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number distinct codes from 0 in their order: by row the number, by number the code."""
    span = int(code.max(initial=-1)) + 1
    if span > _DENSE * len(code):
        codes, number = np.unique(code, return_inverse=True)
        return number, codes
    seen = np.zeros(span, dtype=bool)
    seen[code] = True
    codes, number = np.flatnonzero(seen), np.empty(span, dtype=int)
    number[codes] = np.arange(len(codes))
    return number[code], codes


def crossed(first: np.ndarray, *others: np.ndarray) -> np.ndarray:
    """Number the combinations of codes from 0 in their order; -1, which is none, is one of them."""
    number = first
    for code in others:
        number = numbered(number * (int(code.max(initial=-1)) + 2) + code + 1)[0]
    return number


def sum_by(code: np.ndarray, codes: int, values: np.ndarray) -> np.ndarray:
    """Sums of rows of `values` that share a code: (rows, ...) to (codes, ...); none is negative."""
    return summing(code, codes) @ values


def summing(code: np.ndarray, codes: int, weight: np.ndarray | None = None) -> csc_array:
    """Matrix that sums rows, times a weight, by code; a negative code is nobody's."""
    from scipy.sparse import csc_array

    weight, there = np.ones(len(code)) if weight is None else weight, code >= 0
    # Column by column there is one entry or none, so that the matrix needs no sorting.
    if there.all():
        parts = (weight, code, np.arange(len(code) + 1))
    else:
        parts = (weight[there], code[there], np.append(0, np.cumsum(there)))
    return csc_array(parts, shape=(codes, len(code)))


def last_of(code: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Value of the last row of each code."""
    out = np.zeros(int(code.max()) + 1, dtype=values.dtype)
    out[code] = values
    return out


def _nested(parent: np.ndarray, rows: Rows, columns: Sequence[str], number: int) -> np.ndarray:
    """Codes of a stage's labels within the codes of their parents."""
    return crossed(parent, *(rows.codes[name] for name in columns[number : number + 1]))


def _units(unit: np.ndarray | None, stratum: np.ndarray, people: np.ndarray) -> np.ndarray:
    """How many units each stratum has in the sample."""
    strata = int(stratum.max()) + 1
    if unit is None:
        return np.bincount(stratum, weights=people, minlength=strata)
    units = int(unit.max()) + 1
    pairs = numbered(stratum * units + unit)[1]
    return np.bincount(pairs // units, minlength=strata).astype(float)


def _population(table: Table, rows: Rows, stratum: np.ndarray, number: int) -> np.ndarray:
    """Units of a stage in the population, by stratum."""
    strata, known = int(stratum.max()) + 1, table.settings.population
    size = known[number] if number < len(known) else np.inf
    if not isinstance(size, str):
        return np.full(strata, float(size))
    low, high, missing = rows.sizes[size]
    least, most = np.full(strata, np.inf), np.full(strata, -np.inf)
    np.minimum.at(least, stratum, low)
    np.maximum.at(most, stratum, high)
    varying = int((least != most).sum())
    if missing.sum() or varying:
        raise DesignError(
            f"{table.cohort}: the population in {size} is not one number for each stratum.",
            found=f"{int(missing.sum()):,} missing; it varies in {varying:,} of {strata:,} strata",
            where=f"column {size}, stage {number + 1}",
            do="give every respondent of a stratum the same number",
        )
    return least


def _require_labels(table: Table, rows: Rows) -> None:
    for key in (*table.settings.strata, *table.settings.clusters):
        missing = int(rows.people[rows.codes[key] < 0].sum())
        if missing:
            raise DesignError(
                f"{table.cohort}: {missing:,} of {int(rows.people.sum()):,} respondents have "
                f"no {key}.",
                expected="a stratum and a cluster for everyone",
                where=f"column {key}, {table.rows_where(nw.col(key).is_null())}",
                do="fill the column, or leave these respondents out of the table",
            )


def _require_one_stratum(table: Table, rows: Rows, unit: np.ndarray, number: int) -> None:
    """Hold clusters of the first stage to one stratum; those of later stages may lie in several."""
    if number or not table.settings.strata:
        return
    cluster, strata = table.settings.clusters[0], table.settings.strata[0]
    count, clusters = len(rows.labels[strata]), len(rows.labels[cluster])
    pairs = numbered(rows.codes[cluster] * count + rows.codes[strata])[1] // count
    times = np.bincount(pairs, minlength=clusters)
    if int(unit.max()) + 1 != (times > 0).sum() or (times <= 1).all():
        return
    names = rows.labels[cluster][times > 1].tolist()
    raise DesignError(
        f"{table.cohort}: {len(names):,} of {clusters:,} clusters lie in more than one stratum.",
        found=f"{cluster} {listed(names)}",
        expected=f"one {strata} for every {cluster}",
        where=f"columns {strata} and {cluster}, "
        + table.rows_where(table.text(cluster).is_in(names)),
        do="set nest = true if their labels start again in each stratum, or correct the strata",
    )


def _require_enough(table: Table, rows: Rows, stages: Sequence[Stage]) -> None:
    stage = stages[-1]
    short = np.flatnonzero(~(stage.population >= stage.sampled))
    if len(short):
        first = short[0]
        raise DesignError(
            f"{table.cohort}: the population of stage {len(stages)} is below its sample in "
            f"{len(short):,} of {len(stage.sampled):,} strata.",
            found=f"{stage.sampled[first]:.0f} units sampled of {stage.population[first]:g}",
            expected="at least as many in the population as in the sample",
            where=_stratum_names(table, rows, stages, short),
            do="correct the population, or leave it out",
        )


def _require_company(table: Table, rows: Rows, stages: Sequence[Stage]) -> None:
    for number, stage in enumerate(stages, start=1):
        single = np.flatnonzero(stage.alone)
        if len(single):
            raise DesignError(
                f"{table.cohort}: {len(single):,} of {len(stage.sampled):,} strata have a single "
                f"unit at stage {number}, which shows no variance.",
                where=_stratum_names(table, rows, stages[:number], single),
                expected="two or more units in every stratum",
                do="join strata, or set lonely_psu to certainty, adjust or average",
            )


def _stratum_names(table: Table, rows: Rows, stages: Sequence[Stage], strata: np.ndarray) -> str:
    """Name strata of the last of some stages by their labels."""
    number = len(stages) - 1
    if number >= len(table.settings.strata):
        return f"{len(strata):,} units of stage {number}" if number else "the whole sample"
    key = table.settings.strata[number]
    code = last_of(stages[-1].stratum, rows.codes[key])
    return "strata " + listed(rows.labels[key][code[strata]])
