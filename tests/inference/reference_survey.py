"""The made-up survey in tests/reference, R's numbers for it, and the same designs in our words."""

from functools import cache
from pathlib import Path

import pandas as pd

from careersurvey.evidence.settings import DesignSettings
from careersurvey.evidence.tables import COLUMNS, indicator_of, variables_of
from careersurvey.inference.survey.questions import Table, opened
from careersurvey.inference.survey.rows import table_of
from careersurvey.inference.survey.totals import read_totals

REFERENCE = Path(__file__).parents[1] / "reference"
ONE_STAGE = {"strata": ["school_type"], "clusters": ["school_id"]}
LONELY = {"weight": "w", "strata": ["lonely_type"], "clusters": ["school_id"]}
DESIGNS = {
    "simple": {},
    "simple_fpc": {"population": ["n_all"]},
    "stratified": {"weight": "w", "strata": ["school_type"]},
    "stratified_fpc": {"strata": ["school_type"], "population": ["n_people"]},
    "weighted": {"weight": "w"},
    "mean_1": {"weight": "w_mean_1", **ONE_STAGE},
    "unstratified": {"weight": "w", "clusters": ["school_id"]},
    "one_stage": {"weight": "w", **ONE_STAGE},
    "one_stage_fpc": {"weight": "w", **ONE_STAGE, "population": ["n_schools"]},
    "one_stage_population": {**ONE_STAGE, "population": ["n_schools"]},
    "two_stage": {
        "weight": "w",
        "strata": ["school_type"],
        "clusters": ["school_id", "class_id"],
        "population": ["n_schools", "n_classes"],
    },
    "two_stage_strata": {
        "weight": "w",
        "strata": ["school_type", "class_id"],
        "clusters": ["school_id"],
        "population": ["n_schools", "n_parents"],
    },
    "three_stage": {
        "weight": "w",
        "strata": ["school_type"],
        "clusters": ["school_id", "class_id"],
        "population": ["n_schools", "n_classes", "n_parents"],
    },
    "three_stage_population": {
        "strata": ["school_type"],
        "clusters": ["school_id", "class_id"],
        "population": ["n_schools", "n_classes", "n_parents"],
    },
    "made_jk1": {"weight": "w", "clusters": ["school_id"], "replicate_method": "JK1"},
    "made_jkn": {"weight": "w", **ONE_STAGE, "replicate_method": "JKn"},
    "made_jkn_fpc": {
        "weight": "w",
        **ONE_STAGE,
        "population": ["n_schools"],
        "replicate_method": "JKn",
    },
    "made_jkn_mse": {"weight": "w", **ONE_STAGE, "replicate_method": "JKn", "mse": True},
}
for rule in ("certainty", "adjust", "average"):
    DESIGNS[f"lonely_{rule}"] = {**LONELY, "lonely_psu": rule}
    DESIGNS[f"lonely_fpc_{rule}"] = {**LONELY, "lonely_psu": rule, "population": ["n_lonely"]}
for rule in ("certainty", "average"):
    DESIGNS[f"made_jkn_lonely_{rule}"] = {
        **LONELY,
        "lonely_psu": rule,
        "replicate_method": "JKn",
    }
GIVEN = {
    "rep_jk1": ("jk1", {"replicate_method": "JK1", "scale": 35 / 36}),
    "rep_jk1_mse": ("jk1", {"replicate_method": "JK1", "mse": True}),
    "rep_jkn": ("jkn", {"replicate_method": "JKn"}),
    "rep_brr": ("brr", {"replicate_method": "BRR"}),
    "rep_brr_mse": ("brr", {"replicate_method": "BRR", "mse": True}),
    "rep_fay": ("fay", {"replicate_method": "Fay", "fay_rho": 0.3}),
    "rep_boot": ("boot", {"replicate_method": "bootstrap"}),
}

INDICATORS = pd.DataFrame(
    [
        ("helped", "share", "helped", "yes;partly;no", "", ""),
        ("heard", "share", "heard", "yes;no", "", ""),
        ("never", "share", "never", "yes;no", "", ""),
        ("always", "share", "always", "yes;no", "", ""),
        ("heard@helped", "share", "heard", "yes;no", "", "helped=yes"),
        ("source", "multiple", "source_a;source_b;source_c", "a;b;c", "", ""),
        ("hours", "mean", "hours", "", "", ""),
        ("hours_per_visit", "ratio", "hours", "", "visits", ""),
        ("hours_total", "total", "hours", "", "", ""),
    ],
    columns=["indicator", "measure", "variable", "categories", "denominator", "among"],
).assign(unit="parent", base="")
CODEBOOK = pd.DataFrame(
    [
        ("helped", "yes;partly;no"),
        ("heard", "yes;no"),
        ("never", "yes;no"),
        ("always", "yes;no"),
        ("sixth_form", "yes;no"),
        ("year_group", "y9;y10;y11"),
        ("school_type", "sponsored;converter;maintained"),
        ("region", ""),
    ],
    columns=["variable", "values"],
).assign(type="category", missing="", table="parents", question="", unit="parent")


def indicators_of(table):
    wide = table.reindex(columns=list(COLUMNS["indicators.csv"]), fill_value="")
    return [indicator_of(row) for row in wide.to_dict("records")]


def variables_in(table):
    wide = table.reindex(columns=list(COLUMNS["codebook.csv"]), fill_value="")
    found = [one for row in wide.to_dict("records") for one in variables_of(row)]
    return {variable.name: variable for variable in found}


def estimates_of(
    frame, indicators, codebook, settings=None, *, by=(), lookups=None, cohort="made-up", **more
):
    """Estimates of tables written as their files are, with a design as cohort.toml has it."""
    shown = {"level": 0.95, "interval": None, "min_base": None} | more
    table = table_in(frame, indicators, codebook, settings, lookups, cohort)
    return table_of(table, read_totals(table, by), by, **shown)


def totals_in(frame, indicators, codebook, settings=None, by=(), lookups=None):
    return read_totals(table_in(frame, indicators, codebook, settings, lookups), by)


def table_in(frame, indicators, codebook, settings=None, lookups=None, cohort="made-up"):
    asked, design = indicators_of(indicators), DesignSettings(**(settings or {}))
    name = next((one.table for one in asked if one.table), "answers")
    given = variables_in(codebook), design, lookups or {}, cohort, name
    return Table(opened(frame), *given, indicators=tuple(asked))


@cache
def parents():
    return pd.read_csv(REFERENCE / "parents.csv", dtype={"class_id": str})


@cache
def with_factors(start):
    factors = pd.read_csv(REFERENCE / "factors.csv")
    people = parents()
    own = [name for name in factors if name.startswith(f"{start}_")]
    weights = people[["school_id"]].merge(factors[["school_id", *own]], on="school_id", how="left")
    return people.join(weights[own].mul(people["w"], axis=0))


@cache
def witness():
    table = pd.read_csv(REFERENCE / "survey.csv", comment="#", keep_default_na=False)
    numbers = table.columns[5:]
    table[numbers] = table[numbers].apply(pd.to_numeric)
    option = table["indicator"].str.startswith("source_")
    table.loc[option, "category"] = table.loc[option, "indicator"].str[-1]
    table.loc[option, "indicator"] = "source"
    table["domain"] = table["domain"].replace("sixth_form_year_group", "sixth_form*year_group")
    return table


def ours(design, domains, interval):
    by = [name for name in domains if name != "all"]
    if design in GIVEN:
        start, settings = GIVEN[design]
        frame = with_factors(start)
        settings = {"weight": "w", "replicate_weights": f"{start}_*", **settings}
        if start == "jkn":
            types = frame.drop_duplicates("school_id")["school_type"]
            size = types.map(types.value_counts()).to_numpy()
            settings["rscales"] = ((size - 1) / size).tolist()
    else:
        frame, settings = parents(), DESIGNS[design]
    return estimates_of(
        frame, INDICATORS, CODEBOOK, settings, by=by, interval=interval, cohort="made-up"
    )


KEYS = ["indicator", "category", "domain", "group"]
