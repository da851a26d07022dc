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
    *("depends on how words are read", "not clear", "not comparable"),
)
CLEAR, POINTING = KINDS[:4], KINDS[4:8]
IN_DOUBT = "clear but in doubt"
HINT = "but not beyond what so many tests would throw up"
#: A change that a design effect of this much or less would undo is marked.
FRAIL = 3.0
#: How a change that is shown can be worked out again.
DOUBT = (
    f"A clear change is in doubt where a design effect of {FRAIL:.0f} or less would undo it (that"
    " many answers worth one), or where the earlier figure is in conflict in its own report."
)
RULE = "A change is now less then, as both are shown; its interval is worked out before rounding."


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
    return in_words(labels.name_rows(rows, cohort), before, readings)


def _earlier(
    rows: pd.DataFrame, before: Cohort | None, readings: str | Path | None
) -> pd.DataFrame:
    """What the baseline printed of each row: its statements, their quotes, and how they clash."""
    names = ["then_statements", "then_printed", "then_read", "disputed", "left", "why"]
    if before is None or before.evidence != "reported":
        return pd.DataFrame("", rows.index, names)
    found = outputs.once(audit_figures, before, readings=readings)
    in_conflict, why = clashes(found), conflicts.cards(found, before).set_index("id")["why"]
    printed = before.reported[before.reported["group"] == ""]
    told = []
    for _, row in rows.iterrows():
        known = before.indicators.get(row["indicator_baseline"])
        both = known.categories if known and len(known.categories) == 2 else [row["category"]]
        own = printed["category"].isin([row["category"], *both])  # one of two settles the other
        mine = printed[own & (printed["indicator"] == row["indicator_baseline"])]
        quotes = [f"“{r['reported']}” ({words.places([r['where']])})" for _, r in mine.iterrows()]
        entries = {e["id"]: e for id_ in mine["id"] for e in in_conflict.get(id_, ())}
        vague = row["then_high"] - row["then_low"] > _SHOWN
        read = "as read" * bool(vague or mine["form"].isin(["fraction", "words"]).any())
        stands, ids = conflicts.stands(entries.values()), list(mine["id"])
        left = "; ".join(filter(None, (_left(row, each, ids) for each in entries.values())))
        because = " ".join(f"{id_}: {why[id_]}" for id_ in entries)
        told.append((", ".join(ids), "; ".join(quotes), read, stands, left, because))
    return pd.DataFrame(told, rows.index, names)


def _left(row: pd.Series, entry: Mapping, ids: Sequence[str]) -> str:
    """Say what the other figures of a conflict leave of the earlier one, and what that does."""
    ends = conflicts.left_share(entry, ids, row["category"]) if words.is_share(row) else None
    if not ends:
        return ""
    said = f"{entry['id']}'s other figures leave it {words.between(*ends)}"
    middle = [row[f"{when}_low"] + row[f"{when}_high"] for when in ("then", "now")]
    now, then = (row["now_low"], row["now_high"]), ends
    if middle[1] < middle[0]:  # a fall is the rise of its opposite
        now, then = (-now[1], -now[0]), (-then[1], -then[0])
    if row["kind"] not in CLEAR + POINTING or round(now[0], 2) > round(then[1], 2):
        return said
    return f"{said}, {_TURNS if round(now[1], 2) < round(then[0], 2) else _UNDOES}"


_TURNS, _UNDOES = "which would turn the change", "which may leave no change"


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
    asked, shown = "q-" + told["indicator"], told["kind"] != "not comparable"
    told["entry"] = asked.mask(shown, pd.Series(words.each(told, anchor), told.index))
    told["in_doubt"] = told["frail"] | told["disputed"].ne("")
    told["as_printed"] = told["left"].str.contains(f"{_TURNS}|{_UNDOES}")
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
    """Name what a finding came to, by its verdict and by what is the better answer."""
    if row["verdict"] in _OTHERWISE:
        return _OTHERWISE[row["verdict"]]
    clear = row["verdict"] in ("increased", "decreased")
    up = row["verdict"] == "increased" if clear else row["conf_low"] > 0
    if not clear and not up and not row["conf_high"] < 0:
        return "not clear"
    judged = row["side"] if row["measure"] in words.SHARES else ""
    gain = {"better": True, "worse": False}.get(judged or _BY_AMOUNT.get(row["favourable"], ""))
    way = ("lower", "higher")[up] if gain is None else ("worse", "better")[up == gain]
    return way if clear else f"pointing to {way}"


_OTHERWISE = {
    "not comparable": "not comparable",
    "depends on the wording": "depends on how words are read",
}
_BY_AMOUNT = {"more": "better", "less": "worse"}


def then_and_now(row: pd.Series) -> str:
    """Say both sides of a change in the unit of the measure: "63% to 67% → 64%"."""
    return " → ".join(words.dashed(_side(row, when)) or "no number" for when in ("then", "now"))


def _side(row: pd.Series, when: str) -> str:
    return words.between(row[f"{when}_low"], row[f"{when}_high"], words.writer(row))


def is_open(row: pd.Series, when: str) -> bool:
    """Whether words leave a side of a change open, so that it is told as a range."""
    return " to " in _side(row, when)


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
    """Count the findings of each kind, the surest first; what is clear but in doubt apart."""
    doubted = rows["kind"].isin(CLEAR) & rows["in_doubt"]
    numbers = rows["kind"].mask(doubted, IN_DOUBT).value_counts()
    kinds = [kind for kind in (*CLEAR, IN_DOUBT, *KINDS[4:]) if kind in numbers]
    return pd.DataFrame({"what": kinds, "findings": [int(numbers[kind]) for kind in kinds]})


def came_to(row: pd.Series) -> str:
    """Say what a change came to, and of one that is clear whether it is in doubt."""
    return row["kind"] + ", in doubt" * bool(row["kind"] in CLEAR and row["in_doubt"])


def say_counted(rows: pd.DataFrame) -> str:
    """Say how many of the compared findings came to what."""
    said = words.listed(f"{row.findings} {row.what}" for row in counted(rows).itertuples())
    return f"Of {len(rows)} findings held against the baseline: {said}. {DOUBT}" if said else ""


def sentence(row: pd.Series) -> str:
    """Say one change: what it is, what it was, and how sure that is."""
    kind = f"{words.upper_first(row['kind'])}{' as printed' * bool(row['as_printed'])}"
    return f"{kind}: {number(row)} {row['label']}; {before_and_by(row)}."


def before_and_by(row: pd.Series) -> str:
    """Say what it was before, by how much it changed, and what is in doubt of that."""
    when = f"in {row['then_when']}" if row["then_when"] else "before"
    told = f"{when} it was {', '.join(filter(None, (_side(row, 'then'), row['then_read'])))}"
    ends = f"interval {interval(row)}" * bool(interval(row))
    how = ", ".join(filter(None, (change(row), ends)))
    return f"{told} ({'; '.join(filter(None, (how, *doubts(row))))})"


def doubts(row: pd.Series) -> list[str]:
    """Say what speaks against a change: how units came in, likeness, a baseline that clashes."""
    now, then = (row.get(f"selection_{side}", "") for side in ("cohort", "baseline"))
    units = words.plural(row["unit"])
    told = [CHOSEN[now].format(units)] if now in CHOSEN else []
    if then in CHOSEN and then != now:
        told.append(CHOSEN[then].format(f"earlier {units}"))
    if row["frail"]:
        told.append(_undone(row["deff_undone"]))
    if row["disputed"]:
        told.append(f"in its own report the earlier figure is {row['disputed']}")
    return [*told, row["left"]] if row["left"] else told


def _undone(*deffs: float) -> str:
    """Say in plain words which design effect would undo a change: how alike answers would be."""
    alike = f"{words.counts(10 * min(deffs), 10 * max(deffs))} answers were worth 10"
    return f"not clear any more if those asked were so alike that {alike}"


#: What is said of units that chance did not draw.
CHOSEN = {
    "unstated": "how the {} were chosen is not said",
    "volunteers": "the {} chose to answer",
}


def told(row: pd.Series) -> dict:
    """What a page lists of a change: its sentence, and what of it leads to either side."""
    of = {name: row[name] for name in ("indicator", "category")}
    said = {"sentence": sentence(row), "number": number(row), "since": before_and_by(row)}
    about = {"about": "change", "weight": abs(row["change_low"] + row["change_high"]) / 200}
    return said | of | about | {"statements": "", "where": "", "why": row["why"]}


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
            "comes to": came_to,
            "undone by a design effect of": lambda row: words.number(row["deff_undone"]),
            "because": "reason",
            "id": anchor,
            "indicator": "indicator",
            "before": _evidence_before,
            "now": lambda row: f"{number(row)}, of {row['base_cohort']}",
            "by": lambda row: f"{change(row)}: now less then, as shown" * bool(change(row)),
            "interval from": _interval_by_hand,
            "p from": _p_by_hand,
            "in doubt": lambda row: "; ".join(doubts(row)) + f". {row['why']}" * bool(row["why"]),
        },
    )


#: The columns that a reader is shown of a change, and those that its entry in the trail tells.
READ = (
    *("finding", "then and now", "of", "change", "interval", "p", "comes to"),
    *("undone by a design effect of", "because"),
)
PROOF = ("before", "by", "interval from", "p from", "comes to", "in doubt")


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
    names = [f"side_{end}_{side}" for side in ("baseline", "cohort") for end in ("low", "high")]
    if not words.is_share(row) or row.reindex([*names, "conf_low"]).isna().any():
        return interval(row)
    then_low, then_high, now_low, now_high = (row[name] for name in names)
    below = (row["now_low"], now_low), (then_high, row["then_high"])
    above = (now_high, row["now_high"]), (row["then_low"], then_low)
    least, most = (math.hypot(*(a - b for a, b in pairs)) for pairs in (below, above))
    off = (row["now_low"] - row["then_high"] - least - row["conf_low"],
           row["now_high"] - row["then_low"] + most - row["conf_high"])  # fmt: skip
    if max(map(abs, off)) > _ROUNDED:
        return f"{interval(row)} points"
    ends = [
        f"{end} {_exactly(now)} − {_exactly(then)} {sign} √({roots}) ="
        f" {words.minus(f'{100 * row[limit]:.1f}'.removesuffix('.0'))}"
        for end, now, then, sign, limit, roots in (
            ("least", row["now_low"], row["then_high"], "−", "conf_low", _squares(below)),
            ("most", row["now_high"], row["then_low"], "+", "conf_high", _squares(above)),
        )
    ]
    return (
        f"{interval(row)} points: {'; '.join(ends)}, before anything is rounded. In the roots: how"
        f" far Wilson’s limits on the effective base, then ({_exactly(then_low)} to"
        f" {_exactly(then_high)}) and now ({_exactly(now_low)} to {_exactly(now_high)}), are from"
        " the shares"
    )


def _exactly(share: float) -> str:
    """Write a share to a tenth of a point, as far as it was published."""
    return f"{100 * share:.1f}".removesuffix(".0") + "%"


def _squares(pairs: Sequence[tuple[float, float]]) -> str:
    return " + ".join(f"({_exactly(a)} − {_exactly(b)})²" for a, b in pairs)


def _p_by_hand(row: pd.Series) -> str:
    """Show how an adjusted p comes of that of the single test."""
    if pd.isna(row.get("p_value")):
        return ""
    alone, adjusted = (_in_full(row[name]) for name in ("p_value", "p_adjusted"))
    return f"{alone} alone; {adjusted} by Holm"


def _in_full(p: float) -> str:
    """Write a p to two figures, so that it can be multiplied, down to a millionth."""
    return words.number(p, 2) if p >= 1e-6 else "less than 0.000001"


#: How far shares of people, which a report publishes rounded, may move an interval.
_ROUNDED = 0.02


def refused(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay out what may not be compared, and why."""
    told = {"finding": "label", "held against": "cohort", "not comparable because": "reason"}
    return words.lay_out(rows[rows["verdict"] == "not comparable"], told)


def say_barred(rows: pd.DataFrame) -> str:
    """Say in one sentence how many findings may not be compared, their reasons grouped."""
    barred = rows[rows["verdict"] == "not comparable"]
    kinds = barred["reason"].str.split(": ").str[0].value_counts()
    said = words.listed(f"{kind} ({n})" for kind, n in kinds.items())
    held = f"Of {len(rows)} pairs of findings held side by side {len(barred)}"
    return f"{held} may not be compared: {said}." if said else ""


def around_changes(rows: pd.DataFrame, credit: Credit, baseline: Credit, rule: str) -> Words:
    """Words of the chart of changes: how many are better, worse and pointing to either."""
    numbers = dict(counted(rows).itertuples(index=False, name=None))
    least = dict.fromkeys(KINDS[:2], 0)  # none better, or none worse, is told too
    some = set(rows["kind"])
    none = {kind: f"none{' surely' * (kind in some)} {kind}" for kind in least}
    said = [
        f"{n} {kind}" if n else none[kind] for kind, n in (least | numbers).items() if kind in CLEAR
    ]
    tested = rows.attrs.get("tested", len(rows))
    family = f" shown, {tested} tested" * (tested > len(rows))
    said += [f"{numbers[IN_DOUBT]} more in doubt,"] if IN_DOUBT in numbers else []
    told = f"{words.upper_first(', '.join(said))} of {len(rows)} findings"
    pointing = sum(n for kind, n in numbers.items() if kind in POINTING)
    more = f"; {pointing} more point one way" * bool(pointing)
    disputed = bool(rows["disputed"].ne("").any())
    bar = any(words.each(rows, lambda row: is_open(row, "then") or is_open(row, "now")))
    frail = rows.loc[rows["frail"] & rows["kind"].isin(CLEAR), "deff_undone"]
    marks = f" † {_undone(*frail)}." if len(frail) else ""
    marks += " ‡ the earlier figure is in conflict in its own report." * disputed
    notes = (
        f"{RULE} {'A bar is all that words can mean. ' * bar}{rule}{marks}",
        " ".join(dict.fromkeys((baseline.caution, credit.caution))),
        f"Sources: {baseline.source}; {credit.source}{' (synthetic data)' * credit.synthetic}.",
    )
    title = sentences.title_of(f"{told}{family}{more}", f"{told}{family}", told)
    return Words(title, f"{credit.when_where}, against {baseline.when_where}", notes)


def describe(rows: pd.DataFrame) -> str:
    """Say every clear change in words, and count the rest, for those who hear a picture."""
    clear = rows[rows["kind"].isin(CLEAR)]
    tally = words.listed(f"{row.what} {row.findings}" for row in counted(rows).itertuples())
    return sentences.listed([*words.each(clear, _in_brief), tally])


def _in_brief(row: pd.Series) -> str:
    doubt = f" ({'; '.join(doubts(row))})" if row["in_doubt"] else ""
    return f"{came_to(row)}: {row['label']}, {then_and_now(row)}{doubt}"


def marked(row: pd.Series) -> str:
    """Mark what is in doubt of a change: its size †, the figure that it is held against ‡."""
    return f"{' †' * bool(row['frail'])}{' ‡' * bool(row['disputed'])}"


def describe_trend(waves: pd.DataFrame) -> str:
    """Say every point in words: "2014 1.34, 2017 1.87"."""
    said = []
    for _, rows in waves.groupby(["indicator", "category"], sort=False):
        known = rows[rows["estimate_low"].notna()]
        points = ", ".join(f"{int(row['when'])} {wave(row)}" for _, row in known.iterrows())
        said.append(f"{rows['label'].iloc[0].replace('{}', 'so many')}: {points}")
    return sentences.listed(said)


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
        then = f" in {last['when']:.0f}, against {wave(first)} in {first['when']:.0f}"
        phrases = [last[name] for name in ("label", "short") if last[name]]
        now = [*(_of_wave(last, phrase) for phrase in phrases), wave(last)]
        title = sentences.title_of(*(f"{said}{then}" for said in now))
    broken = waves.loc[waves["line"].notna() & (waves["reason"] != ""), "reason"]
    gaps = " ".join(
        f"Line broken: {reason.replace('no wave', 'no wave read here')}."
        for reason in dict.fromkeys(broken)
    )
    first, *later = dict.fromkeys(one.source for one in (*others, credit))
    last = f"; and {len(later)} more waves, the last {later[-1]}" if later else ""
    thick = "Thick: what the printed digits allow." * bool(
        (waves["estimate_high"] > waves["estimate_low"]).any()
    )
    notes = (gaps, thick, credit.caution, f"Sources: {first}{last}.")
    ends = words.counts(waves["base_n"].min(), waves["base_n"].max())
    of = f"; of {ends} {words.plural(waves['unit'].iloc[0])}" if ends else ""
    subtitle = f"By the year in which fieldwork began{of}; each panel begins at nought"
    return Words(title, subtitle, tuple(filter(None, notes)))


def _of_wave(row: pd.Series, phrase: str) -> str:
    who = words.plural(row["unit"])
    said = f"{words.upper_first(who)} {phrase}" if "{}" in phrase else f"{{}} of {who} {phrase}"
    return said.replace("{}", wave(row))
