"""Of any cells in any column: a meaning or a finding, and rows that add up; in memory."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careersurvey.evidence.answers import coded
from careersurvey.evidence.answers import table as tables
from careersurvey.evidence.answers.sheet import Batch, Sheet, make_header
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import About, Settings, TableSettings
from careersurvey.evidence.tables import NO_ANSWER, Variable
from careersurvey.evidence.text import clean

CODEBOOK = [
    ("who_id", "identifier", (), ()),
    ("helped", "category", ("yes", "partly", "no"), ("refused",)),
    ("used", "category", ("yes", "no"), ()),
    ("talk", "category", ("no", "yes"), ()),
    ("visit", "category", ("yes", "no"), ()),
    ("valued", "category", ("talk", "visit", "fair, or so"), ("refused",)),
    ("minutes", "number", ("0..600",), ("refused",)),
    ("born", "date", (), ()),
    ("remark", "text", (), ()),
]
VARIABLES = {n: Variable(n, "who", "", kind, values, gone) for n, kind, values, gone in CODEBOOK}
NAMES = list(VARIABLES)
SETTINGS = {
    "file": "answers.csv",
    "not_asked": ["NA"],
    "missing": {"minutes": ["-9"], "*": ["x"]},
    "codes": {"helped": {"1": "yes", "2": "no"}},
    "asked": {"used": "helped=yes;partly", "minutes": "used=yes & talk=no", "boxes": "helped=yes"},
    "options": {
        "boxes": {"variables": ["talk", "visit"], "nothing_ticked": "no_answer"},
        "valued": {"separator": ", "},
    },
}
WORDS = ["yes", "YES ", "no", "partly", "1", "2.0", "-9", "-1", "0", "NA", "x", "refused", "talk"]
WORDS += [
    "talk, visit",
    "fair, or so",
    "2020-01-02",
    "12,5",
    "1.234",
    "inf",
    "nan",
    "",
    " ",
    "Total",
]
CELL = st.none() | st.sampled_from(WORDS) | st.text(max_size=8)
ROWS = st.lists(st.tuples(*[CELL] * len(NAMES)), max_size=12)


def compiled(rows, names=NAMES, batch=5, **said):
    """Compile rows that are in memory, some at a time: finished columns, and what is told."""
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in names]

    class InMemory(Sheet):
        def read(self, wanted, coded):
            for at in range(0, len(rows), batch):
                part = {i: pa.array(columns[i][at : at + batch], pa.string()) for i in wanted}
                count = len(rows[at : at + batch])
                yield Batch(np.arange(at + 2, at + 2 + count), part)

    sheet = InMemory(make_header([names]), [names])
    chosen = TableSettings.model_validate(SETTINGS | said)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "open_sheet", lambda *_: sheet)
        return finished(Path("answers.csv"), chosen, VARIABLES)


def finished(path, chosen, variables):
    """Compile a file without regard to what was compiled before."""
    about = About(id="memory", title="In memory", evidence="respondents")
    said = Settings(cohort=about, tables={"who": chosen})
    of_print = "reported", "relations", "visited", "recommendations", "described", "conflicts"
    nothing = dict.fromkeys(of_print, pd.DataFrame())
    codebook = tuple(variables.values())
    cohort = Cohort(path.parent, said, {}, {}, codebook, **nothing, phrases={})
    store = coded.Store("memory", "who", "0")
    told = tables.compile_file(cohort, "who", [path], store)
    return pa.Table.from_batches(store.batches).to_pydict(), told


def failing(told):
    return [finding for finding in told.findings if not finding.passed]


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_any_cell_gives_a_meaning_or_a_finding_and_rows_add_up(rows):
    found, told = compiled(rows)
    aside = sum(seen.n for seen in told.set_aside.values())
    assert told.rows_read == len(rows) == told.rows_kept + aside
    assert len(found["row__"]) == told.rows_kept
    allowed = {"yes", "partly", "no", "refused", NO_ANSWER, None}
    assert set(found["helped"]) <= allowed | {"x"}
    assert set(found["talk"]) | set(found["visit"]) <= {"yes", "no", NO_ANSWER, "x", None}
    # A cell that is not blank and has no value was declared not asked, or is a finding.
    rules = {finding.rule for finding in failing(told)}
    for row, value in zip(rows, found["helped"], strict=True):
        cell = (row[1] or "").strip()
        if value is None and cell and cell != "NA":
            assert "allowed_values" in rules or "NA" in cell.upper()
    for row, number in zip(rows, found["minutes"], strict=True):
        cell = row[6] or ""
        if number is not None:
            assert float(clean(cell)) == number
            assert cell.strip() not in ("-9", "x")


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(1, 7))
def test_the_size_of_a_batch_changes_nothing(rows, batch):
    assert compiled(rows) == compiled(rows, batch=batch)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_shuffled_rows_are_the_same_table_in_another_order(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    found, told = compiled(rows)
    other, said = compiled([rows[i] for i in order])
    for name in found.keys() - {"row__"}:
        assert other[name] == [found[name][i] for i in order]
    unplaced = [sorted((f.rule, f.message) for f in failing(each)) for each in (told, said)]
    ends = "a row looks like a total"
    first, second = ([pair for pair in each if ends not in pair[1]] for each in unplaced)
    assert first == second


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(0, len(NAMES)), st.permutations(range(len(NAMES))))
def test_an_unused_column_renamed_and_moved_columns_are_the_same_table(rows, at, order):
    """Witness: the file before it was changed."""
    found, told = compiled(rows)
    names = [f"Their {NAMES[i]}?" for i in order]
    names.insert(at, "unused")
    changed = []
    for row in rows:
        moved = [row[i] for i in order]
        moved.insert(at, "anything")
        changed.append(tuple(moved))
    other, said = compiled(changed, names, columns={name: f"Their {name}?" for name in NAMES})
    assert {n: other[n] for n in found} == found
    assert [f.message for f in failing(said)] == [f.message for f in failing(told)]


TYPED = st.sampled_from(["yes", "no", "partly", "1", "2", None, "refused", "perhaps"])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(TYPED, TYPED, st.none() | st.integers(0, 600)), min_size=1, max_size=8))
def test_another_format_is_the_same_table(rows):
    """Witness: the same rows as text; a workbook, SPSS and Parquet hold numbers as numbers."""
    import tempfile

    import openpyxl
    import pyreadstat

    names = ["helped", "remark", "minutes"]
    frame = pd.DataFrame(rows, columns=names).astype({"minutes": float})
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(coded, "project_root", lambda: Path(folder))
        made = {
            ending: Path(folder) / f"a.{ending}" for ending in ("csv", "xlsx", "sav", "parquet")
        }
        text = io.StringIO()
        csv.writer(text).writerows([names, *rows])
        made["csv"].write_text(text.getvalue())
        book = openpyxl.Workbook()
        for row in [names, *rows]:
            book.active.append(row)
        book.save(made["xlsx"])
        pyreadstat.write_sav(frame.fillna({"helped": "", "remark": ""}), made["sav"])
        frame.to_parquet(made["parquet"])
        tables_of = {}
        for ending, path in made.items():
            chosen = TableSettings(file=path.name, codes={"helped": {"1": "yes", "2": "no"}})
            found, _ = finished(path, chosen, {name: VARIABLES[name] for name in names})
            found.pop("row__")
            # A row in which every cell is blank is no row of a sheet, and one of a data file.
            kept = [
                row for row in zip(*found.values(), strict=True) if set(row) - {None, NO_ANSWER}
            ]
            tables_of[ending] = kept
    assert tables_of["xlsx"] == tables_of["sav"] == tables_of["parquet"] == tables_of["csv"]
