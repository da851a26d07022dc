"""Limits are R 4.2.2's: prop.test(count, base, correct = FALSE)$conf.int."""

import pandas as pd
import pytest

from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.columns import ESTIMATES
from careersurvey.inference.estimates import estimate

SCHOOLS = {"indicator": "schools", "reported": "60"}
ANSWERED = {"indicator": "parents", "unit": "parent", "reported": "about 1,650"}


def of_schools(reported, form="fraction", **more):
    return {"indicator": "good", "category": "yes", "base_id": "schools", "base_n": "60"} | {
        "reported": reported,
        "form": form,
        **more,
    }


@pytest.fixture
def row_of(write_cohort):
    """Estimate a statement that stands below its base."""

    def row(statement, base=SCHOOLS, **asked):
        return estimate(load_cohort(write_cohort(base, statement)), **asked).iloc[1]

    return row


def test_a_count_has_one_share_and_its_interval(row_of):
    row = row_of(of_schools("only 12", "count"))
    assert (row["count_low"], row["count_high"], row["base_n"]) == (12, 12, 60)
    assert row["estimate"] == row["estimate_low"] == row["estimate_high"] == 0.2
    assert row["conf_low"] == pytest.approx(0.11828505322897497, rel=1e-12)
    assert row["conf_high"] == pytest.approx(0.31781805805627894, rel=1e-12)


def test_vague_wording_widens_the_interval_and_is_shown_apart(row_of):
    """About a quarter of 60 is 14 to 17, counted by hand from the midpoints to 1/5 and 1/3."""
    row = row_of(of_schools("about a quarter"))
    assert (row["count_low"], row["count_high"]) == (14, 17)
    assert (row["estimate"], row["estimate_low"], row["estimate_high"]) == (0.25, 14 / 60, 17 / 60)
    assert row["conf_low"] == pytest.approx(0.14439561736642828, rel=1e-12)
    assert row["conf_high"] == pytest.approx(0.40767285164391176, rel=1e-12)


def test_one_count_gives_its_share_and_not_the_printed_fraction(row_of):
    assert row_of(of_schools("just over three quarters"))["estimate"] == 46 / 60


def test_a_count_with_its_percentage_is_the_count(row_of):
    heard = {"indicator": "helped", "category": "yes", "unit": "parent", "base_n": "1703"}
    row = row_of(heard | {"reported": "142 (8%)", "form": "count_percent"})
    assert row["estimate"] == 142 / 1703
    assert row["conf_high"] == pytest.approx(0.097468819381633223, rel=1e-12)


@pytest.mark.parametrize("wording", ["most", "very few", "nearly all"])
def test_a_verbal_quantifier_has_a_range_and_no_dot(row_of, wording):
    row = row_of(of_schools(wording, "words"))
    assert pd.isna(row["estimate"])
    assert row["estimate_low"] < row["estimate_high"]
    assert row["conf_low"] < row["estimate_low"]


@pytest.mark.parametrize("wording", ["over half", "at least a third", "just over half"])
def test_a_wording_that_leaves_out_its_own_number_has_no_dot(row_of, wording):
    assert pd.isna(row_of(of_schools(wording))["estimate"])


def test_an_unknown_base_leaves_the_share_alone(row_of):
    row = row_of(of_schools("40%", "percent", base_id="", base_n=""))
    assert (row["estimate"], row["estimate_low"], row["estimate_high"]) == (0.4, 0.395, 0.405)
    assert row[["base_n", "count_low", "count_high", "conf_low", "conf_high"]].isna().all()


def test_a_hedged_base_widens_the_interval_over_every_base_that_it_allows(row_of):
    """40% of 1,625 to 1,675 parents: 642 to 678 counted by hand; R's limits at every base."""
    helped = {"indicator": "helped", "category": "yes", "unit": "parent", "base_id": "parents"}
    row = row_of(helped | {"reported": "Only 40%", "form": "percent"}, base=ANSWERED)
    assert (row["count_low"], row["count_high"]) == (642, 678)
    assert pd.isna(row["base_n"])
    assert row["conf_low"] == pytest.approx(0.37158205218240087, rel=1e-12)
    assert row["conf_high"] == pytest.approx(0.42898700230828757, rel=1e-12)


def test_the_others_are_what_the_printed_parts_leave(write_cohort):
    """Of 60: 15 use none, 8 to 11 offer all, so 34 to 37 are the others."""
    advisers = {"indicator": "advisers", "base_id": "schools", "base_n": "60"}
    folder = write_cohort(
        SCHOOLS,
        advisers | {"category": "none", "reported": "A quarter", "form": "fraction"},
        advisers | {"category": "all", "reported": "about one in six", "form": "fraction"},
        advisers | {"category": "some", "reported": "The other", "form": "words"},
    )
    row = estimate(load_cohort(folder)).iloc[3]
    assert (row["count_low"], row["count_high"]) == (34, 37)


def test_a_fieldwork_count_has_no_share(row_of):
    row = row_of({"indicator": "parents", "unit": "parent", "reported": "Just over 1,700"})
    assert (row["count_low"], row["count_high"]) == (1701, 1750)
    assert row[["estimate", "conf_low", "base_n"]].isna().all()


def test_a_date_keeps_its_row_and_has_no_numbers(row_of):
    row = row_of({"indicator": "began", "unit": "date", "reported": "May 2013", "form": "date"})
    assert row["statements"] == "R002"
    assert row[["base_n", "count_low", "estimate", "conf_low"]].isna().all()


def test_a_base_under_the_least_keeps_its_row_and_base(row_of):
    about = {"indicator": "schools", "reported": "about 60"}
    hedged = row_of(of_schools("12", "count", base_n=""), about, min_base=66)
    assert not hedged["shown"]  # of 65 at most
    assert pd.isna(hedged["count_low"])
    row = row_of(of_schools("12", "count"), min_base=100)
    assert (row["base_n"], row["shown"]) == (60, False)
    assert row[["count_low", "estimate", "conf_low"]].isna().all()


def test_every_statement_has_its_row_in_the_order_of_the_file(write_cohort):
    cohort = load_cohort(write_cohort(SCHOOLS, of_schools("12", "count"), SCHOOLS))
    table = estimate(cohort)
    assert tuple(table.columns) == tuple(ESTIMATES)
    assert list(table["statements"]) == ["R001", "R002", "R003"]


def test_a_printed_mean_stands_as_it_is_without_an_interval():
    """Witness: The Careers & Enterprise Company, 2024/25: 5.96 of eight, of 4,863."""
    table = estimate(load_cohort("data/cec-compass-2024-25"))
    mean = table[(table["indicator"] == "benchmarks_met") & (table["domain"] == "all")].iloc[0]
    assert mean[["base_n", "estimate"]].tolist() == [4863, 5.96]
    assert mean[["count_low", "conf_low", "conf_high"]].isna().all()


def test_what_is_no_sample_has_no_interval():
    """Witness: 4,812 and 51 of 4,863 are all that assessed themselves in 2024/25."""
    table = estimate(load_cohort("data/cec-compass-2024-25"))
    hubs = table[table["indicator"] == "in_hub"]
    assert hubs["count_low"].tolist() == [4812, 51]
    assert table[["conf_low", "conf_high", "level"]].isna().all(axis=None)


def test_a_share_of_a_whole_group_has_no_interval_and_keeps_its_count():
    """Witness: paragraph 37 has all eleven boys of one small group; paragraph 63 one Year 11."""
    table = estimate(load_cohort("data/ofsted-2013")).set_index("statements")
    whole, visited = table.loc[["R122", "R149", "R210"]], table.loc["R074"]
    assert whole["base_n"].tolist() == [11, 9, 202]
    assert whole["count_low"].tolist() == [11, 9, 94]
    assert whole[["conf_low", "conf_high", "level"]].isna().all(axis=None)
    assert set(whole["method"]) == {""}
    assert visited["conf_low"] < visited["estimate_low"]


@pytest.mark.parametrize("base", ["at most 30", "fewer than 5", "under 2"])
def test_a_base_that_may_be_nobody_is_estimated_where_it_is_somebody(row_of, base):
    row = row_of(of_schools("all", "words", base_n=""), base=SCHOOLS | {"reported": base})
    assert (row["estimate_low"], row["estimate_high"]) == (1, 1)
    assert row["conf_high"] == 1
    assert 0 < row["conf_low"] < 1


def test_a_hedged_base_that_no_count_meets_is_estimated_from_the_nearest(row_of):
    """45% of 5 to 8 schools: 2 of 8 to 4 of 5 are the ends of the nearest counts."""
    base = SCHOOLS | {"reported": "between 5 and 8"}
    row = row_of(of_schools("45%", "percent", base_n=""), base=base)
    assert (row["count_low"], row["count_high"]) == (2, 4)
    assert (row["estimate_low"], row["estimate_high"]) == (0.25, 0.8)


def test_a_base_that_only_a_count_exceeds_has_no_share(row_of):
    row = row_of(of_schools("40", "count", base_n=""), base=SCHOOLS | {"reported": "about 20"})
    assert (row["count_low"], row["count_high"]) == (40, 40)
    assert row[["estimate", "conf_low"]].isna().all()
