"""The text of a scanned report with every figure phrase marked, and what it can mean beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from careersurvey.evidence.printed.phrases import Phrase
from careersurvey.evidence.printed.readings import share_on_bases
from careersurvey.evidence.printed.scan import Draft, row_states
from careersurvey.evidence.printed.wordings import SHARES

_TEMPLATES = Path(__file__).parent / "templates"
_STATES = {"open": "to decide", "decided": "decided", "struck": "struck out"}


def write_marked(draft: Draft, folder: Path) -> Path:
    """Write ``marked.html``, the text to judge a draft by, into the draft's folder.

    Parameters
    ----------
    draft : Draft
        As `scan.scan` returns it.
    folder : Path
        Where its ``reported.csv`` is: what is decided or struck out there is shown so.
    """
    rows = row_states(folder)
    states = {
        place: [rows.get((place, each.reported.lower()), ("open", "")) for each in found]
        for place, found in draft.phrases.items()
    }
    times = Counter(state for found in states.values() for state, _ in found)
    told = [f'<mark class="{key}">{times[key]:,} {said}</mark>' for key, said in _STATES.items()]
    parts = {
        "title": _escaped(draft.title),
        "style": (_TEMPLATES / "report.css").read_text(encoding="utf-8"),
        "count": f"{times.total():,} figure phrases: {', '.join(told)}",
        "passages": "\n".join(
            _passage(place, draft.passages[place].text, found, states[place])
            for place, found in draft.phrases.items()
        ),
    }
    template = (_TEMPLATES / "marked.html").read_text(encoding="utf-8")
    page = folder / "marked.html"
    page.write_text(re.sub(r"\$(\w+)", lambda name: parts[name[1]], template), encoding="utf-8")
    return page


def _passage(
    place: str, text: str, phrases: Sequence[Phrase], states: Sequence[tuple[str, str]]
) -> str:
    """One passage with its phrases marked, under its place and the first and last of its rows."""
    told, end = "", 0
    for phrase, (state, row) in zip(phrases, states, strict=True):
        words = _escaped(text[phrase.start : phrase.end])
        told += _escaped(text[end : phrase.start])
        told += f'<mark class="{state}" title="{row}">{words}{_meaning(phrase)}</mark>'
        end = phrase.end
    rows = sorted({row for _, row in states if row})
    shown = _escaped("–".join(dict.fromkeys((*rows[:1], *rows[-1:]))))
    told += _escaped(text[end:])
    return f'<dt id="{place}">{place}<small>{shown}</small></dt><dd>{told}</dd>'


def _meaning(phrase: Phrase) -> str:
    """What a phrase can mean, where that is not what it says."""
    reading, base = phrase.reading, int(phrase.base_n or 0)
    plain = reading.kind == "whole" or (reading.kind == "percent" and reading.precise and not base)
    if reading.kind not in SHARES or plain:
        return ""
    if base:
        counted = share_on_bases(reading, phrase.reported, base, base)
        ends, of = [f"{n:,}" for n in (counted.count_low, counted.count_high)], f" of {base:,}"
    else:
        ends, of = [f"{float(100 * share):.3g}%" for share in (reading.low, reading.high)], ""
    return f" <small>{' to '.join(dict.fromkeys(ends))}{of}</small>"


def _escaped(text: str) -> str:
    """What a text is in HTML, as `html.escape` has it, whose module takes long to load."""
    for mark, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#x27")):
        text = text.replace(mark, f"&{name};")
    return text
