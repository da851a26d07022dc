"""The hand-written tables: rows as they are meant, and what is refused with its line."""

from pathlib import Path

import pandas as pd
import pytest

from careersurvey.errors import CohortError
from careersurvey.evidence.project import SHIPPED, shared_data
from careersurvey.evidence.tables import (
    COLUMNS,
    Condition,
    Predicate,
    Variable,
    as_written,
    read_codebook,
    read_indicators,
    read_phrases,
    read_written,
    split_list,
)

INDICATORS = ",".join(COLUMNS["indicators.csv"])
CODEBOOK = ",".join(COLUMNS["codebook.csv"])


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        ("heard=yes", (("heard", ("yes",)),)),
        (" heard = yes ; not_sure ", (("heard", ("yes", "not_sure")),)),
        ("a=b & c=d;e", (("a", ("b",)), ("c", ("d", "e")))),
        ("a=b&c=d", (("a", ("b",)), ("c", ("d",)))),
        ("work=R&D & a=x=y", (("work", ("R&D",)), ("a", ("x=y",)))),
    ],
)
def test_a_condition_is_read_and_written_back(text, terms):
    found = Condition.parse(text)
    assert found.terms == terms
    assert bool(found) == bool(terms)
    assert Condition.parse(str(found)) == found


@pytest.mark.parametrize("text", ["heard", "=", "heard=", "heard=;", "=yes"])
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(ValueError, match="variable = value"):
        Condition.parse(text)


def test_a_variable_belongs_to_each_table_that_its_row_names(tmp_path):
    path = tmp_path / "codebook.csv"
    path.write_text(
        f"{CODEBOOK}\nschool_id,schools; parents,School,identifier,,,school\n"
        "helped,parents,Helped?,category,yes;no,refused,parent\n"
    )
    assert read_codebook(path) == (
        Variable("school_id", "schools", "School", "identifier", unit="school"),
        Variable("school_id", "parents", "School", "identifier", unit="school"),
        Variable("helped", "parents", "Helped?", "category", ("yes", "no"), ("refused",), "parent"),
    )


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ("0..100", (0, 100)),
        ("-1.5 .. 2", (-1.5, 2)),
        ("0..", (0, None)),
        ("..9", (None, 9)),
        ("0-600", (None, None)),
        ("", (None, None)),
    ],
)
def test_a_number_may_have_a_range(values, ends):
    assert Variable("x", "t", "", "number", split_list(values)).range == ends


def test_an_indicator_has_its_variables_categories_and_condition(tmp_path):
    path = tmp_path / "indicators.csv"
    path.write_text(
        f"{INDICATORS}\nuse,Used,views,parent,parents,talk;visit,multiple,,a;b,,,h=y,\n"
    )
    (used,) = read_indicators(path).values()
    assert used.variables == ("talk", "visit")
    assert used.categories == ("a", "b")
    assert used.among.terms == (("h", ("y",)),)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("a,A,s,u,t,v,share,,x;y,,,heard,\n", "lines 2"),
        ("a,A,s,u,t,v,share,,x;y,,,,\na,B,s,u,t,v,share,,x;y,,,,\n", "stand twice"),
    ],
)
def test_an_indicator_that_cannot_be_meant_is_refused(tmp_path, rows, words):
    path = tmp_path / "indicators.csv"
    path.write_text(f"{INDICATORS}\n{rows}")
    with pytest.raises(CohortError, match=words):
        read_indicators(path)


def test_phrases_are_found_by_indicator_and_category(tmp_path):
    path = tmp_path / "phrases.csv"
    path.write_text("indicator,category,phrase\ngood,no,did not do well\n")
    assert read_phrases(path) == {("good", "no"): Predicate("did not do well")}
    path.write_text("indicator,category,phrase\ngood,no,a\ngood,no,b\n")
    with pytest.raises(CohortError, match="good=no"):
        read_phrases(path)


def test_rows_are_the_table_that_they_were_read_from():
    shared = shared_data() / "indicators.csv"
    found = as_written(read_indicators(shared).values(), shared.name)
    assert found.to_numpy().tolist() == read_written(shared).to_numpy().tolist()
    variables = read_codebook(shared_data() / "codebook.csv")
    assert len(as_written(variables, "codebook.csv")) == len(variables)


def test_a_row_of_blank_cells_that_a_spreadsheet_left_is_no_row(tmp_path):
    path = tmp_path / "crosswalk.csv"
    path.write_text("a,b\n1,2\n,\n , \n\n3,4\n,\n")
    found = read_written(path, ("a", "b"))
    assert found.to_dict("index") == {2: {"a": "1", "b": "2"}, 6: {"a": "3", "b": "4"}}


def test_columns_that_a_spreadsheet_saved_empty_are_no_columns(tmp_path):
    path = tmp_path / "crosswalk.csv"
    path.write_text("a,b,,\n1,2,,\n3,,,\n")
    found = read_written(path, ("a", "b"))
    assert found.to_dict("index") == {2: {"a": "1", "b": "2"}, 3: {"a": "3", "b": ""}}
    path.write_text("a,b,,\n1,2,,x\n")
    with pytest.raises(CohortError, match="a column without a name"):
        read_written(path, ("a", "b"))


@pytest.mark.parametrize("rows", ['1,"2\n3,4\n', '1,"2" and more\n3,4\n'])
def test_a_quotation_mark_that_is_left_open_is_named_by_its_line(tmp_path, rows):
    path = tmp_path / "crosswalk.csv"
    path.write_text(f"a,b\n0,0\n{rows}")
    with pytest.raises(CohortError, match=r"crosswalk\.csv line 3(.|\n)*close the quotation mark"):
        read_written(path, ("a", "b"))


def test_a_list_in_a_cell_ignores_blanks_and_empty_entries():
    assert split_list(" a; b ;;") == ("a", "b")


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_has_its_place_in_the_page_on_cohorts(name):
    page = (Path(__file__).parents[2] / "docs" / "cohorts.md").read_text()
    part = page[page.index(f"| `{name}` |") :].partition("\n\n")[0]
    assert [column for column in COLUMNS[name] if f"`{column}`" not in part] == []


OF_OURS = (path for name in ("", *SHIPPED) for path in (shared_data() / name).glob("*.csv"))


@pytest.mark.parametrize("path", sorted(OF_OURS), ids=lambda path: path.name)
def test_every_hand_written_table_is_read_alike_by_pandas(path):
    """Witness: pandas' own reader."""
    theirs = pd.read_csv(path, dtype=str, keep_default_na=False)
    ours = read_written(path, theirs.columns)
    assert ours[list(theirs)].to_numpy().tolist() == theirs.to_numpy().tolist()


@pytest.mark.parametrize("mark", ["\x00", "\x1b[2J", "\x08", "\x85"])
def test_marks_that_a_terminal_obeys_are_refused_with_their_row(tmp_path, mark):
    path = tmp_path / "phrases.csv"
    path.write_text(f"indicator,category,phrase\na,b,said {mark}so\n", encoding="utf-8")
    with pytest.raises(CohortError, match="rows 2"):
        read_written(path)
