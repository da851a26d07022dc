"""A cohort is a folder: what it is, what it measures, what it printed or was answered."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

from careersurvey.errors import CohortError
from careersurvey.evidence import tables
from careersurvey.evidence.project import cohort_folder, name_of, shared_data
from careersurvey.evidence.settings import About, Settings, TableSettings, read_settings
from careersurvey.evidence.settings_kinds import EVERYONE
from careersurvey.evidence.text import meant, so_many

if TYPE_CHECKING:
    import pandas as pd

#: The section of who was asked: what stands there is the make-up of a sample, and no outcome.
MAKE_UP = "scope"
#: Tables of a printed cohort.
OF_PRINT = ("reported", "relations", "recommendations", "conflicts")


@dataclass(frozen=True, repr=False)
class Cohort:
    """One wave of the survey: a folder, and what its hand-written files say."""

    folder: Path
    settings: Settings  # ``cohort.toml``, whole
    indicators: dict[str, tables.Indicator]  # what can be measured: the shared ones, and its own
    shared: dict[str, tables.Indicator]  # those that all cohorts share
    #: The shared variables and its own: one of the same table and name takes the place of the
    #: shared one in that table alone.
    codebook: tuple[tables.Variable, ...]
    #: The tables of a printed cohort as text, ``""`` where empty, the line of the file as index;
    #: `visited` is its ``schools.csv``.
    reported: pd.DataFrame
    relations: pd.DataFrame
    visited: pd.DataFrame
    recommendations: pd.DataFrame
    described: pd.DataFrame  # case studies and the like, in our words
    conflicts: pd.DataFrame  # the wording of those that `audit` finds
    #: How a finding is said, by indicator and category; and in a title, where that is too long.
    phrases: dict[tuple[str, str], tables.Predicate]

    def __repr__(self) -> str:
        holds = so_many(len(self.reported), "printed figure")
        if self.evidence == "respondents":
            number = so_many(len(self.settings.tables), "table")
            holds = f"{number} of {'synthetic ' if self.synthetic else ''}answers"
        return f"<{type(self).__name__} {self.id}: {holds}>"

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
        telling = {*self.about.by}
        for table in self.settings.tables.values():
            telling.update(table.design.strata, table.design.clusters)
        asked = [one for one in self.indicators.values() if one.variables]
        return {one.id for one in asked if telling.issuperset(one.variables)}

    @property
    def undecided(self) -> int:
        """How many rows of a scanned ``reported.csv`` nobody has decided; they are read nowhere."""
        path = self.folder / "reported.csv"
        rows = tables.read_rows(path, drafts=True)[1].values() if path.exists() else ()
        return sum(row["id"].startswith(tables.TODO) for row in rows)

    def is_of_some(self, one: tables.Indicator) -> bool:
        """Whether a question is of some, or was put to some, of those in its table."""
        rules = self.settings.tables.get(one.table)
        asked = map(rules.asked_of, one.variables) if rules else ()
        return bool(one.among) or any(said != EVERYONE for said in asked)

    def variables(self, table: str) -> dict[str, tables.Variable]:
        """Variables of one table by name, in the order of the codebook."""
        return {variable.name: variable for variable in self.codebook if variable.table == table}

    def table(self, name: str) -> TableSettings:
        """Return the settings of a table of answers."""
        if name in self.settings.tables:
            return self.settings.tables[name]
        known = meant(name, self.settings.tables) if self.settings.tables else "[tables.parents]"
        do = 'give it a table in cohort.toml, with file = "...", see docs/cohorts.md'
        raise CohortError(f"{self.id} has no table {name}.", expected=known, do=do)

    def file(self, name: str, where: str = "cohort.toml") -> Path:
        """Return the path of one of the cohort's files, or of a folder of part files."""
        told, path = PureWindowsPath(name), self.folder / name  # which knows / and \\
        within = Path(os.path.realpath(path)).is_relative_to(self.folder.resolve())
        if told.anchor or ".." in told.parts or not within:
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
    shared = _if_there(shared_data() / "indicators.csv", tables.read_indicators)
    indicators = shared | _if_there(path / "indicators.csv", tables.read_indicators)
    return Cohort(
        folder=path,
        settings=settings,
        indicators={name: _as_asked(one, settings) for name, one in indicators.items()},
        shared=shared,
        codebook=tuple(
            one._replace(values=answers_left(one.values, settings, one.table, one.name))
            for one in extended_codebook(path)
        ),
        phrases=_if_there(shared_data() / "phrases.csv", tables.read_phrases)
        | _if_there(path / "phrases.csv", tables.read_phrases),
        visited=_of_print(path / "schools.csv", printed),
        described=_of_print(path / "described.csv", True),
        **{name: _of_print(path / f"{name}.csv", printed) for name in OF_PRINT},
    )


def origin(*cohorts: Cohort) -> dict[str, object]:
    """What a table says in ``attrs`` of where it comes from: the last cohort, and all folders."""
    folders = {cohort.id: name_of(cohort.folder) for cohort in cohorts}
    return {"cohort": cohorts[-1].id, "folders": folders}


def _if_there(file: Path, read: Callable[[Path], dict]) -> dict:
    return read(file) if file.exists() else {}


def _as_asked(indicator: tables.Indicator, settings: Settings) -> tables.Indicator:
    """An indicator without the categories that ``cohort.toml`` declares to be no answers."""
    if indicator.measure not in tables.SHARES or len(indicator.variables) != 1:
        return indicator
    about = indicator.table, indicator.variables[0]
    return indicator._replace(categories=answers_left(indicator.categories, settings, *about))


def answers_left(
    values: tuple[str, ...], settings: Settings, table: str, variable: str
) -> tuple[str, ...]:
    """Those of a variable's values that ``cohort.toml`` does not declare to be no answers."""
    if table not in settings.tables:
        return values
    given = settings.tables[table]
    declared = {*given.not_asked, *given.no_answer}
    declared.update(given.missing.get("*", ()), given.missing.get(variable, ()))
    return tuple(value for value in values if value not in declared)


def extended_codebook(own: Path) -> tuple[tables.Variable, ...]:
    """Return the shared codebook, with what a cohort's folder adds to it or has in its place."""
    shared = tables.read_codebook(shared_data() / "codebook.csv")
    if not (own / "codebook.csv").exists():
        return shared
    added = tables.read_codebook(own / "codebook.csv")
    taken = {(variable.name, variable.table) for variable in added}
    return (*(one for one in shared if (one.name, one.table) not in taken), *added)


def _of_print(path: Path, printed: bool) -> pd.DataFrame:
    """A table of a printed cohort; no rows where there is none, or people answered."""
    import pandas as pd

    if printed and path.exists():
        return tables.read_written(path)
    return pd.DataFrame(columns=list(tables.COLUMNS[path.name]), dtype=object)
