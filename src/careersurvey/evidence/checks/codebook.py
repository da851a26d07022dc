"""Whether codebook, indicators and phrases are sound, before anything is measured by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

from careersurvey.errors import CohortError
from careersurvey.evidence.checks.check import (
    UNUSABLE,
    WORTH_KNOWING,
    Check,
    broken,
    cells,
    one_of,
    rule,
)
from careersurvey.evidence.cohort import OF_PRINT, Cohort
from careersurvey.evidence.crosswalk import load_crosswalk, strangers
from careersurvey.evidence.project import cohort_folder, known_cohorts
from careersurvey.evidence.settings import read_settings
from careersurvey.evidence.tables import ALL, DECIDE, NO_ANSWER, NUMBERS, SHARES, TYPES, Indicator
from careersurvey.evidence.text import few, meant, number_text, so_many

MEASURES = (*SHARES, *NUMBERS, "count", "rank", "context")
BASES = ("", "all", "asked", "answered")
Row = Mapping[str, Any]


def check_codebook(cohort: Cohort) -> Iterator[Check]:
    """Hold codebook, indicators and phrases of a cohort against their rules."""
    here = [one for one in cohort.codebook if one.table in cohort.settings.tables]
    often = Counter((one.name, one.table) for one in here)
    named = [one._asdict() | {"variable": one.name, "range": one.range} for one in here]
    for each in _VARIABLES:
        yield from each.check("codebook", often, [(row["name"], row) for row in named])
    yield from indicators.check("indicators", cohort)
    yield from phrases.check("phrases", cohort)
    yield from sections.check("cohort", cohort)
    yield from crosswalk.check("crosswalk", cohort)
    yield from provenance.check("cohort", cohort)
    yield from who.check("cohort", cohort)
    yield from decisions.check("cohort", cohort)
    yield from print_unread.check("cohort", cohort)


# ---- the codebook -------------------------------------------------------------------------------


def _has_values(_: object, row: Row) -> bool:
    """Whether a category has values, and none stands twice or is kept for blanks."""
    values, every = row["values"], (*row["values"], *row["missing"])
    is_free = bool(values) or row["type"] != "category"
    return is_free and len({*every}) == len(every) and not {NO_ANSWER, ALL} & {*every}


def _has_range(_: object, row: Row) -> bool:
    """Whether the values of a number are a range, the lower end first."""
    ends = [end for end in row["range"] if end is not None]
    return row["type"] != "number" or not row["values"] or bool(ends and ends == sorted(ends))


def _stands_once(often: Counter[tuple[str, str]], row: Row) -> object:
    return row["name"] not in ("", ALL) and often[row["name"], row["table"]] == 1


_LIST = f"a list of values, each once, without {NO_ANSWER}, {ALL} (everyone) and missing codes"
_RANGE = "a range of a number, 0..100, or of no number"
_NAME = f"one with a single row a table, and not {ALL}, which stands for everyone"
_VARIABLES = (
    one_of("codebook_types", "type", TYPES, UNUSABLE),
    cells("codebook_values", "values", _has_values, _LIST, UNUSABLE),
    cells("codebook_ranges", "values", _has_range, _RANGE, UNUSABLE),
    cells("codebook_names", "variable", _stands_once, _NAME, UNUSABLE),
)


# ---- indicators and phrases ---------------------------------------------------------------------


@rule("indicators", do="correct indicators.csv or codebook.csv", severity=UNUSABLE)
def indicators(cohort: Cohort) -> Check | str | None:
    """An indicator can be measured by the codebook."""
    printed, tables = cohort.evidence == "reported", cohort.settings.tables
    mine = [
        one
        for name, one in cohort.indicators.items()
        if printed or one.table in tables or (one != cohort.shared.get(name) and one.variables)
    ]
    if not mine and (cohort.folder / (waits := "proposed_indicators.csv")).exists():
        do = f"rename {waits} to indicators.csv once it is right"
        return broken("No indicator is of these answers.", found=waits, do=do)
    amiss = {one.id: why for one in mine if (why := _amiss(cohort, one))}
    if not amiss:
        count = so_many(len(mine), "indicator")
        said = f"Each of the {count} of these tables is defined and agrees with the codebook."
        return said if mine else None
    said = "; ".join(f"{name}: {why}" for name, why in list(amiss.items())[:5])
    message = f"{len(amiss)} of {so_many(len(mine), 'indicator')} cannot be measured."
    return broken(message, list(amiss), said)


def _amiss(cohort: Cohort, indicator: Indicator) -> str:
    """Why an indicator cannot be measured; empty where it can."""
    printed = cohort.evidence == "reported"
    if not indicator.id:
        return "it has no name"
    if indicator.variables and not (printed or indicator.table in cohort.settings.tables):
        return f"cohort.toml has no table {indicator.table or 'for it'}"
    if indicator.measure not in MEASURES:
        return f"its measure {indicator.measure!r} is none of {', '.join(MEASURES)}"
    if indicator.base not in BASES:
        return f"its base {indicator.base!r} is none of {', '.join(BASES[1:])}"
    if indicator.measure in NUMBERS and indicator.base not in ("", "answered"):
        return f"the base of a {indicator.measure} are those who answered, not {indicator.base}"
    for what, names in (("category", indicator.categories), ("variable", indicator.variables)):
        if twice := [name for name, times in Counter(names).items() if times > 1]:
            return f"the {what} {twice[0]} stands twice"
    why = _by_variables(cohort, indicator) if indicator.table in cohort.settings.tables else ""
    good, is_share = indicator.favourable, indicator.measure in SHARES
    if is_share and good not in ("", *indicator.categories):
        return why or f"{good}, which is to be favourable, is none of its categories"
    return why


def _by_variables(cohort: Cohort, indicator: Indicator) -> str:
    variables = cohort.variables(indicator.table)
    boxes = indicator.variables
    if not boxes:
        return "it names no variable"
    if indicator.measure not in (*SHARES, *NUMBERS):
        return f"a {indicator.measure} is of print; of answers there is a share or a total"
    wanted = [*boxes, *filter(None, [indicator.denominator])]
    unknown = [name for name in wanted if name not in variables]
    if unknown:
        return f"the codebook has no {', '.join(unknown)} in {indicator.table}"
    kind = "number" if indicator.measure in NUMBERS else "category"
    if others := [name for name in wanted if variables[name].type != kind]:
        return f"a {indicator.measure} is of the type {kind}, which {others[0]} is not"
    options = cohort.settings.tables[indicator.table].options
    several = [name for name in wanted if name in options and options[name].separator]
    if indicator.measure != "multiple" and (several or len(boxes) > 1):
        return f"{boxes[0]} has boxes or several answers in a cell, as multiple alone can have"
    if (indicator.measure == "ratio") != bool(indicator.denominator):
        some = "a" if indicator.measure == "ratio" else "no"
        return f"a {indicator.measure} has {some} denominator"
    chances = indicator.categories or ("",)
    if indicator.measure == "quantile" and not all(_is_number(one, 0, 1) for one in chances):
        return "the categories of a quantile are probabilities, such as 0.25;0.75"
    known_to_any = {one.name for one in cohort.codebook}
    for name, values in indicator.among.terms:
        one = variables.get(name)
        if name not in known_to_any:
            return f"it is among {name}={min(values)}, and the codebook has no {name}"
        if one and name in options and options[name].separator:
            return f"it is among {name}={min(values)}, and a cell of {name} has several answers"
        plain = [number_text(float(each)) for each in values if _is_number(each)]
        if one and one.type == "number" and plain != [*values]:
            return f"it is among {name}={';'.join(values)}, and {name} is a number such as 1 or 0.5"
        strange = {*values} - {*one.values, *one.missing, NO_ANSWER} if one else set()
        if one and one.type == "category" and strange:
            return f"it is among {name}={min(strange)}, which the codebook does not have"
    own = indicator != cohort.shared.get(indicator.id)  # one that all share may not be asked
    boxed = indicator.measure == "multiple" and own and not several
    if boxed and len(boxes) != len(indicator.categories):
        of = so_many(len(boxes), "variable")
        return f"{len(indicator.categories)} categories for {of} without a separator"
    counted = {"yes", "no"} if boxed else {*indicator.categories}
    for name in boxes if indicator.measure in SHARES else ():
        allowed = {*variables[name].values}
        odd = counted ^ allowed if indicator.measure == "share" else counted - allowed
        if odd or not counted:
            return f"what it counts and the values of {name} differ in {', '.join(sorted(odd))}"
    return ""


def _is_number(text: str, low: float = -inf, high: float = inf) -> bool:
    try:
        return low < float(text) < high
    except ValueError:
        return False


# ---- what is left to be said --------------------------------------------------------------------


@rule("phrases", do="correct phrases.csv", severity=WORTH_KNOWING)
def phrases(cohort: Cohort) -> Check | str:
    """A phrase is of an indicator that is known, and of a category that it has."""
    wrong = strangers(cohort.phrases, cohort.indicators)
    if not wrong:
        return "Every phrase is of a category that is known."
    message = f"{len(wrong)} of {len(cohort.phrases):,} phrases are of what no indicator has."
    return broken(message, [*map("=".join, wrong)], expected=next(iter(wrong.values())))


def _measured(cohort: Cohort) -> list[Indicator]:
    """Indicators of print, or of the tables of a cohort."""
    tables, printed = cohort.settings.tables, cohort.evidence == "reported"
    return [one for one in cohort.indicators.values() if printed or one.table in tables]


@rule(
    "sections",
    do="correct the name under [sections] in cohort.toml, or take it out; or name that section in "
    "the column section of indicators.csv",
    severity=WORTH_KNOWING,
)
def sections(cohort: Cohort) -> Check | None:
    """A title is of a section in which an indicator stands."""
    known = dict.fromkeys(one.section for one in _measured(cohort))
    wrong = [name for name in cohort.settings.sections if name not in known]
    message = f"No indicator stands in {so_many(len(wrong), 'section')} titled under [sections]."
    return broken(message, found=few(wrong), expected=meant(wrong[0], known)) if wrong else None


@rule("crosswalk", do="correct crosswalk.csv", severity=WORTH_KNOWING)
def crosswalk(cohort: Cohort) -> Check | None:
    """Rows of a cohort's own crosswalk are of two cohorts, and of what they measure."""
    if not (cohort.folder / "crosswalk.csv").exists():
        return None
    try:
        rows = load_crosswalk(cohort)
    except CohortError as problem:
        return broken(problem.what, found=str(problem.found or ""), expected=str(problem.expected))
    known = {cohort.id, *map(_id_of, known_cohorts())}
    wrong = {one for side in "ab" for one in rows[f"cohort_{side}"] if one not in known}
    twice = {*rows["cohort_a"][rows["cohort_a"] == rows["cohort_b"]]}
    if not wrong | twice:
        return None
    message = "crosswalk.csv names a cohort that is not there, or one on both sides."
    expected = meant(min(wrong, default=""), sorted(known - twice))
    return broken(message, found=few(sorted(wrong | twice)), expected=expected)


def _id_of(name: str) -> str:
    """The id of another cohort; where it cannot be read its folder's name stands for it."""
    try:
        return read_settings(cohort_folder(name) / "cohort.toml").cohort.id
    except CohortError:
        return name


_ABOUT = ("publisher", "licence", "fieldwork", "sampling")


@rule("provenance", do="replace TODO in cohort.toml under [cohort]", severity=WORTH_KNOWING)
def provenance(cohort: Cohort) -> Check | str:
    """Nothing is left to be written; what a file does not say of who asked whom is named."""
    todo = [key for key, said in cohort.about if f"{said}:".startswith("TODO:")]
    if not todo:
        unsaid = [name for name in _ABOUT if not getattr(cohort.about, name)]
        return f"Nothing is said of {', '.join(unsaid)}." if unsaid else "The survey is described."
    message = f"{so_many(len(todo), 'line')} about the survey still to be written."
    return broken(message, found=", ".join(todo))


@rule("cohort", do="correct the name under [cohort] in cohort.toml")
def who(cohort: Cohort) -> Check | None:
    """Units, tables, bases and variables that [cohort] names are there."""
    own = [one for table in cohort.settings.tables for one in cohort.variables(table).values()]
    units = {one.unit for one in own} | {one.unit for one in _measured(cohort)}
    groups = {one.name for one in own if one.type == "category"}
    known = {"*", *cohort.settings.tables, *units, *cohort.reported["base_id"]} - {""}
    strange = [f"selection of {one}" for one in cohort.about.selection if one not in known]
    strange += [f"by {one}" for one in cohort.about.by if not {*one.split("*")} <= groups]
    message = f"{so_many(len(strange), 'name')} under [cohort] of no table, unit, base or groups."
    if not strange:
        return None
    near = meant(strange[0].split()[-1], [*groups, *known])
    return broken(message, found=few(strange), expected=near)


@rule("decisions", do="take the mark DECIDE away, correct the line, or delete it")
def decisions(cohort: Cohort) -> Check | None:
    """No doubt of a new cohort is left for a person to decide."""
    lines = (cohort.folder / "cohort.toml").read_text(encoding="utf-8-sig").splitlines()
    left = [(n, line) for n, line in enumerate(lines, start=1) if line.startswith(DECIDE)]
    if not left:
        return None
    return broken(
        f"{so_many(len(left), 'line')} of cohort.toml {'is' if len(left) == 1 else 'are'} still to "
        "be decided.",
        [f"cohort.toml line {n}" for n, _ in left],
        found="; ".join(line.removeprefix(DECIDE) for _, line in left[:5]),
    )


@rule(
    "print_unread",
    do='give printed figures a folder of their own, with evidence = "reported"; or take them out',
    severity=WORTH_KNOWING,
)
def print_unread(cohort: Cohort) -> Check | None:
    """No table of print lies beside answers, where nothing reads it."""
    if cohort.evidence == "reported":
        return None
    there = [f"{one}.csv" for one in OF_PRINT if (cohort.folder / f"{one}.csv").exists()]
    message = f"{so_many(len(there), 'table')} of printed figures beside answers, read nowhere."
    return broken(message, found=few(there)) if there else None
