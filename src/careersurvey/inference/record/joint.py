"""Units of one kind as small joint tables that agree with each other: a junction tree.

Sets that a figure, a relation, a base or the question ties together share a table of cells. Whole
tables that agree on what neighbours share always fit together into one table of units, so that
nothing is lost against one table of all (Lauritzen and Spiegelhalter, 1988, Journal of the Royal
Statistical Society B 50, 157-224), whose size would double with every set.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np

from careersurvey.errors import RecordError
from careersurvey.inference.record.constraints import Quantity, Record, Row, Statement, parse

OUTSIDE = ""
GOAL = "the goal"
MOST_TERMS = 60_000

Atoms = tuple[tuple[str, str], ...]


# ---- sets of units ------------------------------------------------------------------------------


def is_set(record: Record, name: str) -> bool:
    """Whether a quantity counts units, as shares and counts do; means and dates do not."""
    return record.measure(parse(name).indicator) in ("share", "multiple", "count", "")


def universe_of(record: Record, name: str, below: Collection[str] = ()) -> str:
    """Quantity that counts all units of the kind that a quantity counts some of."""
    above = container_of(record, parse(name))
    if not above or above == name or above in below:
        return name
    return universe_of(record, above, {*below, name})


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
    wholes = (
        each.whole
        for each in record.of_kind("relation")
        if each.relation in ("within", "partition", "same") and str(of) in each.parts
    )
    return next(wholes, "")


def touched(record: Record, start: Collection[str], universe: str) -> set[str]:
    """Quantities that statements tie to some, step by step; all the units tie nothing together."""
    about: dict[str, list[Statement]] = defaultdict(list)
    for each in record.statements:
        for name in each.quantities:
            about[name].append(each)
    reached = edge = set(start) - {universe}
    while edge:
        near = {name for at in edge for each in about[at] for name in _tied(each)}
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
    """Attributes and the values they must have, for a unit to belong to a quantity."""
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
    own = container_of(record, Quantity(of.indicator) if of.category else of)
    parts = [key for key in record.bases if key.indicator == of.indicator and key.domain]
    found = [(own, "")] if Quantity(of.indicator) in record.bases or not parts else []
    return found + [
        (base, f"{key.domain}={key.group}") for key in parts for base in record.bases[key]
    ]


# ---- cells --------------------------------------------------------------------------------------


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
            inside &= self._column(attribute) == self.answers[attribute].index(value)
        return inside

    def answered(self, attribute: str) -> np.ndarray:
        """Which cells have some value of an attribute."""
        return self._column(attribute) != len(self.answers[attribute]) - 1

    def _column(self, attribute: str) -> np.ndarray:
        return self.codes[:, self.attributes.index(attribute)]


Rule = tuple[frozenset[str], Callable[[Cells], np.ndarray]]


def _scope(*wanted: Atoms) -> frozenset[str]:
    return frozenset(attribute for each in wanted for attribute, _ in each)


def _base_rules(record: Record, attributes: Iterable[str], universe: str) -> list[Rule]:
    """A unit has a category exactly where it is in the base; it may be in a set only there."""
    rules: list[Rule] = []
    for attribute in attributes:
        is_share = record.measure(attribute) == "share"
        for base, group in _bases(record, attribute):
            own = universe if base in ("", attribute) else base
            wanted, within = (atoms(record, name or universe, universe) for name in (own, group))
            rule = partial(_fits_base, attribute, wanted, within, is_share)
            rules.append((_scope(wanted, within) | {attribute}, rule))
    return rules


def _fits_base(attribute: str, base: Atoms, group: Atoms, is_share: bool, cells: Cells):
    asked, inside = cells.answered(attribute), cells.inside(base)
    right = asked == inside if is_share else ~asked | inside
    return right | ~cells.inside(group)


def _set_rules(record: Record, sets: Collection[str], universe: str) -> list[Rule]:
    """What relations between sets rule out; `at_least` ties counts alone."""
    rules: list[Rule] = []
    for each in record.of_kind("relation"):
        if each.relation in _SETS and each.quantities <= {*sets, universe}:
            parts = [atoms(record, name, universe) for name in each.parts]
            whole = atoms(record, each.whole, universe) if each.whole else None
            rule = partial(_fits_relation, _SETS[each.relation], parts, whole)
            rules.append((_scope(*parts, whole or ()), rule))
    return rules


def _fits_relation(relation: Callable, parts: Sequence[Atoms], whole: Atoms | None, cells: Cells):
    inside = np.array([cells.inside(part) for part in parts])
    return relation(inside, cells.inside(whole or ()), whole is not None)


_SETS = {
    "same": lambda parts, whole, given: (
        (parts == parts[0]).all(0) & ((parts[0] == whole) if given else True)
    ),
    "partition": lambda parts, whole, given: parts.sum(0) == whole,
    "within": lambda parts, whole, given: ~parts.any(0) | whole,
    "disjoint": lambda parts, whole, given: parts.sum(0) <= 1,
    "exhaustive": lambda parts, whole, given: parts.any(0) | ~whole,
}


def _so_far(asked: Sequence[Atoms]) -> tuple[list[str], list[Rule], Atoms]:
    """An attribute more for each set asked for: whether a unit is in all of them so far."""
    first, *others = asked or [()]
    names = [f"all so far {number}" for number in range(len(others))]
    rules: list[Rule] = []
    for name, second in zip(names, others, strict=True):
        both = ((name, "yes"),)
        rules.append((_scope(first, second, both), partial(_is_in_both, first, second, both)))
        first = both
    return names, rules, first


def _is_in_both(first: Atoms, second: Atoms, both: Atoms, cells: Cells) -> np.ndarray:
    return cells.inside(both) == (cells.inside(first) & cells.inside(second))


# ---- the tree -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Joint:
    """Units of one kind as tables that agree with each other.

    ``universe`` is the quantity that counts all the units, ``sets`` the atoms of each quantity that
    counts some of them, ``goal`` those of the count that is asked for. Each table comes after the
    one in ``parents`` that it hangs on (-1 for the first).
    """

    universe: str
    sets: Mapping[str, Atoms]
    goal: Atoms
    tables: tuple[Cells, ...]
    parents: tuple[int, ...]

    def shared(self, number: int) -> tuple[str, ...]:
        """Attributes that a table shares with the one that it hangs on."""
        parent, own = self.parents[number], self.tables[number].attributes
        return tuple(a for a in own if parent >= 0 and a in self.tables[parent].attributes)

    def cell(self, number: int, cell: int) -> tuple[str, int, int]:
        """The unknown that counts the units of a cell of a table."""
        return self.universe, number, cell

    def count(self, wanted: Atoms) -> list[tuple[Hashable, int]]:
        """Cells of one table that make up a set, as terms of a row."""
        fits = (n for n, cells in enumerate(self.tables) if _scope(wanted) <= {*cells.attributes})
        number = min(fits, key=lambda n: len(self.tables[n].codes))
        inside = np.flatnonzero(self.tables[number].inside(wanted))
        return [(self.cell(number, cell), 1) for cell in inside.tolist()]

    def rows(self) -> list[Row]:
        """Tables count all units, agree with each other, and make up every set and the goal."""
        rows = []
        for number, cells in enumerate(self.tables):
            every = ((self.cell(number, at), 1) for at in range(len(cells.codes)))
            rows += [Row((*every, (self.universe, -1)), 0, 0), *self._agree(number)]
        for name, wanted in {**self.sets, GOAL: self.goal}.items():
            if wanted:
                rows.append(Row((*self.count(wanted), (name, -1)), 0, 0))
        return rows

    def _agree(self, number: int) -> list[Row]:
        """A table and the one that it hangs on count alike what they share."""
        shared = self.shared(number)
        alike: dict[tuple, list] = defaultdict(list)
        for sign, n in ((1, number), (-1, self.parents[number])) if shared else ():
            for cell, code in enumerate(self.codes(n, shared)):
                alike[code].append((self.cell(n, cell), sign))
        return [Row(tuple(terms), 0, 0) for terms in alike.values()]

    def codes(self, number: int, attributes: Sequence[str]) -> list[tuple[int, ...]]:
        """Codes of some attributes of a table, a tuple a cell."""
        columns = [self.tables[number].attributes.index(name) for name in attributes]
        return list(map(tuple, self.tables[number].codes[:, columns].tolist()))


def join(record: Record, names: Collection[str], universe: str, asked: Sequence[str] = ()) -> Joint:
    """Build the tables of some sets of units."""
    sets = {name: atoms(record, name, universe) for name in sorted(names) if name != universe}
    attributes = _attributes(record, {*sets, *asked}, universe)
    wanted = [atoms(record, name, universe) for name in asked]
    rules = [
        *_base_rules(record, attributes, universe),
        *_set_rules(record, {*sets, *asked}, universe),
    ]
    goal = tuple(dict.fromkeys(pair for each in wanted for pair in each))
    cliques = _cliques_of(record, attributes, sets, rules)
    if not any(_scope(goal) <= clique for clique in cliques):
        chain, ties, goal = _so_far(wanted)
        attributes, rules = attributes + chain, rules + ties
        cliques = _cliques_of(record, attributes, sets, rules)
    values = {name: _values(record, name) for name in attributes}
    bases = {name for a in values for pair in _bases(record, a) for name in pair if name}
    _require_known(values, [*sets.values(), *(atoms(record, n, universe) for n in bases)])
    order, parents = _tree(cliques)
    tables = []
    for clique in order:
        named = sum(_scope(wanted) <= clique for wanted in sets.values())
        own = [name for name in attributes if name in clique]
        tables.append(_cells(own, values, rules, MOST_TERMS // max(named, 4)))
    return Joint(universe, sets, goal, tuple(tables), tuple(parents))


def _cliques_of(
    record: Record, attributes: Sequence[str], sets: Mapping[str, Atoms], rules: Sequence[Rule]
) -> list[frozenset[str]]:
    scopes = [frozenset({a}) for a in attributes] + [scope for scope, _ in rules]
    scopes += [_scope(wanted) for wanted in sets.values()]
    return _cliques(scopes, {a: len(_values(record, a)) for a in attributes})


def _require_known(values: Mapping[str, tuple[str, ...]], sets: Iterable[Atoms]) -> None:
    unknown = {f"{a}={v}": a for each in sets for a, v in each if v not in values[a]}
    if unknown:
        raise RecordError(
            "The printed figures speak of groups or categories that indicators.csv does not have.",
            found=", ".join(sorted(unknown)),
            expected="; ".join(f"{a}: {', '.join(values[a][:-1])}" for a in {*unknown.values()}),
            where="reported.csv and relations.csv",
            do="correct the figures, or add the categories; `careersurvey check` names the rows",
        )


def _cliques(scopes: Iterable[frozenset[str]], sizes: Mapping[str, int]) -> list[frozenset[str]]:
    """Largest sets that hold every scope once attributes are taken out one by one (min-fill)."""
    near: dict[str, set[str]] = defaultdict(set)
    for scope in scopes:
        for name in scope:
            near[name] |= scope - {name}

    def cost(name: str) -> tuple[int, int, str]:
        missing = sum(b not in near[a] for a, b in itertools.combinations(near[name], 2))
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


def _cells(attributes: Sequence[str], values: Mapping, rules: Sequence[Rule], most: int) -> Cells:
    """Cells of a table that no rule of its attributes rules out."""
    cells = Cells((), values, np.zeros((1, 0), np.int16))
    for name in attributes:
        width, codes = len(values[name]), cells.codes
        new = np.tile(np.arange(width, dtype=np.int16), len(codes))
        codes = np.column_stack([np.repeat(codes, width, 0), new])
        cells = Cells((*cells.attributes, name), values, codes)
        for scope, rule in rules:
            if name in scope and scope <= {*cells.attributes}:
                cells = Cells(cells.attributes, values, cells.codes[rule(cells)])
        if len(cells.codes) > most:
            raise RecordError(
                f"The question ties {len(attributes)} variables together: too large a table.",
                found=f"more than {most:,} cells",
                expected=", ".join(attributes),
                do="ask about fewer variables, or leave out statements that tie them to others",
            )
    return cells
