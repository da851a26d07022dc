import matplotlib
import pandas as pd
import pytest
from made import PRINTED, counted, made

from careersurvey.inference.record.audit import clashing_rows
from careersurvey.presentation import style
from careersurvey.presentation.figures_bounds import as_rows, plot_bounds, plot_clashes


def spans(ax):
    """Ends of the bars on the scale, without the pale tracks behind them."""
    bars = [bar for bar in ax.patches if bar.get_width() < 0.999]
    return [(round(bar.get_x(), 3), round(bar.get_x() + bar.get_width(), 3)) for bar in bars]


def ticks(ax):
    return [" ".join(tick.get_text().split()) for tick in ax.get_yticklabels()]


@pytest.fixture
def bounds():
    """Three questions: 15 to 30 of 60, one without a base of known size, one without an answer."""
    rows = [
        {"label": "Both", "low": 15, "high": 30, "base_n": 60, "where": "p1", "reason": ""},
        {"label": "Loose", "low": 3, "high": 9, "base_n": None, "where": "p2", "reason": ""},
        {"label": "Lost", "low": None, "high": None, "base_n": None, "where": "", "reason": "No."},
    ]
    whole = dict.fromkeys(("low", "high", "base_n"), "Int64")
    return pd.DataFrame(rows).astype(whole)


def test_a_bar_reaches_from_the_least_to_the_greatest_share(bounds):
    ax = plot_bounds(as_rows(bounds), PRINTED)
    assert ticks(ax) == ["Both"]
    assert (0.25, 0.5) in spans(ax)
    assert style.drawn_words(ax, "title") == "Both: 15 to 30 of 60"


def clashing():
    """12 of 60 do well, and of very few (1 to 6) it is said what all of these do."""
    rows = made(
        counted("Does well", 12, 12, 60, statements="R1", check="relation L9"),
        counted("Is open", 1, 6, 60, statements="R2", check="relation L9"),
        counted("Alone", 30, 30, 60, statements="R3", check=""),
    ).drop(columns=["check"])
    found = [
        {"check": "relation L9", "verdict": "tension", "statements": ["R1", "R2"]},
        {"check": "figure R3", "verdict": "tension", "statements": ["R3"]},
        {"check": "relation L8", "verdict": "consistent", "statements": ["R1", "R3"]},
    ]
    return clashing_rows(found, rows)


def test_only_figures_that_clash_with_another_are_drawn():
    rows = clashing()
    assert list(rows["statements"]) == ["R1", "R2"]
    ax = plot_clashes(rows, PRINTED)
    assert [tick.split(":")[0] for tick in ticks(ax)] == ["L9 Does well", "L9 Is open"]
    assert (round(1 / 60, 3), 0.1) in spans(ax)


def test_a_contradiction_has_a_colour_of_its_own():
    rows = clashing().assign(verdict=["contradiction", "tension"])
    ax = plot_clashes(rows, PRINTED)
    colours = {matplotlib.colors.to_hex(bar.get_facecolor()).upper() for bar in ax.patches}
    assert {style.ORANGE.upper(), style.TEAL.upper()} <= colours
