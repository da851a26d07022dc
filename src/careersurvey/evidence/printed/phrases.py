"""Figure phrases of a text: every count, share, date, sum and quantifier, to the letter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from careersurvey.errors import ReadingError
from careersurvey.evidence.printed.dates import MONTHS, SEASONS
from careersurvey.evidence.printed.numerals import (
    NUMBER_WORDS,
    PART_WORDS,
    SCALE_WORDS,
    whole_number,
)
from careersurvey.evidence.printed.passages import Passage
from careersurvey.evidence.printed.readings import read
from careersurvey.evidence.printed.vocabulary import ONE_SIDED, RESIDUAL, WHOLE, Vocabulary
from careersurvey.evidence.printed.wordings import Reading

#: How often something happens, which is no share of anybody.
TENDENCIES = (
    *("often", "frequently", "generally", "typically", "usually", "normally", "commonly"),
    *("sometimes", "occasionally", "in general", "for the most part", "too often", "always"),
    *("too frequently", "not often enough", "not always", "never", "insufficiently", "no"),
    *("not sufficiently", "little", "too little", "very little", "too much", "insufficient"),
    *("mainly", "largely", "various", "neither", "a lot", "nobody", "everyone", "no one"),
)
# Addresses, numbers of documents, telephones and post, statistics of a test, and quotations.
_UNSAID = re.compile(
    r"(?=[][(hw'\"\dA-Zpt])(?:\]\([^)]*\)|https?://\S+|www\.\S+|\((?:[A-Z0-9-]*\d){4,}[^)]*\)"
    r"|\[(?:foot)?(?:note )?\d{1,3}\]|\(\d{3}\) \d{3}-\d{4}|\b[A-Z]{2} \d{5}\b"
    r"|\d+[:.]\d+[:.]\d[\d:.]*|\d+:\d+"
    r"|\d+(?:\.\d+)?(?:%| per ?cent) (?:CI\b|confidence)[^);.]*"
    r"|\b(?:SD|SE|OR|[pPtF]) ?[=<>] ?[\d.]+|(?<!\w)(['\"])(?:(?!\1).){3,300}\1(?!\w))"
)
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
_OF_WHOM = re.compile(
    r"(?: of| out of)? (?:(?:the|these|those|its|their|all) )*"
    rf"(?:(?P<n>\d[\d,]*|{'|'.join(NUMBER_WORDS)})(?: |$))?(?P<words>.*)"
)
_ASIDE = re.compile(r"^ \([^)]*\)")
_CLAUSE = re.compile(r"[.;:()|] |[.;:]$")
_VERBS = (
    "who that which and or were was had have has did do does said felt thought told to in on at "
    "for with from by as when where than is are could would should reported found received used "
    "responded gave showed been"
)
_ENDS = re.compile(rf"[.,;:](?= |$)|[()|]| (?:{_VERBS.replace(' ', '|')})\b")


@dataclass(frozen=True)
class Phrase:
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
    sought = _masked(text)
    pattern, begin = _grammar(vocabulary)
    phrases, end = list(_ranks(passage)), 0
    for word in _WORD.finditer(sought):
        if word.start() < end or not (word[0][0] in _FIGURE or word[0] in begin):
            continue
        if not (found := pattern.match(sought, word.start())):
            continue
        (start, end), form = found.span(), found.lastgroup
        before, reported, after = text[max(start - 60, 0) : start], text[start:end], text[end:][:90]
        if not _counts_something(reported, form, before, after):
            continue
        if reading := _reading(reported, form, vocabulary):
            phrases.append(Phrase(start, end, reported, form, reading, *_about(after)))
        else:
            end = word.end()
    return sorted(phrases, key=lambda phrase: phrase.start)


# Letters that stand, one for one, for those of a number or a part in words, and for what is unsaid.
_NUMBER, _PART, _SCALE, _HIDDEN = "\1", "\2", "\4", "\3"
_FIGURE = "£$€0123456789" + _NUMBER + _PART
_WORD = re.compile(rf"(?<![\w£$€.,/–-])[£$€]?[\w½¼¾{_NUMBER}{_PART}{_SCALE}]+")
_IN_WORDS = (
    dict.fromkeys(NUMBER_WORDS, _NUMBER)
    | dict.fromkeys(PART_WORDS, _PART)
    | dict.fromkeys(SCALE_WORDS, _SCALE)
)
_MASKED = re.compile(rf"\b(?:{'|'.join(_IN_WORDS)})\b")


def _masked(text: str) -> str:
    """The text in lower case, letter for letter, with number words and the unsaid masked."""
    text = _UNSAID.sub(lambda found: _HIDDEN * len(found[0]), text)
    lower = text.lower() if len(text.lower()) == len(text) else text
    return _MASKED.sub(lambda word: _IN_WORDS[word[0]] * len(word[0]), lower)


@lru_cache(maxsize=4)
def _grammar(vocabulary: Vocabulary) -> tuple[re.Pattern, frozenset[str]]:
    """One pattern of every form, each a group that is named by it, and words that may begin one."""
    hedges = [words.removesuffix(" x") for words in vocabulary.hedges if words.endswith(" x")]
    hedges += ["only", "just", "exactly", *ONE_SIDED]
    said = (*vocabulary.quantifiers, *WHOLE, *RESIDUAL, "both")
    quantifiers = [words for words in said if words not in TENDENCIES]
    figures = r"(?:\d{1,3}(?:[, ]\d{3})+(?!\d)|\d+(?:\.\d+)?)"
    number = (
        rf"(?:a (?={_SCALE}))?[\d{_NUMBER}{_SCALE}](?:[\d{_NUMBER}{_SCALE}]|[.,](?=\d)"
        rf"|(?<=\d) (?=\d{{3}}(?!\d))|[ -](?=[{_NUMBER}{_SCALE}])|(?<={_SCALE}) and (?={_NUMBER}))*"
        r"[½¼¾]?"
    )
    span = rf"(?:between )?{number}(?:%| per cent)?(?: to | and |–|-){number}"
    duration = rf"(?:{'|'.join(_DURATIONS)})\b"
    sum_ = rf"{figures}(?: ?(?:{_SCALE}+|(?:m|bn|k)\b))?"
    hedged = {
        "count_percent": rf"{figures} [(\[]{figures} ?%[)\]]",
        "money": rf"£{sum_}",
        "percent": rf"(?:{span}|{number})(?: ?%| per ?cent\b)",
        "fraction": rf"(?:(?!\d+ out of (?!100?\b)\d\d){number} (?:in|out of)(?: every)? {number}"
        rf"|(?:(?:an?|{_NUMBER}+)[ -])?{_PART}+|[½¼¾])(?! form)",
        "number": rf"between {number} and {number}(?! (?:{_MONTH})\b)|\d+\.\d+(?! {_SCALE})",
        "count": rf"(?:all (?:except|but|bar)(?: for)? )?{number}(?![ -]{duration})",
    }
    alone = {
        "text": rf"[$€]{sum_}|(?:{span}|{number}(?:, {number})*(?:,? or (?:even )?{number})?|many"
        rf"|several|a few)[ -](?:{duration}|percentage points?\b)"
        r"(?: an? (?:day|week|month|term|year))?",
        "date": _DATE,
    }
    words = rf"(?P<words>(?:only )?{_either(quantifiers)}(?! (?:except|but|bar) ))"
    pattern = (
        rf"(?:{_named(alone)}|(?:{_either(hedges)} )*?(?:{_named(hedged)})|{words})"
        rf"(?![\w{_NUMBER}{_PART}{_SCALE}%/–]|[.,]\d|-\d)"
    )
    first = {words.split(" ")[0] for words in (*hedges, *quantifiers, *_DATES)}
    return re.compile(pattern), frozenset({*first, "a", "an", "between", "all", "several"})


def _named(forms: dict[str, str]) -> str:
    return "|".join(f"(?P<{form}>{pattern})" for form, pattern in forms.items())


_DURATIONS = [f"{unit}s?" for unit in ("minute", "hour", "day", "week", "month", "year", "term")]
_DATES = (*MONTHS, *SEASONS)
_MONTH = "|".join(MONTHS)
_MONTH_YEAR = rf"(?:\d{{1,2}}(?:(?: to | and |–|-)\d{{1,2}})? )?(?:{'|'.join(_DATES)}) \d{{4}}"
_SCHOOL_YEAR = r"(?:19|20)\d\d[/–-]\d\d(?:\d\d)?"
_DATE = (
    rf"(?:{_MONTH_YEAR}|{_SCHOOL_YEAR}(?: (?:and|to) {_SCHOOL_YEAR})?|(?:{_MONTH}) \d\d(?!\d)"
    r"|between (?:19|20)\d\d and (?:19|20)\d\d(?!\d)"
    r"|(?:(?<=in )|(?<=since )|(?<=from )|(?<=by )|(?<=until )|(?<=between )|(?<=and ))"
    r"(?:19|20)\d\d(?!\d))"
)


def _either(words: Sequence[str]) -> str:
    """A pattern of any of some words, the longest first."""
    return f"(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})"


def _about(after: str) -> tuple[str, str, str]:
    """The words after a phrase: whom it counts, what is said of them, and a printed base."""
    after = _ASIDE.sub("", after)
    says = _CLAUSE.split(after, maxsplit=1)[0].strip()
    stop = _ENDS.search(after)
    found = _OF_WHOM.fullmatch(after[: stop.start()] if stop else after)
    if found is None:
        return "", says, ""
    words = " ".join(found["words"].split(" ")[:6])
    base = whole_number(found["n"].lower()) if found["n"] else None
    return words.strip(), says, str(base or "")


def _reading(reported: str, form: str, vocabulary: Vocabulary) -> Reading | None:
    try:
        return read(reported, form, vocabulary=vocabulary)
    except ReadingError:
        return None


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
    if reported.lower() in ("one", "zero") or (bare and reported[0] == "0"):
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
