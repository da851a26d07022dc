"""Which quantities of two cohorts face each other, and what keeps two of them apart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from careersurvey.evidence.cohort import MAKE_UP, Cohort
from careersurvey.evidence.crosswalk import is_whole, pairs
from careersurvey.evidence.tables import COMPARED, Indicator
from careersurvey.evidence.text import fold
from careersurvey.inference.compare.sides import Key, Measured, Side


@dataclass(frozen=True)
class Pair:
    """Two indicators, one of each cohort, that a row of `crosswalk.pairs` holds side by side."""

    measured: tuple[Measured, Measured]
    row: dict[str, str]

    @property
    def indicators(self) -> tuple[Indicator, Indicator]:
        """The baseline's and the cohort's."""
        baseline, cohort = (one.cohort.indicators for one in self.measured)
        return baseline[self.row["indicator_a"]], cohort[self.row["indicator_b"]]

    @property
    def cohorts(self) -> tuple[Cohort, Cohort]:
        """The two that measured them."""
        return self.measured[0].cohort, self.measured[1].cohort

    @property
    def is_related(self) -> bool:
        """Whether the two are named side by side, and not compared."""
        return self.row["closeness"] == "related"

    def followed_by(self, pair: Pair) -> Pair | None:
        """Hold the baseline and a third cohort together, by a second that `pair` is of as well."""
        own, row = self.row, pair.row
        if own["category_b"] and row["category_a"] not in ("", own["category_b"]):
            return None
        told = {key: row[key] or own[key] for key in ("because", "category_b")}
        told["category_a"] = own["category_a"] or row["category_a"]
        linked = row | told | {"indicator_a": own["indicator_a"]}
        return Pair((self.measured[0], pair.measured[1]), linked)

    @property
    def remark(self) -> str:
        """What makes the two close and not the same; empty where nothing does."""
        asked = [_asked(*each) for each in zip(self.cohorts, self.indicators, strict=True)]
        words = ("the question is worded differently", "its numbers have another range")
        told = zip(words, *asked, strict=True)
        said = "; ".join(what for what, one, two in told if one and two and one != two)
        said = self.row["because"] if self.row["closeness"] == "close" else said
        return f"close, not the same: {said}" if said else ""

    @property
    def apart(self) -> str:
        """Why the two may not be held against each other; empty where they may."""
        one, two = self.indicators
        if self.is_related:
            return f"another measure: “{two.label}” is related only; {self.row['because']}"
        if one.measure not in (*COMPARED, "total"):
            return f"another measure: a {one.measure} is no share of a base"
        if one.measure != two.measure:
            return f"another measure: a {one.measure} against a {two.measure}"
        if {*one.categories} != {*two.categories} and not self.row["category_a"]:
            asked = " against ".join(";".join(each.categories) for each in (one, two))
            return f"another measure: the answers differ, {asked}"
        if one.unit != two.unit:
            return f"another base: of each {one.unit} against of each {two.unit}"
        units = [_in_units(*each) for each in zip(self.cohorts, self.indicators, strict=True)]
        if all(units) and units[0] != units[1]:
            return f"another measure: {units[0]} against {units[1]}"
        bases = [(each.among.as_sets, each.base or "answered") for each in (one, two)]
        if bases[0] == bases[1] or self.row["because"]:
            return ""
        told = (f"{each.among or 'everyone'}, {each.base or 'answered'}" for each in (one, two))
        said = " against ".join(told)
        return f"another base: {said}"

    @property
    def untested(self) -> str:
        """Why no difference of the two is tested, whatever was measured; empty where one may be."""
        baseline, cohort = self.cohorts
        both = zip(self.cohorts, self.indicators, strict=True)
        if self.apart or any(one.section == MAKE_UP or one.id in of.make_up for of, one in both):
            return self.apart or "make-up of the sample, and no outcome"
        if baseline.evidence == cohort.evidence == "respondents" or not same_panel(self.cohorts):
            return ""
        return (
            f"overlapping samples: both are of {baseline.about.panel}, and print does not say how "
            "those who are in both moved"
        )

    def quantities(self) -> list[tuple[Key, Key]]:
        """Choose the categories to hold side by side: one where two add up to the base."""
        one, two = self.indicators
        if self.row["category_a"] or self.row["category_b"]:
            return [((one.id, self.row["category_a"]), (two.id, self.row["category_b"]))]
        baseline, cohort = (each.sides for each in self.measured)
        measured = [name for name in one.categories if (one.id, name) in baseline]
        both = [name for name in measured if (two.id, name) in cohort]
        if one.is_either_or:
            best = [name for name in one.categories if name == one.favourable]
            both = [name for name in best if name in both] or both or best or [*one.categories]
            both = both[:1]
        return [((one.id, name), (two.id, name)) for name in both or [""]]

    def sides(self, keys: tuple[Key, Key]) -> tuple[Side, Side]:
        """What either cohort measured of one of the `quantities`."""
        one, two = (each.side(key) for each, key in zip(self.measured, keys, strict=True))
        return one, two


def paired(
    crosswalk: pd.DataFrame, baseline: Measured, cohort: Measured, wanted: Collection[str] = ()
) -> list[Pair]:
    """Pair what two cohorts measured, or those of the baseline's that are wanted, not context."""
    both = baseline.cohort.id, wanted or baseline.indicators, cohort.cohort.id, cohort.indicators
    rows = pairs(crosswalk, *both)
    found = [Pair((baseline, cohort), row) for row in rows]
    found = [each for pair in found for each in _left(pair, rows)]
    return [pair for pair in found if pair.indicators[0].measure != "context"]


def _left(pair: Pair, rows: list[dict[str, str]]) -> list[Pair]:
    """A pair; where categories have rows of their own, one for each that has none."""
    of, both = {name: pair.row[name] for name in ("indicator_a", "indicator_b")}, pair.indicators
    own = [row for row in rows if of.items() <= row.items() and not is_whole(row)]
    if not own or not is_whole(pair.row):
        return [pair]
    if any(one.is_either_or for one in both):
        return []  # of two answers one says what the other is
    one, two = (
        [name for name in each.categories if name not in {row[f"category_{side}"] for row in own}]
        for each, side in zip(both, "ab", strict=True)
    )
    told = pair.row
    if {*one} != {*two}:
        said = f"the answers differ, {';'.join(one)} against {';'.join(two)}"
        told = told | {"closeness": "related", "because": said}
    names = [a for (_, a), (_, b) in pair.quantities() if a in one and b in two]
    each = [told | {"category_a": name, "category_b": name} for name in names]
    return [Pair(pair.measured, row) for row in each]


def same_panel(cohorts: tuple[Cohort, Cohort]) -> bool | None:
    """Whether two cohorts say that they are of the same units; None where either does not say."""
    baseline, cohort = (each.about.panel for each in cohorts)
    return fold(baseline) == fold(cohort) if baseline and cohort else None


def other_bases(crosswalk: pd.DataFrame, pair: Pair, *sides: Side) -> str:
    """Say that two bases are other quantities; empty where they, or a row, say one."""
    cohorts, (one, two) = pair.cohorts, (side.base_id for side in sides)
    answered = [cohort.evidence == "respondents" for cohort in cohorts]
    if any(answered) and "=" in one + two and not any(each.among for each in pair.indicators):
        return f"another base: {one or 'everyone'} against {two or 'everyone'}"
    if not (one and two) or one == two:
        return ""
    (a, own), (b, other) = (base.partition("=")[::2] for base in (one, two))
    for row in pairs(crosswalk, cohorts[0].id, [a], cohorts[1].id, [b]):
        alike = is_whole(row) and own == other
        named = (row["category_a"], row["category_b"]) == (own, other)
        if row["closeness"] != "related" and (alike or named):
            return ""
    return f"another base: {one} against {two}"


def _asked(cohort: Cohort, indicator: Indicator) -> tuple[str, str]:
    """Words of the questions that an indicator's variables ask, and ranges of their numbers."""
    known = cohort.variables(indicator.table)
    own = [known[name] for name in indicator.variables if name in known]
    ranges = [str(one.range) for one in own if one.type == "number" and one.values]  # noqa: PD011
    return fold(" ".join(one.question for one in own)), " ".join(ranges)


def _in_units(cohort: Cohort, indicator: Indicator) -> str:
    """Units of the numbers that an indicator is worked out from, where all are declared."""
    known, names = cohort.variables(indicator.table), [*indicator.variables, indicator.denominator]
    units = [known[name].unit for name in names if name in known and known[name].type == "number"]
    return " by ".join(units) if all(units) else ""
