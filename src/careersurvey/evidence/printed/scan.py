"""A printed report, scanned: a draft of its record, for a person to decide row by row."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from careersurvey.errors import CohortError
from careersurvey.evidence.printed.passages import PARAGRAPH, SHORT, Passage, cut, headed, initials
from careersurvey.evidence.printed.phrases import Phrase, find_phrases
from careersurvey.evidence.printed.reports import read_report
from careersurvey.evidence.printed.vocabulary import Vocabulary, load_readings
from careersurvey.evidence.tables import COLUMNS, TODO, read_rows

#: Before the id of a row that is no finding; before that of one that nobody has decided is TODO.
STRUCK = "# NO "

#: What is decided of a row, and its id, by place and phrase in lower case.
States = Mapping[tuple[str, str], tuple[str, str]]

_NUMBERED = re.compile(r"(?m)^(\d{1,4})\. ")
_LEAST_NUMBERED = 5
_CONTENTS = ("contents", "table of contents", "list of contents")
_SHARES = ("percent", "fraction", "words")
_EMPTY = "a an the of in on to for and or that had have were was are is their its they"
_SHARED_BASE = ("percent", "fraction", "words", "count_percent", "count")
_UNITS = {"date": "date", "money": "pound", "text": "duration"}
_IRREGULAR = {"people": "person", "children": "child", "men": "man", "women": "woman"}
_DURATION = "(?i)minute|hour|day|week|month|year|term"
_NO_UNIT = ("this", "its", "was", "has", "his", "was", "years", "less", "across", "towards")


@dataclass(frozen=True)
class Draft:
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
    passages = cut(text, _kinds(text))
    phrases = {place: find_phrases(passage, vocabulary) for place, passage in passages.items()}
    used = {_kind(place) for place, found in phrases.items() if found}
    kept = [place for place in passages if _kind(place) in {*used, *SHORT.values(), "p", "fn"}]
    return Draft(
        title=next((heading for heading, _ in headed(text) if heading), name),
        places=dict(Counter(map(_kind, kept))),
        passages={place: passages[place] for place in kept},
        phrases={place: phrases[place] for place in kept},
    )


def _kind(place: str) -> str:
    return re.sub(r"-?\d+$", "", place)


def _kinds(text: str) -> list[str]:
    """Kinds of places of a text: by its headings, around the paragraphs that are numbered."""
    sections = list(headed(text))
    last, numbered = 0, list[int]()
    for n, (_, blocks) in enumerate(sections):
        for number in _NUMBERED.findall("\n".join(blocks)):
            if int(number) == last + 1:
                last, numbered = last + 1, [*numbered, n]
    numbered = numbered if last >= _LEAST_NUMBERED else []
    outside = [
        heading
        for n, (heading, blocks) in enumerate(sections)
        if heading and _tells(blocks) and not (numbered and numbered[0] <= n <= numbered[-1])
    ]
    title = _title(sections)
    headings = [each for each in outside if each != title and each.lower() not in _CONTENTS]
    kinds = ["cover"] * bool(title) + [initials(heading) for heading in headings]
    kinds += ["p"] * bool(numbered)
    return [*dict.fromkeys(kinds or [PARAGRAPH]), "fn"]


def _tells(blocks: Sequence[str]) -> bool:
    """Whether there is text under a heading, and not a list of publications with addresses."""
    told = [block for block in blocks if block.strip(" \t\n-*_")]
    cited = sum(bool(re.search(r"www\.|https?://", block)) for block in told)
    return bool(told) and cited <= len(told) / 2


def _title(sections: Sequence[tuple[str, list[str]]]) -> str:
    """The first heading, where it names the report and is no usual part of one."""
    first = next((heading for heading, _ in sections if heading), "")
    usual = (*SHORT.values(), "kf", "introduction", "summary", "background")
    return "" if initials(first) in usual else first


# ---- the draft as a cohort's folder -------------------------------------------------------------


def write_draft(draft: Draft, folder: Path) -> tuple[int, int]:
    """Write a draft as a cohort's folder, or add to one what it does not hold yet."""
    path = folder / "reported.csv"
    if (folder / "cohort.toml").exists() and not path.exists():
        raise CohortError(
            f"{folder} is a cohort of answers.",
            found="cohort.toml without reported.csv",
            do="name a new folder, or one that a scan has made",
        )
    stood = _standing(path)
    taken = Counter(_key(row["where"], row["reported"]) for row in stood)
    first = 1 + max((int(n) for row in stood for n in re.findall(r"S(\d+)$", row["id"])), default=0)
    rows: list[dict[str, str]] = []
    for row in draft_rows(draft):
        key = _key(row["where"], row["reported"])
        taken[key] -= 1
        if taken[key] < 0:
            rows.append(row | {"id": f"{TODO}S{first + len(rows):03}"})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8").rstrip("\n") + "\n" if path.exists() else ""
        _write(path, before + _csv(rows, header=not before))
        if not (folder / "cohort.toml").exists():
            _write(folder / "cohort.toml", _settings(draft, folder.resolve().name))
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
        state = {"": "decided", TODO.strip(): "open"}.get(mark, "struck")
        states[_key(row["where"], row["reported"])] = state, id_
    return states


def draft_rows(draft: Draft) -> list[dict[str, str]]:
    """Rows of ``reported.csv`` for the phrases of a draft: what is printed, and what is likely."""
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    for place, phrases in draft.phrases.items():
        for phrase in phrases:
            rows.setdefault((place, phrase.reported, phrase.says), _row(place, phrase))
    return list(rows.values())


def _row(place: str, phrase: Phrase) -> dict[str, str]:
    shares = phrase.form in _SHARED_BASE and (phrase.form != "count" or phrase.base_n)
    return {
        "where": place,
        "indicator": _slug(phrase),
        "unit": _unit(phrase),
        "base": phrase.about if shares else "",
        "base_n": phrase.base_n,
        "base_from": "printed" if phrase.base_n else "none",
        "reported": phrase.reported,
        "form": phrase.form,
        "note": f'"{phrase.about}"' if phrase.form == "rank" else "",
    }


def _slug(phrase: Phrase) -> str:
    """A name for what a phrase is about, from its own words."""
    told = phrase.says if phrase.form in _SHARES else phrase.about
    if phrase.form == "date":
        told = phrase.reported
    words = [w for w in re.findall(r"[^\W_]+", told.lower()) if w not in _EMPTY.split()]
    return "_".join(words[:5]) or phrase.form


def _unit(phrase: Phrase) -> str:
    """The thing that is counted, in the singular: the first plural word that follows."""
    if phrase.form == "text" and not re.search(_DURATION, phrase.reported):
        return ""
    if phrase.form in _UNITS:
        return _UNITS[phrase.form]
    for word in re.findall(r"[^\W\d_]+", phrase.about.lower()):
        if word in _IRREGULAR:
            return _IRREGULAR[word]
        if re.fullmatch("..+[^su]s", word) and word not in _NO_UNIT:
            return re.sub(r"ies$", "y", re.sub(r"(ss|x|ch|sh)es$", r"\1", word)).removesuffix("s")
    return ""


def _key(where: str, reported: str) -> tuple[str, str]:
    return where, reported.lower()


def _standing(path: Path) -> list[dict[str, str]]:
    """Rows that are in the file already, struck out ones among them."""
    return list(read_rows(path, drafts=True)[1].values()) if path.exists() else []


def _csv(rows: Sequence[dict[str, str]], *, header: bool) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS["reported.csv"], restval="", lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _settings(draft: Draft, name: str) -> str:
    """The cohort.toml of a draft: what the text says of itself, and what a person must."""
    id_ = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "report"
    title = draft.title.replace("\\", "").replace('"', "'")
    keys = {kind: kind if kind.isascii() else f'"{kind}"' for kind in draft.places}
    places = "\n".join(f"{keys[kind]} = {number}" for kind, number in draft.places.items())
    return (
        "# A draft by `careersurvey scan`. Decide each row of reported.csv: give it an indicator\n"
        f"# of indicators.csv and take {TODO!r} away, or write {STRUCK!r} in its place.\n\n"
        f'[cohort]\nid = "{id_}"\ntitle = "{title}"\nevidence = "reported"\n'
        '# TODO publisher = ""\n# TODO reference = ""\n# TODO licence = ""\n# TODO url = ""\n'
        '# TODO fieldwork = ""\n# TODO sampling = ""\n\n'
        f"[places]\n{places}\n"
    )


def _write(path: Path, text: str) -> None:
    """Write a file beside its place and move it there when it is whole."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
