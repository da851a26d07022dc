"""Select-all questions of an export: a box a column, or several answers in one cell."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from careersurvey.evidence.answers.sheet import Sheet
from careersurvey.evidence.answers.words import NOTHING
from careersurvey.evidence.scaffold.columns import MOST_VALUES, ExportColumn
from careersurvey.evidence.scaffold.scales import NOT_TICKED, TICKS, WORDS
from careersurvey.evidence.scaffold.tools import SEEN_UNANSWERED, Tool
from careersurvey.evidence.text import clean, fold, slug

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


@dataclass(frozen=True, eq=False)
class Block:
    """A select-all question in boxes."""

    question: str  # its wording, or what the tool calls it
    columns: tuple[ExportColumn, ...]  # one a box, in the order of the file
    options: tuple[str, ...]  # what each box stands for
    ticked: tuple[str, ...]  # cells that say so
    unticked: tuple[str, ...] = ()
    sure: bool = True  # whether the tool's own pattern says that it is one; else a person must
    other: ExportColumn | None = None  # the box of what people wrote, any of which is its tick


def blocks_of(
    tool: Tool, columns: Sequence[ExportColumn], sheet: Sheet, everything: Collection[str]
) -> list[Block]:
    """Find the select-all questions of an export: as the file declares them, by names, by looks.

    A name that ends in a number is no pattern: ``Q1``, ``Q2`` and ``Q3`` are three questions. A row
    of such names whose cells are 0 and 1 and nothing else may be boxes, and is not sure.
    """
    found = list(_declared(columns, sheet))
    rows = len(sheet.header_rows)
    named = partial(_by_names, tool, header_rows=rows, everything=everything)
    for way in (named, _by_numbers, _by_stems, _by_looks):
        taken = {column.position for block in found for column in block.columns}
        found += list(way([column for column in columns if column.position not in taken]))
    return found


def _declared(columns: Sequence[ExportColumn], sheet: Sheet) -> Iterator[Block]:
    """The multiple-response sets of SPSS that count one value."""
    by_position = {column.position: column for column in columns}
    for question, positions, counted in sheet.sets:
        boxes = [by_position[i] for i in positions if i in by_position]
        cells = dict.fromkeys(cell for box in boxes for cell in box.cells if cell != counted)
        options = tuple(box.wording for box in boxes)
        yield Block(question, tuple(boxes), options, (counted,), tuple(cells))


def _by_names(
    tool: Tool, columns: Sequence[ExportColumn], header_rows: int, everything: Collection[str]
) -> Iterator[Block]:
    """Boxes by the pattern of the tool, a header of several rows, or labels."""
    grouped: dict[tuple[str, int], list[tuple[ExportColumn, str]]] = {}
    often: Counter[tuple[str, str]] = Counter()
    for column in columns:
        named = _box_name(tool, column, header_rows)
        # An option that comes again is one of another question with the same wording.
        often[named] += 1
        grouped.setdefault((named[0], often[named]), []).append((column, named[1]))
    for (question, _), boxes in grouped.items():
        block = _block(question, boxes, by_tool=bool(tool.boxes)) if question else None
        if block and (not tool.joined or question in everything):
            yield block
        elif block and "/" in tool.boxes and set(map(fold, block.unticked)) & {"0", "false"}:
            yield replace(block, sure=False)


def _box_name(tool: Tool, column: ExportColumn, header_rows: int) -> tuple[str, str]:
    """The question and the option that a column's name gives, ``""`` where it is no box."""
    parts = [clean(part) for part in column.parts]
    if tool.boxes:
        match = re.fullmatch(tool.boxes, clean(column.name))
        # A minus cannot stand in a name: _888 is the code -888.
        return (match["question"], re.sub("^_", "-", match["option"])) if match else ("", "")
    if tool.coded and len(parts) > 1:
        stem, numbered = re.subn(r"_\d+$", "", parts[0])
        question, mark, option = re.sub(r" - Selected Choice\b", "", parts[1]).rpartition(" - ")
        return (f"{stem}\0{question}", option) if numbered and mark else ("", "")
    if len(column.labels) == 1 and set(column.cells) <= {"0", "1"}:
        (label,) = column.labels.values()
        option = column.wording if fold(label) in TICKS else label
        return re.sub(r"_\d+$", "", clean(column.name)), option
    if header_rows > 1 and len(parts) > 1 and fold(parts[-1]) not in WORDS["second_rows"]:
        return parts[-2], parts[-1]
    return "", ""


def _by_numbers(columns: Sequence[ExportColumn]) -> Iterator[Block]:
    """Runs of numbered names: boxes where a cell says "Not selected", perhaps where 0 and 1 do."""
    grouped: dict[str, list[tuple[ExportColumn, str]]] = {}
    for column in columns:
        match = re.fullmatch(r"(.+?)[_ .]?\d+", clean(column.name))
        if match and column.cells and not column.labels:
            own = [c for c in column.cells if fold(c) not in TICKS | NOT_TICKED | NOTHING]
            option = own[0] if len(own) == 1 else column.wording
            grouped.setdefault(match[1].rstrip("_ ."), []).append((column, option))
    for stem, boxes in grouped.items():
        block = _block(stem, boxes, by_tool=False)
        if block and _NOT_SELECTED & set(map(fold, block.unticked)):
            yield block
        elif block and {cell for column, _ in boxes for cell in column.cells} == {"0", "1"}:
            yield replace(block, sure=False)


def _by_stems(columns: Sequence[ExportColumn]) -> Iterator[Block]:
    """Columns of one question, each with its option behind it: perhaps boxes."""
    grouped: dict[str, list[tuple[ExportColumn, str]]] = {}
    for column in columns:
        match = re.fullmatch(r"(.+?[?:])\s+(.+)", clean(column.name))
        if match and column.cells:
            grouped.setdefault(match[1], []).append((column, match[2]))
    for question, boxes in grouped.items():
        if block := _block(question.rstrip(":"), boxes, by_tool=False):
            yield replace(block, sure=False)


def _by_looks(columns: Sequence[ExportColumn]) -> Iterator[Block]:
    """Neighbours with one cell: a tick beside blanks, or what the heading itself says."""
    for (question, tick), run in itertools.groupby(columns, _looks):
        boxes = tuple(run)
        if (question or tick) and (len(boxes) > 1 or fold(tick) in WORDS["marks"]):
            options = tuple(next(iter(c.cells)) if question else c.wording for c in boxes)
            ticked = tuple(dict.fromkeys(cell for column in boxes for cell in column.cells))
            wording = question.strip() or ", ".join(options)[:80]
            yield Block(wording, boxes, options, ticked, sure=False)


def _looks(column: ExportColumn) -> tuple[str, str]:
    """The question of a column whose one cell is its heading, or its tick; neither is ``""``."""
    if len(column.cells) != 1 or column.labels:
        return "", ""
    (cell,) = column.cells
    heading, said = fold(column.name), re.escape(fold(cell))
    for pattern in (rf"(.*?)[\s\[(:|>/-]*\b{said}[\])]?", rf"{said}\s*[:|-]\s*(.+)"):
        match = re.fullmatch(pattern, heading)
        if match and not cell.isdigit():
            return match[1] or " ", ""
    return "", fold(cell) if fold(cell) in TICKS and column.blank else ""


def _block(
    question: str, boxes: Sequence[tuple[ExportColumn, str]], *, by_tool: bool
) -> Block | None:
    """Make boxes a block if every cell of each is its option's own words, a tick or none.

    A column of the same question in which people wrote their own words is the box of "Other" where
    it is called so and there is none; one that somebody coded afterwards stays a column of its own.
    """
    told = {column.position: _ticks(column, option) for column, option in boxes}
    said = [cells for cells in told.values() if cells is not None]
    written = [(column, option) for column, option in boxes if told[column.position] is None]
    has_other = any(_OTHER.match(fold(option)) and told[c.position] for c, option in boxes)
    others = [c for c, option in written if _OTHER.match(fold(option))]
    other = others[0] if others and not has_other else None
    apart = all(column.kind == "text" or column in others for column, _ in written)
    in_words = sum("words" in cells.values() for cells in said)
    if len(said) + bool(other) < 2 or not (apart or in_words > len(written)):
        return None
    meant = {cell: what for cells in said for cell, what in cells.items()}
    unticked = tuple(cell for cell, what in meant.items() if what == "not")
    ticked = tuple(cell for cell, what in meant.items() if what != "not")
    ticked = ticked or tuple(_OPPOSITE.get(fold(cell), "Yes") for cell in unticked)
    numbers = [cell for cells in said for cell, what in cells.items() if what == "number"]
    if not ticked or (numbers and (unticked or len(set(numbers)) < len(numbers))):
        return None
    own = [(c, option) for c, option in boxes if c is other or told[c.position] is not None]
    columns, options = zip(*own, strict=True)
    by_tick = by_tool and not any(map(str.isdigit, ticked))
    sure = bool(unticked) or set(meant.values()) == {"words"} or by_tick
    return Block(question.rpartition("\0")[2], columns, options, ticked, unticked, sure, other)


def _ticks(column: ExportColumn, option: str) -> dict[str, str] | None:
    """What each cell of a box says: its option's words, a tick, a number, not; None if neither."""
    said = {}
    for cell in column.cells:
        folded = fold(cell)
        if folded == fold(option):
            said[cell] = "words"
        elif cell == SEEN_UNANSWERED or folded in NOTHING | WORDS["refused"]:
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


# ---- several answers in one cell ----------------------------------------------------------------


def several_in(
    tool: Tool, column: ExportColumn, allowed: Iterable[str] = ()
) -> tuple[str, bool, dict[str, int]]:
    """What separates several answers in one cell, whether that is sure, and the answers.

    How often each was given, most frequent first; without a separator they are the cells. Few
    pieces that make many different cells are answers, and so may be those that all stand in other
    cells too; where the values are known, whatever leaves nothing else but them.
    """
    marks = () if column.kind == "number" else (*_SEPARATORS, *[" "] * tool.joined)
    codes = _several_codes(tool, column)
    known = set(map(slug, allowed))
    for mark in () if column.labels or column.kind == "date" else (",",) if codes else marks:
        split = _split(column, mark)
        raw = {piece for pieces, _ in split for piece in pieces}
        if len(raw) > _MOST_PIECES or all(len(pieces) < 2 for pieces, _ in split):
            continue
        parted = _parted(split, mark.rstrip())
        given: Counter[str] = Counter()
        for pieces, n in parted:
            given.update(dict.fromkeys(pieces, n))
        found = dict(sorted(given.items(), key=lambda pair: (-pair[1], pair[0])))
        if codes or known.issuperset(map(slug, raw)):
            return mark, True, found
        in_cells = Counter(piece for pieces, _ in parted for piece in set(pieces))
        joined = [pieces for pieces, _ in parted if len(pieces) > 1]
        if not joined or len(in_cells) > MOST_VALUES:
            continue
        often = sum(column.cells.values()) >= 2 * len(in_cells)
        few = mark in ";\n" or (len(in_cells) <= column.different <= 3 * len(joined) and often)
        again = any(all(in_cells[piece] > 1 for piece in pieces) for pieces in joined)
        if again or (few and len(in_cells) <= column.different):
            small = mark == ", " and any(piece[:1].islower() for piece in in_cells)
            return mark, few and mark not in (" ", " / ") and not small, found
    return "", True, column.cells


def is_ranking(column: ExportColumn) -> bool:
    """Whether every cell has the same answers, several in an order."""
    for mark in _SEPARATORS:
        orders = [pieces for pieces, _ in _split(column, mark)]
        if len(orders) > 1 and len({frozenset(one) for one in orders}) == 1 < len(orders[0]):
            return True
    return False


def _split(column: ExportColumn, mark: str) -> list[tuple[list[str], int]]:
    """The pieces of each different cell, and how often it came."""
    cut = mark.strip() if mark in (", ", " | ") else mark
    return [([*filter(None, map(clean, cell.split(cut)))], n) for cell, n in column.cells.items()]


def _parted(split: list[tuple[list[str], int]], mark: str) -> list[tuple[list[str], int]]:
    """The answers in each different cell; two pieces that may be one are one.

    They always come together; or the second never comes without the first before it, and not by
    chance.
    """
    given = Counter[str]()
    pairs = Counter[tuple[str, str]]()
    for pieces, n in split:
        given.update(dict.fromkeys(pieces, n))
        pairs.update(dict.fromkeys(itertools.pairwise(pieces), n))
    rows = sum(n for _, n in split)
    together = [p for p, n in pairs.items() if n > 1 and {given[one] for one in p} == {n}]
    trailing = [
        (one, two)
        for (one, two), n in pairs.items()
        if given[two] == n > 1
        and ((two[:1].islower() and not one[:1].islower()) or (given[one] / rows) ** n < _NO_CHANCE)
    ]
    for one, two in (together or trailing)[:1]:
        as_one = [(_joined(pieces, one, two, mark), n) for pieces, n in split]
        return _parted(as_one, mark)
    return split


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
    codes = [piece for pieces in split for piece in pieces]
    if not codes or not all(re.fullmatch(r"[1-9]\d?", piece) for piece in codes):
        return False
    rising = all(a < b for cell in split for a, b in itertools.pairwise(map(int, cell)))
    most = max(map(len, split))
    return rising and (most > 2 or (most > 1 and tool.coded))
