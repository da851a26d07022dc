"""What each different cell of a column means: a value, a missing one, not asked, or unknown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.evidence.answers.sheet import (
    Seen,
    Sheet,
    is_untidy,
    letters_of,
    texts,
    without_blanks,
)
from careersurvey.evidence.answers.words import (
    AMOUNT,
    CUT,
    KNOWN,
    NEVER_ASKED,
    Words,
    as_number,
    codes_apart,
)
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.tables import MISSING, NO_ANSWER, Variable
from careersurvey.evidence.text import clean, few, so_many

#: Codes of a cell that is no place in a question's list of values, and of the first one.
BLANK, NOT_ASKED, UNKNOWN, LEFT = -1, -2, -3, 0
SHOWN = 5
_LONGEST = 60
_ENDS = 3  # rows at either end of a file in which a total is sought
TOTAL = re.compile(KNOWN["total"], re.IGNORECASE)
#: What a row is called that sums up the others, as a total or an average does.
SUMMARY = re.compile("|".join([KNOWN["total"], *KNOWN["columns"]["figures"]]), re.IGNORECASE)


def doubt(
    what: str, shown: Sequence[str], do: str, setting: str = "", cells: Iterable[str] = ()
) -> Check:
    """What may not be meant, where, what to do; the setting that settles it, with which cells."""
    return Check("doubts", "", False, what, (), do, few(shown), setting=setting, cells=(*cells,))


def checks_of(
    doubts: Iterable[Check], variable: str, table: str, settings: TableSettings
) -> Iterator[Check]:
    """Those of a variable's doubts that there are, unless the settings say that all is meant."""
    for one in doubts:
        if one.found and variable not in settings.sure:
            sure = f'set sure = ["{variable}"] under [tables.{table}] if it is as it stands'
            message, do = f"{variable}: {one.message}", f"{one.do}; or {sure}"
            yield replace(one, table=table, variable=variable, message=message, do=do)


class Meaning(NamedTuple):
    """What a cell means: the code of its value, how it was found where not as it stands."""

    code: int
    how: str = ""
    measured: object = None


class CodedColumn(NamedTuple):
    """A column of a batch as its question reads it: a code a row, and what is no code."""

    codes: np.ndarray
    measured: pa.Array | None = None


class Rows(NamedTuple):
    """The rows of a batch for one question: numbers, cells, what was read, and who was asked."""

    numbers: np.ndarray
    cells: Mapping[int, pa.Array]
    read: Mapping[str, CodedColumn]
    asked: np.ndarray


@dataclass
class Question:
    """One variable of a table, and what its column of the file says."""

    variable: Variable
    sheet: Sheet
    position: int
    settings: TableSettings
    beside: int | None = None  # the column in which people wrote their own answer
    asked_of: str = ""  # the condition that says who was asked, as it is written
    repeats: bool = True  # whether the same cells come again and again

    kind: ClassVar[pa.DataType | None] = None  # of what is measured

    def __post_init__(self) -> None:
        self.name, self.decimal = self.variable.name, self.settings.decimal
        self.words = Words(self.variable, self.sheet, self.position, self.settings)
        known = self.variable.values if self.variable.type == "category" else ()
        self.set_codes([*known, *self.words.targets])
        self.known: dict[str | None, Meaning] = {}
        self.counts: Counter[str | None] = Counter()
        self.unknown = Seen()
        self.unasked: Seen | None = None
        self.plain = 0  # answers that are not among the counts, since nothing is amiss in them

    def set_codes(self, values: list[str]) -> None:
        """Give each different value its code; the first is that of a question left blank."""
        self.values = [*dict.fromkeys([NO_ANSWER, *values])]
        self.code_of = {value: code for code, value in enumerate(self.values)}
        self.code_of[NEVER_ASKED] = NOT_ASKED

    def meaning(self, cell: str) -> Meaning:
        """Return what a cell that is not blank means."""
        target, how = self.words.find(cell)
        return Meaning(UNKNOWN) if target is None else Meaning(self.code_of[target], how)

    def read(self, rows: np.ndarray, column: pa.Array) -> CodedColumn:
        """Read the cells of a batch; each different one is given its meaning once."""
        coded = texts(column, self.decimal)
        cells = [*coded.dictionary.to_pylist(), None]
        at = coded.indices.fill_null(len(cells) - 1).to_numpy(zero_copy_only=False)
        # np.bincount is slow where the same come again and again.
        places, counts = np.unique(at, return_counts=True)
        for cell, n in zip([cells[place] for place in places], counts.tolist(), strict=True):
            self.counts[cell] += n
            if cell not in self.known:
                is_blank = cell is None or not clean(cell)
                self.known[cell] = Meaning(BLANK) if is_blank else self.meaning(cell)
        meanings = [self.known.get(cell, Meaning(BLANK)) for cell in cells]
        codes = np.array([one.code for one in meanings], np.int32).take(at)
        self.unknown.add(rows[codes == UNKNOWN])
        if self.kind is None:
            return CodedColumn(codes)
        values = pa.array([one.measured for one in meanings], self.kind)
        return CodedColumn(codes, values.take(pa.array(at)))

    def finish(self, rows: Rows) -> dict[str, pa.Array]:
        """Return the finished columns of a batch, from what was read and who was asked."""
        return {self.name: rows.read[self.name].measured}

    def has(self, done: Mapping[str, pa.Array], values: tuple[str, ...]) -> np.ndarray:
        """Return in which rows the finished question has one of the values, written as text."""
        return is_among(done[self.name], values)

    def lacks(self, values: tuple[str, ...]) -> list[str]:
        """Return which of the values the question cannot have."""
        return []

    def note_unasked(self, rows: Rows, answered: np.ndarray) -> None:
        """Count rows with an answer of somebody who was not asked."""
        self.unasked = self.unasked or Seen()
        self.unasked.add(rows.numbers[answered & ~rows.asked])

    @property
    def cells(self) -> list[tuple[str, Meaning, int]]:
        """Each different cell that is not blank, what it means, and how often it stands there."""
        every = [(cell or "", one, self.counts[cell]) for cell, one in self.known.items()]
        answered = [one for one in every if one[1] != Meaning(BLANK)]
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
            yield f"{self.name}: {so_many(len(changes), 'label')} {how}: {shown}{more}."

    def findings(self) -> Iterator[Check]:
        """Tell which cells are not as they must be or are doubted, and of answers not asked for."""
        yield from self._amiss()
        yield from checks_of(self._doubts(), self.name, self.variable.table, self.settings)
        yield from self._routing()

    def _amiss(self) -> Iterator[Check]:
        """Cells that are not as they must be."""
        yield from ()

    def _routing(self) -> Iterator[Check]:
        if self.unasked and self.unasked.n:
            count, known = so_many(self.unasked.n, "answer"), f"answers where {self.asked_of}"
            message = f"{count} to {self.name} of people who were not asked."
            do = f"correct the file, or {self.block('asked')} in cohort.toml"
            yield self.broken("routing", message, self.unasked.rows, expected=known, do=do)
        elif self.unasked:
            holds = f"{self.name} was answered only where it was asked."
            yield Check("routing", self.variable.table, True, holds)

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

    def _doubts(self) -> Iterator[Check]:
        """What may not be meant."""
        yield from ()

    def unfit(
        self, rule: str, what: str, do: str, found: str = "", expected: str = ""
    ) -> Iterator[Check]:
        """Tell how many answers nothing is known of, and which."""
        if self.unknown.n:
            total = so_many(sum(n for _, _, n in self.cells) + self.plain, "answer")
            verb = "is" if self.unknown.n == 1 else "are"
            message = f"{self.unknown.n:,} of {total} to {self.name} {verb} {what}."
            bad = [self.shown(cell, n) for cell, one, n in self.cells if one.code == UNKNOWN]
            header, top = self.settings.header_rows, self.settings.skip_rows
            if top + header + 1 in self.unknown.rows:  # a second one, of units or of questions
                do += f"; if the first row is not an answer, set header_rows = {header + 1}"
            told = {"found": found or few(bad), "expected": expected, "do": do}
            yield self.broken(rule, message, self.unknown.rows, **told)


class Category(Question):
    """Answers that are values of the codebook."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.answers = [self.code_of[value] for value in self.variable.values]

    def finish(self, rows: Rows) -> dict[str, pa.Array]:
        """Return the value of each row: a blank is no answer where the question was put."""
        codes = rows.read[self.name].codes
        if self.asked_of:
            self.note_unasked(rows, np.isin(codes, self.answers, kind="sort"))
        left = rows.asked & (codes == BLANK)
        return {self.name: as_values(codes + left, self.values)}  # LEFT follows BLANK

    def lacks(self, values: tuple[str, ...]) -> list[str]:
        """Return which of the values the question cannot have."""
        return [value for value in values if value not in self.values]

    def _amiss(self) -> Iterator[Check]:
        allowed = {*self.variable.values, *self.variable.missing, NO_ANSWER, MISSING}
        codes = self.words.codes
        wrong = {code: value for code, value in codes.items() if value not in allowed}
        if wrong:
            yield self.broken(
                "codes",
                f"{len(wrong)} of {so_many(len(codes), 'code')} of {self.name} "
                "lead to values that the codebook does not have.",
                found=", ".join(f"{code!r} = {value!r}" for code, value in wrong.items()),
                expected=", ".join(self.variable.values),
                do=f"correct cohort.toml under {self.block(f'codes.{self.name}')}",
            )

    def far_codes(self, shown: Mapping[str, str]) -> Check:
        """Tell of numbers that often stand for no answer; nothing is shown of what was settled."""
        labels, codes = self.words.labels, self.block(f"codes.{self.name}")
        far = [c for c in codes_apart(shown) if shown[c] and not AMOUNT.search(labels.get(c, ""))]
        what = "a number that often stands for no answer is counted as an answer."
        do = f"declare it under {self.block('missing')}, or map it under {codes}"
        named = ((cell, labels.get(cell)) for cell in far)
        by = [label if label in self.variable.values else cell for cell, label in named]
        return doubt(what, [shown[cell] for cell in far], do, "missing", by)


class Text(Question):
    """An identifier or free text, without doubled blanks or blanks at the ends; blank is null."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ends: dict[int, str | None] = {}
        self.is_name = self.repeats or self.variable.type == "identifier"
        self.has_codes = bool(self.words.exact or self.words.spans)
        self.cut: dict[str, None] = {}

    def read(self, rows: np.ndarray, column: pa.Array) -> CodedColumn:
        """Read the texts of a batch, null where there is none."""
        if not pa.types.is_string(column.type) or self.has_codes or is_untidy(column):
            tidied = self._tidied(texts(column, self.decimal))
            found = tidied if self.repeats else tidied.dictionary_decode()
        else:
            found = without_blanks(column)
        if self.is_name:
            each = found.dictionary if pa.types.is_dictionary(found.type) else found
            if b"+" in letters_of(each):
                is_cut = pc.match_substring_regex(each, CUT)
                self.cut |= dict.fromkeys(each.filter(is_cut).to_pylist())
        if self.variable.type == "identifier":
            for part in (slice(_ENDS), slice(-_ENDS, None)):
                self.ends |= zip(rows[part].tolist(), found[part].to_pylist(), strict=True)
            for row in sorted(self.ends)[_ENDS:-_ENDS]:
                del self.ends[row]
        coded = found.dictionary_encode() if self.repeats else found
        return CodedColumn(np.empty(0, np.int32), coded)

    def _tidied(self, column: pa.DictionaryArray) -> pa.DictionaryArray:
        cells = column.dictionary
        if self.has_codes or is_untidy(cells):
            cells = pa.array(map(self._tidy, cells.to_pylist()), pa.string())
        once = without_blanks(cells).dictionary_encode()
        return pa.DictionaryArray.from_arrays(once.indices.take(column.indices), once.dictionary)

    def _tidy(self, cell: str | None) -> str | None:
        if cell is None or (self.has_codes and self.words.find(cell)[0] is not None):
            return None
        # What is held against other rows is one text however a machine writes its letters.
        return clean(cell) if self.is_name else " ".join(cell.split())

    def _amiss(self) -> Iterator[Check]:
        if codes := self.settings.codes.get(self.name):
            what = f"{self.name} has codes; its type is {self.variable.type}, read as it stands."
            do = f"take out {self.block(f'codes.{self.name}')}, or give it another type"
            yield self.broken("codes", what, found=few([*map(repr, codes)]), do=do)

    def _doubts(self) -> Iterator[Check]:
        sums = {row: c for row, c in self.ends.items() if c and SUMMARY.fullmatch(c.rstrip(":"))}
        found = [f"{cell!r} in row {row:,}" for row, cell in sums.items()]
        do = f"take it out by {self.block('drop')}"
        yield doubt("a row looks like a total or an average of the others.", found, do)
        yield doubt("labels have lost their last digits.", [*self.cut], "export them as text")


def as_values(codes: np.ndarray, values: list[str]) -> pa.DictionaryArray:
    """Return a column of values by their codes, null where a code stands for none."""
    places, without = pa.array(codes.astype(np.int32, copy=False)), codes < 0
    if without.any():
        places = pc.if_else(pa.array(without), None, places)
    # Every code has its value; to look whether it does costs as much as all the rest.
    return pa.DictionaryArray.from_arrays(places, pa.array(values, pa.string()), safe=False)


def is_among(column: pa.Array, values: tuple[str, ...]) -> np.ndarray:
    """Return where a finished column has one of the values, written as text."""
    if pa.types.is_dictionary(column.type):
        among = np.append(is_among(column.dictionary, values), False)
        return among.take(column.indices.fill_null(len(among) - 1).to_numpy())
    if pa.types.is_floating(column.type):
        known = pa.array([as_number(value) for value in values], pa.float64()).drop_null()
    else:
        known, column = pa.array(values, pa.string()), column.cast(pa.string())
    return pc.is_in(column, known).to_numpy(zero_copy_only=False)
