"""One million parents in CSV: read by a mapping and checked, against DuckDB's own typed read.

    python benchmarks/bench_imports.py [ROWS]

Each side runs in a process of its own, five times in turn, and the fastest runs are compared,
since other work on the machine only ever adds time. Prints the times, their ratio and the
greatest memory of the checked read, and fails above 3 times or 1.5 GB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = 1_000_000
MOST_TIMES, MOST_BYTES = 3.0, 1.5e9
TYPES = {"parent_id": "VARCHAR", "school_id": "VARCHAR", "stratum": "VARCHAR"}
TYPES |= {"n_schools": "DOUBLE", "parent_weight": "DOUBLE"}
QUESTIONS = (
    "helpline_heard",
    "website_heard",
    "academic_hoped",
    "send",
    "pre16_helped",
    "post16_helped",
    "helpline_used",
    "website_used",
    "send_good_guidance",
)
TOML = """\
[cohort]
id = "million"
title = "One million parents"
evidence = "respondents"

[cohort.invited]
parents = 2000000

[tables.parents]
file = "parents.csv"

[tables.parents.design]
weight = "parent_weight"
strata = ["stratum"]
clusters = ["school_id"]
population = ["n_schools"]

[tables.parents.asked]
helpline_used = "helpline_heard=yes"
website_used = "website_heard=yes"
send_good_guidance = "send=yes"

[tables.schools]
file = "answers_of_schools.csv"
"""


def write_cohort(folder: Path, rows: int) -> None:
    import duckdb

    (folder / "cohort.toml").write_text(TOML)
    said = "CASE (hash(i, {n}) % 20)::INT WHEN 0 THEN '' WHEN 1 THEN 'not_sure' {more}END"
    yes_no = said.format(n="{n}", more="WHEN 2 THEN 'yes' WHEN 3 THEN 'yes' ELSE 'no' ")
    wide = said.format(n="{n}", more="WHEN 2 THEN '{last}' WHEN 3 THEN 'neither' ELSE 'yes' ")
    columns = {name: yes_no.format(n=n) for n, name in enumerate(QUESTIONS)}
    columns["pre16_helped"] = wide.format(n=20, last="definitely_not")
    columns["post16_helped"] = wide.format(n=21, last="negative")
    for name, other in (("helpline_used", "helpline_heard"), ("website_used", "website_heard")):
        columns[name] = f"CASE WHEN ({columns[other]}) = 'yes' THEN {columns[name]} ELSE '' END"
    columns["send_good_guidance"] = (
        f"CASE WHEN ({columns['send']}) = 'yes' THEN {columns['send_good_guidance']} ELSE '' END"
    )
    selected = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
    query = (
        "SELECT 'P' || i AS parent_id, 'S' || (i % 6000) AS school_id, "
        "'T' || (i % 6000 % 3) AS stratum, 2500 AS n_schools, "
        f"round(1 + (i % 97) / 50, 2) AS parent_weight, {selected} FROM range({rows}) t(i)"
    )
    duckdb.execute(f"COPY ({query}) TO '{folder}/parents.csv' (HEADER)")
    schools = "SELECT DISTINCT 'S' || (i % 6000) AS school_id FROM range(6000) t(i)"
    duckdb.execute(f"COPY ({schools}) TO '{folder}/answers_of_schools.csv' (HEADER)")


def read_typed(folder: Path) -> float:
    import duckdb

    duckdb.execute("SELECT 1")
    types = TYPES | dict.fromkeys(QUESTIONS, "VARCHAR")
    started = time.perf_counter()
    duckdb.execute(
        f"CREATE TEMP TABLE typed AS SELECT * FROM read_csv('{folder}/parents.csv', "
        f"header = true, auto_detect = false, delim = ',', quote = '\"', columns = {types})"
    )
    return time.perf_counter() - started


def read_and_check(folder: Path) -> float:
    import duckdb
    import pandas  # noqa: F401

    from careersurvey.evidence import checks
    from careersurvey.evidence.cohort import load_cohort

    duckdb.execute("SELECT 1")
    cohort = load_cohort(folder)
    started = time.perf_counter()
    found = checks.screen(cohort)
    taken = time.perf_counter() - started
    failed = [check for check in found if not check.passed]
    assert not failed, failed
    return taken


def measure(side: str, folder: Path) -> tuple[float, float]:
    """Time and greatest memory of one side, in a process of its own."""
    command = [sys.executable, __file__, side, str(folder)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(told[0]), float(told[1])


def run_side(side: str, folder: Path) -> None:
    taken = {"typed": read_typed, "checked": read_and_check}[side](folder)
    print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def main(rows: int) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_cohort(folder, rows)
        runs = [(measure("typed", folder), measure("checked", folder)) for _ in range(5)]
    typed = min(one[0] for one, _ in runs)
    checked = min(other[0] for _, other in runs)
    memory = max(other[1] for _, other in runs)
    ratio = checked / typed
    print(f"{rows:,} rows: typed read {typed:.2f} s, read and checked {checked:.2f} s")
    print(f"ratio {ratio:.2f} (at most {MOST_TIMES}), memory {memory / 1e9:.2f} GB (at most 1.5)")
    return 0 if ratio <= MOST_TIMES and memory <= MOST_BYTES else 1


if __name__ == "__main__":
    if len(sys.argv) == 3:
        run_side(sys.argv[1], Path(sys.argv[2]))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) == 2 else ROWS))
