"""What a notebook says in sentences: findings, conflicts, what is asked; each number a link.

Each takes the page that it is on and the stem of the file that it saves, before what it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

import pandas as pd
from markupsafe import Markup

from careersurvey.evidence.cohort import MAKE_UP, Cohort
from careersurvey.evidence.printed.dates import years
from careersurvey.evidence.text import so_many
from careersurvey.presentation import changes, conflicts, labels, lists, sentences, titles, words
from careersurvey.presentation.exhibits import (
    Page,
    Shown,
    as_shown,
    folded,
    nothing,
    save_table,
    show_table,
)
from careersurvey.presentation.standing import OF_VERDICT
from careersurvey.presentation.tables import markup


def show_statements(page: Page, name: str, rows: pd.DataFrame, caption: str) -> Shown:
    """Say findings in sentences, each number a link to its evidence, and fold their table below."""
    if rows.empty:
        return nothing(f"This cohort has nothing of this kind: {caption}.")
    said: list[words.Parts] = []
    once = labels.narrowest(labels.one_side(rows))
    for _, own in once.groupby(["indicator", "unit"], sort=False):
        own_words = own["answer"].ne("") & own["evidence"].eq("respondents")
        joined = len(own) > 1 and own_words.all() and own["section"].ne(MAKE_UP).all()
        said += [sentences.said_in_one(own)] if joined else words.each(own, sentences.said)
    listed, told = lists.as_listed(rows), f"{caption}: every statement"
    saved = listed.assign(indicator=rows["indicator"].to_numpy())
    same = [*saved.columns.drop("entry")]
    saved = saved.groupby(same, sort=False, dropna=False, as_index=False)["entry"].agg(", ".join)
    table = as_shown(show_table(page, name, saved, told, shown=list(listed)))
    below = folded(told, table.html)
    listing = markup("said", sentences=[*map(words.linked, said)])
    return Shown(f"{listing}\n{below}", table.files)


def show_cards(page: Page, name: str, cards: pd.DataFrame, quotes: pd.DataFrame) -> Shown:
    """Save the conflicts and show each as a card: its quotes on one axis, why they clash."""
    if cards.empty:
        tested = conflicts.how_each_stands(page.credit.cohort)["standing"].ne("stated").sum()
        none = f"None of the {tested} printed figures that could be tested clashes with another."
        return Shown(f"<p>{none if tested else 'None could be tested against another.'}</p>")
    file = save_table(page, name, cards, "Printed figures that cannot all hold")
    told = []
    for card in cards.to_dict("records"):
        own = quotes[quotes["conflict"] == card["id"]]
        most = own["base_high"].max()
        twice = own["label"].nunique() == 1 < len(own)  # of one number the others are no news
        figures = [_quoted(quote, most, twice) for _, quote in own.iterrows()]
        told.append(card | {"most": most, "quotes": figures})
    means = [one.means for one in OF_VERDICT.values()]
    return Shown(markup("cards", cards=told, means=means), [file])


def _quoted(quote: pd.Series, most: float, twice: bool) -> dict[str, str]:
    """One figure of a conflict: quote and place, its strip, and the strip in words."""
    reads = quote["reads"]
    rest = f"no whole number of {quote['base_high']:,.0f} is that share"
    if quote["left"]:
        rest = "" if twice else f"if the others here are right: {quote['left']}"
    drawn = strip(quote, most, f"{'; '.join(filter(None, (reads, rest)))}.")
    return {**quote, "strip": drawn, "rest": rest}


def strip(quote: pd.Series, most: float, said: str) -> str:
    """Draw a figure of a conflict on its base: filled its reading, hollow what others leave it."""
    if pd.isna(most) or quote["remainder"]:  # that it is all the rest is no place on an axis
        return f'<span class="muted">{"No bar: all the rest." if quote["remainder"] else ""}</span>'
    at_most = most if pd.isna(quote["others_high"]) else quote["others_high"]
    ends = {
        "base": (0, quote["base_high"]),
        "left": (quote["others_low"], at_most),
        "own": (quote["low"], quote["high"]),
    }
    marks = [
        (name, *(100 * min(end, most) / most for end in both))
        for name, both in ends.items()
        if pd.notna(both[0]) and pd.notna(both[1])
    ]
    return markup("strip", said=said, marks=marks)


def show_summary(
    page: Page, name: str, told: pd.DataFrame, *, explained: pd.DataFrame | None = None
) -> Shown:
    """Save and show the sentences of a summary; what they and the `explained` mean is below."""
    if told.empty:
        return nothing("This cohort has no finding of which a summary could speak.")
    file, key = save_table(page, name, told, "Findings in sentences"), []
    if explained is not None:
        shown = [Markup(one).striptags() for one in told["linked"]]
        said = [*shown, *words.each(explained, sentences.sentence)]
        key = _key(page, said, told.assign(why=""), explained["indicator"])
        if any(not one.stays for own in explained.get("doubts", ()) for one in own):
            key.append((_UNMARKED, "08_consistency"))
    return Shown(markup("summary", sentences=[*told["linked"]], key=key), [file])


_UNMARKED = (
    "What clashes only as read here, not when words are read more widely, is marked in pictures"
    " and tables alone."
)
#: What the words mean that stand beside a number, by those of them that are met.
_MEANS: dict[tuple[str, ...], str] = {
    ("interval",): "Interval: what chance alone could do{level}, as if all who answered had been"
    " drawn at random.",
    ("by weight",): "By weight: in every share each who answered counts for all whom they stand"
    " for; so it need be no whole number of its base.",
    (
        "as read",
        "taken as a number of",
    ): "As read: the numbers that the printed words are taken to mean here.",
    ("base implied",): "Base implied: beside the number the report does not print how many it is"
    " out of; we took that from elsewhere in the report.",
    **{(one.beside,): one.means for one in OF_VERDICT.values()},
    ("but in doubt",): "But in doubt: what is named against a change could undo it or explain it.",
    (
        "those who did not answer had",
    ): "What those who did not answer could change is worked out from the later survey alone.",
    ("points, interval", "point, interval", "points)", "point)"): changes.RULE,
}


def _key(
    page: Page, said: Iterable[str], told: pd.DataFrame, indicators: Iterable[str]
) -> list[tuple[str, str]]:
    """Explain the words of some sentences, and say who took part, with where that is told."""
    means = [(line, "") for line in key_to(said, told["why"], told.attrs.get("level"))]
    took_part = titles.took_part(page.credit, indicators)
    return [*means[:1], *([(took_part, "methods")] if took_part else []), *means[1:]]


def key_to(
    sentences: Iterable[str], why: Iterable[str] = (), level: float | None = None
) -> list[str]:
    """Explain the words beside the numbers of sentences, and `why` another report's clash, once."""
    said = re.sub("“[^”]*”", "", " ".join(sentences))  # what others say are their words
    notes = list(dict.fromkeys(filter(None, why)))
    at = f" at a level of {100 * level:g}%" if pd.notna(level) else ""
    met = [means for terms, means in _MEANS.items() if any(term in said for term in terms)]
    return [*(one.format(level=at) for one in met), *notes]


def show_care(claims: Sequence[tuple[str, str, str]]) -> Shown:
    """Show what to be careful about in a box: claims, each with its reason and what it rests on."""
    return Shown(markup("care", claims=claims))


def show_to_paste(page: Page, told: pd.DataFrame) -> Shown:
    """Show the sentences of a summary as plain text with place and source, folded."""
    if told.empty:
        return nothing("There is nothing to paste.")
    credit = page.credit
    of_all = years(credit.when_where), "invented data" if credit.synthetic else ""
    lines = to_paste(told, *of_all)
    source = f"{credit.source}. {credit.caution}"
    key = [line for line, _ in _key(page, lines, told, told["indicator"])]
    text = "\n".join([*lines, "", *key, source])
    shown = f'<pre class="paste" tabindex="0">{escape(text)}</pre>'
    return Shown(folded("Sentences to paste, with source and date", shown))


def to_paste(told: pd.DataFrame, *of_all: str) -> list[str]:
    """Say of each sentence its place and what is true of all, in the bracket that it ends on."""
    told = told.reindex(columns=["sentence", "where"]).astype("object").fillna("")
    said = []
    for sentence, where in zip(told["sentence"], told["where"], strict=True):
        own = re.search(r" \(([^()]*)\)\.$", sentence)
        aside = "; ".join(filter(None, [where, own and own[1], *of_all]))
        said.append(f"{sentence[: own.start() if own else -1]}{sentences.bracket(aside)}.")
    return said


_ASKED = ["id", "addressee", "asks", "place", "sentence", "linked", "statements", "indicator"]


def recommendations(cohort: Cohort, labelled: pd.DataFrame) -> pd.DataFrame:
    """Lay out what a report asks of whom, a row for each finding that it rests on."""
    rows = []
    for ask in cohort.recommendations.to_dict("records"):
        named = {name: ask[name] for name in ("id", "addressee")}
        named |= {"asks": ask["text_phrase"], "place": words.places([ask["where"]])}
        found = labels.findings(labelled, *ask["indicators"].split(";"))
        rows += [named | one for one in words.each(found, sentences.told)]
    return pd.DataFrame(rows, columns=_ASKED)


def described(cohort: Cohort, kind: str) -> pd.DataFrame:
    """Read what a report describes, such as its case studies, in our words and with its places."""
    rows = cohort.described[cohort.described["kind"] == kind]
    rows = rows.assign(place=[words.places([where]) for where in rows["where"]])
    return rows[["described", "place", "statements"]]


def show_asked(page: Page, name: str, asks: pd.DataFrame) -> Shown:
    """Save what a report asks for and show it by addressee, each with the findings it rests on."""
    if asks.empty:
        return nothing("This cohort's report asks for nothing.")
    file = save_table(page, name, asks, "What is asked of whom, and the findings it rests on")
    told = []
    for addressee, of_one in asks.groupby("addressee", sort=False):
        items = [_asked(one) for _, one in of_one.groupby("id", sort=False)]
        told.append((words.upper_first(addressee), items))
    return Shown(markup("asked", addressees=told), [file])


def _asked(rows: pd.DataFrame) -> tuple[str, str, list[str]]:
    """What is asked, its place, and the findings that it rests on."""
    findings = rows.loc[rows["sentence"].fillna("") != "", "linked"]
    number = f"; {so_many(len(findings), 'finding')}" if len(findings) else ""
    place = f"{rows['place'].iloc[0]}{number}"
    return words.upper_first(rows["asks"].iloc[0]), place, [*findings]


def show_described(page: Page, name: str, rows: pd.DataFrame) -> Shown:
    """Save what a report describes and show it as a list, each place a link to its evidence."""
    if rows.empty:
        return nothing("This cohort's report describes nothing of this kind.")
    file = save_table(page, name, rows, "What the report describes")
    places = [(row.place, row.statements.partition(";")[0]) for row in rows.itertuples()]
    at = [words.linked([place]) for place in places]
    once = at[0] if len(at) > 1 and len({*at}) == 1 else ""  # one place of all stands above them
    return Shown(
        markup("described", items=zip(rows["described"], at, strict=True), once=once), [file]
    )
