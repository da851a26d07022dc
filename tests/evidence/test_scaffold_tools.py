"""Exports in each tool's layout, with known answers: `new` gives the right numbers, or a doubt.

The witness of every number is a count of the answers by hand, before any tool wrote them.
"""

import csv
import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from exports import amiss, decided, shares, taken_whole, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careersurvey.evidence.scaffold.folder import new_cohort
from careersurvey.evidence.scaffold.tools import header_at, in_order

COLOURS = ["Red", "Blue", "Dark green"]
USES = ["Web site", "Phone", "Visit"]

answers = st.lists(
    st.fixed_dictionaries(
        {
            "colour": st.sampled_from([*COLOURS, ""]),
            "uses": st.sets(st.sampled_from(USES)),
            "age": st.integers(18, 90),
        }
    ),
    min_size=30,
    max_size=50,
)


def qualtrics(rows):
    top = ["ResponseId", "Q1", "Q2_1", "Q2_2", "Q2_3", "Q3"]
    asked = [
        "Response ID",
        "Which colour?",
        *(f"Which do you use? - {use}" for use in USES),
        "Age?",
    ]
    ids = [f'{{"ImportId":"{name}"}}' for name in top]
    return [top, asked, ids, *([f"R_{i:04}", *cells(row)] for i, row in enumerate(rows))]


def qualtrics_left(rows):
    """Qualtrics as it writes what was seen and left: -99, with its columns of metadata."""
    top, asked, ids, *lines = qualtrics(rows)
    about = [["Status", "Finished"], ["Response Type", "Finished"]]
    about.append([f'{{"ImportId":"{name}"}}' for name in ("status", "finished")])
    found = [head + line for head, line in zip(about, (top, asked, ids), strict=True)]
    for line in lines:
        none = not any(line[2:5])
        boxes = ["-99"] * 3 if none else line[2:5]
        found.append(["IP Address", "True", line[0], line[1] or "-99", *boxes, line[5]])
    return found


def qualtrics_in_one(rows):
    """Qualtrics with several choices in one cell, by their codes."""
    top, asked, ids, *lines = qualtrics(rows)
    kept = [[*line[:2], "Q2", line[5]] for line in (top, asked, ids)]
    kept[0][2], kept[1][2], kept[2][2] = "Q2", "Which do you use?", '{"ImportId":"Q2"}'
    for line in lines:
        codes = ",".join(str(n) for n, cell in enumerate(line[2:5], start=1) if cell)
        kept.append([*line[:2], codes, line[5]])
    return kept


def survey_monkey_condensed(rows):
    top = ["Respondent ID", "Which colour?", "Which do you use?", "Age?"]
    lines = []
    for i, row in enumerate(rows):
        joined = ", ".join(use for use in USES if use in row["uses"])
        lines.append([f"{118000000 + i}", row["colour"], joined, str(row["age"])])
    return [top, *lines]


def survey_monkey_numeric(rows):
    top, options, *lines = survey_monkey(rows)
    coded = []
    for line in lines:
        colour = str(COLOURS.index(line[1]) + 1) if line[1] else ""
        boxes = [str(n) if cell else "" for n, cell in enumerate(line[2:5], start=1)]
        coded.append([line[0], colour, *boxes, line[5]])
    return [top, options, *coded]


def jisc(rows):
    top = ["URN", "Q1", "Q2_1", "Q2_2", "Q2_3", "Q3"]
    lines = []
    for i, row in enumerate(rows):
        colour, *rest = flags(row)
        lines.append([f"77-{i:05}", str(COLOURS.index(colour) + 1) if colour else "", *rest])
    return [top, *lines]


JISC_KEY = [
    ["URN", "Unique Response Number"],
    ["Q1", "Which colour?"],
    *([str(n), colour] for n, colour in enumerate(COLOURS, start=1)),
    ["Q2", "Which do you use?"],
    *([str(n), use] for n, use in enumerate(USES, start=1)),
    ["Q3", "Age?"],
]


def survey_monkey(rows):
    top = ["Respondent ID", "Which colour?", "Which do you use?", "", "", "Age?"]
    options = ["", "Response", *USES, "Open-Ended Response"]
    return [top, options, *([f"{118000000 + i}", *cells(row)] for i, row in enumerate(rows))]


def redcap(rows):
    top = ["record_id", "colour", "uses___1", "uses___2", "uses___3", "age", "survey_complete"]
    return [top, *([str(i), *flags(row), "2"] for i, row in enumerate(rows, start=1))]


def redcap_labels(rows):
    boxes = [f"Which do you use? (choice={use})" for use in USES]
    top = ["Record ID", "Which colour?", *boxes, "Age?"]
    said = {"1": "Checked", "0": "Unchecked"}
    lines = ([str(i), *flags(row)] for i, row in enumerate(rows, start=1))
    return [top, *([*line[:2], *(said[c] for c in line[2:5]), line[5]] for line in lines)]


def lime_survey(rows):
    top = ["id", "lastpage", "Q1", "Q2[SQ001]", "Q2[SQ002]", "Q2[SQ003]", "Q3"]
    said = {"1": "Y", "0": "N"}
    lines = ([str(i), "3", *flags(row)] for i, row in enumerate(rows, start=1))
    return [top, *([*line[:3], *(said[c] for c in line[3:6]), line[6]] for line in lines)]


def kobo(rows):
    boxes = [f"g/uses/{use.lower().replace(' ', '_')}" for use in USES]
    top = ["start", "g/colour", "g/uses", *boxes, "g/age", "_id", "_uuid"]
    lines = []
    for i, row in enumerate(rows):
        colour, *ticks, age = flags(row)
        joined = " ".join(use for use, tick in zip(boxes, ticks, strict=True) if tick == "1")
        lines.append(["2026-01-01T09:00:00Z", colour, joined, *ticks, age, str(1000 + i), f"u-{i}"])
    return [top, *lines]


def survey_cto(rows):
    top = ["SubmissionDate", "colour", "uses", "uses_1", "uses_2", "uses_3", "age", "KEY"]
    lines = []
    for i, row in enumerate(rows):
        colour, *ticks, age = flags(row)
        joined = " ".join(str(n) for n, tick in enumerate(ticks, start=1) if tick == "1")
        lines.append(["Mar 2, 2026 9:11:00 AM", colour, joined, *ticks, age, f"uuid:{i}"])
    return [top, *lines]


def microsoft_forms(rows):
    top = ["ID", "Start time", "Completion time", "Which colour?", "Which do you use?", "Age?"]
    lines = []
    for i, row in enumerate(rows, start=1):
        joined = "".join(f"{use};" for use in USES if use in row["uses"])
        lines.append(
            [str(i), "3/1/26 9:11:00", "3/1/26 9:12:00", row["colour"], joined, row["age"]]
        )
    return [top, *lines]


def google_forms(rows):
    top = ["Timestamp", "Which colour?", "Which do you use?", "Age?"]
    lines = []
    for row in rows:
        joined = ", ".join(use for use in USES if use in row["uses"])
        lines.append(["2026/03/02 4:11:00 PM GMT+1", row["colour"], joined, row["age"]])
    return [top, *lines]


def bare_boxes(rows):
    top = ["id", "colour", "q2_1", "q2_2", "q2_3", "age"]
    return [top, *([str(i), *flags(row)] for i, row in enumerate(rows, start=1))]


TOOLS = [
    qualtrics,
    qualtrics_left,
    qualtrics_in_one,
    survey_monkey,
    survey_monkey_condensed,
    survey_monkey_numeric,
    jisc,
    redcap,
    redcap_labels,
    lime_survey,
    kobo,
    survey_cto,
    microsoft_forms,
    google_forms,
    bare_boxes,
]
IN_ONE_CELL = [qualtrics_in_one, survey_monkey_condensed, microsoft_forms, google_forms]


def cells(row):
    """Colour, a box an option with its own words, age."""
    return [row["colour"], *(use if use in row["uses"] else "" for use in USES), str(row["age"])]


def flags(row):
    """Colour, a box an option as 1 or 0, age."""
    return [row["colour"], *("1" if use in row["uses"] else "0" for use in USES), str(row["age"])]


def write_workbook(folder: Path, rows) -> Path:
    """The rows in a workbook under a title, with numbers as numbers, behind a hidden sheet."""
    book = openpyxl.Workbook()
    book.active.title, book.active.sheet_state = "lists", "hidden"
    sheet = book.create_sheet("Responses")
    sheet.append(["Colours and uses, 2026"])
    for row in rows:
        sheet.append([int(cell) if str(cell).isdigit() else cell or None for cell in row])
    book.save(folder / "export.xlsx")
    return folder / "export.xlsx"


def labelled(rows) -> tuple[pd.DataFrame, dict]:
    """Codes, and the wordings and labels that a file of SPSS or Stata carries for them."""
    flat = [flags(row) for row in rows]
    frame = pd.DataFrame(
        {
            "colour": [COLOURS.index(one[0]) + 1 if one[0] else -9 for one in flat],
            **{f"q2_{n}": [1 if one[n] == "1" else np.nan for one in flat] for n in (1, 2, 3)},
            "age": [int(one[4]) for one in flat],
        },
        dtype=float,
    )
    words = {"colour": "Which colour?", "age": "Age?"}
    words |= {f"q2_{n}": "Which do you use?" for n in (1, 2, 3)}
    labels = {"colour": dict(enumerate(COLOURS, start=1)) | {-9: "Refused"}}
    labels |= {f"q2_{n}": {1: use} for n, use in enumerate(USES, start=1)}
    return frame, {
        "column_labels": [words[name] for name in frame],
        "variable_value_labels": labels,
    }


def write_spss(folder: Path, rows) -> Path:
    frame, carried = labelled(rows)
    path = folder / "export.sav"
    pyreadstat.write_sav(frame, path, **carried, missing_ranges={"colour": [-9]})
    return path


def write_stata(folder: Path, rows) -> Path:
    frame, carried = labelled(rows)
    frame["colour"] = frame["colour"].where(frame["colour"] > 0)
    del carried["variable_value_labels"]["colour"][-9]
    path = folder / "export.dta"
    pyreadstat.write_dta(frame, path, **carried)
    return path


def hold(found, rows, *, in_one=False):
    """Hold what was estimated against a count by hand; several answers may stand in one cell."""
    colours = Counter(row["colour"] for row in rows if row["colour"])
    for estimates in found.values():
        if set(estimates) <= set(COLOURS) and len(estimates) > 1:
            for colour, share in estimates.items():
                assert share == pytest.approx(colours[colour] / sum(colours.values()), abs=1e-12)
    given = {frozenset(row["uses"]) for row in rows if row["uses"]}
    if in_one and len(given) < 3:
        return  # nobody could tell two answers in a cell from one that has a comma
    boxes = [found[name] for name in found if re.search(r"use|q2|which_do", name)]
    # A cell that hardly anybody shares may be somebody's own words, and is measured by nobody.
    few = 2 * 2 ** len(USES) if in_one else 1
    assert boxes or sum(bool(row["uses"]) for row in rows) < few
    for estimates in boxes:
        named = [name if name in USES else use for name, use in zip(estimates, USES, strict=False)]
        by_hand = [sum(use in row["uses"] for row in rows) for use in named]
        asked = [len(rows), sum(bool(row["uses"]) for row in rows)]
        got = list(estimates.values())
        nobody = set(estimates) == {"0"} and not any(by_hand)
        assert nobody or any(
            got == pytest.approx([n / base for n in by_hand], abs=1e-12) for base in asked if base
        ), (estimates, by_hand, asked)
    mean = sum(row["age"] for row in rows) / len(rows)
    for name in found:
        if "age" in name and set(found[name]) == {""}:
            assert found[name][""] == pytest.approx(mean, abs=1e-9)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.__name__)
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=answers)
def test_a_proposal_taken_whole_is_right_or_doubted(tool, rows, tmp_path_factory):
    made = tmp_path_factory.mktemp("new")
    key = write(made, JISC_KEY, "key.csv") if tool is jisc else None
    folder = taken_whole(made / "mine", write(made, tool(rows)), key)
    hold_proposal(folder, rows, in_one=tool in IN_ONE_CELL)


FILES = {
    "workbook": lambda folder, rows: write_workbook(folder, microsoft_forms(rows)),
    "spss": write_spss,
    "stata": write_stata,
}


@pytest.mark.parametrize("kind", FILES)
@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=answers)
def test_a_proposal_from_a_file_of_another_kind_is_right_or_doubted(kind, rows, tmp_path_factory):
    made = tmp_path_factory.mktemp("new")
    folder = taken_whole(made / "mine", FILES[kind](made, rows))
    hold_proposal(folder, rows, in_one=kind == "workbook")


def hold_proposal(folder, rows, *, in_one):
    """A proposal taken whole is right, or doubted; decided as it stands, it is right."""
    doubts = "# DECIDE " in (folder / "cohort.toml").read_text(encoding="utf-8")
    failing = amiss(folder)
    assert not doubts or failing
    if not failing or not amiss(decided(folder)):
        hold(shares(folder), rows, in_one=in_one)


DOUBTS = {
    "a code for no answer": (["visits", "1", "2", "-1", "1", "2", "-1"], "missing.visits"),
    "marks for thousands": (["income", *(f"{n}.1{n:02}" for n in range(10, 30))], "thousands"),
    "signs beside numbers": (["share", *(f"{n}%" for n in range(10, 40))], "signs"),
    "a column called a weight": (["w", *"112012021112"], "design.weight"),
    "boxes without a pattern": (["q1_1", *"110011001"], "options.q1.ticked"),
    "parts that come together": (
        ["uses", *["Visits, fairs and talks", "Web", "Web, Visits, fairs and talks", "Web"] * 4],
        "codes.uses",
    ),
}


@pytest.mark.parametrize("kind", DOUBTS)
def test_what_may_not_be_meant_is_a_line_to_decide_and_fails_until_it_is(kind, tmp_path):
    (header, *column), setting = DOUBTS[kind]
    other = [["other", "q1_2"], *([f"{n % 3}", f"{n % 2}"] for n in range(len(column)))]
    lines = [[h, *rest] for h, rest in zip([header, *column], other, strict=True)]
    folder = taken_whole(tmp_path / "mine", write(tmp_path, lines))
    text = (folder / "cohort.toml").read_text(encoding="utf-8")
    assert f"# DECIDE {setting}" in text
    assert "decisions" in amiss(folder)
    assert not amiss(decided(folder))


def test_a_folder_that_is_there_is_read_again_and_keeps_what_a_person_wrote(tmp_path):
    rows = [
        ["A survey of colours", ""],
        ["id", "colour"],
        *([str(n), "RB"[n % 2]] for n in range(8)),
    ]
    folder = tmp_path / "mine"
    new_cohort(folder, write(tmp_path, rows), {"header_rows": 1})
    toml = folder / "cohort.toml"
    assert "A_survey" not in toml.read_text() or "colour" not in toml.read_text()
    toml.write_text(toml.read_text().replace('title = "TODO"', 'title = "Colours"'))
    new_cohort(folder, corrections={"skip_rows": 1})
    text = toml.read_text()
    assert 'title = "Colours"' in text
    assert "skip_rows = 1" in text
    assert '# TODO columns.colour = "colour"' in text
    assert "A survey of colours" not in text


def test_a_folder_that_was_taken_over_has_nothing_proposed_to_it_again(tmp_path):
    """Its own codebook is known, by the names that its holder gave; a new column is proposed."""
    rows = [
        ["id", "Which colour?", "What do you pay?", "Which do you use?", "b_1", "b_2", "synthetic"],
        *(
            [f"{n}", COLOURS[n % 2], f"£{n % 3}.50", "Phone;Visit", f"{n % 2}", f"{n // 6}", "true"]
            for n in range(12)
        ),
    ]
    export = write(tmp_path, rows)
    folder = decided(taken_whole(tmp_path / "mine", export))
    toml, codebook = folder / "cohort.toml", folder / "codebook.csv"
    assert "synthetic = true" in toml.read_text(encoding="utf-8")
    assert "synthetic" not in codebook.read_text(encoding="utf-8")
    for path in (toml, codebook, folder / "indicators.csv"):
        path.write_text(path.read_text(encoding="utf-8").replace("pay", "price"), encoding="utf-8")
    toml.write_text(toml.read_text().replace("What do you price?", "What do you pay?"))
    assert not amiss(folder)
    (folder / "questions.csv").unlink()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    said = new_cohort(folder)
    assert "7 columns; 6 known to the codebook." in said
    assert "TODO" not in said
    (folder / "questions.csv").unlink()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    more = [[*row, "Why?" if not n else "YN"[n % 2]] for n, row in enumerate(rows)]
    shutil.copy(write(tmp_path, more), folder / export.name)
    assert "6 known to the codebook, 1 marked TODO" in new_cohort(folder)
    assert '# TODO columns.why = "Why?"' in toml.read_text(encoding="utf-8")
    with (folder / "proposed_codebook.csv").open(newline="") as file:
        assert [row["variable"] for row in csv.DictReader(file)] == ["why"]


def test_answers_stay_out_of_version_control(tmp_path):
    rows = [["id", "colour"], *([str(n), "RB"[n % 2]] for n in range(8))]
    new_cohort(tmp_path / "mine", write(tmp_path, rows))
    ignored = (tmp_path / "mine" / ".gitignore").read_text().splitlines()
    assert {"export.csv", "questions.csv"} <= set(ignored)


@pytest.mark.parametrize(
    ("cells", "labels", "told"),
    [
        ("Good;Very good;Neither good nor poor;Poor;Very poor", {}, [4, 3, 2, 0, 1]),
        ("Very important;Not at all important;Neither important nor not", {}, [1, 2, 0]),
        ("0;1", {"0": "No", "1": "Yes"}, [1, 0]),
        ("false;true", {}, [1, 0]),
        ("1;2", {"1": "Yes", "2": "No"}, [0, 1]),
        ("eher zufrieden;weiß nicht;teils/teils;unzufrieden", {}, [3, 2, 0, 1]),
        ("D'accord;Autre;Tout à fait d’accord;Pas d'accord", {}, [3, 0, 2, 1]),
        ("-8;1;2", {"-8": "Don't know", "1": "Agree", "2": "Disagree"}, [1, 2, 0]),
        ("very_satisfied;satisfied;very_dissatisfied;dissatisfied", {}, [2, 3, 1, 0]),
        ("tend_to_agree;strongly_disagree;neither;strongly_agree;disagree", {}, [1, 4, 2, 0, 3]),
        ("zawsze;nigdy;czasami", {}, [1, 2, 0]),
        ("موافق;غير موافق بشدة;محايد", {}, [1, 2, 0]),
    ],
)
def test_a_tick_comes_first_neither_in_the_middle_and_do_not_know_last(cells, labels, told):
    answers = cells.split(";")
    assert in_order(answers, labels) == [answers[place] for place in told]


def test_a_key_with_wordings_and_merged_cells_labels_questions_and_boxes(tmp_path):
    """A sheet of codes as people make it: a variable and its question stand once, at the top."""
    rows = [
        "Variable,Question,Code,Label",
        *("proud,I am proud to work here,1,Agree", ",,2,Disagree", ",,-8,Don't know"),
        *("used_a,Which have you used? Flexitime,0,Not selected", ",,1,Selected"),
        *("used_b,Which have you used? Career break,0,Not selected", ",,1,Selected"),
    ]
    (tmp_path / "key.csv").write_text("\n".join(rows))
    answers = ["proud,used_a,used_b", "1,0,1", "2,1,1", "1,1,0", "-8,0,0"]
    (tmp_path / "staff.csv").write_text("\n".join(answers))
    new_cohort(tmp_path / "staff-1", tmp_path / "staff.csv", {"key": tmp_path / "key.csv"})
    asked = (tmp_path / "staff-1" / "proposed_indicators.csv").read_text()
    assert "proud,I am proud to work here,answers" in asked
    assert "Agree;Disagree;Don't know" in asked
    assert "Which have you used?" in asked
    assert "Flexitime;Career break" in asked


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        # SurveyMonkey puts "Response" under every question of one column.
        ("Respondent ID,Helpful?,Again?/,Response,Response/1,Yes,No/2,No,No", 2),
        # A cell that is not merged with those below it stands there again, as pandas writes it.
        ("Id,Used,Used/Id,Bus,Train/a,Yes,No/b,No,No", 2),
        # R names its rows, and gives their column no name.
        (",first,second/r1,Talks were dull,Nice/r2,Long,Too far", 1),
        # Codes may stand above the wordings of SurveyMonkey, and its choices below them.
        (",Q1_1,Q1_2/Respondent ID,Which apply?,/,Using it,Building it/1,,2/2,1,/3,1,2", 3),
        (",Q1,Q2/Respondent ID,Helpful?,Again?/,Response,Response/1,Yes,No/2,No,No", 3),
        (",Q1/Respondent ID,Helpful?/1,Yes/2,No", 2),
    ],
)
def test_a_header_goes_on_where_it_says_the_same_again_and_never_into_answers(lines, rows):
    assert header_at([line.split(",") for line in lines.split("/")]) == (0, rows)
