"""Which quantities of two cohorts face each other, and what keeps two of them apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.crosswalk import pairs
from careersurvey.evidence.tables import indicator_table
from careersurvey.inference.compare.sides import Key, Side

#: The section of who was asked: what stands there is the make-up of a sample, and no outcome.
MAKE_UP = "scope"
_MEASURED = ("share", "multiple", "mean", "ratio", "total")

_Names = Mapping[str, str]


def paired(
    crosswalk: pd.DataFrame,
    one: Cohort,
    measured: Collection[str],
    two: Cohort,
    others: Collection[str],
) -> list[dict[str, str]]:
    """Rows of `crosswalk.pairs` for what two cohorts measured, without what is context."""
    table = pairs(crosswalk, one.id, measured, two.id, others).to_dict("records")
    return [row for row in table if about(one, row["indicator_a"])["measure"] != "context"]


def about(cohort: Cohort, indicator: str) -> _Names:
    """Row of ``indicators.csv``, with the question that its variables ask."""
    (row,) = indicator_table({indicator: cohort.indicators[indicator]}).to_dict("records")
    asked = {variable.name: variable.question for variable in cohort.codebook}
    questions = [asked.get(name.strip(), "") for name in row["variable"].split(";")]
    return row | {"question": " ".join(" ".join(questions).casefold().split())}


def apart(pair: _Names, one: _Names, two: _Names) -> str:
    """Say why two indicators may not be compared; empty where they may.

    Parameters
    ----------
    pair : mapping
        A row of `crosswalk.pairs`.
    one, two : mapping
        The two indicators, as `about` gives them.
    """
    return _another_measure(pair, one, two) or _another_base(pair, one, two)


def remark(pair: _Names, one: _Names, two: _Names) -> str:
    """Say what makes two indicators close and not the same; empty where nothing does."""
    if pair["closeness"] == "close":
        return f"close, not the same: {pair['because']}"
    if one["question"] and two["question"] and one["question"] != two["question"]:
        return "close, not the same: the question is worded differently"
    return ""


def _another_measure(pair: _Names, one: _Names, two: _Names) -> str:
    if pair["closeness"] == "related":
        return f"another measure: {pair['indicator_b']} is related only; {pair['because']}"
    if one["measure"] not in _MEASURED:
        return f"another measure: a {one['measure']} is no share of a base"
    if one["measure"] != two["measure"]:
        return f"another measure: a {one['measure']} against a {two['measure']}"
    answers = [set(each["categories"].split(";")) for each in (one, two)]
    if answers[0] != answers[1] and not pair["category_a"]:
        asked = " against ".join(each["categories"] for each in (one, two))
        return f"another measure: the answers differ, {asked}"
    return ""


def _another_base(pair: _Names, one: _Names, two: _Names) -> str:
    if one["unit"] != two["unit"]:
        return f"another base: of each {one['unit']} against of each {two['unit']}"
    bases = [(each["among"], each["base"] or "answered") for each in (one, two)]
    if bases[0] == bases[1] or pair["because"]:
        return ""
    said = " against ".join(f"{among or 'everyone'}, {base}" for among, base in bases)
    return f"another base: {said}"


def categories(
    pair: _Names, one: _Names, sides: Sequence[Mapping[Key, Side]]
) -> list[tuple[str, str]]:
    """Choose the categories to hold side by side: one where two add up to the base.

    Parameters
    ----------
    pair : mapping
        A row of `crosswalk.pairs`.
    one : mapping
        The baseline's indicator.
    sides : two mappings
        What each cohort measured.

    Returns
    -------
    list of tuple of str
        The baseline's category and the cohort's; empty names where there is none.
    """
    if pair["category_a"] or pair["category_b"]:
        return [(pair["category_a"], pair["category_b"])]
    names = [name for name in one["categories"].split(";") if name]
    said = [
        [name for name in names if (pair[f"indicator_{which}"], name) in each]
        for which, each in zip("ab", sides, strict=True)
    ]
    both = [name for name in names if name in said[0] and name in said[1]]
    if one["measure"] != "share" or len(names) != 2:
        return [(name, name) for name in both] or [("", "")]
    best = [name for name in names if name in one["favourable"].split(";")]
    chosen = ([name for name in best if name in both] or both or best or names)[0]
    return [(chosen, chosen)]


def side_of(sides: Mapping[Key, Side], indicator: _Names, category: str) -> Side:
    """Return what was measured of a category, or of the base without its only other category."""
    name, names = indicator["indicator"], indicator["categories"].split(";")
    if (name, category) in sides:
        return sides[name, category]
    others = [other for other in names if other != category and (name, other) in sides]
    if len(names) == 2 and category in names and others:
        return sides[name, others[0]].mirrored(others[0])
    return Side(why_not="another measure: no answer is given by both")
