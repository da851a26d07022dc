"""A questionnaire of the codebook's own questions: a document to print, and a form to field.

Answers that come back from the form need no line of mapping: its names are the codebook's, and its
choices are the codebook's values. Sheets and columns of the form are those of the XLSForm
specification (xlsform.org/en/ref-table), which Kobo, ODK and SurveyCTO read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from careersurvey.evidence.project import shared_data
from careersurvey.evidence.scaffold.folder import new_cohort, several_answers
from careersurvey.evidence.scaffold.proposal import routes_of
from careersurvey.evidence.tables import read_codebook, read_indicators
from careersurvey.presentation.words import spell

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

    from careersurvey.evidence.tables import Condition, Variable

_COLUMNS = {
    "survey": ("type", "name", "label", "required", "relevant"),
    "choices": ("list_name", "name", "label"),
    "settings": ("form_title", "form_id", "version"),
}
_PLAIN = {"text": "text", "identifier": "text", "date": "date", "number": "decimal"}
_FIXED = dt.datetime(2000, 1, 1)  # the same bytes whenever it is written


@dataclass(frozen=True)
class _Question:
    """A variable as it is asked: whether it takes several answers, and of whom, if not of all."""

    variable: Variable
    several: bool
    route: Condition | None
    relevant: str  # the route, as the form has it

    @property
    def label(self) -> str:
        return self.variable.question or spell(self.variable.name)

    @property
    def choices(self) -> list[str]:
        if self.variable.type != "category":
            return []
        return [*self.variable.values, *(() if self.several else self.variable.missing)]

    @property
    def row(self) -> tuple[str, ...]:
        """Its line in the form."""
        name, kind = self.variable.name, self.variable.type
        chosen = f"select_{'multiple' if self.several else 'one'} {name}"
        required = "yes" if kind == "identifier" else ""
        return (_PLAIN.get(kind) or chosen, name, self.label, required, self.relevant)


def new_questionnaire(folder: Path, tables: Sequence[str] = ()) -> str:
    """Write a blank cohort folder with the questions of its tables, or of all, to field; say so."""
    from docx import Document

    said = new_cohort(folder, tables=tables)
    variables = read_codebook(shared_data() / "codebook.csv")
    asked = dict.fromkeys(one.table for one in variables if one.table in tables or not tables)
    document = Document()
    document.add_heading("Questionnaire", level=0)
    for table in asked:
        questions = _questions(table, [one for one in variables if one.table == table])
        _write_form(folder / f"questionnaire-{table}.xlsx", table, questions)
        document.add_heading(f"To {spell(table).lower()}", level=1)
        to_ask = [one for one in questions if one.variable.type != "identifier"]
        for number, question in enumerate(to_ask, start=1):
            _write_question(document, number, question)
    document.save(str(folder / "questionnaire.docx"))
    forms = ", ".join(f"questionnaire-{table}.xlsx" for table in asked)
    return f"{said}\n  questionnaire.docx to print, and to field as XLSForms: {forms}"


def _questions(table: str, variables: Sequence[Variable]) -> list[_Question]:
    indicators = read_indicators(shared_data() / "indicators.csv").values()
    several = several_answers(indicators, table)
    routes = routes_of(indicators, table, [one.name for one in variables])
    asked = [(one, one.name in several, routes.get(one.name)) for one in variables]
    return [_Question(*one, _relevant(one[2], several) if one[2] else "") for one in asked]


def _relevant(condition: Condition, several: Collection[str]) -> str:
    """Say whom a question is put to in the form's language: ``${a} = 'b' or ${a} = 'c'``."""
    terms = []
    for name, values in condition.terms:
        one = "selected(${{{}}}, '{}')" if name in several else "${{{}}} = '{}'"
        terms.append(" or ".join(one.format(name, value) for value in values))
    return " and ".join(f"({term})" for term in terms) if len(terms) > 1 else terms[0]


def _write_form(path: Path, table: str, questions: Iterable[_Question]) -> None:
    import xlsxwriter

    sheets: dict[str, list[tuple[str, ...]]] = {
        "survey": [question.row for question in questions],
        "choices": [
            (each.variable.name, value, spell(value))
            for each in questions
            for value in each.choices
        ],
        "settings": [(f"{spell(table)}: questions", table, "1")],
    }
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": _FIXED})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate([_COLUMNS[name], *rows]):
                sheet.write_row(number, 0, row)


def _write_question(document: WordDocument, number: int, question: _Question) -> None:
    document.add_paragraph().add_run(f"{number}. {question.label}").bold = True
    if question.route:
        told = "; ".join(
            f"{spell(name).lower()}: {' or '.join(map(spell, values)).lower()}"
            for name, values in question.route.terms
        )
        document.add_paragraph().add_run(f"Only if {told}.").italic = True
    for value in question.choices:
        document.add_paragraph(f"{'☐' if question.several else '○'} {spell(value)}")
    if question.variable.type != "category":
        document.add_paragraph("______________________________")
