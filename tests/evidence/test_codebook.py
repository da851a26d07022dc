"""The codebook: its variables by table, and what is amiss in it."""

import pandas as pd
import pytest

from careersurvey.evidence.checks_codebook import check_codebook
from careersurvey.evidence.project import shared_data
from careersurvey.evidence.tables import COLUMNS, read_written


def codebook(*rows):
    table = pd.DataFrame(rows, columns=["variable", "table", "type", "values", "missing"])
    return table.reindex(columns=list(COLUMNS["codebook.csv"]), fill_value="")


def failed(table):
    return {check.rule: check for check in check_codebook(table) if not check.passed}


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
    table = read_written(shared_data() / "codebook.csv")
    assert failed(table) == {}
