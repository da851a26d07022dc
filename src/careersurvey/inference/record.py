"""What a report prints, as one list of named statements about whole numbers nobody has seen.

Every quantity (an indicator's category, of everyone or of a group) is an unknown count. A printed
figure, a relation and an automatic fact each say something linear about these counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

import pandas as pd

from careersurvey.errors import RecordError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.readings import read
from careersurvey.evidence.reported import read_statements
from careersurvey.inference.quantities import (
    Bases,
    Quantity,
    base_names,
    base_of,
    categories,
    members,
    parse,
    say,
    say_month,
)
from careersurvey.inference.systems import Row, row

RELATIONS = ("same", "partition", "within", "disjoint", "exhaustive", "at_least")
STRENGTHS = ("necessary", "assumed")
SHARES = ("share", "multiple")


@dataclass(frozen=True)
class Statement:
    """One named statement of the model.

    Attributes
    ----------
    name : str
        Ids of `reported.csv` joined by `` + ``, the id of a relation, or what a fact says.
    kind : {"printed", "relation", "fact"}
    rows : tuple of Row
        What it says of the unknown counts; all of them together.
    says : str
        The same in words and symbols.
    ids, where, reported : tuple of str
        Rows of `reported.csv` that make it, their places and wordings. Rows of equal quantity and
        reading stand together in one statement.
    about : str
        Quantity that a printed statement is about.
    bases : tuple of str
        Bases whose number its reading has taken in.
    relation, strength, because : str
        As in `relations.csv`; a fact is always necessary.
    parts : tuple of str
        Quantities that a relation takes together.
    whole : str
        Quantity that it holds them against; empty where there is none.
    """

    name: str
    kind: str
    rows: tuple[Row, ...]
    says: str
    ids: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    about: str = ""
    bases: tuple[str, ...] = ()
    relation: str = ""
    strength: str = "necessary"
    because: str = ""
    parts: tuple[str, ...] = ()
    whole: str = ""

    @property
    def quantities(self) -> frozenset[str]:
        """Unknown counts that it speaks of."""
        named = {name for each in self.rows for name, _ in each.terms}
        return frozenset({*named, *self.parts, self.whole} - {""})


def read_record(
    cohort: Cohort,
    *,
    readings: Path | None = None,
    wide: bool = False,
    assumed: bool = True,
    without: Collection[str] = (),
) -> tuple[Statement, ...]:
    """Build the model of a cohort's printed figures.

    Parameters
    ----------
    cohort : Cohort
    readings : Path, optional
        A table of readings that replaces the declared one, wording by wording.
    wide : bool
        Whether to take the wide version of each reading.
    assumed : bool
        Whether to take in the relations that are assumed.
    without : collection of str
        Ids of printed statements to leave out.

    Returns
    -------
    tuple of Statement

    Raises
    ------
    RecordError
        If a relation is not one that can be stated.
    """
    statements = read_statements(cohort, readings=readings, wide=wide, without=without)
    bases = bases_of(cohort.reported, cohort.relations, cohort.indicators)
    return build(statements, cohort.relations, cohort.indicators, assumed=assumed, bases=bases)


def build(
    statements: pd.DataFrame,
    relations: pd.DataFrame,
    indicators: pd.DataFrame,
    *,
    assumed: bool = True,
    bases: Bases | None = None,
) -> tuple[Statement, ...]:
    """Build the model from the tables of evidence.

    Parameters
    ----------
    statements : DataFrame
        As `read_statements` returns them.
    relations, indicators : DataFrame
        As a cohort holds them.
    assumed : bool
        Whether to take in the relations that are assumed.
    bases : dict, optional
        As `bases_of` returns them; by default those that `statements` name. Statements that are
        left out no longer say how many, and yet of whom.

    Returns
    -------
    tuple of Statement
        Printed statements, then relations, then facts.
    """
    measures = dict(zip(indicators["indicator"], indicators["measure"], strict=True))
    records = statements.to_dict("records")
    bases = bases_of(statements, relations, indicators) if bases is None else bases
    printed = _printed(records, measures, bases)
    stated = tuple(
        each for each in state_relations(relations) if assumed or each.strength == "necessary"
    )
    used = {name for each in (*printed, *stated) for name in each.quantities}
    return (*printed, *stated, *_facts(used, indicators, bases))


def bases_of(statements: pd.DataFrame, relations: pd.DataFrame, indicators: pd.DataFrame) -> Bases:
    """Bases of the indicators that the tables of evidence name; see `base_names`."""
    about = {each["indicator"]: each for each in indicators.to_dict("records")}
    return base_names(statements.to_dict("records"), relations.to_dict("records"), about)


def describe(record: Sequence[Statement]) -> pd.DataFrame:
    """List the model: one named statement a row."""
    rows = [(each.kind, each.name, each.says, each.strength) for each in record]
    return pd.DataFrame(rows, columns=["kind", "name", "says", "strength"])


def cited(each: Statement) -> str:
    """Places and wordings of a printed statement, the first three of them."""
    wordings = list(zip(each.where, each.reported, each.ids, strict=True))
    named = [f"{place} “{wording}” ({id_})" for place, wording, id_ in wordings[:3]]
    more = f" and {len(wordings) - 3} more" if len(wordings) > 3 else ""
    return ", ".join(named) + more


# ---- printed figures ----------------------------------------------------------------------------


def _printed(records: list[dict], measures: dict, bases: Bases) -> tuple[Statement, ...]:
    together: dict[tuple, list[dict]] = defaultdict(list)
    for each in records:
        rows = _rows(each, measures.get(each["indicator"], ""), bases)
        if rows:
            together[each["quantity"], rows].append(each)
    return tuple(_statement(name, rows, each, bases) for (name, rows), each in together.items())


def _statement(name: str, rows: tuple[Row, ...], records: list[dict], bases: Bases) -> Statement:
    known = any(_known_base(each) is not None for each in records)
    ids = tuple(each["id"] for each in records)
    return Statement(
        name=" + ".join(ids),
        kind="printed",
        rows=rows,
        says=_says(name, rows, records[0], base_of(parse(name), bases)[0]),
        ids=ids,
        where=tuple(each["where"] for each in records),
        reported=tuple(each["reported"] for each in records),
        about=name,
        bases=tuple(base_of(parse(name), bases)) if known else (),
    )


def _says(name: str, rows: tuple[Row, ...], each: dict, base: str) -> str:
    if each["form"] == "date":
        return say_month(name, rows[0])
    if len(rows[0].terms) == 1:
        return "; ".join(say(row_) for row_ in rows)
    low, high = Fraction(each["share_low"]), Fraction(each["share_high"])
    if low == high:
        return f"{name} = {low} of {base}"
    signs = ["<" if each[f"share_{end}_open"] else "≤" for end in ("low", "high")]
    return f"{low} of {base} {signs[0]} {name} {signs[1]} {high} of {base}"


def _rows(each: dict, measure: str, bases: Bases) -> tuple[Row, ...]:
    """What one printed figure says of the unknown counts."""
    name = each["quantity"]
    if each["form"] in ("text", "rank") or _is_residual(each):
        return ()
    base = base_of(parse(name), bases)[0]
    known = _known_base(each)
    if measure in ("mean", "ratio"):
        return _total(name, each, known) if measure == "mean" else ()
    rows = []
    counted = not pd.isna(each["count_low"])
    if counted and (known is not None or each["share_low"] is None or "count" in each["form"]):
        high = None if pd.isna(each["count_high"]) else int(each["count_high"])
        rows.append(Row(((name, 1),), int(each["count_low"]), high))
    elif each["share_low"] is not None and measure in SHARES:
        rows.extend(_share_of(name, base, each))
    if known is not None and measure in SHARES and base == parse(name).indicator:
        rows.append(Row(((base, 1),), known, known))
    return tuple(rows)


def _is_residual(each: dict) -> bool:
    """Whether it is "the other": what that is follows from its siblings, and adds nothing."""
    return each["form"] in ("count", "words") and read(each["reported"], each["form"]).residual


def _known_base(each: dict) -> int | None:
    low, high = each["base_low"], each["base_high"]
    return None if pd.isna(low) or pd.isna(high) or low != high else int(low)


def _share_of(name: str, base: str, each: dict) -> list[Row]:
    """``low * base <= count <= high * base``, denominators cleared; an open end is one unit off."""
    low, high = Fraction(each["share_low"]), Fraction(each["share_high"])
    below = [(name, low.denominator), (base, -low.numerator)]
    above = [(name, high.denominator), (base, -high.numerator)]
    return [
        row(below, int(each["share_low_open"]), None),
        row(above, None, -int(each["share_high_open"])),
    ]


def _total(name: str, each: dict, base_n: int | None) -> tuple[Row, ...]:
    """Totals of whole answers whose mean on a known base is printed so."""
    if base_n is None or each["share_low"] is None:
        return ()
    low, high = Fraction(each["share_low"]) * base_n, Fraction(each["share_high"]) * base_n
    least = floor(low) + 1 if each["share_low_open"] else ceil(low)
    most = ceil(high) - 1 if each["share_high_open"] else floor(high)
    return (Row(((name, 1),), least, most),) if least <= most else ()


# ---- relations ----------------------------------------------------------------------------------


def state_relations(relations: pd.DataFrame) -> tuple[Statement, ...]:
    """State the relations between counts.

    Raises
    ------
    RecordError
        If a relation or strength is not known, a part or whole that it needs is missing, or an
        assumed one does not say in `because` what would undo it.
    """
    return tuple(_relation(each) for each in relations.to_dict("records"))


def _relation(each: dict) -> Statement:
    parts, whole = members(each)
    _require_statable(each, parts, whole)
    rows = tuple(_RELATION_ROWS[each["relation"]](parts, whole))
    said = "; ".join(say(row_) for row_ in rows) or f"no overlap between {each['parts']}"
    return Statement(
        name=each["id"],
        kind="relation",
        rows=rows,
        says=f"{each['relation']}: {said}",
        where=(each["where"],),
        relation=each["relation"],
        strength=each["strength"],
        because=each["because"],
        parts=tuple(parts),
        whole=whole,
    )


def _require_statable(each: dict, parts: list[str], whole: str) -> None:
    relation, strength = each["relation"], each["strength"]
    alone = relation in ("same", "disjoint") and len(parts) > 1
    faults = (
        (relation not in RELATIONS, "is of a kind that is not known", relation, RELATIONS),
        (strength not in STRENGTHS, "has a strength that is not known", strength, STRENGTHS),
        (not parts or not (whole or alone), "lacks a part or its whole", each["parts"], ()),
        (
            strength == "assumed" and not each["because"].strip(),
            "is assumed and does not say what would undo it",
            "an empty `because`",
            ("the reading of the report under which it would not hold",),
        ),
    )
    for failed, what, found, expected in faults:
        if failed:
            raise RecordError(
                f"relations.csv: {each['id']} {what}.",
                found=found,
                expected=" or ".join(expected) or "parts joined by ` + `, and the whole",
                where=f"relations.csv {each['id']}",
                do="correct the row, or take it out",
            )


def _add(parts: list[str], whole: str, low: int | None, high: int | None) -> list[Row]:
    return [row([*((part, 1) for part in parts), (whole, -1)], low, high)]


_RELATION_ROWS = {
    "same": lambda parts, whole: [
        row([(a, 1), (b, -1)], 0, 0)
        for a, b in zip([*parts, whole], [*parts[1:], whole], strict=False)
        if b and a != b
    ],
    "partition": lambda parts, whole: _add(parts, whole, 0, 0),
    "within": lambda parts, whole: [row([(p, 1), (whole, -1)], None, 0) for p in parts],
    "disjoint": lambda parts, whole: _add(parts, whole, None, 0) if whole else [],
    "exhaustive": lambda parts, whole: _add(parts, whole, 0, None),
    "at_least": lambda parts, whole: [row([(p, 1), (whole, -1)], 0, None) for p in parts],
}


# ---- facts --------------------------------------------------------------------------------------


def _facts(used: Collection[str], indicators: pd.DataFrame, bases: Bases) -> tuple[Statement, ...]:
    """Facts that are never written because they are always true."""
    about = {each["indicator"]: each for each in indicators.to_dict("records")}
    quantities = [parse(name) for name in sorted(used)]
    keys = {Quantity(q.indicator, "", q.domain, q.group) for q in quantities if q.category}
    keys |= {key for key in bases if about.get(key.indicator, {}).get("measure") in SHARES}
    facts = [fact for key in sorted(keys, key=str) for fact in _base_facts(key, about, bases)]
    grouped = {name for fact in facts for name in fact.quantities} | set(used)
    stems = {(Quantity(q.indicator, q.category), q.domain) for q in map(parse, grouped) if q.domain}
    order = sorted(stems, key=lambda stem: (str(stem[0]), stem[1]))
    facts += [fact for stem, domain in order for fact in _group_facts(stem, domain, about)]
    return tuple(facts)


def _base_facts(key: Quantity, about: dict, bases: Bases) -> list[Statement]:
    measure = about.get(key.indicator, {}).get("measure", "")
    named = [
        str(Quantity(key.indicator, category, key.domain, key.group))
        for category in categories(about, key.indicator)
    ]
    if measure == "share":
        rows = [_add(named, base, 0, 0)[0] for base in base_of(key, bases)]
        return [_fact(f"categories of {key} add to their base", each) for each in rows]
    if measure in ("multiple", "count"):
        if measure == "count" and key not in bases:
            return []
        pairs = [(name, base) for name in named for base in base_of(key, bases)]
        return [
            _fact("a category is within its base", row([(n, 1), (b, -1)], None, 0))
            for n, b in pairs
        ]
    return []


def _group_facts(stem: Quantity, domain: str, about: dict) -> list[Statement]:
    groups = categories(about, domain)
    parts = [str(Quantity(stem.indicator, stem.category, domain, group)) for group in groups]
    return [
        _fact(f"groups of {domain} add to their total", _add(parts, str(stem), 0, 0)[0])
    ] * bool(parts)


def _fact(what: str, row_: Row) -> Statement:
    return Statement(name=f"{what}: {say(row_)}", kind="fact", rows=(row_,), says=say(row_))
