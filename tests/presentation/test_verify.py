"""What is published is what the notebooks make, file by file; and a project begins with it."""

import pytest

from careersurvey.cli import main
from careersurvey.evidence.project import project_root
from careersurvey.presentation.report import report
from careersurvey.presentation.verify import verify


@pytest.fixture
def published(village):
    report("data/village", quiet=True)
    return village / "build/village/figures"


def verdicts() -> dict[str, str]:
    table = verify("data/village", quiet=True)
    return dict(zip(table["file"], table["verdict"], strict=True))


def test_what_was_just_made_is_the_same_bytes_made_again(published, capsys):
    assert main(["verify", "data/village"]) == 0
    written = capsys.readouterr()
    assert "hall,01_hall,hall.txt,hall.csv," in written.out
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
    monkeypatch.chdir(tmp_path / "mine" / "notebooks")
    assert project_root() == tmp_path / "mine"
    assert main(["check", "example-2026"]) == 0


def test_a_folder_with_something_in_it_is_not_written_to(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["start", str(tmp_path)]) == 1
    assert "there already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
