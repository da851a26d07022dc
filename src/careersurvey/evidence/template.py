"""A cohort folder to fill in: blank, or read off somebody's export."""

from __future__ import annotations

import csv
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from careersurvey.errors import CohortError
from careersurvey.evidence.project import shared_data
from careersurvey.evidence.tables import (
    COLUMNS,
    Variable,
    read_codebook,
    read_indicators,
)
from careersurvey.evidence.template_columns import ExportColumn, survey_export
from careersurvey.evidence.template_toml import about, blank_table, export_table
from careersurvey.evidence.text import clean, plural

_OWN = {"codebook.csv", "indicators.csv", "reported.csv", "relations.csv", "crosswalk.csv"}


def new_cohort(folder: Path, export: Path | None = None) -> str:
    """Write a cohort folder to edit, and return what to do next.

    Without an export: ``cohort.toml``, an empty CSV a table with its header, and
    ``questions.csv`` with the wording and the allowed values of every column. From an export:
    the export itself, a ``cohort.toml`` with every column, its different values and the
    variable that asks the same, and TODO where there is none.

    Parameters
    ----------
    folder : Path
        The folder to write; its name becomes the cohort's id.
    export : Path, optional
        A file of answers.

    Raises
    ------
    CohortError
        If the folder is there already, its name cannot be an id, or the export cannot be read.
    """
    _require_new(folder)
    codebook = read_codebook(shared_data() / "codebook.csv")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as name:
        made = Path(name) / folder.name
        made.mkdir()
        said = _from_export(made, export, codebook) if export else _blank(made, codebook)
        made.rename(folder)
    return f"Wrote {folder}: {said}\n  do        careersurvey check {folder}"


def _require_new(folder: Path) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", folder.name):
        raise CohortError(
            "The folder's name cannot be the id of a cohort.",
            found=repr(folder.name),
            expected="letters, digits, - and _",
        )
    if folder.exists():
        raise CohortError(
            f"{folder} is there already.",
            do="choose another name, or remove the folder; nothing was written",
        )


def _blank(folder: Path, codebook: Sequence[Variable]) -> str:
    tables = dict.fromkeys(variable.table for variable in codebook)
    blocks = [about(folder.name)]
    for table in tables:
        names = [variable.name for variable in codebook if variable.table == table]
        _write_rows(folder / f"{table}.csv", names, [])
        blocks.append(blank_table(table, names))
    (folder / "cohort.toml").write_text("\n".join(blocks), encoding="utf-8")
    _write_questions(folder / "questions.csv", codebook, list(tables))
    count = plural(len(tables), "table")
    return f"{count} to fill in; questions.csv has the wording and the values of each column."


def _from_export(folder: Path, export: Path, codebook: Sequence[Variable]) -> str:
    if not export.is_file():
        raise CohortError(f"There is no file {export}.", do="name the export")
    settings, source, table, columns = survey_export(export, codebook)
    name = f"export-{export.name}" if export.name in _OWN else export.name
    shutil.copyfile(export, folder / name)
    among = _among(table)
    described = export_table(table, name, settings, source, columns, among)
    text = about(folder.name) + "\n" + described
    (folder / "cohort.toml").write_text(text, encoding="utf-8")
    asked = {column.variable for column in columns if column.known}
    todo = [column for column in columns if not column.known]
    _propose(folder, table, todo)
    mine = [variable for variable in codebook if variable.name in asked]
    _write_questions(folder / "questions.csv", mine, [table])
    return (
        f"{plural(len(columns), 'column')} of {name} in cohort.toml, {len(asked)} of them known to "
        f"the codebook, {len(todo)} marked TODO; proposed_codebook.csv and "
        "proposed_indicators.csv are where to take new variables from."
    )


def _among(table: str) -> dict[str, str]:
    indicators = read_indicators(shared_data() / "indicators.csv").values()
    mine = [one for one in indicators if one.table == table and one.among]
    return {";".join(one.variables): str(one.among) for one in mine}


def _propose(folder: Path, table: str, columns: list[ExportColumn]) -> None:
    unit = table.removesuffix("s") or table
    codebook = [
        {
            "variable": column.variable,
            "table": table,
            "question": as_text(clean(column.name)),
            "type": column.kind,
            "values": ";".join(column.values),
            "unit": unit,
        }
        for column in columns
    ]
    indicators = [
        {
            "indicator": column.variable,
            "label": as_text(clean(column.name)),
            "section": "answers",
            "unit": unit,
            "table": table,
            "variable": column.variable,
            "measure": _measure(column),
            "categories": ";".join(column.values),
        }
        for column in columns
        if column.kind in ("category", "number")
    ]
    _write_rows(folder / "proposed_codebook.csv", list(COLUMNS["codebook.csv"]), codebook)
    _write_rows(folder / "proposed_indicators.csv", list(COLUMNS["indicators.csv"]), indicators)


def _measure(column: ExportColumn) -> str:
    if column.kind == "number":
        return "mean"
    return "multiple" if column.separator else "share"


def as_text(text: str) -> str:
    """Return text that a spreadsheet shows and never runs: a formula gets an apostrophe."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _write_questions(path: Path, codebook: Sequence[Variable], tables: list[str]) -> None:
    rows = [
        {
            "table": table,
            "variable": variable.name,
            "question": variable.question,
            "type": variable.type,
            "values": "; ".join(variable.values),
            "missing": "; ".join(variable.missing),
        }
        for table in tables
        for variable in codebook
        if variable.table == table
    ]
    _write_rows(path, ["table", "variable", "question", "type", "values", "missing"], rows)


def _write_rows(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
