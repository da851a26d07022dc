"""Which findings differ between two cohorts, how surely, and whether a vague wording decides it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.crosswalk import load_crosswalk, pairs
from careersurvey.inference.compare_held import hold
from careersurvey.inference.compare_pairs import apart, choose_categories, indicator_of, take
from careersurvey.inference.compare_side import Held, with_deff
from careersurvey.inference.compare_stacked import Overlap, overlaps, same_panel
from careersurvey.inference.differences import (
    adjust,
    directions,
    envelope,
    flipping_deff,
    holm_threshold,
    largest_p,
)

COMPARE_COLUMNS = (
    "indicator",
    "category",
    "baseline",
    "cohort",
    "estimate_baseline",
    "estimate_cohort",
    "difference",
    "conf_low",
    "conf_high",
    "p_value",
    "p_adjusted",
    "verdict",
    "reason",
)
VERDICTS = (
    "increased",
    "decreased",
    "no clear change",
    "depends on the wording",
    "not comparable",
)
_CLEAR = {1: "increased", -1: "decreased", 0: "no clear change"}

_Names = Mapping[str, str]


_APART = Overlap()


@dataclass(frozen=True)
class _Comparison:
    """Two cohorts on one quantity, before any test."""

    indicator: str
    category: str
    one: Held
    two: Held
    why_not: str = ""
    remark: str = ""
    measure: str = ""
    overlap: Overlap = _APART


def rule(level: float = 0.95) -> str:
    """Say, in a sentence for a report, when a change is called clear."""
    return (
        "A change is called clear when p, after Holm's adjustment for all rows that are tested, "
        f"is at most {1 - level:.2g}. Here p inverts the square-and-add interval of the "
        "difference (for two counts with Wilson limits, Newcombe's hybrid score interval) and is "
        "the largest over every count that the wording allows. The intervals are those of single "
        f"differences, at {level:.0%}."
    )


def compare(
    baseline: Cohort,
    cohort: Cohort,
    *,
    level: float = 0.95,
    readings: Path | None = None,
    wide: bool = False,
) -> pd.DataFrame:
    """Compare everything that two cohorts both measure.

    Parameters
    ----------
    baseline, cohort : Cohort
        Two cohorts of either kind of evidence.
    level : float
        Confidence level of the intervals and, after Holm's adjustment, of the verdicts.
    readings : Path, optional
        A table of readings in place of the declared one, wording by wording.
    wide : bool
        Whether to take the wide version of each reading.

    Returns
    -------
    DataFrame
        `COMPARE_COLUMNS`: one row for each indicator of two categories (the favourable one, else
        the first) and for each category of the others. ``difference`` is the cohort's share less
        the baseline's, blank where either is no single share; ``conf_low`` and ``conf_high``
        are the widest limits over every reading, ``p_value`` the largest p over them, and
        ``p_adjusted`` that after Holm over all rows. Where a row cannot be tested, its verdict is
        ``not comparable``, ``reason`` says why, and no difference is given.

    Raises
    ------
    CohortError
        If the files of a cohort, or the crosswalk, are not as they must be.
    QuestionError
        If the two are one cohort, or measure nothing in common.
    """
    sides = compare_sides(baseline, cohort, level=level, readings=readings, wide=wide)
    return sides[list(COMPARE_COLUMNS)]


def compare_sides(
    baseline: Cohort,
    cohort: Cohort,
    *,
    level: float = 0.95,
    readings: Path | None = None,
    wide: bool = False,
) -> pd.DataFrame:
    """Compare as `compare` does, and keep beside each row what its two sides are.

    Parameters, errors
        As `compare`.

    Returns
    -------
    DataFrame
        `COMPARE_COLUMNS`, then ``measure``, ``level`` and, of each side, ``base``, what the
        wording allows (``reading_low``, ``reading_high``) and its own interval (``side_low``,
        ``side_high``), as ``base_baseline``, ``base_cohort`` and so on.
    """
    _require_two(baseline, cohort)
    held = [hold(each, readings=readings, wide=wide) for each in (baseline, cohort)]
    found = _all_pairs(baseline, cohort, held)
    if not found:
        raise _nothing_in_common(baseline, cohort, held)
    return _judged(found, baseline.id, cohort.id, level)


def compare_each(
    cohort: Cohort,
    others: Sequence[Cohort],
    *,
    level: float = 0.95,
    readings: Path | None = None,
    wide: bool = False,
) -> pd.DataFrame:
    """Hold one cohort against each of several.

    Parameters
    ----------
    cohort : Cohort
        The baseline of every comparison.
    others : sequence of Cohort
        Those with which it has nothing in common have a row that says so.
    level, readings, wide
        As `compare`.

    Returns
    -------
    DataFrame
        `COMPARE_COLUMNS`. Holm's adjustment is made within each pair of cohorts.
    """
    held = hold(cohort, readings=readings, wide=wide)
    tables = [pd.DataFrame(columns=list(COMPARE_COLUMNS))]
    for other in others:
        both = held, hold(other, readings=readings, wide=wide)
        found = _all_pairs(cohort, other, both)
        table = _judged(found, cohort.id, other.id, level) if found else _nothing(cohort, other)
        tables.append(table.reindex(columns=list(COMPARE_COLUMNS)))
    return pd.concat([table for table in tables if len(table)] or tables).reset_index(drop=True)


def _nothing(baseline: Cohort, cohort: Cohort) -> pd.DataFrame:
    row = {"indicator": "", "category": "", "baseline": baseline.id, "cohort": cohort.id}
    row |= {"verdict": "not comparable", "reason": "another measure: no indicator in common"}
    return pd.DataFrame([row])


def _require_two(baseline: Cohort, cohort: Cohort) -> None:
    if baseline.folder != cohort.folder and baseline.id != cohort.id:
        return
    raise QuestionError(
        f"{cohort.id}: a cohort is not compared with itself.",
        found=f"{baseline.folder.name} and {cohort.folder.name}, both {cohort.id}",
        expected="two cohorts with different ids",
        do="name another baseline, or give one of them an id of its own in cohort.toml",
    )


def _paired(
    baseline: Cohort, cohort: Cohort, held: Sequence[Mapping[tuple[str, str], Held]]
) -> list[_Names]:
    measured = [list(dict.fromkeys(indicator for indicator, _ in each)) for each in held]
    crosswalk = load_crosswalk(baseline, cohort)
    table = pairs(crosswalk, baseline.id, measured[0], cohort.id, measured[1])
    context = set(baseline.indicators.query("measure == 'context'")["indicator"])
    table = table[~table["indicator_a"].isin(context)]
    return table.to_dict("records")


def _nothing_in_common(
    baseline: Cohort, cohort: Cohort, held: Sequence[Mapping[tuple[str, str], Held]]
) -> QuestionError:
    measured = [list(dict.fromkeys(indicator for indicator, _ in each)) for each in held]
    return QuestionError(
        f"{baseline.id} and {cohort.id} have no indicator in common.",
        found=f"{_listed(measured[0])}; {_listed(measured[1])}",
        expected="an indicator that both measure, or a row of crosswalk.csv that pairs two",
        do="give what is the same the same name, or add a row to crosswalk.csv",
    )


def _all_pairs(
    baseline: Cohort, cohort: Cohort, held: Sequence[Mapping[tuple[str, str], Held]]
) -> list[_Comparison]:
    """Everything that two cohorts both measure, correlated where they are of the same units."""
    answered = baseline.evidence == cohort.evidence == "respondents"
    together = overlaps(baseline, cohort) if answered else {}
    return [
        one
        for pair in _paired(baseline, cohort, held)
        for one in _comparisons(pair, (baseline, cohort), held, together)
    ]


def _comparisons(
    pair: _Names,
    cohorts: Sequence[Cohort],
    held: Sequence[Mapping[tuple[str, str], Held]],
    together: Mapping[tuple[str, str], Overlap],
) -> list[_Comparison]:
    """Pair the categories of two indicators, each with what forbids or qualifies it."""
    names = pair["indicator_a"], pair["indicator_b"]
    about = [indicator_of(each, name) for each, name in zip(cohorts, names, strict=True)]
    why_not, remark = apart(pair, *cohorts)
    why_not = why_not or _same_print(*cohorts)
    if names[0] != names[1]:
        remark = "; ".join(part for part in (f"held against {names[1]}", remark) if part)
    found = []
    for chosen in choose_categories(pair, about[0], held):
        sides = [take(*each) for each in zip(held, about, chosen, strict=True)]
        key = names[0], chosen[0]
        overlap = together.get(key, _APART) if names[0] == names[1] else _APART
        barred = why_not or _another_printed_base(*sides) or overlap.why_not
        said = {"why_not": barred, "remark": remark, "measure": about[0]["measure"]}
        found.append(_Comparison(*key, *sides, **said, overlap=overlap))
    return found


def _another_printed_base(one: Held, two: Held) -> str:
    if one.base_id == two.base_id or not (one.base_id and two.base_id):
        return ""
    return f"another base: {one.base_id} against {two.base_id}"


def _same_print(baseline: Cohort, cohort: Cohort) -> str:
    """Say why the same units cannot be compared in print; empty where they are others."""
    both_answered = baseline.evidence == cohort.evidence == "respondents"
    if both_answered or not same_panel(baseline, cohort):
        return ""
    panel = baseline.about["panel"]
    return (
        f"overlapping samples: both are of {panel}, and print does not say how those who are in "
        "both moved"
    )


def _judged(
    comparisons: Sequence[_Comparison], baseline: str, cohort: str, level: float
) -> pd.DataFrame:
    p = np.array([_p(one) for one in comparisons], dtype=float)
    adjusted = adjust(p)
    rows = []
    for place, one in enumerate(comparisons):
        threshold = holm_threshold(np.delete(p, place), 1 - level)
        verdict, reason = _verdict(one, threshold, adjusted, place, (baseline, cohort))
        low, high = _interval(one, level)
        rows.append(
            {
                "indicator": one.indicator,
                "category": one.category,
                "baseline": baseline,
                "cohort": cohort,
                "estimate_baseline": one.one.estimate,
                "estimate_cohort": one.two.estimate,
                "difference": math.nan if _barred(one) else one.two.estimate - one.one.estimate,
                "conf_low": low,
                "conf_high": high,
                "p_value": p[place],
                "p_adjusted": adjusted[place],
                "verdict": verdict,
                "reason": reason,
                "measure": one.measure,
                "level": level,
            }
            | _side(one.one, "baseline", level)
            | _side(one.two, "cohort", level)
        )
    return pd.DataFrame(rows)


def _side(held: Held, name: str, level: float) -> dict:
    low, high = (np.nan, np.nan) if held.side is None else held.side.limits(1 - level)
    return {
        f"base_{name}": held.base_words,
        f"reading_low_{name}": held.low,
        f"reading_high_{name}": held.high,
        f"side_low_{name}": np.min(low),
        f"side_high_{name}": np.max(high),
    }


def _barred(one: _Comparison) -> str:
    return one.why_not or one.one.why_not or one.two.why_not


def _p(one: _Comparison) -> float:
    return (
        math.nan if _barred(one) else largest_p(one.one.side, one.two.side, one.overlap.correlation)
    )


def _interval(one: _Comparison, level: float) -> tuple[float, float]:
    if _barred(one):
        return math.nan, math.nan
    return envelope(one.one.side, one.two.side, level, one.overlap.correlation)


def _verdict(
    one: _Comparison,
    threshold: float,
    adjusted: np.ndarray,
    place: int,
    names: tuple[str, str],
) -> tuple[str, str]:
    if _barred(one):
        return "not comparable", _barred(one)
    found = directions(one.one.side, one.two.side, threshold, one.overlap.correlation)
    after = _p_words(adjusted[place], int((~np.isnan(adjusted)).sum()))
    if len(np.unique(found[0])) > 1:
        reason = f"{flips(one.one, one.two, *found, names)}; {after} at the least favourable count"
        return "depends on the wording", _with_remark(reason, one)
    verdict = _CLEAR[int(found[0][0])]
    every = " at every count that the wording allows" if len(found[0]) > 1 else ""
    said = [after + every]
    if verdict != "no clear change":
        said.append(_undone_by(one, threshold, names))
    return verdict, _with_remark("; ".join(part for part in said if part), one)


def _with_remark(reason: str, one: _Comparison) -> str:
    both = one.overlap.units
    units = f"{both:,} units are in both, taken as one design" if both else ""
    said = (one.remark, one.one.remark, one.two.remark, units, reason)
    return "; ".join(part for part in said if part)


def _undone_by(one: _Comparison, threshold: float, names: tuple[str, str]) -> str:
    """Say which design effect would undo a change, where print ignores that schools cluster."""
    blind = [name for held, name in zip((one.one, one.two), names, strict=True) if held.clustered]
    if not blind:
        return ""
    deff = flipping_deff(
        lambda deff: (with_deff(one.one, deff), with_deff(one.two, deff)), threshold
    )
    undone = (
        "no design effect would undo it"
        if math.isinf(deff)
        else (f"a design effect of {deff:.1f} would undo it")
    )
    verb = "takes" if len(blind) == 1 else "take"
    return f"{' and '.join(blind)} {verb} no account of clusters within schools, and {undone}"


def flips(
    one: Held, two: Held, direction: np.ndarray, difference: np.ndarray, names: tuple[str, str]
) -> str:
    """Say at which counts of a vague wording a verdict turns into another.

    Parameters
    ----------
    one, two : Held
        The baseline's side and the cohort's.
    direction, difference : ndarray, (pairs,)
        As `differences.directions` gives them.
    names : tuple of str
        Ids of the two cohorts.

    Returns
    -------
    str
        Runs of counts with their verdict where one side has several counts on one base, else the
        difference from which on the verdict holds.
    """
    for held, name, other in ((one, names[0], two), (two, names[1], one)):
        several = len(held.count) > 1 and len(np.unique(held.base)) == 1
        if several and len(other.count) < 2:
            return f"{_runs(held, direction)} of {held.base[0]:,} in {name}"
    said = []
    for way in (-1, 1):
        if (direction == way).any():
            least = np.abs(difference[direction == way]).min()
            said.append(
                f"{_CLEAR[way]} where the shares differ by {100 * least:.1f} points or more"
            )
    return f"{' and '.join(said)}, no clear change where by less"


def _runs(held: Held, direction: np.ndarray) -> str:
    order = np.argsort(held.count)
    count, way = held.count[order], direction[order]
    starts = np.flatnonzero(np.diff(way, prepend=way[0] - 9))
    ends = [*(starts[1:] - 1), len(way) - 1]
    parts = []
    for start, end in zip(starts, ends, strict=True):
        span = f"{count[start]:,}" if start == end else f"{count[start]:,} to {count[end]:,}"
        parts.append(f"{_CLEAR[int(way[start])]} at {span}")
    return ", ".join(parts)


def _p_words(p: float, tests: int) -> str:
    said = "p below 0.0001" if p < 1e-4 else f"p {p:.2g}"
    return f"{said} after Holm's adjustment for {tests} tests" if tests > 1 else f"{said}, one test"


def _listed(names: Sequence[str], most: int = 4) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
