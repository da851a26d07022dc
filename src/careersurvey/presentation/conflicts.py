"""Figures that cannot all hold, for a reader: a question, the quotes, why, what would reconcile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.project import shared_data
from careersurvey.evidence.tables import read_written
from careersurvey.inference.record.audit import audit_figures, audit_scales
from careersurvey.presentation import labels, outputs, words
from careersurvey.presentation.published import estimate, for_this_report

#: What each verdict says of its figures.
SAYS = {"contradiction": "Cannot all be true", "tension": "Sit badly together"}


def cards(found: Iterable[Mapping[str, Any]], cohort: Cohort) -> pd.DataFrame:
    """Lay conflicts out for reading, contradictions first, a row each."""
    path = cohort.folder / "conflicts.csv"
    worded = read_written(path, _WORDED).set_index("check") if path.is_file() else pd.DataFrame()
    rows = []
    for entry in _clashing(found):
        own = worded.loc[entry["check"]].to_dict() if entry["check"] in worded.index else {}
        rows.append(_card(entry, cohort) | {name: said for name, said in own.items() if said})
    return pd.DataFrame(rows, columns=_CARD)


_WORDED = ("check", "question", "why", "reconciled")
_CARD = ["id", "verdict", "kind", "question", "figures", "why", "reconciled"]
#: What a verdict rests on.
_RESTS = {
    "": "however widely the words are read",
    "assumed": "if what is assumed below is so",
    "readings": "as the words are read here",
}


def _clashing(found: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [entry for entry in found if entry["verdict"] in SAYS and entry["sides"]]


def mark(labelled: pd.DataFrame, found: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Mark in a column ``contradicted`` the printed figures that take part in a contradiction."""
    hard = [entry for entry in _clashing(found) if entry["verdict"] == "contradiction"]
    ids = {name for entry in hard for side in _told(entry) for name in side["statements"]}
    return labelled.assign(contradicted=labelled["statements"].isin(ids))


def read_findings(cohort: Cohort, readings: str | Path | None = None, **how: Any) -> pd.DataFrame:
    """Estimate what a cohort says, name it for a reader, and mark what is contradicted."""
    found = for_this_report(estimate(cohort, readings=readings, **how))
    return mark(labels.label(found, cohort), audited(cohort, readings))


def audited(cohort: Cohort, readings: str | Path | None = None) -> list[dict]:
    """What the audit finds of a cohort's printed figures, worked out once a report."""
    return outputs.once(audit_figures, cohort, readings=readings)


def by_scale(cohort: Cohort) -> pd.DataFrame:
    """Count the conflicts on each scale of words: the declared one and those of others."""
    if cohort.evidence != "reported":
        return pd.DataFrame()
    scales = [None, *sorted(shared_data().glob("readings-*.csv"))]
    found = audit_scales(cohort, scales)
    names = [name.removeprefix("readings-").replace("-", " ").title() for name in found["readings"]]
    return found.assign(readings=[name or "As declared here" for name in names])


def _told(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Sides of a conflict without those that only give another of them its base."""
    bases = {side["base"] for side in entry["sides"]}
    return [side for side in entry["sides"] if side["quantity"] not in bases]


def _card(entry: Mapping[str, Any], cohort: Cohort) -> dict:
    return {
        "id": entry["id"],
        "verdict": entry["verdict"],
        "kind": f"{words.upper_first(entry['verdict'])}, {_RESTS[entry['rests_on']]}",
        "question": _question(entry, cohort),
        "figures": "\n".join(_in_words(_quoted(side, cohort)) for side in _told(entry)),
        "why": _why(entry),
        "reconciled": _reconciled(entry),
    }


def _question(entry: Mapping[str, Any], cohort: Cohort) -> str:
    """Ask what the figures cannot settle: one number or the other, or whether all can be."""
    told = _told(entry)
    quotes = dict.fromkeys(f"“{_quote(side)}”" for side in told)
    named = dict.fromkeys(_phrase(side["quantity"], cohort) for side in told)
    if len(named) == 1:
        return f"{words.upper_first(next(iter(named)))}: {words.listed(quotes, 'or')}?"
    said = [f"“{_quote(side)}” {_phrase(side['quantity'], cohort)}" for side in told]
    return f"Can it be that {words.listed(said)}?"


def _phrase(quantity: str, cohort: Cohort) -> str:
    indicator, _, category = quantity.partition(" @ ")[0].partition("=")
    known = cohort.indicators.get(indicator)
    if known is not None and not category:
        return words.within(known.label)
    return labels.phrase(cohort, indicator, category)


def quotes(found: Iterable[Mapping[str, Any]], cohort: Cohort) -> pd.DataFrame:
    """One row a figure of a conflict, in counts: what it reads as, and what the others leave it."""
    rows = [
        {"conflict": entry["id"], "verdict": entry["verdict"], **_quoted(side, cohort)}
        for entry in _clashing(found)
        for side in _told(entry)
    ]
    return pd.DataFrame(rows, columns=["conflict", "verdict", *_QUOTED])


_ENDS = ("low", "high", "others_low", "others_high")
_SHARE = ("share_low", "share_high")
_QUOTED = ["quote", "who", "label", "where", "statements", "form", *_ENDS, *_SHARE, "base_n"]


def _quoted(side: Mapping[str, Any], cohort: Cohort) -> dict:
    known = cohort.indicators.get(side["quantity"].partition("=")[0])
    first = cohort.reported.set_index("id").loc[side["statements"][0]]
    return {
        "quote": words.listed(f"“{quote}”" for quote in dict.fromkeys(side["quotes"])),
        "who": words.plural(known.unit) if known and "=" in side["quantity"] else "",
        "label": _phrase(side["quantity"], cohort),
        "where": words.places(side["where"]),
        "statements": ", ".join(side["statements"]),
        "form": first["form"],
        **{name: side[name] for name in (*_ENDS, *_SHARE, "base_n")},
    }


def _in_words(quoted: Mapping[str, Any]) -> str:
    reads = words.counts(*(_number(quoted[end]) for end in ("low", "high")))
    told = f", reads as {reads} of {quoted['base_n']:,}" if reads and quoted["base_n"] else ""
    said = f"{quoted['who']} {quoted['label']}".strip()
    return f"{quoted['quote']}: {said} ({quoted['where']}; {quoted['statements']}){told}"


def _number(count: int | None) -> float:
    return float("nan") if count is None else float(count)


def _why(entry: Mapping[str, Any]) -> str:
    said = [tie["because"].partition(" Undone")[0] for tie in entry["ties"] if tie["because"]]
    if said:
        return " ".join(words.upper_first(part) for part in dict.fromkeys(said))
    if entry["ties"]:
        return "Parts that make up one whole do not add to it."
    return "One number is printed in ways that no count meets together."


def _reconciled(entry: Mapping[str, Any]) -> str:
    undone = [
        words.upper_first(tie["because"].partition("Undone ")[2])
        for tie in entry["ties"]
        if "Undone " in tie["because"]
    ]
    wider = "A wider reading of the words would do." if entry["reconciled"] else ""
    said = " ".join(part for part in (*undone, wider) if part)
    return said or "No reading of these words, and nothing that is assumed: one of them is not so."


def sides(found: Iterable[Mapping[str, Any]], cohort: Cohort) -> pd.DataFrame:
    """One row a conflict: a figure in counts, and what the others leave it."""
    rows = [_drawn(entry, cohort) for entry in _clashing(found)]
    return pd.DataFrame(rows, columns=["label", "verdict", "quote", *_ENDS, "base_n", "where"])


def _drawn(entry: Mapping[str, Any], cohort: Cohort) -> dict:
    fit = [side for side in _told(entry) if _can_be_drawn(side)]
    if not fit:
        quotes = dict.fromkeys(_quote(side) for side in entry["sides"])
        side = entry["sides"][0] | dict.fromkeys((*_ENDS, "base_n"))
        quote = "” or “".join(quotes)
    else:
        side = min(fit, key=lambda one: (one["base_n"], one["others_high"] - one["others_low"]))
        quote = _quote(side)
    return {
        "label": _phrase(side["quantity"], cohort),
        "verdict": entry["verdict"],
        "quote": quote,
        **{name: side[name] for name in (*_ENDS, "base_n")},
        "where": "; ".join(place for one in entry["sides"] for place in one["where"]),
    }


def _quote(side: Mapping[str, Any]) -> str:
    return words.within(side["quotes"][0])


def _can_be_drawn(side: Mapping[str, Any]) -> bool:
    return bool(side["base_n"]) and all(side[name] is not None for name in _ENDS)


def describe(rows: pd.DataFrame) -> str:
    """Say every conflict, for those who hear the picture."""
    said = [_said(row) for _, row in rows.iterrows()]
    return f"{'; '.join(said)}." if said else "Nothing clashes."


def _said(row: pd.Series) -> str:
    told = f"{row['label']}: “{row['quote']}”"
    if pd.isna(row["base_n"]):
        return told
    own, left = (words.counts(row[f"{w}low"], row[f"{w}high"]) for w in ("", "others_"))
    return f"{told}, {own} of {row['base_n']:.0f}, where the others leave {left}"
