"""More than two waves: one line as long as the same is asked of the same, and no longer."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pandas as pd

from careersurvey.errors import CohortError, QuestionError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.crosswalk import load_crosswalk, pairs
from careersurvey.inference.compare_held import hold
from careersurvey.inference.compare_pairs import apart, choose_categories, indicator_of, take
from careersurvey.inference.compare_side import Held

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
_Wave = tuple[Cohort, Mapping[tuple[str, str], Held]]


def trend(
    cohorts: Sequence[Cohort],
    *,
    level: float = 0.95,
    readings: Path | None = None,
    wide: bool = False,
) -> pd.DataFrame:
    """Follow every indicator that at least two waves measure.

    Parameters
    ----------
    cohorts : sequence of Cohort
        Two or more, in any order: they are put in that of their fieldwork.
    level : float
        Confidence level, between 0 and 1.
    readings : Path, optional
        A table of readings in place of the declared one, wording by wording.
    wide : bool
        Whether to take the wide version of each reading.

    Returns
    -------
    DataFrame
        `TREND_COLUMNS`, one row for each indicator, category and wave. ``when`` is the year in
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
    """
    _require_waves(cohorts)
    ordered = sorted(cohorts, key=when)
    waves = [(cohort, hold(cohort, readings=readings, wide=wide)) for cohort in ordered]
    found = [row for series in _series(waves) for row in _follow(waves, series, level)]
    if not found:
        raise QuestionError(
            f"No two of the {len(cohorts)} cohorts measure the same.",
            found=", ".join(cohort.id for cohort in cohorts),
            expected="an indicator that two of them measure, or a row of crosswalk.csv",
        )
    table = pd.DataFrame(found, columns=list(TREND_COLUMNS))
    return table.astype({"base_n": "Int64", "line": "Int64"})


def when(cohort: Cohort) -> float:
    """Year in which a cohort's fieldwork began, with the month as a fraction.

    Raises
    ------
    CohortError
        If ``cohort.toml`` does not say.
    """
    date = re.search(r"(\d{4})(?:-(\d{2}))?", str(cohort.about.get("fieldwork", "")))
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
    claimed: set[tuple[int, str]] = set()
    series = []
    for first, wave in enumerate(waves[:-1]):
        for name in dict.fromkeys(indicator for indicator, _ in wave[1]):
            if (first, name) in claimed or not _is_followed(wave[0], name):
                continue
            found = {first: _itself(name)}
            for place in range(first + 1, len(waves)):
                paired = _paired(crosswalk, wave, waves[place], name)
                found |= {place: paired[0]} if paired else {}
            claimed |= {(place, pair["indicator_b"]) for place, pair in found.items()}
            series += [found] if len(found) > 1 else []
    return series


def _is_followed(cohort: Cohort, indicator: str) -> bool:
    return indicator_of(cohort, indicator)["measure"] in _FOLLOWED


def _itself(name: str) -> dict[str, str]:
    sides = {"indicator_a": name, "category_a": "", "indicator_b": name, "category_b": ""}
    return sides | {"closeness": "same", "because": ""}


def _paired(crosswalk: pd.DataFrame, one: _Wave, two: _Wave, name: str) -> list[dict]:
    """Pair an indicator with that of a later wave; what is related only is no part of a line."""
    measured = dict.fromkeys(indicator for indicator, _ in two[1])
    table = pairs(crosswalk, one[0].id, [name], two[0].id, list(measured))
    return table[table["closeness"] != "related"].to_dict("records")


def _follow(waves: Sequence[_Wave], found: Mapping[int, dict], level: float) -> list[dict]:
    """Rows of one indicator: wave by wave for each of its categories."""
    first = min(found)
    about = indicator_of(waves[first][0], found[first]["indicator_a"])
    names: dict[str, dict[int, str]] = {}
    for place, pair in found.items():
        both = waves[first][1], waves[place][1]
        for one, two in [] if place == first else choose_categories(pair, about, both):
            names.setdefault(one, {first: one})[place] = two
    return [
        {"indicator": about["indicator"], "category": category, "measure": about["measure"]} | row
        for category, places in names.items()
        for row in _line(waves, found, places, level)
    ]


def _line(
    waves: Sequence[_Wave], found: Mapping[int, dict], names: Mapping[int, str], level: float
) -> list[dict]:
    """Rows of one category, with the number of the line that each belongs to."""
    rows, line, last = [], 0, None
    for place, (cohort, _) in enumerate(waves):
        row = {"cohort": cohort.id, "period": cohort.about["fieldwork"], "when": when(cohort)}
        held = _held(waves, found, names, place)
        row |= {"reason": held.why_not} | _numbers(held, level)
        if not math.isnan(row["estimate_low"]):
            changed = "" if last is None else _changed(waves, found, last, place)
            changed = changed or ("" if last is None else _long_silence(waves, last, place))
            line += last != place - 1 or bool(changed)
            row |= {"line": line, "reason": changed}
            last = place
        rows.append(row)
    return rows


def _held(
    waves: Sequence[_Wave], found: Mapping[int, dict], names: Mapping[int, str], place: int
) -> Held:
    """What a wave holds; nothing where it does not measure the same of the same."""
    if place not in names:
        return Held(math.nan, None, why_not="not measured")
    cohort, held = waves[place]
    why_not, _ = apart(found[place], waves[min(found)][0], cohort)
    if why_not:
        return Held(math.nan, None, why_not=why_not)
    return take(held, indicator_of(cohort, found[place]["indicator_b"]), names[place])


def _numbers(held: Held, level: float) -> dict:
    """Estimate, what the wording allows and the interval; words alone are no numbers."""
    row = {"base": held.base_words, "base_n": held.base_n}
    if held.why_not.startswith("words only"):
        return row | {"estimate_low": math.nan}
    row |= {"estimate": held.estimate}
    row |= {"estimate_low": held.low, "estimate_high": held.high}
    if held.side is None:
        return row
    low, high = held.side.limits(1 - level)
    return row | {"conf_low": low.min(), "conf_high": high.max(), "level": level}


def _changed(waves: Sequence[_Wave], found: Mapping[int, dict], last: int, place: int) -> str:
    """Say what has changed since the last wave that has a number; empty where nothing has."""
    one, two = waves[last][0], waves[place][0]
    names = found[last]["indicator_b"], found[place]["indicator_b"]
    crosswalk = load_crosswalk(one, two)
    paired = pairs(crosswalk, one.id, [names[0]], two.id, [names[1]]).to_dict("records")
    pair = paired[0] if paired else found[place]
    return apart(pair, one, two)[1]


def _long_silence(waves: Sequence[_Wave], last: int, place: int) -> str:
    """Say that two waves are too far apart to be joined; empty where they are not."""
    years = [when(cohort) for cohort, _ in waves]
    apart_by = [later - earlier for earlier, later in pairwise(years)]
    if last != place - 1 or years[place] - years[last] <= 2 * min(apart_by):
        return ""
    return f"no wave between {int(years[last])} and {int(years[place])}"
