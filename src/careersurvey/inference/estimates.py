"""One door: a cohort in, its estimates out, from either kind of evidence, overall and by group."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import pandas as pd

from careersurvey.errors import QuestionError
from careersurvey.evidence.answers.engines import spark_failures
from careersurvey.evidence.cohort import Cohort, load_cohort, origin
from careersurvey.evidence.text import names_of
from careersurvey.inference.columns import DIFFERENCES, ESTIMATES, TESTS, lay_out
from careersurvey.inference.intervals import (
    METHODS,
    holm,
    require_level,
)
from careersurvey.inference.printed import estimate_printed
from careersurvey.inference.respondents import Answers, Merge, Scale, read_answers, require_sound
from careersurvey.inference.survey import groups as survey_groups
from careersurvey.inference.survey.domains import Domain, require_groups
from careersurvey.inference.survey.rows import table_of
from careersurvey.inference.survey.totals import Totals

DOMAINS = ("school_type", "sixth_form", "region")
NOT_PUBLIC = "These are one's own answers, with nothing hidden: not for publication."


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
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return "".join(
            f"<h4>{name}</h4>{table._repr_html_()}" for name, table in named.items() if len(table)
        )


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
) -> pd.DataFrame:
    """Estimate a cohort's indicators, from its printed figures or from its respondents.

    Parameters
    ----------
    cohort : Cohort, str or Path
        The cohort, its folder, or the id of one that is shipped.
    indicators : str or collection of str
        Ids of the indicators that are wanted; none means all.
    by : str or sequence of str
        Variables to break down by, beside the overall rows; ``"a*b"`` crosses two. Of print,
        those by which it breaks nothing down add no row.
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
    require_sound(cohort)
    if cohort.evidence == "respondents":
        with spark_failures(cohort):
            table = _of_respondents(cohort, indicators, by, level, interval, min_base, merge or {})
        return _from(cohort, table, by)
    table = estimate_printed(
        cohort,
        level=level,
        interval=_counting_method(cohort, interval),
        readings=readings,
        wide=wide,
        min_base=min_base or 0,
    )
    kept = table["domain"].isin(["all", *by]) if by else table["domain"] != ""
    if indicators:
        kept &= table["indicator"].isin(indicators)
    return _from(cohort, table[kept].reset_index(drop=True), by)


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
) -> Groups:
    """Break indicators down by group, and test whether the groups answer differently.

    The test is Rao and Scott's second-order F on the table of groups by answers
    (`survey.groups.rao_scott`). Means, totals, ratios and quantiles are estimated and not tested.
    All the tests of one call are one family, all its differences another and all its trends a
    third; ``p_adjusted`` is Holm's over it.

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
    merge : mapping of str to mapping, optional
        As `estimate` takes it.
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
        table = _from(cohort, _printed(cohort, indicators, by, level), by)
        return Groups(table, lay_out([], TESTS), blank, blank)
    with spark_failures(cohort):
        given = names_of(ordered), level, min_base, merge or {}, scale or {}
        return _groups_of(cohort, indicators, by, *given)


def breakdowns(cohort: Cohort) -> list[str]:
    """Those of `DOMAINS` and of the cohort's own ``by`` that a table has or is linked to."""
    tables = list(read_answers(cohort))
    named = dict.fromkeys((*DOMAINS, *cohort.about.by))
    return [one for one in named if any(table.within_reach([one]) for table in tables)]


def _of_respondents(
    cohort: Cohort,
    indicators: Collection[str],
    by: Sequence[str],
    level: float,
    interval: str | None,
    min_base: int | None,
    merge: Merge,
) -> pd.DataFrame:
    """Estimate each table of a cohort, in the order of cohort.toml."""
    tables = list(read_answers(cohort, indicators, merge))
    if indicators:
        measured = [one.id for table in tables for one in table.indicators]
        require_known(cohort, indicators, measured, "indicators", "measured")
    parts = [lay_out([], ESTIMATES)]
    for table in tables:
        require_groups(by, table.variables, cohort.id)
    _require_reached(cohort, by, tables)
    for table in tables:
        own = table.within_reach(by)
        given = (table.indicators, own, level, interval, min_base, cohort.id)
        parts.append(table_of(table.totals(own, cohort.id), *given))
    return pd.concat(parts, ignore_index=True)


def _groups_of(
    cohort: Cohort,
    indicators: Collection[str],
    by: Sequence[str],
    ordered: Sequence[str],
    level: float,
    min_base: int | None,
    merge: Merge,
    scale: Scale,
) -> Groups:
    tables = [lay_out([], ESTIMATES)]
    rows: dict[str, list[dict]] = {"tests": [], "differences": [], "trends": []}
    least = survey_groups.LEAST_BASE if min_base is None else min_base
    for table in read_answers(cohort, indicators, merge):
        answers = table.on(scale)
        require_groups(by, answers.variables, cohort.id)
        found = answers.totals(by, cohort.id)
        own = answers.within_reach(by)
        given = (answers.indicators, own, level, None, min_base, cohort.id)
        tables.append(table_of(found, *given))
        for totals, domain in _in_order(found, own):
            rows["tests"] += survey_groups.associations(totals, domain, cohort.id, least)
            rows["differences"] += survey_groups.differences(
                totals, domain, cohort.id, level, min_base=least
            )
            if domain.name in ordered:
                rows["trends"] += survey_groups.trends(totals, domain, cohort.id, level, least)
    tested = [lay_out(rows["tests"], TESTS)]
    tested += [lay_out(rows[name], DIFFERENCES) for name in ("differences", "trends")]
    adjusted = [table.assign(p_adjusted=holm(table["p_value"])) for table in tested]
    table = _from(cohort, pd.concat(tables, ignore_index=True), by)
    return Groups(table, *(_from(cohort, one, by) for one in adjusted))


def _in_order(found: Sequence[Totals], by: Sequence[str]) -> Iterator[tuple[Totals, Domain]]:
    """Breakdowns of all totals, in the order that they were asked for."""
    for name in by:
        for totals in found:
            yield from ((totals, domain) for domain in totals.domains if domain.name == name)


def _printed(
    cohort: Cohort, indicators: Collection[str], by: Sequence[str], level: float
) -> pd.DataFrame:
    """What is printed of these groups, and of everyone beside them."""
    printed = cohort.reported["domain"].isin(list(by))
    if indicators:
        printed &= cohort.reported["indicator"].isin(indicators)
    if not printed.any():
        return lay_out([], ESTIMATES)
    table = estimate_printed(cohort, level=level)
    kept = table["indicator"].isin(cohort.reported.loc[printed, "indicator"])
    return table[kept & table["domain"].isin(["all", *by])].reset_index(drop=True)


def _from(cohort: Cohort, table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Say in ``attrs`` where a table comes from."""
    measured = [one for one in cohort.indicators.values() if one.id in set(table["indicator"])]
    units = {(one.table, one.unit) for one in measured}
    table.attrs = origin(cohort) | {
        "by": list(by),
        "evidence": cohort.evidence,
        "selection": {unit: cohort.about.selected(name, unit) for name, unit in sorted(units)},
    }
    if cohort.evidence == "respondents":
        table.attrs["publication"] = NOT_PUBLIC
    return table


def _counting_method(cohort: Cohort, interval: str | None) -> str:
    if interval in (None, *METHODS):
        return interval or METHODS[0]
    raise QuestionError(
        f"{cohort.id}: {interval} intervals need respondents, and this cohort is printed figures.",
        expected=", ".join(METHODS),
        do="leave --interval out, or name one of these",
    )


def _require_reached(cohort: Cohort, by: Sequence[str], tables: Sequence[Answers]) -> None:
    reached = {one for table in tables for one in table.within_reach(by)}
    lost = [one for one in by if one not in reached]
    if lost and tables:
        raise QuestionError(
            f"{cohort.id}: no table of answers reaches {len(lost)} of {len(by)} breakdowns.",
            found=", ".join(lost),
            expected="variables of a table, or of one that shares an identifier with it",
            do="leave them out, or give both tables the column that links them",
        )


def _require_variables(cohort: Cohort, by: Sequence[str]) -> None:
    """Refuse breakdowns by what is no variable of the cohort."""
    known = [*cohort.indicators, *(variable.name for variable in cohort.codebook)]
    require_known(cohort, [name for both in by for name in both.split("*")], known, "variables")


def require_known(
    cohort: Cohort, asked: Collection[str], known: Collection[str], what: str, how: str = "known"
) -> None:
    """Refuse names that a cohort does not have, with those that are near."""
    unknown = [name for name in asked if name not in known]
    if not unknown:
        return
    near = [match for name in unknown for match in difflib.get_close_matches(name, known)]
    raise QuestionError(
        f"{cohort.id}: {len(unknown)} of {len(asked)} {what} are not {how}.",
        found=", ".join(unknown),
        expected=f"perhaps {', '.join(near)}" if near else f"{what} {how} in its tables",
        where="indicators.csv and codebook.csv",
    )
