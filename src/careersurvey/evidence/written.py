"""The hand-written tables: their columns, and how one is read."""

from __future__ import annotations

import csv
import difflib
from pathlib import Path

import pandas as pd

from careersurvey.errors import CohortError

INDICATOR_COLUMNS = (
    "indicator",
    "label",
    "section",
    "unit",
    "table",
    "variable",
    "measure",
    "denominator",
    "categories",
    "base",
    "base_label",
    "among",
    "favourable",
)
CODEBOOK_COLUMNS = ("variable", "table", "question", "type", "values", "missing", "unit")
REPORTED_COLUMNS = (
    "id",
    "where",
    "section",
    "indicator",
    "category",
    "domain",
    "group",
    "unit",
    "base",
    "base_id",
    "base_n",
    "base_from",
    "reported",
    "form",
    "note",
)
RELATION_COLUMNS = ("id", "relation", "parts", "whole", "strength", "where", "because")
SCHOOL_COLUMNS = ("school_id", "name", "local_authority", "region", "region_source", "closed")

_NEEDED = {
    "indicators.csv": ("indicator", "unit", "measure"),
    "codebook.csv": ("variable", "type"),
    "reported.csv": ("id", "where", "indicator", "unit", "reported", "form"),
    "relations.csv": ("id", "relation", "parts", "whole", "strength"),
    "schools.csv": ("school_id", "name"),
}


def read_written(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read a hand-written table as text; the index is the line of the file.

    Raises
    ------
    CohortError
        If the file is missing, is not UTF-8, has a row with too few or too many cells, or
        lacks a column that it needs.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, row) for row in reader if row]
    except FileNotFoundError:
        raise CohortError(f"There is no {path.name}.", where=path.parent) from None
    except UnicodeDecodeError:
        raise CohortError(
            f"{path.name} is not UTF-8 text.", where=path, do="save it as CSV UTF-8"
        ) from None
    except csv.Error as problem:
        raise CohortError(f"{path.name} is not CSV.", found=problem, where=path) from None
    if not lines:
        raise CohortError(f"{path.name} is empty.", expected=", ".join(columns), where=path)
    header = [name.strip() for name in lines[0][1]]
    _require_columns(path, header, columns)
    _require_whole_rows(path, header, lines[1:])
    table = pd.DataFrame(
        [[cell.strip() for cell in row] for _, row in lines[1:]],
        columns=header,
        index=pd.Index([number for number, _ in lines[1:]], name="line"),
        dtype=object,
    )
    wanted = [*columns, *(name for name in header if name not in columns)]
    return table.reindex(columns=wanted, fill_value="")


def _require_columns(path: Path, header: list[str], columns: tuple[str, ...]) -> None:
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise CohortError(
            f"{path.parent.name}: {path.name} has a column twice.",
            found=", ".join(repeated),
            where=path,
        )
    absent = [name for name in columns if name not in header]
    needed = [name for name in _NEEDED.get(path.name, columns) if name in absent]
    unknown = [name for name in header if name not in columns]
    misspelt = [name for name in unknown if difflib.get_close_matches(name, absent, cutoff=0.8)]
    if needed or misspelt:
        raise CohortError(
            f"{path.parent.name}: {path.name} does not have the columns that it needs.",
            found=", ".join(misspelt) or f"no {', '.join(needed)}",
            expected=", ".join(columns),
            where=path,
        )


def _require_whole_rows(path: Path, header: list[str], lines: list[tuple[int, list[str]]]) -> None:
    ragged = [(number, len(row)) for number, row in lines if len(row) != len(header)]
    if ragged:
        raise CohortError(
            f"{path.parent.name}: {len(ragged)} of {len(lines):,} rows of {path.name} "
            "have too few or too many cells.",
            found=", ".join(f"{cells} cells in line {number}" for number, cells in ragged[:5]),
            expected=f"{len(header)} cells; text with a comma stands in double quotes",
            where=path,
        )
