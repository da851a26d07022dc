"""Opening a table's file, and finding the columns and rows that are wanted."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from careersurvey.errors import CohortError
from careersurvey.evidence.imports_columns import Opened
from careersurvey.evidence.imports_csv import read_csv
from careersurvey.evidence.imports_excel import read_excel
from careersurvey.evidence.imports_headers import Header, find_column, no_column
from careersurvey.evidence.imports_key import read_key
from careersurvey.evidence.imports_labelled import read_spss, read_stata
from careersurvey.evidence.imports_parquet import read_parquet
from careersurvey.evidence.imports_settings import TableSettings
from careersurvey.evidence.imports_source import SetAside, Source
from careersurvey.evidence.imports_store import literals, rows, store
from careersurvey.evidence.tables import Variable
from careersurvey.evidence.text import clean, meant, plural

#: Column of an example or drawn table that says, in every row, that it was invented.
SYNTHETIC = "synthetic"
_READERS: dict[str, Callable[[TableSettings], Source]] = {
    "csv": read_csv,
    "tsv": read_csv,
    "txt": read_csv,
    "xlsx": read_excel,
    "xlsm": read_excel,
    "sav": read_spss,
    "zsav": read_spss,
    "dta": read_stata,
    "parquet": read_parquet,
}
KEPT_WHOLE = 200_000  #: Rows of a table that are worked out once and kept in memory.
_ROLES = ("weight", "strata", "clusters", "population", "replicate_weights")


@dataclass(frozen=True)
class Request:
    """What to read; two requests are the same if settings, codebook and files are."""

    settings: TableSettings
    variables: dict[str, Variable]
    linked: frozenset[str]
    state: tuple

    def __hash__(self) -> int:
        return hash(self.state)


def file_state(path: Path) -> tuple[str, int, int]:
    """Return what tells a file from the same file after a change: path, time, size."""
    found = path.stat()
    return (str(path), found.st_mtime_ns, found.st_size)


def open_file(settings: TableSettings, careful: bool = False) -> Source:
    """Open a table's file by the ending of its name.

    Raises
    ------
    CohortError
        If the ending is not known, or the file cannot be read.
    """
    ending = _ending(settings)
    if ending not in _READERS:
        raise CohortError(
            f"{settings.cohort}: the kind of {settings.path.name} is not known.",
            found=f".{ending}",
            expected=", ".join(f".{known}" for known in _READERS),
            where=settings.place,
            do="save it as .csv or .xlsx",
        )
    reader = _READERS[ending]
    return read_csv(settings, careful) if reader is read_csv else reader(settings)


def open_table(request: Request) -> tuple[Opened, tuple[int, int, list[SetAside]], list[str]]:
    """Open a table: the rows and columns that are wanted, in memory or where they are.

    Returns
    -------
    Opened, (int, int, list of SetAside), list of str
        The open table; rows read, rows kept and rows set aside, which add up; and notes.

    Raises
    ------
    CohortError
        If the file cannot be read, or a column that is asked for is not there.
    """
    settings = request.settings
    source = open_file(settings)
    with source.scratch or nullcontext():
        wanted = _wanted(request, source.header)
        source, kept = _keep(settings, source, wanted.needed)
    if settings.key:
        labels = read_key(settings, source.header)
        source = replace(source, labels={**labels, **source.labels})
    view, filtered = _view(settings, source, kept, wanted)
    ((stored,),) = rows(f"SELECT count(*) FROM {kept}")
    rows_kept = stored - sum(one.n for one in filtered)
    rows_read = stored + sum(one.n for one in source.set_aside)
    notes = [*source.notes, *source.header.notes, *wanted.notes]
    opened = Opened(settings, source, view, request.variables, wanted.position, rows_kept)
    return opened, (rows_read, rows_kept, [*source.set_aside, *filtered]), notes


@dataclass(frozen=True)
class _Wanted:
    """Positions of the columns that are read and that rows are kept by."""

    position: dict[str, int]
    filters: dict[str, int]
    needed: list[int]
    notes: list[str]


def _wanted(request: Request, header: Header) -> _Wanted:
    settings = request.settings
    found, notes = _find(settings, header, request.variables)
    position = {**found, **_carried(settings, header, request, found)}
    filters = {column: _position(settings, header, column) for column in settings.keep}
    needed = sorted({*position.values(), *filters.values()})
    unused = [name for i, name in enumerate(header.names) if i not in needed]
    return _Wanted(position, filters, needed, [*notes, *_unused(unused)])


def _view(
    settings: TableSettings, source: Source, kept: str, wanted: _Wanted
) -> tuple[str, list[SetAside]]:
    row = source.row or f"rowid + {source.first_row}"
    columns = [f"c{i}" for i in wanted.needed] + _numbers(source, wanted.needed)
    condition, aside = _filters(settings, kept, row, wanted.filters)
    read = ", ".join([f"{row} AS row__", *columns])
    return f"(SELECT {read} FROM {kept}{condition})", aside


def _keep(settings: TableSettings, source: Source, needed: list[int]) -> tuple[Source, str]:
    try:
        if _is_large(source):
            return source, _where_it_is(source, needed)
        texts = set(needed) - source.numeric if source.stays else set()
        return source, store(_columns_of(source, needed, texts))
    except duckdb.Error as problem:
        if _READERS[_ending(settings)] is not read_csv:
            raise CohortError(
                f"{settings.cohort}: {settings.path.name} is damaged.",
                found=str(problem).splitlines()[0],
                where=settings.place,
                do="export it again",
            ) from None
    careful = read_csv(settings, careful=True)
    return careful, store(_columns_of(careful, needed, set()))


def _is_large(source: Source) -> bool:
    if not source.stays:
        return False
    ((count,),) = rows(f"SELECT count(*) FROM {source.scan}")
    return count > KEPT_WHOLE


def _where_it_is(source: Source, needed: list[int]) -> str:
    """Leave a file where it is. Every wanted column is read once, so that damage shows now."""
    texts = [i for i in needed if i not in source.numeric]
    tests = [f"count_if(c{i} = '')" for i in texts]
    tests += [f"count_if(isnan(n{i}))" for i in needed if i in source.numeric]
    (found,) = rows(f"SELECT {', '.join(tests)} FROM {source.scan}")
    blank = {i for i, n in zip(texts, found, strict=False) if n}
    return f"({_columns_of(source, needed, blank)})"


def _ending(settings: TableSettings) -> str:
    return settings.path.suffix.lower().lstrip(".")


def _columns_of(source: Source, needed: list[int], blank: set[int]) -> str:
    """Write the query for the wanted columns; some of the texts may be blank."""
    row = ["row__"] if source.row else []
    texts = [f"nullif(c{i}, '') AS c{i}" if i in blank else f"c{i}" for i in needed]
    return f"SELECT {', '.join([*row, *texts, *_numbers(source, needed)])} FROM {source.scan}"


def _numbers(source: Source, needed: list[int]) -> list[str]:
    return [f"n{i}" for i in needed if i in source.numeric]


def _find(
    settings: TableSettings, header: Header, variables: dict[str, Variable]
) -> tuple[dict[str, int], list[str]]:
    _require_variables(settings, variables)
    position: dict[str, int] = {}
    notes: list[str] = []
    for variable, column in settings.columns.items():
        try:
            position[variable], note = find_column(header, column)
        except KeyError:
            raise no_column(header, column, variable, settings.cohort, settings.place) from None
        notes += [note] * bool(note)
    for variable in variables:
        if variable not in position and variable in header.names:
            position[variable] = header.names.index(variable)
    _require_once(settings, header, position)
    if not position:
        raise _nothing_mapped(settings)
    absent = [variable for variable in variables if variable not in position]
    if absent:
        notes.append(f"{plural(len(absent), 'variable')} of the codebook without a column.")
    return position, notes


def _nothing_mapped(settings: TableSettings) -> CohortError:
    return CohortError(
        f"{settings.cohort}: no column of {settings.path.name} is mapped to a variable.",
        expected='variable = "their column" for each column that is wanted',
        where=f"cohort.toml [tables.{settings.name}.columns]",
        do="take TODO away from the lines that are meant; docs/cohorts.md shows how",
    )


def _require_variables(settings: TableSettings, variables: dict[str, Variable]) -> None:
    blocks = {"columns": settings.columns, "codes": settings.codes, "missing": settings.missing}
    blocks |= {"asked": settings.asked, "sums": settings.sums}
    blocks |= {"unique": [settings.unique] if settings.unique else []}
    for block, given in blocks.items():
        known = [*variables, *settings.options] if block == "asked" else list(variables)
        unknown = [name for name in given if name not in known and name != "*"]
        if unknown:
            raise CohortError(
                f"{settings.cohort}: {plural(len(unknown), 'variable')} of cohort.toml "
                f"{'is' if len(unknown) == 1 else 'are'} not in the codebook of table "
                f"{settings.name}.",
                found=", ".join(map(repr, unknown[:5])),
                expected=meant(unknown[0], known),
                where=f"cohort.toml [tables.{settings.name}.{block}]",
                do="correct the name, or add the variable to codebook.csv in the cohort's folder",
            )


def _require_once(settings: TableSettings, header: Header, position: dict[str, int]) -> None:
    readers: dict[int, list[str]] = {}
    for variable, column in position.items():
        readers.setdefault(column, []).append(variable)
    for column, names in readers.items():
        codes = {repr(sorted(settings.codes.get(name, {}).items())) for name in names}
        if len(codes) < len(names):
            raise CohortError(
                f"{settings.cohort}: a column is mapped to {len(names)} variables.",
                found=f"{header.names[column]!r} for {', '.join(names)}",
                expected="one variable a column, unless each has codes of its own",
                where=f"cohort.toml [tables.{settings.name}.columns]",
                do="take one of them out",
            )


def _position(settings: TableSettings, header: Header, column: str) -> int:
    try:
        return find_column(header, column)[0]
    except KeyError:
        raise no_column(header, column, "keep", settings.cohort, settings.place) from None


def _filters(
    settings: TableSettings, kept: str, row: str, filters: dict[str, int]
) -> tuple[str, list[SetAside]]:
    wanted: list[str] = []
    aside: list[SetAside] = []
    for name, position in filters.items():
        cells = [cell for (cell,) in rows(f"SELECT DISTINCT c{position} FROM {kept}") if cell]
        values = set(map(clean, settings.keep[name]))
        good = [cell for cell in cells if clean(cell) in values]
        keeps = f"coalesce(c{position} IN {literals(good or [''])}, FALSE)"
        before = " AND ".join(["TRUE", *wanted])
        left = f"FROM {kept} WHERE {before} AND NOT {keeps}"
        ((n,),) = rows(f"SELECT count(*) {left}")
        first = tuple(number for (number,) in rows(f"SELECT {row} {left} ORDER BY 1 LIMIT 5"))
        if n:
            aside.append(SetAside(f"{name} is not {' or '.join(settings.keep[name])}", first, n))
        wanted.append(keeps)
    return (f" WHERE {' AND '.join(wanted)}" if wanted else ""), aside


def _unused(unused: list[str]) -> list[str]:
    if not unused:
        return []
    shown = ", ".join(repr(name[:60]) for name in unused[:5])
    more = f" and {len(unused) - 5:,} more" if len(unused) > 5 else ""
    return [f"{plural(len(unused), 'column')} of the file not used: {shown}{more}."]


def _carried(
    settings: TableSettings, header: Header, request: Request, found: dict[str, int]
) -> dict[str, int]:
    carried = {}
    for role in _ROLES:
        for column in design_columns(settings.design.get(role), role, header):
            if column in found or column in carried:
                continue
            try:
                carried[column] = find_column(header, column)[0]
            except KeyError:
                if column not in request.linked:
                    raise no_column(
                        header, column, role, settings.cohort, f"{settings.place} design"
                    ) from None
    if SYNTHETIC in header.names and SYNTHETIC not in found:
        carried[SYNTHETIC] = header.names.index(SYNTHETIC)
    return carried


def design_columns(given: Any, role: str, header: Header) -> list[str]:
    """Return the columns that a setting of the design names; ``repw*`` names all that match."""
    entries = given if isinstance(given, list) else [given]
    names = [entry for entry in entries if isinstance(entry, str)]
    if role == "replicate_weights":
        return [name for one in names for name in fnmatch.filter(header.names, one) or [one]]
    return names
