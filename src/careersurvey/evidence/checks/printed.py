"""What must hold of printed statements, relations and recommendations: what is amiss in a row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from careersurvey.evidence.checks.check import ROWS_NAMED, Check, Rule, Wrong, rule
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.passages import Passage, contains, fold, read_passages
from careersurvey.evidence.printed.readings import FORMS
from careersurvey.evidence.printed.statements import Row, quantity, quantity_of, unreadable
from careersurvey.evidence.tables import split_list

RELATIONS = ("same", "partition", "within", "disjoint", "exhaustive", "at_least")
_MOST_WORDS = 8
_WORDS = f"at most {_MOST_WORDS} words"
_WHOLE = re.compile(r"[1-9][0-9]*|[1-9][0-9]{0,2}(,[0-9]{3})+")


class Record:
    """A printed cohort, and what its rows may name."""

    def __init__(self, cohort: Cohort) -> None:
        self.cohort, self.indicators = cohort, cohort.indicators
        self.allowed = {name: one.categories for name, one in self.indicators.items()}
        self.allowed |= {one.name: one.values for one in cohort.codebook}  # noqa: PD011
        self.ids = Counter(cohort.reported["id"])
        self.relations = Counter(cohort.relations["id"])

    @cached_property
    def quantities(self) -> set[str]:
        """Every quantity that indicators.csv has or a statement is about."""
        known = {quantity_of(row) for row in self.cohort.reported.to_dict("records")}
        for name, one in self.indicators.items():
            known.update(quantity(name, category) for category in ("", *one.categories))
        return known

    def has_place(self, place: str) -> bool:
        """Whether ``[places]`` declares a place, written as it is cited: ``p50``, ``kf-3``."""
        found = re.fullmatch(r"([a-z]+?)(-?)([1-9][0-9]{0,8})", place)
        if not found:
            return place in ("cover", "annex")
        kind, dash, number = found.groups()
        as_cited = (dash == "") == (kind in ("p", "fn"))
        return as_cited and int(number) <= self.cohort.places.get(kind, 0)


def check_statements(cohort: Cohort, source: Path | None = None) -> list[Check]:
    """Check the printed evidence of a cohort: statements, their readings, their relations."""
    record = Record(cohort)
    found = [check for each in _STATEMENTS for check in each.check("reported.csv", record)]
    if all(check.passed for check in found):
        found += wordings_are_read.check("reported.csv", cohort)
    found += undecided.check("reported.csv", cohort)
    found += [check for each in _RELATIONS for check in each.check("relations.csv", record)]
    if len(cohort.recommendations):
        found += _recommendations.check("recommendations.csv", record)
    if source is not None:
        found += figures_in_text.check("reported.csv", cohort, read_passages(source, cohort.places))
    return found


def _of_rows(
    shows: str, says: str, *, do: str, of: str = "reported", known: str = ""
) -> Callable[[Callable[[Record, Row], bool]], Rule]:
    """Declare that a function tells whether a row is amiss, and what is then said and shown."""

    def declared(amiss: Callable[[Record, Row], bool]) -> Rule:
        def look(record: Record) -> Wrong | str:
            rows = getattr(record.cohort, of)
            return _told(rows, lambda row: amiss(record, row), shows, says, known)

        return rule(amiss.__name__.removeprefix("_"), do=do)(look)

    return declared


def _told(
    rows: pd.DataFrame,
    amiss: Callable[[Row], bool],
    shows: str,
    says: str,
    known: str = "",
) -> Wrong | str:
    wrong = rows[np.array([amiss(row) for row in rows.to_dict("records")], bool)]
    message = f"{len(wrong):,} of {len(rows):,} rows {says}."
    if wrong.empty:
        return message
    found = ", ".join(map(repr, wrong[shows].head(ROWS_NAMED)))
    return Wrong(message, wrong.index.tolist(), found, known)


@_of_rows("id", "have no id of their own", do="give each row an id of its own")
def _ids_unique(record: Record, row: Row) -> bool:
    return not row["id"] or record.ids[row["id"]] > 1


@_of_rows(
    "where",
    "cite a place that is not declared",
    do="correct the place, or declare it in cohort.toml under [places]",
)
def _places_exist(record: Record, row: Row) -> bool:
    return not record.has_place(row["where"])


@_of_rows("indicator", "have an unknown indicator", do="correct it, or add it to indicators.csv")
def _indicators_known(record: Record, row: Row) -> bool:
    return row["indicator"] not in record.indicators


@_of_rows(
    "category",
    "have an unknown category",
    do="correct it, or add it to the categories in indicators.csv",
)
def _categories_known(record: Record, row: Row) -> bool:
    about = record.indicators.get(row["indicator"])
    return about is not None and row["category"] not in ("", *about.categories)


@rule("units_known", do="use the unit of an indicator, or add it to indicators.csv")
def _units_known(record: Record) -> Wrong | str:
    known = {one.unit for one in record.indicators.values()} - {""}
    return _told(
        record.cohort.reported,
        lambda row: row["unit"] not in known,
        "unit",
        "have an unknown unit",
        ", ".join(sorted(known)),
    )


@_of_rows(
    "group",
    "have an unknown domain or group",
    do="name an indicator or variable, and one of its values",
)
def _groups_known(record: Record, row: Row) -> bool:
    domain, group = row["domain"], row["group"]
    allowed = record.allowed.get(domain)
    return bool(domain or group) and (allowed is None or group not in (allowed or (group,)))


@_of_rows("form", "have an unknown form", do="use one of the forms", known=", ".join(FORMS))
def _forms_known(record: Record, row: Row) -> bool:
    return row["form"] not in FORMS


@_of_rows("id", "have no figure or too many words", do=f"keep the figure phrase alone, {_WORDS}")
def _figures_printed(record: Record, row: Row) -> bool:
    return not _is_phrase(row["reported"])


@_of_rows(
    "base_n",
    "have a base that is not a whole number above 0",
    do="write the number alone, or leave it out and say where it is from",
)
def _bases_are_numbers(record: Record, row: Row) -> bool:
    return row["base_n"] != "" and not _WHOLE.fullmatch(row["base_n"])


@_of_rows("base_from", "have an unknown base_from", do="use printed, implied or none")
def _bases_have_a_source(record: Record, row: Row) -> bool:
    return row["base_from"] not in ("", "printed", "implied", "none")


@_of_rows(
    "base_id",
    "have a base that is no quantity",
    do="name the quantity that is the base, or empty base_id",
)
def _bases_known(record: Record, row: Row) -> bool:
    base = row["base_id"]
    return base != "" and (base not in record.quantities or base == quantity_of(row))


@_of_rows(
    "id",
    f"are not one of {', '.join(RELATIONS)}, necessary or assumed, with an id of their own",
    do="correct the rows",
    of="relations",
)
def _relations_known(record: Record, row: Row) -> bool:
    known = row["relation"] in RELATIONS and row["strength"] in ("necessary", "assumed")
    return not (known and row["id"] and record.relations[row["id"]] == 1)


@_of_rows(
    "parts",
    "name a quantity that indicators.csv does not have, or one twice",
    do="name quantities of indicators.csv, joined by +",
    of="relations",
)
def _relations_tie_quantities(record: Record, row: Row) -> bool:
    sides = [re.split(r"\s\+\s", row[side].strip()) for side in ("parts", "whole")]
    named = [name for side in sides for name in side if name]
    return not named or not record.quantities.issuperset(named) or len({*named}) < len(named)


@_of_rows(
    "id",
    "are assumed and do not say which reading would undo them",
    do="say it in the column because",
    of="relations",
)
def _assumptions_argued(record: Record, row: Row) -> bool:
    return row["strength"] == "assumed" and len(row["because"].split()) < 3


@_of_rows(
    "id",
    "have no place, too many words, or rest on findings that are not known",
    do="correct the place, the phrase or the findings",
    of="recommendations",
)
def _recommendations(record: Record, row: Row) -> bool:
    rests_on = record.quantities.issuperset(split_list(row["indicators"]))
    return not (rests_on and record.has_place(row["where"]) and _is_phrase(row["text_phrase"]))


@rule("rows_to_decide", do="")
def undecided(cohort: Cohort) -> str | None:
    """How many rows of a scan nobody has decided yet: no fault, and worth saying."""
    of = f"{cohort.undecided:,} of {cohort.undecided + len(cohort.reported):,} figures"
    return f"{of} are still to be decided, and stand nowhere." if cohort.undecided else None


@rule("wordings_are_read", do="correct the row, or add the wording to readings.csv")
def wordings_are_read(cohort: Cohort) -> Wrong | str:
    """Each wording is one that the tables of readings know, and fits on its base."""
    problems = unreadable(cohort)
    message = f"{len(problems)} of {len(cohort.reported):,} wordings do not read on their base."
    if not problems:
        return message
    lines = cohort.reported.index[cohort.reported["id"].isin([row["id"] for row, _ in problems])]
    said = "; ".join(problem.what for _, problem in problems[:ROWS_NAMED])
    return Wrong(message, lines.tolist(), said, do=str(problems[0][1].do or ""))


@rule("figures_in_text", do="correct the phrase or the place")
def figures_in_text(cohort: Cohort, passages: dict[str, Passage]) -> Wrong | str:
    """Each figure phrase stands in the paragraph that its row cites."""
    says = "cite a place where their figure does not stand"
    return _told(cohort.reported, lambda row: not _stands(row, passages), "reported", says)


def _stands(row: Row, passages: dict[str, Passage]) -> bool:
    passage = passages.get(row["where"], Passage())
    if row["form"] != "rank":
        return contains(passage.text, row["reported"])
    entry = re.match(r'"([^"]+)"', row["note"])
    position = int(row["reported"]) if re.fullmatch(r"[0-9]{1,4}", row["reported"]) else 0
    if entry is None or not 0 < position <= len(passage.bullets):
        return False
    return passage.bullets[position - 1].startswith(fold(entry[1]))


def _is_phrase(text: str) -> bool:
    return 0 < len(text.split()) <= _MOST_WORDS


_STATEMENTS = (
    *(
        _ids_unique,
        _places_exist,
        _indicators_known,
        _categories_known,
        _units_known,
        _groups_known,
    ),
    *(_forms_known, _figures_printed, _bases_are_numbers, _bases_have_a_source, _bases_known),
)
_RELATIONS = (_relations_known, _relations_tie_quantities, _assumptions_argued)
