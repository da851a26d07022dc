"""Respondents that nobody asked: a folder of tables that agree with every printed figure."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from careersurvey.errors import CohortError
from careersurvey.evidence.cohort import Cohort, load_cohort
from careersurvey.evidence.tables import COLUMNS, Condition, Indicator, indicator_table
from careersurvey.evidence.text import names_of
from careersurvey.inference.record.dealing import MOST_UNITS, Drawn, draw_tables


def draw(
    cohort: Cohort | str | Path,
    *,
    seed: int,
    output: str | Path,
    without: str | Collection[str] = (),
) -> Path:
    """Write a cohort folder of synthetic respondents that agree with the printed figures.

    The record's necessary relations and the declared readings are taken. The counts are those of
    the possible record nearest to a random one, dealt out to people at random; nothing is claimed
    of how likely they are. Every row carries ``synthetic = true``; schools are numbered.

    Parameters
    ----------
    cohort : Cohort, str or Path
        A cohort with printed figures, its folder, or the id of one that is shipped.
    seed : int
        The same seed gives the same bytes.
    output : str or Path
        A folder that does not exist yet, or is empty.
    without : str or collection of str
        Ids of printed statements to leave out, with those of ``[record] set_aside``.

    Returns
    -------
    Path
        The folder, which ``careersurvey estimate`` reads.

    Raises
    ------
    CohortError
        If the folder holds something, or no table can be drawn.
    RecordError
        If the statements that are needed cannot all hold.

    Examples
    --------
    >>> import careersurvey as cs
    >>> drawn = cs.draw("ofsted-2013", seed=1, output="drawn")  # doctest: +SKIP
    >>> cs.estimate(drawn, "careers_strategy")  # doctest: +SKIP
    """
    cohort, target = load_cohort(cohort), Path(output).expanduser()
    _require_free(target)
    tables = draw_tables(cohort, seed=seed, without=names_of(without))
    if not tables:
        raise CohortError(
            f"{cohort.id}: there is nothing to draw.",
            found=f"no printed share of a base whose number is printed and at most {MOST_UNITS:,}",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as making:
        folder = Path(making) / target.name
        folder.mkdir()
        _write_folder(folder, cohort, seed, tables)
        if target.exists():
            target.rmdir()
        folder.replace(target)
    return target


def _require_free(target: Path) -> None:
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise CohortError(
            f"{target} is not an empty folder.",
            found="a file" if target.is_file() else f"{sum(1 for _ in target.iterdir())} entries",
            expected="a folder that does not exist yet, or is empty",
            do="name another folder with --output",
        )


# ---- the folder ---------------------------------------------------------------------------------


def _write_folder(folder: Path, cohort: Cohort, seed: int, tables: Sequence[Drawn]) -> None:
    (folder / "cohort.toml").write_text(_toml(cohort, seed, tables), encoding="utf-8")
    (folder / "README.md").write_text(_readme(cohort, seed, tables), encoding="utf-8")
    about = cohort.indicators
    drawn = {f"{t.name} {i}": _measured(t, about[i]) for t in tables for i in t.indicators}
    _write_csv(folder / "indicators.csv", indicator_table(drawn))
    codebook = pd.DataFrame(_codebook_rows(tables, about))
    _write_csv(folder / "codebook.csv", codebook.reindex(columns=COLUMNS["codebook.csv"]))
    for table in tables:
        _write_csv(folder / f"{table.name}.csv", pd.DataFrame(table.columns))


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _measured(table: Drawn, indicator: Indicator) -> Indicator:
    """The indicator as the table has it: one column, or a box for each category that is drawn."""
    boxes = [f"{indicator.id}__{category}" for category in indicator.categories]
    drawn = [box in table.columns for box in boxes]
    variables: tuple[str, ...] = (indicator.id,)
    categories = indicator.categories
    if any(drawn):
        variables = tuple(itertools.compress(boxes, drawn))
        categories = tuple(itertools.compress(categories, drawn))
    return replace(
        indicator,
        table=table.name,
        variables=variables,
        categories=categories,
        among=Condition(),
        base="",
    )


def _codebook_rows(tables: Sequence[Drawn], about: Mapping[str, Indicator]) -> list[dict]:
    homes: dict[str, list[str]] = {}
    for table in tables:
        for column in table.columns:
            homes.setdefault(column, []).append(table.name)
    return [
        {"variable": column, "table": ";".join(home)} | _variable(column, about)
        for column, home in homes.items()
    ]


def _variable(column: str, about: Mapping[str, Indicator]) -> dict:
    if column == "synthetic":
        asked = "Was the row made up?"
        return {"question": asked, "type": "category", "values": "true"}
    if column.endswith("_id"):
        unit = column.removesuffix("_id").replace("_", " ")
        return {"question": f"Number of the {unit}", "type": "identifier", "unit": unit}
    indicator, _, category = column.partition("__")
    label = about[indicator].label + (f": {category}" if category else "")
    values = "yes;no" if category else ";".join(about[indicator].categories)
    unit = about[indicator].unit
    return {"question": label, "type": "category", "values": values, "unit": unit}


def _toml(cohort: Cohort, seed: int, tables: Sequence[Drawn]) -> str:
    about = cohort.about
    cells = {
        "id": f"{cohort.id}-draw-{seed}",
        "title": f"Synthetic respondents that agree with: {cohort.title}",
        "evidence": "respondents",
        "publisher": "Made up by careersurvey draw",
        "reference": f"seed {seed}",
        "fieldwork": about.fieldwork,
        "sampling": "Nobody was asked: the rows were made up to agree with the printed figures of "
        f"{cohort.id}",
    }
    lines = ["# Made up from printed figures. See README.md for what it may not be used for.", ""]
    lines += ["[cohort]", *(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in cells.items())]
    lines += ["synthetic = true"]
    keys = [next(iter(table.columns)) for table in tables]
    for table, key in zip(tables, keys, strict=True):
        lines += ["", f"[tables.{table.name}]", f'file = "{table.name}.csv"']
        lines += ['blank = "not_asked"', f'unique = "{key}"']
        unlinked = [other for other in keys if other not in table.columns]
        lines += [f"unlinked = {json.dumps(unlinked)}"] * bool(unlinked)
    return "\n".join([*lines, ""])


def _readme(cohort: Cohort, seed: int, tables: Sequence[Drawn]) -> str:
    listed = "\n".join(
        f"- `{each.name}.csv`: {len(each.columns['synthetic']):,} rows, one a {each.unit}, "
        f"{len(each.indicators)} indicators"
        for each in tables
    )
    return f"""# Synthetic respondents of {cohort.id}, seed {seed}

Nobody in these tables exists. Every row is made up and says `synthetic = true`. The rows agree
with the printed figures of "{cohort.title}" on every base whose number is printed, as these
figures are read, and with the necessary relations between them. Means and totals are not drawn.

{listed}

Of all records that the figures allow, this is the one nearest to a record drawn at random, dealt
out to people at random. Where nothing is printed about two answers together they are independent,
by construction. How likely this record is beside another is not known, and nothing here says it.

## What it may be used for

To try out code, forms and figures on tables of the right shape, and to see how different
the tables behind the same printed figures can be, by drawing again with another seed.

## What it may not be used for

- To learn anything about a school, a parent or a student: there are none in it. Schools are
  numbered and stand for no school of the report.
- To estimate, test or publish anything that the report does not print. A cross-tabulation of these
  rows shows the method of drawing, not the survey; `careersurvey bounds` says what can be known.
- As a stand-in for the answers that were given, or as a base for comparison with another survey.
- Without its mark: no row may be passed on without the column `synthetic`.
"""
