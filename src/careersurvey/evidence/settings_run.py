"""What a command tells all processes that it begins, in one variable of their environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
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
