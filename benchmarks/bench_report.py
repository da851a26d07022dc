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
from pathlib import Path

from careersurvey.evidence.cohort import project_root
from careersurvey.presentation.notebooks_run import Run, run_side_by_side
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
        bare = bare_runs(root, Path(scratch))
        taken = [(whole_report(root), bare_notebooks(bare)) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(column) for column in zip(*taken, strict=True))
    figures = sum(len(exhibits(root, run.name)) for run in bare)
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


def bare_notebooks(runs: list[Run]) -> float:
    """Seconds for the bare notebooks."""
    begun = time.perf_counter()
    run_side_by_side(runs, cores(), meanwhile=lambda: None, quiet=True)
    return time.perf_counter() - begun


def cores() -> int:
    """Cores that this program may use."""
    return len(os.sched_getaffinity(0))


def bare_runs(root: Path, scratch: Path) -> list[Run]:
    """A bare twin of every notebook that the report ran."""
    state = json.loads((root / "build" / COHORT / "state.json").read_text(encoding="utf-8"))
    return [bare_run(root, scratch, name) for name in state["pages"]]


def bare_run(root: Path, scratch: Path, name: str) -> Run:
    """Write the bare twin of one notebook."""
    source = scratch / f"{name}.ipynb"
    book = json.loads((root / "notebooks" / source.name).read_text(encoding="utf-8"))
    imports = ["import matplotlib.pyplot as plt", *imports_of(book)]
    plain = [PLAIN.format(folder=scratch, name=figure) for figure in exhibits(root, name)]
    cells = [code(text) for text in ["\n".join(imports), *plain]]
    source.write_text(json.dumps(book | {"cells": cells}), encoding="utf-8")
    made = scratch / "made" / source.name
    return Run(name, name, source, made, {}, root, scratch / "failed" / source.name)


def imports_of(book: dict) -> list[str]:
    """Every import of a notebook's code."""
    sources = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source))]
    return [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


def exhibits(root: Path, name: str) -> list[str]:
    """Names of the figures that a notebook made."""
    state = json.loads((root / "build" / COHORT / "state.json").read_text(encoding="utf-8"))
    files = map(Path, state["pages"][name]["figures"])
    return [path.stem for path in files if path.suffix == ".svg"]


def code(source: str) -> dict:
    """Return a code cell that has not been run."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"bare-{abs(hash(source)):x}"[:20],
        "metadata": {},
        "outputs": [],
        "source": source,
    }


if __name__ == "__main__":
    sys.exit(main())
