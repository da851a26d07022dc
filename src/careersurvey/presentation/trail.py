"""The trail: an entry a number of a report, with what it rests on and how it is worked out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd

from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.evidence.settings import DesignSettings
from careersurvey.inference.intervals import student
from careersurvey.presentation import changes, labels, sentences, tables, words
from careersurvey.presentation.page import Entry
from careersurvey.presentation.standing import ON_CARDS, STANDINGS


def entries(cohort: Cohort, folder: Path) -> list[Entry]:
    """Entries of the trail, a statement or indicator each, as `99_figures_in_text` lists them."""
    rows = _saved(folder, "99-figures-in-text")
    if rows.empty:
        return []
    if cohort.evidence == "reported":
        printed = cohort.reported.set_index("id")
        clashing = _saved(folder, "08-conflicts")
        told = clashing.reindex(columns=["id", "clash", "widely"], fill_value="")
        cards = {id_: ". ".join(filter(None, said)) for id_, *said in told.to_numpy()}
        found = [
            _printed_entry(row, printed, cards)
            for row in rows.drop_duplicates("id").to_dict("records")
        ]
        found += _standings(folder)
    else:
        found = [
            _answered_entry(str(indicator), of_it, cohort, _asked(str(indicator), rows, cohort))
            for indicator, of_it in rows.groupby("indicator", sort=False)
        ]
        found += _changed_entries(folder, {entry.id: entry for entry in found})
    return [*found, *_visited(folder), *_later(folder)]


def _saved(folder: Path, name: str) -> pd.DataFrame:
    """A list that a notebook saved, all of it text; without rows where none was."""
    path = folder / "figures" / f"{name}.csv"
    return tables.read_saved(path, dtype=str).fillna("") if path.is_file() else pd.DataFrame()


def figures(folder: Path) -> pd.DataFrame:
    """Every printed figure once, with how it stands."""
    rows = _saved(folder, "99-figures-in-text").reindex(columns=["id", "stands"], fill_value="")
    return rows[rows["stands"] != ""].drop_duplicates("id")


def _standings(folder: Path) -> Iterator[Entry]:
    """An entry a standing, conflicts by kind, with every figure that has it."""
    every = figures(folder)
    for name, of_it in every.groupby("stands", sort=False)["id"]:
        yield Entry(
            id=f"standing-{name.replace(' ', '-')}",
            name=STANDINGS[name].listed,
            facts=[],
            place="standing",
            reads=f"{len(of_it)} of {len(every)}",
            links={"Figures": [(id_, id_) for id_ in of_it]},
        )


def _visited(folder: Path) -> Iterator[Entry]:
    """One entry of the schools visited, by name: what maps and lists of places count."""
    schools, facts = _saved(folder, "01-schools"), []
    for region, own in schools.groupby("region") if len(schools) else ():
        named = (f"{school.name} ({school.local_authority})" for school in own.itertuples())
        facts.append((str(region), f"{len(own)}: {'; '.join(named)}"))
    if facts:
        number = f"{len(schools)}"
        yield Entry("the-schools", "Schools by name", facts, place="list", reads=number)


def _later(folder: Path) -> Iterator[Entry]:
    """An entry a statement of what later sources print, as `11_since_2013` lists them."""
    rows = _saved(folder, "11-published")
    for name, own in rows.groupby("cohort", sort=False) if len(rows) else ():
        printed = load_cohort(str(name)).reported.set_index("id")
        for row in own.to_dict("records"):
            row["id"] = row["id"].removeprefix(f"{name}-")
            row["of"] = row["of"] if row["of"].replace(",", "").isdigit() else ""
            entry = _printed_entry(row, printed, {}, f"{name}-")
            told = [(words.upper_first(one), row[one]) for one in ("fieldwork", "source")]
            yield replace(entry, facts=[*entry.facts, *told])


_OF_ITS_BASE = ": some whole number of its base comes to it, which not every number could have"


def _base(row: Mapping[str, str], printed: pd.DataFrame) -> tuple[str, list[str]]:
    """Say whose figure it is, of how many, and which statements print that: here if any does."""
    of = printed.loc[row["id"]]
    if not of["category"] and not row["of"]:
        return "", []  # a number of units, which is of nobody
    indicator, _, category = of["base_id"].partition("=")
    named = (printed["indicator"] == indicator) & (printed["category"] == category)
    own = printed[named & (printed["group"] == "")]
    if own.empty and row["of"].isdigit() and named.any():
        implied = f"{_number(row['of'])} {row['who']}, implied: printed by group"
        return implied, [*printed.index[named]]
    if not row["of"]:
        unknown = f", their number not printed{' with it' if not own.empty else ''}"
        return (of["base"] or row["who"]) + unknown, [*own.index]
    numbers = [row["of"]] if row["of"].isdigit() else sorted({*own["reported"]})
    ids = [id_ for number in numbers for id_ in _printing(number, own, of["where"])]
    implied = ", implied: not printed with it" if of["base_from"] == "implied" else ""
    each = "; each of these numbers is printed" if len(numbers) > 1 else ""
    return f"{_number(row['of'])} {row['who']}{implied}{each}", ids


def _printing(number: str, own: pd.DataFrame, where: str) -> list[str]:
    """Statements that print a base's number bare, or else it, at a place if any of them stands."""
    bare = own["reported"].str.replace(",", "") == number.replace(",", "")
    own = own[bare] if bare.any() else own
    here = own[own["where"] == where]
    return [*(here if len(here) else own[:1]).index]


def _number(of: str) -> str:
    return f"{int(of):,}" if of.isdigit() else of


def _printed_entry(
    row: Mapping[str, str],
    printed: pd.DataFrame,
    cards: Mapping[str, str],  # what each says that clashes, by its id
    source: str = "",
) -> Entry:
    """An entry of print; `source` is what the ids of a later source begin with on the page."""
    where = words.places([row["place"]]) or row["place"]
    reads = " of ".join(filter(None, (row["can mean"], _number(row["of"]))))
    form = printed["form"].get(row["id"], "")
    ranked = form == "rank"  # of a list its order is printed, and no number
    rule = sentences.rule(row["printed"], form, row["of"]) if row["can mean"] else ""
    who_first = row["finding"][:1].islower()
    base, bases = _base(row, printed)
    stands = row["stands"] + (_OF_ITS_BASE if row["tested against"] == row["id"] else "")
    declared = not source and rule not in ("", sentences.REST)
    return Entry(
        id=f"{source}{row['id']}",
        name=f"{source}{row['id']}",
        quote="" if ranked else row["printed"],
        place=f"{row['printed']}, {where}" if ranked else where,
        says=words.upper_first(f"{row['who']} {row['finding']}" if who_first else row["finding"]),
        reads=f"{reads} ({row['stands']})" if row["standing"] == "in conflict" else reads,
        facts=[
            ("Base", base),
            ("Reads as", reads),
            ("By the rule", rule),
            ("As if drawn at random", f"{row['interval']}, by Wilson" if row["interval"] else ""),
            ("Standing", stands),
        ],
        links={
            "Declared in": [("readings", "the table of readings")] if declared else [],
            **_rests_on(row, bases, printed, source),
            **_in_conflict(row, cards),
        },
    )


def _rests_on(
    row: Mapping[str, str], bases: list[str], printed: pd.DataFrame, source: str
) -> dict[str, list[tuple[str, str]]]:
    """Lead to the statements that a figure's base and standing rest on, with what is printed."""
    how = "Reproduced from" if row["standing"] == "reproduced" else "Left by"
    alone = row["tested against"] == row["id"]
    tested = [] if alone else _ids(row["tested against"])
    found = {"Base printed": bases, how: _ids(row["worked from"]), "Tested against": tested}
    return {
        name: [(f"{source}{one}", f"{one} “{printed['reported'][one]}”") for one in ids]
        for name, ids in found.items()
    }


def _in_conflict(
    row: Mapping[str, str], cards: Mapping[str, str]
) -> dict[str, list[tuple[str, str]]]:
    """Lead to the cards that a figure and its base are on, with what each says."""
    *own, of_base = (row[name] for name in ON_CARDS)
    return {
        name: [(f"conflict-{one}", cards[one]) for one in _ids(ids) if one in cards]
        for name, ids in (("Conflicts", " ".join(own)), ("Base in conflict", of_base))
    }


def _ids(said: str) -> list[str]:
    """Ids of statements or of cards in a line."""
    return re.findall(r"\b[A-Z]+\d+\b", said)


#: What an entry shows of the answers that it is of, as the list has it.
_ANSWERS = (
    *("finding", "counted", "by weight", "weights", "found", "standard error"),
    *("degrees of freedom", "interval", "method", "of all invited"),
)
_WITHHELD = (
    "weighted; the sums of weights are not published, of no group either, so that nobody's"
    " answer can be worked out: whoever holds the answers has what they come to by"
    " careersurvey estimate COHORT --indicator {}"
)


def _asked(indicator: str, rows: pd.DataFrame, cohort: Cohort) -> str:
    """Say of whom a question was asked, where of those alone who gave another answer."""
    if len(terms := cohort.indicators[indicator].among.terms) != 1 or "counted" not in rows:
        return ""
    told = [labels.phrase(cohort, terms[0][0], answer) for answer in terms[0][1]]
    own = rows[rows["finding"].isin(told) & (rows["counted"] != "")]
    return words.listed(
        f"{row['counted']} {row['who']} that {row['finding']}" for _, row in own.iterrows()
    )


def _answered_entry(indicator: str, rows: pd.DataFrame, cohort: Cohort, asked_of: str) -> Entry:
    first, known = rows.iloc[0], cohort.indicators[indicator]
    asked, design = cohort.variables(known.table), cohort.table(known.table).design
    each = dict.fromkeys(asked[name].question for name in known.variables if name in asked)
    question = "; ".join(each)
    told = [name for name in _ANSWERS if name in rows and (rows[name] != "").any()]
    hidden = design.weight and "by weight" not in told
    facts = [
        ("Question", question),
        ("Base", f"{int(first['of']):,} {first['who']}" if first["of"].isdigit() else first["who"]),
        ("Asked of", asked_of),
        (_SILENT, _silent(rows) if known.measure == "share" else ""),
        ("By weight", _WITHHELD.format(indicator) if hidden else ""),
        (
            "Of all invited, before chance",
            _invited(first, labels.credit(cohort).took_part.get(known.unit)),
        ),
        ("Student’s t", _student(rows) if {"degrees of freedom", "interval"} <= {*told} else ""),
        ("Design", _design(design)),
    ]
    name = known.label or words.spell(indicator)
    asks = question if question != name else ""
    held = [("checks", f"the answers in {known.table} hold against the codebook")]
    called = {"by weight": "their weights", "weights": "of all weights"}
    shown = rows[told].replace({"method": _METHODS}).rename(columns=called)
    answers = tables.html_table(shown, f"Answers: {name}")
    links = {"Checks": held, **_EXPLAINED}
    return Entry(
        f"q-{indicator}", name, facts, place="answers", says=asks, links=links, table=answers
    )


def _invited(row: pd.Series, took_part: tuple[int, float] | None) -> str:
    """Say what part of all invited a question's share is of, which its ends are worked out with."""
    if not took_part or not row.get("answered"):
        return ""
    part = "{:,} of {:,.0f} took part".format(*took_part)
    of = f"of whom by weight {row['answered']} are in this base"
    return f"{part}, {of}; multiplied, they are the part a"


_SILENT = "In the base without an answer"


def _silent(answers: pd.DataFrame) -> str:
    """Say how many of a base are in none of the answers of a question that each gave one to."""
    counts = [int(one.replace(",", "")) for one in answers.get("counted", ()) if one]
    silent = int(answers["of"].iloc[0] or 0) - sum(counts) if counts else 0
    return f"{silent:,} gave none of these answers and stay in the base" if silent > 0 else ""


def _student(answers: pd.DataFrame) -> str:
    """Give the quantile that the limits of some answers are worked out with."""
    row = answers[answers["degrees of freedom"] != ""].iloc[0]
    degrees = row["degrees of freedom"]
    return f"{student(int(degrees), float(row['level'])):.3f} at {degrees} degrees of freedom"


def _changed_entries(folder: Path, answered: Mapping[str, Entry]) -> Iterator[Entry]:
    """An entry a change, as `10_comparison` lists them, tied to that of the answers it is of."""
    for row in _saved(folder, "10-compared").to_dict("records"):
        row["comes to"] += f": {row['because']}"
        of = answered.get(f"q-{row['indicator']}")
        silent = dict(of.facts)[_SILENT] if of else ""
        care = row["read with care"], f"now {silent}" if silent else ""
        row["read with care"] = "; ".join(filter(None, care))
        facts = [(words.upper_first(name), row[name]) for name in changes.PROOF]
        name, reads = words.upper_first(row["finding"]), row["then and now"]
        change = Entry(row["id"], name, facts, place="change", reads=reads, links={**_EXPLAINED})
        if of:
            change.links["Now"] = [(of.id, row["now"])]
            of.links.setdefault("Changes", []).append((change.id, row["then and now"]))
        yield change


_EXPLAINED = {"Words and sums": [("working-out", "explained in “Working a number out again”")]}
#: What `working-out` calls the methods of intervals.
_METHODS = {
    "logit": "by log odds",
    "mean": "either way",
    "clopper_pearson": "of none or all",
    "woodruff": "by the share up to it",
    "wilson": "by Wilson",
}


#: What parts of a design are, for a reader.
_DRAWN = {"strata": "drawn apart within each", "clusters": "grouped by", "population": "out of"}


def _design(design: DesignSettings) -> str:
    """Say how the units were drawn and weighted, as an estimate takes it."""
    said = [f"weighted by {design.weight}"] if design.weight else []
    if design.calibrate:
        said.append(f"weights fitted to known totals of {', '.join(design.calibrate.totals)}")
    for name, what in _DRAWN.items():
        if of := getattr(design, name):
            said.append(f"{what} {', '.join(map(str, of))} ({name})")
    return "; ".join(said) or "none declared: as if drawn at random"
