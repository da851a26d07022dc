"""Weights moved to known totals, held to R's survey; what cannot be met is named."""

import numpy as np
import pandas as pd
import pytest

from careersurvey.errors import CohortError, DesignError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.estimates import estimate
from careersurvey.inference.survey.statistics import contrast, statistic_of
from careersurvey.inference.survey.weighting import trimmed
from tests.inference.reference_survey import (
    CODEBOOK,
    DESIGNS,
    GIVEN,
    INDICATORS,
    REFERENCE,
    estimates_of,
    parents,
    totals_in,
    with_factors,
)

WITNESS = pd.read_csv(REFERENCE / "weighting.csv", comment="#", keep_default_na=False)
SHARES = {
    "year_group": {"y9": 0.34, "y10": 0.33, "y11": 0.33},
    "region": {"east": 0.45, "north": 0.15, "south": 0.40},
    "visits": 3.2,
}
#: By R's name of a method: ours, the variables and the bounds.
METHODS = {
    "poststratify": ("poststratify", ["year_group"], None),
    "raking": ("rake", ["year_group", "region"], None),
    "linear": ("linear", ["year_group", "region", "visits"], None),
    "bounded": ("linear", ["year_group", "region", "visits"], (0.75, 1.6)),
    "logit": ("logit", ["year_group", "region", "visits"], (0.5, 2.0)),
}
KEYS = ["indicator", "category", "domain", "group"]


def calibrate(method, size):
    """The totals of tests/reference/weighting.R."""
    ours, variables, bounds = METHODS[method]
    known = {
        name: {key: share * size for key, share in SHARES[name].items()}
        if name in ("year_group", "region")
        else SHARES[name] * size
        for name in variables
    }
    return {"totals": known, "method": ours, "bounds": bounds}


def design_of(name):
    if name not in GIVEN:
        return parents(), dict(DESIGNS[name])
    start, settings = GIVEN[name]
    frame = with_factors(start)
    settings = {"weight": "w", "replicate_weights": f"{start}_*", **settings}
    if start == "jkn":
        types = frame.drop_duplicates("school_id")["school_type"]
        size = types.map(types.value_counts()).to_numpy()
        settings["rscales"] = ((size - 1) / size).tolist()
    return frame, settings


def witness(design, method):
    rows = WITNESS[(WITNESS["design"] == design) & (WITNESS["method"] == method)]
    size = float(rows.loc[rows["indicator"] == "size", "estimate"].item())
    rows = rows[rows["indicator"] != "size"].set_index(KEYS)[["estimate", "std_error"]]
    return size, rows.astype(float)


def hold_to_r(design, method, frame=None, **moved):
    size, expected = witness(design, method)
    people, settings = (frame, {}) if frame is not None else design_of(design)
    settings |= moved or {"calibrate": calibrate(method, size)}
    table = estimates_of(people, INDICATORS, CODEBOOK, settings, by=["sixth_form"]).set_index(KEYS)
    rows = expected.drop(index=expected.index[expected.index.get_level_values("group") == LESS])
    found = table.loc[rows.index, ["estimate", "std_error"]].astype(float)
    np.testing.assert_allclose(found, rows, rtol=1e-9)
    return settings, expected.loc[("helped", "yes", "sixth_form", LESS)]


LESS = "yes less no"
IN_R = sorted(
    set(WITNESS.loc[WITNESS["method"] == "linear", "design"]) - {"rep_brr", "rep_brr_mse"}
)


@pytest.mark.parametrize("design", IN_R)
def test_estimates_and_errors_are_those_of_rs_calibrate_under_every_design(design):
    """Witness: tests/reference/weighting.R: calibrate of survey 4.5."""
    hold_to_r(design, "linear")


@pytest.mark.parametrize("method", [name for name in METHODS if name != "linear"])
@pytest.mark.parametrize("design", ["one_stage_fpc", "two_stage_strata", "made_jkn", "rep_jkn"])
def test_every_method_gives_rs_estimates_and_errors(design, method):
    """Witness: tests/reference/weighting.R: postStratify and calibrate of survey 4.5."""
    hold_to_r(design, method)


def test_a_difference_of_groups_is_that_of_rs_svycontrast():
    """Witness: tests/reference/weighting.R: svycontrast of calibrated totals."""
    settings, expected = hold_to_r("two_stage", "linear")
    variables = [row for row in INDICATORS.to_dict("records") if row["indicator"] == "helped"]
    (totals,) = totals_in(parents(), pd.DataFrame(variables), CODEBOOK, settings, ["sixth_form"])
    domain = next(one for one in totals.domains if one.name == "sixth_form")
    value, error = contrast(totals, domain, statistic_of(totals, domain), (1, -1))
    assert (value[0], error[0]) == pytest.approx(tuple(expected), rel=1e-9)


def test_raking_is_rs_rake_and_its_errors_too_where_weights_are_equal():
    """Witness: R's rake, whose errors take unweighted means of scores; ours are calibrate's."""
    _, expected = witness("unstratified", "rake")
    size, _ = witness("unstratified", "raking")
    moved = {"weight": "w", "calibrate": calibrate("raking", size)}
    table = estimates_of(parents(), INDICATORS, CODEBOOK, moved).set_index(KEYS)
    key = ("hours", "", "all", "all")
    assert table.loc[key, "estimate"] == pytest.approx(expected.loc[key, "estimate"], rel=1e-9)
    size, expected = witness("equal", "rake")
    settings = {"weight": "w", "clusters": ["school_id"], "calibrate": calibrate("raking", size)}
    hold = estimates_of(parents().assign(w=30.0), INDICATORS, CODEBOOK, settings).set_index(KEYS)
    found = hold.loc[key, ["estimate", "std_error"]].astype(float)
    np.testing.assert_allclose(found, expected.loc[key], rtol=1e-9)


@pytest.mark.parametrize("design", ["one_stage", "weighted", "three_stage"])
def test_trimmed_weights_are_those_of_trimweights(design):
    """Witness: tests/reference/weighting.R: trimWeights(strict = TRUE) of survey 4.5."""
    people, settings = design_of(design)
    hold_to_r(design, "trim", people, **settings, trim=(12.0, 50.0))
    moved = trimmed(people["w"].to_numpy(), 12, 50)
    assert (moved.min(), moved.max()) == (12, 50)
    assert moved.sum() == pytest.approx(people["w"].sum(), rel=1e-14)


def test_weights_meet_the_totals_to_a_part_in_ten_thousand_millions():
    """Witness: the totals themselves, as estimates of the calibrated design, without an error."""
    size, _ = witness("one_stage", "linear")
    people, settings = design_of("one_stage")
    rows = [("visits", "total", "visits", "", "", "")]
    visits = pd.DataFrame(rows, columns=INDICATORS.columns[:6]).assign(unit="parent", base="")
    settings["calibrate"] = calibrate("linear", size)
    row = estimates_of(people, visits, CODEBOOK, settings).iloc[0]
    assert row["estimate"] == pytest.approx(3.2 * size, rel=1e-10)
    assert row["std_error"] == pytest.approx(0, abs=1e-9 * row["estimate"])


TOML = """\
[cohort]
id = "small"
title = "A small survey"
evidence = "respondents"
[tables.parents]
file = "parents.csv"
[tables.parents.design]
{design}
"""
SMALL = {
    "indicators.csv": "indicator,label,section,unit,table,variable,measure,denominator,categories,"
    "base,base_label,among,favourable\n"
    "helped,Helped,views,parent,parents,helped,share,,yes;no,,,,yes\n",
    "codebook.csv": "variable,table,question,type,values,missing,unit\n"
    "helped,parents,,category,yes;no,,\nkind,parents,,category,a;b;c,,\n",
    "parents.csv": "helped,kind,w\nyes,a,1\nno,a,1\nyes,b,1\nno,b,1\nno,b,2\nno,b,1\n",
}


@pytest.fixture
def share(tmp_path):
    """The share helped, of six parents of two kinds: 1 of 2, and 1 of 5 by weight."""

    def run(design, **files):
        (tmp_path / "cohort.toml").write_text(TOML.format(design=design))
        for name, text in (SMALL | files).items():
            (tmp_path / name).write_text(text)
        return estimate(load_cohort(tmp_path)).iloc[0]["estimate"]

    return run


def test_answers_stand_for_those_who_were_invited_in_their_class(share):
    """Witness: by hand: 10 invited for 2, 12 for 4: weights 5, 5 and 3, 3, 6, 3: 8 of 25."""
    invited = 'weight = "w"\nresponse = { classes = "kind", invited = { a = 10, b = 12 } }'
    assert share(invited) == pytest.approx(8 / 25)


def test_totals_may_stand_in_a_file_of_their_own(share):
    """Witness: by hand: half of 30 and a fifth of 10."""
    moved = 'weight = "w"\ncalibrate = { totals = { kind = "kinds.csv" } }'
    found = share(moved, **{"kinds.csv": "category,total\na,30\nb,10\n"})
    assert found == pytest.approx((15 + 2) / 40)
    with pytest.raises((DesignError, CohortError), match="number"):
        share(moved, **{"kinds.csv": "category,total\na,many\nb,10\n"})


@pytest.mark.parametrize(
    ("totals", "says"),
    [
        ("{ a = 30, b = 10, c = 5 }", "no weights meet 1 of 3 known totals"),
        ("{ a = 30 }", "4 of 6 respondents have a kind without a known number"),
        (
            "{ a = 30, b = 10 }, helped = { yes = 9, no = 9 }",
            "the totals of 2 variables add to different numbers",
        ),
    ],
)
def test_totals_that_cannot_be_are_named(share, totals, says):
    with pytest.raises(DesignError, match=says):
        share(f'weight = "w"\ncalibrate = {{ totals = {{ kind = {totals} }} }}')


def test_a_total_that_cannot_be_met_is_named_with_what_comes_nearest(share):
    """Witness: by hand: two parents at most 1.2 times their weight are 2.4, four of 5 are 6."""
    bounded = "totals = { kind = { a = 2.5, b = 5 } }, method = 'logit', bounds = [0.8, 1.2]"
    with pytest.raises(DesignError, match="1 of 2 known totals within the bounds") as refusal:
        share(f"weight = 'w'\ncalibrate = {{ {bounded} }}")
    assert refusal.value.found == "kind=a 2.4"
    assert refusal.value.expected == "kind=a 2.5"


@pytest.mark.parametrize(
    ("variable", "says"), [("age", "1 column of the design in no table"), ("helped", "is text")]
)
def test_a_total_of_what_is_no_number_is_refused(share, variable, says):
    with pytest.raises(CohortError, match=says):
        share(f"calibrate = {{ totals = {{ {variable} = 9 }} }}")


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        # 40 people who weigh 1 or more each cannot weigh 1 together.
        ("calibrate = { totals = { kind = { a = 30, b = 10 }, w = 1 } }", "have to be negative"),
        ('response = { classes = "kind", invited = { a = 1, b = 12 } }', "in 1 of 2 classes"),
        ('calibrate = { totals = { kind = "kinds.csv" } }', "no number of 0 or more"),
        ("calibrate = { totals = { kind = { a = 30, b = -10 } } }", "not as it must be"),
        ('calibrate = { totals = { kind = "twice.csv" } }', "its category has two"),
        # Of 7 who were invited nobody answered: no weight stands for them.
        ('response = { classes = "kind", invited = { a = 9, b = 9, c = 7 } }', "in 1 of 3 classes"),
        # Post-strata are the cells of one variable; two margins are raked.
        (
            'calibrate = { method = "poststratify", totals = { kind = { a = 3, b = 4 }, '
            "helped = { yes = 3, no = 4 } } }",
            "not as it must be",
        ),
    ],
)
def test_nobody_stands_for_fewer_than_none_or_for_less_than_himself(share, setting, says):
    files = {
        "kinds.csv": "category,total\na,30\nb,-10\n",
        "twice.csv": "category,total\na,30\na,3\nb,10\n",
    }
    with pytest.raises((CohortError, DesignError), match=says):
        share(f"weight = 'w'\n{setting}", **files)


def test_who_weighs_nothing_once_moved_is_in_no_base(tmp_path, share):
    """Witness: by hand: of two parents of kind a, who alone are left, one was helped."""
    moved = 'weight = "w"\ncalibrate = { totals = { kind = { a = 30, b = 0 } } }'
    assert share(moved) == pytest.approx(1 / 2)
    assert estimate(load_cohort(tmp_path))["base_n"].tolist() == [2, 2]


def test_an_interval_without_the_mean_weight_is_refused():
    with pytest.raises(DesignError, match="cannot be trimmed"):
        trimmed(np.array([1.0, 2.0, 3.0]), 3, 4)
