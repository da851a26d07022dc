import csv
import re
from html import unescape

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from made import INVENTED, PRINTED, answered, counted, made

from careersurvey.errors import CohortError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.project import project_root
from careersurvey.presentation import conflicts, exhibits, prose, sentences, summary
from careersurvey.presentation.figures.rows import plot_findings
from careersurvey.presentation.standing import Doubt


@pytest.fixture
def findings():
    return made(counted("Well developed", 12, 12, 60), counted("=Award", 15, 18, 60))


def _show(findings, folder, credit=PRINTED, **others):
    page = exhibits.Page(credit, folder)
    return exhibits.show_figure(page, "02-findings", plot_findings, findings, **others)


def test_a_figure_is_saved_for_desk_and_phone_with_its_data(findings, tmp_path):
    _show(findings, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "02-findings-narrow.svg",
        "02-findings.csv",
        "02-findings.png",
        "02-findings.svg",
    ]
    with (tmp_path / "02-findings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["count_low"] for row in rows] == ["12", "15"]
    assert rows[1]["label"] == "'=Award"
    assert "synthetic" not in rows[0]


def test_figures_are_the_same_bytes_twice(findings, tmp_path):
    for folder in ("a", "b"):
        _show(findings, tmp_path / folder)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_the_picture_on_the_page_is_text_that_can_be_searched_and_heard(findings, tmp_path):
    page = _show(findings, tmp_path).html
    assert page.count('<svg role="img"') == page.count('role="img"') == 2
    assert "Well developed</text>" in page
    assert "Arial, Helvetica" in page
    alt = unescape(re.search(r'aria-label="([^"]*)"', page)[1])
    assert alt == (
        "12 of 60 of schools Well developed."
        " Schools Well developed: 12 of 60, interval 10% to 30%;"
        " schools =Award: 15 to 18 of 60, as read, interval 15% to 40%."
        " All rows follow as a table."
    )
    assert '<span class="no"></span>. Data in 02-findings.csv.</figcaption>' in page
    assert "<caption>Data of the figure</caption>" in page


def test_on_paper_a_page_ends_between_rows_and_no_part_of_a_picture_is_left_out(findings, tmp_path):
    page = _show(findings, tmp_path).html
    tall = float(re.search(r'class="desk"><svg[^>]* viewBox="0 0 720 ([\d.]+)"', page)[1])
    part = (
        r'<svg aria-hidden="true" viewBox="0 ([\d.]+) 720 ([\d.]+)"><use href="#([\w-]+)"/></svg>'
    )
    parts = [(float(top), float(high), of) for top, high, of in re.findall(part, page)]
    assert len(parts) == 3  # the head with its first row, the other row, the notes
    ends = [0, *(round(top + high, 1) for top, high, _ in parts)]
    assert ends[:-1] == [top for top, *_ in parts]
    assert ends[-1] == pytest.approx(tall, abs=0.1)
    assert {of for *_, of in parts} == set(re.findall(r'id="([\w-]+desk-all)"', page))


def test_a_caption_leads_to_the_conflicts_of_its_rows_and_no_other_word_is_taken_for_one(
    findings, tmp_path
):
    doubt = Doubt("in doubt", "C10", "paragraph 12", {"clash": "two clash", "reconciled": True})
    told = [[doubt, doubt._replace(card="C2")], []]
    page = _show(findings.assign(doubts=told), tmp_path).html
    assert "<span>Conflicts: C2, C10.</span></figcaption>" in page
    assert "Conflicts:" not in _show(findings.assign(doubts=told[1:] * 2), tmp_path).html
    never = doubt.entry | {"reconciled": False}  # C9: of what another figure of it is of
    bases = [doubt._replace(card="C9", stays=False, entry=never), doubt._replace(card="C2")]
    met = [[*told[0], doubt._replace(card="C11", stays=False)], bases]
    page = _show(findings.assign(doubts=met), tmp_path).html
    goes = "<span>Clash only as read here, not when words are read more widely: C11.</span>"
    assert f"<span>Conflicts: C2, C10.</span> {goes}</figcaption>" in page
    assert "C11: two clash." in page
    three = [[doubt._replace(card=f"C{n}", stays=False) for n in (4, 5, 6)], []]
    told = "C4, C5 and C6: told in the report, among the figures that do not fit together."
    assert told in _show(findings.assign(doubts=three), tmp_path).html.replace("\n", " ")


def test_two_pictures_on_a_page_share_no_id(findings, tmp_path):
    page = _show(findings, tmp_path).html
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(set(ids)) == len(ids)


def test_a_summary_links_every_number_to_its_evidence(tmp_path):
    told = pd.DataFrame(
        [
            sentences.told(made(counted("did", 12, 12, 60, form="count", wording="12")).iloc[0]),
            sentences.told(made(answered("did", 0.34, indicator="b")).iloc[0]),
        ]
    ).assign(why="")
    page = prose.show_summary(exhibits.Page(PRINTED, tmp_path), "00-summary", told).html
    assert '<a href="#R121260">12 of 60 schools</a> did.' in page
    assert '<a href="#q-b">34% of schools</a> (base 84, interval 24% to 44%) did.' in page


def test_a_summary_says_its_level_and_who_took_part_of_those_it_speaks_of(tmp_path):
    """Witness: cohort.toml invites schools and parents, and says nothing of interviews."""
    survey = load_cohort("data/example-2026")
    page = exhibits.open_page(survey)
    rows = conflicts.read_findings(survey, indicators=["careers_strategy", "plan_sketchy"])
    told = summary.summary(rows.assign(level=0.9))
    told = told.assign(sentence="1% (interval 0% to 3%).")
    page = exhibits.Page(page.credit, tmp_path)
    html = prose.show_summary(page, "x", told, explained=rows).html
    assert "what chance alone could do at a level of 90%, as if all who answered" in html
    assert '<a href="#methods">84 of 112 invited schools (75%) took part' in html
    assert "How many plans there were to choose from is not known." in html
    assert "parents" not in html


def test_the_first_summary_of_a_page_explains_the_words_of_all_and_no_other_does(tmp_path):
    page, found = (
        exhibits.Page(PRINTED, tmp_path),
        made(counted("did", 14, 17, 60), counted("had", 12, 12, 60)),
    )
    told = pd.DataFrame([sentences.told(found.iloc[1])])
    first = prose.show_summary(page, "00-summary", told, explained=found).html
    assert first.count('<span class="key">As read: the numbers that the printed words') == 1
    assert '"key"' not in prose.show_summary(page, "02-said", told).html


def test_statements_are_said_and_their_table_is_folded(findings, tmp_path):
    page = exhibits.Page(PRINTED, tmp_path)
    twice = pd.concat([findings.assign(entry="R1"), findings.assign(entry="R2")])
    shown = prose.show_statements(page, "02-parts", twice, "Awards").html
    assert shown.startswith('<ul class="said">')
    assert "<details><summary>Awards: every statement</summary><div" in shown
    assert len(pd.read_csv(tmp_path / "02-parts.csv")) == len(findings)  # what is alike is one row
    assert shown.count('<a href="#R2">R2</a>') == len(findings)  # that leads to each statement


def test_of_two_answers_that_complement_each_other_one_is_said_and_both_are_listed(tmp_path):
    rows = made(
        answered("were clear", 0.44, indicator="clear", category="yes"),
        answered("were not clear", 0.56, indicator="clear", category="no"),
    ).assign(entry="q-clear")
    shown = prose.show_statements(exhibits.Page(INVENTED, tmp_path), "03-plans", rows, "Plans").html
    said, _, table = shown.partition("<details>")
    assert said.count("<li>") == 1
    assert "were not clear" not in said
    assert "were not clear" in table


def test_a_cohort_without_these_findings_gets_a_sentence(findings, tmp_path):
    page = _show(findings.iloc[:0], tmp_path / "new").html
    assert page == '<p class="nothing">This cohort has no figures for this question.</p>'
    assert not (tmp_path / "new").exists()


def test_invented_data_are_marked_in_every_row(findings, tmp_path):
    _show(findings, tmp_path, credit=INVENTED)
    rows = pd.read_csv(tmp_path / "02-findings.csv")
    assert rows["synthetic"].all()


def test_a_table_is_saved_and_shown(tmp_path):
    frame = pd.DataFrame({"school": ["York"], "share": [0.25]})
    page = exhibits.Page(PRINTED, tmp_path)
    shown = exhibits.as_shown(exhibits.show_table(page, "01-schools", frame, "Schools")).html
    assert "<caption>Schools</caption>" in shown
    assert '<td class="number">0.25' in shown
    assert (tmp_path / "01-schools.csv").read_text() == "school,share\nYork,0.25\n"


def test_a_page_may_show_fewer_columns_than_the_file_holds(tmp_path):
    frame = pd.DataFrame({"school": ["York"], "id": ["S1"]})
    page = exhibits.Page(PRINTED, tmp_path)
    shown = exhibits.as_shown(
        exhibits.show_table(page, "01-schools", frame, "Schools", shown=["school"])
    ).html
    assert "S1" not in shown
    assert (tmp_path / "01-schools.csv").read_text() == "school,id\nYork,S1\n"


def test_a_table_of_a_notebook_is_a_frame_to_go_on_with(tmp_path):
    frame = pd.DataFrame({"school": ["York", "Leeds"], "n": [1, 2]})
    page = exhibits.Page(PRINTED, tmp_path)
    table = exhibits.show_table(page, "01-schools", frame, "Schools", shown=["school"])
    assert table.equals(frame)
    assert table[table["n"] > 1]["school"].tolist() == ["Leeds"]


def test_a_notebook_shows_every_frame_with_a_caption_and_scopes(tmp_path):
    shell = InteractiveShell.instance()
    try:
        exhibits.open_page(load_cohort("ofsted-2013"))
        frame = pd.DataFrame({"school": ["York"], "n": [1]})
        plain, _ = shell.display_formatter.format(frame)
        page = exhibits.Page(PRINTED, tmp_path)
        table = exhibits.show_table(page, "01-schools", frame.assign(indicator="a"), "Schools")
        captioned, about = shell.display_formatter.format(table)
    finally:
        InteractiveShell.clear_instance()
    assert "<caption>1 row</caption>" in plain["text/html"]
    assert "<style" not in plain["text/html"]
    assert '<th scope="col">School</th>' in captioned["text/html"]
    file = {"name": "01-schools", "title": "Schools", "words": ""}
    assert about == {"text/html": {"files": [file]}}


def test_an_empty_table_is_a_sentence(tmp_path):
    page = exhibits.Page(PRINTED, tmp_path / "new")
    shown = exhibits.as_shown(
        exhibits.show_table(page, "01-a", pd.DataFrame({"a": []}), "Schools")
    ).html
    assert shown == '<p class="nothing">This cohort has nothing for this table: Schools.</p>'
    assert not (tmp_path / "new").exists()


def test_exhibits_of_a_notebook_run_by_hand_go_to_the_cohorts_own_build():
    for name in ("ofsted-2013", "example-2026"):
        folder = exhibits.open_page(load_cohort(name)).folder
        assert folder == project_root() / "build" / name / "figures"


def test_a_cohort_with_the_id_of_another_has_no_folder(write_cohort):
    twin = write_cohort(name="ofsted-2013")
    with pytest.raises(CohortError, match="another cohort of this id"):
        exhibits.open_page(load_cohort(twin))


def test_a_table_without_a_caption_says_whether_it_may_be_published():
    frame = pd.DataFrame({"a": [1, 2]})
    assert "<caption>2 rows</caption>" in exhibits.as_shown(frame).html
    frame.attrs["publication"] = "not for publication"
    assert "<caption>2 rows: not for publication</caption>" in exhibits.as_shown(frame).html


def test_a_picture_says_on_the_page_what_its_file_says(findings, tmp_path):
    """Written leaner, no word of it is lost: "M", "L" and "z" are letters of a path too."""
    told = re.compile(r"<text[^>]*>([^<]*)</text>")
    shown = _show(findings.assign(label="moved to March, to London, L or M zone"), tmp_path)
    saved = told.findall((tmp_path / "02-findings.svg").read_text())
    assert any("to London" in line for line in saved)
    assert set(saved) <= set(told.findall(shown.html))


def test_one_of_those_who_were_met_is_said_in_the_singular():
    cells = {"measure": "count", "question": "Schools", "wording": "1", "form": "count"}
    rows = made(counted("were met", 1, 1, 1, **cells), counted("took part", 1, 1, 1, **cells))
    said = [sentences.sentence(row) for _, row in rows.iterrows()]
    assert said == ["1 school was met.", "1 school took part."]
