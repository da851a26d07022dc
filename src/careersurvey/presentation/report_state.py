"""What a report was made from, so that only what changed is made again.

Checksums of contents, not times: a fresh clone, a copied folder and a change that was taken back
all give the right answer.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from careersurvey.presentation.notebooks import Notebook

_FILE = "state.json"
_PART = ("key", "executed", "files")
#: Reading a file of gigabytes would take longer than the report: its size and time tell instead.
_READ_WHOLE = 64 * 2**20


@dataclass(frozen=True)
class Keys:
    """Checksums of everything that a report depends on.

    Attributes
    ----------
    pages : dict of str to str
        For each notebook its source, the package, the data, the lock and its parameters.
    report : str
        All of these, in order, and the git revision, which the report prints.
    """

    pages: dict[str, str]
    report: str


def keys(
    root: Path,
    cohort: Path,
    baseline: Path | None,
    pages: list[Notebook],
    given: Mapping[str, object],
    others: list[Notebook],
) -> Keys:
    """Checksums of what each notebook and the bound report are made from.

    Parameters
    ----------
    root, cohort : Path
    baseline : Path or None
        Read by the notebooks with a `baseline` parameter only.
    pages : list of Notebook
    given : mapping of str to object
        Parameters in place of the defaults.
    others : list of Notebook
        All notebooks, run or not, for those that list what the others name.

    Returns
    -------
    Keys
    """
    shared = [platform.python_version(), package(root), data(root, cohort)]
    compared = "" if baseline is None else data(root, baseline)
    named = _digest([[page.path.stem, page.names] for page in others])
    found = {}
    for page in pages:
        values = {name: value for name, value in given.items() if name in page.takes}
        read = [compared if "baseline" in page.takes else "", named if page.reads_notebooks else ""]
        made_from = [*shared, *read, page.checksum, sorted(values.items())]
        found[page.path.stem] = _digest(made_from)
    return Keys(found, _digest([list(found.items()), revision(root)]))


def data(root: Path, cohort: Path) -> str:
    """SHA-256 of a cohort's folder and of the tables that all cohorts share.

    Parameters
    ----------
    root, cohort : Path

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    own = {f"cohort/{path.relative_to(cohort).as_posix()}": path for path in _files(cohort)}
    shared = {f"shared/{path.name}": path for path in _only_files((root / "data").glob("*.csv"))}
    return _digest({name: _checksum(path) for name, path in sorted((own | shared).items())})


def package(root: Path) -> str:
    """SHA-256 of the package's sources and of the lock of what it is installed with."""
    lock = _only_files([root / "requirements.lock"])
    paths = [*_files(root / "src" / "careersurvey"), *lock]
    return _digest({path.relative_to(root).as_posix(): _checksum(path) for path in paths})


def revision(root: Path) -> str:
    """The commit that notebooks, data and package stand at, and whether they were changed since."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return "not under git"
    changed = _git(root, "status", "--porcelain", "--", "src", "data", "notebooks")
    return f"{commit}, with changes that are not committed" if changed else commit


def facts(root: Path, cohort: Path) -> dict[str, str]:
    """What a reader needs to make the same report again: revision, data and versions.

    Parameters
    ----------
    root, cohort : Path

    Returns
    -------
    dict of str to str
        In the order in which the report prints them.
    """
    names = [_bare_name(line) for line in metadata.requires("careersurvey") or []]
    versions = {name: metadata.version(name) for name in sorted(names) if name}
    return {
        "Git revision": revision(root),
        "Data (SHA-256)": data(root, cohort),
        "careersurvey": metadata.version("careersurvey"),
        "Python": platform.python_version(),
    } | versions


def made(key: str, executed: Path, folder: Path) -> dict:
    """Record of one notebook's outputs: its key and the checksum of every file that it wrote."""
    files = {path.relative_to(folder).as_posix(): _checksum(path) for path in _files(folder)}
    return {"key": key, "executed": _checksum(executed), "files": files}


def read(build: Path) -> dict:
    """Record of the last whole report; an empty one where there is none or it cannot be read."""
    try:
        record = json.loads((build / _FILE).read_text(encoding="utf-8"))
        parts = {name: {k: part[k] for k in _PART} for name, part in record["pages"].items()}
        return {"pages": parts, "report": dict(record["report"])}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {"pages": {}, "report": {}}


def write(build: Path, parts: Mapping[str, dict], keys: Keys, report: Path) -> None:
    """Record what now stands. Written last: until then the files on disk speak for themselves."""
    record = {"pages": dict(parts), "report": {"key": keys.report, "file": _checksum(report)}}
    beside = build / f"{_FILE}.new"
    beside.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    beside.replace(build / _FILE)


def stand(made: Mapping[Path, str]) -> bool:
    """Whether every file is there with the contents that it was made with."""
    return all(path.is_file() and _checksum(path) == value for path, value in made.items())


def report_stands(record: dict, report: Path, keys: Keys) -> bool:
    """Whether the bound report is as it was made, from what it would be now."""
    stood = record["report"]
    return stood.get("key") == keys.report and stand({report: stood.get("file", "")})


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in _only_files(folder.rglob("*"))
        if path.suffix != ".pyc" and not path.name.startswith((".", "~$"))
    ]


def _only_files(paths: Iterable[Path]) -> list[Path]:
    return sorted(path for path in paths if path.is_file())


def _checksum(path: Path) -> str:
    about = path.stat()
    if about.st_size > _READ_WHOLE:
        return f"{about.st_size} bytes at {about.st_mtime_ns}"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(what: object) -> str:
    return hashlib.sha256(json.dumps(what, ensure_ascii=False).encode()).hexdigest()


def _bare_name(requirement: str) -> str:
    """Name of a dependency that is always installed; empty for that of an extra."""
    return "" if "extra ==" in requirement else re.match(r"[\w.-]+", requirement).group()


def _git(root: Path, *words: str) -> str | None:
    try:
        told = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return told.stdout.strip()
