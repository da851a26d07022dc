"""The text of a scanned report with every figure phrase marked, and what it can mean beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from careersurvey.evidence.printed.phrases import Phrase
from careersurvey.evidence.printed.scan import Draft
from careersurvey.evidence.printed.wordings import SHARES
from careersurvey.evidence.tables import TODO

_TEMPLATES = Path(__file__).parent / "templates"
#: What is decided of a row, by what its id begins with.
_STATES = {TODO: ("open", "to decide"), "": ("decided", "decided"), "#": ("struck", "struck out")}


def write_marked(draft: Draft, folder: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """Write ``marked.html``, the text to judge a draft by, into the draft's folder.

    Parameters
    ----------
    draft : Draft
        As `scan.scan` returns it.
    folder : Path
        Where the page is written.
    rows : iterable of mapping
        Of ``reported.csv``, as `scan.write_draft` returns them: by the id of a row it is seen
        whether a phrase is to decide, decided or struck out.
    """
    ids: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        ids.setdefault((row["where"], row["reported"].lower()), []).append(row["id"])
    states = Counter[tuple[str, str]]()
    passages = ""
    for place, phrases in draft.phrases.items():
        text, told, end = draft.passages[place].text, "", 0
        for phrase in phrases:
            same = ids.get((place, phrase.reported.lower()), [TODO])
            id_ = same.pop(0) if len(same) > 1 else same[0]
            state = next(_STATES[mark] for mark in (TODO, "#", "") if id_.startswith(mark))
            states[state] += 1
            words = _escaped(text[phrase.start : phrase.end])
            told += f'{_escaped(text[end : phrase.start])}<mark class="{state[0]}" '
            told += f'title="{id_.rpartition(" ")[2]}">{words}{_meaning(phrase)}</mark>'
            end = phrase.end
        passages += f'<dt id="{place}">{place}</dt><dd>{told}{_escaped(text[end:])}</dd>\n'
    told = ", ".join(
        f'<mark class="{state}">{states[state, said]:,} {said}</mark>'
        for state, said in _STATES.values()
    )
    parts = {
        "title": _escaped(draft.title),
        "style": (_TEMPLATES / "report.css").read_text(encoding="utf-8"),
        "count": f"{states.total():,} figure phrases: {told}",
        "passages": passages,
    }
    template = (_TEMPLATES / "marked.html").read_text(encoding="utf-8")
    page = folder / "marked.html"
    page.write_text(re.sub(r"\$(\w+)", lambda name: parts[name[1]], template), encoding="utf-8")
    return page


def _meaning(phrase: Phrase) -> str:
    """The shares that a phrase can mean, where that is not what it says."""
    reading, of = phrase.reading, f" of {int(phrase.base_n):,}" if phrase.base_n else ""
    if reading.kind not in SHARES or reading.kind == "whole":
        return ""
    shares = (reading.low, reading.high)
    ends = dict.fromkeys(f"{100 * it.numerator / it.denominator:.3g}%" for it in shares)
    return f" <small>{' to '.join(ends)}{of}</small>"


def _escaped(text: str) -> str:
    """What a text is in HTML, as `html.escape` has it, whose module takes long to load."""
    for mark, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot"), ("'", "#x27")):
        text = text.replace(mark, f"&{name};")
    return text
