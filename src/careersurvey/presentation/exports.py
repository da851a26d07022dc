"""Tables as text and as files that other programs read."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pandas as pd

from careersurvey.errors import ReportError
from careersurvey.presentation.tables import csv_text


def table_text(frame: pd.DataFrame, form: str) -> str:
    """Write a data frame as CSV, or as a JSON list of rows with null where there is no value."""
    if form == "csv":
        return csv_text(frame)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _workbook(frame: pd.DataFrame, name: str) -> bytes:
    from careersurvey.presentation.documents import Sheet, workbook

    about = {"title": name.capitalize(), "Made by": "careersurvey"}
    return workbook(about, [], [Sheet(name, name.capitalize(), "careersurvey", frame)])


FORMS = ("csv", "json", "xlsx")


def save_table(
    frame: pd.DataFrame, path: Path, name: str = "table", form: str | None = None
) -> None:
    """Write a data frame to a file of the kind that its ending names.

    Parameters
    ----------
    frame : DataFrame
    path : Path
        A file that ends in ``.csv``, ``.json`` or ``.xlsx``, replaced only by a whole one; or a
        device such as ``/dev/stdout``, which takes what `form` says.
    name : str, optional
        What the table is, for the sheet of a workbook.
    form : {"csv", "json"}, optional
        For a device; by default CSV.

    Raises
    ------
    ReportError
        If the ending is none of these, or the file cannot be written.
    """
    device = path.is_relative_to("/dev") or (path.exists() and not path.is_file())
    form = form or "csv" if device else path.suffix.lower()[1:]
    if form not in FORMS:
        raise ReportError(
            f"{path.name} has an ending that no table is written to.",
            found=path.suffix or "none",
            expected=", ".join(f".{form}" for form in FORMS),
            do="give it one of these endings",
        )
    made = _workbook(frame, name) if form == "xlsx" else table_text(frame, form).encode()
    try:
        path.write_bytes(made) if device else write_whole(path, made)
    except OSError as problem:
        raise ReportError(
            f"{path} cannot be written.", found=problem.strerror, do="name a place that can be"
        ) from None


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place when it is whole; one that stands there is lost no sooner."""
    place = path.resolve()
    handle, beside = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with open(handle, "wb") as file:
            file.write(content)
        os.chmod(beside, place.stat().st_mode if place.exists() else 0o666 & ~_mask())
        os.replace(beside, place)
    except BaseException:
        os.unlink(beside)
        raise


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
