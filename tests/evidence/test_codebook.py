"""The codebook: its variables by table, and what is amiss in it."""

import pandas as pd
import pytest

from careersurvey.evidence.codebook import (
    check_codebook,
    number_range,
    split_list,
    table_variables,
)
from careersurvey.evidence.project import project_root
from careersurvey.evidence.written import CODEBOOK_COLUMNS, read_written


def codebook(*rows):
    table = pd.DataFrame(rows, columns=["variable", "table", "type", "values", "missing"])
    return table.reindex(columns=list(CODEBOOK_COLUMNS), fill_value="")


def failed(table):
    return {check.rule: check for check in check_codebook(table) if not check.passed}


def test_a_variable_belongs_to_each_table_that_its_row_names():
    table = codebook(
        ("school_id", "schools; parents", "identifier", "", ""),
        ("helped", "parents", "category", "yes;no", "refused"),
    )
    assert list(table_variables(table, "parents")) == ["school_id", "helped"]
    assert list(table_variables(table, "schools")) == ["school_id"]
    helped = table_variables(table, "parents")["helped"]
    assert (helped.type, helped.values, helped.missing) == ("category", ("yes", "no"), ("refused",))  # noqa: PD011


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ("0..100", (0, 100)),
        ("-1.5 .. 2", (-1.5, 2)),
        ("0..", (0, None)),
        ("..9", (None, 9)),
        ("", (None, None)),
    ],
)
def test_a_number_may_have_a_range(values, ends):
    table = codebook(("x", "t", "number", values, ""))
    assert number_range(table_variables(table, "t")["x"]) == ends


@pytest.mark.parametrize(
    ("rule", "row"),
    [
        ("codebook_types", ("x", "t", "categry", "a;b", "")),
        ("codebook_values", ("x", "t", "category", "", "")),
        ("codebook_values", ("x", "t", "category", "a;b;a", "")),
        ("codebook_values", ("x", "t", "category", "a;b", "no_answer")),
        ("codebook_names", ("fine", "u;t", "text", "", "")),
    ],
)
def test_a_broken_row_is_named_by_its_rule(rule, row):
    table = codebook(("fine", "t", "category", "a;b", ""), row)
    assert set(failed(table)) == {rule}
    assert failed(table)[rule].rows[0] in ("x", "fine")


def test_the_shared_codebook_is_well_formed():
    table = read_written(project_root() / "data" / "codebook.csv", CODEBOOK_COLUMNS)
    assert failed(table) == {}


def test_a_list_in_a_cell_ignores_blanks_and_empty_entries():
    assert split_list(" a; b ;;") == ("a", "b")
