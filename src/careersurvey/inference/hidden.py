"""What a reader can work out of hidden counts from all that is published together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import ceil, floor, inf
from typing import TYPE_CHECKING

import numpy as np

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.tables import Condition, Indicator
from careersurvey.inference.record.linear import families
from careersurvey.inference.survey.design import sum_by
from careersurvey.inference.survey.questions import CHOSEN, Question, Table
from careersurvey.inference.survey.totals import read_totals

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint
    from scipy.sparse import csr_array

#: A hidden count that can be worked out to fewer whole numbers than this has leaked.
WIDE_ENOUGH = 5
#: A share is taken as told to half a point, with the ends of intervals and changes beside it.
_NEAR = 0.0025

Key = tuple[str, str]  #: Of an indicator and a domain; of a variable and one of its values.
Row = tuple[str, str, str]  #: Of an indicator, a domain and a group.


class Reader:
    """What a reader works out of the hidden counts of a table's shares from those that are told.

    People of one kind are in the same groups of all variables to break down by. He knows how many
    each kind are and what they weigh on average. Unknown is how many of each are in each set: the
    base of a question, or who of it gave one answer. The bases come first.
    """

    def __init__(
        self, cohort: Cohort, answers: Table, by: Collection[str], rows: Collection[Row]
    ) -> None:
        by = answers.within_reach(by)
        parts = [part for one in by for part in one.split("*")]
        (totals,) = read_totals(answers, dict.fromkeys((*by, *parts)), at_once=True)
        asked, domains = totals.questions, totals.domains
        kinds, kind = np.unique([one.code for one in domains], axis=1, return_inverse=True)
        sums = totals.people, totals.weight, totals.sides[0][0]
        base, weight, gave = (sum_by(kind.ravel(), kinds.shape[1], one) for one in sums)
        self.counts, people = np.hstack([base, gave]).T, base.max(axis=1)
        each = weight.sum(axis=1) / np.maximum(base.sum(axis=1), 1)
        self.weight, self.weighs = each / each.max(), cohort.settings.disclosure.weights
        self.base = np.array([*range(len(asked)), *(number for number, *_ in totals.statistics)])
        self.names = [asked[question].indicator.id for question in self.base]
        known = {
            (one.name, group): own == place
            for one, own in zip(domains, kinds, strict=True)
            for place, group in enumerate(one.groups)
        }
        inside = [one for one, own in known.items() if one[0] in ("all", *by) and own.any()]
        self.domains, self.groups = [one for one, _ in inside], np.array([*map(known.get, inside)])
        self.tells = np.array([[(name, *one) in rows for one in inside] for name in self.names])
        gives = [one.indicator for one in asked]  # the base of some is everybody
        takes = [one._replace(variables=()) if one.base == "all" else one for one in gives]
        rules = cohort.table(answers.name)
        said, filters = ([must_say(one, rules) for one in each] for each in (gives, takes))
        could = 1.0 * np.array([_could(one, known, answers.together) for one in filters])
        #: How many of each kind can be in a set at most.
        self.most = np.maximum(could[self.base] * people, self.counts)
        ties = [*_ties(asked, filters, said, {*parts})]
        every = np.array([[tie.get(n, 0) for n in range(len(self.base))] for _, tie in ties])
        holds = could[[question for question, _ in ties]]
        so = (every @ self.counts * holds <= 0).all(axis=1)  # nobody relies on what is not so
        self.ties, self.holds = every[so], holds[so]
        self.families = families({self.names[n] for n in np.flatnonzero(tie)} for tie in self.ties)

    def withhold(self, out: set[Key]) -> tuple[set[Key], float]:
        """Leave out what narrows a hidden count too far; and how narrow the narrowest then is."""
        narrowest = inf
        every = [(self.names[row], self.domains[place]) for row, place in np.argwhere(self.tells)]
        for names in self.families:
            at = np.flatnonzero(np.isin(self.names, [*names]))
            seen = [self.counts[at].ravel()]  # what solves it now does when less is told
            while (narrow := self._narrowest(at, out, seen)) < WIDE_ENOUGH:
                own = [key for key in every if key[0] in names and (key[0], "all") not in out]
                broken = [key for key in own if key not in out and key[1] != "all"]
                out = out | {*(broken[-1:] or [key for key in own if key[0] == own[-1][0]])}
            narrowest = min(narrowest, narrow)
        return out, narrowest

    def _narrowest(self, at: np.ndarray, out: set[Key], seen: list) -> float:
        """How far apart the ends of the narrowest hidden count are, or of the first that leaks."""
        is_out = np.array([[(self.names[n], by) in out for by in self.domains] for n in at])
        hidden = is_out & self.tells[at] & ~is_out[:, :1]
        if not hidden.any():
            return inf
        each, rows = self._known(at, (~is_out & self.tells[at]).ravel())
        most, narrowest = self.most[at], inf
        total, everyone = (one.sum(axis=1)[:, None] for one in (self.counts[at], most))
        size = most @ self.groups.T  # with the total they alone leave a count so wide
        usual = np.minimum(total, size) - np.maximum(0, total + size - everyone)
        for goal, enough in zip(each[hidden.ravel()].toarray(), usual[hidden], strict=True):
            width = _width(goal, rows, most.ravel(), seen, min(enough, narrowest))
            narrowest = min(narrowest, width if width < enough else inf)
            if narrowest < WIDE_ENOUGH:
                break
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
        own = self.ties[:, at].any(axis=1)
        each_tie = zip(self.ties[own][:, at], self.holds[own], strict=True)
        within = [kron(tie[None], diags_array(of)) for tie, of in each_tie]
        if self.weighs:  # shares follow
            exact = vstack([exact, weighed[told]])
        elif np.ptp(self.weight) > 1e-9:
            share = (weighed @ true) / np.maximum(whole @ true, 1e-300)
            for sign in (1, -1):
                within.append(sign * (weighed - diags_array(share + sign * _NEAR) @ whole)[told])
        rows = vstack([exact, *within]).tocsc()
        rest = np.zeros(rows.shape[0] - exact.shape[0])
        ends = (np.append(exact @ true, end) for end in (rest - inf, rest))
        return each, LinearConstraint(rows, *ends)


def _width(
    goal: np.ndarray, rows: LinearConstraint, most: np.ndarray, seen: list, enough: float
) -> float:
    """How far apart the ends of a sum are, of numbers that need not be whole, in whole ones."""
    from scipy.optimize import Bounds, milp

    for sign in (0, 1, -1):  # solutions at hand may show it to be wide enough
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


def must_say(one: Indicator, settings: TableSettings) -> dict[str, set[str]]:
    """What those who answered it answered: by its filter, and to be asked that and it at all."""
    found = {name: {*values} for name, values in one.among.terms}
    waiting = [*found, *one.variables[:1], *filter(None, [one.denominator])]
    while waiting:
        rule = settings.asked_of(waiting.pop())
        terms = Condition.parse(rule if "=" in rule else "").terms
        new = {name: {*values} for name, values in terms if name not in found}
        found, waiting = found | new, [*waiting, *new]
    return found


def _could(
    filters: Mapping[str, Collection[str]],
    known: Mapping[Key, np.ndarray],
    together: Mapping[str, Mapping[str, str]],
) -> np.ndarray:
    """Which kinds of people such filters let pass, as far as they are over groups."""
    found = known["all", "all"]
    for variable, values in filters.items():
        if any(variable == name for name, _ in known):
            groups = {together.get(variable, {}).get(value, value) for value in values}
            found = found & sum((known.get((variable, group), False) for group in groups), False)
    return found


def _ties(
    asked: Sequence[Question],
    filters: Sequence[Mapping[str, set]],
    answered: Sequence[Mapping[str, set]],
    grouped: Collection[str],
) -> Iterator[tuple[int, dict[int, int]]]:
    """What lies within what: sums of sets that are not above 0, where a question is asked."""
    sets = [([place], place, own, own) for place, own in enumerate(filters)]
    cells: dict[tuple[int, str], dict[str, int]] = {}
    at = range(len(asked))
    for place, (one, own) in enumerate(zip(asked, answered, strict=True)):
        at, several = range(at.stop, at.stop + len(one.categories)), one.measure == "multiple"
        for gave in [[each] for each in at] if several else [[*at]]:
            yield place, dict.fromkeys(gave, 1) | {place: -1}
            sets += [(gave, place, own, own)] * (one.base == "all")  # its base says nothing of them
        boxes = one.variables if several and one.variables == one.indicator.variables else ()
        for n, category in enumerate(one.categories):
            name, value = (boxes[n], CHOSEN) if boxes else (one.indicator.variables[0], category)
            cells.setdefault((place, name), {})[value] = at[n]
            sets.append(([at[n]], place, {name: {value}}, {**own, name: {value}}))
    # Who gave some answer to be in a set is, where another question of its variable is put to him,
    # among those who gave it to that, unless its filter over answers might keep him out.
    for (place, name), gives in cells.items():
        among = [term for term in asked[place].indicator.among.terms if term[0] not in grouped]
        for numbers, of, said, every in sets:
            passes = all(every.get(other, {""}) <= {*values} for other, values in among)
            if of != place and passes and said.get(name, {""}) <= gives.keys():
                yield place, dict.fromkeys(numbers, 1) | {gives[value]: -1 for value in said[name]}
