"""What must hold of printed statements, of relations and of recommendations."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

import pandas as pd

from careersurvey.evidence.checks.check import ROWS_NAMED, WORTH_KNOWING, Check, Rule, Wrong, rule
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.passages import (
    Passage,
    contains,
    fold,
    read_passages,
)
from careersurvey.evidence.printed.readings import FORMS
from careersurvey.evidence.printed.statements import Row, quantity, quantity_of, unreadable
from careersurvey.evidence.tables import split_list

RELATIONS = ("same", "partition", "within", "disjoint", "exhaustive", "at_least")
_MOST_WORDS = 8
_WHOLE = re.compile(r"[1-9][0-9]*|[1-9][0-9]{0,2}(,[0-9]{3})+")


def check_statements(cohort: Cohort, source: Path | None = None) -> list[Check]:
    """Check the printed evidence of a cohort: statements, their readings, their relations."""
    found = _held(_STATEMENTS, "reported.csv", cohort)
    if all(check.passed for check in found):
        found += readings.check("reported.csv", cohort)
    found += undecided.check("reported.csv", cohort)
    found += _held(_RELATIONS, "relations.csv", cohort)
    found += _held(_RECOMMENDATIONS, "recommendations.csv", cohort)
    if source is not None:
        passages = read_passages(source, cohort.places)
        found += figures_in_text.check("reported.csv", cohort, passages)
    return found


@rule(
    "rows_decided",
    do="give each an indicator and take '# TODO ' away, or write '# NO ' in its place",
    severity=WORTH_KNOWING,
)
def undecided(cohort: Cohort) -> Wrong | None:
    """Each row of a scan is decided, or struck out."""
    of = f"{cohort.undecided:,} of {cohort.undecided + len(cohort.reported):,} figures"
    return Wrong(f"{of} are still to be decided, and stand nowhere.") if cohort.undecided else None


@rule("ids_unique", do="give each row an id of its own")
def ids(cohort: Cohort) -> Wrong | str:
    """Each statement has an id of its own."""
    named = cohort.reported["id"]
    wrong = cohort.reported[named.duplicated(keep=False) | (named == "")]
    return _told(cohort.reported, wrong, "have no id of their own", "id")


@rule("places_exist", do="correct the place, or declare it in cohort.toml under [places]")
def places(cohort: Cohort) -> Wrong | str:
    """Each place is one that ``[places]`` declares."""
    wrong = _where(cohort.reported, lambda row: not _is_place(cohort, row["where"]))
    return _told(cohort.reported, wrong, "cite a place that is not declared", "where")


@rule("indicators_known", do="correct it, or add it to indicators.csv")
def known_indicators(cohort: Cohort) -> Wrong | str:
    """Each indicator stands in indicators.csv."""
    wrong = cohort.reported[~cohort.reported["indicator"].isin(list(cohort.indicators))]
    return _told(cohort.reported, wrong, "have an unknown indicator", "indicator")


@rule("categories_known", do="correct it, or add it to the categories in indicators.csv")
def known_categories(cohort: Cohort) -> Wrong | str:
    """Each category is one of its indicator's."""

    def unknown(row: Row) -> bool:
        about = cohort.indicators.get(row["indicator"])
        return about is not None and row["category"] not in ("", *about.categories)

    wrong = _where(cohort.reported, unknown)
    return _told(cohort.reported, wrong, "have an unknown category", "category")


@rule("units_known", do="use the unit of an indicator, or add it to indicators.csv")
def units(cohort: Cohort) -> Wrong | str:
    """Each unit is one that indicators.csv counts."""
    known = {one.unit for one in cohort.indicators.values()} - {""}
    wrong = cohort.reported[~cohort.reported["unit"].isin(known)]
    return _told(cohort.reported, wrong, "have an unknown unit", "unit", sorted(known))


@rule("groups_known", do="name an indicator or variable, and one of its values")
def groups(cohort: Cohort) -> Wrong | str:
    """A statement about a part names an indicator or variable, and one of its values."""
    values = {name: one.categories for name, one in cohort.indicators.items()}
    values |= {one.name: one.values for one in cohort.codebook}  # noqa: PD011

    def unknown(row: Row) -> bool:
        allowed = values.get(row["domain"])
        return allowed is None or row["group"] not in (allowed or (row["group"],))

    parts = cohort.reported[(cohort.reported[["domain", "group"]] != "").any(axis=1)]
    wrong = _where(parts, unknown)
    return _told(cohort.reported, wrong, "have an unknown domain or group", "group")


@rule("forms_known", do="use one of the forms")
def forms(cohort: Cohort) -> Wrong | str:
    """Each printed form is one of the declared ones."""
    wrong = cohort.reported[~cohort.reported["form"].isin(FORMS)]
    return _told(cohort.reported, wrong, "have an unknown form", "form", FORMS)


@rule("figures_printed", do=f"keep the figure phrase alone, at most {_MOST_WORDS} words")
def phrases(cohort: Cohort) -> Wrong | str:
    """Each row holds a figure phrase of one to eight words."""
    wrong = _where(cohort.reported, lambda row: _is_too_long(row["reported"]))
    return _told(cohort.reported, wrong, "have no figure or too many words", "id")


@rule("bases_are_numbers", do="write the number alone, or leave it out and say where it is from")
def base_numbers(cohort: Cohort) -> Wrong | str:
    """A base's number is a whole number above 0."""
    given = cohort.reported[cohort.reported["base_n"] != ""]
    wrong = _where(given, lambda row: not _WHOLE.fullmatch(row["base_n"]))
    says = "have a base that is not a whole number above 0"
    return _told(cohort.reported, wrong, says, "base_n")


@rule("bases_have_a_source", do="use printed, implied or none")
def base_sources(cohort: Cohort) -> Wrong | str:
    """A base is printed, implied or none."""
    allowed = ("", "printed", "implied", "none")
    wrong = cohort.reported[~cohort.reported["base_from"].isin(allowed)]
    return _told(cohort.reported, wrong, "have an unknown base_from", "base_from")


@rule("bases_known", do="name the quantity that is the base, or empty base_id")
def bases(cohort: Cohort) -> Wrong | str:
    """A base is a quantity of indicators.csv, and not the statement's own."""
    known = _quantities(cohort)

    def unknown(row: Row) -> bool:
        return row["base_id"] not in known or row["base_id"] == quantity_of(row)

    wrong = _where(cohort.reported[cohort.reported["base_id"] != ""], unknown)
    return _told(cohort.reported, wrong, "have a base that is no quantity", "base_id")


@rule("wordings_are_read", do="correct the row, or add the wording to readings.csv")
def readings(cohort: Cohort) -> Wrong | str:
    """Each wording is one that the tables of readings know, and fits on its base."""
    problems = unreadable(cohort)
    message = f"{len(problems)} of {len(cohort.reported):,} wordings do not read on their base."
    if not problems:
        return message
    named = [row["id"] for row, _ in problems]
    lines = cohort.reported.index[cohort.reported["id"].isin(named)]
    said = "; ".join(problem.what for _, problem in problems[:ROWS_NAMED])
    return Wrong(message, lines.tolist(), said, do=str(problems[0][1].do or ""))


@rule("relations_known", do="correct the rows")
def relations(cohort: Cohort) -> Wrong | str:
    """Each relation has an id, a known kind, and is necessary or assumed."""
    rows = cohort.relations
    wrong = rows[
        ~rows["relation"].isin(RELATIONS)
        | ~rows["strength"].isin(("necessary", "assumed"))
        | rows["id"].duplicated(keep=False)
        | (rows["id"] == "")
    ]
    says = f"are not one of {', '.join(RELATIONS)}, necessary or assumed, with an id of their own"
    return _told(rows, wrong, says, "id")


@rule("relations_tie_quantities", do="name quantities of indicators.csv, joined by +")
def tied_quantities(cohort: Cohort) -> Wrong | str:
    """Each side of a relation names quantities of indicators.csv, each once."""
    known = _quantities(cohort)

    def untied(row: Row) -> bool:
        sides = [re.split(r"\s\+\s", row[side].strip()) for side in ("parts", "whole")]
        names = [name for side in sides for name in side if name]
        return not known.issuperset(names) or len({*names}) < len(names)

    empty = (cohort.relations["parts"] == "") & (cohort.relations["whole"] == "")
    wrong = cohort.relations[_mask(cohort.relations, untied) | empty]
    says = "name a quantity that indicators.csv does not have, or one twice"
    return _told(cohort.relations, wrong, says, "parts")


@rule("assumptions_argued", do="say it in the column because")
def arguments(cohort: Cohort) -> Wrong | str:
    """An assumed relation says which reading would undo it."""
    rows = cohort.relations
    wrong = rows[(rows["strength"] == "assumed") & (rows["because"].str.split().str.len() < 3)]
    return _told(rows, wrong, "are assumed and do not say which reading would undo them", "id")


@rule("recommendations", do="correct the place, the phrase or the findings")
def recommended(cohort: Cohort) -> Wrong | str | None:
    """A recommendation has a place, at most eight words, and findings that it rests on."""
    if cohort.recommendations.empty:
        return None
    known = _quantities(cohort)

    def amiss(row: Row) -> bool:
        rests_on = split_list(row["indicators"])
        placed = _is_place(cohort, row["where"])
        return not (placed and known.issuperset(rests_on)) or _is_too_long(row["text_phrase"])

    wrong = _where(cohort.recommendations, amiss)
    says = "have no place, too many words, or rest on findings that are not known"
    return _told(cohort.recommendations, wrong, says, "id")


@rule("figures_in_text", do="correct the phrase or the place")
def figures_in_text(cohort: Cohort, passages: dict[str, Passage]) -> Wrong | str:
    """Each figure phrase stands in the paragraph that its row cites."""
    wrong = _where(cohort.reported, lambda row: not _stands(row, passages))
    says = "cite a place where their figure does not stand"
    return _told(cohort.reported, wrong, says, "reported")


_STATEMENTS = (
    ids,
    places,
    known_indicators,
    known_categories,
    units,
    groups,
    forms,
    phrases,
    base_numbers,
    base_sources,
    bases,
)
_RELATIONS = (relations, tied_quantities, arguments)
_RECOMMENDATIONS = (recommended,)


def _held(rules: Iterable[Rule], table: str, cohort: Cohort) -> list[Check]:
    return [check for each in rules for check in each.check(table, cohort)]


def _told(
    table: pd.DataFrame, wrong: pd.DataFrame, says: str, column: str, known: Collection[str] = ()
) -> Wrong | str:
    message = f"{len(wrong):,} of {len(table):,} rows {says}."
    if wrong.empty:
        return message
    found = ", ".join(repr(value) for value in wrong[column].head(ROWS_NAMED))
    return Wrong(message, wrong.index.tolist(), found, ", ".join(known))


def _mask(table: pd.DataFrame, fails: Callable[[Row], bool]) -> pd.Series:
    failing = [bool(fails(row)) for row in table.to_dict("records")]
    return pd.Series(failing, index=table.index, dtype=bool)


def _where(table: pd.DataFrame, fails: Callable[[Row], bool]) -> pd.DataFrame:
    return table[_mask(table, fails)]


def _is_too_long(phrase: str) -> bool:
    return not 0 < len(phrase.split()) <= _MOST_WORDS


def _is_place(cohort: Cohort, place: str) -> bool:
    if place in ("cover", "annex"):
        return True
    found = re.fullmatch(r"([a-z]+)-?([1-9][0-9]{0,8})", place)
    joined = {"p": "p{}", "fn": "fn{}"}
    if not found or found[1] not in cohort.places:
        return False
    as_cited = joined.get(found[1], found[1] + "-{}").format(found[2])
    return place == as_cited and int(found[2]) <= cohort.places[found[1]]


def _quantities(cohort: Cohort) -> set[str]:
    """Every quantity that indicators.csv has or a statement is about."""

    def named() -> Iterator[str]:
        for name, one in cohort.indicators.items():
            yield from (quantity(name, category) for category in ("", *one.categories))

    return {*named(), *(quantity_of(row) for row in cohort.reported.to_dict("records"))}


def _stands(row: Row, passages: dict[str, Passage]) -> bool:
    passage = passages.get(row["where"], Passage())
    if row["form"] != "rank":
        return contains(passage.text, row["reported"])
    entry = re.match(r'"([^"]+)"', row["note"])
    position = int(row["reported"]) if re.fullmatch(r"[0-9]{1,4}", row["reported"]) else 0
    if entry is None or not 0 < position <= len(passage.bullets):
        return False
    return passage.bullets[position - 1].startswith(fold(entry[1]))
