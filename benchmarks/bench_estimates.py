"""Time estimates from respondents against R's survey package and hand-written aggregation.

Run: python benchmarks/bench_estimates.py [--rows 1000000 10000000] [--no-r] [--runs 5].

Made-up parents in 6,000 schools answer 12 yes/no questions, broken down by three properties of
their schools with 15 groups in all, and by three of their own with --own. The hand-written
aggregation gives the sums that the estimates need (count and weight of both answers to every
question, by stratum and school) from the same file or frame, in DuckDB and in polars, and nothing
more: no variance, no table. Ratios are of medians of CPU in one run, start-up left out.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.tables import COLUMNS, indicator_of, variables_of
from careersurvey.inference.survey.questions import Table, opened
from careersurvey.inference.survey.rows import table_of
from careersurvey.inference.survey.totals import read_totals

SCHOOLS, FINDINGS = 6_000, 12
DOMAINS = {
    "school_type": ["converter", "maintained", "sponsored"],
    "sixth_form": ["no", "yes"],
    "region": [f"region_{code:02d}" for code in range(10)],
}
NAMES = [f"finding_{code:02d}" for code in range(FINDINGS)]
R_SCRIPT = """
suppressPackageStartupMessages(library(survey))
d <- read.csv(commandArgs(TRUE)[1], stringsAsFactors = TRUE)
start <- proc.time()[["elapsed"]]
design <- svydesign(ids = ~school_id, strata = ~school_type, weights = ~w, data = d)
f <- as.formula(paste("~", paste(grep("^finding", names(d), value = TRUE), collapse = " + ")))
overall <- svymean(f, design)
for (by in c("school_type", "sixth_form", "region"))
  svyby(f, as.formula(paste("~", by)), design, svymean)
options(digits = 17)
cat(proc.time()[["elapsed"]] - start, overall[1], SE(overall)[1], "\\n")
"""


def schools():
    rng = np.random.default_rng(7)
    own = {name: rng.choice(groups, SCHOOLS) for name, groups in DOMAINS.items()}
    return pd.DataFrame({"school_id": [f"S{code:05d}" for code in range(SCHOOLS)], **own})


def write_parents(path, rows, places):
    """Write parents a million at a time, so that making them needs little memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(13)
    writer = None
    for first in range(0, rows, 1_000_000):
        size = min(1_000_000, rows - first)
        place = rng.integers(0, SCHOOLS, size)
        columns = {
            "school_id": places["school_id"].to_numpy()[place],
            "school_type": places["school_type"].to_numpy()[place],
            "w": np.round(rng.gamma(4, 6, size) + 1, 3),
        }
        columns["hours"] = np.round(rng.gamma(4, 2, size), 2)
        lean = rng.normal(0, 0.1, SCHOOLS)[place]
        for number, name in enumerate(NAMES):
            share = 0.1 + 0.07 * number + lean
            columns[name] = np.where(rng.random(size) < share, "yes", "no")
        for code, (name, groups) in enumerate(DOMAINS.items()):
            columns[f"own_{name}"] = rng.choice(groups, size) if code < 3 else None
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(path, table.schema)
        # DuckDB's own size of a row group: readers share a file out by its groups.
        writer.write_table(table, row_group_size=122_880)
    writer.close()


def questions():
    rows = [
        {
            "indicator": name,
            "unit": "parent",
            "measure": "share",
            "variable": name,
            "categories": "yes;no",
            "base": "",
            "among": "",
            "denominator": "",
        }
        for name in NAMES
    ]
    blank = dict.fromkeys(COLUMNS["indicators.csv"], "")
    return [indicator_of(blank | row) for row in rows]


def numbers(measure):
    blank = dict.fromkeys(COLUMNS["indicators.csv"], "")
    about = {"indicator": measure, "unit": "parent", "measure": measure, "variable": "hours"}
    return [indicator_of(blank | about)]


def codebook():
    values = dict.fromkeys(NAMES, "yes;no") | {name: ";".join(DOMAINS[name]) for name in DOMAINS}
    values |= {f"own_{name}": ";".join(DOMAINS[name]) for name in DOMAINS}
    blank = dict.fromkeys(COLUMNS["codebook.csv"], "") | {"type": "category"}
    rows = [blank | {"variable": name, "values": codes} for name, codes in values.items()]
    rows.append(blank | {"variable": "hours", "type": "number"})
    return {one.name: one for row in rows for one in variables_of(row)}


def ours(frame, places, own=False, asked=None, **settings):
    design = {"weight": "w", "strata": ["school_type"], "clusters": ["school_id"], **settings}
    asked, by = asked or questions(), [f"own_{name}" if own else name for name in DOMAINS]
    lookups = {"schools": ("school_id", places)}
    given = codebook(), DesignSettings(**design), lookups, "made-up"
    table = Table(opened(frame), *given, indicators=tuple(asked))
    return table_of(table, read_totals(table, by), by, 0.95, None, None)


def by_duckdb(source, form, keys):
    """Sum in SQL, in one of three forms: which is fastest depends on the version."""
    parts = []
    for name in NAMES:
        if form == "packed":  # both counts as digits of one number
            yes, no = (f"CAST({name} = '{answer}' AS DOUBLE)" for answer in ("yes", "no"))
            parts += [f"sum({yes} + {no} * 67108864)", f"sum(w * {yes})", f"sum(w * {no})"]
            continue
        for answer in ("yes", "no"):
            if form == "filter":
                parts += [f"count(*) FILTER ({name} = '{answer}')"]
                parts += [f"sum(w) FILTER ({name} = '{answer}')"]
            else:
                parts += [f"sum(CASE WHEN {name} = '{answer}' THEN 1 ELSE 0 END)"]
                parts += [f"sum(CASE WHEN {name} = '{answer}' THEN w ELSE 0 END)"]
    query = f"SELECT {keys}, {', '.join(parts)} FROM {source} GROUP BY {keys}"
    return duckdb.sql(query).fetchnumpy()


def by_polars(frame, keys, form):
    """Sum in polars: what each row adds is computed group by group, or as columns first."""
    import polars as pl

    parts, keys = {}, keys.split(", ")
    for name in NAMES:
        for answer in ("yes", "no"):
            chosen = pl.col(name) == answer
            parts[f"{name}_{answer}_n"] = chosen
            parts[f"{name}_{answer}_w"] = pl.when(chosen).then(pl.col("w")).otherwise(0.0)
    rows = frame.lazy()
    if form == "columns":
        rows, parts = rows.select(*keys, **parts), {name: pl.col(name) for name in parts}
    return rows.group_by(keys).agg(**{name: part.sum() for name, part in parts.items()}).collect()


def median(call, runs):
    call()
    times = []
    for _ in range(runs):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return statistics.median(times)


def in_turn(calls, runs):
    """Medians of several calls, taken in turn so that a busy machine is busy for all."""
    times = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(runs):
        for name, call in calls.items():
            start = time.process_time()
            call()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def hand_written(path, frame=None, own=False):
    keys = ["school_type, school_id"]
    if own:
        keys += [f"school_type, school_id, own_{name}" for name in DOMAINS]

    def each(call):
        return lambda: [call(key) for key in keys]

    source = f"'{path}'"
    calls = {
        f"DuckDB, {form}, on Parquet": each(lambda key, form=form: by_duckdb(source, form, key))
        for form in ("filter", "case", "packed")
    }
    import polars as pl

    for form in ("groups", "columns"):
        calls[f"polars, {form}, on Parquet"] = each(
            lambda key, form=form: by_polars(pl.scan_parquet(path), key, form)
        )
        if frame is not None:
            calls[f"polars, {form}, in memory"] = each(
                lambda key, form=form: by_polars(frame, key, form)
            )
    return calls


def report(times, mine, others, limit, what):
    best = min(others, key=times.get)
    ratio = times[mine] / times[best]
    verdict = "met" if ratio <= limit else "NOT MET"
    print(f"  {what}: {ratio:.2f} of {best} ({times[best]:.3f} s), limit {limit} - {verdict}")
    return ratio <= limit


def time_r(path, folder):
    table = folder / "parents.csv"
    places = folder / "schools.parquet"
    joined = f"'{path}' JOIN '{places}' AS s USING (school_id)"
    names = ", ".join(["school_id", "w", *NAMES, *(f"s.{name}" for name in DOMAINS)])
    duckdb.sql(f"COPY (SELECT {names} FROM {joined}) TO '{table}'")
    script = folder / "survey.R"
    script.write_text(R_SCRIPT)
    done = subprocess.run(["Rscript", script, table], capture_output=True, text=True, check=True)
    seconds, share, error = (float(part) for part in done.stdout.split())
    return seconds, share, error


def peak_memory(path, places_path):
    """Peak memory in MB of a fresh process that reads the file and makes the estimates once."""
    code = (
        "import sys, duckdb, pandas as pd; sys.path.insert(0, sys.argv[1]);"
        "import bench_estimates as b;"
        "duckdb.sql('SET enable_progress_bar = false');"
        "b.ours(duckdb.read_parquet(sys.argv[2]), pd.read_parquet(sys.argv[3]));"
        "status = open('/proc/self/status').read();"
        "print(int(status.split('VmHWM:')[1].split()[0]) / 1024)"
    )
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", code, here, str(path), str(places_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def one_size(folder, rows, arguments):
    import polars as pl

    path, places = folder / f"parents_{rows}.parquet", schools()
    write_parents(path, rows, places)
    places.to_parquet(folder / "schools.parquet")
    frame = pl.read_parquet(path) if rows <= 2_000_000 else None
    relation = duckdb.read_parquet(str(path))
    mine = {"ours, DuckDB on Parquet": lambda: ours(relation, places, arguments.own)}
    if frame is not None:
        mine["ours, polars in memory"] = lambda: ours(frame, places, arguments.own)
    theirs = hand_written(path, frame, arguments.own)
    times = in_turn({**mine, **theirs}, arguments.runs)
    print(f"{rows:,} rows")
    for name, seconds in times.items():
        print(f"  {name:<32}{seconds:8.3f} s")
    on_file = [name for name in theirs if "memory" not in name]
    met = [report(times, "ours, DuckDB on Parquet", on_file, 1.3, "on Parquet")]
    in_memory = [name for name in theirs if "memory" in name]
    if frame is not None:
        met.append(report(times, "ours, polars in memory", in_memory, 1.3, "in memory"))
        met += kinds(relation, places, arguments.runs)
    memory = peak_memory(path, folder / "schools.parquet")
    met.append(memory < 400)
    print(f"  peak memory of a fresh process on Parquet: {memory:.0f} MB")
    if rows <= 2_000_000 and arguments.r and shutil.which("Rscript"):
        met.append(against_r(path, folder, relation, places, times))
    return met, times["ours, DuckDB on Parquet"]


def kinds(relation, places, runs):
    """What other kinds of estimates take, against shares without more ado."""
    category = duckdb.sql("SELECT school_type, sum(w) FROM relation GROUP BY ALL").fetchall()
    totals = {"school_type": {name: 1.1 * size for name, size in category}}
    people = sum(totals["school_type"].values())
    for name in ("sixth_form", "own_school_type", "own_sixth_form", "own_region"):
        groups = DOMAINS[name.removeprefix("own_")]
        totals[name] = dict.fromkeys(groups, people / len(groups))
    one = questions()[:1]
    calls = {
        "shares": lambda: ours(relation, places),
        "500 bootstraps": lambda: ours(relation, places, replicate_method="bootstrap"),
        "calibration": lambda: ours(relation, places, calibrate={"totals": totals}),
    }
    times = in_turn(calls, max(runs // 2, 1))
    limits = [("500 bootstraps", 2), ("calibration", 10)]
    met = [report(times, mine, ["shares"], limit, mine) for mine, limit in limits]
    share = {"a share": partial(ours, relation, places, asked=one)}
    for measure in ("mean", "median"):
        # By turns with a share alone: behind the heaviest of calls a share is not what it is.
        name, asked = f"a {measure}", numbers(measure)
        mine = {name: partial(ours, relation, places, asked=asked)}
        met.append(report(in_turn(share | mine, 3 * runs), name, [*share], 2, name))
    return met


def against_r(path, folder, relation, places, times):
    seconds, share, error = time_r(path, folder)
    first = ours(relation, places).query("domain == 'all' and category == 'no'").iloc[0]
    np.testing.assert_allclose([first["estimate"], first["std_error"]], [share, error], rtol=1e-9)
    ratio = seconds / times["ours, DuckDB on Parquet"]
    verdict = "met" if ratio >= 50 else "NOT MET"
    print(f"  R survey: {seconds:.1f} s, {ratio:.0f} times ours, at least 50 - {verdict}")
    return ratio >= 50


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-r", dest="r", action="store_false")
    parser.add_argument("--own", action="store_true", help="break down by respondents' properties")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = [one_size(Path(folder), rows, arguments) for rows in arguments.rows]
    if len(results) > 1:
        growth = results[-1][1] / results[0][1] / (arguments.rows[-1] / arguments.rows[0])
        print(f"time per row, largest against smallest: {growth:.2f}")
    sys.exit(0 if all(all(met) for met, _ in results) else 1)


if __name__ == "__main__":
    main()
