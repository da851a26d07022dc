"""Whether codebook, indicators and phrases are sound, before anything is measured by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from careersurvey.evidence.checks.check import UNUSABLE, WORTH_KNOWING, Check, Wrong, rule
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.tables import DECIDE, NO_ANSWER, TYPES, Indicator, Variable
from careersurvey.evidence.text import plural

MEASURES = (
    *("share", "multiple", "mean", "median", "quantile"),
    *("total", "ratio", "count", "rank", "context"),
)
BASES = ("", "all", "asked", "answered")


def check_codebook(cohort: Cohort) -> Iterator[Check]:
    """Hold codebook, indicators and phrases of a cohort against their rules."""
    variables = [one for one in cohort.codebook if one.table in cohort.settings.tables]
    for each in (types, values, ranges, names):
        yield from each.check("codebook", variables)
    yield from indicators.check("indicators", cohort)
    yield from phrases.check("phrases", cohort)
    yield from provenance.check("cohort", cohort)
    yield from decisions.check("cohort", cohort)


@rule("codebook_types", do="correct the column type", severity=UNUSABLE)
def types(variables: list[Variable]) -> Wrong | str | None:
    """A variable has a type that is known."""
    wrong = [one for one in variables if one.type not in TYPES]
    holds = "Every variable has a type that is known."
    return _told(variables, wrong, holds, "have a type that is not known", ", ".join(TYPES))


@rule("codebook_values", do="write the allowed values in the column values", severity=UNUSABLE)
def values(variables: list[Variable]) -> Wrong | str | None:
    """A category has allowed values, each once, and none of them is kept for blanks."""
    wrong = [
        one
        for one in variables
        if (one.type == "category" and not one.values)
        or len(set(one.values)) < len(one.values)
        or NO_ANSWER in (*one.values, *one.missing)
        or set(one.values) & set(one.missing)
    ]
    says = f"lack allowed values, repeat one, or have {NO_ANSWER} or a missing code among them"
    holds = "Every category has its values, each once."
    return _told(variables, wrong, holds, says, "values separated by ;, each once")


@rule("codebook_ranges", do="correct the column values", severity=UNUSABLE)
def ranges(variables: list[Variable]) -> Wrong | str | None:
    """The values of a number are a range, the lower end first."""
    numbers = [one for one in variables if one.type == "number" and one.values]
    wrong = [
        one
        for one in numbers
        if one.range == (None, None) or (None not in one.range and one.range[0] > one.range[1])
    ]
    holds = "The values of a number are a range wherever there are any."
    says = "are numbers whose values are no range"
    return _told(variables, wrong, holds, says, "0..100, 0.. or ..100")


@rule("codebook_names", do="keep one row a variable and table", severity=UNUSABLE)
def names(variables: list[Variable]) -> Wrong | str | None:
    """A variable stands once a table."""
    often = Counter((one.name, one.table) for one in variables)
    wrong = [one for one in variables if often[one.name, one.table] > 1]
    holds = "Every variable stands once a table."
    return _told(variables, wrong, holds, "stand twice for one table", "")


@rule("indicators", do="correct indicators.csv or codebook.csv", severity=UNUSABLE)
def indicators(cohort: Cohort) -> Wrong | str | None:
    """An indicator can be measured by the codebook."""
    mine = [
        one
        for one in cohort.indicators.values()
        if one.table in cohort.settings.tables or cohort.evidence == "reported"
    ]
    amiss = {one.id: why for one in mine if (why := _amiss(cohort, one))}
    if not amiss:
        count = plural(len(mine), "indicator")
        return f"Each of the {count} of these tables can be measured." if mine else None
    said = "; ".join(f"{name}: {why}" for name, why in list(amiss.items())[:5])
    message = f"{len(amiss)} of {plural(len(mine), 'indicator')} cannot be measured."
    return Wrong(message, list(amiss), said)


@rule("phrases", do="correct phrases.csv", severity=WORTH_KNOWING)
def phrases(cohort: Cohort) -> Wrong | str:
    """A phrase is of a category that its indicator has."""
    known = cohort.indicators
    wrong = [
        f"{name}={category}"
        for name, category in cohort.phrases
        if name in known and category not in ("", *known[name].categories)
    ]
    if not wrong:
        return "Every phrase is of a category that is known."
    of = f"{len(wrong)} of {len(cohort.phrases):,} phrases"
    return Wrong(f"{of} are of a category that is not known.", wrong)


@rule("provenance", do="replace TODO in cohort.toml under [cohort]", severity=WORTH_KNOWING)
def provenance(cohort: Cohort) -> Wrong | str:
    """What a new cohort's file left to be written is written: who asked whom, when and how."""
    todo = [key for key, said in cohort.about if str(said).startswith("TODO")]
    if not todo:
        return "Nothing about the survey is left TODO."
    message = f"{plural(len(todo), 'line')} about the survey still to be written."
    return Wrong(message, found=", ".join(todo))


def _told(
    variables: list[Variable], wrong: list[Variable], holds: str, says: str, may: str
) -> Wrong | str | None:
    """Which variables break a rule; nothing where a cohort has none."""
    if not wrong:
        return holds if variables else None
    message = f"{len(wrong)} of {len(variables):,} variables {says}."
    found = ", ".join(f"{one.type!r} {';'.join(one.values)}".strip() for one in wrong[:5])
    return Wrong(message, list(dict.fromkeys(one.name for one in wrong)), found, may)


def _amiss(cohort: Cohort, indicator: Indicator) -> str:
    """Why an indicator cannot be measured; empty where it can."""
    if indicator.measure not in MEASURES:
        return f"its measure {indicator.measure!r} is none of {', '.join(MEASURES)}"
    if indicator.base not in BASES:
        return f"its base {indicator.base!r} is none of {', '.join(BASES[1:])}"
    return _by_variables(cohort, indicator) if indicator.table in cohort.settings.tables else ""


def _by_variables(cohort: Cohort, indicator: Indicator) -> str:
    variables = cohort.variables(indicator.table)
    boxes = indicator.variables
    wanted = [*boxes, *filter(None, [indicator.denominator])]
    unknown = [name for name in wanted if name not in variables]
    if unknown:
        return f"the codebook has no {', '.join(unknown)} in {indicator.table}"
    if indicator.measure == "multiple" and 1 < len(boxes) != len(indicator.categories):
        return f"{len(indicator.categories)} categories for {len(boxes)} variables"
    if indicator.measure == "quantile" and not all(map(_is_probability, indicator.categories)):
        return "the categories of a quantile are probabilities, such as 0.25;0.75"
    known = variables[wanted[0]] if len(wanted) == 1 else None
    if indicator.measure == "share" and known and known.type == "category":
        odd = ", ".join(sorted(set(known.values) ^ set(indicator.categories)))
        return f"its categories and the values of {known.name} differ in {odd}" if odd else ""
    return ""


def _is_probability(text: str) -> bool:
    try:
        return 0 < float(text) < 1
    except ValueError:
        return False


@rule("decisions", do="take the mark DECIDE away, correct the line, or delete it")
def decisions(cohort: Cohort) -> Wrong | None:
    """No doubt of a new cohort is left for a person to decide."""
    lines = (cohort.folder / "cohort.toml").read_text(encoding="utf-8-sig").splitlines()
    left = [(n, line) for n, line in enumerate(lines, start=1) if line.startswith(DECIDE)]
    if not left:
        return None
    return Wrong(
        f"{plural(len(left), 'line')} of cohort.toml {'is' if len(left) == 1 else 'are'} still to "
        "be decided.",
        [f"cohort.toml line {n}" for n, _ in left],
        found="; ".join(line.removeprefix(DECIDE) for _, line in left[:5]),
    )
