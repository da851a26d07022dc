"""What a reader should know first: five to eight sentences, computed and ranked by weight."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from careersurvey.evidence.cohort import MAKE_UP, Cohort
from careersurvey.evidence.tables import SHARES
from careersurvey.evidence.text import so_many
from careersurvey.presentation import changes, compared, labels, sentences, titles, words
from careersurvey.presentation.standing import OF_VERDICT

MOST, LEAST = 8, 5
#: What a finding weighs by how it stands beside the rest of its report.
STANDING = {"reproduced": 1.0, "consistent": 1.0, "stated": 0.9, "in conflict": 0.75}
#: A further sentence of a section weighs half of the one before it.
AGAIN = 0.5
#: A base of unknown number: part of those who were asked, as far as anybody knows.
UNKNOWN_BASE = 0.5
FAINT = 0.1
COLUMNS = ["sentence", "linked", "statements", "where", "indicator", "category", "about"]
COLUMNS += ["weight", "why"]


def summary(
    rows: pd.DataFrame,
    *,
    standings: pd.DataFrame | None = None,
    changed: pd.DataFrame | None = None,
    most: int = MOST,
    led: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say what matters most in at most so many sentences, what has changed before what was found.

    A finding weighs by its size (how far its share lies from an even one), by what its wording or
    interval leaves open, by how much of those surveyed it speaks of, and by its standing: never by
    a p. A section's second sentence weighs half, so that no section crowds out the others. What has
    changed is told as a change or not at all. The rows that a section is `led` by, since they
    answer its heading, are told before the rest, in their order.
    """
    clear = pd.DataFrame(columns=COLUMNS) if changed is None else _clear(changed)
    known = set(clear[["indicator", "category"]].itertuples(index=False, name=None))
    first = [] if changed is None else changes.counted(changed)
    first += words.each(clear[clear["leads"]], changes.told) if len(clear) else []
    if led is not None:
        first += words.each(led[led["shown"]], sentences.told)
        rows = rows[~rows["indicator"].isin(led["indicator"])]
    weighed = _weighed(rows, standings) if len(rows) else rows
    found = _most_telling(weighed, known, len(first), most)
    rest = [sentences.told(row) | {"weight": row["weight"]} for row in found]
    told = pd.DataFrame([*first, *rest], columns=COLUMNS)
    told.attrs["level"] = rows["level"].max() if len(rows) else None
    return told


def _most_telling(
    weighed: pd.DataFrame, known: Collection[tuple[str, str]], before: int, most: int
) -> list[pd.Series]:
    """The weightiest finding of each indicator not `known`, what most are of first; none faint."""
    chosen: list[pd.Series] = []
    units = weighed["unit"].value_counts(sort=False)
    taken: dict[str, int] = {}
    while len(weighed) and before + len(chosen) < most:
        weight = weighed["weight"] * AGAIN ** weighed["section"].map(taken).fillna(0)
        best = weighed.loc[weight.idxmax()]
        if weight.max() < FAINT and before + len(chosen) >= min(LEAST, most - 2):
            break
        weighed = weighed[weighed["indicator"] != best["indicator"]]
        if (best["indicator"], best["category"]) not in known:
            taken[best["section"]] = taken.get(best["section"], 0) + 1
            best["weight"] = float(weight.max())
            chosen.append(best)
    return sorted(chosen, key=lambda row: (row["unit"] != units.idxmax(), -row["weight"]))


def _weighed(rows: pd.DataFrame, standings: pd.DataFrame | None) -> pd.DataFrame:
    """Weigh what is of everyone, leaves something ruled out and, if anything was, was judged."""
    fit = rows["shown"] & ~titles.says_little(rows) & rows["domain"].eq("all")
    fit &= rows["section"].ne(MAKE_UP) & (rows["side"].ne("") | rows["side"].eq("").all())
    fit &= rows["measure"].isin(SHARES) & rows["estimate_low"].notna()
    one = labels.one_side(rows)
    told = labels.narrowest(one[fit[one.index]])
    if told["side"].eq("").all():
        told = titles.most_given(told)
    most = rows.groupby("unit")["base_n"].max()
    part = (told["base_n"] / told["unit"].map(most)).astype("Float64").fillna(UNKNOWN_BASE)
    weight = titles.telling(told) * part.astype(float)
    weight[words.which(told, sentences.is_unsure)] *= FAINT
    if standings is not None and len(standings):
        standing = standings.set_index("id")["standing"].map(STANDING)
        weight *= told["statements"].map(standing).fillna(1.0).astype(float)
    return told.assign(weight=weight)[~titles.of_occasions(told)]


def _clear(changed: pd.DataFrame) -> pd.DataFrame:
    """The clear changes, better and worse first; at most half of a summary leads, some a kind."""
    clear = changed[changed["kind"].isin(compared.CLEAR) & changed["measure"].isin(SHARES)]
    order = clear.assign(sure=clear["marks"] == "", judged=clear["kind"].isin(compared.CLEAR[:2]))
    order = order.sort_values(["sure", "judged", "size"], ascending=False, kind="stable")
    first = order.drop_duplicates("kind")
    kept = pd.concat([first, order.drop(first.index)]).head(MOST // 2).index
    return order.assign(leads=order.index.isin(kept))


def pictured(rows: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Pick the rows that a summary tells, to be drawn as it does; none of less than three."""
    named = told[told["indicator"] != ""]
    drawn = as_told(labels.findings(rows, *named["indicator"] + "=" + named["category"]), told)
    return drawn if len(drawn) > 2 else drawn[:0]


def as_told(rows: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Weigh rows by the order in which a summary tells them, so that its first is their title."""
    order = [*zip(told["indicator"], told["category"], strict=True)][::-1]
    each = zip(rows["indicator"], rows["category"], strict=True)
    return rows.assign(weight=[order.index(one) + 1 if one in order else 0 for one in each])


def careful(
    cohort: Cohort, rows: pd.DataFrame, found: Collection[Mapping[str, Any]]
) -> list[tuple[str, str, str]]:
    """Say what to be careful about, of answers or of what the audit found.

    Each is a claim, its reason, and the anchor on a report's page of what it rests on.
    """
    about, units = labels.credit(cohort), labels.units_by_selection(cohort, declared=True)
    silent = "unstated" in labels.units_by_selection(cohort)
    nobody = f"No sample here {'is known to have been' if silent else 'was'} drawn at random."
    drawn, chosen = (
        labels.came_in({kind: units.get(kind, ()) for kind in kinds})
        for kinds in (labels.BY_CHANCE, labels.CHOSEN)
    )
    told = [(drawn or nobody, chosen or about.caution, "methods")]
    if cohort.evidence == "reported":
        return [*told, *_ranges(rows), *against_itself(found)]
    left_out = "It leaves out who did not answer, and how a question was understood."
    told.append(("An interval covers chance and nothing else.", left_out, "working-out"))
    missing = ("Those who did not answer could move a share.", _OF_ALL_INVITED, "12_weights")
    return told + ([missing] if any(about.part(unit) < 1 for unit in about.took_part) else [])


_OF_ALL_INVITED = (
    "“Whatever those invited who did not answer would have said” runs from all of them saying no to"
    " all of them saying yes. What chance could do comes on top."
)


def _ranges(rows: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Say how words are read, of one fraction of a known base."""
    vague = rows["form"].eq("fraction") & rows["measure"].isin(SHARES) & rows["base_n"].notna()
    read = labels.narrowest(rows[vague & (rows["count_high"] > rows["count_low"])]).head(1)
    return [
        (
            "Words are read as ranges.",
            f"For example, {sentences.beside(row)[0]} is read as {words.measured(row).people}.",
            row["statements"].partition(",")[0],
        )
        for _, row in read.iterrows()
    ]


def say_clashes(found: Iterable[Mapping[str, Any]]) -> str:
    """Say in how many cases figures cannot all be right: at all, then under what."""
    kinds = sorted((one["verdict"] != "contradiction", one["given"]) for one in found)
    told: list[str] = []
    for as_read, given in dict.fromkeys(kinds):
        number = kinds.count((as_read, given))
        first = f"In {so_many(number, 'case')} figures cannot all be right"
        cases = f"in {number} more" if told else first
        told.append(cases + (" as we read the words" if as_read else given))
    return sentences.in_one(told)


def against_itself(found: Collection[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Say how many sets of a report's figures clash, which cannot all hold, and how many may."""
    hard, soft = ([one for one in found if one["verdict"] == verdict] for verdict in OF_VERDICT)
    told = [f"{words.upper_first(entry['clash'])}." for entry in hard[:4]]
    if soft:
        wider = sum(bool(entry["reconciled"]) for entry in soft) or "none"
        told.append(f"Read more widely, {wider} of the {len(soft)} would fit.")
    reason = " ".join([*told, "We do not say which is wrong."])
    return [(say_clashes(found), reason, "08_consistency")] if found else []
