"""What one cohort says of one quantity, made ready to be set beside another cohort's."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from careersurvey.inference.differences import Side, counted

#: Units that the surveys draw; whatever else is counted lies in clusters within them.
DRAWN_UNITS = ("school", "provider", "institution", "school or provider")

Key = tuple[str, str]
#: No counts.
NOBODY = np.array([], dtype=int)


@dataclass(frozen=True)
class Held:
    """What one cohort says of one quantity.

    Attributes
    ----------
    estimate : float
        The share or mean; NaN where none may be drawn.
    low, high : float
        What the wording allows of it; the estimate itself for answers.
    base_n : int or None
        The base, where it is one number.
    base_words : str
        The base as a reader writes it, or as it is printed where it is no one number.
    side : Side or None
        Everything that it may be, with limits; None where no test can rest on it.
    why_not : str
        Why not, where `side` is None.
    count, base : ndarray of int
        Every count and base that the wording allows; empty for answers.
    clustered : bool
        Whether units of a printed base lie within the schools that were drawn.
    base_id : str
        The quantity that the printed base is.
    remark : str
        What a reader must know of how the share was come by.
    """

    estimate: float
    side: Side | None
    why_not: str = ""
    low: float = math.nan
    high: float = math.nan
    base_n: int | None = None
    base_words: str = ""
    count: np.ndarray = field(default_factory=lambda: NOBODY)
    base: np.ndarray = field(default_factory=lambda: NOBODY)
    clustered: bool = False
    base_id: str = ""
    remark: str = ""


def mirrored(held: Held, category: str) -> Held:
    """Return what the share of one of two categories leaves for the other."""
    turned = {"estimate": 1 - held.estimate, "low": 1 - held.high, "high": 1 - held.low}
    turned["remark"] = f"one share is what {category} leaves of its base"
    if held.side is None:
        return replace(held, **turned)
    count = held.base - held.count
    return replace(held, **turned, count=count, side=counted(count, held.base))


def with_deff(held: Held, deff: float) -> Side:
    """Return the side that a design effect would leave of a share printed without one."""
    return counted(held.count, held.base, deff) if held.clustered else held.side
