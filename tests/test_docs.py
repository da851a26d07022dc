"""What a page of the documentation counts and names is what there is."""

import ast
import re
from pathlib import Path

import pandas as pd
import pytest

import careersurvey as cs
from careersurvey.evidence.tables import COLUMNS
from careersurvey.inference.columns import ESTIMATES
from careersurvey.inference.compare.compare import as_written

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "careersurvey"
DOCS = sorted(path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "examples")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md", *DOCS]


def text_of(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def page(name: str) -> str:
    return " ".join(text_of(name).split())


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_page_and_heading_that_a_page_links_to_is_there(path):
    text = re.sub(r"`[^`\n]*`", "", path.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(\s*(?!https?:)([^)]+)\)", text):
        to, _, anchor = link.partition("#")
        target = (path.parent / to).resolve() if to else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def names_of(path: Path) -> set[str]:
    found = [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    named = {one.name for one in found if isinstance(one, ast.FunctionDef | ast.ClassDef)}
    return named | {one.id for one in found if isinstance(one, ast.Name)}


@pytest.mark.parametrize("name", ["answers", "estimation", "figures", "publishing", "weighting"])
def test_functions_that_a_page_names_are_in_their_modules(name):
    modules = {path.stem: path for path in PACKAGE.rglob("*.py") if path.stem != "__init__"}
    said = re.findall(r"`(?:[a-z]+[./])?([a-z_]+)\.([A-Za-z_.]+)[`(]", page(f"{name}.md"))
    said = [one for one in said if one[0] in modules and one[1] not in ("csv", "toml")]
    assert said
    assert [one for one in said if not {*one[1].split(".")} <= names_of(modules[one[0]])] == []


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_every_column_of_a_written_table_has_its_place_on_the_page_on_cohorts(name):
    part = page("cohorts.md").partition(f"| `{name}` |")[2].partition(".csv` |")[0]
    assert [one for one in COLUMNS[name] if f"`{one}`" not in part] == []


def test_the_row_that_the_page_on_scanning_decides_fits_the_rest(tmp_path):
    """Of the 41 schools 36 held a day (S010); just over half of these 36 is 19."""
    rows = re.findall(r"^    (?:# TODO )?(S013,.*)$", text_of("scanning.md"), re.MULTILINE)
    held = "S010,wstu-1,,held_day,yes,,,school,schools that replied,,41,printed,36,count,"
    settings = '[cohort]\nid = "h"\ntitle = "H"\nevidence = "reported"\n[places]\nwstu = 2\n'
    asked = "{},{},findings,school,,,share,,yes;no,,,,yes"
    named = [asked.format(name, name) for name in ("held_day", "invited_ten")]
    written = {"reported.csv": [held, rows[-1]], "indicators.csv": named}
    (tmp_path / "cohort.toml").write_text(settings, encoding="utf-8")
    for name, lines in written.items():
        table = "\n".join([",".join(COLUMNS[name]), *lines, ""])
        (tmp_path / name).write_text(table, encoding="utf-8")
    assert cs.check(tmp_path)["holds"].all()
    assert "contradiction" not in set(cs.audit(tmp_path)["verdict"])
    assert list(cs.estimate(tmp_path, "invited_ten")["count_low"]) == [19]


def test_the_columns_of_estimates_and_of_a_comparison_stand_on_their_pages_in_their_order():
    part = page("estimation.md").partition("## The columns")[2].partition("## The way")[0]
    cells = " ".join(re.findall(r"\| (`[^|]+) \| [^|]+ \|", part))
    assert tuple(re.findall(r"`(\w+)`", cells)) == ESTIMATES
    held = as_written(cs.compare("ofsted-2013", "example-2026", "careers_strategy"))
    listed = page("comparing.md").partition("It writes ")[2].partition(". ")[0]
    assert re.findall(r"`(\w+)`", listed) == list(held.columns)


def test_the_data_sets_have_as_many_rows_as_their_page_says():
    survey, said = cs.load("ofsted-2013"), page("datasets.md")
    assert f"survey.schools # {len(survey.schools)} rows" in said
    assert f"## Parents {len(survey.parents)} statements" in said
    assert f"{ {6: 'Six'}[len(survey.interviews)] } statements, in the same columns" in said
    for table in (survey.schools, survey.parents):
        assert [one for one in table.columns if f"`{one}`" not in said] == []


def test_the_first_decision_counts_the_bars_without_a_dot():
    table = cs.estimate("ofsted-2013")
    bare = table[table["estimate"].isna() & table["estimate_low"].notna()]
    forms = cs.load("ofsted-2013").reported.set_index("id").loc[bare["statements"], "form"]
    said = page("decisions/0001-the-estimate-of-a-printed-figure.md")
    assert f"{len(bare)} statements of the 2013 report, {sum(forms == 'words')} of them" in said


def test_the_third_decision_counts_the_changes_of_the_example():
    table = cs.compare("ofsted-2013", "example-2026")
    p, adjusted = table["p_value"].dropna(), table["p_adjusted"].dropna()
    said = page("decisions/0003-when-a-change-is-called-clear.md")
    few = f"Of the {len(p)} outcomes tested against the invented follow-up, {(p <= 0.05).sum()}"
    assert f"{few} have p at most 0.05 and {(adjusted <= 0.05).sum()} after Holm" in said


@pytest.mark.parametrize(
    ("table", "name", "words"),
    [
        ("survey", "estimation.md", "number to 1e-9, relative: {} designs"),
        ("quantiles", "estimation.md", "Woodruff's limits on {} designs"),
        ("weighting", "weighting.md", "agree to 1e-9 on {} designs"),
    ],
)
def test_a_page_counts_the_designs_of_the_reference(table, name, words):
    rows = pd.read_csv(ROOT / "tests" / "reference" / f"{table}.csv", comment="#", dtype=str)
    if table == "weighting":
        rows = rows[rows["method"] == "linear"]
    number = rows["design"].nunique()
    assert words.format({5: "five"}.get(number, number)) in page(name)


def test_a_page_says_what_those_who_are_missing_could_make_of_the_example():
    from careersurvey.evidence.cohort import load_cohort
    from careersurvey.inference.nonresponse import nonresponse

    table = nonresponse(load_cohort("example-2026")).query("category == 'yes'")
    rows = table.set_index("indicator")
    ends = [f"{rows.loc[name, end]:.0%}" for name, end in (
        ("post16_helped", "least"), ("post16_helped", "greatest"),
        ("website_heard", "least"), ("website_heard", "greatest"),
    )]  # fmt: skip
    assert f"it could be {ends[0]} to {ends[1]}" in page("weighting.md")
    assert f"the share could be {ends[2]} to {ends[3]}" in page("comparing.md")
