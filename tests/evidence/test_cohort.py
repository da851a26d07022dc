import pytest

from careersurvey.errors import CohortError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.project import project_root, shared_data

SCHOOLS = {"indicator": "schools", "reported": "60"}


def test_a_cohort_is_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_cohort(shared_data() / "ofsted-2013").id == "ofsted-2013"


def test_the_project_is_the_nearest_folder_with_data_and_notebooks(tmp_path, monkeypatch):
    inner = tmp_path / "notebooks" / "drafts"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert project_root() == inner
    (tmp_path / "data").mkdir()
    assert project_root() == tmp_path


@pytest.mark.parametrize("name", ["", "nul\0", "a" * 300, "~nosuchuser", "~nosuchuser/x", "/"])
def test_a_name_that_no_folder_can_have_is_no_cohort(name):
    with pytest.raises(CohortError):
        load_cohort(name)


def test_an_own_codebook_takes_the_place_of_one_variable_of_one_table(write_cohort):
    folder = write_cohort(SCHOOLS)
    (folder / "codebook.csv").write_text(
        "variable,table,question,type,values,missing,unit\n"
        "region,parents,Where do you live?,category,here;there,,parent\n"
    )
    cohort, shared = load_cohort(folder), load_cohort("ofsted-2013")
    assert cohort.variables("parents")["region"].values == ("here", "there")
    assert cohort.variables("schools")["region"] == shared.variables("schools")["region"]


def test_own_indicators_extend_the_shared_ones(write_cohort):
    cohort = load_cohort(write_cohort(SCHOOLS))
    assert {"good", "helpline_heard"} <= set(cohort.indicators)


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
    with pytest.raises(CohortError, match=r"shipped one: example-2026$"):
        load_cohort("data/exmaple-2026")


@pytest.mark.parametrize("given", [5, None, ["ofsted-2013"]])
def test_what_names_no_cohort_is_said_to_be_none(given):
    with pytest.raises(CohortError, match="named by its folder or its id"):
        load_cohort(given)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("id,where\n", "does not have the columns"),
        ("id;where\n", "found     id;where\n"),
        ("id,where,indicator,unit,reported,form,categry\n", "does not have the columns"),
        ("id,where,indicator,unit,reported,form,form\n", "has a column twice"),
        ("id,where,indicator,unit,reported,form\nR1,p1,good\n", "1 of 1 rows"),
        ('id,where,indicator,unit,reported,form\nR1,p1,good,school,"12,count\n', "is not CSV"),
    ],
)
def test_a_table_that_is_not_whole_is_refused_with_its_lines(write_cohort, text, says):
    folder = write_cohort(SCHOOLS)
    (folder / "reported.csv").write_text(text)
    with pytest.raises(CohortError) as refused:
        load_cohort(folder)
    assert says in str(refused.value)


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
