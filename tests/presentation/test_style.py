import matplotlib
import pytest

from careersurvey.presentation import style
from careersurvey.presentation.style import Words


def _luminance(colour: str) -> float:
    # WCAG 2.2, "relative luminance".
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast_on_white(colour: str) -> float:
    return 1.05 / (_luminance(colour) + 0.05)


@pytest.mark.parametrize("colour", [style.NAVY, style.TEAL, style.PLUM, style.ORANGE_TEXT])
def test_marks_stand_out_on_white(colour):
    # WCAG 2.2, criterion 1.4.11: 3 to 1 for what is not text.
    assert _contrast_on_white(colour) >= 3


@pytest.mark.parametrize("colour", [style.INK, style.QUIET, style.ORANGE_TEXT])
def test_text_stands_out_on_white(colour):
    # WCAG 2.2, criterion 1.4.3: 4.5 to 1 for text.
    assert _contrast_on_white(colour) >= 4.5


def test_wrapped_lines_fit_the_width_they_are_given():
    text = "Only one in five of the schools had well-developed provision for careers guidance"
    lines = style.wrap(text, 10, width=2).split("\n")
    assert " ".join(lines) == text
    assert all(style.text_width(line, 10) <= 2 for line in lines)


def test_a_word_wider_than_the_page_keeps_a_line_of_its_own():
    assert style.wrap("a Donaudampfschifffahrtsgesellschaft b", 20, width=1).split("\n") == [
        "a",
        "Donaudampfschifffahrtsgesellschaft",
        "b",
    ]


def test_dollar_signs_are_text_and_not_mathematics():
    # Two dollar signs would make matplotlib set the words between them as a formula.
    assert style.text_width("cost $5 or $6", 10) > style.text_width("cost 5 or 6", 10)


def test_a_sheet_grows_with_its_words_and_keeps_its_body():
    short = style.sheet(Words("A title", "Schools."), body=2)
    long = style.sheet(Words("A title " * 12, "Schools.", ("A note. " * 40,)), body=2)
    heights = [ax.get_position().height * ax.figure.get_figheight() for ax in (short, long)]
    assert heights == pytest.approx([2, 2])
    assert long.figure.get_figheight() > short.figure.get_figheight() + 0.5


def test_the_blocks_of_a_sheet_do_not_touch():
    words = Words("A title of two lines, " * 3, "A subtitle that wraps too, " * 4, ("Note. " * 30,))
    ax = style.styled(style.sheet)(words, body=1)
    figure = ax.figure
    figure.draw_without_rendering()
    title, subtitle, notes = [text.get_window_extent() for text in figure.texts]
    body = ax.get_window_extent()
    assert title.y0 >= subtitle.y1 >= subtitle.y0 >= body.y1
    assert body.y0 >= notes.y1
    assert notes.y0 >= 0
    assert max(title.x1, subtitle.x1, notes.x1) <= figure.bbox.x1


def test_settings_are_left_as_they_were():
    before = matplotlib.rcParams["svg.hashsalt"]
    inside = style.styled(lambda: matplotlib.rcParams["svg.hashsalt"])()
    assert inside == "careersurvey"
    assert matplotlib.rcParams["svg.hashsalt"] == before


def test_a_share_axis_writes_percentages():
    ax = style.sheet(Words("A", "B."), body=1)
    style.share_axis(ax)
    ticks = [tick.get_text() for tick in ax.get_xticklabels()]
    assert ticks == ["0%", "25%", "50%", "75%", "100%"]
