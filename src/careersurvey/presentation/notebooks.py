"""Notebooks: what each is and takes, and how they are run side by side by `cells`."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
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
from careersurvey.presentation.outputs import LOG, ONCE

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
from careersurvey.presentation.cells import main
main()
"""
_TYPES = {"str": (str,), "int": (int,), "float": (float, int), "bool": (bool,)}


@dataclass(frozen=True)
class Notebook:
    """A page as committed, or one of the pages that it makes of a cohort's own sections."""

    path: Path
    name: str  # of the executed notebook; that of the file, where it is not run more than once
    title: str
    part: str  # of the report
    parameters: Mapping[str, str]  # their types
    defaults: Mapping[str, str]  # as they are written
    subject: str = ""  # what a cohort must be about for this page to be of it; "" for anything
    own: Mapping[str, object] = field(default_factory=dict)  # what this page alone is given


def read_notebook(path: Path) -> Notebook:
    """Read what a notebook is and takes, from its metadata and parameters."""
    try:
        book = nbformat.read(path, as_version=4)
        taken = papermill.inspect_notebook(path)
    except Exception as problem:
        raise ReportError(
            f"{path.name}: this is not a notebook that can be read.",
            found=f"{type(problem).__name__}: {str(problem).splitlines()[0]}",
            expected="a Jupyter notebook (nbformat 4)",
            where=path.name,
            do="open it in JupyterLab and save it again, or take it back from git",
        ) from None
    types_of = {name: about["inferred_type_name"] for name, about in taken.items()}
    untyped = [name for name, kind in types_of.items() if kind not in _TYPES]
    if untyped or "cohort" not in types_of:
        raise ReportError(
            f"{path.name}: {len(untyped)} of its {len(types_of)} parameters have no type.",
            found=", ".join(untyped) or "no parameter `cohort`",
            expected='cohort: str = "data/ofsted-2013"  # what it is',
            where="its cell tagged `parameters`",
            do=f"annotate each with one of {', '.join(_TYPES)}",
        )
    headings = re.findall(r"^#\s+(.+?)\s*$", book.cells[0].source, flags=re.MULTILINE)
    defaults = {name: about["default"] for name, about in taken.items()}
    about = ([*headings, path.stem][0], book.metadata.get("part", "findings"), types_of, defaults)
    return Notebook(path, path.stem, *about, subject=book.metadata.get("subject", ""))


def pages_of(book: Notebook, sections: Mapping[str, str]) -> list[Notebook]:
    """Return the pages that a notebook makes: itself, or one of each section if it takes one."""
    if "section" not in book.parameters:
        return [book]
    return [
        replace(book, name=f"{book.path.stem}_{name}", title=title, own={"section": name})
        for name, title in sections.items()
    ]


def check_parameters(notebooks: Iterable[Notebook], given: Mapping[str, object]) -> None:
    """Refuse names that no notebook takes, and values of a wrong type."""
    known = {name: kind for book in notebooks for name, kind in book.parameters.items()}
    for name, value in given.items():
        kinds = _TYPES.get(known.get(name, ""), ())
        if not isinstance(value, kinds) or isinstance(value, bool) != (bool in kinds):
            raise ReportError(
                f"The notebooks cannot be given {name} = {value!r}.",
                found=f"{value!r} ({type(value).__name__})",
                expected=known.get(name) or f"one of {', '.join(sorted(known))}",
                where="the cell tagged `parameters` of a notebook",
                do="correct the name or the value",
            )


@dataclass(frozen=True)
class Job:
    """Notebooks to be run, `workers` at a time."""

    books: list[Notebook]
    given: Mapping[str, object]  # parameters
    made: Path  # where what they make goes
    kept: Path  # where one goes that fails
    workers: int
    limits: Limits


def run_notebooks(
    job: Job, *, meanwhile: Callable[[], None] = lambda: None, quiet: bool = False
) -> None:
    """Run notebooks in the project's folder; one that fails stops all and is kept."""
    books, took = {book.name: book for book in job.books}, []
    for place in ("notebooks", ONCE):
        (job.made / place).mkdir(parents=True)
    with _program(job) as ended:
        meanwhile()
        with tqdm(total=len(books), unit="notebook", leave=False, disable=quiet or None) as bar:
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
    for left in (ONCE, "ipython"):
        shutil.rmtree(job.made / left)


@contextmanager
def _program(job: Job) -> Iterator[Iterator[dict]]:
    """Start what runs notebooks, and read of each how it ended; at the end none of it is left."""
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begun = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=given | _ENVIRONMENT,
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
