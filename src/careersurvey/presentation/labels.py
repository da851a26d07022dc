"""What a finding is called, and where a cohort's figures come from."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from careersurvey.evidence.answers.table import took_part
from careersurvey.evidence.cohort import MAKE_UP, Cohort
from careersurvey.evidence.printed.dates import years
from careersurvey.evidence.printed.readings import read
from careersurvey.evidence.tables import SHARES, Indicator, Predicate
from careersurvey.inference.columns import DRAWN_UNITS
from careersurvey.presentation import words
from careersurvey.presentation.standing import STANDINGS

QUANTITY = ["cohort", "indicator", "category", "domain", "group"]
_TESTED = ["indicator", "category", "statistic", "p_value", "p_adjusted", "left_out", "reason"]
BY_CHANCE = ("probability", "census")
#: How units came in, for a reader.
CAME_IN = {
    "probability": "the {} invited were drawn at random",
    "census": "all {} were asked",
    "selected": "the {} were picked, not drawn",
    "unstated": "how the {} were chosen is not known",
    "volunteers": "the {} chose to answer",
}
CHOSEN = tuple(kind for kind in CAME_IN if kind not in BY_CHANCE)


@dataclass(frozen=True)
class Credit:
    """What a picture's subtitle and notes say of a cohort."""

    source: str  # publisher, title and reference
    when_where: str  # place and date of fieldwork, as a reader writes them
    caution: str  # one sentence on how the respondents came to be in the survey
    synthetic: bool
    #: How each unit came in, by `CAME_IN`.
    selection: Mapping[str, str] = field(default_factory=dict, hash=False)
    beside_invented: bool = False  # what was published, in a report on invented answers
    short: str = ""  # the source without its title, where it has more
    cohort: Cohort | None = field(default=None, repr=False, compare=False)

    @property
    def dated(self) -> str:
        """The source in short, and the years of its fieldwork."""
        when = years(self.cohort.about.fieldwork) if self.cohort else ""
        return ", ".join(filter(None, (self.short, when)))

    def units(self, *how: str) -> set[str]:
        """Units that came in in one of these ways."""
        return {unit for unit, one in self.selection.items() if one in how}

    @property
    def drawn(self) -> set[str]:
        """Units that chance drew, or that were all asked; an interval of others is as if it had."""
        return self.units(*BY_CHANCE)

    @cached_property
    def took_part(self) -> Mapping[str, tuple[int, float]]:
        """Of each unit, where any were invited, how many took part and how many were (or NaN)."""
        if self.cohort is None:
            return {}
        units = {one.table: one.unit for one in self.cohort.indicators.values()}
        known = sorted(took_part(self.cohort).items(), key=lambda each: each[1][1] > 0)
        return {units[name]: numbers for name, numbers in known if name in units}

    def part(self, unit: str) -> float:
        """The part of those invited that took part, where it is known."""
        own, invited = self.took_part.get(unit, (0, math.nan))
        return own / invited

    def answering(self, unit: str, base: str = "") -> str:
        """Name those who answered, or took part, of a unit that not all of did."""
        if unit in DRAWN_UNITS:
            return words.plural(unit) + (" that took part" if self.part(unit) < 1 else "")
        if unit in self.units("selected"):
            return f"{words.plural(unit)} that were picked"
        chose = unit in self.units("volunteers")
        return words.plural(unit) + (
            f" who {'took part' if base == 'all' else 'answered'}" if chose else ""
        )


def credit(cohort: Cohort) -> Credit:
    """Say where a cohort's figures come from, and that invented ones are invented."""
    about = cohort.about
    named = [about.publisher, about.title, about.reference]
    caution = about.caution or about.sampling or "How the respondents were chosen is not recorded."
    return Credit(
        source=", ".join(part for part in named if part),
        short=", ".join(filter(None, named[::2])) or about.title,
        when_where=", ".join(part for part in (about.place, words.date(about.fieldwork)) if part),
        caution=caution if caution.endswith(".") else f"{caution}.",
        synthetic=cohort.synthetic,
        selection={
            one.unit: about.selected(one.table, one.unit) for one in cohort.indicators.values()
        },
        cohort=cohort,
    )


def units_by_selection(cohort: Cohort, *, declared: bool = False) -> dict[str, list[str]]:
    """Units of shares, in the plural, by how they came in; the `declared` alone if asked."""
    found: dict[str, list[str]] = {kind: [] for kind in CAME_IN}
    printed = {*cohort.reported["indicator"]}
    for one in cohort.indicators.values():
        measured = one.table in cohort.settings.tables or one.id in printed
        is_said = {one.table, one.unit, "*"} & cohort.about.selection.keys()
        if measured and one.measure in SHARES and (is_said or not declared):
            found[cohort.about.selected(one.table, one.unit)].append(words.plural(one.unit))
    return {kind: [*dict.fromkeys(units)] for kind, units in found.items() if units}


def came_in(units: Mapping[str, Collection[str]]) -> str:
    """Say how units came in, which are in the plural by `CAME_IN`."""
    told = [CAME_IN[kind].format(words.listed(own)) for kind, own in units.items() if own]
    return f"{words.upper_first('; '.join(told))}." if told else ""


def phrase(cohort: Cohort, indicator: str, category: str) -> str:
    """Say a finding as a predicate of its base; without a phrase, by its label and category."""
    if said := cohort.phrases.get((indicator, category), Predicate()).phrase:
        return said
    known = cohort.indicators.get(indicator)
    named = (known.label if known else "") or words.spell(indicator)
    if not category:
        return named
    if answer := own_answer(cohort, indicator, category):
        return f"answered {answer} to “{named}”"
    both = f"{named}{'' if named.endswith('?') else ':'} {_spelled(category)}"
    return f"are counted as “{both}”" if known and known.measure in SHARES else both


def own_answer(cohort: Cohort, indicator: str, category: str) -> str:
    """Quote the answer that a finding is of, where nothing else says it; else ``""``."""
    known = cohort.indicators.get(indicator)
    if not category or cohort.phrases.get((indicator, category), Predicate()).phrase:
        return ""
    is_id = _spelled(category) == category.replace("_", " ")
    if is_id and (cohort.evidence == "reported" or known is None or known.measure not in SHARES):
        return ""
    return f"“{_spelled(category) if is_id else category}”"


def _spelled(category: str) -> str:
    return words.spell(category).casefold()


def name_rows(rows: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Join to rows of any table what a reader calls their indicator and category."""
    of_all, units = credit(cohort), rows.get("unit", [""] * len(rows))
    keys = zip(rows["indicator"], rows["category"], units, strict=True)
    named = [_named(cohort, of_all, *key) for key in keys]
    columns = _named(cohort, of_all, "", "", "")  # which a table without rows has too
    told = rows.assign(**{name: [row[name] for row in named] for name in columns})
    for name in ("label", "short"):
        told[name] = [said.replace("{}", "so many") for said in told[name]]
    told["section"] = told["section"].mask(told["indicator"].isin(cohort.make_up), MAKE_UP)
    if "domain" in told:
        told["grouped"] = _grouped(told, cohort)
    return told.assign(entry=_entries(told, cohort))


def _grouped(rows: pd.DataFrame, cohort: Cohort) -> list[str]:
    """Name the unit that each row is grouped by, where it is not the row's own: by school."""
    own = {(one.name, one.unit) for one in cohort.codebook}
    units = {one.name: one.unit for one in cohort.codebook}
    pairs = zip(rows["domain"], rows["unit"], strict=True)
    return ["" if pair in own else units.get(pair[0], "") for pair in pairs]


def _named(cohort: Cohort, of_all: Credit, indicator: str, category: str, unit: str) -> dict:
    """What a reader calls an indicator and category, of the unit that is named or its own."""
    known = cohort.indicators.get(indicator)
    said = cohort.phrases.get((indicator, category), Predicate())
    label, unit = phrase(cohort, indicator, category), unit or (known.unit if known else "")
    who = of_all.answering(unit, known.base if known else "")
    table = cohort.settings.tables.get(known.table) if known else None
    answer = own_answer(cohort, indicator, category)
    if answer or "who answered" in label:
        who = who.removesuffix(" who answered")
    return {
        "unit": unit,
        "label": label,
        "pattern": label if "{}" in label else "",  # in which its number stands
        "short": said.short,
        "whom": said.whom,
        "among": "".join(words.AMONG.split(said.phrase, maxsplit=1)[1:]),
        "question": (known.label if known else "") or words.spell(indicator),
        "answer": answer,
        "section": known.section if known else "",
        "measure": known.measure if known else "",
        "favourable": known.favourable if known else "",
        "side": _side_of(known, category),
        "parts": _parts(known),
        "who": who,
        "picked": unit in of_all.units("selected"),
        "weighed": bool(table and table.design.weighs),
    }


def _entries(rows: pd.DataFrame, cohort: Cohort) -> list[str]:
    """Where the trail has what each row rests on: its statements, else its question."""
    of_all = cohort.reported[cohort.reported["group"] == ""]
    by = of_all.groupby(["indicator", "category"])["id"], of_all.groupby("indicator")["id"]
    pairs, whole = (ids.agg(", ".join).to_dict() for ids in by)
    keys = zip(rows["indicator"], rows["category"], strict=True)
    own = rows.get("statements", [pairs.get(key) or whole.get(key[0]) for key in keys])
    named = zip(own, rows["indicator"], strict=True)
    return [ids or (f"q-{name}" if name else "") for ids, name in named]


def _side_of(indicator: Indicator | None, category: str) -> str:
    """Better, or worse at the other end of the answers; what lies between is neither."""
    better = indicator.favourable if indicator else ""
    if not better or category == better:
        return "better" if better else ""
    ends = indicator.categories[:1] + indicator.categories[-1:]
    return "worse" if category in ends and better in ends else ""


def _parts(indicator: Indicator | None) -> int:
    """Of how many an answer is one, where nothing judges them; else of two, given or not."""
    several = indicator is not None and indicator.measure == "share" and not indicator.favourable
    return max(len(indicator.categories), 2) if several else 2


def label(estimates: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Join to each estimate what a reader calls it, and where it is printed in the same way."""
    labelled = name_rows(estimates, cohort)
    # pandas copies with every step what a table says of itself: no more than its figure asks for.
    labelled.attrs = {name: labelled.attrs[name] for name in _ASKED if name in labelled.attrs}
    printed = cohort.reported.set_index("id").reindex(labelled["statements"].fillna(""))
    for name, column in _PRINTED.items():
        labelled[name] = printed[column].fillna("").astype("str").array
    low, high = (labelled[f"count_{end}"].astype("Float64").fillna(-1) for end in ("low", "high"))
    counts = low.astype(str) + high.astype(str)
    alike = labelled["wording"].str.casefold().mask(labelled["form"] == "count", counts)
    keys = [*(labelled[key] for key in QUANTITY), alike]
    for name, column in {"where": "place", "printings": "wording"}.items():
        told = labelled[column].groupby(keys).transform(lambda of: "; ".join(of[of != ""].unique()))
        labelled[name] = told.astype("str")
    labelled["limit_high"] = list(map(left_out_above, labelled["wording"], labelled["form"]))
    of = zip(labelled["wording"], labelled["base_n"], labelled["form"] == "fraction", strict=True)
    labelled["nearest"] = [
        told and pd.notna(base) and not read(said, "fraction", int(base)).exact
        for said, base, told in of
    ]
    labelled["asked_of"] = _asked_of(labelled, cohort)
    return labelled.assign(**_bases_as_read(labelled), open=_rules_nothing_out(labelled))


def left_out_above(wording: str, form: str) -> float:
    """The share that a wording stays under, as "almost two thirds" does; NaN where none is."""
    if form not in ("fraction", "percent", "words"):
        return math.nan
    share = read(wording, form).share
    return float(share[1]) if share and share[3] else math.nan


_ASKED = ("cohort", "folders", "by", "publication")
_PRINTED = {"wording": "reported", "base": "base", "form": "form", "note": "note"}
_PRINTED |= {"place": "where", "base_from": "base_from", "base_id": "base_id"}


def _bases_as_read(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """The least and greatest base of a row whose base is another finding, and its wording."""
    own = narrowest(rows[(rows["evidence"] == "reported") & (rows["domain"] == "all")])
    known = own.set_index((own["indicator"] + "=" + own["category"]).str.removesuffix("="))
    unknown = rows["base_id"].where(rows["base_n"].isna()).astype("str")
    ends = {end: known[f"count_{end}"].astype("float64") for end in ("low", "high")}
    numbers = {f"base_{end}": unknown.map(at).astype("float64") for end, at in ends.items()}
    told = known["wording"].where(known["category"] == "", "")
    return numbers | {"base_said": unknown.map(told).astype("str").replace("nan", "")}


def _asked_of(rows: pd.DataFrame, cohort: Cohort) -> pd.Series:
    """How many of everyone gave the answer that a row's question is for."""
    every = rows[rows["domain"] == "all"]
    own = every[["unit", "indicator", "category", "count_high"]].to_dict("records")
    counted = {(of["unit"], f"{of['indicator']}={of['category']}"): of["count_high"] for of in own}
    among = {name: str(known.among) for name, known in cohort.indicators.items()}
    whole = [counted.get((of["unit"], among.get(of["indicator"], ""))) for of in own]
    return pd.Series(whole, every.index, "Float64").astype("float64")


def _rules_nothing_out(rows: pd.DataFrame) -> pd.Series:
    """All counts but the first and last are possible, or all shares but the outer twentieths."""
    low, high, base = (
        rows[name].astype("float64") for name in ("count_low", "count_high", "base_n")
    )
    by_share = (rows["estimate_low"] <= 0.05) & (rows["estimate_high"] >= 0.95)
    silent = ((low <= 1) & (high >= base - 1)).where(low.notna() & base.notna(), by_share)
    return silent & (rows["evidence"] == "reported")


def pick(labelled: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Rows of the named quantities, in the order of the names."""
    parts = [labelled.iloc[:0]]
    for name in names:
        quantity, _, part = name.partition(" @ ")
        asked = (*quantity.partition("=")[::2], *(part or "all=all").partition("=")[::2])
        wanted = zip(QUANTITY[1:], asked, strict=True)
        parts.append(labelled[np.all([labelled[of] == one for of, one in wanted if one], axis=0)])
    return pd.concat(parts)


def findings(labelled: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Rows to show of the named quantities: each once, and no answer beside its own opposite."""
    return narrowest(pd.concat([pick(labelled), *(one_side(pick(labelled, n)) for n in names)]))


def one_side(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out answers that only repeat another one's opposite."""
    answers = rows.groupby([rows[key] for key in ("indicator", "domain", "group")])["category"]
    paired = answers.transform("size") == 2
    asked = (rows["evidence"] == "respondents") & (rows["measure"] == "share")
    return rows[~(asked & paired) | (rows["category"] == answers.transform("first"))]


def narrowest(labelled: pd.DataFrame) -> pd.DataFrame:
    """One row a quantity: of several printed statements, the one that leaves least open."""
    width = labelled["estimate_high"] - labelled["estimate_low"]
    spread = (labelled["count_high"] - labelled["count_low"]).astype("float64")
    rare = -labelled["where"].str.count("; ") if "where" in labelled else 0 * width
    kept = in_order(labelled, width, spread, rare).drop_duplicates(QUANTITY).index
    return labelled[labelled.index.isin(kept)]


def in_order(rows: pd.DataFrame, *keys: pd.Series) -> pd.DataFrame:
    """Rows in the order of some numbers, what has none last, and ties as they stand."""
    return rows.iloc[np.lexsort([key.to_numpy(float, na_value=np.nan) for key in keys[::-1]])]


def findings_by(
    labelled: pd.DataFrame, tests: pd.DataFrame, domain: str, asked: Collection[str]
) -> pd.DataFrame:
    """Rows of one domain and everyone, with their tests and how many ``answers`` these are of."""
    wanted = [one for name in asked for one in (name, f"{name} @ {domain}")]
    rows = findings(labelled, *wanted)
    broken = set(rows.loc[rows["domain"] == domain, "indicator"])
    rows = rows[rows["indicator"].isin(broken)]
    own = tests.loc[tests["domain"] == domain, _TESTED].rename(columns={"category": "tested"})
    keyed = rows.assign(tested=rows["category"].mask(rows["measure"] != "multiple", ""))
    joined = keyed.merge(own, on=["indicator", "tested"], how="left")
    answers = labelled.groupby("indicator")["category"].nunique()
    joined["answers"] = joined["indicator"].map(answers).mask(joined["measure"] == "multiple", 2)
    return joined.assign(reason=joined["reason"].fillna("").astype("str")).drop(columns="tested")


def ranked(labelled: pd.DataFrame) -> pd.DataFrame:
    """Rows with a column ``rank``: the printed place in a list, else the order of the shares."""
    places = pd.to_numeric(labelled["wording"], errors="coerce")
    shares = labelled["estimate"].rank(ascending=False, method="first")
    rows = labelled.assign(rank=places.fillna(shares))
    return rows[rows["rank"].notna()].astype({"rank": "int64"}).sort_values("rank")


def domain(name: str) -> str:
    """Call what findings are broken down by: ``school_type*sixth_form`` is of both."""
    return words.spell(name.replace("*", " and ")).lower()


def named_by(labelled: pd.DataFrame, column: str) -> pd.DataFrame:
    """Call each row by its category or its group; its phrase stays in ``phrase``."""
    named = [words.spell(value) for value in labelled[column]]
    return labelled.assign(phrase=labelled["label"], label=named)


def of_whom(row: pd.Series) -> str:
    """Say whom a row is of: the base as printed, unless its phrase says of which of the units."""
    base = "" if row.get("whom") else row.get("base")
    return base or words.plural(row["unit"])


def from_standings(standings: pd.DataFrame) -> pd.DataFrame:
    """Count the printed figures of each standing, conflicts by kind, for a figure of parts."""
    counted = standings.groupby("stands", as_index=False).agg(n=("stands", "size"))
    rows = as_parts(counted, "stands", "printed figure")
    entries = "standing-" + rows["label"].str.replace(" ", "-")
    return rows.assign(entry=entries, label=[STANDINGS[name].listed for name in rows["label"]])


def as_parts(tally: pd.DataFrame, column: str, unit: str) -> pd.DataFrame:
    """Rows of a tally as parts of all it counts, the greatest first, which a figure draws."""
    tally = tally.sort_values("n", ascending=False, kind="stable", ignore_index=True)
    share = tally["n"] / max(tally["n"].sum(), 1)
    of = {"domain": column, "unit": unit, "evidence": "reported", "measure": "share", "shown": True}
    counts = {"base_n": tally["n"].sum(), "count_low": tally["n"], "count_high": tally["n"]}
    ends = {"estimate_low": share, "estimate_high": share}
    return pd.DataFrame({"label": tally[column], **of, **counts, **ends})


#: What is said of an effective base that is above the base.
ABOVE = "more than answered: as drawn and weighted, they vary less than drawn one by one"
