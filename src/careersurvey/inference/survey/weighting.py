"""Weights moved to known totals, and what the totals take from the error: numbers in, numbers out.

Post-stratification, raking, and linear and bounded calibration are one equation: weights d become
d F(x'l), with x what a respondent adds to each total and l such that the totals are met; F is what
the methods differ in (Deville and Särndal 1992, *JASA* 87, 376-382).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from careersurvey.errors import DesignError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import Calibration, DesignSettings
from careersurvey.evidence.tables import read_written
from careersurvey.evidence.text import few
from careersurvey.inference.survey.design import crossed, last_of

_MET, _STEPS = 1e-10, 500  # totals are met to this part of themselves, in so many steps
Labels = tuple[np.ndarray, np.ndarray]  # values of a variable, and the place of every row's
Everybody = tuple[np.ndarray, np.ndarray]  # respondents of every row, and the sum of their weights


@dataclass(frozen=True, eq=False)
class Moved:
    """Rows of respondents whose weights are moved to known totals."""

    cohort: str
    totals: Mapping[str, float]  # named as in a message: ``region=north``, ``visits``
    method: str
    bounds: tuple[float, float]  # least and greatest multiple of a weight
    before: np.ndarray  # (rows,) sums of weights
    cell: np.ndarray  # (rows,) rows whose respondents add the same to each total share a cell
    size: np.ndarray  # (cells,) sums of weights, before
    x: np.ndarray  # (cells, totals) what a respondent of the cell adds to each

    @cached_property
    def by(self) -> np.ndarray:
        """What the weights of each row are multiplied by."""
        found = self.multiples(self.size, self.cohort)
        if (found[self.cell][self.before > 0] < 0).any():
            raise DesignError(
                f"{self.cohort}: weights would have to be negative to meet the known totals.",
                where="cohort.toml, calibrate",
                do="correct the totals, set bounds, or take method rake where all have categories",
            )
        return found[self.cell]

    @property
    def back(self) -> np.ndarray:
        """What a moved weight is multiplied by to be as before."""
        return _over(1.0, self.by)

    def multiples(self, size: np.ndarray, whose: str) -> np.ndarray:
        """What cells of some size are multiplied by so that all totals are met, by Newton."""
        wanted = np.array([*self.totals.values()], float)
        known = np.where(wanted == 0, np.abs(size @ self.x), np.abs(wanted))
        known[known == 0] = 1
        at, step, nearest = np.zeros(len(known)), np.zeros(len(known)), np.inf
        for _ in range(_STEPS):
            with np.errstate(over="ignore", invalid="ignore"):
                tried, slope = self._multiple(self.x @ (at + step))
                off = (wanted - (size * tried) @ self.x) / known
            if np.abs(off).sum() < nearest:
                at, by, left, nearest = at + step, tried, off, np.abs(off).sum()
                step = self.coefficients(left * known, size * slope)
            elif np.abs(left).max() <= _MET:
                return by
            else:
                step = step / 2
        missed = np.abs(left) > _MET
        nobody = missed & (size @ self.x == 0)
        named = np.flatnonzero(nobody if nobody.any() else missed)
        names, met = list(self.totals), wanted - left * known
        raise DesignError(
            f"{whose}: no weights meet {len(named):,} of {len(names):,} known totals"
            + (" within the bounds." if np.isfinite(self.bounds).all() else "."),
            found=few([f"{names[one]} {met[one]:,.6g}" for one in named]),
            expected=few([f"{names[one]} {wanted[one]:,.6g}" for one in named]),
            where="cohort.toml, calibrate",
            do="correct the totals, join categories, or widen the bounds",
        )

    def _multiple(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """F, which multiplies a weight at u = x'l and is 1 where u is 0, and its slope."""
        low, high = self.bounds
        if self.method not in ("rake", "logit"):
            return np.clip(1 + u, low, high), ((low < 1 + u) & (1 + u < high)) * 1.0
        # Raking is the logit method between 0 and no upper bound (their cases 2 and 6).
        room, up = 1 - low, 1 / (high - 1)
        risen = np.exp(u * (1 / room + up))
        over = 1 + up * room * risen
        return (low + (1 + up) * room * risen) / over, risen * ((1 + up * room) / over) ** 2

    def coefficients(self, products: np.ndarray, size: np.ndarray | None = None) -> np.ndarray:
        """Coefficients of a weighted regression on the x, from its products with them.

        The error of a calibrated total is that of the total of what the regression leaves
        (Särndal, Swensson and Wretman 1992, section 6.6), with the weights before they were
        moved, as in R's survey. Some totals may follow from others; all are brought near 1.
        """
        moments = (self.x * (self.size if size is None else size)[:, None]).T @ self.x
        unit = np.sqrt(np.where(moments.diagonal() > 0, moments.diagonal(), 1.0))
        solved = np.linalg.lstsq(moments / np.outer(unit, unit), (products.T / unit).T, rcond=1e-13)
        return (solved[0].T / unit).T


def with_known_totals(cohort: Cohort, design: DesignSettings) -> DesignSettings:
    """Read the totals of a design that stand in files of their own, ``category`` by ``total``."""

    def read(known: object) -> object:
        if not isinstance(known, str):
            return known
        table = read_written(cohort.file(known, "calibrate"), ("category", "total"))
        numbers = pd.to_numeric(table["total"], errors="coerce")
        bad = table[~numbers.between(0, 1e300) | table["category"].duplicated(keep=False)]
        if len(bad):
            what = f"{cohort.id}: a total is no number of 0 or more, or its category has two."
            raise DesignError(
                what,
                found=few([*map(", ".join, bad.to_numpy())]),
                expected="numbers such as 1200 and 0.5, and each category once",
                where=f"{known} lines {few([*map(str, bad.index)])}",
                do="correct these rows",
            )
        return dict(zip(table["category"], numbers.astype(float), strict=True))

    found: dict[str, object] = {}
    if moved := design.calibrate:
        totals = {name: read(known) for name, known in moved.totals.items()}
        found["calibrate"] = moved.model_copy(update={"totals": totals})
    if response := design.response:
        found["response"] = response.model_copy(update={"invited": read(response.invited)})
    return design.model_copy(update=found)


def weighting_variables(design: DesignSettings) -> tuple[list[str], list[str]]:
    """Variables that weights are moved by: those with categories, and numbers."""
    moved = design.calibrate
    keys = list(moved.of_categories) if moved else []
    keys += [design.response.classes] if design.response else []
    return list(dict.fromkeys(keys)), list(moved.of_numbers) if moved else []


def moves(design: DesignSettings) -> bool:
    """Whether weights are moved: for those invited, within limits or to known totals."""
    return bool(design.calibrate or design.response or design.trim)


def move(
    design: DesignSettings, labels: Mapping[str, Labels], everybody: Everybody, cohort: str
) -> tuple[np.ndarray, Moved | None]:
    """What weights of rows are multiplied by: for those invited, within limits, to known totals."""
    (count, weight), moved = everybody, None
    out = weight.copy()
    if response := design.response:
        classes, invited = response.classes, response.by_class
        place = _places(classes, labels[classes], invited, count, cohort)
        answered = np.bincount(place, count, len(invited) + 1)
        known = np.array([*invited.values(), 0.0])
        bad = np.flatnonzero((known < answered) | ((known > 0) & (answered == 0)))
        if len(bad):
            names = list(invited)
            raise DesignError(
                f"{cohort}: more answered than were invited, or nobody did, in {len(bad):,} of "
                f"{len(names):,} classes of {classes}.",
                found=few([f"{names[one]}: {answered[one]:,.0f}" for one in bad]),
                expected=few([f"{names[one]}: 1 to {known[one]:,.6g}" for one in bad]),
                where="cohort.toml, response",
                do="correct invited, join classes, or look for rows that were entered twice",
            )
        out *= _over(known, answered)[place]
    if design.trim:
        out[count > 0] = trimmed(out[count > 0], *design.trim)
    if design.calibrate:
        moved = _moved(design.calibrate, labels, (count, out), cohort)
        out = out * moved.by
    return _over(out, weight), moved


def trimmed(weight: np.ndarray, low: float, high: float) -> np.ndarray:
    """Weights cut to an interval, and the rest shared, as R's ``trimWeights(strict = TRUE)``."""
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


def _moved(
    calibrate: Calibration, labels: Mapping[str, Labels], everybody: Everybody, cohort: str
) -> Moved:
    """Rows that are moved: variable by variable, the place of each and what a place adds."""
    (count, weight), parts = everybody, []
    totals: dict[str, float] = {}
    people = {variable: sum(known.values()) for variable, known in calibrate.of_categories.items()}
    if people and max(people.values()) > min(people.values()) * (1 + 1e-9):
        raise DesignError(
            f"{cohort}: the totals of {len(people):,} variables add to different numbers.",
            found=few([f"{variable}: {size:,.12g}" for variable, size in people.items()]),
            where="cohort.toml, calibrate",
            do="bring all to one number of people",
        )
    for variable, known in calibrate.of_categories.items():
        totals |= {f"{variable}={category}": total for category, total in known.items()}
        place = _places(variable, labels[variable], known, count, cohort)
        parts.append((place, np.eye(len(known) + 1, len(known))))
    totals |= calibrate.of_numbers
    for variable in calibrate.of_numbers:
        values = labels[variable][0]
        values = values[np.isfinite(values)]
        place = _places(variable, labels[variable], values, count, cohort)
        parts.append((place, np.append(values, 0.0)[:, None]))
    cell = crossed(np.zeros(len(count), dtype=int), *(place for place, _ in parts))
    row = last_of(cell, np.arange(len(cell)))
    x = np.hstack([adds[place[row]] for place, adds in parts])
    several = len(parts) > 1 and not calibrate.of_numbers
    method = calibrate.method or ("rake" if several else "linear")
    bounds = calibrate.bounds or (0.0 if method == "rake" else -np.inf, np.inf)
    return Moved(cohort, totals, method, bounds, weight, cell, np.bincount(cell, weight), x)


def _places(
    variable: str, labels: Labels, known: Collection, count: np.ndarray, cohort: str
) -> np.ndarray:
    """Place of each row's value among the known ones; after them only where nobody counts."""
    order = {one: place for place, one in enumerate(known)}
    values, code = labels
    place = np.array([order.get(one, len(order)) for one in values.tolist()])[code]
    strange = (place == len(order)) & (count > 0)
    if strange.any():
        seen = np.unique(values[code[strange]].astype(str)).tolist()
        raise DesignError(
            f"{cohort}: {int(count[strange].sum()):,} of {int(count.sum()):,} respondents have a "
            f"{variable} without a known number, and weights are moved by it.",
            found=few(["no answer" if one in ("", "nan") else one for one in seen]),
            expected="a number" if values.dtype.kind == "f" else few([*map(str, known)]),
            where="cohort.toml, calibrate or response",
            do="give every category its number, or leave these respondents out of the table",
        )
    return place


def _over(one: np.ndarray | float, other: np.ndarray) -> np.ndarray:
    """One over another; 0 where that is not above 0."""
    return np.divide(one, other, out=np.zeros_like(other), where=other > 0)
