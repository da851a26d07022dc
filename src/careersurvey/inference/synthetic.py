"""Synthetic tables: what can be drawn from a record, and one draw of it."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from careersurvey.errors import CohortError, RecordError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.statements import read_statements
from careersurvey.evidence.tables import indicator_table
from careersurvey.inference.bounds import conflict_error, set_aside
from careersurvey.inference.conflicts import can_hold, conflicts
from careersurvey.inference.dealing import Dealt, deal
from careersurvey.inference.quantities import Bases, base_of, parse
from careersurvey.inference.record import bases_of, build
from careersurvey.inference.sets import Frame, frame_of, is_multiple, is_set, universe_of
from careersurvey.inference.statements import Statement
from careersurvey.inference.systems import Solution, propagate
from careersurvey.inference.ties import SHARES
from careersurvey.inference.vectors import draw_vector

_TRIES = 200
MOST_UNITS = 100_000


@dataclass(frozen=True)
class Drawn:
    """One synthetic table.

    Attributes
    ----------
    name : str
        The table's name, and that of its file.
    unit : str
        What a row is.
    columns : dict
        Values by column, one a row.
    indicators : tuple of str
        Indicators that can be estimated from it.
    """

    name: str
    unit: str
    columns: dict[str, list[str]]
    indicators: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What can be drawn from a record: the universes of known size, and what ties them.

    Attributes
    ----------
    frame : Frame
    sets : dict
        Sets of units by the universe that they are part of.
    near : tuple of Statement
        Statements about these sets and nothing else.
    """

    frame: Frame
    sets: dict[str, tuple[str, ...]]
    near: tuple[Statement, ...]


def draw_tables(cohort: Cohort, *, seed: int, without: Collection[str] = ()) -> list[Drawn]:
    """Draw the tables without writing them; see `draw`."""
    left_out = {*set_aside(cohort), *without}
    statements = read_statements(cohort, without=left_out)
    bases = bases_of(cohort.reported, cohort.relations, indicator_table(cohort.indicators))
    plan = plan_draw(statements, cohort.relations, indicator_table(cohort.indicators), bases)
    if not plan.sets:
        raise CohortError(
            f"{cohort.id}: there is nothing to draw.",
            found="no printed share of a base whose number is printed",
        )
    _require_holding(plan)
    chance = random.Random(seed)
    for _ in range(_TRIES):
        counts = draw_counts(plan, chance)
        dealt = {
            universe: deal(plan.frame, sets, universe, counts, chance)
            for universe, sets in plan.sets.items()
        }
        if all(each is not None for each in dealt.values()):
            return _tables(plan, counts, dealt, chance)
    raise RecordError(
        "No people were found who meet the relations between the sets.",
        found=f"{_TRIES} vectors of counts, none of which any people have",
        do="leave out a statement with --without ID",
    )


def what_is_drawn(cohort: Cohort, *, seed: int, without: Collection[str] = ()) -> pd.DataFrame:
    """Say of each table of a draw what a row is, how many there are, and of how many indicators.

    Empty for a cohort that prints nothing that can be drawn.
    """
    columns = ["table", "unit", "rows", "indicators"]
    if cohort.reported.empty:
        return pd.DataFrame(columns=columns)
    rows = [
        (each.name, each.unit, len(each.columns["synthetic"]), len(each.indicators))
        for each in draw_tables(cohort, seed=seed, without=without)
    ]
    return pd.DataFrame(rows, columns=columns)


# ---- what can be drawn --------------------------------------------------------------------------


def plan_draw(
    statements: pd.DataFrame,
    relations: pd.DataFrame,
    indicators: pd.DataFrame,
    bases: Bases | None = None,
) -> Plan:
    """Find the sets of units whose universe has a printed size, and what bears on them."""
    bases = bases_of(statements, relations, indicators) if bases is None else bases
    record = build(statements, relations, indicators, assumed=False, bases=bases)
    frame = frame_of(record, indicators, bases)
    sized = {each.about for each in record if each.kind == "printed" and _is_sized(each)}
    names = {name for each in record for name in each.quantities}
    gathered: dict[str, list[str]] = {}
    for name in sorted(names):
        universe = universe_of(frame, name)
        if universe in sized and name != universe and is_set(frame, name):
            gathered.setdefault(universe, []).append(name)
    sets = {u: tuple(inside) for u, inside in gathered.items() if _is_asked(frame, inside)}
    known = {*sets, *(name for inside in sets.values() for name in inside)}
    near = tuple(each for each in record if each.quantities and each.quantities <= known)
    return Plan(frame, sets, near)


def _is_sized(each: Statement) -> bool:
    row = each.rows[0]
    return len(row.terms) == 1 and row.high is not None and row.high <= MOST_UNITS


def _is_asked(frame: Frame, names: Sequence[str]) -> bool:
    return any(
        parse(name).category and _measure(frame, parse(name).indicator) in SHARES for name in names
    )


def _measure(frame: Frame, indicator: str) -> str:
    return frame.about.get(indicator, {}).get("measure", "")


def _require_holding(plan: Plan) -> None:
    if can_hold(plan.near):
        return
    clashes = conflicts(plan.near)
    first = conflict_error(
        [each for clash in clashes for each in clash.printed],
        "The statements that a draw needs cannot all hold.",
    )
    sets = "; ".join(f"({', '.join(clash.ids)})" for clash in clashes)
    raise RecordError(
        f"{first.what} They clash in {len(clashes)} sets: {sets}.",
        found=first.found,
        expected=first.expected,
        where=first.where,
        do="leave out one statement of each set with --without ID, "
        "or by [record] set_aside in cohort.toml",
    )


def draw_counts(plan: Plan, chance: random.Random) -> Solution:
    """Draw whole counts of every set, each feasible vector equally likely."""
    rows = [row for each in plan.near for row in each.rows]
    ranges = propagate(rows) or {}
    tops = {
        name: ranges.get(universe, (0, None))[1]
        for universe, names in plan.sets.items()
        for name in names
    }
    return draw_vector(rows, chance, {name: (0, top) for name, top in tops.items()})


# ---- tables -------------------------------------------------------------------------------------


def _tables(
    plan: Plan, counts: Solution, dealt: Mapping[str, Dealt], chance: random.Random
) -> list[Drawn]:
    named = _table_names(plan)
    tables = {u: _table(plan, u, named[u], counts[u], dealt[u]) for u in plan.sets}
    for each in plan.near:
        if each.relation == "at_least":
            _link(plan, each, tables, dealt, chance)
    return list(tables.values())


def _table_names(plan: Plan) -> dict[str, str]:
    """Name each table as its indicators do, or by its universe where two would share a name."""
    wanted = {}
    for universe, names in plan.sets.items():
        tables = [plan.frame.about.get(parse(name).indicator, {}).get("table") for name in names]
        wanted[universe] = next((table for table in tables if table), universe)
    taken: dict[str, str] = {}
    for universe in sorted(plan.sets, key=lambda u: (-len(plan.sets[u]), u)):
        name = wanted[universe]
        taken[universe] = universe if name in taken.values() else name
    return taken


def _unit(plan: Plan, universe: str) -> str:
    return plan.frame.about.get(universe, {}).get("unit", "").strip() or "unit"


def _key(plan: Plan, universe: str) -> str:
    return f"{_unit(plan, universe).replace(' ', '_').replace('-', '_')}_id"


def _table(plan: Plan, universe: str, name: str, n: int, dealt: Dealt) -> Drawn:
    columns = {_key(plan, universe): [str(number) for number in range(1, n + 1)]}
    columns["synthetic"] = ["true"] * n
    drawn = []
    for indicator in sorted({parse(a).indicator for a in dealt}):
        if _measure(plan.frame, indicator) == "share" and indicator in dealt:
            columns[indicator] = list(dealt[indicator])
        elif _measure(plan.frame, indicator) == "multiple":
            columns |= _boxes(plan.frame, indicator, dealt, n)
        else:
            continue
        drawn.append(indicator)
    return Drawn(name, _unit(plan, universe), columns, tuple(drawn))


def _boxes(frame: Frame, indicator: str, dealt: Dealt, n: int) -> dict[str, list[str]]:
    """One yes/no column a category, blank outside the base."""
    base = base_of(parse(indicator), frame.bases)[0]
    asked = _in_set(frame, base, dealt, n)
    return {
        f"{indicator}__{parse(attribute).category}": [
            ("yes" if value == "yes" else "no") if is_asked else ""
            for value, is_asked in zip(dealt[attribute], asked, strict=True)
        ]
        for attribute in dealt
        if parse(attribute).indicator == indicator and parse(attribute).category
    }


def _in_set(frame: Frame, name: str, dealt: Dealt, n: int) -> list[bool]:
    of = parse(name)
    if of.category and not is_multiple(frame, of.indicator):
        return [value == of.category for value in dealt[of.indicator]]
    return [value == "yes" for value in dealt[name]] if name in dealt else [True] * n


def _link(
    plan: Plan,
    each: Statement,
    tables: dict[str, Drawn],
    dealt: Mapping[str, Dealt],
    chance: random.Random,
) -> None:
    """Give each unit of one table one of another first, the others at random.

    At least as many parents as schools with an answer means that each such school has a parent.
    `tables` is the caller's own and freshly made.
    """
    ones = universe_of(plan.frame, each.whole)
    for part in each.parts:
        many = universe_of(plan.frame, part)
        if many == ones or part != many or _key(plan, ones) in tables[many].columns:
            continue
        keys = tables[ones].columns[_key(plan, ones)]
        inside = _in_set(plan.frame, each.whole, dealt[ones], len(keys))
        with_one = [key for key, is_in in zip(keys, inside, strict=True) if is_in]
        n = len(tables[many].columns["synthetic"])
        linked = with_one + chance.choices(with_one, k=n - len(with_one))
        chance.shuffle(linked)
        old = tables[many]
        first, *rest = old.columns.items()
        columns = dict([first, (_key(plan, ones), linked), *rest])
        tables[many] = Drawn(old.name, old.unit, columns, old.indicators)
