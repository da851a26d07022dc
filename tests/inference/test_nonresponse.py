"""How far those who did not answer could move an estimate."""

import pytest

from careersurvey.errors import QuestionError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.nonresponse import nonresponse

TOML = """\
[cohort]
id = "small"
title = "A small survey"
evidence = "respondents"
{invited}
[tables.parents]
file = "parents.csv"
[tables.parents.design]
weight = "w"
[tables.parents.asked]
saw = "helped=yes"
went = "answered"
helped = "everyone"
"""
INDICATORS = """\
indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,among,favourable
helped,Helped,views,parent,parents,helped,share,,yes;no,,,,yes
hours,Hours,views,parent,parents,hours,mean,,,,,,
much,Much,views,parent,parents,much,share,,yes;no,,,helped=yes,yes
saw,Saw,views,parent,parents,saw,share,,yes;no,,,,yes
went,Went,views,parent,parents,went,share,,yes;no,,,,yes
"""
CODEBOOK = """\
variable,table,question,type,values,missing,unit
helped,parents,,category,yes;no,,
hours,parents,,number,0..10,,
much,parents,,category,yes;no,,
saw,parents,,category,yes;no,,
went,parents,,category,yes;no,,
"""
ANSWERS = """\
helped,hours,w,much,saw,went
yes,1,1,yes,yes,yes
yes,2,1,,no,
no,3,1,,,no
,,2,,,
no,5,3,,,
"""


@pytest.fixture
def bounds(tmp_path):
    def run(invited=""):
        (tmp_path / "cohort.toml").write_text(TOML.format(invited=invited))
        (tmp_path / "indicators.csv").write_text(INDICATORS)
        (tmp_path / "codebook.csv").write_text(CODEBOOK)
        (tmp_path / "parents.csv").write_text(ANSWERS)
        return nonresponse(load_cohort(tmp_path)).set_index("indicator")

    return run


def test_a_blank_could_be_either_answer(bounds):
    """Witness: by hand: yes weighs 2 and no 4 of 8, a blank weighs 2."""
    row = bounds().loc["helped"].iloc[0]
    assert row[["estimate", "answered", "least", "greatest"]].tolist() == pytest.approx(
        [2 / 6, 6 / 8, 2 / 8, 4 / 8]
    )
    assert row[["took_part"]].isna().all()


def test_those_who_were_invited_and_did_not_come_could_be_either_too(bounds):
    """Witness: by hand: 5 of 10 came, so that 6/8 of 5/10 is known."""
    row = bounds("invited = { parents = 10 }").loc["helped"].iloc[0]
    known = 6 / 8 * 5 / 10
    assert row["took_part"] == 0.5
    assert (row["least"], row["greatest"]) == pytest.approx((known / 3, known / 3 + 1 - known))


@pytest.mark.parametrize("name", ["much", "saw", "went"])  # by its filter, and whom it was put to
def test_how_many_of_those_missing_a_question_for_some_is_about_is_not_known(bounds, name):
    """Witness: by reason: of the five who did not come nobody knows whom the school had helped."""
    row = bounds("invited = { parents = 10 }").loc[name].iloc[0]
    assert row[["took_part"]].isna().all()


def test_the_categories_of_one_question_leave_the_same_room(bounds):
    """Witness: by reason: what is unknown of yes is unknown of no."""
    table = bounds("invited = { parents = 7 }").loc["helped"].set_index("category")
    room = table["greatest"] - table["least"]
    assert room["yes"] == pytest.approx(room["no"])
    assert table["least"].sum() + room["yes"] == pytest.approx(1)


def test_numbers_have_no_such_ends_and_print_has_none(bounds):
    assert set(bounds().index) == {"helped", "much", "saw", "went"}
    with pytest.raises(QuestionError, match="print does not say who did not answer"):
        nonresponse(load_cohort("data/ofsted-2013"))
