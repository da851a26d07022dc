"""The same pages serve other cohorts: one of answers, and one that measures almost nothing."""

from __future__ import annotations

import ast
import json
import re
import tomllib

import pytest

from careersurvey.evidence.project import SHIPPED, project_root
from careersurvey.evidence.settings_run import telling
from careersurvey.presentation.exhibits import as_shown

NOTEBOOKS = project_root() / "notebooks"
#: Pages on the sections of the report; those after them ask other questions.
SECTIONS = sorted([*NOTEBOOKS.glob("0[0-7]_*.ipynb"), *NOTEBOOKS.glob("99_*.ipynb")])
COHORTS = [project_root() / "data" / name / "cohort.toml" for name in SHIPPED]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The folder that exhibits go to, in place of the project's own."""
    monkeypatch.setenv(*telling(figures=str(tmp_path)))
    return tmp_path


def _shown(name, cohort):
    """Run a page's code in this process, and return the HTML that its cells end on."""
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names = {"cohort": cohort, "level": 0.9, "readings": "", "baseline": ""}
    shown = []
    for source in sources[1:]:
        *before, last = ast.parse(source).body
        exec(compile(ast.Module(before, []), name, "exec"), names)
        ended = eval(compile(ast.Expression(last.value), name, "eval"), names)
        shown.append(as_shown(ended).html)
    return shown


@pytest.mark.parametrize("name", [path.stem for path in SECTIONS])
def test_a_page_says_what_a_cohort_lacks_and_stops_nowhere(name):
    shown = _shown(name, "data/cec-compass-2014")
    assert all(
        part.startswith(("<p", "<div", "<details", "<figure>", "<ol", "<ul")) for part in shown
    )


#: Words of the first survey that no page of another one may say of itself.
OF_2013 = re.compile(r"2013|Ofsted|1,706|1,703|60 schools|[Ii]nspector")


@pytest.mark.parametrize("name", [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))])
def test_what_every_report_says_speaks_of_no_one_survey(name):
    """Prose and captions are true of any cohort; only the page on later sources names a year."""
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    told = [
        "".join(cell["source"]) for cell in cells if cell["metadata"].get("tags") != ["parameters"]
    ]
    assert name == "11_since_2013" or not OF_2013.search("\n".join(told))


@pytest.mark.parametrize(
    "name",
    [
        "06_parents",
        *(
            pytest.param(name, marks=pytest.mark.shipped)
            for name in ("00_summary", "02_provision", "12_weights")
        ),
    ],
)
def test_a_page_of_another_survey_names_neither_the_first_nor_its_numbers(name):
    said = re.sub(r"<[^>]+>", " ", " ".join(_shown(name, "data/example-2026")))
    assert OF_2013.findall(said) == []


def test_weights_are_told_of_answers_and_not_of_print():
    assert any("Could be" in part for part in _shown("12_weights", "data/example-2026"))
    assert not any("<table" in part for part in _shown("12_weights", "data/ofsted-2013")[1:])


@pytest.mark.parametrize("path", COHORTS, ids=lambda path: path.parent.name)
def test_every_shipped_cohort_has_its_first_page(path):
    shown = _shown("01_sample", f"data/{path.parent.name}")
    assert tomllib.loads(path.read_text(encoding="utf-8"))["cohort"]["title"] in shown[0]


@pytest.mark.parametrize(
    "name", [pytest.param("01_sample", marks=pytest.mark.shipped), "06_parents"]
)
def test_a_page_of_invented_answers_says_that_they_are(name, folder):
    shown = _shown(name, "data/example-2026")
    assert "Synthetic data" in shown[0]
    saved = list(folder.glob("*.csv"))
    assert saved
    assert all("synthetic" in file.read_text().split("\n", 1)[0] for file in saved)
