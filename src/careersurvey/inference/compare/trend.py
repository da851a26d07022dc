"""More than two waves: one line as long as the same is asked of the same, and no longer."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from careersurvey.errors import CohortError, QuestionError
from careersurvey.evidence.cohort import Cohort, load_cohort, origin
from careersurvey.evidence.crosswalk import SAME, load_crosswalk
from careersurvey.evidence.printed.dates import months, years
from careersurvey.evidence.tables import COMPARED
from careersurvey.inference.compare.pairing import Pair, other_bases, paired
from careersurvey.inference.compare.sides import Measured, Side, measured_by
from careersurvey.inference.intervals import require_level

TREND_COLUMNS = (
    *("indicator", "category", "measure", "cohort", "period", "when", "base", "base_n"),
    *("estimate", "estimate_low", "estimate_high", "conf_low", "conf_high", "level"),
    *("line", "reason"),
)
#: An indicator in each wave that has it, beside that of the first: `Pair`s by place of the wave.
_Series = Mapping[int, list[Pair]]


def trend(
    cohorts: Sequence[Cohort | str | Path],
    *,
    level: float = 0.95,
    readings: str | Path | None = None,
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
    given = [load_cohort(one) for one in ([cohorts] if isinstance(cohorts, str) else cohorts)]
    require_level(level)
    _require_waves(given)
    given = sorted(given, key=lambda wave: (when(wave), wave.about.fieldwork, wave.id))
    waves = [measured_by(each, readings=readings) for each in given]
    crosswalk = load_crosswalk(*given)
    every = _every(waves, crosswalk)
    rows = [row for series in every for row in _rows(waves, series, crosswalk, level)]
    if not rows:
        raise QuestionError(
            f"No two of the {len(given)} cohorts measure the same.",
            found=", ".join(cohort.id for cohort in given),
            expected="an indicator that two of them measure, or a row of crosswalk.csv",
        )
    table = pd.DataFrame(rows, columns=list(TREND_COLUMNS))
    table = table.astype({"base_n": "Int64", "line": "Int64"})
    table.attrs = origin(*given)
    return table


def when(cohort: Cohort) -> float:
    """Year in which a cohort's fieldwork began, with the month as a fraction."""
    said = cohort.about.fieldwork.lower()
    if re.search("[a-z]", said) and (spell := months(said)):
        return spell[0] / 12
    date = re.search(r"(\d{4})(?:-(\d{2}))?", said)
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
            f"A trend needs two cohorts; {len({*names})} of {len(names)} have an id of their own.",
            found=", ".join(twice or names),
            expected="two or more cohorts, each once",
        )


def _every(waves: Sequence[Measured], crosswalk: pd.DataFrame) -> Iterator[_Series]:
    """Every indicator that two waves measure."""
    followed: set[tuple[int, str]] = set()
    for first, wave in enumerate(waves):
        for name in wave.indicators:
            measure = wave.cohort.indicators[name].measure
            if (first, name) in followed or measure not in COMPARED:
                continue
            itself = SAME | {"indicator_a": name, "indicator_b": name}
            series = {first: [Pair((wave, wave), itself)]}
            for place, other in enumerate(waves[first + 1 :], start=first + 1):
                if found := _next(series, other, crosswalk):
                    series[place] = found
            alike = [n for n, found in series.items() if not all(pair.is_related for pair in found)]
            followed |= {(place, series[place][0].indicators[1].id) for place in alike}
            if len(alike) > 1:
                yield series


def _next(series: _Series, other: Measured, crosswalk: pd.DataFrame) -> list[Pair]:
    """What another wave has of an indicator, by the last wave before it that is held beside it."""
    linked = [
        found
        for pairs in [*series.values()][::-1]
        for last in pairs
        if not last.is_related
        for pair in paired(crosswalk, last.measured[1], other, [last.indicators[1].id])
        if (found := last.followed_by(pair))
    ]
    apart = [pair for pair in linked if pair.is_related and not pair.row["category_a"]]
    if apart:
        return apart[:1]
    once: dict[tuple[str, str], Pair] = {}
    for pair in linked:
        if pair.indicators[1] == linked[0].indicators[1]:
            once.setdefault((pair.row["category_a"], pair.row["category_b"]), pair)
    return sorted(once.values(), key=lambda pair: bool(pair.apart))


def _rows(
    waves: Sequence[Measured], series: _Series, crosswalk: pd.DataFrame, level: float
) -> Iterator[dict]:
    """Rows of one indicator: wave by wave for each category, with the number of its line."""
    about = next(iter(series.values()))[0].indicators[0]
    for category, sides in _by_category(series).items():
        line, last = 0, -2  # the wave before with a number
        for place, wave in enumerate(waves):
            printed = wave.cohort.evidence == "reported"
            unknown = "not printed in what was read here" if printed else "not measured"
            side = sides.get(place, Side(why_not=unknown))
            row: dict[str, Any] = {"indicator": about.id, "category": category}
            row |= {"measure": about.measure, "cohort": wave.cohort.id, "reason": side.why_not}
            row |= {"period": wave.cohort.about.fieldwork, "when": when(wave.cohort)}
            row |= _numbers(side, level)
            if not math.isnan(row["estimate_low"]):
                changed = ""
                if line:
                    pairs = series[last], series[place]
                    changed = _changed(pairs, (sides[last], side), category, crosswalk)
                    changed = changed or _silence(waves, last, place)
                line += last != place - 1 or bool(changed)
                row |= {"line": line, "reason": changed}
                last = place
            yield row


def _by_category(series: _Series) -> dict[str, dict[int, Side]]:
    """What each wave measured of each category; nothing where it is not the same of the same."""
    first, *later = sorted(series)
    apart = {
        place: series[place][0].apart
        for place in later
        if all(pair.apart for pair in series[place])
    }
    found: dict[str, dict[int, Side]] = {}
    for place in [one for one in later if one not in apart] or later:
        for pair in series[place]:
            for keys in pair.quantities():
                one, two = pair.sides(keys)
                held = Side(why_not=pair.apart) if pair.apart else two
                found.setdefault(keys[0][1], {first: one}).setdefault(place, held)
    for sides in found.values():
        sides |= {place: Side(why_not=reason) for place, reason in apart.items()}
    return found


def _numbers(side: Side, level: float) -> dict:
    """Estimate, what the wording allows and the interval; words alone are no numbers."""
    row = {"base": side.base_words, "base_n": side.base_n}
    if side.why_not.startswith("words only"):
        return row | {"estimate_low": math.nan}
    row |= {"estimate": side.estimate, "estimate_low": side.low, "estimate_high": side.high}
    low, high = side.limits(level)
    return row | {"conf_low": low, "conf_high": high, "level": level if side.value else math.nan}


def _changed(
    series: Sequence[list[Pair]], sides: Sequence[Side], category: str, crosswalk: pd.DataFrame
) -> str:
    """Say that the later of two waves was asked otherwise, or that its base is another."""
    before, now = (
        next(pair for pair in pairs if pair.row["category_a"] in ("", category)) for pairs in series
    )
    row = now.row | {"indicator_a": before.indicators[1].id}
    pair = Pair((before.measured[1], now.measured[1]), row)
    return pair.remark or other_bases(crosswalk, pair, *sides)


def _silence(waves: Sequence[Measured], last: int, place: int) -> str:
    """Say that two waves lie more than twice as far apart as the closest two."""
    months = [round(12 * when(wave.cohort)) for wave in waves]
    usual = min((b - a for a, b in pairwise(months) if b > a), default=0)
    if last != place - 1 or months[place] - months[last] <= 2 * usual:
        return ""
    apart = [years(waves[at].cohort.about.fieldwork) for at in (last, place)]
    return f"no wave read here between {' and '.join(apart)}"
