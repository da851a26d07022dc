"""Blanks told apart: asked and left blank, not ticked, or never asked."""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.numbers import Measured
from careersurvey.evidence.answers.options import Listed
from careersurvey.evidence.answers.questions import Category, Question, Rows
from careersurvey.evidence.answers.sheet import Batch
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.settings_kinds import ANSWERED, EVERYONE
from careersurvey.evidence.tables import Condition
from careersurvey.evidence.text import meant


class Filling:
    """Turns batches of cells into batches of coded columns, in the order of their conditions."""

    def __init__(self, table: str, settings: TableSettings, questions: dict[str, Question]) -> None:
        self.place, self.questions = f"cohort.toml [tables.{table}", questions
        self.said = {name: settings.asked_of(name) for name in questions}
        self.routes = {
            name: Condition.parse("" if said in (EVERYONE, ANSWERED) else said)
            for name, said in self.said.items()
        }
        for part, what, found, expected in (*self._options_amiss(settings), *self._routes_amiss()):
            place = f"{self.place}.{part}"
            raise CohortError(what, found=repr(found), expected=expected, where=place)
        for name, question in questions.items():
            question.asked_of = self.said[name] if self.routes[name] else ""
        self.sequence = self._sequence()

    def finish(self, batch: Batch) -> pa.RecordBatch:
        """Read the cells of a batch, fill its blanks, and return its finished columns."""
        read = {
            name: question.read(batch.rows, batch.cells[question.position])
            for name, question in self.questions.items()
        }
        done: dict[str, dict[str, pa.Array]] = {}
        for name in self.sequence:
            asked = np.full(len(batch.rows), self.said[name] != ANSWERED)
            for other, values in self.routes[name].terms:
                asked &= self.questions[other].has(done[other], values)
            done[name] = self.questions[name].finish(Rows(batch.rows, batch.cells, read, asked))
        columns = [("row__", pa.array(batch.rows, pa.int64()))]
        columns += [column for name in self.questions for column in done[name].items()]
        names, arrays = map(list, zip(*columns, strict=True))
        self._require_apart(names)
        return pa.record_batch(arrays, names)

    def _options_amiss(self, settings: TableSettings) -> Iterator[tuple[str, str, str, str]]:
        """Select-all questions of what the table does not have: where, what, found, expected."""
        for name, options in settings.options.items():
            part, known = f"options.{name}]", [*options.variables]
            for one in options.variables or (name,):
                question = self.questions.get(one)
                if question is None:
                    what = "a select-all question names variables that the table does not have."
                    yield part, what, one, meant(one, self.questions)
                elif not isinstance(question, Category):
                    what = "a select-all question names variables that are no categories."
                    yield part, what, one, "variables of the type category"
                elif not options.variables:
                    known += question.variable.values
            if isinstance(question, Listed) and not question.value:
                what = f"{name} has no value for who wrote an answer of their own."
                yield part, what, options.other, "other among its values, or a code for other"
            elif not isinstance(question, Listed) and options.other not in ("", *known):
                what = f"other of {name} is neither a box nor a value of the codebook."
                yield part, what, options.other, ", ".join(known)

    def _routes_amiss(self) -> Iterator[tuple[str, str, str, str]]:
        """Conditions on what the table does not have: where, what, found, expected."""
        for name, route in self.routes.items():
            part = f"asked] {name}"
            for other, values in route.terms:
                question = self.questions.get(other)
                if question is None:
                    what = f"{name} depends on a variable that the table lacks."
                    yield part, what, other, meant(other, self.questions)
                    continue
                noun = f"a {question.noun}" if isinstance(question, Measured) else ""
                for value in question.lacks(values):
                    what = f"{name} depends on a value that {other} cannot take."
                    yield part, what, value, ", ".join(question.variable.values) or noun

    def _require_apart(self, names: Iterable[str]) -> None:
        """Refuse two columns of one name, in which the database does not tell case."""
        by_name: dict[str, str] = {}
        for name in names:
            other = by_name.setdefault(name.casefold(), name)
            if other is not name:
                case = "names that differ by case alone" if other != name else "one name"
                raise CohortError(
                    f"two columns have {case}.",
                    found=f"{other!r} and {name!r}",
                    where=f"{self.place}]",
                    do="map the column of the design to a variable of another name",
                )

    def _sequence(self) -> list[str]:
        """Return the questions, each after those that its condition names."""
        after = {name: {other for other, _ in route.terms} for name, route in self.routes.items()}
        try:
            return list(graphlib.TopologicalSorter(after).static_order())
        except graphlib.CycleError as problem:
            raise CohortError(
                "who was asked a question depends on itself.",
                found=" → ".join(reversed(problem.args[1])),
                expected="conditions on questions that come before",
                where=f"{self.place}.asked]",
            ) from None
