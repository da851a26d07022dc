"""The text of a new ``cohort.toml``: TODO before a proposal, DECIDE before a doubt."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence

from careersurvey.evidence.answers.words import LEFT_BLANK, NOT_PUT
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.scaffold.proposal import Proposal, Proposed
from careersurvey.evidence.scaffold.scales import REFUSED, codes_apart
from careersurvey.evidence.scaffold.tools import QUALTRICS, SEEN_UNANSWERED, rows_of_no_use
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
synthetic = {invented}
sampling = "TODO: who was invited, how they were chosen, who took part"
selection = "unstated"  # or "probability", "census", "selected", "volunteers"
"""
_DESIGN = """
# How the sample was drawn. Without these lines every row counts once.
# design.weight = "their column of weights"
# design.strata = ["their column"]
# design.clusters = ["their column"]
# design.population = ["their column, or a number"]
"""


def about(name: str, *, invented: bool = False) -> str:
    """Return the ``[cohort]`` table of a new cohort."""
    return _ABOUT.format(id=quoted(name), invented=toml(invented))


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
        mark = TODO if proposal.unique.column.unique else DECIDE
        lines.append(f"{mark}unique = {quoted(proposal.unique.variable.name)}")
    for proposed in proposal.columns:
        lines += _column_lines(proposed)
    for column in proposal.joined:
        lines += ["", f"# {_plain(column.name)} joins the boxes of one question again: not read."]
    lines += _row_lines(proposal)
    routes = {name: quoted(str(route)) for name, route in proposal.routes.items()}
    lines += [""] * bool(routes)
    lines += [f"{TODO}asked.{key(name)} = {route}" for name, route in routes.items()]
    return "\n".join(lines + _block_lines(proposal) + _design_lines(proposal)) + "\n"


def doubt_lines(proposal: Proposal) -> list[str]:
    """What cells may mean: marks, signs, words and codes that often stand for no answer."""
    asked = [p for p in proposal.columns if p.variable.type in ("number", "category")]
    left = [SEEN_UNANSWERED] if proposal.tool == QUALTRICS else []
    words = {
        "not_asked": _cells_in(asked, NOT_PUT),
        "no_answer": _cells_in(asked, {*LEFT_BLANK, *left}),
    }
    other = "# or, if these are answers, delete this line"
    lines = _date_lines([p.column.date_formats for p in proposal.columns if p.column.date_formats])
    lines += _mark_lines([p for p in asked if p.variable.type == "number"])
    lines += [f"{DECIDE}{name} = {toml(cells)}  {other}" for name, cells in words.items() if cells]
    return lines + _missing_lines(asked, {*words["not_asked"], *words["no_answer"]})


def _date_lines(found: Sequence[Sequence[str]]) -> list[str]:
    """How dates are written: a doubt where the day and the month may be either."""
    if not found:
        return []
    both = [one for one in found[0] if all(one in others for others in found)]
    first, *others = [*both, *dict.fromkeys(one for each in found for one in each if not both)]
    either = f"  # or {', '.join(map(quoted, others))}" if others else ""
    return [f"{DECIDE if others else TODO}date_format = {quoted(first)}{either}"]


def _mark_lines(numbers: Sequence[Proposed]) -> list[str]:
    told = dict.fromkeys(p.column.marks for p in numbers if any(p.column.marks))
    doubted = {p.column.thousands for p in numbers} - {""}
    signs = dict.fromkeys(sign for p in numbers for sign in p.column.signs)
    lines = []
    if told:
        decimal, thousands = next(iter(told))
        lines += [f"{DECIDE}decimal = {quoted(decimal)}"] if decimal == "," else []
        lines += [f"{DECIDE}thousands = {quoted(thousands)}"] if thousands else []
    elif len(doubted) == 1:
        (mark,) = doubted
        names = toml([p.variable.name for p in numbers if p.column.thousands])
        other = f"  # or, if it is for decimals, sure = {names}" if mark in ".," else ""
        lines += [f'{DECIDE}decimal = ","'] if mark == "." else []
        lines.append(f"{DECIDE}thousands = {quoted(mark)}{other}")
    return lines + ([f"{DECIDE}signs = {toml(list(signs))}"] if signs else [])


def _cells_in(asked: Iterable[Proposed], words: Container[str]) -> list[str]:
    """The answers, or their labels, that are one of these words, each once; - beside + is none."""
    cells = (
        cell if p.variable.type == "number" else p.column.labels.get(cell, cell)
        for p in asked
        for cell in p.column.cells
        if not (cell == "-" and "+" in p.column.cells)
    )
    return list(dict.fromkeys(cell for cell in cells if fold(cell) in words))


def _missing_lines(asked: Sequence[Proposed], said: set[str]) -> list[str]:
    """What may be no answer: symbols among numbers, refusals, and codes far from the others."""
    symbols = {p.variable.name: [s for s in p.column.symbols if s not in said] for p in asked}
    every = {symbol for found in symbols.values() for symbol in found}
    others = {fold(c) for p in asked if p.variable.type == "category" for c in p.column.cells}
    shared = len(list(filter(None, symbols.values()))) > 1 and not others & set(map(fold, every))
    everywhere = [*(sorted(every) if shared else []), *_cells_in(asked, REFUSED)]
    other = "# or, if these are answers, delete this line"
    lines = [f'{DECIDE}missing."*" = {toml(everywhere)}  {other}'] if everywhere else []
    for proposed in asked:
        name, labels = proposed.variable.name, proposed.column.labels
        codes = [] if proposed.codes else codes_apart(list(proposed.column.cells))
        if proposed.variable.type == "number":
            codes += [c for c in labels if c in proposed.column.cells and c not in codes]
        codes = [code for code in codes if not {code, labels.get(code)} & {*said, *everywhere}]
        codes += [] if shared else [s for s in symbols[name] if s not in everywhere]
        if codes:
            other = f"# or, if these are answers, sure = [{quoted(name)}]"
            lines.append(f"{DECIDE}missing.{key(name)} = {toml(codes)}  {other}")
    return lines


def found_lines(findings: Iterable[Check]) -> list[str]:
    """What `check` says of a proposal that is taken whole, a line to decide each by."""
    rules = {one.rule for one in findings}
    doubted = list(dict.fromkeys(one.variable for one in findings if one.rule == "doubts"))
    lines = []
    if "nothing_ticked" in rules:
        lines += ["", "# What a select-all question without a tick means."]
        lines.append(f'{DECIDE}nothing_ticked = "no_answer"  # or "no", or "not_asked"')
    if doubted:
        lines.append("# `check` says what is doubted of these.")
        lines.append(f"{DECIDE}sure = {toml(doubted)}")
    return lines


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
    lines.append(f"{mark}columns.{name} = {quoted(proposed.column.called)}")
    if proposed.separator:
        sign = mark if proposed.sure else DECIDE
        lines.append(f"{sign}options.{name}.separator = {quoted(proposed.separator)}")
    for parts, value in proposed.joined.items():
        lines.append(f"{DECIDE}codes.{name}.{key(parts)} = {quoted(value)}")
    for label, value in proposed.codes.items():
        if label in proposed.joined:
            continue
        shared = proposed.known and list(proposed.codes.values()).count(value) > 1
        sign = DECIDE if not value or shared else mark
        choices = " or ".join((*variable.values, *variable.missing))
        lines.append(f"{sign}codes.{name}.{key(label)} = {quoted(value or choices)}")
    return lines


def _row_lines(proposal: Proposal) -> list[str]:
    """What the tool added beside the answers, and which rows are no respondent's."""
    lines = []
    if proposal.beside:
        names = ", ".join(_plain(column.called) for column in proposal.beside)
        lines += ["", f"# Not read, since they are no questions: {names}."]
    rules = rows_of_no_use(proposal.tool, proposal.beside)
    lines += [f"{DECIDE}{how}.{key(name)} = {toml(cells)}" for name, (how, cells) in rules.items()]
    called = {p.column.position: p.column.called for p in proposal.columns}
    called |= {column.position: column.called for column in (*proposal.beside, *proposal.joined)}
    by_column: dict[str, list[str]] = {}
    for apart in proposal.apart:
        by_column.setdefault(called[apart.position], []).append(apart.cell)
    if by_column:
        lines += ["", "# Rows at an end of the file that look like a total, or a note."]
    return lines + [f"{DECIDE}drop.{key(n)} = {toml(cells)}" for n, cells in by_column.items()]


def _block_lines(proposal: Proposal) -> list[str]:
    lines: list[str] = []
    for name, (block, boxes) in proposal.blocks.items():
        place = f"{TODO if block.sure else DECIDE}options.{key(name)}"
        lines += ["", f"# select-all: {_plain(block.question)}"]
        lines.append(f"{place}.variables = {toml(boxes)}")
        lines.append(f"{place}.ticked = {toml(block.ticked)}")
        if block.unticked:
            lines.append(f"{place}.unticked = {toml(block.unticked)}")
        if len(boxes) == 1:
            lines.append(f'{place}.nothing_ticked = "no"')
        if block.other:
            lines.append(f"{place}.other = {quoted(boxes[block.columns.index(block.other)])}")
    return lines


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
        choices = '"JK1"  # or "JKn", "BRR", "Fay", "bootstrap", "successive-difference"'
        lines.append(f"{DECIDE}design.replicate_method = {choices}")
    return lines
