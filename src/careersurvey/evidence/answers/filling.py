"""Blanks told apart: asked and left blank, not ticked, or never asked."""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.numbers import Measured
from careersurvey.evidence.answers.options import Box, Options
from careersurvey.evidence.answers.questions import Category, Question, Rows
from careersurvey.evidence.answers.sheet import Batch, Seen
from careersurvey.evidence.checks.check import Check, Wrong, rule
from careersurvey.evidence.settings import ANSWERED, EVERYONE, TableSettings
from careersurvey.evidence.tables import NO_ANSWER, Condition
from careersurvey.evidence.text import meant, plural


class Filling:
    """Turns batches of cells into batches of coded columns, in the order of their conditions."""

    def __init__(self, table: str, settings: TableSettings, questions: dict[str, Question]) -> None:
        self.table, self.settings, self.questions = table, settings, questions
        self._require_options()
        self.said = {name: self._who(one) for name, one in questions.items()}
        self.routes = {
            name: Condition.parse("" if said in (EVERYONE, ANSWERED) else said)
            for name, said in self.said.items()
        }
        for name, route in self.routes.items():
            self._require_condition(name, route)
            questions[name].routed = bool(route)
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
            done[name] = self.questions[name].finish(Rows(batch.rows, read, asked))
        columns = [("row__", pa.array(batch.rows, pa.int64()))]
        columns += [column for name in self.questions for column in done[name].items()]
        names, arrays = map(list, zip(*columns, strict=True))
        self._require_apart(names)
        return pa.record_batch(arrays, names)

    def findings(self) -> Iterator[Check]:
        """Tell whose answers contradict the routing, and which questions have no tick."""
        for name, one in self.questions.items():
            if one.unasked is not None:
                yield from routing.check(self.table, name, one.unasked, self.said[name])
        for one in self.questions.values():
            if isinstance(one, Options):
                yield from nothing_ticked.check(self.table, self.table, one.question, one.untold)

    def _who(self, question: Question) -> str:
        """Return who was asked a question, as the settings say it of it, its boxes or the table."""
        asked, name = self.settings.asked, question.name
        block = question.question if isinstance(question, Box) else name
        usual = EVERYONE if self.settings.blank == NO_ANSWER else ANSWERED
        return asked.get(name) or asked.get(block) or asked.get("*") or usual

    def _require_condition(self, name: str, route: Condition) -> None:
        for other, values in route.terms:
            if other not in self.questions:
                what, expected = "a variable that the table lacks", meant(other, self.questions)
                raise self._amiss(f"{name} depends on {what}.", [other], expected, "asked", name)
            question = self.questions[other]
            unknown = question.lacks(values)
            if unknown:
                noun = f"a {question.noun}" if isinstance(question, Measured) else ""
                expected = ", ".join(question.variable.values) or noun
                what = f"{name} depends on a value that {other} cannot take."
                raise self._amiss(what, unknown, expected, "asked", name)

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
                    where=f"cohort.toml [tables.{self.table}]",
                    do="map the column of the design to a variable of another name",
                )

    def _require_options(self) -> None:
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
            known = options.variables or self.questions[name].variable.values
            if options.other and options.other not in known:
                what = f"other of {name} is neither a box nor a value of the codebook."
                raise self._amiss(what, [options.other], ", ".join(known), place)

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
        f"{plural(seen.n, 'row')} {'has' if seen.n == 1 else 'have'} nothing ticked of {name}, "
        "and cohort.toml does not say what that means.",
        seen.rows,
        do=f"set nothing_ticked under [tables.{table}.options.{name}], or for all under "
        f'[tables.{table}]: "no" for none of these, "no_answer" for skipped, "not_asked" for '
        "never shown",
    )
