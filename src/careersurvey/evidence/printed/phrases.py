"""Figure phrases of a text: what the grammar of wordings reads, where it stands, to the letter."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from careersurvey.evidence.printed.dates import DATE_IN_TEXT, DATE_WORDS
from careersurvey.evidence.printed.numerals import AFTER_ARTICLES, NUMBER_WORDS, Words, split
from careersurvey.evidence.printed.passages import Passage
from careersurvey.evidence.printed.vocabulary import RESIDUAL, WHOLE, Vocabulary
from careersurvey.evidence.printed.wordings import Reading, figures

_FORMS = {
    **{"number": "count", "except": "count", "decimal": "number", "money": "money"},
    **{"percent": "percent", "fraction": "fraction"},
}
_QUOTED = re.compile(
    r"['\"“](?:(?<=(?<!\w)')[^']{3,300}'|(?<=\")[^\"]{3,300}\"|(?<=“)[^”]{3,300}”)(?!\w)"
)
_TIME = "(?:(?:min(?:ute)?|hour|day|week|month|year|term)s?|times)"
#: Forms that are so many of somebody.
OF_A_BASE = ("count", "percent", "fraction", "words", "count_percent")
_LASTING = ("number", "decimal", "quantifier")
_LASTS = re.compile(
    r"(?:(?:, \w+)*,? or(?: even)? \w+)?"
    rf"(?:[ -](?:{_TIME}|percentage points?)|-points?| ?ppt?s?)\b(?: an? {_TIME})?"
)
# What tells by how much something is another than it was, or than something else is.
_CHANGE = re.compile(
    r"\b(?:ris(?:e|en|es|ing)|rose|increas\w+|f[ae]ll(?:en|s|ing)?|de(?:creas|clin)\w+|drop\w*"
    r"|gr[eo]w\w*|reduc\w+|(?<!ma[dk]e )up|down|improv\w+)(?: of| by)? ‹"
    r"|› (?:more|fewer|less|higher|lower|greater|increase|reduction|as (?:many|much|likely))\b"
)
# A fraction that has whom it is of within: "nine pupils in ten".
_NAMED = re.compile(r" ([a-z]+s|people|children|women|men) (?:in|out of) (?:every )?\S+$")
# A column headed "n (%)" leaves out the sign.
_PERCENTAGE = re.compile(r" [(\[](?:\d[\d.,]* ?%|\d\d?\.\d)[)\]]")
# What goes on with a figure, so that none begins or ends there.
_GOES_ON = re.compile(r"[\w%/–]|[.,:]\d|-\d")
_BEGUN = "_£$€+.,:/–-"
_NAMES = (
    r"years?|(?:key )?stages?|levels?|pages?|pp?\.?|(?<!mean )(?<!average )ages?(?: of)?|aged"
    r"|chapters?|tables?|figures?|sections?|para(?:graph)?s?|qq?|annex|appendix|part|post|pre"
    r"|grades?|no[.:]?|phase|wave|questions?|ratio(?: of)?|box|isbn|tel[.:]?|scales?(?: of| from)"
    r"|act|benchmark|s[de]|nearest|turn|per|p ?[<>]|ci|add to"
)
_OFTEN = (
    r"(?:too |not |very )*(?:often|frequently|always|little|much|sufficiently|insufficient(?:ly)?)"
    r"|(?:gener|typic|usu|norm|occasion)ally|commonly|mainly|largely|sometimes|never|in general"
    r"|for the most part|no|various|neither|a lot|nobody|no one|everyone"
)
_OF_NOBODY = "|".join((*WHOLE, *RESIDUAL, "(?:at least )?some", "others", "both", "minority"))
# What is no figure after the words before it: what defines or names it, or a part of a range;
# a quantifier of nobody, as the most able or of all; the number of a paragraph or of a note.
_NONE_AFTER = re.compile(
    r"=(?<!\bn=)(?<!\bn =) ?(?:[a-z]+ )?‹|\b(?:[a-z]\d? ?\([\d, ]*‹|from ‹[^›]*\d[^\d›]* to "
    rf"|(?:{_NAMES})[ -]?(?:\d+(?:,| and| or| to|–|-)+ ?)*‹(?:[<=] )?[\d.]"
    r"|(?:every|aged|aged \w+) ‹|\d\d? ?(?:to|–|-) ?‹[\d.]{1,2}›|0\d+[\d ]*‹"
    r"|(?:at|the(?: \w+)?) ‹(?:only )?(?:most|few)›|(?:as|how|so) ‹(?:many|few)"
    r"|(?:ensur\w+|sure) that ‹|(?:to|for|of|from|with|in|on|by|than|at|about|into|between|the|and"
    rf"|as|across|among) ‹(?:only )?(?:{_OF_NOBODY})›(?!(?: of)? the\b))"
    r"|^[ -]*‹[\d.]+›\.|(?:^|[.!?] )‹\d{1,2}\.\d{1,2}› |\(‹(?:\d|\d{5,})›\)"
    r"|\[(?:[a-z]+ )?[\d., –-]*‹[\d.,]+›"
)
# What is none by itself, or by what stands behind it: "one" that is a thing, a year, a code, how
# often, two figures; the rest that is counted; a statistic, an age, a time, a day of a month.
_NONE = re.compile(
    rf"‹(?:(?:(?:(?:at least )?one(?: or more|-to-one)?|(?:19|20)\d\d|[\d.]{{8,}}|0\d[\d.]*"
    rf"|{_OFTEN}|(?:11|16)(?: to |–|-)1[689]|(?P<n>\d+)/(?P=n))›|all (?!except|but|bar)\w"
    r"|\w+ out of (?!100?\b)\d\d|a total of|a mere|n ?=|number|proportion"
    r"|\d\d?›? (?:or|and) (?:over|under)|[\d.]{1,2}› ?(?:to|–|-|and) ?\d\d?\b"
    r"|the (?:other|remaining)› (?:\d|half|one|two|three|four|five|six|seven|eight|nine|ten))"
    r"|[^›]*(?:› ?=|%› (?:significan|level|power)|› sd\b|in (?:19|20)\d\d›| \+›"
    rf"|-point›? (?:scale|likert)|›(?:-|[- ]?(?:years?[- ])?olds?\b|[ -]{_TIME}\b"
    r"| (?:ci|confidence|form)\b"
    r"| (?:jan|feb|march|april|may \d|june|july|aug|sep|oct|nov|dec))))"
)
_IN_ORDER = re.compile(
    r"\border\b|\brank|\bmost (?:common|often|frequent|popular|valued|important|useful)"
)
# Whom a figure is of: a printed base, and the words up to the first plural, before any verb.
_OF = re.compile(r"(?: \([^)]*\))?(?P<of>(?: out)? of\b(?: (?:the|these|those|its|their|all)\b)*)?")
# What a base stands behind that a sentence begins with: "Of the 41 schools that replied, 36 ...".
_OPENS = re.compile(r"(?:^|[.!?] )of (?:(?:the|these|those|its|our|all) )*$")
# No noun stands behind these, so that a plural there is of something else.
_ENDS = (
    "who|that|which|and|or|than|as|when|were|was|are|is|ha[sd]|have|did|do|does|could|would|should"
    r"|to|in|on|at|for|with|from|by|this|its|less|\w+ed|said|felt|thought|told|found|gave|percentage"
)
_WHOM = re.compile(
    rf"(?: (?!(?:{_ENDS})\b)[a-z-]+){{1,4}}?"
    r"\b(?:(?<= people)|(?<= children)|(?<= women)|(?<= men)|(?<= staff)|(?<=[a-rtv-z]s))"
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
        if start and (text[start - 1].isalnum() or text[start - 1] in _BEGUN):
            continue
        for form, stop, reading in _figures_at(words, at, vocabulary):
            before = said[max(start - 24, 0) : start]
            told = f"{before}‹{said[start:stop]}›{said[stop : stop + 12]}"
            if form != "date" and (_NONE.match(told, len(before)) or _NONE_AFTER.search(told)):
                continue
            if form in ("percent", "fraction") and _CHANGE.search(told):
                form, reading = "text", Reading("text")
            elif form == "money" and "£" not in text[start:stop]:
                form = "text"
            about = _about(said[stop : stop + 90], vocabulary)
            if form == "fraction" and (named := _NAMED.search(said, start, stop)):
                about = named[1], *about[1:]
            phrases.append(Phrase(start, stop, text[start:stop], form, reading, *about))
            end = stop
            break
    return list(_with_bases(sorted(phrases), said))


def _with_bases(phrases: list[Phrase], said: str) -> Iterator[Phrase]:
    """Give a base that a sentence begins with to what it says of it: "Of the 41, 36 held one"."""
    end, whom, base_n = 0, "", ""
    for phrase in phrases:
        alone = phrase.form in OF_A_BASE and not (phrase.whom or phrase.base_n)
        opens = phrase.form == "count" and phrase.reading.precise
        if opens and _OPENS.search(said, max(phrase.start - 24, 0), phrase.start):
            end = f"{said}. ".index(". ", phrase.end)
            whom, base_n = phrase.whom, str(phrase.reading.point)
        elif alone and phrase.start < end:
            phrase = phrase._replace(whom=whom, base_n=base_n)
        yield phrase


def _said(text: str) -> str:
    """The text in lower case, letter for letter, without quotations, in one coin."""
    lower = text.lower()
    said = lower if len(lower) == len(text) else text
    return _QUOTED.sub(lambda found: "\3" * len(found[0]), said).replace("$", "£").replace("€", "£")


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


def _figures_at(words: Words, at: int, by: Vocabulary) -> Iterator[tuple[str, int, Reading]]:
    """Form, end and meaning of every figure that begins at a word, the longest first."""
    text, start = words.text, words.starts[at]
    date = DATE_IN_TEXT.match(text, start)
    if date and not _GOES_ON.match(text, date.end()):
        yield "date", date.end(), Reading("month")
    for reading, after in figures(words.said, at, by):
        end, form = words.end(after), _FORMS.get(reading.kind, "words")
        ranged = reading.vague and reading.point is None
        lasting = reading.kind in _LASTING and (ranged or reading.precise)
        if lasting and (lasts := _LASTS.match(text, end)):
            yield "text", lasts.end(), Reading("text")
        if form == "count" and (percentage := _PERCENTAGE.match(text, end)):
            yield "count_percent", percentage.end(), reading
        if reading.impossible or _GOES_ON.match(text, end):
            continue
        if form == "count" and ranged and words.said[at] == "between":
            yield "number", end, reading
        elif form == "fraction" and _NAMED.search(text, start, end):
            # Whom it names within is not named behind: "three teachers in five schools" is none.
            yield from () if _about(text[end : end + 40], by)[0] else [(form, end, reading)]
        elif not (form == "count" and ranged) or _about(text[end : end + 40], by)[0]:
            yield form, end, reading


def _about(after: str, by: Vocabulary) -> tuple[str, str, str]:
    """Whom a phrase counts, a base printed with it, and what is said of them, by what follows."""
    of, base = _OF.match(after), ""
    end = of.end()
    if of["of"]:
        words = split(after[end:].lstrip())
        for reading, last in figures(words.said, 0, by)[:1]:
            if reading.kind == "number" and reading.precise:
                base, end = str(reading.point), len(after) - len(words.text) + words.end(last)
    whom = _WHOM.match(after, end)
    says = re.split(r"[.;:()|] |[.;:]$", after, maxsplit=1)[0]
    return whom[0].strip() if whom else "", base, says.strip()


def _ranks(passage: Passage) -> Iterator[Phrase]:
    """Entries of a list that is said to be in an order, by their places in it."""
    lead = passage.text.split(passage.bullets[0], maxsplit=1)[0] if passage.bullets else ""
    ordered = lead.endswith(": - ") and _IN_ORDER.search(lead.lower().rpartition(". ")[2])
    end = 0
    for place, bullet in enumerate(passage.bullets if ordered else (), start=1):
        start = passage.text.index(bullet, end)
        end = start + len(bullet)
        words = " ".join(bullet.split(" ")[:6])
        reading = Reading("position", count_low=place, count_high=place)
        yield Phrase(start, start + len(words), str(place), "rank", reading, says=words)
