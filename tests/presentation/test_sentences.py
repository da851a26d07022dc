"""What a finding sounds like, held against the counts that it was computed from."""

from dataclasses import replace

import pytest
from made import INVENTED, PRINTED, answered, counted, hidden, made

from careersurvey.evidence.cohort import MAKE_UP, load_cohort
from careersurvey.evidence.project import SHIPPED
from careersurvey.presentation import changes, conflicts, sentences, standing, titles, words
from careersurvey.presentation.prose import key_to
from careersurvey.presentation.standing import Doubt


def said(label, low, high, base, **cells):
    return sentences.sentence(made(counted(label, low, high, base, **cells)).iloc[0])


@pytest.mark.parametrize(
    ("wording", "form", "counts", "quantity"),
    [
        ("Only 12", "count", (12, 12), "Only 12 of 60 schools"),
        ("every", "count", (60, 60), "All 60 schools"),
        ("The other", "count", (34, 37), "34 to 37 of 60 schools (as read)"),
        ("about a quarter", "fraction", (14, 17), "About a quarter of schools (14 to 17 of 60, as read)"),  # noqa: E501
        ("Only about one in six", "fraction", (8, 11), "Only about one in six schools (8 to 11 of 60, as read)"),  # noqa: E501
        ("About four out of five", "fraction", (47, 49), "About four out of five schools (47 to 49 of 60, as read)"),  # noqa: E501
        ("Very few", "words", (1, 6), "Very few schools (1 to 6 of 60, as read)"),
        ("A small number", "words", (1, 12), "A small number of schools (1 to 12 of 60, as read)"),
        ("others", "words", (1, 45), "Others of the schools (how many is not said)"),
        ("nearly all", "words", (54, 59), "Nearly all schools (54 to 59 of 60, as read)"),
        ("the rest", "words", (24, 27), "The rest of the schools (24 to 27 of 60, as read)"),
        ("none", "words", (0, 0), "None of the schools (0 of 60, as read)"),
        ("The vast majority", "words", (49, 59), "The vast majority of schools (49 to 59 of 60, as read)"),  # noqa: E501
        ("hardly any", "words", (1, 6), "Hardly any schools (1 to 6 of 60, as read)"),
        ("The remaining", "words", (24, 27), "The remaining schools (24 to 27 of 60, as read)"),
    ],
)  # fmt: skip
def test_a_printed_quantity_is_said_as_printed_with_what_it_can_mean(
    wording, form, counts, quantity
):
    """Witness: readings of the 2013 report by hand, on its 60 schools."""
    assert said("had a plan", *counts, 60, wording=wording, form=form) == f"{quantity} had a plan."


def test_a_word_that_no_sentence_begins_with_is_told_with_what_it_can_mean():
    """The numbers were left out: "Share of schools that had a plan: “nearly every”." """
    row = {"wording": "nearly every", "form": "words"}
    told = "Share of schools that had a plan: “nearly every” (54 to 59 of 60, as read)."
    assert said("had a plan", 54, 59, 60, **row) == told


@pytest.mark.parametrize(("wording", "place"), [("1st", "First"), ("third", "Number 3")])
def test_a_place_in_a_list_is_said_alike_however_it_is_printed(wording, place):
    """ "Number 1st in the list" was said, and "Number third"."""
    row = counted("named talks", 1, 1, 60, wording=wording, form="rank", measure="rank")
    row |= {"question": "What worked", "base": "those asked"}
    told = sentences.sentence(made(row).iloc[0])
    assert told == f"{place} in the list of what worked: those asked named talks."


def test_a_word_that_rules_nothing_out_has_no_number():
    row = {"wording": "Too few", "form": "words", "open": True}
    assert said("had a plan", 1, 59, 60, **row) == "Too few schools had a plan."


@pytest.mark.parametrize(
    ("row", "counts", "told"),
    [
        ({"wording": "14%", "form": "percent", "count_low": None, "count_high": None,
          "estimate": 0.14, "estimate_low": 0.14, "estimate_high": 0.14}, (14, 14, 1703),
         "14% of schools (of 1,703, base implied)"),
        ({"wording": "Only 7", "form": "count"}, (7, 7, 60), "Only 7 of 60 schools (base implied)"),
        ({"wording": "Nearly all", "form": "words"}, (974, 1081, 1082),
         "Nearly all schools (90% to 99.9% of 1,082, as read, base implied)"),
        ({"wording": "Very few", "form": "words"}, (1, 6, 60),
         "Very few schools (1 to 6 of 60, as read, base implied)"),
    ],
)  # fmt: skip
def test_an_implied_base_is_said_of_words_too(row, counts, told):
    """Witness: paragraphs 29, 49 and 50 print no base; of 1,082 and 60 other places count."""
    row = row | {"base_from": "implied"}
    assert said("had a plan", *counts, **row) == f"{told} had a plan."


def test_a_share_of_nobody_knows_how_many_says_so():
    """Witness: executive summary, paragraph 7, and paragraph 24 print no base anywhere."""
    nobody = {"base_from": "none", "base_n": None, "count_low": None, "count_high": None}
    row = nobody | {"wording": "Most", "form": "words"}
    row |= {"estimate_low": 0.5, "estimate_high": 0.95}
    told = said("had a plan", 50, 95, 100, **row)
    assert told == "Most schools (over 50% to 95%, as read, base not printed with it) had a plan."
    row = nobody | {"wording": "20%", "form": "percent", "estimate": 0.2}
    told = said("had a plan", 20, 20, 100, **row | {"estimate_low": 0.2, "estimate_high": 0.2})
    assert told == "20% of schools (base not printed with it) had a plan."


def test_a_word_that_does_not_count_keeps_its_place():
    row = {"wording": "rarely", "form": "words"}
    assert said("monitored quality", 1, 6, 60, **row) == "Schools rarely monitored quality."


def test_a_count_with_its_percentage_is_a_share_of_many():
    row = {"wording": "142 (8%)", "form": "count_percent", "unit": "parent"}
    expected = "8% of parents (142 of 1,703) had heard of it."
    assert said("had heard of it", 142, 142, 1703, **row) == expected


def test_a_percentage_that_is_exact_is_not_repeated_in_brackets():
    row = {"wording": "20%", "form": "percent", "unit": "parent", "base_n": None}
    blank = {"count_low": None, "count_high": None, "estimate_low": 0.2, "estimate_high": 0.2}
    assert said("did not", 20, 20, 100, **row | blank) == "20% of parents did not."


def test_answers_are_said_with_their_interval():
    row = made(answered("had a plan", 0.63)).iloc[0]
    assert sentences.sentence(row) == "63% of schools (base 84, interval 53% to 73%) had a plan."
    row["weighed"] = True  # no whole number of 84 need be 63% then
    weighed = "63% of schools (by weight, base 84, interval 53% to 73%) had a plan."
    assert sentences.sentence(row) == weighed
    assert any(one.startswith("By weight: ") for one in key_to([weighed]))


def test_the_words_of_a_question_are_not_explained_as_ours():
    """Met in a real survey that asked of data points: it was told how changes are rounded."""
    asked = "answered “Yes” to “Are points, interval widths and figures, as read, clear?”"
    row = made(answered(asked, 0.63)).iloc[0]
    assert [one.partition(":")[0] for one in key_to([sentences.sentence(row)])] == ["Interval"]
    assert key_to(["Better: 11% of us (−11 points)."]) == [changes.RULE]
    assert key_to(["11% of us scored 10 points or more."]) == []


def test_a_conflict_that_goes_when_words_are_read_widely_is_marked_beside_its_figure():
    stays, goes = (
        Doubt("in doubt", card, "p8", {"reconciled": "x"}, card == "C3") for card in ("C3", "C14")
    )
    row = made(counted("had a plan", 28, 28, 55, wording="Only half")).iloc[0]
    row["doubts"] = [stays, goes]
    assert sentences.on_its_cards(row) == "in doubt: C3; in doubt unless read widely: C14"
    assert sentences.beside(row)[1].endswith("in doubt: C3; in doubt unless read widely: C14")


def test_a_mean_is_said_in_its_unit_inside_its_phrase():
    cells = {"measure": "mean", "estimate": 5.96, "unit": "institution", "form": "number"}
    label = "fully met {} of the eight benchmarks on average"
    expected = "Institutions fully met 5.96 of the eight benchmarks on average."
    assert said(label, 1, 1, 2, pattern=label, **cells) == expected


def test_a_month_with_half_a_year_is_said_with_the_whole_one_and_as_printed():
    """Paragraph 5 prints "March 13", which would be read as a day."""
    row = {"wording": "March 13", "form": "date", "measure": "context", "base_n": None}
    blank = dict.fromkeys(["count_low", "count_high", "estimate_low", "estimate_high"])
    expected = "Contacts are counted until: March 2013 (printed “March 13”)."
    assert said("contacts are counted until", 1, 1, 2, **row | blank) == expected


def test_a_finding_among_some_has_them_as_its_subject():
    """Or 68% would be read as of all that took part."""
    row = made(answered("knew of it, of those that used advisers", 0.68, 54)).iloc[0]
    row["among"], row["who"] = "those that used advisers", "schools that took part"
    assert sentences.sentence(row) == (
        "68% of schools that used advisers (base 54 of those that took part, interval 58% to 78%)"
        " knew of it."
    )
    found = conflicts.read_findings(load_cohort("data/ofsted-2013"))
    helpline = found[(found["indicator"] == "helpline_heard") & (found["domain"] == "all")].iloc[0]
    assert sentences.sentence(helpline) == (
        "8% of parents who answered the question on the helpline (142 of 1,703) had heard of the"
        " National Careers Service helpline."
    )


def test_what_may_not_be_shown_is_said_so():
    assert sentences.sentence(made(hidden("had a plan")).iloc[0]) == (
        "Share of schools that had a plan: not shown."
    )


def test_a_headline_keeps_the_qualifier_that_makes_it_true():
    row = counted(
        "had adopted an approach to careers guidance that was flexible, of those that had made it"
        " a strategic priority",
        *(12, 12, 60),
        wording="Only 12",
        form="count",
        short="had adopted a flexible approach",
        whom="with a priority",
    )
    expected = "Only 12 of 60 schools with a priority had adopted a flexible approach"
    assert titles.headline(made(row).iloc[0]) == expected


def test_a_title_names_those_who_answered_where_the_invited_chose_and_says_whom_once():
    invited = replace(INVENTED, selection=dict.fromkeys(("parent", "school"), "volunteers"))
    asked = {"unit": "parent", "short": "knew", "whom": "whose child had asked"}
    row = made(answered("had heard", 0.3, **asked, who=invited.answering("parent"))).iloc[0]
    assert titles.headline(row) == "30% of parents who answered had heard"
    assert sentences.sentence(row).startswith("30% of parents who answered (base")
    long = row.replace({"had heard": "had heard " * 7})
    assert titles.headline(long) == "30% of parents whose child had asked knew"
    assert invited.answering("school") == "schools"  # which are institutions, and all took part
    vars(invited)["took_part"] = {"school": (84, 112)}
    assert invited.answering("school") == "schools that took part"


def test_a_title_that_is_too_long_gives_way_to_a_shorter_one():
    assert titles.title_of("word " * 19, "short") == "short"
    assert titles.title_of("word " * 19).endswith("…")


def test_it_is_said_how_many_findings_wider_readings_move():
    rows = made(
        counted("had a plan", 15, 18, 60, wording="About a quarter"), counted("b", 7, 7, 60)
    )
    wide = rows.assign(estimate_low=[0.2, 7 / 60], count_low=[12, 7])
    told = sentences.say_wider(rows, wide)
    assert told == "Read more widely, 1 of these 2 findings would allow more."


@pytest.mark.parametrize(("letters", "most"), [(2, 3), (120, 2), (300, 1)])
def test_a_picture_says_aloud_its_first_rows_as_far_as_they_can_be_held_in_mind(letters, most):
    """A screen reader says an alternative text at one go: two rows of 120 letters, not three."""
    rows = made(*[counted(f"{n}".ljust(letters, "x"), 12, 12, 60) for n in range(14)])
    told = titles.around("", "", rows, PRINTED).heard
    assert told.startswith("Schools 0x")
    assert told.count(": 12 of 60, interval 10% to 30%") == most


@pytest.mark.parametrize("name", ["ofsted-2013", "example-2026", "ofsted-2023"])
def test_a_title_has_at_most_fifteen_words_and_the_number_of_its_row(name):
    found = conflicts.read_findings(load_cohort(name))
    shares = found[found["measure"].isin(["share", "multiple"]) & found["shown"]]
    for _, row in shares.iterrows():
        title = titles.headline(row)
        # It is in doubt where its sentence is: not by what goes when words are read more widely.
        besides = {name: standing.STANDINGS[name].beside for name in standing.ON_CARDS}
        said = sentences.doubted(row)
        stands = "".join(name for name, one in besides.items() if said.startswith(f" ({one}"))
        assert title.endswith(f" ({stands})" * bool(stands)), title
        assert len(title.split()) <= 15, title
        assert "…" not in title, title
        whom = [words.plural(row["unit"]), sentences.units(row)]
        assert any(sentences.quantity(row, who) in title for who in whom) or ":" in title, title


def test_a_title_without_a_short_phrase_names_the_answer_that_it_counts():
    """Or "12 of 60" would be of those who said yes."""
    row = made(counted("a " * 14 + "b", 12, 12, 60, category="no", question="Asked?")).iloc[0]
    assert titles.headline(row) == "Asked? no, 12 of 60"


def test_no_sentence_of_2013_lacks_a_number_that_is_printed():
    """Read aloud: "Fieldwork began: no number" beside "December 2012" would be false."""
    found = conflicts.read_findings(load_cohort("ofsted-2013"))
    said = found.apply(sentences.sentence, axis=1)
    assert said[said.str.contains("no number")].tolist() == []
    assert "Apprenticeship frameworks at levels 6 and 7: over 41 (42 or more, as read)." in set(
        said
    )
    assert "Examples of successful approaches: a small number." in set(said)
    second = "Number 2 in the list of what students said works, in order of frequency"
    who = "students who spoke positively about their careers guidance"
    assert f"{second}: {who} named targeted online activities." in set(said)
    around = "Subcontractors for face-to-face support of adults: around 350 (325 to 375, as read)."
    assert around in set(said)
    parents = "Just over 1,700 parents (1,701 to 1,750, as read) responded to the online survey."
    assert parents in set(said)


@pytest.mark.parametrize("name", [one for one in SHIPPED if one != "example-2026"])
def test_every_statement_of_a_printed_cohort_is_said_in_a_sentence(name):
    found = conflicts.read_findings(load_cohort(name))
    said = [sentences.sentence(row) for _, row in found.iterrows()]
    assert said
    assert all(one.endswith(".") and "{}" not in one and "nan" not in one for one in said)


def test_a_count_without_an_upper_end_is_said_as_printed():
    # cec-compass-2017-18 prints "over 3,000": the least count is 3,001, the greatest not printed.
    found = conflicts.read_findings(load_cohort("cec-compass-2017-18"))
    said = {sentences.sentence(row) for _, row in found.iterrows()}
    assert (
        "Over 3,000 schools and colleges (3,001 or more, as read) assessed themselves against the"
        " Gatsby benchmarks."
    ) in said


def test_who_took_part_is_counted_before_what_the_weights_make_of_them():
    """By hand: 24 of 84 schools are 29%; by weight they are 21% of all."""
    row = answered("were sponsored academies", 0.21, 84, section=MAKE_UP)
    told = made(row | {"count_low": 24, "count_high": 24}).iloc[0]
    assert sentences.sentence(told) == (
        "24 of 84 schools that took part and answered (29%) were sponsored academies (21% of all"
        " whom they stand for, by weight)."
    )
    alike = made(row | {"count_low": 18, "count_high": 18}).iloc[0]
    assert sentences.sentence(alike).endswith("and answered (21%) were sponsored academies.")
