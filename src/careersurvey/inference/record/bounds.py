"""The least and the greatest value that an unpublished count can take."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from careersurvey.errors import QuestionError, SurveyError
from careersurvey.evidence.cohort import Cohort, load_cohort, origin
from careersurvey.evidence.tables import SHARES
from careersurvey.evidence.text import meant, names_of
from careersurvey.inference.record.conflicts import can_hold, cited, conflict_error, irreducible
from careersurvey.inference.record.constraints import Record, Statement, read_record, rows_of
from careersurvey.inference.record.joint import GOAL, join, touched, universe_of
from careersurvey.inference.record.linear import Row, parse
from careersurvey.inference.record.solver import ends, propagate


def usable_record(cohort: Cohort, without: Collection[str] = ()) -> Record:
    """What bounds and draws rest on: necessary relations, and figures that are not set aside."""
    left_out = {*cohort.settings.record.set_aside, *without}
    return read_record(cohort, assumed=False, without=left_out)


@dataclass(frozen=True)
class Bound:
    """What the printed record leaves possible for a count."""

    count: str
    low: int
    high: int | None  # None where nothing is known of the base
    base_n: int | None  # None where the record says no one number
    binding: tuple[Statement, ...]  # printed, none to be spared of the proof; none of trivial ends
    used: tuple[Statement, ...]  # every printed one connected: the ends are sharp for these

    def as_dict(self) -> dict:
        """``low, high, base_n`` and the ids of ``binding``."""
        ids = [id_ for each in self.binding for id_ in each.ids]
        return {"low": self.low, "high": self.high, "base_n": self.base_n, "binding": ids}


def find_bound(cohort: Cohort, count: str, *, without: Collection[str] = ()) -> Bound:
    """One bound with the statements that prove it; parameters and errors as `bounds`."""
    record = usable_record(cohort, without)
    asked = _asked(count, record)
    universe = _one_universe(count, asked, record)
    sets = [str(of) for name in asked for of in parse(name).sets]
    bases = [base for name in sets for base in record.base_of(name)]
    names = touched(record, [*asked, *sets, *bases], universe) | {universe}
    near = record.among(names, universe)
    units = join(near, universe, asked).rows()
    low, high = _ends(near, units, universe)
    base = bases[0] if len({*map(tuple, map(record.base_of, sets))}) == 1 else universe
    least, most = (propagate(rows_of(near.statements)) or {}).get(base, (0, None))
    base_n = least if least == most else None
    binding = () if low == 0 and high == base_n != 0 else _binding(near, units, low, high)
    return Bound(count, low, high, base_n, binding, near.printed)


def format_bound(bound: Bound) -> str:
    """Write a bound for a reader, with the statements that bind."""
    of = f" of {bound.base_n:,}" if bound.base_n is not None else ""
    high = "any number" if bound.high is None else f"{bound.high:,}"
    span = f"{bound.low:,}" if bound.low == bound.high else f"{bound.low:,} to {high}"
    share = ""
    if bound.base_n and bound.high is not None:
        share = f" ({bound.low / bound.base_n:.1%} to {bound.high / bound.base_n:.1%})"
    lines = [f"{bound.count}: {span}{of}{share}."]
    if not bound.binding:
        is_open = bound.low == 0 and bound.high == bound.base_n
        what = "Nothing that is printed narrows" if is_open else "The relations alone bound"
        return f"{lines[0]}\n{what} it."
    lines.append("What binds:")
    lines += [f"  {cited(each.figures)}  {each.says}" for each in bound.binding]
    return "\n".join([*lines, f"Sharp for the {len(bound.used)} statements connected to it."])


def bounds(
    cohort: Cohort | str | Path,
    count: str | Sequence[str] | Mapping[str, str],
    *,
    without: str | Collection[str] = (),
) -> pd.DataFrame:
    """Find the least and greatest value of counts that the report does not print.

    The record's necessary relations and the printed figures connected to a question are taken at
    their declared readings; each end is that of some table of whole units that agrees with all.

    Parameters
    ----------
    cohort : Cohort, str or Path
        A cohort with printed figures, its folder, or the id of one that is shipped.
    count : str, sequence of str, or mapping of str to str
        ``indicator=category & indicator=category``, any number of them; ``@ domain=group`` asks
        about a group. Of a mapping the keys are what a reader calls each count.
    without : str or collection of str
        Ids of printed statements to leave out, with those of ``[record] set_aside``.

    Returns
    -------
    DataFrame
        A row a question: ``label``, ``count``, ``low``, ``high`` (blank where there is no end),
        ``base_n``, ``binding`` (the statements that prove both ends, of which none can be spared;
        empty where the ends are trivial), ``where`` they stand, and ``reason``. ``attrs`` say of
        which ``cohort``.

    Raises
    ------
    QuestionError
        If an indicator or category is not the cohort's, nothing is printed about it, or the
        parts of the question are about different units.
    RecordError
        If the statements that the question needs cannot all hold, or tie too many variables
        together. Of several questions, one that cannot be answered is no error: it keeps its row,
        and ``reason`` says why.

    Examples
    --------
    >>> import careersurvey as cs
    >>> found = cs.bounds("ofsted-2013", "sixth_form=yes & well_developed=no")
    >>> found[["low", "high", "base_n"]].to_dict("records")
    [{'low': 23, 'high': 35, 'base_n': 60}]
    """
    loaded = load_cohort(cohort)
    asked = count if isinstance(count, Mapping) else {one: one for one in names_of(count)}
    rows = []
    for label, one in asked.items():
        row = {"label": label, "count": one, "binding": "", "where": "", "reason": ""}
        try:
            found = find_bound(loaded, one, without=names_of(without))
        except SurveyError as problem:
            if isinstance(count, str):
                raise
            rows.append(row | {"reason": problem.what})
            continue
        places = dict.fromkeys(one["where"] for each in found.binding for one in each.figures)
        as_text = {"binding": ", ".join(found.as_dict()["binding"]), "where": "; ".join(places)}
        rows.append(row | found.as_dict() | as_text)
    columns = ["label", "count", "low", "high", "base_n", "binding", "where", "reason"]
    whole = dict.fromkeys(("low", "high", "base_n"), "Int64")
    table = pd.DataFrame(rows, columns=columns).astype(whole)
    table.attrs = origin(loaded)
    return table


# ---- the question -------------------------------------------------------------------------------


def _asked(count: str, record: Record) -> list[str]:
    """Quantities that a unit must belong to, all of them, to be counted."""
    printed = {parse(name).indicator for name in record.touching}
    shares = (name for name in record.about if record.measure(name) in SHARES and name in printed)
    known = [f"{name}={category}" for name in shares for category in record.categories(name)]
    within = (of for of in map(parse, record.touching) if not record.measure(of.domain))
    known += sorted({str(of.sets[1]) for of in within if of.domain})
    asked = [parse(part) for part in count.split("&")]
    for name in (str(one) for of in asked for one in of.sets):
        if name not in known:
            raise QuestionError(
                f"Nothing that is printed bears on {name!r}.",
                found=count,
                expected=f"indicator=category & indicator=category; {meant(name, known)}",
            )
    return list(dict.fromkeys(map(str, asked)))


def _one_universe(count: str, asked: Sequence[str], record: Record) -> str:
    universes = {universe_of(record, name): name for name in asked}
    if len(universes) > 1:
        raise QuestionError(
            "The parts of the question are not known to be about the same units.",
            found="; ".join(f"{name} is of {whole}" for whole, name in universes.items()),
            expected="parts of one whole",
            do="if one whole lies within the other, say so in relations.csv",
        )
    return next(iter(universes))


# ---- the ends -----------------------------------------------------------------------------------


def _ends(near: Record, units: Sequence[Row], universe: str) -> tuple[int, int | None]:
    """Least and greatest value; an error that names a clash where there is none."""
    counts = rows_of(near.statements)
    box = propagate(counts) or {}
    box |= {GOAL: (0, box.get(universe, (0, None))[1])}
    found = ends([*counts, *units], [(GOAL, 1)], box)
    if found is None:
        clash = irreducible(near.printed, near.ties, lambda kept: can_hold(kept, units))
        raise conflict_error(clash, "The statements that this question needs cannot all hold.")
    return found


def _binding(
    near: Record, units: Sequence[Row], low: int, high: int | None
) -> tuple[Statement, ...]:
    """Printed statements that prove both ends, with all relations; none of them can be spared."""
    beyond = [Row(((GOAL, 1),), None, low - 1)] if low > 0 else []
    beyond += [Row(((GOAL, 1),), high + 1, None)] if high is not None else []

    def is_open(kept: Sequence[Statement]) -> bool:
        open_ = next((side for side in beyond if can_hold(kept, [*units, side])), None)
        beyond.sort(key=lambda side: side is not open_)  # most often it is open again
        return open_ is not None

    proof = [*irreducible(near.printed, near.ties, is_open)]
    for each in proof:  # grows by what prints the base that a figure is read on
        if not any(figure["base_n"] for figure in each.figures):
            base = (one for one in near.printed if one.about in each.bases)
            proof += [one for one in base if one not in proof]
    return tuple(one for one in near.printed if one in proof)
