"""What has changed, in a reader's words: a record of each, of which all else is a view."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.evidence.printed.readings import read
from careersurvey.evidence.printed.vocabulary import Vocabulary, load_readings
from careersurvey.evidence.tables import SHARES
from careersurvey.inference.record.standings import clashes
from careersurvey.presentation import (
    conflicts,
    labels,
    outputs,
    published,
    sentences,
    weights,
    words,
)

CLEAR = ("better", "worse", "higher", "lower")  # the latter two where no answer is the better one
POINTING = "pointing to {}"
UNKNOWN, BY_READING = "direction unknown", "depends on how print is read"
NOT_CLEAR, BARRED = "not clear", "not comparable"
#: From the surest to what may not be compared, and what a picture says beside it.
KINDS = {
    **dict.fromkeys(CLEAR[:2], ""),
    **dict.fromkeys(CLEAR[2:], "neither better nor worse"),
    UNKNOWN: "since the earlier report also says what stands beside each",
    **dict.fromkeys(
        map(POINTING.format, CLEAR), "but not beyond what so many tests would throw up"
    ),
    BY_READING: "clear at some counts that the words allow, not at others",
    **dict.fromkeys((NOT_CLEAR, BARRED), ""),
}
#: A change that a design effect of this much would undo, or of what is measured now, is marked.
FRAIL = 3.0
#: How a change that is shown can be worked out again.
RULE = (
    "A change and its interval are worked out before rounding: each may be one off what is shown."
)


def since(
    baseline: str, cohort: Cohort, *, level: float = 0.95, readings: str | Path | None = None
) -> pd.DataFrame | None:
    """Compare a cohort with a baseline and say what each finding came to; None without one."""
    from careersurvey.inference.compare.compare import compare

    if not baseline:
        return None
    before = load_cohort(baseline)
    sides = outputs.once(compare, before, cohort, level=level, readings=readings)
    rows = published.keep(published.keep(sides, before, "baseline"), cohort, "cohort")
    return of_cohort(rows, cohort, before, readings)


def of_cohort(
    rows: pd.DataFrame, cohort: Cohort, before: Cohort | None, readings: str | Path | None = None
) -> pd.DataFrame:
    """Name what was compared with a cohort, join who is missing, and say what each came to."""
    named = labels.name_rows(rows, cohort)
    return in_words(weights.join_missing(named, cohort), before, readings)


def in_words(
    rows: pd.DataFrame, before: Cohort | None = None, readings: str | Path | None = None
) -> pd.DataFrame:
    """Say what each compared finding came to, and put the surest and largest first.

    Each column that is joined is said of those before it: the ends of both sides, what the
    baseline's report says of the earlier figure, and the columns of `_SAID`: of them the kind is
    by the first of `_RULES` that holds, marks and doubts are by each of `DOUBTS` that does.
    """
    ends = {
        f"{when}_{end}": rows[f"reading_{end}_{side}"].fillna(rows[f"estimate_{side}"])
        for when, side in (("then", "baseline"), ("now", "cohort"))
        for end in ("low", "high")
    }
    ends |= {name: rows.get(name, math.nan) for name in ("took_part", "least", "greatest")}
    ends["close"] = rows.get("close", "")
    told = rows.assign(when=words.years(before.about.fieldwork) if before else "", **ends)
    told = told.assign(**_printed(told, before, readings))
    for name, say in _SAID.items():
        told[name] = words.each(told, say)
    order = told.assign(at=told["kind"].map([*KINDS].index), doubted=told["marks"] != "")
    order["at"] += len(CLEAR) * (order["doubted"] | ~told["kind"].isin(CLEAR))
    order["small"] = -told["size"]
    return told.loc[order.sort_values(["at", "doubted", "small"], kind="stable").index]


#: What is asked of the printed figures of a baseline.
_OF_PRINT = ["indicator", "category", "statements", "wording", "form", "place", "stands"]
_OF_PRINT += ["limit_high", "base_low", "base_high"]


def _printed(
    rows: pd.DataFrame, before: Cohort | None, readings: str | Path | None
) -> pd.DataFrame:
    """What the baseline printed of each row, whether in words, and how its own report doubts it."""
    figures, of_figure, answers = pd.DataFrame(columns=_OF_PRINT), {}, {}
    declared = load_readings(readings)
    if before is not None and before.evidence == "reported":
        found = conflicts.read_all(before, readings)
        figures = found.loc[found["group"] == "all", _OF_PRINT]
        of_figure = clashes(conflicts.in_conflict(before, readings))
        answers = {name: one.categories for name, one in before.indicators.items()}
    told = []
    for _, row in rows.iterrows():
        both = answers.get(name := row.get("indicator_baseline"), ())
        own = [row["category"], *(both if len(both) == 2 else ())]  # one of two settles the other
        mine = figures[figures["category"].isin(own) & (figures["indicator"] == name)]
        doubts = conflicts.doubts_of(mine["statements"], of_figure)
        bare = {one.card for one in doubts if one.entry["kind"] == "figure"}
        if bare and _holds_widely(row, mine, declared):
            doubts = [one for one in doubts if one.card not in bare]
        told.append(_quoted(row, mine, doubts, declared))
    return pd.DataFrame(told, rows.index)


def _quoted(
    row: pd.Series, mine: pd.DataFrame, doubts: list[conflicts.Doubt], declared: Vocabulary
) -> dict[str, Any]:
    """The printed figures of a row, how they are read, and what their conflicts leave of them."""
    each, ids = [*mine.itertuples()], mine["statements"]
    quotes = [f"“{one.wording}” ({words.places([one.place])})" for one in each]
    rules = (sentences.rule(one.wording, one.form, declared) for one in each)
    bases = mine[["base_low", "base_high"]].dropna(how="all").drop_duplicates()
    told, left = [*doubts], {}
    for i, one in enumerate(doubts):
        ends = conflicts.left_share(one.entry, ids, row["category"])
        if ends and words.is_share(row):
            left[words.within(one.entry["clash"])] = ends
            told[i] = one._replace(where=f"{one.where}, leaving it {words.between(*ends)}")
    return {
        "printed": "; ".join([*quotes, ", ".join(ids)]),
        "rule": "; ".join(dict.fromkeys(filter(None, rules))),
        "base_read": words.counts(*bases.iloc[0]) if len(bases) == 1 else "",
        "limit_high": mine.loc[mine["category"] == row["category"], "limit_high"].min(),
        "vague": bool(mine["form"].isin(["fraction", "words"]).any()),
        "standing": "; ".join(mine["stands"].unique()),
        "stands": words.plain(sentences.clashing_with(told)),
        "cards": ", ".join(one.card for one in doubts),
        "clash": "; ".join(left),
        "why": " ".join(f"{one.entry['clash']}. {one.entry['why']}" for one in doubts),
        "left_low": min((low for low, _ in left.values()), default=math.nan),
        "left_high": max((high for _, high in left.values()), default=math.nan),
    }


def _holds_widely(row: pd.Series, mine: pd.DataFrame, declared: Vocabulary) -> bool:
    """Whether a change keeps its direction for every share of the wide readings of print."""
    for one in mine.itertuples():
        low, high, *_ = read(one.wording, one.form, vocabulary=declared, wide=True).share
        if one.category != row["category"]:
            low, high = 1 - high, 1 - low
        least = row["conf_low"] - max(float(high) - row["then_high"], 0)
        most = row["conf_high"] + max(row["then_low"] - float(low), 0)
        if least <= 0 <= most:
            return False
    return True


# ---- what is said of each -----------------------------------------------------------------------


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


def _chosen(row: pd.Series) -> str:
    """Say how the units of both sides came in, where chance did not draw them, and what part."""
    now, then = (row.get(f"selection_{side}", "") for side in ("cohort", "baseline"))
    units = words.plural(row["unit"])
    part = f", now {words.share(row['took_part'])} of those invited" * bool(row["took_part"] < 1)
    told = [f"{labels.CHOSEN[now].format(units)}{part}"] if now in labels.CHOSEN else []
    if then in labels.CHOSEN and then != now:
        told.append(labels.CHOSEN[then].format(f"earlier {units}"))
    return "; ".join(told)


def _missing(row: pd.Series) -> str:
    """Say what those who chose not to answer could make of a change, where they could undo it.

    They could where the range of all invited reaches the earlier figure, or where it is not known.
    """
    up = row["conf_low"] > 0
    clear = row["least"] > row["then_high"] if up else row["greatest"] < row["then_low"]
    if clear or row["kind"] == UNKNOWN or row.get("selection_cohort", "") != "volunteers":
        return ""
    ends = words.between(row["least"], row["greatest"])
    unknown = "how far those who did not could move it is not known"
    return f"among all invited it could be {ends}" if ends else unknown


def _likeness(row: pd.Series) -> str:
    """Say that a design effect would undo a change that is common, or what is measured now."""
    undone, now = row["deff_undone"], row.get("deff_cohort", math.nan)
    alike = "as alike as now" if undone <= now else "alike"
    holds = undone <= np.fmax(FRAIL, now) and row["kind"] != UNKNOWN
    return f"not clear if earlier answers within a group were {alike}" * bool(holds)


def _in_conflict(row: pd.Series) -> str:
    return f"the earlier figure is {row['stands']}" * bool(row["stands"])


#: What speaks against a change, by its mark if it may turn the change round: what is said where
#: it does, nothing where not, and what the mark means; in the order in which they are told.
DOUBTS: Mapping[str, tuple[Callable[[pd.Series], str], str]] = {
    "": (_chosen, ""),
    "§": (_missing, "those who chose not to answer could undo it"),
    "†": (
        _likeness,
        "no longer clear if earlier answers within a group were alike: with a design effect of"
        f" {FRAIL:g} or less, or of what is measured now",
    ),
    "≈": (lambda row: row["close"], "the two questions are close, not the same"),
    "‡": (_in_conflict, "the earlier figure is in conflict in its own report"),
}


def _is_doubted(row: pd.Series) -> bool:
    """Whether something that is marked speaks against a change that is told one way."""
    return bool(row["marks"]) and row["kind"] in (row["way"], POINTING.format(row["way"]))


def _side(row: pd.Series, when: str) -> str:
    return words.between(row[f"{when}_low"], row[f"{when}_high"], words.writer(row))


def _ends(row: pd.Series) -> tuple[float, float]:
    """Least and greatest change: of two numbers their difference, of a range that of its ends."""
    if pd.notna(row["difference"]) and not is_open(row, "then") and not is_open(row, "now"):
        return row["difference"], row["difference"]
    return row["now_low"] - row["then_high"], row["now_high"] - row["then_low"]


def signed(row: pd.Series, low: float, high: float, unit: str = " points") -> str:
    """Write a change with its sign, in points or in the unit of its measure."""
    if words.is_share(row):
        said = words.between(low, high, words.points)
        return f"{said}{unit.rstrip('s') if said[1:] == '1' else unit}" if said else ""
    return words.between(low, high, lambda end: "+" * bool(end > 0) + words.number(end))


def _change(row: pd.Series) -> str:
    """Write a change: to a tenth where both sides as they are shown differ by another number.

    Of people, whose shares are published whole, it is then all that these leave it.
    """
    then, now = (
        [round(row[f"{when}_{end}"], 2) for end in ("low", "high")] for when in ("then", "now")
    )
    exact, shown = _ends(row), (now[0] - then[1], now[1] - then[0])
    said = signed(row, *exact)
    if not words.is_share(row) or said == signed(row, *shown):
        return said
    if row["difference"] == round(row["difference"], 2):
        return signed(row, min(*exact, *shown), max(*exact, *shown))
    return words.between(*exact, lambda end: words.minus(f"{100 * end:+.1f}")) + " points"


def _since(row: pd.Series) -> str:
    """Say what it was before, by how much it changed, and what is in doubt of that."""
    when = f"in {row['when']}" if row["when"] else "before"
    read = ", as read" * bool(row["printed"] and (row["vague"] or is_open(row, "then")))
    interval = f"interval {row['interval']}" * bool(row["interval"])
    how = ", ".join(filter(None, (row["change"], interval))) * (row["kind"] != UNKNOWN)
    return f"{when} it was {row['then']}{read} ({'; '.join(filter(None, (how, row['doubts'])))})"


def anchor(row: Mapping) -> str:
    """Where the trail has a change."""
    return re.sub(r"[^\w-]+", "-", f"c-{row['indicator']}-{row['category']}")


_SAID: Mapping[str, Callable[[pd.Series], Any]] = {
    "up": _up,
    "way": _way,
    "kind": lambda row: next(of for of, holds in _RULES.items() if holds(row)).format(row["way"]),
    "then": lambda row: _side(row, "then"),  # "72% to 77%"
    "now": lambda row: _side(row, "now"),
    "size": lambda row: np.nan_to_num(abs(sum(_ends(row)))) / 2,
    "change": _change,
    "interval": lambda row: signed(row, row["conf_low"], row["conf_high"], unit=""),
    "against": lambda row: {mark: told for mark, (say, _) in DOUBTS.items() if (told := say(row))},
    "marks": lambda row: "".join(f" {mark}" for mark in row["against"] if mark),
    "doubts": lambda row: "; ".join(row["against"].values()),
    "comes_to": lambda row: row["kind"] + " but in doubt" * _is_doubted(row),
    "since": _since,
    "entry": lambda row: f"q-{row['indicator']}" if row["kind"] == BARRED else anchor(row),
}


# ---- its views ----------------------------------------------------------------------------------


def number(row: pd.Series) -> str:
    """Say how much of whom it is now: "64% of parents"."""
    chose = row.get("selection_cohort", "") == "volunteers"
    return f"{row['now']} of {words.plural(row['unit'])}{' who answered' * chose}"


def said(row: pd.Series) -> words.Parts:
    """Say one change: what it is, what it was, and how sure that is; both sides lead to proof."""
    now, then = (number(row), f"q-{row['indicator']}"), (row["since"], anchor(row))
    comes_to = words.upper_first(row["comes_to"])
    return [(f"{comes_to}: ", ""), now, (f" {row['label']}; ", ""), then, (".", "")]


def sentence(row: pd.Series) -> str:
    """Say one change whole, as it may be pasted."""
    return words.plain(said(row))


def heard(row: pd.Series) -> str:
    """Say one change briefly, for those who hear a picture."""
    doubt = sentences.bracket(row["stands"] * (row["kind"] == UNKNOWN))
    return f"{row['comes_to']}: {row['label']}, {then_and_now(row)}{doubt}"


def told(row: pd.Series) -> dict:
    """What a page lists of a change: its sentence, and the same with what leads to either side."""
    both = {"sentence": sentence(row), "linked": words.linked(said(row))}
    of = {name: row[name] for name in ("indicator", "category", "why")}
    return both | of | {"statements": "", "where": "", "about": "change", "weight": row["size"]}


def then_and_now(row: pd.Series) -> str:
    """Say both sides of a change in the unit of the measure: "63%–67% → 64%"."""
    return " → ".join(words.dashed(row[when]) or "no number" for when in ("then", "now"))


def is_open(row: pd.Series, when: str) -> bool:
    """Whether words leave a side of a change open, so that it is told as a range."""
    return " to " in row[when]
