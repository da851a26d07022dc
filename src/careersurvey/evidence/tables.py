"""The hand-written tables: their columns, how one is read, and what a row of each is."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from careersurvey.errors import CohortError
from careersurvey.evidence.text import control_mark, near, so_many

if TYPE_CHECKING:
    import pandas as pd

#: Columns of each table, by the name of its file.
COLUMNS = {
    "indicators.csv": (
        *("indicator", "label", "section", "unit", "table", "variable", "measure", "denominator"),
        *("categories", "base", "base_label", "among", "favourable"),
    ),
    "codebook.csv": ("variable", "table", "question", "type", "values", "missing", "unit"),
    "phrases.csv": ("indicator", "category", "phrase"),
    "reported.csv": (
        *("id", "where", "section", "indicator", "category", "domain", "group", "unit", "base"),
        *("base_id", "base_n", "base_from", "reported", "form", "note"),
    ),
    "relations.csv": ("id", "relation", "parts", "whole", "strength", "where", "because"),
    "recommendations.csv": ("id", "where", "addressee", "text_phrase", "indicators"),
    "described.csv": ("id", "kind", "where", "described", "statements"),
    "conflicts.csv": ("check", "clash", "why", "reconciled"),
    "crosswalk.csv": (
        *("cohort_a", "indicator_a", "category_a", "cohort_b", "indicator_b", "category_b"),
        *("closeness", "because"),
    ),
    "schools.csv": ("school_id", "name", "local_authority", "region", "region_source", "closed"),
}
#: What a variable can be.
TYPES = ("category", "number", "text", "identifier", "date")
#: Value of a question that was asked and left blank; never asked is null.
NO_ANSWER = "no_answer"
#: Domain and group of everyone, so that no variable and no value is called so.
ALL = "all"
#: What begins a line of a new ``cohort.toml`` that is proposed, and one that is doubted.
TODO, DECIDE = "# TODO ", "# DECIDE "
#: Value of a declared missing code for which neither codebook nor cohort has a name.
MISSING = "missing"

_NEEDED = {
    "indicators.csv": ("indicator", "unit", "measure"),
    "codebook.csv": ("variable", "type"),
    "reported.csv": ("id", "where", "indicator", "unit", "reported", "form"),
    "relations.csv": ("id", "relation", "parts", "whole", "strength"),
    "schools.csv": ("school_id", "name"),
}
_RANGE = r"\s*(-?\d+(?:\.\d+)?)?\s*\.\.\s*(-?\d+(?:\.\d+)?)?(\s+whole)?\s*"
_AND = r"&(?=[^=&;]+=)"
_TERM = r"(?s)\s*([^=\s]+)\s*=\s*(.+?)\s*"


class Condition(NamedTuple):
    """A filter: ``helpline_heard=yes;not_sure & school_type=sponsored``; all terms must hold."""

    terms: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition as it is written; an empty one holds for everyone."""
        return cls(tuple(map(_term, re.split(_AND, text)))) if text.strip() else cls()

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def as_sets(self) -> frozenset[tuple[str, frozenset[str]]]:
        """Its terms and their values, in no order: equal where two conditions hold of the same."""
        return frozenset((variable, frozenset(values)) for variable, values in self.terms)

    def __str__(self) -> str:
        return " & ".join(f"{variable}={';'.join(values)}" for variable, values in self.terms)


#: How an indicator is measured: as shares of a base, or from numbers that were given.
SHARES = ("share", "multiple")
NUMBERS = ("mean", "median", "quantile", "total", "ratio")
#: Of these differences are estimated, of groups and of cohorts.
COMPARED = (*SHARES, "mean", "ratio")


class Variable(NamedTuple):
    """One variable of one table, as the codebook has it."""

    name: str
    table: str
    question: str
    type: str
    values: tuple[str, ...] = ()  # allowed answers; for a number, one range such as ``0..100``
    missing: tuple[str, ...] = ()  # codes that are no answer on purpose, such as ``refused``
    unit: str = ""

    @property
    def range(self) -> tuple[float | None, float | None]:
        """The least and greatest number allowed; None where the codebook sets no limit."""
        match = re.fullmatch(_RANGE, ";".join(self.values))
        if match is None:
            return (None, None)
        low, high = (float(end) if end else None for end in match.groups()[:2])
        return (low, high)

    @property
    def is_whole(self) -> bool:
        """Whether the codebook says that numbers are whole: ``0..8 whole``."""
        match = re.fullmatch(_RANGE, ";".join(self.values))
        return match is not None and bool(match[3])


class Indicator(NamedTuple):
    """A quantity that can be measured in any cohort, as ``indicators.csv`` has it."""

    id: str
    label: str
    section: str
    unit: str
    table: str
    variables: tuple[str, ...]  # one, or the boxes of a select-all in the order of the categories
    measure: str
    denominator: str
    categories: tuple[str, ...]  # in the order of telling; of a quantile its probabilities
    base: str
    base_label: str
    among: Condition
    favourable: str

    @property
    def is_either_or(self) -> bool:
        """Whether its base gave one of two answers, so that either leaves the other."""
        alone = self.measure == "share" and self.base in ("", "answered")
        return alone and len(self.categories) == 2


class Predicate(NamedTuple):
    """How a finding is said, as ``phrases.csv`` has it."""

    phrase: str = ""  # after "of the 60 schools"
    short: str = ""  # the same for a title, after the unit and `whom`
    whom: str = ""  # of which of its units it is, where it is not of all: "with a sixth form"


@lru_cache(maxsize=4096)
def split_list(cell: str) -> tuple[str, ...]:
    """Return the entries of a cell that separates them by ``;``."""
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def read_written(path: Path, columns: Iterable[str] = ()) -> pd.DataFrame:
    """Read a hand-written table as text; the index is the line of the file."""
    import pandas as pd

    names, rows = read_rows(path, columns)
    lines = pd.Index(list(rows), name="line", dtype=object if not rows else None)
    return pd.DataFrame(list(rows.values()), columns=names, index=lines, dtype=object)


def read_rows(
    path: Path, columns: Iterable[str] = (), *, drafts: bool = False
) -> tuple[list[str], dict[int, dict[str, str]]]:
    """Read a hand-written table: its columns, and by line its rows; drafts only if asked for."""
    columns = tuple(columns) or COLUMNS[path.name.removeprefix("proposed_")]
    lines = _lines(path)
    # A spreadsheet may save columns in which nothing stands.
    used = max((n for _, row in lines for n, cell in enumerate(row, 1) if cell.strip()), default=0)
    lines = [(number, row[:used]) for number, row in lines]
    if path.name == "reported.csv" and not drafts:
        lines = [(number, row) for number, row in lines if not row[0].startswith("#")]
    if not lines:
        raise _amiss(path, f"{path.name} is empty.", expected=", ".join(columns), do=_WRITE)
    header = [name.strip() for name in lines[0][1]]
    _require_columns(path, header, columns)
    _require_cells(path, len(header), lines)
    names = [*columns, *(name for name in header if name not in columns)]
    blank = dict.fromkeys(names, "")
    rows = {
        n: blank | dict(zip(header, map(str.strip, cells), strict=True)) for n, cells in lines[1:]
    }
    return names, rows


def read_indicators(path: Path) -> dict[str, Indicator]:
    """Read ``indicators.csv`` by id."""
    _, rows = read_rows(path)
    found: dict[str, Indicator] = {}
    wrong: dict[int, str] = {}
    for line, row in rows.items():
        try:
            found[row["indicator"]] = indicator_of(row)
        except ValueError:
            wrong[line] = repr(row["among"])
    if wrong:
        raise _amiss(
            path,
            f"{path.parent.name}: {len(wrong)} of {len(rows)} indicators are among nobody that "
            "can be told.",
            wrong.values(),
            expected="variable=value;value, joined by &",
            where=f"{path} lines {_first(wrong)}",
        )
    _require_once(path, [row["indicator"] for row in rows.values()])
    return found


def indicator_of(row: Mapping[str, str]) -> Indicator:
    """Return a row of ``indicators.csv`` as it is meant."""
    given = {name: row[name] for name in COLUMNS["indicators.csv"]}
    identifier, variables = given.pop("indicator"), given.pop("variable")
    return Indicator(
        id=identifier,
        variables=split_list(variables),
        categories=split_list(given.pop("categories")),
        among=Condition.parse(given.pop("among")),
        **given,
    )


def read_codebook(path: Path) -> tuple[Variable, ...]:
    """Read ``codebook.csv``: a variable for each row and each table that it names."""
    _, rows = read_rows(path)
    return tuple(variable for row in rows.values() for variable in variables_of(row))


def variables_of(row: Mapping[str, str]) -> list[Variable]:
    """Return a row of ``codebook.csv`` as a variable of each table that it names."""
    values, missing = split_list(row["values"]), split_list(row["missing"])
    return [
        Variable(row["variable"], table, row["question"], row["type"], values, missing, row["unit"])
        for table in split_list(row["table"]) or ("",)
    ]


def read_phrases(path: Path) -> dict[tuple[str, str], Predicate]:
    """Read ``phrases.csv`` by indicator and category: how a finding is said."""
    _, rows = read_rows(path)
    keys = [(row["indicator"], row["category"]) for row in rows.values()]
    _require_once(path, [f"{indicator}={category}" for indicator, category in keys])
    said = (Predicate(*(row.get(name, "") for name in Predicate._fields)) for row in rows.values())
    return dict(zip(keys, said, strict=True))


def as_written(rows: Iterable[tuple], name: str) -> pd.DataFrame:
    """Return rows of ``indicators.csv`` or ``codebook.csv`` as it is written, all text."""
    import pandas as pd

    # Fields stand in the order of the columns; but for lists of entries they write themselves.
    plain = str | Condition
    cells = [[str(one) if isinstance(one, plain) else ";".join(one) for one in row] for row in rows]
    return pd.DataFrame(cells, columns=list(COLUMNS[name]), dtype=object)


def _term(part: str) -> tuple[str, tuple[str, ...]]:
    match = re.fullmatch(_TERM, part)
    values = split_list(match[2]) if match else ()
    if match is None or not values:
        raise ValueError('"variable = value;value", joined by " & "')
    return match[1], values


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Rows of a CSV that are not blank, each with the line that it ends on."""
    rows: list[tuple[int, list[str]]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for row in reader:
                rows.append((reader.line_num, row))
            return [(line, row) for line, row in rows if any(map(str.strip, row))]
    except FileNotFoundError:
        raise _amiss(path, f"There is no {path.name}.", where=path.parent) from None
    except UnicodeDecodeError:
        raise _amiss(path, f"{path.name} is not UTF-8 text.", do="save it as CSV UTF-8") from None
    except csv.Error as problem:
        where = f"{path} line {rows[-1][0] + 1 if rows else 1} and below"
        do = "close the quotation mark that begins a cell there; write one inside a cell twice"
        raise _amiss(path, f"{path.name} is not CSV.", [problem], where=where, do=do) from None
    except (OSError, ValueError) as problem:
        found = getattr(problem, "strerror", problem)
        raise _amiss(path, f"{path.name} cannot be read.", [found]) from None


def _require_cells(path: Path, width: int, lines: list[tuple[int, list[str]]]) -> None:
    """Refuse rows that are not as wide as the header, and cells with marks of control."""
    ragged = {number: len(row) for number, row in lines if len(row) != width}
    if ragged:
        raise _amiss(
            path,
            f"{path.parent.name}: {len(ragged)} of {len(lines) - 1:,} rows of {path.name} "
            "have too few or too many cells.",
            [f"{cells} cells in line {number}" for number, cells in ragged.items()],
            expected=f"{width} cells; text with a comma stands in double quotes",
        )
    marked = [(number, row) for number, row in lines if control_mark("".join(row))]
    wrong = [(number, cell) for number, row in marked for cell in row if control_mark(cell)]
    if wrong:
        raise _amiss(
            path,
            f"{path.name}: {so_many(len(wrong), 'cell')} hold marks of control.",
            [repr(control_mark(cell)) for _, cell in wrong],
            where=f"{path.name} rows {_first(number for number, _ in wrong)}",
            do="take these marks out, or save the file as UTF-8",
        )


def _require_once(path: Path, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        count = f"{len(twice)} of {len({*names})} names"
        what = f"{path.parent.name}: {count} stand twice in {path.name}."
        raise _amiss(path, what, twice, do="keep one row of each")


_WRITE = "write that header, and save the file as CSV with commas between its cells"


def _require_columns(path: Path, header: list[str], columns: tuple[str, ...]) -> None:
    of_cohort = f"{path.parent.name}: {path.name}"
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        named = [name or "a column without a name" for name in repeated]
        raise _amiss(path, f"{of_cohort} has a column twice.", named, do="keep one of each")
    absent = [name for name in columns if name not in header]
    needed = [name for name in _NEEDED.get(path.name, columns) if name in absent]
    unknown = [name for name in header if name not in columns]
    misspelt = [name for name in unknown if near(name, absent, least=0.8)]
    if needed or misspelt:
        found = misspelt or (header if {*header} == {*unknown} else [f"no {', '.join(needed)}"])
        what = f"{of_cohort} does not have the columns that it needs."
        raise _amiss(path, what, found, expected=", ".join(columns), do=_WRITE)


def _amiss(path: Path, what: str, found: Iterable[object] = (), **said: object) -> CohortError:
    """Return the error for a hand-written table, with the first things that were found in it."""
    return CohortError(what, **{"found": _first(found) or None, "where": path} | said)


def _first(found: Iterable[object]) -> str:
    return ", ".join(map(str, [*found][:5]))
