"""What respondents say of each quantity, with limits by their design at any level."""

from __future__ import annotations

import math
from collections.abc import Callable

from careersurvey.evidence.checks import screen
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.findings import require
from careersurvey.evidence.imports_spark import spark_failures
from careersurvey.inference.compare_side import Held, Key
from careersurvey.inference.differences import estimated
from careersurvey.inference.estimates import LEAST_BASE, WORTH_KNOWING, Answers, read_answers
from careersurvey.inference.intervals import design_limits
from careersurvey.inference.sampled import evaluate
from careersurvey.inference.surveys import breakdowns, open_survey

_ROUNDING = 1e-12  # a share nearer to 0 or 1 is that of nobody or of everybody


def hold_answers(cohort: Cohort) -> dict[Key, Held]:
    """Gather what a cohort's respondents say of everyone, by indicator and category.

    Parameters
    ----------
    cohort : Cohort
        A cohort of respondents.

    Returns
    -------
    dict
        A `Held` for each indicator and category. A base under `estimates.LEAST_BASE` is not
        shown, and nothing is compared on it.

    Raises
    ------
    CohortError
        If the cohort's files are not as they must be.
    """
    require([check for check in screen(cohort) if check.severity < WORTH_KNOWING], cohort.id)
    with spark_failures(cohort):
        tables = read_answers(cohort)
        return {key: held for answers in tables for key, held in _hold(cohort, answers).items()}


def _hold(cohort: Cohort, answers: Answers) -> dict[Key, Held]:
    survey = open_survey(
        answers.frame,
        answers.measured,
        cohort.codebook,
        answers.design,
        (),
        answers.linked,
        cohort.id,
    )
    if not survey.questions:
        return {}
    broken = breakdowns(survey, ())
    found, statistics = evaluate(survey, broken)[0], broken[0].statistics
    held = {}
    for place, (number, category) in enumerate(
        zip(statistics.question, statistics.category, strict=True)
    ):
        question = survey.questions[number]
        numbers = (getattr(found, name)[0, place] for name in _NUMBERS)
        key = question.indicator, question.categories[category]
        held[key] = _held(cohort.id, question.is_share, *(float(one) for one in numbers))
    return held


_NUMBERS = ("estimate", "variance", "base", "degrees")


def _held(
    cohort: str, share: bool, at: float, variance: float, base: float, degrees: float
) -> Held:
    about = {"base_n": int(base), "base_words": f"{int(base):,}"}
    if base < LEAST_BASE:
        why_not = f"another base: under {LEAST_BASE} answered in {cohort}, too few to be shown"
        return Held(math.nan, None, why_not=why_not, **about)
    if share and min(at, 1 - at) < _ROUNDING:
        at = float(round(at))
    about |= {"low": at, "high": at}
    if degrees <= 0:
        why_not = f"no interval for {cohort}: its design leaves no degrees of freedom"
        return Held(at, None, why_not=why_not, **about)
    make = _share_limits if share else _even_limits
    return Held(at, estimated(at, make(at, variance, base, degrees)), **about)


def _share_limits(at: float, variance: float, base: float, degrees: float) -> Callable:
    """Limits on the scale of log odds; Clopper and Pearson's at 0 and 1."""

    def limits(alpha: float) -> tuple[float, float]:
        low, high = design_limits(at, variance, base, degrees, 1 - alpha, "logit")
        return float(low), float(high)

    return limits


def _even_limits(at: float, variance: float, base: float, degrees: float) -> Callable:
    """Limits of a mean, a ratio or a total: as far below as above."""

    def limits(alpha: float) -> tuple[float, float]:
        from scipy.special import stdtrit

        reach = -stdtrit(degrees, alpha / 2) * math.sqrt(variance)
        return at - reach, at + reach

    return limits
