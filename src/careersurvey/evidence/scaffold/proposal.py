"""What the columns of an export are proposed to be: variables, values, questions, a design."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from careersurvey.evidence.scaffold.columns import MOST_VALUES, ExportColumn
from careersurvey.evidence.scaffold.tools import (
    NO_ANSWER,
    NOT_ASKED,
    QUALTRICS,
    SEEN_UNANSWERED,
    Block,
    Tool,
    is_metadata,
)
from careersurvey.evidence.tables import Condition, Indicator, Variable
from careersurvey.evidence.text import clean, fold, slug

#: The table of an export whose questions the codebook does not know, and its unit.
TABLE, UNIT = "answers", "respondent"

_ALIKE = 0.9
_NUMBERING = re.compile(r"^(q|question)?\s*\d+[a-z]?\s*[.):|-]?\s*", re.IGNORECASE)
_SEPARATORS = (";", ", ", " | ")
_DESIGN = {
    "weight": r"w|wt|wgt|pw|p?weights?|final_?w(eigh)?t|weight_\w+|\w+_weight",
    "strata": r"strat(a|um)(_?id)?|\w+_strat(a|um)",
    "clusters": r"psu|psu_?id|cluster(_?id)?|\w+_psu",
    "replicate_weights": r"(rep_?w(eigh)?t?|repwgt|brr|jkw|bsw)_?\d+",
}
#: Scales that questionnaires print, least first; labels that all stand on one take its order.
_SCALES = (
    "never|rarely|seldom|occasionally|sometimes|often|frequently|usually|very often|always",
    "strongly disagree|disagree|somewhat disagree|tend to disagree|slightly disagree|"
    "neither agree nor disagree|neutral|neither|slightly agree|tend to agree|somewhat agree|"
    "agree|strongly agree",
    "very dissatisfied|dissatisfied|fairly dissatisfied|somewhat dissatisfied|"
    "neither satisfied nor dissatisfied|neutral|somewhat satisfied|fairly satisfied|satisfied|"
    "very satisfied",
    "not at all|not very|a little|slightly|somewhat|moderately|fairly|quite|very|extremely",
    "extremely|very|quite|fairly|moderately|somewhat|slightly|a little|not very|not too|not at all",
    "often|sometimes|rarely|never but open to it|never",
    "very poor|poor|fair|adequate|average|good|very good|excellent|outstanding",
    "very unlikely|unlikely|neither likely nor unlikely|likely|very likely",
    "none|a few|some|most|all",
    "yes|partly|to some extent|no",
    "low|medium|high",
)
#: Answers that stand after all others.
_LAST_ONES = frozenset(
    {"other", "other (please specify)", "don't know", "don’t know", "not sure", "prefer not to say"}
) | (NO_ANSWER | NOT_ASKED)


@dataclass(frozen=True)
class Proposed:
    """What one column, or the boxes of one question, are proposed to be.

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
    joined : dict
        Parts of a cell that always come together, and the one value that they are taken for.
    """

    variable: Variable
    column: ExportColumn
    known: bool = False
    codes: dict[str, str] = field(default_factory=dict)
    separator: str = ""
    joined: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """A whole export as it is proposed: nothing of it holds until somebody says so."""

    table: str
    tool: Tool
    columns: tuple[Proposed, ...]
    blocks: dict[str, Block]
    boxes: dict[str, tuple[str, ...]]
    joined: tuple[ExportColumn, ...]
    metadata: tuple[ExportColumn, ...]
    design: dict[str, tuple[str, ...]]
    nested: bool
    routes: dict[str, Condition]

    @property
    def unique(self) -> str:
        """The variable that tells one row from another, ``""`` where none does."""
        named = (p for p in self.columns if p.variable.type == "identifier")
        return next((p.variable.name for p in named if not p.column.blank), "")

    def indicators(self) -> dict[str, Indicator]:
        """What can be measured of the columns that the codebook does not know, by id."""
        single = {name for names in self.boxes.values() for name in names}
        found = [
            _indicator(p.variable, self.table, _measure(p), _section(p.column, self.tool))
            for p in self.columns
            if not p.known and p.variable.name not in single and _measure(p)
        ]
        options = {p.variable.name: p.variable.question for p in self.columns}
        for name, block in self.blocks.items():
            categories = distinct([_value(options[box]) for box in self.boxes[name]])
            wording = Variable(name, self.table, block.question, "category", tuple(categories))
            section = _section(block.columns[0], self.tool)
            found.append(_indicator(wording, self.table, "multiple", section, self.boxes[name]))
        return {indicator.id: indicator for indicator in found}


def propose(
    tool: Tool,
    columns: Sequence[ExportColumn],
    blocks: Sequence[Block],
    joined: Iterable[int],
    codebook: Sequence[Variable],
    indicators: Iterable[Indicator] = (),
) -> Proposal:
    """Propose what each column of an export is.

    Parameters
    ----------
    tool : Tool
    columns : sequence of ExportColumn
    blocks : sequence of Block
        Its select-all questions in boxes.
    joined : iterable of int
        Positions of columns that say the same as a block once more.
    codebook : sequence of Variable
        The questions that are known.
    indicators : iterable of Indicator
        Of which `among` says who is asked a question.
    """
    joined = set(joined)
    said = [column for column in columns if is_metadata(column)]
    apart = joined | {column.position for column in said}
    left = [column for column in columns if column.position not in apart]
    table, known = _known(left, codebook)
    boxed = {c.position: (block, i) for block in blocks for i, c in enumerate(block.columns)}
    design = _design(left)
    of_design = {name for names in design.values() for name in names}
    taken = {variable.name for variable in known.values()}
    names, found = _block_names(blocks, taken), []
    boxes: dict[str, list[str]] = {name: [] for name in names.values()}
    for column in left:
        if column.position in known:
            found.append(_as_known(column, known[column.position]))
        elif column.position in boxed:
            block, i = boxed[column.position]
            name = _free(_box_name(names[id(block)], block, i), taken)
            boxes[names[id(block)]].append(name)
            question = block.options[i]
            variable = Variable(name, table, question, "category", ("yes", "no"), (), _unit(table))
            found.append(Proposed(variable, column))
        else:
            separator = "" if column.name in of_design else _separator(column, tool=tool)
            in_design = column.name in of_design
            found.append(_as_own(column, table, taken, separator, in_design=in_design))
    return Proposal(
        table=table,
        tool=tool,
        columns=tuple(found),
        blocks={names[id(block)]: block for block in blocks},
        boxes={name: tuple(one) for name, one in boxes.items()},
        joined=tuple(column for column in columns if column.position in joined),
        metadata=tuple(said),
        design=design,
        nested=_starts_again(left, design),
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


def distinct(values: Sequence[str]) -> list[str]:
    """Return values none of which is another but for its number: ``Agree``, ``Agree (2)``."""
    taken: set[str] = set()
    out = []
    for value in values:
        new, number = value, 1
        while new in taken:
            number += 1
            new = f"{value} ({number})"
        taken.add(new)
        out.append(new)
    return out


# ---- questions of the codebook ------------------------------------------------------------------


def _known(
    columns: Sequence[ExportColumn], codebook: Sequence[Variable]
) -> tuple[str, dict[int, Variable]]:
    """The table that asks the most of an export's questions, and which column asks which."""
    tables: dict[str, list[Variable]] = {}
    for variable in codebook:
        tables.setdefault(variable.table, []).append(variable)
    found = {table: _matches(columns, variables) for table, variables in tables.items()}
    best = max(found, key=lambda table: (len(found[table]), table), default="")
    asked = [v for v in found.get(best, {}).values() if v.type != "identifier"]
    return (best, found[best]) if asked else (TABLE, {})


def _matches(columns: Sequence[ExportColumn], variables: Sequence[Variable]) -> dict[int, Variable]:
    scored = [
        (score, -column.position, variable)
        for column in columns
        for variable in variables
        if (score := _likeness(column, variable)) >= _ALIKE and _fits(column, variable)
    ]
    matched: dict[int, Variable] = {}
    for _, position, variable in sorted(scored, key=lambda one: one[:2], reverse=True):
        if -position not in matched and variable not in matched.values():
            matched[-position] = variable
    return matched


def _fits(column: ExportColumn, variable: Variable) -> bool:
    """Whether the answers can be those of the question: one of a category's at the least."""
    if variable.type != "category" or not column.cells:
        return True
    allowed = {slug(value) for value in (*variable.values, *variable.missing)}
    mark = _separator(column, variable.values) or "\0"
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


def _as_known(column: ExportColumn, variable: Variable) -> Proposed:
    separator = _separator(column, variable.values) if variable.type == "category" else ""
    if variable.type != "category":
        return Proposed(variable, column, known=True)
    by_slug = {slug(value): value for value in (*variable.values, *variable.missing)}
    codes = {}
    for cell in _answers(column, separator):
        label = column.labels.get(cell, cell)
        if fold(label) not in map(fold, by_slug.values()):
            codes[label] = by_slug.get(slug(label), "")
    return Proposed(variable, column, known=True, codes=codes, separator=separator)


# ---- questions of its own -----------------------------------------------------------------------


def _as_own(
    column: ExportColumn, table: str, taken: set[str], separator: str, *, in_design: bool
) -> Proposed:
    kind = "category" if separator else column.kind
    kind = "number" if in_design and kind == "category" and _all_numbers(column) else kind
    cells = _answers(column, separator) if kind == "category" else []
    cells = _in_order(column, cells)
    values = distinct([_value(column.labels.get(cell, cell)) for cell in cells])
    codes = _codes(column, dict(zip(cells, values, strict=True)))
    whole = {
        cell: value for cell, value in zip(cells, values, strict=True) if separator.strip() in cell
    }
    missing = tuple(_value(label or code) for code, label in column.declared.items())
    question = _question(column)
    name = _free(_short(question, column), taken)
    unit = "" if kind == "number" else _unit(table)
    variable = Variable(name, table, question, kind, tuple(values), missing, unit)
    joined = whole if separator else {}
    return Proposed(variable, column, codes=codes, separator=separator, joined=joined)


def _question(column: ExportColumn) -> str:
    """A column's question; of a matrix, the question and its row."""
    parts = [clean(part) for part in column.parts if '"ImportId"' not in part]
    told = [part for part in parts if fold(part) not in ("response", "open-ended response")]
    told = list(dict.fromkeys(told))
    if len(told) > 1 and " " in told[-2]:
        return f"{told[-2].rstrip(' :')}: {told[-1]}"
    return max(told, key=len, default=column.name)


def _answers(column: ExportColumn, separator: str) -> list[str]:
    """The different answers, most frequent first; a cell may hold several."""
    if not separator:
        return list(column.cells)
    counts: dict[str, int] = {}
    for pieces, n in _pieces(column, separator):
        for piece in pieces:
            counts[piece] = counts.get(piece, 0) + n
    return sorted(counts, key=lambda piece: (-counts[piece], piece))


def _pieces(column: ExportColumn, separator: str) -> list[tuple[list[str], int]]:
    """The pieces of each different cell and how often it stands there.

    Two that always come together, one after the other, are one piece.
    """
    mark = separator.strip()
    split = [
        ([piece for piece in map(clean, cell.split(mark)) if piece], n)
        for cell, n in column.cells.items()
    ]
    for one, two in _together(split):
        split = [(_joined(pieces, one, two, mark), n) for pieces, n in split]
    return split


def _together(split: Sequence[tuple[list[str], int]]) -> list[tuple[str, str]]:
    alone: dict[str, int] = {}
    pairs: dict[tuple[str, str], int] = {}
    for pieces, n in split:
        for piece in pieces:
            alone[piece] = alone.get(piece, 0) + n
        for pair in itertools.pairwise(pieces):
            pairs[pair] = pairs.get(pair, 0) + n
    return [p for p, n in pairs.items() if n > 1 and alone[p[0]] == alone[p[1]] == n]


def _joined(pieces: list[str], one: str, two: str, mark: str) -> list[str]:
    for i, pair in enumerate(itertools.pairwise(pieces)):
        if pair == (one, two):
            return [*pieces[:i], f"{one}{mark} {two}", *pieces[i + 2 :]]
    return pieces


def _separator(column: ExportColumn, allowed: Sequence[str] = (), tool: Tool | None = None) -> str:
    """What separates several answers in one cell: few pieces that make many different cells.

    Where the values are known, whatever leaves nothing else but them.
    """
    if column.labels or column.kind == "date":
        return ""
    if _several_codes(column, tool):
        return ","
    if column.kind == "number":
        return ""
    known = set(map(slug, allowed))
    for mark in _SEPARATORS:
        cut = mark.strip()
        joined = [cell for cell in column.cells if cut in cell.strip(mark)]
        pieces = {piece.strip() for cell in column.cells for piece in cell.split(cut)} - {""}
        if known and joined and known.issuperset(map(slug, pieces)):
            return mark
        few = 1 < len(pieces) <= min(MOST_VALUES, column.different)
        often = cut == ";" or sum(column.cells.values()) >= 2 * len(pieces)
        if few and often and len(joined) * 3 >= column.different and not _sentences(pieces, mark):
            return mark
    return ""


def _several_codes(column: ExportColumn, tool: Tool | None) -> bool:
    """Whether cells hold several codes, ``1,3,4``, and no numbers with a decimal comma.

    Each cell has its codes in order; one has three, or the tool writes no decimal commas.
    """
    split = [cell.split(",") for cell in column.cells if cell != SEEN_UNANSWERED]
    codes = {piece for pieces in split for piece in pieces}
    if not codes or not all(re.fullmatch(r"[1-9]\d?", piece) for piece in codes):
        return False
    rising = all(a < b for cell in split for a, b in itertools.pairwise(map(int, cell)))
    most = max(map(len, split))
    return rising and (most > 2 or (most > 1 and tool == QUALTRICS))


def _sentences(pieces: set[str], mark: str) -> bool:
    """Whether a comma is rather one of a sentence: most pieces then begin in small letters."""
    small = sum(piece[:1].islower() for piece in pieces)
    return mark == ", " and 2 * small > len(pieces)


def _codes(column: ExportColumn, values: dict[str, str]) -> dict[str, str]:
    """Cells whose value is not their own text, nor that of a label that no other code has."""
    labels = [fold(label) for label in column.labels.values()]
    return {
        cell: value
        for cell, value in values.items()
        if fold(column.labels.get(cell, cell)) != fold(value)
        or (cell in column.labels and labels.count(fold(column.labels[cell])) > 1)
    }


def _in_order(column: ExportColumn, cells: list[str]) -> list[str]:
    """Answers in the order of their codes, of a scale, of their numbers, or as they are."""
    if column.labels:
        listed = list(column.labels)
        numbered = all(map(_is_number, cells)) and all(map(_is_number, listed))
        place = {code: float(code) if numbered else i for i, code in enumerate([*listed, *cells])}
        return sorted(cells, key=place.__getitem__)
    folded = {cell: _step(cell) for cell in cells}
    ending = _common_ending([cell for cell in folded.values() if cell not in _LAST_ONES])
    stripped = {cell: text.removesuffix(ending).strip() for cell, text in folded.items()}
    for said in (folded, stripped):
        for scale in _SCALES:
            place = {step: i for i, step in enumerate(scale.split("|"))}
            on = [cell for cell in cells if said[cell] in place]
            if len(on) > 1 and len(on) >= len(cells) - 2:
                return sorted(cells, key=lambda x: place.get(said[x], len(place)))
    leading = {cell: _leading(cell) for cell in cells}
    told = sum(map(bool, leading.values()))
    if told > 1 and told >= len(cells) - 2:
        return sorted(cells, key=lambda x: leading[x] or (float("inf"), 0))
    return sorted(cells, key=lambda cell: folded[cell] in _LAST_ONES)


def _step(cell: str) -> str:
    return fold(cell).replace(",", "").replace(" and not", " not")


def _common_ending(cells: list[str]) -> str:
    """The words that all cells end in: ``masculine`` of ``Very masculine``, ``Not masculine``."""
    words = [cell.split()[::-1] for cell in cells]
    same = itertools.takewhile(lambda each: len(set(each)) == 1, zip(*words, strict=False))
    return " ".join([each[0] for each in same][::-1])


def _leading(cell: str) -> tuple[float, int] | None:
    """The number that an answer begins with, ``Less than 5`` before and ``Over 5`` after 5."""
    match = re.match(r"(\D{0,16}?)(-?\d[\d.,]*)", cell)
    if not match:
        return None
    digits = re.sub(r"[.,](?=\d{3}(?!\d))", "", match[2]).replace(",", ".").rstrip(".")
    number = float(digits) if _is_number(digits) else 0.0
    said = fold(match[1])
    below = -bool(re.search(r"<|less|under|below|fewer|up to", said))
    return number, below or int(bool(re.search(r">|more|over|above|greater", said)))


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d*[.,]?\d+", cell))


def _value(label: str) -> str:
    """A label as a value of the codebook: its own words, with nothing that separates values."""
    return clean(re.sub(r"[;&=|]", ",", label))[:200]


def _measure(proposed: Proposed) -> str:
    kind, name = proposed.variable.type, proposed.variable.name
    if kind == "number":
        return "" if re.fullmatch("|".join(_DESIGN.values()), name) else "mean"
    if kind != "category" or re.fullmatch("|".join(_DESIGN.values()), name):
        return ""
    return "multiple" if proposed.separator else "share"


def _indicator(
    variable: Variable, table: str, measure: str, section: str, boxes: tuple[str, ...] = ()
) -> Indicator:
    return Indicator(
        id=variable.name,
        label=variable.question,
        section=section,
        unit=_unit(table),
        table=table,
        variables=boxes or (variable.name,),
        measure=measure,
        denominator="",
        categories=() if measure == "mean" else variable.values,
        base="",
        base_label="",
        among=Condition(),
        favourable="",
    )


def _section(column: ExportColumn, tool: Tool) -> str:
    """The group that the tool puts a question in, else one section for all."""
    group, mark, _ = column.name.partition("/") if tool.joined else ("", "", "")
    return (slug(group) if mark else "") or TABLE


def _unit(table: str) -> str:
    return UNIT if table == TABLE else table.removesuffix("s") or table


# ---- names --------------------------------------------------------------------------------------


def _block_names(blocks: Sequence[Block], taken: set[str]) -> dict[int, str]:
    return {
        id(block): _free(_words(block.question, 4) or f"question_{i + 1}", taken)
        for i, block in enumerate(blocks)
    }


def _box_name(stem: str, block: Block, i: int) -> str:
    if not block.sure:
        return slug(block.columns[i].name)[:60]
    option = "_".join(slug(block.options[i]).split("_")[:5]) or str(i + 1)
    return f"{stem}_{option}"[:60].rstrip("_")


def _short(question: str, column: ExportColumn) -> str:
    """A name for a variable: the tool's own where that is one, else the question's first words."""
    own = slug(column.parts[0]) if len(column.parts) > 1 else ""
    if own and len(own) <= 24 and re.fullmatch(r"[a-z]\w*", own) and len(own.split("_")) < 4:
        return own
    name = slug(column.name)
    if " " not in column.name and re.fullmatch(r"[a-z]\w{0,23}", name):
        return name
    asked, mark, row = question.partition(": ")
    if mark and row:
        return f"{_words(asked, 3)}_{_words(row, 4)}".strip("_")[:48]
    return _words(question, 6)[:48] or slug(column.name)[:24] or f"column_{column.position + 1}"


def _words(text: str, most: int) -> str:
    short = "_".join(slug(_bare(text) or text).split("_")[:most])
    return f"q_{short}" if short[:1].isdigit() else short


def _free(stem: str, taken: set[str]) -> str:
    new, number = stem, 1
    while new in taken:
        number += 1
        new = f"{stem}_{number}"
    taken.add(new)
    return new


# ---- the design ---------------------------------------------------------------------------------


def _design(columns: Sequence[ExportColumn]) -> dict[str, tuple[str, ...]]:
    """Columns whose names are those that samples use; whether they are is for a person to say."""
    found = {}
    for key, pattern in _DESIGN.items():
        named = [c for c in columns if re.fullmatch(pattern, clean(c.name).casefold())]
        numeric = [c for c in named if _all_numbers(c)]
        chosen = numeric if key in ("weight", "replicate_weights") else named
        if chosen:
            names = tuple(column.name for column in chosen)
            found[key] = names if key == "replicate_weights" else names[:1]
    return found


def _all_numbers(column: ExportColumn) -> bool:
    return bool(column.cells) and all(map(_is_number, column.cells))


def _starts_again(columns: Sequence[ExportColumn], design: dict[str, tuple[str, ...]]) -> bool:
    """Whether labels of clusters are so few that they must start again in each stratum."""
    by_name = {column.name: column for column in columns}
    strata, clusters = design.get("strata", ()), design.get("clusters", ())
    if not strata or not clusters:
        return False
    return by_name[clusters[0]].different <= 2 * by_name[strata[0]].different
