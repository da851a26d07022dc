"""``careersurvey new``: a cohort folder, blank or read off an export, made whole or not at all."""

from __future__ import annotations

import csv
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from careersurvey.errors import CohortError
from careersurvey.evidence.answers.files import open_sheet
from careersurvey.evidence.answers.key import add_labels, read_wordings
from careersurvey.evidence.answers.table import compile_table
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.cohort import extended_codebook, load_cohort
from careersurvey.evidence.project import SHIPPED, shared_data
from careersurvey.evidence.scaffold.columns import ExportColumn
from careersurvey.evidence.scaffold.proposal import Proposal, propose, routes_of
from careersurvey.evidence.scaffold.tools import header_at, tool_of
from careersurvey.evidence.scaffold.writing import (
    about,
    blank_table,
    doubt_lines,
    export_table,
    found_lines,
)
from careersurvey.evidence.settings import TableSettings, read_settings
from careersurvey.evidence.tables import (
    COLUMNS,
    DECIDE,
    TODO,
    Indicator,
    Variable,
    codebook_table,
    indicator_table,
    read_codebook,
    read_indicators,
)
from careersurvey.evidence.text import clean, meant, plural

_OWN = {*COLUMNS, "crosswalk.csv", "questions.csv", "cohort.toml"}
_LOOKED_AT = 12
_QUESTIONS = ("table", "variable", "column", "question", "type", "values", "missing")
_NUMBERS = ("least", "greatest", "blank", "rows")
_IGNORED = "# Answers of people stay out of version control.\n{names}questions.csv\n"
_SAID = re.compile(
    r"# ((category|number|text|identifier|date)(, several in a cell)?|select-all): |# Not read, |"
    r"# How the sample was drawn|# design\.|# `check` says|# .* joins the boxes of|"
    r"# Rows at an end|# What a select-all question without"
)
_SETTING = re.compile(r"^\s*([A-Za-z_]+(?:\.[^=\s]+|\.\".*?\")*)\s*=")


@dataclass(frozen=True)
class Corrections:
    """What a person says of how an export is to be opened, where the guess was wrong."""

    sheet: str | None = None
    header_rows: int | None = None
    skip_rows: int | None = None
    key: Path | None = None


def new_cohort(
    folder: Path,
    export: Path | None = None,
    corrections: Corrections | None = None,
    *,
    tables: Sequence[str] = (),
) -> str:
    """Write a cohort folder to edit, or read the export of one again, and say what to do next.

    Without an export: ``cohort.toml``, an empty CSV a table with its header, and
    ``questions.csv``. From an export: the export itself, a ``cohort.toml`` in which every column
    is proposed, ``proposed_codebook.csv`` and ``proposed_indicators.csv`` for what the codebook
    does not ask, ``questions.csv`` with the least, the greatest and the blanks of numbers, and a
    ``.gitignore`` that keeps answers out of version control. On a folder that is there: its export
    is read again by its settings and `corrections`; what a person has written is kept, and
    proposals that nobody took are made anew.

    Parameters
    ----------
    folder : Path
        The folder to write; its name becomes the cohort's id.
    export : Path, optional
        A file of answers.
    corrections : Corrections, optional
    tables : sequence of str
        Of a blank folder: tables of the codebook that are wanted; none means all.

    Returns
    -------
    str
        What was written, for a person.

    Raises
    ------
    CohortError
        If the folder is there and is no cohort's, its name cannot be an id, or the export cannot
        be read.
    """
    corrections = corrections or Corrections()
    if (folder / "cohort.toml").is_file() and export is None:
        return _read_again(folder, corrections)
    _require_new(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as name:
        made = Path(name) / folder.name
        made.mkdir()
        said = _from_export(made, export, corrections) if export else _blank(made, tables)
        made.rename(folder)
    return f"Wrote {folder}: {said}\n  do        careersurvey check {folder}"


def _require_new(folder: Path) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", folder.name):
        raise CohortError(
            "The folder's name cannot be the id of a cohort.",
            found=repr(folder.name),
            expected="letters, digits, - and _",
        )
    if folder.name in SHIPPED:
        raise CohortError(
            f"{folder.name} is the id of a shipped cohort, which the new one would hide.",
            expected=f"a name of its own, such as my-{folder.name.partition('-')[2]}",
            do="choose another name; nothing was written",
        )
    if folder.exists():
        raise CohortError(
            f"{folder} is there already.",
            do="choose another name, or remove the folder; nothing was written",
        )


def several_answers(indicators: Iterable[Indicator], table: str) -> list[str]:
    """Variables of a table that take more than one answer in one cell."""
    asked = (i for i in indicators if i.table == table and i.measure == "multiple")
    return [one.variables[0] for one in asked if len(one.variables) == 1]


def _blank(folder: Path, wanted: Sequence[str]) -> str:
    """Write what a person fills in: every table of the codebook, or those that are wanted."""
    codebook = read_codebook(shared_data() / "codebook.csv")
    indicators = read_indicators(shared_data() / "indicators.csv")
    known = dict.fromkeys(variable.table for variable in codebook)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise CohortError(
            f"{plural(len(unknown), 'table')} of {len(wanted)} are not in the codebook.",
            found=", ".join(map(repr, unknown)),
            expected=meant(unknown[0], known),
        )
    codebook = tuple(variable for variable in codebook if not wanted or variable.table in wanted)
    tables: dict[str, list[Variable]] = {}
    for variable in codebook:
        tables.setdefault(variable.table, []).append(variable)
    blocks = [about(folder.name)]
    for table, variables in tables.items():
        names = [variable.name for variable in variables]
        _write_rows(folder / f"{table}.csv", [names])
        routes = routes_of(indicators.values(), table, names)
        blocks.append(blank_table(table, several_answers(indicators.values(), table), routes))
    (folder / "cohort.toml").write_text("\n".join(blocks), encoding="utf-8")
    rows = [_question(variable, variable.name) for variable in codebook]
    _write_rows(folder / "questions.csv", [_QUESTIONS, *rows])
    _write_ignored(folder, [f"{table}.csv" for table in tables])
    count = plural(len(tables), "table")
    return f"{count} to fill in; questions.csv has the wording and the values of each column."


def _from_export(folder: Path, export: Path, corrections: Corrections) -> str:
    if not export.is_file():
        raise CohortError(f"There is no file {export}.", do="name the export")
    name = f"export-{export.name}" if export.name in _OWN else export.name
    shutil.copyfile(export, folder / name)
    table, proposal = _read_export(folder, name, _given(folder, corrections), {})
    text = f"{about(folder.name, invented=proposal.invented)}\n{table}"
    (folder / "cohort.toml").write_text(text, encoding="utf-8")
    return _said(folder, proposal, table)


def _read_again(folder: Path, corrections: Corrections) -> str:
    """Read the export of a folder again: a person's lines stay, proposals are made anew."""
    tables = read_settings(folder / "cohort.toml").tables
    if not tables:
        raise CohortError(
            f"{folder}: cohort.toml names no table to read again.",
            do="name a file under [tables.NAME], or begin with a new folder and --from",
        )
    table, before = next(iter(tables.items()))
    given = _given(folder, corrections)
    kept = {name: getattr(before, name) for name in _HOW if name in before.model_fields_set}
    mapped = {column: variable for variable, column in before.columns.items()}
    fresh, proposal = _read_export(folder, before.file, kept | given, mapped)
    text = (folder / "cohort.toml").read_text(encoding="utf-8-sig")
    beside = folder / ".cohort.toml.part"
    merged = merge(text, table, fresh.splitlines(), set(given))
    beside.write_text(merged, encoding="utf-8")
    beside.replace(folder / "cohort.toml")
    return f"Read {before.file} again: {_said(folder, proposal, merged)}"


def _given(folder: Path, corrections: Corrections) -> dict[str, Any]:
    """The settings that were corrected; a key is copied beside the export."""
    said = {name: value for name, value in vars(corrections).items() if value is not None}
    if corrections.key:
        shutil.copyfile(corrections.key, folder / corrections.key.name)
        said["key"] = corrections.key.name
    return said


def _read_export(
    folder: Path, file: str, given: dict[str, Any], mapped: Mapping[str, str]
) -> tuple[str, Proposal]:
    """Propose what an export in a folder is, in lines of ``cohort.toml`` and in tables beside."""
    settings = _opened(folder / file, given)
    sheet = open_sheet(folder / file, settings)
    wordings: dict[str, str] = {}
    if settings.key:
        names = sheet.header.names
        add_labels(sheet, folder / settings.key)
        wordings = read_wordings(folder / settings.key, names)
        sheet.wordings |= {i: wordings[name] for i, name in enumerate(names) if name in wordings}
    proposal = propose(
        sheet,
        tool_of(folder / file, sheet.header_rows),
        wordings,
        extended_codebook(folder),
        read_indicators(shared_data() / "indicators.csv").values(),
        mapped,
    )
    how = {name: getattr(settings, name) for name in _HOW if name in settings.model_fields_set}
    _write_beside(folder, proposal, [file, *filter(None, [settings.key])])
    lines = [export_table(file, how, sheet.notes, proposal), *doubt_lines(proposal)]
    lines += found_lines(_findings(folder, "\n".join(lines), proposal.table))
    return "\n".join([*lines, ""]), proposal


def _said(folder: Path, proposal: Proposal, text: str) -> str:
    """What was proposed, and what is left to do about it."""
    todo = sum(not proposed.known for proposed in proposal.columns)
    by = f", read as {proposal.tool.name} writes them" if proposal.tool.name else ""
    known = f"{len(proposal.columns) - todo} known to the codebook"
    how = "have rows for" if (folder / "codebook.csv").is_file() else "are to be renamed"
    left = (
        f", {todo} marked TODO; proposed_codebook.csv and proposed_indicators.csv {how} "
        "codebook.csv and indicators.csv once they are right"
    )
    lines = [f"{plural(proposal.count, 'column')}{by}; {known}{left if todo else ''}."]
    lines += [_told(p.column) for p in proposal.columns if p.variable.type == "number"]
    doubts = sum(line.startswith(DECIDE) for line in text.splitlines())
    if doubts:
        lines.append(f"  {plural(doubts, 'line')} to decide in cohort.toml, marked DECIDE.")
    return "\n".join(lines)


def _findings(folder: Path, table: str, name: str) -> tuple[Check, ...]:
    """What `check` finds in a proposal that is taken whole; what cannot be read it tells itself."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".taken-") as aside:
        taken = Path(aside) / folder.name
        shutil.copytree(folder, taken)
        text = f"{about(folder.name)}\n{table}\n"
        (taken / "cohort.toml").write_text(text.replace(TODO, "").replace(DECIDE, ""), "utf-8")
        for kind in ("codebook", "indicators"):
            _take_over(taken / f"proposed_{kind}.csv", taken / f"{kind}.csv")
        try:
            return compile_table(load_cohort(taken), name).findings
        except CohortError:
            return ()


def _take_over(proposed: Path, own: Path) -> None:
    """Put proposed rows below those that a folder has."""
    if proposed.is_file() and own.is_file():
        rows = proposed.read_text("utf-8").partition("\n")[2]
        own.write_text(f"{own.read_text('utf-8-sig').rstrip()}\n{rows}", "utf-8")
    elif proposed.is_file():
        proposed.rename(own)


#: How a file is opened: what `new` guesses and a person can correct.
_HOW = ("sheet", "encoding", "delimiter", "skip_rows", "header_rows", "key", "short_rows")


def merge(text: str, table: str, fresh: Sequence[str], said: set[str]) -> str:
    """Put fresh proposals into a ``cohort.toml``: a person's lines stay, old proposals go.

    Parameters
    ----------
    text : str
        The file as it stands.
    table : str
        The table whose export was read.
    fresh : sequence of str
        The lines of the table as they would be in a new folder.
    said : set of str
        Settings that were corrected: the fresh line takes the place of the old one.
    """
    lines = text.splitlines()
    head = f"[tables.{table}]"
    start = next((i for i, line in enumerate(lines) if line.strip() == head), len(lines))
    end = next(
        (i for i in range(start + 1, len(lines)) if lines[i].lstrip().startswith("[")), len(lines)
    )
    own = [line for line in lines[start + 1 : end] if not _is_proposed(line)]
    own = [line for line in own if line.strip() and _name(line) not in said]
    written = {_name(line) for line in own} - {""}
    sections = "\n".join(lines[end:])
    new = [line for line in fresh[1:] if _is_new(line, written, sections, table)]
    if not said and not any(_proposes(line) for line in new):
        return text
    own = [line for line in own if not line.startswith("#") or line not in fresh]
    if not any(name.startswith("columns.") for name in written):
        head = fresh[0]
    return "\n".join([*lines[:start], head, *own, *new, "", *lines[end:]]).rstrip("\n") + "\n"


def _is_proposed(line: str) -> bool:
    """Whether a line was written by `new` and not taken: a proposal, or what is said above one."""
    return line.startswith((TODO, DECIDE)) or bool(_SAID.match(line))


def _proposes(line: str) -> bool:
    return bool(_name(line.removeprefix(TODO).removeprefix(DECIDE)))


def _is_new(line: str, written: set[str], sections: str, table: str) -> bool:
    bare = line.removeprefix(TODO).removeprefix(DECIDE)
    name = _name(bare)
    part = name.partition(".")[0]
    if f"[tables.{table}.{part}]" in sections or f"[tables.{table}.{part}." in sections:
        return False
    return not name or name not in written


def _name(line: str) -> str:
    match = _SETTING.match(line)
    return match[1] if match else ""


def _opened(path: Path, given: dict[str, Any]) -> TableSettings:
    """Settings with which a file is opened: what was said of it, else how its first rows look."""
    given = {"file": path.name, **given}
    labelled = path.suffix.lower() in (".sav", ".zsav", ".dta", ".parquet")
    if labelled or {"header_rows", "skip_rows"} & set(given):
        return TableSettings(**given)
    looked = {**given, "header_rows": _LOOKED_AT, "short_rows": "fill"}
    skip, header = header_at(open_sheet(path, TableSettings(**looked)).header_rows)
    given |= {"skip_rows": skip} if skip else {}
    given |= {"header_rows": header} if header > 1 else {}
    return TableSettings(**given)


def _write_beside(folder: Path, proposal: Proposal, raw: list[str]) -> None:
    todo = [proposed for proposed in proposal.columns if not proposed.known]
    own = codebook_table(proposed.variable for proposed in todo)
    measured = indicator_table(proposal.indicators())
    own["question"] = own["question"].map(_shown)
    measured["label"] = measured["label"].map(_shown)
    proposed = {"proposed_codebook.csv": own, "proposed_indicators.csv": measured}
    for name, table in proposed.items():
        (folder / name).unlink(missing_ok=True)
        if todo:
            _write_rows(folder / name, [list(table), *table.to_numpy().tolist()])
    rows = [
        (
            *_question(p.variable, p.column.name),
            *(p.column.ends if p.variable.type == "number" else ("", "")),
            p.column.blank,
            p.column.rows,
        )
        for p in proposal.columns
    ]
    _write_rows(folder / "questions.csv", [(*_QUESTIONS, *_NUMBERS), *_as_text(rows)])
    _write_ignored(folder, raw)


def _told(column: ExportColumn) -> str:
    least, greatest = column.ends
    return f"  {clean(column.name)[:60]}: {least} to {greatest}, {plural(column.blank, 'blank')}"


def _question(variable: Variable, column: str) -> tuple[str, ...]:
    told = (variable.table, variable.name, column, variable.question, variable.type)
    return (*told, "; ".join(variable.values), "; ".join(variable.missing))


def _as_text(rows: Iterable[Iterable[object]]) -> list[list[str]]:
    """Cells that a spreadsheet shows and never runs: a formula gets an apostrophe."""
    return [[_shown(str(cell)) for cell in row] for row in rows]


def _shown(text: str) -> str:
    formula = text.startswith(("=", "+", "-", "@", "\t", "\r")) and not re.fullmatch(
        r"[+-]?[\d.,]+", text
    )
    return f"'{text}" if formula else text


def _write_rows(path: Path, rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _write_ignored(folder: Path, names: Sequence[str]) -> None:
    ignored = folder / ".gitignore"
    if not ignored.exists():
        listed = "".join(f"{name}\n" for name in names)
        ignored.write_text(_IGNORED.format(names=listed), encoding="utf-8")
