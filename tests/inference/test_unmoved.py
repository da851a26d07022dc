"""What must not move an estimate, and what moves it by as much as it should: whole cohorts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.estimates import estimate

TOML = """\
[cohort]
id = "small"
title = "A small survey"
evidence = "respondents"
[tables.people]
file = "people.{ending}"
[tables.people.columns]
helped = "{helped}"
[tables.people.design]
weight = "w"
strata = ["area"]
clusters = ["school"]
"""
CODEBOOK = """\
variable,table,question,type,values,missing,unit
helped,people,Has it helped?,category,yes;partly;no,,person
kind,people,Kind,category,old;new,,person
hours,people,Hours,number,,,person
visits,people,Visits,number,,,person
"""
INDICATORS = """\
indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,among,favourable
helped,Helped,views,person,people,helped,share,,{categories},,,,
mean,Hours,views,person,people,hours,mean,,,,,,
total,Hours in all,views,person,people,hours,total,,,,,,
each,Hours a visit,views,person,people,hours,ratio,visits,,,,,
middle,Middle hours,views,person,people,hours,median,,,,,,
"""
NUMBERS = ["estimate", "std_error", "conf_low", "conf_high", "deff"]


def people(size: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(21)
    school = np.arange(size) % 12
    return pd.DataFrame(
        {
            "school": [f"s{code:02}" for code in school],
            "area": np.where(school < 6, "north", "south"),
            "kind": rng.choice(["old", "new"], size),
            "helped": rng.choice(["yes", "partly", "no"], size),
            "hours": rng.gamma(2, 3, size).round(3),
            "visits": rng.integers(1, 9, size),
            "w": rng.gamma(2, 1, size).round(3),
        }
    )


def save(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".dta":
        frame.to_stata(path, write_index=False)
    else:
        pytest.importorskip("pyreadstat").write_sav(frame, path)


def told(folder, frame, ending="csv", helped="helped", categories="yes;partly;no") -> pd.DataFrame:
    """Estimates of everyone and by kind, from a folder of files."""
    folder.mkdir(exist_ok=True)
    (folder / "cohort.toml").write_text(TOML.format(ending=ending, helped=helped))
    (folder / "codebook.csv").write_text(CODEBOOK)
    (folder / "indicators.csv").write_text(INDICATORS.format(categories=categories))
    save(frame, folder / f"people.{ending}")
    return estimate(load_cohort(folder), by=["kind"], min_base=0)


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    return told(tmp_path_factory.mktemp("usual"), people())


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_shuffled_rows_are_the_same_estimates(tmp_path, usual, random):
    order = list(range(60))
    random.shuffle(order)
    pd.testing.assert_frame_equal(told(tmp_path, people().iloc[order]), usual, rtol=1e-13)


@pytest.mark.parametrize("ending", ["xlsx", "parquet", "sav", "dta"])
def test_another_format_is_the_same_estimates(tmp_path, usual, ending):
    pd.testing.assert_frame_equal(told(tmp_path, people(), ending), usual, check_exact=True)


def test_an_unused_and_a_renamed_column_are_the_same_estimates(tmp_path, usual):
    frame = people().assign(remark="so, so", number=range(60))
    renamed = frame.rename(columns={"helped": "Q7. Has it helped?"})
    found = told(tmp_path, renamed[renamed.columns[::-1]], helped="Q7. Has it helped?")
    pd.testing.assert_frame_equal(found, usual, check_exact=True)


def test_categories_in_another_order_are_the_same_rows_in_that_order(tmp_path, usual):
    found = told(tmp_path, people(), categories="no;yes;partly")
    keys = ["indicator", "category", "domain", "group"]
    pd.testing.assert_frame_equal(
        found.sort_values(keys, ignore_index=True), usual.sort_values(keys, ignore_index=True)
    )
    assert list(dict.fromkeys(found["category"]))[:3] == ["no", "yes", "partly"]


@pytest.mark.parametrize("times", [1e-6, 0.3, 7.0, 1e9])
def test_weights_times_a_number_scale_totals_alone(tmp_path, usual, times):
    frame = people()
    found = told(tmp_path, frame.assign(w=frame["w"] * times))
    by = np.where(usual["indicator"] == "total", times, 1.0)
    for name in NUMBERS[:4]:
        np.testing.assert_allclose(found[name], usual[name] * by, rtol=1e-12)
    middle = usual["indicator"] != "middle"
    np.testing.assert_allclose(found.loc[middle, "deff"], usual.loc[middle, "deff"], rtol=1e-12)


def test_everybody_twice_in_clusters_that_stay_is_as_sure_as_once(tmp_path, usual):
    """Only the base, and totals and their errors, are twice what they were."""
    found = told(tmp_path, pd.concat([people(), people()]))
    twice = np.where(usual["indicator"] == "total", 2.0, 1.0)
    for name in NUMBERS[:4]:
        np.testing.assert_allclose(found[name], usual[name] * twice, rtol=1e-12)
    assert (found["base_n"] == 2 * usual["base_n"]).all()
