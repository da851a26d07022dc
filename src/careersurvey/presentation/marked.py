"""The text of a scanned report with every figure phrase marked, and what it can mean beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from careersurvey.evidence.printed.phrases import Phrase
from careersurvey.evidence.printed.scan import Draft
from careersurvey.evidence.printed.wordings import KINDS_OF_SHARE
from careersurvey.evidence.project import write_whole
from careersurvey.evidence.tables import TODO
from careersurvey.evidence.text import plural
from careersurvey.presentation.tables import PAGES, style_sheet

# What is decided of a row, by what its id begins with.
_STATES = {TODO: ("open", "to decide"), "#": ("struck", "struck out"), "": ("decided", "decided")}


def write_marked(draft: Draft, folder: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """Write ``marked.html``, the text to judge a draft by, with what its row of each phrase is."""
    ids, count, passages = (row["id"] for row in rows), Counter[str](), []
    for place, phrases in draft.phrases.items():
        text, marks, end = draft.passages[place].text, [], 0
        for phrase in phrases:
            id_ = next(ids)
            state, said = next(its for mark, its in _STATES.items() if id_.startswith(mark))
            count[said] += 1
            before, words = text[end : phrase.start], text[phrase.start : phrase.end]
            marks.append((before, state, id_.rpartition(" ")[2], words, _meaning(phrase)))
            end = phrase.end
        passages.append((place, marks, text[end:]))
    html = PAGES.get_template("marked.html.j2").render(
        title=draft.title,
        style=style_sheet(),
        count=plural(count.total(), "figure phrase"),
        states=[(state, f"{count[said]:,} {said}") for state, said in _STATES.values()],
        passages=passages,
    )
    write_whole(folder / "marked.html", html.encode())
    return folder / "marked.html"


def _meaning(phrase: Phrase) -> str:
    """The shares that a phrase can mean, where that is not what it says."""
    reading, of = phrase.reading, f" of {int(phrase.base_n):,}" if phrase.base_n else ""
    if reading.kind not in KINDS_OF_SHARE or reading.kind == "whole":
        return ""
    shares = (reading.low, reading.high)
    ends = dict.fromkeys(f"{100 * it.numerator / it.denominator:.3g}%" for it in shares)
    return f"{' to '.join(ends)}{of}"
