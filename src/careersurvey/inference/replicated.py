"""Replicate variances of a survey: from weights in its table, or made from its clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from careersurvey.errors import DesignError
from careersurvey.inference.design import Design
from careersurvey.inference.domains import break_down, key_of, whole
from careersurvey.inference.linearised import Estimates
from careersurvey.inference.questions import columns_of
from careersurvey.inference.replicates import (
    Scaling,
    bootstrap_multipliers,
    given_degrees,
    given_scaling,
    jackknife_variances,
    made_estimates,
    replicate_variances,
)
from careersurvey.inference.surveys import Broken, Survey, statistics_of, totals_of
from careersurvey.inference.totals import Reduced, each_row
from careersurvey.inference.variances import sum_by

_REPLICATES, _SEED = 500, 1


def made_variances(
    survey: Survey, broken: Sequence[Broken], found: Sequence[Estimates]
) -> list[Estimates]:
    """Put variances from made replicates in the place of linearised ones.

    Parameters
    ----------
    survey : Survey
        Its design's ``replicate_method`` is JK1, JKn or bootstrap; ``replicates`` and ``seed``
        are of the bootstrap.
    broken : sequence of Broken
    found : sequence of Estimates

    Returns
    -------
    list of Estimates
        Degrees of freedom are those of the clusters, and of a bootstrap at most its replicates
        less one.

    Raises
    ------
    DesignError
        JK1 on a stratified design, or a design without clusters.
    """
    settings, method = survey.sampling.settings, survey.sampling.made
    mse = bool(settings.get("mse", False))
    if method != "bootstrap":
        return [_jackknifed(survey, *pair, mse) for pair in zip(broken, found, strict=True)]
    replicates = replicates_of(survey)
    if replicates < 2:
        raise DesignError(
            f"{survey.cohort}: a bootstrap needs replicates.",
            found=f"replicates = {replicates}",
            expected="2 or more; 500 are usual",
        )
    scaling = scaling_of(survey)
    _require_clusters(broken[0])
    multipliers = draws_of(survey, broken[0].design)
    pairs = zip(broken, found, strict=True)
    return [_bootstrapped(one, estimates, multipliers, scaling) for one, estimates in pairs]


def given_estimates(
    survey: Survey, broken: Sequence[Broken], found: Sequence[Estimates]
) -> list[Estimates]:
    """Put variances from replicate weights of the table in the place of linearised ones.

    Weights of every respondent are held in memory: their rank gives the degrees of freedom.

    Parameters
    ----------
    survey : Survey
    broken : sequence of Broken
    found : sequence of Estimates

    Returns
    -------
    list of Estimates
    """
    by = [one.domain.name for one in broken[1:]]
    rows, weights = read_respondents(survey, by)
    people, scaling = statistics_of(survey, rows), scaling_of(survey)
    domains = [whole(len(weights))]
    domains += [break_down(one, rows, survey.linked, survey.codebook, survey.cohort) for one in by]
    out = []
    for domain, one in zip(domains, found, strict=True):
        inside = domain.code >= 0
        parts = [np.asarray(part)[inside] for part in (people.base, people.above, people.below)]
        out.append(
            _from_given(domain.code[inside], parts, weights[inside], people.total, one, scaling)
        )
    return out


def read_respondents(survey: Survey, by: Sequence[str]) -> tuple[Reduced, np.ndarray]:
    """Read the respondents one by one, with their replicate weights.

    Parameters
    ----------
    survey : Survey
    by : sequence of str
        Breakdowns whose variables are needed.

    Returns
    -------
    Reduced, ndarray of float, (respondents, replicates)

    Raises
    ------
    DesignError
        Replicate weights that are missing or not finite.
    """
    names = survey.sampling.replicate_weights
    source = replace(survey.source, weight=None, units={})
    schema = source.frame.collect_schema()
    columns: dict = {}
    for number, question in enumerate(survey.questions):
        columns |= columns_of(question, f"q{number}", schema, survey.sampling.respondents)
    variables = [name for one in by for name in one.split("*")]
    variables += [n for q in survey.questions for n, _ in q.among if n in survey.linked]
    keys = list(dict.fromkeys(key_of(name, survey.linked) for name in variables))
    rows = each_row(source, keys, columns, names)
    weights = np.column_stack([rows.sums[name] for name in names])
    _require_replicate_weights(weights, names)
    return rows, weights


def scaling_of(survey: Survey) -> Scaling:
    """Scale given replicate weights, or those of a bootstrap, as the design says.

    Parameters
    ----------
    survey : Survey
        Jackknives that are made are scaled stratum by stratum, and not here.

    Returns
    -------
    Scaling
    """
    settings = survey.sampling.settings
    mse = bool(settings.get("mse", False))
    if not survey.sampling.replicate_weights:
        return given_scaling("bootstrap", replicates_of(survey), mse=mse)
    return given_scaling(
        settings["replicate_method"],
        len(survey.sampling.replicate_weights),
        settings.get("scale"),
        settings.get("rscales"),
        settings.get("fay_rho"),
        mse,
    )


def replicates_of(survey: Survey) -> int:
    """How many bootstrap replicates the design asks for."""
    return int(survey.sampling.settings.get("replicates", _REPLICATES))


def draws_of(survey: Survey, design: Design) -> np.ndarray:
    """Draw the clusters of every bootstrap replicate, from the seed that the design names.

    Parameters
    ----------
    survey : Survey
    design : Design

    Returns
    -------
    ndarray of float, (replicates, clusters)
        What each cluster's weight is multiplied by.
    """
    seed = int(survey.sampling.settings.get("seed", _SEED))
    return bootstrap_multipliers(design, replicates_of(survey), seed)


def _from_given(
    group: np.ndarray,
    parts: Sequence[np.ndarray],
    weights: np.ndarray,
    total: np.ndarray,
    found: Estimates,
    scaling: Scaling,
) -> Estimates:
    """Variances and degrees of freedom of one breakdown; parts are base, above and below."""
    base, above, below = parts
    groups, columns = found.estimate.shape
    variance, degrees = np.full((groups, columns), np.nan), np.zeros((groups, columns), dtype=int)
    known: dict[bytes, int] = {}
    for column in range(columns):
        over = sum_by(group, groups, above[:, [column]] * weights)
        under = sum_by(group, groups, below[:, [column]] * weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            replicate = over if total[column] else np.where(under != 0, over / under, np.nan)
        variance[:, column] = replicate_variances(replicate.T, found.estimate[:, column], scaling)
        for code in range(groups):
            mask = (group == code) & (base[:, column] > 0)
            key = mask.tobytes()
            if key not in known:
                known[key] = given_degrees(weights[mask])
            degrees[code, column] = known[key]
    return Estimates(found.estimate, variance, found.base, found.clusters, degrees)


def _jackknifed(survey: Survey, broken: Broken, found: Estimates, mse: bool) -> Estimates:
    _require_clusters(broken)
    strata = len(broken.design.stages[0].sampled)
    if survey.sampling.made == "JK1" and strata > 1:
        raise DesignError(
            f"{survey.cohort}: JK1 is for samples without strata.",
            found=f"{strata} strata",
            do="set replicate_method to JKn",
        )
    variance = found.variance.copy()
    total = broken.statistics.total
    for mask, kind in ((~total, "ratio"), (total, "total")):
        if mask.any():
            totals = totals_of(broken, mask)
            variance[:, mask] = jackknife_variances(broken.design, totals, kind, mse)
    return Estimates(found.estimate, variance, found.base, found.clusters, found.degrees)


def _bootstrapped(
    broken: Broken, found: Estimates, multipliers: np.ndarray, scaling: Scaling
) -> Estimates:
    variance = found.variance.copy()
    total = broken.statistics.total
    for mask, kind in ((~total, "ratio"), (total, "total")):
        if mask.any():
            replicate = made_estimates(broken.design, totals_of(broken, mask), multipliers, kind)
            variance[:, mask] = replicate_variances(replicate, found.estimate[:, mask], scaling)
    degrees = np.minimum(found.degrees, len(multipliers) - 1)
    return Estimates(found.estimate, variance, found.base, found.clusters, degrees)


def _require_clusters(broken: Broken) -> None:
    if broken.design.stages[0].unit is None:
        raise DesignError(
            "Replicates are made by leaving clusters out or drawing them again, and this design "
            "has none.",
            do="name the clusters, or leave replicate_method out",
        )


def _require_replicate_weights(weights: np.ndarray, names: Sequence[str]) -> None:
    bad = ~np.isfinite(weights)
    if bad.any():
        columns = [name for name, column in zip(names, bad.any(axis=0), strict=True) if column]
        first = np.flatnonzero(bad.any(axis=1))[:5] + 1
        raise DesignError(
            f"{int(bad.sum()):,} of {weights.size:,} replicate weights are missing or not finite.",
            found=", ".join(columns[:5]) + (", ..." if len(columns) > 5 else ""),
            where=f"rows {', '.join(map(str, first))} of the answers",
            do="complete the replicate weights",
        )
