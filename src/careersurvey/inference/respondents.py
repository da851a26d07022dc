"""The tables of respondents of a cohort, compiled and ready to be estimated from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import narwhals as nw

from careersurvey.errors import QuestionError
from careersurvey.evidence.answers.coded import CodedTable, with_design
from careersurvey.evidence.answers.table import compile_tables
from careersurvey.evidence.checks import codebook
from careersurvey.evidence.checks.check import WORTH_KNOWING, require
from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.tables import Indicator, Variable
from careersurvey.inference.survey.questions import Lookup
from careersurvey.inference.survey.totals import Totals, read_totals
from careersurvey.inference.survey.weighting import with_known_totals

#: By variable and by the name of the new group, the groups that stand together.
Merge = Mapping[str, Mapping[str, Sequence[str]]]
#: By indicator, the numbers that its answers are taken for.
Scale = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Answers:
    """One table of respondents, ready to be estimated from.

    Attributes
    ----------
    name : str
    frame : DuckDBPyRelation or pyspark.sql.DataFrame
        One column a variable.
    indicators : tuple of Indicator
        Those that it answers.
    variables : dict of str to Variable
        Its own, and those of the tables that it is linked to.
    design : DesignSettings
    lookups : dict of table to (identifier, frame)
        Tables whose key it has.
    """

    name: str
    frame: Any
    indicators: tuple[Indicator, ...]
    variables: Mapping[str, Variable]
    design: DesignSettings
    lookups: Mapping[str, Lookup]

    def totals(self, by: Sequence[str], cohort: str) -> list[Totals]:
        """Reduce it to what its indicators need, by those of some variables that it reaches."""
        given = (self.frame, self.indicators, self.variables, self.design)
        return read_totals(*given, self.within_reach(by), self.lookups, cohort)

    def on(self, scale: Scale) -> Answers:
        """The same with the answers to some questions taken as numbers, which have a mean."""
        frame, indicators = nw.from_native(self.frame), []
        for one in self.indicators:
            numbers, number = scale.get(one.id), f"{one.id} as a number"
            if not numbers:
                indicators.append(one)
                continue
            _require_answers(one, numbers)
            answer, value = nw.col(one.variables[0]), nw.lit(None, dtype=nw.Float64)
            for said, taken in numbers.items():
                value = nw.when(answer == said).then(nw.lit(float(taken))).otherwise(value)
            frame = frame.with_columns(value.alias(number))
            indicators.append(one._replace(measure="mean", variables=(number,), categories=()))
        return replace(self, frame=frame.to_native(), indicators=tuple(indicators))

    def within_reach(self, by: Sequence[str]) -> list[str]:
        """Keep the breakdowns all of whose variables the table has or is linked to."""
        frames = [self.frame, *(frame for _, frame in self.lookups.values())]
        reached = {column for frame in frames for column in frame.columns}
        return [both for both in by if reached.issuperset(both.split("*"))]


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
) -> Iterator[Answers]:
    """Read each table of a cohort that measures something, in the order of cohort.toml."""
    require(codebook.indicators.check("indicators", cohort), cohort.id)
    merge = merge or {}
    tables = {name: _merged(table, merge) for name, table in compile_tables(cohort).items()}
    for name, table in tables.items():
        columns = set(table.frame.columns)
        here = [one for one in cohort.indicators.values() if one.table == name]
        here = [one for one in here if not indicators or one.id in indicators]
        measured = tuple(one for one in here if _has(columns, one))
        if measured:
            # The tables whose key this one has, so that it can be broken down by what they say.
            others = {other: (one.key, one.frame) for other, one in tables.items() if other != name}
            lookups = {other: link for other, link in others.items() if link[0] in columns}
            known = {k: v for other in lookups for k, v in cohort.variables(other).items()}
            known |= cohort.variables(name)
            known |= {v: _with_merged(known[v], merge[v]) for v in set(merge) & set(known)}
            design = with_known_totals(cohort, table.design)
            frame = with_design(nw.from_native(table.frame), design, lookups.values())
            yield Answers(name, frame.to_native(), measured, known, design, lookups)


def _merged(table: CodedTable, merge: Merge) -> CodedTable:
    """Write the name of the new group in place of those that it stands for."""
    frame = nw.from_native(table.frame)
    for variable in set(merge) & set(table.frame.columns):
        said = nw.col(variable)
        for name, members in merge[variable].items():
            said = nw.when(nw.col(variable).is_in(list(members))).then(nw.lit(name)).otherwise(said)
        frame = frame.with_columns(said.alias(variable))
    return replace(table, frame=frame.to_native())


def _with_merged(variable: Variable, merge: Mapping[str, Sequence[str]]) -> Variable:
    named = {member: name for name, members in merge.items() for member in members}
    values = dict.fromkeys(named.get(one, one) for one in variable.values)
    return variable._replace(values=tuple(values))


def _has(columns: Collection[str], one: Indicator) -> bool:
    """Whether a table has the variables of an indicator, or its options."""
    needed = {*one.variables, *filter(None, [one.denominator])}
    options = {f"{name}__{option}" for name in one.variables[:1] for option in one.categories}
    return any(names and names <= set(columns) for names in (needed, options))
