"""What a report may publish of people: rules, an audit by arithmetic, and flags of reliability."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import narwhals as nw
import numpy as np
import pandas as pd

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.coded import CodedTable
from careersurvey.evidence.answers.table import compile_tables
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import Disclosure
from careersurvey.evidence.tables import Condition
from careersurvey.inference.columns import ESTIMATES, lay_out
from careersurvey.inference.estimates import breakdowns, estimate
from careersurvey.inference.record.constraints import SHARES, Row
from careersurvey.inference.record.solver import Linear, Terms

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
        return _kept(table, merged, set(self.pairs()), set(self.merged))


def decide(cohort: Cohort) -> Published:
    """Decide what a report may publish of a cohort: everyone, and by each of `estimates.DOMAINS`.

    Parameters
    ----------
    cohort : Cohort

    Returns
    -------
    Published
        As `publishable` returns it.
    """
    if cohort.evidence != "respondents":
        return publishable(cohort, lay_out([], ESTIMATES))
    by, merge = breakdowns(cohort), cohort.settings.disclosure.merge
    _require_mergeable(cohort)
    table = estimate(cohort, by=by, min_base=0)
    together = estimate(cohort, by=by, min_base=0, merge=merge) if merge else None
    return publishable(cohort, table, together)


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
        A breakdown of people is left out whole, for that question, where a group of it is under
        ``min_base``, comes from fewer than ``min_clusters`` clusters, has a count under
        ``min_count``, or is of fewer than 30 people who all gave one answer; and where it would let
        a reader narrow a hidden count down to fewer than 5 whole numbers. Shares of people are
        whole percentages, and their counts rounded to ``round``.
    """
    if cohort.evidence != "respondents":
        return Published(flagged(estimates), _left_out(cohort, ()), (), None)
    tables = _Tables(cohort, estimates, merged)
    failing = {key for key in tables.all if tables.fails(key)}
    failing -= {key for key in sorted(failing) if tables.take_merged(key)}
    out = failing | {key for key in tables.all if (key[0], "all") in failing}
    leak, narrowest = tables.leak(out)
    while leak:
        out |= leak
        leak, narrowest = tables.leak(out)
    taken = tables.taken - out
    shown = for_readers(cohort, _kept(estimates, merged, out, taken))
    return Published(shown, _left_out(cohort, out), tuple(sorted(taken)), narrowest)


def _kept(
    table: pd.DataFrame, merged: pd.DataFrame | None, out: set[Key], taken: set[Key]
) -> pd.DataFrame:
    """Rows that may stay: merged where that was taken, in the order of the indicators."""
    kept = []
    for number, rows in enumerate([table] if merged is None else [table, merged]):
        domains = rows["domain"] if "domain" in rows else ["all"] * len(rows)
        pairs = list(zip(rows["indicator"], domains, strict=True))
        stays = [(i, d) not in out and (i, "all") not in out for i, d in pairs]
        chosen = [(pair in taken) == (number == 1) for pair in pairs]
        kept.append(rows[np.array(stays, bool) & np.array(chosen, bool)])
    if merged is None:
        return kept[0].reset_index(drop=True)
    place = {name: at for at, name in enumerate(dict.fromkeys(table["indicator"]))}
    return pd.concat(kept).sort_values(
        "indicator", key=lambda names: names.map(place), kind="stable", ignore_index=True
    )


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
    breakdowns = len(published.left_out)
    said = (
        f"{breakdowns} breakdowns are left out of what is published"
        if breakdowns
        else ("Nothing is left out of what is published")
    )
    if published.narrowest is not None:
        said += f"; the narrowest hidden count is open to {published.narrowest} whole numbers"
    named = tuple(f"{name} by {domain}" for name, domain in published.pairs()[:5])
    return Check("disclosure", "", True, f"{said}.", rows=named, severity=3)


def _left_out(cohort: Cohort, keys: Iterable[Key]) -> pd.DataFrame:
    rows = [
        (cohort.indicators[name].table, name, domain, "[c]", LEFT_OUT)
        for name, domain in sorted(keys)
        if domain not in cohort.indicators[name].variables
    ]
    columns = ["table", "indicator", "domain", "flag", "reason"]
    return pd.DataFrame(rows, columns=columns, dtype="str")


def _is_of_people(cohort: Cohort, indicator: str) -> bool:
    known, about = cohort.indicators.get(indicator), cohort.settings.disclosure.about
    return known is not None and about.get(known.table, "people") == "people"


def _is_share(cohort: Cohort, indicator: str) -> bool:
    return indicator in cohort.indicators and cohort.indicators[indicator].measure in SHARES


def for_readers(cohort: Cohort, table: pd.DataFrame, side: str = "") -> pd.DataFrame:
    """Flag estimates, then write shares of people as whole percentages, and round their counts.

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
    named = table[f"indicator_{side}"] if side else table["indicator"]
    people = named.map(lambda name: _is_of_people(cohort, name)).astype(bool)
    shares = people & named.map(lambda name: _is_share(cohort, name)).astype(bool)
    to = cohort.settings.disclosure.round
    digits = dict.fromkeys(_ENDS, 2) | {f"{name}_{side}": 2 for name in _SIDE_ENDS}
    digits |= {"std_error": 3, "deff": 1}
    cells = {
        name: table[name].where(~shares, table[name].round(n))
        for name, n in digits.items()
        if name in table
    }
    for name in [each for each in _COUNTS if each in table and to > 1]:
        cells[name] = table[name].where(~people, (table[name] + to // 2) // to * to)
    if side and to > 1:
        bases = table[f"base_{side}"]
        cells[f"base_{side}"] = bases.where(~people, bases.map(lambda said: _rounded(said, to)))
    return table.assign(**cells)


_ENDS = ("estimate", "estimate_low", "estimate_high", "conf_low", "conf_high", "difference")
_SIDE_ENDS = ("estimate", "reading_low", "reading_high", "side_low", "side_high")
_COUNTS = ("base_n", "base_against", "count_low", "count_high")


def _rounded(said: str, to: int) -> str:
    """Round the number that a base is said to be."""
    digits = str(said).replace(",", "")
    return f"{(int(digits) + to // 2) // to * to:,}" if digits.isdecimal() else said


# ---- the tables of a report ---------------------------------------------------------------------


@dataclass(frozen=True)
class _Group:
    """One group of a breakdown: the groups that it merges, its base and its counts."""

    members: tuple[str, ...]
    base: int
    n_clusters: int | None
    counts: Mapping[str, int]


class _Tables:
    """Every breakdown of a cohort's estimates, and what a reader can work out from some of them.

    A class, since rules and audit look at the same groups again and again.
    """

    def __init__(self, cohort: Cohort, estimates: pd.DataFrame, merged: pd.DataFrame | None):
        self.cohort, self.settings = cohort, cohort.settings.disclosure
        self.all = _groups(estimates, {})
        self.merged = {} if merged is None else _groups(merged, self.settings.merge)
        self.shown = dict(self.all)
        self.nested = _nested(cohort)
        self.domains = sorted({domain for _, domain in self.all} - {"all"})
        self.answers = compile_tables(cohort)
        self.cells = _cells(self.answers, self.domains)

    def fails(self, key: Key, groups: Iterable[_Group] | None = None) -> bool:
        """Whether a group of a breakdown of people is under a threshold."""
        if not _is_of_people(self.cohort, key[0]):
            return False
        there = (
            e for e in groups or self.all[key] if e.base or self._sum("", "", key[1], e.members)
        )
        return any(_fails(each, self.settings) for each in there)

    def take_merged(self, key: Key) -> bool:
        """Show the merged breakdown, where there is one that may be."""
        if key[1] == "all" or key not in self.merged or self.fails(key, self.merged[key]):
            return False
        self.shown[key] = self.merged[key]
        return True

    @property
    def taken(self) -> set[Key]:
        """Breakdowns that are shown merged."""
        return {key for key, groups in self.shown.items() if groups is not self.all[key]}

    def leak(self, out: set[Key]) -> tuple[set[Key], int | None]:
        """Breakdowns that narrow a hidden count too far; else the narrowest that is left."""
        best = None
        for key in sorted(out | self.taken):
            tied = set() if (key[0], "all") in out else self._tied(key, out)
            if tied:
                known = Linear(self._rows(self._family(key[0]), out, self.domains))
                usual = Linear(self._rows({key[0]}, out, ()))
                for count in self._hidden(key):
                    width = known.width(count, best)
                    if (best is None or width < best) and width < usual.width(count):
                        best = width
                    if best is not None and best < WIDE_ENOUGH:
                        return tied, best
        return set(), best

    def _tied(self, key: Key, out: set[Key]) -> set[Key]:
        """Published breakdowns that bear on a hidden one, the nearest."""
        name, domain = key
        family = self._family(name)
        near = {q for q in family if self._hangs_on(q, name) or self._hangs_on(name, q)}
        nearest = (
            [(q, domain) for q in near],
            [(q, domain) for q in family],
            [(q, by) for q in near | {name} for by in self.domains],
            [(q, by) for q in family for by in self.domains],
        )
        kept = ({k for k in keys if k in self.all and k not in out} for keys in nearest)
        return next((keys for keys in kept if keys), set())

    def _hangs_on(self, question: str, parent: str) -> bool:
        return parent in {name for name, _ in self.nested[question]}

    def _family(self, name: str) -> set[str]:
        """Questions whose bases are each other's answers, step by step."""
        found, edge = {name}, {name}
        while edge:
            near = {q for q in self.nested for e in edge if self._hangs_on(q, e)}
            edge = (near | {q for e in edge for q, _ in self.nested[e]}) - found
            found |= edge
        return {q for q in found if (q, "all") in self.all}

    def _hidden(self, key: Key) -> list[Terms]:
        """Base and counts of every group, or of those that fail where merged ones stand."""
        name, domain = key
        merged = key in self.taken
        answers = ("", *self.all[name, "all"][0].counts)
        return [
            self._sum(name, answer, domain, group.members)
            for group in self.all[key]
            if not merged or self.fails(key, [group])
            for answer in answers
        ]

    def _sum(self, name: str, answer: str, domain: str, groups: Iterable[str]) -> Terms:
        """Cells of a question's answer (empty: its base) that lie in some groups of a domain."""
        at = None if domain == "all" else self.domains.index(domain)
        inside = (cell for cell in self.cells if at is None or cell[at] in groups)
        return tuple(((name, answer, cell), 1) for cell in inside)

    def _rows(self, questions: set[str], out: set[Key], domains: Iterable[str]) -> list[Row]:
        """What a reader knows of some questions: totals, sizes of groups, published breakdowns."""
        rows = []
        for name in sorted(q for q in questions if (q, "all") not in out):
            for domain in ("all", *domains):
                shown = [] if (name, domain) in out else self.shown.get((name, domain), [])
                for each in shown:
                    for answer, n in {"": each.base, **each.counts}.items():
                        rows.append(Row(self._sum(name, answer, domain, each.members), n, n))
            rows += self._within_base(name)
            for parent, values in self.nested[name] if domains else ():
                if parent in questions and (parent, "all") not in out:
                    rows += self._within_answers(name, parent, values)
        return [*rows, *self._sizes(self.cohort.indicators[min(questions)].table)]

    def _within_base(self, name: str) -> Iterator[Row]:
        """Answers within their base, cell by cell, and the base within the people."""
        one, (total,) = self.cohort.indicators[name], self.all[name, "all"]
        full = total.base == self.answers[one.table].rows_kept
        for cell in self.cells:
            base = ((name, "", cell), -1)
            answers = [((name, answer, cell), 1) for answer in total.counts]
            if one.measure == "share":
                yield Row((*answers, base), 0, 0)
            else:
                yield from (Row((answer, base), None, 0) for answer in answers)
            yield Row((((one.table, "", cell), 1), base), 0, 0 if full else None)

    def _within_answers(self, name: str, parent: str, values: Iterable[str]) -> Iterator[Row]:
        """The base of a question within the answers that it was asked for."""
        (own,), (above,) = self.all[name, "all"], self.all[parent, "all"]
        asked = [value for value in values if value in above.counts]
        full = own.base == sum(above.counts[value] for value in asked)
        for cell in self.cells:
            parts = [((parent, value, cell), -1) for value in asked]
            yield Row((((name, "", cell), 1), *parts), 0 if full else None, 0)

    def _sizes(self, table: str) -> Iterator[Row]:
        """How many of each group are in a table: taken for known to everybody."""
        people = self.answers[table].rows_kept
        yield Row(self._sum(table, "", "all", ()), people, people)
        for domain in self.domains:
            sizes: dict[str, int] = {}
            for (name, by), groups in self.all.items():
                for each in groups if by == domain else ():
                    if self.cohort.indicators[name].table == table:
                        sizes[each.members[0]] = max(sizes.get(each.members[0], 0), each.base)
            for group, least in sizes.items():
                most = people - sum(sizes.values()) + least
                yield Row(self._sum(table, "", domain, (group,)), least, most)


def _cells(answers: Mapping[str, CodedTable], domains: Iterable[str]) -> list[tuple]:
    """Values of all the domains that some unit has together, within the table that has them."""
    homes: dict[str, list[str]] = defaultdict(list)
    for domain in domains:
        for name, table in answers.items():
            if domain in table.frame.columns:
                homes[name].append(domain)
                break
    together = []
    for name, columns in homes.items():
        found = nw.from_native(answers[name].frame).select(columns).unique().lazy().collect()
        together.append([dict(zip(columns, row, strict=True)) for row in found.rows()])
    joined = ({k: v for part in parts for k, v in part.items()} for parts in product(*together))
    return sorted((tuple(each.get(d) for d in domains) for each in joined), key=str)


def _fails(group: _Group, settings: Disclosure) -> bool:
    few = group.base < settings.min_base
    near = group.n_clusters is not None and group.n_clusters < settings.min_clusters
    rare = any(0 < n < settings.min_count for n in group.counts.values())
    alike = group.base < LEAST_ALIKE and group.base in group.counts.values()
    return few or near or rare or alike


def _groups(
    estimates: pd.DataFrame, merge: Mapping[str, Mapping[str, Iterable[str]]]
) -> dict[Key, list[_Group]]:
    """Groups of every breakdown, in the order of the table."""
    together: dict[tuple, list[dict]] = defaultdict(list)
    columns = ["indicator", "domain", "group", "category", "base_n", "count_low", "n_clusters"]
    for each in estimates[columns].to_dict("records"):
        together[each["indicator"], each["domain"], each["group"]].append(each)
    found: dict[Key, list[_Group]] = defaultdict(list)
    for (name, domain, group), rows in together.items():
        numbers = [rows[0][column] for column in ("base_n", "n_clusters")]
        base, clusters = (None if pd.isna(n) else int(n) for n in numbers)
        counted = [each for each in rows if each["category"] and not pd.isna(each["count_low"])]
        counts = {each["category"]: int(each["count_low"]) for each in counted}
        members = tuple(merge.get(domain, {}).get(group, (group,)))
        found[name, domain].append(_Group(members, base or 0, clusters, counts))
    return dict(found)


def _nested(cohort: Cohort) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Questions and answers that each question's base lies within."""
    homes = {
        (one.table, variable): name
        for name, one in cohort.indicators.items()
        for variable in one.variables
        if one.measure == "share"
    }
    nested: dict[str, list] = {}
    for name, one in cohort.indicators.items():
        table = cohort.settings.tables.get(one.table)
        asked = [] if table is None else [table.asked.get(v, "") for v in one.variables[:1]]
        terms = [term for each in (one.among, *map(_condition, asked)) for term in each.terms]
        pairs = [(homes.get((one.table, variable)), values) for variable, values in terms]
        nested[name] = list(dict.fromkeys(p for p in pairs if p[0] not in (None, name)))
    return nested


def _condition(asked: str) -> Condition:
    return Condition.parse(asked) if "=" in asked else Condition()


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
    found = [_flag(each) for each in estimates.to_dict("records")]
    return estimates.assign(
        flag=pd.array([flag for flag, _ in found], dtype="str"),
        flag_reason=pd.array([reason for _, reason in found], dtype="str"),
    )


def _flag(each: Mapping) -> tuple[str, str]:
    if each["evidence"] != "respondents":
        return "", ""
    if pd.isna(each["estimate"]):
        return "[x]", SYMBOLS["[x]"]
    if each["category"] == "":
        few = each["base_n"] < LEAST_RELIABLE_BASE
        return ("[u]", f"fewer than {LEAST_RELIABLE_BASE} answered") if few else ("", "")
    clusters = each["n_clusters"]
    few = not pd.isna(clusters) and clusters - 1 < LEAST_DEGREES
    deff = 1 if pd.isna(each["deff"]) else max(each["deff"], 1)
    width = each["conf_high"] - each["conf_low"]
    share = each["estimate"]
    reasons = (
        (each["base_n"] < LEAST_RELIABLE_BASE, f"fewer than {LEAST_RELIABLE_BASE} answered"),
        (each["base_n"] / deff < LEAST_RELIABLE_BASE, "they tell as much as fewer than 30"),
        (width >= 0.30, "the interval is 30 points wide or more"),
        (width > 0.05 and share > 0 and width > 1.3 * share, "the interval is wide for the share"),
        (few, f"fewer than {LEAST_DEGREES} degrees of freedom"),
    )
    reason = next((words for applies, words in reasons if applies), "")
    if reason:
        return "[u]", reason
    return ("[low]", SYMBOLS["[low]"]) if 0 < share < 0.005 else ("", "")
