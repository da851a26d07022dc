"""Notebooks say what they take, run apart from each other, and are held to their limits."""

import time
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest

from careersurvey.errors import ReportError
from careersurvey.evidence.settings import Limits
from careersurvey.presentation.notebooks import (
    Job,
    read_notebook,
    run_notebooks,
)

PARAMETERS = 'cohort: str = "data/village"  # the folder\nlevel: float = 0.95  # confidence\n'


@pytest.fixture
def read(page, tmp_path):
    """A notebook with these parameters, as read."""

    def write_and_read(parameters: str = PARAMETERS, *cells: str, name: str = "01_hall"):
        path = tmp_path / f"{name}.ipynb"
        page(path, "Who came?", *(cells or ("1 + 1",)), parameters=parameters)
        return read_notebook(path)

    return write_and_read


def test_a_page_says_its_title_and_what_it_takes(read):
    notebook = read()
    assert (notebook.title, notebook.part) == ("Who came?", "findings")
    assert notebook.parameters == {"cohort": '"data/village"', "level": "0.95"}


def test_a_notebook_that_takes_no_cohort_is_refused(read):
    with pytest.raises(ReportError, match=r"takes no cohort(.|\n)*found     level"):
        read("level: float = 0.95\n")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [{}]}'])
def test_a_file_that_is_no_notebook_is_named(tmp_path, text):
    (tmp_path / "01.ipynb").write_text(text)
    with pytest.raises(ReportError, match=r"01\.ipynb: this is not a notebook"):
        read_notebook(tmp_path / "01.ipynb")


def test_an_unknown_part_of_the_report_is_named(page, tmp_path):
    path = tmp_path / "01_hall.ipynb"
    page(path, "Who came?", "1 + 1", parameters=PARAMETERS)
    path.write_text(
        path.read_text().replace('"metadata": {"kern', '"metadata": {"part": "coda", "kern')
    )
    with pytest.raises(ReportError, match=r"found     coda(.|\n)*summary, changes, findings"):
        read_notebook(path)


NONE = Limits()


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(folder: Path, *notebooks, limits: Limits = NONE, given=None) -> Path:
    made = folder / "made"
    job = Job([*notebooks], given or {}, (), made, folder / "failed", 2, limits)
    run_notebooks(job, quiet=True)
    return made


def outputs_of(made: Path, name: str = "01_hall") -> list:
    cells = nbformat.read(made / "notebooks" / f"{name}.ipynb", as_version=4).cells
    return [out for cell in cells for out in cell.get("outputs", [])]


def printed(made: Path, name: str = "01_hall") -> str:
    return "".join(out.get("text", "") for out in outputs_of(made, name))


def test_two_runs_of_one_notebook_are_the_same_bytes(read, tmp_path):
    notebook = read(PARAMETERS, "print('a', flush=True)\nprint('b')\nobject()")
    first, second = (
        (run(tmp_path / folder, notebook) / "notebooks/01_hall.ipynb").read_bytes()
        for folder in map(_new, [tmp_path / "a", tmp_path / "b"])
    )
    assert first == second
    assert "at 0x…".encode() in first


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_parameter_takes_the_place_of_its_default(read, tmp_path):
    notebook = read(PARAMETERS, "print(level, cohort)")
    assert printed(run(tmp_path, notebook, given={"level": 0.9})) == "0.9 data/village\n"


def test_a_cell_shows_its_last_value_and_what_it_displays(read, tmp_path):
    code = "from IPython.display import HTML, display\ndisplay(HTML('a'))\nprint('b')\nHTML('c')"
    made = run(tmp_path, read(PARAMETERS, code))
    kinds = ["display_data", "stream", "execute_result"]
    assert [out.output_type for out in outputs_of(made)] == kinds
    assert [out.data["text/html"] for out in outputs_of(made) if "data" in out] == ["a", "c"]


def test_a_notebook_sees_nothing_that_another_did(read, tmp_path):
    code = "import statistics\nseen = hasattr(statistics, 'mark')\nstatistics.mark = 1\nprint(seen)"
    names = ("01_hall", "02_school", "03_mill")
    made = run(tmp_path, *[read(PARAMETERS, code, name=name) for name in names])
    assert [printed(made, name) for name in names] == ["False\n"] * 3


def test_nothing_is_imported_from_the_working_directory(read, tmp_path):
    (tmp_path / "numpy.py").write_text("raise SystemExit('not this one')")
    (tmp_path / "matplotlibrc").write_text("font.size: 44")
    code = "import numpy, matplotlib\nprint(numpy.__version__[0], matplotlib.rcParams['font.size'])"
    assert printed(run(tmp_path, read(PARAMETERS, code))) == "2 10.0\n"


def test_a_persons_own_startup_file_is_not_run(read, tmp_path, monkeypatch):
    startup = tmp_path / "ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("mine = 1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    assert printed(run(tmp_path, read(PARAMETERS, "print('mine' in dir())"))) == "False\n"


@pytest.mark.parametrize("name", ["json", "pandas", "seaborn", "careersurvey"])
def test_no_module_is_taken_from_a_folder_that_one_happens_to_be_in(read, tmp_path, name):
    (tmp_path / f"{name}.py").write_text("raise SystemExit('not this one')")
    code = f"import {name}\nprint('{name}.py' in ({name}.__file__ or ''))"
    assert printed(run(tmp_path, read(PARAMETERS, code))) == "False\n"


def test_what_is_printed_past_python_stays_out_of_the_page_and_of_standard_output(
    read, tmp_path, capfd
):
    code = "import os\nos.write(1, b'a' * 10**6)\nprint('b')"
    made = run(tmp_path, read(PARAMETERS, code))
    assert capfd.readouterr().out == ""
    assert (made / "notebooks/01_hall.ipynb").stat().st_size < 10_000


@pytest.mark.parametrize("then", ["", "\n1 / 0", "\nimport time\ntime.sleep(60)"])
def test_what_a_cell_has_begun_ends_with_its_notebook(read, tmp_path, then):
    code = (
        "import subprocess\nbegun = subprocess.Popen(['sleep', '60'])\n"
        f"open('pid', 'w').write(str(begun.pid)){then}"
    )
    with suppress(ReportError):
        run(tmp_path, read(PARAMETERS, code), limits=Limits(cell_seconds=3))
    assert has_ended(int((tmp_path / "pid").read_text()))


def test_a_full_disk_is_told_as_one(read, tmp_path):
    code = "import errno, os\nraise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), 'a.svg')"
    with pytest.raises(ReportError, match="No space left on device: 'a"):
        run(tmp_path, read(PARAMETERS, code))


@pytest.mark.parametrize(
    ("code", "limits", "told"),
    [
        ("1 / 0", Limits(), "ZeroDivisionError: division by zero"),
        ("while True: pass", Limits(cell_seconds=1), "more than it may: a cell 1 s"),
        ("print('a' * 10**6)", Limits(output_bytes=10**5), "more than a report can hold"),
    ],
)
def test_a_cell_that_fails_is_told_with_its_number_and_kept(read, tmp_path, code, limits, told):
    with pytest.raises(ReportError, match=told) as failed:
        run(tmp_path, read(PARAMETERS, "print('before')", code), limits=limits)
    assert "01_hall.ipynb, cell 4" in str(failed.value)
    assert len(str(failed.value).splitlines()) <= 5
    assert "before" in (tmp_path / "failed/01_hall.ipynb").read_text()


def test_a_process_that_ends_is_told_with_the_cell_that_it_was_at(read, tmp_path):
    code = "import os\nos._exit(3)"
    with pytest.raises(ReportError, match=r"it ended \(3\)(.|\n)*01_hall.ipynb, cell 4"):
        run(tmp_path, read(PARAMETERS, "print('before')", code))


def test_a_notebook_that_takes_too_long_is_stopped(read, tmp_path):
    with pytest.raises(ReportError, match="a notebook 1 s"):
        run(tmp_path, read(PARAMETERS, "while True: pass"), limits=Limits(notebook_seconds=1))


def test_one_of_our_own_errors_is_told_whole(read, tmp_path):
    code = (
        "from careersurvey.errors import CohortError\n"
        "raise CohortError('village: 3 of 9 answers are odd.', found='x', do='map it')"
    )
    with pytest.raises(ReportError) as told:
        run(tmp_path, read(PARAMETERS, code))
    for part in ("village: 3 of 9 answers are odd.", "found     x", "do        map"):
        assert part in str(told.value)


def test_the_others_are_stopped_when_one_fails(read, tmp_path):
    slow = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"
    wait = "import os, time\nwhile not os.path.exists('pid'): time.sleep(0.05)\n1 / 0"
    with pytest.raises(ReportError, match="ZeroDivisionError"):
        run(tmp_path, read(PARAMETERS, slow, name="02_slow"), read(PARAMETERS, wait))
    assert has_ended(int((tmp_path / "pid").read_text()))
    assert [path.name for path in (tmp_path / "failed").iterdir()] == ["01_hall.ipynb"]


def has_ended(pid: int) -> bool:
    """A process that was killed may stand for a moment until the system has taken it away."""
    state = Path(f"/proc/{pid}/stat")
    for _ in range(100):
        with suppress(OSError):
            if state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z":
                time.sleep(0.05)
                continue
        return True
    return False
