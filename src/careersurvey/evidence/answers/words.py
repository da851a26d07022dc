"""What a text stands for: a value of the codebook, a missing one, a number, or nothing known."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import numpy as np

from careersurvey.evidence.answers.sheet import Sheet
from careersurvey.evidence.settings import TableSettings
from careersurvey.evidence.tables import MISSING, NO_ANSWER, Variable
from careersurvey.evidence.text import clean, fold, slug, straight, whole

#: In place of a value, where a word says that the question was not put.
NEVER_ASKED = "\0not asked"
_DIGITS = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_SIGNED = re.compile(r"[^a-z0-9\s_.,;:!?'\"()/&%$-]|^-|(?<![a-z0-9])-[\d.]|^\d+[.,/]\d+$")
#: Words that say how many, or none of what is asked, so that they may stand beside numbers.
_MORE_OR_LESS = "more|less|over|under|older|younger|above|below|plus"
AMOUNT = re.compile(rf"\b(none|nothing|zero|never|{_MORE_OR_LESS})\b|\d[ a-z]*\+", re.IGNORECASE)
_COUNTED = re.compile(rf"\d|{AMOUNT.pattern}|\b(not?|other|don'?t|unsure)\b|^[ux]$")
_NUMBERED = re.compile(
    r"(?:[^\W\d]+ ?)?(\d+)(?: ?[-:=.)] .+)?|(\d+) ?[^\W\d_]{2,}\.?(?: (?:a|an|per) [^\W\d]+)?"
)
_FEW_BELOW, _MOST_REASONS = 12, 5  # steps below nought, and reasons that a survey has for them
#: Numbers that tools and people write for no answer.
STAND_INS = frozenset(
    [*range(1 - _FEW_BELOW, 0), *(-(2**bits) for bits in (15, 31, 63))]
    + [sign * int(digit * n) for digit in "6789" for n in range(1, 11) for sign in (-1, 1)]
    + [sign * int("9" * n + digit) for digit in "5678" for n in range(1, 10) for sign in (-1, 1)]
) - {*range(10)}
_MONTH = r"(jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])\w*"
#: What a spreadsheet makes of 10-12, 10-14 and, in a cell of a workbook, of either.
_AS_DATE = re.compile(rf"(?i)\d{{1,2}}[-. ]+{_MONTH}|{_MONTH}[- ]\d\d|\d{{4}}-\d\d-\d\d")
#: A whole number without its last digits, as a spreadsheet shows a long one.
CUT = r"^\d(\.\d+)?[eE]\+\d\d$"

KNOWN = tomllib.loads((Path(__file__).parent / "known.toml").read_text("utf-8"))
WORDS = {name: frozenset(words) for name, words in KNOWN["words"].items() if name != "scales"}
#: Words for no answer, whether the question was not put or was left.
NOTHING = WORDS["not_put"] | WORDS["left_blank"]
#: What tools write for a tick, and what none writes for one; other words are declared.
TICKED, UNTICKED = WORDS["marked"] | WORDS["ticked"], WORDS["unmarked"] | WORDS["unticked"]
#: Whether a folded answer says in words that it was refused.
is_refusal = re.compile(rf"({'|'.join(KNOWN['refused'])})[\s.]*").fullmatch


class Words:
    """Every text that has a meaning for a question, sought as it stands, by label, then tidied."""

    def __init__(
        self, variable: Variable, sheet: Sheet, position: int, settings: TableSettings
    ) -> None:
        self.variable = variable
        self.labels = sheet.labels.get(position, {})
        self.spans = sheet.spans.get(position, [])
        declared = sheet.missing.get(position, {})
        self.missing = self._missing(declared, settings)
        is_category = variable.type == "category"
        self.codes = settings.codes.get(variable.name, {}) if is_category else {}
        # What is said of a text holds for a value that is it but for quotes, dashes or blanks.
        said = {straight(text): value for text, value in (self.missing | self.codes).items()}
        own = {one: said.get(straight(one), one) for one in variable.values if is_category}
        self.exact = own | self.missing | _by_label(declared, self.codes) | self.codes
        #: Names of the cells that were found, and those that the file itself gives to codes.
        self.met: set[str] = set()
        for code in self.labels:
            self.meet(code)
        every = [*self.exact.values(), *([MISSING] if self.spans else [])]
        #: Every value that a text can stand for.
        self.targets = [each for each in every if each != NEVER_ASKED]
        self.ways = [
            (form, how, _unambiguous(self.exact, form))
            for form, how in (
                (clean, ""),
                (whole, "read as whole numbers"),
                (fold, "tidied"),
                (as_id, "read as ids of the codebook"),
            )
        ]

    def find(self, cell: str) -> tuple[str | None, str]:
        """Return the value of a cell, None where nothing is known of it; and how it was found."""
        target, how = self.sought(cell)
        if target is not None:
            self.meet(cell)
        return target, how

    def meet(self, cell: str) -> None:
        """Keep that a cell is there, by all that settings may call it."""
        self.met.update(form for name in self.names(cell) for form in (name, as_id(name)))

    def has_met(self, text: str) -> bool:
        """Return whether a text of the settings is one of the cells."""
        return bool(self.met & {fold(text), fold(whole(text)), as_id(text) or fold(text)})

    def sought(self, cell: str) -> tuple[str | None, str]:
        """Return the value of a text that no cell may be, and how it was found."""
        if cell in self.exact:
            return self.exact[cell], ""
        if is_within(cell, self.spans):
            return MISSING, ""
        label = self.labels.get(cell) or self.labels.get(whole(cell))
        if label in self.exact:
            return self.exact[label], ""
        for form, how, known in self.ways:
            for name in (cell, label) if label else (cell,):
                if form(name) in known:
                    return known[form(name)], how or ("tidied" if clean(cell) != cell else "")
        return None, ""

    def names(self, cell: str) -> list[str]:
        """Return what settings may call a cell: itself, as a whole number, by its label."""
        label = self.labels.get(cell) or self.labels.get(whole(cell), "")
        return [fold(name) for name in (cell, whole(cell), label)]

    def _missing(self, declared: dict[str, str], settings: TableSettings) -> dict[str, str]:
        """What each text that is no answer becomes: a missing value, or why it is blank."""
        said = dict.fromkeys(settings.no_answer, NO_ANSWER)
        said |= dict.fromkeys(settings.not_asked, NEVER_ASKED)
        for block in ("*", self.variable.name):
            given = settings.missing.get(block, ())
            if not isinstance(given, dict):
                given = {c: missing_value(self.variable, self.labels.get(c, c)) for c in given}
            said |= given
        codes = {code: missing_value(self.variable, label) for code, label in declared.items()}
        own = {code: code for code in self.variable.missing}
        return codes | own | _by_label(declared, said) | said


def _by_label(declared: dict[str, str], said: dict[str, str]) -> dict[str, str]:
    """What settings say of the labels of codes that the file declares to be no answer, by code."""
    known = {fold(text): value for text, value in said.items()}
    return {code: known[fold(text)] for code, text in declared.items() if fold(text) in known}


def missing_value(variable: Variable, label: str) -> str:
    """Return the codebook's missing value that a label means, else one made of its words."""
    by_label = {form(code): code for form in (fold, slug) for code in variable.missing}
    for key in (fold(label), slug(label)):
        if key in by_label:
            return by_label[key]
    if len(variable.missing) == 1:
        return variable.missing[0]
    word = slug(label)
    return word if re.search("[a-z]", word) else MISSING


def as_id(text: str) -> str:
    """Return text as an id of the codebook, ``""`` where that would leave out what it says."""
    plain = fold(text)
    return "" if _SIGNED.search(plain) else slug(plain)


def as_number(cell: str) -> float | None:
    """Return text as a finite number where it is one as machines write them, else None."""
    number = float(cell) if cell.isascii() and _DIGITS.fullmatch(cell.strip()) else np.nan
    return number if np.isfinite(number) else None


def is_within(cell: str, spans: Iterable[tuple[float, float]]) -> bool:
    """Return whether a cell is a number between two ends, both included."""
    number = as_number(cell) if spans else None
    return number is not None and any(low <= number <= high for low, high in spans)


def far_from(numbers: Collection[float], least: float, most: float) -> set[float]:
    """Return the numbers that may stand for no answer and lie far from all others."""
    below = sorted(number for number in numbers if -_FEW_BELOW < number < 0)
    scale = least == 0 and len(below) == most > 1 and below[0] == -most
    least = below[0] if scale or len(below) > _MOST_REASONS else least
    spread = (most - least) / 2
    return {
        n
        for n in numbers
        if (least - n if n < 0 else n - most) > max(spread, abs(n) / 10) or n < 0 <= least
    }


def stand_ins(cells: Iterable[str]) -> list[str]:
    """Return the cells that are numbers which often stand for no answer, far from the others."""
    read = {cell: as_number(cell) for cell in cells}
    there = STAND_INS.intersection(read.values())
    rest = [value for value in read.values() if value is not None and value not in there]
    if not rest and None not in read.values():
        return []
    # Among words, any such number stands out.
    far = far_from(there, min(rest), max(rest)) if rest else there
    return [cell for cell, value in read.items() if value in far]


def codes_apart(cells: Collection[str]) -> list[str]:
    """Return codes that often stand for no answer; 8 and 9, too, above a gap in a scale."""
    numbers = {cell: number for cell in cells if (number := as_number(cell)) is not None}
    low = sorted(number for number in numbers.values() if 0 <= number < 8)
    steps = len(low) > 1 and all(b - a == 1 for a, b in itertools.pairwise(low))
    ends = steps and low[-1] + 1 not in numbers.values() and max(numbers.values()) <= 9
    late = [cell for cell, number in numbers.items() if number in (8, 9)]
    return stand_ins(cells) + (late if ends else [])


def in_short(answers: Iterable[str]) -> dict[str, str]:
    """Return answers that may be others, ``Y`` or ``TRUE`` for ``Yes``, ``2`` for ``2 hours``.

    Codes beside words are for ``''``.
    """
    by_fold = {fold(one).replace("_", " "): one for one in answers if fold(one) not in NOTHING}
    codes = [one for one in by_fold if one.isdecimal()]
    beside = not all(map(_COUNTED.search, by_fold)) and min(map(int, codes), default=2) < 2
    short = dict.fromkeys((by_fold[code] for code in codes if beside), "")
    for known in (WORDS["ticked"], WORDS["unticked"] - {"none"}):
        first, *more = [one for one in by_fold if one in known] or [""]
        short |= {by_fold[one]: by_fold[first] for one in more}
    for one, answer in by_fold.items():
        words = one.split() if len(one) > 2 or not answer.isupper() else []
        numbered = None if AMOUNT.search(one) else _NUMBERED.fullmatch(one)
        forms = {"".join(word[0] for word in words if word[:2].isalpha())}
        forms |= {numbered[1] or numbered[2]} if numbered else set()
        short |= {by_fold[form]: answer for form in forms - {one} if form in by_fold}
    return short


def as_dates(answers: Collection[str]) -> list[str]:
    """Return answers that were bands before a spreadsheet read dates: 10-Oct beside 11-14."""
    dates = [one for one in answers if _AS_DATE.fullmatch(clean(one))]
    return dates if any(map(str.isdigit, "".join({*answers}.difference(dates)))) else []


def _unambiguous(exact: dict[str, str], form: Callable[[str], str]) -> dict[str, str]:
    targets: dict[str, set[str]] = {}
    for text, value in exact.items():
        targets.setdefault(form(text), set()).add(value)
    return {text: min(values) for text, values in targets.items() if text and len(values) == 1}
