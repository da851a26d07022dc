"""What a report costs, as a ratio to its cells run as plain code in two processes.

Both are whole programs with the same imports and saves; the report also checks, binds and writes
documents. CPU seconds of the program and everything that it started. The limit is 1.5. Then, with
nothing due, how long the command takes: 0.3 s at most.
"""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
import tempfile
import time

from careersurvey.evidence.project import project_root

COHORT = sys.argv[1] if len(sys.argv) > 1 else "ofsted-2013"
LIMIT, IDLE = 1.5, 0.3
REPORT = [
    sys.executable,
    "-c",
    "from careersurvey.cli import main; raise SystemExit(main())",
    "report",
    COHORT,
]
PLAIN = """
import multiprocessing, os, sys, tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
import nbformat

def run(path):
    os.environ["CAREERSURVEY_FIGURES"] = tempfile.mkdtemp(dir=sys.argv[2])
    names = {}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
            names.update(cohort=sys.argv[1])

books = sorted(set(Path("notebooks").glob("[0-9]*.ipynb")) - set(Path("notebooks").glob("10*")))
with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
    list(pool.map(run, books))
"""


def main() -> int:
    """Measure, print and compare; 1 when a limit is passed."""
    # Adopt what a program leaves behind, so that its CPU is counted here.
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    record = project_root() / "build" / COHORT / "made.json"
    record.unlink(missing_ok=True)
    ours, wall = measured([*REPORT, "--jobs", "2"])
    with tempfile.TemporaryDirectory() as scratch:
        plain, plain_wall = measured([sys.executable, "-c", PLAIN, COHORT, scratch])
    idle, idle_wall = measured(REPORT)
    print(f"  report, from nothing     {ours:6.1f} s CPU, {wall:5.1f} s")
    print(f"  its cells as plain code  {plain:6.1f} s CPU, {plain_wall:5.1f} s")
    print(f"  ratio {ours / plain:.2f} (at most {LIMIT})")
    print(f"  nothing due              {idle:6.2f} s CPU, {idle_wall:5.2f} s (at most {IDLE})")
    return int(ours / plain > LIMIT or idle > IDLE)


def measured(command: list[str]) -> tuple[float, float]:
    """CPU and wall seconds of a command with everything that it started."""
    quiet = {"MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1"}
    begun, before = time.perf_counter(), used()
    done = subprocess.run(command, env=os.environ | quiet, stderr=subprocess.PIPE, check=False)
    wall = time.perf_counter() - begun
    if done.returncode:
        sys.exit(done.stderr.decode())
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        return used() - before, wall


def used() -> float:
    """CPU seconds of all that this program has waited for."""
    taken = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken.ru_utime + taken.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
