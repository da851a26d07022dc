"""A questionnaire of the codebook's own questions: a document to print, and a form to field.

Answers that come back from the form need no line of mapping: its names are the codebook's, and its
choices are the codebook's values.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from careersurvey.evidence.project import shared_data
from careersurvey.evidence.scaffold.folder import new_cohort, several_answers
from careersurvey.evidence.scaffold.proposal import routes_of
from careersurvey.evidence.tables import read_codebook, read_indicators

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

    from careersurvey.evidence.tables import Condition, Variable

_COLUMNS = {
    "survey": ("type", "name", "label", "required", "relevant", "constraint"),
    "choices": ("list_name", "name", "label"),
    "settings": ("form_title", "form_id", "version"),
}
_PLAIN = {"text": "text", "identifier": "text", "date": "date", "number": "decimal"}
_FIXED = dt.datetime(2000, 1, 1)  # the same bytes whenever it is written
_RANGE = re.compile(r"\s*(-?\d+(?:\.\d+)?)?\s*\.\.\s*(-?\d+(?:\.\d+)?)?\s*")


def write_form(
    path: Path,
    table: str,
    variables: Iterable[Variable],
    *,
    several: Iterable[str] = (),
    routes: Mapping[str, Condition] | None = None,
) -> None:
    """Write one table's questions as an XLSForm, which Kobo, ODK and SurveyCTO read.

    Parameters
    ----------
    path : Path
        The workbook to write, ``.xlsx``.
    table : str
        Name of the table, and of the form.
    variables : iterable of Variable
        The questions, in their order.
    several : iterable of str
        Names of the questions that take more than one answer.
    routes : mapping of str to Condition, optional
        Who is asked a question, where that is not everybody.

    Notes
    -----
    The sheets and columns are those of the XLSForm specification (xlsform.org/en/ref-table).
    """
    import xlsxwriter

    variables, several, routes = list(variables), set(several), routes or {}
    sheets = {
        "survey": [_question(variable, several, routes) for variable in variables],
        "choices": [choice for variable in variables for choice in _choices(variable, several)],
        "settings": [(f"{spoken(table)}: questions", table, "1")],
    }
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": _FIXED})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate([_COLUMNS[name], *rows]):
                sheet.write_row(number, 0, row)


def write_document(
    path: Path,
    tables: Mapping[str, list[Variable]],
    *,
    several: Iterable[str] = (),
    routes: Mapping[str, Condition] | None = None,
) -> None:
    """Write the questions of all tables as a Word document, a heading a table.

    Parameters
    ----------
    path : Path
        The document to write, ``.docx``.
    tables : mapping of str to list of Variable
        The questions of each table.
    several, routes
        As `write_form` takes them.
    """
    from docx import Document

    several, routes = set(several), routes or {}
    document = Document()
    document.add_heading("Questionnaire", level=0)
    for table, variables in tables.items():
        document.add_heading(f"To {spoken(table).lower()}", level=1)
        asked = [variable for variable in variables if variable.type != "identifier"]
        for number, variable in enumerate(asked, start=1):
            _write_question(document, number, variable, several, routes.get(variable.name))
    document.save(str(path))


def new_questionnaire(folder: Path, tables: Sequence[str] = ()) -> str:
    """Write a blank cohort folder with the questions of its tables to field, and say what next.

    Parameters
    ----------
    folder : Path
        The folder to write; its name becomes the cohort's id.
    tables : sequence of str
        Tables of the codebook to ask; none means all.

    Returns
    -------
    str
        What was written, for a person.

    Raises
    ------
    CohortError
        If the folder is there, or a table is not one of the codebook's.
    """
    said = new_cohort(folder, tables=tables)
    indicators = read_indicators(shared_data() / "indicators.csv").values()
    asked: dict[str, list[Variable]] = {}
    for variable in read_codebook(shared_data() / "codebook.csv"):
        if variable.table in tables or not tables:
            asked.setdefault(variable.table, []).append(variable)
    several: list[str] = []
    routes: dict[str, Condition] = {}
    for table, variables in asked.items():
        more = several_answers(indicators, table)
        routed = routes_of(indicators, table, [variable.name for variable in variables])
        write_form(
            folder / f"questionnaire-{table}.xlsx", table, variables, several=more, routes=routed
        )
        several, routes = several + more, routes | routed
    write_document(folder / "questionnaire.docx", asked, several=several, routes=routes)
    forms = ", ".join(f"questionnaire-{table}.xlsx" for table in asked)
    return f"{said}\n  questionnaire.docx to print, and to field as XLSForms: {forms}"


def spoken(value: str) -> str:
    """Return a value of the codebook as somebody would say it: ``definitely_not`` in words."""
    return value.replace("_", " ").capitalize()


def _question(variable: Variable, several: set[str], routes: Mapping[str, Condition]) -> tuple:
    required = "yes" if variable.type == "identifier" else ""
    relevant = _relevant(routes[variable.name], several) if variable.name in routes else ""
    kind = _PLAIN.get(variable.type) or f"{_how_many(variable, several)} {variable.name}"
    label = variable.question or spoken(variable.name)
    return (kind, variable.name, label, required, relevant, _constraint(variable))


def _how_many(variable: Variable, several: set[str]) -> str:
    return "select_multiple" if variable.name in several else "select_one"


def _choices(variable: Variable, several: set[str]) -> list[tuple[str, str, str]]:
    if variable.type != "category":
        return []
    declined = () if variable.name in several else variable.missing
    return [(variable.name, value, spoken(value)) for value in (*variable.values, *declined)]


def _relevant(condition: Condition, several: set[str]) -> str:
    """Say whom a question is put to in the form's language: ``${a} = 'b' or ${a} = 'c'``."""
    terms = []
    for name, values in condition.terms:
        one = "selected(${{{}}}, '{}')" if name in several else "${{{}}} = '{}'"
        terms.append(" or ".join(one.format(name, value) for value in values))
    return " and ".join(f"({term})" for term in terms) if len(terms) > 1 else terms[0]


def _constraint(variable: Variable) -> str:
    ends = _RANGE.fullmatch(";".join(variable.values)) if variable.type == "number" else None
    low, high = ends.groups() if ends else (None, None)
    limits = [f". >= {low}" if low else "", f". <= {high}" if high else ""]
    return " and ".join(filter(None, limits))


def _write_question(
    document: WordDocument,
    number: int,
    variable: Variable,
    several: set[str],
    route: Condition | None,
) -> None:
    document.add_paragraph().add_run(
        f"{number}. {variable.question or spoken(variable.name)}"
    ).bold = True
    if route:
        told = "; ".join(
            f"{spoken(name).lower()}: {' or '.join(map(spoken, values)).lower()}"
            for name, values in route.terms
        )
        document.add_paragraph().add_run(f"Only if {told}.").italic = True
    box = "☐" if variable.name in several else "○"
    for _, _, label in _choices(variable, several):
        document.add_paragraph(f"{box} {label}")
    if variable.type != "category":
        document.add_paragraph("______________________________")
