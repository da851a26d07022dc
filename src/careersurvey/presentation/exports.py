"""Tables as text and as files that other programs read."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from careersurvey.errors import ReportError
from careersurvey.presentation.tables import csv_text


def json_text(frame: pd.DataFrame) -> str:
    """Write a data frame as a JSON list of rows, null where there is no value."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _csv_bytes(frame: pd.DataFrame, _: str) -> bytes:
    return csv_text(frame).encode()


def _json_bytes(frame: pd.DataFrame, _: str) -> bytes:
    return json_text(frame).encode()


def _workbook(frame: pd.DataFrame, name: str) -> bytes:
    from careersurvey.presentation.documents import Sheet, workbook

    about = {"title": name.capitalize(), "Made by": "careersurvey"}
    return workbook(about, [], [Sheet(name, name.capitalize(), "careersurvey", frame)])


#: Writers by the ending of a file.
WRITERS: dict[str, Callable[[pd.DataFrame, str], bytes]] = {
    ".csv": _csv_bytes,
    ".json": _json_bytes,
    ".xlsx": _workbook,
}


def save_table(frame: pd.DataFrame, path: Path, name: str = "table") -> None:
    """Write a data frame to a file of the kind that its ending names.

    Parameters
    ----------
    frame : DataFrame
    path : Path
        A file that ends in ``.csv``, ``.json`` or ``.xlsx``, replaced only by a whole one; or a
        device such as ``/dev/stdout``, which takes CSV.
    name : str, optional
        What the table is, for the sheet of a workbook.

    Raises
    ------
    ReportError
        If the ending is none of these, or the file cannot be written.
    """
    special = path.exists() and not path.is_file() and not path.is_dir()
    device = special or path.is_relative_to("/dev")
    write = _csv_bytes if device else WRITERS.get(path.suffix.lower())
    if write is None:
        raise ReportError(
            f"{path.name} has an ending that no table is written to.",
            found=path.suffix or "none",
            expected=", ".join(WRITERS),
            do="give it one of these endings",
        )
    try:
        if device:
            path.write_bytes(write(frame, name))
        else:
            write_whole(path, write(frame, name))
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
