"""What a reader is told of two cohorts beside each other."""

import math
import re
from dataclasses import replace

import pandas as pd
import pytest
from made import INVENTED, PRINTED, boxes, lines, made, read

import careersurvey as cs
from careersurvey.errors import QuestionError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.compare.compare import compare_each
from careersurvey.inference.publishing import Published
from careersurvey.presentation import changes, compared, sentences, style
from careersurvey.presentation.figures.panels import plot_changes
from careersurvey.presentation.prose import key_to
from careersurvey.presentation.summary import summary

NOT_KNOWN = float("nan")
ENDS = ("low", "high")


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
            "side_low": NOT_KNOWN,
            "side_high": NOT_KNOWN,
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
    row |= sides | more
    left = {
        f"difference_{end}": row[f"reading_{end}_cohort"] - row[f"reading_{other}_baseline"]
        for end, other in (ENDS, ENDS[::-1])
    }
    return left | row


@pytest.fixture
def rows():
    vague = {"reading_low_baseline": 0.2, "reading_high_baseline": 0.3}
    return changes.in_words(
        pd.DataFrame(
            [
                change("spoke", 0.2, 0.2, "no clear change", took_part=0.25),
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
        "heard": "depends on how print is read",
        "spoke": "not clear",
        "wrote": "not comparable",
    }


def test_the_surest_and_largest_come_first(rows):
    assert rows["label"].tolist()[:3] == ["failed", "slipped", "hoped"]
    assert rows["label"].tolist()[3] == "trained"  # in doubt, after all that is clear


def test_each_change_is_drawn_then_and_now_with_its_kind_in_words(rows):
    ax = plot_changes(rows, INVENTED, baseline=PRINTED)
    assert read(ax, "heading").startswith(
        "Better: 1 Worse: 1 Lower: 1 Better but in doubt: 1 Pointing to better: 1 Depends on how"
    )
    assert len(lines(ax, "now")) == 6
    assert len(lines(ax, "then")) == 5
    (left_open,) = boxes(ax, "then-open")  # a range has no dot in its middle
    assert left_open[0] < left_open[1]
    assert read(ax, "key") == "what its words can mean, as read from then to now, no interval"
    assert "neither better nor worse" in read(ax)  # beside what is lower
    # What failed is fewer and better, which a bar to the left does not say of itself.
    assert read(ax).replace("\xa0", " ").count("fewer is better") == 1
    assert len({line.get_linewidth() for line in ax.lines if line.get_gid() == "change"}) == 1
    assert "60% → 30%" in read(ax)
    assert "−30 points (−40 to −20)" in read(ax).replace("\xa0", " ")


def test_a_change_that_a_small_design_effect_would_undo_is_marked(rows):
    ax = plot_changes(rows, INVENTED, baseline=PRINTED)
    assert "(+10 to +30); clustering" in read(ax).replace("\xa0", " ")
    assert "Clustering: answers alike within a place or group could undo it." in read(ax, "notes")
    assert "clustering" not in read(plot_changes(rows[rows["label"] == "failed"], INVENTED,
                                        baseline=PRINTED))  # fmt: skip


@pytest.mark.parametrize(
    ("then", "now", "ends", "marks"),
    [  # by hand: a quarter answered, so that 40% of them are 10% to 85% of all invited
        (0.2, 0.4, {"least": 0.1, "greatest": 0.85}, "non-response"),
        (0.2, 0.4, {"least": 0.2, "greatest": 0.7}, "non-response"),  # to the earlier figure
        # Of the interval, +10 to +30 points, 11 less leave −1 to +19, and 9 less +1 to +21.
        (0.2, 0.4, {"least": 0.29, "greatest": 0.7}, "non-response"),
        (0.2, 0.4, {"least": 0.31, "greatest": 0.7}, ""),
        (0.8, 0.4, {"least": 0.1, "greatest": 0.85}, "non-response"),
        (0.9, 0.4, {"least": 0.1, "greatest": 0.81}, "non-response"),  # −60 to −40, and 41 more
        (0.9, 0.4, {"least": 0.1, "greatest": 0.79}, ""),
        # Of two tests Holm asks 97.5% of the smaller p: 2.2414 normal errors, and not 1.9600, so
        # that +10 is +8.6: 9 less are below nought where 8 less are not.
        (0.2, 0.4, {"p_adjusted": 0.02, "least": 0.31, "greatest": 0.7}, "non-response"),
        (0.2, 0.4, {"p_adjusted": 0.02, "least": 0.32, "greatest": 0.7}, ""),
        (0.2, 0.4, {}, "non-response"),  # how many were invited is not known
        # Those whom chance invited and who did not answer are missing all the same.
        (0.2, 0.4, {"selection_cohort": "probability", "least": 0.1, "greatest": 0.85},
         "non-response"),
        (0.2, 0.4, {"selection_cohort": "probability"}, ""),
        (0.2, 0.25, {"least": 0.1, "greatest": 0.85}, ""),  # no change that could be undone
    ],
)  # fmt: skip
def test_a_change_is_in_doubt_where_those_who_did_not_answer_could_undo_it(then, now, ends, marks):
    verdict = "no clear change" if now == 0.25 else "increased" if now > then else "decreased"
    tested = {"selection_cohort": "volunteers", "p_value": 0.01, "p_adjusted": 0.01, "level": 0.95}
    row = change("spoke", then, now, verdict, **tested | ends)
    ((_, told),) = changes.in_words(pd.DataFrame([row])).iterrows()
    assert told["marks"] == marks
    assert ("but in doubt" in told["comes_to"]) == bool(marks)
    said = "answer in, the share would be 10% or 85%" in changes.sentence(told)
    assert said == (bool(marks) and ends.get("greatest") == 0.85)
    by_chance = "would be 29% or 70%, and the rest may be chance" in changes.sentence(told)
    assert by_chance == (ends.get("least") == 0.29)


def test_what_is_not_clear_is_counted_and_not_drawn(rows):
    ax = plot_changes(rows[rows["kind"] == "not clear"], INVENTED, baseline=PRINTED)
    assert lines(ax, "now") == []
    assert read(ax, "heading") == "Not drawn, but in the data of this figure: 1"
    assert "1 not clear." in read(ax)
    assert "spoke" not in read(ax)


def test_the_title_counts_the_kinds_and_the_notes_name_rule_and_sources(rows):
    invited = replace(INVENTED)
    vars(invited)["took_part"] = {"school": (28, 112)}
    ax = plot_changes(rows, invited, baseline=PRINTED, narrow=True)
    each = "1 clearly better, 1 clearly worse, 1 clearly lower"  # it has no room for whom
    title = f"Of 7 comparable findings {each}, 4 not"
    assert ax.get_label() == title  # 1 + 1 + 1 + 4 are the 7 of 8 that can be compared
    risen = change("rose", 0.2, 0.4, "increased", side="")
    more = pd.concat([rows, changes.in_words(pd.DataFrame([risen]))], ignore_index=True)
    all_four = plot_changes(more, INVENTED, baseline=PRINTED)
    # At most fifteen words.
    title = "Of 8 comparable findings 4 have clearly changed, 4 not"
    assert all_four.get_label() == title
    assert read(ax, "subtitle") == (
        "Invented data. Filled dots are invented; what is hollow is read from a report."
        " 28 of 112 invited schools (25%) took part. Another 1 finding cannot be compared"
    )
    for said in (
        "In brackets: the 95% interval.",
        f"{PRINTED.when_where}: {PRINTED.source}",
        ": invented",
        PRINTED.caution,
    ):
        assert said in read(ax)


def test_what_a_vague_wording_allowed_then_is_said_as_a_range(rows):
    heard = rows.set_index("label").loc["heard"]
    assert changes.then_and_now(heard) == "20%–30% → 40%"


def test_a_change_of_a_mean_is_in_its_unit_and_never_in_points():
    row = change("met {}", 1.34, 5.96, "increased", measure="mean", favourable="more", side="")
    told = changes.in_words(pd.DataFrame([row])).iloc[0]
    assert told["kind"] == "better"
    assert changes.then_and_now(told) == "1.34 → 5.96"
    assert told["change"] == "+4.62"
    assert told["interval"] == "+4.52 to +4.72"
    # It has no place among shares.
    rows = changes.in_words(pd.DataFrame([row, change("spoke", 0.2, 0.4, "increased")]))
    ax = plot_changes(rows, INVENTED, baseline=PRINTED)
    assert len(lines(ax, "now")) == 1
    assert "1.34 → 5.96" in read(ax)


def test_a_sentence_says_now_then_and_how_surely(rows):
    row = rows.set_index("label", drop=False).loc["trained"]
    assert changes.sentence(row) == (
        "Better but in doubt: 40% of schools trained, 20% before (+20 points, interval +10 to +30)."
        " Against this: what was found in one place or group may be alike, and that alone could"
        " undo it."
    )
    # What puts it in doubt stands in it, and is no conflict of its figure.
    assert not [one for one in key_to([changes.sentence(row)]) if one.startswith("In doubt")]


def test_a_change_to_words_says_what_they_allow(rows):
    """Or a printed follow-up would be said as " of schools"."""
    words = {"estimate_cohort": NOT_KNOWN, "reading_low_cohort": 0.3, "reading_high_cohort": 0.4}
    told = pd.DataFrame([change("trained", 0.2, 0.4, "increased", **words)])
    row = changes.in_words(told).iloc[0]
    assert row["change"] == "+10 to +20 points"
    assert changes.number(row) == "30% to 40% of schools"
    assert changes.then_and_now(row) == "20% → 30%–40%"


def test_kinds_are_counted_and_the_refused_stand_with_their_reason(rows):
    numbers = dict(compared.counted(rows).to_records(index=False))
    assert (numbers["better"], numbers["better but in doubt"]) == (1, 1)
    assert changes.refused(rows)["finding"].tolist() == ["wrote"]
    expected = "Of 8 pairs of findings held side by side 1 may not be compared: p 0.01 (1)."
    assert changes.say_barred(rows) == expected
    stranger = rows[rows["verdict"] == "not comparable"].assign(indicator="")
    told = f"{expected} 1 source shares no finding with it."
    assert changes.say_barred(pd.concat([rows, stranger])) == told
    held = changes.refused(rows.assign(baseline="then"), "baseline")
    assert held["held against"].tolist() == ["then"]


@pytest.mark.parametrize(
    ("undone", "now", "more", "doubted", "said"),
    [  # by hand: in doubt up to 3, or up to what is measured now where that is more
        (3.1, 3.1, {}, "may be alike, and that alone could undo it", "3.1; 3.1 measured now"),
        (2.8, 1.2, {}, "may be alike, and that alone could undo it", "2.8; 1.2 measured now"),
        (3.3, 1.5, {}, "", "3.3; 1.5 measured now"),
        (3.3, NOT_KNOWN, {}, "", "3.3"),
        (NOT_KNOWN, 4.0, {}, "", "none up to 10; 4 measured now"),
        (NOT_KNOWN, 1.5, {"unit": "school"}, "", "none: schools are in no groups"),
        (NOT_KNOWN, 1.5, {"verdict": "no clear change"}, "", ""),
    ],
)
def test_the_likeness_that_is_measured_now_puts_a_change_in_doubt(undone, now, more, doubted, said):
    row = change("trained", 0.2, 0.4, "increased", deff_undone=undone, deff_cohort=now)
    told = changes.in_words(pd.DataFrame([row | {"unit": "parent"} | more])).assign(printed="20%")
    assert (" but in doubt" in told["comes_to"].iloc[0]) == bool(doubted)
    assert told["caveats"].iloc[0].endswith(doubted)
    listed = changes.listed(told).iloc[0]
    assert listed["design effect that would undo it"] == said
    assert (listed["then and now"], listed["p"]) == ("20% → 40%", "0.01")


def test_what_may_not_be_compared_is_said_and_not_drawn():
    table = cs.compare("ofsted-2013", "ofsted-2023")
    with pytest.raises(
        QuestionError, match=r"can be drawn(.|\n)*findings that may be compared(.|\n)*say"
    ):
        cs.plot(table)


def test_a_source_with_nothing_in_common_has_a_row_that_says_so():
    held = compare_each(load_cohort("data/ofsted-2013"), [load_cohort("data/cec-compass-2014")])
    assert held["reason"].tolist() == ["another measure: no indicator in common"]
    assert held["verdict"].tolist() == ["not comparable"]


def test_a_change_since_a_figure_that_clashes_with_others_says_so(since_2013):
    # By eye, of the cards of 2013: strategies are on C7; parents' use of the website is on none.
    told = since_2013.set_index("indicator", drop=False)
    strategy, heard = told.loc["careers_strategy"], told.loc["website_heard"]
    doubt = (
        "the earlier figure is in doubt: may clash with paragraph 58 and key finding 10 (card C7"
    )
    assert doubt in changes.sentence(strategy)
    assert "conflict" not in changes.sentence(heard)
    assert changes.sentence(heard) == (
        "Better but in doubt: 30% of parents who answered had heard of the National Careers Service"
        " website, 14% in 2012–13 (+16 points, interval +13 to +20, of 1,703 then and 2,255 now)."
        " Against this: counting none, or all, of those who did not answer in, the share would be"
        " 7% or 83%."
    )
    advisers = told[told["category"] == "none"].loc["external_advisers"]  # C3, a contradiction
    assert advisers["caveats"] == (
        "the earlier figure is"
        " contradicted by paragraph 61, if their terms mean the same, leaving it 33% to 100%;"
        " in doubt: may clash with executive summary, paragraph 4 (card C5 on the earlier report’s"
        " page), unless words are read more widely"
    )
    # By hand: 52% of all invited is 16 points more, and at its interval's end the fall is of 11.
    assert changes.sentence(told.loc["work_experience_cut"]).endswith(
        "interval −48 to −11, of 60 then and 84 now). Against this: counting none, or all, of those"
        " who did not answer in, the share would be 27% or 52%, and the rest may be chance; the two"
        " questions are close, not the same: the earlier counted cuts made for budget reasons"
        " and after the Wolf report; the later asked about any cut, from no given date."
    )
    # Beside its mark in the first picture; of the website a number was printed, as it stands.
    assert strategy["told_then"] == "2012–13: 72% to 77%, as read; the change is in doubt"
    assert heard["told_then"] == "2012–13: 14%; the change is in doubt"
    assert strategy["printed"].endswith("(paragraph 17)")  # R080 has no entry beside 2026
    assert advisers["printed"].endswith("(paragraph 19)")


def test_the_library_and_its_pictures_doubt_the_same_changes_as_the_report():
    """Or `cs.say` would tell as clear what the report tells in doubt."""
    asked = ["careers_strategy", "evaluation_effective", "activities_coordinated"]
    table = cs.compare("ofsted-2013", "example-2026", indicators=asked)
    said = " ".join(cs.say(table))
    assert "the earlier figure is in doubt: may clash with paragraph 58 and key finding 10" in said
    assert "close, not the same: the earlier prints that activities were often poorly" in said
    axes = cs.plot(table).axes  # of few findings what points one way is drawn too
    headings = "Better but in doubt: 1 Pointing to better but in doubt: 2"
    assert read(axes, "heading") == headings
    assert "Conflict: the earlier figure may clash with others" in read(axes, "notes")
    assert read(axes).count("; question") == 1
    assert "Question: the two questions are close, not the same." in read(axes, "notes")


def test_a_change_has_both_sides_its_size_and_its_doubts_for_the_trail(since_2013):
    """Witness: reported.csv; about three quarters of 60 is 43 to 46, 72% to 77%."""
    row = changes.listed(since_2013).set_index("id").loc["c-careers_strategy-no"]
    before = "2012–13: “about three quarters” (paragraph 17), reads as 72% to 77% of 60"
    assert row["before"] == before
    assert row["now"] == "37% of schools that took part"
    # All that the change rests on stands here: the cards of 2013 are in another report.
    assert row["by the rule"] == (
        "as far as its hedge and its neighbours among everyday fractions allow: 17/24 to 31/40"
    )
    assert row["standing"] == "in doubt: C7"
    # By hand: 84 / 1.0246 are 82.0, and Wilson's limits on it with t 1.990 are 27.3% and 48.1%.
    assert row["interval from"].endswith("now 37.1% (27.3% to 48.1%); Wilson’s n 60 and 82.0")
    # Witness: reported.csv prints no number of those who had heard of the website, but 14%.
    website = changes.listed(since_2013).set_index("id").loc["c-website_used-yes"]
    assert website["of"] == "“14%” (how many is not printed) and 629"
    assert (
        row["by"]
        == "−40 to −35 points: now, of 84, minus then, before rounding; 5 points or more: yes"
    )
    assert row["read with care"].startswith(
        "counting none, or all, of those who did not answer in, the share would be 28% or 53%,"
        " and the rest may be chance; the earlier figure is in doubt: may clash with paragraph 58"
        " and key finding 10 (card C7 on the earlier report’s page). Card C7: As read, 11 to 13"
        " schools evaluated effectively, but 4 if none without a strategy did. About four out of"
        " five of the 60 did not"
    )


def test_a_change_since_a_range_is_worked_out_before_it_is_rounded(since_2013):
    """By hand: just over half of 135 is 68 to 74, 50.4% to 54.8%; 55.7% now is 0.9 to 5.4 more."""
    row = since_2013.set_index("indicator").loc["send_good_guidance"]
    now = cs.compare("ofsted-2013", "example-2026", "send_good_guidance")["estimate_cohort"].item()
    assert (round(100 * (now - 74 / 135), 1), round(100 * (now - 68 / 135), 1)) == (0.9, 5.4)
    assert row["now"] == "56%", "which told +1 to +6"
    assert row["change"] == "+1 to +5 points"


@pytest.mark.parametrize(
    ("printed", "form", "then", "by"),
    [
        ("28.5%", "percent", "28.5%", "+22 points"),
        ("9.74 per cent", "percent", "9.74%", "+40 points"),
        ("345 (28.5%)", "count_percent", "28.5%", "+22 points"),
        ("28%", "percent", "28%", "+22 points"),
    ],
)
def test_an_earlier_share_is_told_as_finely_as_it_was_printed(
    write_cohort, printed, form, then, by
):
    """By hand: 50% less 28.5% is 21.5, a half up; it was "28% to under 29%", +21 to +22 points."""
    of = {"indicator": "good", "category": "yes", "base_n": "1212", "base_from": "printed"}
    earlier = write_cohort(of | {"reported": printed, "form": form}, name="earlier")
    later = write_cohort(of | {"reported": "606", "form": "count"}, name="later")
    row = changes.since(earlier, load_cohort(later)).iloc[0]
    assert (row["then"], row["now"], row["change"]) == (then, "50%", by)


def test_a_change_that_a_conflict_may_turn_round_has_no_direction(since_2013):
    """By hand, of relations.csv: only C3 is necessary. Of the 40 of paragraph 61 none or all may
    mix (0% to 67%), where it is 19% now. C7, C9, C10, C4 and C5 rest on what is assumed.
    """
    told = since_2013.set_index("indicator", drop=False)
    (mixture,) = (row for _, row in told[told["kind"] == "direction unknown"].iterrows())
    assert (mixture["category"], mixture["comes_to"]) == ("mixture", "direction unknown")
    assert "terms mean the same, leaving it 0% to 67%; in doubt" in changes.sentence(mixture)
    assert "points" not in changes.sentence(mixture)  # by how much it changed is not known
    for name, comes_to, where in (
        ("careers_strategy", "better but in doubt", "paragraph 58 and key finding 10 (card C7"),
        ("interview_not_fully_effective", "worse but in doubt", "key finding 9 (card C10"),
        ("destination_data_evaluates", "pointing to better but in doubt", "paragraph 62 (card C9"),
        ("destination_data_analysed", "not clear", "executive summary, paragraph 8 (card C9"),
    ):
        row = told.loc[name]
        assert row["comes_to"] == comes_to
        assert row["caveats"].endswith(f" may clash with {where} on the earlier report’s page)")
    needed = told.loc["needed_guidance_received"]
    assert needed["caveats"].endswith("report’s page), unless words are read more widely")
    assert changes.sentence(needed).startswith("Pointing to better but in doubt: 37%")
    summed = " ".join(summary(made(), changed=since_2013)["sentence"])
    assert "mixture of internal" not in summed


def test_the_picture_of_many_changes_draws_the_clear_and_counts_the_rest(since_2013):
    """Witness: the table of `test_compare`; what is in which conflict by eye, of the cards."""
    ax = plot_changes(since_2013, INVENTED, baseline=PRINTED)
    assert ax.get_label() == "Of 35 comparable findings 9 seem to have changed, each in doubt"
    assert read(ax, "heading") == (
        "Better but in doubt: 6 Worse but in doubt: 1 Lower but in doubt: 2 Direction unknown: 1"
        " Not drawn, but in the data of this figure: 25"  # 6 + 1 + 2 + 1 + 25 are the 35
    )
    inks = [line.get_color() for line in ax.lines if line.get_gid() == "change"]
    assert inks[:2] == [style.PALE_GOOD] * 2  # what is in doubt is paler
    assert len(lines(ax, "change")) == 9  # none of what has no direction
    assert len(boxes(ax, "left")) == 1
    assert "+5 points, before rounding to whole points (+3 to +7)" in read(ax).replace("\xa0", " ")
    says = (
        "2012–13: 57%–62%, or 0%–67% by other figures of its report (its cards C3, C5); 2026: 19%"
    )
    assert says in read(ax).replace("\xa0", " ")
    assert "57%–62% →" not in read(ax)  # no jump is told of which nobody knows the direction
    ends = read(ax, "subtitle")
    assert "Another 71 findings cannot be compared" in ends


def test_a_change_and_its_interval_are_worked_out_before_rounding(since_2013):
    """By hand, for each since 2013: now less then, of a range of its ends; square-and-add of what
    the trail prints.
    """
    helpline = since_2013.set_index("indicator").loc["helpline_heard"]
    # 142 of 1,703 is 8.34% and 13.54% is shown as 14%, of which 8% would make 6.
    assert round(100 * helpline["estimate_cohort"] - 100 * 142 / 1703) == 5
    assert changes.then_and_now(helpline) == "8% → 14%"
    assert (
        helpline["since"]
        == " in 2012–13 (+5 points, interval +3 to +7, of 1,703 then and 2,235 now)"
    )
    # 46 of 60 is 76.67% and 43 are 71.67%; 54.46% now is 22.2 and 17.2 less.
    coordinated = since_2013.set_index("indicator").loc["activities_coordinated"]
    assert coordinated["change"] == "−22 to −17 points"
    rows = changes.listed(since_2013)
    assert len(rows) > 30
    for (_, known), row in zip(since_2013.iterrows(), rows.to_dict("records"), strict=False):
        now, then = known["estimate_cohort"], [known[f"reading_{end}_baseline"] for end in ENDS]
        if " to " not in known["then"]:
            then = [known["estimate_baseline"]]
        by = [100 * (now - at) for at in reversed(then)]
        ends = [f"{round(each):+d}" for each in by], [f"{each:+.1f}" for each in by]
        told = (" to ".join(dict.fromkeys(each)).replace("-", "−") for each in ends)
        expected = [one.replace("+0 ", "0 ") for one in told]
        assert row["change"].partition(" point")[0] in expected
        # Each side with its limits, of which what is printed is squared and added: of the ends
        # of a range the least is of now's least and then's most, which a reader can do again.
        sides = re.fullmatch(r".*, squared and added: then (.*) \((.*)\), now (.*) \((.*)\)"
                             r"(?:; Wilson’s n .*)?",
                             row["interval from"])  # fmt: skip
        then, their, now, own = ([float(end) for end in re.findall(r"[\d.]+(?=%)", side)]
                                 for side in sides.groups())  # fmt: skip
        least = now[0] - then[-1] - math.hypot(now[0] - own[0], their[-1] - then[-1])
        most = now[-1] - then[0] + math.hypot(own[-1] - now[-1], then[0] - their[0])
        limits = row["interval"].replace("−", "-").split(" to ")
        assert int(limits[0]) == pytest.approx(least, abs=0.7)
        assert int(limits[-1]) == pytest.approx(most, abs=0.7)
        assert row["p"] in row["p from"] or row["p"] == "< 0.001"
        assert "< 0.001" not in row["p from"]


def test_a_change_of_rounded_shares_is_the_whole_points_that_its_file_has(held_against_2013):
    """Of 10-compared.csv the difference is 0.05."""
    cohort = load_cohort("example-2026")
    kept = Published(cohort).keep(held_against_2013, side="cohort")
    told = changes.of_cohort(kept, cohort, None).set_index("indicator")
    assert told.loc["helpline_heard", "change"] == "+5 points"


def test_every_earlier_figure_in_conflict_marks_its_change_and_a_base_in_conflict_is_named(
    since_2013,
):
    """Witness: the cards of 2013 by eye. No whole number of 55 is half (C14); 43 or 42 interviews
    were observed (C2), and by paragraph 19 more than the 40 schools of paragraph 61 (C3).
    """
    told = since_2013.set_index("indicator", drop=False).loc["apprenticeship_progression"]
    assert (told["comes_to"], told["cards"]) == ("pointing to better but in doubt", "C14")
    assert told["clashing"] == (
        "in doubt: may clash with its own base, 55 (card C14 on the earlier report’s page),"
        " unless words are read more widely"
    )
    assert told["rule"].endswith("49.5% to 50.5%; no whole number of 55 is, so the nearest")
    rows = changes.listed(since_2013).set_index("indicator")["standing"]
    assert rows["matrix_aware"] == (
        "stated; base contradicted: C3, Paragraph 19 leaves at least 43 schools with external"
        " advisers, paragraph 61 counts 40, if their terms mean the same"
    )
    for name in ("interview_well_enough", "interview_not_fully_effective"):
        assert rows[name].startswith("in doubt: C10; base contradicted: C2, Key finding 9 counts")


@pytest.mark.parametrize(
    ("printed", "form", "of", "nearest"),
    [
        ("33%", "percent", "10", True),  # 3 of 10 is 30%, 4 is 40%
        ("about half", "fraction", "3", True),  # 1 of 3 is under 45%, 2 over 55%
        ("just over a third", "fraction", "4", True),  # 2 of 4 is over 11/30
        ("half", "fraction", "54", False),
        ("half", "fraction", "43 or 42", False),
    ],
)
def test_a_rule_says_where_no_whole_number_of_a_base_is_read(printed, form, of, nearest):
    """Witness: by hand, beside each."""
    said = sentences.rule(printed, form, of)
    assert said.endswith(f"; no whole number of {of} is, so the nearest") == nearest


def test_each_row_of_the_table_bears_the_marks_and_the_conflicts_of_its_earlier_figure(since_2013):
    """By eye, of the cards of 2013: what each is on; 2026 asks otherwise of coordination."""
    rows = changes.listed(since_2013).set_index("id")
    assert rows.loc["c-well_developed-yes", "comes to"] == "not clear (conflict)"
    assert rows.loc["c-careers_strategy-no", "comes to"] == (
        "better but in doubt (non-response, conflict)"
    )
    assert rows.loc["c-activities_coordinated-no", "comes to"].endswith(" but in doubt (question)")
    assert "conflict: the earlier figure is in doubt: may clash with" in rows.loc[
        "c-well_developed-yes", "because"
    ]  # fmt: skip
    assert "conflict" not in rows.loc["c-helpline_heard-yes", "comes to"]


def test_a_limit_that_its_wording_leaves_out_is_never_reached(since_2013):
    """By hand: under two thirds of 1,675 is 1,116 at most, 66.63%, which is no 67%."""
    told = since_2013.set_index(["indicator", "category"])
    assert told.loc[("pre16_helped", "yes"), "then"] == "63% to under 67%"
    listed = changes.listed(since_2013).set_index("id")
    assert listed.loc["c-post16_helped-yes", "interval from"].count("1,625 to 1,675 and ") == 1


def test_what_may_not_be_compared_is_said_in_one_line_with_its_reasons(held_against_2013):
    """Witness: the table itself, its reasons counted by their first words."""
    table = held_against_2013
    barred = table[table["verdict"] == "not comparable"]
    kinds = {kind: int(barred["reason"].str.startswith(kind).sum())
             for kind in ("words only", "another base", "make-up of the sample")}  # fmt: skip
    assert sum(kinds.values()) == len(barred)
    (line,) = [said for said in cs.say(table) if "may not be compared" in said]
    many = (
        f"Of {len(table)} pairs of findings held side by side {len(barred)} may not be compared: "
    )
    assert line.startswith(many)
    for kind, number in kinds.items():
        assert re.search(rf"{kind}[^()]* \({number}\)", line)


def test_what_would_undo_a_change_is_in_doubt_alike_before_and_after_publication(held_against_2013):
    """The design effect is rounded up, to what surely undoes it: 3.012 is above 3, as 3.1 is."""
    held = held_against_2013.set_index(["indicator", "category"])
    kept = Published(load_cohort("example-2026")).keep(held_against_2013, side="cohort")
    told = kept.set_index(["indicator", "category"])
    exact, published = held["deff_undone"].dropna(), told["deff_undone"].dropna()
    key = ("post16_helped", "yes")
    assert (round(exact[key], 3), published[key]) == (3.012, 3.1)
    assert told.loc[exact.index, "deff_cohort"].map("{:g}".format).str.len().max() <= 3
    cohort = load_cohort("example-2026")
    told, held = (changes.of_cohort(one, cohort, None) for one in (kept, held_against_2013))
    doubted = [
        one.loc[one["marks"].str.contains("clustering"), "indicator"] for one in (told, held)
    ]
    assert set(doubted[0]) == set(doubted[1]) > {"post16_helped"}


def test_what_two_surveys_hold_for_better_is_not_the_same_is_only_higher_or_lower():
    """By hand, of the 30% that had heard of the website, 14% in 2013: to whom fewer is better."""
    before, cohort = load_cohort("ofsted-2013"), load_cohort("example-2026")
    heard = before.indicators["website_heard"]
    assert heard.favourable == "yes"
    other = before.indicators | {heard.id: heard._replace(favourable="no")}
    rows = cs.compare(before, cohort, indicators=["website_heard"])
    agreed = changes.of_cohort(rows, cohort, before)
    apart = changes.of_cohort(rows, cohort, replace(before, indicators=other))
    assert [*agreed["kind"]] == ["better"]
    assert [*apart["kind"]] == ["higher"]
