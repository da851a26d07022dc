"""What a report prints, as one list of named statements about whole numbers nobody has seen.

Every quantity (an indicator's category, of everyone or of a group) is an unknown count. A printed
figure, a relation and an automatic fact each say something linear about these counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

import pandas as pd

from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.statements import read_statements
from careersurvey.evidence.tables import indicator_table
from careersurvey.inference.quantities import Bases, base_names, base_of, parse, say, say_month
from careersurvey.inference.statements import Statement
from careersurvey.inference.systems import Row, row
from careersurvey.inference.ties import SHARES, state_facts, state_relations


def read_record(
    cohort: Cohort,
    *,
    readings: Path | None = None,
    wide: bool = False,
    assumed: bool = True,
    without: Collection[str] = (),
) -> tuple[Statement, ...]:
    """Build the model of a cohort's printed figures.

    Parameters
    ----------
    cohort : Cohort
    readings : Path, optional
        A table of readings that replaces the declared one, wording by wording.
    wide : bool
        Whether to take the wide version of each reading.
    assumed : bool
        Whether to take in the relations that are assumed.
    without : collection of str
        Ids of printed statements to leave out.

    Returns
    -------
    tuple of Statement

    Raises
    ------
    RecordError
        If a relation is not one that can be stated.
    """
    statements = read_statements(cohort, readings=readings, wide=wide, without=without)
    bases = bases_of(cohort.reported, cohort.relations, indicator_table(cohort.indicators))
    return build(
        statements,
        cohort.relations,
        indicator_table(cohort.indicators),
        assumed=assumed,
        bases=bases,
    )


def build(
    statements: pd.DataFrame,
    relations: pd.DataFrame,
    indicators: pd.DataFrame,
    *,
    assumed: bool = True,
    bases: Bases | None = None,
) -> tuple[Statement, ...]:
    """Build the model from the tables of evidence.

    Parameters
    ----------
    statements : DataFrame
        As `read_statements` returns them.
    relations, indicators : DataFrame
        As a cohort holds them.
    assumed : bool
        Whether to take in the relations that are assumed.
    bases : dict, optional
        As `bases_of` returns them; by default those that `statements` name. Statements that are
        left out no longer say how many, and yet of whom.

    Returns
    -------
    tuple of Statement
        Printed statements, then relations, then facts.
    """
    measures = dict(zip(indicators["indicator"], indicators["measure"], strict=True))
    records = statements.to_dict("records")
    bases = bases_of(statements, relations, indicators) if bases is None else bases
    printed = _printed(records, measures, bases)
    stated = tuple(
        each for each in state_relations(relations) if assumed or each.strength == "necessary"
    )
    used = {name for each in (*printed, *stated) for name in each.quantities}
    return (*printed, *stated, *state_facts(used, indicators, bases))


def bases_of(statements: pd.DataFrame, relations: pd.DataFrame, indicators: pd.DataFrame) -> Bases:
    """Bases of the indicators that the tables of evidence name; see `base_names`."""
    about = {each["indicator"]: each for each in indicators.to_dict("records")}
    return base_names(statements.to_dict("records"), relations.to_dict("records"), about)


def describe(record: Sequence[Statement]) -> pd.DataFrame:
    """List the model: one named statement a row."""
    rows = [(each.kind, each.name, each.says, each.strength) for each in record]
    return pd.DataFrame(rows, columns=["kind", "name", "says", "strength"])


# ---- printed figures ----------------------------------------------------------------------------


def _printed(records: list[dict], measures: dict, bases: Bases) -> tuple[Statement, ...]:
    together: dict[tuple, list[dict]] = defaultdict(list)
    for each in records:
        rows = _rows(each, measures.get(each["indicator"], ""), bases)
        if rows:
            together[each["quantity"], rows].append(each)
    return tuple(_statement(name, rows, each, bases) for (name, rows), each in together.items())


def _statement(name: str, rows: tuple[Row, ...], records: list[dict], bases: Bases) -> Statement:
    known = any(_known_base(each) is not None for each in records)
    ids = tuple(each["id"] for each in records)
    return Statement(
        name=" + ".join(ids),
        kind="printed",
        rows=rows,
        says=_says(name, rows, records[0], base_of(parse(name), bases)[0]),
        ids=ids,
        where=tuple(each["where"] for each in records),
        reported=tuple(each["reported"] for each in records),
        about=name,
        bases=tuple(base_of(parse(name), bases)) if known else (),
    )


def _says(name: str, rows: tuple[Row, ...], each: dict, base: str) -> str:
    if each["form"] == "date":
        return say_month(name, rows[0])
    if len(rows[0].terms) == 1:
        return "; ".join(say(row_) for row_ in rows)
    low, high = Fraction(each["share_low"]), Fraction(each["share_high"])
    if low == high:
        return f"{name} = {low} of {base}"
    signs = ["<" if each[f"share_{end}_open"] else "≤" for end in ("low", "high")]
    return f"{low} of {base} {signs[0]} {name} {signs[1]} {high} of {base}"


def _rows(each: dict, measure: str, bases: Bases) -> tuple[Row, ...]:
    """What one printed figure says of the unknown counts."""
    name = each["quantity"]
    if each["form"] in ("text", "rank") or each["residual"]:
        return ()
    base = base_of(parse(name), bases)[0]
    known = _known_base(each)
    if measure in ("mean", "ratio"):
        is_total = measure == "mean" and each["form"] == "number"
        return _total(name, each, known) if is_total else ()
    rows = []
    counted = not pd.isna(each["count_low"])
    if counted and (known is not None or each["share_low"] is None or "count" in each["form"]):
        high = None if pd.isna(each["count_high"]) else int(each["count_high"])
        rows.append(Row(((name, 1),), int(each["count_low"]), high))
    elif each["share_low"] is not None and measure in SHARES:
        rows.extend(_share_of(name, base, each))
    if known is not None and measure in SHARES and base == parse(name).indicator:
        rows.append(Row(((base, 1),), known, known))
    return tuple(rows)


def _known_base(each: dict) -> int | None:
    low, high = each["base_low"], each["base_high"]
    return None if pd.isna(low) or pd.isna(high) or low != high else int(low)


def _share_of(name: str, base: str, each: dict) -> list[Row]:
    """``low * base <= count <= high * base``, denominators cleared; an open end is one unit off."""
    low, high = Fraction(each["share_low"]), Fraction(each["share_high"])
    below = [(name, low.denominator), (base, -low.numerator)]
    above = [(name, high.denominator), (base, -high.numerator)]
    return [
        row(below, int(each["share_low_open"]), None),
        row(above, None, -int(each["share_high_open"])),
    ]


def _total(name: str, each: dict, base_n: int | None) -> tuple[Row, ...]:
    """Totals of whole answers whose mean on a known base is printed so."""
    if base_n is None or each["share_low"] is None:
        return ()
    low = Fraction(each["share_low"]) * base_n
    least = floor(low) + 1 if each["share_low_open"] else ceil(low)
    if each["share_high"] is None:
        return (Row(((name, 1),), least, None),)
    high = Fraction(each["share_high"]) * base_n
    most = ceil(high) - 1 if each["share_high_open"] else floor(high)
    return (Row(((name, 1),), least, most),) if least <= most else ()
