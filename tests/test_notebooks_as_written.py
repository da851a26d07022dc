"""Notebooks are pages: thin, alike in their order, and together they leave no figure out."""

from __future__ import annotations

import ast
import json
import re

import pandas as pd
import pytest
from papermill import inspect_notebook

from careersurvey.evidence.project import project_root

NOTEBOOKS = sorted((project_root() / "notebooks").glob("*.ipynb"))
SHARED = {"cohort": "str", "level": "float", "readings": "str"}


def _cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def _code(path):
    return ["".join(cell["source"]) for cell in _cells(path) if cell["cell_type"] == "code"]


def _words_of(path):
    """Every string of the code, and every part of one that names a quantity."""
    strings = [
        node.value
        for source in _code(path)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {part for text in strings for part in re.split(r"[^a-z0-9_]+", text)}


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 9


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestEveryNotebook:
    def test_begins_with_prose_under_a_title(self, path):
        first = _cells(path)[0]
        assert first["cell_type"] == "markdown"
        assert "".join(first["source"]).startswith("# ")

    def test_has_its_parameters_second_and_the_shared_ones_among_them(self, path):
        second = _cells(path)[1]
        assert second["metadata"].get("tags") == ["parameters"]
        taken = inspect_notebook(path)
        types = {name: about["inferred_type_name"] for name, about in taken.items()}
        assert set(types.values()) <= {"str", "int", "float", "bool"}
        assert SHARED.items() <= types.items()

    def test_loads_third_and_ends_on_a_table(self, path):
        third = _cells(path)[2]
        source = "".join(third["source"])
        assert third["cell_type"] == "code"
        assert source.count("load_cohort(") >= 1
        last = ast.parse(source).body[-1]
        assert isinstance(last, ast.Expr)

    def test_says_a_sentence_before_each_cell_of_code(self, path):
        kinds = [cell["cell_type"] for cell in _cells(path)[3:]]
        assert kinds == ["markdown", "code"] * (len(kinds) // 2)

    def test_is_thin(self, path):
        lengths = [source.count("\n") + 1 for source in _code(path)]
        assert max(lengths) <= 10

    def test_defines_nothing_and_leaves_paths_and_warnings_alone(self, path):
        for source in _code(path):
            nodes = list(ast.walk(ast.parse(source)))
            assert not [n for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)]
            assert not re.search(r"sys\.path|filterwarnings|simplefilter", source)

    def test_imports_only_at_its_head(self, path):
        for source in _code(path)[2:]:
            nodes = ast.walk(ast.parse(source))
            assert not [n for n in nodes if isinstance(n, ast.Import | ast.ImportFrom)]

    def test_is_committed_without_outputs(self, path):
        for cell in _cells(path):
            if cell["cell_type"] == "code":
                assert cell["outputs"] == []
                assert cell["execution_count"] is None

    def test_names_the_kernel_that_every_reader_has(self, path):
        kernel = json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]
        assert kernel["name"] == "python3"

    def test_has_cells_with_ids_of_their_own(self, path):
        ids = [cell["id"] for cell in _cells(path)]
        assert len(set(ids)) == len(ids)


def test_exhibits_have_names_of_their_own():
    named = [
        name
        for path in NOTEBOOKS
        for source in _code(path)
        for name in re.findall(r'show_(?:figure|table)\(\s*page,\s*"([^"]+)"', source)
    ]
    assert len(set(named)) == len(named)
    assert len(named) > 20


def test_every_indicator_that_the_report_prints_is_on_some_page():
    reported = pd.read_csv(project_root() / "data" / "ofsted-2013" / "reported.csv", dtype=str)
    shown = set().union(*(_words_of(path) for path in NOTEBOOKS))
    assert sorted(set(reported["indicator"]) - shown) == []
