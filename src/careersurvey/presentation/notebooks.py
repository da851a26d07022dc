"""Notebooks: what each is and takes, and how they are run side by side.

A program of its own runs them: a pickled job comes in, and a line of JSON goes out for each
notebook that has ended. It imports what they take of this package before it forks a process for
each, so that each finds modules loaded and nothing that another one did.
"""

from __future__ import annotations

import base64
import json
import logging
import multiprocessing
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from io import TextIOBase
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, TextIO

import matplotlib
import nbformat
import papermill
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from tqdm import tqdm
from traitlets import Int, List, Type
from traitlets.config import Config

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
from careersurvey.presentation.notebooks import main
main()
"""
_IMPORT = re.compile(r'"(from careersurvey[^"\\]+)')
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")
_ADDED = "injected-parameters"  # papermill's tag of the cell that it puts in
# Seconds in which a cell past its limit may still end, before its process is killed.
_GRACE = 10
_QUIET = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}})
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
    lines = evalue.strip().splitlines() or [""]
    return ReportError(
        f"{book.name}: a cell failed, so nothing was replaced.",
        found=evalue.replace("\n", "\n    ") if ename in vars(errors) else f"{ename}: {lines[-1]}",
        where=f"{book.path.name}, cell {cell}",
        do="mend what it names, and make the report again",
    )


# ---- the program that runs them ------------------------------------------------------------------


def main() -> None:
    """Run the job that comes in; end with all of it when whoever gave it has gone."""
    job: Job = pickle.load(sys.stdin.buffer)
    told = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    # What a library prints past Python is for a person, and no machine reads it.
    os.dup2(2, 1)
    sources = "".join(book.path.read_text(encoding="utf-8") for book in job.books)
    for line in set(_IMPORT.findall(sources)):
        # One that fails is told when its notebook comes to it.
        with suppress(Exception):
            exec(line, {})
    _run_all(job, [*job.books], told)


def _run_all(job: Job, waiting: list[Notebook], told: TextIO) -> None:
    context, asked = multiprocessing.get_context("fork"), sys.stdin.fileno()
    running: dict[Any, tuple] = {}
    while waiting or running:
        while waiting and len(running) < job.workers:
            book, at = waiting.pop(0), context.RawValue("i")
            child = context.Process(target=_run, args=(job, book, at, told))
            child.start()
            running[child.sentinel] = child, book, at
        for ended in wait([asked, *running]):
            if ended == asked:
                os.killpg(0, signal.SIGKILL)
            child, book, at = running.pop(ended)
            child.join()
            if child.exitcode:
                _tell_failure(told, book, at, "ChildProcessError", f"it ended ({child.exitcode})")


def _run(job: Job, book: Notebook, at: Any, told: TextIO) -> None:
    """Run one notebook; `at` is the number of the cell that it is at."""
    begun = time.perf_counter()
    figures, own = (job.made / folder / book.name for folder in ("figures", "ipython"))
    output = job.made / "notebooks" / f"{book.name}.ipynb"
    os.environ.update([telling(figures=str(figures))])
    matplotlib.rcdefaults()
    logging.getLogger("papermill").setLevel(logging.ERROR)
    given = {**job.given, **book.own}
    how = {"engine_name": "careersurvey", "kernel_name": "python3", "progress_bar": False}
    how |= {"request_save_on_cell_execute": False, "at": at, "limits": job.limits}
    try:
        figures.mkdir(parents=True)
        left = job.limits.output_bytes
        how["shell"] = _Shell.instance(config=_QUIET, ipython_dir=str(own), left=left)
        values = {name: given[name] for name in book.parameters if name in given}
        executed = papermill.execute_notebook(book.path, output, values, **how)
        executed.metadata["title"] = book.title
        _settle(executed)
        nbformat.write(executed, output)
    except PapermillExecutionError as failure:
        job.kept.mkdir(parents=True, exist_ok=True)
        os.replace(output, job.kept / output.name)
        _tell_failure(told, book, at, failure.ename, failure.evalue)
    except Exception as problem:
        _tell_failure(told, book, at, type(problem).__name__, str(problem))
    else:
        took = {"name": book.name, "seconds": time.perf_counter() - begun}
        told.write(json.dumps(took) + "\n")


def _tell_failure(told: TextIO, book: Notebook, at: Any, ename: str, evalue: str) -> None:
    how = {"name": book.name, "cell": at.value, "ename": ename, "evalue": evalue}
    told.write(json.dumps(how) + "\n")


def _settle(book: NotebookNode) -> None:
    """Take out of an executed notebook what differs between two runs of the same code."""
    book.metadata.pop("papermill", None)
    for cell in book.cells:
        cell.metadata.pop("papermill", None)
        if _ADDED in cell.metadata.get("tags", []):
            cell.id = "given-parameters"
        for output in cell.get("outputs", []):
            for held, name in ((output, "text"), (output.get("data", {}), "text/plain")):
                if name in held:
                    held[name] = _ADDRESS.sub("at 0x…", held[name])


class _CellEngine(Engine):
    """Runs one cell after the other, as far as the first that fails."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, shell, at, limits, **_) -> None:
        until = time.monotonic() + limits.notebook_seconds
        for index, cell in enumerate(nb_man.nb.cells):
            at.value += _ADDED not in cell.metadata.get("tags", [])
            nb_man.cell_start(cell, index)
            if cell.cell_type == "code" and cell.source.strip():
                _stop_after(min(limits.cell_seconds, until - time.monotonic()), limits)
                shell.run(cell)
                signal.alarm(0)
                if any(output.output_type == "error" for output in cell.outputs):
                    nb_man.cell_exception(cell, index)
            nb_man.cell_complete(cell, index)
            if cell.metadata.papermill["exception"]:
                break


papermill_engines.register("careersurvey", _CellEngine)


def _stop_after(seconds: float, limits: Limits) -> None:
    """Have the system end a cell: by an error, and what does not heed that with its process."""

    def stop(*_: object) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        most = f"a cell {limits.cell_seconds} s, a notebook {limits.notebook_seconds} s"
        raise TimeoutError(f"it took more than it may: {most}")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.01), _GRACE)


class _Stream(TextIOBase):
    """What is printed."""

    encoding = "utf-8"

    def __init__(self, name: str, shell: _Shell) -> None:
        self.name, self.shell = name, shell

    def write(self, text: str) -> int:
        if text:
            self.shell.take("stream", name=self.name, text=text)
        return len(text)


class _Hook(DisplayHook):
    """A cell's last value."""

    def write_output_prompt(self) -> None:
        """Write none: a notebook has the number."""

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        about = {"metadata": md_dict or {}, "execution_count": self.prompt_count}
        self.shell.take("execute_result", data=format_dict, **about)


class _Publisher(DisplayPublisher):
    """What a cell displays."""

    def publish(self, data: dict, metadata: dict | None = None, *_: Any, **__: Any) -> None:
        self.shell.take("display_data", data=data, metadata=metadata or {})


class _Shell(InteractiveShell):
    """Keeps what its cells give out, as far as there is room for it."""

    displayhook_class, display_pub_class = Type(_Hook), Type(_Publisher)
    given_out: Any = List()
    left = Int()

    def run(self, cell: NotebookNode) -> None:
        """Run a cell, and put into it what it gave out."""
        self.given_out = []
        with redirect_stdout(_Stream("stdout", self)), redirect_stderr(_Stream("stderr", self)):
            self.run_cell(cell.source, store_history=True)
        cell.outputs, cell.execution_count = self.given_out, self.execution_count - 1

    def take(self, kind: str, **held: Any) -> None:
        """Keep one output; printed pieces that follow each other are one."""
        as_text = json.dumps(held, default=lambda picture: base64.b64encode(picture).decode())
        self.left -= len(as_text)
        if self.left < 0:
            raise MemoryError("its cells print or show more than a report can hold")
        output = nbformat.from_dict({"output_type": kind, **json.loads(as_text)})
        last = self.given_out[-1] if self.given_out else NotebookNode()
        if kind == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            self.given_out.append(output)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        told = {"ename": etype.__name__, "evalue": str(evalue), "traceback": list(stb)}
        self.given_out.append(nbformat.from_dict({"output_type": "error", **told}))
