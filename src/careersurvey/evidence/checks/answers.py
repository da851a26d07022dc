"""What must hold of answers, inside a table and between tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import narwhals as nw

from careersurvey.evidence.answers.coded import (
    SYNTHETIC,
    CodedTable,
    called_after,
    connection,
    own_identifier,
    with_design,
)
from careersurvey.evidence.answers.questions import checks_of, doubt
from careersurvey.evidence.checks.check import UNUSABLE, WORTH_KNOWING, Check, broken, rule
from careersurvey.evidence.checks.design import ROW, ROWS, Drawn, check_design
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.tables import MISSING, NO_ANSWER
from careersurvey.evidence.text import alike, few, meant, so_many

#: What holds where nothing was found against it, in tables with a question of the kind.
_HOLDS = {
    "whole_rows": ("", "Every row has the cells of the header."),
    "allowed_values": ("category", "Every answer is in the codebook."),
    "numbers": ("number", "Every number is a number."),
    "dates": ("date", "Every date is a date."),
    "boxes": ("options", "Every box of a select-all question is ticked or unticked."),
    "nothing_ticked": ("options", "What a row without a tick means is declared, or all have one."),
}


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
        columns = {name: nw.col(name) for name in (ROW, *self.design.columns) if name in have}
        known = [*self.cohort.variables(self.name).values()]
        known += [one for table, _ in self.owners for one in table.variables.values()]
        for one in known:
            if one.name in columns and one.type == "category":  # no answer is no stratum
                given = ~nw.col(one.name).is_in([NO_ANSWER, MISSING, *one.missing])
                columns[one.name] = nw.when(given).then(nw.col(one.name))
        return Drawn(self.name, self.design, frame.select(**columns), self.people)

    @cached_property
    def labels(self) -> dict[str, set]:
        """The different labels of strata, clusters and links, each sought once."""
        parts = (*self.design.strata, *self.design.clusters)
        of = {name: self.drawn.cells for name in parts if name in self.drawn.schema}
        for _, key in self.owners:
            if key in self.schema and key not in of:
                of[key] = self.rows.select(key).unique().collect()
        return {name: {*table[name].to_list()} for name, table in of.items()}


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
        for each in (rows, unique_key, ranges, sums, synthetic, links, unlinked):
            yield from each.check(at.name, at)
        # Without a design there is nothing to hold, but that something is measured of one row.
        own = [one for one in cohort.indicators.values() if one.table == table.name]
        measured = any({*one.variables} & {*table.variables} for one in own)
        asks = table.design.model_fields_set or (table.rows_kept == 1 and measured)
        yield from check_design(at.drawn, only_columns=not (table.rows_kept and asks))
        yield from written_alike(at)
        yield from (Check("normalised", table.name, True, note) for note in table.notes)
    for name, invited in cohort.about.invited.items():
        if name in tables:
            yield from response_rate.check(name, tables[name].rows_kept, invited)


# ---- the rows of a table ------------------------------------------------------------------------


@rule("rows", do="look at the file of {table}: it holds no answers", severity=UNUSABLE)
def rows(at: Answers) -> Check | str:
    """Rows read are rows kept and rows set aside; a table without a row fails."""
    table = at.table
    reasons = ", ".join(f"{one.n:,} because {why}" for why, one in table.set_aside.items())
    message = (
        f"{so_many(table.rows_read, 'row')} read, {table.rows_kept:,} kept, "
        f"{table.rows_read - table.rows_kept:,} set aside{': ' * bool(reasons)}{reasons}."
    )
    return message if table.rows_kept else broken(message)


@rule("unique_key", do="correct it, or take out rows that were entered twice", severity=UNUSABLE)
def unique_key(at: Answers) -> Check | str:
    """The identifier of the table's own unit is there, and once."""
    key, table = at.table.key, at.table
    if not key:
        return _unnamed(at) or "No identifier of its own, so repeated rows cannot be told."
    holds = f"Every {key} is there, and once."
    if table.different == table.rows_kept:
        return holds
    often = at.rows.group_by(key).agg(nw.len().alias(ROWS)).filter(nw.col(ROWS) == 1)
    bad = at.rows.join(often.select(key).drop_nulls(), on=key, how="anti")
    return at.verdict(bad, f"have a {key} that is blank or repeated", holds)


def _unnamed(at: Answers) -> Check | None:
    """A table that is there to break others down by has rows that others can name."""
    named = [one for one in at.cohort.about.by if one in at.table.variables]
    measured = at.cohort.indicators.values()
    asks = any(one.table == at.name and one.id not in at.cohort.make_up for one in measured)
    others = {name for one in at.tables if one != at.name for name in at.cohort.variables(one)}
    own = [name for name, one in at.table.variables.items() if one.type == "identifier"]
    shared = [name for name in own if name in others]
    if asks or not shared or not named or {*named} <= others:
        return None
    return broken(
        f"Nothing says which row of {at.name} a row of another table belongs to, so that no"
        f" finding can be broken down by {named[0]}.",
        found=f"{shared[0]}, an identifier of both",
        do=f'set unique = "{shared[0]}" under [tables.{at.name}]',
    )


@rule("ranges", do="correct the file, or declare codes such as -9 under [tables.{table}.missing]")
def ranges(at: Answers) -> Iterator[Check | str]:
    """Numbers lie in the range that the codebook gives."""
    held = 0
    for variable in at.table.variables.values():
        low, high = variable.range
        column = nw.col(variable.name)
        outside = [] if low is None else [column < low]
        outside += [] if high is None else [column > high]
        outside += [column != column.round()] if variable.is_whole else []
        if variable.type == "number" and outside:
            bad = at.rows.filter(nw.any_horizontal(*outside, ignore_nulls=True))
            says = f"have a number of {variable.name} outside the range"
            if found := at.verdict(bad, says, "", expected=";".join(variable.values)):
                yield found
            else:
                held += 1
    if held:
        yield f"The numbers of {so_many(held, 'variable')} lie within their ranges."


@rule("sums", do="correct the file, or set sums_tolerance where the parts are rounded")
def sums(at: Answers) -> Iterator[Check | str]:
    """The parts add to the whole, as ``sums`` declares them."""
    numbers = {name for name, one in at.table.variables.items() if one.type == "number"}
    for whole, parts in at.table.settings.sums.items():
        wrong = dict.fromkeys(name for name in (whole, *parts) if name not in numbers)
        if wrong:
            message = f"The sum of {whole} names what is no number of the table."
            place = f"correct [tables.{at.table.name}.sums] in cohort.toml"
            yield broken(message, found=", ".join(wrong), do=place)
            continue
        off = (nw.col(whole) - nw.sum_horizontal(*parts)).abs()
        bad = at.rows.drop_nulls([whole, *parts])
        bad = bad.filter(off > at.table.settings.sums_tolerance + 1e-9)
        sides = f"{' + '.join(parts)} = {whole}"
        holds = f"{sides} in every row that has all."
        yield at.verdict(bad, "do not add up", holds, expected=sides)


@rule("synthetic", do="", severity=UNUSABLE)
def synthetic(at: Answers) -> Check | str:
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
    added = "add a column called synthetic with true in every row of"
    remedy = added if said else "take the mark out of the column synthetic of"
    expected = f"synthetic = {str(said).lower()} in cohort.toml and in every row"
    do = f"{remedy} {file}, or set synthetic = {str(not said).lower()} in cohort.toml"
    return at.verdict(lacking, lacks, holds, expected=expected, do=do)


# ---- between tables -----------------------------------------------------------------------------


@rule("links", do="", severity=UNUSABLE)
def links(at: Answers) -> Iterator[Check | str]:
    """A table that belongs to another one names rows that are there."""
    here = at.table
    for other, key in at.owners:
        lacking = [each for each in (here, other) if key not in each.variables]
        if key in here.settings.unlinked or len(lacking) == 2:
            continue
        untied = f'set unlinked = ["{key}"] under [tables.{here.name}]'
        if lacking:
            alone, count = lacking[0], so_many(here.rows_kept, "row")
            yield broken(
                f"{alone.name} has no {key}, which ties {count} of {here.name} to {other.name}.",
                expected=f"a column {key} in {alone.settings.file}",
                do=f"map it under [tables.{alone.name}.columns]; where nobody can tell, {untied}",
            )
            continue
        there = nw.from_native(other.frame).select(key)
        theirs = there.drop_nulls().collect()[key].to_list()
        bad = at.rows.join(there, on=key, how="anti")
        do = f"correct it, or add the missing rows; if it is no link, {untied}"
        says, holds = f"have a {key} not in {other.name}", f"Every {key} is in {other.name}."
        lost = at.labels[key].difference(theirs)
        found = at.verdict(bad, says, holds, do=do) if lost else holds
        yield replace(found, expected=_near(theirs, lost)) if isinstance(found, Check) else found


def _near(known: list, lost: set) -> str:
    """Which known labels differ from lost ones in case or zeros alone: 1 for 001."""
    as_known = {alike(str(label)): label for label in known}
    shown = sorted(map(str, lost))
    return few([f"{as_known[alike(o)]} for {o}" for o in shown if alike(o) in as_known])


@rule(
    "unlinked",
    do="correct unlinked under [tables.{table}], or take it out",
    severity=WORTH_KNOWING,
)
def unlinked(at: Answers) -> Check | None:
    """What ties no row to another table would tie them, but for that setting."""
    keys = [key for _, key in at.owners]
    idle = [name for name in at.table.settings.unlinked if name not in keys]
    message = f"unlinked names {so_many(len(idle), 'identifier')} of no other table of the cohort."
    known = meant(idle[0], keys) if idle and keys else ""
    return broken(message, found=few(idle), expected=known) if idle else None


def written_alike(at: Answers) -> Iterator[Check]:
    """Labels of strata, clusters or links may be one: North and north, 1.0 and 01."""
    of = "labels of strata, clusters or links"
    for name, known in at.labels.items():
        given = (str(label) for label in known if label is not None and label == label)
        labels = sorted(sorted(given), key=str.casefold)
        plain = [*map(alike, labels)]
        times = Counter(plain)
        twice = [label for label, one in zip(labels, plain, strict=True) if times[one] > 1]
        doubts = [doubt(f"{of} differ in case or zeros alone.", twice, "write them alike")]
        yield from checks_of(doubts, name, at.name, at.table.settings)


@rule("response_rate", do="correct invited in cohort.toml, or look for rows entered twice")
def response_rate(there: int, invited: int) -> Check | str:
    """No more took part than were invited."""
    if there > invited:
        return broken(f"{there:,} took part, more than the {invited:,} invited.")
    return f"{there:,} of {invited:,} invited took part, {there / invited:.1%}."
