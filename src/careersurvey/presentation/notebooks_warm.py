"""Kernels that start warm: forked from one process that has imported what the notebooks import.

A kernel's start and its imports are most of a small notebook's time. One fresh interpreter does
them once and forks a kernel for every notebook, so each still begins with modules as imported and
nothing that another notebook did. Where that cannot be had, kernels start the usual way.
"""

from __future__ import annotations

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_SERVE = "import sys; from careersurvey.presentation.notebooks_warm import serve; serve(sys.argv)"


@contextmanager
def warm_start(notebooks: Iterable[Path]) -> Iterator[str]:
    """Begin importing what the notebooks import, in a process that lives as long as the block.

    Parameters
    ----------
    notebooks : iterable of Path

    Yields
    ------
    str
        Address for `start_kernel`; empty where processes cannot be forked safely.
    """
    if sys.platform != "linux":
        yield ""
        return
    with (
        tempfile.TemporaryDirectory(prefix="warm-") as folder,
        socket.socket(socket.AF_UNIX) as door,
    ):
        address = str(Path(folder, "door"))
        door.bind(address)
        door.listen()
        words = [str(door.fileno()), *sorted(imported_by(notebooks))]
        command = [sys.executable, "-c", _SERVE, *words]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        server = subprocess.Popen(command, pass_fds=[door.fileno()], **quiet)
        door.close()
        try:
            yield address
        finally:
            server.kill()
            server.wait()


def imported_by(notebooks: Iterable[Path]) -> set[str]:
    """Modules that the code of notebooks imports.

    Parameters
    ----------
    notebooks : iterable of Path

    Returns
    -------
    set of str
        Dotted names; of ``from a import b`` both ``a`` and ``a.b``, whichever is a module.
    """
    names: set[str] = set()
    for path in notebooks:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            # A cell of magics is no Python; its notebook imports it when it comes to it.
            with suppress(SyntaxError):
                if cell["cell_type"] == "code":
                    names |= _imported("".join(cell["source"]))
    return names


def _imported(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def use_warm_kernels(address: str) -> None:
    """Let this process start its kernels at the address, and the usual way where nobody answers."""
    from jupyter_client.provisioning import local_provisioner

    usual = local_provisioner.launch_kernel

    def launch(command: list[str], **settings: Any) -> Any:
        return start_kernel(address, usual, command, **settings)

    if address:
        local_provisioner.launch_kernel = launch


def start_kernel(address: str, usual: Callable, command: list[str], **settings: Any) -> Any:
    """Start one kernel: a process as `subprocess.Popen` describes it, as far as Jupyter asks."""
    arguments = command[command.index("ipykernel_launcher") + 1 :]
    wanted = {
        "arguments": arguments,
        "folder": settings.get("cwd") or os.getcwd(),
        "environment": dict(settings.get("env") or os.environ),
    }
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(address)
            line.sendall(json.dumps(wanted).encode() + b"\n")
            return _process(int(line.makefile().readline()))
    except (OSError, ValueError):
        return usual(command, **settings)


def _process(pid: int) -> SimpleNamespace:
    def send(number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)

    def poll() -> int | None:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def wait() -> int:
        while poll() is None:
            time.sleep(0.02)
        return 0

    return SimpleNamespace(
        **{"pid": pid, "poll": poll, "wait": wait, "send_signal": send},
        **{"stdin": None, "stdout": None, "stderr": None},
        terminate=lambda: send(signal.SIGTERM),
        kill=lambda: send(signal.SIGKILL),
    )


def serve(words: list[str]) -> None:
    """Import the named modules, then fork a kernel for everybody who asks at the door.

    Parameters
    ----------
    words : list of str
        As in ``sys.argv``: the file descriptor of a listening socket, then names of modules.
    """
    import importlib

    program = os.getppid()
    # Kernels that ended are not waited for; the system lays them to rest.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ["ipykernel.kernelapp", *words[2:]]:
        # What cannot be imported is the notebook's to say, in its own cell.
        with suppress(Exception):
            importlib.import_module(name)
    door = socket.socket(fileno=int(words[1]))
    door.settimeout(0.5)
    while os.getppid() == program:
        with suppress(TimeoutError):
            _answer(door)


def _answer(door: socket.socket) -> None:
    line, _ = door.accept()
    with line:
        wanted = json.loads(line.makefile().readline())
        pid = os.fork()
        if pid == 0:
            door.close()
            line.close()
            _become_kernel(**wanted)
        # Before the answer: Jupyter signals a kernel's whole group, which must not be ours.
        os.setpgid(pid, pid)
        line.sendall(f"{pid}\n".encode())


def _become_kernel(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    from ipykernel.kernelapp import IPKernelApp

    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        # The kernel ends when its parent does, and its parent is the process that it came from.
        arguments = [*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"]
        sys.argv = ["ipykernel_launcher", *arguments]
        IPKernelApp.launch_instance(arguments)
    finally:
        os._exit(0)
