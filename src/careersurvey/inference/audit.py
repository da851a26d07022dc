"""Where the printed record contradicts itself, strains, or passes a test that could have failed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.statements import read_statements
from careersurvey.evidence.tables import indicator_table
from careersurvey.inference.conflicts import Conflict, can_hold, conflicts
from careersurvey.inference.granularity import CANNOT_FAIL, figure_entries
from careersurvey.inference.record import bases_of, build
from careersurvey.inference.statements import Statement, cited

COLUMNS = ("check", "verdict", "statements", "where", "explanation")
VERDICTS = ("contradiction", "tension", "consistent")


def audit(
    cohort: Cohort, *, readings: Path | None = None, without: Collection[str] = ()
) -> list[dict]:
    """Hold the printed figures of a cohort against their bases and against each other.

    Parameters
    ----------
    cohort : Cohort
        A cohort with printed figures.
    readings : Path, optional
        A table of readings that replaces the declared one, wording by wording.
    without : collection of str
        Ids of printed statements to leave out.

    Returns
    -------
    list of dict
        ``check`` (what was held against what), ``verdict``, ``statements`` (ids), ``where``
        (their places, in the same order) and ``explanation``; contradictions first, then
        tensions, then what is consistent. A *contradiction* is a set of figures that cannot
        all hold even with the wide readings and the necessary relations alone; a *tension* one
        that cannot with the declared readings and all relations, or an exact wording that no
        whole count meets. Every proper part of such a set can hold. What no test bears on has
        no entry.

    Raises
    ------
    CohortError, RecordError
        If a wording is not known, an id in `without` is not there, or a relation cannot be
        stated.
    """
    declared = read_statements(cohort, readings=readings, without=without)
    wide = read_statements(cohort, readings=readings, wide=True, without=without)
    bases = bases_of(cohort.reported, cohort.relations, indicator_table(cohort.indicators))
    record = build(declared, cohort.relations, indicator_table(cohort.indicators), bases=bases)
    loose = build(
        wide,
        cohort.relations,
        indicator_table(cohort.indicators),
        assumed=False,
        bases=bases,
    )
    contradictions = conflicts(loose)
    tensions = _tensions(conflicts(record), contradictions, loose)
    taken = [*contradictions, *(each for each, _ in tensions)]
    found = [
        *(_conflict_entry("contradiction", each, _HARD) for each in contradictions),
        *(_conflict_entry("tension", each, undone) for each, undone in tensions),
        *figure_entries(declared, indicator_table(cohort.indicators)),
        *_agreements(record, taken),
    ]
    return sorted(found, key=lambda entry: VERDICTS.index(entry["verdict"]))


def format_audit(found: Sequence[dict]) -> str:
    """Write the audit for a reader, contradictions first."""
    if not found:
        return "No printed figures bear on each other or on a known base."
    numbers = [sum(each["verdict"] == verdict for each in found) for verdict in VERDICTS]
    idle = sum(CANNOT_FAIL in each["explanation"] for each in found)
    names = ("contradictions", "tensions", "tests passed")
    head = "; ".join(f"{name}: {n}" for n, name in zip(numbers, names, strict=True))
    head += f", of which {idle} could not have failed" * bool(idle)
    blocks = [
        f"{each['verdict'].upper()}  {each['check']}\n  {each['explanation']}" for each in found
    ]
    return "\n\n".join([f"{head[0].upper()}{head[1:]}.", *blocks])


def audit_table(found: Sequence[dict]) -> pd.DataFrame:
    """Lay the audit out as a table, each list in one cell."""
    rows = [
        each
        | {
            "statements": ", ".join(each["statements"]),
            "where": "; ".join(dict.fromkeys(each["where"])),
        }
        for each in found
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def clashing_rows(found: Sequence[dict], estimates: pd.DataFrame) -> pd.DataFrame:
    """Estimates of the figures that clash, conflict by conflict, with ``check`` and ``verdict``.

    Figures that are no share of a known base, and those that only say how many the base is, have
    no place on a scale of shares and are left out, as is a conflict that leaves fewer than two.
    """
    shares = estimates[estimates["estimate_low"].notna() & (estimates["category"] != "")]
    parts = [shares.iloc[:0].assign(check="", verdict="")]
    for each in found:
        rows = shares[shares["statements"].isin(each["statements"])]
        if each["verdict"] != "consistent" and len(rows) > 1:
            parts.append(rows.assign(check=each["check"], verdict=each["verdict"]))
    return pd.concat(parts, ignore_index=True)


# ---- between figures ----------------------------------------------------------------------------

_HARD = "No declared or wide reading of these wordings reconciles them."


def _tensions(
    found: Sequence[Conflict], contradictions: Sequence[Conflict], loose: Sequence[Statement]
) -> list[tuple[Conflict, str]]:
    """Conflicts that are not contradictions already told, and what undoes each."""
    told = [(set(each.ids), {r.name for r in each.relations}) for each in contradictions]
    shown = {name for _, names in told for name in names}
    kept = []
    for each in found:
        within = any(ids <= set(each.ids) for ids, _ in told)
        if not within or not {r.name for r in each.relations} <= shown:
            kept.append((each, _undone_by(each, loose)))
    return kept


def _undone_by(conflict: Conflict, loose: Sequence[Statement]) -> str:
    """Say whether assumed relations, the declared readings, or both make the tension."""
    assumed = [each for each in conflict.relations if each.strength == "assumed"]
    necessary = [each for each in conflict.relations if each.strength == "necessary"]
    wide = [each for each in loose if set(each.ids) & set(conflict.ids)]
    if assumed and can_hold([*conflict.printed, *necessary, *conflict.facts]):
        said = "It rests on what is assumed"
    else:
        said = "It rests on the declared readings"
    holds = can_hold([*wide, *conflict.relations, *conflict.facts])
    return f"{said}; the wide readings {'reconcile' if holds else 'do not reconcile'} them."


def _conflict_entry(verdict: str, conflict: Conflict, undone: str) -> dict:
    lines = [f"{cited(each)} reads {each.says}" for each in conflict.printed]
    ties = [f"{each.name} ({each.strength}) says {each.says}" for each in conflict.relations]
    ties += [f"always, {each.says}" for each in conflict.facts]
    because = [f"{each.name}: {each.because}" for each in conflict.relations if each.because]
    parts = [
        "These cannot all hold: " + "; ".join(lines) + ".",
        ("Between them, " + "; ".join(ties) + ".") * bool(ties),
        undone,
        ("What would reconcile them: " + "; ".join(because) + ".") * bool(because),
    ]
    return {
        "check": _check_name(conflict),
        "verdict": verdict,
        "statements": list(conflict.ids),
        "where": [place for each in conflict.printed for place in each.where],
        "explanation": " ".join(part for part in parts if part).replace("..", "."),
    }


def _check_name(conflict: Conflict) -> str:
    if conflict.relations:
        return "relation " + " + ".join(each.name for each in conflict.relations)
    if conflict.facts:
        return "fact " + "; ".join(each.says for each in conflict.facts)
    return "quantity " + ", ".join(
        sorted({n for each in conflict.printed for n in each.quantities})
    )


def _agreements(record: Sequence[Statement], taken: Sequence[Conflict]) -> list[dict]:
    """Relations, facts and repeated figures that figures bear on and that nothing breaks."""
    printed = [each for each in record if each.kind == "printed"]
    broken = {each.name for conflict in taken for each in (*conflict.relations, *conflict.facts)}
    clashing = {frozenset(conflict.ids) for conflict in taken}
    entries = []
    for each in record:
        bearing = [said for said in printed if said.about in each.quantities]
        if each.name not in broken and _could_fail(each, bearing):
            entries.append(_agreement(f"{each.kind} {each.name}", bearing, each.says))
    for name in sorted({each.about for each in printed}):
        same = [each for each in printed if each.about == name]
        ids = frozenset(id_ for each in same for id_ in each.ids)
        if len(ids) > 1 and not any(clash <= ids for clash in clashing):
            entries.append(_agreement(f"quantity {name}", same, "one quantity, one count"))
    return entries


def _could_fail(each: Statement, bearing: Sequence[Statement]) -> bool:
    """Whether other printed figures of the same quantities would have broken it.

    One part within a whole that its own wording was read on cannot; nor can parts that leave
    another part, or the whole, to be whatever is left.
    """
    if each.kind == "printed" or not each.rows:
        return False
    stated = {said.about for said in bearing}
    parts = {name for row in each.rows for name, c in row.terms if c > 0}
    wholes = {name for row in each.rows for name, c in row.terms if c < 0}
    left, right = parts & stated, wholes & stated
    if each.relation in ("same", "within", "at_least"):
        return any({n for n, _ in row.terms} <= stated for row in each.rows)
    if each.relation == "exhaustive":
        return parts <= stated and bool(right)
    own = {base for said in bearing if said.about in left for base in said.bases}
    shares = any(len(row.terms) > 1 for said in bearing for row in said.rows)
    if len(left) > 1:
        return bool(right) or shares
    return bool(left) and bool(right) and not shares and not wholes & own


def _agreement(check: str, bearing: Sequence[Statement], says: str) -> dict:
    return {
        "check": check,
        "verdict": "consistent",
        "statements": [id_ for each in bearing for id_ in each.ids],
        "where": [place for each in bearing for place in each.where],
        "explanation": f"{says} holds for some counts that "
        + "; ".join(cited(each) for each in bearing)
        + " allow.",
    }
