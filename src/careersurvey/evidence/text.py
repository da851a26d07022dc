"""Text as people type it: what counts as the same label, and which known word is meant."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from careersurvey.errors import QuestionError

#: What a spreadsheet takes for the beginning of a formula, in letters of either width.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_WHOLE = 1e12  # an amount above it is told in whole numbers
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff\u00ad"))
# Of text that was encoded twice; what stands for a blank is one.
_UNSEEN |= {n: None for n in range(0xA0) if _CONTROL.match(chr(n)) and not chr(n).isspace()}
_PLURALS = {"ies": "y", "sses": "ss", "shes": "sh", "ches": "ch", "buses": "bus", "xes": "x"}
_PLURALS |= {"s": ""}
_QUOTES = str.maketrans("‘’‚‛“”„‟‐‑‒–—−", "''''\"\"\"\"------")


def names_of(given: str | Iterable[str]) -> list[str]:
    """Return names as a list, each once, where a single one may stand for itself."""
    names = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    strange = [name for name in names if not isinstance(name, str)]
    if strange:
        raise QuestionError(
            "What is asked for is named by text.",
            found=few([*map(repr, strange)], shown=5),
            expected="a name, or a list of names",
        )
    return list(dict.fromkeys(names))


def clean(text: str) -> str:
    """Return text without unseen characters, with single plain spaces and none at the ends."""
    text = _unescaped(text) if "&" in text else text
    seen = unicodedata.normalize("NFC", text).translate(_UNSEEN)
    return " ".join(seen.split())


def _unescaped(text: str) -> str:
    """Return text with the marks that web forms write otherwise, at times twice: &amp;nbsp;."""
    from html import unescape  # of use to few, and slow to load

    return _entities().sub(lambda one: unescape(f"&{one[1]};"), text)


@cache
def _entities() -> re.Pattern[str]:
    """The marks that are known by number or name, and wholly so: `&copyright;` is none."""
    from html.entities import name2codepoint

    return re.compile(rf"&(?:amp;)*(#\d+|#[xX][\da-fA-F]+|apos|{'|'.join(name2codepoint)});")


def straight(text: str) -> str:
    """Return text cleaned, with straight quotes and one kind of dash."""
    return clean(text).translate(_QUOTES)


def fold(text: str) -> str:
    """Return text for comparing labels: cleaned, one case, straight quotes, one kind of dash."""
    return straight(text).casefold()


def control_mark(text: str) -> str:
    r"""Return the first mark that a terminal obeys and XML cannot hold, or ``""``."""
    found = _CONTROL.search(text)
    return found[0] if found else ""


def slug(text: str) -> str:
    """Return a label as an id of the codebook: ``Not sure`` is ``not_sure``."""
    plain = unicodedata.normalize("NFKD", fold(text)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def whole(text: str) -> str:
    """Return a whole number that was written as a decimal without its zeros: 1.0 is ``1``."""
    return re.sub(r"^([+-]?\d+)\.0+$", r"\1", clean(text))


def alike(label: str) -> str:
    """Return a label without its case and the zeros that a spreadsheet adds or leaves out."""
    plain = unicodedata.normalize("NFKC", label).casefold()
    return " & ".join(_ZEROS.sub(r"\1", part) for part in plain.split(" & "))


_ZEROS = re.compile(r"^0*(\d+)(\.0+)?$")


def near(word: str, known: Iterable[str], *, least: float = 0.6) -> str:
    """Return the known word that looks most like the given one, or ``""``."""
    from difflib import get_close_matches

    by_fold = {fold(other): other for other in known}
    found = get_close_matches(fold(word), by_fold, n=1, cutoff=least)
    return by_fold[found[0]] if found else ""


def meant(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean '...'?`` where a known word is near, else the known words."""
    known = list(known)
    if close := near(word, known):
        return f"did you mean {close!r}?"
    return few([*map(repr, known)], shown=8)


def number_text(value: float) -> str:
    """Return a number as text, whole numbers without a decimal point: 3.0 is ``3``."""
    return str(int(value)) if float(value).is_integer() and abs(value) <= 2**53 else repr(value)


def rounded(value: float, places: int = 0) -> float:
    """Round halves away from 0, as reports do: 57 of 200 is 29%, whose float is below 0.285."""
    if not math.isfinite(value) or abs(value) >= _WHOLE:
        return value
    return float(Decimal(f"{value:.12g}").quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def singular(nouns: str) -> str:
    """Return what one of several is called: ``parent`` of parents, ``library`` of libraries."""
    ending = next((ending for ending in _PLURALS if nouns.endswith(ending)), "")
    return nouns.removesuffix(ending) + _PLURALS.get(ending, "")


def so_many(count: int, noun: str, nouns: str = "") -> str:
    """Return a count with its noun: ``1 row``, ``2,400 rows``."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def few(items: Sequence[str], shown: int = 5) -> str:
    """Return the first of some items and how many others there are: ``a, b and 3 more``."""
    rest = f" and {len(items) - shown:,} more" if len(items) > shown else ""
    return ", ".join(items[:shown]) + rest
