"""Variances of totals under a stratified multistage design: numbers in, numbers out.

Respondents arrive reduced to *leaves*: the units of the last stage that the variance needs, or,
where respondents are themselves those units, the strata (or clusters) they were drawn from, with
sums of squares beside the sums. A row of totals belongs to one leaf and one group of a domain;
a leaf without respondents in a group has no row there and counts as zero, so a domain never cuts
the design.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from careersurvey.errors import DesignError

LONELY_RULES = ("fail", "certainty", "adjust", "average")
_DENSE = 8  # codes up to this many times as many as rows are numbered by counting
EXHAUSTED = 1e-7  # a stratum sampled more fully than this adds no variance, as in R's survey


@dataclass(frozen=True)
class Stage:
    """One stage of selection; codes run from 0.

    Attributes
    ----------
    stratum : ndarray of int, (leaves,)
        The stratum of this stage that each leaf lies in.
    unit : ndarray of int or None, (leaves,)
        The unit of this stage that each leaf lies in; None where the units are the respondents.
    sampled, population : ndarray of float, (strata,)
        Units drawn and units there were; infinite where no correction applies.
    within : ndarray of float, (strata,)
        Product of the sampling fractions of the earlier stages.
    """

    stratum: np.ndarray
    unit: np.ndarray | None
    sampled: np.ndarray
    population: np.ndarray
    within: np.ndarray


@dataclass(frozen=True)
class Design:
    """Stages of selection, first to last, and the rule for strata with a single unit."""

    stages: tuple[Stage, ...]
    lonely: str


def lay_out(
    clusters: Sequence[np.ndarray],
    strata: Sequence[np.ndarray] = (),
    population: Sequence[np.ndarray] = (),
    respondents: np.ndarray | None = None,
    lonely: str = "fail",
) -> Design:
    """Stages of a design from the labels of every leaf.

    Parameters
    ----------
    clusters : sequence of array, each (leaves,)
        Units of each stage. A label is read within the unit of the stage before.
    strata : sequence of array, each (leaves,), optional
        Strata of each stage, read within the unit of the stage before. Stages without one have
        a single stratum.
    population : sequence of array of float, each (leaves,), optional
        Units of each stage in the population, by stratum. A stage after one without a population
        adds nothing: the first stage then carries the whole variance (with replacement).
    respondents : ndarray of int, (leaves,), optional
        Number of respondents in each leaf, where respondents are the units of the last stage.
    lonely : {'fail', 'certainty', 'adjust', 'average'}
        What a stratum with a single unit adds: a refusal, nothing, its squared score about zero,
        or the mean of the other strata.

    Returns
    -------
    Design

    Raises
    ------
    DesignError
        A cluster in two strata, a population that varies within a stratum or is below its
        sample, or a lonely stratum under ``fail``.
    """
    if lonely not in LONELY_RULES:
        raise DesignError(
            f"lonely_psu = {lonely!r} is not a rule.", expected=", ".join(LONELY_RULES)
        )
    leaves = len(clusters[0]) if len(clusters) else len(respondents)
    parent, within = np.zeros(leaves, dtype=int), np.ones(leaves)
    stages = []
    for number in range(len(clusters) + (respondents is not None)):
        stratum = _nested(parent, strata[number]) if number < len(strata) else parent
        unit = _nested(parent, clusters[number]) if number < len(clusters) else None
        if unit is not None and number == 0:
            _require_one_stratum(unit, stratum, clusters[0])
        sampled = _units(unit, stratum, respondents)
        size = population[number] if number < len(population) else np.full(leaves, np.inf)
        size = _constant(np.asarray(size, dtype=float), stratum, number)
        _require_enough(size, sampled, stratum, strata, number)
        stages.append(Stage(stratum, unit, sampled, size, _first(within, stratum)))
        within = within * (sampled / size)[stratum]
        parent = unit
        if not within.any():
            break
    design = Design(tuple(stages), lonely)
    if lonely == "fail":
        _require_company(design, strata)
    return design


def numbered(code: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number distinct codes from 0, in their order: by counting where they lie close, else sorted.

    Parameters
    ----------
    code : ndarray of int, (rows,)
        None is negative.

    Returns
    -------
    number : ndarray of int, (rows,)
    codes : ndarray of int
        The code of each number.
    """
    span = int(code.max(initial=-1)) + 1
    if span > _DENSE * len(code):
        codes, number = np.unique(code, return_inverse=True)
        return number, codes
    seen = np.zeros(span, dtype=bool)
    seen[code] = True
    return (np.cumsum(seen) - 1)[code], np.flatnonzero(seen)


def alone(stage: Stage) -> np.ndarray:
    """Which strata of a stage have a single unit that leaves others of its population unseen."""
    return (stage.sampled == 1) & (1 - stage.sampled / stage.population >= EXHAUSTED)


def _nested(parent: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Codes of labels within the codes of their parents."""
    names, code = np.unique(np.asarray(labels), return_inverse=True)
    return numbered(parent * len(names) + code)[0]


def _first(values: np.ndarray, code: np.ndarray) -> np.ndarray:
    out = np.zeros(int(code.max()) + 1, dtype=float)
    out[code] = values
    return out


def _units(
    unit: np.ndarray | None, stratum: np.ndarray, respondents: np.ndarray | None
) -> np.ndarray:
    """How many units each stratum has in the sample."""
    strata = int(stratum.max()) + 1
    if unit is None:
        return np.bincount(stratum, weights=respondents, minlength=strata)
    units = int(unit.max()) + 1
    pairs = numbered(stratum * units + unit)[1]
    return np.bincount(pairs // units, minlength=strata).astype(float)


def _constant(size: np.ndarray, stratum: np.ndarray, number: int) -> np.ndarray:
    given = _first(size, stratum)
    varies = np.unique(stratum[size != given[stratum]])
    if len(varies):
        raise DesignError(
            f"The population of stage {number + 1} varies within {len(varies)} of "
            f"{len(given)} strata.",
            found=f"{_listed(np.unique(size[stratum == varies[0]]))} in one stratum",
            expected="one number of units for each stratum",
            do="correct the column named under population",
        )
    return given


def _require_one_stratum(unit: np.ndarray, stratum: np.ndarray, labels: np.ndarray) -> None:
    strata = int(stratum.max()) + 1
    pairs = numbered(unit * strata + stratum)[1] // strata
    shared = np.unique(pairs[1:][pairs[1:] == pairs[:-1]])
    if len(shared):
        names = [str(labels[unit == code][0]) for code in shared[:5]]
        raise DesignError(
            f"{len(shared):,} of {len(np.unique(unit)):,} clusters lie in more than one stratum.",
            found=_listed(names, len(shared)),
            expected="every cluster in one stratum",
            where=f"{int(np.isin(unit, shared).sum()):,} pairs of cluster and stratum",
            do="correct the strata, or give clusters of different strata different identifiers",
        )


def _require_enough(
    size: np.ndarray,
    sampled: np.ndarray,
    stratum: np.ndarray,
    strata: Sequence[np.ndarray],
    number: int,
) -> None:
    short = np.flatnonzero(~(size >= sampled))
    if len(short):
        first = short[0]
        raise DesignError(
            f"The population of stage {number + 1} is below its sample in {len(short):,} of "
            f"{len(size):,} strata.",
            found=f"{sampled[first]:.0f} units sampled of {size[first]:g}",
            expected="at least as many in the population as in the sample",
            where=_stratum_names(short, stratum, strata, number),
            do="correct the population, or leave it out",
        )


def _require_company(design: Design, strata: Sequence[np.ndarray]) -> None:
    for number, stage in enumerate(design.stages):
        single = np.flatnonzero(alone(stage))
        if len(single):
            raise DesignError(
                f"{len(single):,} of {len(stage.sampled):,} strata have a single unit at stage "
                f"{number + 1}, which shows no variance.",
                where=_stratum_names(single, stage.stratum, strata, number),
                expected="two or more units in every stratum",
                do="join strata, or set lonely_psu to certainty, adjust or average",
            )


def _stratum_names(
    codes: np.ndarray, stratum: np.ndarray, strata: Sequence[np.ndarray], number: int
) -> str:
    if number >= len(strata):
        return f"{len(codes):,} units of stage {number}" if number else "the whole sample"
    names = [str(strata[number][stratum == code][0]) for code in codes[:5]]
    return "strata " + _listed(names, len(codes))


def _listed(names: Sequence[object], count: int | None = None) -> str:
    shown = ", ".join(str(name) for name in list(names)[:5])
    return shown + (", ..." if (count or len(names)) > 5 else "")
