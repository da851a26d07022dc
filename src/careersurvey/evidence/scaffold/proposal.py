"""What the columns of an export are proposed to be: variables, values, questions, a design."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from careersurvey.evidence.answers.coded import SYNTHETIC
from careersurvey.evidence.answers.sheet import OTHER, Sheet, numbered, other_beside
from careersurvey.evidence.answers.words import (
    KNOWN,
    NOTHING,
    WORDS,
    Words,
    codes_apart,
    is_refusal,
)
from careersurvey.evidence.cohort import MAKE_UP
from careersurvey.evidence.scaffold.boxes import Block, Several, blocks_of, is_ranking, several_in
from careersurvey.evidence.scaffold.columns import MOST_VALUES, Column, profile
from careersurvey.evidence.scaffold.tools import Tool, in_order
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.tables import ALL, NO_ANSWER, Condition, Indicator, Variable
from careersurvey.evidence.text import clean, fold, singular, slug, whole

#: The table of an export whose questions the codebook does not know, and its unit.
TABLE, UNIT = "answers", "respondent"

_NUMBERING = re.compile(r"^(q|question)?\s*\d+[a-z]?\s*[.):|-]?\s*", re.IGNORECASE)
_OF_DESIGN = "|".join(pattern for role in KNOWN["columns"]["design"].values() for pattern in role)
_SHORTEST_WORDING = 9
_LONGEST_NAME = 30
_SELECTING = r"\b(please )?(tick|choose|select|check|mark) (all|one|any|up to)\b.*"
_HOW_TO_ANSWER = rf"\(.*?\)|{_SELECTING}"
_IN_NUMBERS = ("weight", "replicate_weights", "population")  # parts of a design
_MEASURES = {"number": "mean", "category": "share"}
_UNSAID = TableSettings(file="-")


@dataclass(frozen=True)
class Asked:
    """What one column is proposed to be."""

    variable: Variable  # the codebook's, or one made of the column's own words
    column: Column
    known: bool = False  # whether the codebook asks the same
    box_of: str = ""  # the select-all question of which it is a box
    separator: str = ""  # of several answers in one cell
    sure: bool = True  # whether it is one
    #: Of a cell or label that is not read as its value: the value, and whether that is sure.
    codes: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    #: The column in which people wrote an answer of their own; of several in a cell, its value.
    other: str = ""

    @property
    def ends(self) -> tuple[str, str]:
        """The least and the greatest of numbers."""
        return self.column.ends if self.variable.type == "number" else ("", "")


@dataclass(frozen=True)
class Proposal:
    """A whole export as it is proposed: nothing of it holds until somebody says so."""

    table: str  # of the codebook, that asks the most of its questions
    tool: Tool
    asked: list[Asked]
    blocks: dict[str, Block]  # select-all questions by name
    joined: list[Column]  # that say the same as a block once more
    beside: list[Column]  # that the tool added
    apart: dict[str, list[str]]  # by column: first cells of rows that may be no respondent's
    design: dict[str, list[str]]  # columns whose names are those that samples use
    routes: dict[str, Condition]  # who is asked a question, where that is not everybody

    def boxes(self, question: str) -> list[Asked]:
        """The boxes of a select-all question."""
        return [one for one in self.asked if one.box_of == question]

    def indicators(self) -> dict[str, Indicator]:
        """What can be measured of the columns that the codebook does not know, by id."""
        own = [one for one in self.asked if not one.known and not one.box_of]
        found = [self._indicator(one.variable, _measure(one), [one]) for one in own]
        for name, block in self.blocks.items():
            boxes = self.boxes(name)
            options = numbered([_value(box.variable.question) for box in boxes])
            question = Variable(name, self.table, block.question, "category", options)
            found.append(self._indicator(question, "multiple", boxes))
        return {one.id: one for one in found if one.measure}

    def _indicator(self, asks: Variable, measure: str, boxes: Sequence[Asked]) -> Indicator:
        group, mark, _ = boxes[0].column.name.partition("/") if self.tool.joined else ("", "", "")
        who = MAKE_UP if boxes[0].column.is_called(KNOWN["columns"]["make_up"]) else TABLE
        section = (slug(group) if mark else "") or who
        names = tuple(box.variable.name for box in boxes)
        label = clean(re.sub(rf"(?i)\(?{_SELECTING}", "", asks.question)) or asks.question
        told = (asks.name, label, section, _unit(self.table), self.table, names, measure)
        categories = () if measure == "mean" else asks.values
        return Indicator(*told, "", categories, "", "", Condition(), "")


def propose(
    sheet: Sheet,
    tool: Tool,
    codebook: Sequence[Variable],
    indicators: Collection[Indicator],
    mapped: Mapping[str, str],
) -> Proposal:
    """Propose what each column is; `mapped` are those that somebody has given a variable."""
    every, apart = profile(sheet, tool)
    beside = [one for one in every if _is_beside(one)]
    asks = [column for column in every if column not in beside]
    blocks = blocks_of(asks, {column.name for column in every})
    again = {block.question for block in blocks if block.sure and tool.joined}
    columns = [column for column in asks if column.name not in again]
    table, known = _known(columns, codebook, mapped)
    taken = {ALL, *(one.variable.name for one in known.values()), *(one.id for one in indicators)}
    named = _named(blocks, sheet.questions, taken)
    design = _design(columns)
    roles = {called: role for role, names in design.items() for called in names}
    asked = []
    for column in columns:
        of = [(name, block) for name, block in named.items() if column in block.options]
        if column.position in known:
            one = known[column.position]
            # What cells of a box mean is said of its question.
            asked.append(replace(one, codes={}) if of and column.called in mapped else one)
        elif of:
            asked.append(_as_box(column, table, taken, *of[0]))
        else:
            name = mapped.get(column.called) or _free(_short(column), taken)
            asked.append(_as_own(column, table, name, roles.get(column.called, "")))
    asked = _with_others(asked)
    there = {one.box_of for one in asked}
    return Proposal(
        table=table,
        tool=tool,
        asked=asked,
        blocks={name: block for name, block in named.items() if name in there},
        joined=[column for column in asks if column.name in again],
        beside=beside,
        apart=apart,
        design=design,
        routes=routes_of(indicators, table, [one.variable.name for one in asked if one.known]),
    )


def _named(
    blocks: Iterable[Block], wordings: Mapping[str, str], taken: set[str]
) -> dict[str, Block]:
    """Select-all questions by a name of their own, worded as the key has them, or their boxes."""
    named = {}
    for n, block in enumerate(blocks, start=1):
        texts = {"".join(column.parts[-1:]) for column in block.options}
        own = texts.pop() if len(texts) == 1 < len(block.options) else ""
        question = wordings.get(block.question) or own or block.question
        name = _free(_words(question, 4) or f"question_{n}", taken)
        named[name] = replace(block, question=question)
    return named


def routes_of(
    indicators: Iterable[Indicator], table: str, variables: Collection[str]
) -> dict[str, Condition]:
    """Who is asked each question of a table, where that is not everybody."""
    return {
        name: one.among
        for one in indicators
        if one.table == table and one.among
        for name in one.variables
        if name in variables and all(variable in variables for variable, _ in one.among.terms)
    }


# ---- questions of the codebook ------------------------------------------------------------------


def _known(
    columns: Sequence[Column], codebook: Sequence[Variable], mapped: Mapping[str, str]
) -> tuple[str, dict[int, Asked]]:
    """The table that asks the most of an export's questions, and its columns by their places."""
    tables: dict[str, list[Variable]] = {}
    for variable in codebook:
        tables.setdefault(variable.table, []).append(variable)
    found = {name: _asking(columns, asks, mapped) for name, asks in tables.items()}
    best = max(found, key=lambda name: (len(found[name]), name), default="")
    asked = [one for one in found.get(best, {}).values() if one.variable.type != "identifier"]
    # A column that is called "region" may be of other regions.
    told = mapped or len(asked) > 1 or not any(one.codes for one in asked)
    return (best, found[best]) if asked and told else (TABLE, {})


def _asking(
    columns: Sequence[Column], variables: Sequence[Variable], mapped: Mapping[str, str]
) -> dict[int, Asked]:
    """The columns that ask the variables of a table: as somebody has said, by name, by wording."""
    asks = {variable.name: [variable] for variable in variables}
    for variable in variables:
        if len(_bare(variable.question)) >= _SHORTEST_WORDING:
            asks.setdefault(_bare(variable.question), []).append(variable)
    found: dict[int, Asked] = {}
    taken = {*mapped.values()}
    for column in columns:
        said, texts = mapped.get(column.called, ""), (column.name, *column.parts)
        names = [said, *(form(text) for form in (slug, _bare) for text in texts)]
        for variable in [v for name in names for v in asks.get(name, ())]:
            is_said = variable.name == said
            free = is_said or variable.name not in taken
            if free and (one := _as_known(column, variable, is_said=is_said)):
                found[column.position] = one
                taken.add(variable.name)
                break
    return found


def _bare(text: str) -> str:
    return _NUMBERING.sub("", fold(text)).rstrip(" ?.:")


def _as_known(column: Column, variable: Variable, *, is_said: bool) -> Asked | None:
    """A column as the codebook has it, if an answer is one of a category's, or it `is_said`."""
    if variable.type != "category":
        return Asked(variable, column, known=True)
    mark, sure, cells, _ = several_in(column, variable.values)
    meant = _meant(column, variable, cells)
    if meant and not is_said and not any(meant.values()):
        return None
    anything = " or ".join((*variable.values, *variable.missing))
    codes = {
        column.labels.get(cell, cell): (value or anything, False)
        for cell, value in meant.items()
        if not value or _joins(mark, cell)
    }
    return Asked(variable, column, True, "", mark, sure, codes)


def _joins(mark: str, cell: str) -> bool:
    """Whether what separates answers stands within one."""
    cut = mark if mark.strip().isalpha() else mark.strip()
    return bool(cut) and cut in cell


def _meant(column: Column, variable: Variable, cells: Iterable[str]) -> dict[str, str | None]:
    """What cells are read as where nobody has said what they mean; None of those that are not."""
    words = Words(variable, column.sheet, column.position, _UNSAID)
    return {cell: words.find(cell)[0] for cell in cells}


# ---- questions of its own -----------------------------------------------------------------------


def _as_box(column: Column, table: str, taken: set[str], question: str, block: Block) -> Asked:
    option, n = block.options[column], [*block.options].index(column) + 1
    words = "_".join(slug(option).split("_")[:5]) or str(n)
    name = words if words.startswith(question) else f"{question}_{words}"
    name = _free(name[:60].rstrip("_"), taken)
    box = Variable(name, table, option, "category", ("yes", "no"), (), _unit(table))
    return Asked(box, column, box_of=question)


def _as_own(column: Column, table: str, name: str, role: str) -> Asked:
    alone = role or is_ranking(column)
    mark, sure, cells, other = Several("", True, column.cells) if alone else several_in(column)
    kind = "category" if mark else column.kind
    if alone and kind == "category":
        kind = "number" if role in _IN_NUMBERS else kind if role else "text"
    if kind == "category" and column.listed and not mark:
        sure, other = False, name
        cells = {**{one: column.cells[one] for one in column.listed}, "Other": 0}
    cells = cells | dict.fromkeys(_unchosen(column), 0)
    spelled: dict[str, str] = {}  # of answers alike but for case or marks, the most frequent one
    for cell in (one for one in cells if kind == "category" and one != NO_ANSWER):
        spelled.setdefault(cell if column.labels else fold(whole(cell)), cell)
    ordered = in_order([*spelled.values()], column.labels)
    values = numbered([_value(column.labels.get(cell, cell)) for cell in ordered])
    missing = {_value(label or code): 0 for code, label in column.declared.items()}
    unit = "" if kind == "number" else _unit(table)
    variable = Variable(name, table, column.wording, kind, values, (*missing,), unit)
    meant = _meant(column, variable, ordered)
    pairs = zip(ordered, values, strict=True)
    codes = {
        cell: (value, not _joins(mark, cell))
        for cell, value in pairs
        if meant[cell] != value or _joins(mark, cell)
    }
    return Asked(variable, column, separator=mark, sure=sure, codes=codes, other=other)


def _unchosen(column: Column) -> list[str]:
    """Codes that the file labels as answers, and nobody gave; of a long list none."""
    labels, cells = column.labels, [*column.cells]
    given = {*map(whole, cells), *(fold(labels.get(cell, "")) for cell in cells)} | NOTHING | {""}
    apart = {*given, *codes_apart([*cells, *labels])}
    told = {code: fold(one) for code, one in labels.items() if whole(code) not in apart}
    free = [code for code, one in told.items() if one not in given and not is_refusal(one)]
    return free if len(labels) <= MOST_VALUES else []


def _with_others(asked: Sequence[Asked]) -> list[Asked]:
    """The same, where what people wrote beside a list of answers is one more of these."""
    by_place = {one.column.position: one for one in asked}
    for place, one in by_place.items():
        own = by_place.get(other_beside(one.column.sheet.header, place) or -1)
        if own is None or one.variable.type != "category" or one.box_of or one.separator:
            continue
        listed, values = one.column, one.variable.values
        said = {cell: fold(listed.labels.get(cell, cell)) for cell in listed.cells | listed.labels}
        others = [cell for cell, text in said.items() if OTHER.match(text)]
        ticked = sum(listed.cells.get(cell, 0) for cell in others)
        wrote = own.column.rows - own.column.blank
        if not 0 < wrote <= listed.blank + ticked:
            continue
        text = own.variable._replace(type="text", values=())
        by_place[own.column.position] = replace(own, variable=text, separator="", codes={})
        values = (*values, *["Other"] * (not one.known and not others))
        if "other" in map(fold, values) and wrote > ticked:
            variable = one.variable._replace(values=values)
            by_place[place] = replace(one, variable=variable, other=own.variable.name)
    return [*by_place.values()]


def _value(label: str) -> str:
    """A label as a value of the codebook: its own words, with nothing that separates values."""
    text = re.sub(r'^="(.*)"$|^=+', r"\1", label)  # ="1" keeps a spreadsheet from reading 1
    text = text.replace("=", "-") if "&" in text else text
    text = ALL.title() if text == ALL else text
    return clean(text.replace(";", ",").replace("|", "/"))[:200].rstrip()


def _measure(one: Asked) -> str:
    if one.column.is_called([_OF_DESIGN]):
        return ""
    return "multiple" if one.separator else _MEASURES.get(one.variable.type, "")


def _unit(table: str) -> str:
    return UNIT if table == TABLE else singular(table) or table


# ---- names --------------------------------------------------------------------------------------


def _short(column: Column) -> str:
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
    return _words(question, 3) or f"column_{column.position + 1}"


def _words(text: str, most: int) -> str:
    """The first words of a question that say what it is about, as a name of whole words."""
    words = slug(re.sub(_HOW_TO_ANSWER, "", _bare(text)) or text).split("_")
    telling = [word for word in words if word not in WORDS["asking"]] or words
    short = "_".join(telling[:most])
    while len(short) > _LONGEST_NAME and "_" in short:
        short = short.rpartition("_")[0]
    return f"q_{short}" if short[:1].isdigit() else short[:_LONGEST_NAME]


def _free(stem: str, taken: set[str]) -> str:
    new, number = stem, 1
    while new in taken:
        number += 1
        new = f"{stem}_{number}"
    taken.add(new)
    return new


# ---- what else the names of columns say ---------------------------------------------------------


def _is_beside(column: Column) -> bool:
    """Whether it is no question but a tool's; one that tells rows apart is an identifier."""
    named = column.is_called([SYNTHETIC, *KNOWN["columns"]["beside"], *column.tool.beside])
    return (named or bool(column.rows_told)) and not (
        column.kind == "identifier" and column.names_one
    )


def _design(columns: Sequence[Column]) -> dict[str, list[str]]:
    """Columns whose names are those that samples use; whether they are is for a person to say."""
    found, known = {}, KNOWN["columns"]
    of_groups = not any(column.kind == "identifier" for column in columns)
    for role, patterns in known["design"].items():
        also = known["counts"] if role == "weight" and of_groups else []
        named = [column for column in columns if column.is_called([*patterns, *also])]
        numeric = role in _IN_NUMBERS
        chosen = [c.called for c in named if not numeric or (c.weighs and not c.counts_rows)]
        if chosen:
            found[role] = chosen if role == "replicate_weights" else chosen[:1]
    return found
