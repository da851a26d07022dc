"""What each different cell of a column means: a value, a missing one, not asked, or unknown.

Each question of a table is an object that gives a cell its meaning, once, a column of a batch its
codes, and, once it is told who was asked, its finished columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.evidence.answers.sheet import Seen, Sheet, texts
from careersurvey.evidence.answers.words import NEVER_ASKED, Words, stand_ins
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.tables import MISSING, NO_ANSWER, Variable
from careersurvey.evidence.text import clean, few, plural, whole

#: Codes of a cell that is no place in a question's list of values, and of the first one.
BLANK, NOT_ASKED, UNKNOWN, LEFT = -1, -2, -3, 0
SHOWN = 5
_LONGEST = 60
_ODD_BLANKS = b"\t\n\v\f\r\x1c\x1d\x1e\x1f"
_OF_A_BOX = 3  # different answers that no box has
_ENDS = 3  # rows at either end of a file in which a total is sought
_TOTAL = re.compile(r"(grand |sub-?)?totals?|sum|gesamt|summe|totaux|overall", re.IGNORECASE)


class Meaning(NamedTuple):
    """What a cell means: the code of its value, how it was found where not as it stands."""

    code: int
    how: str = ""
    measured: object = None


class Reading(NamedTuple):
    """A column of a batch as its question reads it: a code a row, and what is no code."""

    codes: np.ndarray
    measured: pa.Array | None = None


@dataclass
class Question:
    """One variable of a table, and what its column of the file says."""

    variable: Variable
    sheet: Sheet
    position: int
    settings: TableSettings
    routed: bool = False  # whether a condition says who was asked
    repeats: bool = True  # whether the same cells come again and again

    def __post_init__(self) -> None:
        self.words = Words(self.variable, self.sheet, self.position, self.settings)
        known = self.variable.values if self.variable.type == "category" else ()
        self.number([*known, *self.words.targets])
        self.known: dict[str | None, Meaning] = {}
        self.counts: Counter[str | None] = Counter()
        self.unknown = Seen()
        self.unasked: Seen | None = None

    @property
    def name(self) -> str:
        """Name of the variable."""
        return self.variable.name

    def number(self, values: list[str]) -> None:
        """Give each different value its code; the first is that of a question left blank."""
        self.values = [*dict.fromkeys([NO_ANSWER, *values])]
        self.place = {value: code for code, value in enumerate(self.values)}
        self.place[NEVER_ASKED] = NOT_ASKED

    def meaning(self, cell: str) -> Meaning:
        """Return what a cell that is not blank means."""
        target, how = self.words.find(cell)
        return Meaning(UNKNOWN) if target is None else Meaning(self.place[target], how)

    def read(self, rows: np.ndarray, column: pa.Array) -> Reading:
        """Read the cells of a batch."""
        meanings, at = self.look_up(texts(column, self.settings.decimal))
        return Reading(self.coded(rows, meanings, at))

    def look_up(self, column: pa.DictionaryArray) -> tuple[list[Meaning], np.ndarray]:
        """Return the meaning of each different cell, looked for once, and which one a row has."""
        cells = [*column.dictionary.to_pylist(), None]
        at = column.indices.fill_null(len(cells) - 1).to_numpy(zero_copy_only=False)
        for cell, n in zip(cells, np.bincount(at, minlength=len(cells)).tolist(), strict=True):
            self.counts[cell] += n
            if n and cell not in self.known:
                blank = cell is None or not clean(cell)
                self.known[cell] = Meaning(BLANK) if blank else self.meaning(cell)
        return [self.known.get(cell, Meaning(BLANK)) for cell in cells], at

    def coded(self, rows: np.ndarray, meanings: list[Meaning], at: np.ndarray) -> np.ndarray:
        """Return a code a row; rows of which nothing is known are counted."""
        codes = np.array([one.code for one in meanings], np.int32)[at]
        self.unknown.add(rows[codes == UNKNOWN])
        return codes

    def finish(
        self, read: Mapping[str, Reading], asked: np.ndarray, rows: np.ndarray
    ) -> dict[str, pa.Array]:
        """Return the finished columns of a batch, from what was read and who was asked."""
        raise NotImplementedError

    def note_unasked(self, rows: np.ndarray) -> None:
        """Count rows with an answer of somebody who was not asked."""
        self.unasked = self.unasked or Seen()
        self.unasked.add(rows)

    @property
    def cells(self) -> list[tuple[str, Meaning, int]]:
        """Each different cell that is not blank, what it means, and how often it stands there."""
        every = [(cell or "", one, self.counts[cell]) for cell, one in self.known.items()]
        answered = [one for one in every if one[1].code != BLANK]
        return sorted(answered, key=lambda one: (-one[2], one[0]))

    def notes(self) -> Iterator[str]:
        """Say what was read otherwise than as it stands."""
        by_way: dict[str, list[str]] = {}
        for cell, (code, how, _), n in self.cells:
            if how:
                value = self.values[code] if code >= 0 else "not asked"
                by_way.setdefault(how, []).append(f"{self.shown(cell, n)} → {value}")
        for how, changes in by_way.items():
            more = f"; and {len(changes) - SHOWN} more" if len(changes) > SHOWN else ""
            shown = "; ".join(changes[:SHOWN])
            yield f"{self.name}: {plural(len(changes), 'label')} {how}: {shown}{more}."

    def findings(self) -> Iterator[Check]:
        """Tell which cells are not as they must be, and which are doubted."""
        yield from ()

    def shown(self, cell: str, n: int) -> str:
        """Return a cell with its label and how often it stands there."""
        label = self.words.labels.get(cell)
        named = f" = {label[:_LONGEST]!r}" if label else ""
        return f"{cell[:_LONGEST]!r}{named} ({n:,})"

    def block(self, part: str) -> str:
        """Return the name of a part of the table's settings: ``[tables.parents.missing]``."""
        return f"[tables.{self.variable.table}.{part}]"

    def broken(self, rule: str, message: str, rows: Sequence[int] = (), **said: Any) -> Check:
        """Return a finding about this question's column."""
        table = self.variable.table
        return Check(rule, table, False, message, tuple(rows), variable=self.name, **said)

    def doubt(self, what: str, shown: list[str], do: str) -> Iterator[Check]:
        """Tell what may not be meant, unless the settings say that it is."""
        if shown and self.name not in self.settings.sure:
            sure = f'set sure = ["{self.name}"] under [tables.{self.variable.table}]'
            do = f"{do}; or {sure} if it is as it stands"
            yield self.broken("doubts", f"{self.name}: {what}", found=few(shown), do=do)

    def unknown_cells(self) -> str:
        """Return the cells that nothing is known of, as they are shown."""
        bad = [self.shown(cell, n) for cell, meaning, n in self.cells if meaning.code == UNKNOWN]
        return few(bad, "other answers")


class Category(Question):
    """One answer of a list."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.answers = {self.place[value] for value in self.variable.values if value in self.place}

    def finish(
        self, read: Mapping[str, Reading], asked: np.ndarray, rows: np.ndarray
    ) -> dict[str, pa.Array]:
        """Return the value of each row: a blank is no answer where the question was put."""
        codes = read[self.name].codes
        if self.routed:
            self.note_unasked(rows[np.isin(codes, [*self.answers]) & ~asked])
        return {self.name: self.column(np.where((codes == BLANK) & asked, LEFT, codes))}

    def column(self, codes: np.ndarray) -> pa.Array:
        """Return codes as values; null where the question was not put."""
        return as_values(codes, codes < 0, self.values)

    def findings(self) -> Iterator[Check]:
        """Tell which cells are not as they must be, and which are doubted."""
        yield from self.bad_codes()
        if self.unknown.n:
            total = sum(n for _, _, n in self.cells)
            verb = "is" if self.unknown.n == 1 else "are"
            yield self.broken(
                "allowed_values",
                f"{self.unknown.n:,} of {plural(total, 'answer')} to {self.name} {verb} "
                "not in the codebook.",
                self.unknown.rows,
                found=self.unknown_cells(),
                expected=", ".join(self.variable.values),
                do="correct the file, or map the codes in cohort.toml under "
                + self.block(f"codes.{self.name}"),
            )
        yield from self._doubts()

    def bad_codes(self) -> Iterator[Check]:
        """Tell which codes of the settings lead to values that the codebook does not have."""
        allowed = {*self.variable.values, *self.variable.missing, NO_ANSWER, MISSING}
        codes = self.words.codes
        wrong = {code: value for code, value in codes.items() if value not in allowed}
        if wrong:
            yield self.broken(
                "codes",
                f"{len(wrong)} of {plural(len(codes), 'code')} of {self.name} "
                "lead to values that the codebook does not have.",
                found=", ".join(f"{code!r} = {value!r}" for code, value in wrong.items()),
                expected=", ".join(self.variable.values),
                do=f"correct cohort.toml under {self.block(f'codes.{self.name}')}",
            )

    def _doubts(self) -> Iterator[Check]:
        codes = self.block(f"codes.{self.name}")
        given = [one for one in self.cells if one[1].code in self.answers]
        taken = [one for one in given if one[0] not in self.words.codes]
        by_value: dict[int, dict[str, str]] = {}
        for cell, meaning, n in taken:
            alike = by_value.setdefault(meaning.code, {})
            alike.setdefault(whole(cell).casefold(), self.shown(cell, n))
        yield from self.doubt(
            "different answers are read as one value.",
            [" and ".join(cells.values()) for cells in by_value.values() if len(cells) > 1],
            f"say under {codes} what each means",
        )
        shown = {cell: self.shown(cell, n) for cell, _, n in taken}
        yield from self.doubt(
            "a number that often stands for no answer is counted as an answer.",
            [shown[cell] for cell in stand_ins([cell for cell, _, _ in given]) if cell in shown],
            f"declare it under {self.block('missing')}, or map it under {codes}",
        )
        header, wording = self.sheet.header, self.sheet.wordings.get(self.position, "")
        own = (header.names[self.position], *header.others[self.position], wording)
        asked = {clean(name).casefold() for name in own if name}
        # A box has its option's words and perhaps one cell more; a row of the header comes once.
        named = [cell for cell, _, n in taken if len(taken) < _OF_A_BOX or n == 1]
        yield from self.doubt(
            "an answer is the question itself.",
            [shown[cell] for cell in named if clean(cell).casefold() in asked],
            "set header_rows, or make the column a box of a select-all question",
        )
        yield from self.doubt(
            "an answer looks like a total of the others.",
            [shown[cell] for cell in shown if _TOTAL.fullmatch(clean(cell))],
            f"take its rows out by {self.block('drop')}",
        )


class Text(Question):
    """An identifier or free text, without doubled blanks or blanks at the ends; blank is null."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.tidied = 0
        self.first: list[tuple[int, str | None]] = []
        self.last: list[tuple[int, str | None]] = []

    def read(self, rows: np.ndarray, column: pa.Array) -> Reading:
        """Read the texts of a batch, null where there is none."""
        if not pa.types.is_string(column.type) or self.words.exact or _is_untidy(column):
            found = self._tidied(texts(column, self.settings.decimal))
        else:
            found = without_blanks(column)
        if self.variable.type == "identifier" and len(rows):
            self.first += self._cells(rows, found, slice(0, _ENDS - len(self.first)))
            self.last = (self.last + self._cells(rows, found, slice(-_ENDS, None)))[-_ENDS:]
        return Reading(np.empty(0, np.int32), found.dictionary_encode() if self.repeats else found)

    def finish(
        self, read: Mapping[str, Reading], asked: np.ndarray, rows: np.ndarray
    ) -> dict[str, pa.Array]:
        """Return the texts as they were read."""
        return {self.name: read[self.name].measured}

    def _cells(
        self, rows: np.ndarray, found: pa.Array, part: slice
    ) -> list[tuple[int, str | None]]:
        return list(zip(rows[part].tolist(), found[part].to_pylist(), strict=True))

    def _tidied(self, column: pa.DictionaryArray) -> pa.Array:
        cells = column.dictionary
        if self.words.exact or _is_untidy(cells):
            cells = pa.array([self._tidy(cell) for cell in cells.to_pylist()], pa.string())
        tidy = without_blanks(cells)
        changed = pc.not_equal(tidy, column.dictionary).take(column.indices)
        self.tidied += pc.sum(changed).as_py() or 0
        return tidy.take(column.indices)

    def _tidy(self, cell: str | None) -> str | None:
        if cell is None or (self.words.exact and self.words.find(cell)[0] is not None):
            return None
        # What is held against other rows is one text however a machine writes its letters.
        is_name = self.repeats or self.variable.type == "identifier"
        return clean(cell) if is_name else " ".join(cell.split())

    def notes(self) -> Iterator[str]:
        """Say what was read otherwise than as it stands."""
        if self.tidied:
            yield f"{self.name}: spaces were tidied in {plural(self.tidied, 'cell')}."

    def findings(self) -> Iterator[Check]:
        """Tell which cells are not as they must be, and which are doubted."""
        ends = dict([*self.first, *self.last])
        yield from self.doubt(
            "a row looks like a total of the others.",
            [f"{c!r} in row {row:,}" for row, c in ends.items() if c and _TOTAL.fullmatch(c)],
            f"take it out by {self.block('drop')}",
        )


def without_blanks(column: pa.StringArray) -> pa.StringArray:
    """Return text with null in place of an empty one."""
    blank = pc.equal(column, "")
    return pc.if_else(blank, None, column) if pc.any(blank).as_py() else column


def as_values(codes: np.ndarray, without: np.ndarray, values: list[str]) -> pa.DictionaryArray:
    """Return a column of values by their codes, null where there is none."""
    places = pa.array(codes.astype(np.int32, copy=False), mask=without)
    return pa.DictionaryArray.from_arrays(places, pa.array(values, pa.string()))


def _is_untidy(column: pa.StringArray) -> bool:
    """Return whether a blank of a text may be doubled, at an end, or of another kind."""
    letters = column.buffers()[2].to_pybytes() if column.buffers()[2] else b""
    if not letters.isascii() or len(letters.translate(None, _ODD_BLANKS)) < len(letters):
        return True
    if b" " not in letters:
        return False
    trimmed = pc.utf8_trim_whitespace(column)
    return b"  " in letters or bool(pc.any(pc.not_equal(trimmed, column)).as_py())
