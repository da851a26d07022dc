"""The first screen of the README says what the library finds."""

import re
from pathlib import Path

import pytest

from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.record.audit import audit_figures
from careersurvey.inference.record.standings import standings

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
SAID = " ".join(README.split())


@pytest.fixture(scope="module")
def found():
    cohort = load_cohort("data/ofsted-2013")
    entries = audit_figures(cohort)
    table = standings(cohort, found=entries)
    return entries, table["standing"].value_counts(), table["verdict"].value_counts()


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        ("reproduced", r"\*\*(\d+)\*\* can be recomputed"),
        ("consistent", r"\*\*(\d+)\*\* passed a test"),
        ("in conflict", r"\*\*(\d+)\*\* are in conflict"),
        ("stated", r"\*\*(\d+)\*\* stand alone"),
    ],
)
def test_the_first_screen_counts_the_figures_as_they_stand(found, standing, words):
    assert int(re.search(words, SAID)[1]) == found[1][standing]


def test_the_first_screen_counts_all_figures_and_conflicts(found):
    verdicts = [entry["verdict"] for entry in found[0]]
    assert f"**{found[1].sum()} figures**" in SAID
    assert f"({verdicts.count('contradiction')} contradictions" in SAID
    assert f"and {verdicts.count('tension')} tensions)" in SAID
    assert f"{found[2]['contradiction']} of them in a contradiction" in SAID


def test_every_page_and_picture_that_the_readme_names_is_there():
    named = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    missing = [path for path in named if not (Path(__file__).parents[1] / path).exists()]
    assert named
    assert missing == []


def test_the_three_lines_from_a_cohort_to_a_picture_run():
    code = re.search(r"```python\n(.*?)```", README, flags=re.DOTALL)[1]
    told = {}
    exec(code, told)
    assert "West Midlands" in told["cs"].plot(told["found"]).alt
