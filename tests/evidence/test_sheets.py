"""A file of any kind opened as a sheet: every row kept or set aside, by its number."""

import csv
import datetime as dt
import gzip
import io
import zipfile
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careersurvey.errors import CohortError
from careersurvey.evidence.answers import delimited
from careersurvey.evidence.answers.files import open_sheet
from careersurvey.evidence.answers.sheet import texts
from careersurvey.evidence.settings import Limits

USUAL = {
    "sheet": "",
    "encoding": "",
    "delimiter": "",
    "decimal": ".",
    "header_rows": 1,
    "skip_rows": 0,
    "short_rows": "refuse",
}


def opened(path, **declared):
    return open_sheet(path, SimpleNamespace(**USUAL | declared))


def rows_of(sheet):
    """Number of each row and its cells as text, in the order of the file."""
    found = []
    for batch in sheet.batches():
        columns = [texts(column).to_pylist() for column in batch.cells.values()]
        found += list(zip(batch.rows.tolist(), *columns, strict=True))
    return found


def written(tmp_path, data, name="answers.csv"):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_rows_are_numbered_as_a_spreadsheet_shows_them_whatever_stands_between(tmp_path):
    text = 'Survey\nid,"a\nb"\n1,x\n\n2,"p\nq"\n3\n , \n4,a,b\n5,y,\n6,z\n'
    sheet = opened(written(tmp_path, text), skip_rows=1)
    assert sheet.header.names == ("id", "a b")
    # Witness: counted by hand; row 1 is the title, row 2 the header of two lines.
    assert rows_of(sheet) == [(3, "1", "x"), (5, "2", "p\nq"), (9, "5", "y"), (10, "6", "z")]
    assert {why: (seen.rows, seen.n) for why, seen in sheet.set_aside.items()} == {
        "every cell is blank": ([4, 7], 2),
        "fewer cells than the header": ([6], 1),
        "more cells than the header": ([8], 1),
    }


def test_short_rows_are_filled_in_their_places_where_that_is_declared(tmp_path):
    sheet = opened(written(tmp_path, "id,a\n1,x\n2\n3,y\n4\n"), short_rows="fill")
    assert rows_of(sheet) == [(2, "1", "x"), (3, "2", ""), (4, "3", "y"), (5, "4", "")]


def test_a_cell_larger_than_what_is_read_at_once_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "_BLOCK", 4096)
    lines = [f"{i},{'y' * 9000 if i == 700 else 'x'}" for i in range(2000)]
    lines[500] = "500"
    sheet = opened(written(tmp_path, "id,a\n" + "\n".join(lines) + "\n"))
    found = rows_of(sheet)
    assert [(row, int(cell)) for row, cell, _ in found] == [
        (i + 2, i) for i in range(2000) if i != 500
    ]
    assert len(found[699][2]) == 9000
    assert sheet.set_aside["fewer cells than the header"].rows == [502]


@pytest.mark.parametrize("quoted", ['"yes"x', 'a"b', '"a"b"', '1,"yes\n2,"no'])
def test_quotes_that_arrow_would_mistake_are_read_by_python(tmp_path, quoted):
    text = f"id,a\n1,{quoted}\n"
    try:
        expected = list(csv.reader(io.StringIO(text, newline=""), strict=True))[1:]
    except csv.Error:
        with pytest.raises(CohortError, match="quotes that do not match"):
            rows_of(opened(written(tmp_path, text)))
    else:
        assert [list(row[1:]) for row in rows_of(opened(written(tmp_path, text)))] == expected


def test_nul_is_refused_and_its_row_named(tmp_path):
    with pytest.raises(CohortError) as refused:
        rows_of(opened(written(tmp_path, b"id,a\n" + b"1,x\n" * 5000 + b"2,y\0\n")))
    assert refused.value.found == "NUL bytes in row 5,002"


def test_a_workbook_or_an_archive_that_is_called_csv_is_no_text(tmp_path):
    data = io.BytesIO()
    openpyxl.Workbook().save(data)
    path = tmp_path / "answers.csv"
    for text in (data.getvalue(), gzip.compress(b"parent_id,helped\n1,yes\n")):
        path.write_bytes(text)
        with pytest.raises(CohortError, match="is not a text file"):
            list(opened(path).batches())


@pytest.mark.parametrize("bad", [b"Caf\xe9", b"\xff", b"na\xefve"])
def test_one_byte_that_is_not_utf8_leaves_the_rest_as_it_is(tmp_path, bad):
    data = "id,a\n1,Sehr gut – ja\n2,".encode() + bad + "\n3,Überhaupt nicht – nein\n".encode()
    sheet = opened(written(tmp_path, data))
    found = [row[2] for row in rows_of(sheet)]
    assert (found[0], found[2]) == ("Sehr gut – ja", "Überhaupt nicht – nein")
    assert "\ufffd" in found[1]
    assert sheet.amiss["bytes that are not text"].rows == [3]


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "cp1253", "cp1256", "gbk", "euc-jp"])
def test_letters_of_another_script_are_not_read_as_western_ones(tmp_path, encoding):
    words = {"cp1253": "Άνδρας", "cp1256": "ذكر", "gbk": "女性", "euc-jp": "男性"}
    data = f"id,a\n1,{words.get(encoding, 'муж')}\n2,b\n".encode(encoding)
    with pytest.raises(CohortError, match="cannot be told") as refused:
        opened(written(tmp_path, data))
    assert "--encoding" in refused.value.do
    western = opened(written(tmp_path, "id,größe\n1,“Öl”\n2,à – b\n".encode("cp1252")))
    assert [row[2] for row in rows_of(western)] == ["“Öl”", "à – b"]


@pytest.mark.parametrize(
    "header", ["id;Which, of these, or those?", "A survey, of cells\nid;q", '"id";"a,b,c,d"']
)
def test_commas_of_a_sentence_separate_no_cells(tmp_path, header):
    """Every row has two cells between semicolons, and none between commas."""
    sheet = opened(written(tmp_path, f"{header}\n1;x\n2;y, z\n"), skip_rows=header.count("\n"))
    assert [row[2] for row in rows_of(sheet)] == ["x", "y, z"]


def test_a_line_that_names_the_separator_is_no_header(tmp_path):
    sheet = opened(written(tmp_path, "sep=;\nid;a\n1;x,y\n"))
    assert rows_of(sheet) == [(3, "1", "x,y")]


def test_the_first_sheet_that_can_be_seen_is_read_and_said(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["do", "not"])
    book.active.sheet_state = "hidden"
    book.active.title = "lists"
    book.create_sheet("Responses").append(["id", "a"])
    book["Responses"].append([1, 2.5])
    book.create_sheet("More")
    book.save(tmp_path / "a.xlsx")
    sheet = opened(tmp_path / "a.xlsx")
    assert rows_of(sheet) == [(2, "1", "2.5")]
    assert "'lists'" in sheet.notes[0]
    assert opened(tmp_path / "a.xlsx", sheet="lists").header.names == ("do", "not")


def test_cells_that_stand_apart_from_the_corner_keep_their_columns_and_rows(tmp_path):
    book = openpyxl.Workbook()
    for place, value in {
        "B3": "id",
        "C3": "a",
        "B4": 7,
        "C4": True,
        "C6": dt.date(2026, 1, 2),
    }.items():
        book.active[place] = value
    book.save(tmp_path / "a.xlsx")
    sheet = opened(tmp_path / "a.xlsx", skip_rows=2)
    assert sheet.header.names == ("column A", "id", "a")
    assert [(row, number, cell) for row, _, number, cell in rows_of(sheet)] == [
        (4, "7", "TRUE"),
        (6, None, "2026-01-02"),
    ]


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_read(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["x" * 20_000])
    book.save(tmp_path / "a.xlsx")
    opened(tmp_path / "a.xlsx")
    with pytest.raises(CohortError, match="unpacks to more"):
        open_sheet(tmp_path / "a.xlsx", SimpleNamespace(**USUAL), Limits(unpacked_bytes=10_000))


def lying(path: Path, size: int) -> None:
    """Say in every header of a zip that a part unpacks to `size` bytes; by the format's layout."""
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = -1
        while (start := data.find(mark, start + 1)) >= 0:
            data[start + at : start + at + 4] = size.to_bytes(4, "little")
    path.write_bytes(data)


def test_a_workbook_whose_headers_lie_is_read_no_further_than_they_say(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["x" * 30_000] * 100)
    book.save(tmp_path / "a.xlsx")
    lying(tmp_path / "a.xlsx", 10)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as package:
        assert sum(part.file_size for part in package.infolist()) < 200
    with pytest.raises(CohortError, match="cannot be read") as caught:
        opened(tmp_path / "a.xlsx")
    assert "larger than its declared uncompressed size" in str(caught.value.found)


def test_a_parquet_file_that_unpacks_to_too_much_is_refused_before_it_is_read(tmp_path):
    """Witness: pandas' own count of a column of a million 8-byte numbers."""
    frame = pd.DataFrame({"a": np.arange(10**6)})
    frame.to_parquet(tmp_path / "a.parquet")
    most = int(frame["a"].nbytes)
    with pytest.raises(CohortError, match="unpacks to more"):
        open_sheet(
            tmp_path / "a.parquet", SimpleNamespace(**USUAL), Limits(unpacked_bytes=most // 2)
        )
    opened(tmp_path / "a.parquet")


def test_what_is_damaged_is_told_as_damaged_and_not_as_large(tmp_path):
    for name in ("a.xlsx", "a.parquet"):
        (tmp_path / name).write_bytes(b"PK\x03\x04 and no more")
        with pytest.raises(CohortError, match="cannot be read as"):
            open_sheet(tmp_path / name, SimpleNamespace(**USUAL), Limits())


def test_spss_carries_wordings_labels_and_what_it_declares_missing(tmp_path):
    frame = pd.DataFrame({"q": [1.0, 98, 97.5, None], "t": ["a", "", "x", "a"]})
    pyreadstat.write_sav(
        frame,
        tmp_path / "a.sav",
        column_labels=["Has it helped?", ""],
        variable_value_labels={"q": {1: "Yes", 98: "Refused", -1: "Skipped"}},
        missing_ranges={"q": [{"lo": 97, "hi": 99}, -1]},
    )
    sheet = opened(tmp_path / "a.sav")
    assert sheet.header.others == (("q", "Has it helped?"), ("t",))
    assert sheet.labels[0] == {"1": "Yes", "98": "Refused", "-1": "Skipped"}
    assert sheet.missing[0] == {"98": "Refused", "-1": "Skipped"}
    assert sheet.spans == {0: [(97.0, 99.0)]}
    assert [row[1] for row in rows_of(sheet)] == ["1", "98", "97.5", None]


def test_stata_letters_that_come_late_are_still_told_from_blanks(tmp_path, monkeypatch):
    monkeypatch.setattr("careersurvey.evidence.answers.files._ROWS_LABELLED", 2)
    frame = pd.DataFrame({"q": [1, 2, None, 1, "b"]})
    pyreadstat.write_dta(
        frame,
        tmp_path / "a.dta",
        variable_value_labels={"q": {1: "Yes"}},
        missing_user_values={"q": ["b"]},
    )
    sheet = opened(tmp_path / "a.dta")
    assert [row[1] for row in rows_of(sheet)] == ["1", "2", None, "1", ".b"]
    assert sheet.missing[0] == {".b": ".b"}


def test_parquet_types_come_as_they_are_meant(tmp_path):
    zone = dt.timezone(dt.timedelta(hours=2))
    table = pa.table(
        {
            "zoned": pa.array([dt.datetime(2026, 3, 1, tzinfo=zone)], pa.timestamp("us", "+02:00")),
            "list": [["a", "b"]],
            "single": pa.array([0.1], pa.float32()),
            "whole": pa.array([2**60 + 1]),
            "coded": pa.array(["x"]).dictionary_encode(),
            "yes": [True],
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    (row,) = rows_of(opened(tmp_path / "a.parquet"))
    assert row == (1, "2026-03-01", "a;b", "0.1", str(2**60 + 1), "x", "true")


IDENTIFIERS = [Decimal("12345678901234567890"), Decimal("12345678901234567891"), None]
UNKNOWN_DAY = pa.array([10**7], pa.int32()).cast(pa.date32())


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        # More digits than a float holds stay as they are written.
        (pa.array(IDENTIFIERS), ["12345678901234567890", "12345678901234567891", None]),
        (pa.array([Decimal("12.50"), None]), ["12.5", None]),
        (pa.array([b"yes", b"no"], pa.binary()), ["yes", "no"]),
        (pa.array([b"yes", b"no "], pa.binary(3)), ["yes", "no "]),
        # What is blank in a list is no answer, and takes none away.
        (pa.array([["a", None], [None], [], None]), ["a;", "", "", None]),
        (pa.array([["a", "b"], None], pa.list_(pa.string(), 2)), ["a;b", None]),
        (pa.array([[1, 2], None]), ["1;2", None]),
        (UNKNOWN_DAY, ["29349-01-26"]),
        (pa.array([b"0123456789abcdef"], pa.uuid()), ["30313233-3435-3637-3839-616263646566"]),
        (pa.nulls(2), [None, None]),
        (pa.array([2**64 - 1], pa.uint64()), [str(2**64 - 1)]),
    ],
)
def test_a_column_of_parquet_is_text_numbers_or_dates_without_loss(tmp_path, column, expected):
    pyarrow.parquet.write_table(pa.table({"a": column}), tmp_path / "a.parquet")
    found = [row[1] for row in rows_of(opened(tmp_path / "a.parquet"))]
    assert found == expected


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.binary(), pa.dictionary(pa.int8(), pa.string()), pa.large_string()]
)
def test_a_list_is_read_whatever_its_answers_are_kept_as_and_over_groups(tmp_path, kind):
    """Polars writes lists of categories, of which each group of rows has a dictionary."""
    parts = pa.array([b"web", b"fax", b"web"] if kind == pa.binary() else ["web", "fax", "web"])
    parts = parts.dictionary_encode() if pa.types.is_dictionary(kind) else parts.cast(kind)
    lists = pa.ListArray.from_arrays(pa.array([0, 2, 2, 3], pa.int32()), parts)
    pyarrow.parquet.write_table(pa.table({"a": lists}), tmp_path / "a.parquet", row_group_size=1)
    found = [row[1] or "" for row in rows_of(opened(tmp_path / "a.parquet"))]
    assert found == ["web;fax", "", "web"]


PERIODS = pd.DataFrame({"views": pd.PeriodIndex(["2026-01"], freq="M")})


@pytest.mark.parametrize(
    "column", [[{"a": 1}], [[["a"], ["b"]]], pa.Table.from_pandas(PERIODS)["views"]]
)
def test_a_column_of_parquet_with_parts_of_its_own_is_left_out_by_name(tmp_path, column):
    pyarrow.parquet.write_table(pa.table({"a": ["b"], "views": column}), tmp_path / "a.parquet")
    sheet = opened(tmp_path / "a.parquet")
    assert [row[1:] for row in rows_of(sheet)] == [("b",)]
    assert sheet.header.names == ("a",)
    assert sheet.notes[0].startswith("1 column without plain answers not read: views (")


@pytest.mark.parametrize("columns", [{}, {"meta": [{"a": 1}]}])
def test_parquet_without_a_column_of_answers_is_refused(tmp_path, columns):
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(CohortError, match="no column of answers"):
        opened(tmp_path / "a.parquet")


def test_bytes_that_are_no_text_in_a_column_of_parquet_are_damage(tmp_path):
    bad = pa.array([b"yes", b"\xff\xfe"])
    text = pa.Array.from_buffers(pa.string(), 2, bad.buffers())
    pyarrow.parquet.write_table(pa.table({"a": text}), tmp_path / "a.parquet")
    with pytest.raises(CohortError, match="damaged"):
        rows_of(opened(tmp_path / "a.parquet"))


def test_two_columns_of_parquet_with_one_name_are_told_where_one_is_wanted(tmp_path):
    twice = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], ["q", "q"])
    pyarrow.parquet.write_table(twice, tmp_path / "a.parquet")
    with pytest.raises(CohortError, match="two columns of one name"):
        rows_of(opened(tmp_path / "a.parquet"))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_that_is_cut_off_within_a_letter_is_still_of_its_encoding(tmp_path, mark):
    data = mark + "id,a\n1,café\n2,café".encode()[:-1]
    sheet = opened(written(tmp_path, data))
    assert [row[2] for row in rows_of(sheet)] == ["café", "caf\ufffd"]
    assert sheet.amiss["bytes that are not text"].rows == [3]


def test_text_of_two_bytes_a_letter_that_is_cut_off_is_damaged(tmp_path):
    with pytest.raises(CohortError, match="is damaged"):
        opened(written(tmp_path, "id,a\n1,x\n".encode("utf-16") + b"y"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_letters_alone_are_not_of_two_bytes_or_four_because_it_is_declared(tmp_path, encoding):
    with pytest.raises(CohortError, match="not in the encoding declared"):
        opened(written(tmp_path, "id,a\n1,x\n"), encoding=encoding)


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"'])
def test_the_line_that_names_the_separator_is_known_however_it_is_written(tmp_path, line):
    assert rows_of(opened(written(tmp_path, f"{line}\nid;a\n1;x,y\n"))) == [(3, "1", "x,y")]


def test_a_header_of_a_hundred_thousand_columns_is_read_whole(tmp_path):
    names = [f"column_{i}" for i in range(100_000)]
    text = ",".join(names) + "\n" + ",".join("x" for _ in names) + "\n"
    sheet = opened(written(tmp_path, text))
    assert sheet.header.names[-1] == "column_99999"
    (batch,) = sheet.batches([99_999])
    assert batch.cells[99_999].to_pylist() == ["x"]


TYPED = st.text(st.sampled_from('ab,;"\n\r\t |é=\u2028'), max_size=6)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.lists(TYPED, min_size=1, max_size=4), min_size=1, max_size=6), st.booleans())
def test_rows_read_by_arrow_or_python_are_rows_kept_or_set_aside(tmp_path, lines, fill):
    """Witness: Python's own reader, row by row."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["id", "a", "b"], *lines])
    records = list(csv.reader(io.StringIO(text.getvalue(), newline=""), strict=True))
    sheet = opened(written(tmp_path, text.getvalue()), short_rows="fill" if fill else "refuse")
    found = rows_of(sheet)
    aside = sum(seen.n for seen in sheet.set_aside.values())
    assert len(found) + aside == len(records) - 1
    for number, *cells in found:
        assert [cell or "" for cell in cells] == [*records[number - 1], "", "", ""][:3]
