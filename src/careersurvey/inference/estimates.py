"""One door: a cohort in, its estimates out, from either kind of evidence, overall and by group."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.answers.engines import spark_failures
from careersurvey.evidence.cohort import Cohort, load_cohort, origin
from careersurvey.evidence.text import meant, names_of
from careersurvey.inference.columns import DIFFERENCES, ESTIMATES, TESTS, lay_out
from careersurvey.inference.intervals import DESIGN_METHODS, METHODS, holm, require_level
from careersurvey.inference.printed import estimate_printed
from careersurvey.inference.respondents import Merge, Scale, on_scale, read_answers, require_sound
from careersurvey.inference.survey import groups as survey_groups
from careersurvey.inference.survey.domains import require_groups
from careersurvey.inference.survey.questions import Table
from careersurvey.inference.survey.rows import table_of
from careersurvey.inference.survey.totals import read_totals

DOMAINS = ("school_type", "sixth_form", "region")
NOT_PUBLIC = "These are one's own answers: not for publication."


@dataclass(frozen=True)
class Groups:
    """Findings by group; a notebook shows its tables.

    Attributes
    ----------
    estimates : pandas.DataFrame
        The estimates table: everyone, and every group of every domain.
    tests : pandas.DataFrame
        `columns.TESTS`, a row for each table of groups by answers.
    differences : pandas.DataFrame
        `columns.DIFFERENCES`: each pair of the groups of a domain, the first less the second.
    trends : pandas.DataFrame
        `columns.DIFFERENCES`: what changes from each group to the next, where groups are ordered.
    """

    estimates: pd.DataFrame
    tests: pd.DataFrame
    differences: pd.DataFrame
    trends: pd.DataFrame

    def _repr_html_(self) -> str:
        tables = ((name, table) for name, table in vars(self).items() if len(table))
        return "".join(f"<h4>{name}</h4>{table._repr_html_()}" for name, table in tables)


def estimate(
    cohort: Cohort | str | Path,
    indicators: str | Collection[str] = (),
    *,
    by: str | Sequence[str] = (),
    level: float = 0.95,
    interval: str | None = None,
    readings: str | Path | None = None,
    wide: bool = False,
    min_base: int | None = None,
    merge: Merge | None = None,
    bases: bool = False,
) -> pd.DataFrame:
    """Estimate a cohort's indicators, from its printed figures or from its respondents.

    Parameters
    ----------
    cohort : Cohort, str or Path
        The cohort, its folder, or the id of one that is shipped.
    indicators : str or collection of str
        Ids of the indicators that are wanted; none means all.
    by : str or sequence of str
        Variables to break down by, beside the overall rows; ``"a*b"`` crosses two. Those by
        which print breaks nothing down add no row, nor does a question's own variable.
    level : float
        Confidence level, between 0 and 1.
    interval : str, optional
        Method of the intervals: by default ``wilson`` for printed counts and ``logit`` for
        respondents.
    readings : str or Path, optional
        A table of readings in place of the declared one, wording by wording.
    wide : bool
        Whether to take the wide version of each reading.
    min_base : int, optional
        Least base of a row that is shown; without it nothing is hidden.
    merge : mapping of str to mapping, optional
        Groups of answers that stand together, by variable and by the name of the new group.
    bases : bool
        Whether rows of answers say beside what they are worked out from: ``base_degrees`` of
        freedom, ``base_weights``, their sum, ``count_weights``, that of a share's numerator, and
        ``effective_base``, the base over ``deff``.

    Returns
    -------
    DataFrame
        One row for each indicator, category, domain and group; of print, one for each statement.
        Shares are 0 to 1. ``base_n`` is how many it is of; ``count_low`` to ``count_high`` the
        counts that the wording allows and ``estimate_low`` to ``estimate_high`` the same as shares
        (of answers both ends are one); ``estimate`` with ``std_error`` and, at ``level``,
        ``conf_low`` to ``conf_high`` by ``method``; ``deff`` the design effect; ``shown`` is false
        under `min_base`. ``attrs`` say where it comes from: ``cohort``, ``folders``, ``by``, the
        ``selection`` of each unit (only of ``probability`` is an interval what its level says)
        and, of answers, that it is not for ``publication``.

    Raises
    ------
    CohortError
        If the cohort's files are not as they must be.
    QuestionError
        If an indicator, variable or method is asked for that the cohort does not have, or a
        breakdown by what tells people apart.

    Examples
    --------
    >>> import careersurvey as cs
    >>> found = cs.estimate("ofsted-2013", "careers_strategy")
    >>> found[["category", "count_low", "count_high", "base_n"]].to_dict("records")
    [{'category': 'no', 'count_low': 43, 'count_high': 46, 'base_n': 60}]
    """
    cohort = load_cohort(cohort)
    require_level(level)
    indicators, by = names_of(indicators), names_of(by)
    require_known(cohort, indicators, list(cohort.indicators), "indicators")
    _require_variables(cohort, by)
    methods = DESIGN_METHODS if cohort.evidence == "respondents" else METHODS
    if interval not in (None, *methods):
        raise QuestionError(
            f"{cohort.id}: there is no interval {interval} where evidence is {cohort.evidence}.",
            expected=", ".join(methods),
            do="leave --interval out, or name one of these",
        )
    require_sound(cohort, readings)
    if cohort.evidence == "respondents":
        with spark_failures(cohort):
            tables = list(read_answers(cohort, indicators, merge))
            _require_measured(cohort, indicators, by, tables)
            found = [(one, read_totals(one, one.within_reach(by))) for one in tables]
            parts = [table_of(*each, by, level, interval, min_base) for each in found]
        table = _from(cohort, parts, by)
        return table if bases else table[[*ESTIMATES]]
    how = level, interval or METHODS[0], readings, wide, min_base or 0
    table = estimate_printed(cohort, *how)
    kept = table["domain"].isin(["all", *(by or table["domain"])])
    if indicators:
        kept &= table["indicator"].isin(indicators)
    return _from(cohort, [table[kept]], by)


def groups(
    cohort: Cohort | str | Path,
    indicators: str | Collection[str] = (),
    *,
    by: str | Sequence[str] = DOMAINS,
    ordered: str | Sequence[str] = (),
    level: float = 0.95,
    min_base: int | None = None,
    merge: Merge | None = None,
    scale: Scale | None = None,
    bases: bool = False,
) -> Groups:
    """Break indicators down by group, and test whether the groups answer differently.

    The test is Rao and Scott's second-order F on the table of groups by answers; means, totals,
    ratios and quantiles are not tested. ``p_adjusted`` is Holm's over all the tests of one call,
    over all its differences, and over all its trends.

    Parameters
    ----------
    cohort : Cohort, str or Path
        The cohort, its folder, or the id of one that is shipped.
    indicators : str or collection of str
        Ids, or quantities such as ``helpline_promoted=all_years``, whose whole indicator is
        taken. Those that the cohort does not measure are passed over; none means all.
    by : str or sequence of str
        Variables of the table or of one that it is linked to, ``a*b`` for a crossing. One that a
        table cannot reach is passed over for it.
    ordered : str or sequence of str
        Those of them whose groups stand in an order, along which a trend is estimated.
    level : float
        Confidence level, between 0 and 1.
    min_base : int, optional
        Least base of an estimate that is shown. Whatever it is, groups of fewer than 10, or from
        fewer than four clusters, are left out of tests, which name them.
    merge, bases : mapping of str to mapping, bool
        As `estimate` takes them.
    scale : mapping of str to mapping, optional
        Answers taken as numbers, by indicator, and their mean in place of their shares:
        ``{"helped": {"yes": 1, "partly": 0, "no": -1}}`` is "yes minus no". Answers that are not
        named are left out of the base.

    Returns
    -------
    Groups
        Of a cohort of printed figures: what is printed of these groups, and no test.

    Raises
    ------
    CohortError, DesignError, QuestionError
        As `estimate`.

    Examples
    --------
    >>> import careersurvey as cs
    >>> broken = cs.groups("example-2026", "post16_helped", by="region")
    >>> broken.tests[["domain", "groups"]].to_dict("records")
    [{'domain': 'region', 'groups': 8}]
    """
    cohort = load_cohort(cohort)
    require_level(level)
    indicators, by = [one.partition("=")[0] for one in names_of(indicators)], names_of(by)
    require_known(cohort, indicators, list(cohort.indicators), "indicators")
    _require_variables(cohort, [*by, *names_of(ordered)])
    require_known(cohort, list(scale or {}), list(cohort.indicators), "indicators")
    if cohort.evidence != "respondents":
        blank = lay_out([], DIFFERENCES)
        table = estimate(cohort, indicators, by=by, level=level)
        broken = table.loc[table["domain"].isin(by), "indicator"]
        table = _from(cohort, [table[table["indicator"].isin(broken)]], by)
        return Groups(table, lay_out([], TESTS), blank, blank)
    least = survey_groups.LEAST_BASE if min_base is None else min_base
    tables: list[pd.DataFrame] = []
    tests: list[dict] = []
    differences: list[dict] = []
    trends: list[dict] = []
    with spark_failures(cohort):
        for table in read_answers(cohort, indicators, merge):
            answers = on_scale(table, scale or {})
            require_groups(by, answers.variables, cohort.id)
            totals = read_totals(answers, answers.within_reach(by))
            tables.append(table_of(answers, totals, by, level, None, min_base))
            pairs = [(one, domain) for one in totals for domain in one.domains if domain.name in by]
            for one, domain in sorted(pairs, key=lambda pair: by.index(pair[1].name)):
                tests += survey_groups.associations(one, domain, least)
                differences += survey_groups.differences(one, domain, level, least)
                if domain.name in names_of(ordered):
                    trends += survey_groups.trends(one, domain, level, least)
    estimates = _from(cohort, tables, by)
    return Groups(
        estimates if bases else estimates[[*ESTIMATES]],
        _family(cohort, tests, TESTS, by),
        _family(cohort, differences, DIFFERENCES, by),
        _family(cohort, trends, DIFFERENCES, by),
    )


def _family(
    cohort: Cohort, rows: Sequence[dict], columns: Sequence[str], by: Sequence[str]
) -> pd.DataFrame:
    """Lay out tests whose p are adjusted for one another."""
    table = lay_out([row | {"cohort": cohort.id} for row in rows], columns)
    return _from(cohort, [table.assign(p_adjusted=holm(table["p_value"]))], by)


def breakdowns(cohort: Cohort) -> list[str]:
    """Those of `DOMAINS` and of the cohort's own ``by`` that a table has or is linked to."""
    tables = list(read_answers(cohort))
    named = dict.fromkeys((*DOMAINS, *cohort.about.by))
    return [one for one in named if any(table.within_reach([one]) for table in tables)]


def _from(cohort: Cohort, parts: Sequence[pd.DataFrame], by: Sequence[str]) -> pd.DataFrame:
    """Put parts of a table together, and say in ``attrs`` where it comes from."""
    table = pd.concat([*parts] or [lay_out([], ESTIMATES)], ignore_index=True)
    named = set(table["indicator"])
    units = {(one.table, one.unit) for one in cohort.indicators.values() if one.id in named}
    table.attrs = origin(cohort) | {
        "by": list(by),
        "evidence": cohort.evidence,
        "selection": {unit: cohort.about.selected(name, unit) for name, unit in sorted(units)},
    }
    if cohort.evidence == "respondents":
        table.attrs["publication"] = NOT_PUBLIC
    return table


def _require_measured(
    cohort: Cohort, indicators: Collection[str], by: Sequence[str], tables: Sequence[Table]
) -> None:
    """Refuse indicators that no table measures, and breakdowns that none reaches."""
    measured = [one.id for table in tables for one in table.indicators]
    require_known(cohort, indicators, measured, "indicators", "measured")
    for table in tables:
        require_groups(by, table.variables, cohort.id)
    reached = {one for table in tables for one in table.within_reach(by)}
    lost = [one for one in by if one not in reached]
    if lost and tables:
        raise QuestionError(
            f"{cohort.id}: no table of answers reaches {len(lost)} of {len(by)} breakdowns.",
            found=", ".join(lost),
            expected="variables with one answer a cell, of a table or of one that shares an "
            "identifier with it; several answers in a cell make no groups",
            do="leave them out, or give both tables the identifier that links them, which is"
            " `unique` in the one that has a row for each",
        )


def _require_variables(cohort: Cohort, by: Sequence[str]) -> None:
    """Refuse breakdowns by what is no variable of the cohort."""
    known = [*(one.name for one in reversed(cohort.codebook)), *cohort.indicators]  # own first
    require_known(cohort, [name for both in by for name in both.split("*")], known, "variables")


def require_known(
    cohort: Cohort, asked: Collection[str], known: Collection[str], what: str, how: str = "known"
) -> None:
    """Refuse names that a cohort does not have, with those that are near."""
    unknown = [name for name in asked if name not in known]
    if not unknown:
        return
    raise QuestionError(
        f"{cohort.id}: {len(unknown)} of {len(asked)} {what} are not {how}.",
        found=", ".join(unknown),
        expected=meant(unknown[0], dict.fromkeys(known)),
        where="indicators.csv and codebook.csv",
    )
