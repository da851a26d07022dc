"""A table of answers, opened against its design and questions and reduced to totals."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce as fold
from typing import Any

import numpy as np
import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.inference.design import Design, numbered
from careersurvey.inference.domains import (
    Domain,
    Link,
    break_down,
    key_of,
    linked_names,
    links,
    row_labels,
    whole,
)
from careersurvey.inference.linearised import Totals
from careersurvey.inference.questions import (
    MEASURES,
    Question,
    columns_of,
    packed_variable,
    products_of,
    read_question,
    require_numbers,
    require_variables,
)
from careersurvey.inference.sampling import (
    Sampling,
    design_of,
    leaves,
    population_columns,
    read_sampling,
    require_numeric_design,
)
from careersurvey.inference.totals import (
    Column,
    Product,
    Reduced,
    Source,
    counted_in,
    opened,
    reduce,
)
from careersurvey.inference.totals_columns import coded, text_of

_PROBED = 10_000  # rows looked at to guess which breakdowns lie within clusters


@dataclass(frozen=True)
class Survey:
    """A table of answers, its design and its questions, opened and checked but not yet read.

    Attributes
    ----------
    cohort : str
    source : Source
    sampling : Sampling
    questions : tuple of Question
    linked : mapping of str to Link
        Variables of other tables.
    codebook : mapping of variable to its row
    """

    cohort: str
    source: Source
    sampling: Sampling
    questions: tuple[Question, ...]
    linked: Mapping[str, Link]
    codebook: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Statistics:
    """Sums by row of the reduced table; columns are the categories of all questions, in order.

    Attributes
    ----------
    question, category : ndarray of int, (columns,)
    total : ndarray of bool, (columns,)
        Whether the statistic is a total rather than a ratio.
    base, count, weight, above, below : ndarray of float, (rows, columns)
    second : tuple of three ndarray, (rows, columns)
        Sums of w y^2, w y x and w x^2.
    squares : tuple of three ndarray or None
        Sums of w^2 y^2, w^2 y x and w^2 x^2.
    """

    question: np.ndarray
    category: np.ndarray
    total: np.ndarray
    base: np.ndarray
    count: np.ndarray
    weight: np.ndarray
    above: np.ndarray
    below: np.ndarray
    second: tuple[np.ndarray, np.ndarray, np.ndarray]
    squares: tuple[np.ndarray, np.ndarray, np.ndarray] | None


@dataclass(frozen=True)
class Broken:
    """One breakdown of a survey, reduced: what every estimator starts from."""

    domain: Domain
    design: Design
    leaf: np.ndarray
    statistics: Statistics


def open_survey(
    frame: Any,
    indicators: pd.DataFrame,
    codebook: pd.DataFrame,
    design: Mapping[str, Any] | None,
    by: Sequence[str],
    lookups: Mapping[str, tuple[str, Any]] | None,
    cohort: str,
) -> Survey:
    """Open a table of answers and hold design and questions against it.

    Parameters, errors
        As `estimate_sampled`.

    Returns
    -------
    Survey
    """
    lazy, lookups = opened(frame), lookups or {}
    schema = lazy.collect_schema()
    names = schema.names()
    rows = {row["variable"]: row for row in codebook.to_dict("records")}
    sampling = read_sampling(design or {}, names, cohort)
    wanted = [row for row in indicators.to_dict("records") if row["measure"] in MEASURES]
    questions = tuple(read_question(row, rows, cohort) for row in wanted if row["variable"])
    require_variables(questions, schema, linked_names(lookups, names), cohort)
    require_numbers(questions, lazy, cohort)
    require_numeric_design(sampling, lazy, cohort)
    variables = [name for one in by for name in one.split("*")]
    variables += [name for question in questions for name, _ in question.among]
    linked = links(variables, names, lookups, cohort)
    products = [one for q in questions for one in products_of(q, sampling.respondents)]
    packed = {f"q{number}": packed_variable(q) for number, q in enumerate(questions)}
    packs = {name: variable for name, variable in packed.items() if variable}
    source = counted_in(lazy, sampling.weight, products or [Product(1)], packs)
    if not source.rows:
        raise QuestionError(
            f"{cohort}: there are no respondents to estimate from.",
            expected="a row for each respondent",
            do="look at the file, or at what was filtered before",
        )
    return Survey(cohort, source, sampling, questions, linked, rows)


def breakdowns(survey: Survey, by: Sequence[str]) -> list[Broken]:
    """Reduce a survey to the totals of every breakdown, everyone first.

    Breakdowns whose groups lie within clusters are had from one pass over the respondents; each
    of the others takes a pass of its own.

    Parameters
    ----------
    survey : Survey
    by : sequence of str

    Returns
    -------
    list of Broken
    """
    passes: dict[tuple[str, ...], list[str]] = {}
    varying = _varying(survey, by)
    shared = _shared_keys(survey, by, varying)
    for one in ("", *by):
        own = [key_of(name, survey.linked) for name in one.split("*") if one]
        own = [key for key in dict.fromkeys(own) if key in varying]
        passes.setdefault(tuple(own), []).append(one)
    found: dict[str, Broken] = {}
    for own, names in passes.items():
        found |= _read_pass(survey, dict.fromkeys((*own, *shared)), names)
    return [found[one] for one in ("", *by)]


def _varying(survey: Survey, by: Sequence[str]) -> set[str]:
    """Columns of breakdowns that vary within leaves, going by the first respondents.

    The guess decides only how the totals are read, never what they are.
    """
    keys = survey.sampling.keys
    columns = {key_of(name, survey.linked) for one in by for name in one.split("*")} - set(keys)
    if not columns or not keys:
        return columns
    schema = survey.source.frame.collect_schema()
    texts = {name: text_of(name, schema[name]) for name in (*keys, *sorted(columns))}
    table = survey.source.frame.head(_PROBED).select(**texts).collect("pyarrow").to_native()
    parts = {name: coded(table.column(name)) for name in (*keys, *columns)}

    def places(names: Sequence[str]) -> int:
        code = np.zeros(table.num_rows, dtype=int)
        for name in names:
            number, labels = parts[name]
            code = numbered(code * (len(labels) + 1) + number + 1)[0]
        return int(code.max(initial=0))

    within = places(keys)
    return {name for name in columns if places((*keys, name)) > within}


def _shared_keys(survey: Survey, by: Sequence[str], varying: set[str]) -> list[str]:
    """Keys of every pass: filters over other tables, and breakdowns that lie within leaves."""
    filters = [name for q in survey.questions for name, _ in q.among if name in survey.linked]
    within = [name for one in by for name in one.split("*")]
    keys = [key_of(name, survey.linked) for name in filters]
    keys += [key for key in (key_of(name, survey.linked) for name in within) if key not in varying]
    return list(dict.fromkeys(keys))


def _read_pass(survey: Survey, extra: Iterable[str], names: Sequence[str]) -> dict[str, Broken]:
    sampling, source = survey.sampling, survey.source
    schema = source.frame.collect_schema()
    columns: dict = {}
    for number, question in enumerate(survey.questions):
        columns |= columns_of(question, f"q{number}", schema, sampling.respondents)
    keys = list(dict.fromkeys((*sampling.keys, *extra)))
    reduced = reduce(source, keys, columns, population_columns(sampling))
    leaf = leaves(reduced, sampling, source.frame, survey.cohort)
    design, implied = design_of(reduced, leaf, sampling)
    if not sampling.weight:
        reduced = _weighted(reduced, columns, implied[leaf])
    statistics = statistics_of(survey, reduced)
    return {
        name: Broken(
            break_down(name, reduced, survey.linked, survey.codebook, survey.cohort)
            if name
            else whole(len(leaf)),
            design,
            leaf,
            statistics,
        )
        for name in names
    }


def _weighted(reduced: Reduced, columns: Mapping[str, Column], weight: np.ndarray) -> Reduced:
    """Put in the weight that follows from populations, the same for all respondents of a row."""
    powers = {name: column.product.power for name, column in columns.items()}
    weighted = {name: reduced.sums[name] * weight**power for name, power in powers.items()}
    return replace(reduced, sums={**reduced.sums, **weighted})


def statistics_of(survey: Survey, reduced: Reduced) -> Statistics:
    """Put the sums of all questions side by side.

    Parameters
    ----------
    survey : Survey
    reduced : Reduced

    Returns
    -------
    Statistics
    """
    squares = survey.sampling.respondents
    # The base, its count and weight; sums of w y and w x; of their squares with w, and with w^2.
    names = ["base", "count", "weight", "above", "below", "wyy", "wyx", "wxx"]
    names += ["yy", "yx", "xx"] if squares else []
    columns: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for number, question in enumerate(survey.questions):
        sums = _sums_of(f"q{number}", reduced, _among(survey, question, reduced))
        for category in range(len(question.categories)):
            found = _of_share(sums, category) if question.is_share else _of_number(sums)
            for name in names:
                columns[name].append(found[name])
    sizes = [len(question.categories) for question in survey.questions]
    joined = _side_by_side(columns)
    return Statistics(
        np.repeat(np.arange(len(sizes)), sizes),
        np.concatenate([np.arange(size) for size in sizes]),
        np.repeat([question.measure == "total" for question in survey.questions], sizes),
        joined["base"],
        joined["count"],
        joined["weight"],
        joined["above"],
        joined["below"],
        (joined["wyy"], joined["wyx"], joined["wxx"]),
        (joined["yy"], joined["yx"], joined["xx"]) if squares else None,
    )


def _side_by_side(columns: Mapping[str, Sequence[np.ndarray]]) -> dict[str, np.ndarray]:
    """Join the columns of each name; names with the same columns, all held here, share an array."""
    joined: dict[tuple[int, ...], np.ndarray] = {}
    for parts in columns.values():
        same = tuple(id(part) for part in parts)
        if same not in joined:
            joined[same] = np.column_stack(parts)
    return {name: joined[tuple(id(part) for part in parts)] for name, parts in columns.items()}


def _among(survey: Survey, question: Question, reduced: Reduced) -> np.ndarray | None:
    """Which reduced rows pass the part of a filter that is over other tables, if there is one."""
    passed = [
        np.isin(row_labels(reduced, name, survey.linked), values)
        for name, values in question.among
        if name in survey.linked
    ]
    return np.logical_and.reduce(passed) if passed else None


def _sums_of(name: str, reduced: Reduced, passed: np.ndarray | None) -> dict[str, np.ndarray]:
    """Sums of one question by part; a base of its categories' sums where it has no other."""
    full = [key for key in reduced.sums if key.partition(":")[0] == name]
    found = {key.partition(":")[2]: reduced.sums[key] for key in full}
    if passed is not None:
        found = {part: values * passed for part, values in found.items()}
    for part in ("n", "x", "xx"):
        chosen = [values for key, values in found.items() if key.startswith(f"{part}:")]
        if chosen and part not in found:
            found[part] = fold(operator.add, chosen)
    return found


def _of_share(sums: Mapping[str, np.ndarray], category: int) -> dict[str, np.ndarray]:
    """Statistics of a category: y is 1 for who chose it, x for all in the base."""
    chosen = {part: sums.get(f"{part}:{category}") for part in ("n", "x", "xx")}
    out = {"base": sums["n"], "count": chosen["n"], "weight": sums["x"]}
    out |= {"above": chosen["x"], "below": sums["x"]}
    out |= {"wyy": chosen["x"], "wyx": chosen["x"], "wxx": sums["x"]}
    return out | {"yy": chosen["xx"], "yx": chosen["xx"], "xx": sums.get("xx")}


def _of_number(sums: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Statistics of a mean (x is 1), a total or a ratio of two numbers."""
    out = {"base": sums["n"], "count": sums["n"], "weight": sums["w"]}
    out |= {"above": sums["y"], "below": sums["x"]}
    out |= {f"w{part}": sums[f"w:{part}"] for part in ("yy", "yx", "xx")}
    return out | {part: sums.get(part) for part in ("yy", "yx", "xx")}


def totals_of(broken: Broken, columns: np.ndarray | slice = slice(None)) -> Totals:
    """Rows of a breakdown that have a group, as the estimators take them.

    Parameters
    ----------
    broken : Broken
    columns : ndarray or slice
        Which statistics.

    Returns
    -------
    Totals
    """
    inside, statistics = broken.domain.code >= 0, broken.statistics
    rows = slice(None) if inside.all() else inside
    if not isinstance(columns, slice) and columns.dtype == bool and columns.all():
        columns = slice(None)

    def pick(part: np.ndarray) -> np.ndarray:
        return part[rows][:, columns]

    squares = statistics.squares and tuple(pick(part) for part in statistics.squares)
    return Totals(
        broken.leaf[rows],
        broken.domain.code[rows],
        len(broken.domain.groups),
        pick(statistics.base),
        pick(statistics.above),
        pick(statistics.below),
        squares,
    )
