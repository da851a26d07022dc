"""Deal counts out to people, so that an association that nobody printed is independence."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import numpy as np

from careersurvey.inference.cells import Cells, Rule, joint_tables, membership, rules_of
from careersurvey.inference.sets import OUTSIDE, Frame, attribute_values, split_attributes
from careersurvey.inference.solving import find
from careersurvey.inference.systems import Row, Solution

_STEPS = 30


def deal(
    frame: Frame,
    quantities: Sequence[str],
    universe: str,
    counts: Solution,
    chance: random.Random,
) -> dict[str, list[str]] | None:
    """Deal the values of every attribute to the units of a universe.

    Attributes that are tied to others by one set alone are dealt by a random permutation within
    that set and beyond it, which makes every assignment equally likely. Attributes that hang
    together more closely are dealt from a joint table, and then walk: two units exchange some of
    their values wherever every count and every relation stays as it is.

    Parameters
    ----------
    frame : Frame
    quantities : sequence of str
        Sets of the universe's units whose counts are given.
    universe : str
    counts : dict
        Whole counts of the quantities and of the universe.
    chance : random.Random

    Returns
    -------
    dict or None
        Values by attribute, one a unit, ``""`` outside; None where no units have these counts.
    """
    core, leaves = split_attributes(frame, quantities, universe)
    dealt = _deal_core(frame, quantities, universe, counts, chance)
    rules = rules_of(frame, [*core, *leaves], universe)
    for attribute in reversed(leaves):
        if dealt is None:
            return None
        dealt = _deal_leaf(frame, attribute, dealt, rules, counts[universe], counts, chance)
    return dealt


# ---- one attribute ------------------------------------------------------------------------------

Dealt = dict[str, list[str]]


def _deal_leaf(
    frame: Frame,
    attribute: str,
    dealt: Dealt,
    rules: Sequence[Rule],
    n: int,
    counts: Solution,
    chance: random.Random,
) -> Dealt | None:
    numbers = _numbers(frame, attribute, n, counts)
    allowed = _allowed(frame, attribute, dealt, rules, n)
    kinds = sorted(Counter(map(tuple, allowed.T.tolist())))
    places = {kind: [] for kind in kinds}
    for unit, kind in enumerate(map(tuple, allowed.T.tolist())):
        places[kind].append(unit)
    values: list[str | None] = [None] * n
    shared: list[str] = []
    for at, (value, number) in enumerate(numbers.items()):
        open_to = [kind for kind in kinds if kind[at]]
        if len(open_to) == len(kinds):
            shared += [value] * number
        elif number:
            room = [unit for kind in open_to for unit in places[kind] if values[unit] is None]
            if len(room) < number:
                return None
            for unit in chance.sample(room, number):
                values[unit] = value
    left = [unit for unit, value in enumerate(values) if value is None]
    if len(left) != len(shared):
        return None
    chance.shuffle(shared)
    for unit, value in zip(left, shared, strict=True):
        values[unit] = value
    return dealt | {attribute: values}


def _numbers(frame: Frame, attribute: str, n: int, counts: Solution) -> dict[str, int]:
    """How many units have each value of an attribute."""
    given = {}
    for value in attribute_values(frame, attribute)[:-1]:
        is_set = value == "yes" and attribute in counts
        given[value] = counts[attribute if is_set else f"{attribute}={value}"]
    return given | {OUTSIDE: n - sum(given.values())}


def _allowed(
    frame: Frame, attribute: str, dealt: Dealt, rules: Sequence[Rule], n: int
) -> np.ndarray:
    """Which values each unit may have, given those that it has: shape (values, units)."""
    known = [*dealt, attribute]
    about = [rule for needed, rule in rules if attribute in needed and needed <= set(known)]
    values = {name: attribute_values(frame, name) for name in known}
    codes = np.zeros((n, len(known)), np.int16)
    for column, name in enumerate(dealt):
        place = {value: number for number, value in enumerate(values[name])}
        codes[:, column] = [place[value] for value in dealt[name]]
    allowed = []
    for number in range(len(values[attribute])):
        codes[:, -1] = number
        member = membership(frame, known, codes, values)
        allowed.append(np.logical_and.reduce([np.ones(n, bool), *(rule(member) for rule in about)]))
    return np.array(allowed)


# ---- attributes that hang together --------------------------------------------------------------


def _deal_core(
    frame: Frame,
    quantities: Sequence[str],
    universe: str,
    counts: Solution,
    chance: random.Random,
) -> Dealt | None:
    dealt: Dealt = {}
    for cells in joint_tables(frame, quantities, universe):
        table = _any_table(cells, counts)
        if table is None:
            return None
        units = [cell for cell, number in enumerate(table) for _ in range(number)]
        chance.shuffle(units)
        _walk(units, cells, chance)
        dealt |= {
            name: [cells.values[name][cells.codes[cell, column]] for cell in units]
            for column, name in enumerate(cells.attributes)
        }
    return dealt


def _any_table(cells: Cells, counts: Solution) -> list[int] | None:
    """Return a table of units with these counts, None where there is none."""
    rows = [
        Row(tuple((int(cell), 1) for cell in np.flatnonzero(inside)), counts[name], counts[name])
        for name, inside in cells.members.items()
    ]
    every = tuple((cell, 1) for cell in range(len(cells.codes)))
    found = find([*rows, Row(every, counts[cells.universe], counts[cells.universe])])
    return None if found is None else [found.get(cell, 0) for cell in range(len(cells.codes))]


def _walk(units: list[int], cells: Cells, chance: random.Random) -> None:
    """Let pairs exchange values (in place: the list is its caller's own and freshly made).

    Every exchange can be undone with the same chance, so that all assignments that can be
    reached become equally likely.
    """
    place = {tuple(code): cell for cell, code in enumerate(cells.codes.tolist())}
    codes = [tuple(code) for code in cells.codes.tolist()]
    member = np.array(list(cells.members.values()), np.int16).reshape(len(cells.members), -1)
    sums = [tuple(column) for column in member.T.tolist()]
    width = len(cells.attributes)
    for _ in range(_STEPS * len(units) * width if len(units) > 1 else 0):
        one, two = chance.randrange(len(units)), chance.randrange(len(units))
        if units[one] == units[two]:
            continue
        moved = [chance.random() < 0.5 for _ in range(width)]
        new = _exchanged(codes[units[one]], codes[units[two]], moved)
        if all(code in place for code in new) and _same_counts(
            sums, (units[one], units[two]), [place[code] for code in new]
        ):
            units[one], units[two] = (place[code] for code in new)


def _exchanged(one: tuple, two: tuple, moved: Sequence[bool]) -> tuple[tuple, tuple]:
    pairs = [(b, a) if move else (a, b) for a, b, move in zip(one, two, moved, strict=True)]
    return tuple(a for a, _ in pairs), tuple(b for _, b in pairs)


def _same_counts(sums: Sequence[tuple], old: Sequence[int], new: Sequence[int]) -> bool:
    before = [a + b for a, b in zip(sums[old[0]], sums[old[1]], strict=True)]
    return before == [a + b for a, b in zip(sums[new[0]], sums[new[1]], strict=True)]
