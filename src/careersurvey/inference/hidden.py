"""What a reader can work out of hidden counts from all that is published together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import permutations, product
from math import ceil, floor, inf
from typing import TYPE_CHECKING

import numpy as np

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.tables import Condition
from careersurvey.inference.record.linear import families
from careersurvey.inference.respondents import Answers
from careersurvey.inference.survey.design import sum_by
from careersurvey.inference.survey.questions import CHOSEN, Question

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint
    from scipy.sparse import csr_array

#: A hidden count that can be worked out to fewer whole numbers than this has leaked.
WIDE_ENOUGH = 5
#: A share is taken as told to half a point, with the ends of intervals and changes beside it.
_NEAR = 0.0025

Key = tuple[str, str]  #: Of an indicator, and of a domain or a category.
Tie = dict[Key, int]


class Reader:
    """What a reader works out of the hidden counts of a table's shares from those that are told.

    People of one kind are in the same groups of all breakdowns. He knows how many each kind are and
    what they weigh on average. Unknown is how many of each gave each answer, and are in each base:
    columns by kinds, the bases of the questions first.
    """

    def __init__(self, cohort: Cohort, answers: Answers, by: Collection[str]) -> None:
        (totals,) = answers.totals(by, at_once=True)
        asked, domains, places = totals.questions, totals.domains, totals.places
        kinds, kind = np.unique([one.code for one in domains], axis=1, return_inverse=True)
        sums = totals.people, totals.weight, totals.sides[0][0]
        base, weight, gave = (sum_by(kind.ravel(), kinds.shape[1], one) for one in sums)
        self.counts, self.people = np.hstack([base, gave]).T, base.max(axis=1)
        each = weight.sum(axis=1) / np.maximum(base.sum(axis=1), 1)
        self.weight, self.weighs = each / each.max(), cohort.settings.disclosure.weights
        self.base = np.array([*range(len(asked)), *(question for question, _ in places)])
        self.names = [asked[question].indicator.id for question in self.base]
        inside = [
            (one, one.groups[group], own == group)
            for one, own in zip(domains, kinds, strict=True)
            for group in {*own} - {-1}
        ]
        self.domains = [one.name for one, _, _ in inside]
        self.groups = np.array([own for _, _, own in inside])
        self.tells = np.array([[not each[0].tells(asked[q]) for each in inside] for q in self.base])
        given = [""] * len(asked) + [asked[i].categories[j] for i, j in places]
        columns = [*zip(self.names, given, strict=True)]
        known = {(one.name, group): own for one, group, own in inside}
        could = {one.indicator.id: _could(one, known, answers.together) for one in asked}
        #: How many of each kind a count can be of at most.
        self.most = np.array([could[name] * self.people for name in self.names])
        ties = [("", tie) for tie in _ties(cohort, answers, columns)]
        ties += _same(asked, {*self.domains})
        self.families = families({name for name, _ in tie} for _, tie in ties)
        self.ties = np.array([[tie.get(one, 0) for one in columns] for _, tie in ties])
        self.holds = np.array([np.ones(len(self.people)) * could.get(of, True) for of, _ in ties])

    def withhold(self, out: set[Key]) -> tuple[set[Key], float]:
        """Leave out what narrows a hidden count too far; and how narrow the narrowest then is."""
        narrowest = inf
        for names in self.families:
            while (narrow := self._narrowest(names, out)) < WIDE_ENOUGH:
                every = [*product((one for one in self.names if one in names), self.domains)]
                broken = [key for key in every if key not in out and key[1] != "all"]
                last = [key for key in every if (key[0], "all") not in out]
                last = [key for key in last if key[0] == last[-1][0]]
                out = out | {*(broken[-1:] or last)}
            narrowest = min(narrowest, narrow)
        return out, narrowest

    def _narrowest(self, names: Collection[str], out: set[Key]) -> float:
        """How far apart the ends of the narrowest hidden count of some questions are.

        One that the total of everyone and the size of the group alone leave so wide does not count.
        """
        at = np.flatnonzero(np.isin(self.names, [*names]))
        is_out = np.array([[(self.names[n], by) in out for by in self.domains] for n in at])
        hidden = is_out & self.tells[at] & ~is_out[:, :1]
        if not hidden.any():
            return inf
        each, rows = self._known(at, (~is_out & self.tells[at]).ravel())
        most, seen, narrowest = self.most[at], [self.counts[at].ravel()], inf
        total, everyone = (one.sum(axis=1)[:, None] for one in (self.counts[at], most))
        size = most @ self.groups.T
        usual = np.minimum(total, size) - np.maximum(0, total + size - everyone)
        for goal, enough in zip(each[hidden.ravel()].toarray(), usual[hidden], strict=True):
            width = _width(goal, rows, most.ravel(), seen, min(enough, narrowest))
            narrowest = min(narrowest, width if width < enough else inf)
        return narrowest

    def _known(self, at: np.ndarray, told: np.ndarray) -> tuple[csr_array, LinearConstraint]:
        """Every count of some columns, group by group; and what is known where those are told."""
        from scipy.optimize import LinearConstraint
        from scipy.sparse import csr_array, diags_array, eye_array, kron, vstack

        true, groups = self.counts[at].ravel(), len(self.groups)
        each, weighed = (
            kron(eye_array(len(at)), csr_array(self.groups * weight)).tocsr()
            for weight in (1, self.weight)
        )
        base = np.searchsorted(at, self.base[at])[:, None] * groups + np.arange(groups)
        whole, exact = weighed[base.ravel()], each[told]
        if self.weighs:
            exact = vstack([exact, weighed[told]])
        share = (weighed @ true) / np.maximum(whole @ true, 1e-300)
        own = self.ties[:, at].any(axis=1)
        each_tie = zip(self.ties[own][:, at], self.holds[own], strict=True)
        within = [kron(tie[None], diags_array(of)) for tie, of in each_tie]
        for sign in (1, -1) if np.ptp(self.weight) > 1e-9 else ():
            within.append(sign * (weighed - diags_array(share + sign * _NEAR) @ whole)[told])
        rows = vstack([exact, *within]).tocsc()
        rest = np.zeros(rows.shape[0] - exact.shape[0])
        ends = (np.append(exact @ true, end) for end in (rest - inf, rest))
        return each, LinearConstraint(rows, *ends)


def _width(
    goal: np.ndarray, rows: LinearConstraint, most: np.ndarray, seen: list, enough: float
) -> float:
    """How far apart the ends of a sum are, over numbers that need not be whole, in whole numbers.

    A width that solutions at hand, those `seen`, show to be at least `enough` is not looked for.
    """
    from scipy.optimize import Bounds, milp

    for sign in (0, 1, -1):
        if sign:
            found = milp(sign * goal, constraints=rows, bounds=Bounds(0, most)).x
            if found is None:
                return 0
            seen.append(found)
        values = [goal @ one for one in seen]
        width = floor(max(values) + 1e-6) - ceil(min(values) - 1e-6)
        if width >= enough:
            return enough
    return width


def _could(
    one: Question, known: Mapping[Key, np.ndarray], together: Mapping[str, Mapping[str, str]]
) -> np.ndarray | bool:
    """Which kinds of people can be in its base: those that its filter over groups lets pass."""
    found: np.ndarray | bool = True
    for variable, values in one.indicator.among.terms:
        if any(variable == domain for domain, _ in known):
            groups = {together.get(variable, {}).get(value, value) for value in values}
            found &= sum((known.get((variable, group), False) for group in groups), False)
    return found


def _same(asked: Sequence[Question], domains: Collection[str]) -> Iterator[tuple[str, Tie]]:
    """What questions say of one another that ask one thing of all and of some.

    Those who gave an answer to the narrow one gave it to the wide one, in kinds that are in that.
    """
    cells: dict[Key, list[tuple[str, str, dict]]] = {}
    for one in asked:
        terms = {name: {*own} for name, own in one.indicator.among.terms if name not in domains}
        for place, category in enumerate(one.categories):
            several = one.measure == "multiple"
            cell = (one.variables[place], CHOSEN) if several else (one.variables[0], category)
            cells.setdefault(cell, []).append((one.indicator.id, category, terms))
    for alike in cells.values():
        for (*wide, of), (*narrow, own) in permutations(alike, 2):
            if all(own.get(name, values | {""}) <= values for name, values in of.items()):
                yield wide[0], {(narrow[0], narrow[1]): 1, (wide[0], wide[1]): -1}


def _ties(cohort: Cohort, answers: Answers, columns: Collection[Key]) -> Iterator[Tie]:
    """What lies within what, as sums that are not above 0: answers in a base, that in answers."""
    rules = cohort.settings.tables[answers.name].asked
    homes = {one.variables[0]: one.id for one in answers.indicators if one.measure == "share"}
    for one in answers.indicators:
        base, rule = (one.id, ""), rules.get(one.variables[0], "")
        given = [column for column in columns if column[0] == one.id and column != base]
        for parts in [given] if one.measure == "share" else [[each] for each in given]:
            yield dict.fromkeys(parts, 1) | {base: -1}
        routes = Condition.parse(rule if "=" in rule else "")
        for variable, values in (*one.among.terms, *routes.terms):
            above = [(homes.get(variable, ""), each) for each in values]
            if all(each in columns for each in above):
                yield {base: 1} | dict.fromkeys(above, -1)
