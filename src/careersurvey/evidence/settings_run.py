"""What a command tells all processes that it begins, in one variable of their environment."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

_VARIABLE = "CAREERSURVEY_RUN"


class Run(NamedTuple):
    """What is told; each is empty where nothing is."""

    limits: Mapping[str, int] = {}  # in place of every cohort's own
    #: The folder of a notebook's exhibits, to be moved into place together when all are whole.
    figures: str = ""
    shown: Sequence[str] = ()  # indicators whose rows alone a report shows; none means all


def run() -> Run:
    """What this process was told."""
    return Run(**json.loads(os.environ.get(_VARIABLE, "{}")))


def telling(**more: Any) -> tuple[str, str]:
    """The variable, and what it is where more is told."""
    return _VARIABLE, json.dumps(run()._replace(**more)._asdict())


@contextmanager
def limits_set(given: Mapping[str, int]) -> Iterator[None]:
    """Set limits in place of every cohort's own, here and in the processes that are begun here."""
    before = os.environ.get(_VARIABLE)
    os.environ.update([telling(limits={**run().limits, **given})])
    try:
        yield
    finally:
        os.environ.pop(_VARIABLE)
        if before is not None:
            os.environ[_VARIABLE] = before
