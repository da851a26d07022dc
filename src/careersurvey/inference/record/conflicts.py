"""Sets of statements that cannot all hold, and of which every proper part can."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from careersurvey.errors import RecordError
from careersurvey.inference.record.constraints import Figure, Record, Statement, rows_of
from careersurvey.inference.record.linear import Row, families
from careersurvey.inference.record.solver import find


def can_hold(statements: Iterable[Statement], more: Iterable[Row] = ()) -> bool:
    """Whether whole counts exist that meet every statement, and more rows."""
    return find([*rows_of(statements), *more]) is not None


def irreducible(
    statements: Sequence[Statement],
    fixed: Sequence[Statement] = (),
    can_hold: Callable[[Sequence[Statement]], bool] = can_hold,
) -> tuple[Statement, ...]:
    """Drop in order, ever more at once, what statements that cannot hold with `fixed` can spare."""
    kept, at, size = list(statements), 0, 1
    while at < len(kept):
        size = min(size, len(kept) - at)
        rest = [*kept[:at], *kept[at + size :]]
        if not can_hold([*fixed, *rest]):
            kept, size = rest, 2 * size
        elif size > 1:
            size //= 2
        else:
            at += 1
    return tuple(kept)


def conflicts(record: Record) -> list[Record]:
    """Irreducible parts that show every relation and every figure that takes part in a conflict."""
    clashing = [block for block in blocks(record) if not can_hold(block.statements)]
    found: dict[tuple[Statement, ...], Record] = {}
    for each in (each for block in clashing for each in _of_block(block)):
        key = (*each.printed, *each.relations)  # of one set the proof of fewest facts
        if key not in found or len(each.facts) < len(found[key].facts):
            found[key] = each
    return [each for key, each in found.items() if not any({*one} < {*key} for one in found)]


def conflict_error(clash: Sequence[Statement], what: str, do: str = "") -> RecordError:
    """Say which printed statements cannot all hold, and how to leave some out."""
    clash = list(dict.fromkeys(clash))
    ids = [id_ for each in clash for id_ in each.ids]
    leave_out = f"leave some out with --without {ids[0]}" if ids else "correct relations.csv"
    return RecordError(
        what,
        found="; ".join(cited(each.figures) for each in clash),
        expected="statements that some whole counts meet; `careersurvey audit` explains them",
        where="reported.csv " + ", ".join(ids),
        do=f"{do or leave_out}, or by [record] set_aside in cohort.toml",
    )


def cited(figures: Sequence[Figure]) -> str:
    """Places and wordings of the figures of a statement, the first three of them."""
    named = [f"{each['where']} “{each['reported']}” ({each['id']})" for each in figures[:3]]
    more = f" and {len(figures) - 3} more" if len(figures) > 3 else ""
    return ", ".join(named) + more


# ---- blocks -------------------------------------------------------------------------------------


def blocks(record: Record) -> list[Record]:
    """Parts of a record that are tied by counts that are not yet known."""
    spoken = Counter(name for each in record.printed for name in each.quantities)
    pins = {each.about: each for each in record.printed if is_pin(each) and spoken[each.about] == 1}
    loose = {
        each: each.quantities.difference(pins) or frozenset({each.name})
        for each in record.statements
        if pins.get(each.about) is not each
    }
    tied = {name: part for part in families(loose.values()) for name in part}
    found: dict[frozenset[str], set[Statement]] = {}
    for each, (name, *_) in loose.items():
        found.setdefault(tied[name], set()).add(each)
    for block in found.values():
        touched = {name for each in block for name in each.quantities}
        block.update(said for name, said in pins.items() if name in touched)
    return [record.only(block) for block in found.values()]


def is_pin(each: Statement) -> bool:
    """Whether a statement says one exact number of one quantity."""
    row = each.rows[0] if len(each.rows) == 1 else None
    return row is not None and len(row.terms) == 1 and row.low == row.high


# ---- one block ----------------------------------------------------------------------------------


def _of_block(block: Record) -> list[Record]:
    """Conflicts of a block: from each relation outwards, then from each figure not yet in one."""
    found: list[Record] = []
    for start in (*block.relations, *block.printed):
        if start.kind == "relation" or not any(start in each.printed for each in found):
            found += filter(None, [_around(start, block)])
    return found


def _around(start: Statement, block: Record) -> Record | None:
    """An irreducible part that needs `start`, grown from its surroundings; None if none is met."""
    alike = (each for each in block.printed if each.about == start.about)
    grown = [each for each in alike if not can_hold([start, each])][:1] or _grow(start, block)
    if grown is None:
        return None
    order = sorted(grown, key=lambda each: each.kind == "printed")
    needed = (start, *irreducible(order, [start, *block.facts]))
    needed += irreducible(block.facts, needed)
    return block.only(needed)


def _grow(start: Statement, block: Record) -> list[Statement] | None:
    """Statements that can hold, and cannot with `start`: added in order, the nearest first."""
    taken: list[Statement] = []
    rest, fixed = _by_distance(start, block), [*block.facts, start]
    if not can_hold(fixed):
        return taken
    while not can_hold([*fixed, *taken, *rest]):
        sizes = range(1, len(rest))
        held = bisect_left(sizes, True, key=lambda n: not can_hold([*fixed, *taken, *rest[:n]]))
        taken += rest[:held]
        clashing, rest = rest[held], rest[held + 1 :]
        if can_hold([*block.facts, *taken, clashing]):
            return [*taken, clashing]
    return None


def _by_distance(start: Statement, block: Record) -> list[Statement]:
    """Figures and relations by the steps from `start`, over shared quantities."""
    steps, edge = dict.fromkeys(start.quantities, 0), [*start.quantities]
    for name in edge:
        new = {one for each in block.touching[name] for one in each.quantities} - steps.keys()
        steps |= dict.fromkeys(new, steps[name] + 1)
        edge += new
    others = [each for each in (*block.printed, *block.relations) if each is not start]
    return sorted(
        others, key=lambda each: min((steps[name] for name in each.quantities), default=0)
    )
