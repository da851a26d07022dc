"""Differences and associations between groups of one sample, against R's survey package.

Witness: tests/reference/survey.R (svycontrast of totals, svychisq(statistic = "F")).
"""

import numpy as np
import pandas as pd
import pytest
from reference_survey import CODEBOOK, DESIGNS, INDICATORS, parents, witness

from careersurvey.errors import DesignError
from careersurvey.inference.contrasts import associations, differences

LINEARISED = [name for name in DESIGNS if not name.startswith(("made", "lonely"))]
HELPED = INDICATORS[INDICATORS["indicator"] == "helped"]


@pytest.mark.parametrize("design", LINEARISED)
def test_a_difference_between_groups_has_the_error_of_both_and_their_covariance(design):
    theirs = witness().query("design == @design and domain == 'difference'").set_index("group")
    found = differences(
        parents(), HELPED, CODEBOOK, DESIGNS[design], by=["year_group", "sixth_form"]
    )
    keys = ["domain", "group", "other_group"]
    found = found[found["category"] == "yes"].set_index(keys)
    for name, where in (
        ("year_group y9 y11", ("year_group", "y9", "y11")),
        ("sixth_form yes no", ("sixth_form", "yes", "no")),
    ):
        np.testing.assert_allclose(
            found.loc[where, ["difference", "std_error"]].astype(float),
            theirs.loc[name, ["estimate", "std_error"]].astype(float),
            rtol=1e-9,
        )


@pytest.mark.parametrize("design", LINEARISED)
def test_the_second_order_f_equals_rs(design):
    by = ["school_type", "year_group", "region"]
    theirs = witness().query("design == @design and domain == 'F'").set_index("indicator")
    found = associations(parents(), HELPED, CODEBOOK, DESIGNS[design], by=by).set_index("domain")
    assert len(found) == 3
    for name in by:
        expected = theirs.loc[f"helped*{name}", ["estimate", "std_error", "deff", "df"]]
        columns = ["statistic", "p_value", "numerator_df", "denominator_df"]
        np.testing.assert_allclose(
            found.loc[name, columns].astype(float), expected.astype(float), rtol=1e-8
        )


def test_p_values_are_adjusted_over_the_page():
    """Witness: Holm's rule by hand: the least p times the number of tests."""
    found = associations(
        parents(), INDICATORS, CODEBOOK, DESIGNS["one_stage"], by=["year_group", "sixth_form"]
    )
    tested = found["p_value"].notna().sum()
    least = found.loc[found["p_value"].idxmin()]
    assert tested > 8
    assert least["p_adjusted"] == pytest.approx(min(least["p_value"] * tested, 1))
    assert (found["p_adjusted"].dropna() >= found["p_value"].dropna()).all()


def test_what_nobody_chose_is_not_tested():
    found = associations(
        parents(), INDICATORS, CODEBOOK, DESIGNS["one_stage"], by=["year_group"]
    ).set_index("indicator")
    assert pd.isna(found.loc["never", "p_value"])


def test_replicates_are_refused_by_name():
    with pytest.raises(DesignError, match="linearisation"):
        differences(parents(), HELPED, CODEBOOK, DESIGNS["made_jkn"], by=["year_group"])
