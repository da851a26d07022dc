"""The codebook and the indicators: what is amiss in them is named by its rule."""

import shutil
from dataclasses import replace

import pytest

from careersurvey.evidence.checks.codebook import check_codebook, crosswalk, indicators, who
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.tables import (
    COLUMNS,
    Condition,
    Variable,
    read_indicators,
    split_list,
)

FINE = Variable("fine", "parents", "", "category", ("a", "b"))


@pytest.fixture(scope="module")
def example():
    return load_cohort("example-2026")


def failed(cohort):
    return {check.rule: check for check in check_codebook(cohort) if not check.passed}


@pytest.mark.parametrize(
    ("rule", "kind", "values", "missing"),
    [
        ("codebook_types", "categry", "a;b", ""),
        ("codebook_values", "category", "", ""),
        ("codebook_values", "category", "a;b;a", ""),
        ("codebook_values", "category", "a;b", "no_answer"),
        ("codebook_values", "category", "a;refused", "refused"),
        ("codebook_values", "category", "none;some;all", ""),
        ("codebook_values", "category", "none;some", "all"),
        ("codebook_ranges", "number", "0-600", ""),
        ("codebook_ranges", "number", "9..0", ""),
        ("codebook_ranges", "number", "..", ""),
        ("codebook_ranges", "number", "0;600", ""),
    ],
)
def test_a_broken_row_is_named_by_its_rule(example, rule, kind, values, missing):
    broken = Variable("x", "parents", "", kind, split_list(values), split_list(missing))
    found = failed(replace(example, codebook=(*example.codebook, FINE, broken)))
    assert set(found) == {rule}
    assert found[rule].rows == ("x",)


def test_a_variable_that_would_be_everyone_is_refused(example):
    """Its groups would stand under the domain of everyone, and its own estimate nowhere."""
    for name in ("all", ""):
        named = replace(example, codebook=(*example.codebook, FINE._replace(name=name)))
        assert failed(named)["codebook_names"].rows == (name,)


def test_a_variable_stands_once_a_table(example):
    twice = replace(example, codebook=(*example.codebook, FINE, FINE))
    assert failed(twice)["codebook_names"].rows == ("fine",)
    apart = FINE._replace(table="schools")
    assert not failed(replace(example, codebook=(*example.codebook, FINE, apart)))


@pytest.mark.parametrize("values", ["0..100", "..9", "0..", "-3..-1"])
def test_a_range_has_an_end(example, values):
    number = Variable("x", "parents", "", "number", (values,))
    assert not failed(replace(example, codebook=(*example.codebook, number)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"measure": "average"}, "its measure 'average' is none of"),
        ({"measure": "count"}, "a count is of print"),
        ({"variables": ()}, "it names no variable"),
        ({"base": "some"}, "its base 'some' is none of"),
        ({"measure": "mean", "base": "asked"}, "the base of a mean are those who answered"),
        ({"measure": "median"}, "a median is of the type number, which helpline_heard is not"),
        ({"variables": ("nobody",)}, "the codebook has no nobody in parents"),
        ({"denominator": "nobody"}, "the codebook has no nobody in parents"),
        ({"categories": ("yes", "no", "perhaps")}, "differ in perhaps"),
        ({"measure": "multiple", "variables": ("send", "region")}, "3 categories for 2 variables"),
        (
            {"measure": "quantile", "variables": ("age",), "categories": ("0.5", "2")},
            "probabilities",
        ),
        ({"measure": "quantile", "variables": ("age",), "categories": ()}, "probabilities"),
        ({"measure": "ratio", "variables": ("age",)}, "a ratio has a denominator"),
        (
            {"measure": "mean", "variables": ("age",), "denominator": "age", "categories": ()},
            "a mean has no denominator",
        ),
        ({"denominator": "region"}, "a share has no denominator"),
        ({"categories": ("yes", "yes", "no")}, "the category yes stands twice"),
        ({"measure": "multiple", "variables": ("send", "send")}, "the variable send stands twice"),
        ({"variables": ("age",)}, "a share is of the type category, which age is not"),
        ({"variables": ("remark",)}, "a share is of the type category, which remark is not"),
        ({"variables": ("send", "region")}, "send has boxes or several answers"),
        ({"measure": "multiple"}, "categories for 1 variable without a separator"),
        ({"measure": "multiple", "categories": ()}, "0 categories for 1 variable without"),
        (
            {"measure": "multiple", "variables": ("useful_activities",)},
            "what it counts and the values of useful_activities differ in",
        ),
        (
            {"measure": "multiple", "variables": ("state", "send"), "categories": ("a", "b")},
            "what it counts and the values of state differ in no, yes",
        ),
        ({"among": Condition.parse("region=yes;north")}, "among region=north, which"),
        ({"among": Condition.parse("age=17;18.0")}, "among age=17;18.0, and age is a number"),
        ({"variables": ("useful_activities",)}, "several answers in a cell, as multiple alone"),
        ({"among": Condition.parse("useful_activities=visits")}, "useful_activities has several"),
        ({"favourable": "perhaps"}, "perhaps, which is to be favourable"),
    ],
)
def test_an_indicator_that_cannot_be_measured_says_why(example, change, words):
    three = {"categories": ("a", "b", "c")} if "2 variables" in words else {}
    odd = example.indicators["helpline_heard"]._replace(**three | change)
    box = Variable("region", "parents", "", "category", ("yes", "no"))
    age = Variable("age", "parents", "", "number")
    remark = Variable("remark", "parents", "", "text")
    state = Variable("state", "parents", "", "category", ("on", "off"))
    cohort = replace(
        example,
        indicators=example.indicators | {odd.id: odd},
        codebook=(*example.codebook, box, age, remark, state),
    )
    (found,) = indicators.check("indicators", cohort)
    assert found.rows == ("helpline_heard",)
    assert words in found.found


@pytest.mark.parametrize(
    "cells",
    [
        {"by": ("regoin",)},
        {"by": ("sixth_form*parent_id",)},  # an identifier has no groups
        {"selection": {"pupil": "census"}},
    ],
)
def test_what_the_survey_is_said_to_be_of_is_there(example, cells):
    about = example.settings.cohort.model_copy(update=cells)
    settings = example.settings.model_copy(update={"cohort": about})
    (found,) = (one for one in [who.check("cohort", replace(example, settings=settings))] if one)
    assert any(name in found[0].found for name in ("regoin", "parent_id", "pupil"))
    assert not who.check("cohort", example)


@pytest.mark.parametrize(
    ("table", "among", "said"),
    [
        ("parents", "", None),
        ("parents", "send=yes", None),
        ("parents", "sixth_form=yes", None),
        ("parent", "", "cohort.toml has no table parent"),
        ("", "", "cohort.toml has no table for it"),
        ("parents", "sned=yes", "the codebook has no sned"),
    ],
)
def test_a_finding_of_a_table_or_of_people_that_are_not_there_is_named(
    example, tmp_path, table, among, said
):
    """Its rows were left out of every table and of the report, and no rule said so."""
    row = f"mine,Mine,views,parent,{table},helpline_heard,share,,yes;no,,,{among},\n"
    shutil.copy(example.folder / "cohort.toml", tmp_path)
    (tmp_path / "indicators.csv").write_text(",".join(COLUMNS["indicators.csv"]) + "\n" + row)
    known = example.indicators | read_indicators(tmp_path / "indicators.csv")
    found = failed(replace(example, folder=tmp_path, indicators=known))
    assert said is None if not found else said in found["indicators"].found


def test_a_phrase_of_no_category_is_found(example):
    odd = replace(example, phrases={("helpline_heard", "perhaps"): "had heard of it, perhaps"})
    assert failed(odd)["phrases"].rows == ("helpline_heard=perhaps",)


def test_a_phrase_of_an_indicator_that_is_not_known_is_found(example):
    odd = replace(example, phrases={("helpline_herd", "yes"): "had heard of it"})
    assert failed(odd)["phrases"].rows == ("helpline_herd=yes",)
    assert failed(odd)["phrases"].expected == "did you mean 'helpline_heard'?"


def test_a_title_of_a_section_without_indicators_is_found(example):
    titles = {"practise": "What is done", "scope": "Who took part"}
    settings = example.settings.model_copy(update={"sections": titles})
    found = failed(replace(example, settings=settings))["sections"]
    assert (found.found, found.expected) == ("practise", "did you mean 'practice'?")


@pytest.mark.parametrize(
    ("row", "found", "expected"),
    [
        ("example-2026,send,,ofsted-2013,sent,,same,x", "", ""),
        ("example-2026,sendd,,ofsted-2013,send,,same,x", "sendd", "did you mean 'send'?"),
        ("example-2026,send,yess,ofsted-2013,send,,same,x", "send=yess", "did you mean 'yes'?"),
        (
            "example-2026,send,,offsted-2013,send,,same,x",
            "offsted-2013",
            "did you mean 'ofsted-2013'?",
        ),
        ("example-2026,send,,example-2026,send,,same,x", "example-2026", "'cec-compass-2014'"),
        ("example-2026,send,,ofsted-2013,send,,,x", "'': 'x'", "closeness same, close, related"),
    ],
)
def test_a_crosswalk_of_what_is_not_there_is_found_before_it_is_compared_by(
    example, tmp_path, row, found, expected
):
    (tmp_path / "crosswalk.csv").write_text(",".join(COLUMNS["crosswalk.csv"]) + f"\n{row}\n")
    checks = crosswalk.check("crosswalk", replace(example, folder=tmp_path))
    assert [one.found for one in checks] == ([found] if found else [])
    assert all(one.expected.startswith(expected) for one in checks)


def test_the_shared_codebook_is_well_formed(example):
    assert failed(example) == {}
