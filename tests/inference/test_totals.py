"""One path for every engine: the same totals from pandas, polars, PyArrow, DuckDB and Spark."""

import shutil

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from reference_survey import CODEBOOK, INDICATORS, parents

from careersurvey.errors import DesignError
from careersurvey.inference.sampled import estimate_sampled
from careersurvey.inference.totals import Column, Product, counted_in, opened, reduce

DESIGN = {
    "weight": "w",
    "strata": ["school_type"],
    "clusters": ["school_id", "class_id"],
    "population": ["n_schools", "n_classes"],
}


def estimates(frame, design=DESIGN):
    by = ["sixth_form", "year_group", "sixth_form*year_group"]
    return estimate_sampled(frame, INDICATORS, CODEBOOK, design, by=by)


def in_duckdb(connection):
    table = pa.Table.from_pandas(parents())
    connection.register("people", table)
    return connection.table("people")


ENGINES = {
    "polars": lambda: pl.from_pandas(parents()),
    "polars, lazy": lambda: pl.from_pandas(parents()).lazy(),
    "pyarrow": lambda: pa.Table.from_pandas(parents()),
    "duckdb": lambda: in_duckdb(duckdb.default_connection()),
    "duckdb, a connection of one's own": lambda: in_duckdb(duckdb.connect()),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("design", [DESIGN, {"weight": "w", "strata": ["school_type"]}])
def test_every_engine_gives_the_estimates_of_pandas(engine, design):
    pd.testing.assert_frame_equal(
        estimates(ENGINES[engine](), design), estimates(parents(), design), rtol=1e-13
    )


@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, which is not here")
def test_spark_gives_the_estimates_of_pandas():
    pytest.importorskip("pyspark", reason="pyspark is an optional extra")
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    spark = session.config("spark.sql.shuffle.partitions", "2").getOrCreate()
    people = parents().astype(object).where(parents().notna(), None)
    table = spark.createDataFrame(people.to_dict("records"), samplingRatio=1.0)
    pd.testing.assert_frame_equal(estimates(table), estimates(parents()), rtol=1e-13)
    spark.stop()


def big(rows=300_000):
    rng = np.random.default_rng(5)
    return pa.table(
        {
            "school_id": rng.integers(0, 50, rows),
            "w": rng.gamma(2, 1 / 3, rows),
            "helped": rng.choice(["yes", "partly", "no"], rows),
        }
    )


def test_a_second_run_gives_the_same_bytes():
    """Sums of floats over several threads would differ in their last digits."""
    relation = duckdb.from_arrow(big())
    helped = INDICATORS[INDICATORS["indicator"] == "helped"]
    design = {"weight": "w", "clusters": ["school_id"]}
    runs = {
        estimate_sampled(relation, helped, CODEBOOK, design).to_csv().encode() for _ in range(5)
    }
    assert len(runs) == 1


def test_sums_are_those_of_exact_arithmetic():
    """Witness: math.fsum, which rounds once."""
    import math

    table = big(20_000)
    columns = {"sum": Column(Product(1), nw.col("helped") == "yes")}
    source = counted_in(opened(table), "w", [Product(1)])
    found = reduce(source, [], columns).sums["sum"][0]
    weights = table.filter(pa.compute.equal(table["helped"], "yes"))["w"].to_pylist()
    assert found == pytest.approx(math.fsum(weights), rel=1e-13)


def test_counts_that_travel_together_are_the_counts():
    """Witness: pandas value_counts; 300,000 rows leave room for two counts in a number."""
    table = big()
    columns = {
        value: Column(Product(), nw.col("helped") == value, "together")
        for value in ("yes", "partly", "no")
    }
    source = counted_in(opened(table), None, [])
    found = reduce(source, ["school_id"], columns)
    frame = table.to_pandas()
    counts = pd.crosstab(frame["school_id"].astype(str), frame["helped"])
    for value in columns:
        assert found.sums[value].tolist() == counts[value].tolist()
    assert found.labels["school_id"].tolist() == sorted(counts.index)


@pytest.mark.parametrize("blank", [None, "no_answer"])
def test_what_is_left_of_everyone_is_the_last_category_only_where_nobody_is_missing(blank):
    """Witness: pandas sums; a code that is no answer shows only once the sums are there."""
    frame = big(5_000).to_pandas()
    for gap in ((), (7, 8, 4_000)):
        people = frame.copy()
        people.loc[list(gap), "helped"] = blank
        columns = {
            f"{part}{value}": Column(Product(power), nw.col("helped") == value, "together")
            for value in ("yes", "partly", "no")
            for part, power in (("n:", 0), ("x:", 1))
        }
        source = counted_in(opened(people), "w", [Product(1)], {"together": "helped"})
        found = reduce(source, ["school_id"], columns)
        expected = people.groupby([people["school_id"].astype(str), "helped"])["w"].sum()
        for value in ("yes", "partly", "no"):
            sums = expected.xs(value, level="helped").reindex(found.labels["school_id"]).fillna(0)
            np.testing.assert_allclose(found.sums[f"x:{value}"], sums, rtol=1e-12)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([1.0, -2.0, 0.0, 1.0], "1 zero, 1 negative"),
        ([1.0, None, None, 1.0], "2 missing"),
        ([1.0, float("inf"), 2.0, 1.0], "1 not finite"),
        ([1.0, float("nan"), 2.0, 1.0], "1 not finite"),
    ],
)
def test_weights_that_weigh_nothing_are_named_with_their_rows(weights, said):
    table = pa.table({"w": pa.array(weights, pa.float64()), "row__": [11, 12, 13, 14]})
    with pytest.raises(DesignError) as refused:
        counted_in(opened(table), "w", [Product(1)])
    assert refused.value.found == said
    assert "rows 12" in refused.value.where
    assert "of 4 weights in w" in refused.value.what


CODED = pd.DataFrame(
    {
        "variable": ["helped", "year", "heard"],
        "values": ["yes;no", "9;10;11", "1;2"],
        "type": "category",
        "missing": "",
    }
)
ASKED = pd.DataFrame(
    [("helped", "yes;no", ""), ("heard", "1;2", "year=9;10")],
    columns=["variable", "categories", "among"],
).assign(indicator=["helped", "heard"], unit="parent", measure="share", base="", denominator="")


def coded():
    """300 parents of 30 schools, whose years and answers are codes: as text, with blanks."""
    rows = np.arange(300)
    return pd.DataFrame(
        {
            "school": [str(row % 30) for row in rows],
            "area": np.where(rows % 30 < 12, "a", "b"),
            "w": 1 + rows % 7 / 3,
            "helped": np.where(rows * 7 % 5 > 1, "yes", "no"),
            "year": [str(9 + row * row % 11 % 3) for row in rows],
            "heard": [(None, "1", "2")[row * 5 % 11 % 3] for row in rows],
        }
    )


def as_numbers(kind):
    numbers = {name: pd.to_numeric(coded()[name]).astype(kind) for name in ("school", "year")}
    return coded().assign(**numbers, heard=pd.to_numeric(coded()["heard"]))


KINDS = {
    "pandas, numbers": lambda: as_numbers("int64"),
    "pandas, fractions": lambda: as_numbers("float64"),
    "pandas, categories": lambda: coded().astype(dict.fromkeys(["area", "year"], "category")),
    "pandas, PyArrow's types": lambda: coded().convert_dtypes(dtype_backend="pyarrow"),
    "polars, numbers": lambda: pl.from_pandas(as_numbers("int32")),
    "polars, fractions": lambda: pl.from_pandas(as_numbers("float64")),
    "polars, categories": lambda: pl.from_pandas(coded()).with_columns(
        pl.col("helped", "area", "year").cast(pl.Categorical)
    ),
    "polars, a fixed list": lambda: pl.from_pandas(coded()).with_columns(
        pl.col("year").cast(pl.Enum(["11", "9", "10"]))
    ),
    "polars, not a number": lambda: pl.from_pandas(as_numbers("float64")).with_columns(
        pl.col("heard").fill_null(float("nan"))
    ),
    "DuckDB, decimals": lambda: duckdb.from_df(as_numbers("float64")).project(
        "* EXCLUDE (year, heard), CAST(year AS DECIMAL(5, 2)) AS year, "
        "CAST(heard AS DECIMAL(4, 1)) AS heard"
    ),
    "PyArrow, fractions": lambda: pa.Table.from_pandas(as_numbers("float64")),
    "DuckDB, a fixed list": lambda: duckdb.from_df(coded()).project(
        "* EXCLUDE year, CAST(year AS ENUM('11', '9', '10')) AS year"
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_codes_are_the_same_whatever_their_type(kind):
    """Witness: the same codes as text."""
    design = {"weight": "w", "strata": ["area"], "clusters": ["school"]}
    found, expected = (
        estimate_sampled(frame, ASKED, CODED, design, by=["year", "heard*year"])
        for frame in (KINDS[kind](), coded())
    )
    assert expected["estimate"].notna().any()
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12)
