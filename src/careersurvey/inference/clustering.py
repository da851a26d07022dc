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
    """Interval of a share for each intra-cluster correlation and each unevenness of clusters."""
    cv, rho = (grid.ravel() for grid in np.meshgrid(cvs, rhos, indexing="ij"))
    deff = design_effect(rho, mean_size, cv)
    variance = deff * share * (1 - share) / base_n
    low, high = design_limits(share, variance, base_n / deff, _NORMAL, level, "wilson")
    columns = {"cv": cv, "rho": rho, "deff": deff, "conf_low": low, "conf_high": high}
    return pd.DataFrame(columns).assign(width=high - low)


def widened_finding(
    estimates: pd.DataFrame, finding: str, people: str, clusters: str, *, level: float = 0.95
) -> pd.DataFrame:
    """Take the numbers of `widened` from what a report prints."""
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
