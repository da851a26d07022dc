"""An attacker reads all that is published of small surveys, and solves for what was left out.

    python benchmarks/attack/attack.py [COHORTS]

Each invented survey asks 44 to 600 parents of known schools 20 questions, six of them only those
who answered an earlier one with yes. The attacker knows the schools and how many of each group
answered at all, and takes the least and greatest value of every count that is not published, by
linear programming over the cells of three breakdowns at once. A leak is a count open to fewer than
5 whole numbers, and to fewer than totals and group sizes alone would leave it.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_array

from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.inference.estimates import estimate
from careersurvey.inference.publishing import Published, publishable

DOMAINS = ("school_type", "sixth_form", "region")
_TYPES = ("sponsored", "converter", "maintained")
_NESTED = {14: 0, 15: 1, 16: 2, 17: 3, 18: 14, 19: 4}
_TOML = """\
[cohort]
id = "invented-{seed}"
title = "An invented survey"
evidence = "respondents"
synthetic = true
[tables.schools]
file = "schools.csv"
[tables.parents]
file = "parents.csv"
[tables.parents.asked]
{asked}
"""
_INDICATORS = (
    "indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,"
    "among,favourable\n"
)


def write_survey(folder: Path, seed: int) -> Cohort:
    """Write an invented survey and load it."""
    chance = random.Random(seed)
    people = chance.choice((44, 60, 90, 150, 300, 600))
    regions = [f"r{n}" for n in range(chance.randint(2, 5))]
    schools = [
        (chance.choices(_TYPES, (1, 4, 3))[0], chance.choice(("yes", "no")), chance.choice(regions))
        for _ in range(max(8, people // 6))
    ]
    rates = [chance.betavariate(0.7, 0.9) for _ in range(20)]
    rows = [_answers(chance, rates) for _ in range(people)]
    at = [chance.randrange(len(schools)) for _ in range(people)]
    names = [f"q{n}" for n in range(20)]
    asked = "\n".join(f'q{n} = "q{above}=yes"' for n, above in _NESTED.items())
    codebook = ["variable,table,question,type,values,missing,unit"]
    codebook += ["school_id,schools;parents,,identifier,,,school"]
    codebook += ["parent_id,parents,,identifier,,,parent"]
    codebook += [f"school_type,schools,,category,{';'.join(_TYPES)},,"]
    codebook += ["sixth_form,schools,,category,yes;no,,"]
    codebook += ["synthetic,schools;parents,,category,true,,"]
    codebook += [f"region,schools,,category,{';'.join(regions)},,"]
    codebook += [f"{name},parents,,category,yes;no,," for name in names]
    text = {
        "cohort.toml": _TOML.format(seed=seed, asked=asked),
        "codebook.csv": "\n".join(codebook) + "\n",
        "indicators.csv": _INDICATORS
        + "".join(f"{n},{n},s,parent,parents,{n},share,,yes;no,,,,\n" for n in names),
        "schools.csv": "school_id,synthetic,school_type,sixth_form,region\n"
        + "".join(f"S{n},true,{','.join(school)}\n" for n, school in enumerate(schools)),
        "parents.csv": f"parent_id,synthetic,school_id,{','.join(names)}\n"
        + "".join(f"P{n},true,S{at[n]},{','.join(row)}\n" for n, row in enumerate(rows)),
    }
    for name, content in text.items():
        (folder / name).write_text(content, encoding="utf-8")
    return load_cohort(folder)


def _answers(chance: random.Random, rates: list[float]) -> list[str]:
    answers: list[str] = []
    for number, rate in enumerate(rates):
        was_asked = number not in _NESTED or answers[_NESTED[number]] == "yes"
        gave_one = was_asked and chance.random() < (0.97 if number % 3 else 1)
        answers.append(("yes" if chance.random() < rate else "no") if gave_one else "")
    return answers


# ---- the attacker -------------------------------------------------------------------------------


def leaks(cohort: Cohort, estimates: pd.DataFrame, published: Published) -> Iterator[tuple]:
    """Every count that leaks: question, breakdown, group, answer, least and greatest value."""
    schools = pd.read_csv(cohort.folder / "schools.csv")
    parents = pd.read_csv(cohort.folder / "parents.csv").merge(schools, on="school_id")
    cells = list(schools[list(DOMAINS)].drop_duplicates().itertuples(index=False, name=None))
    sizes = {d: Counter(parents[d]) for d in DOMAINS}
    told = _by_group(published.estimates)
    for name, domain, group, answer in _hidden(estimates, told):
        family = _family(name) & {q for q, _ in told}
        if name not in family or all((q, d) not in told for q in family for d in DOMAINS):
            continue
        known = _System(cells, sizes, len(parents), told, family, DOMAINS)
        low, high = known.ends(name, domain, group, answer)
        if high - low < 5:
            usual = _System(cells, sizes, len(parents), told, {name}, ())
            below, above = usual.ends(name, domain, group, answer)
            if high - low < above - below:
                yield name, domain, group, answer, low, high


def _by_group(table: pd.DataFrame) -> dict[tuple, dict[tuple, tuple[int, int]]]:
    """Base and count by question and breakdown, then by group and answer."""
    found: dict[tuple, dict] = defaultdict(dict)
    for each in table.to_dict("records"):
        if each["indicator"].startswith("q"):
            numbers = (each["base_n"], each["count_low"])
            base, count = (0 if pd.isna(number) else int(number) for number in numbers)
            at = found[each["indicator"], each["domain"]]
            at[each["group"], each["category"]] = (base, count)
    return dict(found)


def _hidden(estimates: pd.DataFrame, told: Mapping) -> Iterator[tuple[str, str, str, str]]:
    for (name, domain), groups in _by_group(estimates).items():
        if domain != "all" and (name, domain) not in told:
            yield from ((name, domain, group, answer) for group, answer in groups)


def _family(name: str) -> set[str]:
    found = {name}
    for _ in range(3):
        for own, above in _NESTED.items():
            if {f"q{own}", f"q{above}"} & found:
                found |= {f"q{own}", f"q{above}"}
    return found


class _System:
    """What the attacker knows of some questions, as rows over cells of the three breakdowns."""

    def __init__(self, cells, sizes, people, told, family, domains):
        self.cells, self.told, self.columns = cells, told, {}
        self.equal: list[tuple[dict, float]] = []
        self.most: list[tuple[dict, float]] = []
        for domain, counts in sizes.items():
            for group in {cell[DOMAINS.index(domain)] for cell in cells}:
                self._sum([("people", "")], domain, group, counts[group])
        for name in sorted(family):
            self._question(name, people, domains)
        for own, above in ((f"q{a}", f"q{b}") for a, b in _NESTED.items()):
            if {own, above} <= family:
                same = told[own, "all"]["all", "yes"][0] == told[above, "all"]["all", "yes"][1]
                for cell in cells:
                    terms = {self._at(own, a, cell): 1 for a in ("yes", "no")}
                    terms[self._at(above, "yes", cell)] = -1
                    (self.equal if same else self.most).append((terms, 0))

    def _at(self, name: str, answer: str, cell: tuple) -> int:
        return self.columns.setdefault((name, answer, cell), len(self.columns))

    def _sum(self, wanted, domain, group, total) -> None:
        cells = [c for c in self.cells if domain == "all" or c[DOMAINS.index(domain)] == group]
        self.equal.append(({self._at(*pair, cell): 1 for pair in wanted for cell in cells}, total))

    def _question(self, name: str, people: int, domains: tuple) -> None:
        for domain in ("all", *domains):
            for (group, answer), (base, count) in self.told.get((name, domain), {}).items():
                self._sum([(name, answer)], domain, group, count)
                self._sum([(name, "yes"), (name, "no")], domain, group, base)
        full = self.told[name, "all"]["all", "yes"][0] == people
        for cell in self.cells:
            terms = {self._at(name, answer, cell): 1 for answer in ("yes", "no")}
            terms[self._at("people", "", cell)] = -1
            (self.equal if full else self.most).append((terms, 0))

    def ends(self, name: str, domain: str, group: str, answer: str) -> tuple[int, int]:
        cells = [cell for cell in self.cells if cell[DOMAINS.index(domain)] == group]
        goal = np.zeros(len(self.columns))
        goal[[self._at(name, answer, cell) for cell in cells]] = 1
        (a, b), (c, d) = (self._matrix(rows) for rows in (self.equal, self.most))
        found = []
        for sign in (1, -1):
            answered = linprog(sign * goal, A_eq=a, b_eq=b, A_ub=c, b_ub=d, method="highs")
            assert answered.status == 0, answered.message
            found.append(sign * answered.fun)
        return int(np.ceil(found[0] - 1e-6)), int(np.floor(found[1] + 1e-6))

    def _matrix(self, rows):
        if not rows:
            return None, None
        at = [(c, i, j) for i, (terms, _) in enumerate(rows) for j, c in terms.items()]
        c, i, j = zip(*at, strict=True)
        shape = (len(rows), len(self.columns))
        return csr_array((np.array(c, float), (i, j)), shape=shape), [b for _, b in rows]


def attack(seed: int) -> tuple[int, int, list[tuple]]:
    """Publish one invented survey and attack it: breakdowns shown, left out, and what leaks."""
    with tempfile.TemporaryDirectory() as folder:
        cohort = write_survey(Path(folder), seed)
        estimates = estimate(cohort, by=DOMAINS, min_base=0)
        published = publishable(cohort, estimates)
        found = list(leaks(cohort, estimates, published))
    own = published.estimates
    shown = own[own["domain"] != "all"].groupby(["indicator", "domain"]).ngroups
    return shown, len(published.left_out), found


def main(cohorts: int) -> int:
    before, leaking = time.process_time(), 0
    for seed in range(cohorts):
        shown, left_out, found = attack(seed)
        leaking += bool(found)
        print(f"{seed:3} {shown:3} breakdowns shown, {left_out:3} left out, {len(found)} leaks")
        print("".join(f"    {each}\n" for each in found), end="")
    took = time.process_time() - before
    print(f"{leaking} of {cohorts} surveys leak, {took / cohorts:.1f} s each")
    return int(leaking > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
