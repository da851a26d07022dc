"""Units of one kind as cells of joint tables, and statements about counts as rows over cells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from careersurvey.errors import RecordError
from careersurvey.inference.quantities import Quantity, base_of, parse
from careersurvey.inference.sets import (
    OUTSIDE,
    Frame,
    atoms,
    attribute_values,
    container_of,
    core_ties,
    split_attributes,
    universe_of,
)
from careersurvey.inference.statements import Statement
from careersurvey.inference.systems import Row, holds, row

MOST_CELLS = 100_000


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
    for tie, _ in core_ties(frame, core, quantities, universe):
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
            base = container_of(frame, Quantity(of.indicator) if of.category else of)
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
    return [each for each in dict.fromkeys(rows) if each.terms or not holds(each, {})]


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
