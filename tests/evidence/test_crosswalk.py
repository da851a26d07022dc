"""What may be held side by side, and what is said where that is not said."""

import pandas as pd
import pytest

from careersurvey.errors import CohortError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.crosswalk import load_crosswalk, pairs
from careersurvey.evidence.project import SHIPPED
from careersurvey.evidence.tables import COLUMNS


def crosswalk(*rows):
    return pd.DataFrame(rows, columns=list(COLUMNS["crosswalk.csv"]))


def write(folder, row):
    crosswalk(row).to_csv(folder / "crosswalk.csv", index=False)


CLOSE = {
    "cohort_a": "then",
    "indicator_a": "good",
    "category_a": "yes",
    "cohort_b": "now",
    "indicator_b": "fine",
    "category_b": "yes",
    "closeness": "close",
    "because": "fine is a little less than good",
}


def paired(*arguments):
    names = ("indicator_a", "indicator_b", "closeness")
    return [tuple(row[name] for name in names) for row in pairs(*arguments)]


def test_an_indicator_that_both_measure_is_the_same():
    found = paired(crosswalk(), "then", ["good", "helped"], "now", ["helped", "new"])
    assert found == [("helped", "helped", "same")]


def test_a_row_says_otherwise_of_one_indicator_in_both():
    row = CLOSE | {"indicator_b": "good", "category_a": "", "category_b": ""}
    assert paired(crosswalk(row), "then", ["good"], "now", ["good"]) == [("good", "good", "close")]


def test_a_row_of_one_category_says_nothing_of_the_others():
    row = CLOSE | {"indicator_b": "good"}
    both = [("good", "good", "same"), ("good", "good", "close")]
    assert paired(crosswalk(row), "then", ["good"], "now", ["good"]) == both


def test_a_later_row_about_the_same_takes_the_place_of_an_earlier_one():
    both = crosswalk(CLOSE, CLOSE | {"closeness": "same"})
    found = paired(both, "then", ["good"], "now", ["fine"])
    assert found == [("good", "fine", "same")]


def test_a_row_holds_either_way_round():
    found = paired(crosswalk(CLOSE), "now", ["fine"], "then", ["good"])
    assert found == [("fine", "good", "close")]


def test_of_several_rows_for_one_pair_the_last_counts():
    turned = {f"{name}_a": CLOSE[f"{name}_b"] for name in ("cohort", "indicator", "category")}
    turned |= {f"{name}_b": CLOSE[f"{name}_a"] for name in ("cohort", "indicator", "category")}
    again = CLOSE | turned | {"closeness": "related", "because": "no more than a cousin"}
    for rows, closeness in (((CLOSE, again), "related"), ((again, CLOSE), "close")):
        found = paired(crosswalk(*rows), "then", ["good"], "now", ["fine"])
        assert found == [("good", "fine", closeness)]


def test_a_row_about_what_is_not_measured_pairs_nothing():
    assert paired(crosswalk(CLOSE), "then", ["good"], "now", ["other"]) == []
    assert paired(crosswalk(CLOSE), "then", ["good"], "later", ["fine"]) == []


@pytest.mark.parametrize("change", [{"closeness": "similar"}, {"because": ""}])
def test_a_row_that_is_not_argued_is_refused(write_cohort, change):
    folder = write_cohort({"indicator": "schools", "reported": "60"})
    write(folder, CLOSE | change)
    with pytest.raises(CohortError, match=r"1 of 1 rows of crosswalk\.csv"):
        load_crosswalk(load_cohort(folder))


@pytest.mark.parametrize("change", [{"indicator_a": "goood"}, {"category_a": "maybe"}])
def test_a_row_about_an_unknown_quantity_is_refused(write_cohort, change):
    folder = write_cohort({"indicator": "schools", "reported": "60"})
    row = CLOSE | {"cohort_a": "small"} | change
    write(folder, row)
    with pytest.raises(CohortError, match=r"small: 1 of 1 of its quantities") as refusal:
        load_crosswalk(load_cohort(folder))
    assert f"{row['indicator_a']}={row['category_a']}" in str(refusal.value)


def test_a_cohort_that_a_row_writes_otherwise_is_refused_and_not_passed_over(write_cohort):
    """By reason: a row that calls two findings no more than related would hold of nobody."""
    folder = write_cohort({"indicator": "schools", "reported": "60"})
    write(folder, CLOSE | {"cohort_a": "Small"})
    with pytest.raises(CohortError, match="1 of 1 of its quantities") as refusal:
        load_crosswalk(load_cohort(folder))
    assert (refusal.value.found, refusal.value.expected) == ("Small", "small")


def test_a_cohort_may_bring_a_crosswalk_of_its_own(write_cohort):
    folder = write_cohort({"indicator": "schools", "reported": "60"})
    row = CLOSE | {"cohort_a": "small", "cohort_b": "ofsted-2013", "indicator_b": "working_well"}
    write(folder, row)
    found = load_crosswalk(load_cohort(folder))
    assert "small" in set(found["cohort_a"])
    assert len(found) == len(load_crosswalk()) + 1


def test_every_row_of_the_shared_crosswalk_is_about_figures_that_are_there():
    cohorts = {cohort.id: cohort for cohort in map(load_cohort, SHIPPED)}
    shared = load_crosswalk(*cohorts.values())
    assert len(shared) >= 4
    for row in shared.to_dict("records"):
        for side in "ab":
            cohort = cohorts[row[f"cohort_{side}"]]
            asked = cohort.indicators if cohort.evidence == "respondents" else ()
            assert row[f"indicator_{side}"] in {*cohort.reported["indicator"], *asked}
