"""Deviations of replicates from the whole sample: of given weights, or made from clusters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from careersurvey.errors import DesignError
from careersurvey.evidence.settings import DesignSettings
from careersurvey.inference.survey.design import Design, numbered
from careersurvey.inference.survey.totals import Totals
from careersurvey.inference.survey.variance import Deviations, sum_by
from careersurvey.inference.survey.weighting import multiples

_REPLICATES, _SEED = 500, 1
_KNOWN: WeakKeyDictionary[Totals, Replicates | None] = WeakKeyDictionary()


class Scaling(NamedTuple):
    """How squared deviations of replicates become a variance."""

    each: np.ndarray  # factor of each replicate
    mse: bool  # whether deviations are from the whole sample's estimate, or the replicates' mean
    redraws: bool  # repetitions of one experiment, which make up for those without the domain


class Replicates(NamedTuple):
    """How replicates sum rows, and how they scale."""

    #: Of places of rows and values of all rows: the sums by replicate, (replicates, columns).
    summed: Callable[[np.ndarray, np.ndarray], np.ndarray]
    scaling: Scaling
    #: Of which rows are in a base, and its clusters less strata: the degrees of freedom.
    degrees: Callable[[np.ndarray, int], int]


def replicates_of(totals: Totals) -> Replicates | None:
    """Prepare the replicates that a design declares; None where variances are linearised."""
    if totals not in _KNOWN:
        found = _declared(totals)
        moved = found is not None and totals.moved is not None
        _KNOWN[totals] = _moved(found, totals) if moved else found
    return _KNOWN[totals]


def _declared(totals: Totals) -> Replicates | None:
    settings = totals.settings
    if totals.replicates is not None:
        return _given(totals, settings)
    if settings.replicate_method is None:
        return None
    made = _bootstrap if settings.replicate_method == "bootstrap" else _jackknife
    return made(totals, settings)


def _moved(replicates: Replicates, totals: Totals) -> Replicates:
    """Move the weights of every replicate to the known totals, as the whole sample's were."""
    moved = totals.moved
    x, cell = moved.x, moved.cell
    places = [np.flatnonzero(cell == one) for one in range(len(x))]
    sizes = np.hstack([replicates.summed(one, moved.before[:, None]) for one in places])
    of_cell = np.array([multiples(moved.model, x, own, "a replicate") for own in sizes])
    if totals.replicates is not None:
        again = totals.replicates * (of_cell.T[cell] * moved.back[:, None])
        return _given(replace(totals, replicates=again), totals.settings)

    def summed(rows: np.ndarray, values: np.ndarray) -> np.ndarray:
        out, before = np.zeros((len(of_cell), values.shape[1])), values * moved.back[:, None]
        for one in np.unique(cell[rows]):
            out += of_cell[:, [one]] * replicates.summed(rows[cell[rows] == one], before)
        return out

    return replicates._replace(summed=summed)


def replicate_deviations(
    replicates: Replicates,
    group: np.ndarray,
    groups: int,
    score: np.ndarray,
    below: np.ndarray | None,
) -> np.ndarray:
    """How far each replicate's statistics are from the whole sample's."""
    columns = score.shape[1]
    both = score if below is None else np.hstack([score, below])
    out = np.empty((len(replicates.scaling.each), groups, columns))
    for code in range(groups):
        places = np.flatnonzero(group == code)
        sums = replicates.summed(places, both)
        if below is None:
            out[:, code] = sums - score[places].sum(axis=0)
        else:
            over = sums[:, columns:]
            with np.errstate(invalid="ignore", divide="ignore"):
                out[:, code] = np.where(over != 0, sums[:, :columns] / over, np.nan)
    return out


def centred(apart: np.ndarray, scaling: Scaling) -> np.ndarray:
    """Deviations of replicates as rows whose squares add to a variance."""
    each = scaling.each.reshape(-1, *[1] * (apart.ndim - 1))
    known = np.isfinite(apart)
    counted = known & (each > 0)
    values = np.where(known, apart, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (values * counted).sum(axis=0) / counted.sum(axis=0)
        kept = (each * known).sum(axis=0) / each.sum() if scaling.redraws else 1.0
        rows = np.sqrt(each / kept) * known * (values - (0.0 if scaling.mse else mean))
    return np.where(counted.any(axis=0) | ~each.any(), rows, np.nan)


def as_deviations(apart: np.ndarray) -> Deviations:
    """Lay (replicates, groups, statistics) out as rows of groups."""
    replicates, groups, columns = apart.shape
    return Deviations(np.tile(np.arange(groups), replicates), apart.reshape(-1, columns))


def given_scaling(settings: DesignSettings, replicates: int) -> Scaling:
    """Scale replicate weights that came with the data, as R's ``svrepdesign`` has it.

    Unless ``scale`` says otherwise: JK1 (R - 1)/R, BRR 1/R, Fay 1/(R (1 - rho)^2),
    bootstrap 1/(R - 1), successive-difference 4/R, JKn 1.
    """
    method = settings.replicate_method
    own = {
        "JK1": (replicates - 1) / replicates,
        "BRR": 1 / replicates,
        "Fay": 1 / (replicates * (1 - (settings.fay_rho or 0)) ** 2),
        "bootstrap": 1 / max(replicates - 1, 1),
        "successive-difference": 4 / replicates,
        "JKn": 1.0,
    }[method]
    fixed = method in ("BRR", "Fay") or settings.scale is None
    each = np.ones(replicates) if settings.rscales is None else np.array(settings.rscales, float)
    each = np.full(replicates, each[0]) if len(each) == 1 else each
    if len(each) != replicates:
        raise DesignError(
            "rscales and the replicate weights do not match.",
            found=f"{len(each)} rscales",
            expected=f"{replicates}, or one for all",
        )
    redraws = method in ("BRR", "Fay", "bootstrap")
    return Scaling((own if fixed else settings.scale) * each, settings.mse, redraws)


def rank_less_one(weights: np.ndarray) -> int:
    """Degrees of freedom of given replicate weights of a base, as R's ``degf`` has them."""
    from scipy.linalg import qr

    if not len(weights):
        return 0
    triangle = qr(np.linalg.qr(weights, mode="r"), mode="r", pivoting=True)[0]
    size = np.abs(np.diag(triangle))
    return int((size > 1e-5 * size[0]).sum()) - 1


def multipliers(design: Design, replicates: int, seed: int) -> np.ndarray:
    """Weights of clusters in bootstrap replicates, as multiples of their own: a row a cluster.

    Of each stratum's n clusters n - 1 are drawn with replacement, and a cluster drawn r times
    counts 1 - c + c r n / (n - 1), with c the root of 1 - n/N (Rao and Wu 1988; Rao, Wu and Yue
    1992). Without a population that is R's ``subbootstrap``.
    """
    stage, generator = design.stages[0], np.random.default_rng(seed)
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


def _given(totals: Totals, settings: DesignSettings) -> Replicates:
    multiples = totals.replicates
    weight = totals.cells[0].total + (totals.cells[1].total if len(totals.cells) > 1 else 0)
    known: dict[bytes, int] = {}

    def degrees(inside: np.ndarray, _: int) -> int:
        key = np.packbits(inside).tobytes()
        if key not in known:
            own = weight[inside].max(axis=1, initial=0)
            known[key] = rank_less_one(multiples[inside] * own[:, None])
        return known[key]

    def summed(places: np.ndarray, values: np.ndarray) -> np.ndarray:
        return multiples[places].T @ values[places]

    return Replicates(summed, given_scaling(settings, multiples.shape[1]), degrees)


def _bootstrap(totals: Totals, settings: DesignSettings) -> Replicates:
    count = settings.replicates or _REPLICATES
    drawn = multipliers(totals.design, count, _SEED if settings.seed is None else settings.seed)
    unit = totals.design.stages[0].unit[totals.leaf]

    def summed(places: np.ndarray, values: np.ndarray) -> np.ndarray:
        at, clusters = numbered(unit[places])
        return drawn[clusters].T @ sum_by(at, len(clusters), values[places])

    scaling = Scaling(np.full(count, 1 / (count - 1)), settings.mse, redraws=True)
    return Replicates(summed, scaling, lambda _, found: min(found, count - 1))


def _jackknife(totals: Totals, settings: DesignSettings) -> Replicates:
    """Leave cluster k of stratum h out: T + (S_h - n_h t_k) / (n_h - 1) (Wolter 2007, 4.5)."""
    stage = totals.design.stages[0]
    unit, stratum = stage.unit[totals.leaf], stage.unit_strata
    sampled = stage.sampled[stratum][:, None]

    def summed(places: np.ndarray, values: np.ndarray) -> np.ndarray:
        own = sum_by(unit[places], len(stratum), values[places])
        of_stratum = sum_by(stratum, len(stage.sampled), own)[stratum]
        found = own.sum(axis=0) + (of_stratum - sampled * own) / np.maximum(sampled - 1, 1)
        alone = (own != 0).sum(axis=0) - (own != 0) == 0  # no digit is left of who is alone
        return np.where(alone, 0.0, found)

    each = stage.unsampled * (stage.sampled - 1) / stage.sampled
    if totals.design.lonely == "average":
        each = each * stage.sampled.sum() / stage.sampled[each > 0].sum()
    scaling = Scaling(each[stratum], settings.mse, redraws=False)
    return Replicates(summed, scaling, lambda _, found: found)
