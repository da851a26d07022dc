"""Weights moved to known totals, and what the totals take from the error: numbers in, numbers out.

Post-stratification, raking, and linear and bounded calibration are one equation: weights d become
d F(x'l), with x what a respondent adds to each total and l such that the totals are met; F is what
the methods differ in (Deville and Särndal 1992, *JASA* 87, 376-382).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from careersurvey.errors import DesignError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import Calibration, DesignSettings
from careersurvey.evidence.tables import read_written
from careersurvey.inference.survey.design import numbered, summing

_MET = 1e-10  # totals are met to this part of themselves
_STEPS, _HALVINGS = 100, 30
#: Values of a variable, an empty text among them, and the place of every row's.
Labels = tuple[np.ndarray, np.ndarray]


class Model(NamedTuple):
    """What weights are moved to."""

    names: tuple[str, ...]  # of the totals, as a message names them: ``region=north``, ``visits``
    totals: np.ndarray
    method: str  # one of `DISTANCES`
    low: float = -np.inf  # least multiple of a weight
    high: float = np.inf


class Moved(NamedTuple):
    """Rows of respondents whose weights were moved to known totals."""

    model: Model
    cell: np.ndarray  # (rows,) rows whose respondents add the same to each total share a cell
    x: np.ndarray  # (cells, totals) what a respondent of the cell adds to each total
    before: np.ndarray  # (rows,) sums of weights
    after: np.ndarray

    @property
    def back(self) -> np.ndarray:
        """What a moved weight is multiplied by to be as before."""
        return _over(self.before, self.after)

    def products(self, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Products of the x of some rows with values that have the moved weights in them.

        They are weighted as before the weights were moved, (totals, columns).
        """
        cell, place = numbered(self.cell[rows])
        return self.x[place].T @ (summing(cell, len(place), self.back[rows]) @ values)

    def coefficients(self, products: np.ndarray) -> np.ndarray:
        """Coefficients of a weighted regression on the x, from its products with them.

        The error of a calibrated total is that of the total of what the regression leaves
        (Särndal, Swensson and Wretman 1992, section 6.6), with the weights before they were
        moved, as in R's survey.
        """
        size = _sizes(self.x)
        scaled, weight = self.x / size, np.bincount(self.cell, self.before, len(self.x))
        moments = (scaled * weight[:, None]).T @ scaled
        return np.linalg.lstsq(moments, products / size[:, None], rcond=1e-13)[0] / size[:, None]


def with_known_totals(cohort: Cohort, design: DesignSettings) -> DesignSettings:
    """Read the totals of a design that stand in files of their own, ``category`` by ``total``."""
    if moved := design.calibrate:
        known = {name: _read(cohort, total) for name, total in moved.totals.items()}
        design = design.model_copy(update={"calibrate": moved.model_copy(update={"totals": known})})
    if response := design.response:
        known = {"invited": _read(cohort, response.invited)}
        design = design.model_copy(update={"response": response.model_copy(update=known)})
    return design


def _read(cohort: Cohort, known: object) -> object:
    if not isinstance(known, str):
        return known
    path = cohort.file(known, "calibrate")
    table = read_written(path, ("category", "total"))
    try:
        return dict(zip(table["category"], table["total"].astype(float), strict=True))
    except ValueError as problem:
        what = f"{cohort.id}: a total is no number."
        raise DesignError(what, found=problem, where=path.name) from None


def weighting_variables(design: DesignSettings) -> tuple[list[str], list[str]]:
    """Variables that weights are moved by: those with categories, and numbers."""
    moved = design.calibrate
    keys = list(moved.of_categories) if moved else []
    keys += [design.response.classes] if design.response else []
    return list(dict.fromkeys(keys)), list(moved.of_numbers) if moved else []


def move(
    design: DesignSettings,
    labels: Mapping[str, Labels],
    numbers: Mapping[str, np.ndarray],
    count: np.ndarray,
    weight: np.ndarray,
    cohort: str,
) -> tuple[np.ndarray, Moved | None]:
    """Move the weights of rows of respondents: to those invited, within limits, to known totals."""
    out = weight.astype(float)
    if response := design.response:
        invited, variable = response.by_class, response.classes
        place = _places(variable, labels[variable], invited, count, cohort)
        answered = np.bincount(place[place >= 0], count[place >= 0], len(invited))
        out *= np.append(_over(np.array([*invited.values()], float), answered), 0.0)[place]
    if design.trim:
        out[count > 0] = trimmed(out[count > 0], *design.trim)
    if not design.calibrate:
        return out, None
    model, cell, x = _model(design.calibrate, labels, numbers, count, cohort)
    by = multiples(model, x, np.bincount(cell, out, len(x)), cohort)
    return out * by[cell], Moved(model, cell, x, out, out * by[cell])


def trimmed(weight: np.ndarray, low: float, high: float) -> np.ndarray:
    """Weights cut to an interval, what is cut off shared equally by those that were not cut.

    As R's ``trimWeights(strict = TRUE)``: again, until none lies outside.
    """
    if not low <= weight.mean() <= high:
        raise DesignError(
            "Weights cannot be trimmed to an interval without their mean.",
            found=f"a mean of {weight.mean():g}",
            expected=f"between {low:g} and {high:g}",
            where="cohort.toml, trim",
        )
    cut, out = np.zeros(len(weight), dtype=bool), weight.astype(float)
    while (outside := (out < low) | (out > high)).any():
        cut |= outside
        out = np.clip(out, low, high)
        out[~cut] += (weight.sum() - out.sum()) / max((~cut).sum(), 1)
    return out


# ---- the equation of calibration ----------------------------------------------------------------


def _linear(u: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    return np.clip(1 + u, low, high), ((u > low - 1) & (u < high - 1)) * 1.0


def _raking(u: np.ndarray, _low: float, _high: float) -> tuple[np.ndarray, np.ndarray]:
    return np.exp(u), np.exp(u)


def _logit(u: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Between two bounds without touching them (case 6 of Deville and Särndal)."""
    from scipy.special import expit

    a = (high - low) / ((high - 1) * (1 - low))
    part = expit(a * u + np.log((1 - low) / (high - 1)))  # where u is 0 the multiple is 1
    return low + (high - low) * part, (high - low) * a * part * (1 - part)


#: F of each method, which multiplies a weight at u = x'l, and its slope, between two bounds.
DISTANCES = {"poststratify": _linear, "linear": _linear, "rake": _raking, "logit": _logit}


def multiples(model: Model, x: np.ndarray, weight: np.ndarray, cohort: str) -> np.ndarray:
    """What each weight is multiplied by so that the totals are met, to 1e-10 of each."""
    size = _sizes(x)
    scaled, totals = x / size, model.totals / size
    known = np.where(totals == 0, np.abs(totals).max(initial=1.0), np.abs(totals))

    def met_at(at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        with np.errstate(over="ignore", invalid="ignore"):
            by, slope = DISTANCES[model.method](scaled @ at, model.low, model.high)
            return by, slope, totals - (weight * by) @ scaled

    at = np.zeros(len(totals))
    by, slope, left = met_at(at)
    for _ in range(_STEPS):
        if (np.abs(left) < 1e-14 * known).all():
            break
        pull = (scaled * (weight * slope)[:, None]).T @ scaled
        step = np.linalg.lstsq(pull, left, rcond=1e-13)[0]
        tried = ((at + step / 2**n, met_at(at + step / 2**n)) for n in range(_HALVINGS))
        nearer = next((one for one in tried if np.abs(one[1][2]).sum() < np.abs(left).sum()), None)
        if nearer is None:
            break
        at, (by, slope, left) = nearer
    missed = ~(np.abs(left) <= _MET * known)
    if missed.any():
        nobody = missed & (weight @ scaled == 0)
        missed = nobody if nobody.any() else missed
        raise _unmet(model, (totals - left) * size, model.totals, missed, cohort)
    return by


def _model(
    calibrate: Calibration,
    labels: Mapping[str, Labels],
    numbers: Mapping[str, np.ndarray],
    count: np.ndarray,
    cohort: str,
) -> tuple[Model, np.ndarray, np.ndarray]:
    """What weights are moved to, the cell of each row, and what each cell adds to the totals."""
    cell, columns = np.zeros(len(count), dtype=int), []
    totals: dict[str, float] = {}
    for variable, known in calibrate.of_categories.items():
        place = _places(variable, labels[variable], known, count, cohort)
        cell = numbered(cell * (len(known) + 1) + place + 1)[0]
        totals |= {f"{variable}={category}": size for category, size in known.items()}
        columns += [place == one for one in range(len(known))]
    for variable, values in numbers.items():
        if missing := int(count[~np.isfinite(values)].sum()):
            raise _without(variable, missing, count, cohort, "no answer", "a number")
        distinct, code = np.unique(values, return_inverse=True)
        cell = numbered(cell * len(distinct) + code)[0]
        totals[variable] = calibrate.of_numbers[variable]
        columns.append(np.nan_to_num(values))
    row = np.zeros(int(cell.max()) + 1, dtype=int)
    row[cell] = np.arange(len(cell))
    usual = "linear" if numbers else "rake" if len(calibrate.totals) > 1 else "poststratify"
    given = tuple(totals), np.array([*totals.values()], float), calibrate.method or usual
    model = Model(*given, *(calibrate.bounds or ()))
    return model, cell, np.column_stack([one[row] for one in columns]).astype(float)


def _places(
    variable: str, labels: Labels, known: Mapping[str, float], count: np.ndarray, cohort: str
) -> np.ndarray:
    """Place of each row's category among the known ones; -1 only where a row has no weight."""
    order = {name: place for place, name in enumerate(known)}
    values, code = labels
    place = np.array([order.get(one, -1) for one in values.tolist()])[code]
    strange = (count > 0) & (place < 0)
    if strange.any():
        seen = sorted({one or "no answer" for one in values[np.unique(code[strange])]})
        found = ", ".join(seen[:5]) + (", ..." if len(seen) > 5 else "")
        missing, expected = int(count[strange].sum()), ", ".join([*known][:8])
        raise _without(variable, missing, count, cohort, found, expected)
    return place


def _without(
    variable: str, missing: int, count: np.ndarray, cohort: str, found: str, expected: str
) -> DesignError:
    return DesignError(
        f"{cohort}: {missing:,} of {int(count.sum()):,} respondents have a {variable} without a "
        "known number, and weights are moved by it.",
        found=found,
        expected=expected,
        where="cohort.toml, calibrate or response",
        do="give every category its number, or leave these respondents out of the table",
    )


def _over(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """One over another; 0 where that is not above 0."""
    return np.divide(one, other, out=np.zeros_like(one), where=other > 0)


def _sizes(x: np.ndarray) -> np.ndarray:
    """Greatest of each column, to work near 1; 1 of a column of zeros."""
    greatest = np.abs(x).max(axis=0, initial=0.0)
    return np.where(greatest > 0, greatest, 1.0)


def _unmet(
    model: Model, met: np.ndarray, wanted: np.ndarray, missed: np.ndarray, cohort: str
) -> DesignError:
    """Name the totals that are not met, and how near to them the weights came."""
    bounded = np.isfinite([model.low, model.high]).any()
    first = np.flatnonzero(missed)[:5]
    return DesignError(
        f"{cohort}: no weights meet {missed.sum():,} of {len(wanted):,} known totals"
        + (" within the bounds." if bounded else "."),
        found=", ".join(f"{model.names[i]} {met[i]:,.6g}" for i in first),
        expected=", ".join(f"{model.names[i]} {wanted[i]:,.6g}" for i in first),
        where="cohort.toml, calibrate",
        do="correct the totals, join categories, or widen the bounds",
    )
