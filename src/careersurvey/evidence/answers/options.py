"""Questions with a list of answers: one of them, or all that apply in boxes or in one cell."""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.evidence.answers.questions import (
    BLANK,
    LEFT,
    NOT_ASKED,
    SHOWN,
    TOTAL,
    UNKNOWN,
    Category,
    CodedColumn,
    Meaning,
    Rows,
    Text,
    as_values,
    doubt,
    is_among,
)
from careersurvey.evidence.answers.sheet import OTHER, Seen
from careersurvey.evidence.answers.words import (
    NEVER_ASKED,
    NOTHING,
    TICKED,
    UNTICKED,
    WORDS,
    as_dates,
    in_short,
)
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.settings import OptionSettings
from careersurvey.evidence.tables import NO_ANSWER, Variable
from careersurvey.evidence.text import alike, clean, fold, so_many, whole

YES, NO = "yes", "no"
_ALONE = WORDS["not_put_alone"]  # which say another thing beside answers that begin alike
_OWN = "read as people's own words"
_OF_A_BOX = 3  # different answers that no box has
_Part = TypeVar("_Part")


@dataclass(kw_only=True)
class Options(Category):
    """What the boxes of a select-all question have in common, in columns or in a cell."""

    question: str
    options: OptionSettings

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ticked, self.unticked = YES, NO
        #: What is meant where nothing is ticked, as said of the question or of the table.
        self.nothing = self.options.nothing_ticked or self.settings.nothing_ticked
        self.undeclared = NO_ANSWER  # what is meant where neither says it
        #: Rows without a tick of which nothing says what they mean; of boxes the first counts them.
        self.untold = Seen()

    def _amiss(self) -> Iterator[Check]:
        yield from super()._amiss()
        if self.untold.n:
            name, table = self.question, self.variable.table
            verb = "has" if self.untold.n == 1 else "have"
            yield self.broken(
                "nothing_ticked",
                f"{so_many(self.untold.n, 'row')} {verb} nothing ticked of {name}, and cohort.toml "
                "does not say what that means.",
                self.untold.rows,
                do=f"set nothing_ticked under {self.block(f'options.{name}')}, or for all under "
                f'[tables.{table}]: "no" for none of these, "no_answer" for skipped, "not_asked" '
                "for never shown",
            )

    def fill(self, codes: np.ndarray, answered: np.ndarray, asked: np.ndarray) -> pa.Array:
        """Return a box as values: unticked where another one of the question says something."""
        unticked = self.code_of[self.unticked]
        meant = {NO: unticked, NO_ANSWER: LEFT, "not_asked": NOT_ASKED}
        nothing = meant[self.nothing or self.undeclared]
        kinds = [codes != BLANK, answered, asked]
        done = np.select(kinds, [codes, unticked, nothing], NOT_ASKED)
        if self.asked_of:
            # Tools write an unticked box for a question that was never shown, too.
            done = np.where((codes == unticked) & ~asked, NOT_ASKED, done)
        return as_values(done, self.values)


class Box(Options):
    """One box of a select-all question: ticked or not."""

    def __post_init__(self) -> None:
        super().__post_init__()
        values, options = self.variable.values, self.options
        crosses = [value for value in values if fold(value) in UNTICKED]
        if len(values) == 2 and len(crosses) == 1:
            self.unticked, self.ticked = sorted(values, key=lambda one: one not in crosses)
        self.undeclared = NO
        self.set_codes([*self.values, self.ticked, self.unticked])
        ticked = () if options.ticked == "any" else options.ticked
        said = dict.fromkeys(options.unticked, self.unticked) | dict.fromkeys(ticked, self.ticked)
        self.said = {fold(cell): value for cell, value in said.items()}
        self.usual = dict.fromkeys(UNTICKED, self.unticked)
        self.usual |= {} if options.ticked else dict.fromkeys(TICKED, self.ticked)
        self.usual |= {fold(self.unticked): self.unticked, fold(self.ticked): self.ticked}
        #: What any other text says: a tick in a box for what somebody writes in.
        is_free = options.ticked == "any" or options.other == self.name
        self.any_text = Meaning(self.code_of[self.ticked] if is_free else UNKNOWN)

    def meaning(self, cell: str) -> Meaning:
        """Return what a cell that is not blank means."""
        names = self.words.names(cell)
        # What a box is called says more than its number: 1 may stand for "Not selected".
        said, usual = map(self.said.get, names), map(self.usual.get, reversed(names))
        target = next(filter(None, (*said, self.words.find(cell)[0], *usual)), None)
        return Meaning(self.code_of[target]) if target else self.any_text

    def finish(self, rows: Rows) -> dict[str, pa.Array]:
        """Return whether the box was ticked, from all boxes of its question."""
        codes, unticked = rows.read[self.name].codes, self.code_of[self.unticked]
        if self.asked_of:
            ticked = [code for code in self.answers if code != unticked]
            self.note_unasked(rows, np.isin(codes, ticked))
        boxes = [rows.read[name].codes for name in self.options.variables]
        answered = np.any([(box > LEFT) | (box == UNKNOWN) for box in boxes], axis=0)
        if not self.nothing and self.name == self.options.variables[0]:
            blank = np.all([box == BLANK for box in boxes], axis=0)
            self.untold.add(rows.numbers[blank & rows.asked])
        # A box that was left where another one was ticked is not ticked.
        codes = np.where((codes == LEFT) & answered, BLANK, codes)
        return {self.name: self.fill(codes, answered, rows.asked)}

    def _amiss(self) -> Iterator[Check]:
        yield from super()._amiss()
        do = f"set ticked and unticked under {self.block(f'options.{self.question}')}; "
        do += 'ticked = "any" takes every text for a tick'
        yield from self.unfit("boxes", "neither ticked nor unticked", do)


class Listed(Category):
    """One answer of a list; who wrote there, or in the column beside it, may have said `other`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        said = self.settings.options.get(self.name)
        self.value = (self.words.find("other")[0] or "") if said else ""
        self.is_free, self.own = self.beside == self.position, set[str]()
        self.beside = None if self.is_free else self.beside
        self.lost, self.both, self.other = Seen(), 0, 0  # `other` of both said so in the list, too
        self.others = [n for n, one in enumerate(self.values) if OTHER.match(fold(one))]
        if self.beside is not None:
            own = Variable(said.other if said else "", self.variable.table, "", "text")
            self.written = Text(own, self.sheet, self.beside, self.settings)

    def meaning(self, cell: str) -> Meaning:
        """Return what a cell that is not blank means; own words where the column is of these."""
        found = super().meaning(cell)
        if found.code != UNKNOWN or not self.is_free:
            return found
        self.own.add(cell)
        return Meaning(self.code_of[self.value])

    def finish(self, rows: Rows) -> dict[str, pa.Array]:
        """Return the value of each row; `other` where it is blank beside text, if that is said."""
        if self.beside is not None:
            codes = rows.read[self.name].codes
            text = self.written.read(rows.numbers, rows.cells[self.beside]).measured
            wrote = pc.is_valid(text).to_numpy(zero_copy_only=False)
            self.both += int(np.sum(wrote & (codes != BLANK)))
            self.other += int(np.sum(wrote & np.isin(codes, self.others)))
            self.lost.add(rows.numbers[wrote & (codes == BLANK)])
            if self.value:
                codes = np.where(wrote & (codes == BLANK), self.code_of[self.value], codes)
                rows = rows._replace(read={**rows.read, self.name: CodedColumn(codes)})
        return super().finish(rows)

    def notes(self) -> Iterator[str]:
        """Say what was read otherwise than as it stands."""
        yield from super().notes()
        if self.own:
            yield f"{self.name}: {so_many(len(self.own), 'different answer')} {_OWN}: {self.value}."
        if self.value and self.beside is not None:
            read = f"{so_many(self.lost.n, 'blank')} beside text read as {self.value}"
            yield f"{self.name}: {read}; of {self.both:,} with both the answer stands."

    def _amiss(self) -> Iterator[Check]:
        yield from super()._amiss()
        where = self.block(f"codes.{self.name}")
        do = f"correct the file, or map the codes in cohort.toml under {where}"
        known = ", ".join(self.variable.values)
        yield from self.unfit("allowed_values", "not in the codebook", do, expected=known)

    def _doubts(self) -> Iterator[Check]:
        given = [c for c, it, _ in self.cells if it.code in self.answers and c not in self.own]
        said = set(map(clean, self.words.codes))
        shown = {c: self.shown(c, self.counts[c]) for c in given if clean(c) not in said}
        yield from (*self._meant_otherwise(given, shown), *self._no_answers(shown))
        if self.beside is not None and not self.value and self.lost.n > self.both - self.other:
            column = repr(self.sheet.header.names[self.beside])
            of = f"{self.lost.n:,} of {so_many(self.counts.total(), 'row')}"
            what = f"{of} are blank, and say something in the column of other answers beside it."
            do = f"set other = {column} under {self.block(f'options.{self.name}')}, and give it a "
            yield doubt(what, [column], f"{do}value other in codebook.csv and indicators.csv")

    def _meant_otherwise(self, given: list[str], shown: dict[str, str]) -> Iterator[Check]:
        """What answers may mean that is not what they are read as: what, which, what to do."""
        codes = self.block(f"codes.{self.name}")
        by_value: dict[int, dict[str, str]] = {}
        by_form: dict[str, dict[int, str]] = {}
        for cell in shown:
            code = self.known[cell].code
            by_value.setdefault(code, {}).setdefault(whole(cell).casefold(), shown[cell])
            by_form.setdefault(alike(clean(cell)), {}).setdefault(code, shown[cell])
        as_one, apart = (
            [" and ".join(cells.values()) for cells in by.values() if len(cells) > 1]
            for by in (by_value, by_form)
        )
        say = f"say under {codes} what each means"
        yield doubt("different answers are read as one value.", as_one, say)
        yield doubt("answers that differ in zeros or case alone are read as several.", apart, say)
        what = "an answer may be a band, such as 10-12, that a spreadsheet took for a date."
        yield doubt(what, [shown[cell] for cell in as_dates(shown)], say)
        short = in_short(cell for cell in shown if cell not in self.words.labels)
        pairs = [" for ".join(shown[each] for each in pair if each) for pair in short.items()]
        what = "an answer may be another one in short or in other words, or its code."
        yield doubt(what, pairs, say)
        yield self.far_codes({cell: shown.get(cell, "") for cell in given})
        do = f"declare it under {self.block('missing')}, or map it under {codes}"
        told = {cell: fold(self.words.labels.get(cell, cell)) for cell in shown}
        every = {*told.values(), *(fold(one).replace("_", " ") for one in self.variable.values)}
        firsts = Counter(one.split(" ")[0] for one in every)
        alone = [c for c, one in told.items() if one in _ALONE and firsts[one.split(" ")[0]] == 1]
        what = "an answer may say that the question does not apply."
        yield doubt(what, [shown[cell] for cell in alone], do, "missing", alone)

    def _no_answers(self, shown: dict[str, str]) -> Iterator[Check]:
        """Cells of a box, of the header or of a total that are taken for answers."""
        blank = self.counts.total() - sum(n for _, _, n in self.cells)
        is_box = len(self.answers) == 1 and blank and not self.asked_of
        what = "all who answered say the same, as in a box that is ticked or left blank."
        do = f"make it a box of a question under {self.block('options')}"
        yield doubt(what, [*shown.values()] if is_box else [], do)
        header, i = self.sheet.header, self.position
        asked = {clean(name).casefold() for name in (header.names[i], *header.others[i])}
        # A box has its option's words and perhaps one cell more; a row of the header comes once.
        named = [cell for cell in shown if len(shown) < _OF_A_BOX or self.counts[cell] == 1]
        repeated = [shown[cell] for cell in named if clean(cell).casefold() in asked]
        do = "set header_rows, or make the column a box of a select-all question"
        yield doubt("an answer is the question itself.", repeated, do)
        totals = [shown[cell] for cell in shown if TOTAL.fullmatch(clean(cell))]
        do = f"take its rows out by {self.block('drop')}"
        yield doubt("an answer looks like a total of the others.", totals, do)


class Several(Options):
    """One cell with several answers: each different cell is a set of them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        mark = clean(self.options.separator) or self.options.separator[:1]
        self.mark = f" {mark} " if mark.isalpha() else mark
        #: Whole answers, for one may hold the mark that stands between others.
        self.whole = {self._bare(text): text for text in self.words.exact}
        self.longest = max((one.count(self.mark) for one in self.whole), default=0) + 1
        self.outcomes: list[frozenset[str] | str] = []
        self.parts: dict[str, list[str]] = {}
        reasons = [one for one in self.words.targets if one not in self.variable.values]
        self.set_codes([YES, NO, *reasons])
        self.reasons = {*reasons, NEVER_ASKED}

    def meaning(self, cell: str) -> Meaning:
        """Return the place of what a cell means among the different outcomes."""
        outcome: frozenset[str] | str | None = self.words.find(cell)[0]
        if outcome == NEVER_ASKED:
            return Meaning(NOT_ASKED)
        if outcome not in self.reasons:
            self.parts[cell] = list(self._split(cell if self.mark.isspace() else clean(cell)))
            if not self.parts[cell]:
                return Meaning(BLANK)
            chosen = [self._value(part) for part in self.parts[cell]]
            if None in chosen:
                return Meaning(UNKNOWN)
            outcome = frozenset(chosen)
        self.outcomes.append(outcome)
        return Meaning(len(self.outcomes) - 1)

    def finish(self, rows: Rows) -> dict[str, pa.Array]:
        """Return a column a category: whether it is among the answers of the cell."""
        codes = rows.read[self.name].codes
        if self.asked_of:
            self.note_unasked(rows, codes >= 0)
        if not self.nothing:
            self.untold.add(rows.numbers[(codes == BLANK) & rows.asked])
        nobody, columns = np.zeros(len(codes), bool), {}
        for category in self.variable.values:
            of_outcome = [
                each if isinstance(each, str) else YES if category in each else NO
                for each in self.outcomes
            ]
            places = np.array([*map(self.code_of.get, of_outcome), BLANK], np.int32)
            chosen = np.where(codes < 0, codes, places[np.maximum(codes, -1)])
            columns[f"{self.name}__{category}"] = self.fill(chosen, nobody, rows.asked)
        return columns

    def has(self, done: Mapping[str, pa.Array], values: tuple[str, ...]) -> np.ndarray:
        """Return in which rows one of the values is among the answers of the cell."""
        chosen = [is_among(done[f"{self.name}__{value}"], (YES,)) for value in values]
        return np.any(chosen, axis=0)

    def lacks(self, values: tuple[str, ...]) -> list[str]:
        """Return which of the values the question cannot have."""
        return [value for value in values if value not in self.variable.values]

    def notes(self) -> Iterator[str]:
        """Say how many parts of cells are in people's own words."""
        yield from super().notes()
        own = {one for one in often_in(self._parted) if self.words.find(one)[0] is None}
        if own and (other := self.options.other):
            yield f"{self.name}: {so_many(len(own), 'different part')} {_OWN}: {other}."

    def _amiss(self) -> Iterator[Check]:
        yield from super()._amiss()
        pieces = often_in(self._parted)
        unknown = [(one, n) for one, n in pieces.most_common() if self._value(one) is None]
        codes, options = self.block(f"codes.{self.name}"), self.block(f"options.{self.name}")
        do = f"map them under {codes}, or set other under {options}"
        found = ", ".join(f"{piece!r} ({n:,})" for piece, n in unknown[:SHOWN])
        known = ", ".join(self.variable.values)
        yield from self.unfit("allowed_values", "not in the codebook", do, found, known)

    def _doubts(self) -> Iterator[Check]:
        often, mark = often_in(self._parted), f"{self.mark.rstrip()} "
        found = [f"{mark.join(pair)!r} ({often[pair[0]]:,})" for pair in together(self._parted)]
        what = "two parts of a cell always come together, and may be one answer."
        yield doubt(what, found, f"map the whole answer under {self.block(f'codes.{self.name}')}")
        told = {one: f"{one!r} ({n:,})" for one, n in often.items() if self.words.find(one)[0]}
        yield self.far_codes(told | dict.fromkeys(self.words.codes.keys() & told, ""))

    @property
    def _parted(self) -> list[tuple[list[str], int]]:
        return [(self.parts.get(cell, []), n) for cell, _, n in self.cells]

    def _bare(self, text: str) -> str:
        """Text for comparing, without blanks beside its marks."""
        return fold(self.mark.join(map(str.strip, text.split(self.mark))))

    def _value(self, part: str) -> str | None:
        return self.words.find(part)[0] or self.options.other or None

    def _split(self, cell: str) -> Iterator[str]:
        """Split a cell at its marks; the longest known label is taken first."""
        pieces = parts_of(cell, self.mark)
        while pieces:
            lengths = range(min(self.longest, len(pieces)), 1, -1)
            known = (n for n in lengths if self._bare(self.mark.join(pieces[:n])) in self.whole)
            length = next(known, 1)
            part = self.mark.join(pieces[:length]).strip()
            pieces = pieces[length:]
            if part:
                yield self.whole[self._bare(part)] if length > 1 else part


def _evaluated(cell: str) -> list:
    """A list as Python writes it, or numpy, without commas."""
    return ast.literal_eval(re.sub(r"""(?<=['"])\s+(?=['"])""", ", ", cell))


def parts_of(cell: str, mark: str) -> list[str]:
    """Return the parts of a cell: between marks, or of a list as JSON, Python or numpy write it."""
    for read in (json.loads, _evaluated) if cell[:1] == "[" else ():
        with suppress(ValueError, SyntaxError, RecursionError):
            return [str(part) for part in read(cell) if part is not None]
    return [cell] if fold(cell) in NOTHING else cell.split(mark)  # N/A is no two answers


def often_in(cells: Iterable[tuple[Iterable[_Part], int]]) -> Counter[_Part]:
    """Return in how many rows each part stands, from the parts of each different cell."""
    often: Counter[_Part] = Counter()
    for parts, n in cells:
        often.update(dict.fromkeys(parts, n))
    return often


def together(cells: Sequence[tuple[list[str], int]]) -> list[tuple[str, str]]:
    """Return pairs of parts that come one after the other more than once, and never alone."""
    often = often_in(cells)
    pairs = often_in((itertools.pairwise(parts), n) for parts, n in cells)
    return [pair for pair, n in pairs.items() if n > 1 and {often[one] for one in pair} == {n}]
