"""What a reader sees of each kind of figure, at desk and at phone."""

from dataclasses import replace

import pandas as pd
import pytest
from made import INVENTED, PRINTED, answered, boxes, counted, hidden, lines, made, read
from matplotlib.colors import to_rgba

from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.compare.compare import rule
from careersurvey.inference.compare.trend import trend
from careersurvey.inference.estimates import estimate
from careersurvey.presentation import (
    breakdowns,
    captions,
    labels,
    published,
    sentences,
    style,
    titles,
    words,
)
from careersurvey.presentation.figures.charts import (
    plot_ranking,
    plot_trend,
)
from careersurvey.presentation.figures.panels import plot_clashes, plot_groups
from careersurvey.presentation.figures.rows import (
    plot_bounds,
    plot_findings,
    plot_parts,
    plot_steps,
)
from careersurvey.presentation.standing import Doubt

BOTH = pytest.mark.parametrize("narrow", [False, True])


@pytest.fixture
def findings():
    return made(
        counted("had no plan", 47, 49, 60, side="worse", wording="About four out of five"),
        counted("had an award", 15, 18, 60, wording="About a quarter"),
        counted("were well developed", 12, 12, 60, wording="Only 12", form="count"),
        counted("met all needs", 1, 59, 60, wording="too few", form="words", open=True),
        hidden("were too few"),
    )


@BOTH
def test_the_first_row_is_the_title_and_its_number_stands_beside_it(findings, narrow):
    ax = plot_findings(findings, PRINTED, narrow=narrow)
    # By hand: 12 of 60 lies 0.6 from both ends and is certain; 47 to 49 of 60 is less so.
    assert ax.get_label() == "Only 12 of 60 schools were well developed"
    assert read(ax, "title") == ax.get_label()
    assert "47–49 of 60" in read(ax)


@BOTH
def test_thick_is_what_the_words_allow_and_thin_is_chance(findings, narrow):
    ax = plot_findings(findings.iloc[:3], PRINTED, narrow=narrow)
    wide = [high - low for low, high in boxes(ax, "band")]
    # One possible count is still a mark of three pixels; four counts of 60 are wider.
    least, most = sorted(wide)[0], sorted(wide)[-1]
    assert 2 <= least <= 4 < most
    assert len(lines(ax, "interval")) == 3
    assert (
        read(ax, "key") == "the share what the wording allows 95% interval, as if drawn at random"
    )
    of_whom = (
        "of schools is as if drawn at random, which they are not known to be: it may be far too"
        " sure."
    )
    assert of_whom in read(ax, "notes")


@pytest.mark.parametrize(("level", "said"), [(0.9, "90%"), (0.995, "99.5%"), (0.999, "99.9%")])
def test_the_level_of_an_interval_is_said_as_it_was_asked_for(findings, level, said):
    ax = plot_findings(findings.assign(level=level), PRINTED)
    assert f"what the wording allows {said} interval, as if" in read(ax, "key")
    assert f"single differences, at {said}." in rule(level)


@BOTH
def test_words_that_rule_nothing_out_are_quoted_and_get_no_ink(findings, narrow):
    ax = plot_findings(findings, PRINTED, narrow=narrow)
    assert "In words only: 1" in read(ax, "heading")
    assert "“Too few” schools met all needs" in read(ax)
    assert len(boxes(ax, "band")) == 3
    assert "59" not in read(ax)


@BOTH
def test_words_that_allow_three_fifths_of_all_are_said_with_their_counts_and_get_no_ink(narrow):
    """As "others" does, 1 to 45 of 60; "most" allows less than half of them and is drawn."""
    rows = made(
        counted("told no more", 1, 45, 60, wording="others", form="words", side="worse"),
        counted("were poor", 31, 57, 60, wording="most", form="words", side="worse"),
    )
    ax = plot_findings(rows, PRINTED, narrow=narrow)
    assert "“Others” of the schools told no more (1–45 of 60, as read)" in read(ax)
    assert len(boxes(ax, "word")) == 1
    assert ax.get_label() == "Most schools were poor"


@BOTH
def test_findings_of_such_words_alone_are_quoted_without_a_chart(findings, narrow):
    ax = plot_findings(findings.iloc[[3]], PRINTED, narrow=narrow)
    assert read(ax, "heading") == "In words only: 1"
    assert "“Too few” schools met all needs" in read(ax)  # what is said is not told without it
    assert boxes(ax, "band") == []


@BOTH
def test_a_word_is_a_light_box_in_its_interval(narrow):
    row = counted("had a plan", 1, 6, 60, wording="Very few", form="words")
    ax = plot_findings(made(row), PRINTED, narrow=narrow)
    assert len(boxes(ax, "word")) == 1
    assert boxes(ax, "band") == []
    ((left, right),), ((start, *_, end),) = boxes(ax, "word"), lines(ax, "interval")
    assert start <= left < right <= end
    over = [one.get_zorder() for one in [*ax.patches, *ax.lines] if one.get_gid() == "interval"]
    assert min(over) > next(p.get_zorder() for p in ax.patches if p.get_gid() == "word")
    assert read(ax, "key") == "what a word alone can mean 95% interval, as if drawn at random"
    assert "hardly" not in read(ax, "notes")


def test_an_interval_that_its_tick_hides_is_told_of():
    """By hand: of 416 pixels 7.9% to 8.7% are 3, and the tick is 4; 7% to 10% are 12."""
    told = "Where no line shows, the interval is hardly wider than the mark."
    for low, high, unseen in ((0.079, 0.087, True), (0.07, 0.1, False)):
        row = counted("had heard", 142, 142, 1703, form="count", conf_low=low, conf_high=high)
        assert (told in read(plot_findings(made(row), PRINTED), "notes")) == unseen


def test_every_base_that_is_implied_is_named_and_of_one_in_doubt_each_number():
    """Witness: key finding 8, of the 9 + 18 + 8 schools with a sixth form; 42 or 43 interviews."""
    row = counted("were weak", 9, 31, 35, wording="many", form="words", base_from="implied")
    row |= {"base": "schools visited with a sixth form"}
    other = counted("were good", 10, 12, 42, base_from="implied", unit="interview")
    rows = made(row, other).assign(bases=[(), (42, 43)])
    assert read(plot_findings(rows, PRINTED), "notes").count(
        "taken to be the 35 schools visited with a sixth form and the 42 or 43 interviews."
    )
    # Paragraph 50: 14% of 1,703 had heard of the website, which is 230 to 246; 82 had used it.
    of_words = counted("had used it", 82, 82, 240, unit="parent", base_low=230, base_high=246)
    of_words |= {"base": "parents who had heard of it", "base_n": None}
    drawn = plot_findings(made(of_words), PRINTED)
    assert "taken to be the 230 to 246 parents who had heard of it." in read(drawn, "notes")


def test_a_hidden_finding_keeps_its_line_and_has_no_mark(findings):
    ax = plot_findings(findings.iloc[4:], PRINTED)
    assert "were too few" in read(ax)
    assert "not shown" in read(ax)
    assert boxes(ax, "band") == []


def test_the_side_is_said_in_words_and_never_by_colour_alone(findings):
    ax = plot_findings(findings, PRINTED)
    assert read(ax, "heading").startswith("The more the better The fewer the better")
    colours = {patch.get_facecolor() for patch in ax.patches if patch.get_gid() == "band"}
    assert len(colours) == 2


def test_rows_of_another_unit_than_most_say_whom_they_are_of():
    rows = [counted(f"had plan {number}", 12, 12, 60) for number in range(4)]
    rows.append(counted("were conducted well", 15, 15, 43, unit="interview"))
    ax = plot_findings(made(*rows), PRINTED)
    assert "interviews were conducted well" in read(ax)
    assert "schools had plan" not in read(ax).replace(ax.get_label(), "")


def test_notes_name_the_paragraphs_and_invented_data_say_so(findings):
    assert read(plot_findings(findings, PRINTED), "notes").endswith(
        "Source: Ofsted, A report, paragraph 12."
    )
    rows = made(answered("had a plan", 0.5))
    drawn = plot_findings(rows, INVENTED)
    notes = read(drawn, "notes")
    assert notes.endswith("Source: Nobody, An invention.")
    assert read(drawn, "subtitle").startswith("Invented data. ")
    assert "Invented data. Schools had a plan: 50%" in style.heard(drawn)
    assert "as if" not in notes  # schools that chance drew


@BOTH
def test_a_count_fills_its_base_as_far_as_sure_and_is_hatched_as_far_as_open(narrow):
    row = counted("went on", 94, 95, 202, wording="47%", form="percent", unit="student")
    ax = plot_parts(made(row), PRINTED, measure="Destinations", narrow=narrow)
    (base,), (sure,), (left_open,) = (boxes(ax, name) for name in ("base", "sure", "open"))
    share = (sure[1] - sure[0]) / (base[1] - base[0])
    assert share == pytest.approx(94 / 202, abs=0.01)
    assert left_open[0] - sure[1] in (-2, -1, 0, 1)
    assert "“47%” 47% of 202 students" in read(ax)
    assert ax.get_label() == "47% of students went on"


def test_parts_named_by_group_say_the_greatest_and_the_least():
    rows = made(
        *[
            counted("had a sixth form", n, n, base, group=name, domain="school_type")
            for name, n, base in (("sponsored", 9, 9), ("converter", 18, 27), ("maintained", 8, 24))
        ]
    )
    ax = plot_parts(labels.named_by(rows, "group"), PRINTED, measure="Sixth forms")
    assert ax.get_label() == "9 of 9 sponsored schools had a sixth form, against 8 of 24 maintained"


@BOTH
def test_bounds_are_solid_as_far_as_must_be_and_nothing_where_all_may_be(narrow):
    rows = pd.DataFrame(
        {
            "label": ["were both", "were neither", "were anything"],
            "low": [0, 26, 0],
            "high": [15, 46, 60],
            "base_n": [60, 60, 60],
            "in doubt": ["", "C7", ""],
            "doubts": [[], [Doubt("in doubt", "C7", "p58", {"clash": "46 and 48"})], []],
        }
    )
    ax = plot_bounds(rows, PRINTED, narrow=narrow)
    assert ax.get_label() == "As read here, at least 26 of 60 schools were neither (in doubt)"
    assert "were neither (in doubt: C7)" in read(ax)
    assert len(boxes(ax, "sure")) == 1
    assert len(boxes(ax, "open")) == 2  # what may be anything has no ink
    for said in ("at least 26", "at most 46", "at most 15", "perhaps none", "anything"):
        assert said in read(ax)


def test_a_title_of_bounds_says_its_first_row_or_how_many_are_above_none():
    long = "were good in a way that takes far more words than any title has room for"
    rows = pd.DataFrame({"label": [long, "were both"], "low": [26, 0], "high": [46, 60]})
    ax = plot_bounds(rows.assign(base_n=60, doubts=[[]] * 2), PRINTED)
    assert ax.get_label() == "As read here, 1 of these 2 combinations must have occurred"
    doubt = Doubt("in doubt", "C7", "p58", {"clash": "46 and 48"})
    marked = rows.assign(base_n=60, doubts=[[doubt], []])
    said = "As read here, 1 of these 2 combinations must have occurred (1 in doubt)"
    assert plot_bounds(marked, PRINTED).get_label() == said
    fits = rows.assign(label=["coordinated poorly, with no comprehensive strategy"] * 2)
    ax = plot_bounds(fits.assign(base_n=60, doubts=[[]] * 2), PRINTED)
    told = "At least 26 of 60 schools coordinated poorly, with no comprehensive strategy"
    assert ax.get_label() == f"As read here, {words.within(told)}"
    ax = plot_bounds(fits.assign(base_n=1703, doubts=[[]] * 2), PRINTED)
    assert ax.get_label() == f"As read here, {words.within(told)}".replace("60", "1,703")


@BOTH
def test_a_step_says_whether_its_base_is_implied_and_has_no_bar_where_none_is_known(narrow):
    """Witness: paragraph 50 of 2013, where 10 and 82 had used a service and no base is printed."""
    parent = {"unit": "parent"}
    bare = dict.fromkeys(("base_n", "estimate", "estimate_low", "estimate_high"))
    rows = made(
        counted("had heard of it", 142, 142, 1703, form="count_percent", **parent),
        counted("had used it", 10, 10, 142, form="count", base_from="implied", **parent),
        counted("had used the other", 82, 82, 100, form="count", **parent) | bare,
    )
    chain = ["had_heard_of_it=yes", "had_used_it=yes", "had_used_the_other=yes"]
    ax = plot_steps(rows, PRINTED, chains={"Helpline": chain}, narrow=narrow)
    assert ax.get_label() == "8% of parents had heard of it"
    assert len(boxes(ax, "band")) == 2
    assert "10 of 142" in read(ax)
    assert "base implied" in read(ax)
    assert read(ax, "notes").startswith(
        "Each share but the first below a heading is of those in the row above it. No bar: of how"
        " many is not printed."
    )
    assert "“142 of 1703” 8% of 1,703 parents" in read(ax)
    assert "“10 of 142” 10 of 142 parents, base implied" in read(ax)


@BOTH
def test_a_step_of_answers_has_its_weighted_share_and_no_plain_count_beside_it(narrow):
    """Witness: 11 of 16 is 69%, and the weighted share is 74%."""
    row = answered("found it useful", 0.74, 16, unit="parent", count_low=11, count_high=11)
    ax = plot_steps(made(row), INVENTED, chains={"Helpline": ["found_it_useful"]}, narrow=narrow)
    assert "of 16 parents" in read(ax)
    assert "74%" in read(ax)
    assert "11" not in read(ax)


def test_one_share_that_words_are_read_as_is_hollow_and_has_its_own_key():
    rows = made(
        counted("were content", 46, 46, 60, wording="just over three quarters", form="fraction"),
        counted("had a plan", 12, 12, 60, wording="only 12", form="count"),
    )
    ax = plot_findings(rows, PRINTED)
    faces = {box.get_facecolor() for box in ax.patches if box.get_gid() == "band"}
    assert faces == {to_rgba(style.PAPER), to_rgba(style.GOOD)}
    assert "the share, as printed one share, as words are read" in read(ax, "key")
    assert "as words are read" not in read(plot_findings(rows[1:], PRINTED), "key")


def test_a_share_that_no_whole_number_of_its_base_is_is_no_firmer_than_other_words():
    """By hand: half of 55 is 27.5, and neither 27 nor 28; half of 54 is 27."""
    found = labels.label(estimate(load_cohort("ofsted-2013")), load_cohort("ofsted-2013"))
    half = found[found["statements"] == "R139"]
    assert (half["count_low"].item(), half["count_high"].item()) == (27, 28)
    assert set(found.loc[found["nearest"], "statements"]) == {"R139"}
    ax = plot_findings(half, PRINTED)
    (box,) = [box for box in ax.patches if box.get_gid() == "band"]
    assert box.get_facecolor() == to_rgba(style.PAPER)
    assert read(ax, "key") == "one share, as words are read 95% interval, as if drawn at random"
    assert "27 or 28 of 55" in read(ax)


@BOTH
def test_a_list_shows_its_order_and_no_length(narrow):
    content = {"base": "students who were content"}
    rows = made(
        counted("named visits", 1, 1, 2, wording="2", note='"a programme of visits"'),
        counted("named interviews", 1, 1, 2, wording="1", unit="student") | content,
    )
    ax = plot_ranking(labels.ranked(rows), PRINTED, narrow=narrow)
    assert ax.get_label() == "Listed first: students who were content named interviews"
    own = labels.ranked(rows).assign(evidence="respondents")  # whose order is of their numbers
    often = plot_ranking(own, PRINTED, narrow=narrow)
    assert often.get_label() == "Students who were content named interviews most often"
    assert "1 Named interviews 2 Named visits" in read(ax)
    assert "a programme of visits" not in read(ax)  # said once, in our words
    assert "of students who were content" in read(ax, "subtitle")
    assert len(lines(ax, "rank")) == 2


def test_a_tally_is_drawn_as_parts_of_all_it_counts_the_greatest_first():
    tally = pd.DataFrame({"region": ["London", "Wales", "Kent"], "n": [6, 12, 2]})
    rows = labels.as_parts(tally, "region", "school")
    title = titles.say_most(rows)
    assert title == "Region with the most schools: Wales, 12 of the 20 schools"
    many = titles.say_most(labels.as_parts(tally.assign(n=tally["n"] * 200), "region", "school"))
    assert many == "Region with the most schools: Wales, 2,400 of the 4,000 schools"
    ax = plot_parts(rows, PRINTED, measure="Schools by region (inferred)", title=title)
    assert "Wales 12 of 20 London 6 of 20 Kent 2 of 20" in read(ax)
    assert boxes(ax, "base") == [(20, 460)] * 3  # a bar as long as its base would say all of it
    assert boxes(ax, "sure") == [(20, 284), (20, 152), (20, 64)]  # 440 times 12, 6 and 2 of 20
    assert "Schools by region (inferred), of 20 schools" in read(ax)


def test_how_wide_an_interval_could_be_is_said_with_what_is_assumed():
    """By hand: 0.067 is 2.6 times 0.026."""
    what_if = pd.DataFrame({"cv": [0, 0, 1, 1], "rho": [0, 0.1, 0, 0.1]})
    what_if = what_if.assign(width=[0.026, 0.05, 0.026, 0.067])
    row = made(counted("had heard of it", 142, 142, 1703, unit="parent"))
    assert words.plain(sentences.say_widened(what_if, row)) == (
        "8% of parents had heard of it: its interval could be up to 2.6 times as wide, if up to 10%"
        " of all differences lay between schools and the numbers answering at each varied by 100%"
        " of their mean."
    )
    assert not sentences.say_widened(what_if.iloc[:0], row)


@pytest.fixture(scope="module")
def benchmarks():
    years = ("2014", "2016-17", "2017-18", "2018-19", "2022-23", "2023-24", "2024-25")
    waves = [load_cohort(f"data/cec-compass-{year}") for year in years]
    return labels.name_rows(trend(waves), waves[-1])


def test_points_carry_value_and_base_and_the_line_breaks_where_no_wave_is(benchmarks):
    """Witness: the printed means, in two runs with nothing between 2018 and 2022."""
    rows = benchmarks[benchmarks["indicator"] == "benchmarks_met"]
    ax = plot_trend(rows, PRINTED)
    inner = ax.child_axes[0]
    runs = [list(line.get_xdata()) for line in inner.lines if line.get_gid() != "estimate"]
    assert runs == [[2014, 2016, 2017, 2018], [2022, 2023, 2024]]
    allowed = [line for line in inner.lines if line.get_gid() == "estimate"]
    assert [float(y) for y in allowed[3].get_ydata()] == [2.5, 3.5]  # "3" as it is printed
    assert [text.get_text() for text in inner.texts][-1] == "5.96"
    ticks = [tick.get_text() for tick in inner.get_xticklabels()]
    assert ticks[-1] == "2024–25\n4,863"  # a wave is of a school year, as its source calls it
    assert ticks[0] == "2014\nbase not\ngiven"
    title = "Schools and colleges say that they fully meet 5.96 of eight benchmarks on average"
    assert ax.get_label() == f"{title} (2024–25)"
    assert "of 2 waves the base is not given" in read(ax, "subtitle")
    of_eight = plot_trend(rows, labels.credit(load_cohort("data/cec-compass-2024-25")))
    assert list(of_eight.child_axes[0].get_yticks()) == [0, 8]  # as the codebook has it
    assert "No wave read here between 2018–19 and 2022–23" in read(ax, "notes")
    points = [line for line in inner.lines if line.get_gid() is None]
    assert {line.get_linestyle() for line in points} == {"None"}  # each wave is of other schools
    drawn = labels.credit(load_cohort("data/example-2026"))
    both = captions.joined(rows.assign(unit="school"), [drawn])
    assert (captions.joined(rows, [PRINTED]), both) == (False, True)


@BOTH
def test_conflicts_are_counted_each_kind_apart_and_one_without_counts_is_quoted(narrow):
    names = ["label", "verdict", "quote", "low", "high", "others_low", "others_high", "base_n"]
    told = {"reads": ["14 to 17 of 60, as read", "", "12 of 60, as read"]}
    told |= {"left": ["20 or more of 60", "", "0 to 6 of 60"], "others": ["R202", "", "R34"]}
    rows = pd.DataFrame(
        [
            ["did not use advisers", "contradiction", "“a quarter”", 14, 17, 20, 60, 60],
            ["observed", "contradiction", "“43” or “42”", None, None, None, None, None],
            ["met needs", "tension", "“only one in five”", 12, 12, 0, 6, 60],
        ],
        columns=names,
    ).assign(where="p19", alone=[False, True, False], widely=[False, False, True], **told)
    rows["given"] = [", if their terms mean the same", "", ""]
    ax = plot_clashes(rows, PRINTED, narrow=narrow)
    title = "1 set of figures cannot all be right; 2 more may clash"
    assert ax.get_label() == title
    assert len(boxes(ax, "own")) == len(boxes(ax, "others")) == 2
    assert "In doubt, unless words are read more widely: 1" in read(ax, "heading")
    assert "“43” or “42”" in read(ax)
    assert read(ax, "heading").startswith("Contradicted, if their terms mean the same: 1 No whole")
    assert "the others allow 20 or more of 60" in read(ax)
    assert (
        read(ax, "key")
        == "what the figure says what it could be if the others here are right its base"
    )
    assert "either side may be off" in read(ax, "subtitle")
    assert "No bar: a date or total" in read(ax, "notes")
    assert "the report prints figures that cannot all be true" in read(ax)
    own, left = boxes(ax, "own")[0], boxes(ax, "others")[0]
    assert own[1] < left[0]  # the gap between them is what clashes
    soft = plot_clashes(rows.iloc[1:].assign(verdict="tension"), PRINTED, narrow=narrow)
    assert soft.get_label() == "1 set of figures may clash"  # one is only no whole number
    quoted = plot_clashes(rows.iloc[[1]], PRINTED, narrow=narrow)
    assert "“43” or “42”" in read(quoted)
    assert not boxes(quoted, "own")
    assert not quoted.lines  # no grid and no ticks where nothing is drawn
    assert read(quoted, "key") == ""


GROUPS = ("sponsored", "converter", "maintained")


def by_group(label, everyone, shares, p=0.5, adjusted=1.0):
    tests = {"statistic": 3.4, "p_value": p, "p_adjusted": adjusted, "reason": ""}
    rows = [answered(label, everyone, 84, **tests)]
    for group, share in zip(GROUPS, shares, strict=True):
        rows.append(answered(label, share, 28, group=group, domain="school_type", **tests))
    return rows


@BOTH
def test_a_table_of_groups_marks_what_stands_out_and_says_how_surely(narrow):
    rows = made(
        *by_group("had a plan", 0.5, (0.4, 0.6, 0.5)),
        *by_group("worked well", 0.34, (0.17, 0.48, 0.25), p=0.03, adjusted=0.9),
    )
    ax = plot_groups([rows], INVENTED, narrow=narrow)
    title = "Schools: no clear difference by school type, allowing for 2 tests"
    assert ax.get_label() == title
    cells = [text.get_text() for text in ax.texts if text.get_gid() == "cell"]
    # The finding whose own p is least leads; that is no ground for a mark.
    assert cells == ["34%", "17%", "48%", "25%", "50%", "40%", "60%", "50%"]
    assert not ax.patches
    assert "◆" not in read(ax)
    assert "of 2 findings, none differs clearly" in read(ax)


def test_a_title_names_no_groups_by_which_most_findings_could_not_be_tested():
    """Of three findings by region two had too few: that none differs by it is nearly unknown."""
    rows = [row for word in "abc" for row in by_group(f"did {word}", 0.5, (0.4, 0.6, 0.5))]
    by_type = made(*rows)
    by_region = by_type.assign(domain=by_type["domain"].replace("school_type", "region"))
    by_region.loc[by_region["indicator"] != "did_a", ["p_value", "p_adjusted"]] = float("nan")
    ax = plot_groups([by_type, by_region], INVENTED)
    assert ax.get_label() == "Schools: no clear difference by school type, allowing for 4 tests"
    assert "2 of 3 findings could not be tested" in read(ax)


@BOTH
@pytest.mark.parametrize("base", [66, 17])
def test_a_mean_by_group_is_an_amount_and_no_test_of_it_is_missed(narrow, base):
    """As typed: 125 and 31,249; a test is missed of the share alone, and for its own reason."""
    rows = by_group("had a plan", 0.5, (0.4, 0.6, 0.5), p=float("nan"), adjusted=float("nan"))
    tested = by_group("worked well", 0.34, (0.17, 0.48, 0.25))
    means = by_group("minutes", 125.06, (106.2, 31249.0, 0.5), p=float("nan"))
    whole = made(*rows, *tested, *(one | {"measure": "mean", "count_low": None} for one in means))
    whole.loc[whole["indicator"] == "had_a_plan", "reason"] = "too few"
    whole["base_n"] = base
    ax = plot_groups([whole], INVENTED, narrow=narrow)
    assert {"125", "106", "31,249", "0.500"} <= set(read(ax, "cell").split())
    assert "of 66 schools 125" not in read(ax)
    assert (
        "1 of 2 findings could not be tested (too few); of the other, none differs clearly"
        in read(ax)
    )


def test_of_many_findings_by_group_only_those_whose_groups_differ_are_drawn():
    """None of a domain may: its heading says how many could not be tested, of how many."""
    plain = [row for word in "abcd" for row in by_group(f"did {word}", 0.5, (0.4, 0.6, 0.5))]
    apart = by_group("worked well", 0.34, (0.17, 0.48, 0.25), p=0.001, adjusted=0.01)
    one, other = made(*plain, *apart), made(*plain)
    other.loc[other["indicator"] == "did_a", ["p_value", "p_adjusted"]] = float("nan")
    ax = plot_groups([one, other.replace({"school_type": "region"})], INVENTED)
    assert read(ax, "cell").split() == ["34%", "17%", "48%", "25%"]
    assert "of 5 findings, 1 differs clearly" in read(ax)
    said = "1 of 4 findings could not be tested; of the other 3, none differs clearly"
    assert said in read(ax)
    alike = plot_groups([made(*plain, *apart).assign(p_adjusted=0.9)], INVENTED)
    assert not read(alike, "cell")  # where none differs a sentence says so, and the table is below
    assert "of 5 findings, none differs clearly" in read(alike)


@BOTH
def test_groups_whose_names_have_no_room_side_by_side_stand_below_each_other(narrow):
    """Eleven groups on a desk leave 63 pixels each, too few for a long word; a phone less."""
    tests = {"statistic": 3.4, "p_value": 0.001, "p_adjusted": 0.01, "reason": "", "unit": "plan"}
    flags = {"flag": "[u]", "flag_reason": "few"}
    rows = [answered("worked well", 0.5, 300, **tests, flag="", flag_reason="")]
    for number in range(10):
        of = {"group": f"northumberland_{number}", "domain": "region", **tests, **flags}
        rows.append(answered("worked well", 0.2 + number / 20, 28, **of))
    ax = plot_groups([made(*rows)], INVENTED, narrow=narrow)
    last = (8, 9) if narrow else (7, 8, 9)
    names = " ".join(f"Northumberland {number}" for number in last)
    cells = " ".join(f"{20 + 5 * number}% [u]" for number in last)
    line = f"{' 28' * len(last)} ◆ worked well 50% {cells}"
    assert f"All {names} Number of plans 300{line}" in read(ax)
    assert not any(text.get_rotation() for text in ax.texts)
    many = plot_groups([made(*rows).replace({28: 1_234_567})], INVENTED, narrow=narrow)
    many.figure.draw_without_rendering()
    assert max(text.get_window_extent().x1 for text in many.texts) <= many.figure.bbox.x1
    few = made(*rows).replace(r"northumberland_(\d)", r"\1", regex=True)
    said = read(plot_groups([few], INVENTED))
    assert "All 0 1 2 3 4 5 6 7 8 9 Number of plans 300 28 28" in said


def test_a_clear_difference_is_the_title_with_both_groups():
    rows = made(*by_group("worked well", 0.34, (0.17, 0.48, 0.25), p=0.001, adjusted=0.01))
    ax = plot_groups([rows], INVENTED)
    assert ax.get_label() == "48% of schools (converter) against 17% (sponsored) worked well"
    bold = {text.get_text() for text in ax.texts if text.get_weight() == "bold"}
    assert {"48%", "17%"} < bold
    assert "25%" not in bold
    assert len(boxes(ax, "apart")) == 2
    assert read(ax, "key") == "the two groups furthest apart, of what differs clearly"
    assert "◆ differs clearly, all tests on this page allowed for." in read(ax, "notes")
    assert "of 1 finding, 1 differs clearly" in read(ax)


def test_the_answers_of_one_question_are_one_finding_in_the_title():
    clear = {"p": 0.001, "adjusted": 0.01}
    rows = [
        *by_group("went to college", 0.5, (0.4, 0.6, 0.5), **clear),
        *by_group("went to work", 0.5, (0.6, 0.4, 0.5), **clear),
    ]
    ways = ["college"] * 4 + ["work"] * 4
    table = made(
        *[row | {"indicator": "way", "category": way} for row, way in zip(rows, ways, strict=True)]
    )
    ax = plot_groups([table], INVENTED)
    assert "of 1 finding, 1 differs clearly" in read(ax)


def of_one_question(**shares):
    """Three answers of one question by school type, with one test: each answer's three shares."""
    rows = []
    for answer, values in shares.items():
        own = by_group(answer, 0.3, values, p=0.0001, adjusted=0.001)
        rows += [row | {"indicator": "way", "category": answer, "question": "Ways"} for row in own]
    return made(*rows)


def test_a_test_of_a_whole_question_marks_the_question_and_no_answer_that_is_not_clear():
    """8% beside 7% is no clear difference, whatever the other answers of the question do."""
    table = of_one_question(
        college=(0.20, 0.75, 0.50), work=(0.08, 0.07, 0.08), neither=(0.05, 0.04, 0.05)
    )
    ax = plot_groups([table], INVENTED)
    assert read(ax, "question") == "◆ Ways: its answers, tested together"
    assert "◆" not in read(ax, "cell")
    assert len(boxes(ax, "apart")) == 2  # 75% and 20% of college, whose intervals do not meet
    assert "75% of schools (converter) against 20% (sponsored) college" in ax.get_label()


def test_units_stand_apart_under_one_domain():
    rows = made(*by_group("worked well", 0.34, (0.17, 0.48, 0.25)))
    both = pd.concat([rows, rows.assign(unit="student", base_n=93)])
    ax = plot_groups([both], INVENTED)
    assert read(ax, "heading") == "By school type"
    for told in ("Number of schools 84 28 28 28", "Number of students 93 93 93 93"):
        whom = told.split(" ")[2]  # each line has its subject
        assert f"All Sponsored Converter Maintained {told} {whom} worked well" in read(ax)
    assert "too few to be shown" not in read(ax, "notes")


def test_a_group_that_may_not_be_shown_keeps_its_place():
    rows = made(*by_group("worked well", 0.34, (0.17, 0.48, 0.25)))
    blank = rows["group"].eq("sponsored")
    names = ["estimate", "estimate_low", "estimate_high", "conf_low", "conf_high"]
    rows.loc[blank, names] = float("nan")
    rows.loc[blank, "shown"] = False
    ax = plot_groups([rows], INVENTED)
    assert read(ax, "cell") == "34% – 48% 25%"
    assert "–: too few to be shown" in read(ax, "notes")


@BOTH
def test_what_is_to_be_read_with_care_is_marked_in_words_and_fades(narrow):
    rows = made(*by_group("worked well", 0.34, (0.17, 0.48, 0.25), p=0.03, adjusted=0.9))
    rows = rows.assign(flag=["", "[u]", "", "[u]"])
    ax = plot_groups([rows], INVENTED, narrow=narrow)
    cells = read(ax, "cell").replace("\xa0", " ")
    assert cells == "34% 17% [u] 48% 25% [u]"
    faded = [text.get_color() == style.QUIET for text in ax.texts if text.get_gid() == "cell"]
    assert faded == [False, True, False, True]
    assert "[u]: estimate of low reliability: read with care." in read(ax, "notes")
    assert "Sponsored 17% of 28 [u]" in style.heard(ax)
    assert "[u]" not in read(plot_groups([rows.assign(flag="")], INVENTED, narrow=narrow))


def test_each_group_and_everyone_says_of_how_many():
    """Two findings of one group may have had different numbers of answers."""
    rows = made(*by_group("worked well", 0.34, (0.17, 0.48, 0.25)))
    fewer = rows.assign(indicator="plan", base_n=rows["base_n"] - 2)
    said = read(plot_groups([pd.concat([rows, fewer])], INVENTED)).replace("\xa0", " ")
    assert "Number of schools 82–84 26–28 26–28 26–28" in said


def test_group_by_group_each_finding_has_everyone_first_and_its_intervals():
    rows = made(*by_group("worked well", 0.34, (0.17, 0.48, 0.25)))
    listed = breakdowns.list_groups(rows)
    told = ["finding", "group", "share", "counted", "interval"]
    assert listed[told].iloc[:2].to_dict("records") == [
        {
            "finding": "worked well",
            "group": "Everyone",
            "share": "34% of 84",
            "counted": "29",
            "interval": "24% to 44%",
        },
        {
            "finding": "worked well",
            "group": "Sponsored",
            "share": "17% of 28",
            "counted": "5",
            "interval": "7% to 27%",
        },
    ]


def test_marks_of_findings_stay_between_nought_and_all():
    rows = made(counted("all did", 60, 60, 60), counted("none did", 0, 0, 60))
    ax = plot_findings(rows, PRINTED)
    ends = [end for name in ("band",) for pair in boxes(ax, name) for end in pair]
    assert 0 < min(ends) < max(ends) < style.DESK


def test_what_reads_alike_has_no_tile_nor_a_group_that_was_left_out_of_the_test():
    """A test of all answers may find a difference where one answer's shares read alike."""
    clear = {"p_value": 0.001, "p_adjusted": 0.01}
    alike = made(*by_group("left", 0.08, (0.081, 0.084, 0.079))).assign(**clear)
    apart = made(*by_group("left", 0.34, (0.17, 0.48, 0.25))).assign(**clear)
    tiles = [len(boxes(plot_groups([rows], INVENTED), "apart")) for rows in (alike, apart)]
    assert tiles == [0, 2]
    ax = plot_groups([apart.assign(left_out="converter")], INVENTED)
    ends = boxes(ax, "apart")
    assert len(ends) == 2
    ((left, _),) = boxes(ax, "untested")  # 48%, which would be the greatest
    assert left not in [end for end, _ in ends]
    assert read(ax, "key") == (
        "the two groups furthest apart, of what differs clearly left out of the test: too few"
    )


def test_steps_of_answers_say_who_fell_out_each_first_base_and_what_is_unsure():
    """Witness: the example, where 299 had heard of the helpline and 288 of these answered on."""
    parents = {"unit": "parent"}
    asked = ["helpline_heard", "helpline_used", "website_heard"]
    heard, used, knew = ({"indicator": name, **parents} for name in asked)
    rows = made(
        answered("heard of it", 0.14, 2235, **heard) | {"count_low": 299, "count_high": 299},
        answered("used it", 0.06, 288, **used, asked_of=299, flag="[u]", flag_reason="few"),
        answered("knew the site", 0.30, 2255, **knew),
    )
    chains = {"Helpline": ["helpline_heard=yes", "helpline_used=yes"], "Website": [asked[2]]}
    about = replace(INVENTED, cohort=load_cohort("example-2026"))
    vars(about)["took_part"] = {}
    ax = plot_steps(rows, about, chains=chains)
    said = read(ax)
    assert "of 288 parents (11 more did not answer)" in said
    assert "6% [u]" in said
    assert "2,255 parents, or some of them" in said
    assert ax.get_label() == "14% of parents heard of it"
    assert "[u]: estimate of low reliability: read with care (few)." in said


def test_a_part_that_is_to_be_read_with_care_is_marked_and_its_line_is_as_dark_as_its_sample():
    """Schools of the invention were drawn by chance, its parents were not."""
    flag = {"flag": "[u]", "flag_reason": "fewer than 30 answered"}
    rows = made(answered("had one", 0.5, **flag), answered("had none", 0.4, unit="parent", flag=""))
    invited = replace(INVENTED)
    vars(invited)["took_part"] = {"parent": (25, 100), "school": (84, 112)}
    ax = plot_parts(rows, invited, measure="Schools")
    part = "84 of 112 invited schools (75%) and 25 of 100 invited parents (25%) took part"
    assert part in read(ax, "subtitle")
    assert "50% [u]" in read(ax)
    assert "40% [u]" not in read(ax)
    assert "[u]: estimate of low reliability: read with care (fewer than 30 answered)." in read(
        ax, "notes"
    )
    schools = "95% interval of schools, as if chance alone chose who answered"
    assert f"{schools} 95% interval of parents, as if drawn at random" in read(ax, "key")
    assert "The interval of parents is as if drawn at random" in read(ax, "notes")
    inks = [line.get_color() for line in ax.lines if line.get_gid() == "interval"]
    assert inks == [style.INK, style.THIN]
    ticks = [box.get_facecolor() for box in ax.patches if box.get_gid() == "band"]
    assert ticks == [to_rgba(style.THIN), to_rgba(style.GOOD)]  # [u] fades, and its number with it
    assert [t.get_weight() for t in ax.texts if t.get_gid() == "number"] == ["normal", "bold"]
    assert read(ax, "key").startswith("the share, by weight")
    even = rows.assign(count_low=rows["estimate"] * rows["base_n"])
    assert "weighted" not in read(plot_parts(even, INVENTED, measure="Schools"))


@BOTH
def test_what_those_who_did_not_answer_could_change_says_of_whom_it_is(narrow):
    """By hand: of 25%, 14% are 3.5% of all, and with the other 75% that is 78.5%: 4% and 79%."""
    ends = {"least": 0.035, "greatest": 0.785, "took_part": 0.25}
    row = made(answered("had heard", 0.14, unit="parent")).assign(**ends)
    assert sentences.could_be(row.iloc[0]) == "4% to 79%"
    unknown = row.assign(took_part=float("nan")).iloc[0]
    assert sentences.could_be(unknown) == "4% to 79% of those who took part"
    assert "all invited: 4%–79%" in read(plot_findings(row, INVENTED, narrow=narrow))


def test_a_row_without_the_box_of_all_invited_says_why_and_how_many_of_its_own_did_not_answer():
    """By hand: 79 of 83 had data; of these 72 answered on them, so that 7 did not."""
    survey = load_cohort("example-2026")
    asked = ["destination_data_held", "destination_data_analysed", "high_expectations"]
    found = labels.label(published.estimate(survey, indicators=asked), survey)
    rows, about = labels.findings(found, *(f"{name}=yes" for name in asked)), labels.credit(survey)
    had, deep, students = (rows[rows["indicator"] == name] for name in asked)
    for told, why in (
        (had, ""),
        (pd.concat([had, deep]), "where a question was not for all who were invited."),
        (pd.concat([had, students]), "where it is not known how many were invited."),
        (students, "What those who did not answer could change is not drawn where it is not known"),
    ):
        ax = plot_findings(told, about)
        partly = "No pale band, though it may be as wide, where" in read(ax, "notes")
        assert partly == (bool(why) and told is not students)
        assert ("A band leaves out chance" in read(ax, "notes")) == (told is not students)
        assert why in read(ax, "notes")
        assert ("of 72 (7 more did not answer)" in read(ax)) == ("not for all" in why)


def test_groups_say_that_what_those_who_did_not_answer_could_change_is_not_drawn_of_them():
    """The example knows of all 112 invited schools, but of no group how many were invited."""
    survey = load_cohort("example-2026")
    by_type = published.estimate(survey, indicators=["destination_data_held"], by=["school_type"])
    found = labels.one_side(labels.label(by_type, survey))
    groups = labels.named_by(found[found["domain"] == "school_type"], "group")
    ax = plot_parts(groups, labels.credit(survey), measure="Schools that had data")
    assert "could change is not drawn of groups." in read(ax, "notes")


def test_of_more_rows_than_have_room_the_most_telling_are_drawn_and_the_rest_counted():
    rows = [answered(f"did {number}.", number / 100, 84, side="") for number in range(1, 43)]
    ax = plot_findings(made(*rows), PRINTED)
    assert "40 of 42; all are in the table." in read(ax, "most")
    assert len(boxes(ax, "band")) == 40
    # 1% is the furthest from half, and leads; then 42% and so on down to 4%.
    assert [f"did {number}." in read(ax) for number in (1, 42, 4, 3, 2)] == [1, 1, 1, 0, 0]


def test_what_has_no_number_has_no_grid_and_a_number_that_is_worked_out_says_from_what():
    rows = made(
        counted("mixed", 34, 37, 60, wording="the other", form="words", base_from="implied"),
        counted("had one", 40, 40, 60, wording="40", form="count", base_from="implied"),
        counted("found it useful", 1, 2, 4) | dict.fromkeys(["estimate_low", "estimate_high"]),
    )
    ax = plot_findings(rows, PRINTED)
    for said in ("“the other” schools 34–37 of 60, as read, base implied", "“40” 40 of 60, base"):
        assert said in read(ax)
    assert len([line for line in ax.lines if line.get_gid() is None]) == 2 * 3  # two rows' grid


def test_the_card_of_each_figure_is_told_in_one_line_whatever_their_number():
    row = counted("had one", 40, 40, 60)
    hard, soft = {"clash": "43 and 40"}, {"clash": "33 at most, and 34"}
    told = [Doubt("contradicted", "C10", "p61", hard), Doubt("in doubt", "C5", "p4", soft)]
    ax = plot_findings(made(row | {"doubts": told}), PRINTED)
    assert "C5: 33 at most, and 34. C10: 43 and 40." in read(ax, "notes")
    numbers = [text.get_text() for text in ax.texts if "C10" in text.get_text()]
    assert numbers[0].endswith("contradicted: C10;")  # a card stands with its word


def test_of_two_parts_that_chance_could_exchange_neither_leads_the_title():
    """By hand: 44% and 43%, each in both intervals of a tenth either way; 44% and 20% not."""
    asked = {"indicator": "left_for", "base_n": 84, "unit": "student"}
    parts = [answered("went to a college", 0.44, category="fe_college", **asked)]
    parts += [answered("stayed on", 0.43, category="sixth_form", **asked)]
    parts += [answered("took up work", 0.2, category="work", **asked)]
    near, apart = (
        plot_parts(made(*rows), INVENTED, measure="After school").get_label()
        for rows in (parts, parts[::2])
    )
    assert near == "44% of students went to a college; sixth form: 43%"
    assert apart == "44% of students went to a college"


def test_parts_of_a_whole_are_said_in_the_title_as_their_bars_are():
    """Witness: 17 of 79 are 21.5% by weight; a title of "17" stood over a bar of 22%."""
    of = {"indicator": "judged", "base_n": 79}
    told = {"Outstanding": (17, 0.215), "Good": (42, 0.532), "Satisfactory": (20, 0.253)}
    parts = [
        answered(name, share, **of, count_low=count, count_high=count)
        for name, (count, share) in told.items()
    ]
    ax = plot_parts(made(*parts), INVENTED, measure="Grades")
    title = "Of 79 schools: 22% outstanding, 53% good, 25% satisfactory"
    assert ax.get_label() == title
    assert "22% of 79" in read(ax)
    printed = made(counted("Outstanding", 23, 23, 60), counted("Good", 37, 37, 60))
    title = "Of 60 schools: 23 outstanding, 37 good"
    assert plot_parts(printed, PRINTED, measure="Grades").get_label() == title


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        ("mean", ["−2.50", "0.750", "−4 to −1"]),
        ("share", ["−3", "1.2 points", "−5 to 0"]),
    ],
)
def test_a_difference_of_means_is_in_their_unit_and_never_in_points(measure, said):
    number = {"mean": (-2.5, 0.75, -4.0, -1.0), "share": (-0.03, 0.012, -0.05, 0.0)}[measure]
    row = dict(zip(("estimate", "std_error", "conf_low", "conf_high"), number, strict=True))
    row |= {"measure": measure, "form": "", "label": "visits", "domain": "kind", "group": "a"}
    row |= {"against": "b", "p_value": 0.01, "base_n": 20, "base_against": 30, "shown": True}
    (listed,) = breakdowns.list_differences(pd.DataFrame([row])).to_dict("records")
    assert [listed[name] for name in ("difference", "standard error", "interval")] == said


def test_of_those_who_are_known_not_to_be_drawn_it_is_said_that_they_were_not():
    picked = replace(PRINTED, selection={"student": "selected"})
    assert "of students is as if drawn at random, which they were not" in titles.as_if(
        ["student"], picked
    )
    told = titles.as_if(["student", "school"], picked)
    assert told.startswith(
        "The interval of schools is as if drawn at random, which they are not known to be; that of"
        " students is as if drawn at random, which they were not: it may"
    )
