"""End a report at random moments, and say what was left: a report is old or new, whole.

    python benchmarks/bench_kill.py [TIMES]

A project of two small pages is made in a folder of its own, with a temporary folder of its own.
TIMES (10) programs are ended by each of SIGTERM, SIGINT and SIGKILL somewhere in the making of a
report; after a kill the next command is run. What stands then must be a whole report, and nothing
may be left in the temporary folder.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from careersurvey.evidence.project import start_project
from careersurvey.presentation.outputs import checksums, read_record

KEPT = ("01_sample.ipynb", "99_figures_in_text.ipynb")


def made(root: Path, temporary: Path) -> subprocess.Popen:
    """A program that makes the report."""
    run = [sys.executable, "-c", "import sys; from careersurvey.cli import main; sys.exit(main())"]
    return subprocess.Popen(
        [*run, "report", "data/ofsted-2023"],
        cwd=root,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def whole(build: Path) -> bool:
    """Whether what stands is as its record says."""
    held, name = read_record(build).get("holds", {}), f"build/{build.name}/"
    files = {one.removeprefix(name): sha for one, sha in held.items() if one.startswith(name)}
    return bool(files) and checksums(build) == files


def left(root: Path, temporary: Path) -> list[str]:
    """What is in the temporary folder, and half made beside the report."""
    beside = [path.name for path in (root / "build").glob(".*") if path.suffix in (".new", ".old")]
    return [*beside, *(path.name for path in temporary.iterdir())]


def main(times: int = 10) -> None:
    """Print for each signal how many of the reports that stood were whole, and what was left."""
    chosen = random.Random(2013)
    with tempfile.TemporaryDirectory() as folder:
        root, temporary = Path(folder, "project"), Path(folder, "temporary")
        start_project(root)
        temporary.mkdir()
        for page in (root / "notebooks").glob("*.ipynb"):
            if page.name not in KEPT:
                page.unlink()
        begun = time.monotonic()
        assert made(root, temporary).wait() == 0
        took = time.monotonic() - begun
        print(f"a report takes {took:.1f} s")
        build = root / "build" / "ofsted-2023"
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
            sound, found = 0, []
            for time_ in range(times):
                (root / "data" / "ofsted-2023" / "again.txt").write_text(f"{number} {time_}")
                program = made(root, temporary)
                time.sleep(chosen.uniform(0.1, took))
                program.send_signal(number)
                program.wait()
                time.sleep(1.5)
                sound += whole(build)
                if number == signal.SIGKILL:
                    assert made(root, temporary).wait() == 0
                    sound -= not whole(build)
                found += left(root, temporary)
            print(f"{signal.Signals(number).name:<8} {sound} of {times} whole; left: {found}")
        shutil.rmtree(root)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
