"""Figure phrases of a text: every count, share, date, sum and quantifier, to the letter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from careersurvey.errors import ReadingError
from careersurvey.evidence.printed.numerals import NUMBER_WORDS, PART_WORDS
from careersurvey.evidence.printed.passages import Passage
from careersurvey.evidence.printed.readings import read
from careersurvey.evidence.printed.vocabulary import ONE_SIDED, RESIDUAL, WHOLE, Vocabulary

#: How often something happens, which is no share of anybody.
TENDENCIES = (
    *("often", "frequently", "generally", "typically", "usually", "normally", "commonly"),
    *("sometimes", "occasionally", "in general", "for the most part", "too often", "always"),
    *("too frequently", "not often enough", "not always", "never", "insufficiently", "no"),
    *("not sufficiently", "little", "too little", "very little", "too much", "insufficient"),
    *("mainly", "largely", "various", "neither", "a lot", "nobody", "everyone", "no one"),
)
_WHOLE = [words for synonyms in WHOLE.values() for words in synonyms]
_MONTHS = "January February March April May June July August September October November December"
_UNSAID = re.compile(
    r"\]\([^)]*\)|https?://\S+|www\.\S+|\S+@\S+|\((?:[A-Z0-9-]*\d){4,}[^)]*\)|(?<!\w)'[^']{3,300}'(?!\w)"
)
# Numbers that name and do not count: Year 9, Key Stage 4, 11 to 18, aged 13, page 7, post-16.
_NAMES = re.compile(
    r"(?i)(?:\b(?:years?|stages?|levels?|pages?|ages?|aged|ages? of|from the age of|chapters?|tables?"
    r"|figures?|section|sections|paragraphs?|annex|appendix|part|post|pre|grades?|no\.|no:|phase|"
    r"key stages?|pp?|turn|wave|version|question|questions)[ -](?:\d+(?:,| and| or| to|–|-)+ ?)*)$"
)
_AGES_AFTER = re.compile(r" ?(?:to|–|-) ?\d{1,2}\b|[- ]?years?[- ]?olds?| and over| or (?:over|under)")
_AGES_BEFORE = re.compile(r"\b\d{1,2} ?(?:to|–|-) ?$")
_DIALLED = re.compile(r"\d{3,5} $")
_DIALLED_ON = re.compile(r" \d{3,4}\b")
_THE = re.compile(r"(?i)\bthe $")
_OBJECT = re.compile(r"(?i)\b(?:to|for|of|from|with|in|on|by|than|at|about|into|between|the|and|as) $")
_IN_ORDER = re.compile(
    r"(?i)(?:\border\b|\brank|\bmost (?:common|often|frequent|popular|valued|important))[^.]*: - $"
)
_OF_WHOM = re.compile(
    r"(?: of| out of)? (?:(?:the|these|those|its|their|all) )*(?:(?P<n>\d[\d,]*) )?(?P<words>.+)"
)
_ENDS = re.compile(r"[.,;:()]| (?:who|that|which|and|or|were|was|had|have|has|did|do|does|said|"
                   r"felt|thought|told|to|in|on|at|for|with|from|by|as|when|where|than|is|are|could|"
                   r"would|should|reported|found|received|used|responded|gave|showed|been)\b")  # fmt: skip


@dataclass(frozen=True)
class Phrase:
    """A figure phrase where it stands in a passage.

    Parameters
    ----------
    start, end : int
        Its letters in the passage's folded text.
    reported : str
        The phrase, to the letter.
    form : str
        The printed form, one of `readings.FORMS`.
    about : str
        The words that follow it, up to a verb: whom or what it counts.
    base_n : str
        A base printed with it, as printed: ``60`` of "12 of the 60 schools".
    """

    start: int
    end: int
    reported: str
    form: str
    about: str
    base_n: str


def find_phrases(passage: Passage, vocabulary: Vocabulary) -> list[Phrase]:
    """Figure phrases of one passage, in order.

    Parameters
    ----------
    passage : Passage
        As `passages.cut` leaves it.
    vocabulary : Vocabulary
        The quantifiers and hedges that are sought.

    Returns
    -------
    list of Phrase
        None overlap. Each can be read in its form; what cannot is no figure phrase.
    """
    text = passage.text
    sought = _UNSAID.sub(lambda found: "\0" * len(found[0]), text)
    phrases = list(_ranks(passage))
    for found in _pattern(vocabulary).finditer(sought):
        form = found.lastgroup
        phrase = Phrase(found.start(), found.end(), found[0], form, *_about(text, found.end()))
        if _counts_something(phrase, text) and _reads(phrase, vocabulary):
            phrases.append(phrase)
    return sorted(phrases, key=lambda phrase: phrase.start)


@lru_cache(maxsize=4)
def _pattern(vocabulary: Vocabulary) -> re.Pattern:
    """One pattern of every form, the longest first, each a group that is named by its form."""
    hedges = [words.removesuffix(" x") for words in vocabulary.hedges if words.endswith(" x")]
    hedges += [words for synonyms in ONE_SIDED.values() for words in synonyms]
    points = [words for words in vocabulary.points if words not in _WHOLE]
    figures = r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?"
    word = _either(sorted(NUMBER_WORDS))
    number = rf"(?:{figures}|(?:a (?=hundred|thousand|million))?{word}(?:(?:-| | and ){word})*)"
    number += r"(?: ?(?:million|billion|thousand)\b)?"
    hedge = rf"(?:(?:only|just|exactly) )?(?:(?:{_either(hedges)}) )?"
    span = rf"(?:between )?{number}(?:%| per cent)?(?: to | and |–|-){number}"
    durations = rf"(?:{'|'.join(_DURATIONS)})\b"
    forms = {
        "count_percent": rf"{hedge}(?:{figures}) [(\[](?:{figures}) ?%[)\]]",
        "money": rf"{hedge}£(?:{figures})(?: ?(?:million|billion|thousand|m|bn|k)\b)?",
        "percent": rf"{hedge}(?:{span}|{number})(?: ?%| per ?cent\b)",
        "fraction": rf"{hedge}(?:{number} (?:in|out of)(?: every)? {number}"
        rf"|(?:(?:a|an|{word})[ -])?{_either(sorted(PART_WORDS))}|{_either(points)})(?! form)",
        "text": rf"(?:{span}|{number}|many|several|a few)[ -]{durations}"
        r"(?: an? (?:day|week|month|term|year))?",
        "date": _DATE,
        "number": rf"{hedge}(?:between {number} and {number}|\d+\.\d+)",
        "count": rf"all (?:except|but|bar)(?: for)? {number}|{hedge}{number}(?![ -]{durations})",
        "words": rf"(?:only )?(?:{_either(_quantifiers(vocabulary))})",
    }
    groups = "|".join(f"(?P<{form}>{pattern})" for form, pattern in forms.items())
    return re.compile(rf"(?i)(?<![\w£.,/–-])(?:{groups})(?![\w%/–]|[.,]\d|-\d)")


_DURATIONS = [f"{unit}s?" for unit in ("minute", "hour", "day", "week", "month", "year", "term")]
_MONTH_YEAR = rf"(?:\d{{1,2}} )?(?:{_MONTHS.replace(' ', '|')}|spring|summer|autumn|winter) \d{{4}}"
_SCHOOL_YEAR = r"(?:19|20)\d\d[/–-]\d\d(?:\d\d)?"
_DATE = (
    rf"(?:{_MONTH_YEAR}|{_SCHOOL_YEAR}(?: (?:and|to) {_SCHOOL_YEAR})?"
    rf"|(?:{_MONTHS.replace(' ', '|')}) \d\d(?!\d)|(?:(?<=in )|(?<=since )|(?<=from )|(?<=by )"
    r"|(?<=until )|(?<=between )|(?<=and )|(?<=and in ))(?:19|20)\d\d(?!\d))"
)


def _either(words: Sequence[str]) -> str:
    return "(?:" + "|".join(sorted((w.replace(" ", "[ -]") for w in words), key=len, reverse=True)) + ")"


def _quantifiers(vocabulary: Vocabulary) -> list[str]:
    words = [*vocabulary.quantifiers, *_WHOLE, *RESIDUAL, "both"]
    return [each for each in words if each not in TENDENCIES]


def _about(text: str, end: int) -> tuple[str, str]:
    """The words after a phrase that say whom it counts, and a base that is printed among them."""
    after = text[end : end + 90]
    stop = _ENDS.search(after)
    found = _OF_WHOM.fullmatch(after[: stop.start()] if stop else after)
    if found is None:
        return "", ""
    words = " ".join(found["words"].split(" ")[:6])
    return words.strip(), found["n"] or ""


def _reads(phrase: Phrase, vocabulary: Vocabulary) -> bool:
    try:
        read(phrase.reported, phrase.form, vocabulary=vocabulary)
    except ReadingError:
        return False
    return True


def _counts_something(phrase: Phrase, text: str) -> bool:
    """Whether a phrase counts or shares out, and does not name, address or compare."""
    before, after = text[: phrase.start], text[phrase.end :]
    if phrase.form == "count":
        return not _is_name(phrase.reported, before, after)
    return phrase.form != "words" or _says_how_many(phrase.reported.lower(), before, after)


def _is_name(reported: str, before: str, after: str) -> bool:
    """Years, ages, stages, telephone and page numbers, and "one" that stands for a thing."""
    bare = reported.isdigit()
    if reported.lower() in ("one", "zero") or (bare and reported[0] == "0"):
        return True
    if bare and (_NAMES.search(before) or 1900 <= int(reported[:5]) < 2100 or len(reported) > 7):
        return True
    if bare and (_DIALLED.search(before) or _DIALLED_ON.match(after)):
        return True
    if bare and len(reported) < 3 and (_AGES_AFTER.match(after) or _AGES_BEFORE.search(before)):
        return True
    return after.startswith("-") or (not before.strip() and after.startswith("."))


def _says_how_many(words: str, before: str, after: str) -> bool:
    """Whether a quantifier is said of somebody, and not of the most able, of others, in all."""
    words = words.removeprefix("only ")
    if words in ("most", "many", "few") and _THE.search(before):
        return False
    told_of = words in (*_WHOLE, *RESIDUAL, "some", "at least some", "others", "both", "minority")
    return not (told_of and _OBJECT.search(before))


def _ranks(passage: Passage) -> Iterator[Phrase]:
    """Entries of a list that is said to be in an order, by their places in it."""
    if not passage.bullets or not _IN_ORDER.search(passage.text[: _first_bullet(passage)]):
        return
    end = 0
    for place, bullet in enumerate(passage.bullets, start=1):
        start = passage.text.index(bullet, end)
        end = start + len(bullet)
        words = " ".join(bullet.split(" ")[:6])
        yield Phrase(start, start + len(words), str(place), "rank", words, "")


def _first_bullet(passage: Passage) -> int:
    return passage.text.index(passage.bullets[0])
