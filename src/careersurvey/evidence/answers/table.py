"""Answers compiled once: a file is opened, rows are kept, cells read, blanks filled, and coded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.errors import CohortError
from careersurvey.evidence.answers import coded, engines
from careersurvey.evidence.answers.coded import (
    NUMBER_ROLES,
    ROLES,
    SYNTHETIC,
    CodedTable,
    design_names,
)
from careersurvey.evidence.answers.files import open_sheet
from careersurvey.evidence.answers.filling import Filling
from careersurvey.evidence.answers.headers import Header, find_column, no_column
from careersurvey.evidence.answers.key import add_labels
from careersurvey.evidence.answers.questions import (
    Box,
    Category,
    Date,
    Number,
    Question,
    Several,
    Text,
)
from careersurvey.evidence.answers.sheet import Batch, Seen, Sheet, texts
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import Limits, TableSettings
from careersurvey.evidence.tables import Variable
from careersurvey.evidence.text import clean, few, meant, plural


def compile_tables(cohort: Cohort) -> dict[str, CodedTable]:
    """Compile every table of a cohort's answers, in the order of ``cohort.toml``."""
    if cohort.settings.engine.spark:
        return engines.open_tables(cohort)
    return {name: compile_table(cohort, name) for name in cohort.settings.tables or [""]}


def compile_table(cohort: Cohort, name: str) -> CodedTable:
    """Compile one table of a cohort's answers by what ``cohort.toml`` says of it."""
    settings = cohort.table(name)
    place = f"cohort.toml [tables.{name}]"
    path = cohort.file(settings.file, place)
    key = cohort.file(settings.key, place) if settings.key else None
    if key and not key.is_file():
        raise CohortError(
            f"{cohort.id}: the key {settings.key} is no file.",
            where=f"{place} key",
            do="name the file that labels the codes",
        )
    linked = frozenset(
        variable
        for other in cohort.settings.tables
        if other != name
        for variable in cohort.variables(other)
    )
    variables = cohort.variables(name)
    limits = cohort.settings.limits
    request = Request(cohort.id, name, path, key, settings, limits, variables, linked)
    with named(cohort.id, place):
        return _compile(request)


@contextmanager
def named(cohort: str, place: str) -> Iterator[None]:
    """Say of whatever is refused inside, which cohort it is and where its settings stand."""
    try:
        yield
    except CohortError as problem:
        said = {"found": problem.found, "expected": problem.expected, "do": problem.do}
        raise CohortError(
            f"{cohort}: {problem.what}", where=problem.where or place, **said
        ) from None


@dataclass(frozen=True)
class Request:
    """What to compile; two are the same if settings, codebook and files are."""

    cohort: str
    name: str
    path: Path
    key: Path | None
    settings: TableSettings
    limits: Limits
    variables: dict[str, Variable]
    linked: frozenset[str]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        said = (self.name, self.settings, self.limits, self.variables, sorted(self.linked))
        files = [path for path in (self.path, self.key) if path]
        object.__setattr__(self, "digest", coded.digest_of(files, repr(said)))

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Request) and self.digest == other.digest


@lru_cache(maxsize=32)
def _compile(request: Request) -> CodedTable:
    kept = coded.kept_before(request.cohort, request.name, request.digest)
    store = kept or _store(request)
    told = store.told
    variables = {name: request.variables[name] for name in told["variables"]}
    return CodedTable(
        name=request.name,
        frame=store.frame(without=["row__"]),
        variables=variables,
        rows_read=told["rows_read"],
        rows_kept=told["rows_kept"],
        set_aside={why: Seen(**seen) for why, seen in told["set_aside"].items()},
        notes=tuple(told["notes"]),
        findings=tuple(Check(**(one | {"rows": tuple(one["rows"])})) for one in told["findings"]),
        settings=request.settings,
        design=request.settings.design.model_copy(update=told["design"]),
        numbered=store.numbered(),
    )


def _store(request: Request) -> coded.Store:
    """Read a file batch by batch and keep it coded: in memory, or in a file where it is large."""
    sheet = open_sheet(request.path, request.settings, request.limits)
    if request.settings.key:
        add_labels(sheet, request.key)
    columns = locate(request, sheet.header)
    questions = {name: _question(request, sheet, *one) for name, one in columns.places.items()}
    filling = Filling(request.name, request.settings, questions)
    few = [
        one.position
        for one in questions.values()
        if isinstance(one, Category | Date) or getattr(one, "repeats", False)
    ]
    with coded.writing(request.cohort, request.name, request.digest) as store:
        for batch in sheet.batches(columns.wanted, few):
            store.add(filling.finish(_kept(batch, sheet, request.settings, columns.filters)))
        if not store.rows:
            nothing = dict.fromkeys(columns.wanted, pa.array([], pa.string()))
            store.add(filling.finish(Batch(np.empty(0, np.int64), nothing)))
        store.told = {
            "variables": [name for name in request.variables if name in questions],
            "rows_read": store.rows + sum(seen.n for seen in sheet.set_aside.values()),
            "rows_kept": store.rows,
            "set_aside": {why: vars(seen) for why, seen in sheet.set_aside.items()},
            "notes": [
                *sheet.notes,
                *sheet.header.notes,
                *columns.notes,
                *(note for question in questions.values() for note in question.notes()),
            ],
            "findings": [
                vars(one)
                for one in (
                    *_illegible(request.name, sheet),
                    *(each for question in questions.values() for each in question.findings()),
                    *filling.findings(),
                )
            ],
            "design": columns.design,
        }
    return store


def _illegible(table: str, sheet: Sheet) -> Iterator[Check]:
    for reason, seen in sheet.amiss.items():
        message = f"{plural(seen.n, 'row')} with {reason}; what can be read of them was kept."
        do = "correct them in the file, or export it as UTF-8"
        yield Check("legible", table, False, message, tuple(seen.rows), do)


def _question(request: Request, sheet: Sheet, variable: Variable, position: int) -> Question:
    """Return the question that a column answers."""
    settings = request.settings
    asked = (variable, sheet, position, settings)
    if variable.type in ("number", "date"):
        return (Number if variable.type == "number" else Date)(*asked)
    if variable.type != "category":
        question = Text(*asked)
        own = request.settings.unique or f"{request.name.removesuffix('s')}_id"
        design = request.settings.design
        linked = variable.type == "identifier" and variable.name != own
        question.repeats = linked or variable.name in (*design.strata, *design.clusters)
        return question
    if variable.name in settings.options and settings.options[variable.name].separator:
        return Several(*asked, options=settings.options[variable.name])
    for block, options in settings.options.items():
        if variable.name in options.variables:
            return Box(*asked, block=block, options=options)
    return Category(*asked)


@dataclass
class Columns:
    """Where in the file each variable, column of the design and filter stands."""

    places: dict[str, tuple[Variable, int]]
    filters: dict[str, int]
    design: dict[str, object]
    notes: list[str]

    @property
    def wanted(self) -> list[int]:
        """Positions of all columns that are read."""
        return sorted({*(i for _, i in self.places.values()), *self.filters.values()})


def locate(request: Request, header: Header) -> Columns:
    """Find the columns that are wanted."""
    settings, place = request.settings, f"cohort.toml [tables.{request.name}]"
    _require_variables(request)
    notes: list[str] = []

    def find(column: str, meant_for: str, where: str = place) -> int:
        try:
            position, note = find_column(header, column)
        except KeyError:
            raise no_column(header, column, meant_for, where) from None
        notes.extend([note] * bool(note))
        return position

    found = {
        variable: find(column, variable, f"{place} columns")
        for variable, column in settings.columns.items()
    }
    for variable in request.variables:
        if variable not in found and variable in header.names:
            found[variable] = header.names.index(variable)
    _require_once(request, header, found)
    if not found:
        raise CohortError(
            f"no column of {request.path.name} is mapped to a variable.",
            expected='variable = "their column" for each column that is wanted',
            where=f"{place[:-1]}.columns]",
            do="take TODO away from the lines that are meant; docs/cohorts.md shows how",
        )
    absent = len(request.variables) - len(found)
    if absent:
        notes.append(f"{plural(absent, 'variable')} of the codebook without a column.")
    places = {
        name: (request.variables[name], found[name]) for name in request.variables if name in found
    }
    carried, design = _design(request, header, found)
    places |= carried
    filters = {
        column: find(column, rule)
        for rule in ("keep", "drop")
        for column in getattr(settings, rule)
    }
    _require_apart(places, place)
    columns = Columns(places, filters, design, notes)
    unused = [name for i, name in enumerate(header.names) if i not in columns.wanted]
    if unused:
        shown = few([repr(name[:60]) for name in unused])
        notes.append(f"{plural(len(unused), 'column')} of the file not used: {shown}.")
    return columns


def _require_apart(names: Iterable[str], place: str) -> None:
    """Refuse two columns that differ by case alone, which the database would take for one."""
    by_name: dict[str, str] = {}
    for name in names:
        other = by_name.setdefault(name.casefold(), name)
        if other != name:
            raise CohortError(
                "two columns have names that differ by case alone.",
                found=f"{other!r} and {name!r}",
                where=place,
                do="map the column of the design to a variable of another name",
            )


def _design(
    request: Request, header: Header, found: dict[str, int]
) -> tuple[dict[str, tuple[Variable, int]], dict[str, object]]:
    """Return the columns that the design adds, and its settings by the names of the frame."""
    carried: dict[str, tuple[Variable, int]] = {}
    settled: dict[str, object] = {}
    by_position = {position: variable for variable, position in found.items()}
    for role in ROLES:
        names = design_names(request.settings.design, role, list(header.names))
        settled_names = []
        for column in names:
            name = column
            if isinstance(column, str) and column not in found and column not in carried:
                position = _carried(request, header, column, role)
                name = by_position.get(position, column)
                if position >= 0 and name == column:
                    kind = ("number", ("0..",)) if role in NUMBER_ROLES else ("text",)
                    carried[column] = (Variable(column, request.name, "", *kind), position)
            settled_names.append(name)
        if names:
            settled[role] = settled_names[0] if role == "weight" else tuple(settled_names)
    if SYNTHETIC in header.names and SYNTHETIC not in found:
        mark = Variable(SYNTHETIC, request.name, "", "text")
        carried[SYNTHETIC] = (mark, header.names.index(SYNTHETIC))
    return carried, settled


def _carried(request: Request, header: Header, column: str, role: str) -> int:
    """Return the position of a column of the design, -1 where a linked table has it."""
    try:
        return find_column(header, column)[0]
    except KeyError:
        if column in request.linked:
            return -1
        place = f"cohort.toml [tables.{request.name}] design"
        raise no_column(header, column, role, place) from None


def _kept(batch: Batch, sheet: Sheet, settings: TableSettings, filters: dict[str, int]) -> Batch:
    """Return the rows that ``keep`` and ``drop`` leave; the others are set aside."""
    keep = np.ones(len(batch.rows), bool)
    for rule, wanted in (("keep", True), ("drop", False)):
        for column, values in getattr(settings, rule).items():
            gone = keep & (_is_among(batch.cells[filters[column]], values) != wanted)
            sheet.aside(f"{column} is {'not ' * wanted}{' or '.join(values)}", batch.rows[gone])
            keep &= ~gone
    return batch.where(keep)


def _is_among(column: pa.Array, values: tuple[str, ...]) -> np.ndarray:
    cells = texts(column)
    known = {clean(value) for value in values}
    good = [cell is not None and clean(cell) in known for cell in cells.dictionary.to_pylist()]
    among = pa.array([*good], pa.bool_()).take(cells.indices)
    return pc.fill_null(among, False).to_numpy(zero_copy_only=False)


def _require_variables(request: Request) -> None:
    settings = request.settings
    blocks = {
        name: getattr(settings, name) for name in ("columns", "codes", "missing", "asked", "sums")
    }
    blocks |= {"unique": [settings.unique] if settings.unique else [], "sure": settings.sure}
    for block, given in blocks.items():
        known = [*request.variables, *(settings.options if block == "asked" else ())]
        unknown = [name for name in given if name not in known and name != "*"]
        if unknown:
            raise CohortError(
                f"{plural(len(unknown), 'variable')} of cohort.toml "
                f"{'is' if len(unknown) == 1 else 'are'} not in the codebook of table "
                f"{request.name}.",
                found=", ".join(map(repr, unknown[:5])),
                expected=meant(unknown[0], known),
                where=f"cohort.toml [tables.{request.name}.{block}]",
                do="correct the name, or add the variable to codebook.csv in the cohort's folder",
            )


def _require_once(request: Request, header: Header, found: dict[str, int]) -> None:
    readers: dict[int, list[str]] = {}
    for variable, column in found.items():
        readers.setdefault(column, []).append(variable)
    for column, names in readers.items():
        codes = {repr(sorted(request.settings.codes.get(name, {}).items())) for name in names}
        if len(codes) < len(names):
            raise CohortError(
                f"a column is mapped to {len(names)} variables.",
                found=f"{header.names[column]!r} for {', '.join(names)}",
                expected="one variable a column, unless each has codes of its own",
                where=f"cohort.toml [tables.{request.name}.columns]",
                do="take one of them out",
            )
