"""Documents hold what the page says, and are the same bytes twice."""

import io
import zipfile
from pathlib import Path

import docx
import pandas as pd
import pytest
from openpyxl import load_workbook

from careersurvey.presentation.documents import (
    Table,
    briefing,
    save_table,
    workbook,
)

ROWS = pd.DataFrame(
    {"answer": ["=1+1", "＝1", "https://x.org"], "n": [-3, 2, 1], "share": [0.5, None, 1]}
)
SHEETS = [Table("04-helpline", "Few had heard", "04_employers", ROWS)]
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
    empty = Table("a", "None", "", ROWS.iloc[:0])
    twice = Table("b", "Twice", "", pd.DataFrame([[1, 2]], columns=["n", "N"]))
    book = sheets(workbook(ABOUT, [], [empty, twice]))
    assert [cell.value for cell in book["b"][4]] == ["n", "N (2)"]


def test_sheets_whose_names_begin_alike_have_each_its_own():
    """Two sections of 31 letters and more; two that differ in capitals; one called as the cover."""
    names = ["guidance_in_school_years_7_to_9-findings", "guidance_in_school_years_7_to_9-by"]
    names += ["Odd", "odd", "o/d", "o:d", "Notes", "日本", "学校"]
    book = sheets(workbook(ABOUT, [], [Table(name, name, "", ROWS) for name in names]))
    made = book.sheetnames[3:]
    assert made[:2] == ["guidance_in_school_years_7_to_9", "guidance_in_school_years_ (2)"]
    assert made[2:7] == ["Odd", "odd (2)", "o d", "o d (2)", "Notes (2)"]
    assert [book[name]["A1"].value for name in made] == names
    links = [book["Contents"].cell(row, 1).hyperlink.location for row in range(5, 14)]
    assert links == [f"'{name}'!A1" for name in made]
    assert len({table for name in made for table in book[name].tables}) == len(names)


def brief() -> bytes:
    said = ["About a quarter (15) had an award."]
    parts = {
        "": [[("The parish", "https://x.org/1"), (".", "")]],
        "What was found": [*said, [("Read with care.", "")]],
        "What the report asks for": ["The parish: hold a fair; mend the road."],
        "What is not there": [],
    }
    return briefing("One village", parts, [], running="INVENTED DATA")[0]


def test_a_briefing_says_the_findings_and_what_is_asked_of_whom():
    lines = [part.text for part in docx.Document(io.BytesIO(brief())).paragraphs]
    told = ["The parish.", "What was found", "About a quarter (15) had an award."]
    asked = ["What the report asks for", "The parish: hold a fair; mend the road."]
    assert lines == ["One village", *told, "Read with care.", *asked]


def test_a_briefing_leads_to_its_source_and_says_on_each_page_that_nobody_was_asked():
    made = docx.Document(io.BytesIO(brief()))
    (link,) = made.paragraphs[1].hyperlinks
    assert (link.text, link.address) == ("The parish", "https://x.org/1")
    page = made.sections[0]
    assert [edge.paragraphs[0].text for edge in (page.header, page.footer)] == ["INVENTED DATA"] * 2


def test_pictures_of_a_briefing_have_their_words_and_fit_one_page(tmp_path):
    import matplotlib.pyplot as plt

    for name, tall in (("wide", 2), ("tall", 9), ("square", 4)):
        plt.figure(figsize=(4, tall)).savefig(tmp_path / f"{name}.png")
    plt.close("all")
    names = ("wide", "tall", "square")
    wide, tall, square = ((tmp_path / f"{n}.png", n, f"A {n} one") for n in names)

    def shown(*pictures, said=()):
        made, pages = briefing("A", {"": said}, pictures)
        inside = docx.Document(io.BytesIO(made)).inline_shapes
        return pages, [(s._inline.docPr.get("descr"), round(s.height.cm, 1)) for s in inside]

    # 16.6 cm wide each: 8.3, 37.4 and 16.6 cm high, on a page of 23.5 less a line for each.
    assert shown(wide, tall, wide) == (1, [("wide", 8.3), ("wide", 8.3)])  # what is long makes way
    assert shown(wide, square) == (1, [("wide", 8.3), ("square", 13.4)])  # 23.5 - 0.8 - 9.3
    assert shown(square, wide) == (1, [("square", 16.6)])  # of 5.1 cm no picture could be read
    assert shown() == (1, [])
    long = ["It was found that all was well."] * 20  # 15 cm of text
    assert shown(square, said=long) == (2, [("square", 16.6)])
    assert shown(wide, said=long) == (1, [("wide", 7.8)])  # 23.5 less 21 lines of 0.75
    assert shown(said=long * 2) == (2, [])
    made = docx.Document(io.BytesIO(briefing("A", {}, [wide])[0]))
    assert made.paragraphs[-1].text == "A wide one"


def test_documents_are_the_same_bytes_twice():
    assert brief() == brief()
    assert workbook(ABOUT, [], SHEETS) == workbook(ABOUT, [], SHEETS)


def test_documents_bear_no_date_that_is_not_theirs():
    """A zip must date its parts: 1980 is the least that it can; Office shows none of these."""
    for document in (brief(), workbook(ABOUT, [], SHEETS)):
        parts = zipfile.ZipFile(io.BytesIO(document))
        assert {part.date_time[0] for part in parts.infolist()} == {1980}
        core = parts.read("docProps/core.xml").decode()
        assert "One village" in core
        assert "dcterms:created" not in core
        assert "dcterms:modified" not in core


@pytest.mark.parametrize("ending", [".json", ".xlsx"])
def test_a_file_that_cannot_be_made_whole_leaves_the_one_that_stood(tmp_path, ending):
    path = tmp_path / f"out{ending}"
    path.write_text("what stood before")
    with pytest.raises((TypeError, ValueError)):
        save_table(pd.DataFrame({"a": [object()]}), path, "table", "csv")
    assert path.read_text() == "what stood before"
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


def test_a_table_goes_to_a_device_and_not_in_its_place(capfd):
    save_table(ROWS, Path("/dev/stdout"), "table", "csv")
    assert capfd.readouterr().out.startswith("answer,n,share")
