"""Sets of units of one kind: what they are made of, and what ties them to each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from careersurvey.inference.quantities import Bases, Quantity, categories, parse
from careersurvey.inference.statements import Statement

OUTSIDE = ""
#: Relations that are read as relations between sets; `at_least` ties counts alone.
SET_RELATIONS = ("same", "partition", "within", "disjoint", "exhaustive")


@dataclass(frozen=True)
class Frame:
    """What the sets of a record are made of.

    Attributes
    ----------
    about : dict
        Rows of `indicators.csv` by indicator.
    bases : dict
        Bases that the printed figures name, by indicator and group.
    relations : tuple of Statement
        Relations that are read as relations between sets.
    """

    about: dict
    bases: Bases
    relations: tuple[Statement, ...]
    roots: dict[str, str] = field(default_factory=dict, compare=False)


def frame_of(record: Sequence[Statement], indicators: pd.DataFrame, bases: Bases) -> Frame:
    """Gather what the sets of a record are made of."""
    about = {each["indicator"]: each for each in indicators.to_dict("records")}
    relations = tuple(each for each in record if each.kind == "relation")
    return Frame(about, bases, relations)


# ---- sets and attributes ------------------------------------------------------------------------


def is_set(frame: Frame, name: str) -> bool:
    """Whether a quantity counts units, as shares and counts do; means and dates do not."""
    measure = frame.about.get(parse(name).indicator, {}).get("measure", "count")
    return measure in ("share", "multiple", "count")


def is_multiple(frame: Frame, indicator: str) -> bool:
    """Whether each category is a set of its own."""
    return frame.about.get(indicator, {}).get("measure") != "share"


def atoms(frame: Frame, name: str) -> list[tuple[str, str]]:
    """Attributes and the values they must have, for a unit to belong to a quantity."""
    of = parse(name)
    found = [(of.domain, of.group)] if of.domain else []
    if not of.category:
        return found + ([] if of.indicator == universe_of(frame, name) else [(of.indicator, "yes")])
    if is_multiple(frame, of.indicator):
        return [*found, (f"{of.indicator}={of.category}", "yes")]
    return [*found, (of.indicator, of.category)]


def attribute_values(frame: Frame, attribute: str) -> tuple[str, ...]:
    """Values of an attribute, the last one ``""``: outside."""
    of = parse(attribute)
    if of.category or frame.about.get(attribute, {}).get("measure") not in ("share",):
        return ("yes", OUTSIDE)
    return (*categories(frame.about, attribute), OUTSIDE)


def universe_of(frame: Frame, name: str) -> str:
    """Quantity that counts all units of the kind that a quantity counts some of."""
    if name not in frame.roots:
        frame.roots[name] = name  # stands while the question is open, so that a ring ends
        above = container_of(frame, parse(name))
        frame.roots[name] = universe_of(frame, above) if above and above != name else name
    return frame.roots[name]


def container_of(frame: Frame, of: Quantity) -> str:
    """A quantity that holds this one: its base, or the whole of a relation that it is a part of."""
    if of.domain:
        return str(Quantity(of.indicator, of.category))
    printed = frame.bases.get(Quantity(of.indicator), [])
    if printed:
        return printed[0]
    groups = [key for key in frame.bases if key.indicator == of.indicator and key.domain]
    if groups:
        return f"{groups[0].domain}={groups[0].group}"
    if of.category:
        return of.indicator
    wholes = [
        each.whole
        for each in frame.relations
        if each.relation in ("within", "partition", "same") and str(of) in each.parts
    ]
    return wholes[0] if wholes else ""


def touched(record: Sequence[Statement], start: Collection[str], universe: str) -> set[str]:
    """Quantities that statements tie to some, step by step; all the units tie nothing together."""
    reached, edge = set(start) - {universe}, set(start) - {universe}
    about: dict[str, list[Statement]] = defaultdict(list)
    for each in record:
        for name in each.quantities:
            about[name].append(each)
    while edge:
        near = {name for at in edge for each in about[at] for name in _tied(each)}
        edge = near - reached - {universe}
        reached |= edge
    return reached


def _tied(each: Statement) -> set[str]:
    """Quantities of a statement, and the totals of those that are of a group."""
    names = set(each.quantities)
    of = [parse(name) for name in names]
    names |= {str(Quantity(q.indicator, q.category)) for q in of if q.domain}
    return names | {f"{q.domain}={q.group}" for q in of if q.domain}


# ---- what needs a joint table -------------------------------------------------------------------


def _attributes(frame: Frame, quantities: Collection[str]) -> list[str]:
    """Attributes of the quantities and of their bases, bases first."""
    order: list[str] = []

    def add(name: str) -> None:
        for attribute, _ in atoms(frame, name):
            if attribute in order or attribute in opened:
                continue
            opened.add(attribute)
            for base in _bases(frame, attribute):
                add(base)
            order.append(attribute)

    opened: set[str] = set()
    for name in sorted(quantities):
        add(name)
    return order


def split_attributes(
    frame: Frame, quantities: Collection[str], universe: str, asked: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Split attributes into those that need a joint table and those that do not.

    An attribute that is tied to the rest by one set alone can be dealt out at random within that
    set (or beyond it) once its count and the set's agree, which the rows over counts already say:
    nothing is lost by leaving it out, again and again.

    Returns
    -------
    core, leaves : list of str
        The attributes of `asked` are in the core; leaves stand in the order they were left out.
    """
    kept = {attribute for name in asked for attribute, _ in atoms(frame, name)}
    core = _attributes(frame, quantities)
    ties, leaves = core_ties(frame, core, quantities, universe), []
    while True:
        loose = [
            (name, [tie for tie in ties if name in tie[0]]) for name in core if name not in kept
        ]
        free = next((each for each in loose if _is_leaf(each[1])), None)
        if free is None:
            return core, leaves
        core.remove(free[0])
        leaves.append(free[0])
        ties = [tie for tie in ties if tie not in free[1]]


Tie = tuple[frozenset[str], bool]


def _is_leaf(ties: Sequence[Tie]) -> bool:
    return len(ties) < 2 and all(simple for _, simple in ties)


def core_ties(
    frame: Frame, attributes: Sequence[str], quantities: Collection[str], universe: str
) -> list[Tie]:
    """What binds attributes as sets, and whether it binds two plain sets and no more."""
    named = [[name] for name in quantities if parse(name).domain]
    ties = [(_attributes_of(frame, names), False) for names in named]
    for each in (relation for relation in frame.relations if relation.relation in SET_RELATIONS):
        names = [name for name in (*each.parts, each.whole) if name and name != universe]
        if all(universe_of(frame, name) == universe for name in names):
            found = [attribute for name in names for attribute, _ in atoms(frame, name)]
            plain = len(found) == len(set(found)) <= 2 and bool(each.rows)
            ties.append((frozenset(found), plain))
    for attribute in attributes:
        grouped = any(
            key.domain and key.indicator == parse(attribute).indicator for key in frame.bases
        )
        for base in _bases(frame, attribute):
            above = _attributes_of(frame, [base]) if base != universe else frozenset()
            if above - {attribute}:
                ties.append((above | {attribute}, len(above) == 1 and not grouped))
    return [tie for tie in ties if len(tie[0]) > 1]


def _attributes_of(frame: Frame, names: Iterable[str]) -> frozenset[str]:
    return frozenset(attribute for name in names for attribute, _ in atoms(frame, name))


def _bases(frame: Frame, attribute: str) -> list[str]:
    """Base that holds an attribute, and the bases and groups of its printed parts."""
    of = parse(attribute)
    keys = [key for key in frame.bases if key.indicator == of.indicator and key.domain]
    own = container_of(frame, Quantity(of.indicator)) if of.category else container_of(frame, of)
    return [own] * bool(own) + [f"{key.domain}={key.group}" for key in keys]
