"""Notebooks run by papermill, side by side, each in a kernel of its own."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from careersurvey import errors
from careersurvey.errors import ReportError
from careersurvey.presentation.notebooks_warm import use_warm_kernels, warm_start
from careersurvey.presentation.outputs import FIGURES

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

#: ipykernel says on standard error that it runs over TCP; the ports are this machine's own.
_KERNEL_ARGUMENTS = ["--IPKernelApp.log_level=50"]
#: This environment's Python, no window, nobody's own style, one order of sets, and one thread
#: each, since the notebooks themselves run side by side.
_KERNEL_ENVIRONMENT = {
    "JUPYTER_PREFER_ENV_PATH": "1",
    "MATPLOTLIBRC": os.devnull,
    "MPLBACKEND": "agg",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")


@dataclass(frozen=True)
class Run:
    """One notebook to run.

    Attributes
    ----------
    name, title : str
    source : Path
        The notebook as committed.
    output : Path
        Where the executed notebook is written.
    parameters : mapping of str to object
        Given in place of the defaults.
    folder : Path
        The working directory of the kernel.
    kept : Path
        Where the notebook is left if a cell fails.
    figures : Path
        Where its exhibits are made.
    """

    name: str
    title: str
    source: Path
    output: Path
    parameters: Mapping[str, object]
    folder: Path
    kept: Path
    figures: Path


def run_side_by_side(
    runs: list[Run], workers: int, meanwhile: Callable[[], None], quiet: bool = False
) -> None:
    """Run every notebook, `workers` at a time; a bar on standard error shows how far they are.

    Parameters
    ----------
    runs : list of Run
    workers : int
        How many kernels run at once.
    meanwhile : callable
        Called while the first kernels start; what it raises stops them.
    quiet : bool, optional
        Show no progress.

    Raises
    ------
    ReportError
        The first cell that failed. The notebooks still running are stopped.
    """
    sources = [run.source for run in runs]
    workers = min(workers, len(runs))
    with _kernel_environment(), warm_start(sources) as door, _pool(workers, door) as pool:
        futures = {pool.submit(run_notebook, run): run for run in runs}
        meanwhile()
        for run, seconds in _as_they_end(futures, quiet):
            _say(f"  {seconds:5.1f} s  {run.title}", quiet)


@contextmanager
def _pool(workers: int, address: str) -> Iterator[ProcessPoolExecutor]:
    """Worker processes, stopped at once when anything goes wrong."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    import papermill  # noqa: F401  (imported once here, so that forked workers have it)

    pool = ProcessPoolExecutor(workers, initializer=_settle_worker, initargs=(address,))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in multiprocessing.active_children():
            worker.terminate()
            worker.join(5)
        raise
    pool.shutdown()


def run_notebook(run: Run) -> float:
    """Run one notebook; a kernel that failed to start is started once more.

    Parameters
    ----------
    run : Run

    Returns
    -------
    float
        Seconds that it took.

    Raises
    ------
    ReportError
        A cell failed, or the kernel stopped or could not be started. The notebook is kept.
    """
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    begun = time.perf_counter()
    try:
        _run_or_start_again(run)
    except PapermillExecutionError as failure:
        raise _failed_cell(run, failure.cell_index, failure.ename, failure.evalue) from None
    except DeadKernelError:
        raise _failed_cell(run, None, "DeadKernelError", "the kernel stopped") from None
    settle(run.output)
    return time.perf_counter() - begun


def settle(path: Path) -> None:
    """Rewrite an executed notebook without what differs between two runs of the same code.

    Parameters
    ----------
    path : Path
        An executed notebook: its times, papermill's record and the injected cell's random name
        go, prints that came in pieces are joined, and addresses in memory are blanked.
    """
    book = json.loads(path.read_text(encoding="utf-8"))
    book["metadata"].pop("papermill", None)
    for cell in book["cells"]:
        for key in ("papermill", "execution"):
            cell["metadata"].pop(key, None)
        if "injected-parameters" in cell["metadata"].get("tags", []):
            cell["id"] = "given-parameters"
        if cell["cell_type"] == "code":
            cell["outputs"] = _joined([_without_addresses(out) for out in cell["outputs"]])
    text = json.dumps(book, indent=1, sort_keys=True, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _run_or_start_again(run: Run) -> None:
    from nbclient.exceptions import DeadKernelError

    try:
        _papermill(run)
    except DeadKernelError:
        raise
    except (RuntimeError, OSError):
        try:
            _papermill(run)
        except (RuntimeError, OSError) as problem:
            raise ReportError(
                f"{run.name}: its kernel failed to start twice.",
                found=f"{type(problem).__name__}: {problem}",
                expected="a Python kernel in the environment that runs this command",
                where=run.source.name,
                do="try again; if it stays so, install anew from requirements.lock",
            ) from None


def _papermill(run: Run) -> None:
    import papermill

    run.output.parent.mkdir(parents=True, exist_ok=True)
    os.environ[FIGURES] = str(run.figures)
    papermill.execute_notebook(
        run.source,
        run.output,
        dict(run.parameters),
        kernel_name="python3",
        progress_bar=False,
        request_save_on_cell_execute=False,
        cwd=run.folder,
        extra_arguments=_KERNEL_ARGUMENTS,
    )


@contextmanager
def _kernel_environment() -> Iterator[None]:
    """What every kernel inherits, taken back afterwards."""
    before = dict(os.environ)
    for name in ("JUPYTER_PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH"):
        os.environ.pop(name, None)
    os.environ |= _KERNEL_ENVIRONMENT
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before


def _settle_worker(address: str) -> None:
    import logging
    import signal
    import threading

    threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger("papermill").setLevel(logging.ERROR)
    use_warm_kernels(address)


def _end_with(parent: int) -> None:
    """End this worker when the program that started it is gone; its kernel ends with it."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _as_they_end(futures: dict, quiet: bool) -> Iterator[tuple[Run, float]]:
    from concurrent.futures import as_completed

    from tqdm import tqdm

    # None: no bar where standard error is a file; the lines written there say enough.
    with tqdm(total=len(futures), unit="notebook", leave=False, disable=quiet or None) as bar:
        for future in as_completed(futures):
            bar.set_description(futures[future].title)
            yield futures[future], future.result()
            bar.update()


def _say(line: str, quiet: bool) -> None:
    import sys

    from tqdm import tqdm

    if not quiet:
        tqdm.write(line, file=sys.stderr)


def _failed_cell(run: Run, index: int | None, ename: str, evalue: str) -> ReportError:
    kept_as = run.kept.relative_to(run.folder).as_posix()
    kept = "" if index is None else f"; the notebook is kept as {kept_as}"
    place = "while a cell ran" if index is None else f"cell {_committed_number(run, index)}"
    if run.output.exists():
        run.kept.parent.mkdir(parents=True, exist_ok=True)
        os.replace(run.output, run.kept)
    return ReportError(
        f"{run.name}: a cell failed, so nothing was replaced.",
        found=_last_words(ename, evalue),
        where=f"{run.source.name}, {place}{kept}",
        do="mend what it names, and make the report again",
    )


def _committed_number(run: Run, index: int) -> int:
    """Cell number in the committed notebook, from 1: papermill adds parameters and two markers."""
    added = {"injected-parameters", "papermill-error-cell-tag"}
    before = json.loads(run.output.read_text(encoding="utf-8"))["cells"][: index + 2]
    return 1 + sum(not added & set(cell["metadata"].get("tags", [])) for cell in before)


def _last_words(ename: str, evalue: str) -> str:
    """Message of one of our own errors whole; of any other its type and last line."""
    ours = getattr(errors, ename, None)
    if isinstance(ours, type) and issubclass(ours, errors.SurveyError):
        return evalue.replace("\n", "\n    ")
    lines = evalue.strip().splitlines() or [""]
    return f"{ename}: {lines[-1]}"


def _joined(outputs: list[dict]) -> list[dict]:
    joined: list[dict] = []
    for out in outputs:
        last = joined[-1] if joined else {}
        if out["output_type"] == "stream" and last.get("name") == out["name"]:
            joined[-1] = last | {"text": "".join(last["text"]) + "".join(out["text"])}
        else:
            joined.append(out)
    return joined


def _without_addresses(out: dict) -> dict:
    if out["output_type"] == "stream":
        return out | {"text": _ADDRESS.sub("at 0x…", "".join(out["text"]))}
    if "data" not in out:
        return out
    plain = out["data"].get("text/plain")
    if plain is None:
        return out
    return out | {"data": out["data"] | {"text/plain": _ADDRESS.sub("at 0x…", "".join(plain))}}
