"""What the columns of an export are proposed to be: variables, values, questions, a design."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from careersurvey.evidence.answers.coded import SYNTHETIC
from careersurvey.evidence.answers.sheet import Sheet
from careersurvey.evidence.answers.words import as_number
from careersurvey.evidence.scaffold.boxes import (
    Block,
    blocks_of,
    is_ranking,
    several_in,
)
from careersurvey.evidence.scaffold.columns import ExportColumn, profile
from careersurvey.evidence.scaffold.scales import KNOWN, WORDS, in_order
from careersurvey.evidence.scaffold.tools import Tool, is_beside
from careersurvey.evidence.tables import Condition, Indicator, Variable
from careersurvey.evidence.text import clean, fold, slug

#: The table of an export whose questions the codebook does not know, and its unit.
TABLE, UNIT = "answers", "respondent"

_NUMBERING = re.compile(r"^(q|question)?\s*\d+[a-z]?\s*[.):|-]?\s*", re.IGNORECASE)
_OF_DESIGN = "|".join(pattern for role in KNOWN["columns"]["design"].values() for pattern in role)
_SHORTEST_WORDING = 9
_LONGEST_NAME = 30
_HOW_TO_ANSWER = r"\(.*?\)|\b(please )?(tick|choose|select|check|mark) (all|one|any|up to)\b.*"


@dataclass(frozen=True)
class Proposed:
    """What one column is proposed to be."""

    variable: Variable  # the codebook's, or one made of the column's own words
    column: ExportColumn
    known: bool = False  # whether the codebook asks the same
    box_of: str = ""  # the select-all question of which it is a box
    #: By a cell or label that is not its value's own text: the value, and whether that is sure.
    codes: dict[str, tuple[str, bool]] = field(default_factory=dict)
    separator: str = ""  # of several answers in one cell
    sure: bool = True  # whether it is one


@dataclass(frozen=True)
class Proposal:
    """A whole export as it is proposed: nothing of it holds until somebody says so."""

    table: str  # of the codebook, that asks the most of its questions
    tool: Tool
    columns: list[Proposed]
    blocks: dict[str, Block]  # select-all questions by name
    joined: list[ExportColumn]  # that say the same as a block once more
    beside: list[ExportColumn]  # that the tool added
    apart: dict[str, list[str]]  # by column: first cells of rows that may be no respondent's
    design: dict[str, list[str]]  # columns whose names are those that samples use
    routes: dict[str, Condition]  # who is asked a question, where that is not everybody

    def boxes(self, question: str) -> list[Proposed]:
        """The boxes of a select-all question."""
        return [proposed for proposed in self.columns if proposed.box_of == question]

    def indicators(self) -> dict[str, Indicator]:
        """What can be measured of the columns that the codebook does not know, by id."""
        asked = [
            (p.variable, p.column, measure, [p])
            for p in self.columns
            if not p.known and not p.box_of and (measure := _measure(p))
        ]
        for name, block in self.blocks.items():
            boxes = self.boxes(name)
            options = _distinct(_value(box.variable.question) for box in boxes)
            question = Variable(name, self.table, block.question, "category", tuple(options))
            asked.append((question, block.columns[0], "multiple", boxes))
        found = {}
        for variable, column, measure, boxes in asked:
            group, mark, _ = column.name.partition("/") if self.tool.joined else ("", "", "")
            section = (slug(group) if mark else "") or TABLE
            names = tuple(box.variable.name for box in boxes)
            categories = () if measure == "mean" else variable.values
            told = (variable.name, variable.question, section, _unit(self.table), self.table)
            one = Indicator(*told, names, measure, "", categories, "", "", Condition(), "")
            found[one.id] = one
        return found


def propose(
    sheet: Sheet,
    tool: Tool,
    wordings: Mapping[str, str],
    codebook: Sequence[Variable],
    indicators: Iterable[Indicator],
    mapped: Mapping[str, str],
) -> Proposal:
    """Propose what each column of an export is.

    `wordings` are of questions, by what the tool calls them; `among` of the indicators says who is
    asked a question; `mapped` are columns that somebody has given a variable, and which.
    """
    every, apart = profile(sheet)
    beside = [c for c in every if c.name == SYNTHETIC or is_beside(tool, c)]
    asked = [column for column in every if column not in beside]
    blocks = blocks_of(tool, asked, sheet, {column.name for column in every})
    again = {block.question for block in blocks if block.sure and tool.joined}
    joined = [column for column in asked if column.name in again]
    columns = [column for column in asked if column not in joined]
    table, known = _known(columns, codebook, tool, mapped)
    design = _design(columns)
    taken = {variable.name for variable in known.values()}
    named = _named(blocks, wordings, taken)
    boxes = {
        column.position: (name, n)
        for name, block in named.items()
        for n, column in enumerate(block.columns)
    }
    found = []
    for column in columns:
        if column.position in known:
            found.append(_as_known(tool, column, known[column.position]))
        elif column.position in boxes:
            name, n = boxes[column.position]
            found.append(_as_box(column, table, taken, name, named[name].options[n], n))
        else:
            is_number = any(column.called in names for names in design.values())
            own = mapped.get(column.called) or _free(_short(column), taken)
            found.append(_as_own(tool, column, table, own, is_number=is_number))
    there = {proposed.box_of for proposed in found}
    return Proposal(
        table=table,
        tool=tool,
        columns=found,
        blocks={stem: block for stem, block in named.items() if stem in there},
        joined=joined,
        beside=beside,
        apart=apart,
        design=design,
        routes=routes_of(indicators, table, [variable.name for variable in known.values()]),
    )


def routes_of(
    indicators: Iterable[Indicator], table: str, variables: Iterable[str]
) -> dict[str, Condition]:
    """Who is asked each question of a table, where that is not everybody."""
    known = set(variables)
    return {
        name: one.among
        for one in indicators
        if one.table == table and one.among
        for name in one.variables
        if name in known and {variable for variable, _ in one.among.terms} <= known
    }


# ---- questions of the codebook ------------------------------------------------------------------


def _known(
    columns: Sequence[ExportColumn],
    codebook: Sequence[Variable],
    tool: Tool,
    mapped: Mapping[str, str],
) -> tuple[str, dict[int, Variable]]:
    """The table that asks the most of an export's questions, and which column asks which."""
    tables: dict[str, list[Variable]] = {}
    for variable in codebook:
        tables.setdefault(variable.table, []).append(variable)
    found = {name: _asked(columns, asks, tool, mapped) for name, asks in tables.items()}
    best = max(found, key=lambda name: (len(found[name]), name), default="")
    asked = [v for v in found.get(best, {}).values() if v.type != "identifier"]
    return (best, found[best]) if asked else (TABLE, {})


def _asked(
    columns: Sequence[ExportColumn],
    variables: Sequence[Variable],
    tool: Tool,
    mapped: Mapping[str, str],
) -> dict[int, Variable]:
    """The variable that each column asks: as somebody has said, by its name, by its wording."""
    by_name = {variable.name: variable for variable in variables}
    asks: dict[str, list[Variable]] = {name: [variable] for name, variable in by_name.items()}
    for variable in variables:
        if len(_bare(variable.question)) >= _SHORTEST_WORDING:
            asks.setdefault(_bare(variable.question), []).append(variable)
    said = {column.position: by_name.get(mapped.get(column.called, "")) for column in columns}
    found = {position: variable for position, variable in said.items() if variable}
    for column in columns:
        texts = (column.name, *column.parts)
        names = [form(text) for form in (slug, _bare) for text in texts]
        for variable in [v for name in names for v in asks.get(name, ())]:
            free = column.position not in found and variable not in found.values()
            if free and _fits(tool, column, variable):
                found[column.position] = variable
    return found


def _fits(tool: Tool, column: ExportColumn, variable: Variable) -> bool:
    """Whether the answers can be those of the question: one of a category's at the least."""
    if variable.type != "category" or not column.cells:
        return True
    allowed = {slug(value) for value in (*variable.values, *variable.missing)}
    pieces = several_in(tool, column, variable.values)[2]
    return any(slug(column.labels.get(piece, piece)) in allowed for piece in pieces)


def _bare(text: str) -> str:
    return _NUMBERING.sub("", fold(text)).rstrip(" ?.:")


def _as_known(tool: Tool, column: ExportColumn, variable: Variable) -> Proposed:
    if variable.type != "category":
        return Proposed(variable, column, known=True)
    separator, sure, cells = several_in(tool, column, variable.values)
    allowed = (*variable.values, *variable.missing)
    by_slug, same = {slug(value): value for value in allowed}, set(map(fold, allowed))
    labels = [column.labels.get(cell, cell) for cell in cells]
    meant = {label: by_slug.get(slug(label), "") for label in labels if fold(label) not in same}
    often = Counter(meant.values())
    codes = {
        label: (value or " or ".join(allowed), bool(value) and often[value] == 1)
        for label, value in meant.items()
    }
    return Proposed(variable, column, known=True, codes=codes, separator=separator, sure=sure)


# ---- questions of its own -----------------------------------------------------------------------


def _named(
    blocks: Iterable[Block], wordings: Mapping[str, str], taken: set[str]
) -> dict[str, Block]:
    """Select-all questions by a name of their own, with their wording."""
    named = {}
    for n, block in enumerate(blocks, start=1):
        question = wordings.get(block.question, block.question)
        name = _free(_words(question, 4) or f"question_{n}", taken)
        named[name] = replace(block, question=question)
    return named


def _as_box(
    column: ExportColumn, table: str, taken: set[str], question: str, option: str, n: int
) -> Proposed:
    words = "_".join(slug(option).split("_")[:5]) or str(n + 1)
    name = words if words.startswith(question) else f"{question}_{words}"
    name = _free(name[:60].rstrip("_"), taken)
    box = Variable(name, table, option, "category", ("yes", "no"), (), _unit(table))
    return Proposed(box, column, box_of=question)


def _as_own(
    tool: Tool, column: ExportColumn, table: str, name: str, *, is_number: bool
) -> Proposed:
    separator, sure, cells = several_in(tool, column)
    ranking = is_ranking(column)
    if is_number or ranking:
        separator, sure, cells = "", True, column.cells
    kind = "text" if ranking else "category" if separator else column.kind
    if is_number and kind == "category" and _all_plain(column):
        kind = "number"
    spelled: dict[str, str] = {}  # of answers that differ by case alone, the most frequent one
    for cell in cells if kind == "category" else ():
        spelled.setdefault(cell if column.labels else cell.casefold(), cell)
    ordered = in_order(list(spelled.values()), column.labels)
    labels = [column.labels.get(cell, cell) for cell in ordered]
    values = _distinct(map(_value, labels))
    often, mark = Counter(map(fold, column.labels.values())), separator.strip() or "\0"
    codes = {
        cell: (value, mark not in cell)
        for cell, label, value in zip(ordered, labels, values, strict=True)
        if mark in cell or fold(label) != fold(value) or often[fold(label)] > 1
    }
    missing = tuple(_value(label or code) for code, label in column.declared.items())
    unit = "" if kind == "number" else _unit(table)
    variable = Variable(name, table, column.wording, kind, tuple(values), missing, unit)
    return Proposed(variable, column, codes=codes, separator=separator, sure=sure)


def _value(label: str) -> str:
    """A label as a value of the codebook: its own words, with nothing that separates values."""
    mistaken = label.startswith("=") or "&" in label
    text = label.replace("=", "-") if mistaken else label
    return clean(text.replace(";", ",").replace("|", "/"))[:200]


def _measure(proposed: Proposed) -> str:
    kind, name = proposed.variable.type, proposed.variable.name
    if kind not in ("number", "category") or re.fullmatch(_OF_DESIGN, name):
        return ""
    return "mean" if kind == "number" else "multiple" if proposed.separator else "share"


def _unit(table: str) -> str:
    return UNIT if table == TABLE else table.removesuffix("s") or table


# ---- names --------------------------------------------------------------------------------------


def _short(column: ExportColumn) -> str:
    """A name for a variable: the tool's own where that is one, else the question's first words."""
    question, name = column.wording, slug(column.name)
    first = len(column.parts) > 1 and column.parts[0] in (column.called, question)
    own = slug(column.parts[0]) if first else ""
    if re.fullmatch(r"[a-z]\w{0,23}", own) and len(own.split("_")) < 4:
        return own
    if " " not in column.name and re.fullmatch(r"[a-z]\w{0,23}", name):
        return name
    asked, mark, row = question.partition(": ")
    if mark and row:
        return f"{_words(asked, 2)}_{_words(row, 3)}".strip("_")
    return _words(question, 3) or name[:24] or f"column_{column.position + 1}"


def _words(text: str, most: int) -> str:
    """The first words of a question that say what it is about, as a name of whole words."""
    words = slug(re.sub(_HOW_TO_ANSWER, "", _bare(text)) or text).split("_")
    telling = [word for word in words if word not in WORDS["asking"]] or words
    short = "_".join(telling[:most])
    while len(short) > _LONGEST_NAME and "_" in short:
        short = short.rpartition("_")[0]
    return f"q_{short}" if short[:1].isdigit() else short[:_LONGEST_NAME]


def _free(stem: str, taken: set[str], form: str = "{}_{}") -> str:
    new, number = stem, 1
    while new in taken:
        number += 1
        new = form.format(stem, number)
    taken.add(new)
    return new


def _distinct(values: Iterable[str]) -> list[str]:
    """Values none of which is another but for its number: ``Agree``, ``Agree (2)``."""
    taken: set[str] = set()
    return [_free(value, taken, "{} ({})") for value in values]


# ---- the design ---------------------------------------------------------------------------------


def _design(columns: Sequence[ExportColumn]) -> dict[str, list[str]]:
    """Columns whose names are those that samples use; whether they are is for a person to say."""
    found = {}
    for role, patterns in KNOWN["columns"]["design"].items():
        named = [c for c in columns if re.fullmatch("|".join(patterns), fold(c.name))]
        numeric = role in ("weight", "replicate_weights")
        chosen = [c.called for c in named if not numeric or _all_plain(c)]
        if chosen:
            found[role] = chosen if role == "replicate_weights" else chosen[:1]
    return found


def _all_plain(column: ExportColumn) -> bool:
    numbers = [as_number(cell.replace(",", ".")) for cell in column.cells]
    return bool(numbers) and None not in numbers
