"""What survey tools write: how many header rows, and which columns are boxes of one question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from careersurvey.evidence.scaffold.columns import ExportColumn
from careersurvey.evidence.text import clean, fold

#: Cells that say a box was ticked, and that it was not, whatever the tool.
TICKS = frozenset({"1", "yes", "y", "true", "checked", "selected", "x", "✓", "✔"})
NOT_TICKED = frozenset({"0", "no", "n", "false", "unchecked", "not selected"})
#: Those of them that no question has for an answer.
_NOT_SELECTED = frozenset({"unchecked", "not selected"})
#: Words for a question that was not put, and for one that was left.
NOT_ASKED = frozenset({"na", "n/a", "#n/a", "<na>", "nan", "not asked", "null"})
NO_ANSWER = frozenset({"no answer", "no response", "not answered", "unanswered", "no reply"})
#: The tick that goes with a cell that says no, where nobody ticked the box.
_OPPOSITE = {
    "0": "1",
    "no": "Yes",
    "n": "Y",
    "false": "TRUE",
    "unchecked": "Checked",
    "not selected": "Selected",
}
#: What Qualtrics writes for a question that was seen and left, if it is asked to.
SEEN_UNANSWERED = "-99"
#: Columns that tools add beside the answers.
METADATA = re.compile(
    r"(start|end|recorded|submit|submission|completion|last modified)[ _]?(date|time)|startdate|"
    r"enddate|timestamp|start|end|today|status|finished|progress|duration.*|ip ?address|"
    r"userlanguage|response ?type|distribution ?channel|recipient\w*|external\w*|"
    r"location(latitude|longitude)|"
    r"collector( ?id)?|((first|last) ?)?name|email( address)?|custom data.*|lastpage|last page|"
    r"startlanguage|start language|datestamp|refurl|seed|redcap_\w+|\w+_complete|complete\?|"
    r"survey_timestamp|_uuid|_submission_time|_validation_status|_notes|_status|_submitted_by|"
    r"__version__|_tags|_index|_version_?|_xform_id_string|deviceid|device_?info|subscriberid|"
    r"simid|devicephonenum|caseid|formdef_version|instanceid|meta[/-]instance.+",
    re.IGNORECASE,
)

_SECOND_ROWS = {"response", "open-ended response"}
_LAST = " - "
_CHOSEN = re.compile(r" - Selected Choice\b")


@dataclass(frozen=True)
class Tool:
    """A survey tool, told by the header of what it exports.

    Attributes
    ----------
    name : str
    tells : str
        Pattern of a column's name, or of a header cell, that no other tool writes.
    boxes : str
        Pattern of the name of a box, with the groups ``question`` and ``option``.
    joined : bool
        Whether the question has a column of its own too, in which the ticked options are joined.
    """

    name: str
    tells: str
    boxes: str = ""
    joined: bool = False


QUALTRICS = Tool("Qualtrics", r'.*"ImportId".*')
TOOLS = (
    QUALTRICS,
    Tool("REDCap", r"redcap_\w+|.+___\w+", r"(?P<question>.+?)___(?P<option>_?\w+)"),
    Tool("REDCap", r".+ \(choice=.+\)", r"(?P<question>.+) \(choice=(?P<option>.+)\)"),
    Tool("SurveyCTO", r"SubmissionDate", r"(?P<question>.+?)_(?P<option>_?\d+)", joined=True),
    Tool(
        "KoboToolbox or ODK",
        r"_uuid|_submission_time|KEY|meta[/-]instanceID",
        r"(?P<question>.+)/(?P<option>[^/]+)",
        joined=True,
    ),
    Tool(
        "LimeSurvey",
        r"lastpage|Last page|submitdate|startlanguage|.+\[SQ\d+\]",
        r"(?P<question>.+?)\s*\[(?P<option>(?!other\]).+)\]",
    ),
    Tool("SurveyMonkey", r"Respondent ?ID|Collector ?ID|collector_id|respondent_id"),
    Tool("Jisc Online Surveys", r"URN|Unique Response Number"),
    Tool("Microsoft Forms", r"Completion time"),
    Tool("Google Forms", r"Timestamp"),
)
_BY_ENDING = {".sav": "SPSS", ".zsav": "SPSS", ".dta": "Stata"}
_OTHER = Tool("", "")


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
    """

    question: str
    columns: tuple[ExportColumn, ...]
    options: tuple[str, ...]
    ticked: tuple[str, ...]
    unticked: tuple[str, ...]
    sure: bool = True


def tool_of(path: Path, header_rows: Sequence[Sequence[str]]) -> Tool:
    """Tell which tool wrote a file, by its ending and by the cells of its header."""
    if path.suffix.lower() in _BY_ENDING:
        return Tool(_BY_ENDING[path.suffix.lower()], "")
    cells = [clean(cell) for row in header_rows for cell in row]
    return next((t for t in TOOLS if any(re.fullmatch(t.tells, c) for c in cells)), _OTHER)


def header_at(top: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return how many rows stand above the header, and how many rows the header has.

    Parameters
    ----------
    top : sequence of rows
        The first rows of a file, as they stand.

    Notes
    -----
    A row with one cell above rows with many is a title. A row belongs to the header with the one
    above it where it fills gaps that merged cells leave, repeats its first name, holds nothing but
    the word "Response", or has the import ids of Qualtrics.
    """
    rows = [[clean(cell) for cell in row] for row in top]
    width = max((sum(map(bool, row)) for row in rows), default=0)
    skip = 0
    while skip + 1 < len(rows) and width > 2 and sum(map(bool, rows[skip])) <= 1:
        skip += 1
    rest = rows[skip:]
    for i, row in enumerate(rest):
        if any('"ImportId"' in cell for cell in row):
            return skip, i + 1
    header = 1
    while header < len(rest) - 1 and _goes_on(rest[:header], rest[header], rest[header + 1 :]):
        header += 1
    return skip, header


def _goes_on(above: list[list[str]], row: list[str], below: list[list[str]]) -> bool:
    first = row[0] if row else ""
    if not any(line[0] for line in above if line):
        return not above[0][1:2] or not above[0][1]
    if first and first == above[-1][0] and not first.isdigit():
        return True
    filled = [cell for cell in row if cell]
    if not filled or any(cell.isdigit() for cell in filled):
        return False
    if all(fold(cell) in _SECOND_ROWS for cell in filled) and len(filled) > 1:
        return True
    names_below = all(line and line[0] for line in below)
    gaps = [bool(cell) for cell, name in zip(row, above[-1], strict=False) if not name]
    return (not first and names_below and any(gaps)) or sum(gaps) > len(gaps) / 2


def is_metadata(column: ExportColumn) -> bool:
    """Whether a tool added the column; one that tells rows apart is an identifier and stays."""
    named = any(METADATA.fullmatch(clean(part)) for part in (column.name, *column.parts))
    return named and not (column.kind == "identifier" and column.names_one)


def blocks_of(tool: Tool, columns: Sequence[ExportColumn], header_rows: int) -> list[Block]:
    """Find the select-all questions of an export, by the patterns of the tool that wrote it.

    A name that ends in a number is no pattern: ``Q1``, ``Q2`` and ``Q3`` are three questions. A row
    of such names whose cells are 0 and 1 and nothing else may be boxes, and is not sure.
    """
    named = {column.name for column in columns}
    columns = [column for column in columns if not is_metadata(column)]
    grouped: dict[str, list[tuple[ExportColumn, str]]] = {}
    for column in columns:
        question, option = _box_name(tool, column, header_rows)
        if question and (not tool.joined or question in named):
            grouped.setdefault(question, []).append((column, option))
    blocks = [_block(question, boxes) for question, boxes in grouped.items() if len(boxes) > 1]
    found = [block for block in blocks if block]
    taken = {column.position for block in found for column in block.columns}
    rest = [column for column in columns if column.position not in taken]
    return found + list(_perhaps(rest))


def joined_columns(
    tool: Tool, columns: Sequence[ExportColumn], blocks: Sequence[Block]
) -> set[int]:
    """Positions of the columns that hold a block's ticked options once more, joined."""
    questions = {block.question for block in blocks if block.sure} if tool.joined else set()
    return {column.position for column in columns if column.name in questions}


def _box_name(tool: Tool, column: ExportColumn, header_rows: int) -> tuple[str, str]:
    """The question and the option that a column's name gives, ``""`` where it is no box."""
    if tool.boxes:
        match = re.fullmatch(tool.boxes, clean(column.name))
        # A minus cannot stand in a name: _888 is the code -888.
        return (match["question"], re.sub("^_", "-", match["option"])) if match else ("", "")
    parts = [clean(part) for part in column.parts]
    if tool == QUALTRICS and len(parts) > 1:
        return _of_qualtrics(parts)
    if len(column.labels) == 1 and set(column.cells) <= {"0", "1"}:
        return re.sub(r"_\d+$", "", clean(column.name)), *column.labels.values()
    if header_rows > 1 and len(parts) > 1 and fold(parts[-1]) not in _SECOND_ROWS:
        return parts[-2], parts[-1]
    return "", ""


def _of_qualtrics(parts: list[str]) -> tuple[str, str]:
    code, text = parts[0], _CHOSEN.sub("", parts[1])
    stem, number = re.fullmatch(r"(.+?)(_\d+)?", code).groups()
    question, mark, option = text.rpartition(_LAST)
    return (f"{stem}{_LAST}{question}", option) if number and mark else ("", "")


def _block(question: str, boxes: list[tuple[ExportColumn, str]]) -> Block | None:
    """Make boxes a block if every cell of each is its option's own words, a tick or none.

    A column of the same question in which people wrote their own words, or in which somebody
    coded them afterwards, stays a column of its own.
    """
    told = [(column, option, _ticks(column, option)) for column, option in boxes]
    own = [(c, o, cells) for c, o, cells in told if cells is not None]
    written = [(c, o) for c, o, cells in told if cells is None]
    words = sum("words" in cells.values() for _, _, cells in own)
    sure = all(c.kind == "text" or _is_other(o) for c, o in written) or words > len(written)
    if len(own) < 2 or not sure:
        return None
    cells = {cell: said for _, _, of_box in own for cell, said in of_box.items()}
    unticked = tuple(cell for cell, said in cells.items() if said == "not")
    ticked = tuple(cell for cell, said in cells.items() if said != "not")
    ticked = ticked or tuple(_OPPOSITE[fold(cell)] for cell in unticked)
    numbered = [c for _, _, of_box in own for c, said in of_box.items() if said == "number"]
    if not ticked or (numbered and (unticked or len(set(numbered)) < len(numbered))):
        return None
    columns, options, _ = zip(*own, strict=True)
    in_words = all(said == "words" for said in cells.values())
    wording = question.partition(_LAST)[2] or question
    return Block(wording, columns, options, ticked, unticked, sure=bool(unticked) or in_words)


def _ticks(column: ExportColumn, option: str) -> dict[str, str] | None:
    """What each cell of a box says: its option's words, a tick, a number, not; None if neither."""
    said = {}
    for cell in column.cells:
        if cell == SEEN_UNANSWERED or fold(cell) in NOT_ASKED:
            continue
        if fold(cell) == fold(option):
            said[cell] = "words"
        elif fold(cell) in NOT_TICKED:
            said[cell] = "not"
        elif fold(cell) in TICKS:
            said[cell] = "tick"
        elif column.different == 1 and cell.isdigit():
            said[cell] = "number"
        else:
            return None
    return said


def _is_other(option: str) -> bool:
    return fold(option).startswith("other")


def _perhaps(columns: Sequence[ExportColumn]) -> Iterator[Block]:
    """Runs of numbered names that are boxes by their cells.

    Where a cell says "Not selected" they are; where there is nothing but 0 and 1 they may be.
    """
    grouped: dict[str, list[ExportColumn]] = {}
    for column in columns:
        match = re.fullmatch(r"(.+?)[_ .]?\d+", clean(column.name))
        if match and column.cells and not column.labels:
            grouped.setdefault(match[1].rstrip("_ ."), []).append(column)
    for stem, boxes in grouped.items():
        told = [_of_two(column) for column in boxes]
        if len(boxes) < 2:
            continue
        if all(told) and any(unticked for _, unticked in told):
            options = tuple(
                tick or column.wording for (tick, _), column in zip(told, boxes, strict=True)
            )
            ticked = tuple(dict.fromkeys(tick for tick, _ in told if tick))
            unticked = tuple(dict.fromkeys(cell for _, cell in told if cell))
            yield Block(stem, tuple(boxes), options, ticked, unticked)
        elif {cell for column in boxes for cell in column.cells} == {"0", "1"}:
            options = tuple(column.wording for column in boxes)
            yield Block(stem, tuple(boxes), options, ("1",), ("0",), sure=False)


def _of_two(column: ExportColumn) -> tuple[str, str] | None:
    """The tick and the cell that says "Not selected" of a box that has nothing else."""
    cells = [cell for cell in column.cells if fold(cell) not in NOT_ASKED]
    unticked = [cell for cell in cells if fold(cell) in _NOT_SELECTED]
    ticks = [cell for cell in cells if cell not in unticked]
    if len(ticks) > 1 or len(unticked) > 1:
        return None
    return (ticks or [""])[0], (unticked or [""])[0]
