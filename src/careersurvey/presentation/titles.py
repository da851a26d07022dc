"""Every computed sentence in one room: titles, subtitles, notes, and findings as prose.

A title says the most telling row with its number, and counts only what it says that it counts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd

from careersurvey.inference.publishing import SYMBOLS
from careersurvey.presentation import labels, sentences, words
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import Words

SIDES = {
    "worse": ("Falling short", "further right is worse"),
    "better": ("In place", "further right is better"),
    "": ("Neither better nor worse", ""),
}


def around(title: str, subtitle: str, rows: pd.DataFrame, credit: Credit, *reading: str) -> Words:
    """Put the words around a picture together: the notes are how to read it, and its source."""
    when = ". ".join(part for part in (subtitle, credit.when_where) if part)
    told = " ".join(part for part in reading if part)
    return Words(title, when, tuple(part for part in (told, source(rows, credit)) if part))


def source(rows: pd.DataFrame, credit: Credit) -> str:
    """Name the source and the paragraphs that the rows are printed in."""
    where = words.places(rows["where"]) if "where" in rows else ""
    opening = "Synthetic data" if credit.synthetic else "Source"
    return f"{opening}: {credit.source}{f', {where}' if where else ''}."


def thin(rows: pd.DataFrame, credit: Credit) -> str:
    """Say what the thin line is, and of whom it is only as if they had been drawn at random."""
    drawn = rows[rows["conf_low"].notna()] if "conf_low" in rows else rows.iloc[:0]
    if drawn.empty:
        return ""
    level = f"{drawn['level'].iloc[0]:.0%}"
    others = [unit for unit in dict.fromkeys(drawn["unit"]) if unit not in credit.drawn]
    if not others:
        return f"Thin: {level} interval."
    return f"Thin: {level} interval, as if drawn at random. {credit.caution}"


def around_findings(rows: pd.DataFrame, credit: Credit, title: str, measure: str) -> Words:
    """Words of a chart of findings."""
    drawn = rows[~labels.says_little(rows) & rows["shown"]]
    word = (drawn["form"] == "words") & (drawn["estimate_high"] > drawn["estimate_low"])
    vague = (drawn["estimate_high"] > drawn["estimate_low"]) & ~word
    marks = ("Thick: what the wording allows." if vague.any() else "", thin(drawn[~word], credit))
    bracket = "Bracket: what the word allows, as declared." if word.any() else ""
    whom = words.upper_first(measure or labels.base_words(rows))
    return around(title or lead(rows), whom, rows, credit, bracket, *marks)


def lead(rows: pd.DataFrame) -> str:
    """Say the first of the rows as they are told, as a title."""
    shown = rows[rows["shown"] & rows["estimate_low"].notna()]
    if shown.empty:
        return "No number can be shown"
    little = labels.says_little(shown)
    told = shown if little.all() else shown[~little]
    return sentences.headline(labels.told_first(told).iloc[0])


def around_parts(rows: pd.DataFrame, credit: Credit, title: str, measure: str) -> Words:
    """Words of a chart of parts."""
    of = f", of {labels.base_words(rows)}" if len(set(rows["base_n"].dropna())) == 1 else ""
    several = (rows["count_high"] > rows["count_low"]).any()
    hatched = "Hatched: counts that the wording leaves open. " if several else ""
    asked = rows[rows["evidence"] == "respondents"]
    return around(
        title or _extremes(rows), measure + of, rows, credit, hatched + thin(asked, credit)
    )


def _extremes(rows: pd.DataFrame) -> str:
    shown = rows[rows["shown"] & rows["estimate_high"].notna()]
    if shown.empty:
        return "No number can be shown"
    top = shown.loc[shown["estimate_high"].idxmax()]
    if "phrase" not in rows:
        return sentences.headline(top)
    groups = shown[shown["domain"] != "all"]
    if groups.empty:
        return sentences.headline(top.replace({top["label"]: top["phrase"]}))
    most = groups.loc[groups["estimate_high"].idxmax()]
    least = groups.loc[groups["estimate_low"].idxmin()]
    said = f"{words.value(most)} {words.within(most['label'])} {words.plural(most['unit'])}"
    against = f"{words.value(least)} {words.within(least['label'])}"
    ends = " against ".join(
        f"{words.share(row['estimate'])} ({row['label']})" for row in (most, least)
    )
    phrases = [most["phrase"], *filter(None, [most.get("short")])]
    whole = [f"{said} {phrase}, against {against}" for phrase in phrases]
    brief = [f"{ends} of {words.plural(most['unit'])} {phrase}" for phrase in phrases]
    return sentences.title_of(*whole, *brief, ends)


def around_bounds(rows: pd.DataFrame, credit: Credit) -> Words:
    """Words of a chart of bounds: its title is its first row."""
    first = rows.iloc[0]
    who = words.plural(first.get("unit", "school"))
    told = words.upper_first(sentences.bound(first)[0])
    whom = f"{told} of {first['base_n']} {who}"
    whole = f"{whom} {first['label']}"
    title = sentences.title_of(whole, f"{whom} answer to all that is asked for")
    return around(
        title,
        f"Counts that were not printed, of {first['base_n']} {who}",
        rows,
        credit,
        "Solid: must be. Hatched: may be. Bounds, not estimates: every count in the hatched part"
        " agrees with the report.",
    )


def domain_of(rows: pd.DataFrame) -> str:
    """Name the variable that rows are broken down by."""
    named = dict.fromkeys(rows.loc[rows["domain"] != "all", "domain"])
    return words.listed(words.spell(name.replace("*", " and ")).lower() for name in named)


def around_steps(rows: pd.DataFrame, credit: Credit, title: str) -> Words:
    """Words of the chart of a service's steps: how few had heard of each."""
    firsts = [part.iloc[0] for _, part in rows.groupby("heading", sort=False)]
    known = [row for row in firsts if row["shown"] and pd.notna(row["estimate_low"])]
    said = [
        f"{words.between(row['estimate_low'], row['estimate_high'])} of"
        f" {words.plural(row['unit'])} {row['label']}"
        for row in known
    ]
    whole = said[0] if said else "No number can be shown"
    if len(known) > 1:
        last = known[-1]
        share = words.between(last["estimate_low"], last["estimate_high"])
        whole += f", {share} of its {last['heading'].lower()}"
    return around(
        title
        or sentences.title_of(
            whole, *said[:1], "Who heard of the service, used it and found it useful"
        ),
        f"{words.upper_first(labels.base_words(rows.head(1)))}, and those of them at each step",
        rows,
        credit,
        "Bar: the part of a step's own base."
        + " No bar: of how many is not printed." * bool((rows["base_from"] == "none").any())
        + " Base implied: not printed with it." * bool((rows["base_from"] == "implied").any()),
        thin(rows, credit),
    )


def around_ranking(rows: pd.DataFrame, credit: Credit, measure: str) -> Words:
    """Words of a ranked list: its first entry is the title, as the first and as no more."""
    first = rows.sort_values("rank").iloc[0]
    printed = (rows["evidence"] == "reported").all()
    reading = "Only the order is printed: how far apart the entries are is not known."
    title = sentences.title_of(f"First listed: {words.plural(first['unit'])} {first['label']}")
    return around(title, measure, rows, credit, reading if printed else "")


def around_regions(counts: pd.DataFrame, credit: Credit, unit: str, note: str) -> Words:
    """Words of the map of regions."""
    most = counts.loc[counts["n"].idxmax()]
    units = words.plural(unit)
    title = f"{most['region']} had most: {most['n']} of {int(counts['n'].sum())} {units}"
    told = f"Regions: {note}." if note else ""
    return around(title, f"Number of {units} by region", counts, credit, told)


def around_clustering(what_if: pd.DataFrame, row: pd.DataFrame, credit: Credit) -> Words:
    """Words of the chart of what alike answers would do to an interval."""
    most = what_if["width"].max() / what_if["width"].min()
    finding = row.iloc[0]
    return around(
        f"Alike answers within schools would widen the interval up to {most:.1f} times",
        f"Width of the {finding['level']:.0%} interval, in points, of"
        f" {words.plural(finding['unit'])} who {finding['label']}",
        row,
        credit,
        "Each line: how unevenly parents are spread over the schools (cv). Both are assumed, since"
        " the report prints neither.",
    )


def around_views(rows: pd.DataFrame, credit: Credit, title: str, good: Sequence[str]) -> Words:
    """Words of the chart of views for and against."""
    first = rows[rows["indicator"] + "=" + rows["category"] == good[0]] if good else rows
    vague = (rows["estimate_high"] - rows["estimate_low"] > 0.015).any()
    hatched = "Hatched: what the wording leaves open. " if vague else ""
    printed = (rows["evidence"] == "reported").any()
    empty = "Empty: other answers, not printed. " if printed else "Empty: other answers. "
    said = title or sentences.headline((first if len(first) else rows).iloc[0])
    whom = words.upper_first(labels.base_words(rows))
    return around(said, whom, rows, credit, hatched + empty + credit.caution)


# Groups.


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


def group_names(rows: pd.DataFrame, groups: Sequence[str]) -> list[str]:
    """Call groups by their values; those of a yes-no question by the question."""
    domain = domain_of(rows)
    named = {"all": "Everyone"}
    if set(groups) <= {"yes", "no", "all"}:
        named |= {"yes": words.upper_first(domain), "no": f"No {domain}"}
    return [named.get(name) or words.spell(name) for name in groups]


def _by_chance(tests: int) -> str:
    """Say how many of some tests would find at 5% what is not there."""
    return f"about {0.05 * tests:.0f}" if tests >= 20 else "less than one"


def bases(rows: pd.DataFrame, group: str) -> str:
    """Say of how many the findings of a group are, in brackets; of everyone each row says it."""
    known = rows[(rows["group"] == group) & rows["shown"] & rows["base_n"].notna()]
    ends = known.groupby("unit", sort=False)["base_n"].agg(["min", "max"])
    if group == "all" or known.empty:
        return ""
    pairs = ends.itertuples(index=False)
    said = " and\xa0".join(words.dashed(words.counts(*pair)) for pair in pairs)
    return f"(of\xa0{said})"


def is_unsure(row: pd.Series) -> bool:
    """Whether a row of a report is to be read with care."""
    return row.get("flag", "") == "[u]"


def around_heat(tables: Sequence[pd.DataFrame], credit: Credit) -> Words:
    """Words of a page's heat table: how many findings differ clearly, and where most."""
    found = [each for rows in tables for each in _tests_of(rows)]
    tested = [each for each in found if each[0] <= 1]
    clear = [each for each in tested if each[1] == "◆"]
    near = [each for each in tested if each[1] == "◇"]
    drawn = pd.concat(list(tables))
    by = words.listed(dict.fromkeys(domain_of(rows) for rows in tables))
    printed = (drawn["evidence"] == "reported").all()
    how = (
        f"◇ points to a difference by its own test: {len(near)} of {len(tested)} held by group,"
        f" where chance alone would give {_by_chance(len(tested))}."
        f" ◆ clear beyond all tests of this page: {len(clear) or 'none'}. –: too few to be shown."
        if tested
        else f"{'Printed figures' if printed else 'Differences'}: not tested."
    )
    unsure = any(is_unsure(row) for _, row in drawn.iterrows())
    how += f" No shade, [u]: {SYMBOLS['[u]']}." * unsure
    level = drawn[drawn["domain"] == "all"]
    return around(
        _heat_title(clear, tested, by),
        f"Share of each group, by {by}; in brackets and at the right, of how many",
        level,
        credit,
        how,
        credit.caution,
    )


def _tests_of(rows: pd.DataFrame) -> list[tuple[float, str, pd.DataFrame]]:
    """One entry a test: the answers of a question together, the options of a select-all apart."""
    apart = rows["category"].where(rows["measure"] == "multiple", "")
    parts = rows.groupby([rows["indicator"], apart], sort=False)
    return [(p_of(one), stands_out(one), _first_answer(one)) for _, one in parts]


def _first_answer(one: pd.DataFrame) -> pd.DataFrame:
    return one[one["category"] == one["category"].iloc[0]]


def _domains(tests: list, joint: str) -> str:
    """Name what tests were by, each once."""
    return words.listed(dict.fromkeys(domain_of(rows) for _, _, rows in tests), joint)


def _heat_title(clear: list, tested: list, by: str) -> str:
    if not tested:
        return f"What was found by {by}"
    if not clear:
        return f"No finding differs clearly by {_domains(tested, 'or')}"
    _, _, most = min(clear, key=lambda each: each[0])
    groups = most[most["domain"] != "all"].dropna(subset="estimate").set_index("group")["estimate"]
    ends = [
        f"{words.share(groups[name])} ({words.within(group_names(most, [name])[0])})"
        for name in (groups.idxmax(), groups.idxmin())
    ]
    said = f"{' against '.join(ends)} {most['label'].iloc[0]}"
    number = "One finding differs" if len(clear) == 1 else f"{len(clear)} findings differ"
    counted = f"{number} clearly by {_domains(clear, 'and')}"
    return sentences.title_of(f"{counted}: {said}", said, counted)


def around_clashes(rows: pd.DataFrame, credit: Credit) -> Words:
    """Words of the chart of figures that clash, each kind counted apart."""
    number = rows["verdict"].value_counts()
    hard, soft = (int(number.get(verdict, 0)) for verdict in ("contradiction", "tension"))
    said = [
        f"{hard} set{'s' * (hard != 1)} of figures cannot all be true" if hard else "",
        f"{soft}{' more' * bool(hard)} sit{'s' * (soft == 1)} badly together" if soft else "",
    ]
    return around(
        words.upper_first("; ".join(part for part in said if part)),
        "What one figure reads as, and what the others of its conflict leave it, in counts",
        rows,
        credit,
        "Filled: the figure. Hollow: what the others leave it.",
    )


def no_breakdown(evidence: str, by: Collection[str]) -> str:
    """Say that a cohort breaks nothing down by these domains."""
    domains = words.listed((words.spell(domain).lower() for domain in by), "or")
    if evidence == "reported":
        return f"The report prints no breakdown of these findings by {domains}."
    return f"These findings cannot be broken down: no {domains} is known."


def describe_heat(tables: Sequence[pd.DataFrame], most: int = 6) -> str:
    """Say a page's findings by group, what stands out most first, for those who hear a picture."""
    found = [
        one for rows in tables for _, one in rows.groupby(["indicator", "category"], sort=False)
    ]
    said = [_said_by_group(one) for one in sorted(found, key=p_of)[:most]]
    rest = len(found) - len(said)
    return " ".join([*said, f"{rest} more in the table." if rest else ""]).strip()


def _said_by_group(one: pd.DataFrame) -> str:
    groups = one[one["domain"] != "all"]
    names = group_names(one, list(groups["group"]))
    parts = [
        f"{name} {words.value(row)}{' [u]' * is_unsure(row)}"
        for name, (_, row) in zip(names, groups.iterrows(), strict=True)
    ]
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
    return f"{found}: F {row['statistic']:.2f}, adjusted p {words.p_value(row['p_adjusted'])}"


def list_groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay one domain's findings out group by group, everyone first, with intervals."""
    rows = rows.sort_values("domain", key=lambda domain: domain != "all", kind="stable")
    ordered = pd.concat([one for _, one in rows.groupby(["indicator", "category"], sort=False)])
    each = [row for _, row in ordered.iterrows()]
    return pd.DataFrame(
        {
            "finding": ordered["label"].to_numpy(),
            "group": group_names(ordered, list(ordered["group"])),
            "share": [words.value(row) for row in each],
            "interval": [words.interval(row) for row in each],
            **labels.flags(ordered),
        }
    )


def list_differences(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay differences of two groups out for reading, in percentage points."""
    pairs = rows.groupby("domain")[["group", "against"]].transform("nunique").max(axis=1)
    told = rows[rows["shown"] & (pairs == 1)]
    return pd.DataFrame([_difference(row) for _, row in told.iterrows()])


def _difference(row: pd.Series) -> dict[str, str]:
    return {
        "finding": row["label"],
        "by": words.spell(row["domain"]).lower(),
        "difference": words.points(row["estimate"]),
        "interval": words.between(row["conf_low"], row["conf_high"], words.points),
        "p, not adjusted": words.p_value(row["p_value"]),
        "of": f"{row['base_n']:,} and {row['base_against']:,}",
    }


def list_tests(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay tests out for reading, the least adjusted p first."""
    rows = rows.sort_values(["p_adjusted", "p_value"], kind="stable")
    return pd.DataFrame([_test(row) for _, row in rows.iterrows()])


def _test(row: pd.Series) -> dict[str, str]:
    ran, clusters = pd.notna(row["statistic"]), f" in {row['n_clusters']:,} clusters"
    adjusted = words.p_value(row["p_adjusted"])
    return {
        "finding": row["question"] + (row["category"] and f": {words.spell(row['category'])}"),
        "by": words.spell(row["domain"]).lower(),
        "F": f"{row['statistic']:.2f}" if ran else "",
        "degrees of freedom": f"{row['numerator_df']:.1f} and {row['denominator_df']:.0f}" * ran,
        "p": words.p_value(row["p_value"]),
        "adjusted p": adjusted or f"not tested: {row['reason']}",
        "of": f"{row['base_n']:,}{clusters * (row['base_n'] != row['n_clusters'])}",
        "groups left out": row["left_out"],
    }
