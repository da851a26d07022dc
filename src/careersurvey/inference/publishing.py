"""What a report may publish of people: one table of counts, its rules, and an audit of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from careersurvey.errors import CohortError
from careersurvey.evidence.checks.check import WORTH_KNOWING, Check
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.tables import Condition, Indicator
from careersurvey.inference.columns import ESTIMATES
from careersurvey.inference.estimates import breakdowns, estimate
from careersurvey.inference.record.constraints import SHARES, Row
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
    """What may be published, and what was left out.

    Attributes
    ----------
    estimates : DataFrame
        Rows of the estimates table that may be published, with ``flag`` (one of `SYMBOLS`, or
        empty) and ``flag_reason``.
    left_out : tuple of (str, str)
        Indicator and domain of the breakdowns that may not, or with domain ``all`` of the
        questions.
    merged : tuple of (str, str)
        Indicator and domain of the breakdowns in whose place merged groups are published.
    narrowest : int or None
        Fewest whole numbers that a reader can narrow a hidden count down to; None where what is
        published narrows none.
    """

    estimates: pd.DataFrame
    left_out: tuple[Key, ...]
    merged: tuple[Key, ...]
    narrowest: int | None

    def keep(self, table: pd.DataFrame, merged: pd.DataFrame | None = None) -> pd.DataFrame:
        """Rows of a table that may be published, in its order.

        Parameters
        ----------
        table : DataFrame
            ``indicator``, and ``domain`` where it breaks anything down.
        merged : DataFrame, optional
            The same of merged groups, whose rows stand where merged groups are published.
        """
        both = pd.concat([table, table[:0] if merged is None else merged])
        domains = both["domain"] if "domain" in both else ["all"] * len(both)
        keys, out = zip(both["indicator"], domains, strict=True), {*self.left_out}
        stays = [
            key not in out and (key in self.merged) == (at >= len(table))
            for at, key in enumerate(keys)
        ]
        place = {name: at for at, name in enumerate(dict.fromkeys(table["indicator"]))}
        kept = both[np.array(stays, bool)]
        order = kept["indicator"].map(place).argsort(kind="stable")
        return kept.iloc[order].reset_index(drop=True)


def decide(cohort: Cohort) -> Published:
    """Decide what a report may publish of a cohort, all of it together.

    Parameters
    ----------
    cohort : Cohort
        Its ``[disclosure]`` says which tables are of institutions, and the thresholds.

    Returns
    -------
    Published
        Everyone, and all that a report breaks down by. A breakdown of people is left out whole, for
        that question, where a group of it is too small or of one mind and cannot be merged; and
        where it would let a reader narrow a hidden count down to fewer than 5 whole numbers.
    """
    if cohort.evidence != "respondents":
        return Published(flagged(estimate(cohort)), (), (), None)
    by, merge = breakdowns(cohort), cohort.settings.disclosure.merge
    _require_mergeable(cohort)
    table = estimate(cohort, by=by, min_base=0)
    merged = estimate(cohort, by=by, min_base=0, merge=merge) if merge else table[:0]
    every, together = _counted(cohort, table, {}), _counted(cohort, merged, merge)
    shown = {key: _fit(every[key]) or _fit(together.get(key, ())) for key in every}
    shown = {key: shown[key] if _fit(every[key[0], "all"]) else () for key in every}
    narrowest = inf
    for answers in read_answers(cohort):
        own = [key for key in every if cohort.indicators[key[0]].table == answers.name]
        if all(shown[key] is every[key] for key in own):
            continue
        reader, leak = _Reader(cohort, answers, {key: every[key] for key in own}), {*own}
        while leak:
            leak, width = reader.leak(shown)
            shown |= dict.fromkeys(leak, ())
        narrowest = min(narrowest, width)
    left_out = [key for key in sorted(shown) if not shown[key]]
    taken = [key for key in sorted(shown) if shown[key] and shown[key] is not every[key]]
    found = Published(table, (*left_out,), (*taken,), None if narrowest == inf else int(narrowest))
    return replace(found, estimates=for_readers(cohort, found.keep(table, merged)))


def _require_mergeable(cohort: Cohort) -> None:
    """Refuse to merge what is no group of the codebook, or what the design itself uses."""
    known = {one.name: {*one.values} for one in cohort.codebook if one.type == "category"}  # noqa: PD011
    designs = str([table.design for table in cohort.settings.tables.values()])
    for variable, groups in cohort.settings.disclosure.merge.items():
        values, members = known.get(variable, set()), [m for each in groups.values() for m in each]
        twice = {one for one in members if members.count(one) > 1}
        wrong = {*members} - values or twice | {*groups} & values - {*members}
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


# ---- what is published together, and the rules of a table ---------------------------------------


class _Count(NamedTuple):
    """A count that a table of estimates tells: of an answer, or (answer "") of a whole base."""

    question: str
    domain: str
    answer: str
    groups: tuple[str, ...]  # those that its group merges
    number: int
    share: float
    fails: bool  # whether its group must not be published


def _counted(cohort: Cohort, estimates: pd.DataFrame, merge: Merge) -> dict[Key, list[_Count]]:
    """Bases and counts of estimates by question and breakdown, and whether their group fails.

    A group that nobody of a table is in tells nothing.
    """
    groups, somebody, about = defaultdict(list), set(), cohort.indicators
    for row in estimates.fillna({"base_n": 0, "n_clusters": inf}).itertuples():
        groups[row.indicator, row.domain, row.group].append(row)
        somebody |= {(about[row.indicator].table, row.domain, row.group)} if row.base_n else set()
    found: dict[Key, list[_Count]] = defaultdict(list)
    for (name, domain, group), (first, *more) in groups.items():
        told = [row for row in (first, *more) if row.category and pd.notna(row.count_low)]
        held = (about[name].table, domain, group) in somebody
        fails = held and _fails(cohort, about[name], (first, *more))
        members = tuple(merge.get(domain, {}).get(group, (group,)))
        counts = [("", first.base_n, 1.0), *((r.category, r.count_low, r.estimate) for r in told)]
        found[name, domain] += [
            _Count(name, domain, answer, members, int(n), share, fails)
            for answer, n, share in counts
        ]
    return found


def _fails(cohort: Cohort, one: Indicator, group: Sequence[Any]) -> bool:
    """Whether a group of people is too small, of one mind, or has too few beyond a quantile."""
    least, base = cohort.settings.disclosure, group[0].base_n
    answers = [row for row in group if row.category]
    counts = {row.count_low for row in answers if pd.notna(row.count_low)}
    tails = [float(row.category) for row in answers if one.measure == "quantile"]
    alike = {base, 0} if one.measure == "multiple" else {base}
    return _is_of_people(cohort, one) and (
        base < least.min_base
        or group[0].n_clusters < least.min_clusters
        or any(0 < n < least.min_count for n in counts)
        or (base < LEAST_ALIKE and not alike.isdisjoint(counts))
        or any(base * min(p, 1 - p) < WIDE_ENOUGH for p in tails)
    )


def _fit(counts: Sequence[_Count]) -> Sequence[_Count]:
    """The counts of a breakdown if no group of it fails, else none."""
    return () if any(each.fails for each in counts) else counts


# ---- the audit ----------------------------------------------------------------------------------

#: A question and an answer: how many gave it, cell by cell (answer "": how many were asked).
Column = tuple[str, str]
Terms = tuple[tuple[tuple[Column, int], int], ...]
EVERYBODY: Column = ("", "")  # how many people are in each cell
#: A share is told to half a point; intervals and differences beside it tell a little more.
_NEAR, _SCALE = 0.0025, 10**6


class _Reader:
    """What a reader of a table works out of its hidden counts from those that are shown.

    Unknown are the columns of all questions over the cells of all breakdowns together. A class,
    since all is looked at again after each breakdown that is left out.
    """

    def __init__(
        self, cohort: Cohort, answers: Answers, every: Mapping[Key, Sequence[_Count]]
    ) -> None:
        self.every = every
        self.measure = {one.id: one.measure for one in answers.indicators}
        self.cells = _cells(answers, {domain for _, domain in every} - {"all"})
        self.weights = _weights(cohort, answers, self.cells)
        self.asked = _asked(cohort, answers)
        everyone = [each for (_, domain), own in every.items() if domain == "all" for each in own]
        self.totals = {(each.question, each.answer): each.number for each in everyone}
        self.totals[EVERYBODY] = int(self.cells["people"].sum())

    def leak(self, shown: Mapping[Key, Sequence[_Count]]) -> tuple[set[Key], float]:
        """Breakdowns that narrow a hidden count too far; else how narrow the narrowest is."""
        narrowest = inf
        for family in _families(self.asked):
            keys = [key for key in self.every if key[0] in family]
            told = [each for key in keys for each in shown[key]]
            hidden = [
                each
                for key in keys
                if shown[key] is not self.every[key] and shown[key[0], "all"]
                for each in self.every[key]
                if each.fails or not shown[key]
            ]
            is_tied = len(self.weights[0]) or any(each.domain != "all" for each in told)
            system = System(self._known(told)) if hidden and is_tied else None
            for each in hidden if system else ():
                width, usual = self._widths(each, system, told, narrowest)
                narrowest = min(narrowest, width) if width < usual else narrowest
                if narrowest < WIDE_ENOUGH:
                    return self._tied(each, told), narrowest
        return set(), narrowest

    def _widths(
        self, hidden: _Count, system: System, told: Sequence[_Count], narrowest: float
    ) -> tuple[float, float]:
        """How far apart the ends of a count are, and would be by totals and sizes alone.

        The sum of a hidden group's numbers is what sums of shown groups come to, or it is open.
        """
        name = hidden.question
        if self.measure[name] not in SHARES:
            bases = [each for each in (*told, hidden) if (each.question, each.answer) == (name, "")]
            cells = np.arange(len(self.cells))
            groups = [np.isin(cells, self._inside(each)) for each in bases]
            is_open = np.linalg.matrix_rank(groups) > np.linalg.matrix_rank(groups[:-1])
            return (inf if is_open else 0), inf
        total, everybody = self.totals[name, hidden.answer], self.totals[EVERYBODY]
        size = self.cells["people"].iloc[self._inside(hidden)].sum()
        usual = min(total, size) - max(0, total + size - everybody)
        terms = self._sum((name, hidden.answer), hidden)
        return system.width(terms, int(min(narrowest, usual, everybody))), usual

    def _tied(self, hidden: _Count, told: Sequence[_Count]) -> set[Key]:
        """Shown breakdowns that bear on a hidden one, the nearest; else its whole question."""
        name, near = hidden.question, {hidden.question, *self.asked[hidden.question]}
        near |= {q for q, above in self.asked.items() if name in above}
        shown = {(each.question, each.domain) for each in told if each.domain != "all"}
        apart = {key: (key[1] != hidden.domain, key[0] not in near) for key in shown}
        least = min(apart.values(), default=())
        return {key for key in apart if apart[key] == least} or {(name, "all")}

    def _inside(self, count: _Count) -> list[int]:
        """Which cells lie in the groups of a count."""
        domain = self.cells.get(count.domain)
        inside = np.ones(len(self.cells), bool) if domain is None else domain.isin(count.groups)
        return np.flatnonzero(inside).tolist()

    def _sum(self, column: Column, count: _Count) -> Terms:
        return tuple(((column, cell), 1) for cell in self._inside(count))

    def _known(self, told: Sequence[_Count]) -> Iterator[Row]:
        """What a reader knows of the counts of the questions of which some are told."""
        for each in told:
            total = self._sum((each.question, each.answer), each)
            yield Row(total, each.number, each.number)
            yield from self._weighted(each)
        for domain in self.cells.columns.drop("people"):
            for group, n in self.cells.groupby(domain)["people"].sum().items():
                cells = np.flatnonzero(self.cells[domain] == group).tolist()
                yield Row(tuple(((EVERYBODY, cell), 1) for cell in cells), int(n), int(n))
        asked = {each.question for each in told}
        for parts, whole in [pair for one in sorted(asked) for pair in self._within(one)]:
            if {one for one, _ in whole} <= {*asked, ""}:
                ends = [sum(self.totals[each] for each in columns) for columns in (parts, whole)]
                terms = (dict.fromkeys(parts, 1) | dict.fromkeys(whole, -1)).items()
                for cell in range(len(self.cells)):
                    in_cell = tuple(((column, cell), sign) for column, sign in terms)
                    yield Row(in_cell, 0 if ends[0] == ends[1] else None, 0)

    def _within(self, name: str) -> Iterator[tuple[list[Column], list[Column]]]:
        """Columns that lie within others in every cell: answers, their base, those asked."""
        base = (name, "")
        answers = [column for column in self.totals if column[0] == name and column != base]
        for parts in [answers] if self.measure[name] == "share" else [[one] for one in answers]:
            yield parts, [base]
        yield [base], [EVERYBODY]
        for above, values in self.asked[name].items():
            yield [base], [(above, each) for each in values if (above, each) in self.totals]

    def _weighted(self, told: _Count) -> Iterator[Row]:
        """What a weighted share says of counts, to one who knows the weights of each cell.

        The weights of those who gave the answer, and of the others, come to between the least and
        the greatest weight of the cell times how many they are.
        """
        least, most = self.weights if told.answer else ((), ())
        for share, ours, theirs, low, high in (
            (told.share - _NEAR, most, least, 0, None),
            (told.share + _NEAR, least, most, None, 0),
        ):
            terms = []
            for cell in self._inside(told) if len(least) and 0 < share < 1 else ():
                other = share * theirs[cell]
                gave = (1 - share) * ours[cell] + other
                terms.append((((told.question, told.answer), cell), round(gave * _SCALE)))
                terms.append((((told.question, ""), cell), -round(other * _SCALE)))
            yield Row(tuple(term for term in terms if term[1]), low, high)


def _families(asked: Mapping[str, Collection[str]]) -> list[set[str]]:
    """Questions whose bases are each other's answers, step by step."""
    families: list[set[str]] = []
    for name, above in asked.items():
        tied = [one for one in families if one & {name, *above}]
        families = [one for one in families if one not in tied] + [{name, *above}.union(*tied)]
    return families


def _cells(answers: Answers, domains: Collection[str]) -> pd.DataFrame:
    """Groups of all breakdowns that people are in together, a row each, and how many they are."""
    frame, wanted = opened(answers.frame), {part for one in domains for part in one.split("*")}
    for key, other in answers.lookups.values():
        more = sorted({*other.columns} & wanted - {*frame.columns})
        frame = frame.join(opened(other).select(key, *more), on=key, how="left") if more else frame
    people = nw.len().alias("people")
    found = frame.group_by(*sorted(wanted)).agg(people) if wanted else frame.select(people)
    cells = found.collect().to_pandas()
    for both in [one for one in domains if "*" in one]:
        cells[both] = cells[both.split("*")].astype(str).agg(" & ".join, axis=1)
    return cells[[*sorted(domains), "people"]]


def _weights(cohort: Cohort, answers: Answers, cells: pd.DataFrame) -> Any:
    """Least and greatest weight in each cell, over the greatest of all; none where all are alike.

    Of people whom the design does not tell apart it is their mean weight.
    """
    parts = {part for one in cells.columns.drop("people") for part in one.split("*")}
    crossed, found = "*".join(sorted(parts)), list[tuple[str, float]]()
    for totals in answers.totals([crossed], cohort.id) if crossed else ():
        domain, shares = totals.domains[-1], totals.questions[0].measure in SHARES
        row, column = np.nonzero(totals.people * shares * (domain.name == crossed))
        weight = totals.scale * totals.weight[row, column] / totals.people[row, column]
        cell = np.array([*domain.groups, ""])[domain.code[row]]
        found += zip(cell, weight, strict=True)
    known = pd.DataFrame(found, columns=["cell", "weight"])
    most = known["weight"].max()
    if known.empty or most - known["weight"].min() < 1e-9 * most:
        return (), ()
    ends = known.groupby("cell")["weight"].agg(["min", "max"]) / most
    names = cells[crossed.split("*")].astype(str).agg(" & ".join, axis=1)
    return ends.reindex(names).fillna({"min": 0.0, "max": 1.0}).to_numpy().T


def _asked(cohort: Cohort, answers: Answers) -> dict[str, dict[str, tuple[str, ...]]]:
    """By question, the questions and answers that its base lies within."""
    shares = [one for one in answers.indicators if one.measure == "share"]
    homes = {variable: one.id for one in shares for variable in one.variables}
    rules, found = cohort.settings.tables[answers.name].asked, {}
    for one in answers.indicators:
        rule = rules.get(one.variables[0], "")
        routes = Condition.parse(rule if "=" in rule else "")
        terms = {homes.get(name): values for name, values in (*one.among.terms, *routes.terms)}
        found[one.id] = {q: values for q, values in terms.items() if q not in (None, one.id)}
    return found


# ---- numbers for readers ------------------------------------------------------------------------

#: To how many places a share is written, and what is told of its error.
_PLACES = {
    **dict.fromkeys(
        ("estimate", "estimate_low", "estimate_high", "reading_low", "reading_high"), 2
    ),
    **dict.fromkeys(("conf_low", "conf_high", "side_low", "side_high", "difference"), 2),
    **{"std_error": 3, "deff": 1, "statistic": 2},
}
_TESTS = ("p_value", "p_adjusted", "effective_base", "correlation")
_COUNTS = ("base_n", "base_against", "count_low", "count_high", "base")


def for_readers(cohort: Cohort, table: pd.DataFrame, side: str = "") -> pd.DataFrame:
    """Flag estimates, then write shares of people as whole percentages, and round their counts.

    What is told of the error of such a share, and of its tests, is rounded with it.

    Parameters
    ----------
    cohort : Cohort
        Whose ``[disclosure]`` says which tables are of people, and to what counts are rounded.
    table : DataFrame
        Any table of indicators of the cohort: estimates, differences, a comparison.
    side : {"", "cohort", "baseline"}
        Which side of a comparison the cohort is.
    """
    table = flagged(table) if set(ESTIMATES) <= set(table) else table
    names = table[f"indicator_{side}" if side else "indicator"]
    asked = [cohort.indicators.get(name) for name in names]
    people = np.array([one is not None and _is_of_people(cohort, one) for one in asked], bool)
    shares = people & np.array([one is not None and one.measure in SHARES for one in asked], bool)
    to, cells = cohort.settings.disclosure.round, {}
    for name, column in table.items():
        kind = str(name).removesuffix(f"_{side}")
        if kind in _PLACES:
            cells[name] = column.where(~shares, column.round(_PLACES[kind]))
        elif kind in _TESTS:  # an exact p is the exact share again
            two = column.map(lambda p: float(f"{p:.2g}"), na_action="ignore")
            cells[name] = column.where(~shares, two)
        elif kind == "deff_undone":  # rounded up, to what would surely undo the change
            cells[name] = column.where(~shares, np.ceil(10 * column) / 10)
        elif kind in _COUNTS and to > 1:
            cells[name] = column.where(~people, column.map(lambda n: _rounded(n, to)))
    return table.assign(**cells)


def _rounded(count: object, to: int) -> object:
    """Round a count, or the number that a base is said to be."""
    digits = str(count).replace(",", "")
    if not digits.isdecimal():
        return count
    whole = (int(digits) + to // 2) // to * to
    return f"{whole:,}" if isinstance(count, str) else whole


def _is_of_people(cohort: Cohort, one: Indicator) -> bool:
    return cohort.settings.disclosure.about.get(one.table, "people") == "people"


# ---- reliability --------------------------------------------------------------------------------


def flagged(estimates: pd.DataFrame) -> pd.DataFrame:
    """Say which estimates should be read with care, and why: columns ``flag``, ``flag_reason``.

    References
    ----------
    Parker, J. D. and others (2017). National Center for Health Statistics data presentation
    standards for proportions. Vital and Health Statistics 2(175); the limits are those of its own
    program, CDCgov/surveytable, R/z_lpe.R. Symbols: Government Analysis Function (2022), Using
    symbols and shorthand in tables.
    """
    numbers = estimates[["estimate", "base_n", "conf_low", "conf_high", "deff", "n_clusters"]]
    share, base, low, high, deff, clusters = numbers.astype(float).to_numpy().T
    width, some = high - low, share > 0
    few, wide = LEAST_RELIABLE_BASE, "the interval is wide for the share"
    rules = (
        (estimates["evidence"] != "respondents", "", ""),
        (np.isnan(share), "[x]", SYMBOLS["[x]"]),
        (base < few, "[u]", f"fewer than {few} answered"),
        (estimates["category"] == "", "", ""),
        (base / np.fmax(deff, 1) < few, "[u]", f"they tell as much as fewer than {few}"),
        (width >= 0.30, "[u]", "the interval is 30 points wide or more"),
        (some & (width > np.fmax(0.05, 1.3 * share)), "[u]", wide),
        (clusters - 1 < LEAST_DEGREES, "[u]", f"fewer than {LEAST_DEGREES} degrees of freedom"),
        (some & (share < 0.005), "[low]", SYMBOLS["[low]"]),
    )
    applies, *told = zip(*rules, strict=True)
    flag, reason = (
        pd.array(np.select([np.asarray(a, bool) for a in applies], each, ""), dtype="str")
        for each in told
    )
    return estimates.assign(flag=flag, flag_reason=reason)
