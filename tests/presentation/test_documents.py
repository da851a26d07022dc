"""Documents hold what the page says, and are the same bytes twice."""

import io
import zipfile
from pathlib import Path

import docx
import pandas as pd
import pytest
from openpyxl import load_workbook

from careersurvey.errors import ReportError
from careersurvey.presentation.documents import (
    Picture,
    Sheet,
    briefing,
    plain,
    save_table,
    workbook,
)

ROWS = pd.DataFrame(
    {"answer": ["=1+1", "＝1", "https://x.org"], "n": [-3, 2, 1], "share": [0.5, None, 1]}
)
SHEETS = [Sheet("04-helpline", "Few had heard", "04_employers", ROWS)]
ABOUT = {"title": "One village", "Caution": "Nobody was asked."}


def sheets(book: bytes):
    return load_workbook(io.BytesIO(book))


def test_a_workbook_opens_on_its_cover_and_lists_what_it_holds():
    book = sheets(workbook(ABOUT, ["Blank is blank."], SHEETS))
    assert book.sheetnames == ["Cover", "Contents", "Notes", "04-helpline"]
    assert book["Cover"]["A2"].value == "Caution: Nobody was asked."
    line = [cell.value for cell in book["Contents"][5]]
    assert line == ["04-helpline", "Few had heard", "04_employers"]
    assert book["Contents"]["A5"].hyperlink.location == "'04-helpline'!A1"


def test_a_sheet_is_one_marked_table_with_text_as_text():
    sheet = sheets(workbook(ABOUT, [], SHEETS))["04-helpline"]
    assert [table.ref for table in sheet.tables.values()] == ["A4:C7"]
    assert [cell.value for cell in sheet[5]] == ["=1+1", -3, 0.5]
    assert {cell.data_type for cell in sheet["A"][4:]} == {"s"}
    assert sheet["C6"].value is None


def test_a_table_without_rows_or_with_one_name_twice_is_no_fault():
    empty = Sheet("a", "None", "", ROWS.iloc[:0])
    twice = Sheet("b", "Twice", "", pd.DataFrame([[1, 2]], columns=["n", "N"]))
    book = sheets(workbook(ABOUT, [], [empty, twice]))
    assert [cell.value for cell in book["b"][4]] == ["n", "N (2)"]


def brief() -> bytes:
    said = ["[About a quarter (15)](#R001) had an award."]
    return briefing("One village", ["The parish.", "Read with care."], said, [])


def test_a_briefing_says_the_findings_without_their_links():
    lines = [part.text for part in docx.Document(io.BytesIO(brief())).paragraphs]
    told = ["The parish.", "What was found", "About a quarter (15) had an award."]
    assert lines == ["One village", *told, "Read with care."]


def test_a_picture_of_a_briefing_has_its_words_and_fits_its_page(tmp_path):
    import matplotlib.pyplot as plt

    plt.figure(figsize=(4, 8)).savefig(tmp_path / "a.png")
    pictures = [Picture(tmp_path / "a.png", "Fifteen of sixty")] * 3
    made = docx.Document(io.BytesIO(briefing("A", ["b", "c"], [], pictures)))
    assert [shape._inline.docPr.get("descr") for shape in made.inline_shapes] == [
        "Fifteen of sixty"
    ] * 2
    assert all(shape.height.cm < 12 and shape.width.cm < 16 for shape in made.inline_shapes)
    plt.close("all")


def test_documents_are_the_same_bytes_twice():
    assert brief() == brief()
    assert workbook(ABOUT, [], SHEETS) == workbook(ABOUT, [], SHEETS)
    dates = {part.date_time[0] for part in zipfile.ZipFile(io.BytesIO(brief())).infolist()}
    assert dates == {2013}


def test_a_sentence_to_paste_has_no_links():
    assert plain("In [9 of 60](#R001) and [8%](#q-a).") == "In 9 of 60 and 8%."


@pytest.mark.parametrize("ending", [".json", ".xlsx"])
def test_a_file_that_cannot_be_made_whole_leaves_the_one_that_stood(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    path.write_text("what stood before")
    with pytest.raises((TypeError, ValueError)):
        save_table(pd.DataFrame({"a": [object()]}), path)
    assert path.read_text() == "what stood before"
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


def test_a_table_goes_to_a_device_and_not_in_its_place(capfd):
    save_table(ROWS, Path("/dev/stdout"))
    assert capfd.readouterr().out.startswith("answer,n,share")


@pytest.mark.parametrize("name", ["out.txt", "out", "folder/out.csv"])
def test_a_place_that_cannot_be_written_is_named(tmp_path, name):
    with pytest.raises(ReportError, match="out"):
        save_table(ROWS, tmp_path / name)
