"""Findings laid out for reading: every one with what it is worked out from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.dates import years
from careersurvey.presentation import captions, conflicts, labels, sentences, standing, words
from careersurvey.presentation.labels import QUANTITY


def as_listed(labelled: pd.DataFrame) -> pd.DataFrame:
    """Lay findings out for reading: who, what, as printed, what it can mean, of how many, where."""
    listed = words.lay_out(labelled, {**_TOLD, "of": _base, **_DRAWN})
    where = [words.places([places]) for places in labelled["where"]]
    listed = listed.assign(**flags(labelled), where=where)
    if "stands" in labelled:
        listed["standing"] = words.each(labelled, standing.told)
    listed.insert(1, "group", [words.spell(g) if g != "all" else "" for g in labelled["group"]])
    may_lack = ("group", "printed", "interval", "earlier", "all invited", "where")
    listed = listed.drop(columns=[name for name in may_lack if (listed[name] == "").all()])
    answers = (labelled["evidence"] == "respondents").all()
    return listed.rename(columns={"can mean": "found"}) if answers else listed


def finding(row: pd.Series) -> str:
    """Say what a row is of, with its number where that stands within."""
    pattern, number = row.get("pattern"), words.measured(row).share
    return pattern.replace("{}", number) if pattern and number else row.get("phrase", row["label"])


def _base(row: pd.Series) -> int | str:
    """Say of how many a row is: a number, or as its base is read."""
    of = words.measured(row).of.removeprefix(" of ")
    return int(row["base_n"]) if pd.notna(row["base_n"]) and not row.get("bases") else of


def _interval(row: pd.Series) -> str:
    """Say an interval, where its base is in doubt on each, and where its ends are one number."""
    said, each = words.interval(row), row.get("on_bases", {}).items()
    on = {base: words.between(low, high, words.writer(row)) for base, (low, high) in each}
    if len({*on.values()}) > 1:
        return "; ".join(f"{ends} of {base:,}" for base, ends in on.items())
    return f"{said} at both ends" if said and " to " not in said else said


def say_least(bounded: pd.DataFrame, labelled: pd.DataFrame) -> words.Parts:
    """Say of which bounds there must be some: of a group whose number is printed, if one is."""
    told: list[tuple[str, str]] = []
    for row in bounded[bounded["low"].fillna(0) > 0].to_dict("records"):
        terms = (
            labels.findings(labelled, term).to_dict("records") for term in row["count"].split(" & ")
        )
        found = [each[0] for each in terms if len(each) == 1]
        found.sort(key=lambda one: (one["count_high"] - one["count_low"], one["count_low"]))
        units = words.plural(row.get("unit", "school"))
        of, what, known = f"{row['base_n']:,} {units}", row["label"], ["", ""]
        if len(found) == 2 and found[0]["count_low"] == found[0]["count_high"]:
            of = f"the {found[0]['count_low']:,} {units} that {found[0]['label']}"
            what = found[1]["label"]
            known = [each["statements"].partition(",")[0] for each in found]
        told += [(f"As read, at least {row['low']:,} of ", ""), (of, known[0])]
        told += [(" ", ""), (what, known[1]), (f"{sentences.doubted(row)}. ", "")]
    return told


#: What every list of findings says of each.
_TOLD: words.Columns = {
    **{"who": labels.of_whom, "finding": finding, "printed": words.as_printed},
    **{"can mean": words.reading, "of": "base_n", "interval": _interval},
}


#: What a picture draws of some findings besides.
_DRAWN: words.Columns = {
    "earlier": lambda row: row["told_then"] if pd.notna(row.get("told_then")) else "",
    "all invited": sentences.of_invited,
}


def flags(rows: pd.DataFrame) -> dict[str, list[str]]:
    """The column of flags for a reader, each with its reason, where rows of a report have any."""
    told = rows.filter(["flag", "flag_reason"]).fillna("")
    flagged = [" ".join(each).strip() for each in told.itertuples(index=False)]
    return {"read with care": flagged} if any(flagged) else {}


def in_text(labelled: pd.DataFrame) -> pd.DataFrame:
    """List every estimate: place, printed figure, reading, interval and standing."""
    answers = (labelled["evidence"] == "respondents").all()
    columns: words.Columns = {"id": "statements", "place": "place", **_TOLD}
    labelled = labelled.drop(columns="printings", errors="ignore")  # each stands at its own place
    told = words.lay_out(labelled, {**columns, **(_OF_ANSWERS if answers else {}), **_LAST})
    if any(labelled.get("bases", ())):
        told["of"] = words.each(labelled, lambda row: words.either(row["bases"]) or row["base_n"])
    told.insert(7, "estimate", words.each(labelled, words.value))
    return told.rename(columns={"can mean": "found"}) if answers else told


#: What of a figure's standing a list of all has last.
_STANDS = ("standing", "stands", "worked_from", "tested_against", *standing.ON_CARDS)
_LAST: words.Columns = {
    **{"method": "method", "level": "level"},
    **{name.replace("_", " "): partial(pd.Series.get, key=name, default="") for name in _STANDS},
    "indicator": "indicator",
}


def set_aside(cohort: Cohort) -> pd.DataFrame:
    """List the printed figures that are left out of bounds, and why."""
    why = cohort.settings.record.set_aside
    rows = cohort.reported[cohort.reported["id"].isin(list(why))]
    told: words.Columns = {
        "printed": "reported",
        "where": lambda row: words.places([row["where"]]),
        "left out because": lambda row: why[row["id"]],
        "id": "id",
    }
    return words.lay_out(rows.assign(entry=rows["id"]), told)


#: Why some intervals of groups cannot be worked out again to the last digit.
UNTOLD = (
    "Degrees of freedom of groups are left out, [c], where only some people were asked a question:"
    " they would say in how many clusters anybody was. With t 2 the interval comes out narrower."
)


def _weights(row: pd.Series, of: str) -> str:
    """Write a sum of weights that a share is worked out from, as it is published, if it is."""
    return words.number(round(row.get(of, float("nan")), 6), 6) if words.is_share(row) else ""


def _error(row: pd.Series) -> str:
    """Write a standard error, of a share in points, as far as it is published."""
    error, at = row["std_error"], row["estimate"]
    if not words.is_share(row) or pd.isna(error):
        return words.number(error)
    said = f"{100 * error:.1f} points"
    if error == 0 and at in (0, 1):
        return f"{said}, of none or all"
    # Nought may be rounded: of so few, chance alone would leave half a point and more.
    fixed = error == 0 and at * (1 - at) / row["base_n"] > 0.005**2
    return said + (", fixed by how the sample was drawn or weighted" if fixed else "")


def _degrees(row: pd.Series) -> str:
    """Write degrees of freedom, or that they are left out."""
    known = row.get("base_degrees", 0)
    if pd.isna(known):
        return "[c]" if row["evidence"] == "respondents" else ""
    return str(known or "")


#: What the share and the interval of an answer are worked out from, as far as it is published.
WORKED_OUT: words.Columns = {
    "counted": lambda row: words.counts(row["count_low"], row["count_high"]),
    "by weight": lambda row: _weights(row, "count_weights"),
    "weights": lambda row: _weights(row, "base_weights"),
    "standard error": _error,
    "degrees of freedom": _degrees,
}


_OF_ANSWERS: words.Columns = {
    **WORKED_OUT,
    "of all invited": sentences.of_invited,
    "answered": lambda row: words.share(row.get("answered", float("nan"))),
}


def if_any(bounds: pd.DataFrame) -> pd.DataFrame:
    """All bounds, those without an answer too, unless none has one."""
    return bounds if bounds["high"].notna().any() else bounds.iloc[:0]


def counted_by(cohort: Cohort, unit: str, number: int) -> str:
    """Name the statements that print so many units, else those that are of as many."""
    printed = cohort.reported
    of = printed[(printed["unit"] == unit) & (printed["base_n"] == str(number))]
    own = printed[printed["indicator"].isin(of["base_id"]) & (printed["category"] == "")]
    told = own if len(own) else of
    return ", ".join(told.loc[~told["id"].isin([*cohort.settings.record.set_aside]), "id"])


# ---- what later sources print --------------------------------------------------------------------

#: What a reader is shown of a statement.
SHOWN = ("fieldwork", "who", "finding", "printed", "can mean", "of", "source")


def list_published(cohorts: Sequence[Cohort], but: str = "") -> pd.DataFrame:
    """Lay out every statement of printed cohorts but one, the earliest first."""
    cohorts = sorted(cohorts, key=lambda cohort: years(cohort.about.fieldwork))
    listed = [_published(cohort) for cohort in cohorts if cohort.id != but]
    return pd.concat(listed, ignore_index=True)


def _published(cohort: Cohort) -> pd.DataFrame:
    rows = conflicts.read_findings(cohort)
    told: words.Columns = {
        "id": lambda row: f"{cohort.id}-{row['statements']}",
        "finding": lambda row: (
            finding(row)
            + sentences.bracket(
                "" if row["domain"] == "all" else f"{labels.domain(row['domain'])}: {row['group']}"
            )
        ),
        "of": lambda row: words.counts(row["base_n"], row["base_n"]) or row["base"],
        "fieldwork": lambda _: words.date(cohort.about.fieldwork),
        "source": "note",
        "cohort": "cohort",
        "quantity": _quantity,
    }
    listed = in_text(rows).drop(columns="indicator")
    return listed.assign(**words.lay_out(rows, told))


def _quantity(row: pd.Series) -> str:
    return " ".join(row[QUANTITY])


def by_title(rows: pd.DataFrame, cohorts: Sequence[Cohort], *columns: str) -> pd.DataFrame:
    """Call cohorts by title, as far as a comma, where some columns have their ids."""
    named = {each.id: each.about.title.partition(",")[0] for each in cohorts}
    return rows.assign(**rows[[*columns]].replace(named, regex=True))


def follow(waves: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """Lead what waves measured to the statements of it that `list_published` lists."""
    told = listed.groupby("quantity").agg(entry=("id", " ".join), wording=("printed", "; ".join))
    quantities = words.each(waves.assign(domain="all", group="all"), _quantity)
    return waves.assign(**told.reindex(quantities, fill_value="").set_axis(waves.index))


#: What a wave measured, for reading.
WAVES: words.Columns = {
    "finding": "label",
    "wave": "period",
    "measured": captions.wave,
    "can mean": lambda row: words.between(
        row["estimate_low"], row["estimate_high"], words.writer(row, finer=1)
    ),
    "of": "base",
    "why there is no line": "reason",
}
