"""What must hold of printed statements, relations and recommendations."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from careersurvey.evidence.checks.check import ROWS_NAMED, Check, Rule, broken, cells, one_of, rule
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.passages import Passage, contains, fold, read_passages
from careersurvey.evidence.printed.readings import FORMS
from careersurvey.evidence.printed.statements import (
    MEASURED,
    Row,
    quantity,
    quantity_of,
    unreadable,
)
from careersurvey.evidence.tables import SHARES, split_list

if TYPE_CHECKING:
    import pandas as pd

#: Ends of what the parts of a relation come to, less the whole: of each part, or of all together.
RELATIONS = {
    "same": (0, 0),
    "partition": (0, 0),
    "within": (None, 0),
    "disjoint": (None, 0),
    "exhaustive": (0, None),
    "at_least": (0, None),
}
STRENGTHS = ("necessary", "assumed")
SOURCES = ("printed", "implied", "none", "")
_NO_SHARE, _NO_MEAN = ("money", "date", "rank"), ("words", "count_percent", "date", "rank")
_MOST_WORDS = 8
_WHOLE = re.compile(r"([1-9][0-9]*|[1-9][0-9]{0,2}(,[0-9]{3})+)?")


class Known:
    """What the rows of a printed cohort may name."""

    def __init__(self, cohort: Cohort) -> None:
        self.cohort, self.indicators = cohort, cohort.indicators
        self.rows = cohort.reported.to_dict("records")
        self.units = {one.unit for one in self.indicators.values()} - {""}
        self.groups = {name: one.categories for name, one in self.indicators.items()}
        self.groups |= {one.name: one.values for one in cohort.codebook}  # noqa: PD011
        self.ids, self.relations = {*cohort.reported["id"]}, {*cohort.relations["id"]}

    @cached_property
    def quantities(self) -> set[str]:
        """Every quantity that indicators.csv has or a statement is about."""
        known = {quantity_of(row) for row in self.rows}
        for name, one in self.indicators.items():
            known.update(quantity(name, category) for category in ("", *one.categories))
        return known

    @cached_property
    def counted(self) -> set[str]:
        """Those that can be the base or the part of another, which no mean can."""
        means = {name for name, one in self.indicators.items() if one.measure in MEASURED}
        return {each for each in self.quantities if re.split("[ =]", each)[0] not in means}

    def has_place(self, row: Row) -> bool:
        """Whether ``[places]`` declares a row's place, as it is cited: ``p50``, ``kf-3``."""
        found = re.fullmatch(r"([a-z]+?)(-?)([1-9][0-9]{0,8})", row["where"])
        if not found:
            return row["where"] in ("cover", "annex")
        kind, dash, number = found.groups()
        as_cited = (dash == "") == (kind in ("p", "fn"))
        return as_cited and int(number) <= self.cohort.settings.places.get(kind, 0)

    def has_category(self, row: Row) -> bool:
        """Whether a statement's indicator has its category; of an unknown one nothing is said."""
        about = self.indicators.get(row["indicator"])
        return about is None or row["category"] in ("", *about.categories)

    def has_form(self, row: Row) -> bool:
        """Whether a statement is in a form, and none of what a share or a mean cannot be."""
        measure = getattr(self.indicators.get(row["indicator"]), "measure", "")
        barred = _NO_SHARE if measure in SHARES else _NO_MEAN if measure in MEASURED else ()
        return row["form"] in FORMS and row["form"] not in barred

    def has_group(self, row: Row) -> bool:
        """Whether a statement's group is a value of its domain, or it is about everyone."""
        domain, group = row["domain"], row["group"]
        known = self.groups.get(domain)
        return not (domain or group) or (known is not None and group in (known or (group,)))

    @cached_property
    def bases(self) -> dict[str, str]:
        """The quantity that each indicator is a part of, as its first statement of all names it."""
        based = [row for row in self.rows if row["base_id"] and not row["domain"]]
        return {row["indicator"]: row["base_id"] for row in reversed(based)}

    def has_base(self, row: Row) -> bool:
        """Whether a statement's base is another quantity that is no part of it, or not named."""
        base, above = row["base_id"], {quantity_of(row)}
        known = base == "" or base in self.counted
        while base not in ("", *above):
            above.add(base)
            base = self.bases.get(base.partition("=")[0].strip(), "")
        return known and "=" not in base

    def has_parts(self, row: Row) -> bool:
        """Whether a relation is of known quantities, each once, and of one unit if of sets."""
        parts = row["parts"].split(" + ")
        about = (self.indicators.get(re.split("[ =]", one)[0]) for one in (*parts, row["whole"]))
        units = {one.unit for one in about if one}
        is_of_one = row["relation"] in ("same", "at_least") or len(units) < 2
        return is_of_one and self.counted.issuperset(parts) and len({*parts}) == len(parts)

    def has_whole(self, row: Row) -> bool:
        """Whether it has another known quantity as its whole, or needs none."""
        parts, whole = row["parts"].split(" + "), row["whole"]
        alone = row["relation"] in ("same", "disjoint") and len(parts) > 1
        return whole in self.counted.difference(parts) or (alone and not whole)

    def has_findings(self, row: Row) -> bool:
        """Whether a recommendation rests on quantities that are known."""
        return self.quantities.issuperset(split_list(row["indicators"]))

    def has_check(self, row: Row) -> object:
        """Whether a conflict is worded once, and of relations or a figure that are there."""
        kind, _, name = row["check"].partition(" ")
        names = name.split(" + ")
        known = {"relation": self.relations, "figure": self.ids}.get(kind, names)
        return row["alone"] and {*names} <= {*known}


def _is_alone(_: object, row: Row) -> object:
    """Whether no other row has the name of this one."""
    return row["alone"]


def _is_phrase(text: str) -> bool:
    return 0 < len(text.split()) <= _MOST_WORDS


_PLACE = "a place that [places] of cohort.toml declares"
_PHRASE = f"the phrase alone, at most {_MOST_WORDS} words"
_QUANTITIES = (
    "quantities of indicators.csv that count, each once, joined by ' + '; all of one unit with "
    "the whole, but for same and at_least"
)
_ONE = "one more of them, or nothing where several are the same or disjoint"
_ARGUED = "three words or more of which reading would undo what is assumed"
_STATEMENTS = (
    cells("ids_unique", "id", _is_alone, "its own"),
    cells("places_exist", "where", Known.has_place, _PLACE),
    cells(
        "indicators_known",
        "indicator",
        lambda of, row: row["indicator"] in of.indicators,
        "one of indicators.csv",
    ),
    cells(
        "categories_known",
        "category",
        Known.has_category,
        "one that indicators.csv gives the indicator, or none",
    ),
    cells(
        "units_known", "unit", lambda of, row: row["unit"] in of.units, "the unit of an indicator"
    ),
    cells(
        "groups_known",
        "group",
        Known.has_group,
        "a value of the domain, which is an indicator or a variable",
    ),
    cells(
        "forms_known",
        "form",
        Known.has_form,
        f"one of {', '.join(FORMS)}; of a share no {', '.join(_NO_SHARE)}; of a mean, a median "
        f"or a ratio no {', '.join(_NO_MEAN)}",
    ),
    cells("figures_printed", "reported", lambda _, row: _is_phrase(row["reported"]), _PHRASE),
    cells(
        "bases_are_numbers",
        "base_n",
        lambda _, row: _WHOLE.fullmatch(row["base_n"]),
        "a whole number above 0, or nothing",
    ),
    one_of("bases_have_a_source", "base_from", SOURCES),
    cells("bases_known", "base_id", Known.has_base, "another quantity that counts, or nothing"),
)
#: What stands beside the statements.
_BESIDE = {
    "relations": (
        cells("relations_known", "id", _is_alone, "its own"),
        one_of("relations_known", "relation", RELATIONS),
        one_of("relations_known", "strength", STRENGTHS),
        cells("relations_tie_quantities", "parts", Known.has_parts, _QUANTITIES),
        cells("relations_tie_quantities", "whole", Known.has_whole, _ONE),
        cells(
            "assumptions_argued",
            "because",
            lambda _, row: row["strength"] != "assumed" or len(row["because"].split()) > 2,
            _ARGUED,
        ),
    ),
    "recommendations": (
        cells("recommendations", "id", _is_alone, "its own"),
        cells("recommendations", "addressee", lambda _, row: row["addressee"], "who is asked"),
        cells("recommendations", "where", Known.has_place, _PLACE),
        cells(
            "recommendations", "text_phrase", lambda _, row: _is_phrase(row["text_phrase"]), _PHRASE
        ),
        cells("recommendations", "indicators", Known.has_findings, "findings of indicators.csv"),
    ),
    "described": (
        one_of("described", "kind", ("case study", "good interview")),
        cells("described", "where", Known.has_place, _PLACE),
        cells(
            "described",
            "statements",
            lambda of, row: of.ids.issuperset(split_list(row["statements"])),
            "ids of reported.csv, separated by ;",
        ),
    ),
    "conflicts": (
        cells("conflicts", "check", Known.has_check, "a check of `audit`, as relation L01, once"),
    ),
}


def check_statements(
    cohort: Cohort, source: Path | None = None, readings: str | Path | None = None
) -> list[Check]:
    """Check the printed evidence of a cohort: statements, their readings, their relations."""
    known = Known(cohort)
    found = _of_cells(_STATEMENTS, "reported.csv", known, cohort.reported)
    if all(check.passed for check in found):
        found += wordings_are_read.check("reported.csv", cohort, readings)
    for table, rules in _BESIDE.items():
        found += _of_cells(rules, f"{table}.csv", known, getattr(cohort, table))
    found += set_aside.check("cohort.toml", known)
    if source is not None:
        passages = read_passages(source, cohort.settings.places)
        where = "words that stand in the place that is cited"
        stands = cells("figures_in_text", "reported", _stands, where)
        found += _of_cells((stands,), "reported.csv", passages, cohort.reported)
    return found


@rule("set_aside", do="correct cohort.toml under [record.set_aside]")
def set_aside(known: Known) -> Check | None:
    """What is set aside is a statement that is there."""
    lost = [name for name in known.cohort.settings.record.set_aside if name not in known.ids]
    message = f"{len(lost)} of the statements that are set aside are not there."
    return broken(message, found=", ".join(lost), expected="ids of reported.csv") if lost else None


def _of_cells(
    rules: tuple[Rule, ...], table: str, known: object, rows: pd.DataFrame
) -> list[Check]:
    names = rows.iloc[:, 0]
    named = rows.assign(alone=names.ne("") & ~names.duplicated(keep=False))
    placed = list(zip(rows.index.tolist(), named.to_dict("records"), strict=True))
    return [check for each in rules for check in each.check(table, known, placed)]


@rule("wordings_are_read", do="correct the row, or add the wording to readings.csv")
def wordings_are_read(cohort: Cohort, readings: str | Path | None) -> Check | str:
    """Each wording is one that the tables of readings know, and fits on its base."""
    problems = unreadable(cohort, readings)
    message = f"{len(problems)} of {len(cohort.reported):,} wordings do not read on their base."
    if not problems:
        return message
    lines = cohort.reported.index[cohort.reported["id"].isin([row["id"] for row, _ in problems])]
    said = "; ".join(problem.what for _, problem in problems[:ROWS_NAMED])
    return broken(message, lines.tolist(), said, do=str(problems[0][1].do or ""))


def _in_column(text: str, reported: str) -> bool:
    """Whether the sign of a percentage stands in a label of its table, or behind a later one."""
    number, sign = re.escape(fold(reported.removesuffix("%"))), "(?:%|per ?cent)"
    # In a table without a sign in any label its caption may have it: "45 [Yes]".
    label = rf" \[[^\]]*{sign}" if re.search(rf" \[[^\]]*{sign}", text, re.IGNORECASE) else r" \["
    found = rf"(?<![\w.,]){number}(?:{label}|(?:, [\d.]+)*,? (?:and|or) [\d.]+ ?{sign})"
    return reported.endswith("%") and re.search(found, text, re.IGNORECASE) is not None


def _stands(passages: dict[str, Passage], row: Row) -> bool:
    """Whether a figure stands in the paragraph that its row cites; a rank is an entry of a list."""
    passage = passages.get(row["where"], Passage())
    if row["form"] != "rank":
        return contains(passage.text, row["reported"]) or _in_column(passage.text, row["reported"])
    entry = re.match(r'"([^"]+)"', row["note"])
    position = int(row["reported"]) if re.fullmatch(r"[0-9]{1,4}", row["reported"]) else 0
    if entry is None or not 0 < position <= len(passage.bullets):
        return False
    return passage.bullets[position - 1].startswith(fold(entry[1]))
