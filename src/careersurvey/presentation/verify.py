"""Every exhibit made again, and held byte for byte against the one that is published."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.project import shipped
from careersurvey.presentation import outputs
from careersurvey.presentation.report import find_site, make

COLUMNS = ["exhibit", "notebook", "file", "data", "sha256", "verdict"]


def verify(
    cohort: str | Path = "ofsted-2013",
    baseline: str | Path | None = None,
    jobs: int | None = None,
    *,
    quiet: bool = False,
) -> pd.DataFrame:
    """Make every exhibit of a cohort again, apart, and compare it with the one that stands."""
    site = find_site(cohort, baseline, {})
    again = outputs.beside(site.build)
    with outputs.alone(site.folders):
        try:
            made = make(site, again, jobs, quiet)
        finally:
            shutil.rmtree(again, ignore_errors=True)
    folders = [*site.copies, shipped("figures") / site.id, site.build / "figures"]
    stands = next((folder for folder in folders if folder.is_dir()), None)
    return _compare(made, {} if stands is None else outputs.checksums(stands))


def _compare(made: pd.DataFrame, published: Mapping[str, str]) -> pd.DataFrame:
    """Hold what was made now against the checksums of what stands."""
    stands = pd.DataFrame({"file": [*published], "stood": [*published.values()]})
    both = made.merge(stands, how="outer", on="file", sort=False, indicator="verdict")
    same = both["sha256"].eq(both["stood"])
    words = {"left_only": "not published", "right_only": "not made", "both": "differs"}
    both["verdict"] = both["verdict"].astype(str).map(words).mask(same, "same")
    both["exhibit"] = both["exhibit"].fillna(both["file"].map(lambda name: Path(name).stem))
    both["sha256"] = both["sha256"].fillna(both["stood"])
    return both.assign(data=both["exhibit"] + ".csv").reindex(columns=COLUMNS).fillna("")


def recomputed(cohort: str | Path) -> str:
    """Say how many of the printed figures are recomputed, and how the others stand."""
    from careersurvey.inference.record.standings import standings

    loaded = load_cohort(cohort)
    if loaded.evidence != "reported":
        return ""
    counts = standings(loaded)["standing"].value_counts()
    said = ", ".join(f"{number:,} {standing}" for standing, number in counts.items())
    return f"Of {counts.sum():,} printed figures: {said}."
