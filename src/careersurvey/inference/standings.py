"""Where every printed figure stands: reproduced, consistent, stated or in conflict."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.statements import read_statements
from careersurvey.evidence.tables import indicator_table
from careersurvey.inference.audit import audit
from careersurvey.inference.granularity import CANNOT_FAIL
from careersurvey.inference.quantities import Bases, base_of, parse
from careersurvey.inference.record import bases_of, build
from careersurvey.inference.statements import Statement
from careersurvey.inference.systems import Box, Row, propagate

STANDINGS = ("reproduced", "consistent", "stated", "in conflict")


def standings(
    cohort: Cohort, *, readings: Path | None = None, found: Sequence[dict] | None = None
) -> pd.DataFrame:
    """Say of every printed figure whether it is reproduced, consistent, stated or in conflict.

    Parameters
    ----------
    cohort : Cohort
    readings : Path, optional
    found : list of dict, optional
        What `audit` returned; it is called where this is not given.

    Returns
    -------
    DataFrame
        ``id, where, quantity, reported, standing``, one row a statement. *In conflict*: in a
        contradiction or tension. *Reproduced*: recomputed from figures of other quantities or of
        another form, or from its own parts (142 of 1,703 is 8%). *Consistent*: a test that it
        passed could have failed. *Stated*: nothing else in the report bears on it.
    """
    found = audit(cohort, readings=readings) if found is None else found
    statements = read_statements(cohort, readings=readings)
    rows = statements.to_dict("records")
    bases = bases_of(statements, cohort.relations, indicator_table(cohort.indicators))
    clashing = {id_ for each in found for id_ in _clashing(each, rows, bases)}
    tested = {
        each["statements"][0]
        for each in found
        if each["check"].startswith("figure") and CANNOT_FAIL not in each["explanation"]
    }
    agreed = statements[~statements["id"].isin(clashing)]
    record = build(
        agreed,
        cohort.relations,
        indicator_table(cohort.indicators),
        assumed=False,
        bases=bases,
    )
    standing = [
        "in conflict" if each["id"] in clashing else _standing(each, rows, record, tested, bases)
        for each in rows
    ]
    return statements[["id", "where", "quantity", "reported"]].assign(standing=standing)


def _clashing(entry: dict, rows: Sequence[dict], bases: Bases) -> set[str]:
    """Ids of a conflict, without those that only give another of its figures a base."""
    if entry["verdict"] == "consistent":
        return set()
    taken = [each for each in rows if each["id"] in entry["statements"]]
    of = {name: base_of(parse(name), bases) for name in {each["quantity"] for each in taken}}
    needed = {base for name, above in of.items() for base in above if base != name}
    return {each["id"] for each in taken if each["quantity"] not in needed}


def _standing(
    each: dict,
    rows: Sequence[dict],
    record: Sequence[Statement],
    tested: Collection[str],
    bases: Bases,
) -> str:
    own = next((said for said in record if each["id"] in said.ids), None)
    if own is None:
        return "stated"
    if each["form"] == "count_percent" and not pd.isna(each["base_low"]):
        return "reproduced"
    alike = {
        r["id"] for r in rows if (r["quantity"], r["form"]) == (each["quantity"], each["form"])
    }
    if not each["vague"] and _follows(own, _without(record, alike)):
        return "reproduced"
    others = _without(record, {each["id"]})
    if each["id"] in tested or _is_held(own, others, bases):
        return "consistent"
    return "stated"


def _without(record: Sequence[Statement], ids: Collection[str]) -> list[Statement]:
    """The record without some ids; a statement of several ids stays while one of them does."""
    return [said for said in record if not said.ids or set(said.ids) - set(ids)]


def _follows(own: Statement, others: Sequence[Statement]) -> bool:
    """Whether the ranges that others leave its quantity lie within what it says."""
    box = propagate([row for each in others for row in each.rows])
    return box is not None and all(_inside(row, box) for row in own.rows)


def _inside(row: Row, box: Box) -> bool:
    if len(row.terms) > 1:
        return False
    low, high = box.get(row.terms[0][0], (0, None))
    met = row.low is None or low >= row.low
    return met and (row.high is None or (high is not None and high <= row.high))


def _is_held(own: Statement, others: Sequence[Statement], bases: Bases) -> bool:
    """Whether others leave its quantity less than all of its base."""
    box = propagate([row for each in others for row in each.rows]) or {}
    for name in own.quantities & box.keys():
        tops = [box.get(base, (0, None))[1] for base in base_of(parse(name), bases)]
        if box[name] not in [(0, top) for top in tops]:
            return True
    return False
