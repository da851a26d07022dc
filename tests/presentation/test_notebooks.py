"""Parameters are held to their comments, and an executed notebook to its code alone."""

import json
import re
import sys
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from careersurvey.errors import ReportError
from careersurvey.presentation import notebooks_run
from careersurvey.presentation.notebooks import check_parameters, read_notebook
from careersurvey.presentation.notebooks_run import Run, run_notebook, run_side_by_side, settle
from careersurvey.presentation.notebooks_warm import imported_by, start_kernel


@pytest.fixture
def read(page, tmp_path):
    """A notebook with these parameters, as read."""

    def write_and_read(parameters: str):
        page(tmp_path / "01_hall.ipynb", "Who came?", "1 + 1", parameters=parameters)
        return read_notebook(tmp_path / "01_hall.ipynb")

    return write_and_read


def test_a_page_says_its_title_and_what_it_takes(read):
    notebook = read("level: float = 0.95  # confidence\n")
    (level,) = notebook.parameters
    assert notebook.title == "Who came?"
    assert notebook.takes == {"level"}
    assert (level.default, level.type) == (0.95, "float")


@pytest.mark.parametrize("value", ["0.95", True, None, [0.9]])
def test_a_level_that_is_no_number_is_refused(read, value):
    notebook = read("level: float = 0.95  # confidence\n")
    with pytest.raises(ReportError, match=r"level cannot be .*\n.*\n.*float"):
        check_parameters(notebook, {"level": value})


def test_a_whole_number_is_a_float_and_a_float_is_not_whole(read):
    notebook = read("a: float = 0.5\nb: int = 2\n")
    check_parameters(notebook, {"a": 3, "b": 1})
    with pytest.raises(ReportError, match="expected  int"):
        check_parameters(notebook, {"b": 1.5})


def test_a_default_that_somebody_edited_is_checked_too(read):
    notebook = read("level: float = '95'\n")
    with pytest.raises(ReportError, match="level cannot be '95'"):
        check_parameters(notebook, {})


def test_an_unknown_parameter_is_named_with_those_there_are(read):
    notebook = read("level: float = 0.95  # confidence\n")
    with pytest.raises(ReportError, match=r"1 of 2 parameters(.|\n)*levle(.|\n)*level"):
        check_parameters(notebook, {"levle": 0.9, "level": 0.9})


@pytest.mark.parametrize(
    "line",
    [
        "level: float = 0.9 + 0.05",
        "level = 0.95",
        "level: number = 0.95",
        "level: float",
        "a, b = 1, 2",
        "import os",
        "level = ",
    ],
)
def test_a_line_that_is_not_one_literal_with_its_type_is_shown(read, line):
    with pytest.raises(ReportError, match=f"found     {re.escape(line.strip())}"):
        read(f"{line}\n")


def test_a_notebook_without_a_parameters_cell_is_refused(page, tmp_path):
    page(tmp_path / "01.ipynb", "Who came?", "1 + 1")
    text = (tmp_path / "01.ipynb").read_text().replace('"parameters"', '"params"')
    (tmp_path / "01.ipynb").write_text(text)
    with pytest.raises(ReportError, match="0 cells are tagged"):
        read_notebook(tmp_path / "01.ipynb")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}', '{"cells": [{}]}'])
def test_a_file_that_is_no_notebook_is_named(tmp_path, text):
    (tmp_path / "01.ipynb").write_text(text)
    with pytest.raises(ReportError, match=r"01\.ipynb: this is not a notebook"):
        read_notebook(tmp_path / "01.ipynb")


def test_outputs_that_jupyterlab_saved_do_not_change_the_source(read, tmp_path):
    before = read("level: float = 0.95  # confidence\n").checksum
    path = tmp_path / "01_hall.ipynb"
    book = json.loads(path.read_text())
    book["cells"][-1] |= {"outputs": [_stream("2")], "execution_count": 7}
    path.write_text(json.dumps(book))
    assert read_notebook(path).checksum == before
    book["cells"][-1]["source"] = "1 + 2"
    path.write_text(json.dumps(book))
    assert read_notebook(path).checksum != before


def _stream(text: str) -> dict:
    return {"output_type": "stream", "name": "stdout", "text": text}


def _run(folder: Path) -> Run:
    return Run(
        name="01_hall",
        title="Who came?",
        source=folder / "01_hall.ipynb",
        output=folder / "made" / "01_hall.ipynb",
        parameters={},
        folder=folder,
        kept=folder / "failed" / "01_hall.ipynb",
        figures=folder / "figures",
    )


def test_two_runs_of_one_notebook_are_the_same_bytes(page, tmp_path):
    code = "print('a', flush=True)\nprint('b')\nobject()"
    page(tmp_path / "01_hall.ipynb", "Who came?", code)
    made = []
    for _ in range(2):
        run_notebook(_run(tmp_path))
        made.append((tmp_path / "made" / "01_hall.ipynb").read_bytes())
    assert made[0] == made[1]
    assert b"at 0x\xe2\x80\xa6" in made[0]


def test_prints_that_came_in_pieces_are_joined(tmp_path):
    cell = {"cell_type": "code", "metadata": {"execution": {"iopub.status.busy": "2026"}}}
    outputs = [_stream("a "), _stream(["b\n", "c"]), _stream("d") | {"name": "stderr"}]
    book = {"cells": [cell | {"outputs": outputs}], "metadata": {"papermill": {"duration": 3}}}
    path = tmp_path / "01.ipynb"
    path.write_text(json.dumps(book))
    settle(path)
    settled = json.loads(path.read_text())
    assert [out["text"] for out in settled["cells"][0]["outputs"]] == ["a b\nc", "d"]
    assert settled["metadata"] == settled["cells"][0]["metadata"] == {}


def _failing_starts(monkeypatch, times: int) -> list[int]:
    import papermill

    tried: list[int] = []
    execute = papermill.execute_notebook

    def start(*args, **settings):
        tried.append(1)
        if len(tried) <= times:
            raise RuntimeError("Kernel died before replying to kernel_info")
        return execute(*args, **settings)

    monkeypatch.setattr(papermill, "execute_notebook", start)
    return tried


def test_a_kernel_that_failed_to_start_once_is_started_again(page, tmp_path, monkeypatch):
    page(tmp_path / "01_hall.ipynb", "Who came?", "print('here')")
    tried = _failing_starts(monkeypatch, 1)
    run_notebook(_run(tmp_path))
    assert len(tried) == 2
    assert "here" in (tmp_path / "made" / "01_hall.ipynb").read_text()


def test_a_kernel_that_failed_to_start_twice_is_not_tried_for_ever(page, tmp_path, monkeypatch):
    page(tmp_path / "01_hall.ipynb", "Who came?", "print('here')")
    tried = _failing_starts(monkeypatch, 9)
    with pytest.raises(ReportError, match=r"failed to start twice(.|\n)*Kernel died before"):
        run_notebook(_run(tmp_path))
    assert len(tried) == 2


def test_a_kernel_that_stops_within_a_cell_is_not_run_again(page, tmp_path):
    page(tmp_path / "01_hall.ipynb", "Who came?", _ONCE)
    with pytest.raises(ReportError, match="the kernel stopped"):
        run_notebook(_run(tmp_path))
    assert (tmp_path / "ran").read_text() == "once"


_ONCE = """import os
with open("ran", "a") as ran:
    ran.write("once")
os._exit(3)
"""


def _start_all(runs: list[Run]) -> None:
    run_side_by_side(runs, workers=2, meanwhile=lambda: None, quiet=True)


def test_a_warm_kernel_and_a_usual_one_make_the_same_bytes(page, tmp_path, monkeypatch):
    code = "import statistics, os, sys\nlist({'a', 'b', 'c'}), os.getcwd(), len(sys.argv) > 1"
    page(tmp_path / "01_hall.ipynb", "Who came?", code, "1 + 1")
    run, usual = _run(tmp_path), tmp_path / "made" / "usual.ipynb"
    _start_all([run])
    monkeypatch.setattr(notebooks_run, "warm_start", lambda _: nullcontext(""))
    _start_all([replace(run, output=usual)])
    assert run.output.read_bytes() == usual.read_bytes()


def test_what_the_notebooks_import_is_known_before_they_run(page, tmp_path):
    cells = ["import a.b as c\nfrom d.e import f", "%matplotlib inline\nimport g", "import h"]
    page(tmp_path / "01_hall.ipynb", "Who came?", *cells)
    assert imported_by([tmp_path / "01_hall.ipynb"]) == {"a.b", "d.e", "d.e.f", "h"}


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
def test_a_kernel_starts_with_what_its_notebook_imports(page, tmp_path):
    page(
        tmp_path / "01_hall.ipynb",
        "Who?",
        "import sys\nprint('wave' in sys.modules)",
        "import wave",
    )
    _start_all([_run(tmp_path)])
    assert '"text": "True\\n"' in (tmp_path / "made" / "01_hall.ipynb").read_text()


def test_a_notebook_sees_nothing_that_another_did(page, tmp_path):
    code = "import statistics\nseen = hasattr(statistics, 'mark')\nstatistics.mark = 1\nprint(seen)"
    runs = []
    for name in ("01_hall", "02_school", "03_mill"):
        page(tmp_path / f"{name}.ipynb", "Who came?", code)
        source, output = tmp_path / f"{name}.ipynb", tmp_path / "made" / f"{name}.ipynb"
        runs.append(replace(_run(tmp_path), name=name, source=source, output=output))
    _start_all(runs)
    assert all('"text": "False\\n"' in run.output.read_text() for run in runs)


def test_kernels_start_the_usual_way_where_nobody_answers(tmp_path):
    started = []
    command = ["python", "-m", "ipykernel_launcher", "-f", "x.json"]
    start_kernel(str(tmp_path / "door"), lambda *given, **_: started.append(given), command)
    assert started == [(command,)]
