"""A questionnaire of the codebook's own questions: a document to print, and a form to field.

Answers that come back from the form need no line of mapping: its names are the codebook's, and its
choices are the codebook's values. Sheets and columns of the form are those of the XLSForm
specification (xlsform.org/en/ref-table), which Kobo, ODK and SurveyCTO read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from careersurvey.evidence.project import shared_data, write_whole
from careersurvey.evidence.scaffold.folder import new_cohort, several_answers
from careersurvey.evidence.scaffold.proposal import routes_of
from careersurvey.evidence.tables import Condition, Variable, read_codebook, read_indicators
from careersurvey.presentation.documents import as_bytes, undated
from careersurvey.presentation.words import spell

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

_PLAIN = {"text": "text", "identifier": "text", "date": "date", "number": "decimal"}


def new_questionnaire(folder: Path, tables: Sequence[str] = ()) -> str:
    """Write a blank cohort folder with the questions of its tables, or of all, to field; say so."""
    from docx import Document

    said, document = new_cohort(folder, tables=tables), Document()
    document.add_heading("Questionnaire", level=0)
    indicators = read_indicators(shared_data() / "indicators.csv").values()
    asked: dict[str, list[Variable]] = {}
    for one in read_codebook(shared_data() / "codebook.csv"):
        if one.table in tables or not tables:
            asked.setdefault(one.table, []).append(one)
    for table, variables in asked.items():
        several = several_answers(indicators, table)
        routes = routes_of(indicators, table, [one.name for one in variables])
        _write_form(folder / f"questionnaire-{table}.xlsx", table, variables, several, routes)
        document.add_heading(f"To {spell(table).lower()}", level=1)
        _write_questions(document, variables, several, routes)
    write_whole(folder / "questionnaire.docx", as_bytes(document))
    forms = ", ".join(f"questionnaire-{table}.xlsx" for table in asked)
    return f"{said}\n  questionnaire.docx to print, and to field as XLSForms: {forms}"


def _label(variable: Variable) -> str:
    return variable.question or spell(variable.name)


def _choices(variable: Variable, several: Collection[str]) -> Sequence[str]:
    """What there is to choose; where all that fit may be, no answer is none of them."""
    chosen = variable.values if variable.type == "category" else ()
    return chosen if variable.name in several or not chosen else (*chosen, *variable.missing)


def _write_form(
    path: Path,
    table: str,
    variables: Sequence[Variable],
    several: Collection[str],
    routes: Mapping[str, Condition],
) -> None:
    """Write the questions of a table as an XLSForm: a sheet of questions, one of choices."""
    import xlsxwriter

    questions, choices = [], []
    for one in variables:
        kind = f"select_{'multiple' if one.name in several else 'one'} {one.name}"
        required = "yes" if one.type == "identifier" else ""
        relevant = _relevant(routes[one.name], several) if one.name in routes else ""
        questions.append((_PLAIN.get(one.type, kind), one.name, _label(one), required, relevant))
        choices += [(one.name, value, spell(value)) for value in _choices(one, several)]
    sheets: dict[str, list[tuple[str, ...]]] = {
        "survey": [("type", "name", "label", "required", "relevant"), *questions],
        "choices": [("list_name", "name", "label"), *choices],
        "settings": [
            ("form_title", "form_id", "version"),
            (f"{spell(table)}: questions", table, "1"),
        ],
    }
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    path.write_bytes(undated(path.read_bytes()))


def _relevant(condition: Condition, several: Collection[str]) -> str:
    """Say whom a question is put to in the form's language: ``${a} = 'b' or ${a} = 'c'``."""
    terms = []
    for name, values in condition.terms:
        one = "selected(${{{}}}, '{}')" if name in several else "${{{}}} = '{}'"
        terms.append(" or ".join(one.format(name, value) for value in values))
    return " and ".join(f"({term})" for term in terms) if len(terms) > 1 else terms[0]


def _write_questions(
    document: WordDocument,
    variables: Sequence[Variable],
    several: Collection[str],
    routes: Mapping[str, Condition],
) -> None:
    """Write the questions of a table with their choices, or a line to write on."""
    to_ask = (one for one in variables if one.type != "identifier")
    for number, one in enumerate(to_ask, start=1):
        document.add_paragraph().add_run(f"{number}. {_label(one)}").bold = True
        if one.name in routes:
            told = "; ".join(
                f"{spell(name).lower()}: {' or '.join(map(spell, values)).lower()}"
                for name, values in routes[one.name].terms
            )
            document.add_paragraph().add_run(f"Only if {told}.").italic = True
        for value in _choices(one, several):
            document.add_paragraph(f"{'☐' if one.name in several else '○'} {spell(value)}")
        if one.type != "category":
            document.add_paragraph("______________________________")
