"""Designs, replicates and limits on numbers small enough to check by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careersurvey.errors import DesignError
from careersurvey.inference.association import rao_scott
from careersurvey.inference.design import lay_out
from careersurvey.inference.intervals import DESIGN_METHODS, design_limits, limits
from careersurvey.inference.linearised import Totals, covariance_between_groups, ratios
from careersurvey.inference.replicates import (
    bootstrap_multipliers,
    given_degrees,
    given_scaling,
    jackknife_variances,
    made_estimates,
    replicate_covariance,
    replicate_variances,
)
from careersurvey.inference.variances import covariance, variances

STRATA = np.array(["a"] * 3 + ["b"] * 4)
CLUSTERS = np.arange(7)
EVERYONE = np.zeros(7, dtype=int)


def column(*values):
    return np.array(values, dtype=float)[:, None]


def totals(above, below, group=EVERYONE, groups=1):
    base = np.maximum(below, 1).astype(int)
    return Totals(CLUSTERS, group, groups, base, above, below)


ABOVE, BELOW = column(1, 4, 2, 6, 3, 5, 2), column(4, 6, 5, 9, 8, 7, 5)


def test_the_variance_of_a_total_is_the_textbooks():
    """Witness: by hand, 3 * var(1, 4, 2) + 4 * var(6, 3, 5, 2) = 3 * 7/3 + 4 * 10/3."""
    design = lay_out([CLUSTERS], [STRATA])
    found = variances(design, CLUSTERS, EVERYONE, 1, ABOVE, np.ones((7, 1)))
    assert found[0, 0] == pytest.approx(7 + 40 / 3, rel=1e-14)


def test_a_population_takes_its_share_of_the_variance_off():
    """Witness: by hand, (1 - 3/6) 7 + (1 - 4/5) 40/3."""
    population = np.where(STRATA == "a", 6.0, 5.0)
    design = lay_out([CLUSTERS], [STRATA], [population])
    found = variances(design, CLUSTERS, EVERYONE, 1, ABOVE, np.ones((7, 1)))
    assert found[0, 0] == pytest.approx(3.5 + 8 / 3, rel=1e-14)


def test_a_whole_population_has_no_variance():
    design = lay_out([CLUSTERS], (), [np.full(7, 7.0)])
    assert ratios(design, totals(ABOVE, BELOW)).variance[0, 0] == 0


def test_a_domain_keeps_the_clusters_that_it_does_not_reach():
    """Witness: by hand; the two clusters outside the domain are zeros of their strata."""
    design = lay_out([CLUSTERS], [STRATA])
    inside = np.array([0, 1, 3, 4, 5])
    found = variances(design, inside, EVERYONE[inside], 1, ABOVE[inside], np.ones((5, 1)))
    by_hand = 3 * np.var([1, 4, 0], ddof=1) + 4 * np.var([6, 3, 5, 0], ddof=1)
    assert found[0, 0] == pytest.approx(by_hand, rel=1e-14)


@given(st.lists(st.integers(0, 50), min_size=14, max_size=14))
def test_covariances_have_the_variances_on_their_diagonal(values):
    design = lay_out([CLUSTERS], [STRATA], [np.full(7, 30.0)])
    scores = np.array(values, dtype=float).reshape(7, 2)
    matrix = covariance(design, scores)
    each = variances(design, CLUSTERS, EVERYONE, 1, scores, np.ones((7, 2)))
    np.testing.assert_allclose(np.diag(matrix), each[0], atol=1e-9)
    np.testing.assert_allclose(matrix, matrix.T)


def test_respondents_as_clusters_need_only_sums_and_sums_of_squares():
    """The same survey with a leaf a person, and with a leaf a stratum."""
    rng = np.random.default_rng(3)
    stratum, group = rng.integers(0, 3, 200), rng.integers(0, 2, 200)
    weight, answer = rng.gamma(3, 1, 200), rng.integers(0, 2, 200)
    rows = np.arange(200)
    ones = np.ones((200, 1), dtype=int)
    people = lay_out([rows], [stratum])
    one = Totals(rows, group, 2, ones, (weight * answer)[:, None], weight[:, None])
    expected = ratios(people, one)
    sums = {name: np.zeros((6, 1)) for name in ("n", "y", "x", "yy", "xx")}
    cell = stratum * 2 + group
    for name, value in (
        ("n", np.ones(200)),
        ("y", weight * answer),
        ("x", weight),
        ("yy", weight**2 * answer),
        ("xx", weight**2),
    ):
        np.add.at(sums[name][:, 0], cell, value)
    reduced = lay_out([], [np.arange(3)], (), np.bincount(stratum).astype(float))
    other = Totals(
        np.repeat(np.arange(3), 2),
        np.tile([0, 1], 3),
        2,
        sums["n"],
        sums["y"],
        sums["x"],
        (sums["yy"], sums["yy"], sums["xx"]),
    )
    found = ratios(reduced, other)
    np.testing.assert_allclose(found.estimate, expected.estimate, rtol=1e-13)
    np.testing.assert_allclose(found.variance, expected.variance, rtol=1e-11)
    assert found.degrees.tolist() == expected.degrees.tolist()
    np.testing.assert_allclose(
        covariance_between_groups(reduced, other, 0),
        covariance_between_groups(people, one, 0),
        rtol=1e-10,
        atol=1e-16,
    )


@pytest.mark.parametrize("mse", [False, True])
def test_the_closed_jackknife_is_the_one_that_leaves_each_cluster_out(mse):
    """Witness: a loop over the replicates, one weight vector each."""
    design = lay_out([CLUSTERS], [STRATA])
    group = np.array([0, 1, 0, 0, 1, 1, 0])
    data = totals(ABOVE, BELOW, group, 2)
    found = jackknife_variances(design, data, "ratio", mse)
    replicates, factor = np.zeros((7, 2)), np.zeros(7)
    for left_out in range(7):
        same = STRATA[left_out] == STRATA
        weight = np.where(same, same.sum() / (same.sum() - 1), 1.0)
        weight[left_out], factor[left_out] = 0, (same.sum() - 1) / same.sum()
        for code in (0, 1):
            inside = weight * (group == code)
            replicates[left_out, code] = (inside @ ABOVE / (inside @ BELOW))[0]
    centre = ratios(design, data).estimate[:, 0] if mse else replicates.mean(axis=0)
    by_loop = (factor[:, None] * (replicates - centre) ** 2).sum(axis=0)
    np.testing.assert_allclose(found[:, 0], by_loop, rtol=1e-12)


def test_bootstraps_draw_one_cluster_less_than_there_are():
    design = lay_out([CLUSTERS], [STRATA])
    multipliers = bootstrap_multipliers(design, 4000, 1)
    assert multipliers.shape == (4000, 7)
    # 2 draws of 3 count 3/2 each, 3 draws of 4 count 4/3: each stratum keeps its size.
    np.testing.assert_allclose(multipliers[:, :3].sum(axis=1), 3)
    np.testing.assert_allclose(multipliers[:, 3:].sum(axis=1), 4)
    np.testing.assert_allclose(multipliers.mean(axis=0), 1, atol=0.05)


def test_bootstraps_of_a_whole_population_change_nothing():
    design = lay_out([CLUSTERS], (), [np.full(7, 7.0)])
    assert (bootstrap_multipliers(design, 20, 1) == 1).all()


def test_made_bootstraps_of_a_total_have_the_linearised_variance():
    """The bootstrap variance of a total is the linearised one, up to the number of replicates."""
    design = lay_out([CLUSTERS], [STRATA], [np.where(STRATA == "a", 6.0, 5.0)])
    data = totals(ABOVE, BELOW)
    multipliers = bootstrap_multipliers(design, 40_000, 2)
    replicates = made_estimates(design, data, multipliers, "total")
    scaling = given_scaling("bootstrap", 40_000)
    full = np.array([[ABOVE.sum()]])
    assert replicate_variances(replicates, full, scaling)[0, 0] == pytest.approx(
        3.5 + 8 / 3, rel=0.03
    )


def test_a_replicate_without_the_domain_is_made_up_for():
    """Witness: by hand; three of four bootstraps see the domain, so their sum counts 4/3."""
    estimates = np.array([0.2, 0.4, 0.6, np.nan])[:, None]
    scaling = given_scaling("bootstrap", 4)
    found = replicate_variances(estimates, np.array([0.4]), scaling)
    assert found[0] == pytest.approx(0.08 / 3 * 4 / 3, rel=1e-14)


def test_replicate_covariances_have_the_variances_on_their_diagonal():
    rng = np.random.default_rng(4)
    estimates, scaling = rng.normal(size=(30, 3)), given_scaling("JK1", 30)
    matrix = replicate_covariance(estimates, estimates.mean(axis=0), scaling)
    each = replicate_variances(estimates, estimates.mean(axis=0), scaling)
    np.testing.assert_allclose(np.diag(matrix), each, rtol=1e-12)


def test_degrees_of_given_replicates_are_their_rank_less_one():
    """Witness: leaving one of 5 clusters out gives 5 independent columns."""
    jackknife = (1.0 - np.eye(5)) * 5 / 4
    assert given_degrees(np.repeat(jackknife, 3, axis=0)) == 4
    assert given_degrees(np.ones((6, 4))) == 0


@pytest.mark.parametrize(
    ("method", "settings", "scale"),
    [
        # Witness: R's svrepdesign.
        ("JK1", {}, 9 / 10),
        ("BRR", {}, 1 / 10),
        ("Fay", {"fay_rho": 0.3}, 1 / (10 * 0.49)),
        ("bootstrap", {}, 1 / 9),
        ("JKn", {"rscales": 0.5}, 1),
        ("JK1", {"scale": 0.25}, 0.25),
    ],
)
def test_each_method_has_its_scale(method, settings, scale):
    assert given_scaling(method, 10, **settings).scale == pytest.approx(scale)


def test_rscales_of_another_length_are_refused():
    with pytest.raises(DesignError, match="3 rscales"):
        given_scaling("JKn", 10, rscales=[1, 1, 1])


@pytest.mark.parametrize("method", DESIGN_METHODS)
def test_limits_of_nobody_are_clopper_and_pearsons_whatever_the_method(method):
    low, high = design_limits([0, 1], 0, 60, 20, 0.95, method)
    exact = limits([0, 60], 60, method="beta")
    np.testing.assert_allclose([low, high], exact, rtol=1e-14)


@pytest.mark.parametrize("method", DESIGN_METHODS)
def test_there_are_no_limits_without_degrees_of_freedom(method):
    assert np.isnan(design_limits(0.4, 0.01, 60, 0, 0.95, method)).all()


def test_wilsons_limits_are_the_counted_ones_when_degrees_abound():
    """Witness: intervals.limits, as the quantile of t tends to the normal one."""
    found = design_limits(0.2, 0.2 * 0.8 / 60, 60, 10**9, 0.95, "wilson")
    np.testing.assert_allclose(found, limits(12, 60, method="wilson"), rtol=1e-7)


def test_truncation_widens_what_a_design_effect_below_1_narrowed():
    plain = design_limits(0.2, 0.2 * 0.8 / 120, 60, 50, 0.95, "beta")
    cut = design_limits(0.2, 0.2 * 0.8 / 120, 60, 50, 0.95, "beta_truncated")
    assert cut[0] < plain[0] < plain[1] < cut[1]
    # Witness: the base itself, with whole counts.
    np.testing.assert_allclose(cut, limits(12, 60, method="beta"), rtol=1e-12)


def test_independence_in_a_simple_sample_is_pearsons_test():
    """Witness: R chisq.test(matrix(c(30, 20, 10, 40), 2), correct = FALSE): X-squared 16.667.

    Under multinomial sampling the design effects are 1, and F on infinite degrees is X-squared.
    """
    table = np.array([[30, 20], [10, 40]]) / 100
    flat = table.ravel()
    covariance_matrix = (np.diag(flat) - np.outer(flat, flat)) / 100
    found = rao_scott(table, covariance_matrix, 1e9)
    assert found.statistic == pytest.approx(16.0 + 2 / 3, rel=1e-9)
    assert found.numerator_df == pytest.approx(1)
    assert found.p_value == pytest.approx(4.4557e-5, rel=1e-3)
