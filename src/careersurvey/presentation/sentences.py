"""A finding in words: one list of its parts, of which sentence, title and description are views.

What a reader is told of a number goes by the same words everywhere: "as read" of what was worked
out from a wording, "interval" of what chance could do, and "contradicted by" or "in doubt: clashes
with" the places of the figures that it cannot hold together with.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from careersurvey.presentation import words

#: Words of a title.
LONGEST = 15
_DIRECT = re.compile(
    r"(only )?((not |nearly |almost )?all|(very |too |an? )?few|too many|not enough|most|many|some"
    r"|several|both)",
    re.IGNORECASE,
)
_OF = re.compile(
    r"(only )?(an? (very )?(small|large|high) (number|majority|minority|proportion))", re.IGNORECASE
)
_HOW_MUCH = re.compile("“(very |too )?(low|high|small|large)”")
_IN = re.compile(r"\b(in|out of)\b", re.IGNORECASE)
_SHORT_YEAR = re.compile(r"([A-Z][a-z]+) (\d\d)")
_REST = re.compile(r"“(the )?others?”")
_ONLY = re.compile(r"only\b", re.IGNORECASE)


def said(row: pd.Series) -> words.Parts:
    """Say a finding whole: what it is of, its number with its evidence, predicate, and doubts."""
    before, number, after = _amount(row) if not words.is_share(row) else _share(row)
    evidence = row["statements"] or f"q-{row['indicator']}"
    return [(before, ""), (number, evidence), (after, ""), *_doubts(row), (".", "")]


def _share(row: pd.Series) -> tuple[str, str, str]:
    """Say how many of whom did what; where no quantity leads, the number comes last."""
    who, label = words.plural(row["unit"]), row["label"]
    lead = quantity(row, who)
    if not lead:
        told = (beside(row)[0] if row["shown"] else "not shown") or "no number"
        if words.HOW_OFTEN.fullmatch(told[1:-1]):
            return f"{words.upper_first(who)} ", told[1:-1], f" {label}"
        whose = f"Share of {who} who" if _HOW_MUCH.fullmatch(told) else words.upper_first(who)
        return f"{whose} {label}: ", told, ""
    if row["measure"] == "context" and row["wording"]:
        # Of an amount without a base nothing is a percentage.
        meaning = _meaning(row) if pd.notna(row["base_n"]) else ""
        return f"{label}: ", _as_printed(row, meaning), ""
    return "", lead + bracket(_means(row)), f" {label}"


#: What a figure is beside the others of a conflict, by what it says of the places that follow.
_BESIDE = {
    "contradicted": "contradicted by",
    "in doubt": "in doubt: clashes with",
    "base contradicted": "its base is contradicted by",
}


def clashing_with(doubts: Iterable[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """Say of each conflict where the figures stand that one clashes with, and link its card."""
    parts: list[tuple[str, str]] = []
    before = ""
    for verdict, card, places in doubts:
        joint = " and with " if verdict == before else f"{'; ' * bool(parts)}{_BESIDE[verdict]} "
        parts += [(joint, ""), (places, f"conflict-{card}")]
        before = verdict
    return parts


def _doubts(row: pd.Series) -> words.Parts:
    parts = clashing_with(row.get("doubts", ()))
    return [(" (", ""), *parts, (")", "")] if parts else []


def doubted(row: pd.Series) -> str:
    """Say in brackets what a figure clashes with: " (contradicted by paragraph 61)"."""
    return words.plain(_doubts(row))


def bracket(text: str) -> str:
    """Put what there is to say in brackets after something else."""
    return f" ({text})" if text else ""


def sentence(row: pd.Series) -> str:
    """Say a finding whole, as it may be pasted."""
    return words.plain(said(row))


def told(row: pd.Series) -> dict:
    """What a page lists of a finding: its sentence, the same with links, where it is printed."""
    of = {name: row[name] for name in ("statements", "indicator", "category")}
    parts, where = said(row), words.places([row["where"]])
    return {"sentence": words.plain(parts), "linked": words.linked(parts), "where": where} | of


def headline(row: pd.Series) -> str:
    """Say a finding as a title: without its range, but never without whom it is true of."""
    who = words.plural(row["unit"])
    told = beside(row)[0]
    often = words.HOW_OFTEN.fullmatch(told[1:-1]) and f"{words.upper_first(who)} {told[1:-1]}"
    lead = quantity(row, who) or often or f"{told}: {who}"
    answer = f"{words.spell(row['category']).lower()}, " * (row["category"] not in ("", "yes"))
    asked = f"{row['question']}: {answer}{words.value(row)}"
    said = [f"{lead} {phrase}" for phrase in phrases(row)]
    return title_of(*said, asked, of=[row])


def phrases(row: pd.Series, column: str = "label") -> list[str]:
    """How a finding is said, and the shorter phrase where it has one."""
    return [phrase for phrase in (row[column], row.get("short", "")) if phrase]


def title_of(*candidates: str, of: Iterable[pd.Series] = ()) -> str:
    """Return the first candidate that is short enough, else the last one cut at a word.

    It ends on where the first of its figures stands that clashes with others: " (in doubt)".
    """
    stand = (row.get("conflict", "").partition(": ")[0] for row in of)
    end = bracket(next(filter(None, stand), ""))
    for whole in (f"{candidate}{end}" for candidate in candidates):
        if len(whole.split()) <= LONGEST:
            return whole
    room = LONGEST - 1 - len(end.split())
    return f"{' '.join(candidates[-1].split()[:room])} …{end}"


def describe(rows: pd.DataFrame, most: int = 12) -> str:
    """Say a picture's rows with their numbers and intervals, for those who hear it."""
    told = rows[~rows["open"]] if "open" in rows else rows
    heard = [_heard(row) for _, row in told.head(most).iterrows()]
    rest = len(rows) - len(heard)
    more = f"{rest} more in the table." * bool(rest)
    return " ".join(filter(None, (f"{'; '.join(heard)}." * bool(heard), more)))


def _heard(row: pd.Series) -> str:
    limits = words.interval(row) if "conf_low" in row else ""
    how = f", interval {limits}" if limits else ""
    return f"{row['label']}: {words.value(row)}{how}{doubted(row)}"


# ---- how much of whom ---------------------------------------------------------------------------


def quantity(row: pd.Series, who: str) -> str:
    """Say how many of whom, as a sentence begins: "About four out of five schools"."""
    if not row["shown"] or not words.is_share(row):
        return ""
    number, form = words.measured(row), row["form"]
    if row["evidence"] == "respondents" or not row["wording"] or form == "count_percent":
        return number.share and f"{number.share} of {who}"
    wording = words.upper_first(row["wording"].split("; ")[0])
    if form == "count" and number.counted:
        if f" of {number.counted}" == number.of:
            return f"All {number.counted} {who}"
        return f"{'Only ' * bool(_ONLY.match(wording))}{number.people} {who}"
    if wording == "Others":
        return f"Other {who}"
    joint = joined_by(wording, form)
    return "" if joint == ": " or form == "count" else f"{wording}{joint}{who}"


def joined_by(wording: str, form: str) -> str:
    """What stands between a wording and whom it counts; a colon where it does not count them."""
    if form == "percent" or (form == "fraction" and not _IN.search(wording)):
        return " of "
    if form in ("count", "count_percent", "fraction", "number") or _DIRECT.fullmatch(wording):
        return " "
    return " of " if _OF.fullmatch(wording) else ": "


def _means(row: pd.Series) -> str:
    """What stands in brackets: the interval of answers, or what a wording is read as."""
    if row["evidence"] == "respondents":
        limits = words.interval(row)
        return f"interval {limits}" if limits not in ("", words.share(row["estimate"])) else ""
    if row["open"] or row["estimate_low"] == 1:
        return ""
    counted = row["form"] == "count"
    one = pd.notna(row["count_high"]) and row["count_low"] == row["count_high"]
    told = "as read" * (words.is_read(row) and not one) if counted else _meaning(row)
    # What is read is read with its base.
    ranged = pd.isna(row["base_n"]) and bool(words.measured(row).of) and not told
    implied = row.get("base_from", "") == "implied" and not told.endswith("as read")
    return ", ".join(filter(None, (told, "base as read" * ranged, "base implied" * implied)))


def _meaning(row: pd.Series) -> str:
    """Say what a printed quantity can mean: counts of their base where few, else shares."""
    number = words.measured(row)
    if number.counted and (number.few or row["form"] == "count_percent"):
        return words.as_read(row, number.people)
    told = "" if number.share in row["wording"] else number.share or number.counted
    return words.as_read(row, told)


def _amount(row: pd.Series) -> tuple[str, str, str]:
    """Say what is no share: a number of a list, a count, a mean or total, or as printed."""
    number, label, who = words.value(row), row["label"], words.plural(row["unit"])
    if row["measure"] == "rank" and row["wording"]:
        return f"{words.upper_first(who)} {label}: ", f"number {row['wording']} of the list", ""
    if row["measure"] == "count" and label != row["question"]:
        hedged = f"{words.upper_first(row['wording'])} {who} ({number})"
        return "", hedged if words.is_read(row) else f"{number} {who}", f" {label}"
    answers = row["evidence"] == "respondents"
    if answers and (limits := words.interval(row)):
        number = f"{number} (interval {limits})"
    if "{}" in label:
        before, _, after = label.partition("{}")
        return f"{words.upper_first(who)} {before}", number, after
    if answers and row["measure"] == "mean":
        return f"Average of what {who} answered to “{label}”: ", number, ""
    return f"{words.upper_first(label)}: ", _as_printed(row, number), ""


def _as_printed(row: pd.Series, number: str) -> str:
    """Say a quantity without a predicate as printed, and what it can mean where that is more."""
    printed = words.within(row["wording"].split("; ")[0])
    if short := _SHORT_YEAR.fullmatch(printed):
        return f"{short[1]} 20{short[2]} (printed “{printed}”)"
    if printed and (number in ("", "no number") or number.startswith("100%")):
        return printed
    return printed + bracket(number) if printed and words.is_read(row) else number


# ---- beside a mark ------------------------------------------------------------------------------


def beside(row: pd.Series) -> tuple[str, str]:
    """What stands right of a row: the quote and what it can mean, or the share and its base."""
    if not row["shown"]:
        return "not shown", "too few to be shown"
    number = words.measured(row)
    of = number.of and number.of + f" {words.plural(row['unit'])}" * (row["unit"] != "school")
    if row["evidence"] == "respondents" or not row["wording"]:
        return number.share or "no number", of.strip()
    said = number.counted if number.few and number.counted else number.share
    under = f"{said}{of}" if words.is_share(row) and of else words.reading(row)
    printed = bool(of) and words.is_share(row) and said in row["wording"]
    plain = words.dashed(under)
    under = plain if printed else words.as_read(row, plain)
    implied = bool(of) and row.get("base_from", "") == "implied" and under == plain
    quote = f"“{words.within(row['wording'].split('; ')[0])}”"
    if _REST.fullmatch(quote):
        quote, under = words.dashed(f"{said}{of}"), f"as read from {quote}"
    told = (f"{under}{', base implied' * implied}", row.get("conflict", ""))
    return quote, "; ".join(filter(None, told))


def part(row: pd.Series) -> tuple[str, str]:
    """Say a part of a base: where a count is printed the count itself leads, and not its quote."""
    number = words.measured(row)
    if not row["shown"] or not number.counted or not number.of:
        return beside(row)
    wording = row.get("wording", "")
    if wording and row["form"] != "count":
        return f"“{words.within(wording)}”", words.as_read(row, words.dashed(number.people))
    return number.people, "" if number.few else number.share


def step(row: pd.Series) -> tuple[str, str]:
    """Say a step as any row, and where its base is not printed beside it."""
    lead, under = beside(row)
    if not row["shown"] or row["evidence"] == "respondents":
        return lead, under
    share = words.dashed(words.measured(row).share)
    told = under if share in f"{lead}{under}" else f"{share}: {under}"
    return lead, told if has_a_base(row) else "of how many is not printed"


def has_a_base(row: pd.Series) -> bool:
    """Whether a row can be drawn as a part: its base is known, or it is printed as a share."""
    return bool(words.measured(row).of) or row["form"] in ("percent", "fraction")


# ---- of several rows ----------------------------------------------------------------------------


def say_wider(declared: pd.DataFrame, wide: pd.DataFrame) -> str:
    """Say how many findings mean more when their words are read more widely, and which most."""
    if declared.empty:
        return ""
    rows = declared.set_index("statements")
    wider = wide.set_index("statements").loc[rows.index]
    low, high = (wider[end] - rows[end] for end in ("estimate_low", "estimate_high"))
    moved = (low.abs() > 1e-9) | (high.abs() > 1e-9)
    said = f"Read more widely, {int(moved.sum())} of these {len(rows)} findings would allow more"
    if not moved.any():
        return f"{said}."
    most = (high - low).idxmax()
    row = rows.loc[most]
    return (
        f"{said}; most of all “{words.within(row['wording'])}”: {words.reading(wider.loc[most])}"
        f" {words.plural(row['unit'])}, in place of {words.reading(row)}, {row['label']}."
    )


def say_met(rows: pd.DataFrame) -> str:
    """Say who was met and what was seen, the most first, each with its printed number."""
    ordered = rows.sort_values("count_high", ascending=False, kind="stable")
    said = [
        f"{words.counts(row['count_low'], row['count_high'])} {words.plural(row['unit'])}"
        f" {row['label']}{doubted(row)}"
        for _, row in ordered.iterrows()
    ]
    return f"{'; '.join(said)}." if said else ""


def bound(row: pd.Series) -> tuple[str, str]:
    """Say the end of a bound that tells most, and the other one."""
    low, high, base = row["low"], row["high"], row["base_n"]
    most = f"at most {high:,}" if high < base else "perhaps all"
    if low == high:
        return f"exactly {low:,}", ""
    if low == 0:
        return most if high < base else "anything", "perhaps none"
    return f"at least {low:,}", most


def listed(told: Iterable[str], otherwise: str = "") -> str:
    """Put what is said of each row into one sentence."""
    return f"{'; '.join(told)}." if (told := list(told)) else otherwise


#: Bounds, and what alike answers would do to an interval, for reading.
BOUNDED: words.Columns = {
    **{"what is counted": "label", "least": "low", "greatest": "high", "of": "base_n"},
    **{"bound by": "binding", "in doubt": "conflict"},
}
WIDENED: words.Columns = {
    "how alike (ρ)": lambda row: f"{row['rho']:.2f}",
    "unevenness (cv)": lambda row: f"{row['cv']:g}",
    "design effect": lambda row: f"{row['deff']:.3f}",
    "interval": lambda row: words.between(
        row["conf_low"], row["conf_high"], lambda end: f"{100 * end:.1f}%"
    ),
    "width in points": lambda row: f"{100 * row['width']:.1f}",
}


def bounded(row: pd.Series) -> str:
    """Say a bound whole: "2 to 14 of 60 schools had both"; without an answer, why not."""
    if row.get("reason"):
        return f"{words.upper_first(row['label'])}: {row['reason']}"
    of = f" of {row['base_n']:,}" if pd.notna(row["base_n"]) else ""
    whom = words.plural(row.get("unit", "school"))
    return f"{words.counts(row['low'], row['high'])}{of} {whom} {row['label']}{doubted(row)}"


def say_most(rows: pd.DataFrame) -> str:
    """Say which of some parts of one base is the greatest."""
    if rows.empty:
        return ""
    most = rows.loc[rows["count_low"].idxmax()]
    return f"{most['label']} had most {words.plural(most['unit'])}: {words.measured(most).people}"


def describe_clustering(what_if: pd.DataFrame) -> str:
    """Say what an assumed correlation within clusters would do to an interval."""
    if what_if.empty:
        return "Nothing is assumed for this cohort."
    ends = what_if.sort_values("rho").groupby("cv").last()
    said = [
        f"with unevenness {cv:g}, {100 * row['width']:.1f} points (design effect {row['deff']:.1f})"
        for cv, row in ends.iterrows()
    ]
    least, most = what_if["width"].min(), what_if["rho"].max()
    alike = f"Width {100 * least:.1f} points where answers within a school are no more alike"
    return f"{alike}; at ρ {most:g}, {words.listed(said)}."
