"""Notebooks run by papermill, side by side: the cells of each in a process of its own.

The processes are forked from one that has imported what the notebooks import, so that each begins
with modules as imported and with nothing that another notebook did.
"""

from __future__ import annotations

import ast
import logging
import multiprocessing
import os
import re
import shutil
import signal
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path

import nbformat
import papermill
from nbformat import NotebookNode
from papermill.engines import Engine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from tqdm import tqdm

from careersurvey import errors
from careersurvey.errors import ReportError
from careersurvey.evidence.settings import Limits
from careersurvey.presentation.outputs import FIGURES, LOG, ONCE

#: Nobody's own style, no window, one order of sets, and one thread each, since the notebooks
#: themselves run side by side.
_ENVIRONMENT = {
    "MPLBACKEND": "agg",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONSAFEPATH": "1",
}
_TYPES = {"str": (str,), "int": (int,), "float": (float, int), "bool": (bool,)}
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")
#: Runs one cell: its outputs, as a notebook holds them, and its number.
Ask = Callable[[str], tuple[list[dict], int | None]]


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
    last: bool = False  # it reads what the others show, and so is run when they are done
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
    said = {name: book.metadata[name] for name in ("subject", "last") if name in book.metadata}
    about = ([*headings, path.stem][0], book.metadata.get("part", "findings"), types_of, defaults)
    return Notebook(path, path.stem, *about, **said)


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


def run_notebooks(
    notebooks: Iterable[Notebook],
    given: Mapping[str, object],
    made: Path,
    *,
    folder: Path,
    kept: Path,
    workers: int,
    limits: Limits,
    meanwhile: Callable[[], None] = lambda: None,
    quiet: bool = False,
) -> None:
    """Run notebooks, `workers` at a time, into `made`; one that fails stops all and is `kept`."""
    notebooks = list(notebooks)
    (made / "notebooks").mkdir(parents=True)
    (made / ONCE).mkdir()
    with _forkserver(notebooks) as context, _stopped_on_failure(workers) as (pool, children):

        def run(book: Notebook) -> float:
            begun = time.perf_counter()
            figures, own = made / "figures" / book.name, made / "ipython" / book.name
            figures.mkdir(parents=True)
            own.mkdir(parents=True)
            given_out = {**_ENVIRONMENT, FIGURES: str(figures)}
            with _process(context, children, limits, str(folder), str(own), given_out) as ask:
                _execute(book, given, made / "notebooks" / f"{book.name}.ipynb", kept, ask)
            return time.perf_counter() - begun

        def begin(last: bool) -> dict[Future[float], Notebook]:
            return {pool.submit(run, book): book for book in notebooks if book.last is last}

        first = begin(last=False)
        meanwhile()
        with tqdm(total=len(notebooks), unit="notebook", leave=False, disable=quiet or None) as bar:
            took = [*_ended(first, bar, quiet), *_ended(begin(last=True), bar, quiet)]
    (made / LOG).write_text("\n".join(sorted(took)) + "\n", encoding="utf-8")
    for left in (ONCE, "ipython"):
        shutil.rmtree(made / left)


def _ended(runs: Mapping[Future[float], Notebook], bar: tqdm, quiet: bool) -> Iterator[str]:
    """Wait for notebooks; say of each, as it ends, how long it took."""
    for run in as_completed(runs):
        said = f"  {run.result():5.1f} s  {runs[run].title}"
        if not quiet:
            tqdm.write(said, file=sys.stderr)
        bar.update()
        yield said


@contextmanager
def _forkserver(notebooks: Iterable[Notebook]) -> Iterator[multiprocessing.context.BaseContext]:
    """Begin to import what the notebooks import; the program that asked is not run again for it."""
    context = multiprocessing.get_context("forkserver")
    names = {name for book in notebooks for name in _imported(book.path)}
    context.set_forkserver_preload(["careersurvey.presentation.cells", *sorted(names)])
    before, program = dict(os.environ), sys.modules["__main__"]
    os.environ.update(_ENVIRONMENT)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        forkserver.ensure_running()
        yield context
    finally:
        sys.modules["__main__"] = program
        os.environ.clear()
        os.environ.update(before)


def _imported(path: Path) -> Iterator[str]:
    """Modules of ours that a notebook imports; of ``from a import b`` both ``a`` and ``a.b``."""
    for cell in nbformat.read(path, as_version=4).cells:
        # A cell of magics is no Python; its notebook imports it when it comes to it.
        with suppress(SyntaxError):
            for node in ast.walk(ast.parse(cell.source if cell.cell_type == "code" else "")):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("careers"):
                    yield from (node.module, *(f"{node.module}.{a.name}" for a in node.names))


@contextmanager
def _stopped_on_failure(workers: int) -> Iterator[tuple[ThreadPoolExecutor, set[BaseProcess]]]:
    pool = ThreadPoolExecutor(workers)
    children: set[BaseProcess] = set()
    try:
        yield pool, children
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        while children:
            _end(children.pop())
        raise
    finally:
        pool.shutdown(wait=True)


def _end(child: BaseProcess) -> None:
    """End a process with those that its cells have begun."""
    with suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL)
    child.kill()


@contextmanager
def _process(context, children: set[BaseProcess], limits: Limits, *settings) -> Iterator[Ask]:
    """A process for the cells of one notebook, and all that they begin, as long as it is run."""
    from careersurvey.presentation.cells import serve

    line, theirs = context.Pipe()
    args = (theirs, *settings, limits.output_bytes)
    child = context.Process(target=serve, args=args, daemon=True)
    child.start()
    children.add(child)
    theirs.close()
    until = time.monotonic() + limits.notebook_seconds

    def ask(source: str) -> tuple[list[dict], int | None]:
        left, limit = min(
            (limits.cell_seconds, f"it took more than {limits.cell_seconds} s"),
            (
                max(until - time.monotonic(), 0),
                f"the notebook took more than {limits.notebook_seconds} s",
            ),
        )
        try:
            line.send(source)
            if line.poll(left):
                return line.recv()
            _end(child)
            told = {"ename": "TimeoutError", "evalue": limit}
        except (EOFError, OSError):
            if child not in children:
                raise InterruptedError("another notebook failed") from None
            child.join(5)
            told = {"ename": "ChildProcessError", "evalue": f"its process ended ({child.exitcode})"}
        return [{"output_type": "error", **told, "traceback": []}], None

    try:
        yield ask
    finally:
        line.close()
        child.join(1)
        _end(child)
        children.discard(child)


class _CellEngine(Engine):
    """Has one cell after the other run, as far as the first that fails."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, ask: Ask, **_) -> None:
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            if cell.cell_type == "code" and cell.source.strip():
                outputs, cell.execution_count = ask(cell.source)
                cell.outputs = [nbformat.from_dict(output) for output in outputs]
                if any(output.output_type == "error" for output in cell.outputs):
                    nb_man.cell_exception(cell, index)
            nb_man.cell_complete(cell, index)
            if cell.metadata.papermill["exception"]:
                break


papermill_engines.register("careersurvey", _CellEngine)


def _execute(book: Notebook, given: Mapping, output: Path, kept: Path, ask: Ask) -> None:
    """Write an executed notebook; one that failed goes to `kept`, and is told."""
    logging.getLogger("papermill").setLevel(logging.ERROR)
    values = {name: each for name, each in {**given, **book.own}.items() if name in book.parameters}
    how = {"engine_name": "careersurvey", "kernel_name": "python3", "progress_bar": False}
    how |= {"request_save_on_cell_execute": False, "ask": ask}
    try:
        executed = papermill.execute_notebook(book.path, output, values, **how)
    except PapermillExecutionError as failure:
        told = _failed(book, output, failure)
        kept.mkdir(parents=True, exist_ok=True)
        os.replace(output, kept / output.name)
        raise told from None
    executed.metadata["title"] = book.title
    _settle(executed)
    nbformat.write(executed, output)


def _settle(book: NotebookNode) -> None:
    """Take out of an executed notebook what differs between two runs of the same code."""
    book.metadata.pop("papermill", None)
    for cell in book.cells:
        cell.metadata.pop("papermill", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "given-parameters"
        for output in cell.get("outputs", []):
            for held, name in ((output, "text"), (output.get("data", {}), "text/plain")):
                if name in held:
                    held[name] = _ADDRESS.sub("at 0x…", held[name])


def _failed(book: Notebook, output: Path, failure: PapermillExecutionError) -> ReportError:
    """Say which cell of the committed notebook failed; papermill adds parameters and two marks."""
    added = {"injected-parameters", "papermill-error-cell-tag"}
    cells = nbformat.read(output, as_version=4).cells[: failure.cell_index + 2]
    number = 1 + sum(not added & set(cell.metadata.get("tags", [])) for cell in cells)
    ours = getattr(errors, failure.ename, None)
    whole = isinstance(ours, type) and issubclass(ours, errors.SurveyError)
    lines = failure.evalue.strip().splitlines() or [""]
    return ReportError(
        f"{book.name}: a cell failed, so nothing was replaced.",
        found=failure.evalue.replace("\n", "\n    ") if whole else f"{failure.ename}: {lines[-1]}",
        where=f"{book.path.name}, cell {number}",
        do="mend what it names, and make the report again",
    )
