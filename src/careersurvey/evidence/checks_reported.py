"""What must hold of printed statements and of the relations between them: one rule, one row."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.findings import ROWS_NAMED, Check
from careersurvey.evidence.printed.numerals import position
from careersurvey.evidence.printed.passages import (
    ALONE,
    UNHEADED,
    Passage,
    contains,
    fold,
    read_passages,
)
from careersurvey.evidence.printed.readings import FORMS
from careersurvey.evidence.printed.statements import Row, quantity, quantity_of, unreadable

MEASURES = ("share", "multiple", "mean", "total", "ratio", "count", "rank", "context")
RELATIONS = ("same", "partition", "within", "disjoint", "exhaustive", "at_least")
_MOST_WORDS = 8


def check_statements(cohort: Cohort, source: Path | None = None) -> list[Check]:
    """Check the printed evidence of a cohort: statements, their readings, their relations.

    Parameters
    ----------
    cohort : Cohort
        A cohort with printed figures.
    source : Path, optional
        The report's text; with it, every figure phrase is held against the place that it cites.

    Returns
    -------
    list of Check
        One row a rule. Readings are tried only where the rows themselves are sound.
    """
    found = [rule(cohort) for rule in _RULES]
    if all(check.passed for check in found):
        found.append(check_wordings_are_read(cohort))
    found.extend(rule(cohort) for rule in _RELATION_RULES)
    if source is not None:
        found.append(check_figures_stand_in_the_text(cohort, read_passages(source, cohort.places)))
    return found


def check_ids_are_unique(cohort: Cohort) -> Check:
    """Each statement has an id of its own."""
    ids = cohort.reported["id"]
    wrong = cohort.reported[ids.duplicated(keep=False) | (ids == "")]
    do = "give each row an id of its own"
    return _check("ids_unique", cohort, wrong, "have no id of their own", "id", do)


def check_places_exist(cohort: Cohort) -> Check:
    """Each place is one that ``[places]`` declares."""
    wrong = _rows_where(cohort.reported, lambda row: not _is_place(cohort, row["where"]))
    do = "correct the place, or declare it in cohort.toml under [places]"
    return _check("places_exist", cohort, wrong, "cite a place that is not declared", "where", do)


def check_indicators_are_known(cohort: Cohort) -> Check:
    """Each indicator stands in indicators.csv."""
    known = set(cohort.indicators)
    wrong = cohort.reported[~cohort.reported["indicator"].isin(known)]
    do = "correct it, or add it to indicators.csv"
    return _check("indicators_known", cohort, wrong, "have an unknown indicator", "indicator", do)


def check_categories_are_known(cohort: Cohort) -> Check:
    """Each category is one of its indicator's."""
    categories = _categories(cohort)

    def unknown(row: Row) -> bool:
        return row["category"] not in ("", *categories.get(row["indicator"], [row["category"]]))

    wrong = _rows_where(cohort.reported, unknown)
    do = "correct it, or add it to the categories in indicators.csv"
    return _check("categories_known", cohort, wrong, "have an unknown category", "category", do)


def check_units_are_known(cohort: Cohort) -> Check:
    """Each unit is one that indicators.csv counts."""
    known = {one.unit for one in cohort.indicators.values()} - {""}
    wrong = cohort.reported[~cohort.reported["unit"].isin(known)]
    return _check(
        "units_known",
        cohort,
        wrong,
        "have an unknown unit",
        "unit",
        f"use one of {', '.join(sorted(known))}",
    )


def check_groups_are_known(cohort: Cohort) -> Check:
    """A statement about a part names an indicator or variable, and one of its values."""
    values = _categories(cohort) | {
        variable.name: list(variable.values) or [""] for variable in cohort.codebook
    }

    def unknown(row: Row) -> bool:
        allowed = values.get(row["domain"], [])
        return row["group"] not in (allowed if allowed != [""] else [row["group"]])

    parts = cohort.reported[(cohort.reported[["domain", "group"]] != "").any(axis=1)]
    wrong = _rows_where(parts, unknown)
    do = "name an indicator or variable, and one of its values"
    return _check("groups_known", cohort, wrong, "have an unknown domain or group", "group", do)


def check_forms_are_known(cohort: Cohort) -> Check:
    """Each printed form is one of the declared ones."""
    wrong = cohort.reported[~cohort.reported["form"].isin(FORMS)]
    do = f"use one of {', '.join(FORMS)}"
    return _check("forms_known", cohort, wrong, "have an unknown form", "form", do)


def check_figures_are_printed(cohort: Cohort) -> Check:
    """Each row holds a figure phrase of one to eight words."""
    words = cohort.reported["reported"].str.split().str.len()
    wrong = cohort.reported[(words == 0) | (words > _MOST_WORDS)]
    do = f"keep the figure phrase alone, at most {_MOST_WORDS} words"
    return _check("figures_printed", cohort, wrong, "have no figure or too many words", "id", do)


def check_bases_are_numbers(cohort: Cohort) -> Check:
    """A base's number is a whole number above 0."""
    given = cohort.reported[cohort.reported["base_n"] != ""]
    sound = given["base_n"].str.fullmatch(r"[1-9][0-9]{0,14}|[1-9][0-9]{0,2}(,[0-9]{3}){1,4}")
    return _check(
        "bases_are_numbers",
        cohort,
        given[~sound.astype(bool)],
        "have a base that is not a whole number above 0",
        "base_n",
    )


def check_bases_come_from_somewhere(cohort: Cohort) -> Check:
    """A base is printed, implied or none."""
    allowed = ("", "printed", "implied", "none")
    wrong = cohort.reported[~cohort.reported["base_from"].isin(allowed)]
    do = "use printed, implied or none"
    return _check(
        "bases_have_a_source", cohort, wrong, "have an unknown base_from", "base_from", do
    )


def check_bases_are_known(cohort: Cohort) -> Check:
    """A base is a quantity of indicators.csv, and not the statement's own."""
    known = _all_quantities(cohort)

    def unknown(row: Row) -> bool:
        return row["base_id"] not in known or row["base_id"] == quantity_of(row)

    wrong = _rows_where(cohort.reported[cohort.reported["base_id"] != ""], unknown)
    do = "name the quantity that is the base, or empty base_id"
    return _check("bases_known", cohort, wrong, "have a base that is no quantity", "base_id", do)


def check_wordings_are_read(cohort: Cohort) -> Check:
    """Each wording is one that the tables of readings know, and fits on its base."""
    problems = unreadable(cohort)
    lines = cohort.reported.index[cohort.reported["id"].isin([row["id"] for row, _ in problems])]
    return Check(
        rule="wordings_are_read",
        table="reported.csv",
        passed=not problems,
        message=f"{len(problems)} of {len(cohort.reported):,} wordings do not read on their base.",
        rows=tuple(int(line) for line in lines[:ROWS_NAMED]),
        do=str(problems[0][1].do or "correct the row") if problems else "",
        found="; ".join(problem.what for _, problem in problems[:ROWS_NAMED]),
    )


def check_relations_are_known(cohort: Cohort) -> Check:
    """Each relation has an id, a known kind, and is necessary or assumed."""
    rows = cohort.relations
    wrong = rows[
        ~rows["relation"].isin(RELATIONS)
        | ~rows["strength"].isin(("necessary", "assumed"))
        | rows["id"].duplicated(keep=False)
        | (rows["id"] == "")
    ]
    return _check(
        "relations_known",
        cohort,
        wrong,
        f"are not one of {', '.join(RELATIONS)}, necessary or assumed, with an id of their own",
        "id",
        table="relations.csv",
    )


def check_relations_tie_quantities(cohort: Cohort) -> Check:
    """Each side of a relation names quantities of indicators.csv."""
    known = _all_quantities(cohort)

    def untied(row: Row) -> bool:
        names = _sides(row["parts"], row["whole"])
        return not names or not known.issuperset(names)

    wrong = _rows_where(cohort.relations, untied)
    return _check(
        "relations_tie_quantities",
        cohort,
        wrong,
        "name a quantity that indicators.csv does not have",
        "parts",
        table="relations.csv",
    )


def check_assumptions_are_argued(cohort: Cohort) -> Check:
    """An assumed relation says which reading would undo it."""
    rows = cohort.relations
    wrong = rows[(rows["strength"] == "assumed") & (rows["because"].str.split().str.len() < 3)]
    return _check(
        "assumptions_argued",
        cohort,
        wrong,
        "are assumed and do not say which reading would undo them",
        "id",
        "say it in the column because",
        table="relations.csv",
    )


def check_figures_stand_in_the_text(cohort: Cohort, passages: dict[str, Passage]) -> Check:
    """Each figure phrase stands in the paragraph that its row cites."""
    wrong = _rows_where(cohort.reported, lambda row: not _stands(row, passages))
    do = "correct the phrase or the place"
    message = "cite a place where their figure does not stand"
    return _check("figures_in_text", cohort, wrong, message, "reported", do)


_RULES: tuple[Callable[[Cohort], Check], ...] = (
    check_ids_are_unique,
    check_places_exist,
    check_indicators_are_known,
    check_categories_are_known,
    check_units_are_known,
    check_groups_are_known,
    check_forms_are_known,
    check_figures_are_printed,
    check_bases_are_numbers,
    check_bases_come_from_somewhere,
    check_bases_are_known,
)
_RELATION_RULES: tuple[Callable[[Cohort], Check], ...] = (
    check_relations_are_known,
    check_relations_tie_quantities,
    check_assumptions_are_argued,
)


def _check(
    rule: str,
    cohort: Cohort,
    wrong: pd.DataFrame,
    says: str,
    column: str,
    do: str = "correct the rows",
    *,
    table: str = "reported.csv",
) -> Check:
    rows = cohort.relations if table == "relations.csv" else cohort.reported
    return Check(
        rule=rule,
        table=table,
        passed=wrong.empty,
        message=f"{len(wrong):,} of {len(rows):,} rows {says}.",
        rows=tuple(int(line) for line in wrong.index[:ROWS_NAMED]),
        do="" if wrong.empty else do,
        found=", ".join(repr(value)[:60] for value in wrong[column].head(ROWS_NAMED)),
    )


def _rows_where(table: pd.DataFrame, fails: Callable[[Row], bool]) -> pd.DataFrame:
    failing = [bool(fails(row)) for row in table.to_dict("records")]
    return table[pd.Series(failing, index=table.index, dtype=bool)]


def _is_place(cohort: Cohort, place: str) -> bool:
    if place in ALONE:
        return True
    found = re.fullmatch(r"([^\W\d_]+)(-?)([1-9][0-9]{0,5})", place)
    if not found or found[1] not in cohort.places:
        return False
    joined = found[1] in UNHEADED
    return joined == (found[2] == "") and int(found[3]) <= cohort.places[found[1]]


def _categories(cohort: Cohort) -> dict[str, list[str]]:
    return {name: list(one.categories) or [""] for name, one in cohort.indicators.items()}


def _all_quantities(cohort: Cohort) -> set[str]:
    named = {
        quantity(name, category)
        for name, categories in _categories(cohort).items()
        for category in ("", *categories)
    }
    return named | {quantity_of(row) for row in cohort.reported.to_dict("records")}


def _sides(parts: str, whole: str) -> list[str]:
    return [name.strip() for name in [*parts.split(" + "), *whole.split(" + ")] if name.strip()]


def _stands(row: Row, passages: dict[str, Passage]) -> bool:
    passage = passages.get(row["where"], Passage())
    if row["form"] != "rank":
        return contains(passage.text, row["reported"])
    entry = re.match(r'"([^"]+)"', row["note"])
    place = position(row["reported"].lower()) or 0
    if entry is None or not 0 < place <= len(passage.bullets):
        return False
    return passage.bullets[place - 1].startswith(fold(entry[1]))
