"""Variances from replicate weights, given with the data or made from the totals of clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from careersurvey.errors import DesignError
from careersurvey.inference.design import Design, Stage
from careersurvey.inference.linearised import Totals
from careersurvey.inference.variances import pairs_of, sum_by

GIVEN = ("JK1", "JKn", "BRR", "Fay", "bootstrap")
MADE = ("JK1", "JKn", "bootstrap")


@dataclass(frozen=True)
class Scaling:
    """How squared deviations of replicates become a variance.

    Attributes
    ----------
    scale : float
        Factor of the whole sum.
    rscales : ndarray of float, (replicates,)
        Factor of each replicate.
    mse : bool
        Whether deviations are from the full sample's estimate, or from the replicates' mean.
    redraws : bool
        Whether replicates are repetitions of one experiment (half-samples, bootstraps), so that
        those without the domain can be made up for by the others.
    """

    scale: float
    rscales: np.ndarray
    mse: bool
    redraws: bool


def given_scaling(
    method: str,
    replicates: int,
    scale: float | None = None,
    rscales: Sequence[float] | float | None = None,
    fay_rho: float | None = None,
    mse: bool = False,
) -> Scaling:
    """Scaling of replicate weights that came with the data, as R's ``svrepdesign`` has it.

    Parameters
    ----------
    method : {'JK1', 'JKn', 'BRR', 'Fay', 'bootstrap'}
        Unless `scale` says otherwise: JK1 (R - 1)/R, BRR 1/R, Fay 1/(R (1 - rho)^2),
        bootstrap 1/(R - 1), JKn 1.
    replicates : int
        How many there are, R.
    scale, rscales, fay_rho, mse
        What the data's documentation says of them.

    Returns
    -------
    Scaling

    Raises
    ------
    DesignError
        An unknown method, a Fay design without its rho, JKn without its rscales, or rscales of
        another length.
    """
    if method not in GIVEN:
        raise DesignError(
            f"replicate_method = {method!r} is not one of the methods.", expected=", ".join(GIVEN)
        )
    if isinstance(rscales, str):
        raise DesignError(
            "The rscales of replicate weights are numbers.",
            found=repr(rscales),
            expected="[0.9, ...]",
        )
    if method == "Fay" and not (fay_rho is not None and 0 <= fay_rho < 1):
        raise DesignError(
            "A Fay design needs its fay_rho.", found=fay_rho, expected="0 or more, below 1"
        )
    if method == "JKn" and rscales is None:
        raise DesignError(
            "Given JKn weights need their rscales.",
            expected="(n - 1) / n of the stratum that each replicate leaves a cluster out of",
            do="add rscales to the design",
        )
    own = {
        "JK1": (replicates - 1) / replicates,
        "BRR": 1 / replicates,
        "Fay": 1 / (replicates * (1 - (fay_rho or 0)) ** 2),
        "bootstrap": 1 / max(replicates - 1, 1),
        "JKn": 1.0,
    }[method]
    fixed = method in ("BRR", "Fay") or scale is None
    each = np.ones(replicates) if rscales is None else np.asarray(rscales, dtype=float)
    each = np.full(replicates, each) if each.ndim == 0 else each
    if len(each) != replicates:
        raise DesignError(
            "rscales and the replicate weights do not match.",
            found=f"{len(each)} rscales",
            expected=f"{replicates}",
        )
    return Scaling(own if fixed else scale, each, mse, method in ("BRR", "Fay", "bootstrap"))


def replicate_variances(estimates: np.ndarray, full: np.ndarray, scaling: Scaling) -> np.ndarray:
    """Variance of each statistic from its replicates.

    Parameters
    ----------
    estimates : ndarray of float, (replicates, ...)
        ``NaN`` where a replicate has nobody in the domain: it is left out, and where replicates
        are redraws the others are scaled up in its place.
    full : ndarray of float, (...)
        The full sample's estimates.
    scaling : Scaling

    Returns
    -------
    ndarray of float, (...)
        ``NaN`` where no replicate is left.
    """
    each = scaling.rscales.reshape(-1, *[1] * full.ndim)
    known = np.isfinite(estimates)
    counted = known & (each > 0)
    values = np.where(known, estimates, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(counted, values, 0).sum(axis=0) / counted.sum(axis=0)
        centre = full if scaling.mse else mean
        summed = (each * np.where(known, values - centre, 0) ** 2).sum(axis=0)
        kept = (each * known).sum(axis=0) / each.sum() if scaling.redraws else 1.0
        return np.where(counted.any(axis=0), scaling.scale * summed / kept, np.nan)


def replicate_covariance(estimates: np.ndarray, full: np.ndarray, scaling: Scaling) -> np.ndarray:
    """Covariance matrix of statistics from their replicates.

    Parameters
    ----------
    estimates : ndarray of float, (replicates, statistics)
        A replicate that lacks one statistic is left out for all.
    full : ndarray of float, (statistics,)
    scaling : Scaling

    Returns
    -------
    ndarray of float, (statistics, statistics)
    """
    known = np.isfinite(estimates).all(axis=1)
    values, each = estimates[known], scaling.rscales[known]
    centre = full if scaling.mse else values[each > 0].mean(axis=0)
    apart = (values - centre) * np.sqrt(each)[:, None]
    kept = each.sum() / scaling.rscales.sum() if scaling.redraws else 1.0
    return scaling.scale * apart.T @ apart / kept


def given_degrees(weights: np.ndarray) -> int:
    """Rank of the replicate weights of those in a base, less 1, as R's ``degf`` has it.

    Parameters
    ----------
    weights : ndarray of float, (respondents, replicates)

    Returns
    -------
    int
    """
    from scipy.linalg import qr

    if not len(weights):
        return 0
    triangle = qr(np.linalg.qr(weights, mode="r"), mode="r", pivoting=True)[0]
    size = np.abs(np.diag(triangle))
    return int((size > 1e-5 * size[0]).sum()) - 1


def jackknife_variances(design: Design, totals: Totals, kind: str, mse: bool = False) -> np.ndarray:
    """Variance by leaving one cluster out at a time, in closed form over the totals of clusters.

    Leaving cluster k of stratum h out takes a total T to T + (S_h - n_h t_k) / (n_h - 1), with
    S_h the stratum's total (Wolter 2007, section 4.5); its squared deviation counts
    (1 - n_h/N_h)(n_h - 1)/n_h times. Clusters with nobody in the group share one replicate.

    Parameters
    ----------
    design : Design
        Its first stage. Lonely strata are passed over under ``certainty``; under ``average``
        the others stand in for them, as in R's ``jknweights``.
    totals : Totals
    kind : {'ratio', 'total'}
    mse : bool
        As `Scaling`.

    Returns
    -------
    ndarray of float, (groups, columns)
    """
    _require_rule(design, ("certainty", "average"))
    stage = design.stages[0]
    unit, group, above, below = _by_cluster(stage, totals)
    stratum = _unit_strata(stage)[unit]
    cell, place = pairs_of(stratum, group, totals.groups)
    members = np.bincount(cell, minlength=len(place))
    sampled = stage.sampled[place // totals.groups]
    full = [sum_by(group, totals.groups, part) for part in (above, below)]
    left, none = [], []
    for part, whole in zip((above, below), full, strict=True):
        of_stratum = sum_by(cell, len(place), part)
        rest = np.maximum(sampled - 1, 1)[:, None]
        none.append(whole[place % totals.groups] + of_stratum / rest)
        left.append(none[-1][cell] - (sampled[cell] / rest[cell, 0])[:, None] * part)
    weight = _leave_out_factors(design.lonely, stage)
    replicate = np.vstack([_statistic(kind, *left), _statistic(kind, *none)])
    of_group = np.concatenate([group, place % totals.groups])
    number = np.concatenate([np.ones(len(unit)), sampled - members])
    each = weight[np.concatenate([stratum, place // totals.groups])]
    elsewhere = _elsewhere(stage, weight, place, totals.groups)
    return _weighted_variance(
        replicate, of_group, number, each, elsewhere, _statistic(kind, *full), mse
    )


def bootstrap_multipliers(design: Design, replicates: int, seed: int) -> np.ndarray:
    """Weights of clusters in bootstrap replicates, as multiples of their own.

    Of each stratum's n clusters n - 1 are drawn with replacement, and a cluster drawn r times
    counts 1 - c + c r n / (n - 1), with c the root of 1 - n/N (Rao and Wu 1988; Rao, Wu and Yue
    1992). Without a population that is R's ``subbootstrap``.

    Parameters
    ----------
    design : Design
        Its first stage.
    replicates : int
        How many to draw.
    seed : int
        Of numpy's generator: the same seed gives the same replicates.

    Returns
    -------
    ndarray of float, (replicates, clusters)

    Raises
    ------
    DesignError
        A stratum with a single cluster, unless it is taken with certainty.
    """
    _require_rule(design, ("certainty",))
    stage = design.stages[0]
    stratum = _unit_strata(stage)
    generator = np.random.default_rng(seed)
    multipliers = np.ones((replicates, len(stratum)))
    for code, count in enumerate(stage.sampled.astype(int)):
        if count > 1:
            drawn = generator.multinomial(count - 1, np.full(count, 1 / count), size=replicates)
            shrink = np.sqrt(max(1 - count / stage.population[code], 0))
            multipliers[:, stratum == code] = 1 - shrink + shrink * drawn * count / (count - 1)
    return multipliers


def made_estimates(
    design: Design, totals: Totals, multipliers: np.ndarray, kind: str
) -> np.ndarray:
    """Statistics of every made replicate.

    Parameters
    ----------
    design : Design
    totals : Totals
    multipliers : ndarray of float, (replicates, clusters)
    kind : {'ratio', 'total'}

    Returns
    -------
    ndarray of float, (replicates, groups, columns)
    """
    unit, group, above, below = _by_cluster(design.stages[0], totals)
    out = np.full((len(multipliers), totals.groups, above.shape[1]), np.nan)
    both = np.hstack([above, below])
    for code in range(totals.groups):
        here = np.flatnonzero(group == code)
        replicate = multipliers[:, unit[here]] @ both[here]
        out[:, code] = _statistic(kind, *np.hsplit(replicate, 2))
    return out


def _statistic(kind: str, above: np.ndarray, below: np.ndarray) -> np.ndarray:
    if kind == "total":
        return above
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 0, above / below, np.nan)


def _require_rule(design: Design, rules: tuple[str, ...]) -> None:
    alone = int((design.stages[0].sampled == 1).sum())
    if alone and design.lonely not in ("fail", *rules):
        raise DesignError(
            f"lonely_psu = {design.lonely!r} does not go with made replicates of this kind.",
            found=f"{alone} strata with a single cluster",
            expected=" or ".join(rules),
            do="join strata, or change lonely_psu",
        )


def _by_cluster(
    stage: Stage, totals: Totals
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Totals of those in a base by cluster of the first stage: cluster, group, above, below."""
    cell, place = pairs_of(stage.unit[totals.leaf], totals.group, totals.groups)
    above, below = (sum_by(cell, len(place), part) for part in (totals.above, totals.below))
    return place // totals.groups, place % totals.groups, above, below


def _unit_strata(stage: Stage) -> np.ndarray:
    stratum = np.zeros(int(stage.unit.max()) + 1, dtype=int)
    stratum[stage.unit] = stage.stratum
    return stratum


def _leave_out_factors(lonely: str, stage: Stage) -> np.ndarray:
    """Factor of the squared deviation of each replicate, by the stratum that it thins."""
    several = stage.sampled > 1
    unsampled = 1 - stage.sampled / stage.population
    each = np.where(several, unsampled * (stage.sampled - 1) / stage.sampled, 0.0)
    if lonely == "average":
        each = each * stage.sampled.sum() / stage.sampled[each > 0].sum()
    return each


def _elsewhere(
    stage: Stage, each: np.ndarray, place: np.ndarray, groups: int
) -> tuple[np.ndarray, np.ndarray]:
    """Replicates that thin a stratum with nobody of the group: how many, and their factors."""
    count = stage.sampled * (each > 0)
    here = np.zeros((2, groups))
    np.add.at(here[0], place % groups, count[place // groups])
    np.add.at(here[1], place % groups, (count * each)[place // groups])
    return count.sum() - here[0], (count * each).sum() - here[1]


def _weighted_variance(
    replicate: np.ndarray,
    group: np.ndarray,
    number: np.ndarray,
    each: np.ndarray,
    elsewhere: tuple[np.ndarray, np.ndarray],
    full: np.ndarray,
    mse: bool,
) -> np.ndarray:
    """Sum of squared deviations of replicates that stand for `number` equal ones each."""
    groups, known = len(full), np.isfinite(replicate)
    value = np.where(known, replicate - full[group], 0.0)
    counted = known * (number * (each > 0))[:, None]
    centre = np.zeros_like(full)
    if not mse:
        total = sum_by(group, groups, counted * value)
        centre = total / np.maximum(sum_by(group, groups, counted) + elsewhere[0][:, None], 1)
    apart = known * (number * each)[:, None] * (value - centre[group]) ** 2
    return sum_by(group, groups, apart) + elsewhere[1][:, None] * centre**2
