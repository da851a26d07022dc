"""A printed report, scanned: a draft of its record, for a person to decide row by row."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from careersurvey.errors import CohortError
from careersurvey.evidence.printed.passages import PARAGRAPH, SHORT, Passage, cut, headed, initials
from careersurvey.evidence.printed.phrases import OF_A_BASE, Phrase, find_phrases
from careersurvey.evidence.printed.reports import read_report
from careersurvey.evidence.printed.vocabulary import Vocabulary, load_readings
from careersurvey.evidence.project import write_whole
from careersurvey.evidence.tables import COLUMNS, TODO, read_rows
from careersurvey.evidence.text import singular, slug

# Headings that are no title.
_USUAL = (*SHORT.values(), "kf", "introduction", "summary", "background")
# Units by the kind of a reading, and of plurals that do not end in s.
_UNITS = {"month": "date", "people": "person", "children": "child", "men": "man", "women": "woman"}
_DRAFT = """\
# A draft by `careersurvey scan`. Decide each row of reported.csv: give it an indicator
# of indicators.csv and take '# TODO ' away, or write '# NO ' in its place. How an
# indicator is told in a sentence stands in phrases.csv.

[cohort]
id = "{id}"
title = "{title}"
evidence = "reported"
# TODO publisher, reference, licence, url, fieldwork and sampling, one a line

[places]
{places}
"""


Row = dict[str, str]


class Draft(NamedTuple):
    """What a report says, phrase by phrase, and how many places of each kind it has."""

    title: str
    places: dict[str, int]
    passages: dict[str, Passage]
    phrases: dict[str, list[Phrase]]


def scan(report: Path) -> Draft:
    """Find every figure phrase of a printed report, and its place."""
    return scan_text(read_report(report), report.stem, load_readings())


def scan_text(text: str, name: str, vocabulary: Vocabulary) -> Draft:
    """Find the figure phrases of a text in Markdown; without a heading its title is `name`."""
    sections = list(headed(text))
    # What stands below text of a cover heads a section, unless it is marked as the title.
    below = any(block.strip() for block in sections[0][1]) and not re.search("(?m)^# ", text)
    title = next((heading for heading, _ in sections if heading), "")
    title = "" if below or initials(title) in _USUAL else title
    passages = cut(text, _kinds(sections, title))
    phrases = {place: find_phrases(passage, vocabulary) for place, passage in passages.items()}
    if not phrases.get("cover"):
        phrases.pop("cover", None)
    kinds = (place.rstrip("0123456789").removesuffix("-") for place in phrases)
    return Draft(title or name, dict(Counter(kinds)), passages, phrases)


def _kinds(sections: Sequence[tuple[str, list[str]]], title: str) -> list[str]:
    """Kinds of places of a text: by its headings, around the paragraphs that are numbered."""
    numbered: list[int] = []
    for n, (_, blocks) in enumerate(sections):
        for number in re.findall(r"\n(\d{1,4})\. ", "\n".join(["", *blocks])):
            numbered += [n] * (int(number) == len(numbered) + 1)
    # What stands above the first of them is of its heading.
    within = range(numbered[0] + 1, numbered[-1] + 1) if len(numbered) > 4 else ()
    headings = [
        initials(heading)
        for n, (heading, blocks) in enumerate(sections)
        if heading not in ("", title) and n not in within and _tells(heading, blocks)
    ]
    kinds = ["cover"] * (len(sections) > 1) + headings
    return [*dict.fromkeys(kinds + ["p"] * (len(numbered) > 4) or [PARAGRAPH]), "fn"]


def _tells(heading: str, blocks: Sequence[str]) -> bool:
    """Whether what stands under a heading is told: no list of contents, nor of publications."""
    told = [block for block in blocks if block.strip(" \t\n-*_")]
    cited = sum("://" in block for block in told)
    if initials(heading) in ("contents", "toc"):
        return re.search(r"[a-z]\. [A-Z]", " ".join(told)) is not None
    return cited <= len(told) / 2


# ---- the draft as a cohort's folder -------------------------------------------------------------


def write_draft(draft: Draft, folder: Path) -> tuple[list[Row], list[Row]]:
    """Write a draft as a cohort's folder, or add to one; a row a phrase, and the new of these."""
    path, settings = folder / "reported.csv", folder / "cohort.toml"
    if settings.exists() and not path.exists():
        raise CohortError(
            f"{folder} is a cohort of answers.",
            found="cohort.toml without reported.csv",
            do="name a new folder, or one that a scan has made",
        )
    stood = list(read_rows(path, drafts=True)[1].values()) if path.exists() else []
    last = max((int(n) for row in stood for n in re.findall(r"S(\d+)$", row["id"])), default=0)
    left = defaultdict[tuple[str, str], list[Row]](list)
    for row in stood:
        left[row["where"], row["reported"].lower()].append(row)
    rows, added = draft_rows(draft), list[Row]()
    for n, row in enumerate(rows):
        if same := left[row["where"], row["reported"].lower()]:
            rows[n] = same.pop(0)
        else:
            added.append(row | {"id": f"{TODO}S{last + len(added) + 1:03}"})
            rows[n] = added[-1]
    folder.mkdir(parents=True, exist_ok=True)
    header = ",".join(COLUMNS[path.name]).encode() + b"\n"
    write_whole(path, _with_rows(path.read_bytes() if path.exists() else header, added))
    if not settings.exists():
        name = slug(folder.resolve().name).replace("_", "-") or "report"
        title = draft.title.replace("\\", "").replace('"', "'")
        places = "\n".join(f"{kind} = {number}" for kind, number in draft.places.items())
        write_whole(settings, _DRAFT.format(id=name, title=title, places=places).encode())
    return rows, added


def _with_rows(table: bytes, rows: Sequence[Row]) -> bytes:
    """A table with rows added below, in the order of its own columns."""
    lines = csv.reader(io.StringIO(table.decode("utf-8-sig"), newline=""))
    columns, file = [name.strip() for name in next(filter(None, lines))], io.StringIO()
    csv.DictWriter(file, columns, "", "ignore", lineterminator="\n").writerows(rows)
    below = b"\n" if rows and not table.endswith((b"\n", b"\r")) else b""
    return table + below + file.getvalue().encode()


def draft_rows(draft: Draft) -> list[Row]:
    """Rows of ``reported.csv`` for the phrases of a draft: what is printed, and what is likely."""
    return [_row(place, each) for place, phrases in draft.phrases.items() for each in phrases]


def _row(place: str, phrase: Phrase) -> Row:
    many = phrase.whom.rpartition(" ")[2]
    one = _UNITS.get(many) or singular(many)
    base_n = "" if phrase.form in ("number", "text") else phrase.base_n
    return {
        "where": place,
        "indicator": "_".join(re.findall(r"[^\W_]+", phrase.says.lower())[:5]) or phrase.form,
        "unit": "pound" if phrase.form == "money" else _UNITS.get(phrase.reading.kind, one),
        "base": phrase.whom if phrase.form in OF_A_BASE[1:] or base_n else "",
        "base_n": base_n,
        "base_from": "printed" if base_n else "none",
        "reported": phrase.reported,
        "form": phrase.form,
        "note": f'"{phrase.says}"' if phrase.form == "rank" else "",
    }
