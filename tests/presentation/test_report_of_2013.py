"""Every sentence, title and description of the 2013 report holds no number but those of its table.

Witness of each number: the row that it is said of, written out here by plain formatting, and not
by the writers that said it.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pytest

from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.project import project_root
from careersurvey.inference.record.standings import standings
from careersurvey.presentation import conflicts, lists, prose, sentences, titles, words

PUBLISHED = project_root() / "figures" / "ofsted-2013"
DRAWN = sorted(
    path
    for path in PUBLISHED.glob("*.csv")
    if path.with_suffix(".svg").is_file() and ",form," in path.read_text().partition("\n")[0]
)
NUMBER = re.compile(r"(?<!C)(?<!\d)\d[\d,]*(?:\.\d+)?")  # a conflict's card is no number


def numbers(text):
    return {found.rstrip(",").replace(",", "") for found in NUMBER.findall(text)}


def months(rows):
    """Years of months that print names by two digits, as "March 13" does."""
    return {f"20{year}" for year in re.findall(r"[a-z] (\d\d)$", " ".join(rows["wording"]))}


def known(rows):
    """Numbers that may be said of rows: as printed, as counted, and as shares."""
    told = [*rows["wording"], *rows["label"], *rows["question"]]
    told += [*rows.get("base_said", ()), *rows.get("bases", ())]
    found = numbers(" ".join(map(str, told)))
    for name in ("count_low", "count_high", "base_n", "base_low", "base_high"):
        found |= {f"{value:.0f}" for value in rows[name].dropna()}
    for name in ("estimate", "estimate_low", "estimate_high", "conf_low", "conf_high"):
        for value in rows[name].dropna():
            percent = Decimal(f"{100 * value:.10f}")
            found |= {f"{percent.quantize(Decimal(one), ROUND_HALF_UP)}" for one in ("1", "0.1")}
            found |= {f"{value:g}", f"{value:.2f}"}
    places = (one.where for each in rows.get("doubts", ()) for one in each if one.stays)
    return found | numbers(" ".join(places)) | {"0.1", "99.9"}


def heard(row):
    return "".join(titles.describe(row.to_frame().T.infer_objects()))


@pytest.fixture(scope="module")
def survey():
    return load_cohort("data/ofsted-2013")


@pytest.fixture(scope="module")
def found(survey):
    return conflicts.read_findings(survey)


def test_every_statement_is_said_with_the_numbers_of_its_row_alone(found):
    told = found[found["form"] != "rank"]
    assert len(told) > 200
    for key in told.index:
        row = told.loc[[key]]
        for said in (sentences.sentence(row.iloc[0]), *titles.describe(row)):
            assert numbers(said) <= known(row) | months(row), (row["statements"].iloc[0], said)


def test_every_share_that_is_certain_is_said_with_its_number(found):
    """A count printed with its base is never told without both."""
    certain = found[(found["form"] == "count") & found["base_n"].notna() & ~found["open"]]
    for _, row in certain.iterrows():
        assert numbers(sentences.sentence(row)) >= {f"{row['base_n']:.0f}"}, row["statements"]


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.stem)
def test_a_picture_holds_the_numbers_of_its_table_alone(path):
    """Axes, dates, places, what cards say and the report's own number apart."""
    rows = pd.read_csv(path)
    drawn = re.sub(r"<style.*?</style>", "", path.with_suffix(".svg").read_text(), flags=re.DOTALL)
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", drawn)
    notes = (at for at, text in enumerate(texts) if re.search(r"^Source:|\bC\d+: ", text))
    source = next(notes, len(texts))
    other = {"0", "50", "100", "95", "30", "60", "2012", "2013", "1", "2", "3", "4", "5", "6"}
    wide = (rows["estimate_high"] - rows["estimate_low"] > 0.6) & rows["form"].eq("words")
    other |= {f"{(wide | rows['open'].eq(True)).sum()}"}  # how many are left open
    assert texts
    said = re.sub(r"\b20\d\d/\d\d\b", "", " ".join(texts[:source]))  # a school year is a date
    assert numbers(said) <= known(rows.fillna({"question": ""})) | other


@pytest.mark.parametrize("section", ["02-findings", "03-judgements", "07-data"])
def test_a_sections_figure_is_titled_by_the_finding_that_its_first_sentence_says(section):
    """Or "about a quarter were not fully effective" stood under "just over a third were"."""
    said = pd.read_csv(PUBLISHED / f"{section[:2]}-said.csv").iloc[0]
    drawn = (PUBLISHED / f"{section}.svg").read_text()
    title = " ".join(re.findall(r'<g id="title">.*?<text[^>]*>([^<]+)</text>', drawn, re.DOTALL))
    assert said["sentence"].partition(" (")[0].partition(" of ")[0] in title


@pytest.mark.parametrize(
    ("said", "drawn"),
    [
        ("02-said", ["02-findings"]),
        ("03-said", ["03-judgements"]),
        ("04-said", ["04-employers"]),
        ("05-said", ["05-works", "05-improve", "05-views"]),
        ("06-said", ["06-views", "06-funnel"]),
        ("07-said", ["07-data"]),
    ],
)
def test_what_leads_a_section_is_in_the_open_pictures_below_it(said, drawn):
    rows = pd.concat(pd.read_csv(PUBLISHED / f"{name}.csv") for name in drawn)
    known = set(rows[["indicator", "category"]].itertuples(index=False, name=None))
    told = pd.read_csv(PUBLISHED / f"{said}.csv")[["indicator", "category"]]
    assert set(told.itertuples(index=False, name=None)) <= known


def test_what_a_recommendation_rests_on_is_what_its_findings_say(survey, found):
    told = prose.recommendations(survey, found)
    by_id = found.set_index("statements")
    assert told["id"].nunique() == 13
    for row in told.to_dict("records"):
        assert numbers(row["sentence"]) <= known(by_id.loc[[row["statements"]]])


@pytest.mark.parametrize("say", [sentences.sentence, heard])
def test_what_is_in_conflict_says_so_with_places_and_cards_and_nothing_else_does(
    survey, found, say
):
    """Witness: the audit's standing of each figure; paragraphs 19 and 61 against each other."""
    held = standings(survey).set_index("id")
    told = {row["statements"]: say(row) for _, row in found.iterrows()}
    # Of 43 and of 42 interviews, whose number is itself on C2, and of the 40 schools of C3.
    of_base = {"R031", "R107", "R110", "R201"}
    figures = {"R004", "R068", "R215", "R032", "R101", "R236", "R085", "R086", "R202"}
    assert {name for name, said in told.items() if "contradicted by" in said} == figures | of_base
    assert {name for name, said in told.items() if "its base is contr" in said} == of_base
    for _, row in found.iterrows():
        linked = words.linked(sentences.said(row))
        cards = set(re.findall(r"#conflict-(C\d+)", linked))
        cards -= {"C2", "C3"} if row["statements"] in of_base else set()
        on = set(filter(None, held.loc[row["statements"], "conflicts"].split(", ")))
        assert cards <= on  # of those that are told, and of R033 not C8, which goes read widely
        assert cards >= on & {"C1", "C2", "C3", "C7", "C10"}


@pytest.mark.parametrize(
    ("name", "doubt"),
    [
        ("R033", "in doubt: may clash with paragraphs 17 and 58"),
        ("R085", "contradicted by paragraph 61, if their terms mean the same"),
        ("R031", "in doubt: may clash with paragraph 31; its base is contradicted by paragraph 28"
                 " and notes, paragraph 2"),
        ("R101", "contradicted by key finding 9: “43”"),
        ("R068", "contradicted by cover: “March 2013”"),
        ("R201", "its base is contradicted by paragraph 19, if their terms mean the same"),
    ],
)  # fmt: skip
def test_a_sentence_names_the_places_that_it_clashes_with_in_place_of_cards(found, name, doubt):
    """Witness: the cards of 2013 by eye, whose quotes each have their place."""
    row = found[found["statements"] == name].iloc[0]
    assert sentences.sentence(row).endswith(f" ({doubt}).")
    half = sentences.sentence(found[found["statements"] == "R139"].iloc[0])
    assert half.startswith("Only half of schools that provided destination data (27 or 28")
    assert half.endswith(" apprenticeships in 2011/12.")  # read widely it is 25 to 30


def test_what_is_described_has_its_place_in_the_report(survey):
    """Witness: boxes after paragraphs 15, 29, 37, 41 and 44; the seven bullets of paragraph 30."""
    studies = prose.described(survey, "case study")["place"]
    good = prose.described(survey, "good interview")["place"]
    assert [int(place.split()[1]) for place in studies] == [15, 29, 37, 41, 44]
    assert set(good) == {"paragraph 30"}
    assert len(good) == 7


def test_one_interval_spans_both_numbers_of_a_base_wherever_it_is_shown(found):
    """By hand, Wilson's limits of 15: of 42 they are 23% and 51%, of 43 they are 22% and 50%."""
    row = found[found["statements"] == "R031"].iloc[0]
    assert words.interval(row) == "22% to 51%"
    assert "22% to 51%" in heard(row)
    assert {base: words.between(*ends) for base, ends in row["on_bases"].items()} == {
        42: "23% to 51%",
        43: "22% to 50%",
    }


def test_a_row_of_several_places_quotes_each_printing_to_its_letter(found):
    """Witness: paragraph 45 prints 55, the notes "Fifty-five", which each entry has alone."""
    own = found[found["statements"].isin(["R138", "R239"])]
    assert set(words.each(own, words.as_printed)) == {"55; Fifty-five"}
    assert list(lists.in_text(own)["printed"]) == ["55", "Fifty-five"]
