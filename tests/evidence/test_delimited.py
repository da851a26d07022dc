"""Text files of answers: whatever was exported is read whole, or said to be broken."""

import csv
import io
import re

import pytest
from answers import broken, read, write_answers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.table import compile_table
from careersurvey.evidence.cohort import load_cohort

PLAIN = "parent_id,helped,remark\n1,yes,Zoë said\n2,partly,\n3,no,café\n"
HELPED = [("1", "yes"), ("2", "partly"), ("3", "no")]


def table(folder):
    return compile_table(load_cohort(folder), "parents")


def counts(folder):
    read_from = table(folder)
    aside = {why: seen.n for why, seen in read_from.set_aside.items()}
    assert read_from.rows_read == read_from.rows_kept + sum(aside.values())
    assert read_from.frame.aggregate("count(*)").fetchall() == [(read_from.rows_kept,)]
    return read_from.rows_read, read_from.rows_kept, aside


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
def test_every_common_encoding_gives_the_same_answers(tmp_path, encoding):
    folder = write_answers(tmp_path, PLAIN.encode(encoding))
    assert read(folder, "parent_id", "helped") == HELPED
    assert read(folder, "remark") == [("Zoë said",), (None,), ("café",)]


def test_two_bytes_a_letter_without_a_mark_must_be_declared(tmp_path):
    data = PLAIN.encode("utf-16-le")
    with pytest.raises(CohortError, match="not a text file") as refused:
        table(write_answers(tmp_path / "a", data))
    assert 'encoding = "utf-16-le"' in refused.value.do
    folder = write_answers(tmp_path / "b", data, 'encoding = "utf-16-le"')
    assert read(folder, "remark") == [("Zoë said",), (None,), ("café",)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_lines_may_end_in_any_way_and_the_last_need_not(tmp_path, end, last):
    text = PLAIN if last else PLAIN.rstrip("\n")
    folder = write_answers(tmp_path, text.replace("\n", end))
    assert counts(folder) == (3, 3, {})
    assert read(folder, "parent_id", "helped") == HELPED


def test_an_encoding_that_is_not_utf8_is_said_not_guessed_in_silence(tmp_path):
    notes = table(write_answers(tmp_path, PLAIN.encode("cp1252"))).notes
    assert any("Windows-1252" in note and "--encoding" in note for note in notes)


def test_a_declared_encoding_that_does_not_fit_is_refused(tmp_path):
    folder = write_answers(tmp_path, PLAIN.encode("cp1252"), 'encoding = "utf-8"')
    with pytest.raises(CohortError, match="not in the encoding declared"):
        table(folder)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_a_separator_is_found_from_the_header_and_noted(tmp_path, separator):
    folder = write_answers(tmp_path, PLAIN.replace(",", separator))
    assert read(folder, "parent_id", "helped") == HELPED
    assert any("separated by" in note for note in table(folder).notes)


def test_a_decimal_comma_is_a_number_once_declared_and_a_finding_before(tmp_path):
    text = "parent_id;minutes\n1;12,5\n2;1.234,5\n"
    folder = write_answers(tmp_path / "a", text, 'decimal = ","\nthousands = "."')
    assert read(folder, "minutes") == [(12.5,), (1234.5,)]
    found = broken(write_answers(tmp_path / "b", text))["numbers"]
    assert found.rows == (2, 3)
    assert 'decimal = ","' in found.do


def test_a_cell_may_hold_line_breaks_quotes_and_separators(tmp_path):
    text = 'parent_id,helped,remark\n1,yes,"two\nlines, and ""quotes"""\n2,no,x\n'
    folder = write_answers(tmp_path, text)
    assert read(folder, "remark") == [('two lines, and "quotes"',), ("x",)]


@pytest.mark.parametrize(
    "text",
    [
        "parent_id,helped\n1,yes\n\n2,no\n",
        "parent_id,helped\n1,yes\n,\n2,no\n",
        'parent_id,helped\n1,yes\n"",""\n2,no\n',
        "parent_id,helped\r\n1,yes\r\n\r\n2,no\r\n",
        "parent_id,helped\n1,yes\n , \n2,no\n",
    ],
)
def test_a_blank_row_is_set_aside_and_the_rows_after_it_keep_their_numbers(tmp_path, text):
    folder = write_answers(tmp_path, text + "3,perhaps\n")
    assert counts(folder) == (4, 3, {"every cell is blank": 1})
    assert broken(folder)["allowed_values"].rows == (5,)


def test_a_row_cut_off_is_set_aside_counted_and_refused_by_name(tmp_path):
    folder = write_answers(tmp_path, "parent_id,helped,heard\n1,yes,no\n2,no")
    assert counts(folder) == (2, 1, {"fewer cells than the header": 1})
    finding = broken(folder)["whole_rows"]
    assert finding.rows == (3,)
    assert "cut off" in finding.do
    assert "skip_rows where a title" in finding.do


def test_short_rows_are_filled_where_the_cohort_says_so(tmp_path):
    text = "parent_id,helped,heard\n1,yes,no\n2,no"
    folder = write_answers(tmp_path, text, 'short_rows = "fill"')
    assert read(folder, "parent_id", "heard") == [("1", "no"), ("2", "no_answer")]


def test_a_row_with_more_cells_than_the_header_is_not_shifted(tmp_path):
    folder = write_answers(tmp_path, "parent_id,helped\n1,yes\n2,no,no\n3,no,\n")
    assert counts(folder) == (3, 2, {"more cells than the header": 1})
    do = broken(folder)["whole_rows"].do
    assert "separator in a cell without quotes" in do
    assert "skip_rows where a title" in do


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\n\n", "is empty"),
        (b"parent_id,helped\n1,y\0s\n", "not a text file"),
        (b'parent_id,helped\n1,"yes\n2,no\n', "quotes that do not match"),
        (b'parent_id,helped\n1,"yes"x,\n2,no\n', "quotes that do not match"),
        (b"parent_id,helped\n1,\x81\xff\n", "encoding that cannot be told"),
        (b"PK\x03\x04\x00\x00\x00\x00" * 40, "not a text file"),
    ],
)
def test_a_damaged_file_is_said_to_be_damaged(tmp_path, data, words):
    folder = write_answers(tmp_path, data)
    with pytest.raises(CohortError, match=re.escape(words)):
        table(folder)
    assert "readable" in broken(folder)


def test_a_header_without_rows_is_a_finding(tmp_path):
    assert "rows" in broken(write_answers(tmp_path, "parent_id,helped\n"))


@pytest.mark.parametrize("text", ["=1+1", "+44 20", "-9 is odd", "@home", '=HYPERLINK("x")'])
def test_text_like_a_formula_is_text(tmp_path, text):
    quoted = '"' + text.replace('"', '""') + '"'
    folder = write_answers(tmp_path, f"parent_id,remark\n1,{quoted}\n")
    assert read(folder, "remark") == [(text,)]


def test_identifiers_that_look_like_numbers_stay_text(tmp_path):
    folder = write_answers(tmp_path, "parent_id,helped\n0012,yes\n1e5,no\n")
    assert read(folder, "parent_id") == [("0012",), ("1e5",)]


def test_two_hundred_columns_that_nobody_mapped_are_counted(tmp_path):
    names = ",".join(f"q{i}" for i in range(200))
    folder = write_answers(tmp_path, f"parent_id,{names}\n1{',x' * 200}\n")
    notes = " ".join(table(folder).notes)
    assert "200 columns of the file not used" in notes


def test_a_file_is_read_again_once_it_has_changed(tmp_path):
    folder = write_answers(tmp_path, "parent_id,helped\n1,yes\n")
    assert read(folder, "helped") == [("yes",)]
    write_answers(folder, "parent_id,helped\n1,partly\n")
    assert read(folder, "helped") == [("partly",)]


def test_a_copy_made_on_the_way_is_removed_whatever_happens(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    good = write_answers(tmp_path / "a", PLAIN.encode("cp1252"))
    assert read(good, "parent_id", "helped") == HELPED
    wrong = write_answers(
        tmp_path / "b", PLAIN.encode("cp1252"), '[tables.parents.columns]\nheard = "x"\n'
    )
    with pytest.raises(CohortError):
        table(wrong)
    assert list(scratch.iterdir()) == []


def test_a_file_without_a_last_line_break_is_noted(tmp_path):
    words = "does not end with a line break"
    cut = table(write_answers(tmp_path / "a", PLAIN[:-1]))
    whole = table(write_answers(tmp_path / "b", PLAIN))
    assert any(words in note for note in cut.notes)
    assert not any(words in note for note in whole.notes)


# Anything that a person may type, but for signs that no keyboard has.
TYPED = st.text(
    st.characters(blacklist_categories=["Cc", "Cs", "Cn", "Zs", "Zl", "Zp"], max_codepoint=0xFFFD)
    | st.sampled_from(" \n\t,;\"'=+-@|"),
    max_size=12,
).filter(lambda text: "\ufeff" not in text)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    remarks=st.lists(TYPED, min_size=1, max_size=6),
    separator=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_whatever_was_typed_comes_back_row_by_row(
    tmp_path, remarks, separator, end, encoding, quoting
):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting)
    writer.writerow(["parent_id", "remark", "heard"])
    writer.writerows([f"P{n}", remark, "yes"] for n, remark in enumerate(remarks))
    declared = f"delimiter = {separator!r}" if separator != "\t" else 'delimiter = "\\t"'
    folder = write_answers(tmp_path, text.getvalue().encode(encoding), declared)
    # Witness: the same cells, spaces tidied by Python.
    tidied = [" ".join(remark.split()) or None for remark in remarks]
    assert read(folder, "parent_id", "remark", "heard") == [
        (f"P{n}", remark, "yes") for n, remark in enumerate(tidied)
    ]
