"""What each different cell of a column means: a value, a missing one, not asked, or unknown.

Nothing here knows of other rows or other columns. Each question of a table is an object that
gives a cell its meaning, once, and a column of a batch its codes.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.evidence.answers.sheet import Seen, Sheet, texts
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.settings import OptionSettings, TableSettings
from careersurvey.evidence.tables import MISSING, NO_ANSWER, Variable
from careersurvey.evidence.text import clean, few, fold, plural, slug, whole

#: Codes of a cell that is no place in a question's list of values.
BLANK, NOT_ASKED, UNKNOWN = -1, -2, -3
YES, NO = "yes", "no"
#: What no tool writes for a tick.
UNTICKED = frozenset(("0", "no", "false", "unchecked", "not selected", "unticked", "not ticked"))
_SHOWN = 5
_LONGEST = 60
_ASIDE = "\0not asked"  # in place of a value, where a word says that the question was not put
_DIGITS = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_DAY = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})([T ]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?.{0,9})?")
# A spreadsheet counts days from here; its day 60, 29 February 1900, never was.
_ORIGINS = {"excel": dt.date(1899, 12, 30), "excel-1904": dt.date(1904, 1, 1)}
_LAST_DAY = 2_958_465  # 31 December 9999, where spreadsheets end
_ODD_BLANKS = b"\t\n\v\f\r\x1c\x1d\x1e\x1f"
_MARKED = r"^[+-]?[1-9]\d{0,2}([.,]\d{3})+$"  # 1.101, which may be a thousand or one
_OF_A_BOX = 3  # different answers that no box has
_ENDS = 3  # rows at either end of a file in which a total is sought
_TOTAL = re.compile(r"(grand |sub-?)?totals?|sum|gesamt|summe|totaux|overall", re.IGNORECASE)
#: Numbers that tools and people write for no answer.
_STAND_INS = frozenset(
    [-1, *(sign * int(digit * n) for digit in "789" for n in (1, 2, 3, 4) for sign in (-1, 1))]
) - {7, 8, 9}


class Meaning(NamedTuple):
    """What a cell means: the code of its value, and how it was found where not as it stands."""

    code: int
    how: str = ""


@dataclass
class Question:
    """One variable of a table, and what its column of the file says."""

    variable: Variable
    sheet: Sheet
    position: int
    settings: TableSettings
    values: list[str] = field(default_factory=list)  # what each code stands for

    def __post_init__(self) -> None:
        self.words = Words(self)
        known = [*self.variable.values] if self.variable.type == "category" else []
        self.number_values([*known, *self.words.targets(), NO_ANSWER])
        self.seen: dict[str | None, int] = {}
        self.found: list[Meaning] = []
        self.counts = np.zeros(0, np.int64)
        self.unknown = Seen()

    @property
    def name(self) -> str:
        """Name of the variable."""
        return self.variable.name

    def number_values(self, values: list[str]) -> None:
        """Give each different value its code."""
        self.values = [*dict.fromkeys(values)]
        self.place = {value: code for code, value in enumerate(self.values)}
        self.place[_ASIDE] = NOT_ASKED

    def meaning(self, cell: str) -> Meaning:
        """Return what a cell that is not blank means."""
        target, how = self.words.find(cell)
        return Meaning(UNKNOWN) if target is None else Meaning(self.place[target], how)

    def codes(self, rows: np.ndarray, column: pa.Array) -> np.ndarray:
        """Return the code of each cell of a batch; each different cell is looked at once."""
        at = self._places(texts(column, self.settings.decimal))
        counts = np.bincount(at, minlength=len(self.found))
        self.counts = np.pad(self.counts, (0, len(counts) - len(self.counts))) + counts
        codes = np.fromiter((one.code for one in self.found), np.int32, len(self.found))[at]
        self.unknown.add(rows[codes == UNKNOWN])
        return codes

    def _places(self, column: pa.DictionaryArray) -> np.ndarray:
        here = [self._place_of(cell) for cell in column.dictionary.to_pylist()]
        indices = column.indices
        if indices.null_count:
            here.append(self._place_of(None))
            indices = indices.fill_null(len(here) - 1)
        return np.array(here, np.int64)[indices.to_numpy(zero_copy_only=False)]

    def _place_of(self, cell: str | None) -> int:
        if cell not in self.seen:
            self.seen[cell] = len(self.found)
            blank = cell is None or not clean(cell)
            self.found.append(Meaning(BLANK) if blank else self.meaning(cell))
        return self.seen[cell]

    @property
    def cells(self) -> list[tuple[str, Meaning, int]]:
        """Each different cell that is not blank, what it means, and how often it stands there."""
        every = zip(self.seen, self.found, self.counts.tolist(), strict=False)
        answered = [one for one in every if one[1].code != BLANK and one[2]]
        return sorted(answered, key=lambda one: (-one[2], one[0]))

    def notes(self) -> Iterator[str]:
        """Say what was read otherwise than as it stands."""
        by_way: dict[str, list[str]] = {}
        for cell, (code, how), n in self.cells:
            if how:
                value = self.values[code] if code >= 0 else "not asked"
                by_way.setdefault(how, []).append(f"{self.shown(cell, n)} → {value}")
        for how, changes in by_way.items():
            more = f"; and {len(changes) - _SHOWN} more" if len(changes) > _SHOWN else ""
            shown = "; ".join(changes[:_SHOWN])
            yield f"{self.name}: {plural(len(changes), 'label')} {how}: {shown}{more}."

    def findings(self) -> Iterator[Check]:
        """Tell which cells are not as they must be, and which are doubted."""
        yield from ()

    def shown(self, cell: str, n: int) -> str:
        """Return a cell with its label and how often it stands there."""
        label = self.sheet.labels.get(self.position, {}).get(cell)
        named = f" = {label[:_LONGEST]!r}" if label else ""
        return f"{cell[:_LONGEST]!r}{named} ({n:,})"

    def broken(self, rule: str, message: str, seen: Seen | None = None, **said: str) -> Check:
        """Return a finding about this question's column."""
        rows = tuple(seen.rows) if seen else ()
        return Check(rule, self.variable.table, False, message, rows, variable=self.name, **said)

    def doubt(self, what: str, shown: list[str], do: str) -> Iterator[Check]:
        """Tell what may not be meant, unless the settings say that it is."""
        if shown and self.name not in self.settings.sure:
            yield self.broken(
                "doubts",
                f"{self.name}: {what}",
                found=few(shown),
                do=f"{do}; or set sure = [{self.name!r}] under "
                f"[tables.{self.variable.table}] if it is as it stands".replace("'", '"'),
            )

    def unknown_cells(self, rule: str, message: str, **said: str) -> Check:
        """Return the finding about cells that nothing is known of."""
        bad = [self.shown(cell, n) for cell, meaning, n in self.cells if meaning.code == UNKNOWN]
        return self.broken(rule, message, self.unknown, found=few(bad, "other answers"), **said)


class Words:
    """Every text that has a meaning for a question, and the value that it stands for.

    A cell is sought as it stands, by its label, then tidied, as a whole number, without regard
    to case, and as an id of the codebook (``Not sure`` for ``not_sure``). An id never leaves out
    a sign, a letter or an accent: ``< 25``, ``C++`` and ``café`` are no ``25``, ``c``, ``cafe``.
    """

    def __init__(self, question: Question) -> None:
        self.labels = question.sheet.labels.get(question.position, {})
        self.spans = question.sheet.spans.get(question.position, [])
        self.missing = missing_codes(question)
        values = question.variable.values if question.variable.type == "category" else ()
        listed = question.settings.codes.get(question.name, {})
        self.codes = listed if question.variable.type == "category" else {}
        self.exact = dict(zip(values, values, strict=True)) | self.missing | self.codes
        self.of_span = lambda cell: missing_value(question.variable, self.labels.get(cell, cell))
        self.ways = [
            (form, how, _unambiguous(self.exact, form))
            for form, how in (
                (clean, ""),
                (whole, "read as whole numbers"),
                (fold, "tidied"),
                (as_id, "read as ids of the codebook"),
            )
        ]

    def targets(self) -> Iterator[str]:
        """Return every value that a text can stand for."""
        yield from (target for target in self.exact.values() if target != _ASIDE)
        yield from {self.of_span(label) for label in self.labels if self.spans}
        yield from [MISSING] if self.spans else []

    def find(self, cell: str) -> tuple[str | None, str]:
        """Return the value of a cell, None where nothing is known of it; and how it was found."""
        if cell in self.exact:
            return self.exact[cell], ""
        if self._in_span(cell):
            return self.of_span(cell) if cell in self.labels else MISSING, ""
        label = self.labels.get(cell) or self.labels.get(whole(cell))
        names = [cell, label] if label else [cell]
        if label in self.exact:
            return self.exact[label], ""
        for form, how, table in self.ways:
            for name in names:
                if form(name) in table:
                    return table[form(name)], how or ("tidied" if clean(cell) != cell else "")
        return None, ""

    def _in_span(self, cell: str) -> bool:
        number = as_number(cell) if self.spans else None
        return number is not None and any(low <= number <= high for low, high in self.spans)


class Category(Question):
    """One answer of a list."""

    def column(self, codes: np.ndarray) -> pa.Array:
        """Return codes as values; null where the question was not put."""
        return coded(codes, codes < 0, self.values)

    def findings(self) -> Iterator[Check]:
        """Tell which cells are not as they must be, and which are doubted."""
        yield from self.bad_codes()
        if self.unknown.n:
            total = sum(n for _, _, n in self.cells)
            verb = "is" if self.unknown.n == 1 else "are"
            yield self.unknown_cells(
                "allowed_values",
                f"{self.unknown.n:,} of {plural(total, 'answer')} to {self.name} {verb} "
                "not in the codebook.",
                expected=", ".join(self.variable.values),
                do="correct the file, or map the codes in cohort.toml under "
                f"[tables.{self.variable.table}.codes.{self.name}]",
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
                do=f"correct cohort.toml under [tables.{self.variable.table}.codes.{self.name}]",
            )

    def _doubts(self) -> Iterator[Check]:
        codes = f"[tables.{self.variable.table}.codes.{self.name}]"
        answers = len(self.variable.values)
        given = [
            (cell, meaning.code, n)
            for cell, meaning, n in self.cells
            if 0 <= meaning.code < answers
        ]
        taken = [one for one in given if one[0] not in self.words.codes]
        by_value: dict[int, dict[str, str]] = {}
        for cell, code, n in taken:
            by_value.setdefault(code, {}).setdefault(whole(cell).casefold(), self.shown(cell, n))
        merged = [" and ".join(cells.values()) for cells in by_value.values() if len(cells) > 1]
        yield from self.doubt(
            "different answers are read as one value.",
            merged,
            f"say under {codes} what each means",
        )
        counted = {cell: n for cell, _, n in taken}
        doubted = [cell for cell in stand_ins([one[0] for one in given]) if cell in counted]
        yield from self.doubt(
            "a number that often stands for no answer is counted as an answer.",
            [self.shown(cell, counted[cell]) for cell in doubted],
            f"declare it under [tables.{self.variable.table}.missing], or map it under {codes}",
        )
        header = self.sheet.header
        own = {
            header.names[self.position],
            *header.others[self.position],
            self.sheet.wordings.get(self.position, ""),
        }
        asked = {clean(name).casefold() for name in own if name}
        # A box has its option's words and perhaps one cell more; a row of the header comes once.
        named = [one for one in taken if len(taken) < _OF_A_BOX or one[2] == 1]
        yield from self.doubt(
            "an answer is the question itself.",
            [self.shown(cell, n) for cell, _, n in named if clean(cell).casefold() in asked],
            "set header_rows, or make the column a box of a select-all question",
        )
        yield from self.doubt(
            "an answer looks like a total of the others.",
            [self.shown(cell, n) for cell, _, n in taken if _TOTAL.fullmatch(clean(cell))],
            f"take its rows out by [tables.{self.variable.table}.drop]",
        )


class Box(Category):
    """One box of a select-all question: ticked or not."""

    def __init__(self, *question: object, block: str, options: OptionSettings) -> None:
        self.block, self.options = block, options
        super().__init__(*question)
        values = self.variable.values
        crosses = [value for value in values if fold(value) in UNTICKED]
        is_pair = len(values) == 2 and len(crosses) == 1
        self.ticked, self.unticked = (
            ([v for v in values if v not in crosses] + crosses) if is_pair else (YES, NO)
        )
        self.number_values([*self.values, self.ticked, self.unticked])
        said = {fold(code): value for code, value in self.words.missing.items()}
        said |= dict.fromkeys(map(fold, UNTICKED), self.unticked)
        said |= {fold(self.unticked): self.unticked, fold(self.ticked): self.ticked}
        said |= {fold(code): value for code, value in self.words.codes.items()}
        said |= dict.fromkeys(map(fold, options.unticked), self.unticked)
        if options.ticked != "any":
            said |= dict.fromkeys(map(fold, options.ticked), self.ticked)
        self.said = said
        self.texts: dict[str, None] = {}

    def meaning(self, cell: str) -> Meaning:
        """Return what a cell that is not blank means."""
        target = self.said.get(fold(cell), self.said.get(fold(whole(cell))))
        if target is None and self.options.ticked and self.options.ticked != "any":
            return Meaning(UNKNOWN)
        if target is None:
            # Some text; where all have the same one, it is the tick.
            self.texts[fold(cell)] = None
            target = self.ticked
        return Meaning(self.place[target])

    def notes(self) -> Iterator[str]:
        """Say what was read otherwise than as it stands."""
        if not self.options.ticked and len(self.texts) == 1:
            tick = [self.shown(cell, n) for cell, _, n in self.cells if fold(cell) in self.texts]
            yield f"{self.name}: {', '.join(tick)} was taken for a tick."

    def findings(self) -> Iterator[Check]:
        """Tell which cells are not as they must be, and which are doubted."""
        yield from self.bad_codes()
        several = len(self.texts) > 1 and not self.options.ticked
        if not self.unknown.n and not several:
            return
        place = f"[tables.{self.variable.table}.options.{self.block}]"
        shown = [
            (cell, n)
            for cell, meaning, n in self.cells
            if meaning.code == UNKNOWN or (several and fold(cell) in self.texts)
        ]
        yield self.broken(
            "boxes",
            f"{plural(sum(n for _, n in shown), 'cell')} of {self.name} say neither ticked "
            "nor unticked.",
            self.unknown,
            found=", ".join(self.shown(cell, n) for cell, n in shown[:_SHOWN]),
            do=f'set ticked and unticked under {place}; ticked = "any" takes every text for a tick',
        )


class Several(Category):
    """One cell with several answers: each different cell is a set of them."""

    def __init__(self, *question: object, options: OptionSettings) -> None:
        self.options = options
        self.mark = clean(options.separator) or " "
        super().__init__(*question)
        self.known = {as_id(value): value for value in self.variable.values}
        self.known |= {fold(text): value for text, value in self.words.exact.items()}
        self.longest = max((label.count(self.mark) for label in self.known), default=0) + 1
        self.outcomes: list[frozenset[str] | str] = []
        self.parts: dict[str, list[str]] = {}
        missing = [value for value in self.words.missing.values() if value != _ASIDE]
        self.number_values([YES, NO, *missing, NO_ANSWER])

    def meaning(self, cell: str) -> Meaning:
        """Return the place of what a cell means among the different outcomes."""
        outcome: frozenset[str] | str | None = self.words.missing.get(clean(cell))
        if outcome == _ASIDE:
            return Meaning(NOT_ASKED)
        if outcome is None:
            self.parts[cell] = list(self._split(clean(cell)))
            chosen = [self._value(part) for part in self.parts[cell]]
            if None in chosen:
                return Meaning(UNKNOWN)
            outcome = frozenset(chosen)
        self.outcomes.append(outcome)
        return Meaning(len(self.outcomes) - 1)

    def box(self, category: str, codes: np.ndarray) -> np.ndarray:
        """Return whether one category was chosen, as codes of this question's values."""
        of_outcome = [
            self.place[each]
            if isinstance(each, str)
            else self.place[YES if category in each else NO]
            for each in self.outcomes
        ]
        chosen = np.array([*of_outcome, 0], np.int32)[np.maximum(codes, -1)]
        return np.where(codes < 0, codes, chosen)

    def findings(self) -> Iterator[Check]:
        """Tell which cells are not as they must be, and which are doubted."""
        yield from self.bad_codes()
        pieces: dict[str, int] = {}
        unknown: dict[str, int] = {}
        for cell, meaning, n in self.cells:
            for part in self.parts.get(cell, ()):
                pieces[part] = pieces.get(part, 0) + n
                if meaning.code == UNKNOWN and self._value(part) is None:
                    unknown[part] = unknown.get(part, 0) + n
        table = self.variable.table
        if unknown:
            worst = sorted(unknown.items(), key=lambda pair: -pair[1])[:_SHOWN]
            total = sum(n for _, _, n in self.cells)
            yield self.broken(
                "allowed_values",
                f"{self.unknown.n:,} of {plural(total, 'cell')} of {self.name} hold answers "
                "that are not in the codebook.",
                self.unknown,
                found=", ".join(f"{piece!r} ({n:,})" for piece, n in worst),
                expected=", ".join(self.variable.values),
                do=f"map them under [tables.{table}.codes.{self.name}], or set other under "
                f"[tables.{table}.options.{self.name}]",
            )
        yield from self.doubt(
            "two parts of a cell always come together, and may be one answer.",
            [f"{both!r} ({n:,})" for both, n in self._together(pieces)],
            f"map the whole answer under [tables.{table}.codes.{self.name}]",
        )

    def _together(self, pieces: dict[str, int]) -> Iterator[tuple[str, int]]:
        runs: dict[tuple[str, str], int] = {}
        for cell, _, n in self.cells:
            parts = self.parts.get(cell, [])
            for pair in itertools.pairwise(parts):
                runs[pair] = runs.get(pair, 0) + n
        for (one, two), n in runs.items():
            if n > 1 and pieces[one] == pieces[two] == n:
                yield f"{one}{self.mark.strip()} {two}", n

    def _value(self, part: str) -> str | None:
        found = self.known.get(fold(part)) or self.known.get(as_id(part) or part)
        return found or self.options.other or None

    def _split(self, cell: str) -> Iterator[str]:
        """Split a cell at its marks; the longest known label is taken first."""
        pieces = cell.split(self.mark)
        while pieces:
            lengths = range(min(self.longest, len(pieces)), 1, -1)
            known = (n for n in lengths if fold(self.mark.join(pieces[:n])) in self.known)
            length = next(known, 1)
            part = self.mark.join(pieces[:length]).strip()
            pieces = pieces[length:]
            if part:
                yield part


class Measured(Question):
    """A number or a date, or the reason why there is none; no symbol becomes a value."""

    kind, noun = pa.float64(), "number"

    def value(self, cell: str) -> float | dt.date | None:
        """Return what a cell measures; None where it does not."""
        raise NotImplementedError

    def meaning(self, cell: str) -> Meaning:
        """Return why a cell has no value; one that has one has the code of a blank here."""
        target = self.words.find(cell)[0]
        if target is not None:
            return Meaning(self.place[target])
        return Meaning(UNKNOWN if self.value(cell) is None else BLANK)

    def measured(
        self, rows: np.ndarray, column: pa.Array, decimal: str
    ) -> tuple[pa.Array, np.ndarray]:
        """Return the values of a batch, null where there is none, and codes of the reasons."""
        at = texts(column, decimal)
        codes = self.codes(rows, at)
        values = [self.value(cell) if cell else None for cell in at.dictionary.to_pylist()]
        return pa.array(values, self.kind).take(at.indices), codes

    def unmeasured(self, remedies: str) -> Iterator[Check]:
        """Tell which cells have neither a value nor a reason."""
        if self.unknown.n:
            yield self.unknown_cells(
                f"{self.noun}s",
                f"{plural(self.unknown.n, 'cell')} of {self.name} "
                f"{'is' if self.unknown.n == 1 else 'are'} not a {self.noun}.",
                expected=f"{self.noun}s, or declared codes for no answer",
                do="correct the file, declare the symbols under "
                f"[tables.{self.variable.table}.missing]{remedies}",
            )


class Number(Measured):
    """A number; no blank becomes zero."""

    def __post_init__(self) -> None:
        super().__post_init__()
        figures = {as_number(code): value for code, value in self.words.exact.items()}
        self.figures = {n: self.place[value] for n, value in figures.items() if n is not None}
        self.marks = "none"
        self.least, self.most = np.inf, -np.inf
        self.stand_ins: dict[float, int] = {}

    def value(self, cell: str) -> float | None:
        """Return a cell as a number, by the marks and signs that are declared; else None."""
        text = clean(cell)
        for sign in self.settings.signs:
            text = text.replace(sign, "-" if sign == "\N{MINUS SIGN}" else "").strip()
        decimal, thousands = self.settings.decimal, self.settings.thousands
        if thousands:
            mark = r"\s" if thousands.isspace() else re.escape(thousands)
            whole_part = text.partition(decimal)[0]
            if re.search(mark, text) and not re.fullmatch(
                rf"[+-]?\d{{1,3}}({mark}\d{{3}})+", whole_part
            ):
                return None
            text = re.sub(mark, "", text)
        if decimal == ",":
            # A point would else be read as the decimal mark that this file does not use.
            text = "" if "." in text else text.replace(",", ".")
        return as_number(text)

    def read(self, rows: np.ndarray, column: pa.Array) -> tuple[pa.Array, np.ndarray]:
        """Return the numbers of a batch, null where there is none, and codes of the reasons."""
        numbers = self._plain(column)
        if numbers is None:
            numbers, codes = self.measured(rows, column, self.settings.decimal)
        else:
            codes = np.full(len(rows), BLANK, np.int32)
        for figure, code in self.figures.items():
            hit = pc.fill_null(pc.equal(numbers, figure), False)
            if hit.true_count:
                codes[hit.to_numpy(zero_copy_only=False)] = code
        if (codes != BLANK).any():
            numbers = pc.if_else(pa.array(codes == BLANK), numbers, None)
        self._look(numbers)
        return numbers, codes

    def _plain(self, column: pa.Array) -> pa.Array | None:
        """Return a column whose cells are all plain numbers or blank, else None."""
        kind = column.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            numbers = column.cast(pa.float64(), safe=False)
            # NaN is how many tools write a blank; infinity is no number.
            infinite = pc.any(pc.is_inf(numbers)).as_py()
            return None if infinite else pc.if_else(pc.is_finite(numbers), numbers, None)
        if self.settings.decimal != "." or self.settings.thousands or not pa.types.is_string(kind):
            return None
        try:
            blank = column.null_count or not pc.min(pc.binary_length(column)).as_py()
            numbers = (pc.if_else(pc.equal(column, ""), None, column) if blank else column).cast(
                pa.float64()
            )
        except pa.ArrowInvalid:
            self._weigh(column)
            return None
        self._weigh(column)
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
        ends = pc.min_max(numbers).as_py()
        if ends["min"] is None:
            return
        # One that lies within the others is none, so the ends tell whether there can be any.
        if ends["min"] in _STAND_INS or ends["max"] in _STAND_INS:
            known = pa.array(sorted(map(float, _STAND_INS)))
            is_one = pc.is_in(numbers, known)
            for pair in pc.value_counts(numbers.filter(is_one)).to_pylist():
                value = pair["values"]
                self.stand_ins[value] = self.stand_ins.get(value, 0) + pair["counts"]
            ends = pc.min_max(numbers.filter(pc.invert(is_one))).as_py()
            if ends["min"] is None:
                return
        self.least, self.most = min(self.least, ends["min"]), max(self.most, ends["max"])

    def findings(self) -> Iterator[Check]:
        """Tell which cells are not as they must be, and which are doubted."""
        cells = [cell for cell, meaning, _ in self.cells if meaning.code == UNKNOWN]
        remedies = ""
        if any("," in cell for cell in cells):
            remedies += ' or set decimal = "," or thousands = ","'
        if any(not clean(cell).isascii() or "%" in cell or "$" in cell for cell in cells):
            remedies += ' or signs = ["%"] for signs beside a number'
        yield from self.unmeasured(remedies)
        yield from self.doubt(
            "a mark stands before three digits wherever there is one, and may be for thousands.",
            ["1.101"] if self.marks == "thousands" else [],
            'set thousands = "." and decimal = ",", or decimal = "."',
        )
        # One that the codebook does not allow is told by the rule of ranges.
        low, high = self.variable.range
        doubted = [
            f"{number:g} ({n:,})"
            for number, n in self.stand_ins.items()
            if is_stand_in(number, self.least, self.most)
            and (low is None or number >= low)
            and (high is None or number <= high)
        ]
        yield from self.doubt(
            "a number far from the rest often stands for no answer.",
            doubted,
            f"declare it under [tables.{self.variable.table}.missing]",
        )


class Date(Measured):
    """A day: as ISO 8601 writes it, in a declared format, or counted by a spreadsheet."""

    kind, noun = pa.date32(), "date"

    def value(self, cell: str) -> dt.date | None:
        """Return a cell as a date, else None."""
        text = clean(cell)
        try:
            if self.settings.date_origin:
                days = int(as_number(text) or 0)
                if 0 <= days <= _LAST_DAY:
                    return _ORIGINS[self.settings.date_origin] + dt.timedelta(days)
                return None
            if self.settings.date_format:
                return dt.datetime.strptime(text, self.settings.date_format).date()
            found = _DAY.fullmatch(text)
            return dt.date(int(found[1]), int(found[3]), int(found[4])) if found else None
        except (ValueError, OverflowError):
            return None

    def read(self, rows: np.ndarray, column: pa.Array) -> pa.Array:
        """Return the dates of a batch, null where there is none."""
        return self.measured(rows, column, ".")[0]

    def notes(self) -> Iterator[str]:
        """Say what was read otherwise than as it stands."""
        if self.settings.date_origin:
            yield f"{self.name}: days counted by a spreadsheet were turned into dates."

    def findings(self) -> Iterator[Check]:
        """Tell which cells are not as they must be, and which are doubted."""
        yield from self.unmeasured(' or set date_format = "%d/%m/%Y", date_origin = "excel"')


class Text(Question):
    """An identifier or free text, without doubled blanks or blanks at the ends; blank is null."""

    #: Whether the same texts come again and again, as the schools of parents do.
    repeats = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.tidied = 0
        self.first: list[tuple[int, str | None]] = []
        self.last: list[tuple[int, str | None]] = []

    def read(self, rows: np.ndarray, column: pa.Array) -> pa.Array:
        """Return the texts of a batch, null where there is none."""
        plain = pa.types.is_string(column.type) and not self.words.exact
        if self.repeats or not plain or _is_untidy(column):
            found = self._tidied(texts(column, self.settings.decimal))
        else:
            blank = pc.equal(column, "")
            found = pc.if_else(blank, None, column) if pc.any(blank).as_py() else column
        if self.variable.type == "identifier" and len(rows):
            self.first += self._cells(rows, found, slice(0, _ENDS - len(self.first)))
            self.last = (self.last + self._cells(rows, found, slice(-_ENDS, None)))[-_ENDS:]
        return found

    def _cells(
        self, rows: np.ndarray, found: pa.Array, part: slice
    ) -> list[tuple[int, str | None]]:
        return list(zip(rows[part].tolist(), found[part].to_pylist(), strict=True))

    def _tidied(self, at: pa.DictionaryArray) -> pa.Array:
        cells = at.dictionary.to_pylist()
        tidy = [None if cell is None else self._tidy(cell) for cell in cells]
        changed = [new is not None and new != old for new, old in zip(tidy, cells, strict=True)]
        if any(changed):
            self.tidied += pc.sum(pa.array(changed).take(at.indices)).as_py() or 0
        if not self.repeats:
            return pa.array(tidy, pa.string()).take(at.indices)
        known = dict.fromkeys(text for text in tidy if text is not None)
        places = {text: n for n, text in enumerate(known)} | {None: -1}
        codes = np.array([*(places[text] for text in tidy), -1], np.int32)
        codes = codes[at.indices.fill_null(len(tidy)).to_numpy(zero_copy_only=False)]
        return coded(codes, codes < 0, list(known))

    def _tidy(self, cell: str) -> str | None:
        missing = self.words.exact and self.words.find(cell)[0] is not None
        return None if missing else " ".join(cell.split()) or None

    def notes(self) -> Iterator[str]:
        """Say what was read otherwise than as it stands."""
        if self.tidied:
            yield f"{self.name}: spaces were tidied in {plural(self.tidied, 'cell')}."

    def findings(self) -> Iterator[Check]:
        """Tell which cells are not as they must be, and which are doubted."""
        totals = {
            row: cell for row, cell in [*self.first, *self.last] if cell and _TOTAL.fullmatch(cell)
        }
        yield from self.doubt(
            "a row looks like a total of the others.",
            [f"{cell!r} in row {row:,}" for row, cell in totals.items()],
            f"take it out by [tables.{self.variable.table}.drop]",
        )


def coded(codes: np.ndarray, without: np.ndarray, values: list[str]) -> pa.DictionaryArray:
    """Return a column of values by their codes, null where there is none."""
    places = pa.array(codes.astype(np.int32), mask=without)
    return pa.DictionaryArray.from_arrays(places, pa.array(values, pa.string()))


def missing_codes(question: Question) -> dict[str, str]:
    """Return what each text that is no answer becomes: a missing value, or why it is blank."""
    variable, settings = question.variable, question.settings
    declared = question.sheet.missing.get(question.position, {})
    codes = {code: missing_value(variable, label) for code, label in declared.items()}
    codes |= {code: code for code in variable.missing}
    codes |= dict.fromkeys(settings.no_answer, NO_ANSWER)
    codes |= dict.fromkeys(settings.not_asked, _ASIDE)
    labels = question.sheet.labels.get(question.position, {})
    for block in ("*", variable.name):
        given = settings.missing.get(block, ())
        if isinstance(given, dict):
            codes |= given
        else:
            codes |= {text: missing_value(variable, labels.get(text, text)) for text in given}
    return codes


def missing_value(variable: Variable, label: str) -> str:
    """Return the codebook's missing value that a label means, else one made of its words."""
    by_label = {fold(code): code for code in variable.missing}
    by_label |= {slug(code): code for code in variable.missing}
    for key in (fold(label), slug(label)):
        if key in by_label:
            return by_label[key]
    if len(variable.missing) == 1:
        return variable.missing[0]
    word = slug(label)
    return word if re.search("[a-z]", word) else MISSING


def as_id(text: str) -> str:
    """Return text as an id of the codebook, ``""`` where that would leave out what it says."""
    plain = fold(text)
    signed = re.search(r"[^a-z0-9\s_.,;:!?'\"()/&%$-]|^-|(?<![a-z0-9])-[\d.]", plain)
    return "" if signed else slug(plain)


def is_stand_in(number: float, least: float, most: float) -> bool:
    """Return whether a number that may stand for no answer lies far from the others."""
    if number not in _STAND_INS or least > most:
        return False
    if number < 0:
        return least >= 0
    return number - most > max(most - least, 1) / 2


def stand_ins(cells: list[str]) -> list[str]:
    """Return the cells that are numbers which often stand for no answer, far from the others."""
    values = {cell: number for cell in cells if (number := as_number(cell)) is not None}
    rest = [value for value in values.values() if value not in _STAND_INS]
    if not rest:
        # Among words, any such number stands out.
        return [c for c in values if values[c] in _STAND_INS and len(values) < len(cells)]
    return [c for c, value in values.items() if is_stand_in(value, min(rest), max(rest))]


def as_number(cell: str) -> float | None:
    """Return text as a finite number where it is one as machines write them, else None."""
    if not (cell.isascii() and _DIGITS.fullmatch(cell.strip())):
        return None
    number = float(cell)
    return number if np.isfinite(number) else None


def _unambiguous(exact: dict[str, str], form: Callable[[str], str]) -> dict[str, str]:
    targets: dict[str, set[str]] = {}
    for text, value in exact.items():
        targets.setdefault(form(text), set()).add(value)
    return {text: min(values) for text, values in targets.items() if text and len(values) == 1}


def _is_untidy(column: pa.StringArray) -> bool:
    """Return whether a blank of a text may be doubled, at an end, or of another kind."""
    letters = column.buffers()[2].to_pybytes() if column.buffers()[2] else b""
    if not letters.isascii() or len(letters.translate(None, _ODD_BLANKS)) < len(letters):
        return True
    if b" " not in letters:
        return False
    trimmed = pc.utf8_trim_whitespace(column)
    return b"  " in letters or bool(pc.any(pc.not_equal(trimmed, column)).as_py())
