import re

import pytest
from made import counted, made

from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.estimates import estimate
from careersurvey.presentation import labels
from careersurvey.presentation.briefing import FINDINGS, briefing, sentence


@pytest.fixture(scope="module")
def survey():
    return load_cohort("data/ofsted-2013")


@pytest.fixture(scope="module")
def found(survey):
    return labels.label(estimate(survey), survey)


def test_a_sentence_has_number_reading_interval_and_place():
    row = made(counted("Award", 15, 18, 60, wording="about a quarter", place="p61")).iloc[0]
    assert sentence(row) == (
        "Award: “about a quarter”, read as 15 to 18 of 60, 95% interval 15% to 40% (paragraph 61)."
    )


def test_an_answer_has_no_wording_and_no_place():
    answered = {"wording": "", "place": "", "evidence": "respondents"}
    row = made(counted("Award", 15, 15, 60, **answered)).iloc[0]
    assert sentence(row) == "Award: 25% of 60, 95% interval 15% to 35%."


def test_the_page_has_eight_findings_and_three_figures_with_their_words(survey, found):
    page = briefing(survey, found)
    assert page.count("<li>") == len(FINDINGS) == 8
    alts = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert len(alts) == 3
    assert all(len(alt.split()) > 10 for alt in alts)


def test_the_page_refers_to_nothing_outside_itself(survey, found):
    page = briefing(survey, found)
    loaded = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert loaded
    assert all(address.startswith("data:") for address in loaded)


def test_the_page_is_the_same_twice(survey, found):
    assert briefing(survey, found) == briefing(survey, found)


def test_a_cohort_without_these_findings_says_so(survey, found):
    page = briefing(survey, found.iloc[:0])
    assert "This cohort has none of the findings of the briefing." in page
    assert "<img" not in page
