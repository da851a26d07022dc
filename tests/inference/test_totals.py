"""One path for every engine: the same totals from pandas, polars, PyArrow, DuckDB and Spark."""

import shutil
from fractions import Fraction
from functools import cache

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from reference_survey import CODEBOOK, INDICATORS, estimates_of, parents

from careersurvey.errors import CohortError
from careersurvey.inference.survey.numbers import sum_exactly

DESIGN = {
    "weight": "w",
    "strata": ["school_type"],
    "clusters": ["school_id", "class_id"],
    "population": ["n_schools", "n_classes"],
}
STRATA = {"weight": "w", "strata": ["school_type"]}


def estimates(frame, design=DESIGN):
    by = ["sixth_form", "year_group", "sixth_form*year_group"]
    return estimates_of(frame, INDICATORS, CODEBOOK, design, by=by)


@cache
def of_pandas(strata_alone):
    return estimates(parents(), STRATA if strata_alone else DESIGN)


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
@pytest.mark.parametrize("design", [DESIGN, STRATA])
def test_every_engine_gives_the_estimates_of_pandas(engine, design):
    found = estimates(ENGINES[engine](), design)
    pd.testing.assert_frame_equal(found, of_pandas(design is STRATA), rtol=1e-13)


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
    runs = {estimates_of(relation, helped, CODEBOOK, design).to_csv().encode() for _ in range(5)}
    assert len(runs) == 1


@pytest.mark.parametrize("held", [pa.table, pl.from_arrow, duckdb.from_arrow])
@pytest.mark.parametrize("design", [{}, {"clusters": ["school_id"]}])
@pytest.mark.parametrize("blank", [[], [7], [19_999], [*range(0, 20_000, 3)]])
def test_shares_are_those_of_exact_arithmetic(held, design, blank):
    """Witness: fractions of the weights as they are in the table; nobody, one or many said none."""
    table = big(20_000)
    answers = table["helped"].to_pylist()
    for row in blank:
        answers[row] = "no answer" if row % 2 else None
    table = table.set_column(2, "helped", pa.array(answers))
    helped = INDICATORS[INDICATORS["indicator"] == "helped"]
    given = {"weight": "w", **design}
    found = estimates_of(held(table), helped, CODEBOOK, given).set_index("category")
    weights = [Fraction(one) for one in table["w"].to_pylist()]
    sums = dict.fromkeys(("yes", "partly", "no"), Fraction())
    for weight, said in zip(weights, answers, strict=True):
        if said in sums:
            sums[said] += weight
    for value, chosen in sums.items():
        exact = float(chosen / sum(sums.values()))
        assert found.loc[value, "estimate"] == pytest.approx(exact, rel=1e-13)
        assert found.loc[value, "count_low"] == answers.count(value)


def test_shuffled_rows_and_other_engines_give_the_same_bytes():
    """Weights so uneven that one whole number each would not hold them, and numbers beside."""
    frame = big(5_000).to_pandas()
    rng = np.random.default_rng(8)
    frame["w"] *= 10.0 ** rng.integers(-6, 7, len(frame))
    frame["hours"] = rng.gamma(2, 3, len(frame))
    asked = INDICATORS[INDICATORS["indicator"].isin(["helped", "hours"])]
    for design in ({"clusters": ["school_id"]}, {"strata": ["school_id"]}):
        runs = {
            estimates_of(table, asked, CODEBOOK, {"weight": "w", **design}).to_csv()
            for table in (
                frame,
                frame.sample(frac=1, random_state=1),
                pl.from_pandas(frame),
                pa.Table.from_pandas(frame),
                duckdb.from_df(frame.sample(frac=1, random_state=2)),
            )
        }
        assert len(runs) == 1


@pytest.mark.parametrize(
    "design",
    [{}, {"weight": "w"}, {"clusters": ["school_id"]}, {"weight": "w", "clusters": ["school_id"]}],
)
@pytest.mark.parametrize("base", ["all", "asked", "answered"])
def test_a_question_of_many_answers_is_that_of_few(design, base):
    """Witness: pandas; more answers than are summed side by side, one of them no category."""
    rng = np.random.default_rng(9)
    people = pd.DataFrame(
        {
            "place": rng.choice([*(f"p{code}" for code in range(61)), None], 3_000),
            "school_id": rng.integers(0, 40, 3_000),
            "w": rng.gamma(2, 1, 3_000),
        }
    )
    places = ";".join(f"p{code}" for code in range(60))
    asked = INDICATORS.iloc[:1].assign(variable="place", categories=places, base=base)
    codes = CODEBOOK.iloc[:1].assign(variable="place", values=places)
    found = estimates_of(people, asked, codes, design).set_index("category")
    answered = people["place"].isin(places.split(";"))
    inside = {"all": answered | True, "asked": people["place"].notna(), "answered": answered}[base]
    weight = (people["w"] if "weight" in design else people["w"] * 0 + 1)[inside]
    share = weight.groupby(people["place"]).sum() / weight.sum()
    np.testing.assert_allclose(found["estimate"], share.reindex(found.index), rtol=1e-12)
    counts = people["place"].value_counts()
    assert found["count_low"].tolist() == counts.reindex(found.index).tolist()
    assert set(found["base_n"]) == {inside.sum()}


def whole_weights(kind):
    return parents().assign(w=(parents()["w"] % 90 + 10).astype("int8").astype(kind))


@cache
def of_wide_weights():
    return estimates(whole_weights("float64"), STRATA)


@pytest.mark.parametrize("kind", ["int8", "int16", "int32", "float32", "uint8"])
def test_narrow_weights_are_widened_before_they_are_squared(kind):
    """Witness: the same weights as floats of 64 bits."""
    frame = pl.from_pandas(whole_weights("int8"))
    frame = frame.with_columns(pl.col("w").cast(getattr(pl, _POLARS[kind])))
    for table in (frame, frame.to_arrow()):
        pd.testing.assert_frame_equal(estimates(table, STRATA), of_wide_weights())


_POLARS = {"int8": "Int8", "int16": "Int16", "int32": "Int32", "float32": "Float32"}
_POLARS["uint8"] = "UInt8"


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([1.0, -2.0, 0.0, 1.0], "1 of 4 rows have a weight that is blank, negative or no number"),
        ([1.0, None, None, 1.0], "2 of 4 rows have a weight that is blank"),
        ([1.0, float("inf"), 2.0, 1.0], "1 of 4 rows have a weight that is blank"),
        ([1.0, float("nan"), 2.0, 1.0], "1 of 4 rows have a weight that is blank"),
        ([0.0] * 4, "Every weight is 0"),
        ([1e308] * 4, "The weights add to more than a float can hold"),
        ([1.0, 1e-320, 0.0, 1.0], "1 of 4 rows weigh less than 1e-30 of the greatest"),
    ],
)
def test_weights_that_weigh_nothing_are_named_with_their_rows(weights, said):
    table = pa.table({"w": pa.array(weights, pa.float64()), "helped": ["yes"] * 4})
    with pytest.raises(CohortError) as refused:
        estimates_of(table, ASKED[:1], CODED, {"weight": "w"})
    assert said in refused.value.what
    assert refused.value.where in ("", "answers row 2", "answers rows 2, 3")


@pytest.mark.parametrize("held", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
def test_weights_that_strata_fix_give_what_weights_give_that_hardly_differ(held):
    """The first are counted, the others summed: one nudge of the last digit parts the two."""
    even = parents().assign(w=lambda rows: rows["school_type"].map(len) / 3)
    nudged = even.assign(w=even["w"].where(even.index % 7 > 0, np.nextafter(even["w"], 9)))
    kinds = [len(rows[["school_type", "w"]].drop_duplicates()) for rows in (even, nudged)]
    assert kinds == [3, 6]
    one, other = (estimates(held(rows), STRATA) for rows in (even, nudged))
    pd.testing.assert_frame_equal(one, other, rtol=1e-12)


def test_weights_of_0_are_kept_and_are_in_no_base():
    """Witness: R survey 4.5, svymean(~I(q == "Yes"), svydesign(ids = ~1, weights = ~w, data = d)).

    A third of the respondents weigh nothing and stay in the sample.
    """
    said = {5, 10, 15, 20}
    rows = pd.DataFrame(
        [(row, [0, 1, 2][row % 3], "yes" if row in said else "no") for row in range(1, 25)],
        columns=["id", "w", "heard"],
    )
    asked = INDICATORS[INDICATORS["indicator"] == "heard"]
    found = estimates_of(rows, asked, CODEBOOK, {"weight": "w"}).set_index("category")
    assert found.loc["yes", "base_n"] == 16
    assert found.loc["yes", "estimate"] == pytest.approx(5 / 24, rel=1e-14)
    assert found.loc["yes", "std_error"] == pytest.approx(0.1124988817264156, rel=1e-9)


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


def of_codes(frame):
    design = {"weight": "w", "strata": ["area"], "clusters": ["school"]}
    return estimates_of(frame, ASKED, CODED, design, by=["year", "heard*year"])


@cache
def of_text():
    return of_codes(coded())


@pytest.mark.parametrize("kind", KINDS)
def test_codes_are_the_same_whatever_their_type(kind):
    """Witness: the same codes as text."""
    found, expected = of_codes(KINDS[kind]()), of_text()
    assert expected["estimate"].notna().any()
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12)


def test_sums_of_numbers_are_exact_in_any_order():
    # Witness: exact fractions of the same floats.
    chance = np.random.default_rng(3)
    code = chance.integers(0, 3, 999)
    values = chance.normal(size=999) * 10.0 ** chance.integers(-150, 150, 999)
    values[code == 2] = 0.0
    values[:3], code[:3] = (1e16, 1.0, -1e16), 2
    order = chance.permutation(999)
    found = sum_exactly(code, 4, values)
    exact = [float(sum(map(Fraction, values[code == one].tolist()))) for one in range(4)]
    np.testing.assert_allclose(found, exact, rtol=5e-16)
    assert found.tobytes() == sum_exactly(code[order], 4, values[order]).tobytes()
    assert found[2] == 1
