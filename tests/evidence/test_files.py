"""Excel, SPSS, Stata and Parquet: the same answers whatever the file."""

import datetime as dt
import io
import re
import zipfile
from decimal import Decimal

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyreadstat
import pytest
from answers import broken, read, write_answers

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.files import open_sheet
from careersurvey.evidence.answers.sheet import Seen
from careersurvey.evidence.answers.table import compile_table
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.settings import TableSettings

ROWS = [("0012", "yes", 12.5, dt.date(2010, 5, 1)), ("13", None, None, None), ("14", "no", 3, None)]
NAMES = ("parent_id", "helped", "minutes", "born")
READ = [
    ("0012", "yes", 12.5, dt.date(2010, 5, 1)),
    ("13", "no_answer", None, None),
    ("14", "no", 3.0, None),
]


def workbook(*sheets, **named):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"Sheet{number}")
        for row in rows:
            sheet.append(row)
    for title, rows in named.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def table(folder):
    return compile_table(load_cohort(folder), "parents")


def test_excel_gives_the_answers_and_keeps_dates_and_identifiers(tmp_path):
    folder = write_answers(tmp_path, workbook([NAMES, *ROWS]), name="parents.xlsx")
    assert read(folder, *NAMES) == READ


def test_excel_numbers_that_are_identifiers_have_no_decimal_point(tmp_path):
    rows = [("parent_id", "helped"), (10103000748.0, "yes"), (7, "no"), (5123456789012345.0, "no")]
    folder = write_answers(tmp_path, workbook(rows), name="parents.xlsx")
    assert read(folder, "parent_id") == [("10103000748",), ("7",), ("5123456789012345",)]


def test_excel_takes_the_sheet_named_and_says_which_one_it_took_else(tmp_path):
    other = [("a note",), ("not answers",)]
    data = workbook(Notes=other, Answers=[NAMES, *ROWS])
    folder = write_answers(tmp_path / "a", data, 'sheet = "Answers"', "parents.xlsx")
    assert read(folder, *NAMES) == READ
    wrong = write_answers(tmp_path / "b", data, 'sheet = "Anwsers"', "parents.xlsx")
    with pytest.raises(CohortError, match="did you mean 'Answers'"):
        table(wrong)


def test_excel_with_a_title_above_and_blank_rows_between(tmp_path):
    rows = [("Survey of 2026",), (), NAMES, ROWS[0], (), *ROWS[1:]]
    folder = write_answers(tmp_path, workbook(rows), "skip_rows = 2", "parents.xlsx")
    assert read(folder, *NAMES) == READ
    assert table(folder).set_aside == {"every cell is blank": Seen([5], 1)}


def test_a_formula_without_a_saved_value_is_told_from_a_blank(tmp_path):
    rows = [("parent_id", "minutes", "sum"), ("1", "=1+1", "=A1"), ("2", None, "=A2"), ("3", 3, 1)]
    found = broken(write_answers(tmp_path, workbook(rows), name="parents.xlsx"))["legible"]
    assert found.rows == (2,)  # those of a column that nobody asks for are no answers
    assert found.message.startswith("1 row with formulas without a saved value")
    assert found.do == "open it in a spreadsheet and save it"


def rewritten(data, pattern, instead):
    """A workbook with a part of its text in another way, as other programs write it."""
    saved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(saved, "w") as copy:
        for name in package.namelist():
            copy.writestr(name, re.sub(pattern, instead, package.read(name)))
    return saved.getvalue()


def test_a_formula_counts_as_the_value_that_was_saved_with_it(tmp_path):
    data = workbook([("parent_id", "minutes"), ("1", "=1+1")])
    data = rewritten(data, rb"<v ?/>|<v></v>", b"<v>2</v>")
    folder = write_answers(tmp_path, data, name="parents.xlsx")
    assert read(folder, "minutes") == [(2.0,)]


def test_a_formula_whose_value_is_an_empty_text_is_a_blank(tmp_path):
    """Spreadsheets write t="str" and no value where =IF(A2="","",A2) gives nothing."""
    data = workbook([("parent_id", "helped"), ("1", '=IF(TRUE,"","yes")'), ("2", "no")])
    data = rewritten(data, rb'<c r="B2"', b'<c r="B2" t="str"')
    folder = write_answers(tmp_path, data, name="parents.xlsx")
    assert read(folder, "helped") == [("no_answer",), ("no",)]
    assert broken(folder) == {}


@pytest.mark.parametrize(
    "cell",
    [
        b'<c s="0" r="B2"><f t="shared" si="0"/></c>',
        b'<c r="B2"><f t="shared" si="0" /><v/></c>',
        b'<c r="B2"><f>1+1</f></c>',
    ],
)
def test_a_formula_without_a_value_is_found_however_it_is_written(tmp_path, cell):
    data = workbook([("parent_id", "minutes"), ("1", "=1+1")])
    data = rewritten(data, rb'<c r="B2">.*?</c>', cell)
    folder = write_answers(tmp_path, data, name="parents.xlsx")
    assert read(folder, "minutes") == [(None,)]
    assert broken(folder)["legible"].rows == (2,)


def test_a_formula_without_a_value_in_a_cell_without_a_place_is_refused(tmp_path):
    data = workbook([("parent_id", "minutes"), ("1", "=1+1")])
    data = rewritten(data, rb'(<(?:c|row)) r="[A-Z0-9]+"', rb"\1")
    with pytest.raises(CohortError, match="formulas without a saved value"):
        table(write_answers(tmp_path, data, name="parents.xlsx"))


def test_a_cell_far_from_the_others_is_refused_before_it_takes_all_memory(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["parent_id", "helped"])
    book.active["XFD1048576"] = "x"
    data = io.BytesIO()
    book.save(data)
    with pytest.raises(CohortError, match="too far apart") as refused:
        table(write_answers(tmp_path, data.getvalue(), name="parents.xlsx"))
    assert refused.value.found == "1,048,576 rows, and a cell in column XFD"


def test_a_sheet_whose_rows_never_end_is_given_up(tmp_path):
    data = rewritten(workbook([NAMES, *ROWS]), b"<sheetData>", b"<sheetData>" + b" " * (20 << 20))
    with pytest.raises(CohortError, match="cannot be read as an Excel workbook"):
        table(write_answers(tmp_path, data, name="parents.xlsx"))


def test_a_format_far_from_the_others_is_no_cell(tmp_path):
    data = workbook([NAMES, *ROWS])
    data = rewritten(data, b"</sheetData>", b'<row r="9"><c r="XFD9" s="0"/></row></sheetData>')
    data = rewritten(data, b'<row r="9"', b'<row r="1048576"')
    folder = write_answers(tmp_path, data, name="parents.xlsx")
    assert read(folder, *NAMES) == READ


def test_hidden_rows_are_read_and_said(tmp_path):
    data = rewritten(workbook([NAMES, *ROWS]), b'<row r="3"', b'<row hidden="1" r="3"')
    folder = write_answers(tmp_path, data, name="parents.xlsx")
    assert read(folder, *NAMES) == READ
    assert "1 hidden row read like the others." in table(folder).notes


def test_an_answer_in_cells_that_are_merged_over_rows_is_a_finding(tmp_path):
    book = openpyxl.Workbook()
    for row in (("parent_id", "helped"), ("1", "yes"), ("2", None), ("3", "no")):
        book.active.append(row)
    book.active.merge_cells("B2:B3")
    data = io.BytesIO()
    book.save(data)
    found = broken(write_answers(tmp_path, data.getvalue(), name="parents.xlsx"))["legible"]
    assert found.rows == (2, 3)
    assert "merged" in found.message


def test_cells_that_are_merged_side_by_side_are_a_finding_where_they_are_wanted(tmp_path):
    """B2 and C2 are one cell: whether its answer is to both questions nobody can tell."""
    book = openpyxl.Workbook()
    for row in (("parent_id", "heard", "used", "x", "y"), ("1", "yes"), ("2", "yes", "no", "z")):
        book.active.append(row)
    book.active.merge_cells("B2:C2")
    book.active.merge_cells("D3:E3")  # columns that nobody asks for
    data = io.BytesIO()
    book.save(data)
    folder = write_answers(tmp_path, data.getvalue(), name="parents.xlsx")
    assert broken(folder)["legible"].rows == (2,)


def test_the_strict_edition_of_the_standard_is_a_workbook_too(tmp_path):
    data = workbook([NAMES, *ROWS])
    for part in ("spreadsheetml", "officeDocument"):
        usual = f"http://schemas.openxmlformats.org/{part}/2006/".encode()
        data = rewritten(data, usual, f"http://purl.oclc.org/ooxml/{part}/".encode())
    assert read(write_answers(tmp_path, data, name="parents.xlsx"), *NAMES) == READ


def test_a_first_sheet_with_nothing_in_it_is_told_with_the_others(tmp_path):
    folder = write_answers(tmp_path, workbook([], [NAMES, *ROWS]), name="parents.xlsx")
    with pytest.raises(CohortError, match="nothing in its sheet 'Sheet1'") as refused:
        table(folder)
    assert refused.value.expected == "one of 'Sheet2'"


def test_text_like_a_formula_in_excel_is_text(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["parent_id", "remark"])
    book.active.append(["1", "x"])
    book.active["B2"].value = "=cmd()"
    book.active["B2"].data_type = "s"
    data = io.BytesIO()
    book.save(data)
    folder = write_answers(tmp_path, data.getvalue(), name="parents.xlsx")
    assert read(folder, "remark") == [("=cmd()",)]


def compound(marker):
    # A compound file of OLE: its first eight bytes, then a directory with names in UTF-16.
    return bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504 + marker.encode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("parents.xlsx", compound("EncryptedPackage"), "again without a password"),
        ("parents.xlsx", compound("Workbook"), "the ending of its name must say what it is"),
        ("parents.xlsx", b"", "is empty"),
        ("parents.xlsx", b"parent_id,helped\n", "cannot be read as an Excel workbook"),
        ("parents.xlsx", workbook([NAMES, *ROWS])[:-200], "cannot be read as an Excel workbook"),
        ("parents.xlsx", workbook([]), "is empty"),
        ("parents.sav", b"ENCRYPTEDSAV\0\0\0\0" + b"\1" * 99, "again without a password"),
        ("parents.sav", b"$FL2@(#)", "cannot be read as an SPSS file"),
        ("parents.sav", b"", "is empty"),
        ("parents.dta", b"not stata", "cannot be read as a Stata file"),
        ("parents.parquet", b"PAR1 but no more", "cannot be read as a Parquet file"),
        ("parents.parquet", b"", "is empty"),
        ("parents.ods", b"x", "of a kind that is not known"),
    ],
)
def test_a_file_that_cannot_be_opened_says_why(tmp_path, name, data, words):
    folder = write_answers(tmp_path, data, name=name)
    with pytest.raises(CohortError, match=re.escape(words)):
        table(folder)
    assert "readable" in broken(folder)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as package:
        package.writestr("x.txt", "x")
    folder = write_answers(tmp_path, data.getvalue(), name="parents.xlsx")
    with pytest.raises(CohortError, match="cannot be read as an Excel workbook"):
        table(folder)


@pytest.mark.parametrize("ending", ["sav", "zsav"])
def test_spss_labels_and_user_missing_codes_stay_apart_from_blanks(tmp_path, ending):
    frame = pd.DataFrame({"id": [1.0, 2, 3, 4, 5], "q7": [1.0, 2, 98, None, 99]})
    path = tmp_path / f"parents.{ending}"
    pyreadstat.write_sav(
        frame,
        path,
        compress=ending == "zsav",
        column_labels=["Number", "Has the school helped?"],
        variable_value_labels={"q7": {1: "Yes", 2: "No", 98: "Refused", 99: "Broke off"}},
        missing_ranges={"q7": [{"lo": 98, "hi": 99}]},
    )
    settings = (
        '[tables.parents.columns]\nparent_id = "id"\nhelped = "Has the school helped?"\n'
        '[tables.parents.missing.helped]\n"99" = "refused"\n'
    )
    folder = write_answers(tmp_path, path.read_bytes(), settings, f"parents.{ending}")
    answers = ["yes", "no", "refused", "no_answer", "refused"]
    assert read(folder, "parent_id", "helped") == list(zip("12345", answers, strict=True))


@pytest.mark.parametrize("missing", [[9], [{"lo": 8, "hi": 10}]])
@pytest.mark.parametrize(
    ("settings", "value"),
    [
        ("", "refused"),  # the one missing value of the codebook
        ('not_asked = ["Not shown"]', None),
        ('no_answer = ["Not shown"]', "no_answer"),
        ('[tables.parents.missing]\nhelped = { "Not shown" = "hidden" }', "hidden"),
        ('[tables.parents.codes.helped]\n"Not shown" = "partly"', "partly"),
    ],
)
def test_what_is_said_of_a_label_holds_for_a_code_declared_missing(
    tmp_path, missing, settings, value
):
    """By hand: 9 is called "Not shown", of which cohort.toml says what it means."""
    frame = pd.DataFrame({"parent_id": ["1", "2", "3"], "helped": [1.0, 2.0, 9.0]})
    path = tmp_path / "parents.sav"
    labels = {"helped": {1: "Yes", 2: "No", 9: "Not shown"}}
    pyreadstat.write_sav(
        frame, path, variable_value_labels=labels, missing_ranges={"helped": missing}
    )
    folder = write_answers(tmp_path, None, f"{settings}\n", "parents.sav")
    assert read(folder, "helped") == [("yes",), ("no",), (value,)]


@pytest.mark.parametrize("wanted", ["Complete", "1"])
def test_rows_are_kept_by_the_label_or_the_code_of_a_cell(tmp_path, wanted):
    frame = pd.DataFrame({"parent_id": ["1", "2"], "helped": ["yes", "no"], "status": [1.0, 2.0]})
    labels = {"status": {1: "Complete", 2: "Partial"}}
    pyreadstat.write_sav(frame, tmp_path / "parents.sav", variable_value_labels=labels)
    keep = f'[tables.parents.keep]\nstatus = ["{wanted}"]\n'
    assert read(write_answers(tmp_path, None, keep, "parents.sav"), "helped") == [("yes",)]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_truth_drops_its_rows_however_a_file_writes_it(tmp_path, kind):
    """pandas writes True as CSV, a workbook shows TRUE, and Parquet is read as true."""
    frame = pd.DataFrame({"parent_id": ["1", "2"], "helped": ["yes", "no"], "test": [True, False]})
    write = {"csv": frame.to_csv, "xlsx": frame.to_excel, "parquet": frame.to_parquet}[kind]
    write(tmp_path / f"p.{kind}", index=False)
    drop = '[tables.parents.drop]\ntest = ["True"]\n'
    assert read(write_answers(tmp_path, None, drop, f"p.{kind}"), "helped") == [("no",)]


def test_stata_labels_and_extended_missing_values_stay_apart_from_blanks(tmp_path):
    frame = pd.DataFrame({"id": [1, 2, 3, 4], "q7": [1, 2, "a", None]})
    path = tmp_path / "parents.dta"
    pyreadstat.write_dta(
        frame,
        path,
        variable_value_labels={"q7": {1: "Yes", 2: "No", "a": "Refused"}},
        missing_user_values={"q7": ["a"]},
    )
    settings = '[tables.parents.columns]\nparent_id = "id"\nhelped = "q7"\n'
    folder = write_answers(tmp_path, path.read_bytes(), settings, "parents.dta")
    assert read(folder, "helped") == [("yes",), ("no",), ("refused",), ("no_answer",)]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("tm", ["2024m01", "1959m12"]),
        ("tq", ["2024q01", "1959q04"]),
        ("th", ["2024h01", "1959h02"]),
    ],
)
def test_months_and_quarters_that_stata_counts_are_no_numbers(tmp_path, kind, shown):
    """Stata shows month 768 as 2024m1 and month -1 as 1959m12."""
    days = pd.to_datetime(["2024-01-01", "1959-12-01", None])
    frame = pd.DataFrame({"parent_id": ["a", "b", "c"], "remark": days})
    frame.to_stata(tmp_path / "parents.dta", convert_dates={"remark": kind}, write_index=False)
    folder = write_answers(tmp_path, None, "", "parents.dta")
    assert [cell for (cell,) in read(folder, "remark")] == [*shown, None]


SECONDS = (dt.date(2026, 2, 10) - dt.date(1582, 10, 14)).days * 86_400
DAYS = (dt.date(2026, 2, 10) - dt.date(1960, 1, 1)).days


@pytest.mark.parametrize(
    ("kind", "form", "count", "shown"),
    [
        *(("dta", form, DAYS, "2026-02-10") for form in ("%td", "%tdDD/NN/CCYY", "%-td", "%d")),
        ("dta", "%tcMonth_dd,_CCYY_HH:MM:SS_AM", DAYS * 86_400_000, "2026-02-10"),
        ("dta", "%tcDD/NN/CCYY_HH:MM", DAYS * 86_400_000 + 37_800_000, "2026-02-10T10:30:00"),
        ("dta", "%tcHH:MM", DAYS * 86_400_000 + 37_800_000, "10:30:00"),
        ("dta", "%-tm", 793, "2026m02"),
        ("dta", "%ty", 2026, "2026"),
        ("dta", "%8.0g", DAYS, str(DAYS)),
        *(("sav", form, SECONDS, "2026-02-10") for form in ("DATE9", "ADATE8", "SDATE10")),
        ("sav", "DATETIME20", SECONDS + 37_800, "2026-02-10T10:30:00"),
        *(("sav", form, SECONDS, "2026-02-10") for form in ("MOYR8", "QYR6", "WKYR10")),
        ("sav", "TIME8", 5_400, "01:30:00"),
        ("sav", "DTIME14", 90_061, "25:01:01"),
        ("sav", "F12.0", SECONDS, str(SECONDS)),
    ],
)
def test_a_number_that_counts_time_is_a_day_or_a_time(tmp_path, kind, form, count, shown):
    """By hand: Stata counts days or milliseconds from 1960, SPSS seconds from 14 October 1582.

    The other row has a number that is no time at all, and stays one.
    """
    frame = pd.DataFrame({"parent_id": ["1", "2"], "remark": [float(count), 1e30]})
    write = pyreadstat.write_sav if kind == "sav" else pyreadstat.write_dta
    write(frame, tmp_path / f"p.{kind}", variable_format={"remark": form})
    folder = write_answers(tmp_path, None, "", f"p.{kind}")
    assert read(folder, "remark")[0] == (shown,)


def test_a_day_that_spss_declares_missing_is_no_day(tmp_path):
    days = [dt.date(1990, 5, 1), dt.date(1899, 12, 31)]
    frame = pd.DataFrame({"parent_id": ["1", "2"], "born": days})
    missing = (days[1] - dt.date(1582, 10, 14)).days * 86_400
    how = {"variable_format": {"born": "DATE11"}, "missing_ranges": {"born": [missing]}}
    pyreadstat.write_sav(frame, tmp_path / "p.sav", **how)
    assert read(write_answers(tmp_path, None, "", "p.sav"), "born") == [(days[0],), (None,)]


def test_a_label_without_words_is_none(tmp_path):
    frame = pd.DataFrame({"parent_id": ["1", "2"], "helped": ["yes", "no"], "status": [1.0, 2.0]})
    labels = {"status": {1: " ", 2: "Partial"}}
    pyreadstat.write_sav(frame, tmp_path / "p.sav", variable_value_labels=labels)
    sheet = open_sheet(tmp_path / "p.sav", TableSettings(file="p.sav"))
    assert sheet.labels[2] == {"2": "Partial"}


def test_a_code_without_a_label_is_a_finding_not_a_guess(tmp_path):
    frame = pd.DataFrame({"parent_id": [1.0, 2], "helped": [1.0, 7]})
    path = tmp_path / "parents.sav"
    pyreadstat.write_sav(frame, path, variable_value_labels={"helped": {1: "Yes"}})
    folder = write_answers(tmp_path, path.read_bytes(), name="parents.sav")
    finding = broken(folder)["allowed_values"]
    assert (finding.found, finding.rows) == ("'7' (1)", (2,))


MARKS = ['decimal = ","\n', 'decimal = ","\nthousands = "."\n', 'thousands = ","\n']


@pytest.mark.parametrize("marks", MARKS)
def test_a_number_in_a_workbook_is_no_text_with_marks(tmp_path, marks):
    data = workbook([["parent_id", "minutes"], ["1", 12.5], ["2", "1,5"], ["3", 599]])
    folder = write_answers(tmp_path, data, marks, "parents.xlsx")
    # A mark for thousands stands before three digits.
    typed = None if "decimal" not in marks else 1.5
    assert read(folder, "minutes") == [(12.5,), (typed,), (599,)]


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize(
    ("name", "write"), [("p.sav", pyreadstat.write_sav), ("p.dta", pyreadstat.write_dta)]
)
def test_a_number_of_spss_or_stata_is_no_text_with_marks(tmp_path, name, write, marks):
    write(pd.DataFrame({"parent_id": ["1", "2"], "minutes": [12.5, 599.0]}), tmp_path / name)
    folder = write_answers(tmp_path, (tmp_path / name).read_bytes(), marks, name)
    assert read(folder, "minutes") == [(12.5,), (599.0,)]


@pytest.mark.parametrize("shape", ["0%", "0.0 %;[Red]-0.0 %"])
def test_percentages_beside_plain_numbers_are_read_as_they_are_shown(tmp_path, shape):
    """Typed by hand, 25% is kept as 0.25: with 30 below it the mean is no 15.125."""
    book = openpyxl.Workbook()
    rows = (("parent_id", "minutes", "heard"), ("1", 0.25, 0.5), ("2", 30, 0.5), ("3", None, 0.07))
    for row in rows:
        book.active.append(row)
    book.active["B2"].number_format = shape
    book.active["B4"].number_format = shape  # of a blank cell
    for place in ("C2", "C3", "C4"):
        book.active[place].number_format = shape
    book.save(tmp_path / "p.xlsx")
    folder = write_answers(tmp_path, None, "", "p.xlsx")
    assert broken(folder)["numbers"].found == "'25%' (1)"
    folder = write_answers(tmp_path, None, 'signs = ["%"]\n', "p.xlsx")
    assert read(folder, "minutes") == [(25,), (30,), (None,)]
    assert "a sign stands beside some numbers alone" in broken(folder)["doubts"].message
    assert broken(folder)["allowed_values"].found == "'0.5' (2), '0.07' (1)"  # all are alike
    notes = compile_table(load_cohort(folder), "parents").notes
    assert "Percentages are read as parts of 1, 52% as 0.52: 'heard'." in notes


def test_a_percent_sign_that_is_only_written_behind_a_number_is_none(tmp_path):
    book = openpyxl.Workbook()
    for row in (("parent_id", "minutes"), ("1", 25), ("2", 30)):
        book.active.append(row)
    book.active["B2"].number_format = '0"%"'
    book.save(tmp_path / "p.xlsx")
    assert read(write_answers(tmp_path, None, "", "p.xlsx"), "minutes") == [(25,), (30,)]


def test_parquet_gives_the_answers_without_loss(tmp_path):
    frame = pd.DataFrame(ROWS, columns=list(NAMES))
    path = tmp_path / "parents.parquet"
    frame.to_parquet(path)
    folder = write_answers(tmp_path, path.read_bytes(), name="parents.parquet")
    assert read(folder, *NAMES) == READ


def test_numbers_of_parquet_come_back_as_they_were(tmp_path):
    numbers = [0.1, 1 / 3, 1e-9, 600.0, 2**52 / 1e14]
    duckdb.from_df(pd.DataFrame({"parent_id": range(5), "minutes": numbers})).write_parquet(
        str(tmp_path / "parents.parquet")
    )
    data = (tmp_path / "parents.parquet").read_bytes()
    folder = write_answers(tmp_path, data, name="parents.parquet")
    assert [row[0] for row in read(folder, "minutes")] == numbers
    assert read(folder, "parent_id")[3] == ("3",)


@pytest.mark.parametrize("marks", ["", 'decimal = ","\nthousands = "."\n'])
@pytest.mark.parametrize("kind", [pa.decimal128(9, 3), pa.decimal128(38, 3), pa.decimal256(50, 3)])
def test_decimals_of_parquet_are_numbers_without_marks(tmp_path, marks, kind):
    """DuckDB writes DECIMAL(18, 3): 1.101 is no thousand, and the identifier 1.000 is 1."""
    columns = {"parent_id": ["1", "20", "2.5"], "helped": ["1", "2", None], "minutes": None}
    columns["minutes"] = ["1.101", "2.202", "-9"]
    cells = {
        name: pa.array([one and Decimal(one) for one in given], kind)
        for name, given in columns.items()
    }
    pyarrow.parquet.write_table(pa.table(cells), tmp_path / "parents.parquet")
    settings = f'{marks}[tables.parents.codes.helped]\n1 = "yes"\n2 = "no"\n'
    settings += '[tables.parents.missing]\nminutes = ["-9"]\n'
    folder = write_answers(tmp_path, None, settings, "parents.parquet")
    last = "2,5" if marks else "2.5"
    expected = [("1", "yes", 1.101), ("20", "no", 2.202), (last, "no_answer", None)]
    assert read(folder, "parent_id", "helped", "minutes") == expected
    assert broken(folder) == {}


def test_a_list_in_parquet_is_a_cell_with_several_answers(tmp_path):
    frame = pd.DataFrame({"parent_id": ["1", "2"], "valued": [["talk", "fair"], []]})
    path = tmp_path / "parents.parquet"
    frame.to_parquet(path)
    settings = '[tables.parents.options.valued]\nseparator = ";"\n'
    folder = write_answers(tmp_path, path.read_bytes(), settings, "parents.parquet")
    assert read(folder, "valued__talk", "valued__visit") == [("yes", "no"), ("no_answer",) * 2]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_name_with_brackets_is_one_file_and_no_pattern(tmp_path, ending):
    frame = pd.DataFrame({"parent_id": ["1"], "helped": ["yes"]})
    path = tmp_path / f"made.{ending}"
    frame.to_csv(path, index=False) if ending == "csv" else frame.to_parquet(path)
    folder = write_answers(tmp_path / "it's [1]", path.read_bytes(), name=f"export[1]*.{ending}")
    assert read(folder, "parent_id", "helped") == [("1", "yes")]


def test_a_category_that_no_row_has_is_no_unknown_cell(tmp_path):
    """A column of a data frame keeps the categories that were filtered out of it."""
    boxes = pd.Categorical(["A talk", None], categories=["A talk", "Never"])
    frame = pd.DataFrame({"parent_id": ["1", "2"], "talk": boxes, "visit": [None, "A visit"]})
    frame.to_parquet(tmp_path / "parents.parquet")
    settings = '[tables.parents.options.useful]\nvariables = ["talk", "visit"]\n'
    settings += 'ticked = ["A talk", "A visit"]\n'
    data = (tmp_path / "parents.parquet").read_bytes()
    folder = write_answers(tmp_path, data, settings, "parents.parquet")
    assert read(folder, "talk", "visit") == [("yes", "no"), ("no", "yes")]
    assert broken(folder) == {}


@pytest.mark.parametrize("least", [-99.0, float("-inf")])
def test_a_range_that_spss_declares_missing_is_no_number(tmp_path, least):
    frame = pd.DataFrame({"parent_id": ["1", "2", "3"], "minutes": [-99.0, -0.5, 12.5]})
    ranges = {"minutes": [{"lo": least, "hi": -1}]}
    pyreadstat.write_sav(frame, tmp_path / "p.sav", missing_ranges=ranges)
    folder = write_answers(tmp_path, (tmp_path / "p.sav").read_bytes(), name="parents.sav")
    assert read(folder, "minutes", "minutes__missing") == [
        (None, "missing"),
        (-0.5, None),
        (12.5, None),
    ]


def test_a_number_of_single_precision_is_the_one_that_was_written(tmp_path):
    frame = pd.DataFrame({"parent_id": ["1", "2"], "minutes": np.array([0.1, 2.5], np.float32)})
    frame.to_stata(tmp_path / "p.dta", write_index=False)
    folder = write_answers(tmp_path, (tmp_path / "p.dta").read_bytes(), name="parents.dta")
    assert read(folder, "minutes") == [(0.1,), (2.5,)]


@pytest.mark.parametrize(
    "labels",
    [{1: "Yes", 2: "No"}, {1: "Selected", 2: "Not selected"}, {2: "No"}, {0: "Yes", 1: "No"}],
)
def test_a_box_is_ticked_as_its_label_says_and_not_its_number(tmp_path, labels):
    ticked, unticked = (0.0, 1.0) if 0 in labels else (1.0, 2.0)
    boxes = {"talk": [ticked, unticked, unticked], "visit": [unticked, unticked, ticked]}
    frame = pd.DataFrame({"parent_id": ["1", "2", "3"]} | boxes)
    pyreadstat.write_sav(
        frame, tmp_path / "p.sav", variable_value_labels=dict.fromkeys(boxes, labels)
    )
    settings = '[tables.parents.options.useful]\nvariables = ["talk", "visit"]\n'
    data = (tmp_path / "p.sav").read_bytes()
    folder = write_answers(tmp_path, data, settings, "parents.sav")
    assert read(folder, "talk", "visit") == [("yes", "no"), ("no", "no"), ("no", "yes")]
    assert broken(folder) == {}


def test_a_range_that_spss_declares_missing_holds_for_every_kind_of_question(tmp_path):
    """By hand: -7 lies in -99 to -1, in two boxes and in the number of a school."""
    boxes = {"talk": [1.0, 0.0, -7.0], "visit": [0.0, 1.0, -7.0]}
    frame = pd.DataFrame({"parent_id": ["1", "2", "3"], "school_id": [4.0, 4.0, -7.0], **boxes})
    ranges = {name: [{"lo": -99, "hi": -1}] for name in (*boxes, "school_id")}
    pyreadstat.write_sav(frame, tmp_path / "p.sav", missing_ranges=ranges)
    settings = '[tables.parents.options.day]\nvariables = ["talk", "visit"]\n'
    folder = write_answers(tmp_path, None, settings, "p.sav")
    expected = [("4", "yes", "no"), ("4", "no", "yes"), (None, "missing", "missing")]
    assert read(folder, "school_id", "talk", "visit") == expected
    assert "boxes" not in broken(folder)


@pytest.mark.parametrize("beside", ["", "4,refused\n"])
def test_a_label_makes_a_number_no_answer_whatever_stands_in_other_rows(tmp_path, beside):
    """By hand: the codebook's missing value is refused, and the key calls -9 Refused."""
    (tmp_path / "key.csv").write_text("variable,code,label\nminutes,-9,Refused\n")
    text = f"parent_id,minutes\n1,5\n2,10\n3,-9\n{beside}"
    folder = write_answers(tmp_path, text, 'key = "key.csv"\n')
    reasons = read(folder, "minutes", "minutes__missing")[2:]
    assert reasons == [(None, "refused")] * (1 + bool(beside))


def test_a_code_says_by_its_label_what_a_number_measures(tmp_path):
    """By hand: 11 is called Over 10 in the file, for which cohort.toml takes 15."""
    frame = pd.DataFrame({"parent_id": ["1", "2"], "minutes": [5.0, 11.0]})
    labels = {"minutes": {11.0: "Over 10"}}
    pyreadstat.write_sav(frame, tmp_path / "p.sav", variable_value_labels=labels)
    folder = write_answers(tmp_path, None, 'codes.minutes."over 10" = 15\n', "p.sav")
    assert read(folder, "minutes") == [(5.0,), (15.0,)]
