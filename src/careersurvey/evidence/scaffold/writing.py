"""The text of a new ``cohort.toml``: TODO before a proposal, DECIDE before a doubt."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Mapping

from careersurvey.evidence.answers.words import stand_ins
from careersurvey.evidence.scaffold.proposal import Proposal, Proposed
from careersurvey.evidence.scaffold.tools import (
    NO_ANSWER,
    NOT_ASKED,
    QUALTRICS,
    SEEN_UNANSWERED,
)
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
    if any(not b.unticked and _nothing_ticked(b.columns) for b in proposal.blocks.values()):
        lines += ["", "# What a select-all question without a tick means."]
        lines.append(f'{DECIDE}nothing_ticked = "no_answer"  # or "no", or "not_asked"')
    routes = {name: quoted(str(route)) for name, route in proposal.routes.items()}
    lines += ["", *(f"{TODO}asked.{key(name)} = {route}" for name, route in routes.items())]
    lines += _block_lines(proposal) + _design_lines(proposal)
    return "\n".join(lines) + "\n"


def doubt_lines(proposal: Proposal) -> list[str]:
    """What cells may mean: marks, signs, words and codes that often stand for no answer."""
    words = {
        "not_asked": _cells_in(proposal, NOT_ASKED),
        "no_answer": _cells_in(proposal, NO_ANSWER) + _left(proposal),
    }
    lines = _mark_lines(proposal)
    lines += [
        f"{DECIDE}{name} = {toml(cells)}  # or, if these are answers, delete this line"
        for name, cells in words.items()
        if cells
    ]
    return lines + _missing_lines(proposal, {*words["not_asked"], *words["no_answer"]})


def _mark_lines(proposal: Proposal) -> list[str]:
    numbers = [p for p in proposal.columns if p.variable.type == "number"]
    told = dict.fromkeys(p.column.marks for p in numbers if any(p.column.marks))
    doubted = {p.column.thousands for p in numbers} - {""}
    signs = dict.fromkeys(sign for p in numbers for sign in p.column.signs)
    lines = []
    if told:
        decimal, thousands = next(iter(told))
        lines += [f"{DECIDE}decimal = {quoted(decimal)}"] if decimal != "." else []
        lines += [f"{DECIDE}thousands = {quoted(thousands)}"] if thousands else []
    elif len(doubted) == 1:
        (mark,) = doubted
        names = toml([p.variable.name for p in numbers if p.column.thousands])
        other = f"# or, if it is for decimals, sure = {names}"
        lines += [f'{DECIDE}decimal = ","'] if mark == "." else []
        lines.append(f"{DECIDE}thousands = {quoted(mark)}  {other}")
    return lines + ([f"{DECIDE}signs = {toml(list(signs))}"] if signs else [])


def _cells_in(proposal: Proposal, words: Container[str]) -> list[str]:
    """The cells of answers that are one of these words, each once."""
    asked = [p.column for p in proposal.columns if p.variable.type in ("category", "number")]
    return list(dict.fromkeys(c for column in asked for c in column.cells if fold(c) in words))


def _left(proposal: Proposal) -> list[str]:
    """What Qualtrics writes for a question that was seen and left, where there is one."""
    found = any(SEEN_UNANSWERED in proposed.column.cells for proposed in proposal.columns)
    return [SEEN_UNANSWERED] if found and proposal.tool == QUALTRICS else []


def _missing_lines(proposal: Proposal, said: set[str]) -> list[str]:
    asked = [p for p in proposal.columns if p.variable.type in ("number", "category")]
    symbols = {p.variable.name: [s for s in p.column.symbols if s not in said] for p in asked}
    every = {symbol for found in symbols.values() for symbol in found}
    others = [p for p in asked if p.variable.type == "category"]
    shared = len([name for name in symbols if symbols[name]]) > 1 and not any(
        fold(symbol) in map(fold, p.column.cells) for p in others for symbol in every
    )
    lines = [f'{DECIDE}missing."*" = {toml(sorted(every))}'] if shared else []
    for proposed in asked:
        codes = stand_ins(list(proposed.column.cells)) if not proposed.codes else []
        codes = [code for code in codes if code not in said]
        codes += [] if shared else symbols[proposed.variable.name]
        if codes:
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
