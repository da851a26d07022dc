"""Which findings differ between two cohorts, how surely, and whether a wording decides it."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.cohort import Cohort, load_cohort, origin
from careersurvey.evidence.crosswalk import load_crosswalk
from careersurvey.evidence.tables import SHARES
from careersurvey.evidence.text import few, names_of
from careersurvey.inference.compare.difference import LEAST_P, Difference, Share
from careersurvey.inference.compare.pairing import Pair, other_bases, paired
from careersurvey.inference.compare.panel import Overlap, Panel
from careersurvey.inference.compare.sides import Measured, Side, measured_by
from careersurvey.inference.estimates import require_known
from careersurvey.inference.intervals import holm, holm_threshold, require_level

COMPARE_COLUMNS = (
    *("indicator", "category", "baseline", "cohort", "estimate_baseline", "estimate_cohort"),
    *("difference", "conf_low", "conf_high", "p_value", "p_adjusted", "verdict", "reason"),
    "deff_undone",
)
#: What a change must come to, beside its p, where units were not drawn by probability.
LEAST_CHANGE = 0.05
_BY_CHANCE = ("probability", "census")
_CLEAR = {1: "increased", -1: "decreased", 0: "no clear change"}


@dataclass(frozen=True)
class _Comparison:
    """One quantity of two cohorts side by side, before any test; pairs are baseline and cohort."""

    pair: Pair
    category: str
    sides: tuple[Side, Side]
    overlap: Overlap
    why_not: str

    @cached_property
    def difference(self) -> Difference:
        """What a test rests on, where one can be."""
        one, two = (side.value for side in self.sides)
        return Difference(one, two, self.overlap.correlation)

    @cached_property
    def selection(self) -> list[str]:
        """How the units of either came in."""
        both = zip(self.pair.cohorts, self.pair.indicators, strict=True)
        return [cohort.about.selected(one.table, one.unit) for cohort, one in both]

    @property
    def least_change(self) -> float:
        """What a change must come to: nothing where chance alone chose, or everybody was asked."""
        if all(one in _BY_CHANCE for one in self.selection):
            return 0.0
        is_share = self.pair.indicators[0].measure in SHARES
        return LEAST_CHANGE * (1.0 if is_share else abs(self.sides[0].estimate))


def rule(level: float = 0.95) -> str:
    """Say, in a sentence for a report, when a change is called clear."""
    return (
        "A change is called clear when p, after Holm's adjustment for all outcomes that are "
        f"tested, is at most {1 - level:.2g} and, where units were not drawn by probability, the "
        f"shares differ by {100 * LEAST_CHANGE:.0f} points or more. One that something named "
        "beside it could undo is in doubt, and not counted as clear. The intervals are those of "
        f"single differences, at {100 * level:g}%."
    )


def how() -> str:
    """Say, in a sentence for a report, what the p of a change is."""
    return (
        "Here p inverts the square-and-add interval of the difference, from Wilson limits of each "
        "side (for two counts Newcombe's hybrid score interval), and is the largest over every "
        "count that the wording allows."
    )


def compare(
    baseline: Cohort | str | Path,
    cohort: Cohort | str | Path,
    indicators: str | Collection[str] = (),
    *,
    level: float = 0.95,
    readings: str | Path | None = None,
) -> pd.DataFrame:
    """Compare everything that two cohorts both measure.

    Parameters
    ----------
    baseline, cohort : Cohort, str or Path
        Two cohorts of either kind of evidence, their folders, or ids of shipped ones.
    indicators : str or collection of str
        Indicators, by their names in either cohort, whose rows are wanted; none means all. What
        is adjusted for does not change with them.
    level : float
        Confidence level of the intervals and, after Holm's adjustment, of the verdicts.
    readings : str or Path, optional
        A table of readings in place of the declared one, wording by wording.

    Returns
    -------
    DataFrame
        One row for each indicator of two categories (the favourable one, else the first) and for
        each category of the others. ``difference`` is the cohort's share less the baseline's,
        blank where either is no single share; ``conf_low`` to ``conf_high`` are its widest limits
        over every reading, ``p_value`` the largest p (`LEAST_P` stands for any below it) and
        ``p_adjusted`` Holm's over all outcomes. ``reason`` says why a row has its ``verdict``, and
        ``deff_undone`` at which design effect a clear change would be none; blank where none of
        up to 10 is. Then ``difference_low`` to ``difference_high``, what the wording leaves of
        it, and what it is worked again from by hand (`Difference.limits`), of each side with
        ``_baseline`` or ``_cohort`` behind it: ``base``, ``base_n``, ``reading_low`` to
        ``reading_high``, its own interval ``side_low`` to ``side_high``, ``selection``, ``deff``,
        ``wilson_base`` and ``std_error``; their ``correlation`` where they share units, and what
        makes two questions ``close`` and not the same. ``attrs`` name the ``baseline``, the
        ``cohort``, their ``folders`` and how many rows were ``tested``.

    Raises
    ------
    CohortError
        If the files of a cohort, or the crosswalk, are not as they must be.
    QuestionError
        If the two are one cohort, or measure nothing in common, or an indicator is not known.

    Examples
    --------
    >>> import careersurvey as cs
    >>> held = cs.compare("ofsted-2013", "example-2026", "careers_strategy")
    >>> held[["estimate_cohort", "verdict"]].round(2).to_dict("records")
    [{'estimate_cohort': 0.37, 'verdict': 'decreased'}]
    """
    baseline, cohort = load_cohort(baseline), load_cohort(cohort)
    require_level(level)
    _require_two(baseline, cohort)
    sides = [measured_by(each, readings=readings) for each in (baseline, cohort)]
    comparisons = _comparisons(*sides)
    if not comparisons:
        raise QuestionError(
            f"{baseline.id} and {cohort.id} have no indicator in common.",
            found="; ".join(few(each.indicators, shown=4) for each in sides),
            expected="an indicator that both measure, or a row of crosswalk.csv that pairs two",
            do="give what is the same the same name, or add a row to crosswalk.csv",
        )
    named = [{one.id for one in each.pair.indicators} for each in comparisons]
    wanted = names_of(indicators)
    both = sorted(set.union(*named))
    require_known(cohort, wanted, both, "indicators", "measured by both cohorts")
    table = _judged(comparisons, level)
    tested = int(table["p_adjusted"].notna().sum())
    if wanted:
        table = table[[not names.isdisjoint(wanted) for names in named]].reset_index(drop=True)
    table.attrs = {"baseline": baseline.id, "tested": tested} | origin(baseline, cohort)
    return table


def as_written(table: pd.DataFrame) -> pd.DataFrame:
    """`COMPARE_COLUMNS` to be written: a p under what can be told is "<1e-100", never a number."""
    table = table[list(COMPARE_COLUMNS)]
    floors = table["p_value"] <= LEAST_P
    columns = {
        name: table[name].astype(object).mask(floors, "<" + table[name].map("{:.3g}".format))
        for name in ("p_value", "p_adjusted")
    }
    return table.assign(**columns) if floors.any() else table


def compare_each(
    cohort: Cohort,
    others: Sequence[Cohort],
    *,
    level: float = 0.95,
    readings: str | Path | None = None,
) -> pd.DataFrame:
    """Hold one cohort against each of several."""
    tables, first = [pd.DataFrame()], measured_by(cohort, readings=readings)
    nothing = {"indicator": "", "category": "", "baseline": cohort.id, "verdict": "not comparable"}
    nothing["reason"] = "another measure: no indicator in common"
    for other in others:
        both = _comparisons(first, measured_by(other, readings=readings))
        comparisons = [one for one in both if one.pair.indicators[0].measure != "count"]
        none = [nothing | {"cohort": other.id}]
        tables.append(_judged(comparisons, level) if comparisons else pd.DataFrame(none))
    return pd.concat(tables, ignore_index=True).reindex(columns=list(COMPARE_COLUMNS))


def _require_two(baseline: Cohort, cohort: Cohort) -> None:
    """Refuse to compare a cohort with itself."""
    if baseline.id == cohort.id:
        raise QuestionError(
            f"{cohort.id}: a cohort is not compared with itself.",
            found=f"{baseline.folder.name} and {cohort.folder.name}, both {cohort.id}",
            expected="two cohorts with different ids",
            do="name another baseline, or give one of them an id of its own in cohort.toml",
        )


# ---- rows ---------------------------------------------------------------------------------------


def _comparisons(baseline: Measured, cohort: Measured) -> list[_Comparison]:
    """Everything that two cohorts both measure, correlated where they are of the same units."""
    both, found = (baseline.cohort, cohort.cohort), []
    answered = all(one.evidence == "respondents" for one in both)
    panel = Panel(*both) if answered else None
    crosswalk = load_crosswalk(*both)
    for pair in paired(crosswalk, baseline, cohort):
        for keys in pair.quantities():
            one, two = pair.sides(keys)
            overlap = panel.overlap(*keys) if panel and not pair.untested else Overlap()
            bases = other_bases(crosswalk, pair, one, two)
            why_not = pair.untested or bases or overlap.why_not or one.why_not or two.why_not
            found.append(_Comparison(pair, keys[0][1], (one, two), overlap, why_not))
    return found


def _judged(comparisons: Sequence[_Comparison], level: float) -> pd.DataFrame:
    """Rows of the table: the p of every test, adjusted for all, and what follows from it."""
    p = np.array([math.nan if one.why_not else one.difference.largest_p() for one in comparisons])
    adjusted, tests = holm(p), int((~np.isnan(p)).sum())
    rows = []
    for place, one in enumerate(comparisons):
        threshold = holm_threshold(np.delete(p, place), 1 - level)
        row = _cells(one, level) | {"p_value": p[place], "p_adjusted": adjusted[place]}
        rows.append(row | _verdict(one, threshold, _p_words(adjusted[place], tests)))
    table = pd.DataFrame(rows)
    table = table.reindex(columns=list(dict.fromkeys((*COMPARE_COLUMNS, *table.columns))))
    return table.astype({"base_n_baseline": "Int64", "base_n_cohort": "Int64"})


def _cells(one: _Comparison, level: float) -> dict:
    """Cells of a row that no other row bears on."""
    row: dict[str, Any] = {"indicator": one.pair.indicators[0].id, "category": one.category}
    row |= {"measure": one.pair.indicators[0].measure, "level": level, "close": one.pair.remark}
    row["correlation"] = one.overlap.correlation
    then, now = one.sides
    row |= {"difference_low": now.low - then.high, "difference_high": now.high - then.low}
    both = one.pair.cohorts, one.pair.indicators, one.sides, one.selection
    for which, cohort, about, side, selection in zip(("baseline", "cohort"), *both, strict=True):
        low, high = side.limits(level)
        worth, error = side.value.spread() if side.value else (math.nan, math.nan)
        cells = {"estimate": side.estimate, "indicator": about.id, "base": side.base_words}
        cells |= {"reading_low": side.low, "reading_high": side.high}
        cells |= {"side_low": low, "side_high": high, "selection": selection}
        cells |= {"base_n": side.base_n, "deff": side.deff, "wilson_base": worth}
        cells |= {"std_error": error}
        row |= {which: cohort.id} | {f"{name}_{which}": cell for name, cell in cells.items()}
    if one.why_not:
        return row
    low, high = one.difference.envelope(level)
    difference = one.sides[1].estimate - one.sides[0].estimate
    return row | {"difference": difference, "conf_low": low, "conf_high": high}


def _verdict(one: _Comparison, threshold: float, p: str) -> dict:
    """Cells ``verdict``, ``reason`` and ``deff_undone``."""
    if one.why_not:
        return {"verdict": "not comparable", "reason": one.why_not}
    direction, difference = one.difference.directions(threshold)
    small = (direction != 0) & (np.abs(difference) < one.least_change)
    direction = np.where(small, 0, direction)
    undone = math.nan
    if len(np.unique(direction)) > 1:
        verdict = "depends on the wording"
        said = [_turns(one, direction, difference), f"{p} at the least favourable count"]
    else:
        verdict = _CLEAR[int(direction[0])]
        said = [p + " at every count that the wording allows" * (len(direction) > 1)]
        if small.any():
            said.append("too small a change for units that were not drawn by probability")
        if direction[0]:
            undone = one.difference.deff_undone(threshold)
    reason = "; ".join(filter(None, [*_remarks(one), *said]))
    return {"verdict": verdict, "reason": reason, "deff_undone": undone}


# ---- in words -----------------------------------------------------------------------------------


def _remarks(one: _Comparison) -> list[str]:
    """What a reader must know of the two that are held side by side."""
    names = [each.id for each in one.pair.indicators]
    against = f"held against {names[1]}" if names[0] != names[1] else ""
    return [against, one.pair.remark, *(side.remark for side in one.sides), one.overlap.remark]


def _turns(one: _Comparison, direction: np.ndarray, difference: np.ndarray) -> str:
    """Say at which counts of a vague wording a verdict turns, or from which difference on."""
    values = [side.value for side in one.sides]
    for own, other, cohort in zip(values, values[::-1], one.pair.cohorts, strict=True):
        if not isinstance(own, Share) or len(own.value) != len(direction):
            continue
        if len(np.unique(own.base)) == len(other.value) == 1:
            return f"{_runs(own, direction)} of {own.base[0]:,.0f} in {cohort.id}"
    said = []
    for way in (-1, 1):
        if (direction == way).any():
            least = 100 * np.abs(difference[direction == way]).min()
            said.append(f"{_CLEAR[way]} if the shares differ by {least:.1f} points or more")
    return f"{' and '.join(said)}, no clear change if by less"


def _runs(share: Share, direction: np.ndarray) -> str:
    """Name the counts from one turn of a verdict to the next."""
    order = np.argsort(share.value)
    count, way = np.rint(share.value * share.base).astype(int)[order], direction[order]
    starts = np.flatnonzero(np.diff(way, prepend=way[0] - 9))
    parts = []
    for start, end in zip(starts, [*(starts[1:] - 1), len(way) - 1], strict=True):
        span = f"{count[start]:,}" if start == end else f"{count[start]:,} to {count[end]:,}"
        parts.append(f"{_CLEAR[int(way[start])]} at {span}")
    return ", ".join(parts)


def _p_words(p: float, tests: int) -> str:
    said = "p below 0.0001" if p < 1e-4 else f"p {p:.2g}"
    return f"{said}, allowing for all {tests} tests" if tests > 1 else f"{said}, one test"
