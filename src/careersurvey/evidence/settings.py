"""``cohort.toml``, whole, as one typed model: every slip is told at once, with its place."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from careersurvey.errors import CohortError
from careersurvey.evidence import settings_kinds as kinds
from careersurvey.evidence.settings_run import run
from careersurvey.evidence.settings_slips import Slip, marks_amiss, refusal, slip_of, where_in
from careersurvey.evidence.text import few, meant

#: Replicates that can be made from the design itself; the other methods are only read.
MADE = ("JK1", "JKn", "bootstrap")


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

    id: kinds.CohortId
    title: kinds.Words
    evidence: Literal["reported", "respondents"]
    heading: str = ""
    publisher: str = ""
    reference: str = ""
    licence: str = ""
    url: kinds.Address = ""
    published: kinds.Period = ""
    place: str = ""
    fieldwork: kinds.Period = ""
    synthetic: bool = False
    sampling: str = ""
    population: str = ""
    selection: kinds.Selections = {}
    invited: dict[str, kinds.Size] = {}
    by: kinds.Columns = ()
    panel: str = ""
    no_interval: str = ""
    caution: str = ""
    note: str = ""

    def selected(self, *names: str) -> kinds.Selection:
        """How the units of a table or a kind of unit came in: ``selected("parents", "parent")``."""
        known = (self.selection[name] for name in (*names, "*") if name in self.selection)
        return next(known, "unstated")


class Record(_Part):
    """``[record]``: printed figures that bounds and draws leave out, each with its reason."""

    set_aside: dict[str, kinds.Words] = {}


class Calibration(_Part):
    """``[tables.NAME.design.calibrate]``: weights are moved until they meet known totals."""

    totals: Annotated[dict[str, kinds.KnownTotal], Field(min_length=1)]
    method: Literal["poststratify", "rake", "linear", "logit"] | None = None
    bounds: kinds.Ends | None = None

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
        if self.method == "poststratify" and (len(self.totals) > 1 or self.of_numbers):
            yield 'method = "rake" or "linear": poststratify is of one variable with categories'
        if self.bounds and self.method not in (None, "linear", "logit"):
            yield 'bounds with method = "linear" or "logit" alone'


class Response(_Part):
    """``[tables.NAME.design.response]``: how many were invited in each class of response."""

    classes: kinds.Words
    invited: kinds.ByClass

    @property
    def by_class(self) -> dict[str, float]:
        """How many were invited, once they have been read."""
        return self.invited if isinstance(self.invited, dict) else {}


class DesignSettings(_Part):
    """``[tables.NAME.design]``: how the sample was drawn, by variables or their columns."""

    weight: str = ""
    strata: kinds.Columns = ()
    clusters: kinds.Columns = ()
    population: Annotated[tuple[kinds.Population, ...], Field(strict=False)] = ()
    nest: bool = False
    lonely_psu: Literal["fail", "certainty", "adjust", "average"] = "fail"
    df: kinds.Positive | None = None
    replicate_weights: kinds.OneOrMore = ()
    replicate_method: (
        Literal["JK1", "JKn", "BRR", "Fay", "bootstrap", "successive-difference"] | None
    ) = None
    replicates: Annotated[int, Field(ge=2, le=100_000)] | None = None
    seed: kinds.Whole | None = None
    scale: kinds.Positive | None = None
    rscales: kinds.Numbers | None = None
    fay_rho: Annotated[float, Field(ge=0, lt=1)] | None = None
    mse: bool = False
    calibrate: Calibration | None = None
    response: Response | None = None
    trim: kinds.Ends | None = None

    @property
    def weighs(self) -> bool:
        """Whether some may count for more than others."""
        return bool(self.weight or self.population or self.calibrate or self.response)

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
        if self.trim and not self.weighs:
            yield "with trim a weight, or a population, calibrate or response that make one"

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
        if self.nest and not (self.clusters and (self.strata or self.clusters[1:])):
            yield "with nest clusters, and strata or clusters within which their labels start again"
        if self.lonely_psu != "fail" and not (self.strata or self.stages > 1):
            yield "with lonely_psu strata, or a second stage: parts that may have one unit alone"

    def _replicates_amiss(self) -> Iterator[str]:
        method, given = self.replicate_method, bool(self.replicate_weights)
        if given and method is None:
            yield "replicate_method beside replicate_weights, such as BRR: how they were made"
        if given and not self.weight:
            yield "weight, that of the full sample, beside replicate_weights"
        if method and not given and method not in MADE:
            yield f"replicate_weights: of the methods {', '.join(MADE)} are made, {method} is read"
        if method == "Fay" and (self.fay_rho is None or self.scale is not None):
            yield "with the method Fay fay_rho, from 0 up to below 1, and no scale: it follows"
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
    """``[tables.NAME.options.QUESTION]``: a select-all question, or a column of other answers."""

    variables: kinds.Columns = ()
    separator: str = ""
    ticked: kinds.Ticks = ()
    unticked: kinds.Cells = ()
    nothing_ticked: Literal["no", "no_answer", "not_asked"] | None = None
    other: str = ""

    def _amiss(self) -> Iterator[str]:
        alone = self.other and self.model_fields_set == {"other"}
        if bool(self.variables) + bool(self.separator) + bool(alone) != 1:
            yield 'variables = ["a", "b"] or separator = ";", one of the two; or other alone'


class TableSettings(_Part):
    """``[tables.NAME]``: a file of answers, and what its columns and cells mean."""

    file: kinds.Words
    sheet: str = ""
    encoding: kinds.Encoding | None = None
    delimiter: kinds.Delimiter | None = None
    decimal: Literal[".", ","] = "."
    thousands: Annotated[str, Field(max_length=1)] = ""
    header_rows: Annotated[int, Field(ge=1, le=20)] = 1
    skip_rows: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    short_rows: Literal["refuse", "fill"] = "refuse"
    key: kinds.Words | None = None
    blank: Literal["no_answer", "not_asked"] = "no_answer"
    not_asked: kinds.Cells = ()
    no_answer: kinds.Cells = ()
    nothing_ticked: Literal["no", "no_answer", "not_asked"] | None = None
    date_format: kinds.DateFormat | None = None
    unique: str = ""
    unlinked: kinds.Columns = ()
    sums_tolerance: Annotated[float, Field(ge=0)] = 0
    design: DesignSettings = DesignSettings()
    columns: dict[str, kinds.Words] = {}
    codes: dict[str, dict[str, kinds.Cell]] = {}
    missing: dict[str, kinds.Missing] = {}
    asked: dict[str, kinds.Asked] = {}
    options: dict[str, OptionSettings] = {}
    signs: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=9)], ...], Field(strict=False)
    ] = ()
    sure: kinds.Columns = ()
    keep: dict[str, Annotated[kinds.Cells, Field(min_length=1)]] = {}
    drop: dict[str, Annotated[kinds.Cells, Field(min_length=1)]] = {}
    sums: dict[str, Annotated[kinds.Columns, Field(min_length=1)]] = {}

    def asked_of(self, name: str) -> str:
        """Who was asked a question, as is said of it, of its boxes together, or of the table."""
        block = next((one for one, each in self.options.items() if name in each.variables), name)
        usual = kinds.EVERYONE if self.blank == "no_answer" else kinds.ANSWERED
        return self.asked.get(name) or self.asked.get(block) or self.asked.get("*") or usual

    def _amiss(self) -> Iterator[str]:
        if self.thousands == self.decimal:
            yield 'thousands is another mark than decimal, which is "." unless said'
        if self.sums_tolerance and not self.sums:
            yield "sums beside sums_tolerance, which says how far they may be off"


class Engine(_Part):
    """``[engine]``: where sums over answers are taken; on this machine unless it says so."""

    spark: kinds.Master = ""


class Disclosure(_Part):
    """``[disclosure]``: what a report may publish of a table of people."""

    about: dict[str, Literal["people", "institutions"]] = {}
    min_base: Annotated[int, Field(ge=1, le=10**6)] = 10
    min_clusters: Annotated[int, Field(ge=1, le=10**6)] = 3
    min_count: Annotated[int, Field(ge=0, le=10**6)] = 0
    round: Annotated[int, Field(ge=1, le=1000)] = 1
    weights: bool = False
    merge: dict[str, dict[str, Annotated[kinds.Columns, Field(min_length=2)]]] = {}


class Limits(_Part):
    """``[limits]``: what a cohort may cost at most; the file may lower them, never raise them."""

    unpacked_bytes: Annotated[int, Field(ge=1, le=4 * 2**30)] = 4 * 2**30
    cell_seconds: Annotated[int, Field(ge=1, le=600)] = 600
    notebook_seconds: Annotated[int, Field(ge=1, le=1800)] = 1800
    output_bytes: Annotated[int, Field(ge=1, le=32 * 2**20)] = 32 * 2**20

    def in_force(self) -> Limits:
        """These limits, with those that the command sets in their place."""
        return self.model_copy(update=run().limits)


class Settings(_Part):
    """``cohort.toml``, whole."""

    cohort: About
    places: dict[str, Annotated[int, Field(ge=0, le=100_000)]] = {}
    sections: dict[str, kinds.Words] = {}
    record: Record = Record()
    tables: dict[kinds.TableName, TableSettings] = {}
    engine: Engine = Engine()
    disclosure: Disclosure = Disclosure()
    limits: Limits = Limits()


def read_settings(path: Path) -> Settings:
    """Read ``cohort.toml``."""
    name = path.parent.name
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as problem:
        do = 'correct that line, and save it as UTF-8: text stands in "", a path has /'
        what = f"{name}: cohort.toml cannot be read."
        raise CohortError(what, found=problem, where=path, do=do) from None
    return settings_of(given, name)


def settings_of(given: Mapping[str, Any], name: str) -> Settings:
    """Return settings as they are meant, from what a file says."""
    try:
        settings = Settings.model_validate(dict(given))
        slips = [*_amiss_together(settings), *marks_amiss(given)]
    except ValidationError as problem:
        slips = [slip_of(each, Settings) for each in problem.errors(include_url=False)]
    if not slips:
        return settings.model_copy(update={"limits": settings.limits.in_force()})
    about = given.get("cohort")
    known = about.get("id") if isinstance(about, dict) else None
    raise refusal(known if isinstance(known, str) else name, slips)


def _amiss_together(settings: Settings) -> Iterator[Slip]:
    """What nothing is there for: print, answers, a table; sums of weights of real people."""
    about, shown = settings.cohort, settings.disclosure
    if shown.weights and not about.synthetic:
        why = "false where people are real (no synthetic = true): it gives hidden answers away"
        yield Slip(where_in("disclosure", key="weights"), "true", why)
    idle: dict[str, dict[str, Mapping[str, Any]]] = {
        "respondents": {"places": settings.places, "record.set_aside": settings.record.set_aside},
        "reported": {"cohort.invited": about.invited, "tables": settings.tables},
    }
    for place, said in idle[about.evidence].items():
        if said:
            why = f'no such settings with evidence = "{about.evidence}", which has nothing for them'
            yield Slip(where_in(place), few([*said]), why)
    named = [("cohort.invited", name) for name in about.invited]
    named += [("disclosure.about", name) for name in shown.about]
    for place, name in named if about.evidence == "respondents" else ():
        if name not in settings.tables:
            known = meant(name, settings.tables) or "a table of [tables.NAME]"
            yield Slip(where_in(place, key=name), "a table that is not there", known)
