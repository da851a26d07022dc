import csv
import io
import re
from datetime import datetime, timezone
from types import SimpleNamespace

import pandas as pd
import pytest
from openpyxl import load_workbook

from careersurvey.presentation import tables


@pytest.fixture
def schools():
    return pd.DataFrame({"school": ["Alde <Valley>", "York"], "n": [1706, -3], "share": [0.083, 1]})


def test_every_header_cell_has_a_scope(schools):
    table = tables.html_table(schools, "Schools")
    assert table.count('<th scope="col"') == 3
    assert table.count('<th scope="row"') == 2
    assert len(re.findall(r"<th\b", table)) == 5


def test_numbers_are_marked_and_written_for_a_reader(schools):
    table = tables.html_table(schools, "Schools", shares=["share"])
    assert '<td class="number">1,706</td><td class="number">8%</td>' in table


def test_headings_and_caption_are_a_readers_words(schools):
    table = tables.html_table(schools, "Schools & more", headings={"n": "Parents"})
    assert "<caption>Schools &amp; more</caption>" in table
    assert '<th scope="col" class="number">Parents</th>' in table


def test_text_cannot_become_markup(schools):
    assert "Alde &lt;Valley&gt;" in tables.html_table(schools, "Schools")


def test_blank_stays_blank():
    frame = pd.DataFrame({"a": ["x"], "b": pd.array([pd.NA], dtype="Int64")})
    assert '<td class="number"></td>' in tables.html_table(frame, "One row")


@pytest.mark.parametrize("text", ["=1+1", "+44 20", "-x", "@cmd", "\t=1"])
def test_text_like_a_formula_is_text_to_a_spreadsheet(text):
    frame = pd.DataFrame({"answer": [text], "n": [-3]})
    rows = list(csv.reader(io.StringIO(tables.csv_text(frame))))
    assert rows == [["answer", "n"], [f"'{text}", "-3"]]


def test_writing_csv_leaves_the_frame_alone(schools):
    before = schools.copy()
    tables.csv_text(schools)
    pd.testing.assert_frame_equal(schools, before)


def test_workbook_holds_text_as_text_and_numbers_as_numbers(tmp_path):
    path = tmp_path / "book.xlsx"
    frame = pd.DataFrame({"answer": ["=1+1"], "n": [-3], "share": [0.5], "none": [None]})
    tables.write_workbook(path, {"estimates": frame})
    sheet = load_workbook(path)["estimates"]
    answer, n, share, none = sheet[2]
    assert (answer.value, answer.data_type) == ("=1+1", "s")
    assert [(n.value, n.data_type), (share.value, share.data_type)] == [(-3, "n"), (0.5, "n")]
    assert none.value is None


def test_workbook_is_the_same_bytes_at_another_time(tmp_path, schools, monkeypatch):
    for year, name in ((2026, "a.xlsx"), (2027, "b.xlsx")):
        now = SimpleNamespace(now=lambda tz, year=year: datetime(year, 1, 1, tzinfo=tz))
        clock = SimpleNamespace(datetime=now, timezone=timezone)
        monkeypatch.setattr("openpyxl.writer.excel.datetime", clock)
        tables.write_workbook(tmp_path / name, {"schools": schools})
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"]


def test_a_workbook_that_fails_leaves_the_one_that_stood(tmp_path, schools):
    path = tmp_path / "book.xlsx"
    tables.write_workbook(path, {"schools": schools})
    stood = path.read_bytes()
    with pytest.raises(ValueError, match="convert"):
        tables.write_workbook(path, {"schools": pd.DataFrame({"a": [object()]})})
    assert path.read_bytes() == stood


def test_a_tally_counts_rows_and_is_empty_without_them():
    schools = pd.DataFrame({"region": ["London", "South West", "London"]})
    assert tables.tally(schools, "region").to_dict("list") == {
        "region": ["London", "South West"],
        "n": [2, 1],
    }
    assert tables.tally(schools, "county").empty
    assert list(tables.tally(schools.iloc[:0], "region")) == ["region", "n"]


def test_a_spread_counts_pairs_and_their_sum():
    forms = pd.DataFrame({"form": ["count", "words", "count"], "standing": ["a", "b", "a"]})
    assert tables.spread(forms, "form", "standing").to_dict("records") == [
        {"form": "Count", "a": 2, "b": 0, "all": 2},
        {"form": "Words", "a": 0, "b": 1, "all": 1},
    ]
    assert tables.spread(forms.iloc[:0], "form", "standing").empty
