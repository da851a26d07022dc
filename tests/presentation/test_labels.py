from types import SimpleNamespace

import pandas as pd
import pytest
from made import PRINTED, counted, made

from careersurvey.presentation import labels


@pytest.fixture
def cohort():
    award = {"label": "External award", "section": "monitoring", "favourable": "achieved"}
    plans = {"label": "Clear plans", "section": "guidance", "favourable": "yes"}
    indicators = {
        "award": SimpleNamespace(measure="share", **award),
        "plans": SimpleNamespace(measure="share", **plans),
    }
    reported = pd.DataFrame(
        {
            "id": ["R1", "R2", "R3"],
            "reported": ["About a quarter", "15", "very few"],
            "where": ["p61", "exec-8", "p18"],
            "form": ["fraction", "count", "words"],
            "note": ["", "", ""],
            "base": ["schools visited", "schools visited", "schools"],
        }
    )
    return SimpleNamespace(indicators=indicators, reported=reported)


def _estimates():
    usual = {"label": None, "question": None, "wording": None, "where": None, "favourable": None}
    rows = made(
        counted("a", 14, 17, 60, indicator="award", category="achieved", statements="R1"),
        counted("a", 15, 15, 60, indicator="award", category="achieved", statements="R2"),
        counted("p", 1, 6, 60, indicator="plans", statements="R3"),
    )
    return rows.drop(columns=list(usual))


def test_a_finding_is_called_by_its_label_and_category(cohort):
    labelled = labels.label(_estimates(), cohort)
    assert list(labelled["label"]) == ["External award (achieved)"] * 2 + ["Clear plans"]
    assert list(labelled["question"]) == ["External award"] * 2 + ["Clear plans"]
    assert list(labelled["wording"]) == ["About a quarter", "15", "very few"]


def test_places_are_all_those_that_print_the_quantity(cohort):
    labelled = labels.label(_estimates(), cohort)
    assert list(labelled["where"]) == ["p61; exec-8", "p61; exec-8", "p18"]


def test_of_several_statements_the_one_that_leaves_least_open_is_drawn(cohort):
    kept = labels.narrowest(labels.label(_estimates(), cohort))
    assert list(kept["statements"]) == ["R2", "R3"]


def test_rows_come_in_the_order_asked_and_lacking_ones_are_left_out(cohort):
    labelled = labels.label(_estimates(), cohort)
    assert list(labels.pick(labelled, "plans", "nothing", "award=achieved")["statements"]) == [
        "R3",
        "R1",
        "R2",
    ]
    assert labels.pick(labelled, "nothing").empty


def _answers(*categories, favourable=""):
    usual = {"indicator": "award", "evidence": "respondents", "measure": "share"}
    return made(
        *[
            counted("Award", 5, 5, 10, category=name, favourable=favourable, **usual)
            for name in categories
        ]
    )


def test_answers_to_a_question_with_two_sides_are_told_by_the_first():
    rows = _answers("yes", "no", favourable="no")
    assert list(labels.findings(rows, "award")["category"]) == ["yes"]


def test_a_side_that_is_named_is_told():
    rows = _answers("yes", "no")
    assert list(labels.findings(rows, "award=no")["category"]) == ["no"]
    assert list(labels.findings(rows, "award=yes", "award=no")["category"]) == ["yes", "no"]


def test_answers_with_three_sides_are_all_told():
    rows = _answers("all", "some", "none", favourable="all")
    assert list(labels.findings(rows, "award")["category"]) == ["all", "some", "none"]


def test_both_sides_are_told_where_both_are_printed():
    rows = _answers("yes", "no", favourable="yes").assign(evidence="reported")
    assert list(labels.findings(rows, "award")["category"]) == ["yes", "no"]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({}, "12 of 60"),
        ({"count_high": 14}, "12 to 14 of 60"),
        ({"count_low": 1082, "count_high": 1082, "base_n": None}, "1,082"),
        ({"count_low": None, "count_high": None, "estimate_high": 0.25}, "20% to 25%"),
        ({"evidence": "respondents"}, "20% of 60"),
        ({"shown": False}, "not shown"),
    ],
)
def test_a_number_is_said_with_its_base(cells, said):
    row = made(counted("Award", 12, 12, 60, **cells)).iloc[0]
    assert labels.value_words(row) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0%"), (0.003, "<1%"), (0.0834, "8%"), (0.998, ">99%"), (1, "100%"), (float("nan"), "")],
)
def test_only_nought_is_nought_percent(share, said):
    assert labels.percent(share) == said


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (["p12"], "paragraph 12"),
        (["p13; p12", "p12"], "paragraphs 12 and 13"),
        (["kf-1", "p9", "exec-1"], "paragraph 9; executive summary, paragraph 1; key finding 1"),
        (["annex", "fn2", "notes-1"], "footnote 2; notes, paragraph 1; annex"),
        ([""], ""),
    ],
)
def test_places_are_said_in_words(places, said):
    assert labels.place_words(places) == said


@pytest.mark.parametrize(
    ("fieldwork", "said"),
    [
        ("2012-12/2013-04", "December 2012 to April 2013"),
        ("2026-01-10/2026-03-20", "January 2026 to March 2026"),
        ("2026-01/2026-01", "January 2026"),
        ("", ""),
    ],
)
def test_fieldwork_is_said_in_months(fieldwork, said):
    assert labels.date_words(fieldwork) == said


def test_a_printed_rank_is_kept_and_answers_are_ranked_by_share():
    printed = made(
        counted("a", 1, 1, 2, wording="2", note='"a programme of visits"', category="visits"),
        counted("a", 1, 1, 2, wording="1", note="", category="individual_interviews"),
    ).assign(estimate=None)
    ranked = labels.ranked(printed)
    assert list(ranked["label"]) == [
        "Individual interviews",
        "Visits: “a programme of visits”",
    ]
    assert list(ranked["rank"]) == [1, 2]
    answered = made(
        counted("a", 3, 3, 10, wording="", note="", category="visits"),
        counted("a", 6, 6, 10, wording="", note="", category="interviews"),
    )
    assert list(labels.ranked(answered)["label"]) == ["Interviews", "Visits"]


def test_the_list_for_reading_has_wording_reading_base_and_place():
    listed = labels.as_listed(made(counted("Award", 14, 17, 60, wording="about a quarter")))
    assert listed.to_dict("records") == [
        {
            "finding": "Award",
            "printed": "about a quarter",
            "can mean": "14 to 17",
            "of": 60,
            "where": "paragraph 12",
        }
    ]


@pytest.mark.parametrize(
    ("unit", "many"), [("school", "schools"), ("activity", "activities"), ("survey", "surveys")]
)
def test_units_have_plurals(unit, many):
    assert labels.plural(unit) == many


def test_a_description_says_every_row():
    rows = made(counted("Award", 14, 17, 60), counted("Plans", 12, 12, 60))
    assert labels.describe(rows) == "Award: 14 to 17 of 60; Plans: 12 of 60."


def test_a_source_line_names_places_only_where_there_are_any():
    rows = made(counted("Award", 14, 17, 60, where=""))
    assert labels.source_line(rows, PRINTED) == "Source: Ofsted, A report."


def test_a_title_that_is_too_long_gives_way_to_a_shorter_one():
    assert labels.title_of("word " * 16, "short") == "short"
    assert len(labels.title_of("word " * 16).split()) == 15


@pytest.mark.parametrize(
    ("value", "said"), [("fe_college", "FE college"), ("year_11_only", "Year 11 only")]
)
def test_ids_are_spelt_as_words(value, said):
    assert labels.spell(value) == said


def test_standings_are_drawn_as_parts_of_all_printed_figures():
    held = pd.DataFrame({"standing": ["stated", "in conflict", "stated", "stated"]})
    rows = labels.from_standings(held)
    assert [label.partition(":")[0] for label in rows["label"]] == ["Stated", "In conflict"]
    assert labels.say_conflicts(held) == "1 of 4 printed figures is in conflict"
    assert labels.say_conflicts(held[:1]) == "None of 1 printed figures is in conflict"
    assert list(rows["base_n"]) == [4, 4]
    assert [labels.value_words(row) for _, row in rows.iterrows()] == ["3 of 4", "1 of 4"]


def test_the_full_list_says_place_reading_standing_and_exhibit(cohort):
    rows = labels.label(_estimates(), cohort)
    standings = pd.DataFrame({"id": ["R1", "R2"], "standing": ["stated", "in conflict"]})
    listed = labels.in_text(rows, standings, {"award": ("02_provision", "02-findings")})
    first, last = listed.iloc[0], listed.iloc[2]
    assert (first["printed"], first["can mean"], first["of"]) == ("About a quarter", "14 to 17", 60)
    assert (first["standing"], first["notebook"]) == ("stated", "02_provision")
    assert (last["place"], last["standing"], last["exhibit"]) == ("p18", "", "")


@pytest.mark.parametrize(
    ("bases", "numbers", "said"),
    [
        (["schools visited"] * 2, [60, 60], "60 schools visited"),
        (["schools visited", "all schools"], [60, 60], "60 schools"),
        (["schools visited"] * 2, [60, 55], "schools"),
        (["", ""], [84, 84], "84 schools"),
    ],
)
def test_a_shared_base_is_said_as_the_report_says_it(bases, numbers, said):
    rows = made(counted("a", 1, 1, 84), counted("b", 1, 1, 84))
    assert labels.base_words(rows.assign(base=bases, base_n=numbers)) == said
