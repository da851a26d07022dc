"""The text of a new ``cohort.toml``: TODO before a proposal, DECIDE before a doubt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from careersurvey.evidence.answers.questions import stand_ins
from careersurvey.evidence.scaffold.proposal import Proposal, Proposed
from careersurvey.evidence.tables import DECIDE, TODO, Condition
from careersurvey.evidence.text import clean, fold

_ABOUT = """\
# What docs/cohorts.md says about a cohort holds here. A line that begins with TODO is a proposal:
# take the mark away to accept it. One that begins with DECIDE is a doubt: take the mark away,
# correct the line, or delete it. What begins with # is not read.

[cohort]
id = {id}
title = "TODO"
evidence = "respondents"
publisher = "TODO"
reference = ""
licence = "TODO"
url = ""
place = "TODO"
fieldwork = ""
synthetic = false
sampling = "TODO: who was invited, how they were chosen, who took part"
selection = "unstated"  # or "probability", "census", "selected", "volunteers"
"""
#: Of columns in which a tool says so: cells of answers that are no tests and were finished.
_WHOLE = {"status": {"ip address", "0"}, "finished": {"true", "1"}}
_DESIGN = """
# How the sample was drawn. Without these lines every row counts once.
# design.weight = "their column of weights"
# design.strata = ["their column"]
# design.clusters = ["their column"]
# design.population = ["their column, or a number"]
"""


def about(name: str) -> str:
    """Return the ``[cohort]`` table of a new cohort."""
    return _ABOUT.format(id=quoted(name))


def blank_table(table: str, several: Iterable[str], routes: Mapping[str, Condition]) -> str:
    """Return the settings of a table whose columns are called as in the codebook."""
    lines = [f"[tables.{table}]", f"file = {quoted(table + '.csv')}"]
    lines += [f"options.{key(name)}.separator = {quoted(' ')}" for name in several]
    lines += [f"asked.{key(name)} = {quoted(str(route))}" for name, route in routes.items()]
    return "\n".join(lines) + "\n" + _DESIGN


def export_table(
    file: str, settings: Mapping[str, object], notes: Iterable[str], proposal: Proposal
) -> str:
    """Return the settings of a table read off an export: each column, proposed.

    Parameters
    ----------
    file : str
        Name of the export in the cohort's folder.
    settings : mapping
        How the file was opened, where that is not the default.
    notes : iterable of str
        What was taken for granted in opening it.
    proposal : Proposal
    """
    lines = [f"[tables.{proposal.table}]", f"file = {quoted(file)}"]
    lines += [f"{name} = {toml(value)}" for name, value in settings.items()]
    lines += [f"# {_plain(note)}" for note in notes]
    if proposal.unique:
        lines.append(f"{TODO}unique = {quoted(proposal.unique)}")
    for proposed in proposal.columns:
        lines += _column_lines(proposed)
    for column in proposal.joined:
        lines += [
            "",
            f"# {quoted(column.name)} joins the boxes of one question once more: not read.",
        ]
    lines += _kept_lines(proposal)
    routes = {name: quoted(str(route)) for name, route in proposal.routes.items()}
    lines += ["", *(f"{TODO}asked.{key(name)} = {route}" for name, route in routes.items())]
    lines += _block_lines(proposal) + _design_lines(proposal)
    return "\n".join(lines) + "\n"


def doubt_lines(proposal: Proposal) -> list[str]:
    """What numbers may mean: marks for thousands, signs, codes that often stand for no answer."""
    numbers = [p for p in proposal.columns if p.variable.type == "number"]
    marks = {p.column.thousands for p in numbers} - {""}
    signs = dict.fromkeys(sign for p in numbers for sign in p.column.signs)
    lines = []
    if len(marks) == 1:
        (mark,) = marks
        names = toml([p.variable.name for p in numbers if p.column.thousands])
        other = f"# or, if it is for decimals, sure = {names}"
        lines += [f'{DECIDE}decimal = ","'] if mark == "." else []
        lines.append(f"{DECIDE}thousands = {quoted(mark)}  {other}")
    if signs:
        lines.append(f"{DECIDE}signs = {toml(list(signs))}")
    return lines + _missing_lines(proposal)


def _missing_lines(proposal: Proposal) -> list[str]:
    lines = []
    for proposed in proposal.columns:
        codes = stand_ins(list(proposed.column.cells)) if not proposed.codes else []
        if codes and proposed.variable.type in ("number", "category"):
            name = key(proposed.variable.name)
            other = f"# or, if these are answers, sure = [{quoted(proposed.variable.name)}]"
            lines.append(f"{DECIDE}missing.{name} = {toml(codes)}  {other}")
    return lines


def sure_lines(variables: list[str]) -> list[str]:
    """The line that says of doubted variables that they are as they stand."""
    if not variables:
        return []
    return ["# `check` says what is doubted of these.", f"{DECIDE}sure = {toml(variables)}"]


def taken_whole(text: str) -> str:
    """Return a proposal as it is once every line of it is accepted."""
    return text.replace(TODO, "").replace(DECIDE, "")


def quoted(text: str) -> str:
    """Return text as a TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def key(text: str) -> str:
    """Return text as a TOML key."""
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else quoted(text)


def toml(value: object) -> str:
    """Return text, a number, a truth or a list of them as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return quoted(value) if isinstance(value, str) else str(value)


def _plain(text: str) -> str:
    """Text for a comment: one line, without characters that TOML refuses."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", clean(text))[:200]


def _column_lines(proposed: Proposed) -> list[str]:
    variable = proposed.variable
    name, mark = key(variable.name), "" if proposed.known else TODO
    kind = f"{variable.type}, several in a cell" if proposed.separator else variable.type
    lines = ["", f"# {kind}: {_plain(variable.question)}"]
    lines.append(f"{mark}columns.{name} = {quoted(proposed.column.name)}")
    if proposed.separator:
        lines.append(f"{mark}options.{name}.separator = {quoted(proposed.separator)}")
    for parts, value in proposed.joined.items():
        lines.append(f"{DECIDE}codes.{name}.{key(parts)} = {quoted(value)}")
    for label, value in proposed.codes.items():
        shared = proposed.known and list(proposed.codes.values()).count(value) > 1
        sign = DECIDE if not value or shared else mark
        choices = " or ".join((*variable.values, *variable.missing))
        lines.append(f"{sign}codes.{name}.{key(label)} = {quoted(value or choices)}")
    return lines


def _kept_lines(proposal: Proposal) -> list[str]:
    """What the tool added beside the answers, and which rows are tests or were not finished."""
    if not proposal.metadata:
        return []
    names = ", ".join(_plain(column.name) for column in proposal.metadata)
    lines = ["", f"# Not read, since they are no questions: {names}."]
    for column in proposal.metadata:
        says = next((fold(part) for part in column.parts if fold(part) in _WHOLE), "")
        whole = [cell for cell in column.cells if fold(cell) in _WHOLE.get(says, ())]
        if len(column.cells) > 1 and whole:
            lines.append(f"{DECIDE}keep.{key(column.name)} = {toml(whole)}")
    return lines


def _block_lines(proposal: Proposal) -> list[str]:
    lines: list[str] = []
    for name, block in proposal.blocks.items():
        mark = TODO if block.sure else DECIDE
        place = f"options.{key(name)}"
        lines += ["", f"# select-all: {_plain(block.question)}"]
        lines.append(f"{mark}{place}.variables = {toml(proposal.boxes[name])}")
        lines.append(f"{mark}{place}.ticked = {toml(block.ticked)}")
        if block.unticked:
            lines.append(f"{mark}{place}.unticked = {toml(block.unticked)}")
        elif _nothing_ticked(block.columns):
            choices = '"no_answer"  # or "no", or "not_asked"'
            lines.append(f"{DECIDE}{place}.nothing_ticked = {choices}")
    return lines


def _nothing_ticked(columns: Iterable) -> bool:
    """Whether there may be rows without a tick: there are unless the boxes say no to that."""
    columns = list(columns)
    return sum(column.rows - column.blank for column in columns) < columns[0].rows * len(columns)


def _design_lines(proposal: Proposal) -> list[str]:
    if not proposal.design:
        return _DESIGN.rstrip("\n").split("\n")
    lines = ["", "# How the sample was drawn: columns whose names say so."]
    for name, columns in proposal.design.items():
        value = columns[0] if name == "weight" else columns
        lines.append(f"{DECIDE}design.{name} = {toml(value)}")
    if proposal.nested:
        lines.append(f"{DECIDE}design.nest = true")
    if "replicate_weights" in proposal.design:
        choices = '"JK1"  # or "JKn", "BRR", "Fay", "bootstrap"'
        lines.append(f"{DECIDE}design.replicate_method = {choices}")
    return lines
