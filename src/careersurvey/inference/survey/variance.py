"""From scores to variances: a variance is a sum of squared deviations, and so is a covariance.

Deviations are those of the units of every stage from the mean of their stratum, each times the
root of its factor, or those of replicates from the estimate of the whole sample.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from careersurvey.errors import DesignError
from careersurvey.evidence.settings import DesignSettings
from careersurvey.inference.survey.design import Design, Stage, numbered, sum_by, summing
from careersurvey.inference.survey.domains import Domain, everyone
from careersurvey.inference.survey.weighting import Moved

_REPLICATES, _SEED = 500, 1


class Scores(NamedTuple):
    """What rows add to the error of statistics, (rows, statistics) each."""

    people: np.ndarray  # how many respondents
    total: np.ndarray  # sum of their scores
    #: Root of the sum of the squares of scores about their mean; None where respondents are no
    #: units, or each has a row.
    root: np.ndarray | None = None

    def at(self, rows: np.ndarray) -> Scores:
        """The same of some rows."""
        return Scores(*(None if one is None else one[rows] for one in self))

    def times(self, factor: np.ndarray) -> Scores:
        """The same times a number, (rows, statistics)."""
        root = None if self.root is None else self.root * factor
        return Scores(self.people, self.total * factor, root)


class Deviations(NamedTuple):
    """Rows whose squares add to a variance: the group of each, and (rows, statistics)."""

    group: np.ndarray
    values: np.ndarray

    def variances(self, groups: int) -> np.ndarray:
        """Variance of each statistic in each group, (groups, statistics)."""
        return sum_by(self.group, groups, self.values**2)


def deviations(design: Design, domain: Domain, scores: Scores) -> Deviations:
    """Deviations of the units of every stage, whose squares add to the variance of the totals.

    With the scores of a linearised statistic (Taylor; Särndal, Swensson and Wretman 1992, section
    5.5) that is the variance of the statistic. A stage adds, by stratum with n of N units drawn,
    f (1 - n/N) n / (n - 1) times the sum of the squares of what units have above their mean, f
    being the sampling fractions of the stages before. Units outside the group are zeros of their
    stratum, as in R's `survey:::multistage`. Deviations are linear in the scores: those of a sum
    are the sum of theirs.
    """
    inside = domain.code >= 0
    if not inside.all():
        design, domain, scores = design.at(inside), domain.at(inside), scores.at(inside)
    found = [_of_stage(design.lonely, stage, domain, scores) for stage in design.stages]
    return Deviations(*(np.concatenate(part) for part in zip(*found, strict=True)))


def deviations_of_all(design: Design, total: np.ndarray) -> np.ndarray:
    """Deviations of the units of everyone, whose totals are known by leaf."""
    scores = Scores(np.ones((len(total), 1)), total)
    return deviations(design.leaves, everyone(len(total)), scores).values


def _of_stage(lonely: str, stage: Stage, domain: Domain, scores: Scores) -> Deviations:
    """Deviations of units from the mean of their stratum; those outside the group are zeros."""
    groups = len(domain.groups)
    stratum_of, group, (count, unit_mean, root) = _units(stage, domain, scores)
    cell, place = numbered(stratum_of * groups + group)
    stratum, of_group = place // groups, place % groups
    by_cell = summing(cell, len(place))
    sampled = stage.sampled[stratum][:, None]
    zeros = sampled - by_cell @ count
    mean = (by_cell @ (count * unit_mean)) / sampled
    # The mean, and the mean of what it leaves: then units that are alike have none apart.
    mean += (by_cell @ (count * (unit_mean - mean[cell])) - zeros * mean) / sampled
    times = stage.sampled / np.maximum(stage.sampled - 1, 1)
    spread = np.where(stage.sampled > 1, times, lonely == "adjust")
    root_factor = np.sqrt(stage.within * stage.unsampled * spread)[stratum][:, None]
    if stage.alone.any() and lonely in ("adjust", "average"):
        row = np.searchsorted(place, stage.stratum * groups + domain.code)
        there = sum_by(row, len(place), scores.people) > 0
        alone = stage.alone[stratum][:, None]
        if lonely == "adjust":
            centre = _mean_of_all(stage, place, groups, mean * sampled, there)
            mean = np.where(alone & there, centre, mean)
        else:
            present, company = (sum_by(of_group, groups, x * 1.0) for x in (there, there & ~alone))
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = np.nan_to_num(present / company, nan=1.0, posinf=np.nan)
            root_factor = root_factor * np.sqrt(ratio)[of_group]
    scale = root_factor[cell]
    left = (unit_mean - mean[cell]) * np.sqrt(count) * scale
    apart = [left] if root is None else [left, root * scale]
    group_of = [group] * len(apart) + [of_group]
    apart.append(np.sqrt(np.maximum(zeros, 0)) * mean * root_factor)
    return Deviations(np.concatenate(group_of), np.concatenate(apart))


def _units(stage: Stage, domain: Domain, scores: Scores) -> tuple[np.ndarray, np.ndarray, Scores]:
    """Stratum and group of units with anybody, how many are alike, and the mean of their scores."""
    if stage.unit is None:
        mean = scores.total / np.maximum(scores.people, 1)
        return stage.stratum, domain.code, scores._replace(total=mean)
    groups = len(domain.groups)
    unit, place = numbered(stage.unit * groups + domain.code)
    total = sum_by(unit, len(place), scores.total)
    stratum = stage.unit_strata[place // groups]
    return stratum, place % groups, Scores(np.ones((len(place), 1)), total)


def _mean_of_all(
    stage: Stage, place: np.ndarray, groups: int, total: np.ndarray, there: np.ndarray
) -> np.ndarray:
    """Mean over all units of the strata of one parent: what `adjust` centres lonely units about."""
    stratum = place // groups
    code, places = numbered(stage.parent[stratum] * groups + place % groups)
    units = sum_by(code, len(places), there * stage.sampled[stratum][:, None])
    return (sum_by(code, len(places), total) / np.maximum(units, 1))[code]


class Replicates(NamedTuple):
    """How replicates sum rows, and how their squared deviations become a variance."""

    #: Of places of rows and values of these: the sums by replicate, (replicates, columns).
    summed: Callable[[np.ndarray, np.ndarray], np.ndarray]
    each: np.ndarray  # factor of each replicate
    mse: bool  # whether deviations are from the whole sample's estimate, or the replicates' mean
    redraws: bool  # repetitions of one experiment, which make up for those without the domain
    #: Of those that are given the weights of rows over those of the whole sample, and these.
    given: tuple[np.ndarray, np.ndarray] | None = None

    def deviations(
        self, domain: Domain, groups: np.ndarray, score: np.ndarray, below: np.ndarray | None
    ) -> np.ndarray:
        """How far statistics of groups are from the whole sample's, (replicates, groups, ...)."""
        columns = score.shape[1]
        both = score if below is None else np.hstack([score, np.broadcast_to(below, score.shape)])
        found = []
        for group in groups:
            places = np.flatnonzero(domain.code == group)
            sums = self.summed(places, both[places])
            if below is None:
                found.append(sums - score[places].sum(axis=0))
                continue
            above, over = sums[:, :columns], sums[:, columns:]
            with np.errstate(invalid="ignore", divide="ignore"):
                found.append(np.where(over != 0, above / over, np.nan))
        return np.stack(found, axis=1)

    def centred(self, apart: np.ndarray) -> Deviations:
        """Deviations as rows whose squares add to a variance, replicate by replicate."""
        each = self.each[:, None, None]
        known = np.isfinite(apart)
        counted = known & (each > 0)
        values = np.where(known, apart, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.nan_to_num((values * counted).sum(axis=0) / counted.sum(axis=0))
            kept = (each * known).sum(axis=0) / each.sum() if self.redraws else 1.0
            rows = np.sqrt(each / kept) * known * (values - (0.0 if self.mse else mean))
        rows = np.where(counted.any(axis=0) | ~each.any(), rows, np.nan)
        replicates, groups, columns = rows.shape
        return Deviations(np.tile(np.arange(groups), replicates), rows.reshape(-1, columns))


def replicates_of(
    settings: DesignSettings,
    design: Design,
    given: np.ndarray | None,  # (rows, replicates) weights over those of the whole sample
    weight: np.ndarray,
    moved: Moved | None,
) -> Replicates | None:
    """Prepare the replicates that a design declares; None where variances are linearised."""
    if settings.replicate_method is None:
        return None
    if given is not None:
        found = _weighted(settings, np.arange(len(given)), given)
    elif settings.replicate_method == "bootstrap":
        found = _weighted(settings, design.stages[0].unit, multipliers(settings, design))
    else:
        found = _jackknife(settings, design)
    if moved is not None:
        places = [np.flatnonzero(moved.cell == one) for one in range(len(moved.x))]
        sizes = [found.summed(one, moved.before[one][:, None]) for one in places]
        of_cell = np.array([moved.multiples(own, "a replicate") for own in np.hstack(sizes)])
        if given is None:
            return found._replace(summed=_again(found.summed, of_cell, moved))
        given = given * (of_cell.T[moved.cell] * moved.back[:, None])
        found = _weighted(settings, np.arange(len(given)), given)
    return found if given is None else found._replace(given=(given, weight))


def _again(summed: Callable, of_cell: np.ndarray, moved: Moved) -> Callable:
    """Sums with the weights of every replicate moved, as the whole sample's were."""

    def again(places: np.ndarray, values: np.ndarray) -> np.ndarray:
        cell, before = moved.cell[places], values * moved.back[places][:, None]
        out = np.zeros((len(of_cell), values.shape[1]))
        for one in np.unique(cell):
            out += of_cell[:, [one]] * summed(places[cell == one], before[cell == one])
        return out

    return again


def _weighted(settings: DesignSettings, unit: np.ndarray, weights: np.ndarray) -> Replicates:
    """Replicates by the multiples of the weights of units, (units, replicates)."""

    def summed(places: np.ndarray, values: np.ndarray) -> np.ndarray:
        at, units = numbered(unit[places])
        return weights[units].T @ sum_by(at, len(units), values)

    redraws = settings.replicate_method in ("BRR", "Fay", "bootstrap")
    return Replicates(summed, scales(settings, weights.shape[1]), settings.mse, redraws)


def _jackknife(settings: DesignSettings, design: Design) -> Replicates:
    """Leave cluster k of stratum h out: T + (S_h - n_h t_k) / (n_h - 1) (Wolter 2007, 4.5)."""
    stage = design.stages[0]
    stratum = stage.unit_strata
    sampled = stage.sampled[stratum][:, None]

    def summed(places: np.ndarray, values: np.ndarray) -> np.ndarray:
        own = sum_by(stage.unit[places], len(stratum), values)
        of_stratum = sum_by(stratum, len(stage.sampled), own)[stratum]
        found = own.sum(axis=0) + (of_stratum - sampled * own) / np.maximum(sampled - 1, 1)
        alone = (own != 0).sum(axis=0) - (own != 0) == 0  # no digit is left of who is alone
        return np.where(alone & (sampled > 1), 0.0, found)

    each = stage.unsampled * (stage.sampled - 1) / stage.sampled
    if design.lonely == "average":
        each = each * stage.sampled.sum() / stage.sampled[~stage.alone].sum()
    return Replicates(summed, each[stratum], settings.mse, redraws=False)


def scales(settings: DesignSettings, replicates: int) -> np.ndarray:
    """Factors of replicates; those that ``scale`` leaves unsaid are R's ``svrepdesign``'s."""
    method = settings.replicate_method
    if replicates < 2:
        raise DesignError("Of a single replicate no error can be told.", do="name all its columns")
    own = {
        "JK1": (replicates - 1) / replicates,
        "BRR": 1 / replicates,
        "Fay": 1 / (replicates * (1 - (settings.fay_rho or 0)) ** 2),
        "bootstrap": 1 / (replicates - 1),
        "successive-difference": 4 / replicates,
        "JKn": 1.0,
    }[method]
    each = np.ones(replicates) if settings.rscales is None else np.array(settings.rscales, float)
    each = np.full(replicates, each[0]) if len(each) == 1 else each
    if len(each) != replicates:
        raise DesignError(
            "rscales and the replicate weights do not match.",
            found=f"{len(each)} rscales",
            expected=f"{replicates}, or one for all",
        )
    return (own if settings.scale is None else settings.scale) * each


def rank_less_one(weights: np.ndarray) -> int:
    """Degrees of freedom of given replicate weights of a base, as R's ``degf`` has them."""
    from scipy.linalg import qr

    if not len(weights):
        return 0
    triangle = qr(np.linalg.qr(weights, mode="r"), mode="r", pivoting=True)[0]
    size = np.abs(np.diag(triangle))
    return int((size > 1e-5 * size[0]).sum()) - 1


def multipliers(settings: DesignSettings, design: Design) -> np.ndarray:
    """Weights of clusters in bootstrap replicates, as multiples of their own: a row a cluster.

    Of each stratum's n clusters n - 1 are drawn with replacement, and a cluster drawn r times
    counts 1 - c + c r n / (n - 1), with c the root of 1 - n/N (Rao and Wu 1988; Rao, Wu and Yue
    1992). Without a population that is R's ``subbootstrap``.
    """
    replicates = settings.replicates or _REPLICATES
    generator = np.random.default_rng(_SEED if settings.seed is None else settings.seed)
    stage = design.stages[0]
    stratum = stage.unit_strata
    drawn = np.ones((len(stratum), replicates))
    for code, count in enumerate(stage.sampled.astype(int)):
        if count > 1:
            picks = generator.integers(count, size=(count - 1, replicates))
            place = (picks * replicates + np.arange(replicates)).ravel()
            times = np.bincount(place, minlength=count * replicates).reshape(count, replicates)
            shrink = np.sqrt(stage.unsampled[code])
            drawn[stratum == code] = 1 - shrink + shrink * times * count / (count - 1)
    return drawn
