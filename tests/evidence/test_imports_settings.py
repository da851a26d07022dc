"""Settings of a table: what is not known is refused, and no path leaves the folder."""

import re

import pytest
from answers import write_answers

from careersurvey.errors import CohortError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.imports import read_table
from careersurvey.evidence.imports_settings import SETTINGS, TableSettings

TEXT = "parent_id,helped\n1,yes\n"


def refused(folder) -> str:
    with pytest.raises(CohortError) as caught:
        read_table(load_cohort(folder), "parents")
    return str(caught.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("header_row = 2", "did you mean 'header_rows'?"),
        ("header_rows = 0", "1 or more"),
        ('header_rows = "2"', "a whole number"),
        ("header_rows = true", "a whole number"),
        ('blank = "zero"', "no_answer or not_asked"),
        ('thousands = "."', "another mark than decimal"),
        ('decimal = ","\nthousands = ","', "another mark than decimal"),
        ('delimiter = ";;"', "a delimiter is one character"),
        ('encoding = "utf-9"', "encoding of table parents is not known"),
        ("[tables.parents.desing]\nweight = 'w'", "did you mean 'design'?"),
        ("[tables.parents.design]\nwieght = 'w'", "did you mean 'weight'?"),
        ("[tables.parents.design]\nweight = 'w'", "no column for weight"),
        ("[tables.parents.design]\nweight = ['w']", "text in quotes"),
        ("[tables.parents.design]\nstrata = 'x'", "a list"),
        ("[tables.parents.design]\nclusters = [1]", "a list of columns"),
        ("[tables.parents.design]\npopulation = [true]", "columns or numbers"),
        ("[tables.parents.design]\nmse = 1", "true or false"),
        ("unique = 'parent'", "did you mean 'parent_id'?"),
        ("columns = 'x'", "a table of its own"),
        ("[tables.parents.columns]\nhlped = 'helped'", "did you mean 'helped'?"),
        ("[tables.parents.codes]\nhlped = { a = 'yes' }", "did you mean 'helped'?"),
        ("[tables.parents.options.x]\nseprator = ';'", 'separator = ";"'),
        ("[tables.parents.options.x]\nseparator = ';'\ntick = 1", "did you mean 'ticked'?"),
        ("[tables.parents.options.x]\nvariables = ['talk']", "does not have"),
        ("[tables.parents.options.x]\nvariables = 'talk'", "a list"),
        ("[tables.parents.options.x]\nvariables = ['talk']\nticked = 'all'", "a list"),
        ("[tables.parents.options.x]\nvariables = ['talk']\nseparator = ';'", "one of the two"),
        ("[tables.parents.options.helped]\nseparator = ''", "text in quotes"),
        ("[tables.parents.options.helped]\nseparator = ';'\nother = 'x'", "yes, partly, no"),
        ("[tables.parents.keep]\nstatus = ['a']", "no column for keep"),
        ("[tables.parents.missing]\nhelped = '-9'", "a list"),
    ],
)
def test_a_setting_that_is_not_known_or_not_right_is_refused(tmp_path, settings, words):
    assert words in refused(write_answers(tmp_path, TEXT, settings))


@pytest.mark.parametrize(
    "file", ["../outside.csv", "/etc/passwd", "a/../../outside.csv", r"..\\outside.csv", "C:/x.csv"]
)
def test_a_path_out_of_the_folder_is_refused(tmp_path, file):
    (tmp_path / "outside.csv").write_text(TEXT)
    folder = write_answers(tmp_path / "cohort", TEXT)
    toml = (folder / "cohort.toml").read_text().replace("parents.csv", file)
    (folder / "cohort.toml").write_text(toml)
    assert "outside the cohort's folder" in refused(folder)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "outside.csv").write_text(TEXT)
    folder = write_answers(tmp_path / "cohort", TEXT)
    (folder / "parents.csv").unlink()
    (folder / "parents.csv").symlink_to(tmp_path / "outside.csv")
    assert "outside the cohort's folder" in refused(folder)


def test_a_file_that_is_not_there_is_refused_with_the_one_that_is(tmp_path):
    folder = write_answers(tmp_path, TEXT)
    (folder / "parents.csv").rename(folder / "parent.csv")
    assert "did you mean 'parent.csv'?" in refused(folder)


def test_a_cohort_without_tables_is_refused(tmp_path):
    folder = write_answers(tmp_path, TEXT)
    toml = (folder / "cohort.toml").read_text()
    (folder / "cohort.toml").write_text(toml[: toml.index("[tables")])
    assert "names no table" in refused(folder)


def test_every_setting_that_is_known_is_used():
    known = set(TableSettings.__dataclass_fields__) - {"cohort", "name", "path"}
    assert known | {"file"} == set(SETTINGS)


def test_every_setting_has_its_place_in_the_page_on_cohorts():
    page = (write_answers.__globals__["Path"](__file__).parents[2] / "docs/cohorts.md").read_text()
    missing = [name for name in SETTINGS if not re.search(rf"\b{name}\b", page)]
    assert missing == []
