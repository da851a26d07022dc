"""The text of a new ``cohort.toml``: what is known, and TODO where a person must decide."""

from __future__ import annotations

import json
from collections.abc import Iterable

from careersurvey.evidence.answers.sheet import Sheet
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.template_columns import ExportColumn
from careersurvey.evidence.text import clean, fold, slug

_SHOWN = 12
_ABOUT = """\
# What docs/cohorts.md says about a cohort holds here; TODO marks what is still to be written.

[cohort]
id = {id}
title = "TODO"
evidence = "respondents"
publisher = "TODO"
reference = ""
licence = "TODO"
url = ""
place = "TODO"
fieldwork = "TODO: 2026-01-10/2026-03-20"
synthetic = false
sampling = "TODO: who was invited, how they were chosen, who took part"
# Response rates are printed where the invited are known:
# invited = {{ {table} = 0 }}
"""
_DESIGN = """
# How the sample was drawn. Without these lines every row counts once.
# [tables.{table}.design]
# weight = "their column of weights"
# strata = ["their column"]
# clusters = ["their column"]
# population = ["their column, or a number"]
"""


def about(name: str) -> str:
    """Return the ``[cohort]`` table of a new cohort."""
    return _ABOUT.format(id=quoted(name), table="schools")


def blank_table(table: str, names: Iterable[str]) -> str:
    """Return the settings of a table whose columns are called as in the codebook."""
    head = f"[tables.{table}]\nfile = {quoted(table + '.csv')}\n"
    return head + _DESIGN.format(table=table)


def export_table(
    table: str,
    file: str,
    settings: TableSettings,
    source: Sheet,
    columns: list[ExportColumn],
    among: dict[str, str],
) -> str:
    """Return the settings of a table read off an export, each column with its different cells.

    ``among`` says of a variable whom its question is put to, as indicators have it.
    """
    lines = [f"[tables.{table}]", f"file = {quoted(file)}"]
    for key, default in (("skip_rows", 0), ("header_rows", 1)):
        if getattr(settings, key) != default:
            lines.append(f"{key} = {getattr(settings, key)}  # TODO: look whether this is so")
    lines += [f"# {clean(note)}" for note in source.notes]
    lines += ["", f"[tables.{table}.columns]"]
    for column in columns:
        lines += _column_lines(column)
    for column in columns:
        if column.known and column.kind == "category" and column.cells and not column.box:
            lines += _code_lines(table, column)
    lines += _option_lines(table, columns) + _asked_lines(table, columns, among)
    return "\n".join(lines) + "\n" + _DESIGN.format(table=table)


def quoted(text: str) -> str:
    """Return text as a TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def key(text: str) -> str:
    """Return text as a TOML key."""
    plain = text.isascii() and text.replace("_", "").replace("-", "").isalnum()
    return text if text and plain else quoted(text)


def _column_lines(column: ExportColumn) -> list[str]:
    mark = "" if column.known else "# TODO "
    setting = f"{mark}{key(column.variable)} = {quoted(column.name)}"
    return [f"# {_values(column)}", setting]


def _values(column: ExportColumn) -> str:
    if not column.different:
        return "blank in every row"
    if not column.cells:
        return f"{column.kind}, {column.different:,} different cells"
    answers = column.answers
    shown = [_cell(column, cell, n) for cell, n in list(answers.items())[:_SHOWN]]
    more = f" and {len(answers) - _SHOWN:,} more" if len(answers) > _SHOWN else ""
    kind = f"{column.kind}, several in a cell" if column.separator else column.kind
    return f"{kind}: {', '.join(shown)}{more}"


def _cell(column: ExportColumn, cell: str, n: int) -> str:
    label = column.labels.get(cell, "")
    shown = f"{clean(cell)[:60]!r}" + (f" = {clean(label)[:60]!r}" if label else "")
    return f"{shown} ({n:,})"


def _code_lines(table: str, column: ExportColumn) -> list[str]:
    values = {fold(value): value for value in column.values}
    values |= {slug(value): value for value in column.values}
    lines = []
    for cell in column.answers:
        label = column.labels.get(cell, cell)
        value = values.get(fold(label)) or values.get(slug(label))
        mark = "" if value else "# TODO "
        lines.append(f"{mark}{quoted(cell)} = {quoted(value or _choices(column))}")
    return ["", f"[tables.{table}.codes.{key(column.variable)}]", *lines]


def _choices(column: ExportColumn) -> str:
    return " or ".join([*column.values, "a code for no answer"])


def _asked_lines(table: str, columns: list[ExportColumn], among: dict[str, str]) -> list[str]:
    known = {column.variable for column in columns if column.known}
    lines = [
        f"# TODO {key(name)} = {quoted(among[name])}"
        for name in sorted(known & set(among))
        if among[name].split("=")[0].strip() in known
    ]
    return ["", f"# TODO [tables.{table}.asked]", *lines] if lines else []


def _option_lines(table: str, columns: list[ExportColumn]) -> list[str]:
    lines: list[str] = []
    for column in columns:
        if column.separator:
            mark = "" if column.known else "# TODO "
            lines += ["", f"{mark}[tables.{table}.options.{key(column.variable)}]"]
            lines += [f"{mark}separator = {quoted(column.separator)}"]
    blocks: dict[str, list[ExportColumn]] = {}
    for column in columns:
        if column.box:
            blocks.setdefault(column.box, []).append(column)
    for block, boxes in blocks.items():
        names = ", ".join(quoted(column.variable) for column in boxes)
        mark = "" if all(column.known for column in boxes) else "# TODO "
        lines += ["", f"{mark}[tables.{table}.options.{key(block)}]"]
        lines += [f"{mark}variables = [{names}]"]
        lines += ['# where no box is ticked: nothing_ticked = "no", "no_answer" or "not_asked"']
    return lines
