"""What is published is what the notebooks make, file by file; and a project begins with it."""

import errno
import os
import shlex
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from careersurvey.cli import main
from careersurvey.evidence import project
from careersurvey.evidence.project import project_root
from careersurvey.presentation.report import report, verify


@pytest.fixture
def published(village):
    report("data/village", quiet=True)
    return village / "build/village/figures"


def verdicts() -> dict[str, str]:
    table = verify("data/village")
    return dict(zip(table["file"], table["verdict"], strict=True))


def test_what_was_just_made_is_the_same_bytes_made_again(published, capsys):
    assert main(["verify", "data/village"]) == 0
    written = capsys.readouterr()
    assert "hall.txt,01_hall," in written.out
    assert "2 of 2 files are the same bytes." in written.err


def test_a_figure_that_was_touched_is_found_and_left_as_it_is(published, capsys):
    (published / "hall.txt").write_text("touched")
    (published / "school.txt").rename(published / "barn.txt")
    assert verdicts() == {
        "hall.txt": "differs",
        "school.txt": "not published",
        "barn.txt": "not made",
    }
    assert main(["verify", "data/village"]) == 1
    assert (published / "hall.txt").read_text() == "touched"
    assert sorted(path.name for path in published.parents[1].iterdir()) == [
        ".village.lock",
        "village",
    ]


def test_a_project_is_laid_with_what_a_report_needs(tmp_path, monkeypatch, capsys):
    assert main(["start", str(tmp_path / "mine")]) == 0
    assert "report example-2026" in capsys.readouterr().err
    assert main(["start", str(tmp_path / "it's mine")]) == 0
    told = capsys.readouterr().err.split("cd ")[1].partition(", then")[0]
    assert shlex.split(told) == [str(tmp_path / "it's mine")]
    monkeypatch.chdir(tmp_path / "mine" / "notebooks")
    assert project_root() == tmp_path / "mine"
    assert main(["check", "ofsted-2013"]) == 0
    assert main(["estimate", "example-2026", "--indicator", "helpline_heard"]) == 0


def test_a_survey_of_ones_own_beside_the_shipped_ones_is_not_laid(tmp_path, monkeypatch):
    """Answers of people stay where they are; whatever keeps them out of git is laid."""
    checkout = tmp_path / "checkout"
    for part in ("data", "notebooks"):
        folders = {path.name for path in project.shipped(part).iterdir() if path.is_dir()}
        others = shutil.ignore_patterns("__pycache__", *(folders - {*project.SHIPPED}))
        shutil.copytree(project.shipped(part), checkout / part, ignore=others)
    answers = checkout / "data/meals-2026/meals.csv"
    answers.parent.mkdir()
    answers.write_text("Respondent,Any comments\n1,My son is ill\n")
    (checkout / "data/export.csv").write_text("Respondent\n1\n")
    (checkout / "data/example-2026/.gitignore").write_text("parents.csv\n")
    (checkout / "data/example-2026/.DS_Store").write_text("")
    monkeypatch.setattr(project, "shipped", lambda name: checkout / name)
    project.start_project(tmp_path / "mine")
    laid = {str(path.relative_to(tmp_path / "mine")) for path in tmp_path.glob("mine/data/**/*")}
    there = {str(path.relative_to(checkout)) for path in checkout.glob("data/**/*")}
    own = {"data/meals-2026", "data/meals-2026/meals.csv", "data/export.csv"}
    assert there - laid == own | {"data/example-2026/.DS_Store"}


def test_what_is_shipped_is_what_is_under_version_control():
    """Named twice, for `start` and for a wheel, and both are the folders that git knows."""
    root = Path(__file__).resolve().parents[2]
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "data"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {Path(path).parts[1] for path in listed if path.count("/") > 1} == {*project.SHIPPED}
    build = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    patterns = [one for one in build["package-data"]["careersurvey"] if one.startswith("data/")]
    found = {str(p.relative_to(root)) for one in patterns for p in root.glob(one) if p.is_file()}
    assert set(listed) == found
    assert not any(fnmatch("data/meals-2026/meals.csv", pattern) for pattern in patterns)


def test_a_full_disk_is_told_of_the_file_that_it_had_no_room_for(tmp_path, monkeypatch, capsys):
    def copy(_: Path, to: Path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(to))

    monkeypatch.setattr(shutil, "copy", copy)
    assert main(["start", str(tmp_path / "mine")]) == 1
    told = capsys.readouterr().err
    assert told.count("No space left on device") == 1
    assert len(told.splitlines()) == 3
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_that_somebody_stands_in_becomes_the_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["start", "."]) == 0
    assert sorted(os.listdir()) == ["data", "notebooks"]


def test_a_folder_with_something_in_it_is_not_written_to(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["start", str(tmp_path)]) == 1
    assert "is not an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
