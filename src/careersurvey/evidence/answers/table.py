"""Answers compiled once: a file is opened, rows are kept, cells read, blanks filled, and coded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from math import nan
from pathlib import Path

import narwhals as nw
import numpy as np
import pyarrow as pa

from careersurvey.errors import CohortError
from careersurvey.evidence.answers import engines
from careersurvey.evidence.answers.coded import (
    NUMBER_ROLES,
    ROLES,
    SYNTHETIC,
    CodedTable,
    Store,
    Summary,
    connection,
    design_names,
    digest_of,
    own_identifier,
)
from careersurvey.evidence.answers.files import add_labels, open_sheet
from careersurvey.evidence.answers.filling import Filling
from careersurvey.evidence.answers.numbers import Date, Number
from careersurvey.evidence.answers.options import Box, Listed, Several
from careersurvey.evidence.answers.questions import Question, Text
from careersurvey.evidence.answers.sheet import (
    REMEDIES,
    Batch,
    Header,
    Sheet,
    find_column,
    other_beside,
    texts,
)
from careersurvey.evidence.checks.check import UNUSABLE, WRONG, Check
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.tables import Variable
from careersurvey.evidence.text import few, meant, so_many, straight, whole


def compile_tables(cohort: Cohort) -> dict[str, CodedTable]:
    """Compile every table of a cohort's answers, in the order of ``cohort.toml``."""
    if cohort.settings.engine.spark:
        return engines.open_tables(cohort)
    return {name: compile_table(cohort, name) for name in cohort.settings.tables or [""]}


def took_part(cohort: Cohort) -> dict[str, tuple[int, float]]:
    """By table how many are in it, and how many were invited (or NaN); none where none were.

    People are counted as ``[disclosure] round`` has them told.
    """
    invited, rules = cohort.about.invited, cohort.settings.disclosure
    tables = compile_tables(cohort) if invited and cohort.evidence == "respondents" else {}
    found = {}
    for name, one in tables.items():
        n = int(nw.from_native(one.frame).select(nw.len()).collect().item())
        to = 1 if rules.about.get(name) == "institutions" else rules.round
        found[name] = int(min((n + to // 2) // to * to, of := invited.get(name, nan))), of
    return found


def compile_table(cohort: Cohort, name: str) -> CodedTable:
    """Compile one table of a cohort's answers by what ``cohort.toml`` says of it."""
    settings, place = cohort.table(name), f"cohort.toml [tables.{name}]"
    files = [cohort.file(file, place) for file in (settings.file, settings.key) if file]
    limits, linked = cohort.settings.limits, sorted(_linked(cohort, name))
    digest = digest_of(files, (name, settings, limits, cohort.variables(name), linked))
    known = COMPILED.get(digest)
    if known is None or (known.kept and not known.kept.exists()):  # build/ may be deleted
        store = Store(cohort.id, name, digest)
        try:
            summary = store.kept_summary() or compile_file(cohort, name, files, store)
        except CohortError as problem:
            problem.what = f"{cohort.id}: {problem.what}"
            problem.where = problem.where or place
            raise
        numbered = store.numbered()
        frame = connection().sql(f"SELECT * EXCLUDE (row__) FROM {numbered}")
        kept = None if store.batches else store.target
        told = vars(summary) | {"settings": settings, "numbered": numbered, "kept": kept}
        COMPILED[digest] = CodedTable(name=name, frame=frame, **told)
    return COMPILED[digest]


#: Tables that this process has compiled, by the digest of all that they depend on.
COMPILED: dict[str, CodedTable] = {}


def compile_file(cohort: Cohort, name: str, files: Sequence[Path], store: Store) -> Summary:
    """Read a file batch by batch and keep it coded: the way of every answer."""
    settings = cohort.table(name)
    sheet = open_sheet(files[0], settings, cohort.settings.limits)
    for key in files[1:]:
        add_labels(sheet, key)
    columns = locate(cohort, name, sheet.header)
    questions = {n: _question(sheet, settings, *at) for n, at in columns.places.items()}
    own = own_identifier(name, settings)
    if isinstance(questions.get(own), Several):
        raise CohortError(
            f"{own} has several answers in a cell, and identifies no row.",
            found=f'unique = "{own}"',
            expected="a variable with one answer a row",
        )
    filling = Filling(name, settings, questions)
    beside = {one.beside for one in questions.values() if one.beside is not None}
    wanted = sorted(beside.union(columns.wanted))
    repeated = [one.position for one in questions.values() if one.repeats]
    # A table without a row has its columns, too.
    nothing = Batch(np.empty(0, np.int64), dict.fromkeys(wanted, pa.array([], pa.string())))
    batches = chain(sheet.batches(wanted, repeated), [nothing])
    kept = (keep_rows(batch, sheet, settings, columns.filters) for batch in batches)
    store.keep(map(filling.finish, kept))
    every = questions.values()
    notes = [note for question in every for note in question.notes()]
    summary = Summary(
        variables={n: one for n, one in cohort.variables(name).items() if n in questions},
        design=settings.design.model_copy(update=columns.design),
        rows_read=store.rows + sum(seen.n for seen in sheet.set_aside.values()),
        rows_kept=store.rows,
        different=store.different(own) if own in questions else 0,
        set_aside=sheet.set_aside,
        notes=(
            *sheet.notes,
            *sheet.header.notes,
            *columns.notes,
            *notes,
            *_unmet(questions, settings),
        ),
        findings=(
            *_unread(name, sheet),
            *(check for one in every for check in one.findings()),
        ),
    )
    store.keep_summary(summary)
    return summary


def _unread(table: str, sheet: Sheet) -> Iterator[Check]:
    """Tell of rows that are not whole, and of those in which something could not be read."""
    kinds = (
        ("legible", WRONG, "what can be read of them was kept", sheet.amiss),
        ("whole_rows", UNUSABLE, "they were set aside", sheet.set_aside),
    )
    for name, severity, then, by_reason in kinds:
        for reason, seen in by_reason.items():
            if reason in REMEDIES:
                message = f"{so_many(seen.n, 'row')} with {reason}; {then}."
                rows, do = tuple(seen.rows), REMEDIES[reason]
                yield Check(name, table, False, message, rows, do, severity=severity)


def _unmet(questions: dict[str, Question], settings: TableSettings) -> Iterator[str]:
    """Tell of what settings say of cells that the file does not have: it may be a slip."""
    said: list[tuple[str, Iterable[str], str]] = [
        *((f"codes.{name}", texts, name) for name, texts in settings.codes.items()),
        *((f"missing.{name}", texts, name) for name, texts in settings.missing.items()),
        ("no_answer", settings.no_answer, "*"),
        ("not_asked", settings.not_asked, "*"),
    ]
    for part, cells, name in said:
        words = [one.words for key, one in questions.items() if name in ("*", key)]
        lost = [repr(one) for one in cells if not any(each.has_met(one) for each in words)]
        if lost and words:
            yield f"No cell is what {part} says of it: {few(lost)}."


def _linked(cohort: Cohort, name: str) -> set[str]:
    """Variables of the other tables."""
    others = [other for other in cohort.settings.tables if other != name]
    return {variable for other in others for variable in cohort.variables(other)}


def _question(sheet: Sheet, settings: TableSettings, variable: Variable, position: int) -> Question:
    """Return the question that a column answers."""
    asked = (variable, sheet, position, settings)
    if variable.type == "number":
        return Number(*asked, repeats=False)
    if variable.type == "date":
        return Date(*asked)
    if variable.type != "category":
        is_link = variable.type == "identifier"
        is_link &= variable.name != own_identifier(variable.table, settings)
        drawn = (*settings.design.strata, *settings.design.clusters)
        return Text(*asked, repeats=is_link or variable.name in drawn)
    for block, options in settings.options.items():
        if variable.name == block and options.separator:
            return Several(*asked, question=block, options=options)
        if variable.name in options.variables:
            return Box(*asked, question=block, options=options)
    if said := settings.options.get(variable.name):
        place = f"cohort.toml [tables.{variable.table}.options.{variable.name}]"
        column = settings.columns.get(said.other, said.other)
        return Listed(*asked, find_column(sheet.header, column, variable.name, place)[0])
    return Listed(*asked, other_beside(sheet.header, position))


def keep_rows(
    batch: Batch, sheet: Sheet, settings: TableSettings, filters: dict[str, int]
) -> Batch:
    """Return the rows that ``keep`` and ``drop`` leave; the others are set aside."""
    left = np.ones(len(batch.rows), bool)
    for rule in ("keep", "drop"):
        for column, values in getattr(settings, rule).items():
            at, told = filters[column], [value or "blank" for value in values]
            cells = texts(batch.cells[at], settings.decimal)
            which = _which(cells, values, sheet.labels.get(at, {}))
            reasons = {f"{column} is not {' or '.join(told)}": which < 0}
            if rule == "drop":
                reasons = {f"{column} is {one}": which == n for n, one in enumerate(told)}
            for reason, gone in reasons.items():
                # What takes out no row is told, too: it may not be written as the file has it.
                sheet.set_aside[reason].add(batch.rows[left & gone])
                left &= ~gone
    return batch.where(left)


def _which(cells: pa.DictionaryArray, values: tuple[str, ...], labels: dict) -> np.ndarray:
    """Return for each row which of the values its cell or its label is, -1 where it is none."""
    places = {_plain(value): n for n, value in enumerate(values)}
    every = ((cell, labels.get(cell, cell)) for cell in [*cells.dictionary.to_pylist(), None])
    found = [max(places.get(_plain(one or ""), -1) for one in names) for names in every]
    return np.array(found)[cells.indices.fill_null(-1).to_numpy(zero_copy_only=False)]


def _plain(text: str) -> str:
    """Return text as settings and cells are held against each other."""
    plain = whole(straight(text))
    # True to pandas is TRUE in a workbook.
    return plain.upper() if plain.casefold() in ("true", "false") else plain


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


def locate(cohort: Cohort, table: str, header: Header) -> Columns:
    """Find the columns that are wanted."""
    settings, variables = cohort.table(table), cohort.variables(table)
    place = f"cohort.toml [tables.{table}"
    _require_variables(cohort, table)
    notes: list[str] = []

    def find(column: str, meant_for: str, part: str = "]") -> int:
        position, note = find_column(header, column, meant_for, f"{place}{part}")
        if note:
            notes.append(note)
        return position

    found = {name: find(column, name, "] columns") for name, column in settings.columns.items()}
    there = {name: header.names.index(name) for name in variables if name in header.names}
    found |= {name: position for name, position in there.items() if name not in found}
    free = [(i, parts) for i, parts in enumerate(header.others) if i not in found.values()]
    for name in (name for name in variables if name not in found):
        own = [i for i, parts in free if name in parts]  # which other rows of the header name
        if len(own) == 1:
            found[name] = own[0]
    _require_once(settings, header, found, place)
    if not found:
        raise CohortError(
            f"no column of {Path(settings.file).name} is mapped to a variable.",
            found=few([repr(name[:60]) for name in header.names]),
            expected='variable = "their column" for each column that is wanted',
            where=f"{place}.columns]",
            do="take TODO away from the lines that are meant; if this is no header, set skip_rows",
        )
    if len(found) < len(variables):
        absent = so_many(len(variables) - len(found), "variable")
        notes.append(f"{absent} of the codebook without a column.")
    places = {name: (one, found[name]) for name, one in variables.items() if name in found}
    carried, design = _design(cohort, table, header, found)
    given = {column: rule for rule in ("keep", "drop") for column in getattr(settings, rule)}
    filters = {column: find(column, rule) for column, rule in given.items()}
    columns = Columns(places | carried, filters, design, notes)
    unused = [name for i, name in enumerate(header.names) if i not in columns.wanted]
    if unused:
        shown = few([repr(name[:60]) for name in unused])
        notes.append(f"{so_many(len(unused), 'column')} of the file not used: {shown}.")
    return columns


def _design(
    cohort: Cohort, table: str, header: Header, found: dict[str, int]
) -> tuple[dict[str, tuple[Variable, int]], dict[str, object]]:
    """Return the columns that the design adds, and its settings by the names of the frame."""
    carried: dict[str, tuple[Variable, int]] = {}
    settled: dict[str, object] = {}
    by_position = {position: variable for variable, position in found.items()}
    for role in ROLES:
        kind = ("number", ("0..",)) if role in NUMBER_ROLES else ("text",)
        names = design_names(cohort.table(table).design, role, list(header.names))
        for i, column in enumerate(names):
            if not isinstance(column, str) or column in found or column in carried:
                continue
            try:
                where = f"cohort.toml [tables.{table}] design"
                position, _ = find_column(header, column, role, where)
            except CohortError as problem:
                if column not in _linked(cohort, table):
                    linked = "a column of a linked table needs its row in codebook.csv"
                    problem.do = f"{problem.do}; {linked}"
                    raise
                continue  # a linked table has it
            if position in by_position:
                names[i] = by_position[position]
            else:
                carried[column] = (Variable(column, table, "", *kind), position)
        if names:
            settled[role] = names[0] if role == "weight" else tuple(names)
    if SYNTHETIC in header.names and SYNTHETIC not in found:
        mark = Variable(SYNTHETIC, table, "", "text")
        carried[SYNTHETIC] = (mark, header.names.index(SYNTHETIC))
    return carried, settled


def _require_variables(cohort: Cohort, table: str) -> None:
    """Refuse settings of variables that the codebook does not have."""
    settings = cohort.table(table)
    blocks = {name: getattr(settings, name) for name in _OF_VARIABLES}
    blocks["unique"] = [settings.unique] if settings.unique else []
    for block, given in blocks.items():
        known = [*cohort.variables(table), *(settings.options if block == "asked" else ())]
        unknown = [name for name in given if name not in known and name != "*"]
        if unknown:
            count = so_many(len(unknown), "variable")
            raise CohortError(
                f"cohort.toml names {count} that the codebook of table {table} does not have.",
                found=", ".join(map(repr, unknown[:5])),
                expected=meant(unknown[0], known),
                where=f"cohort.toml [tables.{table}.{block}]",
                do=_ADD,
            )


_ADD = (
    "correct the name, take the line out, or add the variable to codebook.csv beside cohort.toml; "
    "proposed_codebook.csv and proposed_indicators.csv are to be renamed or copied"
)
_OF_VARIABLES = ("columns", "codes", "missing", "asked", "sums", "unique", "sure")


def _require_once(
    settings: TableSettings, header: Header, found: dict[str, int], place: str
) -> None:
    """Refuse one column for two variables that have no codes of their own."""
    readers: dict[int, list[str]] = {}
    for variable, column in found.items():
        readers.setdefault(column, []).append(variable)
    for column, names in readers.items():
        codes = {repr(sorted(settings.codes.get(name, {}).items())) for name in names}
        if len(codes) < len(names):
            raise CohortError(
                f"a column is mapped to {len(names)} variables.",
                found=f"{header.names[column]!r} for {', '.join(names)}",
                expected="one variable a column, unless each has codes of its own",
                where=f"{place}.columns]",
                do="take one of them out",
            )
