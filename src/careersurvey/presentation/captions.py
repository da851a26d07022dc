"""The words around each picture: title, whom it is of, its key, how to read it, what is heard."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from careersurvey.evidence.printed.dates import years
from careersurvey.evidence.text import so_many
from careersurvey.presentation import labels, sentences, titles, words
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import Words

BOX = ("could be", "all invited: whatever those who did not answer would have said")


def _with_invited(rows: pd.DataFrame, credit: Credit) -> tuple[titles.Key, str]:
    """Name the marks of shares, first the band of all invited; say why some rows have none."""
    key, note = marks(rows, credit)
    answers = rows[rows["shown"] & rows["evidence"].eq("respondents")]
    boxed = words.which(answers, sentences.of_invited)
    if not (boxed.any() or credit.took_part):
        return key, note
    groups = answers["domain"] != "all"
    part = answers.loc[~boxed & ~groups, "unit"].map(credit.part)
    why = ["of groups"] if groups.any() else []
    why += ["where a question was not for all who were invited"] if (part < 1).any() else []
    why += ["where it is not known how many were invited"] if part.isna().any() else []
    none = "No pale band, though it may be as wide," if boxed.any() else _NO_BAND
    notes = note, f"{none} {', or '.join(why)}." * bool(why), _APART * bool(boxed.any())
    return [BOX, *key] if boxed.any() else key, " ".join(filter(None, notes))


_NO_BAND = "What those who did not answer could change is not drawn"
_APART = "A band leaves out chance, and a line those who did not answer."


def marks(rows: pd.DataFrame, credit: Credit) -> tuple[titles.Key, str]:
    """Name the marks of shares, and say of whom an interval is only as if drawn at random."""
    if not {"conf_low", "form"} <= set(rows):
        return (), ""
    drawn = rows[rows["shown"] & rows["estimate_low"].notna()]
    mark = pd.Series(words.each(drawn, words.drawn_as), drawn.index, "str")
    unsure = words.which(drawn, sentences.is_unsure)
    wide = (drawn["estimate_high"] - drawn["estimate_low"]).clip(lower=0.01)  # as it is drawn
    known = drawn["conf_low"].notna()
    fine = known & mark.ne("word") & (drawn["conf_high"] - drawn["conf_low"] < wide + 0.005)
    tick = ("tick", "the share, as printed" if mark.eq("read").any() else "the share")
    drawn_as = {
        titles.BY_WEIGHT if titles.is_weighted(drawn) else tick: mark.eq("tick") & ~unsure,
        ("unsure", "the share, of low reliability [u]"): mark.eq("tick") & unsure,
        ("read", "one share, as words are read"): mark.eq("read"),
        ("band", "what the wording allows"): mark.eq("band"),
        ("word", "what a word alone can mean"): mark.eq("word"),
    }
    lacking = {
        "No interval line: of how many is not printed with it. ": ~known & mark.eq("word"),
        "Where no line shows, the interval is hardly wider than the mark. ": fine,
    }
    key = [named for named, those in drawn_as.items() if those.any()]
    why = "".join(said for said, those in lacking.items() if those.any())
    as_if = titles.as_if(drawn.loc[known, "unit"], credit)
    return key + _lines(drawn[known], credit), f"{why}{as_if}"


def _lines(rows: pd.DataFrame, credit: Credit) -> list[tuple[str, str]]:
    """Name the lines of intervals; each says of whom it is, where there are two."""
    units = set(rows["unit"])
    inks = {
        ("dark", "chance alone chose who answered"): units & credit.drawn,
        ("line", "drawn at random"): units - credit.drawn,
    }
    key = []
    for (ink, how), those in inks.items():
        if those:
            named = words.listed(sorted(map(words.plural, those))) if len(those) < 3 else "others"
            whom = f" of {named}" if those != units else ""
            key.append((ink, f"{100 * rows['level'].max():g}% interval{whom}, as if {how}"))
    return key


def _implied(rows: pd.DataFrame) -> str:
    """Say of whom shares are taken to be whose base is not printed beside them."""
    none = pd.Series(index=rows.index)
    read = rows["base_n"].isna() & rows.get("base_low", none).notna()  # of a base in words
    implied = rows.get("base_from", none).eq("implied")
    own = rows[implied | read]
    whom = own["base"].mask(own["base"] == "", own["unit"].map(words.plural))
    of = words.each(own, lambda row: words.measured(row).of.removeprefix(" of "))
    each = dict.fromkeys(zip(of, whom, strict=True))
    told = words.listed(f"the {n} {who}" for n, who in each if n)
    kinds = {"implied": implied & ~read, "as read": read}
    how = " or ".join(name for name, those in kinds.items() if those.any())
    whole = " as one number" if read.any() else ""
    is_not = f"of how many is not printed with it{whole}"
    return f"Base {how}: {is_not}; taken to be {told}." if told else ""


def findings(rows: pd.DataFrame, credit: Credit) -> Words:
    """Words of a chart of findings."""
    drawn = rows[~titles.says_little(rows)]
    key, note = _with_invited(drawn, credit)
    below = titles.whom(rows, credit)
    before = rows.get("earlier", rows["label"][:0])
    then = [("then", name) for name in before.dropna().unique()]
    unsure = "No earlier box where no change is clear, or none can be measured."
    unboxed = unsure * bool(then and before.isna().any())
    how = note, _implied(rows[~rows["open"]]), unboxed
    first = titles.describe(titles.told_first(drawn))
    return titles.around(
        titles.lead(rows), below, rows, credit, *how, key=[*key, *then], heard=first
    )


def parts(rows: pd.DataFrame, credit: Credit, title: str, measure: str) -> Words:
    """Words of a chart of parts."""
    one_base = len(set(rows["base_n"].dropna())) == 1
    below = f"{measure}, of {titles.whom(rows, credit)}" if one_base else measure
    several = bool((rows["count_high"] > rows["count_low"]).any())
    key = [("solid", "at least"), ("open", "at most, as what is printed allows")] if several else []
    shares, note = _with_invited(rows[rows["evidence"] == "respondents"], credit)
    return titles.around(title or _extremes(rows), below, rows, credit, note, key=[*key, *shares])


def _extremes(rows: pd.DataFrame) -> str:
    """Say the greatest of some parts; of groups the greatest against the least."""
    shown = rows[rows["shown"] & rows["estimate_high"].notna()]
    if shown.empty:
        return titles.NONE
    groups = shown[shown["domain"] != "all"]
    if groups.empty:
        most = titles.headline(shown.loc[shown["estimate_high"].idxmax()])
        return _of_alike(shown) or titles.title_of(*_whole(shown), most)
    most = groups.loc[groups["estimate_high"].idxmax()]
    least = groups.loc[groups["estimate_low"].idxmin()]
    unsure = sentences.is_unsure(most) or sentences.is_unsure(least)
    if unsure and most["conf_low"] <= least["conf_high"]:
        span = words.between(least["estimate"], most["estimate"])
        said = (
            f"By {labels.domain(most['domain'])} {span} of {' '.join(one)}: no clear difference"
            for one in titles.subjects(most)
        )
        return titles.title_of(*said)
    values = [f"{words.value(row)} {words.within(row['label'])}" for row in (most, least)]
    whole = [f"{values[0]} {' '.join(one)}, against {values[1]}" for one in titles.subjects(most)]
    ends = [(row["estimate"], row["label"]) for row in (most, least)]
    return titles.title_of(*whole, *titles.against(ends, most))


def _whole(shown: pd.DataFrame) -> list[str]:
    """Say every part of a whole as its bar does: "Of 60 schools: 23 outstanding, 37 good"."""
    of, first = shown["count_low"].sum(), shown.iloc[0]
    if len(shown) < 2 or not (shown["count_high"].sum() == of == first["base_n"]):
        return []
    each = words.each(
        shown, lambda row: f"{words.measured(row).number} {words.within(row['label'])}"
    )
    return [f"Of {of:,} {sentences.units(first)}: {', '.join(each)}"]


def _of_alike(shown: pd.DataFrame) -> str:
    """Say the two greatest parts where both lie in both their intervals, so that none leads."""
    both = shown[shown["evidence"] == "respondents"].nlargest(2, "estimate")
    least, most = both["conf_low"].max(), both["conf_high"].min()
    asked = len(both) > 1 and len(set(both["indicator"])) == 1
    if not asked or not both["estimate"].between(least, most).all():
        return ""
    first, second = both.iloc[0], both.iloc[1]
    other = f"{words.within(words.spell(second['category']))}: {words.share(second['estimate'])}"
    lead = f"{words.share(first['estimate'])} of"
    return titles.title_of(*(f"{lead} {' '.join(one)}; {other}" for one in titles.subjects(first)))


def bounds(rows: pd.DataFrame, credit: Credit) -> Words:
    """Words of a chart of bounds: its title is its first row."""
    first = rows.iloc[0]
    of = f"of {first['base_n']:,} {words.plural(first.get('unit', 'school'))}"
    told = f"{words.upper_first(sentences.bound(first)[0])} {of}"
    sure = rows[rows["low"] > 0]
    of_all = f"As read here, {len(sure) or 'none'} of these {len(rows)} combinations"
    marked = int(words.which(sure, sentences.on_its_cards).sum())
    doubt = sentences.bracket(f"{marked} in doubt" if marked else "")
    end = titles.clash(first)
    title = titles.title_of(
        f"As read here, {words.within(told)} {first['label']}{end}",
        f"{told} {first['label']}{end}",
        *([f"{of_all} must have occurred{doubt}"] if len(rows) > 1 else []),
    )
    how = "These are limits, not estimates: any count in the hatched part fits the figures used."
    if words.which(rows, sentences.on_its_cards).any():
        how += " First what no conflict bears on."
    return titles.around(
        title,
        f"Counts that were not printed, {of}, from printed words as read here",
        rows,
        credit,
        how,
        key=[("solid", "at least, as the words are read"), ("open", "at most")],
        heard=words.each(rows, sentences.bounded),
    )


def steps(rows: pd.DataFrame, credit: Credit) -> Words:
    """Words of the chart of a service's steps: its title is the first that has a share."""
    known = rows["shown"] & rows["estimate_low"].notna()
    key, note = _with_invited(rows, credit)
    none = " No bar: of how many is not printed." if (rows["shown"] & ~known).any() else ""
    title = titles.headline(rows[known].iloc[0]) if known.any() else titles.NONE
    of = "Each share but the first below a heading is of those in the row above it."
    told = f"{of}{none}", note, _implied(rows)
    return titles.around(title, titles.whom(rows, credit), rows, credit, *told, key=key)


def ranking(rows: pd.DataFrame, credit: Credit) -> Words:
    """Words of a ranked list: its first entry is the title."""
    first = rows.iloc[0]
    printed, of = first["evidence"] == "reported", labels.of_whom(first)
    said = "Listed first: {}" if printed else "{} most often"
    told = [f"{of} {first['short'] or first['label']}", *map(" ".join, titles.subjects(first))]
    return titles.around(
        titles.title_of(*(words.upper_first(said.format(one)) for one in told)),
        f"{first['question']}, of {of}",
        rows,
        credit,
        "Only the order is printed: how far apart the entries are is not known." if printed else "",
        heard=[f"{row.rank}: {row.label}" for row in rows.itertuples()],
    )


def describe_trend(waves: pd.DataFrame) -> list[str]:
    """Say every point of each finding in words: "2014 1.34, 2017–18 1.87"."""
    said = []
    for _, rows in waves.groupby(["indicator", "category"], sort=False):
        known = rows[rows["estimate_low"].notna()]
        points = ", ".join(f"{years(row['period'])} {wave(row)}" for _, row in known.iterrows())
        who = words.upper_first(words.plural(rows["unit"].iloc[0]))
        said.append(f"{who} {rows['label'].iloc[0]}: {points}")
    return said


def wave(row: pd.Series) -> str:
    """Say a wave's number in the unit of its measure."""
    at = row["estimate"]
    ends = (at, at) if pd.notna(at) else (row["estimate_low"], row["estimate_high"])
    quote = row.get("wording", "")
    in_words = f"“{quote}”" if quote.replace(" ", "").isalpha() else ""
    return words.between(*ends, words.writer(row)) + sentences.bracket(in_words)


def trend(waves: pd.DataFrame, credit: Credit, others: Sequence[Credit], left_out: int) -> Words:
    """Words of the chart of waves: its first finding's last number, held against no other one."""
    broken = dict.fromkeys(waves.loc[waves["line"].notna() & (waves["reason"] != ""), "reason"])
    line = "Line broken: " if joined(waves, [credit, *others]) else ""
    gaps = [words.upper_first(f"{line}{one}.") for one in broken]
    gaps += ["No point: not printed."] if waves["estimate_low"].isna().any() else []
    few = f"{so_many(left_out, 'finding')} of fewer than three waves"
    gaps += [f"In the table only: {few}."] if left_out else []
    vague = bool((waves["estimate_high"] > waves["estimate_low"]).any())
    thick = "Thick bar: all that rounds to the printed number." if vague else ""
    first, *later = dict.fromkeys(one.source for one in (*others, credit))
    sources = f"{first}; and {len(later)} more waves, the last {later[-1]}" if later else first
    ends = words.counts(waves["base_n"].min(), waves["base_n"].max())
    units = words.plural(waves["unit"].iloc[0])
    of = [f"of {ends} {units}"] if ends else []
    bare = waves.loc[waves["estimate_low"].notna() & waves["base"].eq(""), "when"].nunique()
    of += [f"of {so_many(bare, 'wave')} the base is not given"] if bare else []
    whom = f"Each wave may be of other {units}: part of a change may be who took part"
    notes = (" ".join(gaps), thick, credit.caution, f"Sources: {sources}.")
    below = [words.upper_first("; ".join(of)), whom]
    return titles.words_of(credit, _last(waves), below, notes, (), describe_trend(waves))


def _last(waves: pd.DataFrame) -> str:
    findings = waves.groupby(["indicator", "category"], sort=False)
    known = next(rows[rows["estimate"].notna()] for _, rows in findings)
    if known.empty:
        return f"{findings.ngroups} findings over several waves"
    last = known.iloc[-1]
    when = sentences.bracket(years(last["period"]))
    now = wave(last)
    told = [
        f"{words.upper_first(who)} {said.replace('so many', now)}"
        if last["pattern"]
        else f"{now} of {who} {said}"
        for who, said in titles.subjects(last)
    ]
    return titles.title_of(*(f"{one}{when}" for one in (*told, now)))


def joined(waves: pd.DataFrame, credits: Sequence[Credit]) -> bool:
    """Whether chance drew who took part in each wave, so that one leads on to the next."""
    return all(set(waves["unit"]) <= one.drawn for one in credits)
