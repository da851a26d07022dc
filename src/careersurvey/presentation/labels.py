"""Words for estimates: what a finding is called, how its number is said, where it is printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.presentation.style import Words

QUANTITY = ["cohort", "indicator", "category", "domain", "group"]
LABELS = [
    "label",
    "question",
    "section",
    "measure",
    "favourable",
    "wording",
    "base",
    "form",
    "note",
    "place",
    "where",
]

TITLE_WORDS = 15
QUOTE = '"'

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_PLACES = {
    "cover": ("cover", "cover"),
    "exec": ("executive summary, paragraph", "executive summary, paragraphs"),
    "kf": ("key finding", "key findings"),
    "rec": ("recommendation", "recommendations"),
    "p": ("paragraph", "paragraphs"),
    "fn": ("footnote", "footnotes"),
    "notes": ("notes, paragraph", "notes, paragraphs"),
    "annex": ("annex", "annex"),
}
_UNKNOWN_SAMPLING = "How the respondents were chosen is not recorded."


@dataclass(frozen=True)
class Credit:
    """What a picture's subtitle, caution and source line say of a cohort.

    Attributes
    ----------
    source : str
        Publisher, title and reference.
    when_where : str
        Place and date of fieldwork, as a reader writes them.
    caution : str
        One sentence on how the respondents came to be in the survey.
    synthetic : bool
    """

    source: str
    when_where: str
    caution: str
    synthetic: bool


def credit(cohort: Cohort) -> Credit:
    """Say where a cohort's figures come from, and that invented ones are invented."""
    about = cohort.about
    named = [about.get("publisher", ""), cohort.title, about.get("reference", "")]
    where_when = [about.get("place", ""), date_words(about.get("fieldwork", ""))]
    caution = about.get("caution") or about.get("sampling") or _UNKNOWN_SAMPLING
    return Credit(
        source=", ".join(str(part) for part in named if part),
        when_where=", ".join(part for part in where_when if part),
        caution=caution if caution.endswith(".") else f"{caution}.",
        synthetic=cohort.synthetic,
    )


def date_words(fieldwork: str) -> str:
    """Say a period: ``2012-12/2013-04`` is "December 2012 to April 2013"."""
    ends = [_one_date(part) for part in str(fieldwork).split("/") if part]
    return " to ".join(dict.fromkeys(ends))


def _one_date(date: str) -> str:
    match = re.fullmatch(r"(\d{4})-(\d{2})(-\d{2})?", date)
    return f"{_MONTHS[int(match[2]) - 1]} {match[1]}" if match else date


def label(estimates: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Join to each estimate what a reader calls it and where it is printed.

    Parameters
    ----------
    estimates : DataFrame
        Columns of the estimates table.
    cohort : Cohort
        The cohort that they are of.

    Returns
    -------
    DataFrame
        The same rows with `LABELS`: what the finding is called (with its category, unless that
        is a plain yes) and the question alone; the indicator's section, measure and favourable
        category; the wording, base, form, note and place of the statement, and all the places
        where its quantity is printed.
    """
    names = cohort.indicators.set_index("indicator")
    printed = cohort.reported.set_index("id")
    labelled = estimates.copy()
    for name in ("section", "measure", "favourable"):
        labelled[name] = [names[name].get(key, "") for key in labelled["indicator"]]
    labelled["question"] = [names["label"].get(key, key) for key in labelled["indicator"]]
    labelled["label"] = [
        question if category in ("", "yes") else f"{question} ({_within(spell(category))})"
        for question, category in zip(labelled["question"], labelled["category"], strict=True)
    ]
    labelled["wording"] = _printed(labelled, printed["reported"].to_dict())
    for name in ("base", "form", "note"):
        labelled[name] = _printed(labelled, printed[name].to_dict())
    labelled["place"] = _printed(labelled, printed["where"].to_dict())
    labelled["where"] = (
        labelled["place"].groupby([labelled[key] for key in QUANTITY]).transform(_joined)
    )
    return labelled


def _printed(estimates: pd.DataFrame, column: dict[str, str]) -> pd.Series:
    found = [
        _joined([column[key] for key in re.split(r"[\s;,]+", ids) if key in column])
        for ids in estimates["statements"].fillna("")
    ]
    return pd.Series(found, index=estimates.index, dtype="str")


def _joined(texts: pd.Series | list[str]) -> str:
    parts = [part for text in texts for part in text.split("; ") if part]
    return "; ".join(dict.fromkeys(parts))


def pick(labelled: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Rows of the named quantities, in the order of the names.

    Parameters
    ----------
    labelled : DataFrame
        Estimates with `LABELS`.
    *names : str
        ``indicator`` or ``indicator=category``, of everyone; with `` @ domain=group`` of that
        group, and with `` @ domain`` of each of its groups. What the cohort lacks is left out.

    Returns
    -------
    DataFrame
    """
    parts = [labelled[_is_named(labelled, name)] for name in names]
    return pd.concat(parts) if parts else labelled.iloc[:0]


def _is_named(labelled: pd.DataFrame, name: str) -> pd.Series:
    quantity, _, part = name.partition(" @ ")
    indicator, _, category = quantity.partition("=")
    domain, _, group = (part or "all=all").partition("=")
    wanted = {"indicator": indicator, "category": category, "domain": domain, "group": group}
    chosen = pd.Series(True, labelled.index)
    for column, value in wanted.items():
        if value:
            chosen &= labelled[column] == value
    return chosen


def findings(labelled: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Rows to show of the named quantities: each once, and no answer beside its own opposite.

    Of several printed statements of a quantity the one that leaves least open is kept
    (`narrowest`). Answers to a question with two categories are told by the first, unless a
    category is named.
    """
    parts = [_one_side(pick(labelled, name)) for name in names]
    return narrowest(pd.concat(parts)) if parts else labelled.iloc[:0]


def _one_side(rows: pd.DataFrame) -> pd.DataFrame:
    answers = rows.groupby([rows[key] for key in ("indicator", "domain", "group")])["category"]
    paired = answers.transform("size") == 2
    asked = (rows["evidence"] == "respondents") & (rows["measure"] == "share")
    return rows[~(asked & paired) | (rows["category"] == answers.transform("first"))]


def narrowest(labelled: pd.DataFrame) -> pd.DataFrame:
    """One row a quantity: of several printed statements, the one that leaves least open.

    The first printed is kept among equals, and the quantities keep their order.
    """
    width = (labelled["estimate_high"] - labelled["estimate_low"]).fillna(float("inf"))
    spread = (labelled["count_high"] - labelled["count_low"]).astype("Float64")
    ordered = labelled.assign(_width=width, _spread=spread.fillna(float("inf")))
    ordered = ordered.sort_values(["_width", "_spread"], kind="stable")
    kept = ordered.drop_duplicates(QUANTITY).index
    return labelled.loc[[key for key in labelled.index if key in set(kept)]]


def ranked(labelled: pd.DataFrame) -> pd.DataFrame:
    """Rows with a column ``rank``: the printed place in a list, else the order of the shares.

    A row is called by its category, with the phrase that its note quotes; one that has no place is
    left out.
    """
    places = pd.to_numeric(labelled["wording"], errors="coerce")
    shares = labelled["estimate"].rank(ascending=False, method="first")
    names = [
        f"{spell(category)}: “{note.strip(QUOTE)}”" if note.startswith(QUOTE) else spell(category)
        for note, category in zip(labelled["note"], labelled["category"], strict=True)
    ]
    rows = labelled.assign(rank=places.fillna(shares), label=names)
    return rows[rows["rank"].notna()].astype({"rank": "int64"}).sort_values("rank")


def reported(labelled: pd.DataFrame) -> pd.DataFrame:
    """Rows that were printed, in place of answered."""
    return labelled[labelled["evidence"] == "reported"]


def as_listed(labelled: pd.DataFrame) -> pd.DataFrame:
    """Lay findings out for reading: what, as printed, what it can mean, of how many, where."""
    return pd.DataFrame(
        {
            "finding": labelled["label"],
            "printed": labelled["wording"],
            "can mean": [reading_words(row) for _, row in labelled.iterrows()],
            "of": labelled["base_n"],
            "where": [place_words([places]) for places in labelled["where"]],
        }
    ).reset_index(drop=True)


def in_text(
    labelled: pd.DataFrame, standings: pd.DataFrame, shown_in: Mapping[str, tuple[str, str]]
) -> pd.DataFrame:
    """List every estimate: place, printed figure, reading, estimate, interval and exhibits.

    Parameters
    ----------
    labelled : DataFrame
        Estimates with `LABELS`.
    standings : DataFrame
        ``id`` and ``standing`` of each printed statement; empty for answers.
    shown_in : mapping of str to tuple of str
        Notebook and exhibits of each indicator.

    Returns
    -------
    DataFrame
        Text, one row an estimate in the order of the estimates.
    """
    standing = dict(zip(standings.get("id", ()), standings.get("standing", ()), strict=True))
    listed_so = as_listed(labelled)
    return pd.DataFrame(
        {
            "id": list(labelled["statements"]),
            "place": list(labelled["place"]),
            **{name: listed_so[name] for name in ("finding", "printed", "can mean", "of")},
            "estimate": [percent(share) for share in labelled["estimate"]],
            "interval": [
                percent_range(low, high)
                for low, high in zip(labelled["conf_low"], labelled["conf_high"], strict=True)
            ],
            "standing": [standing.get(ids, "") for ids in labelled["statements"]],
            "indicator": list(labelled["indicator"]),
            "notebook": [shown_in.get(key, ("", ""))[0] for key in labelled["indicator"]],
            "exhibit": [shown_in.get(key, ("", ""))[1] for key in labelled["indicator"]],
        }
    )


def reading_words(row: pd.Series) -> str:
    """Say the counts or shares that a wording can mean, and nothing for what is no count."""
    if pd.isna(row["count_low"]) and pd.isna(row["estimate_low"]):
        return ""
    return value_words(row).split(" of ")[0]


def named_by(labelled: pd.DataFrame, column: str) -> pd.DataFrame:
    """Call each row by its category or its group instead of by its indicator."""
    return labelled.assign(label=[spell(value) for value in labelled[column]])


def spell(value: str) -> str:
    """Write an id as words: ``achieved_or_working_towards`` reads as it stands, with spaces."""
    words = str(value).replace("_", " ").strip()
    return _upper_first(re.sub(r"\bfe\b", "FE", words))


def by_place(labelled: pd.DataFrame) -> pd.DataFrame:
    """Call each printed statement by its own place, for a quantity that is printed twice."""
    names = [_upper_first(place_words([place])) or "All" for place in labelled["place"]]
    return labelled.assign(label=names, wording="")


def _within(words: str) -> str:
    """Words as they stand inside a sentence: a capital stays where it belongs to an acronym."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def _upper_first(words: str) -> str:
    return words[:1].upper() + words[1:]


def plural(unit: str) -> str:
    """More than one of a unit."""
    if unit.endswith("staff"):
        return unit
    if unit.endswith("y") and unit[-2:-1] not in tuple("aeiou"):
        return f"{unit[:-1]}ies"
    return unit if unit.endswith("s") else f"{unit}s"


def percent(share: float) -> str:
    """Write a share to the whole percent, and never a share above nought as 0%."""
    if pd.isna(share):
        return ""
    if 0 < share < 0.005:
        return "<1%"
    if 0.995 < share < 1:
        return ">99%"
    return f"{100 * share:.0f}%"


def percent_range(low: float, high: float) -> str:
    """Write two shares as one range: "14% to 17%", or one figure where they agree."""
    ends = [percent(low), percent(high)]
    return " to ".join(dict.fromkeys(end for end in ends if end))


def value_words(row: pd.Series) -> str:
    """Say a row's number: the counts of its base, else its share, else that it is not shown."""
    if not row["shown"]:
        return "not shown"
    if row["evidence"] == "respondents":
        base = f" of {row['base_n']:,}" if pd.notna(row["base_n"]) else ""
        return f"{percent(row['estimate'])}{base}" if pd.notna(row["estimate"]) else "not shown"
    if pd.notna(row["count_low"]) and pd.notna(row["count_high"]):
        counts = count_range(row["count_low"], row["count_high"])
        return f"{counts} of {row['base_n']:,}" if pd.notna(row["base_n"]) else counts
    return percent_range(row["estimate_low"], row["estimate_high"]) or "no number"


def count_range(low: int, high: int) -> str:
    """Write whole counts as a range: "14 to 17", or one figure where they agree."""
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def place_words(places: pd.Series | list[str]) -> str:
    """Gather places into words: ``p12; p13; kf-1`` is "paragraphs 12 and 13; key finding 1"."""
    found = dict.fromkeys(
        place for text in places for place in str(text).split("; ") if place and place != "nan"
    )
    kinds: dict[str, list[int]] = {}
    for place in found:
        match = re.fullmatch(r"([a-z]+)-?(\d*)", place)
        if match and match[1] in _PLACES:
            kinds.setdefault(match[1], []).extend([int(match[2])] if match[2] else [])
    ordered = sorted(kinds, key=lambda kind: (kind != "p", list(_PLACES).index(kind)))
    return "; ".join(_place_kind(kind, sorted(set(kinds[kind]))) for kind in ordered)


def _place_kind(kind: str, numbers: list[int]) -> str:
    one, many = _PLACES[kind]
    if not numbers:
        return one
    return f"{one if len(numbers) == 1 else many} {listed([str(n) for n in numbers])}"


def listed(parts: list[str]) -> str:
    """Join parts as a sentence does: "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def source_line(labelled: pd.DataFrame, credit: Credit) -> str:
    """Name the source and the paragraphs that the rows are printed in."""
    places = place_words(labelled["where"]) if "where" in labelled else ""
    opening = "Synthetic data" if credit.synthetic else "Source"
    return f"{opening}: {credit.source}{f', {places}' if places else ''}."


def describe(labelled: pd.DataFrame) -> str:
    """Say every row in words, for those who hear a picture instead of seeing it."""
    said = [f"{row['label']}: {value_words(row)}" for _, row in labelled.iterrows()]
    return f"{'; '.join(said)}."


def base_words(labelled: pd.DataFrame) -> str:
    """Say the base that rows share: "60 schools visited", or the units alone where bases differ."""
    named = _units(labelled)
    bases = labelled["base_n"].dropna().unique()
    if len(bases) != 1 or labelled["base_n"].isna().any():
        return named
    described = labelled.get("base", pd.Series("", labelled.index)).unique()
    whom = described[0] if len(described) == 1 and described[0] else named
    return f"{bases[0]:,} {whom}"


def _units(labelled: pd.DataFrame) -> str:
    units = list(dict.fromkeys(plural(unit) for unit in labelled["unit"] if unit))
    return listed(units) if 0 < len(units) < 4 else "those concerned"


def title_of(*candidates: str) -> str:
    """Return the first candidate of at most fifteen words, else the last one's first fifteen."""
    for candidate in candidates:
        if len(candidate.split()) <= TITLE_WORDS:
            return candidate
    return " ".join(candidates[-1].split()[:TITLE_WORDS])


def around(
    title: str, measure: str, labelled: pd.DataFrame, credit: Credit, *reading: str
) -> Words:
    """Put the words around a picture together.

    Parameters
    ----------
    title : str
        The finding.
    measure : str
        What is measured, of whom.
    labelled : DataFrame
        The rows drawn.
    credit : Credit
    *reading : str
        How to read the marks; the caution about sampling follows where intervals are drawn.
    """
    subtitle = ". ".join(part for part in (measure, credit.when_where) if part)
    drawn = labelled.get("conf_low", pd.Series(dtype=float)).notna().any()
    caution = credit.caution if drawn else ""
    return Words(title, f"{subtitle}.", (*reading, caution, source_line(labelled, credit)))


def from_tally(tally: pd.DataFrame, column: str, unit: str) -> pd.DataFrame:
    """Lay a tally out as rows that a figure of parts draws, the most frequent first.

    Parameters
    ----------
    tally : DataFrame
        The column and ``n``.
    column : str
        What tells the rows apart.
    unit : str
        What was counted.

    Returns
    -------
    DataFrame
        ``label``, ``base_n`` (the sum of the tally), counts and shares.
    """
    ordered = tally.sort_values("n", ascending=False, kind="stable").reset_index(drop=True)
    total = ordered["n"].sum()
    share = ordered["n"] / total
    return pd.DataFrame(
        {
            "label": [spell(value) for value in ordered[column]],
            "unit": unit,
            "evidence": "reported",
            "base_n": total,
            "count_low": ordered["n"],
            "count_high": ordered["n"],
            "estimate_low": share,
            "estimate_high": share,
            "shown": True,
        }
    )


def describe_tally(tally: pd.DataFrame, column: str) -> str:
    """Say how many there are of each value."""
    said = [f"{name} {n:,}" for name, n in zip(tally[column], tally["n"], strict=True)]
    return f"{listed(said)}."


def describe_order(ranked: pd.DataFrame) -> str:
    """Say a ranked list in its order."""
    said = [f"{row.rank}: {row.label}" for row in ranked.itertuples()]
    return f"{'; '.join(said)}."


def describe_widening(what_if: pd.DataFrame) -> str:
    """Say what an assumed correlation within clusters would do to an interval."""
    if what_if.empty:
        return "Nothing is assumed for this cohort."
    ends = what_if.sort_values("rho").groupby("cv").last()
    said = [
        f"with cv {cv:g}, {100 * row['width']:.1f} points (deff {row['deff']:.1f})"
        for cv, row in ends.iterrows()
    ]
    least, most = what_if["width"].min(), what_if["rho"].max()
    return f"Width {100 * least:.1f} points without correlation; at {most:g}, {listed(said)}."
