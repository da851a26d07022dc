"""One report from a cohort: what is due is run, what was made is bound, nothing is half replaced.

What may stop within a second (nothing is due, or a parameter is wrong) is settled with the
standard library alone; papermill and the page are imported when there is something to make.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from careersurvey.errors import ReportError
from careersurvey.evidence.project import project_root
from careersurvey.presentation import report_state as state
from careersurvey.presentation.notebooks import Notebook, check_parameters, read_notebook

if TYPE_CHECKING:
    from careersurvey.presentation.notebooks_run import Run

#: The survey whose exhibits are committed, beside the data that they show.
COMMITTED = Path("data") / "ofsted-2013"
_STAGING = "making"
_DOCUMENTS = {".html", ".xlsx"}


@dataclass(frozen=True)
class Site:
    """Where a cohort's report is made from and where it goes.

    Attributes
    ----------
    root : Path
        The project's folder: ``notebooks/``, ``data/``, ``src/``.
    cohort : Path
        The cohort's folder.
    settings : dict
        The cohort's ``cohort.toml``.
    build, figures : Path
        Where the report and its figures stand when they are whole.
    """

    root: Path
    cohort: Path
    settings: dict
    build: Path
    figures: Path

    @property
    def report(self) -> Path:
        """The bound report."""
        return self.build / "report.html"


def run_report(
    cohort: str | Path,
    baseline: str | Path | None = None,
    jobs: int | None = None,
    *,
    parameters: Mapping[str, object] | None = None,
    root: Path | None = None,
    quiet: bool = False,
) -> None:
    """Make the report of a cohort, or say that it is up to date.

    Parameters
    ----------
    cohort : str or Path
        A cohort folder; a relative one is tried from the working directory, then from the project.
    baseline : str or Path, optional
        The cohort to compare with. A notebook with a `baseline` parameter runs only with one.
    jobs : int, optional
        How many notebooks run at once; by default as many as there are cores.
    parameters : mapping of str to object, optional
        Values in place of the notebooks' defaults, each for every notebook that takes it.
    root : Path, optional
        The project's folder, by default the one that holds this package.
    quiet : bool, optional
        Write no progress on standard error.

    Raises
    ------
    CohortError
        `cohort` or `baseline` is not a cohort folder.
    ReportError
        A notebook failed or cannot take what it is given, or the report is being made elsewhere.
    """
    begun = time.perf_counter()
    site = _site(cohort, root or project_root())
    other = None if baseline is None else _folder(baseline, site.root)
    found = [read_notebook(path) for path in sorted((site.root / "notebooks").glob("*.ipynb"))]
    pages = _pages(found, with_baseline=other is not None)
    given = dict(parameters or {}) | _own_parameters(site, other)
    _check_all(pages, given)
    workers = _workers(jobs)
    with _alone(site):
        keys = state.keys(site.root, site.cohort, other, pages, given, found)
        ran = _make(site, pages, keys, given, workers, quiet)
    _tell(_last_line(site, ran, time.perf_counter() - begun), quiet)


def _site(cohort: str | Path, root: Path) -> Site:
    folder = _folder(cohort, root)
    settings = _settings(folder, root)
    build = root / "build" / settings["cohort"]["id"]
    committed = folder == (root / COMMITTED).resolve()
    figures = root / "figures" / COMMITTED.name if committed else build / "figures"
    return Site(root, folder, settings, build, figures)


def _folder(cohort: str | Path, root: Path) -> Path:
    for folder in (Path(cohort).expanduser(), root / cohort):
        if (folder / "cohort.toml").is_file():
            return folder.resolve()
    from careersurvey.evidence.project import cohort_folder

    return cohort_folder(cohort)


def _settings(folder: Path, root: Path) -> dict:
    from careersurvey.evidence.project import require_own_id
    from careersurvey.evidence.settings import read_settings

    settings = read_settings(folder / "cohort.toml")
    require_own_id(settings.cohort.id, folder, root)
    return settings.model_dump()


def _pages(found: list[Notebook], with_baseline: bool) -> list[Notebook]:
    pages = [page for page in found if with_baseline or "baseline" not in page.takes]
    if not pages:
        raise ReportError(
            "There is no notebook to run.",
            found=f"{len(found)} files in notebooks/",
            expected="notebooks/*.ipynb",
            do="run it from a whole copy of the project",
        )
    return pages


def _own_parameters(site: Site, baseline: Path | None) -> dict[str, object]:
    own = {"cohort": _from_root(site.cohort, site.root)}
    return own if baseline is None else own | {"baseline": _from_root(baseline, site.root)}


def _from_root(path: Path, root: Path) -> str:
    """Path as a notebook is given it: inside the project the same on every machine."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _check_all(pages: list[Notebook], given: Mapping[str, object]) -> None:
    taken = frozenset[str]().union(*(page.takes for page in pages))
    for page in pages:
        own = {"cohort"} | (set(given) - taken)
        check_parameters(page, {k: v for k, v in given.items() if k in own | page.takes})


def _workers(jobs: int | None) -> int:
    if jobs is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if jobs < 1:
        raise ReportError(
            "The report needs at least one notebook at a time.",
            found=jobs,
            expected="a whole number of 1 or more",
            where="--jobs",
            do="leave it out for as many as there are cores",
        )
    return jobs


@contextmanager
def _alone(site: Site) -> Iterator[None]:
    """Hold the build folder; the system lets go of it when this program ends, however it ends."""
    import fcntl

    site.build.mkdir(parents=True, exist_ok=True)
    with (site.build / "lock").open("a") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ReportError(
                f"{site.build.name}: its report is being made by another program.",
                where=_from_root(site.build, site.root),
                do="wait until that one has ended",
            ) from None
        # Whatever a killed program left there was never whole.
        shutil.rmtree(site.build / _STAGING, ignore_errors=True)
        yield


def _make(
    site: Site,
    pages: list[Notebook],
    keys: state.Keys,
    given: Mapping[str, object],
    workers: int,
    quiet: bool,
) -> int | None:
    """Number of notebooks run, or None when nothing was due."""
    record = state.read(site.build)
    due = [page for page in pages if not _stands(site, record, page, keys)]
    if not due and state.report_stands(record, site.report, keys):
        return None
    with _staging(site) as staging:
        _run(site, due, given, staging, workers, quiet)
        made = {page.path.stem: _made(site, staging, page, keys) for page in due}
        parts = {page.path.stem: record["pages"].get(page.path.stem) for page in pages} | made
        _refuse_twins(parts)
        _bind(site, pages, given, staging)
        _move_in(site, staging, record["pages"], parts)
    state.write(site.build, parts, keys, site.report)
    return len(due)


def _stands(site: Site, record: dict, page: Notebook, keys: state.Keys) -> bool:
    part = record["pages"].get(page.path.stem)
    if part is None or part["key"] != keys.pages[page.path.stem]:
        return False
    executed = {site.build / "notebooks" / page.path.name: part["executed"]}
    return state.stand(
        executed | {_place(site, name): made for name, made in part["files"].items()}
    )


def _place(site: Site, name: str) -> Path:
    """Where a notebook's file stands: documents beside the report, pictures and data apart."""
    return (site.build if Path(name).suffix in _DOCUMENTS else site.figures) / name


@contextmanager
def _staging(site: Site) -> Iterator[Path]:
    """A folder beside the outputs, on the same disk, so that moving in is one step a file."""
    staging = site.build / _STAGING
    staging.mkdir()
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _run(
    site: Site,
    due: list[Notebook],
    given: Mapping[str, object],
    staging: Path,
    workers: int,
    quiet: bool,
) -> None:
    if not due:
        return
    from careersurvey.presentation.notebooks_run import run_side_by_side

    shutil.rmtree(site.build / "failed", ignore_errors=True)
    runs = [_staged(site, page, given, staging) for page in due]
    folders = [site.cohort, *([site.root / str(given["baseline"])] if "baseline" in given else [])]
    run_side_by_side(runs, workers, lambda: _require_sound(folders), quiet)


def _require_sound(folders: list[Path]) -> None:
    """Refuse cohorts with anything amiss: a figure of a mistyped row would look like any other."""
    from careersurvey.evidence.checks import screen
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.evidence.findings import require

    for cohort in map(load_cohort, folders):
        require(screen(cohort), cohort.id)


def _staged(site: Site, page: Notebook, given: Mapping[str, object], staging: Path) -> Run:
    from careersurvey.presentation.notebooks_run import Run

    figures = _staged_figures(staging, page)
    figures.mkdir(parents=True)
    values = {name: value for name, value in given.items() if name in page.takes}
    return Run(
        name=page.path.stem,
        title=page.title,
        source=page.path,
        output=staging / "notebooks" / page.path.name,
        parameters=values,
        figures=figures,
        folder=site.root,
        kept=site.build / "failed" / page.path.name,
    )


def _staged_figures(staging: Path, page: Notebook) -> Path:
    return staging / "figures" / page.path.stem


def _made(site: Site, staging: Path, page: Notebook, keys: state.Keys) -> dict:
    return state.made(
        keys.pages[page.path.stem],
        staging / "notebooks" / page.path.name,
        _staged_figures(staging, page),
    )


def _refuse_twins(parts: Mapping[str, dict]) -> None:
    owner: dict[str, str] = {}
    for page, part in parts.items():
        for figure in part["files"]:
            if owner.setdefault(figure, page) != page:
                raise ReportError(
                    f"{page}: it writes a file that {owner[figure]} writes too.",
                    found=figure,
                    expected="a name of its own for every exhibit",
                    where="notebooks/",
                    do="rename one of the two",
                )


def _bind(site: Site, pages: list[Notebook], given: Mapping[str, object], staging: Path) -> None:
    from careersurvey.evidence.checks import as_table, screen
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.presentation import page as bound

    books = []
    for page in pages:
        fresh = staging / "notebooks" / page.path.name
        stood = site.build / "notebooks" / page.path.name
        books.append(bound.read_executed(fresh if fresh.exists() else stood))
    facts = state.facts(site.root, site.cohort)
    values = _values(pages, given)
    checked = as_table(screen(load_cohort(site.cohort)))
    html = bound.bind(site.settings, books, values, facts, _readings(site, values), checked)
    (staging / "report.html").write_text(html, encoding="utf-8")


def _values(pages: list[Notebook], given: Mapping[str, object]) -> dict[str, object]:
    """Every parameter with the value that the notebooks ran with."""
    defaults = {p.name: p.default for page in pages for p in page.parameters}
    return defaults | dict(given)


def _readings(site: Site, values: Mapping[str, object]) -> Path:
    return site.root / (str(values.get("readings") or "") or Path("data") / "readings.csv")


def _move_in(site: Site, staging: Path, before: Mapping[str, dict], parts: Mapping) -> None:
    for page in parts:
        folder = staging / "figures" / page
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            _replace(path, _place(site, path.relative_to(folder).as_posix()))
    for path in sorted((staging / "notebooks").glob("*")):
        _replace(path, site.build / "notebooks" / path.name)
    _replace(staging / "report.html", site.report)
    kept = {_place(site, name) for part in parts.values() for name in part["files"]}
    kept |= {site.build / "notebooks" / f"{page}.ipynb" for page in parts}
    once = {_place(site, name) for part in before.values() for name in part["files"]}
    for path in {*once, *site.figures.rglob("*"), *(site.build / "notebooks").rglob("*")} - kept:
        if path.is_file():
            path.unlink()


def _replace(made: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(made, path)


def _last_line(site: Site, ran: int | None, seconds: float) -> str:
    report = _from_root(site.report, site.root)
    if ran is None:
        return f"{report} is up to date."
    notebooks = "1 notebook" if ran == 1 else f"{ran} notebooks"
    return f"{report} is made: {notebooks} run in {seconds:.1f} s."


def _tell(line: str, quiet: bool) -> None:
    if not quiet:
        print(line, file=sys.stderr)
