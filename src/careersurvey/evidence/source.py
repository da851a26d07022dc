"""The text of a report, cut at the places that its figures are cited by."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from careersurvey.errors import CohortError

_PARTS = {
    "contents": "",
    "executive summary": "exec",
    "key findings": "kf",
    "recommendations": "rec",
    "background": "p",
    "notes": "notes",
    "further information": "",
    "annex": "annex",
}
_END_OF_SENTENCE = (".", "!", "?", ":", ";", "'", "’", ")", "”", '"')
_FOOTNOTE = re.compile(r"<sup>(\d+)</sup>\s*(?=\S)")
_NUMBERED = re.compile(r"(\d+)\. ")
_BULLET = re.compile(r"\s*- ")


@dataclass
class Passage:
    """What stands at one place: its words, folded to one line, and its bullets."""

    text: str = ""
    bullets: list[str] = field(default_factory=list)


def read_passages(path: Path) -> dict[str, Passage]:
    """Cut a report's text at its places.

    Parameters
    ----------
    path : Path
        The report as Markdown: headings with ``#``, numbered paragraphs, footnotes that begin
        with ``<sup>n</sup>``.

    Returns
    -------
    dict
        A passage for each place: ``cover``, ``exec-n``, ``kf-n``, ``rec-n``, ``pN``, ``fnN``,
        ``notes-n``, ``annex``. Boxes, lists and quotations belong to the numbered paragraph above
        them, and a block that a page break split off belongs to the sentence that it goes on with.

    Raises
    ------
    CohortError
        If there is no such file, or it is not UTF-8 text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise CohortError(f"The report's text {path} cannot be read.", found=problem) from None
    passages: dict[str, Passage] = {}
    part, place = "cover", "cover"
    for block in re.split(r"\n\s*\n", text):
        heading = _heading(block)
        part = _part_after(heading, part)
        if heading and part != "cover":
            place = place if re.fullmatch(r"p\d+", place) and part == "p" else ""
        elif part:
            place = _place_block(passages, part, place, block)
    return passages


def fold(text: str) -> str:
    """Drop the marks of Markdown and fold white space, so that a phrase meets its print."""
    text = re.sub(r"<sup>\d+</sup>", " ", text)
    text = re.sub(r"<[^>]+>|[*_#]", "", text).replace("’", "'").replace("‘", "'")
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def contains(text: str, phrase: str) -> bool:
    """Whether a folded text has a phrase as whole words and whole numbers.

    >>> contains("between 2012 and 2013", "12"), contains("142 (8%) of the 1,703", "142 (8%)")
    (False, True)
    """
    found = re.escape(fold(phrase))
    return re.search(rf"(?<!\w)(?<!\d[,.]){found}(?![,.]?\d)(?!\w)", text) is not None


def _heading(block: str) -> str:
    found = re.match(r"\s*#+ (.*)", block)
    return fold(found[1]) if found else ""


def _part_after(heading: str, part: str) -> str:
    for name, code in _PARTS.items():
        if heading.lower().startswith(name):
            return code
    return part


def _place_block(passages: dict[str, Passage], part: str, place: str, block: str) -> str:
    """Add one block of text and return the place that goes on."""
    if footnote := _FOOTNOTE.match(block.lstrip("-\n ")):
        _add(passages, f"fn{footnote[1]}", block)
        return place
    if part in ("cover", "annex"):
        _add(passages, part, block)
        return part
    for piece in _pieces(block, part):
        place = _next_place(passages, part, place, piece)
        _add(passages, place, piece)
    return place


def _pieces(block: str, part: str) -> list[str]:
    """Cut a block where a numbered paragraph or a bullet that has a place of its own begins."""
    begins = {"p": r"\n(?=\d+\. )", "kf": r"\n(?=- )", "rec": r"\n(?=- )"}.get(part)
    return re.split(begins, block) if begins else [block]


def _next_place(passages: dict[str, Passage], part: str, place: str, piece: str) -> str:
    number = int(place.removeprefix("p" if part == "p" else f"{part}-") or 0) if place else 0
    if part == "p":
        found = _NUMBERED.match(piece)
        return f"p{found[1]}" if found and int(found[1]) == number + 1 else place
    if part in ("kf", "rec"):
        return f"{part}-{number + 1}" if piece.startswith("- ") else place
    unfinished = place and not passages[place].text.endswith(_END_OF_SENTENCE)
    return place if unfinished else f"{part}-{number + 1}"


def _add(passages: dict[str, Passage], place: str, block: str) -> None:
    passage = passages.setdefault(place, Passage())
    passage.text = f"{passage.text} {fold(block)}".strip()
    bullets = [line for line in block.splitlines() if _BULLET.match(line)]
    passage.bullets.extend(fold(_BULLET.sub("", line, count=1)) for line in bullets)
