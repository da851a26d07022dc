"""Estimates from printed figures: one row a statement, vagueness and sampling kept apart.

And what an interval would be if people of one school answered alike: numbers for a what-if.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, SupportsFloat

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.readings import counts_on
from careersurvey.evidence.printed.statements import read_statements, share_of
from careersurvey.inference.columns import ESTIMATES, lay_out
from careersurvey.inference.intervals import Limits, design_limits, limits

NOT_COUNTED = ("date", "money", "rank", "text")
_WHOLE = ("base_low", "base_high", "count_low", "count_high")
_LIMITS = ["conf_low", "conf_high"]
_NUMBERS = ["count_low", "count_high", "estimate", "estimate_low", "estimate_high", *_LIMITS]
_METHOD = ["level", "method"]
#: What is tried where a report says nothing of how alike the people of one school answer.
CORRELATIONS = tuple(step / 100 for step in range(11))
UNEVENNESS = (0.0, 0.5, 1.0)
_NORMAL = 1e9
# Of a hedged base of more numbers than these, as many are tried from the least to the greatest.
_MOST_BASES = 10_000


def estimate_printed(
    cohort: Cohort,
    level: float = 0.95,
    interval: str = "wilson",
    readings: str | Path | None = None,
    wide: bool = False,
    min_base: int = 0,
) -> pd.DataFrame:
    """Estimate every printed statement of a cohort, a row each, as `estimates.estimate` has it.

    The share is that of the population that the base would be a simple random sample of; what
    the base really is, the cohort's ``sampling`` says. ``conf_low`` to ``conf_high`` is the least
    and greatest limit over every count and base that the reading allows. ``estimate`` is the share
    of a single count, else the printed share where the reading admits it; a verbal quantifier, a
    one-sided wording and "just over half" have none, since any dot would be invented. A mean or
    other number stands as it is; what is no count keeps its row and has no numbers.
    """
    statements = read_statements(cohort, readings=readings, wide=wide)
    rows = [_estimated(row, level, interval) for row in statements.to_dict("records")]
    numbers = pd.DataFrame(rows, index=statements.index, columns=["base_n", *_NUMBERS, *_METHOD])
    whole = statements["base_id"].map(cohort.about.selection.get).eq("census")
    numbers.loc[whole | bool(cohort.about.no_interval), [*_LIMITS, *_METHOD]] = None
    named = statements[["indicator", "category", "unit", "domain", "group"]]
    named = named.replace({"domain": {"": "all"}, "group": {"": "all"}})
    under = (statements["base_high"] < min_base).fillna(False).astype(bool)
    named = named.assign(cohort=cohort.id, evidence="reported", statements=statements["id"])
    table = named.join(numbers).assign(shown=~under)
    table.loc[under, _NUMBERS] = None  # the rows and their bases stay
    return lay_out(table, ESTIMATES)


def widened(share: float, base_n: int, mean_size: float, *, level: float = 0.95) -> pd.DataFrame:
    """Interval of a share for each intra-cluster correlation and each unevenness of clusters.

    The variance is ``1 + ((1 + cv²) m̄ − 1) ρ`` times that of as many people drawn one by one: Kish
    (1965) for clusters of one size, and for unequal sizes Eldridge, Ashby and Kerry (2006),
    *International Journal of Epidemiology* 35, 1292–1300.
    """
    cv, rho = map(np.ravel, np.meshgrid(UNEVENNESS, CORRELATIONS, indexing="ij"))
    deff = 1 + ((1 + np.square(cv)) * mean_size - 1) * rho
    variance = deff * share * (1 - share) / base_n
    low, high = design_limits(share, variance, base_n / deff, _NORMAL, level, "wilson")
    columns = {"cv": cv, "rho": rho, "deff": deff, "conf_low": low, "conf_high": high}
    return pd.DataFrame(columns).assign(width=high - low)


def widened_finding(
    estimates: pd.DataFrame, finding: str, people: str, clusters: str, *, level: float = 0.95
) -> pd.DataFrame:
    """Take the numbers of `widened` from what a report prints; no rows where one is lacking."""
    printed = estimates[(estimates["evidence"] == "reported") & (estimates["domain"] == "all")]
    exact = printed[(printed["count_low"] == printed["count_high"]).fillna(False)]
    counts = exact.drop_duplicates("indicator").set_index("indicator")["count_low"]
    known = printed.dropna(subset=["estimate", "base_n"])
    found = known[(known["indicator"] == finding) & (known["category"] == "yes")]
    many, few = (counts.get(one, 0) for one in (people, clusters))
    if found.empty or not many >= few > 0:
        return pd.DataFrame(columns=["cv", "rho", "deff", "conf_low", "conf_high", "width"])
    row = found.iloc[0]
    return widened(row["estimate"], int(row["base_n"]), many / few, level=level)


def _estimated(row: dict, level: float, interval: str) -> dict:
    """Work out the numbers of one statement."""
    if row["form"] in NOT_COUNTED:
        return {"base_n": None}
    row = row | {name: None if pd.isna(row[name]) else int(row[name]) for name in _WHOLE}
    low, high = row["base_low"], row["base_high"]
    base = {"base_n": low if low == high else None}
    is_uncounted = row["share_low"] is not None and None in (high, row["count_low"])
    if row["form"] == "number" or is_uncounted:
        return base | _number(row)
    return base | _on_bases(row, level, interval)


def _number(row: dict) -> dict:
    """Give a mean, a number or a share of an unknown base as it stands: it has no interval."""
    if row["share_low"] is None:
        low, high = row["count_low"], row["count_high"]
        return _estimates(low if low == high else None, low, high)
    return _estimates(_admitted(row), row["share_low"], row["share_high"])


def _on_bases(row: dict, level: float, interval: str) -> dict:
    """Least and greatest share, and limit, over every count and base that the reading allows."""
    counts = {name: row[name] for name in ("count_low", "count_high")}
    if row["base_high"] is None or row["count_low"] is None:
        return counts
    span = max(row["base_low"], 1), row["base_high"]
    bases, low, high = counts_on_bases([row], *span)
    if not len(bases):  # a share that no base meets was read as the counts nearest to it
        bases, low, high = counts_on_bases([row | {"share_low": None}], *span)
    if not len(bases):
        return counts
    least, most = (low / bases).min(), (high / bases).max()
    is_single = len(bases) == 1 and low[0] == high[0]
    point = low[0] / bases[0] if is_single else _admitted(row)
    within = point is not None and least <= point <= most
    lower, upper = _reach(low, high, bases, level, interval)
    reach = {"conf_low": lower.min(), "conf_high": upper.max(), "level": level, "method": interval}
    return counts | _estimates(point if within else None, least, most) | reach


def _reach(low: ArrayLike, high: ArrayLike, bases: ArrayLike, *how: Any) -> Limits:
    """Lower limits of the least counts and upper ones of the greatest."""
    return limits(low, bases, *how)[0], limits(high, bases, *how)[1]


def join_limits_on_bases(rows: pd.DataFrame) -> pd.DataFrame:
    """Join as ``on_bases`` the limits on each of a row's ``bases``, and widen its own to them."""
    wide = rows.assign(on_bases=[_limits_on_bases(row) for row in rows.to_dict("records")])
    both = wide.columns.get_indexer(["conf_low", "conf_high"])
    for place, on in enumerate(wide["on_bases"]):
        if on:
            low, high = zip(*on.values(), strict=True)
            wide.iloc[place, both] = min(low), max(high)
    return wide


def _limits_on_bases(row: dict) -> dict[int, tuple[float, float]]:
    """Limits of a row's counts on each of its ``bases``; none where it has no interval."""
    if not row["bases"] or pd.isna(row["conf_low"]):
        return {}
    counts, how = (row["count_low"], row["count_high"]), (row["level"], row["method"])
    limits_of = zip(*_reach(*counts, row["bases"], *how), strict=True)
    return dict(zip(row["bases"], limits_of, strict=True))


def counts_on_base(row: Mapping, n: int) -> tuple[int, int]:
    """Least and greatest count that a statement allows on a base of n; crossed where none is."""
    low, high = row["count_low"], row["count_high"]
    low, high = (0 if pd.isna(low) else int(low)), (n if pd.isna(high) else min(int(high), n))
    fixed = pd.notna(row["base_low"]) and row["base_low"] == row["base_high"]
    if row["share_low"] is None or fixed:
        return low, high
    least, most = counts_on(share_of(row), n)
    return max(low, least), min(high, most)


def counts_on_bases(
    rows: Sequence[Mapping], least: int, most: int, tried: int = _MOST_BASES
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bases, of many some, with the least and greatest count on each that all rows allow."""
    bases = np.linspace(least, most, min(max(most - least + 1, 0), tried)).astype(int)
    low, high = np.zeros_like(bases), np.zeros_like(bases)
    for place, n in enumerate(bases.tolist()):
        lows, highs = zip(*(counts_on_base(row, n) for row in rows), strict=True)
        low[place], high[place] = max(lows), min(highs)
    allowed = low <= high
    return bases[allowed], low[allowed], high[allowed]


def _admitted(row: dict) -> float | None:
    """Return the printed share or number, if there is one and the reading does not exclude it."""
    if row["point"] is None or row["vague"]:
        return None
    out = [row[f"share_{end}"] for end in ("low", "high") if row[f"share_{end}_open"]]
    return None if row["point"] in out else float(row["point"])


def _estimates(point: float | None, low: SupportsFloat | None, high: SupportsFloat | None) -> dict:
    numbers = {"estimate": point, "estimate_low": low, "estimate_high": high}
    return {name: None if value is None else float(value) for name, value in numbers.items()}
