"""Sets of statements that cannot all hold, and of which every proper part can."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from careersurvey.errors import RecordError
from careersurvey.inference.record.constraints import (
    Record,
    Statement,
    holds,
    of_kind,
    rows_of,
)
from careersurvey.inference.record.solver import Solution, find

#: Counts that meet some statements; else None, and of these statements some that cannot all hold.
Settle = Callable[[Sequence[Statement]], tuple[Solution | None, Sequence[Statement]]]


@dataclass(frozen=True)
class Conflict:
    """An irreducible set: statements that cannot all hold, and can without any one of them."""

    statements: tuple[Statement, ...]

    @property
    def printed(self) -> tuple[Statement, ...]:
        """Its printed figures."""
        return of_kind(self.statements, "printed")

    @property
    def relations(self) -> tuple[Statement, ...]:
        """Its relations."""
        return of_kind(self.statements, "relation")

    @property
    def facts(self) -> tuple[Statement, ...]:
        """The automatic facts that it takes."""
        return of_kind(self.statements, "fact")

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the printed statements."""
        return tuple(id_ for each in self.printed for id_ in each.ids)


def can_hold(statements: Iterable[Statement]) -> bool:
    """Whether whole counts exist that meet every statement."""
    return find(rows_of(statements)) is not None


def settle(statements: Sequence[Statement]) -> tuple[Solution | None, Sequence[Statement]]:
    """Whole counts that meet every statement; else None, and the statements."""
    return find(rows_of(statements)), statements


def irreducible(
    statements: Sequence[Statement], fixed: Sequence[Statement] = (), settle: Settle = settle
) -> tuple[Statement, ...]:
    """Drop, in order and by halves, what statements that cannot hold with `fixed` do not need.

    A deletion filter (Chinneck and Dravnieks, 1991, ORSA Journal on Computing 3, 157-168). What
    the last proof did not need goes without another, and counts that were found still meet all
    that they do not break.
    """
    kept = list(statements)
    proof: Sequence[Statement] = [*fixed, *statements]
    waiting, broken = [kept[:]] if kept else [], list[list[Statement]]()
    while waiting:
        block = waiting.pop(0)
        rest = [each for each in kept if each not in block]
        can_hold = any(not any(each in rest for each in some) for some in broken)
        if not can_hold and any(each in proof for each in block):
            found, needed = settle([*fixed, *rest])
            can_hold = found is not None
            if can_hold:
                broken.append([e for e in statements if e not in rest and not _is_met(e, found)])
            else:
                proof = needed
        if not can_hold:
            kept = rest
        elif len(block) > 1:
            half = len(block) // 2
            waiting = [block[:half], block[half:], *waiting]
    return tuple(kept)


def _is_met(each: Statement, found: Solution) -> bool:
    """Whether counts are known to meet a statement: of sets they do not tell all."""
    return each.kind != "relation" and all(holds(row, found) for row in each.rows)


def conflicts(record: Record) -> list[Conflict]:
    """Irreducible sets that show every relation and every figure that takes part in a conflict.

    The printed statements of a set are irreducible with all relations of the record in force,
    where such a set exists for the relation, and with those it names otherwise.
    """
    clashing = [block for block in blocks(record.statements) if not can_hold(block)]
    return [each for block in clashing for each in _of_block(block)]


def conflict_error(clash: Sequence[Statement], what: str, do: str = "") -> RecordError:
    """Say which printed statements cannot all hold, and how to leave some out."""
    named = [
        f"{id_} ({place}, “{wording}”)"
        for each in clash
        for id_, place, wording in zip(each.ids, each.where, each.reported, strict=True)
    ]
    ids = [id_ for each in clash for id_ in each.ids]
    leave_out = f"leave some out with --without {ids[0]}" if ids else "correct relations.csv"
    return RecordError(
        what,
        found="; ".join(named),
        expected="statements that some whole counts meet; `careersurvey audit` explains them",
        where="reported.csv " + ", ".join(ids),
        do=f"{do or leave_out}, or by [record] set_aside in cohort.toml",
    )


# ---- blocks -------------------------------------------------------------------------------------


def blocks(statements: Sequence[Statement]) -> list[list[Statement]]:
    """Parts of a record that are tied by counts that are not yet known."""
    pinned = _pinned(statements)
    group: dict[str, str] = {}

    def top(name: str) -> str:
        while group.setdefault(name, name) != name:
            name = group[name]
        return name

    loose = [sorted(each.quantities - pinned.keys()) for each in statements]
    for names in loose:
        for name in names[1:]:
            group[top(name)] = top(names[0])
    gathered: dict[str, list[Statement]] = {}
    for each, names in zip(statements, loose, strict=True):
        if names or each.kind != "printed":
            gathered.setdefault(top(names[0]) if names else each.name, []).append(each)
    place = {each.name: number for number, each in enumerate(statements)}
    for block in gathered.values():
        touched = {name for each in block for name in each.quantities}
        block += (said for name, said in pinned.items() if name in touched)
        block.sort(key=lambda each: place[each.name])
    return list(gathered.values())


def _pinned(statements: Sequence[Statement]) -> dict[str, Statement]:
    """Quantities that exactly one printed statement speaks of, as one number."""
    about: dict[str, list[Statement]] = {}
    for each in statements:
        for name in each.quantities if each.kind == "printed" else ():
            about.setdefault(name, []).append(each)
    return {name: said[0] for name, said in about.items() if len(said) == 1 and is_pin(said[0])}


def is_pin(each: Statement) -> bool:
    """Whether a statement says one exact number of one quantity."""
    row = each.rows[0] if len(each.rows) == 1 else None
    return row is not None and len(row.terms) == 1 and row.low == row.high


# ---- one block ----------------------------------------------------------------------------------


def _of_block(block: Sequence[Statement]) -> list[Conflict]:
    """Conflicts of a block: from each relation outwards, then from each figure not yet in one."""
    relations, printed = of_kind(block, "relation"), of_kind(block, "printed")
    found: dict[tuple[Statement, ...], Conflict] = {}
    for start in (*relations, *printed):
        if start in relations or not any(start in needed for needed in found):
            new = _around(start, block)
            if new is not None:
                found.setdefault((*new.printed, *new.relations), new)
    strict = [each for each in found.values() if _is_strict(each, block)]
    shown = {relation for each in strict for relation in each.relations}
    for each in found.values():
        if each not in strict and not shown.issuperset(each.relations):
            strict.append(each)
            shown.update(each.relations)
    return strict


def _is_strict(conflict: Conflict, block: Sequence[Statement]) -> bool:
    """Whether every proper part of its figures can hold with all relations in force."""
    ties, figures = [each for each in block if each.kind != "printed"], conflict.printed
    return all(can_hold([*ties, *(e for e in figures if e is not each)]) for each in figures)


def _around(start: Statement, block: Sequence[Statement]) -> Conflict | None:
    """An irreducible set that needs `start`, grown from its surroundings; None if none is met."""
    facts = of_kind(block, "fact")
    grown = _grow(start, _by_distance(start, block), facts)
    if grown is None:
        return None
    order = sorted(grown, key=lambda each: each.kind == "printed")
    needed = (start, *irreducible([e for e in order if e is not start], [start, *facts]))
    needed += irreducible(facts, needed)
    return Conflict(tuple(each for each in block if each in needed))


def _grow(
    start: Statement, others: Sequence[Statement], facts: Sequence[Statement]
) -> list[Statement] | None:
    """Statements that can hold, and cannot with `start`: added in order, the nearest first."""
    taken: list[Statement] = []
    rest = list(others)
    if not can_hold([*facts, start]):
        return []
    while rest:
        held = _longest(rest, [*facts, start, *taken])
        taken += rest[:held]
        clashing, rest = rest[held : held + 1], rest[held + 1 :]
        if clashing and can_hold([*facts, *taken, *clashing]):
            return [*taken, *clashing]
    return None


def _longest(rest: Sequence[Statement], fixed: Sequence[Statement]) -> int:
    """How many of the rest, from the first on, can hold with what is fixed; by halving."""
    if can_hold([*fixed, *rest]):
        return len(rest)
    held, fails = 0, len(rest)
    while fails - held > 1:
        middle = (held + fails) // 2
        if can_hold([*fixed, *rest[:middle]]):
            held = middle
        else:
            fails = middle
    return held


def _by_distance(start: Statement, block: Sequence[Statement]) -> list[Statement]:
    """Figures and relations by the steps from `start`, over shared quantities."""
    steps = dict.fromkeys(start.quantities, 0)
    waiting = [each for each in block if each is not start]
    for distance in range(1, len(waiting) + 1):
        near = [each for each in waiting if each.quantities & steps.keys()]
        waiting = [each for each in waiting if each not in near]
        for each in near:
            steps |= dict.fromkeys(each.quantities - steps.keys(), distance)
    far = len(steps) + 1
    return sorted(
        (each for each in block if each is not start and each.kind != "fact"),
        key=lambda each: max((steps.get(name, far) for name in each.quantities), default=far),
    )
