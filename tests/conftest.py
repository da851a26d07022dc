"""Small cohorts that tests write, break and look at."""

import csv
from pathlib import Path

import pytest
from hypothesis import settings

from careersurvey.evidence.tables import COLUMNS

settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")

_TOML = """\
[cohort]
id = "{id}"
title = "A small survey"
evidence = "reported"
publisher = "The tests"
fieldwork = "2013-01-01/2013-02-01"
sampling = "Schools were chosen by hand"

[places]
p = 64
kf = 11
exec = 9
notes = 4
"""
_INDICATORS = """\
indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,among,favourable
schools,Schools visited,scope,school,,,count,,,,,,
good,Good guidance,practice,school,schools,good,share,,yes;no,,,,yes
advisers,Outside advisers,practice,school,schools,advisers,share,,all;some;none,,,,
kind,Kind of school,scope,school,schools,kind,share,,new;old,,,,
parents,Parents who answered,views,parent,,,count,,,,,,
helped,School helped,views,parent,parents,helped,share,,yes;no,,,,yes
began,Fieldwork began,scope,date,,,context,,,,,,
valued,What students valued,views,student,,,rank,,talk;visit,,,,
minutes,Minutes of an interview,practice,school,,,mean,,,,,,
"""


def write_rows(path: Path, columns, rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="session")
def held_against_2013():
    """The invented follow-up compared with the report; whoever reads it leaves it as it is."""
    from careersurvey.inference.compare.compare import compare

    return compare("ofsted-2013", "example-2026")


@pytest.fixture
def write_cohort(tmp_path):
    """Write a reported cohort from the cells that matter; the rest of a row stays empty."""

    def write(*statements, relations=(), name="small", toml=_TOML, indicators=_INDICATORS):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "cohort.toml").write_text(toml.format(id=name))
        (folder / "indicators.csv").write_text(indicators)
        usual = {"where": "p1", "unit": "school", "form": "count"}
        rows = [
            usual | {"id": f"R{number:03}"} | row for number, row in enumerate(statements, start=1)
        ]
        write_rows(folder / "reported.csv", COLUMNS["reported.csv"], rows)
        if relations:
            write_rows(folder / "relations.csv", COLUMNS["relations.csv"], relations)
        return folder

    return write
