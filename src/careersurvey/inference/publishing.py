"""What a report may publish of people: a rule for each table, and an audit of all together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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
from careersurvey.evidence.tables import SHARES, Condition
from careersurvey.inference.columns import ESTIMATES
from careersurvey.inference.estimates import breakdowns, estimate, estimate_with_bases
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
    #: By table of people, the groups that stand together, where they must.
    merges: Mapping[str, Merge] = field(default_factory=dict)
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
    for that question, where a group of it is too small or of one mind; and where it would let a
    reader narrow a hidden count down to fewer than 5 whole numbers. Groups that ``merge`` declares
    stand together throughout a table of people of which a breakdown can only so be told.
    """
    if cohort.evidence != "respondents":
        return Published(cohort, estimates=flagged(estimate(cohort)))
    _require_mergeable(cohort)
    table, merges = _estimated(cohort)
    found, out, narrowest = Published(cohort, merges=merges), _failing(cohort, table), inf
    hidden = {name for name, domain in out if domain != "all"}
    for answers in read_answers(cohort, merges=found.merges):
        names = {one.id for one in answers.indicators}
        if names & hidden:
            own = table[table["indicator"].isin(names)]
            out, narrow = _Reader(cohort, answers, own).withhold(out)
            narrowest = min(narrowest, narrow)
    least = None if narrowest == inf else int(narrowest)
    found = replace(found, left_out=(*sorted(out),), narrowest=least)
    return replace(found, estimates=found.keep(table))


def _estimated(cohort: Cohort) -> tuple[pd.DataFrame, dict[str, Merge]]:
    """What a report may break down, and by table the groups that stand together in it.

    Declared groups do where a breakdown of the table fails, and would not if they did.
    """
    declared: Merge = cohort.settings.disclosure.merge
    by = breakdowns(cohort)
    work = partial(estimate_with_bases, cohort, by=by, min_base=0)
    apart = work()
    if not declared:
        return apart, {}
    joined = work(merges=dict.fromkeys(cohort.settings.tables, declared))
    helped = {
        cohort.indicators[n].table for n, _ in _failing(cohort, apart) - _failing(cohort, joined)
    }
    merges = dict.fromkeys(sorted(helped), declared)
    return (work(merges=merges) if merges else apart), merges


def _require_mergeable(cohort: Cohort) -> None:
    """Refuse to merge what is no group of the codebook, or what the design itself uses."""
    known = {one.name: {*one.values} for one in cohort.codebook if one.type == "category"}  # noqa: PD011
    designs = str([table.design for table in cohort.settings.tables.values()])
    for variable, groups in cohort.settings.disclosure.merge.items():
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

    A group that nobody of a table is in tells nothing.
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
    keys = list(zip(table["indicator"], table["domain"], strict=True))
    found = {key for key, one in zip(keys, fails, strict=True) if one}
    return found | {key for key in keys if (key[0], "all") in found}


def _of_people(cohort: Cohort) -> set[str]:
    """Indicators of the tables that are of people."""
    about = cohort.settings.disclosure.about
    return {n for n, one in cohort.indicators.items() if about.get(one.table) != "institutions"}


# ---- the audit of all together ------------------------------------------------------------------

#: A question and an answer: how many gave it, cell by cell (answer "": how many its base is).
Column = tuple[str, str]
EVERYBODY: Column = ("", "")  # how many people are in each cell
#: A share is taken as told to half a point, with the ends of intervals and changes beside it.
_NEAR, _SCALE = 0.0025, 10**6


class _Count(NamedTuple):
    """A count that the estimates of a group tell: of an answer, or of its base."""

    key: Key  # question and breakdown
    group: str
    column: Column
    number: int
    share: float


def _counts(table: pd.DataFrame) -> Iterator[_Count]:
    """The base of every group, and the count of every answer."""
    bases = table.drop_duplicates(["indicator", "domain", "group"])
    bases = bases.assign(category="", count_low=bases["base_n"].fillna(0), estimate=1.0)
    answers = table[(table["category"] != "") & table["count_low"].notna()]
    for each in pd.concat([bases, answers]).sort_index(kind="stable").itertuples():
        key, column = (each.indicator, each.domain), (each.indicator, each.category)
        yield _Count(key, each.group, column, int(each.count_low), each.estimate)


class _Reader:
    """What a reader works out of the hidden counts of a table from those that are told.

    Unknown are the columns of all questions over the cells of all breakdowns together.
    """

    def __init__(self, cohort: Cohort, answers: Answers, table: pd.DataFrame) -> None:
        self.counts = [*_counts(table)]
        self.domains = sorted({*table["domain"]} - {"all"})
        self.cells = _cells(cohort, answers, self.domains)
        self.people = self.cells["people"].to_numpy()
        self.totals = {c.column: c.number for c in self.counts if c.key[1] == "all"}
        self.ties = [*_ties(cohort, answers, self.totals)]
        self.numbers = {one.id for one in answers.indicators if one.measure not in SHARES}

    def withhold(self, out: set[Key]) -> tuple[set[Key], float]:
        """Leave out what narrows a hidden count too far; and how narrow the narrowest then is."""
        narrowest = inf
        tied = ({name for name, _ in (*parts, *whole) if name} for parts, whole in self.ties)
        for family in families(tied):
            leaking, narrow = self._leaking(family, out)
            while leaking:
                out = out | leaking
                leaking, narrow = self._leaking(family, out)
            narrowest = min(narrowest, narrow)
        return out, narrowest

    def _leaking(self, family: Collection[str], out: set[Key]) -> tuple[set[Key], float]:
        """Breakdowns that narrow a hidden count too far; else how narrow the narrowest is."""
        own = [c for c in self.counts if c.key[0] in family and (c.key[0], "all") not in out]
        told = [c for c in own if c.key not in out]
        hidden = [c for c in own if c.key in out]
        system, narrowest = System(self._rows(told) if hidden else ()), inf
        for each in hidden:
            narrowest = min(narrowest, self._width(each, told, system, narrowest))
            if narrowest < WIDE_ENOUGH:
                broken = [c.key for c in told if c.key[1] != "all"]
                alike = [key for key in broken if key[1] == each.key[1]] or broken
                return {*alike[-1:]} or {c.key for c in own if c.key[0] == each.key[0]}, 0
        return set(), narrowest

    def _width(
        self, hidden: _Count, told: Sequence[_Count], system: System, enough: float
    ) -> float:
        """How far apart the ends of a count are; no end where totals and sizes alone leave that.

        The sum of a hidden group's numbers is what sums of told groups come to, or it is open.
        """
        column, inside = hidden.column, self._inside(hidden)
        if column[0] in self.numbers:
            bases = [self._inside(each) for each in told if each.column == column]
            rank = np.linalg.matrix_rank
            return inf if rank([*bases, inside]) > rank(bases) else 0
        total, size = self.totals[column], int(self.people @ inside)
        usual = min(total, size) - max(0, total + size - int(self.people.sum()))
        width = system.width(_row({column: inside}, None, None).terms, int(min(usual, enough)))
        return width if width < usual else inf

    def _inside(self, count: _Count) -> np.ndarray:
        """Which cells lie in the group of a count, as 1 and 0."""
        return 1 * (self.cells[count.key[1]] == count.group).to_numpy()

    def _rows(self, told: Sequence[_Count]) -> Iterator[Row]:
        """What a reader knows of the columns of questions of which some counts are told."""
        for domain in self.domains:
            for _, inside in pd.get_dummies(self.cells[domain], dtype=int).items():
                people = int(self.people @ inside)
                yield _row({EVERYBODY: inside}, people, people)
        for each in told:
            yield _row({each.column: self._inside(each)}, each.number, each.number)
            yield from self._weighted(each)
        names = {each.key[0] for each in told}
        for parts, whole in [tie for tie in self.ties if tie[0][0][0] in names]:
            for cell in np.eye(len(self.people)):
                yield _row(dict.fromkeys(parts, cell) | dict.fromkeys(whole, -cell), None, 0)

    def _weighted(self, told: _Count) -> Iterator[Row]:
        """What a weighted share says of counts, to one who knows the weights of each cell.

        The weights of those who gave the answer, and of the others, come to between the least and
        the greatest weight of the cell times how many they are.
        """
        least, most = self.cells["least"].to_numpy(), self.cells["most"].to_numpy()
        name, inside = told.key[0], _SCALE * self._inside(told)
        for share, ours, theirs, ends in (
            (told.share - _NEAR, most, least, (0, None)),
            (told.share + _NEAR, least, most, (None, 0)),
        ):
            if told.column[1] and 0 < share < 1 and least.min() < 1:
                gave, base = (1 - share) * ours + share * theirs, -share * theirs
                yield _row({told.column: inside * gave, (name, ""): inside * base}, *ends)


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
        together = one.measure == "share" and bool(given)
        for parts in [given] if together else [[each] for each in given]:
            yield parts, [base]
        yield [base], [EVERYBODY]
        routes = Condition.parse(rule if "=" in rule else "")
        for variable, values in (*one.among.terms, *routes.terms):
            above = [(homes.get(variable, ""), each) for each in values]
            if all(each in columns for each in above):
                yield [base], above


def _cells(cohort: Cohort, answers: Answers, domains: Sequence[str]) -> pd.DataFrame:
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

#: Every number of shares of people is told to two places, but for what is told of their error,
#: and for what is told to two digits, since an exact p is the exact share again.
_PLACES = {"std_error": 3, "deff": 1, "numerator_df": 1, "denominator_df": 0}
_DIGITS = ("p_value", "p_adjusted", "effective_base", "correlation", "least_expected")
_COUNTS = ("base_n", "base_against", "count_low", "count_high")


def _for_readers(cohort: Cohort, table: pd.DataFrame, side: str) -> pd.DataFrame:
    """Flag estimates, write shares of people as whole percentages, and round their counts.

    Of people no sum of weights is told: beside the count it would be a second equation, with which
    an answer could be worked out. Nor are the degrees of freedom of a group by a question that only
    some were asked, which say in how many schools anybody was.
    """
    table = flagged(table) if set(ESTIMATES) <= set(table) else table
    people, to = _of_people(cohort), cohort.settings.disclosure.round
    shares = {name for name in people if cohort.indicators[name].measure in SHARES}
    names = table[f"indicator_{side}" if side else "indicator"]
    of_people, of_shares = names.isin(people), names.isin(shares)
    cells, others = {}, ("_cohort", "_baseline") if side else ()
    for name, column in table.items():
        kind = str(name).removesuffix(f"_{side}")
        if kind in _DIGITS:
            two = column.map(lambda p: float(f"{p:.2g}"), na_action="ignore")
            cells[name] = column.where(~of_shares, two)
        elif kind == "deff_undone":  # rounded up, to what would surely undo the change
            cells[name] = column.where(~of_shares, np.ceil(10 * column) / 10)
        elif kind in _COUNTS and to > 1:
            cells[name] = column.where(~of_people, (column + to // 2) // to * to)
        elif kind == "base_weights":
            cells[name] = column.where(~of_people)
        elif kind == "base_degrees":
            some = names.isin([one for one in people if _is_of_some(cohort, one)])
            cells[name] = column.where(~some | (table["domain"] == "all"))
        elif is_float_dtype(column) and kind != "level" and not kind.endswith(others):
            cells[name] = column.where(~of_shares, column.round(_PLACES.get(kind, 2)))
    if f"base_{side}" in table and to > 1:
        said = cells[f"base_n_{side}"].map("{:,}".format, na_action="ignore")
        cells[f"base_{side}"] = table[f"base_{side}"].where(~of_people | said.isna(), said)
    return table.assign(**cells)


def _is_of_some(cohort: Cohort, name: str) -> bool:
    """Whether a question was asked of some people only."""
    one = cohort.indicators[name]
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
