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


def verify(
    cohort: str | Path = "ofsted-2013",
    baseline: str | Path | None = None,
    jobs: int | None = None,
    *,
    quiet: bool = False,
) -> pd.DataFrame:
    """Make every exhibit of a cohort again, apart, and compare it with the one that stands."""
    site = find_site(cohort, baseline)
    again = outputs.beside(site.build)
    with outputs.alone(site.folders):
        try:
            made = make(site, again, jobs, quiet)
        finally:
            shutil.rmtree(again, ignore_errors=True)
    folders = [*site.folders[:-1], shipped("figures") / site.id, site.build / "figures"]
    stands = next((folder for folder in folders if folder.is_dir()), None)
    published = {} if stands is None else outputs.checksums(stands)
    rows = {name: made[name].set_axis(made["file"]) for name in ("notebook", "sha256")}
    files = dict.fromkeys([*made["file"], *published])
    table = pd.DataFrame(rows, index=[*files]).fillna("")
    verdicts = [_verdict(name, table["sha256"][name], published) for name in files]
    return table.assign(verdict=verdicts).reset_index(names="file")


def _verdict(name: str, made: str, published: Mapping[str, str]) -> str:
    if not made or name not in published:
        return "not published" if made else "not made"
    return "same" if made == published[name] else "differs"


def recomputed(cohort: str | Path) -> str:
    """Say how many of the printed figures are recomputed, and how the others stand."""
    from careersurvey.inference.record.standings import standings

    loaded = load_cohort(cohort)
    if loaded.evidence != "reported":
        return ""
    counts = standings(loaded)["standing"].value_counts()
    said = ", ".join(f"{number:,} {standing}" for standing, number in counts.items())
    return f"Of {counts.sum():,} printed figures: {said}."
