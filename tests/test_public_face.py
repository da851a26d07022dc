"""What `import careersurvey as cs` gives: names that complete, tables that say what they are."""

import ast
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import careersurvey as cs
from careersurvey.errors import QuestionError, ReportError
from careersurvey.presentation.breakdowns import no_breakdown

FACE = Path(cs.__file__)


@pytest.fixture(scope="module")
def survey():
    return cs.load("ofsted-2013")


@pytest.fixture(scope="module")
def example():
    return cs.load("example-2026")


def test_every_public_name_is_told_to_completion_to_type_checkers_and_to_python():
    told = ast.parse(FACE.read_text(encoding="utf-8"))
    named = {name.name: node.module for node in ast.walk(told) if isinstance(node, ast.ImportFrom)
             for name in node.names if (node.module or "").startswith("careersurvey.")}  # fmt: skip
    assert named == {name: f"careersurvey.{room}" for name, room in cs._ROOMS.items()}
    assert sorted(named) == sorted(cs.__all__)
    assert set(cs.__all__) <= set(dir(cs))


def test_a_name_that_is_not_there_is_refused_as_python_refuses_it():
    with pytest.raises(AttributeError, match="no attribute 'estimat'"):
        cs.estimat  # noqa: B018


def test_completion_loads_nothing():
    code = "import sys, careersurvey as cs; dir(cs); print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "numpy", "matplotlib", "duckdb"} & set(told.stdout.split())


@pytest.mark.parametrize("name", sorted(set(cs.__all__) - {"SurveyError"}))
def test_a_public_function_says_what_it_takes_gives_and_how_it_is_called(name):
    said = inspect.getdoc(getattr(cs, name))
    for section in ("Parameters", "Returns", "Raises", "Examples"):
        assert f"{section}\n{'-' * len(section)}" in said
    for parameter in inspect.signature(getattr(cs, name)).parameters:
        assert f"{parameter} : " in said or f"{parameter}, " in said or f", {parameter}" in said


def test_a_cohort_may_be_one_a_folder_or_an_id(survey):
    tables = [cs.estimate(one, "careers_strategy") for one in (survey, survey.folder, survey.id)]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])


def test_one_name_stands_for_a_list_of_one_and_is_never_read_by_its_letters(example):
    one = cs.estimate(example, indicators="post16_helped", by="region")
    pd.testing.assert_frame_equal(one, cs.estimate(example, ["post16_helped"], by=["region"]))
    assert set(one["domain"]) == {"all", "region"}
    broken = cs.groups(example, "post16_helped", by="region", ordered="region")
    assert len(broken.trends)
    held = cs.compare("ofsted-2013", example, "careers_strategy")
    assert list(held["indicator"]) == ["careers_strategy"]
    with pytest.raises(QuestionError, match="1 of 1 indicators"):
        cs.groups(example, "post16")


def test_a_statement_to_leave_out_may_be_named_alone(survey):
    assert len(cs.audit(survey, without="R240")) > 0


def test_a_survey_is_short_in_a_console_and_a_table_in_a_notebook(survey, example):
    assert repr(example) == "<Survey example-2026: 7 tables of synthetic answers>"
    shown = survey._repr_html_()
    assert "<td>60 rows</td>" in shown
    assert '<th scope="row">parents</th><td>22 statements</td>' in shown


def test_the_schools_of_2013_are_sixty_named_ones(survey):
    """Counted in the report's annex by hand."""
    assert survey.schools.shape[0] == 60
    assert survey.schools["name"].is_unique


def test_what_is_printed_of_parents_stands_with_what_it_can_mean(survey):
    """142 of 1,703 had heard of the helpline (p50); "Almost two thirds" has no one base (p56)."""
    rows = survey.parents.set_index("id")
    assert rows.loc["R157", ["count_low", "count_high", "base_n"]].to_list() == [142, 142, 1703]
    assert rows.loc["R190", "as_printed"] == "Almost two thirds"
    assert pd.isna(rows.loc["R190", "base_n"])
    assert set(survey.interviews["place"]) == {"kf-9", "p28", "p31", "p32", "notes-2"}


def test_coded_answers_are_a_row_a_respondent(example):
    """As many as lines of parents.csv, less its header."""
    with (example.folder / "parents.csv").open(encoding="utf-8") as file:
        assert len(example.parents) == sum(1 for _ in file) - 1
    assert example.interviews["interview_id"].is_unique
    assert set(example.schools["sixth_form"]) <= {"yes", "no", "no_answer"}


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        (lambda: cs.estimate("ofsted-2013", "interview_well_enough"), "Only just over a third"),
        (lambda: cs.estimate("example-2026", "post16_helped", by="region"), "What was found"),
        (lambda: cs.groups("example-2026", "post16_helped", by="region"), "region"),
        (
            lambda: cs.compare("ofsted-2013", "example-2026"),
            "9 seem to have changed",
        ),
        (lambda: cs.trend(["cec-compass-2023-24", "cec-compass-2024-25"]), "meet 5.96 of eight"),
        (lambda: cs.bounds("ofsted-2013", "sixth_form=yes & well_developed=no"), "At least 23"),
        (lambda: cs.estimate("ofsted-2013", "what_works"), "Listed first"),
    ],
)
def test_a_table_finds_its_picture_and_its_sentences(asked, title):
    table = asked()
    picture = cs.plot(table)
    assert title.lower() in repr(picture).lower()
    assert picture._repr_html_().startswith('<svg role="img" aria-label="')
    assert len(picture.alt) > len(picture.axes.get_label())
    assert all(said.endswith((".", "…")) for said in cs.say(table))


def test_each_difference_of_two_groups_is_said_and_has_no_picture(example):
    """Witness: the table itself; 0.042402, from −0.000157 to 0.084961, Holm's p 0.304935."""
    table = cs.groups(example, "helpline_heard", by="school_type").differences
    assert cs.say(table)[0] == (
        "Sponsored against converter (school type): parents that had heard of the National Careers"
        " Service helpline, +4 points (interval 0 to +8, adjusted p 0.3) (synthetic data)."
    )
    with pytest.raises(QuestionError, match="say them"):
        cs.plot(table)


def test_a_breakdown_by_two_variables_is_called_by_both(example):
    """Witness: the two names in codebook.csv; a reader knows no "school_type*sixth_form"."""
    crossed = {"by": ["school_type*sixth_form"], "indicators": "external_award"}
    broken = cs.groups(example, **crossed)
    for table in (cs.estimate(example, **crossed), broken.tests, broken.differences):
        assert "school type and sixth form" in cs.say(table)[-1]
    assert no_breakdown(["region*send"]).startswith("No breakdown by region and send: ")


def test_a_table_that_lost_where_it_comes_from_says_so_by_its_rows(example):
    table = cs.estimate(example, "careers_strategy")
    table.attrs = {}
    said = "63% of schools that took part (by weight, base 84, interval 52% to 73%) had"
    assert cs.say(table)[0].startswith(said)


def test_a_picture_is_saved_as_what_its_name_says(tmp_path, survey):
    picture = cs.plot(cs.estimate(survey, "interview_well_enough"))
    assert picture.save(tmp_path / "a.svg").read_bytes().startswith(b"<?xml")
    assert picture.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ReportError, match=r"a\.doc is no picture"):
        picture.save(tmp_path / "a.doc")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (lambda: pd.DataFrame({"a": [1]}), "no table of findings"),
        (lambda: None, "no table of findings"),
        (lambda: cs.estimate("ofsted-2013", "careers_strategy").iloc[:0], "no row"),
        (
            lambda: cs.estimate("ofsted-2013", "interviews_observed"),
            "can be drawn(.|\\n)*expected  shares",
        ),
        (lambda: cs.bounds("ofsted-2013", ["impact_evaluated=yes"]), "known size"),
        (lambda: cs.audit("ofsted-2013"), "can be drawn(.|\\n)*say them"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(asked, says):
    with pytest.raises(QuestionError, match=says):
        cs.plot(asked())


def test_rows_of_two_cohorts_are_not_said_as_one():
    tables = [cs.estimate(one, "careers_strategy") for one in ("ofsted-2013", "example-2026")]
    with pytest.raises(QuestionError, match="of one cohort"):
        cs.say(pd.concat(tables))


@pytest.mark.parametrize(
    "asked", [{"indicators": 5}, {"by": 5}, {"indicators": ["careers_strategy", None]}]
)
def test_what_is_asked_for_is_named_by_text(asked):
    with pytest.raises(QuestionError, match="named by text"):
        cs.estimate("ofsted-2013", **asked)


def test_a_near_name_is_offered_once():
    with pytest.raises(QuestionError, match="did you mean 'kind'"):
        cs.estimate("tests/library", by="Kind")


def test_a_notebook_shows_a_message_in_place_of_a_traceback():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shown = []
    shell._showtraceback = lambda etype, value, lines: shown.extend(lines)
    shell.run_cell("import careersurvey as cs\ncs.estimate('ofsted-2013', 'careers_strateg')")
    InteractiveShell.clear_instance()
    assert shown[0] == "QuestionError: ofsted-2013: 1 of 1 indicators are not known."
    assert "  expected  did you mean 'careers_strategy'?" in shown[2]


@pytest.mark.parametrize(
    ("name", "module", "says"),
    [
        (
            "a.sav",
            "pyreadstat",
            r"an SPSS file needs pyreadstat(.|\n)*\[spss\]",
        ),
        (
            "a.dta",
            "pyreadstat",
            r"a Stata file needs pyreadstat(.|\n)*\[spss\]",
        ),
        ("a.xlsx", "python_calamine", r"Excel workbook needs python_calamine(.|\n)*\[excel\]"),
    ],
)
def test_a_file_that_needs_an_extra_says_which(tmp_path, monkeypatch, name, module, says):
    from careersurvey.evidence.answers.files import open_sheet
    from careersurvey.evidence.settings import TableSettings

    shutil.copy(Path(cs.__file__), tmp_path / name)
    if name == "a.xlsx":
        pd.DataFrame({"a": [1]}).to_excel(tmp_path / name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(cs.SurveyError, match=says):
        open_sheet(tmp_path / name, TableSettings(file=name))


def test_a_report_as_pdf_that_needs_an_extra_says_which(tmp_path, monkeypatch):
    from careersurvey.evidence.printed.reports import read_report

    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(cs.SurveyError, match=r"needs pypdf(.|\n)*careersurvey\[pdf\]"):
        read_report(tmp_path / "a.pdf")


@pytest.mark.parametrize(
    "asked",
    [
        lambda: cs.estimate("ofsted-2013", level=95),
        lambda: cs.groups("example-2026", by="region", level=0),
        lambda: cs.compare("ofsted-2013", "example-2026", level=1),
        lambda: cs.trend(["cec-compass-2023-24", "cec-compass-2024-25"], level=-1),
    ],
)
def test_a_level_that_is_none_is_refused_in_words(asked):
    with pytest.raises(QuestionError, match="is no confidence level"):
        asked()


def test_what_can_be_asked_for_is_a_table_by_its_id(survey):
    assert survey.questions.loc["careers_strategy", "unit"] == "school"


def test_all_of_a_report_is_drawn_of_everyone_and_its_groups_where_they_are_asked_for(survey):
    assert "by school type" not in repr(cs.plot(cs.estimate(survey)))
    assert "by school type" in repr(cs.plot(cs.estimate(survey, by="school_type")))


def test_printed_groups_say_where_they_come_from(survey):
    broken = cs.groups(survey, by="school_type")
    assert broken.estimates.attrs["cohort"] == "ofsted-2013"
    assert cs.plot(broken).alt
