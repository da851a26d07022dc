"""What a reader should know first: five to eight sentences, computed and ranked by weight."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from careersurvey.evidence.cohort import MAKE_UP, Cohort
from careersurvey.presentation import changes, labels, sentences, weights, words

MOST, LEAST = 8, 5
#: What a finding weighs by how it stands beside the rest of its report.
STANDING = {"reproduced": 1.0, "consistent": 1.0, "stated": 0.9, "in conflict": 0.75}
#: A further sentence of a section weighs half of the one before it.
AGAIN = 0.5
#: A base of unknown number: part of those who were asked, as far as anybody knows.
UNKNOWN_BASE = 0.5
FAINT = 0.1
COLUMNS = ["sentence", "number", "since", "statements", "where", "indicator", "category", "about"]
COLUMNS += ["weight"]


def summary(
    rows: pd.DataFrame,
    *,
    standings: pd.DataFrame | None = None,
    changed: pd.DataFrame | None = None,
    most: int = MOST,
) -> pd.DataFrame:
    """Say what matters most, what has changed before what was found.

    A finding weighs by its size (how far its share lies from one half), by how much its wording or
    interval leaves open, by how much of those surveyed it speaks of, and by its standing: never by
    a p. A section's second sentence weighs half, so that no section crowds out the others.

    Parameters
    ----------
    rows : DataFrame
        Estimates with `labels.LABELS`.
    standings : DataFrame, optional
        ``id`` and ``standing`` of each printed statement.
    changed : DataFrame, optional
        What `changes.in_words` returns.
    most : int
        Sentences at most; what weighs little is left out where there are enough without it.

    Returns
    -------
    DataFrame
        `COLUMNS`, most telling first: the sentence, its number phrase and of a change what it was
        ``since`` when and by how much (both stand in it), the ids of the printed statements (empty
        for answers), and ``about``: change or finding.
    """
    first = [] if changed is None else _changes(changed)
    known = {(row["indicator"], row["category"]) for row in first}
    weighed = _weighed(rows, standings) if len(rows) else rows
    chosen: list[dict] = []
    taken: dict[str, int] = {}
    while len(weighed) and len(first) + len(chosen) < most:
        weight = weighed["weight"] * AGAIN ** weighed["section"].map(taken).fillna(0)
        best = weighed.loc[weight.idxmax()]
        if weight.max() < FAINT and len(first) + len(chosen) >= min(LEAST, most - 2):
            break
        weighed = weighed[weighed["indicator"] != best["indicator"]]
        if (best["indicator"], best["category"]) not in known:
            taken[best["section"]] = taken.get(best["section"], 0) + 1
            chosen.append(_record(best, float(weight.max())))
    chosen.sort(key=lambda row: -row["weight"])
    return pd.DataFrame([*first, *chosen], columns=COLUMNS)


def _weighed(rows: pd.DataFrame, standings: pd.DataFrame | None) -> pd.DataFrame:
    """Weigh what is of everyone, leaves something ruled out and, if anything was, was judged."""
    fit = rows["shown"] & ~rows["open"] & rows["domain"].eq("all")
    fit &= rows["section"].ne(MAKE_UP) & (rows["side"].ne("") | rows["side"].eq("").all())
    fit &= rows["measure"].isin(words.SHARES) & rows["estimate_low"].notna()
    one = labels.one_side(rows)
    told = labels.narrowest(one[fit[one.index]])
    if told["side"].eq("").all():
        # Nothing is judged: of each question the answer that most gave.
        told = told.loc[told.groupby("indicator", sort=False)["estimate"].idxmax()]
    most = rows.groupby("unit")["base_n"].max()
    part = (told["base_n"] / told["unit"].map(most)).astype("Float64").fillna(UNKNOWN_BASE)
    weight = labels.telling(told) * part.astype(float)
    if standings is not None and len(standings):
        standing = standings.set_index("id")["standing"].map(STANDING)
        weight *= told["statements"].map(standing).fillna(1.0).astype(float)
    counts = pd.Series(["rarely" not in wording for wording in told["wording"]], told.index)
    return told.assign(weight=weight)[counts]


def _record(row: pd.Series, weight: float) -> dict:
    return {
        "sentence": sentences.sentence(row),
        "number": sentences.figure_phrase(row),
        "since": "",
        "statements": row["statements"],
        "where": words.places([row["where"]]),
        "indicator": row["indicator"],
        "category": row["category"],
        "about": "finding",
        "weight": weight,
    }


def _changes(changed: pd.DataFrame) -> list[dict]:
    """The clear changes that are better or worse, at most half of the summary, some of each kind.

    The largest come first, and those that a small design effect would undo last.
    """
    clear = changed[changed["kind"].isin(changes.KINDS[:2]) & changed["measure"].isin(words.SHARES)]
    order = clear.assign(size=-changes.size(clear)).sort_values(["frail", "size"], kind="stable")
    clear = clear.loc[order.index]
    first = clear.drop_duplicates("kind")
    kept = pd.concat([first, clear.drop(first.index)]).head(MOST // 2).index
    told = clear[clear.index.isin(kept)]
    return [
        {
            "sentence": changes.sentence(row),
            "number": changes.number(row),
            "since": changes.before_and_by(row),
            "statements": "",
            "where": "",
            "indicator": row["indicator"],
            "category": row["category"],
            "about": "change",
            "weight": weight / 100,
        }
        for weight, (_, row) in zip(changes.size(told), told.iterrows(), strict=True)
    ]


def pictured(rows: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Pick the rows to draw with their weight: the headlines, or what is told of a cohort."""
    drawn = labels.findings(rows, *HEADLINES)
    weights = told[told["about"] == "finding"].set_index(["indicator", "category"])["weight"]
    if drawn.empty:
        drawn = labels.findings(rows, *("=".join(key) for key in weights.index))
    keys = zip(drawn["indicator"], drawn["category"], strict=True)
    return drawn.assign(weight=[weights.get(key, 0.0) for key in keys])


#: What a report on careers guidance is about, where it measures it.
HEADLINES = (
    *("sufficient_information", "working_well=no", "careers_strategy=no", "external_award"),
    *("external_advisers=all_students", "external_advisers=none", "work_experience_cut"),
    *("helpline_promoted=all_years", "interview_well_enough", "evaluation_effective=no"),
    "destination_data_evaluates",
)


def careful(
    cohort: Cohort, rows: pd.DataFrame, found: Collection[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    """Say what to be careful about: a claim and its reason each.

    Parameters
    ----------
    cohort : Cohort
    rows : DataFrame
        Its estimates with `labels.LABELS`.
    found : collection of dict
        What the audit of its printed figures found; empty for answers.
    """
    about = labels.credit(cohort)
    drawn = [words.plural(unit) for unit in dict.fromkeys(rows["unit"]) if unit in about.drawn]
    claim = f"Of those asked, chance drew the {words.listed(drawn)} and nobody else."
    chosen = f"{_chosen(cohort, rows)} {about.caution}".strip()
    if not drawn:
        silent = set(_kinds(cohort, rows).values()) == {"unstated"}
        claim = f"No sample here {'is known to have been' if silent else 'was'} drawn at random."
    told = [(claim, chosen)]
    if cohort.evidence == "reported":
        told += [*_ranges(rows), *_against_itself(found)]
    else:
        told.append(
            (
                "An interval covers chance and nothing else.",
                "It leaves out who did not answer, and how a question was understood.",
            )
        )
        known = [name for name in HEADLINES if len(labels.pick(rows, name))]
        asked = weights.headlines(cohort, rows, *(known or dict.fromkeys(rows["indicator"])))
        moved = weights.say_missing(weights.missing(cohort, asked))
        told += [("Those who did not answer could move a share.", moved)] * bool(moved)
    return told


def _kinds(cohort: Cohort, rows: pd.DataFrame) -> dict[str, str]:
    """How the units of some rows came in."""
    how = cohort.about.selection
    return {unit: how.get(unit, how.get("*", "")) for unit in dict.fromkeys(rows["unit"])}


def _chosen(cohort: Cohort, rows: pd.DataFrame) -> str:
    """Say how units came in, where it is not said or was their own choice."""
    kinds = _kinds(cohort, rows)
    silent = [words.plural(unit) for unit, kind in kinds.items() if kind == "unstated"]
    willing = [words.plural(unit) for unit, kind in kinds.items() if kind == "volunteers"]
    said = [f"how the {words.listed(silent)} were chosen is not said"] if silent else []
    said += [f"the {words.listed(willing)} chose to answer"] if willing else []
    return f"{words.upper_first('; '.join(said))}." if said else ""


def _ranges(rows: pd.DataFrame) -> list[tuple[str, str]]:
    read = labels.narrowest(rows[rows["form"].eq("fraction") & rows["measure"].isin(words.SHARES)])
    read = read[read["base_n"].notna() & (read["count_high"] > read["count_low"])]
    silent = rows[rows["open"] & rows["wording"].ne("")]
    said = [
        f"Of {row['base_n']:,}, {sentences.beside(row)[0]} is read as"
        f" {words.counts(row['count_low'], row['count_high'])}."
        for _, row in read.head(1).iterrows()
    ]
    said += [
        f"Words such as {sentences.beside(row)[0]} rule next to nothing out and get no number."
        for _, row in silent.head(1).iterrows()
    ]
    return [("Words are read as ranges.", " ".join(said))] if said else []


def _against_itself(found: Collection[Mapping[str, Any]]) -> list[tuple[str, str]]:
    verdicts = [entry["verdict"] for entry in found]
    hard, soft = verdicts.count("contradiction"), verdicts.count("tension")
    if not hard + soft:
        return []
    times = f"{hard} time{'s' * (hard != 1)}" if hard else ""
    claim = f"The report contradicts itself {times}." if hard else "Not all figures sit together."
    more = f"{'Another ' * bool(hard)}{soft} set{'s' * (soft != 1)} of figures"
    return [(claim, f"{more} can be squared only by reading them otherwise." if soft else "")]
