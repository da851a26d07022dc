"""The lines of ``cohort.toml`` about an export: TODO before a proposal, DECIDE before a doubt."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from careersurvey.evidence.answers.words import AMOUNT, WORDS, is_refusal
from careersurvey.evidence.checks.check import Check
from careersurvey.evidence.scaffold.boxes import Block
from careersurvey.evidence.scaffold.columns import marks_of
from careersurvey.evidence.scaffold.proposal import Asked, Proposal
from careersurvey.evidence.scaffold.tools import SEEN_UNANSWERED
from careersurvey.evidence.tables import DECIDE, TODO
from careersurvey.evidence.text import clean, fold

#: Before columns of which nothing is proposed, and before what is told of the file.
UNREAD, NOTED = "# Not read, since they are ", "# Noted: "
#: Behind what is proposed of a column whose numbers cannot be read, and so are not measured.
GUISED = ", each a number that is not read: take units and marks out of the file, or set signs"
_PAIRED = {"-": "+", "Na": "Ie"}  # answers beside these; in Welsh Na is No
_ANSWERS = "or, if these are answers, delete this line"


def line(mark: str, setting: str, value: object, remark: str = "") -> str:
    """A setting, with what stands before it and behind it."""
    return f"{mark}{setting} = {toml(value)}" + (f"  # {plain(remark)}" if remark else "")


def toml(value: object) -> str:
    """Text, a number, a truth or a list of them as TOML."""
    # TOML takes these as JSON writes them, but for one letter.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def key(*names: str) -> str:
    """Names as a key of TOML."""
    bare = r"[A-Za-z0-9_-]+"
    return ".".join(name if re.fullmatch(bare, name) else toml(name) for name in names)


def plain(text: str) -> str:
    """Text for a remark: one line, without characters that TOML refuses."""
    return clean(text)[:200]


# ---- a proposal ---------------------------------------------------------------------------------


def lines_of(proposal: Proposal) -> list[str]:
    """Return what is proposed of the columns of a table, and what is doubted, a line each."""
    blocks = [_block_lines(n, one, proposal.boxes(n)) for n, one in proposal.blocks.items()]
    return [
        *_unique_lines(proposal.asked),
        "",
        *(each for one in proposal.asked for each in _column_lines(one)),
        *_row_lines(proposal),
        *(line(TODO, key("asked", name), str(one)) for name, one in proposal.routes.items()),
        *(each for block in blocks for each in block),
        *_design_lines(proposal),
        *_doubt_lines(proposal),
    ]


def _unique_lines(asked: Iterable[Asked]) -> list[str]:
    named = [one for one in asked if one.variable.type == "identifier"]
    apart = [one for one in named if len(one.column.cells) == one.column.rows]
    unique = [line(TODO, "unique", one.variable.name) for one in apart]
    again = "or, where they answered again, design.clusters = [{}]"
    almost = [
        line(DECIDE, "unique", one.variable.name, again.format(toml(one.column.called)))
        for one in named
        if one.column.names_one
    ]
    return [*unique, *almost][:1]


def _column_lines(one: Asked) -> Iterator[str]:
    """A column, what separates several answers in a cell, and what cells mean."""
    variable, mark = one.variable, "" if one.known else TODO
    kind = variable.type + ", several in a cell" * bool(one.separator)
    kind += GUISED * one.column.is_guised
    asks = f": {variable.question}" * (clean(variable.question) != one.column.called)
    yield line(mark, key("columns", variable.name), one.column.called, kind + asks)
    doubted = mark if one.sure else DECIDE
    if one.separator:
        yield line(doubted, key("options", variable.name, "separator"), one.separator)
    if one.other:
        beside = "who wrote there, and gave no other answer, answered Other"
        remark = beside if one.sure else "who wrote what no other answer says answered Other"
        yield line(doubted, key("options", variable.name, "other"), one.other, remark)
    for cell, (value, sure) in one.codes.items():
        yield line(mark if sure else DECIDE, key("codes", variable.name, cell), value)


def _row_lines(proposal: Proposal) -> list[str]:
    """Which columns are not read, and which rows are no respondent's."""
    beside = proposal.beside
    unread = ", ".join(plain(column.called) for column in beside)
    lines = [f"{UNREAD}no questions: {unread}."] if unread else []
    lines += [f"{UNREAD}the boxes of a question again: {plain(c.name)}." for c in proposal.joined]
    for column in beside:
        lines += [line(DECIDE, key(rule, column.called), c) for rule, c in column.rows_told]
    what = "a total, a note, another table, or the header again"
    return lines + [
        line(DECIDE, key("drop", name), cells, what) for name, cells in proposal.apart.items()
    ]


def _block_lines(name: str, block: Block, boxes: Sequence[Asked]) -> list[str]:
    """The settings of a select-all question in boxes."""
    named = {one.column.position: one.variable.name for one in boxes}
    said: dict[str, object] = {"variables": list(named.values())}
    said |= {"ticked": block.ticked} if block.ticked else {}
    said |= {"unticked": block.unticked} if block.unticked else {}
    said |= {"nothing_ticked": "no"} if len(boxes) == 1 else {}
    said |= {"other": named[block.other.position]} if block.other else {}
    remarks = {"variables": f"select-all: {block.question}"}
    mark = TODO if block.sure else DECIDE
    return [
        line(mark, key("options", name, part), value, remarks.get(part, ""))
        for part, value in said.items()
    ]


def _design_lines(proposal: Proposal) -> list[str]:
    """How the sample was drawn, as names of columns have it."""
    lines = [
        line(DECIDE, f"design.{role}", names[0] if role == "weight" else names)
        for role, names in proposal.design.items()
    ]
    if "replicate_weights" in proposal.design:
        others = 'or "JKn", "BRR", "Fay", "bootstrap", "successive-difference"'
        lines.append(line(DECIDE, "design.replicate_method", "JK1", others))
    return lines


# ---- what cells may mean ------------------------------------------------------------------------


def _doubt_lines(proposal: Proposal) -> list[str]:
    """Marks, signs, words and codes that often stand for no answer."""
    asked, tool = proposal.asked, proposal.tool
    numbers = [one for one in asked if one.variable.type == "number"]
    put = [one for one in asked if one.variable.type in ("number", "category")]
    left = WORDS["left_blank"] | ({SEEN_UNANSWERED} if tool.coded else set())
    words = {"not_asked": WORDS["not_put"], "no_answer": left}
    said = {name: _words_in(put, known.__contains__) for name, known in words.items()}
    signs = list(dict.fromkeys(sign for one in numbers for sign in one.column.signs))
    figures = {cell for one in numbers for cell in one.column.figures}
    ways = marks_of(figures, signs) or [(".", "")]
    lines = [*_date_lines([one.column.dates for one in asked]), *_mark_lines(ways)]
    lines += [line(DECIDE, "signs", signs)] if signs else []
    lines += [line(DECIDE, name, cells, _ANSWERS) for name, cells in said.items() if cells]
    every = {cell for cells in said.values() for cell in cells}
    return lines + _everywhere_lines(put, every)


def _date_lines(found: Iterable[Sequence[str]]) -> list[str]:
    """How dates are written: a doubt where the day and the month may be either."""
    every = [forms for forms in found if any(forms)]
    both = [form for form in every[0] if all(form in forms for forms in every)] if every else []
    first, *others = both or [form for forms in every for form in forms] or [""]
    either = ("or " if both else "one a table; others have ") + ", ".join(map(toml, others))
    mark = DECIDE if others else TODO
    return [line(mark, "date_format", first, either * bool(others))] if first else []


def _mark_lines(ways: Sequence[tuple[str, str]]) -> list[str]:
    """Marks of decimals and of thousands by which all numbers can be read."""
    (decimal, thousands), *others = ways
    either = f"or, if it is for decimals, decimal = {toml(thousands)}" if others else ""
    lines = [line(DECIDE, "decimal", decimal)] if decimal == "," else []
    return lines + ([line(DECIDE, "thousands", thousands, either)] if thousands else [])


def _words_in(asked: Iterable[Asked], is_one: Callable[[str], object]) -> list[str]:
    """The answers, or their labels, that are one of these words, each once; not of a pair."""
    cells = (
        cell if one.variable.type == "number" else one.column.labels.get(cell, cell)
        for one in asked
        for cell in one.column.cells
        if _PAIRED.get(cell) not in one.column.cells
    )
    return list(dict.fromkeys(cell for cell in cells if is_one(fold(cell).replace("_", " "))))


def _everywhere_lines(asked: Sequence[Asked], said: set[str]) -> list[str]:
    """What may be no answer of any question: refusals, and symbols among numbers."""
    numbers = [one for one in asked if one.variable.type == "number"]
    answers = {fold(c) for one in asked if one not in numbers for c in one.column.cells}
    symbols = {cell for one in numbers for cell in one.column.symbols} - said
    plain = (one for one in symbols if not re.search(rf"\d|{AMOUNT.pattern}", fold(one)))
    cells = sorted(one for one in plain if fold(one) not in answers)
    every = [*dict.fromkeys([*cells, *_words_in(asked, is_refusal)])]
    return [line(DECIDE, 'missing."*"', every, _ANSWERS)] if every else []


def found_lines(findings: Iterable[Check]) -> list[str]:
    """What `check` says of a proposal that is taken whole, a line to decide each by."""
    rules, lines, doubted = {one.rule for one in findings}, [], []
    for one in findings:
        remark = f"or, if these are answers, sure = {toml([one.variable])}"
        if one.setting:
            lines.append(line(DECIDE, key(one.setting, one.variable), one.cells, remark))
        elif one.rule == "doubts":
            doubted.append(one.variable)
    nothing = line(DECIDE, "nothing_ticked", "no_answer", 'or "no", or "not_asked"')
    lines += [nothing] if "nothing_ticked" in rules else []
    doubts = line(DECIDE, "sure", [*dict.fromkeys(doubted)], "check says what is doubted of these")
    return [*lines, doubts] if doubted else lines
