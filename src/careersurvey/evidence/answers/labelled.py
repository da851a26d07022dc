"""SPSS and Stata files: codes with their labels, and the codes they declare to be no answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from careersurvey.errors import from_extra
from careersurvey.evidence.answers.sheet import (
    Batch,
    Sheet,
    as_doubles,
    cell_text,
    empty,
    locked,
    make_header,
    read_as,
)
from careersurvey.evidence.answers.words import as_number
from careersurvey.evidence.settings import TableSettings

_ROWS = 200_000
_LETTER = re.compile(r"\..", re.DOTALL)  # as Stata tells one missing value from another


class Labelled(Sheet):
    """An SPSS or Stata file; its declared missing codes and ranges stay apart from blanks."""

    def __init__(self, path: Path, settings: TableSettings) -> None:
        self.path, self.decimal = path, settings.decimal
        self.is_stata = path.suffix.lower() == ".dta"
        self.kind = "a Stata file" if self.is_stata else "an SPSS file"
        self.encoding = {"encoding": settings.encoding} if settings.encoding else {}
        pyreadstat = from_extra("pyreadstat", "spss", f"Reading {self.kind}")
        self.reader = pyreadstat.read_dta if self.is_stata else pyreadstat.read_sav
        with path.open("rb") as file:
            start = file.read(64)
        if not start:
            raise empty(path.name)
        if b"ENCRYPTED" in start and not self.is_stata:
            raise locked(path.name, "an SPSS file with a password")
        # What is declared missing is told with rows alone.
        _, meta = self._read(user_missing=True, output_format="dict", row_limit=1)
        self.names = names = list(meta.column_names)
        if not names:
            raise empty(path.name)
        self.kinds = [meta.readstat_variable_types[name] for name in names]
        wordings = [meta.column_names_to_labels.get(name) or "" for name in names]
        header = make_header([names], [(text,) if text else () for text in wordings])
        super().__init__(header, [names])
        self.wordings = {i: text for i, text in enumerate(wordings) if text}
        for i, name in enumerate(names):
            given = meta.variable_value_labels.get(name, {}).items()
            written = [(self._code(value), text) for value, text in given]
            self.labels[i] = {code: text for code, text in written if code}
            self._declare_missing(i, meta.missing_ranges.get(name, []))
        self.sets = list(self._sets(getattr(meta, "mr_sets", None) or {}))

    def read(self, wanted: list[int], coded: Collection[int]) -> Iterator[Batch]:
        """Read some rows at a time; Stata tells its letters for no answer with them."""
        at, count = 0, _ROWS
        how = {"user_missing": True, "output_format": "dict", "row_limit": _ROWS}
        while count == _ROWS:
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
            return self.reader(self.path, **how, **self.encoding)

    def _column(self, i: int, cells: list) -> pa.Array:
        if self.kinds[i] == "string":
            return pa.array(cells, pa.string())
        try:
            numbers = pa.array(cells, pa.float64(), from_pandas=True)
            return as_doubles(numbers) if self.kinds[i] == "float" else numbers
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

    def _declare_missing(self, i: int, spans: list[dict[str, Any]]) -> None:
        """Keep the codes of a column that are no answer, and the ends of ranges of numbers."""
        labels = self.labels[i]
        declared = self.missing[i] = {}
        for span in spans:
            low, high = span["lo"], span["hi"]
            if isinstance(low, str) or low == high:
                code = low if isinstance(low, str) else cell_text(float(low))
                declared[code] = labels.get(code, code)
                continue
            self.spans.setdefault(i, []).append((float(low), float(high)))
            numbers = {code: as_number(code) for code in labels}
            within = [c for c, number in numbers.items() if number is not None]
            declared |= {code: labels[code] for code in within if low <= numbers[code] <= high}
        letters = [code for code in labels if self.is_stata and _LETTER.fullmatch(code)]
        declared |= {code: labels[code] for code in letters}

    def _sets(self, declared: dict[str, dict[str, Any]]) -> Iterator[tuple[str, list[int], str]]:
        """The sets of boxes that a file of SPSS declares; one of categories is no such set."""
        places = {name.casefold(): i for i, name in enumerate(self.names)}
        for name, one in declared.items():
            found = [places.get(box.casefold(), -1) for box in one["variable_list"]]
            counted = cell_text(one["counted_value"])
            if one["is_dichotomy"] and counted and -1 not in found:
                yield one["label"] or name, found, counted
