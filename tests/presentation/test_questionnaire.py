"""A survey that is fielded with the codebook's own questions comes back with one line to decide.

The layouts are those that KoboToolbox and ODK Central write: a column a question by its name, the
chosen names of a select-all joined by blanks, and a column of 0 and 1 for each choice beside it.
The witness of the form is pyxform, by which both tools read it; of the numbers, a count by hand.
"""

import csv
import time
from collections import Counter

import openpyxl
import pytest
from docx import Document
from pyxform import xls2xform

from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.project import shared_data
from careersurvey.evidence.tables import read_codebook
from careersurvey.inference.estimates import estimate
from careersurvey.presentation.questionnaire import new_questionnaire

CHOICES = next(
    one for one in read_codebook(shared_data() / "codebook.csv") if one.name == "useful_activities"
).values
CHOSEN = [CHOICES[:1], CHOICES[1:3], (), CHOICES[:2]] * 3
FILE, SKIPPED = 'file = "parents.csv"', 'nothing_ticked = "no_answer"\n'
HEARD = ["yes", "no", "yes", "yes"] * 3


@pytest.fixture(scope="module")
def form(tmp_path_factory):
    """A new folder with the questions to parents."""
    folder = tmp_path_factory.mktemp("fielded") / "mine"
    new_questionnaire(folder, ["parents"])
    return folder


def test_it_is_the_same_bytes_whenever_it_is_written(tmp_path, monkeypatch):
    made = []
    for year in (2001, 2026):
        moment = time.struct_time((year, 5, 4, 3, 2, 2, 0, 124, 0))
        with monkeypatch.context() as patch:
            patch.setattr(time, "localtime", lambda *_, at=moment: at)
            new_questionnaire(tmp_path / f"of-{year}", ["parents"])
        made.append((tmp_path / f"of-{year}" / "questionnaire.docx").read_bytes())
    assert made[0] == made[1]


def rows_of(folder, sheet):
    book = openpyxl.load_workbook(folder / "questionnaire-parents.xlsx", read_only=True)
    head, *rows = book[sheet].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def kobo(number, asked):
    boxes = {
        f"useful_activities/{choice}": int(choice in CHOSEN[number]) if CHOSEN[number] else ""
        for choice in CHOICES
    }
    about = {"_id": 700 + number, "_uuid": f"u-{number}", "_submission_time": "2026-02-01T10:00:00"}
    return {"start": "2026-02-01T09:55:00.000Z"} | asked | boxes | about


def odk(number, asked):
    about = {"meta-instanceID": f"uuid:{number}", "KEY": f"uuid:{number}", "SubmitterName": "App"}
    return {"SubmissionDate": "2026-02-01T10:00:00.000Z"} | asked | about


def export(folder, tool, delimiter):
    """Write what a tool exports of the form, answered by twelve parents."""
    names = [row["name"] for row in rows_of(folder, "survey")]
    rows = []
    for number, (heard, chosen) in enumerate(zip(HEARD, CHOSEN, strict=True)):
        said = {"school_id": "S1", "parent_id": f"P{number}", "helpline_heard": heard}
        said |= {"helpline_used": "no" if heard == "yes" else ""}
        said |= {"useful_activities": " ".join(chosen)}
        rows.append(tool(number, {name: said.get(name, "") for name in names}))
    with (folder / "parents.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def test_the_form_is_read_by_pyxform_without_a_warning(form):
    made = xls2xform.convert(str(form / "questionnaire-parents.xlsx"))
    assert made.warnings == []
    assert 'relevant="' in made.xform


def test_every_question_of_the_table_is_asked_with_its_values(form):
    known = [v for v in read_codebook(shared_data() / "codebook.csv") if v.table == "parents"]
    asked = rows_of(form, "survey")
    assert [row["name"] for row in asked] == [variable.name for variable in known]
    choices = Counter(row["list_name"] for row in rows_of(form, "choices"))
    for variable in known:
        assert choices[variable.name] >= len(variable.values)
    text = "\n".join(part.text for part in Document(form / "questionnaire.docx").paragraphs)
    assert all(v.question in text for v in known if v.type != "identifier")


def broken(folder):
    return {check.rule for check in screen(load_cohort(folder)) if not check.passed}


@pytest.mark.parametrize(("tool", "delimiter"), [(kobo, ","), (kobo, ";"), (odk, ",")])
def test_its_export_needs_no_line_but_what_no_tick_means(form, tool, delimiter):
    export(form, tool, delimiter)
    settings = form / "cohort.toml"
    settings.write_text(settings.read_text().replace(SKIPPED, ""))
    assert broken(form) == {"nothing_ticked", "provenance"}
    settings.write_text(settings.read_text().replace(f"{FILE}\n", f"{FILE}\n{SKIPPED}"))
    assert broken(form) == {"provenance"}
    found = estimate(form, indicators=["helpline_heard", "useful_activities"], min_base=0)
    told = found.set_index(["indicator", "category"])
    assert told.loc[("helpline_heard", "yes"), ["count_low", "base_n"]].tolist() == [9, 12]
    said = [chosen for chosen in CHOSEN if chosen]
    for choice in CHOICES:
        count = sum(choice in chosen for chosen in said)
        row = told.loc[("useful_activities", choice), ["count_low", "base_n"]]
        assert row.tolist() == [count, len(said)]
