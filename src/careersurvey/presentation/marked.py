"""The text of a scanned report with every figure phrase marked, and what it can mean beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from careersurvey.evidence.printed.phrases import Phrase
from careersurvey.evidence.printed.scan import Draft
from careersurvey.evidence.printed.wordings import KINDS_OF_SHARE
from careersurvey.evidence.project import write_whole
from careersurvey.evidence.tables import TODO
from careersurvey.evidence.text import so_many

_TEMPLATES = Path(__file__).parent / "templates"
# What is decided of a row, by what its id begins with.
_STATES = {TODO: ("open", "to decide"), "#": ("struck", "struck out"), "": ("decided", "decided")}


def write_marked(draft: Draft, folder: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """Write ``marked.html``, the text to judge a draft by, with what its row of each phrase is."""
    ids, count, passages = (row["id"] for row in rows), Counter[str](), ""
    for place, phrases in draft.phrases.items():
        text, told, end = draft.passages[place].text, "", 0
        for phrase in phrases:
            id_ = next(ids)
            state, said = next(its for mark, its in _STATES.items() if id_.startswith(mark))
            count[said] += 1
            words = _escape(text[phrase.start : phrase.end]) + _meaning(phrase)
            told += _escape(text[end : phrase.start])
            told += f'<mark class="{state}" title="{id_.rpartition(" ")[2]}">{words}</mark>'
            end = phrase.end
        passages += f'<dt id="{place}">{place}</dt><dd>{told}{_escape(text[end:])}</dd>\n'
    states = (f'<mark class="{state}">{count[it]:,} {it}</mark>' for state, it in _STATES.values())
    parts = {
        "title": _escape(draft.title),
        "style": (_TEMPLATES / "report.css").read_text(encoding="utf-8"),
        "count": f"{so_many(count.total(), 'figure phrase')}: {', '.join(states)}",
        "passages": passages,
    }
    page, template = folder / "marked.html", (_TEMPLATES / "marked.html").read_text("utf-8")
    write_whole(page, re.sub(r"\$([a-z]+)", lambda it: parts[it[1]], template).encode())
    return page


def _escape(text: str) -> str:
    # A scan is to take no more than twice the time of --help: neither jinja2 nor html is loaded.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _meaning(phrase: Phrase) -> str:
    """The shares that a phrase can mean, where that is not what it says."""
    reading, of = phrase.reading, f" of {int(phrase.base_n):,}" if phrase.base_n else ""
    if reading.kind not in KINDS_OF_SHARE or reading.kind == "whole":
        return ""
    shares = (reading.low, reading.high)
    ends = dict.fromkeys(f"{100 * it.numerator / it.denominator:.3g}%" for it in shares)
    return f" <small>{' to '.join(ends)}{of}</small>"
