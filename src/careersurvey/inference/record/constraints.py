"""What a report prints, as named linear statements about whole numbers that nobody has seen.

Every quantity (an indicator's category, of everyone or of a group) is an unknown count. A printed
figure, a relation and an automatic fact each say something linear about these counts.
"""

from __future__ import annotations

from calendar import month_name
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd

from careersurvey.errors import RecordError
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.statements import read_statements
from careersurvey.evidence.tables import Indicator

RELATIONS = ("same", "partition", "within", "disjoint", "exhaustive", "at_least")
STRENGTHS = ("necessary", "assumed")
SHARES = ("share", "multiple")
ENDS = ("share_low", "share_high")

# ---- quantities ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quantity:
    """The parts of a quantity's name: ``indicator=category @ domain=group``."""

    indicator: str
    category: str = ""
    domain: str = ""
    group: str = ""

    def __str__(self) -> str:
        name = f"{self.indicator}={self.category}" if self.category else self.indicator
        return f"{name} @ {self.domain}={self.group}" if self.domain else name


@lru_cache(maxsize=4096)
def parse(text: str) -> Quantity:
    """Take a quantity's name apart.

    >>> parse("sixth_form=yes @ school_type=sponsored").group
    'sponsored'
    """
    stem, _, part = (piece.strip() for piece in text.partition("@"))
    indicator, _, category = (piece.strip() for piece in stem.partition("="))
    domain, _, group = (piece.strip() for piece in part.partition("="))
    return Quantity(indicator, category, domain, group)


# ---- rows and statements ------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """``low <= sum(coefficient * unknown) <= high`` over whole numbers of at least 0.

    Each unknown stands once, with no coefficient 0; an end that is None is no end.
    """

    terms: tuple[tuple[Hashable, int], ...]
    low: int | None
    high: int | None


def row(terms: Iterable[tuple[Hashable, int]], low: int | None, high: int | None) -> Row:
    """Build a row in which an unknown that is named twice stands once."""
    total: dict[Hashable, int] = defaultdict(int)
    for name, coefficient in terms:
        total[name] += coefficient
    return Row(tuple((name, c) for name, c in total.items() if c), low, high)


def holds(row: Row, solution: Mapping[Hashable, int]) -> bool:
    """Whether the row is true of whole numbers; an unknown that is not named is 0."""
    value = sum(c * solution.get(name, 0) for name, c in row.terms)
    return (row.low is None or value >= row.low) and (row.high is None or value <= row.high)


@dataclass(frozen=True)
class Statement:
    """One named statement of the record: a printed figure, a relation or a fact.

    Rows of `reported.csv` of equal quantity and reading make one statement: their ``ids``, places
    and wordings, the quantity they are ``about``, and the bases whose number the reading has taken
    in. A relation is as in `relations.csv`: its parts and the whole, if any, that it holds them
    against. A fact is always necessary.
    """

    name: str
    kind: str
    rows: tuple[Row, ...]
    says: str
    ids: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    about: str = ""
    bases: tuple[str, ...] = ()
    relation: str = ""
    strength: str = "necessary"
    because: str = ""
    parts: tuple[str, ...] = ()
    whole: str = ""

    @cached_property
    def quantities(self) -> frozenset[str]:
        """Unknown counts that it speaks of."""
        named = {str(name) for each in self.rows for name, _ in each.terms}
        return frozenset({*named, *self.parts, self.whole} - {""})


def rows_of(statements: Iterable[Statement]) -> list[Row]:
    """All rows of some statements."""
    return [each for said in statements for each in said.rows]


def of_kind(statements: Iterable[Statement], kind: str) -> tuple[Statement, ...]:
    """Some statements' printed figures, relations or facts."""
    return tuple(each for each in statements if each.kind == kind)


@dataclass(frozen=True)
class Record:
    """A printed record: figures by id as they are read, indicators, bases, and what all this says.

    ``bases`` are the quantities that an indicator's base is, by indicator and group; ``statements``
    are printed ones, then relations, then facts.
    """

    figures: Mapping[str, Mapping]
    about: Mapping[str, Indicator]
    bases: Mapping[Quantity, Sequence[str]]
    statements: tuple[Statement, ...] = ()

    def of_kind(self, kind: str) -> tuple[Statement, ...]:
        """Its statements of one kind."""
        return of_kind(self.statements, kind)

    def base_of(self, name: str) -> list[str]:
        """Bases of a quantity; without a printed one, the indicator's own total."""
        of = parse(name)
        key = Quantity(of.indicator, "", of.domain, of.group)
        if key in self.bases:
            return list(self.bases[key])
        if not key.domain:
            return [key.indicator]
        whole = {each.indicator: names[0] for each, names in self.bases.items() if not each.domain}
        return [_in_group(base, key, whole) for base in self.base_of(key.indicator)]

    def measure(self, indicator: str) -> str:
        """Measure of an indicator; empty for one that is not known."""
        return getattr(self.about.get(indicator), "measure", "")

    def categories(self, indicator: str) -> tuple[str, ...]:
        """Categories of an indicator, in order; none for one that is not known."""
        return tuple(getattr(self.about.get(indicator), "categories", ()))


def read_record(
    cohort: Cohort,
    *,
    readings: str | Path | None = None,
    wide: bool = False,
    assumed: bool = True,
    without: Collection[str] = (),
) -> Record:
    """State what a cohort's printed figures say, in declared or wide readings.

    Figures to leave out `without` their ids no longer say how many, and yet of whom.
    """
    read = read_statements(cohort, readings=readings, wide=wide, without=without)
    relations = cohort.relations.to_dict("records")
    bases = _bases(cohort.reported.to_dict("records"), relations, cohort.indicators)
    record = Record({row["id"]: row for row in read.to_dict("records")}, cohort.indicators, bases)
    ties = (tie for tie in map(_relation, relations) if assumed or tie.strength == "necessary")
    stated = (*_printed(record), *ties)
    used = {name for each in stated for name in each.quantities}
    return replace(record, statements=(*stated, *_facts(record, used)))


def usable_record(cohort: Cohort, without: Collection[str] = ()) -> Record:
    """What bounds and draws rest on: necessary relations, and figures that are not set aside."""
    left_out = {*cohort.settings.record.set_aside, *without}
    return read_record(cohort, assumed=False, without=left_out)


def describe(record: Record) -> pd.DataFrame:
    """List the record: ``kind``, ``name``, ``says`` and ``strength``, a named statement a row."""
    rows = [(each.kind, each.name, each.says, each.strength) for each in record.statements]
    return pd.DataFrame(rows, columns=["kind", "name", "says", "strength"])


# ---- bases --------------------------------------------------------------------------------------


def _bases(
    figures: Sequence[Mapping], relations: Iterable[Mapping], about: Mapping[str, Indicator]
) -> dict[Quantity, list[str]]:
    """Bases of indicators, by indicator and group.

    A printed statement's `base_id` names its base. Where none does, the whole of a necessary
    partition into all categories of an indicator is its base.
    """
    whole: dict[str, str] = {}
    for each in figures:
        if each["base_id"] and not each["domain"]:
            whole.setdefault(each["indicator"], each["base_id"])
    whole = _partitioned(relations, about) | whole
    bases = defaultdict(list, {Quantity(name): [base] for name, base in whole.items()})
    for each in figures:
        key = Quantity(each["indicator"], "", each["domain"], each["group"])
        name = str(parse(each["base_id"])) if each["base_id"] else ""
        if name and key.domain:
            name = _in_group(name, key, whole)
        if name and name not in bases[key]:
            bases[key].append(name)
    return {key: names for key, names in bases.items() if names}


def _partitioned(relations: Iterable[Mapping], about: Mapping[str, Indicator]) -> dict[str, str]:
    """Wholes of necessary partitions into all categories of one indicator."""
    found = {}
    for each in relations:
        parts, whole = _members(each)
        indicator = parse(parts[0]).indicator if parts else ""
        named = {
            f"{indicator}={category}"
            for category in getattr(about.get(indicator), "categories", ())
        }
        if (each["relation"], each["strength"]) == ("partition", "necessary") and named == {*parts}:
            found[indicator] = whole
    return found


def _members(each: Mapping) -> tuple[list[str], str]:
    """Parts and whole of a relation, as names of quantities."""
    parts = [str(parse(part)) for part in each["parts"].split(" + ") if part.strip()]
    return parts, str(parse(each["whole"])) if each["whole"].strip() else ""


def _in_group(base: str, key: Quantity, whole: Mapping[str, str]) -> str:
    """Part of a base that is in a group: all units of a group are the group itself."""
    group = f"{key.domain}={key.group}"
    if parse(base).domain or base == group:
        return base
    return group if whole.get(key.domain) == base else f"{base} @ {group}"


# ---- printed figures ----------------------------------------------------------------------------


def _printed(record: Record) -> Iterator[Statement]:
    """Statements of the figures; those of equal quantity and reading stand together."""
    together: dict[tuple, list[Mapping]] = defaultdict(list)
    for each in record.figures.values():
        rows = _rows(each, record)
        if rows:
            together[each["quantity"], rows].append(each)
    for (name, rows), figures in together.items():
        bases = record.base_of(name)
        yield Statement(
            name=" + ".join(each["id"] for each in figures),
            kind="printed",
            rows=rows,
            says=_says(name, rows, figures[0], bases[0]),
            ids=tuple(each["id"] for each in figures),
            where=tuple(each["where"] for each in figures),
            reported=tuple(each["reported"] for each in figures),
            about=name,
            bases=tuple(bases) if any(known_base(each) is not None for each in figures) else (),
        )


def _rows(each: Mapping, record: Record) -> tuple[Row, ...]:
    """What one printed figure says of the unknown counts."""
    name, n, measure = each["quantity"], known_base(each), record.measure(each["indicator"])
    if each["form"] in ("text", "rank") or measure == "ratio" or each["residual"]:
        return ()
    if measure == "mean":
        is_total = each["form"] == "number" and n is not None and each["share_low"] is not None
        return _total(name, each, n) if is_total else ()
    rows, base = [], record.base_of(name)[0]
    counted = not pd.isna(each["count_low"])
    if counted and (n is not None or each["share_low"] is None or "count" in each["form"]):
        high = None if pd.isna(each["count_high"]) else int(each["count_high"])
        rows.append(Row(((name, 1),), int(each["count_low"]), high))
    elif each["share_low"] is not None and measure in SHARES:
        rows += _share_of(name, base, each)
    if n is not None and measure in SHARES and base == each["indicator"]:
        rows.append(Row(((base, 1),), n, n))
    return tuple(rows)


def known_base(each: Mapping) -> int | None:
    """Number of a figure's base, where it is one."""
    low, high = each["base_low"], each["base_high"]
    return None if pd.isna(low) or pd.isna(high) or low != high else int(low)


def _share_of(name: str, base: str, each: Mapping) -> list[Row]:
    """``low * base <= count <= high * base``, denominators cleared; an open end is one unit off."""
    low = Fraction(each["share_low"])
    below = [(name, low.denominator), (base, -low.numerator)]
    rows = [row(below, int(each["share_low_open"]), None)]
    if each["share_high"] is not None:
        high = Fraction(each["share_high"])
        above = [(name, high.denominator), (base, -high.numerator)]
        rows.append(row(above, None, -int(each["share_high_open"])))
    return rows


def _total(name: str, each: Mapping, n: int) -> tuple[Row, ...]:
    """Totals of whole answers of `n` whose mean is printed so; nothing where there is none."""
    low, high = (each[end] if each[end] is None else Fraction(each[end]) for end in ENDS)
    least = -(-(low.numerator * n + each["share_low_open"]) // low.denominator)
    most = (
        None if high is None else (high.numerator * n - each["share_high_open"]) // high.denominator
    )
    return (Row(((name, 1),), least, most),) if most is None or least <= most else ()


# ---- relations ----------------------------------------------------------------------------------


def _relation(each: Mapping) -> Statement:
    parts, whole = _members(each)
    _require_statable(each, parts, whole)
    rows = tuple(_RELATION_ROWS[each["relation"]](parts, whole))
    said = "; ".join(map(say, rows)) or f"no overlap between {each['parts']}"
    return Statement(
        name=each["id"],
        kind="relation",
        rows=rows,
        says=f"{each['relation']}: {said}",
        where=(each["where"],),
        relation=each["relation"],
        strength=each["strength"],
        because=each["because"],
        parts=tuple(parts),
        whole=whole,
    )


def _require_statable(each: Mapping, parts: list[str], whole: str) -> None:
    """Refuse a relation that is unknown, incomplete, or assumed without a way out."""
    relation, strength = each["relation"], each["strength"]
    alone = relation in ("same", "disjoint") and len(parts) > 1
    named = [*parts, *filter(None, [whole])]
    twice = ", ".join(sorted({name for name in named if named.count(name) > 1}))
    unexplained = strength == "assumed" and not each["because"].strip()
    wanted = "the reading of the report under which it would not hold"
    faults = (
        (relation not in RELATIONS, "is of a kind that is not known", relation, RELATIONS),
        (strength not in STRENGTHS, "has a strength that is not known", strength, STRENGTHS),
        (not parts or not (whole or alone), "lacks a part or its whole", each["parts"], ()),
        (twice, "names a quantity twice", twice, ("each quantity once",)),
        (unexplained, "is assumed and does not say what would undo it", "no `because`", (wanted,)),
    )
    for failed, what, found, expected in faults:
        if failed:
            raise RecordError(
                f"relations.csv: {each['id']} {what}.",
                found=found,
                expected=" or ".join(expected) or "parts joined by ` + `, and the whole",
                where=f"relations.csv {each['id']}",
                do="correct the row, or take it out",
            )


def _add(parts: Iterable[str], whole: str, low: int | None, high: int | None) -> list[Row]:
    return [row([*((part, 1) for part in parts), (whole, -1)], low, high)]


_RELATION_ROWS = {
    "same": lambda parts, whole: [
        row([(a, 1), (b, -1)], 0, 0)
        for a, b in zip([*parts, whole], [*parts[1:], whole], strict=False)
        if b and a != b
    ],
    "partition": lambda parts, whole: _add(parts, whole, 0, 0),
    "within": lambda parts, whole: [row([(p, 1), (whole, -1)], None, 0) for p in parts],
    "disjoint": lambda parts, whole: _add(parts, whole, None, 0) if whole else [],
    "exhaustive": lambda parts, whole: _add(parts, whole, 0, None),
    "at_least": lambda parts, whole: [row([(p, 1), (whole, -1)], 0, None) for p in parts],
}


# ---- facts, which nobody writes because they are always true ------------------------------------


def _facts(record: Record, used: Collection[str]) -> Iterable[Statement]:
    quantities = [parse(name) for name in sorted(used)]
    keys = {Quantity(q.indicator, "", q.domain, q.group) for q in quantities if q.category}
    keys |= {key for key in record.bases if record.measure(key.indicator) in SHARES}
    facts = [fact for key in sorted(keys, key=str) for fact in _base_facts(key, record)]
    grouped = {name for fact in facts for name in fact.quantities} | set(used)
    stems = {(str(Quantity(q.indicator, q.category)), q.domain) for q in map(parse, grouped)}
    for stem, domain in sorted(each for each in stems if each[1]):
        parts = [f"{stem} @ {domain}={group}" for group in record.categories(domain)]
        if parts:
            facts.append(_fact(f"groups of {domain} add to their total", *_add(parts, stem, 0, 0)))
    return facts


def _base_facts(key: Quantity, record: Record) -> list[Statement]:
    """Categories of a share add to their base; any other category is within it."""
    measure, bases = record.measure(key.indicator), record.base_of(str(key))
    categories = record.categories(key.indicator)
    named = [str(Quantity(key.indicator, c, key.domain, key.group)) for c in categories]
    if measure == "share":
        what = f"categories of {key} add to their base"
        return [_fact(what, *_add(named, base, 0, 0)) for base in bases]
    if measure == "multiple" or (measure == "count" and key in record.bases):
        within = [_add([name], base, None, 0) for name in named for base in bases]
        return [_fact("a category is within its base", *rows) for rows in within]
    return []


def _fact(what: str, row_: Row) -> Statement:
    return Statement(name=f"{what}: {say(row_)}", kind="fact", rows=(row_,), says=say(row_))


# ---- in words -----------------------------------------------------------------------------------


def say(row_: Row) -> str:
    """Write a row as a person would."""
    plus = " + ".join(_term(name, c) for name, c in row_.terms if c > 0)
    minus = " + ".join(_term(name, -c) for name, c in row_.terms if c < 0)
    if minus and row_.low in (0, None) and row_.high in (0, None):
        sign = "=" if row_.low == row_.high else "≥" if row_.high is None else "≤"
        return f"{plus} {sign} {minus}"
    left = plus + (f" − {minus}" if minus and " + " not in minus else f" − ({minus})" * bool(minus))
    if row_.low == row_.high:
        return f"{left} = {row_.low:,}"
    low = "" if row_.low is None else f"{row_.low:,} ≤ "
    return f"{low}{left}" + ("" if row_.high is None else f" ≤ {row_.high:,}")


def _term(name: object, c: int) -> str:
    return str(name) if c == 1 else f"{c}·{name}"


def _says(name: str, rows: tuple[Row, ...], each: Mapping, base: str) -> str:
    """What a printed figure says; a date in months, a share of an unknown base as one."""
    if each["form"] == "date":
        ends = [_month(end) for end in (rows[0].low, rows[0].high) if end is not None]
        return f"{name} = " + " to ".join(dict.fromkeys(ends))
    if len(rows[0].terms) == 1:
        return "; ".join(map(say, rows))
    low, high = each["share_low"], each["share_high"]
    if low == high:
        return f"{name} = {low} of {base}"
    if high is None:
        return f"{name} ≥ {low} of {base}"
    signs = ["<" if each[f"share_{end}_open"] else "≤" for end in ("low", "high")]
    return f"{low} of {base} {signs[0]} {name} {signs[1]} {high} of {base}"


def _month(months: int) -> str:
    """Name a month, counted from year 0."""
    return f"{month_name[months % 12 + 1]} {months // 12}"


def cited(each: Statement) -> str:
    """Places and wordings of a printed statement, the first three of them."""
    wordings = list(zip(each.where, each.reported, each.ids, strict=True))
    named = [f"{place} “{wording}” ({id_})" for place, wording, id_ in wordings[:3]]
    more = f" and {len(wordings) - 3} more" if len(wordings) > 3 else ""
    return ", ".join(named) + more
