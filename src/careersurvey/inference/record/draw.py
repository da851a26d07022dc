"""Respondents that nobody asked: a folder of tables that agree with every printed figure."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path

import pandas as pd

from careersurvey.errors import CohortError, RecordError
from careersurvey.evidence.answers.coded import SYNTHETIC
from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.evidence.project import new_folder
from careersurvey.evidence.scaffold.lines import line
from careersurvey.evidence.tables import SHARES, Condition, Indicator, Variable, as_written
from careersurvey.evidence.text import names_of, so_many
from careersurvey.inference.record.bounds import usable_record
from careersurvey.inference.record.conflicts import can_hold, conflict_error, conflicts
from careersurvey.inference.record.constraints import Record, Statement, rows_of
from careersurvey.inference.record.joint import (
    Atoms,
    Dealt,
    Joint,
    atoms,
    join,
    sets_of,
    universe_of,
)
from careersurvey.inference.record.linear import Quantity, parse
from careersurvey.inference.record.solver import Solution, nearest, propagate

MOST_UNITS = 100_000
_DRAWN = ("share", "multiple")  # what is one column, and what is a box a category


@dataclass(frozen=True)
class Drawn:
    """One synthetic table: what a row is, its cells by column, its columns and indicators."""

    name: str
    unit: str
    columns: dict[str, list[str]]  # the first numbers the units
    variables: tuple[Variable, ...]
    indicators: tuple[Indicator, ...]

    @property
    def numbers(self) -> list[str]:
        """What numbers the units."""
        return next(iter(self.columns.values()))

    def kinds(self, names: Sequence[str]) -> list[tuple[str, ...]]:
        """What each unit has in some columns."""
        return [tuple(self.columns[n][at] for n in names) for at in range(len(self.numbers))]


def draw(
    cohort: Cohort | str | Path,
    *,
    seed: int,
    output: str | Path,
    without: str | Collection[str] = (),
) -> Path:
    """Write a cohort folder of synthetic respondents that agree with the printed figures.

    It is the possible record nearest to a random one, dealt out to people at random; nothing is
    claimed of how likely it is. Every row carries ``synthetic = true``; schools are numbered.

    Parameters
    ----------
    cohort : Cohort, str or Path
        A cohort with printed figures, its folder, or the id of one that is shipped.
    seed : int
        The same seed gives the same bytes.
    output : str or Path
        A folder that does not exist yet, or is empty.
    without : str or collection of str
        Ids of printed statements to leave out, with those of ``[record] set_aside``.

    Returns
    -------
    Path
        The folder, which ``careersurvey estimate`` reads.

    Raises
    ------
    CohortError
        If the folder holds something, or no table can be drawn.
    RecordError
        If the statements that are needed cannot all hold.

    Examples
    --------
    >>> import careersurvey as cs
    >>> drawn = cs.draw("ofsted-2013", seed=1, output="drawn")  # doctest: +SKIP
    >>> cs.estimate(drawn, "careers_strategy")  # doctest: +SKIP
    """
    cohort, target = load_cohort(cohort), Path(output).expanduser()
    tables = draw_tables(cohort, seed=seed, without=names_of(without))
    if not tables:
        raise CohortError(
            f"{cohort.id}: there is nothing to draw.",
            found=f"no printed share of a base whose number is printed and at most {MOST_UNITS:,}",
        )
    with new_folder(target) as folder:
        _write_folder(folder, cohort, seed, tables)
    return target


def draw_tables(cohort: Cohort, *, seed: int, without: Collection[str] = ()) -> list[Drawn]:
    """Tables of units that agree with every figure on a base whose number is printed, if any."""
    record = usable_record(cohort, without)
    sets = {universe: sets_of(record, universe) for universe in _sized(record)}
    if not sets:
        return []
    near = record.among({*sets, *(name for names in sets.values() for name in names)})
    _require_holding(near)
    chance = random.Random(seed)
    joints = {universe: join(near, universe) for universe in sets}
    counts = _draw_counts(near, list(joints.values()), chance)
    dealt = {universe: joint.deal(counts, chance) for universe, joint in joints.items()}
    names = _table_names(record, sets)
    own = {u: {parse(name).indicator for name in found} for u, found in sets.items()}
    tables = {u: _table(record, u, names[u], own[u], counts[u], dealt[u]) for u in sets}
    for each in near.relations:
        if each.relation == "at_least":
            _link(record, each, tables, dealt, chance)
    return list(tables.values())


def what_is_drawn(cohort: Cohort, *, seed: int, without: Collection[str] = ()) -> pd.DataFrame:
    """Say of each table of a draw what a row is, how many there are, and of how many indicators."""
    try:
        drawn = draw_tables(cohort, seed=seed, without=without)
    except RecordError:  # figures clash that are not set aside
        drawn = []
    rows = [(each.name, each.unit, len(each.numbers), len(each.indicators)) for each in drawn]
    return pd.DataFrame(rows, columns=["table", "unit", "rows", "indicators"])


# ---- one record ---------------------------------------------------------------------------------


def _sized(record: Record) -> list[str]:
    """Quantities of a printed number that count all units of whom something was asked."""
    of = map(parse, sorted(record.touching))
    asked = [str(one) for one in of if one.category and record.measure(one.indicator) in SHARES]
    alone = (row for row in rows_of(record.printed) if len(row.terms) == 1)
    sized = {row.terms[0][0] for row in alone if row.high is not None and row.high <= MOST_UNITS}
    return [each for each in dict.fromkeys(universe_of(record, n) for n in asked) if each in sized]


def _require_holding(near: Record) -> None:
    if can_hold(near.statements):
        return
    clashes = conflicts(near)
    sets = "; ".join(f"({', '.join(clash.ids)})" for clash in clashes)
    raise conflict_error(
        [each for clash in clashes for each in clash.printed],
        "The statements that a draw needs cannot all hold. "
        f"They clash in {so_many(len(clashes), 'set')}: {sets}.",
        "leave out one statement of each set with --without ID",
    )


def _draw_counts(near: Record, joints: Sequence[Joint], chance: random.Random) -> Solution:
    """Whole cells of every table, nearest to random ones."""
    counts = rows_of(near.statements)
    ranges = propagate(counts) or {}
    target: Solution = {}
    for joint in joints:
        target |= joint.at_random(ranges, chance)
    rows = [*counts, *(row for joint in joints for row in joint.rows())]
    found = nearest(rows, target, ranges)
    if found is None:
        raise RecordError(
            "No units were found that meet the relations between the sets.",
            do="leave out a statement with --without ID",
        )
    return found


# ---- tables -------------------------------------------------------------------------------------


def _table_names(record: Record, sets: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Name each table as its indicators do, or by its universe where two would share a name."""
    taken: dict[str, str] = {}
    for universe in sorted(sets, key=lambda u: (-len(sets[u]), u)):
        about = (record.about.get(parse(name).indicator) for name in sets[universe])
        wanted = next((one.table for one in about if one and one.table), universe)
        taken[universe] = universe if wanted in taken.values() else wanted
    return taken


def _key(record: Record, universe: str, table: str) -> Variable:
    """The column that numbers the units of a kind, in a table of theirs or of others."""
    unit = getattr(record.about.get(universe), "unit", "").strip() or "unit"
    name = f"{unit.replace(' ', '_').replace('-', '_')}_id"
    return Variable(name, table, f"Number of the {unit}", "identifier", unit=unit)


def _table(
    record: Record, universe: str, name: str, own: Collection[str], n: int, dealt: Dealt
) -> Drawn:
    """Answers as columns: one an indicator, or a yes/no box a category, blank outside the base."""
    key = _key(record, universe, name)
    mark = Variable(SYNTHETIC, name, "Was the row made up?", "category", ("true",))
    variables = [key, mark]
    columns = {key.name: [str(number) for number in range(1, n + 1)], mark.name: ["true"] * n}
    drawn: dict[str, Indicator] = {}
    for attribute in sorted(dealt, key=lambda attribute: parse(attribute).indicator):
        of, cells = parse(attribute), dealt[attribute]
        if attribute != str(of):
            continue  # all who answered: their answers tell
        about = record.about.get(of.indicator)
        if not isinstance(about, Indicator) or about.measure != _DRAWN[bool(of.category)]:
            continue
        column, asked, values = about.id, about.label, about.categories
        column += "__answer" * (column in (key.name, mark.name))
        if of.category:
            column, values = f"{about.id}__{of.category}", ("yes", "no")
            asked += f": {of.category}"
            pairs = zip(cells, _asked(record, of, universe, dealt, n), strict=True)
            cells = [("yes" if value else "no") if is_asked else "" for value, is_asked in pairs]
        columns[column] = cells
        variables.append(Variable(column, name, asked, "category", values, unit=about.unit))
        if about.id in own:  # what is asked of other units, as a parent's school, is a column only
            drawn[about.id] = about
    measured = (_measured(about, name, columns) for about in drawn.values())
    return Drawn(name, key.unit, columns, tuple(variables), tuple(measured))


def _asked(record: Record, of: Quantity, universe: str, dealt: Dealt, n: int) -> list[bool]:
    """Which of n units are in the base of an indicator, or in a group that alone has one."""
    keys = [key for key in record.bases if key.indicator == of.indicator and key.domain]
    groups = [f"{key.domain}={key.group}" for key in keys]
    bases = record.bases.get(Quantity(of.indicator), [])[:1] or groups or [universe]
    sets = [_in_set(atoms(record, base, universe), dealt, n) for base in bases]
    return [any(each) for each in zip(*sets, strict=True)]


def _in_set(wanted: Atoms, dealt: Dealt, n: int) -> list[bool]:
    """Which of n units have all of some values."""
    return [all(dealt[name][unit] == value for name, value in wanted) for unit in range(n)]


def _link(
    record: Record,
    each: Statement,
    tables: dict[str, Drawn],
    dealt: Mapping[str, Dealt],
    chance: random.Random,
) -> None:
    """Give each unit of one table one of another first, the others at random."""
    ones = universe_of(record, each.whole)
    for many in (name for name in each.parts if name in tables and name != ones):
        own, known = tables[many], tables[ones]
        key = _key(record, ones, own.name)
        if key.name in own.columns:
            continue
        inside = _in_set(atoms(record, each.whole, ones), dealt[ones], len(known.numbers))
        linked = _linked(own, known, inside, chance)
        first, *rest = own.columns.items()
        columns = dict([first, (key.name, linked), *rest])
        tables[many] = replace(own, columns=columns, variables=(*own.variables, key))


def _linked(own: Drawn, known: Drawn, inside: Sequence[bool], chance: random.Random) -> list[str]:
    """A unit of another table for each, of its own kind in the columns that both tables have."""
    shared = [name for name in own.columns if name in known.columns and name != SYNTHETIC]
    units: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for unit, kind in enumerate(own.kinds(shared)):
        units[kind].append(unit)
    linked = [""] * len(own.numbers)
    for kind, places in units.items():
        alike = [of == kind for of in known.kinds(shared)]
        first = list(compress(known.numbers, map(min, alike, inside)))
        pool = first or list(compress(known.numbers, alike)) or known.numbers or [""]
        more = chance.choices(pool, k=max(len(places) - len(first), 0))
        chance.shuffle(places)
        for unit, one in zip(places, [*first, *more], strict=False):
            linked[unit] = one
    return linked


# ---- the folder ---------------------------------------------------------------------------------


def _write_folder(folder: Path, cohort: Cohort, seed: int, tables: Sequence[Drawn]) -> None:
    (folder / "cohort.toml").write_text(_toml(cohort, seed, tables), encoding="utf-8")
    (folder / "README.md").write_text(_readme(cohort, seed, tables), encoding="utf-8")
    drawn = {each.id: each for table in tables for each in table.indicators}
    variables = (variable for table in tables for variable in table.variables)
    for name, rows in {"indicators.csv": drawn.values(), "codebook.csv": variables}.items():
        _write_csv(folder / name, as_written(rows, name))
    for table in tables:
        _write_csv(folder / f"{table.name}.csv", pd.DataFrame(table.columns))


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _measured(about: Indicator, table: str, columns: Collection[str]) -> Indicator:
    """The indicator as a table has it: one column, or a box for each category that is drawn."""
    boxes = {f"{about.id}__{category}": category for category in about.categories}
    drawn, own = [box for box in boxes if box in columns], f"{about.id}__answer"
    return about._replace(
        table=table,
        variables=tuple(drawn) or (own if own in columns else about.id,),
        categories=tuple(boxes[box] for box in drawn) or about.categories,
        among=Condition(),
        base="",
    )


def _toml(cohort: Cohort, seed: int, tables: Sequence[Drawn]) -> str:
    about = cohort.about
    cells = {
        "id": f"{cohort.id}-draw-{seed}",
        "title": f"Synthetic respondents that agree with: {cohort.about.title}",
        "evidence": "respondents",
        "publisher": "Made up by careersurvey draw",
        "reference": f"seed {seed}",
        "fieldwork": about.fieldwork,
        "sampling": "Nobody was asked: the rows were made up to agree with the printed figures of "
        f"{cohort.id}",
    }
    lines = ["# Made up from printed figures. See README.md for what it may not be used for.", ""]
    lines += ["[cohort]", *(line("", name, said) for name, said in cells.items())]
    lines += ["synthetic = true"]
    keys = [next(iter(table.columns)) for table in tables]
    for table, key in zip(tables, keys, strict=True):
        lines += ["", f"[tables.{table.name}]", f'file = "{table.name}.csv"']
        lines += ['blank = "not_asked"', f'unique = "{key}"']
        known = cohort.variables(table.name).keys() - table.columns.keys()
        unlinked = [other for other in dict.fromkeys(keys) if other in known]
        lines += [line("", "unlinked", unlinked)] * bool(unlinked)
    return "\n".join([*lines, ""])


def _readme(cohort: Cohort, seed: int, tables: Sequence[Drawn]) -> str:
    listed = "\n".join(
        f"- `{each.name}.csv`: {len(each.numbers):,} rows, one for each {each.unit}, "
        f"{so_many(len(each.indicators), 'indicator')}"
        for each in tables
    )
    return f"""# Synthetic respondents of {cohort.id}, seed {seed}

Nobody in these tables exists. Every row is made up and says `synthetic = true`. The rows agree
with the printed figures of "{cohort.about.title}" on every base whose number is printed, as these
figures are read, and with the necessary relations between them. Means and totals are not drawn.

{listed}

It is the possible record nearest to one drawn at random, dealt out to people at random: where
nothing is printed about two answers together they are independent, by construction. How likely this
record is beside another is not known. It is for trying out code, forms and figures, and for seeing,
with another seed, how different the tables behind the same printed figures can be.

## What it may not be used for

- To learn anything about a school, a parent or a student: there are none in it. Schools are
  numbered and stand for no school of the report.
- To estimate, test or publish anything that the report does not print. A cross-tabulation of these
  rows shows the method of drawing, not the survey; `careersurvey bounds` says what can be known.
- As a stand-in for the answers that were given, or as a base for comparison with another survey.
- Without its mark: no row may be passed on without the column `synthetic`.
"""
