"""A table of answers, opened against its design and questions and reduced to totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from careersurvey.inference.design import Design
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
from careersurvey.inference.totals import Product, Reduced, Source, counted_in, opened, reduce

_PROBED = 50_000  # rows looked at to guess which breakdowns lie within clusters


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
    first = survey.source.frame.select(*keys, *sorted(columns)).head(_PROBED)
    table = first.unique().collect("pyarrow").to_native().to_pandas()
    within = table.groupby(list(keys), dropna=False)[sorted(columns)].nunique(dropna=False)
    return {name for name in columns if (within[name] > 1).any()}


def _shared_keys(survey: Survey, by: Sequence[str], varying: set[str]) -> list[str]:
    """Keys of every pass: filters over other tables, and breakdowns that lie within leaves."""
    filters = [name for q in survey.questions for name, _ in q.among if name in survey.linked]
    within = [name for one in by for name in one.split("*")]
    keys = [key_of(name, survey.linked) for name in filters]
    keys += [key for key in (key_of(name, survey.linked) for name in within) if key not in varying]
    return list(dict.fromkeys(keys))


def _read_pass(survey: Survey, extra: Iterable[str], names: Sequence[str]) -> dict[str, Broken]:
    sampling, source = survey.sampling, survey.source
    schema = source.frame.collect_schema().names()
    columns: dict = {}
    for number, question in enumerate(survey.questions):
        columns |= columns_of(question, f"q{number}", schema, sampling.respondents)
    keys = list(dict.fromkeys((*sampling.keys, *extra)))
    reduced = reduce(source, keys, columns, population_columns(sampling))
    leaf = leaves(reduced, sampling, source.frame, survey.cohort)
    design, implied = design_of(reduced, leaf, sampling)
    weight = np.ones(len(implied)) if sampling.weight else implied
    statistics = statistics_of(survey, reduced, weight[leaf])
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


def statistics_of(survey: Survey, reduced: Reduced, weight: np.ndarray) -> Statistics:
    """Put the sums of all questions side by side.

    Parameters
    ----------
    survey : Survey
    reduced : Reduced
    weight : ndarray of float, (rows,)
        Weight that follows from populations, the same for all respondents of a row.

    Returns
    -------
    Statistics
    """
    parts = [
        _of_question(question, f"q{number}", reduced, weight, _among(survey, question, reduced))
        for number, question in enumerate(survey.questions)
    ]
    sizes = [len(question.categories) for question in survey.questions]
    squares = ("yy", "yx", "xx")
    names = [name for name in parts[0] if survey.sampling.respondents or name not in squares]
    joined = _side_by_side(parts, names)
    return Statistics(
        np.repeat(np.arange(len(sizes)), sizes),
        np.concatenate([np.arange(size) for size in sizes]),
        np.repeat([question.measure == "total" for question in survey.questions], sizes),
        joined["base"],
        joined["count"],
        joined["weight"],
        joined["above"],
        joined["below"],
        tuple(joined[f"w{name}"] for name in squares),
        tuple(joined[name] for name in squares) if survey.sampling.respondents else None,
    )


def _side_by_side(
    parts: Sequence[Mapping[str, np.ndarray]], names: Sequence[str]
) -> dict[str, np.ndarray]:
    """Join each named sum over the questions; sums that are one array everywhere stay one."""
    joined: dict[tuple[int, ...], np.ndarray] = {}
    found = {}
    for name in names:
        same = tuple(id(part[name]) for part in parts)
        if same not in joined:
            joined[same] = np.column_stack([part[name] for part in parts])
        found[name] = joined[same]
    return found


def _among(survey: Survey, question: Question, reduced: Reduced) -> np.ndarray:
    """Which reduced rows pass the part of a filter that is over other tables."""
    passed = np.ones(len(reduced.sums["rows"]))
    for name, values in question.among:
        if name in survey.linked:
            passed *= np.isin(row_labels(reduced, name, survey.linked), values)
    return passed


def _of_question(
    question: Question, name: str, reduced: Reduced, weight: np.ndarray, passed: np.ndarray
) -> dict[str, np.ndarray]:
    """Sums of one question, (rows, categories) each, weights that follow from populations in."""

    def summed(part: str, power: int) -> np.ndarray | None:
        found = reduced.sums.get(f"{name}:{part}")
        return None if found is None else (found * passed * weight**power)[:, None]

    if not question.is_share:
        parts = {"base": summed("n", 0), "above": summed("y", 1), "below": summed("x", 1)}
        parts |= {"weight": summed("w", 1), "count": parts["base"]}
        parts |= {f"w{part}": summed(f"w:{part}", 1) for part in ("yy", "yx", "xx")}
        return parts | {part: summed(part, 2) for part in ("yy", "yx", "xx")}
    powers = {"n": 0, "x": 1, "xx": 2} if f"{name}:xx:0" in reduced.sums else {"n": 0, "x": 1}
    chosen, wide = {}, {}
    for part, power in powers.items():
        each = [summed(f"{part}:{i}", power) for i in range(len(question.categories))]
        chosen[part] = np.column_stack(each)
        base = summed(part, power)
        base = chosen[part].sum(axis=1)[:, None] if base is None else base
        wide[part] = np.broadcast_to(base, chosen[part].shape)
    out = {"base": wide["n"], "count": chosen["n"], "weight": wide["x"]}
    out |= {"above": chosen["x"], "below": wide["x"]}
    out |= {"wyy": chosen["x"], "wyx": chosen["x"], "wxx": wide["x"]}
    if "xx" in chosen:
        out |= {"yy": chosen["xx"], "yx": chosen["xx"], "xx": wide["xx"]}
    return out


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
