"""What ties counts to each other: relations that a cohort states, and facts that always hold."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from careersurvey.errors import RecordError
from careersurvey.inference.quantities import (
    Bases,
    Quantity,
    base_of,
    categories,
    members,
    parse,
    say,
)
from careersurvey.inference.statements import Statement
from careersurvey.inference.systems import Row, row

RELATIONS = ("same", "partition", "within", "disjoint", "exhaustive", "at_least")
STRENGTHS = ("necessary", "assumed")
SHARES = ("share", "multiple")


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


def state_facts(
    used: Collection[str], indicators: pd.DataFrame, bases: Bases
) -> tuple[Statement, ...]:
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
