"""Messages for the person who can mend what is wrong."""

from __future__ import annotations

import unicodedata
from importlib import import_module
from typing import Any

_FIELDS = ("found", "expected", "where", "do")


class SurveyError(Exception):
    """Something that a person can mend: what, found, expected, where, do.

    Parameters
    ----------
    what : str
        One sentence that begins with the cohort or file and says how many of how many.
    found, expected, where, do : str, optional
        What is there, what may be there, in which rows of which file, and the remedy; what is
        empty is not told.
    """

    def __init__(
        self,
        what: str,
        *,
        found: object = None,
        expected: object = None,
        where: object = None,
        do: object = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.found, self.expected, self.where, self.do = found, expected, where, do

    def __str__(self) -> str:
        given = {name: getattr(self, name) for name in _FIELDS}
        lines = [f"  {name:<9} {value}" for name, value in given.items() if value not in ("", None)]
        return shown("\n".join([self.what, *lines]))

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback: what is wrong, and what to do."""
        return f"{type(self).__name__}: {self}".split("\n")


def shown(text: str) -> str:
    r"""Return text that a terminal shows and never obeys: other marks of control as escapes.

    >>> print(shown("red: \x1b[31m"))
    red: \x1b[31m
    """
    return "".join(map(_shown, text))


def _shown(mark: str) -> str:
    harmless = mark in "\n\t" or unicodedata.category(mark) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return mark if harmless else mark.encode("unicode_escape").decode("ascii")


class CohortError(SurveyError):
    """A cohort folder, or a file in it, is not as it must be."""


class ReadingError(SurveyError):
    """A printed wording is not one that the tables of readings know."""


class DesignError(SurveyError):
    """Weights, strata, clusters or populations do not describe a sample."""


class RecordError(SurveyError):
    """The printed record cannot answer what was asked of it."""


class QuestionError(SurveyError):
    """An indicator, variable or count was asked for that the cohort does not have."""


class ReportError(SurveyError):
    """A notebook failed, or was given parameters that it does not take."""


def from_extra(module: str, extra: str, what: str) -> Any:
    """Import what only an extra of the package installs, or say which."""
    try:
        return import_module(module)
    except ImportError:
        raise CohortError(
            f"{what} needs {module}.", do=f"install it with `pip install 'careersurvey[{extra}]'`"
        ) from None
