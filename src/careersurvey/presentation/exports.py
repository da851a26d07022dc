"""Tables as files that other programs read."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from careersurvey.errors import ReportError
from careersurvey.presentation.tables import csv_text, write_workbook


def json_text(frame: pd.DataFrame) -> str:
    """Write a data frame as a JSON list of rows, null where there is no value."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def save_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a data frame to a file of the kind that its ending names.

    Parameters
    ----------
    frame : DataFrame
        The table.
    path : Path
        A file that ends in ``.csv``, ``.json`` or ``.xlsx``; one that stands there is replaced
        only by a whole one.

    Raises
    ------
    ReportError
        If the ending is none of these, or the file cannot be written.
    """
    writers = {".csv": csv_text, ".json": json_text}
    ending = path.suffix.lower()
    try:
        if ending == ".xlsx":
            write_workbook(path, {"estimates": frame})
        elif ending in writers:
            beside = path.with_name(f".{path.name}.part")
            beside.write_text(writers[ending](frame), encoding="utf-8", newline="")
            beside.replace(path)
        else:
            raise ReportError(
                f"{path.name} has an ending that no table is written to.",
                found=path.suffix or "none",
                expected=".csv, .json or .xlsx",
            )
    except OSError as problem:
        raise ReportError(
            f"{path} cannot be written.", found=problem.strerror, do="name a folder that is there"
        ) from None
