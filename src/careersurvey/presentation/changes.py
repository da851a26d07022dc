"""What is said of a change: both sides, by how much, and what speaks against it; and as tables."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.evidence.text import rounded, so_many
from careersurvey.inference.columns import DRAWN_UNITS
from careersurvey.inference.compare.compare import LEAST_CHANGE, compare
from careersurvey.inference.compare.difference import GREATEST_DEFF
from careersurvey.presentation import compared, labels, outputs, published, sentences, words

#: How a change that is shown can be worked out again.
RULE = (
    "A change and its interval are worked out before they are rounded to whole points: each may be"
    " one off what is shown."
)


def since(
    baseline: str, cohort: Cohort, *, level: float = 0.95, readings: str | Path | None = None
) -> pd.DataFrame | None:
    """Compare a cohort with a baseline and say what each finding came to; None without one."""
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
    mine, theirs = cohort.indicators, before.indicators if before else {}
    both = {*mine} & {*theirs}
    apart = {one for one in both if mine[one].favourable != theirs[one].favourable}
    of_one = named["indicator"].isin(apart)  # better and worse are so to both, or are not said
    for name in ("favourable", "side"):
        named[name] = named[name].mask(of_one, "")
    told = in_words(published.join_missing(named, cohort), before, readings)
    real = ", not invented" if cohort.synthetic and before and not before.synthetic else ""
    return told.assign(earlier=told["earlier_source"] + real)


def with_then(rows: pd.DataFrame, changed: pd.DataFrame | None) -> pd.DataFrame:
    """Join to the findings that are told as changes what they were before."""
    if changed is None:
        return rows
    sure = changed[changed["kind"].isin(compared.CLEAR)].set_index(["indicator", "category"])
    then = sure[["then", "then_low", "then_high", "when", "earlier", "told_then"]]
    return rows.join(then, on=["indicator", "category"])


def in_words(
    rows: pd.DataFrame, before: Cohort | None = None, readings: str | Path | None = None
) -> pd.DataFrame:
    """Say what each compared finding came to, each column of `_SAID` by those before it."""
    told = compared.known(rows, before, readings)
    for name, say in _SAID.items():
        told[name] = words.each(told, say)
    return told


def _against(row: pd.Series) -> dict[str, str]:
    """Say what speaks against a change, by its marks."""
    return {name: compared.MARKS[name].says(row) for name in filter(None, row["marks"].split(", "))}


def _briefly(row: pd.Series) -> str:
    marks = (compared.MARKS[name] for name in _against(row))
    return "; ".join(one.briefly(row) or one.means for one in marks)


def signed(row: pd.Series, low: float, high: float, unit: str = " points") -> str:
    """Write a change with its sign, in points or in the unit of its measure."""
    if words.is_share(row):
        said = words.between(low, high, words.points)
        return f"{said}{unit.rstrip('s') if said[1:] == '1' else unit}" if said else ""
    return words.between(low, high, lambda end: ("+" if end > 0 else "") + words.number(end))


def _as_read(row: pd.Series) -> str:
    is_read = row["printed"] and (row["vague"] or compared.is_open(row, "then"))
    return ", as read" if is_read else ""


def _then(row: pd.Series) -> str:
    """Say beside a mark what it was, and whether anything speaks against the change."""
    doubt = "; the change is in doubt" if row["marks"] else ""
    return f"{row['when']}: {row['then']}{_as_read(row)}{doubt}"


def _since(row: pd.Series) -> str:
    """Say when it was otherwise, and by how much it changed."""
    when = f"in {row['when']}" if row["when"] else "before"
    interval = f"interval {row['interval']}" if row["interval"] else ""
    bases = [row.get(f"base_n_{side}") for side in ("baseline", "cohort")]
    of = "of {:,.0f} then and {:,.0f} now".format(*bases) if all(map(pd.notna, bases)) else ""
    by = (row["change"], interval, of) if row["kind"] != compared.UNKNOWN else ()
    how = ", ".join(filter(None, by))
    return f" {when}{_as_read(row)}{sentences.bracket(how)}"


def anchor(row: Mapping) -> str:
    """Where the trail has a change."""
    return re.sub(r"[^\w-]+", "-", f"c-{row['indicator']}-{row['category']}")


_SAID: Mapping[str, Callable[[pd.Series], str]] = {
    "change": lambda row: signed(row, *compared.ends(row)),
    "interval": lambda row: signed(row, row["conf_low"], row["conf_high"], unit=""),
    "caveats": lambda row: "; ".join(_against(row).values()),
    "since": _since,
    "told_then": _then,
    "entry": lambda row: f"q-{row['indicator']}" if row["kind"] == compared.BARRED else anchor(row),
}


# ---- its views ----------------------------------------------------------------------------------


def number(row: pd.Series) -> str:
    """Say how much of whom it is now: "64% of parents"."""
    return f"{row['now']} of {sentences.whom(row)}"


def said(row: pd.Series, against: str = "") -> words.Parts:
    """Say one change: what it is, what it was, and what is against it; both sides lead to proof."""
    now, then = (row["now"], f"q-{row['indicator']}"), (row["then"], anchor(row))
    comes_to = words.upper_first(row["comes_to"])
    of = f" of {sentences.whom(row)} {sentences.predicate(row)}, "
    doubt = f". Against this: {against or row['caveats']}" if row["marks"] else ""
    return [(f"{comes_to}: ", ""), now, (of, ""), then, (f"{row['since']}{doubt}.", "")]


def sentence(row: pd.Series) -> str:
    """Say one change whole, as it may be pasted."""
    return words.plain(said(row))


def heard(row: pd.Series) -> str:
    """Say one change briefly, for those who hear a picture."""
    doubt = sentences.bracket(row["clashing"] if row["kind"] == compared.UNKNOWN else "")
    return f"{row['comes_to']}: {row['label']}, {then_and_now(row)}{doubt}"


def how_many(known: pd.DataFrame) -> list[str]:
    """Count what has clearly changed of all that can be compared: by kind, then all together."""
    sure = known[known["kind"].isin(compared.CLEAR) & known["marks"].eq("")]
    whole = f"Of {so_many(len(known), 'comparable finding')}"
    if sure.empty:
        doubted = int(known["kind"].isin(compared.CLEAR).sum())
        seem = f"{doubted} {'seems' if doubted == 1 else 'seem'} to have changed, each in doubt"
        return [f"{whole} {seem if doubted else 'none has clearly changed'}"]
    kinds = sure["kind"].value_counts(sort=False)
    by_kind = ", ".join(f"{number} clearly {kind}" for kind, number in kinds.items())
    together = f"{len(sure)} {'has' if len(sure) == 1 else 'have'} clearly changed"
    rest = f", {len(known) - len(sure)} not" if len(known) > len(sure) else ""
    return [f"{whole} {by_kind}{rest}", f"{whole} {together}{rest}"]


def counted(rows: pd.DataFrame) -> list[dict[str, object]]:
    """What a page lists before its changes: how many are clear, then what the others come to."""
    known = compared.comparable(rows)
    if known.empty:
        return []
    points = rows["kind"].isin(compared.ONLY_POINTING)
    kinds = rows["comes_to"].mask(points, "clear only if tested alone").value_counts(sort=False)
    others = words.upper_first("; ".join(f"{what}: {n}" for what, n in kinds.items()))
    unknown = int(known["kind"].eq(compared.UNKNOWN).sum())
    more = f"; {unknown} more may have gone up or down" if unknown else ""
    source = rows["earlier_source"].iloc[0]
    earlier = f"{more}{sentences.bracket(source and f'earlier figures: {source}')}."
    told = [[(how_many(known)[-1], "10_comparison"), (earlier, "")], [(f"{others}.", "")]]
    return [sentences.item(one, "all changes") for one in told[: len(kinds)]]


def told(row: pd.Series) -> dict[str, object]:
    """What a page lists of a change: what is against it in brief, which its proof says whole."""
    of = {name: row[name] for name in ("indicator", "category", "why")}
    linked = words.linked(said(row, _briefly(row)))
    return sentences.item(said(row), "change", weight=row["size"], **of) | {"linked": linked}


def then_and_now(row: pd.Series) -> str:
    """Say both sides of a change in the unit of the measure: "63%–67% → 64%"."""
    return " → ".join(words.dashed(row[when]) or "no number" for when in ("then", "now"))


# ---- as tables ----------------------------------------------------------------------------------


def _of(row: pd.Series, which: str) -> str:
    """Name the base of a side; a share or a word that is printed for one is no number."""
    base = str(row[f"base_{which}"])
    known = re.search(r"\d", base) and "%" not in base
    return base if known or not base else f"“{base}” (how many is not printed)"


def _before(row: pd.Series) -> str:
    """The quotes of a baseline, and what they read as."""
    printed = f"{row['printed']}, reads as " if row["printed"] else ""
    base = _of(row, "baseline")
    base += sentences.bracket(f"printed as {words.either(row['bases'])}" if row["bases"] else "")
    return (f"{row['when']}: " if row["when"] else "") + f"{printed}{row['then']} of {base}"


def _by(row: pd.Series) -> str:
    """By how much it changed and, where a clear change must come to so much, that it does."""
    clear = row["verdict"] in ("increased", "decreased") and words.is_share(row)
    enough = f"; {100 * LEAST_CHANGE:.0f} points or more: yes" if clear else ""
    of = f", of {base}," if (base := _of(row, "cohort")) else ""
    return f"{row['change']}: now{of} minus then, before rounding{enough}" * bool(row["change"])


class _Side(NamedTuple):
    """One side of a change: its share or shares, and the limits of their interval."""

    low: float
    high: float
    limit_low: float
    limit_high: float

    def __str__(self) -> str:
        limits = words.between(self.limit_low, self.limit_high, _finely)
        return f"{words.between(self.low, self.high, _finely)} ({limits})"


def _side(row: pd.Series, when: str, cohort: str) -> _Side:
    limits = (row.get(f"side_{end}_{cohort}", math.nan) for end in ("low", "high"))
    return _Side(row[f"{when}_low"], row[f"{when}_high"], *limits)


def _interval(row: pd.Series) -> str:
    """Show both sides with their limits, where the interval is squared and added from these."""
    said = signed(row, row["conf_low"], row["conf_high"])
    then, now = _side(row, "then", "baseline"), _side(row, "now", "cohort")
    below = math.hypot(now.low - now.limit_low, then.limit_high - then.high)
    above = math.hypot(now.limit_high - now.high, then.low - then.limit_low)
    least, most = now.low - then.high - below, now.high - then.low + above
    apart = max(abs(least - row["conf_low"]), abs(most - row["conf_high"]))
    if not words.is_share(row) or not apart <= _ROUNDED:
        return said
    return f"{said}, squared and added: then {then}, now {now}{_wilson_bases(row)}"


def _wilson_bases(row: pd.Series) -> str:
    """Say of how many both sides are to Wilson's interval, where both are known."""
    then, now = (row.get(f"wilson_base_{side}", math.nan) for side in ("baseline", "cohort"))
    if pd.isna(then):
        then = row.get("base_n_baseline")  # of several readings
    told = [words.number(then) or row["base_read"], words.number(now)]
    above = f", {labels.ABOVE}" if now > row.get("base_n_cohort", math.inf) else ""
    return f"; Wilson’s n {' and '.join(told)}{above}" if all(told) else ""


#: How far shares of people, which a report publishes rounded, may move an interval.
_ROUNDED = 0.02


def _finely(share: float) -> str:
    """Write a share to a tenth of a point, as far as it was published."""
    return f"{100 * rounded(share, 3):.1f}".removesuffix(".0") + "%"


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
    """Give the reason of a verdict, in which a close question is named, and of its other marks."""
    marks = _against(row).items()
    others = (f"{name}: {said}" for name, said in marks if name != compared.QUESTION)
    return "; ".join([row["reason"], *others])


_UNDONE = "design effect that would undo it"
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
    "comes to": lambda row: row["comes_to"] + sentences.bracket(row["marks"]),
    **{_UNDONE: _undone_by, "because": _because},
    "before": _before,
    **{"by the rule": "rule", "standing": "stands", "by": _by},
    **{"interval from": _interval, "p from": _p},
    _CARE: lambda row: ". ".join(filter(None, (row["caveats"], row["why"]))),
    **{"id": anchor, "indicator": "indicator"},
    "now": number,
}


def listed(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay compared findings out: `READ` for reading, and the rest for the trail."""
    return words.lay_out(compared.comparable(rows), _LISTED)


def refused(rows: pd.DataFrame, against: str = "cohort") -> pd.DataFrame:
    """Lay out what may not be compared, and why; `against` is the side that is held against."""
    told = {"finding": "label", "held against": against, "not comparable because": "reason"}
    return words.lay_out(rows[rows["verdict"] == compared.BARRED], told)


def say_barred(rows: pd.DataFrame) -> str:
    """Say how many pairs of findings may not be compared, and why; and which have no pair."""
    pairs = rows[rows["indicator"] != ""]  # a source without one in common has a row
    barred = pairs[pairs["verdict"] == compared.BARRED]
    kinds = barred["reason"].str.split(": ").str[0].value_counts()
    said = words.listed(f"{kind} ({n})" for kind, n in kinds.items())
    held = f"Of {len(pairs)} pairs of findings held side by side {len(barred)} may not"
    if len(barred) == len(pairs):
        held = f"None of {len(pairs)} pairs of findings held side by side may"
        held = "The one pair of findings held side by side may not" if len(pairs) == 1 else held
    strangers = len(rows) - len(pairs)
    none = f"{strangers} source{'s share' if strangers != 1 else ' shares'} no finding with it."
    parts = f"{held} be compared: {said}." if said else "", none if strangers else ""
    return " ".join(filter(None, parts))
