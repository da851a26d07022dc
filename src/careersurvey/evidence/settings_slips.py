"""What is amiss in ``cohort.toml``, in the words of whoever writes it: where, found, expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from careersurvey.errors import CohortError
from careersurvey.evidence.text import control_mark, meant, so_many


class Slip(NamedTuple):
    """One thing that is amiss: where, what was found, and what was expected."""

    where: str
    found: str
    expected: str


def where_in(*place: str, key: str = "") -> str:
    """Return a place in the file: ``cohort.toml [tables.parents.design] weight``."""
    return " ".join(filter(None, ["cohort.toml", f"[{'.'.join(place)}]" if place else "", key]))


def slip_of(error: Any, model: type[BaseModel]) -> Slip:
    """Put an error of the model into the words of whoever writes the file."""
    kind, value, limits = error["type"], error["input"], error.get("ctx", {})
    place = [str(part) for part in error["loc"] if part != "[key]"]
    whole = isinstance(value, dict) and kind == "value_error"
    key = "" if whole or not place else place.pop()
    found = "nothing" if kind == "missing" else "" if whole else _shown(value)
    if kind == "extra_forbidden":
        found = f"{key!r}, which is not known"
        expected = meant(key, _keys_at(model, error["loc"][:-1]))
    elif kind == "value_error":
        expected = str(limits["error"])
    elif kind == "literal_error":
        expected = str(limits["expected"]).replace("'", '"')
    else:
        expected = _IN_WORDS.get(kind, error["msg"]).format(**limits)
    return Slip(where_in(*place, key=key), found, expected)


def marks_amiss(part: Any, place: tuple[str, ...] = ()) -> Iterator[Slip]:
    """Marks of control, which would reach a terminal or a document."""
    if isinstance(part, Mapping | list):
        for key, value in part.items() if isinstance(part, Mapping) else enumerate(part):
            yield from marks_amiss(value, (*place, str(key)))
    for text in (part, *place[-1:]):
        if isinstance(text, str) and control_mark(text):
            where = where_in(*place[:-1], key=place[-1])
            yield Slip(where, repr(control_mark(text)), "no such mark")


def refusal(cohort: str, slips: list[Slip]) -> CohortError:
    """Return the error that tells all slips at once."""
    count = f"{cohort}: {so_many(len(slips), 'setting')} of cohort.toml"
    do = "correct them, or take them out; docs/cohorts.md lists all"
    if len(slips) == 1:
        return CohortError(f"{count} is not as it must be.", do=do, **slips[0]._asdict())
    lines = [
        f"  {slip.where}: expected {slip.expected}{f'; found {slip.found}' if slip.found else ''}"
        for slip in slips
    ]
    return CohortError("\n".join([f"{count} are not as they must be.", *lines]), do=do)


def _shown(value: object) -> str:
    if isinstance(value, bool | date):
        return str(value).lower()
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return "a number too long, or brackets too deep, to be shown"
    return text if len(text) <= 80 else f"{text[:77]}..."


def _keys_at(model: type[BaseModel], place: tuple[Any, ...]) -> list[str]:
    """Keys that a place of the file may have."""
    part: Any = model
    for key in place:
        part = get_args(part)[1] if get_origin(part) is dict else part.model_fields[key].annotation
        if get_origin(part) is not dict:
            part = next((each for each in get_args(part) if _is_part(each)), part)
    return list(part.model_fields) if _is_part(part) else []


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


_IN_WORDS = {
    "missing": "a value: it is needed",
    "string_type": 'text in quotes, "..."',
    "string_too_short": "some text",
    "string_too_long": "one character",
    "bool_type": "true or false, without quotes",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a number that is finite",
    "tuple_type": 'a list, ["a", "b"]',
    "dict_type": "a table of its own, name = ...",
    "model_type": "a table of its own, name = ...",
    "greater_than_equal": "{ge} or more",
    "greater_than": "more than {gt}",
    "less_than_equal": "{le} or less",
    "less_than": "less than {lt}",
    "too_short": "a list or table with an entry",
    "too_long": "at most {max_length} entries",
}
