"""A Parquet file too large to be kept in memory is read where it lies, and reads the same."""

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from answers import write_answers

from careersurvey.errors import CohortError
from careersurvey.evidence import checks_tables, imports, imports_open
from careersurvey.evidence.checks import screen
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.imports import read_table

SETTINGS = """\
[tables.parents.design]
weight = "weight"
strata = ["area"]
population = ["schools"]

[tables.parents.missing]
minutes = ["-9"]

[tables.parents.codes.helped]
1 = "yes"

[tables.parents.asked]
used = "heard=yes"

[tables.parents.options.valued]
separator = ";"
"""
ANSWERS = {
    "parent_id": ["1", "2 ", "", None, "5", "5", "7"],
    "helped": ["yes", "1", "Partly", "", None, "refused", "perhaps"],
    "heard": ["yes", "no", "yes", "no", "yes", "no", "yes"],
    "used": ["yes", None, "no", "yes", "", None, "not asked"],
    "valued": [["talk"], [], None, ["fair", "visit"], ["talk"], ["tea"], []],
    "minutes": [12.5, -9, np.nan, np.inf, 700, None, 1 / 3],
    "born": [dt.datetime(2010, 5, 1), None, *[dt.datetime(2009, 1, 2, 3, 4)] * 5],
    "remark": ["a\xa0b", " ", "", None, "fine", "fine", "fine"],
    "weight": pa.array([1.5, 2, None, np.nan, 1, 1e-9, 3]),
    "area": pa.array([1, 1, 2, 2, None, 3, 3]),
    "schools": pa.array([10, 10, 20, 20, 20, 2**40, 30], pa.int64()),
}


@pytest.fixture
def folder(tmp_path):
    pyarrow.parquet.write_table(pa.table(ANSWERS), tmp_path / "parents.parquet")
    return write_answers(tmp_path, None, SETTINGS, "parents.parquet")


@pytest.fixture
def lying(monkeypatch):
    """Files of more than two rows are too large to be kept."""

    def too_large():
        imports._read.cache_clear()
        for module in (imports, imports_open):
            monkeypatch.setattr(module, "KEPT_WHOLE", 2)

    yield too_large
    imports._read.cache_clear()


def seen(folder):
    cohort = load_cohort(folder)
    table = read_table(cohort, "parents")
    return table, table.frame.df(), screen(cohort)


def test_it_gives_the_same_answers_notes_and_findings(folder, lying):
    kept, answers, checks = seen(folder)
    lying()
    table, same, found = seen(folder)
    pd.testing.assert_frame_equal(same, answers)
    assert found == checks
    assert (table.notes, table.findings) == (kept.notes, kept.findings)
    assert {"allowed_values", "numbers"} <= {one.rule for one in found if not one.passed}


def test_it_stays_where_it_is(folder, lying):
    assert "careersurvey_answers" in read_table(load_cohort(folder), "parents").read
    lying()
    table = read_table(load_cohort(folder), "parents")
    assert "parents.parquet" in table.numbered
    assert "careersurvey_answers" not in table.read + table.numbered


def test_rows_that_are_not_wanted_are_set_aside(folder, lying):
    (folder / "cohort.toml").write_text(
        (folder / "cohort.toml")
        .read_text()
        .replace("[tables.parents.design]", "keep.heard = ['yes']\n[tables.parents.design]")
    )
    lying()
    table, answers, _ = seen(folder)
    assert (table.rows_read, table.rows_kept, len(answers)) == (7, 4, 4)
    assert table.set_aside.to_dict("records") == [
        {"reason": "heard is not yes", "rows": (2, 4, 6), "n": 3}
    ]


@pytest.mark.parametrize(
    "marks", ['decimal = ","', 'decimal = ","\nthousands = "."', 'thousands = ","']
)
def test_marks_are_not_sought_in_what_is_a_number_in_the_file(tmp_path, lying, marks):
    numbers = {
        "minutes": pa.array([12.5, 0.1, 599.25, 1], pa.float64()),
        "weight": pa.array([0.1, 1.5, 2, 1234.5], pa.float32()),
        "schools": pa.array([10, 20, 1000, 2**31], pa.uint32()),
    }
    rows = {"parent_id": ["1", "2", "3", "4"], "area": ["a"] * 4, **numbers}
    pyarrow.parquet.write_table(pa.table(rows), tmp_path / "parents.parquet")
    design = SETTINGS.partition("[tables.parents.missing]")[0]
    folder = write_answers(tmp_path, None, f"{marks}\n{design}", "parents.parquet")
    for read in (lambda: None, lying):
        read()
        _, answers, _ = seen(folder)
        assert list(answers["minutes"]) == [12.5, 0.1, 599.25, 1]
        assert list(answers["weight"]) == [0.1, 1.5, 2, 1234.5]
        assert list(answers["schools"]) == [10, 20, 1000, 2**31]


def test_a_column_with_the_name_of_a_row_number_does_no_harm(tmp_path, lying):
    rows = {"parent_id": ["1", "2", "3"], "helped": ["yes", "", "no"], "File_Row_Number": [7, 7, 7]}
    pyarrow.parquet.write_table(pa.table(rows), tmp_path / "parents.parquet")
    folder = write_answers(tmp_path, None, "", "parents.parquet")
    lying()
    table, answers, _ = seen(folder)
    assert list(answers["helped"]) == ["yes", "no_answer", "no"]
    assert table.rows_kept == 3


def test_identifiers_are_counted_in_parts(tmp_path, monkeypatch):
    """Witness: 2 of the 5 identifiers are the same, and one is blank."""
    monkeypatch.setattr(checks_tables, "_AT_A_TIME", 2)
    for identifiers, said in (
        (list("abcde"), ""),
        (["a", "b", "b", "c", None], "2 repeated, 1 blank"),
    ):
        rows = pa.table({"parent_id": identifiers, "helped": ["yes"] * 5})
        pyarrow.parquet.write_table(rows, tmp_path / "parents.parquet")
        imports._read.cache_clear()
        _, _, checks = seen(write_answers(tmp_path, None, "", "parents.parquet"))
        (found,) = (check for check in checks if check.rule == "unique_key")
        assert (found.passed, found.found) == (not said, said)


def test_damage_shows_when_it_is_opened(folder, lying):
    lying()
    path = folder / "parents.parquet"
    rows = pa.table({"parent_id": [str(i) for i in range(3000)], "helped": ["yes"] * 3000})
    pyarrow.parquet.write_table(rows, path, compression="none", use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[40:400] = b"\xff" * 360
    path.write_bytes(data)
    toml = folder / "cohort.toml"
    toml.write_text(toml.read_text().partition("[tables.parents.design]")[0])
    with pytest.raises(CohortError, match=r"parents\.parquet is damaged"):
        read_table(load_cohort(folder), "parents")
