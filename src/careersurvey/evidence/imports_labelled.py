"""SPSS and Stata files: codes with their labels, and the codes they declare to be no answer."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from careersurvey.evidence.imports_excel import cell_text
from careersurvey.evidence.imports_headers import make_header
from careersurvey.evidence.imports_refusals import empty, locked, unreadable
from careersurvey.evidence.imports_settings import TableSettings
from careersurvey.evidence.imports_source import Source, keep_rows

if TYPE_CHECKING:
    import pandas as pd


def read_spss(settings: TableSettings) -> Source:
    """Open an SPSS file; its user-missing codes and ranges stay apart from blanks.

    Raises
    ------
    CohortError
        If the file is encrypted or damaged.
    """
    import pyreadstat

    with settings.path.open("rb") as file:
        if b"ENCRYPTED" in file.read(64):
            raise locked(settings, "an SPSS file with a password")
    return _labelled(settings, pyreadstat.read_sav, "an SPSS file")


def read_stata(settings: TableSettings) -> Source:
    """Open a Stata file; its extended missing values are the codes ``.a`` to ``.z``.

    Raises
    ------
    CohortError
        If the file is damaged.
    """
    import pyreadstat

    return _labelled(settings, pyreadstat.read_dta, "a Stata file")


def _labelled(settings: TableSettings, reader: Callable, kind: str) -> Source:
    if not settings.path.stat().st_size:
        raise empty(settings)
    encoding = {"encoding": settings.encoding} if settings.encoding else {}
    try:
        frame, meta = reader(settings.path, user_missing=True, **encoding)
        plain, _ = reader(settings.path, user_missing=False, **encoding)
    except Exception as problem:  # pyreadstat raises its own and plain exceptions
        raise unreadable(settings, kind, problem) from None
    texts = [_texts(frame[name], meta.missing_user_values.get(name, ())) for name in frame]
    labels = {i: _labels(meta, name) for i, name in enumerate(frame)}
    missing = {i: _declared(texts[i], meta, name, labels[i]) for i, name in enumerate(frame)}
    texts = [_blanked(texts[i], plain[name], missing[i]) for i, name in enumerate(frame)]
    texts = [_marked(texts[i], frame[name], settings.decimal) for i, name in enumerate(frame)]
    questions = [(meta.column_names_to_labels.get(name) or "",) for name in frame]
    numbered = enumerate(map(list, zip(*texts, strict=True)), 1)
    table, aside = keep_rows(numbered, len(texts), fill_short=True)
    header = make_header([list(frame)], [tuple(filter(None, text)) for text in questions])
    return Source(table, header, "row__", 1, aside, labels, missing)


def _texts(column: pd.Series, letters: Collection[str]) -> list[str | None]:
    return [_code(value, letters) for value in column.tolist()]


def _blanked(
    texts: list[str | None], plain: pd.Series, missing: Collection[str]
) -> list[str | None]:
    # With user_missing, pyreadstat gives 0 for a blank in a whole-number column of Stata; read
    # without, the same cell is missing.
    blank = plain.isna().tolist()
    return [
        text if text in missing or not gone else None
        for text, gone in zip(texts, blank, strict=True)
    ]


def _marked(texts: list[str | None], column: pd.Series, decimal: str) -> list[str | None]:
    """Write numbers with the decimal mark that the table declares, which its texts may have."""
    return [
        text.replace(".", decimal) if text and isinstance(value, float) else text
        for text, value in zip(texts, column.tolist(), strict=True)
    ]


def _labels(meta: Any, name: str) -> dict[str, str]:
    letters = meta.missing_user_values.get(name, ())
    found = meta.variable_value_labels.get(name, {})
    return {code: text for value, text in found.items() if (code := _code(value, letters))}


def _code(value: Any, letters: Collection[str]) -> str | None:
    # Stata's extended missing values come as bare letters; a dot keeps them from plain text.
    return f".{value}" if isinstance(value, str) and value in letters else cell_text(value)


def _declared(
    texts: list[str | None], meta: Any, name: str, labels: dict[str, str]
) -> dict[str, str]:
    spans = meta.missing_ranges.get(name, [])
    letters = {f".{letter}" for letter in meta.missing_user_values.get(name, ())}
    seen = {text for text in texts if text is not None} | set(labels)
    within = {text for text in seen if any(_within(text, span) for span in spans)}
    return {code: labels.get(code, code) for code in sorted(letters | within)}


def _within(text: str, span: dict[str, Any]) -> bool:
    if isinstance(span["lo"], str):
        return text == span["lo"]
    try:
        return span["lo"] <= float(text) <= span["hi"]
    except ValueError:
        return False
