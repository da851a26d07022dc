"""Time and memory of the audit, of bounds and of a draw, besides start-up.

Each line says the seconds of processor time, the most memory held so far, and the limit.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pandas as pd
import scipy.optimize  # noqa: F401  start-up is not part of what is timed

from careersurvey.errors import RecordError
from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.inference.record.audit import audit_figures
from careersurvey.inference.record.bounds import find_bound
from careersurvey.inference.record.draw import draw
from careersurvey.inference.record.standings import standings

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


def bare(cohort: Cohort) -> Cohort:
    """The printed figures and relations of a cohort alone, without what names them by their ids."""
    settings = cohort.settings.model_copy(update={"record": type(cohort.settings.record)()})
    written = ("recommendations", "described", "conflicts")
    nothing = {name: getattr(cohort, name)[:0] for name in written}
    return replace(cohort, settings=settings, **nothing)


def tied(cohort: Cohort, items: int, pairs: Iterable[tuple[int, int]]) -> tuple[Cohort, str]:
    """Yes/no findings of 60 schools, printed alone and by pair, and the question of them all.

    One school misses each finding, and never two of a pair.
    """
    names = [f"finding_{number:02}" for number in range(items)]
    yes_no = {name: cohort.indicators["careers_strategy"]._replace(id=name) for name in names}
    rows = [{"indicator": "schools_visited", "reported": "60"}]
    rows += [_row(name, "59", base_id="schools_visited", base_n="60") for name in names]
    for one, two in pairs:
        group = {"domain": names[two], "group": "yes", "base_id": f"{names[two]}=yes"}
        rows.append(_row(names[one], "58", base_n="59", **group))
    printed = pd.DataFrame(rows).assign(id=[f"R{n}" for n in range(len(rows))], form="count")
    made = replace(
        cohort,
        reported=printed.reindex(columns=cohort.reported.columns, fill_value="").fillna(""),
        relations=cohort.relations[:0],
        indicators=cohort.indicators | yes_no,
    )
    return made, " & ".join(f"{name}=yes" for name in names)


def _row(name: str, n: str, **base: str) -> dict[str, str]:
    return {"indicator": name, "category": "yes", "reported": n} | base


def refused(cohort: Cohort, count: str) -> None:
    """Ask a question that is too wide, and be told so."""
    try:
        find_bound(cohort, count)
    except RecordError:
        return
    raise AssertionError(f"{count} was answered")


def repeated(cohort: Cohort, times: int) -> Cohort:
    """The printed figures and relations several times over, each with indicators of its own."""
    named = "|".join(sorted(cohort.indicators, key=len, reverse=True))

    def every(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
        parts = []
        for number in range(times):
            own = {
                name: table[name].str.replace(rf"\b({named})\b", rf"\1_{number}", regex=True)
                for name in columns
            }
            parts.append(table.assign(id=table["id"] + f"_{number}", **own))
        return pd.concat(parts, ignore_index=True)

    return replace(
        cohort,
        reported=every(cohort.reported, ("indicator", "base_id", "domain")),
        relations=every(cohort.relations, ("parts", "whole")),
        indicators={
            f"{name}_{number}": one._replace(id=f"{name}_{number}")
            for name, one in cohort.indicators.items()
            for number in range(times)
        },
    )


def main() -> int:
    cohort = load_cohort(COHORT)
    alone = bare(cohort)
    found = audit_figures(cohort)
    within = [
        timed("audit of 2013", 2, lambda: audit_figures(cohort)),
        timed("standings of 2013", 0.5, lambda: standings(cohort, found=found)),
        timed("audit of 732 statements", 2, lambda: audit_figures(repeated(alone, 3))),
    ]
    within += [
        timed(f"bounds: {each}", 2, lambda q=each: find_bound(cohort, q)) for each in QUESTIONS
    ]
    for items, seconds in ((12, 1), (16, 5), (24, 10)):
        ring = tied(alone, items, ((n, (n + 1) % items) for n in range(items)))
        star = tied(alone, items, ((n, 0) for n in range(1, items)))
        name = f"bounds over {items} yes/no items, tied in a"
        within.append(timed(f"{name} ring", seconds, lambda given=ring: find_bound(*given)))
        within.append(timed(f"{name} star", seconds, lambda given=star: find_bound(*given)))
    seven, twelve = (tied(alone, items, combinations(range(items), 2)) for items in (7, 12))
    name = "bounds over 7 yes/no items, tied all with all"
    within.append(timed(name, 2, lambda: find_bound(*seven)))
    within.append(timed("refusal of 12 that are", 0.2, lambda: refused(*twelve)))
    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder) / "draw"
        within.append(timed("draw of 2013", 1, lambda: draw(cohort, seed=1, output=to)))
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
