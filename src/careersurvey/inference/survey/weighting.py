"""Weights moved to known totals, and what the totals take from the error: numbers in, numbers out.

Post-stratification, raking, and linear and bounded calibration are one equation: weights d become
d F(x'l), with x what a respondent adds to each total and l such that the totals are met; F is what
the methods differ in (Deville and Särndal 1992, *JASA* 87, 376-382).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    method: str  # poststratify, rake, linear or logit
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
        there = self.after > 0
        return np.divide(self.before, self.after, out=np.zeros_like(self.after), where=there)

    def over(self, scale: float) -> Moved:
        """The same with all weights, and the totals, over a number."""
        model = self.model._replace(totals=self.model.totals / scale)
        return Moved(model, self.cell, self.x, self.before / scale, self.after / scale)

    def products(self, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Weighted products of the x of some rows with their values, (totals, columns).

        The weights are those before they were moved; the values have the moved ones in them.
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
    if design.calibrate:
        known = {k: _read(cohort, v) for k, v in design.calibrate.totals.items()}
        moved = design.calibrate.model_copy(update={"totals": known})
        design = design.model_copy(update={"calibrate": moved})
    if design.response:
        invited = _read(cohort, design.response.invited)
        response = design.response.model_copy(update={"invited": invited})
        design = design.model_copy(update={"response": response})
    return design


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
    if design.response:
        out = out * _response(design, labels[design.response.classes], count, cohort)
    if design.trim:
        out[count > 0] = trimmed(out[count > 0], *design.trim)
    if not design.calibrate:
        return out, None
    model, cell, x = _model(design.calibrate, labels, numbers, count, cohort)
    sizes = np.bincount(cell, weights=out, minlength=len(x))
    after = out * multiples(model, x, sizes, cohort)[cell]
    return after, Moved(model, cell, x, out, after)


def multiples(model: Model, x: np.ndarray, weight: np.ndarray, cohort: str) -> np.ndarray:
    """What each weight is multiplied by so that the totals are met, to 1e-10 of each."""
    size = _sizes(x)
    scaled, totals = x / size, model.totals / size
    found, slope = _FACTORS[model.method](model.low, model.high)
    at = np.zeros(len(totals))

    def misfit(at: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            return totals - (weight * found(scaled @ at)) @ scaled

    left = misfit(at)
    for _ in range(_STEPS):
        if _far(left, totals) < 1e-14:
            break
        pull = weight * slope(scaled @ at)
        step = np.linalg.lstsq((scaled * pull[:, None]).T @ scaled, left, rcond=1e-13)[0]
        tried = (at + step / 2**n for n in range(_HALVINGS))
        nearer = next((one for one in tried if _off(misfit(one)) < _off(left)), None)
        if nearer is None:
            break
        at, left = nearer, misfit(nearer)
    if not _far(left, totals) <= _MET:
        raise _unmet(model, x, weight, cohort)
    return found(scaled @ at)


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
    size, cut, out = weight.sum(), np.zeros(len(weight), dtype=bool), weight.astype(float)
    while ((out < low) | (out > high)).any():
        cut |= (out < low) | (out > high)
        out = np.clip(out, low, high)
        if not cut.all():
            out[~cut] += (size - out.sum()) / (~cut).sum()
    return out


def _read(cohort: Cohort, known: object) -> object:
    if not isinstance(known, str):
        return known
    path = cohort.file(known, "calibrate")
    table = read_written(path, ("category", "total"))
    try:
        return dict(zip(table["category"], table["total"].astype(float), strict=True))
    except ValueError as problem:
        raise DesignError(
            f"{cohort.id}: a total is no number.", found=problem, where=path.name
        ) from None


def _response(design: DesignSettings, labels: Labels, count: np.ndarray, cohort: str) -> np.ndarray:
    """How many were invited for each who answered, in the class of each row."""
    known = design.response.by_class
    place = _places(design.response.classes, labels, known, count, "response", cohort)
    answered = np.bincount(place + 1, weights=count, minlength=len(known) + 1)
    invited = np.array([0.0, *known.values()])
    found = np.divide(invited, answered, out=np.zeros(len(invited)), where=answered > 0)
    found[0] = 0.0
    return found[place + 1]


def _model(
    calibrate: Calibration,
    labels: Mapping[str, Labels],
    numbers: Mapping[str, np.ndarray],
    count: np.ndarray,
    cohort: str,
) -> tuple[Model, np.ndarray, np.ndarray]:
    """What weights are moved to, the cell of each row, and what each cell adds to the totals."""
    keyed = calibrate.of_categories
    places = {
        name: _places(name, labels[name], known, count, "calibrate", cohort)
        for name, known in keyed.items()
    }
    codes = [place + 1 for place in places.values()]
    codes += [np.unique(values, return_inverse=True)[1] for values in numbers.values()]
    cell = np.zeros(len(count), dtype=int)
    for code in codes:
        cell = numbered(cell * (int(code.max()) + 1) + code)[0]
    row = np.zeros(int(cell.max()) + 1, dtype=int)
    row[cell] = np.arange(len(cell))
    known_totals: dict[str, float] = {}
    columns: list[np.ndarray] = []
    for variable, known in keyed.items():
        known_totals |= {f"{variable}={category}": size for category, size in known.items()}
        columns += [(places[variable][row] == place) * 1.0 for place in range(len(known))]
    for variable, values in numbers.items():
        _require_numbers(variable, values, count, cohort)
        known_totals[variable] = calibrate.of_numbers[variable]
        columns.append(np.nan_to_num(values[row]))
    _require_one_size(calibrate, cohort)
    usual = "linear" if numbers else "rake"
    method = calibrate.method or ("poststratify" if len(calibrate.totals) == 1 and keyed else usual)
    bounds = calibrate.bounds or (-np.inf, np.inf)
    totals = np.array(list(known_totals.values()), dtype=float)
    model = Model(tuple(known_totals), totals, method, *bounds)
    return model, cell, np.column_stack(columns)


def _require_numbers(variable: str, values: np.ndarray, count: np.ndarray, cohort: str) -> None:
    if missing := int(count[~np.isfinite(values)].sum()):
        raise DesignError(
            f"{cohort}: {missing:,} of {int(count.sum()):,} respondents have no {variable}, and "
            "weights are moved by it.",
            where="cohort.toml, calibrate",
            do="fill the column, or calibrate to another total",
        )


def _places(
    variable: str,
    labels: Labels,
    known: Mapping[str, float],
    count: np.ndarray,
    where: str,
    cohort: str,
) -> np.ndarray:
    """Place of each row's category among the known ones; -1 only where a row has no weight."""
    order = {name: place for place, name in enumerate(known)}
    values, code = labels
    place = np.array([order.get(one, -1) for one in values.tolist()])[code]
    strange = (count > 0) & (place < 0)
    if strange.any():
        seen = sorted({one or "no answer" for one in values[np.unique(code[strange])]})
        raise DesignError(
            f"{cohort}: {int(count[strange].sum()):,} of {int(count.sum()):,} respondents have a "
            f"{variable} without a known number.",
            found=", ".join(seen[:5]) + (", ..." if len(seen) > 5 else ""),
            expected=", ".join(list(known)[:8]),
            where=f"cohort.toml, {where}",
            do="give every category its number, or leave these respondents out of the table",
        )
    return place


def _require_one_size(calibrate: Calibration, cohort: str) -> None:
    """Hold the totals of categories to adding to one number of people."""
    sizes = {variable: sum(known.values()) for variable, known in calibrate.of_categories.items()}
    if sizes and max(sizes.values()) - min(sizes.values()) > _MET * max(sizes.values()):
        raise DesignError(
            f"{cohort}: the known totals of {len(sizes):,} variables do not add to one number.",
            found=", ".join(f"{variable} {size:,.12g}" for variable, size in sizes.items()),
            expected="the same number of people by every variable",
            where="cohort.toml, calibrate",
            do="scale the totals of one to those of the other",
        )


def _linear(low: float, high: float) -> tuple[Callable, Callable]:
    def slope(u: np.ndarray) -> np.ndarray:
        return ((u > low - 1) & (u < high - 1)) * 1.0

    return (lambda u: np.clip(1 + u, low, high)), slope


def _exponential(low: float, high: float) -> tuple[Callable, Callable]:
    return np.exp, np.exp


def _logit(low: float, high: float) -> tuple[Callable, Callable]:
    """Between two bounds without touching them (Deville and Särndal 1992, case 6)."""
    from scipy.special import expit

    a = (high - low) / ((high - 1) * (1 - low))
    start = np.log((1 - low) / (high - 1))  # where u is 0 the multiple is 1

    def slope(u: np.ndarray) -> np.ndarray:
        part = expit(a * u + start)
        return (high - low) * a * part * (1 - part)

    return (lambda u: low + (high - low) * expit(a * u + start)), slope


_FACTORS = {"poststratify": _linear, "rake": _exponential, "linear": _linear, "logit": _logit}


def _sizes(x: np.ndarray) -> np.ndarray:
    """Greatest of each column, to work near 1; 1 of a column of zeros."""
    greatest = np.abs(x).max(axis=0, initial=0.0)
    return np.where(greatest > 0, greatest, 1.0)


def _far(left: np.ndarray, totals: np.ndarray) -> float:
    """Greatest part of a total by which it is missed; of 0, of the greatest total."""
    size = np.where(totals == 0, np.abs(totals).max(initial=1.0), np.abs(totals))
    return float(np.max(np.abs(left) / size, initial=0.0))


def _off(left: np.ndarray) -> float:
    return float(np.nan_to_num(np.abs(left), nan=np.inf).sum())


def _unmet(model: Model, x: np.ndarray, weight: np.ndarray, cohort: str) -> DesignError:
    """Name the totals that no weights within the bounds meet, and what comes nearest to them."""
    from scipy.optimize import linprog

    k, least = len(model.totals), 0.0 if model.method == "rake" else model.low
    size = np.maximum(np.abs(model.totals), 1.0)
    equal = np.hstack([(x * weight[:, None] / size).T, np.eye(k), -np.eye(k)])
    cost = np.concatenate([np.zeros(len(x)), np.ones(2 * k)])
    ends = [(least, model.high)] * len(x) + [(0, None)] * (2 * k)
    found = linprog(cost, A_eq=equal, b_eq=model.totals / size, bounds=ends)
    off = (found.x[len(x) + k :] - found.x[len(x) : len(x) + k]) * size
    missed = np.flatnonzero(np.abs(off) > _MET * size)
    nearest = [f"{model.names[i]} {model.totals[i] + off[i]:,.6g}" for i in missed]
    wanted = [f"{model.names[i]} {model.totals[i]:,.6g}" for i in missed]
    return DesignError(
        f"{cohort}: no weights meet {len(missed) or 'all'} of {k:,} known totals"
        + (" within the bounds." if np.isfinite([least, model.high]).any() else "."),
        found=", ".join(nearest[:5]) or "totals that only weights at their bounds would meet",
        expected=", ".join(wanted[:5]) or "totals that leave room",
        where="cohort.toml, calibrate",
        do="correct the totals, join categories, or widen the bounds",
    )
