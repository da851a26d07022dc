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
from careersurvey.inference.columns import DRAWN_UNITS
from careersurvey.inference.compare.compare import LEAST_CHANGE
from careersurvey.inference.compare.difference import GREATEST_DEFF
from careersurvey.inference.record.standings import clashes, standings
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
UNKNOWN = "direction unknown"
BY_READING = "depends on how print is read"
HINTS = (*(f"pointing to {way}" for way in CLEAR), BY_READING)
#: From the surest to what may not be compared.
KINDS = (*CLEAR, UNKNOWN, *HINTS, "not clear", "not comparable")
#: What is said of a change one way that something speaks against.
IN_DOUBT = " but in doubt"
#: A change that a design effect of this much would undo, or of what is measured now, is marked.
FRAIL = 3.0
#: What puts a change one way in doubt, by its mark.
MARKS = {
    "†": "no longer clear if earlier answers within a group were alike: with a design effect of"
    f" {FRAIL:g} or less, or of what is measured now",
    "‡": "the earlier figure is in conflict in its own report",
    "≈": "the two questions are close, not the same",
    "§": "those who chose not to answer could undo it",
}
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
    baseline's report says of the earlier figure, and the columns of `_SAID`.
    """
    ends = {
        f"{when}_{end}": rows[f"reading_{end}_{side}"].fillna(rows[f"estimate_{side}"])
        for when, side in (("then", "baseline"), ("now", "cohort"))
        for end in ("low", "high")
    }
    ends |= {name: rows.get(name, math.nan) for name in ("took_part", "least", "greatest")}
    ends["close"] = rows.get("close", "")
    told = rows.assign(when=words.years(before.about.fieldwork) if before else "", **ends)
    told = told.join(_printed(told, before, readings))
    for name, say in _SAID.items():
        told[name] = words.each(told, say)
    order = told.assign(at=told["kind"].map(KINDS.index), doubted=told["marks"] != "")
    order["at"] += len(CLEAR) * (order["doubted"] | ~told["kind"].isin(CLEAR))
    order["small"] = -told["size"]
    return told.loc[order.sort_values(["at", "doubted", "small"], kind="stable").index]


#: What is joined of the baseline's report, and what it is where nothing is printed.
_IN_PRINT = dict.fromkeys(("printed", "rule", "standing", "stands", "cards", "clash", "why"), "")
_IN_PRINT |= {"base_read": ""}
_NOT_IN_PRINT = {**_IN_PRINT, "vague": False}
_NOT_IN_PRINT |= dict.fromkeys(("left_low", "left_high", "limit_high"), math.nan)


def _printed(
    rows: pd.DataFrame, before: Cohort | None, readings: str | Path | None
) -> pd.DataFrame:
    """What the baseline printed of each row, whether in words, and how its own report doubts it."""
    if before is None or before.evidence != "reported":
        return pd.DataFrame(_NOT_IN_PRINT, rows.index)
    found = conflicts.audited(before, readings)
    entries, in_conflict = {entry["id"]: entry for entry in found}, clashes(found)
    cards = conflicts.cards(found, before).set_index("id")
    declared = load_readings(readings)
    held = standings(before, readings=readings, found=found).set_index("id")
    held = labels.stands(held)
    figures = before.reported[before.reported["group"] == ""]
    told = []
    for _, row in rows.iterrows():
        known = before.indicators.get(row["indicator_baseline"])
        both = known.categories if known and len(known.categories) == 2 else ()
        own = figures["category"].isin([row["category"], *both])  # one of two settles the other
        mine = figures[own & (figures["indicator"] == row["indicator_baseline"])]
        quotes = "; ".join(
            f"“{one.reported}” ({words.places([one.where])})" for one in mine.itertuples()
        )
        cells = _NOT_IN_PRINT | {"printed": quotes and f"{quotes}; {', '.join(mine['id'])}"}
        rules = [sentences.rule(one.reported, one.form, declared) for one in mine.itertuples()]
        cells["rule"] = "; ".join(dict.fromkeys(filter(None, rules)))
        cells["standing"] = "; ".join(dict.fromkeys(held[[*mine["id"]]]))
        cells["vague"] = bool(mine["form"].isin(["fraction", "words"]).any())
        alike = mine[mine["category"] == row["category"]]
        limits = map(labels.left_out_above, alike["reported"], alike["form"])
        cells["limit_high"] = min(limits, default=math.nan)
        cells["base_read"] = _base_read(figures, mine, declared)
        left, doubts = {}, conflicts.doubts_of(mine["id"], in_conflict)
        bare = {id_ for id_ in doubts if entries[id_]["kind"] == "figure"}
        if bare and _holds_widely(row, mine, declared):
            doubts = {id_: told for id_, told in doubts.items() if id_ not in bare}
        for id_, (verdict, _, where) in doubts.items():
            ends = conflicts.left_share(entries[id_], mine["id"], row["category"])
            if ends and words.is_share(row):
                left[id_] = ends
                doubts[id_] = verdict, id_, f"{where}, leaving it {words.between(*ends)}"
        cells["stands"] = words.plain(sentences.clashing_with(doubts.values()))
        cells["cards"] = ", ".join(doubts)
        cells["clash"] = "; ".join(map(words.within, cards["clash"][[*left]]))
        cells["why"] = " ".join(f"{cards['clash'][id_]}. {cards['why'][id_]}" for id_ in doubts)
        if left:
            least, most = zip(*left.values(), strict=True)
            cells |= {"left_low": min(least), "left_high": max(most)}
        told.append(cells)
    return pd.DataFrame(told, rows.index)


def _base_read(figures: pd.DataFrame, mine: pd.DataFrame, declared: Vocabulary) -> str:
    """What a base that is printed by itself, and hedged, reads as: "1,625 to 1,675"."""
    own = figures[figures["indicator"].isin(mine["base_id"]) & figures["form"].eq("count")]
    read_as = {read(said, "count", vocabulary=declared).counts for said in own["reported"]}
    return words.counts(*read_as.pop()) if len(read_as) == 1 else ""


def _holds_widely(row: pd.Series, mine: pd.DataFrame, declared: Vocabulary) -> bool:
    """Whether a change keeps its direction for every share of the wide readings of print."""
    for one in mine.itertuples():
        low, high, *_ = read(one.reported, one.form, vocabulary=declared, wide=True).share
        if one.category != row["category"]:
            low, high = 1 - high, 1 - low
        least = row["conf_low"] - max(float(high) - row["then_high"], 0)
        most = row["conf_high"] + max(row["then_low"] - float(low), 0)
        if least <= 0 <= most:
            return False
    return True


# ---- what is said of each -----------------------------------------------------------------------


def _kind(row: pd.Series) -> str:
    """Name what a finding came to, by its verdict and by what is the better answer.

    What points one way has no known direction where a conflict of its baseline leaves the other.
    """
    if row["verdict"] in _OTHERWISE:
        return _OTHERWISE[row["verdict"]]
    clear = row["verdict"] in ("increased", "decreased")
    up = row["verdict"] == "increased" if clear else row["conf_low"] > 0
    if not clear and not up and not row["conf_high"] < 0:
        return "not clear"
    if row["left_high"] >= row["now_low"] if up else row["left_low"] <= row["now_high"]:
        return UNKNOWN
    judged = row["side"] if row["measure"] in SHARES else ""
    gain = {"better": True, "worse": False}.get(judged or _BY_AMOUNT.get(row["favourable"], ""))
    way = ("lower", "higher")[up] if gain is None else ("worse", "better")[up == gain]
    return way if clear else f"pointing to {way}"


_OTHERWISE = {"not comparable": "not comparable", "depends on the wording": BY_READING}
_BY_AMOUNT = {"more": "better", "less": "worse"}


def _side(row: pd.Series, when: str) -> str:
    return words.between(row[f"{when}_low"], row[f"{when}_high"], words.writer(row))


def _ends(row: pd.Series) -> tuple[float, float]:
    """Least and greatest change: of two numbers their difference, of a range that of its ends."""
    if pd.notna(row["difference"]) and not is_open(row, "then") and not is_open(row, "now"):
        return row["difference"], row["difference"]
    return row["now_low"] - row["then_high"], row["now_high"] - row["then_low"]


def _signed(row: pd.Series, low: float, high: float, unit: str = " points") -> str:
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
    said = _signed(row, *exact)
    if not words.is_share(row) or said == _signed(row, *shown):
        return said
    if row["difference"] == round(row["difference"], 2):
        return _signed(row, min(*exact, *shown), max(*exact, *shown))
    return words.between(*exact, lambda end: words.minus(f"{100 * end:+.1f}")) + " points"


def _doubts(row: pd.Series) -> str:
    """Say what speaks against a change: how units came in, likeness, a baseline that clashes."""
    now, then = (row.get(f"selection_{side}", "") for side in ("cohort", "baseline"))
    units = words.plural(row["unit"])
    part = f", now {words.share(row['took_part'])} of those invited" * bool(row["took_part"] < 1)
    told = [f"{labels.CHOSEN[now].format(units)}{part}"] if now in labels.CHOSEN else []
    told += [f"among all invited it could be {missing}"] if (missing := of_all_invited(row)) else []
    if then in labels.CHOSEN and then != now:
        told.append(labels.CHOSEN[then].format(f"earlier {units}"))
    if "†" in row["marks"]:
        as_now = " as alike as now" if row["deff_undone"] <= row.get("deff_cohort", 0) else " alike"
        told.append(f"not clear if earlier answers within a group were{as_now}")
    stands = f"the earlier figure is {row['stands']}" * bool(row["stands"])
    return "; ".join(filter(None, (*told, row["close"], stands)))


def _marks(row: pd.Series) -> str:
    """Mark what puts a change one way in doubt, of likeness what is common or measured now."""
    frail = row["deff_undone"] <= np.fmax(FRAIL, row.get("deff_cohort", FRAIL))
    doubts = zip(MARKS, (frail, row["stands"], row["close"], _undone_by_missing(row)), strict=True)
    shown = "‡" if row["kind"] == UNKNOWN else MARKS
    return "".join(f" {mark}" for mark, doubt in doubts if doubt and mark in shown)


def _undone_by_missing(row: pd.Series) -> bool:
    """Whether those who did not answer could undo a change of units that chose whether to.

    They could where the range of all invited reaches the earlier figure, or where it is not known.
    """
    up = row["conf_low"] > 0
    clear = row["least"] > row["then_high"] if up else row["greatest"] < row["then_low"]
    return row.get("selection_cohort", "") == "volunteers" and not clear


def of_all_invited(row: pd.Series) -> str:
    """Say the range of a share among all invited, where those missing could undo its change."""
    return words.between(row["least"], row["greatest"]) * ("§" in row["marks"])


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
    "kind": _kind,
    "way": lambda row: row["kind"].split()[-1],  # "better", of what points there too
    "then": lambda row: _side(row, "then"),  # "72% to 77%"
    "now": lambda row: _side(row, "now"),
    "size": lambda row: np.nan_to_num(abs(sum(_ends(row)))) / 2,
    "change": _change,
    "interval": lambda row: _signed(row, row["conf_low"], row["conf_high"], unit=""),
    "marks": _marks,
    "comes_to": lambda row: row["kind"] + IN_DOUBT * bool(row["marks"] and row["way"] in CLEAR),
    "doubts": _doubts,
    "since": _since,
    "entry": lambda row: f"q-{row['indicator']}" if row["kind"] == KINDS[-1] else anchor(row),
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


def drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """What a picture draws: what is clear or in doubt; of few findings what points one way too."""
    kinds = (*CLEAR, UNKNOWN)
    both = rows["kind"].isin((*kinds, *HINTS))
    return rows[both if both.sum() <= _FEW else rows["kind"].isin(kinds)]


_FEW = 12


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the findings of each kind, the surest first; what is in doubt apart."""
    numbers = rows["comes_to"].value_counts(sort=False)
    return numbers.rename_axis("what").reset_index(name="findings")


def numbers(rows: pd.DataFrame) -> list[str]:
    """Say how many findings came to each kind."""
    return [f"{row.findings} {row.what}" for row in counted(rows).itertuples()]


def comparable(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out what may not be compared."""
    return rows[rows["kind"] != KINDS[-1]]


# ---- its tables ---------------------------------------------------------------------------------


def _of(row: pd.Series, which: str) -> str:
    """Name the base of a side; a share or a word that is printed for one is no number."""
    base = str(row[f"base_{which}"])
    counted = re.search(r"\d", base) and "%" not in base
    return base if counted or not base else f"“{base}” (how many is not printed)"


def _before(row: pd.Series) -> str:
    """The quotes of a baseline, and what they read as."""
    printed = f"{row['printed']}, reads as " * bool(row["printed"])
    return (
        f"{row['when']}: " * bool(row["when"]) + f"{printed}{row['then']} of {_of(row, 'baseline')}"
    )


def _by(row: pd.Series) -> str:
    """By how much it changed and, where a clear change must come to so much, that it does."""
    clear = row["verdict"] in ("increased", "decreased") and words.is_share(row)
    enough = f"; {100 * LEAST_CHANGE:.0f} points or more: yes" * clear
    return f"{row['change']}: now minus then, before rounding{enough}" * bool(row["change"])


def _interval(row: pd.Series) -> str:
    """Show both sides with their limits, where the interval is squared and added from these."""
    said = _signed(row, row["conf_low"], row["conf_high"])
    then, now = (
        [row[f"{when}_{end}"] for end in ("low", "high")]
        + [row.get(f"side_{end}_{side}", math.nan) for end in ("low", "high")]
        for when, side in (("then", "baseline"), ("now", "cohort"))
    )
    least = now[0] - then[1] - math.hypot(now[0] - now[2], then[3] - then[1])
    most = now[1] - then[0] + math.hypot(now[3] - now[1], then[0] - then[2])
    apart = max(abs(least - row["conf_low"]), abs(most - row["conf_high"]))
    if not words.is_share(row) or not apart <= _ROUNDED:
        return said
    ends = (
        f"{when} {words.between(side[0], side[1], _finely)}"
        f" ({words.between(side[2], side[3], _finely)})"
        for when, side in (("then", then), ("now", now))
    )
    bases = [row.get(f"effective_base_{side}", math.nan) for side in ("baseline", "cohort")]
    bases[0] = row.get("base_n_baseline") if pd.isna(bases[0]) else bases[0]  # of several readings
    told = [words.number(bases[0]) or row["base_read"], words.number(bases[1])]
    above = f", {labels.ABOVE}" * bool(bases[1] > row.get("base_n_cohort", math.inf))
    worth = f"; effective bases {' and '.join(told)}{above}" * all(told)
    return f"{said}, squared and added: {', '.join(ends)}{worth}"


#: How far shares of people, which a report publishes rounded, may move an interval.
_ROUNDED = 0.02


def _finely(share: float) -> str:
    """Write a share to a tenth of a point, as far as it was published."""
    return f"{100 * share:.1f}".removesuffix(".0") + "%"


def _p(row: pd.Series) -> str:
    """Show how an adjusted p comes of that of the single test: in full, so that it multiplies."""
    if pd.isna(row.get("p_value")):
        return ""
    alone, adjusted = (
        words.number(p, 2) if p >= 1e-6 else "less than 0.000001"
        for p in (row["p_value"], row["p_adjusted"])
    )
    return f"{alone} alone; {adjusted} by Holm"


def _undone_by(row: pd.Series) -> str:
    """Say which design effect undoes a clear change of print, beside the one measured now."""
    if row["verdict"] not in ("increased", "decreased") or not row["printed"]:
        return ""  # there is none to undo, or the design is in the interval
    if row["unit"] in DRAWN_UNITS:
        return f"none: {words.plural(row['unit'])} are in no groups"
    now = f"; {row['deff_cohort']:.3g} measured now" if row.get("deff_cohort", 0) > 0 else ""
    undone = row["deff_undone"]
    return (f"none up to {GREATEST_DEFF:.0f}" if pd.isna(undone) else f"{undone:.3g}") + now


def _because(row: pd.Series) -> str:
    """Give the reason of a verdict, and of the mark that says that the earlier figure clashes."""
    return row["reason"] + f"; ‡ the earlier figure is {row['stands']}" * bool(row["stands"])


_UNDONE = "if clear, undone by a design effect of"
_CARE = "read with care"
#: What a table shows of a change, what its entry in the trail does, and what ties the two.
READ = ("finding", "then and now", "of", "change", "interval", "p", "comes to", _UNDONE, "because")
PROOF = (
    *("before", "by the rule", "standing", "by", "interval from", "p from", "comes to"),
    *(_UNDONE, _CARE),
)
_LISTED: words.Columns = {
    "finding": "label",
    "then and now": then_and_now,
    "of": lambda row: f"{_of(row, 'baseline')} and {_of(row, 'cohort')}",
    **{name: name for name in ("change", "interval")},
    "p": lambda row: words.p_value(row["p_adjusted"]),
    "comes to": lambda row: f"{row['comes_to']}{row['marks']} {row['cards']}".rstrip(),
    **{_UNDONE: _undone_by, "because": _because},
    "before": _before,
    **{"by the rule": "rule", "standing": "standing", "by": _by},
    **{"interval from": _interval, "p from": _p},
    _CARE: lambda row: row["doubts"] + f". {row['why']}" * bool(row["why"]),
    **{"id": anchor, "indicator": "indicator"},
    "now": number,
}


def listed(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay compared findings out: `READ` for reading, and the rest for the trail."""
    return words.lay_out(comparable(rows), _LISTED)


def refused(rows: pd.DataFrame, against: str = "cohort") -> pd.DataFrame:
    """Lay out what may not be compared, and why; `against` is the side that is held against."""
    told = {"finding": "label", "held against": against, "not comparable because": "reason"}
    return words.lay_out(rows[rows["verdict"] == "not comparable"], told)


def say_barred(rows: pd.DataFrame) -> str:
    """Say how many pairs of findings may not be compared, their reasons grouped, and of whom none.

    A source that has no indicator in common has a row that names none.
    """
    pairs = rows[rows["indicator"] != ""]
    barred = pairs[pairs["verdict"] == "not comparable"]
    kinds = barred["reason"].str.split(": ").str[0].value_counts()
    said = words.listed(f"{kind} ({n})" for kind, n in kinds.items())
    held = f"Of {len(pairs)} pairs of findings held side by side {len(barred)}"
    strangers = len(rows) - len(pairs)
    none = f"{strangers} source{'s have' if strangers != 1 else ' has'} no indicator in common."
    parts = f"{held} may not be compared: {said}." * bool(said), none * bool(strangers)
    return " ".join(filter(None, parts))
