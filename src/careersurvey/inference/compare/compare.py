"""Which findings differ between two cohorts, how surely, and whether a wording decides it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from careersurvey.evidence.cohort import Cohort, load_cohort, origin
from careersurvey.evidence.crosswalk import load_crosswalk
from careersurvey.evidence.text import names_of
from careersurvey.inference.compare.difference import (
    LEAST_P,
    Mean,
    Share,
    deff_undone,
    directions,
    envelope,
    largest_p,
)
from careersurvey.inference.compare.pairing import (
    Pair,
    another_printed_base,
    barred,
    nothing_in_common,
    paired,
    require_compared,
    require_two,
    side_of,
)
from careersurvey.inference.compare.panel import Overlap, Panel
from careersurvey.inference.compare.sides import Key, Side, sides_of
from careersurvey.inference.intervals import holm, holm_threshold, require_level

COMPARE_COLUMNS = (
    *("indicator", "category", "baseline", "cohort", "estimate_baseline", "estimate_cohort"),
    *("difference", "conf_low", "conf_high", "p_value", "p_adjusted", "verdict", "reason"),
    "deff_undone",
)
VERDICTS = (
    "increased",
    "decreased",
    "no clear change",
    "depends on the wording",
    "not comparable",
)
#: What a change must come to, beside its p, where units were not drawn by probability.
LEAST_CHANGE = 0.05
_BY_CHANCE = ("probability", "census")
_CLEAR = {1: "increased", -1: "decreased", 0: "no clear change"}
_WHICH = ("baseline", "cohort")
_SIDE_COLUMNS = (
    *("indicator", "base", "reading_low", "reading_high", "side_low", "side_high", "selection"),
    *("base_n", "deff", "effective_base", "std_error"),
)
_ALL_COLUMNS = (
    *(*COMPARE_COLUMNS, "measure", "level", "correlation"),
    *(f"{name}_{which}" for which in _WHICH for name in _SIDE_COLUMNS),
)


@dataclass(frozen=True)
class _Held:
    """One quantity of two cohorts side by side, before any test; pairs are baseline and cohort."""

    pair: Pair
    category: str
    names: tuple[str, str]
    sides: tuple[Side, Side]
    selection: tuple[str, str]
    overlap: Overlap
    why_not: str

    @property
    def numbers(self) -> tuple[Share | Mean, Share | Mean]:
        """The two sides as numbers."""
        return self.sides[0].value, self.sides[1].value

    @property
    def least_change(self) -> float:
        """What a change must come to: nothing where chance alone chose, or everybody was asked."""
        if all(one in _BY_CHANCE for one in self.selection):
            return 0.0
        is_share = self.pair.one.measure in ("share", "multiple")
        return LEAST_CHANGE * (1.0 if is_share else abs(self.sides[0].estimate))


def rule(level: float = 0.95) -> str:
    """Say, in a sentence for a report, when a change is called clear."""
    return (
        "A change is called clear when p, after Holm's adjustment for all outcomes that are "
        f"tested, is at most {1 - level:.2g} and, where units were not drawn by probability, the "
        f"shares differ by {100 * LEAST_CHANGE:.0f} points or more. The intervals are those of "
        f"single differences, at {level:.0%}."
    )


def how() -> str:
    """Say, in a sentence for a report, what the p of a change is."""
    return (
        "Here p inverts the square-and-add interval of the difference, from Wilson limits on each "
        "side's effective base (for two counts Newcombe's hybrid score interval), and is the "
        "largest over every count that the wording allows."
    )


def compare(
    baseline: Cohort | str | Path,
    cohort: Cohort | str | Path,
    indicators: str | Collection[str] = (),
    *,
    level: float = 0.95,
    readings: str | Path | None = None,
    wide: bool = False,
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
    wide : bool
        Whether to take the wide version of each reading.

    Returns
    -------
    DataFrame
        One row for each indicator of two categories (the favourable one, else
        the first) and for each category of the others. ``difference`` is the cohort's share less
        the baseline's, blank where either is no single share; ``conf_low`` and ``conf_high``
        are the widest limits over every reading, ``p_value`` the largest p over them (`LEAST_P`
        stands for any below it), and ``p_adjusted`` that after Holm over all outcomes: the
        make-up of the sample, indicators of the section ``scope``, is not compared.
        ``deff_undone`` is the design effect, on top of any that is in the interval, at which a
        clear change would be none; blank where none of up to 10 is. Where a row cannot be tested,
        its verdict is ``not comparable`` and ``reason`` says why. Then ``measure``, ``level`` and,
        of each side, ``base``, what the wording allows (``reading_low``, ``reading_high``), its own
        interval (``side_low``, ``side_high``), ``selection``, how its units came in, and the base
        as a number (``base_n``), its design effect (``deff``), what it is worth
        (``effective_base``: divided by ``deff``) and ``std_error``, as ``base_baseline``,
        ``base_cohort`` and so on; ``correlation`` is that of the two where they share units. With
        these a difference can be worked again by hand (`difference.limits`). ``attrs`` name the
        ``baseline``, the ``cohort``, their ``folders`` and how many rows were ``tested``, shown or
        not.

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
    require_two(baseline, cohort)
    sides = [sides_of(each, readings=readings, wide=wide) for each in (baseline, cohort)]
    held = list(_held((baseline, cohort), sides))
    if not held:
        raise nothing_in_common(baseline, cohort, [[name for name, _ in each] for each in sides])
    both = [{one.pair.one.id: None, one.pair.two.id: None} for one in held]
    known = list(dict.fromkeys(name for names in both for name in names))
    wanted = set(names_of(indicators) or known)
    require_compared(wanted, known)
    judged = _judged(held, level)
    table = judged[[not wanted.isdisjoint(names) for names in both]].reset_index(drop=True)
    tested = int(judged["p_adjusted"].notna().sum())
    table.attrs = {"baseline": baseline.id, "tested": tested} | origin(baseline, cohort)
    return table


def told(table: pd.DataFrame) -> pd.DataFrame:
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
    wide: bool = False,
) -> pd.DataFrame:
    """Hold one cohort against each of several."""
    tables = [pd.DataFrame(columns=list(COMPARE_COLUMNS))]
    first = sides_of(cohort, readings=readings, wide=wide)
    nothing = {"indicator": "", "category": "", "baseline": cohort.id, "verdict": "not comparable"}
    nothing["reason"] = "another measure: no indicator in common"
    for other in others:
        sides = first, sides_of(other, readings=readings, wide=wide)
        held = list(_held((cohort, other), sides))
        table = _judged(held, level) if held else pd.DataFrame([nothing | {"cohort": other.id}])
        tables.append(table.reindex(columns=list(COMPARE_COLUMNS)))
    return pd.concat([table for table in tables if len(table)] or tables).reset_index(drop=True)


# ---- before any test ----------------------------------------------------------------------------


def _held(cohorts: tuple[Cohort, Cohort], sides: Sequence[Mapping[Key, Side]]) -> Iterator[_Held]:
    """Everything that two cohorts both measure, correlated where they are of the same units."""
    baseline, cohort = cohorts
    answered = baseline.evidence == cohort.evidence == "respondents"
    panel = Panel(baseline, cohort) if answered else None
    measured = [dict.fromkeys(indicator for indicator, _ in each) for each in sides]
    crosswalk = load_crosswalk(baseline, cohort)
    for pair in paired(crosswalk, baseline, measured[0], cohort, measured[1]):
        why_not = pair.apart or barred(baseline, cohort, pair.one)
        both = pair.one, pair.two
        first, second = (
            each.about.selected(one.table, one.unit)
            for each, one in zip(cohorts, both, strict=True)
        )
        for chosen in pair.categories(*sides):
            one, two = (side_of(*each) for each in zip(sides, both, chosen, strict=True))
            keys = ((each.id, name) for each, name in zip(both, chosen, strict=True))
            overlap = panel.overlap(*keys) if panel and not why_not else Overlap()
            reasons = another_printed_base(one, two), overlap.why_not, one.why_not, two.why_not
            yield _Held(
                pair=pair,
                category=chosen[0],
                names=(baseline.id, cohort.id),
                sides=(one, two),
                selection=(first, second),
                overlap=overlap,
                why_not=why_not or next(filter(None, reasons), ""),
            )


# ---- rows ---------------------------------------------------------------------------------------


def _judged(held: Sequence[_Held], level: float) -> pd.DataFrame:
    """Rows of the table: the p of every test, adjusted for all, and what follows from it."""
    p = np.full(len(held), math.nan)
    for place, one in enumerate(held):
        if not one.why_not:
            p[place] = largest_p(*one.numbers, one.overlap.correlation)
    adjusted, tests = holm(p), int((~np.isnan(p)).sum())
    rows = []
    for place, one in enumerate(held):
        threshold = holm_threshold(np.delete(p, place), 1 - level)
        row = _numbers(one, level) | {"p_value": p[place], "p_adjusted": adjusted[place]}
        rows.append(row | _verdict(one, threshold, _p_words(adjusted[place], tests)))
    whole = dict.fromkeys((f"base_n_{which}" for which in _WHICH), "Int64")
    return pd.DataFrame(rows, columns=list(_ALL_COLUMNS)).astype(whole)


def _numbers(one: _Held, level: float) -> dict:
    """Cells of a row that no other row bears on."""
    indicators = one.pair.one.id, one.pair.two.id
    row: dict[str, Any] = {"indicator": indicators[0], "category": one.category}
    row |= {"measure": one.pair.one.measure, "level": level}
    row["correlation"] = one.overlap.correlation
    parts = zip(_WHICH, one.names, indicators, one.sides, one.selection, strict=True)
    for which, name, indicator, side, how in parts:
        ends = side.low, side.high, *side.limits(level)
        cells = (indicator, side.base_words, *ends, how, side.base_n, *side.spread())
        row |= {which: name, f"estimate_{which}": side.estimate}
        row |= {f"{key}_{which}": cell for key, cell in zip(_SIDE_COLUMNS, cells, strict=True)}
    if one.why_not:
        return row
    low, high = envelope(*one.numbers, level, one.overlap.correlation)
    difference = one.sides[1].estimate - one.sides[0].estimate
    return row | {"difference": difference, "conf_low": low, "conf_high": high}


def _verdict(one: _Held, threshold: float, p: str) -> dict:
    """Cells ``verdict``, ``reason`` and ``deff_undone``."""
    if one.why_not:
        return {"verdict": "not comparable", "reason": one.why_not}
    direction, difference = directions(*one.numbers, threshold, one.overlap.correlation)
    small = (direction != 0) & (np.abs(difference) < one.least_change)
    direction = np.where(small, 0, direction)
    undone = math.nan
    if len(np.unique(direction)) > 1:
        verdict = "depends on the wording"
        said = [_turns(one, direction, difference), f"{p} at the least favourable count"]
    else:
        verdict = _CLEAR[int(direction[0])]
        said = [p + " at every count that the wording allows" * (len(direction) > 1)]
        said += ["too small a change for units that were not drawn by probability"] * bool(
            small.any()
        )
        undone = _undone(one, threshold) if direction[0] else math.nan
    reason = "; ".join(filter(None, [*_remarks(one), *said]))
    return {"verdict": verdict, "reason": reason, "deff_undone": undone}


def _remarks(one: _Held) -> list[str]:
    """What a reader must know of the two that are held side by side."""
    names = one.pair.one.id, one.pair.two.id
    against = f"held against {names[1]}" if names[0] != names[1] else ""
    return [against, one.pair.remark, *(side.remark for side in one.sides), one.overlap.remark]


def _undone(one: _Held, threshold: float) -> float:
    """Design effect of printed bases within schools at which a clear change would be none."""
    if not any(side.clustered for side in one.sides):
        return math.nan

    def widened(deff: float) -> tuple:
        return tuple(
            side.value.widened(deff) if side.clustered else side.value for side in one.sides
        )

    return deff_undone(widened, threshold)


def _turns(one: _Held, direction: np.ndarray, difference: np.ndarray) -> str:
    """Say at which counts of a vague wording a verdict turns, or from which difference on."""
    for side, other, name in zip(one.sides, one.sides[::-1], one.names, strict=True):
        several = len(side.count) > 1 and len(np.unique(side.base)) == 1
        if several and len(other.count) < 2:
            return f"{_runs(side, direction)} of {side.base[0]:,} in {name}"
    said = []
    for way in (-1, 1):
        if (direction == way).any():
            least = 100 * np.abs(difference[direction == way]).min()
            said.append(f"{_CLEAR[way]} where the shares differ by {least:.1f} points or more")
    return f"{' and '.join(said)}, no clear change where by less"


def _runs(side: Side, direction: np.ndarray) -> str:
    order = np.argsort(side.count)
    count, way = side.count[order], direction[order]
    starts = np.flatnonzero(np.diff(way, prepend=way[0] - 9))
    ends = [*(starts[1:] - 1), len(way) - 1]
    parts = []
    for start, end in zip(starts, ends, strict=True):
        span = f"{count[start]:,}" if start == end else f"{count[start]:,} to {count[end]:,}"
        parts.append(f"{_CLEAR[int(way[start])]} at {span}")
    return ", ".join(parts)


def _p_words(p: float, tests: int) -> str:
    said = "p below 0.0001" if p < 1e-4 else f"p {p:.2g}"
    return f"{said}, allowing for all {tests} tests" if tests > 1 else f"{said}, one test"
