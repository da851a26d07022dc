"""Figure phrases of a text: every count, share, date, sum and quantifier, to the letter."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from careersurvey.evidence.printed.dates import DATE_IN_TEXT, DATE_WORDS, MONTHS
from careersurvey.evidence.printed.numerals import (
    AFTER_ARTICLES,
    NUMBER_WORDS,
    Words,
    begins,
    split,
    values,
    whole_number,
)
from careersurvey.evidence.printed.passages import Passage
from careersurvey.evidence.printed.vocabulary import ONE_SIDED, RESIDUAL, WHOLE, Vocabulary
from careersurvey.evidence.printed.wordings import Reading, figures

# How often something happens, which is no share of anybody.
_TENDENCIES = {
    *("often", "frequently", "generally", "typically", "usually", "normally", "commonly"),
    *("sometimes", "occasionally", "in general", "for the most part", "too often", "always"),
    *("too frequently", "not often enough", "not always", "never", "insufficiently", "no"),
    *("not sufficiently", "little", "too little", "very little", "too much", "insufficient"),
    *("mainly", "largely", "various", "neither", "a lot", "nobody", "everyone", "no one"),
}
# Addresses, numbers of documents, telephones and post, statistics of a test, and quotations.
_UNSAID = re.compile(
    r"(?=[][(hw'\"\dA-Zpt])(?:\]\([^)]*\)|https?://\S+|www\.\S+|\((?:[A-Z0-9-]*\d){4,}[^)]*\)"
    r"|\[(?:foot)?(?:note )?\d{1,3}\]|\(\d{3}\) \d{3}-\d{4}|\b[A-Z]{2} \d{5}\b"
    r"|\d+[:.]\d+[:.]\d[\d:.]*|\d+:\d+"
    r"|\d+(?:\.\d+)?(?:%| per ?cent) (?:CI\b|confidence)[^);.]*"
    r"|\b(?:SD|SE|OR|[pPtF]) ?[=<>] ?[\d.]+|(?<!\w)(['\"])(?:(?!\1).){3,300}\1(?!\w))"
)
_FORMS = {
    **{"number": "count", "except": "count", "decimal": "number", "money": "money"},
    **{"percent": "percent", "fraction": "fraction"},
}
_TIME = "(?:minute|hour|day|week|month|year|term)s?"
_LASTS = re.compile(rf"[ -](?:{_TIME}|percentage points?)\b(?: an? (?:day|week|month|term|year))?")
_LONGEST_LIST = 9
_PERCENTAGE = re.compile(r" [(\[]\d[\d.,]* ?%[)\]]")
# What goes on with a figure, so that none ends there.
_GOES_ON = re.compile(r"[\w%/–]|[.,]\d|-\d")
# What is no figure by itself, though it reads as one: the phrase, NUL, and what stands behind it.
_PART = {
    "count": rf".* \+\0|all (?!except|but|bar)|.*\d ?(?:k|m|bn)\0|.*\0[ -]{_TIME}\b",
    "fraction": r"\d+/|\d+ out of (?!100?\b)\d\d|\d+ in (?:19|20)\d\d\0|.*\0(?: form|-\w)",
    "words": r".*\0 (?:except|but|bar) ",
    "percent": r"[^\0]* [–-]",
    **dict.fromkeys(("number", "money"), r".* \+\0"),
    "range": rf"(?!between )|.*\0 (?:{'|'.join(MONTHS)})\b",
}
# In its sentence, between NULs: a year, age, stage, page or telephone, "one" that is a thing, or
# what a part is of, as the six of "one pupil in six".
_NAME = re.compile(
    r"\b(?:years?|(?:key )?stages?|levels?|pages?|pp?\.?|ages?(?: of)?|aged|chapters?|tables?"
    r"|figures?|sections?|paragraphs?|annex|appendix|part|post|pre|grades?|no[.:]?|phase|turn|wave"
    r"|version|questions?|ratio(?: of)?|box|isbn|tel[.:]?|scales?(?: of| from)"
    r"|act|benchmark)[ -](?:\d+(?:,| and| or| to|–|-)+ ?)*\0[\d.]+(?: or \w+)?\0"
    r"|\0(?:one|zero|one or more|(?:19|20)\d\d|[\d.]{8,}|0[\d.]*)\0|\0-|\d{3,5} \0[\d.]+\0"
    r"|\0[\d.]+\0 \d{3,4}\b|\b\d{1,2} ?(?:to|–|-) ?\0[\d.]{1,2}\0|^[ -]*\0(?:[\d.]+\0\.|\d+\.\d+\0)"
    r"|\0[\d.]{1,2}\0(?: ?(?:to|–|-|and) ?\d{1,2}\b|[- ]?years?[- ]?olds?| and over)"
    r"|\0\d\d? or (?:over|under)\0|\b(?:one [a-z]+ in|every) \0\w+\0|[.!?] \0\d{1,2}\.\d{1,2}\0 "
)
# A quantifier that is said of nobody: the most able, as many, with others, in all.
_OBJECT = re.compile(
    r"(?:\bthe \0(?:only )?(?:most|few)|\b(?:as|how|so) \0(?:only )?(?:many|few)"
    r"|\b(?:to|for|of|from|with|in|on|by|than|at|about|into|between|the|and|as) \0(?:only )?"
    rf"(?:{'|'.join((*WHOLE, *RESIDUAL))}|(?:at least )?some|others|both|minority))\0"
)
_UNCOUNTED = {
    "count": _NAME,
    "number": _NAME,
    "words": _OBJECT,
    "text": re.compile(r"\0[- ]?olds?\b"),
}
_IN_ORDER = re.compile(
    r"(?i)(?:\border\b|\brank"
    r"|\bmost (?:common|often|frequent|popular|valued|important|useful))[^.]*: - $"
)
_OF_WHOM = re.compile(r"(?: of| out of)?(?: (?:the|these|those|its|their|all)\b)* ")
_CLAUSE = re.compile(r"[.;:()|] |[.;:]$")
_ENDS = re.compile(
    r"[.,;:](?= |$)|[()|]| (?:who|that|which|and|or|were|was|had|have|has|did|do|does|said|felt"
    r"|thought|told|to|in|on|at|for|with|from|by|as|when|where|than|is|are|could|would|should"
    r"|reported|found|received|used|responded|gave|showed|been)\b"
)


class Phrase(NamedTuple):
    """A figure phrase where it stands in a passage."""

    start: int  # its letters in the passage's folded text
    end: int
    reported: str
    form: str
    reading: Reading  # what it can mean on no base
    about: str  # the words that follow it, up to a verb: whom or what it counts
    says: str  # the words that follow it in its sentence: what is said of them
    base_n: str  # a base printed with it, as an integer: ``60`` of "12 of the 60 schools"


def find_phrases(passage: Passage, vocabulary: Vocabulary) -> list[Phrase]:
    """Figure phrases of one passage, in order: of those that begin at a word the longest."""
    text, words = passage.text, split(_said(passage.text))
    openings = _openings(vocabulary)
    phrases, end = list(_ranks(passage)), 0
    for at in [n for n, word in enumerate(words.said) if word in openings or "0" <= word < ":"]:
        start, seconds = words.starts[at], openings.get(words.said[at], ("",))
        if start < end or not ("" in seconds or words.said[at + 1] in seconds):
            continue
        if start and (text[start - 1].isalnum() or text[start - 1] in "_£$€.,/–-"):
            continue
        form, stop, reading = next(_figures_at(words, at, vocabulary), ("", 0, None))
        if reading:
            end, reported, after = stop, text[start:stop], text[stop : stop + 90]
            form = "text" if form == "money" and "£" not in reported else form
            told = (text[max(start - 40, 0) : start], reported, after[:12])
            if form not in _UNCOUNTED or not _UNCOUNTED[form].search("\0".join(told).lower()):
                phrases.append(Phrase(start, end, reported, form, reading, *_about(after)))
    return sorted(phrases)


def _said(text: str) -> str:
    """The text in lower case, letter for letter, with the unsaid hidden and one coin for all."""
    text = _UNSAID.sub(lambda found: "\3" * len(found[0]), text)
    lower = text.lower()
    return (lower if len(lower) == len(text) else text).replace("$", "£").replace("€", "£")


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
    said, text, start = words.said, words.text, words.starts[at]
    date = DATE_IN_TEXT.match(text, start)
    if date and not _GOES_ON.match(text, date.end()):
        yield "date", date.end(), Reading("month")
    plain = said[at] == "between" or begins(said, at)
    for reading, after in figures(said, at, by):
        phrase, end = text[start : words.end(after)], words.end(after)
        lasts = _LASTS.match(text, words.end(_listed(said, after)))
        counted = plain and reading.kind in ("number", "decimal")
        if lasts and (counted or phrase in ("many", "several", "a few")):
            yield "text", lasts.end(), Reading("text")
        form = _form(reading, phrase, text[end : end + 12], by)
        percentage = _PERCENTAGE.match(text, end)
        if form == "count" and percentage and not _NAME.search(f"\0{phrase}\0"):
            yield "count_percent", percentage.end(), reading
        elif form and not _GOES_ON.match(text, end):
            yield form, end, reading


def _form(reading: Reading, phrase: str, after: str, by: Vocabulary) -> str:
    """The form of a figure; empty where it is none by itself."""
    form = _FORMS.get(reading.kind, "words")
    known = form != "words" or phrase.removeprefix("only ") in _quantifiers(by)
    ranged = reading.vague and reading.point is None and form not in ("words", "percent")
    part = re.match(_PART["range" if ranged else form], f"{phrase}\0{after}")
    if part or not known or reading.impossible or phrase.startswith(("a total of ", "a mere ")):
        return ""
    return "number" if ranged and form == "count" else form


def _listed(words: list[str], end: int) -> int:
    """The word after a short list of numbers that goes on, such as "one, two or even 10"."""
    for _ in range(_LONGEST_LIST):
        start = end
        while words[start] in (",", "or", "even"):
            start += 1
        ends = [after for _, after in values(words, start)[0]] if start > end else []
        if not ends:
            break
        end = max(ends)
    return end


def _about(after: str) -> tuple[str, str, str]:
    """The words after a phrase: whom it counts, what is said of them, and a printed base."""
    after = re.sub(r"^ \([^)]*\)", "", after)
    says = _CLAUSE.split(after, maxsplit=1)[0].strip()
    told = _ENDS.split(after, maxsplit=1)[0]
    of = _OF_WHOM.match(told)
    first, _, others = told[of.end() :].partition(" ") if of else ("", "", "")
    counts = first[:1].isdecimal() or first.lower().partition("-")[0] in NUMBER_WORDS
    base = whole_number(first.lower()) if counts else None
    words = (f"{first} {others}" if base is None else others).split(" ")[:6]
    return " ".join(words).strip(), says, str(base or "")


def _ranks(passage: Passage) -> Iterator[Phrase]:
    """Entries of a list that is said to be in an order, by their places in it."""
    lead = passage.text.split(passage.bullets[0], maxsplit=1)[0] if passage.bullets else ""
    end = 0
    for place, bullet in enumerate(passage.bullets if _IN_ORDER.search(lead) else (), start=1):
        start = passage.text.index(bullet, end)
        end = start + len(bullet)
        words = " ".join(bullet.split(" ")[:6])
        reading = Reading("position", count_low=place, count_high=place)
        yield Phrase(start, start + len(words), str(place), "rank", reading, words, words, "")
