"""The text of a scanned report with every figure phrase marked, and what it can mean beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from careersurvey.evidence.printed.passages import Passage
from careersurvey.evidence.printed.phrases import Phrase
from careersurvey.evidence.printed.readings import share_on_bases
from careersurvey.evidence.printed.scan import Draft, States, row_states
from careersurvey.evidence.printed.wordings import SHARES

_TEMPLATES = Path(__file__).parent / "templates"
_STATES = {"open": "to decide", "decided": "decided", "struck": "struck out"}
_NEW = ("open", "")


def write_marked(draft: Draft, folder: Path) -> Path:
    """Write ``marked.html``, the text to judge a draft by, into the draft's folder.

    Parameters
    ----------
    draft : Draft
        As `scan.scan` returns it.
    folder : Path
        Where its ``reported.csv`` is: what is decided or struck out there is shown so.
    """
    page = folder / "marked.html"
    page.write_text(_page(draft, row_states(folder)), encoding="utf-8")
    return page


def _page(draft: Draft, states: States) -> str:
    found = draft.phrases
    passages = [_passage(place, draft.passages[place], found[place], states) for place in found]
    template = Template((_TEMPLATES / "marked.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(draft.title),
        style=(_TEMPLATES / "report.css").read_text(encoding="utf-8"),
        count=_count(draft, states),
        passages="\n".join(passages),
    )


def _count(draft: Draft, states: States) -> str:
    """How many phrases there are of each state, each state marked as in the text."""
    keys = [
        (place, each.reported.lower()) for place, found in draft.phrases.items() for each in found
    ]
    times = Counter(states.get(key, _NEW)[0] for key in keys)
    told = [
        f'<mark class="{state}">{times[state]:,} {words}</mark>' for state, words in _STATES.items()
    ]
    return f"{len(keys):,} figure phrases: " + ", ".join(told)


def _passage(place: str, passage: Passage, phrases: Sequence[Phrase], states: States) -> str:
    told, end, rows = [], 0, []
    for phrase in phrases:
        state, row = states.get((place, phrase.reported.lower()), _NEW)
        words = escape(passage.text[phrase.start : phrase.end])
        told.append(escape(passage.text[end : phrase.start]))
        told.append(f'<mark class="{state}" title="{row}">{words}{_meaning(phrase)}</mark>')
        end = phrase.end
        rows.append(row)
    shown = f"<small>{escape(_first_to_last(rows))}</small>"
    text = f"{''.join(told)}{escape(passage.text[end:])}"
    return f'<dt id="{place}">{place}{shown}</dt><dd>{text}</dd>'


def _first_to_last(rows: Sequence[str]) -> str:
    known = sorted({row for row in rows if row})
    return "–".join(dict.fromkeys((known[0], known[-1]))) if known else ""


def _meaning(phrase: Phrase) -> str:
    """What a phrase can mean, where that is not what it says."""
    reading, base = phrase.reading, int(phrase.base_n or 0)
    if reading.kind not in SHARES or reading.kind == "whole":
        return ""
    if base:
        counted = share_on_bases(reading, phrase.reported, base, base)
        ends, of = [f"{n:,}" for n in (counted.count_low, counted.count_high)], f" of {base:,}"
    elif reading.precise and reading.kind == "percent":
        return ""
    else:
        ends, of = [f"{float(100 * share):.3g}%" for share in (reading.low, reading.high)], ""
    return f" <small>{' to '.join(dict.fromkeys(ends))}{of}</small>"
