"""Figure phrases of a text: what the grammar of wordings reads, where it stands, to the letter."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from careersurvey.evidence.printed.dates import DATE_IN_TEXT, DATE_WORDS
from careersurvey.evidence.printed.numerals import AFTER_ARTICLES, NUMBER_WORDS, Words, split
from careersurvey.evidence.printed.passages import Passage
from careersurvey.evidence.printed.vocabulary import Vocabulary
from careersurvey.evidence.printed.wordings import Reading, figures

#: Forms that are so many of somebody.
OF_A_BASE = ("count", "percent", "fraction", "words", "count_percent")
_FORMS = {
    **{"number": "count", "except": "count", "decimal": "number", "money": "money"},
    **{"percent": "percent", "fraction": "fraction"},
}
# What is not read: quotations, square brackets, addresses, the numbers of a list, "t(46)".
_UNREAD = re.compile(
    r"'(?<=(?<!\w)')[^']{3,300}'(?!\w)|\"[^\"]{3,300}\"(?!\w)|“[^”]{3,300}”(?!\w)"
    r"|\[[^\[\]]+\](?!\()|(?:https?://|www\.)[^\s)]+"
    r"|\((?:\d|\d{5,}|[\d.]+, [\d., ]+|\d+, n ?= ?\d+|(?<=\b\w\()\d+)\)"
)
_TIME = "(?:(?:min(?:ute)?|hour|day|week|month|year|term)s?|times)"
_LASTS = re.compile(
    rf"(?:[ -](?:{_TIME}|percentage points?)(?![- ]old)|-points?(?! scale| likert)| ?ppt?s?)\b"
    rf"(?: an? {_TIME})?"
)
_LASTING = ("number", "decimal", "quantifier")
# A column headed "n (%)" leaves out the sign.
_PERCENTAGE = re.compile(r" [(\[](?:\d[\d.,]* ?%|\d\d?\.\d)[)\]]")
# A fraction with whom it is of within, who are not named behind: "three teachers in five schools".
_NAMED = re.compile(r" (?:[a-z]+s|people|person|child(?:ren)?|(?:wo)?m[ae]n) (?:in|out of) ")
# What goes on with a figure, so that none begins or ends there.
_GOES_ON = re.compile(r"[\w%/–−]|[.,:]\d|-\w| (?:%|per ?cent)")
_BEGUN = "_£$€+.,:/–−-"
# Words that pass a figure over: that a number behind them only names; of how often, which may stand
# behind "too", "not" and "very"; for a thing or no number; for nobody, behind a preposition.
_PASSED_OVER = {
    name: frozenset(words.split(", "))
    for name, _, words in (
        line.partition(": ")
        for line in Path(__file__).with_name("passed_over.txt").read_text("utf-8").splitlines()
    )
}
_LISTING = (",", "and", "or", "to", "", "–")  # a hyphen alone is no word
# What is none by what it is in, two figures, half of "from 2% to 4%", the number of a paragraph or
# of an item, or by what stands behind it: a number of the rest, a statistic, an age, a time, a law.
_NONE = re.compile(
    r"‹(?:(?:(\d+)/\1|[\w,]+ out of (?!100?\b)[\d,]*\d\d"
    r"|[^›]* (?:in (?:19|20)\d\d|or over|or under|\+))›"
    r"|a total of|a mere|n ?=|number|proportion|all (?!except|but|bar)\w"
    r"|the (?:other|remaining)› (?:\d|(?:half|one|two|three|four|five|six|seven|eight|nine|ten)\b)"
    r"|[^›]*(?:(?:%|cent)› (?:level|power|significan)|› (?:=|c\.f\.r|u\.s\.c)|›="
    r"|every› (?:other|second|third|fourth|fifth)\b|each›(?! \w)|› of the time\b"
    rf"|›[ -]?(?:scale|likert|ci|sd|confidence|form|olds?|{_TIME}|(?:or|and) (?:over|under))\b))"
    r"|(?<=from )‹[^›]*\d[^\d›]* to "
    r"|(?:\A|(?<=[.!?:] ))‹(?:\d{1,2}\.\d{1,2}› (?!\x03)|\d{1,3}›\. )"
)
# What tells by how much something is another than it was, or than something else is.
_CHANGE = re.compile(
    r"\b(?:ris(?:e|en|es|ing)|rose|increas\w+|f[ae]ll(?:en|s|ing)?|de(?:creas|clin)\w+|drop\w*"
    r"|gr[eo]w\w*|reduc\w+|(?<!ma[dk]e )up|down|improv\w+)(?: of| by)? ‹"
    r"|› (?:(?:more|less)(?! than (?:on|tw))|fewer|higher|lower|greater|increase|reduction"
    r"|as (?:many|much|likely))\b"
)
# Who are some of those that begin the sentence, so that its base is not theirs.
_OF_SOME = re.compile(r" of (?:whom|which|them|these|those)\b[^‹]*‹|‹ of (?:them|these|those)\b")
_IN_ORDER = re.compile(
    r"\border\b|\brank|\bmost (?:common|often|frequent|popular|valued|important|useful)"
)
# Whom a figure is of: a printed base, and the words up to the first plural, before any verb.
_OF = re.compile(r"(?: \([^)]*\))?(?P<of>(?: out)? of\b(?: (?:the|these|those|its|their|all)\b)*)?")
# A base that is none, or not the whole one: an age, another's, "12 girls and 14 boys".
_NO_BASE = re.compile(
    r"[\w,]+(?:(?: million)?-strong\b|(?: to \d+)?[- ]year[- ]olds?\b"
    r"| [a-z]+'s?\b|(?: [a-z-]+){1,3} and \d[\d,]*(?! of\b| \())"
)
# No noun stands behind these, so that a plural there is of something else.
_ENDS = (
    "who|that|which|vs|and|or|than|as|when|were|was|are|is|ha[sd]|have|did|do|does|to|in|on|at|for|with"
    r"|from|by|this|its|less|\w+ed|percentage"
)
_WHOM = re.compile(
    rf"(?: (?!(?:{_ENDS})\b)[a-z-]+){{1,4}}?"
    r"\b(?:(?<= people)|(?<= children)|(?<= women)|(?<= men)|(?<= staff)|(?<=[a-rtv-z]s)(?<! nhs))"
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
        glued = start and text[start - 1].isalnum() and words.said[at] != "£"
        if glued or (start and text[start - 1] in _BEGUN):
            continue
        if found := _figure_at(words, at, vocabulary):
            form, end, reading = found
            if form == "money" and "£" not in text[start:end]:
                form = "text"
            about = _about(text[end : end + 90].lower().replace("[", ""), vocabulary)
            sentence = said[:start].rpartition(". ")[2]
            led = sentence.startswith("of ") and not _OF_SOME.search(f"{sentence}‹{said[end:]}")
            if form in OF_A_BASE and not any(about[:2]) and led:
                # A base begins the sentence: "Of the 41 schools that replied, 36 held one".
                about = *_about(f" {sentence}", vocabulary)[:2], about[2]
            phrases.append(Phrase(start, end, text[start:end], form, reading, *about))
    return sorted(phrases)


def _said(text: str) -> str:
    """The text in lower case, letter for letter, without what is not read, in one coin."""
    lower = text.lower()
    said = lower if len(lower) == len(text) else text
    for coin in "$€¥₹":
        said = said.replace(coin, "£")
    return _UNREAD.sub(lambda found: "\3" * len(found[0]), said)


@lru_cache(maxsize=4)
def _openings(vocabulary: Vocabulary) -> Mapping[str, set[str]]:
    """Words that a phrase may begin with, each with those that must follow; "" where none must."""
    openings = defaultdict(set)
    for lexicon in (vocabulary.before, vocabulary.alone, vocabulary.shares):
        for wording, _ in chain.from_iterable(lexicon.values()):
            openings[wording[0]].add((*wording, "")[1])
    for words in (*AFTER_ARTICLES, *NUMBER_WORDS, *DATE_WORDS, "£", "between"):
        first, _, second = words.partition(" ")
        openings[first].add(second)
    return openings


def _figure_at(words: Words, at: int, by: Vocabulary) -> tuple[str, int, Reading] | None:
    """Form, end and meaning of the longest figure that begins at a word."""
    text, start, said = words.text, words.starts[at], words.said
    dated = said[at] in DATE_WORDS or said[at][0].isdecimal() or said[at] == "between"
    date = DATE_IN_TEXT.match(text, start) if dated else None
    if date and not _GOES_ON.match(text, date.end()):
        return "date", date.end(), Reading("month")
    if _is_named(said, at):
        return None
    before = text[max(start - 24, 0) : start]
    for reading, after in figures(said, at, by):
        end, form = words.end(after), _FORMS.get(reading.kind, "words")
        told = f"{before}‹{text[start:end]}›{text[end : end + 14]}"
        lasting = reading.kind in _LASTING and said[at] != "over"  # "over three years" is during
        if lasting and (lasts := _LASTS.match(text, end)):
            return "text", lasts.end(), Reading("text")
        is_base = said[at - 1] == "of" or said[at - 2 : at] == ["of", "the"]  # "15 of 60 (25%)"
        if form == "count" and not is_base and (percentage := _PERCENTAGE.match(text, end)):
            return "count_percent", percentage.end(), reading
        if _GOES_ON.match(text, end) or _NONE.match(told, len(before)):
            continue
        if form in ("words", "count") and _counts_nobody(said, at, after):
            continue
        if reading.is_impossible or (said[after] in DATE_WORDS and said[after + 1].isdecimal()):
            continue
        named = form == "fraction" and _NAMED.search(told, len(before))
        if named and _about(text[end : end + 40], by)[0]:
            continue
        if form in ("percent", "fraction") and _CHANGE.search(told):
            return "text", end, Reading("text")
        return form, end, reading
    return None


def _is_named(said: list[str], at: int) -> bool:
    """Whether a number is a name, a code, a rate, a year, or what a word is defined as."""
    first, word = at, said[at]
    while said[first - 1] in _LISTING or said[first - 1][:1].isdecimal():
        first -= 1
    first = first if said[first][:1].isdecimal() else at
    three, two, last = (said[first - n] for n in (3, 2, 1))  # what is before the text is no word
    if "=" in (last, two) and "n" not in (three, two):
        return True
    if word.isalpha():
        return last in ("every", "aged", "add", "adds", "sum", "sums")
    if re.match("0[0-9]", said[first]) or re.fullmatch("(?:19|20)[0-9]{2}", word):
        return True
    if (two, last) == ("out", "of") and "." in three:
        return True
    listed = first < at and said[at + 1] in ("%", "per", "percent")  # "in Wave 1 to 26%"
    names = {last, last.removesuffix("s"), f"{two} {last}"} & _PASSED_OVER["names"] or two == "aged"
    return bool(names) and not listed and two not in ("mean", "average")


def _counts_nobody(said: list[str], at: int, after: int) -> bool:
    """Whether words count nobody: how often, as the most able, how many, for all students."""
    two, last, by = said[at - 2], said[at - 1], _PASSED_OVER
    at += said[at] == "only"
    words = " ".join(said[at:after])
    if words in by["things"] or (last in ("as", "how", "so") and words in ("many", "few")):
        return True
    if said[at] in ("too", "not", "very"):
        return said[after - 1] in by["often"]
    if words in ("most", "few"):
        return last == "at" or "the" in (last, two)
    of_them = said[after] == "the" or said[after : after + 2] == ["of", "the"]
    return last in by["prepositions"] and words in by["nobody"] and not of_them


def _about(after: str, by: Vocabulary) -> tuple[str, str, str]:
    """Whom a phrase counts, a base printed with it, and what is said of them, by what follows."""
    of, base = _OF.match(after), ""
    end = of.end()
    if of["of"]:
        words = split(after[end:].lstrip())
        found = None if _NO_BASE.match(words.text) else _figure_at(words, 0, by)
        if (
            found
            and found[0] in ("count", "count_percent")
            and found[2].kind == "number"
            and found[2].precise
        ):
            base, end = str(found[2].point), len(after) - len(words.text) + found[1]
    whom = _WHOM.match(after, end)
    says = re.split(r"\]|[.;:()|] |[.;:]$", after, maxsplit=1)[0]
    return whom[0].strip() if whom else "", base, says.strip()


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
