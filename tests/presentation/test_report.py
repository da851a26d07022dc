"""A report is whole or not touched, made once, and one file that needs no other."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from careersurvey.errors import CohortError, ReportError
from careersurvey.presentation import report_state as state
from careersurvey.presentation.report import run_report


def _make(root: Path, **settings) -> None:
    run_report("data/village", root=root, quiet=True, **settings)


def _standing(root: Path) -> dict[str, bytes]:
    """Every file of the build and what is in it."""
    files = sorted(path for path in (root / "build").rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def _last_written(root: Path) -> dict[str, int]:
    return {name: (root / name).stat().st_mtime_ns for name in _standing(root)}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Made once, and copied by the tests that change it."""
    return tmp_path_factory.mktemp("made")


@pytest.fixture
def built(village, made, tmp_path) -> Path:
    """The village with its report made."""
    if not (made / "build").exists():
        shutil.copytree(village, made, dirs_exist_ok=True)
        _make(made)
    shutil.copytree(made / "build", village / "build")
    return village


def test_a_report_is_its_pages_their_figures_and_one_bound_file(built):
    assert set(_standing(built)) == {
        "build/village/lock",
        "build/village/state.json",
        "build/village/report.html",
        "build/village/notebooks/01_hall.ipynb",
        "build/village/notebooks/02_school.ipynb",
        "build/village/figures/hall.txt",
        "build/village/figures/school.txt",
    }
    assert (built / "build/village/figures/hall.txt").read_text() == "0.95 of data/village"


def test_two_projects_with_the_same_files_make_the_same_bytes(built, tmp_path_factory):
    other = tmp_path_factory.mktemp("elsewhere")
    for folder in ("data", "notebooks"):
        shutil.copytree(built / folder, other / folder)
    _make(other, jobs=1)
    assert _standing(other) == _standing(built)


def test_a_second_report_with_nothing_changed_writes_nothing(built, capsys):
    before = _last_written(built)
    run_report("data/village", root=built)
    assert _last_written(built) == before
    assert capsys.readouterr().err == "build/village/report.html is up to date.\n"


def test_a_page_that_changed_is_the_only_one_that_runs(built, page, figure):
    page(built / "notebooks/02_school.ipynb", "Who taught whom?", figure.format(name="school"))
    before = _last_written(built)
    _make(built)
    after = _last_written(built)
    changed = {Path(name).name for name in after if after[name] != before[name]}
    assert changed == {"02_school.ipynb", "school.txt", "report.html", "state.json"}
    assert "Who taught whom?" in (built / "build/village/report.html").read_text()


def test_a_page_that_lists_what_the_others_name_follows_them(built, page, figure):
    path, other = built / "notebooks/99_list.ipynb", built / "notebooks/01_hall.ipynb"
    page(path, "Where is what?", "1 + 1")
    book = json.loads(path.read_text())
    book["cells"][-1]["metadata"]["tags"] = ["reads-notebooks"]
    path.write_text(json.dumps(book))
    _make(built)
    listed = built / "build/village/notebooks/99_list.ipynb"
    made = listed.stat().st_mtime_ns
    page(other, "Who came at last?", figure.format(name="hall"))
    _make(built)
    assert listed.stat().st_mtime_ns == made
    page(other, "Who came at last?", figure.format(name="barn"))
    _make(built)
    assert listed.stat().st_mtime_ns > made


def test_data_that_changed_make_every_page_run(built):
    with (built / "data/village/cohort.toml").open("a") as toml:
        toml.write("synthetic = true\n")
    before = _last_written(built)
    _make(built)
    after = _last_written(built)
    assert after["build/village/figures/hall.txt"] != before["build/village/figures/hall.txt"]
    assert "Invented data" in (built / "build/village/report.html").read_text()


@pytest.mark.parametrize("name", ["figures/hall.txt", "notebooks/01_hall.ipynb", "report.html"])
def test_a_file_that_was_deleted_or_edited_is_made_again(built, name):
    whole = _standing(built)
    path = built / "build/village" / name
    path.unlink()
    _make(built)
    assert _standing(built) == whole
    path.write_text("edited")
    _make(built)
    assert _standing(built) == whole


def test_a_figure_that_no_page_makes_any_more_is_removed(built, page, figure):
    page(built / "notebooks/02_school.ipynb", "Who taught?", figure.format(name="lessons"))
    (built / "notebooks/01_hall.ipynb").unlink()
    _make(built)
    figures = built / "build/village/figures"
    assert [path.name for path in figures.iterdir()] == ["lessons.txt"]
    assert not (built / "build/village/notebooks/01_hall.ipynb").exists()


def test_a_document_stands_beside_the_report_while_a_page_writes_it(built, page):
    path, document = built / "notebooks/02_school.ipynb", built / "build/village/brief.html"
    page(
        path,
        "Who?",
        "import os\nfrom pathlib import Path\n"
        "Path(os.environ['CAREERSURVEY_FIGURES'], 'brief.html').write_text('short')",
    )
    _make(built)
    assert document.read_text() == "short"
    document.unlink()
    _make(built)
    assert document.read_text() == "short"
    page(path, "Who?", "1 + 1")
    _make(built)
    assert not document.exists()


def test_two_pages_may_not_write_the_same_figure(village, page, figure):
    page(village / "notebooks/02_school.ipynb", "Who taught?", figure.format(name="hall"))
    with pytest.raises(ReportError, match=r"02_school(.|\n)*01_hall writes too(.|\n)*hall\.txt"):
        _make(village)


def test_a_failing_cell_is_told_in_a_few_lines_and_nothing_is_lost(built, page):
    stood = _standing(built)
    page(built / "notebooks/02_school.ipynb", "Who taught?", "x = 1", "1 / (x - 1)")
    with pytest.raises(ReportError) as told:
        _make(built)
    message = str(told.value)
    assert "ZeroDivisionError: division by zero" in message
    assert "02_school.ipynb, cell 4" in message
    assert len(message.splitlines()) <= 5
    assert "Traceback" not in message
    kept = "build/village/failed/02_school.ipynb"
    assert "division by zero" in (built / kept).read_text()
    assert {k: v for k, v in _standing(built).items() if k != kept} == stood


def test_a_failed_page_is_not_kept_once_it_is_mended(built, page, figure):
    path = built / "notebooks/02_school.ipynb"
    page(path, "Who taught?", "1 / 0")
    with pytest.raises(ReportError):
        _make(built)
    page(path, "Who taught?", figure.format(name="lesson"))
    _make(built)
    assert not (built / "build/village/failed").exists()


def test_one_of_our_own_errors_is_told_whole(village, page):
    code = (
        "from careersurvey.errors import CohortError\n"
        "raise CohortError('village: 3 of 9 answers are odd.', found='x', do='map it')"
    )
    page(village / "notebooks/02_school.ipynb", "Who taught?", code)
    with pytest.raises(ReportError) as told:
        _make(village)
    for part in (
        "village: 3 of 9 answers are odd.",
        "found     x",
        "do        map it",
    ):
        assert part in str(told.value)


def test_a_wrong_parameter_is_told_before_anything_runs(village):
    for given in ({"level": "95"}, {"levl": 0.9}):
        with pytest.raises(ReportError, match="01_hall"):
            _make(village, parameters=given)
    assert not (village / "build").exists()


def test_a_parameter_reaches_the_pages_and_the_end_of_the_report(village):
    _make(village, parameters={"level": 0.9})
    assert (village / "build/village/figures/hall.txt").read_text().startswith("0.9 of")
    report = (village / "build/village/report.html").read_text()
    assert '<th scope="row">level</th><td>0.9</td>' in report


BASELINE = 'baseline: str = ""  # the folder of the cohort to compare with\n'


def test_a_comparison_runs_only_with_something_to_compare(built, page, figure, parameters):
    shutil.copytree(built / "data/village", built / "data/town")
    code = figure.format(name="compared") + "print('compared with', baseline)"
    page(built / "notebooks/10_both.ipynb", "And now?", code, parameters=parameters + BASELINE)
    report = built / "build/village/report.html"
    _make(built)
    assert "And now?" not in report.read_text()
    _make(built, baseline="data/town")
    assert "compared with data/town" in report.read_text()
    _make(built)
    assert "And now?" not in report.read_text()
    assert not (built / "build/village/figures/compared.txt").exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pages": {"01_hall": {}}, "report": {}}'])
def test_a_record_that_cannot_be_read_is_as_none(village, text):
    (village / "build/village").mkdir(parents=True)
    (village / "build/village/state.json").write_text(text)
    assert state.read(village / "build/village") == {"pages": {}, "report": {}}


def test_a_folder_that_is_no_cohort_is_named_and_nothing_is_written(village):
    (village / "data/empty").mkdir()
    for folder in ("data/empty", "data/nowhere"):
        with pytest.raises(CohortError, match=folder):
            run_report(folder, root=village, quiet=True)
    (village / "data/village/cohort.toml").write_text("[cohort\n")
    with pytest.raises(CohortError, match=r"cohort\.toml"):
        _make(village)
    assert not (village / "build").exists()


ROW = "R001,p1,scope,nothing_of_the_kind,,,,school,,,,,60,count,\n"


def test_a_cohort_with_a_malformed_row_is_refused_and_nothing_is_replaced(built):
    stood = _standing(built)
    with (built / "data/village/reported.csv").open("a") as rows:
        rows.write(ROW)
    with pytest.raises(CohortError, match=r"nothing_of_the_kind(.|\n)*reported\.csv"):
        _make(built)
    assert _standing(built) == stood


def test_no_notebook_at_a_time_is_refused(village):
    with pytest.raises(ReportError, match="--jobs"):
        _make(village, jobs=0)


PROGRAM = """
import sys
from pathlib import Path
from careersurvey.presentation.report import run_report
run_report("data/village", root=Path(sys.argv[1]))
"""


def _program(root: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, root], stderr=subprocess.PIPE, text=True
    )


def _slow(root: Path, page) -> None:
    code = (
        "import os, time\nfrom pathlib import Path\n"
        "Path('pid').write_text(str(os.getpid()))\nPath('pid').rename('begun')\ntime.sleep(60)"
    )
    page(root / "notebooks/02_school.ipynb", "Who taught?", code)


def _wait_for(path: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"{path.name} never came"
        time.sleep(0.05)


def _wait_for_end(root: Path) -> None:
    """Wait for the kernel of the slow page to be gone."""
    pid, until = int((root / "begun").read_text()), time.monotonic() + 60
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < until, "a kernel outlived the program that started it"
        time.sleep(0.05)


def test_a_second_program_is_told_that_the_report_is_being_made(built, page):
    _slow(built, page)
    stood = _standing(built)["build/village/report.html"]
    with _program(built) as first:
        _wait_for(built / "begun")
        with pytest.raises(ReportError, match="being made by another program"):
            _make(built)
        first.send_signal(signal.SIGINT)
        first.wait(30)
        assert "KeyboardInterrupt" in first.stderr.read()
    assert _standing(built)["build/village/report.html"] == stood
    assert not (built / "build/village/making").exists()
    _wait_for_end(built)


def test_a_program_that_was_killed_does_not_stand_in_the_way(built, page, figure):
    _slow(built, page)
    with _program(built) as first:
        _wait_for(built / "begun")
        first.kill()
    _wait_for_end(built)
    page(built / "notebooks/02_school.ipynb", "Who taught?", figure.format(name="school"))
    _make(built)
    assert not (built / "build/village/making").exists()


def test_an_up_to_date_report_is_known_without_a_heavy_import(built):
    code = PROGRAM + "print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", code, built], capture_output=True, text=True, check=True
    )
    assert "up to date" in told.stderr
    heavy = {"pandas", "numpy", "papermill", "nbformat", "matplotlib", "mistune", "tqdm"}
    assert not heavy & set(told.stdout.split())
