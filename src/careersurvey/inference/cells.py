"""Units of one kind as cells of a joint table: what a set of them is, and which cells can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from careersurvey.errors import RecordError
from careersurvey.inference.quantities import Bases, Quantity, base_of, categories, parse
from careersurvey.inference.record import Statement
from careersurvey.inference.systems import Row, holds, row

MOST_CELLS = 100_000
OUTSIDE = ""


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


@dataclass(frozen=True)
class Cells:
    """A joint table: for each set of units, the cells that make it up.

    Attributes
    ----------
    universe : str
        The quantity that counts all the units.
    attributes : tuple of str
    codes : array of int, shape (cells, attributes)
        Which value of each attribute a cell has, in the order of `values`.
    values : dict
        Values by attribute; ``""`` is outside the attribute's base, or not in the set.
    members : dict
        By quantity, which cells belong to it.
    """

    universe: str
    attributes: tuple[str, ...]
    codes: np.ndarray
    values: dict[str, tuple[str, ...]]
    members: dict[str, np.ndarray]


def frame_of(record: Sequence[Statement], indicators: pd.DataFrame, bases: Bases) -> Frame:
    """Gather what the sets of a record are made of."""
    about = {each["indicator"]: each for each in indicators.to_dict("records")}
    relations = tuple(each for each in record if each.kind == "relation")
    return Frame(about, bases, relations)


# ---- sets and attributes ------------------------------------------------------------------------


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
        above = _above(frame, parse(name))
        frame.roots[name] = universe_of(frame, above) if above and above != name else name
    return frame.roots[name]


def _above(frame: Frame, of: Quantity) -> str:
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


# ---- cells --------------------------------------------------------------------------------------

Rule = tuple[frozenset[str], Callable[[Callable[[str], np.ndarray]], np.ndarray]]


def joint_tables(
    frame: Frame, quantities: Collection[str], universe: str, asked: Collection[str] = ()
) -> list[Cells]:
    """Joint tables of the attributes that some quantities are made of.

    Parameters
    ----------
    frame : Frame
    quantities : collection of str
        Sets of the universe's units.
    universe : str
    asked : collection of str
        Quantities whose attributes must be in a table. Any other attribute is left out where
        its count is all that matters of it: see `split_attributes`.

    Returns
    -------
    list of Cells
        A table for each part of the attributes that nothing ties to another part, with the cells
        that the bases and the relations between sets leave possible.

    Raises
    ------
    RecordError
        If a table has more than `MOST_CELLS`.
    """
    core, _ = split_attributes(frame, quantities, universe, asked)
    part = {name: number for number, name in enumerate(core)}
    for tie, _ in _ties(frame, core, quantities, universe):
        joined = {part[name] for name in tie if name in part}
        part = {name: min(joined) if at in joined else at for name, at in part.items()}
    groups = [[name for name in core if part[name] == at] for at in sorted(set(part.values()))]
    return [_cells(frame, group, quantities, universe) for group in groups]


def _cells(
    frame: Frame, attributes: Sequence[str], quantities: Collection[str], universe: str
) -> Cells:
    rules = rules_of(frame, attributes, universe)
    values = {name: attribute_values(frame, name) for name in attributes}
    codes, known = np.zeros((1, 0), np.int16), []
    for name in attributes:
        width = len(values[name])
        codes = np.column_stack([np.repeat(codes, width, 0), np.tile(range(width), len(codes))])
        known.append(name)
        for needed, rule in rules:
            if name in needed and needed <= set(known):
                codes = codes[rule(membership(frame, known, codes, values))]
        _require_few(codes, attributes)
    member = membership(frame, known, codes, values)
    made_of = {name: {a for a, _ in atoms(frame, name)} for name in quantities}
    members = {name: member(name) for name, of in made_of.items() if of and of <= set(known)}
    return Cells(universe, tuple(known), codes, values, members)


def _require_few(codes: np.ndarray, attributes: Sequence[str]) -> None:
    if len(codes) > MOST_CELLS:
        raise RecordError(
            f"The question touches {len(attributes)} variables: too large a joint table.",
            found=f"more than {MOST_CELLS:,} cells",
            expected=", ".join(attributes),
            do="ask about fewer variables, or leave out statements that tie them to others",
        )


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
    ties, leaves = _ties(frame, core, quantities, universe), []
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


def _ties(
    frame: Frame, attributes: Sequence[str], quantities: Collection[str], universe: str
) -> list[Tie]:
    """What binds attributes as sets, and whether it binds two plain sets and no more."""
    named = [[name] for name in quantities if parse(name).domain]
    ties = [(_attributes_of(frame, names), False) for names in named]
    for each in (relation for relation in frame.relations if relation.relation in _SETS):
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
    own = _above(frame, Quantity(of.indicator)) if of.category else _above(frame, of)
    return [own] * bool(own) + [f"{key.domain}={key.group}" for key in keys]


def membership(
    frame: Frame, known: Sequence[str], codes: np.ndarray, values: Mapping[str, tuple[str, ...]]
) -> Callable[[str], np.ndarray]:
    """Tell which of some coded units belong to a quantity; see `Cells.codes`."""

    def member(name: str) -> np.ndarray:
        inside = np.ones(len(codes), bool)
        for attribute, value in atoms(frame, name):
            wanted = values[attribute].index(value)
            inside &= codes[:, known.index(attribute)] == wanted
        return inside

    def asked(name: str) -> np.ndarray:
        attribute = name.removeprefix("asked:")
        return codes[:, known.index(attribute)] != len(values[attribute]) - 1

    return lambda name: asked(name) if name.startswith("asked:") else member(name)


def rules_of(frame: Frame, attributes: Sequence[str], universe: str) -> list[Rule]:
    """What bases and relations between sets rule out, each with the attributes it looks at."""
    return [*_base_rules(frame, attributes, universe), *_set_rules(frame, universe)]


def _base_rules(frame: Frame, attributes: Sequence[str], universe: str) -> list[Rule]:
    """A unit has a category exactly where it is in the base; it may be in a set only there."""
    rules = []
    for attribute in attributes:
        of = parse(attribute)
        is_share = attribute_values(frame, attribute) != ("yes", OUTSIDE)
        key = Quantity(of.indicator)
        parts = [each for each in frame.bases if each.indicator == of.indicator and each.domain]
        if key in frame.bases or not parts:
            base = _above(frame, Quantity(of.indicator) if of.category else of)
            base = universe if base in ("", attribute) else base
            rules.append(_base_rule(frame, attribute, base, None, is_share))
        for part in parts:
            for base in base_of(part, frame.bases):
                group = f"{part.domain}={part.group}"
                rules.append(_base_rule(frame, attribute, base, group, is_share))
    return rules


def _base_rule(frame: Frame, attribute: str, base: str, group: str | None, is_share: bool) -> Rule:
    needed = {attribute, *(a for name in (base, group or base) for a, _ in atoms(frame, name))}

    def rule(member: Callable[[str], np.ndarray]) -> np.ndarray:
        asked, inside = member(f"asked:{attribute}"), member(base)
        right = asked == inside if is_share else ~asked | inside
        return right if group is None else right | ~member(group)

    return frozenset(needed), rule


def _set_rules(frame: Frame, universe: str) -> list[Rule]:
    rules = []
    for each in frame.relations:
        names = [*each.parts, *([each.whole] if each.whole else [])]
        if each.relation in _SETS and all(universe_of(frame, n) == universe for n in names):
            needed = frozenset(a for name in names for a, _ in atoms(frame, name))
            rules.append((needed, _set_rule(each)))
    return rules


def _set_rule(each: Statement) -> Callable[[Callable[[str], np.ndarray]], np.ndarray]:
    def rule(member: Callable[[str], np.ndarray]) -> np.ndarray:
        parts = np.array([member(part) for part in each.parts])
        whole = member(each.whole) if each.whole else np.ones(parts.shape[1], bool)
        return _SETS[each.relation](parts, whole, bool(each.whole))

    return rule


_SETS = {
    "same": lambda parts, whole, given: (
        (parts == parts[0]).all(0) & ((parts[0] == whole) if given else True)
    ),
    "partition": lambda parts, whole, given: parts.sum(0) == whole,
    "within": lambda parts, whole, given: ~parts.any(0) | whole,
    "disjoint": lambda parts, whole, given: parts.sum(0) <= 1,
    "exhaustive": lambda parts, whole, given: parts.any(0) | ~whole,
}


# ---- statements about cells ---------------------------------------------------------------------


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


GOAL = ("goal",)


def in_cells(
    rows: Iterable[Row], tables: Sequence[Cells], goals: Sequence[np.ndarray]
) -> list[Row]:
    """Write rows over quantities as rows over cells, cells that no row tells apart as one.

    The count that is asked for is the unknown `GOAL`. Where it is of sets in several tables that
    nothing ties together, it can be anything from their counts less all the units, but one time
    as often as there are tables, to the least of them (Frechet's bounds).

    Parameters
    ----------
    rows : iterable of Row
        A quantity that is not a set in a table stays an unknown of its own.
    tables : sequence of Cells
    goals : sequence of array of bool
        Cells of each table that are to be counted.

    Returns
    -------
    list of Row
    """
    rows, universe = list(rows), tables[0].universe
    overlap: list[tuple[Hashable, int]] = [(GOAL, 1), (universe, len(tables) - 1)]
    for number, (cells, goal) in enumerate(zip(tables, goals, strict=True)):
        names = sorted({n for each in rows for n, _ in each.terms if n in cells.members})
        kinds = _kinds(np.column_stack([goal, *(cells.members[name] for name in names)]))
        at = {name: column for column, name in enumerate(names, start=1)}
        rows = [_spread(each, kinds, at, number) for each in rows]
        every = [((number, cell), 1) for cell in range(len(kinds))]
        counted = [((number, int(cell)), 1) for cell in np.flatnonzero(kinds[:, 0])]
        rows.append(Row((*every, (universe, -1)), 0, 0))
        rows.append(Row((*counted, (GOAL, -1)), 0, None))
        overlap += [(name, -c) for name, c in counted]
    rows.append(row(overlap, 0, None))
    return [each for each in rows if each.terms or not holds(each, {})]


def _kinds(table: np.ndarray) -> np.ndarray:
    """Different rows of a table of yes and no, in the order in which they come."""
    if not len(table):
        return table.astype(np.int64)
    _, first = np.unique(np.packbits(table, axis=1), axis=0, return_index=True)
    return table[np.sort(first)].astype(np.int64)


def _spread(each: Row, kinds: np.ndarray, at: Mapping[str, int], number: int) -> Row:
    inside = [(at[name], c) for name, c in each.terms if name in at]
    if not inside:
        return each
    total = sum((c * kinds[:, column] for column, c in inside), np.zeros(len(kinds), np.int64))
    cells = np.flatnonzero(total)
    terms = zip(((number, cell) for cell in cells.tolist()), total[cells].tolist(), strict=True)
    outside = [(name, c) for name, c in each.terms if name not in at]
    return Row((*terms, *outside), each.low, each.high)
