"""Answers of one million parents, in every kind of file, beside the plain read of a library.

    python benchmarks/bench_answers.py [ROWS] [KIND]...

Each side runs in a process of its own, three times in turn; the least CPU time of each is taken,
since other work on the machine only ever adds. Ours opens the file, gives every cell its meaning,
keeps the coded rows and holds them against every rule; the other side only reads:

- csv: DuckDB with the type of each column declared;
- sav, dta: pyreadstat, as a plain data frame;
- xlsx (a tenth of the rows): python-calamine, as rows of cells;
- parquet: pyarrow, in one thread.

A second command on the same file is measured too. Prints the ratios and the greatest memory, and
fails above what is said in LIMITS.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = 1_000_000
#: Of each kind: times the plain read, and bytes of memory.
LIMITS = {
    "csv": (2.5, 1e9),
    "sav": (3.0, 700e6),
    "dta": (3.0, 700e6),
    "xlsx": (2.0, 1e9),
    "parquet": (2.5, 1e9),
}
AGAIN = 0.3  # of the first command's time
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
parents = 20000000

[tables.parents]
file = "parents.{kind}"

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


def write_cohort(folder: Path, kind: str, rows: int) -> None:
    """Write the answers of invented parents of 6,000 schools, and the project that they are in."""
    import duckdb

    (folder / "data").mkdir()
    (folder / "notebooks").mkdir()
    cohort = folder / "data" / "million"
    cohort.mkdir()
    (cohort / "cohort.toml").write_text(TOML.format(kind=kind))
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
    schools = "SELECT DISTINCT 'S' || (i % 6000) AS school_id FROM range(6000) t(i)"
    duckdb.execute(f"COPY ({schools}) TO '{cohort}/answers_of_schools.csv' (HEADER)")
    _write(cohort / f"parents.{kind}", kind, query)


def _write(path: Path, kind: str, query: str) -> None:
    import duckdb

    if kind in ("csv", "parquet"):
        how = "(HEADER)" if kind == "csv" else "(FORMAT parquet)"
        duckdb.execute(f"COPY ({query}) TO '{path}' {how}")
        return
    frame = duckdb.sql(query).df()
    if kind == "xlsx":
        import openpyxl

        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        sheet.append(list(frame))
        for row in frame.itertuples(index=False):
            sheet.append([cell if cell != "" else None for cell in row])
        book.save(path)
        return
    import pyreadstat

    # Codes with labels, as these files hold their answers.
    labels = {}
    for name in QUESTIONS:
        texts = sorted(set(frame[name]) - {""})
        labels[name] = dict(enumerate(texts, 1))
        frame[name] = frame[name].map({text: code for code, text in labels[name].items()})
    write = pyreadstat.write_sav if kind == "sav" else pyreadstat.write_dta
    write(frame, path, variable_value_labels=labels)


def read_plainly(path: Path, kind: str) -> None:
    """Read a file as a library does that knows nothing of its answers."""
    if kind == "csv":
        import duckdb

        types = TYPES | dict.fromkeys(QUESTIONS, "VARCHAR")
        duckdb.execute(
            f"CREATE TEMP TABLE typed AS SELECT * FROM read_csv('{path}', "
            f"header = true, auto_detect = false, delim = ',', quote = '\"', columns = {types})"
        )
    elif kind == "xlsx":
        import python_calamine

        sheet = python_calamine.load_workbook(path).get_sheet_by_index(0)
        for _ in sheet.iter_rows():
            pass
    elif kind == "parquet":
        from pyarrow import parquet

        parquet.read_table(path, use_threads=False)
    else:
        import pyreadstat

        (pyreadstat.read_sav if kind == "sav" else pyreadstat.read_dta)(path)


def run_side(side: str, folder: Path, kind: str) -> None:
    """Time one side in this process, its libraries imported before; print time and memory."""
    import duckdb
    import pandas  # noqa: F401
    import pyreadstat  # noqa: F401
    import python_calamine  # noqa: F401
    from pyarrow import csv, parquet  # noqa: F401

    from careersurvey.evidence.checks.screen import screen
    from careersurvey.evidence.cohort import load_cohort

    os.chdir(folder)
    duckdb.execute("SELECT 1")
    started = time.process_time()
    if side == "plain":
        read_plainly(folder / "data" / "million" / f"parents.{kind}", kind)
    else:
        found = screen(load_cohort(folder / "data" / "million"))
        failed = [check for check in found if not check.passed]
        assert not failed, failed
    taken = time.process_time() - started
    print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def measure(side: str, folder: Path, kind: str) -> tuple[float, float]:
    """Return the CPU time and greatest memory of one side, in a process of its own."""
    command = [sys.executable, __file__, "side", side, str(folder), kind]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(told[0]), float(told[1])


def bench(kind: str, rows: int) -> bool:
    """Measure one kind of file; return whether it is within its limits."""
    times, most = LIMITS[kind]
    rows = rows // 10 if kind == "xlsx" else rows
    runs: dict[str, list[tuple[float, float]]] = {"plain": [], "first": [], "again": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own: a child would begin with the memory that its parent had.
        command = [sys.executable, __file__, "side", "write", str(folder), kind, str(rows)]
        subprocess.run(command, check=True)
        for _ in range(3):
            runs["plain"].append(measure("plain", folder, kind))
            for kept in folder.glob("build/million/answers/*"):
                kept.unlink()
            runs["first"].append(measure("first", folder, kind))
            runs["again"].append(measure("again", folder, kind))
    plain, first, again = (min(taken for taken, _ in runs[side]) for side in runs)
    memory = max(used for _, used in runs["first"])
    print(
        f"{kind:>7}, {rows:>10,} rows: plain {plain:.2f} s, first {first:.2f} s, "
        f"again {again:.2f} s of CPU; {first / plain:.2f} times the plain read (at most {times}), "
        f"again {again / first:.2f} of the first (at most {AGAIN}), "
        f"{memory / 1e6:,.0f} MB (at most {most / 1e6:,.0f})",
        flush=True,
    )
    return first / plain <= times and memory <= most and again / first <= AGAIN


def main(arguments: list[str]) -> int:
    """Measure the kinds of files that are named, or all."""
    rows = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else ROWS
    results = [bench(kind, rows) for kind in arguments or LIMITS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["side"]:
        if sys.argv[2] == "write":
            write_cohort(Path(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
        else:
            run_side(sys.argv[2], Path(sys.argv[3]), sys.argv[4])
    else:
        sys.exit(main(sys.argv[1:]))
