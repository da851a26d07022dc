"""SPSS and Stata files: codes with their labels, and the codes they declare to be no answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from careersurvey.errors import CohortError, from_extra
from careersurvey.evidence.answers.headers import make_header
from careersurvey.evidence.answers.sheet import (
    Batch,
    Sheet,
    as_doubles,
    cell_text,
    empty,
    locked,
    unreadable,
)
from careersurvey.evidence.settings import TableSettings

_ROWS = 200_000
_KINDS = ("string", "float")
_LETTER = re.compile(r"\..", re.DOTALL)  # as Stata tells one missing value from another


def open_spss(path: Path, settings: TableSettings) -> Sheet:
    """Open an SPSS file; its user-missing codes and ranges stay apart from blanks."""
    pyreadstat = from_extra("pyreadstat", "spss", "Reading an SPSS file")
    with path.open("rb") as file:
        if b"ENCRYPTED" in file.read(64):
            raise locked(path.name, "an SPSS file with a password")
    return _Labelled(path, settings, pyreadstat.read_sav, "an SPSS file").sheet


def open_stata(path: Path, settings: TableSettings) -> Sheet:
    """Open a Stata file; its extended missing values are the codes ``.a`` to ``.z``."""
    pyreadstat = from_extra("pyreadstat", "spss", "Reading a Stata file")
    return _Labelled(path, settings, pyreadstat.read_dta, "a Stata file").sheet


class _Labelled:
    """How the rows of a file with labels are read, a part of them after the other."""

    def __init__(self, path: Path, settings: TableSettings, reader: Callable, kind: str) -> None:
        if not path.stat().st_size:
            raise empty(path.name)
        self.path, self.reader, self.kind, self.decimal = path, reader, kind, settings.decimal
        self.encoding = {"encoding": settings.encoding} if settings.encoding else {}
        _, meta = self._read(metadataonly=True)
        # The letters of Stata are told by the rows alone.
        _, first = self._read(user_missing=True, output_format="dict", row_limit=1)
        self.names = list(meta.column_names)
        if not self.names:
            raise empty(path.name)
        kinds = [meta.readstat_variable_types[name] for name in self.names]
        self.is_text, self.is_single = ([one == kind for one in kinds] for kind in _KINDS)
        self.is_stata = kind == "a Stata file"
        questions = [meta.column_names_to_labels.get(name) or "" for name in self.names]
        others = [(text,) if text else () for text in questions]
        header = make_header([self.names], others)
        sheet = self.sheet = Sheet(header, [self.names], self.batches)
        sheet.wordings = {i: text for i, text in enumerate(questions) if text}
        sheet.labels = {i: self._labels(meta, i) for i in range(len(self.names))}
        for i, name in enumerate(self.names):
            self._declare(
                i, [*meta.missing_ranges.get(name, []), *first.missing_ranges.get(name, [])]
            )
            letters = [
                code for code in sheet.labels[i] if self.is_stata and _LETTER.fullmatch(code)
            ]
            sheet.missing[i] |= {code: sheet.labels[i][code] for code in letters}
        sheet.sets = list(self._sets(getattr(meta, "mr_sets", None) or {}))

    def batches(self, wanted: list[int], coded: Collection[int]) -> Iterator[Batch]:
        at = 0
        names = [self.names[i] for i in wanted]
        while True:
            columns, meta = self._read(
                user_missing=True,
                output_format="dict",
                row_offset=at,
                row_limit=_ROWS,
                usecols=names,
            )
            count = len(columns[names[0]])
            if not count:
                return
            for i, name in zip(wanted, names, strict=True) if self.is_stata else ():
                for letter in meta.missing_user_values.get(name, ()):
                    self.sheet.missing[i].setdefault(f".{letter}", f".{letter}")
            cells = {i: self._column(i, columns[self.names[i]]) for i in wanted}
            yield Batch(np.arange(at + 1, at + count + 1), cells)
            at += count
            if count < _ROWS:
                return

    def _read(self, **how: Any) -> tuple[Any, Any]:
        try:
            return self.reader(self.path, **how, **self.encoding)
        except CohortError:
            raise
        except Exception as problem:  # pyreadstat raises its own and plain exceptions
            raise unreadable(self.path.name, self.kind, problem) from None

    def _column(self, i: int, cells: list) -> pa.Array:
        if self.is_text[i]:
            return pa.array(cells, pa.string())
        try:
            numbers = pa.array(cells, pa.float64(), from_pandas=True)
            return as_doubles(numbers) if self.is_single[i] else numbers
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            # Dates, or the letters of Stata among the numbers.
            places = {cell: n for n, cell in enumerate(dict.fromkeys(cells))}
            written = pa.array([self._code(cell, self.decimal) for cell in places], pa.string())
            at = np.fromiter(map(places.__getitem__, cells), np.int32, len(cells))
            return pa.DictionaryArray.from_arrays(pa.array(at), written)

    def _code(self, value: Any, decimal: str = ".") -> str | None:
        if self.is_stata and isinstance(value, str) and len(value) == 1:
            return f".{value}"
        return cell_text(value, decimal)

    def _labels(self, meta: Any, i: int) -> dict[str, str]:
        found = meta.variable_value_labels.get(self.names[i], {})
        written = {
            (value if self.is_text[i] else self._code(value)): text for value, text in found.items()
        }
        return {code: text for code, text in written.items() if code}

    def _sets(self, declared: dict[str, dict[str, Any]]) -> Iterator[tuple[str, list[int], str]]:
        """The sets of boxes that a file of SPSS declares; one of categories is no such set."""
        places = {name.casefold(): i for i, name in enumerate(self.names)}
        for name, one in declared.items():
            found = [places.get(box.casefold(), -1) for box in one["variable_list"]]
            counted = cell_text(one["counted_value"])
            if one["is_dichotomy"] and counted and -1 not in found:
                yield one["label"] or name, found, counted

    def _declare(self, i: int, spans: list[dict[str, Any]]) -> None:
        labels = self.sheet.labels[i]
        declared = self.sheet.missing[i] = {}
        for span in spans:
            low, high = span["lo"], span["hi"]
            if isinstance(low, str) or low == high:
                code = low if isinstance(low, str) else cell_text(float(low))
                declared[code] = labels.get(code, code)
                continue
            self.sheet.spans.setdefault(i, []).append((float(low), float(high)))
            declared |= {c: text for c, text in labels.items() if _within(c, low, high)}


def _within(code: str, low: float, high: float) -> bool:
    try:
        return low <= float(code) <= high
    except ValueError:
        return False
