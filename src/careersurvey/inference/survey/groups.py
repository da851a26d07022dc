"""Groups held against one another: whether they answer alike, how far they differ, and trends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from careersurvey.inference.intervals import symmetric
from careersurvey.inference.survey.domains import Domain
from careersurvey.inference.survey.questions import Question
from careersurvey.inference.survey.replicates import centred, replicate_deviations, replicates_of
from careersurvey.inference.survey.statistics import (
    Statistic,
    contrast,
    degrees_within,
    deviations_of,
    statistic_of,
)
from careersurvey.inference.survey.totals import Totals
from careersurvey.inference.survey.variance import (
    Part,
    counts_of,
    covariance,
    scores_of,
    sum_by,
)

LEAST_BASE, LEAST_CLUSTERS = 10, 4
_LEAST_EXPECTED, _OFTEN = 5.0, 0.8  # Cochran's floor: so many in four cells of five, 1 in each


class Association(NamedTuple):
    """F statistic, its two degrees of freedom and its p value."""

    statistic: float
    numerator_df: float
    denominator_df: float
    p_value: float


def associations(
    totals: Totals, domain: Domain, cohort: str, min_base: int = LEAST_BASE
) -> Iterator[dict]:
    """Test whether the groups of a domain answer alike, question by question.

    A share's answers are tested together, the options of a select-all one at a time. A group with
    fewer than `min_base` in the base, or from fewer than four clusters, is left out of the test.
    There is no test where a table has too little to rest on (Cochran 1954): fewer than 5
    respondents expected in more than a fifth of its cells, or fewer than 1 in any.
    """
    for number, question in enumerate(totals.questions):
        if not question.is_share or domain.tells(question):
            continue
        own = [place for place, (one, _) in enumerate(totals.places) if one == number]
        together = [own] if question.measure == "share" else [[one] for one in own]
        for tested in together:
            option = "" if question.measure == "share" else question.categories[tested[0] - own[0]]
            row = {"cohort": cohort, "indicator": question.indicator.id, "category": option}
            yield row | {"domain": domain.name} | _test(totals, domain, tested, min_base)


def differences(
    totals: Totals,
    domain: Domain,
    cohort: str,
    level: float = 0.95,
    pairs: Sequence[tuple[str, str]] = (),
    min_base: int = LEAST_BASE,
) -> Iterator[dict]:
    """Compare groups two by two on every share, mean and ratio."""
    pairs = list(pairs) or list(combinations(domain.groups, 2))
    if strange := {name for pair in pairs for name in pair} - set(domain.groups):
        raise ValueError(f"{domain.name} has no group {', '.join(sorted(strange))}")
    if not _comparable(totals):
        return
    statistic = statistic_of(totals, domain)
    for pair in pairs:
        places = [domain.groups.index(name) for name in pair]
        wanted = np.zeros(len(domain.groups))
        wanted[places] = 1, -1
        yield from _contrasted(
            totals, domain, statistic, wanted, (cohort, *pair, level, min_base), places
        )


def trends(
    totals: Totals,
    domain: Domain,
    cohort: str,
    level: float = 0.95,
    min_base: int = LEAST_BASE,
) -> Iterator[dict]:
    """Estimate by how much every share, mean and ratio changes from one group to the next."""
    if not _comparable(totals):
        return
    statistic = statistic_of(totals, domain)
    base = sum_by(
        domain.code,
        len(domain.groups),
        np.broadcast_to(totals.base, (len(domain.code), len(totals.places))),
    )
    there = np.flatnonzero((base > 0).all(axis=1))
    if len(there) < 2:
        return
    wanted = np.zeros(len(domain.groups))
    wanted[there] = (there - there.mean()) / ((there - there.mean()) ** 2).sum()
    label = f"{domain.groups[there[0]]} to {domain.groups[there[-1]]}, each step"
    given = (cohort, label, "", level, min_base)
    yield from _contrasted(totals, domain, statistic, wanted, given, list(there))


def rao_scott(shares: np.ndarray, matrix: np.ndarray, degrees: float) -> Association:
    """Second-order corrected test of independence in a two-way table (Rao and Scott 1984).

    Pearson's statistic is divided by the trace of the matrix of generalised design effects, and
    referred to F with Satterthwaite's degrees of freedom, as in Thomas and Rao (1987) and R's
    ``svychisq(statistic = "F")``.
    """
    from scipy.special import fdtrc

    rows, columns = shares.sum(axis=1) > 0, shares.sum(axis=0) > 0
    keep = np.flatnonzero(np.outer(rows, columns).ravel())
    table = shares[rows][:, columns]
    if min(table.shape) < 2 or degrees <= 0 or not matrix.any():
        return Association(np.nan, np.nan, np.nan, np.nan)
    interactions = _interactions(*table.shape)
    cells = table.ravel()
    inverse = np.divide(1.0, cells, out=np.zeros_like(cells), where=cells > 0)
    weighted = interactions * inverse[:, None]
    effects = np.linalg.solve(
        interactions.T @ weighted, weighted.T @ matrix[np.ix_(keep, keep)] @ weighted
    )
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    statistic = ((table - expected) ** 2 / expected).sum() / np.trace(effects)
    numerator = np.trace(effects) ** 2 / np.trace(effects @ effects)
    denominator = numerator * degrees
    p_value = float(fdtrc(numerator, denominator, statistic))
    return Association(float(statistic), float(numerator), float(denominator), p_value)


def _comparable(totals: Totals) -> bool:
    """Whether groups can be compared: shares, means and ratios; not totals, nor quantiles."""
    return totals.questions[0].measure in ("share", "multiple", "mean", "ratio")


def _contrasted(
    totals: Totals,
    domain: Domain,
    statistic: Statistic,
    wanted: np.ndarray,
    given: tuple[str, str, str, float, int],
    places: Sequence[int],
) -> Iterator[dict]:
    """Rows of one contrast, a statistic each."""
    cohort, group, against, level, min_base = given
    base = sum_by(
        domain.code,
        len(domain.groups),
        np.broadcast_to(totals.base, (len(domain.code), len(totals.places))),
    )
    value, error = contrast(totals, domain, statistic, wanted)
    for column, (number, category) in enumerate(totals.places):
        question: Question = totals.questions[number]
        if domain.tells(question):
            continue
        own = base[places, column].astype(int)
        row = {
            "cohort": cohort,
            "indicator": question.indicator.id,
            "category": question.categories[category],
            "unit": question.indicator.unit,
            "domain": domain.name,
            "group": group,
            "against": against,
            "base_n": int(own[0]) if against else int(own.sum()),
            "base_against": int(own[1]) if against else None,
            "level": level,
            "shown": bool(own.min() >= max(min_base, 1)),
        }
        if row["shown"]:
            degrees = degrees_within(totals, domain, places, column)[1]
            row |= _with_limits(float(value[column]), float(error[column]), degrees, level)
        yield row


def _with_limits(value: float, error: float, degrees: int, level: float) -> dict:
    from scipy.special import stdtr

    row = {"estimate": value, "std_error": error, "degrees": degrees}
    if degrees < 1:
        return row
    low, high = symmetric(value, error, degrees, level)
    row |= {"conf_low": float(low), "conf_high": float(high)}
    return row | ({"p_value": float(2 * stdtr(degrees, -abs(value) / error))} if error else {})


def _test(totals: Totals, domain: Domain, columns: Sequence[int], min_base: int) -> dict:
    groups = len(domain.groups)
    base = sum_by(domain.code, groups, totals.base[:, columns[0]]).astype(int)
    clusters = [degrees_within(totals, domain, [code], columns[0])[0] for code in range(groups)]
    kept = (base >= max(min_base, 1)) & (np.array(clusters) >= LEAST_CLUSTERS)
    names = np.array(domain.groups, dtype=object)
    found, degrees = degrees_within(totals, domain, np.flatnonzero(kept), columns[0])
    row = {
        "groups": int(kept.sum()),
        "left_out": "; ".join(names[~kept]),
        "base_n": int(base[kept].sum()),
        "n_clusters": found,
        "reason": "",
    }
    if kept.sum() < 2:
        few = f"a base of {max(min_base, 1)} from {LEAST_CLUSTERS} clusters"
        return row | {"reason": f"fewer than two groups with {few}"}
    shares, matrix, counts = two_way(totals, domain, columns, kept)
    if (shares.sum(axis=0) > 0).sum() < 2:
        return row | {"reason": "all gave the same answer"}
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    expected = expected[:, counts.sum(axis=0) > 0]
    row["least_expected"] = float(expected.min())
    if expected.min() < 1 or (expected >= _LEAST_EXPECTED).mean() < _OFTEN:
        return row | {"reason": f"fewer than {_LEAST_EXPECTED:g} expected in too many cells"}
    tested = rao_scott(shares, matrix, degrees)
    if np.isnan(tested.p_value):
        why = "no degrees of freedom" if degrees < 1 else "the design leaves no error"
        return row | {"reason": why}
    return row | tested._asdict()


def two_way(
    totals: Totals, domain: Domain, columns: Sequence[int], kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of a table of groups by answers, of everyone in the kept groups."""
    place = np.append(np.cumsum(kept) - 1, -1)
    code = np.where(np.append(kept, False)[domain.code], place[domain.code], -1)
    rows, groups = np.flatnonzero(code >= 0), int(kept.sum())
    code = code[rows]
    cells = [one.at(rows) for one in _answers(totals, columns)]
    sums = np.column_stack([sum_by(code, groups, one.total[:, 0]) for one in cells])
    counts = np.column_stack([sum_by(code, groups, one.people[:, 0]) for one in cells])
    shares = sums / sums.sum()
    parts = []
    for answer, one in enumerate(cells):
        own = np.zeros((len(rows), groups, len(cells)))
        own[np.arange(len(rows)), code, answer] = 1
        parts.append(one.times((own - shares).reshape(len(rows), -1)))
    return shares, _covariance(totals, rows, parts, scores_of(cells)), counts


def _covariance(
    totals: Totals, rows: np.ndarray, parts: Sequence[Part], below: np.ndarray
) -> np.ndarray:
    """Covariance of shares of one whole, whose scores stand side by side."""
    replicates = replicates_of(totals)
    code = np.full(len(totals.leaf), -1)
    code[rows] = 0
    if replicates is None:
        present = np.broadcast_to(counts_of(parts) > 0, parts[0].total.shape)
        wide = [
            Part(*(None if one is None else _of_all(one, rows, len(code)) for one in part))
            for part in parts
        ]
        there = _of_all(present, rows, len(code))
        return covariance(deviations_of(totals, code, 1, wide, there)) / below.sum() ** 2
    score = _of_all(scores_of(parts), rows, len(code))
    whole = _of_all(below, rows, len(code))
    over = np.broadcast_to(whole, score.shape)
    apart = replicate_deviations(replicates, code, 1, score, over)
    rows_of_one = centred(apart, replicates.scaling)[:, 0]
    return rows_of_one.T @ rows_of_one


def _of_all(values: np.ndarray, rows: np.ndarray, size: int) -> np.ndarray:
    """Values of some rows among all of them, 0 in the others."""
    out = np.zeros((size, values.shape[1]), dtype=values.dtype)
    out[rows] = values
    return out


def _answers(totals: Totals, columns: Sequence[int]) -> list[Part]:
    """Respondents of each answer, and the rest of the base where there is any."""
    chosen, others = totals.cells
    cells, rest = [chosen.of(one) for one in columns], others.of(columns[0])
    count = rest.people - sum(one.people for one in cells[1:])
    if not count.any():
        return cells
    weight = np.where(count > 0, rest.total - sum(one.total for one in cells[1:]), 0.0)
    if rest.root is None:
        return [*cells, Part(count, weight)]
    middle = rest.total / np.maximum(rest.people, 1)
    spread = rest.root**2 - count * (weight / np.maximum(count, 1) - middle) ** 2
    for one in cells[1:]:
        mean = one.total / np.maximum(one.people, 1)
        spread = spread - one.root**2 - one.people * (mean - middle) ** 2
    spread = np.where(count > 1, np.maximum(spread, 0.0), 0.0)
    return [*cells, Part(count, weight, np.sqrt(spread))]


def _interactions(rows: int, columns: int) -> np.ndarray:
    """Interaction contrasts of a saturated loglinear model, cleared of the main effects."""
    row = np.repeat(np.eye(rows), columns, axis=0)
    column = np.tile(np.eye(columns), (rows, 1))
    main = np.hstack([row, column[:, 1:]])
    crossed = np.einsum("ij,ik->ijk", row[:, 1:], column[:, 1:]).reshape(rows * columns, -1)
    return crossed - main @ np.linalg.lstsq(main, crossed, rcond=None)[0]
