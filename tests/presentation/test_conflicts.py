"""How figures that cannot all hold are told: by what a reader asks, quotes and reconciles."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from careersurvey.evidence.cohort import load_cohort
from careersurvey.evidence.printed.readings import read
from careersurvey.evidence.printed.vocabulary import load_readings
from careersurvey.inference.estimates import estimate
from careersurvey.inference.record.audit import audit_figures, clashing_in
from careersurvey.inference.record.bounds import bounds
from careersurvey.inference.record.standings import standings
from careersurvey.presentation import (
    compared,
    conflicts,
    exhibits,
    labels,
    lists,
    prose,
    sentences,
    standing,
    titles,
    words,
)


@pytest.fixture(scope="module")
def survey():
    return load_cohort("data/ofsted-2013")


@pytest.fixture(scope="module")
def found(survey):
    return audit_figures(survey)


def test_every_conflict_of_2013_is_worded_by_hand_and_none_in_vain(found, survey):
    worded = pd.read_csv(survey.folder / "conflicts.csv")
    clashing = [entry["check"] for entry in found if entry["verdict"] != "consistent"]
    assert sorted(worded["check"]) == sorted(clashing)
    assert not worded["clash"].str.contains("?", regex=False).any()


def test_a_card_quotes_both_places_and_leaves_their_base_out(found, survey):
    """Witness: paragraphs 19 and 61; the 60 schools are only the base of both."""
    cards = conflicts.cards(found, survey).set_index("id")
    card = cards[
        cards["clash"]
        == "Paragraph 19 leaves at least 43 schools with external advisers, paragraph 61 counts 40"
    ].iloc[0]
    assert card["verdict"] == "contradiction"
    assert card["figures"].split("\n") == [
        "“A quarter” of schools did not use qualified external advisers at all (paragraph 19;"
        " R085), 14 to 17 of 60, as read widely",
        "“40” schools used external professional advisers for individual guidance of at least some"
        " students (paragraph 61; R202), 40 of 60, base implied",
        "“The other” schools used a mixture of internal and external advisers: those left after"
        " the other 2 groups (paragraph 19; R086), 32 to 39 of 60, as read widely",
    ]


def test_a_base_that_is_a_finding_itself_is_quoted_too(found, survey):
    """Witness: paragraph 62, where about half is of the schools, nearly all, that had data."""
    quotes = conflicts.quotes(found, survey)
    quoted = quotes.loc[quotes["conflict"] == "C9", "statements"]
    assert list(quoted) == ["R018", "R205", "R206"]


def test_without_words_of_its_own_a_conflict_is_told_by_its_quotes(found, survey):
    import dataclasses

    bare = dataclasses.replace(survey, conflicts=survey.conflicts.iloc[:0])
    cards = conflicts.cards(found, bare)
    asked = list(cards["clash"])
    assert "Individual guidance interviews observed: “43” and “42”" in asked
    assert any(one.startswith("“Very few” schools knew how") for one in asked)
    assert (cards["why"] != "").all()
    assert cards["reconciled"].str.contains("wider reading").sum() == 1  # C14 rests on no relation


def test_each_conflict_has_one_line_and_those_in_counts_their_gap(found, survey):
    rows = conflicts.sides(conflicts.cards(found, survey), conflicts.quotes(found, survey))
    assert rows["verdict"].value_counts().to_dict() == {"tension": 11, "contradiction": 3}
    drawn = rows.dropna(subset="base_n")
    apart = (drawn["others_high"] < drawn["low"]) | (drawn["others_low"] > drawn["high"])
    assert apart.all()
    assert "“March 2013” or “April 2013”" in words.each(rows, conflicts.heard)[0]


def test_the_rows_of_the_picture_bear_the_ids_of_their_cards(found, survey):
    """Or three rows would read alike: well-developed provision is on C6, C11 and C12."""
    cards = conflicts.cards(found, survey)
    rows = conflicts.sides(cards, conflicts.quotes(found, survey))
    goes = cards["widely"] != ""  # last, of which C4 is the first
    in_order = [*cards.loc[~goes, "id"], *cards.loc[goes, "id"]]
    assert [label.partition(". ")[0] for label in rows["label"]] == in_order
    assert in_order[:7] == ["C1", "C2", "C3", "C7", "C9", "C10", "C4"]
    assert rows["label"].is_unique
    told = rows.set_index("label")
    # By hand, of the cards: what each line names is what its bar is of.
    for card, reads, left in (
        ("C3", "40 of 60, base implied", "43 or more of 60"),
        ("C5", "27 to 33 of 60, as read", "34 or more of 60"),
        ("C8", "1 to 6 of 60, as read", "11 or more of 60"),
        ("C9", "14 to 17 of 60, as read", "25 or more of 60"),
        ("C10", "15 of 43, as read", "31 or more of 43"),
    ):
        (row,) = rows.loc[told.index.str.startswith(f"{card}. "), ["reads", "left"]].to_numpy()
        assert list(row) == [reads, left]
    least, most = rows.set_index(rows["label"].str.extract(r"(C7)\.")[0]).loc[
        "C7", ["others_low", "others_high"]
    ]
    assert (least, most) == (11, 13)  # of the 14 to 17 with a strategy, where 4 evaluate well
    half = told.loc["C14. Half of 55 schools is no whole number"]
    assert (half["quote"], half["left"]) == ("“only half”", "")
    assert rows["others"].ne("").sum() == rows["left"].ne("").sum()


def test_a_figure_says_how_it_is_read_and_whose_its_base_is(found, survey):
    """Witness: a quarter of 60 is 15; C3 clashes even where it may be 14 to 17, and so says it.

    Paragraphs 58 and 62 print no number of the schools that they are of.
    """
    quotes = conflicts.quotes(found, survey)
    told = {
        (quote["conflict"], quote["statements"]): conflicts.reads_as(quote)
        for _, quote in quotes.iterrows()
    }
    assert told["C3", "R085"] == "14 to 17 of 60, as read widely"
    assert told["C3", "R202"] == "40 of 60, base implied"
    assert told["C5", "R085"] == "15 of 60, as read"
    assert told["C7", "R198"] == "4 of 14 to 17 (base worked out from the others), as read"
    assert told["C9", "R206"] == "25 to 32 of 54 to 59 (base worked out from the others), as read"


def test_what_the_others_leave_is_of_the_base_that_they_count(found, survey):
    """By hand: 43 less 15 is 28, of the 43 of key finding 9; paragraph 31 speaks of 42."""
    quotes = conflicts.quotes(found, survey).set_index(["conflict", "statements"])
    assert conflicts.reads_as(quotes.loc["C10", "R107"]) == "10 to 12 of 42, as read"
    left = conflicts.left_by_others(quotes.loc["C10", "R107"])
    assert left == "28 or more of the 43 that they count"
    (card,) = (entry for entry in found if entry["id"] == "C10")
    assert compared.left_share(card, ["R107"], "yes") == (28 / 43, 1)


@pytest.mark.parametrize(
    ("statement", "aloud"),
    [
        ("R085", "A quarter of schools did not use"),
        ("R202", "40 schools used external professional advisers"),
        ("R021", "Only one in five schools were effective"),
        ("R017", "rarely, read as how many schools monitored"),
        ("R236", "42 individual guidance interviews observed"),
    ],
)
def test_a_quote_of_a_card_reads_aloud_with_whom_it_is_of(found, survey, statement, aloud):
    quotes = conflicts.quotes(found, survey)
    quote = quotes[quotes["statements"].str.contains(statement)].iloc[0]
    assert f"{quote['quote']}{quote['said']}".startswith(aloud)


def test_answers_have_no_conflicts():
    answers = load_cohort("example-2026")
    cards, quotes = conflicts.cards([], answers), conflicts.quotes([], answers)
    assert cards.empty
    assert conflicts.sides(cards, quotes).empty


def test_a_figure_is_contradicted_by_another_and_not_by_its_base(survey):
    """Witness: cover, paragraphs 11, 19, 28 and 61, key finding 9 and the notes, by hand.

    R201 is "about three quarters" of the 40 schools of paragraph 61, which C3 contradicts.
    """
    rows = conflicts.mark(labels.label(estimate(survey), survey), conflicts.in_conflict(survey))
    hard = rows["contradicted"].ne("") | rows["base contradicted"].ne("")
    marked = rows.loc[hard, "statements"]
    of_base = {"R031", "R107", "R110", "R201"}  # of 43, 42 and 42 interviews, and of 40 schools
    figures = {"R004", "R068", "R215", "R032", "R101", "R236", "R085", "R086", "R202"}
    assert set(marked) == figures | of_base
    bases = rows[rows["statements"].isin(of_base)]
    said = zip(bases["in doubt"], bases["base contradicted"], strict=True)
    assert set(said) == {("C10", "C2"), ("", "C2"), ("", "C3")}


def test_a_base_that_is_printed_as_three_numbers_may_be_any_of_them(survey):
    """Witness: kf-9 has 43 interviews, p28 42; a 44 is added at p30. 10 and 12 of each, by hand.

    Wilson's limits of 10 of 44 and of 12 of 44 are 12.8% and 41.8%.
    """
    more = survey.reported[survey.reported["id"] == "R101"]
    more = more.assign(id="R900", reported="44", where="p30")
    reported = pd.concat([survey.reported, more], ignore_index=True)
    rows = conflicts.read_all(replace(survey, reported=reported))
    row = rows[rows["statements"] == "R107"]
    assert row["bases"].tolist() == [(42, 43, 44)]
    assert row["base contradicted"].tolist() == ["C2, C3"]
    listed = lists.in_text(row).iloc[0]
    assert listed["of"] == "42, 43 or 44"
    assert listed["interval"] == "13% to 44% of 42; 13% to 43% of 43; 13% to 42% of 44"


def test_conflicts_are_counted_on_every_scale_that_is_printed(survey):
    """Witness: the declared readings leave three contradictions, as the cards tell them."""
    scales = conflicts.by_scale(survey)
    assert list(scales["readings"]) == [
        "As declared here", "Education Scotland", "Northern Ireland",
        "As declared here, each conflict read more widely",
    ]  # fmt: skip
    assert scales["contradictions"].iloc[0] == 3
    widely = scales.iloc[-1]
    # By hand: half of 55 is 25 to 30 (C14), but of 48 at least 20 analysed and 19 used them (C9),
    # since a third itself is left out.
    assert (widely["contradictions"], widely["tensions"]) == (3, 3)
    left = "R033, R080, R198; R018, R205, R206; R031, R107"
    assert widely["statements"].endswith(left)
    assert "R009" not in widely["statements"]  # C4: few are at most 12 of 60, and 12 met needs


def test_a_card_lays_its_quotes_on_one_axis_with_what_the_others_leave_them(found, survey):
    """Witness: a quarter of 60 is 14 to 17 read widely; 60 less the 40 of p61 is 20."""
    quotes = conflicts.quotes(found, survey).set_index("statements")
    advisers = quotes[quotes["conflict"] == "C3"]
    quarter, forty = advisers.loc["R085"], advisers.loc["R202"]
    assert tuple(quarter[["low", "high", "others_low", "others_high"]]) == (14, 17, 20, 60)
    drawn = prose.strip(forty, 60, "Reads as 40 of 60; the others leave 43 or more.")
    assert 'class="base" x="0.0%" width="100.0%"' in drawn
    assert 'class="own" x="66.7%" width="6"' in drawn
    assert 'class="left" x="71.7%" width="28.3%"' in drawn
    assert 'aria-label="Reads as 40 of 60; the others leave 43 or more."' in drawn


def test_numbers_without_a_base_and_months_are_said_and_not_drawn(found, survey):
    """Witness: 43 and 42 interviews, March and April 2013: their words say all."""
    quotes = conflicts.quotes(found, survey)
    for _, quote in quotes[quotes["conflict"].isin(["C1", "C2"])].iterrows():
        assert "svg" not in prose.strip(quote, quote["base_high"], "43")


def test_contradictions_come_first_and_each_card_says_what_it_rests_on(found, survey):
    cards = conflicts.cards(found, survey)
    assert list(cards["verdict"]) == ["contradiction"] * 3 + ["tension"] * 11
    assert set(cards["kind"].str.partition(". ")[0]) == {
        "Contradicted",
        "Contradicted, if their terms mean the same",
        "In doubt",
        "No whole number",
    }
    assert (cards["kind"] == "In doubt. Fits if “rarely” may be 12 of 60.").sum() == 1


def test_every_figure_that_stands_in_conflict_is_quoted_on_a_card(found, survey):
    """And no other: what the trail says of a figure, its cards show."""
    told = ", ".join(conflicts.quotes(found, survey)["statements"])
    standing = standings(survey, found=found)
    clashing = set(standing.loc[standing["standing"] == "in conflict", "id"])
    assert set(told.split(", ")) == clashing
    listed = conflicts.tests(found).query("verdict != 'consistent'")["statements"]
    assert set(", ".join(listed).split(", ")) == clashing


def test_a_card_shows_every_figure_that_it_makes_stand_in_conflict(found, survey, tmp_path):
    """Witness: the audit; on C3 "the other" too, which is left by a quarter (R085)."""
    cards, quotes = conflicts.cards(found, survey), conflicts.quotes(found, survey)
    page = exhibits.Page(labels.credit(survey), tmp_path)
    shown = prose.show_cards(page, "08-conflicts", cards, quotes).html.split("<details")[1:]
    clashing = [clashing_in(entry) for entry in found if entry["verdict"] != "consistent"]
    for card, ids in zip(shown, clashing, strict=True):
        assert {*re.findall(r'href="#(R\d+)"', card.partition("<dl>")[0])} >= {*ids}


def test_a_card_says_no_number_but_those_of_its_quotes(found, survey):
    """What is written by hand: counts read and left, what they leave of a base, and paragraphs.

    Of a figure that no whole number comes to also its wide reading, which is that of "about" it.
    """
    half = read("half", "fraction", 55, vocabulary=load_readings().wide)
    about = read("about half", "fraction", 55)
    assert half.counts == about.counts == (25, 30)
    quotes = conflicts.quotes(found, survey)
    for card in conflicts.cards(found, survey).to_dict("records"):
        own = quotes[quotes["conflict"] == card["id"]]
        known = set(re.findall(r"\d+", " ".join([*own["where"], *own["quote"], *own["label"]])))
        for _, quote in own.iterrows():
            ends = quote[["low", "high", "others_low", "others_high"]].dropna()
            bases = quote[["base_low", "base_high"]].dropna()
            known |= {f"{end:.0f}" for end in [*ends, *bases]}
            known |= {f"{base - end:.0f}" for base in bases for end in ends}
        if card["kind"].startswith("No whole number"):
            known |= {*map(str, half.counts)}
        said = set(re.findall(r"\d+", f"{card['clash']} {card['why']} {card['reconciled']}"))
        assert said <= known, (card["id"], said - known)
        # What would do in a figure's place is an end of what the others leave one.
        ends = {f"{end:.0f}" for end in pd.concat([own["others_low"], own["others_high"]])}
        assert {*re.findall(r"may be (\d+) of", card["widely"])} <= ends


def test_what_is_left_by_a_figure_in_conflict_is_on_its_cards(found, survey, since_2013):
    """By hand: "the other" is 60 less R084 and R085, which C3 and C5 have; C5's others leave 33."""
    rows = conflicts.mark(estimate(survey), conflicts.in_conflict(survey)).set_index("statements")
    assert list(rows.loc["R086", ["contradicted", "in doubt"]]) == ["C3", "C5"]
    quotes = conflicts.quotes(found, survey).set_index(["statements", "conflict"])
    assert conflicts.left_by_others(quotes.loc[("R086", "C5")]) == "0 to 33 of 60"
    # Of the 40 of R202 as many as it says may mix: 32 to 39; but R085 leaves 43, not 40, over.
    said = "not tested by itself: it is what the other groups leave"
    assert conflicts.left_by_others(quotes.loc[("R086", "C3")]) == said
    told = since_2013
    mixture = told[told["category"] == "mixture"].iloc[0]
    assert mixture["comes_to"] == "direction unknown"
    doubt = (
        "the earlier figure is contradicted by paragraph 61, if their terms mean the same, leaving"
        " it 0% to 67%; in doubt: may clash with executive summary, paragraph 4 (card C5"
    )
    assert doubt in mixture["caveats"]


def test_of_the_conflicts_only_contradictions_are_called_so():
    """Witness: three figures by hand, one of them in a contradiction."""
    verdicts = ["contradiction", "tension", "tension", ""]
    held = pd.DataFrame({"id": ["R1", "R2", "R3", "R4"], "verdict": verdicts})
    held["stands"] = ["contradicted", "in doubt", "in doubt", "stated"]
    expected = "4 printed figures: 2 in doubt, 1 contradicted, 1 not tested"
    assert titles.say_standings(labels.from_standings(held)) == expected
    none = held.assign(verdict="", stands=["stated", "stated", "consistent", "stated"])
    told = titles.say_standings(labels.from_standings(none))
    assert told == "4 printed figures: 3 not tested, 1 consistent"


def test_only_what_stays_however_words_are_read_is_told_as_in_doubt(survey):
    """By eye, of the scale: C7, C9 and C10 stay. R205 has the data that half did not analyse (C9):
    having data clashes with nothing.
    """
    rows = conflicts.read_all(survey).set_index("statements", drop=False)
    told = {
        id_: {one.card for one in standing.staying(row) if one.verdict == "in doubt"}
        for id_, row in rows.iterrows()
    }
    own = {"R033": "C7", "R080": "C7", "R198": "C7", "R018": "C9", "R206": "C9"}
    own |= {"R031": "C10", "R107": "C10"}
    assert {id_: cards for id_, cards in told.items() if cards} == {
        id_: {card} for id_, card in own.items()
    }
    assert (rows.loc["R205", "in doubt"], rows.loc["R205", "clash"]) == ("C9", "")
    assert rows.loc["R033", "in doubt"] == "C7, C8"  # a column tells every one
    assert sentences.sentence(rows.loc["R021"]).endswith(" received the guidance they needed.")


def test_a_clash_that_goes_says_at_which_count(found, survey):
    """By hand: 12 schools were effective (R021); very few, read widely, are at most 12 of 60."""
    cards = conflicts.cards(found, survey).set_index("id")
    assert cards.loc["C4", "widely"] == "Fits if “very few” may be 12 of 60."
    assert cards.loc["C13", "widely"] == "Fits if “nearly all” may be 53 of 60."  # 60 less 7
    assert cards.loc["C14", "widely"] == "A wider reading of the words would do."
    assert set(cards.loc[["C1", "C3", "C7", "C9", "C10"], "widely"]) == {""}


def test_a_fieldwork_that_its_report_contradicts_says_so_beside_its_dates(survey):
    """By eye: the cover ends it in March, paragraph 11 and the notes in April."""
    told = conflicts.dated_credit(survey).when_where
    assert told == "England, December 2012 to March or April 2013"
    assert (
        conflicts.dated_credit(load_cohort("ofsted-2023")).when_where == "England, spring term 2023"
    )


def test_the_data_of_a_picture_say_where_each_printed_figure_stands(survey):
    """Witness: the audit; R201 is of the 40 schools that C3 contradicts, R157 is reproduced."""
    listed = lists.as_listed(conflicts.read_findings(survey).set_index("statements", drop=False))
    stands = dict(
        zip(conflicts.read_findings(survey)["statements"], listed["standing"], strict=True)
    )
    assert stands["R201"] == "stated; base contradicted: C3"
    assert stands["R031"] == "in doubt: C10; base contradicted: C2"
    assert stands["R157"] == "reproduced"


def test_what_must_be_is_said_of_the_group_that_is_printed_and_leads_to_both_figures(survey):
    """By hand: 46 of the 60 and 23 of the 60 have at least 46 + 23 - 60 = 9 in common."""
    asked = {"both": "working_well=no & overall_effectiveness=outstanding"}
    parts = lists.say_least(bounds(survey, asked), conflicts.read_findings(survey))
    assert words.plain(parts) == (
        "As read, at least 9 of the 23 schools that had been judged outstanding at their last"
        " inspection had new arrangements for careers guidance that were not working well. "
    )
    assert [evidence for _, evidence in parts if evidence] == ["R224", "R072"]
