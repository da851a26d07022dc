"""What a reader sees of two cohorts beside each other, and of several in a row."""

import pandas as pd
import pytest
from made import INVENTED, PRINTED

from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.compare.compare import compare_each
from careersurvey.inference.compare.trend import trend
from careersurvey.presentation import labels_changes
from careersurvey.presentation.figures_changes import plot_changes, plot_trend
from careersurvey.presentation.style import drawn_words

RULE = "A change is called clear when p is at most 0.05."
WAVES = ("2014", "2016-17", "2017-18", "2018-19", "2022-23", "2023-24", "2024-25")


def change(label, then, now, verdict, **more):
    sides = {
        f"{name}_{side}": value
        for side, (low, at, high) in (("baseline", then), ("cohort", now))
        for name, value in {
            "estimate": at,
            "reading_low": at,
            "reading_high": at,
            "side_low": low,
            "side_high": high,
            "base": "60",
        }.items()
    }
    difference = now[1] - then[1]
    row = {"indicator": label.lower(), "category": "yes", "label": label, "cohort": "now"}
    row |= {"difference": difference, "conf_low": difference - 0.1, "conf_high": difference + 0.1}
    row |= {"p_adjusted": 0.01, "verdict": verdict, "reason": "p 0.01", "measure": "share"}
    return row | {"level": 0.95} | sides | more


@pytest.fixture
def changes():
    vague = {"reading_low_baseline": 0.2, "reading_high_baseline": 0.3}
    return pd.DataFrame(
        [
            change("Trained", (0.1, 0.2, 0.3), (0.3, 0.4, 0.5), "increased"),
            change("Visited", (0.5, 0.6, 0.7), (0.2, 0.3, 0.4), "decreased"),
            change("Heard", (0.1, 0.25, 0.4), (0.3, 0.4, 0.5), "depends on the wording", **vague),
            change("Spoke", (0.1, 0.2, 0.3), (0.1, 0.2, 0.3), "no clear change"),
            change("Wrote", (0.1, 0.2, 0.3), (0.1, 0.2, 0.3), "not comparable"),
        ]
    )


def _ticks(ax):
    return [" ".join(tick.get_text().split()) for tick in ax.get_yticklabels()]


def _at(ax, name):
    lines = [line for line in ax.lines if (line.get_gid() or "").startswith(name)]
    return [tuple(round(float(x), 6) for x in line.get_xdata()) for line in lines]


def _texts(ax):
    return [" ".join(text.get_text().split()) for text in ax.texts]


def drawn(rows, **more):
    return plot_changes(rows, INVENTED, baseline=PRINTED, rule=RULE, **more)


def test_each_finding_is_drawn_then_and_now_with_its_interval(changes):
    ax = drawn(changes.head(2))
    assert _at(ax, "dot-baseline") == [(0.2,), (0.6,)]
    assert _at(ax, "dot-cohort") == [(0.4,), (0.3,)]
    assert _at(ax, "interval-cohort") == [(0.3, 0.5), (0.2, 0.4)]


def test_the_wording_is_thick_and_the_verdict_stands_in_words(changes):
    ax = drawn(changes.iloc[[0, 2, 3]])
    assert _ticks(ax) == ["Trained – increased", "Heard – depends on the wording", "Spoke"]
    bars = [patch for patch in ax.patches if (patch.get_gid() or "").startswith("wording")]
    assert [(round(bar.get_x(), 6), round(bar.get_width(), 6)) for bar in bars] == [(0.2, 0.1)]


def test_a_share_that_may_not_be_drawn_has_no_dot(changes):
    ax = drawn(changes.head(1).assign(estimate_baseline=float("nan"), difference=float("nan")))
    assert _at(ax, "dot-baseline") == []
    assert "+10 to +30" in _texts(ax)


def test_the_change_stands_beside_in_points(changes):
    assert "+20 (+10 to +30)" in _texts(drawn(changes.head(1)))
    assert "−30 (−40 to −20)" in _texts(drawn(changes.iloc[[1]]))


def test_the_title_counts_the_verdicts_and_the_notes_name_the_rule(changes):
    ax = drawn(changes.head(4))
    title = "1 of 4 findings increased clearly, 1 decreased, 1 depends on a wording"
    assert drawn_words(ax, "title") == title
    assert RULE in drawn_words(ax, "notes")
    assert drawn_words(drawn(changes.iloc[[3]]), "title") == "1 of 1 findings shows no clear change"


def test_the_title_counts_against_all_that_was_compared(changes):
    title = "1 of 44 findings increased clearly, 0 decreased"
    assert drawn_words(drawn(changes.head(1), compared=44), "title") == title


def test_both_sources_are_named_and_invented_data_are_called_so(changes):
    ax = drawn(changes.head(1))
    assert PRINTED.source in drawn_words(ax, "notes")
    assert "Synthetic data" in drawn_words(ax, "notes")
    assert any("synthetic" in text for text in _texts(ax))


def test_rows_are_ordered_by_change_and_the_others_left_out(changes):
    rows = labels_changes.by_change(changes, "increased", "decreased", "depends on the wording")
    assert rows["label"].tolist() == ["Trained", "Heard", "Visited"]


def test_what_may_not_be_compared_is_listed_with_its_reason(changes):
    rows = labels_changes.list_refused(changes)
    assert rows["finding"].tolist() == ["Wrote"]
    assert labels_changes.say_verdicts(changes) == (
        "Of 5 pairs held side by side, 4 may be compared and 1 may not."
    )


def test_a_listed_verdict_gives_then_now_and_the_change(changes):
    row = labels_changes.list_verdicts(changes).iloc[0]
    assert row["then"] == "20% of 60"
    assert row["change"] == "+20 (+10 to +30)"


def test_every_row_is_said_to_those_who_hear_the_picture(changes):
    said = labels_changes.describe_changes(changes.head(2))
    assert said.startswith("Trained: +20 (+10 to +30) percentage points, increased; Visited")


@pytest.fixture(scope="module")
def benchmarks():
    waves = [load_cohort(f"data/cec-compass-{wave}") for wave in WAVES]
    return labels_changes.name_changes(trend(waves), waves[-1])


def test_points_carry_their_values_and_bases_and_the_line_breaks_where_no_wave_is(benchmarks):
    """Witness: the printed means, in two runs with nothing between 2018 and 2022."""
    rows = benchmarks[benchmarks["indicator"] == "benchmarks_met"]
    ax = plot_trend(rows, PRINTED)
    assert _at(ax, "line") == [(2014, 2016, 2017, 2018), (2022, 2023, 2024)]
    assert {"1.34", "5.96", "578", "over 3,000", "4,863", "base not printed"} <= set(_texts(ax))
    assert "no wave between 2018 and 2022" in drawn_words(ax, "notes")
    title = "Gatsby benchmarks fully met, of eight: 1.34 in 2014, 5.96 in 2024"
    assert drawn_words(ax, "title") == title


def test_a_wave_without_a_number_has_no_point(benchmarks):
    rows = benchmarks[benchmarks["indicator"] == "no_benchmark_met"]
    assert _at(plot_trend(rows, PRINTED), "line") == [(2017, 2018)]


def test_a_trend_is_said_in_words(benchmarks):
    said = labels_changes.describe_trend(benchmarks)
    assert said.startswith("Gatsby benchmarks fully met, of eight: 2014 1.34, 2016 1.87")
    assert "2016 0.5%, 2024 25%" in said


def test_what_later_sources_print_is_listed_with_its_source():
    rows = labels_changes.list_published([load_cohort("data/ofsted-2023")])
    assert rows["printed"].tolist() == ["30", "14", "Most"]
    assert rows["source"].str.contains("29 September 2023").all()


def test_a_source_with_nothing_in_common_has_a_row_that_says_so():
    held = compare_each(load_cohort("data/ofsted-2013"), [load_cohort("data/cec-compass-2014")])
    assert held["reason"].tolist() == ["another measure: no indicator in common"]
    assert held["verdict"].tolist() == ["not comparable"]
