"""Notebooks: what each is and takes, and how they are run side by side by `runner`."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
import papermill
from tqdm import tqdm

from careersurvey import errors
from careersurvey.errors import ReportError
from careersurvey.evidence.project import project_root
from careersurvey.evidence.settings import Limits
from careersurvey.evidence.settings_run import telling
from careersurvey.presentation.outputs import LOG, file_stem

#: No window, one order of sets, nothing imported from the working directory,
#: and one thread each, since the notebooks themselves run side by side.
_ENVIRONMENT = {
    "MPLBACKEND": "agg",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONSAFEPATH": "1",
}
#: JSON schemas need nothing to check addresses in other alphabets, which takes a second to load.
_PROGRAM = """
import sys
sys.modules["rfc3987_syntax"] = None
from careersurvey.presentation.runner import main
main()
"""
#: Parts of a report in their order; a notebook's metadata names its own.
PARTS = {
    "summary": "",
    "changes": "",
    "findings": "Findings",
    "asks": "",
    "conflicts": "",
    "appendix": "Appendix",
    "trail": "",
}


@dataclass(frozen=True)
class Notebook:
    """A page as committed, or one of the pages that it makes of a cohort's own sections."""

    path: Path
    name: str  # of the executed notebook; that of the file, where it is not run more than once
    title: str
    part: str  # of the report
    parameters: Mapping[str, str]  # their defaults, as they are written
    subject: str = ""  # what a cohort must be about for this page to be of it; "" for anything
    own: Mapping[str, object] = field(default_factory=dict)  # what this page alone is given


def read_notebook(path: Path) -> Notebook:
    """Read what a notebook is and takes, from its metadata and parameters."""
    try:
        book = nbformat.read(path, as_version=4)
        taken = papermill.inspect_notebook(path)
        parameters = {name: about["default"] for name, about in taken.items()}
        heading = re.search(r"^#\s+(.+?)\s*$", book.cells[0].source, flags=re.MULTILINE)
    except Exception as problem:
        raise ReportError(
            f"{path.name}: this is not a notebook that can be read.",
            found=f"{type(problem).__name__}: {str(problem).splitlines()[0]}",
            expected="a Jupyter notebook (nbformat 4)",
            do="open it in JupyterLab and save it again, or take it back from git",
        ) from None
    if "cohort" not in parameters:
        raise ReportError(
            f"{path.name}: it takes no cohort.",
            found=", ".join(parameters) or "no parameter",
            expected='cohort: str = "data/ofsted-2013"  # what it is',
            where="its cell tagged `parameters`",
        )
    part = book.metadata.get("part", "findings")
    if part not in PARTS:
        raise ReportError(
            f"{path.name}: its part of the report is not known.",
            found=part,
            expected=", ".join(PARTS),
            where="`part` in its metadata",
        )
    title, subject = heading[1] if heading else path.stem, book.metadata.get("subject", "")
    return Notebook(path, path.stem, title, part, parameters, subject)


def pages_of(book: Notebook, sections: Mapping[str, str]) -> list[Notebook]:
    """Return the pages that a notebook makes: itself, or one of each section if it takes one."""
    if "section" not in book.parameters:
        return [book]
    return [
        replace(book, name=file_stem(f"{book.path.stem}_{one}"), title=title, own={"section": one})
        for one, title in sections.items()
    ]


@dataclass(frozen=True)
class Job:
    """Notebooks to be run, `workers` at a time."""

    books: list[Notebook]
    given: Mapping[str, object]  # to each notebook that takes it
    shown: Collection[str]  # the indicators whose rows alone they show; none means all
    made: Path  # where what they make goes
    kept: Path  # where one goes that fails
    workers: int
    limits: Limits


def run_notebooks(job: Job, *, quiet: bool = False) -> None:
    """Run notebooks in the project's folder; one that fails stops all and is kept."""
    books, took = {book.name: book for book in job.books}, []
    (job.made / "notebooks").mkdir(parents=True)
    bar = tqdm(total=len(books), unit="notebook", leave=False, disable=quiet or None)
    with _program(job) as ended, bar:
        for one in ended:
            book = books.pop(one["name"])
            if "cell" in one:
                raise _failed(book, **one)
            took.append(f"  {one['seconds']:5.1f} s  {book.title}")
            bar.update()
            if not quiet:
                tqdm.write(took[-1], file=sys.stderr)
    if books:
        raise ReportError("The notebooks were not run to their end.", found=", ".join(books))
    (job.made / LOG).write_text("\n".join(sorted(took)) + "\n", encoding="utf-8")
    shutil.rmtree(job.made / "ipython")


@contextmanager
def _program(job: Job) -> Iterator[Iterator[dict]]:
    """Start what runs notebooks, and read of each how it ended; at the end none of it is left."""
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begun = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=given | _ENVIRONMENT | dict([telling(shown=[*job.shown])]),
        cwd=project_root(),
        start_new_session=True,
    )
    try:
        begun.stdin.write(pickle.dumps(job))
        begun.stdin.flush()
        yield map(json.loads, begun.stdout)
    finally:
        os.killpg(begun.pid, signal.SIGKILL)
        begun.communicate()


def _failed(book: Notebook, cell: int, ename: str, evalue: str, **_: object) -> ReportError:
    """Say which cell of the committed notebook failed, and how."""
    ours = getattr(errors, ename, None)
    whole = isinstance(ours, type) and issubclass(ours, errors.SurveyError)
    lines = evalue.strip().splitlines() or [""]
    return ReportError(
        f"{book.name}: a cell failed, so nothing was replaced.",
        found=evalue.replace("\n", "\n    ") if whole else f"{ename}: {lines[-1]}",
        where=f"{book.path.name}, cell {cell}",
        do="mend what it names, and make the report again",
    )
