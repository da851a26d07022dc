"""A bound page needs no other file, says every picture in words, and ties numbers to evidence."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import nbformat
import pytest

from careersurvey.errors import ReportError
from careersurvey.presentation.page import Entry, read_sections, render

ABOUT = {"title": "One village & its <school>", "publisher": "The parish", "sampling": "All < 90"}
FIGURE = '<figure><svg role="img" aria-label="A bar"></svg><figcaption><span class="no"></span>'
FIGURE += "</figcaption></figure>"


def prose(source: str) -> dict:
    return nbformat.v4.new_markdown_cell(source)


def shown(html: str = "", source: str = "1 < 2", tags=(), **data: str) -> dict:
    data = {"text/html": html} if html else {f"text/{kind}": text for kind, text in data.items()}
    output = nbformat.v4.new_output("display_data", data)
    return nbformat.v4.new_code_cell(source, outputs=[output], metadata={"tags": list(tags)})


@pytest.fixture
def bound(tmp_path):
    """A page of notebooks, each given as its name, metadata and cells."""

    def bind(*cells: dict, trail=(), about=ABOUT, printed=True, others=()) -> str:
        paths = []
        for name, metadata, content in [("01_hall", {}, cells), *others]:
            book = nbformat.v4.new_notebook(metadata={"title": f"Who came to {name}?"} | metadata)
            book.cells = [prose(f"# Who came to {name}?\n\nWhat was found."), *content]
            paths.append(tmp_path / f"{name}.ipynb")
            nbformat.write(book, paths[-1])
        empty = ("readings", "checks", "exhibits", "given", "made", "published", "fieldwork")
        said = dict.fromkeys(empty, "") | {"rules": 2, "holding": 1, "documents": [], "symbols": {}}
        return render(read_sections(paths), list(trail), about=about, printed=printed, **said)

    return bind


class Outline(HTMLParser):
    """Elements of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, *names: str) -> list[dict]:
        return [attrs for tag, attrs in self.tags if tag in names]


def entry(name: str) -> Entry:
    return Entry(name, name, [], "about a quarter", "paragraph 61", "had an award", "15")


def test_headings_go_down_one_step_at_a_time(bound):
    page = bound(prose("## By region\n\n### Of the north"), prose("## By type"))
    levels = [int(tag[1]) for tag, _ in Outline(page).tags if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_link_within_the_page_leads_somewhere(bound):
    said = prose("[All (9)](#R001), by what is no figure: [L01](#L01).")
    page = bound(said, trail=[entry("R001")])
    assert "by what is no figure: L01." in page
    outline = Outline(page)
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    targets = {attrs["href"][1:] for attrs in outline.all("a") if attrs["href"].startswith("#")}
    assert targets <= set(ids)
    assert len(ids) == len(set(ids))


def test_a_number_leads_to_its_evidence_and_back(bound):
    page = bound(
        prose("In [about a quarter (15)](#R001) of the schools."),
        shown("<table><tbody><tr><td>R001</td></tr></tbody></table>"),
        trail=[entry("R001"), entry("R002")],
    )
    assert '<a id="u-R001-1" href="#R001">about a quarter (15)</a>' in page
    assert '<table id="table-1"><tbody><tr><td><a href="#R001">R001</a></td>' in page
    back = '<a href="#u-R001-1">Who came to 01_hall?</a>, <a href="#table-1">Table 1</a>'
    assert page.index('id="R001"') < page.index(back) < page.index('id="R002"')


def test_a_link_to_the_methods_stays_one(bound):
    assert '<a href="#methods">Nobody was drawn.</a>' in bound(
        prose("[Nobody was drawn.](#methods)")
    )


def test_figures_are_numbered_in_the_order_of_the_page(bound):
    late = ("02_school", {"part": "summary"}, [shown(FIGURE)])
    page = bound(shown(FIGURE), shown(FIGURE), others=[late])
    assert re.findall(r"Figure \d", page) == ["Figure 1", "Figure 2", "Figure 3"]
    assert page.index('id="02_school"') < page.index('id="01_hall"')


def test_what_is_tagged_is_folded_with_the_sentence_before_it(bound):
    cells = [shown("<p>read</p>"), prose("At first."), shown("<p>first</p>")]
    page = bound(*cells, prose("Then all."), shown("<p>rows</p>", tags=["fold"]))
    fold = page.index("<summary>Every statement")
    assert page.index("At first.") < fold < page.index("Then all.") < page.index("<p>rows</p>")


def test_of_findings_one_picture_is_open_and_what_follows_is_folded(bound):
    cells = [shown("<p>read</p>"), shown(FIGURE), prose("And more."), shown("<p>more</p>")]
    page = bound(*cells)
    fold = page.index("<summary>Every statement")
    assert page.index("<p>read</p>") < page.index("<svg") < fold < page.index("And more.")


def test_a_file_of_data_that_a_sentence_names_is_a_link(bound):
    page = bound(prose("Ranked by weight. Data in 00-summary.csv, with the weight of each."))
    assert 'Data in <a href="figures/00-summary.csv">00-summary.csv</a>, with' in page


def test_a_sentence_that_stands_above_is_not_folded_again(bound):
    first, more = "<li>8% had heard.</li>", "<li>14% had.</li>"
    below = shown(f'<ul class="said">{first}{more}</ul>'), shown(f'<ul class="said">{first}</ul>')
    page = bound(shown(f"<ol>{first}</ol>"), shown(FIGURE), *below)
    assert (page.count(first), page.count(more), page.count('<ul class="said">')) == (1, 1, 1)


def test_an_aside_stays_in_the_notebook(bound):
    """The page has a heading where a notebook needs a sentence before its code."""
    aside = prose("What stands out:")
    aside.metadata["tags"] = ["aside"]
    page = bound(shown("<p>read</p>"), aside, shown("<p>first</p>"))
    assert "What stands out" not in page
    assert "<p>first</p>" in page


def test_what_a_load_shows_stays_in_the_notebook_and_its_code_does_not(bound):
    page = bound(shown("<p>read</p>", tags=["load"], source="load()"), shown("<p>first</p>"))
    assert "<p>read</p>" not in page
    assert "<p>first</p>" in page
    assert "load()" in page


def test_code_that_had_nothing_to_say_is_not_shown_either(bound):
    """The ids of one subject stand in no report of another."""
    silent = shown('<p class="nothing">Nothing.</p>', source='asked = ["helpline_heard"]')
    page = bound(shown("<p>read</p>", source="load()"), prose("One."), silent)
    assert "load()" in page
    assert "helpline_heard" not in page


def test_a_heading_stands_over_what_is_said_under_it_and_over_nothing_else(bound):
    """Each case by its cells: grades are not known but regions are; nothing is known."""
    silent, said = shown('<p class="nothing">Nothing.</p>'), shown("<p>By region</p>")
    page = bound(prose("## Who was visited"), prose("Grades."), silent, prose("Regions."), said)
    assert "Who was visited" in page
    assert "Grades." not in page
    for nothing in ([silent], [silent, prose("## What was seen"), said]):
        assert "Who was visited" not in bound(prose("## Who was visited"), *nothing)


def test_what_comes_from_data_is_text_and_never_markup(bound):
    page = bound(shown(plain="<b>"))
    for escaped in ("One village &amp; its &lt;school&gt;", "All &lt; 90", "1 &lt; 2", "&lt;b&gt;"):
        assert escaped in page
    assert "<school>" not in page


def test_a_printed_report_is_not_taken_for_its_publishers(bound):
    assert "Not published or endorsed by The parish" in bound()
    assert "endorsed" not in bound(printed=False)


def test_invented_data_say_so_before_anything_else(bound):
    page = bound(about=ABOUT | {"synthetic": True})
    assert page.index("Invented data") < page.index("<main")


@pytest.mark.parametrize("picture", ["<img src='data:image/png,'>", "<svg></svg>", "<img alt=' '>"])
def test_a_picture_without_words_stops_the_binding(bound, picture):
    with pytest.raises(ReportError, match="1 of its pictures have no alternative text"):
        bound(shown(picture))


def test_a_bare_picture_of_a_cell_has_no_words_either(bound):
    output = nbformat.v4.new_output("display_data", {"image/png": "aaaa"})
    with pytest.raises(ReportError, match="no alternative text"):
        bound(nbformat.v4.new_code_cell("plt.plot()", outputs=[output]))


@pytest.mark.parametrize(
    "element",
    [
        '<img alt="a" src="https://x.org/a.png">',
        '<img alt="a" src="//x.org/a.png">',
        "<script>1</script>",
        '<link rel="stylesheet" href="a.css">',
        '<p style="background: url(https://x.org/a)">a</p>',
        '<svg aria-label="a"><image href="https://x.org/a.png"/></svg>',
        '<svg aria-label="a"><use xlink:href="https://x.org/a.svg#b"/></svg>',
        '<p onclick="alert(1)">a</p>',
        '<a href="javascript:alert(1)">a</a>',
        '<form action="https://x.org/">a</form>',
    ],
)
def test_what_a_browser_would_fetch_or_run_stops_the_binding(bound, element):
    with pytest.raises(ReportError, match="reach outside the report"):
        bound(shown(element))


@pytest.mark.parametrize("address", ["https://www.gov.uk/", "mailto:a@x.org", "figures/a.csv"])
def test_a_link_to_follow_is_no_fault(bound, address):
    assert address in bound(shown(f'<a href="{address}">a</a>'))


def test_what_a_cohort_has_nothing_to_say_of_is_left_out_with_its_sentence(bound):
    page = bound(
        prose("Who was asked."),
        shown('<p class="nothing">This cohort has nothing here.</p>'),
        prose("Who came."),
        shown("<p>All came.</p>"),
    )
    body = page.partition("<main")[2]
    assert "Who came." in body
    assert "All came." in body
    assert "Who was asked." not in body
    assert "nothing here" not in body
