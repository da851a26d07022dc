"""Sets of statements that cannot all hold, and of which every proper part can."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from careersurvey.errors import RecordError
from careersurvey.inference.record.constraints import Record, Statement, rows_of
from careersurvey.inference.record.solver import find

Holds = Callable[[Iterable[Statement]], bool]


@dataclass(frozen=True)
class Conflict:
    """An irreducible set: figures and relations that cannot all hold, and facts that show it.

    Attributes
    ----------
    printed, relations : tuple of Statement
        Together with the facts they have no solution; without any one of them they have one.
    facts : tuple of Statement
        The automatic facts that it takes.
    """

    printed: tuple[Statement, ...]
    relations: tuple[Statement, ...]
    facts: tuple[Statement, ...]

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All of them."""
        return (*self.printed, *self.relations, *self.facts)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the printed statements."""
        return tuple(id_ for each in self.printed for id_ in each.ids)

    @property
    def names(self) -> frozenset[str]:
        """Names of its figures and relations."""
        return frozenset(each.name for each in (*self.printed, *self.relations))


def can_hold(statements: Iterable[Statement]) -> bool:
    """Whether whole counts exist that meet every statement."""
    return find(rows_of(statements)) is not None


def irreducible(
    statements: Sequence[Statement], fixed: Sequence[Statement] = (), holds: Holds = can_hold
) -> tuple[Statement, ...]:
    """Drop every statement that the contradiction does not need, in the order given, by halves."""
    kept = list(statements)
    waiting = [kept[:]] if kept else []
    while waiting:
        block = waiting.pop(0)
        rest = [each for each in kept if each not in block]
        if not holds([*fixed, *rest]):
            kept = rest
        elif len(block) > 1:
            half = len(block) // 2
            waiting = [block[:half], block[half:], *waiting]
    return tuple(kept)


def conflicts(record: Record) -> list[Conflict]:
    """Find irreducible sets that show every relation and figure that takes part in a conflict."""
    clashing = [block for block in blocks(record.statements) if not can_hold(block)]
    found = [each for block in clashing for each in _of_block(block)]
    return list({each.names: each for each in found}.values())


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
    whole = (_with_pins(block, pinned) for block in gathered.values())
    return [sorted(block, key=lambda each: place[each.name]) for block in whole]


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


def _with_pins(block: list[Statement], pinned: dict[str, Statement]) -> list[Statement]:
    touched = {name for each in block for name in each.quantities} & pinned.keys()
    return [*block, *(pinned[name] for name in sorted(touched))]


# ---- one block ----------------------------------------------------------------------------------


def _of_block(block: Sequence[Statement]) -> list[Conflict]:
    """Conflicts of a block: from each relation outwards, then from each figure not yet in one."""
    printed, relations, facts = (
        [each for each in block if each.kind == kind] for kind in ("printed", "relation", "fact")
    )
    found: dict[frozenset[str], Conflict] = {}
    for start in (*relations, *printed):
        if start in relations or not any(start in each.printed for each in found.values()):
            new = _around(start, printed, relations, facts)
            if new is not None:
                found.setdefault(new.names, new)
    strict = [each for each in found.values() if _is_strict(each, relations, facts)]
    shown = {each.name for conflict in strict for each in conflict.relations}
    for each in found.values():
        named = {relation.name for relation in each.relations}
        if each not in strict and not named <= shown:
            strict.append(each)
            shown |= named
    return strict


def _is_strict(conflict: Conflict, relations: list[Statement], facts: list[Statement]) -> bool:
    """Whether every proper part of its figures can hold with all relations in force."""
    return all(
        can_hold([*facts, *relations, *(other for other in conflict.printed if other is not each)])
        for each in conflict.printed
    )


def _around(
    start: Statement,
    printed: Sequence[Statement],
    relations: Sequence[Statement],
    facts: Sequence[Statement],
) -> Conflict | None:
    """An irreducible set that needs `start`, grown from its surroundings; None if none is met."""
    grown = _grow(start, _by_distance(start, [*printed, *relations], facts), facts)
    if grown is None:
        return None
    order = sorted(grown, key=lambda each: each.kind == "printed")
    needed = (start, *irreducible([e for e in order if e is not start], [start, *facts]))
    return Conflict(
        printed=tuple(each for each in printed if each in needed),
        relations=tuple(each for each in relations if each in needed),
        facts=irreducible(facts, needed),
    )


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


def _by_distance(
    start: Statement, others: Sequence[Statement], facts: Sequence[Statement]
) -> list[Statement]:
    """Sort the other statements by the steps from `start`, over shared quantities."""
    steps = dict.fromkeys(start.quantities, 0)
    waiting = [each for each in (*others, *facts) if each is not start]
    for distance in range(1, len(waiting) + 1):
        near = [each for each in waiting if each.quantities & steps.keys()]
        if not near:
            break
        waiting = [each for each in waiting if each not in near]
        for each in near:
            steps |= dict.fromkeys(each.quantities - steps.keys(), distance)
    far = len(steps) + 1
    return sorted(
        (each for each in others if each is not start),
        key=lambda each: max((steps.get(name, far) for name in each.quantities), default=far),
    )
