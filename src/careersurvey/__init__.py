"""Ofsted's 2013 careers guidance survey, and any survey after it, as one table of estimates.

>>> import careersurvey as cs
>>> survey = cs.load("ofsted-2013")
>>> found = cs.estimate(survey, ["careers_strategy", "external_award", "working_well"])
>>> picture = cs.plot(found)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from careersurvey.errors import SurveyError as SurveyError
    from careersurvey.evidence.checks.screen import check as check
    from careersurvey.evidence.datasets import load as load
    from careersurvey.inference.compare.compare import compare as compare
    from careersurvey.inference.compare.trend import trend as trend
    from careersurvey.inference.estimates import estimate as estimate
    from careersurvey.inference.estimates import groups as groups
    from careersurvey.inference.record.audit import audit as audit
    from careersurvey.inference.record.bounds import bounds as bounds
    from careersurvey.inference.record.draw import draw as draw
    from careersurvey.inference.to_r import to_r as to_r
    from careersurvey.presentation.plotting import plot as plot
    from careersurvey.presentation.plotting import say as say
    from careersurvey.presentation.report import report as report

_ROOMS = {
    "SurveyError": "errors",
    "check": "evidence.checks.screen",
    "load": "evidence.datasets",
    "compare": "inference.compare.compare",
    "trend": "inference.compare.trend",
    "estimate": "inference.estimates",
    "groups": "inference.estimates",
    "audit": "inference.record.audit",
    "bounds": "inference.record.bounds",
    "draw": "inference.record.draw",
    "to_r": "inference.to_r",
    "plot": "presentation.plotting",
    "say": "presentation.plotting",
    "report": "presentation.report",
}
__all__ = sorted(_ROOMS)


def __getattr__(name: str) -> object:
    """Load a public name when it is first used."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
