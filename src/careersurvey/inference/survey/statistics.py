"""Statistics and their scores: shares, means, ratios, totals, quantiles, and contrasts of them.

A statistic is a value and its scores: what each row adds to the error of the value, linearised
(Taylor; Woodruff 1971). `MEASURES` is the one place where a measure is added; the variance of them
all is `variance`'s, or that of replicates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from careersurvey.errors import QuestionError
from careersurvey.inference.intervals import student
from careersurvey.inference.survey.domains import Domain
from careersurvey.inference.survey.numbers import Ordered, numbers_of, of_rows
from careersurvey.inference.survey.replicates import (
    Replicates,
    as_deviations,
    centred,
    replicate_deviations,
    replicates_of,
)
from careersurvey.inference.survey.totals import Totals
from careersurvey.inference.survey.variance import (
    Deviations,
    Part,
    alike,
    degrees_of_freedom,
    deviations,
    sum_by,
    summing,
    variances,
    whole,
)
from careersurvey.inference.survey.weighting import coefficients

_GREATEST = 1e300


class Statistic(NamedTuple):
    """Values of a domain's groups, and the scores of the rows.

    Attributes
    ----------
    value : ndarray of float, (groups, statistics)
        ``NaN`` in a group whose denominator is 0.
    parts : tuple of Part
        Scores of each row, before they are divided by the denominator of its group.
    below : ndarray of float, (rows, statistics), or None
        What each row adds to the denominator; None where there is none.
    over : ndarray of float, (groups, statistics)
        The denominators; 1 where there is none.
    simple : ndarray of float, (groups, statistics)
        Variance of a simple random sample of the same base drawn with replacement, as R's
        ``deff = "replace"`` has it: W sum w (y - R x)^2 / ((n - 1) X^2), W the sum of the weights.
    lift : tuple of (ndarray of float, (groups, statistics), tuple of Part), optional
        Scores of a total about a value near all its numbers: what lies below them, times the
        weights, which even clusters have without error.
    exponent : int
        Values and scores of numbers are held over this power of two, so that squares stay floats.
    """

    value: np.ndarray
    parts: tuple[Part, ...]
    below: np.ndarray | None
    over: np.ndarray
    simple: np.ndarray
    lift: tuple[np.ndarray, tuple[Part, ...]] | None = None
    exponent: int = 0


@dataclass(frozen=True)
class Estimates:
    """What one domain's groups are estimated to be; every field is (groups, statistics).

    Attributes
    ----------
    domain : Domain
    value, error : ndarray of float
        Estimates and standard errors.
    base, count, clusters, degrees : ndarray of int
        Respondents in the base, who of them chose, clusters they came from, degrees of freedom.
    deff : ndarray of float
        Variance over that of a simple random sample; ``NaN`` where that is 0.
    whole : ndarray of bool
        Whether all strata of the base are whole in the sample.
    low, high : ndarray of float
        Limits that come with the statistic (of quantiles); ``NaN`` elsewhere.
    """

    domain: Domain
    value: np.ndarray
    error: np.ndarray
    base: np.ndarray
    count: np.ndarray
    clusters: np.ndarray
    degrees: np.ndarray
    deff: np.ndarray
    whole: np.ndarray
    low: np.ndarray
    high: np.ndarray


def evaluate(totals: Totals, level: float = 0.95) -> list[Estimates]:
    """Estimate the statistics of some totals in every group of their domains."""
    replicates = replicates_of(totals)
    return [_estimated(totals, domain, replicates, level) for domain in totals.domains]


def statistic_of(totals: Totals, domain: Domain) -> Statistic:
    """Values and scores of some totals in the groups of a domain."""
    return MEASURES[totals.questions[0].measure](totals, domain)


def contrast(
    totals: Totals, domain: Domain, statistic: Statistic, coefficients: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Sum of a statistic over the groups of a domain, each times a coefficient."""
    wanted = np.asarray(coefficients, dtype=float)
    used = np.flatnonzero(wanted)
    value = wanted[used] @ statistic.value[used]
    replicates = replicates_of(totals)
    code = np.where(np.isin(domain.code, used), domain.code, -1)
    if replicates is not None:
        apart = _replicated(replicates, code, len(wanted), statistic) / statistic.over
        rows = centred(np.tensordot(apart[:, used], wanted[used], axes=(1, 0)), replicates.scaling)
        error = np.sqrt((rows**2).sum(axis=0))
        return _told(totals, statistic, value), _told(totals, statistic, error)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = wanted[:, None] / statistic.over
    one = statistic._replace(
        over=np.ones((1, len(value))), parts=_scaled(statistic.parts, scale, code)
    )
    if statistic.lift:
        one = one._replace(
            lift=(
                np.ones((1, len(value))),
                _scaled(statistic.lift[1], statistic.lift[0] * scale, code),
            )
        )
    apart = _linearised(totals, np.where(code < 0, -1, 0), 1, one)
    error = np.sqrt(variances(apart, 1)[0])
    return _told(totals, statistic, value), _told(totals, statistic, error)


def degrees_within(
    totals: Totals, domain: Domain, groups: Sequence[int], column: int
) -> tuple[int, int]:
    """Clusters with anybody in a base in any of some groups, and degrees of freedom."""
    code = np.where(np.isin(domain.code, groups), 0, -1)
    base = totals.base[:, [column]]
    clusters, degrees = degrees_of_freedom(totals.design, totals.leaf, code, 1, base)
    found, replicates = int(degrees[0, 0]), replicates_of(totals)
    if replicates is not None:
        found = replicates.degrees((code == 0) & (base[:, 0] > 0), found)
    return int(clusters[0, 0]), int(found if totals.settings.df is None else totals.settings.df)


def shares(totals: Totals, domain: Domain) -> Statistic:
    """Share of the base who chose: w (1 - p) from those who did, -w p from those who did not."""
    chosen, others = totals.cells
    by_group = summing(domain.code, len(domain.groups))
    above, rest = by_group @ chosen.total, by_group @ others.total
    over = above + rest
    with np.errstate(invalid="ignore", divide="ignore"):
        share, left = above / over, rest / over
        simple = share * left / (by_group @ totals.base - 1)
    own, other = of_rows(share, domain), of_rows(left, domain)
    parts = (
        chosen.times(other),
        others.times(-own),
    )
    return Statistic(share, parts, chosen.total + others.total, over, simple)


def ratios(totals: Totals, domain: Domain) -> Statistic:
    """Mean, or ratio of two totals: w (y - R x) from everyone in the base."""
    numbers = numbers_of(totals, domain)
    value, left = numbers.about_the_ratio()
    score = numbers.weight * left
    with np.errstate(invalid="ignore", divide="ignore"):
        simple = numbers.simple(left) / numbers.over**2
        value = np.where(numbers.over != 0, value, np.nan)
    below = (numbers.weight * numbers.below)[:, None]
    given = (value[:, None], _individual(totals, score), below, numbers.over[:, None])
    return Statistic(*given, simple[:, None], exponent=numbers.exponent)


def sums(totals: Totals, domain: Domain) -> Statistic:
    """Total: w y from everyone in the base, as w (y - c) and c w, c the least y of the group."""
    numbers = numbers_of(totals, domain)
    least = numbers.least()
    above = numbers.weight * (numbers.value - of_rows(least, domain))
    left = numbers.about_the_ratio()[1]
    value = numbers.summed(above) + least * numbers.over
    one = np.ones((len(value), 1))
    lift = (least[:, None], _individual(totals, numbers.weight))
    value = np.where(numbers.there, value, np.nan)
    given = (value[:, None], _individual(totals, above), None, one)
    exponent = numbers.exponent + int(np.log2(totals.scale))
    return Statistic(*given, numbers.simple(left)[:, None], lift, exponent)


def quantiles(totals: Totals, domain: Domain) -> Statistic:
    """Quantile: w (1 - F) from those up to it and -w F from those above, F the share up to it.

    The value is the least number up to which the share reaches the probability asked for. Scores
    are those of that share; an interval of it is turned into one of the number (Woodruff 1952).
    """
    probability = _probabilities(totals)
    order = Ordered(totals, domain)
    value = np.column_stack([order.at(np.full(len(domain.groups), one)) for one in probability])
    weight, code = totals.cells[0].total[:, 0], domain.code
    upto = (totals.value[:, None] <= of_rows(value, domain)) & (weight > 0)[:, None]
    by_group = summing(code, len(domain.groups))
    above, rest = by_group @ (weight[:, None] * upto), by_group @ (weight[:, None] * ~upto)
    over = above + rest
    with np.errstate(invalid="ignore", divide="ignore"):
        share, left = above / over, rest / over
    score = weight[:, None] * np.where(upto, of_rows(left, domain), -of_rows(share, domain))
    below = np.broadcast_to(weight[:, None], score.shape)
    blank = np.full_like(value, np.nan)
    return Statistic(value, (alike(totals.cells[0].count, score),), below, over, blank)


MEASURES: dict[str, Callable[[Totals, Domain], Statistic]] = {
    "share": shares,
    "multiple": shares,
    "mean": ratios,
    "ratio": ratios,
    "total": sums,
    "median": quantiles,
    "quantile": quantiles,
}


def _estimated(
    totals: Totals, domain: Domain, replicates: Replicates | None, level: float
) -> Estimates:
    statistic, groups, code = statistic_of(totals, domain), len(domain.groups), domain.code
    wide = len(totals.places)
    base_rows = np.broadcast_to(totals.base, (len(code), wide))
    base = sum_by(code, groups, base_rows)
    clusters, degrees = degrees_of_freedom(totals.design, totals.leaf, code, groups, base_rows)
    if replicates is None:
        variance = variances(_linearised(totals, code, groups, statistic), groups)
    else:
        apart = centred(_replicated(replicates, code, groups, statistic), replicates.scaling)
        variance = variances(as_deviations(apart), groups)
        degrees = _replicate_degrees(replicates, code, base_rows, degrees)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.where(np.isnan(statistic.value), np.nan, variance / statistic.over**2)
        deff = np.where(statistic.simple > 0, variance / statistic.simple, np.nan)
    if totals.settings.df is not None:
        degrees = np.full_like(degrees, int(totals.settings.df))
    fields = {
        "value": _told(totals, statistic, statistic.value),
        "error": _told(totals, statistic, np.sqrt(variance)),
        "base": base.astype(int),
        "count": sum_by(code, groups, np.broadcast_to(totals.cells[0].count, base_rows.shape)),
        "clusters": clusters,
        "degrees": degrees,
        "deff": deff,
        "whole": whole(totals.design, totals.leaf, code, groups, base_rows),
    }
    blank = np.full(base.shape, np.nan)
    found = Estimates(domain, **fields, low=blank, high=blank)
    is_quantile = MEASURES[totals.questions[0].measure] is quantiles
    return _turned(totals, found, statistic, level) if is_quantile else found


def _told(totals: Totals, statistic: Statistic, values: np.ndarray) -> np.ndarray:
    """Values, or errors, in the unit of the answers."""
    with np.errstate(over="ignore"):
        found = np.ldexp(values, statistic.exponent)
    if (np.abs(found) > _GREATEST).any():
        raise QuestionError(
            f"{totals.questions[0].indicator.id} is beyond what a float can hold.",
            expected=f"estimates up to {_GREATEST:g}",
            do="write the numbers, or the weights, in a larger unit",
        )
    return found


def _linearised(totals: Totals, code: np.ndarray, groups: int, statistic: Statistic) -> Deviations:
    present = sum(part.count for part in statistic.parts) > 0
    found = deviations_of(totals, code, groups, statistic.parts, present)
    if statistic.lift is None:
        return found
    lift, parts = statistic.lift
    raised = deviations_of(totals, code, groups, parts, present)
    return Deviations(found.group, found.values + lift[found.group] * raised.values)


def deviations_of(
    totals: Totals, code: np.ndarray, groups: int, parts: Sequence[Part], present: np.ndarray
) -> Deviations:
    """Deviations of scores; where weights were moved, of what known totals leave of them."""
    moved = totals.moved
    if moved is None:
        return deviations(totals.design, totals.leaf, code, groups, parts, present)
    clustered = totals.design.stages[-1].unit is not None
    unit = totals.leaf if clustered else np.arange(len(code))
    units = int(unit.max()) + 1
    leaf = np.arange(units) if clustered else totals.leaf
    count = summing(unit, units) @ (moved.before > 0)[:, None].astype(float)

    def apart(rows: np.ndarray | slice, values: np.ndarray) -> np.ndarray:
        values = summing(unit[rows], units) @ values
        there = np.ones(values.shape, dtype=bool)
        group = np.zeros_like(leaf)
        return deviations(totals.design, leaf, group, 1, [alike(count, values)], there).values

    known = apart(slice(None), moved.after[:, None] * moved.x[moved.cell])
    score, sizes = sum(part.total for part in parts), moved.by_cell(moved.before[:, None])[:, 0]
    back = score * moved.back[:, None]
    found = []
    for group in range(groups):
        rows = slice(None) if (code == group).all() else np.flatnonzero(code == group)
        own = score[rows]
        products = moved.x.T @ moved.by_cell(back[rows], rows)
        fitted = coefficients(moved.x, sizes, products)
        found.append(apart(rows, own) - known @ fitted)
    return Deviations(np.repeat(np.arange(groups), len(known)), np.concatenate(found))


def _replicated(
    replicates: Replicates, code: np.ndarray, groups: int, statistic: Statistic
) -> np.ndarray:
    """Deviations of replicates from the values, before the denominators of the whole sample."""
    score = sum(part.total for part in statistic.parts)
    apart = replicate_deviations(replicates, code, groups, score, statistic.below)
    if statistic.lift:
        lift, parts = statistic.lift
        apart = apart + lift * replicate_deviations(
            replicates, code, groups, sum(part.total for part in parts), None
        )
    # A ratio's deviations are over each replicate's own denominator already.
    return apart if statistic.below is None else apart * statistic.over


def _replicate_degrees(
    replicates: Replicates, code: np.ndarray, base: np.ndarray, degrees: np.ndarray
) -> np.ndarray:
    found = degrees.copy()
    for group, column in np.ndindex(degrees.shape):
        inside = (code == group) & (base[:, column] > 0)
        found[group, column] = replicates.degrees(inside, int(degrees[group, column]))
    return found


def _scaled(parts: Sequence[Part], scale: np.ndarray, code: np.ndarray) -> tuple[Part, ...]:
    own = np.where((code < 0)[:, None], 0.0, scale[code])
    with np.errstate(invalid="ignore"):
        return tuple(part.times(own) for part in parts)


def _individual(totals: Totals, score: np.ndarray) -> tuple[Part]:
    return (alike(totals.cells[0].count, score[:, None]),)


def _probabilities(totals: Totals) -> list[float]:
    question = totals.questions[0]
    return [0.5] if question.measure == "median" else [float(one) for one in question.categories]


def _turned(totals: Totals, found: Estimates, statistic: Statistic, level: float) -> Estimates:
    """Turn the error of the share up to a quantile into limits of the quantile (Woodruff 1952)."""
    order, quantile = Ordered(totals, found.domain), student(found.degrees, level)
    reach = quantile * found.error
    code, weight = found.domain.code, totals.cells[0].total[:, [0]]
    upto = (totals.value[:, None] <= of_rows(found.value, found.domain)) * weight
    share = sum_by(code, len(found.domain.groups), upto) / statistic.over
    low, high = (
        np.column_stack([order.at(one) for one in (share + sign * reach).T]) for sign in (-1, 1)
    )
    error = (high - low) / (2 * quantile)
    return Estimates(**{**vars(found), "low": low, "high": high, "error": error})
