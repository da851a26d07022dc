"""A cohort that names a Spark master: the same estimates, or a refusal that says what to do."""

import importlib.util
import re
import shutil
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pandas as pd
import pytest
from answers import ABOUT, CODEBOOK
from packaging.requirements import Requirement
from pyarrow import Table, parquet

from careersurvey import cli
from careersurvey.errors import CohortError
from careersurvey.evidence.answers.engines import place_of
from careersurvey.evidence.answers.table import took_part
from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.compare.compare import compare
from careersurvey.inference.estimates import estimate, groups

ROOT = Path(__file__).parents[2]
SPARK = '[engine]\nspark = "local[2]"\n'
DESIGN = (
    '[tables.parents.design]\nweight = "w"\nstrata = ["area"]\nclusters = ["school_id"]\n'
    'population = ["n_schools"]\n'
)
INDICATORS = (
    "indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,"
    "among,favourable\n"
    "helped,School helped,views,parent,parents,helped,share,,yes;partly;no,,,,yes\n"
    "heard,Heard,views,parent,parents,heard,share,,yes;no,asked,,,yes\n"
    "used,Used,views,parent,parents,used,share,,yes;no,,,heard=yes,yes\n"
    "minutes,Minutes,views,parent,parents,minutes,mean,,,,,,\n"
)

without_java = pytest.mark.skipif(
    shutil.which("java") is None, reason="Spark needs Java, which is not here"
)
without_pyspark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None, reason="pyspark is an optional extra"
)


def on_spark(test):
    return without_java(without_pyspark(test))


@pytest.fixture(scope="module", autouse=True)
def _spark_is_stopped():
    yield
    if "pyspark.sql" in sys.modules:
        session = sys.modules["pyspark.sql"].SparkSession.getActiveSession()
        if session is not None:
            session.stop()


def people() -> pd.DataFrame:
    """240 parents of 12 schools in two areas, with blanks, a refusal and identifiers with zeros."""
    rows = range(240)
    return pd.DataFrame(
        {
            "parent_id": [f"{row:04}" for row in rows],
            "school_id": [f"0{row % 12}" for row in rows],
            "area": ["north" if row % 12 < 7 else "south" for row in rows],
            "n_schools": [30 if row % 12 < 7 else 20 for row in rows],
            "w": [1 + row % 7 / 3 for row in rows],
            "helped": [("yes", "partly", "no", "refused", None)[row * 7 % 5] for row in rows],
            "heard": [("yes", "no", "yes", None)[row * row % 11 % 4] for row in rows],
            "used": [("yes", "no")[row * row % 13 % 2] for row in rows],
            "minutes": [None if row % 9 == 0 else row % 31 * 1.5 for row in rows],
            "remark": ['said "well, yes"\nand left' if row == 5 else "-" for row in rows],
            "not_in_the_codebook": list(rows),
        }
    )


def schools() -> pd.DataFrame:
    kinds = ["new" if row % 3 else "old" for row in range(12)]
    return pd.DataFrame({"school_id": [f"0{row}" for row in range(12)], "kind": kinds})


def put(frame: pd.DataFrame, path: Path) -> None:
    parquet.write_table(Table.from_pandas(frame, preserve_index=False), path)


def write(folder: Path, engine: str = "", more: str = "") -> Path:
    folder.mkdir()
    tables = {"schools": schools(), "parents": people()}
    toml = f"{ABOUT}{engine}"
    for name, frame in tables.items():
        put(frame, folder / f"{name}.parquet")
        toml += f'[tables.{name}]\nfile = "{name}.parquet"\n'
    (folder / "cohort.toml").write_text(toml + more + DESIGN)
    (folder / "codebook.csv").write_text(CODEBOOK)
    (folder / "indicators.csv").write_text(INDICATORS)
    return folder


def in_parts(path: Path) -> None:
    """Put a folder of part files in the place of a Parquet file, as Spark writes a table."""
    whole = parquet.read_table(path)
    path.unlink()
    path.mkdir()
    for part, rows in enumerate((whole.slice(0, 100), whole.slice(100))):
        parquet.write_table(rows, path / f"part-{part}.parquet")


def refused(folder: Path, table: str = "parents") -> str:
    with pytest.raises(CohortError) as problem:
        place_of(load_cohort(folder), table)
    return str(problem.value)


@on_spark
@pytest.mark.parametrize("blank", ["", 'blank = "not_asked"\n'])
def test_spark_gives_the_estimates_of_duckdb(tmp_path, blank):
    """Witness: the same files read by DuckDB."""
    here = load_cohort(write(tmp_path / "here", more=blank))
    there = load_cohort(write(tmp_path / "there", SPARK, more=blank))
    by = ["kind", "heard"]
    expected = estimate(here, by=by)
    assert set(expected["indicator"]) == {"helped", "heard", "used", "minutes"}
    assert set(expected["domain"]) == {"all", "kind", "heard"}
    pd.testing.assert_frame_equal(estimate(there, by=by), expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("engine", ["", pytest.param(SPARK, marks=[without_java, without_pyspark])])
def test_who_took_part_is_counted_where_the_rows_are(tmp_path, engine):
    """By hand: 240 parents, of 960 who were invited; nobody says how many schools were."""
    folder = write(tmp_path / "here", engine)
    declared = folder / "cohort.toml"
    text = declared.read_text().replace("[cohort]", "[cohort]\ninvited.parents = 960", 1)
    declared.write_text(text)
    told = took_part(load_cohort(folder))
    assert told["parents"] == (240, 960)
    assert told["schools"] == (12, pytest.approx(float("nan"), nan_ok=True))


def later(folder: Path, engine: str) -> Path:
    """Write a second wave: schools 3 to 11 of the first, and other answers."""
    write(folder, engine)
    cohort = folder / "cohort.toml"
    cohort.write_text(cohort.read_text().replace('id = "small"', 'id = "later"'))
    frame = people().assign(helped=people()["used"], w=1.0)
    put(frame[frame["school_id"].str[1:].astype(int) > 2], folder / "parents.parquet")
    return folder


@on_spark
@pytest.mark.parametrize("second", ["", SPARK])
def test_waves_of_the_same_schools_are_compared_as_in_duckdb(tmp_path, second):
    """Witness: both waves read by DuckDB."""
    here = [load_cohort(write(tmp_path / "one", "")), load_cohort(later(tmp_path / "two", ""))]
    there = [
        load_cohort(write(tmp_path / "three", SPARK)),
        load_cohort(later(tmp_path / "four", second)),
    ]
    expected = compare(*here)
    assert expected["conf_low"].notna().any()
    pd.testing.assert_frame_equal(compare(*there), expected, rtol=1e-9, atol=0)


@on_spark
def test_breakdowns_are_those_of_duckdb(tmp_path):
    """Witness: the same files read by DuckDB."""
    found, expected = (
        groups(load_cohort(write(tmp_path / name, engine)), by=["kind"])
        for name, engine in (("there", SPARK), ("here", ""))
    )
    assert not expected.tests.empty
    for part in ("estimates", "tests", "differences"):
        table, other = getattr(found, part), getattr(expected, part)
        pd.testing.assert_frame_equal(table, other, rtol=1e-9, atol=0)


@on_spark
def test_a_folder_of_part_files_is_one_table(tmp_path):
    """Witness: DuckDB on the file before it was cut in two."""
    here = load_cohort(write(tmp_path / "here"))
    there = write(tmp_path / "there", SPARK)
    in_parts(there / "parents.parquet")
    found = estimate(load_cohort(there))
    pd.testing.assert_frame_equal(found, estimate(here), rtol=1e-12, atol=0)


@on_spark
def test_the_command_writes_the_estimates_and_a_weight_below_zero_stops_it(tmp_path, capsys):
    folder = write(tmp_path / "small", SPARK)
    assert cli.main(["estimate", str(folder), "--indicator", "heard"]) == 0
    assert "heard,yes" in capsys.readouterr().out
    put(people().assign(w=[-1.0, *[1.0] * 239]), folder / "parents.parquet")
    assert cli.main(["estimate", str(folder)]) == 1
    assert "1 of 240 rows have a weight that is blank, negative" in capsys.readouterr().err


@on_spark
def test_text_where_a_number_is_measured_is_named(tmp_path):
    folder = write(tmp_path / "small", SPARK)
    text = people().astype({"minutes": object})
    text["minutes"] = [None if one is None or one != one else str(one) for one in text["minutes"]]
    put(text, folder / "parents.parquet")
    with pytest.raises(CohortError, match="where the codebook has numbers: minutes"):
        estimate(load_cohort(folder), indicators=["minutes"])


@on_spark
def test_a_table_that_spark_cannot_open_is_named_without_a_traceback(tmp_path, capsys):
    folder = write(tmp_path / "small", SPARK)
    (folder / "parents.parquet").write_text("not Parquet")
    assert cli.main(["estimate", str(folder)]) == 1
    assert "Spark gave up" in capsys.readouterr().err


def test_the_master_is_that_of_the_engine(tmp_path):
    assert load_cohort(write(tmp_path / "one", SPARK)).settings.engine.spark == "local[2]"
    assert load_cohort(write(tmp_path / "two")).settings.engine.spark == ""


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ('[engine]\nsparc = "local[2]"\n', "did you mean 'spark'?"),
        ("[engine]\nspark = 2\n", "found     2"),
        ('[engine]\nspark = "localhost"\n', "expected  the address"),
    ],
)
def test_an_engine_that_is_not_known_is_refused(tmp_path, capsys, engine, said):
    folder = write(tmp_path / "small", engine)
    assert cli.main(["estimate", str(folder)]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "setting",
    [
        'missing = { helped = ["-9"] }\n',
        'columns = { helped = "Q1" }\n',
        'codes = { helped = { 1 = "yes" } }\n',
        'options = { valued = { separator = ";" } }\n',
        'keep = { area = ["north"] }\n',
    ],
)
def test_a_table_that_needs_mapping_is_refused_and_told_what_to_do(tmp_path, setting):
    message = refused(write(tmp_path / "small", SPARK, more=setting))
    assert f"found     {setting.split()[0]}" in message
    assert "codebook's variables and values" in message


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("../parents.parquet", "outside the cohort's folder"),
        ("/parents.parquet", "outside the cohort's folder"),
        ("file:///parents.parquet", "there is no file"),
        ("parents.xlsx", "where Parquet is read"),
        ("parents.csv", "where Parquet is read"),
    ],
)
def test_a_file_elsewhere_on_this_machine_or_of_another_kind_is_refused(tmp_path, file, said):
    folder = write(tmp_path / "small", SPARK)
    toml = (folder / "cohort.toml").read_text().replace("parents.parquet", file)
    (folder / "cohort.toml").write_text(toml)
    assert said in refused(folder)


@pytest.mark.parametrize("address", ["s3a://bucket/2026/parents.parquet", "hdfs://host/p.parquet"])
def test_an_address_is_handed_to_spark_as_it_stands(tmp_path, address):
    folder = write(tmp_path / "small", SPARK)
    toml = (folder / "cohort.toml").read_text().replace("parents.parquet", address)
    (folder / "cohort.toml").write_text(toml)
    assert place_of(load_cohort(folder), "parents") == address


def test_an_address_needs_spark(tmp_path):
    folder = write(tmp_path / "small")
    toml = (
        (folder / "cohort.toml").read_text().replace("parents.parquet", "s3a://b/parents.parquet")
    )
    (folder / "cohort.toml").write_text(toml)
    readable = {check.table for check in screen(load_cohort(folder)) if not check.passed}
    assert "parents" in readable


def test_without_pyspark_the_command_says_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    assert cli.main(["estimate", str(write(tmp_path / "small", SPARK))]) == 1
    assert "careersurvey[spark]" in capsys.readouterr().err


def test_the_checks_read_no_answers_and_say_so(tmp_path):
    folder = write(tmp_path / "small", SPARK)
    (folder / "parents.parquet").write_text("not a table at all")
    checks = screen(load_cohort(folder))
    assert all(check.passed for check in checks)
    unchecked = [check.table for check in checks if "not checked" in check.message]
    assert unchecked == ["schools", "parents"]


def test_the_checks_find_a_setting_that_spark_does_not_take(tmp_path):
    folder = write(tmp_path / "small", SPARK, more='keep = { area = ["north"] }\n')
    failed = [check for check in screen(load_cohort(folder)) if not check.passed]
    assert [(check.rule, check.table) for check in failed] == [("readable", "parents")]


def test_the_lock_of_spark_fits_the_project_and_names_no_index():
    lock = (ROOT / "requirements-spark.lock").read_text()
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", lock, flags=re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (wanted,) = map(Requirement, project["optional-dependencies"]["spark"])
    assert pinned[wanted.name] in wanted.specifier
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=\w)", lock))
    assert not re.search(r"https?:|index-url|find-links", lock)


@without_pyspark
def test_pyspark_is_the_locked_one():
    lock = (ROOT / "requirements-spark.lock").read_text()
    assert f"pyspark=={metadata.version('pyspark')} " in lock
