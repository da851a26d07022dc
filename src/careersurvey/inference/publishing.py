"""What a report may publish of people: rules, an audit by arithmetic, and flags of reliability."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from math import inf
from typing import NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.coded import CodedTable
from careersurvey.evidence.answers.table import compile_tables
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import Disclosure
from careersurvey.evidence.tables import Condition, Indicator
from careersurvey.inference.columns import ESTIMATES, lay_out
from careersurvey.inference.estimates import breakdowns, estimate
from careersurvey.inference.record.constraints import SHARES, Row
from careersurvey.inference.record.solver import System, Terms

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
        """Rows of a table of indicators and domains that may be published, in its order.

        Parameters
        ----------
        table : DataFrame
            ``indicator``, and ``domain`` where it breaks anything down.
        merged : DataFrame, optional
            The same of merged groups, whose rows stand where merged groups are published.
        """
        out = {*self.pairs()}

        def may_stay(rows: pd.DataFrame, is_merged: bool) -> pd.DataFrame:
            domains = rows.get("domain", pd.Series("all", rows.index))
            pairs = zip(rows["indicator"], domains, strict=True)
            stays = [
                (pair in self.merged) == is_merged and not {pair, (pair[0], "all")} & out
                for pair in pairs
            ]
            return rows[np.array(stays, bool)]

        if merged is None:
            return may_stay(table, False).reset_index(drop=True)
        place = {name: at for at, name in enumerate(dict.fromkeys(table["indicator"]))}
        return pd.concat([may_stay(table, False), may_stay(merged, True)]).sort_values(
            "indicator", key=lambda names: names.map(place), kind="stable", ignore_index=True
        )


def decide(cohort: Cohort) -> Published:
    """Decide what a report may publish of a cohort: everyone, and all that it breaks down by."""
    if cohort.evidence != "respondents":
        return publishable(cohort, lay_out([], ESTIMATES))
    by, merge = breakdowns(cohort), cohort.settings.disclosure.merge
    _require_mergeable(cohort)
    table = estimate(cohort, by=by, min_base=0)
    return publishable(
        cohort, table, estimate(cohort, by=by, min_base=0, merge=merge) if merge else None
    )


def publishable(
    cohort: Cohort, estimates: pd.DataFrame, merged: pd.DataFrame | None = None
) -> Published:
    """Decide what may be published of a cohort's estimates, all of them together.

    Parameters
    ----------
    cohort : Cohort
        Its ``[disclosure]`` says which tables are of institutions, and the thresholds.
    estimates : DataFrame
        All that is to be published: the estimates table, with every row shown (``min_base=0``).
    merged : DataFrame, optional
        The same with the groups that ``[disclosure] merge`` lets stand together: what is
        published instead where a breakdown may not be and its merged one may.

    Returns
    -------
    Published
        A breakdown of people is left out whole, for that question, where a group of it fails one
        of `RULES`; and where it would let a reader narrow a hidden count down to fewer than 5 whole
        numbers. Shares of people are whole percentages, and their counts rounded to ``round``.
    """
    if cohort.evidence != "respondents":
        return Published(flagged(estimates), _left_out(cohort, ()), (), None)
    plain = _groups(cohort, estimates, {})
    together = {} if merged is None else _groups(cohort, merged, cohort.settings.disclosure.merge)
    audit = _Audit(cohort, plain)
    shown: dict[Key, list[_Group]] = {}
    for key, groups in plain.items():
        merge = [together[key]] if key in together and key[1] != "all" else []
        fit = [each for each in (groups, *merge) if not audit.fails(key, each)]
        if fit:
            shown[key] = fit[0]
    shown = {key: groups for key, groups in shown.items() if (key[0], "all") in shown}
    leak, narrowest = audit.leak(shown)
    while leak:
        shown = {key: groups for key, groups in shown.items() if key not in leak}
        leak, narrowest = audit.leak(shown)
    taken = tuple(sorted(key for key, groups in shown.items() if groups is not plain[key]))
    found = Published(estimates, _left_out(cohort, plain.keys() - shown.keys()), taken, narrowest)
    return replace(found, estimates=for_readers(cohort, found.keep(estimates, merged)))


def _require_mergeable(cohort: Cohort) -> None:
    """Refuse to merge what is no group of the codebook, or what the design itself uses."""
    known = {each.name: set(each.values) for each in cohort.codebook if each.type == "category"}
    designs = str([table.design for table in cohort.settings.tables.values()])
    for variable, groups in cohort.settings.disclosure.merge.items():
        members = [one for each in groups.values() for one in each]
        lost = sorted(set(members) - known.get(variable, set()))
        kept = known.get(variable, set()) - set(members)
        twice = sorted({one for one in members if members.count(one) > 1} | kept & set(groups))
        drawn = [variable] if f"'{variable}'" in designs else []
        if lost or twice or drawn:
            raise CohortError(
                f"{cohort.id}: groups of {variable} cannot be merged as declared.",
                found=", ".join(lost or twice or drawn),
                expected="values of a category of the codebook, each in one new group"
                if lost or twice
                else "a variable that the design does not use",
                where=f"cohort.toml [disclosure.merge.{variable}]",
                do="correct the names" if lost or twice else "merge another variable like it",
            )


def disclosure_check(published: Published) -> Check:
    """What was left out of a report, as a row of `check`: it passes, since nothing leaked."""
    pairs = published.pairs()
    said = f"{len(pairs)} breakdowns are" if pairs else "Nothing is"
    said += " left out of what is published"
    if published.narrowest is not None:
        said += f"; the narrowest hidden count is open to {published.narrowest} whole numbers"
    named = tuple(f"{name} by {domain}" for name, domain in pairs[:5])
    return Check("disclosure", "", True, f"{said}.", rows=named, severity=3)


def _left_out(cohort: Cohort, keys: Iterable[Key]) -> pd.DataFrame:
    rows = [
        (cohort.indicators[name].table, name, domain, "[c]", LEFT_OUT)
        for name, domain in sorted(keys)
    ]
    return pd.DataFrame(rows, columns=LEFT_OUT_COLUMNS, dtype="str")


# ---- numbers for readers ------------------------------------------------------------------------

_ENDS = ("estimate", "estimate_low", "estimate_high", "conf_low", "conf_high", "difference")
_SIDE_ENDS = ("estimate", "reading_low", "reading_high", "side_low", "side_high")
_TESTS = ("p_value", "p_adjusted", "deff_undone")
_COUNTS = ("base_n", "base_against", "count_low", "count_high")


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
    known = [
        cohort.indicators.get(name) for name in table[f"indicator_{side}" if side else "indicator"]
    ]
    people = pd.Series([_is_of_people(cohort, one) for one in known], table.index, dtype=bool)
    shares = people & pd.Series(
        [one and one.measure in SHARES for one in known], table.index, dtype=bool
    )
    to = cohort.settings.disclosure.round
    digits = dict.fromkeys(_ENDS, 2) | {f"{name}_{side}": 2 for name in _SIDE_ENDS}
    digits |= {"std_error": 3, "deff": 1, "statistic": 2}
    cells = {
        name: table[name].where(~shares, table[name].round(n))
        for name, n in digits.items()
        if name in table
    }
    for name in [each for each in _TESTS if each in table]:  # an exact p is the exact share again
        cells[name] = table[name].where(~shares, table[name].map(_two_digits, na_action="ignore"))
    for name in [each for each in _COUNTS if each in table and to > 1]:
        cells[name] = table[name].where(~people, (table[name] + to // 2) // to * to)
    if side and to > 1:
        bases = table[f"base_{side}"]
        cells[f"base_{side}"] = bases.where(~people, bases.map(lambda said: _rounded(said, to)))
    return table.assign(**cells)


def _two_digits(number: float) -> float:
    return float(f"{number:.2g}")


def _rounded(said: str, to: int) -> str:
    """Round the number that a base is said to be."""
    digits = str(said).replace(",", "")
    return f"{(int(digits) + to // 2) // to * to:,}" if digits.isdecimal() else said


def _is_of_people(cohort: Cohort, known: Indicator | None) -> bool:
    about = cohort.settings.disclosure.about
    return known is not None and about.get(known.table, "people") == "people"


# ---- the rules ----------------------------------------------------------------------------------


class _Group(NamedTuple):
    """One group of a breakdown: the groups that it merges, its base, clusters and counts.

    ``alike`` is whether one answer is everybody's; ``beyond`` how many lie on the thinner side of a
    quantile.
    """

    members: tuple[str, ...]
    base: int
    clusters: float
    counts: Mapping[str, int]
    alike: bool
    beyond: float


#: What a group of people must not be.
RULES: Mapping[str, Callable[[_Group, Disclosure], bool]] = {
    "of fewer people than min_base": lambda group, least: group.base < least.min_base,
    "of fewer clusters than min_clusters": lambda group, least: group.clusters < least.min_clusters,
    "with a count under min_count": lambda group, least: any(
        0 < n < least.min_count for n in group.counts.values()
    ),
    "of one answer, and fewer than 30": lambda group, _: group.alike and group.base < LEAST_ALIKE,
    "with fewer than 5 beyond a quantile": lambda group, _: group.beyond < WIDE_ENOUGH,
}


def _groups(
    cohort: Cohort, estimates: pd.DataFrame, merge: Mapping[str, Mapping[str, Iterable[str]]]
) -> dict[Key, list[_Group]]:
    """Groups of every breakdown, in the order of the table."""
    found: dict[Key, list[_Group]] = defaultdict(list)
    for (name, domain, group), rows in estimates.groupby(
        ["indicator", "domain", "group"], sort=False
    ):
        base, clusters = (rows[column].iloc[0] for column in ("base_n", "n_clusters"))
        base, measure = 0 if pd.isna(base) else int(base), cohort.indicators[name].measure
        named = rows[rows["category"] != ""]
        counted = named.dropna(subset="count_low")
        counts = dict(zip(counted["category"], counted["count_low"].astype(int), strict=True))
        ends = {base, 0} if measure == "multiple" else {base}
        parts = (
            [min(p, 1 - p) for p in map(float, named["category"])] if measure == "quantile" else []
        )
        found[name, domain].append(
            _Group(
                members=tuple(merge.get(domain, {}).get(group, (group,))),
                base=base,
                clusters=inf if pd.isna(clusters) else clusters,
                counts=counts,
                alike=not ends.isdisjoint(counts.values()),
                beyond=base * min(parts, default=inf) if base else inf,
            )
        )
    return dict(found)


# ---- the audit ----------------------------------------------------------------------------------


class _Audit:
    """What a reader can work out of the breakdowns of a cohort from those that are shown.

    Unknown are, for each question and each cell of all breakdowns together, how many gave each
    answer and (answer "") how many it was put to; of a table (answer "") how many are in it. A
    class, since every question is looked at over the same cells.
    """

    def __init__(self, cohort: Cohort, groups: Mapping[Key, list[_Group]]) -> None:
        self.cohort, self.all = cohort, groups
        self.domains = sorted({domain for _, domain in groups} - {"all"})
        answers = compile_tables(cohort)
        self.people = {name: table.rows_kept for name, table in answers.items()}
        self.cells = _cells(answers, self.domains)
        self.asked = _asked(cohort, {name for name, _ in groups})

    def fails(self, key: Key, groups: Iterable[_Group]) -> bool:
        """Whether a group of a breakdown of people, that anybody is in, fails a rule."""
        least = self.cohort.settings.disclosure
        there = (each for each in groups if each.base or self._sum("", "", key[1], each.members))
        return _is_of_people(self.cohort, self.cohort.indicators[key[0]]) and any(
            fails(each, least) for each in there for fails in RULES.values()
        )

    def leak(self, shown: Mapping[Key, list[_Group]]) -> tuple[set[Key], int | None]:
        """Breakdowns that narrow a hidden count too far; else the narrowest that is left."""
        best: int | None = None
        for key, groups in sorted(self.all.items()):
            own = shown.get(key)
            hidden = [] if own is groups else [*groups]
            if own:  # merged groups: of those that they stand for, the ones that fail are hidden
                hidden = [each for each in hidden if self.fails(key, [each])]
            tied = self._tied(key, shown) if hidden and (key[0], "all") in shown else set()
            if not tied:
                continue
            known, usual = self._system(key[0], shown)
            for count in self._counts(key, hidden):
                width = known.width(count, best)
                if (best is None or width < best) and (not usual or width < usual.width(count)):
                    best = width
                if best is not None and best < WIDE_ENOUGH:
                    return tied, best
        return set(), best

    def _tied(self, key: Key, shown: Collection[Key]) -> set[Key]:
        """Shown breakdowns that bear on a hidden one, the nearest."""
        name, domain = key
        family = self._family(name)
        near = {q for q in family if name in {q, *self.asked[q]} or q in self.asked[name]}
        for domains, questions in product(([domain], self.domains), (near, family)):
            found = {*product(questions, domains)} & {*shown}
            if found:
                return found
        return set()

    def _family(self, name: str) -> set[str]:
        """Questions whose bases are each other's answers, step by step."""
        ties = [{q, *above} for q, above in self.asked.items()]
        return reduce(lambda found, _: found.union(*(t for t in ties if t & found)), ties, {name})

    def _system(self, name: str, shown: Mapping[Key, list[_Group]]) -> tuple[System, System | None]:
        """What a reader knows of a question's counts, and what totals and sizes alone tell.

        A mean of a group follows from others where its base does, whatever that base is: there
        sizes are left out, so that it is narrow only where it is fixed.
        """
        everywhere = ("all", *self.domains)
        if self.cohort.indicators[name].measure not in SHARES:
            return System([*self._told(name, shown, everywhere)]), None
        table = self.cohort.indicators[name].table
        family = sorted(q for q in self._family(name) if (q, "all") in shown)
        known = [row for q in family for row in self._told(q, shown, everywhere)]
        known += [row for q in family for row in self._within(q, {*family})]
        usual = [*self._told(name, shown, ("all",)), *self._within(name, ())]
        sizes = [*self._sizes(table)]
        return System(known + sizes), System(usual + sizes)

    def _counts(self, key: Key, groups: Iterable[_Group]) -> list[Terms]:
        """Base and counts of some groups of a breakdown."""
        answers = ("", *self.all[key[0], "all"][0].counts)
        return [
            self._sum(key[0], answer, key[1], group.members)
            for group in groups
            for answer in answers
        ]

    def _sum(
        self, name: str, answer: str, domain: str, groups: Iterable[str]
    ) -> tuple[tuple[Hashable, int], ...]:
        """Cells of a question's answer (empty: its base) that lie in some groups of a domain."""
        at = None if domain == "all" else self.domains.index(domain)
        inside = (cell for cell in self.cells if at is None or cell[at] in groups)
        return tuple(((name, answer, cell), 1) for cell in inside)

    def _told(
        self, name: str, shown: Mapping[Key, list[_Group]], domains: Iterable[str]
    ) -> Iterator[Row]:
        """Bases and counts of the breakdowns that are shown."""
        for domain in domains:
            for each in shown.get((name, domain), ()):
                for answer, n in {"": each.base, **each.counts}.items():
                    yield Row(self._sum(name, answer, domain, each.members), n, n)

    def _within(self, name: str, family: Collection[str]) -> Iterator[Row]:
        """Cell by cell: answers within their base, and the base within those who were asked."""
        one, (total,) = self.cohort.indicators[name], self.all[name, "all"]
        above = {q: values for q, values in self.asked[name].items() if q in family}
        for cell in self.cells:
            base, answers = (name, "", cell), [((name, each, cell), 1) for each in total.counts]
            if one.measure == "share":
                yield Row((*answers, (base, -1)), *_up_to(sum(total.counts.values()), total.base))
            else:
                yield from (Row((answer, (base, -1)), None, 0) for answer in answers)
            people = ((one.table, "", cell), -1)
            yield Row(((base, 1), people), *_up_to(total.base, self.people[one.table]))
            for parent, values in above.items():
                counts = self.all[parent, "all"][0].counts
                asked = [((parent, each, cell), -1) for each in values if each in counts]
                most = sum(counts.get(each, 0) for each in values)
                yield Row(((base, 1), *asked), *_up_to(total.base, most))

    def _sizes(self, table: str) -> Iterator[Row]:
        """How many of each group are in a table: taken for known to everybody."""
        people = self.people[table]
        yield Row(self._sum(table, "", "all", ()), people, people)
        for domain in self.domains:
            sizes: dict[str, int] = defaultdict(int)
            for (name, by), groups in self.all.items():
                one = self.cohort.indicators[name]
                bases = {each.members[0]: each.base for each in groups} if by == domain else {}
                bases |= groups[0].counts if by == "all" and one.variables == (domain,) else {}
                for group, base in bases.items() if one.table == table else ():
                    sizes[group] = max(sizes[group], base)
            for group, least in sizes.items():
                most = people - sum(sizes.values()) + least
                yield Row(self._sum(table, "", domain, (group,)), least, most)


def _up_to(part: int, whole: int) -> tuple[int | None, int]:
    """Ends of a part less its whole in every cell: 0 where they are the same in all together."""
    return (0 if part == whole else None), 0


def _cells(answers: Mapping[str, CodedTable], domains: Iterable[str]) -> list[tuple]:
    """Values of all the domains that some unit has together, within the table that has them."""
    homes: dict[str, list[str]] = defaultdict(list)
    for domain in domains:
        for name in [name for name, table in answers.items() if domain in table.frame.columns][:1]:
            homes[name].append(domain)
    together = []
    for name, columns in homes.items():
        found = nw.from_native(answers[name].frame).select(columns).unique().lazy().collect()
        together.append([dict(zip(columns, row, strict=True)) for row in found.rows()])
    joined = ({k: v for part in parts for k, v in part.items()} for parts in product(*together))
    return sorted((tuple(each.get(d) for d in domains) for each in joined), key=str)


def _asked(cohort: Cohort, names: Collection[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """By question, the questions and answers that its base lies within."""
    shares = [one for name, one in cohort.indicators.items() if one.measure == "share"]
    homes = {(one.table, v): one.id for one in shares for v in one.variables if one.id in names}
    found = {}
    for name in names:
        one = cohort.indicators[name]
        asked = cohort.settings.tables[one.table].asked
        routes = [asked[v] for v in one.variables[:1] if "=" in asked.get(v, "")]
        terms = [term for each in (one.among, *map(Condition.parse, routes)) for term in each.terms]
        pairs = {homes.get((one.table, variable)): values for variable, values in terms}
        found[name] = {q: values for q, values in pairs.items() if q not in (None, name)}
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
    width, few = high - low, f"fewer than {LEAST_RELIABLE_BASE} answered"
    answers = base / np.fmax(deff, 1)
    rules = (
        (estimates["evidence"] != "respondents", "", ""),
        (np.isnan(share), "[x]", SYMBOLS["[x]"]),
        (base < LEAST_RELIABLE_BASE, "[u]", few),
        (estimates["category"] == "", "", ""),
        (answers < LEAST_RELIABLE_BASE, "[u]", "they tell as much as fewer than 30"),
        (width >= 0.30, "[u]", "the interval is 30 points wide or more"),
        (
            (width > np.fmax(0.05, 1.3 * share)) & (share > 0),
            "[u]",
            "the interval is wide for the share",
        ),
        (clusters - 1 < LEAST_DEGREES, "[u]", f"fewer than {LEAST_DEGREES} degrees of freedom"),
        ((share > 0) & (share < 0.005), "[low]", SYMBOLS["[low]"]),
    )
    applies = [np.asarray(rule, bool) for rule, _, _ in rules]
    flag = np.select(applies, [symbol for _, symbol, _ in rules], "")
    reason = np.select(applies, [words for _, _, words in rules], "")
    return estimates.assign(
        flag=pd.array(flag, dtype="str"), flag_reason=pd.array(reason, dtype="str")
    )
