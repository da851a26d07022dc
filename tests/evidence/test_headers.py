"""Headers as survey tools write them, and finding a column by the name that is meant."""

import pytest
from answers import read, write_answers

from careersurvey.errors import CohortError
from careersurvey.evidence.answers import sheet
from careersurvey.evidence.answers.sheet import letter, make_header
from careersurvey.evidence.answers.table import compile_table
from careersurvey.evidence.cohort import load_cohort


def find_column(header, wanted):
    return sheet.find_column(header, wanted, "helped", "cohort.toml")


def test_two_header_rows_become_one_name_with_the_merged_cell_carried_over():
    header = make_header([["Id", "Which were useful?", "", ""], ["", "Talks", "Visits", "None"]])
    assert header.names == (
        "Id",
        "Which were useful? | Talks",
        "Which were useful? | Visits",
        "Which were useful? | None",
    )


def test_three_header_rows_as_qualtrics_writes_them_can_be_named_by_any_row():
    header = make_header([["Q1", "Q2"], ["Helped?", "Heard?"], ['{"Id":"a"}', '{"Id":"b"}']])
    assert find_column(header, "Q2") == (1, "")
    assert find_column(header, "Heard?") == (1, "")


def test_a_repeated_header_is_numbered_and_never_collides_with_a_real_one():
    assert make_header([["Q8", "Q8", "Q8 (2)", "Q8"]]).names == ("Q8", "Q8 (3)", "Q8 (2)", "Q8 (4)")


def test_a_column_without_a_name_is_called_after_its_letter():
    assert make_header([["a", ""]]).names == ("a", "column B")
    # Witness: the letters that a spreadsheet shows.
    letters = {0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"}
    assert {number: letter(number) for number in letters} == letters


@pytest.mark.parametrize(
    "wanted", ["Has the school\u00a0helped?", "has the school helped?", " Has the  school helped? "]
)
def test_a_column_is_found_without_regard_to_spaces_and_case(wanted):
    header = make_header([["Id", "Has the\nschool helped?"]])
    assert find_column(header, wanted)[0] == 1


def test_a_name_that_fits_two_columns_is_not_guessed():
    header = make_header([["Useful?", "Useful?"], ["Talks", "Visits"]])
    with pytest.raises(CohortError):
        find_column(header, "Useful?")


def test_a_missing_column_is_refused_with_the_one_that_is_meant(tmp_path):
    settings = '[tables.parents.columns]\nhelped = "Q7. Has the schol helped?"\n'
    folder = write_answers(tmp_path, "parent_id,Q7. Has the school helped?\n1,yes\n", settings)
    with pytest.raises(CohortError, match="did you mean"):
        compile_table(load_cohort(folder), "parents")


def test_a_title_row_above_the_header_is_skipped_where_declared(tmp_path):
    text = "Survey of 2026,,\nparent_id,helped,remark\n1,yes,x\n"
    assert read(write_answers(tmp_path, text, "skip_rows = 1"), "helped") == [("yes",)]


def test_two_header_rows_in_a_file(tmp_path):
    text = "parent_id,Useful?,\n,Talks,Visits\n1,yes,no\n"
    settings = (
        'header_rows = 2\n[tables.parents.columns]\ntalk = "Useful? | Talks"\nvisit = "Visits"\n'
    )
    assert read(write_answers(tmp_path, text, settings), "parent_id", "talk", "visit") == [
        ("1", "yes", "no")
    ]


@pytest.mark.parametrize("below", [",yes/no,M/F", "Respondent,Has the school helped?,Sex"])
def test_a_second_header_row_of_units_or_questions_is_told_and_leaves_columns_their_names(
    tmp_path, below
):
    """Only the first row is not answered as the codebook says, and a later one is no header."""
    rows = "parent_id,helped,sex", below, "1,yes,M", "2,no,F"
    (check,) = compile_table(
        load_cohort(write_answers(tmp_path, "\n".join(rows))), "parents"
    ).findings
    assert check.do.endswith("; if the first row is not an answer, set header_rows = 2")
    folder = write_answers(tmp_path, "\n".join(rows), "header_rows = 2")
    assert read(folder, "parent_id", "helped") == [("1", "yes"), ("2", "no")]
    rows = "parent_id,helped", "1,yes", "2,perhaps"
    (check,) = compile_table(
        load_cohort(write_answers(tmp_path, "\n".join(rows))), "parents"
    ).findings
    assert "header_rows" not in check.do


def test_a_column_mapped_to_two_variables_is_refused(tmp_path):
    settings = '[tables.parents.columns]\nheard = "q"\nused = "q"\n'
    folder = write_answers(tmp_path, "parent_id,q\n1,yes\n", settings)
    with pytest.raises(CohortError, match="a column is mapped to 2 variables"):
        compile_table(load_cohort(folder), "parents")


def test_a_column_may_be_coded_in_two_ways(tmp_path):
    settings = (
        '[tables.parents.columns]\nhelped = "q"\nheard = "q"\n'
        '[tables.parents.codes.helped]\na = "yes"\nb = "partly"\nc = "no"\n'
        '[tables.parents.codes.heard]\na = "yes"\nb = "yes"\nc = "no"\n'
    )
    folder = write_answers(tmp_path, "parent_id,q\n1,a\n2,b\n3,c\n", settings)
    assert read(folder, "helped", "heard") == [("yes", "yes"), ("partly", "yes"), ("no", "no")]
