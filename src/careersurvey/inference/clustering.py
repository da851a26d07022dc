"""What an interval would be if people of one school answered alike: numbers for a what-if."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from careersurvey.inference.intervals import design_limits

CORRELATIONS = tuple(step / 100 for step in range(11))
UNEVENNESS = (0.0, 0.5, 1.0)
_NORMAL = 1e9


def design_effect(rho: ArrayLike, mean_size: float, cv: ArrayLike = 0.0) -> np.ndarray:
    """Variance of a share from whole clusters, over that of as many people drawn one by one.

    ``1 + ((1 + cv²) m̄ − 1) ρ``: Kish (1965) for clusters of one size, and for unequal sizes
    Eldridge, Ashby and Kerry (2006), *International Journal of Epidemiology* 35, 1292–1300.

    Parameters
    ----------
    rho : array_like of float
        Correlation of two answers from one cluster.
    mean_size : float
        People per cluster, at least 1 on average.
    cv : array_like of float
        Standard deviation of the clusters' sizes over their mean. 0 is the best case.

    Returns
    -------
    ndarray of float

    Raises
    ------
    ValueError
        A mean size below 1 or a negative `cv`.
    """
    if mean_size < 1 or (np.asarray(cv) < 0).any():
        raise ValueError("clusters have at least one person on average, and cv is not negative")
    return 1 + ((1 + np.square(cv)) * mean_size - 1) * np.asarray(rho)


def widened(
    share: float,
    base_n: int,
    mean_size: float,
    *,
    level: float = 0.95,
    rhos: Sequence[float] = CORRELATIONS,
    cvs: Sequence[float] = UNEVENNESS,
) -> pd.DataFrame:
    """Interval of a share for each intra-cluster correlation and each unevenness of clusters.

    Parameters
    ----------
    share : float
        The share of the base.
    base_n : int
        People who answered.
    mean_size : float
        People per cluster.
    level : float
        Confidence level, between 0 and 1.
    rhos, cvs : sequence of float
        Values as `design_effect` takes them.

    Returns
    -------
    DataFrame
        Columns ``cv``, ``rho``, ``deff``, ``conf_low``, ``conf_high`` and ``width``, shares from
        0 to 1. The interval is Wilson's on the base divided by ``deff`` (Clopper and Pearson's at 0
        and 1); at a correlation of 0 it is that of the printed count.
    """
    cv, rho = (grid.ravel() for grid in np.meshgrid(cvs, rhos, indexing="ij"))
    deff = design_effect(rho, mean_size, cv)
    variance = deff * share * (1 - share) / base_n
    low, high = design_limits(share, variance, base_n / deff, _NORMAL, level, "wilson")
    columns = {"cv": cv, "rho": rho, "deff": deff, "conf_low": low, "conf_high": high}
    return pd.DataFrame(columns).assign(width=high - low)


def widened_finding(
    estimates: pd.DataFrame, finding: str, people: str, clusters: str, *, level: float = 0.95
) -> pd.DataFrame:
    """Take the numbers of `widened` from what a report prints.

    Parameters
    ----------
    estimates : DataFrame
        The estimates table.
    finding : str
        Indicator of a share whose favoured answer is ``yes``.
    people, clusters : str
        Indicators that count the people who answered and the clusters they came from; of several
        printed counts the most exact is taken.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    DataFrame
        As `widened`; empty where respondents are at hand, whose design effects are estimated
        instead of assumed, and where one of the three numbers is unknown.
    """
    yes = (estimates["indicator"] == finding) & (estimates["category"] == "yes")
    known = yes & (estimates["evidence"] == "reported") & estimates["estimate"].notna()
    rows = estimates[known & estimates["base_n"].notna() & (estimates["domain"] == "all")]
    counts = [_exact_count(estimates, indicator) for indicator in (people, clusters)]
    if rows.empty or None in counts:
        return pd.DataFrame(columns=["cv", "rho", "deff", "conf_low", "conf_high", "width"])
    row = rows.iloc[0]
    return widened(row["estimate"], int(row["base_n"]), counts[0] / counts[1], level=level)


def _exact_count(estimates: pd.DataFrame, indicator: str) -> int | None:
    rows = estimates[(estimates["indicator"] == indicator) & (estimates["domain"] == "all")]
    exact = rows[(rows["count_low"] == rows["count_high"]).fillna(False)]
    return None if exact.empty else int(exact["count_low"].iloc[0])
