"""The least and the greatest value that an unpublished count can take."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np
import pandas as pd

from careersurvey.errors import QuestionError, RecordError, SurveyError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.statements import read_statements
from careersurvey.evidence.tables import indicator_table
from careersurvey.inference.cells import GOAL, Cells, in_cells, joint_tables
from careersurvey.inference.conflicts import can_hold, irreducible
from careersurvey.inference.quantities import Bases, base_of, categories, parse
from careersurvey.inference.record import bases_of, build
from careersurvey.inference.sets import Frame, frame_of, is_set, touched, universe_of
from careersurvey.inference.solving import find, least
from careersurvey.inference.statements import Statement, cited
from careersurvey.inference.systems import Box, Row, propagate
from careersurvey.inference.ties import SHARES


@dataclass(frozen=True)
class Bound:
    """What the printed record leaves possible for a count.

    Attributes
    ----------
    count : str
        The question.
    low, high : int, int or None
        Least and greatest count; no upper end where nothing is known of the base.
    base : str
        The quantity that the count is a part of.
    base_n : int or None
        How many that is, where the record says one number.
    binding : tuple of Statement
        Printed statements that prove both ends and of which none can be spared; none where the
        ends are trivial.
    relations : tuple of Statement
        Relations that the proof takes with them.
    used : tuple of Statement
        Every printed statement that is connected to the question: the ends are sharp for these.
    """

    count: str
    low: int
    high: int | None
    base: str
    base_n: int | None
    binding: tuple[Statement, ...]
    relations: tuple[Statement, ...]
    used: tuple[Statement, ...]

    def as_dict(self) -> dict:
        """``low, high, base_n`` and the ids of ``binding``."""
        ids = [id_ for each in self.binding for id_ in each.ids]
        return {"low": self.low, "high": self.high, "base_n": self.base_n, "binding": ids}


def bounds(cohort: Cohort, count: str, *, without: Collection[str] = ()) -> Bound:
    """Find the least and greatest value of a count that the report does not print.

    The record's necessary relations and the printed figures connected to the question are taken
    at their declared readings. Units are cells of a joint table over the variables that these
    touch, so that the ends are sharp for the statements used: for each end there is a table of
    whole units that has it and agrees with all of them.

    Parameters
    ----------
    cohort : Cohort
        A cohort with printed figures.
    count : str
        ``indicator=category & indicator=category``, any number of them; ``@ domain=group`` asks
        about a group.
    without : collection of str
        Ids of printed statements to leave out, with those of ``[record] set_aside``.

    Returns
    -------
    Bound

    Raises
    ------
    QuestionError
        If an indicator or category is not the cohort's, nothing is printed about it, or the
        parts of the question are about different units.
    RecordError
        If the statements that the question needs cannot all hold.
    """
    statements = read_statements(cohort, without={*set_aside(cohort), *without})
    bases = bases_of(cohort.reported, cohort.relations, indicator_table(cohort.indicators))
    return bound_count(
        statements, cohort.relations, indicator_table(cohort.indicators), count, bases
    )


def set_aside(cohort: Cohort) -> tuple[str, ...]:
    """Ids of ``[record] set_aside``, which a cohort leaves out of bounds and draws."""
    return tuple(cohort.settings.record.set_aside)


def bound_count(
    statements: pd.DataFrame,
    relations: pd.DataFrame,
    indicators: pd.DataFrame,
    count: str,
    bases: Bases | None = None,
) -> Bound:
    """Bound a count from tables of evidence; see `bounds`."""
    bases = bases_of(statements, relations, indicators) if bases is None else bases
    record = build(statements, relations, indicators, assumed=False, bases=bases)
    frame = frame_of(record, indicators, bases)
    asked = _asked(count, frame, record)
    universe = _one_universe(count, asked, frame)
    names = touched(record, [*asked, *_bases_of(asked, frame)], universe) | {*asked, universe}
    near = [each for each in record if each.quantities <= names]
    sets = {n for n in names if universe_of(frame, n) == universe and is_set(frame, n)}
    table = _table_of(frame, sets, universe, asked)
    low, high = _ends(near, table)
    base = _base(asked, frame, universe)
    ends = (propagate([row for each in near for row in each.rows]) or {}).get(base, (0, None))
    base_n = ends[0] if ends[0] == ends[1] else None
    trivial = low == 0 and high == base_n != 0
    binding, ties = ((), ()) if trivial else _binding(near, table, low, high)
    used = tuple(each for each in near if each.kind == "printed")
    return Bound(count, low, high, base, base_n, binding, ties, used)


def format_bound(bound: Bound) -> str:
    """Write a bound for a reader, with the statements that bind."""
    of = f" of {bound.base_n:,}" if bound.base_n is not None else ""
    high = "any number" if bound.high is None else f"{bound.high:,}"
    span = f"{bound.low:,}" if bound.low == bound.high else f"{bound.low:,} to {high}"
    lines = [f"{bound.count}: {span}{of}{_shares(bound)}."]
    if not (bound.binding or bound.relations):
        return f"{lines[0]}\nNothing that is printed narrows it."
    lines.append("What binds:")
    lines += [f"  {cited(each)}  {each.says}" for each in bound.binding]
    lines += [f"  {each.name}  {each.says}" for each in bound.relations]
    return "\n".join([*lines, f"Sharp for the {len(bound.used)} statements connected to it."])


def _shares(bound: Bound) -> str:
    if not bound.base_n or bound.high is None:
        return ""
    return f" ({bound.low / bound.base_n:.1%} to {bound.high / bound.base_n:.1%})"


def bounds_table(
    cohort: Cohort, asked: Mapping[str, str], *, without: Collection[str] = ()
) -> pd.DataFrame:
    """Bound several counts; a question that cannot be answered keeps its row and says why.

    Parameters
    ----------
    cohort : Cohort
    asked : mapping of str to str
        What a reader calls each count, and the count as `bounds` takes it.
    without : collection of str
        Ids of printed statements to leave out.

    Returns
    -------
    DataFrame
        ``label, count, low, high, base_n, binding, where, reason``, one row a question.
    """
    rows = []
    for label, count in asked.items():
        row = {"label": label, "count": count, "binding": "", "where": "", "reason": ""}
        try:
            found = bounds(cohort, count, without=without)
        except SurveyError as problem:
            rows.append(row | {"reason": problem.what})
            continue
        places = dict.fromkeys(place for each in found.binding for place in each.where)
        as_text = {"binding": ", ".join(found.as_dict()["binding"]), "where": "; ".join(places)}
        rows.append(row | found.as_dict() | as_text)
    columns = ["label", "count", "low", "high", "base_n", "binding", "where", "reason"]
    whole = dict.fromkeys(("low", "high", "base_n"), "Int64")
    return pd.DataFrame(rows, columns=columns).astype(whole)


# ---- the question -------------------------------------------------------------------------------


def _asked(count: str, frame: Frame, record: Sequence[Statement]) -> list[str]:
    """Quantities that a unit must belong to, all of them, to be counted."""
    printed = {parse(n).indicator for each in record for n in each.quantities}
    asked = []
    for part in count.split("&"):
        of = parse(part)
        pairs = [(of.indicator, of.category), *([(of.domain, of.group)] if of.domain else [])]
        for indicator, category in pairs:
            _require_known(count, indicator, category, frame, printed)
            asked.append(f"{indicator}={category}")
    return list(dict.fromkeys(asked))


def _require_known(
    count: str, indicator: str, category: str, frame: Frame, printed: Collection[str]
) -> None:
    shares = [name for name, each in frame.about.items() if each["measure"] in SHARES]
    if indicator not in shares:
        near = get_close_matches(indicator, shares, n=4, cutoff=0.4) or shares[:4]
        raise QuestionError(
            f"{indicator!r} is not an indicator whose categories can be counted.",
            found=count,
            expected="indicator=category & indicator=category; nearby are " + ", ".join(near),
        )
    if category not in categories(frame.about, indicator):
        raise QuestionError(
            f"{indicator} has no category {category!r}.",
            found=count,
            expected=", ".join(categories(frame.about, indicator)),
        )
    if indicator not in printed:
        raise QuestionError(
            f"Nothing that is printed bears on {indicator}.",
            found=count,
            do="ask about indicators of which the report prints a figure",
        )


def _one_universe(count: str, asked: Sequence[str], frame: Frame) -> str:
    universes = {universe_of(frame, name): name for name in asked}
    if len(universes) > 1:
        raise QuestionError(
            "The parts of the question are not known to be about the same units.",
            found="; ".join(f"{name} is of {whole}" for whole, name in universes.items()),
            expected="parts of one whole",
            do="if one whole lies within the other, say so in relations.csv",
        )
    return next(iter(universes))


def _bases_of(asked: Sequence[str], frame: Frame) -> list[str]:
    return [base for name in asked for base in base_of(parse(name), frame.bases)]


def _base(asked: Sequence[str], frame: Frame, universe: str) -> str:
    """Return the base that all parts of the question share, else all the units."""
    bases = {tuple(base_of(parse(name), frame.bases)) for name in asked}
    shared = next(iter(bases))
    return shared[0] if len(bases) == 1 else universe


# ---- the ends -----------------------------------------------------------------------------------

Table = Callable[[Iterable[Statement]], tuple[list[Row], Box]]


def _table_of(frame: Frame, sets: Collection[str], universe: str, asked: Sequence[str]) -> Table:
    """How to write statements as rows over cells, in which `GOAL` is the count that is asked."""
    made: dict[frozenset[str], tuple[list[Cells], list[np.ndarray]]] = {}

    def table(statements: Iterable[Statement]) -> tuple[list[Row], Box]:
        kept = list(statements)
        ties = tuple(each for each in kept if each.kind == "relation")
        key = frozenset(each.name for each in ties)
        if key not in made:
            tables = joint_tables(replace(frame, relations=ties), sets, universe, asked)
            made[key] = tables, [_goal(each, asked) for each in tables]
        counts = [row for each in kept for row in each.rows]
        rows = in_cells(counts, *made[key])
        box = propagate(counts) or {}
        cells = [name for each in rows for name, _ in each.terms if name not in box]
        return rows, box | dict.fromkeys(cells, (0, box.get(universe, (0, None))[1]))

    return table


def _goal(cells: Cells, asked: Sequence[str]) -> np.ndarray:
    inside = [cells.members[name] for name in asked if name in cells.members]
    return np.logical_and.reduce([np.ones(len(cells.codes), bool), *inside])


def _ends(near: Sequence[Statement], table: Table) -> tuple[int, int | None]:
    rows, box = table(near)
    lowest = least(rows, [(GOAL, 1)], box)
    if lowest is None:
        raise _cannot_hold(near, table)
    highest = least(rows, [(GOAL, -1)], box)
    return lowest[0], None if highest[0] is None else -highest[0]


def _binding(
    near: Sequence[Statement], table: Table, low: int, high: int | None
) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    """Printed statements that prove both ends, irreducible, then the relations that help them."""

    def leaves_open(kept: Iterable[Statement]) -> bool:
        rows, box = table(kept)
        beyond = [Row(((GOAL, 1),), None, low - 1)] if low > 0 else []
        beyond += [Row(((GOAL, 1),), high + 1, None)] if high is not None else []
        return any(find([*rows, each], box) is not None for each in beyond)

    printed = [each for each in near if each.kind == "printed"]
    fixed = [each for each in near if each.kind != "printed"]
    binding = irreducible(printed, fixed, leaves_open)
    relations = [each for each in near if each.kind == "relation"]
    facts = [each for each in near if each.kind == "fact"]
    return binding, irreducible(relations, [*binding, *facts], leaves_open)


def _cannot_hold(near: Sequence[Statement], table: Table) -> RecordError:
    """An error that names an irreducible set of the statements that are needed."""

    def holds(kept: Iterable[Statement]) -> bool:
        kept = list(kept)
        return can_hold(kept) and find(*table(kept)) is not None

    fixed = [each for each in near if each.kind != "printed"]
    clash = irreducible([each for each in near if each.kind == "printed"], fixed, holds)
    return conflict_error(clash, "The statements that this question needs cannot all hold.")


def conflict_error(clash: Sequence[Statement], what: str) -> RecordError:
    """Say which statements cannot all hold, and how to leave some out."""
    cited = [
        f"{id_} ({place}, “{wording}”)"
        for each in clash
        for id_, place, wording in zip(each.ids, each.where, each.reported, strict=True)
    ]
    ids = [id_ for each in clash for id_ in each.ids]
    return RecordError(
        what,
        found="; ".join(cited),
        expected="statements that some whole counts meet; `careersurvey audit` explains them",
        where="reported.csv " + ", ".join(ids),
        do=f"leave some out with --without {ids[0]}, or by [record] set_aside in cohort.toml",
    )
