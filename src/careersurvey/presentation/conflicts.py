"""Figures that cannot all hold, for a reader: what clashes, quotes, why, what would reconcile."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.readings import read
from careersurvey.evidence.project import shared_data
from careersurvey.inference.printed import join_limits_on_bases
from careersurvey.inference.record.audit import as_table, audit_figures, clashing_in, sides_of
from careersurvey.inference.record.standings import clashes, standings
from careersurvey.presentation import labels, outputs, sentences, words
from careersurvey.presentation.published import estimate, for_this_report
from careersurvey.presentation.standing import OF_VERDICT, ON_CARDS, Doubt, cards_of


def _clashing(found: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [entry for entry in found if entry["verdict"] in OF_VERDICT and entry["sides"]]


# ---- what is found of a cohort, worked out once a report ----------------------------------------


def read_findings(cohort: Cohort, readings: str | Path | None = None, **how: Any) -> pd.DataFrame:
    """Estimate what a cohort says, name it for a reader, and mark what is in conflict."""
    return for_this_report(read_all(cohort, readings, **how))


def read_all(cohort: Cohort, readings: str | Path | None = None, **how: Any) -> pd.DataFrame:
    """Read those too that a report was not asked for; of print how each stands, and by what."""
    found = labels.label(estimate(cohort, readings=readings, **how), cohort)
    marked = mark(found, in_conflict(cohort, readings))
    if cohort.evidence != "reported":
        return marked
    held = how_each_stands(cohort, readings)[
        ["standing", "stands", "worked_from", "tested_against"]
    ]
    return marked.assign(**{name: marked["statements"].map(held[name]) for name in held})


def audited(cohort: Cohort, readings: str | Path | None = None) -> list[dict]:
    """What the audit finds of a cohort's printed figures, worked out once a report."""
    return outputs.once(audit_figures, cohort, readings=readings)


def in_conflict(cohort: Cohort, readings: str | Path | None = None) -> list[dict]:
    """The conflicts of it, each with what its card says that clashes, and why."""
    found = audited(cohort, readings)
    told = cards(found, cohort).set_index("id")[["clash", "why", "given"]]
    own = told.assign(clash=told["clash"] + told["given"]).to_dict("index")
    return [{**entry, **own[entry["id"]]} for entry in _clashing(found)]


def how_each_stands(cohort: Cohort, readings: str | Path | None = None) -> pd.DataFrame:
    """Where each figure stands, by its id; ``stands`` names the hardest verdict on a conflict."""
    found = audited(cohort, readings)
    held = outputs.once(standings, cohort, readings=readings, found=found)
    held = held.set_index("id", drop=False)
    named = held["verdict"].map({verdict: one.name for verdict, one in OF_VERDICT.items()})
    return held.assign(stands=named.fillna(held["standing"]))


def dated_credit(cohort: Cohort) -> labels.Credit:
    """Say where a cohort's figures come from, and of its fieldwork every month that is printed."""
    known, months = labels.credit(cohort), dict[str, set[float]]()
    for entry in audited(cohort) if cohort.evidence == "reported" else ():
        for side in entry["sides"] if entry["verdict"] == "contradiction" else ():
            months.setdefault(side["quantity"], set()).update({side["low"], side["high"]} - {None})
    ends = [*cohort.about.fieldwork.split("/") * 2][:2]
    for name, end in zip(("fieldwork_start", "fieldwork_end"), ends, strict=True):
        if said := [counted_in(month) for month in sorted(months.get(name, ()))]:
            either = words.listed([one.removesuffix(said[-1][-5:]) for one in said], "or")
            told = f"{either}{said[-1][-5:]}".join(known.when_where.rsplit(words.date(end), 1))
            known = replace(known, when_where=told)
    return known


def by_scale(cohort: Cohort) -> pd.DataFrame:
    """Count the conflicts on each scale of words: the declared one and those of others."""
    if cohort.evidence != "reported":
        return pd.DataFrame()
    declared = audited(cohort)
    on_scale = {"As declared here": declared}
    for scale in sorted(shared_data().glob("readings-*.csv")):
        name = scale.stem.removeprefix("readings-").replace("-", " ").title()
        on_scale[name] = audited(cohort, scale)
    more_widely = "As declared here, each conflict read more widely"
    on_scale[more_widely] = [entry for entry in declared if not entry["reconciled"]]
    rows = []
    for name, found in on_scale.items():
        left = _clashing(found)
        numbers = [[entry["verdict"] for entry in left].count(verdict) for verdict in OF_VERDICT]
        rows.append([name, *numbers, "; ".join(tests(left)["statements"])])
    columns = ["readings", "contradictions", "tensions", "statements"]
    return pd.DataFrame(rows, columns=columns)


def tests(found: Collection[Mapping[str, Any]]) -> pd.DataFrame:
    """The audit's tests by kind, each conflict named by the figures that stand in it."""
    own = {entry["id"]: clashing_in(entry) for entry in _clashing(found)}
    table = as_table([{**e, "statements": own.get(e["id"], e["statements"])} for e in found])
    said = table["explanation"].str.replace(r"^\S+ (?=“)", "", regex=True)  # its place has a column
    return table.assign(test=[entry["kind"] for entry in found], explanation=said)


# ---- the conflicts of a figure -------------------------------------------------------------------


def mark(labelled: pd.DataFrame, found: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Name the conflicts of each printed figure, and of its base, by each of `ON_CARDS`."""
    contradictions = [entry for entry in found if entry["verdict"] == "contradiction"]
    hard = [(side, entry) for entry in contradictions for side in sides_of(entry)]
    of_figure = clashes(found)
    rows = labelled.fillna({"statements": ""}).to_dict("records")
    doubts = [_doubts(row, of_figure, hard) for row in rows]
    cards = pd.DataFrame(map(cards_of, doubts), labelled.index, ON_CARDS)
    said = ([f"{one.card}: {one.entry['clash']}" for one in own if one.stays] for own in doubts)
    marked = labelled.assign(
        **cards,
        doubts=doubts,
        clash=[*map("\n".join, said)],
        bases=[_bases(row, hard) for row in rows],  # what a contradicted base may be
    )
    return join_limits_on_bases(marked)


def given(entry: Mapping[str, Any]) -> str:
    """Say under what figures contradict each other, where it is not one number printed twice."""
    same = entry["verdict"] == "contradiction" and entry["ties"]
    return ", if their terms mean the same" if same else ""


#: Each side of a contradiction, with its conflict.
_Hard = Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]


def _doubts(row: Mapping[str, Any], of_figure: Mapping[str, list], hard: _Hard) -> list[Doubt]:
    """The conflicts of a figure, and the contradictions of its base."""
    ids = row["statements"].split(", ")
    told = {}
    for entry in (entry for id_ in ids for entry in of_figure.get(id_, ())):
        name, card = OF_VERDICT[entry["verdict"]].name, entry["id"]
        stays = name != "in doubt" or not (entry["reconciled"] or _is_base(entry, ids))
        told[card] = Doubt(name, card, _against(entry, ids=ids), entry, stays)
    of_base = {entry["id"]: entry for side, entry in hard if side["quantity"] == row.get("base_id")}
    for card, entry in of_base.items():
        where = _against(entry, number=row["base_n"])
        told[f"base, {card}"] = Doubt("base contradicted", card, where, entry)
    return [*told.values()]


def _is_base(entry: Mapping[str, Any], ids: Collection[str]) -> bool:
    """Whether some figures are in a conflict only as what others of it are of."""
    sides = sides_of(entry)
    tied = {name for tie in entry["ties"] for name in (*tie["parts"], tie["whole"])}
    apart = {name.partition("=")[0] for name in tied}
    own = {side["quantity"] for side in sides if {*side["statements"]} & {*ids}}
    bases = {side["base"] for side in sides if side["base"] != side["quantity"]}
    return own <= bases and not apart & {name.partition("=")[0] for name in own}


def _bases(row: Mapping[str, Any], hard: _Hard) -> tuple[int, ...]:
    """The numbers that a contradicted base may be, of a share that is one count on all of them."""
    sides = [side for side, _ in hard if side["quantity"] == row.get("base_id")]
    is_open = any(side["low"] != side["high"] for side in sides)
    if is_open or row.get("form") not in ("percent", "fraction", "words"):
        return ()
    numbers = sorted({side["low"] for side in sides})
    meant = {read(row["wording"], row["form"], number).counts for number in numbers}
    return tuple(numbers) if len(numbers) > 1 and len(meant) == 1 else ()


def _against(entry: Mapping[str, Any], ids: Collection[str] = (), number: float = math.nan) -> str:
    """Where the other sides of a conflict stand: without these ids, and not of this number."""
    if entry["kind"] == "figure":
        return f"its own base, {entry['sides'][0]['base_n']:,}"
    sides = [
        one
        for one in sides_of(entry)
        if not {*one["statements"]} & {*ids} and (one["low"] != number or one["high"] != number)
    ]
    where = {place for one in sides for place in one["where"]}
    own = {place for one in sides_of(entry) if one not in sides for place in one["where"]}
    told = words.listed(words.places(sorted(where - own or where)).split("; ")) + given(entry)
    one_number = ids and entry["kind"] == "quantity" and entry["verdict"] == "contradiction"
    quotes = dict.fromkeys(f"“{quote}”" for one in sides for quote in one["quotes"])
    return f"{told}: {words.listed(quotes, 'or')}" if one_number else told


# ---- the figures of a conflict, and what is said of each ----------------------------------------

_ENDS = ("low", "high", "others_low", "others_high")
_NUMBERS = (*_ENDS, "share_low", "share_high", "base_n", "base_low", "base_high", "others_base")
_QUOTED = ["conflict", "verdict", "quote", "label", "said", "where", "statements", "form"]
_QUOTED += ["at", "implied", "remainder"]


def quotes(found: Iterable[Mapping[str, Any]], cohort: Cohort) -> pd.DataFrame:
    """One row a figure of a conflict, in counts: what it reads as, and what the others leave it."""
    rows = [_quoted(side, e, cohort) for e in _clashing(found) for side in sides_of(e)]
    told = pd.DataFrame(rows, columns=[*_QUOTED, *_NUMBERS])
    told = told.astype(dict.fromkeys(_NUMBERS, "float64"))
    says = {"reads": words.each(told, reads_as), "left": words.each(told, left_by_others)}
    return told.assign(**says)


def _quoted(side: Mapping[str, Any], entry: Mapping[str, Any], cohort: Cohort) -> dict:
    indicator, _, category = side["quantity"].partition(" @ ")[0].partition("=")
    known = cohort.indicators.get(indicator)
    bare = known is not None and not category
    label = words.within(known.label) if bare else labels.phrase(cohort, indicator, category)
    who = f"{words.plural(known.unit)} {label}" if known and category else label
    own = cohort.reported.set_index("id").loc[side["statements"][0]]
    joint = sentences.joined_by(side["quotes"][0], own["form"])
    if joint == ": " and own["form"] == "words":
        joint = ", read as how many "
    others = len(side["worked_from"])
    return {
        "conflict": entry["id"],
        "verdict": entry["verdict"],
        "quote": "” and “".join(dict.fromkeys(side["quotes"])),
        "label": label,
        "said": joint + who + (f": those left after the other {others} groups" if others else ""),
        "where": "; ".join(side["where"]),
        "statements": ", ".join(side["statements"]),
        "at": f"{words.places(side['where'])}; {', '.join(side['statements'])}",
        "form": own["form"],
        "implied": own["base_from"] == "implied",
        "remainder": bool(others),
        **{name: side[name] for name in _NUMBERS},
    }


def reads_as(quote: pd.Series) -> str:
    """Say what a quote reads as, a count of its base; in a contradiction words are read widely."""
    reads = _counts(quote, "")
    if not reads:
        write = words.number if quote["form"] == "number" else words.share
        shares = words.between(quote["share_low"], quote["share_high"], write)
        return f"{shares}, as read" if shares else ""
    is_printed = quote["form"] in ("count", "date", "number") and quote["low"] == quote["high"]
    widely = (
        " widely" if quote["verdict"] == "contradiction" and quote["low"] < quote["high"] else ""
    )
    known, of = pd.notna(quote["base_n"]), words.counts(quote["base_low"], quote["base_high"])
    whose = " (base worked out from the others)" if of and not known else ""
    implied = ", base implied" if quote["implied"] and known else ""
    how = implied if is_printed else f", as read{widely}"
    return f"{reads}{f' of {of}' if of else ''}{whose}{how}"


def left_by_others(quote: pd.Series) -> str:
    """Say what the others of its conflict leave a quote, of what they count; none is above it."""
    if pd.isna(quote["others_low"]):
        return ""
    least, base, counted = quote["base_low"], quote["base_high"], quote["others_base"]
    if pd.notna(counted):
        least = base = counted
    of = f" of {words.counts(least, base)}" if pd.notna(base) else ""
    if pd.notna(counted) and base != quote["base_n"]:
        of = f" of the {base:,.0f} that they count"
    most = quote["others_high"]
    is_least = (pd.isna(most) or most >= base) and quote["others_low"] < base
    told = f"{quote['others_low']:,.0f} or more" if is_least else _counts(quote, "others_")
    # Of a remainder not always its number clashes, but that it is all that is left over.
    may_be = quote["others_low"] <= quote["high"] and (is_least or quote["low"] <= most)
    by_itself = quote["remainder"] and may_be
    return "not tested by itself: it is what the other groups leave" if by_itself else f"{told}{of}"


def _counts(quote: pd.Series, whose: str) -> str:
    """Say the counts, or the months, of a quote's own reading or of what the others leave it."""
    low, high = (quote[f"{whose}{end}"] for end in ("low", "high"))
    date = quote["form"] == "date"
    return words.between(low, high, counted_in) if date else words.counts(low, high)


def counted_in(number: float) -> str:
    """Write the month that a date is counted in."""
    months = int(number)
    return words.date(f"{months // 12}-{months % 12 + 1:02d}")


# ---- its card, and its row in a picture ---------------------------------------------------------

_CARD = ["id", "verdict", "given", "kind", "clash", "figures", "why", "reconciled", "drawn"]
_CARD += ["widely"]  # what wider reading of the words reconciles them


def cards(found: Iterable[Mapping[str, Any]], cohort: Cohort) -> pd.DataFrame:
    """Lay conflicts out for reading, contradictions first, a row each."""
    worded, told = cohort.conflicts.set_index("check"), quotes(found, cohort)
    rows = []
    for entry in _clashing(found):
        own = worded.loc[entry["check"]] if entry["check"] in worded.index else {}
        quoted = told[told["conflict"] == entry["id"]]
        says = {"clash": _clash(quoted), **_why(entry), "drawn": ""}
        card = {name: own.get(name) or said for name, said in says.items()}
        card |= {"id": entry["id"], "verdict": entry["verdict"], "given": given(entry)}
        name = "no whole number" if entry["kind"] == "figure" else OF_VERDICT[entry["verdict"]].name
        kind = f"{words.upper_first(name)}{card['given']}"
        card["kind"] = ". ".join(filter(None, (kind, card["widely"])))
        rows.append(card | {"figures": "\n".join(words.each(quoted, _figure))})
    return pd.DataFrame(rows, columns=_CARD)


def _figure(quote: pd.Series) -> str:
    told = f", {quote['reads']}" if pd.notna(quote["base_low"]) else ""
    return f"“{quote['quote']}”{quote['said']} ({quote['at']}){told}"


def _clash(quotes: pd.DataFrame) -> str:
    """Say what clashes: two numbers of the same, or figures that would hold together."""
    quoted = "“" + quotes["quote"] + "”"
    if len(set(quotes["label"])) == 1:
        return f"{words.upper_first(quotes['label'].iloc[0])}: {words.listed(quoted.unique())}"
    return words.upper_first("; ".join(quoted + quotes["said"]))


def _why(entry: Mapping[str, Any]) -> dict[str, str]:
    """Say why the figures of a conflict clash, and what would reconcile them."""
    because = [tie["because"].partition("Undone ") for tie in entry["ties"]]
    why = _once(tied for tied, _, _ in because)
    undone = _once(undone for _, _, undone in because)
    if entry["ties"]:
        bare = "Parts that make up one whole do not add to it."
    else:
        bare = "One number is printed in ways that no count meets together."
    never = "No reading of these words, and nothing that is assumed: one of them is not so."
    wider = _widely(entry)
    return {"why": why or bare, "reconciled": undone or wider or never, "widely": wider}


def _widely(entry: Mapping[str, Any]) -> str:
    """Say what count of a figure, its words read widely, would by itself reconcile a conflict."""
    own = (one for one in sides_of(entry) if one.get("fits") and not one["worked_from"])
    fits = [
        f"“{words.within(one['quotes'][0])}” may be {one['fits']:,} of {one['base_n']:,}"
        for one in own
    ]
    told = (
        f"Fits if {words.listed(fits, 'or')}." if fits else "A wider reading of the words would do."
    )
    return told if entry["reconciled"] else ""


def _once(sentences: Iterable[str]) -> str:
    """Sentences after each other, those that are said twice once."""
    said = (words.upper_first(one.strip()) for one in sentences if one)
    return " ".join(dict.fromkeys(said))


def sides(cards: pd.DataFrame, quotes: pd.DataFrame) -> pd.DataFrame:
    """One row a card: the figure that it speaks of, and what the others leave; last what goes."""
    of_each = quotes.groupby("conflict")
    rows = [_spoken_of(of_each.get_group(card.id), card.drawn) for card in cards.itertuples()]
    columns = ["label", "verdict", "quote", *_ENDS, "base_n", "reads", "left", "others", "where"]
    told = pd.DataFrame(rows, columns=[*columns, "statements"], index=cards.index)
    named, alone = cards["id"] + ". " + cards["clash"], ~cards["figures"].str.contains("\n")
    told = told.assign(label=named, alone=alone, given=cards["given"], widely=cards["widely"] != "")
    return labels.in_order(told.rename(columns={"statements": "entry"}), told["widely"])


def _spoken_of(quotes: pd.DataFrame, drawn: str) -> pd.Series:
    """The figure that a card names to be drawn; else that of the least base that is left least."""
    where = "; ".join(quotes["where"])
    known = quotes[quotes["others_low"].notna() & quotes["base_high"].notna()]
    if known.empty:  # as words alone
        quote = " or ".join(f"“{one}”" for one in dict.fromkeys(quotes["quote"]))
        blank = dict.fromkeys((*_ENDS, "base_n"))
        blank |= dict.fromkeys(("reads", "left", "others"), "")
        return pd.Series({**quotes.iloc[0], **blank, "quote": quote, "where": where})
    base = known["base_n"].fillna(known["base_high"])
    most = known[["others_high", "others_base"]].min(axis=1)
    apart = known["statements"].map(lambda ids: drawn not in ids.split(", "))
    told = known.assign(others_high=most.fillna(base), base_n=base)
    told["quote"] = "“" + known["quote"] + "”"
    room = told["others_high"] - told["others_low"]
    row = labels.in_order(told, apart, base, room).iloc[0]
    others = words.listed(quotes.loc[quotes.index != row.name, "statements"])
    return pd.Series({**row, "others": others, "where": where})


#: Conflicts for reading, a row each.
TOLD: words.Columns = {
    "conflict": "label",
    "verdict": "verdict",
    "quote": "quote",
    "reads as": "reads",
    "the others leave": "left",
    "where": "where",
}


def heard(row: pd.Series) -> str:
    """Say a conflict, for those who hear the picture."""
    both = f", {row['reads']}, where the others leave {row['left']}" if row["left"] else ""
    return f"{row['label']}: {row['quote']}{both}"
