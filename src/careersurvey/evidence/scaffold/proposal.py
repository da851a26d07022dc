"""What the columns of an export are proposed to be: variables, values, questions, a design."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from careersurvey.evidence.answers.coded import SYNTHETIC
from careersurvey.evidence.answers.sheet import Sheet
from careersurvey.evidence.scaffold.boxes import (
    Block,
    blocks_of,
    is_ranking,
    joined_columns,
    pieces_of,
    separator_of,
)
from careersurvey.evidence.scaffold.columns import Apart, ExportColumn, profile
from careersurvey.evidence.scaffold.scales import in_order
from careersurvey.evidence.scaffold.tools import SECOND_ROWS, Tool, is_beside
from careersurvey.evidence.tables import Condition, Indicator, Variable
from careersurvey.evidence.text import clean, fold, slug

#: The table of an export whose questions the codebook does not know, and its unit.
TABLE, UNIT = "answers", "respondent"

_ALIKE = 0.9
_NUMBERING = re.compile(r"^(q|question)?\s*\d+[a-z]?\s*[.):|-]?\s*", re.IGNORECASE)
_DESIGN = {
    "weight": r"w|wt|wgt|pw|p?weights?|(final|survey|sampl\w+|design|post\w*|rake\w*|person|"
    r"household|school|cal\w*|ipw)_?w(eigh)?ts?|w(eigh)?ts?_?(final|norm\w*|adj\w*|trim\w*|\d+)",
    "strata": r"strat(a|um)(_?id)?|\w+_strat(a|um)",
    "clusters": r"psu|psu_?id|cluster(_?id)?|\w+_psu",
    "replicate_weights": r"(rep_?w(eigh)?t?|repwgt|brr|jkw|bsw)_?\d+",
}
_LONGEST_NAME = 30
_HOW_TO_ANSWER = r"\(.*?\)|\b(please )?(tick|choose|select|check|mark) (all|one|any|up to)\b.*"
#: Words that questions begin and are held together with, and that tell one from no other.
_ASKING = (
    r"a|all|am|an|and|any|are|as|at|be|been|by|can|could|did|do|does|for|from|had|has|have|"
    r"how|i|if|in|is|it|its|many|me|most|much|my|of|on|or|our|please|s|should|t|that|the|"
    r"their|there|these|this|those|to|was|we|were|what|when|where|which|who|why|will|with|"
    r"would|you|your"
)
_PLAIN_NUMBER = re.compile(r"[+-]?\d*[.,]?\d+")


@dataclass(frozen=True)
class Proposed:
    """What one column is proposed to be.

    Attributes
    ----------
    variable : Variable
        The codebook's, or one made of the column's own words.
    column : ExportColumn
    known : bool
        Whether the codebook asks the same.
    codes : dict
        Cell or label, and the value of the codebook that it means, where they are not the same
        text; ``""`` where no value is near.
    separator : str
        What separates several answers in one cell.
    sure : bool
        Whether that is sure.
    joined : dict
        Parts of a cell that always come together, and the one value that they are taken for.
    """

    variable: Variable
    column: ExportColumn
    known: bool = False
    codes: dict[str, str] = field(default_factory=dict)
    separator: str = ""
    sure: bool = True
    joined: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """A whole export as it is proposed: nothing of it holds until somebody says so.

    Attributes
    ----------
    table : str
        The table of the codebook that asks the most of its questions.
    tool : Tool
    columns : tuple of Proposed
    blocks : dict
        By the name of a select-all question: it, and the variables of its boxes.
    joined, beside : tuple of ExportColumn
        Columns that say the same as a block once more, and those that the tool added.
    apart : tuple of Apart
        Rows that may be no respondent's.
    design : dict
        Columns whose names are those that samples use.
    routes : dict
        Who is asked each question, where that is not everybody.
    """

    table: str
    tool: Tool
    columns: tuple[Proposed, ...]
    blocks: dict[str, tuple[Block, tuple[str, ...]]]
    joined: tuple[ExportColumn, ...]
    beside: tuple[ExportColumn, ...]
    apart: tuple[Apart, ...]
    design: dict[str, tuple[str, ...]]
    routes: dict[str, Condition]

    @property
    def count(self) -> int:
        """How many columns the export has."""
        return len(self.columns) + len(self.joined) + len(self.beside)

    @property
    def invented(self) -> bool:
        """Whether a column marks invented answers."""
        return any(column.name == SYNTHETIC for column in self.beside)

    @property
    def unique(self) -> Proposed | None:
        """What tells one row from another, first of all without exception."""
        named = [p for p in self.columns if p.variable.type == "identifier"]
        found = [p for p in named if p.column.unique] or [p for p in named if p.column.names_one]
        return next(iter(found), None)

    @property
    def nested(self) -> bool:
        """Whether labels of clusters are so few that they must start again in each stratum."""
        different = {p.column.called: p.column.different for p in self.columns}
        strata, clusters = self.design.get("strata"), self.design.get("clusters")
        return bool(strata and clusters) and different[clusters[0]] <= 2 * different[strata[0]]

    def indicators(self) -> dict[str, Indicator]:
        """What can be measured of the columns that the codebook does not know, by id."""
        boxed = {name for _, names in self.blocks.values() for name in names}
        questions = {p.variable.name: p.variable.question for p in self.columns}
        found = [
            self._indicator(p.variable, p.column, measure)
            for p in self.columns
            if not p.known and p.variable.name not in boxed and (measure := _measure(p))
        ]
        for name, (block, names) in self.blocks.items():
            categories = _distinct([_value(questions[box]) for box in names])
            asked = Variable(name, self.table, block.question, "category", tuple(categories))
            found.append(self._indicator(asked, block.columns[0], "multiple", names))
        return {indicator.id: indicator for indicator in found}

    def _indicator(
        self, variable: Variable, column: ExportColumn, measure: str, boxes: tuple[str, ...] = ()
    ) -> Indicator:
        group, mark, _ = column.name.partition("/") if self.tool.joined else ("", "", "")
        return Indicator(
            id=variable.name,
            label=variable.question,
            section=(slug(group) if mark else "") or TABLE,
            unit=_unit(self.table),
            table=self.table,
            variables=boxes or (variable.name,),
            measure=measure,
            denominator="",
            categories=() if measure == "mean" else variable.values,
            base="",
            base_label="",
            among=Condition(),
            favourable="",
        )


def propose(
    sheet: Sheet,
    tool: Tool,
    wordings: Mapping[str, str],
    codebook: Sequence[Variable],
    indicators: Iterable[Indicator],
    mapped: Mapping[str, str],
) -> Proposal:
    """Propose what each column of an export is.

    Parameters
    ----------
    sheet : Sheet
    tool : Tool
    wordings : mapping
        Of questions, by what the tool calls them.
    codebook : sequence of Variable
        The questions that are known.
    indicators : iterable of Indicator
        Of which `among` says who is asked a question.
    mapped : mapping
        Columns that somebody has given a variable, and which.
    """
    every, apart = profile(sheet)
    beside = tuple(c for c in every if c.name == SYNTHETIC or is_beside(tool, c))
    asked = [column for column in every if column not in beside]
    blocks = blocks_of(tool, asked, sheet, {column.name for column in every})
    again = joined_columns(tool, asked, blocks)
    left = [column for column in asked if column.position not in again]
    table, known = _known(left, codebook, tool, mapped)
    design = _design(left)
    columns, named = _variables(left, table, known, blocks, design, wordings, tool, mapped)
    return Proposal(
        table=table,
        tool=tool,
        columns=columns,
        blocks=named,
        joined=tuple(column for column in asked if column.position in again),
        beside=beside,
        apart=tuple(apart),
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


def _variables(
    columns: Sequence[ExportColumn],
    table: str,
    known: Mapping[int, Variable],
    blocks: Sequence[Block],
    design: Mapping[str, tuple[str, ...]],
    wordings: Mapping[str, str],
    tool: Tool,
    mapped: Mapping[str, str],
) -> tuple[tuple[Proposed, ...], dict[str, tuple[Block, tuple[str, ...]]]]:
    """Each column as a variable of a name of its own, and the blocks by theirs."""
    taken = {variable.name for variable in known.values()}
    of_design = {name for names in design.values() for name in names}
    asked = [wordings.get(block.question, block.question) for block in blocks]
    stems = [_free(_words(q, 4) or f"question_{n}", taken) for n, q in enumerate(asked, start=1)]
    boxed = {c.position: (n, i) for n, b in enumerate(blocks) for i, c in enumerate(b.columns)}
    found: list[Proposed] = []
    boxes: dict[str, list[str]] = {stem: [] for stem in stems}
    for column in columns:
        if column.position in known:
            found.append(_as_known(tool, column, known[column.position]))
        elif column.position in boxed:
            n, i = boxed[column.position]
            name = _free(_box_name(stems[n], blocks[n].options[i], i), taken)
            boxes[stems[n]].append(name)
            told = (name, table, blocks[n].options[i], "category", ("yes", "no"), (), _unit(table))
            found.append(Proposed(Variable(*told), column))
        else:
            own = _as_own(tool, column, table, taken, number=column.called in of_design)
            name = mapped.get(column.called, own.variable.name)
            found.append(replace(own, variable=replace(own.variable, name=name)))
    named = {
        stem: (replace(block, question=question), tuple(boxes[stem]))
        for stem, block, question in zip(stems, blocks, asked, strict=True)
        if boxes[stem]
    }
    return tuple(found), named


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
    found = {
        table: _matches(columns, variables, tool, mapped) for table, variables in tables.items()
    }
    best = max(found, key=lambda table: (len(found[table]), table), default="")
    asked = [v for v in found.get(best, {}).values() if v.type != "identifier"]
    return (best, found[best]) if asked else (TABLE, {})


def _matches(
    columns: Sequence[ExportColumn],
    variables: Sequence[Variable],
    tool: Tool,
    mapped: Mapping[str, str],
) -> dict[int, Variable]:
    scored = [
        (score, -column.position, variable)
        for column in columns
        for variable in variables
        if (score := 2.0 * (mapped.get(column.called) == variable.name))
        or ((score := _likeness(column, variable)) >= _ALIKE and _fits(tool, column, variable))
    ]
    matched: dict[int, Variable] = {}
    for _, position, variable in sorted(scored, key=lambda one: one[:2], reverse=True):
        if -position not in matched and variable not in matched.values():
            matched[-position] = variable
    return matched


def _fits(tool: Tool, column: ExportColumn, variable: Variable) -> bool:
    """Whether the answers can be those of the question: one of a category's at the least."""
    if variable.type != "category" or not column.cells:
        return True
    allowed = {slug(value) for value in (*variable.values, *variable.missing)}
    mark = separator_of(tool, column, variable.values)[0] or "\0"
    pieces = [piece for cell in column.cells for piece in cell.split(mark)]
    return any(slug(column.labels.get(piece, piece)) in allowed for piece in pieces)


def _likeness(column: ExportColumn, variable: Variable) -> float:
    names = {slug(column.name), *map(slug, column.parts)}
    if variable.name in names:
        return 1.0
    question = _bare(variable.question)
    return max((_ratio(_bare(text), question) for text in (*column.parts, column.name)), default=0)


@lru_cache(maxsize=8192)
def _bare(text: str) -> str:
    return _NUMBERING.sub("", fold(text)).rstrip(" ?.:")


def _ratio(text: str, question: str) -> float:
    short, long = sorted((len(text), len(question)))
    if short < 9 or 2 * short / (short + long) < _ALIKE:
        return 0.0
    matcher = difflib.SequenceMatcher(None, text, question)
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0


def _as_known(tool: Tool, column: ExportColumn, variable: Variable) -> Proposed:
    if variable.type != "category":
        return Proposed(variable, column, known=True)
    separator, sure = separator_of(tool, column, variable.values)
    by_slug = {slug(value): value for value in (*variable.values, *variable.missing)}
    cells = pieces_of(column, separator) if separator else column.cells
    labels = [column.labels.get(cell, cell) for cell in cells]
    values = set(map(fold, by_slug.values()))
    codes = {label: by_slug.get(slug(label), "") for label in labels if fold(label) not in values}
    return Proposed(variable, column, known=True, codes=codes, separator=separator, sure=sure)


# ---- questions of its own -----------------------------------------------------------------------


def _as_own(
    tool: Tool, column: ExportColumn, table: str, taken: set[str], *, number: bool
) -> Proposed:
    separator, sure = ("", True) if number else separator_of(tool, column)
    kind = "category" if separator else column.kind
    if number and kind == "category" and _all_plain(column):
        kind = "number"
    if is_ranking(column):
        kind, separator = "text", ""
    cells = pieces_of(column, separator) if separator else column.cells
    ordered = in_order(_spellings(cells, column), column.labels) if kind == "category" else []
    values = _distinct([_value(column.labels.get(cell, cell)) for cell in ordered])
    question = _question(column)
    variable = Variable(
        name=_free(_short(question, column), taken),
        table=table,
        question=question,
        type=kind,
        values=tuple(values),
        missing=tuple(_value(label or code) for code, label in column.declared.items()),
        unit="" if kind == "number" else _unit(table),
    )
    told = dict(zip(ordered, values, strict=True))
    joined = {cell: value for cell, value in told.items() if separator.strip() in cell}
    return Proposed(
        variable,
        column,
        codes=_codes(column, told),
        separator=separator,
        sure=sure,
        joined=joined if separator.strip() else {},
    )


def _spellings(cells: Iterable[str], column: ExportColumn) -> list[str]:
    """The answers; of those that differ by case alone, and are no codes, the most frequent one."""
    first: dict[str, str] = {}
    for cell in cells:
        first.setdefault(cell if column.labels else cell.casefold(), cell)
    return list(first.values())


def _question(column: ExportColumn) -> str:
    """A column's question; of a matrix, the question and its row."""
    parts = [clean(part) for part in column.parts if '"ImportId"' not in part]
    told = list(dict.fromkeys(part for part in parts if fold(part) not in SECOND_ROWS))
    if len(told) > 1 and " " in told[-2]:
        return f"{told[-2].rstrip(' :')}: {told[-1]}"
    return max(told, key=len, default=column.name)


def _codes(column: ExportColumn, values: Mapping[str, str]) -> dict[str, str]:
    """Cells whose value is not their own text, nor that of a label that no other code has."""
    labels = [fold(label) for label in column.labels.values()]
    return {
        cell: value
        for cell, value in values.items()
        if fold(column.labels.get(cell, cell)) != fold(value)
        or (cell in column.labels and labels.count(fold(column.labels[cell])) > 1)
    }


def _value(label: str) -> str:
    """A label as a value of the codebook: its own words, with nothing that separates values."""
    mistaken = label.startswith("=") or "&" in label
    text = label.replace("=", "-") if mistaken else label
    return clean(text.replace(";", ",").replace("|", "/"))[:200]


def _measure(proposed: Proposed) -> str:
    kind, name = proposed.variable.type, proposed.variable.name
    if kind not in ("number", "category") or re.fullmatch("|".join(_DESIGN.values()), name):
        return ""
    return "mean" if kind == "number" else "multiple" if proposed.separator else "share"


def _unit(table: str) -> str:
    return UNIT if table == TABLE else table.removesuffix("s") or table


# ---- names --------------------------------------------------------------------------------------


def _box_name(stem: str, option: str, i: int) -> str:
    words = "_".join(slug(option).split("_")[:5]) or str(i + 1)
    return (words if words.startswith(stem) else f"{stem}_{words}")[:60].rstrip("_")


def _short(question: str, column: ExportColumn) -> str:
    """A name for a variable: the tool's own where that is one, else the question's first words."""
    first = len(column.parts) > 1 and column.parts[0] in (column.called, question)
    own = slug(column.parts[0]) if first else ""
    if own and len(own) <= 24 and re.fullmatch(r"[a-z]\w*", own) and len(own.split("_")) < 4:
        return own
    name = slug(column.name)
    if " " not in column.name and re.fullmatch(r"[a-z]\w{0,23}", name):
        return name
    asked, mark, row = question.partition(": ")
    if mark and row:
        return f"{_words(asked, 2)}_{_words(row, 3)}".strip("_")
    return _words(question, 3) or slug(column.name)[:24] or f"column_{column.position + 1}"


def _words(text: str, most: int) -> str:
    """The first words of a question that say what it is about, as a name of whole words."""
    words = slug(re.sub(_HOW_TO_ANSWER, "", _bare(text)) or text).split("_")
    telling = [word for word in words if not re.fullmatch(_ASKING, word)] or words
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


def _distinct(values: Sequence[str]) -> list[str]:
    """Values none of which is another but for its number: ``Agree``, ``Agree (2)``."""
    taken: set[str] = set()
    return [_free(value, taken, "{} ({})") for value in values]


# ---- the design ---------------------------------------------------------------------------------


def _design(columns: Sequence[ExportColumn]) -> dict[str, tuple[str, ...]]:
    """Columns whose names are those that samples use; whether they are is for a person to say."""
    found = {}
    for role, pattern in _DESIGN.items():
        named = [c for c in columns if re.fullmatch(pattern, clean(c.name).casefold())]
        numeric = role in ("weight", "replicate_weights")
        chosen = tuple(c.called for c in named if not numeric or _all_plain(c))
        if chosen:
            found[role] = chosen if role == "replicate_weights" else chosen[:1]
    return found


def _all_plain(column: ExportColumn) -> bool:
    return bool(column.cells) and all(map(_PLAIN_NUMBER.fullmatch, column.cells))
