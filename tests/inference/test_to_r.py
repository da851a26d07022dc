"""The way on to R: what is written, and, in `make r`, that R's survey says the same."""

import subprocess

import pandas as pd
import pytest

from careersurvey.cli import main
from careersurvey.errors import QuestionError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.estimates import estimate
from careersurvey.inference.to_r import to_r
from tests.inference.reference_survey import REFERENCE

TOML = """\
[cohort]
id = "small"
title = "A small survey"
evidence = "respondents"
[tables.parents]
file = "parents.csv"
[tables.parents.design]
{design}
"""
INDICATORS = """\
indicator,label,section,unit,table,variable,measure,denominator,categories,base,base_label,among,favourable
helped,Helped,views,parent,parents,helped,share,,yes;partly;no,asked,,,yes
heard,Heard,views,parent,parents,heard,share,,yes;no,,,helped=yes;partly,yes
source,Source,views,parent,parents,source_a;source_b;source_c,multiple,,a;b;c,,,,
hours,Hours,views,parent,parents,hours,mean,,,,,,
hours_total,Hours,views,parent,parents,hours,total,,,,,,
hours_per_visit,Hours a visit,views,parent,parents,hours,ratio,visits,,,,,
hours_half,Hours,views,parent,parents,hours,median,,,,,helped=yes;partly,
visits_at,Visits,views,parent,parents,visits,quantile,,0.1;0.9,,,,
"""
CODEBOOK = """\
variable,table,question,type,values,missing,unit
helped,parents,,category,yes;partly;no,,
heard,parents,,category,yes;no,,
source_a,parents,,category,yes;no,,
source_b,parents,,category,yes;no,,
source_c,parents,,category,yes;no,,
year_group,parents,,category,y9;y10;y11,,
region,parents,,category,east;south;north,,
hours,parents,,number,,,hour
visits,parents,,number,,,visit
"""
YEARS = "year_group = { y9 = 5000, y10 = 4000, y11 = 4000 }"
CLUSTERED = 'weight = "w"\nstrata = ["school_type"]\nclusters = ["school_id"]\n'
ACS = 'replicate_method = "successive-difference"'
INVITED = "{ classes = 'year_group', invited = { y9 = 300, y10 = 400, y11 = 500 } }"
DESIGNS = {
    "two stages": 'weight = "w"\nstrata = ["school_type"]\nclusters = ["school_id", "class"]\n'
    'population = ["n_schools", "n_classes"]',
    "three stages": 'strata = ["school_type"]\nclusters = ["school_id", "class"]\n'
    'population = ["n_schools", "n_classes", "n_parents"]',
    "a number for the population": "population = [15800]",
    "no design": "",
    "raked": CLUSTERED
    + "calibrate = { totals = { year_group = { y9 = 5000, y10 = 4000, y11 = 4000 }, "
    "region = { east = 6000, south = 5000, north = 2000 } } }",
    "calibrated within bounds": CLUSTERED + "calibrate = { method = 'logit', bounds = [0.4, 2.5], "
    f"totals = {{ {YEARS}, visits = 42000 }} }}",
    "answers for those invited": CLUSTERED + f"response = {INVITED}",
    "answers for those invited, of populations": 'strata = ["school_type"]\n'
    'population = ["n_people"]\n'
    f"response = {INVITED}",
    "jackknife, calibrated": CLUSTERED + 'replicate_method = "JKn"\n'
    f"calibrate = {{ totals = {{ {YEARS} }} }}",
    "jackknife": CLUSTERED + 'replicate_method = "JKn"',
    "degrees of freedom that are given": CLUSTERED + "df = 12",
    "trimmed, of whom some weigh 0": CLUSTERED.replace('"w"', '"some"') + "trim = [10.0, 40.0]",
    "answers for those invited, of whom some weigh 0": f'weight = "some"\nresponse = {INVITED}',
    "jackknife, trimmed": CLUSTERED + 'trim = [10.0, 40.0]\nreplicate_method = "JKn"',
    **{
        f"{said}, replicates given": f'weight = "some"\nreplicate_weights = [{columns}]\n{how}'
        for said, columns, how in (
            ("Fay's", '"again*"', 'replicate_method = "Fay"\nfay_rho = 0.3\ntrim = [10.0, 40.0]'),
            (
                "each by its own scale",
                '"again2", "again1", "again0"',
                f"{ACS}\nrscales = [1, 2, 4]",
            ),
            ("answers for those invited", '"again*"', f"{ACS}\nresponse = {INVITED}"),
        )
    },
    "jackknife of whole strata": CLUSTERED + 'population = ["n_schools"]\n'
    'replicate_method = "JKn"\nmse = true',
}


@pytest.fixture
def small(tmp_path):
    """Write the reference's parents as a cohort of a design."""

    def write(design):
        folder = tmp_path / "small"
        folder.mkdir()
        (folder / "cohort.toml").write_text(TOML.format(design=design))
        (folder / "indicators.csv").write_text(INDICATORS)
        (folder / "codebook.csv").write_text(CODEBOOK)
        people = pd.read_csv(REFERENCE / "parents.csv", dtype={"class_id": str})
        people["class"] = people["school_id"] + people.pop("class_id")
        people["some"] = people["w"].where(people.index % 7 > 0, 0.0)
        for place in range(3):
            people[f"again{place}"] = people["w"] * (0.5 + (people.index + place) % 3 / 2)
        people.to_csv(folder / "parents.csv", index=False)
        return load_cohort(folder)

    return write


@pytest.mark.r
@pytest.mark.parametrize("design", DESIGNS)
def test_r_gives_the_same_estimates_and_errors(small, tmp_path, design):
    """Witness: the survey package of the R that is here."""
    cohort = small(DESIGNS[design])
    folder = to_r(cohort, tmp_path / "r")
    ran = subprocess.run(["Rscript", "estimates.R"], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "14 estimates and their standard errors agree" in ran.stdout


@pytest.mark.r
def test_the_script_stops_where_an_estimate_differs(small, tmp_path):
    folder = to_r(small(CLUSTERED), tmp_path / "r")
    ours = pd.read_csv(folder / "estimates.csv")
    ours.loc[2, "std_error"] *= 1 + 1e-6
    ours.to_csv(folder / "estimates.csv", index=False)
    ran = subprocess.run(["Rscript", "estimates.R"], cwd=folder, capture_output=True, text=True)
    assert ran.returncode != 0
    assert "1 of 14 estimates differ" in ran.stderr


def test_the_script_has_a_line_for_every_estimate_and_the_answers_are_coded(small, tmp_path):
    cohort = small(CLUSTERED)
    folder = to_r(cohort, tmp_path / "r")
    script = (folder / "estimates.R").read_text()
    assert script.count("\nestimate(`parents`") == len(estimate(cohort, min_base=0))
    assert "svydesign(ids = ~unit_0, strata = ~`school_type`, weights = ~`w`, data = d)" in script
    assert '`heard` %in% "yes", (`heard` %in% c("yes", "no")) & `helped` %in%' in script
    assert len(pd.read_csv(folder / "parents.csv")) == 491


def test_replicate_weights_go_to_r_with_the_scale_of_each_column_as_it_is_named(small, tmp_path):
    """R takes no scale or rscales of some types and the order of columns from the data.

    Witness: by hand, 4 / 3 of successive differences times 1, 2 and 4.
    """
    folder = to_r(small(DESIGNS["each by its own scale, replicates given"]), tmp_path / "r")
    script = (folder / "estimates.R").read_text()
    assert 'type = "other", repweights = d[c("again2", "again1", "again0")]' in script
    scales = ", ".join(str(4 / 3 * times) for times in (1, 2, 4))
    assert f"scale = 1, rscales = c({scales})" in script


def test_weights_go_to_r_moved_among_those_who_weigh_anything_before_their_design(small, tmp_path):
    """R's trimWeights lifts who weighs 0 to a lower bound, and trims replicates one by one."""
    design = CLUSTERED.replace('"w"', '"some"') + f"trim = [10.0, 90.0]\nresponse = {INVITED}"
    folder = to_r(small(design), tmp_path / "r")
    moved, designed = (folder / "estimates.R").read_text().split("`parents` <- svydesign(")
    assert "/ table(d$`year_group`[d$`some` > 0])" in moved
    assert "w = (d$`some` * up)[some]" in moved
    assert "90.0, 10.0, strict = TRUE" in moved
    assert "trim" not in designed


def test_printed_figures_random_replicates_and_a_folder_that_is_there_are_refused(small, tmp_path):
    with pytest.raises(QuestionError, match="no answers to hand to R"):
        to_r(load_cohort("data/ofsted-2013"), tmp_path / "r")
    cohort = small(CLUSTERED + 'replicate_method = "bootstrap"')
    with pytest.raises(QuestionError, match="drawn here at random"):
        to_r(cohort, tmp_path / "r")
    assert main(["to-r", str(cohort.folder), "--output", str(cohort.folder)]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small"]
