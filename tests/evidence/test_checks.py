"""Checks: a valid cohort passes, and each way of breaking it is reported by the rule's name."""

import csv
import io
import json

import pandas as pd
import pytest
from answers import ABOUT, CODEBOOK, INDICATORS, broken
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careersurvey.cli import main
from careersurvey.errors import CohortError
from careersurvey.evidence.checks.check import Check, as_json, as_table, require
from careersurvey.evidence.checks.screen import screen
from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.estimates import estimate

COLUMNS = "parent_id school_id helped heard used stratum size w place".split()  # noqa: SIM905
TABLES = """
[tables.schools]
file = "answers-of-schools.csv"
[tables.parents]
file = "parents.csv"
[tables.parents.design]
weight = "w"
strata = ["stratum"]
clusters = ["school_id"]
population = ["size"]
[tables.parents.asked]
used = "heard=yes"
"""


def write(folder, rows, toml=TABLES, schools="ABCD", about=""):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cohort.toml").write_text(ABOUT + about + toml)
    (folder / "codebook.csv").write_text(CODEBOOK)
    (folder / "indicators.csv").write_text(INDICATORS)
    listed = "".join(f"{school},old\n" for school in schools)
    (folder / "answers-of-schools.csv").write_text("school_id,kind\n" + listed)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (folder / "parents.csv").write_text(text.getvalue())
    return folder


def parent(number, school, answers=("yes", "yes", "no"), weight="1.5"):
    helped, heard, used = answers
    return {
        "parent_id": f"P{number}",
        "school_id": school,
        "helped": helped,
        "heard": heard,
        "used": used if heard == "yes" else "",
        "stratum": "north" if school in "AB" else "south",
        "size": "9" if school in "AB" else "12",
        "w": weight,
    }


ANSWERS = st.tuples(
    st.sampled_from(["yes", "partly", "no", "refused", ""]),
    st.sampled_from(["yes", "no", ""]),
    st.sampled_from(["yes", "no", ""]),
)


@st.composite
def valid_rows(draw):
    extra = draw(st.lists(st.tuples(st.sampled_from("ABCD"), ANSWERS), max_size=8))
    both = [*((school, draw(ANSWERS)) for school in "ABCD"), *extra]
    # Never whole: 996 beside small weights would be doubted as a code.
    weights = st.integers(100, 10**7).map(lambda n: f"{n / 10_000:.4f}5")
    return [parent(n, school, given, draw(weights)) for n, (school, given) in enumerate(both)]


def change(**cells):
    return lambda rows, i: [row | cells if n == i else row for n, row in enumerate(rows)]


#: One way to break a valid table in one row, and the rule that must say so.
BREAKS = {
    "allowed_values": change(helped="perhaps"),
    "unique_key": lambda rows, i: [*rows, rows[i] | {"helped": ""}],
    "links": change(school_id="Z"),
    "weights": change(w="-2"),
    "strata": change(stratum=""),
    "nested_clusters": lambda rows, i: [
        *rows,
        rows[i]
        | {"parent_id": "new", "stratum": "south" if rows[i]["stratum"] == "north" else "north"},
    ],
    "population": change(size="1"),
    "routing": change(heard="no", used="yes"),
    "lonely_cluster": lambda rows, i: [
        *rows,
        rows[i] | {"parent_id": "new", "school_id": "E", "stratum": "west"},
    ],
}
QUIET = settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUIET
@given(rows=valid_rows())
def test_a_valid_cohort_passes_every_check(tmp_path, rows):
    assert broken(write(tmp_path, rows)) == {}


@pytest.mark.parametrize("rule", BREAKS)
@QUIET
@given(rows=valid_rows(), data=st.data())
def test_a_broken_rule_is_reported_by_its_name(tmp_path, rule, rows, data):
    place = data.draw(st.integers(0, len(rows) - 1))
    found = broken(write(tmp_path, BREAKS[rule](rows, place), schools="ABCDE"))
    assert rule in found
    assert found[rule].do


@QUIET
@given(rows=valid_rows(), data=st.data())
def test_the_row_that_is_named_is_the_row_of_the_file(tmp_path, rows, data):
    place = data.draw(st.integers(0, len(rows) - 1))
    found = broken(write(tmp_path, change(helped="perhaps")(rows, place)))
    # The header is row 1 of the file, the first respondent row 2.
    assert found["allowed_values"].rows == (place + 2,)


@pytest.mark.parametrize("weight", ["-1", "", "inf", "nan", "1e400"])
def test_a_weight_that_is_no_positive_finite_number_is_refused(tmp_path, weight):
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    assert broken(write(tmp_path, change(w=weight)(rows, 1)))["weights"].rows == (3,)


def test_weights_that_are_all_blank_are_refused_alike(tmp_path):
    rows = [parent(n, school, weight="") for n, school in enumerate("ABCD")]
    assert broken(write(tmp_path, rows))["weights"].message.startswith("4 of 4 rows have a weight")


def test_a_weight_of_zero_is_kept_and_said_unless_all_are(tmp_path):
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    found = screen(load_cohort(write(tmp_path / "a", change(w="0")(rows, 1))))
    (said,) = [check for check in found if check.rule == "weights"]
    assert said.passed
    assert "1 weigh 0" in said.message
    nothing = [row | {"w": "0"} for row in rows]
    assert broken(write(tmp_path / "b", nothing))["weights"].message == "Every weight is 0."


@pytest.mark.parametrize("table", ["parents", "schools"])
def test_a_link_that_one_side_has_lost_is_a_failure_until_it_is_declared(tmp_path, table):
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    toml = TABLES.replace('clusters = ["school_id"]', 'clusters = ["place"]')
    folder = write(tmp_path, [row | {"place": row["school_id"]} for row in rows], toml)
    file = folder / ("parents.csv" if table == "parents" else "answers-of-schools.csv")
    file.write_text(file.read_text().replace("school_id", "School", 1))
    found = broken(folder)["links"]
    assert found.message == f"{table} has no school_id, which ties 4 rows of parents to schools."
    assert found.do.endswith('unlinked = ["school_id"] under [tables.parents]')
    declared = toml.replace('"parents.csv"\n', '"parents.csv"\nunlinked = ["school_id"]\n')
    (folder / "cohort.toml").write_text(ABOUT + declared)
    assert "links" not in broken(folder)


@pytest.mark.parametrize("lost", ["01", "1.0", "001"])
def test_links_that_differ_in_zeros_alone_are_named_beside_what_is_there(tmp_path, lost):
    rows = [parent(n, school) for n, school in enumerate("2345")]
    folder = write(tmp_path, [*rows, parent(9, lost)], schools="12345")
    found = broken(folder)["links"]
    assert found.message == "1 of 5 rows have a school_id not in schools."
    assert found.expected == f"1 for {lost}"


@pytest.mark.parametrize("key", ["school_id", "place"])
def test_every_row_with_a_lost_link_is_named_and_a_blank_is_near_nothing(tmp_path, key):
    lost = [parent(6, "01"), parent(7, "01"), parent(8, "")]
    rows = [parent(n, school) for n, school in enumerate("2345")] + lost
    toml = TABLES.replace('clusters = ["school_id"]', f'clusters = ["{key}"]')
    schools = [*"12345", ""]
    found = broken(write(tmp_path, [row | {"place": "1"} for row in rows], toml, schools))["links"]
    assert found.message == "3 of 7 rows have a school_id not in schools."
    assert found.rows == (6, 7, 8)
    assert found.expected == "1 for 01"


@pytest.mark.parametrize(
    ("table", "key"), [("parents", "school"), ("parents", "stratum"), ("schools", "school_id")]
)
def test_unlinked_of_what_ties_no_row_to_another_table_is_told(tmp_path, table, key):
    """A slip, a stratum, and the schools' own identifier: each would do nothing."""
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    said = f'[tables.{table}]\nunlinked = ["{key}"]'
    folder = write(tmp_path, rows, TABLES.replace(f"[tables.{table}]", said))
    found = broken(folder)["unlinked"]
    assert found.message == "unlinked names 1 identifier of no other table of the cohort."
    assert (found.found, found.table) == (key, table)


@pytest.mark.parametrize("name", ["reported", "relations", "recommendations"])
def test_tables_of_print_beside_answers_are_told_to_be_read_nowhere(tmp_path, name):
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    folder = write(tmp_path, rows)
    assert broken(folder) == {}
    (folder / f"{name}.csv").write_text("id\nR1\n")
    found = broken(folder)["print_unread"]
    assert found.message == "1 table of printed figures beside answers, read nowhere."
    assert found.found == f"{name}.csv"


def test_a_table_of_which_no_row_is_kept_is_refused_and_no_more_is_told_of_its_design(tmp_path):
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    folder = write(tmp_path, rows, TABLES + '[tables.parents.keep]\nstratum = ["west"]\n')
    assert broken(folder)["rows"].message.startswith("4 rows read, 0 kept")


def test_a_column_of_the_design_that_is_nowhere_is_named(tmp_path):
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    folder = write(tmp_path, rows)
    file = folder / "parents.csv"
    file.write_text(file.read_text().replace("school_id", "School", 1))
    assert broken(folder)["design"].found == "school_id"


@pytest.mark.parametrize("blank", ["", "-9"])
def test_no_answer_is_no_stratum(tmp_path, blank):
    """Whoever left a question blank, or refused, is in no stratum that its answers make."""
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    rows = [row | {"heard": blank if n == 1 else "yes"} for n, row in enumerate(rows)]
    toml = TABLES.replace('strata = ["stratum"]', 'strata = ["heard"]')
    assert "1 of 4 rows have no heard" in broken(write(tmp_path, rows, toml))["strata"].message


def test_labels_that_start_again_in_each_stratum_need_nest(tmp_path):
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    again = [row | {"place": "12"[n % 2]} for n, row in enumerate(rows)]
    toml = TABLES.replace('clusters = ["school_id"]', 'clusters = ["place"]')
    found = broken(write(tmp_path / "a", again, toml))["nested_clusters"]
    assert "nest = true" in found.do
    nested = toml.replace('clusters = ["place"]', 'clusters = ["place"]\nnest = true')
    assert broken(write(tmp_path / "b", again, nested)) == {}


def test_a_stratum_whose_only_cluster_is_all_that_there_is_is_not_lonely(tmp_path):
    rows = [parent(n, school) for n, school in enumerate("ACD")]
    assert "lonely_cluster" in broken(write(tmp_path / "a", rows))
    whole = [row | ({"size": "1"} if row["stratum"] == "north" else {}) for row in rows]
    assert broken(write(tmp_path / "b", whole)) == {}


def test_a_lonely_cluster_passes_where_the_design_says_what_to_do(tmp_path):
    rows = [parent(n, school) for n, school in enumerate("ACD")]
    assert "lonely_cluster" in broken(write(tmp_path / "a", rows))
    toml = TABLES.replace('weight = "w"', 'weight = "w"\nlonely_psu = "adjust"')
    assert broken(write(tmp_path / "b", rows, toml)) == {}


def test_a_stratum_may_be_a_column_of_the_schools(tmp_path):
    """Witness: the same without strata, for all these schools are of one kind."""
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    toml = TABLES.replace('strata = ["stratum"]', 'strata = ["kind"]').replace('["size"]', "[12]")
    own = TABLES.replace('strata = ["stratum"]\n', "").replace('["size"]', "[12]")
    expected, found = (
        estimate(write(tmp_path / name, rows, design)) for name, design in (("a", own), ("b", toml))
    )
    assert broken(tmp_path / "b") == {}
    pd.testing.assert_frame_equal(found, expected)
    assert broken(write(tmp_path / "c", rows, toml.replace("12", "3")))["population"].rows


def test_parts_that_do_not_add_are_refused(tmp_path):
    folder = write(tmp_path, [parent(n, school) for n, school in enumerate("ABCD")])
    (folder / "codebook.csv").write_text(
        CODEBOOK + "n,schools,n,number,,,\na,schools,a,number,,,\nb,schools,b,number,,,\n"
    )
    (folder / "answers-of-schools.csv").write_text(
        "school_id,n,a,b\nA,10,4,6\nB,10,4,5\nC,10,4,\nD,3,1,2\n"
    )
    toml = TABLES.replace(
        "[tables.parents]", '[tables.schools.sums]\nn = ["a", "b"]\n[tables.parents]'
    )
    (folder / "cohort.toml").write_text(ABOUT + toml)
    assert broken(folder)["sums"].rows == (3,)
    tolerant = toml.replace(
        '"answers-of-schools.csv"', '"answers-of-schools.csv"\nsums_tolerance = 1'
    )
    (folder / "cohort.toml").write_text(ABOUT + tolerant)
    assert broken(folder) == {}


def test_response_rates_are_worked_out_and_an_impossible_one_is_refused(tmp_path):
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    folder = write(tmp_path / "a", rows, about="invited = { parents = 16, schools = 4 }\n")
    said = [check.message for check in screen(load_cohort(folder)) if check.rule == "response_rate"]
    assert said == ["4 of 16 invited took part, 25.0%.", "4 of 4 invited took part, 100.0%."]
    few = write(tmp_path / "b", rows, about="invited = { parents = 3 }\n")
    assert "response_rate" in broken(few)


def test_a_breakdown_by_what_is_not_there_is_told_with_the_name_that_is_meant(tmp_path):
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    found = broken(write(tmp_path, rows, about='by = ["helpd"]\n'))["cohort"]
    assert (found.found, found.expected) == ("by helpd", "did you mean 'helped'?")


@pytest.mark.parametrize(
    "about", ['by = ["interview_well_enough"]', 'selection = { interview = "census" }']
)
def test_what_only_other_surveys_ask_is_none_of_this_one(tmp_path, about):
    """The shared codebook has interviews; a survey of parents and schools has no such table."""
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    found = broken(write(tmp_path, rows, about=f"{about}\n"))["cohort"]
    assert found.found.endswith(("by interview_well_enough", "selection of interview"))
    assert "well_enough" not in found.expected


def test_a_selection_of_what_no_figure_is_a_base_of_is_told_of_print_too(write_cohort):
    visited = {"indicator": "schools", "reported": "60"}
    folder = write_cohort(visited)
    toml = (folder / "cohort.toml").read_text()
    toml = toml.replace("fieldwork", 'selection = { scool = "census" }\nfieldwork', 1)
    (folder / "cohort.toml").write_text(toml)
    found = broken(folder)["cohort"]
    assert (found.found, found.expected) == ("selection of scool", "did you mean 'school'?")


def test_invented_rows_must_be_marked_and_real_ones_must_not(tmp_path):
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    assert "synthetic" in broken(write(tmp_path, rows, about="synthetic = true\n"))
    folder = write(tmp_path / "b", rows)
    text = (folder / "answers-of-schools.csv").read_text()
    marked = text.replace("\n", ",true\n").replace("kind,true", "kind,synthetic")
    (folder / "answers-of-schools.csv").write_text(marked)
    real = broken(folder)["synthetic"]
    assert real.table == "schools"
    assert real.expected == "synthetic = false in cohort.toml and in every row"


def test_what_is_left_to_be_written_is_said(tmp_path):
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    folder = write(tmp_path, rows, about='sampling = "TODO: how"\n')
    assert broken(folder)["provenance"].found == "sampling"
    named = write(tmp_path / "b", rows, about='publisher = "TODO Group"\n')
    assert "provenance" not in broken(named), "whom a real export came from"


def test_an_indicator_that_cannot_be_measured_is_refused(tmp_path):
    folder = write(tmp_path, [parent(n, school) for n, school in enumerate("ABCD")])
    odd = "odd,Odd,views,parent,parents,nothing,share,,yes;no,,,,\n"
    (folder / "indicators.csv").write_text(INDICATORS + odd)
    assert broken(folder)["indicators"].rows == ("odd",)


def test_one_school_of_which_nothing_is_measured_is_no_sample_of_a_single_row(tmp_path):
    toml = TABLES.split("[tables.parents.design]")[0]
    folder = write(tmp_path, [parent(n, "A") for n in range(4)], toml, schools="A")
    assert all(one.passed for one in screen(load_cohort(folder)))


def test_everything_that_is_amiss_is_said_at_once_worst_first(tmp_path):
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    rows = change(helped="perhaps", w="-1")(rows, 0)
    found = screen(load_cohort(write(tmp_path, rows, about='note = "TODO"\n')))
    failed = [check.rule for check in found if not check.passed]
    assert failed == ["weights", "allowed_values", "provenance"]
    with pytest.raises(CohortError) as caught:
        require(found, "small")
    message = str(caught.value)
    assert message.startswith(f"small: 3 of {len(found)} checks failed.")
    assert "parents row 2" in message
    assert message.index("weights") < message.index("allowed_values") < message.index("provenance")


def test_one_table_that_cannot_be_read_does_not_hide_the_others(tmp_path):
    rows = change(helped="perhaps")([parent(n, s) for n, s in enumerate("ABCD")], 2)
    folder = write(tmp_path, rows)
    (folder / "answers-of-schools.csv").write_text("")
    assert {"readable", "allowed_values"} <= set(broken(folder))


@pytest.mark.parametrize(
    ("design", "says"),
    [
        ("calibrate.totals.helpd = { yes = 9 }", "did you mean 'helped'?"),
        ("calibrate.totals.helped = { yes = 9 }", "helped without a known number"),
        ("trim = [20, 30]", "between 20 and 30"),
    ],
)
def test_what_estimates_refuse_is_a_finding_among_the_others(tmp_path, capsys, design, says):
    toml = TABLES.replace('weight = "w"', f'weight = "w"\n{design}')
    rows = [parent(n, school, ("no", "yes", "no")) for n, school in enumerate("AABBCCDD")]
    folder = write(tmp_path, rows, toml)
    assert main(["check", str(folder)]) == 1
    told = capsys.readouterr().out
    assert " 1 failed, " in told
    assert "  estimates: " in told
    assert says in told


def test_findings_for_machines_are_five_fields_and_never_an_answer(tmp_path):
    rows = [parent(n, school) for n, school in enumerate("ABCD")]
    folder = write(tmp_path, change(helped="perhaps")(rows, 3))
    told = json.loads(as_json(screen(load_cohort(folder))))
    assert {tuple(one) for one in told} == {("rule", "table", "passed", "message", "rows")}
    assert told[0]["rule"] == "allowed_values"
    assert told[0]["rows"] == [5]


def test_a_text_to_seek_in_is_refused_for_a_cohort_without_printed_figures(tmp_path):
    folder = write(tmp_path, [parent(n, school) for n, school in enumerate("ABCD")])
    with pytest.raises(CohortError, match="no printed figures"):
        screen(load_cohort(folder), source=tmp_path / "report.md")


def test_one_failure_keeps_its_own_fields():
    check = Check("weights", "parents", False, "2 of 9 weights are zero.", (3, 1204), "mend them")
    with pytest.raises(CohortError) as caught:
        require([check], "small")
    assert str(caught.value).splitlines() == [
        "small: 2 of 9 weights are zero.",
        "  where     parents rows 3, 1,204",
        "  do        mend them",
    ]
    require([Check("weights", "parents", True, "Fine.")], "small")


def test_the_example_passes_every_check_and_says_its_response():
    found = screen(load_cohort("data/example-2026"))
    assert [check for check in found if not check.passed] == []
    rates = [check.message for check in found if check.rule == "response_rate"]
    assert rates[0] == "84 of 112 invited took part, 75.0%."


def test_findings_for_a_page_are_a_table_with_what_failed_on_top(tmp_path):
    rows = change(helped="perhaps")([parent(n, school) for n, school in enumerate("ABCD")], 3)
    table = as_table(screen(load_cohort(write(tmp_path, rows))))
    assert list(table["holds"].head(2)) == [False, True]
    assert table.loc[0, ["rule", "table", "rows"]].tolist() == ["allowed_values", "parents", "5"]


def test_select_all_needs_a_category_for_each_of_its_variables(tmp_path):
    folder = write(tmp_path, [parent(n, school) for n, school in enumerate("ABCD")])
    odd = "useful,Useful,views,parent,parents,talk;visit,multiple,,talk;visit;fair,,,,\n"
    (folder / "indicators.csv").write_text(INDICATORS + odd)
    assert "3 categories for 2 variables" in broken(folder)["indicators"].found
