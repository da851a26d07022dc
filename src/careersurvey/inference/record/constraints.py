"""What a report prints, as named linear statements about whole numbers that nobody has seen.

Every quantity (an indicator's category, of everyone or of a group) is an unknown count. A printed
figure, a relation and an automatic fact each say something linear about these counts.
"""

from __future__ import annotations

from calendar import month_name
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from careersurvey.evidence.checks.check import require
from careersurvey.evidence.checks.printed import RELATIONS, check_statements
from careersurvey.evidence.cohort import Cohort
from careersurvey.evidence.printed.readings import counts_on
from careersurvey.evidence.printed.statements import Ends, read_statements, share_of, widest_counts
from careersurvey.evidence.tables import SHARES, Indicator, Variable
from careersurvey.inference.record.linear import Quantity, Row, parse, row, say

#: A row of `reported.csv` and its reading; None where it has no number.
Figure = Mapping[str, Any]

# ---- statements ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Statement:
    """One named statement of the record: a printed figure, a relation or a fact.

    Figures of equal quantity and reading make one statement: the quantity they are ``about``, and
    the ``bases`` whose number the reading has taken in. A relation is as in `relations.csv`: its
    parts and the whole, if any, that it holds them against. ``strength`` is ``as read`` of figures,
    and a fact is always necessary.
    """

    name: str
    kind: str
    rows: tuple[Row, ...]
    says: str
    strength: str = "necessary"
    figures: tuple[Figure, ...] = ()
    bases: tuple[str, ...] = ()
    relation: str = ""
    because: str = ""
    parts: tuple[str, ...] = ()
    whole: str = ""

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Ids of its figures."""
        return tuple(each["id"] for each in self.figures)

    @cached_property
    def about(self) -> str:
        """Quantity of its figures."""
        return self.figures[0]["quantity"] if self.figures else ""

    @cached_property
    def quantities(self) -> frozenset[str]:
        """Unknown counts that it speaks of."""
        named = {str(name) for each in self.rows for name, _ in each.terms}
        return frozenset({*named, *self.parts, self.whole} - {""})

    @property
    def of_units(self) -> tuple[Row, ...]:
        """What it says of every single unit, a quantity being 1 for a unit in it and else 0."""
        if self.relation == "disjoint":
            return (Row(tuple((part, 1) for part in self.parts), None, 1),)
        return () if self.kind == "printed" or self.relation == "at_least" else self.rows


def rows_of(statements: Iterable[Statement]) -> list[Row]:
    """All rows of some statements."""
    return [each for said in statements for each in said.rows]


@dataclass(frozen=True)
class Record:
    """A printed record, or a part of one: what it says, and of which figures and bases."""

    figures: Mapping[str, Figure]
    about: Mapping[str, Indicator | Variable]
    bases: Mapping[Quantity, Sequence[str]]  # that an indicator has, by indicator and group
    printed: tuple[Statement, ...] = ()
    relations: tuple[Statement, ...] = ()
    facts: tuple[Statement, ...] = ()
    whole: frozenset[str] = frozenset()  # indicators of which every answer is a whole number

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All that it says: printed figures, relations, facts."""
        return (*self.printed, *self.ties)

    @property
    def ties(self) -> tuple[Statement, ...]:
        """Its relations and facts, which tie quantities to each other."""
        return (*self.relations, *self.facts)

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of its printed statements."""
        return tuple(id_ for each in self.printed for id_ in each.ids)

    @cached_property
    def touching(self) -> Mapping[str, list[Statement]]:
        """Its statements by the quantities that they speak of."""
        found = defaultdict(list)
        for each in self.statements:
            for name in each.quantities:
                found[name].append(each)
        return found

    def only(self, some: Collection[Statement]) -> Record:
        """The part that has no statements but some, in its order."""
        kinds = self.printed, self.relations, self.facts
        printed, relations, facts = (tuple(e for e in kind if e in some) for kind in kinds)
        return replace(self, printed=printed, relations=relations, facts=facts)

    def among(self, names: set[str] | frozenset[str], universe: str = "") -> Record:
        """The part that speaks of some quantities and of no others, or numbers a universe."""
        size = ((universe, 1),)
        numbers = (e for e in self.printed for r in e.rows if r.terms == size and r.low == r.high)
        spoken = (e for e in self.statements if e.quantities and e.quantities <= names)
        return self.only({*spoken, *numbers})

    def base_of(self, name: str) -> list[str]:
        """Bases of a quantity; without a printed one, the indicator's own total."""
        key = parse(name).whole
        if key in self.bases:
            return list(self.bases[key])
        if not key.domain:
            return [key.indicator]
        return [_in_group(base, key, self.bases) for base in self.base_of(key.indicator)]

    def measure(self, indicator: str) -> str:
        """Measure of an indicator; empty for one that is not known."""
        return getattr(self.about.get(indicator), "measure", "")

    def categories(self, indicator: str) -> tuple[str, ...]:
        """Categories of an indicator, in order; none for one that is not known."""
        return getattr(self.about.get(indicator), "categories", ())


#: Rules of a row that bear on no count: it may stand anywhere, and be of anybody.
_NOT_COUNTED_BY = ("wordings_are_read", "places_exist", "units_known", "recommendations")


def read_record(
    cohort: Cohort,
    *,
    readings: str | Path | None = None,
    wide: bool = False,
    assumed: bool = True,
    without: Collection[str] = (),
) -> Record:
    """State what a cohort's printed figures say, in declared or wide readings."""
    read = read_statements(cohort, readings=readings, wide=wide, without=without)
    rows = read.astype(object).where(read.notna(), None).to_dict("records")
    checks = check_statements(cohort)
    require([each for each in checks if each.rule not in _NOT_COUNTED_BY], cohort.id)
    ties = [_relation(each) for each in cohort.relations.to_dict("records")]
    bases = _bases(cohort.reported.to_dict("records"), ties, cohort.indicators)
    about = {each.name: each for each in cohort.codebook} | cohort.indicators
    counted = {each.name for each in cohort.codebook if each.is_whole}
    asked = cohort.indicators.values()
    whole = frozenset(o.id for o in asked if o.variables and counted.issuperset(o.variables))
    record = Record({each["id"]: each for each in rows}, about, bases, whole=whole)
    taken = tuple(each for each in ties if assumed or each.strength == "necessary")
    told = widest_counts(cohort)
    record = replace(record, printed=tuple(_printed(record, told)), relations=taken)
    return replace(record, facts=tuple(_facts(record)))


def describe(record: Record) -> pd.DataFrame:
    """List the record: ``kind``, ``name``, ``says`` and ``strength``, a named statement a row."""
    columns = ["kind", "name", "says", "strength"]
    rows = [[getattr(each, name) for name in columns] for each in record.statements]
    return pd.DataFrame(rows, columns=columns)


# ---- bases --------------------------------------------------------------------------------------


def _bases(
    figures: Sequence[Mapping], ties: Iterable[Statement], about: Mapping[str, Indicator]
) -> dict[Quantity, list[str]]:
    """Bases of indicators, by indicator and group: printed, else the whole of all categories."""
    # All who were asked of a share are the whole of its categories, whatever they are a part of.
    wholes = {name for name, one in about.items() if one.measure in SHARES}
    parts = (each for each in figures if each["category"] or each["indicator"] not in wholes)
    based = [each for each in parts if each["base_id"]]
    bases: dict[Quantity, list[str]] = {}
    for each in (each for each in based if not each["domain"]):
        bases.setdefault(Quantity(each["indicator"]), [each["base_id"]])
    for tie in ties:
        name = parse(tie.parts[0]).indicator
        every = {f"{name}={one}" for one in getattr(about.get(name), "categories", ())}
        necessary = (tie.relation, tie.strength) == ("partition", "necessary")
        if necessary and every == {*tie.parts}:
            bases.setdefault(Quantity(name), [tie.whole])
    for each in based:
        key, base = Quantity(each["indicator"], "", each["domain"], each["group"]), each["base_id"]
        name = _in_group(str(parse(base)), key, bases)
        if name not in bases.setdefault(key, []):
            bases[key].append(name)
    return bases


def _in_group(base: str, key: Quantity, bases: Mapping[Quantity, Sequence[str]]) -> str:
    """Part of a base that is in a group: all units of a group are the group itself."""
    group = f"{key.domain}={key.group}"
    if not key.domain or parse(base).domain or base == group:
        return base
    return group if bases.get(Quantity(key.domain), [""])[0] == base else f"{base} @ {group}"


# ---- printed figures ----------------------------------------------------------------------------


def _printed(record: Record, told: Mapping[str, Sequence[Ends]]) -> Iterator[Statement]:
    """Statements of the figures; those of equal quantity and reading stand together."""
    together: dict[tuple, list[Figure]] = defaultdict(list)
    for each in record.figures.values():
        together[each["quantity"], _rows(each, record, told)].append(each)
    for (name, rows), figures in together.items():
        if rows:
            yield Statement(
                name=" + ".join(each["id"] for each in figures),
                kind="printed",
                rows=rows,
                says=_says(name, rows, figures[0]),
                strength="as read",
                figures=tuple(figures),
                bases=tuple(record.base_of(name)) if any(map(known_base, figures)) else (),
            )


def _rows(each: Figure, record: Record, told: Mapping[str, Sequence[Ends]]) -> tuple[Row, ...]:
    """What one printed figure says of the unknown counts, and of a base as no other tells it."""
    name, n, measure = each["quantity"], known_base(each), record.measure(each["indicator"])
    is_share = each["share_low"] is not None and each["share_high"] != 0  # none is a count
    if each["form"] in ("text", "rank") or measure == "ratio" or each["less"]:
        return ()
    if measure == "mean":
        if each["form"] != "number" or n is None or not is_share:
            return ()
        # Totals whose mean is printed so, in steps of answers; nothing where there is none.
        steps = n if each["indicator"] in record.whole else n * _FINE
        least, most = counts_on(share_of(each), steps)
        most = None if each["share_high"] is None else most
        return (Row(((name, 1),), least, most),) if most is None or least <= most else ()
    rows, base = [], record.base_of(name)[0]
    is_counted = n is not None or not is_share or "count" in each["form"]
    if each["count_low"] is not None and is_counted:
        rows.append(Row(((name, 1),), each["count_low"], each["count_high"]))
    if n is None and is_share and measure in SHARES:
        rows += _share(name, base, each)
    if n is None or measure not in SHARES or base == name:
        return tuple(rows)
    ends = told.get(base, ())
    met = any(low <= n <= (high or n) for low, high in ends) or not ends
    is_told = (n, n) in ends or (each["base_from"] == "implied" and met) or not each["base_n"]
    if base == each["indicator"] or (base == each["base_id"] and not is_told):
        rows.append(Row(((base, 1),), n, n))
    return tuple(rows)


def known_base(each: Figure) -> int | None:
    """Number of a figure's base, where it is one."""
    return each["base_low"] if each["base_low"] == each["base_high"] else None


def _share(name: str, base: str, each: Figure) -> Iterator[Row]:
    """``low * base <= count <= high * base``, denominators cleared; an open end is one unit off."""
    low, high, low_open, high_open = share_of(each)
    yield Row(((base, 1),), 1, None)  # of nobody every share would be true at once
    yield row([(name, low.denominator), (base, -low.numerator)], int(low_open), None)
    if high is not None:
        yield row([(name, high.denominator), (base, -high.numerator)], None, -int(high_open))


#: Steps that a total is told in for each 1 of an answer that need not be whole.
_FINE = 10**6


# ---- relations ----------------------------------------------------------------------------------


def _relation(each: Mapping[str, str]) -> Statement:
    relation, parts, whole = each["relation"], each["parts"].split(" + "), each["whole"]
    if relation in ("partition", "disjoint", "exhaustive"):
        held = [(parts, whole)]
    else:
        others = [*parts[1:], whole] if relation == "same" else [whole] * len(parts)
        held = [([part], other) for part, other in zip(parts, others, strict=True)]
    rows = [_sum(several, one, *RELATIONS[relation]) for several, one in held if one]
    said = "; ".join(map(say, rows)) or f"no overlap between {each['parts']}"
    return Statement(
        name=each["id"],
        kind="relation",
        rows=tuple(rows),
        says=f"{relation}: {said}",
        strength=each["strength"],
        relation=relation,
        because=each["because"],
        parts=tuple(parts),
        whole=whole,
    )


def _sum(parts: Iterable[str], whole: str, low: int | None, high: int | None) -> Row:
    return row([*((part, 1) for part in parts), (whole, -1)], low, high)


# ---- facts, which nobody writes because they are always true ------------------------------------


def _facts(record: Record) -> list[Statement]:
    used = {name for each in record.statements for name in each.quantities}
    keys = {parse(name).whole for name in used if parse(name).category}
    keys |= {key for key in record.bases if record.measure(key.indicator) in SHARES}
    facts = [fact for key in sorted(keys, key=str) for fact in _base_facts(key, record)]
    grouped = map(parse, used.union(*(fact.quantities for fact in facts)))
    for stem, domain in sorted({(str(of.sets[0]), of.domain) for of in grouped}):
        about = record.about.get(domain)
        if isinstance(about, Indicator) and about.measure == "share":
            groups = about.categories
            what, low = ("are within", None) if _is_partial(about, stem, record) else ("add to", 0)
        elif isinstance(about, Variable) and about.type == "category":
            what, groups, low = "are within", about.values, None  # noqa: PD011
        else:
            continue
        parts = _sum([f"{stem} @ {domain}={group}" for group in groups], stem, low, 0)
        facts.append(_fact(f"groups of {domain} {what} their total", parts))
    return facts


def _is_partial(domain: Indicator, stem: str, record: Record) -> bool:
    """Whether the group is known of fewer than those that a quantity of the same unit is of."""
    rows = [each for each in rows_of(record.printed) if each.low == each.high]
    number = {each.terms[0][0]: each.low for each in rows if len(each.terms) == 1}
    known, all_ = (number.get(record.base_of(name)[0]) for name in (domain.id, stem))
    alike = getattr(record.about.get(parse(stem).indicator), "unit", "") == domain.unit
    return alike and None not in (known, all_) and known < all_


def _base_facts(key: Quantity, record: Record) -> list[Statement]:
    """Categories of a share add to their base; each box that could be ticked is within it."""
    measure, bases = record.measure(key.indicator), record.base_of(str(key))
    named = [str(key._replace(category=c)) for c in record.categories(key.indicator)]
    if measure == "share":
        what = f"categories of {key} add to their base"
        return [_fact(what, _sum(named, base, 0, 0)) for base in bases]
    if measure == "multiple":
        what = "a category is within its base"
        return [_fact(what, _sum([name], base, None, 0)) for name in named for base in bases]
    return []


def _fact(what: str, row_: Row) -> Statement:
    return Statement(name=f"{what}: {say(row_)}", kind="fact", rows=(row_,), says=say(row_))


# ---- in words -----------------------------------------------------------------------------------


def _says(name: str, rows: tuple[Row, ...], each: Figure) -> str:
    """What a printed figure says; a date in months, a share of an unknown base as one."""
    if each["form"] == "date":
        ends = (end for end in (rows[0].low, rows[0].high) if end is not None)  # from year 0
        said = (f"{month_name[end % 12 + 1]} {end // 12}" for end in ends)
        return f"{name} = " + " to ".join(dict.fromkeys(said))
    if each["form"] == "number" and each["share_low"] is not None:
        return f"{name} is {each['reported']} on average, of {known_base(each):,}"
    told = [each for each in rows if each.terms[0][0] == name or each.high is not None]
    if len(told[0].terms) == 1:
        return "; ".join(map(say, told))
    base = str(told[0].terms[1][0])
    low, high, *opens = share_of(each)
    if low == high:
        return f"{name} = {low} of {base}"
    if high is None:
        return f"{name} ≥ {low} of {base}"
    signs = ["<" if is_open else "≤" for is_open in opens]
    return f"{low} of {base} {signs[0]} {name} {signs[1]} {high} of {base}"
