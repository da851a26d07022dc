"""What was published after 2013, held against what its publishers printed."""

from fractions import Fraction

import pytest

from careersurvey.evidence.checks.printed import check_statements
from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.printed.statements import read_statements
from careersurvey.evidence.project import project_root

WAVES = ("2014", "2016-17", "2017-18", "2018-19", "2022-23", "2023-24", "2024-25")
FOLDERS = ("ofsted-2023", *(f"cec-compass-{wave}" for wave in WAVES))


@pytest.fixture(params=FOLDERS)
def follow_up(request):
    return load_cohort(f"data/{request.param}")


def printed(wave, indicator, category="", group=""):
    rows = load_cohort(f"data/cec-compass-{wave}").reported
    wanted = (rows["indicator"] == indicator) & (rows["category"] == category)
    return rows.loc[wanted & (rows["group"] == group), "reported"].item()


def test_there_is_a_folder_a_wave():
    folders = {path.name for path in (project_root() / "data").glob("cec-compass-*")}
    assert folders == set(FOLDERS[1:])


def test_every_statement_reads_and_keeps_the_rules(follow_up):
    failed = [check.message for check in check_statements(follow_up) if not check.passed]
    assert failed == []


def test_every_row_names_its_source(follow_up):
    publisher = follow_up.about.publisher
    assert follow_up.reported["note"].str.contains(publisher, regex=False).all()


def test_the_review_of_2023_is_of_30_schools_and_never_of_44():
    """Witness: Ofsted, 29 September 2023, executive summary, paragraph 1."""
    rows = load_cohort("data/ofsted-2023").reported.set_index("indicator")
    assert rows.loc[["schools_visited", "providers_visited"], "reported"].tolist() == ["30", "14"]
    assert not (rows == "44").any(axis=None)
    assert rows.loc["guidance_commitment", "base_n"] == ""


def test_the_review_of_2023_gives_words_and_no_share():
    read = read_statements(load_cohort("data/ofsted-2023")).set_index("indicator")
    assert read.loc["guidance_commitment", "vague"]
    assert read.loc["guidance_commitment", "point"] is None


@pytest.mark.parametrize(
    ("wave", "mean"),
    [*zip(WAVES, ("1.34", "1.87", "2.13", "3", "5.5", "5.83", "5.96"), strict=True)],
)
def test_each_wave_has_its_printed_mean(wave, mean):
    """Witness: The Careers & Enterprise Company, benchmarks fully met, of eight."""
    assert printed(wave, "benchmarks_met") == mean


def test_the_mean_of_2024_25_is_that_of_its_two_parts():
    """Witness: (4,812 x 5.98 + 51 x 4.37) / 4,863 = 5.963, which prints as 5.96."""
    parts = [
        (int(printed("2024-25", "in_hub", part).replace(",", "")), Fraction(mean))
        for part in ("yes", "no")
        for mean in [printed("2024-25", "benchmarks_met", group=part)]
    ]
    number = sum(count for count, _ in parts)
    assert f"{number:,}" == printed("2024-25", "institutions_assessed")
    mean = sum(count * share for count, share in parts) / number
    assert f"{float(mean):.2f}" == printed("2024-25", "benchmarks_met")


def test_the_waves_measure_the_same_indicators():
    waves = [load_cohort(f"data/{folder}").indicators for folder in FOLDERS[1:]]
    assert all(wave == waves[0] for wave in waves)
