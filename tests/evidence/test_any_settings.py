"""Whatever TOML can hold, ``cohort.toml`` is read or refused with a message."""

import datetime as dt
import math

from hypothesis import given
from hypothesis import strategies as st

from careersurvey.errors import CohortError
from careersurvey.evidence.settings import Settings, settings_of

DESIGN = {
    "weight": "w",
    "strata": ["s"],
    "clusters": ["c"],
    "population": ["n"],
    "nest": True,
    "lonely_psu": "adjust",
    "df": 10,
    "calibrate": {"totals": {"kind": {"old": 3, "new": 4}}, "method": "rake"},
    "response": {"classes": "kind", "invited": {"old": 6}},
    "trim": [0.3, 3],
}
REPLICATES = {
    "weight": "w",
    "replicate_weights": "r*",
    "replicate_method": "JKn",
    "scale": 1,
    "rscales": [0.5],
    "mse": True,
}
TABLE = {
    "file": "a.csv",
    "sheet": "S",
    "encoding": "utf-8",
    "delimiter": ";",
    "decimal": ",",
    "thousands": ".",
    "header_rows": 2,
    "not_asked": ["NA", 9],
    "date_format": "%d/%m/%Y",
    "unique": "id",
    "design": DESIGN,
    "columns": {"x": "X"},
    "codes": {"x": {"1": "yes"}},
    "missing": {"x": ["-9"], "*": {"c": "suppressed"}},
    "asked": {"x": "y = yes;no & z = a"},
    "options": {"q": {"variables": ["a", "b"], "ticked": ["1"]}, "r": {"separator": ";"}},
    "keep": {"Status": ["Complete"]},
    "sums": {"x": ["y", "z"]},
}
WHOLE = {
    "cohort": {
        "id": "small",
        "title": "A small survey",
        "evidence": "respondents",
        "fieldwork": "2026-01-10/2026-03-20",
        "selection": {"parent": "volunteers"},
        "invited": {"parents": 9},
    },
    "sections": {"clubs": "Clubs"},
    "tables": {"parents": TABLE, "schools": {"file": "b.csv", "design": REPLICATES}},
    "engine": {"spark": ""},
    "disclosure": {"about": {"schools": "institutions"}, "merge": {"r": {"n": ["a", "b"]}}},
    "limits": {"cell_seconds": 9},
}
PRINTED = {
    "cohort": {"id": "small", "title": "A small report", "evidence": "reported"},
    "places": {"p": 3},
    "record": {"set_aside": {"R1": "it is odd"}},
}
PLAIN = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["", "yes", "a=b", "a=b & c", "2026-13", "\0", "../x", "%Q", "*", "any"]),
    st.integers(),
    st.sampled_from([0, 1, -1, 10**30, 10**400]),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.times(),
    st.datetimes(),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


def places(part, above=()):
    """Every place of a nested table, as the keys that lead to it."""
    for key in part if isinstance(part, dict) else range(len(part)):
        yield (*above, key)
        if isinstance(part[key], dict | list):
            yield from places(part[key], (*above, key))


def changed(part, place, value):
    """The same tables with another value at one place."""
    if not place:
        return value
    first, *rest = place
    copied = dict(part) if isinstance(part, dict) else list(part)
    copied[first] = changed(part[first], rest, value)
    return copied


PLACES = sorted(places(WHOLE), key=repr)
PRINTED_PLACES = sorted(places(PRINTED), key=repr)


def read_or_refused(tables) -> Settings | CohortError | None:
    try:
        return settings_of(tables, "small")
    except CohortError as problem:
        return None if "cohort.toml" in str(problem) else problem


def test_the_whole_of_it_is_read():
    found = settings_of(WHOLE, "small")
    assert found.tables["schools"].design.replicate_weights == ("r*",)
    assert found.tables["parents"].missing == {"x": ("-9",), "*": {"c": "suppressed"}}
    assert settings_of(PRINTED, "small").record.set_aside == {"R1": "it is odd"}


@given(st.sampled_from(PLACES), VALUES)
def test_any_value_at_any_key_is_read_or_refused(place, value):
    read_or_refused(changed(WHOLE, place, value))


@given(st.sampled_from(PRINTED_PLACES), VALUES)
def test_any_value_at_any_key_of_print_is_read_or_refused(place, value):
    read_or_refused(changed(PRINTED, place, value))


@given(
    st.sampled_from([place for place in PLACES if isinstance(place[-1], str)]),
    st.text(max_size=9),
    VALUES,
)
def test_any_key_beside_any_other_is_read_or_refused(place, key, value):
    *above, _ = place
    part = WHOLE
    for name in above:
        part = part[name]
    assert isinstance(read_or_refused(changed(WHOLE, above, part | {key: value})), Settings | None)


@given(st.dictionaries(st.sampled_from([*WHOLE, *PRINTED, "other"]), VALUES, max_size=4))
def test_any_tables_at_all_are_read_or_refused(tables):
    assert isinstance(read_or_refused(tables), Settings | None)


@given(st.permutations(list(WHOLE)))
def test_the_order_of_the_tables_makes_no_difference(order):
    assert settings_of({name: WHOLE[name] for name in order}, "x") == settings_of(WHOLE, "x")


@given(st.floats() | st.integers(), st.dates())
def test_what_is_read_is_finite_and_of_its_kind(number, day):
    """Witness: what each kind may be, said again in plain Python."""
    place = ("tables", "parents", "design", "df")
    found = read_or_refused(changed(WHOLE, place, number))
    fits = math.isfinite(number) and 0 < number < 1e308
    assert (found is not None) == fits or number >= 1e308
    period = changed(WHOLE, ("cohort", "fieldwork"), day.isoformat())
    assert settings_of(period, "x").cohort.fieldwork == day.isoformat()
    assert read_or_refused(changed(WHOLE, ("cohort", "fieldwork"), dt.datetime(2026, 1, 1))) is None
