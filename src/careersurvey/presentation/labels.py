"""Words for estimates: what a finding is called, how its number is said, where it is printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.presentation.labels_words import (
    count_range,
    date_words,
    listed,
    percent,
    percent_range,
    place_words,
    plural,
    reading_words,
    spell,
    title_of,
    upper_first,
    value_words,
    within,
)
from careersurvey.presentation.style import Words

__all__ = [
    "LABELS",
    "QUANTITY",
    "Credit",
    "around",
    "as_listed",
    "base_words",
    "by_place",
    "count_range",
    "credit",
    "date_words",
    "describe",
    "describe_order",
    "describe_tally",
    "describe_widening",
    "findings",
    "from_standings",
    "in_text",
    "label",
    "listed",
    "named_by",
    "narrowest",
    "percent",
    "percent_range",
    "pick",
    "place_words",
    "plural",
    "ranked",
    "reading_words",
    "reported",
    "say_conflicts",
    "source_line",
    "spell",
    "title_of",
    "upper_first",
    "value_words",
    "within",
]

_STANDINGS = {
    "reproduced": "Reproduced: follows from other figures",
    "consistent": "Consistent: passed a test that it could have failed",
    "stated": "Stated: nothing else bears on it",
    "in conflict": "In conflict: cannot hold together with others",
}
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

QUOTE = '"'

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
    named = [about.publisher, cohort.title, about.reference]
    where_when = [about.place, date_words(about.fieldwork)]
    caution = about.caution or about.sampling or _UNKNOWN_SAMPLING
    return Credit(
        source=", ".join(str(part) for part in named if part),
        when_where=", ".join(part for part in where_when if part),
        caution=caution if caution.endswith(".") else f"{caution}.",
        synthetic=cohort.synthetic,
    )


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
    known = [cohort.indicators.get(key) for key in estimates["indicator"]]
    printed = cohort.reported.set_index("id")
    labelled = estimates.copy()
    for name in ("section", "measure", "favourable"):
        labelled[name] = [getattr(one, name) if one else "" for one in known]
    labelled["question"] = [
        one.label if one else key for one, key in zip(known, labelled["indicator"], strict=True)
    ]
    labelled["label"] = [
        question if category in ("", "yes") else f"{question} ({within(spell(category))})"
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


def named_by(labelled: pd.DataFrame, column: str) -> pd.DataFrame:
    """Call each row by its category or its group instead of by its indicator."""
    return labelled.assign(label=[spell(value) for value in labelled[column]])


def by_place(labelled: pd.DataFrame) -> pd.DataFrame:
    """Call each printed statement by its own place, for a quantity that is printed twice."""
    names = [upper_first(place_words([place])) or "All" for place in labelled["place"]]
    return labelled.assign(label=names, wording="")


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


def from_standings(standings: pd.DataFrame) -> pd.DataFrame:
    """Count the printed figures of each standing, as rows that a figure of parts draws.

    Parameters
    ----------
    standings : DataFrame
        Column ``standing``, a row a printed figure.

    Returns
    -------
    DataFrame
        ``label``, ``base_n`` (all printed figures), counts and shares, the most frequent first.
    """
    counts = standings["standing"].value_counts()
    share = counts.to_numpy() / len(standings)
    return pd.DataFrame(
        {
            "label": [_STANDINGS[name] for name in counts.index],
            "unit": "printed figure",
            "evidence": "reported",
            "base_n": len(standings),
            "count_low": counts.to_numpy(),
            "count_high": counts.to_numpy(),
            "estimate_low": share,
            "estimate_high": share,
            "shown": True,
        }
    )


def say_conflicts(standings: pd.DataFrame) -> str:
    """Say how many of the printed figures cannot hold together with others."""
    count = int((standings["standing"] == "in conflict").sum())
    number = f"{count:,}" if count else "None"
    return (
        f"{number} of {len(standings):,} printed figures {'is' if count < 2 else 'are'} in conflict"
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
