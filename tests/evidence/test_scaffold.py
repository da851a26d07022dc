"""A new cohort: a folder to fill in, or one read off an export."""

import csv
import io
import re
import tomllib

import openpyxl
import pytest
from answers import broken

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.table import compile_table
from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.scaffold.folder import new_cohort
from careersurvey.evidence.tables import read_codebook
from careersurvey.inference.estimates import estimate

EXPORT = """\
Timestamp,ID,\
"Q1. Has the school helped your child to make informed decisions about pre-16 options?",\
Have you heard of the National Careers Service helpline?,\
Which careers guidance activities were useful? Choose all that apply.,Anything else?
2026-01-01,7,Yes,No,Visits;Work experience,"She said ""no"", twice"
2026-01-02,8,Definitely not,Yes,Websites;Visits,=1+1
2026-01-03,9,Yes,yes ,Visits,Because
2026-01-04,10,Neither,No,Work experience;Websites,Maybe
"""


def test_a_blank_folder_has_a_header_and_the_questions_for_every_table(tmp_path):
    said = new_cohort(tmp_path / "my-2026")
    folder = tmp_path / "my-2026"
    assert "questions.csv" in said
    assert (folder / "parents.csv").read_text().startswith("school_id,parent_id,helpline_heard")
    with (folder / "questions.csv").open(newline="") as file:
        asked = {(row["table"], row["variable"]): row for row in csv.DictReader(file)}
    question = asked["parents", "pre16_helped"]
    assert question["values"] == "yes; neither; definitely_not"
    assert question["question"].startswith("Has the school helped")
    # Nothing is amiss but that it is empty.
    assert set(broken(folder)) == {"rows", "provenance"}


def test_an_export_becomes_a_cohort_that_can_be_read_at_once(tmp_path):
    (tmp_path / "export.csv").write_text(EXPORT)
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    folder = tmp_path / "mine"
    settings = tomllib.loads((folder / "cohort.toml").read_text())["tables"]["parents"]
    assert set(settings["columns"]) == {"pre16_helped", "helpline_heard", "useful_activities"}
    assert settings["options"] == {"useful_activities": {"separator": ";"}}
    table = compile_table(load_cohort(folder), "parents")
    columns = "pre16_helped, helpline_heard, useful_activities__visits"
    assert table.frame.project(columns).fetchall() == [
        ("yes", "no", "yes"),
        ("definitely_not", "yes", "yes"),
        ("yes", "yes", "yes"),
        ("neither", "no", "no"),
    ]
    assert set(broken(folder)) == {"provenance"}


def test_every_column_is_listed_with_its_answers_or_marked_todo(tmp_path):
    (tmp_path / "export.csv").write_text(EXPORT)
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    text = (tmp_path / "mine" / "cohort.toml").read_text()
    assert "# Not read, since they are no questions: Timestamp." in text
    assert '# TODO columns.anything_else = "Anything else?"' in text
    # Neither what people wrote in their own words nor how many said what is in the settings.
    assert "Because" not in text
    assert "(2)" not in text


def test_a_question_that_is_only_worded_like_one_of_the_codebook_is_not_taken_for_it(tmp_path):
    """To have used the helpline is not to have heard of it."""
    question = "Have you seen the National Careers Service helpline?"
    rows = "".join(f"{n},{'Yes' if n % 2 else 'No'}\n" for n in range(8))
    (tmp_path / "export.csv").write_text(f"ID,{question}\n{rows}")
    assert "0 known to the codebook" in new_cohort(tmp_path / "mine", tmp_path / "export.csv")


@pytest.mark.parametrize("answers", ["はい いいえ", "✓ ✗", "+ -", "-1 1", "C C++"])
def test_answers_that_make_no_ids_or_one_stay_what_they_are_when_read_again(tmp_path, answers):
    rows = "".join(f"{n},{answers.split()[n % 2]}\n" for n in range(8))
    (tmp_path / "export.csv").write_text(f"ID,Heard\n{rows}")
    folder = tmp_path / "mine"
    new_cohort(folder, tmp_path / "export.csv")
    for name in ("codebook", "indicators"):
        (folder / f"proposed_{name}.csv").rename(folder / f"{name}.csv")
    toml = folder / "cohort.toml"
    toml.write_text(toml.read_text().replace("# TODO ", ""))
    new_cohort(folder)
    assert "codes." not in toml.read_text()


def test_a_codebook_without_its_indicators_is_told_what_to_rename(tmp_path):
    """Every check held, and the estimates were a header alone."""
    (tmp_path / "export.csv").write_text("ID,Heard\n" + "".join(f"{n},Yes\n" for n in range(8)))
    folder = tmp_path / "mine"
    new_cohort(folder, tmp_path / "export.csv")
    (folder / "proposed_codebook.csv").rename(folder / "codebook.csv")
    toml = folder / "cohort.toml"
    toml.write_text(toml.read_text().replace("# TODO ", ""))
    assert broken(folder)["indicators"].found == "proposed_indicators.csv"
    (folder / "proposed_indicators.csv").rename(folder / "indicators.csv")
    assert "indicators" not in broken(folder)


def test_what_was_noted_of_the_sheet_that_was_read_first_goes_with_it(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Read me"
    book.active.append(["See the other sheet"])
    for row in (["Ward", "Clean"], ["A1", "Yes"], ["B2", "No"], ["A1", "No"]):
        (book["Data"] if "Data" in book else book.create_sheet("Data")).append(row)
    book.save(tmp_path / "wards.xlsx")
    folder = tmp_path / "mine"
    new_cohort(folder, tmp_path / "wards.xlsx")
    assert "# Noted: The first of 2 sheets" in (folder / "cohort.toml").read_text()
    new_cohort(folder, corrections={"sheet": "Data"})
    said = (folder / "cohort.toml").read_text()
    assert "sheets" not in said
    assert '# TODO columns.ward = "Ward"' in said


def test_dates_in_two_formats_are_told_to_be_of_two_columns(tmp_path):
    """No format reads both columns, and a table has one."""
    days = "".join(f"{n}.03.2025,3/{n}/2025\n" for n in range(13, 29))
    (tmp_path / "export.csv").write_text(f"Came,Left\n{days}")
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    said = (tmp_path / "mine" / "cohort.toml").read_text()
    line = '# DECIDE date_format = "%d.%m.%Y"  # one a table; others have "%m/%d/%Y"'
    assert line in said.splitlines()


@pytest.mark.parametrize("heading", ["=cmd", "＝cmd"])  # spreadsheets run letters of either width
def test_what_the_codebook_lacks_is_proposed_in_its_own_columns(tmp_path, heading):
    (tmp_path / "export.csv").write_text(
        f"{heading},Colour\n"
        + "".join(f"x{i},{colour}\n" for i, colour in enumerate(["Red", "Blue"] * 4))
    )
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    with (tmp_path / "mine" / "proposed_codebook.csv").open(newline="") as file:
        rows = {row["variable"]: row for row in csv.DictReader(file)}
    assert (rows["colour"]["type"], rows["colour"]["values"]) == ("category", "Blue;Red")
    assert rows["cmd"]["question"] == f"'{heading}"


@pytest.mark.parametrize(
    ("shape", "is_told"),
    [
        ("{} kg", True),
        ("{}h", True),
        ("~{}", True),
        ("({})", True),
        ("{}:30", True),
        ("No. {} of the list", False),
        ("R{}", False),
        ("0{}", False),
    ],
)
def test_numbers_that_are_not_read_for_a_mark_or_a_unit_are_told(tmp_path, shape, is_told):
    """All of them would be text, and nothing measured of it."""
    cells = "".join(f"{shape.format(n)}\n" for n in range(100, 140))
    (tmp_path / "export.csv").write_text(f"Carried\n{cells}")
    said = new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    assert ("each a number that is not read" in said) == is_told
    toml = (tmp_path / "mine" / "cohort.toml").read_text()
    assert ("each a number that is not read" in toml) == is_told


@pytest.mark.parametrize("nought", "٠०０")
def test_digits_of_another_script_are_told_not_to_be_read(tmp_path, nought):
    script = {ord("0") + n: ord(nought) + n for n in range(10)}
    cells = "".join(f"{n}\n".translate(script) for n in range(100, 140))
    (tmp_path / "export.csv").write_text(f"Carried\n{cells}", encoding="utf-8")
    said = new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    assert "each a number that is not read" in said


def test_a_wording_of_which_no_id_can_be_made_gives_the_name_of_its_column(tmp_path):
    """Of a heading that comes again a name would be the number of its repetition alone."""
    heads = ["id", "رضا", "رضا", "好吗？ 2"]
    answers = [[str(n), *("ab"[n % 2] for _ in heads[1:])] for n in range(8)]
    with (tmp_path / "export.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([heads, *answers])
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    with (tmp_path / "mine" / "proposed_codebook.csv").open(newline="") as file:
        names = [row["variable"] for row in csv.DictReader(file)]
    assert names == ["id", "column_2", "column_3", "q_2"]


def test_a_proposal_taken_over_makes_a_cohort_that_passes(tmp_path):
    (tmp_path / "export.csv").write_text(
        "Code,Colour\n"
        + "".join(f"x{i},{colour}\n" for i, colour in enumerate(["Red", "Blue"] * 4))
    )
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    folder = tmp_path / "mine"
    for name in ("codebook", "indicators"):
        (folder / f"proposed_{name}.csv").rename(folder / f"{name}.csv")
    text = (folder / "cohort.toml").read_text()
    (folder / "cohort.toml").write_text(text.replace("# TODO ", ""))
    assert set(broken(folder)) == {"provenance"}


@pytest.mark.parametrize(
    ("lines", "settings"),
    [
        (["A survey,,", "Id,Colour,Size", "1,Red,S", "2,Blue,M"], {"skip_rows": 1}),
        (["A survey", "", "Colour;Size", "Red;S", "Blue;M"], {"skip_rows": 2}),
        (["A survey", "Colour;Size", "Red;S", "Blue;M"], {"header_rows": 2}),
        (["Id,Useful?,,", ",Talks,Visits,Fairs", "1,x,,", "2,,x,"], {"header_rows": 2}),
        (["Q1,Q2", "Id,Colour", '"{""ImportId"":""a""}",x', "1,Red"], {"header_rows": 3}),
        (["Id;Colour;Size", "1;Red;2,5", "2;Blue;3"], {}),
    ],
)
def test_the_rows_above_the_answers_are_proposed_and_to_be_looked_at(tmp_path, lines, settings):
    (tmp_path / "export.csv").write_text("\n".join(lines) + "\n")
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    text = (tmp_path / "mine" / "cohort.toml").read_text()
    table = tomllib.loads(text)["tables"]["answers"]
    assert {key: table[key] for key in ("skip_rows", "header_rows") if key in table} == settings


def test_boxes_of_one_question_are_kept_together(tmp_path):
    lines = [
        "Id,Useful?,,",
        ",Talks,Visits,Fairs",
        "1,Talks,,",
        "2,,Visits,Fairs",
        "3,Talks,Visits,",
    ]
    (tmp_path / "export.csv").write_text("\n".join(lines) + "\n")
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    text = (tmp_path / "mine" / "cohort.toml").read_text()
    assert 'variables = ["useful_talks", "useful_visits", "useful_fairs"]' in text


def test_columns_that_go_on_from_one_question_may_be_its_boxes(tmp_path):
    lines = ["Why did you come? Reading,Why did you come? Films,How was it?"]
    lines += ["Reading,,Good", ",Films,Poor", "Reading,Films,Good", ",,Poor"]
    (tmp_path / "export.csv").write_text("\n".join(lines) + "\n")
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    text = (tmp_path / "mine" / "cohort.toml").read_text()
    assert '# DECIDE options.come.variables = ["come_reading", "come_films"]' in text
    assert '# DECIDE options.come.ticked = ["Reading", "Films"]' in text


def test_whole_numbers_beyond_the_steps_of_a_scale_are_numbers(tmp_path):
    """Seven different answers of 5 to 60 minutes are no category; seven steps of a scale are."""
    rows = [
        f"{minutes},{step}"
        for minutes, step in zip((5, 10, 15, 20, 30, 45, 60), range(1, 8), strict=True)
    ]
    (tmp_path / "export.csv").write_text("\n".join(["Minutes,Rating", *rows * 3]) + "\n")
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    codebook = read_codebook(tmp_path / "mine" / "proposed_codebook.csv")
    assert {each.name: each.type for each in codebook} == {
        "minutes": "number",
        "rating": "category",
    }


def test_two_rows_of_a_header_tell_every_question_from_the_others(tmp_path):
    lines = ["Library,,Museum,", "Satisfaction,Visits,Satisfaction,Visits"]
    lines += ["Good,Often,Poor,Never", "Poor,Never,Good,Often", "Good,Often,Fair,Often"] * 4
    (tmp_path / "export.csv").write_text("\n".join(lines) + "\n")
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    codebook = read_codebook(tmp_path / "mine" / "proposed_codebook.csv")
    assert [each.question for each in codebook] == [
        *("Library: Satisfaction", "Library: Visits"),
        *("Museum: Satisfaction", "Museum: Visits"),
    ]


def test_a_header_that_would_take_in_answers_is_refused(tmp_path):
    lines = ["Id,Visits,Rating", *["1,Often,Good", "2,Never,Poor", "3,Never,Good"] * 5]
    (tmp_path / "export.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(CohortError, match="row 2 of 9 of its header holds answers"):
        new_cohort(tmp_path / "mine", tmp_path / "export.csv", {"header_rows": 9})
    assert not (tmp_path / "mine").exists()


def test_a_workbook_is_read_too(tmp_path):
    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO(EXPORT)):
        book.active.append(row)
    book.save(tmp_path / "export.xlsx")
    new_cohort(tmp_path / "mine", tmp_path / "export.xlsx")
    assert set(broken(tmp_path / "mine")) == {"provenance"}


@pytest.mark.parametrize("name", ["codebook.csv", "indicators.csv", "reported.csv"])
def test_an_export_named_like_a_table_of_the_project_does_not_take_its_place(tmp_path, name):
    (tmp_path / name).write_text(EXPORT)
    new_cohort(tmp_path / "mine", tmp_path / name)
    assert (tmp_path / "mine" / f"export-{name}").is_file()
    assert set(broken(tmp_path / "mine")) == {"provenance"}


def test_nothing_that_stands_is_written_over(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(CohortError, match="is not an empty folder"):
        new_cohort(tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_an_export_that_cannot_be_read_leaves_nothing_behind(tmp_path):
    (tmp_path / "export.csv").write_bytes(b"")
    with pytest.raises(CohortError, match="empty"):
        new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    with pytest.raises(CohortError, match="no file"):
        new_cohort(tmp_path / "mine", tmp_path / "nothing.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["export.csv"]


def test_digits_that_are_no_numbers_number_no_rows(tmp_path):
    (tmp_path / "export.csv").write_text("Power,Colour\n²,Red\n³,Blue\n")
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    assert 'columns.power = "Power"  # text' in (tmp_path / "mine/cohort.toml").read_text()


@pytest.mark.parametrize("rows", [2, 3, 9])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_header_that_leaves_no_row_of_answers_is_refused(tmp_path, ending, rows):
    export = tmp_path / f"export.{ending}"
    if ending == "csv":
        export.write_text("ID,Colour\n1,Red\n")
    else:
        workbook = openpyxl.Workbook()
        for row in (["ID", "Colour"], ["1", "Red"]):
            workbook.active.append(row)
        workbook.save(export)
    with pytest.raises(CohortError, match="no row of answers below its header") as caught:
        new_cohort(tmp_path / "mine", export, {"header_rows": rows})
    said = f"{rows} rows of headers, and answers below them"
    assert (caught.value.found, caught.value.expected) == ("2 rows", said)
    assert [path.name for path in tmp_path.iterdir()] == [export.name]
    new_cohort(tmp_path / "mine", export)
    before = {path.name: path.read_bytes() for path in (tmp_path / "mine").iterdir()}
    with pytest.raises(CohortError, match="no row of answers"):
        new_cohort(tmp_path / "mine", corrections={"header_rows": rows})
    assert {path.name: path.read_bytes() for path in (tmp_path / "mine").iterdir()} == before


@pytest.mark.parametrize("name", ["my cohort", "é", ".hidden"])
def test_a_folder_that_cannot_be_an_id_is_refused(tmp_path, name):
    with pytest.raises(CohortError, match="cannot be the id") as refused:
        new_cohort(tmp_path / name)
    assert not refused.value.do


def test_an_export_in_the_place_of_a_folder_leads_to_the_option_that_takes_it(tmp_path):
    (export := tmp_path / "export.csv").write_text(EXPORT)
    with pytest.raises(CohortError, match="cannot be the id") as refused:
        new_cohort(export)
    assert refused.value.do.endswith(f" --from {export}")


@pytest.mark.parametrize("name", ["example-2026", "ofsted-2013"])
def test_a_folder_that_would_hide_a_shipped_cohort_is_refused(tmp_path, name):
    (tmp_path / "export.csv").write_text(EXPORT)
    with pytest.raises(CohortError, match=f"{name} is the id of a shipped cohort"):
        new_cohort(tmp_path / name, tmp_path / "export.csv")
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    "name", ['say "no"', "a = 1", "tab\there", "back\\slash", "# note", "[table]", "é", "'"]
)
def test_any_header_survives_in_the_settings(tmp_path, name):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [["ID", name], *([i, "ab"[i % 2]] for i in range(8))]
    )
    (tmp_path / "export.csv").write_text(text.getvalue())
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    folder = tmp_path / "mine"
    live = (folder / "cohort.toml").read_text().replace("# TODO ", "")
    columns = tomllib.loads(live)["tables"]["answers"]["columns"]
    assert " ".join(name.split()) in columns.values()


@pytest.mark.parametrize("separator", [", ", ";"])
def test_what_a_blank_cell_of_several_answers_means_is_to_be_decided(tmp_path, separator):
    """8 of 30 ticked nothing: of 22 or of 30, the export does not tell."""
    cells = [separator.join(chosen) for chosen in (("Price", "Queue"), ("Price",), ("Queue",))]
    rows = [f'{i},"{cell}"\n' for i, cell in enumerate([*cells * 7, "Price", *[""] * 8])]
    (tmp_path / "export.csv").write_text("ID,What would help?\n" + "".join(rows))
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    folder = tmp_path / "mine"
    text = (folder / "cohort.toml").read_text()
    decide = '# DECIDE nothing_ticked = "no_answer"  # or "no", or "not_asked"\n'
    assert decide in text
    for name in ("codebook", "indicators"):
        (folder / f"proposed_{name}.csv").rename(folder / f"{name}.csv")
    for line, count in (("", 8), ('nothing_ticked = "no"\n', 0)):
        (folder / "cohort.toml").write_text(text.replace("# TODO ", "").replace(decide, line))
        found = broken(folder)
        assert set(found) - {"nothing_ticked"} == {"provenance"}
        assert len(found.get("nothing_ticked").rows if count else ()) == min(count, 5)
    share = estimate(folder, indicators=["help"], min_base=0).set_index("category")
    assert share.loc["Price", ["count_low", "base_n"]].tolist() == [15, 30]


def test_no_doubt_of_ticks_where_every_cell_has_one(tmp_path):
    rows = [f"{i},{cell}\n" for i, cell in enumerate(["Price;Queue", "Price", "Queue"] * 7)]
    (tmp_path / "export.csv").write_text("ID,What would help?\n" + "".join(rows))
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    assert "nothing_ticked" not in (tmp_path / "mine/cohort.toml").read_text()


KINDS = {
    "a price of few amounts": (
        "How much do you pay a week (£)?",
        ["£11.50", "£12.25", "£13.00", ""] * 5,
        ("number", "pay_week", '# DECIDE signs = ["£"]'),
    ),
    "prices of two currencies": ("Price?", ["£5", "€6"] * 10, ("category", "price", "")),
    "minutes with their unit": (
        "How long does it take?",
        [f"{n} minutes" for n in range(2, 22)] + ["1 minute"],
        ("text", "long_take", ""),
    ),
    "years of school": ("Year group", ["Year 3", "Year 4"] * 10, ("category", "year_group", "")),
    "comments that came twice": (
        "Any comments",
        ["Fish is nice", "Too many chips", "", ""] * 5,
        ("text", "comments", ""),
    ),
    "whether there are comments": (
        "Any comments?",
        ["Yes", "No"] * 10,
        ("category", "comments", ""),
    ),
    "days first": (
        "Date of the visit",
        [f"{n}/03/2026" for n in range(10, 30)],
        ("date", "date_visit", '# TODO date_format = "%d/%m/%Y"'),
    ),
    "days or months first": (
        "Date",
        [f"{n}/03/2026" for n in range(1, 11)] * 2,
        ("date", "date", '# DECIDE date_format = "%d/%m/%Y"  # or "%m/%d/%Y"'),
    ),
    "months in words, with a time": (
        "Date",
        [f"{n} Mar 2026 09:30" for n in range(1, 21)],
        ("date", "date", '# TODO date_format = "%d %b %Y %H:%M"'),
    ),
    "days as SAS writes them": (
        "Date",
        [f"{n:02}JAN2026" for n in range(1, 21)],
        ("date", "date", '# TODO date_format = "%d%b%Y"'),
    ),
    "decimals with points": ("Size", ["1.10", "2.20"] * 10, ("number", "size", "")),
    "a half step": ("Extra hours", ["0", "2", "5.5", "10"] * 5, ("number", "extra_hours", "")),
    "whole steps": ("Satisfaction", ["1.0", "2.0", "3.0"] * 5, ("category", "satisfaction", "")),
    "how to answer": (
        "How did you travel today? Please tick all that apply",
        ["Yes", "No"] * 10,
        ("category", "travel_today", ""),
    ),
    "a long question": (
        "What would improve the school meals of your child's school? (tick all)",
        ["Yes", "No"] * 10,
        ("category", "improve_school_meals", ""),
    ),
}


@pytest.mark.parametrize("case", KINDS)
def test_what_a_column_holds_is_told_by_its_cells_and_its_question(tmp_path, case):
    question, cells, (kind, name, line) = KINDS[case]
    text = io.StringIO()
    rows = [["ID", question], *([f"{n}", cell] for n, cell in enumerate(cells))]
    csv.writer(text, lineterminator="\n").writerows(rows)
    (tmp_path / "export.csv").write_text(text.getvalue())
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    folder = tmp_path / "mine"
    with (folder / "proposed_codebook.csv").open(newline="") as file:
        proposed = {row["question"]: row for row in csv.DictReader(file)}
    assert (proposed[question]["type"], proposed[question]["variable"]) == (kind, name)
    settings = (folder / "cohort.toml").read_text()
    doubts = [one for one in settings.splitlines() if "signs =" in one or "date_format =" in one]
    assert doubts == [line] * bool(line)
    (folder / "cohort.toml").write_text(settings.replace("# TODO ", "").replace("# DECIDE ", ""))
    for table in ("codebook", "indicators"):
        (folder / f"proposed_{table}.csv").rename(folder / f"{table}.csv")
    assert set(broken(folder)) == {"provenance"}


def test_a_fresh_proposal_is_checked_without_a_word_of_what_is_not_there(tmp_path):
    (tmp_path / "export.csv").write_text("ID,Colour\n" + "1,Red\n2,Blue\n" * 4)
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    told = [check.message for check in screen(load_cohort(tmp_path / "mine"))]
    assert not [message for message in told if "0 of" in message or " 0 " in message]


def test_what_respondents_are_is_proposed_as_the_make_up_of_the_sample(tmp_path):
    are = ["What is your role?", "Which ward do you work on?", "Age group", "Where do you live?"]
    say = ["Which breaks did you take?", "What is your view?", "Which bus do you take to school?"]
    rows = [[*are, *say], *([cell] * 7 for cell in "AB" * 5)]
    (tmp_path / "export.csv").write_text("\n".join(",".join(row) for row in rows))
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    with (tmp_path / "mine" / "proposed_indicators.csv").open(newline="") as file:
        sections = {row["label"]: row["section"] for row in csv.DictReader(file)}
    assert sections == dict.fromkeys(are, "scope") | dict.fromkeys(say, "answers")


def test_taken_lines_without_their_codebook_lead_to_the_proposed_one(tmp_path):
    (tmp_path / "export.csv").write_text("ID,Colour\n" + "1,Red\n2,Blue\n" * 4)
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    folder = tmp_path / "mine"
    text = (folder / "cohort.toml").read_text().replace("# TODO ", "")
    (folder / "cohort.toml").write_text(text)
    assert "proposed_codebook.csv" in broken(folder)["readable"].do
    (folder / "cohort.toml").write_text(text.replace("columns.colour", "columns.color"))
    (folder / "proposed_codebook.csv").rename(folder / "codebook.csv")
    assert "correct the name" in broken(folder)["readable"].do


@pytest.mark.parametrize(
    ("said", "column", "do"),
    [
        ("true", "", "add a column called synthetic with true in every row of export.csv"),
        ("false", "true", "take the mark out of the column synthetic of export.csv"),
    ],
)
def test_an_invented_cohort_is_told_which_column_it_lacks(tmp_path, said, column, do):
    header = "ID,Colour,synthetic" if column else "ID,Colour"
    rows = [f"{n},{'RB'[n % 2]}{',true' if column else ''}\n" for n in range(8)]
    (tmp_path / "export.csv").write_text(f"{header}\n" + "".join(rows))
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    folder = tmp_path / "mine"
    text = (folder / "cohort.toml").read_text().replace("# TODO ", "")
    text = re.sub("synthetic = (true|false)", f"synthetic = {said}", text)
    (folder / "cohort.toml").write_text(text)
    (folder / "proposed_codebook.csv").rename(folder / "codebook.csv")
    (folder / "proposed_indicators.csv").rename(folder / "indicators.csv")
    assert broken(folder)["synthetic"].do.startswith(do)


def test_a_question_that_only_some_are_asked_is_proposed_with_its_condition(tmp_path):
    (tmp_path / "export.csv").write_text(
        "ID,Have you heard of the National Careers Service helpline?,"
        "Have you used the National Careers Service helpline?\n"
        + "".join(f"{i},Yes,No\n{i + 50},No,\n" for i in range(4))
    )
    new_cohort(tmp_path / "mine", tmp_path / "export.csv")
    text = (tmp_path / "mine" / "cohort.toml").read_text()
    assert '# TODO asked.helpline_used = "helpline_heard=yes"' in text
    (tmp_path / "mine" / "cohort.toml").write_text(text.replace("# TODO ", ""))
    (tmp_path / "mine" / "proposed_codebook.csv").rename(tmp_path / "mine" / "codebook.csv")
    table = compile_table(load_cohort(tmp_path / "mine"), "parents")
    assert table.frame.project("helpline_used").distinct().order("1").fetchall() == [
        ("no",),
        (None,),
    ]
