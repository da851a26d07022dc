"""What has changed, in a reader's words: a record of each, of which all else is a view."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.inference.compare.difference import GREATEST_DEFF
from careersurvey.inference.compare.sides import DRAWN_UNITS
from careersurvey.inference.record.audit import audit_figures
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
UNKNOWN = "direction unknown"
HINTS = (*(f"pointing to {way}" for way in CLEAR), "depends on how print is read")
#: From the surest to what may not be compared.
KINDS = (*CLEAR, UNKNOWN, *HINTS, "not clear", "not comparable")
#: What is said of a change one way that something speaks against.
IN_DOUBT = " but in doubt"
#: A change that a design effect of this much would undo, or of what is measured now, is marked.
FRAIL = 3.0
DOUBT = (
    "A change is in doubt where earlier answers as alike as is common would undo it: a design"
    f" effect of {FRAIL:.0f}, with which {10 * FRAIL:.0f} answers tell as much as 10 drawn one by"
    " one, or that measured of the question now where it is greater; where the earlier figure is in"
    " conflict in its own report; or where the questions are close and not the same. Its direction"
    " is unknown where the other figures of that conflict leave a change the other way."
)
#: How a change that is shown can be worked out again.
RULE = (
    "A change and its interval are worked out before rounding; of a range that words leave, from"
    " its ends as shown, so that each may be one off."
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
    named = labels.name_rows(rows, cohort)
    return in_words(
        named.assign(took_part=named["unit"].map(weights.of_invited(cohort))), before, readings
    )


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
    ends |= {"took_part": rows.get("took_part", float("nan")), "close": rows.get("close", "")}
    told = rows.assign(when=words.years(before.about.fieldwork) if before else "", **ends)
    told = told.join(_printed(told, before, readings))
    for name, say in _SAID.items():
        told[name] = words.each(told, say)
    told["size"] = (told["least"] + told["most"]).abs().fillna(0) / 2
    order = told.assign(at=told["kind"].map(KINDS.index), doubted=told["marks"] != "")
    order["small"] = -told["size"]
    return told.loc[order.sort_values(["at", "doubted", "small"], kind="stable").index]


def _printed(
    rows: pd.DataFrame, before: Cohort | None, readings: str | Path | None
) -> pd.DataFrame:
    """What the baseline printed of each row, whether as read, and how its own report doubts it."""
    names = ["printed", "as_read", "stands", "cards", "why", "left_low", "left_high"]
    if before is None or before.evidence != "reported":
        nothing = pd.DataFrame("", rows.index, names[:5])
        return nothing.assign(left_low=float("nan"), left_high=float("nan"))
    found = outputs.once(audit_figures, before, readings=readings)
    in_conflict, why = clashes(found), conflicts.cards(found, before).set_index("id")["why"]
    figures = before.reported[before.reported["group"] == ""]
    told = []
    for _, row in rows.iterrows():
        known = before.indicators.get(row["indicator_baseline"])
        both = known.categories if known and len(known.categories) == 2 else [row["category"]]
        own = figures["category"].isin([row["category"], *both])  # one of two settles the other
        mine = figures[own & (figures["indicator"] == row["indicator_baseline"])]
        quotes = [f"“{one.reported}” ({words.places([one.where])})" for one in mine.itertuples()]
        printed = f"{'; '.join(quotes)}; {', '.join(mine['id'])}" * bool(quotes)
        vague = row["then_high"] - row["then_low"] > _SHOWN
        read = "as read" * bool(vague or mine["form"].isin(["fraction", "words"]).any())
        cards = {card["id"]: card for id_ in mine["id"] for card in in_conflict.get(id_, ())}
        left = {
            id_: ends
            for id_, card in cards.items()
            if words.is_share(row)
            and (ends := conflicts.left_share(card, mine["id"], row["category"]))
        }
        leave = {id_: f", leaving it {words.between(*at)}" for id_, at in left.items()}
        doubts = (
            (verdict, id_, where + leave.get(id_, ""))
            for verdict, id_, where in conflicts.doubts_of(mine["id"], in_conflict).values()
        )
        stands = words.plain(sentences.clashing_with(doubts))
        said = printed, read, stands, words.listed(left), " ".join(why[id_] for id_ in cards)
        nowhere = (float("nan"),) * 2
        least, most = zip(*left.values() or [nowhere], strict=True)
        told.append((*said, min(least), max(most)))
    return pd.DataFrame(told, rows.index, names)


#: What a wording may leave open of a share that is printed as it stands: "8%" is 7.5% to 8.5%.
_SHOWN = 0.0101


# ---- what is said of each -----------------------------------------------------------------------


def _kind(row: pd.Series) -> str:
    """Name what a finding came to, by its verdict and by what is the better answer.

    Its direction is unknown where the baseline's own conflict leaves a change the other way.
    """
    if row["verdict"] in _OTHERWISE:
        return _OTHERWISE[row["verdict"]]
    clear = row["verdict"] in ("increased", "decreased")
    up = row["verdict"] == "increased" if clear else row["conf_low"] > 0
    if not clear and not up and not row["conf_high"] < 0:
        return "not clear"
    if row["left_high"] >= row["now_low"] if up else row["left_low"] <= row["now_high"]:
        return UNKNOWN
    judged = row["side"] if row["measure"] in words.SHARES else ""
    gain = {"better": True, "worse": False}.get(judged or _BY_AMOUNT.get(row["favourable"], ""))
    way = ("lower", "higher")[up] if gain is None else ("worse", "better")[up == gain]
    return way if clear else f"pointing to {way}"


_OTHERWISE = {
    "not comparable": "not comparable",
    "depends on the wording": "depends on how print is read",
}
_BY_AMOUNT = {"more": "better", "less": "worse"}


def _side(row: pd.Series, when: str) -> str:
    return words.between(row[f"{when}_low"], row[f"{when}_high"], words.writer(row))


def _less(row: pd.Series, now: str, then: str) -> float:
    """Now less then, shares in points: of two numbers before rounding, of a range as shown."""
    if row[[now, then]].isna().any():
        return float("nan")
    shown = _shown(row, now, then)
    if _of_range(row):
        return float(shown)
    exact = row["difference"] * (100 if words.is_share(row) else 1)
    return round(exact, -int(shown.as_tuple().exponent)) + 0.0


def _of_range(row: pd.Series) -> bool:
    """Whether a change is known as the range alone that words leave of a side."""
    return pd.isna(row["difference"]) or any(is_open(row, when) for when in ("then", "now"))


def _shown(row: pd.Series, now: str, then: str) -> Decimal:
    """Now less then, of both as they are written."""
    said = (words.writer(row)(row[name]) for name in (now, then))
    after, before = (Decimal(re.sub(r"[^\d.−]", "", one).replace("−", "-")) for one in said)
    return after - before


def _change(row: pd.Series) -> str:
    ends = words.between(row["least"], row["most"], _signed)
    unlike = ends and row["least"] != float(_shown(row, "now_low", "then_high"))
    return f"{ends}{' points' * words.is_share(row)}{_UNROUNDED * bool(unlike)}" if ends else ""


#: What is said of a change that is not the difference of the two numbers as they are shown.
_UNROUNDED = " before rounding"


def _by(row: pd.Series) -> str:
    """Say how a change comes of its two sides."""
    how = " as both are shown: may be one off" if _of_range(row) else _UNROUNDED
    change = row["change"].removesuffix(_UNROUNDED)
    return f"{change}: now less then,{how}" if change else ""


def _interval(row: pd.Series) -> str:
    write = words.points if words.is_share(row) else _signed
    return words.between(row["conf_low"], row["conf_high"], write)


def _signed(value: float) -> str:
    return "" if pd.isna(value) else f"{'+' * bool(value > 0)}{words.number(value)}"


def _doubts(row: pd.Series) -> str:
    """Say what speaks against a change: how units came in, likeness, a baseline that clashes."""
    now, then = (row.get(f"selection_{side}", "") for side in ("cohort", "baseline"))
    units = words.plural(row["unit"])
    part = f", {words.share(row['took_part'])} of those invited" * bool(row["took_part"] < 1)
    told = [f"{CHOSEN[now].format(units)}{part}"] if now in CHOSEN else []
    told += [CHOSEN[then].format(f"earlier {units}")] if then in CHOSEN and then != now else []
    told += [undone(row["deff_undone"]) + _measured(row)] if "†" in row["marks"] else []
    stands = f"the earlier figure is {row['stands']}" * bool(row["stands"])
    return "; ".join(filter(None, (*told, row["close"], stands)))


#: What is said of units that chance did not draw.
CHOSEN = {
    "unstated": "how the {} were chosen is not said",
    "volunteers": "the {} chose to answer",
}


def undone(*deffs: float) -> str:
    """Say in plain words which design effect would undo a change: how alike answers would be."""
    alike = words.counts(10 * min(deffs), 10 * max(deffs))
    return f"not clear any more if earlier answers were so alike that {alike} told as much as 10"


def _measured(row: pd.Series) -> str:
    """Say how alike the answers to the same question are now, where that is known."""
    deff = row.get("deff_cohort")
    return f" (now {10 * deff:.0f} do)" if pd.notna(deff) else ""


def _marks(row: pd.Series) -> str:
    """† by a design effect, ‡ by a conflict of the earlier figure, ≈ by another question."""
    return " †" * _is_frail(row) + " ‡" * bool(row["stands"]) + " ≈" * bool(row["close"])


def _is_one_way(row: pd.Series) -> bool:
    """Whether a finding changed one way or points there."""
    return row["kind"].split()[-1] in CLEAR


def _is_frail(row: pd.Series) -> bool:
    """Whether a design effect that is common, or measured now, would undo a change."""
    return bool(row["deff_undone"] <= np.fmax(FRAIL, row.get("deff_cohort", FRAIL)))


def _undone_by(row: pd.Series) -> str:
    """Say which design effect undoes a clear change beside the one measured now, or that none."""
    if row["verdict"] not in ("increased", "decreased"):
        return "no clear change"
    if not row["printed"]:
        return "none: the design is in its interval"
    if row["unit"] in DRAWN_UNITS:
        return f"none: {words.plural(row['unit'])} are in no groups"
    deff = row.get("deff_cohort")
    now = f"; {words.number(deff)} measured now" if pd.notna(deff) else ""
    return (words.number(row["deff_undone"]) or f"none up to {GREATEST_DEFF:.0f}") + now


def _of(row: pd.Series, which: str) -> str:
    """Name the base of a side; a share or a word that is printed for one is no number."""
    base = str(row[f"base_{which}"])
    counted = re.search(r"\d", base) and "%" not in base
    return base if counted or not base else f"“{base}” (how many is not printed)"


def _before(row: pd.Series) -> str:
    """The quotes of a baseline, and what they read as: counts where their base is one number."""
    base, printed = _of(row, "baseline"), f"{row['printed']}, reads as "
    number = int(base.replace(",", "")) if base.replace(",", "").isdigit() else 0
    on = [number * float(row[f"then_{end}"]) for end in ("low", "high")]
    told = f"{row['then']} of {base}"
    if row["printed"] and number and all(abs(n - round(n)) < 1e-6 for n in on):
        told = f"{words.counts(*map(round, on))} of {base}, {row['then']}"
    return f"{row['when']}: " * bool(row["when"]) + printed * bool(row["printed"]) + told


def _since(row: pd.Series) -> str:
    """Say what it was before, by how much it changed, and what is in doubt of that."""
    when = f"in {row['when']}" if row["when"] else "before"
    told = f"{when} it was {', '.join(filter(None, (row['then'], row['as_read'])))}"
    interval = f"interval {row['interval']}" * bool(row["interval"])
    how = ", ".join(filter(None, (row["change"], interval))) * (row["kind"] != UNKNOWN)
    return f"{told} ({'; '.join(filter(None, (how, row['doubts'])))})"


def number(row: pd.Series) -> str:
    """Say how much of whom it is now: "64% of parents"."""
    return f"{row['now']} of {words.plural(row['unit'])}"


def anchor(row: Mapping) -> str:
    """Where the trail has a change."""
    return re.sub(r"[^\w-]+", "-", f"c-{row['indicator']}-{row['category']}")


_SAID: Mapping[str, Callable[[pd.Series], Any]] = {
    "kind": _kind,
    "then": lambda row: _side(row, "then"),  # "72% to 77%"
    "now": lambda row: _side(row, "now"),
    "least": lambda row: _less(row, "now_low", "then_high"),
    "most": lambda row: _less(row, "now_high", "then_low"),
    "change": _change,  # "−40 to −35 points"
    "difference_of": lambda _: "shares before rounding; least and most of a range: as shown",
    "interval": _interval,
    "marks": lambda row: _marks(row) * (row["kind"] != UNKNOWN),
    "comes_to": lambda row: row["kind"] + IN_DOUBT * bool(_is_one_way(row) and row["marks"]),
    "doubts": _doubts,
    "since": _since,
    "entry": lambda row: f"q-{row['indicator']}" if row["kind"] == KINDS[-1] else anchor(row),
}


# ---- its views ----------------------------------------------------------------------------------


def said(row: pd.Series) -> words.Parts:
    """Say one change: what it is, what it was, and how sure that is; both sides lead to proof."""
    now, then = (number(row), f"q-{row['indicator']}"), (row["since"], anchor(row))
    comes_to = words.upper_first(row["comes_to"])
    return [(f"{comes_to}: ", ""), now, (f" {row['label']}; ", ""), then, (".", "")]


def sentence(row: pd.Series) -> str:
    """Say one change whole, as it may be pasted."""
    return words.plain(said(row))


def told(row: pd.Series) -> dict:
    """What a page lists of a change: its sentence, and the same with what leads to either side."""
    of = {name: row[name] for name in ("indicator", "category", "why")}
    both = {"sentence": sentence(row), "linked": words.linked(said(row))}
    return (
        both | of | {"statements": "", "where": "", "about": "change", "weight": row["size"] / 100}
    )


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
    numbers = rows["comes_to"].value_counts()
    kinds = [one for kind in KINDS for one in (kind, f"{kind}{IN_DOUBT}") if one in numbers]
    return pd.DataFrame({"what": kinds, "findings": [int(numbers[kind]) for kind in kinds]})


def say_counted(rows: pd.DataFrame) -> str:
    """Say how many of the compared findings came to what."""
    known = rows[rows["kind"] != "not comparable"]
    said = words.listed(f"{row.findings} {row.what}" for row in counted(known).itertuples())
    held = f"Of {len(rows)} findings held against the baseline {len(known)} can be compared"
    return f"{held}{f': {said}. {DOUBT}' * bool(said) or '.'}" if len(rows) else ""


def listed(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay compared findings out: `READ` for reading, and the rest for the trail."""
    return words.lay_out(
        rows[rows["kind"] != "not comparable"],
        {
            "finding": "label",
            "then and now": then_and_now,
            "of": lambda row: f"{_of(row, 'baseline')} and {_of(row, 'cohort')}",
            "change": "change",
            "interval": "interval",
            "p": lambda row: words.p_value(row["p_adjusted"]),
            "comes to": "comes_to",
            "if clear, undone by a design effect of": _undone_by,
            "because": "reason",
            "id": anchor,
            "indicator": "indicator",
            "before": _before,
            "now": lambda row: f"{number(row)}, of {row['base_cohort']}",
            "by": _by,
            "interval from": _interval_by_hand,
            "p from": _p_by_hand,
            "in doubt": lambda row: row["doubts"] + f". {row['why']}" * bool(row["why"]),
        },
    )


#: The columns that a reader is shown of a change, and those that its entry in the trail tells.
READ = (
    *("finding", "then and now", "of", "change", "interval", "p", "comes to"),
    *("if clear, undone by a design effect of", "because"),
)
PROOF = (
    *("before", "by", "interval from", "p from", "comes to"),
    *("if clear, undone by a design effect of", "in doubt"),
)


def _interval_by_hand(row: pd.Series) -> str:
    """Show how the interval comes of the limits of both sides, where it comes of them alone."""
    if not row["interval"] or not words.is_share(row):
        return row["interval"]
    least, most = _limit(row, "low", "high", "−"), _limit(row, "high", "low", "+")
    if not least or not most:
        return f"{row['interval']} points"
    limits = [
        f"{when} ({' to '.join(_exactly(row[f'side_{end}_{side}']) for end in ('low', 'high'))})"
        for when, side in (("then", "baseline"), ("now", "cohort"))
    ]
    return (
        f"{row['interval']} points: least {least}; most {most}, before anything is rounded. In the"
        f" roots: how far Wilson’s limits on the effective base, {words.listed(limits)}, are from"
        " the shares"
    )


def _limit(row: pd.Series, end: str, other: str, sign: str) -> str:
    """Write one end of an interval as a sum of shares and limits; nothing where it is none."""
    now, then = row[f"now_{end}"], row[f"then_{other}"]
    pairs = [(now, row[f"side_{end}_cohort"]), (then, row[f"side_{other}_baseline"])]
    spread = math.hypot(*(share - limit for share, limit in pairs))
    found = row[f"conf_{end}"]
    if not abs(now - then + (spread if sign == "+" else -spread) - found) <= _ROUNDED:
        return ""
    roots = " + ".join(f"({_exactly(max(pair))} − {_exactly(min(pair))})²" for pair in pairs)
    shares = [round(share, 3) for pair in pairs for share in pair]
    reach = math.hypot(shares[0] - shares[1], shares[2] - shares[3])
    shown = shares[0] - shares[2] + (reach if sign == "+" else -reach)
    said, as_shown = (words.minus(f"{100 * at:.1f}".removesuffix(".0")) for at in (found, shown))
    off = f" ({as_shown} of what is shown here, which is rounded)" * (said != as_shown)
    return f"{_exactly(now)} − {_exactly(then)} {sign} √({roots}) = {said}{off}"


#: How far shares of people, which a report publishes rounded, may move an interval.
_ROUNDED = 0.02


def _exactly(share: float) -> str:
    """Write a share to a tenth of a point, as far as it was published."""
    return f"{100 * share:.1f}".removesuffix(".0") + "%"


def _p_by_hand(row: pd.Series) -> str:
    """Show how an adjusted p comes of that of the single test: in full, so that it multiplies."""
    if pd.isna(row.get("p_value")):
        return ""
    alone, adjusted = (
        words.number(p, 2) if p >= 1e-6 else "less than 0.000001"
        for p in (row["p_value"], row["p_adjusted"])
    )
    return f"{alone} alone; {adjusted} by Holm"


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
