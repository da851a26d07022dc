"""What has changed, in a reader's words: better, worse, pointing to either, not clear."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.presentation import labels, outputs, published, sentences, words
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
    from careersurvey.inference.record.standings import standings

    names = ["then_statements", "then_printed", "disputed"]
    if before is None or before.evidence != "reported":
        return pd.DataFrame("", rows.index, names)
    held = outputs.once(standings, before, readings=readings)
    clashes = held[held["verdict"] != ""].groupby("quantity")["verdict"].min().to_dict()
    printed = before.reported[before.reported["group"] == ""]
    told = []
    for key in zip(rows["indicator_baseline"], rows["category"], strict=True):
        own = _same(before, *key)
        pairs = zip(printed["indicator"], printed["category"], strict=True)
        mine = printed[[pair in own for pair in pairs]]
        quotes = [f"“{r['reported']}” ({words.places([r['where']])})" for _, r in mine.iterrows()]
        verdicts = [clashes[name] for name in map("=".join, own) if name in clashes]
        told.append((", ".join(mine["id"]), "; ".join(quotes), min(verdicts, default="")))
    return pd.DataFrame(told, rows.index, names)


def _same(cohort: Cohort, indicator: str, category: str) -> list[tuple[str, str]]:
    """Quantities that one answer's number settles: its own, and its opposite's of two."""
    known = cohort.indicators.get(indicator)
    both = known.categories if known and len(known.categories) == 2 else ()
    return [(indicator, each) for each in dict.fromkeys((category, *both))]


def in_words(
    rows: pd.DataFrame, before: Cohort | None = None, readings: str | Path | None = None
) -> pd.DataFrame:
    """Say what each compared finding came to, and put the surest and largest first."""
    middle = (rows["reading_low_baseline"] + rows["reading_high_baseline"]) / 2
    change = rows["estimate_cohort"] - rows["estimate_baseline"].fillna(middle)
    told = rows.assign(
        kind=[_kind(row) for _, row in rows.iterrows()],
        then_low=rows["reading_low_baseline"].fillna(rows["estimate_baseline"]),
        then_high=rows["reading_high_baseline"].fillna(rows["estimate_baseline"]),
        then_when=words.years(before.about.fieldwork) if before else "",
        change=change,
        frail=rows["deff_undone"].le(FRAIL).fillna(False),
    ).join(_earlier(rows, before, readings))
    told["in_doubt"] = told["frail"] | told["disputed"].ne("")
    order = told.assign(at=told["kind"].map(KINDS.index), size=-change.abs().fillna(0))
    return told.loc[order.sort_values(["at", "in_doubt", "size"], kind="stable").index]


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
    return " → ".join(words.dashed(said) or "no number" for said in (_then(row), _now(row)))


def _then(row: pd.Series) -> str:
    return words.between(row["then_low"], row["then_high"], words.writer(row))


def _now(row: pd.Series) -> str:
    """Say a cohort's side of a change: its estimate, else what its words allow."""
    if pd.notna(row["estimate_cohort"]):
        return words.writer(row)(row["estimate_cohort"])
    ends = row["reading_low_cohort"], row["reading_high_cohort"]
    return words.between(*ends, words.writer(row))


def difference(row: pd.Series) -> str:
    """Say a change with its interval: points for shares, the unit's own number for all else."""
    write = words.points if words.is_share(row) else _signed
    ends = words.between(row["conf_low"], row["conf_high"], write)
    return f"{write(row['difference'])} ({ends})" if pd.notna(row["difference"]) else ends


def _signed(value: float) -> str:
    return f"+{words.number(value)}" if value > 0 else words.number(value)


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
    return f"{when} it was {_then(row)} ({'; '.join([_size(row), *doubts(row)])})"


def _size(row: pd.Series) -> str:
    change, _, ends = difference(row).partition(" (")
    interval = f", interval {ends.rstrip(')')}" * bool(ends)
    return f"a change of {change}{' points' * words.is_share(row)}{interval}"


def doubts(row: pd.Series) -> list[str]:
    """Say what speaks against a change: a small design effect, or a baseline that clashes."""
    undone = f"a design effect of {row['deff_undone']:.1f} would undo it"
    clash = f"the earlier figure is in a {row['disputed']} with another"
    return [undone] * bool(row["frail"]) + [clash] * bool(row["disputed"])


def anchor(row: Mapping) -> str:
    """Where the trail has a change."""
    return re.sub(r"[^\w-]+", "-", f"c-{row['indicator']}-{row['category']}")


def number(row: pd.Series) -> str:
    """Say how much of whom it is now: "64% of parents"."""
    return f"{_now(row)} of {words.plural(row['unit'])}"


def listed(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay compared findings out: `READ` for reading, and the rest for the trail."""
    return words.lay_out(
        rows[rows["kind"] != "not comparable"],
        {
            "finding": "label",
            "then and now": then_and_now,
            "of": lambda row: f"{row['base_baseline']} and {row['base_cohort']}",
            "change": difference,
            "p": lambda row: words.p_value(row["p_adjusted"]),
            "comes to": "kind",
            "undone by a design effect of": lambda row: words.number(row["deff_undone"]),
            "because": "reason",
            "id": anchor,
            "indicator": "indicator",
            "before": _evidence_before,
            "now": lambda row: f"{number(row)}, of {row['base_cohort']}",
            "by": _size,
            "in doubt": lambda row: "; ".join(doubts(row)),
        },
    )


#: The columns that a reader is shown of a change.
READ = (
    *("finding", "then and now", "of", "change", "p", "comes to"),
    *("undone by a design effect of", "because"),
)


def _evidence_before(row: pd.Series) -> str:
    ids = f"; {row['then_statements']}" * bool(row["then_statements"])
    printed = f"{row['then_printed']}{ids}, reads as " * bool(row["then_printed"])
    when = f"{row['then_when']}: " * bool(row["then_when"])
    return f"{when}{printed}{_then(row)} of {row['base_baseline']}"


def refused(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay out what may not be compared, and why."""
    told = {"finding": "label", "held against": "cohort", "not comparable because": "reason"}
    return words.lay_out(rows[rows["verdict"] == "not comparable"], told)


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
    marks = f"† not clear under a design effect of {FRAIL:g} or less." * bool(rows["frail"].any())
    clash = "‡ the earlier figure is in conflict with others of its report."
    marks += f" {clash}" * bool(rows["disputed"].ne("").any())
    notes = (
        f"{rule} {marks}".strip(),
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
