import pytest

from careersurvey.inference.columns import ESTIMATES, lay_out
from careersurvey.inference.printed import widened, widened_finding


@pytest.mark.parametrize(
    ("size", "cv", "rho", "deff"),
    [
        (28, 0, 0.05, 2.35),  # By hand: 1 + (28 - 1) x 0.05, Kish's of clusters of one size.
        (20, 0.5, 0.1, 3.4),  # By hand: 1 + ((1 + 0.5 x 0.5) x 20 - 1) x 0.1 = 1 + 24 x 0.1.
        (28, 1, 0, 1),  # Without correlation the sizes do not matter.
    ],
)
def test_alike_people_in_uneven_clusters_have_a_larger_design_effect(size, cv, rho, deff):
    table = widened(0.4, 400, size).set_index(["cv", "rho"])
    assert table.loc[(cv, rho), "deff"] == pytest.approx(deff)


def test_without_correlation_the_interval_is_that_of_the_count():
    """R 4.2.2: prop.test(142, 1703, correct = FALSE)$conf.int gives 0.07117101 0.09746882"""
    first = widened(142 / 1703, 1703, 1706 / 60).iloc[0]
    assert (first["conf_low"], first["conf_high"]) == pytest.approx(
        (0.07117101, 0.09746882), abs=1e-8
    )


def test_the_interval_is_that_of_as_many_fewer_people():
    """R 4.2.2: prop.test(40, 100, correct = FALSE)$conf.int gives 0.3094013 0.4979974"""
    # A design effect of 4 leaves 400 people with the interval of 100: 1 + (31 - 1) x 0.1 = 4.
    row = widened(0.4, 400, 31).set_index(["cv", "rho"]).loc[0, 0.1]
    assert row["deff"] == pytest.approx(4)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((0.3094013, 0.4979974))


def test_more_correlation_and_more_unevenness_widen():
    table = widened(0.4, 1650, 28)
    assert len(table) == 33
    assert all(part["width"].is_monotonic_increasing for _, part in table.groupby("cv"))
    at_most = table[table["rho"] == 0.1].sort_values("cv")["width"]
    assert at_most.is_monotonic_increasing


def _printed(evidence="reported", schools=60):
    usual = {"category": "", "domain": "all", "group": "all", "evidence": evidence}
    rows = [
        {"indicator": "heard", "category": "yes", "base_n": 1703, "estimate": 142 / 1703},
        {"indicator": "parents", "count_low": 1701, "count_high": 1750},
        {"indicator": "parents", "count_low": 1706, "count_high": 1706},
        {"indicator": "schools", "count_low": schools, "count_high": schools},
    ]
    return lay_out([usual | row for row in rows], ESTIMATES)


def test_numbers_come_from_the_most_exact_statement():
    table = widened_finding(_printed(), "heard", "parents", "schools")
    # By hand: 1 + (1706 / 60 - 1) x 0.1 = 3.7433.
    best = table[(table["cv"] == 0) & (table["rho"] == 0.1)]
    assert best["deff"].iloc[0] == pytest.approx(3.74333, abs=1e-5)


def test_nothing_is_assumed_where_answers_are_at_hand_or_a_number_is_unknown():
    assert widened_finding(_printed("respondents"), "heard", "parents", "schools").empty
    assert widened_finding(_printed(), "heard", "governors", "schools").empty


@pytest.mark.parametrize("schools", [0, 1707])
def test_nothing_is_assumed_where_fewer_people_than_clusters_are_printed(schools):
    # 1,706 parents cannot be of 1,707 schools, with one or more of each.
    assert widened_finding(_printed(schools=schools), "heard", "parents", "schools").empty
    assert len(widened_finding(_printed(schools=1706), "heard", "parents", "schools")) == 33
