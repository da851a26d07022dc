"""How long a report takes, as a ratio to bare notebooks that do the least the same job needs.

For every notebook of the report there is a bare one with the same imports that saves one plain
figure an exhibit in the same formats. Both are run by papermill from Python, as many side by side
as there are cores, turn about in one run; the medians are compared. The limit is 2.
"""

from __future__ import annotations

import ast
import json
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from careersurvey.evidence.project import project_root
from careersurvey.presentation.report import run_report

COHORT = "ofsted-2013"
ROUNDS = 3
LIMIT = 2.0
PLAIN = """figure, axes = plt.subplots()
axes.barh(["a", "b", "c"], [3, 2, 1])
for kind in ("svg", "png"):
    figure.savefig(f"{folder}/{name}.{{kind}}")
plt.close(figure)
"""


def main() -> int:
    """Measure, print and compare; 1 when the report takes more than twice the bare notebooks."""
    root = project_root()
    run_report(root / "data" / COHORT, quiet=True)
    with tempfile.TemporaryDirectory() as scratch:
        bare = [write_bare(root, Path(scratch), name) for name in pages(root)]
        taken = [(whole_report(root), bare_notebooks(bare)) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(column) for column in zip(*taken, strict=True))
    figures = sum(len(exhibits(root, path.stem)) for path in bare)
    print(f"{len(bare)} notebooks with {figures} figures, {cores()} cores, median of {ROUNDS}")
    print(f"  report, from nothing but the installation  {ours:6.1f} s")
    print(f"  bare notebooks, side by side               {theirs:6.1f} s")
    print(f"  ratio {ours / theirs:.2f} (at most {LIMIT})")
    return int(ours / theirs > LIMIT)


def whole_report(root: Path) -> float:
    """Seconds for the whole report with nothing made before."""
    (root / "build" / COHORT / "state.json").unlink()
    begun = time.perf_counter()
    run_report(root / "data" / COHORT, quiet=True)
    return time.perf_counter() - begun


def bare_notebooks(notebooks: list[Path]) -> float:
    """Seconds for the bare notebooks, as papermill's documentation runs them."""
    begun = time.perf_counter()
    with ProcessPoolExecutor(cores()) as pool:
        list(pool.map(run_bare, notebooks))
    return time.perf_counter() - begun


def run_bare(notebook: Path) -> None:
    """Run one notebook by papermill."""
    import papermill

    made = notebook.with_name(f"{notebook.stem}-made.ipynb")
    quiet = {"progress_bar": False, "extra_arguments": ["--IPKernelApp.log_level=50"]}
    papermill.execute_notebook(notebook, made, kernel_name="python3", **quiet)


def cores() -> int:
    """Cores that this program may use."""
    return len(os.sched_getaffinity(0))


def write_bare(root: Path, scratch: Path, name: str) -> Path:
    """Write the bare twin of one notebook."""
    book = json.loads((root / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))
    imports = ["import matplotlib.pyplot as plt", *imports_of(book)]
    plain = [PLAIN.format(folder=scratch, name=figure) for figure in exhibits(root, name)]
    cells = [code(f"bare-{i}", text) for i, text in enumerate(["\n".join(imports), *plain])]
    notebook = scratch / f"{name}.ipynb"
    notebook.write_text(json.dumps(book | {"cells": cells}), encoding="utf-8")
    return notebook


def imports_of(book: dict) -> list[str]:
    """Every import of a notebook's code."""
    sources = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    return [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


def pages(root: Path) -> dict[str, dict]:
    """What the last report recorded of its notebooks."""
    state = json.loads((root / "build" / COHORT / "state.json").read_text(encoding="utf-8"))
    return state["pages"]


def exhibits(root: Path, name: str) -> list[str]:
    """Names of the figures that a notebook made."""
    files = map(Path, pages(root)[name]["files"])
    return [path.stem for path in files if path.suffix == ".svg"]


def code(name: str, source: str) -> dict:
    """Return a code cell that has not been run."""
    empty = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    return empty | {"id": name, "source": source}


if __name__ == "__main__":
    sys.exit(main())
