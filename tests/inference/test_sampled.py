"""Estimates from respondents against R's survey package, on a survey that this project made up.

Witness of every number in the first part: tests/reference/survey.R, run on
tests/reference/parents.csv and factors.csv; versions stand in the first line of survey.csv.
"""

from functools import cache

import numpy as np
import pytest
from reference_survey import DESIGNS, GIVEN, KEYS, ours, witness

import careersurvey
from careersurvey.inference.intervals import design_limits


@cache
def side_by_side(design, interval="logit"):
    theirs = witness().query("design == @design and domain not in ('F', 'difference')")
    found = ours(design, theirs["domain"].unique(), interval)
    both = theirs.merge(found, on=KEYS, how="left", suffixes=("_r", ""), validate="1:1")
    assert both["estimate"].notna().sum() > 50
    return both[both["base_n_r"] > 0]


@pytest.mark.parametrize("design", [*DESIGNS, *GIVEN])
def test_estimates_and_errors_equal_r(design):
    both = side_by_side(design)
    assert both["base_n"].tolist() == both["base_n_r"].tolist()
    close = {"rtol": 1e-9, "atol": 1e-14}
    np.testing.assert_allclose(both["estimate"], both["estimate_r"], **close)
    known = both["std_error_r"].notna()
    assert known.mean() > 0.9
    np.testing.assert_allclose(both["std_error"][known], both["std_error_r"][known], **close)


TWIN = {
    "made_jk1": "unstratified",
    "made_jkn_fpc": "one_stage_fpc",
    "made_jkn_lonely_certainty": "lonely_certainty",
    "made_jkn_lonely_average": "lonely_average",
}


def with_limits(design, method):
    """Rows of which R has limits on the degrees of freedom that clusters and strata give."""
    both = side_by_side(design)
    both = both[both[f"{method}_low"].notna() & (both["method"] != "clopper_pearson")]
    if not design.startswith("made"):
        return both
    clusters = witness().query("design == @TWIN.get(@design, 'one_stage')")
    both = both.merge(clusters[[*KEYS, "df"]], on=KEYS, suffixes=("", "_clusters"))
    return both[both["df"] == both["df_clusters"]]


@pytest.mark.parametrize("design", [*DESIGNS, *GIVEN])
def test_limits_equal_r_on_the_same_degrees_of_freedom(design):
    """R counts degrees of made replicates by rank, which differs where a domain loses clusters."""
    both = with_limits(design, "logit")
    assert len(both) > 12
    close = {"rtol": 1e-9, "atol": 1e-12}
    np.testing.assert_allclose(both["conf_low"], both["logit_low"], **close)
    np.testing.assert_allclose(both["conf_high"], both["logit_high"], **close)


@pytest.mark.parametrize("method", ["wilson", "beta", "beta_truncated", "mean"])
def test_other_limits_equal_r_on_every_design(method):
    for design in [*DESIGNS, *GIVEN]:
        both = with_limits(design, method)
        both = both[both["method"] != "mean"] if method != "mean" else both
        given = (both["estimate"], both["std_error"] ** 2, both["base_n"].astype(float), both["df"])
        low, high = design_limits(*given, 0.95, method)
        close = {"rtol": 1e-9, "atol": 1e-12}
        np.testing.assert_allclose(low, both[f"{method}_low"], **close)
        np.testing.assert_allclose(high, both[f"{method}_high"], **close)


@pytest.mark.parametrize("method", ["wilson", "beta", "beta_truncated", "mean"])
def test_a_named_interval_is_the_one_that_is_given(method):
    both = side_by_side("two_stage", method)
    both = both[both["indicator"].isin(["helped", "source"]) & both[f"{method}_low"].notna()]
    assert set(both["method"]) == {method}
    np.testing.assert_allclose(both["conf_low"], both[f"{method}_low"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("design", [*DESIGNS, *GIVEN])
def test_design_effects_equal_rs_against_sampling_with_replacement(design):
    both = side_by_side(design)
    both = both[both["deff_r"].notna() & both["deff"].notna()]
    assert len(both) > 25
    np.testing.assert_allclose(both["deff"], both["deff_r"], rtol=1e-9)


def test_weights_that_average_1_change_no_design_effect():
    """R's other design effect, against sampling without replacement, is NaN here."""
    plain, scaled = (
        ours(name, ["year_group"], None).set_index(KEYS) for name in ("one_stage", "mean_1")
    )
    share = plain["deff"].notna() & (plain.index.get_level_values("indicator") != "hours_total")
    assert share.sum() > 30
    np.testing.assert_allclose(scaled["deff"][share], plain["deff"][share], rtol=1e-9)


def test_nobody_and_everybody_have_clopper_and_pearsons_limits_on_the_base():
    """Witness: 1 - 0.025^(1/491) = 0.0074849..., by hand; everybody mirrors it."""
    found = ours("two_stage", [], "logit").set_index(["indicator", "category"])
    never, always = found.loc[("never", "yes")], found.loc[("always", "yes")]
    assert (never["estimate"], never["conf_low"], never["method"]) == (0, 0, "clopper_pearson")
    assert never["conf_high"] == pytest.approx(1 - 0.025 ** (1 / 491), rel=1e-12)
    assert (always["estimate"], always["conf_high"]) == (1, 1)
    assert always["conf_low"] == pytest.approx(0.025 ** (1 / 491), rel=1e-12)
    assert (never["std_error"], never["count_low"], never["base_n"]) == (0, 0, 491)
    assert np.isnan(never["deff"])


def test_one_option_of_a_cell_with_several_can_be_counted_alone(tmp_path):
    """By hand: two of four take the bus."""
    files = {
        "cohort.toml": '[cohort]\nid = "one"\ntitle = "One"\nevidence = "respondents"\n'
        '[tables.riders]\nfile = "riders.csv"\noptions.way.separator = ";"\n'
        'options.way.nothing_ticked = "no"\n',
        "codebook.csv": "variable,table,question,type,values,missing,unit\n"
        "way,riders,,category,bus;car;foot,,rider\nage,riders,,number,,,year\n",
        "indicators.csv": "indicator,label,section,unit,table,variable,measure,denominator,"
        "categories,base,base_label,among,favourable\n"
        "by_bus,By bus,ways,rider,riders,way,multiple,,bus,,,,\n",
        "riders.csv": "way,age\nbus;car,30\nbus,40\ncar,50\nfoot;car,60\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (row,) = careersurvey.estimate(tmp_path).itertuples()
    assert (row.category, row.count_low, row.base_n, row.estimate) == ("bus", 2, 4, 0.5)
