"""A report's file as text with its headings marked: Markdown, plain text or PDF."""

from __future__ import annotations

import re
from collections import Counter
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from careersurvey.errors import CohortError, from_extra
from careersurvey.evidence.printed.dates import DATE_IN_TEXT

#: What a sentence, or a piece that is whole, ends in.
END_OF_SENTENCE = (".", "!", "?", ":", ";", "'", "’", ")", "”", '"')
#: Where a paragraph begins that is numbered by its section, as 2.1 is.
IN_SECTION = r"\d{1,3}(?:\.\d{1,3})+\.?[^\S\n]+(?=[A-Z£‘“\"'])"
# The heading of a section whose paragraphs, or headings, begin right below it.
_OF_SECTION = rf"\d{{1,2}}\.? [A-Z][^\n]{{0,60}}\n\s*{IN_SECTION}"
_UNDERLINED = re.compile(r"(?m)\n(\S[^\n|]*+)\n(?:=+|-{3,})[^\S\n]*$")
# What a word is broken with at the end of a line.
_HYPHENS = "‐\u00ad-"
_BROKEN = re.compile(rf"\n(?:(?<=[a-z][{_HYPHENS}]\n)(?=[a-z])|(?<=\d[–-]\n)(?=\d))")
# Marks that colour a terminal, and letters that nobody sees.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f\u200b-\u200d\u2060\ufeff](?:(?<=\x1b)\[[\d;]*[A-Za-z])?"
)
# Of a row of a table: cells that are parted, or figures at its end.
_CELLS = re.compile(r" \| |\A\s*[A-Z][^.]* \d\S* \d\S*\s*\Z")
_IN_BOLD = re.compile(r"(?m)\n(?:\*\*|__)([^*_\n]+?):?(?:\*\*|__):?[^\S\n]*$")


def read_report(path: Path) -> str:
    """Text of a report, with its headings marked as in Markdown."""
    try:
        data = path.read_bytes()
        text = _read_pdf(data, path.name) if path.suffix.lower() == ".pdf" else _decoded(data)
    except (OSError, UnicodeError) as problem:
        raise CohortError(
            f"The report's text {path} cannot be read.",
            found=problem,
            expected="Markdown or plain text in UTF-8, or a PDF",
            do="save it as one of these",
        ) from None
    text = _UNSEEN.sub("", text)
    if not text.strip():
        raise CohortError(
            f"{path.name} holds no text.",
            expected="a report with text in it",
            do="a scanned picture of a report must go through text recognition first",
        )
    text = re.sub(r"\n(\d{1,4}\.)(?=[A-Z])", r"\n\1 ", _BROKEN.sub("", f"\n{text}"))
    text = re.sub(rf"\n(?={IN_SECTION}|{_OF_SECTION})", "\n\n", text)
    return _with_headings(_pointed(text))


def _pointed(text: str) -> str:
    """Mark paragraphs numbered from 1 on without a point; where each number is a mark, as notes."""
    numbered = r"\n(\d{1,3}) (?=[A-Z‘“])"
    numbers = re.findall(numbered, text)
    if not numbers or numbers != [str(n) for n in range(1, len(numbers) + 1)]:
        return text
    if {*numbers} <= {*re.findall(r"[a-z)%’”][.,;:]?(\d{1,3})\s", text)}:
        return re.sub(numbered, r"\n\n<sup>\1</sup> ", text)
    return re.sub(numbered, r"\n\1. ", text) if len(numbers) > 2 else text


def _decoded(data: bytes) -> str:
    """A text in UTF-8, or as older Windows writes it; its pages joined where it marks them."""
    if b"\0" in data:
        raise UnicodeError("a file that is not text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    pages = [page.splitlines() for page in text.split("\f")]
    return _pages_joined(pages) if len(pages) > 1 else "\n".join(pages[0])


def _read_pdf(data: bytes, name: str) -> str:
    """Text of a PDF, line by line, with a blank one in a gap that is wider than most."""
    import logging

    pypdf = from_extra("pypdf", "pdf", "Reading a PDF")
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it says what it mends in a file
    try:
        pages = [_lines(page) for page in pypdf.PdfReader(BytesIO(data)).pages]
    except Exception as problem:  # a damaged file breaks the library at any place
        do = "save it as a PDF again, or as text"
        raise CohortError(f"{name} cannot be read as PDF.", found=problem, do=do) from None
    below = (pairwise(page) for page in pages)
    steps = Counter(round(a - b) for page in below for (_, a), (_, b) in page if a > b)
    gap = 1.3 * max(steps, key=steps.get, default=0)
    return _pages_joined([_with_gaps(page, gap) for page in pages])


def _lines(page: Any) -> list[tuple[str, float]]:
    """Lines of a page in the order of its text, each with how high it stands; numbers apart."""
    lines: list[tuple[str, float]] = [("", 0)]

    def take(text: str, at: list[float], within: list[float], *_: object) -> None:
        for n, piece in enumerate(text.split("\n")):
            told, height = ("", 0) if n else lines.pop()
            if piece.strip() and not told.strip():
                height = at[1] * within[4] + at[3] * within[5] + at[5]
            cell = re.search(r"[\d%)]$", told) and re.match(r" \d", piece)
            lines.append((told + " |" * bool(cell) + re.sub(" +", " ", piece), height))

    page.extract_text(visitor_text=take)
    return [line for line in lines if line[0].strip()]


def _with_gaps(lines: list[tuple[str, float]], gap: float) -> list[str]:
    """Lines with a blank one wherever the next stands more than a gap below; cells as one."""
    told: list[str] = []
    for (_, above), (text, height) in pairwise([*lines[:1], *lines]):
        if told and abs(above - height) < 1:
            told[-1] += f" | {text}"
            continue
        told += ["", text] if above - height > gap else [text]
    return told


def _pages_joined(pages: list[list[str]]) -> str:
    """Lines of pages as paragraphs, without what stands at the head or foot of most of them."""

    def numberless(line: str) -> str:
        return re.sub(r"\d+", "0", line)

    pages = [[line.strip() for line in page] for page in pages]
    told = [[line for line in page if line] for page in pages]
    edges = [{*page[:2], *page[-2:]} for page in told]
    found = Counter(numberless(line) for edge in edges for line in edge)
    running = {line for line, times in found.items() if times > max(2, len(pages) / 2)}
    running |= {"0", "Page 0", "Page 0 of 0"}
    lines: list[str] = []
    for page, edge in zip(pages, edges, strict=True):
        kept = [line for line in page if line not in edge or numberless(line) not in running]
        lines += "\n".join(kept).strip("\n").split("\n")
    return _paragraphs(lines)


def _paragraphs(lines: list[str]) -> str:
    """Lines joined to paragraphs: one ends where a sentence does, well short of the margin."""
    width = sorted(map(len, lines))[len(lines) * 9 // 10] if lines else 0
    told = ""
    for before, line in pairwise(["", *lines]):
        ends = before.endswith(END_OF_SENTENCE) and " | " not in before
        short = len(before) < 0.8 * width
        heads = (short and _is_heading(before)) or (len(line) < 0.8 * width and _is_heading(line))
        goes_on = before and not ends and line[:1].islower()
        bullet = re.match("[•▪●■◦–-] ", line)
        begins = bullet or ((ends or short) and re.match(rf"\d{{1,4}}\. |{IN_SECTION}", line))
        apart = not (before and line) or begins or heads
        if not goes_on and (apart or (ends and short)):
            told += "\n" if bullet and not _is_heading(before) else "\n\n"
        elif not _BROKEN.search(f"{before[-2:]}\n{line[:1]}"):
            told += " "
        told += re.sub("^[•▪●■◦–] ", "- ", line)
    return told


def _with_headings(text: str) -> str:
    """Mark the headings: underlined, in bold or, where none is marked, short lines alone."""
    if "\n=" in text or "\n---" in text:
        text = _UNDERLINED.sub(r"\n## \1\n", text)
    text = _IN_BOLD.sub(lambda it: f"\n\n## {it[1]}\n" if _is_heading(it[1]) else it[0], text)
    if re.search(r"(?m)^\s*#+ ", text):
        return text
    blocks = re.split(r"\n\s*\n", text)
    heads = (
        _is_heading(b.strip()) and not _CELLS.search(after) for b, after in pairwise([*blocks, ""])
    )
    return "\n\n".join(f"## {b.strip()}" if h else b for h, b in zip(heads, blocks, strict=True))


def _is_heading(line: str) -> bool:
    """A short line in one piece, numbered or not, that begins with a capital; no sentence."""
    line = re.sub(r"^\d{1,2}(?:\.\d{1,2})*\.? +", "", line)
    words = line.split()
    short = 0 < len(words) <= 8 and "\n" not in line and len(line) < 70 and "," not in line
    short = short and not DATE_IN_TEXT.fullmatch(line.lower())
    return short and line[0].isupper() and bool(re.search(r"[^\W\d_]$|\b(?:19|20)\d\d$", line))
