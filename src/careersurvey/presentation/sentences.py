"""A finding in words: a sentence whose parts lead to proof, and what stands beside its mark.

What a reader is told of a number goes by the same words everywhere: "as read" of what was worked
out from a wording, "interval" of what chance could do, and "contradicted by" or "in doubt: may
clash with" the places of the figures that it cannot hold together with.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import pandas as pd

from careersurvey.evidence.cohort import MAKE_UP
from careersurvey.evidence.printed.readings import counts_on, read
from careersurvey.evidence.printed.vocabulary import RESIDUAL, Vocabulary
from careersurvey.evidence.printed.wordings import Reading
from careersurvey.evidence.text import so_many
from careersurvey.presentation import words
from careersurvey.presentation.standing import STANDINGS, Doubt, on_cards, staying

#: Words that count whom they stand before, by themselves or with "of".
_DIRECT = re.compile(
    r"(?i)(only )?((not |nearly |almost |virtually |practically )?all|(very |too |an? )?few"
    r"|too many|not enough|most|many|some|several|both|(hardly|scarcely|barely) any"
    r"|(almost |virtually )?no|the (other|remaining))"
)
_OF = re.compile(
    r"(?i)(only )?(an?|the) (.* )?(number|majority|minority|proportion|fraction|handful|bulk)"
)
_OF_THE = re.compile(
    r"(?i)others|(almost |nearly |virtually |next to )?none|not one|the (rest|remainder)"
)
_SHORT_YEAR = re.compile(r"([A-Z][a-z]+) (\d\d)")
_IN = re.compile(r"(?i)\b(in|out of)\b")


def said(row: pd.Series) -> words.Parts:
    """Say a finding whole: what it is of, its number with its evidence, predicate, and doubts."""
    before, number, after = _share(row) if words.is_share(row) else _amount(row)
    evidence = row["statements"] or f"q-{row['indicator']}"
    return [(before, ""), (number, evidence), (after, ""), *_doubts(row), (".", "")]


def sentence(row: pd.Series) -> str:
    """Say a finding whole, as it may be pasted."""
    return words.plain(said(row))


def said_in_one(rows: pd.DataFrame) -> words.Parts:
    """Say all that was answered to one question: how many gave each answer, and of how many."""
    first = rows.iloc[0]
    parts = [(asking(first), "")]
    for number, (_, row) in enumerate(rows.iterrows(), 1):
        before = "" if number == 1 else " and " if number == len(rows) else ", "
        of = f" of {whom(first)} answered" if number == 1 else ""
        share = (words.measured(row).share or "no number") + " [u]" * is_unsure(row)
        parts += [(before, ""), (share, f"q-{row['indicator']}"), (f"{of} {row['answer']}", "")]
    return [*parts, (f" (base {first['base_n']:,}).", "")]


def asking(row: pd.Series) -> str:
    """Write a question as it stands before its answers."""
    return row["question"].rstrip(".:") + (" " if row["question"].endswith("?") else ": ")


def item(parts: words.Parts, about: str, **known: object) -> dict[str, object]:
    """What a page lists: a sentence, the same with links, and what is known of it."""
    both = {"sentence": words.plain(parts), "linked": words.linked(parts), "about": about}
    return both | _UNKNOWN | known


_UNKNOWN = dict.fromkeys(("statements", "where", "indicator", "category", "why"), "")


def told(row: pd.Series) -> dict[str, object]:
    """What a page lists of a finding, with where it is printed."""
    of = {name: row[name] for name in ("statements", "indicator", "category")}
    return item(said(row), "finding", where=words.places([row["where"]]), **of)


def bracket(text: str) -> str:
    """Put what there is to say in brackets after something else."""
    return f" ({text})" if text else ""


# ---- how much of whom ---------------------------------------------------------------------------


def _share(row: pd.Series) -> tuple[str, str, str]:
    """Say how many of whom did what; what counts nobody is quoted after it."""
    who, label, wording = whom(row), predicate(row), row["wording"]
    if row["measure"] == "context" and wording:
        # Of an amount without a base nothing is a percentage.
        means = _means(row) if pd.notna(row["base_n"]) else ""
        return f"{words.upper_first(label)}: ", _as_printed(row, means), ""
    if row.get("section") == MAKE_UP and row["evidence"] == "respondents":
        return "", *_took_part(row, units(row))
    if lead := quantity(row, who):
        return "", lead, f"{bracket(_means(row))} {label}"
    if row["shown"] and words.HOW_OFTEN.fullmatch(wording):
        return f"{words.upper_first(who)} ", words.within(wording), f" {label}"
    return f"Share of {who} that {label}: ", beside(row)[0], bracket(_means(row)) * bool(wording)


def whom(row: pd.Series) -> str:
    """Name the units of a finding: which of them it is of, else who of those invited answered."""
    return units(row) if row.get("among") or _of_part(row) else row.get("who") or units(row)


def units(row: pd.Series) -> str:
    """Name the units of a finding, and which of them it is of: "schools with a sixth form"."""
    plural = words.plural(row["unit"])
    return _of_part(row) or re.sub("^those", plural, row.get("among", "")) or plural


def _of_part(row: pd.Series) -> str:
    """The base that is printed for a group of the units, by which it is named."""
    return row.get("base", "") if row.get("domain", "all") != "all" else ""


def predicate(row: pd.Series, said: str = "label") -> str:
    """Say what is true of those whom `whom` names."""
    return row[said].removesuffix(f", of {row.get('among', '')}")


def _took_part(row: pd.Series, who: str) -> tuple[str, str]:
    """Say how many of those who took part, whose weighted share is of all they stand for."""
    by_weight = f"{words.share(row['estimate'])} of all whom they stand for, by weight"
    there = f"{who} that took part and answered"
    if pd.isna(row["count_low"]):
        return words.upper_first(there), f" {row['label']}: {by_weight}"
    plain = words.share(row["count_low"] / row["base_n"])
    number = f"{row['count_low']:,} of {row['base_n']:,} {there} ({plain})"
    weighted = by_weight if words.share(row["estimate"]) != plain else ""
    return number, f" {row['label']}{bracket(weighted)}"


def quantity(row: pd.Series, who: str) -> str:
    """Say how many of whom, as a sentence begins: "About four out of five schools"."""
    if not row["shown"] or not words.is_share(row):
        return ""
    number, form = words.measured(row), row["form"]
    if row["evidence"] == "respondents" or not row["wording"] or form == "count_percent":
        return number.share and f"{number.share} of {who}"
    wording = words.upper_first(row["wording"])
    if form == "count" and number.counted:
        if f" of {number.counted}" == number.of:
            return f"All {number.counted} {who}"
        return f"{'Only ' if wording.startswith('Only ') else ''}{number.people} {who}"
    joint = joined_by(wording, form, who)
    return "" if joint == ": " or form == "count" else f"{wording}{joint}{who}"


def joined_by(wording: str, form: str, who: str = "") -> str:
    """What stands between a wording and whom it counts; a colon where it does not count them."""
    those = " of " if who.startswith("the ") else ""
    if _OF_THE.fullmatch(wording):
        return those or " of the "
    if form == "percent" or (form == "fraction" and not _IN.search(wording)):
        return " of "
    if form in ("count", "count_percent", "fraction", "number") or _DIRECT.fullmatch(wording):
        return those or " "
    return " of " if _OF.fullmatch(wording) else ": "


def _means(row: pd.Series) -> str:
    """What stands in brackets: the interval of answers, or what a wording is read as."""
    told = words.measured(row)
    if row["evidence"] == "respondents":
        limits, base = words.interval(row), row["base_n"]
        answering = row.get("who", "").removeprefix(words.plural(row["unit"]))
        of = f" of those{answering}" if row.get("among") and answering else ""
        parts = ["by weight"] if row.get("weighed", False) and words.is_share(row) else []
        parts += [f"base {base:,}{of}"] if pd.notna(base) else []
        picked = row.get("picked", False)
        known = f"{limits} had they been drawn at random" if picked else f"interval {limits}"
        parts += [known] if limits not in ("", told.share) else []
        parts += [f"low reliability: {row.get('flag_reason')}"] if is_unsure(row) else []
        ends = of_invited(row)
        missing = (
            f"{ends} whatever those invited who did not answer would have said"
            if ends
            else NOT_KNOWN * bool(of and "least" in row)
        )
        return "; ".join(filter(None, (", ".join(parts), missing)))
    if row["open"] or row["estimate_low"] == 1:
        return ""
    if words.is_vague(row):
        return "how many is not said"
    number = told.counted if row["form"] in ("count", "count_percent") else told.number
    said = told.of.strip() if number in row["wording"] else f"{number}{told.of}"
    people = told.people or said
    said = {"count": "", "count_percent": people, "percent": people}.get(row["form"], said)
    return ", ".join(filter(None, (said, words.how_known(row, number, told.of))))


NOT_KNOWN = "how far those who did not answer could move it is not known"


def is_unsure(row: pd.Series) -> bool:
    """Whether a row of a report is to be read with care."""
    return row.get("flag", "") == "[u]"


def of_invited(row: pd.Series) -> str:
    """Say what a share could be among all invited, where that is known and wider."""
    least, greatest = row.get("least", math.nan), row.get("greatest", math.nan)
    return words.between(least, greatest) if greatest - least > 1e-9 else ""


def could_be(row: pd.Series) -> str:
    """Say what those who did not answer could make of a share, and of whom."""
    of = " of those who took part" if pd.isna(row["took_part"]) else ""
    return f"{words.between(row['least'], row['greatest'])}{of}"


def _amount(row: pd.Series) -> tuple[str, str, str]:
    """Say what is no share: a number of a list, a count, a mean or total, or as printed."""
    number, label, who = words.value(row), predicate(row), units(row)
    if row["measure"] == "rank" and row["wording"]:
        whom = row.get("base") or who
        return "", words.upper_first(words.as_printed(row)), f": {whom} {label}"
    if row["measure"] == "count" and row["label"] != row["question"]:
        if number == "1":
            who, label = row["unit"], re.sub("^were ", "was ", label)
        hedged = f"{words.upper_first(row['wording'])} {who} ({number})"
        return "", hedged if words.is_read(row) else f"{number} {who}", f" {label}"
    answers = row["evidence"] == "respondents"
    number += bracket(_means(row)) * answers
    if pattern := row.get("pattern"):
        before, _, after = pattern.partition("{}")
        return f"{words.upper_first(who)} {before}", number, after
    if answers and row["measure"] == "mean":
        return f"Average of what {who} answered to “{label}”: ", number, ""
    return f"{words.upper_first(label)}: ", _as_printed(row, number), ""


def _as_printed(row: pd.Series, number: str) -> str:
    """Say a quantity without a predicate as printed, and what it can mean where that is more."""
    printed = words.within(row["wording"])
    if short := _SHORT_YEAR.fullmatch(printed):
        return f"{short[1]} 20{short[2]} (printed “{printed}”)"
    if printed and number in ("", "no number"):
        return printed
    more = words.is_read(row) and number not in printed
    return printed + bracket(number) if printed and more else number


# ---- what it clashes with -----------------------------------------------------------------------


def clashing_with(doubts: Iterable[Doubt]) -> list[tuple[str, str]]:
    """Say of each conflict where the figures stand that one clashes with, and link its card."""
    parts: list[tuple[str, str]] = []
    before = ""
    for one in doubts:
        beside = STANDINGS[one.verdict].beside
        own = f"{'; ' if parts else ''}{beside} "
        joint = f" and {beside.split()[-1]} " if one.verdict == before else own
        parts += [(joint, ""), (one.where, f"conflict-{one.card}")]
        before = one.verdict
    return parts


def _doubts(row: pd.Series) -> words.Parts:
    parts = clashing_with(staying(row))
    return [(" (", ""), *parts, (")", "")] if parts else []


def doubted(row: pd.Series) -> str:
    """Say in brackets what a figure clashes with: " (contradicted by paragraph 61)"."""
    return words.plain(_doubts(row))


# ---- how a wording is read ----------------------------------------------------------------------

#: What the reading of each printed form goes by.
_RULES = {
    "count": "a bare number is itself, a hedged one as far as its hedge allows",
    "count_percent": "the count; it must round to the percentage on its base",
    "percent": "all that rounds to the percentage",
    "hedged percent": "the percentage, as far as the words beside it allow",
    "bare fraction": "within half a percentage point, as nothing hedges it",
    "fraction": "as far as its hedge and its neighbours among everyday fractions allow",
    "words": "the range that is declared for these words",
    "number": "all that rounds to the number at its printed digits",
}


#: The rule of what others leave over.
REST = "the base, less what those count that it is left by"


def rule(printed: str, form: str, of: str = "", declared: Vocabulary | None = None) -> str:
    """Name the rule by which a wording, of so many, is read; of a share with its range."""
    if printed.lower() in RESIDUAL:
        return REST
    hedge = re.sub(r"(?i)only|[\d.]+ ?(%|per ?cent)|\d", "", printed).strip()
    told = _RULES.get("hedged percent" if form == "percent" and hedge else form, "")
    if form not in ("percent", "fraction", "words") or not printed:
        return told
    found = read(printed, form, vocabulary=declared)
    if not found.share:
        return told  # "both" is of two, whatever it is of
    low, high, *_ = found.share
    bare = form == "fraction" and found.precise and float(high - low) == 0.01
    least, most = counts_on(found.share, int(of)) if of.isdigit() else (0, 0)
    nearest = f"; no whole number of {of} is, so the nearest" if least > most else ""
    return f"{_RULES['bare fraction'] if bare else told}: {_range(found)}{nearest}"


def _range(found: Reading) -> str:
    """Write the shares that words are read as: "9/10 to under 1"; "70% to 75%"."""
    low, high, low_open, high_open = found.share
    as_percent = found.kind == "percent" or found.precise
    ends = [f"{float(100 * end):g}%" if as_percent else str(end) for end in (low, high)]
    ends = [("over " if low_open else "") + ends[0], ("under " if high_open else "") + ends[1]]
    return " to ".join(dict.fromkeys(ends))


# ---- beside a mark ------------------------------------------------------------------------------


def beside(row: pd.Series) -> tuple[str, str]:
    """What stands right of a row: its quote and what that can mean, else its number and base."""
    if not row["shown"]:
        return "not shown", "too few to be shown"
    number = words.measured(row)
    of = number.of and number.of + (
        f" {words.plural(row['unit'])}" if row["unit"] != "school" else ""
    )
    if row["evidence"] == "respondents":
        ends = f"all invited: {words.dashed(of_invited(row))}" if of_invited(row) else ""
        return number.share or "no number", "; ".join(filter(None, (of.strip(), ends)))
    if not row.get("wording"):  # counted here, as schools by region
        return number.people or number.share or "no number", number.share * (not number.few)
    means = (number.number, of) if words.is_share(row) and of else (words.reading(row),)
    under = words.dashed(words.as_read(row, *means))
    wording = words.within(row["wording"])
    quote = f"“{wording}”" + (f" {words.plural(row['unit'])}" if wording in RESIDUAL else "")
    return quote, "; ".join(filter(None, (under, on_its_cards(row))))


def on_its_cards(row: pd.Series) -> str:
    """Say beside a mark which conflicts its figure is in, first those that stay."""
    doubts = row.get("doubts", ())
    goes = ", ".join(one.card for one in doubts if one.goes)
    of_base = ", ".join(one.card for one in doubts if not one.stays and not one.goes)
    others = (
        goes and f"in doubt unless read widely: {goes}",
        of_base and f"base of a figure in doubt: {of_base}",
    )
    return "; ".join(filter(None, (on_cards(staying(row)), *others)))


# ---- of several rows, and of bounds -------------------------------------------------------------


def say_wider(declared: pd.DataFrame, wide: pd.DataFrame) -> str:
    """Say how many findings mean more when their words are read more widely."""
    if declared.empty:
        return ""
    rows, wider = (one.set_index("statements") for one in (declared, wide))
    ends = ["estimate_low", "estimate_high"]
    more = (wider.loc[rows.index, ends] - rows[ends]).abs().sum(axis=1)
    of = f"of these {so_many(len(rows), 'finding')}"
    return f"Read more widely, {(more > 1e-9).sum() or 'none'} {of} would allow more."


def say_widened(what_if: pd.DataFrame, rows: pd.DataFrame) -> words.Parts:
    """Say how wide the interval of a finding could be if people of one school answered alike."""
    for _, row in rows.head(1 if len(what_if) else 0).iterrows():
        wider = what_if["width"].max() / what_if["width"].min()
        end = f": its interval could be up to {wider:.1f} times as wide, if up to"
        end += f" {what_if['rho'].max():.0%} of all differences lay between schools and the numbers"
        end += f" answering at each varied by {what_if['cv'].max():.0%} of their mean."
        who = f"{words.measured(row).share} of {units(row)} {predicate(row)}"
        return [(who, row.get("entry", "").partition(",")[0]), (end, "")]
    return []


def bound(row: pd.Series) -> tuple[str, str]:
    """Say the end of a bound that tells most, and the other one."""
    low, high, base = row["low"], row["high"], row["base_n"]
    most = f"at most {high:,}" if high < base else "perhaps all"
    if low == high:
        return f"exactly {low:,}", ""
    if low == 0:
        return most if high < base else "anything", "perhaps none"
    return f"at least {low:,}", most


def bounded(row: pd.Series) -> str:
    """Say a bound whole: "2 to 14 of 60 schools had both"; without an answer, why not."""
    if row.get("reason"):
        return f"{words.upper_first(row['label'])}: {row['reason']}"
    of = f" of {row['base_n']:,}" if pd.notna(row["base_n"]) else ""
    whom = words.plural(row.get("unit", "school"))
    return f"{words.counts(row['low'], row['high'])}{of} {whom} {row['label']}{doubted(row)}"


#: Bounds, for reading.
BOUNDED: words.Columns = {
    **{"what is counted": "label", "least": "low", "greatest": "high", "of": "base_n"},
    **{"bound by": "binding", "in doubt": lambda row: on_cards(row.get("doubts", ()))},
}
