"""One report from a cohort: whether it is due, how it is made, and that nothing is half replaced.

What may stop within a third of a second (nothing is due) is settled with the standard library
alone; papermill and the page are imported when there is something to make.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from careersurvey.errors import CohortError, ReportError
from careersurvey.evidence.project import (
    SHIPPED,
    cohort_folder,
    from_root,
    name_of,
    project_root,
    shared_data,
    shared_notebooks,
    shipped,
)
from careersurvey.evidence.text import few, names_of
from careersurvey.presentation import outputs

if TYPE_CHECKING:
    import pandas as pd

    from careersurvey.evidence.cohort import Cohort
    from careersurvey.presentation.notebooks import Notebook

#: The survey whose exhibits are committed, beside the data that they show.
COMMITTED = "ofsted-2013"


@dataclass(frozen=True)
class Site:
    """What a report is made from and where it goes."""

    id: str
    cohorts: list[Path]  # its own folder, and that of the cohort that it is compared with
    given: dict[str, str]  # what the notebooks are told of these
    shown: tuple[str, ...]  # the indicators whose rows alone are shown; none means all
    sources: list[Path]  # everything that the report can depend on
    revision: str  # the last commit of the sources, and whether they were changed since
    folders: list[Path]  # all that changes as a set: exhibits to be committed, and the build

    @property
    def build(self) -> Path:
        """Where it stands when it is whole."""
        return self.folders[-1]

    def read(self) -> dict[str, str]:
        """All that decides what the report is."""
        settings = {
            "what was given": self.given,
            "what is to be shown": self.shown,
            "the revision": self.revision,
        }
        return outputs.read_from(self.sources, self.build, settings)


def report(
    cohort: Cohort | str | Path,
    baseline: Cohort | str | Path | None = None,
    jobs: int | None = None,
    *,
    indicators: str | Collection[str] = (),
    quiet: bool = False,
) -> Path:
    """Make the report of a cohort, or say that it is up to date.

    Parameters
    ----------
    cohort : Cohort, str or Path
        The cohort, its folder, or the id of one that is shipped.
    baseline : Cohort, str or Path, optional
        The cohort to compare with. A notebook whose `baseline` names one runs only with one.
    jobs : int, optional
        How many notebooks run at once; by default as many as there are cores.
    indicators : str or collection of str, optional
        Those whose findings and changes alone are shown; none means all. What is held against
        what stays whole: adjusted p, the audit, bounds and the trail are of all.
    quiet : bool, optional
        Write no progress on standard error.

    Returns
    -------
    Path
        The bound report.

    Raises
    ------
    CohortError
        `cohort` or `baseline` is not a cohort folder, or something is amiss in its files.
    ReportError
        A notebook failed, or the report is being made elsewhere.

    Examples
    --------
    >>> import careersurvey as cs
    >>> cs.report("example-2026", baseline="ofsted-2013")  # doctest: +SKIP
    """

    def tell(said: str) -> None:
        if not quiet:
            print(said, file=sys.stderr)

    begun = time.perf_counter()
    site = find_site(cohort, baseline, names_of(indicators))
    page = site.build / "report.html"
    with outputs.alone(site.folders):
        shutil.rmtree(site.build / "failed", ignore_errors=True)
        read = site.read()
        due = why_due(site, read)
        if not due:
            tell(f"{from_root(page)} is up to date.")
            return page
        tell(f"{from_root(site.build)} is due: {due}.")
        made = outputs.beside(site.build)
        make(site, made, jobs, quiet)
        ran = len(list((made / "notebooks").iterdir()))
        now = {**read, **outputs.read_from(site.cohorts, site.build, {})}
        if changed := outputs.differences(read, now):
            raise ReportError(
                f"{site.id}: its files changed while they were read, so nothing was replaced.",
                found=few(changed),
                do="make the report again",
            )
        if aside := outputs.keep_edited(site.build):
            tell(f"What was changed by hand is kept in {from_root(aside)}.")
        _finish(site, made, read)
    took = time.perf_counter() - begun
    tell(f"{from_root(page)} is made: {ran} notebooks run in {took:.1f} s.")
    return page


def find_site(
    cohort: Cohort | str | Path, baseline: Cohort | str | Path | None, shown: Collection[str] = ()
) -> Site:
    """Find what a report is made from and where it goes, without reading more than an id."""
    folders = [cohort_folder(one) for one in (cohort, baseline) if one is not None]
    root, notebooks, name = project_root(), shared_notebooks(), _id(folders[0])
    shared = _shared([root / "data", shared_data()], notebooks)
    # A clone links data/ and figures/ into the package, for it to find what a wheel holds there.
    package = (one for one in Path(__file__).parents[1].iterdir() if not one.is_symlink())
    sources = [*package, notebooks, *shared, *folders, root / "requirements.lock"]
    build = outputs.build_folder(folders[0], name)
    ours = name == COMMITTED and folders == [(root / "data" / COMMITTED).resolve()] and not shown
    return Site(
        id=name,
        cohorts=folders,
        given=dict(zip(("cohort", "baseline"), map(name_of, folders), strict=False)),
        shown=tuple(shown),
        sources=sources,
        revision=outputs.revision(sources),
        folders=[*([root / "figures" / COMMITTED] if ours else []), build],
    )


def _shared(folders: Sequence[Path], notebooks: Path) -> Iterator[Path]:
    """What any report may read of ``data/``: tables, and cohorts that are shipped or named."""
    pages = "".join(path.read_text(encoding="utf-8") for path in notebooks.glob("*.ipynb"))
    for one in (one for folder in folders if folder.is_dir() for one in folder.iterdir()):
        shared = one.name in SHIPPED or one.name.startswith("cec-compass-")
        if one.suffix == ".csv" or shared or f'"{one.name}' in pages or f"/{one.name}" in pages:
            yield one


def _id(folder: Path) -> str:
    """The cohort's id; a file that is not as it must be is told by who reads it whole."""
    try:
        settings = tomllib.loads((folder / "cohort.toml").read_text(encoding="utf-8-sig"))
        name = settings["cohort"]["id"]
        if Path(name).name == name not in ("", "..", "."):
            return name
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    from careersurvey.evidence.cohort import load_cohort

    return load_cohort(folder).id


def why_due(site: Site, read: Mapping[str, str]) -> str:
    """Why the report is to be made, or ``""`` where it stands whole, made from what is there."""
    before = outputs.read_record(site.build).get("holds")
    if not isinstance(before, dict):
        return "it has not been made"
    return few(outputs.differences(before, {**read, **outputs.standing(site.folders)}), shown=3)


def make(site: Site, folder: Path, jobs: int | None, quiet: bool = False) -> pd.DataFrame:
    """Make all that a report is in a folder beside those that stand; list its exhibits."""
    from careersurvey.evidence.checks.check import require
    from careersurvey.evidence.checks.screen import screen
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.estimates import require_known
    from careersurvey.presentation import binding, notebooks, published

    cohorts = [load_cohort(one) for one in site.cohorts]
    cohort, held = cohorts[0], [screen(one) for one in cohorts]
    for one, checks in zip(cohorts, held, strict=True):
        require(checks, one.id)  # a figure of a mistyped row would look like any other
    if cohort.undecided and cohort.reported.empty:
        raise CohortError(
            f"{cohort.id}: there is nothing to report.",
            found=f"{cohort.undecided:,} figures that are still to be decided, and no other",
            do="give some rows of reported.csv an indicator, and take '# TODO ' away from them",
        )
    if site.shown:
        known = [name for one in cohorts for name in one.indicators]
        require_known(cohort, site.shown, known, "indicators")
    books, once = books_of(site, cohort), folder / outputs.ONCE
    once.mkdir(parents=True)
    for one in cohorts:
        published.decision(one, folder)  # what cannot be decided is told before anything runs
    kept, workers, limits = site.build / "failed", jobs or cores(), cohort.settings.limits
    job = notebooks.Job(books, site.given, site.shown, folder, kept, workers, limits)
    notebooks.run_notebooks(job, quiet=quiet)
    made = binding.bind(cohort, job, held[0], site.revision)
    shutil.rmtree(once)
    return made


def books_of(site: Site, cohort: Cohort) -> list[Notebook]:
    """The pages of a report; those that compare only where there is a baseline."""
    from careersurvey.presentation.notebooks import pages_of, read_notebook

    folder, own, apart = shared_notebooks(), own_sections(cohort), on_another_subject(cohort)
    found = [read_notebook(path) for path in sorted(folder.glob("*.ipynb"))]
    if not found:
        raise ReportError("There is no notebook to run.", where=folder, do="take some of a project")
    compared = "baseline" in site.given
    return [
        page
        for one in found
        if compared or one.parameters.get("baseline", '""') == '""'
        if not (one.subject and apart) or (one.part == "asks" and _asks(cohort))
        for page in pages_of(one, own)
    ]


def own_sections(cohort: Cohort) -> dict[str, str]:
    """Sections that only the cohort has, by their titles, in the order of its indicators."""
    from careersurvey.evidence.cohort import MAKE_UP

    shared = {} if on_another_subject(cohort) else cohort.shared
    taken = {each.section for each in shared.values()}
    taken -= {MAKE_UP} if cohort.evidence == "respondents" else set()
    taken |= {MAKE_UP} if _asks(cohort) else set()
    added = [each for name, each in cohort.indicators.items() if each != cohort.shared.get(name)]
    found = [name for name in dict.fromkeys(each.section for each in added) if name not in taken]
    found.sort(key=MAKE_UP.__eq__)  # who took part comes last
    titles = {"answers": "What was asked and answered", MAKE_UP: "Who took part"}
    titles |= {"": "Other findings"} | cohort.settings.sections
    return {name: titles.get(name, name.replace("_", " ").capitalize()) for name in found}


def _asks(cohort: Cohort) -> bool:
    """Whether a report has what the page of who was visited tells, whatever its subject."""
    return not all(one.empty for one in (cohort.recommendations, cohort.described, cohort.visited))


def on_another_subject(cohort: Cohort) -> bool:
    """Whether a cohort asks or prints something, and nothing that the shared indicators measure."""
    from careersurvey.evidence.answers.table import compile_table

    printed = set(cohort.reported["indicator"])
    asked = {name: set(compile_table(cohort, name).variables) for name in cohort.settings.tables}
    return bool(printed or asked) and not any(
        name in printed or (one.variables and {*one.variables} <= asked.get(one.table, set()))
        for name, one in cohort.shared.items()
    )


def cores() -> int:
    """Cores that this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def verify(
    cohort: str | Path, baseline: str | Path | None = None, jobs: int | None = None
) -> pd.DataFrame:
    """Make every exhibit again, apart, and hold it byte for byte against the published one."""
    import numpy as np

    site = find_site(cohort, baseline)
    with outputs.alone(site.folders):
        made = make(site, outputs.beside(site.build), jobs)
    folders = [*site.folders[:-1], shipped("figures") / site.id, site.build / "figures"]
    stands = next((folder for folder in folders if folder.is_dir()), None)
    published = outputs.checksums(stands) if stands else {}
    again = made.set_index("file")[["notebook", "sha256"]]
    table = again.reindex(again.index.union([*published], sort=False), fill_value="")
    stood = table.index.map(published)
    found = table["sha256"] == stood, stood.isna(), table["sha256"] == ""
    verdicts = np.select(found, ["same", "not published", "not made"], "differs")
    return table.assign(verdict=verdicts).reset_index(names="file")


def _finish(site: Site, made: Path, read: Mapping[str, str]) -> None:
    """Copy the exhibits that are committed, say what was made, and put all of it in place."""
    for copies in site.folders[:-1]:
        outputs.beside(copies).mkdir(parents=True)
        for exhibit in (made / "figures").iterdir():
            shutil.copy(exhibit, outputs.beside(copies))
    log, when = made / outputs.LOG, time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    told = [
        f"report of {site.id}, {when} UTC",
        *(f"read {what}  {name}" for name, what in read.items()),
        "pages, and how long each took:",
        log.read_text(encoding="utf-8"),
    ]
    log.write_text("\n".join(told), encoding="utf-8")
    holds = {**read, **outputs.standing(site.folders, outputs.beside)}
    outputs.write_record(made, {"cohort": from_root(site.cohorts[0]), "holds": holds})
    outputs.exchange(site.folders)
