"""Coded answers: few stay in memory, many are kept in a file that is used again."""

import datetime as dt
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from answers import write_answers

from careersurvey.errors import CohortError
from careersurvey.evidence.answers import coded, table
from careersurvey.evidence.answers.table import compile_table
from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.settings import DesignSettings

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
def folder(tmp_path, project):
    pyarrow.parquet.write_table(pa.table(ANSWERS), tmp_path / "parents.parquet")
    return write_answers(tmp_path, None, SETTINGS, "parents.parquet")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose outputs go to a folder of the test."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.setattr(coded, "project_root", lambda: root)
    table.COMPILED.clear()
    yield root
    table.COMPILED.clear()


@pytest.fixture
def large(monkeypatch):
    """Tables of more than two rows are too many for memory."""

    def too_many():
        table.COMPILED.clear()
        monkeypatch.setattr(coded, "KEPT_WHOLE", 2)

    return too_many


def test_a_question_with_several_answers_identifies_no_row(folder):
    toml = folder / "cohort.toml"
    parents = "[tables.parents]\n"
    toml.write_text(toml.read_text().replace(parents, f'{parents}unique = "valued"\n'))
    with pytest.raises(CohortError, match="valued has several answers in a cell"):
        compile_table(load_cohort(folder), "parents")


def seen(folder):
    cohort = load_cohort(folder)
    found = compile_table(cohort, "parents")
    return found, found.frame.df(), screen(cohort)


def kept(project):
    return sorted(path.name for path in (project / "build" / "small" / "answers").glob("*.parquet"))


def test_a_large_table_has_the_same_answers_notes_and_findings(folder, large):
    few, answers, checks = seen(folder)
    large()
    many, same, found = seen(folder)
    pd.testing.assert_frame_equal(same, answers)
    assert found == checks
    assert (many.notes, many.findings, many.set_aside) == (few.notes, few.findings, few.set_aside)
    assert {"allowed_values", "numbers"} <= {one.rule for one in found if not one.passed}


def test_what_is_kept_is_used_again_until_file_or_settings_change(
    folder, large, project, monkeypatch
):
    large()
    _, answers, checks = seen(folder)
    (before,) = kept(project)
    table.COMPILED.clear()
    with monkeypatch.context() as nothing_is_read:
        nothing_is_read.setattr(table, "open_sheet", None)
        _, again, same = seen(folder)
    pd.testing.assert_frame_equal(again, answers)
    assert same == checks
    toml = folder / "cohort.toml"
    toml.write_text(toml.read_text().replace('minutes = ["-9"]', 'minutes = ["-8"]'))
    seen(folder)
    (after,) = kept(project)
    assert after != before


def test_a_file_of_the_same_size_and_time_is_read_again(tmp_path, project):
    """As a copy that keeps times puts it in the place of another: 1 of 2 and then 2 of 2."""
    folder = write_answers(tmp_path, "parent_id,helped\n1,yes\n2,no \n")
    assert list(seen(folder)[1]["helped"]) == ["yes", "no"]
    path = folder / "parents.csv"
    stood = path.stat()
    path.write_text("parent_id,helped\n1,yes\n2,yes\n")
    os.utime(path, ns=(stood.st_atime_ns, stood.st_mtime_ns))
    assert path.stat().st_size == stood.st_size
    assert list(seen(folder)[1]["helped"]) == ["yes", "yes"]


def test_what_was_kept_and_is_damaged_is_made_again(folder, large, project):
    large()
    _, answers, _ = seen(folder)
    (name,) = kept(project)
    path = project / "build" / "small" / "answers" / name
    path.write_bytes(path.read_bytes()[:-20])
    table.COMPILED.clear()
    pd.testing.assert_frame_equal(seen(folder)[1], answers)


def test_what_was_kept_and_is_deleted_in_a_session_is_made_again(folder, large, project):
    large()
    _, answers, _ = seen(folder)
    (name,) = kept(project)
    (project / "build" / "small" / "answers" / name).unlink()
    pd.testing.assert_frame_equal(seen(folder)[1], answers)


def test_nothing_is_left_of_a_file_that_turns_out_to_be_damaged(folder, large, project):
    large()
    path = folder / "parents.parquet"
    rows = pa.table({"parent_id": [str(i) for i in range(400_000)], "helped": ["yes"] * 400_000})
    pyarrow.parquet.write_table(rows, path, compression="none", use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[-900_000:-600_000] = b"\xff" * 300_000
    path.write_bytes(data)
    toml = folder / "cohort.toml"
    toml.write_text(toml.read_text().partition("[tables.parents.design]")[0])
    with pytest.raises(CohortError, match=r"parents\.parquet is damaged"):
        compile_table(load_cohort(folder), "parents")
    assert kept(project) == []


def test_where_nothing_can_be_kept_it_is_kept_for_the_command_alone(folder, large, project):
    (project / "build").write_text("a file where the folder should be")
    _, answers, _ = seen(folder)
    large()
    pd.testing.assert_frame_equal(seen(folder)[1], answers)


def test_rows_that_are_not_wanted_are_set_aside(folder, large):
    toml = folder / "cohort.toml"
    keep = "keep.heard = ['yes']\ndrop.remark = ['fine']\n[tables.parents.design]"
    toml.write_text(toml.read_text().replace("[tables.parents.design]", keep))
    large()
    found, answers, _ = seen(folder)
    # Witness: rows 1, 3, 5 and 7 heard; of these, 5 and 7 say fine.
    assert (found.rows_read, found.rows_kept, len(answers)) == (7, 2, 2)
    assert {why: one.rows for why, one in found.set_aside.items()} == {
        "heard is not yes": [2, 4, 6],
        "remark is fine": [5, 7],
    }


@pytest.mark.parametrize(
    "marks", ['decimal = ","', 'decimal = ","\nthousands = "."', 'thousands = ","']
)
def test_marks_are_not_sought_in_what_is_a_number_in_the_file(tmp_path, project, marks):
    numbers = {
        "minutes": pa.array([12.5, 0.1, 599.25, 1], pa.float64()),
        "weight": pa.array([0.1, 1.5, 2, 1234.5], pa.float32()),
        "schools": pa.array([10, 20, 1000, 2**31], pa.uint32()),
    }
    rows = {"parent_id": ["1", "2", "3", "4"], "area": ["a"] * 4, **numbers}
    pyarrow.parquet.write_table(pa.table(rows), tmp_path / "parents.parquet")
    design = SETTINGS.partition("[tables.parents.missing]")[0]
    folder = write_answers(tmp_path, None, f"{marks}\n{design}", "parents.parquet")
    _, answers, _ = seen(folder)
    assert list(answers["minutes"]) == [12.5, 0.1, 599.25, 1]
    assert list(answers["weight"]) == [0.1, 1.5, 2, 1234.5]
    assert list(answers["schools"]) == [10, 20, 1000, 2**31]


@pytest.mark.parametrize(
    ("identifiers", "said"),
    [
        (list("abcde"), "Every parent_id is there, and once."),
        (["a", "b", "b", "c", None], "3 of 5 rows have a parent_id that is blank or repeated."),
    ],
)
def test_identifiers_that_are_blank_or_stand_twice_are_counted(
    tmp_path, project, identifiers, said
):
    """Witness: 2 of the 5 identifiers are the same, and one is blank."""
    rows = pa.table({"parent_id": identifiers, "helped": ["yes"] * 5})
    pyarrow.parquet.write_table(rows, tmp_path / "parents.parquet")
    _, _, checks = seen(write_answers(tmp_path, None, "", "parents.parquet"))
    (found,) = (check for check in checks if check.rule == "unique_key")
    assert found.message == said


def test_the_weight_itself_is_no_replicate_of_it():
    """repw0 is the full sample's in many national surveys; it is read where it alone is named."""
    columns = ["repw0", "repw1", "repw2"]
    for given, read in (("repw*", ["repw1", "repw2"]), ("repw0", ["repw0"])):
        design = DesignSettings(weight="repw0", replicate_weights=[given], replicate_method="BRR")
        assert coded.design_names(design, "replicate_weights", columns) == read


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("parents", "parent"),
        ("libraries", "library"),
        ("classes", "class"),
        ("branches", "branch"),
        ("buses", "bus"),
        ("boxes", "box"),
        ("houses", "house"),
    ],
)
def test_the_identifier_of_a_table_is_called_after_one_of_its_rows(many, one):
    assert coded.called_after(many) == f"{one}_id"
