"""The settings of one table, with its cohort's id and the paths of its files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from careersurvey.evidence.cohort import Cohort


@dataclass(frozen=True)
class TableSettings:
    """The settings of one table, complete: what the file says or the default."""

    cohort: str
    name: str
    path: Path
    key: Path | None = None
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    decimal: str = "."
    thousands: str = ""
    header_rows: int = 1
    skip_rows: int = 0
    short_rows: str = "refuse"
    blank: str = "no_answer"
    not_asked: tuple[str, ...] = ()
    no_answer: tuple[str, ...] = ()
    date_origin: str = ""
    date_format: str = ""
    unique: str = ""
    sums_tolerance: float = 0
    design: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    keep: dict[str, list[str]] = field(default_factory=dict)
    sums: dict[str, list[str]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where in ``cohort.toml`` these settings stand."""
        return f"cohort.toml [tables.{self.name}]"


def table_names(cohort: Cohort) -> list[str]:
    """Return the names of the cohort's tables of answers, in the order of ``cohort.toml``."""
    return list(cohort.settings.tables) or [cohort.table("")]


def table_settings(cohort: Cohort, name: str) -> TableSettings:
    """Return the settings of one table."""
    given = given_settings(cohort, name)
    return TableSettings(
        cohort=cohort.id,
        name=name,
        path=inside(cohort, given.pop("file"), name),
        key=inside(cohort, given.pop("key"), name) if "key" in given else None,
        **given,
    )


def given_settings(cohort: Cohort, name: str) -> dict[str, Any]:
    """Return what ``cohort.toml`` says of one table."""
    return cohort.table(name).model_dump(mode="json", exclude_unset=True, warnings="none")


def inside(cohort: Cohort, file: str, table: str, *, parts_too: bool = False) -> Path:
    """Return the path of a cohort's file, which must lie in the cohort's own folder."""
    return cohort.file(file, f"cohort.toml [tables.{table}]")
