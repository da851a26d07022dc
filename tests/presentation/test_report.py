"""A report is whole or not touched, made once, and changes as a set."""

import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from careersurvey.cli import main
from careersurvey.errors import CohortError, ReportError
from careersurvey.presentation import outputs
from careersurvey.presentation.report import report


def make(**settings) -> Path:
    return report("data/village", quiet=True, **settings)


def standing(root: Path) -> dict[str, bytes]:
    """Every file of the build and what is in it, apart from what holds it and the log of when."""
    files = sorted(path for path in (root / "build").rglob("*") if path.is_file())
    names = {path.relative_to(root).as_posix(): path for path in files}
    return {
        name: path.read_bytes()
        for name, path in names.items()
        if not name.endswith((".lock", ".log"))
    }


def last_written(root: Path) -> dict[str, int]:
    return {name: (root / name).stat().st_mtime_ns for name in standing(root)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """Made once, and copied by the tests that change it."""
    return tmp_path_factory.mktemp("made") / "village"


@pytest.fixture
def built(village, whole) -> Path:
    """The village with its report made; the working directory is the village."""
    if not whole.exists():
        make()
        shutil.copytree(village / "build", whole)
    else:
        shutil.copytree(whole, village / "build")
    return village


def test_a_report_is_one_page_its_documents_its_notebooks_and_their_figures(built):
    assert set(standing(built)) == {
        "build/village/made.json",
        "build/village/report.html",
        "build/village/tables.xlsx",
        "build/village/notebooks/01_hall.ipynb",
        "build/village/notebooks/02_school.ipynb",
        "build/village/figures/hall.txt",
        "build/village/figures/school.txt",
    }
    assert (built / "build/village/figures/hall.txt").read_text() == "0.95 of village"


def test_the_log_says_what_was_read_and_how_long_each_page_took(built):
    told = (built / "build/village/report.log").read_text(encoding="utf-8")
    assert told.startswith("report of village, 20")
    assert f"read {outputs.checksum(built / 'data/village/cohort.toml')}  " in told
    assert [line.split(" s  ")[1] for line in told.splitlines() if " s  " in line] != []


def test_two_projects_with_the_same_files_make_the_same_bytes(built, tmp_path_factory, monkeypatch):
    other = tmp_path_factory.mktemp("elsewhere")
    for folder in ("data", "notebooks"):
        shutil.copytree(built / folder, other / folder)
    monkeypatch.chdir(other)
    make(jobs=1)
    assert standing(other) == standing(built)


def test_a_second_report_with_nothing_changed_writes_nothing(built, capsys):
    before = last_written(built)
    report("data/village")
    assert last_written(built) == before
    assert capsys.readouterr().err == "build/village/report.html is up to date.\n"


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("data/village/cohort.toml", "changed"),
        ("data/ofsted-2023/cohort.toml", "is new"),
        ("data/readings.csv", "is new"),
        ("notebooks/02_school.ipynb", "changed"),
        ("requirements.lock", "is new"),
    ],
)
def test_whatever_a_report_can_depend_on_makes_it_due_and_is_named(built, source, how, capsys):
    (built / "data/ofsted-2023").mkdir()
    path = built / source
    path.write_text((path.read_text() if path.exists() else "") + "\n")
    report("data/village")
    told = capsys.readouterr().err
    assert f"build/village is due: {source} {how}.\n" in told
    assert "is made: 2 notebooks" in told
    path.unlink() if how == "is new" else path.write_text(path.read_text() + "\n")
    report("data/village")
    assert f"{source} {'is gone' if how == 'is new' else how}" in capsys.readouterr().err


def test_another_survey_beside_it_makes_no_report_due(built, capsys):
    """Answers that come in for one survey are no news to the report of another."""
    (built / "data/meals-2026").mkdir()
    (built / "data/meals-2026/meals.csv").write_text("Respondent\n1\n")
    (built / "data/notes.txt").write_text("to do\n")
    report("data/village")
    assert "is up to date" in capsys.readouterr().err


def test_a_cohort_that_is_linked_from_elsewhere_makes_a_report_due(
    built, page, tmp_path_factory, capsys
):
    """A page may read any cohort that it names; links that lead in a ring end."""
    page(built / "notebooks/02_school.ipynb", "Who taught?", "'data/town'")
    outside = tmp_path_factory.mktemp("outside")
    shutil.copytree(built / "data/village", outside / "town")
    town = outside / "town/cohort.toml"
    town.write_text(town.read_text().replace('"village"', '"town"'))
    (built / "data/town").symlink_to(outside / "town")
    (built / "data/ring").symlink_to(built / "data")
    make()
    report("data/village")
    assert "is up to date" in capsys.readouterr().err
    town.write_text(town.read_text() + "\n")
    report("data/village")
    assert "is made: 2 notebooks" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["figures/hall.txt", "notebooks/01_hall.ipynb", "report.html"])
def test_a_file_that_was_deleted_or_edited_is_made_again(built, name):
    before = standing(built)
    (built / "build/village" / name).unlink()
    make()
    assert standing(built) == before
    (built / "build/village" / name).write_text("edited")
    make()
    kept = {made: held for made, held in standing(built).items() if "/edited/" not in made}
    assert kept == before


def test_what_a_person_wrote_in_a_report_is_kept_when_it_is_made_again(built, capsys):
    """The briefing is there to be edited: neither the next report nor the one after it takes it."""
    build = built / "build/village"
    (build / "report.html").write_text("my words")
    (build / "notes.txt").write_text("to say")
    toml = built / "data/village/cohort.toml"
    for _ in range(2):
        toml.write_text(toml.read_text() + "\n")
        report("data/village")
    (aside,) = (build / "edited").iterdir()
    assert {path.name: path.read_text() for path in aside.iterdir()} == {
        "report.html": "my words",
        "notes.txt": "to say",
    }
    assert f"kept in build/village/edited/{aside.name}." in capsys.readouterr().err
    report("data/village")
    assert "is up to date" in capsys.readouterr().err


def test_a_report_takes_the_place_of_no_cohort(built, monkeypatch):
    """A folder of answers below build/ was removed by its own report."""
    own = built / "build/hamlet"
    shutil.copytree(built / "data/village", own)
    (own / "cohort.toml").write_text((own / "cohort.toml").read_text().replace("village", "hamlet"))
    for folder in ("build/hamlet", own):
        with pytest.raises(CohortError, match="would take the place of the cohort"):
            report(folder, quiet=True)
    assert (own / "reported.csv").read_text() == (built / "data/village/reported.csv").read_text()


def test_a_report_that_stands_in_its_cohort_is_no_news_to_it(built, monkeypatch, capsys):
    own = built.parent / "alone"
    shutil.copytree(built / "data/village", own)
    shutil.copytree(built / "notebooks", own / "notebooks")
    monkeypatch.chdir(own)
    for said in ("is made", "is up to date"):
        report(".")
        assert said in capsys.readouterr().err


def test_files_that_change_while_they_are_read_make_no_report(built, page, figure):
    before, toml = standing(built), "data/village/cohort.toml"
    saved = f"open('{toml}', 'a').write('\\n')"
    page(built / "notebooks/02_school.ipynb", "Who taught?", figure.format(name="school"), saved)
    with pytest.raises(ReportError, match=rf"changed while(.|\n)*{toml} changed"):
        make()
    assert standing(built) == before


def test_what_no_page_makes_any_more_is_removed_and_compiled_answers_stay(built, page, figure):
    answers = built / "build/village/answers/parents.parquet"
    answers.parent.mkdir()
    answers.write_text("coded")
    page(built / "notebooks/02_school.ipynb", "Who taught?", figure.format(name="lessons"))
    (built / "notebooks/01_hall.ipynb").unlink()
    make()
    figures = built / "build/village/figures"
    assert [path.name for path in figures.iterdir()] == ["lessons.txt"]
    assert not (built / "build/village/notebooks/01_hall.ipynb").exists()
    assert answers.read_text() == "coded"


def test_a_section_without_an_exhibit_is_left_out(built, page):
    page(built / "notebooks/02_school.ipynb", "Who taught?", "print('nothing')")
    assert "Who taught?" not in make().read_text()


def test_two_pages_may_not_write_the_same_figure(village, page, figure):
    page(village / "notebooks/02_school.ipynb", "Who taught?", figure.format(name="hall"))
    with pytest.raises(ReportError, match=r"02_school(.|\n)*01_hall writes too(.|\n)*hall\.txt"):
        make()


def test_a_failing_cell_is_told_its_notebook_is_kept_and_nothing_is_lost(built, page, figure):
    before = standing(built)
    page(built / "notebooks/02_school.ipynb", "Who taught?", "x = 1", "1 / (x - 1)")
    with pytest.raises(ReportError, match=r"02_school.ipynb, cell 4"):
        make()
    kept = "build/village/failed/02_school.ipynb"
    assert "division by zero" in (built / kept).read_text()
    assert {k: v for k, v in standing(built).items() if k != kept} == before
    page(built / "notebooks/02_school.ipynb", "Who taught?", figure.format(name="school"))
    make()
    assert not (built / kept).exists()


def test_only_the_command_raises_a_limit_that_a_cohort_sets(built, page):
    """A file from elsewhere lowers what it may cost; whoever runs it decides on more."""
    with (built / "data/village/cohort.toml").open("a") as toml:
        toml.write("[limits]\noutput_bytes = 10_000\n")
    page(built / "notebooks/02_school.ipynb", "Who taught?", "print('a' * 20_000)")
    with pytest.raises(ReportError, match="more than a report can hold"):
        make()
    assert main(["report", "data/village", "--limit", "output_bytes=100000"]) == 0


def test_a_comparison_runs_only_with_something_to_compare(built, page, figure, parameters):
    shutil.copytree(built / "data/village", built / "data/town")
    toml = (built / "data/town/cohort.toml").read_text().replace('"village"', '"town"')
    (built / "data/town/cohort.toml").write_text(toml)
    code = figure.format(name="compared") + "print('compared with', baseline)"
    more = 'baseline: str = "data/town"  # the folder of the cohort to compare with\n'
    page(built / "notebooks/10_both.ipynb", "And now?", code, parameters=parameters + more)
    assert "And now?" not in make().read_text()
    (built / "notebooks/10_both.ipynb").write_text(
        (built / "notebooks/10_both.ipynb").read_text().replace("HTML('", "print(baseline); HTML('")
    )
    assert "And now?" in make(baseline="data/town").read_text()
    assert "And now?" not in make().read_text()


INDICATORS = (
    "indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,"
    "among,favourable\n"
)


def test_a_section_that_only_the_cohort_has_gets_its_page(built, page, parameters):
    with (built / "data/village/cohort.toml").open("a") as toml:
        toml.write('[sections]\nponds = "Are there ponds?"\n')
    rows = "ducks,Ducks,ponds,pond,,,count,,,,,,\npupils,Pupils,scope,student,,,count,,,,,,\n"
    (built / "data/village/indicators.csv").write_text(INDICATORS + rows)
    code = (
        "from pathlib import Path\nfrom careersurvey.presentation.outputs import figures_folder\n"
        "Path(figures_folder(Path(cohort), ''), f'{section}.txt').write_text(section)\n"
    )
    more = 'section: str = ""  # the section\n'
    page(built / "notebooks/section.ipynb", "What else?", code, parameters=parameters + more)
    made = make().read_text()
    assert 'id="section_ponds-title">Are there ponds?</h2>' in made
    assert "What else?" not in made
    figures = sorted(path.name for path in (built / "build/village/figures").iterdir())
    assert figures == ["hall.txt", "ponds.txt", "school.txt"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"digest": 3}'])
def test_a_record_that_cannot_be_read_is_as_none(built, text, capsys):
    (built / "build/village/made.json").write_text(text)
    report("data/village")
    assert "is made" in capsys.readouterr().err


def test_a_folder_that_is_no_cohort_is_named_and_nothing_is_written(village):
    (village / "data/empty").mkdir()
    for folder in ("data/empty", "data/nowhere"):
        with pytest.raises(CohortError, match=folder):
            report(folder, quiet=True)
    (village / "data/village/cohort.toml").write_text("[cohort\n")
    with pytest.raises(CohortError, match=r"cohort\.toml"):
        make()
    assert standing(village) == {}


@pytest.mark.parametrize("name", ["ofsted-2013", "town"])
def test_a_cohort_with_the_id_of_another_is_refused(built, name):
    shutil.copytree(built / "data/village", built / "data" / "town")
    for folder, to in (("town", name), ("village", name)):
        toml = built / "data" / folder / "cohort.toml"
        toml.write_text(toml.read_text().replace('"village"', f'"{to}"'))
    before = standing(built)
    with pytest.raises(CohortError, match="another cohort of this id"):
        make()
    assert standing(built) == before


def test_a_twin_of_a_cohort_whose_report_stands_is_refused(built):
    shutil.copytree(built / "data/village", built / "twin")
    (built / "data/village").rename(built / "data/hamlet")
    make_first = report("data/hamlet", quiet=True)
    assert make_first.exists()
    with pytest.raises(CohortError, match="another cohort of this id"):
        report("twin", quiet=True)


ROW = "R001,p1,scope,nothing_of_the_kind,,,,school,,,,,60,count,\n"


def test_a_cohort_with_a_malformed_row_is_refused_and_nothing_is_replaced(built):
    before = standing(built)
    with (built / "data/village/reported.csv").open("a") as rows:
        rows.write(ROW)
    with pytest.raises(CohortError, match=r"nothing_of_the_kind(.|\n)*reported\.csv"):
        make()
    assert standing(built) == before


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_an_exchange_that_was_cut_short_is_ended_by_the_next_command(built, cut):
    """Killed after one, two or three of its steps; each folder is old or new whole."""
    build, before = built / "build/village", standing(built)
    shutil.copytree(build, outputs.beside(build))
    old = build.with_name(".village.old")
    if cut >= 2:
        build.rename(old)
    if cut >= 3:
        outputs.beside(build).rename(build)
    make()
    assert standing(built) == before
    assert sorted(path.name for path in build.parent.iterdir()) == [".village.lock", "village"]


PROGRAM = """
from careersurvey.cli import main
main(["report", "data/village"])
"""


def program(root: Path) -> subprocess.Popen:
    """A script that makes the report, as a person would write it, without a guard."""
    (root / "program.py").write_text(PROGRAM)
    command = [sys.executable, root / "program.py"]
    piped = {"stderr": subprocess.PIPE, "text": True}
    # A shell that runs the tests in the background lets them and theirs ignore an interrupt.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(command, cwd=root, preexec_fn=heed, **piped)


def slow(root: Path, page) -> None:
    code = (
        "import os, time\nfrom pathlib import Path\n"
        "Path('pid').write_text(str(os.getpid()))\nPath('pid').rename('begun')\ntime.sleep(60)"
    )
    page(root / "notebooks/02_school.ipynb", "Who taught?", code)


def wait_for(path: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"{path.name} never came"
        time.sleep(0.05)


def wait_for_end(root: Path) -> None:
    """Wait for the process of the slow page to be gone."""
    pid, until = int((root / "begun").read_text()), time.monotonic() + 60
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < until, "a process outlived the program that started it"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_program_that_is_stopped_leaves_what_stood_and_no_process(built, page, figure, number):
    slow(built, page)
    before = standing(built)
    with program(built) as first:
        wait_for(built / "begun")
        with pytest.raises(ReportError, match="being made by another program"):
            make()
        first.send_signal(number)
        first.wait(30)
    wait_for_end(built)
    if number != signal.SIGKILL:
        assert standing(built) == before
    assert (built / "build/village/report.html").read_bytes() == before["build/village/report.html"]
    page(built / "notebooks/02_school.ipynb", "Who taught?", figure.format(name="school"))
    make()
    assert standing(built) == before


def test_an_up_to_date_report_is_known_without_a_heavy_import(built):
    code = PROGRAM + "import sys; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=built, capture_output=True, text=True, check=True
    )
    assert "up to date" in told.stderr
    heavy = {"pandas", "numpy", "papermill", "nbformat", "matplotlib", "mistune", "tqdm"}
    assert not heavy & set(told.stdout.split())


def test_a_report_is_made_where_nobody_reads_what_is_said(village):
    """As cron may run it: no standard output, and nowhere for progress to go."""
    code = "import sys; from careersurvey.cli import main; sys.exit(main(sys.argv[1:]))"
    made = subprocess.run(
        [sys.executable, "-c", code, "report", "data/village"],
        cwd=village,
        check=False,
        preexec_fn=lambda: (os.close(1), os.close(2)),
    )
    assert made.returncode == 0
    assert (village / "build/village/report.html").is_file()
