"""Whatever stands in a cohort's files, it is loaded and checked, or refused with a message."""

import datetime as dt
import json
import math

import pytest
from answers import CODEBOOK, INDICATORS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_any_settings import changed, places

from careersurvey.errors import SurveyError
from careersurvey.evidence.checks.check import as_json, as_text
from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import load_cohort

PARENTS = """\
parent_id,school_id,Helped,heard,used,talk,visit,valued,minutes,born,w,area,size
P1,A,Yes,yes,no,1,,talk;fair,30,2010-01-02,1.5,n,9
P2,B,no,no,,,,,-9,,2,n,9
P3,C,,yes,yes,1,1,visit,600,2011-05-06,0.5,s,12
P4,D,-9,yes,,,1,talk,5,2012-01-01,1,s,12
"""
SCHOOLS = "school_id,kind\nA,old\nB,new\nC,old\nD,new\n"
WHOLE = {
    "cohort": {"id": "small", "title": "A small survey", "evidence": "respondents"},
    "tables": {
        "schools": {"file": "schools.csv"},
        "parents": {
            "file": "parents.csv",
            "header_rows": 1,
            "date_format": "%Y-%m-%d",
            "unique": "parent_id",
            "columns": {"helped": "Helped"},
            "codes": {"helped": {"Yes": "yes"}},
            "missing": {"helped": ["-9"], "minutes": {"-9": "refused"}},
            "asked": {"used": "heard=yes"},
            "options": {
                "useful": {"variables": ["talk", "visit"], "ticked": ["1"], "nothing_ticked": "no"},
                "valued": {"separator": ";", "nothing_ticked": "no_answer"},
            },
            "keep": {"area": ["n", "s"]},
            "sums": {"minutes": ["minutes"]},
            "design": {
                "weight": "w",
                "strata": ["area"],
                "clusters": ["school_id"],
                "population": ["size"],
                "lonely_psu": "adjust",
            },
        },
    },
}
NAMES = "parent_id school_id Helped heard used talk valued minutes born w area size kind remark"
MEANT = st.sampled_from([*NAMES.split(), "born=abc", "valued=talk", "w=1", "kind=old & w=2", "*"])
ODD = st.one_of(
    MEANT,
    st.lists(MEANT, max_size=2),
    st.sampled_from(["", ";", ",", "a\0b", "../x", "x" * 300, "1", "%d", "utf-16", "schools.csv"]),
    st.integers(-2, 3),
    st.sampled_from([0.5, 1e300, math.inf, math.nan, True, dt.date(2026, 1, 2)]),
    st.dictionaries(MEANT, MEANT, max_size=2),
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
CELLS = st.one_of(MEANT, TEXT, st.sampled_from(["", "0..5", "5..0", "number", "a;b", "=1", "²"]))
PLACES = sorted(places(WHOLE), key=repr)
ON_DISK = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def as_toml(value: object) -> str:
    """A value as TOML writes it, tables in one line."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name)} = {as_toml(one)}" for name, one in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, float | dt.date):
        return str(value)
    return json.dumps(value)


def write(folder, tables=WHOLE, **files):
    text = "\n".join(f"{name} = {as_toml(part)}" for name, part in tables.items())
    usual = {
        "cohort.toml": text,
        "codebook.csv": CODEBOOK,
        "indicators.csv": INDICATORS,
        "parents.csv": PARENTS,
        "schools.csv": SCHOOLS,
    }
    for name, said in (usual | files).items():
        (folder / name).write_text(said, encoding="utf-8", newline="")
    return folder


def checked_or_refused(folder) -> bool:
    """Whether the cohort is checked, or refused in words; anything else is raised."""
    try:
        found = screen(load_cohort(folder))
    except SurveyError as problem:
        return str(problem) != ""
    return as_text(found) != "" and all(json.loads(as_json(found)))


def with_cell(table: str, row: int, column: int, cell: str) -> str:
    """A hand-written table with another cell, in quotes as CSV has them."""
    lines = [line.split(",") for line in table.splitlines()]
    row, column = row % len(lines), column % len(lines[0])
    lines[row][column] = '"' + cell.replace('"', '""') + '"'
    return "\n".join(map(",".join, lines)) + "\n"


def test_the_cohort_as_it_is_passes(tmp_path):
    found = screen(load_cohort(write(tmp_path)))
    assert [check.message for check in found if not check.passed] == []


@ON_DISK
@given(st.sampled_from(PLACES), ODD)
def test_any_setting_is_checked_or_refused(tmp_path, place, value):
    assert checked_or_refused(write(tmp_path, changed(WHOLE, place, value)))


@pytest.mark.parametrize("name", ["codebook.csv", "indicators.csv", "parents.csv", "schools.csv"])
@ON_DISK
@given(st.integers(0, 20), st.integers(0, 20), CELLS)
def test_any_cell_of_any_table_is_checked_or_refused(tmp_path, name, row, column, cell):
    tables = dict(zip(("codebook.csv", "indicators.csv"), (CODEBOOK, INDICATORS), strict=True))
    tables |= {"parents.csv": PARENTS, "schools.csv": SCHOOLS}
    assert checked_or_refused(write(tmp_path, **{name: with_cell(tables[name], row, column, cell)}))


@ON_DISK
@given(st.permutations(PARENTS.splitlines()[1:]), st.permutations(range(13)))
def test_the_order_of_rows_and_columns_changes_no_finding(tmp_path, rows, columns):
    lines = [line.split(",") for line in [PARENTS.splitlines()[0], *rows]]
    moved = "\n".join(",".join(line[i] for i in columns) for line in lines) + "\n"
    told = [
        {(check.rule, check.table, check.passed, check.message) for check in screen(load_cohort(f))}
        for f in (write(tmp_path), write(tmp_path, **{"parents.csv": moved}))
    ]
    assert told[0] == told[1]
