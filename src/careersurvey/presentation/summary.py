"""What a reader should know first: five to eight sentences, computed and ranked by weight."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from careersurvey.evidence.cohort import MAKE_UP, Cohort, load_cohort
from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.tables import SHARES
from careersurvey.evidence.text import rounded, so_many
from careersurvey.presentation import changes, compared, labels, sentences, titles, words
from careersurvey.presentation.published import nonresponse
from careersurvey.presentation.standing import OF_VERDICT

MOST, LEAST = 8, 5
#: What a finding weighs by how it stands beside the rest of its report.
STANDING = {"reproduced": 1.0, "consistent": 1.0, "stated": 0.9, "in conflict": 0.75}
#: A further sentence of a section weighs half of the one before it.
AGAIN = 0.5
#: A base of unknown number: part of those who were asked, as far as anybody knows.
UNKNOWN_BASE = 0.5
FAINT = 0.1
#: What nobody judged fills a summary up, where others are judged.
UNJUDGED = 1e-6
COLUMNS = ["sentence", "linked", "statements", "where", "indicator", "category", "about"]
COLUMNS += ["weight", "why"]


def summary(
    rows: pd.DataFrame,
    *,
    changed: pd.DataFrame | None = None,
    most: int = MOST,
    led: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Say what matters: what has changed, what answers the heading (`led`), what weighs most."""
    clear = pd.DataFrame(columns=COLUMNS) if changed is None else _clear(changed)
    known = set(clear[["indicator", "category"]].itertuples(index=False, name=None))
    first = [] if changed is None else changes.counted(changed)
    first += words.each(clear[clear["leads"]], changes.told) if len(clear) else []
    if led is not None:
        first += words.each(led[led["shown"]], sentences.told)
        rows = rows[~rows["indicator"].isin(led["indicator"])]
    weighed = _weighed(rows) if len(rows) else rows
    found = _most_telling(weighed, known, len(first), most)
    rest = [sentences.told(row) | {"weight": row["weight"]} for row in found]
    told = pd.DataFrame([*first, *rest], columns=COLUMNS)
    told.attrs["level"] = rows["level"].max() if len(rows) else None
    return told


def _most_telling(
    weighed: pd.DataFrame, known: Collection[tuple[str, str]], before: int, most: int
) -> list[pd.Series]:
    """The weightiest finding of each indicator not `known`, what most are of first."""
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


def _weighed(rows: pd.DataFrame) -> pd.DataFrame:
    """Weigh what is of everyone by size, openness, part and standing; last what nobody judges."""
    fit = rows["shown"] & ~titles.says_little(rows) & rows["domain"].eq("all")
    fit &= rows["section"].ne(MAKE_UP) & rows["measure"].isin(SHARES)
    one = labels.one_side(rows)
    told = labels.narrowest(one[fit[one.index] & one["estimate_low"].notna()])
    judged = told["indicator"].isin(told.loc[told["side"] != "", "indicator"])
    asked = ~judged & (told["evidence"].eq("respondents") | ~judged.any())
    given = titles.most_given(told[asked]).index
    told = told[(judged & told["side"].ne("")) | told.index.isin(given)]
    most = rows.groupby("unit")["base_n"].max()
    part = (told["base_n"] / told["unit"].map(most)).astype("Float64").fillna(UNKNOWN_BASE)
    weight = titles.telling(told) * part.astype(float)
    weight[words.which(told, sentences.is_unsure)] *= FAINT
    weight[told["side"].eq("") & judged.any()] *= UNJUDGED
    if "standing" in told:
        weight *= told["standing"].map(STANDING).fillna(1.0).astype(float)
    return told.assign(weight=weight)[~titles.of_occasions(told)]


def _clear(changed: pd.DataFrame) -> pd.DataFrame:
    """The clear changes, better and worse first; at most half of a summary leads, some a kind."""
    clear = changed[changed["kind"].isin(compared.CLEAR) & changed["measure"].isin(SHARES)]
    order = clear.assign(sure=clear["marks"] == "", judged=clear["kind"].isin(compared.CLEAR[:2]))
    order = labels.in_order(order, ~order["sure"], ~order["judged"], -order["size"])
    first = order.drop_duplicates("kind")
    kept = pd.concat([first, order.drop(first.index)]).head(MOST // 2).index
    return order.assign(leads=order.index.isin(kept))


def of_changes(changed: pd.DataFrame) -> pd.DataFrame:
    """Say how many findings have changed, then each that has, the surest first."""
    each = words.each(_clear(changed), changes.told)
    return pd.DataFrame([*changes.counted(changed), *each], columns=COLUMNS)


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
    cohort: Cohort,
    rows: pd.DataFrame,
    found: Collection[Mapping[str, Any]],
    baseline: str = "",
) -> list[tuple[str, str, str]]:
    """Say what to be careful about: claims, their reasons, and anchors of what these rest on."""
    about, units = labels.credit(cohort), labels.units_by_selection(cohort, declared=True)
    silent = "unstated" in labels.units_by_selection(cohort)
    nobody = f"No sample here {'is known to have been' if silent else 'was'} drawn at random."
    drawn, chosen = (
        labels.came_in({kind: units.get(kind, ()) for kind in kinds})
        for kinds in (labels.BY_CHANCE, labels.CHOSEN)
    )
    told = [(drawn or nobody, chosen or about.caution, "methods")]
    if baseline:
        before = labels.credit(load_cohort(baseline))
        others = f"Who was asked, and who judged, were others. {before.dated}: {before.caution}"
        told.append(("A change is between two surveys.", others, "10_comparison"))
    if cohort.evidence == "reported":
        rests = [("What the figures rest on.", f"{cohort.about.note}.", "methods")]
        told += rests * bool(cohort.about.note)
        return [*told, *_ranges(rows), *against_itself(found)]
    left_out = "It leaves out who did not answer, and how a question was understood."
    told.append(("An interval covers chance and nothing else.", left_out, "working-out"))
    missing = ("Those who did not answer could move a share.", _OF_ALL_INVITED, "12_weights")
    return told + ([missing] if any(about.part(unit) < 1 for unit in about.took_part) else [])


_OF_ALL_INVITED = (
    "“Whatever those invited who did not answer would have said” runs from none of them counted in"
    " to all of them. What chance could do comes on top."
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


_IF_SO = ", if we read their words rightly and what we assume is true"


def say_clashes(found: Iterable[Mapping[str, Any]]) -> str:
    """Say in how many cases figures cannot all be right: at all, then under what."""
    kinds = sorted((one["verdict"] != "contradiction", one["given"]) for one in found)
    told: list[str] = []
    for as_read, given in dict.fromkeys(kinds):
        number = kinds.count((as_read, given))
        first = f"In {so_many(number, 'case')} figures cannot all be right"
        cases = f"in {number} more" if told else first
        told.append(cases + (_IF_SO if as_read else given))
    return f"{'; '.join(told)}." if told else ""


def say_fitting(widely: Sequence[bool]) -> str:
    """Say how many cases that rest on a reading or an assumption would fit if read more widely."""
    fit, every = sum(widely), len(widely)
    both = {1: "that one", 2: "both"}.get(fit, f"all {fit}")
    those = both if fit == every else f"{fit} of the {every}" if fit else "none"
    return f"Read more widely, {those} would fit." if widely else ""


def against_itself(found: Collection[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Say how many sets of a report's figures clash, which cannot all hold, and how many may."""
    hard, soft = ([one for one in found if one["verdict"] == verdict] for verdict in OF_VERDICT)
    told = [f"{words.upper_first(entry['clash'])}." for entry in hard[:4]]
    told.append(say_fitting([bool(entry["reconciled"]) for entry in soft]))
    reason = " ".join([*filter(None, told), "We do not say which is wrong."])
    return [(say_clashes(found), reason, "08_consistency")] if found else []


# ---- what weights and those missing do to it ----------------------------------------------------


def headlines(cohort: Cohort, labelled: pd.DataFrame, *told: pd.DataFrame) -> pd.DataFrame:
    """Shares of what is told, with how far the missing could move each; none of print."""
    each = (zip(one["indicator"], one["category"], strict=True) for one in told)
    asked = dict.fromkeys("=".join(pair) for pairs in each for pair in pairs if pair[0])
    rows = labels.findings(labelled, *asked)
    rows = rows[rows["shown"] & rows["measure"].isin(SHARES)]
    if cohort.evidence != "respondents" or rows.empty:
        return rows[:0]
    ends = nonresponse(cohort)
    own = [name for name in rows if name not in ends or name in ("indicator", "category")]
    joined = rows[own].merge(ends, on=["indicator", "category"])
    return joined.sort_values("greatest", ascending=False, kind="stable")


def say_moved(rows: pd.DataFrame) -> str:
    """Say how far weights move shares at most, of those that some count for more in."""
    rows = rows[rows["weighed"]]
    unweighted = rows["count_low"].astype("float64") / rows["base_n"]
    most = (rows["estimate"] - unweighted).abs().max() if len(rows) else 0
    by = f" by more than {so_many(math.ceil(100 * most), 'point')}" if most > 1e-9 else ""
    return f"Weighting changes no section's leading share{by}." if len(rows) else ""


#: Who took part, who answered, and what the others could have made of each share, for reading.
MISSING: words.Columns = {
    "who": lambda row: words.plural(row["unit"]),
    "finding": "label",
    "share": lambda row: words.share(row["estimate"]),
    "of invited, took part": lambda row: words.share(row["took_part"]) or "not known, left out",
    "of those, answered": lambda row: words.share(row["answered"]),
    "could be": sentences.could_be,
}


def drawn(cohort: Cohort, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of which it is declared how they were drawn or weighted."""
    tables = rows["indicator"].map(lambda name: cohort.indicators[name].table)
    declared = {name: cohort.table(name).design != DesignSettings() for name in tables.unique()}
    return rows[tables.map(declared).astype(bool)]


def _as_good_as(row: pd.Series) -> str:
    """Say how many answers drawn one by one would say as much; with an effect of 1, as many."""
    if rounded(row["deff"], 2) == 1:
        return words.number(row["base_n"])
    above = f", {labels.ABOVE}" if row["effective_base"] > row["base_n"] else ""
    return words.number(row["effective_base"]) + above


#: What weights change, and the base over the design effect (Kish 1965, 8.2).
COSTS: words.Columns = {
    "who": lambda row: words.plural(row["unit"]),
    "finding": "label",
    "weighted": lambda row: words.share(row["estimate"]),
    "not weighted": lambda row: words.share(row["count_low"] / row["base_n"]),
    "answers": "base_n",
    "design effect": lambda row: f"{row['deff']:.3g}".replace("nan", ""),
    "as good as": _as_good_as,
}
