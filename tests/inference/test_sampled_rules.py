"""Who is counted, what is shown, and what is refused when respondents are estimated from."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from reference_survey import CODEBOOK, DESIGNS, INDICATORS, estimates_of, parents

import careersurvey
from careersurvey.errors import CohortError, QuestionError
from careersurvey.evidence.checks.design import Drawn, check_design
from careersurvey.evidence.settings import DesignSettings
from careersurvey.inference.columns import ESTIMATES, WORKED_FROM
from careersurvey.inference.survey.questions import opened


def asked(indicator, variable, categories, **more):
    row = {
        "indicator": indicator,
        "table": "t",
        "unit": "parent",
        "measure": "share",
        "variable": variable,
    }
    row |= {"categories": categories, "denominator": "", "base": "", "among": ""}
    return pd.DataFrame([row | more])


def codes(**values):
    rows = [{"variable": name, "values": text, "type": "category"} for name, text in values.items()]
    return pd.DataFrame(rows).assign(missing="", table="t", question="", unit="")


ANSWERS = pd.DataFrame(
    {
        "school_id": ["a", "a", "b", "b", "c", "c", "d", "d"],
        "heard": ["yes", "no", "yes", "no_answer", None, "refused", "yes", "no"],
        "reads": ["yes", "no", "yes", "yes", "no", "no", None, "no"],
        "hours": [1.0, 2.0, np.nan, 4.0, 5.0, 6.0, 7.0, 8.0],
        "said": ["1", "2", "lots", "4", "5", "few", "7", "lots"],
        "w": [1.0, 2.0, 1.0, 1.0, 3.0, 1.0, 2.0, 1.0],
    }
)
CODES = codes(heard="yes;no", reads="yes;no", school_type="x;y;z", hours="", g="x;y;z")


def estimate(frame=ANSWERS, questions=None, design=None, **more):
    questions = asked("heard", "heard", "yes;no") if questions is None else questions
    return estimates_of(frame, questions, CODES, design, **more)


@pytest.mark.parametrize(
    ("base", "count"),
    [("", 5), ("answered", 5), ("asked", 7), ("all", 8)],
)
def test_a_base_is_everyone_those_asked_or_those_who_answered(base, count):
    """Witness: counted by hand; one blank, one refusal, one never asked."""
    found = estimate(questions=asked("heard", "heard", "yes;no", base=base))
    assert found["base_n"].tolist() == [count, count]
    assert found["count_low"].tolist() == [3, 2]
    assert found["estimate"].tolist() == [3 / count, 2 / count]


def test_a_filter_makes_a_nested_base():
    found = estimate(questions=asked("heard", "heard", "yes;no", among="reads=yes"))
    assert found["base_n"].tolist() == [2, 2]
    assert found["count_low"].tolist() == [2, 0]


def test_a_filter_may_lie_in_another_table():
    schools = pd.DataFrame({"school_id": list("abcd"), "school_type": list("xyxy")})
    found = estimate(
        questions=asked("heard", "heard", "yes;no", among="school_type=y & reads=yes;no"),
        lookups={"schools": ("school_id", schools)},
    )
    assert found["base_n"].tolist() == [2, 2]
    assert found["count_low"].tolist() == [1, 1]


def test_a_breakdown_may_lie_in_another_table_and_agrees_with_one_that_does_not():
    people = parents()
    schools = people[["school_id", "sixth_form"]].drop_duplicates()
    settings = DESIGNS["one_stage_fpc"]
    own = estimates_of(people, INDICATORS, CODEBOOK, settings, by=["sixth_form"])
    linked = estimates_of(
        people.drop(columns="sixth_form"),
        INDICATORS,
        CODEBOOK,
        settings,
        by=["sixth_form"],
        lookups={"schools": ("school_id", schools)},
    )
    pd.testing.assert_frame_equal(own, linked)


def test_the_table_has_the_declared_columns_and_a_row_for_what_nobody_chose():
    found = estimate(questions=asked("heard", "heard", "yes;no;perhaps"))
    assert tuple(found.columns) == (*ESTIMATES, *WORKED_FROM)
    nobody = found[found["category"] == "perhaps"].iloc[0]
    assert (nobody["count_low"], nobody["estimate"], nobody["base_n"]) == (0, 0, 5)
    assert nobody["method"] == "clopper_pearson"
    assert nobody["conf_high"] == pytest.approx(1 - 0.025 ** (1 / 5), rel=1e-12)


def test_select_all_shares_stand_on_one_base():
    """Witness: by hand; a base of everyone with an answer to one option or more."""
    frame = pd.DataFrame(
        {
            "how__post": ["yes", "no", "no_answer", "no_answer"],
            "how__web": ["no", "no", "yes", "no_answer"],
        }
    )
    found = estimate(frame, asked("how", "how", "post;web", measure="multiple"))
    assert found["base_n"].tolist() == [3, 3]
    assert found["count_low"].tolist() == [1, 1]
    columns = asked("how", "how__post;how__web", "post;web", measure="multiple")
    pd.testing.assert_frame_equal(estimate(frame, columns), found)


def test_a_group_under_the_least_base_keeps_its_row_and_base_only():
    schools = pd.DataFrame({"school_id": list("abcd"), "school_type": list("xyxx")})
    found = estimate(
        by=["school_type"], lookups={"schools": ("school_id", schools)}, min_base=2
    ).set_index(["group", "category"])
    assert found.loc[("y", "yes"), "base_n"] == 1
    assert not found.loc[("y", "yes"), "shown"]
    assert found.loc[("z", "yes"), "base_n"] == 0
    hidden = ["count_low", "count_high", "estimate", "std_error", "conf_low", "conf_high", "deff"]
    hidden += ["count_weights", "effective_base"]  # over the base's weights they are the share
    assert found.loc[("y", "yes"), hidden].isna().all()
    assert found.loc[("x", "yes"), "shown"]


def test_crossed_groups_are_joined_in_the_order_of_the_codebook():
    found = estimate(by=["reads*heard"], questions=asked("said", "said", "1;2;lots"))
    crossed = found[found["domain"] == "reads*heard"]
    groups = ["yes & yes", "yes & no", "no & yes", "no & no"]
    assert crossed["group"].drop_duplicates().tolist() == groups
    assert crossed["base_n"].tolist()[::3] == [2, 0, 0, 2]


def test_means_leave_out_those_without_a_number():
    """Witness: by hand; the seven are a domain of the eight, whose size is itself random."""
    found = estimate(questions=asked("hours", "hours", "", measure="mean")).iloc[0]
    numbers = ANSWERS["hours"].dropna().to_numpy()
    assert found["base_n"] == 7
    assert found["estimate"] == pytest.approx(numbers.mean(), rel=1e-14)
    spread = ((numbers - numbers.mean()) ** 2).sum()
    assert found["std_error"] == pytest.approx(np.sqrt(8 / 7 * spread) / 7, rel=1e-12)
    assert found["method"] == "mean"


def test_bootstrapped_errors_come_close_to_linearised_ones_and_come_again():
    people = parents()
    settings = DESIGNS["one_stage_fpc"]
    boot = settings | {"replicate_method": "bootstrap", "replicates": 2000, "seed": 3}
    line, first, again = (
        estimates_of(people, INDICATORS, CODEBOOK, one, by=["sixth_form"])
        for one in (settings, boot, boot)
    )
    pd.testing.assert_frame_equal(first, again)
    share = line["deff"].notna() & (line["base_n"] > 60)
    ratio = first["std_error"][share] / line["std_error"][share]
    assert share.sum() > 20
    # 2,000 replicates leave a standard error of 1.6% in a standard error.
    assert ratio.between(0.85, 1.15).all()
    assert abs(ratio.mean() - 1) < 0.03


def test_another_seed_gives_other_replicates():
    settings = DESIGNS["one_stage"] | {"replicate_method": "bootstrap", "replicates": 50}
    one, other = (
        estimates_of(parents(), INDICATORS, CODEBOOK, settings | {"seed": seed}) for seed in (1, 2)
    )
    assert (one["std_error"] != other["std_error"]).any()
    assert (one["estimate"] == other["estimate"]).sum() == one["estimate"].notna().sum()


REFUSED = {
    "a cluster in two strata": (
        {"clusters": ["school_id"], "strata": ["reads_known"]},
        "4 of 8 rows have a school_id that lies in more than one reads_known.",
    ),
    "a population below its sample": (
        {"clusters": ["school_id"], "population": [3]},
        "8 of 8 rows have a population 3 that varies, is blank or is smaller than its sample.",
    ),
    "a population that varies": (
        {"population": ["w"]},
        "8 of 8 rows have a population w that varies, is blank or is smaller than its sample.",
    ),
    "a lonely stratum": (
        {"strata": ["school_id"], "clusters": ["row"]},
        "8 of 8 rows stand for a stratum of a single cluster, so that its variance is not known.",
    ),
    "a lonely part of a later stage": (
        {"clusters": ["half", "same"], "population": [9, 9]},
        "8 of 8 rows stand for a half of a single same",
    ),
    "a column that is not there": (
        {"weight": "weights"},
        "1 column of the design in no table that t is linked to.",
    ),
    "weights of text": ({"weight": "heard"}, "A weight or a population is text."),
    "missing clusters": ({"clusters": ["heard"]}, "1 of 8 rows have no heard."),
    "replicates that are not there": (
        {"weight": "w", "replicate_weights": "rep*", "replicate_method": "JK1"},
        "1 column of the design in no table that t is linked to.",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_design_that_describes_no_sample_is_refused(what):
    settings, said = REFUSED[what]
    frame = ANSWERS.assign(
        reads_known=ANSWERS["reads"].fillna("unknown"),
        row=ANSWERS["school_id"],
        half=["p"] * 4 + ["q"] * 4,
        same="x",
    )
    with pytest.raises(CohortError) as refused:
        estimate(frame, design=settings)
    assert said in str(refused.value)


@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_that_is_estimated_passes_the_check_of_a_cohort(name):
    """Witness: R's survey package takes each of them (tests/reference/survey.R)."""
    rows = parents().reset_index(names="row__")
    drawn = Drawn("parents", DesignSettings(**DESIGNS[name]), opened(rows), len(rows))
    assert [one.message for one in check_design(drawn) if not one.passed] == []


def test_a_cluster_in_two_strata_is_named_with_its_rows():
    frame = ANSWERS.assign(half=["p"] * 3 + ["q"] * 5)
    with pytest.raises(CohortError) as refused:
        estimate(frame, design={"clusters": ["school_id"], "strata": ["half"]})
    assert (
        refused.value.what
        == "made-up: 2 of 8 rows have a school_id that lies in more than one half."
    )
    assert refused.value.where == "t rows 3, 4"


@pytest.mark.parametrize(
    ("questions", "more", "said"),
    [
        (asked("heard", "heard", "yes;no", among="red=yes"), {}, "reads"),
        (asked("heard", "heard", "yes;no"), {"by": ["raeds"]}, "reads"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(questions, more, said):
    with pytest.raises(QuestionError) as refused:
        estimate(questions=questions, **more)
    assert said in refused.value.expected


@pytest.mark.parametrize(
    ("cohort", "known"), [("example-2026", "logit"), ("ofsted-2013", "wilson")]
)
def test_an_interval_that_is_not_there_is_answered_with_those_that_are(cohort, known):
    with pytest.raises(QuestionError, match="no interval wald") as refused:
        careersurvey.estimate(cohort, interval="wald")
    assert known in refused.value.expected


def test_a_breakdown_without_respondents_is_refused():
    frame = ANSWERS.assign(school_type=None).astype({"school_type": "str"})
    with pytest.raises(QuestionError, match="none of 8 respondents has a group of school_type"):
        estimate(frame.assign(school_type="w"), by=["school_type"])


def test_a_school_with_two_types_is_refused():
    schools = pd.DataFrame({"school_id": ["a", "a"], "school_type": ["x", "y"]})
    with pytest.raises(QuestionError, match="school_id a of schools has more than one school_type"):
        estimate(by=["school_type"], lookups={"schools": ("school_id", schools)})


def test_one_cluster_shows_no_error_and_gets_no_limits():
    frame = ANSWERS.assign(half=["p"] * 4 + ["q"] * 4)
    found = estimate(
        frame[frame["half"] == "p"],
        asked("reads", "reads", "yes;no"),
        {"clusters": ["school_id"]},
        by=["school_id"],
    )
    one = found[(found["group"] == "a") & (found["category"] == "yes")].iloc[0]
    assert one["estimate"] == 0.5
    assert one["method"] == "none"
    assert np.isnan(one["conf_low"])


def test_declared_degrees_of_freedom_take_the_place_of_counted_ones():
    """Witness: Student's t on 79 degrees, 1.990450210230 (R's qt(0.975, 79))."""
    settings = DESIGNS["one_stage"] | {"df": 79}
    hours = INDICATORS[INDICATORS["indicator"] == "hours"]
    found = estimates_of(parents(), hours, CODEBOOK, settings).iloc[0]
    reach = 1.990450210230 * found["std_error"]
    assert found["conf_high"] == pytest.approx(found["estimate"] + reach, rel=1e-9)


@pytest.mark.parametrize("name", ["where_0", "unit_0", "key_0", "key_stage_n", "pack_0", "end_0"])
@pytest.mark.parametrize("engine", [pd.DataFrame, pl.from_pandas])
def test_no_name_of_a_population_is_taken_for_another(name, engine):
    """Witness: the same estimates with the column under a plain name."""
    design = {"clusters": ["school_id"], "weight": "w"}
    found, expected = (
        estimate(
            engine(ANSWERS.assign(**{column: 40})),
            design={**design, "population": [column]},
        )
        for column in (name, "n_schools")
    )
    pd.testing.assert_frame_equal(found, expected)


def test_a_table_without_respondents_is_refused():
    with pytest.raises(QuestionError, match="there are no respondents"):
        estimate(ANSWERS[:0], design={"clusters": ["school_id"]})


def test_a_school_with_two_types_is_named_whatever_the_identifier_is_called():
    people = ANSWERS.rename(columns={"school_id": "{id}"})
    places = pd.DataFrame({"{id}": ["a", "a"], "school_type": ["x", "y"]})
    with pytest.raises(QuestionError, match=r"\{id\} a of places has more than one") as problem:
        estimate(people, by=["school_type"], lookups={"places": ("{id}", places)})
    assert problem.value.where == "table places"


def test_a_share_that_its_strata_fix_has_no_error():
    """Witness: by arithmetic; every respondent of a stratum gives the same answer.

    R's survey 4.1.1 gives a standard error of 0 too (svymean, svydesign(ids = ~1, strata = ~g)).
    """
    frame = pd.DataFrame({"g": ["x"] * 7 + ["y"] * 13 + ["z"] * 11, "w": [1.1] * 7 + [2.3] * 24})
    found = estimate(frame, asked("g", "g", "x;y;z"), {"strata": ["g"], "weight": "w"}).set_index(
        "category"
    )
    assert found["std_error"].tolist() == [0.0, 0.0, 0.0]
    assert found.loc["x", ["conf_low", "conf_high"]].tolist() == [found.loc["x", "estimate"]] * 2
