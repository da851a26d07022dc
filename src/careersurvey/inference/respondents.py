"""The tables of respondents of a cohort, compiled and ready to be estimated from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import narwhals as nw

from careersurvey.errors import QuestionError
from careersurvey.evidence.answers.coded import with_design
from careersurvey.evidence.answers.table import compile_tables
from careersurvey.evidence.checks import codebook
from careersurvey.evidence.checks.check import WORTH_KNOWING, require
from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.tables import Indicator
from careersurvey.inference.survey.questions import Table, opened, options_of
from careersurvey.inference.survey.weighting import with_known_totals

#: By variable and by the name of the new group, the groups that stand together.
Merge = Mapping[str, Mapping[str, Sequence[str]]]
#: By indicator, the numbers that its answers are taken for.
Scale = Mapping[str, Mapping[str, float]]


def on_scale(table: Table, scale: Scale) -> Table:
    """The same table with the answers to some questions taken as numbers, which have a mean."""
    frame, indicators = table.frame, []
    for one in table.indicators:
        if numbers := scale.get(one.id):
            _require_answers(one, numbers)
            answer, name = nw.col(one.variables[0]), f"{one.id} as a number"
            number = nw.lit(None, dtype=nw.Float64)
            for given, value in numbers.items():
                number = nw.when(answer == given).then(nw.lit(float(value))).otherwise(number)
            frame = frame.with_columns(number.alias(name))
            one = one._replace(measure="mean", variables=(name,), categories=())
        indicators.append(one)
    return replace(table, frame=frame, indicators=tuple(indicators))


def _require_answers(one: Indicator, numbers: Mapping[str, float]) -> None:
    strange = [said for said in numbers if said not in one.categories]
    if one.measure != "share" or strange:
        raise QuestionError(
            f"The answers to {one.id} cannot be taken as numbers.",
            found=", ".join(strange) or f"a {one.measure}",
            expected=", ".join(one.categories) if one.measure == "share" else "a share",
        )


def require_sound(cohort: Cohort, readings: str | Path | None = None) -> None:
    """Hold a cohort to every check that an estimate rests on."""
    found = screen(cohort, readings=readings)
    require([check for check in found if check.severity < WORTH_KNOWING], cohort.id)


def read_answers(
    cohort: Cohort, indicators: Collection[str] = (), merge: Merge | None = None
) -> Iterator[Table]:
    """Read each table that measures something, with the groups that stand together."""
    require(codebook.indicators.check("indicators", cohort), cohort.id)
    together = {
        variable: {member: group for group, members in groups.items() for member in members}
        for variable, groups in (merge or {}).items()
    }
    tables = compile_tables(cohort)
    wanted = [one for one in cohort.indicators.values() if not indicators or one.id in indicators]
    for name, table in tables.items():
        columns = set(table.frame.columns)
        measured = tuple(one for one in wanted if one.table == name and _has(columns, one))
        if not measured:
            continue
        # The tables whose key this one has, so that it can be broken down by what they say.
        linked = [one for one in tables.values() if one.name != name and one.key in columns]
        lookups = {one.name: (one.key, one.frame) for one in linked}
        design = with_known_totals(cohort, table.design)
        yield Table(
            frame=with_design(opened(table.frame), design, lookups.values()),
            variables={k: v for one in (*lookups, name) for k, v in cohort.variables(one).items()},
            settings=design,
            lookups=lookups,
            cohort=cohort.id,
            name=name,
            together=together,
            indicators=measured,
        )


def _has(columns: Collection[str], one: Indicator) -> bool:
    """Whether a table has the variables of an indicator, or its options."""
    needed = {*one.variables, *filter(None, [one.denominator])}
    several = one.measure == "multiple" and len(one.variables) < len(one.categories)
    if several or not needed <= {*columns}:
        needed = {*options_of(one)}
    return bool(needed) and needed <= {*columns}
