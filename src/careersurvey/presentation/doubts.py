"""The conflicts that a printed figure is in, and those of its base."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from careersurvey.evidence.printed.readings import read
from careersurvey.inference.printed import join_limits_on_bases
from careersurvey.inference.record.audit import sides_of
from careersurvey.inference.record.standings import clashes
from careersurvey.presentation import words
from careersurvey.presentation.standing import OF_VERDICT, ON_CARDS, cards_of


class Doubt(NamedTuple):
    """A conflict that a figure is in: the standing that gives it, its card, the other places."""

    verdict: str
    card: str
    where: str
    entry: Mapping[str, Any]  # of `conflicts.in_conflict`
    stays: bool = True  # however widely words are read, of a figure that is not only a base in it


def mark(labelled: pd.DataFrame, found: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Name the conflicts of each printed figure by how it stands in them, and of its base.

    Those of each of `ON_CARDS` have a column; ``met`` has each as a `Doubt`, ``doubts`` those that
    stay, ``clash`` what the cards of these say, a line each, and ``bases`` the numbers
    that a contradicted base may be.
    """
    contradictions = [entry for entry in found if entry["verdict"] == "contradiction"]
    hard = [(side, entry) for entry in contradictions for side in sides_of(entry)]
    of_figure = clashes(found)
    rows = labelled.fillna({"statements": ""}).to_dict("records")
    met = [_doubts(row, of_figure, hard) for row in rows]
    doubts = [[one for one in own if one.stays] for own in met]
    cards = pd.DataFrame(map(cards_of, met), labelled.index, ON_CARDS)
    said = ([f"{one.card}: {one.entry['clash']}" for one in own] for own in doubts)
    marked = labelled.assign(
        **cards,
        met=met,
        doubts=doubts,
        clash=[*map("\n".join, said)],
        bases=[_bases(row, hard) for row in rows],
    )
    return join_limits_on_bases(marked)


def given(entry: Mapping[str, Any]) -> str:
    """Say under what figures contradict each other, where it is not one number printed twice."""
    same = entry["verdict"] == "contradiction" and entry["ties"]
    return ", if their terms mean the same" if same else ""


#: Each side of a contradiction, with its conflict.
_Hard = Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]


def _doubts(row: Mapping[str, Any], of_figure: Mapping[str, list], hard: _Hard) -> list[Doubt]:
    """The conflicts of a figure, and the contradictions of its base."""
    ids = row["statements"].split(", ")
    told = {}
    for entry in (entry for id_ in ids for entry in of_figure.get(id_, ())):
        name, card = OF_VERDICT[entry["verdict"]].name, entry["id"]
        stays = name != "in doubt" or not (entry["reconciled"] or _is_base(entry, ids))
        told[card] = Doubt(name, card, _against(entry, ids=ids), entry, stays)
    of_base = {entry["id"]: entry for side, entry in hard if side["quantity"] == row.get("base_id")}
    for card, entry in of_base.items():
        where = _against(entry, number=row["base_n"])
        told[f"base, {card}"] = Doubt("base contradicted", card, where, entry)
    return [*told.values()]


def _is_base(entry: Mapping[str, Any], ids: Collection[str]) -> bool:
    """Whether some figures are in a conflict only as what others of it are of."""
    sides = sides_of(entry)
    tied = {name for tie in entry["ties"] for name in (*tie["parts"], tie["whole"])}
    apart = {name.partition("=")[0] for name in tied}
    own = {side["quantity"] for side in sides if {*side["statements"]} & {*ids}}
    bases = {side["base"] for side in sides if side["base"] != side["quantity"]}
    return own <= bases and not apart & {name.partition("=")[0] for name in own}


def _bases(row: Mapping[str, Any], hard: _Hard) -> tuple[int, ...]:
    """The numbers that a contradicted base may be, of a share that is one count on all of them."""
    sides = [side for side, _ in hard if side["quantity"] == row.get("base_id")]
    is_open = any(side["low"] != side["high"] for side in sides)
    if is_open or row.get("form") not in ("percent", "fraction", "words"):
        return ()
    numbers = sorted({side["low"] for side in sides})
    meant = {read(row["wording"], row["form"], number).counts for number in numbers}
    return tuple(numbers) if len(numbers) > 1 and len(meant) == 1 else ()


def _against(entry: Mapping[str, Any], ids: Collection[str] = (), number: float = math.nan) -> str:
    """Where the other sides of a conflict stand: without these ids, and not of this number."""
    if entry["kind"] == "figure":
        return f"every whole number of {entry['sides'][0]['base_n']:,}"
    sides = [
        one
        for one in sides_of(entry)
        if not {*one["statements"]} & {*ids} and (one["low"] != number or one["high"] != number)
    ]
    where = {place for one in sides for place in one["where"]}
    own = {place for one in sides_of(entry) if one not in sides for place in one["where"]}
    return words.listed(words.places(sorted(where - own or where)).split("; ")) + given(entry)
