"""The trail: from any number to its quote, rule, conflicts or question, and back."""

import re
from pathlib import Path

import pandas as pd
import pytest

from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.estimates import estimate
from careersurvey.presentation import lists
from careersurvey.presentation.trail import entries

LISTED = {"place": "", "who": "schools", "printed": "", "can mean": "", "of": "60", "estimate": ""}
LISTED |= {"interval": "", "standing": "", "stands": "", "worked from": "", "tested against": ""}
LISTED |= {"contradicted": "", "in doubt": "", "base contradicted": ""}


def listed(folder, *rows):
    (folder / "figures").mkdir()
    table = pd.DataFrame([LISTED | row for row in rows])
    table.to_csv(folder / "figures" / "99-figures-in-text.csv", index=False)
    return folder


def test_an_entry_of_print_says_the_rule_of_its_reading_and_leads_to_its_conflict(tmp_path):
    """R018 is "only about a quarter" in reported.csv: a fraction."""
    row = {"id": "R018", "finding": "had an award", "can mean": "14 to 17", "indicator": "a"}
    marked = {"stands": "in doubt", "in doubt": "C2", "base contradicted": "C3"}
    folder = listed(tmp_path, row | marked, row | {"id": "R007"})
    cards = pd.DataFrame({"id": ["C2", "C3"], "clash": ["Both hold", "42 and 43"]})
    cards.to_csv(folder / "figures" / "08-conflicts.csv", index=False)
    clashing, other, *_ = entries(load_cohort("ofsted-2013"), folder)
    assert dict(clashing.facts)["By the rule"].startswith("as far as its hedge and its neighbours")
    assert clashing.links["Conflicts"] == [("conflict-C2", "Both hold")]
    assert clashing.links["Base in conflict"] == [("conflict-C3", "42 and 43")]
    assert clashing.says == "Schools had an award"
    assert clashing.links["Declared in"] == [("readings", "the table of readings")]
    assert dict(other.facts)["By the rule"].startswith("a bare number is itself")
    assert other.links["Conflicts"] == []


def test_a_base_that_is_printed_group_by_group_leads_to_each(tmp_path):
    """By eye: notes, paragraph 1: 9, 18 and eight of three types have a sixth form."""
    row = {"id": "R030", "finding": "promoted", "can mean": "9 to 31", "indicator": "a", "of": "35"}
    entry, *_ = entries(load_cohort("ofsted-2013"), listed(tmp_path, row))
    assert dict(entry.facts)["Base"].endswith(", implied: printed by group")
    assert [id_ for id_, _ in entry.links["Base printed"]] == ["R219", "R221", "R223"]


def test_an_entry_of_answers_says_question_base_design_and_check(tmp_path):
    """By cohort.toml of the example: weights, strata and clusters of parents."""
    row = {"id": "", "finding": "had heard", "estimate": "50%", "indicator": "helpline_heard"}
    (entry,) = entries(load_cohort("example-2026"), listed(tmp_path, row))
    facts = dict(entry.facts)
    assert entry.id == "q-helpline_heard"
    assert facts["Base"] == "60 schools"
    assert facts["Design"] == (
        "weighted by parent_weight; drawn apart within each stratum (strata);"
        " grouped by school_id (clusters); out of n_schools (population)"
    )
    assert entry.links["Checks"] == [("checks", "the answers in parents hold against the codebook")]
    question = {v.name: v.question for v in load_cohort("example-2026").codebook}["helpline_heard"]
    assert facts["Question"] == question != ""


def test_an_entry_of_a_select_all_names_all_its_boxes(tmp_path):
    """The first alone stood as the question: "Borrow books", of which 35% had come for events."""
    row = {"finding": "answered “Events”", "estimate": "35%", "indicator": "uses"}
    library = load_cohort(Path(__file__).parent.parent / "library")
    (entry,) = entries(library, listed(tmp_path, row))
    assert dict(entry.facts)["Question"] == "Borrow books; Study; Computers; Events"


def test_an_entry_shows_what_a_share_could_be_of_all_invited_and_by_which_part(tmp_path):
    """By hand: 2,349 of 9,240 and 98% of them are 24.9%, of which 14% is 3%, and 3% + 75.1% 78%."""
    row = {"finding": "had heard", "found": "14%", "indicator": "helpline_heard"}
    row |= {"of all invited": "3% to 78%", "answered": "98%"}
    (entry,) = entries(load_cohort("example-2026"), listed(tmp_path, row))
    of = "of whom by weight 98% are in this base"
    said = f"2,349 of 9,240 took part, {of}; multiplied, they are the part a"
    assert dict(entry.facts)["Of all invited, before chance"] == said
    assert "3% to 78%" in entry.table


@pytest.mark.parametrize(
    ("indicator", "of", "said"),
    [  # witness: parents.csv, 2,349 rows of which 1,477 said yes and 769 no: 103 said neither
        ("academic_hoped", "2349", "103 gave none of these answers and stay in the base"),
        ("helpline_heard", "2246", ""),
    ],
)
def test_who_stays_in_a_base_without_an_answer_is_counted(tmp_path, indicator, of, said):
    rows = [{"id": "", "finding": "x", "indicator": indicator, "of": of, "counted": counted}
            for counted in ("1,477", "769")]  # fmt: skip
    survey = load_cohort("example-2026")
    (entry,) = entries(survey, listed(tmp_path, *rows))
    assert dict(entry.facts)["In the base without an answer"] == said
    asked = pd.read_csv(survey.folder / "parents.csv")["academic_hoped"]
    assert (len(asked), (asked == "yes").sum(), (asked == "no").sum()) == (2349, 1477, 769)


ANSWERED = {"counted": "27", "by weight": "", "weights": "", "standard error": "5.2 points"}
ANSWERED |= {"degrees of freedom": "81", "method": "logit", "level": "0.95"}


def test_an_entry_of_people_says_why_no_sum_of_weights_is_told_and_shows_its_interval(tmp_path):
    """Witness: R, qt(0.975, 81) is 1.989686; plogis(qlogis(.5) + 1.9897 * .052 / .25) is 0.602."""
    row = {"id": "", "finding": "had heard", "found": "50%", "indicator": "helpline_heard"}
    row |= {"interval": "40% to 60%"}
    (entry,) = entries(load_cohort("example-2026"), listed(tmp_path, row | ANSWERED))
    facts = dict(entry.facts)
    assert facts["By weight"].startswith("weighted; the sums of weights are not published")
    assert "estimate COHORT --indicator helpline_heard" in facts["By weight"]
    assert facts["Student’s t"] == "1.990 at 81 degrees of freedom"
    cells = ["27", "50%", "5.2 points", "81", "40% to 60%", "by log odds"]
    assert re.findall("<td>(.*?)</td>", entry.table) == cells
    assert '<th scope="row">had heard</th>' in entry.table


@pytest.mark.parametrize(
    ("statement", "of", "leads"),
    [  # witness: reported.csv, by eye: kf-9 prints 43, p28 42; the notes 1,706 and 1,082
        ("R107", "42 or 43", [("R101", "R101 “42”"), ("R032", "R032 “43”")]),
        ("R107", "42, 43 or 44", [("R101", "R101 “42”"), ("R032", "R032 “43”")]),
        ("R031", "43", [("R032", "R032 “43”")]),
        ("R187", "1706", [("R241", "R241 “1,706”")]),
        ("R011", "1082", [("R233", "R233 “1,082”")]),
    ],
)
def test_a_base_leads_to_the_statement_that_prints_its_number(tmp_path, statement, of, leads):
    row = {"id": statement, "finding": "x", "can mean": "1 to 2", "indicator": "a", "of": of}
    (entry,) = entries(load_cohort("ofsted-2013"), listed(tmp_path, row))
    assert entry.links["Base printed"] == leads
    several = dict(entry.facts)["Base"].endswith("; each of these numbers is printed")
    assert several == (len(leads) > 1)


def test_a_standing_and_the_schools_by_name_lead_to_all_that_they_count(tmp_path):
    row = {"finding": "x", "can mean": "1", "indicator": "a", "stands": "stated"}
    folder = listed(tmp_path, row | {"id": "R018"}, row | {"id": "R007"})
    named = {"name": ["A", "B", "C"], "local_authority": ["x", "y", "z"], "region": ["N", "S", "N"]}
    pd.DataFrame(named).to_csv(folder / "figures" / "01-schools.csv", index=False)
    *_, standing, schools = entries(load_cohort("ofsted-2013"), folder)
    assert (standing.id, standing.reads) == ("standing-stated", "2 of 2")
    assert standing.links["Figures"] == [("R018", "R018"), ("R007", "R007")]
    assert schools.facts == [("N", "2: A (x); C (z)"), ("S", "1: B (y)")]


def test_a_report_of_one_figure_has_a_standing_of_one(tmp_path):
    row = {"id": "R018", "finding": "x", "can mean": "1", "indicator": "a", "stands": "stated"}
    *_, standing = entries(load_cohort("ofsted-2013"), listed(tmp_path, row))
    assert (standing.id, standing.reads) == ("standing-stated", "1 of 1")


@pytest.mark.parametrize(("printed", "reads"), [("Nearly all", ": 9/10 to under 1"), ("both", "")])
def test_a_word_is_read_by_a_range_that_is_said_and_leads_to_its_table(tmp_path, printed, reads):
    """Witness: readings.csv, "nearly all" is 9/10 to 1 and not all; both are two of whatever."""
    row = {"id": "R199", "printed": printed, "can mean": "90% to 100%", "indicator": "a"}
    (entry,) = entries(load_cohort("ofsted-2013"), listed(tmp_path, row | {"finding": "x"}))
    rule = dict(entry.facts)["By the rule"]
    assert rule == f"the range that is declared for these words{reads}"
    assert entry.links["Declared in"] == [("readings", "the table of readings")]


def test_a_change_leads_to_both_sides_and_the_answers_lead_back(tmp_path):
    row = {"id": "", "finding": "had heard", "estimate": "50%", "indicator": "helpline_heard"}
    folder = listed(tmp_path, row)
    change = {"id": "c-helpline_heard-yes", "finding": "had heard", "then and now": "8% → 14%"}
    change |= {"indicator": "helpline_heard", "before": "“142 (8%)”", "now": "14% of parents"}
    change |= {"by": "+5 points", "comes to": "better", "because": "p 0.01"}
    change |= dict.fromkeys(("by the rule", "standing", "read with care"), "")
    change["design effect that would undo it"] = "3.10; 3.10 measured now"
    change |= {"interval from": "+3 to +7 points", "p from": "0.01 alone"}
    pd.DataFrame([change]).to_csv(folder / "figures" / "10-compared.csv", index=False)
    answers, changed = entries(load_cohort("example-2026"), folder)
    assert changed.links["Now"] == [("q-helpline_heard", "14% of parents")]
    assert answers.links["Changes"] == [("c-helpline_heard-yes", "8% → 14%")]
    assert dict(changed.facts)["Before"] == "“142 (8%)”"


@pytest.mark.parametrize(
    ("statement", "rule", "base"),
    [
        ("R187", "the percentage, as far as the words beside it allow: over 70% to 75%", "60 s"),
        ("R161", "all that rounds to the percentage: 13.5% to under 14.5%", "60 schools, implied"),
        ("R193", "all that rounds to the percentage", "R247 “about 1,650”"),
        ("R206", "as far as its hedge", "R205 “Nearly all”"),
        ("R162", "a bare number is itself", "website, their number not printed with it"),
        ("R198", "as far as its hedge", "a strategic priority, their number not printed"),
        ("R085", "within half a percentage point, as nothing hedges it: 24.5% to 25.5%", "60 s"),
        ("R139", "within half a percentage point, as nothing hedges it: 49.5% to 50.5%; n", "55"),
    ],
)  # fmt: skip
def test_an_entry_names_the_rule_of_a_hedged_percentage_and_a_base_that_is_printed_elsewhere(
    tmp_path, statement, rule, base
):
    """Witness: reported.csv, by eye: "Just over 70%", "14%", "30%", "about half"."""
    survey = load_cohort("ofsted-2013")
    printed = survey.reported.set_index("id").loc[statement]
    row = {"id": statement, "finding": "x", "can mean": "1 to 2", "indicator": "a"}
    row |= {"printed": printed["reported"], "of": base[:2] if base[:2].isdigit() else ""}
    (entry,) = entries(survey, listed(tmp_path, row))
    facts = dict(entry.facts)
    assert facts["By the rule"].startswith(rule)
    assert base in facts["Base"] + str(entry.links["Base printed"])


def test_an_entry_names_what_it_is_reproduced_from_or_left_by(tmp_path):
    """By hand: 23 + 29 + 8 is 60; "the other" is 60 less "only about one in six" and a quarter."""
    row = {"finding": "x", "indicator": "a", "can mean": "29"}
    good = row | {"id": "R225", "standing": "reproduced", "worked from": "R224, R226, R002"}
    rest = row | {"id": "R086", "standing": "in conflict", "worked from": "R084, R085"}
    rest |= {"printed": "The other", "stands": "contradicted"}
    rest |= {"contradicted": "C3", "in doubt": "C5"}
    folder = listed(tmp_path, good, rest)
    good, rest, *_ = entries(load_cohort("ofsted-2013"), folder)
    quotes = [("R224", "R224 “Twenty-three”"), ("R226", "R226 “eight”"), ("R002", "R002 “60”")]
    assert good.links["Reproduced from"] == quotes
    assert [name for name, _ in rest.links["Left by"]] == ["R084", "R085"]
    assert dict(rest.facts)["By the rule"].startswith("the base, less what those count")


def test_an_entry_names_what_it_was_tested_against_and_where_its_base_is_printed(tmp_path):
    """By eye: paragraph 50 prints R158, "1,703"; R065, "half" of 90, is held against its base."""
    row = {"finding": "x", "indicator": "a", "can mean": "x", "stands": "consistent"}
    web = row | {"id": "R161", "tested against": "R157, R162", "of": "1703"}
    half = row | {"id": "R065", "tested against": "R065", "of": "90"}
    web, half, *_ = entries(load_cohort("ofsted-2013"), listed(tmp_path, web, half))
    assert web.links["Base printed"] == [("R158", "R158 “1,703”")]
    assert web.links["Tested against"] == [("R157", "R157 “142 (8%)”"), ("R162", "R162 “82”")]
    assert half.links["Tested against"] == []
    assert "whole number of its base" in dict(half.facts)["Standing"]


def test_a_place_in_a_list_is_no_printed_number(tmp_path):
    """By eye: the lists of paragraphs 52 and 55 are bullets in order of frequency, unnumbered."""
    row = {"id": "R168", "finding": "named x", "printed": "number 1 of its list"}
    row |= {"place": "p52", "of": "", "who": "students", "indicator": "a"}
    entry, *_ = entries(load_cohort("ofsted-2013"), listed(tmp_path, row))
    assert (entry.quote, entry.place) == ("", "number 1 of its list, paragraph 52")
    assert entry.says == "Students named x"


def test_a_number_of_a_later_source_reaches_its_quote_place_rule_base_and_standing(tmp_path):
    """Witness: reported.csv of 2016/17, "1.87" of 578 on page 1; 4,812 + 51 = 4,863."""
    names = ("cec-compass-2016-17", "cec-compass-2024-25", "ofsted-2023")
    waves = [load_cohort(name) for name in names]
    folder = listed(tmp_path, {"id": "R018", "finding": "x", "indicator": "a"})
    lists.list_published(waves).to_csv(folder / "figures" / "11-published.csv", index=False)
    found = {entry.id: entry for entry in entries(load_cohort("ofsted-2013"), folder)}
    mean = found["cec-compass-2016-17-C1602"]
    assert (mean.quote, mean.place) == ("1.87", "page 1")
    mean = dict(mean.facts)
    assert (
        mean["Base"]
        == "578 schools and colleges that assessed themselves, implied: not printed with it"
    )
    assert mean["Reads as"] == "1.865 to 1.875 of 578"
    assert mean["By the rule"] == "all that rounds to the number at its printed digits"
    assert (mean["Standing"], mean["Fieldwork"]) == ("stated", "2016 to 2017")
    assert mean["Source"] == "The Careers & Enterprise Company, Gatsby benchmarks, 2016/17"
    hubs = found["cec-compass-2024-25-C2404"].links["Reproduced from"]
    assert ("cec-compass-2024-25-C2405", "C2405 “51”") in hubs
    assert {to for to, _ in hubs} <= set(found)
    # The table of readings stands only on a page of print.
    assert found["ofsted-2023-S003"].links["Declared in"] == []


def test_an_entry_says_how_many_a_question_was_asked_of_where_not_of_all(tmp_path):
    """By hand: 70 schools returned a form and were asked of it, of whom 66 answered."""
    form = {"id": "", "finding": "returned a form on their destination data", "of": "84"}
    form |= {"indicator": "destination_form", "counted": "70"}
    faulty = {"id": "", "finding": "x", "of": "66", "counted": "11", "indicator": "form_faulty"}
    of_all, of_some = entries(load_cohort("example-2026"), listed(tmp_path, form, faulty))[:2]
    assert dict(of_some.facts)["Asked of"].startswith("70 ")
    assert dict(of_some.facts)["Asked of"].endswith(
        " that returned a form on their destination data"
    )
    assert dict(of_all.facts)["Asked of"] == ""


def test_what_wilsons_n_is_of_as_good_as_is_said_as_it_is():
    """By algebra: a design effect is over p (1 - p) / (n - 1), a simple sample's variance."""
    rows = estimate(load_cohort("example-2026"))
    known = rows[rows["estimate"].between(0.01, 0.99) & (rows["deff"] > 0)]
    wilson = known["estimate"] * (1 - known["estimate"]) / known["std_error"] ** 2
    n = known["base_n"]
    assert (wilson / (n / known["deff"])).to_list() == pytest.approx((n - 1) / n)
    said = Path("src/careersurvey/presentation/templates/trail.html.j2").read_text(encoding="utf-8")
    assert "standard error², which is (n − 1) ÷ n times what “as good as”" in said
