"""Which quantities of two cohorts face each other, and what keeps two of them apart."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.cohort import MAKE_UP, Cohort
from careersurvey.evidence.crosswalk import pairs
from careersurvey.evidence.tables import Indicator
from careersurvey.evidence.text import few
from careersurvey.inference.compare.sides import Key, Side

_MEASURED = ("share", "multiple", "mean", "ratio", "total")


@dataclass(frozen=True)
class Pair:
    """Two indicators that a row of `crosswalk.pairs` holds against each other.

    ``remark`` says what makes them close and not the same; empty where nothing does.
    """

    one: Indicator
    two: Indicator
    row: dict[str, str]
    remark: str

    @property
    def apart(self) -> str:
        """Why the two may not be compared; empty where they may."""
        return self._another_measure() or self._another_base()

    def _another_measure(self) -> str:
        one, two = self.one, self.two
        if self.row["closeness"] == "related":
            return f"another measure: {two.id} is related only; {self.row['because']}"
        if one.measure not in _MEASURED:
            return f"another measure: a {one.measure} is no share of a base"
        if one.measure != two.measure:
            return f"another measure: a {one.measure} against a {two.measure}"
        if {*one.categories} != {*two.categories} and not self.row["category_a"]:
            asked = " against ".join(";".join(each.categories) for each in (one, two))
            return f"another measure: the answers differ, {asked}"
        return ""

    def _another_base(self) -> str:
        both = self.one, self.two
        if self.one.unit != self.two.unit:
            return f"another base: of each {self.one.unit} against of each {self.two.unit}"
        bases = [(str(each.among), each.base or "answered") for each in both]
        if bases[0] == bases[1] or self.row["because"]:
            return ""
        said = " against ".join(f"{among or 'everyone'}, {base}" for among, base in bases)
        return f"another base: {said}"

    def categories(self, *sides: Mapping[Key, Side]) -> list[tuple[str, str]]:
        """Choose the categories to hold side by side: one where two add up to the base."""
        if self.row["category_a"] or self.row["category_b"]:
            return [(self.row["category_a"], self.row["category_b"])]
        names = self.one.categories
        ids = self.one.id, self.two.id
        both = [n for n in names if all((id_, n) in s for id_, s in zip(ids, sides, strict=True))]
        if self.one.measure != "share" or len(names) != 2:
            return [(name, name) for name in both] or [("", "")]
        best = [name for name in names if name in self.one.favourable.split(";")]
        chosen = ([name for name in best if name in both] or both or best or names)[0]
        return [(chosen, chosen)]


def paired(
    crosswalk: pd.DataFrame,
    one: Cohort,
    measured: Collection[str],
    two: Cohort,
    others: Collection[str],
) -> list[Pair]:
    """Pair what two cohorts measured, without what is context."""
    rows = pairs(crosswalk, one.id, measured, two.id, others)
    found = [facing(row, one, two) for row in rows]
    return [pair for pair in found if pair.one.measure != "context"]


def facing(row: dict[str, str], one: Cohort, two: Cohort) -> Pair:
    """Hold the indicators of a row against each other, and their questions word for word."""
    names = row["indicator_a"], row["indicator_b"]
    asked = [_question(each, name) for each, name in zip((one, two), names, strict=True)]
    remark = "the question is worded differently" if all(asked) and asked[0] != asked[1] else ""
    remark = row["because"] if row["closeness"] == "close" else remark
    said = f"close, not the same: {remark}" if remark else ""
    return Pair(one.indicators[names[0]], two.indicators[names[1]], row, said)


def _question(cohort: Cohort, indicator: str) -> str:
    """Words of the questions that an indicator's variables ask, whatever the variables' names."""
    about = cohort.indicators[indicator]
    known = cohort.variables(about.table)
    asked = [known[name].question for name in about.variables if name in known]
    return " ".join(" ".join(asked).casefold().split())


def side_of(sides: Mapping[Key, Side], indicator: Indicator, category: str) -> Side:
    """Return what was measured of a category, or of the base without its only other category."""
    name, names = indicator.id, indicator.categories
    if (name, category) in sides:
        return sides[name, category]
    others = [other for other in names if other != category and (name, other) in sides]
    if len(names) == 2 and category in names and others:
        return sides[name, others[0]].mirrored(others[0])
    return Side(why_not="another measure: no answer is given by both")


def barred(one: Cohort, two: Cohort, indicator: Indicator) -> str:
    """Say why no pair of two cohorts' figures of an indicator is tested; empty where it may be."""
    if indicator.section == MAKE_UP:
        return "make-up of the sample, and no outcome"
    both_answered = one.evidence == two.evidence == "respondents"
    if both_answered or not same_panel(one, two):
        return ""
    return (
        f"overlapping samples: both are of {one.about.panel}, and print does not say how those who "
        "are in both moved"
    )


def another_printed_base(one: Side, two: Side) -> str:
    """Say that two printed bases are other quantities; empty where they are not."""
    if one.base_id == two.base_id or not (one.base_id and two.base_id):
        return ""
    return f"another base: {one.base_id} against {two.base_id}"


def same_panel(baseline: Cohort, cohort: Cohort) -> bool | None:
    """Whether two cohorts say that they are of the same units; None where either does not say."""
    panels = [each.about.panel for each in (baseline, cohort)]
    return panels[0] == panels[1] if all(panels) else None


def require_two(baseline: Cohort, cohort: Cohort) -> None:
    """Refuse to compare a cohort with itself."""
    if baseline.folder == cohort.folder or baseline.id == cohort.id:
        raise QuestionError(
            f"{cohort.id}: a cohort is not compared with itself.",
            found=f"{baseline.folder.name} and {cohort.folder.name}, both {cohort.id}",
            expected="two cohorts with different ids",
            do="name another baseline, or give one of them an id of its own in cohort.toml",
        )


def require_compared(wanted: Collection[str], known: Sequence[str]) -> None:
    """Refuse indicators that two cohorts do not both measure."""
    unknown = [name for name in wanted if name not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known) or known
        raise QuestionError(
            f"{len(unknown)} of {len(wanted)} indicators are not measured by both cohorts.",
            found=", ".join(unknown),
            expected=few(near, shown=4),
            do="leave --indicator out to see every row",
        )


def nothing_in_common(
    baseline: Cohort, cohort: Cohort, measured: Sequence[Collection[str]]
) -> QuestionError:
    """The refusal of two cohorts that measure nothing in common."""
    return QuestionError(
        f"{baseline.id} and {cohort.id} have no indicator in common.",
        found="; ".join(few([*dict.fromkeys(each)], shown=4) for each in measured),
        expected="an indicator that both measure, or a row of crosswalk.csv that pairs two",
        do="give what is the same the same name, or add a row to crosswalk.csv",
    )
