"""Words that questionnaires print: ticks, refusals, and scales with the order of their steps."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

from careersurvey.evidence.answers.options import UNTICKED
from careersurvey.evidence.answers.words import LEFT_BLANK, NOT_PUT, as_number, stand_ins
from careersurvey.evidence.text import fold

#: Cells that say a box was ticked, and that it was not, whatever the tool.
MARKS = frozenset({"x", "✓", "✔", "☑", "•", "checked", "selected", "ticked"})
TICKS = MARKS | {"1", "yes", "y", "true"}
NOT_TICKED = UNTICKED | {"n", "✗", "✘", "☐"}
#: Words for no answer of any kind, and for a refusal.
NOTHING = NOT_PUT | LEFT_BLANK
REFUSED = frozenset(
    {"prefer not to say", "prefer not to answer", "prefer not to disclose", "refused", "refusal"}
    | {"i prefer not to say", "rather not say", "i'd rather not say", "i would rather not say"}
    | {"declined", "declined to answer", "decline to answer", "do not wish to answer"}
)

#: Steps of scales, least first; labels that all stand on one take its order.
_SCALES = (
    "never|rarely|seldom|occasionally|sometimes|often|frequently|usually|very often|always",
    "strongly disagree|disagree|somewhat disagree|tend to disagree|slightly disagree|"
    "neither agree nor disagree|neutral|neither|slightly agree|tend to agree|somewhat agree|"
    "agree|strongly agree",
    "very dissatisfied|dissatisfied|fairly dissatisfied|somewhat dissatisfied|"
    "neither satisfied nor dissatisfied|neutral|somewhat satisfied|fairly satisfied|satisfied|"
    "very satisfied",
    "not at all|not very|a little|slightly|somewhat|moderately|fairly|quite|very|extremely",
    "extremely|very|quite|fairly|moderately|somewhat|slightly|a little|not very|not too|not at all",
    "often|sometimes|rarely|never but open to it|never",
    "very poor|poor|fair|adequate|average|good|very good|excellent|outstanding",
    "very unlikely|unlikely|neither likely nor unlikely|likely|very likely",
    "none|a few|some|most|all",
    "yes|partly|to some extent|no",
    "low|medium|high",
)
#: Answers that stand after all others.
_LAST_ONES = frozenset(
    {"other", "other (please specify)", "don't know", "don’t know", "not sure", "none of these"}
    | {"none of the above"}
) | (NOTHING | REFUSED)


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
        numbers = {code: as_number(code) for code in (*labels, *cells)}
        if None not in numbers.values():
            return sorted(cells, key=lambda cell: numbers[cell] or 0)
        place = {code: i for i, code in enumerate(dict.fromkeys((*labels, *cells)))}
        return sorted(cells, key=place.__getitem__)
    return _on_a_scale(cells) or _by_numbers(cells) or _others_last(cells)


def _on_a_scale(cells: Sequence[str]) -> list[str]:
    steps = {cell: fold(cell).replace(",", "").replace(" and not", " not") for cell in cells}
    ending = _common_ending([step for step in steps.values() if step not in _LAST_ONES])
    stripped = {cell: step.removesuffix(ending).strip() for cell, step in steps.items()}
    for said, scale in itertools.product((steps, stripped), _SCALES):
        place = {step: i for i, step in enumerate(scale.split("|"))}
        on = [cell for cell in cells if said[cell] in place]
        if len(on) > 1 and len(on) >= len(cells) - 2:
            return [*sorted(on, key=lambda cell: place[said[cell]]), *_others(cells, on)]
    return []


def _others(cells: Sequence[str], told: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell not in told]


def _by_numbers(cells: Sequence[str]) -> list[str]:
    leading = {cell: found for cell in cells if (found := _leading(cell))}
    if len(leading) < 2 or len(leading) < len(cells) - 2:
        return []
    return [*sorted(leading, key=leading.__getitem__), *_others(cells, list(leading))]


def _others_last(cells: Sequence[str]) -> list[str]:
    return sorted(cells, key=lambda cell: fold(cell) in _LAST_ONES)


def _common_ending(cells: Sequence[str]) -> str:
    """The words that all cells end in: ``masculine`` of ``Very masculine``, ``Not masculine``."""
    words = [cell.split()[::-1] for cell in cells]
    same = itertools.takewhile(lambda each: len(set(each)) == 1, zip(*words, strict=False))
    return " ".join([each[0] for each in same][::-1])


def _leading(cell: str) -> tuple[float, int] | None:
    """The number that an answer begins with, ``Less than 5`` before and ``Over 5`` after 5."""
    match = re.match(r"(\D{0,16}?)(-?\d[\d.,]*)", cell)
    if not match:
        return None
    digits = re.sub(r"[.,](?=\d{3}(?!\d))", "", match[2]).replace(",", ".").rstrip(".")
    said = fold(match[1])
    below = -bool(re.search(r"<|less|under|below|fewer|up to", said))
    return as_number(digits) or 0.0, below or int(
        bool(re.search(r">|more|over|above|greater", said))
    )
