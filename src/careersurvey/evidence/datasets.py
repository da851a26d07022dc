"""The data sets that a survey is: what was printed of whom, or what they answered, as tables."""

from __future__ import annotations

from collections import Counter
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from careersurvey.evidence.answers.table import compile_table
from careersurvey.evidence.cohort import Cohort, load_cohort, origin
from careersurvey.evidence.printed.statements import read_statements
from careersurvey.evidence.tables import as_written
from careersurvey.evidence.text import so_many

_AS_CALLED = {"reported": "as_printed", "where": "place"}
_COLUMNS = ["question", "category", "domain", "group", "as_printed", "count_low", "count_high"]
_COLUMNS += ["base_n", "base", "place", "id"]


class Survey(Cohort):
    """A cohort with its data sets; whatever takes a cohort takes it.

    Attributes
    ----------
    schools, parents, interviews : DataFrame
        Of answers, the coded table of that name. Of a printed report, the schools that it names,
        and what it prints of parents and of interviews, as `printed` has it.
    questions : DataFrame
        What can be asked for, by its id.
    """

    @property
    def schools(self) -> pd.DataFrame:
        """The schools that a report names, a row each; or their coded answers."""
        if self.evidence == "respondents":
            return self.answers("schools")
        return self._of_this(self.visited)

    @property
    def parents(self) -> pd.DataFrame:
        """What is printed of parents; or their coded answers."""
        return self._either("parents", "parent")

    @property
    def interviews(self) -> pd.DataFrame:
        """What is printed of interviews; or what was coded of each."""
        return self._either("interviews", "interview")

    @property
    def questions(self) -> pd.DataFrame:
        """What can be asked for: a row an indicator that is printed or was asked, by its id."""
        columns = ["label", "unit", "table", "measure", "categories", "section"]
        written = as_written(self.indicators.values(), "indicators.csv")
        known = written.set_index("indicator")[columns]
        if self.evidence == "respondents":
            return known[known["table"].isin(list(self.settings.tables))]
        return known[known.index.isin(self.reported["indicator"])]

    def answers(self, table: str) -> pd.DataFrame:
        """Return one table of coded answers.

        Parameters
        ----------
        table : str
            Its name in ``cohort.toml``.

        Returns
        -------
        DataFrame
            A row a respondent, a column a variable of the codebook, then those of the design.
            Categories as the codebook has them; ``no_answer`` of one who was asked and left it
            blank; a declared missing code as it is; null of one who was not asked. A number is
            null where there is none, its reason in ``variable__missing``; a question with several
            answers is a column a category, ``variable__category``.

        Raises
        ------
        CohortError
            If the cohort has no such table, or its file cannot be read.
        """
        frame: Any = compile_table(self, table).frame
        return self._of_this(frame.toPandas() if hasattr(frame, "toPandas") else frame.df())

    def printed(self, unit: str) -> pd.DataFrame:
        """Return what is printed of one unit, a row a statement.

        Parameters
        ----------
        unit : str
            ``parent``, ``interview``, ``school``, ``student``, ...

        Returns
        -------
        DataFrame
            ``question``, ``category``, ``domain`` and ``group`` (empty of everyone),
            ``as_printed``, ``count_low`` to ``count_high`` (the counts that the words can mean;
            blank where no base is printed), ``base_n`` and ``base`` (of how many, of whom),
            ``place`` in the report and ``id`` of the statement.
        """
        rows = read_statements(self)
        rows = rows[rows["unit"] == unit]
        known = self.indicators
        asked = [known[name].label if name in known else name for name in rows["indicator"]]
        one_number = rows["base_low"].where(rows["base_low"] == rows["base_high"])
        rows = rows.assign(question=asked, base_n=one_number)
        return self._of_this(rows.rename(columns=_AS_CALLED)[_COLUMNS])

    def _either(self, table: str, unit: str) -> pd.DataFrame:
        return self.answers(table) if self.evidence == "respondents" else self.printed(unit)

    def _of_this(self, table: pd.DataFrame) -> pd.DataFrame:
        table = table.reset_index(drop=True)
        table.attrs = origin(self)
        return table

    def _repr_html_(self) -> str:
        about = self.about
        told = {
            "id": self.id,
            "title": about.title,
            "published by": about.publisher,
            "fieldwork": about.fieldwork,
            "evidence": "synthetic: nobody was asked" if self.synthetic else self.evidence,
        }
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th><td>{escape(said)}</td></tr>'
            for name, said in [*told.items(), *self._tables().items()]
            if said
        )
        return f"<table><caption>{escape(repr(self))}</caption>{rows}</table>"

    def _tables(self) -> dict[str, str]:
        """What it holds, by the name under which a reader gets it."""
        if self.evidence == "respondents":
            number = Counter(one.table for one in self.indicators.values())
            known = self.settings.tables
            return {f'answers("{name}")': so_many(number[name], "indicator") for name in known}
        own, units = {"parent": "parents", "interview": "interviews"}, self.reported["unit"]
        often = Counter(units).most_common(6)
        told = {own.get(one, f'printed("{one}")'): so_many(n, "statement") for one, n in often}
        return ({"schools": so_many(len(self.visited), "row")} if len(self.visited) else {}) | told


def load(cohort: Cohort | str | Path) -> Survey:
    """Read a cohort's hand-written files; answers stay on disk until they are asked for.

    Parameters
    ----------
    cohort : Cohort, str or Path
        Its folder, from the working directory or from the project's, or the id of a cohort that
        is shipped.

    Returns
    -------
    Survey
        With the data sets that it is: ``schools``, ``parents``, ``interviews``, ``answers(table)``
        or ``printed(unit)``; with ``about``, ``indicators`` and ``codebook``.

    Raises
    ------
    CohortError
        If there is no such cohort, or one of its files cannot be read as it must be.

    Examples
    --------
    >>> import careersurvey as cs
    >>> survey = cs.load("ofsted-2013")
    >>> survey
    <Survey ofsted-2013: 247 printed figures>
    >>> survey.interviews.loc[0, ["as_printed", "count_low", "base_n"]].to_dict()
    {'as_printed': 'Only just over a third', 'count_low': 15, 'base_n': 43}
    """
    return Survey(**vars(load_cohort(cohort)))
