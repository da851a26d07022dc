"""Everything that is amiss in a cohort, at once, worst first."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from careersurvey.errors import CohortError, SurveyError
from careersurvey.evidence.answers.coded import CodedTable
from careersurvey.evidence.answers.engines import place_of
from careersurvey.evidence.answers.table import compile_table
from careersurvey.evidence.checks_codebook import check_codebook
from careersurvey.evidence.checks_design import check_design
from careersurvey.evidence.checks_reported import check_statements
from careersurvey.evidence.checks_tables import check_table, named, rows
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.findings import ROWS_NAMED, Check, as_record, describe, worst_first
from careersurvey.evidence.tables import Indicator, Variable, codebook_table
from careersurvey.evidence.text import plural


def screen(cohort: Cohort, source: Path | None = None) -> list[Check]:
    """Hold a cohort against every rule and return all that was found, worst first.

    Parameters
    ----------
    cohort : Cohort
        A cohort of printed figures or of respondents.
    source : Path, optional
        The report's text, in which printed figures are sought again.

    Raises
    ------
    CohortError
        If a text is given for a cohort that has no printed figures. What is amiss in the
        cohort itself is a finding, not an error.
    """
    if cohort.evidence == "reported":
        return worst_first(check_statements(cohort, source))
    if source:
        raise CohortError(
            f"{cohort.id} has no printed figures to seek in a text.",
            found=f"--source {source}",
            do="leave --source out",
        )
    names = list(cohort.settings.tables) or [cohort.table("")]
    if cohort.settings.engine.spark:
        return worst_first(_without_answers(cohort, names))
    tables, checks = _read(cohort, names)
    checks += check_codebook(_codebook_of(cohort, names)) + check_indicators(cohort, names)
    for table in tables.values():
        checks += check_table(table, cohort.synthetic)
        checks += check_links(table, tables) + check_design(table, tables)
    checks += [*check_response(cohort, tables), check_provenance(cohort)]
    return worst_first(checks)


def as_text(checks: Iterable[Check]) -> str:
    """Return findings as lines for a reader: what failed in full, what holds in one line each."""
    checks = worst_first(checks)
    failed = [check for check in checks if not check.passed]
    hold = [check for check in checks if check.passed]
    width = max((len(check.rule) for check in hold), default=0)
    head = f"{plural(len(checks), 'check')}: {len(failed)} failed, {len(hold)} hold."
    blocks = [f"{describe(check)}" for check in failed]
    lines = [
        "  " + "  ".join(filter(None, [check.rule.ljust(width), check.table, check.message]))
        for check in hold
    ]
    return "\n\n".join(filter(None, [head, *blocks, "\n".join(lines)]))


def as_json(checks: Iterable[Check]) -> str:
    """Return findings for machines: a list of rule, table, passed, message, rows."""
    return json.dumps([as_record(check) for check in worst_first(checks)], indent=2)


def as_table(checks: Iterable[Check]) -> pd.DataFrame:
    """Return findings as a table for a page: rule, table, holds, message, rows, do."""
    records = [
        {
            "rule": check.rule,
            "table": check.table,
            "holds": check.passed,
            "message": check.message,
            "rows": ", ".join(map(str, check.rows)),
            "do": check.do,
        }
        for check in worst_first(checks)
    ]
    return pd.DataFrame(records, columns=["rule", "table", "holds", "message", "rows", "do"])


def check_indicators(cohort: Cohort, names: list[str]) -> list[Check]:
    """Hold the indicators of the cohort's tables against the codebook."""
    mine = [one for one in cohort.indicators.values() if one.table in names]
    variables = {name: cohort.variables(name) for name in names}
    found = {one.id: _amiss(variables[one.table], one) for one in mine}
    wrong = {name: why for name, why in found.items() if why}
    if not wrong:
        message = f"All {len(mine):,} indicators of these tables have their variables."
        return [Check("indicators", "indicators", True, message)]
    return [
        Check(
            "indicators",
            "indicators",
            False,
            f"{len(wrong)} of {plural(len(mine), 'indicator')} cannot be measured by the codebook.",
            tuple(wrong)[:ROWS_NAMED],
            "correct indicators.csv or codebook.csv",
            found="; ".join(f"{name}: {why}" for name, why in list(wrong.items())[:ROWS_NAMED]),
            severity=1,
        )
    ]


def check_links(table: CodedTable, tables: dict[str, CodedTable]) -> list[Check]:
    """Refuse an identifier that the table it points to does not have: a parent's school."""
    checks = []
    for other in tables.values():
        key = other.key
        named_after = [one for one in tables if key == f"{one.removesuffix('s')}_id"]
        owns = not named_after or other.name in named_after
        if other is not table and key and key in table.variables and owns:
            checks.append(_link(table, other, key))
    return checks


def check_response(cohort: Cohort, tables: dict[str, CodedTable]) -> list[Check]:
    """Work out how many of those invited took part, where the invited are given."""
    invited = cohort.about.invited
    return [_response(name, asked, tables) for name, asked in invited.items()]


def check_provenance(cohort: Cohort) -> Check:
    """Refuse what a new cohort's file left to be written: who asked whom, when and how."""
    todo = [key for key, value in cohort.about if str(value).startswith("TODO")]
    if not todo:
        return Check("provenance", "cohort", True, "Nothing about the survey is left TODO.")
    message = f"{plural(len(todo), 'line')} about the survey still to be written."
    do = "replace TODO in cohort.toml under [cohort]"
    return Check("provenance", "cohort", False, message, do=do, found=", ".join(todo), severity=3)


def _read(cohort: Cohort, names: list[str]) -> tuple[dict[str, CodedTable], list[Check]]:
    tables, checks = {}, []
    for name in names:
        try:
            tables[name] = compile_table(cohort, name)
        except SurveyError as problem:
            checks.append(_from_error(problem, name, cohort.id))
    return tables, checks


def _without_answers(cohort: Cohort, names: list[str]) -> list[Check]:
    """Every rule that needs no answers: a table on Spark is not read whole to be checked."""
    checks = [*check_codebook(_codebook_of(cohort, names)), *check_indicators(cohort, names)]
    for name in names:
        try:
            place_of(cohort, name)
        except SurveyError as problem:
            checks.append(_from_error(problem, name, cohort.id))
        message = "The answers of a table on Spark are not checked against the codebook."
        checks.append(Check("answers", name, True, message, severity=3))
    return [*checks, check_provenance(cohort)]


def _from_error(problem: SurveyError, table: str, cohort: str) -> Check:
    said = {"found": problem.found, "expected": problem.expected, "do": problem.do}
    place = f" ({problem.where})" if problem.where else ""
    return Check(
        "readable",
        table,
        False,
        f"{problem.what.removeprefix(cohort).lstrip(': ').rstrip('.')}{place}.",
        severity=0,
        **{key: str(value) for key, value in said.items() if value is not None},
    )


def _codebook_of(cohort: Cohort, names: list[str]) -> pd.DataFrame:
    return codebook_table(one for one in cohort.codebook if one.table in names)


def _amiss(variables: dict[str, Variable], indicator: Indicator) -> str:
    boxes = indicator.variables
    wanted = [*boxes, *filter(None, [indicator.denominator])]
    unknown = [name for name in wanted if name not in variables]
    if unknown:
        return f"the codebook has no {', '.join(unknown)} in {indicator.table}"
    categories = set(indicator.categories)
    if indicator.measure == "multiple" and 1 < len(boxes) != len(categories):
        return f"{len(categories)} categories for {len(boxes)} variables"
    known = variables[wanted[0]] if len(wanted) == 1 else None
    if indicator.measure != "share" or not known or known.type != "category":
        return ""
    values = set(known.values)
    if values == categories:
        return ""
    odd = ", ".join(sorted(values ^ categories))
    return f"its categories and the values of {known.name} differ in {odd}"


def _link(table: CodedTable, other: CodedTable, key: str) -> Check:
    column = named(key)
    bad = (
        f"FROM {table.numbered} one ANTI JOIN {other.numbered} other "
        f"ON one.{column} = other.{column}"
    )
    ((count,),) = rows(f"SELECT count(*) {bad}")
    if not count:
        return Check("links", table.name, True, f"Every {key} is in {other.name}.")
    found = rows(f"SELECT row__ {bad} ORDER BY row__ LIMIT {ROWS_NAMED}")
    return Check(
        "links",
        table.name,
        False,
        f"{count:,} of {plural(table.rows_kept, 'row')} have a {key} that is not in {other.name}.",
        tuple(row for (row,) in found),
        f"correct {key}, or add the missing rows to {other.name}",
        expected=f"a {key} of {other.settings.file}",
        severity=1,
    )


def _response(name: str, asked: int, tables: dict[str, CodedTable]) -> Check:
    if name not in tables:
        message = "The response rate cannot be worked out: the table cannot be read."
        return Check("response_rate", name, False, message, severity=3)
    answered = tables[name].rows_kept
    passed = answered <= asked
    return Check(
        "response_rate",
        name,
        passed,
        f"{answered:,} of {asked:,} invited took part, {answered / asked:.1%}."
        if passed
        else f"{answered:,} took part, more than the {asked:,} invited.",
        do="" if passed else "correct invited in cohort.toml, or look for rows entered twice",
    )
