"""What two cohorts beside each other come to: a row a finding, with its kind and its marks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.dates import years
from careersurvey.evidence.printed.vocabulary import Vocabulary, load_readings
from careersurvey.evidence.tables import SHARES
from careersurvey.inference.intervals import student
from careersurvey.presentation import conflicts, labels, sentences, standing, words

CLEAR = ("better", "worse", "higher", "lower")  # the latter two where no answer is the better one
POINTING = "pointing to {}"
ONLY_POINTING = (*map(POINTING.format, CLEAR),)
UNKNOWN, BY_READING = "direction unknown", "depends on how print is read"
NOT_CLEAR, BARRED = "not clear", "not comparable"
#: From the surest to what may not be compared, and what a picture says beside it.
KINDS = {
    **dict.fromkeys(CLEAR[:2], ""),
    **dict.fromkeys(CLEAR[2:], "neither better nor worse"),
    UNKNOWN: "other figures of the earlier report (hatched) could undo or reverse it",
    **dict.fromkeys(ONLY_POINTING, "but not beyond what so many tests would throw up"),
    BY_READING: "clear at some counts that the words allow, not at others",
    **dict.fromkeys((NOT_CLEAR, BARRED), ""),
}
#: A change that a design effect of this much would undo, or of what is measured now, is marked.
FRAIL = 3.0


def known(
    rows: pd.DataFrame, before: Cohort | None = None, readings: str | Path | None = None
) -> pd.DataFrame:
    """Join what is known of each compared finding, and put the surest and largest first."""
    sides = {
        f"{when}_{end}": rows[f"reading_{end}_{side}"].fillna(rows[f"estimate_{side}"])
        for when, side in (("then", "baseline"), ("now", "cohort"))
        for end in ("low", "high")
    }
    sides |= {name: rows.get(name, math.nan) for name in ("least", "greatest")}
    sides["close"] = rows.get("close", "")
    earlier = labels.credit(before).dated if before else ""
    when = years(before.about.fieldwork) if before else ""
    told = rows.assign(when=when, earlier_source=earlier, **sides)
    told = told.assign(**_printed(told, before, readings))
    for name, of in _KNOWN.items():
        told[name] = words.each(told, of)
    at, doubted = told["kind"].map([*KINDS].index), told["marks"] != ""
    at += len(CLEAR) * (doubted | ~told["kind"].isin(CLEAR))
    return labels.in_order(told, at, doubted, -told["size"])


# ---- what the baseline prints -------------------------------------------------------------------

#: What is asked of the printed figures of a baseline.
_OF_PRINT = ["indicator", "category", "statements", "wording", "form", "place", "stands"]
_OF_PRINT += ["limit_high", "base_low", "base_high", "base_n", "bases", "doubts"]


def _printed(
    rows: pd.DataFrame, before: Cohort | None, readings: str | Path | None
) -> pd.DataFrame:
    """What the baseline printed of each row, whether in words, and how its own report doubts it."""
    figures, asked = pd.DataFrame(columns=_OF_PRINT), before.indicators if before else {}
    declared = load_readings(readings)
    if before is not None and before.evidence == "reported":
        found = conflicts.read_all(before, readings)
        figures = found.loc[found["group"] == "all", _OF_PRINT]
    told = []
    for _, row in rows.iterrows():
        about = asked.get(name := row.get("indicator_baseline"))
        own = about.categories if about and about.is_either_or else [row["category"]]
        mine = figures[figures["category"].isin(own) & (figures["indicator"] == name)]
        told.append(_quoted(row, mine, declared) | _clashing(row, mine))
    return pd.DataFrame(told, rows.index)


def _quoted(row: pd.Series, mine: pd.DataFrame, declared: Vocabulary) -> dict[str, Any]:
    """The printed figures of a row, and how they are read."""
    each = [*mine.itertuples()]
    quotes = [f"“{one.wording}” ({words.places([one.place])})" for one in each]
    rules = (sentences.rule(one.wording, one.form, str(one.base_n), declared) for one in each)
    bases = mine[["base_low", "base_high"]].dropna(how="all").drop_duplicates()
    return {
        "printed": "; ".join(quotes),
        "rule": "; ".join(dict.fromkeys(filter(None, rules))),
        "bases": max(mine["bases"], default=()),
        "base_read": words.counts(*bases.iloc[0]) if len(bases) == 1 else "",
        "limit_high": mine.loc[mine["category"] == row["category"], "limit_high"].min(),
        "vague": bool(mine["form"].isin(["fraction", "words"]).any()),
        "decimals": max(map(words.decimals, mine["wording"]), default=0),
    }


def _clashing(row: pd.Series, mine: pd.DataFrame) -> dict[str, Any]:
    """How the printed figures of a row stand, and what their conflicts leave of them."""
    met = {(one.verdict, one.card): one for own in mine["doubts"] for one in own}.values()
    of_itself = [one for one in met if one.verdict != "base contradicted"]
    doubts = [one for one in of_itself if one.stays or one.goes]
    told, left = [], []
    for one in doubts:
        where = f"{one.where} (card {one.card} on the earlier report’s page)"
        where += ", unless words are read more widely" if one.goes else ""
        ends = left_share(one.entry, mine["statements"], row["category"])
        if ends and one.entry["rests_on"] != "assumed" and words.is_share(row):
            left.append(ends)
            where = f"{one.where}, leaving it {words.between(*ends)}"
        told.append(one._replace(where=where))
    return {
        "stands": "; ".join(dict.fromkeys(words.each(mine, standing.told)))
        + "".join(f", {one.entry['clash']}" for one in met if one not in doubts),
        "clashing": words.plain(sentences.clashing_with(told)),
        "cards": ", ".join(one.card for one in doubts),
        "goes": bool(doubts) and all(one.goes for one in doubts),
        "why": " ".join(
            f"Card {one.card}: {one.entry['clash']}. {one.entry['why']}" for one in doubts
        ),
        "left_low": min((low for low, _ in left), default=math.nan),
        "left_high": max((high for _, high in left), default=math.nan),
    }


def left_share(
    entry: Mapping[str, Any], ids: Iterable[str], category: str
) -> tuple[float, float] | None:
    """Least and greatest share that the others of a conflict leave a category that is printed."""
    for side in entry["sides"]:
        counted = side["others_base"]
        base_low, base_high = [counted] * 2 if counted else (side["base_low"], side["base_high"])
        least, most = side["others_low"], side["others_high"]
        mine = {*side["statements"]} & {*ids}
        if not mine or not base_low or not base_high or least is None or least > base_high:
            continue
        low, high = least / base_high, 1 if most is None else min(most / base_low, 1)
        same = side["quantity"].partition("=")[2] == category
        return (low, high) if same else (1 - high, 1 - low)
    return None


# ---- what it came to ----------------------------------------------------------------------------


def _up(row: pd.Series) -> bool | None:
    """Whether a change is up or down; None where its own test alone does not tell."""
    if row["verdict"] in _CHANGED:
        return row["verdict"] == "increased"
    told = row["verdict"] == "no clear change" and (row["conf_low"] > 0 or row["conf_high"] < 0)
    return row["conf_low"] > 0 if told else None


def _way(row: pd.Series) -> str:
    """Which of `CLEAR` a change is or points to, by what is the better answer."""
    judged = row["side"] if row["measure"] in SHARES else ""
    gain = {"better": True, "worse": False}.get(judged or _BY_AMOUNT.get(row["favourable"], ""))
    way = ("lower", "higher") if gain is None else ("worse", "better")
    return "" if row["up"] is None else way[row["up"] == (gain is not False)]


_BY_AMOUNT = {"more": "better", "less": "worse"}
_CHANGED = ("increased", "decreased")
#: What a change is told as, ``{}`` the way that it points: the first that holds.
_RULES: Mapping[str, Callable[[pd.Series], bool]] = {
    BARRED: lambda row: row["verdict"] == BARRED,
    BY_READING: lambda row: row["verdict"] == "depends on the wording",
    NOT_CLEAR: lambda row: row["up"] is None,
    # A conflict of the baseline leaves it what it is now, or the other way.
    UNKNOWN: lambda row: bool(
        row["left_high"] >= row["now_low"] if row["up"] else row["left_low"] <= row["now_high"]
    ),
    "{}": lambda row: row["verdict"] in _CHANGED,
    POINTING: lambda row: True,
}


def _missing(row: pd.Series) -> bool:
    """Whether those who did not answer could undo a change, or of who chose to nobody knows."""
    if pd.isna(row["least"]):
        return row.get("selection_cohort", "") == "volunteers"
    low, high = ends(row)
    if row["up"]:
        at_most = low - (low - row["conf_low"]) * _wider(row)
        return at_most + row["least"] - row["now_low"] <= 0
    at_least = high + (row["conf_high"] - high) * _wider(row)
    return at_least + row["greatest"] - row["now_high"] >= 0


def _wider(row: pd.Series) -> float:
    """How many times as far as at its own level an interval reaches at that which Holm asks."""
    own, asked = 1 - row["level"], row["p_value"] / row["p_adjusted"]
    return student(math.inf, 1 - own * asked) / student(math.inf, row["level"])


def _could_be(row: pd.Series) -> str:
    ends = sentences.of_invited(row).replace(" to ", " or ")
    told = f"counting none, or all, of those who did not answer in, the share would be {ends}"
    return told + ", and the rest may be chance" * _apart(row) if ends else sentences.NOT_KNOWN


def _could_undo(row: pd.Series) -> str:
    told = "those who did not answer could undo it" + ", together with chance" * _apart(row)
    return told if sentences.of_invited(row) else sentences.NOT_KNOWN


def _apart(row: pd.Series) -> bool:
    """Whether all those who did not answer would leave something of a change."""
    return row["least"] > row["then_high"] if row["up"] else row["greatest"] < row["then_low"]


class Mark(NamedTuple):
    """What speaks against a change and may turn it round."""

    holds: Callable[[pd.Series], object]  # of which changes
    says: Callable[[pd.Series], str]  # of one
    means: str  # of those in a picture
    briefly: Callable[[pd.Series], str] = lambda _: ""  # of one, where that is more than it means


def _clashes(row: pd.Series) -> str:
    """Say in brief that an earlier figure clashes, or where words are read for it, may."""
    how = (
        "clashes"
        if row["clashing"].startswith(standing.STANDINGS["contradicted"].beside)
        else "may clash"
    )
    unless = ", unless words are read more widely" * row["goes"]
    return f"the earlier figure {how} with others of its own report{unless}"


NON_RESPONSE, CLUSTERING, QUESTION, CONFLICT = "non-response", "clustering", "question", "conflict"
#: Marks in the order in which they are told.
MARKS = {
    NON_RESPONSE: Mark(
        lambda row: row["kind"] in CLEAR and _missing(row),
        _could_be,
        "those who did not answer could undo it, alone or with chance",
        _could_undo,
    ),
    CLUSTERING: Mark(
        # A design effect would undo it that is common, or is measured now.
        lambda row: (
            row["kind"] in CLEAR
            and row["deff_undone"] <= np.fmax(FRAIL, row.get("deff_cohort", math.nan))
        ),
        lambda _: "what was found in one place or group may be alike, and that alone could undo it",
        "answers alike within a place or group could undo it",
    ),
    QUESTION: Mark(
        lambda row: row["close"],
        lambda row: f"the two questions are {row['close']}",
        "the two questions are close, not the same",
    ),
    CONFLICT: Mark(
        lambda row: row["cards"],
        lambda row: f"the earlier figure is {row['clashing']}",
        "the earlier figure may clash with others of its own report, at least as read here",
        _clashes,
    ),
}


def _side(row: pd.Series, when: str) -> str:
    finer = row["decimals"] if when == "then" else 0
    return words.between(row[f"{when}_low"], row[f"{when}_high"], words.writer(row, finer))


def ends(row: pd.Series) -> tuple[float, float]:
    """Least and greatest change: of two numbers their difference, of a range that of its ends."""
    if pd.notna(row["difference"]) and not is_open(row, "then") and not is_open(row, "now"):
        return row["difference"], row["difference"]
    return row["difference_low"], row["difference_high"]


def is_open(row: pd.Series, when: str) -> bool:
    """Whether words leave a side of a change open, so that it is told as a range."""
    return " to " in row[when]


def _comes_to(row: pd.Series) -> str:
    """Say a kind, and of a change one way that something marked speaks against it."""
    one_way = row["kind"] in (row["way"], POINTING.format(row["way"]))
    return row["kind"] + (" but in doubt" if row["marks"] and one_way else "")


#: What is known of a finding, each of the columns before it.
_KNOWN: Mapping[str, Callable[[pd.Series], Any]] = {
    "up": _up,
    "way": _way,
    "kind": lambda row: next(of for of, holds in _RULES.items() if holds(row)).format(row["way"]),
    "then": lambda row: _side(row, "then"),  # "72% to 77%"
    "now": lambda row: _side(row, "now"),
    "size": lambda row: np.nan_to_num(abs(sum(ends(row)))) / 2,
    "marks": lambda row: ", ".join(name for name, one in MARKS.items() if one.holds(row)),
    "comes_to": _comes_to,
}


# ---- of several ---------------------------------------------------------------------------------


def drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """What a picture draws: what is clear or in doubt; of few findings what points one way too."""
    kinds = (*CLEAR, UNKNOWN)
    both = ~rows["kind"].isin((NOT_CLEAR, BARRED))
    return rows[both if both.sum() <= _FEW else rows["kind"].isin(kinds)]


_FEW = 12


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the findings of each kind, the surest first; what is in doubt apart."""
    numbers = rows["comes_to"].value_counts(sort=False)
    return numbers.rename_axis("what").reset_index(name="findings")


def comparable(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out what may not be compared."""
    return rows[rows["kind"] != BARRED]
