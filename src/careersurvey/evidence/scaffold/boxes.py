"""Select-all questions of an export: a box a column, or several answers in one cell."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from careersurvey.evidence.answers.options import often_in, parts_of, together
from careersurvey.evidence.answers.sheet import OTHER
from careersurvey.evidence.answers.words import NOTHING, TICKED, UNTICKED, WORDS, is_refusal
from careersurvey.evidence.scaffold.columns import MOST_VALUES, Column
from careersurvey.evidence.scaffold.tools import SEEN_UNANSWERED, is_last
from careersurvey.evidence.text import clean, fold, slug

#: That hardly stand within an answer: as SharePoint writes it, most tools, and web pages.
_SURE = (";#", ";", "\n", "<br>", "<br/>", "<br />")
_SEPARATORS = (*_SURE, ", ", " | ", " / ")
#: That stand within an answer as often as between two.
_WITHIN_WORDS = ("/", "+", "&", " - ", " and ", " und ", " et ", " y ", " ")
#: That begin the label of a box which was left.
_NOT = re.compile(r"(not|nicht|non|no|niet|inte|ikke|heb) |un(check|tick|select)ed", re.IGNORECASE)
_CODE = re.compile(r"[1-9]\d?")
_NO_CHANCE = 0.001
_MOST_CELLS = 20_000  # different ones of a question with several answers
_MOST_PIECES = 3 * MOST_VALUES  # of cells that may hold several answers


@dataclass(frozen=True, eq=False)
class Block:
    """A select-all question in boxes."""

    question: str  # its wording, or what the tool calls it
    options: dict[Column, str]  # what each box stands for, in the order of the file
    ticked: tuple[str, ...]  # cells that say so
    unticked: tuple[str, ...] = ()
    sure: bool = True  # whether the tool's own pattern says that it is one; else a person must
    other: Column | None = None  # the box of what people wrote, any of which is its tick


class Box(NamedTuple):
    """A column that may be a box of a select-all question."""

    column: Column
    question: str
    option: str
    by: str  # what tells: a pattern of its name, a number in it, or how its cells look
    stem: str = ""  # what else the boxes of the question have in common


_BY_NAME, _BY_NUMBER, _BY_LOOK = "name", "number", "look"


def blocks_of(columns: Sequence[Column], everything: Collection[str]) -> list[Block]:
    """Find the select-all questions of an export by names and looks; numbers alone tell none."""
    found: list[Block] = []
    for way in (partial(_named, everything), _numbered, _alike):
        taken = {column.position for block in found for column in block.options}
        free = [column for column in columns if column.position not in taken]
        found += filter(None, map(_block, _questions(map(way, free))))
    return found


def _named(everything: Collection[str], column: Column) -> Box | None:
    """A box by the pattern of a tool, a header of several rows, or a label."""
    tool, name, parts = column.tool, column.name, column.parts
    if tool.boxes:
        match = re.fullmatch(tool.boxes, name)
        if not match:
            return None
        # A minus cannot stand in a name: _888 is the code -888.
        question, option = match["question"], re.sub("^_", "-", match["option"])
        is_joined = not tool.joined or question in everything
        above = "" if is_joined else question.rpartition("/")[0]
        if above and above in everything:  # the option has a stroke of its own
            return Box(column, above, name.removeprefix(f"{above}/"), _BY_NAME)
        stem = match.groupdict().get("stem", "")
        return Box(column, question, option, _BY_NAME if is_joined else _BY_NUMBER, stem)
    labels = column.labels
    none = [
        code for code, one in labels.items() if _NOT.match(one) or (code != "1" and is_last(one))
    ]
    ticks = [*labels.keys() - none]
    if len(ticks) == 1 and {*ticks, "0", *none}.issuperset(column.cells):
        label = labels[ticks[0]]
        option = column.wording if fold(label) in TICKED else label
        return Box(column, re.sub(r"_(\d+|[a-z])$", "", name), option, _BY_NAME)
    several = len(column.sheet.header_rows) > 1 < len(parts)
    if several and fold(parts[-1]) not in WORDS["second_rows"]:
        return Box(column, parts[-2], parts[-1], _BY_NAME)
    return None


def _numbered(column: Column) -> Box | None:
    """A box by a number in its name: its option is its one answer that is no tick."""
    match = re.fullmatch(r"(.+?)[_ .]?\d+", column.name)
    if not match or not column.cells or column.labels:
        return None
    own = [cell for cell in column.told if fold(cell) not in TICKED | UNTICKED]
    option = own[0] if len(own) == 1 else column.wording
    return Box(column, match[1].rstrip("_ ."), option, _BY_NUMBER)


def _alike(column: Column) -> Box | None:
    """A box by its one cell: beside blanks, or what the heading itself says; or that of others."""
    if not column.cells or len(column.labels) > 1:
        return None
    alone = [*column.told] if len(column.told) == 1 else []
    is_lone = alone and (column.blank or len(column.cells) > 1)
    name = column.parts[0] if len(column.parts) == 1 else column.name  # "None (2)" is None
    told = {cell: re.escape(clean(cell)) for cell in alone if not cell.isdigit()}
    told |= {one: re.escape(one) for one in re.findall(r"\[([^\[\]]+)\]$", name) if is_lone}
    told |= {"Other": rf"(?:{OTHER.pattern})[^:|\])]*"} if column.blank else {}
    for option, said in told.items():
        for pattern in (rf"(.*?)[\s\[(:|>/-]*\b{said}[\])]*", rf"{said}\s*[:|-]\s*(.+)"):
            match = re.fullmatch(pattern, name, re.IGNORECASE)
            if match:
                return Box(column, match[1], option, _BY_LOOK, "heading")
    return Box(column, "", column.wording, _BY_LOOK, fold(alone[0])) if is_lone else None


def _questions(boxes: Iterable[Box | None]) -> Iterable[list[Box]]:
    """Boxes by their question, or neighbours alike; an option again is another question's."""
    found: dict[tuple, list[Box]] = {}
    often: Counter[tuple] = Counter()
    gaps = 0
    for box in boxes:
        if not box:
            gaps += 1
            continue
        run = gaps if box.by == _BY_LOOK else 0
        often[run, *box[1:]] += 1
        found.setdefault((box.question, box.stem, often[run, *box[1:]], run), []).append(box)
    return found.values()


def _block(boxes: Sequence[Box]) -> Block | None:
    """Boxes as a block, if every cell is its option's words, a tick or none, or of the other."""
    told = [(box, _ticks(box)) for box in boxes]
    said = [cells for _, cells in told if cells is not None]
    written = [box for box, cells in told if cells is None]
    others = [box for box in boxes if OTHER.match(fold(box.option))]
    other = others[0].column if len(others) == 1 and others[0] in written else None
    apart = all(box.column.kind == "text" or box.column is other for box in written)
    in_words = sum("words" in cells.values() for cells in said)
    meant = {cell: what for cells in said for cell, what in cells.items()}
    alone = len(boxes) == 1 and set(map(fold, meant)) <= WORDS["marked"]
    if len(said) + bool(other) < 2 - alone or not (apart or in_words > len(written)):
        return None
    unticked = tuple(cell for cell, what in meant.items() if what == "not")
    ticked = tuple(cell for cell, what in meant.items() if what != "not")
    marks = [cell for cells in said for cell, what in cells.items() if what == "mark"]
    uneven = len({box.column.blank for box, cells in told if cells is not None}) > 1
    numbered = len(set(marks)) == len(marks) and all(map(str.isdigit, marks))
    if not meant or (unticked and (marks or uneven)) or (len({*marks}) > 1 and not numbered):
        return None
    (by, *_), crosses = {box.by for box in boxes}, set(map(fold, unticked))
    is_lone = all(len(box.column.cells) == 1 and box.column.blank for box in boxes)
    if by == _BY_NUMBER and not (is_lone or crosses & (WORDS["unmarked"] | {"0", "false"})):
        return None
    of_tool = bool(boxes[0].column.tool.boxes) and not any(map(str.isdigit, ticked))
    named = not marks and (bool(unticked) or set(meant.values()) == {"words"} or of_tool)
    sure = (by == _BY_NAME and named) or bool(crosses & WORDS["unmarked"])
    own = [box for box in boxes if box.column is other or box not in written]
    question = boxes[0].question.strip() or ", ".join(box.option for box in own)[:80]
    asks = re.match(r".*\w(\?? -|\?|:) ", own[0].option)
    first = asks[0] if asks and all(box.option.startswith(asks[0]) for box in own) else ""
    options = {box.column: box.option.removeprefix(first) for box in own}
    wordings = {box.column.wording.removesuffix(box.option) for box in own if box.column.labels}
    first = first or (wordings.pop() if len(wordings) == 1 else "")
    return Block(first.rstrip(" :-") or question, options, ticked, unticked, sure, other)


def _ticks(box: Box) -> dict[str, str] | None:
    """What each cell of a box says: its option's words, a tick, a lone mark, not; None if none."""
    said, is_other = {}, OTHER.match(fold(box.option))
    for cell in box.column.cells:
        folded, label = fold(cell), box.column.labels.get(cell, "")
        if fold(box.option) in (folded, fold(label)):
            said[cell] = "words"
        elif cell == SEEN_UNANSWERED or folded in NOTHING or is_refusal(folded) or is_last(label):
            continue
        elif folded in UNTICKED or _NOT.match(label):
            said[cell] = "not"
        elif folded in TICKED:
            said[cell] = "tick"
        elif len(box.column.cells) == 1 and (cell.isdigit() or box.column.blank) and not is_other:
            said[cell] = "mark"
        else:
            return None
    return said


# ---- several answers in one cell ----------------------------------------------------------------

Split = list[tuple[list[str], int]]  # the pieces of each different cell, and how often it came


class Several(NamedTuple):
    """Answers of which a cell may hold several."""

    mark: str  # what separates them, empty where it holds one
    sure: bool
    cells: dict[str, int]  # how often each came
    other: str = ""  # that of who wrote in their own words


def several_in(column: Column, allowed: Iterable[str] = ()) -> Several:
    """What separates several answers in a cell, whether that is sure, and how often each came."""
    known, marks = set(map(slug, allowed)), _marks(column)
    for mark in marks:
        split, free = _split(column, mark), mark in _SEPARATORS
        raw = often_in(split)  # of which one that stands once may be of somebody's own words
        many = sum(n > free for n in raw.values()) > _MOST_PIECES
        if many or all(len(pieces) < 2 for pieces, _ in split):
            continue
        parted = _parted(split, mark.rstrip()) if len(marks) > 1 else split
        parted, other = _with_own_words(parted) if free else (parted, "")
        given = often_in(parted)
        found = dict(sorted(given.items(), key=lambda pair: (-pair[1], pair[0])))
        sure = mark == "," and max(len(pieces) for pieces, _ in split) > 2
        sure |= known.issuperset(map(slug, raw))
        if sure or len(marks) == 1:
            return Several(mark, sure, found)
        in_cells = often_in([(pieces, 1) for pieces, _ in parted])
        joined = [pieces for pieces, _ in parted if len(pieces) > 1]
        if not joined or len(in_cells) > MOST_VALUES:
            continue
        alone = {pieces[0] for pieces, _ in parted if len(pieces) == 1}
        if mark in _WITHIN_WORDS and not column.tool.joined:
            if 2 * sum(alone.issuperset(pieces) for pieces in joined) >= len(joined):
                return Several(mark, False, found)
            continue
        different, often = len(column.cells), sum(column.cells.values()) >= 2 * len(in_cells)
        few = mark in _SURE or (len(in_cells) <= different <= 3 * len(joined) and often)
        again = any(all(in_cells[piece] > 1 for piece in pieces) for pieces in joined)
        if other:
            few, again = False, _is_list(parted, other)
        if again or (few and len(in_cells) <= different):
            small = mark == ", " and any(piece[:1].islower() for piece in in_cells)
            return Several(mark, few and mark not in (" ", " / ") and not small, found, other)
    return Several("", True, column.cells)


def _with_own_words(split: Split) -> tuple[Split, str]:
    """The same with one answer for all that stand once, where they are too many for a list."""
    often = often_in(split)
    if len(often) <= MOST_VALUES:
        return split, ""
    other = next((one for one, n in often.items() if n > 1 and OTHER.match(fold(one))), "Other")
    own = {one: other for one, n in often.items() if n == 1}
    return [
        ([*dict.fromkeys(own.get(one, one) for one in pieces)], n) for pieces, n in split
    ], other


def _is_list(split: Split, other: str) -> bool:
    """Whether most have an answer of a list, and some several, beside people's own words."""
    listed = [({*pieces} - {other}, n) for pieces, n in split]
    most = 2 * sum(n for one, n in listed if one) >= sum(n for _, n in listed)
    return most and any(len(one) > 1 for one, _ in listed)


def _marks(column: Column) -> Sequence[str]:
    """What may separate answers: of codes in their order a comma or a blank, if some have three."""
    cells = [cell for cell in column.cells if cell != SEEN_UNANSWERED]
    if column.labels or not cells:
        return ()
    for mark, fewest in ((",", 3 - column.tool.coded), (" ", 3)):
        codes = [cell.split(mark) for cell in cells]
        if max(map(len, codes)) >= fewest and all(map(_in_order, codes)):
            return (mark,)
    of_words = column.kind not in ("date", "number")
    return (*_SEPARATORS, *_WITHIN_WORDS) if of_words else ()


def _in_order(codes: list[str]) -> bool:
    plain = all(map(_CODE.fullmatch, codes))
    return plain and all(int(one) < int(two) for one, two in itertools.pairwise(codes))


def is_ranking(column: Column) -> bool:
    """Whether every cell has the same answers, several in an order."""
    orders = [[pieces for pieces, _ in _split(column, mark)] for mark in _SEPARATORS]
    return any(len(one) > 1 and len({*map(frozenset, one)}) == 1 < len(one[0]) for one in orders)


def _split(column: Column, mark: str) -> Split:
    cells = column.cells.items() if len(column.cells) <= _MOST_CELLS else ()
    cut = mark.strip() if mark in (", ", " | ") else mark
    parted = [([*filter(None, map(clean, parts_of(cell, cut)))], n) for cell, n in cells]
    spelled: dict[str, str] = {}  # of pieces alike but for case, the most frequent one
    return [([spelled.setdefault(fold(one), one) for one in each], n) for each, n in parted]


def _parted(split: Split, mark: str) -> Split:
    """The answers in each different cell; two pieces of which one never stands alone are one."""
    given, rows = often_in(split), sum(n for _, n in split)
    pairs = often_in((itertools.pairwise(pieces), n) for pieces, n in split)
    trailing = (
        (one, two)
        for (one, two), n in pairs.items()
        if given[two] == n > 1
        and ((two[:1].islower() and not one[:1].islower()) or (given[one] / rows) ** n < _NO_CHANCE)
    )
    for one, two in [*together(split), *trailing][:1]:
        as_one = [(_joined(pieces, one, two, mark), n) for pieces, n in split]
        return _parted(as_one, mark)
    return split


def _joined(pieces: list[str], one: str, two: str, mark: str) -> list[str]:
    for i, pair in enumerate(itertools.pairwise(pieces)):
        if pair == (one, two):
            glue = mark if mark in _WITHIN_WORDS else f"{mark} "
            return [*pieces[:i], f"{one}{glue}{two}", *pieces[i + 2 :]]
    return pieces
