"""Hand-written CSV is the same whoever reads it."""

import csv

import pandas as pd
import pytest

from careersurvey.evidence.project import SHIPPED, shipped

WRITTEN = sorted(path for name in ("", *SHIPPED) for path in (shipped("data") / name).glob("*.csv"))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_pandas_and_pythons_csv_read_the_same_cells(path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    assert [list(table.columns), *table.to_numpy().tolist()] == rows
