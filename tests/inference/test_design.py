"""Designs, replicates and limits on numbers small enough to check by hand."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_survey import CODEBOOK, INDICATORS, estimates_of, totals_in

from careersurvey.errors import CohortError, DesignError, QuestionError
from careersurvey.evidence.settings import DesignSettings
from careersurvey.inference.intervals import DESIGN_METHODS, design_limits, limits
from careersurvey.inference.survey.domains import everyone
from careersurvey.inference.survey.groups import rao_scott
from careersurvey.inference.survey.variance import (
    Replicates,
    Scores,
    deviations,
    multipliers,
    rank_less_one,
    scales,
)

STRATA = ["a"] * 3 + ["b"] * 4
PEOPLE = pd.DataFrame(
    {
        "school": [f"s{code}" for code in range(7)],
        "stratum": STRATA,
        "sixth_form": ["yes", "no", "yes", "yes", "no", "no", "yes"],
        "hours": [1.0, 4, 2, 6, 3, 5, 2],
        "visits": [4.0, 6, 5, 9, 8, 7, 5],
        "of_stratum": [6] * 3 + [5] * 4,
        "everybody": 7,
    }
)
DESIGN = {"strata": ["stratum"], "clusters": ["school"]}
RULES = ("fail", "average")
MEASURES = INDICATORS.set_index("indicator", drop=False)


def asked(*names):
    return MEASURES.loc[list(names)]


def error(indicator, settings, frame=PEOPLE, group=None):
    by = [] if group is None else ["sixth_form"]
    found = estimates_of(frame, asked(indicator), CODEBOOK, settings, by=by)
    return found[found["group"] == (group or "all")].iloc[0]["std_error"]


def laid_out(settings=None):
    (totals,) = totals_in(PEOPLE, asked("hours_total"), CODEBOOK, settings or DESIGN)
    return totals.design


def test_the_variance_of_a_total_is_the_textbooks():
    """Witness: by hand, 3 * var(1, 4, 2) + 4 * var(6, 3, 5, 2) = 3 * 7/3 + 4 * 10/3."""
    assert error("hours_total", DESIGN) ** 2 == pytest.approx(7 + 40 / 3, rel=1e-14)


def test_a_population_takes_its_share_of_the_variance_off():
    """Witness: by hand, weights of 2 and 5/4 and (1 - 3/6) 4 * 7 + (1 - 4/5) (5/4)^2 40/3."""
    found = error("hours_total", {**DESIGN, "population": ["of_stratum"]})
    assert found**2 == pytest.approx(14 + 1 / 5 * 25 / 16 * 40 / 3, rel=1e-14)


def test_a_whole_population_has_no_variance():
    assert error("hours_per_visit", {"clusters": ["school"], "population": ["everybody"]}) == 0


def test_a_domain_keeps_the_clusters_that_it_does_not_reach():
    """Witness: by hand; clusters outside the domain are zeros of their strata."""
    by_hand = 3 * np.var([1, 0, 2], ddof=1) + 4 * np.var([6, 0, 0, 2], ddof=1)
    found = error("hours_total", DESIGN, group="yes")
    assert found**2 == pytest.approx(by_hand, rel=1e-14)


@given(st.lists(st.integers(0, 50), min_size=14, max_size=14))
def test_covariances_have_the_variances_on_their_diagonal(values):
    scores = np.array(values, dtype=float).reshape(7, 2)
    apart = deviations(laid_out(), everyone(7), Scores(np.ones((7, 2)), scores))
    _, rows = apart
    matrix = rows.T @ rows
    np.testing.assert_allclose(np.diag(matrix), apart.variances(1)[0], atol=1e-9)
    np.testing.assert_allclose(matrix, matrix.T)


def test_respondents_as_clusters_need_only_sums_and_sums_of_squares():
    """The same survey with a row a person, and with the person as a cluster of its own."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "stratum": rng.integers(0, 3, 200),
            "year_group": rng.choice(["y9", "y10", "y11"], 200),
            "w": rng.gamma(3, 1, 200),
            "helped": rng.choice(["yes", "partly", "no"], 200),
            "person": range(200),
        }
    )
    settings = {"weight": "w", "strata": ["stratum"]}
    found, expected = (
        estimates_of(frame, asked("helped"), CODEBOOK, settings | more, by=["year_group"])
        for more in ({}, {"clusters": ["person"]})
    )
    pd.testing.assert_frame_equal(found, expected, rtol=1e-11)


@pytest.mark.parametrize("mse", [False, True])
def test_the_jackknife_is_the_one_that_leaves_each_cluster_out(mse):
    """Witness: a loop over the replicates, one weight vector each."""
    above, below = PEOPLE["hours"].to_numpy(), PEOPLE["visits"].to_numpy()
    inside = (PEOPLE["sixth_form"] == "yes").to_numpy()
    strata, replicates, factor = np.array(STRATA), np.zeros(7), np.zeros(7)
    for left_out in range(7):
        same = strata == strata[left_out]
        weight = np.where(same, same.sum() / (same.sum() - 1), 1.0) * inside
        weight[left_out], factor[left_out] = 0, (same.sum() - 1) / same.sum()
        replicates[left_out] = (weight @ above) / (weight @ below)
    centre = (above @ inside) / (below @ inside) if mse else replicates.mean()
    by_loop = factor @ (replicates - centre) ** 2
    settings = {**DESIGN, "replicate_method": "JKn", "mse": mse}
    found = error("hours_per_visit", settings, group="yes")
    assert found**2 == pytest.approx(by_loop, rel=1e-12)


def test_bootstraps_draw_one_cluster_less_than_there_are():
    settings = DesignSettings(**DESIGN, replicate_method="bootstrap", replicates=4000)
    drawn = multipliers(settings, laid_out()).T
    assert drawn.shape == (4000, 7)
    # 2 draws of 3 count 3/2 each, 3 draws of 4 count 4/3: each stratum keeps its size.
    np.testing.assert_allclose(drawn[:, :3].sum(axis=1), 3)
    np.testing.assert_allclose(drawn[:, 3:].sum(axis=1), 4)
    np.testing.assert_allclose(drawn.mean(axis=0), 1, atol=0.05)


def test_bootstraps_of_a_whole_population_change_nothing():
    whole = laid_out({"clusters": ["school"], "population": ["everybody"]})
    settings = DesignSettings(**DESIGN, replicate_method="bootstrap")
    assert (multipliers(settings, whole) == 1).all()


def test_made_bootstraps_of_a_total_have_the_linearised_variance():
    """The bootstrap variance of a total is the linearised one, up to the number of replicates."""
    settings = {**DESIGN, "replicate_method": "bootstrap", "replicates": 40_000, "seed": 2}
    assert error("hours_total", settings) ** 2 == pytest.approx(7 + 40 / 3, rel=0.03)


def test_a_replicate_without_the_domain_is_made_up_for():
    """Witness: by hand; three of four bootstraps see the domain, so their sum counts 4/3."""
    apart = np.array([-0.2, 0.0, 0.2, np.nan])[:, None, None]
    four = Replicates(np.dot, np.full(4, 1 / 3), mse=False, redraws=True)
    found = four.centred(apart).variances(1)
    assert found == pytest.approx(0.08 / 3 * 4 / 3, rel=1e-14)


def test_degrees_of_given_replicates_are_their_rank_less_one():
    """Witness: leaving one of 5 clusters out gives 5 independent columns."""
    jackknife = (1.0 - np.eye(5)) * 5 / 4
    assert rank_less_one(np.repeat(jackknife, 3, axis=0)) == 4
    assert rank_less_one(np.ones((6, 4))) == 0


@pytest.mark.parametrize(
    ("method", "settings", "scale"),
    [
        # Witness: R's svrepdesign.
        ("JK1", {}, 9 / 10),
        ("BRR", {}, 1 / 10),
        ("Fay", {"fay_rho": 0.3}, 1 / (10 * 0.49)),
        ("bootstrap", {}, 1 / 9),
        ("JKn", {"rscales": [1.0]}, 1),
        ("JK1", {"scale": 0.25}, 0.25),
        # PISA's weights are Fay's with 0.5, and its manual gives their factor, 1/(R (1 - 0.5)^2).
        ("BRR", {"scale": 0.4}, 0.4),
        ("successive-difference", {"scale": 0.4}, 0.4),
    ],
)
def test_each_method_has_its_scale(method, settings, scale):
    given = {"weight": "w", "replicate_weights": "r*", "replicate_method": method, **settings}
    found = scales(DesignSettings(**given), 10)
    np.testing.assert_allclose(found, np.full(10, scale))


def test_rscales_of_another_length_and_a_single_replicate_are_refused():
    given = {"weight": "w", "replicate_weights": "r*", "replicate_method": "JKn"}
    with pytest.raises(DesignError, match="3 rscales"):
        scales(DesignSettings(**given, rscales=[1, 1, 1]), 10)
    with pytest.raises(DesignError, match="single replicate"):
        scales(DesignSettings(**given, rscales=[1]), 1)


@pytest.mark.parametrize("second", [[0.0, 0.0, 0.0], [1.0, np.nan, 1.0]])
def test_a_replicate_weight_that_is_not_there_or_is_0_in_every_row_is_named(second):
    frame = pd.DataFrame({"hours": [1.0, 2.0, 3.0], "w": 1.0, "r1": [2.0, 0.0, 1.0], "r2": second})
    given = {"weight": "w", "replicate_weights": ["r1", "r2"], "replicate_method": "BRR"}
    with pytest.raises(DesignError) as refused:
        estimates_of(frame, asked("hours"), CODEBOOK, given)
    assert refused.value.found == "r2"


def test_replicates_count_whom_the_whole_sample_does_not():
    """Witness: by hand, with R's formula: means of 1, and of (2 + 3 * 5)/5 and (2 + 5)/3 for it."""
    frame = pd.DataFrame({"hours": [1.0, 2.0, 5.0], "w": [0.0, 2.0, 2.0], "r1": [1.0, 2, 3]})
    frame["r2"] = [2.0, 1.0, 1.0]
    given = {"weight": "w", "replicate_weights": ["r1", "r2"], "replicate_method": "BRR"}
    found = estimates_of(frame, asked("hours"), CODEBOOK, given | {"mse": True}).iloc[0]
    apart = [Fraction(1 + 4 + 15, 6) - Fraction(7, 2), Fraction(2 + 2 + 5, 4) - Fraction(7, 2)]
    assert found["base_n"] == 2
    assert found["estimate"] == 3.5
    assert found["std_error"] ** 2 == pytest.approx(float(sum(x * x for x in apart) / 2), rel=1e-12)


def test_multiples_of_weights_are_no_replicate_weights():
    """R warns: "Data do not look like combined weights"."""
    frame = pd.DataFrame({"hours": [1.0, 2.0, 5.0], "w": 90.0, "r1": [2, 0, 2], "r2": [0, 2, 0]})
    given = {"weight": "w", "replicate_weights": ["r1", "r2"], "replicate_method": "BRR"}
    with pytest.raises(DesignError, match="do not add to about") as refused:
        estimates_of(frame, asked("hours"), CODEBOOK, given)
    assert "multiply each by the weight" in refused.value.do


def test_units_that_start_again_in_strata_of_a_later_stage_need_nest():
    """Witness: by hand: both schools, 2 of 3 classes in each of two years, 4 hours a class.

    So the total is 2 * 2 * 3 * 4 of a pupil each; without `nest` a class would lie in two years.
    """
    rows = [(s, y, c) for s in "ab" for y in ("y7", "y8") for c in "12"]
    frame = pd.DataFrame(rows, columns=["school", "year", "class"]).assign(all="x", hours=4.0)
    drawn = {"strata": ["all", "year"], "clusters": ["school", "class"], "population": [2, 3]}
    assert estimates_of(frame, asked("hours_total"), CODEBOOK, drawn | {"nest": True}).iloc[0][
        "estimate"
    ] == pytest.approx(48)
    with pytest.raises(CohortError, match="have a class that lies in more than one year"):
        estimates_of(frame, asked("hours_total"), CODEBOOK, drawn)


def exact_mean_error(values):
    """Standard error of a simple random sample's mean in exact fractions of the doubles."""
    exact = [Fraction(float(one)) for one in values]
    mean = sum(exact) / len(exact)
    variance = sum((one - mean) ** 2 for one in exact) / (len(exact) - 1) / len(exact)
    return float(variance) ** 0.5


@pytest.mark.parametrize("size", [0.0, 1e3, 1e6, 1e9, 1e12])
@pytest.mark.parametrize("design", ["plain", "stratified", "clustered", "JKn", "given", "domain"])
def test_no_digit_is_lost_however_large_a_mean_is_beside_its_spread(size, design):
    """Witness: exact fractions of the doubles as they are read."""
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        {
            "hours": size + rng.normal(0, 1, 40),
            "school": range(40),
            "one": "all",
            "sixth_form": ["yes", "no"] * 20,
            "w": 1.0,
        }
    )
    exact = exact_mean_error(frame["hours"])
    group = None
    if design == "domain":
        # Another group, whose mean is nowhere near.
        others = frame.assign(hours=-3.0 * size, sixth_form="no")
        frame = pd.concat([frame.assign(sixth_form="yes"), others])
        frame["school"] = range(80)
        group = "yes"
        values = [Fraction(float(one)) for one in frame.loc[frame["sixth_form"] == "yes", "hours"]]
        mean = sum(values) / 40
        squares = sum((one - mean) ** 2 for one in values)
        exact = float(squares * 80 / 79 / 1600) ** 0.5
    for column in range(40):
        frame[f"rep_{column}"] = np.where(frame["school"] == column, 0.0, 40 / 39)
    given = {"weight": "w", "replicate_weights": "rep_*", "replicate_method": "JK1"}
    settings = {
        "plain": {},
        "domain": {"weight": "w"},
        "stratified": {"strata": ["one"]},
        "clustered": {"clusters": ["school"]},
        "JKn": {"clusters": ["school"], "replicate_method": "JKn"},
        "given": given,
    }[design]
    assert error("hours", settings, frame, group) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("size", [1e6, 1e9, 1e12])
@pytest.mark.parametrize("settings", [{}, {"replicate_method": "JKn"}])
def test_a_total_of_clusters_keeps_its_digits_too(size, settings):
    """Witness: exact fractions of the totals of twelve clusters of four, each counting for 3."""
    rng = np.random.default_rng(3)
    school = np.arange(48) % 12
    frame = pd.DataFrame({"hours": size + rng.normal(0, 1, 48), "w": 3.0, "school": school})
    totals = [
        sum(3 * Fraction(one) for one in part) for _, part in frame.groupby("school")["hours"]
    ]
    mean = sum(totals) / 12
    exact = float(sum((one - mean) ** 2 for one in totals) * 12 / 11) ** 0.5
    design = {"weight": "w", "clusters": ["school"], **settings}
    found = estimates_of(frame, asked("hours_total"), CODEBOOK, design)
    assert found["std_error"].item() == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("size", [1e6, 1e9, 1e12])
def test_a_total_of_respondents_in_several_rows_keeps_its_digits(size):
    """Witness: exact fractions of the numbers of 40 respondents, in a row for each of 3 groups."""
    rng = np.random.default_rng(18)
    hours = size + rng.normal(5, 2, 40)
    frame = pd.DataFrame({"hours": hours, "year_group": rng.choice(["y9", "y10", "y11"], 40)})
    found = estimates_of(frame, asked("hours_total"), CODEBOOK, by=["year_group"])
    exact = 40 * exact_mean_error(hours)
    assert found["std_error"].iloc[0] == pytest.approx(exact, rel=1e-9)


def test_a_number_beside_which_the_others_have_no_squares_is_refused():
    """Stata writes 8.99e307 where an answer is missing; the others' error was 0 beside it."""
    frame = pd.DataFrame({"hours": [1.0, 2.5, 4.0, 8.99e307], "sixth_form": ["yes"] * 3 + ["no"]})
    with pytest.raises(QuestionError, match="too far apart"):
        estimates_of(frame, asked("hours"), CODEBOOK, by=["sixth_form"])


@pytest.mark.parametrize("size", [1e-290, 1e-150, 1e-9, 1.0, 1e8, 1e150, 1e280])
@pytest.mark.parametrize("clusters", [[], ["school"]])
def test_the_size_of_weights_changes_no_share_and_no_mean(size, clusters):
    """Witness: the same weights near 1; a total grows with them."""
    rng = np.random.default_rng(12)
    frame = pd.DataFrame(
        {
            "helped": rng.choice(["yes", "partly", "no"], 60),
            "hours": rng.gamma(2, 3, 60),
            "w": rng.gamma(2, 1, 60),
            "school": np.arange(60) % 12,
        }
    )
    design = {"weight": "w", "clusters": clusters}
    names = asked("helped", "hours", "hours_total")
    near = estimates_of(frame, names, CODEBOOK, design)
    far = estimates_of(frame.assign(w=frame["w"] * size), names, CODEBOOK, design)
    for name in ("estimate", "std_error"):
        scale = np.where(near["indicator"] == "hours_total", size, 1.0)
        np.testing.assert_allclose(far[name], near[name] * scale, rtol=1e-12)


@pytest.mark.parametrize("power", [-900, -500, 500, 900])
@pytest.mark.parametrize("design", [{}, {"clusters": ["school"], "replicate_method": "JK1"}])
def test_the_size_of_numbers_changes_no_digit(power, design):
    """Witness: the same numbers near 1, times a power of two."""
    hours = np.random.default_rng(14).gamma(2, 3, 60)
    frame = pd.DataFrame({"hours": hours, "school": np.arange(60) % 12})
    frame["sixth_form"] = np.where(frame["school"] < 6, "yes", "no")
    far = frame.assign(hours=np.ldexp(hours, power))
    names = asked("hours", "hours_total")
    near, far = (
        estimates_of(one, names, CODEBOOK, design, by=["sixth_form"]) for one in (frame, far)
    )
    for name in ("estimate", "std_error", "conf_low", "conf_high"):
        np.testing.assert_allclose(far[name], np.ldexp(near[name], power), rtol=1e-13)


def test_what_no_float_can_hold_is_refused_by_name():
    frame = pd.DataFrame({"hours": [1e300, 1.5e300, 1.7e300]})
    with pytest.raises(QuestionError, match="hours is beyond what a float can hold"):
        estimates_of(frame, asked("hours"), CODEBOOK, {})


def test_weights_that_lie_far_apart_lose_nothing():
    """Witness: exact fractions; weights from 1 to 1e11 in one sample."""
    rng = np.random.default_rng(13)
    weight = 10.0 ** rng.integers(0, 12, 40) * rng.gamma(2, 1, 40)
    said = rng.random(40) < 0.5
    frame = pd.DataFrame({"w": weight, "helped": np.where(said, "yes", "no")})
    exact = [Fraction(float(one)) for one in weight]
    total = sum(exact)
    share = sum(w for w, yes in zip(exact, said, strict=True) if yes) / total
    scores = [w * (int(yes) - share) / total for w, yes in zip(exact, said, strict=True)]
    variance = sum(z**2 for z in scores) * Fraction(40, 39)
    found = estimates_of(frame, asked("helped"), CODEBOOK, {"weight": "w"})
    found = found.set_index("category").loc["yes"]
    assert found["estimate"] == pytest.approx(float(share), rel=1e-12)
    assert found["std_error"] == pytest.approx(float(variance) ** 0.5, rel=1e-9)


@pytest.mark.parametrize("size", [1e5, 1e8, 1e12])
@pytest.mark.parametrize("clusters", [[], ["school"]])
def test_a_ratio_of_numbers_that_hardly_differ_from_its_multiple_loses_nothing(size, clusters):
    """Witness: exact fractions; hours are 3 times the visits and up to 0.1 more."""
    rng = np.random.default_rng(15)
    visits = size + rng.random(40)
    frame = pd.DataFrame({"visits": visits, "hours": 3 * visits + rng.random(40) / 10})
    frame["w"], frame["school"] = rng.integers(1, 9, 40), np.arange(40) // 4
    weight, above, below = (
        [Fraction(float(one)) for one in frame[name]] for name in ("w", "hours", "visits")
    )
    total = sum(w * x for w, x in zip(weight, below, strict=True))
    ratio = sum(w * y for w, y in zip(weight, above, strict=True)) / total
    each = zip(weight, above, below, strict=True)
    scores = pd.Series([w * (y - ratio * x) / total for w, y, x in each], dtype=object)
    units = [sum(own) for _, own in scores.groupby(frame[clusters[0]] if clusters else frame.index)]
    variance = sum(one**2 for one in units) * Fraction(len(units), len(units) - 1)
    design = {"weight": "w", "clusters": clusters}
    found = estimates_of(frame, asked("hours_per_visit"), CODEBOOK, design)
    assert found["std_error"].item() == pytest.approx(float(variance) ** 0.5, rel=1e-12)


def test_what_does_not_vary_has_no_error_and_no_design_effect():
    """Witness: by hand; 60 times the same price, whose double is not 9.99."""
    frame = pd.DataFrame({"hours": [9.99] * 60, "visits": [3.3] * 60})
    frame["school"] = frame.index % 12
    clusters = {"clusters": ["school"]}
    for design in ({}, clusters, {**clusters, "replicate_method": "JKn"}):
        found = estimates_of(frame, asked("hours", "hours_per_visit"), CODEBOOK, design)
        assert found["std_error"].tolist()[0] == 0
        assert found["std_error"].tolist()[1] < 1e-17
        assert np.isnan(found["deff"].iloc[0])


def test_a_ratio_over_nothing_is_blank_and_says_why():
    frame = PEOPLE.assign(visits=np.where(PEOPLE["sixth_form"] == "yes", 0.0, 2.0))
    found = estimates_of(frame, asked("hours_per_visit"), CODEBOOK, {}, by=["sixth_form"])
    row = found[found["group"] == "yes"].iloc[0]
    assert (row["method"], row["base_n"]) == ("denominator 0", 4)
    assert row[["estimate", "std_error", "conf_low", "conf_high"]].isna().all()
    assert found[found["group"] == "no"]["estimate"].iloc[0] == pytest.approx(12 / 6)


def test_a_census_of_one_mind_leaves_nobody_to_be_different():
    """Witness: by hand; 15 of 15 asked, all of whom say yes; with 16 one is left."""
    frame = pd.DataFrame({"heard": ["yes"] * 15, "of": 15})
    everyone, one_less = (
        estimates_of(frame.assign(of=size), asked("heard"), CODEBOOK, {"population": ["of"]})
        for size in (15, 16)
    )
    assert everyone.loc[0, ["conf_low", "conf_high"]].tolist() == [1, 1]
    assert everyone.loc[1, ["conf_low", "conf_high"]].tolist() == [0, 0]
    assert one_less.loc[0, "conf_low"] == pytest.approx(0.025 ** (1 / 15))


def test_a_cluster_that_is_the_whole_stratum_is_not_lonely():
    """Witness: R survey 4.5, svydesign(ids = ~c, strata = ~s, fpc = ~N), svymean: 0.16598."""
    rows = [("1", "1", 1, ["yes", "no"] * 2)]
    rows += [("2", "2", 10, ["yes", "yes"]), ("2", "3", 10, ["no", "yes"])]
    frame = pd.DataFrame(
        [(s, c, size, said) for s, c, size, answers in rows for said in answers],
        columns=["s", "c", "N", "heard"],
    )
    design = {"strata": ["s"], "clusters": ["c"], "population": ["N"]}
    found = estimates_of(frame, asked("heard"), CODEBOOK, design).iloc[0]
    # By hand: the second stratum alone, 5 of 10 weights each, scores about the share.
    weight, share = 5.0, (2 + 5 * 3) / (4 + 20)
    scores = [weight * (2 - 2 * share), weight * (1 - 2 * share)]
    by_hand = (1 - 2 / 10) * 2 * np.var(scores, ddof=1) / 24**2
    assert found["std_error"] ** 2 == pytest.approx(by_hand, rel=1e-12)


def test_adjust_centres_a_lonely_cluster_on_the_mean_of_all():
    """Witness: R survey 4.5, svytotal under options(survey.lonely.psu = "adjust"): 2.0."""
    frame = pd.DataFrame({"hours": [10.0, 12, 11], "s": ["a", "a", "b"]})
    settings = {"strata": ["s"], "lonely_psu": "adjust"}
    assert error("hours_total", settings, frame) == pytest.approx(2.0, rel=1e-14)


def test_a_lonely_cluster_of_which_nobody_is_in_the_base_adds_nothing():
    """Witness: R survey 4.5, svytotal of those who answered, under "adjust": 2.0."""
    frame = pd.DataFrame({"hours": [10.0, 12, np.nan], "s": ["a", "a", "b"]})
    settings = {"strata": ["s"], "lonely_psu": "adjust"}
    assert error("hours_total", settings, frame) == pytest.approx(2.0, rel=1e-14)


def test_as_many_answers_as_strata_have_the_error_of_those_that_share_one():
    """By hand: 10 and 12 are 1 off their mean, 2 * (1 + 1) = 4; the third left it blank."""
    frame = pd.DataFrame({"hours": [10.0, 12, np.nan], "s": ["a", "a", "b"]})
    settings = {"strata": ["s"], "lonely_psu": "certainty"}
    assert error("hours_total", settings, frame) == pytest.approx(2.0, rel=1e-14)


class TestLabelsThatStartAgain:
    FRAME = pd.DataFrame(
        {
            "s": ["1"] * 4 + ["2"] * 4,
            "c": ["1", "1", "2", "2"] * 2,
            "hours": [1.0, 2, 4, 3, 7, 5, 6, 9],
        }
    )

    def test_are_refused_with_the_setting_that_they_need(self):
        with pytest.raises(CohortError) as refused:
            error("hours", {"strata": ["s"], "clusters": ["c"]}, self.FRAME)
        assert "nest = true" in refused.value.do

    def test_are_those_of_labels_that_do_not(self):
        told = self.FRAME.assign(c=self.FRAME["s"] + self.FRAME["c"])
        design = {"strata": ["s"], "clusters": ["c"]}
        found = error("hours", {**design, "nest": True}, self.FRAME)
        assert found == error("hours", design, told)


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
    assert found["statistic"] == pytest.approx(16.0 + 2 / 3, rel=1e-9)
    assert found["numerator_df"] == pytest.approx(1)
    assert found["p_value"] == pytest.approx(4.4557e-5, rel=1e-3)


def shares_of(answers, weight):
    """Share and variance of each answer under simple random sampling, in exact fractions."""
    exact, n = [Fraction(one) for one in weight], len(weight)
    for name in dict.fromkeys(answers):
        share = sum(w for w, said in zip(exact, answers, strict=True) if said == name) / sum(exact)
        scores = [w * ((s == name) - share) for w, s in zip(exact, answers, strict=True)]
        yield name, share, sum(z**2 for z in scores) * Fraction(n, n - 1) / sum(exact) ** 2


@pytest.mark.parametrize("light", [0.001, 0.7, 1.1])
@pytest.mark.parametrize("heavy", [1e5, 1e6, 1e8])
@pytest.mark.parametrize("clusters", [[], ["school"]])
def test_an_answer_of_light_people_alone_loses_no_digit_beside_heavy_ones(light, heavy, clusters):
    """Witness: exact fractions; everybody is a cluster, or none is."""
    weight = [light, 3 * light, heavy, heavy, 3 * heavy, light, heavy] * 3
    answers = ["yes", "yes", "no", "no", "no", "partly", "partly"] * 3
    frame = pd.DataFrame({"helped": answers, "w": weight, "school": range(21)})
    design = {"weight": "w", "clusters": clusters}
    found = estimates_of(frame, asked("helped"), CODEBOOK, design).set_index("category")
    for name, share, variance in shares_of(answers, weight):
        assert found.loc[name, "estimate"] == pytest.approx(float(share), rel=1e-9, abs=0)
        assert found.loc[name, "std_error"] == pytest.approx(
            float(variance) ** 0.5, rel=1e-9, abs=0
        )


def test_who_is_heavy_is_not_taken_off_what_is_left():
    """Witness: exact fractions; one person who weighs 1e8 is the fewest of a stratum."""
    weight, answers = [1e8, 0.001, 3.0, 1e8, 2.0, 1.0], ["no", "yes", "partly"] * 2
    frame = pd.DataFrame({"helped": answers, "w": weight})
    found = estimates_of(frame, asked("helped"), CODEBOOK, {"weight": "w"}).set_index("category")
    for name, share, variance in shares_of(answers, weight):
        assert found.loc[name, "estimate"] == pytest.approx(float(share), rel=1e-9, abs=0)
        assert found.loc[name, "std_error"] == pytest.approx(
            float(variance) ** 0.5, rel=1e-9, abs=0
        )


@pytest.mark.parametrize("clusters", [[], ["school"]])
def test_a_ratio_whose_denominators_add_to_nothing_in_one_stratum_is_that_of_all(clusters):
    """Witness: exact fractions; those of the first leave -2e-16."""
    visits = [1.3333333333333333, -0.6666666666666667, -0.6666666666666667, 1.0, 2.5, 2.0]
    frame = pd.DataFrame({"visits": visits, "hours": [2.0, 1, 1.5, 9, 4, 3], "w": [1e8] * 6})
    frame["stratum"], frame["school"] = list("aaabbb"), range(6)
    design = {"weight": "w", "strata": ["stratum"], "clusters": clusters}
    exact = [Fraction(one) for one in visits]
    above = [Fraction(one) for one in frame["hours"]]
    ratio = sum(above) / sum(exact)
    scores = [y - ratio * x for y, x in zip(above, exact, strict=True)]
    apart = [z - sum(own) / 3 for own in (scores[:3], scores[3:]) for z in own]
    variance = sum(z**2 for z in apart) * Fraction(3, 2) / sum(exact) ** 2
    found = estimates_of(frame, asked("hours_per_visit"), CODEBOOK, design).iloc[0]
    assert found["estimate"] == pytest.approx(float(ratio), rel=1e-12, abs=0)
    assert found["std_error"] == pytest.approx(float(variance) ** 0.5, rel=1e-12, abs=0)


def test_denominators_that_add_to_nothing_but_in_floats_are_blank():
    """By hand: 0.1 + 0.2 - 0.3 is 0, and 5.6e-17 in floats."""
    frame = pd.DataFrame({"visits": [0.1, 0.2, -0.3], "hours": [5.0, 5.0, 5.0]})
    found = estimates_of(frame, asked("hours_per_visit"), CODEBOOK).iloc[0]
    assert np.isnan(found["estimate"])
    assert found["method"] == "denominator 0"


@pytest.mark.parametrize("method", [{}, {"replicate_method": "JKn"}])
def test_the_average_of_other_strata_changes_nothing_where_none_is_lonely(method):
    """Witness: the same without the rule; one of two strata is whole in the sample."""
    frame = PEOPLE.assign(of_stratum=[6] * 3 + [4] * 4)
    design = DESIGN | {"population": ["of_stratum"]} | method
    usual, average = (error("hours", design | {"lonely_psu": one}, frame) for one in RULES)
    assert usual == average > 0
