import re
from html import unescape
from itertools import pairwise
from pathlib import Path

import matplotlib
import pytest
from made import read

from careersurvey.evidence.project import project_root
from careersurvey.presentation import style
from careersurvey.presentation.style import Sheet, Words, text_width

FIGURES = project_root() / "figures" / "ofsted-2013"


def _luminance(colour: str) -> float:
    # WCAG 2.2, "relative luminance".
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str = style.PAPER) -> float:
    dark, light = sorted([_luminance(one), _luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", [style.GOOD, style.BAD, style.THIN])
def test_marks_stand_out_on_white(colour):
    # WCAG 2.2, criterion 1.4.11: 3 to 1 for what is not text.
    assert _contrast(colour) >= 3


@pytest.mark.parametrize(
    "colour", [style.INK, style.QUIET, style.BAD, style.GOOD, style.PALE_BAD, style.PALE_GOOD]
)
def test_text_stands_out_on_white(colour):
    # WCAG 2.2, criterion 1.4.3: 4.5 to 1 for text.
    assert _contrast(colour) >= 4.5


@pytest.mark.parametrize(("tile", "ink"), [(style.APART, style.INK), (style.TILE, style.QUIET)])
def test_the_number_on_a_tile_can_be_read(tile, ink):
    assert _contrast(tile, ink) >= 4.5


def test_a_last_line_is_no_stub_where_as_many_lines_can_be_more_even():
    said = "Only 12 of 60 schools gave all students enough information on the breadth of careers"
    lines = style.wrap(said, 19, 690, "bold")
    assert len(lines) == 2
    assert text_width(lines[1], 19, "bold") > 0.4 * text_width(lines[0], 19, "bold")
    assert " ".join(lines) == said
    assert style.wrap("two words", 13, 50) == ["two", "words"]


def test_wrapped_lines_fit_the_width_they_are_given():
    text = "Only one in five of the schools had well-developed provision for careers guidance"
    lines = style.wrap(text, 13, 200)
    assert " ".join(lines) == text
    assert all(style.text_width(line, 13) <= 200 for line in lines)


def test_a_wide_word_keeps_a_line_of_its_own_and_is_broken_only_where_it_is_longer_than_words_are():
    assert style.wrap("a satisfactory b", 20, 90) == ["a", "satisfactory", "b"]
    long = "学校でのキャリア教育についての意見をおしえてください" * 2
    lines = style.wrap(f"a {long} b", 13, 300)
    assert "".join(lines).replace(" ", "") == f"a{long}b"
    assert all(style.text_width(line, 13) <= 300 for line in lines)


def test_a_character_that_the_face_lacks_is_taken_for_a_wide_one():
    """An emoji of Noto Color Emoji is 1.275 of its size wide, one of Han 1."""
    for one in ("🎉", "学", "한", "क"):
        assert 1.275 <= style.text_width(one, 1) <= 1.4


def test_dollar_signs_are_text_and_not_mathematics():
    ax = Sheet(Words("Cost $5 or $6", "Schools")).close()
    assert "Cost $5 or $6" in read(ax)
    assert not any(text.get_parse_math() for text in ax.texts)


@pytest.mark.parametrize(("narrow", "width"), [(False, 720), (True, 390)])
def test_the_blocks_of_a_sheet_do_not_touch_or_leave_the_page(narrow, width):
    words = Words("A title of several lines, " * 3, "A subtitle too, " * 6, ("Note. " * 60,))
    sheet = Sheet(words, narrow)
    sheet.heading("A heading that is longer than the sheet is wide " * 2, "and a note beside it")
    ax = sheet.close()
    assert ax.get_xlim() == (0, width)
    ax.figure.draw_without_rendering()
    extents = [text.get_window_extent() for text in ax.texts]
    assert max(one.x1 for one in extents) <= ax.figure.bbox.x1
    assert min(one.y0 for one in extents) >= 0
    names = ["title", "subtitle", "heading", "notes"]
    ends = [
        (max(one.y1 for one in found), min(one.y0 for one in found))
        for name in names
        if (found := [t.get_window_extent() for t in ax.texts if t.get_gid() == name])
    ]
    assert all(above[1] >= below[0] for above, below in pairwise(ends))


def test_no_text_is_under_twelve_pixels():
    sheet = Sheet(Words("Title", "Subtitle", ("A note.",)), narrow=True)
    sheet.heading("Heading", "note")
    assert min(text.get_fontsize() for text in sheet.close().texts) >= 12


@pytest.mark.parametrize(("weight", "face"), [("normal", "Helvetica"), ("bold", "Helvetica-Bold")])
def test_no_text_grows_where_another_face_stands_in(weight, face):
    """Witness: Adobe's metrics of Helvetica, whose widths Arial and Liberation Sans share."""
    metrics = Path(matplotlib.get_data_path(), "fonts/pdfcorefonts", f"{face}.afm").read_text()
    widths = {
        chr(int(code)): int(width) / 1000
        for code, width in re.findall(r"^C (\d+) ; WX (\d+) ;", metrics, re.MULTILINE)
        if int(code) < 127 and chr(int(code)) not in "`'"  # these two have other names there
    }
    drawn = " ".join(path.read_text() for path in FIGURES.glob("*.svg"))
    lines = {unescape(line) for line in re.findall(r"<text[^>]*>([^<]+)</text>", drawn)}
    told = [line for line in lines if set(line) <= set(widths)]
    assert len(told) > 300
    for line in told:
        assert sum(widths[mark] for mark in line) * 13 <= text_width(line, 13, weight)


def test_what_a_key_says_is_broken_before_it_leaves_a_phone():
    said = "if those who did not answer had all said no, or all yes: before chance"
    about = style.Words("Title", "Subtitle", key=(("tick", "the share"), ("range", said)))
    sheet = style.Sheet(about, narrow=True)
    lines = [one for one in sheet.ax.texts if one.get_gid() == "key"]
    assert lines[0].get_text() == "the share"
    assert " ".join(one.get_text() for one in lines[1:]) == said
    ends = [one.get_position()[0] + style.text_width(one.get_text(), style.SMALL) for one in lines]
    assert max(ends) <= sheet.right
    assert len({one.get_position()[1] for one in lines}) == 3
