"""From their codes to the codebook's values: asked or not, ticked or not, missing or zero."""

import datetime as dt

import pytest
from answers import broken, read, write_answers

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.numbers import date_of
from careersurvey.evidence.answers.sheet import Seen
from careersurvey.evidence.answers.table import compile_table
from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import load_cohort


def table(folder):
    return compile_table(load_cohort(folder), "parents")


def test_labels_are_mapped_and_stray_case_and_spaces_are_tidied_and_noted(tmp_path):
    cells = ["Yes, definitely", "yes, definitely ", "Yes,\u00a0definitely", "NO", "Partly"]
    text = "parent_id,helped\n" + "".join(f'{i},"{cell}"\n' for i, cell in enumerate(cells))
    settings = '[tables.parents.codes.helped]\n"Yes, definitely" = "yes"\n'
    folder = write_answers(tmp_path, text, settings)
    assert [row[0] for row in read(folder, "helped")] == ["yes", "yes", "yes", "no", "partly"]
    (note,) = [note for note in table(folder).notes if note.startswith("helped")]
    assert "4 labels tidied" in note
    assert broken(folder) == {}


def test_a_code_that_is_not_in_the_map_is_a_finding_with_rows_and_counts(tmp_path):
    text = "parent_id,helped\n1,yes\n2,Defintely\n3,y\n4,Defintely\n5,\n"
    finding = broken(write_answers(tmp_path, text))["allowed_values"]
    assert finding.message == "3 of 4 answers to helped are not in the codebook."
    assert finding.found == "'Defintely' (2), 'y' (1)"
    assert finding.expected == "yes, partly, no"
    assert finding.rows == (3, 4, 5)
    assert "[tables.parents.codes.helped]" in finding.do


def test_a_map_that_leads_nowhere_is_a_finding(tmp_path):
    settings = '[tables.parents.codes.helped]\n"Y" = "yess"\n'
    found = broken(write_answers(tmp_path, "parent_id,helped\n1,Y\n", settings))
    assert found["codes"].found == "'Y' = 'yess'"


def test_a_blank_is_no_answer_a_declared_code_its_own_and_a_symbol_not_asked(tmp_path):
    text = "parent_id,helped\n1,yes\n2,\n3,Prefer not to say\n4,NA\n5,-9\n6,No answer\n"
    settings = (
        'not_asked = ["NA"]\nno_answer = ["No answer"]\n'
        '[tables.parents.missing]\nhelped = ["Prefer not to say", "-9"]\n'
    )
    folder = write_answers(tmp_path, text, settings)
    answers = ["yes", "no_answer", "refused", None, "refused", "no_answer"]
    assert [row[0] for row in read(folder, "helped")] == answers


def test_a_blank_may_be_declared_never_asked(tmp_path):
    folder = write_answers(tmp_path, "parent_id,helped\n1,yes\n2,\n", 'blank = "not_asked"')
    assert read(folder, "helped") == [("yes",), (None,)]


ROUTED = "parent_id,heard,used,minutes\n1,yes,no,5\n2,yes,,\n3,no,,\n4,,,\n"
ASKED = '[tables.parents.asked]\nused = "heard=yes"\nminutes = "heard=yes & used=yes;no"\n'


def test_a_routed_blank_is_never_asked_and_another_is_no_answer(tmp_path):
    folder = write_answers(tmp_path, ROUTED, ASKED)
    assert read(folder, "used") == [("no",), ("no_answer",), (None,), (None,)]
    assert read(folder, "minutes", "minutes__missing") == [(5.0, None)] + [(None, None)] * 3


def test_an_answer_of_somebody_not_asked_is_a_finding(tmp_path):
    finding = broken(write_answers(tmp_path, ROUTED + "5,no,yes,\n", ASKED))["routing"]
    assert (finding.rows, finding.expected) == ((6,), "answers where heard=yes")


@pytest.mark.parametrize("condition", ["herd=yes", "heard=perhaps", "heard", "minutes=five"])
def test_a_condition_on_what_is_not_there_is_refused(tmp_path, condition):
    settings = f'[tables.parents.asked]\nused = "{condition}"\n'
    with pytest.raises(CohortError):
        table(write_answers(tmp_path, ROUTED, settings))


def test_symbols_in_numbers_are_reasons_and_never_zero(tmp_path):
    text = "parent_id,minutes\n1,0\n2,c\n3,low\n4,\n5,z\n6,7.5\n"
    settings = (
        "[tables.parents.missing]\n"
        'minutes = { c = "suppressed", low = "rounds_to_zero", z = "not_applicable" }\n'
    )
    folder = write_answers(tmp_path, text, settings)
    reasons = [None, "suppressed", "rounds_to_zero", "no_answer", "not_applicable", None]
    numbers = [0.0, None, None, None, None, 7.5]
    assert read(folder, "minutes", "minutes__missing") == list(zip(numbers, reasons, strict=True))
    assert broken(folder) == {}


def test_a_missing_code_that_looks_like_a_number_is_no_number(tmp_path):
    settings = '[tables.parents.missing]\n"*" = ["-9"]\n'
    folder = write_answers(tmp_path, "parent_id,minutes\n1,-9\n2,9\n", settings)
    assert read(folder, "minutes", "minutes__missing") == [(None, "refused"), (9.0, None)]


@pytest.mark.parametrize("cell", ["1_000", "nan", "inf", "1,000", "12 min", "0x10", "£5", "٣"])
def test_what_is_not_a_number_is_a_finding_not_a_guess(tmp_path, cell):
    folder = write_answers(tmp_path, f'parent_id,minutes\n1,3\n2,"{cell}"\n')
    assert broken(folder)["numbers"].rows == (3,)
    assert read(folder, "minutes") == [(3.0,), (None,)]


@pytest.mark.parametrize(
    ("column", "cells", "settings", "read_as"),
    [
        ("minutes", ["About  5", "7"], 'minutes."about 5" = 5.5', [(5.5,), (7.0,)]),
        ("minutes", ["7,5", "kurz"], 'minutes."kurz" = "2.5"', [(7.5,), (2.5,)]),
        ("minutes", ["11", "3"], 'minutes."11" = "10"', [(10.0,), (3.0,)]),
        ("minutes", ["11.0", "3"], 'minutes."11" = 0', [(0.0,), (3.0,)]),
        ("born", ["last week"], 'born."last week" = "2018-07-09"', [(dt.date(2018, 7, 9),)]),
    ],
)
def test_a_code_says_what_a_cell_measures(tmp_path, column, cells, settings, read_as):
    """Witness: the settings, which say it number by number; they have a point for decimals."""
    rows = "".join(f'{n},"{cell}"\n' for n, cell in enumerate(cells, start=1))
    marks = 'decimal = ","\n' * ("7,5" in cells)
    text = f"{marks}[tables.parents.codes]\n{settings}"
    folder = write_answers(tmp_path, f"parent_id,{column}\n{rows}", text)
    assert read(folder, column) == read_as


def test_a_condition_on_a_number_has_a_point_where_the_file_has_a_comma(tmp_path):
    text = 'decimal = ","\n[tables.parents.asked]\nborn = "minutes = 2.5"\n'
    rows = 'parent_id,minutes,born\n1,"2,5",2018-07-09\n2,3,\n'
    folder = write_answers(tmp_path, rows, text)
    assert not broken(folder)
    assert read(folder, "born") == [(dt.date(2018, 7, 9),), (None,)]


def test_codes_of_an_identifier_are_refused_and_never_passed_over(tmp_path):
    text = '[tables.parents.codes]\nparent_id."1" = "one"'
    found = broken(write_answers(tmp_path, "parent_id,minutes\n1,3\n", text))["codes"]
    assert found.message == "parent_id has codes; its type is identifier, read as it stands."


def test_a_number_outside_its_range_is_a_finding(tmp_path):
    found = broken(write_answers(tmp_path, "parent_id,minutes\n1,600\n2,601\n3,-1\n"))
    assert found["ranges"].rows == (3, 4)


@pytest.mark.parametrize(
    ("cell", "settings"),
    [
        ("2018-07-09", ""),
        ("09/07/2018", 'date_format = "%d/%m/%Y"'),
        ("2018-07-09", 'date_format = "%d/%m/%Y"'),
        ("09072018", 'date_format = "%d%m%Y"'),
    ],
)
def test_dates_are_read_as_declared(tmp_path, cell, settings):
    folder = write_answers(tmp_path, f"parent_id,born\n1,{cell}\n", settings)
    assert read(folder, "born") == [(dt.date(2018, 7, 9),)]


def test_two_digits_are_of_no_year_to_come_and_a_digit_left_out_makes_no_day():
    assert date_of("29/02/60", "%d/%m/%y") == dt.date(1960, 2, 29)
    assert date_of("29/02/24", "%d/%m/%y") == dt.date(2024, 2, 29)
    assert date_of("1012024", "%d%m%Y") is None


def test_days_that_are_counted_are_refused(tmp_path):
    found = broken(write_answers(tmp_path, "parent_id,born\n1,43290\n2,43290.5\n"))["dates"]
    assert "give days that are counted the format of a date" in found.do


def test_what_is_not_a_date_is_a_finding(tmp_path):
    text = "parent_id,born\n1,2018-07-09\n2,31/12/2018\n"
    finding = broken(write_answers(tmp_path, text))["dates"]
    assert finding.rows == (3,)
    assert "date_format" in finding.do


BOXES = "parent_id,talk,visit\n1,A talk,\n2,,A visit\n3,A talk,A visit\n4,,\n"
UNSAID = '[tables.parents.options.useful]\nvariables = ["talk", "visit"]\n'
BLOCK = f'{UNSAID}ticked = ["A talk", "A visit"]\n'


def test_a_column_an_option_is_ticked_or_not_as_declared(tmp_path):
    folder = write_answers(tmp_path, BOXES, BLOCK + 'nothing_ticked = "no_answer"\n')
    both = [("yes", "no"), ("no", "yes"), ("yes", "yes"), ("no_answer", "no_answer")]
    assert read(folder, "talk", "visit") == both


def test_words_that_are_no_usual_tick_must_be_declared(tmp_path):
    finding = broken(write_answers(tmp_path, BOXES, UNSAID))["boxes"]
    assert finding.found == "'A visit' (2)"
    assert "set ticked and unticked under [tables.parents.options.useful]" in finding.do


@pytest.mark.parametrize(
    ("boxes", "doubted"),
    [
        (("Yes,N/A", "N/A,N/A"), "'N/A' (2)"),
        (("Phone,-", "Phone,-"), "'-' (2)"),
        (("Phone,No response", "Phone,No response"), "'No response' (2)"),
        (("1,yes", "1,2"), "'2' (1)"),
    ],
)
def test_what_stands_beside_a_tick_or_for_no_answer_is_never_taken_for_one(
    tmp_path, boxes, doubted
):
    text = "parent_id,talk,visit\n" + "".join(f"{n},{row}\n" for n, row in enumerate(boxes))
    finding = broken(write_answers(tmp_path, text, UNSAID))["boxes"]
    assert doubted in finding.found


@pytest.mark.parametrize("word", ["Not chosen", "Not mentioned", "off", "0", "FALSE"])
def test_a_word_for_an_empty_box_is_never_a_tick(tmp_path, word):
    text = f"parent_id,talk,visit\n1,x,{word}\n2,{word},{word}\n"
    folder = write_answers(tmp_path, text, UNSAID)
    assert read(folder, "talk", "visit") == [("yes", "no"), ("no", "no")]


def test_a_question_without_a_tick_must_be_declared(tmp_path):
    finding = broken(write_answers(tmp_path, BOXES, BLOCK))["nothing_ticked"]
    assert finding.rows == (5,)


@pytest.mark.parametrize(
    ("word", "value"), [("no", "no"), ("not_asked", None), ("no_answer", "no_answer")]
)
def test_a_question_without_a_tick_means_what_is_declared(tmp_path, word, value):
    folder = write_answers(tmp_path, BOXES, f'{BLOCK}nothing_ticked = "{word}"\n')
    assert read(folder, "talk", "visit")[-1] == (value, value)


def test_an_unticked_box_is_told_from_an_unasked_one(tmp_path):
    text = "parent_id,talk,visit\n1,1,0\n2,0,0\n3,NA,NA\n"
    settings = 'not_asked = ["NA"]\n' + UNSAID + 'ticked = ["1"]\nunticked = ["0"]\n'
    folder = write_answers(tmp_path, text, settings)
    assert read(folder, "talk", "visit") == [("yes", "no"), ("no", "no"), (None, None)]
    assert broken(folder) == {}


def test_an_unticked_box_of_somebody_not_asked_is_not_asked(tmp_path):
    text = "parent_id,heard,talk,visit\n1,yes,1,0\n2,no,0,0\n3,no,1,0\n"
    settings = (
        f'{UNSAID}ticked = ["1"]\nunticked = ["0"]\n[tables.parents.asked]\nuseful = "heard=yes"\n'
    )
    folder = write_answers(tmp_path, text, settings)
    assert read(folder, "talk", "visit")[:2] == [("yes", "no"), (None, None)]
    assert broken(folder)["routing"].rows == (4,)


def test_a_word_beside_a_tick_must_be_declared(tmp_path):
    text = "parent_id,talk,visit\n1,x,\n2,once,x\n"
    finding = broken(write_answers(tmp_path, text, UNSAID))["boxes"]
    assert "'once' (1)" in finding.found
    free = write_answers(tmp_path / "b", text, UNSAID + 'ticked = "any"\n')
    assert read(free, "talk", "visit") == [("yes", "no"), ("yes", "yes")]


@pytest.mark.parametrize("separator", [";", ", "])
def test_one_cell_with_several_answers_becomes_a_column_a_category(tmp_path, separator):
    cells = ["A talk", separator.join(["A fair, with employers", "A talk"]), "", "Visit"]
    text = "parent_id,valued\n" + "".join(f'{i},"{cell}"\n' for i, cell in enumerate(cells))
    settings = (
        f'[tables.parents.options.valued]\nseparator = "{separator}"\n'
        'nothing_ticked = "no_answer"\n[tables.parents.codes.valued]\n'
        '"A talk" = "talk"\n"A fair, with employers" = "fair"\n'
    )
    folder = write_answers(tmp_path, text, settings)
    assert read(folder, "valued__talk", "valued__visit", "valued__fair") == [
        ("yes", "no", "no"),
        ("yes", "no", "yes"),
        ("no_answer",) * 3,
        ("no", "yes", "no"),
    ]
    assert broken(folder) == {}


@pytest.mark.parametrize("cell", [";", "; ;", " ;\u00a0"])
def test_a_cell_of_marks_alone_has_nothing_ticked_like_a_blank_one(tmp_path, cell):
    settings = '[tables.parents.options.valued]\nseparator = ";"\n'
    text = f"parent_id,valued\n1,talk;;visit;\n2,{cell}\n3,\n"
    folder = write_answers(tmp_path / "a", text, settings)
    assert broken(folder)["nothing_ticked"].rows == (3, 4)
    folder = write_answers(tmp_path / "b", text, f'{settings}nothing_ticked = "no_answer"\n')
    assert read(folder, "valued__talk") == [("yes",), ("no_answer",), ("no_answer",)]


@pytest.mark.parametrize(
    ("settings", "cells", "value"),
    [
        ("missing.valued = ['Keine Angabe']", ["Keine Angabe", "keine angabe "], "keine_angabe"),
        ("no_answer = ['left']", ["left", "LEFT", "Left "], "no_answer"),
        ("not_asked = ['N/A']", ["N/A", "n/a"], None),
        ("codes.valued.skipped = 'no_answer'", ["skipped", "Skipped"], "no_answer"),
    ],
)
def test_a_cell_of_no_answer_is_none_of_several_in_whatever_case(tmp_path, settings, cells, value):
    """By hand: who said none of these has no to each; who gave no answer has none to any."""
    text = "parent_id,valued\n0,talk;visit\n" + "".join(
        f"{n},{c}\n" for n, c in enumerate(cells, 1)
    )
    one = 'options.valued.separator = ";"\noptions.valued.nothing_ticked = "no"\n'
    found = read(
        write_answers(tmp_path, text, f"{one}{settings}\n"), "valued__talk", "valued__fair"
    )
    assert found == [("yes", "no"), *[(value, value)] * len(cells)]


def test_answers_may_stand_between_tabs(tmp_path):
    settings = '[tables.parents.options.valued]\nseparator = "\\t"\nnothing_ticked = "no"\n'
    folder = write_answers(tmp_path, "parent_id,valued\n1,talk\tfair\n2,visit\n", settings)
    columns = ("valued__talk", "valued__visit", "valued__fair")
    assert read(folder, *columns) == [("yes", "no", "yes"), ("no", "yes", "no")]


def test_a_blank_cell_of_several_answers_must_be_declared_as_boxes_without_a_tick(tmp_path):
    """The same answers in one cell and in a column an option, until it is said and after."""
    cell = "parent_id,heard,valued\n1,yes,talk;fair\n2,yes,\n3,yes,fair\n4,no,\n"
    boxes = "parent_id,heard,talk,visit\n1,yes,1,1\n2,yes,,\n3,yes,,1\n4,no,,\n"
    one = '[tables.parents.options.valued]\nseparator = ";"\n'
    several = f'{UNSAID}ticked = ["1"]\n'
    route = '[tables.parents.asked]\n{} = "heard=yes"\n'
    for text, block, name in ((cell, one, "valued"), (boxes, several, "useful")):
        folder = write_answers(tmp_path / name, text, block)
        finding = broken(folder)["nothing_ticked"]
        assert finding.rows == (3, 5)
        assert finding.message.startswith(f"2 rows have nothing ticked of {name}")
        # Who was not asked has no tick to give: only the second row is doubted.
        routed = write_answers(tmp_path / f"{name}-asked", text, block + route.format(name))
        assert broken(routed)["nothing_ticked"].rows == (3,)
        for word in ("no", "no_answer", "not_asked"):
            said = block + f'nothing_ticked = "{word}"\n'
            assert broken(write_answers(tmp_path / f"{name}-{word}", text, said)) == {}


def test_an_answer_that_is_no_option_is_a_finding_unless_it_counts_as_other(tmp_path):
    text = "parent_id,valued\n1,talk;my uncle\n2,talk\n"
    settings = '[tables.parents.options.valued]\nseparator = ";"\n'
    assert broken(write_answers(tmp_path / "a", text, settings))["allowed_values"].rows == (2,)
    folder = write_answers(tmp_path / "b", text, settings + 'other = "fair"\n')
    assert read(folder, "valued__talk", "valued__fair") == [("yes", "yes"), ("yes", "no")]


@pytest.mark.parametrize(
    "key",
    [
        "code,label\nhelped,Has it helped?\n1,Yes\n2,Partly\n9,Refused\n",
        "variable,code,label\nhelped,1,Yes\nhelped,2,Partly\nhelped,9,Refused\n",
        "code;label\nhelped;Has it helped, or not?\n1;Yes\n2;Partly\n9;Refused\n",
        "variable\tcode\tlabel\nhelped\t1\tYes\nhelped\t2\tPartly\nhelped\t9\tRefused\n",
    ],
)
def test_labels_in_a_separate_key_are_laid_beside_their_codes(tmp_path, key):
    folder = write_answers(tmp_path, "parent_id,helped\n1,1\n2,2\n3,9\n4,5\n", 'key = "key.csv"')
    (folder / "key.csv").write_text(key)
    assert [row[0] for row in read(folder, "helped")] == ["yes", "partly", "refused", None]
    assert broken(folder)["allowed_values"].found == "'5' (1)"


def test_rows_that_are_not_wanted_are_set_aside_and_counted(tmp_path):
    text = "parent_id,helped,status\n1,yes,Complete\n2,no,Test\n3,no,complete\n4,no,\n"
    folder = write_answers(tmp_path, text, '[tables.parents.keep]\nstatus = ["Complete"]\n')
    found = table(folder)
    assert (found.rows_read, found.rows_kept) == (4, 1)
    assert found.set_aside == {"status is not Complete": Seen([3, 4, 5], 3)}


def test_what_takes_out_no_row_is_told_with_none(tmp_path):
    text = "parent_id,helped,status\n1,yes,Don't use\n2,no,Test\n3,no,\n4,no,Use\n"
    drop = '[tables.parents.drop]\nstatus = ["Dont use", "Test", ""]\n'
    folder = write_answers(tmp_path, text, drop)
    (told,) = [one.message for one in screen(load_cohort(folder)) if one.rule == "rows"]
    reasons = "0 because status is Dont use, 1 because status is Test, 1 because status is blank"
    assert told == f"4 rows read, 2 kept, 2 set aside: {reasons}."


def test_rows_are_kept_by_whole_numbers_however_they_are_written(tmp_path):
    text = "parent_id,helped,status\n1,yes,1.0\n2,no,1\n3,no,0.0\n"
    folder = write_answers(tmp_path, text, '[tables.parents.keep]\nstatus = ["1"]\n')
    assert read(folder, "parent_id") == [("1",), ("2",)]


@pytest.mark.parametrize(
    ("said", "cell"),
    [
        ("Don't use", "Don’t use"),
        ("Don’t use", "Don't use"),
        ("Non-use", "Non–use"),
        ("Not used", "Not\u00a0used"),
        ("Q & A", "Q &amp; A"),
    ],
)
def test_settings_mean_a_cell_whatever_its_quotes_dashes_and_blanks(tmp_path, said, cell):
    """By hand: of two rows one is as it is said; a value of the codebook is no answer if said."""
    text = f"parent_id,status,seen\n1,x,{cell}\n2,{cell},x\n"
    for rule, kept in (("keep", "2"), ("drop", "1")):
        folder = write_answers(
            tmp_path / rule, text, f'[tables.parents.{rule}]\nstatus = ["{said}"]'
        )
        assert read(folder, "parent_id") == [(kept,)]
    for name, setting in (("missing", f'["{said}"]'), ("codes", f'{{ "{said}" = "no_answer" }}')):
        folder = write_answers(tmp_path / name, text, f"{name}.seen = {setting}")
        with (folder / "codebook.csv").open("a", encoding="utf-8") as codebook:
            codebook.write(f"seen,parents,,category,x;{cell},refused,parent\n")
        value = {"missing": "refused", "codes": "no_answer"}[name]
        assert read(folder, "seen") == [(value,), ("x",)]


@pytest.mark.parametrize("cell", ["   ", "\u00a0", "\u200b", " \t ", "&nbsp;", "&amp;nbsp;"])
def test_a_cell_of_spaces_is_a_blank(tmp_path, cell):
    text = f"parent_id,helped,minutes,remark\n1,{cell},{cell},{cell}\n2,yes,5,x\n"
    folder = write_answers(tmp_path, text)
    assert read(folder, "helped", "minutes") == [("no_answer", None), ("yes", 5.0)]
    assert broken(folder) == {}


def test_codes_that_a_tool_wrote_as_decimals_are_the_codes(tmp_path):
    settings = (
        '[tables.parents.codes.helped]\n"1" = "yes"\n"2" = "no"\n'
        '[tables.parents.missing]\n"*" = ["-9"]\n'
    )
    text = "parent_id,helped,minutes\n1,1.0,-9.0\n2,2.0,30\n3,-9.0,\n"
    folder = write_answers(tmp_path, text, settings)
    assert [row[0] for row in read(folder, "helped")] == ["yes", "no", "refused"]
    assert read(folder, "minutes") == [(None,), (30.0,), (None,)]
    assert any("read as whole numbers" in note for note in table(folder).notes)


@pytest.mark.parametrize(
    "written", ["Cafe\u0301 1", "Café\u200b 1", "Café\u00a0 1", "Caf&eacute; 1"]
)
def test_an_identifier_is_one_however_its_letters_are_written(tmp_path, written):
    folder = write_answers(tmp_path, f"parent_id,helped\nCafé 1,yes\n{written},no\n")
    assert read(folder, "parent_id") == [("Café 1",), ("Café 1",)]
    assert broken(folder)["unique_key"].rows == (2, 3)


def test_a_stratum_is_one_however_its_letters_are_written(tmp_path):
    text = "parent_id,helped,area\n1,yes,Café\n2,no,Cafe\u0301\n3,yes,B\n4,no,B\n"
    folder = write_answers(tmp_path, text, '[tables.parents.design]\nstrata = ["area"]\n')
    assert [area for (area,) in read(folder, "area")] == ["Café", "Café", "B", "B"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('missing.helped = ["Dont know"]', "missing.helped says of it: 'Dont know'"),
        ('missing.helped = ["DON’T KNOW"]', ""),
        ('codes.helped."Yess" = "yes"', "codes.helped says of it: 'Yess'"),
        ('codes.helped."YES " = "yes"', ""),
        ('no_answer = ["n/k", "Nothing"]', "no_answer says of it: 'n/k'"),
        ('missing."*" = ["-9", "98"]', "missing.* says of it: '98'"),
        ('missing.minutes = { -9 = "refused", -8 = "lost" }', "missing.minutes says of it: '-8'"),
        (
            'codes.minutes."about 5" = 5\ncodes.minutes."ten" = 10',
            "codes.minutes says of it: 'ten'",
        ),
        (
            'options.valued.separator = ";"\ncodes.valued = { "a fair" = "fair", fare = "fair" }',
            "codes.valued says of it: 'fare'",
        ),
    ],
)
def test_what_settings_say_of_no_cell_is_told_since_it_may_be_a_slip(tmp_path, settings, told):
    """Of each part of the settings the texts that stand in no cell, by hand."""
    minutes = "about 5" if "about 5" in settings else "6"
    rows = f"yes,-9,talk;a fair,nothing\nDon't know,5,talk,\nno,{minutes},,\n"
    rows = f"helped,minutes,valued,remark\n{rows}"
    table = compile_table(load_cohort(write_answers(tmp_path, rows, settings)), "parents")
    notes = [note for note in table.notes if note.startswith("No cell is what ")]
    assert notes == [f"No cell is what {told}."] * bool(told)
