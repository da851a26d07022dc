"""Printed dates as months."""

import pytest

from careersurvey.evidence.printed.dates import months


@pytest.mark.parametrize(
    ("reported", "first", "last"),
    [
        ("december 2012", (2012, 12), (2012, 12)),
        ("between december 2012 and march 2013", (2012, 12), (2013, 3)),
        ("april 2012 and march 13", (2012, 4), (2013, 3)),
        ("5 april 2012", (2012, 4), (2012, 4)),
        ("summer 2013", (2013, 6), (2013, 8)),
        ("2007", (2007, 1), (2007, 12)),
        ("in 2010", (2010, 1), (2010, 12)),
        ("2012/13", (2012, 4), (2013, 3)),
        ("2013/14 and 2014/15", (2013, 4), (2015, 3)),
        ("1st march 2012", (2012, 3), (2012, 3)),
        ("march 21, 2012", (2012, 3), (2012, 3)),
        ("2012-03-21", (2012, 3), (2012, 3)),
        ("january to march 2012", (2012, 1), (2012, 3)),
        ("november-december 2012", (2012, 11), (2012, 12)),
        ("between 3 and 17 march 2019", (2019, 3), (2019, 3)),
        ("28 february to 3 march 2019", (2019, 2), (2019, 3)),
        ("oct. 3-16, 2023", (2023, 10), (2023, 10)),
        ("october 2012 to sept. 2013", (2012, 10), (2013, 9)),
        ("2016 through 2021", (2016, 1), (2021, 12)),
        ("18th - 22nd august 2023", (2023, 8), (2023, 8)),
        ("2019-20 and 2022-23", (2019, 4), (2023, 3)),
        ("2010-2012", (2010, 1), (2012, 12)),
        ("the spring term of 2023", (2023, 1), (2023, 4)),
        ("autumn term 2011 to summer term 2012", (2011, 9), (2012, 7)),
        ("academic year 2012/13", (2012, 9), (2013, 8)),
        ("the 2012-13 school year", (2012, 9), (2013, 8)),
    ],
)
def test_date_is_the_months_it_covers(reported, first, last):
    low, high = months(reported)
    assert (low // 12, low % 12 + 1) == first
    assert (high // 12, high % 12 + 1) == last


def test_split_year_may_be_the_school_year_in_the_wide_range():
    high = months("2012/13", wide=True)[1]
    assert (high // 12, high % 12 + 1) == (2013, 8)


@pytest.mark.parametrize(
    "reported",
    [
        "march",
        "marchember 2013",
        "2012/15",
        "12",
        "march 2013 and july 2012",
        "03/04/2012",
        "2012-13-01",
        "march to may",
        "early 2012",
        "epoch",
        "infinity",
        "today",
        "45 april 2012",
        "29 february 2013",
        "5 summer 2013",
        "9" * 5000,
    ],
)
def test_what_is_no_date_is_not_read(reported):
    assert months(reported) is None
