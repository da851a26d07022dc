"""How a sample was drawn: the stages of its declared design, laid out on the rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.errors import DesignError
from careersurvey.evidence.answers.coded import design_names
from careersurvey.evidence.checks.check import require
from careersurvey.evidence.checks.design import ROW, Drawn, check_design
from careersurvey.inference.survey.questions import Table, opened

if TYPE_CHECKING:
    from scipy.sparse import csc_array

EXHAUSTED = 1e-7  # a stratum sampled more fully than this adds no variance, as in R's survey
_DENSE = 8  # codes up to this many times as many as rows are numbered by counting


class Rows(NamedTuple):
    """Rows that respondents are summed to, by their labels."""

    codes: Mapping[str, np.ndarray]  # by key, the place of each row's label; -1 where it is missing
    labels: Mapping[str, np.ndarray]  # by key, its labels, sorted
    people: np.ndarray  # how many respondents each row stands for


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
        stages = []
        for stage in self.stages:
            unit = None if stage.unit is None else stage.unit[rows]
            stages.append(replace(stage, stratum=stage.stratum[rows], unit=unit))
        return replace(self, stages=tuple(stages), leaf=self.leaf[rows])


def settled(table: Table) -> Table:
    """Keep the stages that the variance needs; their columns must be there, and be numbers."""
    schema = table.schema
    known = dict.fromkeys(design_names(table.settings, "replicate_weights", list(schema)))
    design = table.settings.needed.model_copy(update={"replicate_weights": tuple(known)})
    table = replace(table, settings=design)
    is_there = all(name in schema for name in design.columns)
    require_design(table, is_there and all(schema[name].is_numeric() for name in design.numbers))
    return table


def lay_out(table: Table, rows: Rows) -> tuple[Design, np.ndarray]:
    """Lay a design out on rows; beside it what weights that are not given follow as."""
    settings = table.settings
    keys = (*settings.strata, *settings.clusters)
    require_design(table, all((rows.codes[key] >= 0).all() for key in keys))
    nobody, implied = np.zeros(len(rows.people), dtype=int), np.ones(len(rows.people))
    stages: list[Stage] = []
    parent, within = nobody, implied
    for number in range(settings.stages):
        stratum, unit = _nested(parent, rows, settings.strata, number), None
        if number < len(settings.clusters):
            above = stratum if settings.nest else parent
            unit = _nested(above, rows, settings.clusters, number)
            require_design(table, (last_of(unit, stratum)[unit] == stratum).all())
        sampled = _units(unit, stratum, rows.people)
        size = _population(table, rows, stratum, number)
        require_design(table, (size >= sampled).all())
        fixed = last_of(stratum, parent), sampled, size, last_of(stratum, within)
        stages.append(Stage(stratum, unit, *fixed))
        if np.isfinite(size).all() and not settings.weight:
            implied = implied * (size / sampled)[stratum]
        within = within * (sampled / size)[stratum]
        if unit is None or not within.any():
            break
        parent = unit
    leaf = np.arange(len(nobody))
    if stages[-1].unit is not None:
        leaf = crossed(nobody, *(rows.codes[key] for key in keys))
    if settings.lonely_psu == "fail" and not settings.replicate_weights:
        require_design(table, not any(one.alone.any() for one in stages))
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


def crossed(*codes: np.ndarray) -> np.ndarray:
    """Number the combinations of codes from 0 in their order; -1, which is none, is one of them."""
    number, span = np.zeros(len(codes[0]), dtype=int), 1
    for code in codes:
        width = int(code.max(initial=-1)) + 2
        number *= width
        number += code
        number += 1
        span *= width
        if span > _DENSE * len(code):
            number, known = numbered(number)
            span = len(known)
    return numbered(number)[0]


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


def codes_of(column: Any) -> tuple[np.ndarray, np.ndarray]:
    """Codes of a column's values in their sorted order, and the values; those of text as text."""
    encoded = column.dictionary_encode().combine_chunks()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    names = encoded.dictionary.take(order).to_numpy(zero_copy_only=False)
    position = encoded.indices.fill_null(-1).to_numpy()
    rank = np.empty(len(order) + 1, dtype=int)
    rank[order], rank[-1] = np.arange(len(order)), -1
    return rank.take(position), names if names.dtype.kind == "f" else names.astype(str)


def last_of(code: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Value of the last row of each code."""
    out = np.zeros(int(code.max(initial=-1)) + 1, dtype=values.dtype)
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
    """Units of a stage in the population, by stratum; not a number where they are not one."""
    strata, known = int(stratum.max()) + 1, table.settings.population
    size = known[number] if number < len(known) else np.inf
    if not isinstance(size, str):
        return np.full(strata, float(size))
    values = np.append(rows.labels[size].astype(float), np.nan)[rows.codes[size]]
    least, most = np.full(strata, np.inf), np.full(strata, -np.inf)
    np.minimum.at(least, stratum, values)
    np.maximum.at(most, stratum, values)
    return np.where(least == most, least, np.nan)


def require_design(table: Table, holds: np.bool | bool) -> None:
    """Say which rule its design breaks, as the check of a cohort does."""
    if holds:
        return
    design = table.settings
    names = [name for name in design.columns if name in table.schema]
    drawn = {*design.strata, *design.clusters}
    columns = {name: table.text(name) if name in drawn else nw.col(name) for name in names}
    read = table.frame.select(**{ROW: table.everyone}, **columns).collect("pyarrow").to_native()
    rows = opened(read.set_column(0, ROW, pa.array(range(1, len(read) + 1))))
    require(check_design(Drawn(table.name, design, rows, len(read))), table.cohort)
    raise DesignError(f"{table.cohort}: the rows are not as their design says.")
