"""The text of a scanned report with every figure phrase marked, and what it can mean beside it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from html import escape
from pathlib import Path
from string import Template

from careersurvey.evidence.printed.passages import Passage
from careersurvey.evidence.printed.phrases import Phrase
from careersurvey.evidence.printed.readings import SHARES, share_on_bases
from careersurvey.evidence.printed.scan import Draft, row_states

_TEMPLATES = Path(__file__).parent / "templates"


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


def _page(draft: Draft, states: Mapping[tuple[str, str], str]) -> str:
    found = draft.phrases
    passages = [_passage(place, draft.passages[place], found[place], states) for place in found]
    template = Template((_TEMPLATES / "marked.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(draft.title),
        style=(_TEMPLATES / "report.css").read_text(encoding="utf-8"),
        count=f"{sum(map(len, found.values())):,}",
        passages="\n".join(passages),
    )


def _passage(
    place: str, passage: Passage, phrases: list[Phrase], states: Mapping[tuple[str, str], str]
) -> str:
    told, end = [], 0
    for phrase in phrases:
        state = states.get((place, phrase.reported.lower()), "open")
        words = escape(passage.text[phrase.start : phrase.end])
        told.append(escape(passage.text[end : phrase.start]))
        told.append(f'<mark class="{state}">{words}{_meaning(phrase)}</mark>')
        end = phrase.end
    return f'<dt id="{place}">{place}</dt><dd>{"".join(told)}{escape(passage.text[end:])}</dd>'


def _meaning(phrase: Phrase) -> str:
    """What a phrase can mean, where that is not what it says."""
    reading, base = phrase.reading, int(phrase.base_n or 0)
    if reading.kind not in SHARES:
        return ""
    if base:
        counted = share_on_bases(reading, phrase.reported, base, base)
        ends, of = [f"{n:,}" for n in (counted.count_low, counted.count_high)], f" of {base:,}"
    else:
        ends, of = [_percent(share) for share in (reading.low, reading.high)], ""
    return f" <small>{' to '.join(dict.fromkeys(ends))}{of}</small>"


def _percent(share: Fraction) -> str:
    return f"{float(100 * share):.3g}%"
