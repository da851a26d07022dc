"""Findings by group: estimates, whether the groups differ, and by how much two of them do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from careersurvey.evidence.answers.engines import spark_failures
from careersurvey.evidence.cohort import Cohort
from careersurvey.inference.association import rao_scott
from careersurvey.inference.breakdowns_sums import (
    Sums,
    bases,
    degrees_of,
    open_sums,
    ratios_of,
    two_way,
)
from careersurvey.inference.estimates import LEAST_BASE, Answers, known_to, read_answers
from careersurvey.inference.intervals import holm
from careersurvey.inference.printed import estimate_printed
from careersurvey.inference.questions import Question
from careersurvey.inference.sampled import table_of
from careersurvey.inference.surveys import Broken, Survey, breakdowns, open_survey
from careersurvey.inference.tidy import tidy

DOMAINS = ("school_type", "sixth_form", "region")

_TESTS = {
    "cohort": "str",
    "indicator": "str",
    "category": "str",
    "domain": "str",
    "groups": "Int64",
    "left_out": "str",
    "base_n": "Int64",
    "n_clusters": "Int64",
    "statistic": "float64",
    "numerator_df": "float64",
    "denominator_df": "float64",
    "p_value": "float64",
    "p_adjusted": "float64",
    "reason": "str",
}
_DIFFERENCES = {
    "cohort": "str",
    "indicator": "str",
    "category": "str",
    "unit": "str",
    "domain": "str",
    "group": "str",
    "against": "str",
    "base_n": "Int64",
    "base_against": "Int64",
    "estimate": "float64",
    "std_error": "float64",
    "conf_low": "float64",
    "conf_high": "float64",
    "level": "float64",
    "degrees": "Int64",
    "p_value": "float64",
    "shown": "bool",
}
TEST_COLUMNS, DIFFERENCE_COLUMNS = tuple(_TESTS), tuple(_DIFFERENCES)


@dataclass(frozen=True)
class Breakdown:
    """Findings by group.

    Attributes
    ----------
    estimates : pandas.DataFrame
        The estimates table: everyone, and every group of every domain.
    tests : pandas.DataFrame
        `TEST_COLUMNS`, a row for each table of groups by answers.
    differences : pandas.DataFrame
        `DIFFERENCE_COLUMNS` of each domain that has two groups, the first against the second.
    """

    estimates: pd.DataFrame
    tests: pd.DataFrame
    differences: pd.DataFrame


def breakdown_of(
    cohort: Cohort,
    *,
    indicators: Collection[str] = (),
    by: Sequence[str] = DOMAINS,
    level: float = 0.95,
    min_base: int = LEAST_BASE,
) -> Breakdown:
    """Break indicators down by group, and test whether the groups answer differently.

    The test is Rao and Scott's second-order F on the table of groups by answers
    (`association.rao_scott`). A share's answers are tested together, those of a select-all one
    option at a time; means, totals and ratios are estimated and not tested. All the tests of one
    call are one family, and ``p_adjusted`` is Holm's over it.

    Parameters
    ----------
    cohort : Cohort
        Whose files have been screened, as `estimates.estimate` does.
    indicators : collection of str
        Ids, or quantities such as ``helpline_promoted=all_years``, whose whole indicator is
        taken. Those that the cohort does not measure are passed over; none means all.
    by : sequence of str
        Variables of the table or of one that it is linked to, ``a*b`` for a crossing. One that a
        table cannot reach is passed over for it.
    level : float
        Confidence level, between 0 and 1.
    min_base : int
        A group with fewer in the base of a finding keeps its row, loses its numbers, and is left
        out of the test, which names it.

    Returns
    -------
    Breakdown
        Of a cohort of printed figures: what is printed of these groups, and no test.

    Raises
    ------
    CohortError, DesignError, QuestionError
        As `estimates.estimate`.
    """
    if cohort.evidence != "respondents":
        printed = _printed(cohort, indicators, by, level)
        return Breakdown(printed, _laid_out([], _TESTS), _laid_out([], _DIFFERENCES))
    with spark_failures(cohort):
        return _of_respondents(cohort, indicators, by, level, min_base)


def _of_respondents(
    cohort: Cohort, indicators: Collection[str], by: Sequence[str], level: float, min_base: int
) -> Breakdown:
    estimates, tests, apart = [tidy(pd.DataFrame())], [], []
    for answers in _answers(cohort, indicators):
        survey, broken = _open(cohort, answers, _reached(answers, by))
        if not survey.questions:
            continue
        estimates.append(table_of(survey, broken, level, min_base=min_base))
        for sums in open_sums(survey, broken[1:]):
            tests += associations_of(sums, max(min_base, 1))
            if len(sums.domain.groups) == 2:
                apart += differences_of(sums, sums.domain.groups, level, max(min_base, 1))
    tested = _laid_out(tests, _TESTS)
    tested["p_adjusted"] = holm(tested["p_value"])
    table = pd.concat(estimates, ignore_index=True)
    return Breakdown(table, tested, _laid_out(apart, _DIFFERENCES))


def differences(
    cohort: Cohort,
    domain: str,
    group: str,
    against: str,
    *,
    indicators: Collection[str] = (),
    level: float = 0.95,
    min_base: int = LEAST_BASE,
) -> pd.DataFrame:
    """Estimate by how much two groups of one sample differ.

    Groups of one sample share strata, and may share clusters, so the variance of the difference
    is v_aa + v_bb - 2 v_ab, with the covariance by the design. Limits and p are of Student's t
    on the clusters less the strata in which either group is present.

    Parameters
    ----------
    cohort : Cohort
        Of respondents, whose files have been screened.
    domain, group, against : str
        A variable, the group in question and the one that is taken from it.
    indicators : collection of str
        As `breakdown_of`.
    level : float
        Confidence level, between 0 and 1.
    min_base : int
        Where either group has fewer in the base, there is a row without numbers.

    Returns
    -------
    pandas.DataFrame
        `DIFFERENCE_COLUMNS`, a row for each category of a share and for each mean or ratio;
        totals are not compared. ``p_value`` is blank where the variance is 0.

    Raises
    ------
    ValueError
        A group that the domain does not have.
    CohortError, DesignError, QuestionError
        As `estimates.estimate`.
    """
    rows = []
    with spark_failures(cohort):
        for answers in _answers(cohort, indicators):
            survey, broken = _open(cohort, answers, _reached(answers, (domain,)))
            for sums in open_sums(survey, broken[1:]):
                rows += differences_of(sums, (group, against), level, max(min_base, 1))
    return _laid_out(rows, _DIFFERENCES)


def _answers(cohort: Cohort, indicators: Collection[str]) -> Iterator[Answers]:
    """Tables of answers with the wanted indicators that each measures."""
    for answers in read_answers(cohort):
        wanted = answers.measured["indicator"].isin(_ids(indicators))
        measured = answers.measured[wanted] if len(indicators) else answers.measured
        if not measured.empty:
            yield Answers(answers.name, answers.frame, measured, answers.design, answers.linked)


def _ids(quantities: Collection[str]) -> list[str]:
    return [quantity.partition("=")[0] for quantity in quantities]


def _reached(answers: Answers, by: Sequence[str]) -> list[str]:
    """Keep the domains all of whose variables the table has or is linked to."""
    frames = [answers.frame, *(frame for _, frame in answers.linked.values())]
    columns = {column for frame in frames for column in frame.columns}
    return [both for both in by if columns.issuperset(both.split("*"))]


def _open(cohort: Cohort, answers: Answers, by: Sequence[str]) -> tuple[Survey, list[Broken]]:
    given = (answers.frame, answers.measured, known_to(cohort, answers.name), answers.design)
    survey = open_survey(*given, by, answers.linked, cohort.id)
    return survey, breakdowns(survey, by) if survey.questions else []


def _printed(
    cohort: Cohort, indicators: Collection[str], by: Sequence[str], level: float
) -> pd.DataFrame:
    """What is printed of these groups, and of everyone beside them."""
    printed = cohort.reported["domain"].isin(list(by))
    if indicators:
        printed &= cohort.reported["indicator"].isin(_ids(indicators))
    if not printed.any():
        return tidy(pd.DataFrame())
    table = estimate_printed(cohort, level=level)
    kept = table["indicator"].isin(cohort.reported.loc[printed, "indicator"])
    return table[kept & table["domain"].isin(["all", *by])].reset_index(drop=True)


def associations_of(sums: Sums, min_base: int) -> Iterator[dict]:
    """Test each finding of an opened breakdown: a share's answers together, options one by one.

    Parameters
    ----------
    sums : Sums
    min_base : int
        As `breakdown_of`.

    Yields
    ------
    dict
        Cells of `TEST_COLUMNS` but ``p_adjusted``. ``reason`` says why there is no test.
    """
    for number, question in enumerate(sums.survey.questions):
        columns = np.flatnonzero(sums.broken.statistics.question == number)
        if not question.is_share or _is_itself(question, sums.domain.name):
            continue
        together = [columns] if question.measure == "share" else [[one] for one in columns]
        for tested in together:
            option = question.categories[tested[0] - columns[0]]
            row = {
                "cohort": sums.survey.cohort,
                "indicator": question.indicator,
                "category": "" if question.measure == "share" else option,
                "domain": sums.domain.name,
            }
            yield row | _test(sums, np.asarray(tested), min_base)


def _is_itself(question: Question, domain: str) -> bool:
    return set(question.variables) <= set(domain.split("*"))


def _test(sums: Sums, columns: np.ndarray, min_base: int) -> dict:
    base = bases(sums, columns[0])
    kept = base >= min_base
    clusters, degrees = degrees_of(sums, columns[0], kept)
    names = np.array(sums.domain.groups, dtype=object)
    row = {
        "groups": int(kept.sum()),
        "left_out": "; ".join(names[~kept]),
        "base_n": int(base[kept].sum()),
        "n_clusters": clusters,
        "reason": "",
    }
    if kept.sum() < 2:
        return row | {"reason": f"fewer than two groups with a base of {min_base}"}
    shares, covariance = two_way(sums, columns, kept)
    found = rao_scott(shares, covariance, degrees)
    if np.isnan(found.p_value):
        return row | {"reason": _why_not(shares, degrees)}
    return row | found._asdict()


def _why_not(shares: np.ndarray, degrees: int) -> str:
    if (shares.sum(axis=0) > 0).sum() < 2:
        return "all gave the same answer"
    return "no degrees of freedom" if degrees < 1 else "the design leaves no error"


def differences_of(
    sums: Sums, pair: tuple[str, str], level: float, min_base: int
) -> Iterator[dict]:
    """Compare two groups of an opened breakdown on every share, mean and ratio.

    Parameters
    ----------
    sums : Sums
    pair : tuple of str
        The group in question and the one that is taken from it.
    level : float
    min_base : int

    Yields
    ------
    dict
        Cells of `DIFFERENCE_COLUMNS`.

    Raises
    ------
    ValueError
        A group that the domain does not have.
    """
    if strange := [name for name in pair if name not in sums.domain.groups]:
        raise ValueError(f"{sums.domain.name} has no group {', '.join(strange)}")
    places = [sums.domain.groups.index(name) for name in pair]
    statistics = sums.broken.statistics
    for column in np.flatnonzero(~statistics.total):
        question = sums.survey.questions[statistics.question[column]]
        base, base_against = bases(sums, column)[places]
        row = {
            "cohort": sums.survey.cohort,
            "indicator": question.indicator,
            "category": question.categories[statistics.category[column]],
            "unit": question.unit,
            "domain": sums.domain.name,
            "group": pair[0],
            "against": pair[1],
            "base_n": base,
            "base_against": base_against,
            "level": level,
            "shown": bool(min(base, base_against) >= min_base),
        }
        yield row | (_difference(sums, column, places, level) if row["shown"] else {})


def _difference(sums: Sums, column: int, places: list[int], level: float) -> dict:
    from scipy.special import stdtr, stdtrit

    value, covariance = ratios_of(sums, column, places)
    either = np.isin(np.arange(len(sums.domain.groups)), places)
    degrees = degrees_of(sums, column, either)[1]
    estimate = value[0] - value[1]
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    error = np.sqrt(max(variance, 0.0))
    row = {"estimate": estimate, "std_error": error, "degrees": degrees}
    if degrees < 1:
        return row
    reach = stdtrit(degrees, (1 + level) / 2) * error
    row |= {"conf_low": estimate - reach, "conf_high": estimate + reach}
    return row | ({"p_value": 2 * stdtr(degrees, -abs(estimate) / error)} if error else {})


def _laid_out(rows: list[dict], kinds: dict[str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(kinds))
    return frame.astype(kinds)
