"""Nothing merged, ticked or dropped that is not declared: doubts fail until a line settles them."""

from collections import Counter

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyreadstat
import pytest
from answers import ABOUT, INDICATORS

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.table import compile_table
from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import load_cohort

CODEBOOK = "variable,table,question,type,values,missing,unit\n"


def survey(folder, data, codebook, settings="", name="answers.csv"):
    """Write a cohort of one table, ``people``, with a codebook of its own."""
    folder.mkdir(exist_ok=True)
    if data is not None:
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    toml = f'{ABOUT}[tables.people]\nfile = "{name}"\n{settings}'
    (folder / "cohort.toml").write_text(toml, encoding="utf-8")
    rows = [
        f'"{v}",people,,{kind},"{values}",{missing},person' for v, kind, values, missing in codebook
    ]
    (folder / "codebook.csv").write_text(CODEBOOK + "\n".join(rows) + "\n", encoding="utf-8")
    (folder / "indicators.csv").write_text(INDICATORS.splitlines()[0] + "\n")
    return folder


def counted(folder, column):
    """How often each value stands in a finished column."""
    frame = compile_table(load_cohort(folder), "people").frame
    return dict(Counter(value for (value,) in frame.project(f'"{column}"').fetchall()))


def doubts(folder):
    """What is doubted, by the variable that it is about."""
    found = [check for check in screen(load_cohort(folder)) if not check.passed]
    assert {check.rule for check in found} <= {"doubts"}, found
    return {check.message.partition(":")[0]: check for check in found}


def columns(header, *rows):
    return "\n".join([header, *rows]) + "\n"


def visits(*cells):
    return columns("visits", *cells)


MINUS = visits(*["-1"] * 20, *["1"] * 10, *["2"] * 10)
VISITS = ("visits", "category", "-1;1;2", "")


def test_minus_one_stays_minus_one_and_is_doubted_until_it_is_declared(tmp_path):
    folder = survey(tmp_path / "a", MINUS, [VISITS])
    assert counted(folder, "visits") == {"-1": 20, "1": 10, "2": 10}
    found = doubts(folder)["visits"]
    assert found.found == "'-1' (20)"
    assert 'sure = ["visits"]' in found.do
    assert doubts(survey(tmp_path / "b", MINUS, [VISITS], 'sure = ["visits"]')) == {}
    declared = '[tables.people.missing]\nvisits = ["-1"]\n'
    folder = survey(tmp_path / "c", MINUS, [("visits", "category", "1;2", "skipped")], declared)
    assert counted(folder, "visits") == {"skipped": 20, "1": 10, "2": 10}
    assert doubts(folder) == {}
    mapped = '[tables.people.codes.visits]\n"-1" = "-1"\n'
    assert doubts(survey(tmp_path / "d", MINUS, [VISITS], mapped)) == {}


@pytest.mark.parametrize(
    ("cells", "doubted"),
    [
        ("-2 -1 0 1 2", []),
        ("1 2 3 4 5 99", ["99"]),
        ("1 2 3 -8 -9", ["-8", "-9"]),
        ("90 95 97 99", []),
        ("yes no -9", ["-9"]),
        ("1 2 3 -1 -2 -7 -8 -9", ["-1", "-2", "-7", "-8", "-9"]),
        ("-8 -7 -5 -4 -3 -2 0 4", []),
        ("1 2 3 4 5 95 96", ["95", "96"]),
        ("66 80 90 98", []),
        ("20000 31000 999998 88888888", ["999998", "88888888"]),
        ("-20 0 9 -99", ["-99"]),
        ("1 2 3 -999999999 -2147483648", ["-999999999", "-2147483648"]),
    ],
)
def test_a_stand_in_for_no_answer_is_a_number_far_from_the_others(tmp_path, cells, doubted):
    listed = cells.split()
    folder = survey(tmp_path, visits(*listed), [("visits", "category", ";".join(listed), "")])
    found = doubts(folder)
    shown = found["visits"].found if found else ""
    assert sorted(filter(None, shown.replace(" (1)", "").replace("'", "").split(", "))) == sorted(
        doubted
    )


@pytest.mark.parametrize(
    "cells",
    [
        "< 25|25|> 25",
        "C|C++|C#",
        "+5 degrees|-5 degrees|5 degrees",
        "Agree|Agree!|Agree?|(Agree)",
        "★|★★|★★★",
        "はい|いいえ|わからない",
        "cafe|café",
        "0-9|-9",
    ],
)
def test_answers_that_differ_by_a_sign_or_a_letter_are_different(tmp_path, cells):
    listed = cells.split("|")
    values = ";".join(listed)
    folder = survey(
        tmp_path,
        visits(*(f'"{cell}"' for cell in listed)),
        [("visits", "category", values, "")],
        'sure = ["visits"]',
    )
    assert counted(folder, "visits") == dict.fromkeys(listed, 1)


@pytest.mark.parametrize(
    ("cells", "values"),
    [("C++|C", "c"), ("<25", "25"), ("café", "cafe"), ("-1", "1"), ("★", "star")],
)
def test_a_sign_that_the_codebook_does_not_have_is_never_left_out(tmp_path, cells, values):
    folder = survey(tmp_path, visits(*cells.split("|")), [("visits", "category", values, "")])
    found = {check.rule for check in screen(load_cohort(folder)) if not check.passed}
    assert "allowed_values" in found


@pytest.mark.parametrize("design", ['strata = ["area"]', 'clusters = ["area"]'])
def test_strata_and_clusters_that_differ_in_case_alone_are_doubted(tmp_path, design):
    """North and north, two rows each: one stratum of four or two of two."""
    asked = [("id", "identifier", "", ""), ("area", "text", "", ""), ("q", "category", "y;n", "")]
    data = "id,area,q\n" + "".join(f"{n},{'Nn'[n % 2]}orth,y\n" for n in range(4))
    drawn = f"[tables.people.design]\n{design}\n"
    folder = survey(tmp_path / "a", data, asked, drawn)
    (found,) = (one for one in screen(load_cohort(folder)) if not one.passed)
    assert (found.rule, found.found) == ("doubts", "North, north")
    folder = survey(tmp_path / "a", data, asked, f'sure = ["area"]\n{drawn}')
    assert all(one.passed for one in screen(load_cohort(folder)))


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (("1", "1.0"), "1, 1.0"),  # two strata of two, or one of four
        (("007", "7"), "007, 7"),
        (("5.12346E+15", "12"), "5.12346E+15"),  # several schools, as a spreadsheet saved them
        (("10", "100"), ""),
        (("1.5", "15"), ""),
    ],
)
def test_labels_that_may_be_one_or_several_are_doubted(tmp_path, labels, found):
    asked = [("id", "identifier", "", ""), ("area", "text", "", ""), ("q", "category", "y;n", "")]
    data = "id,area,q\n" + "".join(f"{n},{labels[n % 2]},{'yn'[n % 2]}\n" for n in range(4))
    drawn = '[tables.people.design]\nstrata = ["area"]\n'
    checks = screen(load_cohort(survey(tmp_path, data, asked, drawn)))
    assert [one.found for one in checks if not one.passed] == [found] * bool(found)


@pytest.mark.parametrize(
    ("heading", "free", "lost"),
    [
        ("Way? - Other (please specify)", "boat;bike;;;", 2),
        ("Other", "boat;bike;;;", 2),
        ("Way?_4_TEXT", "boat;bike;;;", 2),
        ("Way? [andere]", "boat;bike;late;;", 2),  # one has both
        ("Way? Other", "boat;;late;again;", 0),  # two have both: remarks, and one of no answer
        ("Way? if other: which?", "boat;bike;;;", 2),
        ("Why?", "boat;bike;;;", 0),
        ("Other comments", "boat;bike;;;", 0),
        ("Way? Other", ";;late;;", 0),
    ],
)
def test_who_wrote_beside_a_list_and_gave_no_answer_of_it_is_doubted(tmp_path, heading, free, lost):
    rows = zip("12345", ["", "", "bus", "bus", "train"], free.split(";"), strict=True)
    data = columns(f"id,Way?,{heading}", *map(",".join, rows))
    way, listed = 'columns.way = "Way?"\n', [("way", "category", "bus;train;other", "")]
    found = doubts(survey(tmp_path, data, listed, way))
    said = f"way: {lost} of 5 rows are blank, and say something in the column of other answers"
    assert [one.message for one in found.values()] == [f"{said} beside it."] * bool(lost)
    assert all(
        f"set other = {heading!r} under [tables.people.options.way]" in one.do
        for one in found.values()
    )
    assert doubts(survey(tmp_path, data, listed, f'{way}sure = ["way"]\n')) == {}
    settled = f'{way}options.way.other = "{heading}"\n'
    assert doubts(survey(tmp_path, data, listed, settled)) == {}
    wrote = sum(map(bool, free.split(";")[:2]))
    counts = {"bus": 2, "train": 1, "other": wrote, "no_answer": 2 - wrote}
    assert counted(tmp_path, "way") == {value: n for value, n in counts.items() if n}
    with pytest.raises(CohortError, match="no value for who wrote an answer of their own"):
        compile_table(
            load_cohort(survey(tmp_path, data, [("way", "category", "bus;train", "")], settled)),
            "people",
        )


@pytest.mark.parametrize(
    ("cells", "doubted"),
    [
        ("2;2 hours;3", "'2' (1) for '2 hours' (1)"),
        ("30;30min;none", "'30' (1) for '30min' (1)"),
        ("1;1 hour a week;none", "'1' (1) for '1 hour a week' (1)"),
        ("2;2 or more;1", ""),
        ("2 hours;2 days;3 days", ""),
        ("5;15 hours;none", ""),
    ],
)
def test_a_number_beside_itself_with_a_unit_is_doubted(tmp_path, cells, doubted):
    folder = survey(tmp_path, visits(*cells.split(";")), [("visits", "category", cells, "")])
    assert "; ".join(one.found for one in doubts(folder).values()) == doubted


@pytest.mark.parametrize("cells", ["bus;tram;ship;raft;bus", "tram;ship;ship;bus", "bus;raft"])
def test_own_words_in_the_column_of_a_list_are_other_once_that_is_said(tmp_path, cells):
    data, listed = columns("way", *cells.split(";")), [("way", "category", "bus;tram;other", "")]
    assert "not in the codebook" in next(
        one.message
        for one in screen(load_cohort(survey(tmp_path, data, listed)))
        if one.rule == "allowed_values"
    )
    folder = survey(tmp_path, data, listed, 'options.way.other = "way"\n')
    assert doubts(folder) == {}
    said = Counter(cell if cell in ("bus", "tram") else "other" for cell in cells.split(";"))
    assert counted(folder, "way") == said


@pytest.mark.parametrize(
    ("cells", "doubted"),
    [
        ("yes;no;TRUE;FALSE", "'yes' (1) for 'TRUE' (1), 'no' (1) for 'FALSE' (1)"),
        ("Oui;Non;Ja;Nein", "'Oui' (1) for 'Ja' (1), 'Non' (1) for 'Nein' (1)"),
        ("Sí;Si;No", "'Sí' (1) for 'Si' (1)"),
        ("true;1;0", "'0' (1), '1' (1), 'true' (1) for '1' (1)"),
        ("yes;no;none;partly", ""),
        ("yes;partly;no", ""),
        ("0;1;2;3", ""),
    ],
)
def test_a_tick_in_two_ways_of_writing_is_doubted(tmp_path, cells, doubted):
    """Half the form in one language, half in another, or what a spreadsheet makes of yes."""
    folder = survey(tmp_path, visits(*cells.split(";")), [("visits", "category", cells, "")])
    assert sorted("; ".join(one.found for one in doubts(folder).values()).split(", ")) == sorted(
        doubted.split(", ")
    )


def test_two_answers_that_read_as_one_value_must_be_declared(tmp_path):
    cells = visits("Agree", "agree ", "Agree!", "no")
    folder = survey(tmp_path / "a", cells, [("visits", "category", "agree;no", "")])
    assert doubts(folder)["visits"].found == "'Agree' (1) and 'Agree!' (1)"
    declared = '[tables.people.codes.visits]\n"Agree!" = "agree"\n'
    assert (
        doubts(survey(tmp_path / "b", cells, [("visits", "category", "agree;no", "")], declared))
        == {}
    )


def test_a_code_that_is_declared_is_not_doubted_however_its_letters_are_written(tmp_path):
    """The accent of the file's café is a letter of its own; cohort.toml has one letter."""
    cells, codes = visits("cafe\u0301", "agree", "no"), '"caf\u00e9" = "agree"\n'
    settings = f"[tables.people.codes.visits]\n{codes}"
    folder = survey(tmp_path, cells, [("visits", "category", "agree;no", "")], settings)
    assert counted(folder, "visits") == {"agree": 2, "no": 1}
    assert doubts(folder) == {}


@pytest.mark.parametrize(("value", "cell"), [("1.5", "1-5"), ("1-5", "1.5"), ("2/3", "2.3")])
def test_a_range_is_no_number_and_a_number_no_range(tmp_path, value, cell):
    folder = survey(tmp_path, visits(cell, "no"), [("visits", "category", f"{value};no", "")])
    assert "allowed_values" in {one.rule for one in screen(load_cohort(folder)) if not one.passed}


BOXES = [("q1_1", "category", "yes;no", ""), ("q1_2", "category", "no;yes", "")]
BLOCK = '[tables.people.options.q1]\nvariables = ["q1_1", "q1_2"]\n'


@pytest.mark.parametrize("cross", ["0", "No", "FALSE", "Unchecked", "Not selected", "0.0"])
@pytest.mark.parametrize("order", ["yes;no", "no;yes"])
def test_what_tools_write_for_no_tick_is_never_one(tmp_path, cross, order):
    text = columns("q1_1,q1_2", *[f"1,{cross}"] * 20)
    boxes = [("q1_1", "category", order, ""), ("q1_2", "category", order, "")]
    folder = survey(tmp_path, text, boxes, BLOCK)
    assert counted(folder, "q1_1") == {"yes": 20}
    assert counted(folder, "q1_2") == {"no": 20}
    assert doubts(folder) == {}


def test_zeros_in_every_box_mean_asked_and_nothing_ticked(tmp_path):
    text = columns("q1_1,q1_2", "1,0", "0,0", "0,0")
    folder = survey(tmp_path, text, BOXES, BLOCK)
    assert counted(folder, "q1_1") == {"yes": 1, "no": 2}
    assert doubts(folder) == {}


def test_routing_is_judged_after_boxes_are_filled(tmp_path):
    """Witness: by hand; a blank box of an answered question is not ticked, so row 2 was asked."""
    text = columns("q1_1,q1_2,why", "x,,", ",x,cost", ",x,")
    settings = BLOCK + '[tables.people.asked]\nwhy = "q1_1=no"\n'
    folder = survey(tmp_path, text, [*BOXES, ("why", "category", "cost;time", "")], settings)
    assert counted(folder, "why") == {None: 1, "cost": 1, "no_answer": 1}
    assert doubts(folder) == {}


def test_a_condition_may_name_a_cell_with_several_answers_a_number_a_date_or_a_text(tmp_path):
    text = columns("many,age,born,area,why", "a;b,5,2020-01-02,x y,cost", "b,6,2020-01-03,z,")
    codebook = [
        ("many", "category", "a;b", ""),
        ("age", "number", "", ""),
        ("born", "date", "", ""),
        ("area", "text", "", ""),
        ("why", "category", "cost;time", ""),
    ]
    asked = '[tables.people.options.many]\nseparator = ";"\n[tables.people.asked]\nwhy = '
    for n, said in enumerate(["many=a", "age=5.0", "born=2020-01-02", "area=x y"]):
        folder = survey(tmp_path / str(n), text, codebook, f'{asked}"{said}"\n')
        assert counted(folder, "why") == {"cost": 1, None: 1}


def test_who_was_asked_cannot_depend_on_itself(tmp_path):
    text = columns("q1_1,q1_2", "1,0")
    settings = '[tables.people.asked]\nq1_1 = "q1_2=yes"\nq1_2 = "q1_1=yes"\n'
    (found,) = [
        c for c in screen(load_cohort(survey(tmp_path, text, BOXES, settings))) if not c.passed
    ]
    assert found.rule == "readable"
    assert "depends on itself" in found.message


def test_a_mark_that_may_be_for_thousands_is_doubted_until_it_is_declared(tmp_path):
    codebook = [("income", "number", "", "")]
    text = "id;income\n1;1.101\n2;15.102\n3;900\n"
    assert "thousands" in doubts(survey(tmp_path / "a", text, codebook))["income"].do
    assert doubts(survey(tmp_path / "b", text, codebook, 'decimal = "."')) == {}
    both = 'decimal = ","\nthousands = "."'
    assert counted(survey(tmp_path / "c", text, codebook, both), "income") == {
        1101: 1,
        15102: 1,
        900: 1,
    }
    plain = "id;income\n1;1.101\n2;0.5\n"
    assert doubts(survey(tmp_path / "d", plain, codebook)) == {}


@pytest.mark.parametrize(
    ("cell", "number"), [("1,101", 1101), ("12,5", None), ("1,10", None), ("1234", 1234)]
)
def test_marks_for_thousands_stand_before_three_digits(tmp_path, cell, number):
    text = f'income\n"{cell}"\n'
    folder = survey(tmp_path, text, [("income", "number", "", "")], 'thousands = ","')
    assert counted(folder, "income") == {number: 1}


def test_signs_beside_a_number_are_read_once_declared(tmp_path):
    text = columns("share", "3%", "£4", "−5", "6 %")
    codebook = [("share", "number", "", "")]
    (found,) = [
        c for c in screen(load_cohort(survey(tmp_path / "a", text, codebook))) if not c.passed
    ]
    assert (found.rule, found.rows) == ("numbers", (2, 3, 4, 5))
    assert "signs" in found.do
    folder = survey(tmp_path / "b", text, codebook, 'signs = ["%", "£", "−"]')
    assert counted(folder, "share") == {3: 1, 4: 1, -5: 1, 6: 1}


@pytest.mark.parametrize(
    ("cells", "doubted"),
    [
        ("21 35 1990 47", True),
        ("21 35 47 0", False),
        ("1950 1990 2001", False),
        ("20 150 1990", False),
        ("20 2500", False),
    ],
)
def test_years_beside_ages_are_doubted(tmp_path, cells, doubted):
    text = columns("age", *cells.split() * 3)
    assert bool(doubts(survey(tmp_path, text, [("age", "number", "", "")]))) == doubted


@pytest.mark.parametrize("code", ["-999", "999", "-9", "-2", "99999999"])
def test_a_number_far_outside_the_rest_is_doubted(tmp_path, code):
    text = columns("age", *map(str, range(21, 44)), code)
    found = doubts(survey(tmp_path / "a", text, [("age", "number", "", "")]))
    assert found["age"].found == f"{code} (1)"
    settings = f'[tables.people.missing]\nage = ["{code}"]\n'
    assert doubts(survey(tmp_path / "b", text, [("age", "number", "", "refused")], settings)) == {}


@pytest.mark.parametrize(
    ("cells", "doubted"), [("1 2 3 8 9", "'8' (1), '9' (1)"), ("1 2 3 6 8", ""), ("1 5 7 9", "")]
)
def test_eight_and_nine_after_a_short_scale_are_doubted(tmp_path, cells, doubted):
    values = cells.replace(" ", ";")
    folder = survey(tmp_path, visits(*cells.split()), [("visits", "category", values, "")])
    found = doubts(folder)
    assert (found["visits"].found if found else "") == doubted


def test_a_half_is_no_whole_number(tmp_path):
    folder = survey(tmp_path, columns("n", "1", "2.5"), [("n", "number", "0..8 whole", "")])
    (found,) = (one for one in screen(load_cohort(folder)) if not one.passed)
    assert (found.rule, found.rows) == ("ranges", (3,))


def test_parts_that_always_come_together_are_doubted_until_they_are_mapped(tmp_path):
    cells = ['"Visits, fairs and talks, Websites"', '"Visits, fairs and talks"', "Websites"]
    codebook = [("useful", "category", "visits;fairs_and_talks;websites", "")]
    options = '[tables.people.options.useful]\nseparator = ", "\n'
    found = doubts(survey(tmp_path / "a", columns("useful", *cells), codebook, options))
    assert found["useful"].found == "'Visits, fairs and talks' (2)"
    mapped = options + '[tables.people.codes.useful]\n"Visits, fairs and talks" = "visits"\n'
    folder = survey(
        tmp_path / "b",
        columns("useful", *cells),
        [("useful", "category", "visits;websites", "")],
        mapped,
    )
    assert counted(folder, "useful__visits") == {"yes": 2, "no": 1}
    assert doubts(folder) == {}


def test_a_row_of_totals_is_doubted_and_can_be_dropped(tmp_path):
    text = columns("person_id,age", "1,30", "2,40", "Total,70")
    codebook = [("person_id", "identifier", "", ""), ("age", "number", "", "")]
    assert doubts(survey(tmp_path / "a", text, codebook))["person_id"].found == "'Total' in row 4"
    folder = survey(tmp_path / "b", text, codebook, 'drop.person_id = ["Total"]\n')
    assert doubts(folder) == {}
    table = compile_table(load_cohort(folder), "people")
    assert (table.rows_read, table.rows_kept) == (3, 2)


@pytest.mark.parametrize("foot", ["Average", "Max", "Min", "Count", "Std. dev.", "Median:"])
def test_a_row_of_figures_at_the_foot_of_a_table_is_no_respondent_unasked(tmp_path, foot):
    text = columns("person_id,age", "1,30", "2,40", f"{foot},35")
    codebook = [("person_id", "identifier", "", ""), ("age", "number", "", "")]
    found = doubts(survey(tmp_path, text, codebook))["person_id"]
    assert found.found == f"{foot!r} in row 4"
    assert found.do.startswith("take it out by [tables.people.drop]")


def test_an_answer_that_is_the_question_is_doubted(tmp_path):
    text = columns("Smoke?", "Smoke?", "yes", "no")
    settings = '[tables.people.columns]\nsmoke = "Smoke?"\n'
    assert (
        "header_rows"
        in doubts(survey(tmp_path, text, [("smoke", "category", "smoke;yes;no", "")], settings))[
            "smoke"
        ].do
    )


def test_what_spss_declares_missing_is_missing_to_the_last_code_of_its_range(tmp_path):
    frame = pd.DataFrame({"sat": [1.0, 2, 8, 9, 8.5, None]})
    path = tmp_path / "a.sav"
    labels = {"sat": {1: "Satisfied", 2: "Neither", 8: "Do not know", 9: "Refused"}}
    pyreadstat.write_sav(
        frame, path, variable_value_labels=labels, missing_ranges={"sat": [{"lo": 8, "hi": 9}]}
    )
    codebook = [("sat", "category", "satisfied;neither", "refused;do_not_know")]
    folder = survey(tmp_path / "c", path.read_bytes(), codebook, name="a.sav")
    values = {
        "satisfied": 1,
        "neither": 1,
        "do_not_know": 1,
        "refused": 1,
        "missing": 1,
        "no_answer": 1,
    }
    assert counted(folder, "sat") == values
    assert doubts(folder) == {}


def test_two_codes_with_one_label_are_doubted(tmp_path):
    frame = pd.DataFrame({"dup": [1.0, 2, 3]})
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(
        frame, path, variable_value_labels={"dup": {1: "Other", 2: "Yes", 3: "Other"}}
    )
    folder = survey(
        tmp_path / "c", path.read_bytes(), [("dup", "category", "other;yes", "")], name="a.sav"
    )
    assert "'1' = 'Other' (1) and '3' = 'Other' (1)" in doubts(folder)["dup"].found


def test_missing_codes_of_identifiers_are_found_as_those_of_answers(tmp_path):
    text = columns("person_id,other_id", "1,-9.0", "2,NA ", "3,na", "4,b")
    settings = '[tables.people.missing]\nother_id = ["-9", "NA"]\n'
    codebook = [("person_id", "identifier", "", ""), ("other_id", "identifier", "", "")]
    assert counted(survey(tmp_path, text, codebook, settings), "other_id") == {None: 3, "b": 1}


def test_a_category_called_missing_keeps_its_blanks(tmp_path):
    text = columns("many,n", "missing;a,1", ",2")
    settings = '[tables.people.options.many]\nseparator = ";"\n'
    folder = survey(tmp_path, text, [("many", "category", "missing;a", "")], settings)
    assert counted(folder, "many__missing") == {"yes": 1, "no_answer": 1}


@pytest.mark.parametrize(
    "cell", ["epoch", "infinity", "2020-13-01", "12", "2020", "20200102", "today"]
)
def test_what_is_no_day_is_no_date(tmp_path, cell):
    folder = survey(tmp_path, columns("born", cell, "2020-01-02"), [("born", "date", "", "")])
    assert {c.rule for c in screen(load_cohort(folder)) if not c.passed} == {"dates"}


def test_a_design_may_name_a_variable_or_its_column(tmp_path):
    text = columns("ID,Zone,W", *[f"{i},{'NS'[i % 2]},2" for i in range(8)])
    mapped = '[tables.people.columns]\nzone = "Zone"\n'
    settings = mapped + '[tables.people.design]\nweight = "W"\nstrata = ["{}"]\n'
    codebook = [("zone", "category", "N;S", "")]
    for n, name in enumerate(["Zone", "zone"]):
        folder = survey(tmp_path / str(n), text, codebook, settings.format(name))
        assert compile_table(load_cohort(folder), "people").design.strata == ("zone",)
        assert doubts(folder) == {}


def test_a_byte_that_is_no_letter_fails_the_check_and_its_row_is_named(tmp_path):
    data = "helped\nja – ja\nÜber\n".encode() + b"Caf\xe9\n"
    codebook = [("helped", "text", "", "")]
    (found,) = [c for c in screen(load_cohort(survey(tmp_path, data, codebook))) if not c.passed]
    assert (found.rule, found.rows) == ("legible", (4,))


def test_twenty_thousand_categories_take_no_time_that_anybody_sees(tmp_path):
    cells = [f"place {i}" for i in range(20_000)]
    known = ";".join(cells[:19_990])
    folder = survey(tmp_path, columns("place", *cells), [("place", "category", known, "")])
    (found,) = [c for c in screen(load_cohort(folder)) if not c.passed]
    assert found.message.startswith("10 of 20,000 answers to place")
    assert found.rows == (19_992, 19_993, 19_994, 19_995, 19_996)


def test_a_midnight_of_another_zone_is_that_day(tmp_path):
    zoned = pa.array([pd.Timestamp("2024-03-30", tz="Europe/Berlin")])
    pyarrow.parquet.write_table(pa.table({"born": zoned}), tmp_path / "a.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    folder = survey(tmp_path / "c", data, [("born", "date", "", "")], name="a.parquet")
    assert [str(day) for day in counted(folder, "born")] == ["2024-03-30"]


def test_a_folder_in_the_place_of_a_file_is_said_to_be_one(tmp_path):
    folder = survey(tmp_path, None, [("q", "category", "yes;no", "")], name="answers.csv")
    (folder / "answers.csv").mkdir()
    (found,) = [c for c in screen(load_cohort(folder)) if not c.passed]
    assert "is a folder" in found.message


def test_names_that_differ_by_case_alone_are_refused_in_words(tmp_path):
    text = columns("q,Q", "yes,2", "no,3")
    settings = '[tables.people.design]\nweight = "Q"\n'
    folder = survey(tmp_path, text, [("q", "category", "yes;no", "")], settings)
    (found,) = [c for c in screen(load_cohort(folder)) if not c.passed]
    assert "differ by case alone" in found.message


@pytest.mark.parametrize("column", ["row__", "many__a", "MANY__B"])
def test_a_column_of_the_design_takes_no_column_of_a_question(tmp_path, column):
    options = '[tables.people.options.many]\nseparator = ";"\n'
    settings = f'{options}[tables.people.design]\nstrata = ["{column}"]\n'
    text = columns(f"many,{column}", "a,x", "b,y")
    folder = survey(tmp_path, text, [("many", "category", "a;b", "")], settings)
    (found,) = [check for check in screen(load_cohort(folder)) if check.rule == "readable"]
    assert "two columns have" in found.message
