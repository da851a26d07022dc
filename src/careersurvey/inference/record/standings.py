"""Where every printed figure stands: reproduced, consistent, stated or in conflict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.readings import read
from careersurvey.evidence.printed.vocabulary import Vocabulary, load_readings
from careersurvey.inference.record.audit import audit_figures, clashing_in
from careersurvey.inference.record.conflicts import irreducible, is_pin
from careersurvey.inference.record.constraints import Record, Statement, read_record, rows_of
from careersurvey.inference.record.linear import Row
from careersurvey.inference.record.solver import Box, propagate

COLUMNS = (
    *("id", "where", "quantity", "reported", "standing", "verdict", "conflicts", "worked_from"),
    "tested_against",
)


def standings(
    cohort: Cohort, *, readings: str | Path | None = None, found: Sequence[dict] | None = None
) -> pd.DataFrame:
    """Say of every printed figure where it stands, a row each, as docs/record.md defines it."""
    found = audit_figures(cohort, readings=readings) if found is None else found
    record = read_record(cohort, readings=readings, assumed=False)
    in_conflict = clashes(found)
    held = [each for each in record.statements if not in_conflict.keys() & {*each.ids}]
    agreed = record.only(held)
    resting = _resting(agreed.printed, load_readings(readings))
    tested: dict[str, dict[str, None]] = defaultdict(dict)
    for entry in found:
        if entry["verdict"] == "consistent" and entry["can_fail"]:
            for id_ in entry["statements"]:
                tested[id_] |= dict.fromkeys(entry["statements"])
    rows = []
    for id_, figure in record.figures.items():
        taken = in_conflict.get(id_, [])
        standing, worked_from = _standing(figure, agreed, tested, resting)
        standing = "in conflict" if taken else standing
        verdict = taken[0]["verdict"] if taken else ""
        names = ", ".join(entry["id"] for entry in taken)
        # Its own id stands for its base alone.
        others = [one for one in tested[id_] if one != id_] or [*tested[id_]]
        against = others if standing == "consistent" else ()
        ids = (", ".join(each) for each in (figure["less"] or worked_from, against))
        rows.append([*(figure[name] for name in COLUMNS[:4]), standing, verdict, names, *ids])
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")


def clashes(found: Iterable[Mapping]) -> dict[str, list[Mapping]]:
    """Conflicts by id of a figure, contradictions first, as the audit lists them."""
    by_figure: dict[str, list[Mapping]] = defaultdict(list)
    for entry in (each for each in found if each["verdict"] != "consistent"):
        for id_ in clashing_in(entry):
            by_figure[id_].append(entry)
    return dict(by_figure)


def _standing(
    each: Mapping, agreed: Record, tested: Collection[str], resting: Collection[Statement]
) -> tuple[str, Collection[str]]:
    """Where a figure stands that is in no conflict, and what it is reproduced from."""
    own = next((said for said in agreed.printed if each["id"] in said.ids), None)
    if own is None:
        return "stated", ()
    if each["form"] == "count_percent" and each["base_low"] is not None:
        bases = {id_ for said in agreed.printed if said.about in own.bases for id_ in said.ids}
        return "reproduced", (each["id"], *sorted(bases))
    figures, key = agreed.figures.values(), (each["quantity"], each["form"])
    alike = {other["id"] for other in figures if (other["quantity"], other["form"]) == key}
    near = () if each["vague"] else _near(own, agreed, alike, resting)
    if near and not _is_open(own, near):
        needed = irreducible(near, can_hold=partial(_is_open, own))
        others = ([id_ for id_ in said.ids if id_ not in alike] for said in reversed(needed))
        return "reproduced", [ids[0] for ids in others if ids]
    # Words that rule next to nothing out pass every test.
    held = each["id"] in tested and (each["share_low"], each["share_high"]) != (0, 1)
    return "consistent" if held else "stated", ()


def _near(
    own: Statement, agreed: Record, ids: Collection[str], resting: Collection[Statement]
) -> list[Statement]:
    """Other statements around a figure; one of several ids stays while one does."""
    edge = [*own.quantities, *agreed.base_of(own.about)]
    reached, near = {*edge}, set[Statement]()
    for name in edge:
        said = [e for e in agreed.touching[name] if not e.ids or {*e.ids} - {*ids}]
        said = [each for each in said if own.about not in each.bases or each not in resting]
        said = [each for each in said if is_pin(each)] or said
        new = {name for each in said for name in each.quantities} - reached
        near.update(said)
        reached |= new
        edge += new
    order = (*reversed(agreed.printed), *agreed.ties)  # the last go first
    return [each for each in order if each in near]


def _resting(printed: Iterable[Statement], words: Vocabulary) -> set[Statement]:
    """Statements whose counts are taken of the number of a base, as those of a share are."""
    based = ((said, each) for said in printed if said.bases for each in said.figures)
    pairs = ((said, e, read(e["reported"], e["form"], vocabulary=words)) for said, e in based)
    return {said for said, e, free in pairs if free.counts != (e["count_low"], e["count_high"])}


def _is_open(own: Statement, near: Sequence[Statement]) -> bool:
    """Whether some statements leave more than what a figure says."""
    left = propagate(rows_of(near)) or {}
    return not left or not all(_is_inside(row, left) for row in own.rows)


def _is_inside(row: Row, box: Box) -> bool:
    """Whether the range of a row's one unknown lies within what the row says."""
    low, high = box.get(row.terms[0][0], (0, None))
    above = row.high is not None and (high is None or high > row.high)
    return len(row.terms) == 1 and low >= (row.low or 0) and not above
