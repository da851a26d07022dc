"""Whatever stands in a printed report's tables, they are checked and audited, or refused."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_any_cohort import checked_or_refused, with_cell

from careersurvey.errors import SurveyError
from careersurvey.evidence.cohort import load_cohort
from careersurvey.inference.estimates import estimate
from careersurvey.inference.record.audit import audit_figures

TABLES = {
    "cohort.toml": '[cohort]\nid = "small"\ntitle = "A small report"\nevidence = "reported"\n'
    'publisher = "Us"\nfieldwork = "2026-01/2026-03"\n[places]\np = 9\n',
    "reported.csv": """\
id,where,section,indicator,category,domain,group,unit,base,base_id,base_n,base_from,reported,form,note
R1,p1,provision,careers_strategy,no,,,school,the schools,,60,printed,about a quarter,fraction,
R2,p2,provision,careers_strategy,yes,,,school,the schools,,60,printed,most,words,
R3,p3,provision,careers_strategy,no,sixth_form,yes,school,,sixth_form=yes,40,printed,9,count,
R4,p4,provision,sixth_form,yes,,,school,the schools,,60,printed,40,count,
R5,p5,parents,helpline_heard,yes,,,parent,the parents,,1706,printed,8%,percent,
""",
    "relations.csv": """\
id,relation,parts,whole,strength,where,because
L1,partition,careers_strategy=yes + careers_strategy=no,schools_visited,necessary,p1,they are all
L2,within,careers_strategy=no @ sixth_form=yes,careers_strategy=no,necessary,p3,some of them
""",
    "recommendations.csv": """\
id,where,addressee,text_phrase,indicators
A1,p6,schools,have a strategy,careers_strategy
""",
    "schools.csv": """\
school_id,name,local_authority,region,region_source,closed
1,Hall School,Kent,south_east,printed,
""",
    "phrases.csv": "indicator,category,phrase\ncareers_strategy,no,had none\n",
}
WRITTEN = [name for name in TABLES if name.endswith(".csv")]
WORDS = "R1 R9 p2 p77 no yes careers_strategy sixth_form=yes 60 most count percent printed same"
CELLS = st.one_of(
    st.sampled_from(WORDS.split()),
    st.sampled_from(["", "0", "-1", "1e9", "a=b + c", "=", "@", " + ", "over 100%", "1/0", "0%"]),
    st.sampled_from(["at most 30", "over 4.5", "second", "all but 61", "half to two thirds"]),
    st.text(st.characters(codec="utf-8"), max_size=6),
)


def write(folder, **changed):
    for name, text in (TABLES | changed).items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


def used_or_refused(folder) -> bool:
    """Whether what is checked can be estimated and audited, or is refused in words."""
    for use in (estimate, audit_figures):
        with suppress(SurveyError):
            use(load_cohort(folder))
    return checked_or_refused(folder)


def test_the_tables_as_they_are_pass(tmp_path):
    cohort = load_cohort(write(tmp_path))
    assert len(estimate(cohort)) == 5
    assert audit_figures(cohort)


@pytest.mark.parametrize("name", WRITTEN)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 9), st.integers(0, 20), CELLS)
def test_any_cell_of_a_printed_table_is_used_or_refused(tmp_path, name, row, column, cell):
    assert used_or_refused(write(tmp_path, **{name: with_cell(TABLES[name], row, column, cell)}))
