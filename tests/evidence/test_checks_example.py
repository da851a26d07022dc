"""The invented follow-up: made by its script, and marked as invented everywhere."""

import csv
import importlib.util
import tomllib

import pytest

from careersurvey.evidence.project import project_root

FOLDER = project_root() / "data" / "example-2026"
TABLES = sorted({path.name for path in FOLDER.glob("*.csv")} - {"phrases.csv"})


def rows(name, folder=FOLDER):
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("make_example", FOLDER / "make_example.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    folder = tmp_path_factory.mktemp("example")
    script.main(folder)
    return folder


@pytest.mark.parametrize("name", TABLES)
def test_the_script_makes_the_files_that_are_committed(made, name):
    assert (made / name).read_bytes() == (FOLDER / name).read_bytes()


@pytest.mark.parametrize("name", TABLES)
def test_every_row_is_marked_synthetic(name):
    assert {row["synthetic"] for row in rows(name)} == {"true"}


def test_the_cohort_is_marked_synthetic_and_has_the_sizes_that_it_says():
    about = tomllib.loads((FOLDER / "cohort.toml").read_text())["cohort"]
    assert about["synthetic"] is True
    sizes = {name.removesuffix(".csv"): len(rows(name)) for name in TABLES}
    assert (sizes["schools"], sizes["interviews"]) == (84, 90)
    assert 2300 <= sizes["parents"] <= 2500
    assert {row["student_id"] for row in rows("destinations.csv")} == {
        row["student_id"] for row in rows("students.csv")
    }


def test_weights_add_to_the_schools_of_the_population():
    # Witness: 720 + 1,540 + 1,180 schools of the three types, as the script states them.
    total = sum(float(row["school_weight"]) for row in rows("schools.csv"))
    assert total == pytest.approx(3440, abs=0.01)


def test_some_did_not_answer_and_some_were_not_asked():
    parents = rows("parents.csv")
    blank = [row for row in parents if row["helpline_heard"] == ""]
    unasked = [row for row in parents if row["helpline_heard"] == "no"]
    assert 0 < len(blank) < len(parents) / 10
    assert {row["helpline_used"] for row in unasked} == {""}
