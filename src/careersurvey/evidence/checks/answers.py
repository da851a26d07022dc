"""What must hold of answers: inside a table, between tables, and of how their rows were drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import narwhals as nw
import pandas as pd

from careersurvey.evidence.answers.coded import (
    SYNTHETIC,
    CodedTable,
    called_after,
    connection,
    own_identifier,
    with_design,
)
from careersurvey.evidence.checks.check import ROWS_NAMED, UNUSABLE, Check, Wrong, rule
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.text import few, plural

GREATEST = 1e300  #: Weights that add to more are refused.
FAINT = 1e-30  #: A weight above 0 that is less than this of the greatest is refused.
ROW, ROWS, _FIRST_ROW = "row__", "rows__", "first_row__"
#: What holds where nothing was found against it, in tables with a question of the kind.
_HOLDS = {
    "whole_rows": ("", "Every row has the cells of the header."),
    "allowed_values": ("category", "Every answer is in the codebook."),
    "numbers": ("number", "Every number is a number."),
    "dates": ("date", "Every date is a date."),
    "boxes": ("options", "Every box of a select-all question is ticked or unticked."),
    "nothing_ticked": ("options", "What a row without a tick means is declared, or all have one."),
}


@dataclass(frozen=True)
class Drawn:
    """Rows of a table, each with its number, ``row__``, and what their design says of them."""

    name: str
    design: DesignSettings
    rows: nw.LazyFrame
    people: int

    @cached_property
    def schema(self) -> nw.Schema:
        """The columns and their types."""
        return self.rows.collect_schema()

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Each different stratum, cluster and population, how many rows, and the first of them."""
        parts = [*self.design.strata, *self.design.clusters, *self.design.sizes]
        keys = [name for name in dict.fromkeys(parts) if name in self.schema] or [ROW]
        counts = nw.len().alias(ROWS), nw.col(ROW).min().alias(_FIRST_ROW)
        return self.rows.group_by(keys).agg(*counts).collect().to_pandas()

    @property
    def stages(self) -> Iterator[tuple[list[str], str | None, pd.Series, pd.Series]]:
        """Each stage: within what it draws, what, and of each cell its part and units there."""
        design = self.design
        for number in range(design.stages):
            over = number if design.nest else min(number, 1)  # a cluster lies in one stratum
            above = [*design.strata[:over], *design.clusters[:number]]
            above += design.strata[number : number + 1]
            cluster = next(iter(design.clusters[number : number + 1]), None)
            parts = self.cells.groupby(above or (lambda _: 0), dropna=False)
            drawn = parts[cluster or ROWS].transform("nunique" if cluster else "sum")
            yield above, cluster, parts.ngroup(), drawn

    def sizes(self, population: str | float) -> pd.Series:
        """The population of each cell, from its column or as one number."""
        by_name = isinstance(population, str)
        return self.cells[population] if by_name else pd.Series(population, self.cells.index)

    def told(
        self, bad: nw.LazyFrame | pd.DataFrame, says: str, holds: str, **said: str
    ) -> Wrong | str:
        """How many rows, or rows of cells, are amiss, and the first; what holds where none is."""
        if isinstance(bad, pd.DataFrame):
            count, first = int(bad[ROWS].sum()), sorted(map(int, bad[_FIRST_ROW]))
        else:
            count, first = int(bad.select(nw.len().alias(ROWS)).collect().item()), []
            if count:
                first = bad.select(ROW).sort(ROW).head(ROWS_NAMED).collect()[ROW].to_list()
        message = f"{count:,} of {plural(self.people, 'row')} {says}."
        return Wrong(message, first, **said) if count else holds


class Answers(Drawn):
    """All columns of a table of answers, beside the tables that it may be linked to."""

    def __init__(self, table: CodedTable, tables: dict[str, CodedTable], cohort: Cohort) -> None:
        every = nw.from_native(connection().sql(f"FROM {table.numbered}"))
        super().__init__(table.name, table.design, every, table.rows_kept)
        self.table, self.tables, self.cohort = table, tables, cohort

    @property
    def owners(self) -> Iterator[tuple[CodedTable, str]]:
        """Other tables of whose rows this one may name the identifier: the school of a parent."""
        known = self.cohort.variables(self.name)
        for other in self.tables.values():
            name = own_identifier(other.name, other.settings)
            key = name if name in self.cohort.variables(other.name) else ""
            named_after = [one for one in self.tables if key == called_after(one)]
            owns = not named_after or other.name in named_after
            if other is not self.table and key in known and owns:
                yield other, key

    @cached_property
    def drawn(self) -> Drawn:
        """The rows with the columns of their design, those of linked tables joined."""
        others = ((one.key, one.frame) for one, _ in self.owners)
        frame = with_design(self.rows, self.design, others)
        have = frame.collect_schema().names()
        frame = frame.select(ROW, *(name for name in self.design.columns if name in have))
        return Drawn(self.name, self.design, frame, self.people)


def check_answers(cohort: Cohort, tables: dict[str, CodedTable]) -> Iterator[Check]:
    """Hold the tables of a cohort against every rule."""
    for table in tables.values():
        at = Answers(table, tables, cohort)
        yield from table.findings
        kinds = {"", *(one.type for one in table.variables.values())}
        kinds |= {"options"} if table.settings.options else set()
        broken = {finding.rule for finding in table.findings}
        for name, (kind, words) in _HOLDS.items():
            if kind in kinds and name not in broken:
                yield Check(name, table.name, True, words)
        for each in (rows, unique_key, ranges, sums, synthetic, links):
            yield from each.check(at.name, at)
        # Without a design there is nothing to hold, but that something is measured of one row.
        own = [one for one in cohort.indicators.values() if one.table == table.name]
        measured = any({*one.variables} & {*table.variables} for one in own)
        alone = table.rows_kept == 1 and measured
        held = alone or (table.rows_kept and table.design.model_fields_set)
        yield from check_design(at.drawn, only_columns=not held)
        yield from written_alike.check(at.name, at) if held else ()
        yield from (Check("normalised", table.name, True, note) for note in table.notes)
    for name, invited in cohort.about.invited.items():
        yield from response_rate.check(name, tables.get(name), invited)


def check_design(at: Drawn, *, only_columns: bool = False) -> Iterator[Check]:
    """Hold a design against its rules; without its columns nothing can be told."""
    found = columns.check(at.name, at)
    yield from found
    if not only_columns and all(one.passed for one in found):
        for each in (weights, strata, clusters, nested_clusters, populations, lonely_clusters):
            yield from each.check(at.name, at)


# ---- the rows of a table ------------------------------------------------------------------------


@rule("rows", do="look at the file of {table}: it holds no answers", severity=UNUSABLE)
def rows(at: Answers) -> Wrong | str:
    """Rows read are rows kept and rows set aside; a table without a row fails."""
    table = at.table
    reasons = ", ".join(f"{one.n:,} because {why}" for why, one in table.set_aside.items())
    message = (
        f"{plural(table.rows_read, 'row')} read, {table.rows_kept:,} kept, "
        f"{table.rows_read - table.rows_kept:,} set aside{': ' * bool(reasons)}{reasons}."
    )
    return message if table.rows_kept else Wrong(message)


@rule("unique_key", do="correct it, or take out rows that were entered twice", severity=UNUSABLE)
def unique_key(at: Answers) -> Wrong | str:
    """The identifier of the table's own unit is there, and once."""
    key, table = at.table.key, at.table
    if not key:
        return "The table has no identifier of its own, so repeated rows cannot be told."
    holds = f"Every {key} is there, and once."
    if table.different == table.rows_kept:
        return holds
    often = at.rows.group_by(key).agg(nw.len().alias(ROWS)).filter(nw.col(ROWS) == 1)
    bad = at.rows.join(often.select(key).drop_nulls(), on=key, how="anti")
    return at.told(bad, f"have a {key} that is blank or repeated", holds)


@rule("ranges", do="correct the file, or declare codes such as -9 under [tables.{table}.missing]")
def ranges(at: Answers) -> Iterator[Wrong | str]:
    """Numbers lie in the range that the codebook gives."""
    held = 0
    for variable in at.table.variables.values():
        low, high = variable.range
        column = nw.col(variable.name)
        ends = [column < low] * (low is not None) + [column > high] * (high is not None)
        ends += [column != column.round()] * variable.is_whole
        if variable.type == "number" and ends:
            bad = at.rows.filter(nw.any_horizontal(*ends, ignore_nulls=True))
            says = f"have a number of {variable.name} outside the range"
            found = at.told(bad, says, "", expected=";".join(variable.values))
            held += not found
            yield from [found] * bool(found)
    if held:
        yield f"The numbers of {plural(held, 'variable')} lie within their ranges."


@rule("sums", do="correct the file, or set sums_tolerance where the parts are rounded")
def sums(at: Answers) -> Iterator[Wrong | str]:
    """The parts add to the whole, as ``sums`` declares them."""
    numbers = {name for name, one in at.table.variables.items() if one.type == "number"}
    for whole, parts in at.table.settings.sums.items():
        wrong = dict.fromkeys(name for name in (whole, *parts) if name not in numbers)
        if wrong:
            message = f"The sum of {whole} names what is no number of the table."
            place = f"correct [tables.{at.table.name}.sums] in cohort.toml"
            yield Wrong(message, found=", ".join(wrong), do=place)
            continue
        off = (nw.col(whole) - nw.sum_horizontal(*parts)).abs()
        bad = at.rows.drop_nulls([whole, *parts])
        bad = bad.filter(off > at.table.settings.sums_tolerance + 1e-9)
        sides = f"{' + '.join(parts)} = {whole}"
        yield at.told(bad, "do not add up", f"{sides} in every row that has all.", expected=sides)


@rule("synthetic", do="", severity=UNUSABLE)
def synthetic(at: Answers) -> Wrong | str:
    """The mark of invented data is in every row of an invented cohort, in none of another."""
    said, file = at.cohort.synthetic, at.table.settings.file
    holds = f"{'Every' if said else 'No'} row is marked synthetic."
    lacking = at.rows
    if SYNTHETIC in at.table.frame.columns:
        words = nw.col(SYNTHETIC).cast(nw.String).str.to_lowercase()
        marked = words.is_in(["true", "1", "yes"]).fill_null(value=False)
        lacking = at.rows.filter(~marked if said else marked)
    elif not said:
        return holds
    lacks = "lack the mark of invented data" if said else "are marked as invented data"
    remedy = (
        f"add a column called synthetic with true in every row of {file}; where people answered, "
        if said
        else f"take the mark out of the column synthetic of {file}; where all was invented, "
    )
    expected = f"synthetic = {str(said).lower()} in cohort.toml and in every row"
    do = f"{remedy}set synthetic = {str(not said).lower()} in cohort.toml"
    return at.told(lacking, lacks, holds, expected=expected, do=do)


# ---- between tables -----------------------------------------------------------------------------


@rule("links", do="", severity=UNUSABLE)
def links(at: Answers) -> Iterator[Wrong | str]:
    """A table that belongs to another one names rows that are there."""
    here = at.table
    for other, key in at.owners:
        lacking = [each for each in (here, other) if key not in each.variables]
        if key in here.settings.unlinked or len(lacking) == 2:
            continue
        untied = f'set unlinked = ["{key}"] under [tables.{here.name}]'
        if lacking:
            yield _lost(here, other, key, lacking[0], untied)
            continue
        bad = at.rows.join(nw.from_native(other.frame).select(key), on=key, how="anti")
        do = f"correct it, or add the missing rows; if it is no link, {untied}"
        holds = f"Every {key} is in {other.name}."
        yield at.told(bad, f"have a {key} not in {other.name}", holds, do=do)


def _lost(here: CodedTable, other: CodedTable, key: str, lacking: CodedTable, untied: str) -> Wrong:
    """Say that two tables are tied by an identifier that one of them has no column for."""
    count = plural(here.rows_kept, "row")
    return Wrong(
        f"{lacking.name} has no {key}, which ties {count} of {here.name} to {other.name}.",
        expected=f"a column {key} in {lacking.settings.file}",
        do=f"map it under [tables.{lacking.name}.columns]; where nobody can tell, {untied}",
    )


@rule("doubts", do="")
def written_alike(at: Answers) -> Iterator[Wrong]:
    """Labels of strata or clusters may be one: North and north, 1.0 and 01; 5.1E+15 several."""
    cells, settings = at.drawn.cells, at.table.settings
    for name in dict.fromkeys([*at.drawn.design.strata, *at.drawn.design.clusters]):
        if name in cells and name not in settings.sure:
            labels = cells[name].dropna().astype(str).drop_duplicates()
            plain = labels.str.casefold().str.replace(r"^0*(\d+)(\.0+)?$", r"\1", regex=True)
            twice = labels[plain.duplicated(keep=False)]
            lost = labels[labels.str.fullmatch(r"\d\.\d+[eE]\+\d+")]
            sure = f'or set sure = ["{name}"] under [tables.{at.table.name}]'
            for doubted, what, do in (
                (twice, "differ in case or zeros alone", "write them alike"),
                (lost, "have lost their last digits", "export that column again as text"),
            ):
                if len(doubted):
                    said = f"{name}: {plural(len(doubted), 'label')} of strata or clusters {what}."
                    found = few(sorted(doubted, key=str.casefold))
                    yield Wrong(said, found=found, do=f"{do}; {sure}")


@rule("response_rate", do="correct invited in cohort.toml, or look for rows entered twice")
def response_rate(table: CodedTable | None, invited: int) -> Wrong | str:
    """No more took part than were invited."""
    if table is None:
        return "The response rate cannot be worked out: the table cannot be read."
    there = table.rows_kept
    if there > invited:
        return Wrong(f"{there:,} took part, more than the {invited:,} invited.")
    return f"{there:,} of {invited:,} invited took part, {there / invited:.1%}."


# ---- how rows were drawn -------------------------------------------------------------------------


@rule("design", do="correct [tables.{table}.design] in cohort.toml", severity=UNUSABLE)
def columns(at: Drawn) -> Wrong | str:
    """Every column of the design is there, and what must be numbers is."""
    absent = [name for name in at.design.columns if name not in at.schema]
    if absent:
        count = plural(len(absent), "column")
        message = f"{count} of the design in no table that {at.name} is linked to."
        return Wrong(message, found=", ".join(absent))
    text = [name for name in at.design.numbers if not at.schema[name].is_numeric()]
    if text:
        return Wrong("A weight or a population is text.", found=", ".join(text))
    if at.design.model_fields_set:
        return "The columns of the design are there."
    return "No design is declared: every row counts once, as a simple random sample."


_KEEP = "correct the weight, or leave those rows out with [tables.{table}.keep]"


@rule("weights", do=_KEEP, severity=UNUSABLE)
def weights(at: Drawn) -> Wrong | str | None:
    """Weights are finite, none is negative, and not all are zero."""
    if not at.design.weight:
        return None
    weight = nw.col(at.design.weight).cast(nw.Float64)
    bad = ~(weight.is_finite() & (weight >= 0)).fill_null(value=False)
    ends = {"least": weight.min(), "most": weight.max(), "all": weight.sum()}
    ends |= {"zero": (weight == 0).cast(nw.Int64).sum(), "amiss": bad.cast(nw.Int64).sum()}
    least, most, whole, zero, amiss = at.rows.select(**ends).collect().row(0)
    if amiss:
        says = "have a weight that is blank, negative or no number"
        return at.told(at.rows.filter(bad), says, "", expected="a number of 0 or more in every row")
    if most == 0:
        return Wrong("Every weight is 0.", expected="a weight above 0")
    if not whole < GREATEST:
        return Wrong("The weights add to more than a float can hold.", expected="smaller weights")
    none = f"; {zero:,} weigh 0 and count as drawn, not in a total" if zero else ""
    holds = f"Every weight is 0 or more and finite, from {least:.4g} to {most:.4g}{none}."
    if least >= FAINT * most:
        return holds
    faint = at.rows.filter((weight > 0) & (weight < FAINT * most))
    says = f"weigh less than {FAINT:g} of the greatest"
    return at.told(faint, says, holds, expected="0, or more")


_FILL = "fill in the column, or mend the identifier that it is joined by"


@rule("strata", do=_FILL, severity=UNUSABLE)
def strata(at: Drawn) -> Iterator[Wrong | str]:
    """Every row has a stratum."""
    return map(partial(_filled, at), at.design.strata)


@rule("clusters", do=_FILL, severity=UNUSABLE)
def clusters(at: Drawn) -> Iterator[Wrong | str]:
    """Every row has a cluster at every stage."""
    return map(partial(_filled, at), at.design.clusters)


def _filled(at: Drawn, name: str) -> Wrong | str:
    bad = at.cells[at.cells[name].isna()]
    return at.told(bad, f"have no {name}", f"Every row has a {name}.")


@rule("nested_clusters", do="correct the columns; or set nest = true where labels start again")
def nested_clusters(at: Drawn) -> Wrong | str | None:
    """A cluster lies in one stratum; those of later stages are told apart by where they lie."""
    if at.design.nest or not (at.design.strata and at.design.clusters):
        return None
    stratum, cluster = at.design.strata[0], at.design.clusters[0]
    pairs = at.cells[[stratum, cluster]].drop_duplicates().dropna()
    torn = pairs[cluster][pairs[cluster].duplicated()].unique()
    bad = at.cells[at.cells[cluster].isin(torn)]
    says = f"have a {cluster} that lies in more than one {stratum}"
    return at.told(bad, says, f"Every {cluster} lies in one {stratum}.")


@rule("population", do="give the units of the population in each part of the design")
def populations(at: Drawn) -> Iterator[Wrong | str]:
    """A population is one number in each part of the design, and no smaller than its sample."""
    for (above, _, part, sampled), size in zip(at.stages, at.design.population, strict=False):
        per, sizes = f" each {' and '.join(above)}" if above else "", at.sizes(size)
        least, most = (sizes.groupby(part).transform(end) for end in ("min", "max"))
        yield at.told(
            at.cells[(least != most) | sizes.isna() | (least < sampled)],
            f"have a population {size} that varies, is blank or is smaller than its sample",
            f"The population {size} is at least its sample{per and f' in{per}'}.",
            expected=f"one number{per and f' for{per}'}, at least its sample",
        )


@rule("lonely_cluster", do='join strata, or set lonely_psu = "adjust", "average" or "certainty"')
def lonely_clusters(at: Drawn) -> Iterator[Wrong | str]:
    """A part of the sample has two units, or all that there are, or a rule for one alone."""
    if at.design.replicate_weights:
        return
    is_known = at.design.lonely_psu != "fail"
    then = f"treated by {at.design.lonely_psu}" if is_known else "so that its variance is not known"
    sizes = [*at.design.population, None]
    for number, (_, cluster, part, sampled) in enumerate(at.stages):
        alone = sampled == 1
        if (size := sizes[number]) is not None:
            alone &= at.sizes(size).groupby(part).transform("max") > 1
        where = at.design.clusters[number - 1] if number else "sample"
        where = "stratum" if number < len(at.design.strata) else where
        unit = (cluster if number else "cluster") if cluster else "row"
        says = f"stand for a {where} of a single {unit}, {then}"
        holds = f"Every {where} has at least two clusters, or all that there are."
        found = at.told(at.cells[alone], says, holds)
        yield found.message if is_known and isinstance(found, Wrong) else found
