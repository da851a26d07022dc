"""Answers from other people's files, as the variables of the codebook."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import duckdb

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.findings import Check
from careersurvey.evidence.imports_columns import Column, Opened
from careersurvey.evidence.imports_labels import read_category
from careersurvey.evidence.imports_numbers import (
    read_date,
    read_number,
    read_plain_number,
    read_text,
)
from careersurvey.evidence.imports_open import (
    KEPT_WHOLE,
    Request,
    design_columns,
    file_state,
    open_table,
)
from careersurvey.evidence.imports_options import (
    block_of,
    check_nothing_ticked,
    read_box,
    read_delimited,
    require_blocks,
)
from careersurvey.evidence.imports_settings import TableSettings, table_names, table_settings
from careersurvey.evidence.imports_source import SetAside
from careersurvey.evidence.imports_store import connection, named, store
from careersurvey.evidence.tables import Variable

if TYPE_CHECKING:
    import pandas as pd

_NUMBER_ROLES = ("weight", "population", "replicate_weights")


@dataclass(frozen=True)
class Table:
    """A table of answers, ready to be estimated from.

    Attributes
    ----------
    name : str
        As in ``cohort.toml``.
    frame : duckdb.DuckDBPyRelation
        One column a codebook variable that the file has, then the design's columns. Categories
        are values of the codebook, ``no_answer`` for asked and left blank, a declared missing
        code, or null for never asked. A number is null where there is none; the reason stands
        in ``variable__missing`` where reasons were declared. A delimited cell is a yes/no
        column ``variable__category`` for each category.
    rows_read, rows_kept : int
        Rows of answers in the file, and rows of ``frame``; the rest is in ``set_aside``.
    set_aside : DataFrame
        ``reason, rows, n``: why rows were left out, the first ones, and how many.
    notes : tuple of str
        What was normalised or taken for granted.
    findings : tuple of Check
        Cells that are not as the codebook says.
    numbered : str
        SQL after FROM: ``frame`` with the number of each row in the file, ``row__``.
    variables : dict
        The codebook's variables that the file has, by name.
    settings : TableSettings
        The table's settings.
    conditions : dict
        Of each routed variable: who was asked, as SQL over ``read``.
    read : str
        SQL after FROM: the values before blanks were told apart, with ``row__``.
    """

    name: str
    frame: duckdb.DuckDBPyRelation
    rows_read: int
    rows_kept: int
    set_aside: pd.DataFrame
    notes: tuple[str, ...]
    findings: tuple[Check, ...]
    numbered: str
    variables: dict[str, Variable]
    settings: TableSettings
    conditions: dict[str, str]
    read: str


def read_table(cohort: Cohort, name: str) -> Table:
    """Read one table of a cohort's answers by the mapping in ``cohort.toml``.

    A file that has not changed is read once a process. The mapping itself is a lazy query, so
    that only what an estimate asks for is worked out.

    Parameters
    ----------
    cohort : Cohort
        A cohort of respondents.
    name : str
        Name of the table in ``[tables.NAME]``.

    Raises
    ------
    CohortError
        If a setting is not known, the file cannot be opened, or a column is not there. Cells
        that are not as they must be are findings of the table, not errors.
    """
    settings = table_settings(cohort, name)
    variables = cohort.variables(name)
    linked = {
        variable
        for other in table_names(cohort)
        if other != name
        for variable in cohort.variables(other)
    }
    state = tuple(file_state(path) for path in (settings.path, settings.key) if path)
    return _read(Request(settings, variables, frozenset(linked), (repr(settings), state)))


@lru_cache(maxsize=32)
def _read(request: Request) -> Table:
    opened, counted, notes = open_table(request)
    require_blocks(opened)
    columns = [*_variables(opened), *_design(opened, request.linked)]
    by_name = {column.name: column for column in columns}
    findings = [finding for column in columns for finding in column.findings]
    for block in opened.settings.options:
        findings += check_nothing_ticked(opened, block, by_name)
    read = _step_one(opened, columns)
    rows_read, rows_kept, aside = counted
    finished = f"SELECT row__, {_step_two(columns)} FROM {read}"
    # Few rows are worked out once; of many, each question works out the columns it asks for.
    numbered = store(finished) if rows_kept <= KEPT_WHOLE else f"({finished})"
    return Table(
        name=opened.settings.name,
        frame=connection().sql(f"SELECT * EXCLUDE row__ FROM {numbered}"),
        rows_read=rows_read,
        rows_kept=rows_kept,
        set_aside=_as_frame(aside),
        notes=(*notes, *(note for column in columns for note in column.notes)),
        findings=tuple(findings),
        numbered=numbered,
        variables={
            name: opened.variables[name] for name in opened.position if name in opened.variables
        },
        settings=opened.settings,
        conditions={
            column.name: column.asked for column in columns if column.asked not in ("TRUE", "FALSE")
        },
        read=read,
    )


def _variables(opened: Opened) -> list[Column]:
    columns: list[Column] = []
    for name in opened.variables:
        if name in opened.position:
            columns += _read_variable(opened, opened.variables[name])
    return columns


def _read_variable(opened: Opened, variable: Variable) -> list[Column]:
    if variable.type == "number":
        return [read_number(opened, variable)]
    if variable.type == "date":
        return [read_date(opened, variable)]
    if variable.type != "category":
        return [read_text(opened, variable)]
    if "separator" in opened.settings.options.get(variable.name, {}):
        return read_delimited(opened, variable)
    block = block_of(opened, variable.name)
    return [read_box(opened, variable, block) if block else read_category(opened, variable)]


def _design(opened: Opened, linked: frozenset[str]) -> list[Column]:
    columns = []
    numbers = {
        name
        for role in _NUMBER_ROLES
        for name in design_columns(opened.settings.design.get(role), role, opened.source.header)
    }
    for name in opened.position:
        if name in opened.variables:
            continue
        if name in numbers:
            columns.append(read_plain_number(opened, name))
        else:
            columns.append(read_text(opened, Variable(name, opened.settings.name, "", "text")))
    return columns


def _step_one(opened: Opened, columns: list[Column]) -> str:
    steps = ["row__"]
    for column in columns:
        steps.append(f"{column.read} AS {named(column.name)}")
        if column.reason:
            steps.append(f"{column.reason} AS {named(column.name + '__missing')}")
    return f"(SELECT {', '.join(steps)} FROM {opened.view})"


def _step_two(columns: list[Column]) -> str:
    steps = []
    for column in columns:
        name = named(column.name)
        if column.reason:
            reason = named(column.name + "__missing")
            why = f"CASE WHEN {name} IS NULL THEN {column.filled} END"
            steps += [name, f"{why} AS {reason}"]
        else:
            number = column.filled and "__missing" in column.filled
            steps.append(f"{column.filled} AS {name}" if column.filled and not number else name)
    return ", ".join(steps)


def _as_frame(aside: list[SetAside]) -> pd.DataFrame:
    import pandas as pd

    records = [{"reason": one.reason, "rows": one.rows, "n": one.n} for one in aside]
    return pd.DataFrame(records, columns=["reason", "rows", "n"])
