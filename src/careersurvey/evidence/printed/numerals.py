"""Numbers and fractions as they are printed, in figures and in words, as exact values."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SCALE_SIGNS = {"k": 1_000, "m": 1_000_000, "bn": 1_000_000_000}
_NUMBER = re.compile(
    r"([0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,15})(\.[0-9]{1,9})?"
    r"(?: ?(million|billion|thousand|bn|m|k))?"
)
_IN_EACH = re.compile(r"(.+?) (?:in|out of)(?: every)? (.+)")
_SLASHED = re.compile(r"([0-9]+)/([0-9]+)")


def _numbered(words: str, start: int) -> dict[str, int]:
    """Words by their place in a list; synonyms are joined by a stroke."""
    places = enumerate(words.split(), start)
    return {word: n for n, synonyms in places for word in synonyms.split("|")}


_UNITS = _numbered(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen",
    start=0,
)
_TENS = _numbered("twenty thirty forty fifty sixty seventy eighty ninety", start=2)
_WORDS = _UNITS | {word: 10 * n for word, n in _TENS.items()}
_PARTS = _numbered(
    "half|halves third|thirds quarter|quarters|fourth|fourths fifth|fifths sixth|sixths "
    "seventh|sevenths eighth|eighths ninth|ninths tenth|tenths eleventh|elevenths "
    "twelfth|twelfths",
    start=2,
) | {"twentieth": 20, "twentieths": 20, "hundredth": 100, "hundredths": 100}
#: Words that a number, or the parts of a fraction, are printed in.
NUMBER_WORDS, SCALE_WORDS = tuple(_WORDS), tuple(_SCALES)
PART_WORDS = tuple(_PARTS)
_ORDINALS = _numbered(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth", start=1
)


class Numeral(NamedTuple):
    """A number as it is printed."""

    value: Fraction
    place: Fraction  # the last printed place: 1/10 for 8.5, 100,000 for 1.5 million
    roundness: Fraction  # what a hedge is measured in: 100 for 1,700, 50 for 1,650, 0 for 1,082


def printed_number(text: str) -> Numeral | None:
    """Read a number in figures or words in lower case; None where the text is not one."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        value = _in_words(text)
        return None if value is None else Numeral(Fraction(value), Fraction(1), _roundness(value))
    digits, decimals, scale = match[1].replace(",", ""), match[2] or "", match[3]
    times = _SCALES.get(scale) or _SCALE_SIGNS.get(scale) or 1
    place = Fraction(times, 10 ** max(len(decimals) - 1, 0))
    if decimals:
        return Numeral(Fraction(digits + decimals) * times, place, place)
    roundness = _roundness(int(digits)) * times
    return Numeral(
        Fraction(int(digits) * times), place, max(roundness, place) if scale else roundness
    )


def whole_number(text: str) -> int | None:
    """Read a whole number in figures or words; None where the text is not one."""
    number = printed_number(text)
    return int(number.value) if number and number.value.denominator == 1 else None


def position(text: str) -> int | None:
    """Read a place in a ranked list: ``3``, ``3rd``, ``third``; None where the text is not one."""
    return _ORDINALS.get(text) or whole_number(re.sub(r"(?<=\d)(st|nd|rd|th)$", "", text)) or None


def fraction_in_words(text: str) -> Fraction | None:
    """Read a share from 0 to 1: ``two thirds``, ``one in five``, ``4 out of 5``, ``1/5``."""
    text = text.replace("-", " ")
    match = _IN_EACH.fullmatch(text) or _SLASHED.fullmatch(text)
    if match:
        return _ratio(whole_number(match[1]), whole_number(match[2]))
    count, _, part = text.rpartition(" ")
    if part not in _PARTS or (not count and part != "half"):
        return None
    top = 1 if count in ("", "a", "an") else whole_number(count)
    return _ratio(top, _PARTS[part])


def _ratio(top: int | None, bottom: int | None) -> Fraction | None:
    if top is None or not bottom or top > bottom:
        return None
    return Fraction(top, bottom)


def _roundness(number: int) -> Fraction:
    """Unit that a whole number looks rounded to; 0 where it has no trailing zero."""
    stripped = str(number).rstrip("0")
    zeros = len(str(number)) - len(stripped)
    if not zeros or not stripped:
        return Fraction(0)
    in_fives = len(stripped) > 1 and stripped.endswith("5")
    return Fraction((5 if in_fives else 1) * 10**zeros)


def _in_words(text: str) -> int | None:
    """A whole number in words: "fifty-five", "a hundred and five", "two thousand"."""
    words = [word for word in re.split(r"[ -]", text) if word != "and"]
    if len(words) > 1 and words[0] in ("a", "an"):
        words[0] = "one"
    total, part = 0, None
    for word in words:
        if word in _SCALES and part and word != "hundred":
            total, part = total + part * _SCALES[word], 0
            continue
        part = _continued(part, word)
        if part is None:
            return None
    return None if part is None else total + part


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
