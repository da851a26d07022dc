"""Quantiles against R's survey, on the survey that this project made up.

Witness: tests/reference/quantiles.R; calls and versions stand in the first line of quantiles.csv.
"""

import numpy as np
import pandas as pd
import pytest
from reference_survey import CODEBOOK, DESIGNS, REFERENCE, estimates_of, parents, with_factors

KEYS = ["variable", "probability", "domain", "group"]
ASKED = pd.DataFrame(
    {
        "indicator": ["hours", "visits"],
        "variable": ["hours", "visits"],
        "measure": "quantile",
        "categories": "0.1;0.25;0.5;0.9",
        "unit": "parent",
    }
)
BRR = {"weight": "w", "replicate_weights": "brr_*", "replicate_method": "BRR", "mse": True}


def witness(design):
    table = pd.read_csv(REFERENCE / "quantiles.csv", comment="#")
    return table[table["design"] == design].drop(columns="design")


def ours(design):
    frame = with_factors("brr") if design == "rep_brr_mse" else parents()
    settings = BRR if design == "rep_brr_mse" else DESIGNS[design]
    found = estimates_of(frame, ASKED, CODEBOOK, settings, by=["sixth_form", "year_group"])
    found = found.assign(probability=found["category"].astype(float))
    return found.rename(columns={"indicator": "variable"})


@pytest.mark.parametrize(
    "design", ["simple", "stratified_fpc", "one_stage", "two_stage", "rep_brr_mse"]
)
def test_quantiles_and_woodruffs_limits_equal_rs(design):
    both = witness(design).merge(ours(design), on=KEYS, suffixes=("_r", ""), validate="1:1")
    assert len(both) > 30
    assert set(both["method"]) == {"woodruff"}
    np.testing.assert_array_equal(both["estimate"], both["estimate_r"])
    for end, theirs in (("conf_low", "low"), ("conf_high", "high"), ("std_error", "std_error_r")):
        known = both[theirs].notna()
        assert known.mean() > 0.8
        np.testing.assert_allclose(both[end][known], both[theirs][known], rtol=1e-9)


def test_a_quantile_without_limits_is_of_no_other_method():
    """Witness: R's interval of a median of four reaches beyond the least and the greatest."""
    frame = pd.DataFrame({"hours": [1.0, 2.0, 3.0, 4.0]})
    asked = ASKED[:1].assign(categories="0.5", denominator="", among="", base="")
    row = estimates_of(frame, asked, CODEBOOK, {}).iloc[0]
    assert (row["estimate"], row["method"]) == (2.0, "woodruff")
    assert row[["conf_low", "conf_high"]].isna().all()


def test_a_median_is_the_quantile_of_a_half():
    median = ASKED.assign(measure="median", categories="")
    found = estimates_of(parents(), median, CODEBOOK, DESIGNS["two_stage"])
    half = ours("two_stage").query("probability == 0.5 and domain == 'all'")
    assert found["category"].tolist() == ["", ""]
    assert found["estimate"].tolist() == half["estimate"].tolist()
    assert found["conf_low"].tolist() == half["conf_low"].tolist()


@pytest.mark.parametrize(("weight", "people"), [(0.1, 20), (33.3, 200), (0.7, 1000)])
def test_equal_weights_move_no_quantile(weight, people):
    """By hand: of numbers from 1 to n, p n is the least that a share p is up to."""
    frame = pd.DataFrame({"hours": np.arange(1.0, people + 1), "w": weight})
    asked = ASKED.head(1).assign(measure="quantile", categories="0.1;0.25;0.5;0.9")
    found = estimates_of(frame, asked.assign(variable="hours"), CODEBOOK, {"weight": "w"})
    assert (found["estimate"] / people).tolist() == [0.1, 0.25, 0.5, 0.9]


def test_what_has_no_error_has_a_quantile_without_width():
    """Witness: by reason; the group's stratum is whole in the sample. The next number was in it."""
    frame = pd.DataFrame({"school_id": [*"aabcdefcdef"], "s": [*"xxxyyyyyyyy"]})
    frame["hours"] = [4.0, 1.0, 2.0, *range(8)]
    frame["n"], frame["sixth_form"] = frame["s"].map({"x": 2, "y": 60}), ["yes"] * 3 + ["no"] * 8
    design = {"strata": ["s"], "clusters": ["school_id"], "population": ["n"], "mse": True}
    asked = ASKED[:1].assign(categories="0.2", denominator="", among="", base="")
    made = design | {"replicate_method": "JKn"}
    found = estimates_of(frame, asked, CODEBOOK, made, by=["sixth_form"])
    row = found.query("group == 'yes'").iloc[0]
    assert row[["estimate", "conf_low", "conf_high", "std_error"]].tolist() == [1.0, 1.0, 1.0, 0.0]
