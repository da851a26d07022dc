"""The design that a cohort declares for a table, and its stages on the reduced respondents."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce as fold
from typing import Any

import narwhals as nw
import numpy as np

from careersurvey.errors import DesignError
from careersurvey.inference.design import Design, lay_out, numbered
from careersurvey.inference.questions import not_numbers
from careersurvey.inference.replicates import MADE
from careersurvey.inference.totals import Reduced, rows_where
from careersurvey.inference.totals_columns import text_of

SETTINGS = (
    "weight",
    "strata",
    "clusters",
    "population",
    "lonely_psu",
    "replicate_weights",
    "replicate_method",
    "replicates",
    "seed",
    "scale",
    "rscales",
    "fay_rho",
    "mse",
    "df",
)


@dataclass(frozen=True)
class Sampling:
    """How a table was sampled, as declared: columns, not yet data.

    Attributes
    ----------
    weight : str or None
    strata, clusters : tuple of str
        One column a stage; `strata` may have fewer.
    population : tuple of str or float
        Units of each stage in the population: a column, or a number for all.
    respondents : bool
        Whether respondents are the units of the last stage that the variance needs.
    lonely : str
    replicate_weights : tuple of str
        Columns of given replicate weights.
    settings : mapping
        The declaration itself.
    """

    weight: str | None
    strata: tuple[str, ...]
    clusters: tuple[str, ...]
    population: tuple[str | float, ...]
    respondents: bool
    lonely: str
    replicate_weights: tuple[str, ...]
    settings: Mapping[str, Any]

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that tell leaves of the design apart."""
        return (*self.strata, *self.clusters)

    @property
    def made(self) -> str | None:
        """Method by which replicates are made, if they are."""
        return None if self.replicate_weights else self.settings.get("replicate_method")


def read_sampling(settings: Mapping[str, Any], columns: Collection[str], cohort: str) -> Sampling:
    """Read the design of a table.

    Parameters
    ----------
    settings : mapping
        ``[tables.NAME.design]`` of ``cohort.toml``.
    columns : collection of str
        Columns that the table has.
    cohort : str
        For messages.

    Returns
    -------
    Sampling
        Stages after the first without a population are left out: they add nothing.

    Raises
    ------
    DesignError
        A setting or column that is not known, or lists that do not fit one another.
    """
    _require_known(settings, cohort)
    strata, clusters = _listed(settings.get("strata")), _listed(settings.get("clusters"))
    population, weight = _listed(settings.get("population")), settings.get("weight")
    replicates = _replicate_columns(settings.get("replicate_weights"), columns)
    named = [one for one in (*strata, *clusters, *population) if isinstance(one, str)]
    _require_columns([*named, *([weight] if weight else [])], columns, cohort)
    _require_fit(strata, clusters, population, cohort)
    stages = max(len(clusters), len(population), 1)
    stages = min(stages, len(population) + 1)
    _require_replicates(settings, replicates, cohort)
    return Sampling(
        weight,
        strata[:stages],
        clusters[:stages],
        population[:stages],
        stages > len(clusters),
        settings.get("lonely_psu", "fail"),
        replicates,
        dict(settings),
    )


def require_numeric_design(sampling: Sampling, frame: nw.LazyFrame, cohort: str) -> None:
    """Hold weights and populations to being numbers.

    Raises
    ------
    DesignError
        Text where the design needs numbers: how many, the first ones and their rows.
    """
    schema = frame.collect_schema()
    weights = [sampling.weight] if sampling.weight else []
    for name in (*weights, *population_columns(sampling), *sampling.replicate_weights):
        if not schema[name].is_numeric():
            seen = not_numbers(frame, name)
            raise DesignError(
                f"{cohort}: {seen['bad']:,} of {seen['answers']:,} entries of {name} are not "
                "numbers.",
                found=seen["found"],
                expected="a column of numbers",
                where=seen["where"],
                do="correct the column, or name another in the design",
            )


def leaves(reduced: Reduced, sampling: Sampling, frame: nw.LazyFrame, cohort: str) -> np.ndarray:
    """Number the leaves of the design: the leaf of every row.

    Raises
    ------
    DesignError
        Respondents without a stratum or cluster, or clusters in two strata.
    """
    rows = len(reduced.sums["rows"])
    for key in sampling.keys:
        missing = int(reduced.sums["rows"][reduced.codes[key] < 0].sum())
        if missing:
            raise DesignError(
                f"{cohort}: {missing:,} of {int(reduced.sums['rows'].sum()):,} respondents have "
                f"no {key}.",
                expected="a stratum and a cluster for everyone",
                where=f"column {key}, {rows_where(frame, nw.col(key).is_null())}",
                do="fill the column, or leave these respondents out of the table",
            )
    if sampling.strata and sampling.clusters:
        _require_one_stratum(reduced, sampling.strata[0], sampling.clusters[0], frame, cohort)
    code = np.zeros(rows, dtype=int)
    for key in sampling.keys:
        code = code * max(len(reduced.labels[key]), 1) + reduced.codes[key]
        code = numbered(code)[0]
    return code


def design_of(reduced: Reduced, leaf: np.ndarray, sampling: Sampling) -> tuple[Design, np.ndarray]:
    """Lay the design out on its leaves.

    Returns
    -------
    Design, ndarray of float, (leaves,)
        The design and the weight that its populations imply, N / n over the stages.

    Raises
    ------
    DesignError
        As `design.lay_out`.
    """
    row_of_leaf = np.zeros(int(leaf.max()) + 1, dtype=int)
    row_of_leaf[leaf] = np.arange(len(leaf))
    label = {key: reduced.labels[key][reduced.codes[key][row_of_leaf]] for key in sampling.keys}
    rows = np.bincount(leaf, weights=reduced.sums["rows"])
    sizes = [_population(size, reduced, leaf, len(row_of_leaf)) for size in sampling.population]
    design = lay_out(
        [label[key] for key in sampling.clusters],
        [label[key] for key in sampling.strata],
        sizes,
        rows if sampling.respondents else None,
        sampling.lonely,
    )
    known = [stage for stage in design.stages if np.isfinite(stage.population).all()]
    implied = [(stage.population / stage.sampled)[stage.stratum] for stage in known]
    return design, fold(np.multiply, implied, np.ones(len(row_of_leaf)))


def population_columns(sampling: Sampling) -> list[str]:
    """Columns that hold a stage's population."""
    return [one for one in sampling.population if isinstance(one, str)]


def _require_one_stratum(
    reduced: Reduced, stratum: str, cluster: str, frame: nw.LazyFrame, cohort: str
) -> None:
    clusters, strata = len(reduced.labels[cluster]), len(reduced.labels[stratum])
    pairs = numbered(reduced.codes[cluster] * strata + reduced.codes[stratum])[1]
    times = np.bincount(pairs // strata, minlength=clusters)
    names = reduced.labels[cluster][times > 1].tolist()
    if names:
        listed = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        shared = text_of(cluster, frame.collect_schema()[cluster]).is_in(names)
        raise DesignError(
            f"{cohort}: {len(names):,} of {clusters:,} clusters lie in more than one stratum.",
            found=f"{cluster} {listed}",
            expected=f"one {stratum} for every {cluster}",
            where=f"columns {stratum} and {cluster}, {rows_where(frame, shared)}",
            do="correct the strata, or give clusters of different strata different identifiers",
        )


def _population(size: str | float, reduced: Reduced, leaf: np.ndarray, leaves: int) -> np.ndarray:
    if not isinstance(size, str):
        return np.full(leaves, float(size))
    low, high = reduced.sums[f"{size}:low"], reduced.sums[f"{size}:high"]
    missing = int(reduced.sums[f"{size}:missing"].sum())
    least, most = np.full(leaves, np.inf), np.full(leaves, -np.inf)
    np.minimum.at(least, leaf, low)
    np.maximum.at(most, leaf, high)
    varying = int((least != most).sum())
    if missing or varying:
        raise DesignError(
            f"The population in {size} is not one number for each stratum.",
            found=f"{missing:,} missing, {varying:,} clusters or strata in which it varies",
            where=f"column {size}",
            do="give every respondent of a stratum the same number",
        )
    return least


def _listed(given: Any) -> tuple:
    if given is None:
        return ()
    return tuple(given) if isinstance(given, list | tuple) else (given,)


def _replicate_columns(given: Any, columns: Collection[str]) -> tuple[str, ...]:
    found = []
    for pattern in _listed(given):
        found += [name for name in columns if fnmatch.fnmatchcase(name, pattern)]
    if given is not None and not found:
        raise DesignError(
            "No column is named as the replicate weights are.",
            found=", ".join(_listed(given)),
            expected="a name or a pattern such as repw*",
            where="cohort.toml, replicate_weights",
        )
    return tuple(dict.fromkeys(found))


def _require_known(settings: Mapping[str, Any], cohort: str) -> None:
    unknown = [name for name in settings if name not in SETTINGS]
    if unknown:
        raise DesignError(
            f"{cohort}: {len(unknown)} settings of a design are not known.",
            found=", ".join(unknown),
            expected=", ".join(SETTINGS),
            where="cohort.toml",
        )


def _require_columns(named: Sequence[str], columns: Collection[str], cohort: str) -> None:
    missing = [name for name in dict.fromkeys(named) if name not in columns]
    if missing:
        raise DesignError(
            f"{cohort}: {len(missing)} columns of the design are not in the table.",
            found=", ".join(missing),
            expected=", ".join(list(columns)[:12]) + (", ..." if len(columns) > 12 else ""),
            where="cohort.toml",
            do="name the columns as they are in the file",
        )


def _require_fit(strata: tuple, clusters: tuple, population: tuple, cohort: str) -> None:
    stages = max(len(clusters), len(population), 1)
    if len(population) > len(clusters) + 1 or len(strata) > stages:
        raise DesignError(
            f"{cohort}: the lists of the design do not fit one another.",
            found=f"{len(strata)} strata, {len(clusters)} clusters, {len(population)} populations",
            expected="an entry a stage; populations may have one more, for the respondents",
            where="cohort.toml",
            do="cross strata of one stage in a single column",
        )


def _require_replicates(settings: Mapping[str, Any], given: tuple[str, ...], cohort: str) -> None:
    method = settings.get("replicate_method")
    if given and not settings.get("weight"):
        raise DesignError(
            f"{cohort}: replicate weights stand beside a weight, and none is named.",
            where="cohort.toml",
            do="name the weight of the full sample",
        )
    if given and method is None:
        raise DesignError(
            f"{cohort}: the method of the replicate weights is not named.",
            expected="JK1, JKn, BRR, Fay or bootstrap",
            where="cohort.toml, replicate_method",
        )
    if not given and method is not None and method not in MADE:
        raise DesignError(
            f"{cohort}: replicates of method {method!r} are not made, only read.",
            expected=", ".join(MADE),
            where="cohort.toml",
            do="name the columns under replicate_weights, or choose one of these",
        )
