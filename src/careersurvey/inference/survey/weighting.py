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
_WHERE = "cohort.toml, calibrate"
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
        raise DesignError(
            f"{cohort.id}: a total is no number.", found=problem, where=path.name
        ) from None


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
        invited = np.array([*response.by_class.values()])
        given = response.classes, labels[response.classes], response.by_class
        place = _places(*given, count, "cohort.toml, response", cohort)
        answered = np.bincount(place[place >= 0], count[place >= 0], len(invited))
        out *= np.append(invited / np.where(answered > 0, answered, np.inf), 0.0)[place]
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
    at = np.zeros(len(totals))

    def misfit(at: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            return totals - (weight * _factors(model, scaled @ at)[0]) @ scaled

    def off(left: np.ndarray) -> float:
        return float(np.nan_to_num(np.abs(left), nan=np.inf).sum())

    known = np.where(totals == 0, np.abs(totals).max(initial=1.0), np.abs(totals))
    left = misfit(at)
    for _ in range(_STEPS):
        if (np.abs(left) < 1e-14 * known).all():
            break
        pull = weight * _factors(model, scaled @ at)[1]
        step = np.linalg.lstsq((scaled * pull[:, None]).T @ scaled, left, rcond=1e-13)[0]
        tried = (at + step / 2**n for n in range(_HALVINGS))
        nearer = next((one for one in tried if off(misfit(one)) < off(left)), None)
        if nearer is None:
            break
        at, left = nearer, misfit(nearer)
    if not (np.abs(left) <= _MET * known).all():
        raise _unmet(model, x, weight, cohort)
    return _factors(model, scaled @ at)[0]


def _factors(model: Model, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a weight is multiplied by at x'l = u, and its slope there: F of each method.

    That of logit runs between two bounds without touching them (Deville and Särndal, case 6).
    """
    low, high = model.low, model.high
    if model.method == "rake":
        return np.exp(u), np.exp(u)
    if model.method == "logit":
        from scipy.special import expit

        a = (high - low) / ((high - 1) * (1 - low))
        part = expit(a * u + np.log((1 - low) / (high - 1)))  # where u is 0 the multiple is 1
        return low + (high - low) * part, (high - low) * a * part * (1 - part)
    return np.clip(1 + u, low, high), ((u > low - 1) & (u < high - 1)) * 1.0


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


def _model(
    calibrate: Calibration,
    labels: Mapping[str, Labels],
    numbers: Mapping[str, np.ndarray],
    count: np.ndarray,
    cohort: str,
) -> tuple[Model, np.ndarray, np.ndarray]:
    """What weights are moved to, the cell of each row, and what each cell adds to the totals."""
    _require_all_of_one_size(calibrate, cohort)
    totals: dict[str, float] = {}
    codes = []
    for variable, known in calibrate.of_categories.items():
        codes.append(_places(variable, labels[variable], known, count, _WHERE, cohort) + 1)
        totals |= {f"{variable}={category}": size for category, size in known.items()}
    for variable, values in numbers.items():
        if missing := int(count[~np.isfinite(values)].sum()):
            raise DesignError(
                f"{cohort}: {missing:,} of {int(count.sum()):,} respondents have no {variable}, "
                "and weights are moved by it.",
                where=_WHERE,
                do="fill the column, or calibrate to another total",
            )
        codes.append(np.unique(values, return_inverse=True)[1])
        totals[variable] = calibrate.of_numbers[variable]
    cell = np.zeros(len(count), dtype=int)
    for code in codes:
        cell = numbered(cell * (int(code.max()) + 1) + code)[0]
    row = np.zeros(int(cell.max()) + 1, dtype=int)
    row[cell] = np.arange(len(cell))
    columns = [
        code[row] == place
        for code, known in zip(codes, calibrate.of_categories.values(), strict=False)
        for place in range(1, len(known) + 1)
    ]
    columns += [np.nan_to_num(values[row]) for values in numbers.values()]
    usual = "linear" if numbers else "rake" if len(calibrate.totals) > 1 else "poststratify"
    bounds = calibrate.bounds or (-np.inf, np.inf)
    model = Model(
        tuple(totals), np.array([*totals.values()], float), calibrate.method or usual, *bounds
    )
    return model, cell, np.column_stack(columns).astype(float)


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
            where=where,
            do="give every category its number, or leave these respondents out of the table",
        )
    return place


def _require_all_of_one_size(calibrate: Calibration, cohort: str) -> None:
    """Hold the totals of categories to adding to one number of people."""
    sizes = {variable: sum(known.values()) for variable, known in calibrate.of_categories.items()}
    if sizes and max(sizes.values()) - min(sizes.values()) > _MET * max(sizes.values()):
        raise DesignError(
            f"{cohort}: the known totals of {len(sizes):,} variables do not add to one number.",
            found=", ".join(f"{variable} {size:,.12g}" for variable, size in sizes.items()),
            expected="the same number of people by every variable",
            where=_WHERE,
            do="scale the totals of one to those of the other",
        )


def _sizes(x: np.ndarray) -> np.ndarray:
    """Greatest of each column, to work near 1; 1 of a column of zeros."""
    greatest = np.abs(x).max(axis=0, initial=0.0)
    return np.where(greatest > 0, greatest, 1.0)


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
        where=_WHERE,
        do="correct the totals, join categories, or widen the bounds",
    )
