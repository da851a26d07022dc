"""What a value of ``cohort.toml`` may be, and in what words it is expected."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, WrapValidator

from careersurvey.evidence.tables import Condition
from careersurvey.evidence.text import number_text

#: How units came into a survey; only of the first can "95% interval" be said.
Selection = Literal["probability", "census", "selected", "volunteers", "unstated"]
#: Who was asked, where it is no condition on another answer.
EVERYONE, ANSWERED = "everyone", "answered"


def said(expected: str) -> WrapValidator:
    """Say in these words what is expected, of what is more than a text where it should be one."""

    def validate(value: object, inner: Any) -> object:
        try:
            return inner(value)
        except ValidationError as problem:
            if [each["type"] for each in problem.errors()] == ["string_type"]:
                raise
            raise ValueError(expected) from None

    return WrapValidator(validate)


def _period(value: str) -> str:
    """A date, a month, a year or two of them in order as in ISO 8601, or a period in words."""
    parts = value.split("/") if re.fullmatch(r"[\d/-]+", value) else []
    for part in parts:
        if not re.fullmatch(r"\d{4}", part):
            date.fromisoformat(part + "-01" * (len(part) == len("2026-01")))
    # 2009-10 is a month to some and a school year to others.
    split = [re.fullmatch(r"\d\d(\d\d)-(\d\d)", part) for part in parts]
    if split and all(each and (int(each[1]) + 1) % 100 == int(each[2]) for each in split):
        raise ValueError(value)
    if len(parts) > 2 or parts[-1:] < [part[: len(parts[-1])] for part in parts[:1]]:
        raise ValueError(value)
    return value


def _asked_of(value: str) -> str:
    """Who was asked: everyone, those who answered, or a condition on other answers."""
    if value not in (EVERYONE, ANSWERED):
        try:
            Condition.parse(value or "=")
        except ValueError as problem:
            raise ValueError(f'{problem}; or "everyone" or "answered"') from None
    return value


def _encoding(value: str) -> str:
    try:
        b"a".decode(value, "replace")
    except LookupError:
        raise ValueError(value) from None
    return value


def _date_format(value: str) -> str:
    day, before = (datetime(year, 7, 9).strftime(value) for year in (2026, 2025))
    try:
        datetime.strptime(day if day != before else "no year", value)
    except re.error:
        raise ValueError(value) from None
    return value


def _text(value: object) -> object:
    """A cell in a list of cells: text, or a number as text; true and false are none."""
    if isinstance(value, int | float) and type(value) is not bool and abs(value) < 1e300:
        return number_text(value)
    return value


def _text_alone(wrapped: Callable[[str], object]) -> BeforeValidator:
    """A text that stands alone is taken for what it stands for."""
    return BeforeValidator(lambda value: wrapped(value) if isinstance(value, str) else value)


Words = Annotated[str, Field(min_length=1)]
Cell = Annotated[str, BeforeValidator(_text)]
Cells = Annotated[tuple[Cell, ...], Field(strict=False)]
Columns = Annotated[tuple[Words, ...], Field(strict=False)]
OneOrMore = Annotated[Columns, _text_alone(lambda text: [text])]
#: ``selection = "volunteers"`` stands for every table and unit.
Selections = Annotated[dict[str, Selection], _text_alone(lambda text: {"*": text})]
Numbers = Annotated[tuple[float, ...], Field(strict=False)]
Ends = Annotated[tuple[float, float], Field(strict=False)]
Whole = Annotated[int, Field(ge=0, le=10**12)]
Size = Annotated[int, Field(ge=1, le=10**12)]
Positive = Annotated[float, Field(gt=0)]
Number = Annotated[int | float, Field(gt=-1e300, lt=1e300)]
Csv = Annotated[str, Field(pattern=r"(?i)\.csv$")]
Totals = Annotated[dict[str, Annotated[Number, Field(ge=0)]], Field(min_length=1)]
KnownTotal = Annotated[
    Csv | Number | Totals,
    said('a total, 12000, totals by category, { yes = 4000, no = 800 }, or a ".csv"'),
]
ByClass = Annotated[
    Csv | Totals, said('numbers by class, { north = 400, south = 80 }, or a ".csv"')
]
Population = Annotated[
    Words | Annotated[Number, Field(gt=0)], said("a list of columns or numbers above 0")
]
Missing = Annotated[
    Cells | dict[str, Cell],
    said('a list, ["-9"], or a table of code and meaning, { c = "suppressed" }'),
]
Ticks = Annotated[Cells | Literal["any"], said('a list, ["1"], or "any"')]
CohortId = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$"),
    said("at most 100 letters, digits, - and _: the id names a folder"),
]
TableName = Annotated[
    str,
    Field(pattern=r"^[^\W\d][\w-]*$", max_length=60),
    said("a table's name is at most 60 letters, digits, - and _, a letter first"),
]
Delimiter = Annotated[
    str,
    Field(pattern=r'^[^"\r\n]$'),
    said("a delimiter is one character, and no quote or line break"),
]
Master = Annotated[
    str,
    Field(pattern=r"^(|local(\[.+\])?|yarn|(spark|k8s|sc)://.+)$"),
    said(
        "the address of a Spark master: local[2], spark://host:7077, yarn, "
        "k8s://https://host:443 or sc://host:15002"
    ),
]
Address = Annotated[
    str,
    Field(pattern=r"^(https?://[^\s\"'<>]+)?$"),
    said("an address that begins with https:// or http://"),
]
Period = Annotated[
    str,
    AfterValidator(_period),
    said(
        '"2026-01-10/2026-03-20", the end after the start, "2026-01", "2026", or words; '
        '"2009/2010" for a school year, "October 2009" for a month that reads like one'
    ),
]
Asked = Annotated[str, AfterValidator(_asked_of)]
Encoding = Annotated[
    str,
    AfterValidator(_encoding),
    said('the name of an encoding, such as "windows-1252"'),
]
DateFormat = Annotated[
    str,
    AfterValidator(_date_format),
    said('a date with its year, as Python writes it: "%d/%m/%Y"'),
]
