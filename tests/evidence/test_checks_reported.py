import pytest

from careersurvey.errors import CohortError
from careersurvey.evidence.checks.printed import check_statements
from careersurvey.evidence.cohort import load_cohort

SCHOOLS = {"indicator": "schools", "reported": "60"}
GOOD = {"indicator": "good", "category": "yes", "base_id": "schools", "base_n": "60"}
HALF = GOOD | {"reported": "half", "form": "fraction"}
SAME = {"id": "L1", "relation": "same", "parts": "good=yes", "whole": "advisers=all"}

AVERAGE = {"indicator": "minutes", "category": "", "base_id": "", "base_n": "60"}


@pytest.fixture
def failed(write_cohort):
    def rules(*statements, relations=(), source=None):
        cohort = load_cohort(write_cohort(*statements, relations=relations))
        return {c.rule: c for c in check_statements(cohort, source) if not c.passed}

    return rules


def test_a_sound_record_passes(failed):
    sound = SAME | {"strength": "necessary"}
    assert failed(SCHOOLS, HALF, relations=[sound]) == {}


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"id": "R001"}, "ids_unique"),
        ({"where": "p65"}, "places_exist"),
        ({"where": "kf1"}, "places_exist"),
        ({"where": "box-1"}, "places_exist"),
        ({"indicator": "goood"}, "indicators_known"),
        ({"category": "perhaps"}, "categories_known"),
        ({"unit": "scholl"}, "units_known"),
        ({"domain": "kind", "group": "middling"}, "groups_known"),
        ({"domain": "colour", "group": "red"}, "groups_known"),
        ({"form": "guess"}, "forms_known"),
        ({"form": "money", "reported": "£12"}, "forms_known"),
        ({"form": "rank", "reported": "12"}, "forms_known"),
        ({"form": "date", "reported": "March 2012"}, "forms_known"),
        # An average was read as 0.5 to 0.95, and as 41 people.
        (AVERAGE | {"form": "words", "reported": "most"}, "forms_known"),
        (AVERAGE | {"form": "count_percent", "reported": "41 (3%)"}, "forms_known"),
        ({"reported": ""}, "figures_printed"),
        ({"reported": "one two three four five six seven eight nine"}, "figures_printed"),
        ({"base_n": "-3"}, "bases_are_numbers"),
        ({"base_n": "sixty"}, "bases_are_numbers"),
        ({"base_n": "6,0"}, "bases_are_numbers"),
        ({"base_from": "somewhere"}, "bases_have_a_source"),
        ({"base_id": "nothing"}, "bases_known"),
        ({"base_id": "good=yes"}, "bases_known"),
        ({"reported": "umpteen"}, "wordings_are_read"),
        ({"reported": "61", "form": "count"}, "wordings_are_read"),
    ],
)
def test_a_broken_row_breaks_the_rule_and_no_other(failed, broken, rule):
    found = failed(SCHOOLS, HALF | broken)
    assert list(found) == [rule]
    assert found[rule].rows[-1] == 3
    assert found[rule].do


def test_every_wording_that_does_not_read_is_listed(failed):
    found = failed(SCHOOLS, HALF | {"reported": "umpteen"}, HALF | {"reported": "oodles"})
    assert found["wordings_are_read"].rows == (3, 4)
    assert "2 of 3" in found["wordings_are_read"].message


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ({"relation": "equals"}, "relations_known"),
        ({"strength": "likely"}, "relations_known"),
        ({"id": ""}, "relations_known"),
        ({"parts": "good=perhaps"}, "relations_tie_quantities"),
        ({"parts": "", "whole": ""}, "relations_tie_quantities"),
        # More parents than schools are no contradiction.
        ({"relation": "within", "parts": "helped=yes"}, "relations_tie_quantities"),
        ({"relation": "disjoint", "parts": "helped=yes + good=yes"}, "relations_tie_quantities"),
        ({"strength": "assumed"}, "assumptions_argued"),
    ],
)
def test_a_broken_relation_breaks_the_rule(failed, broken, rule):
    relation = SAME | {"strength": "necessary"} | broken
    assert list(failed(SCHOOLS, HALF, relations=[relation])) == [rule]


ASKS = "id,where,addressee,text_phrase,indicators\n"
TOLD = "id,kind,where,described,statements\n"
CLASH = "check,clash,why,reconciled\n"


@pytest.mark.parametrize(
    ("name", "rows", "rule"),
    [
        ("recommendations", f"{ASKS}A1,p1,schools,do more,good=no\n", None),
        ("recommendations", f"{ASKS}A1,p1,all,do,good=no\nA1,p1,all,go,good=no\n", "id"),
        ("recommendations", f"{ASKS}A1,p1,,do more,good=no\n", "addressee"),
        ("described", f"{TOLD}D1,case study,p1,A school,R001; R002\n", None),
        ("described", f"{TOLD}D1,case study,p1,A school,\n", None),
        ("described", f'{TOLD}D1,case study,p1,A school,"R001,R002"\n', "statements"),
        ("described", f"{TOLD}D1,Case study,p1,A school,\n", "kind"),
        ("described", f"{TOLD}D1,case study,p99,A school,\n", "where"),
        ("conflicts", f"{CLASH}figure R002,a,b,c\nquantity good=yes,a,b,c\n", None),
        ("conflicts", f"{CLASH}figure R002,a,b,c\nfigure R002,a,b,c\n", "check"),
        ("conflicts", f"{CLASH}relation L9,a,b,c\n", "check"),
    ],
)
def test_a_slip_in_what_a_page_alone_shows_is_found(write_cohort, name, rows, rule):
    """Two rows of one conflict ended a report; the words of one that has gone were lost."""
    folder = write_cohort(SCHOOLS, HALF)
    (folder / f"{name}.csv").write_text(rows)
    found = [c for c in check_statements(load_cohort(folder)) if not c.passed]
    assert [(one.rule, f" of {rule} " in one.message) for one in found] == [(name, True)] * bool(
        rule
    )


def test_a_statement_is_set_aside_for_a_reason(write_cohort):
    folder = write_cohort(SCHOOLS, HALF)
    with (folder / "cohort.toml").open("a") as toml:
        toml.write('[record.set_aside]\nR002 = ""\n')
    with pytest.raises(CohortError) as refused:
        load_cohort(folder)
    assert refused.value.expected == "some text"


def test_people_may_be_at_least_as_many_as_their_schools(failed):
    relation = {"id": "L1", "relation": "at_least", "parts": "helped=yes", "whole": "good=yes"}
    assert failed(SCHOOLS, HALF, relations=[relation | {"strength": "necessary"}]) == {}


def test_a_statement_that_is_set_aside_is_there(write_cohort):
    folder = write_cohort(SCHOOLS, HALF)
    with (folder / "cohort.toml").open("a") as toml:
        toml.write('[record.set_aside]\nR002 = "doubted"\nR009 = "a slip"\n')
    (found,) = (c for c in check_statements(load_cohort(folder)) if not c.passed)
    assert (found.rule, found.found) == ("set_aside", "R009")


TEXT = "## Background\n\n1. Half of the 60 schools, by:\n- first talks\n- then visits\n"


def test_figures_are_held_against_the_text(failed, tmp_path):
    source = tmp_path / "report.md"
    source.write_text(TEXT)
    assert failed(SCHOOLS, HALF | {"reported": "Half"}, source=source) == {}
    found = failed(SCHOOLS, HALF | {"reported": "a third"}, source=source)
    assert found["figures_in_text"].rows == (3,)


@pytest.mark.parametrize("head", ["% who agree", "Agree (%)", "Per cent who agree"])
def test_a_percentage_whose_sign_heads_its_column_stands_there_and_no_count_does(
    failed, tmp_path, head
):
    """60 under "%" is printed as 60%; 60 schools, and the 45 beside it, are not."""
    source = tmp_path / "report.md"
    table = f"| Group | {head} | Schools |\n|---|---|---|\n| Large | 60 | 45 |\n"
    source.write_text(f"## Background\n\n1. Half of the 70 schools said so.\n\n{table}")
    for reported, stands in (("60%", True), ("45%", False), ("70%", False), ("6%", False)):
        found = failed(SCHOOLS, HALF | {"reported": reported, "form": "percent"}, source=source)
        assert ("figures_in_text" not in found) == stands, reported


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("45, 41 and 38 per cent did.", True),
        ("45 and 38 schools did.", False),
        ("43 or 45%12 did.", True),
        ("| | Schools |\n|---|---|\n| Yes | 45 |", True),
        ("We saw 45 schools.", False),
    ],
)
def test_a_percentage_may_have_its_sign_behind_a_later_one_or_in_a_caption(
    failed, tmp_path, text, stands
):
    source = tmp_path / "report.md"
    source.write_text(f"## Background\n\n1. Of 60.\n\n{text}\n")
    found = failed(SCHOOLS, HALF | {"reported": "45%", "form": "percent"}, source=source)
    assert ("figures_in_text" not in found) == stands


@pytest.mark.parametrize(("position", "stands"), [("1", False), ("2", True), ("3", False)])
def test_a_rank_is_held_against_the_order_of_the_list(failed, tmp_path, position, stands):
    source = tmp_path / "report.md"
    source.write_text(TEXT)
    rank = {"indicator": "valued", "category": "visit", "unit": "student", "form": "rank"}
    found = failed(SCHOOLS, rank | {"reported": position, "note": '"then visits"'}, source=source)
    assert ("figures_in_text" not in found) == stands
