"""Numbers, dates, identifiers and free text: no blank becomes zero, no symbol a number."""

from __future__ import annotations

import re

from careersurvey.evidence.findings import Check
from careersurvey.evidence.imports_columns import (
    Column,
    Opened,
    condition_of,
    filled,
    first_rows,
    is_routed,
    missing_codes,
)
from careersurvey.evidence.imports_settings import TableSettings
from careersurvey.evidence.imports_store import literal, literals, rows
from careersurvey.evidence.tables import Variable
from careersurvey.evidence.text import clean, fold, plural

_SHOWN = 5
# A spreadsheet counts days from here; its day 60, 29 February 1900, never was.
_ORIGINS = {"excel": "DATE '1899-12-30'", "excel-1904": "DATE '1904-01-01'"}
_LAST_DAY = 2_958_465  # 31 December 9999, where spreadsheets end
_NO_TEXT = "CAST(NULL AS VARCHAR)"


def read_number(opened: Opened, variable: Variable) -> Column:
    """Return a column of numbers, and beside it the reasons where there is no number."""
    column = opened.column(variable.name)
    number, sound = _number(opened, variable.name)
    codes = missing_codes(opened, variable.name)
    odd = _not_numbers(opened, column, sound)
    reasons = _reasons(odd, codes)
    figures = {as_number: value for code, value in codes.items() if (as_number := _figure(code))}
    bad = {cell: n for cell, n in odd.items() if cell not in reasons}
    asked = condition_of(opened, variable.name)
    wanted = bool(codes) or is_routed(opened, variable.name)
    whens = [
        f"WHEN {column} = {literal(cell)} THEN {literal(why)}" for cell, why in reasons.items()
    ]
    whens += [f"WHEN {number} = {figure} THEN {literal(why)}" for figure, why in figures.items()]
    reason = f"CASE {' '.join(whens)} END" if whens else _NO_TEXT
    return Column(
        name=variable.name,
        read=f"CASE WHEN {reason} IS NULL THEN {_if_sound(sound, number)} END",
        reason=reason if wanted else "",
        filled=filled(f"{variable.name}__missing", asked),
        asked=asked,
        findings=_bad_cells(opened, variable, column, bad, "number"),
    )


def read_date(opened: Opened, variable: Variable) -> Column:
    """Return a column of dates, from ISO dates, a declared format or spreadsheet serials."""
    column = opened.column(variable.name)
    date = _date_sql(opened.settings, column)
    codes = missing_codes(opened, variable.name)
    query = (
        f"SELECT {column}, count(*) FROM {opened.view} "
        f"WHERE {column} IS NOT NULL AND {date} IS NULL GROUP BY {column}"
    )
    known = {fold(code) for code in codes}
    bad = {cell: n for cell, n in rows(query) if clean(cell) and fold(cell) not in known}
    findings = _bad_cells(opened, variable, column, bad, "date")
    notes = ()
    if opened.settings.date_origin:
        notes = (f"{variable.name}: days counted by a spreadsheet were turned into dates.",)
    return Column(variable.name, date, notes=notes, findings=findings)


def read_text(opened: Opened, variable: Variable) -> Column:
    """Return a column of identifiers or free text, without spaces at the ends; blank is null."""
    column = opened.column(variable.name)
    spaced = f"regexp_matches({column}, '[\\s\\x{{A0}}]')"
    ((any_space, any_blank),) = rows(
        f"SELECT bool_or({spaced}), bool_or({column} = '') FROM {opened.view}"
    )
    read = f"nullif({column}, '')" if any_blank else column
    notes = ()
    if any_space:
        tidy = f"trim(regexp_replace({column}, '[\\s\\x{{A0}}]+', ' ', 'g'))"
        read = f"nullif({tidy}, '')"
        ((count,),) = rows(f"SELECT count(*) FROM {opened.view} WHERE {column} <> {tidy}")
        notes = (f"{variable.name}: spaces were tidied in {plural(count, 'cell')}.",) * bool(count)
    codes = missing_codes(opened, variable.name)
    if codes:
        read = f"CASE WHEN {column} IN {literals(codes)} THEN {_NO_TEXT} ELSE {read} END"
    return Column(variable.name, read, notes=notes)


def read_plain_number(opened: Opened, name: str) -> Column:
    """Return a number that no codebook describes, such as a weight; a bad cell is a finding."""
    column, (number, sound) = opened.column(name), _number(opened, name)
    bad = _not_numbers(opened, column, sound)
    described = Variable(name, opened.settings.name, "", "number")
    findings = _bad_cells(opened, described, column, bad, "number")
    return Column(name, _if_sound(sound, number), findings=findings)


def number_sql(settings: TableSettings, column: str) -> str:
    """Return a cell as a number in SQL, by the declared decimal and thousands marks."""
    text = column
    if settings.thousands.isspace():
        text = f"regexp_replace({text}, '[\\s\\xA0\\x{{202F}}]', '', 'g')"
    elif settings.thousands:
        text = f"replace({text}, {literal(settings.thousands)}, '')"
    if settings.decimal == ",":
        # A point would else be read as the decimal mark that this file does not use.
        text = f"CASE WHEN NOT contains({text}, '.') THEN replace({text}, ',', '.') END"
    return f"TRY_CAST({text} AS DOUBLE)"


def _number(opened: Opened, name: str) -> tuple[str, str]:
    """Return a cell as a number in SQL, and whether it is one."""
    if number := opened.number(name):
        return number, f"isfinite({number})"
    column = opened.column(name)
    number = number_sql(opened.settings, column)
    return number, f"isfinite({number}) AND NOT contains({column}, '_')"


def _if_sound(sound: str, number: str) -> str:
    return f"CASE WHEN {sound} THEN {number} END"


def _not_numbers(opened: Opened, column: str, sound: str) -> dict[str, int]:
    query = (
        f"SELECT {column}, count(*) FROM {opened.view} WHERE NOT coalesce({sound}, FALSE) "
        f"AND {column} IS NOT NULL GROUP BY {column} ORDER BY 2 DESC, 1"
    )
    return {cell: n for cell, n in rows(query) if clean(cell)}


def _reasons(cells: dict[str, int], codes: dict[str, str]) -> dict[str, str]:
    folded = {fold(code): value for code, value in codes.items()}
    return {cell: folded[fold(cell)] for cell in cells if fold(cell) in folded}


def _figure(code: str) -> str:
    # A code such as -9 is also written -9.0; "nan" and "inf" are words.
    return code.strip() if re.fullmatch(r"\s*[+-]?\d+(\.\d+)?\s*", code) else ""


def _date_sql(settings: TableSettings, column: str) -> str:
    if settings.date_origin:
        days = f"TRY_CAST(floor(TRY_CAST({column} AS DOUBLE)) AS INTEGER)"
        known = f"{days} BETWEEN 0 AND {_LAST_DAY}"
        return f"CASE WHEN {known} THEN {_ORIGINS[settings.date_origin]} + {days} END"
    if settings.date_format:
        parsed = f"try_strptime(trim({column}), {literal(settings.date_format)})"
        return f"CAST({parsed} AS DATE)"
    return f"CAST(TRY_CAST({column} AS TIMESTAMP) AS DATE)"


def _bad_cells(
    opened: Opened, variable: Variable, column: str, bad: dict[str, int], kind: str
) -> tuple[Check, ...]:
    if not bad:
        return ()
    count = sum(bad.values())
    marks = any("," in cell for cell in bad)
    declare = ' or set decimal = "," or thousands = ","' if marks and kind == "number" else ""
    dates = ' or set date_format = "%d/%m/%Y", date_origin = "excel"' if kind == "date" else ""
    finding = Check(
        f"{kind}s",
        opened.settings.name,
        False,
        f"{plural(count, 'cell')} of {variable.name} {'is' if count == 1 else 'are'} not a {kind}.",
        first_rows(opened, f"{column} IN {literals(list(bad)[:1000])}"),
        f"correct the file, declare the symbols under [tables.{opened.settings.name}.missing]"
        f"{declare}{dates}",
        found=", ".join(f"{cell!r} ({n:,})" for cell, n in list(bad.items())[:_SHOWN]),
        expected=f"{kind}s, or declared codes for no answer",
    )
    return (finding,)
