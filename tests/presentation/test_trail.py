"""The trail: from any number to its quote, rule, conflicts or question, and back."""

import pandas as pd
import pytest

from careersurvey.evidence.cohort import load_cohort
from careersurvey.presentation.binding import trail

LISTED = {"place": "", "who": "schools", "printed": "", "can mean": "", "of": "60", "estimate": ""}
LISTED |= {"interval": "", "standing": "", "notebook": "", "exhibit": ""}


def listed(folder, *rows):
    (folder / "figures").mkdir()
    table = pd.DataFrame([LISTED | row for row in rows])
    table.to_csv(folder / "figures" / "99-figures-in-text.csv", index=False)
    return folder


def test_an_entry_of_print_says_the_rule_of_its_reading_and_leads_to_its_conflict(tmp_path):
    """R018 is "only about a quarter" in reported.csv: a fraction."""
    row = {"id": "R018", "finding": "had an award", "can mean": "14 to 17", "indicator": "a"}
    folder = listed(tmp_path, row, row | {"id": "R007"})
    cards = pd.DataFrame([{"id": "C2", "question": "Can both hold?", "figures": "“x” (p1; R018)"}])
    cards.to_csv(folder / "figures" / "08-conflicts.csv", index=False)
    clashing, other = trail(load_cohort("ofsted-2013"), folder)
    assert dict(clashing.facts)["By the rule"].startswith("as far as its hedge and its neighbours")
    assert clashing.links["Conflicts"] == [("conflict-C2", "Can both hold?")]
    assert dict(other.facts)["By the rule"].startswith("a bare number is itself")
    assert other.links["Conflicts"] == []


def test_an_entry_of_answers_says_question_base_design_and_check(tmp_path):
    """By cohort.toml of the example: weights, strata and clusters of parents."""
    row = {"id": "", "finding": "had heard", "estimate": "50%", "indicator": "helpline_heard"}
    (entry,) = trail(load_cohort("example-2026"), listed(tmp_path, row))
    facts = dict(entry.facts)
    assert entry.id == "q-helpline_heard"
    assert facts["Base"] == "60 schools"
    assert facts["Design"] == "weighted by parent_weight; strata by stratum; clusters by school_id"
    assert "see Checks" in facts["Checks"]
    question = {v.name: v.question for v in load_cohort("example-2026").codebook}["helpline_heard"]
    assert facts["Question"] == question != ""


def test_a_change_leads_to_both_sides_and_the_answers_lead_back(tmp_path):
    row = {"id": "", "finding": "had heard", "estimate": "50%", "indicator": "helpline_heard"}
    folder = listed(tmp_path, row)
    change = {"id": "c-helpline_heard-yes", "finding": "had heard", "then and now": "8% → 14%"}
    change |= {"indicator": "helpline_heard", "before": "“142 (8%)”", "now": "14% of parents"}
    change |= {"by": "+5 points", "comes to": "better", "because": "p 0.01", "in doubt": ""}
    change |= {"interval from": "+3 to +7 points", "p from": "0.01 alone"}
    pd.DataFrame([change]).to_csv(folder / "figures" / "10-compared.csv", index=False)
    answers, changed = trail(load_cohort("example-2026"), folder)
    assert changed.links == {"Now": [("q-helpline_heard", "14% of parents")]}
    assert answers.links["Changes"] == [("c-helpline_heard-yes", "8% → 14%")]
    assert dict(changed.facts)["Before"] == "“142 (8%)”"


@pytest.mark.parametrize(
    ("statement", "rule", "base"),
    [
        ("R187", "the percentage, as far as the words beside it allow", "60 schools"),
        ("R081", "the percentage, as far as the words beside it allow", "60 schools"),
        ("R193", "all that rounds to the percentage", "“about 1,650” (paragraph 56; R189)"),
        ("R206", "as far as its hedge", "“Nearly all” (paragraph 62; R205)"),
        ("R198", "as far as its hedge", "a strategic priority, their number not printed"),
    ],
)  # fmt: skip
def test_an_entry_names_the_rule_of_a_hedged_percentage_and_a_base_that_is_printed_elsewhere(
    tmp_path, statement, rule, base
):
    """Witness: reported.csv, by eye: "Just over 70%", "up to 75%", "30%", "about half"."""
    survey = load_cohort("ofsted-2013")
    printed = survey.reported.set_index("id").loc[statement]
    row = {"id": statement, "finding": "x", "can mean": "1 to 2", "indicator": "a"}
    row |= {"printed": printed["reported"], "of": "60" if "60" in base else ""}
    (entry,) = trail(survey, listed(tmp_path, row))
    facts = dict(entry.facts)
    assert facts["By the rule"].startswith(rule)
    assert base in facts["Base"]
