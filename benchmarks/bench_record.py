"""Time and memory of the audit, of bounds and of a draw, besides start-up.

Each line says the seconds of processor time, the most memory held so far, and the limit.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import scipy.optimize  # noqa: F401  start-up is not part of what is timed

from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.tables import COLUMNS
from careersurvey.inference.audit import audit
from careersurvey.inference.bounds import bound_count, bounds
from careersurvey.inference.draws import draw

COHORT = "data/ofsted-2013"
QUESTIONS = (
    "school_type=converter & sixth_form=yes & overall_effectiveness=outstanding",
    "careers_strategy=no & external_advisers=none",
    "pre16_helped=yes & post16_helped=yes",
)
MEMORY_MB = 500


def timed(what: str, seconds: float, run: Callable[[], object]) -> bool:
    """Run once, print what it took, and say whether it was within the limits."""
    before = time.process_time()
    run()
    took = time.process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:<75} {took:6.2f} s of {seconds:g}   {memory:4.0f} MB of {MEMORY_MB}")
    return took < seconds and memory < MEMORY_MB


def twelve_items() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, str]:
    """Twelve yes/no findings on 60 schools, each printed as a count: 4,096 cells."""
    names = [f"finding_{number:02}" for number in range(12)]
    about = [{"indicator": "schools", "measure": "count", "categories": ""}]
    about += [{"indicator": name, "measure": "share", "categories": "yes;no"} for name in names]
    counts = [("schools", "", 60), *((name, "yes", 57 - n) for n, name in enumerate(names))]
    rows = [_row(f"R{n:02}", *each) for n, each in enumerate(counts)]
    none = pd.DataFrame(columns=list(COLUMNS["relations.csv"]))
    question = " & ".join(f"{name}=yes" for name in names)
    return pd.DataFrame(rows), none, pd.DataFrame(about), question


def tied_items() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, str]:
    """Return the twelve, each printed once more of the schools that have the first: one table."""
    statements, none, about, question = twelve_items()
    first = {"domain": "finding_00", "group": "yes", "base_id": "finding_00=yes"}
    of_57 = {"base_n": "57", "base_low": 57, "base_high": 57}
    more = [
        _row(f"X{n:02}", f"finding_{n:02}", "yes", 55 - n)
        | first
        | of_57
        | {"quantity": f"finding_{n:02}=yes @ finding_00=yes"}
        for n in range(1, 12)
    ]
    return pd.concat([statements, pd.DataFrame(more)]), none, about, question


def _row(id_: str, indicator: str, category: str, n: int) -> dict:
    base = {"base_id": "schools", "base_n": "60", "base_low": 60, "base_high": 60}
    alone = {"base_id": "", "base_n": "", "base_low": pd.NA, "base_high": pd.NA}
    return {
        "id": id_,
        "where": "p1",
        "indicator": indicator,
        "category": category,
        "domain": "",
        "group": "",
        "quantity": f"{indicator}={category}" if category else indicator,
        "reported": str(n),
        "form": "count",
        "count_low": n,
        "count_high": n,
        "share_low": None,
        "share_high": None,
        "share_low_open": False,
        "share_high_open": False,
    } | (base if category else alone)


def main() -> int:
    cohort = load_cohort(COHORT)
    within = [timed("audit of 2013", 5, lambda: audit(cohort))]
    within += [timed(f"bounds: {each}", 2, lambda q=each: bounds(cohort, q)) for each in QUESTIONS]
    for what, tables in (("", twelve_items()), (", tied in one table", tied_items())):
        name = f"bounds over 12 yes/no items{what}"
        within.append(timed(name, 5, lambda given=tables: bound_count(*given)))
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "draw"
        within.append(timed("draw of 2013", 1, lambda: draw(cohort, seed=1, output=to)))
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
