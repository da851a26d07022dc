"""Statistics and their scores: shares, means, ratios, totals, quantiles, and contrasts of them.

A statistic is a value and its scores: what each row adds to the error of the value, linearised
(Taylor; Woodruff 1971). `MEASURES` is the one place where a measure is added; the variance of them
all is `variance`'s, or that of replicates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from careersurvey.errors import QuestionError
from careersurvey.inference.intervals import student
from careersurvey.inference.survey.domains import Domain
from careersurvey.inference.survey.numbers import of_rows
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
    counts_of,
    degrees_of_freedom,
    deviations,
    deviations_of_all,
    scores_of,
    side_by_side,
    sum_by,
    summing,
    variances,
    whole,
)

_GREATEST = 1e300


class Statistic(NamedTuple):
    """Values of a domain's groups, and the scores of the rows."""

    value: np.ndarray  # (groups, statistics); NaN where the denominator is 0
    parts: tuple[Part, ...]  # scores of the rows, before they are divided by the denominator
    below: np.ndarray | None  # (rows, statistics) what each row adds to the denominator
    over: np.ndarray  # (groups, statistics) the denominators; 1 where there are none
    #: Variance of a simple random sample of the same base drawn with replacement, as R's
    #: ``deff = "replace"`` has it: W sum w (y - R x)^2 / ((n - 1) X^2), W the sum of the weights.
    simple: np.ndarray
    #: Of a total, a number near all numbers of a group, and the weights of the rows: their product
    #: lies below the scores, and even clusters have it without error.
    lift: tuple[np.ndarray, Part] | None = None
    exponent: int = 0  # numbers are held over this power of two, so that squares stay floats
    #: Of quantiles the share that the scores are of, and what turns shares into numbers.
    turned: tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]] | None = None


@dataclass(frozen=True)
class Estimates:
    """What one domain's groups are estimated to be, (groups, statistics) each."""

    domain: Domain
    value: np.ndarray
    error: np.ndarray
    base: np.ndarray  # respondents in the base
    count: np.ndarray  # who of them chose
    clusters: np.ndarray  # that they came from
    degrees: np.ndarray  # of freedom
    deff: np.ndarray  # variance over that of a simple random sample; NaN where that is 0
    whole: np.ndarray  # whether all strata of the base are whole in the sample
    low: np.ndarray  # limits that come with the statistic, of quantiles; NaN elsewhere
    high: np.ndarray


def evaluate(totals: Totals, level: float = 0.95) -> list[Estimates]:
    """Estimate the statistics of some totals in every group of their domains."""
    replicates = replicates_of(totals)
    return [_estimated(totals, domain, replicates, level) for domain in totals.domains]


def statistic_of(totals: Totals, domain: Domain) -> Statistic:
    """Values and scores of some totals in the groups of a domain."""
    return MEASURES[totals.questions[0].measure](totals, domain)


def contrast(
    totals: Totals, domain: Domain, statistic: Statistic, coefficients: ArrayLike
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
        scale = of_rows(wanted[:, None] / statistic.over, replace(domain, code=code))
        parts = tuple(part.times(scale) for part in statistic.parts)
    apart = _linearised(totals, np.where(code < 0, -1, 0), 1, statistic._replace(parts=parts))
    error = np.sqrt(variances(apart, 1)[0])
    return _told(totals, statistic, value), _told(totals, statistic, error)


def degrees_within(
    totals: Totals, domain: Domain, groups: ArrayLike, column: int
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
    found = _shares(chosen, others, domain)
    with np.errstate(invalid="ignore", divide="ignore"):
        simple = found.simple / (_base(totals, domain) - 1)
    return found._replace(simple=simple)


def _shares(chosen: Part, others: Part, domain: Domain) -> Statistic:
    by_group = summing(domain.code, len(domain.groups))
    above, rest = by_group @ chosen.total, by_group @ others.total
    with np.errstate(invalid="ignore", divide="ignore"):
        share, left = above / (above + rest), rest / (above + rest)
    parts = chosen.times(of_rows(left, domain)), others.times(-of_rows(share, domain))
    return Statistic(share, parts, chosen.total + others.total, above + rest, share * left)


def ratios(totals: Totals, domain: Domain) -> Statistic:
    """Mean, or ratio of two totals: w (y - R x) from everyone in the base."""
    numbers = totals.numbers
    near, step, away = numbers.about(domain)
    over = numbers.over(domain)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(over != 0, near + step, np.nan)
        simple = _simple(totals, domain, away) / over**2
    parts = (numbers.scores(totals.cells[0].people, away),)
    given = (value[:, None], parts, numbers.below[:, None], over[:, None], simple[:, None])
    return Statistic(*given, exponent=numbers.exponent)


def sums(totals: Totals, domain: Domain) -> Statistic:
    """Total: w y from everyone in the base, as w (y - c) and c w, c near the mean of the group."""
    numbers, count = totals.numbers, totals.cells[0].people
    near, step, away = numbers.about(domain)
    over = numbers.over(domain)
    value = np.where(_base(totals, domain)[:, 0] > 0, near * over + step * over, np.nan)
    above = numbers.scores(count, away + of_rows(step, domain))
    weight = Part(count, numbers.below[:, None])
    if above.root is not None:
        root = numbers.scores(count, numbers.near + numbers.rest).root
        above, weight = above._replace(root=root), weight._replace(root=np.zeros_like(root))
    lift = (near[:, None], weight)
    given = (value[:, None], (above,), None, np.ones((len(value), 1)))
    exponent = numbers.exponent + int(np.log2(totals.scale))
    return Statistic(*given, _simple(totals, domain, away)[:, None], lift, exponent)


def _simple(totals: Totals, domain: Domain, away: np.ndarray) -> np.ndarray:
    """W sum w (y - R x)^2 / (n - 1): a simple random sample's, of the total of y - R x."""
    weight = sum_by(domain.code, len(domain.groups), totals.cells[0].total)[:, 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        return weight * totals.numbers.simple(domain, away) / (_base(totals, domain)[:, 0] - 1)


def _base(totals: Totals, domain: Domain) -> np.ndarray:
    """Respondents in the base of each group and statistic."""
    base = sum_by(domain.code, len(domain.groups), totals.base)
    return np.broadcast_to(base, (len(domain.groups), len(totals.places)))


def quantiles(totals: Totals, domain: Domain) -> Statistic:
    """Quantile: w (1 - F) from those up to it and -w F from those above, F the share up to it.

    The value is the least number up to which the share reaches the probability asked for. Scores
    are those of that share; an interval of it is turned into one of the number (Woodruff 1952).
    """
    ordered, rows = totals.ordered, len(domain.code)
    turn = ordered.turning(domain)
    value = turn(np.tile(_probabilities(totals), (len(domain.groups), 1)))
    units = totals.design.stages[-1].unit is None and rows < len(ordered.row)
    both = [ordered.parts(rows, one, units) for one in of_rows(value, domain).T]
    upto, above = (side_by_side(kind) for kind in zip(*both, strict=True))
    found = _shares(upto, above, domain)
    blank = np.full_like(value, np.nan)
    return found._replace(value=value, simple=blank, turned=(found.value, turn))


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
    whole_totals, whole_code = totals, domain.code
    totals, domain = totals.together(domain)
    statistic, groups, code = statistic_of(totals, domain), len(domain.groups), domain.code
    wide = len(totals.places)
    base_rows = np.broadcast_to(totals.base, (len(code), wide))
    base = sum_by(code, groups, base_rows)
    clusters, degrees = degrees_of_freedom(totals.design, totals.leaf, code, groups, base_rows)
    if replicates is None:
        products = None
        if totals is not whole_totals:
            products = _products(whole_totals, whole_code, statistic.value)
        variance = variances(_linearised(totals, code, groups, statistic, products), groups)
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
        "count": sum_by(code, groups, np.broadcast_to(totals.cells[0].people, base_rows.shape)),
        "clusters": clusters,
        "degrees": degrees,
        "deff": deff,
        "whole": whole(totals.design, totals.leaf, code, groups, base_rows),
    }
    blank = np.full(base.shape, np.nan)
    found = Estimates(domain, **fields, low=blank, high=blank)
    return _turned(found, statistic, level) if statistic.turned else found


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


def _linearised(
    totals: Totals,
    code: np.ndarray,
    groups: int,
    statistic: Statistic,
    products: Sequence[np.ndarray] | None = None,
) -> Deviations:
    present = counts_of(statistic.parts) > 0
    found = deviations_of(totals, code, groups, statistic.parts, present, products)
    if statistic.lift is None:
        return found
    lift, weights = statistic.lift
    raised = deviations_of(totals, code, groups, [weights], present)
    return Deviations(found.group, found.values + lift[found.group] * raised.values)


def deviations_of(
    totals: Totals,
    code: np.ndarray,
    groups: int,
    parts: Sequence[Part],
    present: np.ndarray,
    products: Sequence[np.ndarray] | None = None,
) -> Deviations:
    """Deviations of scores; where weights were moved, of what known totals leave of them."""
    if totals.moved is None:
        return deviations(totals.design, totals.leaf, code, groups, parts, present)
    score, found = scores_of(parts), []
    for group in range(groups):
        rows = np.flatnonzero(code == group)
        own = score[rows]
        with_x = totals.moved.products(rows, own) if products is None else products[group]
        apart = deviations_of_all(totals.design, totals.leaf, rows, own)
        found.append(apart - totals.known @ totals.moved.coefficients(with_x))
    return Deviations(np.repeat(np.arange(groups), len(totals.known)), np.concatenate(found))


def _products(totals: Totals, code: np.ndarray, share: np.ndarray) -> list[np.ndarray]:
    """Products of the scores of shares with what their respondents add to known totals."""
    found, (chosen, others) = [], totals.cells
    for group, one in enumerate(np.nan_to_num(share)):
        rows = np.flatnonzero(code == group)
        above, rest = (totals.moved.products(rows, part.total[rows]) for part in (chosen, others))
        found.append(above * (1 - one) - rest * one)
    return found


def _replicated(
    replicates: Replicates, code: np.ndarray, groups: int, statistic: Statistic
) -> np.ndarray:
    """Deviations of replicates from the values, before the denominators of the whole sample."""
    score = scores_of(statistic.parts)
    apart = replicate_deviations(replicates, code, groups, score, statistic.below)
    if statistic.lift:
        lift, weights = statistic.lift
        apart += lift * replicate_deviations(replicates, code, groups, weights.total, None)
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


def _probabilities(totals: Totals) -> list[float]:
    question = totals.questions[0]
    return [0.5] if question.measure == "median" else [float(one) for one in question.categories]


def _turned(found: Estimates, statistic: Statistic, level: float) -> Estimates:
    """Turn the error of the share up to a quantile into limits of the quantile (Woodruff 1952)."""
    quantile, (share, turn) = student(found.degrees, level), statistic.turned
    low, high = (turn(share + sign * quantile * found.error) for sign in (-1, 1))
    with np.errstate(invalid="ignore"):
        return replace(found, low=low, high=high, error=(high - low) / (2 * quantile))
