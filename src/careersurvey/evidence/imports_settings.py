"""What ``cohort.toml`` may say of a table of answers; a key that it does not know is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from careersurvey.errors import CohortError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.imports_text import meant

#: Every setting of ``[tables.NAME]`` and the kind of its value.
SETTINGS: dict[str, type | tuple[type, ...]] = {
    "file": str,
    "sheet": str,
    "encoding": str,
    "delimiter": str,
    "decimal": str,
    "thousands": str,
    "header_rows": int,
    "skip_rows": int,
    "short_rows": str,
    "key": str,
    "blank": str,
    "not_asked": list,
    "no_answer": list,
    "date_origin": str,
    "date_format": str,
    "unique": str,
    "sums_tolerance": (int, float),
    "design": dict,
    "columns": dict,
    "codes": dict,
    "missing": dict,
    "asked": dict,
    "options": dict,
    "keep": dict,
    "sums": dict,
}
#: Every setting of ``[tables.NAME.design]`` and the kind of its value.
DESIGN_SETTINGS: dict[str, type | tuple[type, ...]] = {
    "weight": str,
    "strata": list,
    "clusters": list,
    "population": list,
    "replicate_weights": (str, list),
    "replicate_method": str,
    "scale": (int, float),
    "rscales": (str, list),
    "fay_rho": (int, float),
    "mse": bool,
    "replicates": int,
    "seed": int,
    "lonely_psu": str,
    "df": (int, float),
}
OPTION_SETTINGS = ("variables", "separator", "ticked", "unticked", "nothing_ticked", "other")
_CHOICES = {
    "blank": ("no_answer", "not_asked"),
    "short_rows": ("refuse", "fill"),
    "decimal": (".", ","),
    "date_origin": ("excel", "excel-1904"),
}
_NOTHING_TICKED = ("no", "no_answer", "not_asked")


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
    """Return the names of the cohort's tables of answers, in the order of ``cohort.toml``.

    Raises
    ------
    CohortError
        If there is none.
    """
    tables = cohort.settings.get("tables")
    if not isinstance(tables, dict) or not tables:
        raise CohortError(
            f"{cohort.id}: cohort.toml names no table of answers.",
            found=", ".join(f"[{key}]" for key in cohort.settings),
            expected='[tables.parents] with file = "..."',
            where="cohort.toml",
            do="name each file of answers, see docs/cohorts.md",
        )
    return list(tables)


def table_settings(cohort: Cohort, name: str) -> TableSettings:
    """Return the settings of one table.

    Raises
    ------
    CohortError
        If the table is not there, a key is not known, a value is of the wrong kind, or a
        path leaves the cohort's folder.
    """
    given = given_settings(cohort, name)
    rest = {key: _plain(key, value) for key, value in given.items() if key not in ("file", "key")}
    return TableSettings(
        cohort=cohort.id,
        name=name,
        path=inside(cohort, given["file"], name),
        key=inside(cohort, given["key"], name) if "key" in given else None,
        **rest,
    )


def given_settings(cohort: Cohort, name: str) -> dict[str, Any]:
    """Return what ``cohort.toml`` says of one table, with every key known and every value read.

    Raises
    ------
    CohortError
        If the table is not there, a key is not known, or a value is of the wrong kind.
    """
    known = table_names(cohort)
    if name not in known:
        raise CohortError(
            f"{cohort.id} has no table {name}.", expected=meant(name, known), where="cohort.toml"
        )
    given = cohort.settings["tables"][name]
    _require_known(cohort.id, name, given)
    _require_blocks(cohort.id, name, given)
    return given


def inside(cohort: Cohort, file: str, table: str, *, parts_too: bool = False) -> Path:
    """Return the path of a cohort's file, which must lie in the cohort's own folder.

    With `parts_too` it may be a folder of part files, as Spark writes a table.

    Raises
    ------
    CohortError
        If the path is absolute, climbs out, leads out by a link, or there is no such file.
    """
    parts = PurePosixPath(file).parts + PureWindowsPath(file).parts
    climbs = ".." in parts or PurePosixPath(file).is_absolute() or PureWindowsPath(file).anchor
    path = cohort.folder / file
    if climbs or not path.resolve().is_relative_to(cohort.folder.resolve()):
        raise CohortError(
            f"{cohort.id}: a file of table {table} lies outside the cohort's folder.",
            found=repr(file),
            expected="a file in the folder of cohort.toml or below it",
            where=f"cohort.toml [tables.{table}]",
            do="copy the file into the folder",
        )
    if not (path.is_file() or (parts_too and path.is_dir())):
        there = sorted(other.name for other in cohort.folder.iterdir() if other.is_file())
        raise CohortError(
            f"{cohort.id}: there is no file {file}.",
            expected=meant(file, there),
            where=f"cohort.toml [tables.{table}]",
            do="put the file into the cohort's folder, or correct its name",
        )
    return path


def _require_known(cohort: str, name: str, given: object) -> None:
    if not isinstance(given, dict) or "file" not in given:
        raise CohortError(
            f"{cohort}: table {name} names no file.",
            expected='file = "parents.csv"',
            where=f"cohort.toml [tables.{name}]",
        )
    for key, value in given.items():
        if key not in SETTINGS:
            raise _unknown(cohort, key, SETTINGS, f"[tables.{name}]")
        kind = SETTINGS[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise _wrong(cohort, f"[tables.{name}] {key}", value, _in_words(kind))
        if key in _CHOICES and value not in _CHOICES[key]:
            raise _wrong(cohort, f"[tables.{name}] {key}", value, " or ".join(_CHOICES[key]))
    if given.get("thousands") == given.get("decimal", "."):
        place, other = (
            f"[tables.{name}] thousands",
            'another mark than decimal, which is "." unless said',
        )
        raise _wrong(cohort, place, given["thousands"], other)
    for key, least in (("header_rows", 1), ("skip_rows", 0)):
        if given.get(key, least) < least:
            raise _wrong(cohort, f"[tables.{name}] {key}", given[key], f"{least} or more")


def _require_blocks(cohort: str, name: str, given: dict[str, Any]) -> None:
    _require_design(cohort, name, given.get("design", {}))
    for block, values in given.get("options", {}).items():
        place = f"[tables.{name}.options.{block}]"
        if not isinstance(values, dict) or not ({"variables", "separator"} & set(values)):
            raise _wrong(cohort, place, values, 'variables = ["a", "b"] or separator = ";"')
        for key in values:
            if key not in OPTION_SETTINGS:
                raise _unknown(cohort, key, OPTION_SETTINGS, place)
        _require_option(cohort, place, values)
    _require_inner(cohort, name, given)


def _require_design(cohort: str, name: str, design: dict[str, Any]) -> None:
    for key, value in design.items():
        if key not in DESIGN_SETTINGS:
            raise _unknown(cohort, key, DESIGN_SETTINGS, f"[tables.{name}.design]")
        kind = DESIGN_SETTINGS[key]
        place = f"[tables.{name}.design] {key}"
        if not isinstance(value, kind):
            raise _wrong(cohort, place, value, _in_words(kind))
        if key in ("strata", "clusters") and not all(isinstance(one, str) for one in value):
            raise _wrong(cohort, place, value, 'a list of columns, ["school_id"]')
        entries = value if key == "population" else []
        if not all(isinstance(one, str | int | float) and one is not True for one in entries):
            raise _wrong(cohort, place, value, "a list of columns or numbers")


def _require_option(cohort: str, place: str, values: dict[str, Any]) -> None:
    for key, value in values.items():
        if key in ("separator", "other") and not (isinstance(value, str) and value):
            raise _wrong(cohort, f"{place} {key}", value, 'text in quotes, ";"')
        listed = isinstance(value, list) or (key, value) == ("ticked", "any")
        if key in ("variables", "ticked", "unticked") and not listed:
            raise _wrong(cohort, f"{place} {key}", value, 'a list, ["1"]')
        if key == "nothing_ticked" and value not in _NOTHING_TICKED:
            raise _wrong(cohort, f"{place} {key}", value, " or ".join(_NOTHING_TICKED))
    if {"variables", "separator"} <= set(values):
        raise _wrong(cohort, place, "variables and separator", "one of the two")


def _require_inner(cohort: str, name: str, given: dict[str, Any]) -> None:
    kinds = {"columns": str, "codes": dict, "asked": str, "keep": list, "sums": list}
    for block, kind in kinds.items():
        for key, value in given.get(block, {}).items():
            if not isinstance(value, kind):
                place = f"[tables.{name}.{block}] {key}"
                raise _wrong(cohort, place, value, _in_words(kind))
    for key, value in given.get("missing", {}).items():
        if not isinstance(value, (list, dict)):
            raise _wrong(cohort, f"[tables.{name}.missing] {key}", value, 'a list, ["-9"]')


def _plain(key: str, value: Any) -> Any:
    if key in ("not_asked", "no_answer"):
        return tuple(map(str, value))
    if key in ("keep", "sums"):
        return {inner: [str(one) for one in many] for inner, many in value.items()}
    if key == "codes":
        return {name: {k: str(v) for k, v in codes.items()} for name, codes in value.items()}
    return value


def _unknown(cohort: str, key: str, known: object, place: str) -> CohortError:
    return CohortError(
        f"{cohort}: cohort.toml has a setting that is not known.",
        found=repr(key),
        expected=meant(key, known),
        where=f"cohort.toml {place}",
        do="correct it, or take it out; docs/cohorts.md lists them all",
    )


def _wrong(cohort: str, place: str, found: object, expected: str) -> CohortError:
    return CohortError(
        f"{cohort}: a setting of cohort.toml is not as it must be.",
        found=repr(found),
        expected=expected,
        where=f"cohort.toml {place}",
    )


def _in_words(kind: type | tuple[type, ...]) -> str:
    words = {
        str: 'text in quotes, "..."',
        int: "a whole number",
        list: 'a list, ["a", "b"]',
        dict: "a table of its own, name = ...",
        bool: "true or false",
        (str, list): 'text in quotes, or a list, ["a", "b"]',
    }
    return words.get(kind, "a number")
