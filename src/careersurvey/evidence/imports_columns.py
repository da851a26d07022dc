"""A variable on its way from a column of somebody's file to the codebook, as SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from careersurvey.errors import CohortError
from careersurvey.evidence.findings import ROWS_NAMED, Check
from careersurvey.evidence.imports_settings import TableSettings
from careersurvey.evidence.imports_source import Source
from careersurvey.evidence.imports_store import literal, literals, named, rows
from careersurvey.evidence.tables import NO_ANSWER, Variable
from careersurvey.evidence.text import clean, fold, meant, slug

#: Marks, between two steps, a cell that says in words that the question was not put.
NOT_ASKED = "__not_asked__"
EVERYONE, ANSWERED = "everyone", "answered"
_CONDITION = re.compile(r"\s*([^=\s]+)\s*=\s*(.+?)\s*")


@dataclass(frozen=True)
class Opened:
    """A table of answers as it stands: settings, file, the rows kept, its variables.

    ``view`` is SQL that can stand after FROM, with ``row__`` and a column of text for each
    column that is read. ``rows`` says how many rows it has.
    """

    settings: TableSettings
    source: Source
    view: str
    variables: dict[str, Variable]
    position: dict[str, int]
    rows: int

    def column(self, variable: str) -> str:
        """Return the SQL name of the column that a variable is read from."""
        return f"c{self.position[variable]}"

    def number(self, variable: str) -> str:
        """Return the SQL name of the number that a variable is in the file, or ``""``."""
        position = self.position[variable]
        return f"n{position}" if position in self.source.numeric else ""


@dataclass(frozen=True)
class Column:
    """One column of the finished table, in two steps of SQL.

    Attributes
    ----------
    name : str
        Codebook variable, or ``variable__category`` of a delimited cell.
    read : str
        Step 1, over the file's columns: the value, NULL for a blank, ``NOT_ASKED``.
    filled : str
        Step 2, over the columns of step 1: blanks told apart.
    reason : str
        Step 1 of the column ``name__missing`` of a number; empty where there is none.
    asked : str
        Condition over the columns of step 1 that says who was asked.
    notes, findings : tuple
        What was normalised, and what is not as it must be.
    """

    name: str
    read: str
    filled: str = ""
    reason: str = ""
    asked: str = "TRUE"
    notes: tuple[str, ...] = ()
    findings: tuple[Check, ...] = field(default=())


def counts(opened: Opened, variable: str) -> tuple[dict[str, int], list[str]]:
    """Return each different cell of a variable and how often it stands there, and blank cells.

    A cell of spaces, or of characters that nobody sees, is blank.
    """
    column = opened.column(variable)
    query = f"SELECT {column}, count(*) FROM {opened.view} GROUP BY {column}"
    found = {cell: n for cell, n in rows(query) if cell is not None}
    cells = {cell: n for cell, n in found.items() if clean(cell)}
    by_number = sorted(cells.items(), key=lambda pair: (-pair[1], pair[0]))
    return dict(by_number), [cell for cell in found if cell not in cells]


def first_rows(opened: Opened, condition: str) -> tuple[int, ...]:
    """Return the numbers of the first rows of the file for which a condition holds."""
    query = f"SELECT row__ FROM {opened.view} WHERE {condition} ORDER BY row__ LIMIT {ROWS_NAMED}"
    return tuple(row for (row,) in rows(query))


def missing_codes(opened: Opened, variable: str) -> dict[str, str]:
    """Return what each code that is no answer becomes: a missing value, or why it is blank.

    The cohort's own declarations come before those of an SPSS or Stata file.
    """
    settings = opened.settings
    # A column of the design, such as a stratum, need not be in the codebook.
    known = opened.variables.get(variable, Variable(variable, settings.name, "", "text"))
    position = opened.position[variable]
    declared = opened.source.missing.get(position, {})
    codes = {code: _missing_value(known, label) for code, label in declared.items()}
    codes |= {known_code: known_code for known_code in known.missing}
    codes |= dict.fromkeys(settings.no_answer, NO_ANSWER)
    codes |= dict.fromkeys(settings.not_asked, NOT_ASKED)
    labels = opened.source.labels.get(position, {})
    for block in ("*", variable):
        given = settings.missing.get(block, {})
        if isinstance(given, dict):
            codes |= {str(code): str(value) for code, value in given.items()}
        else:
            texts = map(str, given)
            codes |= {text: _missing_value(known, labels.get(text, text)) for text in texts}
    return codes


def condition_of(opened: Opened, variable: str, block: str = "") -> str:
    """Return who was asked, as SQL over step 1, from ``[tables.NAME.asked]``.

    Raises
    ------
    CohortError
        If the condition names a variable that the table does not have, or a value that the
        variable cannot take.
    """
    asked = opened.settings.asked
    said = asked.get(variable) or asked.get(block) or asked.get("*", "")
    if not said:
        return "TRUE" if opened.settings.blank == NO_ANSWER else "FALSE"
    if said in (EVERYONE, ANSWERED):
        return "TRUE" if said == EVERYONE else "FALSE"
    return " AND ".join(_one_condition(opened, variable, part) for part in said.split("&"))


def is_routed(opened: Opened, variable: str, block: str = "") -> bool:
    """Return whether the cohort says which answers lead to a question."""
    asked = opened.settings.asked
    said = asked.get(variable) or asked.get(block) or asked.get("*", "")
    return "=" in said


def filled(name: str, asked: str) -> str:
    """Return step 2 of a column in which a blank is a question asked and left blank."""
    column = named(name)
    blank = f"CASE WHEN {asked} THEN {literal(NO_ANSWER)} END"
    if asked == "TRUE":
        blank = literal(NO_ANSWER)
    return (
        f"CASE WHEN {column} = {literal(NOT_ASKED)} THEN NULL ELSE coalesce({column}, {blank}) END"
    )


def _one_condition(opened: Opened, variable: str, part: str) -> str:
    match = _CONDITION.fullmatch(part)
    place = f"cohort.toml [tables.{opened.settings.name}.asked] {variable}"
    if match is None:
        raise CohortError(
            f"{opened.settings.cohort}: who was asked {variable} cannot be read.",
            found=repr(part),
            expected='"other = value;value", joined by " & "; "everyone" or "answered"',
            where=place,
        )
    other, values = match[1], [value.strip() for value in match[2].split(";")]
    if other not in opened.position:
        raise CohortError(
            f"{opened.settings.cohort}: {variable} depends on a variable that the table lacks.",
            found=repr(other),
            expected=meant(other, opened.position),
            where=place,
        )
    allowed = opened.variables[other].values
    unknown = [value for value in values if allowed and value not in allowed]
    if unknown:
        raise CohortError(
            f"{opened.settings.cohort}: {variable} depends on a value that {other} cannot take.",
            found=", ".join(map(repr, unknown)),
            expected=", ".join(allowed),
            where=place,
        )
    return f"coalesce({named(other)} IN {literals(values)}, FALSE)"


def _missing_value(variable: Variable, label: str) -> str:
    by_label = {fold(code): code for code in variable.missing}
    by_label |= {slug(code): code for code in variable.missing}
    for key in (fold(label), slug(label)):
        if key in by_label:
            return by_label[key]
    if len(variable.missing) == 1:
        return variable.missing[0]
    word = slug(label)
    return word if re.search("[a-z]", word) else "missing"
