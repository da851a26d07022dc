"""What a report may publish of people: rules, an audit by arithmetic, and flags of reliability."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby
from math import inf
from typing import NamedTuple

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
LEFT_OUT_COLUMNS = ["table", "indicator", "domain", "flag", "reason"]
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
    left_out : DataFrame
        ``table, indicator, domain, flag, reason``: the breakdowns, or with domain ``all`` the
        questions, that may not. The reason is the same for all: a reader who knew which were
        too small would know how small.
    merged : tuple of (str, str)
        Indicator and domain of the breakdowns in whose place merged groups are published.
    narrowest : int or None
        Fewest whole numbers that a reader can narrow a hidden count down to; None where what is
        published narrows none.
    """

    estimates: pd.DataFrame
    left_out: pd.DataFrame
    merged: tuple[Key, ...]
    narrowest: int | None

    def pairs(self) -> list[Key]:
        """Indicator and domain of all that is left out."""
        return list(zip(self.left_out["indicator"], self.left_out["domain"], strict=True))

    def keep(self, table: pd.DataFrame, merged: pd.DataFrame | None = None) -> pd.DataFrame:
        """Rows of a table that may be published, in its order.

        Parameters
        ----------
        table : DataFrame
            ``indicator``, and ``domain`` where it breaks anything down.
        merged : DataFrame, optional
            The same of merged groups, whose rows stand where merged groups are published.
        """
        out, kept = {*self.pairs()}, []
        for rows, is_merged in ((table, False), (table[:0] if merged is None else merged, True)):
            domains = rows["domain"] if "domain" in rows else ["all"] * len(rows)
            keys = zip(rows["indicator"], domains, strict=True)
            stays = [key not in out and (key in self.merged) == is_merged for key in keys]
            kept.append(rows[np.array(stays, bool)])
        if not self.merged:
            return kept[0].reset_index(drop=True)
        place = {name: at for at, name in enumerate(dict.fromkeys(table["indicator"]))}
        return pd.concat(kept).sort_values(
            "indicator", key=lambda names: names.map(place), kind="stable", ignore_index=True
        )


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
        return Published(flagged(estimate(cohort)), _left_out(cohort, ()), (), None)
    by, merge = breakdowns(cohort), cohort.settings.disclosure.merge
    _require_mergeable(cohort)
    table = estimate(cohort, by=by, min_base=0)
    merged = estimate(cohort, by=by, min_base=0, merge=merge) if merge else table[:0]
    plain, together = _told(cohort, table, {}), _told(cohort, merged, merge)
    fail = {each.key for each in plain if each.fails}
    fit = {each.key for each in together} - {each.key for each in together if each.fails}
    taken = {key for key in fail & fit if key[1] != "all"}
    out = {each.key for each in plain if (each.key[0], "all") in fail} | fail - taken
    narrowest = inf
    for answers in read_answers(cohort) if out else ():
        audit, leak = _Audit(cohort, answers, plain, together), {*out}
        while leak:
            out |= leak
            leak, width = audit.leak(out, taken - out)
        narrowest = min(narrowest, width)
    left_out, width = _left_out(cohort, out), None if narrowest == inf else int(narrowest)
    found = Published(table, left_out, tuple(sorted(taken - out)), width)
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
    pairs = published.pairs()
    said = f"{len(pairs)} breakdowns are" if pairs else "Nothing is"
    said += " left out of what is published"
    if published.narrowest is not None:
        said += f"; the narrowest hidden count is open to {published.narrowest} whole numbers"
    named = tuple(f"{name} by {domain}" for name, domain in pairs[:5])
    return Check("disclosure", "", True, f"{said}.", rows=named, severity=WORTH_KNOWING)


def _left_out(cohort: Cohort, keys: Iterable[Key]) -> pd.DataFrame:
    rows = [(cohort.indicators[key[0]].table, *key, "[c]", LEFT_OUT) for key in sorted(keys)]
    return pd.DataFrame(rows, columns=LEFT_OUT_COLUMNS, dtype="str")


# ---- numbers for readers ------------------------------------------------------------------------

#: To how many places a share is written, and what is told of its error.
_PLACES = {
    **dict.fromkeys(
        ("estimate", "estimate_low", "estimate_high", "reading_low", "reading_high"), 2
    ),
    **dict.fromkeys(("conf_low", "conf_high", "side_low", "side_high", "difference"), 2),
    **{"std_error": 3, "deff": 1, "statistic": 2},
}
_TESTS = ("p_value", "p_adjusted", "deff_undone")
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


# ---- the rules ----------------------------------------------------------------------------------


class _Count(NamedTuple):
    """A count that a table of estimates tells: of an answer, or (answer "") of a whole base."""

    key: Key  # question and breakdown
    answer: str
    groups: tuple[str, ...]  # those that its group merges
    number: int
    fails: bool  # whether its group must not be published


def _told(cohort: Cohort, estimates: pd.DataFrame, merge: Merge) -> list[_Count]:
    """Bases and counts of estimates, and whether their group may not be published.

    A group of people must not be smaller than ``min_base``, or of fewer clusters than
    ``min_clusters``; have a count under ``min_count``; be small and all of one answer; or have few
    beyond a quantile. One of which nobody answered anything tells nothing.
    """
    least, groups, somebody = cohort.settings.disclosure, defaultdict(list), set()
    for row in estimates.fillna({"base_n": 0, "n_clusters": least.min_clusters}).itertuples():
        one, place = cohort.indicators[row.indicator], (row.domain, row.group)
        groups[one, place].append(row)
        somebody |= {(one.table, place)} if row.base_n and _is_of_people(cohort, one) else set()
    told = []
    for (one, (domain, group)), rows in groups.items():
        base, clusters = rows[0].base_n, rows[0].n_clusters
        answers = [row for row in rows if row.category]
        counts = {row.category: row.count_low for row in answers if pd.notna(row.count_low)}
        tails = [float(row.category) for row in answers if one.measure == "quantile"]
        alike = {base, 0} if one.measure == "multiple" else {base}
        fails = (one.table, (domain, group)) in somebody and (
            base < least.min_base
            or clusters < least.min_clusters
            or any(0 < n < least.min_count for n in counts.values())
            or (base < LEAST_ALIKE and not alike.isdisjoint(counts.values()))
            or any(base * min(p, 1 - p) < WIDE_ENOUGH for p in tails)
        )
        members = tuple(merge.get(domain, {}).get(group, (group,)))
        for answer, n in {"": base, **counts}.items():
            told.append(_Count((one.id, domain), answer, members, int(n), fails))
    return told


# ---- the audit ----------------------------------------------------------------------------------

#: A question and an answer: how many gave it, cell by cell (answer "": how many were asked).
Column = tuple[str, str]
EVERYBODY: Column = ("", "")  # how many people are in each cell
Cells = tuple[tuple[tuple[Column, int], int], ...]


class _Audit:
    """What a reader can work out of the hidden counts of a table from those that are shown.

    Unknown are the columns of all questions over the cells of all breakdowns together. A class,
    since all is looked at again after each breakdown that is left out.
    """

    def __init__(
        self, cohort: Cohort, answers: Answers, plain: list[_Count], together: list[_Count]
    ) -> None:
        self.of = {one.id: one for one in answers.indicators}
        self.plain = [each for each in plain if each.key[0] in self.of]
        self.together = [each for each in together if each.key[0] in self.of]
        self.cells = _cells(answers, {each.key[1] for each in self.plain} - {"all"})
        self.asked = _asked(cohort, answers)
        everyone = [each for each in self.plain if each.key[1] == "all"]
        self.totals = {(each.key[0], each.answer): each.number for each in everyone}
        self.totals[EVERYBODY] = int(self.cells["people"].sum())

    def leak(self, out: Set[Key], taken: Set[Key]) -> tuple[set[Key], float]:
        """Breakdowns that narrow a hidden count too far; else how narrow the narrowest is."""
        shown = [each for each in self.plain if each.key not in out | taken]
        shown += [each for each in self.together if each.key in taken]
        hidden = [c for c in self.plain if c.key in out or (c.key in taken and c.fails)]
        narrowest = inf
        for key, counts in groupby(sorted(hidden), key=lambda each: each.key):
            tied = set() if (key[0], "all") in out else self._tied(key, shown)
            system = System(self._known(key[0], shown)) if tied else None
            for each in counts if system else ():
                column, usual = (key[0], each.answer), self._usual(each)
                enough = int(min(narrowest, usual, self.totals[EVERYBODY]))
                width = system.width(self._sum({column: 1}, key[1], each.groups), enough)
                narrowest = min(narrowest, width) if width < usual else narrowest
                if narrowest < WIDE_ENOUGH:
                    return tied, narrowest
        return set(), narrowest

    def _tied(self, key: Key, shown: list[_Count]) -> set[Key]:
        """Shown breakdowns that bear on a hidden one, the nearest."""
        name, family = key[0], self._family(key[0])
        near = {q for q in family if name in {q, *self.asked[q]} or q in self.asked[name]}
        keys = {each.key for each in shown if each.key[0] in family and each.key[1] != "all"}
        apart = {other: (other[1] != key[1], other[0] not in near) for other in keys}
        return {other for other in keys if apart[other] == min(apart.values())}

    def _family(self, name: str) -> set[str]:
        """Questions whose bases are each other's answers, step by step."""
        ties = [{q, *above} for q, above in self.asked.items()]
        return reduce(lambda found, _: found.union(*(t for t in ties if t & found)), ties, {name})

    def _inside(self, domain: str, groups: Collection[str]) -> list[int]:
        """Which cells lie in some groups of a breakdown."""
        inside = [
            domain == "all" or value in groups
            for value in self.cells.get(domain, self.cells["people"])
        ]
        return np.flatnonzero(inside).tolist()

    def _sum(self, terms: Mapping[Column, int], domain: str, groups: Collection[str]) -> Cells:
        cells = self._inside(domain, groups)
        return tuple(((column, cell), sign) for column, sign in terms.items() for cell in cells)

    def _usual(self, hidden: _Count) -> float:
        """How far apart totals and the sizes of groups alone leave the ends of a count."""
        (name, domain), everybody = hidden.key, self.totals[EVERYBODY]
        size = self.cells["people"].iloc[self._inside(domain, hidden.groups)].sum()
        total = self.totals[name, hidden.answer]
        is_share = self.of[name].measure in SHARES
        return min(total, size) - max(0, total + size - everybody) if is_share else inf

    def _known(self, name: str, shown: list[_Count]) -> Iterator[Row]:
        """What a reader knows of the counts of a question and of those that it hangs on.

        A mean of a group follows from others where its base does, whatever that base is: there
        sizes are left out, so that it is narrow only where it is fixed.
        """
        is_share = self.of[name].measure in SHARES
        family = self._family(name) if is_share else {name}
        told = [each for each in shown if each.key[0] in family]
        for (one, domain), answer, groups, n, _ in told:
            yield Row(self._sum({(one, answer): 1}, domain, groups), n, n)
        for domain in self.cells.columns.drop("people") if is_share else ():
            for group, n in self.cells.groupby(domain)["people"].sum().items():
                yield Row(self._sum({EVERYBODY: 1}, domain, [group]), int(n), int(n))
        asked = {key[0] for key, *_ in told} if is_share else set()
        for parts, whole in [pair for one in sorted(asked) for pair in self._within(one)]:
            if {one for one, _ in whole} <= {*asked, ""}:
                ends = [sum(self.totals[each] for each in columns) for columns in (parts, whole)]
                terms = dict.fromkeys(parts, 1) | dict.fromkeys(whole, -1)
                for cell in range(len(self.cells)):
                    in_cell = tuple(((column, cell), sign) for column, sign in terms.items())
                    yield Row(in_cell, 0 if ends[0] == ends[1] else None, 0)

    def _within(self, name: str) -> Iterator[tuple[list[Column], list[Column]]]:
        """Columns that lie within others in every cell: answers, their base, those asked."""
        base, one = (name, ""), self.of[name]
        answers = [column for column in self.totals if column[0] == name and column != base]
        for parts in [answers] if one.measure == "share" else [[each] for each in answers]:
            yield parts, [base]
        yield [base], [EVERYBODY]
        for above, values in self.asked[name].items():
            yield [base], [(above, each) for each in values if (above, each) in self.totals]


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
