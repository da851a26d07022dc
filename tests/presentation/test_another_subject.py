"""A survey on another subject has a report of its own, with nothing of careers in it.

`tests/library` is invented: 60 visitors of eight libraries, with weights. The witness of every
number is a sum of the weights in its file.
"""

import ast
import csv
import json
import re
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from made import read

from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.project import project_root, shared_data
from careersurvey.evidence.settings_run import telling
from careersurvey.evidence.tables import read_indicators
from careersurvey.inference.estimates import estimate
from careersurvey.presentation import conflicts, labels, notebooks, summary, titles
from careersurvey.presentation.exhibits import as_shown
from careersurvey.presentation.figures.rows import plot_findings
from careersurvey.presentation.report import (
    books_of,
    find_site,
    on_another_subject,
    own_sections,
)

LIBRARY = Path(__file__).parent.parent / "library"
PAGES = sorted((project_root() / "notebooks").glob("*.ipynb"))


def share(variable, value, among=()):
    """The weights of those who answered so over the weights of those who answered."""
    with (LIBRARY / "visitors.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row[variable]]
    rows = [row for row in rows if all(row[name] == said for name, said in among)]
    chosen = [Fraction(row["weight"]) for row in rows if row[variable] == value]
    return float(sum(chosen) / sum(Fraction(row["weight"]) for row in rows))


def run(path, **given):
    """Run a page's code in this process, and return the HTML that its cells end on."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names = {"cohort": str(LIBRARY), "level": 0.95, "readings": "", "baseline": "", **given}
    shown = []
    for source in sources[1:]:
        *before, last = ast.parse(source).body
        exec(compile(ast.Module(before, []), path.name, "exec"), names)
        ended = eval(compile(ast.Expression(last.value), path.name, "eval"), names)
        shown.append(as_shown(ended).html)
    return "".join(shown)


def test_its_sections_are_its_own_and_the_pages_on_careers_are_left_out():
    library = load_cohort(LIBRARY)
    assert on_another_subject(library)
    assert own_sections(library) == {
        "visits": "How the library is used",
        "staff": "What visitors think of it",
        "rooms": "Meeting rooms",
        "sample": "Who took part",  # though the shared indicators have a section of that name
    }
    left_out = [path.stem for path in PAGES if notebooks.read_notebook(path).subject]
    assert [name.partition("_")[2] for name in left_out] == [
        *("sample", "provision", "interviews", "employers", "students", "parents"),
        *("destinations", "unpublished", "since_2013"),
    ]


CLINICS = {
    "cohort.toml": '[cohort]\nid = "clinics"\ntitle = "Clinics"\nevidence = "reported"\n'
    "[places]\np = 9\n",
    "indicators.csv": "indicator,label,section,unit,measure,categories\n"
    "clinics_visited,Clinics visited,scope,clinic,count,\n"
    "told_delay,Told of delays,waiting,clinic,share,yes;no\n",
    "reported.csv": "id,where,section,indicator,category,unit,base_id,base_n,base_from,reported,"
    "form\nR1,p1,scope,clinics_visited,,clinic,,,none,48,count\n"
    "R2,p2,waiting,told_delay,yes,clinic,clinics_visited,48,printed,36,count\n",
}


@pytest.mark.parametrize(
    ("name", "rows", "told"),
    [
        (
            "recommendations.csv",
            "id,where,addressee,text_phrase,indicators\n"
            "A1,p3,clinics,tell all how long,told_delay\n",
            "Tell all how long",
        ),
        (
            "described.csv",
            "id,kind,where,described,statements\nD1,case study,p4,A board told the wait.,R2\n",
            "A board told the wait",
        ),
        (
            "schools.csv",
            "school_id,name,local_authority,region,region_source,closed\n"
            "1,Dale Clinic,Dale,North,,\n",
            "Dale Clinic",
        ),
    ],
)
def test_what_a_report_on_any_subject_asks_for_describes_or_visited_has_its_page(
    tmp_path, monkeypatch, name, rows, told
):
    """Each was left out of the page without a word, and stood in the briefing alone."""
    monkeypatch.setenv(*telling(figures=str(tmp_path / "made")))
    for file, text in CLINICS.items():
        (tmp_path / file).write_text(text)
    before = {one.name for one in books_of(find_site(tmp_path, None), load_cohort(tmp_path))}
    (tmp_path / name).write_text(rows)
    after = {one.name for one in books_of(find_site(tmp_path, None), load_cohort(tmp_path))}
    assert before - after == {"section_scope"}
    assert after - before == {"01_sample"}
    page = run(PAGES[1], cohort=str(tmp_path))
    assert told in page
    assert "Clinics visited" in page


@pytest.mark.parametrize("cohort", ["ofsted-2013", "example-2026"])
def test_a_cohort_that_measures_what_the_shared_indicators_measure_has_their_pages(cohort):
    assert not on_another_subject(load_cohort(cohort))


def test_one_who_answers_in_words_alone_is_told_nothing_of_careers(tmp_path):
    (tmp_path / "cohort.toml").write_text(
        '[cohort]\nid = "one"\ntitle = "One"\nevidence = "respondents"\n'
        '[tables.answers]\nfile = "a.csv"\n'
    )
    (tmp_path / "a.csv").write_text("id,agree\na,Yes\n")
    header = "variable,table,question,type,values,missing,unit\n"
    (tmp_path / "codebook.csv").write_text(f"{header}agree,answers,Do you agree?,text,,,\n")
    asked = "agrees,Agrees,answers,one,answers,agree,share,,Yes;No,,,,\n"
    head = (project_root() / "data/indicators.csv").read_text().splitlines()[0]
    (tmp_path / "indicators.csv").write_text(f"{head}\n{asked}")
    one = load_cohort(tmp_path)
    assert on_another_subject(one)
    # Shares are published as whole percentages: 5 of 57 that is 9% is not for that weighted.
    row = {"evidence": "respondents", "indicator": "agrees", "category": "Yes", "unit": "one"}
    row |= {"estimate": 0.09, "count_low": 5, "base_n": 57}
    rows = labels.name_rows(pd.DataFrame([row]), one)
    assert "weighted" not in " ".join(
        titles.around("", "", rows, labels.credit(one), heard="x").notes
    )


def test_a_section_has_its_findings_its_picture_and_its_breakdown(tmp_path, monkeypatch):
    monkeypatch.setenv(*telling(figures=str(tmp_path)))
    page = run(PAGES[-1], section="staff")
    files = {path.name for path in tmp_path.iterdir()}
    assert {"staff-statements.csv", "staff-findings.svg", "staff-by-kind.csv"} <= files
    with (tmp_path / "staff-findings.csv").open(newline="") as file:
        rows = {(row["indicator"], row["category"]): row for row in csv.DictReader(file)}
    for found in ("Yes", "Partly", "No"):
        told = float(rows["found", found]["estimate"])
        assert told == round(share("found", found), 2), "a report gives shares of people whole"
    with (tmp_path / "staff-by.csv").open(newline="") as file:
        central = [row for row in csv.DictReader(file) if row["group"] == "Central"]
    among = share("found", "Yes", [("kind", "Central")])
    assert float(central[0]["estimate"]) == round(among, 2)
    assert "answered “Yes” to “Found what they came for”" in page


def test_a_mean_is_said_with_its_interval_and_whose_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv(*telling(figures=str(tmp_path)))
    page = run(PAGES[-1], section="visits")
    with (LIBRARY / "visitors.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["minutes"]]
    minutes = sum(Fraction(row["weight"]) * int(row["minutes"]) for row in rows)
    mean = float(minutes / sum(Fraction(row["weight"]) for row in rows))
    said = f"Average of what visitors answered to “Minutes of a visit”: .*{mean:.1f} \\(.* to .*\\)"
    assert re.search(said, page)


SATISFIED = ("Very satisfied", "Satisfied", "Neither", "Dissatisfied")


def unjudged(folder):
    """The library as `new` proposes it: one section, and nobody has said which answer is better."""
    shutil.copytree(LIBRARY, folder)
    with (folder / "indicators.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder / "indicators.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"section": "answers", "favourable": ""} for row in rows)
    return folder


def test_where_nothing_is_judged_the_summary_speaks_all_the_same(tmp_path, monkeypatch):
    """Nor does a mean count as judged, or who took part as a finding."""
    monkeypatch.setenv(*telling(figures=str(tmp_path / "made")))
    cohort = unjudged(tmp_path / "library")
    page = run(PAGES[0], cohort=str(cohort))
    with (tmp_path / "made" / "00-summary.csv").open(newline="") as file:
        rows = {row["indicator"]: row["category"] for row in csv.DictReader(file)}
    told = list(rows)
    assert len(told) > 3
    assert rows["satisfied"] == max(SATISFIED, key=lambda said: share("satisfied", said))
    assert not {"minutes", "kind"} & set(told)
    assert "The visitors chose to answer." in page


def test_where_one_question_is_judged_the_summary_is_filled_up_from_the_others(tmp_path):
    """To call one answer better took every other question out of the summary."""
    folder = unjudged(tmp_path / "library")
    file = folder / "indicators.csv"
    rows = labels.label(estimate(folder, min_base=0), load_cohort(folder))
    before = {*summary.summary(rows)["indicator"]}
    text = file.read_text().replace("Satisfied;Neither;Dissatisfied,,,,", "{0}Very satisfied")
    file.write_text(text.format("Satisfied;Neither;Dissatisfied,,,,"))
    rows = labels.label(estimate(folder, min_base=0), load_cohort(folder))
    told = summary.summary(rows)
    assert (told["indicator"].iloc[0], told["category"].iloc[0]) == ("satisfied", "Very satisfied")
    assert before == {*told["indicator"]}
    assert titles.leading(rows[rows["indicator"] == "satisfied"])["category"].item() == SATISFIED[0]
    drawn = rows[rows["section"].eq("answers") & rows["measure"].isin(["share", "multiple"])]
    order = titles.told_first(drawn)["indicator"]
    assert list(order.drop_duplicates()) == list(drawn["indicator"].drop_duplicates())
    in_order = titles.told_first(drawn[drawn["indicator"] == "satisfied"])["category"]
    assert tuple(in_order) == SATISFIED, "a scale keeps its order, judged or not"
    words = read(plot_findings(drawn, labels.credit(load_cohort(folder))))
    assert "“Very satisfied” is better" in words
    assert "Neither better nor worse" not in words


def test_where_the_better_answer_stands_between_others_neither_end_is_called_worse():
    """ "Too little; about right; too much": the last alone was drawn as the worse."""
    library = load_cohort(LIBRARY)
    found = library.indicators["found"]._replace(favourable="Partly")
    judged = replace(library, indicators={**library.indicators, "found": found})
    rows = pd.DataFrame({"indicator": "found", "category": [*found.categories]})
    assert [*labels.name_rows(rows, judged)["side"]] == ["", "better", ""]
    assert [*labels.name_rows(rows, library)["side"]] == ["better", "", "worse"]


def test_all_answers_to_a_question_are_one_sentence_and_a_title_says_what_most_answered(
    tmp_path, monkeypatch
):
    monkeypatch.setenv(*telling(figures=str(tmp_path / "made")))
    cohort = unjudged(tmp_path / "library")
    page = re.sub("<[^>]+>", "", run(PAGES[-1], cohort=str(cohort), section="answers"))
    first, *_ = SATISFIED
    most = max(SATISFIED, key=lambda said: share("satisfied", said))
    told = re.search(rf"(\d+%)( \[u\])? of visitors answered “{first}”, ", page)
    assert told[1] == f"{share('satisfied', first):.0%}"
    assert "who answered answered" not in page
    rows = labels.label(estimate(cohort, min_base=0), load_cohort(cohort))
    (leads,) = titles.leading(rows[rows["indicator"] == "satisfied"])["category"]
    assert leads == most


def test_of_several_answers_that_nothing_judges_an_even_part_tells_nothing(tmp_path):
    cohort = load_cohort(unjudged(tmp_path / "library"))
    rows = labels.label(estimate(cohort, min_base=0), cohort)
    own = rows[rows["indicator"] == "satisfied"]
    assert set(own["parts"]) == {len(SATISFIED)}
    even = own.head(1).assign(estimate_low=0.25, estimate_high=0.25)
    assert titles.telling(even).item() == 0


def test_what_those_missing_could_change_lists_each_finding_that_is_told_once():
    cohort = load_cohort(LIBRARY)
    rows = labels.label(estimate(cohort, min_base=0), cohort)
    told = pd.DataFrame({"indicator": ["", "satisfied"], "category": ["", SATISFIED[0]]})
    found = summary.headlines(cohort, rows, told, told)
    assert list(zip(found["indicator"], found["category"], strict=True)) == [
        ("satisfied", SATISFIED[0])
    ]


def test_where_no_design_is_declared_nothing_is_said_of_weights_or_of_its_cost(tmp_path):
    drawn, apart = load_cohort(LIBRARY), tmp_path / "library"
    shutil.copytree(LIBRARY, apart)
    declared = re.sub(
        r"(?m)^\[tables.*\.design\]\n(.+\n)*|^design\..*\n", "", (apart / "cohort.toml").read_text()
    )
    (apart / "cohort.toml").write_text(declared)
    for cohort, told in ((drawn, True), (load_cohort(apart), False)):
        found = summary.headlines(cohort, rows := conflicts.read_findings(cohort), rows)
        assert len(found)
        assert bool(len(summary.drawn(cohort, found))) == told
        assert bool(summary.say_moved(found)) == told


def test_who_took_part_comes_last_and_a_scale_keeps_its_order(tmp_path, monkeypatch):
    monkeypatch.setenv(*telling(figures=str(tmp_path / "made")))
    cohort = unjudged(tmp_path / "library")
    run(PAGES[-1], cohort=str(cohort), section="answers")
    files = {}
    for name in ("statements", "findings", "who"):
        with (tmp_path / "made" / f"answers-{name}.csv").open(newline="") as file:
            files[name] = [row["indicator"] for row in csv.DictReader(file)]
    assert set(files["who"]) == {"kind"}
    assert "kind" not in {*files["statements"], *files["findings"]}
    rows = labels.label(estimate(cohort, min_base=0), load_cohort(cohort))
    shown = titles.told_first(rows[rows["measure"].isin(["share", "multiple"])])
    scale = shown.loc[shown["indicator"] == "satisfied", "category"]
    assert tuple(scale) == SATISFIED
    ticked = shown.loc[shown["indicator"] == "uses", "estimate"]
    assert ticked.is_monotonic_decreasing


def test_a_breakdown_that_would_be_of_a_variable_by_itself_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv(*telling(figures=str(tmp_path)))
    page = run(PAGES[-1], section="sample")
    assert not list(tmp_path.glob("sample-by*"))
    assert "This cohort has no respondents to break down by" not in page


def test_no_label_of_the_shared_indicators_is_in_its_pages(tmp_path, monkeypatch):
    monkeypatch.setenv(*telling(figures=str(tmp_path)))
    shown = run(PAGES[0]) + run(PAGES[-1], section="rooms")
    own = {one.label for one in load_cohort(LIBRARY).indicators.values() if one.table == "visitors"}
    labels = {one.label for one in read_indicators(shared_data() / "indicators.csv").values()}
    assert [label for label in labels - own if label in shown] == []
    assert (tmp_path / "00-headlines.svg").is_file()
    assert "Knows that rooms can be booked" in shown
