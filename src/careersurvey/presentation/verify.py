"""Every exhibit made again, and held byte for byte against the one that is published."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

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
    with outputs.alone(site.folders):
        made = make(site, outputs.beside(site.build), jobs, quiet)
    folders = [*site.folders[:-1], shipped("figures") / site.id, site.build / "figures"]
    stands = next((folder for folder in folders if folder.is_dir()), None)
    published = outputs.checksums(stands) if stands else {}
    again = made.set_index("file")[["notebook", "sha256"]]
    table = again.reindex(again.index.union([*published], sort=False), fill_value="")
    stood = table.index.map(published)
    found = table["sha256"] == stood, stood.isna(), table["sha256"] == ""
    verdicts = np.select(found, ["same", "not published", "not made"], "differs")
    return table.assign(verdict=verdicts).reset_index(names="file")
