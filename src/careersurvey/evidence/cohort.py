"""A cohort is a folder: what it is, what it measures, what it printed or was answered."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from careersurvey.errors import CohortError
from careersurvey.evidence.project import cohort_folder, name_of, shared_data
from careersurvey.evidence.settings import About, Settings, TableSettings, read_settings
from careersurvey.evidence.tables import (
    COLUMNS,
    SHARES,
    TODO,
    Indicator,
    Predicate,
    Variable,
    read_codebook,
    read_indicators,
    read_phrases,
    read_rows,
    read_written,
)
from careersurvey.evidence.text import meant, plural

if TYPE_CHECKING:
    import pandas as pd

#: The section of who was asked: what stands there is the make-up of a sample, and no outcome.
MAKE_UP = "scope"


@dataclass(frozen=True, repr=False)
class Cohort:
    """One wave of the survey: a folder, and what its hand-written files say."""

    folder: Path
    settings: Settings  # ``cohort.toml``, whole
    indicators: dict[str, Indicator]  # what can be measured: the shared ones, and its own
    #: The shared variables and its own: one of the same table and name takes the place of the
    #: shared one in that table alone.
    codebook: tuple[Variable, ...]
    #: The tables of a printed cohort as text, ``""`` where empty, the line of the file as index;
    #: `visited` is its ``schools.csv``.
    reported: pd.DataFrame
    relations: pd.DataFrame
    visited: pd.DataFrame
    recommendations: pd.DataFrame
    #: How a finding is said, by indicator and category; and in a title, where that is too long.
    phrases: dict[tuple[str, str], Predicate]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}: {self._holds()}>"

    def _holds(self) -> str:
        if self.evidence == "reported":
            return f"{plural(len(self.reported), 'printed figure')}"
        invented = "synthetic " * self.synthetic
        return f"{plural(len(self.settings.tables), 'table')} of {invented}answers"

    def __fspath__(self) -> str:
        """The folder: a cohort may stand wherever its folder or id may."""
        return os.fspath(self.folder)

    @property
    def about(self) -> About:
        """The ``[cohort]`` table of ``cohort.toml``: provenance, population, sampling."""
        return self.settings.cohort

    @property
    def id(self) -> str:
        """Name of the cohort, and of its folder under ``build/``."""
        return self.about.id

    @property
    def title(self) -> str:
        """What the survey or its report is called."""
        return self.about.title

    @property
    def evidence(self) -> str:
        """``reported`` or ``respondents``: known from printed figures, or from answers."""
        return self.about.evidence

    @property
    def synthetic(self) -> bool:
        """Whether the data were invented."""
        return self.about.synthetic

    @property
    def make_up(self) -> set[str]:
        """Indicators that tell who took part: what findings are broken down by, or the design."""
        designs = [table.design for table in self.settings.tables.values()]
        drawn = {name for design in designs for name in (*design.strata, *design.clusters)}
        apart = {*self.about.by} | drawn
        known = self.indicators.items()
        return {name for name, one in known if one.variables and apart.issuperset(one.variables)}

    @property
    def undecided(self) -> int:
        """How many rows of a scanned ``reported.csv`` nobody has decided; they are read nowhere."""
        path = self.folder / "reported.csv"
        rows = read_rows(path, drafts=True)[1].values() if path.exists() else ()
        return sum(row["id"].startswith(TODO) for row in rows)

    @property
    def places(self) -> dict[str, int]:
        """The report's places: how many of each kind of paragraph there are."""
        return self.settings.places

    def variables(self, table: str) -> dict[str, Variable]:
        """Variables of one table by name, in the order of the codebook."""
        return {variable.name: variable for variable in self.codebook if variable.table == table}

    def table(self, name: str) -> TableSettings:
        """Return the settings of a table of answers."""
        if name in self.settings.tables:
            return self.settings.tables[name]
        if self.settings.tables:
            raise CohortError(
                f"{self.id} has no table {name}.",
                expected=meant(name, self.settings.tables),
                where="cohort.toml",
            )
        raise CohortError(
            f"{self.id}: cohort.toml names no table of answers.",
            expected='[tables.parents] with file = "..."',
            where="cohort.toml",
            do="name each file of answers, see docs/cohorts.md",
        )

    def file(self, name: str, where: str = "cohort.toml") -> Path:
        """Return the path of one of the cohort's files, or of a folder of part files."""
        parts = PurePosixPath(name).parts + PureWindowsPath(name).parts
        climbs = ".." in parts or PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor
        path = self.folder / name
        if climbs or not _real(path).is_relative_to(self.folder.resolve()):
            raise CohortError(
                f"{self.id}: {name!r} lies outside the cohort's folder.",
                expected="a file in the folder of cohort.toml or below it",
                where=where,
                do="copy the file into the folder",
            )
        if not os.path.exists(path):
            there = sorted(other.name for other in self.folder.iterdir() if other.is_file())
            raise CohortError(
                f"{self.id}: there is no file {name}.",
                expected=meant(name, there),
                where=where,
                do="put the file into the cohort's folder, or correct its name",
            )
        return path


def load_cohort(folder: Cohort | str | Path) -> Cohort:
    """Read a cohort's hand-written files; answers stay on disk until they are asked for."""
    if isinstance(folder, Cohort):
        return folder
    path = cohort_folder(folder)
    return cohort_of(path, read_settings(path / "cohort.toml"))


def cohort_of(path: Path, settings: Settings) -> Cohort:
    """Read the hand-written files of a folder beside settings, which may not be in it yet."""
    about = settings.cohort
    printed = about.evidence == "reported"
    if printed and not (path / "reported.csv").is_file():
        raise CohortError(
            f"{about.id}: there is no reported.csv, and the cohort is printed figures.",
            expected="reported.csv, one row a printed figure",
            where=path,
            do='add it, or set evidence = "respondents" in cohort.toml',
        )
    files = {"reported": "reported", "relations": "relations", "visited": "schools"}
    files["recommendations"] = "recommendations"
    own = {name: _own_table(path / f"{file}.csv", printed) for name, file in files.items()}
    indicators = _extended(path, "indicators.csv", read_indicators)
    return Cohort(
        folder=path,
        settings=settings,
        indicators={name: _with_answers(one, settings) for name, one in indicators.items()},
        codebook=tuple(
            one._replace(values=answers_left(one.values, settings, one.table, one.name))
            for one in extended_codebook(path)
        ),
        phrases=_extended(path, "phrases.csv", read_phrases),
        **own,
    )


def origin(*cohorts: Cohort) -> dict[str, object]:
    """What a table says in ``attrs`` of where it comes from: the last cohort, and all folders."""
    folders = {each.id: name_of(each.folder) for each in cohorts}
    return {"cohort": cohorts[-1].id, "folders": folders}


def _extended(own: Path, name: str, read: Callable) -> dict:
    shared = shared_data() / name
    rows = {**read(shared)} if shared.exists() else {}
    return rows | read(own / name) if (own / name).exists() else rows


def _with_answers(one: Indicator, settings: Settings) -> Indicator:
    """An indicator without the categories that ``cohort.toml`` declares to be no answers."""
    if one.measure not in SHARES or len(one.variables) != 1:
        return one
    return one._replace(
        categories=answers_left(one.categories, settings, one.table, one.variables[0])
    )


def answers_left(
    values: tuple[str, ...], settings: Settings, table: str, variable: str
) -> tuple[str, ...]:
    """Values without those that ``cohort.toml`` declares to be no answers."""
    if table not in settings.tables:
        return values
    said = settings.tables[table]
    gone = {*said.not_asked, *said.no_answer}
    gone.update(said.missing.get("*", ()), said.missing.get(variable, ()))
    return tuple(value for value in values if value not in gone)


def extended_codebook(own: Path) -> tuple[Variable, ...]:
    """Return the shared codebook, with what a cohort's folder adds to it or has in its place."""
    shared = read_codebook(shared_data() / "codebook.csv")
    if not (own / "codebook.csv").exists():
        return shared
    added = read_codebook(own / "codebook.csv")
    taken = {(variable.name, variable.table) for variable in added}
    return (*(one for one in shared if (one.name, one.table) not in taken), *added)


def _own_table(path: Path, printed: bool) -> pd.DataFrame:
    import pandas as pd

    if printed and path.exists():
        return read_written(path)
    return pd.DataFrame(columns=list(COLUMNS[path.name]), dtype=object)


def _real(path: Path) -> Path:
    """Where a path leads, links followed; itself where it can lead nowhere."""
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):
        return path
