"""Figures that cannot all hold, for a reader: what clashes, quotes, why, what would reconcile."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.project import shared_data
from careersurvey.evidence.tables import read_written
from careersurvey.inference.record.audit import (
    as_table,
    audit_figures,
    audit_scales,
    clashing_in,
    sides_of,
)
from careersurvey.inference.record.standings import clashes
from careersurvey.presentation import labels, outputs, sentences, words
from careersurvey.presentation.published import estimate, for_this_report

#: What each verdict says of its figures.
SAYS = {"contradiction": "Cannot all hold as worded", "tension": "Sit badly together"}


def cards(found: Iterable[Mapping[str, Any]], cohort: Cohort) -> pd.DataFrame:
    """Lay conflicts out for reading, contradictions first, a row each."""
    path, told = cohort.folder / "conflicts.csv", quotes(found, cohort)
    worded = read_written(path, _WORDED).set_index("check") if path.is_file() else pd.DataFrame()
    rows = []
    for entry in _clashing(found):
        own = worded.loc[entry["check"]].to_dict() if entry["check"] in worded.index else {}
        card = _card(entry, told[told["conflict"] == entry["id"]])
        rows.append(card | {name: said for name, said in own.items() if said})
    return pd.DataFrame(rows, columns=_CARD)


def say_sets(verdicts: Iterable[str]) -> str:
    """Say how many sets of figures clash, each kind counted apart."""
    hard, soft = _numbers(verdicts)
    said = [f"{hard} set{'s' * (hard != 1)} of figures cannot all hold as worded"] * bool(hard)
    what = "more" if hard else f"set{'s' * (soft != 1)} of figures"
    said += [f"{soft} {what} sit{'s' * (soft == 1)} badly together"] * bool(soft)
    return "; ".join(said)


def say_standings(standings: pd.DataFrame) -> str:
    """Say how many printed figures are contradicted, and how many in doubt."""
    hard, soft = _numbers(standings["verdict"])
    return f"{hard} of {len(standings):,} printed figures contradicted, {soft} in doubt"


def _numbers(verdicts: Iterable[str]) -> list[int]:
    """How many are of a contradiction, and how many of a tension alone."""
    return [*map(list(verdicts).count, SAYS)]


_WORDED = ("check", "clash", "why", "reconciled")
_CARD = ["id", "verdict", "kind", "clash", "figures", "why", "reconciled"]
#: What a verdict rests on.
_RESTS = {
    "": "however widely the words are read, if the same words mean the same",
    "assumed": "if what is assumed below is so",
    "readings": "as the words are read here",
}


def _clashing(found: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [entry for entry in found if entry["verdict"] in SAYS and entry["sides"]]


def mark(labelled: pd.DataFrame, found: Collection[Mapping[str, Any]]) -> pd.DataFrame:
    """Say of each printed figure in ``conflict`` which it is in: "contradicted: C3".

    And on which card its base is printed in ways that no count meets together. ``doubts`` has of
    each conflict its verdict, its card, and where the figures stand that this one clashes with.
    """
    of_figure = clashes(found)
    numbers = [e for e in found if e["verdict"] == "contradiction" and e["kind"] == "quantity"]
    of_base = {side["quantity"]: entry for entry in numbers for side in entry["sides"]}
    doubts = []
    for row in labelled.fillna({"statements": ""}).to_dict("records"):
        ids, base, number = row["statements"].split(", "), row.get("base_id"), row["base_n"]
        told = [*doubts_of(ids, of_figure).values()]
        if entry := of_base.get(base):
            told.append(("base contradicted", entry["id"], _against(entry, number=number)))
        doubts.append(told)
    return labelled.assign(conflict=[*map(_codes, doubts)], doubts=doubts)


def doubts_of(
    ids: Collection[str], of_figure: Mapping[str, Iterable[Mapping[str, Any]]]
) -> dict[str, tuple[str, str, str]]:
    """By card, the verdict on some figures and where those stand that they clash with."""
    own = {entry["id"]: entry for id_ in ids for entry in of_figure.get(id_, ())}
    return {id_: (labels.STANDS[e["verdict"]], id_, _against(e, ids=ids)) for id_, e in own.items()}


def _against(entry: Mapping[str, Any], ids: Collection[str] = (), number: float = math.nan) -> str:
    """Where the other sides of a conflict stand: without these ids, and not of this number."""
    sides = [
        one
        for one in sides_of(entry)
        if not {*one["statements"]} & {*ids} and (one["low"] != number or one["high"] != number)
    ]
    where = {place for one in sides for place in one["where"]}
    own = {place for one in sides_of(entry) if one not in sides for place in one["where"]}
    return words.listed(words.places(where - own or where).split("; ")) or "any whole number"


def _codes(doubts: Iterable[tuple[str, str, str]]) -> str:
    """Name the cards of a figure's conflicts by verdict: "contradicted: C3; in doubt: C5"."""
    cards: dict[str, list[str]] = {}
    for verdict, card, _ in doubts:
        cards.setdefault(verdict, []).append(card)
    return "; ".join(f"{verdict}: {', '.join(ids)}" for verdict, ids in cards.items())


def read_findings(cohort: Cohort, readings: str | Path | None = None, **how: Any) -> pd.DataFrame:
    """Estimate what a cohort says, name it for a reader, and mark what is in conflict."""
    found = for_this_report(estimate(cohort, readings=readings, **how))
    clashing = audited(cohort, readings)
    marked = mark(labels.label(found, cohort), clashing)
    said = cards(clashing, cohort).set_index("id")["clash"]
    told = ["\n".join(f"{id_}: {said[id_]}" for _, id_, _ in own) for own in marked["doubts"]]
    return marked.assign(clash=told)


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


def tests(found: Collection[Mapping[str, Any]]) -> pd.DataFrame:
    """The audit's tests by kind, each conflict named by the figures that stand in it."""
    own = {entry["id"]: clashing_in(entry) for entry in _clashing(found)}
    table = as_table([{**e, "statements": own.get(e["id"], e["statements"])} for e in found])
    return table.assign(test=[entry["kind"] for entry in found])


def _card(entry: Mapping[str, Any], quotes: pd.DataFrame) -> dict:
    return {
        "id": entry["id"],
        "verdict": entry["verdict"],
        "kind": f"{words.upper_first(entry['verdict'])}, {_RESTS[entry['rests_on']]}",
        "clash": _in_one_line(quotes),
        "figures": "\n".join(_in_words(quote) for _, quote in quotes.iterrows()),
        "why": _why(entry),
        "reconciled": _reconciled(entry),
    }


def _in_one_line(quotes: pd.DataFrame) -> str:
    """Say what clashes: two numbers of the same, or figures that would hold together."""
    quoted = [f"“{words.within(quote)}”" for quote in quotes["quote"]]
    named = list(dict.fromkeys(quotes["label"]))
    if len(named) == 1:
        return f"{words.upper_first(named[0])}: {words.listed(dict.fromkeys(quoted))}"
    said = map("".join, zip(quoted, quotes["said"], strict=True))
    return words.upper_first("; ".join(said))


def quotes(found: Iterable[Mapping[str, Any]], cohort: Cohort) -> pd.DataFrame:
    """One row a figure of a conflict, in counts: what it reads as, and what the others leave it."""
    printed = cohort.reported.set_index("id")
    rows = [
        {"conflict": entry["id"], "verdict": entry["verdict"], "whose": _whose_base(side, entry)}
        | _quoted(side, entry, cohort, printed)
        for entry in _clashing(found)
        for side in sides_of(entry)
    ]
    told = pd.DataFrame(rows, columns=[*_QUOTED, *_NUMBERS])
    return told.astype(dict.fromkeys(_NUMBERS, "float64"))


_ENDS = ("low", "high", "others_low", "others_high")
_NUMBERS = (*_ENDS, "share_low", "share_high", "base_n", "base_low", "base_high", "others_base")
_QUOTED = ["conflict", "verdict", "quote", "label", "said", "where", "statements", "form"]
_QUOTED += ["implied", "whose", "named"]


def _whose_base(side: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    """Say which other figures a base is worked out from that is not printed as a number."""
    base = side["base"]
    if side["base_n"] is not None or side["base_low"] is None:
        return ""
    ties = [tie for tie in entry["ties"] if base in (*tie["parts"], tie["whole"])]
    near = [base, *(name for tie in ties for name in (*tie["parts"], tie["whole"]))]
    tied = {name.partition("=")[0] for name in near}
    others = [each for each in sides_of(entry) if each is not side]
    given = [one["statements"] for one in others if one["quantity"].partition("=")[0] in tied]
    assumed = any(tie["strength"] == "assumed" for tie in ties)
    return f"{words.listed(id_ for ids in given for id_ in ids)}{', as is assumed' * assumed}"


def _quoted(
    side: Mapping[str, Any], entry: Mapping[str, Any], cohort: Cohort, printed: pd.DataFrame
) -> dict:
    indicator, _, category = side["quantity"].partition(" @ ")[0].partition("=")
    known = cohort.indicators.get(indicator)
    bare = known is not None and not category
    label = words.within(known.label) if bare else labels.phrase(cohort, indicator, category)
    who = f"{words.plural(known.unit)} {label}" if known and category else label
    own, parts = printed.loc[side["statements"][0]], side["worked_from"]
    joint = sentences.joined_by(side["quotes"][0], own["form"])
    if joint == ": " and own["form"] == "words":
        joint = ", read as how many "
    doubt = [id_ for id_ in parts if id_ in entry["statements"]]
    left = f": those whom {words.listed(parts)} leave over" * bool(parts)
    left += f", and as uncertain as {words.listed(doubt)}" * bool(doubt)
    return {
        "quote": "” and “".join(dict.fromkeys(side["quotes"])),
        "label": label,
        "named": who,
        "said": joint + who + left,
        "where": "; ".join(side["where"]),
        "statements": ", ".join(side["statements"]),
        "form": own["form"],
        "implied": own["base_from"] == "implied",
        **{name: side[name] for name in _NUMBERS},
    }


def _in_words(quote: pd.Series) -> str:
    where = f"{words.places([quote['where']])}; {quote['statements']}"
    told = f", {reads_as(quote)}" * bool(pd.notna(quote["base_low"]))
    return f"“{quote['quote']}”{quote['said']} ({where}){told}"


def reads_as(quote: pd.Series) -> str:
    """Say what a quote reads as, a count of its base; in a contradiction words are read widely."""
    reads = ends_of(quote, "")
    if not reads:
        shares = words.between(quote["share_low"], quote["share_high"])
        return f"{shares}, as read" * bool(shares)
    is_printed = quote["form"] in ("count", "date", "number") and quote["low"] == quote["high"]
    widely = " widely" * (quote["verdict"] == "contradiction" and quote["low"] < quote["high"])
    implied = ", base implied" * bool(quote["implied"] and pd.notna(quote["base_n"]))
    whose = f" (base from {quote['whose']})" * bool(quote["whose"])
    of = _of(quote["base_low"], quote["base_high"])
    return f"{reads}{of}{whose}{implied if is_printed else f', as read{widely}'}"


def left_by_others(quote: pd.Series) -> str:
    """Say what the others of its conflict leave a quote, of what they count; none is above it."""
    if pd.isna(quote["others_low"]):
        return ""
    counted = pd.notna(quote["others_base"])
    base = quote[["others_base"] * 2 if counted else ["base_low", "base_high"]]
    most, of = quote["others_high"], _of(*base)
    if counted and quote["others_base"] != quote["base_n"]:
        of = f" of the {quote['others_base']:,.0f} that they count"
    if (pd.isna(most) or most >= base.iloc[1]) and quote["others_low"] < base.iloc[1]:
        return f"{quote['others_low']:,.0f} or more{of}"
    return f"{ends_of(quote, 'others_')}{of}"


def _of(low: float, high: float) -> str:
    base = words.counts(low, high)
    return f" of {base}" if base else ""


def left_share(
    entry: Mapping[str, Any], ids: Iterable[str], category: str
) -> tuple[float, float] | None:
    """Least and greatest share that the others of a conflict leave a category that is printed."""
    for side in entry["sides"]:
        base, least = side["others_base"], side["others_low"]
        if not base or least is None or least > base or not {*side["statements"]} & {*ids}:
            continue
        most = base if side["others_high"] is None else min(side["others_high"], base)
        same = side["quantity"].partition("=")[2] == category
        return (least / base, most / base) if same else (1 - most / base, 1 - least / base)
    return None


def ends_of(quote: pd.Series, whose: str) -> str:
    """Say the counts, or the months, of a quote's own reading or of what the others leave it."""
    low, high = (quote[f"{whose}{end}"] for end in ("low", "high"))
    if quote["form"] != "date":
        return words.counts(low, high)
    return words.between(low, high, counted_in)


def counted_in(number: float, form: str = "date") -> str:
    """Write a count, or the month that a date is counted in."""
    months = int(number)
    return words.date(f"{months // 12}-{months % 12 + 1:02d}") if form == "date" else f"{months:,}"


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


def sides(cards: pd.DataFrame, quotes: pd.DataFrame) -> pd.DataFrame:
    """One row a card: of its quotes a figure in counts, and what the others leave it."""
    reads, left = (words.each(quotes, say) for say in (reads_as, left_by_others))
    of_each = quotes.assign(reads=reads, left=left).groupby("conflict")
    rows = [_tightest(of_each.get_group(id_)) for id_ in cards["id"]]
    columns = ["label", "verdict", "quote", *_ENDS, "base_n", "reads", "left", "others", "where"]
    told = pd.DataFrame(rows, columns=[*columns, "statements", "bar"], index=cards.index)
    named = cards["id"] + ". " + cards["clash"] + told.pop("bar")
    return told.assign(label=named).rename(columns={"statements": "entry"})


def _tightest(quotes: pd.DataFrame) -> pd.Series:
    """The figure that the others leave least; where none can be drawn, all of them as words."""
    where = "; ".join(quotes["where"])
    room = (quotes["others_high"] - quotes["others_low"]).where(quotes["base_n"].notna())
    if room.isna().all():
        quote = "” or “".join(dict.fromkeys(map(words.within, quotes["quote"])))
        blank = dict.fromkeys((*_ENDS, "base_n")) | dict.fromkeys(
            ("reads", "left", "others", "bar"), ""
        )
        return pd.Series({**quotes.iloc[0], **blank, "quote": quote, "where": where})
    ordered = quotes.assign(room=room).sort_values(["base_n", "room"], kind="stable")
    row = ordered.iloc[0]
    most = min(row["others_high"], row["others_base"])
    others = words.listed(quotes.loc[quotes.index != row.name, "statements"])
    told = {"quote": words.within(row["quote"]), "others": others, "where": where}
    told["bar"] = f". Bar: how many {row['named']}"
    return pd.Series({**row, **told, "others_high": most})


#: Conflicts for reading, a row each.
TOLD: words.Columns = {
    **{"conflict": "label", "verdict": "verdict", "quote": "quote", "reads as": "reads"},
    "the others leave": "left",
    "where": lambda row: words.places([row["where"]]),
}


def describe(rows: pd.DataFrame) -> str:
    """Say every conflict, for those who hear the picture."""
    return sentences.listed(
        (
            f"{label}: “{quote}”{f', {reads}, where the others leave {left}' * bool(left)}"
            for label, quote, reads, left in rows[["label", "quote", "reads", "left"]].to_numpy()
        ),
        "Nothing clashes.",
    )
