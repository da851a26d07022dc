"""The tutorials of the site run as they are committed, and are committed without outputs."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.ipynb"))


def test_there_is_one_for_each_way_in():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert [path.stem for path in TUTORIALS] == sorted({
        part.split(".ipynb")[0] for part in index.split("](tutorials/")[1:]
    })  # fmt: skip


@pytest.mark.shipped
@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_runs_and_shows_what_it_promises(path, monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    book = nbformat.read(path, as_version=4)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    made = NotebookClient(
        book, timeout=120, resources={"metadata": {"path": path.parent}}
    ).execute()
    shown = [output for cell in made.cells for output in cell.get("outputs", ())]
    assert any("<svg" in str(output.get("data", {}).get("text/html", "")) for output in shown)
    told = "".join(str(output.get("text", "")) for output in shown)
    assert "Error" not in told.replace("QuestionError", "")
    assert " failed" not in told.replace(" 0 failed", "")
