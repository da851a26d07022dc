"""What a reader meets on the made pages: every number leads to its evidence, no page to another's.

Whole reports take long to make: `make shipped` makes them and then runs what is here. Witness of
every fact: the cohort's own files, read here by themselves.
"""

from __future__ import annotations

import csv
import html
import random
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from careersurvey.evidence.cohort import load_cohort
from careersurvey.presentation import words
from careersurvey.presentation.report import report

pytestmark = pytest.mark.shipped
REPORTS = {
    "ofsted-2013": ("ofsted-2013", None),
    "example-2026": ("example-2026", "ofsted-2013"),
    "ofsted-2023": ("ofsted-2023", None),
    "cec-compass-2024-25": ("cec-compass-2024-25", None),
    "library": (str(Path(__file__).parents[1] / "library"), None),
}


@pytest.fixture(scope="module")
def pages():
    """The pages asked for, each made when it is first read and not up to date."""
    made: dict[str, str] = {}

    def page(name: str) -> str:
        if name not in made:
            cohort, baseline = REPORTS[name]
            made[name] = report(cohort, baseline, quiet=True).read_text(encoding="utf-8")
        return made[name]

    return page


def text(markup: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", markup))).strip()


def entry(page: str, name: str) -> str:
    found = re.search(rf'<article class="entry" id="{re.escape(name)}">.*?</article>', page, re.S)
    assert found, name
    return found[0]


def where_printed(shown: str) -> str:
    """The quote and the place that an entry begins with."""
    return text(re.search(r"</h3>\s*<p>(.*?)</p>", shown, re.S)[1])


def facts(shown: str) -> dict[str, str]:
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", shown, re.S)
    return {text(term): text(said) for term, said in pairs}


def columns(shown: str) -> dict[str, list[str]]:
    """Columns of the table in an entry, by their heads."""
    head, *rows = (
        [text(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", shown, re.S)
    )
    return dict(zip(head, map(list, zip(*rows, strict=True)), strict=True))


def drawn(page: str, count: int = 20) -> list[tuple[str, str, str]]:
    """Numbers of a page at random: the anchor of each, the entry it leads to, and its words."""
    numbers = re.findall(r'<a id="(u-[^"]+)" href="#([^"]+)">(.*?)</a>', page, re.S)
    assert len(numbers) > 50
    return random.Random(2013).sample(numbers, count)


@pytest.mark.parametrize("name", REPORTS)
def test_every_link_within_a_page_leads_to_one_place(pages, name):
    page = pages(name)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_twenty_printed_numbers_reach_quote_place_reading_base_standing_and_conflicts(pages):
    """One click to the entry, a second to each conflict; read against reported.csv."""
    page, survey = pages("ofsted-2013"), load_cohort("ofsted-2013")
    printed = survey.reported.set_index("id")
    standings = {"reproduced", "consistent", "stated", "contradicted", "in doubt"}
    for anchor, name, said in drawn(page):
        shown, row = entry(page, name), printed.loc[name]
        told = facts(shown)
        rank = row["form"] == "rank"  # of a list its order is printed, and no number
        quote = "in the list of" if rank else row["reported"]
        assert quote in where_printed(shown)
        assert words.places([row["where"]]) in where_printed(shown)
        assert "Printed" not in told, "an open entry quotes once"
        assert told["Standing"].partition(":")[0] in standings
        assert row["base_n"] in told.get("Base", "").replace(",", "")
        how = r"\(([\d,]+(?: to [\d,]+)? of [\d,]+)(?:, as read)?(?:, base implied)?\)"
        if reading := re.search(how, text(said)):
            assert told["Reads as"] == reading[1]
            assert told["By the rule"]
        own = shown.partition("Base in conflict")[0]
        for conflict in re.findall(r'href="#(conflict-[^"]+)"', own):
            card = re.search(rf'id="{conflict}">.*?</dl></div>', page, re.S)[0]
            assert f'href="#{name}"' in card
            assert "Why they clash" in card
            drawn_each = conflict not in ("conflict-C1", "conflict-C2")  # months, and no base
            rows = card.count("<q>") - card.count("left after")  # a remainder has no place
            assert card.count("<svg") == rows * drawn_each
        assert ("Conflicts" in told) == (told["Standing"] in ("contradicted", "in doubt"))
        assert f'href="#{anchor}"' in shown


def assert_a_change_is_proven(page: str, shown: str, said: str) -> None:
    """A change says before, by how much and why; a click on leads to the answers, and they back."""
    told = facts(shown)
    assert numbers(said) <= numbers(" ".join(told.values()))
    assert {"Before", "By", "Comes to", "Now"} <= set(told)
    answers = re.search(r'<dt>Now</dt><dd><a href="#(q-[^"]+)"', shown)[1]
    name = re.search(r'id="([^"]+)"', shown)[1]
    assert f'href="#{name}"' in entry(page, answers)
    for statement in re.findall(r"\b(R\d{3})\b", told["Before"]):
        printed = load_cohort("ofsted-2013").reported.set_index("id").loc[statement]
        assert f"“{printed['reported']}”" in told["Before"]
        assert words.places([printed["where"]]) in told["Before"]


def test_every_change_of_the_summary_leads_to_both_sides_and_its_interval(pages):
    """A number stands on a link, or after that to the change, whose entry has it."""
    page = pages("example-2026")
    summary = re.search(r'<ol class="findings">(.*?)</ol>', page, re.S)[1]
    sentences = [one for one in re.findall(r"<li>(.*?)</li>", summary, re.S) if "#c-" in one]
    assert len(sentences) == 4
    for one in sentences:
        now, name, then = re.split(r'<a id="[^"]+" href="#(c-[^"]+)">', one)
        unlinked = text(re.sub(r"<a .*?</a>", "", now, flags=re.S))
        assert numbers(unlinked) <= {"9", "10", "11", "16"}, "Years 9 to 11, and post-16"
        assert_a_change_is_proven(page, entry(page, name), text(then))


def test_a_briefing_beside_an_earlier_survey_shows_then_and_now():
    """All that changed has no room on its page; the summary's picture has the earlier shares."""
    cohort, baseline = REPORTS["example-2026"]
    briefing = report(cohort, baseline, quiet=True).parent / "briefing.docx"
    with zipfile.ZipFile(briefing) as held:
        said = held.read("word/document.xml").decode()
    assert re.findall(r"Figure \d+ of the page", said) == ["Figure 1 of the page"]
    drawn = (briefing.parent / "figures" / "00-headlines.svg").read_text(encoding="utf-8")
    assert "2012–13: 72%–77%" in text(drawn).replace("\xa0", " ")


def test_twenty_answered_numbers_reach_question_base_design_and_check(pages):
    """Read against the example's codebook and tables, whose rows are counted here."""
    page, survey = pages("example-2026"), load_cohort("example-2026")
    for anchor, name, said in drawn(page):
        told = facts(entry(page, name))
        assert f'href="#{anchor}"' in entry(page, name)
        if name.startswith("c-"):
            assert_a_change_is_proven(page, entry(page, name), text(said))
            continue
        indicator = survey.indicators[name.removeprefix("q-")]
        asked = {each.name: each.question for each in survey.codebook}
        assert told["Question"] == asked[indicator.variables[0]]
        share = re.match(r"([<>]?[\d.]+%)", text(said))
        answers = columns(entry(page, name))
        assert share is None or share[1] in answers["Found"]
        assert f"answers in {indicator.table} hold" in told["Checks"]
        assert told["Design"]
        if indicator.measure == "share" and not indicator.among:
            with (survey.folder / f"{indicator.table}.csv").open(encoding="utf-8") as file:
                cells = [row[indicator.variables[0]] for row in csv.DictReader(file)]
            counts = [sum(cell == one for cell in cells) for one in indicator.categories]
            assert told["Base"].split()[0].replace(",", "") == str(sum(counts))
            assert [int(one.replace(",", "")) for one in answers["Counted"]] == counts


@pytest.mark.parametrize("name", REPORTS)
def test_no_page_table_or_workbook_holds_an_empty_place_for_a_number(pages, name):
    page, build = pages(name), Path("build") / load_cohort(REPORTS[name][0]).id
    assert "{}" not in own_words(page)
    for path in (build / "figures").glob("*.csv"):
        assert "{}" not in path.read_text(encoding="utf-8"), path.name
    with zipfile.ZipFile(build / "tables.xlsx") as book:
        assert not [one for one in book.namelist() if b"{}" in book.read(one)]


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_is_named_by_what_it_is_and_says_how_many_figures_it_read(pages, name):
    """Witness: the rows of the cohort's own reported.csv."""
    page, survey = pages(name), load_cohort(REPORTS[name][0])
    title = text(re.search(r"<title>(.*?)</title>", page, re.S)[1])
    assert f'content="{html.escape(title)}: figures, tables' in page.replace("&#39;", "'")
    printed = survey.evidence == "reported"
    assert title.endswith(": an independent re-analysis") == printed
    assert title.startswith("INVENTED DATA: ") == survey.synthetic
    number = f"We re-read {len(survey.reported)} figures of {survey.about.publisher}’s"
    assert (number in text(page)) == printed
    assert "every figure in" not in text(page)


NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def numbers(said: str) -> set[str]:
    return {found.rstrip(",").replace(",", "") for found in NUMBER.findall(said)}


def known(rows: pd.DataFrame) -> set[str]:
    """What may be said of a table: its cells as they are and as shares, its counts, its sums."""
    found = {str(len(rows)), "95", "0.1", "0.001", "99.9"}
    for name in rows:
        cells = rows[name].dropna()
        if not pd.api.types.is_numeric_dtype(cells) or cells.dtype == bool:
            found |= numbers(" ".join(map(str, cells)))
            found |= set(map(str, cells.value_counts()))
            continue
        found |= {f"{cells.sum():g}", f"{cells.max() / (cells.min() or 1):.1f}"}
        for each in (abs(value) for value in cells):
            found |= {f"{each:{form}}" for form in ("g", ".0f", ".1f", ".2f", ".3g", ".2g")}
            found |= {f"{100 * each:.0f}", f"{100 * each:.1f}"}
    return found


@pytest.mark.parametrize("name", REPORTS)
def test_a_picture_says_aloud_the_numbers_of_its_table_alone(pages, name):
    """Title, rows and intervals as they are heard, against the file that is offered beside them."""
    page = pages(name)
    folder = Path("build") / load_cohort(REPORTS[name][0]).id / "figures"
    figures = re.findall(r"<figure[ >].*?</figure>", page, re.S)
    assert figures
    for figure in figures:
        file = re.search(r'href="figures/([\w-]+\.csv)"', figure)[1]
        rows = pd.read_csv(folder / file, keep_default_na=False, na_values=[""])
        if "comes_to" in rows:
            rows = rows.assign(doubted=(rows["comes_to"] != rows["kind"]).sum())
        for said in re.findall(r'role="img" aria-label="([^"]*)"', figure):
            aloud = re.sub(r"\b\d+ more in the table", "", html.unescape(said))
            assert numbers(aloud) <= known(rows), (file, numbers(aloud) - known(rows))


@pytest.mark.parametrize("name", REPORTS)
def test_a_caption_holds_no_number_that_is_not_in_its_table(pages, name):
    tables = re.findall(
        r"<table[^>]*>\s*<caption>(?:<span.*?</span>)?(.*?)</caption>(.*?)</table>",
        pages(name),
        re.S,
    )
    assert tables
    for caption, table in tables:
        rows = str(table.count("<tr>") - 1)
        assert numbers(text(caption)) <= numbers(text(table)) | {rows}, text(caption)


#: What no page of another cohort says of itself: the first survey's year, publisher and numbers.
OF_2013 = re.compile(r"\b2013\b|Ofsted|1,706|1,703|\b60 schools|130114|[Ii]nspector")
#: Where another cohort may be named.
ELSEWHERE = ("11_since_2013", "10_comparison")


def own_words(page: str) -> str:
    """A page's words but for later sources, their entries and link, and what tools are called."""
    for name in (*ELSEWHERE, "making"):
        page = re.sub(rf'<section id="{name}".*?</section>', " ", page, flags=re.S)
    for elsewhere in ("c-", r"(?:cec-compass|ofsted)-\d{4}[-\d]*-[CS]\d"):
        entries = rf'<article class="entry" id="{elsewhere}.*?</article>'
        page = re.sub(entries, " ", page, flags=re.S)
    page = re.sub(r"<script.*?</script>|<style.*?</style>", " ", page, flags=re.S)
    page = re.sub(r'<pre tabindex="0"><code>.*?</code></pre>', " ", page, flags=re.S)
    page = re.sub(r'aria-label="([^"]*)"', r">\1<", page)
    return text(page.replace("Williams and Power 2013", ""))


def test_a_follow_up_names_its_baseline_only_where_it_is_compared(pages):
    said = own_words(pages("example-2026"))
    found = [said[max(at.start() - 60, 0) : at.end() + 20] for at in OF_2013.finditer(said)]
    named = "% in 2012–13", "Ofsted, 130114, 2012–13"  # beside its numbers, and as their source
    assert [one for one in found if not any(said in one for said in named)] == []


def test_a_later_review_speaks_of_itself(pages):
    """It is Ofsted's own, of 2023: its publisher may be named, the survey of 2013 may not."""
    said = own_words(pages("ofsted-2023"))
    assert re.findall(r"\b2013\b|1,706|1,703|\b60 schools|130114", said) == []


def test_a_report_on_another_subject_speaks_of_nothing_of_ours(pages):
    page = pages("library")
    said = own_words(page)
    assert OF_2013.findall(said) == []
    assert re.findall(r"careers(?!urvey)|parents|helpline|students", said) == []
    code = " ".join(re.findall(r'<pre tabindex="0"><code>(.*?)</code></pre>', page, re.S))
    assert re.findall(r"helpline|careers_|interview|destination", code) == []
