"""What words mean as numbers is data: a given file replaces it, and a malformed one is refused."""

import pytest

from careersurvey.errors import CohortError, ReadingError
from careersurvey.evidence.printed.readings import read
from careersurvey.evidence.printed.vocabulary import COLUMNS, load_readings

HEADER = ",".join(COLUMNS) + "\n"


def table_of(tmp_path, *rows, header=HEADER):
    path = tmp_path / "mine.csv"
    path.write_text(header + "".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def test_every_declared_row_names_a_source():
    assert all(row.source for row in load_readings().rows)


def test_given_file_overrides_wording_by_wording_and_extends(tmp_path):
    table = load_readings(
        table_of(tmp_path, "most,0.75,0.9,0.6,0.95,mine", "a smattering,0,1/20,0,1/10,mine")
    )
    assert read("most", "words", 60, vocabulary=table).counts == (45, 54)
    assert read("a smattering", "words", 60, vocabulary=table).counts == (1, 3)
    assert read("nearly all", "words", 60, vocabulary=table) == read("nearly all", "words", 60)


def test_given_hedge_is_read(tmp_path):
    """A quarter step from 1/4 reaches 19/80 and 13/48: 14.25 and 16.25 of 60."""
    table = load_readings(table_of(tmp_path, "about x,-1/4,1/4,-1/2,1/2,mine"))
    assert read("about a quarter", "fraction", 60, vocabulary=table).counts == (15, 16)


def test_given_point_of_the_scale_narrows_its_neighbours(tmp_path):
    """With 7/24 on the scale, about a quarter ends at 13/48: 16.25 of 60."""
    table = load_readings(table_of(tmp_path, "seven in twenty-four,7/24,7/24,7/24,7/24,mine"))
    assert read("about a quarter", "fraction", 60, vocabulary=table).counts == (14, 16)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["most,0.9,0.5,0.4,1,mine"], "1 of 1 wordings have a low end above the high end"),
        (["few,0,0.2,0,0.3,a", "most,lots,1,0.5,1,b"], "1 of 2 wordings have an end that is not"),
        (["most,1/2,,1/2,1,mine"], "have an end that is not a number"),
        (["most,1/2,1,1/2,1,a", "Most,1/2,1,1/2,1,b"], "2 of 2 wordings repeat a wording"),
        (["most,1/2,1,3/5,1,mine"], "reach beyond their wide range"),
        (["most,1/2,2,1/2,2,mine"], "are not shares"),
        ([",1/2,1,1/2,1,mine"], "have no wording"),
        (["a tenth,1e99999999,1/10,1/10,1/10,mine"], "have an end that is not a number"),
        (["few,0," + "1" * 5000 + ",0,1,mine"], "have an end that is not a number"),
        (["few,0,1/0,0,1,mine", "most,inf,1,1/2,1,mine"], "2 of 2 wordings have an end"),
    ],
)
def test_malformed_table_is_refused_with_its_rows(tmp_path, rows, says):
    path = table_of(tmp_path, *rows)
    with pytest.raises(ReadingError, match=says) as caught:
        load_readings(path)
    assert caught.value.where.startswith("mine.csv rows ")
    assert len(str(caught.value)) < 500


def test_malformed_row_is_named_by_its_line(tmp_path):
    path = table_of(tmp_path, "few,0,0.2,0,0.3,a", "most,lots,1,0.5,1,b")
    with pytest.raises(ReadingError) as caught:
        load_readings(path)
    assert caught.value.where == "mine.csv rows 3"
    assert "'most': lots, 1" in caught.value.found


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"wording,low,high\nmost,1/2,1\n", "does not have the columns that it needs"),
        (HEADER.encode() + b"few,0,2/5,0,2/3,mine, above a few\n", "too few or too many cells"),
        (HEADER.encode() + b"few,0,2/5,0,2/3\n", "too few or too many cells"),
        (HEADER.encode() + b'few,"0,2/5,0,2/3,mine\n', "is not CSV"),
        (b"\xff\xfe\x00\x81", "is not UTF-8 text"),
        (b"", "is empty"),
        (None, "There is no mine.csv"),
    ],
)
def test_what_is_no_table_is_refused_as_any_hand_written_one(tmp_path, content, says):
    if content is not None:
        (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(CohortError, match=says):
        load_readings(tmp_path / "mine.csv")


def test_the_same_vocabulary_is_read_once_and_a_changed_file_again(tmp_path):
    path = table_of(tmp_path, "most,0.75,0.9,0.6,0.95,mine")
    first = load_readings(path)
    assert load_readings(path) is first
    table_of(tmp_path, "most,0.75,0.9,0.6,0.96,mine")
    assert load_readings(path) is not first


def test_a_relative_path_is_found_from_a_notebooks_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_readings("data/readings.csv").quantifiers == load_readings().quantifiers
