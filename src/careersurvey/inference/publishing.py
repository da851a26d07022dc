"""What a report may publish of people: a rule for each breakdown, and an audit of all together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import permutations
from math import inf

import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype

from careersurvey.errors import CohortError, SurveyError
from careersurvey.evidence.checks.check import WORTH_KNOWING, Check
from careersurvey.evidence.checks.screen import from_error
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.tables import ALL, SHARES
from careersurvey.evidence.text import rounded, so_many
from careersurvey.inference.columns import ESTIMATES, SYMBOLS
from careersurvey.inference.estimates import breakdowns, estimate
from careersurvey.inference.hidden import WIDE_ENOUGH, Key, Reader, must_say
from careersurvey.inference.intervals import holm
from careersurvey.inference.respondents import Merge, read_answers

#: A group under this, all of whom gave one answer, gives away everybody's.
LEAST_ALIKE = 30
#: The same for all: a reader who knew which were too small would know how small.
LEFT_OUT = "a group is too small, or a number could be worked out from what is published"


@dataclass(frozen=True)
class Published:
    """What may be published, and what was left out."""

    cohort: Cohort
    #: Indicator and domain of breakdowns that may not be, or with domain ``all`` of questions.
    left_out: tuple[Key, ...] = ()
    #: Fewest whole numbers that a reader can narrow a hidden count down to, where he can any.
    narrowest: int | None = None
    #: Groups that stand together, by variable, where they must.
    merge: Merge = field(default_factory=dict)
    estimates: pd.DataFrame = field(default_factory=pd.DataFrame)  # what `keep` keeps of them

    def keep(self, table: pd.DataFrame, side: str = "") -> pd.DataFrame:
        """Keep of a table what may be published, as it is told.

        ``p_adjusted`` is Holm's over what is kept, and ``attrs`` say what of it was ``left_out``.
        Of a comparison, whose tests stay, `side` is the cohort's own: ``cohort`` or ``baseline``.
        """
        names = table[f"indicator_{side}" if side else "indicator"]
        domains = table["domain"] if "domain" in table else ["all"] * len(table)
        stays = [key not in self.left_out for key in zip(names, domains, strict=True)]
        kept = table.loc[stays].reset_index(drop=True)
        if "p_adjusted" in kept and not side:
            kept = kept.assign(p_adjusted=holm(kept["p_value"]))
        told, asked = _for_readers(self.cohort, kept, side), {*names}
        out = [key for key in self.left_out if key[0] in asked]
        told.attrs = table.attrs | {"publication": "", "left_out": out}
        return told

    def tell(self, checks: Iterable[Check]) -> list[Check]:
        """Checks as a reader is told them: what is in a table of people counts their answers."""
        settings = self.cohort.settings
        said = "What was found is told to whoever holds the answers."
        people = {n for n in settings.tables if settings.disclosure.about.get(n) != "institutions"}
        return [
            *dict.fromkeys(
                Check(one.rule, one.table, one.passed, said) if one.table in people else one
                for one in checks
            ),
            disclosure_check(self),
        ]


def decide(cohort: Cohort) -> Published:
    """Decide what a report may publish of a cohort: everyone, and all that it breaks down by.

    A breakdown of people that fails is left out whole, and so are those that would let a reader
    work it out. Groups that ``merge`` declares stand together where else a breakdown by their
    variable were left out.
    """
    if cohort.evidence != "respondents":
        return Published(cohort, estimates=flagged(estimate(cohort)))
    by, narrowest = breakdowns(cohort), inf
    apart = _apart(cohort, by)
    every = [*dict.fromkeys((*by, *(one for domains in apart.values() for one in domains)))]
    for merge in ({}, declared := _mergeable(cohort)):
        table = estimate(cohort, by=every, min_base=0, merge=merge, bases=True)
        fails = _fails(cohort, table)
        pairs = zip(table["indicator"], table["domain"], strict=True)
        parted = np.array([domain in apart.get(name, ()) for name, domain in pairs], bool)
        kept = fails & parted | table["domain"].isin(["all", *by])
        failing, table = table[fails & kept], table[kept]
        out, empty = _withheld(cohort, table, failing, apart, merge), _empty(cohort, table)
        broken = [domain for one, domain in out | empty if (one, "all") not in out]
        if not declared.keys() & {part for domain in broken for part in domain.split("*")}:
            break
    rows = {*table[["indicator", "domain", "group"]].itertuples(index=False, name=None)}
    for answers in read_answers(cohort, merge=merge):
        shares = [one for one in answers.indicators if one.measure in SHARES]
        if {one.id for one in shares} & {one for one, domain in out if domain != "all"}:
            own = replace(answers, indicators=(*shares,))
            out, narrow = Reader(cohort, own, every, rows).withhold(out)
            narrowest = min(narrowest, narrow)
    out = _spread(cohort, table, out) | empty
    least = None if narrowest == inf else int(narrowest)
    known = ("all", *by)
    found = Published(cohort, (*sorted(key for key in out if key[1] in known),), least, merge)
    return replace(found, estimates=found.keep(table[table["domain"].isin(known)]))


def check_publication(cohort: Cohort) -> Check:
    """What a report leaves out, or why nothing can be estimated, as a row of `check`."""
    try:
        return disclosure_check(decide(cohort))
    except SurveyError as problem:
        return from_error(problem, cohort.id, "estimates")


def disclosure_check(published: Published) -> Check:
    """What was left out of a report, as a row of `check`: it passes, since nothing leaked."""
    pairs, least = published.left_out, published.narrowest
    said = f"{so_many(len(pairs), 'breakdown')} {'is' if len(pairs) == 1 else 'are'}"
    said = said if pairs else "Nothing is"
    narrow = f"; the narrowest hidden count is open to {least} whole numbers" * (least is not None)
    said += f" left out of what is published{narrow}."
    named = tuple(f"{name} by {domain}" for name, domain in pairs[:5])
    return Check("disclosure", "", True, said, rows=named, severity=WORTH_KNOWING)


# ---- the rule of a breakdown --------------------------------------------------------------------


def _apart(cohort: Cohort, by: Collection[str]) -> dict[str, list[str]]:
    """Of people, what parts those whom a question is of from those of another of its variable."""
    groups = {one.name for one in cohort.codebook if one.type == "category"}
    found: dict[str, set[str]] = {}
    for one, other in permutations(map(cohort.indicators.get, sorted(_of_people(cohort))), 2):
        if one.table == other.table and {*one.variables} & {*other.variables}:
            # What one of the two says less what the other says is of the rest, in each group too.
            parts = dict({*one.among.terms} ^ {*other.among.terms})
            found[one.id] = found.get(one.id, set()) | {*parts}
    every = [[], *(one.split("*") for one in by)]
    return {
        name: ["*".join(dict.fromkeys((*own, *sorted(parts)))) for own in every if parts <= groups]
        for name, parts in found.items()
        if parts
    }


def _fails(cohort: Cohort, table: pd.DataFrame) -> pd.Series:
    """Which rows are of a group of people that must not be told of."""
    least, about = cohort.settings.disclosure, table["indicator"].map(cohort.indicators)
    home, measure = about.map(lambda one: one.table), about.map(lambda one: one.measure)
    base, count = table["base_n"].fillna(0).astype(float), table["count_low"].astype(float)
    tail = table["category"].where(measure == "quantile").astype(float)
    alike = (count == base) | (count == 0) & (measure == "multiple")
    even = table["std_error"] <= 1e-9 * table["estimate"].abs()
    alike |= measure.isin(["mean", "ratio", "total"]) & even
    fails = (
        (base < least.min_base)
        | (table["n_clusters"].astype(float) < least.min_clusters)
        | count.between(0, least.min_count, inclusive="neither")
        | (base < LEAST_ALIKE) & alike
        | (base * np.minimum(tail, 1 - tail) < WIDE_ENOUGH)
    )
    somebody = base.groupby([home, table["domain"], table["group"]]).transform("max") > 0
    pairs = zip(about, table["domain"].str.split("*"), strict=True)
    by_filter = [not {*parts}.isdisjoint(dict(one.among.terms)) for one, parts in pairs]
    told = (base > 0) | somebody & ~np.array(by_filter, bool)
    return fails & told & table["indicator"].isin(_of_people(cohort))


def _withheld(
    cohort: Cohort,
    table: pd.DataFrame,
    fails: pd.DataFrame,
    apart: Mapping[str, list],
    merge: Merge,
) -> set[Key]:
    """Breakdowns in which a group fails, and all of a question that fails of everyone."""
    found = {*zip(fails["indicator"], fails["domain"], strict=True)}
    bare = {one for one, _ in found if cohort.indicators[one].measure not in SHARES}
    numbers = {name for one in bare for name in cohort.indicators[one].variables}
    whole = {  # what is put to a part of groups that stand together
        name
        for name in _of_people(cohort)
        for variable, values in cohort.indicators[name].among.terms
        for members in merge.get(variable, {}).values()
        if {*values} & {*members} and {*members} - {*values}
    }
    for name, parts in apart.items():
        one = cohort.indicators[name]
        # A number of some could be taken off where one of its variable fails.
        if one.among and (not parts or numbers & {*one.variables}):
            whole.add(name)
    return _spread(cohort, table, found | {(name, "all") for name in whole})


def _empty(cohort: Cohort, table: pd.DataFrame) -> set[Key]:
    """Crossings with people's own answers that nobody is in: all others of a group gave another."""
    said = {name for one in _of_people(cohort) for name in cohort.indicators[one].variables}
    crossed = ["*" in by and not said.isdisjoint(by.split("*")) for by in table["domain"]]
    nobody = table[np.array(crossed, bool) & (table["base_n"] == 0)]
    return {*zip(nobody["indicator"], nobody["domain"], strict=True)}


def _spread(cohort: Cohort, table: pd.DataFrame, out: set[Key]) -> set[Key]:
    """Leave out all of a question that goes of everyone, and what tells who gave an answer to it.

    A number one of whose breakdowns goes has none: its mean in the hidden group could follow; nor
    has one that is asked by an answer whose breakdown goes, which its base in each group counts.
    """
    people, found = [cohort.indicators[name] for name in _of_people(cohort)], set[Key]()
    for name, by in {*zip(table["indicator"], table["domain"], strict=True)}:
        one = cohort.indicators[name]
        said = {*must_say(one, cohort.table(one.table))}
        near = (n for n in people if n.table == one.table and said >= {*dict(n.among.terms)})
        above = {n.id for n in near if said & {*n.variables}}
        gone = {domain for other, domain in out if other in above | {name}}
        if "all" in gone or (gone and one.measure not in SHARES and by != "all"):
            found.add((name, by))
    return out | found


def _of_people(cohort: Cohort) -> set[str]:
    """Indicators of the tables that are of people."""
    about = cohort.settings.disclosure.about
    return {n for n, one in cohort.indicators.items() if about.get(one.table) != "institutions"}


def _mergeable(cohort: Cohort) -> Merge:
    """Groups that may stand together: none but those of the codebook."""
    known = {one.name: {*one.values} for one in cohort.codebook if one.type == "category"}  # noqa: PD011
    declared = cohort.settings.disclosure.merge
    for variable, groups in declared.items():
        values, members = known.get(variable, set()), [m for each in groups.values() for m in each]
        wrong = {one for one in members if one not in values or members.count(one) > 1}
        wrong |= {*groups} & {*values, ALL}
        if wrong:
            raise CohortError(
                f"{cohort.id}: groups of {variable} cannot be merged as declared.",
                found=", ".join(sorted(wrong)),
                expected="values of a category, each in one new group",
                where=f"cohort.toml [disclosure.merge.{variable}]",
                do="correct the names, or merge another variable like it",
            )
    return declared


# ---- numbers for readers ------------------------------------------------------------------------

_COUNTS = ("base_n", "base_against", "count_low", "count_high")
_OF_CLUSTERS = ("base_degrees", "degrees", "n_clusters")
#: How numbers of shares of people are told, since an exact error or p is the exact share again: to
#: two digits, or else to so many decimals, what is not named to two. A level is as it was asked.
_TWO_DIGITS = (
    *("p_value", "p_adjusted", "effective_base", "wilson_base"),
    *("correlation", "least_expected"),
)
_DECIMALS = {"std_error": 3, "deff": 1, "numerator_df": 1, "denominator_df": 0, "level": 9}


def _told(kind: str, numbers: pd.Series) -> pd.Series:
    """Numbers of shares of people as a reader is told them."""
    if kind == "deff_undone":
        return np.ceil(10 * numbers) / 10  # so that it does undo the change
    if kind in _TWO_DIGITS:
        return numbers.map(lambda number: float(f"{number:.2g}"), na_action="ignore")
    return numbers.map(partial(rounded, places=_DECIMALS.get(kind, 2)), na_action="ignore")


def _for_readers(cohort: Cohort, table: pd.DataFrame, side: str) -> pd.DataFrame:
    """Flag estimates, write shares of people as whole percentages, and round their counts.

    Of people no sum of weights is told, a second equation beside the count, unless declared; nor,
    where only some were asked, of a group in how many schools anybody was, or what follows of it.
    """
    table = flagged(table) if set(ESTIMATES) <= set(table) else table
    own, to = f"_{side}" if side else "", cohort.settings.disclosure.round
    names = table[f"indicator{own}"]
    measure = names.map({one: cohort.indicators[one].measure for one in _of_people(cohort)})
    of_people, of_shares = measure.notna(), measure.isin(SHARES)
    digits = np.where(measure == "total", 2, 3)  # an exact mean is a fraction of its base
    part = [name for name in _of_people(cohort) if cohort.is_of_some(cohort.indicators[name])]
    of_some = names.isin(part)
    cells, others = {}, ("_cohort", "_baseline") if side else ()
    for name, column in table.items():
        kind = str(name).removesuffix(own)
        if kind in _COUNTS and to > 1:
            cells[name] = column.where(~of_people, (column + to // 2) // to * to)
        elif kind in ("base_weights", "count_weights"):
            told = column.map(lambda sums: float(f"{sums:.6g}"), na_action="ignore")
            cells[name] = told.where(~of_people | cohort.settings.disclosure.weights)
        elif kind in _OF_CLUSTERS and "group" in table:
            cells[name] = column.where(~of_some | (table["domain"] == "all"))
        elif is_float_dtype(column) and not kind.endswith(others):
            cells[name] = column.where(~of_shares, _told(kind, column))
            if to > 1 and kind != "level":
                few = [float(f"{n:.{d}g}") for n, d in zip(column, digits, strict=True)]
                cells[name] = cells[name].where(~of_people | of_shares, few)
    if f"base{own}" in table and to > 1:
        said = cells[f"base_n{own}"].map("{:,}".format, na_action="ignore")
        cells[f"base{own}"] = table[f"base{own}"].where(~of_people | said.isna(), said)
    return table.assign(**cells)


# ---- reliability --------------------------------------------------------------------------------


def flagged(estimates: pd.DataFrame) -> pd.DataFrame:
    """Say which estimates should be read with care, and why: columns ``flag``, ``flag_reason``.

    The limits are those of the National Center for Health Statistics (Parker and others 2017;
    CDCgov/surveytable, R/z_lpe.R), the symbols those of the Government Analysis Function (2022).
    """
    numbers = estimates[["estimate", "base_n", "conf_low", "conf_high", "deff", "n_clusters"]]
    share, base, low, high, deff, clusters = numbers.astype(float).to_numpy().T
    width = high - low
    wide = (share > 0) & (width > np.fmax(0.05, 1.3 * share))
    rules = (  # the first that applies
        ("", "", estimates["evidence"] != "respondents"),
        ("[x]", SYMBOLS["[x]"], np.isnan(share)),
        ("[u]", "fewer than 30 answered", base < 30),
        ("", "", estimates["category"] == ""),
        ("[u]", "they tell as much as fewer than 30", base / np.fmax(deff, 1) < 30),
        ("[u]", "the interval is 30 points wide or more", width >= 0.30),
        ("[u]", "the interval is wide for the share", wide),
        ("[u]", "fewer than 8 degrees of freedom", clusters - 1 < 8),
        ("[low]", SYMBOLS["[low]"], (share > 0) & (share < 0.005)),
    )
    flags, why, applies = zip(*rules, strict=True)
    columns = {"flag": np.select(applies, flags, ""), "flag_reason": np.select(applies, why, "")}
    return estimates.assign(**columns).astype(dict.fromkeys(columns, "str"))
