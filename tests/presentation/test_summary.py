"""The computed summary: what leads, and that every number phrase stands in its sentence."""

from dataclasses import replace

import pandas as pd
import pytest
from made import answered, counted, hidden, made

from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.estimates import estimate
from careersurvey.inference.nonresponse import nonresponse
from careersurvey.presentation import changes, conflicts, labels, titles, words
from careersurvey.presentation.prose import to_paste
from careersurvey.presentation.sentences import sentence
from careersurvey.presentation.standing import Doubt
from careersurvey.presentation.summary import (
    COSTS,
    LEAST,
    MOST,
    against_itself,
    as_told,
    careful,
    drawn,
    pictured,
    summary,
)


@pytest.fixture(scope="module", params=["ofsted-2013", "example-2026"])
def told(request):
    survey = load_cohort(f"data/{request.param}")
    return summary(labels.label(estimate(survey), survey))


def test_a_summary_has_five_to_eight_sentences_each_with_its_number(told):
    assert LEAST <= len(told) <= MOST
    for row in told.itertuples():
        entry = row.statements or f"q-{row.indicator}"
        assert row.linked.startswith(f'<a href="#{entry}">{row.sentence[:6]}')


def test_the_summary_of_2013_is_led_by_what_is_largest_and_surest_of_schools():
    """Read against the report: its summary, paragraph 1, and key finding 10.

    Of what may be told 32 findings are of schools, 13 of students and 11 of parents.
    """
    survey = load_cohort("data/ofsted-2013")
    told = summary(labels.label(estimate(survey), survey))
    assert list(told["statements"])[:2] == ["R007", "R033"]
    assert told.set_index("statements")["weight"].idxmax() == "R157"
    assert told["sentence"].iloc[0] == (
        "Only 12 of 60 schools had ensured that all students received enough information to"
        " consider a wide breadth of careers."
    )


def test_what_is_open_hidden_rare_of_a_part_or_of_the_sample_is_not_told():
    rows = made(
        counted("had no plan", 48, 48, 60, side="worse"),
        counted("met all needs", 1, 59, 60, open=True),
        hidden("were too few"),
        counted("had a fault", 3, 3, 60, side="worse"),
        counted("hoped", 57, 57, 60, side=""),
        counted("were outstanding", 57, 57, 60, section="scope"),
        counted("of a group", 2, 2, 60, domain="region", group="London"),
    )
    assert list(summary(rows)["indicator"]) == ["had_no_plan", "had_a_fault"]


def test_a_section_without_findings_has_no_summary():
    assert summary(made(counted("had a plan", 12, 12, 60)).iloc[:0]).empty
    assert summary(made(counted("met all needs", 1, 59, 60, open=True))).empty


def test_where_nothing_is_judged_a_question_whose_answers_have_no_one_share_is_told_too():
    """By hand: "fewer than one in five" has ends and no estimate; of the other the larger."""
    rows = made(
        counted("were asked", 0, 11, 60, side="", indicator="asked"),
        counted("said yes", 40, 40, 60, side="", indicator="said"),
        counted("said no", 20, 20, 60, side="", indicator="said", category="no"),
    )
    assert set(summary(rows)["sentence"].str.contains("said no")) == {False}
    assert set(summary(rows)["indicator"]) == {"asked", "said"}


def test_a_finding_of_a_few_weighs_less_than_one_of_all():
    rows = made(
        counted("were positive", 74, 82, 82, unit="parent"),
        counted("had heard", 142, 142, 1703, unit="parent", section="service"),
    )
    assert list(summary(rows)["indicator"]) == ["had_heard", "were_positive"]


def test_a_section_does_not_crowd_out_the_others():
    first = [counted(f"a{n}", 54, 54, 60) for n in range(8)]
    other = [counted(f"b{n}", 45, 45, 60, section="other") for n in range(2)]
    sections = summary(made(*first, *other))["indicator"].str[0]
    assert sections.value_counts().to_dict() == {"a": 4, "b": 2}


def test_a_figure_in_a_contradiction_says_so_where_it_stands():
    rows = made(counted("used none", 48, 48, 60, side="worse"))
    rows["doubts"] = [[Doubt("contradicted", "C3", "paragraph 61", {})]]
    told = summary(rows)
    assert told["sentence"].iloc[0].endswith(" used none (contradicted by paragraph 61).")


def test_standing_lowers_the_weight_and_is_no_p():
    rows = made(counted("a", 48, 48, 60), counted("b", 48, 48, 60, statements="R2"))
    held = rows.assign(standing=["in conflict", "stated"])
    assert list(summary(held)["indicator"]) == ["b", "a"]


def test_with_a_baseline_what_changed_comes_first():
    row = {
        "indicator": "a",
        "category": "yes",
        "label": "trained",
        "unit": "school",
        "side": "better",
    }
    row |= {"favourable": "yes", "measure": "share", "verdict": "increased", "deff_undone": 9.0}
    row |= {f"{end}_baseline": 0.2 for end in ("estimate", "reading_low", "reading_high")}
    row |= {f"{end}_cohort": 0.4 for end in ("estimate", "reading_low", "reading_high")}
    row |= {"conf_low": 0.1, "conf_high": 0.3, "difference": 0.2}
    changed = changes.in_words(pd.DataFrame([row]))
    told = summary(made(answered("had a plan", 0.1)), changed=changed)
    assert list(told["about"]) == ["all changes", "change", "finding"]
    assert told["sentence"].iloc[0] == "Of 1 comparable finding 1 has clearly changed."
    both = '<a href="#q-a">40%</a> of schools trained, <a href="#c-a-yes">20%</a> before'
    assert both in told["linked"].iloc[1]


def test_the_summary_counts_first_what_has_changed_and_of_how_many_none_can_tell():
    """Witness: the figure of changes, whose headings count 35, none clear and 1 unknown."""
    survey = load_cohort("data/example-2026")
    rows, changed = conflicts.read_findings(survey), changes.since("data/ofsted-2013", survey)
    told = summary(rows, changed=changed)
    assert list(told["sentence"][:2]) == [
        "Of 35 comparable findings 9 seem to have changed, each in doubt; 1 more may have"
        " gone up or down (earlier figures: Ofsted, 130114, 2012–13).",
        "Better but in doubt: 6; worse but in doubt: 1; lower but in doubt: 2; direction unknown:"
        " 1; clear only if tested alone: 7; depends on how print is read: 1; not clear: 17; not"
        " comparable: 71.",
    ]
    assert LEAST <= len(told) <= MOST
    assert len(pictured(rows, told)) < MOST  # the count is of no one finding


def test_what_is_not_reliable_comes_last_in_a_summary_and_says_so():
    unsure = {"flag": "[u]", "flag_reason": "fewer than 30 answered"}
    sure = {"flag": "", "flag_reason": ""}
    rows = made(answered("had a plan", 0.1) | unsure, answered("had none", 0.2) | sure)
    assert list(summary(rows)["indicator"]) == ["had_none", "had_a_plan"]
    assert "low reliability: fewer than 30 answered) had" in sentence(rows.iloc[0])
    assert "reliability" not in sentence(rows.iloc[1])


def test_a_section_begins_with_what_answers_its_heading_and_its_figure_with_the_first_of_it():
    """By hand: 2 of 60 would tell most, then 12, then 20; told once each, a row that is shown."""
    rows = made(*(counted(name, n, n, 60) for name, n in (("did", 12), ("saw", 2), ("led", 20))))
    told = summary(rows, led=rows.iloc[[2, 0]])
    assert list(told["indicator"]) == ["led", "did", "saw"]
    assert list(as_told(rows, told)["weight"]) == [2, 1, 3]
    assert titles.lead(as_told(rows, told)).startswith("20 of 60")
    hidden_led = summary(rows, led=rows.iloc[:1].assign(shown=False))
    assert list(hidden_led["indicator"]) == ["saw", "led"]


def test_the_box_names_selection_words_and_contradictions():
    """Witness: cohort.toml; of 60 "about half" is 27 to 33; three contradictions, 11 tensions."""
    survey = load_cohort("data/ofsted-2013")
    rows = conflicts.read_findings(survey)
    told = careful(survey, rows, conflicts.in_conflict(survey))
    claims, reasons, entries = zip(*told, strict=True)
    assert entries == ("methods", "methods", "R012", "08_consistency")
    assert claims == (
        "No sample here is known to have been drawn at random.",  # of the schools it is not said
        "What the figures rest on.",
        "Words are read as ranges.",
        "In 2 cases figures cannot all be right; in 1 more, if their terms mean the same; in 11"
        " more, if we read their words rightly and what we assume is true.",
    )
    assert reasons[0].startswith("How the schools were chosen is not known; the parents chose")
    assert reasons[1].startswith("Inspectors judged the schools, and the interviews")
    assert reasons[2].startswith("For example, “about half” is read as 27 to 33 of 60.")
    assert reasons[3] == (
        "The visits end in March and in April 2013. Key finding 9 counts 43 interviews observed,"
        " paragraph 28 counts 42. Paragraph 19 leaves at least 43 schools with external advisers,"
        " paragraph 61 counts 40, if their terms mean the same. Read more widely, 8 of the 11 would"
        " fit. We do not say which is wrong."
    )


@pytest.mark.parametrize(
    ("fit", "told"),
    [
        ((True,), "that one"),
        ((True, True), "both"),
        ((True, True, True), "all 3"),
        ((True, False), "1 of the 2"),
        ((False,), "none"),
    ],
)
def test_all_of_the_clashes_are_not_so_many_of_so_many(fit, told):
    """A report with two of them was told "2 of the 2 would fit"."""
    entry = {"verdict": "tension", "given": "", "clash": "", "reconciled": ""}
    found = [entry | {"reconciled": "if wider" * one} for one in fit]
    ((_, reason, _),) = against_itself(found)
    assert reason == f"Read more widely, {told} would fit. We do not say which is wrong."


def test_a_change_is_warned_of_as_between_two_surveys_with_the_caution_of_the_earlier():
    """Witness: caution of the cohort.toml of 2013."""
    survey = load_cohort("data/example-2026")
    told = careful(survey, made(answered("had", 0.5)), [], "data/ofsted-2013")
    ((claim, reason, _),) = [one for one in told if one[2] == "10_comparison"]
    assert claim == "A change is between two surveys."
    assert "Ofsted, 130114, 2012–13: Neither the 60 schools visited nor the parents" in reason


def test_answers_are_warned_of_by_who_was_drawn_and_not_by_words():
    survey = load_cohort("data/example-2026")
    rows = conflicts.read_findings(survey)
    told = careful(survey, rows, [])
    assert [claim for claim, *_ in told] == [
        "The schools invited were drawn at random.",
        "An interval covers chance and nothing else.",
        "Those who did not answer could move a share.",
    ]


def test_the_box_knows_how_units_came_in_that_are_declared_by_their_table():
    """Witness: parents of the follow-up, declared by their unit, are declared by their table."""
    survey = load_cohort("data/example-2026")
    about = survey.about.model_copy(update={"selection": {"parents": "volunteers"}})
    settings = survey.settings.model_copy(update={"cohort": about})
    survey = replace(survey, settings=settings)
    (claim, reason, _), *_ = careful(survey, made(answered("had", 0.5)), [])
    assert claim == "No sample here is known to have been drawn at random."
    assert reason.startswith("The parents chose to answer.")


def test_of_whom_all_were_asked_nobody_says_that_chance_drew_them():
    survey = load_cohort("data/example-2026")
    about = survey.settings.cohort.model_copy(
        update={"selection": {"school": "census", "plan": "census"}}
    )
    every = replace(survey, settings=survey.settings.model_copy(update={"cohort": about}))
    claim, *_ = careful(every, made(answered("had", 0.5)), [])[0]
    assert claim == "All schools and plans were asked."


def test_each_share_of_a_summary_says_what_it_could_be_among_all_invited():
    """Witness: `nonresponse` itself; of the parents, who chose to, it is of those who answered."""
    survey = load_cohort("data/example-2026")
    rows = conflicts.read_findings(survey)
    said = summary(rows)
    ends = nonresponse(survey, list(said["indicator"])).set_index(["indicator", "category"])
    parents = 0
    for row in said.itertuples():
        far = ends.loc[(row.indicator, row.category)]
        if pd.notna(far["took_part"]):
            could = (
                f"; {far['least']:.0%} to {far['greatest']:.0%} whatever those invited who did not"
            )
            assert f"{could} answer would have said)" in row.sentence
        chose = far["unit"] == "parent"
        who = {"parent": "parents who answered", "school": "schools that took part"}
        assert f" of {who.get(far['unit'], 'students that were picked')} (" in row.sentence
        parents += chose
    assert parents == 2


def now(share):
    ends = ("estimate", "reading_low", "reading_high")
    return {f"{end}_cohort": share for end in ends} | {"difference": share - 0.2}


def test_what_got_worse_is_told_beside_what_got_better():
    row = {"category": "yes", "unit": "school", "favourable": "yes", "measure": "share"}
    row |= {f"{end}_baseline": 0.2 for end in ("estimate", "reading_low", "reading_high")}
    row |= {"conf_low": 0.1, "conf_high": 0.3, "deff_undone": 9.0}
    better = [
        row | {"indicator": f"b{n}", "label": f"did {n}", "side": "better", "verdict": "increased"}
        | now(0.6 + n / 100)
        for n in range(5)
    ]  # fmt: skip
    worse = row | {"indicator": "w", "label": "failed", "side": "worse", "verdict": "increased"}
    worse |= now(0.3)
    changed = changes.in_words(pd.DataFrame([*better, worse]))
    told = summary(made(answered("had a plan", 0.1)), changed=changed)
    assert list(told.loc[told["about"] == "change", "indicator"]) == ["b4", "b3", "b2", "w"]


@pytest.mark.parametrize(
    ("sentence", "where", "of_all", "end"),
    [
        ("Some did.", None, ("2026", "invented data"), "did (2026; invented data)."),
        ("Some did.", float("nan"), ("2026", "invented data"), "did (2026; invented data)."),
        ("Some did.", "paragraph 50", ("2012–13", ""), "did (paragraph 50; 2012–13)."),
        (
            "1 (of 2) did (in doubt).",
            "key finding 10",
            (),
            "1 (of 2) did (key finding 10; in doubt).",
        ),
        ("1 did (+2 (as read)).", "", ("2026",), "1 did (+2 (as read)) (2026)."),
        ("Some did (in doubt).", "", (), "Some did (in doubt)."),
    ],
)
def test_a_sentence_to_paste_says_its_place_and_what_holds_of_all_in_one_bracket(
    sentence, where, of_all, end
):
    (line,) = to_paste(pd.DataFrame({"sentence": [sentence], "where": [where]}), *of_all)
    assert line.endswith(end)


def test_a_sentence_to_paste_of_a_survey_without_place_and_date_has_no_empty_brackets():
    told = pd.DataFrame({"sentence": ["Some did what was done."], "where": [None]})
    assert to_paste(told, "", "") == ["Some did what was done."]


def test_a_report_whose_findings_are_printed_has_no_costs_of_weights_to_list():
    """Without a row the columns went too, and no report of print could be made."""
    rows = made(counted("had one", 12, 12, 60))[:0]
    costs = words.lay_out(drawn(load_cohort("ofsted-2013"), rows), COSTS)
    assert costs.empty
    assert "finding" in costs
