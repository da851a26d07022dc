"""A small project of its own for the runner: three pages, one cohort, nothing shared with ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from careersurvey.evidence.cohort import load_cohort
from careersurvey.presentation.changes import since


@pytest.fixture(scope="session")
def since_2013() -> pd.DataFrame:
    """What each change of the follow-up since 2013 came to; its readers leave it as it is."""
    return since("ofsted-2013", load_cohort("example-2026"))


COHORT = """[cohort]
id = "village"
title = "Careers guidance in one village & its school"
evidence = "reported"
publisher = "The parish"
fieldwork = "2012-09-03/2013-03-15"
sampling = "Everybody in the village hall was asked"
"""

REPORTED = (
    "id,where,section,indicator,category,domain,group,unit,base,base_id,base_n,base_from,"
    "reported,form,note\n"
)

PARAMETERS = """cohort: str = "data/village"  # the folder of the cohort
level: float = 0.95  # confidence level, between 0 and 1
"""

FIGURE = """from pathlib import Path

from IPython.display import HTML

from careersurvey.presentation.outputs import figures_folder

figures = figures_folder(Path(cohort), "village")
Path(figures, "{name}.txt").write_text(f"{{level}} of {{cohort}}")
HTML('<figure><svg role="img" aria-label="One bar"></svg></figure>')
"""


def write_page(path: Path, title: str, *cells: str, parameters: str = PARAMETERS) -> None:
    """Write a notebook as a person would commit it."""
    code = [_cell("code", parameters, "parameters"), *(_cell("code", cell) for cell in cells)]
    book = {
        "cells": [_cell("markdown", f"# {title}\n\nWhat was found."), *code],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    for number, cell in enumerate(book["cells"]):
        cell["id"] = f"cell-{number}"
    path.write_text(json.dumps(book), encoding="utf-8")


def _cell(kind: str, source: str, *tags: str) -> dict:
    cell = {"cell_type": kind, "metadata": {"tags": list(tags)} if tags else {}, "source": source}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


@pytest.fixture
def page() -> Callable[..., None]:
    """Writer of notebooks: path, title, code cells, parameters."""
    return write_page


@pytest.fixture
def parameters() -> str:
    """Source of the parameters cell that every page has."""
    return PARAMETERS


@pytest.fixture
def figure() -> str:
    """Code of a cell that draws one exhibit, named by ``.format(name=...)``."""
    return FIGURE


@pytest.fixture
def village(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Project with two pages that each draw one exhibit, as the working directory."""
    monkeypatch.chdir(tmp_path)
    for folder in ("notebooks", "data/village"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data/village/cohort.toml").write_text(COHORT)
    (tmp_path / "data/village/reported.csv").write_text(REPORTED)
    write_page(tmp_path / "notebooks/01_hall.ipynb", "Who came?", FIGURE.format(name="hall"))
    write_page(tmp_path / "notebooks/02_school.ipynb", "Who taught?", FIGURE.format(name="school"))
    return tmp_path
