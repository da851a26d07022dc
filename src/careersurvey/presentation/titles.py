"""The words around a picture: its title, whom it is of and when, how to read it, its source.

A title says the most telling row with its number, and counts only what it says that it counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import product

import pandas as pd

from careersurvey.evidence.cohort import MAKE_UP
from careersurvey.inference.compare.sides import DRAWN_UNITS
from careersurvey.inference.publishing import SYMBOLS
from careersurvey.presentation import changes, conflicts, labels, sentences, words
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import Words

#: Words of a title.
LONGEST = 15
SIDES = {
    "worse": "The fewer the better",
    "better": "The more the better",
    "": "Neither better nor worse",
}
_NONE = "No number can be shown"
#: Whom a title is of, said twice: "parents who answered of children with disabilities".
_TWICE = re.compile(r" who answered (that|who|whose|with|in|of|using|on) ")
#: Marks of a picture with what they are, as `style.Words` has them.
Key = Sequence[tuple[str, str]]


# ---- titles -------------------------------------------------------------------------------------


def title_of(*candidates: str, of: Iterable[pd.Series] = ()) -> str:
    """Return the first candidate that is short enough, else the last one cut at a word.

    It ends on where the first of its figures stands that clashes with others: " (in doubt)".
    """
    stand = (row.get("conflict", "").partition(": ")[0] for row in of)
    end = sentences.bracket(next(filter(None, stand), ""))
    for whole in (f"{candidate}{end}" for candidate in candidates):
        if len(whole.split()) <= LONGEST and not _TWICE.search(whole):
            return whole
    room = LONGEST - 1 - len(end.split())
    return f"{' '.join(candidates[-1].split()[:room])} …{end}"


def phrases(row: pd.Series, column: str = "label") -> list[str]:
    """How a finding is said, and the shorter phrase where it has one."""
    return [phrase for phrase in (row[column], row.get("short", "")) if phrase]


def headline(row: pd.Series, *whom: str) -> str:
    """Say a finding as a title: without its range, but never without whom it is true of.

    The first name of those whom it is of is taken that there is room for, and at last their unit.
    """
    who, quote = words.plural(row["unit"]), sentences.beside(row)[0]
    often = words.HOW_OFTEN.fullmatch(quote[1:-1]) and f"{words.upper_first(who)} {quote[1:-1]}"
    leads = [sentences.quantity(row, one) or often or f"{quote}: {one}" for one in (*whom, who)]
    answer = f"{words.spell(row['category']).lower()}, " * (row["category"] not in ("", "yes"))
    asked = f"{row['question']}: {answer}{words.value(row)}"
    told = (f"{lead} {phrase}" for lead in leads for phrase in phrases(row))
    return title_of(*told, asked, of=[row])


def lead(rows: pd.DataFrame, credit: Credit) -> str:
    """Say the first of the rows as they are told, as a title."""
    shown = rows[rows["shown"] & rows["estimate_low"].notna()]
    told = shown[~labels.says_little(shown)]
    first = labels.told_first(told if len(told) else shown)
    row = first.iloc[0] if len(first) else None
    return _NONE if row is None else headline(row, answering(row["unit"], credit))


def answering(unit: str, credit: Credit) -> str:
    """Name those who answered of a unit that chose whether to."""
    chose = unit in credit.chose and unit not in DRAWN_UNITS
    return words.plural(unit) + " who answered" * chose


def against(ends: Sequence[tuple[float, str]], unit: str, phrases: Sequence[str]) -> list[str]:
    """Say the shares of two groups in candidates for a title, ever shorter."""
    brief = " against ".join(f"{words.share(at)} ({words.within(name)})" for at, name in ends)
    told = [f"{brief} of {words.plural(unit)} {phrase}" for phrase in phrases]
    return [one.rstrip() for one in (*told, *(f"{brief} {phrase}" for phrase in phrases[1:]))]


def say_most(rows: pd.DataFrame) -> str:
    """Say which of some parts of one base is the greatest."""
    if rows.empty:
        return ""
    most = rows.loc[rows["count_low"].idxmax()]
    return f"{most['label']} had most {words.plural(most['unit'])}: {words.measured(most).people}"


def say_sets(verdicts: pd.Series) -> str:
    """Say how many sets of figures clash, each kind counted apart."""
    hard, soft = _numbers(verdicts)
    said = [f"{hard} set{'s' * (hard != 1)} of figures cannot all hold as worded"] * bool(hard)
    what = "more" if hard else f"set{'s' * (soft != 1)} of figures"
    said += [f"{soft} {what} sit{'s' * (soft == 1)} badly together"] * bool(soft)
    return "; ".join(said)


def say_standings(standings: pd.DataFrame) -> str:
    """Say how many printed figures are contradicted, and how many in doubt."""
    hard, soft = _numbers(standings["verdict"])
    return f"{hard} of {len(standings):,} printed figures contradicted, {soft} in doubt"


def _numbers(verdicts: pd.Series) -> tuple[int, ...]:
    """How many are of a contradiction, and how many of a tension alone."""
    return tuple(int((verdicts == verdict).sum()) for verdict in labels.STANDS)


# ---- what is around any picture -----------------------------------------------------------------


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
    source = f"Source: {credit.source}{f', {where}' if where else ''}."
    weighted = "Shares are weighted, counts are not." * _is_weighted(rows)
    told = " ".join(filter(None, (*reading, weighted, _with_care(rows), _clashing(rows))))
    below = words.upper_first(subtitle), credit.when_where
    return _words(credit, title, below, (told, source), key, heard or describe(rows))


def _words(
    credit: Credit, title: str, below: Iterable[str], notes: Iterable[str], key: Key, heard: str
) -> Words:
    """Put words together; below the title and to who hears it invented data are named first."""
    invented = ["Invented data"] * credit.synthetic
    invented += ["Not invented: as published"] * credit.beside_invented
    under = ". ".join(filter(None, (*invented, *below)))
    return Words(
        title, under, tuple(filter(None, notes)), tuple(key), ". ".join([*invented, heard])
    )


def describe(rows: pd.DataFrame, most: int = 12) -> str:
    """Say a picture's rows with their numbers and intervals, for those who hear it."""
    heard = words.each((rows[~rows["open"]] if "open" in rows else rows).head(most), _heard)
    rest = len(rows) - len(heard)
    return " ".join(
        filter(None, (sentences.listed(heard), f"{rest} more in the table." * (rest > 0)))
    )


def _heard(row: pd.Series) -> str:
    limits = words.interval(row) if "conf_low" in row else ""
    how = f", interval {limits}" if limits else ""
    return f"{row['label']}: {words.value(row)}{how}{sentences.doubted(row)}"


def _is_weighted(rows: pd.DataFrame) -> bool:
    """Whether shares of answers are others than their counts would give."""
    if not {"evidence", "estimate"} <= set(rows):
        return False
    answers = rows[(rows["evidence"] == "respondents") & rows["estimate"].notna()]
    apart = answers["estimate"] - answers["count_low"].astype("float64") / answers["base_n"]
    return bool((apart.abs() > 1e-9).any())


def is_unsure(row: pd.Series) -> bool:
    """Whether a row of a report is to be read with care."""
    return row.get("flag", "") == "[u]"


def unsure(rows: pd.DataFrame) -> pd.Series:
    """Which rows of a report are to be read with care."""
    return rows.get("flag", pd.Series("", rows.index)) == "[u]"


def _with_care(rows: pd.DataFrame) -> str:
    """Explain the mark of rows that are to be read with care, the usual reason first."""
    marked = rows[unsure(rows)]
    reasons = marked.get("flag_reason", pd.Series(dtype="str")).replace("", pd.NA)
    why = sentences.bracket(" or ".join(reasons.value_counts().index))
    return f"[u]: {SYMBOLS['[u]']}{why}." * bool(len(marked))


def _clashing(rows: pd.DataFrame) -> str:
    """Say what is on the cards that a picture's figures are on."""
    told = rows.get("clash", pd.Series(dtype="str")).fillna("")
    said = {one for each in told for one in each.split("\n") if one}
    ordered = sorted(said, key=lambda one: int(one.partition(":")[0].lstrip("C")))
    return " ".join(f"{one}." for one in ordered)


def marks(rows: pd.DataFrame, credit: Credit) -> tuple[Key, str]:
    """Name the marks of shares, and say of whom an interval is only as if drawn at random."""
    if not {"conf_low", "form"} <= set(rows):
        return (), ""
    drawn = rows[rows["shown"] & rows["estimate_low"].notna()]
    wide, known = drawn["estimate_high"] - drawn["estimate_low"], drawn["conf_low"].notna()
    several = wide > 0.02  # less is drawn as thin as a share
    word = (drawn["form"] == "words") & several
    key = [("tick", "the share")] * bool((~several).any())
    key += [("band", "what the wording allows")] * bool((several & ~word).any())
    key += [("word", "a word alone: anywhere in here")] * bool(word.any())
    units = set(drawn.loc[known, "unit"])
    inks = {"dark": units & credit.drawn, "line": units - credit.drawn}
    named = {ink: sorted(map(words.plural, those)) for ink, those in inks.items() if those}
    said = [f"{level:.0%} interval" for level in drawn.loc[known, "level"].head(1)]
    if len(named) > 1:  # each ink says of whom it is, where their names are short
        whom = [(words.listed(those) if len(those) < 3 else "others") for those in named.values()]
        said = [f"{said[0]}: {whom[0]}, drawn at random", f"{whom[1]}, as if drawn at random"]
    key += zip(named, said, strict=True)
    bare = "No interval line: of how many is not printed. " * bool((~known & word).any())
    return key, f"{bare}{as_if(drawn.loc[known, 'unit'], credit)}"


def as_if(units: Iterable[str], credit: Credit) -> str:
    """Say of whom intervals and tests are only as if they had been drawn at random."""
    others = words.listed(sorted(map(words.plural, set(units) - credit.drawn)))
    told = f"The interval of {others} is worked out as if drawn at random; they are no"
    return f"{told} probability sample." * bool(others)


# ---- each picture -------------------------------------------------------------------------------


def around_findings(rows: pd.DataFrame, credit: Credit) -> Words:
    """Words of a chart of findings."""
    drawn = rows[~labels.says_little(rows)]
    key, note = marks(drawn, credit)
    counts = ["count_low", "count_high", "base_n"]
    exact = drawn[drawn["count_low"].eq(drawn["count_high"]) & drawn["evidence"].eq("reported")]
    twice = exact[exact.duplicated(counts)]["unit"].head(1)
    alike = [f"Equal numbers: not necessarily the same {words.plural(unit)}." for unit in twice]
    whom = _whom(rows, credit)
    return around(lead(rows, credit), whom, rows, credit, note, *alike, key=key)


def around_parts(rows: pd.DataFrame, credit: Credit, title: str, measure: str) -> Words:
    """Words of a chart of parts."""
    one_base = len(set(rows["base_n"].dropna())) == 1
    whom = f"{measure}, of {labels.base_words(rows)}" if one_base else measure
    several = bool((rows["count_high"] > rows["count_low"]).any())
    key = [("open", "what the wording leaves open")] * several
    shares, note = marks(rows[rows["evidence"] == "respondents"], credit)
    return around(title or _extremes(rows), whom, rows, credit, note, key=[*key, *shares])


def _extremes(rows: pd.DataFrame) -> str:
    """Say the greatest of some parts; of groups the greatest against the least."""
    shown = rows[rows["shown"] & rows["estimate_high"].notna()]
    if shown.empty:
        return _NONE
    groups = shown[shown["domain"] != "all"]
    if groups.empty:
        top = shown.loc[shown["estimate_high"].idxmax()]
        return headline(top.replace({top["label"]: top.get("phrase", top["label"])}))
    most = groups.loc[groups["estimate_high"].idxmax()]
    least = groups.loc[groups["estimate_low"].idxmin()]
    who, said = words.plural(most["unit"]), phrases(most, "phrase")
    if is_unsure(most) + is_unsure(least) and most["conf_low"] <= least["conf_high"]:
        by = words.spell(most["domain"]).lower().replace("*", " and ")
        of = f"{words.between(least['estimate'], most['estimate'])} of {who}"
        return title_of(*(f"By {by} {of} {phrase}: no clear difference" for phrase in said))
    values = [f"{words.value(row)} {words.within(row['label'])}" for row in (most, least)]
    whole = [f"{values[0]} {who} {phrase}, against {values[1]}" for phrase in said]
    ends = [(row["estimate"], row["label"]) for row in (most, least)]
    return title_of(*whole, *against(ends, most["unit"], [*said, ""]))


def around_bounds(rows: pd.DataFrame, credit: Credit, aside: pd.DataFrame | None) -> Words:
    """Words of a chart of bounds: its title is its first row; what was left out is named."""
    first = rows.iloc[0]
    of = f"of {first['base_n']} {words.plural(first.get('unit', 'school'))}"
    told = f"{words.upper_first(sentences.bound(first)[0])} {of}"
    title = title_of(
        f"{told} {first['label']}", f"{told} are all that the first row names", of=[first]
    )
    how = (
        "Bounds as the report's words are read, not estimates: every count in the hatched part"
        " agrees with it."
    )
    figures = () if aside is None else aside.itertuples()
    left_out = "; ".join(f"“{row.printed}” ({row.where})" for row in figures)
    why = "Left out, since others contradict them or what they rest on"
    return around(
        title,
        f"Counts that were not printed, {of}, from printed words as read here",
        rows,
        credit,
        how,
        f"{why}: {left_out}." * bool(left_out),
        key=[("solid", "at least, as the words are read"), ("open", "at most")],
        heard=sentences.listed(words.each(rows, sentences.bounded), "Nothing is left to bound."),
    )


def around_missing(rows: pd.DataFrame, credit: Credit) -> Words:
    """Words of the chart of what those who did not answer could change most."""
    row = rows.iloc[0]
    who, own = words.plural(row["unit"]), words.share(row["estimate"])
    ends = words.between(row["least"], row["greatest"])
    everyone = "all who took part" if pd.isna(row["took_part"]) else "all invited"
    told = [
        f"{own} of {whom} {phrase}; {after}"
        for whom in dict.fromkeys((answering(row["unit"], credit), who))
        for phrase in phrases(row)
        for after in (f"had {everyone} answered, {ends}", f"of {everyone}, {words.dashed(ends)}")
    ]
    whom = ". ".join([labels.base_words(rows), *_took_part(rows)])
    return around(
        title_of(*told, f"Had {everyone} answered, {own} of {who} could have been {ends}"),
        whom,
        rows,
        credit,
        "Those who were never invited, as at places that took no part, are in neither end; chance"
        " widens the ranges further.",
        key=[
            ("tick", "the share of those who answered"),
            ("range", "if those who did not had all said no, or all yes"),
        ],
    )


def around_steps(rows: pd.DataFrame, credit: Credit) -> Words:
    """Words of the chart of a service's steps: how few had heard of each."""
    firsts = rows.drop_duplicates("heading")
    known = firsts[firsts["shown"] & firsts["estimate_low"].notna()]
    shares = words.each(known, lambda row: words.between(row["estimate_low"], row["estimate_high"]))
    unit, each = firsts["unit"].iloc[0], words.each(known, phrases)
    who = dict.fromkeys((answering(unit, credit), words.plural(unit)))
    first = [*product(who, (each or [[]])[0])]
    both = [
        f"{shares[0]} of {whom} {one}, {shares[-1]} {_shorter(two, one)}"
        for (whom, one), two in product(first, each[-1] if each[1:] else [])
    ]
    alone = [f"{shares[0]} of {whom} {one}" for whom, one in first]
    said = [*_counted(rows), *both, *alone, "Who heard of the service, used it, found it useful"]
    whom, (key, note) = labels.base_words(rows.head(1)), marks(rows, credit)
    if len(set(firsts["base_n"])) > 1 and rows["evidence"].eq("respondents").all():
        asked = (f"{row.base_n:,} on the {row.heading.lower()}" for row in firsts.itertuples())
        whom = f"{words.plural(rows['unit'].iloc[0])} who answered: {words.listed(asked)}"
    bare = not all(words.each(rows, sentences.has_a_base))
    none = " No bar: of how many is not printed." * bare
    return around(
        title_of(*said, of=[row for _, row in known.iterrows()]),
        ". ".join([f"{whom}, and those of them at each step", *_invited(rows, credit)]),
        rows,
        credit,
        f"Each share is of the step's own base.{none}",
        note,
        key=key,
    )


def _shorter(phrase: str, after: str) -> str:
    """Say a phrase after one that begins alike: "of the website" after "had heard of the line"."""
    verb, of, rest = phrase.partition(" of ")
    return f"of {rest}" if of and after.startswith(f"{verb} of ") else phrase


def _counted(rows: pd.DataFrame) -> list[str]:
    """Say three printed counts of a service's steps, each of them of the one before it."""
    steps = rows[rows["heading"] == rows["heading"].iloc[0]]
    counts, of, first = steps["count_low"], steps["base_n"], steps.iloc[0]
    exact = steps["evidence"].eq("reported") & counts.eq(steps["count_high"])
    exact &= of.eq(counts.shift(fill_value=first["base_n"])).fillna(False)
    if len(steps) != 3 or not exact.all():
        return []
    whom = f"{counts.iloc[0]:,} of {first['base_n']:,} {words.plural(first['unit'])}"
    used, useful = (f"{count:,}" for count in counts.iloc[1:])
    return [
        f"{whom} knew of the {first['heading'].lower()}, {used} used it, {useful} found it useful"
    ]


def around_ranking(rows: pd.DataFrame, credit: Credit, measure: str) -> Words:
    """Words of a ranked list: its first entry is the title, the most frequent if that is said."""
    first = rows.sort_values("rank").iloc[0]
    often = "frequency" in f"{measure} {first['question']}" or first["evidence"] == "respondents"
    end, whom = " most often" if often else ": first of a list", labels.of_whom(first)
    told = [f"{who} {one}" for who in (whom, words.plural(first["unit"])) for one in phrases(first)]
    printed = bool((rows["evidence"] == "reported").all())
    return around(
        title_of(*(f"{words.upper_first(one)}{end}" for one in told)),
        f"{measure}, of {whom}",
        rows,
        credit,
        "Only the order is printed: how far apart the entries are is not known." * printed,
        heard=sentences.listed(f"{row.rank}: {row.label}" for row in rows.itertuples()),
    )


def around_clustering(what_if: pd.DataFrame, row: pd.DataFrame, credit: Credit) -> Words:
    """Words of the chart of what alike answers would do to an interval."""
    finding, most, least = row.iloc[0], what_if["rho"].max(), what_if["width"].min()
    ends = what_if[what_if["rho"] == most]
    wider = words.between(ends["width"].min() / least, ends["width"].max() / least, "{:.1f}".format)
    each = (
        f"with unevenness {one.cv:g}, {100 * one.width:.1f} points (design effect {one.deff:.1f})"
        for one in ends.itertuples()
    )
    return around(
        f"If {most:.0%} of differences lay between schools, the interval would be"
        f" {words.dashed(wider)} times as wide",
        f"Width of the {finding['level']:.0%} interval, in points, of"
        f" {words.plural(finding['unit'])} who {finding['label']}",
        row,
        credit,
        "Across: the part of all differences that lies between schools (ρ). Each line: how unevenly"
        " parents are spread over them (0: evenly), and the design effect that it ends at: how many"
        " answers are worth one. Both are assumed, since the report prints neither.",
        heard=f"Width {100 * least:.1f} points where answers within a school are no more alike; at"
        f" ρ {most:g}, {words.listed(each)}.",
    )


def around_views(rows: pd.DataFrame, credit: Credit, good: Sequence[str]) -> Words:
    """Words of the chart of views for and against."""
    first = rows[rows["indicator"] + "=" + rows["category"] == good[0]] if good else rows
    first = (first if len(first) else rows).iloc[0]
    vague = bool((rows["estimate_high"] - rows["estimate_low"] > 0.015).any())
    unprinted = ", not printed" * bool((rows["evidence"] == "reported").any())
    return around(
        headline(first, answering(first["unit"], credit)),
        _whom(rows, credit),
        rows,
        credit,
        as_if(rows["unit"], credit),
        key=[
            *[("open", "what the wording leaves open")] * vague,
            ("tile", f"other answers{unprinted}"),
        ],
    )


def around_clashes(rows: pd.DataFrame, credit: Credit) -> Words:
    """Words of the chart of figures that clash: how many sets of them."""
    key = [
        ("solid", "what the figure says"),
        ("hollow", "what it could be if the others are right"),
        ("tile", "its base"),
    ]
    return around(
        say_sets(rows["verdict"]),
        "One figure of each conflict, and what its other figures allow it to be, in counts",
        rows,
        credit,
        "Either side may be the one that is off.",
        "No bar: a date or total, or no whole number." * bool(rows["base_n"].isna().any()),
        heard=conflicts.describe(rows),
        key=key * bool(rows["base_n"].notna().any()),
    )


# ---- then and now -------------------------------------------------------------------------------


def around_changes(rows: pd.DataFrame, credit: Credit, baseline: Credit, rule: str) -> Words:
    """Words of the chart of changes: how many of what can be compared changed, and how surely."""
    known, drawn = changes.comparable(rows), changes.drawn(rows)
    marks = "".join(drawn["marks"])
    means = [f"{mark} {what}." for mark, what in changes.MARKS.items() if mark in marks]
    how = f"In brackets: the interval. {changes.RULE} {rule}"
    cautions = " ".join(dict.fromkeys((baseline.caution, credit.caution)))
    sources = f"{baseline.source}; {credit.source}{' (synthetic data)' * credit.synthetic}"
    vague = bool((drawn["then"] + drawn["now"]).str.contains(" to ").any())
    key = [("range", "all that words can mean")] * vague
    unknown = bool(drawn["kind"].eq(changes.UNKNOWN).any())
    key += [("left", "what other figures of the earlier report imply")] * unknown
    real = ["What is hollow is not invented"] * (credit.synthetic and not baseline.synthetic)
    return _words(
        credit,
        title_of(*(_how_many(known, *said) for said in _SAID)),
        [*real, *_took_part(known), *_barred(rows)],
        (" ".join([how, *means]), cautions, f"Sources: {sources}."),
        key,
        sentences.listed(words.each(drawn, changes.heard), "No change is clear."),
    )


#: What a title of changes says of each kind as long as there is room: of whom, that it is neutral.
_SAID = ((True, True), (False, True), (False, False))


def _how_many(known: pd.DataFrame, whom: bool, judged: bool) -> str:
    """Count what is better, worse, higher or lower of all that can be compared, and of whom."""
    sure = known[known["comes_to"].isin(changes.CLEAR)]
    told = []
    for kind, rows in sure.groupby("comes_to", sort=False):
        of = [words.listed(map(words.plural, rows["unit"].unique()))] * whom
        of += ["neutral"] * (judged and kind in changes.CLEAR[2:])
        told.append(f"{len(rows)} {kind}{sentences.bracket(', '.join(of))}")
    rest = f"{len(known) - len(sure)} not settled" * (len(known) > len(sure))
    whole = f"{len(known)} comparable finding{'s' * (len(known) != 1)}"
    return f"{whole}: {'; '.join(filter(None, (', '.join(told), rest)))}"


def _whom(rows: pd.DataFrame, credit: Credit) -> str:
    """Say the base that rows share, that it answered, and how many of those invited took part."""
    said, units = labels.base_words(rows), rows["unit"].unique()
    if len(units) == 1 and " who " not in said:
        said = said.replace(words.plural(units[0]), answering(units[0], credit), 1)
    return ". ".join([said, *_invited(rows, credit)])


def _invited(rows: pd.DataFrame, credit: Credit) -> list[str]:
    return _took_part(rows.assign(took_part=rows["unit"].map(credit.part)))


def _took_part(rows: pd.DataFrame) -> list[str]:
    """Say how many of those invited took part, of each unit for which it is known."""
    part = rows.dropna(subset="took_part").drop_duplicates("unit")
    said = (
        f"{words.share(row.took_part)} of {words.plural(row.unit)}" for row in part.itertuples()
    )
    return [f"Of those invited, {words.listed(said)} took part"] * bool(len(part))


def _barred(rows: pd.DataFrame) -> list[str]:
    """Say how many findings cannot be compared, and how many of them describe the sample."""
    barred = rows["kind"].eq(changes.KINDS[-1])
    sample = int((barred & rows.get("section", pd.Series("", rows.index)).eq(MAKE_UP)).sum())
    others = int(barred.sum()) - sample
    said = [f"Another {others} finding{'s' * (others != 1)} cannot be compared"] * bool(others)
    more = f"{sample} more describe{'s' * (sample == 1)} the sample" * bool(sample)
    return ["; ".join(filter(None, (*said, more)))] * bool(barred.any())


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
    quote = row.get("wording", "")
    in_words = f"“{quote}”" * quote.replace(" ", "").isalpha()
    return words.between(*ends, words.writer(row)) + sentences.bracket(in_words)


def around_trend(waves: pd.DataFrame, credit: Credit, others: Sequence[Credit]) -> Words:
    """Words of the chart of waves: the first finding's last number, and where its line begins.

    What no line joins is not held against each other: another question, or other institutions.
    """
    findings = waves.groupby(["indicator", "category"], sort=False)
    title = f"{findings.ngroups} findings over several waves"
    known = next(rows[rows["estimate"].notna()] for _, rows in findings)
    known = known[known["line"].eq(known["line"].tail(1).squeeze())] if len(known) else known
    if len(known) > 1:
        first, last = known.iloc[0], known.iloc[-1]
        year, before = (words.years(one["period"]) for one in (last, first))
        then = f" in {year}, {wave(first)} in {before}"
        now = [*(_of_wave(last, phrase) for phrase in phrases(last)), wave(last)]
        title = title_of(*(f"{said}{then}" for said in now))
    broken = dict.fromkeys(waves.loc[waves["line"].notna() & (waves["reason"] != ""), "reason"])
    gaps = [f"Line broken: {one}." for one in broken]
    gaps += ["No point: not printed."] * bool(waves["estimate_low"].isna().any())
    vague = bool((waves["estimate_high"] > waves["estimate_low"]).any())
    thick = "Thick bar: all that rounds to the printed number." * vague
    first, *later = dict.fromkeys(one.source for one in (*others, credit))
    sources = f"{first}; and {len(later)} more waves, the last {later[-1]}" if later else first
    ends = words.counts(waves["base_n"].min(), waves["base_n"].max())
    some = ", where printed" * bool(waves.loc[waves["estimate"].notna(), "base_n"].isna().any())
    of = f"; of {ends} {words.plural(waves['unit'].iloc[0])}{some}" * bool(ends)
    apart = ", not the same each year" * bool(waves["base_n"].max() > waves["base_n"].min())
    whom = f"By the year in which fieldwork began{of}{apart}"
    notes = (" ".join(gaps), thick, credit.caution, f"Sources: {sources}.")
    return _words(credit, title, [whom], notes, (), describe_trend(waves))


def _of_wave(row: pd.Series, phrase: str) -> str:
    who = words.plural(row["unit"])
    said = f"{words.upper_first(who)} {phrase}" if "{}" in phrase else f"{{}} of {who} {phrase}"
    return said.replace("{}", wave(row))
