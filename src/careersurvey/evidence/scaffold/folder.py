"""``careersurvey new``: a cohort folder, blank or read off an export, made whole or not at all."""

from __future__ import annotations

import csv
import re
import shutil
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.coded import SYNTHETIC
from careersurvey.evidence.answers.files import add_labels, open_sheet
from careersurvey.evidence.answers.sheet import Sheet
from careersurvey.evidence.answers.table import compile_table
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.cohort import answers_left, cohort_of, extended_codebook
from careersurvey.evidence.project import SHIPPED, new_folder, shared_data, write_whole
from careersurvey.evidence.scaffold.lines import (
    GUISED,
    NOTED,
    UNREAD,
    found_lines,
    key,
    line,
    lines_of,
    plain,
    toml,
)
from careersurvey.evidence.scaffold.proposal import Proposal, propose, routes_of
from careersurvey.evidence.scaffold.tools import header_at, tool_of
from careersurvey.evidence.settings import TableSettings, read_settings, settings_of
from careersurvey.evidence.tables import (
    COLUMNS,
    DECIDE,
    TODO,
    Indicator,
    Variable,
    as_written,
    read_codebook,
    read_indicators,
)
from careersurvey.evidence.text import FORMULA_STARTS, clean, fold, meant, so_many

_OWN = {*COLUMNS, "questions.csv", "cohort.toml"}
_LOOKED_AT = 12
#: How a file is opened: what `new` guesses and a person can correct.
_HOW = ("file", "sheet", "encoding", "delimiter", "skip_rows", "header_rows", "key", "short_rows")
_QUESTIONS = ("table", "variable", "column", "question", "type", "values", "missing")
_NUMBERS = ("least", "greatest", "blank", "rows")
_IGNORED = "# Answers of people stay out of version control.\n{names}questions.csv\n"
#: What a new file begins with, and what stands below a table whose design nobody knows.
_ABOUT, _DESIGN = re.split(
    r"(?<=\n)(?=\n# How the sample)",
    (Path(__file__).parent / "new.toml").read_text("utf-8").rstrip(),
)
#: A setting, or a proposal of one.
_SETTING = re.compile(rf"({TODO}|{DECIDE})?\s*([A-Za-z_]+(?:\.[^=\s]+|\.\".*?\")*)\s*=")


def new_cohort(
    folder: Path,
    export: Path | None = None,
    corrections: Mapping[str, Any] | None = None,
    *,
    tables: Sequence[str] = (),
) -> str:
    """Write a cohort folder to edit, or read the export of one again, and say what to do next."""
    given = {name: one for name, one in (corrections or {}).items() if one is not None}
    if (folder / "cohort.toml").is_file() and export is None:
        return _read_again(folder, given)
    _require_name(folder)
    if (folder / "cohort.toml").is_file():
        raise CohortError(
            f"{folder} is a cohort already.",
            do="name another folder, or leave --from out to read its export again",
        )
    with new_folder(folder) as made:
        said = _from_export(made, export, given) if export else _blank(made, tables)
    return f"Wrote {folder}: {said}\n  do        careersurvey check {folder}"


def _require_name(folder: Path) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", folder.name):
        raise CohortError(
            "The folder's name cannot be the id of a cohort.",
            found=repr(folder.name),
            expected="letters, digits, - and _",
            do=f"careersurvey new data/my-survey --from {folder}" if folder.is_file() else "",
        )
    if folder.name in SHIPPED:
        raise CohortError(
            f"{folder.name} is the id of a shipped cohort, which the new one would hide.",
            expected=f"a name of its own, such as my-{folder.name.partition('-')[2]}",
            do="choose another name; nothing was written",
        )


# ---- blank --------------------------------------------------------------------------------------


def several_answers(indicators: Iterable[Indicator], table: str) -> list[str]:
    """Variables of a table that take more than one answer in one cell."""
    asked = (i for i in indicators if i.table == table and i.measure == "multiple")
    return [one.variables[0] for one in asked if len(one.variables) == 1]


def _blank(folder: Path, wanted: Sequence[str]) -> str:
    """Write what a person fills in: every table of the codebook, or those that are wanted."""
    indicators = read_indicators(shared_data() / "indicators.csv").values()
    codebook = read_codebook(shared_data() / "codebook.csv")
    tables = list(dict.fromkeys(variable.table for variable in codebook))
    unknown = [name for name in wanted if name not in tables]
    if unknown:
        raise CohortError(
            f"{so_many(len(unknown), 'table')} of {len(wanted)} are not in the codebook.",
            found=", ".join(map(repr, unknown)),
            expected=meant(unknown[0], tables),
        )
    tables = [name for name in tables if name in wanted or not wanted]
    lines = [_about(folder.name)]
    for table in tables:
        names = [variable.name for variable in codebook if variable.table == table]
        _write_rows(folder / f"{table}.csv", [names])
        lines += [f"[tables.{table}]", line("", "file", f"{table}.csv")]
        several = several_answers(indicators, table)
        lines += [line("", key("options", name, "separator"), " ") for name in several]
        routes = routes_of(indicators, table, names)
        lines += [line("", key("asked", name), str(route)) for name, route in routes.items()]
        lines += [_DESIGN, ""]
    (folder / "cohort.toml").write_text("\n".join(lines), encoding="utf-8")
    rows = [_question(asked, asked.name) for asked in codebook if asked.table in tables]
    _write_rows(folder / "questions.csv", [_QUESTIONS, *rows])
    _write_ignored(folder, [f"{table}.csv" for table in tables])
    count = so_many(len(tables), "table")
    return f"{count} to fill in; questions.csv has the wording and the values of each column."


def _about(name: str, *, invented: bool = False) -> str:
    """The ``[cohort]`` table of a new cohort."""
    text = _ABOUT.replace('"ID"', toml(name))
    return text.replace("synthetic = false", f"synthetic = {toml(invented)}")


# ---- from an export -----------------------------------------------------------------------------


def _from_export(folder: Path, export: Path, corrections: Mapping[str, Any]) -> str:
    if not export.is_file():
        what = f"{export} is {'a folder' if export.is_dir() else 'no file'}."
        raise CohortError(what, do="name the file of answers itself")
    name = f"export-{export.name}" if export.name in _OWN else export.name
    shutil.copyfile(export, folder / name)
    given = _given(folder, corrections)
    fresh, proposal = _read_export(folder, {"file": name, **given}, {})
    invented = any(column.name == SYNTHETIC for column in proposal.beside)
    design = [] if proposal.design else _DESIGN.split("\n")
    text = "\n".join([_about(folder.name, invented=invented), *fresh, *design, ""])
    (folder / "cohort.toml").write_text(text, encoding="utf-8")
    return _said(folder, proposal, text)


def _read_again(folder: Path, corrections: Mapping[str, Any]) -> str:
    """Read the export of a folder again: a person's lines stay, proposals are made anew."""
    tables = read_settings(folder / "cohort.toml").tables
    if not tables:
        raise CohortError(
            f"{folder}: cohort.toml names no table to read again.",
            do="name a file under [tables.NAME], or begin with a new folder and --from",
        )
    (table, before), *_ = tables.items()
    given = _given(folder, corrections)
    mapped = {column: variable for variable, column in before.columns.items()}
    fresh, proposal = _read_export(folder, _how(before) | given, mapped)
    text = (folder / "cohort.toml").read_text(encoding="utf-8-sig")
    merged = _merged(text, table, fresh, given)
    write_whole(folder / "cohort.toml", merged.encode())
    return f"Read {before.file} again: {_said(folder, proposal, merged)}"


def _given(folder: Path, corrections: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were corrected; a key is copied beside the export."""
    key = corrections.get("key")
    beside = {"key": shutil.copyfile(key, folder / key.name).name} if key else {}
    return {**corrections, **beside}


def _how(settings: TableSettings) -> dict[str, Any]:
    """How a file is opened, where somebody has said it."""
    return {name: getattr(settings, name) for name in _HOW if name in settings.model_fields_set}


def _read_export(
    folder: Path, given: Mapping[str, Any], mapped: Mapping[str, str]
) -> tuple[list[str], Proposal]:
    """Propose what an export in a folder is, in lines of ``cohort.toml`` and in tables beside."""
    settings = _opened(folder, given)
    file = folder / settings.file
    sheet = open_sheet(file, settings)
    if settings.key:
        add_labels(sheet, folder / settings.key)
    tool = tool_of(file, sheet.header_rows)
    indicators = read_indicators(shared_data() / "indicators.csv").values()
    proposal = propose(sheet, tool, extended_codebook(folder), indicators, mapped)
    _require_header(file.name, settings, sheet, proposal)
    _write_beside(folder, proposal)
    _write_ignored(folder, [file.name, *filter(None, [settings.key])])
    lines = [f"[tables.{proposal.table}]"]
    lines += [line("", name, value) for name, value in _how(settings).items()]
    lines += [*(f"{NOTED}{plain(note)}" for note in sheet.notes), *lines_of(proposal)]
    return lines + found_lines(_findings(folder, lines, proposal)), proposal


def _opened(folder: Path, given: Mapping[str, Any]) -> TableSettings:
    """Settings with which a file is opened: what was said of it, else how its first rows look."""
    path = folder / given["file"]
    if {"header_rows", "skip_rows"} & set(given):
        return TableSettings(**given)
    looked = {**given, "header_rows": _LOOKED_AT, "short_rows": "fill"}
    skip, header = header_at(open_sheet(path, TableSettings(**looked)).header_rows)
    seen = {"skip_rows": skip} if skip else {}
    seen |= {"header_rows": header} if header > 1 else {}
    return TableSettings(**{**given, **seen})


def _require_header(file: str, settings: TableSettings, sheet: Sheet, proposal: Proposal) -> None:
    """Refuse a header that is said to go on where answers have begun."""
    columns = [*(one.column for one in proposal.asked), *proposal.beside]
    if settings.header_rows > 1 and not any(column.rows for column in columns):
        there = so_many(len(sheet.header_rows), "row")
        raise CohortError(
            f"{file} has no row of answers below its header.",
            found=there + " below those that are skipped" * bool(settings.skip_rows),
            expected=f"{settings.header_rows} rows of headers, and answers below them",
            do="correct header_rows; nothing was written",
        )
    several = {c.position: set(map(fold, c.told)) for c in columns if len(c.told) > 1}
    for n, row in enumerate(sheet.header_rows[1:], start=2):
        cells = [(i, fold(cell)) for i, cell in enumerate(row) if i in several and clean(cell)]
        if 2 * sum(cell in several[i] for i, cell in cells) > len(cells):
            raise CohortError(
                f"{file}: row {n} of {len(sheet.header_rows)} of its header holds answers.",
                found=f"row {n} of the header says what rows below it say",
                expected="no more rows of headers than the file has",
                do="correct --header-rows; nothing was written",
            )


def _findings(folder: Path, lines: Sequence[str], proposal: Proposal) -> tuple[Check, ...]:
    """What `check` finds in a proposal that is taken whole; what cannot be read it tells itself."""
    table, own = proposal.table, [one.variable for one in proposal.asked if not one.known]
    text = "\n".join([_about(folder.name), *lines]).replace(TODO, "").replace(DECIDE, "")
    try:
        settings = settings_of(tomllib.loads(text), folder.name)
        left = (v._replace(values=answers_left(v.values, settings, table, v.name)) for v in own)
        cohort = cohort_of(folder, settings)
        cohort = replace(cohort, codebook=(*cohort.codebook, *left))
        return compile_table(cohort, table).findings
    except (CohortError, ValueError):
        return ()


def _said(folder: Path, proposal: Proposal, text: str) -> str:
    """What was proposed, and what is left to do about it."""
    todo = sum(not one.known for one in proposal.asked)
    count = len(proposal.asked) + len(proposal.joined) + len(proposal.beside)
    by = f", read as {proposal.tool.name} writes them" if proposal.tool.name else ""
    how = "have rows for" if (folder / "codebook.csv").is_file() else "are to be renamed"
    left = (
        f", {todo} marked TODO; proposed_codebook.csv and proposed_indicators.csv {how} "
        "codebook.csv and indicators.csv once they are right"
    )
    known = f"{len(proposal.asked) - todo} known to the codebook{left if todo else ''}"
    notes = next((one.column.sheet.notes for one in proposal.asked), [])
    lines = [f"{so_many(count, 'column')}{by}; {known}.", *(f"  {plain(note)}" for note in notes)]
    for one in (one for one in proposal.asked if one.ends[0]):
        blank = so_many(one.column.blank, "blank")
        lines.append(f"  {one.column.wording[:60]}: {' to '.join(one.ends)}, {blank}")
    guised = [one for one in proposal.asked if one.column.is_guised]
    lines += [f"  {one.column.wording[:60]}: {one.variable.type}{GUISED}." for one in guised]
    doubts = sum(one.startswith(DECIDE) for one in text.splitlines())
    if doubts:
        lines.append(f"  {so_many(doubts, 'line')} to decide in cohort.toml, marked DECIDE.")
    return "\n".join(lines)


def _merged(text: str, table: str, fresh: Sequence[str], said: Collection[str]) -> str:
    """Put fresh proposals into a ``cohort.toml``; of a person's lines those `said` now go."""
    lines, head = text.splitlines(), f"[tables.{table}]"
    start = next((i for i, one in enumerate(lines) if one.strip() == head), len(lines))
    sections = (i for i, one in enumerate(lines) if i > start and one.lstrip().startswith("["))
    end = next(sections, len(lines))
    own = [one for one in lines[start + 1 : end] if one.strip()]
    own = [one for one in own if not one.startswith((TODO, DECIDE, UNREAD, NOTED))]
    own = [one for one in own if _name(one) not in said]
    apart = re.findall(rf"^\s*\[tables\.{re.escape(table)}\.(\w+)", text, re.MULTILINE)
    written = {*map(_name, own)} - {""}
    new = [one for one in fresh[1:] if one not in own and _name(one) not in written]
    new = [one for one in new if _name(one).partition(".")[0] not in apart]
    if not said and not any(map(_name, new)):
        return text
    if not any(name.startswith("columns.") for name in written):
        head = fresh[0]
    return "\n".join([*lines[:start], head, *own, *new, "", *lines[end:]]).rstrip("\n") + "\n"


def _name(text: str) -> str:
    """The setting that a line makes, or proposes; ``""`` if it makes none."""
    match = _SETTING.match(text)
    return match[2] if match else ""


# ---- tables beside ------------------------------------------------------------------------------


def _write_beside(folder: Path, proposal: Proposal) -> None:
    """Write what the codebook does not ask, and every question with its answers."""
    todo = [one.variable for one in proposal.asked if not one.known]
    tables = {
        "codebook.csv": (todo, "question"),
        "indicators.csv": (proposal.indicators().values(), "label"),
    }
    for name, (asked, words) in tables.items():
        table = as_written(asked, name)
        table[words] = table[words].map(_shown)
        path = folder / f"proposed_{name}"
        path.unlink(missing_ok=True)
        if todo:
            table.to_csv(path, index=False, lineterminator="\n")
    rows: list[tuple[str, ...]] = [(*_QUESTIONS, *_NUMBERS)]
    for one in proposal.asked:
        counts = (str(one.column.blank), str(one.column.rows))
        row = (*_question(one.variable, one.column.name), *one.ends, *counts)
        rows.append(tuple(map(_shown, row)))
    _write_rows(folder / "questions.csv", rows)


def _question(variable: Variable, column: str) -> tuple[str, ...]:
    told = (variable.table, variable.name, column, variable.question, variable.type)
    return (*told, "; ".join(variable.values), "; ".join(variable.missing))


def _shown(text: str) -> str:
    """A cell that a spreadsheet shows and never runs: a formula gets an apostrophe."""
    number = re.fullmatch(r"[+-]?[\d.,]+", text)
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not number else text


def _write_rows(path: Path, rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _write_ignored(folder: Path, names: Sequence[str]) -> None:
    ignored = folder / ".gitignore"
    if not ignored.exists():
        listed = "".join(f"{name}\n" for name in names)
        ignored.write_text(_IGNORED.format(names=listed), encoding="utf-8")
