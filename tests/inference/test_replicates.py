"""Replicates where a group lies in one school, where strata are whole, and of other kinds.

Witness: tests/reference/replicates.R; calls and versions stand in the first line of replicates.csv.
"""

import numpy as np
import pandas as pd
import pytest
from reference_survey import CODEBOOK, INDICATORS, REFERENCE, estimates_of, with_factors

WITNESS = pd.read_csv(REFERENCE / "replicates.csv", comment="#")
SIZE = WITNESS["size"].iloc[0]
KNOWN = {"year_group": {"y9": 0.34, "y10": 0.33, "y11": 0.33}, "visits": 3.2}
MADE = {"weight": "w", "clusters": ["school_id"], "replicate_method": "JK1"}
DESIGNS = {
    "made_jk1": MADE,
    "made_jk1_mse": MADE | {"mse": True},
    "made_jk1_moved": MADE
    | {
        "mse": True,
        "calibrate": {
            "totals": {
                "year_group": {key: part * SIZE for key, part in KNOWN["year_group"].items()},
                "visits": KNOWN["visits"] * SIZE,
            }
        },
    },
    "made_jkn_whole": {
        "weight": "w",
        "strata": ["school_type"],
        "clusters": ["school_id"],
        "population": ["n_whole"],
        "replicate_method": "JKn",
        "mse": True,
    },
    "successive_difference": {
        "weight": "w",
        "replicate_weights": "boot_*",
        "replicate_method": "successive-difference",
        "mse": True,
    },
}


@pytest.mark.parametrize("design", DESIGNS)
def test_estimates_and_errors_are_rs(design):
    people = with_factors("boot")
    few = np.where(people["school_id"] == people["school_id"].iloc[0], "one", "others")
    sampled = people.groupby("school_type")["school_id"].transform("nunique")
    whole = people["n_schools"].where(people["school_type"] == "maintained", sampled)
    asked = INDICATORS[INDICATORS["indicator"].isin(["hours", "hours_total"])]
    codebook = pd.concat([CODEBOOK, CODEBOOK.tail(1).assign(variable="few", values="one;others")])
    frame = people.assign(few=few, n_whole=whole)
    found = estimates_of(frame, asked, codebook, DESIGNS[design], by=["few"])
    keys = ["indicator", "domain", "group"]
    both = WITNESS[WITNESS["design"] == design].merge(found, on=keys, suffixes=("_r", ""))
    assert len(both) == 6
    for name in ("estimate", "std_error"):
        np.testing.assert_allclose(both[name], both[f"{name}_r"], rtol=1e-9, atol=1e-12)


def test_errors_are_none_where_all_strata_are_whole():
    """Witness: by reason: nobody is left to be different."""
    asked = INDICATORS[INDICATORS["indicator"] == "hours"]
    sampled = with_factors("boot").groupby("school_type")["school_id"].transform("nunique")
    frame = with_factors("boot").assign(n_whole=sampled)
    found = estimates_of(frame, asked, CODEBOOK, DESIGNS["made_jkn_whole"])
    assert found["std_error"].tolist() == [0]


def test_a_lonely_school_may_be_all_there_is_of_a_known_total():
    """Witness: by hand, leaving each of three schools out; the lonely one was left out as well, and
    no weights met its total."""
    heard = ["yes", "no", "no", "no", "yes", "yes", "no"]
    frame = pd.DataFrame({"school_id": [*"aabbcdd"], "s": [*"xxxxxzz"], "heard": heard, "w": 1.0})
    design = {"weight": "w", "strata": ["s"], "clusters": ["school_id"], "lonely_psu": "certainty"}
    totals = {"s": {"x": 30.0, "z": 10.0}}
    design |= {"replicate_method": "JKn", "calibrate": {"totals": totals}}
    asked = INDICATORS[INDICATORS["indicator"] == "heard"]
    found = estimates_of(frame, asked, CODEBOOK, design).iloc[0]
    shares = np.array([(3 * left + 1 / 2) / 4 for left in (1 / 3, 2 / 3, 1 / 4)])
    assert found["estimate"] == pytest.approx((3 * 2 / 5 + 1 / 2) / 4, rel=1e-12)
    error = np.sqrt(2 / 3 * ((shares - shares.mean()) ** 2).sum())
    assert found["std_error"] == pytest.approx(error, rel=1e-12)


@pytest.mark.parametrize("rule", ["population", "lonely_psu"])
@pytest.mark.parametrize("mse", [True, False])
def test_replicates_none_of_which_counts_show_no_error(mse, rule):
    """Witness: by reason: every stratum is whole, or a single cluster that adds nothing."""
    frame = pd.DataFrame({"school_id": [*"aabb"], "s": [*"xxzz"], "heard": ["yes", "no"] * 2})
    how = {"population": [1], "lonely_psu": "certainty"}
    design = {"strata": ["s"], "clusters": ["school_id"], rule: how[rule]}
    design |= {"replicate_method": "JKn", "mse": mse}
    asked = INDICATORS[INDICATORS["indicator"] == "heard"]
    assert estimates_of(frame, asked, CODEBOOK, design)["std_error"].tolist() == [0, 0]


def test_who_weighs_nothing_makes_no_share_and_no_ratio_of_nobody():
    """Witness: by hand; means of replicates are 0 and 1/3, and no visits stand below the line."""
    frame = pd.DataFrame({"heard": ["no", "no", "yes"], "w": [1.0, 1.0, 0.0]})
    frame = frame.assign(hours=[1.0, 2.0, 3.0], visits=[0.0, 0.0, 1.0])
    frame = frame.assign(repw1=[1.0, 1.0, 0.0], repw2=[1.0, 1.0, 1.0])
    design = {"weight": "w", "replicate_weights": "repw*", "replicate_method": "BRR", "mse": True}
    wanted = INDICATORS["indicator"].isin(["heard", "hours_per_visit"])
    found = estimates_of(frame, INDICATORS[wanted], CODEBOOK, design)
    assert found["estimate"].fillna(-1).tolist() == [0, 1, -1]
    assert found["method"].tolist() == ["clopper_pearson", "clopper_pearson", "denominator 0"]
    assert found["std_error"].iloc[0] == pytest.approx(np.sqrt(1 / 2) / 3, rel=1e-12)
