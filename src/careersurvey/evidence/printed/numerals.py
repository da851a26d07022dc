"""Numbers and fractions as they are printed, in figures and in words, as exact values."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

_SCALES = {
    **{"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 1_000_000},
    "billion": 1_000_000_000,
}
_SCALE_SIGNS = {"k": 1_000, "m": 1_000_000, "bn": 1_000_000_000}
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
    _IRREGULAR.get(word) or re.sub("y$", "ie", word) + "th": word
    for word in (*_WORDS, "hundred", "thousand")
}
_PARTS = {"half": 2, "halve": 2, "quarter": 4, "hundredth": 100, "thousandth": 1_000}
_PARTS |= {part: _WORDS[word] for part, word in _CARDINALS.items() if _WORDS.get(word, 0) > 2}
_PARTS |= {f"{part}s": n for part, n in _PARTS.items()}
#: Words that a number, or the parts of a fraction, are printed in.
NUMBER_WORDS, SCALE_WORDS, PART_WORDS = tuple(_WORDS), tuple(_SCALES), tuple(_PARTS)

# Thousands are marked by commas, spaces or apostrophes; in India by twos above the first three.
_NUMBER = re.compile(
    r"([0-9]{1,3}(?:([, '’])[0-9]{3}(?:\2[0-9]{3}){0,3})|[0-9]{1,2}(?:,[0-9]{2}){1,4},[0-9]{3}"
    rf"|[0-9]{{1,15}})(?:[.·]([0-9]{{1,9}})|,([0-9]{{1,2}}))?"
    rf"(?: ?({'|'.join((*_SCALES, *_SCALE_SIGNS))}))?"
)
_WITH_PART = re.compile(
    rf"(.+?)(?: and)? ([0-9]+/[0-9]+|\S+ (?:{'|'.join(_PARTS)}))(?: ({'|'.join(_SCALES)}))?"
)
_PART_OF = re.compile(rf"(half|.+ of) an? ({'|'.join(_SCALES)})")
_IN_EACH = re.compile(r"(.+?) (?:in|out of)(?: every)? (.+)|([0-9]+)/([0-9]+)")


class Numeral(NamedTuple):
    """A number as it is printed."""

    value: Fraction
    place: Fraction  # the last printed place: 1/10 for 8.5, 1/2 for 8½, 100,000 for 1.5 million
    roundness: Fraction  # what a hedge is measured in: 100 for 1,700, 50 for 1,650, 0 for 1,082


def printed_number(text: str) -> Numeral | None:
    """Read a number in figures or words in lower case; None where the text is not one."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return _in_words(text) or _with_part(text)
    whole, decimals, scale = re.sub(r"[^0-9]", "", match[1]), match[3] or match[4] or "", match[5]
    times = (_SCALES | _SCALE_SIGNS).get(scale, 1)
    place = Fraction(times, 10 ** len(decimals))
    roundness = Fraction(0) if decimals else _roundness(int(whole)) * times
    least = place if decimals or scale else Fraction(0)
    return Numeral(int(whole + decimals) * place, place, max(roundness, least))


def whole_number(text: str) -> int | None:
    """Read a whole number in figures or words; None where the text is not one."""
    number = printed_number(text)
    return int(number.value) if number and number.value.denominator == 1 else None


def position(text: str) -> int | None:
    """Read a place in a ranked list: ``3``, ``3rd``, ``third``; None where the text is not one."""
    text = re.sub(r"(?<=\d)(st|nd|rd|th)$", "", text)
    number = re.sub("[a-z]+$", lambda last: _CARDINALS.get(last[0], last[0]), text)
    return whole_number(number) or None


def fraction_in_words(text: str) -> Fraction | None:
    """Read a share from 0 to 1: ``two thirds``, ``one in five``, ``4 out of 5``, ``1/5``."""
    text = text.replace("-", " ")
    if match := _IN_EACH.fullmatch(text):
        return _ratio(*(whole_number(part) for part in match.groups() if part))
    count, _, part = text.rpartition(" ")
    if part not in _PARTS or (not count and part != "half"):
        return None
    return _ratio(1 if count in ("", "a", "an") else whole_number(count), _PARTS[part])


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


def _with_part(text: str) -> Numeral | None:
    """A number and a part, or a part of one: "two and a half", "8 1/2", "half a million"."""
    if match := _PART_OF.fullmatch(text):
        part, times = fraction_in_words(match[1].removesuffix(" of")), _SCALES[match[2]]
        return Numeral(part * times, Fraction(1), part * times) if part else None
    match = _WITH_PART.fullmatch(text)
    whole = whole_number(match[1]) if match else None
    part = fraction_in_words(match[2]) if match else None
    if whole is None or part in (None, 1):
        return None
    place = Fraction(_SCALES.get(match[3], 1), part.denominator)
    return Numeral((whole + part) * place * part.denominator, place, place)


def _in_words(text: str) -> Numeral | None:
    """A whole number in words: "fifty-five", "a hundred and five", "two thousand", "a dozen"."""
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
    if part is None:
        return None
    total += part
    in_dozens = words[-1] == "dozen"
    return Numeral(Fraction(total), Fraction(1), Fraction(12) if in_dozens else _roundness(total))


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
