"""What has changed, in a reader's words: better, worse, pointing to either, not clear."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pandas as pd

from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.inference.record.audit import audit_figures
from careersurvey.inference.record.standings import clashes
from careersurvey.presentation import conflicts, labels, outputs, published, sentences, words
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import Words

#: From the surest to what may not be compared; higher and lower where no answer is the better one.
KINDS = (
    *("better", "worse", "higher", "lower"),
    *("pointing to better", "pointing to worse", "pointing to higher", "pointing to lower"),
    *("hangs on the wording", "not clear", "not comparable"),
)
HINT = "but not beyond what so many tests would throw up"
#: A change that a design effect of this much or less would undo is marked.
FRAIL = 3.0
#: How a change that is shown can be worked out again.
RULE = "A change is now less then, as both are shown; its interval is worked out before rounding."
_CLEAR = {"increased": True, "decreased": False}


def since(
    baseline: str, cohort: Cohort, *, level: float = 0.95, readings: str | Path | None = None
) -> pd.DataFrame | None:
    """Compare a cohort with a baseline and say what each finding came to; None without one."""
    from careersurvey.inference.compare.compare import compare

    if not baseline:
        return None
    before = load_cohort(baseline)
    sides = outputs.once(compare, before, cohort, level=level, readings=readings)
    rows = published.compared(sides, before, cohort)
    return in_words(labels.name_rows(rows, cohort), before, readings)


def _earlier(
    rows: pd.DataFrame, before: Cohort | None, readings: str | Path | None
) -> pd.DataFrame:
    """What the baseline printed of each row: its statements, their quotes, and how they clash."""
    names = ["then_statements", "then_printed", "then_read", "disputed"]
    if before is None or before.evidence != "reported":
        return pd.DataFrame("", rows.index, names)
    in_conflict = clashes(outputs.once(audit_figures, before, readings=readings))
    printed = before.reported[before.reported["group"] == ""]
    told = []
    wide = rows["then_high"] - rows["then_low"] > _SHOWN
    for *key, vague in zip(rows["indicator_baseline"], rows["category"], wide, strict=True):
        own = _same(before, *key)
        pairs = zip(printed["indicator"], printed["category"], strict=True)
        mine = printed[[pair in own for pair in pairs]]
        quotes = [f"“{r['reported']}” ({words.places([r['where']])})" for _, r in mine.iterrows()]
        entries = {e["id"]: e for id_ in mine["id"] for e in in_conflict.get(id_, ())}
        read = "as read" * bool(vague or mine["form"].isin(["fraction", "words"]).any())
        stands = conflicts.stands(entries.values())
        told.append((", ".join(mine["id"]), "; ".join(quotes), read, stands))
    return pd.DataFrame(told, rows.index, names)


def _same(cohort: Cohort, indicator: str, category: str) -> list[tuple[str, str]]:
    """Quantities that one answer's number settles: its own, and its opposite's of two."""
    known = cohort.indicators.get(indicator)
    both = known.categories if known and len(known.categories) == 2 else ()
    return [(indicator, each) for each in dict.fromkeys((category, *both))]


def in_words(
    rows: pd.DataFrame, before: Cohort | None = None, readings: str | Path | None = None
) -> pd.DataFrame:
    """Say what each compared finding came to, and put the surest and largest first.

    A change is worked out from the two numbers as they are shown: ``change_low`` to ``change_high``
    where what was printed then, or now, reads as a range.
    """
    ends = {
        f"{when}_{end}": rows[f"reading_{end}_{side}"].fillna(rows[f"estimate_{side}"])
        for when, side in (("then", "baseline"), ("now", "cohort"))
        for end in ("low", "high")
    }
    told = rows.assign(
        kind=[_kind(row) for _, row in rows.iterrows()],
        then_when=words.years(before.about.fieldwork) if before else "",
        frail=rows["deff_undone"].le(FRAIL).fillna(False),
        **ends,
    )
    least, most = ([_difference(row, *pair) for _, row in told.iterrows()] for pair in _PAIRS)
    told = told.assign(change_low=least, change_high=most).join(_earlier(told, before, readings))
    told["in_doubt"] = told["frail"] | told["disputed"].ne("")
    order = told.assign(at=told["kind"].map(KINDS.index), size=-size(told))
    return told.loc[order.sort_values(["at", "in_doubt", "size"], kind="stable").index]


def size(rows: pd.DataFrame) -> pd.Series:
    """How large changes are, whichever way: the middle of their least and most."""
    return ((rows["change_low"] + rows["change_high"]) / 2).abs().fillna(0)


#: What a wording may leave open of a share that is printed as it stands: "8%" is 7.5% to 8.5%.
_SHOWN = 0.0101
_PAIRS = (("then_high", "now_low"), ("then_low", "now_high"))


def _difference(row: pd.Series, then: str, now: str) -> float:
    """Now less then, of both as they are written: shares in points."""
    if row[[then, now]].isna().any():
        return float("nan")
    before, after = (_as_written(words.writer(row)(row[name])) for name in (then, now))
    return float(after - before)


def _as_written(said: str) -> Decimal:
    return Decimal(re.sub(r"[^\d.−]", "", said).replace("−", "-"))


def _kind(row: pd.Series) -> str:
    verdict = row["verdict"]
    if verdict == "not comparable":
        return "not comparable"
    if verdict == "depends on the wording":
        return "hangs on the wording"
    if verdict in _CLEAR:
        return _direction(row, _CLEAR[verdict])
    if row["conf_low"] > 0 or row["conf_high"] < 0:
        return f"pointing to {_direction(row, row['conf_low'] > 0)}"
    return "not clear"


def _direction(row: pd.Series, up: bool) -> str:
    if not row["side"] or row["measure"] not in words.SHARES:
        better = {"more": up, "less": not up}.get(row["favourable"])
        if better is None:
            return "higher" if up else "lower"
        return "better" if better else "worse"
    return "better" if up == (row["side"] == "better") else "worse"


def then_and_now(row: pd.Series) -> str:
    """Say both sides of a change in the unit of the measure: "63% to 67% → 64%"."""
    return " → ".join(words.dashed(_side(row, when)) or "no number" for when in ("then", "now"))


def _side(row: pd.Series, when: str) -> str:
    return words.between(row[f"{when}_low"], row[f"{when}_high"], words.writer(row))


def change(row: pd.Series) -> str:
    """Say a change as worked out from what is shown: "+34 to +39 points"; else in its unit."""
    ends = words.between(row["change_low"], row["change_high"], _signed)
    return f"{ends} points" if ends and words.is_share(row) else ends


def interval(row: pd.Series) -> str:
    """Say the interval of a change, worked out before anything is rounded."""
    write = words.points if words.is_share(row) else _signed
    return words.between(row["conf_low"], row["conf_high"], write)


def _signed(value: float) -> str:
    return "" if pd.isna(value) else f"{'+' * bool(value > 0)}{words.number(value)}"


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the findings of each kind, the surest first."""
    numbers = rows["kind"].value_counts()
    kinds = [kind for kind in KINDS if kind in numbers]
    return pd.DataFrame({"what": kinds, "findings": [int(numbers[kind]) for kind in kinds]})


def say_counted(rows: pd.DataFrame) -> str:
    """Say how many of the compared findings came to what."""
    if rows.empty:
        return ""
    said = [_said_of(row.findings, row.what) for row in counted(rows).itertuples()]
    return f"Of {len(rows)} findings held against the baseline, {words.listed(said)}."


def _said_of(number: int, kind: str) -> str:
    one = number == 1
    if kind == "not comparable":
        return f"{number} may not be compared"
    for stem in ("pointing", "hangs"):
        if kind.startswith(stem):
            verb = stem.removesuffix("ing").removesuffix("s") + "s" * one
            return f"{number} {verb}{kind.removeprefix(stem)}"
    return f"{number} {'is' if one else 'are'} {kind}"


def sentence(row: pd.Series) -> str:
    """Say one change: what it is, what it was, and how sure that is."""
    return f"{words.upper_first(row['kind'])}: {number(row)} {row['label']}; {before_and_by(row)}."


def before_and_by(row: pd.Series) -> str:
    """Say what it was before, by how much it changed, and what is in doubt of that."""
    when = f"in {row['then_when']}" if row["then_when"] else "before"
    told = f"{when} it was {', '.join(filter(None, (_side(row, 'then'), row['then_read'])))}"
    ends = f"interval {interval(row)}" * bool(interval(row))
    how = ", ".join(filter(None, (change(row), ends)))
    return f"{told} ({'; '.join(filter(None, (how, *doubts(row))))})"


def doubts(row: pd.Series) -> list[str]:
    """Say what speaks against a change: how units came in, likeness, a baseline that clashes."""
    told = [reservation(row)]
    if row["frail"]:
        told.append(_undone(row["deff_undone"]))
    if row["disputed"]:
        told.append(f"in its own report the earlier figure is {row['disputed']}")
    return list(filter(None, told))


def _undone(deff: float) -> str:
    """Say in plain words which design effect would undo a change: how alike answers would be."""
    alike = f"{10 * deff:.0f} of them told no more than 10 would"
    return f"not clear any more if those asked were so alike that {alike}"


def reservation(row: pd.Series) -> str:
    """Say how the units of a change came in, where chance drew none of them."""
    who = words.plural(row["unit"])
    told = {
        "unstated": f"how the {who} were chosen is not said",
        "volunteers": f"the {who} chose to answer",
    }
    return told.get(row.get("selection_cohort", ""), "")


def anchor(row: Mapping) -> str:
    """Where the trail has a change."""
    return re.sub(r"[^\w-]+", "-", f"c-{row['indicator']}-{row['category']}")


def number(row: pd.Series) -> str:
    """Say how much of whom it is now: "64% of parents"."""
    return f"{_side(row, 'now')} of {words.plural(row['unit'])}"


def listed(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay compared findings out: `READ` for reading, and the rest for the trail."""
    return words.lay_out(
        rows[rows["kind"] != "not comparable"],
        {
            "finding": "label",
            "then and now": then_and_now,
            "of": lambda row: f"{row['base_baseline']} and {row['base_cohort']}",
            "change": change,
            "interval": interval,
            "p": lambda row: words.p_value(row["p_adjusted"]),
            "comes to": "kind",
            "undone by a design effect of": lambda row: words.number(row["deff_undone"]),
            "because": "reason",
            "id": anchor,
            "indicator": "indicator",
            "before": _evidence_before,
            "now": lambda row: f"{number(row)}, of {row['base_cohort']}",
            "by": lambda row: f"{change(row)}: now less then, as shown" * bool(change(row)),
            "interval from": _interval_by_hand,
            "in doubt": lambda row: "; ".join(doubts(row)),
        },
    )


#: The columns that a reader is shown of a change, and those that its entry in the trail tells.
READ = (
    *("finding", "then and now", "of", "change", "interval", "p", "comes to"),
    *("undone by a design effect of", "because"),
)
PROOF = ("before", "by", "interval from", "comes to", "in doubt")


def _evidence_before(row: pd.Series) -> str:
    """The quotes of a baseline, and what they read as: counts where their base is one number."""
    ids = f"; {row['then_statements']}" * bool(row["then_statements"])
    base = str(row["base_baseline"])
    number = int(base.replace(",", "")) if base.replace(",", "").isdigit() else 0
    on = [number * float(row[f"then_{end}"]) for end in ("low", "high")]
    whole = bool(ids) and number > 0 and all(abs(n - round(n)) < 1e-6 for n in on)
    counts = f"{words.counts(*map(round, on))} of {base}, " if whole else ""
    printed = f"{row['then_printed']}{ids}, reads as {counts}" * bool(ids)
    when = f"{row['then_when']}: " * bool(row["then_when"])
    return f"{when}{printed}{_side(row, 'then')}{f' of {base}' * (not whole)}"


def _interval_by_hand(row: pd.Series) -> str:
    """Show how the interval comes of the limits of both sides, where it comes of them alone."""
    sides = [f"side_{end}_{side}" for side in ("baseline", "cohort") for end in ("low", "high")]
    if not words.is_share(row) or row.reindex([*sides, "conf_low"]).isna().any():
        return interval(row)
    then_low, then_high, now_low, now_high = (row[name] for name in sides)
    below = (row["now_low"], now_low), (then_high, row["then_high"])
    above = (now_high, row["now_high"]), (row["then_low"], then_low)
    least = row["now_low"] - row["then_high"] - math.hypot(*(a - b for a, b in below))
    most = row["now_high"] - row["then_low"] + math.hypot(*(a - b for a, b in above))
    told = f"{interval(row)} points"
    if max(abs(least - row["conf_low"]), abs(most - row["conf_high"])) > _ROUNDED:
        return told
    roots = [
        " + ".join(f"({words.share(a)} − {words.share(b)})²" for a, b in pairs)
        for pairs in (below, above)
    ]
    limits = (
        f"limits {words.between(then_low, then_high)} then, {words.between(now_low, now_high)} now"
    )
    return (
        f"{told}: least change less √({roots[0]}), most and √({roots[1]}), before anything is"
        f" rounded; {limits}"
    )


#: How far shares of people, which a report publishes rounded, may move an interval.
_ROUNDED = 0.02


def refused(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay out what may not be compared, and why."""
    told = {"finding": "label", "held against": "cohort", "not comparable because": "reason"}
    return words.lay_out(rows[rows["verdict"] == "not comparable"], told)


def say_barred(rows: pd.DataFrame) -> list[str]:
    """Say in one sentence how many findings may not be compared, their reasons grouped."""
    if rows.empty:
        return []
    kinds = rows["reason"].str.partition(": ")[0].value_counts()
    said = words.listed(f"{kind} ({n})" for kind, n in kinds.items())
    number = "1 finding is" if len(rows) == 1 else f"{len(rows)} findings are"
    return [f"{number} not comparable: {said}."]


def say_refused(rows: pd.DataFrame) -> str:
    """Say in a sentence how many of the pairs may be compared."""
    barred = int((rows["verdict"] == "not comparable").sum())
    may = len(rows) - barred
    if not may:
        return (
            f"None of the findings held side by side may be compared ({len(rows)} of {len(rows)})."
        )
    return f"Of {len(rows)} findings held side by side, {may} may be compared and {barred} may not."


def around_changes(rows: pd.DataFrame, credit: Credit, baseline: Credit, rule: str) -> Words:
    """Words of the chart of changes: how many are better, worse and pointing to either."""
    numbers = rows["kind"].value_counts()
    said = [
        f"{name} on {int(numbers.get(name, 0))}"
        for name in KINDS[:4]
        if name in ("better", "worse") or numbers.get(name, 0)
    ]
    pointing = int(sum(n for kind, n in numbers.items() if kind.startswith("pointing")))
    more = f"; {pointing} more point one way" * bool(pointing)
    tested = rows.attrs.get("tested", len(rows))
    family = f" shown, {tested} tested" if tested > len(rows) else ""
    told = f"{words.upper_first(', '.join(said))} of {len(rows)} findings"
    doubted = int((rows["in_doubt"] & rows["kind"].isin(KINDS[:4])).sum())
    doubt = f"; {doubted} in doubt" * bool(doubted)
    candidates = [f"{told}{family}{one}" for one in (doubt + more, doubt, more, "")]
    title = sentences.title_of(*candidates, told)
    marks = f"† {_undone(FRAIL)}." * bool(rows["frail"].any())
    clash = "‡ the earlier figure is in conflict with others of its report."
    marks += f" {clash}" * bool(rows["disputed"].ne("").any())
    notes = (
        f"{RULE} {rule} {marks}".strip(),
        " ".join(dict.fromkeys((baseline.caution, credit.caution))),
        f"Sources: {baseline.source}; {credit.source}{' (synthetic data)' * credit.synthetic}.",
    )
    return Words(title, f"{credit.when_where}, against {baseline.when_where}", notes)


def describe(rows: pd.DataFrame) -> str:
    """Say every clear change in words, and count the rest, for those who hear a picture."""
    clear = rows[rows["kind"].isin(KINDS[:4])]
    said = words.each(clear, _in_brief)
    tally = [f"{row.what} {row.findings}" for row in counted(rows).itertuples()]
    return f"{'; '.join([*said, words.listed(tally)])}."


def _in_brief(row: pd.Series) -> str:
    doubt = f" ({'; '.join(doubts(row))})" if row["in_doubt"] else ""
    return f"{row['kind']}: {row['label']}, {then_and_now(row)}{doubt}"


def marked(row: pd.Series) -> str:
    """Mark what is in doubt of a change: its size †, the figure that it is held against ‡."""
    return f"{' †' * bool(row['frail'])}{' ‡' * bool(row['disputed'])}"


def describe_trend(waves: pd.DataFrame) -> str:
    """Say every point in words: "2014 1.34, 2017 1.87"."""
    said = []
    for _, rows in waves.groupby(["indicator", "category"], sort=False):
        known = rows[rows["estimate_low"].notna()]
        points = [f"{int(row['when'])} {wave(row)}" for _, row in known.iterrows()]
        said.append(f"{rows['label'].iloc[0].replace('{}', 'so many')}: {', '.join(points)}")
    return f"{'; '.join(said)}."


def wave(row: pd.Series) -> str:
    """Say a wave's number in the unit of its measure."""
    if pd.notna(row["estimate"]):
        return words.writer(row)(row["estimate"])
    return words.between(row["estimate_low"], row["estimate_high"], words.writer(row))


def around_trend(waves: pd.DataFrame, credit: Credit, others: Sequence[Credit]) -> Words:
    """Words of the chart of waves: the first finding's first and last number."""
    _, rows = next(iter(waves.groupby(["indicator", "category"], sort=False)))
    known = rows[rows["estimate"].notna()]
    title = f"{waves.groupby(['indicator', 'category']).ngroups} findings over several waves"
    if len(known) > 1:
        first, last = known.iloc[0], known.iloc[-1]
        who, year = words.plural(last["unit"]), int(last["when"])
        now = [_of_wave(last, who, last[name]) for name in ("label", "short")]
        then = f" in {year}, against {wave(first)} in {int(first['when'])}"
        title = sentences.title_of(*(f"{said}{then}" for said in (*now, wave(last)) if said))
    broken = waves.loc[waves["line"].notna() & (waves["reason"] != ""), "reason"]
    gaps = " ".join(f"Line broken: {reason}." for reason in dict.fromkeys(broken))
    sources = dict.fromkeys(one.source for one in (*others, credit))
    return Words(
        title,
        "By the year in which fieldwork began; each panel begins at nought",
        tuple(part for part in (gaps, credit.caution, f"Sources: {_ends(list(sources))}.") if part),
    )


def _of_wave(row: pd.Series, who: str, phrase: str) -> str:
    if "{}" in phrase:
        return f"{words.upper_first(who)} {phrase.replace('{}', wave(row))}"
    return f"{wave(row)} of {who} {phrase}" if phrase else ""


def _ends(sources: list[str]) -> str:
    if len(sources) < 3:
        return "; ".join(sources)
    return f"{sources[0]}; {sources[-1]}; and the {len(sources) - 2} waves between"
