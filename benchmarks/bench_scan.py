"""Count what a scan finds of a record that was written by hand: recall, precision, and time.

    python benchmarks/bench_scan.py REPORT [COHORT]

REPORT is the text of COHORT's report, by default of ofsted-2013. A row is found where a phrase of
its place is the same to the letter, apart from capitals and an "only" before it.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.printed.scan import draft_rows, scan


def key(row: dict[str, str]) -> tuple[str, str]:
    """Place and phrase, as they are held against each other."""
    return row["where"], row["reported"].lower().removeprefix("only ")


def cpu(*command: str) -> float:
    """Least seconds of CPU that a command takes, of nine runs."""
    took = []
    for _ in range(9):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run = [sys.executable, "-c", "from careersurvey.cli import main; main()", *command]
        subprocess.run(run, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(took)


def main(report: str, cohort: str = "ofsted-2013") -> None:
    """Print recall, precision, the rows that were missed, and the time of a scan."""
    rows = load_cohort(cohort).reported.to_dict("records")
    drafted = draft_rows(scan(Path(report)))
    left, missed = Counter(map(key, drafted)), []
    for row in rows:
        if left[key(row)]:
            left[key(row)] -= 1
        else:
            missed.append(f"{row['id']} {row['where']} {row['reported']!r}")
    found = len(rows) - len(missed)
    print(f"recall     {found} of {len(rows)} rows, {found / len(rows):.1%}")
    print(f"precision  {found} of {len(drafted)} proposals, {found / len(drafted):.1%}")
    with tempfile.TemporaryDirectory() as folder:
        scanned = cpu("scan", report, "--output", f"{folder}/draft")
    print(f"time       {scanned:.3f} s of CPU, {scanned / cpu('--help'):.1f} times that of --help")
    print("missed     " + "\n           ".join(missed))


if __name__ == "__main__":
    main(*sys.argv[1:]) if sys.argv[1:] else print("skipped: name the text of a report")
