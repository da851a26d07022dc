"""Figure phrases of a text: every count, share, date, sum and quantifier, to the letter."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
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
# What goes on with a figure or a word, so that none ends or begins there.
_INSIDE = re.compile(r"[\w£$€.,/–-]")
_GOES_ON = re.compile(r"[\w%/–]|[.,]\d|-\d")
_LASTS = re.compile(
    r"[ -](?:(?:(minute|hour|day|week|month|year|term)s?)|percentage points?)\b"
    r"(?: an? (?:day|week|month|term|year))?"
)
_PERCENTAGE = re.compile(r" [(\[]\d[\d.,]* ?%[)\]]")
# The form of a figure of each kind; any other is words.
_FORMS = {
    **{"number": "count", "except": "count", "decimal": "number", "money": "money"},
    **{"percent": "percent", "fraction": "fraction"},
}
_EXCEPTED = re.compile(" (?:except|but|bar) ")
_SPACED = re.compile(" [–-]")
_UNSAID_LEADS = ("all ", "a total of ", "a mere ")
_IN_LETTERS = re.compile(r"\d ?(?:k|m|bn)$")
_MONTH_AFTER = re.compile(rf" (?:{'|'.join(MONTHS)})\b")
_NO_FRACTION = re.compile(r"\d+/|\d+ out of (?!100?\b)\d\d")
_YEAR = re.compile(r"(?:19|20)\d\d")
# Numbers that name and do not count: Year 9, Key Stage 4, 11 to 18, aged 13, page 7, post-16.
_NAMES = re.compile(
    r"(?i)\b(?:years?|(?:key )?stages?|levels?|pages?|pp?\.?|ages?(?: of)?|aged|chapters?|tables?"
    r"|figures?|sections?|paragraphs?|annex|appendix|part|post|pre|grades?|no[.:]?|phase|turn|wave"
    r"|version|questions?|ratio(?: of)?|box|isbn|tel[.:]?|scales?(?: of| from)"
    r"|act|benchmark)"
    r"[ -](?:\d+(?:,| and| or| to|–|-)+ ?)*$"
)
_AGES_AFTER = re.compile(
    r" ?(?:to|–|-|and) ?\d{1,2}\b|[- ]?years?[- ]?olds?| and over| or (?:over|under)"
)
_AGES_BEFORE = re.compile(r"\b\d{1,2} ?(?:to|–|-) ?$")
_OLD = re.compile(r"[- ]?olds?\b")
_DIALLED = re.compile(r"\d{3,5} $")
_DIALLED_ON = re.compile(r" \d{3,4}\b")
_THE = re.compile(r"(?i)\bthe $")
_COMPARED = re.compile(r"(?i)\b(?:as|how|so) $")
_OBJECT = re.compile(
    r"(?i)\b(?:to|for|of|from|with|in|on|by|than|at|about|into|between|the|and|as) $"
)
_IN_ORDER = re.compile(
    r"(?i)(?:\border\b|\brank"
    r"|\bmost (?:common|often|frequent|popular|valued|important|useful))[^.]*: - $"
)
_OF_WHOM = re.compile(r"(?: of| out of)?(?: (?:the|these|those|its|their|all)\b)* ")
_ASIDE = re.compile(r"^ \([^)]*\)")
_CLAUSE = re.compile(r"[.;:()|] |[.;:]$")
_VERBS = (
    "who that which and or were was had have has did do does said felt thought told to in on at "
    "for with from by as when where than is are could would should reported found received used "
    "responded gave showed been"
)
_ENDS = re.compile(rf"[.,;:](?= |$)|[()|]| (?:{_VERBS.replace(' ', '|')})\b")


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
    """Figure phrases of one passage, in order."""
    text = passage.text
    words, openings = split(_said(text)), _openings(vocabulary)
    phrases, end = list(_ranks(passage)), 0
    for at, (word, after) in enumerate(pairwise(words.said)):
        seconds = openings.get(word, ())
        if not (after in seconds or "" in seconds or word[:1].isdecimal()):
            continue
        start = words.starts[at]
        if start < end or (start and _INSIDE.match(text[start - 1])):
            continue
        found = next(_shapes(words, at, vocabulary), None)
        if found:
            end, form, reading = found
            before, reported, after = (
                text[max(start - 60, 0) : start],
                text[start:end],
                text[end:][:90],
            )
            form = "text" if form == "money" and "£" not in reported else form
            if _counts_something(reported, form, before, after):
                phrases.append(Phrase(start, end, reported, form, reading, *_about(after)))
    return sorted(phrases)


def _said(text: str) -> str:
    """The text in lower case, letter for letter, with the unsaid hidden and one coin for all."""
    text = _UNSAID.sub(lambda found: "\3" * len(found[0]), text)
    lower = text.lower() if len(text.lower()) == len(text) else text
    return lower.translate({ord("$"): "£", ord("€"): "£"})


@lru_cache(maxsize=4)
def _quantifiers(vocabulary: Vocabulary) -> frozenset[str]:
    return frozenset({*vocabulary.quantifiers, *WHOLE, *RESIDUAL, "both"} - _TENDENCIES)


@lru_cache(maxsize=4)
def _openings(vocabulary: Vocabulary) -> dict[str, set[str]]:
    """Words that a phrase may begin with, each with those that must follow; "" where none must."""
    hedges = (words.removesuffix(" x") for words in vocabulary.hedges)
    alone = ("£", "only", "just", "exactly", "between", "all", *DATE_WORDS, *NUMBER_WORDS)
    openings = defaultdict(set)
    for words in (*hedges, *_quantifiers(vocabulary), *ONE_SIDED, *alone, *AFTER_ARTICLES):
        first, _, others = words.partition(" ")
        openings[first].add(others.partition(" ")[0])
    return openings


def _shapes(words: Words, at: int, by: Vocabulary) -> Iterator[tuple[int, str, Reading]]:
    """Where each figure that begins at a word ends, with its form and what it can mean."""
    text, start = words.text, words.starts[at]
    date = DATE_IN_TEXT.match(text, start)
    if date and not _GOES_ON.match(text, date.end()):
        yield date.end(), "date", Reading("month")
    plain = words.said[at] == "between" or begins(words.said, at)
    for reading, after in figures(words.said, at, by):
        phrase, end = text[start : words.end(after)], words.end(after)
        if (plain and reading.kind in ("number", "decimal")) or phrase in (
            "many",
            "several",
            "a few",
        ):
            lasts = _LASTS.match(text, words.end(_listed(words.said, after)))
            if lasts and not _GOES_ON.match(text, lasts.end()):
                yield lasts.end(), "text", Reading("text")
        form = _form(reading, phrase, text[end : end + 30], by)
        percentage = _PERCENTAGE.match(text, end)
        if form == "count" and percentage and not _YEAR.fullmatch(phrase):
            form, end = "count_percent", percentage.end()
        if form and not _GOES_ON.match(text, end):
            yield end, form, reading


def _listed(words: list[str], end: int) -> int:
    """The word after a list of numbers that goes on, such as "one, two or even 10"."""
    start = end
    while words[start] in (",", "or", "even"):
        start += 1
    ends = [after for _, after in values(words, start)[0]] if start > end else []
    return _listed(words, max(ends)) if ends else end


def _form(reading: Reading, phrase: str, rest: str, by: Vocabulary) -> str:
    """The form of a figure; empty where it is none in a text: an age, a name, a part of one."""
    kind = reading.kind
    if kind not in _FORMS:
        known = phrase.removeprefix("only ") in _quantifiers(by) and not _EXCEPTED.match(rest)
        return "words" if known else ""
    ranged = reading.vague and reading.point is None
    if (
        ranged
        and not phrase.startswith("between ")
        and (kind != "percent" or _SPACED.search(phrase))
    ):
        return ""
    if phrase.endswith(" +") or (phrase.startswith(_UNSAID_LEADS) and kind != "except"):
        return ""
    if kind == "fraction":
        return "" if _NO_FRACTION.match(phrase) or rest.startswith(" form") else kind
    if kind == "number" and (
        _IN_LETTERS.search(phrase) or ((lasts := _LASTS.match(rest)) and lasts[1])
    ):
        return ""
    if ranged and kind == "number":
        return "" if _MONTH_AFTER.match(rest) else kind
    return "" if reading.over_all or reading.under_none else _FORMS[kind]


def _about(after: str) -> tuple[str, str, str]:
    """The words after a phrase: whom it counts, what is said of them, and a printed base."""
    after = _ASIDE.sub("", after)
    says = _CLAUSE.split(after, maxsplit=1)[0].strip()
    stop = _ENDS.search(after)
    told = after[: stop.start()] if stop else after
    of = _OF_WHOM.match(told)
    told = told[of.end() :] if of else ""
    first, _, others = told.partition(" ")
    counts = first[:1].isdecimal() or first.lower().partition("-")[0] in NUMBER_WORDS
    base = whole_number(first.lower()) if counts else None
    words = " ".join((told if base is None else others).split(" ")[:6])
    return words.strip(), says, str(base or "")


def _counts_something(reported: str, form: str, before: str, after: str) -> bool:
    """Whether a phrase counts or shares out, and does not name, address or compare."""
    if form in ("count", "number"):
        return not _is_name(reported, before, after)
    if form == "text":
        return not _OLD.match(after)
    return form != "words" or _says_how_many(reported.lower(), before)


def _is_name(reported: str, before: str, after: str) -> bool:
    """Years, ages, stages, telephone and page numbers, and "one" that stands for a thing."""
    bare = reported.replace(".", "").isdigit()
    if reported.lower() in ("one", "zero", "one or more") or (bare and reported[0] == "0"):
        return True
    if bare and (
        _NAMES.search(before) or 1900 <= (whole_number(reported) or 0) < 2100 or len(reported) > 7
    ):
        return True
    if bare and (_DIALLED.search(before) or _DIALLED_ON.match(after)):
        return True
    if bare and len(reported) < 3 and (_AGES_AFTER.match(after) or _AGES_BEFORE.search(before)):
        return True
    heads = bare and not before.strip(" -") and (after.startswith(".") or "." in reported)
    return heads or after.startswith("-")


def _says_how_many(words: str, before: str) -> bool:
    """Whether a quantifier is said of somebody, and not of the most able, of others, in all."""
    words = words.removeprefix("only ")
    if words in ("most", "few") and _THE.search(before):
        return False
    if words in ("many", "few") and _COMPARED.search(before):
        return False
    told_of = words in (*WHOLE, *RESIDUAL, "some", "at least some", "others", "both", "minority")
    return not (told_of and _OBJECT.search(before))


def _ranks(passage: Passage) -> Iterator[Phrase]:
    """Entries of a list that is said to be in an order, by their places in it."""
    lead = passage.text.split(passage.bullets[0], maxsplit=1)[0] if passage.bullets else ""
    if not _IN_ORDER.search(lead):
        return
    end = 0
    for place, bullet in enumerate(passage.bullets, start=1):
        start = passage.text.index(bullet, end)
        end = start + len(bullet)
        words = " ".join(bullet.split(" ")[:6])
        reading = Reading("position", count_low=place, count_high=place)
        yield Phrase(start, start + len(words), str(place), "rank", reading, words, words, "")
