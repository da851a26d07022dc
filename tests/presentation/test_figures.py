import matplotlib
import pandas as pd
import pytest
from made import INVENTED, PRINTED, counted, hidden, made

from careersurvey.presentation import labels, style
from careersurvey.presentation.figures_bars import plot_counts, plot_diverging, plot_parts
from careersurvey.presentation.figures_dots import plot_findings, plot_widened
from careersurvey.presentation.figures_funnels import plot_funnels
from careersurvey.presentation.figures_lines import plot_clustering
from careersurvey.presentation.figures_ranks import plot_ranking
from careersurvey.presentation.figures_tiles import REGIONS, plot_regions
from careersurvey.presentation.style import drawn_words


def _ticks(ax):
    return [" ".join(tick.get_text().split()) for tick in ax.get_yticklabels()]


def _spans(ax, name):
    """Ends of the bars whose id begins with the name."""
    bars = [patch for patch in ax.patches if (patch.get_gid() or "").startswith(name)]
    return [
        tuple(sorted((round(bar.get_x(), 6), round(bar.get_x() + bar.get_width(), 6))))
        for bar in bars
    ]


def _lines(ax, name):
    lines = [line for line in ax.lines if (line.get_gid() or "").startswith(name)]
    return [tuple(round(float(x), 6) for x in line.get_xdata()) for line in lines]


def _values(ax):
    return [text.get_text() for text in ax.texts]


@pytest.fixture
def findings():
    return made(
        counted("Well developed", 12, 12, 60),
        counted("External award", 15, 18, 60),
        hidden("Too few to show"),
    )


def test_wording_is_thick_sampling_is_thin_and_the_dot_is_the_estimate(findings):
    ax = plot_findings(findings, PRINTED)
    assert _spans(ax, "wording") == [(0.25, 0.3)]
    assert _lines(ax, "interval") == [(0.1, 0.3), (0.15, 0.4)]
    assert _lines(ax, "dot") == [(0.2,)]


def test_hidden_finding_keeps_its_line_and_has_no_mark(findings):
    ax = plot_findings(findings, PRINTED)
    assert _ticks(ax) == [
        "Well developed: “12 of 60”",
        "External award: “15 of 60”",
        "Too few to show",
    ]
    assert _values(ax) == ["12 of 60", "15 to 18 of 60", "not shown"]
    assert len(_spans(ax, "track")) == 3


def test_title_of_findings_follows_the_data(findings):
    more = pd.concat([findings, made(counted("Clear strategy", 40, 44, 60))])
    worse = more.assign(estimate_low=[0.1, 0.2, None, 0.3], estimate_high=[0.1, 0.3, None, 0.6])
    assert drawn_words(plot_findings(worse, PRINTED), "title") == (
        "Fewer than half of the schools did well on 2 of 3 findings"
    )
    better = more.assign(estimate_low=0.8, estimate_high=0.9)
    assert drawn_words(plot_findings(better, PRINTED), "title") == (
        "More than half of the schools did well on 3 of 3 findings"
    )


def test_title_of_few_findings_says_the_first(findings):
    assert drawn_words(plot_findings(findings, PRINTED), "title") == "Well developed: 12 of 60"
    fewer = findings.assign(count_low=7, count_high=7)
    assert drawn_words(plot_findings(fewer, PRINTED), "title") == "Well developed: 7 of 60"


def test_a_finding_printed_the_wrong_way_round_counts_against():
    failing = [counted(f"Working well {i}", 46, 46, 60, category="no") for i in range(2)]
    ax = plot_findings(made(*failing, counted("Award", 12, 12, 60)), PRINTED)
    assert drawn_words(ax, "title") == "Fewer than half of the schools did well on 3 of 3 findings"
    dots = [line for line in ax.lines if (line.get_gid() or "").startswith("dot")]
    assert [dot.get_color() for dot in dots] == [style.ORANGE_TEXT, style.ORANGE_TEXT, style.NAVY]
    assert "Orange: an answer that is not the better one." in drawn_words(ax, "notes")


def test_findings_say_measure_base_place_and_date(findings):
    same_base = findings.iloc[:2]
    ax = plot_findings(same_base, PRINTED)
    assert drawn_words(ax, "subtitle") == "Share of 60 schools. England, December 2012."


def test_notes_name_the_paragraphs_and_the_caution(findings):
    notes = drawn_words(plot_findings(findings, PRINTED), "notes")
    assert "Not a probability sample." in notes
    assert notes.endswith("Source: Ofsted, A report, paragraph 12.")


def test_invented_data_say_so():
    respondents = counted("Helped", 40, 40, 80, evidence="respondents", where="")
    notes = drawn_words(plot_findings(made(respondents), INVENTED), "notes")
    assert notes.endswith("Synthetic data: Nobody, An invention.")


def test_respondents_have_a_dot_and_an_interval_and_no_bar():
    ax = plot_findings(made(counted("Helped", 40, 40, 80, evidence="respondents")), PRINTED)
    assert _spans(ax, "wording") == []
    assert _lines(ax, "dot") == [(0.5,)]
    assert _values(ax) == ["50% of 80"]


def test_wider_readings_are_drawn_behind_and_counted():
    declared = made(
        counted("Award", 15, 18, 60, statements="R1"), counted("Seven", 7, 7, 60, statements="R2")
    )
    wide = made(
        counted("Award", 12, 21, 60, statements="R1"), counted("Seven", 7, 7, 60, statements="R2")
    )
    ax = plot_widened(declared, PRINTED, wide=wide)
    assert drawn_words(ax, "title") == "Wider readings move 1 of 2 findings"
    assert _spans(ax, "wide")[0] == (0.2, 0.35)
    assert _spans(ax, "declared")[0] == (0.25, 0.3)


@pytest.fixture
def sixth_forms():
    return made(
        counted("Sponsored", 9, 9, 9),
        counted("Converter", 18, 18, 27),
        counted("Maintained", 8, 8, 24),
    )


def test_parts_fill_their_base(sixth_forms):
    ax = plot_parts(sixth_forms, PRINTED, measure="Schools with a sixth form")
    assert _spans(ax, "base") == [(0, 9), (0, 27), (0, 24)]
    assert _spans(ax, "bar") == [(0, 9), (0, 18), (0, 8)]
    assert _values(ax) == ["9 of 9", "18 of 27", "8 of 24"]


def test_title_of_parts_follows_the_data(sixth_forms):
    words = {"measure": "Schools with a sixth form", "said": "with a sixth form"}
    ax = plot_parts(sixth_forms, PRINTED, **words)
    title = "Sponsored: 9 of 9 with a sixth form; Maintained: 8 of 24"
    assert drawn_words(ax, "title") == title
    fewer = sixth_forms.assign(
        count_low=[1, 18, 8], count_high=[1, 18, 8], estimate_low=[1 / 9, 2 / 3, 1 / 3]
    ).assign(estimate_high=[1 / 9, 2 / 3, 1 / 3])
    ax = plot_parts(fewer, PRINTED, **words)
    title = "Converter: 18 of 27 with a sixth form; Sponsored: 1 of 9"
    assert drawn_words(ax, "title") == title


def test_parts_of_answers_are_drawn_as_shares_with_their_intervals(sixth_forms):
    answered = sixth_forms.assign(evidence="respondents", estimate=[0.9, 0.5, 0.4])
    ax = plot_parts(answered, PRINTED, measure="Schools with a sixth form")
    assert _lines(ax, "dot") == [(0.9,), (0.5,), (0.4,)]
    assert len(_lines(ax, "interval")) == 3
    assert _values(ax) == ["90% of 9", "50% of 27", "40% of 24"]
    assert drawn_words(ax, "subtitle").startswith("Schools with a sixth form.")


def test_counts_left_open_by_the_wording_are_hatched_beyond_the_least():
    ax = plot_parts(made(counted("Award", 14, 17, 60)), PRINTED, measure="Schools")
    assert _spans(ax, "bar") == [(0, 14)]
    assert _spans(ax, "open") == [(14, 17)]
    assert "Hatched" in drawn_words(ax, "notes")


def test_parts_can_be_given_a_title():
    held = pd.DataFrame({"standing": ["stated", "in conflict", "stated", "stated"]})
    ax = plot_parts(labels.from_standings(held), PRINTED, measure="What bears", title="One is")
    assert drawn_words(ax, "title") == "One is"
    assert drawn_words(ax, "subtitle").startswith("What bears, of 4 printed figures.")


def test_counts_run_from_the_greatest_down_and_the_title_names_them():
    rows = made(counted("Governors", 43, 43, 60), counted("Students", 1082, 1082, 2000))
    ax = plot_counts(rows, PRINTED, measure="People met")
    assert _ticks(ax) == ["Students", "Governors"]
    assert drawn_words(ax, "title") == "From 1,082 students to 43 governors"
    assert _values(ax) == ["1,082", "43"]


def test_title_of_one_count_printed_at_several_places_says_each():
    places = [("Key finding 9", 43), ("Paragraph 28", 42), ("Notes, paragraph 2", 42)]
    rows = made(*[counted(place, n, n, 60) for place, n in places])
    ax = plot_counts(rows, PRINTED, measure="Interviews", said="interviews")
    assert drawn_words(ax, "title") == (
        "Interviews: 43 in key finding 9; 42 in paragraph 28 and notes, paragraph 2"
    )
    agreed = rows.assign(count_low=42, count_high=42).iloc[:2]
    ax = plot_counts(agreed, PRINTED, measure="Interviews", said="interviews")
    assert drawn_words(ax, "title") == "Interviews: 42 in key finding 9 and paragraph 28"


@pytest.fixture
def views():
    helped = {"indicator": "pre", "question": "Helped before 16"}
    return made(
        counted("Helped", 62, 66, 100, **helped),
        counted("Not helped", 20, 20, 100, category="no", **helped),
        counted("Between", 14, 18, 100, category="neither", **helped),
    )


def test_views_for_go_right_and_views_against_go_left(views):
    ax = plot_diverging(views, PRINTED, good=("pre=yes",), bad=("pre=no",))
    assert _spans(ax, "bar-pre-yes") == [(0, 0.62)]
    assert _spans(ax, "open-pre-yes") == [(0.62, 0.66)]
    assert _spans(ax, "bar-pre-no") == [(-0.2, 0)]
    assert _lines(ax, "interval-pre-no") == [(-0.1, -0.3)]
    assert _ticks(ax) == ["Helped before 16"]


def test_views_between_are_not_drawn(views):
    ax = plot_diverging(views, PRINTED, good=("pre=yes",), bad=("pre=no",))
    assert _spans(ax, "bar-pre-neither") == []


def test_a_side_without_answers_is_not_explained(views):
    ax = plot_diverging(views, PRINTED, good=("pre=yes",), bad=())
    assert "Left" not in drawn_words(ax, "notes")


def test_title_of_views_follows_the_data(views):
    chosen = {"good": ("pre=yes",), "bad": ("pre=no",)}
    assert drawn_words(plot_diverging(views, PRINTED, **chosen), "title") == (
        "Helped before 16: 62% to 66% yes, 20% no"
    )
    same = views.assign(estimate_low=0.5, estimate_high=0.5)
    assert drawn_words(plot_diverging(same, PRINTED, **chosen), "title") == (
        "Helped before 16: 50% yes, 50% no"
    )


def test_shares_to_the_left_are_positive_to_the_reader(views):
    ax = plot_diverging(views, PRINTED, good=("pre=yes",), bad=("pre=no",))
    assert all("-" not in tick.get_text() for tick in ax.get_xticklabels())


def _region_counts(**counts):
    return pd.DataFrame({"region": list(counts), "n": list(counts.values()), "where": "annex"})


def test_every_region_has_its_tile_with_its_count():
    counts = _region_counts(**{name: n for n, name in enumerate(REGIONS, start=3)})
    ax = plot_regions(counts, PRINTED)
    assert len(ax.patches) == 8
    texts = [" ".join(text.get_text().split()) for text in ax.texts]
    assert dict(zip(texts[1::2], texts[::2], strict=True)) == {
        name: str(n) for n, name in enumerate(REGIONS, start=3)
    }


def test_no_two_regions_share_a_place():
    assert len(set(REGIONS.values())) == 8


def test_title_of_the_map_follows_the_data():
    few = plot_regions(_region_counts(**{"London": 2, "South East": 5}), PRINTED)
    assert drawn_words(few, "title") == "South East had most: 5 of 7 schools"
    many = plot_regions(_region_counts(**{"London": 9, "South East": 5}), PRINTED)
    assert drawn_words(many, "title") == "London had most: 9 of 14 schools"


def test_a_region_that_ofsted_did_not_have_gets_a_tile_below():
    ax = plot_regions(_region_counts(**{"London": 2, "Wales": 5}), PRINTED)
    tops = [patch.get_y() for patch in ax.patches]
    assert tops[1] > tops[0]


@pytest.fixture
def services():
    parent = {"unit": "parent", "category": "yes"}
    unknown = {"base_n": None, "estimate_low": None, "estimate_high": None}
    return made(
        counted("Had heard of it", 142, 142, 1703, indicator="heard", **parent),
        counted("Had used it", 10, 10, 142, indicator="used", **parent) | unknown,
        counted("Found it useful", 6, 6, 10, indicator="useful", **parent),
    )


def test_funnel_goes_from_those_asked_to_those_served(services):
    chain = {"Helpline": ["heard=yes", "used=yes", "useful=yes"]}
    ax = plot_funnels(services, PRINTED, chains=chain)
    assert _spans(ax, "bar") == [(0, 1703), (0, 142), (0, 10), (0, 6)]
    assert _ticks(ax) == [
        "Answered the question",
        "Had heard of it",
        "Had used it",
        "Found it useful",
    ]
    assert _values(ax) == ["Helpline", "1,703", "142 of 1,703", "10", "6 of 10"]


def test_title_of_the_funnel_follows_the_data(services):
    chain = {"Helpline": ["heard=yes", "used=yes", "useful=yes"]}
    assert drawn_words(plot_funnels(services, PRINTED, chains=chain), "title") == (
        "Helpline: 6 found it useful, of 1,703 parents"
    )
    more = services.assign(count_low=[142, 10, 9], count_high=[142, 10, 9])
    assert drawn_words(plot_funnels(more, PRINTED, chains=chain), "title") == (
        "Helpline: 9 found it useful, of 1,703 parents"
    )


def test_a_funnel_of_answers_counts_people_where_shares_are_weighted(services):
    answered = services.assign(evidence="respondents", estimate=0.5)
    chain = {"Helpline": ["heard=yes", "useful=yes"]}
    ax = plot_funnels(answered, PRINTED, chains=chain)
    assert _values(ax) == ["Helpline", "1,703", "142 of 1,703", "6 of 10"]


def test_a_step_that_the_cohort_lacks_is_left_out_of_the_funnel(services):
    chain = {"Helpline": ["heard=yes", "useful=yes"], "Website": ["web=yes"]}
    ax = plot_funnels(services.iloc[[0, 2]], PRINTED, chains=chain)
    assert "Website" not in _values(ax)


def test_a_ranking_draws_only_the_order():
    rows = made(counted("Visits", 1, 1, 2), counted("Interviews", 1, 1, 2)).assign(rank=[2, 1])
    ax = plot_ranking(rows, PRINTED, measure="What students valued")
    assert _ticks(ax) == ["Interviews", "Visits"]
    assert _values(ax) == ["1", "2"]
    assert drawn_words(ax, "title") == "First of 2: Interviews"
    assert "Only the order is printed" in drawn_words(ax, "notes")


def test_lines_of_the_what_if_are_named_at_their_ends():
    rows = [
        {"rho": rho, "cv": cv, "deff": 1 + 20 * rho * (1 + cv), "width": 0.05 * (1 + rho)}
        for cv in (0, 1)
        for rho in (0, 0.1)
    ]
    finding = made(counted("Helped", 60, 60, 100))
    ax = plot_clustering(pd.DataFrame(rows), PRINTED, finding=finding)
    assert _values(ax) == ["cv 0: deff 3.0", "cv 1: deff 5.0"]
    assert drawn_words(ax, "title") == (
        "Alike answers within schools would widen the interval up to 1.1 times"
    )


@pytest.mark.parametrize(
    "draw",
    [
        lambda rows: plot_findings(rows, PRINTED),
        lambda rows: plot_parts(rows, PRINTED, measure="Schools"),
        lambda rows: plot_counts(rows, PRINTED, measure="Schools"),
        lambda rows: plot_ranking(rows.assign(rank=[1, 2]), PRINTED, measure="Schools"),
    ],
)
def test_drawing_leaves_the_estimates_and_the_settings_alone(draw):
    rows = made(counted("Award", 14, 17, 60), counted("Strategy", 12, 12, 60))
    before, settings = rows.copy(), dict(matplotlib.rcParams)
    ax = draw(rows)
    pd.testing.assert_frame_equal(rows, before)
    assert dict(matplotlib.rcParams) == settings
    assert len(drawn_words(ax, "title").split()) <= 15


def test_no_word_is_cut_at_the_edge_of_the_page():
    long = "A finding whose name is long enough to need a second line on a page of this width, yes"
    ax = plot_findings(made(counted(long, 14, 17, 60), hidden("Hidden")), PRINTED)
    figure = ax.figure
    figure.draw_without_rendering()
    texts = [*figure.texts, *ax.texts, *ax.get_yticklabels(), *ax.get_xticklabels()]
    boxes = [text.get_window_extent() for text in texts if text.get_text()]
    assert min(box.x0 for box in boxes) >= 0
    assert max(box.x1 for box in boxes) <= figure.bbox.x1
