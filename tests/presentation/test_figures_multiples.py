"""What a reader sees of findings by group, on estimates and tests written by hand."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from made import INVENTED, PRINTED, made

from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.columns import DIFFERENCES, TESTS
from careersurvey.inference.estimates import Groups, groups
from careersurvey.presentation import exhibits, labels, style
from careersurvey.presentation.exhibits_groups import (
    findings_by,
    list_differences,
    list_tests,
    show_breakdowns,
)
from careersurvey.presentation.figures_multiples import (
    describe_multiples,
    p_words,
    plot_multiples,
)

GROUPS = ("sponsored", "converter", "maintained")
TEST = {"groups": 3, "left_out": "", "statistic": 3.43, "p_value": 0.036, "reason": ""}


def answered(label, group, share, **cells):
    """Cells of a finding of one group of schools; the interval is a tenth either way."""
    domain = "all" if group == "all" else cells.pop("domain", "school_type")
    usual = {
        "indicator": label.lower().replace(" ", "_"),
        "category": "yes",
        "evidence": "respondents",
        "measure": "share",
        "label": label,
        "question": label,
        "domain": domain,
        "group": group,
        "base_n": 40,
        "estimate": share,
        "estimate_low": share,
        "estimate_high": share,
        "conf_low": share - 0.1,
        "conf_high": share + 0.1,
        "p_adjusted": 1.0,
    }
    return {**usual, **TEST, **cells}


def too_few(label, group):
    names = ["estimate", "estimate_low", "estimate_high", "conf_low", "conf_high"]
    return answered(label, group, 0.5) | dict.fromkeys(names) | {"shown": False, "base_n": 4}


def finding(label, shares, **cells):
    names = ("all", *GROUPS[: len(shares) - 1])
    rows = [answered(label, *pair, **cells) for pair in zip(names, shares, strict=True)]
    return rows


def table(*rows):
    frame = made(*rows)
    numbers = ["groups", "statistic", "p_value", "p_adjusted"]
    frame[numbers] = frame[numbers].apply(pd.to_numeric)
    return frame


WELL = finding("Working well", (0.34, 0.17, 0.48, 0.25))
PLAN = finding("Had a plan", (0.5, 0.4, 0.6, 0.5), statistic=0.2, p_value=0.8)


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def texts(ax, gid):
    return [" ".join(one.get_text().split()) for one in ax.texts if one.get_gid() == gid]


def dots(ax):
    return [list(line.get_xdata()) for line in ax.lines if line.get_gid() == "dot"]


def ends(ax, gid):
    found = [one for one in ax.collections if one.get_gid() == gid]
    return [[[float(x) for x in part[:, 0]] for part in one.get_segments()] for one in found]


def test_each_finding_has_a_panel_and_each_group_a_dot_and_its_number():
    ax = plot_multiples(table(*WELL, *PLAN), INVENTED)
    assert texts(ax, "finding") == ["Working well", "Had a plan"]
    assert dots(ax) == [[0.17, 0.48, 0.25], [0.4, 0.6, 0.5]]
    assert texts(ax, "value") == ["17%", "48%", "25%", "40%", "60%", "50%"]
    assert texts(ax, "group") == ["Sponsored", "Converter", "Maintained"]


def test_intervals_reach_from_limit_to_limit_and_everyone_is_a_line():
    ax = plot_multiples(table(*WELL), INVENTED)
    assert ends(ax, "interval")[0][0] == pytest.approx([0.07, 0.27])
    assert ends(ax, "everyone") == [[[0.34, 0.34]]]


def test_marks_stand_on_their_groups_line_inside_the_page():
    ax = plot_multiples(table(*WELL, *PLAN), INVENTED)
    ax.figure.draw_without_rendering()
    heights = {t.get_text(): t.get_window_extent().y0 for t in ax.texts if t.get_gid() == "group"}
    for line in (line for line in ax.lines if line.get_gid() == "dot"):
        places = line.get_transform().transform(line.get_xydata())
        assert (places[:, 0] > 0).all()
        assert (places[:, 0] < ax.figure.bbox.width).all()
        for (_, y), start in zip(places, heights.values(), strict=True):
            assert abs(y - start) < 12


def test_a_group_under_the_minimum_base_keeps_its_line_without_a_mark():
    rows = [*WELL[:2], too_few("Working well", "converter"), WELL[3]]
    ax = plot_multiples(table(*rows), INVENTED)
    assert texts(ax, "group") == ["Sponsored", "Converter", "Maintained"]
    assert dots(ax) == [[0.17, 0.25]]
    assert texts(ax, "value") == ["17%", "too few", "25%"]
    assert len(ends(ax, "track")[0]) == 3
    assert "Too few: a group under the minimum base" in style.drawn_words(ax, "notes")


def test_the_test_is_said_in_words_under_its_finding():
    differ = finding("Had a plan", (0.5, 0.1, 0.9), statistic=21.29, p_adjusted=3e-9)
    ax = plot_multiples(table(*WELL, *differ), INVENTED)
    assert texts(ax, "test") == [
        "No clear difference: F 3.43, adjusted p 1",
        "Groups differ: F 21.29, adjusted p below 0.001",
    ]


def test_a_finding_without_a_test_says_why():
    reason = "fewer than two groups with a base of 10"
    rows = finding("Had a plan", (0.5, 0.4), statistic=None, p_adjusted=None, reason=reason)
    ax = plot_multiples(table(*rows), INVENTED)
    assert texts(ax, "test") == [f"Not tested: {reason}"]
    assert style.drawn_words(ax, "title") == "What was found by school type"


class TestTheTitle:
    def test_counts_the_findings_that_differ(self):
        differ = [
            finding(name, (0.5, 0.1, 0.9), statistic=20 + place, p_adjusted=0.01)
            for place, name in enumerate(("Had a plan", "Had a strategy"))
        ]
        ax = plot_multiples(table(*WELL, *differ[0], *differ[1]), INVENTED)
        assert style.drawn_words(ax, "title") == "2 of 3 findings differ by school type"

    def test_says_the_only_one_that_does(self):
        differ = finding("Had a plan", (0.5, 0.1, 0.9), statistic=21.29, p_adjusted=0.01)
        ax = plot_multiples(table(*WELL, *differ), INVENTED)
        title = style.drawn_words(ax, "title")
        assert title == "1 of 2 findings differs by school type: had a plan"

    def test_says_that_none_does(self):
        ax = plot_multiples(table(*WELL, *PLAN), INVENTED)
        title = style.drawn_words(ax, "title")
        assert title == "None of 2 findings differs clearly by school type"

    def test_counts_answers_to_one_question_once(self):
        """Destinations of four kinds are one table and one test."""
        parts = [
            row | {"indicator": "destination", "category": name}
            for name in ("college", "work")
            for row in finding("Destination", (0.5, 0.1, 0.9), p_adjusted=0.01)
        ]
        title = style.drawn_words(plot_multiples(table(*WELL, *parts), INVENTED), "title")
        assert title.startswith("1 of 2 findings differs")

    def test_has_at_most_fifteen_words(self):
        long = "Uses external professional advisers for the individual guidance of some students"
        rows = finding(long, (0.5, 0.1, 0.9), statistic=9.0, p_adjusted=0.01)
        ax = plot_multiples(table(*WELL, *rows), INVENTED)
        assert style.drawn_words(ax, "title") == "1 of 2 findings differs by school type"


def test_groups_of_a_yes_or_no_question_are_called_by_the_question():
    rows = [
        answered("Had a plan", "all", 0.5),
        *(answered("Had a plan", name, 0.5, domain="sixth_form") for name in ("yes", "no")),
    ]
    ax = plot_multiples(table(*rows), INVENTED)
    assert texts(ax, "group") == ["Sixth form", "No sixth form"]


def test_invented_answers_are_called_synthetic():
    assert "Synthetic data" in style.drawn_words(plot_multiples(table(*WELL), INVENTED), "notes")


def test_printed_groups_are_bars_of_what_the_wording_allows_and_not_tested():
    vague = {"evidence": "reported", "estimate": None, "estimate_high": 0.45, "p_adjusted": None}
    rows = [answered("Had a plan", "sponsored", 0.35, **vague)]
    ax = plot_multiples(table(*rows), PRINTED)
    assert ends(ax, "wording")[0][0] == pytest.approx([0.35, 0.45])
    assert texts(ax, "test") == ["Printed figures: not tested"]
    assert dots(ax) == [[]]


def test_words_for_those_who_hear_it_give_every_number():
    said = describe_multiples(table(*WELL[:3], too_few("Working well", "maintained")))
    assert said == (
        "Working well: Everyone 34%, Sponsored 17%, Converter 48%, Maintained too few. "
        "No clear difference: F 3.43, adjusted p 1."
    )


@pytest.mark.parametrize(
    ("p", "words"),
    [(3e-9, "below 0.001"), (0.0014, "0.0014"), (0.478, "0.48"), (0.9961, "1"), (1.0, "1")],
)
def test_p_is_written_to_two_figures(p, words):
    assert p_words(p) == words


def test_each_option_of_a_select_all_has_its_own_test():
    rows = [
        row | {"indicator": "useful", "category": name, "measure": "multiple"}
        for name in ("visits", "websites")
        for row in finding("Useful", (0.5, 0.1, 0.9))
    ]
    tests = pd.DataFrame(
        [
            {"indicator": "useful", "category": name, "domain": "school_type", "statistic": value}
            for name, value in (("visits", 2.0), ("websites", 3.0))
        ],
        columns=list(TESTS),
    )
    plain = table(*rows).drop(columns=["statistic", "p_value", "p_adjusted", "groups", "left_out"])
    found = findings_by(plain.drop(columns="reason"), tests, "school_type", ["useful"])
    assert len(found) == 6
    assert found.groupby("category")["statistic"].unique().to_dict() == {
        "visits": [2.0],
        "websites": [3.0],
    }


def test_the_table_of_tests_says_what_was_left_out_and_what_could_not_be_tested():
    known = {
        **TEST,
        "indicator": "working_well",
        "category": "",
        "domain": "region",
        "base_n": 60,
        "n_clusters": 60,
        "left_out": "London; South West",
        "numerator_df": 3.93,
        "denominator_df": 215.9,
        "p_adjusted": 0.21,
    }
    parents = {"indicator": "helpline_heard", "category": "", "domain": "sixth_form"}
    blank = {"base_n": 1200, "n_clusters": 40, "left_out": "no", "reason": "one group"}
    tests = pd.DataFrame([parents | blank, known], columns=list(TESTS))
    listed = list_tests(tests, load_cohort("data/example-2026")).to_dict("records")
    assert listed[0] == {
        "finding": "New arrangements for careers guidance working well",
        "by": "region",
        "F": "3.43",
        "degrees of freedom": "3.9 and 216",
        "p": "0.036",
        "adjusted p": "0.21",
        "of": "60",
        "groups left out": "London; South West",
    }
    assert listed[1]["adjusted p"] == "not tested: one group"
    assert listed[1]["of"] == "1,200 in 40 clusters"
    assert (listed[1]["F"], listed[1]["p"]) == ("", "")


def test_differences_of_two_groups_are_said_in_points_of_the_findings_drawn():
    rows = table(
        answered("Had a plan", "all", 0.5),
        *(answered("Had a plan", name, 0.5, domain="sixth_form") for name in ("yes", "no")),
    )
    known = {
        "indicator": "had_a_plan",
        "category": "yes",
        "domain": "sixth_form",
        "base_n": 1040,
        "base_against": 41,
        "estimate": -0.054,
        "conf_low": -0.2,
        "conf_high": 0.092,
        "p_value": 0.46,
        "shown": True,
    }
    other = known | {"category": "no", "estimate": 0.054}
    hidden = known | {"indicator": "had_a_strategy", "shown": False}
    apart = pd.DataFrame([known, other, hidden], columns=list(DIFFERENCES))
    assert list_differences(apart, rows, "sixth_form").to_dict("records") == [
        {
            "finding": "Had a plan",
            "difference": "−5",
            "interval": "−20 to +9",
            "p, not adjusted": "0.46",
            "of": "1,040 and 41",
        }
    ]
    assert list_differences(apart, rows, "region").empty


def test_a_report_without_such_figures_says_so_in_one_sentence(tmp_path):
    printed = load_cohort("data/ofsted-2013")
    page = exhibits.Page(labels.credit(printed), tmp_path)
    found = groups(printed, indicators=["working_well"])
    assert isinstance(found, Groups)
    shown = show_breakdowns(page, "02-by", printed, found, ["working_well"]).data
    sentence = "The report prints no breakdown of these findings by school type, sixth form or "
    assert shown == f"<p>{sentence}region.</p>"
    assert list(tmp_path.iterdir()) == []
