"""Where what is made of a cohort goes."""

from __future__ import annotations

import os
from pathlib import Path

from careersurvey.errors import ReportError
from careersurvey.evidence.project import project_root, shipped

#: Set by `report` for its notebooks: the folder in which their exhibits are made, to be moved into
#: place together when all are whole.
FIGURES = "CAREERSURVEY_FIGURES"


def build_folder(cohort: Path, cohort_id: str) -> Path:
    """Folder of everything that is made of a cohort, in the project that one works in.

    Parameters
    ----------
    cohort : Path
        The cohort's folder.
    cohort_id : str

    Raises
    ------
    ReportError
        If another cohort of the project, or one that is shipped, has this id.
    """
    for data in (project_root() / "data", shipped("data")):
        other = data / cohort_id
        if (other / "cohort.toml").is_file() and not _is_of(other, cohort):
            raise ReportError(
                f"{cohort_id}: two cohorts have this id, and their outputs would be one folder.",
                found=cohort,
                expected="an id of its own for every cohort",
                where=f"id in {cohort / 'cohort.toml'}",
                do=f"give this cohort another id; {cohort_id} is {other}",
            )
    return project_root() / "build" / cohort_id


def _is_of(other: Path, cohort: Path) -> bool:
    """Whether a folder is the cohort's, or the shipped one that the project has a copy of."""
    own = project_root() / "data" / other.name
    return cohort.resolve() in (other.resolve(), own.resolve())


def figures_folder(cohort: Path, cohort_id: str) -> Path:
    """Folder of a cohort's exhibits: where `report` makes them, else the cohort's own build."""
    given = os.environ.get(FIGURES)
    return Path(given) if given else build_folder(cohort, cohort_id) / "figures"
