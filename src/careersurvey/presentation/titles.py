"""The words around a picture: its title, whom it is of and when, how to read it, its source.

A title says the most telling row with its number, and counts only what it says that it counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.inference.publishing import LEFT_OUT, SYMBOLS
from careersurvey.presentation import changes, conflicts, labels, sentences, words
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import Words

SIDES = {
    "worse": "The fewer the better",
    "better": "The more the better",
    "": "Neither better nor worse",
}
_NONE = "No number can be shown"
#: Marks of a picture with what they are, as `style.Words` has them.
Key = Sequence[tuple[str, str]]


def around(
    title: str,
    subtitle: str,
    rows: pd.DataFrame,
    credit: Credit,
    *reading: str,
    key: Key = (),
    heard: str = "",
) -> Words:
    """Put the words around a picture together: the notes are how to read it, and its source.

    What is heard of it is every row with its number, unless it is given.
    """
    where = words.places(rows["where"]) if "where" in rows else ""
    opening = "Synthetic data" if credit.synthetic else "Source"
    source = f"{opening}: {credit.source}{f', {where}' if where else ''}."
    when = ". ".join(filter(None, (words.upper_first(subtitle), credit.when_where)))
    unsure = f"[u]: {SYMBOLS['[u]']}{_why_unsure(rows)}." * any(words.each(rows, is_unsure))
    told = " ".join(filter(None, (*reading, unsure)))
    notes = tuple(filter(None, (told, source)))
    return Words(title, when, notes, tuple(key), heard or sentences.describe(rows))


def interval(rows: pd.DataFrame, credit: Credit) -> tuple[Key, str]:
    """Name the thin line, and say of whom it is only as if they had been drawn at random."""
    drawn = rows[rows["conf_low"].notna()] if "conf_low" in rows else rows.iloc[:0]
    if drawn.empty:
        return (), ""
    key, units = [("line", f"{drawn['level'].iloc[0]:.0%} interval")], set(drawn["unit"])
    if units <= credit.drawn:
        return key, ""
    by_chance = words.listed(words.plural(unit) for unit in sorted(units & credit.drawn))
    others = f"dark of {by_chance}, drawn by chance; grey of others, " if by_chance else ""
    return key, f"The interval is {others}as if drawn at random. {credit.caution}"


def around_findings(rows: pd.DataFrame, credit: Credit, title: str, measure: str) -> Words:
    """Words of a chart of findings."""
    drawn = rows[~labels.says_little(rows) & rows["shown"]]
    several = drawn["estimate_high"] > drawn["estimate_low"]
    word = (drawn["form"] == "words") & several
    line, note = interval(drawn[~word], credit)
    key = [("solid", "what the wording allows")] * bool((several & ~word).any())
    key += [("word", "a word alone: anywhere in here")] * bool(word.any())
    whom = measure or labels.base_words(rows)
    return around(title or lead(rows), whom, rows, credit, note, key=[*key, *line])


def lead(rows: pd.DataFrame) -> str:
    """Say the first of the rows as they are told, as a title."""
    shown = rows[rows["shown"] & rows["estimate_low"].notna()]
    told = shown[~labels.says_little(shown)]
    first = labels.told_first(told if len(told) else shown)
    return sentences.headline(first.iloc[0]) if len(first) else _NONE


def around_parts(rows: pd.DataFrame, credit: Credit, title: str, measure: str) -> Words:
    """Words of a chart of parts."""
    one_base = len(set(rows["base_n"].dropna())) == 1
    whom = f"{measure}, of {labels.base_words(rows)}" if one_base else measure
    several = bool((rows["count_high"] > rows["count_low"]).any())
    key = [("open", "what the wording leaves open")] * several
    line, note = interval(rows[rows["evidence"] == "respondents"], credit)
    return around(title or _extremes(rows), whom, rows, credit, note, key=[*key, *line])


def _extremes(rows: pd.DataFrame) -> str:
    """Say the greatest of some parts; of groups the greatest against the least."""
    shown = rows[rows["shown"] & rows["estimate_high"].notna()]
    groups = shown[shown["domain"] != "all"]
    if shown.empty:
        return _NONE
    if "phrase" not in rows or groups.empty:
        top = shown.loc[shown["estimate_high"].idxmax()]
        return sentences.headline(top.replace({top["label"]: top.get("phrase", top["label"])}))
    most = groups.loc[groups["estimate_high"].idxmax()]
    least = groups.loc[groups["estimate_low"].idxmin()]
    values = [f"{words.value(row)} {words.within(row['label'])}" for row in (most, least)]
    ends = [f"{words.share(row['estimate'])} ({row['label']})" for row in (most, least)]
    whole, brief = f"{values[0]} {words.plural(most['unit'])}", " against ".join(ends)
    phrases = [most["phrase"], *filter(None, [most.get("short")])]
    said = [f"{whole} {phrase}, against {values[1]}" for phrase in phrases]
    said += [f"{brief} of {words.plural(most['unit'])} {phrase}" for phrase in phrases]
    return sentences.title_of(*said, brief)


def around_bounds(rows: pd.DataFrame, credit: Credit, aside: pd.DataFrame | None) -> Words:
    """Words of a chart of bounds: its title is its first row; what was left out is named."""
    first = rows.iloc[0]
    of = f"of {first['base_n']} {words.plural(first.get('unit', 'school'))}"
    told = f"{words.upper_first(sentences.bound(first)[0])} {of}, as read,"
    title = sentences.title_of(
        f"{told} {first['label']}", f"{told} answer to all that is asked for"
    )
    key = [("solid", "must be"), ("open", "may be")]
    how = (
        "Bounds as the report's words are read, not estimates: every count in the hatched part"
        " agrees with it."
    )
    figures = () if aside is None else aside.itertuples()
    left_out = [f"“{row.printed}” ({row.where})" for row in figures]
    without = f"Left out, since others contradict them: {'; '.join(left_out)}." * bool(left_out)
    title += sentences.doubted(first)
    whom = f"Counts that were not printed, {of}"
    heard = sentences.describe_bounds(rows)
    return around(title, whom, rows, credit, how, without, key=key, heard=heard)


def around_steps(rows: pd.DataFrame, credit: Credit, title: str) -> Words:
    """Words of the chart of a service's steps: how few had heard of each."""
    firsts = [part.iloc[0] for _, part in rows.groupby("heading", sort=False)]
    known = [row for row in firsts if row["shown"] and pd.notna(row["estimate_low"])]
    shares = [words.between(row["estimate_low"], row["estimate_high"]) for row in known]
    phrases = [known[0]["label"], *filter(None, [known[0].get("short")])] if known else []
    told = [f"{shares[0]} of {words.plural(known[0]['unit'])} {one}" for one in phrases]
    if known[1:]:
        told.insert(0, f"{told[0]}, {shares[-1]} of its {known[-1]['heading'].lower()}")
    said = sentences.title_of(*told, "Who heard of the service, used it and found it useful")
    none = " No bar: of how many is not printed." * bool((rows["base_from"] == "none").any())
    implied = " Base implied: not printed with it." * bool((rows["base_from"] == "implied").any())
    whom, (line, note) = labels.base_words(rows.head(1)), interval(rows, credit)
    if len({row["base_n"] for row in firsts}) > 1 and rows["evidence"].eq("respondents").all():
        each = (f"{row['base_n']:,} on the {row['heading'].lower()}" for row in firsts)
        whom = f"{words.plural(rows['unit'].iloc[0])}: {words.listed(each)}"
    return around(
        title or said + "".join(map(sentences.doubted, known)),
        f"{whom}, and those of them at each step",
        rows,
        credit,
        f"Each bar is a part of the step's own base.{none}{implied}",
        note,
        key=line,
    )


def around_ranking(rows: pd.DataFrame, credit: Credit, measure: str) -> Words:
    """Words of a ranked list: its first entry is the title, as the first and as no more."""
    first = rows.sort_values("rank").iloc[0]
    title = sentences.title_of(f"First listed: {words.plural(first['unit'])} {first['label']}")
    reading = "Only the order is printed: how far apart the entries are is not known."
    printed, heard = bool((rows["evidence"] == "reported").all()), sentences.describe_order(rows)
    return around(title, measure, rows, credit, reading * printed, heard=heard)


def around_views(rows: pd.DataFrame, credit: Credit, title: str, good: Sequence[str]) -> Words:
    """Words of the chart of views for and against."""
    first = rows[rows["indicator"] + "=" + rows["category"] == good[0]] if good else rows
    vague = bool((rows["estimate_high"] - rows["estimate_low"] > 0.015).any())
    unprinted = ", not printed" * bool((rows["evidence"] == "reported").any())
    return around(
        title or sentences.headline((first if len(first) else rows).iloc[0]),
        labels.base_words(rows),
        rows,
        credit,
        f"Empty: other answers{unprinted}. {credit.caution}",
        key=[("open", "what the wording leaves open")] * vague,
    )


def around_clashes(rows: pd.DataFrame, credit: Credit) -> Words:
    """Words of the chart of figures that clash, each kind counted apart."""
    hard, soft = (int((rows["verdict"] == one).sum()) for one in ("contradiction", "tension"))
    said = [f"{hard} set{'s' * (hard != 1)} of figures cannot all hold as worded"] * bool(hard)
    said += [f"{soft}{' more' * bool(hard)} sit{'s' * (soft == 1)} badly together"] * bool(soft)
    key = [("solid", "what the figure says"), ("hollow", "what the others allow")]
    return around(
        words.upper_first("; ".join(said)),
        "Each figure, and what the others of its conflict allow it to be, in counts",
        rows,
        credit,
        heard=conflicts.describe(rows),
        key=key * bool(rows["base_n"].notna().any()),
    )


# ---- then and now -------------------------------------------------------------------------------


def around_changes(rows: pd.DataFrame, credit: Credit, baseline: Credit, rule: str) -> Words:
    """Words of the chart of changes: how many are better, worse and in doubt."""
    sure = rows.loc[rows["comes_to"] == rows["kind"], "kind"].value_counts()
    clear = rows[rows["kind"].isin(changes.CLEAR)]
    said = []
    for kind in changes.CLEAR:
        if kind in sure or kind in changes.KINDS[:2]:  # none better, or none worse, is told too
            none = f"none{' surely' * (kind in set(clear['kind']))}"
            said.append(f"{sure.get(kind, none)} {kind}")
    doubted = clear[clear["marks"] != ""]
    said += [f"{len(doubted)} more in doubt,"] * bool(len(doubted))
    told = f"{words.upper_first(', '.join(said))} of {len(rows)} findings"
    tested = rows.attrs.get("tested", len(rows))
    title = sentences.title_of(f"{told}{f' shown, {tested} tested' * (tested > len(rows))}", told)
    vague = any(changes.is_open(row, when) for _, row in rows.iterrows() for when in _SIDES)
    frail = clear.loc[clear["marks"].str.contains("†"), "deff_undone"]
    how = (
        f"In brackets: the interval. {changes.RULE}{' A bar is all that words can mean.' * vague}"
        f" {rule}",
        f"† {changes.undone(*frail)}." if len(frail) else "",
        "‡ the earlier figure is in conflict in its own report."
        * bool(rows["marks"].str.contains("‡").any()),
    )
    cautions = " ".join(dict.fromkeys((baseline.caution, credit.caution)))
    sources = f"{baseline.source}; {credit.source}{' (synthetic data)' * credit.synthetic}"
    notes = (" ".join(filter(None, how)), cautions, f"Sources: {sources}.")
    return Words(title, "", notes, heard=_describe_changes(rows))


_SIDES = ("then", "now")


def _describe_changes(rows: pd.DataFrame) -> str:
    """Say every clear change in words, for those who hear a picture."""
    said = (
        f"{row['comes_to']}: {row['label']}, {changes.then_and_now(row)}"
        + (f" ({row['doubts']})" if row["marks"] else "")
        for _, row in rows[rows["kind"].isin(changes.CLEAR)].iterrows()
    )
    return sentences.listed(said, "No change is clear.")


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
    at = row["estimate"]
    ends = (at, at) if pd.notna(at) else (row["estimate_low"], row["estimate_high"])
    return words.between(*ends, words.writer(row))


def around_trend(waves: pd.DataFrame, credit: Credit, others: Sequence[Credit]) -> Words:
    """Words of the chart of waves: the first finding's first and last number."""
    rows = next(one for _, one in waves.groupby(["indicator", "category"], sort=False))
    known = rows[rows["estimate"].notna()]
    title = f"{waves.groupby(['indicator', 'category']).ngroups} findings over several waves"
    if len(known) > 1:
        first, last = known.iloc[0], known.iloc[-1]
        then = f" in {last['when']:.0f}, against {wave(first)} in {first['when']:.0f}"
        phrases = filter(None, (last["label"], last["short"]))
        now = [*(_of_wave(last, phrase) for phrase in phrases), wave(last)]
        title = sentences.title_of(*(f"{said}{then}" for said in now))
    broken = dict.fromkeys(waves.loc[waves["line"].notna() & (waves["reason"] != ""), "reason"])
    gaps = [f"Line broken: {one.replace('no wave', 'no wave read here')}." for one in broken]
    first, *later = dict.fromkeys(one.source for one in (*others, credit))
    sources = f"{first}; and {len(later)} more waves, the last {later[-1]}" if later else first
    vague = bool((waves["estimate_high"] > waves["estimate_low"]).any())
    thick = "Thick: what the printed digits allow." * vague
    notes = (" ".join(gaps), thick, credit.caution, f"Sources: {sources}.")
    ends = words.counts(waves["base_n"].min(), waves["base_n"].max())
    of = f"; of {ends} {words.plural(waves['unit'].iloc[0])}" * bool(ends)
    whom = f"By the year in which fieldwork began{of}; each panel begins at nought"
    return Words(title, whom, tuple(filter(None, notes)), heard=describe_trend(waves))


def _of_wave(row: pd.Series, phrase: str) -> str:
    who = words.plural(row["unit"])
    said = f"{words.upper_first(who)} {phrase}" if "{}" in phrase else f"{{}} of {who} {phrase}"
    return said.replace("{}", wave(row))


# ---- by group -----------------------------------------------------------------------------------


def domain_of(rows: pd.DataFrame) -> str:
    """Name the variable that rows are broken down by."""
    named = dict.fromkeys(rows.loc[rows["domain"] != "all", "domain"])
    return words.listed(words.spell(name.replace("*", " and ")).lower() for name in named)


def p_of(rows: pd.DataFrame) -> float:
    """P of the test between a finding's groups, 2 where it was not tested."""
    tested = rows["p_value"].dropna()
    return float(tested.iloc[0]) if len(tested) else 2.0


def stands_out(rows: pd.DataFrame) -> str:
    """Mark a finding whose groups differ: ◆ beyond the page's tests, ◇ by its own test alone."""
    tested = rows[rows["p_value"].notna()]
    if tested.empty:
        return ""
    row = tested.iloc[0]
    alpha = 1 - row["level"] if pd.notna(row["level"]) else 0.05
    return "◆" if row["p_adjusted"] <= alpha else "◇" if row["p_value"] <= alpha else ""


def is_of_several(rows: pd.DataFrame) -> bool:
    """Whether the test of a finding is that of a question with more answers than two."""
    if rows["measure"].iloc[0] == "multiple":
        return False
    return bool(rows.get("answers", rows.groupby("indicator")["category"].nunique()).max() > 2)


def ends_apart(one: pd.DataFrame, several: bool) -> set[str]:
    """Return the groups with the least and the greatest share, where a test found a difference.

    Groups to be read with care are none of them while there are two others; of one answer of
    several, which are tested together, they are those whose two intervals do not meet.
    """
    groups = one[(one["domain"] != "all") & one["estimate"].notna()]
    sure = groups[~pd.Series(words.each(groups, is_unsure), groups.index, bool)]
    groups = sure if several or len(sure) > 1 else groups
    if not stands_out(one) or groups.empty:
        return set()
    shares = groups["estimate"]
    most, least = groups.loc[shares.idxmax()], groups.loc[shares.idxmin()]
    if words.share(most["estimate"]) == words.share(least["estimate"]):
        return set()
    if several and not most["conf_low"] > least["conf_high"]:
        return set()
    return {most.name, least.name}


def telling_groups(tables: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return of each table the rows to draw: of many findings those whose groups differ."""
    found = [by_test(rows) for rows in tables]
    if sum(map(len, found)) <= _FEW or not any(p_of(one) <= 1 for parts in found for one in parts):
        return list(tables)
    telling = [sorted(filter(stands_out, parts), key=p_of) for parts in found]
    return [
        pd.concat(parts) if parts else rows.iloc[:0]
        for parts, rows in zip(telling, tables, strict=True)
    ]


#: So many findings by group are drawn whole.
_FEW = 4


def how_compared(rows: pd.DataFrame) -> str:
    """Say how many findings of a domain were compared, and how many have groups that differ."""
    found = by_test(rows)
    marks = [stands_out(one) for one in found if p_of(one) <= 1]
    of = f"{len(marks)} of {len(found)}" if len(marks) < len(found) else f"{len(found)}"
    clear, near = marks.count("◆"), marks.count("◇")
    said = [f"{clear} differ{'s' * (clear == 1)} clearly"] * bool(clear)
    said += [f"{near or 'none'} point{'s' * (near < 2)} to a difference"] * (near > 0 or not clear)
    return f"{of} compared: {', '.join(said)}" * bool(marks)


def group_names(rows: pd.DataFrame, groups: Sequence[str]) -> list[str]:
    """Call groups by their values; those of a yes-no question by the question."""
    named, domain = {"all": "Everyone"}, domain_of(rows)
    if set(groups) <= {"yes", "no", "all"}:
        named |= {"yes": words.upper_first(domain), "no": f"No {domain}"}
    return [named.get(name) or words.spell(name) for name in groups]


def bases(rows: pd.DataFrame, group: str) -> str:
    """Say of how many a group's findings are at least and at most; of everyone each row says it."""
    known = rows[(rows["group"] == group) & rows["shown"] & rows["base_n"].notna()]
    if group == "all" or known.empty:
        return ""
    return f"of {words.dashed(words.counts(known['base_n'].min(), known['base_n'].max()))}"


def is_unsure(row: pd.Series) -> bool:
    """Whether a row of a report is to be read with care."""
    return row.get("flag", "") == "[u]"


def _why_unsure(rows: pd.DataFrame) -> str:
    """Say in brackets what makes rows unsure, the usual reason first."""
    unsure = rows[words.each(rows, is_unsure)]
    reasons = unsure.get("flag_reason", pd.Series(dtype="str"))
    said = list(reasons[reasons != ""].value_counts().index)
    return f" ({'; '.join(said)})" * bool(said)


def around_heat(tables: Sequence[pd.DataFrame], credit: Credit) -> Words:
    """Words of a page's heat table: what differs clearly, and how the marks are to be read."""
    drawn, by = pd.concat(telling_groups(tables)), _domains(tables)
    found = (one for rows in tables for one in by_test(rows))
    tested = [one for one in found if p_of(one) <= 1]
    marks = [stands_out(one) for one in tested]
    chance = f"about {0.05 * len(tested):.0f}" if len(tested) >= 20 else "less than one"
    near = f"◇ points to a difference by its own test; chance alone would give {chance}."
    printed = (drawn["evidence"] == "reported").all()
    blank = (~drawn["shown"].astype(bool) | drawn["estimate"].isna()) & (drawn["domain"] != "all")
    how = [
        f"{'Printed figures' if printed else 'Differences'}: not tested." * (not tested),
        near * ("◇" in marks),
        "◆ clear beyond all tests of this page." * ("◆" in marks),
        "Framed: the two groups furthest apart." * any(marks),
        "The darker, the greater the share." * bool(len(drawn)),
        "–: too few to be shown." * bool(blank.any()),
        "No shade: [u]." * any(words.each(drawn, is_unsure)),
    ]
    clear = [one for one in tested if stands_out(one) == "◆"]
    title = _heat_title(clear, len(tested), _domains(tables, "or")) if tested else ""
    title, whom = title or f"What was found by {by}", f"Findings by {by}"
    return around(title, whom, drawn, credit, *how, credit.caution, heard=_describe_heat(tables))


def by_test(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Rows of each test: the answers of a question together, the options of a select-all apart."""
    apart = rows["category"].where(rows["measure"] == "multiple", "")
    return [one for _, one in rows.groupby([rows["indicator"], apart], sort=False)]


def _widest(rows: pd.DataFrame) -> pd.DataFrame:
    """Of the rows of a test the answer whose groups are furthest apart."""
    shares = rows[rows["domain"] != "all"].groupby("category", sort=False)["estimate"]
    spread = (shares.max() - shares.min()).fillna(-1)
    return rows[rows["category"] == spread.idxmax()] if len(spread) else rows


def _domains(tables: Sequence[pd.DataFrame], joint: str = "and") -> str:
    return words.listed(dict.fromkeys(map(domain_of, tables)), joint)


def _heat_title(clear: list[pd.DataFrame], tested: int, by: str) -> str:
    """Say of what differs clearly the widest difference, or that of so many tests none does."""
    number = f"{tested} comparison{'s' * (tested != 1)}"
    if not clear:
        none = "No clear difference by"
        return sentences.title_of(f"{none} {by} in {number}", f"{none} group in {number}")
    most = _widest(min(clear, key=p_of))
    plain = f"{len(clear)} of {number} by group differ{'s' * (len(clear) == 1)} clearly"
    sure = most[(most["domain"] != "all") & ~pd.Series(words.each(most, is_unsure), most.index)]
    groups = sure.dropna(subset="estimate").set_index("group")["estimate"]
    if groups.empty or words.share(groups.max()) == words.share(groups.min()):
        return plain
    ends = [
        f"{words.share(groups[name])} ({words.within(group_names(most, [name])[0])})"
        for name in (groups.idxmax(), groups.idxmin())
    ]
    first, whom = most.iloc[0], words.plural(most["unit"].iloc[0])
    apart, short = " against ".join(ends), first.get("short", "")
    told = [f"{apart} of {whom} {said}" for said in (first["label"], short) if said]
    return sentences.title_of(*told, *[f"{apart} {short}"] * bool(short), plain)


def no_breakdown(evidence: str, by: Collection[str]) -> str:
    """Say that a cohort breaks nothing down by these domains."""
    domains = words.listed((words.spell(domain).lower() for domain in by), "or")
    if evidence == "reported":
        return f"The report prints no breakdown of these findings by {domains}."
    return f"These findings cannot be broken down: no {domains} is known."


def say_left_out(cohort: Cohort, pairs: Iterable[tuple[str, str]]) -> str:
    """Say which breakdowns, or with domain ``all`` which questions, are left out, and why."""
    domains: dict[str, list[str]] = {}
    for name, domain in pairs:
        domains.setdefault(name, []).append(domain)
    said = []
    for name, left in domains.items():
        by = words.listed(words.spell(domain).lower() for domain in left)
        asked = cohort.indicators[name].label or words.spell(name)
        said.append(f"“{asked}” {'altogether' if 'all' in left else f'by {by}'}")
    return f"Left out [c], because {LEFT_OUT}: {'; '.join(said)}." if said else ""


def _describe_heat(tables: Sequence[pd.DataFrame], most: int = 6) -> str:
    """Say a page's findings by group, what stands out most first, for those who hear a picture."""
    keys = ["indicator", "category"]
    found = [one for rows in tables for _, one in rows.groupby(keys, sort=False)]
    said = [_said_by_group(one) for one in sorted(found, key=p_of)[:most]]
    rest = len(found) - len(said)
    return " ".join([*said, f"{rest} more in the table." * bool(rest)]).strip()


def _said_by_group(one: pd.DataFrame) -> str:
    groups = one[one["domain"] != "all"]
    values = words.each(groups, lambda row: f"{words.value(row)}{' [u]' * is_unsure(row)}")
    parts = map(" ".join, zip(group_names(one, list(groups["group"])), values, strict=True))
    finding = words.upper_first(one["label"].iloc[0])
    return f"{finding}: {', '.join(parts)}. {test_words(one.iloc[-1])}."


def test_words(row: pd.Series) -> str:
    """Say what the test between groups found: whether they differ, F and the adjusted p."""
    if row["evidence"] == "reported":
        return "Printed figures: not tested"
    if pd.isna(row["p_adjusted"]):
        return f"Not tested: {row['reason'] or 'not a share'}"
    differ = row["p_adjusted"] <= 1 - row["level"]
    found = "Groups differ" if differ else "No clear difference"
    found += " over all answers" * bool(row.get("answers", 0) > 2)
    return f"{found}: F {row['statistic']:.2f}, adjusted p {words.p_value(row['p_adjusted'])}"


def list_groups(rows: pd.DataFrame, worked_out: words.Columns) -> pd.DataFrame:
    """Lay one domain's findings out group by group, everyone first, with intervals.

    Of answers each row says what it is worked out from, in the columns `worked_out`.
    """
    rows = rows.sort_values("domain", key=lambda domain: domain != "all", kind="stable")
    ordered = pd.concat([one for _, one in rows.groupby(["indicator", "category"], sort=False)])
    counted: words.Columns = {
        "counted": lambda row: words.counts(row["count_low"], row["count_high"]),
        **worked_out,
    }
    answers = (rows["evidence"] == "respondents").all()
    told: words.Columns = {"finding": "label", "share": words.value, **(counted if answers else {})}
    listed = words.lay_out(ordered, {**told, "interval": words.interval})
    listed = listed.assign(**labels.flags(ordered))
    listed.insert(1, "group", group_names(ordered, list(ordered["group"])))
    return listed


def list_differences(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay differences of two groups out for reading, in percentage points."""
    pairs = rows.groupby("domain")[["group", "against"]].transform("nunique").max(axis=1)
    told: words.Columns = {
        **{"finding": "label", "by": _by},
        "difference": lambda row: words.points(row["estimate"]),
        "standard error": lambda row: f"{100 * row['std_error']:.1f} points",
        "interval": lambda row: words.between(row["conf_low"], row["conf_high"], words.points),
        "p, not adjusted": lambda row: words.p_value(row["p_value"]),
        "of": lambda row: f"{row['base_n']:,} and {row['base_against']:,}",
    }
    return words.lay_out(rows[rows["shown"] & (pairs == 1)], told)


def _by(row: pd.Series) -> str:
    return words.spell(row["domain"]).lower()


def list_tests(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay tests out for reading, the least adjusted p first."""
    rows = rows.sort_values(["p_adjusted", "p_value"], kind="stable")
    return words.lay_out(
        rows,
        {
            "finding": lambda row: ": ".join(
                filter(None, (row["question"], words.spell(row["category"])))
            ),
            "by": _by,
            "F": lambda row: _known(row["statistic"], ".2f"),
            "degrees of freedom": lambda row: " and ".join(
                filter(
                    None, (_known(row["numerator_df"], ".1f"), _known(row["denominator_df"], ".0f"))
                )
            ),
            "p": lambda row: words.p_value(row["p_value"]),
            "adjusted p": lambda row: (
                words.p_value(row["p_adjusted"]) or f"not tested: {row['reason']}"
            ),
            "of": lambda row: (
                f"{row['base_n']:,}"
                + f" in {row['n_clusters']:,} clusters" * (row["base_n"] != row["n_clusters"])
            ),
            "groups left out": "left_out",
        },
    )


def _known(number: float, form: str) -> str:
    return "" if pd.isna(number) else f"{number:{form}}"
