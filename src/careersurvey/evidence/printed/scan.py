"""A printed report, scanned: a draft of its record, for a person to decide row by row."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TextIO

from careersurvey.errors import CohortError
from careersurvey.evidence.printed.passages import PARAGRAPH, SHORT, Passage, cut, headed, initials
from careersurvey.evidence.printed.phrases import Phrase, find_phrases
from careersurvey.evidence.printed.reports import read_report
from careersurvey.evidence.printed.vocabulary import Vocabulary, load_readings
from careersurvey.evidence.tables import COLUMNS, TODO, read_rows

#: What is decided of a row, and its id, by place and phrase in lower case.
States = Mapping[tuple[str, str], tuple[str, str]]

_LEAST_NUMBERED = 5
_CONTENTS = ("contents", "table of contents", "list of contents")
_USUAL = (*SHORT.values(), "kf", "introduction", "summary", "background")
_SHARES = ("percent", "fraction", "words")
_EMPTY = re.compile(
    "(?:an?|the|of|in|on|to|for|and|or|that|had|have|were|was|are|is|their|its|they)"
)
_UNITS = {"date": "date", "money": "pound", "text": "duration"}
_IRREGULAR = {"people": "person", "children": "child", "men": "man", "women": "woman"}
_NO_UNIT = ("this", "its", "was", "has", "his", "years", "less", "across", "towards")
_DRAFT = """\
# A draft by `careersurvey scan`. Decide each row of reported.csv: give it an indicator
# of indicators.csv and take '# TODO ' away, or write '# NO ' in its place.

[cohort]
id = "{id}"
title = "{title}"
evidence = "reported"
# TODO publisher = ""
# TODO reference = ""
# TODO licence = ""
# TODO url = ""
# TODO fieldwork = ""
# TODO sampling = ""

[places]
{places}
"""


class Draft(NamedTuple):
    """What a report says, phrase by phrase, and how many places of each kind it has."""

    title: str
    places: dict[str, int]
    passages: dict[str, Passage]
    phrases: dict[str, list[Phrase]]


def scan(report: Path, *, readings: Path | None = None) -> Draft:
    """Find every figure phrase of a printed report, and its place."""
    return scan_text(read_report(report), report.stem, load_readings(readings))


def scan_text(text: str, name: str, vocabulary: Vocabulary) -> Draft:
    """Find the figure phrases of a text in Markdown; without a heading its title is `name`."""
    sections = list(headed(text))
    passages = cut(text, _kinds(sections))
    phrases = {place: find_phrases(passage, vocabulary) for place, passage in passages.items()}
    used = {_kind(place) for place, found in phrases.items() if found}
    kept = [place for place in passages if _kind(place) in {*used, *SHORT.values(), "p", "fn"}]
    return Draft(
        title=next((heading for heading, _ in sections if heading), name),
        places=dict(Counter(map(_kind, kept))),
        passages={place: passages[place] for place in kept},
        phrases={place: phrases[place] for place in kept},
    )


def _kind(place: str) -> str:
    return place.rstrip("0123456789").removesuffix("-")


def _kinds(sections: Sequence[tuple[str, list[str]]]) -> list[str]:
    """Kinds of places of a text: by its headings, around the paragraphs that are numbered."""
    numbered: list[int] = []
    for n, (_, blocks) in enumerate(sections):
        for number in re.findall(r"(?m)^(\d{1,4})\. ", "\n".join(blocks)):
            numbered += [n] * (int(number) == len(numbered) + 1)
    if len(numbered) < _LEAST_NUMBERED:
        numbered = []
    first = next((heading for heading, _ in sections if heading), "")
    title = "" if initials(first) in _USUAL else first
    headings = [
        initials(heading)
        for n, (heading, blocks) in enumerate(sections)
        if heading not in ("", title) and heading.lower() not in _CONTENTS and _tells(blocks)
        if not (numbered and numbered[0] <= n <= numbered[-1])
    ]
    kinds = ["cover"] * bool(title) + headings + ["p"] * bool(numbered)
    return [*dict.fromkeys(kinds or [PARAGRAPH]), "fn"]


def _tells(blocks: Sequence[str]) -> bool:
    """Whether there is text under a heading, and not a list of publications with addresses."""
    told = [block for block in blocks if block.strip(" \t\n-*_")]
    cited = sum(bool(re.search(r"www\.|https?://", block)) for block in told)
    return bool(told) and cited <= len(told) / 2


# ---- the draft as a cohort's folder -------------------------------------------------------------


def write_draft(draft: Draft, folder: Path) -> tuple[int, int]:
    """Write a draft as a cohort's folder, or add to one what it does not hold yet."""
    path, settings = folder / "reported.csv", folder / "cohort.toml"
    if settings.exists() and not path.exists():
        raise CohortError(
            f"{folder} is a cohort of answers.",
            found="cohort.toml without reported.csv",
            do="name a new folder, or one that a scan has made",
        )
    stood = _standing(path)
    taken = Counter(map(_key, stood))
    first = 1 + max((int(n) for row in stood for n in re.findall(r"S(\d+)$", row["id"])), default=0)
    rows: list[dict[str, str]] = []
    for row in draft_rows(draft):
        taken[_key(row)] -= 1
        if taken[_key(row)] < 0:
            rows.append(row | {"id": f"{TODO}S{first + len(rows):03}"})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8").rstrip("\n") + "\n" if path.exists() else ""
        with _whole(path) as file:
            file.write(before)
            writer = csv.DictWriter(file, COLUMNS["reported.csv"], "", lineterminator="\n")
            if not before:
                writer.writeheader()
            writer.writerows(rows)
        if not settings.exists():
            with _whole(settings) as file:
                file.write(_settings(draft, folder.resolve().name))
    except OSError as problem:
        raise CohortError(
            f"The draft cannot be written to {folder}.", found=problem.strerror, where=folder
        ) from None
    return len(rows), len(stood)


def row_states(folder: Path) -> States:
    """Whether each row is ``open``, ``decided`` or ``struck``, and its id, by place and phrase."""
    states = {}
    for row in _standing(folder / "reported.csv"):
        mark, _, id_ = row["id"].rpartition(" ")
        states[_key(row)] = {"": "decided", TODO.strip(): "open"}.get(mark, "struck"), id_
    return states


def draft_rows(draft: Draft) -> list[dict[str, str]]:
    """Rows of ``reported.csv`` for the phrases of a draft: what is printed, and what is likely."""
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    for place, phrases in draft.phrases.items():
        for phrase in phrases:
            rows.setdefault((place, phrase.reported, phrase.says), _row(place, phrase))
    return list(rows.values())


def _row(place: str, phrase: Phrase) -> dict[str, str]:
    form = phrase.form
    share = form in (*_SHARES, "count_percent") or (form == "count" and phrase.base_n)
    return {
        "where": place,
        "indicator": _slug(phrase),
        "unit": _unit(phrase),
        "base": phrase.about if share else "",
        "base_n": phrase.base_n,
        "base_from": "printed" if phrase.base_n else "none",
        "reported": phrase.reported,
        "form": form,
        "note": f'"{phrase.about}"' if form == "rank" else "",
    }


def _slug(phrase: Phrase) -> str:
    """A name for what a phrase is about, from its own words."""
    told = phrase.says if phrase.form in _SHARES else phrase.about
    told = phrase.reported if phrase.form == "date" else told
    words = [word for word in re.findall(r"[^\W_]+", told.lower()) if not _EMPTY.fullmatch(word)]
    return "_".join(words[:5]) or phrase.form


def _unit(phrase: Phrase) -> str:
    """The thing that is counted, in the singular: the first plural word that follows."""
    if phrase.form in _UNITS:
        timed = re.search("(?i)minute|hour|day|week|month|year|term", phrase.reported)
        return _UNITS[phrase.form] if timed or phrase.form != "text" else ""
    for word in re.findall(r"[^\W\d_]+", phrase.about.lower()):
        if word in _IRREGULAR:
            return _IRREGULAR[word]
        if re.fullmatch("..+[^su]s", word) and word not in _NO_UNIT:
            return re.sub(r"ies$", "y", re.sub(r"(ss|x|ch|sh)es$", r"\1", word)).removesuffix("s")
    return ""


def _key(row: Mapping[str, str]) -> tuple[str, str]:
    return row["where"], row["reported"].lower()


def _standing(path: Path) -> list[dict[str, str]]:
    """Rows that are in the file already, struck out ones among them."""
    return list(read_rows(path, drafts=True)[1].values()) if path.exists() else []


def _settings(draft: Draft, name: str) -> str:
    """The cohort.toml of a draft: what the text says of itself, and what a person must."""
    keys = {kind: kind if kind.isascii() else f'"{kind}"' for kind in draft.places}
    return _DRAFT.format(
        id=re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "report",
        title=draft.title.replace("\\", "").replace('"', "'"),
        places="\n".join(f"{keys[kind]} = {number}" for kind, number in draft.places.items()),
    )


@contextmanager
def _whole(path: Path) -> Iterator[TextIO]:
    """A file that is written beside its place and moved there when it is whole."""
    beside = path.with_name(f".{path.name}.part")
    with beside.open("w", encoding="utf-8") as file:
        yield file
    beside.replace(path)
