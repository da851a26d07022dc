"""A cohort is a folder: what it is, what it measures, what it printed or was answered."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from careersurvey.errors import CohortError
from careersurvey.evidence.project import cohort_folder, shared_data
from careersurvey.evidence.written import (
    CODEBOOK_COLUMNS,
    INDICATOR_COLUMNS,
    RELATION_COLUMNS,
    REPORTED_COLUMNS,
    SCHOOL_COLUMNS,
    read_written,
)

_KINDS_OF_EVIDENCE = ("reported", "respondents")


@dataclass(frozen=True)
class Cohort:
    """One wave of the survey.

    Attributes
    ----------
    id, title : str
        As in ``cohort.toml``; the id names the cohort's folder under ``build/``.
    folder : Path
        Where the cohort's files are.
    evidence : {"reported", "respondents"}
        Whether the cohort is known from printed figures or from answers.
    synthetic : bool
        Whether the data were invented.
    settings : dict
        ``cohort.toml``, whole.
    indicators, codebook, reported, relations, schools : DataFrame
        The tables of evidence as text, ``""`` where empty, the line of the file as index.
        Indicators and codebook are the shared ones, extended by the cohort's own.
    """

    id: str
    title: str
    folder: Path
    evidence: str
    synthetic: bool
    settings: dict[str, Any]
    indicators: pd.DataFrame
    codebook: pd.DataFrame
    reported: pd.DataFrame
    relations: pd.DataFrame
    schools: pd.DataFrame

    @property
    def about(self) -> dict[str, Any]:
        """The ``[cohort]`` table of ``cohort.toml``: provenance, population, sampling."""
        return self.settings["cohort"]

    @property
    def places(self) -> dict[str, int]:
        """The report's places: how many of each kind of paragraph there are."""
        return self.settings.get("places", {})


def load_cohort(folder: str | Path) -> Cohort:
    """Read a cohort's hand-written files; answers stay on disk until they are asked for.

    Parameters
    ----------
    folder : str or Path
        The cohort's folder, from the working directory or from the project's.

    Raises
    ------
    CohortError
        If the folder is not a cohort's or one of its files cannot be read as it must be.
    """
    path = cohort_folder(folder)
    settings = _read_settings(path / "cohort.toml")
    about = settings["cohort"]
    if about["evidence"] == "reported" and not (path / "reported.csv").is_file():
        raise CohortError(
            f"{about['id']}: there is no reported.csv, and the cohort is printed figures.",
            expected="reported.csv, one row a printed figure",
            where=path,
            do='add it, or set evidence = "respondents" in cohort.toml',
        )
    shared = shared_data()
    return Cohort(
        id=about["id"],
        title=about["title"],
        folder=path,
        evidence=about["evidence"],
        synthetic=about.get("synthetic", False),
        settings=settings,
        indicators=_extended(shared, path, "indicators.csv", INDICATOR_COLUMNS),
        codebook=_extended(shared, path, "codebook.csv", CODEBOOK_COLUMNS),
        reported=_own_table(path, "reported.csv", REPORTED_COLUMNS),
        relations=_own_table(path, "relations.csv", RELATION_COLUMNS),
        schools=_schools(path, about["evidence"]),
    )


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise CohortError(
            f"{path.parent.name}: cohort.toml cannot be read.", found=problem, where=path
        ) from None
    about = settings.get("cohort")
    name = path.parent.name
    if not isinstance(about, dict):
        raise CohortError(f"{name}: cohort.toml has no [cohort].", where=path)
    missing = [key for key in ("id", "title", "evidence") if not isinstance(about.get(key), str)]
    if missing:
        raise CohortError(
            f"{name}: [cohort] lacks {', '.join(missing)}.",
            expected='text, such as id = "my-2026"',
            where=path,
        )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", about["id"]):
        raise CohortError(
            f"{name}: the cohort's id cannot name a folder.",
            found=repr(about["id"]),
            expected="letters, digits, - and _",
            where=path,
        )
    if about["evidence"] not in _KINDS_OF_EVIDENCE:
        raise CohortError(
            f"{name}: the kind of evidence is not known.",
            found=repr(about["evidence"]),
            expected=" or ".join(_KINDS_OF_EVIDENCE),
            where=path,
        )
    if not isinstance(about.get("synthetic", False), bool):
        raise CohortError(
            f"{name}: synthetic is true or false, without quotes.",
            found=repr(about["synthetic"]),
            where=path,
        )
    _require_places(path, settings.get("places", {}))
    return settings


def _require_places(path: Path, places: object) -> None:
    numbers = places.values() if isinstance(places, dict) else [places]
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise CohortError(
            f"{path.parent.name}: [places] says how many paragraphs of each kind there are.",
            expected="whole numbers, such as p = 64",
            where=path,
        )


def _extended(shared: Path, own: Path, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    common = read_written(shared / name, columns)
    if not (own / name).exists():
        return common
    added = read_written(own / name, columns)
    key = columns[0]
    kept = common[~common[key].isin(added[key])]
    return pd.concat([kept, added]).fillna("")


def _own_table(folder: Path, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    if (folder / name).exists():
        return read_written(folder / name, columns)
    return pd.DataFrame(columns=list(columns), dtype=object)


def _schools(folder: Path, evidence: str) -> pd.DataFrame:
    try:
        return _own_table(folder, "schools.csv", SCHOOL_COLUMNS)
    except CohortError:
        # An export of answers may have this name too; what is amiss in it is said on import.
        if evidence == "reported":
            raise
        return pd.DataFrame(columns=list(SCHOOL_COLUMNS), dtype=object)
