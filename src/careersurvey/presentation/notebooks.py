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
_TOO_LONG = "the notebook took more than {} s"
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")


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
    title = headings[0] if headings else path.stem
    defaults = {name: about["default"] for name, about in taken.items()}
    said = {name: book.metadata[name] for name in ("subject", "last") if name in book.metadata}
    part = book.metadata.get("part", "findings")
    return Notebook(path, path.stem, title, part, types_of, defaults, **said)


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
        how = {"context": context, "children": children, "folder": folder, "limits": limits}

        def begin(last: bool) -> dict[Future[float], Notebook]:
            wave = [book for book in notebooks if book.last is last]
            return {pool.submit(_run, book, given, made, kept, how): book for book in wave}

        first = begin(last=False)
        meanwhile()
        with tqdm(total=len(notebooks), unit="notebook", leave=False, disable=quiet or None) as bar:
            took = [*_ended(first, bar, quiet), *_ended(begin(last=True), bar, quiet)]
    (made / LOG).write_text("\n".join(sorted(took)) + "\n", encoding="utf-8")
    for own in (ONCE, "ipython"):
        shutil.rmtree(made / own)


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


def _end(child: multiprocessing.process.BaseProcess) -> None:
    """End a process with those that its cells have begun."""
    with suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL)
    child.kill()


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


def _run(book: Notebook, given: Mapping, made: Path, kept: Path, how: Mapping) -> float:
    """Run one notebook; return the seconds that it took."""
    begun = time.perf_counter()
    logging.getLogger("papermill").setLevel(logging.ERROR)
    output = made / "notebooks" / f"{book.name}.ipynb"
    figures, own = made / "figures" / book.name, made / "ipython" / book.name
    figures.mkdir(parents=True)
    own.mkdir(parents=True)
    given = {**given, **book.own}
    values = {name: value for name, value in given.items() if name in book.parameters}
    try:
        papermill.execute_notebook(
            book.path,
            output,
            values,
            engine_name="careersurvey",
            kernel_name="python3",
            progress_bar=False,
            request_save_on_cell_execute=False,
            **how,
            own=own,
            figures=figures,
        )
    except PapermillExecutionError as failure:
        told = _failed(book, output, failure)
        kept.mkdir(parents=True, exist_ok=True)
        os.replace(output, kept / output.name)
        raise told from None
    settle(output, book.title)
    shutil.rmtree(own)
    return time.perf_counter() - begun


class _CellEngine(Engine):
    """Runs a notebook's cells in a process of its own, and keeps it when one of them fails."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man, kernel_name, *, context, children, folder, limits, own, figures, **_
    ) -> None:
        from careersurvey.presentation.cells import serve

        ours, theirs = context.Pipe()
        settings = (theirs, str(folder), str(own), _ENVIRONMENT | {FIGURES: str(figures)})
        child = context.Process(target=serve, args=(*settings, limits.output_bytes), daemon=True)
        child.start()
        children.add(child)
        theirs.close()
        try:
            cls._run_cells(nb_man, ours, child, limits)
        finally:
            ours.close()
            child.join(1)
            _end(child)
        if child not in children:
            raise InterruptedError("another notebook failed")
        children.discard(child)

    @staticmethod
    def _run_cells(nb_man, line, child, limits) -> None:
        until = time.monotonic() + limits.notebook_seconds
        for index, cell in enumerate(nb_man.nb.cells):
            nb_man.cell_start(cell, index)
            if cell.cell_type == "code" and cell.source.strip():
                left, limit = min(
                    (limits.cell_seconds, f"it took more than {limits.cell_seconds} s"),
                    (max(until - time.monotonic(), 0), _TOO_LONG.format(limits.notebook_seconds)),
                )
                outputs, cell.execution_count = _ask(line, child, cell.source, left, limit)
                cell.outputs = [nbformat.from_dict(output) for output in outputs]
                if any(output.output_type == "error" for output in cell.outputs):
                    nb_man.cell_exception(cell, index)
            nb_man.cell_complete(cell, index)
            if cell.metadata.papermill["exception"]:
                break


papermill_engines.register("careersurvey", _CellEngine)


def _ask(line, child, source: str, seconds: float, limit: str) -> tuple[list[dict], int | None]:
    """Outputs of one cell; of one that took too long, or whose process ended, an error."""
    try:
        line.send(source)
        if line.poll(seconds):
            return line.recv()
        _end(child)
        told = {"ename": "TimeoutError", "evalue": limit}
    except (EOFError, OSError):
        child.join(5)
        told = {"ename": "ChildProcessError", "evalue": f"its process ended ({child.exitcode})"}
    return [{"output_type": "error", **told, "traceback": []}], None


def settle(path: Path, title: str) -> None:
    """Rewrite an executed notebook without what differs between two runs of the same code."""
    book = nbformat.read(path, as_version=4)
    book.metadata["title"] = title
    book.metadata.pop("papermill", None)
    for cell in book.cells:
        cell.metadata.pop("papermill", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "given-parameters"
        for output in cell.get("outputs", []):
            if "text" in output:
                output.text = _ADDRESS.sub("at 0x…", output.text)
            if "text/plain" in output.get("data", {}):
                output.data["text/plain"] = _ADDRESS.sub("at 0x…", output.data["text/plain"])
    nbformat.write(book, path)


def _failed(book: Notebook, output: Path, failure: PapermillExecutionError) -> ReportError:
    """Say which cell of the committed notebook failed; papermill adds parameters and two marks."""
    added = {"injected-parameters", "papermill-error-cell-tag"}
    cells = nbformat.read(output, as_version=4).cells[: failure.cell_index + 2]
    number = 1 + sum(not added & set(cell.metadata.get("tags", [])) for cell in cells)
    return ReportError(
        f"{book.name}: a cell failed, so nothing was replaced.",
        found=_last_words(failure.ename, failure.evalue),
        where=f"{book.path.name}, cell {number}",
        do="mend what it names, and make the report again",
    )


def _last_words(name: str, said: str) -> str:
    """Message of one of our own errors whole; of any other its type and last line."""
    ours = getattr(errors, name, None)
    if isinstance(ours, type) and issubclass(ours, errors.SurveyError):
        return said.replace("\n", "\n    ")
    lines = said.strip().splitlines() or [""]
    return f"{name}: {lines[-1]}"
