"""Groups of one sample held against each other, under every design of the reference survey.

Witness: tests/reference/survey.R (svycontrast of totals, svychisq(statistic = "F")).
"""

from functools import cache

import numpy as np
import pytest
from reference_survey import CODEBOOK, DESIGNS, INDICATORS, parents, totals_in, witness

from careersurvey.inference.survey.groups import associations, differences

LINEARISED = [name for name in DESIGNS if not name.startswith(("made", "lonely"))]
HELPED = INDICATORS[INDICATORS["indicator"] == "helped"]
BY = ("year_group", "sixth_form", "school_type", "region")


@cache
def broken(design):
    found = totals_in(parents(), HELPED, CODEBOOK, DESIGNS[design], BY)
    return {domain.name: (one, domain) for one in found for domain in one.domains}


@pytest.mark.parametrize("design", LINEARISED)
@pytest.mark.parametrize(
    ("by", "group", "against"), [("year_group", "y9", "y11"), ("sixth_form", "yes", "no")]
)
def test_a_difference_has_the_error_of_both_and_their_covariance(design, by, group, against):
    theirs = witness().query("design == @design and domain == 'difference'").set_index("group")
    rows = differences(*broken(design)[by], 0.95, 1)
    wanted = group, against, "yes"
    found = next(row for row in rows if (row["group"], row["against"], row["category"]) == wanted)
    np.testing.assert_allclose(
        [found["estimate"], found["std_error"]],
        theirs.loc[f"{by} {group} {against}", ["estimate", "std_error"]].astype(float),
        rtol=1e-9,
    )


@pytest.mark.parametrize("design", LINEARISED)
@pytest.mark.parametrize("by", ["school_type", "year_group", "region"])
def test_the_second_order_f_equals_rs(design, by):
    theirs = witness().query("design == @design and domain == 'F'").set_index("indicator")
    (found,) = associations(*broken(design)[by], 1)
    expected = theirs.loc[f"helped*{by}", ["estimate", "std_error", "deff", "df"]]
    numbers = [found[name] for name in ("statistic", "p_value", "numerator_df", "denominator_df")]
    np.testing.assert_allclose(numbers, expected.astype(float), rtol=1e-8)
