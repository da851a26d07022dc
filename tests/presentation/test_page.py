"""A bound page needs no other file, says every picture in words and lets every table be read."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from careersurvey.errors import ReportError
from careersurvey.presentation.page import Book, bind

ABOUT = {
    "id": "village",
    "title": "One village & its <school>",
    "fieldwork": "2012-12/2013-04",
    "sampling": "Everybody < 90 was asked",
}


CHECKS = pd.DataFrame(
    {
        "rule": ["unique_key", "allowed_values"],
        "table": "parents",
        "holds": [False, True],
        "message": ["2 of 9 rows repeat <parent_id>.", "0 of 9 answers are not allowed."],
        "rows": ["4, 7", ""],
        "do": ["keep one of them", ""],
    }
)


def _code(*outputs: dict, source: str = "1 < 2") -> dict:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": list(outputs)}


def _shown(**data: str) -> dict:
    kinds = {"html": "text/html", "plain": "text/plain", "png": "image/png", "md": "text/markdown"}
    return {"output_type": "display_data", "data": {kinds[k]: v for k, v in data.items()}}


def _prose(source: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _bound(*cells: dict, about: dict = ABOUT, readings: Path = Path("none.csv"), **given) -> str:
    book = Book("01_hall", "Who came?", [_prose("# Who came?"), *cells])
    facts = {"Git revision": "abc", "numpy": "2.4.6"}
    return bind({"cohort": about}, [book], given, facts, readings, CHECKS)


class _Outline(HTMLParser):
    """Headings, identifiers, links and tables of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, *names: str) -> list[dict]:
        return [attrs for tag, attrs in self.tags if tag in names]


FIGURE = '<figure><img alt="One bar" src="data:,"><figcaption>hall</figcaption></figure>'


def test_headings_go_down_one_step_at_a_time():
    page = _bound(_prose("## By region\n\n### Of the north"), _prose("## By type"))
    levels = [int(tag[1]) for tag, _ in _Outline(page).tags if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert "<h3>By region</h3>" in page
    assert "<h4>Of the north</h4>" in page


def test_every_line_of_the_contents_leads_to_its_section():
    outline = _Outline(_bound())
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    targets = [attrs["href"][1:] for attrs in outline.all("a")]
    assert targets == ["main", "01_hall", "methods", "checks", "making", "contents"]
    assert set(targets) <= set(ids)
    assert len(ids) == len(set(ids))


def test_a_page_is_british_english_with_one_of_each_landmark():
    outline = _Outline(_bound())
    assert outline.all("html") == [{"lang": "en-GB"}]
    for landmark in ("header", "nav", "main"):
        assert len(outline.all(landmark)) == 1


def test_what_comes_from_data_is_text_and_never_markup():
    page = _bound(_code(_shown(plain="<b>")), level="<i>")
    for escaped in ("One village &amp; its &lt;school&gt;", "Everybody &lt; 90", "1 &lt; 2"):
        assert escaped in page
    assert "<school>" not in page
    assert "<b>" not in page
    assert "<i>" not in page


def test_markdown_made_from_data_is_escaped_too():
    page = _bound(_code(_shown(md="**9 of 60** <script>alert(1)</script>")))
    assert "<strong>9 of 60</strong>" in page
    assert "<script>" not in page


def test_fieldwork_is_read_as_months():
    assert "December 2012 to April 2013" in _bound()
    assert "in spring" in _bound(about=ABOUT | {"fieldwork": "in spring"})
    assert "3 March 2026" in _bound(about=ABOUT | {"fieldwork": "2026-03-03"})


def test_invented_data_say_so_before_anything_else():
    assert "Invented data" not in _bound()
    page = _bound(about=ABOUT | {"synthetic": True})
    assert page.index("Invented data") < page.index("<nav")


@pytest.mark.parametrize(
    "output",
    [
        _shown(html='<img src="data:,">'),
        _shown(html='<img src="data:," alt=" ">'),
        _shown(png="iVBORw0KGgo="),
    ],
)
def test_a_picture_without_words_stops_the_binding(output):
    with pytest.raises(ReportError, match="1 of its pictures have no alternative text"):
        _bound(_code(_shown(html=FIGURE), output))


@pytest.mark.parametrize(
    "markup",
    [
        '<img alt="x" src="hall.png">',
        '<img alt="x" src="https://example.org/hall.png">',
        '<script src="https://example.org/x.js"></script>',
        "<script>1</script>",
        '<link rel="stylesheet" href="x.css">',
        '<iframe src="data:,"></iframe>',
        '<a href="hall.csv">data</a>',
        '<p style="background: url(https://example.org/x.png)">x</p>',
    ],
)
def test_a_page_that_would_fetch_something_is_not_bound(markup):
    with pytest.raises(ReportError, match="1 of its elements point outside"):
        _bound(_code(_shown(html=markup)))


def test_the_frame_of_the_page_fetches_nothing():
    page = _bound(_code(_shown(html=FIGURE)))
    addresses = re.findall(r"""(?:src|href)=["']([^"']*)""", page)
    assert all(address.startswith(("#", "data:")) for address in addresses)
    assert "url(" not in page
    assert "@import" not in page


PANDAS = """<div><style scoped>.dataframe { color: red }</style>
<table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th><th>n</th></tr>
</thead><tbody><tr><th>north</th><td>1,706</td></tr><tr><th>south</th><td>some</td></tr></tbody>
</table></div>"""


def test_a_table_of_pandas_gets_scopes_numbers_to_the_right_and_a_box_that_scrolls():
    page = _bound(_code(_shown(html=PANDAS)))
    section = page[page.index('<section id="01_hall">') : page.index('<section id="methods">')]
    assert "<style" not in section
    assert "border=" not in section
    assert '<th scope="col">n</th>' in section
    assert '<th scope="row">north</th><td class="number">1,706</td>' in section
    assert "<td>some</td>" in section
    assert all(attrs.get("scope") for attrs in _Outline(section).all("th"))


def test_a_caption_names_its_table_and_does_not_scroll_away():
    table = "<table>\n<caption>Regions &amp; places</caption>\n<tbody></tbody></table>"
    page = _bound(_code(_shown(html=table), _shown(html=table)))
    for number in (1, 2):
        name = f"01_hall-table-{number}"
        assert f'<p class="caption" id="{name}">Regions &amp; places</p>' in page
        assert f'role="group" aria-labelledby="{name}" tabindex="0"><table' in page


def test_code_is_folded_away_and_whole():
    page = _bound(_code(source="import this"), _code(source="x = '<a>'"))
    folded = page[page.index("<details>") : page.index("</details>")]
    assert "import this" in folded
    assert "x = &#x27;&lt;a&gt;&#x27;" in folded


def test_what_is_printed_is_shown_and_a_warning_stays_in_the_notebook():
    told = [{"output_type": "stream", "name": n, "text": f"{n} <1>"} for n in ("stdout", "stderr")]
    page = _bound(_code(*told))
    assert "stdout &lt;1&gt;" in page
    assert "stderr" not in page


def test_the_end_says_what_it_was_made_with_and_how_readings_were_declared(tmp_path):
    readings = tmp_path / "readings.csv"
    readings.write_text('wording,low,wide_low\n"most, <or> all",1/2,2/5\n')
    page = _bound(level=0.95, readings=readings)
    assert '<th scope="row">level</th><td>0.95</td>' in page
    assert '<th scope="row">Git revision</th><td>abc</td>' in page
    assert '<th scope="row">most, &lt;or&gt; all</th>' in page
    assert "Wide low" in page


def test_the_report_carries_what_its_files_were_held_against():
    page = _bound()
    assert "held against 2 rules; 1 hold" in page
    assert "2 of 9 rows repeat &lt;parent_id&gt;." in page


def test_the_methods_say_once_what_the_sample_is_not():
    page = _bound(about=ABOUT | {"sampling": "Sixty by hand", "caution": "No probability sample"})
    assert page.count("Sixty by hand. No probability sample.") == 1
