"""Numbers of respondents by group: about their ratio without losing a digit, and in their order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from careersurvey.inference.survey.domains import Domain
from careersurvey.inference.survey.totals import Totals
from careersurvey.inference.survey.variance import sum_by


class Numbers(NamedTuple):
    """Numbers of respondents, scaled to powers of two so that squares stay within floats."""

    domain: Domain
    weight: np.ndarray
    value: np.ndarray
    below: np.ndarray
    base: np.ndarray
    over: np.ndarray
    exponent: int

    @property
    def there(self) -> np.ndarray:
        """Groups with anybody in the base."""
        return self.base > 0

    def summed(self, values: np.ndarray) -> np.ndarray:
        """Sums by group."""
        return sum_by(self.domain.code, len(self.domain.groups), values)

    def least(self) -> np.ndarray:
        """The least number of each group: (mean - least)^2 is at most n times the variance."""
        out = np.full(len(self.domain.groups), np.inf)
        inside = (self.domain.code >= 0) & (self.weight > 0)
        np.minimum.at(out, self.domain.code[inside], self.value[inside])
        return np.where(np.isfinite(out), out, 0.0)

    def about_the_ratio(self) -> tuple[np.ndarray, np.ndarray]:
        """The ratio of each group, and what each number has above its own: y - R x.

        Both are worked out about a short number near the ratio, whose products with the halves of x
        are exact (Dekker 1971), so that no digit is lost however near the numbers are to it.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            if (self.below == 1).all():
                near = self.least()
            else:
                near = _short(
                    np.nan_to_num(
                        self.summed(self.weight * self.value) / self.over, posinf=0, neginf=0
                    )
                )
            high = _short(self.below)
            own = of_rows(near, self.domain)
            left = (self.value - own * high) - own * (self.below - high)
            ratio = np.zeros(len(near))
            for _ in range(2):
                step = np.nan_to_num(
                    self.summed(self.weight * left) / self.over, posinf=0, neginf=0
                )
                left, ratio = left - of_rows(step, self.domain) * self.below, ratio + step
        return near + ratio, np.where(self.weight > 0, left, 0.0)

    def simple(self, left: np.ndarray) -> np.ndarray:
        """W sum w (y - R x)^2 / (n - 1): a simple random sample's, of the total of y - R x."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.summed(self.weight) * self.summed(self.weight * left**2) / (self.base - 1)


def numbers_of(totals: Totals, domain: Domain) -> Numbers:
    """Numbers of the respondents that some totals hold, in the groups of a domain."""
    weight = np.where(domain.code >= 0, totals.cells[0].total[:, 0], 0.0)
    value, above_line = _within_floats(totals.value)
    below, below_line = _within_floats(totals.below)
    groups = len(domain.groups)
    base = sum_by(domain.code, groups, totals.cells[0].count[:, 0])
    over = sum_by(domain.code, groups, weight * below)
    return Numbers(domain, weight, value, below, base, over, above_line - below_line)


def _within_floats(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Numbers over a power of two where their squares might not be floats, and its exponent."""
    greatest = np.abs(values).max(initial=0.0)
    exponent = 0 if greatest == 0 or 1e-100 < greatest < 1e100 else int(np.frexp(greatest)[1])
    return (np.ldexp(values, -exponent) if exponent else values), exponent


def _short(values: np.ndarray) -> np.ndarray:
    """The first 26 bits of numbers (Veltkamp's split)."""
    long = values * 134_217_729.0
    return long - (long - values)


class Ordered:
    """Respondents of each group in the order of their numbers, with the share up to each."""

    def __init__(self, totals: Totals, domain: Domain) -> None:
        weight = totals.cells[0].total[:, 0]
        inside = np.flatnonzero((domain.code >= 0) & (weight > 0))
        order = inside[np.argsort(totals.value[inside])]
        if len(domain.groups) > 1:
            order = order[np.argsort(domain.code[order], kind="stable")]
        self.value, code = totals.value[order], domain.code[order]
        self.start = np.searchsorted(code, np.arange(len(domain.groups) + 1))
        self.upto = np.empty(len(order))
        for first, last in zip(self.start[:-1], self.start[1:], strict=True):
            running = np.cumsum(weight[order[first:last]])
            self.upto[first:last] = running / running[-1] if last > first else running

    def at(self, probability: np.ndarray) -> np.ndarray:
        """The least number of each group up to which the share is that probability or more."""
        out = np.full(len(probability), np.nan)
        for group, one in enumerate(probability):
            first, last = self.start[group], self.start[group + 1]
            if last > first and 0 <= one <= 1:
                at = np.searchsorted(self.upto[first:last], one * (1 - 1e-15), side="left")
                out[group] = self.value[first:last][min(at, last - first - 1)]
        return out


def of_rows(values: np.ndarray, domain: Domain) -> np.ndarray:
    """Value of each row's group; 0 where there is none, or no group."""
    return np.where(
        (domain.code < 0).reshape(-1, *[1] * (values.ndim - 1)),
        0.0,
        np.nan_to_num(values)[domain.code],
    )
