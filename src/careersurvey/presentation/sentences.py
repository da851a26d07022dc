"""A finding as prose: how much of whom, and what they did."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from careersurvey.presentation import words

#: Words of a title.
LONGEST = 15
OTHERWISE = "another figure of the report contradicts this"
_DIRECT = re.compile(
    r"(only )?((not |nearly |almost )?all|(very |too |an? )?few|too many|not enough|most|many|some"
    r"|several|both)",
    re.IGNORECASE,
)
_OF = re.compile(
    r"(only )?(an? (very )?(small|large|high) (number|majority|minority|proportion))", re.IGNORECASE
)
_IN = re.compile(r"\b(in|out of)\b", re.IGNORECASE)
_SHORT_YEAR = re.compile(r"([A-Z][a-z]+) (\d\d)")
_SHARES = ("percent", "fraction", "words")
_ONLY = re.compile(r"only\b", re.IGNORECASE)


def title_of(*candidates: str) -> str:
    """Return the first candidate that is short enough, else the last one cut at a word."""
    for candidate in candidates:
        if len(candidate.split()) <= LONGEST:
            return candidate
    return f"{' '.join(candidates[-1].split()[: LONGEST - 1])} …"


def quantity(row: pd.Series, who: str) -> str:
    """Say how many of whom, as a sentence begins: "About four out of five schools"."""
    if not row["shown"] or not words.is_share(row):
        return ""
    if row["evidence"] == "respondents" or not row["wording"]:
        said = words.between(row["estimate_low"], row["estimate_high"])
        return f"{said} of {who}" if said else ""
    wording = words.upper_first(row["wording"].split("; ")[0])
    if row["form"] in ("count", "count_percent"):
        return _counted(row, wording, who)
    if wording == "Others":
        return f"Other {who}"
    joint = joined_by(wording, row["form"])
    return "" if joint == ": " else f"{wording}{joint}{who}"


def joined_by(wording: str, form: str) -> str:
    """What stands between a wording and whom it counts; a colon where it does not count them."""
    if form == "percent" or (form == "fraction" and not _IN.search(wording)):
        return " of "
    if form in ("count", "count_percent", "fraction", "number") or _DIRECT.fullmatch(wording):
        return " "
    return " of " if _OF.fullmatch(wording) else ": "


def _counted(row: pd.Series, wording: str, who: str) -> str:
    if row["form"] == "count_percent":
        return f"{words.share(row['estimate'])} of {who}"
    counted = words.counts(row["count_low"], row["count_high"])
    if not counted:
        return ""
    only = "Only " if _ONLY.match(wording) else ""
    if pd.notna(row["base_n"]) and row["count_low"] == row["base_n"]:
        return f"All {counted} {who}"
    of = f" of {row['base_n']:,}" if pd.notna(row["base_n"]) else ""
    return f"{only}{counted}{of} {who}"


def figure_phrase(row: pd.Series, who: str = "") -> str:
    """Say the quantity with what it can mean: "About four out of five schools (47 to 49 of 60)"."""
    who = who or words.plural(row["unit"])
    said = quantity(row, who)
    if not said:
        return ""
    if row["evidence"] == "respondents":
        limits = words.interval(row)
        inside = "" if limits == words.share(row["estimate"]) else limits
    elif row["open"] or row["form"] == "count" or row["estimate_low"] == 1:
        inside = ""
    else:
        inside = _meaning(row)
    return f"{said} ({inside})" if inside else said


def _meaning(row: pd.Series) -> str:
    """Say what a printed quantity can mean: counts of their base where few, else shares."""
    counted = words.counts(row["count_low"], row["count_high"])
    few = pd.notna(row["base_n"]) and row["base_n"] <= words.FEW
    if counted and (few or row["form"] == "count_percent"):
        return f"{counted} of {row['base_n']:,}"
    shares = words.between(row["estimate_low"], row["estimate_high"])
    return "" if shares in row["wording"] else shares or counted


def sentence(row: pd.Series) -> str:
    """Say a finding whole, as it may be pasted: quantity, what it can mean, predicate."""
    who = words.plural(row["unit"])
    if not words.is_share(row):
        return _amount(row, who)
    said = figure_phrase(row)
    if said and row["measure"] == "context" and row["wording"]:
        return f"{row['label']}: {_as_printed(row, _meaning(row))}."
    if said:
        doubt = f", though {OTHERWISE}" if row.get("contradicted") else ""
        return f"{said} {row['label']}{doubt}."
    if not row["shown"]:
        return f"{words.upper_first(who)} {row['label']}: not shown."
    return f"{words.upper_first(who)} {row['label']}: {beside(row)[0] or 'no number'}."


def _amount(row: pd.Series, who: str) -> str:
    said = words.value(row)
    if row["measure"] == "rank" and row["wording"]:
        return f"{words.upper_first(who)} {row['label']}: number {row['wording']} of the list."
    if row["measure"] == "count" and row["label"] != row["question"]:
        low, high = row["count_low"], row["count_high"]
        hedged = pd.notna(low) and (pd.isna(high) or high > low)
        told = f"{words.upper_first(row['wording'])} {who} ({said})" if hedged else f"{said} {who}"
        return f"{told} {row['label']}."
    if row["evidence"] == "respondents" and (inside := words.interval(row)):
        said = f"{said} ({inside})"
    if "{}" in row["label"]:
        return f"{words.upper_first(who)} {row['label'].replace('{}', said)}."
    if row["evidence"] == "respondents" and row["measure"] == "mean":
        return f"Average of what {who} answered to “{row['label']}”: {said}."
    return f"{words.upper_first(row['label'])}: {_as_printed(row, said)}."


def _as_printed(row: pd.Series, said: str) -> str:
    """Say a quantity without a predicate as printed, and what it can mean where that is more."""
    printed = words.within(row["wording"].split("; ")[0])
    if short := _SHORT_YEAR.fullmatch(printed):
        return f"{short[1]} 20{short[2]} (printed “{printed}”)"
    if printed and said in ("", "no number", "100%"):
        return printed
    vague = " to " in said or said.endswith("or more") or row["form"] in ("fraction", "words")
    return f"{printed} ({said})" if vague and printed else said


def headline(row: pd.Series) -> str:
    """Say a finding as a title: without its range, but never without whom it is true of."""
    who = words.plural(row["unit"])
    said = quantity(row, who) or f"{beside(row)[0]}: {who}"
    short = f"{said} {row['short']}" if row.get("short") else ""
    answer = f"{words.spell(row['category']).lower()}, " * (row["category"] not in ("", "yes"))
    asked = f"{row['question']}: {answer}{words.value(row)}"
    return title_of(*filter(None, (f"{said} {row['label']}", short)), asked)


def beside(row: pd.Series) -> tuple[str, str]:
    """What stands right of a row: the quote and what it can mean, or the share and its base."""
    if not row["shown"]:
        return "not shown", "too few to be shown"
    if row["evidence"] == "respondents" or not row["wording"]:
        share = words.between(row["estimate_low"], row["estimate_high"])
        return share or "no number", _of(row).strip()
    quoted = f"“{words.within(row['wording'].split('; ')[0])}”"
    doubt = "; contradicted" if row.get("contradicted") else ""
    return quoted, f"{words.dashed(_under(row))}{doubt}"


def _under(row: pd.Series) -> str:
    counted = words.counts(row["count_low"], row["count_high"])
    base = row["base_n"]
    if not words.is_share(row) or pd.isna(base):
        return words.reading(row)
    if base <= words.FEW and counted:
        return f"{counted}{_of(row)}"
    return f"{words.between(row['estimate_low'], row['estimate_high'])}{_of(row)}"


def _of(row: pd.Series) -> str:
    """Say of how many a row is, and of whom where that is not schools."""
    unit = "" if row["unit"] == "school" else f" {words.plural(row['unit'])}"
    return f" of {row['base_n']:,}{unit}" if pd.notna(row["base_n"]) else ""


def bound(row: pd.Series) -> tuple[str, str]:
    """Say the end of a bound that tells most, and the other one."""
    low, high, base = row["low"], row["high"], row["base_n"]
    most = f"at most {high:,}" if high < base else "perhaps all"
    if low == high:
        return f"exactly {low:,}", ""
    if low == 0:
        return most if high < base else "anything", "perhaps none"
    return f"at least {low:,}", most


def part(row: pd.Series) -> tuple[str, str]:
    """Say a part of a base: its count, and below it its share or how it is printed."""
    if row["evidence"] == "respondents" or not row["shown"] or pd.isna(row["base_n"]):
        return beside(row)
    counted = f"{words.counts(row['count_low'], row['count_high'])} of {row['base_n']:,}"
    wording = row.get("wording", "")
    if wording and row["form"] != "count":
        return f"“{words.within(wording)}”", words.dashed(counted)
    share = words.between(row["estimate_low"], row["estimate_high"])
    return counted, share if row["base_n"] > words.FEW else ""


def step(row: pd.Series) -> tuple[str, str]:
    """Say a step: its share or count and of how many; the number alone where that is not known.

    A share of answers is weighted and their number is not, so that the two do not stand together.
    """
    if not row["shown"] or row["evidence"] == "respondents":
        return beside(row)
    unit, base = words.plural(row["unit"]), row["base_n"]
    counted = words.counts(row["count_low"], row["count_high"])
    if row["base_from"] == "none" and counted:
        exact = row["form"] not in _SHARES
        said = f"{counted} {unit}" if exact else f"“{words.within(row['wording'])}”"
        return said, "of how many is not printed"
    share = words.between(row["estimate_low"], row["estimate_high"])
    implied = ", base implied" * (row["base_from"] == "implied")
    if pd.notna(base) and base <= words.FEW and counted:
        return f"{counted} of {base:,}", f"{share}{implied}"
    of = f"of {base:,} {unit}" if pd.notna(base) else f"of {unit}"
    return share, f"{counted} {of}{implied}".strip()


def say_standings(standings: pd.DataFrame, found: Iterable[dict]) -> str:
    """Say how many printed figures are in a contradiction, and how many in a tension."""
    clashing = set(standings.loc[standings["standing"] == "in conflict", "id"])
    verdicts: dict[str, set[str]] = {verdict: set() for verdict in ("contradiction", "tension")}
    for entry in found:
        if entry["verdict"] in verdicts:
            verdicts[entry["verdict"]] |= clashing & set(entry["statements"])
    hard = len(verdicts["contradiction"])
    soft = len(clashing - verdicts["contradiction"])
    if not clashing:
        return f"No conflict among {len(standings):,} printed figure{'s' * (len(standings) != 1)}"
    return (
        f"Of {len(standings):,} printed figures {hard} {_are(hard)} in a contradiction"
        f" and {soft} in a tension"
    )


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def say_wider(declared: pd.DataFrame, wide: pd.DataFrame) -> str:
    """Say how many findings mean more when their words are read more widely, and which most."""
    if declared.empty:
        return ""
    rows = declared.set_index("statements")
    wider = wide.set_index("statements").loc[rows.index]
    ends = ["estimate_low", "estimate_high"]
    grown = (wider["estimate_high"] - wider["estimate_low"]) - (
        rows["estimate_high"] - rows["estimate_low"]
    )
    moved = (abs(rows[ends].to_numpy() - wider[ends].to_numpy()) > 1e-9).any(axis=1)
    said = f"Read more widely, {int(moved.sum())} of these {len(rows)} findings would allow more"
    if not moved.any():
        return f"{said}."
    most = grown.idxmax()
    return (
        f"{said}; most of all “{words.within(rows.loc[most, 'wording'])}”:"
        f" {words.reading(wider.loc[most])} in place of {words.reading(rows.loc[most])}"
        f" {words.plural(rows.loc[most, 'unit'])} {rows.loc[most, 'label']}."
    )


def say_met(rows: pd.DataFrame) -> str:
    """Say who was met and what was seen, the most first, each with its printed number."""
    ordered = rows.sort_values("count_high", ascending=False, kind="stable")
    if rows.empty:
        return ""
    said = [
        f"{words.counts(row['count_low'], row['count_high'])} {words.plural(row['unit'])}"
        f" {row['label']}{f' ({OTHERWISE})' if row.get('contradicted') else ''}"
        for _, row in ordered.iterrows()
    ]
    return f"{'; '.join(said)}."


def say_places(rows: pd.DataFrame) -> str:
    """Say what one quantity is at each place that prints it: "43 in key finding 9; 42 in …"."""
    if rows.empty:
        return ""
    where: dict[str, list[str]] = {}
    for _, row in rows.iterrows():
        where.setdefault(words.counts(row["count_low"], row["count_high"]), []).append(row["place"])
    said = [f"{count} in {words.places(places)}" for count, places in where.items()]
    return f"{rows['question'].iloc[0]}: {', but '.join(said)}."


def describe(rows: pd.DataFrame, most: int = 12) -> str:
    """Say a picture's rows with their numbers and intervals, for those who hear it."""
    told = rows[~rows["open"]] if "open" in rows else rows
    said = [f"{row['label']}: {_with_interval(row)}" for _, row in told.head(most).iterrows()]
    rest = len(rows) - len(said)
    more = f" {rest} more in the table." if rest else ""
    return f"{'; '.join(said)}.{more}" if said else more.strip()


def _with_interval(row: pd.Series) -> str:
    limits = words.interval(row) if "conf_low" in row else ""
    doubt = f", though {OTHERWISE}" if row.get("contradicted") else ""
    return f"{words.value(row)}{f' ({limits})' if limits else ''}{doubt}"


def describe_bounds(rows: pd.DataFrame) -> str:
    """Say what is left of each count that is not printed."""
    said = [
        f"{row['low']} to {row['high']} of {row['base_n']} {row['label']}"
        for _, row in rows.iterrows()
    ]
    return f"{'; '.join(said)}." if said else "Nothing is left to bound."


def describe_tally(tally: pd.DataFrame, column: str) -> str:
    """Say how many there are of each value."""
    pairs = zip(tally[column], tally["n"], strict=True)
    return f"{words.listed(f'{name} {n:,}' for name, n in pairs)}."


def describe_order(rows: pd.DataFrame) -> str:
    """Say a ranked list in its order."""
    return f"{'; '.join(f'{row.rank}: {row.label}' for row in rows.itertuples())}."


def describe_clustering(what_if: pd.DataFrame) -> str:
    """Say what an assumed correlation within clusters would do to an interval."""
    if what_if.empty:
        return "Nothing is assumed for this cohort."
    ends = what_if.sort_values("rho").groupby("cv").last()
    said = [
        f"with cv {cv:g}, {100 * row['width']:.1f} points (deff {row['deff']:.1f})"
        for cv, row in ends.iterrows()
    ]
    least, most = what_if["width"].min(), what_if["rho"].max()
    return f"Width {100 * least:.1f} points without correlation; at {most:g}, {words.listed(said)}."
