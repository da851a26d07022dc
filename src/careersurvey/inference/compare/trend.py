"""More than two waves: one line as long as the same is asked of the same, and no longer."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from careersurvey.errors import CohortError, QuestionError
from careersurvey.evidence.cohort import Cohort, load_cohort, origin
from careersurvey.evidence.crosswalk import SAME, load_crosswalk
from careersurvey.inference.compare.pairing import Pair, facing, paired, side_of
from careersurvey.inference.compare.sides import Key, Side, sides_of
from careersurvey.inference.intervals import require_level

TREND_COLUMNS = (
    *("indicator", "category", "measure", "cohort", "period", "when", "base", "base_n"),
    *("estimate", "estimate_low", "estimate_high", "conf_low", "conf_high", "level"),
    *("line", "reason"),
)
_FOLLOWED = ("share", "multiple", "mean", "ratio")


class _Wave(NamedTuple):
    """A cohort, when its fieldwork began, and what it measured."""

    cohort: Cohort
    when: float
    sides: Mapping[Key, Side]


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
    sides = (sides_of(each, readings=readings, wide=wide) for each in ordered)
    held = [_Wave(each, when(each), side) for each, side in zip(ordered, sides, strict=True)]
    crosswalk = load_crosswalk(*ordered)
    found = [
        row
        for series in _series(held, crosswalk)
        for row in _follow(held, series, level, crosswalk)
    ]
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


def _series(waves: Sequence[_Wave], crosswalk: pd.DataFrame) -> list[dict[int, Pair]]:
    """Every indicator that two waves measure: by wave, its pairing with the first of them."""
    measured = [dict.fromkeys(indicator for indicator, _ in wave.sides) for wave in waves]
    claimed: set[tuple[int, str]] = set()
    series = []
    for first, wave in enumerate(waves):
        for name in measured[first]:
            if (first, name) in claimed or wave.cohort.indicators[name].measure not in _FOLLOWED:
                continue
            itself = SAME | {"indicator_a": name, "indicator_b": name}
            found = {first: facing(itself, wave.cohort, wave.cohort)}
            for place, other in enumerate(waves[first + 1 :], start=first + 1):
                every = paired(crosswalk, wave.cohort, [name], other.cohort, measured[place])
                near = [pair for pair in every if pair.row["closeness"] != "related"]
                found |= {place: near[0]} if near else {}
            claimed |= {(place, pair.two.id) for place, pair in found.items()}
            series += [found] if len(found) > 1 else []
    return series


def _follow(
    waves: Sequence[_Wave], found: Mapping[int, Pair], level: float, crosswalk: pd.DataFrame
) -> Iterator[dict]:
    """Rows of one indicator: wave by wave for each of its categories."""
    first = min(found)
    names: dict[str, dict[int, str]] = {}
    for place, pair in found.items():
        both = waves[first].sides, waves[place].sides
        for category, other in [] if place == first else pair.categories(*both):
            names.setdefault(category, {first: category})[place] = other
    changes = {pair: _changed(waves, found, *pair, crosswalk) for pair in combinations(found, 2)}
    for category, places in names.items():
        row = {"indicator": found[first].one.id, "category": category}
        row["measure"] = found[first].one.measure
        sides = [_side(waves, found, places, place) for place in range(len(waves))]
        yield from (row | line for line in _line(waves, sides, changes, level))


def _side(
    waves: Sequence[_Wave], found: Mapping[int, Pair], names: Mapping[int, str], place: int
) -> Side:
    """What a wave measured; nothing where it is not the same of the same."""
    if place not in names:
        return Side(why_not="not measured")
    pair = found[place]
    side = side_of(waves[place].sides, pair.two, names[place])
    return Side(why_not=pair.apart) if pair.apart else side


def _line(
    waves: Sequence[_Wave],
    sides: Sequence[Side],
    changes: Mapping[tuple[int, int], str],
    level: float,
) -> Iterator[dict]:
    """Rows of one category, with the number of the line that each belongs to."""
    line, last = 0, -1
    for place, (wave, side) in enumerate(zip(waves, sides, strict=True)):
        row: dict[str, Any] = {"cohort": wave.cohort.id, "period": wave.cohort.about.fieldwork}
        row |= {"when": wave.when, "reason": side.why_not} | _numbers(side, level)
        if not math.isnan(row["estimate_low"]):
            changed = "" if last < 0 else changes[last, place] or _silence(waves, last, place)
            line += last < 0 or last != place - 1 or bool(changed)
            row |= {"line": line, "reason": changed}
            last = place
        yield row


def _numbers(side: Side, level: float) -> dict:
    """Estimate, what the wording allows and the interval; words alone are no numbers."""
    row = {"base": side.base_words, "base_n": side.base_n}
    if side.why_not.startswith("words only"):
        return row | {"estimate_low": math.nan}
    row |= {"estimate": side.estimate, "estimate_low": side.low, "estimate_high": side.high}
    low, high = side.limits(level)
    return row | {"conf_low": low, "conf_high": high, "level": level if side.value else math.nan}


def _changed(
    waves: Sequence[_Wave],
    found: Mapping[int, Pair],
    last: int,
    place: int,
    crosswalk: pd.DataFrame,
) -> str:
    """Say what has changed since an earlier wave; empty where nothing has."""
    one, two = waves[last].cohort, waves[place].cohort
    name = found[last].two.id
    pairs = paired(crosswalk, one, [name], two, [found[place].two.id])
    return (pairs or [facing(found[place].row | {"indicator_a": name}, one, two)])[0].remark


def _silence(waves: Sequence[_Wave], last: int, place: int) -> str:
    """Say that two waves are too far apart to be joined; empty where they are not."""
    years = [wave.when for wave in waves]
    usual = min(later - earlier for earlier, later in pairwise(years))
    if last != place - 1 or years[place] - years[last] <= 2 * usual:
        return ""
    return f"no wave between {int(years[last])} and {int(years[place])}"
