"""Where the printed record contradicts itself, strains, or passes a test that could have failed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from math import floor
from pathlib import Path

import pandas as pd

from careersurvey.evidence.cohort import Cohort, load_cohort, origin
from careersurvey.evidence.printed.readings import counts_on
from careersurvey.evidence.text import names_of
from careersurvey.inference.record.conflicts import Conflict, can_hold, conflicts
from careersurvey.inference.record.constraints import (
    ENDS,
    Record,
    Statement,
    cited,
    known_base,
    parse,
    read_record,
    rows_of,
)
from careersurvey.inference.record.solver import ends

COLUMNS = (
    *("check", "verdict", "statements", "where", "explanation"),
    *("id", "kind", "can_fail", "sides", "ties", "rests_on", "reconciled"),
)
VERDICTS = ("contradiction", "tension", "consistent")


def audit(
    cohort: Cohort | str | Path,
    *,
    readings: str | Path | None = None,
    without: str | Collection[str] = (),
) -> pd.DataFrame:
    """Hold the printed figures of a cohort against their bases and against each other.

    A *contradiction* is a set of figures that cannot all hold even with the wide readings and
    the necessary relations alone; a *tension* one that cannot with the declared readings and
    all relations, or an exact wording that no whole count meets. Every proper part of such a
    set can hold.

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
    table = audit_table(audit_figures(loaded, readings=readings, without=names_of(without)))
    table.attrs = origin(loaded)
    return table


def audit_figures(
    cohort: Cohort, *, readings: str | Path | None = None, without: Collection[str] = ()
) -> list[dict]:
    """What `audit` finds, as a list of entries with all of their fields, as JSON prints them.

    Beside the columns of `audit`: ``id`` (``C1``, ... of a conflict), ``kind``, ``can_fail``,
    ``sides`` and ``ties`` (a dict each), ``rests_on`` and ``reconciled``; docs/record.md says what
    each holds.
    """
    record = read_record(cohort, readings=readings, without=without)
    loose = read_record(cohort, readings=readings, without=without, wide=True, assumed=False)
    hard = conflicts(loose)
    soft = _not_told(conflicts(record), hard)
    found = [
        *(_conflict("contradiction", each, loose, "", False) for each in hard),
        *(_conflict("tension", each, record, *_undone(each, loose)) for each in soft),
        *_figures(record),
        *_agreements(record, [*hard, *soft]),
    ]
    found.sort(key=lambda entry: VERDICTS.index(entry["verdict"]))
    return [
        entry if entry["verdict"] == "consistent" else entry | {"id": f"C{number}"}
        for number, entry in enumerate(found, start=1)
    ]


def audit_scales(cohort: Cohort, scales: Iterable[Path | None]) -> pd.DataFrame:
    """Audit a cohort by several tables of readings."""
    rows = []
    for scale in scales:
        verdicts = [each["verdict"] for each in audit_figures(cohort, readings=scale)]
        counts = (verdicts.count("contradiction"), verdicts.count("tension"))
        rows.append(("" if scale is None else Path(scale).stem, *counts))
    return pd.DataFrame(rows, columns=["readings", "contradictions", "tensions"])


def format_audit(found: Sequence[dict]) -> str:
    """Write the audit for a reader, contradictions first."""
    if not found:
        return "No printed figures bear on each other or on a known base."
    numbers = [sum(each["verdict"] == verdict for each in found) for verdict in VERDICTS]
    idle = sum(not each["can_fail"] for each in found)
    names = ("Contradictions", "tensions", "tests passed")
    head = "; ".join(f"{name}: {n}" for n, name in zip(numbers, names, strict=True))
    head += f", of which {idle} could not have failed" * bool(idle)
    blocks = [
        f"{each['verdict'].upper()}  {each['check']}\n  {each['explanation']}" for each in found
    ]
    return "\n\n".join([f"{head}.", *blocks])


def audit_table(found: Sequence[dict]) -> pd.DataFrame:
    """Lay the audit out as a table: check, verdict, statements, where and explanation as text."""
    lists = {"statements": ", ", "where": "; "}
    rows = [
        each | {name: mark.join(dict.fromkeys(each[name])) for name, mark in lists.items()}
        for each in found
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS[:5]))


def _entry(kind: str, name: str, verdict: str, bearing: Iterable, explanation: str, **more) -> dict:
    """One test; `bearing` is pairs of an id and its place."""
    pairs = list(bearing)
    usual = {"id": "", "kind": kind, "can_fail": True, "sides": [], "ties": []}
    return {
        "check": f"{kind} {name}",
        "verdict": verdict,
        "statements": [id_ for id_, _ in pairs],
        "where": [place for _, place in pairs],
        "explanation": explanation,
        **(usual | {"rests_on": "", "reconciled": None} | more),
    }


def _printed_pairs(statements: Iterable[Statement]) -> list[tuple[str, str]]:
    return [pair for each in statements for pair in zip(each.ids, each.where, strict=True)]


# ---- conflicts between figures ------------------------------------------------------------------


def _not_told(found: Sequence[Conflict], hard: Sequence[Conflict]) -> list[Conflict]:
    """Conflicts that are not contradictions already told."""
    shown = {relation.name for each in hard for relation in each.relations}
    return [
        each
        for each in found
        if not any(set(told.ids) <= set(each.ids) for told in hard)
        or not {relation.name for relation in each.relations} <= shown
    ]


def _undone(conflict: Conflict, loose: Record) -> tuple[str, bool]:
    """What a tension rests on, and whether the wide readings reconcile it."""
    necessary = [each for each in conflict.relations if each.strength == "necessary"]
    rests_on_assumed = len(necessary) < len(conflict.relations) and can_hold(
        [*conflict.printed, *necessary, *conflict.facts]
    )
    wide = [each for each in loose.statements if set(each.ids) & set(conflict.ids)]
    reconciled = can_hold([*wide, *conflict.relations, *conflict.facts])
    return "assumed" if rests_on_assumed else "readings", reconciled


def _conflict(
    verdict: str, conflict: Conflict, record: Record, rests_on: str, reconciled: bool
) -> dict:
    kind, name = _named(conflict)
    return _entry(
        kind,
        name,
        verdict,
        _printed_pairs(conflict.printed),
        _explanation(conflict, rests_on, reconciled),
        sides=[_side(each, conflict, record) for each in conflict.printed],
        ties=[_tie(each) for each in (*conflict.relations, *conflict.facts)],
        rests_on=rests_on,
        reconciled=reconciled,
    )


def _named(conflict: Conflict) -> tuple[str, str]:
    if conflict.relations:
        return "relation", " + ".join(each.name for each in conflict.relations)
    if conflict.facts:
        return "fact", "; ".join(each.says for each in conflict.facts)
    return "quantity", ", ".join(sorted({n for each in conflict.printed for n in each.quantities}))


def _side(own: Statement, conflict: Conflict, record: Record) -> dict:
    """What one figure of a conflict says, and what the rest of the conflict leaves it."""
    others = rows_of(each for each in conflict.statements if each is not own)
    low, high = ends(others, [(own.about, 1)]) or (None, None)
    base = record.base_of(own.about)[0] if parse(own.about).category else ""
    pairs = {"statements": own.ids, "where": own.where, "quotes": own.reported}
    left = {"others_low": low, "others_high": high}
    lists = {key: list(cells) for key, cells in pairs.items()}
    return lists | _read_as(own.about, base, record.figures[own.ids[0]]) | left


def _read_as(quantity: str, base: str, row: Mapping) -> dict:
    """A figure's quantity and base, and the counts and shares that it reads as."""
    counts = {"low": row["count_low"], "high": row["count_high"]}
    return {
        "quantity": quantity,
        "base": base,
        "base_n": known_base(row),
        **{key: None if pd.isna(n) else int(n) for key, n in counts.items()},
        **{key: None if row[key] is None else float(row[key]) for key in ENDS},
    }


def _tie(each: Statement) -> dict:
    fields = ("name", "kind", "relation", "strength", "says", "parts", "whole", "because")
    return {name: getattr(each, name) for name in fields} | {"parts": list(each.parts)}


_RESTS_ON = {
    "": "No declared or wide reading of these wordings reconciles them.",
    "assumed": "It rests on what is assumed; ",
    "readings": "It rests on the declared readings; ",
}


def _explanation(conflict: Conflict, rests_on: str, reconciled: bool) -> str:
    lines = [f"{cited(each)} reads {each.says}" for each in conflict.printed]
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


def _agreements(record: Record, taken: Sequence[Conflict]) -> list[dict]:
    """Relations, facts and repeated figures that figures bear on and that nothing breaks."""
    printed = record.of_kind("printed")
    broken = {each.name for conflict in taken for each in (*conflict.relations, *conflict.facts)}
    clashing = [set(conflict.ids) for conflict in taken]
    entries = []
    for each in record.statements:
        bearing = [said for said in printed if said.about in each.quantities]
        if each.name not in broken and _could_fail(each, bearing):
            entries.append(_agreement(each.kind, each.name, bearing, each.says))
    for name in sorted({each.about for each in printed}):
        same = [each for each in printed if each.about == name]
        ids = {id_ for each in same for id_ in each.ids}
        if len(ids) > 1 and not any(clash <= ids for clash in clashing):
            entries.append(_agreement("quantity", name, same, "one quantity, one count"))
    return entries


def _could_fail(each: Statement, bearing: Sequence[Statement]) -> bool:
    """Whether other printed figures of the same quantities would have broken it."""
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


def _agreement(kind: str, name: str, bearing: Sequence[Statement], says: str) -> dict:
    allowed = "; ".join(map(cited, bearing))
    explanation = f"{says} holds for some counts that {allowed} allow."
    return _entry(kind, name, "consistent", _printed_pairs(bearing), explanation)


# ---- figure by figure ---------------------------------------------------------------------------

_PERCENT = re.compile(r"(\d+)(?:\.(\d+))? ?(?:%|per ?cent)")
_DECIMAL = re.compile(r"\d+\.(\d+)")


def attainable(base_n: int, decimals: int = 0) -> tuple[int, int]:
    """Inner percentages that can occur on a base, as means in GRIM, and all inner ones."""
    steps = 100 * 10**decimals
    if base_n >= steps:
        return steps - 1, steps - 1
    rounded = {floor(Fraction(n * steps, base_n) + Fraction(1, 2)) for n in range(base_n + 1)}
    return len(rounded - {0, steps}), steps - 1


def mean_can_occur(reported: str, base_n: int, items: int = 1) -> bool:
    """Whether whole answers can have a mean that is printed so: the granularity test.

    References
    ----------
    Brown, N. J. L. and Heathers, J. A. J. (2017). The GRIM test. Social Psychological and
    Personality Science, 8(4), 363-369. Halves may have been rounded either way.
    """
    decimals = len(reported.partition(".")[2])
    half = Fraction(1, 2 * 10**decimals)
    low, high = ((Fraction(reported) + side) * base_n * items for side in (-half, half))
    return floor(high) >= low


def _figures(record: Record) -> list[dict]:
    """Hold every figure of an exact wording against its base."""
    figures = record.figures.values()
    found = (_figure(each, record.measure(each["indicator"])) for each in figures)
    return [entry for entry in found if entry]


def _figure(each: Mapping, measure: str) -> dict | None:
    """Hold one figure against its base; None where there is no test to make."""
    base = known_base(each)
    if not base:
        return None
    power, can_fail = _power(each, measure, base)
    if not power and each["exact"]:
        return None
    meets = each["exact"]
    if measure == "mean" and _DECIMAL.fullmatch(each["reported"]):
        meets = mean_can_occur(each["reported"], base)
    said = f"{each['where']} “{each['reported']}” ({each['id']})"
    found = f"can occur on {base:,}" if meets else f"is met by no whole count on {base:,}"
    told = each["reading_note"]
    note = "" if meets or not told else f" {told[0].upper()}{told[1:]}."
    side = {"statements": [each["id"]], "where": [each["where"]], "quotes": [each["reported"]]}
    side |= _read_as(each["quantity"], each["base_id"], each)
    return _entry(
        "figure",
        each["id"],
        "consistent" if meets else "tension",
        [(each["id"], each["where"])],
        f"{said} {found}.{note} {power}".strip(),
        can_fail=can_fail,
        sides=[] if meets else [side | {"others_low": None, "others_high": None}],
        rests_on="" if meets else "readings",
    )


def _power(each: Mapping, measure: str, base: int) -> tuple[str, bool]:
    """How much the test could have seen, empty where there is none; and whether it can fail."""
    reported = each["reported"]
    percent, decimal = _PERCENT.search(reported), _DECIMAL.fullmatch(reported)
    if measure == "mean" and decimal:
        some = min(base, 10 ** len(decimal[1]))
        all_, what = 10 ** len(decimal[1]), "means between two whole numbers"
        said = f"Of {all_:,} {what} {some:,} can occur."
    elif each["form"] in ("percent", "count_percent") and percent and not each["vague"]:
        decimals = len(percent[2] or "")
        some, all_ = attainable(base, decimals)
        what = "whole percentages" if decimals == 0 else f"percentages to {decimals} places"
        said = f"Of the {all_:,} inner {what}, {some:,} can occur on this base."
    elif each["form"] == "fraction" and each["precise"]:
        share = tuple(each[f"share_{end}"] for end in ("low", "high", "low_open", "high_open"))
        met = sum(low <= high for low, high in (counts_on(share, n) for n in range(1, 101)))
        some, all_ = int(base >= 100), 1
        said = "A whole count is within half a percentage point of it on "
        said += f"{met} of the bases to 100, and on every larger one."
    else:
        return "", True
    return said + " The test cannot fail here." * (some == all_), some < all_
