"""Blanks told apart: asked and left blank, not ticked, or never asked."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.questions import (
    BLANK,
    NO,
    NOT_ASKED,
    YES,
    Box,
    Category,
    Number,
    Question,
    Several,
    as_number,
    coded,
)
from careersurvey.evidence.answers.sheet import Batch, Seen
from careersurvey.evidence.checks.check import Check, Wrong, rule
from careersurvey.evidence.settings import ANSWERED, EVERYONE, TableSettings
from careersurvey.evidence.tables import NO_ANSWER, Condition
from careersurvey.evidence.text import meant, plural


@dataclass(frozen=True)
class _Route:
    """Who was asked: those for whom a condition holds, else everybody or nobody."""

    condition: Condition = field(default_factory=Condition)
    everybody: bool = True
    said: str = ""


class Filling:
    """Turns batches of cells into batches of coded columns, in the order of their conditions."""

    def __init__(self, table: str, settings: TableSettings, questions: dict[str, Question]) -> None:
        self.table, self.settings, self.questions = table, settings, questions
        self.blocks = {
            name: [questions[one] for one in options.variables if one in questions]
            for name, options in settings.options.items()
        }
        self._require_blocks()
        self.routes = {name: self._route(name) for name in questions}
        for name, route in self.routes.items():
            self._require_condition(name, route)
        self.sequence = self._sequence()
        self.unasked: dict[str, Seen] = {}
        self.untold: dict[str, Seen] = {}

    def finish(self, batch: Batch) -> pa.RecordBatch:
        """Read the cells of a batch, fill its blanks, and return its finished columns."""
        raw = {name: self._read(question, batch) for name, question in self.questions.items()}
        done: dict[str, pa.Array] = {}
        for name in self.sequence:
            asked = self._asked(self.routes[name], done, len(batch.rows))
            done |= self._columns(self.questions[name], raw, asked, batch.rows)
        names = [column for name in self.questions for column in self.columns_of(name)]
        arrays = [pa.array(batch.rows, pa.int64()), *(done[name] for name in names)]
        return pa.record_batch(arrays, ["row__", *names])

    def columns_of(self, name: str) -> list[str]:
        """Return the names of the finished columns of a question."""
        question = self.questions[name]
        if isinstance(question, Several):
            return [f"{name}__{category}" for category in question.variable.values]
        reasons = isinstance(question, Number) and (question.words.missing or self._is_routed(name))
        return [name, f"{name}__missing"] if reasons else [name]

    def _read(self, question: Question, batch: Batch) -> object:
        column = batch.cells[question.position]
        if isinstance(question, Category):
            return question.codes(batch.rows, column)
        return question.read(batch.rows, column)

    def _columns(
        self, question: Question, raw: dict, asked: np.ndarray, rows: np.ndarray
    ) -> dict[str, pa.Array]:
        name = question.name
        if isinstance(question, Several):
            return self._several(question, raw[name], asked, rows)
        if isinstance(question, Category):
            codes = raw[name]
            answers = (codes >= 0) & (codes < len(question.variable.values))
            if isinstance(question, Box):
                answers &= codes != question.place[question.unticked]
                codes = self._box(question, raw, asked, rows)
            else:
                codes = np.where((codes == BLANK) & asked, question.place[NO_ANSWER], codes)
            self._note_unasked(name, answers, asked, rows)
            return {name: question.column(codes)}
        if not isinstance(question, Number):
            return {name: raw[name]}
        numbers, codes = raw[name]
        there = numbers.is_valid().to_numpy(zero_copy_only=False)
        self._note_unasked(name, there, asked, rows)
        codes = np.where((codes == BLANK) & asked, question.place[NO_ANSWER], codes)
        gone = there | (codes < 0)
        reasons = coded(codes, gone, question.values)
        return {name: numbers, f"{name}__missing": reasons}

    def _box(self, question: Box, raw: dict, asked: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Fill a box: it is unticked where another one of the question says something."""
        block = self.blocks[question.block]
        silent = (BLANK, NOT_ASKED)
        boxes = [raw[one.name] for one in block]
        answered = np.any(
            [~np.isin(raw[one.name], (*silent, one.place[NO_ANSWER])) for one in block], axis=0
        )
        said = self._nothing_ticked(question.block)
        if said is None and question is block[0]:
            blank = np.all([codes == BLANK for codes in boxes], axis=0)
            self.untold.setdefault(question.block, Seen()).add(rows[blank & asked])
        unticked, left = question.place[question.unticked], question.place[NO_ANSWER]
        nothing = {NO_ANSWER: left, "not_asked": NOT_ASKED}.get(said, unticked)
        own = raw[question.name]
        # A box that was left where another one was ticked is not ticked.
        codes = np.where((own == left) & answered, BLANK, own)
        return self._ticks(question, codes, answered, asked, (unticked, nothing))

    def _nothing_ticked(self, block: str) -> str | None:
        """What a select-all question without a tick means, as said of it or of the table."""
        return self.settings.options[block].nothing_ticked or self.settings.nothing_ticked

    def _ticks(
        self,
        question: Question,
        codes: np.ndarray,
        answered: np.ndarray,
        asked: np.ndarray,
        blank: tuple[int, int],
    ) -> np.ndarray:
        unticked, nothing = blank
        filled = np.where(answered, unticked, np.where(asked, nothing, NOT_ASKED))
        done = np.where(codes == BLANK, filled, codes)
        if self._is_routed(question.name):
            # Tools write an unticked box for a question that was never shown, too.
            done = np.where((codes == unticked) & ~asked, NOT_ASKED, done)
        return done

    def _several(
        self, question: Several, codes: np.ndarray, asked: np.ndarray, rows: np.ndarray
    ) -> dict[str, pa.Array]:
        self._note_unasked(question.name, codes >= 0, asked, rows)
        said = self._nothing_ticked(question.name)
        nothing = NOT_ASKED if said == "not_asked" else question.place[said or NO_ANSWER]
        nobody = np.zeros(len(codes), bool)
        columns = {}
        for category in question.variable.values:
            chosen = question.box(category, codes)
            if said:
                blank = (question.place[NO], nothing)
                chosen = self._ticks(question, chosen, nobody, asked, blank)
            else:
                chosen = np.where((chosen == BLANK) & asked, nothing, chosen)
            columns[f"{question.name}__{category}"] = question.column(chosen)
        return columns

    def _asked(self, route: _Route, done: dict[str, pa.Array], count: int) -> np.ndarray:
        """Return who was asked, by the finished columns that the condition names."""
        asked = np.full(count, route.everybody)
        for name, values in route.condition.terms:
            columns = [(name, values)]
            if isinstance(self.questions[name], Several):
                columns = [(f"{name}__{value}", (YES,)) for value in values]
            asked &= np.any([_is_in(done[one], among) for one, among in columns], axis=0)
        return asked

    def _note_unasked(
        self, name: str, answered: np.ndarray, asked: np.ndarray, rows: np.ndarray
    ) -> None:
        if self._is_routed(name):
            self.unasked.setdefault(name, Seen()).add(rows[answered & ~asked])

    def _is_routed(self, name: str) -> bool:
        return bool(self.routes[name].condition)

    def findings(self) -> Iterator[Check]:
        """Tell whose answers contradict the routing, and which questions have no tick."""
        for name, seen in self.unasked.items():
            yield from routing.check(self.table, name, seen, self.routes[name].said)
        for name, seen in self.untold.items():
            yield from nothing_ticked.check(self.table, self.table, name, seen)

    def _route(self, name: str) -> _Route:
        asked = self.settings.asked
        block = next(
            (block for block, boxes in self.blocks.items() if self.questions[name] in boxes), ""
        )
        said = asked.get(name) or asked.get(block) or asked.get("*", "")
        if said in (EVERYONE, ANSWERED):
            return _Route(everybody=said == EVERYONE)
        if not said:
            return _Route(everybody=self.settings.blank == NO_ANSWER)
        return _Route(Condition.parse(said), said=said)

    def _require_condition(self, name: str, route: _Route) -> None:
        for other, values in route.condition.terms:
            if other not in self.questions:
                what, expected = "a variable that the table lacks", meant(other, self.questions)
                raise self._amiss(f"{name} depends on {what}.", [other], expected, "asked", name)
            question = self.questions[other]
            known = question.variable.values if isinstance(question, Several) else question.values
            unknown = [value for value in values if value not in known]
            if isinstance(question, Category) and unknown:
                what = f"{name} depends on a value that {other} cannot take."
                expected = ", ".join(question.variable.values)
                raise self._amiss(what, unknown, expected, "asked", name)

    def _require_blocks(self) -> None:
        for name, options in self.settings.options.items():
            wanted, place = options.variables or (name,), f"options.{name}"
            unknown = [one for one in wanted if one not in self.questions]
            if unknown:
                what = "a select-all question names variables that the table does not have."
                raise self._amiss(what, unknown, meant(unknown[0], self.questions), place)
            wrong = [one for one in wanted if not isinstance(self.questions[one], Category)]
            if wrong:
                what = "a select-all question names variables that are no categories."
                raise self._amiss(what, wrong, "variables of the type category", place)
            values = self.questions[wanted[0]].variable.values
            if options.other and options.other not in values:
                what = f"other of {name} is not a value of the codebook."
                raise self._amiss(what, [options.other], ", ".join(values), place)

    def _sequence(self) -> list[str]:
        """Return the questions, each after those that its condition names."""
        after = {
            name: {other for other, _ in route.condition.terms}
            for name, route in self.routes.items()
        }
        try:
            return list(graphlib.TopologicalSorter(after).static_order())
        except graphlib.CycleError as problem:
            raise CohortError(
                "who was asked a question depends on itself.",
                found=" → ".join(reversed(problem.args[1])),
                expected="conditions on questions that come before",
                where=f"cohort.toml [tables.{self.table}.asked]",
            ) from None

    def _amiss(
        self, what: str, found: list[str], expected: str, part: str, key: str = ""
    ) -> CohortError:
        where = f"cohort.toml [tables.{self.table}.{part}] {key}".rstrip()
        return CohortError(what, found=", ".join(map(repr, found)), expected=expected, where=where)


@rule("routing", do="correct the file, or [tables.{table}.asked] in cohort.toml")
def routing(name: str, seen: Seen, said: str) -> Wrong | str:
    """Nobody answered who was not asked."""
    if not seen.n:
        return f"{name} was answered only where it was asked."
    message = f"{plural(seen.n, 'answer')} to {name} of people who were not asked."
    return Wrong(message, seen.rows, expected=f"answers where {said}")


@rule("nothing_ticked", do="")
def nothing_ticked(table: str, name: str, seen: Seen) -> Wrong | None:
    """It is declared what a select-all question without a tick means."""
    if not seen.n:
        return None
    return Wrong(
        f"{plural(seen.n, 'row')} {'has' if seen.n == 1 else 'have'} no box of {name} "
        "ticked, and cohort.toml does not say what that means.",
        seen.rows,
        do=f"set nothing_ticked under [tables.{table}.options.{name}], or for all under "
        f'[tables.{table}]: "no" for none of these, "no_answer" for skipped, "not_asked" for '
        "never shown",
    )


def _is_in(column: pa.Array, values: tuple[str, ...]) -> np.ndarray:
    """Return where a finished column has one of the values, written as text."""
    if pa.types.is_dictionary(column.type):
        among = _is_in(column.dictionary, values)
        return np.append(among, False)[column.indices.fill_null(len(among)).to_numpy()]
    if pa.types.is_floating(column.type):
        numbers = [number for value in values if (number := as_number(value)) is not None]
        known = pa.array(numbers, pa.float64())
    else:
        known, column = pa.array(values, pa.string()), column.cast(pa.string())
    return pc.is_in(column, known).to_numpy(zero_copy_only=False)
