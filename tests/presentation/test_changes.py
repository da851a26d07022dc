"""What a reader is told of two cohorts beside each other."""

import pandas as pd
import pytest
from made import INVENTED, PRINTED, lines, read

import careersurvey as cs
from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.compare.compare import compare_each
from careersurvey.presentation import changes
from careersurvey.presentation.figures.panels import plot_changes

RULE = "A change is called clear when p is at most 0.05."
NOT_KNOWN = float("nan")


def change(label, then, now, verdict, side="better", **more):
    at = {"baseline": then, "cohort": now}
    sides = {
        f"{name}_{which}": value
        for which, share in at.items()
        for name, value in {
            "estimate": share,
            "reading_low": share,
            "reading_high": share,
            "base": "60",
        }.items()
    }
    row = {"indicator": label, "category": "yes", "label": label, "cohort": "now", "unit": "school"}
    row |= {"difference": now - then, "conf_low": now - then - 0.1, "conf_high": now - then + 0.1}
    row |= {"p_adjusted": 0.01, "verdict": verdict, "reason": "p 0.01", "measure": "share"}
    row |= {
        "level": 0.95,
        "side": side,
        "favourable": "yes" if side else "",
        "deff_undone": NOT_KNOWN,
    }
    return row | sides | more


@pytest.fixture
def rows():
    vague = {"reading_low_baseline": 0.2, "reading_high_baseline": 0.3}
    return changes.in_words(
        pd.DataFrame(
            [
                change("spoke", 0.2, 0.2, "no clear change"),
                change("wrote", 0.2, 0.2, "not comparable"),
                change("heard", 0.25, 0.4, "depends on the wording", **vague),
                change("trained", 0.2, 0.4, "increased", deff_undone=2.4),
                change("failed", 0.6, 0.3, "decreased", side="worse"),
                change("hoped", 0.6, 0.3, "decreased", side=""),
                change("slipped", 0.5, 0.2, "decreased"),
                change("visited", 0.2, 0.45, "no clear change"),
            ]
        )
    )


def test_better_and_worse_go_by_the_answer_that_is_better(rows):
    """By hand: fewer who failed is better; where no answer is better a change is lower."""
    assert dict(zip(rows["label"], rows["kind"], strict=True)) == {
        "failed": "better",
        "trained": "better",
        "slipped": "worse",
        "hoped": "lower",
        "visited": "pointing to better",
        "heard": "hangs on the wording",
        "spoke": "not clear",
        "wrote": "not comparable",
    }


def test_the_surest_and_largest_come_first(rows):
    assert rows["label"].tolist()[:3] == ["failed", "trained", "slipped"]


def test_each_change_is_drawn_then_and_now_with_its_kind_in_words(rows):
    ax = plot_changes(rows, INVENTED, baseline=PRINTED, rule=RULE)
    assert read(ax, "heading").startswith(
        "Better: 1 Better, in doubt: 1 Worse: 1 Lower: 1 Pointing to better: 1"
    )
    assert len(lines(ax, "then")) == len(lines(ax, "now")) == 6
    assert "60% → 30%" in read(ax)
    assert "−30 (−40 to −20) points" in read(ax)


def test_a_change_that_a_small_design_effect_would_undo_is_marked(rows):
    ax = plot_changes(rows, INVENTED, baseline=PRINTED, rule=RULE)
    assert "trained †" in read(ax)
    assert "† not clear under a design effect of 3 or less." in read(ax, "notes")
    assert "†" not in read(plot_changes(rows[rows["label"] == "failed"], INVENTED,
                                        baseline=PRINTED, rule=RULE))  # fmt: skip


def test_what_is_not_clear_is_named_and_not_drawn(rows):
    ax = plot_changes(rows[rows["kind"] == "not clear"], INVENTED, baseline=PRINTED, rule=RULE)
    assert lines(ax, "now") == []
    assert "spoke." in read(ax, "unclear")


def test_the_title_counts_the_kinds_and_the_notes_name_rule_and_sources(rows):
    ax = plot_changes(rows, INVENTED, baseline=PRINTED, rule=RULE, narrow=True)
    title = "Better on 2, worse on 1, lower on 1 of 8 findings; 1 in doubt"
    assert ax.get_label() == title
    for said in (RULE, PRINTED.source, "synthetic data", PRINTED.caution):
        assert said in read(ax)


def test_what_a_vague_wording_allowed_then_is_said_as_a_range(rows):
    heard = rows.set_index("label").loc["heard"].copy()
    heard["then_low"], heard["then_high"] = 0.2, 0.3
    assert changes.then_and_now(heard) == "20%–30% → 40%"


def test_a_change_of_a_mean_is_in_its_unit_and_never_in_points():
    row = change("met {}", 1.34, 5.96, "increased", measure="mean", favourable="more", side="")
    told = changes.in_words(pd.DataFrame([row])).iloc[0]
    assert told["kind"] == "better"
    assert changes.then_and_now(told) == "1.34 → 5.96"
    assert changes.difference(told) == "+4.62 (+4.52 to +4.72)"


def test_a_sentence_says_now_then_and_how_surely(rows):
    row = rows.set_index("label", drop=False).loc["trained"]
    assert changes.sentence(row) == (
        "Better: 40% of schools trained; before it was 20% (a change of +20 points, interval +10 to"
        " +30; a design effect of 2.4 would undo it)."
    )
    assert "; in 2012–13 it was 20% (" in changes.sentence(row.replace({"": "2012–13"}))


def test_a_change_to_words_says_what_they_allow(rows):
    """Or a printed follow-up would be said as " of schools"."""
    row = rows.set_index("label", drop=False).loc["trained"].copy()
    row["estimate_cohort"], row["reading_low_cohort"], row["reading_high_cohort"] = (
        float("nan"),
        0.3,
        0.4,
    )
    assert changes.number(row) == "30% to 40% of schools"
    assert changes.then_and_now(row) == "20% → 30%–40%"


def test_kinds_are_counted_and_the_refused_stand_with_their_reason(rows):
    assert dict(changes.counted(rows).to_records(index=False))["better"] == 2
    assert changes.refused(rows)["finding"].tolist() == ["wrote"]
    expected = "Of 8 findings held side by side, 7 may be compared and 1 may not."
    assert changes.say_refused(rows) == expected


def test_the_kinds_are_said_in_one_sentence(rows):
    """Witness: the eight rows above, counted by hand."""
    assert changes.say_counted(rows) == (
        "Of 8 findings held against the baseline, 2 are better, 1 is worse, 1 is lower, 1 points to"
        " better, 1 hangs on the wording, 1 is not clear and 1 may not be compared."
    )
    assert changes.say_counted(rows.iloc[:0]) == ""


def test_the_list_of_changes_gives_p_and_what_would_undo_it(rows):
    row = changes.listed(rows).set_index("finding").loc["trained"]
    assert (row["then and now"], row["p"]) == ("20% → 40%", "0.01")
    assert row["undone by a design effect of"] == "2.40"


def test_a_source_with_nothing_in_common_has_a_row_that_says_so():
    held = compare_each(load_cohort("data/ofsted-2013"), [load_cohort("data/cec-compass-2014")])
    assert held["reason"].tolist() == ["another measure: no indicator in common"]
    assert held["verdict"].tolist() == ["not comparable"]


def test_a_change_since_a_figure_that_clashes_with_others_says_so():
    # By eye, of the cards of 2013: strategies are on C7; parents' use of the website is on none.
    told = changes.since("ofsted-2013", load_cohort("example-2026")).set_index("indicator")
    strategy, heard = told.loc["careers_strategy"], told.loc["website_heard"]
    assert "the earlier figure is in a tension with another" in changes.sentence(strategy)
    assert "another" not in changes.sentence(heard)
    advisers = told[told["category"] == "none"].loc["external_advisers"]  # C3, a contradiction
    assert changes.doubts(advisers) == ["the earlier figure is in a contradiction with another"]
    assert (strategy["then_statements"], advisers["then_statements"]) == ("R080", "R085")


def test_the_library_and_its_pictures_doubt_the_same_changes_as_the_report():
    """Or `cs.say` would tell as clear what the report tells in doubt."""
    table = cs.compare("ofsted-2013", "example-2026", indicators=["careers_strategy"])
    (said,) = cs.say(table)
    assert "the earlier figure is in a tension with another" in said
    assert "‡ the earlier figure is in conflict" in read(cs.plot(table).axes, "notes")
    assert "in doubt: 1" in read(cs.plot(table).axes, "heading")


def test_a_change_has_both_sides_its_size_and_its_doubts_for_the_trail():
    """Witness: reported.csv; about three quarters of 60 is 43 to 46, 72% to 77%."""
    told = changes.since("ofsted-2013", load_cohort("example-2026"))
    row = changes.listed(told).set_index("id").loc["c-careers_strategy-no"]
    before = "2012–13: “about three quarters” (paragraph 17); R080, reads as 72% to 77% of 60"
    assert row["before"] == before
    assert row["now"] == "37% of schools, of 84"
    assert row["by"] == "a change of −38 points, interval −53 to −18"
    assert row["in doubt"] == "the earlier figure is in a tension with another"
