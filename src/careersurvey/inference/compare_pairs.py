"""Which quantities of two cohorts face each other, and what keeps two of them apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from careersurvey.evidence.cohort import Cohort
from careersurvey.inference.compare_side import Held, mirrored

_MEASURED = ("share", "multiple", "mean", "ratio", "total")

_Names = Mapping[str, str]


def apart(pair: _Names, baseline: Cohort, cohort: Cohort) -> tuple[str, str]:
    """Say what keeps two indicators apart, and what must be said where they are compared.

    Parameters
    ----------
    pair : mapping
        A row of `crosswalk.pairs`.
    baseline, cohort : Cohort

    Returns
    -------
    why_not : str
        Another measure or another base; empty where they are of the same kind.
    remark : str
        What makes them close and not the same, such as a question that is worded differently.
    """
    one = indicator_of(baseline, pair["indicator_a"])
    two = indicator_of(cohort, pair["indicator_b"])
    return _another_measure(pair, one, two) or _another_base(pair, one, two), _remark(
        pair, one, two
    )


def indicator_of(cohort: Cohort, indicator: str) -> _Names:
    """Row of ``indicators.csv``, with the question that its variables ask."""
    rows = cohort.indicators[cohort.indicators["indicator"] == indicator]
    about = rows.iloc[0].to_dict()
    asked = cohort.codebook.set_index("variable")["question"].to_dict()
    questions = [asked.get(name.strip(), "") for name in about["variable"].split(";")]
    return about | {"question": " ".join(" ".join(questions).casefold().split())}


def _another_measure(pair: _Names, one: _Names, two: _Names) -> str:
    if pair["closeness"] == "related":
        return f"another measure: {pair['indicator_b']} is related only; {pair['because']}"
    if one["measure"] not in _MEASURED:
        return f"another measure: {_a(one['measure'])} is no share of a base"
    if one["measure"] != two["measure"]:
        kinds = f"{_a(one['measure'])} against {_a(two['measure'])}"
        return f"another measure: {kinds}"
    answers = [set(about["categories"].split(";")) for about in (one, two)]
    if answers[0] != answers[1] and not pair["category_a"]:
        asked = " against ".join(about["categories"] for about in (one, two))
        return f"another measure: the answers differ, {asked}"
    return ""


def _another_base(pair: _Names, one: _Names, two: _Names) -> str:
    if one["unit"] != two["unit"]:
        return f"another base: of each {one['unit']} against of each {two['unit']}"
    bases = [(about["among"], about["base"] or "answered") for about in (one, two)]
    if bases[0] == bases[1] or pair["because"]:
        return ""
    said = " against ".join(f"{among or 'everyone'}, {base}" for among, base in bases)
    return f"another base: {said}"


def _remark(pair: _Names, one: _Names, two: _Names) -> str:
    if pair["closeness"] == "close":
        return f"close, not the same: {pair['because']}"
    if one["question"] and two["question"] and one["question"] != two["question"]:
        return "close, not the same: the question is worded differently"
    return ""


def choose_categories(
    pair: _Names, about: _Names, held: Sequence[Mapping[tuple[str, str], Held]]
) -> list[tuple[str, str]]:
    """Choose the categories to hold side by side: one where two add up to the base.

    Parameters
    ----------
    pair : mapping
        A row of `crosswalk.pairs`.
    about : mapping
        The baseline's row of ``indicators.csv``.
    held : two mappings
        What each cohort holds.

    Returns
    -------
    list of tuple of str
        The baseline's category and the cohort's; empty names where there is none.
    """
    if pair["category_a"] or pair["category_b"]:
        return [(pair["category_a"], pair["category_b"])]
    names = [name for name in about["categories"].split(";") if name]
    said = [
        [name for name in names if (pair[f"indicator_{side}"], name) in each]
        for side, each in zip("ab", held, strict=True)
    ]
    both = [name for name in names if name in said[0] and name in said[1]]
    if about["measure"] != "share" or len(names) != 2:
        return [(name, name) for name in both] or [("", "")]
    best = [name for name in names if name in about["favourable"].split(";")]
    chosen = ([name for name in best if name in both] or both or best or names)[0]
    return [(chosen, chosen)]


def take(held: Mapping[tuple[str, str], Held], about: _Names, category: str) -> Held:
    """Return what is held of a category, or of the base without its only other category."""
    indicator, names = about["indicator"], about["categories"].split(";")
    if (indicator, category) in held:
        return held[indicator, category]
    others = [name for name in names if name != category and (indicator, name) in held]
    if len(names) == 2 and category in names and others:
        return mirrored(held[indicator, others[0]], others[0])
    return Held(math.nan, None, why_not="another measure: no answer is given by both")


def _a(measure: str) -> str:
    return f"a {measure}"
