"""Statistics and their scores: shares, means, ratios, totals, quantiles, and contrasts of them.

A statistic is a value and its scores: what each row adds to the error of the value, linearised
(Taylor; Woodruff 1971). `MEASURES` is the one place where a measure is added; the variance of them
all is `variance`'s, from units or from replicates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from careersurvey.errors import QuestionError
from careersurvey.inference.intervals import student, symmetric
from careersurvey.inference.survey.design import numbered, sum_by
from careersurvey.inference.survey.domains import Domain
from careersurvey.inference.survey.numbers import Numbers, of_sides
from careersurvey.inference.survey.totals import Totals
from careersurvey.inference.survey.variance import (
    Deviations,
    Replicates,
    Scores,
    deviations,
    deviations_of_all,
    rank_less_one,
)

_GREATEST = 1e300
_NOTHING = 1e-15  # denominators that add to less than this part of themselves add to nothing


class Statistic(NamedTuple):
    """Values of a domain's groups, and the scores of the rows."""

    value: np.ndarray  # (groups, statistics); NaN where the denominator is 0
    scores: Scores  # before they are divided by the denominator
    over: np.ndarray  # (groups, statistics) the denominators; 1 where there are none
    below: np.ndarray | None  # (rows, statistics) what each adds to that
    #: Variance of a simple random sample of the same base drawn with replacement, as R's
    #: ``deff = "replace"`` has it: W sum w (y - R x)^2 / ((n - 1) X^2), W the sum of the weights.
    simple: np.ndarray
    #: Of quantiles the share that the scores are of, and what turns shares into numbers.
    turned: tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]] | None = None
    #: Of totals the mean of each group, whose part of the scores stands apart from the others: it
    #: may be so large that those would lose their digits beside it.
    lift: np.ndarray | None = None


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
    weights: np.ndarray  # sum of those of the base; NaN where answers have none
    deff: np.ndarray  # variance over that of a simple random sample; NaN where that is 0
    whole: np.ndarray  # whether all strata of the base are whole in the sample
    low: np.ndarray  # limits as far below as above; of quantiles their own
    high: np.ndarray


def statistic_of(totals: Totals, domain: Domain) -> Statistic:
    """Values and scores of some totals in the groups of a domain; blank where nobody is."""
    found = MEASURES[totals.questions[0].measure](totals, domain)
    return found._replace(value=np.where(totals.base(domain) > 0, found.value, np.nan))


def contrast(
    totals: Totals, domain: Domain, statistic: Statistic, coefficients: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Sum of a statistic over the groups of a domain, each times a coefficient, and its error."""
    wanted = np.asarray(coefficients, dtype=float)
    used = np.flatnonzero(wanted)
    value = wanted[used] @ statistic.value[used]
    times = np.zeros_like(statistic.over)
    with np.errstate(divide="ignore", invalid="ignore"):
        times[used] = wanted[used, None] / statistic.over[used]
    apart = deviations_of(totals, domain, statistic, times)
    error = np.sqrt((apart.values**2).sum(axis=0))
    return _in_units(totals, value), _in_units(totals, error)


def deviations_of(
    totals: Totals, domain: Domain, statistic: Statistic, times: np.ndarray | None = None
) -> Deviations:
    """Rows whose squares add to variances of groups, or of their sum times a number of each."""
    if statistic.lift is not None:
        return _with_lift(totals, domain, statistic)
    if totals.replicates is not None:
        return _replicated(totals.replicates, domain, statistic, times)
    if totals.moved is None:
        return deviations(totals.design, *_summed(statistic.scores, domain, times))
    by_group = scores_by_leaf(totals, domain, statistic, times)
    left = [deviations_of_all(totals.design, own) for own in by_group]
    return Deviations(np.repeat(np.arange(len(left)), len(left[0])), np.concatenate(left))


def scores_by_leaf(
    totals: Totals, domain: Domain, statistic: Statistic, times: np.ndarray | None = None
) -> list[np.ndarray]:
    """Scores by group and leaf, less what a regression on known totals tells of them."""
    design, moved = totals.design, totals.moved
    groups, scores = _summed(statistic.scores, domain, times)
    by_leaf = list(groups.sums_by(design.leaf, len(design.leaves.leaf), scores.total))
    if moved is None:
        return by_leaf
    if totals.with_known:
        products = _products_of_share(totals.with_known[domain.name], statistic, times)
    else:
        by_cell = groups.sums_by(moved.cell, len(moved.x), scores.total, moved.back)
        products = moved.x.T @ by_cell
    both = zip(by_leaf, products, strict=True)
    return [own - totals.known @ moved.coefficients(product) for own, product in both]


def _summed(scores: Scores, domain: Domain, times: np.ndarray | None) -> tuple[Domain, Scores]:
    """Scores of each group; with `times` of the sum over all groups, each times its number."""
    if times is None:
        return domain, scores
    return domain.joined(_used(times)), scores.times(domain.of_rows(times))


def _used(times: np.ndarray) -> np.ndarray:
    """Groups that are in a sum over groups: those whose number is not 0."""
    return np.flatnonzero((times != 0).any(axis=1))


def _with_lift(totals: Totals, domain: Domain, statistic: Statistic) -> Deviations:
    """Deviations of what numbers are above their mean, and those of the weights times the mean."""
    lift, root = statistic.lift, statistic.scores.root
    weights = Scores(totals.people, totals.numbers.below, None if root is None else 0 * root)
    group, values = deviations_of(totals, domain, statistic._replace(lift=None))
    ones = statistic._replace(scores=weights, lift=None)
    return Deviations(group, values + deviations_of(totals, domain, ones).values * lift[group])


def _replicated(
    replicates: Replicates, domain: Domain, statistic: Statistic, times: np.ndarray | None
) -> Deviations:
    """Deviations of replicates; those of a ratio are over each replicate's own denominator."""
    used = np.arange(len(domain.groups)) if times is None else _used(times)
    apart = replicates.deviations(domain, used, statistic.scores.total, statistic.below)
    if statistic.below is not None:
        apart = apart * statistic.over[used]
    if times is not None:
        apart = (apart * times[used]).sum(axis=1, keepdims=True)
    return replicates.centred(apart)


def _products_of_share(
    with_known: np.ndarray, statistic: Statistic, times: np.ndarray | None
) -> np.ndarray:
    """Products of the scores of shares with known totals, by group: those of its weights."""
    share = np.nan_to_num(statistic.value)[:, None]
    chose, others = with_known.swapaxes(0, 1)
    products = chose * (1 - share) - others * share
    if times is None:
        return products
    return (products * np.nan_to_num(times)[:, None]).sum(axis=0, keepdims=True)


def degrees_by_group(
    totals: Totals, domain: Domain, people: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Clusters of those in a base, and degrees of freedom, by group and question."""
    stage = totals.design.stages[0]
    clusters = domain.sums(people) if stage.unit is None else _present(stage.unit, domain, people)
    clusters = clusters.astype(int)
    degrees = clusters - _present(stage.stratum, domain, people)
    if totals.settings.df is not None:
        return clusters, np.full_like(degrees, int(totals.settings.df))
    if totals.replicates is not None:
        degrees = np.minimum(degrees, len(totals.replicates.each) - 1)
        if totals.replicates.given is not None:
            degrees = _of_given(*totals.replicates.given, domain, people)
    return clusters, degrees


def _of_given(
    multiples: np.ndarray, weight: np.ndarray, domain: Domain, people: np.ndarray
) -> np.ndarray:
    """Degrees of freedom that given replicate weights leave, by group and question."""
    known: dict[bytes, int] = {}
    degrees = np.zeros((len(domain.groups), people.shape[1]), dtype=int)
    for group, column in np.ndindex(degrees.shape):
        rows = np.flatnonzero((domain.code == group) & (people[:, column] > 0))
        key = rows.tobytes()
        if key not in known:
            known[key] = rank_less_one(multiples[rows] * weight[rows][:, None])
        degrees[group, column] = known[key]
    return degrees


def _present(unit: np.ndarray, domain: Domain, people: np.ndarray) -> np.ndarray:
    """How many units have anybody, (groups, statistics)."""
    groups, inside = len(domain.groups), domain.code >= 0
    cell, place = numbered(unit[inside] * groups + domain.code[inside])
    there = sum_by(cell, len(place), people[inside]) > 0
    return sum_by(place % groups, groups, there).astype(int)


def ratios(totals: Totals, domain: Domain) -> Statistic:
    """Share, mean or ratio of two totals: w (y - R x) from everyone in the base."""
    below, (value, away) = totals.numbers.below, _about(totals.numbers, domain)
    over = domain.sums(below)
    with np.errstate(invalid="ignore", divide="ignore"):
        simple = _simple(totals, domain, away) / over**2
    most = totals.by_statistic(domain.sums(totals.weight)) * domain.sums(totals.numbers.squares[2])
    value = np.where(np.abs(over) > _NOTHING * np.sqrt(most), value, np.nan)
    return Statistic(value, _scores(totals, away), over, below, simple)


def sums(totals: Totals, domain: Domain) -> Statistic:
    """Total: w y from everyone in the base."""
    numbers, (mean, away) = totals.numbers, _about(totals.numbers, domain)
    whole, lift = _scores(totals, numbers.near), np.nan_to_num(mean)
    value = domain.sums(whole.total)
    scores = _scores(totals, numbers.near - domain.of_rows(lift))._replace(root=whole.root)
    simple = _simple(totals, domain, away)
    return Statistic(value, scores, np.ones_like(value), None, simple, lift=lift)


def quantiles(totals: Totals, domain: Domain) -> Statistic:
    """Quantile: w (1 - F) from those up to it and -w F from those above, F the share up to it."""
    turn = totals.ordered.turning[domain.name]
    value = turn(np.tile(totals.questions[0].probabilities, (len(domain.groups), 1)))
    sides = np.stack([totals.ordered.sides(one) for one in domain.of_rows(value).T], axis=-1)
    numbers = of_sides(totals.design.of_respondents, *sides)
    found = ratios(replace(totals, numbers=numbers), domain)
    blank = np.full_like(value, np.nan)
    return found._replace(value=value, simple=blank, turned=(found.value, turn))


MEASURES: dict[str, Callable[[Totals, Domain], Statistic]] = {
    "share": ratios,
    "multiple": ratios,
    "mean": ratios,
    "ratio": ratios,
    "total": sums,
    "median": quantiles,
    "quantile": quantiles,
}


def _about(numbers: Numbers, domain: Domain) -> tuple[np.ndarray, np.ndarray]:
    """Ratio of each group, and by how much the number of each row is above that of its group."""
    over, away = domain.sums(numbers.below), numbers.near
    ratio = np.zeros_like(over)
    for _ in range(2):  # the second of what the first leaves: no digit is lost of near numbers
        with np.errstate(invalid="ignore", divide="ignore"):
            left = domain.sums(numbers.above + away * numbers.below) / over
        step = np.nan_to_num(left, posinf=0, neginf=0)
        ratio, away = ratio + step, away - domain.of_rows(step)
    return ratio, away


def _scores(totals: Totals, away: np.ndarray) -> Scores:
    """What rows add to an error, their numbers being so much above that of their group."""
    people, numbers = totals.by_statistic(totals.people), totals.numbers
    total = numbers.above + away * numbers.below
    if not numbers.spread:
        return Scores(people, total)
    root = np.sqrt(np.maximum(_quadratic(numbers.spread, away), 0))
    return Scores(people, total, np.copysign(root, away))


def _simple(totals: Totals, domain: Domain, away: np.ndarray) -> np.ndarray:
    """W sum w (y - R x)^2 / (n - 1): a simple random sample's, of the total of y - R x."""
    squares = domain.sums(np.maximum(_quadratic(totals.numbers.squares, away), 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        of_one = domain.sums(totals.weight) / (domain.sums(totals.people) - 1)
        return totals.by_statistic(of_one) * squares


def _quadratic(three: tuple[np.ndarray, ...], away: np.ndarray) -> np.ndarray:
    """Sum of squares of a + d b from those of a and b and their product between them."""
    return three[0] + away * (2 * three[1] + away * three[2])


def evaluate(totals: Totals, domain: Domain, level: float) -> Estimates:
    """Estimate the statistics of some totals in every group of a domain."""
    statistic = statistic_of(totals, domain)
    variance = deviations_of(totals, domain, statistic).variances(len(domain.groups))
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.where(np.isnan(statistic.value), np.nan, variance / statistic.over**2)
        deff = np.where(statistic.simple > 0, variance / statistic.simple, np.nan)
    clusters, degrees = degrees_by_group(totals, domain, totals.people)
    base, open_rows = totals.base(domain), totals.design.open[:, None]
    count = domain.sums(totals.sides[0][0]) if totals.sides else base
    weight_unit = totals.scale if totals.settings.weight else np.nan
    # Who weighs next to nothing, and counts in replicates alone, makes no share of nobody.
    known = statistic.value * (count > 0)
    value, error = (_in_units(totals, one) for one in (known, np.sqrt(variance)))
    degrees = totals.by_statistic(degrees)
    low, high = symmetric(value, error, degrees, level)
    found = Estimates(
        domain=domain,
        value=value,
        error=error,
        base=base,
        count=count,
        clusters=totals.by_statistic(clusters),
        degrees=degrees,
        weights=totals.by_statistic(domain.sums(totals.weight)) * weight_unit,
        deff=deff,
        whole=totals.by_statistic(domain.sums(totals.people * open_rows)) == 0,
        low=low,
        high=high,
    )
    return _turned(found, statistic, level) if statistic.turned else found


def _in_units(totals: Totals, values: np.ndarray) -> np.ndarray:
    """Values, or errors, in the unit of the answers."""
    with np.errstate(over="ignore"):
        found = np.ldexp(values, totals.exponent)
    if (np.abs(found) > _GREATEST).any():
        raise QuestionError(
            f"{totals.questions[0].indicator.id} is beyond what a float can hold.",
            expected=f"estimates up to {_GREATEST:g}",
            do="write the numbers, or the weights, in a larger unit",
        )
    return found


def _turned(found: Estimates, statistic: Statistic, level: float) -> Estimates:
    """Turn the error of the share up to a quantile into limits of the quantile (Woodruff 1952)."""
    quantile, (share, turn) = student(found.degrees, level), statistic.turned
    low, high = (turn(share + sign * quantile * found.error) for sign in (-1, 1))
    with np.errstate(invalid="ignore"):
        return replace(found, low=low, high=high, error=(high - low) / (2 * quantile))
