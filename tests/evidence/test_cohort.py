import pytest

from careersurvey.errors import CohortError
from careersurvey.evidence.cohort import load_cohort

SCHOOLS = {"indicator": "schools", "reported": "60"}


def test_a_cohort_is_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_cohort("ofsted-2013").id == "ofsted-2013"


def test_own_indicators_extend_the_shared_ones(write_cohort):
    cohort = load_cohort(write_cohort(SCHOOLS))
    assert {"good", "helpline_heard"} <= set(cohort.indicators["indicator"])


def test_cells_are_text_and_empty_cells_are_empty_text(write_cohort):
    reported = load_cohort(write_cohort(SCHOOLS | {"base_n": "62.0"})).reported
    assert reported.loc[2, "base_n"] == "62.0"
    assert reported.loc[2, "domain"] == ""


def test_lines_of_the_file_number_the_rows(write_cohort):
    assert list(load_cohort(write_cohort(SCHOOLS, SCHOOLS)).reported.index) == [2, 3]


def test_a_folder_without_cohort_toml_is_not_a_cohort(tmp_path):
    with pytest.raises(CohortError, match="is not a cohort folder"):
        load_cohort(tmp_path)


def test_a_missing_folder_is_named_and_those_that_exist_are_offered(tmp_path):
    with pytest.raises(CohortError, match=r"no folder .*nowhere") as refused:
        load_cohort(tmp_path / "nowhere")
    assert "ofsted-2013" in str(refused.value)


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[cohort\n", "cannot be read"),
        ("[other]\n", r"no \[cohort\]"),
        ('[cohort]\nid = "a"\ntitle = "b"\n', "lacks evidence"),
        ('[cohort]\nid = "../a"\ntitle = "b"\nevidence = "reported"\n', "cannot name a folder"),
        ('[cohort]\nid = "a"\ntitle = "b"\nevidence = "hearsay"\n', "kind of evidence"),
        ('[cohort]\nid="a"\ntitle="b"\nevidence="reported"\nsynthetic="no"\n', "true or false"),
        ('[cohort]\nid="a"\ntitle="b"\nevidence="reported"\n[places]\np="x"\n', "whole numbers"),
    ],
)
def test_a_cohort_toml_that_is_not_sound_is_refused(write_cohort, toml, says):
    folder = write_cohort(SCHOOLS)
    (folder / "cohort.toml").write_text(toml)
    with pytest.raises(CohortError, match=says):
        load_cohort(folder)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("id,where\n", "does not have the columns"),
        ("id,where,indicator,unit,reported,form,categry\n", "does not have the columns"),
        ("id,where,indicator,unit,reported,form,form\n", "has a column twice"),
        ("id,where,indicator,unit,reported,form\nR1,p1,good\n", "1 of 1 rows"),
        ('id,where,indicator,unit,reported,form\nR1,p1,good,school,"12,count\n', "is not CSV"),
    ],
)
def test_a_table_that_is_not_whole_is_refused_with_its_lines(write_cohort, text, says):
    folder = write_cohort(SCHOOLS)
    (folder / "reported.csv").write_text(text)
    with pytest.raises(CohortError, match=says):
        load_cohort(folder)


def test_a_table_in_another_encoding_is_refused(write_cohort):
    folder = write_cohort(SCHOOLS)
    (folder / "reported.csv").write_bytes("id,where\nR1,£\n".encode("latin-1"))
    with pytest.raises(CohortError, match="not UTF-8"):
        load_cohort(folder)


def test_a_cohort_of_printed_figures_has_its_table(write_cohort):
    folder = write_cohort(SCHOOLS)
    (folder / "reported.csv").unlink()
    with pytest.raises(CohortError, match=r"no reported\.csv"):
        load_cohort(folder)
