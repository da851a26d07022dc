"""What the notebooks of one report share, and where it goes."""

import os
import re
from types import SimpleNamespace

import pytest

from careersurvey.evidence.settings_run import telling
from careersurvey.presentation import outputs

COHORT = SimpleNamespace(folder="data/village")


@pytest.fixture
def counted():
    """A function that says how often it was called, in place of one that takes long."""
    calls = []

    def work(cohort, level=0.95):
        calls.append(level)
        return [cohort.folder, level]

    return work, calls


def test_a_report_works_a_thing_out_once_for_all_of_its_notebooks(tmp_path, monkeypatch, counted):
    work, calls = counted
    (tmp_path / outputs.ONCE).mkdir()
    for name in ("01_hall", "02_school"):
        monkeypatch.setenv(*telling(figures=str(tmp_path / "figures" / name)))
        assert outputs.once(work, COHORT) == ["data/village", 0.95]
        assert outputs.once(work, COHORT, level=0.9) == ["data/village", 0.9]
    assert calls == [0.95, 0.9]


def test_what_one_notebook_does_to_its_copy_reaches_no_other(tmp_path, monkeypatch, counted):
    (tmp_path / outputs.ONCE).mkdir()
    monkeypatch.setenv(*telling(figures=str(tmp_path / "figures" / "01_hall")))
    outputs.once(counted[0], COHORT).append("mine")
    assert outputs.once(counted[0], COHORT) == ["data/village", 0.95]


def test_a_notebook_run_by_hand_works_it_out_itself(monkeypatch, counted):
    monkeypatch.setenv(*telling(figures=""))
    for _ in range(2):
        outputs.once(counted[0], COHORT)
    assert counted[1] == [0.95, 0.95]


def test_a_large_file_is_told_from_one_that_was_given_its_size_and_time(tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "_READ_WHOLE", 0)
    file = tmp_path / "answers.csv"
    file.write_text("1\n")
    before, when = outputs.checksum(file), file.stat().st_mtime_ns
    assert outputs.checksum(file) == before
    (tmp_path / "newer.csv").write_text("2\n")
    os.utime(tmp_path / "newer.csv", ns=(when, when))
    (tmp_path / "newer.csv").replace(file)
    assert (file.stat().st_mtime_ns, file.stat().st_size) == (when, 2)
    assert outputs.checksum(file) != before


@pytest.mark.parametrize("name", ["a/b", "a:b", "..", "../x", "y" * 300, 'a"b', "a\\1"])
def test_a_section_may_be_called_what_no_file_may(name):
    stems = {outputs.file_stem(f"{name}-{of}") for of in ("by", "findings", "statements")}
    assert len(stems) == 3
    assert all(re.fullmatch(r"[\w-]{1,89}", stem) for stem in stems)
    assert outputs.file_stem("04-helpline") == "04-helpline"


def test_work_that_fails_is_tried_again_and_leaves_nothing(tmp_path, monkeypatch):
    (tmp_path / outputs.ONCE).mkdir()
    monkeypatch.setenv(*telling(figures=str(tmp_path / "figures" / "01_hall")))

    def fails(cohort):
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            outputs.once(fails, COHORT)
