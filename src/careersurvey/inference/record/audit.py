"""Where the printed record contradicts itself, strains, or passes a test that could have failed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from careersurvey.evidence.cohort import Cohort, load_cohort, origin
from careersurvey.evidence.printed.readings import counts_on
from careersurvey.evidence.printed.statements import MEASURED, share_of
from careersurvey.evidence.text import names_of, so_many
from careersurvey.inference.record.conflicts import can_hold, cited, conflicts
from careersurvey.inference.record.constraints import (
    Figure,
    Record,
    Statement,
    known_base,
    read_record,
    rows_of,
)
from careersurvey.inference.record.linear import Row, parse
from careersurvey.inference.record.solver import ends

_COLUMNS = ["check", "verdict", "statements", "where", "explanation"]
VERDICTS = ("contradiction", "tension", "consistent")


def audit(
    cohort: Cohort | str | Path,
    *,
    readings: str | Path | None = None,
    without: str | Collection[str] = (),
) -> pd.DataFrame:
    """Hold the printed figures of a cohort against their bases and against each other.

    A *contradiction* cannot hold even with the wide readings and the necessary relations alone; a
    *tension* cannot with the declared readings and all relations, or no whole count meets it.

    Parameters
    ----------
    cohort : Cohort, str or Path
        A cohort with printed figures, its folder, or the id of one that is shipped.
    readings : str or Path, optional
        A table of readings that replaces the declared one, wording by wording.
    without : str or collection of str
        Ids of printed statements to leave out.

    Returns
    -------
    DataFrame
        A row a test; contradictions first, then tensions, then what is consistent: ``check``
        (what was held against what), ``verdict``, ``statements`` (ids), ``where`` (places in
        the same order) and ``explanation``. What no test bears on has no row. ``attrs`` say of
        which ``cohort``.

    Raises
    ------
    CohortError, RecordError
        If a wording is not known, an id in `without` is not there, or a relation cannot be
        stated.

    Examples
    --------
    >>> import careersurvey as cs
    >>> cs.audit("ofsted-2013")["verdict"].value_counts()[["contradiction", "tension"]].to_dict()
    {'contradiction': 3, 'tension': 11}
    """
    loaded = load_cohort(cohort)
    table = as_table(audit_figures(loaded, readings=readings, without=names_of(without)))
    table.attrs = origin(loaded)
    return table


def as_table(found: Collection[Mapping]) -> pd.DataFrame:
    """Lay entries out in a table, a row a test."""
    table = pd.DataFrame(found, columns=_COLUMNS)
    for name, mark in {"statements": ", ", "where": "; "}.items():
        table[name] = [mark.join(dict.fromkeys(cells)) for cells in table[name]]
    return table.astype("str")


def audit_figures(
    cohort: Cohort, *, readings: str | Path | None = None, without: Collection[str] = ()
) -> list[dict]:
    """What `audit` finds, as the list of entries that docs/record.md describes."""
    record = read_record(cohort, readings=readings, without=without)
    loose = read_record(cohort, readings=readings, without=without, wide=True, assumed=False)
    hard = conflicts(loose)
    soft = [each for each in conflicts(record) if not _is_told(each, hard)]
    found = [
        *(_conflict(each, loose, "contradiction", "", False) for each in hard),
        *(_conflict(each, loose, *_verdict(each, loose)) for each in soft),
        *filter(None, (_figure(each, record, loose) for each in record.figures.values())),
        *_agreements(record, [*hard, *soft]),
    ]
    found.sort(key=lambda entry: VERDICTS.index(entry["verdict"]))
    clashing = [entry for entry in found if entry["verdict"] != "consistent"]
    for number, entry in enumerate(clashing, start=1):
        entry["id"] = f"C{number}"
    return found


def sides_of(entry: Mapping) -> list[Mapping]:
    """Sides of a conflict without known numbers that only give the others their base."""
    sides = entry["sides"]
    bases = {side["base"] for side in sides if side["base"] != side["quantity"]}
    given = [s for s in sides if s["quantity"] in bases and s["low"] == s["high"] is not None]
    return [each for each in sides if each not in given] or sides


def clashing_in(entry: Mapping) -> list[str]:
    """Ids of the figures that stand in a conflict."""
    return [id_ for side in sides_of(entry) for id_ in side["statements"]]


def format_audit(found: Sequence[dict]) -> str:
    """Write the audit for a reader, contradictions first."""
    if not found:
        return "No printed figures bear on each other or on a known base."
    numbers = [sum(each["verdict"] == verdict for each in found) for verdict in VERDICTS]
    idle = sum(not each["can_fail"] for each in found)
    head = "Contradictions: {}; tensions: {}; tests passed: {}".format(*numbers)
    head += f", of which {idle} could not have failed" * bool(idle)
    told = [
        f"{each['verdict'].upper()}  {each['check']}\n  {each['explanation']}" for each in found
    ]
    return "\n\n".join([f"{head}.", *told])


def _entry(
    kind: str, name: str, verdict: str, figures: Iterable[Figure], explanation: str, **more
) -> dict:
    """One test, of the figures that bear on it."""
    pairs = [(each["id"], each["where"]) for each in figures]
    usual = {"id": "", "kind": kind, "can_fail": True, "sides": [], "ties": []}
    return {
        "check": f"{kind} {name}",
        "verdict": verdict,
        "statements": [id_ for id_, _ in pairs],
        "where": [place for _, place in pairs],
        "explanation": explanation,
        **(usual | {"rests_on": "", "reconciled": None} | more),
    }


def _figures(statements: Iterable[Statement]) -> list[Figure]:
    return [figure for each in statements for figure in each.figures]


# ---- conflicts between figures ------------------------------------------------------------------


def _is_told(conflict: Record, hard: Sequence[Record]) -> bool:
    """Whether a conflict is a contradiction already told."""
    shown = {relation.name for each in hard for relation in each.relations}
    own = {relation.name for relation in conflict.relations}
    return own <= shown and any({*told.ids} <= {*conflict.ids} for told in hard)


def _verdict(conflict: Record, loose: Record) -> tuple[str, str, bool]:
    """The verdict on a conflict, what it rests on, and whether wide readings reconcile it."""
    sure = [each for each in conflict.statements if each.strength != "assumed"]
    is_assumed = len(sure) < len(conflict.statements) and can_hold(sure)
    wide = [each for each in loose.printed if {*each.ids} & {*conflict.ids}]
    reconciled = can_hold([*wide, *conflict.ties])
    rests_on = "assumed" if is_assumed else "readings" if reconciled else ""
    return "tension" if rests_on else "contradiction", rests_on, reconciled


def _conflict(
    conflict: Record, loose: Record, verdict: str, rests_on: str, reconciled: bool
) -> dict:
    told = {*conflict.ids}
    remainders = [(each,) for each in conflict.figures.values() if {*each["less"]} & told]
    sides = [*(each.figures for each in conflict.printed), *remainders]
    return _entry(
        *_named(conflict),
        verdict,
        _figures(conflict.printed),
        _explanation(conflict, rests_on, reconciled),
        sides=[_fitting(_side(figures, conflict), loose) for figures in sides],
        ties=[_tie(each) for each in conflict.ties],
        rests_on=rests_on,
        reconciled=reconciled,
    )


def _named(conflict: Record) -> tuple[str, str]:
    if conflict.relations:
        return "relation", " + ".join(each.name for each in conflict.relations)
    if conflict.facts:
        return "fact", "; ".join(each.says for each in conflict.facts)
    return "quantity", ", ".join(sorted({n for each in conflict.printed for n in each.quantities}))


def _side(figures: Sequence[Figure], conflict: Record) -> dict:
    """What a figure of a conflict says, wherever printed, and what the rest of it leaves that."""
    first, name = figures[0], figures[0]["quantity"]
    taken = {*(each["id"] for each in figures), *first["less"]}
    own, others = (
        rows_of(each for each in conflict.statements if bool(taken & {*each.ids}) is is_own)
        for is_own in (True, False)
    )
    base = conflict.base_of(name)[0] if parse(name).category else ""
    is_mean = first["form"] == "number" and first["share_low"] is not None
    left = None if is_mean else ends(others, [(name, 1)])
    side = _read_as(figures, base, *(left or (None, None)))
    given = (ends(others, [(base, 1)]) if base else None) or (None, None)
    if side["base_n"] is not None:
        return side | {"others_base": given[0] if given[0] == given[1] else side["base_n"]}
    if given[1] is None or first["share_low"] is None:
        return side
    read = ends([*own, Row(((base, 1),), *given)], [(name, 1)]) or (None, None)
    return side | dict(zip(("base_low", "base_high", "low", "high"), (*given, *read), strict=True))


def _fitting(side: dict, loose: Record) -> dict:
    """Add to a side the nearest count that the others leave it and that its words allow widely."""
    each = (loose.figures[id_] for id_ in side["statements"] if side["base_n"])
    wide = [range(one["count_low"], one["count_high"] + 1) for one in each if one["count_high"]]
    ends = (side["others_low"], side["others_high"]) if wide else ()
    fit = [end for end in ends if all(end in allowed for allowed in wide)]
    return side | {"fits": min(fit, key=lambda end: abs(end - side["low"]), default=None)}


def _read_as(
    figures: Sequence[Figure], base: str, least: int | None = None, most: int | None = None
) -> dict:
    """A figure's places, quantity and base, the counts and shares it reads as, what is left it."""
    names = {"statements": "id", "where": "where", "quotes": "reported"}
    first, share = figures[0], ("share_low", "share_high")
    return {
        **{name: [each[column] for each in figures] for name, column in names.items()},
        "worked_from": [*first["less"]],
        "quantity": first["quantity"],
        "base": base,
        **dict.fromkeys(("base_n", "base_low", "base_high"), known_base(first)),
        **{end: first[f"count_{end}"] for end in ("low", "high")},
        **{end: None if first[end] is None else float(first[end]) for end in share},
        **{"others_low": least, "others_high": most, "others_base": known_base(first)},
    }


def _tie(each: Statement) -> dict:
    fields = ("name", "kind", "relation", "strength", "says", "parts", "whole", "because")
    return {name: getattr(each, name) for name in fields} | {"parts": list(each.parts)}


_RESTS_ON = {
    "": "No declared or wide reading of these wordings reconciles them.",
    "assumed": "It rests on what is assumed; ",
    "readings": "It rests on the declared readings; ",
}


def _explanation(conflict: Record, rests_on: str, reconciled: bool) -> str:
    lines = [f"{cited(each.figures)} reads {each.says}" for each in conflict.printed]
    ties = [f"{each.name} ({each.strength}) says {each.says}" for each in conflict.relations]
    ties += [f"always, {each.says}" for each in conflict.facts]
    because = [f"{each.name}: {each.because}" for each in conflict.relations if each.because]
    wide = f"the wide readings {'reconcile' if reconciled else 'do not reconcile'} them."
    parts = [
        "These cannot all hold: " + "; ".join(lines) + ".",
        ("Between them, " + "; ".join(ties) + ".") * bool(ties),
        _RESTS_ON[rests_on] + wide * bool(rests_on),
        ("What would reconcile them: " + "; ".join(because) + ".") * bool(because),
    ]
    return " ".join(part for part in parts if part).replace("..", ".")


# ---- what is consistent -------------------------------------------------------------------------


def _agreements(record: Record, taken: Sequence[Record]) -> list[dict]:
    """Relations, facts and repeated figures that figures bear on and that nothing breaks."""
    broken = {each.name for clash in taken for each in clash.ties}
    entries = []
    for each in record.ties:
        bearing = [said for said in record.printed if said.about in each.quantities]
        if each.name not in broken and _could_fail(each, bearing):
            entries.append(_agreement(each.kind, each.name, bearing, each.says))
    for name in sorted({each.about for each in record.printed}):
        same = [each for each in record.printed if each.about == name]
        several = sum(len(each.ids) for each in same) > 1
        clashing = (sum(said.about == name for said in each.printed) > 1 for each in taken)
        if several and not any(clashing):
            entries.append(_agreement("quantity", name, same, "one quantity, one count"))
    return entries


def _could_fail(each: Statement, bearing: Sequence[Statement]) -> bool:
    """Whether other printed figures of the same quantities would have broken it."""
    stated = {said.about for said in bearing}
    if each.relation in ("same", "within", "at_least"):
        return any({n for n, _ in row.terms} <= stated for row in each.rows)
    parts = {name for row in each.rows for name, c in row.terms if c > 0}
    wholes = {name for row in each.rows for name, c in row.terms if c < 0}
    left, right = parts & stated, wholes & stated
    if each.relation == "exhaustive":
        return parts <= stated and bool(right)
    own = {base for said in bearing if said.about in left for base in said.bases}
    shares = any(len(row.terms) > 1 for said in bearing for row in said.rows)
    if len(left) > 1:
        return bool(right) or shares
    return bool(left and right) and not shares and not wholes & own


def _agreement(kind: str, name: str, bearing: Sequence[Statement], says: str) -> dict:
    allowed = "; ".join(cited(each.figures) for each in bearing)
    explanation = f"{says} holds for some counts that {allowed} allow."
    return _entry(kind, name, "consistent", _figures(bearing), explanation)


# ---- figure by figure ---------------------------------------------------------------------------

_PERCENT = re.compile(r"(\d+)(?:\.(\d+))? ?(?:%|per ?cent)")


def attainable(base_n: int, decimals: int = 0) -> tuple[int, int]:
    """Inner percentages that can occur on a base, as means in GRIM, and all inner ones."""
    steps = 100 * 10**decimals
    return min(base_n, steps) - 1, steps - 1


def _figure(each: Figure, record: Record, loose: Record) -> dict | None:
    """Hold one figure of an exact wording against its base; None where there is no test to make."""
    base, measure = known_base(each), record.measure(each["indicator"])
    if measure == "mean" and each["indicator"] not in record.whole:
        return None  # of answers that need not be whole any mean can occur
    power, can_fail = _power(each, measure, base) if base else ("", True)
    if not base or (not power and each["exact"]):
        return None
    meets = each["exact"]
    if measure == "mean":  # GRIM, halves rounded either way
        least, most = counts_on((each["share_low"], each["share_high"], False, False), base)
        meets = least <= most
    told = each["reading_note"]
    note = "" if meets or not told else f" {told[0].upper()}{told[1:]}."
    found = f"can occur on {base:,}" if meets else f"is met by no whole count on {base:,}"
    return _entry(
        "figure",
        each["id"],
        "consistent" if meets else "tension",
        [each],
        f"{cited([each])} {found}.{note} {power}".strip(),
        can_fail=can_fail,
        sides=[] if meets else [_read_as([each], each["base_id"])],
        rests_on="" if meets else "readings",
        reconciled=None if meets else loose.figures[each["id"]]["exact"],
    )


def _power(each: Figure, measure: str, base: int) -> tuple[str, bool]:
    """How much the test could have seen, empty where there is none; and whether it can fail."""
    percent = _PERCENT.search(each["reported"])
    if measure in MEASURED:
        is_rounded = measure == "mean" and each["form"] == "number" and each["precise"]
        all_ = round(1 / (each["share_high"] - each["share_low"])) if is_rounded else 1
        if all_ == 1:
            return "", True
        some = min(base, all_)
        said = f"Of {all_:,} means between two whole numbers {some:,} can occur."
    elif each["form"] in ("percent", "count_percent") and percent and not each["vague"]:
        decimals = len(percent[2] or "")
        some, all_ = attainable(base, decimals)
        what = f"percentages to {so_many(decimals, 'place')}" if decimals else "whole percentages"
        said = f"Of the {all_:,} inner {what}, {some:,} can occur on this base."
    elif each["form"] == "fraction" and 100 * (each["share_high"] - each["share_low"]) == 1:
        spans = (counts_on(share_of(each), n) for n in range(1, 101))
        met = sum(low <= high for low, high in spans)
        some, all_ = int(base >= 100), 1
        said = "A whole count is within half a percentage point of it on "
        said += f"{met} of the bases to 100, and on every larger one."
    else:
        return "", True
    return said + " The test cannot fail here." * (some == all_), some < all_
