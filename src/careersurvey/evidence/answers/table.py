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
from careersurvey.evidence.answers import engines
from careersurvey.evidence.answers.coded import (
    NUMBER_ROLES,
    ROLES,
    SYNTHETIC,
    CodedTable,
    Store,
    Told,
    connection,
    design_names,
    digest_of,
    own_identifier,
)
from careersurvey.evidence.answers.files import open_sheet
from careersurvey.evidence.answers.filling import Filling
from careersurvey.evidence.answers.key import add_labels
from careersurvey.evidence.answers.numbers import Date, Number
from careersurvey.evidence.answers.options import Box, Several
from careersurvey.evidence.answers.questions import Category, Question, Text
from careersurvey.evidence.answers.sheet import (
    REMEDIES,
    Batch,
    Header,
    Sheet,
    find_column,
    texts,
)
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import Limits, TableSettings
from careersurvey.evidence.tables import Variable, read_codebook
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
    files = [cohort.file(file, place) for file in (settings.file, settings.key) if file]
    if not all(path.is_file() for path in files[1:]):
        raise CohortError(
            f"{cohort.id}: the key {settings.key} is no file.",
            where=f"{place} key",
            do="name the file that labels the codes",
        )
    others = [other for other in cohort.settings.tables if other != name]
    linked = frozenset(variable for other in others for variable in cohort.variables(other))
    variables, limits = cohort.variables(name), cohort.settings.limits
    said = (name, settings, limits, variables, sorted(linked))
    read = (name, tuple(files), settings, limits, variables, linked, cohort.folder)
    with _named(cohort.id, place):
        return _compile(Request(digest_of(files, said), cohort.id, *read))


@contextmanager
def _named(cohort: str, place: str) -> Iterator[None]:
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
    """What to compile; the digest tells one from another."""

    digest: str
    cohort: str = field(compare=False)
    name: str = field(compare=False)
    files: tuple[Path, ...] = field(compare=False)  # the answers, and a key to their codes
    settings: TableSettings = field(compare=False)
    limits: Limits = field(compare=False)
    variables: dict[str, Variable] = field(compare=False)
    linked: frozenset[str] = field(compare=False)  # variables of the other tables
    folder: Path = field(compare=False)


@lru_cache(maxsize=32)
def _compile(request: Request) -> CodedTable:
    store = Store(request.cohort, request.name, request.digest)
    told = store.kept() or _read(request, store)
    numbered = store.numbered()
    frame = connection().sql(f"SELECT * EXCLUDE (row__) FROM {numbered}")
    return CodedTable(
        name=request.name, frame=frame, settings=request.settings, numbered=numbered, **vars(told)
    )


def _read(request: Request, store: Store) -> Told:
    """Read a file batch by batch and keep it coded: the way of every answer."""
    path, *keys = request.files
    sheet = open_sheet(path, request.settings, request.limits)
    for key in keys:
        add_labels(sheet, key)
    columns = locate(request, sheet.header)
    questions = {name: _question(request, sheet, *one) for name, one in columns.places.items()}
    filling = Filling(request.name, request.settings, questions)
    repeated = [one.position for one in questions.values() if one.repeats]
    with store.writing():
        for batch in sheet.batches(columns.wanted, repeated):
            store.add(filling.finish(keep_rows(batch, sheet, request.settings, columns.filters)))
        if not store.rows:
            nothing = dict.fromkeys(columns.wanted, pa.array([], pa.string()))
            store.add(filling.finish(Batch(np.empty(0, np.int64), nothing)))
    notes = [note for question in questions.values() for note in question.notes()]
    findings = [each for question in questions.values() for each in question.findings()]
    own = own_identifier(request.name, request.settings)
    told = Told(
        variables={name: one for name, one in request.variables.items() if name in questions},
        design=request.settings.design.model_copy(update=columns.design),
        rows_read=store.rows + sum(seen.n for seen in sheet.set_aside.values()),
        rows_kept=store.rows,
        different=store.different(own) if own in questions else 0,
        set_aside=sheet.set_aside,
        notes=(*sheet.notes, *sheet.header.notes, *columns.notes, *notes),
        findings=(*_illegible(request.name, sheet), *findings, *filling.findings()),
    )
    store.tell(told)
    return told


def _illegible(table: str, sheet: Sheet) -> Iterator[Check]:
    for reason, seen in sheet.amiss.items():
        message = f"{plural(seen.n, 'row')} with {reason}; what can be read of them was kept."
        yield Check("legible", table, False, message, tuple(seen.rows), REMEDIES[reason])


def _question(request: Request, sheet: Sheet, variable: Variable, position: int) -> Question:
    """Return the question that a column answers."""
    settings = request.settings
    asked = (variable, sheet, position, settings)
    if variable.type in ("number", "date"):
        return Number(*asked, repeats=False) if variable.type == "number" else Date(*asked)
    if variable.type != "category":
        own = own_identifier(request.name, settings)
        linked = variable.type == "identifier" and variable.name != own
        drawn = (*settings.design.strata, *settings.design.clusters)
        return Text(*asked, repeats=linked or variable.name in drawn)
    for block, options in settings.options.items():
        if variable.name == block and options.separator:
            return Several(*asked, question=block, options=options)
        if variable.name in options.variables:
            return Box(*asked, question=block, options=options)
    return Category(*asked)


def keep_rows(
    batch: Batch, sheet: Sheet, settings: TableSettings, filters: dict[str, int]
) -> Batch:
    """Return the rows that ``keep`` and ``drop`` leave; the others are set aside."""
    keep = np.ones(len(batch.rows), bool)
    for rule, wanted in (("keep", True), ("drop", False)):
        for column, values in getattr(settings, rule).items():
            gone = keep & (_is_among(batch.cells[filters[column]], values) != wanted)
            said = " or ".join(value or "blank" for value in values)
            sheet.aside(f"{column} is {'not ' * wanted}{said}", batch.rows[gone])
            keep &= ~gone
    return batch.where(keep)


def _is_among(column: pa.Array, values: tuple[str, ...]) -> np.ndarray:
    cells = texts(column)
    known = {clean(value) for value in values}
    good = [clean(cell or "") in known for cell in cells.dictionary.to_pylist()]
    among = pa.array([*good], pa.bool_()).take(cells.indices)
    return pc.fill_null(among, "" in known).to_numpy(zero_copy_only=False)


@dataclass
class Columns:
    """Where in the file each variable, column of the design and filter stands."""

    places: dict[str, tuple[Variable, int]]
    filters: dict[str, int]
    design: dict[str, object]  # its settings that name columns, by the names of the coded table
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
        position, note = find_column(header, column, meant_for, where)
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
            f"no column of {request.files[0].name} is mapped to a variable.",
            expected='variable = "their column" for each column that is wanted',
            where=f"{place[:-1]}.columns]",
            do="take TODO away from the lines that are meant; docs/cohorts.md shows how",
        )
    absent = len(request.variables) - len(found)
    if absent:
        notes.append(f"{plural(absent, 'variable')} of the codebook without a column.")
    places = {name: (one, found[name]) for name, one in request.variables.items() if name in found}
    carried, design = _design(request, header, found)
    places |= carried
    filters = {
        column: find(column, rule)
        for rule, given in (("keep", settings.keep), ("drop", settings.drop))
        for column in given
    }
    columns = Columns(places, filters, design, notes)
    unused = [name for i, name in enumerate(header.names) if i not in columns.wanted]
    if unused:
        shown = few([repr(name[:60]) for name in unused])
        notes.append(f"{plural(len(unused), 'column')} of the file not used: {shown}.")
    return columns


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
        return find_column(header, column, role, f"cohort.toml [tables.{request.name}] design")[0]
    except CohortError:
        if column in request.linked:
            return -1
        raise


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
                do=_remedy(request.folder, unknown),
            )


def _remedy(folder: Path, unknown: Iterable[str]) -> str:
    """What to do about variables that the codebook lacks: perhaps their proposal waits."""
    proposed = folder / "proposed_codebook.csv"
    names = {one.name for one in read_codebook(proposed)} if proposed.is_file() else set()
    if names.isdisjoint(unknown):
        return "correct the name, or add the variable to codebook.csv in the cohort's folder"
    if (folder / "codebook.csv").is_file():
        return (
            "take their rows from proposed_codebook.csv into codebook.csv, and those of "
            "proposed_indicators.csv into indicators.csv"
        )
    return (
        "rename proposed_codebook.csv to codebook.csv and proposed_indicators.csv to "
        "indicators.csv, once they are right"
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
