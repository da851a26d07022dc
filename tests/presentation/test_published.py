"""The one door: what a report's notebooks get, and that no file of it tells what is hidden."""

import shutil
from pathlib import Path

import pytest

from careersurvey.errors import CohortError, QuestionError, ReportError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.settings_run import telling
from careersurvey.inference.estimates import estimate, groups
from careersurvey.inference.publishing import decide
from careersurvey.presentation import changes, conflicts, outputs, published, summary
from careersurvey.presentation.report import find_site, report
from tests.inference.test_publishing import attacker

ROOT = Path(__file__).parents[2]


@pytest.fixture
def door(tmp_path, monkeypatch):
    """Stand where the notebooks of a report stand."""

    def opened():
        (tmp_path / "made" / outputs.ONCE).mkdir(parents=True)
        monkeypatch.setenv(*telling(figures=str(tmp_path / "made" / "figures" / "06_parents")))

    return opened


def small(folder, sponsored, maintained, *, settings=""):
    """44 parents of 12 schools, 11 of whom had heard of it; 6 of the 24 at converters."""
    folder.mkdir(exist_ok=True)
    kinds = ("converter", "maintained", "sponsored")
    heard = ((6, 24), (maintained, 16), (sponsored, 4))
    schools = [f"S{n},{kinds[n % 3]},no" for n in range(12)]
    rows = [
        f"S{3 * (n % 4) + kind},{'yes' if n < yes else 'no'}"
        for kind, (yes, people) in enumerate(heard)
        for n in range(people)
    ]
    text = {
        "cohort.toml": '[cohort]\nid = "small"\ntitle = "Small"\nevidence = "respondents"\n'
        'publisher = "Us"\nfieldwork = "2026-01-10/2026-03-20"\nsampling = "All invited"\n'
        '[tables.schools]\nfile = "schools.csv"\n[tables.parents]\nfile = "parents.csv"\n'
        + settings,
        "schools.csv": "\n".join(["school_id,school_type,sixth_form", *schools]) + "\n",
        "parents.csv": "\n".join(
            ["parent_id,school_id,helpline_heard", *(f"P{n},{row}" for n, row in enumerate(rows))]
        )
        + "\n",
    }
    for name, content in text.items():
        (folder / name).write_text(content)
    return folder


def test_a_notebook_that_is_run_by_hand_shows_its_holder_everything_and_says_so(tmp_path):
    found = published.estimate(load_cohort(small(tmp_path / "small", 1, 4)), by=["school_type"])
    assert list(found.loc[found["group"] == "sponsored", "count_low"].dropna())[-2:] == [1, 3]
    assert "not for publication" in found.attrs["publication"]


def test_in_a_report_it_gets_what_may_be_published(tmp_path, door):
    cohort = load_cohort(small(tmp_path / "small", 1, 4))
    door()
    found = published.estimate(cohort, by=["school_type"])
    heard = found[found["indicator"] == "helpline_heard"]
    assert list(heard[["group", "count_low"]].itertuples(index=False, name=None)) == [
        ("all", 11),
        ("all", 33),
    ]
    assert found.attrs["publication"] == ""
    groups = published.groups(cohort, indicators=["helpline_heard"])
    for table in (groups.estimates, groups.tests, groups.differences):
        assert "school_type" not in set(table["domain"])


def test_no_number_of_a_share_of_people_tells_more_digits_than_it_does(tmp_path, door):
    """Shares are whole percentages, an error a tenth of a point, a p two digits; of every table."""
    settings = '[disclosure.merge.school_type]\nothers = ["sponsored", "maintained"]\n'
    folder = small(tmp_path / "small", 1, 4, settings=settings)
    declared = folder / "cohort.toml"
    declared.write_text(declared.read_text().replace("[tables", "invited.parents = 71\n[tables", 1))
    cohort = load_cohort(folder)
    door()
    found = published.groups(cohort, indicators=["helpline_heard"], by=["school_type"])
    rows = conflicts.read_findings(cohort)
    missing = summary.headlines(cohort, rows, rows)
    heard = missing.query("indicator == 'helpline_heard'")
    assert list(heard["least"]) == [0.46, 0.15]  # by hand: 33 and 11 of the 71 invited
    for table in (found.estimates, found.tests, found.differences, missing):
        assert len(table)
        for name, column in table.select_dtypes("float").items():
            if name in ("p_value", "p_adjusted", "least_expected"):
                told = [float(f"{number:.2g}") for number in column.dropna()]
            else:
                told = column.dropna().round({"std_error": 3, "deff": 1}.get(name, 2))
            assert list(column.dropna()) == list(told), name


def test_no_group_under_the_minimum_is_published_of_a_question_by_itself_either(tmp_path, door):
    """32 visitors came to a central branch and 28 to another, which no breakdown by it may say."""
    folder = tmp_path / "library"
    shutil.copytree(ROOT / "tests" / "library", folder)
    cohort = load_cohort(folder)
    assert set(estimate(cohort, "kind", by="kind")["domain"]) == {"all"}
    assert "kind" in set(estimate(cohort, by="kind")["domain"])
    whole = groups(cohort, "kind", by="kind")
    assert whole.tests.empty
    assert whole.differences.empty
    with (folder / "cohort.toml").open("a") as file:
        file.write("[disclosure]\nmin_base = 40\n")
    cohort = load_cohort(folder)
    assert ("kind", "kind") not in decide(cohort).left_out
    door()
    shown = published.estimate(cohort, by=["kind"])
    assert set(shown["domain"]) == {"all"}
    assert (shown["base_n"] >= 40).all()
    assert set(published.groups(cohort, by=["kind"]).estimates["domain"]) == {"all"}


@pytest.mark.parametrize("by", ["helpline_heard", "school_type*sixth_form"])
def test_in_a_report_a_breakdown_of_which_nothing_was_decided_is_refused(tmp_path, door, by):
    cohort = load_cohort(small(tmp_path / "small", 1, 4))
    door()
    with pytest.raises(ReportError, match="not held against"):
        published.estimate(cohort, by=[by])


def test_groups_that_may_stand_together_are_estimated_as_one(tmp_path, door):
    """By hand: 4 sponsored and 16 maintained are 20, of whom 1 + 4 had heard of it, 25%."""
    settings = '[disclosure.merge.school_type]\nothers = ["sponsored", "maintained"]\n'
    cohort = load_cohort(small(tmp_path / "small", 1, 4, settings=settings))
    door()
    found = published.estimate(cohort, by=["school_type"])
    heard = found[(found["indicator"] == "helpline_heard") & (found["category"] == "yes")]
    told = heard[["group", "count_low", "base_n", "estimate"]]
    assert list(told.itertuples(index=False, name=None)) == [
        ("all", 11, 44, 0.25),
        ("others", 5, 20, 0.25),
        ("converter", 6, 24, 0.25),
    ]
    by = {"indicators": ["helpline_heard"], "by": ["school_type"]}
    (test,) = published.groups(cohort, **by).tests.itertuples()
    assert (test.groups, test.p_adjusted) == (2, test.p_value)


@pytest.mark.parametrize(
    ("merge", "named"),
    [
        ('others = ["sponsored", "free"]', "free"),
        ('a = ["sponsored", "maintained"]\nb = ["maintained", "converter"]', "maintained"),
        ('converter = ["sponsored", "maintained"]', "converter"),
    ],
)
def test_what_cannot_be_merged_is_named(tmp_path, merge, named):
    settings = f"[disclosure.merge.school_type]\n{merge}\n"
    with pytest.raises(CohortError, match=rf"found +{named}\n"):
        decide(load_cohort(small(tmp_path / "small", 1, 4, settings=settings)))


@pytest.mark.shipped
@pytest.mark.parametrize("seed", [0, 3, 7])
def test_an_attacker_finds_no_hidden_count_in_any_file_of_a_report(tmp_path, seed):
    found, leaking, astray = attacker.attack(seed, tmp_path, ["06_parents", "12_weights"])
    assert found.left_out
    assert (leaking, astray) == ([], [])


@pytest.mark.shipped
def test_no_file_of_a_report_hangs_on_who_the_one_of_four_is(tmp_path, monkeypatch):
    """Two surveys alike but for the hidden counts give reports that are the same bytes."""
    reports = []
    for number, hidden in enumerate([(1, 4), (3, 2)]):
        project = tmp_path / str(number)
        (project / "data").mkdir(parents=True)
        (project / "notebooks").mkdir()
        for name in ("01_sample", "06_parents", "99_figures_in_text"):
            shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", project / "notebooks")
        small(project / "data" / "small", *hidden)
        monkeypatch.chdir(project)
        build = report("data/small", quiet=True).parent
        reports.append(outputs.checksums(build))
    assert reports[0] == reports[1]
    assert len(reports[0]) > 10


@pytest.fixture
def asked_for(monkeypatch):
    """Stand where the notebooks of a report stand that was asked for some indicators alone."""

    def asked(*names):
        monkeypatch.setenv(*telling(shown=names))

    return asked


def test_a_report_of_some_indicators_shows_their_rows_alone(asked_for):
    asked_for("careers_strategy", "external_award")
    found = conflicts.read_findings(load_cohort("ofsted-2013"))
    assert set(found["indicator"]) == {"careers_strategy", "external_award"}


def test_of_some_indicators_the_tests_stay_those_of_all(asked_for, since_2013):
    """Witness: the comparison of everything, read without a report."""
    cohort = load_cohort("example-2026")
    every = since_2013.set_index(["indicator", "category"])
    asked_for("careers_strategy")
    some = changes.since("ofsted-2013", cohort).set_index(["indicator", "category"])
    assert 0 < len(some) < len(every)
    assert some["p_adjusted"].equals(every.loc[some.index, "p_adjusted"])


def test_breakdowns_of_some_indicators_keep_the_family_of_their_page(asked_for):
    cohort = load_cohort("example-2026")
    how = {"indicators": ["careers_strategy", "external_award"], "by": ["sixth_form"]}
    every = published.groups(cohort, **how).tests.set_index("indicator")["p_adjusted"]
    asked_for("external_award")
    some = published.groups(cohort, **how).tests.set_index("indicator")["p_adjusted"]
    assert list(some) == list(every.loc[some.index])
    assert set(some.index) == {"external_award"}


def test_a_report_of_an_indicator_that_nobody_measures_is_refused():
    with pytest.raises(QuestionError, match="did you mean 'careers_strategy'"):
        report("ofsted-2013", indicators="careers_strategi", quiet=True)


def test_a_report_hangs_on_no_other_survey_and_on_nothing_that_it_makes():
    """In a clone the package links to data/ and figures/, where others and exhibits are."""
    read = find_site("data/ofsted-2013", None).read()
    assert "src/careersurvey/inference/publishing.py" in read
    assert "data/codebook.csv" in read
    assert "data/README.md" not in read
    assert not any(name.startswith("figures/") for name in read)


@pytest.mark.parametrize("otherwise", [(None, ["work"]), ("data/ofsted-2023",)])
def test_a_report_that_is_asked_for_otherwise_leaves_the_committed_exhibits(otherwise):
    whole = find_site("data/ofsted-2013", None)
    assert whole.folders == [ROOT / "figures" / "ofsted-2013", whole.build]
    assert find_site("data/ofsted-2013", *otherwise).folders == [whole.build]
