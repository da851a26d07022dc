"""Figures that cannot all hold, for a reader: a question, the quotes, why, what would reconcile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.presentation import labels, words

#: What each verdict says of its figures.
SAYS = {"contradiction": "Cannot all be true", "tension": "Sit badly together"}


def cards(found: Iterable[Mapping[str, Any]], cohort: Cohort) -> pd.DataFrame:
    """Lay conflicts out for reading, contradictions first, a row each.

    Parameters
    ----------
    found : iterable of dict
        What the audit returned.
    cohort : Cohort
        Whose printed figures they are.

    Returns
    -------
    DataFrame
        Text: ``id``; ``verdict``; ``question``; ``figures`` (each quote with its place, what it
        reads as and its statements), one a line; ``why`` (what ties them); ``reconciled`` (what
        would undo the tie, or that nothing declared would).
    """
    return pd.DataFrame([_card(entry, cohort) for entry in _clashing(found)], columns=_CARD)


_CARD = ["id", "verdict", "question", "figures", "why", "reconciled"]


def _clashing(found: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [entry for entry in found if entry["verdict"] in SAYS and entry["sides"]]


def _card(entry: Mapping[str, Any], cohort: Cohort) -> dict:
    return {
        "id": entry["id"],
        "verdict": entry["verdict"],
        "question": question(entry, cohort),
        "figures": "\n".join(_figure(side, cohort) for side in entry["sides"]),
        "why": why(entry),
        "reconciled": reconciled(entry),
    }


def question(entry: Mapping[str, Any], cohort: Cohort) -> str:
    """Ask what the figures of a conflict cannot settle: "“43”, or “42”?"."""
    quotes = [f"“{words.within(side['quotes'][0])}”" for side in entry["sides"]]
    named = dict.fromkeys(_phrase(side["quantity"], cohort) for side in entry["sides"])
    if len(named) == 1:
        asked = next(iter(named))
        return f"{words.upper_first(asked)}: {words.listed(dict.fromkeys(quotes), 'or')}?"
    both = [
        f"{quote} {phrase}" for quote, phrase in zip(quotes, _phrases(entry, cohort), strict=True)
    ]
    return f"Can it be that {words.listed(both[:3])}?"


def _phrases(entry: Mapping[str, Any], cohort: Cohort) -> list[str]:
    return [_phrase(side["quantity"], cohort) for side in entry["sides"]]


def _phrase(quantity: str, cohort: Cohort) -> str:
    name = quantity.partition(" @ ")[0]
    indicator, _, category = name.partition("=")
    known = cohort.indicators.get(indicator)
    if known is not None and not category:
        return words.within(known.label)
    return labels.phrase(cohort, indicator, category)


def _figure(side: Mapping[str, Any], cohort: Cohort) -> str:
    quotes = words.listed(f"“{quote}”" for quote in dict.fromkeys(side["quotes"]))
    reads = words.counts(_number(side["low"]), _number(side["high"]))
    base = f" of {side['base_n']:,}" if reads and side["base_n"] else ""
    told = f", reads as {reads}{base}" if reads and reads not in side["quotes"] else ""
    ids = ", ".join(side["statements"])
    return (
        f"{quotes} {_phrase(side['quantity'], cohort)} ({words.places(side['where'])}; {ids}){told}"
    )


def _number(count: int | None) -> float:
    return float("nan") if count is None else float(count)


def why(entry: Mapping[str, Any]) -> str:
    """Say what ties the figures of a conflict: the relations, and how strong they are."""
    tied = [tie for tie in entry["ties"] if tie["says"]]
    if not tied:
        return "One number is printed in several ways that no count meets together."
    said = [
        f"{tie['because'].partition(' Undone')[0].rstrip('.')}"
        if tie["because"]
        else f"always, {tie['says']}"
        for tie in tied
    ]
    return words.upper_first(f"{'; '.join(dict.fromkeys(said))}.")


def reconciled(entry: Mapping[str, Any]) -> str:
    """Say what would reconcile the figures: what undoes the tie, or a wider reading."""
    undone = [
        words.upper_first(tie["because"].partition("Undone ")[2])
        for tie in entry["ties"]
        if "Undone " in tie["because"]
    ]
    wider = "A wider reading of the words would do." if entry["reconciled"] else ""
    said = " ".join(part for part in (*undone, wider) if part)
    return said or "No reading of these words, and nothing that is assumed: one of them is not so."


def sides(found: Iterable[Mapping[str, Any]], cohort: Cohort) -> pd.DataFrame:
    """One row a conflict: a figure in counts, and what the others leave it.

    Parameters
    ----------
    found : iterable of dict
        What the audit returned.
    cohort : Cohort

    Returns
    -------
    DataFrame
        ``label``, ``verdict``, ``quote``, ``low``, ``high``, ``others_low``, ``others_high``,
        ``base_n``, ``where``; of each conflict the figure on the smallest known base that the
        others leave the narrowest range. A conflict without counts has its quotes alone.
    """
    rows = [_drawn(entry, cohort) for entry in _clashing(found)]
    return pd.DataFrame(rows, columns=["label", "verdict", "quote", *_ENDS, "base_n", "where"])


_ENDS = ("low", "high", "others_low", "others_high")


def _drawn(entry: Mapping[str, Any], cohort: Cohort) -> dict:
    fit = [side for side in entry["sides"] if _can_be_drawn(side)]
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
