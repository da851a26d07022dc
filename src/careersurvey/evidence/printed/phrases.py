"""Figure phrases of a text: what the grammar of wordings reads, where it stands, to the letter."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from careersurvey.evidence.printed.dates import DATE_IN_TEXT, DATE_WORDS, MONTHS
from careersurvey.evidence.printed.numerals import (
    AFTER_ARTICLES,
    NUMBER_WORDS,
    Words,
    begins,
    split,
    whole_number,
)
from careersurvey.evidence.printed.passages import Passage
from careersurvey.evidence.printed.vocabulary import ONE_SIDED, RESIDUAL, WHOLE, Vocabulary
from careersurvey.evidence.printed.wordings import Reading, figures


def _compiled(patterns: Mapping[str, str]) -> dict[str, re.Pattern]:
    return {form: re.compile(pattern) for form, pattern in patterns.items()}


_FORMS = {
    **{"number": "count", "except": "count", "decimal": "number", "money": "money"},
    **{"percent": "percent", "fraction": "fraction"},
}
# How often something happens, which is no share of anybody.
_TENDENCIES = {
    *("often", "frequently", "generally", "typically", "usually", "normally", "commonly"),
    *("sometimes", "occasionally", "in general", "for the most part", "too often", "always"),
    *("too frequently", "not often enough", "not always", "never", "insufficiently", "no"),
    *("not sufficiently", "little", "too little", "very little", "too much", "insufficient"),
    *("mainly", "largely", "various", "neither", "a lot", "nobody", "everyone", "no one"),
}
# Addresses, telephones, times of day, statistics of a test, and quotations: never searched.
# Each begins with one sign of a set, so that a text is searched for nothing else.
_UNSAID = re.compile(
    r"[][('\"\d:.=<>](?:(?<=\])\([^)]*\)|(?<=https:)//\S+|(?<=http:)//\S+|(?<=www\.)\S+"
    r"|(?<=\[)(?:foot)?(?:note )?\d{1,3}\]"
    r"|(?<=\()(?:(?:[a-z0-9-]*\d){4,}[^)]*\)|\d{3}\) \d{3}-\d{4})"
    r"|(?<=\b0)\d[\d ]{6,}\d|(?<=\d)\d*(?:[:.]\d+[:.]\d[\d:.]*|:\d+"
    r"|(?:\.\d+)?(?:%| per ?cent) (?:ci\b|confidence)[^);.]*)"
    r"|(?:(?<=\b[pt] [=<>])|(?<=\b[pt][=<>])) ?[\d.]+"
    r"|(?:(?<=(?<!\w)')[^']{3,300}'|(?<=(?<!\w)\")[^\"]{3,300}\")(?!\w))"
)
_TIME = "(?:minute|hour|day|week|month|year|term)s?"
_LASTS = re.compile(
    rf"(?:(?:, \w+)*,? or(?: even)? \w+)?[ -](?:{_TIME}|percentage points?)\b"
    r"(?: an? (?:day|week|month|term|year))?"
)
_PERCENTAGE = re.compile(r" [(\[]\d[\d.,]* ?%[)\]]")
# What goes on with a figure, so that none ends there.
_GOES_ON = re.compile(r"[\w%/–]|[.,]\d|-\d")
_BEFORE_NAMES = (
    r"years?|(?:key )?stages?|levels?|pages?|pp?\.?|ages?(?: of)?|aged|chapters?|tables?|figures?"
    r"|sections?|paragraphs?|annex|appendix|part|post|pre|grades?|no[.:]?|phase|turn|wave|version"
    r"|questions?|ratio(?: of)?|box|isbn|tel[.:]?|scales?(?: of| from)|act|benchmark|sd =|se =|or ="
)
# In its sentence, between NULs: what only names, is of an age, or is "one" that is a thing.
_NAME = (
    rf"\b(?:{_BEFORE_NAMES})[ -](?:\d+(?:,| and| or| to|–|-)+ ?)*\0[\d.]+(?: or \w+)?\0"
    r"|\0(?:one|zero|one or more|(?:19|20)\d\d|[\d.]{8,}|0[\d.]*)\0|\0-"
    r"|\b[a-z]{2} \0\d{5}\0|^[ -]*\0(?:[\d.]+\0\.|\d+\.\d+\0)|[.!?] \0\d{1,2}\.\d{1,2}\0 "
    r"|\b\d{1,2} ?(?:to|–|-) ?\0[\d.]{1,2}\0"
    r"|\0[\d.]{1,2}\0(?: ?(?:to|–|-|and) ?\d{1,2}\b|[- ]?years?[- ]?olds?| and over)"
    r"|\0\d\d? or (?:over|under)\0|\b(?:one [a-z]+ in|every) \0\w+\0"
)
# A quantifier that is said of nobody: the most able, as many, with others, in all.
_OBJECT = (
    r"\bthe \0(?:only )?(?:most|few)|\b(?:as|how|so) \0(?:only )?(?:many|few)"
    r"|\b(?:to|for|of|from|with|in|on|by|than|at|about|into|between|the|and|as) \0(?:only )?"
    rf"(?:{'|'.join((*WHOLE, *RESIDUAL))}|(?:at least )?some|others|both|minority)\0"
)
_UNCOUNTED = _compiled(
    {"count": _NAME, "number": _NAME, "words": _OBJECT, "text": r"\0[- ]?olds?\b"}
)
# What is no figure by itself, though it reads as one: a part of a sum, a time, or another figure.
_PART = _compiled(
    {
        "count": rf" \+\0|\0all (?!except|but|bar)|\d ?(?:k|m|bn)\0|\0[ -]{_TIME}\b",
        "number": rf" \+\0|\0between .*\0 (?:{'|'.join(MONTHS)})\b",
        "money": r" \+\0",
        "fraction": r"\0\d+/|\0\d+ out of (?!100?\b)\d\d|in (?:19|20)\d\d\0|\0(?: form|-\w)",
        "words": r"\0 (?:except|but|bar) ",
        "percent": r"\0[^\0]* [–-][^\0]*\0",
    }
)
_IN_ORDER = re.compile(
    r"(?i)(?:\border\b|\brank"
    r"|\bmost (?:common|often|frequent|popular|valued|important|useful))[^.]*: - $"
)
# Words that end what may be said of whom a figure is of.
_VERBS = {
    *("asked", "held", "who", "that", "which", "and", "or", "were", "was", "had", "have", "has"),
    *("did", "do", "does", "said", "felt", "thought", "told", "to", "in", "on", "at", "for"),
    *("with", "from", "by", "as", "when", "where", "than", "is", "are", "could", "would"),
    *("should", "reported", "found", "received", "used", "responded", "gave", "showed", "been"),
    *("this", "its", "years", "less", "across", "towards", "percentage"),
}
_PLURAL = re.compile(r"(?:people|children|women|men|[a-z-]+[a-rtv-z]s)\b")
# Whom a figure is of: a printed base, and the words among which the first plural is.
_WHOM = re.compile(
    r"(?: \([^)]*\))?(?:(?: out)? of(?: (?:the|these|those|its|their|all))*(?: (?P<base>[\d,]+|"
    rf"(?:{'|'.join(NUMBER_WORDS)})(?:-\w+)?)\b)?)?(?P<whom>(?: [a-z-]+){{0,4}})"
)


class Phrase(NamedTuple):
    """A figure phrase where it stands in a passage."""

    start: int  # its letters in the passage's folded text
    end: int
    reported: str
    form: str
    reading: Reading  # what it can mean on no base
    whom: str = ""  # whom or what it counts, in the plural
    base_n: str = ""  # a base printed with it, as an integer: ``60`` of "12 of the 60 schools"
    says: str = ""  # the words that follow it in its sentence


def find_phrases(passage: Passage, vocabulary: Vocabulary) -> list[Phrase]:
    """Figure phrases of one passage, in order: of those that begin at a word the longest."""
    text, said = passage.text, _said(passage.text)
    words, openings = split(said), _openings(vocabulary)
    phrases, end = list(_ranks(passage)), 0
    for at in [n for n, word in enumerate(words.said) if word in openings or "0" <= word < ":"]:
        start, seconds = words.starts[at], openings.get(words.said[at], ("",))
        if start < end or not ("" in seconds or words.said[at + 1] in seconds):
            continue
        if start and (text[start - 1].isalnum() or text[start - 1] in "_£$€.,/–-"):
            continue
        for form, stop, reading in _figures_at(words, at, vocabulary):
            told = said[max(start - 40, 0) : start], said[start:stop], said[stop : stop + 12]
            if _is(_PART, form, told):
                continue
            end, reported = stop, text[start:stop]
            if not _is(_UNCOUNTED, form, told):
                form = "text" if form == "money" and "£" not in reported else form
                about = _about(said[stop : stop + 90])
                phrases.append(Phrase(start, end, reported, form, reading, *about))
            break
    return sorted(phrases)


def _is(patterns: Mapping[str, re.Pattern], form: str, told: Iterable[str]) -> bool:
    return form in patterns and patterns[form].search("\0".join(told)) is not None


def _said(text: str) -> str:
    """The text in lower case, letter for letter, with the unsaid hidden and one coin for all."""
    lower = text.lower()
    said = lower if len(lower) == len(text) else text
    hidden = _UNSAID.sub(lambda found: "\3" * len(found[0]), said)
    return hidden.replace("$", "£").replace("€", "£")


@lru_cache(maxsize=4)
def _openings(vocabulary: Vocabulary) -> Mapping[str, set[str]]:
    """Words that a phrase may begin with, each with those that must follow; "" where none must."""
    hedges = (words.removesuffix(" x") for words in vocabulary.hedges)
    alone = ("£", "only", "just", "exactly", "between", "all", *DATE_WORDS, *NUMBER_WORDS)
    openings = defaultdict(set)
    for words in (*hedges, *_quantifiers(vocabulary), *ONE_SIDED, *alone, *AFTER_ARTICLES):
        first, _, others = words.partition(" ")
        openings[first].add(others.partition(" ")[0])
    return openings


@lru_cache(maxsize=4)
def _quantifiers(vocabulary: Vocabulary) -> frozenset[str]:
    return frozenset({*vocabulary.quantifiers, *WHOLE, *RESIDUAL, "both"} - _TENDENCIES)


def _figures_at(words: Words, at: int, by: Vocabulary) -> Iterator[tuple[str, int, Reading]]:
    """Form, end and meaning of every figure that begins at a word, the longest first."""
    text, start = words.text, words.starts[at]
    date = DATE_IN_TEXT.match(text, start)
    if date and not _GOES_ON.match(text, date.end()):
        yield "date", date.end(), Reading("month")
    plain = begins(words.said, at) or words.said[at] == "between"
    for reading, after in figures(words.said, at, by):
        end = words.end(after)
        phrase, form = text[start:end], _form(reading, text[start:end], by)
        counted = plain and reading.kind in ("number", "decimal")
        timed = counted or phrase in ("many", "several", "a few")
        if timed and (lasts := _LASTS.match(text, end)):
            yield "text", lasts.end(), Reading("text")
        if form == "count" and (percentage := _PERCENTAGE.match(text, end)):
            yield "count_percent", percentage.end(), reading
        elif form and not _GOES_ON.match(text, end):
            yield form, end, reading


def _form(reading: Reading, phrase: str, by: Vocabulary) -> str:
    """The form of a figure; empty where its words are none."""
    form = _FORMS.get(reading.kind, "words")
    ranged = reading.vague and reading.point is None
    if form == "words":
        return form if phrase.removeprefix("only ") in _quantifiers(by) else ""
    if reading.impossible or phrase.startswith(("a total of ", "a mere ")):
        return ""
    if ranged and form in ("count", "number"):
        return "number" if phrase.startswith("between ") else ""
    return form


def _about(after: str) -> tuple[str, str, str]:
    """Whom a phrase counts, a base printed with it, and what is said of them, by what follows."""
    found = _WHOM.match(after)
    base = whole_number(found["base"]) if found["base"] else None
    says = re.split(r"[.;:()|] |[.;:]$", after, maxsplit=1)[0]
    return _first_plural(found["whom"].split()), str(base or ""), says.strip()


def _first_plural(words: Sequence[str]) -> str:
    """Words up to the first plural; empty where a verb comes before one."""
    for n, word in enumerate(words):
        if word.partition("-")[0] in _VERBS:
            break
        if plural := _PLURAL.match(word):
            return " ".join((*words[:n], plural[0]))
    return ""


def _ranks(passage: Passage) -> Iterator[Phrase]:
    """Entries of a list that is said to be in an order, by their places in it."""
    lead = passage.text.split(passage.bullets[0], maxsplit=1)[0] if passage.bullets else ""
    end = 0
    for place, bullet in enumerate(passage.bullets if _IN_ORDER.search(lead) else (), start=1):
        start = passage.text.index(bullet, end)
        end = start + len(bullet)
        words = " ".join(bullet.split(" ")[:6])
        reading = Reading("position", count_low=place, count_high=place)
        yield Phrase(start, start + len(words), str(place), "rank", reading, says=words)
