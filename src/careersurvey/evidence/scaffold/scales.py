"""Words that questionnaires print: ticks, refusals, and scales with the order of their steps."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from careersurvey.evidence.answers.options import UNTICKED
from careersurvey.evidence.answers.words import NOTHING, as_number, stand_ins
from careersurvey.evidence.text import fold

#: What is known of survey tools and of questionnaires.
KNOWN = tomllib.loads((Path(__file__).parent / "known.toml").read_text("utf-8"))
WORDS = {name: frozenset(words) for name, words in KNOWN["words"].items() if name != "scales"}
TICKS = WORDS["marks"] | WORDS["ticks"]
NOT_TICKED = UNTICKED | WORDS["crosses"]
_LAST = WORDS["last"] | NOTHING | WORDS["refused"]


def codes_apart(cells: Sequence[str]) -> list[str]:
    """Return codes that often stand for no answer; 8 and 9, too, after codes from 1 to 5 or less.

    Of a scale that goes on to 9 somebody has used what lies between.
    """
    numbers = {cell: number for cell in cells if (number := as_number(cell)) is not None}
    low = sorted(number for number in numbers.values() if 0 <= number < 8)
    steps = low == [float(n) for n in range(int(min(low, default=0)), int(max(low, default=0)) + 1)]
    found = stand_ins(list(cells))
    if len(low) > 1 and steps and low[-1] <= 5 and max(numbers.values()) <= 9:
        found += [cell for cell, number in numbers.items() if number in (8, 9)]
    return found


def in_order(cells: Sequence[str], labels: Mapping[str, str]) -> list[str]:
    """Return answers in the order of their codes, of a scale, of their numbers, or as they are."""
    if labels:
        codes = list(dict.fromkeys((*labels, *cells)))
        numbers = [number for code in codes if (number := as_number(code)) is not None]
        places = numbers if len(numbers) == len(codes) else range(len(codes))
        return sorted(cells, key=dict(zip(codes, places, strict=True)).__getitem__)
    for place in (*_on_scales(cells), _by_numbers(cells)):
        if len(place) > 1 and len(place) >= len(cells) - 2:
            others = (cell for cell in cells if cell not in place)
            return [*sorted(place, key=place.__getitem__), *others]
    return sorted(cells, key=lambda cell: fold(cell) in _LAST)


def _on_scales(cells: Sequence[str]) -> Iterator[dict[str, tuple[float, int]]]:
    """Which answers stand on each scale, and where; first as they are, then without an ending."""
    steps = {cell: fold(cell).replace(",", "").replace(" and not", " not") for cell in cells}
    words = [step.split()[::-1] for step in steps.values() if step not in _LAST]
    same = itertools.takewhile(lambda each: len(set(each)) == 1, zip(*words, strict=False))
    ending = " ".join([each[0] for each in same][::-1])  # "masculine" of "Very masculine"
    stripped = {cell: step.removesuffix(ending).strip() for cell, step in steps.items()}
    for said, scale in itertools.product((steps, stripped), KNOWN["words"]["scales"]):
        yield {cell: (scale.index(said[cell]), 0) for cell in cells if said[cell] in scale}


def _by_numbers(cells: Sequence[str]) -> dict[str, tuple[float, int]]:
    """The number that each answer begins with, ``Less than 5`` before and ``Over 5`` after 5."""
    place = {}
    for cell in cells:
        match = re.match(r"(\D{0,16}?)(-?\d[\d.,]*)", cell)
        if match:
            digits = re.sub(r"[.,](?=\d{3}(?!\d))", "", match[2]).replace(",", ".").rstrip(".")
            below = re.search(r"<|less|under|below|fewer|up to", fold(match[1]))
            above = re.search(r">|more|over|above|greater", fold(match[1]))
            place[cell] = as_number(digits) or 0.0, -1 if below else int(bool(above))
    return place
