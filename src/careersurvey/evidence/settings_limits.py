"""Limits that a command sets in place of every cohort's own, for all processes that it begins."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_LIMITS = "CAREERSURVEY_LIMITS"


def set_by_command() -> dict[str, int]:
    """Limits that are set so, by name."""
    return json.loads(os.environ.get(_LIMITS, "{}"))


@contextmanager
def limits_set(given: Mapping[str, int]) -> Iterator[None]:
    """Set limits in place of every cohort's own, here and in the processes that are begun here."""
    before = os.environ.get(_LIMITS)
    os.environ[_LIMITS] = json.dumps(set_by_command() | dict(given))
    try:
        yield
    finally:
        os.environ.pop(_LIMITS)
        if before is not None:
            os.environ[_LIMITS] = before
