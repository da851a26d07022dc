"""Answers beside answers and beside print, held to R's survey."""

import math
import shutil
from pathlib import Path

import pandas as pd
import pytest

from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.compare.compare import compare
from careersurvey.inference.compare.panel import Panel
from careersurvey.inference.compare.sides import measured_by

HERE = Path(__file__).parents[1] / "reference"
WAVES = pd.read_csv(HERE / "compare_waves.csv", dtype=str, keep_default_na=False)
R = pd.read_csv(HERE / "compare.csv", comment="#")

TOML = """\
[cohort]
id = "{id}"
title = "A small survey"
evidence = "respondents"
fieldwork = "{year}"
{more}

[tables.parents]
file = "parents.csv"

[tables.parents.design]
weight = "w"
strata = ["stratum"]
clusters = ["school_id"]
"""
INDICATORS = """\
indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,among,favourable
helped,School helped,views,parent,parents,helped,share,,yes;no,,,,yes
hours,Hours of guidance,views,parent,parents,hours,mean,,,,,,
hours_total,Hours of guidance,views,parent,parents,hours,total,,,,,,
"""
CODEBOOK = """\
variable,table,question,type,values,missing,unit
parent_id,parents,,identifier,,,
school_id,parents,,identifier,,,
helped,parents,Did the school help?,category,yes;no,,parent
hours,parents,How many hours?,number,,,hour
"""
PRINT = """\
[cohort]
id = "print"
title = "A small survey"
evidence = "reported"
fieldwork = "2012"

[places]
p = 64
"""


@pytest.fixture
def wave(tmp_path):
    """Write one of the two waves as a cohort of respondents."""

    def write(name, more="", toml=TOML, rows=None):
        folder = tmp_path / name
        folder.mkdir()
        year = {"then": 2013, "now": 2026}[name]
        (folder / "cohort.toml").write_text(toml.format(id=name, year=year, more=more))
        (folder / "indicators.csv").write_text(INDICATORS)
        (folder / "codebook.csv").write_text(CODEBOOK)
        answers = WAVES[WAVES["wave"] == name] if rows is None else rows
        answers.drop(columns="wave").to_csv(folder / "parents.csv", index=False)
        return load_cohort(folder)

    return write


def expected(what, level=0.95):
    row = R[(R["what"] == what) & (R["level"] == level)].iloc[0]
    return row["low"], row["high"], row["p"]


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("name", ["then", "now"])
def test_a_side_has_the_designs_limits_at_every_level(wave, name, level):
    """Witness: tests/reference/compare.R: svyciprop(method = "wilson"), survey 4.5."""
    side = measured_by(wave(name)).sides["helped", "yes"]
    assert side.limits(level) == pytest.approx(expected(name, level)[:2], rel=1e-9)


def test_other_schools_are_compared_as_independent(wave):
    """Witness: tests/reference/compare.R, two designs and square-and-add in R."""
    one, two = wave("then", 'panel = "north"'), wave("now", 'panel = "south"')
    row = compare(one, two).set_index("indicator").loc["helped"]
    low, high, p = expected("independent")
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx([low, high], rel=1e-8)
    assert row["p_value"] == pytest.approx(p, rel=1e-6)
    assert row["verdict"] == "no clear change"


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_schools_that_a_shared_identifier_links_are_one_stacked_design(wave, level):
    """Witness: R's svyby(covmat = TRUE) on the stacked waves; 14 schools are in both."""
    row = compare(wave("then"), wave("now"), level=level).set_index("indicator").loc["helped"]
    low, high, p = expected("stacked", level)
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx([low, high], rel=1e-8)
    assert row["p_value"] == pytest.approx(p, rel=1e-6)
    assert "14 units are in both, taken as one design" in row["reason"]


def test_the_correlation_of_means_is_that_of_the_stacked_design(wave):
    """Witness: R's vcov of svyby(~hours, ~wave, covmat = TRUE)."""
    found = Panel(wave("then"), wave("now")).overlap(("hours", ""), ("hours", ""))
    assert found.correlation == pytest.approx(R.set_index("what").loc["hours", "r"], rel=1e-9)


@pytest.mark.parametrize(
    ("before", "after", "is_close"),
    [
        ("0..400", "0..800", True),
        ("0..400", "..400", True),
        ("..400", "..400.0", False),
        ("0..400", "", False),
    ],
)
def test_numbers_of_another_range_are_close_and_said_to_be(wave, before, after, is_close):
    """A mean of 3 on a scale to 5 and one of 6 on a scale to 10 say the same."""
    waves = [wave("then"), wave("now")]
    for cohort, values in zip(waves, (before, after), strict=True):
        text = CODEBOOK.replace("hours?,number,", f"hours?,number,{values}")
        (cohort.folder / "codebook.csv").write_text(text)
    waves = [load_cohort(cohort.folder) for cohort in waves]
    found = compare(*waves).set_index("indicator").loc["hours"]
    said = "close, not the same: its numbers have another range"
    assert found["reason"].startswith(said) == is_close


def test_a_difference_of_means_is_that_of_the_estimates(wave):
    """Witness: R's svycontrast(c(now = 1, then = -1))."""
    row = compare(wave("then"), wave("now")).set_index("indicator").loc["hours"]
    assert row["difference"] == pytest.approx(R.set_index("what").loc["hours", "low"], rel=1e-9)
    assert row["verdict"] == "increased"


def test_hours_are_not_compared_with_minutes(wave):
    then, now = wave("then"), wave("now")
    book = (now.folder / "codebook.csv").read_text()
    (now.folder / "codebook.csv").write_text(book.replace(",,,hour", ",,,minute"))
    table = compare(then, load_cohort(now.folder)).set_index("indicator")
    assert table.loc["hours", "verdict"] == "not comparable"
    assert table.loc["hours", "reason"] == "another measure: hour against minute"
    assert table.loc["helped", "p_value"] > 0


def test_print_stands_beside_answers(wave, write_cohort):
    """Witness: tests/reference/compare.R: Wilson's limits of 40/100, the design's of the other."""
    about = {"indicator": "helped", "unit": "parent", "base_id": "parents", "base_n": "100"}
    folder = write_cohort(
        {"indicator": "parents", "unit": "parent", "reported": "100"},
        about | {"category": "yes", "reported": "40"},
        name="print",
        toml=PRINT,
        indicators=INDICATORS + "parents,Parents,views,parent,,,count,,,,,,\n",
    )
    row = compare(load_cohort(folder), wave("now")).set_index("indicator").loc["helped"]
    low, high, p = expected("mixed")
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx([low, high], rel=1e-8)
    assert row["p_value"] == pytest.approx(p, rel=1e-6)


def test_print_of_some_is_not_held_against_answers_of_everyone(wave, write_cohort):
    """By reason: 40 of 100 parents of girls, and the parents of girls and boys."""
    more = "parents,Parents,views,parent,,,count,,,,,,\n"
    more += "child,Child,scope,parent,,,share,,girl;boy,,,,\n"
    folder = write_cohort(
        {"indicator": "parents", "unit": "parent", "reported": "180"},
        {"indicator": "child", "category": "girl", "unit": "parent", "reported": "100"},
        {"indicator": "helped", "category": "yes", "unit": "parent", "reported": "40"}
        | {"base_id": "child=girl", "base_n": "100"},
        name="print",
        toml=PRINT,
        indicators=INDICATORS + more,
    )
    row = compare(load_cohort(folder), wave("now")).set_index("indicator").loc["helped"]
    assert row["reason"] == "another base: child=girl against everyone"


def correlation(one, two, indicator="hours"):
    return Panel(one, two).overlap((indicator, ""), (indicator, "")).correlation


def test_totals_of_shared_schools_are_not_taken_for_independent(wave):
    """Witness: R's vcov of svyby(~hours, ~wave, svytotal, covmat = TRUE)."""
    found = correlation(wave("then"), wave("now"), "hours_total")
    assert found == pytest.approx(R.set_index("what").loc["hours_total", "r"], rel=1e-9)


def test_a_school_that_changed_stratum_stands_where_it_stood_before(wave):
    """Witness: R's stacked design, which has every school in the stratum of the first wave."""
    rows = WAVES[WAVES["wave"] == "now"]
    moved = rows.assign(stratum=rows["stratum"].mask(rows["school_id"] == "S05", "b"))
    now = wave("now", rows=moved)
    assert (rows["stratum"] != moved["stratum"]).any()
    then = wave("then")
    assert correlation(then, now) == pytest.approx(R.set_index("what").loc["hours", "r"], rel=1e-9)
    assert compare(then, now).set_index("indicator").loc["helped", "verdict"] == "increased"


def what_totals_leave(rows, known):
    """Scores of a mean by school: what a regression on who was helped leaves of them."""
    rows = rows.assign(hours=pd.to_numeric(rows["hours"]), w=rows["w"].astype(float))
    sizes = rows.groupby("helped")["w"].sum()
    moved = rows["w"] * rows["helped"].map(known) / rows["helped"].map(sizes)
    there = rows["hours"].notna()
    mean = (moved * rows["hours"])[there].sum() / moved[there].sum()
    away = (rows["hours"] - mean).where(there, 0.0)
    fitted = (rows["w"] * away).groupby(rows["helped"]).sum() / sizes
    scores = moved * (away - rows["helped"].map(fitted))
    return scores.groupby([rows["stratum"], rows["school_id"]]).sum()


@pytest.mark.parametrize(
    ("weight", "more", "is_compared"),
    [('weight = "w"', "", True), ("", "", False), ("", 'selection = "census"', True)],
)
def test_a_total_that_nothing_weighs_up_is_no_change(wave, weight, more, is_compared):
    """Twice as many answers add up to twice the hours, whatever each of them took."""
    toml = TOML.replace('weight = "w"', weight)
    rows = WAVES[WAVES["wave"] == "now"]
    twice = pd.concat([rows, rows.assign(parent_id="again " + rows["parent_id"])])
    found = compare(wave("then", more), wave("now", more, toml, twice)).set_index("indicator")
    assert (found.loc["hours_total", "verdict"] != "not comparable") == is_compared
    assert found.loc["hours", "verdict"] != "not comparable"


def test_what_known_totals_tell_of_both_waves_makes_no_correlation(wave):
    """Witness: by hand, the correlation of what a regression on the totals leaves of the scores
    (Särndal, Swensson and Wretman 1992, section 6.6) within strata; the scores whole were taken."""
    rows = WAVES[WAVES["helped"] != ""]
    known = {"yes": 700.0, "no": 300.0}
    toml = TOML + "[tables.parents.design.calibrate]\ntotals.helped = {{ yes = 700, no = 300 }}\n"
    cohorts, found = [], []
    for name in ("then", "now"):
        own = rows[rows["wave"] == name]
        cohorts.append(wave(name, toml=toml, rows=own))
        found.append(what_totals_leave(own, known).rename(name))
    both = pd.concat(found, axis=1).fillna(0.0)
    units = both.groupby("stratum")
    size = units["now"].transform("size")
    apart = (both - units.transform("mean")).mul((size / (size - 1)) ** 0.5, axis=0)
    product = apart.T @ apart
    right = (
        product.loc["then", "now"]
        / (product.loc["then", "then"] * product.loc["now", "now"]) ** 0.5
    )
    assert correlation(*cohorts) == pytest.approx(right, rel=1e-9)


def of_population(wave, name, rows, size):
    toml = TOML + 'population = ["schools"]\n'
    return wave(name, toml=toml, rows=rows[rows["wave"] == name].assign(schools=str(size)))


@pytest.mark.parametrize("sizes", [(40, 40), (40, 60), (60, 40), (40, 10**9), (10**9, 40)])
def test_another_population_ends_no_comparison(wave, tmp_path, sizes):
    """Witness: by hand, 7 schools a stratum, all in both and so among the 40 that both had.

    Of the covariance 1/7 - 1/40 is left, of the variances 1/7 less one of the population each.
    """
    both = WAVES[~WAVES["school_id"].isin(["S03", "S12"])]
    endless = correlation(*(of_population(wave, name, both, 10**9) for name in ("then", "now")))
    shutil.rmtree(tmp_path / "then"), shutil.rmtree(tmp_path / "now")
    waves = zip(("then", "now"), sizes, strict=True)
    found = correlation(*(of_population(wave, name, both, size) for name, size in waves))
    left = (1 / 7 - 1 / 40) / math.sqrt(math.prod(1 / 7 - 1 / size for size in sizes))
    assert found == pytest.approx(endless * left, rel=1e-6)


def test_a_population_of_one_wave_alone_makes_no_change_surer_than_that_of_both(wave, tmp_path):
    """Witness: by hand, the other wave's schools are of the same 40: 1/7 - 1/40 is left of both."""
    both = WAVES[~WAVES["school_id"].isin(["S03", "S12"])]
    endless = correlation(
        *(wave(name, rows=both[both["wave"] == name]) for name in ("then", "now"))
    )
    shutil.rmtree(tmp_path / "then")
    found = correlation(of_population(wave, "then", both, 40), load_cohort(tmp_path / "now"))
    assert found == pytest.approx(endless * math.sqrt(1 - 7 / 40), rel=1e-6)


def test_samples_that_share_no_more_than_chance_makes_them_are_independent(wave):
    """Witness: 4 of 8 and 4 of 8 share 2 by chance, so that m / (n k) - 1 / N is 0 (Tam 1984)."""
    there = {"then": "S01 S02 S04 S05 S09 S10 S11 S13", "now": "S01 S02 S06 S07 S09 S10 S14 S15"}
    rows = WAVES[
        [school in there[name].split() for name, school in WAVES[["wave", "school_id"]].to_numpy()]
    ]
    assert correlation(*(of_population(wave, name, rows, 8) for name in there)) == 0


def test_strata_in_which_the_labels_of_one_wave_start_again_link_the_same_schools(wave):
    """Witness: R's stacked design; labels that are told apart within strata are still the same."""
    waves = wave("then", toml=TOML + "nest = true\n"), wave("now")
    assert correlation(*waves) == pytest.approx(R.set_index("what").loc["hours", "r"], rel=1e-9)
    assert correlation(*waves[::-1]) == pytest.approx(correlation(*waves))


def test_schools_that_one_wave_alone_was_drawn_by_are_linked_either_way_round(wave):
    """By reason: what two waves have in common does not hang on which of them is named first."""
    plain, _, _ = TOML.partition("[tables.parents.design]")
    clustered = plain + '[tables.parents.design]\nclusters = ["school_id"]\n'
    waves = wave("then", toml=clustered), wave("now", toml=plain)
    assert correlation(*waves) == pytest.approx(correlation(*waves[::-1])) != 0


def test_the_same_question_under_another_name_is_compared_as_one_design(wave):
    """Witness: R's svyby(covmat = TRUE) on the stacked waves."""
    now = wave("now", rows=WAVES[WAVES["wave"] == "now"].rename(columns={"helped": "q7"}))
    for table in ("indicators.csv", "codebook.csv"):
        text = (now.folder / table).read_text()
        text = text.replace("parents,helped,share", "parents,q7,share")
        (now.folder / table).write_text(text.replace("helped,parents,Did", "q7,parents,Did"))
    row = compare(wave("then"), load_cohort(now.folder)).set_index("indicator").loc["helped"]
    low, high, p = expected("stacked")
    assert row[["conf_low", "conf_high"]].tolist() == pytest.approx([low, high], rel=1e-8)
    assert row["p_value"] == pytest.approx(p, rel=1e-6)


def test_a_weight_in_one_wave_alone_is_used_and_said(wave):
    """Witness: the mean of the unweighted wave by hand; two designs that differ are compared."""
    plain = TOML.replace('weight = "w"\n', "").replace('strata = ["stratum"]\n', "")
    row = compare(wave("then"), wave("now", toml=plain)).set_index("indicator").loc["hours"]
    rows = WAVES[WAVES["wave"] == "now"]
    assert row["estimate_cohort"] == pytest.approx(rows["hours"].astype(float).mean())
    assert "only then is weighted" in row["reason"]
    assert row["verdict"] == "increased"


def test_a_panel_without_a_shared_identifier_is_refused(wave):
    others = WAVES[WAVES["wave"] == "now"].assign(school_id=lambda rows: "X" + rows["school_id"])
    panel = 'panel = "our schools"'
    found = compare(wave("then", panel), wave("now", panel, rows=others)).set_index("indicator")
    assert found.loc["helped", "verdict"] == "not comparable"
    assert "no identifier links the answers" in found.loc["helped", "reason"]


def test_schools_of_which_none_is_in_both_waves_are_told_to_be(wave):
    """Witness: the independent designs of R; S-05 of one clerk is S05 of another."""
    rows = WAVES[WAVES["wave"] == "now"]
    others = rows.assign(school_id=rows["school_id"].str.replace("S", "S-"))
    row = compare(wave("then"), wave("now", rows=others)).set_index("indicator").loc["helped"]
    assert row["p_value"] == pytest.approx(expected("independent")[2], rel=1e-6)
    assert row["reason"].startswith("no school_id is in both; p ")


def test_schools_under_another_name_in_one_wave_are_told_to_be_taken_for_others(wave):
    """Witness: the independent designs of R; the same 14 schools under one name are one design."""
    rows = WAVES[WAVES["wave"] == "now"].rename(columns={"school_id": "urn"})
    now = wave("now", toml=TOML.replace("school_id", "urn"), rows=rows)
    text = (now.folder / "codebook.csv").read_text()
    (now.folder / "codebook.csv").write_text(text.replace("school_id", "urn"))
    row = compare(wave("then"), load_cohort(now.folder)).set_index("indicator").loc["helped"]
    assert row["p_value"] == pytest.approx(expected("independent")[2], rel=1e-6)
    assert "school_id and urn are taken for other units: give both one name" in row["reason"]


def test_schools_written_in_other_letters_in_one_wave_are_not_taken_for_others(wave):
    """14 schools are in both; s01 in one wave and S01 in the other would be two."""
    rows = WAVES[WAVES["wave"] == "now"]
    others = rows.assign(school_id=rows["school_id"].str.swapcase())
    found = compare(wave("then"), wave("now", rows=others)).set_index("indicator")
    assert found.loc["helped", "verdict"] == "not comparable"
    assert "14 of school_id differ in case or zeros alone" in found.loc["helped", "reason"]


@pytest.mark.parametrize("written", ["1{:02}.0", "001{:02}", "１{:02}"])
def test_schools_that_a_spreadsheet_wrote_otherwise_are_not_taken_for_others(wave, written):
    """14 schools are in both: 104 and 104.0, 00104 or 104 in wide figures are one."""
    number = WAVES["school_id"].str[1:].astype(int)
    rows = WAVES.assign(school_id=number.map("1{:02}".format))
    now = rows.assign(school_id=number.map(written.format))
    waves = (
        wave(name, rows=each[each["wave"] == name])
        for name, each in zip(("then", "now"), (rows, now), strict=True)
    )
    reason = compare(*waves).set_index("indicator").loc["helped", "reason"]
    assert reason == "overlapping samples: 14 of school_id differ in case or zeros alone"


def test_what_a_sample_was_drawn_by_is_no_outcome(wave):
    """By reason: the share of a stratum is as it was drawn, and no test asks how it came to be."""
    waves = [wave("then"), wave("now")]
    for each in waves:
        with (each.folder / "indicators.csv").open("a") as file:
            file.write("area,Area,views,parent,parents,stratum,share,,a;b,,,,\n")
        with (each.folder / "codebook.csv").open("a") as file:
            file.write("stratum,parents,Where?,category,a;b,,parent\n")
    found = compare(*(load_cohort(each.folder) for each in waves)).set_index("indicator")
    assert found.loc["area", "reason"] == "make-up of the sample, and no outcome"
    assert pd.notna(found.loc["helped", "p_adjusted"])


def test_one_school_in_both_waves_is_said_in_the_singular(wave):
    rows = WAVES[WAVES["wave"] == "now"]
    others = rows.assign(
        school_id=rows["school_id"].where(rows["school_id"] == "S05", "X" + rows["school_id"])
    )
    found = compare(wave("then"), wave("now", rows=others))
    assert found["reason"].str.contains("1 unit is in both, taken as one design").any()


@pytest.mark.parametrize("more", ["", 'panel = "careers"'])
def test_units_that_are_only_numbered_are_said_to_be_one_unless_the_waves_say_so(wave, more):
    """A first cluster in both waves may be another one; a shared name of the panel settles it."""
    rows = WAVES.assign(school_id=WAVES["school_id"].str.removeprefix("S"))
    waves = [wave(name, more, rows=rows[rows["wave"] == name]) for name in ("then", "now")]
    said = compare(*waves).set_index("indicator").loc["helped", "reason"]
    assert "14 units are in both, taken as one design" in said
    assert ("by their numbers alone, as no panel is given" in said) == (not more)


def test_a_base_too_small_to_show_is_not_compared(wave):
    few = WAVES[WAVES["wave"] == "now"].drop_duplicates("school_id").head(9)
    few = few.assign(helped="yes", school_id=[f"Y{n % 4}" for n in range(9)], stratum="a")
    row = compare(wave("then"), wave("now", rows=few)).set_index("indicator").loc["helped"]
    assert row["reason"] == "another base: fewer than 10 answered in now"
    assert pd.isna(row["estimate_cohort"])


@pytest.mark.parametrize(
    ("alike", "indicator"), [({"hours": "7"}, "hours"), ({"helped": "yes;no"}, "helped")]
)
def test_answers_without_spread_are_no_ground_for_a_test(wave, alike, indicator):
    """By hand: where all give 7 hours, or half of each school are helped, no error can be seen."""
    ((column, values),) = alike.items()
    rows = WAVES[WAVES["wave"] == "now"].groupby("school_id").head(2)
    rows = rows[rows.groupby("school_id")["w"].transform("size") == 2].assign(w="1")
    said = values.split(";") * len(rows)
    found = compare(wave("then"), wave("now", rows=rows.assign(**{column: said[: len(rows)]})))
    row = found.set_index("indicator").loc[indicator]
    assert row["verdict"] == "not comparable"
    assert row["reason"] == "no interval for now: its answers show no spread"


def test_a_census_without_spread_is_compared(wave):
    rows = WAVES[WAVES["wave"] == "now"].assign(hours="7")
    toml = TOML.replace("{more}", 'selection = {{ "*" = "census" }}')
    found = compare(wave("then"), wave("now", rows=rows, toml=toml)).set_index("indicator")
    assert found.loc["hours", "verdict"] in ("increased", "decreased", "no clear change")


@pytest.mark.parametrize(
    ("now", "is_same"),
    [("helped=no;yes", True), ("helped=yes", False), ("school_id=a & helped=yes;no", False)],
)
def test_a_filter_is_the_same_in_whatever_order_it_is_written(wave, now, is_same):
    one, two = wave("then"), wave("now")
    for cohort, among in ((one, "helped=yes;no"), (two, now)):
        file = cohort.folder / "indicators.csv"
        file.write_text(INDICATORS.replace("hours,mean,,,,,,", f"hours,mean,,,,,{among},", 1))
    found = compare(load_cohort(one.folder), load_cohort(two.folder)).set_index("indicator")
    reason = found.loc["hours", "reason"]
    assert reason.startswith("another base: helped=yes;no") != is_same


def test_nobody_has_limits_too(wave):
    """Witness: by hand, Wilson's upper limit of 0 of n, t^2 / (n + t^2); R: qt(0.975, 13)."""
    rows = WAVES[WAVES["wave"] == "now"].assign(helped="no")
    low, high = measured_by(wave("now", rows=rows)).sides["helped", "yes"].limits(0.95)
    t2 = 2.1603686564627917**2
    assert (low, high) == pytest.approx((0, t2 / (len(rows) + t2)))


def test_the_invented_follow_up_is_compared_with_2013(held_against_2013):
    """Witness: 12 of 60 in 2013; printed words bar a test, and one school's leavers are no base."""
    found = held_against_2013
    first = found.set_index(["indicator", "category"])
    assert first.loc[("sufficient_information", "yes"), "estimate_baseline"] == 0.2
    assert first.loc[("very_effective", "yes"), "reason"].startswith("words only")
    assert first.loc[("destination", "sixth_form"), "reason"].startswith("another base")
    assert (found["p_adjusted"].dropna() <= 1).all()
    assert found["p_adjusted"].notna().sum() > 30
