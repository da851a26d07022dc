"""Opening a file of answers of any kind as a sheet of cells, and the key to its codes."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from careersurvey.errors import CohortError, from_extra
from careersurvey.evidence.answers.delimited import Delimited, read_rows
from careersurvey.evidence.answers.sheet import (
    Batch,
    Sheet,
    as_doubles,
    cell_text,
    empty,
    make_header,
    read_as,
    texts,
)
from careersurvey.evidence.answers.words import is_within
from careersurvey.evidence.answers.workbook import Workbook
from careersurvey.evidence.settings import Limits, TableSettings
from careersurvey.evidence.text import clean, few, so_many

_ROWS = 122_880  # rows of a group as DuckDB writes them
_ROWS_LABELLED = 200_000  # which readers of SPSS and Stata files find anew each time
_LETTER = re.compile(r"\..", re.DOTALL)  # as Stata tells one missing value from another
#: Formats of SPSS and Stata by which a number counts time.
_COUNTED = re.compile(
    r"%t[wmqh]|%t?d|%t[cC](?:HH(?=[^Y]*$))?"
    r"|(?:[AEJS]?DATE|MOYR|QYR|WKYR|DATETIME|YMDHMS|[DM]?TIME)(?=\d)"
)
_PERIODS = {"%tw": 52, "%tm": 12, "%tq": 4, "%th": 2}  # in a year
_CLOCKS = ("TIME", "DTIME", "MTIME", "%tcHH", "%tCHH")
_LISTS = ("list", "large_list", "fixed_size_list")

#: How tools name the questions of a key that their export may lack: Q7, Q11_2_a, q9.1.
_LIKE_A_QUESTION = re.compile(r"[A-Za-z]+_?\d+([._][A-Za-z0-9]+)*")


def open_sheet(path: Path, settings: TableSettings, limits: Limits | None = None) -> Sheet:
    """Open a file of answers by the ending of its name."""
    ending = path.suffix.lower().lstrip(".")
    if ending not in READERS:
        raise CohortError(
            f"{path.name} is of a kind that is not known.",
            found=f".{ending}",
            expected=", ".join(f".{known}" for known in READERS),
            do="save it as .csv or .xlsx; unpack what is packed",
        )
    _require_file(path, "the file of answers")
    if not path.stat().st_size:
        raise empty(path.name)
    most, size = (limits or Limits().in_force()).unpacked_bytes, _unpacked(path)
    if size > most:
        raise CohortError(
            f"{path.name} unpacks to more than may be read.",
            found=f"{size:,} bytes",
            expected=f"at most {most:,} bytes",
            do="save the answers alone in a file, or allow it with --limit unpacked_bytes=BYTES",
        )
    return READERS[ending](path, settings)


def _require_file(path: Path, what: str) -> None:
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "no file"
        raise CohortError(f"{path.name} is {kind}.", do=f"name {what} itself")


def _unpacked(path: Path) -> int:
    """Bytes that a file says it unpacks to; its reader stops where that is not true."""
    try:
        if path.suffix.lower() == ".parquet":
            groups = parquet.read_metadata(path)
            return sum(groups.row_group(n).total_byte_size for n in range(groups.num_row_groups))
        with zipfile.ZipFile(path) as package:
            return sum(part.file_size for part in package.infolist())
    except (zipfile.BadZipFile, pa.ArrowException, OSError):
        return 0  # not packed; or damaged, as its reader will say


class Parquet(Sheet):
    """A Parquet file; numbers come back without loss, and marks are not sought in them."""

    def __init__(self, path: Path, settings: TableSettings) -> None:
        with read_as(path.name, "a Parquet file"):
            self.path, every = path, parquet.read_schema(path)
        self.schema = pa.schema(filter(_is_plain, every))
        names = list(self.schema.names)
        out = [f"{one.name} ({one.type})" for one in every if not _is_plain(one)]
        note = f"{so_many(len(out), 'column')} without plain answers not read: {few(out)}."
        if not names:
            raise CohortError(f"{path.name} has no column of answers.", found=few(out) or "none")
        super().__init__(make_header([names]), [names], notes=[note] if out else [])

    def read(self, wanted: list[int], coded: Collection[int]) -> Iterator[Batch]:
        """Read the groups of the file, each checked."""
        names, kinds, file = self.schema.names, self.schema.types, self.path.name
        chosen = [names[i] for i in wanted]
        twice = [repr(name) for name in chosen if names.count(name) > 1]
        if twice:
            what, found = f"{file} has two columns of one name.", ", ".join(twice)
            raise CohortError(what, found=found, do="rename one of them")
        text = [names[i] for i in coded if pa.types.is_string(kinds[i])]
        at = 1
        try:
            rows = parquet.ParquetFile(self.path, read_dictionary=text)
            # Lists of dictionaries cannot be read over the end of a group.
            each = ([n] for n in range(rows.num_row_groups))
            groups = (rows.iter_batches(_ROWS, n, chosen, use_threads=False) for n in each)
            for some in chain.from_iterable(groups):
                some.validate(full=True)
                cells = {i: _cells(some.column(names[i])) for i in wanted}
                yield Batch(np.arange(at, at + len(some)), cells)
                at += len(some)
        except (pa.ArrowException, OSError) as problem:
            found = str(problem).splitlines()[0]
            what = f"{file} is damaged."
            raise CohortError(what, found=found, do="export it again") from None


def _is_plain(field: pa.Field) -> bool:
    """Whether a cell of a column is an answer, or a list of answers."""
    kind = field.type.storage_type if isinstance(field.type, pa.BaseExtensionType) else field.type
    is_period = "pandas.period" in f"{field.type} {field.metadata}"  # kept as a count of months
    return not (is_period or pa.types.is_nested(getattr(kind, "value_type", kind)))


def _cells(column: pa.Array) -> pa.Array:
    """Return a column as text, as numbers or as dates."""
    kind = column.type
    if kind == pa.uuid():
        return pa.array([str(one) if one else None for one in column.to_pylist()], pa.string())
    if isinstance(kind, pa.BaseExtensionType):
        return _cells(column.storage)
    if str(kind).startswith(("binary", "large_binary", "fixed_size_binary")):
        return pa.array([b and b.decode(errors="replace") for b in column.to_pylist()], pa.string())
    if pa.types.is_dictionary(kind):
        is_text = pa.types.is_string(kind.value_type)
        return column if is_text else _cells(column.dictionary_decode())
    if pa.types.is_float32(kind) or pa.types.is_float16(kind):
        return as_doubles(column)
    if pa.types.is_timestamp(kind) and kind.tz:
        return pc.local_timestamp(column)
    if pa.types.is_decimal(kind) or (pa.types.is_primitive(kind) and not pa.types.is_boolean(kind)):
        return column
    if str(kind).startswith(_LISTS):
        # A list of answers becomes one cell with several, as other tools write them.
        several = column.cast(pa.large_list(kind.value_type))
        parts = texts(_cells(several.values)).cast(pa.string()).fill_null("")
        filled = pa.LargeListArray.from_arrays(several.offsets, parts)
        return pc.if_else(several.is_null(), None, pc.binary_join(filled, ";"))
    return column.cast(pa.string())


class Labelled(Sheet):
    """An SPSS or Stata file; its declared missing codes and ranges stay apart from blanks."""

    def __init__(self, path: Path, settings: TableSettings) -> None:
        self.path, self.decimal = path, settings.decimal
        self.is_stata = path.suffix.lower() == ".dta"
        self.kind = "a Stata file" if self.is_stata else "an SPSS file"
        self.encoding = {"encoding": settings.encoding} if settings.encoding else {}
        pyreadstat = from_extra("pyreadstat", "spss", f"Reading {self.kind}")
        self.reader = pyreadstat.read_dta if self.is_stata else pyreadstat.read_sav
        # What is declared missing is told with rows alone.
        _, meta = self._read(user_missing=True, output_format="dict", row_limit=1)
        self.names = names = list(meta.column_names)
        if not names:
            raise empty(path.name)
        self.kinds = [meta.readstat_variable_types[name] for name in names]
        forms = [_COUNTED.match(meta.original_variable_types[n].replace("-", "")) for n in names]
        self.forms = [one[0] if one else "" for one in forms]
        wordings = [meta.column_names_to_labels.get(name) or "" for name in names]
        header = make_header([names], [(text,) if text else () for text in wordings])
        super().__init__(header, [names])
        for i, name in enumerate(names):
            given = meta.variable_value_labels.get(name, {}).items()
            written = [(self._code(i, value), text) for value, text in given]
            self.labels[i] = {code: text for code, text in written if code and clean(text)}
            self._declare_missing(i, meta.missing_ranges.get(name, []))

    def read(self, wanted: list[int], coded: Collection[int]) -> Iterator[Batch]:
        """Read some rows at a time; Stata tells its letters for no answer with them."""
        at, count = 0, _ROWS_LABELLED
        how = {"user_missing": True, "output_format": "dict", "row_limit": _ROWS_LABELLED}
        while count == _ROWS_LABELLED:
            names = [self.names[i] for i in wanted]
            columns, meta = self._read(**how, row_offset=at, usecols=names)
            count = len(columns[names[0]])
            for i, name in zip(wanted, names, strict=True) if self.is_stata else ():
                for letter in meta.missing_user_values.get(name, ()):
                    self.missing[i].setdefault(f".{letter}", f".{letter}")
            if count:
                cells = {i: self._column(i, columns[self.names[i]]) for i in wanted}
                yield Batch(np.arange(at + 1, at + count + 1), cells)
            at += count

    def _read(self, **how: Any) -> tuple[Any, Any]:
        with read_as(self.path.name, self.kind):
            return self.reader(self.path, disable_datetime_conversion=True, **how, **self.encoding)

    def _column(self, i: int, cells: list) -> pa.Array:
        if self.kinds[i] == "string":
            return pa.array(cells, pa.string())
        if not self.forms[i] and not any(isinstance(cell, str) for cell in set(cells)):
            numbers = pa.array(cells, pa.float64(), from_pandas=True)
            return as_doubles(numbers) if self.kinds[i] == "float" else numbers
        written = {cell: self._code(i, cell, self.decimal) for cell in set(cells)}
        return pa.array(map(written.get, cells), pa.string())

    def _code(self, i: int, value: Any, decimal: str = ".") -> str | None:
        if self.is_stata and isinstance(value, str) and len(value) == 1:
            return f".{value}"
        if self.forms[i] and isinstance(value, float | int):
            with suppress(OverflowError, ValueError):
                return _as_shown(value, self.forms[i])
        return cell_text(value, decimal)

    def _declare_missing(self, i: int, spans: list[dict[str, Any]]) -> None:
        """Keep the codes of a column that are no answer, and the ends of ranges of numbers."""
        labels = self.labels[i]
        declared = self.missing[i] = {}
        for span in spans:
            low, high = span["lo"], span["hi"]
            if isinstance(low, str) or low == high:
                code = self._code(i, low) or ""
                declared[code] = labels.get(code, code)
                continue
            self.spans.setdefault(i, []).append((float(low), float(high)))
            declared |= {code: labels[code] for code in labels if is_within(code, [(low, high)])}
        letters = [code for code in labels if self.is_stata and _LETTER.fullmatch(code)]
        declared |= {code: labels[code] for code in letters}


def _as_shown(count: float, form: str) -> str | None:
    """Return what a number counts in the words of its file: 2024-05-01, 2024m05, 25:30:00."""
    if per := _PERIODS.get(form):
        year, n = divmod(int(count), per)
        return f"{1960 + year}{form[2]}{n + 1:02}"
    is_stata, day = form.startswith("%"), dt.timedelta(days=1)
    span = count * (day if form[-1] == "d" else day / (86_400_000 if is_stata else 86_400))
    if form in _CLOCKS:
        seconds = int((span % day if is_stata else span).total_seconds())
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return cell_text((dt.datetime(1960, 1, 1) if is_stata else dt.datetime(1582, 10, 14)) + span)


READERS: dict[str, Callable[[Path, TableSettings], Sheet]] = {
    **dict.fromkeys(("csv", "tsv", "txt"), Delimited),
    **dict.fromkeys(("xlsx", "xlsm"), Workbook),
    **dict.fromkeys(("sav", "zsav", "dta"), Labelled),
    "parquet": Parquet,
}


def add_labels(sheet: Sheet, path: Path) -> None:
    """Lay the labels of a key, and wordings, beside an open file's columns; its own labels stay."""
    _require_file(path, "the file that labels the codes")
    rows, names = [[*map(clean, row)] for row in read_rows(path)], sheet.header.names
    lines = [row for row in rows if any(row)]
    width = max((len(line) for line in lines), default=0)
    labels: dict[str, dict[str, str]] = {}
    if width in (3, 4):
        name = ""
        for line in (line for line in lines if len(line) == width):
            name = line[0] or name  # a cell that was merged stands for those below it
            if width == 4 and line[1]:
                sheet.questions[name] = line[1]
            if any(line[-2:]):
                labels.setdefault(name, {})[line[-2]] = line[-1]
    elif width == 2:
        known: dict[str, str] = {}  # of what stands above the first question
        for code, text, is_question in _questions(lines, names):
            if is_question:
                sheet.questions[code], known = text, labels.setdefault(code, {})
            else:
                known[code] = text
    found = {i: known for i, name in enumerate(names) if (known := _of(name, labels))}
    if not found:
        raise CohortError(
            f"{path.name} is a key that does not label the answers.",
            found=f"{so_many(width, 'column')}, and no code of a column of the answers",
            expected="variable, code, label; or variable, question, code, label; or a question's"
            " code above the codes of its answers",
            do="correct key, or write the labels into [tables.NAME.codes.VARIABLE]",
        )
    sheet.labels = {**found, **{i: known for i, known in sheet.labels.items() if known}}
    known_as = zip(names, sheet.header.others, strict=True)
    others = tuple((*o, *filter(None, [sheet.questions.get(name)])) for name, o in known_as)
    sheet.header = replace(sheet.header, others=others)


def _questions(lines: list[list[str]], names: tuple[str, ...]) -> Iterator[tuple[str, str, bool]]:
    """Return the two cells of each line of a key with whether it is a question."""
    pairs = [(line[0], (*line, "")[1]) for line in lines]
    named = {code for code, _ in pairs if any(n == code or n.startswith(f"{code}_") for n in names)}
    # A key whose own questions are called Q1, Q2 has others that the export lacks.
    alike = any(map(_LIKE_A_QUESTION.fullmatch, named))
    for code, text in pairs:
        yield code, text, code in named or bool(alike and _LIKE_A_QUESTION.fullmatch(code))


def _of(name: str, labels: dict[str, dict[str, str]]) -> dict[str, str]:
    """Labels of a column: those of its question, or what a tick of its option says."""
    stem, _, option = name.rpartition("_")
    if name in labels or not option.isdecimal():
        return labels.get(name, {})
    chosen = labels.get(stem, {}).get(option)
    return {"1": chosen} if chosen else {}
