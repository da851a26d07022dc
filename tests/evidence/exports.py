"""Exports written for tests, and what comes of the proposals that `new` makes of them."""

import csv
import io
from pathlib import Path

from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.scaffold.folder import new_cohort
from careersurvey.inference.estimates import estimate


def write(folder: Path, rows, name: str = "export.csv") -> Path:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    (folder / name).write_text(text.getvalue(), encoding="utf-8")
    return folder / name


def taken_whole(folder: Path, export: Path, key: Path | None = None) -> Path:
    """A proposal with every TODO taken and every DECIDE left."""
    new_cohort(folder, export, {"key": key})
    for name in ("codebook", "indicators"):
        (folder / f"proposed_{name}.csv").rename(folder / f"{name}.csv")
    toml = folder / "cohort.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("# TODO ", ""), encoding="utf-8")
    return folder


def doubts(folder: Path) -> list[str]:
    """The lines that are to be decided, without their remarks."""
    lines = (folder / "cohort.toml").read_text(encoding="utf-8").splitlines()
    marked = [line.removeprefix("# DECIDE ") for line in lines if line.startswith("# DECIDE ")]
    return [line.partition("  #")[0] for line in marked]


def decided(folder: Path) -> Path:
    """The same with every DECIDE taken as it stands."""
    toml = folder / "cohort.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("# DECIDE ", ""), encoding="utf-8")
    return folder


def amiss(folder: Path) -> set[str]:
    """Rules that fail, but for what is still to be said of the survey itself."""
    failed = {check.rule for check in screen(load_cohort(folder)) if not check.passed}
    return failed - {"provenance"}


def shares(folder: Path) -> dict[str, dict[str, float]]:
    """Of each indicator, the estimate of each category; a mean stands under ``""``."""
    table = estimate(load_cohort(folder), min_base=0)
    found: dict[str, dict[str, float]] = {}
    for row in table.to_dict("records"):
        found.setdefault(row["indicator"], {})[row["category"]] = row["estimate"]
    return found
