"""Several waves in a row: bases shown, gaps kept, and no line through a change of question."""

import pandas as pd
import pytest

import careersurvey as cs
from careersurvey.errors import CohortError, QuestionError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.compare.trend import TREND_COLUMNS, trend, when
from careersurvey.inference.intervals import limits

TOML = """\
[cohort]
id = "{{id}}"
title = "A small survey"
evidence = "reported"
fieldwork = "{year}"

[places]
p = 64
"""
SCHOOLS = {"indicator": "schools", "reported": "60"}
WAVES = ("2014", "2016-17", "2017-18", "2018-19", "2022-23", "2023-24", "2024-25")


def good(reported, form="count", **more):
    about = {"indicator": "good", "category": "yes", "base_id": "schools", "base_n": "60"}
    return about | {"reported": reported, "form": form} | more


@pytest.fixture
def follow(write_cohort):
    """Follow one indicator over waves a year apart, each with one row or none."""

    def run(*rows, change=None):
        cohorts = []
        for year, row in enumerate(rows, start=2013):
            toml = TOML.format(year=year)
            statements = [row] if row else []
            folder = write_cohort(SCHOOLS, *statements, name=f"w{year}", toml=toml)
            if change:
                change(folder, year)
            cohorts.append(load_cohort(folder))
        table = trend(cohorts)
        return table[table["indicator"] == "good"].reset_index(drop=True)

    return run


def test_the_columns_are_the_declared_ones_and_every_wave_has_its_row(follow):
    table = follow(good("12"), good("20"), good("30"))
    assert tuple(table.columns) == TREND_COLUMNS
    assert table["cohort"].tolist() == ["w2013", "w2014", "w2015"]
    assert table["base"].tolist() == ["60", "60", "60"]
    assert table["line"].tolist() == [1, 1, 1]


def test_each_wave_has_its_own_interval(follow):
    """Witness: intervals.limits, held to R: Wilson's limits of 12/60."""
    row = follow(good("12"), good("20")).iloc[0]
    low, high = limits(12, 60)
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx([float(low), float(high)])


def test_a_gap_stays_a_gap(follow):
    table = follow(good("12"), None, good("30"))
    assert table["line"].astype(object).where(table["line"].notna(), 0).tolist() == [1, 0, 2]
    assert table.loc[1, "reason"] == "not printed in what was read here"
    assert table.loc[1, ["estimate", "base_n"]].isna().all()


def test_words_alone_leave_a_gap(follow):
    table = follow(good("12"), good("most", "words"), good("30"))
    assert "words only" in table.loc[1, "reason"]
    assert table.loc[1, ["estimate", "estimate_low", "conf_low", "line"]].isna().all()


def test_a_changed_wording_of_the_question_breaks_the_line(follow):
    def ask(folder, year):
        question = "Is it good?" if year < 2015 else "Is it very good?"
        (folder / "codebook.csv").write_text(
            "variable,table,question,type,values,missing,unit\n"
            f"good,schools,{question},category,yes;no,,school\n"
        )

    table = follow(good("12"), good("20"), good("30"), good("31"), change=ask)
    assert table["line"].tolist() == [1, 1, 2, 2]
    assert "worded differently" in table.loc[2, "reason"]
    assert table["reason"].tolist()[::3] == ["", ""]


def test_a_crosswalk_that_calls_two_waves_close_breaks_the_line(follow):
    def pair(folder, year):
        if year == 2014:
            (folder / "crosswalk.csv").write_text(
                "cohort_a,indicator_a,category_a,cohort_b,indicator_b,category_b,closeness,because\n"
                "w2013,good,yes,w2014,good,yes,close,judged by others\n"
            )

    table = follow(good("12"), good("20"), change=pair)
    assert table["line"].tolist() == [1, 2]
    assert table.loc[1, "reason"] == "close, not the same: judged by others"


HEADER = "cohort_a,indicator_a,category_a,cohort_b,indicator_b,category_b,closeness,because\n"


def test_a_finding_that_was_renamed_once_is_followed_under_its_new_name(write_cohort):
    """Witness: 12, 20 and 30 of 60 are printed; only the first pair of names has a row."""
    waves = []
    for year, row in ((2013, good("12")), (2014, good("20")), (2015, good("30"))):
        toml = TOML.format(year=year)
        folder = write_cohort(SCHOOLS, row, name=f"w{year}", toml=toml)
        if year > 2013:
            for file in ("indicators.csv", "reported.csv"):
                text = (folder / file).read_text()
                (folder / file).write_text(text.replace("good,", "fine,"))
        waves.append(folder)
    (waves[1] / "crosswalk.csv").write_text(HEADER + "w2013,good,,w2014,fine,,same,renamed\n")
    table = trend(waves)
    table = table[table["indicator"] == "good"]
    assert table["estimate"].tolist() == pytest.approx([12 / 60, 20 / 60, 30 / 60])
    assert table["line"].tolist() == [1, 1, 1]


def test_a_wave_that_is_related_only_to_the_one_before_it_is_a_gap_and_said(follow):
    def relate(folder, year):
        if year == 2015:
            row = "w2014,good,,w2015,good,,related,another question\n"
            (folder / "crosswalk.csv").write_text(HEADER + row)

    table = follow(good("12"), good("20"), good("30"), change=relate)
    assert table["line"].isna().tolist() == [False, False, True]
    assert table.loc[2, "reason"].endswith("is related only; another question")


def test_answers_that_were_renamed_one_by_one_are_all_followed(write_cohort):
    waves = []
    for year, names in ((2013, ("all", "some")), (2014, ("every", "several"))):
        both = [
            good(count, indicator="advisers", category=name)
            for name, count in zip(names, ("12", "30"), strict=True)
        ]
        folder = write_cohort(SCHOOLS, *both, name=f"w{year}", toml=TOML.format(year=year))
        text = (folder / "indicators.csv").read_text()
        (folder / "indicators.csv").write_text(
            text.replace("all;some;none", f"{names[0]};{names[1]};none")
        )
        waves.append(folder)
    rows = [
        f"w2013,advisers,{a},w2014,advisers,{b},same,renamed\n"
        for a, b in (("all", "every"), ("some", "several"))
    ]
    (waves[1] / "crosswalk.csv").write_text(HEADER + "".join(rows))
    table = trend(waves)
    table = table[table["indicator"] == "advisers"]
    assert table["category"].tolist() == ["all", "all", "some", "some"]
    assert table["estimate"].tolist() == pytest.approx([0.2, 0.2, 0.5, 0.5])


def test_an_answer_that_was_renamed_alone_leaves_the_others_in_their_lines(write_cohort):
    """Witness: 12 and 30 of 60 in each of three waves; "some" is "several" from 2014 on."""
    waves = []
    for year, name in ((2013, "some"), (2014, "several"), (2015, "several")):
        both = [
            good(count, indicator="advisers", category=one)
            for one, count in (("all", "12"), (name, "30"))
        ]
        folder = write_cohort(SCHOOLS, *both, name=f"w{year}", toml=TOML.format(year=year))
        text = (folder / "indicators.csv").read_text()
        (folder / "indicators.csv").write_text(text.replace("all;some;none", f"all;{name};none"))
        waves.append(folder)
    row = "w2013,advisers,some,w2014,advisers,several,close,a little more\n"
    (waves[1] / "crosswalk.csv").write_text(HEADER + row)
    table = trend(waves)
    table = table[table["indicator"] == "advisers"].set_index("category")
    assert table.loc["all", "estimate"].tolist() == pytest.approx([0.2] * 3)
    assert table.loc["some", "estimate"].tolist() == pytest.approx([0.5] * 3)
    assert table.loc["all", "line"].tolist() == [1, 1, 1]
    assert table.loc["some", "line"].tolist() == [1, 2, 2]
    assert table.loc["some", "reason"].tolist()[1:] == ["close, not the same: a little more", ""]


@pytest.mark.parametrize(
    ("period", "began"),
    [
        ("November 2019", 2019 + 10 / 12),
        ("20 March 2019 to 3 May 2019", 2019 + 2 / 12),
        ("autumn term 2018", 2018 + 8 / 12),
        ("2019-05", 2019 + 4 / 12),
        ("2016/2017", 2016),
    ],
)
def test_a_wave_begins_in_the_month_that_it_says_in_words_or_not(write_cohort, period, began):
    folder = write_cohort(SCHOOLS, name="w", toml=TOML.format(year=period))
    assert when(load_cohort(folder)) == pytest.approx(began)


def test_another_base_is_no_part_of_the_line(follow):
    def narrow(folder, year):
        if year == 2014:
            table = (folder / "indicators.csv").read_text()
            table = table.replace("good,share,,yes;no,,,,yes", "good,share,,yes;no,,,kind=new,yes")
            (folder / "indicators.csv").write_text(table)

    table = follow(good("12"), good("20"), good("30"), change=narrow)
    assert table.loc[1, "reason"].startswith("another base")
    assert table["line"].isna().tolist() == [False, True, False]


def test_a_wave_with_other_answers_takes_none_from_those_before_it(write_cohort):
    waves = []
    for year, answer in ((2013, "yes"), (2014, "yes"), (2015, "always")):
        both = good("12", category=answer), good("48", category="no")
        folder = write_cohort(SCHOOLS, *both, name=f"w{year}", toml=TOML.format(year=year))
        text = (folder / "indicators.csv").read_text()
        asked = "good,share,,yes;no,,,,yes"
        (folder / "indicators.csv").write_text(text.replace(asked, asked.replace("yes", answer)))
        waves.append(folder)
    table = trend(waves)
    table = table[table["indicator"] == "good"]
    assert table["category"].tolist() == ["yes"] * 3
    assert table["base_n"].tolist()[:2] == [60, 60]
    assert table["reason"].iloc[2].startswith("another measure: the answers differ")


def test_another_printed_base_begins_a_line_unless_a_row_says_that_it_is_the_same(write_cohort):
    """Witness: 12, 20 and 30 of 60; of schools, of lessons, and of lessons again."""
    waves = []
    for year, base, count in (
        (2013, "schools", "12"),
        (2014, "lessons", "20"),
        (2015, "lessons", "30"),
    ):
        rows = {"indicator": base, "reported": "60"}, good(count, base_id=base)
        folder = write_cohort(*rows, name=f"w{year}", toml=TOML.format(year=year))
        text = (folder / "indicators.csv").read_text()
        (folder / "indicators.csv").write_text(text.replace("schools,Sch", f"{base},Sch"))
        waves.append(folder)
    table = trend(waves).query("indicator == 'good'")
    assert table["line"].tolist() == [1, 2, 2]
    assert table["reason"].tolist() == ["", "another base: schools against lessons", ""]
    (waves[1] / "crosswalk.csv").write_text(HEADER + "w2013,schools,,w2014,lessons,,same,renamed\n")
    assert trend(waves).query("indicator == 'good'")["line"].tolist() == [1, 1, 1]


def test_waves_that_are_twice_as_far_apart_as_the_closest_are_joined_to_the_month(write_cohort):
    """By hand: January to September are 8 months, September to January 4; 9 are more than 8."""
    for months, lines in (
        (("2013-01", "2013-09", "2014-01"), [1, 1, 1]),
        (("2012-12", "2013-09", "2014-01"), [1, 2, 2]),
    ):
        waves = [
            write_cohort(SCHOOLS, good("12"), name=f"w{n}", toml=TOML.format(year=month))
            for n, month in enumerate(months)
        ]
        assert trend(waves).query("indicator == 'good'")["line"].tolist() == lines


def test_an_answer_that_is_related_only_to_the_wave_before_is_followed_by_the_one_before_that(
    write_cohort,
):
    """Witness: "some" is 30 of 60 in each wave, and of another sense in 2014 alone."""
    waves = [
        write_cohort(
            SCHOOLS,
            *(
                good(n, indicator="advisers", category=c)
                for c, n in (("all", "12"), ("some", "30"))
            ),
            name=f"w{year}",
            toml=TOML.format(year=year),
        )
        for year in (2013, 2014, 2015)
    ]
    row = "w2013,advisers,some,w2014,advisers,some,related,another sense\n"
    (waves[1] / "crosswalk.csv").write_text(HEADER + row)
    table = trend(waves).query("indicator == 'advisers'").set_index("category")
    assert table.loc["all", "line"].tolist() == [1, 1, 1]
    assert table.loc["some", "line"].fillna(0).tolist() == [1, 0, 2]
    assert table.loc["some", "reason"].iloc[1].endswith("related only; another sense")


def test_waves_stand_in_the_order_of_their_fieldwork(write_cohort):
    years = {"later": "2016-09/2017-07", "earlier": "2013-01"}
    folders = [
        write_cohort(SCHOOLS, good("12"), name=name, toml=TOML.format(year=year))
        for name, year in years.items()
    ]
    table = trend([load_cohort(folder) for folder in folders])
    assert table["when"].tolist() == pytest.approx([2013.0, 2016 + 8 / 12])


def test_the_waves_of_the_benchmarks_have_their_printed_means_and_bases():
    """Witness: The Careers & Enterprise Company, benchmarks fully met, 2014 to 2024/25."""
    table = trend([load_cohort(f"data/cec-compass-{wave}") for wave in WAVES])
    met = table[table["indicator"] == "benchmarks_met"]
    assert met["estimate"].tolist() == [1.34, 1.87, 2.13, 3, 5.5, 5.83, 5.96]
    assert met["base"].tolist() == ["", "578", "over 3,000", "over 3,800", "4,534", "", "4,863"]
    assert table[["conf_low", "conf_high"]].isna().all(axis=None)
    reasons = met.set_index("cohort")["reason"]
    assert reasons["cec-compass-2022-23"] == "no wave read here between 2018–19 and 2022–23"
    none_met = table[table["indicator"] == "no_benchmark_met"].set_index("cohort")
    assert none_met.loc["cec-compass-2022-23", "reason"] == "not printed in what was read here"


def test_two_waves_of_one_month_stand_in_one_order_and_break_no_line(write_cohort):
    """As schools and parents asked at once: of 2013, 2016, 2016 and 2019 no wave is missing."""
    begun = {"d": "2019-01", "c": "2016-01-20", "b": "2016-01-10", "a": "2013-01"}
    folders = [
        write_cohort(SCHOOLS, good("12"), name=name, toml=TOML.format(year=year))
        for name, year in begun.items()
    ]
    table = trend(folders)
    assert table["cohort"].tolist() == [*"abcd"]
    assert table["line"].tolist() == [1, 1, 1, 1]
    assert not table["reason"].any()


def test_one_cohort_is_no_trend_and_one_twice_is_refused():
    cohort = load_cohort("data/cec-compass-2014")
    for given in ([cohort], [cohort, cohort]):
        with pytest.raises(QuestionError, match="A trend needs two cohorts"):
            trend(given)


def test_waves_that_measure_nothing_in_common_are_refused():
    given = [load_cohort(f"data/{name}") for name in ("ofsted-2023", "cec-compass-2014")]
    with pytest.raises(QuestionError, match="No two of the 2 cohorts measure the same"):
        trend(given)


def test_a_wave_without_a_date_is_named(write_cohort):
    toml = TOML.format(year="")
    with pytest.raises(CohortError, match="small does not say when its fieldwork was"):
        when(load_cohort(write_cohort(SCHOOLS, toml=toml)))


def test_a_finding_that_the_last_wave_does_not_know_is_said_as_an_earlier_one_says_it(write_cohort):
    """12 and 15 of 60 are 20% and 25%; the third wave measures the schools alone."""
    folders = [
        write_cohort(SCHOOLS, *rows, name=f"w{year}", toml=TOML.format(year=year))
        for year, rows in ((2013, [good("12")]), (2014, [good("15")]), (2015, []))
    ]
    path = folders[-1] / "indicators.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("good,")))
    table = cs.trend(folders)
    said, _ = cs.say(table[table["indicator"] == "good"]), cs.plot(table)
    assert said == ["Schools are counted as “Good guidance: yes”: 2013 20%, 2014 25%."]


@pytest.mark.parametrize(
    ("printed", "low", "high", "meant"),
    [(("5.5", "5.8"), 5.45, 5.85, False), (("over 5", "5.8"), 5.75, 5.85, True)],
)
def test_a_mean_in_two_places_is_what_both_allow_else_what_either_does(
    write_cohort, printed, low, high, meant
):
    """By hand: 5.8 is 5.75 to 5.85 and 5.5 is 5.45 to 5.55, which no mean is both of."""
    about = {"indicator": "good", "unit": "school", "form": "number"}
    text = (
        "indicator,label,section,unit,table,variable,measure,denominator,categories,base,"
        "base_label,among,favourable\ngood,Good,practice,school,schools,good,mean,,,,,,\n"
    )
    waves = [
        write_cohort(
            *(about | {"reported": one} for one in each),
            name=f"w{year}",
            toml=TOML.format(year=year),
            indicators=text,
        )
        for year, each in ((2013, printed), (2014, ("6.0",)))
    ]
    row = trend(waves).iloc[0]
    assert row[["estimate_low", "estimate_high"]].tolist() == pytest.approx([low, high])
    assert pd.notna(row["estimate"]) == meant
