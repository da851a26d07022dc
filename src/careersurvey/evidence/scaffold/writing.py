"""The text of a new ``cohort.toml``: TODO before a proposal, DECIDE before a doubt."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from careersurvey.evidence.answers.words import LEFT_BLANK, NOT_PUT
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.scaffold.proposal import Proposal, Proposed
from careersurvey.evidence.scaffold.scales import WORDS, codes_apart
from careersurvey.evidence.scaffold.tools import SEEN_UNANSWERED, rows_of_no_use
from careersurvey.evidence.tables import DECIDE, TODO, Condition
from careersurvey.evidence.text import clean, fold

#: What a new file begins with, and what stands below a table whose design nobody knows.
_ABOUT, _DESIGN = re.split(
    r"(?<=\n)(?=\n# How the sample)",
    (Path(__file__).parent / "new.toml").read_text("utf-8").rstrip(),
)
_ANSWERS = "# or, if these are answers, delete this line"


def about(name: str, *, invented: bool = False) -> str:
    """Return the ``[cohort]`` table of a new cohort."""
    text = _ABOUT.replace('"ID"', _toml(name))
    return text.replace("synthetic = false", f"synthetic = {_toml(invented)}")


def blank_table(table: str, several: Iterable[str], routes: Mapping[str, Condition]) -> str:
    """Return the settings of a table whose columns are called as in the codebook."""
    lines = [f"[tables.{table}]", _line("", "file", f"{table}.csv")]
    lines += [_line("", f"options.{_key(name)}.separator", " ") for name in several]
    lines += [_line("", f"asked.{_key(name)}", str(route)) for name, route in routes.items()]
    return "\n".join([*lines, _DESIGN, ""])


def export_lines(
    file: str, settings: Mapping[str, object], notes: Iterable[str], proposal: Proposal
) -> list[str]:
    """Return the settings of a table read off an export: columns, and doubts.

    `settings` say how the file was opened, where that is not the default, and `notes` what was
    taken for granted in opening it.
    """
    lines = [f"[tables.{proposal.table}]", _line("", "file", file)]
    lines += [_line("", name, value) for name, value in settings.items()]
    lines += [f"# {_plain(note)}" for note in notes]
    named = [p for p in proposal.columns if p.variable.type == "identifier"]
    unique = [_line(TODO, "unique", p.variable.name) for p in named if p.column.unique]
    almost = [_line(DECIDE, "unique", p.variable.name) for p in named if p.column.names_one]
    lines += [*unique, *almost][:1]
    for proposed in proposal.columns:
        lines += _column_lines(proposed)
    for column in proposal.joined:
        lines += ["", f"# {_plain(column.name)} joins the boxes of one question again: not read."]
    lines += _row_lines(proposal)
    lines += [""] * bool(proposal.routes)
    lines += [_line(TODO, f"asked.{_key(n)}", str(one)) for n, one in proposal.routes.items()]
    lines += _block_lines(proposal)
    lines += _design_lines(proposal) if proposal.design else _DESIGN.split("\n")
    return [*lines, "", *_doubt_lines(proposal)]


def found_lines(findings: Iterable[Check]) -> list[str]:
    """What `check` says of a proposal that is taken whole, a line to decide each by."""
    rules = {one.rule for one in findings}
    doubted = list(dict.fromkeys(one.variable for one in findings if one.rule == "doubts"))
    lines = []
    if "nothing_ticked" in rules:
        lines += ["", "# What a select-all question without a tick means."]
        lines.append(_line(DECIDE, "nothing_ticked", "no_answer", '# or "no", or "not_asked"'))
    if doubted:
        lines.append("# `check` says what is doubted of these.")
        lines.append(_line(DECIDE, "sure", doubted))
    return lines


def _line(mark: str, name: str, value: object, remark: str = "") -> str:
    """A setting, with what stands before it and behind it."""
    return "  ".join(filter(None, [f"{mark}{name} = {_toml(value)}", remark]))


def _toml(value: object) -> str:
    """Text, a number, a truth or a list of them as TOML."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return str(value).lower()


def _key(text: str) -> str:
    """Text as a key of TOML."""
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _toml(text)


def _plain(text: str) -> str:
    """Text for a comment: one line, without characters that TOML refuses."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", clean(text))[:200]


def _column_lines(proposed: Proposed) -> list[str]:
    variable, separator = proposed.variable, proposed.separator
    name, mark = _key(variable.name), "" if proposed.known else TODO
    kind = f"{variable.type}, several in a cell" if separator else variable.type
    lines = ["", f"# {kind}: {_plain(variable.question)}"]
    lines.append(_line(mark, f"columns.{name}", proposed.column.called))
    if separator:
        lines.append(
            _line(mark if proposed.sure else DECIDE, f"options.{name}.separator", separator)
        )
    for label, (value, sure) in proposed.codes.items():
        lines.append(_line(mark if sure else DECIDE, f"codes.{name}.{_key(label)}", value))
    return lines


def _row_lines(proposal: Proposal) -> list[str]:
    """What the tool added beside the answers, and which rows are no respondent's."""
    lines = []
    if proposal.beside:
        names = ", ".join(_plain(column.called) for column in proposal.beside)
        lines += ["", f"# Not read, since they are no questions: {names}."]
    rules = rows_of_no_use(proposal.tool, proposal.beside)
    lines += [_line(DECIDE, f"{how}.{_key(name)}", cells) for name, (how, cells) in rules.items()]
    if proposal.apart:
        lines += ["", "# Rows at an end of the file that look like a total, or a note."]
    return lines + [_line(DECIDE, f"drop.{_key(n)}", cells) for n, cells in proposal.apart.items()]


def _block_lines(proposal: Proposal) -> list[str]:
    lines: list[str] = []
    for name, block in proposal.blocks.items():
        boxes = proposal.boxes(name)
        named = [box.variable.name for box in boxes]
        other = [box.variable.name for box in boxes if box.column is block.other]
        mark, place = TODO if block.sure else DECIDE, f"options.{_key(name)}"
        lines += ["", f"# select-all: {_plain(block.question)}"]
        lines.append(_line(mark, f"{place}.variables", named))
        lines.append(_line(mark, f"{place}.ticked", block.ticked))
        lines += [_line(mark, f"{place}.unticked", block.unticked)] * bool(block.unticked)
        lines += [_line(mark, f"{place}.nothing_ticked", "no")] * (len(boxes) == 1)
        lines += [_line(mark, f"{place}.other", box) for box in other]
    return lines


def _design_lines(proposal: Proposal) -> list[str]:
    lines = ["", "# How the sample was drawn: columns whose names say so."]
    for name, columns in proposal.design.items():
        value = columns[0] if name == "weight" else columns
        lines.append(_line(DECIDE, f"design.{name}", value))
    different = {p.column.called: p.column.different for p in proposal.columns}
    strata, clusters = (proposal.design.get(role, [""])[0] for role in ("strata", "clusters"))
    # Labels of clusters that are so few must start again in each stratum.
    if strata and clusters and different[clusters] <= 2 * different[strata]:
        lines.append(f"{DECIDE}design.nest = true")
    if "replicate_weights" in proposal.design:
        choices = '# or "JKn", "BRR", "Fay", "bootstrap", "successive-difference"'
        lines.append(_line(DECIDE, "design.replicate_method", "JK1", choices))
    return lines


# ---- what cells may mean ------------------------------------------------------------------------


def _doubt_lines(proposal: Proposal) -> list[str]:
    """Marks, signs, words and codes that often stand for no answer."""
    asked = [p for p in proposal.columns if p.variable.type in ("number", "category")]
    left = {SEEN_UNANSWERED} if proposal.tool.coded else set()
    not_asked = _cells_in(asked, NOT_PUT)
    no_answer = _cells_in(asked, LEFT_BLANK | left)
    lines = _date_lines([p.column.date_formats for p in proposal.columns if p.column.date_formats])
    lines += _mark_lines([p for p in asked if p.variable.type == "number"])
    lines += [_line(DECIDE, "not_asked", not_asked, _ANSWERS)] * bool(not_asked)
    lines += [_line(DECIDE, "no_answer", no_answer, _ANSWERS)] * bool(no_answer)
    return lines + _missing_lines(asked, {*not_asked, *no_answer})


def _date_lines(found: Sequence[Sequence[str]]) -> list[str]:
    """How dates are written: a doubt where the day and the month may be either."""
    if not found:
        return []
    both = [one for one in found[0] if all(one in others for others in found)]
    first, *others = both or list(dict.fromkeys(one for each in found for one in each))
    either = f"# or {', '.join(map(_toml, others))}" if others else ""
    return [_line(DECIDE if others else TODO, "date_format", first, either)]


def _mark_lines(numbers: Sequence[Proposed]) -> list[str]:
    """Marks of decimals and of thousands, as the numbers show or as they may be; and signs."""
    marks = dict.fromkeys(p.column.marks for p in numbers)
    told = [mark for mark in marks if mark[2]]
    doubted = [mark for mark in marks if mark[1] and not mark[2]]
    signs = dict.fromkeys(sign for p in numbers for sign in p.column.signs)
    lines = []
    for decimal, thousands, sure in told[:1] or doubted * (len(doubted) == 1):
        names = [p.variable.name for p in numbers if p.column.marks[1] == thousands]
        other = f"# or, if it is for decimals, sure = {_toml(names)}"
        remark = other if not sure and thousands in ".," else ""
        lines += [_line(DECIDE, "decimal", decimal)] * (decimal == ",")
        lines += [_line(DECIDE, "thousands", thousands, remark)] * bool(thousands)
    return lines + [_line(DECIDE, "signs", list(signs))] * bool(signs)


def _cells_in(asked: Iterable[Proposed], words: Collection[str]) -> list[str]:
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
    everywhere = [*(sorted(every) if shared else []), *_cells_in(asked, WORDS["refused"])]
    lines = [_line(DECIDE, 'missing."*"', everywhere, _ANSWERS)] * bool(everywhere)
    for proposed in asked:
        name, labels = proposed.variable.name, proposed.column.labels
        codes = [] if proposed.codes else codes_apart(list(proposed.column.cells))
        if proposed.variable.type == "number":
            codes += [c for c in labels if c in proposed.column.cells and c not in codes]
        codes = [code for code in codes if not {code, labels.get(code)} & {*said, *everywhere}]
        codes += [] if shared else [s for s in symbols[name] if s not in everywhere]
        if codes:
            other = f"# or, if these are answers, sure = [{_toml(name)}]"
            lines.append(_line(DECIDE, f"missing.{_key(name)}", codes, other))
    return lines
