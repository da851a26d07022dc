"""A notebook's cells, run in a process of their own; what they give out, as a notebook holds it."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

import matplotlib
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Dict, Int, List, Type
from traitlets.config import Config


def serve(line: Connection, folder: str, own: str, given: Mapping[str, str], most: int) -> None:
    """Run the cells that come down the line till it closes; send back what each gave out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setpgrp()
    # What a library prints past Python is for a person, and no machine reads it.
    with contextlib.suppress(OSError):
        os.dup2(2, 1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(given)
    os.chdir(folder)
    sys.path[:] = [place for place in sys.path if place not in ("", ".", folder)]
    matplotlib.rcdefaults()
    quiet = Config(
        {"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}}
    )
    shell = _Shell.instance(config=quiet, ipython_dir=own, left=most)
    with contextlib.suppress(EOFError):
        while True:
            source = line.recv()
            shell.given_out = []
            out, err = _Stream("stdout", shell), _Stream("stderr", shell)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                shell.run_cell(source, store_history=True)
            line.send((shell.given_out, shell.execution_count - 1))


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os.killpg(0, signal.SIGKILL)


class _Stream(io.TextIOBase):
    encoding = "utf-8"

    def __init__(self, name: str, shell: _Shell) -> None:
        self.name, self.shell = name, shell

    def write(self, text: str) -> int:
        if text:
            self.shell.take({"output_type": "stream", "name": self.name, "text": text})
        return len(text)


def _shown(kind: str, data: Mapping, metadata: Mapping | None, **more: Any) -> dict:
    as_text = json.dumps(data, default=lambda picture: base64.b64encode(picture).decode())
    shown = {"data": json.loads(as_text), "metadata": dict(metadata or {})}
    return {"output_type": kind, **shown, **more}


class _Hook(DisplayHook):
    """A cell's last value."""

    def write_output_prompt(self) -> None:
        """Write none: a notebook has the number."""

    def finish_displayhook(self) -> None:
        self._is_active = False

    def write_format_data(self, format_dict: dict, md_dict: dict | None = None) -> None:
        count = {"execution_count": self.prompt_count}
        self.shell.take(_shown("execute_result", format_dict, md_dict, **count))


class _Publisher(DisplayPublisher):
    """What a cell displays; an update takes the place of what has its id."""

    def publish(
        self,
        data: dict,
        metadata: dict | None = None,
        source: object = None,
        *,
        transient: dict | None = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        shown, named = _shown("display_data", data, metadata), (transient or {}).get("display_id")
        if not update:
            self.shell.take(shown)
            self.shell.named[named] = shown
        elif named in self.shell.named:
            self.shell.named[named].update(shown)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.given_out.clear()


class _Shell(InteractiveShell):
    """Keeps what its cells give out, as far as there is room for it."""

    displayhook_class, display_pub_class = Type(_Hook), Type(_Publisher)
    given_out, left, named = List(Dict()), Int(), Dict()

    def take(self, output: dict) -> None:
        """Keep one output; printed pieces that follow each other are one."""
        self.left -= len(json.dumps(output))
        if self.left < 0:
            raise MemoryError("its cells print or show more than a report can hold")
        last = self.given_out[-1] if self.given_out else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
        else:
            self.given_out.append(output)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        told = {"ename": etype.__name__, "evalue": str(evalue), "traceback": list(stb)}
        self.given_out.append({"output_type": "error", **told})
