"""Where what is made of a cohort goes, what it was made from, and how it changes as a set.

Only the standard library is needed to know that nothing is due.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import shutil
import site
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from careersurvey.errors import CohortError, ReportError
from careersurvey.evidence.project import from_root, project_root, shipped
from careersurvey.evidence.settings_run import run

if TYPE_CHECKING:
    from careersurvey.evidence.cohort import Cohort

Found = TypeVar("Found")

#: What was read, by which revision, and how long each page took: one a report.
LOG = "report.log"
#: In the folder of a report that is being made: what its notebooks work out once for each other.
ONCE = "once"
#: Written last into a cohort's build: what it was made from, and the files that it made.
_RECORD = "made.json"
#: What stands in a cohort's build and is no part of its report: coded answers, and what was
#: changed by hand in a report that has been replaced.
_KEPT = ("answers", "edited")
#: Reading a file of gigabytes would take longer than the report: its size and times tell instead.
_READ_WHOLE = 64 * 2**20


def build_folder(cohort: Path, cohort_id: str) -> Path:
    """Folder of all that is made of a cohort, in one's project; not another cohort's."""
    root = project_root()
    build = root / "build" / cohort_id
    if cohort.resolve().is_relative_to(build.resolve()):
        raise CohortError(
            f"{cohort_id}: its report would take the place of the cohort.",
            found=cohort,
            expected=f"a folder outside {from_root(build)}, where the report goes",
            do="move the cohort to data/, or elsewhere",
        )
    homes = [data / cohort_id for data in (root / "data", shipped("data"))]
    homes.append(root / read_record(build).get("cohort", "nowhere"))
    home = next((home for home in homes if (home / "cohort.toml").is_file()), cohort)
    if home.resolve() == cohort.resolve():
        return build
    raise CohortError(
        f"{cohort_id}: there is another cohort of this id.",
        found=cohort,
        expected=f"an id of its own: {cohort_id} is the cohort in {from_root(home)}",
        where="cohort.toml [cohort] id",
        do="give this cohort another id",
    )


def file_stem(name: str) -> str:
    """A name itself where any file may have it; else what is left of it, and a digest."""
    left = re.sub(r"[^\w-]+", "-", name)[:80]
    return name if left == name else f"{left}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def being_made() -> Path | None:
    """Folder of the report that this notebook is run for; None where it is run by hand."""
    given = run().figures
    return Path(given).parents[1] if given else None


def figures_folder(cohort: Path, cohort_id: str) -> Path:
    """Folder of a cohort's exhibits: where `report` makes them, else the cohort's own build."""
    given = run().figures
    return Path(given) if given else build_folder(cohort, cohort_id) / "figures"


def once(
    work: Callable[..., Found], *cohorts: Cohort, made: Path | None = None, **how: object
) -> Found:
    """Work something out of cohorts and options alone; in a report once for all notebooks."""
    import fcntl

    made = (made or being_made() or Path(os.devnull)) / ONCE
    if not made.is_dir():
        return work(*cohorts, **how)
    options = sorted((name, str(value)) for name, value in how.items())
    asked = repr((work.__module__, work.__name__, [str(one.folder) for one in cohorts], options))
    with (made / hashlib.sha256(asked.encode()).hexdigest()).open("a+b") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        if held.seek(0, os.SEEK_END) == 0:
            pickle.dump(work(*cohorts, **how), held)
        held.seek(0)
        return pickle.load(held)


# ---- what it was made from ----------------------------------------------------------------------


def read_from(
    sources: Iterable[Path], build: Path, settings: Mapping[str, object]
) -> dict[str, str]:
    """All that decides what a report is, by name, but its own build; what is installed too."""
    files = {path for source in sources for path in _files(source, without=build)}
    found = {from_root(path): checksum(path) for path in sorted(files)}
    told = {name: json.dumps(value, sort_keys=True) for name, value in settings.items()}
    places = {place for place in (*site.getsitepackages(), *sys.path) if place}
    beside = {path.name for place in places for path in Path(place).glob("*.dist-info")}
    return found | told | {"what is installed": "; ".join([sys.version, *sorted(beside)])}


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What is new, changed or gone, in words."""
    told = {name: "is new" for name in now if name not in before}
    told |= {name: "changed" for name in now if before.get(name, now[name]) != now[name]}
    told |= {name: "is gone" for name in before if name not in now}
    return [f"{name} {how}" for name, how in sorted(told.items())]


def revision(sources: Iterable[Path]) -> str:
    """The last commit of what a report is made from, and whether that was changed since."""
    root = project_root().resolve()
    within = [from_root(path) for path in sources if path.resolve().is_relative_to(root)]
    commit = _git("log", "-1", "--format=%H", "--", *within) if within else ""
    if not commit:
        return "not under git"
    changed = _git("status", "--porcelain", "--", *within)
    return f"{commit}, with changes that are not committed" if changed else commit


def _git(*words: str) -> str:
    command = ["git", "-C", str(project_root()), *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def checksum(path: Path) -> str:
    """SHA-256 of a file's bytes; of a very large one its size and times."""
    about = path.stat()
    if about.st_size > _READ_WHOLE:
        # The last of these tells it from another that was given its size and its time.
        return f"{about.st_size} bytes at {about.st_mtime_ns}, put there at {about.st_ctime_ns}"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def checksums(folder: Path) -> dict[str, str]:
    """Every file of a folder that was made, by its path there, with its checksum."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(_files(folder))}
    return {
        name: checksum(path)
        for name, path in found.items()
        if name not in (_RECORD, LOG) and name.partition("/")[0] not in (*_KEPT, "failed")
    }


def standing(
    folders: Iterable[Path], at: Callable[[Path], Path] = lambda folder: folder
) -> dict[str, str]:
    """Every file that was made, by its path, with its checksum; the folders are where `at` says."""
    return {
        from_root(folder / name): sha
        for folder in folders
        for name, sha in checksums(at(folder)).items()
    }


def _files(source: Path, without: Path | None = None) -> Iterator[Path]:
    """A file, or those below a folder that are not hidden; links that lead in a ring end."""
    if source.is_file():
        yield source
        return
    seen = {os.path.realpath(without)} if without else set()
    for folder, folders, names in os.walk(source, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen or folder.endswith("__pycache__"):
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in names if not name.startswith((".", "~$")))


def read_record(build: Path) -> dict:
    """What a build was made from and consists of; empty where it was not made whole."""
    try:
        return dict(json.loads((build / _RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def write_record(build: Path, record: Mapping[str, object]) -> None:
    """Say what a build was made from and consists of; nothing is written into it afterwards."""
    (build / _RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


# ---- how it changes as a set --------------------------------------------------------------------


def beside(folder: Path) -> Path:
    """Where a folder's successor is made, on the same disk."""
    return _at(folder, "new")


def _at(folder: Path, what: str) -> Path:
    """A hidden name beside a folder."""
    return folder.with_name(f".{folder.name}.{what}")


def exchange(folders: Iterable[Path]) -> None:
    """Put what was made in its place; who is killed meanwhile leaves each folder old or new."""
    for folder in folders:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.exists():
            folder.rename(_at(folder, "old"))
        beside(folder).rename(folder)


def keep_edited(build: Path) -> Path | None:
    """Copy aside the documents that somebody changed in a build, or put there; say where."""
    holds, now = read_record(build).get("holds") or {}, checksums(build).items()
    changed = [name for name, sha in now if holds.get(from_root(build / name)) != sha]
    edited = [name for name in changed if not name.startswith(("figures/", "notebooks/"))]
    aside = build / "edited" / time.strftime("%Y-%m-%d-%H%M%S")
    for name in edited:
        (aside / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(build / name, aside / name)
    return aside if edited else None


def _clear_up(folder: Path) -> None:
    """End an exchange, also one that was cut short, and remove what was left half made."""
    new, old = beside(folder), _at(folder, "old")
    if old.exists() and not folder.exists():
        old.rename(folder)
    for kept in _KEPT:
        if (old / kept).exists() and not (folder / kept).exists():
            (old / kept).rename(folder / kept)
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def alone(folders: Sequence[Path]) -> Iterator[None]:
    """Hold a report's folders, the last its build; clear before and after what is half made."""
    import fcntl

    build = folders[-1]
    build.parent.mkdir(parents=True, exist_ok=True)
    with _at(build, "lock").open("a") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go of however this ends
        except BlockingIOError:
            raise ReportError(
                f"{build.name}: its report is being made by another program.",
                where=from_root(build),
                do="wait until that one has ended",
            ) from None
        try:
            for folder in folders:
                _clear_up(folder)
            yield
        finally:
            for folder in folders:
                _clear_up(folder)
