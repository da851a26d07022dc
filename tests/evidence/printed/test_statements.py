"""Statements on their bases; expected counts are counted by hand."""

from fractions import Fraction

import pandas as pd
import pytest

from careersurvey.errors import CohortError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.printed import statements
from careersurvey.evidence.printed.statements import quantity, read_statements

GOOD = {"indicator": "good", "category": "yes", "base_id": "schools"}
ADVISERS = {"indicator": "advisers", "base_id": "schools"}


def schools(reported):
    return {"indicator": "schools", "reported": reported}


@pytest.fixture
def read_last(write_cohort):
    """Read the last of some statements."""
    return lambda *rows: read_statements(load_cohort(write_cohort(*rows))).iloc[-1]


def counts(row):
    return row["count_low"], row["count_high"]


def test_quantity_is_named_with_its_category_and_group():
    assert quantity("schools") == "schools"
    assert quantity("good", "yes", "kind", "new") == "good=yes @ kind=new"


@pytest.mark.parametrize(
    ("base", "reported", "form", "low", "high"),
    [
        ("at most 30", "half", "fraction", 0, 15),
        ("fewer than 5", "most", "words", 2, 3),
        ("about 20", "all", "words", 15, 25),
        # 45% of 5, 6, 7 or 8 is between two counts: the nearest are 2, 3, 3 and 4.
        ("between 5 and 8", "45%", "percent", 2, 4),
        # 34.0% of 3 is 1.02, of 4 is 1.36.
        ("between 3 and 4", "34.0%", "percent", 1, 1),
    ],
)
def test_a_base_that_is_hedged_is_every_number_that_it_may_be(
    read_last, base, reported, form, low, high
):
    row = read_last(schools(base), GOOD | {"reported": reported, "form": form})
    assert counts(row) == (low, high)


@pytest.mark.parametrize(
    ("base", "number", "low", "high"),
    [
        ("more than 30", "35", 14, 14),  # 39.5% to 40.5% of 35 is 13.8 to 14.2
        ("at most 60", "35", 14, 14),
        ("about 20", "20", 6, 10),  # 40% of 15 to 25
        ("about two dozen", "24", 8, 12),  # 40% of 20 to 30, on 18 and 19 nobody
    ],
)
def test_a_base_with_a_number_of_its_own_is_that_number_beside_a_hedge(
    read_last, base, number, low, high
):
    row = read_last(schools(base), GOOD | {"reported": "40%", "form": "percent", "base_n": number})
    assert counts(row) == (low, high)


def test_a_share_that_no_count_of_a_hedged_base_meets_says_so(read_last):
    row = read_last(schools("between 5 and 8"), GOOD | {"reported": "45%", "form": "percent"})
    assert not row["exact"]
    assert row["reading_note"] == "no whole count of 5 to 8 is '45%'; read as 2 to 4"


def test_a_base_of_billions_leaves_a_share_alone(read_last):
    row = read_last(schools("about 10 billion"), GOOD | {"reported": "40%", "form": "percent"})
    assert pd.isna(row["count_low"])
    assert row["share_low"] is not None


@pytest.mark.parametrize("number", ["60.0", "sixty", "0", "٦٠", "1e2", "9" * 5000])
def test_a_base_that_is_no_whole_number_is_refused_by_name(read_last, number):
    half = GOOD | {"reported": "half", "form": "fraction", "base_n": number}
    with pytest.raises(CohortError, match="Its base is not a whole number") as caught:
        read_last(schools("60"), half)
    assert len(str(caught.value)) < 400


# ---- the other ----------------------------------------------------------------------------------


def advisers(category, reported, form="count"):
    return ADVISERS | {"category": category, "reported": reported, "form": form}


def test_the_others_are_what_the_printed_categories_leave(read_last):
    """Of 60: 22 and none further; the 60 asked are no part of themselves."""
    asked = advisers("", "60")
    rest = advisers("none", "the other", "words")
    assert counts(read_last(schools("60"), asked, advisers("some", "22"), rest)) == (38, 38)


@pytest.mark.parametrize(
    ("one", "two", "over"), [("40", "22", 2), ("60", "1", 1), ("60", "60", 60)]
)
def test_the_others_of_parts_that_overfill_their_base_are_none_and_it_is_said(
    read_last, one, two, over
):
    rest = advisers("none", "the others", "words")
    row = read_last(schools("60"), advisers("all", one), advisers("some", two), rest)
    assert counts(row) == (0, 0)
    assert not row["exact"]
    assert row["reading_note"] == f"the printed parts count {over} more than the base of 60"


# ---- means --------------------------------------------------------------------------------------

_HOURS = """\
indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,among,favourable
parents,Parents who answered,views,parent,,,count,,,,,,
hours,Hours a year,views,parent,,,mean,,,,,,
"""


@pytest.mark.parametrize(
    ("reported", "form", "low", "high"),
    [
        ("1,001", "number", Fraction(2001, 2), Fraction(2003, 2)),
        ("over 4.5", "number", Fraction(9, 2), None),
        ("3", "number", Fraction(5, 2), Fraction(7, 2)),
        ("3", "count", Fraction(5, 2), Fraction(7, 2)),
        ("85%", "percent", Fraction(169, 200), Fraction(171, 200)),
    ],
)
def test_a_mean_is_no_count_of_its_base(write_cohort, reported, form, low, high):
    asked = {"indicator": "parents", "unit": "parent", "reported": "84"}
    hours = {"indicator": "hours", "unit": "parent", "base_id": "parents", "base_n": "84"}
    folder = write_cohort(asked, hours | {"reported": reported, "form": form}, indicators=_HOURS)
    row = read_statements(load_cohort(folder)).iloc[1]
    assert pd.isna(row["count_low"])
    assert (row["share_low"], row["share_high"]) == (low, high)


_STEPS = "variable,table,question,type,values,missing,unit\nhours,views,,number,1..5 whole,,\n"


@pytest.mark.parametrize("measure", ["mean", "median"])
@pytest.mark.parametrize(
    ("reported", "is_read"),
    [("5.3", False), ("0.8", False), ("over 5.1", False), ("5", True), ("over 4.5", True)],
)
def test_a_mean_outside_its_answers_is_refused(write_cohort, reported, is_read, measure):
    """Answers from 1 to 5 have no mean of 5.3; one of 4.5 and more is printed as 5."""
    hours = {"indicator": "hours", "unit": "parent", "reported": reported, "form": "number"}
    made = _HOURS.replace("views,parent,,,mean", f"views,parent,,hours,{measure}")
    folder = write_cohort(hours, indicators=made)
    (folder / "codebook.csv").write_text(_STEPS)
    if is_read:
        assert read_statements(load_cohort(folder)).iloc[0]["share_low"] == Fraction(9, 2)
    else:
        with pytest.raises(CohortError, match="outside the answers"):
            read_statements(load_cohort(folder))


@pytest.mark.parametrize("cells", [GOOD, GOOD | {"base_n": "60"}, {"indicator": "schools"}])
@pytest.mark.parametrize("reported", ["8.3", "0.83", "1.204", "1,4"])
def test_a_share_without_its_sign_is_no_number_of_schools(read_last, cells, reported):
    """8.3 of a share was told as 830%, and 1.204 in a column of counts may be 1,204."""
    with pytest.raises(CohortError, match="not of the form 'count'"):
        read_last(schools("60"), cells | {"reported": reported, "form": "number"})


def test_a_number_of_a_share_is_its_count(write_cohort):
    """12 of 60 schools are a fifth of them, whether 12 is called a count or a number."""
    row = GOOD | {"reported": "12", "form": "number", "base_n": "60"}
    read_ = read_statements(load_cohort(write_cohort(schools("60"), row))).iloc[1]
    assert (read_["count_low"], read_["share_low"]) == (12, Fraction(1, 5))


# ---- once ---------------------------------------------------------------------------------------


def test_each_row_is_read_once_for_the_same_rows_and_vocabulary(write_cohort, monkeypatch):
    read_of = []
    real = statements.read

    def counting(reported, *given, **more):
        read_of.append(reported)
        return real(reported, *given, **more)

    monkeypatch.setattr(statements, "read", counting)
    rows = [schools("61"), *(GOOD | {"reported": f"{n}"} for n in range(3, 40))]
    cohort = load_cohort(write_cohort(*rows))
    read_statements(cohort)
    read_statements(cohort, without=["R002"])
    read_statements(cohort)
    assert len(read_of) == len(set(read_of)) + len(rows) - 1 == 2 * len(rows) - 1


def test_a_base_that_stands_on_itself_is_unknown(read_last):
    """Of the good, of the advised, of the good: no number begins it."""
    good = GOOD | {"base_id": "advisers=all", "reported": "half", "form": "fraction"}
    advised = advisers("all", "half", "fraction") | {"base_id": "good=yes"}
    assert pd.isna(read_last(good, advised)["base_low"])
