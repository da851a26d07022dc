"""Numbers and fractions in a text of words, in figures and in words, as exact values.

A text is read from one of its words on: each function gives every value that begins there, with
the word after its last. So the same pieces read a phrase, to its end, and find one in a report.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from fractions import Fraction
from itertools import accumulate, takewhile
from typing import NamedTuple

_SCALES = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9}
#: What a number may be times, in words or, behind figures, in a letter or two: £1.5m.
SCALES = _SCALES | {"k": 10**3, "m": 10**6, "bn": 10**9}
_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: n for n, word in enumerate(_UNITS)}
_WORDS |= {word: 10 * n for n, word in enumerate(_TENS, start=2)}
_IRREGULAR = {
    **{"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth"},
    **{"nine": "ninth", "twelve": "twelfth"},
}
_CARDINALS = {
    _IRREGULAR.get(word, f"{word[:-1]}ieth" if word[-1] == "y" else f"{word}th"): word
    for word in (*_WORDS, "hundred", "thousand")
}
_PARTS = {"half": 2, "halve": 2, "quarter": 4, "hundredth": 100, "thousandth": 1_000}
_PARTS |= {part: _WORDS[word] for part, word in _CARDINALS.items() if _WORDS.get(word, 0) > 2}
_PARTS |= {f"{part}s": n for part, n in _PARTS.items()}
_SIGNED_PARTS = {
    sign: Fraction(*map(int, unicodedata.normalize("NFKC", sign).split("⁄")))
    for sign in "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
}
#: First words of a number or of a part in words.
NUMBER_WORDS = frozenset((*_WORDS, "half", *_SIGNED_PARTS))
#: A scale or a part behind "a" or "an".
AFTER_ARTICLES = frozenset(
    f"{article} {each}" for article in ("a", "an") for each in (*_SCALES, *_PARTS)
)

# A word, a number in figures, or a sign; with the spaces behind it.
_TOKEN = re.compile(
    r"(?s)(?:[a-z]++ |[^\W\d_]+(?:-(?=[^\W\d_]))?"
    r"|(?<!\w)(?:(?<![0-9]-)|(?<= ...-))[0-9]{1,3}(?: [0-9]{3})+(?![0-9])(?:[.,·][0-9]+)?"
    r"|[0-9]+(?:[.,·'][0-9]+)*|.) *"
)
# Words behind a number that lead to another, and name nobody.
_AND = ("and", "or", "to")
#: What a dash between two figures is as a word.
DASHES = ("", "–")
#: How many words that are none stand behind the last, so that the word after any is there.
PADDING = 4
# Thousands are marked by commas, spaces or apostrophes; in India by twos above the first three.
_FIGURES = re.compile(
    r"([0-9]{1,3}(?:([, '])[0-9]{3})?(?:\2[0-9]{3})*|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}"
    r"|[0-9]{1,15})(?:[.·]([0-9]{1,9})|,([0-9]{1,2}))?"
)
_LONGEST = 25

#: A number without an error: a fraction, or an integer where it is whole.
Exact = Fraction | int


class Words(NamedTuple):
    """A text in lower case as words, with where each begins; padded at its end."""

    text: str
    said: list[str]
    starts: list[int]

    def end(self, n: int) -> int:
        """Where the text before a word ends."""
        return self.starts[n - 1] + len(self.said[n - 1])


class Numeral(NamedTuple):
    """A number as it is printed."""

    value: Exact
    place: Exact  # the last printed place: 1/10 for 8.5, 1/2 for 8½, 100,000 for 1.5 million
    roundness: Exact  # what a hedge is measured in: 100 for 1,700, 50 for 1,650, 0 for 1,082


_Numbers = Iterable[tuple[Numeral, int]]
_Shares = Iterable[tuple[Exact, int]]


def split(text: str) -> Words:
    """Cut a text at its words; "fifty-five" is two, and "8-10%" is two numbers, dash and sign."""
    pieces = _TOKEN.findall(text.replace("-in-", " in "))
    words = [piece.rstrip(" -") for piece in pieces]
    return Words(text, [*words, *"\n" * PADDING], [0, *accumulate(map(len, pieces))])


def begins(words: list[str], at: int) -> bool:
    """Whether a number or a fraction may begin at a word."""
    word = words[at]
    if word in ("a", "an"):
        return f"{word} {words[at + 1]}" in AFTER_ARTICLES
    return word[:1].isdecimal() or word in NUMBER_WORDS


def values(words: list[str], at: int) -> tuple[_Numbers, _Shares]:
    """Every number and share ("two thirds", "1/5") that begins at a word; the word after it."""
    if not begins(words, at):
        return [], []
    wholes = list(_wholes(words, at))
    parts = list(_parts(words, at, wholes))
    numbers = [*wholes, *_with_parts(words, at, wholes), *_parts_of_scales(words, at, parts)]
    return numbers, [*parts, *_in_each(words, wholes)]


def whole_number(text: str) -> int | None:
    """Read a whole number in figures or words; None where the text is not one."""
    words = split(text).said
    found = (each.value for each, end in values(words, 0)[0] if end == len(words) - PADDING)
    value = next(found, None)
    return None if value is None or value.denominator > 1 else int(value)


def position(text: str) -> int | None:
    """Read a place in a ranked list: ``3``, ``3rd``, ``third``; None where the text is not one."""
    text = re.sub(r"(?<=\d)(st|nd|rd|th)$", "", text)
    number = re.sub("[a-z]+$", lambda last: _CARDINALS.get(last[0], last[0]), text)
    return whole_number(number) or None


def _wholes(words: list[str], at: int) -> _Numbers:
    """Numbers without a part: in words, or in figures with a scale behind them or not."""
    if not words[at][:1].isdecimal():
        yield from _in_words(words, at)
        return
    match = _FIGURES.fullmatch(words[at]) if len(words[at]) <= _LONGEST else None
    if match is None:
        return
    decimals = match[3] or match[4] or ""
    number, parts = int(re.sub(r"[^0-9]", "", match[1]) + decimals), 10 ** len(decimals)
    for times, end in _scaled(words, at + 1, SCALES):
        place = Fraction(times, parts) if decimals else times
        roundness = 0 if decimals else _roundness(number) * times
        least = place if decimals or end > at + 1 else 0
        yield Numeral(number * place, place, max(roundness, least)), end


def _scaled(words: list[str], end: int, scales: dict[str, int]) -> Iterable[tuple[int, int]]:
    """What a number is times: itself, and the scale behind it where there is one."""
    yield 1, end
    if words[end] in scales:
        yield scales[words[end]], end + 1


def _in_words(words: list[str], at: int) -> _Numbers:
    """Whole numbers in words, each a word longer: "two", "two hundred", "two hundred and five"."""
    total, part = 0, None
    for n in range(at, len(words)):
        article = n == at and words[n] in ("a", "an")
        word = "one" if article else words[n]
        if word == "and" and n > at:
            continue
        if word in _SCALES and part and word != "hundred":
            total, part = total + part * _SCALES[word], 0
        else:
            part = _continued(part, word)
        if part is None:
            return
        if not article:
            roundness = 12 if word == "dozen" else _roundness(total + part)
            place = _SCALES[word] if word in ("million", "billion") else 1
            yield Numeral(total + part, place, roundness), n + 1


def _continued(part: int | None, word: str) -> int | None:
    """A number below a thousand with one more word; None where the word cannot follow."""
    if word == "hundred":
        return 100 * part if part and part < 100 else None
    number = _WORDS.get(word)
    if number is None or not part:
        return number
    after_hundreds = part % 100 == 0 and number < 100
    after_tens = part % 100 >= 20 and part % 10 == 0 and 0 < number < 10
    return part + number if after_hundreds or after_tens else None


def _with_parts(words: list[str], at: int, wholes: _Numbers) -> _Numbers:
    """Numbers and a part of one: "two and a half", "8 1/2 million"."""
    for number, end in wholes:
        start = end + (words[end] == "and")
        if number.value.denominator > 1 or not (start > end or words[at].isdecimal()):
            continue
        if not begins(words, start):
            continue
        for part, after in _parts(words, start, list(_wholes(words, start))):
            if part < 1 and words[start] != "half":
                for times, last in _scaled(words, after, _SCALES):
                    place = Fraction(times, part.denominator)
                    yield Numeral((number.value + part) * times, place, place), last


def _parts_of_scales(words: list[str], at: int, parts: _Shares) -> _Numbers:
    """A part of a scale: "half a million", "a quarter of a million"."""
    for part, end in parts:
        of = words[end] == "of"
        scale = _SCALES.get(words[end + of + 1]) if words[end + of] in ("a", "an") else None
        if scale and (of or words[at] == "half"):
            step = Fraction(scale, part.denominator)
            yield Numeral(part * scale, step, step), end + of + 2


def _parts(words: list[str], at: int, wholes: _Numbers) -> _Shares:
    """A part, or so many of them: "half", "a third", "two thirds", "1/5", "½"."""
    if words[at] in _SIGNED_PARTS:
        yield _SIGNED_PARTS[words[at]], at + 1
    if words[at] == "half":
        yield Fraction(1, 2), at + 1
    if words[at] in ("a", "an") and words[at + 1] in _PARTS:
        yield Fraction(1, _PARTS[words[at + 1]]), at + 2
    for top, end in wholes:
        if words[end] in _PARTS:
            yield from _share(top.value, _PARTS[words[end]], end + 1)
        elif words[end] == "/" and words[end + 1][:1].isdecimal():
            for bottom, after in list(_wholes(words, end + 1))[:1]:
                yield from _share(top.value, bottom.value, after)


def _in_each(words: list[str], wholes: _Numbers) -> _Shares:
    """So many in each so many: "one in five", "four out of every five", "nine children in ten"."""
    for top, end in wholes:
        behind = takewhile(lambda word: word.isalpha() and word not in _AND, words[end : end + 3])
        named = next((n for n, word in enumerate(behind) if word in ("in", "out")), 0)
        end += named
        out = words[end : end + 2] == ["out", "of"]
        if out or words[end] == "in":
            start = end + 1 + out
            for bottom, after in _wholes(words, start + (words[start] == "every")):
                if not named or top.value < bottom.value <= 100:
                    yield from _share(top.value, bottom.value, after)


def _share(top: Exact, bottom: Exact, end: int) -> _Shares:
    if top.denominator == bottom.denominator == 1 and 0 < bottom >= top:
        yield Fraction(top, bottom), end


def _roundness(number: int) -> int:
    """Unit that a whole number looks rounded to; 0 where it has no trailing zero."""
    digits = str(number).rstrip("0")
    zeros = len(str(number)) - len(digits)
    if not zeros or not digits:
        return 0
    return (5 if digits[1:].endswith("5") else 1) * 10**zeros
