"""Which quantities of two cohorts face each other, and what keeps two of them apart."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.cohort import MAKE_UP, Cohort
from careersurvey.evidence.crosswalk import pairs
from careersurvey.evidence.tables import Indicator
from careersurvey.inference.compare.sides import Key, Side

_MEASURED = ("share", "multiple", "mean", "ratio", "total")

_Pair = Mapping[str, str]


def paired(
    crosswalk: pd.DataFrame,
    one: Cohort,
    measured: Collection[str],
    two: Cohort,
    others: Collection[str],
) -> list[dict[str, str]]:
    """Rows of `crosswalk.pairs` for what two cohorts measured, without what is context."""
    table = pairs(crosswalk, one.id, measured, two.id, others).to_dict("records")
    return [row for row in table if one.indicators[row["indicator_a"]].measure != "context"]


def apart(pair: _Pair, one: Indicator, two: Indicator) -> str:
    """Say why two indicators may not be compared; empty where they may."""
    return _another_measure(pair, one, two) or _another_base(pair, one, two)


def remark(pair: _Pair, one: Cohort, two: Cohort) -> str:
    """Say what makes a pair of indicators close and not the same; empty where nothing does."""
    if pair["closeness"] == "close":
        return f"close, not the same: {pair['because']}"
    asked = _question(one, pair["indicator_a"]), _question(two, pair["indicator_b"])
    if all(asked) and asked[0] != asked[1]:
        return "close, not the same: the question is worded differently"
    return ""


def _question(cohort: Cohort, indicator: str) -> str:
    """Words of the questions that an indicator's variables ask, whatever the variables' names."""
    about = cohort.indicators[indicator]
    known = cohort.variables(about.table)
    asked = [known[name].question for name in about.variables if name in known]
    return " ".join(" ".join(asked).casefold().split())


def _another_measure(pair: _Pair, one: Indicator, two: Indicator) -> str:
    if pair["closeness"] == "related":
        return f"another measure: {pair['indicator_b']} is related only; {pair['because']}"
    if one.measure not in _MEASURED:
        return f"another measure: a {one.measure} is no share of a base"
    if one.measure != two.measure:
        return f"another measure: a {one.measure} against a {two.measure}"
    if set(one.categories) != set(two.categories) and not pair["category_a"]:
        asked = " against ".join(";".join(each.categories) for each in (one, two))
        return f"another measure: the answers differ, {asked}"
    return ""


def _another_base(pair: _Pair, one: Indicator, two: Indicator) -> str:
    if one.unit != two.unit:
        return f"another base: of each {one.unit} against of each {two.unit}"
    bases = [(str(each.among), each.base or "answered") for each in (one, two)]
    if bases[0] == bases[1] or pair["because"]:
        return ""
    said = " against ".join(f"{among or 'everyone'}, {base}" for among, base in bases)
    return f"another base: {said}"


def categories(
    pair: _Pair, one: Indicator, sides: Sequence[Mapping[Key, Side]]
) -> list[tuple[str, str]]:
    """Choose the categories to hold side by side: one where two add up to the base."""
    if pair["category_a"] or pair["category_b"]:
        return [(pair["category_a"], pair["category_b"])]
    names = one.categories
    said = [
        [name for name in names if (pair[f"indicator_{which}"], name) in each]
        for which, each in zip("ab", sides, strict=True)
    ]
    both = [name for name in names if name in said[0] and name in said[1]]
    if one.measure != "share" or len(names) != 2:
        return [(name, name) for name in both] or [("", "")]
    best = [name for name in names if name in one.favourable.split(";")]
    chosen = ([name for name in best if name in both] or both or best or names)[0]
    return [(chosen, chosen)]


def side_of(sides: Mapping[Key, Side], indicator: Indicator, category: str) -> Side:
    """Return what was measured of a category, or of the base without its only other category."""
    name, names = indicator.id, indicator.categories
    if (name, category) in sides:
        return sides[name, category]
    others = [other for other in names if other != category and (name, other) in sides]
    if len(names) == 2 and category in names and others:
        return sides[name, others[0]].mirrored(others[0])
    return Side(why_not="another measure: no answer is given by both")


def bar(one: Cohort, two: Cohort, indicator: Indicator) -> str:
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
    if baseline.folder != cohort.folder and baseline.id != cohort.id:
        return
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
        raise QuestionError(
            f"{len(unknown)} of {len(wanted)} indicators are not measured by both cohorts.",
            found=", ".join(unknown),
            expected=_listed(difflib.get_close_matches(unknown[0], known) or known),
            do="leave --indicator out to see every row",
        )


def nothing_in_common(
    baseline: Cohort, cohort: Cohort, measured: Sequence[Collection[str]]
) -> QuestionError:
    """The refusal of two cohorts that measure nothing in common."""
    return QuestionError(
        f"{baseline.id} and {cohort.id} have no indicator in common.",
        found="; ".join(_listed([*dict.fromkeys(each)]) for each in measured),
        expected="an indicator that both measure, or a row of crosswalk.csv that pairs two",
        do="give what is the same the same name, or add a row to crosswalk.csv",
    )


def _listed(names: Sequence[str], most: int = 4) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
