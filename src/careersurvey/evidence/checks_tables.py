"""What must hold inside one table of answers; a function a rule, one finding each."""

from __future__ import annotations

from collections.abc import Iterable

from careersurvey.evidence.answers.coded import SYNTHETIC, CodedTable, connection
from careersurvey.evidence.answers.sheet import LONG_ROW, SHORT_ROW
from careersurvey.evidence.findings import ROWS_NAMED, Check
from careersurvey.evidence.tables import Variable
from careersurvey.evidence.text import plural

_AT_A_TIME = 2_000_000  # identifiers that are held in memory at once
_CELL_RULES = {
    "allowed_values": ("category", "Every answer is in the codebook."),
    "numbers": ("number", "Every number is a number."),
    "dates": ("date", "Every date is a date."),
}
_REMEDIES = {
    SHORT_ROW: 'export the file again, it may be cut off; or short_rows = "fill" to take the cells '
    "that are missing for blanks",
    LONG_ROW: "name every column in the header, or look for a separator in a cell without quotes",
}
_BOX_RULES = {
    "boxes": "Every box of a select-all question is ticked or unticked.",
    "nothing_ticked": "It is declared what a select-all question without a tick means.",
}


def rows(query: str) -> list[tuple]:
    """Return all rows of a query."""
    return connection().execute(query).fetchall()


def named(column: str) -> str:
    """Return a column's name as SQL."""
    return '"' + column.replace('"', '""') + '"'


def check_table(table: CodedTable, synthetic: bool) -> list[Check]:
    """Hold one table against every rule that needs no other table."""
    return [
        check_rows(table),
        check_whole_rows(table),
        *check_cells(table),
        check_key(table),
        *check_ranges(table),
        *check_sums(table),
        check_synthetic(table, synthetic),
        *list_notes(table),
    ]


def check_rows(table: CodedTable) -> Check:
    """Say how many rows were read, kept and set aside; a table without a row fails."""
    reasons = ", ".join(f"{seen.n:,} because {why}" for why, seen in table.set_aside.items())
    message = (
        f"{plural(table.rows_read, 'row')} read, {table.rows_kept:,} kept, "
        f"{table.rows_read - table.rows_kept:,} set aside{': ' * bool(reasons)}{reasons}."
    )
    do = "" if table.rows_kept else f"look at {table.settings.file}: it holds no answers"
    return Check("rows", table.name, table.rows_kept > 0, message, do=do, severity=1)


def check_whole_rows(table: CodedTable) -> Check:
    """Refuse rows that are shorter or longer than the header: the file may be cut off."""
    broken = {why: one for why, one in table.set_aside.items() if why in _REMEDIES}
    if not broken:
        return Check("whole_rows", table.name, True, "Every row has the cells of the header.")
    count = sum(seen.n for seen in broken.values())
    numbers = sorted(row for seen in broken.values() for row in seen.rows)
    return Check(
        "whole_rows",
        table.name,
        False,
        f"{count:,} of {plural(table.rows_read, 'row')} "
        f"{'does' if count == 1 else 'do'} not have the cells of the header.",
        tuple(numbers[:ROWS_NAMED]),
        "; ".join(_REMEDIES[reason] for reason in broken),
        found=", ".join(f"{reason} ({seen.n:,})" for reason, seen in broken.items()),
        severity=1,
    )


def check_cells(table: CodedTable) -> list[Check]:
    """Give the findings about cells, and each rule about cells that none of them broke."""
    kinds = {variable.type for variable in table.variables.values()}
    rules = {rule: words for rule, (kind, words) in _CELL_RULES.items() if kind in kinds}
    rules |= _BOX_RULES if table.settings.options else {}
    broken = {finding.rule for finding in table.findings}
    hold = [Check(rule, table.name, True, words) for rule, words in rules.items()]
    return [*table.findings, *(check for check in hold if check.rule not in broken)]


def check_key(table: CodedTable) -> Check:
    """Refuse blank and repeated identifiers of the table's own unit."""
    key = table.key
    if not key:
        message = "The table has no identifier of its own, so repeated rows cannot be told."
        return Check("unique_key", table.name, True, message)
    if _different(table, named(key)) == table.rows_kept:
        return Check("unique_key", table.name, True, f"Every {key} is there, and once.")
    return _broken_key(table, key)


def _different(table: CodedTable, column: str) -> int:
    """Count different identifiers, a part of them at a time, so that memory does not grow."""
    parts, total = table.rows_kept // _AT_A_TIME + 1, 0
    for part in range(parts):
        ((count,),) = rows(
            f"SELECT count(DISTINCT {column}) FROM {table.numbered} "
            f"WHERE hash({column}) % {parts} = {part}"
        )
        total += count
    return total


def _broken_key(table: CodedTable, key: str) -> Check:
    column = named(key)
    repeated = (
        f"SELECT {column} FROM {table.numbered} GROUP BY {column} "
        f"HAVING count(*) > 1 OR {column} IS NULL"
    )
    bad = (
        f"FROM {table.numbered} WHERE {column} IS NULL OR {column} IN "
        f"(SELECT {column} FROM ({repeated}) WHERE {column} IS NOT NULL)"
    )
    ((count, blank),) = rows(f"SELECT count(*), count(*) FILTER (WHERE {column} IS NULL) {bad}")
    return Check(
        "unique_key",
        table.name,
        False,
        f"{count:,} of {plural(table.rows_kept, 'row')} have a {key} that is blank or repeated.",
        _first(bad),
        f"correct {key}, or take out rows that were entered twice",
        found=f"{count - blank:,} repeated, {blank:,} blank",
        severity=1,
    )


def check_ranges(table: CodedTable) -> list[Check]:
    """Refuse numbers outside the range that the codebook gives."""
    limited = [variable for variable in table.variables.values() if _limits(variable)]
    broken = [check for variable in limited if (check := _range(table, variable))]
    if not limited or broken:
        return broken
    message = f"The numbers of {plural(len(limited), 'variable')} lie within their ranges."
    return [Check("ranges", table.name, True, message)]


def check_sums(table: CodedTable) -> list[Check]:
    """Refuse rows in which the parts do not add to the whole, as ``sums`` declares them."""
    return [_sum(table, whole, parts) for whole, parts in table.settings.sums.items()]


def check_synthetic(table: CodedTable, synthetic: bool) -> Check:
    """Hold the mark of invented data: in every row of an invented cohort, in none of another."""
    frame_columns = set(table.frame.columns)
    marked = f"lower({named(SYNTHETIC)}) IN ('true', '1', 'yes')"
    said = f"coalesce({marked}, FALSE)" if SYNTHETIC in frame_columns else "FALSE"
    bad = f"FROM {table.numbered} WHERE {said} <> {str(synthetic).upper()}"
    ((count,),) = rows(f"SELECT count(*) {bad}")
    if not count:
        message = "Every row is marked synthetic." if synthetic else "No row is marked synthetic."
        return Check("synthetic", table.name, True, message)
    lacks = "lack the mark of invented data" if synthetic else "are marked as invented data"
    return Check(
        "synthetic",
        table.name,
        False,
        f"{count:,} of {plural(table.rows_kept, 'row')} {lacks}.",
        _first(bad),
        "give every row of an invented cohort synthetic = true, and say so in cohort.toml",
        expected=f"synthetic = {str(synthetic).lower()} in cohort.toml and in every row",
        severity=1,
    )


def list_notes(table: CodedTable) -> list[Check]:
    """List what was normalised in reading, each as a rule that holds."""
    return [Check("normalised", table.name, True, note) for note in table.notes]


def _limits(variable: Variable) -> bool:
    return variable.type == "number" and variable.range != (None, None)


def _range(table: CodedTable, variable: Variable) -> Check | None:
    low, high = variable.range
    column = named(variable.name)
    ends = [f"{column} < {low}"] * (low is not None) + [f"{column} > {high}"] * (high is not None)
    bad = f"FROM {table.numbered} WHERE {' OR '.join(ends)}"
    ((count,),) = rows(f"SELECT count(*) {bad}")
    if not count:
        return None
    return Check(
        "ranges",
        table.name,
        False,
        f"{plural(count, 'number')} of {variable.name} lie outside the range of the codebook.",
        _first(bad),
        f"correct the file, or declare codes such as -9 under [tables.{table.name}.missing]",
        expected=";".join(variable.values),
    )


def _sum(table: CodedTable, whole: str, parts: Iterable[str]) -> Check:
    parts = list(parts)
    unknown = [name for name in (whole, *parts) if name not in table.variables]
    if unknown:
        return Check(
            "sums",
            table.name,
            False,
            f"The sum of {whole} names variables that the table does not have.",
            do=f"correct [tables.{table.name}.sums] in cohort.toml",
            found=", ".join(unknown),
        )
    known = " AND ".join(f"{named(name)} IS NOT NULL" for name in (whole, *parts))
    total = " + ".join(named(part) for part in parts)
    off = f"abs({named(whole)} - ({total})) > {table.settings.sums_tolerance + 1e-9}"
    bad = f"FROM {table.numbered} WHERE {known} AND {off}"
    ((count,),) = rows(f"SELECT count(*) {bad}")
    ((held,),) = rows(f"SELECT count(*) FROM {table.numbered} WHERE {known}")
    if not count:
        message = f"{' + '.join(parts)} add to {whole} in all {held:,} rows that have them all."
        return Check("sums", table.name, True, message)
    return Check(
        "sums",
        table.name,
        False,
        f"{count:,} of {plural(held, 'row')} have parts that do not add to {whole}.",
        _first(bad),
        "correct the file, or set sums_tolerance where the parts are rounded",
        expected=f"{' + '.join(parts)} = {whole}",
    )


def _first(query: str) -> tuple[int, ...]:
    found = rows(f"SELECT row__ {query} ORDER BY row__ LIMIT {ROWS_NAMED}")
    return tuple(row for (row,) in found)
