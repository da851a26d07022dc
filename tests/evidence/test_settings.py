"""``cohort.toml``: every slip is told, with its place, what was expected and the nearest key."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from careersurvey.errors import CohortError
from careersurvey.evidence import settings
from careersurvey.evidence.settings import Settings, read_settings

ABOUT = '[cohort]\nid = "small"\ntitle = "A small survey"\nevidence = "respondents"\n'
PARENTS = '[tables.parents]\nfile = "parents.csv"\n'


def read(folder: Path, text: str) -> Settings:
    (folder / "cohort.toml").write_text(text, encoding="utf-8")
    return read_settings(folder / "cohort.toml")


def refused(folder: Path, text: str) -> str:
    with pytest.raises(CohortError) as caught:
        read(folder, text)
    return str(caught.value)


def test_what_is_not_said_has_its_default(tmp_path):
    found = read(tmp_path, ABOUT + PARENTS)
    assert found.tables["parents"].design.lonely_psu == "fail"
    assert found.tables["parents"].header_rows == 1
    assert found.disclosure.min_base == 10
    assert found.record.set_aside == {}
    assert not found.cohort.synthetic


def test_sums_of_weights_are_told_of_an_invented_cohort_alone(tmp_path):
    """Where all of a group weigh the same, a sum of their weights is their number once more."""
    assert read(tmp_path, f"{ABOUT}synthetic = true\n[disclosure]\nweights = true\n")
    assert read(tmp_path, f"{ABOUT}[disclosure]\nweights = false\n")


def test_every_slip_is_told_at_once_with_its_place_and_the_key_that_was_meant(tmp_path):
    text = (
        ABOUT
        + 'licnece = "OGL"\nsynthetic = "no"\n[places]\np = "x"\n[recrod]\n'
        + PARENTS
        + "header_row = 2\n[tables.parents.design]\nwieght = 'w'\nstrata = 'x'\n"
    )
    said = refused(tmp_path, text)
    assert "small: 7 settings of cohort.toml are not as they must be." in said
    for line in (
        "cohort.toml [cohort] licnece: expected did you mean 'licence'?",
        "cohort.toml [cohort] synthetic: expected true or false",
        "cohort.toml [places] p: expected a whole number",
        "cohort.toml recrod: expected did you mean 'record'?",
        "cohort.toml [tables.parents] header_row: expected did you mean 'header_rows'?",
        "cohort.toml [tables.parents.design] wieght: expected did you mean 'weight'?",
        "cohort.toml [tables.parents.design] strata: expected a list",
    ):
        assert line in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[cohort\n", "cannot be read"),
        ("a = " + "9" * 5000, "cannot be read"),
        ("a = " + "[" * 2000, "cannot be read"),
        ("[other]\n", "cohort.toml cohort: expected a value: it is needed"),
        ('[cohort]\nid = "a"\ntitle = "b"\n', "evidence"),
        ('[cohort]\nid = "a"\ntitle = "b"\nevidence = "hearsay"\n', '"reported" or "respondents"'),
        ('[cohort]\nid = ".."\ntitle = "b"\nevidence = "reported"\n', "the id names a folder"),
        ('[cohort]\nid = "a/b"\ntitle = "b"\nevidence = "reported"\n', "the id names a folder"),
        ('[cohort]\nid = "a\\n"\ntitle = "b"\nevidence = "reported"\n', "the id names a folder"),
        ('[cohort]\nid = 1\ntitle = "b"\nevidence = "reported"\n', "text in quotes"),
        (ABOUT + "sampling = 1\n", "text in quotes"),
        (ABOUT + 'place = "\\u001b[31mred"\n', "no such mark"),
        (ABOUT + '[sections]\n"a\\u0000" = "b"\n', "no such mark"),
        (ABOUT + "invited = 0x" + "f" * 5000 + "\n", "too long"),
        (ABOUT + "a" + ".b" * 3000 + " = 1\n", "'a', which is not known"),
        (ABOUT + "caution = ['a']\n", "text in quotes"),
        (ABOUT + "fieldwork = 2026-01-10\n", "text in quotes"),
        (ABOUT + 'fieldwork = "2026-13/2026-14"\n', "2026-01-10/2026-03-20"),
        (ABOUT + 'fieldwork = "2026-02-30"\n', "2026-01-10/2026-03-20"),
        (ABOUT + 'fieldwork = "2026-03-20/2026-01-10"\n', "the end after the start"),
        (ABOUT + 'fieldwork = "2026-05-10/2026-03"\n', "the end after the start"),
        (ABOUT + 'fieldwork = "2026/2025"\n', "the end after the start"),
        (ABOUT + 'fieldwork = "2024/2025/2026"\n', "the end after the start"),
        (ABOUT + 'fieldwork = "2009-10"\n', '"2009/2010" for a school year'),
        (ABOUT + 'fieldwork = "2009-10/2010-11"\n', '"2009/2010" for a school year'),
        (ABOUT + 'fieldwork = "2023-24"\n', '"2009/2010" for a school year'),
        (ABOUT + 'url = "javascript:alert(1)"\n', "begins with https://"),
        (ABOUT + "invited = 30\n", "a table of its own"),
        (ABOUT + "invited = { parnets = 30 }\n" + PARENTS, "did you mean 'parents'?"),
        (ABOUT + "invited = { parents = 0 }\n" + PARENTS, "1 or more"),
        (ABOUT + 'selection = "random"\n', '"probability"'),
        (ABOUT + 'selection = { parent = "some" }\n', '"volunteers"'),
        (ABOUT + "[places]\np = -1\n", "0 or more"),
        (ABOUT + '[engine]\nspark = "loacl"\n', "local[2]"),
        (ABOUT + '[disclosure]\nabout = { schools = "places" }\n', '"institutions"'),
        (ABOUT + "[disclosure]\nabuot = 1\n", "did you mean 'about'?"),
        (ABOUT + "[disclosure]\nweights = true\n", "[disclosure] weights\n"),
        (ABOUT + "[disclosure]\nweights = true\n", "false where people are real"),
        (ABOUT + "[limits]\ncell_seconds = 601\n", "600 or less"),
        (ABOUT + "[tables.parents]\n", "[tables.parents] file"),
        (ABOUT + '[tables."a/b"]\nfile = "x.csv"\n', "a letter first"),
        (ABOUT + "[record]\nset_aside = 1\n", "a table of its own"),
    ],
)
def test_a_slip_anywhere_in_the_file_is_refused(tmp_path, text, words):
    assert words in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("header_rows = 0", "1 or more"),
        ('header_rows = "2"', "a whole number"),
        ("header_rows = true", "a whole number"),
        ('blank = "zero"', '"no_answer" or "not_asked"'),
        ('thousands = "."', "another mark than decimal"),
        ('decimal = ","\nthousands = ","', "another mark than decimal"),
        ('delimiter = ";;"', "a delimiter is one character"),
        ('encoding = "utf-9"', "the name of an encoding"),
        ('encoding = "hex"', "the name of an encoding"),
        ('encoding = "idna"', "the name of an encoding"),
        ('date_format = "%Q"', "a date with its year, as Python writes it"),
        ('date_format = "%d %H"', "a date with its year, as Python writes it"),
        ("columns = 'x'", "a table of its own"),
        ("[tables.parents.options.x]\nseprator = ';'", "did you mean 'separator'?"),
        ("[tables.parents.options.x]\nseparator = ';'\ntick = 1", "did you mean 'ticked'?"),
        ("[tables.parents.options.x]\nvariables = 'talk'", "a list"),
        ("[tables.parents.options.x]\nvariables = ['talk']\nticked = 'all'", "a list"),
        ("[tables.parents.options.x]\nvariables = ['talk']\nseparator = ';'", "one of the two"),
        ("[tables.parents.options.x]\nseparator = ''", "one of the two"),
        ("[tables.parents.missing]\nhelped = '-9'", "a list"),
        ("[tables.parents.missing]\nhelped = [true]", "a list"),
        ("[tables.parents.keep]\nstatus = [true]", "text in quotes"),
        ("[tables.parents.keep]\nstatus = []", "with an entry"),
        ("[tables.parents.sums]\nminutes = []", "with an entry"),
        ("sums_tolerance = 2", "sums beside sums_tolerance"),
        ('[tables.parents.asked]\nused = "heard"', "everyone"),
        ('[tables.parents.asked]\nused = ""', "everyone"),
        ("[tables.parents.asked]\nused = true", "text in quotes"),
    ],
)
def test_a_slip_in_a_table_is_refused(tmp_path, setting, words):
    assert words in refused(tmp_path, ABOUT + PARENTS + setting)


@pytest.mark.parametrize(
    ("design", "words"),
    [
        ("weight = ['w']", "text in quotes"),
        ("clusters = [1]", "text in quotes"),
        ("population = [true]", "a list of columns or numbers"),
        ("population = [nan]", "a list of columns or numbers"),
        ("population = [-3]", "a list of columns or numbers"),
        ("population = ['a', 'b', 'c']\nclusters = ['x']", "for each stage"),
        ("strata = ['a', 'b']", "for each stage"),
        ("clusters = ['a', 'a']", "a column once"),
        ("strata = ['a']\nclusters = ['a']", "a column once"),
        ("mse = 1", "true or false"),
        ("lonely_psu = 'ajust'", '"fail", "certainty", "adjust" or "average"'),
        ("df = 0", "more than 0"),
        ("df = inf", "finite"),
        ("replicate_method = 'BRR'", "BRR is read"),
        ("replicate_method = 'bootstrap'\nreplicates = 1", "2 or more"),
        ("replicate_method = 'JK1'\nstrata = ['s']", "JK1 is for samples without strata"),
        ("replicate_method = 'JKn'\nlonely_psu = 'adjust'", "where replicates are made"),
        ("replicate_weights = 'r*'\nweight = 'w'", "replicate_method beside"),
        ("replicate_weights = 'r*'\nreplicate_method = 'JK1'", "weight, that of the full sample"),
        ("replicate_weights = 'r*'\nreplicate_method = 'Fay'\nweight = 'w'", "fay_rho"),
        ("replicate_weights = 'r*'\nreplicate_method = 'JKn'\nweight = 'w'", "rscales"),
        (
            "replicate_weights = 'r*'\nreplicate_method = 'JK1'\nweight = 'w'\nrscales = [0, 0.0]",
            "rscales of 0 or more",
        ),
        ("replicate_method = 'bootstrap'\nfay_rho = 0.3", "Fay"),
        ("replicate_method = 'JKn'\nstrata = ['s']", "clusters, which replicates leave out"),
        ("replicate_method = 'JKn'\nseed = 1", "bootstrap replicates are made"),
        ("replicate_method = 'JKn'\nscale = 0.5", "replicate_weights alone"),
        ("mse = true", "replicate_method alone"),
        ("trim = [3, 1]", "least and greatest weight"),
        ("trim = [0.5, 3]", "with trim a weight"),
        ("nest = true", "with nest clusters"),
        ("nest = true\nclusters = ['c']", "labels start again"),
        ("nest = true\nstrata = ['s']", "with nest clusters"),
        ("lonely_psu = 'adjust'\nclusters = ['c']", "with lonely_psu strata"),
        ("lonely_psu = 'average'\nweight = 'w'", "with lonely_psu strata"),
        ("[tables.parents.design.calibrate]\nmethod = 'rake'", "it is needed"),
        ("[tables.parents.design.calibrate.totals]\nx = 'y'", "totals by category"),
        ("response = { classes = ['region'], invited = 50 }", "numbers by class"),
        ("response = { classes = ['region'], invited = 'fifty' }", "numbers by class"),
        (
            "[tables.parents.design.calibrate]\nmethod = 'logit'\ntotals = { x = 3 }",
            "bounds = [0.5, 2]",
        ),
    ],
)
def test_a_design_that_cannot_be_meant_is_refused(tmp_path, design, words):
    assert words in refused(tmp_path, f"{ABOUT}{PARENTS}[tables.parents.design]\n{design}\n")


@pytest.mark.parametrize(
    "design",
    [
        "lonely_psu = 'fail'",
        "lonely_psu = 'certainty'\nclusters = ['c', 'd']\npopulation = [9]",
        "lonely_psu = 'adjust'\nclusters = ['c']\npopulation = [9, 20]",
        "nest = true\nclusters = ['c', 'd']",
        "trim = [0.5, 3]\npopulation = [90]",
    ],
)
def test_a_rule_for_parts_of_the_sample_is_read_where_a_stage_has_parts(tmp_path, design):
    """Classes within schools of which nine were drawn are parts, as strata are."""
    assert read(tmp_path, f"{ABOUT}{PARENTS}[tables.parents.design]\n{design}\n")


@pytest.mark.parametrize(
    ("evidence", "setting", "place"),
    [
        ("respondents", "[places]\np = 64", "[places]"),
        ("respondents", "[record.set_aside]\nR12 = 'it is odd'", "[record.set_aside]"),
        ("reported", "invited = { parents = 90 }", "[cohort.invited]"),
        ("reported", "[tables.parents]\nfile = 'parents.csv'", "[tables]"),
    ],
)
def test_settings_of_evidence_that_a_cohort_does_not_have_are_refused(
    tmp_path, evidence, setting, place
):
    """Nothing would read them: a paragraph of answers, the answers of a printed report."""
    said = refused(tmp_path, f"{ABOUT.replace('respondents', evidence)}{setting}\n")
    assert f"cohort.toml {place}" in said
    assert f'no such settings with evidence = "{evidence}"' in said


def test_numbers_in_a_list_of_cells_are_the_text_that_stands_in_the_file(tmp_path):
    text = ABOUT + PARENTS + "not_asked = [9, 9.0, 1.5]\n[tables.parents.keep]\nx = [1]\n"
    parents = read(tmp_path, text).tables["parents"]
    assert parents.not_asked == ("9", "9", "1.5")
    assert parents.keep == {"x": ("1",)}


def test_how_units_came_in_is_said_for_all_or_one_by_one(tmp_path):
    one = read(tmp_path, ABOUT + 'selection = "census"\n').cohort
    assert one.selected("parents", "parent") == "census"
    each = read(tmp_path, ABOUT + 'selection = { parent = "volunteers" }\n').cohort
    assert each.selected("parents", "parent") == "volunteers"
    assert each.selected("schools", "school") == "unstated"


def test_all_slips_are_told_at_once_however_many_they_are(tmp_path):
    said = refused(tmp_path, ABOUT + "".join(f"x{number} = 1\n" for number in range(30)))
    assert "30 settings" in said
    assert said.count("cohort.toml [cohort]") == 30


def every_key() -> set[str]:
    parts = [
        part
        for part in vars(settings).values()
        if isinstance(part, type) and issubclass(part, BaseModel) and part.model_fields
    ]
    return {key for part in parts for key in part.model_fields}


@pytest.mark.parametrize("key", sorted(every_key()))
def test_every_key_has_its_place_in_the_page_on_cohorts(key):
    page = (Path(__file__).parents[2] / "docs" / "cohorts.md").read_text()
    assert re.search(rf"\b{key}\b", page)
