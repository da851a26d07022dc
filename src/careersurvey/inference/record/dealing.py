"""Respondents that nobody asked: tables of invented units that agree with every printed figure."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

import pandas as pd

from careersurvey.errors import RecordError
from careersurvey.evidence.cohort import Cohort
from careersurvey.inference.record.conflicts import can_hold, conflict_error, conflicts
from careersurvey.inference.record.constraints import (
    SHARES,
    Record,
    Statement,
    parse,
    rows_of,
    usable_record,
)
from careersurvey.inference.record.joint import (
    OUTSIDE,
    Atoms,
    Joint,
    atoms,
    is_set,
    join,
    universe_of,
)
from careersurvey.inference.record.solver import Solution, nearest, propagate

MOST_UNITS = 100_000

Dealt = dict[str, list[str]]


@dataclass(frozen=True)
class Drawn:
    """One synthetic table: its name, what a row is, its columns, and the indicators in it."""

    name: str
    unit: str
    columns: dict[str, list[str]]
    indicators: tuple[str, ...]


def draw_tables(cohort: Cohort, *, seed: int, without: Collection[str] = ()) -> list[Drawn]:
    """Tables of units that agree with every figure on a base whose number is printed, if any."""
    record = usable_record(cohort, without)
    sets = _sized_sets(record)
    if not sets:
        return []
    known = {*sets, *(name for names in sets.values() for name in names)}
    near = replace(
        record,
        statements=tuple(e for e in record.statements if e.quantities and e.quantities <= known),
    )
    _require_holding(near)
    chance = random.Random(seed)
    joints = {universe: join(near, names, universe) for universe, names in sets.items()}
    counts = _draw_counts(near, joints, chance)
    dealt = {u: _deal(joint, counts, chance) for u, joint in joints.items()}
    names = _table_names(record, sets)
    tables = {u: _table(record, u, names[u], counts[u], dealt[u]) for u in sets}
    for each in near.of_kind("relation"):
        if each.relation == "at_least":
            _link(record, each, tables, dealt, joints, chance)
    return list(tables.values())


def what_is_drawn(cohort: Cohort, *, seed: int, without: Collection[str] = ()) -> pd.DataFrame:
    """Say of each table of a draw what a row is, how many there are, and of how many indicators."""
    rows = [
        (each.name, each.unit, len(each.columns["synthetic"]), len(each.indicators))
        for each in draw_tables(cohort, seed=seed, without=without)
    ]
    return pd.DataFrame(rows, columns=["table", "unit", "rows", "indicators"])


# ---- what can be drawn --------------------------------------------------------------------------


def _sized_sets(record: Record) -> dict[str, list[str]]:
    """Sets of units by the quantity that counts them all, where its number is printed."""
    sized = {each.about for each in record.of_kind("printed") if _is_sized(each)}
    gathered: dict[str, list[str]] = defaultdict(list)
    for name in sorted({name for each in record.statements for name in each.quantities}):
        universe = universe_of(record, name)
        if universe in sized and name != universe and is_set(record, name):
            gathered[universe].append(name)
    return {universe: names for universe, names in gathered.items() if _is_asked(record, names)}


def _is_sized(each: Statement) -> bool:
    row = each.rows[0]
    return len(row.terms) == 1 and row.high is not None and row.high <= MOST_UNITS


def _is_asked(record: Record, names: Sequence[str]) -> bool:
    of = (parse(name) for name in names)
    return any(each.category and record.measure(each.indicator) in SHARES for each in of)


def _require_holding(near: Record) -> None:
    if can_hold(near.statements):
        return
    clashes = conflicts(near)
    sets = "; ".join(f"({', '.join(clash.ids)})" for clash in clashes)
    raise conflict_error(
        [each for clash in clashes for each in clash.printed],
        "The statements that a draw needs cannot all hold. "
        f"They clash in {len(clashes)} sets: {sets}.",
        "leave out one statement of each set with --without ID",
    )


# ---- one record ---------------------------------------------------------------------------------


def _draw_counts(near: Record, joints: Mapping[str, Joint], chance: random.Random) -> Solution:
    """Whole cells of every table, nearest to a random target."""
    counts = rows_of(near.statements)
    ranges = propagate(counts) or {}
    target: Solution = {}
    for joint in joints.values():
        target |= _target(joint, ranges, chance)
    rows = [*counts, *(row for joint in joints.values() for row in joint.rows())]
    found = nearest(rows, target, ranges)
    if found is None:
        raise RecordError(
            "No units were found that meet the relations between the sets.",
            do="leave out a statement with --without ID",
        )
    return found


def _target(joint: Joint, ranges: Mapping, chance: random.Random) -> Solution:
    """Cells as if answers were independent, each value's share drawn inside its range."""
    n = max(ranges[joint.universe][1], 1)
    single = {wanted[0]: name for name, wanted in joint.sets.items() if len(wanted) == 1}
    shares: dict[tuple[str, str], float] = {}
    target: Solution = {}
    for at, cells in enumerate(joint.tables):
        for pair in ((name, value) for name in cells.attributes for value in cells.answers[name]):
            if pair not in shares:
                low, high = ranges.get(single.get(pair), (0, n))
                top = n if high is None else min(high, n)
                shares[pair] = (chance.uniform(low, top) + 0.01) / n
        weights = [
            prod(
                shares[name, cells.answers[name][value]]
                for name, value in zip(cells.attributes, code, strict=True)
            )
            for code in cells.codes.tolist()
        ]
        scale = n / (sum(weights) or 1)
        target |= {joint.cell(at, cell): round(w * scale) for cell, w in enumerate(weights)}
    return target


def _deal(joint: Joint, counts: Solution, chance: random.Random) -> Dealt:
    """Deal cells to units, table after table, at random among those that share their answers."""
    n = counts[joint.universe]
    dealt: Dealt = {}
    for at, cells in enumerate(joint.tables):
        shared = joint.shared(at)
        places: dict[tuple, list[int]] = defaultdict(list)
        for unit in range(n):
            places[tuple(dealt[name][unit] for name in shared)].append(unit)
        for units in places.values():
            chance.shuffle(units)
        new = [name for name in cells.attributes if name not in dealt]
        dealt |= {name: [OUTSIDE] * n for name in new}
        for cell, code in enumerate(cells.codes.tolist()):
            values = {a: cells.answers[a][c] for a, c in zip(cells.attributes, code, strict=True)}
            units = places[tuple(values[name] for name in shared)]
            for _ in range(counts[joint.cell(at, cell)]):
                unit = units.pop()
                for name in new:
                    dealt[name][unit] = values[name]
    return dealt


# ---- tables -------------------------------------------------------------------------------------


def _table_names(record: Record, sets: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Name each table as its indicators do, or by its universe where two would share a name."""
    taken: dict[str, str] = {}
    for universe in sorted(sets, key=lambda u: (-len(sets[u]), u)):
        about = (record.about.get(parse(name).indicator) for name in sets[universe])
        wanted = next((name for name in (getattr(a, "table", "") for a in about) if name), universe)
        taken[universe] = universe if wanted in taken.values() else wanted
    return taken


def _unit(record: Record, universe: str) -> str:
    return getattr(record.about.get(universe), "unit", "").strip() or "unit"


def _key(record: Record, universe: str) -> str:
    return f"{_unit(record, universe).replace(' ', '_').replace('-', '_')}_id"


def _table(record: Record, universe: str, name: str, n: int, dealt: Dealt) -> Drawn:
    columns = {_key(record, universe): [str(number) for number in range(1, n + 1)]}
    columns["synthetic"] = ["true"] * n
    drawn = []
    for indicator in sorted({parse(attribute).indicator for attribute in dealt}):
        if record.measure(indicator) == "share":
            columns[indicator] = list(dealt[indicator])
        elif record.measure(indicator) == "multiple":
            columns |= _boxes(record, universe, indicator, dealt, n)
        else:
            continue
        drawn.append(indicator)
    return Drawn(name, _unit(record, universe), columns, tuple(drawn))


def _boxes(
    record: Record, universe: str, indicator: str, dealt: Dealt, n: int
) -> dict[str, list[str]]:
    """One yes/no column a category, blank outside the base."""
    asked = _in_set(atoms(record, record.base_of(indicator)[0], universe), dealt, n)
    return {
        f"{indicator}__{parse(attribute).category}": [
            ("yes" if value == "yes" else "no") if is_asked else ""
            for value, is_asked in zip(dealt[attribute], asked, strict=True)
        ]
        for attribute in dealt
        if parse(attribute).indicator == indicator and parse(attribute).category
    }


def _in_set(wanted: Atoms, dealt: Dealt, n: int) -> list[bool]:
    """Which of n units have all of some values."""
    return [all(dealt[name][unit] == value for name, value in wanted) for unit in range(n)]


def _link(
    record: Record,
    each: Statement,
    tables: dict[str, Drawn],
    dealt: Mapping[str, Dealt],
    joints: Mapping[str, Joint],
    chance: random.Random,
) -> None:
    """Give each unit of one table one of another first, the others at random."""
    ones = universe_of(record, each.whole)
    for many in each.parts:
        if many not in joints or many == ones or _key(record, ones) in tables[many].columns:
            continue
        keys = tables[ones].columns[_key(record, ones)]
        inside = _in_set(atoms(record, each.whole, ones), dealt[ones], len(keys))
        with_one = [key for key, is_in in zip(keys, inside, strict=True) if is_in]
        n = len(tables[many].columns["synthetic"])
        linked = with_one + chance.choices(with_one or keys or [""], k=n - len(with_one))
        chance.shuffle(linked)
        first, *rest = tables[many].columns.items()
        columns = dict([first, (_key(record, ones), linked), *rest])
        tables[many] = replace(tables[many], columns=columns)
