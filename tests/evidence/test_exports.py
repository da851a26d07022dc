"""Exports as tools really write them: what `new` proposes of each, and what it leaves to decide.

Every export is ten or twenty rows of a pattern that can be counted by eye; the shares expected here
are those counts.
"""

import datetime as dt
import json
from collections import Counter

import openpyxl
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest
from exports import amiss, decided, doubts, shares, taken_whole, write
from pyarrow import parquet

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.table import compile_table
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.scaffold.folder import new_cohort
from careersurvey.inference.estimates import estimate

NOTHING = 'nothing_ticked = "no_answer"'


def columns(**cells):
    """A table of columns that go on in their pattern for twenty rows."""
    rows = [[str(i), *(pattern[i % len(pattern)] for pattern in cells.values())] for i in range(20)]
    return [["id", *cells], *rows]


def under(names, *patterns, rows=20):
    """The same under a header of one row or more."""
    head = names if isinstance(names[0], list) else [names]
    return [*head, *([p[i % len(p)] for p in patterns] for i in range(rows))]


def ids(start=1):
    return [str(n) for n in range(start, start + 20)]


EXPORTS = {
    "refusals in other languages": (
        columns(
            Zufrieden=["ja", "ja", "nein", "k. A."], Content=["oui", "non", "Sans réponse", "oui"]
        ),
        ['missing."*" = ["k. A.", "Sans réponse"]'],
        {"zufrieden": [2 / 3, 1 / 3], "content": [2 / 3, 1 / 3]},
    ),
    "marks in boxes without a question": (
        columns(Bus=["✓", "✓", "", ""], Walk=["✓", "", "✓", ""], Owner=["✓", "✗"]),
        ["options.bus_walk.variables", "options.bus_walk.ticked", NOTHING],
        {"bus_walk": [2 / 3, 2 / 3], "owner": [1 / 2, 1 / 2]},
    ),
    "signs that are answers": (
        columns(Test=["+", "-", "-", "-"], Stars=["★", "★★"], Done=["✓", "✗", "✗", "✗"]),
        [],
        {"test": [1 / 4, 3 / 4], "stars": [1 / 2, 1 / 2], "done": [1 / 4, 3 / 4]},
    ),
    "questions that most people left": (
        columns(
            Used=["Yes", "Yes", "No", *[""] * 7],
            Rated=["Good", "Bad", "Bad", "Bad", *[""] * 6],
            Steps=["1", "2", "2", "", ""],
        ),
        [],
        {"used": [2 / 3, 1 / 3], "rated": [3 / 4, 1 / 4], "steps": [1 / 3, 2 / 3]},
    ),
    "refusals in a person's own words": (
        columns(
            Faith=["Yes", "Yes", "No", "I'd prefer not to say."],
            Pay=["High", "Low", "Don't want to answer", "Rather not answer"],
            Diet=["I prefer not to eat meat", "I eat meat"],
        ),
        ['missing."*"'],
        {"faith": [2 / 3, 1 / 3], "pay": [1 / 2, 1 / 2], "diet": [1 / 2, 1 / 2]},
    ),
    "no answer as Stata and Survey Solutions write it": (
        columns(
            Heard=["1", "2", "2", ".a"],
            Sat=["1", "1", "2", "-999999999"],
            Kind=["old", "new", "##N/A##", "new"],
        ),
        ['no_answer = [".a"]', 'not_asked = ["##N/A##"]', 'missing.sat = ["-999999999"]'],
        {"heard": [1 / 3, 2 / 3], "sat": [2 / 3, 1 / 3], "kind": [2 / 3, 1 / 3]},
    ),
    "codes with blanks between, in one cell": (
        columns(Uses=["1 2", "2", "1 3", "3", "1 2 3"], Time=["9 30", "10 15"]),
        ['options.uses.separator = " "'],
        {"uses": [3 / 5, 3 / 5, 3 / 5], "time": [1 / 2, 1 / 2]},
    ),
    "several answers that differ in case": (
        columns(Uses=["TV; web", "Web", "tv", "TV;Web", "TV ;Web"]),
        [],
        {"uses": [4 / 5, 4 / 5]},
    ),
    "several answers as JSON, Python and numpy write them": (
        columns(
            Uses=['["TV, live", "Web"]', '["Web"]', '["TV, live", "Fax"]', "[]"],
            Eats=["['Fish', 'Meat']", "['Meat']"],
            Codes=["[3, 1]", "[1]"],
            Sees=["['Kin' 'Work']", "['Kin']"],
            Has=['["Job", null]', '["Job", "Car"]'],
        ),
        [NOTHING],
        {
            "uses": [2 / 3, 2 / 3, 1 / 3],
            "eats": [1, 1 / 2],
            "codes": [1, 1 / 2],
            "sees": [1, 1 / 2],
            "has": [1, 1 / 2],
        },
    ),
    "what a web form leaves of marks": (
        columns(
            Meal=["Fish &amp; chips;Pie", "Pie", "Fish & chips;Pie"],
            Sure=["Don&#39;t know", "Yes", "Don't know", "Yes"],
            Said=["&nbsp;", "Yes", "No", "Yes"],
            Work=["R&D;", "Law", "R&D;", "Law"],
        ),
        [],
        {
            "meal": [1, 13 / 20],
            "sure": [1 / 2, 1 / 2],
            "said": [2 / 3, 1 / 3],
            "work": [1 / 2, 1 / 2],
        },
    ),
    "money that is owed": (
        columns(Balance=[f"{'-' * (n % 2)}£{n}.50" for n in range(20)]),
        ['signs = ["£"]'],
        {"balance": [-0.5]},
    ),
    "names of choices in a form": (
        columns(q=["yes", "no", "no_answer", "prefer_not_to_say"], r=["old", "not_applicable"]),
        ['no_answer = ["no_answer"]', 'not_asked = ["not_applicable"]', 'missing."*"'],
        {"q": [1 / 2, 1 / 2], "r": [1]},
    ),
    "Alchemer: boxes before their question, and what people wrote": (
        columns(
            **{
                "TV:Which?": ["TV", ""],
                "Web:Which?": ["", "Web", "", "", ""],
                "Other - Write In:Which?": ["", "", "", "a radio"],
            }
        ),
        ["options.which.variables", "options.which.ticked", "options.which.other", NOTHING],
        # Row n of 20: TV where n is even, Web where it ends in 1 or 6, a radio at 3, 7, 11, 15, 19.
        {"which": [10 / 16, 4 / 16, 5 / 16]},
    ),
    "the header again, where exports were joined": (
        [
            ["Code", "Heard?", "Age"],
            *([f"a{n}", ["Yes", "No"][n % 2], f"{20 + n}"] for n in range(10)),
            ["\ufeffCode", "Heard?", "Age"],
            *([f"b{n}", ["Yes", "No"][n % 2], f"{30 + n}"] for n in range(10)),
        ],
        ['drop.Code = ["Code"]'],
        {"heard": [1 / 2, 1 / 2], "age": [29.5]},
    ),
    "one answer in several spellings": (
        columns(Heard=["Yes", "yes ", "YES", "No"], Sum=["a=b", "c & d", "c & d", "c & d"]),
        [],
        {"heard": [3 / 4, 1 / 4], "sum": [3 / 4, 1 / 4]},
    ),
    "one box alone": (
        columns(Member=["x", "", "", "", ""], Colour=["Red", "Blue"]),
        ["options.member.variables", "options.member.ticked", "options.member.nothing_ticked"],
        {"member": [1 / 5], "colour": [1 / 2, 1 / 2]},
    ),
    "boxes that say their heading": (
        columns(**{"Bus:How do you travel?": ["Bus", ""], "Rail:How do you travel?": ["Rail"]}),
        ["options.travel.variables", "options.travel.ticked"],
        {"travel": [1 / 2, 1]},
    ),
    "Qualtrics: previews, unfinished answers, a matrix, a score": (
        under(
            [
                ["Status", "Finished", "ResponseId", "Q1_1", "Q1_2", "Q2"],
                [
                    "Response Type",
                    "Finished",
                    "Response ID",
                    "Good? - Food",
                    "Good? - Bed",
                    "Score",
                ],
                [f'{{"ImportId":"{n}"}}' for n in "abcdef"],
            ],
            ["IP Address"] * 4 + ["Survey Preview"],
            ["True"] * 3 + ["False", "True"],
            [f"R_{n}x" for n in range(20)],
            ["Good", "Poor", "Poor", "Good", "Good"],
            ["Fair", "Fair", "Good", "Good", "Good"],
            ["9", "10", "0", "0", "0"],
        ),
        ['keep.Status = ["IP Address"]', 'keep.Finished = ["True"]'],
        {"q1_1": [2 / 3, 1 / 3], "q1_2": [2 / 3, 1 / 3], "q2": [1 / 3, 1 / 3, 1 / 3]},
    ),
    "SurveyMonkey: what people wrote under Other is its tick": (
        under(
            [
                ["Respondent ID", "How do you travel?", "", "", "Age"],
                ["", "Bus", "Train", "Other (please specify)", "Response"],
            ],
            ids(118000000),
            ["Bus", "", "Bus", ""],
            ["", "Train", "Train", ""],
            ["", "", "", "boat"],
            ["18-24", "25-34"],
        ),
        [],
        {"travel": [1 / 2, 1 / 2, 1 / 4], "age": [1 / 2, 1 / 2]},
    ),
    "SurveyMonkey: who wrote under Other gave no answer of the list": (
        under(
            [
                ["Respondent ID", "How do you travel?", "", "Age"],
                ["", "Response", "Other (please specify)", "Response"],
            ],
            ids(118000000),
            ["Bus", "Bus", "", "Train", ""],
            ["", "", "a boat", "", ""],
            ["18-24", "25-34"],
        ),
        [],
        {"travel": [8 / 16, 4 / 16, 4 / 16], "age": [1 / 2, 1 / 2]},
    ),
    "Qualtrics: the same beside its code": (
        under(
            [
                ["ResponseId", "Q3", "Q3_5_TEXT"],
                ["Response ID", "How do you travel?", "How do you travel? - Other - Text"],
                [f'{{"ImportId":"{n}"}}' for n in "abc"],
            ],
            [f"R_{n}x" for n in range(20)],
            ["1", "2", "", "1", "3"],
            ["", "", "a boat", "", ""],
        ),
        [],
        {"q3": [8 / 20, 4 / 20, 4 / 20, 4 / 20]},
    ),
    "Other in the list, and beside it what is meant": (
        columns(**{"Way?": ["Bus", "Other", "Train", "Bus"], "Way? Other": ["", "a boat", "", ""]}),
        [],
        {"way": [1 / 2, 1 / 4, 1 / 4]},
    ),
    "LimeSurvey: full answers, N/A, unfinished ones": (
        under(
            [
                "Response ID",
                "Date submitted",
                "Last page",
                "Which? [Bus]",
                "Which? [Other]",
                "Dear?",
            ],
            ids(),
            ["2026-03-01 09:00:00"] * 4 + [""],
            ["3"],
            ["Yes", "No", "No", "Yes", "Yes"],
            ["", "boat", "", "", ""],
            ["Yes", "No", "N/A", "N/A", "Yes"],
        ),
        ['drop."Date submitted" = [""]', 'not_asked = ["N/A"]'],
        {"which": [1 / 2, 1 / 4], "dear": [1 / 2, 1 / 2]},
    ),
    "LimeSurvey: codes and wordings": (
        under(
            [
                *["id. Response ID", "lastpage. Last page", "Q2[SQ001]. Which? [Bus]"],
                "Q2[SQ002]. Which? [Train]",
            ],
            ids(),
            ["2"],
            ["Yes", "No", "No", "No"],
            ["No", "Yes"],
        ),
        [],
        {"which": [1 / 4, 1 / 2]},
    ),
    "KoboToolbox: one column, blanks between the answers": (
        under(
            ["farm", "water", "_uuid"], ["yes", "no"], ["well", "well tap", "tap", "river"], ids()
        ),
        ['options.water.separator = " "'],
        {"water": [1 / 2, 1 / 2, 1 / 4], "farm": [1 / 2, 1 / 2]},
    ),
    "KoboToolbox: separate columns alone": (
        under(["water/well", "water/tap", "_uuid"], ["1", "0"], ["0", "0", "1", "0"], ids()),
        ["options.water.variables", "options.water.ticked", "options.water.unticked"],
        {"water": [1 / 2, 1 / 4]},
    ),
    "KoboToolbox: labels, one of which has a stroke": (
        under(
            ["Which?", "Which?/Bus/tram", "Which?/Rail", "_uuid"],
            ["Bus/tram", "Rail", "Bus/tram Rail", ""],
            ["1", "0", "1", ""],
            ["0", "1", "1", ""],
            [f"u-{n}-a" for n in range(20)],
        ),
        [NOTHING],
        {"which": [2 / 3, 2 / 3]},
    ),
    "ODK Central: groups, and boxes beside the joined column": (
        under(
            ["SubmissionDate", "hh-water", "hh-water/well", "hh-water/tap", "KEY", "SubmitterID"],
            ["2026-03-01T09:00:00Z"],
            ["well", "tap well", "", "tap"],
            ["1", "1", "0", "0"],
            ["0", "1", "0", "1"],
            [f"uuid:{n}" for n in range(20)],
            ["7"],
        ),
        [],
        {"hh_water": [1 / 2, 1 / 2]},
    ),
    "SurveyCTO: nobody looked at the boxes of five": (
        under(
            ["SubmissionDate", "uses", "uses_1", "uses_2", "KEY"],
            ["Mar 1, 2026"],
            ["1", "2", "1 2", ""],
            ["1", "0", "1", ""],
            ["0", "1", "1", ""],
            [f"uuid:{n}" for n in range(20)],
        ),
        [NOTHING],
        {"uses": [2 / 3, 2 / 3]},
    ),
    "REDCap: events, codes below nought, an ampersand": (
        under(
            ["record_id", "redcap_event_name", "care___1", "care____9", "sex"],
            ids(),
            ["base"] * 3 + ["later"],
            ["1", "0", "0", "1"],
            ["0", "0", "1", "1"],
            ["M & F", "F", "F", "F"],
        ),
        ['keep.redcap_event_name = ["base"]'],
        {"care": [1 / 3, 1 / 3], "sex": [2 / 3, 1 / 3]},
    ),
    "an option within another": (
        columns(Which=["Sport", "Sport, outdoor", "Sport, Music", "Music, Sport, outdoor"]),
        ['codes.which."Sport, outdoor" = "Sport, outdoor"'],
        {"which": [1 / 2, 1 / 2, 1 / 2]},
    ),
    "an option of three parts": (
        columns(Which=["Visits, fairs, and talks", "Web", "Web, Visits, fairs, and talks", "Web"]),
        ['codes.which."Visits, fairs, and talks" = "Visits, fairs, and talks"'],
        {"which": [3 / 4, 1 / 2]},
    ),
    "options in small letters": (
        columns(Which=["bus", "bus, train", "train, walk", "walk"]),
        ['options.which.separator = ", "'],
        {"which": [1 / 2, 1 / 2, 1 / 2]},
    ),
    "a semicolon in an option": (
        columns(Which=["Art; craft;Music;", "Music;", "Art; craft;", "Dance;"]),
        ['codes.which."Art; craft" = "Art, craft"'],
        {"which": [1 / 2, 1 / 2, 1 / 4]},
    ),
    "a comma in answers of which one was given": (
        columns(
            Plan=["Yes", "No", "No, but planning one", "No"], Often=["Yes, often", "No, never"]
        ),
        [],
        {"plan": [1 / 4, 1 / 2, 1 / 4], "often": [1 / 2, 1 / 2]},
    ),
    "a ranking in one cell is no select-all": (
        columns(Rank=["Red;Blue;Green;", "Blue;Red;Green;"], Sex=["F", "M"]),
        [],
        {"sex": [1 / 2, 1 / 2]},
    ),
    "words and codes for no answer": (
        columns(
            score=["1", "2", "3", "9", "9"],
            sex=["F", "M", "Prefer not to say", "F"],
            area=["N", "S", ".", "Missing"],
        ),
        [
            'no_answer = [".", "Missing"]',
            'missing."*" = ["Prefer not to say"]',
            'missing.score = ["9"]',
        ],
        {"score": [1 / 3, 1 / 3, 1 / 3], "sex": [2 / 3, 1 / 3], "area": [1 / 2, 1 / 2]},
    ),
    "errors of a spreadsheet among numbers": (
        columns(income=[*map(str, range(101, 120)), "#DIV/0!"]),
        ['not_asked = ["#DIV/0!"]'],
        {"income": [110]},
    ),
    "blanks for thousands": (
        columns(income=[f"{n} 500" for n in range(10, 30)]),
        ['thousands = " "'],
        {"income": [20000]},
    ),
    "apostrophes for thousands": (
        columns(income=[f"{n}'500.50" for n in range(10, 30)]),
        ['thousands = "\'"'],
        {"income": [20000.5]},
    ),
    "a unit in the name of a column": (
        columns(stay=[*(f"{n} hours" for n in range(2, 21)), "1 hour"], weight_kg=["60", "70.5"]),
        [],
        {"weight_kg": [(60 + 70.5) / 2]},
    ),
    "an answer a line": (
        columns(Which=["Bus\nOn foot", "Bus", "On foot"]),
        [],
        {"which": [14 / 20, 13 / 20]},
    ),
    "what people wrote behind the options": (
        columns(Which=["Bus, Rail", "Bus", "Rail", "Rail, by " + "x" * 4, "Bus, Rail"]),
        ["options.which.separator", 'codes.which."Rail, by xxxx" = "Rail, by xxxx"'],
        {"which": [12 / 20, 12 / 20, 4 / 20]},
    ),
    "two questions of one wording": (
        under(
            [["Respondent ID", "Which?", "", "Which?", ""], ["", "A", "B", "A", "B"]],
            ids(118000000),
            ["A", "A", "", "A"],
            ["B", "", "B", ""],
            ["A", "A"],
            ["B", ""],
        ),
        [],
        {"which": [3 / 4, 1 / 2], "which_2": [1, 1 / 2]},
    ),
    "headings that come again": (
        under(["id", "Q8", "Q8"], ids(), ["a", "b"], ["c", "c", "c", "d"]),
        [],
        {"q8": [1 / 2, 1 / 2], "q8_2": [3 / 4, 1 / 4]},
    ),
    "names above wordings": (
        under(
            [["id", "q1", "q2"], ["The respondent", "How satisfied are you?", "How many visits?"]],
            ids(),
            ["Good", "Poor", "Poor", "Poor"],
            [str(n) for n in range(20)],
        ),
        [],
        {"q1": [3 / 4, 1 / 4], "q2": [9.5]},
    ),
    "any script": (
        columns(日本語=["はい", "いいえ", "いいえ", "いいえ"], عربي=["نعم", "لا"]),
        [],
        {"column_2": [3 / 4, 1 / 4], "column_3": [1 / 2, 1 / 2]},
    ),
    "ticks in another language": (
        under(
            [["id", "Quoi?", "", ""], ["", "Bus", "Train", "Vélo"]],
            ids(),
            ["Oui", "", "", ""],
            ["", "Oui"],
            ["", "", "Oui", ""],
        ),
        ["options.quoi.variables", "options.quoi.ticked"],
        {"quoi": [1 / 4, 1 / 2, 1 / 4]},
    ),
    "boxes that hold their own numbers": (
        columns(Q5_1=["1", "", "", ""], Q5_2=["", "2", "2", ""], Q5_3=["", "", "", "3"]),
        ["options.q5.variables", "options.q5.ticked"],
        {"q5": [1 / 4, 1 / 2, 1 / 4]},
    ),
    "one answer beside blanks, which may be a box": (
        columns(Agreed=["Yes", "Yes", "Yes", ""], Sex=["F", "M"]),
        ['sure = ["agreed"]'],
        {"agreed": [1], "sex": [1 / 2, 1 / 2]},
    ),
    "subtotals among the rows": (
        [
            ["Region", "School", "Pupils"],
            *(["NS"[n % 2], f"S{n}", str(100 + n)] for n in range(20)),
            ["N total", "", "1090"],
            ["S total", "", "1100"],
        ],
        ['drop.Region = ["S total", "N total"]'],
        {"region": [1 / 2, 1 / 2], "pupils": [109.5]},
    ),
    "a table of results below a blank row": (
        [*columns(q=["Yes", "No"]), ["", ""], ["Answer", "n"], ["Yes", "10"], ["No", "10"]],
        ['drop.id = ["No", "Yes", "Answer"]'],
        {"q": [1 / 2, 1 / 2]},
    ),
    "counts and means below, with a name and without": (
        [
            ["School", "Pupils", "Kind"],
            *([f"School {'ABCDEFGHIJ'[n]}", str(n * n + 3), "AB"[n % 2]] for n in range(10)),
            ["n", "10", "10"],
            ["", "31.5", ""],
        ],
        ['drop.Pupils = ["31.5"]', 'drop.School = ["n"]'],
        {"pupils": [31.5], "kind": [1 / 2, 1 / 2]},
    ),
    "respondents who answered twice": (
        under(["respondent_id", "q"], [str(n // 2) for n in range(20)], ["a", "b"]),
        ['unique = "respondent_id"'],
        None,
    ),
    "a row a question": (
        under(["respondent", "answer"], [str(n // 4) for n in range(24)], ["a", "b"], rows=24),
        ['unique = "respondent"'],
        None,
    ),
    "what was paid is no id": (
        columns(paid=[str(100 + n * n) for n in range(20)], valid=["1", "2"]),
        [],
        {"paid": [223.5], "valid": [1 / 2, 1 / 2]},
    ),
    "an option of two parts without a blank": (
        columns(Which=["Art;craft", "Art;craft;Music", "Music", "Dance"]),
        ['codes.which."Art; craft" = "Art, craft"'],
        {"which": [1 / 2, 1 / 2, 1 / 4]},
    ),
    "few different numbers with marks for thousands": (
        columns(Salary=["950", "1,200", "875", "1,050"], Fee=["£1,250.00", "£980.00"]),
        ['thousands = ","', 'signs = ["£"]'],
        {"salary": [1018.75], "fee": [1115]},
    ),
    "one code or answer in two spellings": (
        columns(Sat=["1.0", "1", "2.0", "2"], Age=["18-24", "18–24", "25-34", "25-34"]),
        ['sure = ["age"]'],
        {"sat": [1 / 2, 1 / 2], "age": [1 / 2, 1 / 2]},
    ),
    "a sign beside some numbers alone": (
        columns(Share=[f"{n}%" if n < 20 else f"0.{n}" for n in range(10, 30)]),
        ['signs = ["%"]', 'sure = ["share"]'],
        {"share": [(145 + 2.45) / 20]},
    ),
    "a stroke between two answers, as it may stand within one": (
        columns(Which=["Bus/Rail", "Bus", "Rail", "Walk/Bus"]),
        ['options.which.separator = "/"'],
        {"which": [3 / 4, 1 / 2, 1 / 4]},
    ),
    "codes with blanks between them": (
        columns(Which=["1 2", "1", "2", "3 1"]),
        ['options.which.separator = " "'],
        {"which": [3 / 4, 1 / 2, 1 / 4]},
    ),
    "SmartSurvey: the question again over each option": (
        under(
            [["UserID", "Which?", "Which?"], ["", "Bus", "Rail"]],
            ids(1000),
            ["Bus", "Bus", "Bus", ""],
            ["", "Rail"],
        ),
        [],
        {"which": [3 / 4, 1 / 2]},
    ),
    "SoSci Survey: labels below the names": (
        under(
            [["CASE", "A101", "A103"], ["Interview-Nummer", "Geschlecht", "Alter"]],
            ids(),
            ["1", "2"],
            [str(20 + n) for n in range(20)],
        ),
        [],
        {"a101": [1 / 2, 1 / 2], "a103": [29.5]},
    ),
    "LimeSurvey: a comment beside each box": (
        under(
            ["id", "lastpage", "Q1[A]", "Q1[Acomment]", "Q1[B]", "Q1[Bcomment]"],
            ids(),
            ["3"],
            ["Y", "Y", "Y", ""],
            ["good " + "very " * n for n in range(20)],
            ["", "Y"],
            [""],
        ),
        [],
        {"q1": [3 / 4, 1 / 2]},
    ),
    "a weight by another name": (
        columns(Gewicht=["1.5", "0.5"], q=["a", "b"]),
        ['design.weight = "Gewicht"'],
        {"q": [3 / 4, 1 / 4]},
    ),
    "a weight in two words": (
        columns(**{"Survey weight": ["1.5", "0.5"]}, q=["a", "b"]),
        ['design.weight = "Survey weight"'],
        {"q": [3 / 4, 1 / 4]},
    ),
    "what people weigh": (
        columns(
            **{
                "Wie hoch ist Ihr Gewicht (kg)?": [f"{n}.5" for n in range(60, 80)],
                "Poids kg": ["60.5", "70"],
            }
        ),
        [],
        {"wie_hoch_ist": [70.0], "poids_kg": [65.25]},
    ),
    "a weight in French, with commas": (
        columns(**{"Coefficient de redressement": ["1,50", "0,50"]}, q=["Oui", "Non concerné"]),
        ['design.weight = "Coefficient de redressement"', "decimal", "not_asked"],
        {"q": [1]},
    ),
    "people who broke off, of no tool that is known": (
        columns(Status=["Complete", "Complete", "Partial", "Screened out"], q=["a", "b", "b", ""]),
        ['keep.Status = ["Complete"]'],
        {"q": [1 / 2, 1 / 2]},
    ),
    "a status that is an answer": (
        columns(Status=["Complete", "Planned", "In progress"], q=["a", "b"]),
        [],
        {"status": [7 / 20, 7 / 20, 6 / 20], "q": [1 / 2, 1 / 2]},
    ),
    "rows that stand for several people": (
        [["Answer", "Count"], ["Yes", "12"], ["No", "30"], ["Yes", "20"], ["No", "10"]],
        ['design.weight = "Count"'],
        {"answer": [32 / 72, 40 / 72], "count": [(144 + 900 + 400 + 100) / 72]},
    ),
    "a last respondent like no other": (
        [*columns(Name=["Ann", "Bob"], q=["Yes"], r=["Yes"]), ["20", "Max", "Yes", "No"]],
        [],
        {"name": [10 / 21, 10 / 21, 1 / 21], "q": [1], "r": [20 / 21, 1 / 21]},
    ),
    "answers that SharePoint joins": (
        columns(
            Went=["Talks;#Visits (a; b)", "Talks", "Visits (a; b);#Web", "Web"],
            Met=[";#Talks;#Web;#", ";#Web;#", ";#Talks, long;#", ";#Talks;#"],
            Wrote=["C;C#", "C#", "C;F#", "F#"],
        ),
        [],
        {"went": [1 / 2] * 3, "met": [1 / 2, 1 / 2, 1 / 4], "wrote": [1 / 2] * 3},
    ),
    "answers that a web page parts by lines": (
        columns(
            Used=["Bus<br>Tram", "Tram", "Bus<br>Walk", "Walk"],
            Seen=["TV<br />Web", "Web", "TV", "TV"],
        ),
        [],
        {"used": [1 / 2] * 3, "seen": [3 / 4, 1 / 2]},
    ),
    "two columns under a title of one cell": (
        [
            ["Staff survey 2026"],
            ["Answer", "Site"],
            *([a, b] for a in ("Yes", "No") for b in "AABBA"),
        ],
        [],
        {"staff_survey_answer": [1 / 2, 1 / 2], "staff_survey_site": [3 / 5, 2 / 5]},
    ),
    "rows that were entered twice": (
        under(["Respondent ID", "x"], [*ids(1000000)[:19], "1000000"], ["a", "b"]),
        ['unique = "respondent_id"'],
        None,
    ),
    "a total without a name, and a note": (
        [
            *under(["School", "Pupils", "Kind"], [f"School {n}" for n in range(20)])[:1],
            *([f"School {'ABCDEFGHIJ'[n]}", str(100 + n), "AB"[n % 2]] for n in range(10)),
            ["", "1045", ""],
            ["Source: the schools", "", ""],
        ],
        ['drop.Pupils = ["1045"]', 'drop.School = ["Source: the schools"]'],
        {"pupils": [104.5], "kind": [1 / 2, 1 / 2]},
    ),
    "what may be one answer, or several": (
        columns(
            Own=["Y", "Yes", "N", "No", "-9"],
            Year=["7", "Year 7", "8", "Over 8"],
            Told=["NA", "No answer", "a", "b"],
            Grade=["A*", "A", "NE", "N"],
            Good=["1", "2", "Very", "Very"],
            Play=["Band", "Choir", "Band and Choir", "Sand pit"],
            Born=["20010131", "20000229"],
            Queue=["5", "10", "about 10", "15"],
        ),
        [
            'missing.own = ["-9"]',
            *('options.play.separator = " and "', 'sure = ["own", "year", "good", "queue"]'),
            *('not_asked = ["NA"]', 'no_answer = ["No answer"]'),
        ],
        {
            "own": [1 / 4] * 4,
            "year": [1 / 4] * 4,
            "grade": [1 / 4] * 4,
            "good": [1 / 4, 1 / 4, 1 / 2],
            "play": [1 / 2, 1 / 2, 1 / 4],
            "told": [1 / 2, 1 / 2],
            "queue": [1 / 4] * 4,
        },
    ),
    "a matrix of yes and no in which people left rows": (
        [
            ["id", "Has your school offered:", "", "", "Rated"],
            ["", "Fair", "Talk", "Visit", "Response"],
            *(
                [
                    str(n),
                    ["Yes", "No", "Yes", ""][n % 4],
                    ["Yes", "", "", "No"][n % 4],
                    ["No", "Yes", "", ""][n % 4],
                    ["Good", "Bad"][n % 2],
                ]
                for n in range(20)
            ),
        ],
        [],
        {
            "school_offered_fair": [2 / 3, 1 / 3],
            "school_offered_talk": [1 / 2, 1 / 2],
            "school_offered_visit": [1 / 2, 1 / 2],
            "rated": [1 / 2, 1 / 2],
        },
    ),
    "a column without a name, filled in by the first respondent": (
        [
            ["id", "Used", ""],
            *([f"p{n}", ["Yes", "No"][n % 2], ["late", "ok"][n % 2]] for n in range(20)),
        ],
        [],
        {"used": [1 / 2, 1 / 2], "column_c": [1 / 2, 1 / 2]},
    ),
    "a box for none with a code of its own below 0": (
        [
            ["ResponseId", "Q7_1", "Q7_-99"],
            ["Response ID", "Media - Web", "Media - None"],
            ['{"ImportId":"_recordId"}', '{"ImportId":"QID7"}', '{"ImportId":"QID7_99"}'],
            *([f"R_{n:03}a", "1" * (n % 4 < 2), "1" * (n % 4 == 2)] for n in range(20)),
        ],
        ["options.media.variables", "options.media.ticked", NOTHING],
        {"media": [2 / 3, 1 / 3]},
    ),
    "a 9 beside a scale of seven": (
        columns(Agree=["1", "2", "3", "4", "5", "6", "7", "9"]),
        ['missing.agree = ["9"]'],
        {"agree": [3 / 18] * 4 + [2 / 18] * 3},
    ),
    "bands that a spreadsheet took for dates, and months that are months": (
        columns(
            Age=["10-Oct", "11-14", "15-17", "2018-10-10"],
            Staff=["01-May", "Oct-15", "over 15", "over 15"],
            Left=["Sep-23", "Apr-24"],
            Month=["September", "April", "January", "April"],
        ),
        ['sure = ["age", "staff"]'],
        {
            "age": [1 / 4] * 4,
            "staff": [1 / 4, 1 / 4, 1 / 2],
            "left": [1 / 2, 1 / 2],
            "month": [1 / 4, 1 / 2, 1 / 4],
        },
    ),
    "codes with zeros before them, and without": (
        columns(Code=["01", "1", "2", "3"]),
        ['sure = ["code"]'],
        {"code": [1 / 4] * 4},
    ),
    "results below a blank row that are longer than six rows": (
        [
            *columns(Used=["Yes", "No"], Rated=["Good", "Bad"]),
            *(["", "", ""], ["Summary", "", ""]),
            *(["Used", "n", "%"], ["Yes", "10", "50"], ["No", "10", "50"]),
            *(["Rated", "n", "%"], ["Good", "10", "50"], ["Bad", "10", "50"]),
        ],
        ['drop.id = ["Bad", "Good", "Rated", "No", "Yes", "Used", "Summary"]'],
        {"used": [1 / 2, 1 / 2], "rated": [1 / 2, 1 / 2]},
    ),
    "a blank row among the answers": (
        [*columns(Used=["Yes", "No"])[:16], ["", ""], *columns(Used=["Yes", "No"])[16:]],
        [],
        {"used": [1 / 2, 1 / 2]},
    ),
    "a blank row among names of any shape": (
        [
            ["School", "Used"],
            *(
                [
                    f"{'St ' * (n % 2)}{'Mary-Anne ' * (n % 3)}{'(3) ' * (n % 5)}{n}",
                    ["Yes", "No"][n % 2],
                ]
                for n in range(20)
            ),
            ["", ""],
            *([f"{'The. ' * n}Hill {n}", ["Yes", "No"][n % 2]] for n in range(10)),
        ],
        [],
        {"used": [1 / 2, 1 / 2]},
    ),
    "those who did not come to the end": (
        [
            ["Response ID", "Time Started", "Status", "Used"],
            *(
                [str(n), "2026-01-02", ["Complete", "Partial"][n % 2], ["Yes", "No"][n % 4 > 1]]
                for n in range(20)
            ),
        ],
        ['keep.Status = ["Complete"]'],
        {"used": [1 / 2, 1 / 2]},
    ),
    "ids that a spreadsheet cut off": (
        [["id", "Used"], *([f"5.12{n:03}E+15", ["Yes", "No"][n % 2]] for n in range(20))],
        ['sure = ["id"]'],
        {"used": [1 / 2, 1 / 2]},
    ),
    "ids of more digits than a number holds, some twice": (
        [
            ["house", "id", "Used"],
            *([str(2**53 + n // 2), str(n), ["Yes", "No"][n % 2]] for n in range(60)),
        ],
        [],
        {"used": [1 / 2, 1 / 2]},
    ),
    "no answer and not asked in other languages, and Na that is No": (
        columns(
            Cy=["Ie", "Na", "Ddim yn berthnasol", "Byddai'n well gen i beidio â dweud"],
            Fr=["Oui", "Non", "Sans objet", "Je préfère ne pas répondre"],
            Es=["Sí", "No", "No aplica", "Prefiero no decirlo"],
            De=["Ja", "Nein", "Nicht zutreffend", "Möchte ich nicht sagen"],
        ),
        ["not_asked", 'missing."*"'],
        {"cy": [1 / 2] * 2, "fr": [1 / 2] * 2, "es": [1 / 2] * 2, "de": [1 / 2] * 2},
    ),
    "a scale about nought, and codes kept from a spreadsheet": (
        columns(Change=["1", "1", "-2", "0", "-1", "2"], Code=['="1"', '="2"']),
        [],
        {"change": [3 / 20, 3 / 20, 3 / 20, 8 / 20, 3 / 20], "code": [1 / 2, 1 / 2]},
    ),
    "an answer of their own beside a list that has Other, ticked and not": (
        columns(
            Gender=["Male", "Female", "Other", "", "Male"],
            Gender_other=["", "", "nb", "agender", ""],
        ),
        [],
        {"gender": [2 / 5, 1 / 5, 2 / 5]},
    ),
    "the same where Other has more words": (
        columns(
            Gender=["Male", "Female", "Other: ", "", "Male"],
            Gender_other=["", "", "nb", "agender", ""],
        ),
        ['sure = ["gender"]'],
        {"gender": [1 / 2, 1 / 4, 1 / 4]},
    ),
    "a box for text that everybody left, as -99": (
        [
            ["ResponseId", "Q1", "Q1_3_TEXT"],
            ["Response ID", "Happy?", "Happy? - Other - Text"],
            ['{"ImportId":"_recordId"}', '{"ImportId":"QID1"}', '{"ImportId":"QID1_3_TEXT"}'],
            *([f"R_{n:03}a", ["Yes", "No", "-99", "No"][n % 4], "-99"] for n in range(20)),
        ],
        ['no_answer = ["-99"]'],
        {"q1": [1 / 3, 2 / 3]},
    ),
    "a row called Total": (
        [
            ["Region", "Pupils"],
            *(["NS"[n % 2], str(n * n)] for n in range(14)),
            ["Total", "819"],
        ],
        ['drop.Region = ["Total"]'],
        {"region": [1 / 2, 1 / 2], "pupils": [819 / 14]},
    ),
    "a header of two rows over a column without a name": (
        under(
            [
                ["", "Which?", "", "", "How was it?", ""],
                ["#", "Bus", "Train", "Tram", "Food", "Bed"],
            ],
            [f"{n}k7x" for n in range(20)],
            ["Bus", ""],
            ["", "Train", "Train", "Train"],
            ["", "", "", "Tram"],
            ["Good", "Poor", "Good", "Fair"],
            ["Fair", "Poor"],
        ),
        [],
        {
            "which": [1 / 2, 3 / 4, 1 / 4],
            "how_was_food": [1 / 4, 1 / 4, 1 / 2],
            "how_was_bed": [1 / 2, 1 / 2],
        },
    ),
    "Qualtrics: import ids as Python wrote them in 2016": (
        under(
            [
                ["ResponseID", "Q1"],
                ["ResponseID", "Good?"],
                ["{'ImportId': 'a'}", "{'ImportId': 'b'}"],
            ],
            [f"R_{n}x" for n in range(20)],
            ["Yes", "No", "No", "No"],
        ),
        [],
        {"q1": [1 / 4, 3 / 4]},
    ),
    "Qualtrics: codes and wordings in two rows, before there were import ids": (
        under(
            [
                ["V1", "V2", "V8", "V10", "Q1_1", "Q1_2", "Q2: 1", "Q3_TEXT"],
                [
                    *("ResponseID", "ResponseSet", "StartDate", "Finished"),
                    *("How good is it?-The food", "How good is it?-The bed"),
                    *("How good is the lift? : Up-The first", "What else would you like to say?"),
                ],
            ],
            [f"R_{n}x" for n in range(20)],
            ["Default Response Set"],
            [f"2016-06-21 15:47:{n:02}" for n in range(20)],
            ["1", "1", "1", "0"],
            ["1", "2", "1", "1"],
            ["2", "1"],
            ["1", "1", "2", "2"],
            [f"It was the {n}th time that we came here, and we liked it." for n in range(20)],
        ),
        ['keep.V10 = ["1"]'],
        {"q1_1": [2 / 3, 1 / 3], "q1_2": [1 / 3, 2 / 3], "q2_1": [2 / 3, 1 / 3]},
    ),
    "N/A among answers of one letter": (
        columns(Morale=["SA", "A", "N", "N/A"], Pay=["N", "A"]),
        ["not_asked"],
        {"morale": [1 / 3, 1 / 3, 1 / 3], "pay": [1 / 2, 1 / 2]},
    ),
    "boxes of their own words or a dash, and blank where nobody was asked": (
        columns(
            **{
                "Why? Ill health": ["Ill health", "-", "-", ""],
                "Why? Study": ["-", "Study", "-", ""],
                "Why? Travel": ["Travel", "Travel", "-", ""],
            }
        ),
        ["options.why.variables", "options.why.ticked", 'no_answer = ["-"]', NOTHING],
        {"why": [1 / 2, 1 / 2, 1]},
    ),
    "one answer, and N/A": (
        columns(Aboriginal=["Yes", "", "", "N/A"], Colour=["Red", "Blue"]),
        ["not_asked", 'sure = ["aboriginal"]'],
        {"aboriginal": [1], "colour": [1 / 2, 1 / 2]},
    ),
    "regions that are no region of the shared tables but one": (
        columns(Region=["Metropolitan", "South East", "Far North", "Not known"]),
        [],
        {"region": [1 / 4, 1 / 4, 1 / 4, 1 / 4]},
    ),
    "LimeSurvey in French: boxes of Oui and Non, unfinished answers": (
        under(
            [
                *("ID de la réponse", "Date de soumission", "Dernière page", "Langue de départ"),
                *(
                    "Tête de série",
                    "Quel âge ? [18-25]",
                    "Quel âge ? [26-35]",
                    "Êtes-vous content ?",
                ),
                *("Temps total", "Durée pour la question: Q1"),
            ],
            ids(113),
            ["2026-08-22 13:52:28"] * 4 + [""],
            ["1"],
            ["fr"],
            [str(1503249853 + 7919 * n) for n in range(20)],
            ["Oui", "Non", "Non", "Non", "Oui"],
            ["Non", "Oui", "Oui", "Oui", "Oui"],
            ["Oui", "Non", "Oui", "Oui", "Oui"],
            [f"{n}.5" for n in range(60, 80)],
            [f"{n}.25" for n in range(20)],
        ),
        ['drop."Date de soumission" = [""]'],
        {"quel_age": [1 / 4, 3 / 4], "etes_vous_content": [3 / 4, 1 / 4]},
    ),
    "words of national surveys for those who were not asked, and for no answer": (
        columns(Grass=["LEGAL", "NOT LEGAL", "LEGAL", "IAP"], Vote=["Yes", "No", "No", "DK/REF"]),
        ['not_asked = ["IAP"]', 'missing."*" = ["DK/REF"]'],
        {"grass": [2 / 3, 1 / 3], "vote": [1 / 3, 2 / 3]},
    ),
    "numbers of rows with gaps, under no name": (
        [["", "Used"], *([str(3 * n + n % 2), ["Yes", "No"][n % 2]] for n in range(20))],
        [],
        {"used": [1 / 2, 1 / 2]},
    ),
    "None and Other, once a question": (
        under(
            ["id", "Bus", "Train", "None", "How old?", "Cinema", "Concert", "None"],
            ids(),
            ["Bus", ""],
            ["", "Train", "", ""],
            ["", "", "", "None"],
            ["Old", "Young"],
            ["Cinema", "Cinema", "", ""],
            ["", "Concert"],
            ["", "", "None", ""],
        ),
        [
            *("options.bus_train_none.variables", "options.bus_train_none.ticked"),
            *("options.cinema_concert_none.variables", "options.cinema_concert_none.ticked"),
        ],
        {
            "old": [1 / 2, 1 / 2],
            "bus_train_none": [1 / 2, 1 / 4, 1 / 4],
            "cinema_concert_none": [1 / 2, 1 / 2, 1 / 4],
        },
    ),
    "text that was encoded twice": (
        columns(**{"Don\xe2\x80\x99t you?": ["Yes", "I don\xe2\x80\x99t", "No", "No"]}),
        [],
        {"donat": [1 / 4, 1 / 2, 1 / 4]},
    ),
}


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_is_right_or_to_be_decided_and_right_once_it_is(kind, tmp_path):
    rows, to_decide, expected = EXPORTS[kind]
    folder = taken_whole(tmp_path / "mine", write(tmp_path, rows))
    found = doubts(folder)
    assert len(found) == len(to_decide), found
    assert all(any(line.startswith(start) for line in found) for start in to_decide), found
    assert bool(to_decide) == bool(amiss(folder))
    if expected is not None:
        assert not amiss(decided(folder))
        estimates = {name: list(values.values()) for name, values in shares(folder).items()}
        assert estimates == {name: pytest.approx(each) for name, each in expected.items()}
    else:
        assert "unique_key" in amiss(decided(folder))


def test_boxes_in_brackets_leave_out_what_all_share_and_have_that_of_others(tmp_path):
    """Counted by hand: of five who ticked or wrote, three came for work and one to see family."""
    asks = "Why did you come? (tick all that apply) [{}]"
    head = ["Id", *map(asks.format, ("Work", "Shops, errands", "Other (please say)"))]
    rows = [["r1", "✓", "", ""], ["r2", "✓", "✓", ""], ["r3", "", "", "visiting family"]]
    rows += [["r4", "✓", "", ""], ["r5", "", "✓", ""], ["r6", "", "", ""]]
    folder = decided(taken_whole(tmp_path / "new", write(tmp_path, [head, *rows])))
    (found,) = shares(folder).values()
    assert found == pytest.approx({"Work": 0.6, "Shops, errands": 0.4, "Other (please say)": 0.2})


@pytest.mark.parametrize("asked", ["Way? - ", "Way - ", "Way? ", "Way: "])
def test_what_stands_before_every_option_is_the_question_and_no_part_of_one(tmp_path, asked):
    """Ten of twenty tick each, by turns."""
    rows = under(["id", f"{asked}Bus", f"{asked}Car"], ids(), ["Yes", ""], ["", "Yes"])
    folder = decided(taken_whole(tmp_path / "one", write(tmp_path, rows)))
    assert [*shares(folder).values()] == [{"Bus": 0.5, "Car": 0.5}]


def test_boxes_whose_one_code_has_a_label_are_one_question_in_each_row_of_a_grid(tmp_path):
    """As Jisc writes it: of 20 people 15 ticked, 10 the one box, 10 the other, 5 of these both."""
    names = ["URN", "Q5_1_a", "Q5_1_b"]
    rows = under(names, ids(), ["1", "1", "", ""], ["1", "", "1", ""])
    key = [["Q5", "Have you"], *([name, "a computer?"] for name in names[1:])]
    key = [*key[:2], ["1", "agree"], *key[2:], ["1", "disagree"]]
    given = write(tmp_path, key, "key.csv")
    folder = taken_whole(tmp_path / "mine", write(tmp_path, rows), given)
    assert doubts(folder) == [NOTHING]
    assert not amiss(decided(folder))
    (found,) = shares(folder).values()
    assert found == {"agree": pytest.approx(10 / 15), "disagree": pytest.approx(10 / 15)}


def test_days_that_a_spreadsheet_counts_are_no_numbers(tmp_path):
    export = columns(**{"Date of birth": [str(40000 + 7 * n) for n in range(20)]})
    folder = taken_whole(tmp_path / "mine", write(tmp_path, export))
    assert amiss(folder) == {"dates"}


def test_words_for_an_amount_among_numbers_are_no_reason(tmp_path):
    """A mean without those who said "None" is that of the others; "20+" is no number at all."""
    rows = columns(Hours=["None", *(f"{n}" for n in range(2, 21))], Uses=["20+", *"123456789"])
    rows = [[*row, f"{n}" if n % 5 else "c"] for n, row in enumerate(rows)]
    folder = taken_whole(tmp_path / "mine", write(tmp_path, rows))
    assert not [line for line in doubts(folder) if "None" in line or "20+" in line]
    assert "numbers" in amiss(decided(folder))


@pytest.mark.parametrize("wording", ["80+", "80 and above", "80 years +", "Eighty plus"])
def test_the_age_from_which_a_file_counts_no_further_is_no_reason(tmp_path, wording):
    """By hand: 20 to 39 once each, and 20 who are 80: (590 + 1600) / 40."""
    frame = pd.DataFrame({"age": [*map(float, range(20, 40)), *[80.0] * 20]})
    how = {"variable_value_labels": {"age": {80: wording}}}
    pyreadstat.write_sav(frame, tmp_path / "export.sav", **how)
    folder = taken_whole(tmp_path / "mine", tmp_path / "export.sav")
    assert not doubts(folder)
    assert shares(folder) == {"age": {"": 54.75}}


def test_days_of_which_one_has_a_label_are_days(tmp_path):
    """SPSS labels the day that stands for a refusal."""
    days = [dt.date(1899, 12, 31), *(dt.date(2026, 1, 1 + n) for n in range(19))]
    frame = pd.DataFrame({"seen": days, "q": [1.0, 2.0] * 10})
    labels = {"seen": {days[0]: "Refused"}, "q": {1: "Yes", 2: "No"}}
    how = {"variable_value_labels": labels, "variable_format": {"seen": "DATE11"}}
    pyreadstat.write_sav(frame, tmp_path / "export.sav", **how)
    assert [*shares(taken_whole(tmp_path / "mine", tmp_path / "export.sav"))] == ["q"]


def test_codes_for_no_answer_may_share_a_label(tmp_path):
    frame = pd.DataFrame({"q": [1.0, 2, 1, -1, -2] * 4})
    labels = {"q": {1: "Yes", 2: "No", -1: "Not stated", -2: "Not stated "}}
    how = {"variable_value_labels": labels, "missing_ranges": {"q": [-1, -2]}}
    pyreadstat.write_sav(frame, tmp_path / "export.sav", **how)
    folder = taken_whole(tmp_path / "mine", tmp_path / "export.sav")
    assert not amiss(folder)
    assert shares(folder) == {"q": {"Yes": pytest.approx(2 / 3), "No": pytest.approx(1 / 3)}}


def test_the_index_that_pandas_writes_names_rows_and_is_no_number(tmp_path):
    frame = pd.DataFrame({"q": ["Yes", "No"] * 10}).drop(index=[0, 3])
    frame.to_parquet(tmp_path / "export.parquet")
    folder = taken_whole(tmp_path / "mine", tmp_path / "export.parquet")
    assert shares(folder) == {"q": {"Yes": 1 / 2, "No": 1 / 2}}


def test_answers_longer_than_a_value_may_be_are_told_apart(tmp_path):
    long = "word " * 60
    export = columns(Q=[f"{long}{'ab'[n % 2]}" for n in range(20)])
    folder = taken_whole(tmp_path / "mine", write(tmp_path, export))
    assert not amiss(folder)
    assert [*shares(folder)["q"].values()] == [1 / 2, 1 / 2]


def test_previews_and_who_broke_off_are_doubted_in_what_qualtrics_writes_for_spss(tmp_path):
    """By hand: of 12, 4 are previews and 3 broke off, one of them both; of 6 left 5 say Web."""
    frame = pd.DataFrame(
        {
            "DistributionChannel": ["anonymous"] * 12,
            "Status": [0.0, 0, 1] * 4,
            "Finished": [1.0, 1, 1, 0] * 3,
            "Q1": [1.0, 1, 2, 1, 2, 2, 1, 1, 1, 1, 1, 1],
        }
    )
    labels = {"Status": {0: "IP Address", 1: "Survey Preview"}, "Finished": {0: "False", 1: "True"}}
    labels["Q1"] = {1: "Web", 2: "Fax"}
    pyreadstat.write_sav(frame, tmp_path / "export.sav", variable_value_labels=labels)
    folder = taken_whole(tmp_path / "mine", tmp_path / "export.sav")
    assert doubts(folder) == ['keep.Status = ["0"]', 'keep.Finished = ["1"]']
    expected = {"Web": pytest.approx(5 / 6), "Fax": pytest.approx(1 / 6)}
    assert shares(decided(folder))["q1"] == expected


def test_boxes_whose_one_code_has_one_label_may_be_a_question(tmp_path):
    frame = pd.DataFrame({"q5a": [1.0, None, 1, 1], "q5b": [None, 1.0, 1, None]})
    frame = pd.concat([frame] * 5)
    how = {"variable_value_labels": {name: {1: "Yes"} for name in frame}}
    pyreadstat.write_sav(frame, tmp_path / "e.sav", column_labels=["Used: Web", "Used: Fax"], **how)
    folder = taken_whole(tmp_path / "mine", tmp_path / "e.sav")
    ticks = ['options.used.variables = ["used_web", "used_fax"]', 'options.used.ticked = ["1"]']
    assert doubts(folder) == ticks
    assert shares(decided(folder)) == {"used": {"Web": 0.75, "Fax": 0.5}}


@pytest.mark.parametrize(
    ("ticks", "wording"),
    [
        ({0: "Not quoted", 1: "{}"}, "How do you come? {}"),
        ({1: "{}", 2: "Not named", -9: "Refused"}, "How do you come? {}"),
        ({0: "nicht genannt", 1: "genannt", 9: "keine Angabe"}, "How do you come: {}"),
    ],
)
def test_a_box_is_told_by_the_label_of_its_cross_whatever_the_codes(tmp_path, ticks, wording):
    """Of 20 people 5 refused all; 10 of the other 15 came by bus and 5 by train."""
    tick, cross, *refused = sorted(ticks, key=lambda code: (code != 1, abs(code)))
    gone = (refused or [None])[0]
    frame = pd.DataFrame(
        {"q_a": [tick, tick, cross, gone] * 5, "q_b": [cross, tick, cross, gone] * 5}
    )
    labels = [{code: text.format(one) for code, text in ticks.items()} for one in ("Bus", "Train")]
    how = {"variable_value_labels": dict(zip(frame, labels, strict=True))}
    how |= {"column_labels": [wording.format(one) for one in ("Bus", "Train")]}
    pyreadstat.write_sav(frame.astype(float), tmp_path / "e.sav", **how)
    folder = decided(taken_whole(tmp_path / "mine", tmp_path / "e.sav"))
    assert not amiss(folder) - {"nothing_ticked"}
    assert shares(folder) == {"come": {"Bus": pytest.approx(2 / 3), "Train": pytest.approx(1 / 3)}}


@pytest.mark.parametrize("cell", ["1,3", "?", ""])
def test_a_column_called_a_weight_is_one_though_not_every_cell_is_a_number(tmp_path, cell):
    rows = columns(**{"Final Weight": ["2.5", "1"]}, q=["a", "b"])
    rows[7][rows[0].index("Final Weight")] = cell
    folder = taken_whole(tmp_path / "mine", write(tmp_path, rows))
    assert 'design.weight = "Final Weight"' in doubts(folder)
    assert amiss(decided(folder)) & {"numbers", "weights"}


@pytest.mark.parametrize("wording", ["19 or more", "19 OR OLDER"])
def test_a_number_whose_label_is_an_amount_is_no_reason(tmp_path, wording):
    """0 to 18, of which 0 is called "None", and 97 for whatever is more."""
    frame = pd.DataFrame({"school_type": ["A", "B"] * 10, "x": [*map(float, range(19)), 97.0]})
    labels = {"x": {0: "None", 97: wording}}
    pyreadstat.write_sav(frame, tmp_path / "export.sav", variable_value_labels=labels)
    folder = taken_whole(tmp_path / "mine", tmp_path / "export.sav")
    assert doubts(folder) == ['sure = ["x"]']
    assert not amiss(decided(folder))
    # A name that the shared tables have is another's.
    assert shares(folder) == {"school_type_2": {"A": 1 / 2, "B": 1 / 2}, "x": {"": 13.4}}


@pytest.mark.parametrize(
    ("labels", "hours", "mean"),
    [
        ({99: "Don't know"}, [0, 2, 4, 8, 99], 3.5),
        ({0: "None", 40: "40 or more", 98: "Not sure"}, [0, 10, 15, 35, 98], 15),
        ({-1: "Not applicable"}, [1, 2, 3, 7, -1], 3.25),
        ({99: "It varies"}, [0.5, 2, 3.5, 8, 99], 3.5),
    ],
)
def test_numbers_of_which_a_file_labels_no_step_are_numbers(tmp_path, labels, hours, mean):
    """By hand: the mean of four hours in five; the fifth is the code for no answer."""
    frame = pd.DataFrame({"hours": [*map(float, hours)] * 4})
    how = {"variable_value_labels": {"hours": labels}}
    pyreadstat.write_sav(frame, tmp_path / "export.sav", **how)
    folder = taken_whole(tmp_path / "mine", tmp_path / "export.sav")
    assert doubts(folder) == [f'missing.hours = ["{hours[-1]}"]']
    assert not amiss(decided(folder))
    assert shares(folder) == {"hours": {"": mean}}


@pytest.mark.parametrize(
    "labels",
    [
        {1: "Never", 5: "More than I want"},
        {1: "Yes", 9: "Don't know"},
        {5: "Other"},
    ],
)
def test_numbers_of_which_a_file_labels_a_step_are_steps(tmp_path, labels):
    frame = pd.DataFrame({"q": [1.0, 2, 3, 4, 5] * 4})
    how = {"variable_value_labels": {"q": labels}}
    pyreadstat.write_sav(frame, tmp_path / "export.sav", **how)
    taken_whole(tmp_path / "mine", tmp_path / "export.sav")
    assert "q,answers,q,category" in (tmp_path / "mine" / "codebook.csv").read_text()


OWN = [f"by {a} {b}" for a in ("my own", "a borrowed", "an old") for b in "abcdefghij"]


@pytest.mark.parametrize(("mark", "tell"), [(", ", "Timestamp"), (";", "Start"), ("\n", "id")])
def test_a_list_beside_which_many_wrote_their_own_words_is_no_text(tmp_path, mark, tell):
    """By hand: of 180, each way in half of a pattern of six, and 30 have words of their own."""
    ways = ["Bus", "Train", "On foot", "Bus,Train", "Train,On foot", "Bus,On foot"]
    own = [OWN[n // 6] if n % 6 == 0 else "" for n in range(180)]
    cells = [[*ways[n % 6].split(","), *filter(None, [own[n]])] for n in range(180)]
    rows = [[f"R{n}", mark.join(one)] for n, one in enumerate(cells)]
    folder = taken_whole(tmp_path / "mine", write(tmp_path, [[tell, "How?"], *rows]))
    separated = f"options.how.separator = {json.dumps(mark)}"
    assert doubts(folder) == [separated, 'options.how.other = "Other"']
    assert not amiss(decided(folder))
    ticked = dict.fromkeys(("Bus", "On foot", "Train"), 1 / 2)
    assert shares(folder)["how"] == pytest.approx(ticked | {"Other": 1 / 6})
    notes = compile_table(load_cohort(folder), "answers").notes
    assert "how: 30 different parts read as people's own words: Other." in notes


def test_one_answer_of_a_list_or_own_words_in_its_place_is_no_text(tmp_path):
    """By hand: of 120, 45 by bus, 45 by train, and each of 30 in another way."""
    cells = [OWN[n // 4] if n % 4 == 3 else ("Bus", "Train")[n % 8 % 2] for n in range(120)]
    often = {way: cells.count(way) / 120 for way in ("Bus", "Train")}
    rows = [[f"R{n}", cell] for n, cell in enumerate(cells)]
    folder = taken_whole(tmp_path / "mine", write(tmp_path, [["id", "How?"], *rows]))
    assert doubts(folder) == ['options.how.other = "how"']
    assert not amiss(decided(folder))
    assert shares(folder)["how"] == often | {"Other": 1 / 4}
    said = (folder / "cohort.toml").read_text() + (folder / "codebook.csv").read_text()
    assert not any(words in said for words in OWN), "own words stay in the file of answers"


@pytest.mark.parametrize("often", [[], ["nothing", "no"], ["Bus"]])
def test_own_words_beside_which_no_list_stands_out_are_text(tmp_path, often):
    """A third says one of two things, or all who say the same say one."""
    cells = [
        [*often, *OWN][n % (len(often) + 2)] if n % 3 == 0 else f"{n} {OWN[n % 30]}"
        for n in range(120)
    ]
    rows = [[f"R{n}", cell] for n, cell in enumerate(cells)]
    folder = taken_whole(tmp_path / "mine", write(tmp_path, [["id", "How?"], *rows]))
    assert shares(folder) == {}


@pytest.mark.parametrize("heading", ["all", "All"])
def test_what_would_be_taken_for_everyone_is_proposed_under_another_name(tmp_path, heading):
    """A domain and a group called all are those of everyone: 12% of who said so would be theirs."""
    export = columns(**{heading: ["all", "some", "none", "none"]}, Q=["a", "b"])
    folder = taken_whole(tmp_path / "mine", write(tmp_path, export))
    assert not amiss(folder)
    assert shares(folder)["all_2"] == {"All": 1 / 4, "some": 1 / 4, "none": 1 / 2}
    table = estimate(load_cohort(folder), "q", by="all_2", min_base=0)
    told = table[table["category"] == "a"].set_index(["domain", "group"])["estimate"]
    assert told.to_dict() == {
        ("all", "all"): 1 / 2,
        ("all_2", "All"): 1,
        ("all_2", "some"): 0,
        ("all_2", "none"): 1 / 2,
    }


@pytest.mark.parametrize("cells", [["1,3", "2", "1,2,3", "4", "99"], ["1", "1,2,3", "99", "2,4"]])
def test_a_code_for_no_answer_among_several_in_a_cell_is_doubted(tmp_path, cells):
    export = columns(q=cells)
    folder = taken_whole(tmp_path / "mine", write(tmp_path, export))
    assert doubts(folder) == ['missing.q = ["99"]']
    assert not amiss(decided(folder))
    said = [row[1].split(",") for row in export[1:] if row[1] != "99"]
    ticked = Counter(code for one in said for code in one)
    expected = {code: n / len(said) for code, n in ticked.items()}
    assert shares(folder)["q"] == pytest.approx(expected)


@pytest.mark.parametrize(
    "scale",
    [
        ["sehr zufrieden", "eher zufrieden", "eher unzufrieden", "sehr unzufrieden"],
        ["Ja", "Nein"],
        ["sehr gut", "gut", "mittel", "schlecht", "sehr schlecht"],
    ],
)
def test_what_does_not_apply_is_told_from_a_step_by_its_neighbours(tmp_path, scale):
    """By hand: of 20, a share of each step among those to whom the question applies."""
    agreed = ["trifft zu", "trifft eher zu", "trifft eher nicht zu", "trifft nicht zu"]
    export = columns(Zufriedenheit=[*scale, "trifft nicht zu"], Aussage=agreed)
    folder = taken_whole(tmp_path / "mine", write(tmp_path, export))
    assert doubts(folder) == ['missing.zufriedenheit = ["trifft nicht zu"]']
    assert amiss(folder) == {"decisions", "doubts"}
    assert not amiss(decided(folder))
    said = Counter(row[1] for row in export[1:])
    base = 20 - said["trifft nicht zu"]
    found = shares(folder)
    assert found["zufriedenheit"] == pytest.approx({step: said[step] / base for step in scale})
    assert found["aussage"] == dict.fromkeys(agreed, 1 / 4)


def test_what_a_file_labels_is_an_answer_though_nobody_gave_it_and_no_answer_is_none(tmp_path):
    """Of 20, 8 say 1, 8 say 2, and 4 refused; nobody says 3, was asked `left`, or did not know."""
    frame = pd.DataFrame({"q": [1.0, 2, 1, 2, -9] * 4, "left": [float("nan")] * 20})
    steps = {1: "Poor", 2: "Fair", 3: "Good", -9: "Refused (-9)", -8: "Did not know"}
    labels = {"q": steps, "left": {1: "Yes", 2: "No"}}
    pyreadstat.write_sav(frame, tmp_path / "export.sav", variable_value_labels=labels)
    folder = taken_whole(tmp_path / "mine", tmp_path / "export.sav")
    assert doubts(folder) == ['missing.q = ["Refused (-9)"]']
    assert not amiss(decided(folder))
    assert shares(folder) == {"q": {"Poor": 1 / 2, "Fair": 1 / 2, "Good": 0}}


def workbook(path, *rows, merged=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(path)
    return path


def test_merged_header_cells_and_a_total_below_are_read_for_what_they_are(tmp_path):
    body = [["NS"[n % 2], "MF"[n % 4 == 0], n * 100] for n in range(20)]
    export = workbook(
        tmp_path / "export.xlsx",
        ["Pupils of two areas"],
        [None, None, None],
        ["About you", None, "Your school"],
        ["Area", "Sex", "Size"],
        *body,
        ["Total", None, 19000],
        merged=["A3:B3"],
    )
    folder = taken_whole(tmp_path / "mine", export)
    text = (folder / "cohort.toml").read_text()
    assert "skip_rows = 2" in text
    assert "header_rows = 2" in text
    assert doubts(folder) == ['drop."About you | Area" = ["Total"]']
    assert not amiss(decided(folder))
    assert shares(folder) == {
        "about_area": {"N": 1 / 2, "S": 1 / 2},
        "about_sex": {"M": pytest.approx(3 / 4), "F": pytest.approx(1 / 4)},
        "your_school": {"": 950},
    }


def test_a_blank_row_and_column_before_the_table_are_passed_over(tmp_path):
    body = [[None, f"S{n}x", "YN"[n % 4 > 0]] for n in range(20)]
    folder = taken_whole(
        tmp_path / "mine", workbook(tmp_path / "e.xlsx", [None] * 3, [None, "id", "q"], *body)
    )
    assert not amiss(folder)
    assert shares(folder) == {"q": {"N": 3 / 4, "Y": 1 / 4}}


def test_a_guess_is_corrected_by_reading_again(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["nothing", "here"])
    sheet = book.create_sheet("Answers")
    lines = [["A survey", "of colours", None], ["id", "q", "w"]]
    for row in [*lines, *([f"a{n}b", n % 2 + 1, "xy"[n % 2]] for n in range(20))]:
        sheet.append(row)
    book.save(tmp_path / "export.xlsx")
    key = write(tmp_path, [["q", "1", "Red"], ["q", "2", "Blue"]], "key.csv")
    folder = tmp_path / "mine"
    new_cohort(folder, tmp_path / "export.xlsx")
    toml = folder / "cohort.toml"
    toml.write_text(toml.read_text().replace('title = "TODO"', 'title = "Colours"'))
    new_cohort(
        folder, corrections={"sheet": "Answers", "skip_rows": 1, "header_rows": 1, "key": key}
    )
    text = toml.read_text()
    for line in ('title = "Colours"', 'sheet = "Answers"', "skip_rows = 1", "header_rows = 1"):
        assert line in text
    assert 'key = "key.csv"' in text
    assert "nothing" not in text
    for name in ("codebook", "indicators"):
        (folder / f"proposed_{name}.csv").rename(folder / f"{name}.csv")
    toml.write_text(text.replace("# TODO ", ""))
    assert not amiss(folder)
    found = next(each for each in shares(folder).values() if "Red" in each)
    assert found == {"Red": 1 / 2, "Blue": 1 / 2}


@pytest.mark.parametrize(
    "cells",
    [
        ["£1,000", "1.000,50 €", "£2,500", "3.200,00 €"],
        [cell for n in range(2, 22) for cell in (f"£{n},100", f"{n}.350,50 €")],
        ["$1,000", "1.000,50", "$2,500", "3.200,75"],
        ["1,000", "1.000,50", "2,500", "3.200,75"],
    ],
)
def test_amounts_that_are_written_in_two_ways_are_numbers_that_nothing_reads(tmp_path, cells):
    """Whether 1,000 is a thousand or one is for a person to say: no mean comes of it unasked."""
    folder = taken_whole(tmp_path / "mine", write(tmp_path, columns(Pay=cells)))
    assert "options." not in (folder / "cohort.toml").read_text(encoding="utf-8")
    assert "numbers" in amiss(folder)
    assert {"numbers"} == amiss(folder) or 'sure = ["pay"]' in doubts(folder)
    decide = [line for line in doubts(folder) if not line.startswith("sure")]
    toml = folder / "cohort.toml"
    text = toml.read_text(encoding="utf-8")
    for line in decide:
        text = text.replace(f"# DECIDE {line}", line)
    toml.write_text(text, encoding="utf-8")
    assert {"numbers", "doubts"} & amiss(folder)


@pytest.mark.parametrize("title", [[], [["Survey of 2024"], []], [["Survey of 2024"], ["By us"]]])
def test_a_table_that_begins_in_a_later_column_keeps_its_first_respondents(tmp_path, title):
    rows = [[None, None, "id", "Used", "Age"]]
    rows += [[None, None, n, ["Yes", "No"][n % 2], 20 + n] for n in range(20)]
    folder = taken_whole(tmp_path / "mine", workbook(tmp_path / "export.xlsx", [], *title, *rows))
    assert not amiss(folder)
    assert "header_rows" not in (folder / "cohort.toml").read_text()
    assert shares(folder)["used"] == {"Yes": pytest.approx(1 / 2), "No": pytest.approx(1 / 2)}
    assert shares(folder)["age"] == {"": pytest.approx(29.5)}


@pytest.mark.parametrize("above", [["Survey of 2024"], ["Survey", "2024"]])
@pytest.mark.parametrize("columns", [("id", "Used"), ("id", "Used", "Age", "Area")])
def test_what_is_said_of_a_table_above_a_blank_row_is_no_header(tmp_path, above, columns):
    """The names of the columns are no answers, however few they are; of two, one is half."""
    above = above[: len(columns) // 2]
    rows = [[f"r{n}", ["Yes", "No"][n % 2], 20 + n, "NS"[n % 2]][: len(columns)] for n in range(20)]
    export = workbook(tmp_path / "export.xlsx", [], above, above, [], list(columns), *rows)
    folder = taken_whole(tmp_path / "mine", export)
    assert not amiss(folder)
    assert shares(folder)["used"] == {"Yes": pytest.approx(1 / 2), "No": pytest.approx(1 / 2)}


def test_rows_that_sum_up_the_others_are_no_respondents(tmp_path):
    """By hand: the ages 20 to 39 have the mean 29.5; a quarter said yes."""
    feet = [[name, None, 29.5] for name in ("Average", "Max", "Min", "Count")]
    rows = [[f"r{n}", "Yes" if n % 4 == 0 else "No", 20 + n] for n in range(20)]
    export = workbook(tmp_path / "export.xlsx", [], ["id", "Used", "Age"], *rows, *feet)
    folder = taken_whole(tmp_path / "mine", export)
    assert doubts(folder) == ['drop.id = ["Count", "Min", "Max", "Average"]']
    assert not amiss(decided(folder))
    assert shares(folder) == {
        "used": {"Yes": pytest.approx(1 / 4), "No": pytest.approx(3 / 4)},
        "age": {"": pytest.approx(29.5)},
    }


def test_parquet_with_columns_of_parts_is_drafted_without_them(tmp_path):
    table = pa.table(
        {
            "id": [str(n) for n in range(20)],
            "used": ["Yes", "No"] * 10,
            "media": [["web", "post"], ["web"], ["post"], ["web"]] * 5,
            "meta": [{"device": "phone"}] * 20,
            "photo": [b"\xff\xd8", None] * 10,
        }
    )
    parquet.write_table(table, tmp_path / "export.parquet")
    folder = taken_whole(tmp_path / "mine", tmp_path / "export.parquet")
    assert "not read: meta (struct<device: string>)" in (folder / "cohort.toml").read_text()
    found = shares(decided(folder))
    assert found["used"] == {"Yes": pytest.approx(1 / 2), "No": pytest.approx(1 / 2)}
    assert found["media"] == {"web": pytest.approx(3 / 4), "post": pytest.approx(1 / 2)}


def test_what_nothing_ticked_means_is_said_once_for_all_questions(tmp_path):
    names = [["Respondent ID", "Travel?", "", "Eat?", ""], ["", "Bus", "Rail", "Meat", "Fish"]]
    export = under(
        names,
        ids(118000000),
        ["Bus", "", "", "Bus"],
        ["Rail", "", "Rail", ""],
        ["Meat", "", "Meat", ""],
        ["", "", "Fish", "Fish"],
    )
    folder = taken_whole(tmp_path / "mine", write(tmp_path, export))
    assert doubts(folder) == [NOTHING]
    toml = folder / "cohort.toml"
    toml.write_text(toml.read_text().replace(f"# DECIDE {NOTHING}", 'nothing_ticked = "no"'))
    assert not amiss(folder)
    assert shares(folder) == {
        "travel": {"Bus": 1 / 2, "Rail": 1 / 2},
        "eat": {"Meat": 1 / 2, "Fish": 1 / 2},
    }


def test_a_sample_of_one_row_fails_the_check_as_it_does_the_estimate(tmp_path):
    folder = taken_whole(tmp_path / "mine", write(tmp_path, columns(colour=["Red", "Blue"])))
    (folder / "export.csv").write_text("id,colour\n1,Red\n")
    assert amiss(folder) == {"lonely_cluster"}
    with pytest.raises(CohortError, match="a single row"):
        shares(folder)
