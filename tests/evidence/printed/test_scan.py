"""A printed report, scanned; what is in the invented reports was marked by hand."""

import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careersurvey.errors import CohortError
from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.printed.passages import Passage, contains, cut, read_passages
from careersurvey.evidence.printed.phrases import find_phrases
from careersurvey.evidence.printed.readings import read
from careersurvey.evidence.printed.scan import draft_rows, scan, scan_text, write_draft
from careersurvey.evidence.printed.vocabulary import load_readings
from careersurvey.evidence.project import shipped
from careersurvey.evidence.tables import read_rows
from careersurvey.inference.estimates import estimate
from careersurvey.inference.record.audit import audit_figures
from careersurvey.presentation.marked import write_marked
from careersurvey.presentation.report import report

REPORT = shipped("docs") / "examples" / "harbour-report.md"
# By hand, in the order of the text: place, phrase, form.
MARKED = """
cover|June 2024|date
summary-1|spring 2024|date
summary-1|all|words
summary-1|48|count
summary-1|41|count
summary-2|Most|words
summary-2|only about a third|fraction
summary-2|Nearly 9 in 10|fraction
wstu-1|41|count
wstu-1|36|count
wstu-1|2023/24|date
wstu-1|five|count
wstu-1|Just over half|fraction
wstu-1|36|count
wstu-1|at least 10|count
wstu-1|12.5|number
wstu-1|Very few|words
wstu-1|£350|money
wstu-1|£14,600|money
wstu-2|1|rank
wstu-2|2|rank
wstu-2|3|rank
wptu-1|1,284|count
wptu-1|62%|percent
wptu-1|214 (17%)|count_percent
wptu-1|a small minority|words
wptu-1|All except two|count
wptu-2|between four and six hours|text
notes-1|41|count
notes-1|85%|percent
notes-1|48|count
"""


def marked():
    return [tuple(line.split("|")) for line in MARKED.split("\n") if line]


def found(text):
    phrases = find_phrases(Passage(text), load_readings())
    return [(phrase.reported, phrase.form) for phrase in phrases]


def test_every_figure_phrase_of_a_report_is_found_at_its_place_and_no_other():
    rows = draft_rows(scan(REPORT))
    assert [(row["where"], row["reported"], row["form"]) for row in rows] == marked()


def test_a_report_is_cut_at_its_headings_by_their_initials():
    draft = scan(REPORT)
    assert draft.title == "Careers days in Harbour County"
    assert draft.places == {"cover": 1, "summary": 2, "wstu": 2, "wptu": 2, "notes": 1}


def test_what_a_phrase_is_likely_about_is_taken_from_the_words_beside_it():
    rows = {(row["where"], row["reported"]): row for row in draft_rows(scan(REPORT))}
    invited = rows["wstu-1", "Just over half"]
    assert (invited["unit"], invited["base_n"], invited["base_from"]) == ("school", "36", "printed")
    assert rows["wptu-1", "1,284"]["unit"] == "pupil"
    # "Of the 41 schools that replied, 36 had held a careers day in 2023/24 and five had not."
    assert (rows["wstu-1", "five"]["unit"], rows["wstu-1", "five"]["base_n"]) == ("school", "41")
    assert rows["wstu-2", "2"]["note"] == '"help from the county"'


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("12 of the 60 schools", "60"),
        ("Six out of the eight centres", "8"),
        ("half of all 1,706 parents", "1706"),
        ("most of the 1 204 heads", "1204"),
        ("a third of the 2.5 million learners", "2500000"),
        ("half of 60% of them", ""),
        ("45 of 212 (21%) pupils", "212"),
        ("12 of the 60 (20%) schools", "60"),
        # Years, ages, months, another's and the half of a base are none.
        ("12 of the 2019 cohort", ""),
        ("half of 16 year olds", ""),
        ("half of the 16-year-olds", ""),
        ("half of 16 to 18 year olds", ""),
        ("most of the 12 months", ""),
        ("a quarter of one school's pupils", ""),
        ("half of the 60 primary and 40 secondary schools", ""),
        ("45% of all 212 pupils and 38 staff", ""),
        ("12 of the 60 schools and 5 of the 20 colleges", "60"),
        ("12 of the 60 schools and 15 of the 20 colleges", "60"),
        ("75% of the 24 heads and 78% of the 40 teachers", "24"),
        ("130/232 schools", "232"),
        ("half the 60 schools", "60"),
        ("(1,204/2,418; 49.8%)", "2418"),
        ("9/10 schools", ""),
    ],
)
def test_a_base_is_the_number_of_whom_it_is_said(text, base):
    assert find_phrases(Passage(text), load_readings())[0].base_n == base


@pytest.mark.parametrize(
    ("text", "bases"),
    [
        ("Of the 41 schools, 36 had a leader and five had not.", ["", "41", "41"]),
        ("Of the 41 schools, 36 had a leader, of whom 12 were new.", ["", "41", ""]),
        ("Of the 41 schools, 36 had a leader; of these, 12 were new.", ["", "41", ""]),
        ("Of the 41 schools, 36 had a leader and 12 of these were new.", ["", "41", ""]),
        ("Of the 12 girls and 14 boys, half said no.", ["", "", ""]),
        ("Of those 32, 12 were good and 15 were not.", ["", "32", "32"]),
        ("Of the 24 heads, 9 did; of the 90 girls, a third did.", ["", "24", "", "90"]),
        ("Of the 24 heads, 9 did, and of the 8 boys, half.", ["", "24", "", "8"]),
        ("Of the 24 heads, 9 did; of the remaining girls, half.", ["", "24", ""]),
        ("Out of 60 schools, 12 had none.", ["", "60", "60"]),
        ("Among the 212 pupils, 45% agreed.", ["", "212"]),
    ],
)
def test_a_base_that_begins_a_sentence_is_not_that_of_some_of_its_people(text, bases):
    """By hand: 12 are of the 36, half of the 26."""
    assert [each.base_n for each in find_phrases(Passage(text), load_readings())] == bases


def test_the_same_phrase_about_the_same_thing_is_proposed_as_one(tmp_path):
    report = tmp_path / "r.md"
    twice = "Only a few of the pupils asked had met an employer."
    report.write_text(f"# R\n\n## One\n\n{twice}\n\n## Two\n\n{twice} Most had not.\n")
    rows = draft_rows(scan(report))
    assert [row["where"] for row in rows] == ["one-1", "two-1", "two-1"]
    assert rows[0]["indicator"] == rows[1]["indicator"] != rows[2]["indicator"]


# ---- what counts, and what names ----------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Students in Years 9, 10 and 11 and at Key Stage 4 were asked.",
        "Young people of 16 or under, or aged 120 or more.",
        "Young people aged 13 to 18, or 19 and over, and 16–19-year-olds in post-16 education.",
        "Telephone 0300 123 1231, see page 7, Table 3 and www.example.org/130114.",
        "The most able of them work with others, often at the most popular hour.",
        "A sixth form is one way of doing it.",
        "12. The statutory guidance does not say so.",
        "See [the note](https://example.org/12) or write to x12@example.org.",
        "Half-term holidays; for every ten visitors.",
        "They came by bus. 1.2 They walked.",
        "OR = 1.3 (95% CI 1.1; SD 0.6); t(46) = 2.1, F(2, 45) = 3, at the 5% level [2, 4].",
        "An effect of 0.2 SD [0.05, 0.27] with 80% power, t (1) = 2; rows may not add to 100%.",
        "Those aged under 25 (para 12, Qq34 and 88) in all areas and across all groups.",
        "On a 10-point scale, or a five-point Likert scale.",
        "Those aged 65 and older, or 15 and younger; girls of 16 or younger.",
        "They were most likely to walk, and most often late; most important was the cost.",
        "Call (202) 555-0143, +44 20 7946 0958 or 202-555-0143; see 120 Stat. 683.",
        "The 95 percent confidence level, as in 34 C.F.R. § 200.5 (fig. 2): χ (1, N = 312) = 9.",
        "Notes: 1. Those aged 16 to 24 years. 2. Shares may not sum to 100, nor add up to 100%.",
        "Every second school, and every other one, felt so some of the time, beneath each chart.",
        "Most = 90% or more; half = 50%; few = below 20%, to the nearest 5, of +34 and 50/50.",
    ],
)
def test_numbers_that_name_and_words_that_compare_are_no_figures(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("142 (8%) of the 1,703 parents", [("142 (8%)", "count_percent"), ("1,703", "count")]),
        ("About four out of five schools", [("About four out of five", "fraction")]),
        ("between 20 and 30 per cent of staff", [("between 20 and 30 per cent", "percent")]),
        ("Two-thirds of the 24 did so", [("Two-thirds", "fraction"), ("24", "count")]),
        (
            "two or three years before 2012/13",
            [("two or three years", "text"), ("2012/13", "date")],
        ),
        ("It cost $3 million, or £1.5m.", [("$3 million", "text"), ("£1.5m", "money")]),
        ("15 of 60 (25%)", [("15", "count"), ("60", "count"), ("25%", "percent")]),
        ("61 pct of them", [("61 pct", "percent")]),
        ("n = 1,203; 62.5% agreed", [("1,203", "count"), ("62.5%", "percent")]),
        ("on 5 April 2012 Fifty-five came", [("5 April 2012", "date"), ("Fifty-five", "count")]),
        ("a mean of 5.96 of eight", [("5.96", "number"), ("eight", "count")]),
        ("no fewer than 40 of them", [("no fewer than 40", "count")]),
        ("Some 1.2 million learners", [("Some 1.2 million", "count")]),
        ("Six out of the eight schools", [("Six", "count"), ("eight", "count")]),
        ("asked between 3 and 17 March 2019", [("3 and 17 March 2019", "date")]),
        ("a 5 percentage point rise to 34%", [("5 percentage point", "text"), ("34%", "percent")]),
        ("| Primary | 1,203 | 84% |", [("1,203", "count"), ("84%", "percent")]),
        (
            "1 482 replied, a rise of 12½ per cent",
            [("1 482", "count"), ("12½ per cent", "text")],
        ),
        (
            "62 percent (n = 1,432) of 2,310",
            [("62 percent", "percent"), ("1,432", "count"), ("2,310", "count")],
        ),
        (
            "More than four hours, at least 50 hours, or built up over two years",
            [(n, "text") for n in ("More than four hours", "at least 50 hours", "two years")],
        ),
        ("from 3 to 28 January 2019", [("3 to 28 January 2019", "date")]),
        (
            "a third (10 out of 30)[footnote 1]",
            [("a third", "fraction"), ("10", "count"), ("30", "count")],
        ),
        ("Gatsby benchmark 8 [12]; twice as many girls", []),
        (
            "9 out of 10 and 3 out of 35",
            [("9 out of 10", "fraction"), ("3", "count"), ("35", "count")],
        ),
        ("rose between 2015 and 2019", [("between 2015 and 2019", "date")]),
        ("up from 12 in 2018", [("12", "count"), ("2018", "date")]),
        ("it was 92.3 per cent. - A further 12", [("92.3 per cent", "percent"), ("12", "count")]),
        ("nearly all, but not all, schools", [("nearly all", "words"), ("not all", "words")]),
        ("10 or more of the 60", [("10 or more", "count"), ("60", "count")]),
        ("a rise of two and a half points", [("two and a half", "number")]),
        ("half a million, not one school", [("half a million", "count"), ("not one", "words")]),
        ("between £3m and £4m", [("between £3m and £4m", "money")]),
        ("from 0% and 100%", [("0%", "percent"), ("100%", "percent")]),
        ("Of 9 + 27 schools", [("9", "count"), ("27", "count")]),
        (
            "15–20 rooms may close, and 8 to 12 of 30 halls",
            [("15–20", "count"), ("8 to 12", "count"), ("30", "count")],
        ),
        ("~50% of them and <5% of the rest", [("~50%", "percent"), ("<5%", "percent")]),
        ("about 0.25 of a visit", [("about 0.25", "number")]),
        ("guidance for all students improved that of all the boys", [("all", "words")]),
        ("from 1 May to 31 July 2019", [("1 May to 31 July 2019", "date")]),
        ("between January and June 2018", [("January and June 2018", "date")]),
        ("“We lost 30 days,” said one of 12", [("12", "count")]),
        ("up 3%, a third more, half as likely", [(n, "text") for n in ("3%", "a third", "half")]),
        ("made up 3% and rose from 2% to 4%", [(n, "percent") for n in ("3%", "2%", "4%")]),
        ("the remaining 12, the other half", [("12", "count"), ("half", "fraction")]),
        (
            "three times a year, three times as many",
            [("three times a year", "text"), ("three times", "text")],
        ),
        (
            "Nine pupils in ten; three teachers in five towns",
            [("Nine pupils in ten", "fraction"), ("three", "count"), ("five", "count")],
        ),
        ("40 at most, perhaps a dozen", [("40 at most", "count"), ("perhaps a dozen", "count")]),
        ("down 4pp, a 22-point gap", [("4pp", "text"), ("22-point", "text")]),
        (
            "Oct. 3-16, 2023 or 9 Sept 2021",
            [(n, "date") for n in ("Oct. 3-16, 2023", "9 Sept 2021")],
        ),
        ("1,140 (48.2), a mean age 13.7", [("1,140 (48.2)", "count_percent"), ("13.7", "number")]),
        (
            "nine out of 14, in each of the towns",
            [*((n, "count") for n in ("nine", "14")), ("each", "words")],
        ),
        (
            "in fiscal year 2019, years 2016 through 2021; late 2020, Act 2011",
            [("2019", "date"), ("2016 through 2021", "date"), ("2020", "date")],
        ),
        ("in winter 12 of them; March 13", [("12", "count"), ("March 13", "date")]),
        ("18th – 22nd August 2023", [("18th – 22nd August 2023", "date")]),
        ("We ask (1) who came; (2) how. Barely one in ten", [("Barely one in ten", "fraction")]),
        ("in the autumn term of 2016", [("autumn term of 2016", "date")]),
        ("US$ 1,500 or ¥5,000", [("$ 1,500", "text"), ("¥5,000", "text")]),
        ("in 12 separate or nine junior schools", [("12", "count"), ("nine", "count")]),
        ("One young person in ten did", [("One young person in ten", "fraction")]),
        ("11% in Wave 1 to 26% in Wave 3", [("11%", "percent"), ("26%", "percent")]),
        ("1-5 406", [("1-5", "count"), ("406", "count")]),
        ("1 203-5 406 halls, −5%", [("1 203-5 406", "count")]),
        ("those aged 25+ (76%)", [("76%", "percent")]),
        ("C (11%), groups of 2 to 5", [("11%", "percent"), ("2 to 5", "count")]),
        ("12,1% more than once; 12% more", [("12,1%", "percent"), ("12%", "text")]),
        ("a mean of 6.9 out of 10; 5 each", [("6.9", "number"), ("5", "count")]),
        ("(178 out of 287)", [("178", "count"), ("287", "count")]),
        ("5+ years; the two most useful", [("5+ years", "text"), ("two", "count")]),
        (
            "20 (34 per cent), 8 (.8%) and 5 (<1%)",
            [(n, "count_percent") for n in ("20 (34 per cent)", "8 (.8%)", "5 (<1%)")],
        ),
        ("scored 7.4/10 or 4.2/5", [("7.4", "number"), ("4.2", "number")]),
        ("112/140, 9/10, 24/7", [("112/140", "count"), ("9/10", "fraction")]),
        (
            "43%12 of them, three in ten3 and (47%)3 of those",
            [("43%", "percent"), ("three in ten", "fraction"), ("47%", "percent")],
        ),
        (
            "45, 41 and 38 per cent; 12 and 5",
            [(n, "text") for n in ("45", "41")]
            + [("38 per cent", "percent"), ("12", "count"), ("5", "count")],
        ),
        ("9-in-10 heads, sit-in-days", [("9-in-10", "fraction")]),
        (
            "three or four in ten, about 12 to 15 halls, around 30 to 40 per cent",
            [
                ("three or four in ten", "fraction"),
                ("about 12 to 15", "count"),
                ("around 30 to 40 per cent", "percent"),
            ],
        ),
        ("a 12% rise to 60%", [("12%", "text"), ("60%", "percent")]),
        ("71% ± 3%, 71% plus or minus 3", [("71%", "percent"), ("71%", "percent")]),
        ("less than half of one per cent", [("less than half of one per cent", "percent")]),
    ],
)
def test_phrases_are_found_whole_and_in_their_form(text, phrases):
    assert found(text) == phrases


WORDS = """
about just over under almost only a one half third quarters 1,700 70% 8.5 £ million (8%) of the
out in five hundred and twenty-three all except but most few very 2012/13 March 12 between to – -
schools said; Year 9 "'Ünï İ' ½ pupils at to Oct. 3-16, 2023 (48.2) through 2016
"""


@given(
    st.one_of(
        st.text(max_size=40), st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join)
    )
)
def test_whatever_is_scanned_a_phrase_stands_in_it_to_the_letter_and_can_be_read(text):
    end = 0
    for phrase in find_phrases(Passage(text), load_readings()):
        assert text[phrase.start : phrase.end] == phrase.reported
        assert phrase.start >= end
        assert read(phrase.reported, phrase.form)
        end = phrase.end


BLOCKS = st.lists(
    st.one_of(
        st.sampled_from(["# R", "## Key findings", "## Notes", "## What they said", "---", "## 7"]),
        st.lists(st.sampled_from(WORDS.split()), max_size=9).map(" ".join),
        st.lists(st.sampled_from(["- 12 of 60", "- most", "1. Half.", "2. All", "* x"])).map(
            "\n".join
        ),
        st.text(max_size=30),
    ),
    max_size=12,
).map("\n\n".join)


@given(BLOCKS)
def test_whatever_a_report_is_like_its_figures_stand_at_the_places_that_are_declared(text):
    draft = scan_text(text, "r", load_readings())
    passages = cut(text, draft.places)
    for row in draft_rows(draft):
        if row["form"] != "rank":
            assert contains(passages[row["where"]].text, row["reported"])


# ---- the folder ---------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A draft of the report, as the command writes it."""
    write_draft(scan(REPORT), tmp_path / "harbour-2024")
    return tmp_path / "harbour-2024"


def added_and_stood(report, folder):
    rows, added = write_draft(scan(report), folder)
    return len(added), len(rows) - len(added)


def change(path, *pairs):
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def test_nothing_of_a_draft_counts_until_it_is_decided(folder):
    cohort = load_cohort(folder)
    assert cohort.reported.empty
    assert cohort.settings.places["wstu"] == 2
    assert estimate(cohort).empty


def test_what_is_decided_works_at_once(folder):
    (folder / "indicators.csv").write_text(
        "indicator,label,section,unit,table,variable,measure,denominator,categories,base,"
        "base_label,among,favourable\n"
        "replied,Schools that replied,scope,school,,,count,,,,,,\n"
        "invited_ten,Invited at least 10 employers,day,school,,,share,,yes;no,,,,yes\n"
    )
    change(
        folder / "reported.csv",
        (
            "# TODO S010,wstu-1,,had_held_a_careers_day,,,,school,schools,,41",
            "S010,wstu-1,,replied,,,,school,,,",
        ),
        (
            "# TODO S013,wstu-1,,of_the_36_schools_invited,,,,school,schools,,36",
            "S013,wstu-1,,invited_ten,yes,,,school,schools,replied,36",
        ),
    )
    cohort = load_cohort(folder)
    checks = screen(cohort, source=REPORT)
    assert [check.message for check in checks if not check.passed] == []
    said = {check.rule: check.message for check in checks}["provenance"]
    assert said == "Nothing is said of publisher, licence, fieldwork, sampling."
    assert cohort.undecided == 29
    # Over 18 of 36, and up to half way from a half to three fifths: 19.8.
    assert estimate(cohort)["count_low"].tolist() == [36, 19]
    assert {each["verdict"] for each in audit_figures(cohort)} <= {"consistent"}


def test_rows_that_are_decided_or_struck_out_stay_so_when_it_is_scanned_again(folder):
    change(
        folder / "reported.csv",
        ("# TODO S005,summary-1,,replied", "S005,summary-1,,schools_replied"),
        ("# TODO S006,", "# NO S006,"),
    )
    before = (folder / "reported.csv").read_text(encoding="utf-8")
    assert added_and_stood(REPORT, folder) == (0, len(marked()))
    assert (folder / "reported.csv").read_text(encoding="utf-8") == before
    ids = [row["id"] for row in write_draft(scan(REPORT), folder)[0]]
    assert [each for each in ids if not each.startswith("# TODO ")] == ["S005", "# NO S006"]


def test_a_scan_that_fails_leaves_the_rows_as_they_stood(folder, tmp_path, monkeypatch):
    edition = tmp_path / "second.md"
    edition.write_text(REPORT.read_text(encoding="utf-8") + "\nOf 12 halls.\n")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_draft(scan(edition), folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_a_new_edition_adds_is_added_below(folder, tmp_path):
    edition = tmp_path / "second.md"
    text = REPORT.read_text(encoding="utf-8")
    edition.write_text(text.replace("and five had not", "and five, one in eight, had not"))
    before = (folder / "reported.csv").read_text(encoding="utf-8")
    assert added_and_stood(edition, folder) == (1, len(marked()))
    after = (folder / "reported.csv").read_text(encoding="utf-8")
    assert after.startswith(before)
    assert after.splitlines()[-1].startswith("# TODO S032,wstu-1,,")
    assert "one in eight" in after.splitlines()[-1]


def test_what_is_added_stands_in_the_columns_of_the_file_as_somebody_saved_it(folder, tmp_path):
    """A spreadsheet may have moved one, and left out another."""
    table = pd.read_csv(folder / "reported.csv", dtype=str, keep_default_na=False)
    table = table[[*table.columns[::-1]]].drop(columns="section")
    table.to_csv(folder / "reported.csv", index=False)
    edition = tmp_path / "second.md"
    edition.write_text(REPORT.read_text(encoding="utf-8") + "\nOf 12 halls.\n")
    assert added_and_stood(edition, folder) == (1, len(marked()))
    _, rows = read_rows(folder / "reported.csv", drafts=True)
    last = [*rows.values()][-1]
    assert (last["id"], last["reported"], last["form"]) == ("# TODO S032", "12", "count")


def test_there_is_no_report_of_a_draft_of_which_nothing_is_decided(folder):
    with pytest.raises(CohortError, match="31 figures that are still to be decided"):
        report(folder, quiet=True)


def test_the_marked_text_holds_the_whole_text_and_every_phrase(folder):
    decided = ("# TODO S006,", "# NO S006,"), ("# TODO S010,", "S010,")
    change(folder / "reported.csv", *decided)
    draft = scan(REPORT)
    page = write_marked(draft, folder, write_draft(draft, folder)[0]).read_text(encoding="utf-8")
    assert page.count("<mark ") == len(marked()) + 3
    assert '<mark class="struck" title="S006">Most <small>50% to 95%</small></mark>' in page
    assert '<mark class="decided" title="S010">36</mark>' in page
    assert '<mark class="open" title="S014">36</mark>' in page
    assert "29 to decide" in page
    assert "1 struck out" in page
    assert 'title="S028">between four and six hours</mark>' in page
    assert "Just over half <small>50% to 55% of 36</small>" in page
    told = re.sub(r" <small>.*?</small>", "", page)
    told = unescape(re.sub(r"<[^>]+>", "", told))
    assert all(passage.text in told for passage in draft.passages.values())


def test_a_file_of_something_else_is_not_written_over(tmp_path):
    (tmp_path / "reported.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CohortError, match="does not have the columns that it needs"):
        write_draft(scan(REPORT), tmp_path)


def test_a_cohort_of_answers_is_left_alone(tmp_path):
    (tmp_path / "cohort.toml").write_text("[cohort]")
    with pytest.raises(CohortError, match="is a cohort of answers"):
        write_draft(scan(REPORT), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["cohort.toml"]


# ---- reports of other kinds ---------------------------------------------------------------------

LINES = [
    "Reading in Elm Valley",
    "A survey of 2024",
    "Key findings",
    "Of the 25 libraries asked, 19 ran a reading group. About half of",
    "the groups met weekly.",
    "Recommendations",
    "Libraries should ask the 310 members what they want.",
]


def as_pdf(lines, across=None):
    """The smallest PDF that prints lines below each other; written from the standard, section 7.

    `across` moves the pen right and up before a line, to the top of another column.
    """
    moved = {n: f"{x} {y} Td " for n, (x, y) in (across or {}).items()}
    shown = " ".join(f"{moved.get(n, '')}({line}) Tj 0 -16 Td" for n, line in enumerate(lines))
    stream = f"BT /F1 12 Tf 40 780 Td {shown} ET"
    parts = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        "/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
    ]
    body, places = "%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(body))
        body += f"{number} 0 obj{part}endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return (
        f"{body}xref\n0 5\n0000000000 65535 f \n{table}trailer<</Size 5/Root 1 0 R>>\n"
        f"startxref\n{len(body)}\n%%EOF\n"
    ).encode("latin-1")


def test_a_word_that_a_pdf_breaks_at_its_margin_is_one(tmp_path):
    report = tmp_path / "broken.pdf"
    report.write_bytes(
        as_pdf(["Of the libraries that were asked last year, twenty-", "three ran a group."])
    )
    assert [row["reported"] for row in draft_rows(scan(report))] == ["twenty-three"]
    lines = [
        "Of the schools",
        "that are in the valley there were",
        "12",
        "who ran one.",
        "A",
        "B",
        "7",
    ]
    report.write_bytes(as_pdf(lines))
    assert [row["reported"] for row in draft_rows(scan(report))] == ["12"]


def test_two_columns_of_a_pdf_are_read_one_after_the_other(tmp_path):
    """The order in which a typesetter lays the text; figures of one stay with its heading."""
    columns = [
        "Libraries",
        "Left",
        "In all 25 libraries",
        "were asked.",
        "Right",
        "Of these 19 ran",
        "a group.",
    ]
    report = tmp_path / "columns.pdf"
    report.write_bytes(as_pdf(columns, across={4: (260, 48)}))
    rows = [(row["where"], row["reported"]) for row in draft_rows(scan(report))]
    assert rows == [("left-1", "25"), ("right-1", "19")]


def test_cells_beside_each_other_in_a_pdf_are_two_numbers_below_no_heading(tmp_path):
    report = tmp_path / "cells.pdf"
    lines = ["Libraries", "Use", "In 2022 we asked.", "Books Groups", "Elm", "402", "376"]
    report.write_bytes(as_pdf(lines, {5: (60, 16), 6: (60, 16)}))
    rows = [(row["where"], row["reported"]) for row in draft_rows(scan(report))]
    assert rows == [("use-1", "2022"), ("use-2", "402"), ("use-2", "376")]


def test_the_first_line_of_a_narrow_column_is_no_heading_though_it_ends_in_no_sentence(tmp_path):
    report = tmp_path / "narrow.pdf"
    lines = ["We asked the 25 in 2019 of theirs.", "Those libraries that ran a group"]
    told = [*LINES[:1], "Use", *lines, "in a school were 19, as before."]
    report.write_bytes(as_pdf(told))
    rows = [(row["where"], row["reported"]) for row in draft_rows(scan(report))]
    assert rows == [("use-1", "25"), ("use-1", "2019"), ("use-1", "19")]


def test_gaps_in_a_justified_line_of_a_pdf_part_no_figure_from_its_words(tmp_path):
    report = tmp_path / "justified.pdf"
    report.write_bytes(as_pdf(["Libraries", "Use", "Of  these  19  ran  one  in  2019."]))
    assert [row["reported"] for row in draft_rows(scan(report))] == ["19", "2019"]


def test_numbered_lines_whose_marks_stand_in_the_text_are_footnotes(tmp_path):
    report = tmp_path / "notes.pdf"
    text = ["Use", "Of these 19 ran one.1 Half met", "in a school.2 They had 12 heads."]
    notes = ["1 Of 7 we know nothing.", "2 A group has 5 members."]
    report.write_bytes(as_pdf(["Libraries", *text, *notes], {4: (0, -60)}))
    assert [(row["where"], row["reported"]) for row in draft_rows(scan(report))] == [
        *(("use-1", words) for words in ("19", "Half", "12")),
        *(("fn1", "7"), ("fn2", "5")),
    ]


def test_a_gap_between_two_lines_of_a_pdf_ends_a_paragraph_though_its_last_line_is_full(tmp_path):
    report = tmp_path / "gap.pdf"
    lines = [
        "Libraries",
        "Use",
        "Of the libraries that were asked in 2022-",
        "23 half ran a group each week.",
    ]
    report.write_bytes(as_pdf([*lines, "Of their groups 19 met in a school."], {4: (0, -14)}))
    rows = [(row["where"], row["reported"]) for row in draft_rows(scan(report))]
    assert rows == [("use-1", "2022-23"), ("use-1", "half"), ("use-2", "19")]


@pytest.mark.parametrize("kind", ["pdf", "txt"])
def test_a_pdf_and_plain_text_are_cut_at_what_looks_like_headings(tmp_path, kind):
    report = tmp_path / f"elm.{kind}"
    if kind == "pdf":
        report.write_bytes(as_pdf(LINES))
    else:
        joined = "\n\n".join([*LINES[:3], " ".join(LINES[3:5]), *LINES[5:]])
        report.write_text(joined)
    rows = [(row["where"], row["reported"]) for row in draft_rows(scan(report))]
    assert rows[-4:] == [("kf-1", "25"), ("kf-1", "19"), ("kf-1", "About half"), ("rec-1", "310")]


def test_a_report_without_headings_has_its_paragraphs_counted(tmp_path):
    report = tmp_path / "note.txt"
    report.write_text("we asked 12 schools.\n\nmost of the 12 answered.\n")
    draft = scan(report)
    assert draft.places == {"para": 2}
    assert [row["where"] for row in draft_rows(draft)] == ["para-1", "para-2", "para-2"]
    assert list(read_passages(report, draft.places)) == ["para-1", "para-2"]


def test_marks_that_nobody_sees_are_no_figures_and_cut_none(tmp_path):
    """By hand: the escape colours a terminal red, and a space of no width stands in 1,203."""
    report = tmp_path / "r.md"
    report.write_text("# A\x07\n\nOf \x1b[31m1,\u200b203 schools\x1b[0m half.\n", encoding="utf-8")
    write_draft(scan(report), tmp_path / "draft")
    assert load_cohort(tmp_path / "draft").about.title == "A"
    assert [row["reported"] for row in draft_rows(scan(report))] == ["1,203", "half"]


@pytest.mark.parametrize(
    "heading", ["2019", "Foreword notes", "P", "Été", "Contents of boxes", "A b c d e f g h", "fn"]
)
def test_text_is_lost_under_no_heading(tmp_path, heading):
    report = tmp_path / "r.md"
    report.write_text(f"# R\n\nIn all.\n\n## {heading}\n\nOf 60 schools.\n", encoding="utf-8")
    draft = scan(report)
    assert [row["reported"] for row in draft_rows(draft)] == ["60"]
    write_draft(draft, tmp_path / "draft")
    assert load_cohort(tmp_path / "draft").settings.places == draft.places


OTHERS = """
# Careers work in colleges

Published in May 2019, ISBN 978-0-7053-1884-4

## 2. Findings

### 2.1 Provision

2.1.1 The majority of colleges (15 of the 26) had a lead.[^1] See section 2.2 and Table 3.

2.1.2 On a scale from 1 to 5 the mean was 3.8 (SD = 0.9); 62 percent (95% CI 58-66) agreed.

| Type | Colleges | Learners |
|---|---:|---:|
| General | 18 | 1,102 |
| Specialist | 2 | 75 |

The ratio was 437:1 at 10:30. Most useful:

1. Job shadows
2. Visits to 12 firms

3. A club, in 7 out of 26.

[^1]: One had two leads.
[^2]: In all 1 482 replied. Call 01632 960 123.
"""


def test_a_report_of_another_style_is_scanned_without_what_only_names_or_numbers(tmp_path):
    """By hand: numbers of headings, sections, lists, addresses and statistics are none."""
    report = tmp_path / "colleges.md"
    report.write_text(OTHERS, encoding="utf-8")
    draft = scan(report)
    assert draft.places == {"cover": 1, "provision": 4, "fn": 2}
    rows = [(row["where"], row["reported"], row["unit"]) for row in draft_rows(draft)]
    assert rows == [
        ("cover", "May 2019", "date"),
        ("provision-1", "The majority", "college"),
        ("provision-1", "15", ""),
        ("provision-1", "26", ""),
        ("provision-2", "3.8", ""),
        ("provision-2", "62 percent", ""),
        ("provision-3", "18", "college"),
        ("provision-3", "1,102", "learner"),
        ("provision-3", "2", "college"),
        ("provision-3", "75", "learner"),
        ("provision-4", "1", ""),
        ("provision-4", "2", ""),
        ("provision-4", "12", "firm"),
        ("provision-4", "3", ""),
        ("provision-4", "7", ""),
        ("provision-4", "26", ""),
        ("fn1", "two", "lead"),
        ("fn2", "1 482", ""),
    ]


TABLE = """
| Hours | Primary (n=691) % | or more | Fewer than 10 |
|---|---:|---:|---:|
| A leader (N = 512) | 31.5 | 18 | 7 |
| per cent | 5 to | 3 | [c] |
"""


def test_a_number_in_a_label_is_told_once_and_no_cell_goes_on_with_a_label():
    """By hand: the bases 691 and 512 once each, and the cells; "18 or more" is nowhere printed."""
    rows = draft_rows(scan_text(f"# R\n\n## T\n{TABLE}", "r", load_readings()))
    assert [row["reported"] for row in rows] == ["691", "512", "31.5", "18", "7", "5", "3"]


LAID_OUT = """
Grade   N      Percent
9       902    31.2
10      871    38.9
Total   3,417  –
"""


def test_sentences_under_contents_are_told_and_a_list_of_contents_is_not(tmp_path):
    told = "# R\n\n## Contents\n\n1. Aims 3\n\n2. Schools 5\n\n## T\n\nOf 12 halls.\n"
    rows = draft_rows(scan_text(told, "r", load_readings()))
    assert [row["reported"] for row in rows] == ["12"]
    told = "# R\n\n## Contents\n\nWe saw 9 halls. They held 40 pupils.\n"
    rows = draft_rows(scan_text(told, "r", load_readings()))
    assert [row["reported"] for row in rows] == ["9", "40"]


def test_a_table_of_a_rule_alone_is_no_text():
    rows = draft_rows(scan_text("# R\n\n## T\n\n|---|---|\n\nOf 12 halls.\n", "r", load_readings()))
    assert [(row["where"], row["reported"]) for row in rows] == [("t-1", "12")]


@pytest.mark.parametrize("gaps", [LAID_OUT, re.sub(" {2,}", "\t", LAID_OUT), f"\n{LAID_OUT[6:]}"])
def test_cells_that_stand_under_each_other_are_a_table(gaps):
    """By hand: five cells; "9       902" is no 9,902, and a label is no figure."""
    rows = draft_rows(scan_text(f"# R\n\n## T\n\nAs below.\n{gaps}", "r", load_readings()))
    assert [row["reported"] for row in rows] == ["902", "31.2", "871", "38.9", "3,417"]
    assert [row["indicator"] for row in rows][:2] == ["n_9", "percent_9"]


TOPLINE = """
Q1. How much do you know?
Base: All parents (1,503)
A great deal          12%
Know nothing about     9%
Girls                  n/a
Know nothing about    10%
"""


@pytest.mark.parametrize("lines", [TOPLINE, re.sub(" {2,}", "\t", TOPLINE)])
def test_a_label_is_no_part_of_its_figure_and_belongs_to_no_other(lines):
    """By hand: "about" is of the label, whatever stands above the rows or between them."""
    rows = draft_rows(scan_text(f"# R\n\n## T\n{lines}", "r", load_readings()))
    assert [row["reported"] for row in rows] == ["All", "1,503", "12%", "9%", "10%"]
    assert [row["indicator"] for row in rows][2:4] == ["a_great_deal", "know_nothing_about"]


def test_a_table_right_below_its_caption_is_told_by_its_labels():
    table = "Table 2. Answers\n| | n | 2019 |\n|---|---|---|\n| Yes | 12 | 40% |\nOf 30 heads."
    rows = draft_rows(scan_text(f"# R\n\n## T\n\n{table}\n", "r", load_readings()))
    assert [row["reported"] for row in rows] == ["12", "40%", "30"]
    assert rows[1]["indicator"] == "2019_yes"


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("Seen by 9   902\nin all.", ["9", "902"]),
        # A justified line: what its gaps part is one.
        ("Of   those   asked   in   2019   nearly   60\nsaid so.", ["2019", "nearly 60"]),
    ],
)
def test_figures_that_a_wide_gap_parts_are_two_unless_it_parts_every_word(text, figures):
    rows = draft_rows(scan_text(f"# R\n\n## T\n\n{text}", "r", load_readings()))
    assert [row["reported"] for row in rows] == figures


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("twenty\u00ad-five, se\u00adven and 1,\u00ad203 halls", ["twenty-five", "seven", "1,203"]),
        ("Two-\ufb01fths of \ufb01fty", ["Two-fifths", "fifty"]),
        ("1\u00a0203 halls, 5\u202f000, 5\u00a0%", ["1 203", "5 000", "5 %"]),
        ("\uff11\uff12 halls, \uff15\uff10% and \u0663\u0664", []),
        ("5\u2019000 of \u2018most\u2019", ["5'000"]),
        ("Of 60\r\nhalls\r\n\r\n- 5 of 6\r\n- 7 of 8", ["60", "5", "6", "7", "8"]),
        ("\u202b12 halls\u202c, \u200f45%\u200f of \u206660\u2069", ["12", "45%", "60"]),
        ("Cafe\u0301s: 12 e\u0301coles", ["12"]),
        ("In 2 halls\f3 met\n\fand 60% of 20.", ["2", "3", "60%", "20"]),
        ("[12 halls](www.e.org/12%205), &lt;9%, 10&nbsp;000", ["12", "<9%", "10 000"]),
        ("12<sub>2</sub>, ~~7~~, 5\\% and 3\\*4", ["12", "7", "5%", "3", "4"]),
        ("2\u20443 of them", ["2/3"]),
    ],
)
def test_in_awkward_texts_every_phrase_is_whole_and_stands_there(tmp_path, text, phrases):
    report = tmp_path / "r.md"
    report.write_bytes(f"# R\n\n## T\n\n{text}\n".encode())
    draft = scan(report)
    rows = draft_rows(draft)
    assert [row["reported"] for row in rows] == phrases
    passages = read_passages(report, draft.places)
    assert all(contains(passages[row["where"]].text, row["reported"]) for row in rows)


SECTIONED = """\
Inpatients 2021

1. Summary
1.1 In total, 62,235 patients responded.
1.2 Over four fifths (82%) were treated with respect.

2. Waiting

2.1 Half waited an hour
2.2 or not at all.
"""


def test_lines_numbered_by_their_sections_are_paragraphs_of_these(tmp_path):
    """By hand: neither 1.1 nor 2021 is a figure of patients; "2.2 or" goes on with a sentence."""
    report = tmp_path / "inpatients.txt"
    report.write_text(SECTIONED)
    rows = [(row["where"], row["reported"]) for row in draft_rows(scan(report))]
    assert rows == [
        ("summary-1", "62,235"),
        ("summary-2", "Over four fifths"),
        ("summary-2", "82%"),
        ("waiting-1", "Half"),
        ("waiting-1", "2.2"),
    ]


TYPESET = """\
Annual report 2019\fThe Board | Page 2

1. Findings
1.1 Fifty\u2010five schools \u2013 nearly three\u2010quarters \u2013 replied.\u00b9 Two in \ufb01ve
of their 1\u00a0204 heads were in\u00adter-
viewed in 2018\u00b2, twenty\u2010

\fThe Board | Page 3

one of them twice.
\fThe Board | Page 3
1.2 It was 32%\u00b3 in Wales.

\u00b9 Of these, 17 were late.
\fThe Board | Page 4
"""


def test_what_a_typesetter_joined_broke_or_raised_is_read_as_it_is_meant(tmp_path):
    """By hand: neither heads of pages nor marks of notes are figures, and no word is cut."""
    report = tmp_path / "typeset.txt"
    report.write_text(TYPESET, encoding="utf-8")
    assert [(row["where"], row["reported"]) for row in draft_rows(scan(report))] == [
        ("findings-1", "Fifty-five"),
        ("findings-1", "nearly three-quarters"),
        ("findings-1", "Two in five"),
        ("findings-1", "1 204"),
        ("findings-1", "2018"),
        ("findings-1", "twenty-one"),
        ("findings-2", "32%"),
        ("fn1", "17"),
    ]
    report.write_bytes("# R\n\nIt’s 12 – or half – at £350.\r\n".encode("cp1252"))
    assert [row["reported"] for row in draft_rows(scan(report))] == ["12", "half", "£350"]


PAGES = """\
Rooms to read in, 2019: a survey
of 40 schools, of which 38 replied.
\fKey findings
• Two thirds of 24 rooms are new.
• Nearly 9 in 10, rounded to the nearest
5. Table 1 gives 12 rates of reply, 7/7.
What was asked
1. Of 14 schools we asked heads.
2. Most of them replied.
"""


def test_findings_that_are_listed_below_a_heading_are_counted_and_text_above_all_is_the_cover(
    tmp_path,
):
    """By hand: "5." goes on with a sentence; the first heading is below text, and no title."""
    report = tmp_path / "rooms.txt"
    report.write_text(PAGES, encoding="utf-8")
    assert [(row["where"], row["reported"]) for row in draft_rows(scan(report))] == [
        *(("cover", number) for number in ("40", "38")),
        *(("kf-1", words) for words in ("Two thirds", "24")),
        *(("kf-2", words) for words in ("Nearly 9 in 10", "12")),
        *(("wwa-1", "14"), ("wwa-2", "Most")),
    ]
    glued = "Rooms\n\nQuality\n\n8.Of 24 schools.\n9.We heard from most.\n10.Half, 58 per 10,000.\n"
    report.write_text(glued)
    rows = [(row["where"], row["reported"]) for row in draft_rows(scan(report))]
    places = [("quality-1", "24"), ("quality-2", "most"), ("quality-3", "Half")]
    assert rows == [*places, ("quality-3", "58")]


def test_a_date_alone_is_no_heading_and_a_number_without_a_point_is_of_its_paragraph(tmp_path):
    report = tmp_path / "survey.md"
    told = "\n\n".join(f"{n} In {n}1 schools." for n in (1, 2, 3))
    report.write_text(f"# R\n\n**May 2022**\n\n## Main findings\n\n{told}\n")
    rows = [(row["where"], row["reported"]) for row in draft_rows(scan(report))]
    assert rows == [("cover", "May 2022"), ("mf-1", "11"), ("mf-2", "21"), ("mf-3", "31")]


def test_facts_that_are_told_in_no_sentence_are_a_place_each():
    text = "# R\n\n## Key facts\n\n£412m spent\n\n27 of the 38\n\n43% in work\n"
    rows = draft_rows(scan_text(text, "r", load_readings()))
    assert [row["where"] for row in rows] == ["kf-1", "kf-2", "kf-2", "kf-3"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (  # bullets before the first paragraph
            "- Of 40 halls, 12 lent.\n\n- Half did.\n\nIn all, 25 met.",
            [("t-1", "40"), ("t-1", "12"), ("t-1", "Half"), ("t-2", "25")],
        ),
        (  # a note's mark behind a sentence
            "We saw 60 halls.1\n\nHalf of 12 did.",
            [("t-1", "60"), ("t-2", "Half"), ("t-2", "12")],
        ),
        (  # no sentence goes on over the number of a paragraph
            "2.1 Of 9 halls that we saw in the valley\n\n2.2 Of 8 girls.",
            [("t-1", "9"), ("t-2", "8")],
        ),
        # A heading stands above text, and what heads a table above its rows.
        ("Hours Groups\n\nElm 40% 37%", [("t-2", "40%"), ("t-2", "37%")]),
    ],
)
def test_paragraphs_below_a_heading_are_counted_from_its_first_words_on(tmp_path, text, rows):
    report = tmp_path / "r.txt"
    report.write_text(f"R\n\nT\n\n{text}\n")
    assert [(row["where"], row["reported"]) for row in draft_rows(scan(report))] == rows


def test_the_page_of_pages_is_no_figure(tmp_path):
    report = tmp_path / "r.txt"
    report.write_text("Rooms\n\nWe saw 12 halls.\nPage 1 of 2\n\fThen we saw 30.\nPage 2 of 2\n")
    assert [row["reported"] for row in draft_rows(scan(report))] == ["12", "30"]


UNDERLINED = """\
Growing up in Strathard
=======================

7. For 12 members of the board.

Key points
----------

- Just under a fifth of S4 pupils (18%) had a job.

Method
------

From March 3, 2022 we asked 34 schools.
"""


def test_underlined_headings_are_headings_and_the_number_of_a_paragraph_is_no_figure(tmp_path):
    report = tmp_path / "strathard.md"
    report.write_text(UNDERLINED)
    draft = scan(report)
    assert draft.title == "Growing up in Strathard"
    assert [(row["where"], row["reported"]) for row in draft_rows(draft)] == [
        ("cover", "12"),
        ("kp-1", "Just under a fifth"),
        ("kp-1", "18%"),
        ("method-1", "March 3, 2022"),
        ("method-1", "34"),
    ]


BOLD = """\
# Clinics

**Summary**

In all 1,482 patients replied.

**Note:** of 12 clinics, **two** are new.

**How long they waited:**

Half waited. **A quarter of them complained.**
"""


def test_lines_in_bold_are_headings_beside_others_and_words_in_bold_are_none(tmp_path):
    report = tmp_path / "clinics.md"
    report.write_text(BOLD)
    rows = [(row["where"], row["reported"]) for row in draft_rows(scan(report))]
    assert rows == [
        ("summary-1", "1,482"),
        ("summary-2", "12"),
        ("summary-2", "two"),
        ("hltw-1", "Half"),
        ("hltw-1", "A quarter"),
    ]


def test_paragraphs_that_are_numbered_from_the_title_on_are_no_part_of_its_cover(tmp_path):
    paragraphs = "\n\n".join(f"{n}. Of {n * 11} schools, most agreed." for n in range(1, 7))
    report = tmp_path / "numbered.txt"
    report.write_text(f"Rooms for reading\n\nFor 12 readers.\n\n{paragraphs}\n")
    assert scan(report).places == {"cover": 1, "p": 6}


@pytest.mark.parametrize("bullets", ["", "- We left 12.\n\n"])
def test_what_stands_above_the_first_numbered_paragraph_is_of_its_heading(tmp_path, bullets):
    paragraphs = "\n\n".join(f"{n}. Of {n * 11} schools, most agreed." for n in range(1, 7))
    report = tmp_path / "numbered.md"
    report.write_text(f"# R\n\n## Scope\n\nIn May 2019 we saw 60.\n\n{bullets}{paragraphs}\n")
    draft = scan(report)
    assert draft.places == {"scope": 1, "p": 6}
    assert [row["where"] for row in draft_rows(draft)][:2] == ["scope-1", "scope-1"]


def test_numbered_paragraphs_are_places_over_headings(tmp_path):
    paragraphs = "\n\n".join(f"{n}. Of {n * 11} schools, most agreed." for n in range(1, 7))
    report = tmp_path / "numbered.md"
    report.write_text(f"# R\n\n## Key findings\n\n- Few of 66.\n\n## Scope\n\n{paragraphs}\n")
    assert scan(report).places == {"kf": 1, "p": 6}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.md", None, "cannot be read"),
        ("blank.md", b" \n\n", "holds no text"),
        ("word.txt", b"\xff\xfe\x00\x81", "cannot be read"),
        ("escapes.txt", b"\x1b[31m \x07", "holds no text"),
        ("zip.docx", b"PK\x03\x04 and \x81", "cannot be read"),
        ("broken.pdf", b"%PDF-1.4 and no more", "cannot be read as PDF"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path, name, content, says):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CohortError, match=says):
        scan(tmp_path / name)


def test_the_command_loads_nothing_heavy(tmp_path):
    """Its page too: thirty pages are to take no more than twice the time of ``--help``."""
    code = (
        "import atexit, sys; from careersurvey.cli import main\n"
        "atexit.register(lambda: print(*sys.modules))\n"
        f"main(['scan', {str(REPORT)!r}, '--output', {str(tmp_path / 'draft')!r}])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (tmp_path / "draft" / "marked.html").exists()
    assert not {"pandas", "numpy", "pydantic", "jinja2", "pypdf"} & set(told.stdout.split())


def test_the_worked_example_shows_what_is_found():
    text = Path(shipped("docs") / "scanning.md").read_text(encoding="utf-8")
    rows = draft_rows(scan(REPORT))
    assert f"{len(rows)} phrases" in text
