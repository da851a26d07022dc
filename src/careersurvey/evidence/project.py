"""Where things are: the project that one works in, and what is shipped with the package."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from careersurvey.errors import CohortError
from careersurvey.evidence.text import near, so_many

_PACKAGE = Path(__file__).resolve().parents[1]
#: Ids of the cohorts of the package; any other folder under ``data/`` is somebody's own.
SHIPPED = (
    "ofsted-2013",
    "ofsted-2023",
    "example-2026",
    *(f"cec-compass-{year}" for year in ("2014", "2016-17", "2017-18", "2018-19")),
    *(f"cec-compass-{year}" for year in ("2022-23", "2023-24", "2024-25")),
)
_SHARED_TABLES = ("readings*.csv", "codebook.csv", "crosswalk.csv", "indicators.csv", "phrases.csv")
_LAID = {"data": (*SHIPPED, *_SHARED_TABLES, "*.md"), "notebooks": ("*.ipynb",)}


def project_root() -> Path:
    """Nearest folder, from the working directory up, with ``data/`` and ``notebooks/``; else it."""
    here = Path.cwd()
    above = (here, *here.parents)
    laid = (folder for folder in above if all((folder / part).is_dir() for part in _LAID))
    return next(laid, here)


def shared_data() -> Path:
    """Folder of the tables that all cohorts share: the project's own, else the shipped one."""
    own = project_root() / "data"
    return own if (own / "indicators.csv").is_file() else shipped("data")


def shared_notebooks() -> Path:
    """Folder of the pages of a report: the project's own, else the shipped one."""
    own = project_root() / "notebooks"
    return own if own.is_dir() else shipped("notebooks")


def shipped(name: str) -> Path:
    """Folder that comes with the package: inside an installation, beside the source in a clone."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parents[1] / name


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A folder to write into, which stands in its place once it is whole, and else not at all."""
    import tempfile

    target = target.absolute()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        held = "" if target.is_file() else so_many(len([*target.iterdir()]), "entry", "entries")
        raise CohortError(
            f"{target} is not an empty folder.",
            found=held or "a file",
            expected="a folder that does not exist yet, or is empty",
            do="name another folder",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as making:
        folder = Path(making) / target.name
        folder.mkdir()
        yield folder
        if not target.exists():
            folder.replace(target)
            return
        # An empty folder stays the one that somebody stands in.
        for part in folder.iterdir():
            part.replace(target / part.name)


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place when it is whole; one that stands there is lost no sooner."""
    place = path.resolve()
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        if place.exists():
            beside.chmod(place.stat().st_mode)
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)


def cohort_folder(cohort: str | os.PathLike[str]) -> Path:
    """Find a cohort's folder."""
    if not isinstance(cohort, str | os.PathLike):
        raise CohortError(
            "A cohort is named by its folder or its id.",
            found=repr(cohort)[:60],
            expected="text or a path, such as ofsted-2013",
        )
    named = os.path.expanduser(cohort)
    tried = [Path(named), project_root() / named, *(data / named for data in _data_folders())]
    for path in tried:
        if os.path.isfile(path / "cohort.toml"):
            return path.resolve()
    if there := [path for path in tried if os.path.exists(path)]:
        raise CohortError(
            f"{cohort} is not a cohort folder.",
            found="a folder without cohort.toml" if os.path.isdir(there[0]) else "a file",
            do="name the folder that has cohort.toml, or write one with `careersurvey new DIR`",
        )
    known = known_cohorts()
    close = near(os.path.basename(os.path.normpath(named)), known)
    raise CohortError(
        f"There is no folder {cohort}.",
        expected=f"a cohort folder, or the id of a shipped one: {close or ', '.join(known)}",
    )


def from_root(path: Path) -> str:
    """Path as it is told: inside the project the same on every machine."""
    root = project_root().resolve()
    path = path.resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def name_of(cohort: Path) -> str:
    """How a notebook is told of a cohort: its id where that leads to it, else its folder."""
    known = cohort.parent in [folder.resolve() for folder in _data_folders()]
    return cohort.name if known else from_root(cohort)


def _data_folders() -> list[Path]:
    return [project_root() / "data", shipped("data")]


def known_cohorts() -> list[str]:
    """Folders of the cohorts of the project and of those that are shipped."""
    folders = {path.parent.name for data in _data_folders() for path in data.glob("*/cohort.toml")}
    return sorted(folders)


def start_project(folder: Path) -> str:
    """Lay a project: the shared tables, the shipped cohorts and the notebooks, to be changed."""
    import shlex
    import shutil

    with new_folder(folder) as project:
        for name, laid in _LAID.items():
            for source in sorted(shipped(name).rglob("*")):
                parts = source.relative_to(shipped(name)).parts
                needed = not any(map(_hidden, parts)) and any(map(Path(parts[0]).match, laid))
                if needed and source.is_file():
                    project.joinpath(name, *parts).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(source, project.joinpath(name, *parts))
    there = shlex.quote(str(folder))
    return (
        f"Laid {folder}: data/ has the shipped cohorts, notebooks/ the pages of a report.\n"
        f"  do        cd {there}, then `careersurvey report example-2026 --baseline ofsted-2013`"
    )


def _hidden(name: str) -> bool:
    """What no project needs; what keeps answers out of version control is not among it."""
    return name.startswith((".", "__")) and name != ".gitignore"
