"""What later sources print is listed, and a wave leads to what it is read from."""

from made import answered, made

from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.compare.trend import trend
from careersurvey.presentation import conflicts, labels, lists


def test_what_later_sources_print_is_listed_with_its_source_and_entry():
    rows = lists.list_published([load_cohort("data/ofsted-2023")])
    assert rows["printed"].tolist() == ["30", "14", "Most"]
    assert rows["finding"].tolist()[2] == "showed commitment to effective careers guidance"
    assert rows["source"].str.contains("29 September 2023").all()
    assert rows["id"].str.startswith("ofsted-2023-").all()


def test_the_data_of_a_picture_have_what_it_draws_beside_each_share():
    """Witness: by hand; of two rows only one was asked before, and only one may be of others."""
    rows = made(answered("asked", 0.34), answered("new", 0.5))
    rows = rows.assign(told_then=["2012–13: 12 of 60", None], least=[0.2, 0.5], greatest=[0.6, 0.5])
    listed = lists.as_listed(rows)
    assert listed["earlier"].tolist() == ["2012–13: 12 of 60", ""]
    assert listed["all invited"].tolist() == ["20% to 60%", ""]
    assert not {"earlier", "all invited"} & {*lists.as_listed(made(answered("new", 0.5)))}


def test_a_mean_is_listed_with_its_number_inside_its_phrase():
    """Or a table holds an empty place, "{}": once on every page of the benchmarks."""
    wave = load_cohort("data/cec-compass-2024-25")
    rows = conflicts.read_findings(wave)
    for listed in (lists.in_text(rows), lists.as_listed(rows), lists.list_published([wave])):
        assert not listed["finding"].str.contains("{}", regex=False).any()
        told = "judged that they fully met 5.98 of the eight Gatsby benchmarks on average"
        assert listed["finding"].str.startswith(told).sum() == 1
    unknown = labels.name_rows(rows[["indicator", "category"]], wave)["label"]
    assert "judged that they fully met so many of the eight" in " ".join(unknown)


def test_a_wave_leads_to_the_statement_that_it_is_read_from():
    """Witness: reported.csv of 2018/19 has a mean of "3" in C1802, and none of all benchmarks."""
    waves = [load_cohort(f"data/cec-compass-{year}") for year in ("2017-18", "2018-19")]
    listed = lists.list_published(waves)
    found = lists.follow(labels.name_rows(trend(waves), waves[-1]), listed)
    of_2018 = found[found["cohort"] == "cec-compass-2018-19"].set_index("indicator")["entry"]
    assert of_2018["benchmarks_met"] == "cec-compass-2018-19-C1802"
    can_mean = listed.set_index("id")["can mean"]
    assert can_mean["cec-compass-2018-19-C1802"] == "2.5 to 3.5"
