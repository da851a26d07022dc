"""Units of one kind as small joint tables that agree with each other: a junction tree.

Sets that a figure, a relation, a base or the question ties together share a table of cells. Whole
tables that agree on what neighbours share always fit together into one table of units, so that
nothing is lost against one table of all (Lauritzen and Spiegelhalter, 1988, Journal of the Royal
Statistical Society B 50, 157-224), whose size would double with every set.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np

from careersurvey.errors import RecordError
from careersurvey.inference.record.constraints import Quantity, Record, Row, Statement, parse
from careersurvey.inference.record.solver import Box, Solution

OUTSIDE = ""
GOAL = "the goal"
MOST_TERMS = 60_000

#: Attributes and the values they must have, for a unit to belong to a set; none: every unit.
Atoms = tuple[tuple[str, str], ...]
#: Sets, and which cells are possible, given which lie in each of these.
Rule = tuple[Sequence[Atoms], Callable[..., np.ndarray]]
#: A value a unit, by attribute.
Dealt = dict[str, list[str]]


# ---- sets of units ------------------------------------------------------------------------------


def is_set(record: Record, name: str) -> bool:
    """Whether a quantity counts units, as shares and counts do; means and dates do not."""
    return record.measure(parse(name).indicator) in ("share", "multiple", "count", "")


def universe_of(record: Record, name: str) -> str:
    """Quantity that counts all units of the kind that a quantity counts some of."""
    above: list[str] = []
    while name and name not in above:
        above.append(name)
        name = container_of(record, parse(name))
    return above[-1]


def container_of(record: Record, of: Quantity) -> str:
    """A quantity that holds this one: its base, or the whole of a relation that it is a part of."""
    if of.domain:
        return str(Quantity(of.indicator, of.category))
    printed = record.bases.get(Quantity(of.indicator), [])
    if printed:
        return printed[0]
    groups = [key for key in record.bases if key.indicator == of.indicator and key.domain]
    if groups:
        return f"{groups[0].domain}={groups[0].group}"
    if of.category:
        return of.indicator
    holding = (each for each in record.relations if each.relation in _CONTAINED)
    return next((each.whole for each in holding if str(of) in each.parts), "")


_CONTAINED = ("within", "partition", "same")


def touched(record: Record, start: Collection[str], universe: str) -> set[str]:
    """Quantities that statements tie to some, step by step; all the units tie nothing together."""
    reached = edge = set(start) - {universe}
    while edge:
        near = {name for at in edge for each in record.touching[at] for name in _tied(each)}
        edge = near - reached - {universe}
        reached = reached | edge
    return reached


def _tied(each: Statement) -> set[str]:
    """Quantities of a statement, and the totals and groups of those that are of a group."""
    of = [parse(name) for name in each.quantities]
    totals = {str(Quantity(q.indicator, q.category)) for q in of if q.domain}
    return {*each.quantities, *totals, *(f"{q.domain}={q.group}" for q in of if q.domain)}


# ---- attributes ---------------------------------------------------------------------------------


def atoms(record: Record, name: str, universe: str) -> Atoms:
    """Attributes and values that make up a quantity."""
    of = parse(name)
    found = ((of.domain, of.group),) if of.domain else ()
    if not of.category:
        return found if of.indicator == universe else (*found, (of.indicator, "yes"))
    if record.measure(of.indicator) == "share":
        return (*found, (of.indicator, of.category))
    return (*found, (f"{of.indicator}={of.category}", "yes"))


def _values(record: Record, attribute: str) -> tuple[str, ...]:
    """Values of an attribute, the last one ``""``: outside its base, or not in the set."""
    is_share = record.measure(attribute) == "share"
    return (*(record.categories(attribute) if is_share else ("yes",)), OUTSIDE)


def _attributes(record: Record, names: Collection[str], universe: str) -> list[str]:
    """Attributes of some quantities and of their bases, bases first."""
    order: list[str] = []
    opened: set[str] = set()

    def add(name: str) -> None:
        for attribute, _ in atoms(record, name, universe):
            if attribute not in opened:
                opened.add(attribute)
                for base in (base for pair in _bases(record, attribute) for base in pair):
                    add(base or universe)
                order.append(attribute)

    for name in sorted(names):
        add(name)
    return order


def _bases(record: Record, attribute: str) -> list[tuple[str, str]]:
    """Bases that hold an attribute, each with the group in which it does (empty: everywhere)."""
    of = parse(attribute)
    own = container_of(record, of.whole if of.category else of)
    parts = [key for key in record.bases if key.indicator == of.indicator and key.domain]
    found = [(own, "")] if Quantity(of.indicator) in record.bases or not parts else []
    return found + [
        (base, f"{key.domain}={key.group}") for key in parts for base in record.bases[key]
    ]


# ---- rules --------------------------------------------------------------------------------------


#: Which cells a relation allows, given which lie in each part and, last, in the whole.
_ALLOWS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "same": lambda inside: (inside == inside[0]).all(0),
    "partition": lambda inside: inside[:-1].sum(0) == inside[-1],
    "within": lambda inside: ~inside[:-1].any(0) | inside[-1],
    "disjoint": lambda inside: inside[:-1].sum(0) <= 1,
    "exhaustive": lambda inside: inside[:-1].any(0) | ~inside[-1],
}


def _relation_rules(record: Record, sets: Collection[str], universe: str) -> Iterator[Rule]:
    """What relations between sets rule out; `at_least` ties counts alone."""
    for each in record.relations:
        if each.relation in _ALLOWS and each.quantities <= {*sets, universe}:
            names = (*each.parts, each.whole or each.parts[0])
            yield [atoms(record, name, universe) for name in names], _ALLOWS[each.relation]


def _base_rules(record: Record, attributes: Iterable[str], universe: str) -> Iterator[Rule]:
    """A unit has a category exactly where it is in the base; it may be in a set only there."""
    for attribute in attributes:
        is_share = record.measure(attribute) == "share"
        for base, group in _bases(record, attribute):
            named = universe if base == attribute else base, group
            wanted = (atoms(record, name or universe, universe) for name in named)
            yield [((attribute, OUTSIDE),), *wanted], _answers_in_base if is_share else _set_in_base


def _answers_in_base(inside: np.ndarray) -> np.ndarray:
    outside, base, group = inside
    return (outside != base) | ~group


def _set_in_base(inside: np.ndarray) -> np.ndarray:
    outside, base, group = inside
    return outside | base | ~group


def _in_both(inside: np.ndarray) -> np.ndarray:
    one, other, both = inside
    return both == (one & other)


def _scope(*sets: Atoms) -> frozenset[str]:
    return frozenset(attribute for wanted in sets for attribute, _ in wanted)


# ---- tables -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cells:
    """The ways in which a unit can answer some attributes together.

    ``answers`` are values by attribute, the last ``""``: outside the attribute's base, or not in
    the set. ``codes`` (cells, attributes) say which of these a cell has.
    """

    attributes: tuple[str, ...]
    answers: Mapping[str, tuple[str, ...]]
    codes: np.ndarray

    def inside(self, wanted: Atoms) -> np.ndarray:
        """Which cells have all of some values."""
        inside = np.ones(len(self.codes), bool)
        for attribute, value in wanted:
            column = self.codes[:, self.attributes.index(attribute)]
            inside &= column == self.answers[attribute].index(value)
        return inside

    def of(self, attributes: Sequence[str]) -> list[tuple[str, ...]]:
        """Values of some attributes, a tuple a cell."""
        columns = [self.attributes.index(name) for name in attributes]
        named = [np.array(self.answers[name], object) for name in attributes]
        values = [names[self.codes[:, at]] for names, at in zip(named, columns, strict=True)]
        return list(zip(*values, strict=True)) or [()] * len(self.codes)


def _cells(attributes: Sequence[str], answers: Mapping, rules: Sequence[Rule], most: int) -> Cells:
    """Cells of a table that no rule of its attributes rules out."""
    cells = Cells((), answers, np.zeros((1, 0), np.int16))
    for name in attributes:
        width, codes = len(answers[name]), cells.codes
        new = np.tile(np.arange(width, dtype=np.int16), len(codes))
        codes = np.column_stack([np.repeat(codes, width, 0), new])
        cells = Cells((*cells.attributes, name), answers, codes)
        for sets, fits in rules:
            if name in _scope(*sets) <= {*cells.attributes}:
                possible = fits(np.array([cells.inside(wanted) for wanted in sets]))
                cells = Cells(cells.attributes, answers, cells.codes[possible])
        if len(cells.codes) > most:
            tied = [each for each in attributes if not each.startswith(GOAL)]
            raise RecordError(
                f"The question ties {len(tied)} variables together: too large a table.",
                found=f"more than {most:,} cells",
                expected=", ".join(tied),
                do="ask about fewer variables, or leave out statements that tie them to others",
            )
    return cells


# ---- the tree -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Joint:
    """Units of one kind as tables that agree with each other.

    ``universe`` is the quantity that counts all the units, ``sets`` the atoms of each quantity that
    counts some of them, `GOAL` that of the count that is asked for. Each table comes after the one
    in ``parents`` that it hangs on (-1 for the first).
    """

    universe: str
    sets: Mapping[str, Atoms]
    tables: tuple[Cells, ...]
    parents: tuple[int, ...]

    def shared(self, number: int) -> list[str]:
        """Attributes that a table shares with the one that it hangs on."""
        parent, own = self.parents[number], self.tables[number].attributes
        return [name for name in own if parent >= 0 and name in self.tables[parent].attributes]

    def cell(self, number: int, cell: int) -> tuple[str, int, int]:
        """The unknown that counts the units of a cell of a table."""
        return self.universe, number, cell

    def rows(self) -> list[Row]:
        """Tables count all units, agree with each other, and make up every set."""
        rows = []
        for number, cells in enumerate(self.tables):
            every = ((self.cell(number, at), 1) for at in range(len(cells.codes)))
            rows += [Row((*every, (self.universe, -1)), 0, 0), *self._agree(number)]
        return rows + [Row((*self._count(s), (name, -1)), 0, 0) for name, s in self.sets.items()]

    def _agree(self, number: int) -> list[Row]:
        """A table and the one that it hangs on count alike what they share."""
        shared = self.shared(number)
        alike: dict[tuple, list] = defaultdict(list)
        for sign, n in ((1, number), (-1, self.parents[number])) if shared else ():
            for cell, values in enumerate(self.tables[n].of(shared)):
                alike[values].append((self.cell(n, cell), sign))
        return [Row(tuple(terms), 0, 0) for terms in alike.values()]

    def _count(self, wanted: Atoms) -> list[tuple[Hashable, int]]:
        """Cells of one table that make up a set, as terms of a row."""
        fits = (n for n, cells in enumerate(self.tables) if _scope(wanted) <= {*cells.attributes})
        number = min(fits, key=lambda n: len(self.tables[n].codes))
        inside = np.flatnonzero(self.tables[number].inside(wanted))
        return [(self.cell(number, cell), 1) for cell in inside.tolist()]

    def at_random(self, ranges: Box, chance: random.Random) -> Solution:
        """Cells as if answers were independent, each value's share drawn inside its range."""
        n = max(ranges[self.universe][1], 1)
        single = {wanted[0]: name for name, wanted in self.sets.items() if len(wanted) == 1}
        shares: dict[str, np.ndarray] = {}
        found: Solution = {}
        for at, cells in enumerate(self.tables):
            for name in (name for name in cells.attributes if name not in shares):
                spans = [ranges.get(single.get((name, v)), (0, n)) for v in cells.answers[name]]
                tops = [n if high is None else min(high, n) for _, high in spans]
                drawn = [
                    chance.uniform(low, top) for (low, _), top in zip(spans, tops, strict=True)
                ]
                shares[name] = (np.array(drawn) + 0.01) / n
            columns = zip(cells.attributes, cells.codes.T, strict=True)
            weights = prod((shares[name][codes] for name, codes in columns), start=np.ones(1))
            counts = weights * (n / (sum(weights.tolist()) or 1))
            found |= {self.cell(at, cell): round(n) for cell, n in enumerate(counts.tolist())}
        return found

    def deal(self, counts: Solution, chance: random.Random) -> Dealt:
        """Deal cells to units, table after table, at random among those with the same answers."""
        n = counts[self.universe]
        dealt: Dealt = {}
        for at, cells in enumerate(self.tables):
            shared = self.shared(at)
            places: dict[tuple, list[int]] = defaultdict(list)
            for unit in range(n):
                places[tuple(dealt[name][unit] for name in shared)].append(unit)
            for units in places.values():
                chance.shuffle(units)
            new = [name for name in cells.attributes if name not in dealt]
            dealt |= {name: [OUTSIDE] * n for name in new}
            for cell, (key, values) in enumerate(zip(cells.of(shared), cells.of(new), strict=True)):
                for _ in range(counts[self.cell(at, cell)]):
                    unit = places[key].pop()
                    for name, value in zip(new, values, strict=True):
                        dealt[name][unit] = value
        return dealt


def join(record: Record, names: Collection[str], universe: str, asked: Sequence[str] = ()) -> Joint:
    """Build the tables of some sets of units, and of the units that are in all that are asked for.

    These are asked for two at a time, through an attribute more: whether a unit is in all so far.
    """
    sets = {name: atoms(record, name, universe) for name in sorted(names) if name != universe}
    attributes = _attributes(record, {*sets, *asked}, universe)
    rules = [
        *_base_rules(record, attributes, universe),
        *_relation_rules(record, {*sets, *asked}, universe),
    ]
    _require_known(record, universe, {*sets, *asked}, attributes)
    for number, name in enumerate(asked):
        goal = atoms(record, name, universe)
        if number:
            both = ((f"{GOAL} so far {number}", "yes"),)
            rules.append(((sets[GOAL], goal, both), _in_both))
            attributes, goal = [*attributes, both[0][0]], both
        sets[GOAL] = goal
    answers = {name: _values(record, name) for name in attributes}
    scopes = [_scope(wanted) for wanted in sets.values()] + [_scope(*rule[0]) for rule in rules]
    order, parents = _tree(_cliques(scopes, {a: len(values) for a, values in answers.items()}))
    tables = []
    for clique in order:
        named = sum(_scope(wanted) <= clique for wanted in sets.values())
        own = [name for name in attributes if name in clique]
        tables.append(_cells(own, answers, rules, MOST_TERMS // max(named, 4)))
    return Joint(universe, sets, tuple(tables), tuple(parents))


def _require_known(
    record: Record, universe: str, names: Collection[str], attributes: Sequence[str]
) -> None:
    bases = {name for one in attributes for pair in _bases(record, one) for name in pair if name}
    found = {pair for name in {*names, *bases} for pair in atoms(record, name, universe)}
    unknown = sorted(pair for pair in found if pair[1] not in _values(record, pair[0]))
    if unknown:
        known = {a: ", ".join(_values(record, a)[:-1]) for a, _ in unknown}
        raise RecordError(
            "The printed figures speak of groups or categories that indicators.csv does not have.",
            found=", ".join(f"{a}={value}" for a, value in unknown),
            expected="; ".join(f"{a}: {values}" for a, values in known.items()),
            where="reported.csv and relations.csv",
            do="correct the figures, or add the categories; `careersurvey check` names the rows",
        )


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
