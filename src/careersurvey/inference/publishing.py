"""What a report may publish of people: a rule for each breakdown, and an audit of all together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd
from pandas.api.types import is_float_dtype

from careersurvey.errors import CohortError
from careersurvey.evidence.checks.check import WORTH_KNOWING, Check
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.tables import SHARES, Condition, Indicator
from careersurvey.inference.columns import ESTIMATES
from careersurvey.inference.estimates import breakdowns, estimate
from careersurvey.inference.intervals import holm
from careersurvey.inference.record.constraints import Row, families
from careersurvey.inference.record.solver import System
from careersurvey.inference.respondents import Answers, Merge, read_answers
from careersurvey.inference.survey.questions import opened

#: A hidden count that can be worked out to fewer whole numbers than this has leaked.
WIDE_ENOUGH = 5
#: A group under this, all of whom gave one answer, gives away everybody's.
LEAST_ALIKE = 30
LEAST_RELIABLE_BASE, LEAST_DEGREES = 30, 8
SYMBOLS = {
    "[c]": "left out, so that nobody's answer can be worked out",
    "[low]": "more than none, and rounds to 0%",
    "[u]": "of low reliability: read with care",
    "[x]": "no estimate can be made",
}
#: The same for all: a reader who knew which were too small would know how small.
LEFT_OUT = "a group is too small, or a number could be worked out from what is published"

Key = tuple[str, str]


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
        """Keep what may be published of a table of indicators, as a reader is told it.

        Rows stand in the order of the indicators. Estimates have ``flag`` (one of `SYMBOLS`, or
        empty) and ``flag_reason``; shares of people are whole percentages, and what is told of
        their error and of their tests is rounded with them; ``p_adjusted`` is Holm's over what is
        kept. ``attrs`` say what of the table was ``left_out``. Of a comparison, whose tests are
        left as they are, `side` is the cohort's own: ``cohort`` or ``baseline``.
        """
        names = table[f"indicator_{side}" if side else "indicator"]
        domains = table["domain"] if "domain" in table else ["all"] * len(table)
        stays = [key not in self.left_out for key in zip(names, domains, strict=True)]
        order = np.argsort(pd.factorize(names)[0], kind="stable")
        kept = table.iloc[[row for row in order if stays[row]]].reset_index(drop=True)
        if "p_adjusted" in kept and not side:
            kept = kept.assign(p_adjusted=holm(kept["p_value"]))
        told, asked = _for_readers(self.cohort, kept, side), {*names}
        out = [key for key in self.left_out if key[0] in asked]
        told.attrs = table.attrs | {"publication": "", "left_out": out}
        return told


def decide(cohort: Cohort) -> Published:
    """Decide what a report may publish of a cohort, all of it together.

    That is everyone, and all that a report breaks down by. A breakdown of people is left out whole,
    for that question, where a group of it is too small or of one mind. Where what is left would let
    a reader narrow a hidden count down to fewer than 5 whole numbers, so are breakdowns of the
    questions that hang together with it, the last first, till it does not. Groups that ``merge``
    declares stand together throughout where else a breakdown by their variable were left out.
    """
    if cohort.evidence != "respondents":
        return Published(cohort, estimates=flagged(estimate(cohort)))
    work = partial(estimate, cohort, by=breakdowns(cohort), min_base=0, bases=True)
    table, declared = work(), _mergeable(cohort)
    out, narrowest = _failing(cohort, table), inf
    merge: Merge = {}
    broken = [domain.split("*") for one, domain in out if (one, "all") not in out]
    if declared.keys() & {variable for variables in broken for variable in variables}:
        merge, table = declared, work(merge=declared)
        out = _failing(cohort, table)
    for answers in read_answers(cohort, merge=merge):
        own = table[table["indicator"].isin([one.id for one in answers.indicators])]
        if {*own["indicator"]} & {one for one, domain in out if domain != "all"}:
            out, narrow = _Reader(cohort, answers, own).withhold(out)
            narrowest = min(narrowest, narrow)
    least = None if narrowest == inf else int(narrowest)
    found = Published(cohort, (*sorted(out),), least, merge)
    return replace(found, estimates=found.keep(table))


def disclosure_check(published: Published) -> Check:
    """What was left out of a report, as a row of `check`: it passes, since nothing leaked."""
    pairs = published.left_out
    said = f"{len(pairs)} breakdowns are" if pairs else "Nothing is"
    said += " left out of what is published"
    if published.narrowest is not None:
        said += f"; the narrowest hidden count is open to {published.narrowest} whole numbers"
    named = tuple(f"{name} by {domain}" for name, domain in pairs[:5])
    return Check("disclosure", "", True, f"{said}.", rows=named, severity=WORTH_KNOWING)


# ---- the rule of a breakdown --------------------------------------------------------------------


def _failing(cohort: Cohort, table: pd.DataFrame) -> set[Key]:
    """Breakdowns of people of which a group must not be told; and all of a question that fails.

    A group that nobody of a table is in tells nothing. A number one of whose breakdowns fails has
    none: its mean in the hidden group could follow from those in other groups.
    """
    least, about = cohort.settings.disclosure, table["indicator"].map(cohort.indicators)
    home, measure = about.map(lambda one: one.table), about.map(lambda one: one.measure)
    base, count = table["base_n"].fillna(0).astype(float), table["count_low"].astype(float)
    tail = table["category"].where(measure == "quantile").astype(float)
    fails = (
        (base < least.min_base)
        | (table["n_clusters"].astype(float) < least.min_clusters)
        | count.between(0, least.min_count, inclusive="neither")
        | (base < LEAST_ALIKE) & ((count == base) | (count == 0) & (measure == "multiple"))
        | (base * np.minimum(tail, 1 - tail) < WIDE_ENOUGH)
    )
    somebody = base.groupby([home, table["domain"], table["group"]]).transform("max") > 0
    fails &= somebody & table["indicator"].isin(_of_people(cohort))
    keys = pd.Series([*zip(table["indicator"], table["domain"], strict=True)], table.index)
    found = {*keys[fails]}
    bare = {*table.loc[fails & ~measure.isin(SHARES), "indicator"]}
    return found | {
        key for key in keys if (key[0], "all") in found or (key[0] in bare and key[1] != "all")
    }


def _of_people(cohort: Cohort) -> set[str]:
    """Indicators of the tables that are of people."""
    about = cohort.settings.disclosure.about
    return {n for n, one in cohort.indicators.items() if about.get(one.table) != "institutions"}


def _mergeable(cohort: Cohort) -> Merge:
    """Groups that may stand together: none but those of the codebook that no design uses."""
    known = {one.name: {*one.values} for one in cohort.codebook if one.type == "category"}  # noqa: PD011
    designs = str([table.design for table in cohort.settings.tables.values()])
    declared = cohort.settings.disclosure.merge
    for variable, groups in declared.items():
        values, members = known.get(variable, set()), [m for each in groups.values() for m in each]
        wrong = {one for one in members if one not in values or members.count(one) > 1}
        wrong |= {*groups} & values
        if wrong or f"'{variable}'" in designs:
            raise CohortError(
                f"{cohort.id}: groups of {variable} cannot be merged as declared.",
                found=", ".join(sorted(wrong) or [variable]),
                expected="values of a category that no design uses, each in one new group",
                where=f"cohort.toml [disclosure.merge.{variable}]",
                do="correct the names, or merge another variable like it",
            )
    return declared


# ---- the audit of all together ------------------------------------------------------------------

#: A question and an answer: how many gave it, cell by cell (answer "": how many its base is).
Column = tuple[str, str]
EVERYBODY: Column = ("", "")  # how many people are in each cell
#: A share is taken as told to half a point, with the ends of intervals and changes beside it.
_NEAR, _SCALE = 0.0025, 10**6


class _Count(NamedTuple):
    """A count that the estimates of a group tell: of an answer, or of its base."""

    key: Key  # question and breakdown
    column: Column
    number: int
    share: float
    inside: np.ndarray  # which cells lie in the group, as 1 and 0


class _Reader:
    """What a reader works out of the hidden counts of a table from those that are told.

    He knows how many people are in each group, and what those weigh who are in one cell, the same
    groups of all breakdowns. Unknown is of each cell how many gave each answer, and are in a base.
    """

    def __init__(self, cohort: Cohort, answers: Answers, table: pd.DataFrame) -> None:
        domains = sorted({*table["domain"]} - {"all"})
        self.cells = _cells(answers, domains)
        self.groups = pd.get_dummies(self.cells[domains], dtype=int).to_numpy().T
        self.people = self.cells["people"].to_numpy()
        self.counts = [*self._counts(table)]
        self.totals = {each.column: each.number for each in self.counts if each.key[1] == "all"}
        self.ties = [*_ties(cohort, answers, self.totals)]

    def _counts(self, table: pd.DataFrame) -> Iterator[_Count]:
        """The base of every group, and the count of every answer."""
        by = ["indicator", "domain", "group"]
        for (name, domain, group), rows in table.groupby(by, sort=False):
            inside = 1 * (self.cells[domain] == group).to_numpy()
            base = rows["base_n"].fillna(0).iloc[0]
            yield _Count((name, domain), (name, ""), int(base), 1.0, inside)
            for each in rows[rows["count_low"].notna()].itertuples():
                column, number = (name, each.category), int(each.count_low)
                yield _Count((name, domain), column, number, each.estimate, inside)

    def withhold(self, out: set[Key]) -> tuple[set[Key], float]:
        """Leave out what narrows a hidden count too far; and how narrow the narrowest then is."""
        narrowest = inf
        tied = ({name for name, _ in (*parts, *whole) if name} for parts, whole in self.ties)
        for names in families(tied):
            own = [c for c in self.counts if c.key[0] in names]
            while (narrow := self._narrowest(own, out)) < WIDE_ENOUGH:
                broken = [c.key for c in own if c.key not in out and c.key[1] != "all"]
                out = out | ({*broken[-1:]} or {c.key for c in own})
            narrowest = min(narrowest, narrow)
        return out, narrowest

    def _narrowest(self, counts: Sequence[_Count], out: set[Key]) -> float:
        """How far apart the ends of the narrowest hidden count of some questions are.

        One that the total of everyone and the size of the group alone leave so wide does not count.
        """
        told = [each for each in counts if each.key not in out]
        hidden = [each for each in counts if each.key in out and (each.key[0], "all") not in out]
        system, narrowest = System(self._rows(told) if hidden else ()), inf
        for each in hidden:
            total, size = self.totals[each.column], int(self.people @ each.inside)
            usual = min(total, size) - max(0, total + size - int(self.people.sum()))
            goal = _row({each.column: each.inside}, None, None).terms
            width = system.width(goal, int(min(usual, narrowest)))
            narrowest = min(narrowest, width if width < usual else inf)
        return narrowest

    def _rows(self, told: Sequence[_Count]) -> Iterator[Row]:
        """What a reader knows of the columns of questions of which some counts are told."""
        least, most = self.cells["least"].to_numpy(), self.cells["most"].to_numpy()
        for each in told:
            yield _row({each.column: each.inside}, each.number, each.number)
            if each.column[1] and least.min() < 1:
                yield from _of_share(each, least, most)
        names = {each.key[0] for each in told}
        for parts, whole in [tie for tie in self.ties if tie[0][0][0] in names]:
            for cell in np.eye(len(self.people)):
                yield _row(dict.fromkeys(parts, cell) | dict.fromkeys(whole, -cell), None, 0)
        for inside in self.groups:
            people = int(self.people @ inside)
            yield _row({EVERYBODY: inside}, people, people)


def _of_share(told: _Count, least: np.ndarray, most: np.ndarray) -> Iterator[Row]:
    """What a share says of counts, whose people weigh between the ends of their cell each."""
    inside, base = _SCALE * told.inside, (told.key[0], "")
    if (share := told.share - _NEAR) > 0:
        gave = {told.column: inside * ((1 - share) * most + share * least)}
        yield _row(gave | {base: inside * -share * least}, 0, None)
    if (share := told.share + _NEAR) < 1:
        gave = {told.column: inside * ((1 - share) * least + share * most)}
        yield _row(gave | {base: inside * -share * most}, None, 0)


def _row(parts: Mapping[Column, np.ndarray], low: int | None, high: int | None) -> Row:
    """A sum over cells of some columns, each times a whole number, and its ends."""
    terms = [((part, cell), round(c)) for part, own in parts.items() for cell, c in enumerate(own)]
    return Row(tuple(term for term in terms if term[1]), low, high)


def _ties(
    cohort: Cohort, answers: Answers, columns: Collection[Column]
) -> Iterator[tuple[list[Column], list[Column]]]:
    """Columns that lie within others in every cell: answers, their base, those who were asked."""
    rules = cohort.settings.tables[answers.name].asked
    homes = {one.variables[0]: one.id for one in answers.indicators if one.measure == "share"}
    for one in answers.indicators:
        base, rule = (one.id, ""), rules.get(one.variables[0], "")
        given = [column for column in columns if column[0] == one.id and column != base]
        is_one = one.measure == "share" and given
        for parts in [given] if is_one else [[each] for each in given]:
            yield parts, [base]
        yield [base], [EVERYBODY]
        routes = Condition.parse(rule if "=" in rule else "")
        for variable, values in (*one.among.terms, *routes.terms):
            above = [(homes.get(variable, ""), each) for each in values]
            if all(each in columns for each in above):
                yield [base], above


def _cells(answers: Answers, domains: Sequence[str]) -> pd.DataFrame:
    """Groups of all breakdowns that people are in together, how many they are and what they weigh.

    ``least`` and ``most`` are the ends of their weight, over the greatest of all; of people whom
    the design does not tell apart it is their mean weight.
    """
    frame, parts = answers.frame, sorted({*"*".join(domains).split("*")})
    for key, other in answers.lookups.values():
        more = sorted({*other.columns} & {*parts} - {*answers.schema})
        frame = frame.join(opened(other).select(key, *more), on=key, how="left") if more else frame
    cells = frame.group_by(*parts).agg(nw.len().alias("people")).collect().to_pandas()
    crossed, known = "*".join(parts), []
    for both in (crossed, *domains):
        cells[both] = cells[both.split("*")].astype(str).agg(" & ".join, axis=1)
    for totals in answers.totals([crossed]):
        domain, is_share = totals.domains[-1], totals.questions[0].measure in SHARES
        at, column = np.nonzero(totals.people * is_share * (domain.name == crossed))
        weight = totals.scale * totals.weight[at, column] / totals.people[at, column]
        cell = np.array([*domain.groups, ""])[domain.code[at]]
        known.append(pd.DataFrame({"cell": cell, "weight": weight}))
    ends = pd.concat(known).groupby("cell")["weight"].agg(least="min", most="max")
    ends = (ends / ends["most"].max()).round(9)
    place = cells[crossed].where(cells[crossed].isin(ends.index), "")
    return cells.assign(all="all").join(ends, on=place).fillna({"least": 1.0, "most": 1.0})


# ---- numbers for readers ------------------------------------------------------------------------

_COUNTS = ("base_n", "base_against", "count_low", "count_high")


def _two_digits(numbers: pd.Series) -> pd.Series:
    return numbers.map(lambda number: float(f"{number:.2g}"), na_action="ignore")


def _two_places(numbers: pd.Series) -> pd.Series:
    return numbers.round(2)


#: How numbers of shares of people are told, since an exact error or p is the exact share again:
#: what is not named here to two places. What would undo a change is rounded up, so that it does.
_TOLD: Mapping[str, Callable[[pd.Series], pd.Series]] = {
    **dict.fromkeys(("p_value", "p_adjusted", "effective_base"), _two_digits),
    **dict.fromkeys(("correlation", "least_expected"), _two_digits),
    "std_error": lambda numbers: numbers.round(3),
    "deff": lambda numbers: numbers.round(1),
    "deff_undone": lambda numbers: np.ceil(10 * numbers) / 10,
    "numerator_df": lambda numbers: numbers.round(1),
    "denominator_df": lambda numbers: numbers.round(0),
    "level": lambda numbers: numbers,
}


def _for_readers(cohort: Cohort, table: pd.DataFrame, side: str) -> pd.DataFrame:
    """Flag estimates, write shares of people as whole percentages, and round their counts.

    Of people no sum of weights is told: beside the count it would be a second equation, with which
    an answer could be worked out. Nor are the degrees of freedom of a group by a question that only
    some were asked, which say in how many schools anybody was.
    """
    table = flagged(table) if set(ESTIMATES) <= set(table) else table
    own, to = f"_{side}" if side else "", cohort.settings.disclosure.round
    names = table[f"indicator{own}"]
    people = {name: cohort.indicators[name] for name in _of_people(cohort)}
    shares = [name for name, one in people.items() if one.measure in SHARES]
    of_people, of_shares = names.isin(people), names.isin(shares)
    of_some = names.isin([name for name, one in people.items() if _is_of_some(cohort, one)])
    cells, others = {}, ("_cohort", "_baseline") if side else ()
    for name, column in table.items():
        kind = str(name).removesuffix(own)
        if kind in _COUNTS and to > 1:
            cells[name] = column.where(~of_people, (column + to // 2) // to * to)
        elif kind == "base_weights":
            cells[name] = column.where(~of_people)
        elif kind == "base_degrees":
            cells[name] = column.where(~of_some | (table["domain"] == "all"))
        elif is_float_dtype(column) and not kind.endswith(others):
            cells[name] = column.where(~of_shares, _TOLD.get(kind, _two_places)(column))
    if f"base{own}" in table and to > 1:
        said = cells[f"base_n{own}"].map("{:,}".format, na_action="ignore")
        cells[f"base{own}"] = table[f"base{own}"].where(~of_people | said.isna(), said)
    return table.assign(**cells)


def _is_of_some(cohort: Cohort, one: Indicator) -> bool:
    """Whether a question was asked of some people only."""
    home = cohort.settings.tables.get(one.table)
    return bool(one.among.terms) or bool(home and {*home.asked}.intersection(one.variables[:1]))


# ---- reliability --------------------------------------------------------------------------------


def flagged(estimates: pd.DataFrame) -> pd.DataFrame:
    """Say which estimates should be read with care, and why: columns ``flag``, ``flag_reason``.

    The limits are those of the National Center for Health Statistics (Parker and others 2017,
    Vital and Health Statistics 2(175); CDCgov/surveytable, R/z_lpe.R), the symbols those of the
    Government Analysis Function (2022).
    """
    numbers = estimates[["estimate", "base_n", "conf_low", "conf_high", "deff", "n_clusters"]]
    share, base, low, high, deff, clusters = numbers.astype(float).to_numpy().T
    width, few, degrees = high - low, LEAST_RELIABLE_BASE, LEAST_DEGREES
    wide = (share > 0) & (width > np.fmax(0.05, 1.3 * share))
    rules = (  # of those that apply, the last
        ("[low]", SYMBOLS["[low]"], (share > 0) & (share < 0.005)),
        ("[u]", f"fewer than {degrees} degrees of freedom", clusters - 1 < degrees),
        ("[u]", "the interval is wide for the share", wide),
        ("[u]", "the interval is 30 points wide or more", width >= 0.30),
        ("[u]", f"they tell as much as fewer than {few}", base / np.fmax(deff, 1) < few),
        ("", "", estimates["category"] == ""),
        ("[u]", f"fewer than {few} answered", base < few),
        ("[x]", SYMBOLS["[x]"], np.isnan(share)),
        ("", "", estimates["evidence"] != "respondents"),
    )
    told = pd.DataFrame("", estimates.index, ["flag", "flag_reason"], dtype="str")
    for flag, why, applies in rules:
        told[np.asarray(applies)] = flag, why
    return estimates.assign(flag=told["flag"], flag_reason=told["flag_reason"])
