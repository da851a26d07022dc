import csv
import io
import re

import pandas as pd
import pytest

from careersurvey.presentation import labels, summary, tables, words


@pytest.fixture
def schools():
    return pd.DataFrame({"school": ["Alde <Valley>", "York"], "n": [1706, -3], "share": [0.083, 1]})


def test_every_header_cell_has_a_scope(schools):
    table = tables.html_table(schools, "Schools")
    assert table.count('<th scope="col"') == 3
    assert table.count('<th scope="row"') == 2
    assert len(re.findall(r"<th\b", table)) == 5


def test_numbers_are_marked_and_written_for_a_reader(schools):
    table = tables.html_table(schools, "Schools")
    assert '<td class="number">1,706</td><td class="number">0.08' in table


def test_headings_and_caption_are_a_readers_words(schools):
    table = tables.html_table(schools, "Schools & more")
    assert "<caption>Schools &amp; more</caption>" in table
    assert '<th scope="col" class="number">Number</th>' in table


def test_text_cannot_become_markup(schools):
    assert "Alde &lt;Valley&gt;" in tables.html_table(schools, "Schools")


def test_a_year_is_no_amount():
    waves = pd.DataFrame({"wave": ["first"], "when": [2014.0], "schools": [2014.0]})
    cells = re.findall(r'<td class="number">([^<]*)</td>', tables.html_table(waves, "Waves"))
    assert cells == ["2014", "2,014"]


def test_blank_stays_blank():
    frame = pd.DataFrame({"a": ["x"], "b": pd.array([pd.NA], dtype="Int64")})
    assert '<td class="number"></td>' in tables.html_table(frame, "One row")


@pytest.mark.parametrize("text", ["=1+1", "+44 20", "-x", "@cmd", "\t=1", "＝1", "＋1"])
def test_text_like_a_formula_is_text_to_a_spreadsheet(text):
    frame = pd.DataFrame({"answer": [text], "n": [-3]})
    rows = list(csv.reader(io.StringIO(tables.csv_text(frame))))
    assert rows == [["answer", "n"], [f"'{text}", "-3"]]


@pytest.mark.parametrize(
    "text", ["+16", "+13 to +20", "+1 point", "+4 to +13 points, squared (5%)"]
)
def test_a_change_is_written_as_it_is(text):
    """Witness: no formula may have a word, or a second sign, behind a number and a blank."""
    assert tables.csv_text(pd.DataFrame({"change": [text]})).strip('change\n"') == text
    for tail in ("+A1", " to 1+A1", "|' /C calc'!A0", " points!A1", " points=1"):
        assert tables.csv_text(pd.DataFrame({"change": [f"+16{tail}"]})).startswith("change\n'+16")


def test_writing_csv_leaves_the_frame_alone(schools):
    before = schools.copy()
    tables.csv_text(schools)
    pd.testing.assert_frame_equal(schools, before)


def test_a_tally_counts_rows_and_is_empty_without_them():
    schools = pd.DataFrame({"region": ["London", "South West", "London"]})
    assert tables.tally(schools, "region").to_dict("list") == {
        "region": ["London", "South West"],
        "n": [2, 1],
    }
    assert tables.tally(schools, "county").empty
    assert list(tables.tally(schools.iloc[:0], "region")) == ["region", "n"]


def test_what_answers_are_as_good_as_is_told_as_published_and_above_their_number_with_a_reason():
    """By hand: 84 over 2 are 42; over 0 there is no number; 16 over 0.76 are 21, more than 16."""
    row = {"unit": "school", "label": "had a plan", "estimate": 0.5, "count_low": 42, "base_n": 84}
    even, none = ({"deff": deff, "effective_base": worth} for deff, worth in ((2, 42), (0, None)))
    few = {"base_n": 16, "count_low": 8, "deff": 0.8, "effective_base": 21}
    # As published: an effect to one decimal, an effective base to two digits.
    plain = {"base_n": 276, "deff": 1.0, "effective_base": 280}
    rows = pd.DataFrame([row | even, row | none, row | few, row | plain])
    told = words.lay_out(rows, summary.COSTS)
    assert told["as good as"].tolist() == ["42", "", f"21, {labels.ABOVE}", "276"]
    assert told["design effect"].tolist() == ["2", "0", "0.8", "1"]


def test_a_row_leads_to_its_entries_and_no_file_holds_them():
    rows = pd.DataFrame({"who": ["heads", "parents"], "n": [3, 4], "entry": ["R001, R102", ""]})
    html = tables.html_table(rows, "Who")
    assert '<th scope="row"><a href="#R001">heads</a> <a href="#R102">R102</a></th>' in html
    assert '<th scope="row">parents</th>' in html
    assert "Entry" not in html
    assert list(tables.without_entries(rows)) == ["who", "n"]


def test_a_column_that_says_nothing_is_not_shown_and_the_first_that_does_leads_on():
    frame = pd.DataFrame(
        {"place": ["", ""], "who": ["schools", "parents"], "entry": ["q-a", "q-b"]}
    )
    html, _ = tables.on_page(tables.captioned(frame, "All", shown=["place", "who"]))
    assert "Place" not in html
    assert '<a href="#q-a">schools</a>' in html


def test_a_wide_table_says_once_what_is_alike_and_what_is_long_below_its_row():
    """What is alike in all rows, or over some of them, takes no column of a page's width."""
    long = "two figures of the same report clash, whatever the words are taken to mean"
    rows = pd.DataFrame(
        {
            **{"finding": ["had a plan", "had a plan", "met all", "met all"], "entry": "R1 R2"},
            **{"group": ["yes", "no", "yes", "no"], "share": [0.5, 0.25, 1.0, 0.125]},
            **{"interval": list("abcd"), "of": 60, "note": "", "p": [1, 2, 3, 4]},
            "because": ["", long, "", ""],
        }
    )
    html = tables.html_table(rows, "By group")
    heads = re.findall('<th scope="col"[^>]*>(.*?)</th>', html)
    assert heads == ["Group", "Share", "Interval", "P", "Because"]
    assert "In all rows: Of: 60</div></td>" in html
    assert re.findall('<th scope="rowgroup" colspan="5"><div>(.*?)</div></th>', html) == [
        "had a plan",
        "met all",
    ]
    assert html.count("<tbody>") == 2
    assert html.count('<th scope="row"><a href="#R1">') == 4
    wider = rows.assign(q=[4, 3, 2, 1], because=rows["because"]).drop(columns="because")
    html = tables.html_table(wider.assign(because=rows["because"]), "By group")
    assert f'<tr class="below"><td colspan="5"><div>Because: {long}</div></td></tr>' in html
    narrow = tables.html_table(rows[["finding", "of", "because"]], "Few columns stay")
    assert re.findall('<th scope="col"[^>]*>(.*?)</th>', narrow) == ["Finding", "Of", "Because"]


def test_a_reader_meets_the_verdicts_of_the_audit_as_standings():
    rows = pd.DataFrame({"test": ["a", "b", "c"], "verdict": ["tension", "contradiction", ""]})
    shown = tables.html_table(rows, "Tests")
    assert '<th scope="col">Standing</th>' in shown
    assert re.findall("<td>(.*?)</td>", shown) == ["in doubt", "contradicted", ""]
    other = tables.html_table(rows.assign(verdict="increased"), "Changes")
    assert '<th scope="col">Verdict</th>' in other


def test_places_are_told_whole_whether_a_table_has_their_codes_or_their_words():
    """Witness: the 60 schools visited are printed on the cover, in paragraphs and in the notes."""
    told = "paragraphs 11 and 12; cover; notes, paragraph 1"
    for where in ("cover; p11; p12; notes-1", told):
        rows = pd.DataFrame({"finding": ["were visited"], "where": [where]})
        assert f"<td>{told}</td>" in tables.html_table(rows, "Scope")
    for alone in ("cover", "annex", "paragraph 3; annex", "Section 4 (b)"):
        assert f"<td>{alone}</td>" in tables.html_table(
            pd.DataFrame({"finding": ["were visited"], "place": [alone]}), "Scope"
        )
