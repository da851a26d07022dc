"""Questions whose answers are measured: numbers and dates, as the cells of a file write them."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.evidence.answers.questions import (
    BLANK,
    UNKNOWN,
    CodedColumn,
    Meaning,
    Question,
    Rows,
    as_values,
    doubt,
)
from careersurvey.evidence.answers.sheet import without_blanks
from careersurvey.evidence.answers.words import AMOUNT, STAND_INS, as_number, far_from
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.tables import MISSING
from careersurvey.evidence.text import clean, fold, number_text

_DAY = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})([T ]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?.{0,9})?")
_LATEST = 2040  # what two digits of a year can stand for
_OLDEST, _EARLIEST = 120, 1900  # the greatest of ages, and the first year that is none
_MARKED = r"^[+-]?[1-9]\d{0,2}([.,]\d{3})+$"  # 1.101, which may be a thousand or one


class Measured(Question):
    """A number or a date, or the reason why there is none; no symbol becomes a value."""

    noun, remedies = "", ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.said = {fold(cell): it for cell, it in self.settings.codes.get(self.name, {}).items()}

    def value(self, cell: str) -> float | dt.date | None:
        """Return what a cell measures; None where it does not."""
        raise NotImplementedError

    def meant(self, said: str) -> float | dt.date | None:
        """Return what the settings say that a cell measures."""
        return self.value(said)

    def meaning(self, cell: str) -> Meaning:
        """Return why a cell has no value; one that has one has the code of a blank here."""
        target, _ = self.words.find(cell)
        if target is not None:
            return Meaning(self.code_of[target])
        said = next(filter(None, map(self.said.get, self.words.names(cell))), None)
        if said is not None:
            self.words.meet(cell)
        value = self.value(cell) if said is None else self.meant(said)
        return Meaning(UNKNOWN if value is None else BLANK, measured=value)

    def lacks(self, values: tuple[str, ...]) -> list[str]:
        """Return which of the values the question cannot have."""
        return [value for value in values if self.meant(value) is None]

    def _amiss(self) -> Iterator[Check]:
        means = f"what each means under {self.block(f'codes.{self.name}')}"
        declare = f"say {means} or {self.block('missing')}{self.remedies}"
        yield from self.unfit(
            f"{self.noun}s",
            f"not a {self.noun}",
            f"correct the file, {declare}",
            expected=f"{self.noun}s, or declared codes for no answer",
        )


class Number(Measured):
    """A number; no blank becomes zero."""

    kind, noun = pa.float64(), "number"
    remedies = ', or set decimal = ",", thousands = "," or signs = ["%"]'

    def __post_init__(self) -> None:
        super().__post_init__()
        words, labels = self.words, self.words.labels
        codes = {code: words.sought(code)[0] for code in (*words.exact, *labels)}
        figures = [(as_number(code), value) for code, value in codes.items() if value]
        #: Ends of the numbers that are no answer, and the code of the reason.
        self.gone = [(low, high, self.code_of[MISSING]) for low, high in words.spans]
        self.gone += [(n, n, self.code_of[value]) for n, value in figures if n is not None]
        self.marks = "none"
        self.least, self.most, self.between = np.inf, -np.inf, False
        #: Numbers that have a label, but for amounts; and how often each stands that may be none.
        told = {as_number(c): bool(AMOUNT.search(label)) for c, label in labels.items()}
        self.amounts = {n for n, is_amount in told.items() if is_amount}
        self.labelled = told.keys() - {None, *self.amounts, *(n for n, _ in figures)}
        self.odd: Counter[float] = Counter()

    def value(self, cell: str) -> float | None:
        """Return a cell as a number, by the marks and signs that are declared; else None."""
        said = self.settings
        return number_of(cell, self.decimal, said.thousands, said.signs)

    def meant(self, said: str) -> float | None:
        """Return a number as the settings write it, with a point for decimals."""
        return as_number(said)

    def read(self, rows: np.ndarray, column: pa.Array) -> CodedColumn:
        """Read the numbers of a batch, null where there is none, and codes of the reasons."""
        numbers = None if self.said else self._plain(column)
        codes = np.full(len(rows), BLANK, np.int32)
        if numbers is None:
            codes, numbers = super().read(rows, column)
        else:
            self.plain += len(numbers) - numbers.null_count
        for low, high, code in self.gone:
            within = pc.and_(pc.greater_equal(numbers, low), pc.less_equal(numbers, high))
            is_gone = pc.fill_null(within, False).to_numpy(zero_copy_only=False)
            codes[is_gone] = code
            if low == high and is_gone.any():
                self.words.meet(number_text(low))
        if (codes != BLANK).any():
            numbers = pc.if_else(pa.array(codes == BLANK), numbers, None)
        self._look(numbers)
        return CodedColumn(codes, numbers)

    def finish(self, rows: Rows) -> dict[str, pa.Array]:
        """Return the numbers, and beside them why there is none where there are reasons."""
        codes, numbers = rows.read[self.name]
        if not (self.words.missing or self.words.spans or self.asked_of):
            return {self.name: numbers}
        there = numbers.is_valid().to_numpy(zero_copy_only=False)
        if self.asked_of:
            self.note_unasked(rows, there)
        codes = codes + (rows.asked & (codes == BLANK))  # LEFT follows BLANK
        reasons = as_values(np.where(there, BLANK, codes), self.values)
        return {self.name: numbers, f"{self.name}__missing": reasons}

    def _plain(self, column: pa.Array) -> pa.Array | None:
        """Return a column whose cells are all plain numbers or blank, else None."""
        if pa.types.is_decimal(column.type):
            column = column.cast(pa.string()).cast(pa.float64())  # at once it would lose digits
        kind = column.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            numbers = column.cast(pa.float64(), safe=False)
            # NaN is how many tools write a blank; infinity is no number.
            infinite = pc.any(pc.is_inf(numbers)).as_py()
            return None if infinite else pc.if_else(pc.is_finite(numbers), numbers, None)
        if self.decimal != "." or self.settings.thousands or not pa.types.is_string(kind):
            return None
        self._weigh(column)
        try:
            numbers = without_blanks(column).cast(pa.float64())
        except pa.ArrowInvalid:
            return None
        # "nan" and "inf" are words where somebody typed them.
        return None if pc.any(pc.invert(pc.is_finite(numbers))).as_py() else numbers

    def _weigh(self, column: pa.Array) -> None:
        """Look whether a mark in the cells may be for thousands."""
        if self.marks == "decimal" or self.settings.model_fields_set & {"decimal", "thousands"}:
            return
        marked = pc.sum(pc.match_substring(column, ".")).as_py() or 0
        if marked:
            odd = pc.sum(pc.match_substring_regex(column, _MARKED)).as_py() or 0
            self.marks = "thousands" if odd == marked else "decimal"

    def _look(self, numbers: pa.Array) -> None:
        """Keep the ends of the numbers, and how often each stands that may be no answer."""
        there = numbers.drop_null()
        # One that lies within the others is none, so the ends tell whether there can be any.
        if self.labelled or not STAND_INS.isdisjoint(_ends(there)):
            is_one = pc.is_in(there, pa.array(map(float, STAND_INS | self.labelled)))
            for pair in pc.value_counts(there.filter(is_one)).to_pylist():
                self.odd[pair["values"]] += pair["counts"]
            there = there.filter(pc.invert(is_one))
        self.least, self.most = _ends(there, self.least, self.most)
        between = pc.and_(pc.greater(numbers, _OLDEST), pc.less(numbers, _EARLIEST))
        self.between = self.between or bool(pc.any(between).as_py())

    def _doubts(self) -> Iterator[Check]:
        read = [cell for cell, meaning, _ in self.cells if meaning.measured is not None]
        what = "a mark stands before three digits wherever there is one, and may be for thousands."
        do = 'set thousands = "." and decimal = ",", or decimal = "."'
        yield doubt(what, ["1.101"] if self.marks == "thousands" else [], do)
        tails = {cell: cell.rpartition(self.decimal)[2] for cell in read if self.decimal in cell}
        three = [cell for cell, tail in tails.items() if len(re.sub(r"\D", "", tail)) == 3]
        what = "the mark of decimals stands before three digits in some, and may be for thousands."
        found = three if self.settings.thousands and len(three) < len(tails) else []
        yield doubt(what, found, "write all alike in the file")
        signs = [sign for sign in self.settings.signs if sign != "\N{MINUS SIGN}"]
        beside = {any(sign in cell for sign in signs): cell for cell in read}
        what = "a sign stands beside some numbers alone; the others may be of another unit."
        found = [*map(repr, beside.values())] if len(beside) > 1 else []
        yield doubt(what, found, "write all alike in the file")
        is_year = self.least <= _OLDEST < _EARLIEST <= self.most <= _LATEST and not self.between
        found = [number_text(self.least), number_text(self.most)] if is_year else []
        yield doubt("some numbers may be ages, and others years.", found, "write all alike")
        # One that the codebook does not allow is told by the rule of ranges.
        (low, high), ends = self.variable.range, (self.least, self.most)
        odd = far_from(self.odd.keys() - self.labelled, *ends) if ends[0] <= ends[1] else set()
        odd |= self.odd.keys() & self.labelled
        odd = {n for n in odd if (low is None or n >= low) and (high is None or n <= high)}
        cells = [number_text(n) for n in self.odd if n in odd - self.amounts]
        found = [f"{number_text(n)} ({often:,})" for n, often in self.odd.items() if n in odd]
        what = "a number far from the rest, or alone with a label, often stands for no answer."
        do, setting = f"declare it under {self.block('missing')}", "missing" if cells else ""
        yield doubt(what, found, do, setting, cells)


class Date(Measured):
    """A day: in a declared format, or as ISO 8601 writes it."""

    kind, noun = pa.date32(), "date"
    remedies = ', set date_format = "%d/%m/%Y" or make it text; '
    remedies += "give days that are counted the format of a date"

    def value(self, cell: str) -> dt.date | None:
        """Return a cell as a date, else None."""
        return date_of(cell, self.settings.date_format or "")


def _ends(numbers: pa.Array, least: float = np.inf, most: float = -np.inf) -> tuple[float, float]:
    """Return the least and the greatest of numbers and others; pc.min_max is ten times slower."""
    values = numbers.to_numpy()
    return float(values.min(initial=least)), float(values.max(initial=most))


def number_of(
    cell: str, decimal: str = ".", thousands: str = "", signs: Collection[str] = ()
) -> float | None:
    """Return a cell as a number, by these marks, without these signs; None where it is none."""
    text = clean(cell)
    for sign in signs:
        text = text.replace(sign, "-" if sign == "\N{MINUS SIGN}" else "").strip()
    if thousands:
        mark = r"\s" if thousands.isspace() else re.escape(thousands)
        groups = rf"[+-]?[1-9]\d{{0,2}}({mark}\d{{3}})+"
        if re.search(mark, text) and not re.fullmatch(groups, text.partition(decimal)[0]):
            return None
        text = re.sub(mark, "", text)
    if decimal == ",":
        # A point would else be read as the decimal mark that this file does not use.
        text = "" if "." in text else text.replace(",", ".")
    return as_number(text)


def date_of(cell: str, form: str = "") -> dt.date | None:
    """Return a cell as a day, as ISO 8601 writes it or in a format; None where it is none."""
    text = clean(cell)
    found = _DAY.fullmatch(text)
    try:
        if form and not found:
            day = dt.datetime.strptime(text, form)
            if text.isdigit() and day.strftime(form) != text:
                return None  # with a digit left out it may be another day
            # Python takes 60 for 2060.
            return day.date().replace(year=day.year - 100 * ("%y" in form and day.year > _LATEST))
        return dt.date(int(found[1]), int(found[3]), int(found[4])) if found else None
    except ValueError:
        return None
