"""Units of one kind as small joint tables that agree with each other: a junction tree.

What a relation or a fact says of counts it says of every single unit too, and rules out ways of
answering. Sets that a figure, a relation, a fact or the question ties together share a table of
the ways that are left. Whole tables that agree on what neighbours share always fit together into
one table of units, so that nothing is lost against one table of all (Lauritzen and Spiegelhalter,
1988, Journal of the Royal Statistical Society B 50, 157-224), whose size would double with every
set.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import inf, prod

import numpy as np

from careersurvey.errors import RecordError
from careersurvey.evidence.tables import SHARES
from careersurvey.inference.record.constraints import Record
from careersurvey.inference.record.linear import Quantity, Row, families, parse
from careersurvey.inference.record.solver import Box, Solution

OUTSIDE = ""
GOAL = "the goal"
MOST_TERMS = 60_000

#: Attributes and the values they must have, for a unit to belong to a set; none: every unit.
Atoms = tuple[tuple[str, str], ...]
Sets = Mapping[Hashable, Atoms]
#: Values of cells, by attribute.
Table = Mapping[str, np.ndarray]
#: A value a unit, by attribute.
Dealt = dict[str, list[str]]


# ---- sets of units ------------------------------------------------------------------------------


def universe_of(record: Record, name: str) -> str:
    """Quantity that counts all units of the kind that a quantity counts some of."""
    above: list[str] = []
    while name and name not in above:
        above.append(name)
        name = _container(record, parse(name))
    ring = above[above.index(name) :] if name else above[-1:]  # equal sets, each within the next
    return min(ring, key=lambda each: ("=" in each, each))


def sets_of(record: Record, universe: str) -> list[str]:
    """Quantities that count some of a kind of units; means and dates count none."""
    about = {name: record.measure(parse(name).indicator) for name in record.touching}
    counted = (name for name, measure in about.items() if measure in (*SHARES, "count", ""))
    return sorted(name for name in counted if universe_of(record, name) == universe)


def _container(record: Record, of: Quantity) -> str:
    """A quantity that holds this one: its base, or the whole of a relation that it is a part of."""
    if of.domain:
        return str(of.sets[0])
    if printed := record.bases.get(Quantity(of.indicator)):
        return printed[0]
    groups = [key for key in record.bases if key.indicator == of.indicator and key.domain]
    if groups:
        return f"{groups[0].domain}={groups[0].group}"
    split = (each.indicator for each in map(parse, record.touching) if each.domain == of.indicator)
    if of.category and not record.measure(of.indicator) and (stem := next(split, "")):
        return record.base_of(stem)[0]  # a group by a variable of the codebook
    if of.category:
        return of.indicator
    holding = (e for e in record.relations if e.relation in _CONTAINED and str(of) in e.parts)
    others = (e.whole or next(part for part in e.parts if part != str(of)) for e in holding)
    return next(others, "")


_CONTAINED = ("within", "partition", "same")


def touched(record: Record, start: Iterable[str], universe: str) -> frozenset[str]:
    """Quantities that statements tie to some, step by step; all the units tie nothing together."""
    of = ([parse(name) for name in each.quantities] for each in record.statements)
    tied = ({str(one) for whole in some for one in (whole, *whole.sets)} for some in of)
    wanted = {*start} - {universe}
    found = families(names - {universe} for names in (wanted, *tied))
    return next(names for names in found if names >= wanted)


def atoms(record: Record, name: str, universe: str) -> Atoms:
    """Attributes and values that make up a quantity; of all the units, none."""
    parts = (part for part in parse(name).sets if str(part) != universe)
    return tuple(_atom(record, part) for part in parts) if name != universe else ()


def _atom(record: Record, of: Quantity) -> tuple[str, str]:
    """A question and its answer; else a set by its name, in which a unit is or is not."""
    is_answer = of.category and record.measure(of.indicator) == "share"
    return (of.indicator, of.category) if is_answer else (f"{of.indicator}={of.category}", "yes")


def _values(record: Record, attribute: str) -> tuple[str, ...]:
    """Values of an attribute, the last one ``""``: outside its base, or not in the set."""
    is_share = record.measure(attribute) == "share"
    return (*(record.categories(attribute) if is_share else ("yes",)), OUTSIDE)


# ---- the tree -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Joint:
    """Units of one kind as tables that agree with each other.

    ``universe`` is the quantity that counts all the units, ``sets`` the atoms of each quantity that
    counts some of them, `GOAL` that of the count that is asked for. Of each table a row is a cell,
    a way in which a unit can answer its columns' questions. Each comes after the one in ``parents``
    that it hangs on (-1 for the first).
    """

    universe: str
    sets: Sets
    answers: Mapping[str, tuple[str, ...]]  # the values of each attribute
    tables: tuple[Table, ...]
    parents: tuple[int, ...]

    def shared(self, number: int) -> list[str]:
        """Attributes that a table shares with the one that it hangs on."""
        parent = self.parents[number]
        return [a for a in self.tables[number] if parent >= 0 and a in self.tables[parent]]

    def cell(self, number: int, cell: int) -> tuple[str, int, int]:
        """The unknown that counts the units of a cell of a table."""
        return self.universe, number, cell

    def rows(self) -> list[Row]:
        """Tables agree with each other, and make up every set."""
        agree = [each for number in range(1, len(self.tables)) for each in self._agree(number)]
        made = ((name, self._cells(Row(((name, 1),), 1, None))) for name in self.sets)
        return agree + [Row((*inside, (name, -1)), 0, 0) for name, inside in made]

    def _cells(self, tie: Row) -> Iterator[tuple[Hashable, int]]:
        """Cells of the smallest table that can tell in which a tie is met."""
        scope = _scope(tie, self.sets)
        fits = (n for n, table in enumerate(self.tables) if scope <= {*table})
        number = min(fits, key=lambda n: _size(self.tables[n]))
        for cell in np.flatnonzero(_met(tie, self.tables[number], self.sets)).tolist():
            yield self.cell(number, cell), 1

    def _agree(self, number: int) -> list[Row]:
        """A table and the one that it hangs on count alike what they share."""
        shared = self.shared(number)
        alike: dict[tuple, list] = defaultdict(list)
        for sign, n in ((1, number), (-1, self.parents[number])):
            for cell, values in enumerate(_of(self.tables[n], shared)):
                alike[values].append((self.cell(n, cell), sign))
        return [Row(tuple(terms), 0, 0) for terms in alike.values()]

    def at_random(self, ranges: Box, chance: random.Random) -> Solution:
        """Cells as if answers were independent, each value's share drawn inside its range."""
        n = max(ranges[self.universe][1], 1)
        single = {wanted[0]: name for name, wanted in self.sets.items() if len(wanted) == 1}
        shares: dict[str, dict[str, float]] = {}
        found: Solution = {}
        for at, table in enumerate(self.tables):
            for name in (name for name in table if name not in shares):
                spans = {v: ranges.get(single.get((name, v)), (0, n)) for v in self.answers[name]}
                shares[name] = {
                    value: (chance.uniform(low, n if high is None else min(high, n)) + 0.01) / n
                    for value, (low, high) in spans.items()
                }
            pairs = (zip(table, cell, strict=True) for cell in _of(table, table))
            weights = [prod(shares[name][value] for name, value in each) for each in pairs]
            whole = sum(weights) or 1
            found |= {self.cell(at, cell): round(w * (n / whole)) for cell, w in enumerate(weights)}
        return found

    def deal(self, counts: Solution, chance: random.Random) -> Dealt:
        """Deal cells to units, table after table, at random among those with the same answers."""
        n = counts[self.universe]
        dealt: Dealt = {}
        for at, table in enumerate(self.tables):
            shared = self.shared(at)
            places: dict[tuple, list[int]] = defaultdict(list)
            for unit in range(n):
                places[tuple(dealt[name][unit] for name in shared)].append(unit)
            for units in places.values():
                chance.shuffle(units)
            new = [name for name in table if name not in dealt]
            dealt |= {name: [OUTSIDE] * n for name in new}
            both = zip(_of(table, shared), _of(table, new), strict=True)
            for cell, (key, values) in enumerate(both):
                for _ in range(counts[self.cell(at, cell)]):
                    unit = places[key].pop()
                    for name, value in zip(new, values, strict=True):
                        dealt[name][unit] = value
        return dealt


def _scope(tie: Row, sets: Sets) -> frozenset[str]:
    """Attributes that tell whether a tie holds of a unit."""
    return frozenset(attribute for name, _ in tie.terms for attribute, _ in sets[name])


def _size(table: Table) -> int:
    """Number of cells; a table of no attribute has one."""
    return len(next(iter(table.values()), [""]))


def _met(tie: Row, table: Table, sets: Sets) -> np.ndarray:
    """In which cells a unit meets a tie."""
    value = np.zeros(_size(table), int)
    for name, c in tie.terms:
        inside = (table[attribute] == wanted for attribute, wanted in sets[name])
        value += c * np.logical_and.reduce([np.ones(len(value), bool), *inside])
    low, high = (-inf if tie.low is None else tie.low), (inf if tie.high is None else tie.high)
    return (low <= value) & (value <= high)


def _of(table: Table, attributes: Iterable[str]) -> list[tuple[str, ...]]:
    """Values of some attributes, a tuple a cell."""
    columns = (table[name].tolist() for name in attributes)
    return [cell[1:] for cell in zip(range(_size(table)), *columns, strict=True)]


# ---- how it is built ----------------------------------------------------------------------------


def join(record: Record, universe: str, asked: Sequence[str] = ()) -> Joint:
    """Build the tables of the units of one kind, and of those that are in all that is asked."""
    names = dict.fromkeys([*sets_of(record, universe), *asked, universe])
    sets: dict[Hashable, Atoms] = {name: atoms(record, name, universe) for name in names}
    said = (tie for each in record.statements for tie in each.of_units)
    ties = [tie for tie in said if all(name in sets for name, _ in tie.terms)]
    so_far = asked[0] if asked else ""
    for number, name in enumerate(asked[1:], start=1):
        both = f"{GOAL} {number}"  # whether a unit is in all so far
        sets[both] = ((both, "yes"),)
        ties.append(Row(((so_far, 1), (name, 1), (both, -2)), 0, 1))
        so_far = both
    if asked:
        sets[GOAL] = sets[so_far]
    scopes = [frozenset(name for name, _ in wanted) for wanted in sets.values()]
    answers = {name: _values(record, name) for wanted in sets.values() for name, _ in wanted}
    sizes = {name: len(values) for name, values in answers.items()}
    order, parents = _tree(_cliques([*scopes, *(_scope(tie, sets) for tie in ties)], sizes))
    joint = Joint(universe, sets, answers, (), tuple(parents))
    tables = []
    for clique in order:
        own, named = [name for name in answers if name in clique], sum(s <= clique for s in scopes)
        tables.append(_table(own, joint, ties, MOST_TERMS // max(named, 4)))
    return replace(joint, tables=tuple(tables))


def _table(attributes: Sequence[str], joint: Joint, ties: Sequence[Row], most: int) -> Table:
    """Cells of some attributes that no tie of them rules out."""
    table: Table = {}
    for name in attributes:
        values, size = np.array(joint.answers[name]), _size(table)
        table = {one: np.repeat(cells, len(values)) for one, cells in table.items()}
        table[name] = np.tile(values, size)
        for tie in ties:
            if name in (scope := _scope(tie, joint.sets)) and scope <= {*table}:
                met = _met(tie, table, joint.sets)
                table = {one: cells[met] for one, cells in table.items()}
        if _size(table) > most:
            tied = [each for each in attributes if not each.startswith(GOAL)]
            raise RecordError(
                f"The question ties {len(tied)} variables together: too large a table.",
                found=f"more than {most:,} cells",
                expected=", ".join(tied),
                do="ask about fewer variables, or leave out statements that tie them to others",
            )
    return table


def _cliques(scopes: Iterable[frozenset[str]], sizes: Mapping[str, int]) -> list[frozenset[str]]:
    """Largest sets that hold every scope once attributes are taken out one by one (min-fill)."""
    near: dict[str, set[str]] = {name: set() for name in sizes}
    for scope in scopes:
        for name in scope:
            near[name] |= scope - {name}

    def cost(name: str) -> tuple[int, int, str]:
        missing = sum(b not in near[a] for a, b in combinations(near[name], 2))
        return missing, prod(sizes[other] for other in near[name]), name

    found: list[frozenset[str]] = []
    while near:
        name = min(near, key=cost)
        around = near.pop(name)
        for other in around:
            near[other] = (near[other] | around) - {name, other}
        clique = frozenset({name, *around})
        if not any(clique <= other for other in found):
            found.append(clique)
    return found


def _tree(cliques: Sequence[frozenset[str]]) -> tuple[list[frozenset[str]], list[int]]:
    """Hang each on the one that it shares most with: a spanning tree of the largest overlaps."""
    order, parents = [], []
    best = dict.fromkeys(range(len(cliques)), (-1, -1))
    while best:
        new = max(best, key=lambda n: (best[n][0], -n))
        parents.append(best.pop(new)[1])
        order.append(cliques[new])
        for other, (most, _) in best.items():
            shared = len(cliques[other] & cliques[new])
            if shared > most:
                best[other] = (shared, len(order) - 1)
    return order, parents
