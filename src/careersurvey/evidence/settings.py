"""``cohort.toml``, whole, as one typed model: every slip is told at once, with its place."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WrapValidator,
    model_validator,
)

from careersurvey.errors import CohortError
from careersurvey.evidence.tables import Condition
from careersurvey.evidence.text import control_mark, meant, number_text, plural

#: How units came into a survey; only of the first can "95% interval" be said.
Selection = Literal["probability", "census", "selected", "volunteers", "unstated"]
#: Replicates that can be made from the design itself; the other methods are only read.
MADE = ("JK1", "JKn", "bootstrap")
#: Who was asked, where it is no condition on another answer.
EVERYONE, ANSWERED = "everyone", "answered"

_SLIPS_NAMED = 20
_LIMITS = "CAREERSURVEY_LIMITS"


def _said(expected: str) -> WrapValidator:
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
    """A date, a month, a year or two of them as in ISO 8601, or a period in words."""
    for part in value.split("/") if re.fullmatch(r"[\d/-]+", value) else ():
        if not re.fullmatch(r"\d{4}", part):
            date.fromisoformat(part + "-01" * (len(part) == len("2026-01")))
    return value


def _asked(value: str) -> str:
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


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _for_everyone(value: object) -> object:
    """``selection = "volunteers"`` stands for every table and unit."""
    return {"*": value} if isinstance(value, str) else value


Words = Annotated[str, Field(min_length=1)]
Cell = Annotated[str, BeforeValidator(_text)]
Cells = Annotated[tuple[Cell, ...], Field(strict=False)]
Columns = Annotated[tuple[Words, ...], Field(strict=False)]
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
    _said('a total, 12000, totals by category, { yes = 4000, no = 800 }, or a ".csv"'),
]
Population = Annotated[
    Words | Annotated[Number, Field(gt=0)], _said("a list of columns or numbers above 0")
]
Missing = Annotated[
    Cells | dict[str, Cell],
    _said('a list, ["-9"], or a table of code and meaning, { c = "suppressed" }'),
]
Ticks = Annotated[Cells | Literal["any"], _said('a list, ["1"], or "any"')]
CohortId = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$"),
    _said("at most 100 letters, digits, - and _: the id names a folder"),
]
TableName = Annotated[
    str,
    Field(pattern=r"^[^\W\d][\w-]{0,59}$"),
    _said("a table's name is at most 60 letters, digits, - and _, a letter first"),
]
Delimiter = Annotated[
    str,
    Field(pattern=r'^[^"\r\n]$'),
    _said("a delimiter is one character, and no quote or line break"),
]
Master = Annotated[
    str,
    Field(pattern=r"^(|local(\[.+\])?|yarn|(spark|k8s|sc)://.+)$"),
    _said(
        "the address of a Spark master: local[2], spark://host:7077, yarn, "
        "k8s://https://host:443 or sc://host:15002"
    ),
]
Address = Annotated[
    str,
    Field(pattern=r"^(https?://[^\s\"'<>]+)?$"),
    _said("an address that begins with https:// or http://"),
]
Period = Annotated[
    str, AfterValidator(_period), _said('"2026-01-10/2026-03-20", "2026-01", "2026", or words')
]
Encoding = Annotated[
    str,
    AfterValidator(_encoding),
    _said('the name of an encoding, such as "windows-1252"'),
]
DateFormat = Annotated[
    str,
    AfterValidator(_date_format),
    _said('a date with its year, as Python writes it: "%d/%m/%Y"'),
]


class _Part(BaseModel):
    """A part of ``cohort.toml``: nothing that is not named here, nothing of another kind."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True
    )

    def _amiss(self) -> Iterator[str]:
        """What is expected of settings together, and is not so."""
        yield from ()

    @model_validator(mode="after")
    def _require_settings_that_fit(self) -> Any:
        if wrong := [*self._amiss()]:
            raise ValueError("; ".join(wrong))
        return self


class About(_Part):
    """``[cohort]``: what the survey was, who asked whom, when and how."""

    id: CohortId
    title: Words
    evidence: Literal["reported", "respondents"]
    heading: str = ""
    publisher: str = ""
    reference: str = ""
    licence: str = ""
    url: Address = ""
    published: Period = ""
    place: str = ""
    fieldwork: Period = ""
    synthetic: bool = False
    sampling: str = ""
    population: str = ""
    selection: Annotated[dict[str, Selection], BeforeValidator(_for_everyone)] = {}
    invited: dict[str, Size] = {}
    by: Columns = ()
    panel: str = ""
    no_interval: str = ""
    caution: str = ""
    note: str = ""

    def selected(self, *names: str) -> Selection:
        """How the units of a table or a kind of unit came in: ``selected("parents", "parent")``."""
        known = (self.selection[name] for name in (*names, "*") if name in self.selection)
        return next(known, "unstated")


class Record(_Part):
    """``[record]``: printed figures that bounds and draws leave out, each with its reason."""

    set_aside: dict[str, str] = {}


class Calibration(_Part):
    """``[tables.NAME.design.calibrate]``: weights are moved until they meet known totals.

    Each total is that of a numeric variable, totals by category, or a CSV beside
    ``cohort.toml`` with the columns ``category`` and ``total``.
    """

    totals: Annotated[dict[str, KnownTotal], Field(min_length=1)]
    method: Literal["poststratify", "rake", "linear", "logit"] | None = None
    bounds: Ends | None = None

    @property
    def of_categories(self) -> dict[str, dict[str, float]]:
        """The totals by category, of those that have categories."""
        return {name: one for name, one in self.totals.items() if isinstance(one, dict)}

    @property
    def of_numbers(self) -> dict[str, float]:
        """The totals of numbers."""
        return {name: one for name, one in self.totals.items() if isinstance(one, float | int)}

    def _amiss(self) -> Iterator[str]:
        if self.method == "logit" and self.bounds is None:
            yield 'bounds = [0.5, 2]: method = "logit" needs them'
        if self.bounds and not 0 <= self.bounds[0] < 1 < self.bounds[1]:
            yield "bounds below and above 1, such as [0.5, 2]"
        if self.bounds and self.method not in (None, "linear", "logit"):
            yield 'bounds with method = "linear" or "logit" alone'


class Response(_Part):
    """``[tables.NAME.design.response]``: how many were invited in each class of response."""

    classes: Words
    invited: KnownTotal

    @property
    def by_class(self) -> dict[str, float]:
        """How many were invited, once they have been read."""
        return self.invited if isinstance(self.invited, dict) else {}


class DesignSettings(_Part):
    """``[tables.NAME.design]``: how the sample was drawn, by variables or their columns."""

    weight: str = ""
    strata: Columns = ()
    clusters: Columns = ()
    population: Annotated[tuple[Population, ...], Field(strict=False)] = ()
    nest: bool = False
    lonely_psu: Literal["fail", "certainty", "adjust", "average"] = "fail"
    df: Positive | None = None
    replicate_weights: Annotated[Columns, BeforeValidator(_listed)] = ()
    replicate_method: (
        Literal["JK1", "JKn", "BRR", "Fay", "bootstrap", "successive-difference"] | None
    ) = None
    replicates: Annotated[int, Field(ge=2, le=100_000)] | None = None
    seed: Whole | None = None
    scale: Positive | None = None
    rscales: Numbers | None = None
    fay_rho: Annotated[float, Field(ge=0, lt=1)] | None = None
    mse: bool = False
    calibrate: Calibration | None = None
    response: Response | None = None
    trim: Ends | None = None

    @property
    def stages(self) -> int:
        """How many stages the variance needs: none follows one without a population."""
        known = len(self.population)
        return min(max(len(self.clusters), known, 1), known + 1)

    @property
    def of_respondents(self) -> bool:
        """Whether respondents are the units of the last stage that the variance needs."""
        return self.stages > len(self.clusters)

    @property
    def needed(self) -> DesignSettings:
        """The same with the stages that the variance needs."""
        kept = ("strata", "clusters", "population")
        return self.model_copy(update={name: getattr(self, name)[: self.stages] for name in kept})

    @property
    def sizes(self) -> list[str]:
        """Columns that hold a stage's population."""
        return [one for one in self.population if isinstance(one, str)]

    @property
    def numbers(self) -> list[str]:
        """Columns that must be numbers."""
        known = self.calibrate.of_numbers if self.calibrate else ()
        return [*filter(None, [self.weight]), *self.sizes, *self.replicate_weights, *known]

    @property
    def columns(self) -> list[str]:
        """All columns that it names."""
        return list(dict.fromkeys([*self.strata, *self.clusters, *self.numbers]))

    def _amiss(self) -> Iterator[str]:
        yield from self._stages_amiss()
        yield from self._replicates_amiss()
        if self.trim and not 0 <= self.trim[0] < self.trim[1]:
            yield "trim = [low, high], the least and greatest weight"

    def _stages_amiss(self) -> Iterator[str]:
        stages = max(len(self.clusters), len(self.population), 1)
        if len(self.population) > len(self.clusters) + 1 or len(self.strata) > stages:
            yield (
                "an entry of strata, clusters and population for each stage, and one population "
                "more for the respondents; strata of one stage are crossed in a single column"
            )

        drawn = (*self.strata, *self.clusters)
        if len(set(drawn)) < len(drawn):
            yield "a column once among strata and clusters"

    def _replicates_amiss(self) -> Iterator[str]:
        method, given = self.replicate_method, bool(self.replicate_weights)
        if given and method is None:
            yield (
                "replicate_method beside replicate_weights: JK1, JKn, BRR, Fay, bootstrap or "
                "successive-difference"
            )
        if given and not self.weight:
            yield "weight, that of the full sample, beside replicate_weights"
        if method and not given and method not in MADE:
            yield f"replicate_weights: of the methods {', '.join(MADE)} are made, {method} is read"
        if method == "Fay" and self.fay_rho is None:
            yield "fay_rho, from 0 up to below 1, with the method Fay"
        if method and not given and not self.clusters:
            yield "clusters, which replicates leave out or draw again, where they are made"
        if given and method == "JKn" and self.rscales is None:
            yield "rscales with replicate_weights of the method JKn: (n - 1) / n of each stratum"
        if self.rscales and not min(self.rscales) >= 0 < max(self.rscales):
            yield "rscales of 0 or more, not all of them 0"
        if self.fay_rho is not None and method != "Fay":
            yield 'fay_rho with replicate_method = "Fay" alone'
        for name in ("scale", "rscales"):
            if getattr(self, name) is not None and not given:
                yield f"{name} with replicate_weights alone"
        for name in ("replicates", "seed"):
            if getattr(self, name) is not None and (given or method != "bootstrap"):
                yield f"{name} only where bootstrap replicates are made"
        if self.mse and method is None:
            yield "mse with a replicate_method alone"
        if not given and method == "JK1" and self.strata:
            yield 'replicate_method = "JKn": JK1 is for samples without strata'
        rules = ("fail", "certainty", "average")[: 2 if method == "bootstrap" else 3]
        if not given and method and self.lonely_psu not in rules:
            yield f"lonely_psu = {' or '.join(map(repr, rules))} where replicates are made"


class OptionSettings(_Part):
    """``[tables.NAME.options.QUESTION]``: a select-all question in boxes or in one cell."""

    variables: Columns = ()
    separator: str = ""
    ticked: Ticks = ()
    unticked: Cells = ()
    nothing_ticked: Literal["no", "no_answer", "not_asked"] | None = None
    other: str = ""

    def _amiss(self) -> Iterator[str]:
        if bool(self.variables) == bool(self.separator):
            yield 'variables = ["a", "b"] or separator = ";", one of the two'


class TableSettings(_Part):
    """``[tables.NAME]``: a file of answers, and what its columns and cells mean."""

    file: Words
    sheet: str = ""
    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    decimal: Literal[".", ","] = "."
    thousands: Annotated[str, Field(max_length=1)] = ""
    header_rows: Annotated[int, Field(ge=1, le=20)] = 1
    skip_rows: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    short_rows: Literal["refuse", "fill"] = "refuse"
    key: Words | None = None
    blank: Literal["no_answer", "not_asked"] = "no_answer"
    not_asked: Cells = ()
    no_answer: Cells = ()
    nothing_ticked: Literal["no", "no_answer", "not_asked"] | None = None
    date_format: DateFormat | None = None
    unique: str = ""
    unlinked: Columns = ()
    sums_tolerance: Annotated[float, Field(ge=0)] = 0
    design: DesignSettings = DesignSettings()
    columns: dict[str, Words] = {}
    codes: dict[str, dict[str, Cell]] = {}
    missing: dict[str, Missing] = {}
    asked: dict[str, Annotated[str, AfterValidator(_asked)]] = {}
    options: dict[str, OptionSettings] = {}
    signs: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=9)], ...], Field(strict=False)
    ] = ()
    sure: Columns = ()
    keep: dict[str, Annotated[Cells, Field(min_length=1)]] = {}
    drop: dict[str, Annotated[Cells, Field(min_length=1)]] = {}
    sums: dict[str, Annotated[Columns, Field(min_length=1)]] = {}

    def _amiss(self) -> Iterator[str]:
        if self.thousands == self.decimal:
            yield 'thousands is another mark than decimal, which is "." unless said'


class Engine(_Part):
    """``[engine]``: where sums over answers are taken; on this machine unless it says so."""

    spark: Master = ""


class Disclosure(_Part):
    """``[disclosure]``: what a report may publish of a table of people."""

    about: dict[str, Literal["people", "institutions"]] = {}
    min_base: Annotated[int, Field(ge=1, le=10**6)] = 10
    min_clusters: Annotated[int, Field(ge=1, le=10**6)] = 3
    min_count: Annotated[int, Field(ge=0, le=10**6)] = 0
    round: Annotated[int, Field(ge=1, le=1000)] = 1
    merge: dict[str, dict[str, Annotated[Columns, Field(min_length=2)]]] = {}


class Limits(_Part):
    """``[limits]``: what a cohort may cost at most; the file may lower them, never raise them."""

    unpacked_bytes: Annotated[int, Field(ge=1, le=4 * 2**30)] = 4 * 2**30
    cell_seconds: Annotated[int, Field(ge=1, le=600)] = 600
    notebook_seconds: Annotated[int, Field(ge=1, le=1800)] = 1800
    output_bytes: Annotated[int, Field(ge=1, le=32 * 2**20)] = 32 * 2**20

    def in_force(self) -> Limits:
        """These limits, with those that the command sets in their place."""
        return self.model_copy(update=_set_by_command())


def _set_by_command() -> dict[str, int]:
    return json.loads(os.environ.get(_LIMITS, "{}"))


@contextmanager
def limits_set(given: Mapping[str, int]) -> Iterator[None]:
    """Set limits in place of every cohort's own, here and in the processes that are begun here."""
    before = os.environ.get(_LIMITS)
    os.environ[_LIMITS] = json.dumps(_set_by_command() | dict(given))
    try:
        yield
    finally:
        os.environ.pop(_LIMITS)
        if before is not None:
            os.environ[_LIMITS] = before


class Settings(_Part):
    """``cohort.toml``, whole."""

    cohort: About
    places: dict[str, Annotated[int, Field(ge=0, le=100_000)]] = {}
    sections: dict[str, Words] = {}
    record: Record = Record()
    tables: dict[TableName, TableSettings] = {}
    engine: Engine = Engine()
    disclosure: Disclosure = Disclosure()
    limits: Limits = Limits()


def read_settings(path: Path) -> Settings:
    """Read ``cohort.toml``."""
    name = path.parent.name
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as problem:
        found = "brackets within brackets" if isinstance(problem, RecursionError) else problem
        raise CohortError(f"{name}: cohort.toml cannot be read.", found=found, where=path) from None
    return settings_of(given, name)


def settings_of(given: Mapping[str, Any], name: str) -> Settings:
    """Return settings as they are meant, from what a file says."""
    try:
        settings = Settings.model_validate(dict(given))
        slips = [*_names_amiss(settings), *_marks_amiss(given)]
    except ValidationError as problem:
        slips = [_slip(each) for each in problem.errors(include_url=False)]
    if not slips:
        return settings.model_copy(update={"limits": settings.limits.in_force()})
    about = given.get("cohort")
    known = about.get("id") if isinstance(about, dict) else None
    raise _refusal(known if isinstance(known, str) else name, slips)


class _Slip(NamedTuple):
    """One thing that is amiss: where, what was found, and what was expected."""

    where: str
    found: str
    expected: str


def _where(*place: str, key: str = "") -> str:
    """Return a place in the file: ``cohort.toml [tables.parents.design] weight``."""
    return " ".join(filter(None, ["cohort.toml", f"[{'.'.join(place)}]" * bool(place), key]))


def _slip(error: Any) -> _Slip:
    """Put an error of the model into the words of whoever writes the file."""
    kind, value, limits = error["type"], error["input"], error.get("ctx", {})
    place = [str(part) for part in error["loc"] if part != "[key]"]
    whole = isinstance(value, dict) and kind == "value_error"
    key = "" if whole or not place else place.pop()
    found = "nothing" if kind == "missing" else "" if whole else _shown(value)
    if kind == "extra_forbidden":
        found, expected = f"{key!r}, which is not known", meant(key, _keys_at(error["loc"][:-1]))
    elif kind == "value_error":
        expected = str(limits["error"])
    elif kind == "literal_error":
        expected = str(limits["expected"]).replace("'", '"')
    else:
        expected = _IN_WORDS.get(kind, error["msg"]).format(**limits)
    return _Slip(_where(*place, key=key), found, expected)


def _names_amiss(settings: Settings) -> Iterator[_Slip]:
    """Tables of answers that are named elsewhere and are not there."""
    about, shown = settings.cohort, settings.disclosure
    named = [("cohort.invited", name) for name in about.invited]
    named += [("disclosure.about", name) for name in shown.about]
    for place, name in named if about.evidence == "respondents" else ():
        if name not in settings.tables:
            known = meant(name, settings.tables) or "a table of [tables.NAME]"
            yield _Slip(_where(place, key=name), "a table that is not there", known)


def _marks_amiss(part: Any, place: tuple[str, ...] = ()) -> Iterator[_Slip]:
    """Marks of control, which would reach a terminal or a document."""
    if isinstance(part, Mapping | list):
        for key, value in part.items() if isinstance(part, Mapping) else enumerate(part):
            yield from _marks_amiss(value, (*place, str(key)))
    for text in (part, *place[-1:]):
        if isinstance(text, str) and control_mark(text):
            where = _where(*place[:-1], key=place[-1])
            yield _Slip(where, repr(control_mark(text)), "no such mark")


def _refusal(cohort: str, slips: list[_Slip]) -> CohortError:
    count = f"{cohort}: {plural(len(slips), 'setting')} of cohort.toml"
    do = "correct them, or take them out; docs/cohorts.md lists all"
    if len(slips) == 1:
        (slip,) = slips
        said = slip._asdict() | {"found": slip.found or None}
        return CohortError(f"{count} is not as it must be.", do=do, **said)
    lines = [
        f"  {slip.where}: expected {slip.expected}" + f"; found {slip.found}" * bool(slip.found)
        for slip in slips[:_SLIPS_NAMED]
    ]
    more = [f"  and {len(slips) - _SLIPS_NAMED} more"] * (len(slips) > _SLIPS_NAMED)
    return CohortError("\n".join([f"{count} are not as they must be.", *lines, *more]), do=do)


def _shown(value: object) -> str:
    if isinstance(value, bool | date):
        return str(value).lower()
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return "a number too long, or brackets too deep, to be shown"
    return text if len(text) <= 80 else f"{text[:77]}..."


def _keys_at(place: tuple[Any, ...]) -> list[str]:
    """Keys that a place of the file may have."""
    part: Any = Settings
    for key in place:
        part = get_args(part)[1] if get_origin(part) is dict else part.model_fields[key].annotation
        if get_origin(part) is not dict:
            part = next((each for each in get_args(part) if _is_part(each)), part)
    return list(part.model_fields) if _is_part(part) else []


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, _Part)


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
