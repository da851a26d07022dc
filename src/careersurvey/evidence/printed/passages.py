"""The text of a report, cut at the places that its figures are cited by."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from careersurvey.evidence.printed.reports import END_OF_SENTENCE, IN_SECTION, read_report
from careersurvey.evidence.text import slug

#: Places that begin by themselves: before the first heading, numbered paragraphs, footnotes.
UNHEADED = ("cover", "p", "fn", "para")
#: Paragraphs of a report without headings, counted.
PARAGRAPH = "para"
#: First words of headings that are not cited by their initials.
SHORT = {
    **{"executive": "exec", "recommendations": "rec", "recommendation": "rec"},
    **{"notes": "notes", "annex": "annex"},
}
# Places that are one, and have no number.
_ALONE = ("cover", "annex")
#: Marks of Markdown, and what a typesetter has curled, joined or broken.
_PLAIN = {"\\*": " ", "\\": "", "*": "", "_": "", "#": "", "~~": "", "⁄": "/", "\u00ad": ""}
_PLAIN |= {"’": "'", "‘": "'", "‐": "-", "‑": "-"}
_PLAIN |= {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"}
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_LOWERED = str.maketrans(_RAISED, "0123456789")
_BULLET = re.compile(r"\s*[-*•] ")
_BULLETS = re.compile(r"\n[^\S\n]*[-*•] ")
_ITEM = re.compile(r"(?m)^\s*(?:[-*•]|(\d{1,2})[.)]) ")
# Between cells of a line, before a figure that is one; a figure or what stands in its place; what
# heads figures: words, or years.
_GAP = re.compile(r"\t+| {2,}")
_BEFORE_FIGURE = re.compile(
    r"(?m)(?:(?<=[\d%)])(?:\t+| {2,})(?=\d)"
    r"|(?:\t+| {2,})(?=\W?\d[\d.,]*%?(?:$(?!\n[a-z])|(?:\t| {2,})(?![a-z ]))))"
)
_CELL = re.compile(r"(?i)[^a-z]*(?:n\W?[ap]|[a-z])?[^a-z]*")
_HEADS = re.compile(r"\D*(?:\b(?:19|20)\d\d\b\D*)*")
_ROWS = re.compile(r"(?m)(?:^[^\S\n]*\|.*(?:\n|$))+")
_BEFORE_ITEM = re.compile(r"\n(?=(?:[-*•]|\d{1,2}[.)]) )")
# The number of a paragraph that is cited by its heading, or stands on a cover.
_NUMBER = re.compile(r"\A\s*\d{1,3}\.\s(?=\s*[^\W\d_])")


class Passage:
    """What stands at one place: its words, folded to one line, and its bullets."""

    def __init__(self, text: str = "", bullets: Sequence[str] = ()) -> None:
        self.text, self.bullets = text, list(bullets)


def read_passages(path: Path, places: Collection[str]) -> dict[str, Passage]:
    """Cut a report's text at its places; boxes and lists belong to the paragraph above them."""
    return cut(read_report(path), places)


def cut(text: str, places: Collection[str]) -> dict[str, Passage]:
    """Passages of a text in Markdown, by place; what stands in no declared place is left out."""
    if any(mark in text for mark in _RAISED):
        text = re.sub(f"[{_RAISED}]+", lambda it: f"[^{it[0].translate(_LOWERED)}]", text)
    if "[^" in text:
        text = re.sub(r"(?m)^\[\^(\d+)\](?::|(?= ))", r"\n<sup>\1</sup> ", text)
        text = re.sub(r"\[\^(\d+)\]", r"<sup>\1</sup>", text)
    cutting = _Cutting(frozenset(places))
    for kind, blocks in _sections(text, places):
        cutting.take(kind, blocks)
    return cutting.passages


def headed(text: str) -> Iterator[tuple[str, list[str]]]:
    """Headings of a text, each with the blocks under it; the first may have none."""
    heading: str = ""
    blocks: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        if found := re.match(r"\s*#+ (.*)", block):
            yield heading, blocks
            heading, blocks = fold(found[1]), [block[found.end() :]]
        else:
            blocks.append(block)
    yield heading, blocks


@lru_cache(maxsize=1024)
def initials(heading: str) -> str:
    """Short name of a kind of place: ``kf`` of "Key findings"; a usual one where there is one."""
    words = re.findall("[a-z]+", slug(heading))[:5]
    if not words:
        return "part"
    name = "".join(word[0] for word in words) if len(words) > 1 else words[0]
    taken = words[0] if len(words) > 1 else name * 2
    return SHORT.get(words[0]) or (taken if name in UNHEADED else name)


def fold(text: str) -> str:
    """Drop the marks of Markdown and fold white space, so that a phrase meets its print."""
    if "<" in text:
        text = re.sub(r"<[^>]+>", "", re.sub(r"<su[bp]>\d+</su[bp]>", " ", text))
    if "&" in text:
        from html import unescape

        text = unescape(text)
    for mark, plain in _PLAIN.items():
        text = text.replace(mark, plain)
    return " ".join(text.split())


def contains(text: str, phrase: str) -> bool:
    """Whether a folded text has a phrase as whole words and whole numbers."""
    found = fold(phrase)
    # A footnote's mark may stand behind a letter or a sign: "43%12", "in ten3".
    ends = r"(?![,.]?\d)(?!\w)" if found[-1:].isdecimal() else r"(?!\d*[^\W\d])"
    begins = rf"(?:(?<!\w)(?<!\d[,.])|(?=[$€£¥₹])){re.escape(found)}"
    return re.search(begins + ends, text) is not None


def _sections(text: str, places: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    """The kind of place that each heading begins, and the blocks of text under it."""
    before = next((kind for kind in ("cover", PARAGRAPH) if kind in places), "")
    title = before == "cover"
    for heading, blocks in headed(text):
        named = initials(heading) if heading else before
        kind = named if named in places and not (heading and named in UNHEADED) else ""
        if heading and title and not kind:
            kind, blocks = before, [heading, *blocks]
        title = title and not heading
        yield kind, blocks


class _Cutting:
    """Passages found, how many of each kind, and where the reading of the text stands."""

    def __init__(self, places: frozenset[str]) -> None:
        self.places, self.passages = places, dict[str, Passage]()
        self.last = Counter[str]()
        self.place = self.lead = ""  # the place that goes on, and the words that lead to one
        self.item = 0  # the number of the last item of a list
        self.told = True  # whether what stands under a heading is told in sentences

    def take(self, kind: str, blocks: list[str]) -> None:
        """Cut the blocks under one heading; numbered paragraphs go on over headings of no kind."""
        if kind or not self.place.startswith("p"):
            self.place = kind if kind in _ALONE else ""
        bulleted = _is_list(blocks)
        self.told = any(block.rstrip().endswith(END_OF_SENTENCE) for block in blocks)
        for block in blocks:
            if footnote := re.match(r"<sup>(\d+)</sup>\s*(?=\S)", block.lstrip("-\n ")):
                self.add(f"fn{footnote[1]}", block)
            elif kind and kind not in _ALONE and not self.numbers(block):
                self.take_counted(kind, block, bulleted)
            else:
                kind = kind if kind in _ALONE else ""
                self.take_numbered(block)

    def numbers(self, block: str) -> bool:
        """Whether the next numbered paragraph begins in a block."""
        return "p" in self.places and f"\n{self.last['p'] + 1}. " in f"\n{block}"

    def take_numbered(self, block: str) -> None:
        """Cut a block where the next numbered paragraph begins."""
        for piece in re.split(r"\n(?=\d{1,4}\. )", block):
            if piece[:1].isdecimal() and self.numbers(piece):
                self.last["p"] += 1
                self.place, piece = f"p{self.last['p']}", piece.partition(". ")[2]
            self.add(self.place, piece)

    def take_counted(self, kind: str, block: str, bulleted: bool) -> None:
        """Cut a block at its bullets, or count it as a paragraph unless a sentence goes on."""
        for piece in _BEFORE_ITEM.split(block) if bulleted else [block]:
            bullet = (_ITEM if bulleted else _BULLET).match(piece)
            goes_on = self.place and (bullet or self.is_open(piece))
            begins = bullet and piece[0] != " " if bulleted else not goes_on
            if not begins and not self.place:
                self.lead = piece
            elif begins and _holds_text(piece):
                self.last[kind] += 1
                self.place = f"{kind}-{self.last[kind]}"
                self.add(self.place, self.lead)
                self.lead = ""
            self.add(self.place, piece)

    def is_open(self, piece: str) -> bool:
        """Whether a sentence goes on over a block, or leads to a numbered list."""
        text = self.passages[self.place].text if self.place else "."
        if re.match(IN_SECTION, piece):
            return False
        ended = text.rstrip("0123456789").endswith(END_OF_SENTENCE)  # a note's mark may follow
        listed = text.endswith(":") and _ITEM.match(piece)
        return bool(listed) or (self.told and not ended)

    def goes_on_counting(self, block: str) -> bool:
        """Whether a block is of a numbered list, from 1 or from where the one before it ended."""
        numbers = [int(number) for number in _ITEM.findall(block) if number]
        listed = bool(numbers) and numbers[0] in (1, self.item + 1)
        self.item = numbers[-1] if listed else self.item
        return listed

    def add(self, place: str, block: str) -> None:
        """Add a block to what stands at a place, with its bullets and the cells of a table."""
        if not place or not _holds_text(block):
            return
        if "  " in block or "\t" in block:
            block = _parted(block)
        if "|" in block and _ROWS.search(block):
            block = _ROWS.sub(lambda rows: _rows_told(rows[0]) + "\n", block)
        elif self.goes_on_counting(block):
            block = _ITEM.sub("- ", block)
        passage = self.passages.setdefault(place, Passage())
        if place in _ALONE or not passage.text or passage.text.endswith(END_OF_SENTENCE):
            block = _NUMBER.sub("", block)
        told = fold(_BULLETS.sub("\n• ", f"\n{block}"))
        passage.text = f"{passage.text} {told}".strip()
        passage.bullets += [bullet.strip() for bullet in told.split("• ")[1:]]


def _parted(block: str) -> str:
    """Lines of a label and figures as rows of a table; in any other block the figures apart."""
    lines = [_GAP.split(line.strip()) for line in block.strip().splitlines()]
    head, *rows = [line for line in lines if len(line) > 1] or [[]]
    if all(map(_CELL.fullmatch, head[1:])) and not _HEADS.fullmatch(" ".join(head[1:])):
        head, rows = [], [head, *rows]
    widths = {len(row) for row in rows}
    told = all(_CELL.fullmatch(cell) for _, *cells in rows for cell in cells)
    fits = len(rows) > 1 if not head else widths <= {len(head), len(head) + 1}
    if not (told and fits and len(widths) == 1):
        return _BEFORE_FIGURE.sub(" | ", block)
    header, table = [""] * (min(widths) - len(head)) + head, [[""]]
    for line in lines:
        if len(line) > 1 and len(table[-1]) == 1:
            table.append(header)
        table += [line] if line != head else []
    return "\n".join(line[0] if len(line) == 1 else f"| {' | '.join(line)} |" for line in table)


def _rows_told(table: str) -> str:
    """The cells of a table in Markdown, each with its labels: "18 [Colleges, General]"."""
    header, *rest = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in table.splitlines()
        if line.strip() and not re.fullmatch(r"\s*\|?[-: |]*--[-: |]*", line)
    ]
    names = [*header, *(name for name, *_ in rest)]
    # A label with a number, "Primary (n=691)", is told once, before the cells.
    told = [name for name in names if re.search(r"\([^)]*\d", name)]
    for name, *cells in rest:
        for cell, column in zip(cells, header[1:], strict=False):
            labels = re.sub(r" *[(\[](?!%[)\]])[^)\]]*[)\]]", "", f"{column}, {name}").strip(", ")
            told += [f"{cell} [{labels}]"] * bool(cell)
    return "; ".join(told or header) + "."


def _holds_text(block: str) -> bool:
    return bool(block.strip(" \t\n-*_|:"))


def _is_list(blocks: list[str]) -> bool:
    """Whether a section is told in bullets alone, with words that lead to them or go on."""
    told, ended = False, True
    for block in filter(_holds_text, blocks):
        if not _ITEM.match(block) and not block.rstrip().endswith(":") and ended:
            return False
        told = told or _BEFORE_ITEM.search(f"\n{block}") is not None
        ended = block.rstrip().endswith(END_OF_SENTENCE)
    return told
