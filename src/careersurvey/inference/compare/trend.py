"""More than two waves: one line as long as the same is asked of the same, and no longer."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from careersurvey.errors import CohortError, QuestionError
from careersurvey.evidence.cohort import Cohort, load_cohort, origin
from careersurvey.evidence.crosswalk import load_crosswalk
from careersurvey.inference.compare.pairing import apart, categories, paired, remark, side_of
from careersurvey.inference.compare.sides import Key, Side, sides_of
from careersurvey.inference.intervals import require_level

TREND_COLUMNS = (
    "indicator",
    "category",
    "measure",
    "cohort",
    "period",
    "when",
    "base",
    "base_n",
    "estimate",
    "estimate_low",
    "estimate_high",
    "conf_low",
    "conf_high",
    "level",
    "line",
    "reason",
)

_FOLLOWED = ("share", "multiple", "mean", "ratio")
_ALIKE = {"category_a": "", "category_b": "", "closeness": "same", "because": ""}
_Wave = tuple[Cohort, Mapping[Key, Side]]


def trend(
    cohorts: Sequence[Cohort | str | Path],
    *,
    level: float = 0.95,
    readings: str | Path | None = None,
    wide: bool = False,
) -> pd.DataFrame:
    """Follow every indicator that at least two waves measure.

    Parameters
    ----------
    cohorts : sequence of Cohort, str or Path
        Two or more cohorts, folders or ids of shipped ones, in any order: they are put in that of
        their fieldwork.
    level : float
        Confidence level, between 0 and 1.
    readings : str or Path, optional
        A table of readings in place of the declared one, wording by wording.
    wide : bool
        Whether to take the wide version of each reading.

    Returns
    -------
    DataFrame
        One row for each indicator, category and wave. ``when`` is the year in
        which fieldwork began, with its month as a fraction; ``base`` is the base in words, as
        printed where it is no one number ("over 3,000"). ``line`` numbers the runs that may be
        joined: it is blank in a wave without a number and goes up after one, and where the
        measure, the base or the wording of the question has changed, or where two waves are
        more than twice as far apart as the closest two are; ``reason`` says which.

    Raises
    ------
    CohortError
        If a cohort's files, or the crosswalk, are not as they must be, or a cohort does not say
        when its fieldwork was.
    QuestionError
        If there are fewer than two cohorts, one is given twice, or no two measure the same.

    Examples
    --------
    >>> import careersurvey as cs
    >>> found = cs.trend(["cec-compass-2023-24", "cec-compass-2024-25"])
    >>> sorted(found["cohort"].unique())
    ['cec-compass-2023-24', 'cec-compass-2024-25']
    """
    waves = [load_cohort(one) for one in ([cohorts] if isinstance(cohorts, str) else cohorts)]
    require_level(level)
    _require_waves(waves)
    ordered = sorted(waves, key=when)
    sides = [(each, sides_of(each, readings=readings, wide=wide)) for each in ordered]
    found = [row for series in _series(sides) for row in _follow(sides, series, level)]
    if not found:
        raise QuestionError(
            f"No two of the {len(waves)} cohorts measure the same.",
            found=", ".join(cohort.id for cohort in ordered),
            expected="an indicator that two of them measure, or a row of crosswalk.csv",
        )
    table = pd.DataFrame(found, columns=list(TREND_COLUMNS))
    table = table.astype({"base_n": "Int64", "line": "Int64"})
    table.attrs = origin(*ordered)
    return table


def when(cohort: Cohort) -> float:
    """Year in which a cohort's fieldwork began, with the month as a fraction."""
    date = re.search(r"(\d{4})(?:-(\d{2}))?", cohort.about.fieldwork)
    if date is None:
        raise CohortError(
            f"{cohort.id} does not say when its fieldwork was.",
            expected='fieldwork = "2026-01/2026-03" under [cohort]',
            where=cohort.folder / "cohort.toml",
        )
    return int(date[1]) + (int(date[2] or 1) - 1) / 12


def _require_waves(cohorts: Sequence[Cohort]) -> None:
    names = [cohort.id for cohort in cohorts]
    twice = sorted({name for name in names if names.count(name) > 1})
    if len(names) < 2 or twice:
        raise QuestionError(
            f"A trend needs two cohorts; {len(set(names))} of the {len(names)} named differ.",
            found=", ".join(twice or names),
            expected="two or more cohorts, each once",
        )


def _series(waves: Sequence[_Wave]) -> list[dict[int, dict]]:
    """Every indicator that two waves measure: by wave, its pairing with the first of them."""
    crosswalk = load_crosswalk(*(cohort for cohort, _ in waves))
    measured = [dict.fromkeys(indicator for indicator, _ in sides) for _, sides in waves]
    claimed: set[tuple[int, str]] = set()
    series = []
    for first, (cohort, _) in enumerate(waves[:-1]):
        for name in measured[first]:
            if (first, name) in claimed or cohort.indicators[name].measure not in _FOLLOWED:
                continue
            found = {first: _ALIKE | {"indicator_a": name, "indicator_b": name}}
            for place in range(first + 1, len(waves)):
                table = paired(crosswalk, cohort, [name], waves[place][0], measured[place])
                table = [pair for pair in table if pair["closeness"] != "related"]
                found |= {place: table[0]} if table else {}
            claimed |= {(place, pair["indicator_b"]) for place, pair in found.items()}
            series += [found] if len(found) > 1 else []
    return series


def _follow(waves: Sequence[_Wave], found: Mapping[int, dict], level: float) -> list[dict]:
    """Rows of one indicator: wave by wave for each of its categories."""
    first = min(found)
    one = waves[first][0].indicators[found[first]["indicator_a"]]
    names: dict[str, dict[int, str]] = {}
    for place, pair in found.items():
        both = waves[first][1], waves[place][1]
        for category, other in [] if place == first else categories(pair, one, both):
            names.setdefault(category, {first: category})[place] = other
    return [
        {"indicator": one.id, "category": category, "measure": one.measure} | row
        for category, places in names.items()
        for row in _line(waves, found, places, level)
    ]


def _line(
    waves: Sequence[_Wave], found: Mapping[int, dict], names: Mapping[int, str], level: float
) -> list[dict]:
    """Rows of one category, with the number of the line that each belongs to."""
    rows, line, last = [], 0, None
    for place, (cohort, _) in enumerate(waves):
        side = _side(waves, found, names, place)
        row: dict[str, Any] = {
            "cohort": cohort.id,
            "period": cohort.about.fieldwork,
            "when": when(cohort),
        }
        row |= {"reason": side.why_not} | _numbers(side, level)
        if not math.isnan(row["estimate_low"]):
            changed = "" if last is None else _changed(waves, found, last, place)
            changed = changed or ("" if last is None else _long_silence(waves, last, place))
            line += last != place - 1 or bool(changed)
            row |= {"line": line, "reason": changed}
            last = place
        rows.append(row)
    return rows


def _side(
    waves: Sequence[_Wave], found: Mapping[int, dict], names: Mapping[int, str], place: int
) -> Side:
    """What a wave measured; nothing where it is not the same of the same."""
    if place not in names:
        return Side(why_not="not measured")
    first, pair = min(found), found[place]
    one = waves[first][0].indicators[pair["indicator_a"]]
    two = waves[place][0].indicators[pair["indicator_b"]]
    why_not = apart(pair, one, two)
    return Side(why_not=why_not) if why_not else side_of(waves[place][1], two, names[place])


def _numbers(side: Side, level: float) -> dict:
    """Estimate, what the wording allows and the interval; words alone are no numbers."""
    row = {"base": side.base_words, "base_n": side.base_n}
    if side.why_not.startswith("words only"):
        return row | {"estimate_low": math.nan}
    row |= {"estimate": side.estimate, "estimate_low": side.low, "estimate_high": side.high}
    if side.value is None:
        return row
    low, high = side.limits(level)
    return row | {"conf_low": low, "conf_high": high, "level": level}


def _changed(waves: Sequence[_Wave], found: Mapping[int, dict], last: int, place: int) -> str:
    """Say what has changed since the last wave that has a number; empty where nothing has."""
    one, two = waves[last][0], waves[place][0]
    names = found[last]["indicator_b"], found[place]["indicator_b"]
    pairs = paired(load_crosswalk(one, two), one, [names[0]], two, [names[1]])
    pair = pairs[0] if pairs else found[place] | {"indicator_a": names[0]}
    return remark(pair, one, two)


def _long_silence(waves: Sequence[_Wave], last: int, place: int) -> str:
    """Say that two waves are too far apart to be joined; empty where they are not."""
    years = [when(cohort) for cohort, _ in waves]
    apart_by = [later - earlier for earlier, later in pairwise(years)]
    if last != place - 1 or years[place] - years[last] <= 2 * min(apart_by):
        return ""
    return f"no wave between {int(years[last])} and {int(years[place])}"
