"""Select-all questions of an export: a box a column, or several answers in one cell."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from careersurvey.evidence.answers.options import together
from careersurvey.evidence.answers.sheet import Sheet
from careersurvey.evidence.scaffold.columns import MOST_VALUES, ExportColumn
from careersurvey.evidence.scaffold.scales import (
    MARKS,
    NOT_TICKED,
    NOTHING,
    REFUSED,
    TICKS,
)
from careersurvey.evidence.scaffold.tools import QUALTRICS, SECOND_ROWS, SEEN_UNANSWERED, Tool
from careersurvey.evidence.text import clean, fold, slug

#: A box, and what it stands for.
Named = tuple[ExportColumn, str]

_LAST = " - "
_CHOSEN = re.compile(r" - Selected Choice\b")
_OTHER = re.compile(r"(other|ander|sonstige|autre|otr[oa]|altr[oi]|outr[oa]|その他|其他)")
#: Cells that no question has for an answer, so that they make a box by themselves.
_NOT_SELECTED = frozenset({"unchecked", "not selected"})
#: The tick that goes with a cell that says no, where nobody ticked the box.
_OPPOSITE = {"0": "1", "n": "Y", "false": "TRUE", "unchecked": "Checked"} | {
    "not selected": "Selected"
}
_SEPARATORS = (";", "\n", ", ", " | ", " / ")
_NO_CHANCE = 0.001
_MOST_PIECES = 3 * MOST_VALUES  # of cells that may hold several answers


@dataclass(frozen=True)
class Block:
    """A select-all question in boxes.

    Attributes
    ----------
    question : str
        Its wording, or what the tool calls it.
    columns : tuple of ExportColumn
        One a box, in the order of the file.
    options : tuple of str
        What each box stands for.
    ticked, unticked : tuple of str
        Cells that say so.
    sure : bool
        Whether the tool's own pattern says that it is one; else a person must.
    other : ExportColumn, optional
        The box in which people wrote their own words, which are its tick.
    """

    question: str
    columns: tuple[ExportColumn, ...]
    options: tuple[str, ...]
    ticked: tuple[str, ...]
    unticked: tuple[str, ...] = ()
    sure: bool = True
    other: ExportColumn | None = None


def blocks_of(
    tool: Tool, columns: Sequence[ExportColumn], sheet: Sheet, everything: Iterable[str]
) -> list[Block]:
    """Find the select-all questions of an export: as the file declares them, by names, by looks.

    A name that ends in a number is no pattern: ``Q1``, ``Q2`` and ``Q3`` are three questions. A row
    of such names whose cells are 0 and 1 and nothing else may be boxes, and is not sure.
    """
    found = list(_declared(columns, sheet))
    found += _by_names(tool, _without(columns, found), len(sheet.header_rows), set(everything))
    found += _by_numbers(_without(columns, found))
    return found + list(_by_looks(_without(columns, found)))


def _without(columns: Sequence[ExportColumn], blocks: Sequence[Block]) -> list[ExportColumn]:
    taken = {column.position for block in blocks for column in block.columns}
    return [column for column in columns if column.position not in taken]


def _declared(columns: Sequence[ExportColumn], sheet: Sheet) -> Iterator[Block]:
    """The multiple-response sets of SPSS that count one value."""
    by_position = {column.position: column for column in columns}
    for question, positions, counted in sheet.sets:
        boxes = [by_position[i] for i in positions if i in by_position]
        cells = dict.fromkeys(cell for box in boxes for cell in box.cells if cell != counted)
        options = tuple(box.wording for box in boxes)
        yield Block(question, tuple(boxes), options, (counted,), tuple(cells))


def _by_names(
    tool: Tool, columns: Sequence[ExportColumn], header_rows: int, everything: set[str]
) -> Iterator[Block]:
    grouped: dict[tuple[str, int], list[Named]] = {}
    often: Counter[tuple[str, str]] = Counter()
    for column in columns:
        question, option = _box_name(tool, column, header_rows)
        if question:
            # An option that comes again is one of another question with the same wording.
            often[question, option] += 1
            grouped.setdefault((question, often[question, option]), []).append((column, option))
    for (question, _), boxes in grouped.items():
        block = _block(question, boxes, by_tool=bool(tool.boxes))
        if block and (not tool.joined or question in everything):
            yield block
        elif block and "/" in tool.boxes and set(map(fold, block.unticked)) & {"0", "false"}:
            yield replace(block, sure=False)


def _box_name(tool: Tool, column: ExportColumn, header_rows: int) -> tuple[str, str]:
    """The question and the option that a column's name gives, ``""`` where it is no box."""
    if tool.boxes:
        name = clean(column.name)
        code, mark, text = name.partition(". ")
        # LimeSurvey may write both: Q2[SQ001]. Which do you use? [Bus]
        both = mark and re.fullmatch(tool.boxes, code) and re.fullmatch(tool.boxes, text)
        match = re.fullmatch(tool.boxes, text if both else name)
        # A minus cannot stand in a name: _888 is the code -888.
        named = match.groupdict() if match else {}
        option = named.get("option") or named.get("label") or ""
        return named.get("question", ""), re.sub("^_", "-", option)
    parts = [clean(part) for part in column.parts]
    if tool == QUALTRICS and len(parts) > 1:
        return _of_qualtrics(parts)
    if len(column.labels) == 1 and set(column.cells) <= {"0", "1"}:
        (label,) = column.labels.values()
        option = column.wording if fold(label) in TICKS else label
        return re.sub(r"_\d+$", "", clean(column.name)), option
    if header_rows > 1 and len(parts) > 1 and fold(parts[-1]) not in SECOND_ROWS:
        return parts[-2], parts[-1]
    return "", ""


def _of_qualtrics(parts: Sequence[str]) -> tuple[str, str]:
    code, text = parts[0], _CHOSEN.sub("", parts[1])
    stem, mark_number = re.sub(r"_\d+$", "", code), re.search(r"_\d+$", code)
    question, mark, option = text.rpartition(_LAST)
    return (f"{stem}{_LAST}{question}", option) if mark_number and mark else ("", "")


def _block(question: str, boxes: Sequence[Named], *, by_tool: bool) -> Block | None:
    """Make boxes a block if every cell of each is its option's own words, a tick or none.

    A column of the same question in which people wrote their own words is the box of "Other" where
    it is called so and there is none; one that somebody coded afterwards stays a column of its own.
    """
    told = [(column, option, _ticks(column, option)) for column, option in boxes]
    said = [cells for _, _, cells in told if cells is not None]
    written = [(column, option) for column, option, cells in told if cells is None]
    words = sum("words" in cells.values() for cells in said)
    apart = all(column.kind == "text" or _is_other(o) for column, o in written)
    has_other = any(_is_other(option) for _, option, cells in told if cells)
    other = next((c for c, option in written if _is_other(option) and not has_other), None)
    if len(said) + bool(other) < 2 or not said or not (apart or words > len(written)):
        return None
    cells = {cell: what for of_box in said for cell, what in of_box.items()}
    unticked = tuple(cell for cell, what in cells.items() if what == "not")
    ticked = tuple(cell for cell, what in cells.items() if what != "not")
    ticked = ticked or tuple(_OPPOSITE.get(fold(cell), "Yes") for cell in unticked)
    numbered = [cell for of_box in said for cell, what in of_box.items() if what == "number"]
    if not ticked or (numbered and (unticked or len(set(numbered)) < len(numbered))):
        return None
    own = [(c, option) for c, option, cells in told if cells is not None or c is other]
    in_words = all(what == "words" for what in cells.values())
    by_tick = by_tool and not any(cell.isdigit() for cell in ticked)
    columns, options = zip(*own, strict=True)
    wording = question.partition(_LAST)[2] or question
    sure = bool(unticked) or in_words or by_tick
    return Block(wording, columns, options, ticked, unticked, sure, other)


def _ticks(column: ExportColumn, option: str) -> dict[str, str] | None:
    """What each cell of a box says: its option's words, a tick, a number, not; None if neither."""
    said = {}
    for cell in column.cells:
        folded = fold(cell)
        if folded == fold(option):
            said[cell] = "words"
        elif cell == SEEN_UNANSWERED or folded in NOTHING | REFUSED:
            continue
        elif folded in NOT_TICKED:
            said[cell] = "not"
        elif folded in TICKS:
            said[cell] = "tick"
        elif column.different == 1 and cell.isdigit():
            said[cell] = "number"
        else:
            return None
    return said


def _is_other(option: str) -> bool:
    return bool(_OTHER.match(fold(option)))


def _by_numbers(columns: Sequence[ExportColumn]) -> Iterator[Block]:
    """Runs of numbered names that are boxes by their cells.

    Where a cell says "Not selected" they are; where there is nothing but 0 and 1 they may be.
    """
    grouped: dict[str, list[ExportColumn]] = {}
    for column in columns:
        match = re.fullmatch(r"(.+?)[_ .]?\d+", clean(column.name))
        if match and column.cells and not column.labels:
            grouped.setdefault(match[1].rstrip("_ ."), []).append(column)
    for stem, boxes in grouped.items():
        block = _block(stem, [(column, _own_words(column)) for column in boxes], by_tool=False)
        if block and _NOT_SELECTED & set(map(fold, block.unticked)):
            yield block
        elif block and {cell for column in boxes for cell in column.cells} == {"0", "1"}:
            yield replace(block, sure=False)


def _own_words(column: ExportColumn) -> str:
    """The one answer of a box that is no tick, else what the column is called."""
    said = [cell for cell in column.cells if fold(cell) not in TICKS | NOT_TICKED | NOTHING]
    return said[0] if len(said) == 1 else column.wording


def _by_looks(columns: Sequence[ExportColumn]) -> Iterator[Block]:
    """Neighbours with one cell: a tick beside blanks, or what the heading itself says."""
    for (question, tick), run in itertools.groupby(columns, _looks):
        boxes = list(run)
        if not (question or tick) or (len(boxes) < 2 and fold(tick) not in MARKS):
            continue
        options = [next(iter(c.cells)) if question else c.wording for c in boxes]
        wording = question.strip() or ", ".join(options)[:80]
        ticked = dict.fromkeys(cell for column in boxes for cell in column.cells)
        yield Block(wording, tuple(boxes), tuple(options), tuple(ticked), sure=False)


def _looks(column: ExportColumn) -> tuple[str, str]:
    """The question of a column whose one cell is its heading, or its tick; neither is ``""``."""
    if len(column.cells) != 1 or column.labels:
        return "", ""
    (cell,) = column.cells
    if cell.isdigit():
        return "", cell if cell in TICKS and column.blank else ""
    heading, said = fold(column.name), re.escape(fold(cell))
    for pattern in (rf"(.*?)[\s\[(:|>/-]*\b{said}[\])]?", rf"{said}\s*[:|-]\s*(.+)"):
        match = re.fullmatch(pattern, heading)
        if match:
            return match[1] or " ", ""
    return "", fold(cell) if fold(cell) in TICKS and column.blank else ""


def joined_columns(
    tool: Tool, columns: Sequence[ExportColumn], blocks: Sequence[Block]
) -> set[int]:
    """Positions of the columns that hold a block's ticked options once more, joined."""
    questions = {block.question for block in blocks if block.sure} if tool.joined else set()
    return {column.position for column in columns if column.name in questions}


# ---- several answers in one cell ----------------------------------------------------------------


def separator_of(tool: Tool, column: ExportColumn, allowed: Sequence[str] = ()) -> tuple[str, bool]:
    """Return what separates several answers in one cell, and whether that is sure.

    Few pieces that make many different cells are answers, and so may be those that all stand in
    other cells too; where the values are known, whatever leaves nothing else but them.
    """
    if column.labels or column.kind == "date":
        return "", True
    if _several_codes(tool, column):
        return ",", True
    if column.kind == "number":
        return "", True
    known = set(map(slug, allowed))
    for mark in (*_SEPARATORS, *([" "] if tool.joined else [])):
        split = [_split(cell, mark) for cell in column.cells]
        raw = {piece for pieces in split for piece in pieces}
        if len(raw) > _MOST_PIECES or all(len(pieces) < 2 for pieces in split):
            continue
        if known.issuperset(map(slug, raw)):
            return mark, True
        found = [pieces for pieces, _ in _parted(column, mark)]
        in_cells = Counter(piece for pieces in found for piece in set(pieces))
        joined = [pieces for pieces in found if len(pieces) > 1]
        if not joined or len(in_cells) > MOST_VALUES:
            continue
        often = sum(column.cells.values()) >= 2 * len(in_cells)
        few = mark in ";\n" or (len(in_cells) <= column.different <= 3 * len(joined) and often)
        again = any(all(in_cells[piece] > 1 for piece in pieces) for pieces in joined)
        if again or (few and len(in_cells) <= column.different):
            small = mark == ", " and any(piece[:1].islower() for piece in in_cells)
            return mark, few and mark not in (" ", " / ") and not small
    return "", True


def is_ranking(column: ExportColumn) -> bool:
    """Whether every cell has the same answers, several in an order."""
    for mark in _SEPARATORS:
        orders = [_split(cell, mark) for cell in column.cells]
        if len(orders) > 1 and len({frozenset(one) for one in orders}) == 1 < len(orders[0]):
            return True
    return False


def pieces_of(column: ExportColumn, mark: str) -> dict[str, int]:
    """The answers in a column's cells and how often each was given, most frequent first."""
    counts: Counter[str] = Counter()
    for pieces, n in _parted(column, mark):
        counts.update(dict.fromkeys(pieces, n))
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _parted(column: ExportColumn, mark: str) -> list[tuple[list[str], int]]:
    """The answers in each different cell; two that may be one, as they come together, are one."""
    split = [(_split(cell, mark), n) for cell, n in column.cells.items()]
    while pairs := together(split) or _trailing(split):
        one, two = pairs[0]
        split = [(_joined(pieces, one, two, mark.rstrip()), n) for pieces, n in split]
    return split


def _trailing(split: Sequence[tuple[list[str], int]]) -> list[tuple[str, str]]:
    """Pairs of which the second never comes without the first before it, and not by chance."""
    given = Counter[str]()
    pairs = Counter[tuple[str, str]]()
    for pieces, n in split:
        given.update(dict.fromkeys(pieces, n))
        pairs.update(dict.fromkeys(itertools.pairwise(pieces), n))
    rows = sum(n for _, n in split)
    return [
        (one, two)
        for (one, two), n in pairs.items()
        if given[two] == n > 1
        and ((two[:1].islower() and not one[:1].islower()) or (given[one] / rows) ** n < _NO_CHANCE)
    ]


def _split(cell: str, mark: str) -> list[str]:
    cut = mark.strip() if mark in (", ", " | ") else mark
    return [piece for piece in map(clean, cell.split(cut)) if piece]


def _joined(pieces: list[str], one: str, two: str, mark: str) -> list[str]:
    for i, pair in enumerate(itertools.pairwise(pieces)):
        if pair == (one, two):
            return [*pieces[:i], f"{one}{mark} {two}", *pieces[i + 2 :]]
    return pieces


def _several_codes(tool: Tool, column: ExportColumn) -> bool:
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
