"""Whether two classifications of one sample are associated, allowing for its design."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Association(NamedTuple):
    """F statistic, its two degrees of freedom and its p value."""

    statistic: float
    numerator_df: float
    denominator_df: float
    p_value: float


def rao_scott(shares: np.ndarray, covariance: np.ndarray, degrees: float) -> Association:
    """Second-order corrected test of independence in a two-way table (Rao and Scott 1984).

    Pearson's statistic is divided by the trace of the matrix of generalised design effects, and
    referred to F with Satterthwaite's degrees of freedom, as in Thomas and Rao (1987) and R's
    ``svychisq(statistic = "F")``.

    Parameters
    ----------
    shares : ndarray of float, (rows, columns)
        Estimated shares of the whole table. Rows and columns that are 0 throughout are dropped.
    covariance : ndarray of float, (rows * columns, rows * columns)
        Their covariance matrix, in the order of ``shares.ravel()``.
    degrees : float
        Degrees of freedom of the design.

    Returns
    -------
    Association
        ``NaN`` throughout where fewer than two rows or columns are left, no degrees, or no error.
    """
    from scipy.special import fdtrc

    rows, columns = shares.sum(axis=1) > 0, shares.sum(axis=0) > 0
    keep = np.flatnonzero(np.outer(rows, columns).ravel())
    table = shares[rows][:, columns]
    if min(table.shape) < 2 or degrees <= 0 or not covariance.any():
        return Association(np.nan, np.nan, np.nan, np.nan)
    contrast = _interactions(*table.shape)
    cells = table.ravel()
    inverse = np.divide(1.0, cells, out=np.zeros_like(cells), where=cells > 0)
    weighted = contrast * inverse[:, None]
    effects = np.linalg.solve(
        contrast.T @ weighted, weighted.T @ covariance[np.ix_(keep, keep)] @ weighted
    )
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    statistic = ((table - expected) ** 2 / expected).sum() / np.trace(effects)
    numerator = np.trace(effects) ** 2 / np.trace(effects @ effects)
    denominator = numerator * degrees
    p_value = float(fdtrc(numerator, denominator, statistic))
    return Association(float(statistic), float(numerator), float(denominator), p_value)


def _interactions(rows: int, columns: int) -> np.ndarray:
    """Interaction contrasts of a saturated loglinear model, cleared of the main effects."""
    row = np.repeat(np.eye(rows), columns, axis=0)
    column = np.tile(np.eye(columns), (rows, 1))
    main = np.hstack([row, column[:, 1:]])
    crossed = np.einsum("ij,ik->ijk", row[:, 1:], column[:, 1:]).reshape(rows * columns, -1)
    return crossed - main @ np.linalg.lstsq(main, crossed, rcond=None)[0]
