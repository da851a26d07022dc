"""An attacker reads every file of a report of a small survey, and solves for what was left out.

    python benchmarks/attack/attack.py [COHORTS [FIRST]]

Each invented survey asks 44 to 600 parents of known schools 20 questions, six of them only those
who answered an earlier one with yes. The attacker knows the schools and how many of each group
answered at all, and where answers are weighted by region what those of each region weigh. He reads
bases, counts and shares off every page, picture, document, workbook and notebook,
and takes the least and greatest value of every count that is not published, by linear programming
over the cells of three breakdowns at once. A leak is a count open to fewer than 5 whole numbers,
and to fewer than totals and group sizes alone would leave it; a number of a breakdown that is left
out; and a number of a question that the published table does not hold.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from reading import Line, lines
from scipy.optimize import linprog
from scipy.sparse import csr_array

from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.inference.estimates import estimate, groups
from careersurvey.inference.intervals import student
from careersurvey.inference.nonresponse import nonresponse
from careersurvey.inference.publishing import Published, decide
from careersurvey.presentation.labels import name_rows
from careersurvey.presentation.words import spell

ROOT = Path(__file__).parents[2]
#: Where parents' answers are said in words, in pictures, by group and weighted.
NOTEBOOKS = ("00_summary", "06_parents", "12_weights", "99_figures_in_text")
DOMAINS = ("school_type", "sixth_form", "region")
_TYPES = ("sponsored", "converter", "maintained")
#: Questions that a report has pages and phrases for, then others; some asked of some only.
_KNOWN = (
    *("helpline_heard", "website_heard", "academic_hoped", "send"),
    *("helpline_used", "website_used", "send_good_guidance", "helpline_useful"),
)
QUESTIONS = (*_KNOWN[:4], *(f"q{n}" for n in range(12)), *_KNOWN[4:])
NESTED = {
    "helpline_used": "helpline_heard",
    "website_used": "website_heard",
    "send_good_guidance": "send",
    "helpline_useful": "helpline_used",
    "q10": "q0",
    "q11": "q1",
}
OF_ALL = ("academic_hoped",)  # a share of everybody, whether they answered or not
_TOML = """\
[cohort]
id = "invented-{seed}"
title = "An invented survey"
evidence = "respondents"
publisher = "Nobody"
fieldwork = "2026-01-10/2026-03-20"
sampling = "All invited"
synthetic = true
[tables.schools]
file = "schools.csv"
[tables.parents]
file = "parents.csv"
[tables.parents.design]
{weight}
[tables.parents.asked]
{asked}
"""
_INDICATORS = (
    "indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,"
    "among,favourable\n"
)


def write_survey(folder: Path, seed: int, rules: str = "") -> Cohort:
    """Write an invented survey and load it; of odd seeds the answers are weighted by region."""
    chance = random.Random(seed)
    people = chance.choice((44, 60, 90, 150, 300, 600))
    regions = [f"r{n}" for n in range(chance.randint(2, 5))]
    schools = [
        (chance.choices(_TYPES, (1, 4, 3))[0], chance.choice(("yes", "no")), chance.choice(regions))
        for _ in range(max(8, people // 6))
    ]
    rates = {name: chance.betavariate(0.7, 0.9) for name in QUESTIONS}
    rows = [_answers(chance, rates) for _ in range(people)]
    at = [chance.randrange(len(schools)) for _ in range(people)]
    own = [name for name in QUESTIONS if name not in _KNOWN]
    weights = {one: random.Random(f"{seed} {one}").choice((1, 1, 2, 4, 9)) for one in regions}
    weigh = [weights[schools[school][2]] if seed % 2 else 1 for school in at]
    asked = "\n".join(f'{name} = "{above}=yes"' for name, above in NESTED.items())
    codebook = ["variable,table,question,type,values,missing,unit"]
    codebook += ["school_id,schools;parents,,identifier,,,school"]
    codebook += ["parent_id,parents,,identifier,,,parent"]
    codebook += [f"school_type,schools,,category,{';'.join(_TYPES)},,"]
    codebook += ["sixth_form,schools,,category,yes;no,,"]
    codebook += ["weight,parents,,number,,,"]
    codebook += ["synthetic,schools;parents,,category,true,,"]
    codebook += [f"region,schools,,category,{';'.join(regions)},,"]
    codebook += [f"{name},parents,,category,yes;no,," for name in own]
    text = {
        "cohort.toml": _TOML.format(seed=seed, asked=asked, weight='weight = "weight"' * (seed % 2))
        + rules,
        "codebook.csv": "\n".join(codebook) + "\n",
        "indicators.csv": _INDICATORS
        + "".join(f"{n},{n},s,parent,parents,{n},share,,yes;no,,,,\n" for n in own),
        "schools.csv": "school_id,synthetic,school_type,sixth_form,region\n"
        + "".join(f"S{n},true,{','.join(school)}\n" for n, school in enumerate(schools)),
        "parents.csv": f"parent_id,synthetic,school_id,weight,{','.join(QUESTIONS)}\n"
        + "".join(f"P{n},true,S{at[n]},{weigh[n]},{','.join(row)}\n" for n, row in enumerate(rows)),
    }
    for name, content in text.items():
        (folder / name).write_text(content, encoding="utf-8")
    return load_cohort(folder)


def _answers(chance: random.Random, rates: Mapping[str, float]) -> list[str]:
    answers: dict[str, str] = {}
    for number, (name, rate) in enumerate(rates.items()):
        was_asked = name not in NESTED or answers[NESTED[name]] == "yes"
        gave_one = was_asked and chance.random() < (0.97 if number % 3 else 1)
        answers[name] = ("yes" if chance.random() < rate else "no") if gave_one else ""
    return list(answers.values())


def report_of(cohort: Cohort, project: Path, notebooks: Iterable[str]) -> Path:
    """Make the report of a cohort in a project of its own, and return the folder of its files."""
    (project / "data").mkdir(parents=True)
    (project / "notebooks").mkdir()
    for name in notebooks:
        shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", project / "notebooks")
    shutil.copytree(cohort.folder, project / "data" / cohort.id)
    command = [sys.executable, "-c", "from careersurvey.cli import main; main()", "report"]
    subprocess.run([*command, f"data/{cohort.id}"], cwd=project, check=True, capture_output=True)
    return project / "build" / cohort.id


# ---- what the files say -------------------------------------------------------------------------

#: Made of what is published of several questions: Holm's p, and how telling a sentence is.
_OF_SEVERAL = ("weight", "p_adjusted", "adjusted p")
#: Why a number is to be read with care, limits that one is said to be beyond, years, and how many
#: sentences a notebook asks for.
_LIMITS = re.compile(
    r"than 30|30 points wide|than 5 expected|base of 10 from 4 |<0.1%|>99.9%|< 0.001|\(2026;"
    r"|most=\d"
)
_NUMBER = re.compile(r"(?<![\w.#-])\d[\d,]*(?:\.\d+)?(?![\w-])")
Told = dict[tuple[str, str], dict[tuple[str, str], tuple[int, int]]]


class Words:
    """What a cohort's questions, answers and groups are called in its report."""

    def __init__(self, cohort: Cohort, estimates: pd.DataFrame) -> None:
        named = name_rows(estimates[estimates["indicator"].isin(QUESTIONS)], cohort)
        pairs = zip(named["indicator"], named["category"], named["label"], strict=True)
        self.answers = {words: (name, answer) for name, answer, words in pairs}
        self.questions = {words: name for words, (name, _) in self.answers.items()}
        self.questions |= {name: name for name in QUESTIONS}
        self.questions |= {cohort.indicators[name].label: name for name in QUESTIONS}
        pairs = set(zip(estimates["domain"], estimates["group"], strict=True)) - {("all", "all")}
        usual = {(domain, group): spell(group) for domain, group in pairs}
        usual |= {("sixth_form", "yes"): "Sixth form", ("sixth_form", "no"): "No sixth form"}
        self.groups = {words: key for key, words in usual.items()}

    def asked_in(self, text: str) -> set[str]:
        """Questions that a text speaks of; the longest of several names that begin alike."""
        found = [words for words in self.questions if re.search(rf"\b{re.escape(words)}\b", text)]
        inner = {one for one in found for other in found if one != other and one in other}
        return {self.questions[words] for words in found if words not in inner}


def facts(read: Iterable[Line], words: Words) -> Iterator[tuple[tuple, int, int]]:
    """Question, breakdown, group and answer with the base and count that some row gives.

    Where a row of a finding names no group, breakdown and group are empty.
    """
    for _, row in read:
        low = {name.casefold(): cell for name, cell in row.items()}
        if {"indicator", "category", "domain", "group", "base_n"} <= low.keys():
            key = tuple(low[name] for name in ("indicator", "domain", "group", "category"))
            numbers = low["base_n"], low["count_low"]
        else:
            name, answer = words.answers.get(low.get("finding", ""), ("", ""))
            key = (name, *words.groups.get(low.get("group", ""), ("", "")), answer)
            numbers = low.get("of", ""), low.get("found", low.get("can mean", ""))
        if key[0] in QUESTIONS and all(map(_NUMBER.fullmatch, numbers)):
            base, count = (int(float(number.replace(",", ""))) for number in numbers)
            yield key, base, count


def shares_told(read: Iterable[Line]) -> dict[tuple, float]:
    """The share of each answer that some row gives, by breakdown, group, question and answer."""
    found = {}
    for _, row in read:
        if {"indicator", "category", "domain", "group", "estimate"} <= row.keys():
            key = tuple(row[name] for name in ("indicator", "domain", "group", "category"))
            if key[0] in QUESTIONS and key[3] and _NUMBER.fullmatch(row["estimate"]):
                found[key] = float(row["estimate"])
    return found


def told_by(read: Iterable[Line], words: Words) -> Told:
    """Base and count by question and breakdown, then by group and answer, off all files."""
    found: Told = defaultdict(dict)
    nameless: dict[str, set] = defaultdict(set)
    for (name, domain, group, answer), base, count in facts(read, words):
        if domain:
            known = found[name, domain].setdefault((group, answer), (base, count))
            assert known == (base, count), (name, domain, group, answer, known, (base, count))
        else:
            nameless[name].add((base, count, answer))
    for name, own in nameless.items():
        most = max(base for base, _, _ in own)  # who is not said to be of a group is everyone
        everyone = {("all", each): (base, n) for base, n, each in own if base == most}
        found[name, "all"] = everyone | found.get((name, "all"), {})
        pairs = [pair for (q, _), rows in found.items() if q == name for pair in rows.values()]
        pairs += [(base, base - n) for base, n in pairs]
        assert {(base, n) for base, n, _ in own} <= set(pairs), f"{name}: of a group not named"
    return dict(found)


def strays(read: Iterable[Line], words: Words, cohort: Cohort, found: Published) -> Iterator[tuple]:
    """Numbers beside a question that its published rows do not hold, with their file and line."""
    held: dict[str, set[float]] = defaultdict(set)
    by = groups(cohort, by=DOMAINS)
    kept = (found.keep(one) for one in (by.tests, by.differences, nonresponse(cohort)))
    own, base = found.estimates, found.estimates["base_n"]
    own = own.assign(worth=base / own["deff"], plain=own["count_low"] / base)
    own = own.assign(weighed=own["base_weights"] * own["estimate"])
    own["quantile"] = student(own["base_degrees"].astype(float), 0.95)  # of Student's t
    for table in (own, *kept):
        for each in (
            table.select_dtypes("number").assign(name=table["indicator"]).to_dict("records")
        ):
            held[each.pop("name")] |= {abs(float(n)) for n in each.values() if not pd.isna(n)}
    of_anyone = set().union(*held.values())  # a sentence may say a second question in passing
    for file, row in read:
        cells = [cell for name, cell in row.items() if name.casefold() not in _OF_SEVERAL]
        text = _LIMITS.sub("", " | ".join(filter(None, cells)))
        own = {n for name in words.asked_in(text) for n in held[name]}
        own = own if any(map(_NUMBER.fullmatch, cells)) else own and of_anyone
        for number in _NUMBER.findall(text) if "disclosure" not in text else ():
            if own and not _is_among(number, own):
                yield file, number, text


def _is_among(number: str, held: Collection[float]) -> bool:
    """Whether a number is one of those that are held, as it is or in per cent, rounded."""
    value, places = float(number.replace(",", "")), len(number.partition(".")[2])
    half = 0.5 * 10**-places + 1e-9
    return any(abs(n * scale - value) <= half for n in held for scale in (1, 100))


# ---- what follows from it -----------------------------------------------------------------------


def leaks(
    cohort: Cohort, hidden: Iterable[tuple], told: Told, shares: Mapping[tuple, float]
) -> Iterator[tuple]:
    """Every count that leaks: question, breakdown, group, answer, least and greatest value."""
    schools = pd.read_csv(cohort.folder / "schools.csv")
    parents = pd.read_csv(cohort.folder / "parents.csv").merge(schools, on="school_id")
    cells = list(schools[list(DOMAINS)].drop_duplicates().itertuples(index=False, name=None))
    sizes = {d: Counter(parents[d]) for d in DOMAINS}
    weights = parents.groupby("region")["weight"].first()
    by_cell = {cell: float(weights.get(cell[2], 0)) for cell in cells}
    for name, domain, group, answer in hidden:
        if (name, domain) in told:
            yield name, domain, group, answer, "is told"
        family = _family(name) & {q for q, _ in told}
        if name not in family or all((q, d) not in told for q in family for d in DOMAINS):
            continue
        known = _System(cells, sizes, len(parents), told, family, DOMAINS)
        known.weigh(by_cell, {key: share for key, share in shares.items() if key[0] in family})
        low, high = known.ends(name, domain, group, answer)
        if high - low < 5:
            usual = _System(cells, sizes, len(parents), told, {name}, ())
            below, above = usual.ends(name, domain, group, answer)
            if high - low < above - below:
                yield name, domain, group, answer, low, high


def hidden_of(estimates: pd.DataFrame, pairs: Collection[tuple]) -> list[tuple]:
    """Question, breakdown, group and answer of every count that is left out."""
    keys = estimates[["indicator", "domain", "group", "category"]].itertuples(
        index=False, name=None
    )
    return [key for key in keys if key[:2] in pairs and key[1] != "all" and key[0] in QUESTIONS]


def _family(name: str) -> set[str]:
    """Questions whose bases are each other's answers."""
    found = {name}
    for _ in range(3):
        for pair in map(set, NESTED.items()):
            found |= pair if pair & found else set()
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
        for own, above in NESTED.items():
            if {own, above} <= family:
                same = self._base(own) == told[above, "all"]["all", "yes"][1]
                for cell in cells:
                    self._within([(own, "")], (above, "yes"), cell, same)

    def _at(self, name: str, answer: str, cell: tuple) -> int:
        return self.columns.setdefault((name, answer, cell), len(self.columns))

    def _sum(self, wanted, domain, group, total) -> None:
        cells = [c for c in self.cells if domain == "all" or c[DOMAINS.index(domain)] == group]
        self.equal.append(({self._at(*pair, cell): 1 for pair in wanted for cell in cells}, total))

    def _question(self, name: str, people: int, domains: tuple) -> None:
        for domain in ("all", *domains):
            for (group, answer), (base, count) in self.told.get((name, domain), {}).items():
                self._sum([(name, answer)], domain, group, count)
                self._sum([(name, "")], domain, group, base)
        everyone = self.told[name, "all"]
        answered = sum(count for _, count in everyone.values()) == self._base(name)
        for cell in self.cells:
            answers = [(name, "yes"), (name, "no")]
            self._within(answers, (name, ""), cell, answered or name not in OF_ALL)
            self._within([(name, "")], ("people", ""), cell, self._base(name) == people)

    def _within(self, parts, whole, cell, same: bool) -> None:
        terms = {self._at(*each, cell): 1 for each in parts} | {self._at(*whole, cell): -1}
        (self.equal if same else self.most).append((terms, 0))

    def weigh(self, by_cell: Mapping[tuple, float], shares: Mapping[tuple, float]) -> None:
        """Take in what shares to whole percentages say, each of which weighs its cells."""
        for (name, domain, group, answer), share in shares.items():
            cells = [c for c in self.cells if domain == "all" or c[DOMAINS.index(domain)] == group]
            for sign in (1, -1):
                end = share + sign * 0.005
                terms = {self._at(name, answer, c): sign * by_cell[c] for c in cells}
                terms |= {self._at(name, "", c): -sign * end * by_cell[c] for c in cells}
                self.most.append((terms, 1e-9))

    def _base(self, name: str) -> int:
        return next(base for base, _ in self.told[name, "all"].values())

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


def attack(
    seed: int, folder: Path, notebooks: Iterable[str] = NOTEBOOKS
) -> tuple[Published, list, list]:
    """Report one invented survey and attack it: what was decided, what leaks, what is astray."""
    (folder / "survey").mkdir()
    cohort = write_survey(folder / "survey", seed)
    found, whole = decide(cohort), estimate(cohort, by=DOMAINS, min_base=0)
    words, read = (
        Words(cohort, whole),
        list(lines(report_of(cohort, folder / "project", notebooks))),
    )
    told = told_by(read, words)
    hidden = hidden_of(whole, found.left_out)
    return (
        found,
        list(leaks(cohort, hidden, told, shares_told(read))),
        list(strays(read, words, cohort, found)),
    )


def main(cohorts: int, first: int = 0) -> int:
    before, leaking = time.perf_counter(), 0
    for seed in range(first, first + cohorts):
        with tempfile.TemporaryDirectory() as folder:
            found, leaking_counts, astray = attack(seed, Path(folder))
        own = found.estimates
        shown = own[own["domain"] != "all"].groupby(["indicator", "domain"]).ngroups
        leaking += bool(leaking_counts or astray)
        print(
            f"{seed:3} {shown:3} breakdowns shown, {len(found.left_out):3} left out, "
            f"{len(leaking_counts)} leaks, {len(astray)} numbers astray",
            *(f"\n    {each}" for each in (*leaking_counts, *astray)),
            flush=True,
        )
    took = time.perf_counter() - before
    print(f"{leaking} of {cohorts} surveys leak, {took / cohorts:.0f} s each")
    return int(leaking > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])) if len(sys.argv) > 1 else main(50))
