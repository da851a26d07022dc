"""Groups held against one another: whether they answer alike, how far they differ, and trends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from careersurvey.evidence.tables import COMPARED
from careersurvey.inference.intervals import symmetric
from careersurvey.inference.survey.domains import Domain
from careersurvey.inference.survey.numbers import of_sides
from careersurvey.inference.survey.statistics import (
    contrast,
    degrees_by_group,
    deviations_of,
    ratios,
    statistic_of,
)
from careersurvey.inference.survey.totals import Totals

LEAST_BASE, LEAST_CLUSTERS = 10, 4
_LEAST_EXPECTED, _OFTEN = 5.0, 0.8  # Cochran's floor: so many in four cells of five, 1 in each
_ROUNDING = 1e-12  # an error of no more than this part of a difference is that of its arithmetic


def associations(totals: Totals, domain: Domain, min_base: int) -> Iterator[dict]:
    """Test whether groups answer alike: a share's answers together, options one at a time."""
    for number, question in enumerate(totals.questions):
        if not question.is_share or domain.tells(question):
            continue
        own = [place for place, (of, *_) in enumerate(totals.statistics) if of == number]
        tests = {"": own}
        if question.measure == "multiple":
            tests = {name: [one] for name, one in zip(question.categories, own, strict=True)}
        for option, tested in tests.items():
            row = {"indicator": question.indicator.id, "category": option, "domain": domain.name}
            yield row | _test(totals, domain, tested, max(min_base, 1))


def differences(totals: Totals, domain: Domain, level: float, min_base: int) -> Iterator[dict]:
    """Compare groups two by two on every share, mean and ratio."""
    every = range(len(totals.statistics))
    wanted = [
        ({"group": group, "against": other}, {one: 1.0, two: -1.0}, every)
        for (one, group), (two, other) in combinations(enumerate(domain.groups), 2)
    ]
    return _contrasts(totals, domain, wanted, level, min_base)


def trends(totals: Totals, domain: Domain, level: float, min_base: int) -> Iterator[dict]:
    """Estimate by how much every share, mean and ratio changes from one group to the next."""
    wanted, base = [], totals.base(domain) > 0
    for there in np.unique(base, axis=1).T:  # a question may be of some groups alone
        if (places := np.flatnonzero(there)).size < 2:
            continue
        steps = places - places.mean()
        by_group = dict(zip(places.tolist(), steps / (steps**2).sum(), strict=True))
        label = f"{domain.groups[places[0]]} to {domain.groups[places[-1]]}, each step"
        own = np.flatnonzero((there == base.T).all(axis=1)).tolist()
        wanted.append(({"group": label, "against": ""}, by_group, own))
    return _contrasts(totals, domain, wanted, level, min_base)


def rao_scott(shares: np.ndarray, matrix: np.ndarray, degrees: float) -> dict[str, float]:
    """Second-order corrected test of independence in a two-way table (Rao and Scott 1984).

    Pearson's statistic is divided by the trace of the matrix of generalised design effects, and
    referred to F with Satterthwaite's degrees of freedom, as in Thomas and Rao (1987) and R's
    ``svychisq(statistic = "F")``. Nothing where the table or the design leaves no test.
    """
    from scipy.special import fdtrc

    rows, columns = shares.sum(axis=1) > 0, shares.sum(axis=0) > 0
    keep = np.flatnonzero(np.outer(rows, columns).ravel())
    table = shares[rows][:, columns]
    if min(table.shape) < 2 or degrees <= 0 or not matrix.any():
        return {}
    interactions = _interactions(*table.shape)
    cells = table.ravel()
    inverse = np.divide(1.0, cells, out=np.zeros_like(cells), where=cells > 0)
    weighted = interactions * inverse[:, None]
    of_design = weighted.T @ matrix[np.ix_(keep, keep)] @ weighted
    effects = np.linalg.solve(interactions.T @ weighted, of_design)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    statistic = ((table - expected) ** 2 / expected).sum() / np.trace(effects)
    numerator = np.trace(effects) ** 2 / np.trace(effects @ effects)
    p_value = fdtrc(numerator, numerator * degrees, statistic)
    found = {"statistic": statistic, "numerator_df": numerator}
    found |= {"denominator_df": numerator * degrees, "p_value": p_value}
    return {name: float(value) for name, value in found.items() if not np.isnan(p_value)}


def _contrasts(
    totals: Totals,
    domain: Domain,
    wanted: Sequence[tuple[dict[str, str], dict[int, float], Sequence[int]]],
    level: float,
    min_base: int,
) -> Iterator[dict]:
    """Rows of contrasts: what names them, groups by coefficient, and which statistics."""
    if totals.questions[0].measure not in COMPARED:
        return
    base, statistic = totals.base(domain), statistic_of(totals, domain)
    statistics = totals.statistics
    for named, by_group, columns in wanted:
        places, coefficients = list(by_group), np.zeros(len(domain.groups))
        coefficients[places] = list(by_group.values())
        value, error = contrast(totals, domain, statistic, coefficients)
        degrees = degrees_by_group(totals, domain.joined(places), totals.people)[1][0]
        for column in columns:
            number, question, category = statistics[column]
            own = base[places, column]
            if domain.tells(question):
                continue
            row = named | {
                "indicator": question.indicator.id,
                "category": category,
                "unit": question.indicator.unit,
                "domain": domain.name,
                "level": level,
                "base_n": int(own[0] if named["against"] else own.sum()),
                "base_against": int(own[1]) if named["against"] else None,
                "shown": bool(own.min() >= max(min_base, 1)),
            }
            if row["shown"]:
                given = value[column].item(), error[column].item(), int(degrees[number]), level
                row |= _with_limits(*given)
            yield row


def _with_limits(value: float, error: float, degrees: int, level: float) -> dict:
    from scipy.special import stdtr

    low, high = map(float, symmetric(value, error, degrees, level))
    row = {"estimate": value, "std_error": error, "degrees": degrees}
    row |= {"conf_low": low, "conf_high": high}
    tested = error > _ROUNDING * abs(value)
    return row | ({"p_value": float(2 * stdtr(degrees, -abs(value) / error))} if tested else {})


def _test(totals: Totals, domain: Domain, columns: Sequence[int], least: int) -> dict:
    """Row of one test, with the reason where there is none."""
    base = totals.base(domain)[:, columns[0]]
    people = totals.people[:, [totals.statistics[columns[0]][0]]]
    clusters = degrees_by_group(totals, domain, people)[0][:, 0]
    kept = (base >= least) & (clusters >= LEAST_CLUSTERS)
    together = domain.joined(np.flatnonzero(kept))
    found, degrees = (int(one[0, 0]) for one in degrees_by_group(totals, together, people))
    row = {
        "groups": int(kept.sum()),
        "left_out": "; ".join(np.array(domain.groups, dtype=object)[~kept]),
        "base_n": int(base[kept].sum()),
        "n_clusters": found,
        "reason": "",
    }
    if kept.sum() < 2:
        few = f"a base of {least} from {LEAST_CLUSTERS} clusters"
        return row | {"reason": f"fewer than two groups with {few}"}
    shares, matrix, counts = two_way(totals, domain, columns, kept)
    if (shares.sum(axis=0) > 0).sum() < 2:
        return row | {"reason": "all gave the same answer"}
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    expected = expected[:, counts.sum(axis=0) > 0]
    row["least_expected"] = float(expected.min())
    if expected.min() < 1 or (expected >= _LEAST_EXPECTED).mean() < _OFTEN:
        return row | {"reason": f"fewer than {_LEAST_EXPECTED:g} expected in too many cells"}
    if tested := rao_scott(shares, matrix, degrees):
        return row | tested
    why = "no degrees of freedom" if degrees < 1 else "the design leaves no error"
    return row | {"reason": why}


def two_way(
    totals: Totals, domain: Domain, columns: Sequence[int], kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of groups by answers, of all in the kept groups; their covariances; their counts."""
    cells, others = _answers(totals, columns)
    counts, groups, answers = domain.sums(cells[0])[kept], np.flatnonzero(kept), cells.shape[2]
    size, place = len(groups) * answers, totals.statistics[columns[0]][0]
    together = replace(
        totals,
        questions=(replace(totals.questions[place], categories=("",) * size),),
        people=totals.people[:, [place]],
        weight=totals.weight[:, [place]],
        with_known={
            name: _with_known(products[kept], columns, answers)
            for name, products in totals.with_known.items()
            if name == domain.name
        },
    )
    if totals.numbers.spread and totals.replicates is None:
        together, domain, cells, others = _by_answer(together, domain, cells)
    inside = (domain.code[:, None] == groups)[:, :, None]
    base = (cells[:, :, 0] + others[:, :, 0])[:, :, None, None]
    sides = (
        np.where(inside, one[:, :, None], other).reshape(*one.shape[:2], size)
        for one, other in ((cells, 0.0), (others, base))
    )
    together = replace(together, numbers=of_sides(together.design.of_respondents, *sides))
    whole = domain.joined(groups)
    statistic = ratios(together, whole)
    apart = deviations_of(together, whole, statistic).values
    shares = statistic.value.reshape(len(groups), -1)
    return shares, apart.T @ apart / statistic.over.T / statistic.over, counts


def _by_answer(
    totals: Totals, domain: Domain, cells: np.ndarray
) -> tuple[Totals, Domain, np.ndarray, np.ndarray]:
    """The same with a row for each answer, whose units are alike, as covariances need them."""
    row, answer = np.nonzero(cells[0])
    own, chosen = cells[:, row, answer, None], answer[:, None] == np.arange(cells.shape[2])
    apart = replace(totals, design=totals.design.at(row), people=own[0], weight=own[1])
    return apart, domain.at(row), own * chosen, own * ~chosen


def _answers(totals: Totals, columns: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Sums over respondents of each answer, and of the rest of the base; and over the others."""
    chose, others = (one[:, :, columns] for one in totals.sides)
    rest = others[:, :, 0] - chose[:, :, 1:].sum(axis=2)
    rest *= rest[0] > 0
    if not rest[0].any():
        return chose, others
    return np.dstack([chose, rest]), np.dstack([others, chose.sum(axis=2)])


def _with_known(products: np.ndarray, columns: Sequence[int], answers: int) -> np.ndarray:
    """Products with known totals of the weights of each cell, and of all others, as one group."""
    chose, base = products[:, 0][:, :, columns], products[:, :, :, columns[0]].sum(axis=1)
    rest = base - chose.sum(axis=2)
    cells = np.concatenate([chose, rest[:, :, None]], axis=2)[:, :, :answers]
    own = cells.swapaxes(0, 1).reshape(products.shape[2], -1)
    return np.array([[own, own.sum(axis=1, keepdims=True) - own]])


def _interactions(rows: int, columns: int) -> np.ndarray:
    """Interaction contrasts of a saturated loglinear model, cleared of the main effects."""
    row = np.repeat(np.eye(rows), columns, axis=0)
    column = np.tile(np.eye(columns), (rows, 1))
    main = np.hstack([row, column[:, 1:]])
    crossed = np.einsum("ij,ik->ijk", row[:, 1:], column[:, 1:]).reshape(rows * columns, -1)
    return crossed - main @ np.linalg.lstsq(main, crossed, rcond=None)[0]
