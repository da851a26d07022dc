from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from made import PRINTED, answered, counted, made

from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.estimates import estimate
from careersurvey.inference.publishing import Published
from careersurvey.presentation import breakdowns, labels, lists, titles, words
from careersurvey.presentation.figures.rows import with_ink


@pytest.fixture(scope="module")
def survey():
    return load_cohort("data/ofsted-2013")


@pytest.fixture(scope="module")
def found(survey):
    return labels.label(estimate(survey), survey)


def one(found, name):
    return labels.narrowest(labels.pick(found, name)).iloc[0]


def test_an_earlier_report_is_dated_by_its_fieldwork_and_not_by_a_number_in_its_place(survey):
    credit = replace(labels.credit(survey), when_where="Ward 1905, December 2012 to April 2013")
    assert credit.dated == "Ofsted, 130114, 2012–13"


def test_a_finding_is_called_by_its_phrase_with_its_wording_and_places(found):
    row = one(found, "evaluation_effective=no")
    assert row["label"] == "did not evaluate the quality of their guidance effectively"
    assert (row["wording"], row["where"]) == ("About four out of five", "kf-10")
    assert row["question"] == "Evaluates the quality of careers guidance effectively"


def test_places_are_joined_that_print_the_same_and_the_number_of_most_places_leads(found):
    """Witness, by eye: kf-9 alone has 43; paragraph 33 has "too few", kf-3 "not enough"."""
    observed = labels.pick(found, "interviews_observed").set_index("statements")
    assert observed["where"].to_dict() == {
        "R032": "kf-9",
        "R101": "p28; notes-2",
        "R236": "p28; notes-2",
    }
    assert one(found, "interviews_observed")["wording"] == "42"
    worked = labels.pick(found, "worked_with_authority").set_index("wording")["where"]
    assert worked.to_dict() == {"Not enough": "kf-3", "Too few": "p33"}
    forms = labels.pick(found, "destination_form=yes")
    assert set(forms["where"]) == {"p45; notes-3"}  # 55 and fifty-five


def test_without_a_phrase_a_finding_is_told_by_its_label_and_category():
    """Of print, "20 of 45 clinics External award: in part" would be no sentence."""
    award = SimpleNamespace(label="External award", measure="share")
    cohort = SimpleNamespace(phrases={}, indicators={"award": award}, evidence="reported")
    assert labels.phrase(cohort, "award", "in_part") == "are counted as “External award: in part”"
    assert labels.phrase(cohort, "award", "") == "External award"
    award.label = "How long was the wait?"
    waited = "are counted as “How long was the wait? over 30”"
    assert labels.phrase(cohort, "award", "over_30") == waited
    award.label = "External award"
    assert labels.phrase(cohort, "other_thing", "yes") == "Other thing: yes"
    cohort.evidence = "respondents"  # whose numbers on a scale and small letters are answers too
    assert labels.phrase(cohort, "award", "1") == "answered “1” to “External award”"
    assert labels.phrase(cohort, "award", "in_part") == "answered “in part” to “External award”"
    award.measure = "quantile"
    assert labels.phrase(cohort, "award", "0.25") == "External award: 0.25"


@pytest.mark.parametrize(
    ("quantity", "side"),
    [
        ("evaluation_effective=no", "worse"),
        ("external_award=achieved_or_working_towards", "better"),
        ("external_advisers=all_students", "better"),
        ("external_advisers=mixture", ""),  # neither end of the answers
        ("external_advisers=none", "worse"),
        ("overall_effectiveness=good", ""),
        ("work_experience_cut=yes", ""),  # a cut since before is no level
        ("academic_hoped=yes", ""),  # no answer is the better one
    ],
)
def test_an_answer_is_better_worse_or_between(found, quantity, side):
    assert one(found, quantity)["side"] == side


@pytest.mark.parametrize(
    ("quantity", "is_open"),
    [
        ("meets_all_needs", True),  # "too few" of 60: 1 to 59
        ("aware_of_range=no", True),  # "too many" of 1,082
        ("reported_to_governors", False),  # "very few"
        ("sufficient_information", False),
    ],
)
def test_words_that_rule_next_to_nothing_out_are_marked(found, quantity, is_open):
    assert bool(one(found, quantity)["open"]) is is_open


def test_of_several_statements_the_one_that_leaves_least_open_is_kept(found):
    rows = labels.pick(found, "interviews_observed", "destination_form=yes")
    assert len(rows) > len(labels.narrowest(rows))
    kept = labels.narrowest(labels.pick(found, "parents_responded"))
    assert list(kept["wording"]) == ["1,706"]


def test_rows_come_in_the_order_asked_and_lacking_ones_are_left_out(found):
    rows = labels.pick(found, "working_well", "nothing", "careers_strategy=no")
    assert list(rows["indicator"]) == ["working_well", "careers_strategy"]
    assert labels.pick(found, "nothing").empty


def _answers(*categories):
    return made(*[answered("Award", 0.5, indicator="award", category=name) for name in categories])


def test_answers_to_a_question_with_two_sides_are_told_by_the_first_or_the_named():
    rows = _answers("yes", "no")
    assert list(labels.findings(rows, "award")["category"]) == ["yes"]
    assert list(labels.findings(rows, "award=no")["category"]) == ["no"]
    assert list(labels.findings(rows, "award=yes", "award=no")["category"]) == ["yes", "no"]


def test_answers_with_three_sides_and_both_printed_sides_are_all_told():
    assert len(labels.findings(_answers("all", "some", "none"), "award")) == 3
    printed = _answers("yes", "no").assign(evidence="reported")
    assert list(labels.findings(printed, "award")["category"]) == ["yes", "no"]


def test_a_large_certain_shortfall_tells_more_than_a_vague_word_or_a_rare_fault():
    rows = made(
        counted("a", 47, 49, 60, side="worse"),
        counted("b", 1, 6, 60, form="words"),
        counted("c", 4, 4, 60, side="worse"),
        counted("d", 30, 30, 60),
    )
    weight = titles.telling(rows).round(2).tolist()
    # By hand: (2 * 0.8 - 1) * (1 - (2/60) / 0.4); 1 to 6 is open by 5/7 of what it speaks of.
    assert weight == [0.55, 0.25, 0.0, 0.0]


def test_the_most_telling_leads_then_what_falls_short_and_the_greatest_of_what_is_in_place():
    """A fault of 48 of 60 says more than 14 in place; but 58 in place says more still.

    Where most good things are scarce none that is not leads them.
    """
    rows = made(
        counted("most", 40, 40, 60),
        counted("few", 14, 14, 60),
        counted("little", 16, 16, 60),
        counted("fault", 20, 20, 60, side="worse"),
        counted("great fault", 48, 48, 60, side="worse"),
        counted("neither", 30, 30, 60, side=""),
    )
    told = list(titles.told_first(rows)["label"])
    assert told == ["great fault", "fault", "most", "little", "few", "neither"]
    more = pd.concat([rows, made(counted("nearly all", 58, 58, 60))], ignore_index=True)
    led = list(titles.told_first(more)["label"])
    assert led == ["nearly all", "most", "little", "few", "great fault", "fault", "neither"]
    pair = titles.told_first(rows.iloc[[0, 1, 3]].assign(weight=[2, 1, 0]))  # 40 leads 14 of 60
    assert list(pair["label"]) == ["most", "few", "fault"]
    scarce = titles.told_first(
        pd.concat([more, made(counted("rare", 9, 9, 60))], ignore_index=True)
    )
    assert list(scarce["label"])[:3] == ["rare", "nearly all", "most"]


def test_a_printed_rank_is_kept_and_answers_are_ranked_by_share():
    printed = made(counted("b", 1, 1, 2, wording="2"), counted("a", 1, 1, 2, wording="1"))
    assert list(labels.ranked(printed)["label"]) == ["a", "b"]
    asked = made(answered("visits", 0.3), answered("interviews", 0.6))
    assert list(labels.ranked(asked)["label"]) == ["interviews", "visits"]


def test_the_list_for_reading_has_who_wording_reading_base_interval_and_place():
    row = counted("had a plan", 14, 17, 60, wording="about a quarter")
    assert lists.as_listed(made(row | {"base": "schools visited"})).to_dict("records") == [
        {
            "who": "schools visited",
            "finding": "had a plan",
            "printed": "about a quarter",
            "can mean": "14 to 17",
            "of": 60,
            "interval": "13% to 38%",
            "where": "paragraph 12",
        }
    ]


def test_a_list_of_answers_names_groups_and_shares_and_has_no_empty_columns():
    everyone = answered("had a plan", 0.5)
    listed = lists.as_listed(made(everyone))
    assert list(listed) == ["who", "finding", "found", "of", "interval"]
    assert list(listed["found"]) == ["50%"]
    by = lists.as_listed(made(everyone, everyone | {"domain": "kind", "group": "small_town"}))
    assert list(by["group"]) == ["", "Small town"]


def test_a_phrase_with_its_own_qualifier_stands_with_the_bare_unit():
    row = counted("had used it, of those who had heard of it", 1, 1, 2, unit="parent")
    base = {"base": "parents who had heard of the helpline", "whom": "who had heard of it"}
    named = made(row | base).iloc[0]
    assert labels.of_whom(named) == "parents"


@pytest.mark.parametrize(
    ("bases", "numbers", "said"),
    [
        (["schools visited"] * 2, [60, 60], "60 schools visited"),
        (["schools visited", "all schools"], [60, 60], "60 schools"),
        (["schools visited"] * 2, [60, 55], "60 schools visited, or some of them"),
        (
            ["schools visited", "all schools in England"],
            [60, None],
            "60 schools visited, or schools whose number is not printed",
        ),
        (["schools visited"] * 2, [None, None], "schools visited"),
        (["", ""], [84, 84], "84 schools"),
    ],
)
def test_a_shared_base_is_said_as_the_report_says_it(bases, numbers, said):
    rows = made(counted("a", 1, 1, 84), counted("b", 1, 1, 84))
    rows = rows.assign(base=bases, base_n=pd.array(numbers, "Int64"))
    assert titles.whom(rows, PRINTED) == said


def test_a_part_of_a_base_without_a_number_is_some_of_it_by_what_its_base_is():
    """Not by the words of the base: "those with data" is of schools as "schools that had data"."""
    rows = made(counted("a", 1, 1, 84), counted("b", 1, 1, 84))
    numbers = pd.array([60, None], "Int64")
    rows = rows.assign(base=["schools visited", "those with data"], base_n=numbers)
    for base_id, rest in (
        ("had_data=yes", "some of them"),
        ("", "schools whose number is not printed"),
    ):
        said = titles.whom(rows.assign(base_id=["", base_id]), PRINTED)
        assert said == f"60 schools visited, or {rest}"


def test_whom_a_picture_is_of_is_said_as_its_rows_say_it():
    """Witness: the example, where 2,349 parents took part and 2,258 of them answered a question."""
    rows = made(counted("a", 1, 1, 2349, unit="parent"), counted("b", 1, 1, 2258, unit="parent"))
    survey = labels.credit(load_cohort("example-2026"))
    assert titles.whom(rows, survey) == "2,258 to 2,349 parents a row, of the 2,349 that took part"
    assert titles.whom(rows.tail(1), survey) == "2,258 parents, of the 2,349 that took part"
    schools = rows.assign(unit="school", base_n=[83, 72])
    assert titles.whom(schools, survey) == "72 to 83 schools a row, of the 84 that took part"


def test_standings_are_drawn_as_parts_of_all_printed_figures():
    stands = ["stated", "in doubt", "stated", "contradicted", "in doubt", "stated"]
    rows = labels.from_standings(pd.DataFrame({"stands": stands}))
    named = [label.partition(":")[0] for label in rows["label"]]
    assert named == ["Not tested", "In doubt", "Contradicted"]
    assert [words.value(row) for _, row in rows.iterrows()] == ["3 of 6", "2 of 6", "1 of 6"]
    assert rows["entry"].tolist()[1:] == ["standing-in-doubt", "standing-contradicted"]


def test_the_full_list_says_place_reading_standing_and_method(found):
    row = lists.in_text(found.assign(standing="stated")).set_index("id").loc["R033"]
    assert (row["place"], row["standing"], row["method"]) == ("kf-10", "stated", "wilson")
    assert (row["printed"], row["can mean"], row["of"]) == (
        "About four out of five",
        "47 to 49",
        60,
    )


def test_intervals_of_units_that_chance_drew_are_drawn_in_full_and_others_lighter():
    """Witness: the selection that each cohort declares."""
    credits = [labels.credit(load_cohort(name)) for name in ("ofsted-2013", "example-2026")]
    assert [sorted({"school", "parent"} & set(one.drawn)) for one in credits] == [[], ["school"]]
    rows = pd.DataFrame({"unit": ["school", "parent"], "shown": True, "estimate_low": 0.5})
    assert len({*with_ink(rows, credits[1])["ink"]}) == 2


def test_what_needs_no_care_has_an_empty_cell_beside_what_does():
    rows = pd.DataFrame({"flag": [None, "[u]"], "flag_reason": [float("nan"), "few answered"]})
    assert lists.flags(rows) == {"read with care": ["", "[u] few answered"]}


#: Schools and their weights, and schools of London with an answer, as the files themselves have it.
SCHOOLS = pd.read_csv("data/example-2026/schools.csv").set_index("school_id")
HEARD = pd.read_csv("data/example-2026/parents.csv").dropna(subset="helpline_heard")
IN_LONDON = SCHOOLS.loc[HEARD["school_id"].unique()].query("region == 'London'")


def test_a_group_shows_what_its_limits_come_of_as_far_as_it_may_be_published():
    """Schools are declared as institutions, parents are people; the website was asked of some."""
    cohort = load_cohort("example-2026")
    secret = cohort.settings.disclosure.model_copy(update={"weights": False})
    settings = cohort.settings.model_copy(update={"disclosure": secret})
    of = {"indicators": ["external_award", "helpline_heard", "website_used"]}
    rows = estimate(cohort, **of, bases=True, by=["region", "sixth_form"])
    rows = (
        Published(replace(cohort, settings=settings))
        .keep(rows)
        .drop_duplicates(["indicator", "domain", "group"])
    )
    rows = rows.assign(measure="share", estimate=0.5, std_error=0.052, form="")
    rows["count_weights"] = rows["base_weights"] / 2
    rows = rows.set_index(["indicator", "domain", "group"])

    def said(*key):
        return [write(rows.loc[key]) for write in lists.WORKED_OUT.values()][1:]

    weights = SCHOOLS.dropna(subset="external_award").groupby("sixth_form")["school_weight"].sum()
    own, weight, error, degrees = said("external_award", "sixth_form", "yes")
    assert (weight, error) == (f"{weights['yes']:,.2f}", "5.2 points")
    assert own == f"{round(weights['yes'], 2) / 2:,.3f}"
    assert degrees
    left = len(IN_LONDON) - IN_LONDON["stratum"].nunique()
    assert said("helpline_heard", "region", "London") == ["", "", "5.2 points", str(left)]
    assert said("website_used", "region", "London") == ["", "", "5.2 points", "[c]"]
    assert said("website_used", "all", "all")[3]


@pytest.mark.parametrize(
    ("at", "base", "error", "said"),
    [
        (0.21, 84, 0.0, "0.0 points, fixed by how the sample was drawn or weighted"),
        (0.21, 10**6, 0.0, "0.0 points"),  # it may be rounded: by chance alone it would be 0.04
        (1.0, 11, 0.0, "0.0 points, of none or all"),
        (0.21, 84, 0.044, "4.4 points"),
    ],
)
def test_a_share_without_an_error_says_why(at, base, error, said):
    """Witness: school types are strata; √(0.21 × 0.79 ÷ 84) is 4.4 points."""
    row = pd.Series({"measure": "share", "estimate": at, "base_n": base, "std_error": error})
    assert lists.WORKED_OUT["standard error"](row) == said


def test_an_interval_whose_ends_are_one_number_says_so():
    survey = load_cohort("data/example-2026")
    found = labels.label(estimate(survey, "school_type"), survey)
    assert lists.as_listed(found)["interval"].tolist()[0] == "21% at both ends"


def test_the_size_of_a_drawn_table_leads_to_the_statements_that_print_it():
    """Witness: reported.csv, 249 plans, 9 apprentices, 42 interviews; R032 (43) is set aside."""
    survey = load_cohort("data/ofsted-2013")
    assert lists.counted_by(survey, "plan", 249) == "R102, R238"
    assert lists.counted_by(survey, "apprentice", 9) == "R148"
    assert lists.counted_by(survey, "interview", 42) == "R101, R236"


def test_a_reader_is_told_how_each_unit_came_in():
    """By eye, of cohort.toml of the example."""
    units = labels.units_by_selection(load_cohort("example-2026"))
    assert labels.came_in(units) == (
        "The schools invited were drawn at random; the students, activities, interviews and plans"
        " were picked, not drawn; the parents chose to answer."
    )


def test_a_base_of_all_who_took_part_is_not_called_those_who_answered():
    """Witness: indicators.csv, the base of academic_hoped is all; parents of 2026 volunteered."""
    cohort = load_cohort("example-2026")
    rows = pd.DataFrame({"indicator": ["academic_hoped", "helpline_heard"], "category": "yes"})
    told = labels.name_rows(rows, cohort)["who"]
    assert list(told) == ["parents who took part", "parents who answered"]


def test_a_group_is_named_with_its_unit_where_that_is_not_the_finding_s_own():
    """Witness: the codebook has the sixth form of a school, and asks schools and students."""
    cohort = load_cohort("example-2026")
    asked = ("destination", "website_heard"), ("fe_college", "yes"), ("student", "school")
    rows = pd.DataFrame(dict(zip(("indicator", "category", "unit"), asked, strict=True)))
    of_students, of_schools = labels.name_rows(rows.assign(domain="sixth_form"), cohort)["grouped"]
    assert (of_students, of_schools) == ("school", "")
    told = pd.DataFrame({"domain": ["all", "sixth_form"], "grouped": ["", of_students]})
    assert breakdowns.group_names(told, ["yes", "no"]) == [
        "School: sixth form",
        "School: no sixth form",
    ]
