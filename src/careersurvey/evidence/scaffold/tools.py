"""What survey tools write: how many header rows, what stands beside the answers, names of boxes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from careersurvey.evidence.scaffold.columns import ExportColumn
from careersurvey.evidence.text import clean, fold, slug

#: What Qualtrics writes for a question that was seen and left, if it is asked to.
SEEN_UNANSWERED = "-99"
#: Words that stand in a second header row above a question with one column.
SECOND_ROWS = frozenset({"response", "open-ended response"})
#: Columns beside the answers, as any tool may call them.
_BESIDE = (
    r"(start|end|recorded|submit|submission|completion|last_modified)_?(date|time)|datestamp|"
    r"date_submitted|timestamp|ip_?addr(ess)?|e_?mail(_address)?|(first|last)_name"
)
_FORMS = (  # KoboToolbox, ODK and SurveyCTO fill in one kind of form
    r"start|end|today|username|device_?id|device_info|subscriberid|simid|devicephonenum|caseid|"
    r"formdef_version|instance_?(id|name)|meta[/-]instance.+|_uuid|_submission_time|_notes|_tags|"
    r"_validation_status|_status|_submitted_by|__version__|_version_?|_index|_xform_id_string|"
    r"submitter_?(id|name)|key|attachments(present|expected)|review_?(state|status)|edits|"
    r"formversion"
)


@dataclass(frozen=True)
class Rows:
    """A column that says which rows are tests, unfinished or of another kind."""

    named: str  # pattern of its name or id
    rule: str  # keep or drop
    cells: frozenset[str] | None  # which of its cells; None is the most frequent one


@dataclass(frozen=True)
class Tool:
    """A survey tool, told by the header of what it exports.

    Attributes
    ----------
    name : str
    tells : str
        Pattern of a column's name, or of a header cell, that no other tool writes.
    boxes : str
        Pattern of the name of a box, with the groups ``question`` and ``option`` or ``label``.
    joined : bool
        Whether the question has a column of its own too, in which the ticked options are joined.
    beside : str
        Pattern of names or ids of columns that the tool adds beside the answers.
    rows : tuple of Rows
        Which rows are to be taken out.
    """

    name: str
    tells: str
    boxes: str = ""
    joined: bool = False
    beside: str = "(?!)"
    rows: tuple[Rows, ...] = ()


QUALTRICS = Tool(
    "Qualtrics",
    r'.*"ImportId".*',
    beside=r"status|finished|progress|duration.*|user_?language|response_type|"
    r"distribution_?channel|recipient\w*|external\w*reference|location_?(latitude|longitude)",
    rows=(
        Rows("status|response_type", "keep", frozenset({"ip address", "0"})),
        Rows("finished", "keep", frozenset({"true", "1"})),
    ),
)
TOOLS = (
    QUALTRICS,
    Tool(
        "REDCap",
        r"redcap_\w+|.+___\w+|.+ \(choice=.+\)",
        r"(?P<question>.+?)(___(?P<option>_?\w+)| \(choice=(?P<label>.+)\))",
        beside=r"redcap_\w+|\w+_complete|complete|survey_(identifier|timestamp)|event_name|"
        r"repeat_instrument|repeat_instance|data_access_group",
        rows=(
            Rows("(redcap_)?event_name", "keep", None),
            Rows("(redcap_)?repeat_instrument", "keep", frozenset({""})),
        ),
    ),
    Tool(
        "KoboToolbox or ODK",
        r"_uuid|_submission_time|meta[/-]instanceID|SubmitterID",
        r"(?P<question>.+)/(?P<option>[^/]+)",
        joined=True,
        beside=_FORMS,
        rows=(
            Rows("reviewstate", "drop", frozenset({"rejected"})),
            Rows("_validation_status", "drop", frozenset({"validation_status_not_approved"})),
        ),
    ),
    Tool(
        "SurveyCTO",
        r"SubmissionDate",
        r"(?P<question>.+?)_(?P<option>_?\d+)",
        joined=True,
        beside=_FORMS,
        rows=(Rows("review_?status", "drop", frozenset({"rejected"})),),
    ),
    Tool(
        "LimeSurvey",
        r"(\w+\. )?(lastpage|Last page|submitdate|startlanguage)|.+\[SQ\d+\].*",
        r"(?P<question>.+?)\s*\[(?P<option>[^\]]+)\]",
        beside=r"submitdate|last_?page|start_?language|refurl|referrer_url|seed|token|"
        r"access_code|(interview|total|group|question)_?time.*",
        rows=(Rows("submitdate|date_submitted", "drop", frozenset({""})),),
    ),
    Tool(
        "SurveyMonkey",
        r"Respondent ?ID|Collector ?ID|collector_id|respondent_id",
        beside=r"collector(_?id)?|custom_data.*",
    ),
    Tool("Jisc Online Surveys", r"URN|Unique Response Number"),
    Tool("Microsoft Forms", r"Completion time", beside="name|total_points|quiz_feedback"),
    Tool("Google Forms", r"Timestamp", beside="username"),
)
_BY_ENDING = {".sav": "SPSS", ".zsav": "SPSS", ".dta": "Stata"}


def tool_of(path: Path, header_rows: Iterable[Sequence[str]]) -> Tool:
    """Tell which tool wrote a file, by its ending and by the cells of its header."""
    cells = [clean(cell) for row in header_rows for cell in row]
    other = Tool(_BY_ENDING.get(path.suffix.lower(), ""), "")
    known = () if other.name else TOOLS
    return next((t for t in known if any(re.fullmatch(t.tells, c) for c in cells)), other)


def is_beside(tool: Tool, column: ExportColumn) -> bool:
    """Whether a tool added the column; one that tells rows apart is an identifier and stays."""
    named = any(re.fullmatch(f"{_BESIDE}|{tool.beside}", name) for name in _ids(column))
    return named and not (column.kind == "identifier" and column.names_one)


def rows_of_no_use(tool: Tool, columns: Iterable[ExportColumn]) -> dict[str, tuple[str, list[str]]]:
    """By column: ``keep`` or ``drop``, and the cells that the rule is about."""
    found = {}
    for column in columns:
        blanks = {"": column.blank} if column.blank else {}
        cells = list(column.cells | blanks)
        for rows in tool.rows:
            named = any(re.fullmatch(rows.named, name) for name in _ids(column))
            chosen = [c for c in cells if fold(c) in rows.cells] if rows.cells else cells[:1]
            if named and 0 < len(chosen) < len(cells):
                found[column.called] = (rows.rule, chosen)
    return found


def _ids(column: ExportColumn) -> set[str]:
    """What a column is called, and that as ids; a code and a wording may be joined by ``. ``."""
    names = {name for part in (column.name, *column.parts) for name in (part, *part.split(". "))}
    return {form(name) for name in names for form in (fold, slug)}


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
    the word "Response", has the import ids of Qualtrics, or words the questions that the row above
    names.
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
    if all(fold(cell) in SECOND_ROWS for cell in filled) and len(filled) > 1:
        return True
    names_below = all(line and line[0] for line in below)
    gaps = [bool(cell) for cell, name in zip(row, above[-1], strict=False) if not name]
    filling = (not first and names_below and any(gaps)) or sum(gaps) > len(gaps) / 2
    return filling or _words_questions(above[-1], row, below)


def _words_questions(names: list[str], row: list[str], below: list[list[str]]) -> bool:
    """Whether most cells are sentences that no row below has, under names without blanks."""
    told = [
        " " in cell
        and " " not in name
        and all(len(cell) > 2 * len(line[i]) for line in below if i < len(line))
        for i, (cell, name) in enumerate(zip(row, names, strict=False))
        if cell
    ]
    return len(told) > 1 and len(below) > 1 and 3 * sum(told) > 2 * len(told)
