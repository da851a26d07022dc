"""Figure phrases of a text: what the grammar of wordings reads, where it stands, to the letter."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from careersurvey.evidence.printed.dates import BEFORE_YEARS, DATE_IN_TEXT, DATE_WORDS
from careersurvey.evidence.printed.numerals import (
    AFTER_ARTICLES,
    NUMBER_WORDS,
    Words,
    begins,
    split,
)
from careersurvey.evidence.printed.passages import Passage
from careersurvey.evidence.printed.vocabulary import Vocabulary
from careersurvey.evidence.printed.wordings import Reading, figures

#: Forms that are so many of somebody.
OF_A_BASE = ("count", "percent", "fraction", "words", "count_percent")
_FORMS = {
    **{"number": "count", "except": "count", "decimal": "number", "money": "money"},
    **{"percent": "percent", "fraction": "fraction"},
}
# What is not read: quotations, square brackets, addresses, telephone numbers, "(1)", "t(46)",
# "χ (1, N = 312)".
_UNREAD = re.compile(
    r"'(?<=(?<!\w)')[^']{3,300}'(?!\w)|\"[^\"]{3,300}\"(?!\w)|“[^”]{3,300}”(?!\w)"
    r"|\[[^\[\]]+\](?!\()|https?://[^\s)]+|www\.[^\s)]+"
    r"|\+\d[\d ()-]{7,}\d|\((?:\d|\d{3}(?=\) \d{3}-)|\d{5,}|\d+, n ?= ?\d+|(?<=\b\w\()[\d, ]+)\)"
)
_TIME = "(?:(?:minute|min|hour|day|week|month|year|term)s?|times)"
_LASTS = re.compile(
    rf"(?:[ -](?:{_TIME}|percentage points?)(?![- ]old)|-points?(?! scale| likert)| ?ppt?s?)\b"
    rf"(?: an? {_TIME})?"
    # A percentage whose sign stands behind a later one: "45 and 41 per cent".
    r"|(?<=\d)(?<!\d{3})(?=(?:, [\d.]+)*,? (?:and|or|to) [\d.]+ ?(?:%|per ?cent))"
)
# A column headed "n (%)" leaves out the sign.
_PERCENTAGE = re.compile(r" [(\[](?:[<.]?\d[\d.,]* ?(?:%|per ?cent)|\d\d?\.\d)[)\]]")
# What are two figures: "178 out of 287", but not "9 out of 10"; "12 in 2018"; a sum; "50/50". An
# age: "16 or under". A fraction with whom it is of within: "three teachers in five schools".
_IS_NONE = re.compile(
    r"[\w,]+ out of (?!100?\b)[\d,]*\d\d|.* (?:in (?:19|20)\d\d|\+|or over|or under)|(\d+)/\1"
)
_COINS = "$€¥₹"
_YEAR = re.compile("(?:19|20)[0-9]{2}")
_NAMED = re.compile(r" (?:[a-z]+s|people|person|child(?:ren)?|(?:wo)?m[ae]n) (?:in|out of) ")
# What goes on with a figure, so that none begins or ends there, but for a footnote's mark behind
# "43%12" or "in ten3"; what it is not a figure of.
_GOES_ON = re.compile(
    r"(?!(?<=[a-z%])\d{1,3}(?![\w%])|(?<=\.\d)/\d)[\w%/–−]|[.,:]\d|-\w| (?:%|per ?cent|or minus)"
)
# So many over how many they are: "130/232"; "9/10" is a fraction.
_OVER = re.compile(r"\d[\d,]*/((?!100?\b)\d[\d,]*\d)")
_NO_FIGURE_OF = re.compile(
    rf" ?=|[ -](?:{_TIME}|scale|likert|ci|sd|confidence|form|olds?)\b"
    r"| (?:or|and) (?:over|under|older|younger)\b"
    r"|(?:(?<=%)|(?<=cent)) (?:level|power|significan)| (?:c\.f\.r|u\.s\.c|stat\.)| of the time\b"
)
# Words that pass a figure over: `names` a number behind them, `often` where they tell how often,
# which may stand behind "too", "not" and "very", `things` always, `any` behind `prepositions`,
# and `degrees` behind "most".
_PASSED_OVER = {
    name: frozenset(words.split(", "))
    for name, _, words in (
        line.partition(": ")
        for line in Path(__file__).with_name("passed_over.txt").read_text("utf-8").splitlines()
    )
}
_LISTING = (",", "and", "or", "to", "", "–")  # a hyphen alone is no word
# What tells by how much something is another than it was, or than something else is.
_CHANGE = re.compile(
    r"\b(?:ris[ei]|rose|increas|f[ae]ll|decreas|declin|drop|gr[eo]w|reduc|improv|down"
    r"|(?<!ma[dk]e )up)[a-z]*(?: of| by)? ‹"
    r"|› (?:(?:more|less)(?! than (?:on|tw))|fewer|higher|lower|greater|increase"
    r"|as (?:many|much|likely))\b"
    r"|\ban? ‹› (?:rise|fall|drop|decrease|reduction|decline|growth|gain|improvement)\b"
)
_IN_ORDER = re.compile(rf"\border\b|\brank|\bmost (?:valued|{'|'.join(_PASSED_OVER['degrees'])})")
# Whom a figure is of: a printed base, and the words up to the first plural, before any verb.
_OF = re.compile(
    r"\d*(?: \([^)]*\))?(?:(?: ?out)? ?(?:of|among)\b|(?= the\b))"
    r"(?: (?:the|these|those|its|their|all)\b)*"
)
_OPENS = re.compile(r"(?:^|[,;] (?:and |but |while )?)(?=(?:out )?(?:of|among) )")
_OF_SOME = re.compile(r" of (?:whom|which|them|these|those)\b")
_NOT_ALL = re.compile(r"(?: [a-z-]+){1,3} and \d[\d,.]*+(?!%| per ?cent| of\b| \()| to \d")
# No noun stands behind these, so that a plural there is of something else.
_ENDS = (
    "who|that|which|vs|and|or|than|as|when|were|was|are|is|ha[sd]|have|did|do|does|to|in|on|at|for|with"
    r"|from|by|this|its|less|\w+ed|percentage|yes|requires"
)
_WHOM = re.compile(
    rf"\d*(?: \([^)]*\))?((?: \[?(?!(?:{_ENDS})\b)[a-z-]+){{1,4}}?)"
    r"\b(?:(?<= people)|(?<= children)|(?<= women)|(?<= men)|(?<= staff)|(?<=[a-rtv-z]s)(?<! nhs))"
)
_CLAUSE_ENDS = re.compile(r"\]|[.;:()|] |[.;:]$")


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
    text, lower = passage.text, passage.text.lower()
    lower = lower if len(lower) == len(text) else text
    said = _UNREAD.sub(lambda found: "\3" * len(found[0]), lower)
    for coin in _COINS:
        said = said.replace(coin, "£")
    words = split(said)  # letter for letter
    phrases, end, openings = list(_ranks(passage)), 0, _openings(vocabulary)
    begun = (n for n, word in enumerate(words.said) if word in openings or word[:1].isdecimal())
    for at in begun:
        start, seconds = words.starts[at], openings.get(words.said[at], ("",))
        if start < end or not ("" in seconds or words.said[at + 1] in seconds):
            continue
        glued = text[start - 1].isalnum() and words.said[at] != "£"
        if start and (glued or text[start - 1] in "_£$€+.,:/–−-%)±"):
            continue
        if found := _figure_at(words, at, vocabulary):
            form, end, reading = found
            if form == "money" and "£" not in text[start:end]:
                form = "text"
            about = _about(words, start, end, form, lower, vocabulary)
            phrases.append(Phrase(start, end, text[start:end], form, reading, *about))
    return sorted(phrases)


@lru_cache(maxsize=4)
def _openings(vocabulary: Vocabulary) -> Mapping[str, set[str]]:
    """Words that a phrase may begin with, each with those that must follow; "" where none must."""
    openings = defaultdict(set)
    wordings = {*vocabulary.wordings} - _PASSED_OVER["things"]
    for words in (*wordings, *AFTER_ARTICLES, *NUMBER_WORDS, *DATE_WORDS, "£", "between"):
        first, second = (*words.split(" "), "")[:2]
        openings[first].add(second)
    return openings


def _figure_at(words: Words, at: int, by: Vocabulary) -> tuple[str, int, Reading] | None:
    """Form, end and meaning of the longest figure that begins at a word."""
    text, start, said = words.text, words.starts[at], words.said
    in_figures = said[at][0].isdecimal()
    if in_figures or said[at] in DATE_WORDS or said[at] == "between":
        date = DATE_IN_TEXT.match(text, start)
        alone = date and date["year"] and in_figures and said[at - 1] not in BEFORE_YEARS
        if date and not alone and not _GOES_ON.match(text, date.end()):
            return "date", date.end(), Reading("month")
    if _is_named(said, at):
        return None
    is_base = said[at - 1] == "of" or said[at - 2 : at] == ["of", "the"]  # "15 of 60 (25%)"
    for reading, after in figures(said, at, by):
        end, form = words.end(after), _FORMS.get(reading.kind, "words")
        form = "count" if _OVER.fullmatch(text, start, end) else form
        lasting = form in ("count", "number", "words") and reading.kind != "whole"
        if lasting and said[at] != "over" and (lasts := _LASTS.match(text, end)):
            return "text", lasts.end(), Reading("text")  # but "over three years" is during
        if form == "count" and not is_base and (percentage := _PERCENTAGE.match(text, end)):
            return "count_percent", percentage.end(), reading
        if _GOES_ON.match(text, end) or _NO_FIGURE_OF.match(text, end) or reading.is_impossible:
            continue
        if _IS_NONE.fullmatch(text, start, end) or _is_none(said, at, after, reading.kind):
            continue
        if form in ("words", "count") and _counts_nobody(said, at, after, reading.kind):
            continue
        if form == "fraction" and _NAMED.search(text, start, end) and _WHOM.match(text, end):
            continue
        if form in ("percent", "fraction") and _CHANGE.search(
            f"{text[max(start - 24, 0) : start]}‹›{text[end : end + 14]}"
        ):
            return "text", end, Reading("text")
        return form, end, reading
    return None


def _is_none(said: list[str], at: int, after: int, kind: str) -> bool:
    """Whether words are two figures, or a part of one, or number what follows."""
    if said[at] == "all":
        return kind == "number"
    if said[at] == "every":
        return said[after] in ("other", "second", "third", "fourth", "fifth")
    if said[at] == "each":
        return not said[after][:1].isalpha()
    if kind == "residual":
        return begins(said, after)
    if said[at - 1] == "from" and "to" in said[at:after]:
        return True
    sentence = said[at][0].isdecimal() and (at == 0 or said[at - 1] in (".", "!", "?", ":"))
    item = kind == "number" and said[after] == "." and said[after + 1].isalpha()
    section = kind == "decimal" and said[at - 1] != ":" and said[after].isalpha()
    dated = said[after] in DATE_WORDS and said[after + 1].isdecimal()
    return dated or (sentence and (item or section))


def _is_named(said: list[str], at: int) -> bool:
    """Whether a number is a name, a code, a rate, a year, or what a word is said to be."""
    first, last, percent = at, said[at - 1], said[at + 1] in ("%", "per", "percent")
    if not said[at][0].isdecimal():
        return last in ("aged", "add", "adds", "every", "=")
    while not percent and (said[first - 1] in _LISTING or said[first - 1][:1].isdecimal()):
        first -= 1
    first = first if said[first][:1].isdecimal() else at
    three, two, last = (said[first - n] for n in (3, 2, 1))  # what is before the text is no word
    if "=" in (last, two):
        return "n" not in (three, two)
    if (said[first][:1] == "0" and said[first][1:2].isdecimal()) or _YEAR.fullmatch(said[at]):
        return True
    if (two, last) == ("out", "of") and "." in three:
        return True
    names = {last, last.removesuffix("s"), f"{two} {last}"} & _PASSED_OVER["names"]
    return bool(names) and two not in ("mean", "average")


def _counts_nobody(said: list[str], at: int, after: int, kind: str) -> bool:
    """Whether words count nobody: how often, as the most able, how many, for all students."""
    two, last, by = said[at - 2], said[at - 1], _PASSED_OVER
    at += said[at] in ("only", "just")
    words = " ".join(said[at:after])
    if words in by["things"] or (last in ("as", "how", "so") and words in ("many", "few")):
        return True
    if said[at] in ("too", "not", "very"):
        return said[after - 1] in by["often"]
    if words in ("most", "few"):
        return last == "at" or "the" in (last, two) or said[after] in by["degrees"]
    of_them = said[after] == "the" or said[after : after + 2] == ["of", "the"]
    anybody = kind in ("whole", "residual", "pair") or words in by["any"]
    return last in by["prepositions"] and anybody and not of_them


def _about(
    words: Words, start: int, end: int, form: str, lower: str, by: Vocabulary
) -> tuple[str, str, str]:
    """Whom a phrase counts, a base printed with it, and the words that follow it."""
    behind = lower[end : end + 90].lstrip("0123456789").replace("[", "")
    says = _CLAUSE_ENDS.split(behind, maxsplit=1)[0].strip()
    whom, base = _of_whom(words, end, lower, by)
    if over := form in OF_A_BASE and _OVER.match(lower, start):
        base = over[1].replace(",", "")
    if form in OF_A_BASE and not (whom or base):
        # A base begins the clause: "Of the 41 schools that replied, 36 held one".
        *opens, clause = _OPENS.split(lower[:start].rpartition(". ")[2])
        begun = start - len(clause)
        if opens and "," in clause and not _OF_SOME.search(lower, max(begun - 1, 0), end + 9):
            whom, base = _of_whom(words, begun, lower, by)
    return whom, base, says


def _of_whom(words: Words, end: int, lower: str, by: Vocabulary) -> tuple[str, str]:
    """Whom what ends at a letter is of, and how many these are where that is printed."""
    base, of = "", _OF.match(lower, end)
    if of:
        end = of.end()
        at = bisect_left(words.starts, end)
        found = _figure_at(words, at, by) if begins(words.said, at) else None
        if found and found[0] == "count" and found[2].kind == "number" and found[2].precise:
            base, end = str(found[2].point), found[1]
            base = "" if _NOT_ALL.match(lower, end) else base
    whom = _WHOM.match(lower, end)
    return whom[1].replace("[", "").strip() if whom else "", base


def _ranks(passage: Passage) -> Iterator[Phrase]:
    """Entries of a list that is said to be in an order, by their places in it."""
    lead = passage.text.split(passage.bullets[0], maxsplit=1)[0] if passage.bullets else ""
    ordered = lead.endswith(": • ") and _IN_ORDER.search(lead.lower().rpartition(". ")[2])
    end = 0
    for place, bullet in enumerate(passage.bullets if ordered else (), start=1):
        start = passage.text.index(bullet, end)
        end = start + len(bullet)
        words = " ".join(bullet.split(" ")[:6])
        reading = Reading("position", count_low=place, count_high=place)
        yield Phrase(start, start + len(words), str(place), "rank", reading, says=words)
