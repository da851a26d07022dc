"""The words around a picture: its title, whom it is of and when, how to read it, its source.

A title says the most telling row with its number, and counts only what it says that it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from careersurvey.evidence.text import so_many
from careersurvey.inference.columns import SYMBOLS
from careersurvey.presentation import labels, sentences, words
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.standing import staying
from careersurvey.presentation.style import MOST, Words

#: Words of a title.
LONGEST = 15
SIDES = {
    "worse": "The fewer the better",
    "better": "The more the better",
    "": "Neither better nor worse",
}
NONE = "No number can be shown"
#: Marks of a picture with what they are, as `style.Words` has them.
Key = Sequence[tuple[str, str]]
BY_WEIGHT = ("tick", "the share, by weight")


# ---- titles -------------------------------------------------------------------------------------


def title_of(*candidates: str, end: str = "") -> str:
    """The first candidate that is short enough with an end, else the last cut."""
    for whole in (f"{candidate}{end}" for candidate in candidates):
        if len(whole.split()) <= LONGEST:
            return whole
    room = LONGEST - 1 - len(end.split())
    return f"{' '.join(candidates[-1].split()[:room])} …{end}"


def clash(row: pd.Series) -> str:
    """How a figure clashes with others however widely they are read, in brackets behind it."""
    return sentences.bracket(next((one.verdict for one in staying(row)), ""))


def subjects(row: pd.Series) -> list[tuple[str, str]]:
    """Whom a finding is of with how it is said, the fuller before what takes less room."""
    row = pd.Series({**row, "domain": "all"})  # a title names groups by themselves
    units, whom = words.plural(row["unit"]), row["whom"]
    said = sentences.predicate(row, "phrase" if "phrase" in row else "label")
    told = []
    for who in dict.fromkeys((sentences.whom(row), sentences.units(row))):
        told += [(who, said)]
        told += [(f"{units} {whom}" if whom else who, row["short"])] if row["short"] else []
    return told


def headline(row: pd.Series) -> str:
    """Say a finding as a title: without its range, but never without whom it is true of."""
    quote = sentences.beside(row)[0]
    told = []
    for who, phrase in subjects(row):
        often = words.HOW_OFTEN.fullmatch(quote[1:-1]) and f"{words.upper_first(who)} {quote[1:-1]}"
        told.append(f"{sentences.quantity(row, who) or often or f'{quote}: {who}'} {phrase}")
    answer = "" if row["category"] in ("", "yes") else f"{words.spell(row['category']).lower()}, "
    told += [f"{sentences.asking(row)}{answer}{said}" for said in (words.value(row), quote)]
    told += [f"{quote} of {sentences.units(row)}: {row['answer']}"] if row.get("answer") else []
    return title_of(*told, end=clash(row))


def lead(rows: pd.DataFrame) -> str:
    """Say as a title the row that leads."""
    shown = rows[rows["shown"] & rows["estimate_low"].notna()]
    told = shown[~says_little(shown)]
    first = leading(told if len(told) else shown)
    return headline(first.iloc[0]) if len(first) else NONE


def whom(rows: pd.DataFrame, credit: Credit) -> str:
    """Say the base that rows share, "60 schools visited"; where bases differ the most of it."""
    rows = rows.assign(**{name: "" for name in ("base", "who", "base_id") if name not in rows})
    units, bases = [*filter(None, rows["unit"].unique())], rows["base_n"]
    several = words.listed(map(words.plural, units)) if 0 < len(units) < 5 else "those concerned"
    alike = (rows[name].iloc[0] for name in ("base", "who") if len(set(rows[name])) == 1)
    named = next(filter(None, alike), several)
    took = credit.took_part.get("".join(units), (0, 0))[0]
    if took and bases.notna().any():
        numbers = words.counts(bases.min(), bases.max())
        one_by_one = " a row" if bases.min() < bases.max() else ""
        if bases.min() == took:
            return f"all {took:,} {several} that took part"
        return f"{numbers} {several}{one_by_one}, of the {took:,} that took part"
    if bases.notna().all() and len(set(bases)) == 1:
        return f"{bases.iloc[0]:,} {named}"
    if len(units) > 1 or bases.isna().all():
        return named
    return _most_of(rows, named, several)


def _most_of(rows: pd.DataFrame, named: str, several: str) -> str:
    """Say the greatest base, and whether those of the other rows are known to be some of it."""
    most = rows.sort_values("base_n", ascending=False, kind="stable").iloc[0]
    same = rows["base"].eq(most["base"]) & rows["base"].ne("")
    of_a_finding = rows["base_id"].str.contains("=", regex=False)
    within = (rows["base_n"].notna() | of_a_finding | same).all()
    rest = "some of them" if within else f"{several} whose number is not printed"
    return f"{most['base_n']:,} {most['base'] or most['who'] or named}, or {rest}"


def against(ends: Sequence[tuple[float, str]], row: pd.Series) -> list[str]:
    """Say the shares of two groups in candidates for a title, ever shorter."""
    said = [(words.share(at), f" ({words.within(name)})") for at, name in ends]
    (share, named), *others = said
    rest = "".join(f" against {one}{of}" for one, of in others)
    told = [f"{share} of {who}{named}{rest} {phrase}" for who, phrase in subjects(row)]
    last = [f"{words.upper_first(who)} {phrase}" for who, phrase in subjects(row)]
    return [*told, *(f"{one}: {', '.join(map(''.join, said))}" for one in last)]


def say_most(rows: pd.DataFrame) -> str:
    """Say which of some parts of one base is the greatest, or which are."""
    most = rows[rows["count_low"] == rows["count_low"].max()]
    if most.empty:
        return ""
    first, several = most.iloc[0], len(most) > 1
    domain = words.spell(words.plural(first["domain"]) if several else first["domain"])
    units = words.plural(first["unit"])
    named = f"{domain} with the most {units}: {words.listed(most['label'])}"
    number = f"{first['count_low']:,}{' each' if several else ''} of the {first['base_n']:,}"
    return f"{named}, {number} {labels.of_whom(first)}"


def say_standings(counted: pd.DataFrame) -> str:
    """Say how many printed figures stand how, as the rows of `labels.from_standings` do."""
    named = (words.within(label.partition(":")[0]) for label in counted["label"])
    told = (f"{n:,} {name}" for n, name in zip(counted["count_low"], named, strict=True))
    return f"{so_many(counted['count_low'].sum(), 'printed figure')}: {', '.join(told)}"


# ---- what is told first --------------------------------------------------------------------------


def told_first(labelled: pd.DataFrame) -> pd.DataFrame:
    """Order findings question by question, else what tells most leads its side, and that all."""
    few = len(labelled) <= MOST or labelled["indicator"].duplicated().any()
    if in_own_words(labelled) or (few and unjudged(labelled)):
        # A scale in its order, what was ticked by size.
        asked = pd.Series(pd.factorize(labelled["indicator"])[0], labelled.index)
        return labels.in_order(
            labelled, asked, (-_middle(labelled)).where(labelled["measure"] == "multiple", 0.0)
        )
    return _side_by_side(labelled)


def _side_by_side(labelled: pd.DataFrame) -> pd.DataFrame:
    """Order findings by side, that of what tells most first, and each by size."""
    side, at, weight = labelled["side"], -_middle(labelled), _leads_by(labelled)
    order = side.map({"worse": 0, "better": 1, "": 2})
    if weight.max() > 0:
        lead = weight.idxmax()
        order[side == side[lead]], at[lead] = -1, -float("inf")
    return labels.in_order(labelled, order, at)


def _leads_by(rows: pd.DataFrame) -> pd.Series:
    """The weight that a summary gave; else what a row tells of what its side says on the whole."""
    if "weight" in rows:
        return rows["weight"]
    low, judged, good = _middle(rows) < 0.5, rows["side"] != "", rows["side"] == "better"
    part = low[good].mean()  # where most good things are scarce none that is not leads
    against = good & ((low & (part < 0.5)) | (~low & (part > 0.5)))
    weight = telling(rows).mask(against, 0)[judged | ~judged.any()]
    sure = weight[~rows.loc[weight.index, "bases"].astype(bool)] if "bases" in rows else weight
    return sure if sure.max() > 0 else weight


def leading(rows: pd.DataFrame) -> pd.DataFrame:
    """The row that tells most: the first as they are told, but of a scale what most answered."""
    if not unjudged(rows):
        return _side_by_side(rows).head(1)
    most = most_given(rows)
    return most.loc[[most.get("weight", telling(most)).idxmax()]] if len(most) else most


def unjudged(rows: pd.DataFrame) -> bool:
    """Whether rows are answers of which none is called better."""
    return bool(rows["side"].eq("").all() and rows["evidence"].eq("respondents").all())


def in_own_words(rows: pd.DataFrame) -> bool:
    """Whether rows are several answers to a question, told in its words, of one unit."""
    quoted = rows["answer"].ne("") & rows["indicator"].duplicated(keep=False)
    return bool(quoted.any() and len(set(rows["unit"])) == 1)


def most_given(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each question the answer that most gave."""
    given = rows["estimate"].fillna(rows["estimate_low"]).astype("float64").dropna()
    return rows.loc[given.groupby(rows["indicator"], sort=False).idxmax()]


def telling(rows: pd.DataFrame) -> pd.Series:
    """Weigh what a reader learns from each row: its size, as far as it is certain."""
    middle = _middle(rows)
    rare = 2 * middle.where(middle < 0.5, 1 - middle)
    printed = (rows["estimate_high"] - rows["estimate_low"]) / rare.clip(lower=1e-9)
    answered = (rows["conf_high"] - rows["conf_low"]).fillna(1)
    loss = printed.where(rows["evidence"] == "reported", answered).clip(0, 1)
    even = 1 / rows.get("parts", 2)
    size = (middle - even) / (1 - even)  # from -1 to 1, of one of two answers
    size = size.where(rows["side"] == "worse", size.abs()).clip(lower=0)
    return (size * (1 - loss) * ~of_occasions(rows)).fillna(0).astype(float)


def of_occasions(rows: pd.DataFrame) -> pd.Series:
    """Which rows are printed as "rarely" and its like, which may be of occasions: none leads."""
    return rows["wording"].str.fullmatch(words.HOW_OFTEN.pattern)


def _middle(rows: pd.DataFrame) -> pd.Series:
    return (rows["estimate_low"] + rows["estimate_high"]) / 2


def says_little(rows: pd.DataFrame) -> pd.Series:
    """Which rows rest on words that say no share, or next to none."""
    none = rows["estimate_low"].isna() & rows["evidence"].eq("reported") & rows["shown"]
    return rows["open"] | words.which(rows, words.is_vague) | (none & rows["wording"].ne(""))


# ---- what is around any picture -----------------------------------------------------------------


def around(
    title: str,
    subtitle: str,
    rows: pd.DataFrame,
    credit: Credit,
    *reading: str,
    key: Key = (),
    heard: Sequence[str] = (),
) -> Words:
    """Put the words around a picture together: the notes are how to read it, and its source."""
    where = words.places(rows["where"]) if "where" in rows else ""
    source = f"Source: {credit.short or credit.source}{f', {where}' if where else ''}."
    weighted = is_weighted(rows) and BY_WEIGHT not in key
    how = "Shares are weighted, counts are not." if weighted else "", _with_care(rows)
    goes = clashing(rows, goes=True)
    if len(goes) > _FEW_CARDS:
        goes = {
            words.listed(goes): "told in the report, among the figures that do not fit together"
        }
    clashes = (f"{card}: {said}." for card, said in {**clashing(rows), **goes}.items())
    notes = " ".join(filter(None, (*reading, *how))), *clashes, source
    below = words.upper_first(subtitle), response(rows.get("unit", ()), credit), credit.when_where
    return words_of(credit, title, below, notes, key, heard or describe(rows))


def words_of(
    credit: Credit,
    title: str,
    below: Iterable[str],
    notes: Iterable[str],
    key: Key,
    heard: Sequence[str],
) -> Words:
    """Put words together, invented data named first; of its rows at most three are heard."""
    invented = ["Invented data"] if credit.synthetic else []
    invented += ["Not invented: as published"] if credit.beside_invented else []
    under = ". ".join(filter(None, (*invented, *below)))
    aloud = [". ".join([*invented, words.upper_first("; ".join(heard[:n]))]) for n in (3, 2, 1)]
    short = next((one for one in aloud if len(f"{title} {one}") <= _HEARD), aloud[-1])
    return Words(title, under, tuple(filter(None, notes)), tuple(key), f"{short}.")


_FEW_CARDS = 2  # of those that wider reading undoes, so many are told whole
_HEARD = 370  # letters of a title and what is heard after it


def describe(rows: pd.DataFrame) -> list[str]:
    """Say each row of a picture with its number and interval; of a finding also of whom it is."""
    return words.each(rows[~rows["open"]] if "open" in rows else rows, _heard)


def _heard(row: pd.Series) -> str:
    limits = words.interval(row) if "conf_low" in row else ""
    how = f", interval {limits}" if limits else ""
    is_finding = "question" in row and "phrase" not in row
    named = f"{sentences.whom(row)} {sentences.predicate(row)}" if is_finding else row["label"]
    return f"{named}: {words.value(row)}{how}{sentences.doubted(row)}"


def is_weighted(rows: pd.DataFrame) -> bool:
    """Whether shares of answers are others than their counts would give, but for rounding."""
    if not {"evidence", "estimate", "indicator"} <= set(rows):
        return False
    answers = rows[(rows["evidence"] == "respondents") & rows["estimate"].notna()]
    answers = answers[answers.get("weighed", pd.Series(True, answers.index)).astype(bool)]
    apart = answers["estimate"] - answers["count_low"].astype("float64") / answers["base_n"]
    return bool((apart.abs() > 1e-9).any())


def _with_care(rows: pd.DataFrame) -> str:
    """Explain the mark of rows that are to be read with care, the usual reason first."""
    marked = rows[words.which(rows, sentences.is_unsure)]
    reasons = marked.get("flag_reason", pd.Series(dtype="str")).replace("", pd.NA)
    why = sentences.bracket(" or ".join(reasons.value_counts().index))
    return f"[u]: {SYMBOLS['[u]']}{why}." if len(marked) else ""


def clashing(rows: pd.DataFrame, goes: bool = False) -> dict[str, str]:
    """Say what is on the cards of conflicts that stay, or on others that wider reading undoes."""
    each = [one for own in rows.get("doubts", ()) for one in own]
    stay = {one.card for one in each if one.stays}
    told = {one.card: one.entry["clash"] for one in each if one.stays or one.goes}
    cards = sorted(told.keys() - stay if goes else stay, key=lambda card: int(card[1:]))
    return {card: told[card] for card in cards}


def as_if(units: Iterable[str], credit: Credit) -> str:
    """Say of whom intervals and tests are only as if they had been drawn at random."""
    undrawn, chosen = set(units) - credit.drawn, credit.units("selected", "volunteers")
    known = {"are not known to be": undrawn - chosen, "were not": undrawn & chosen}
    told = "; that ".join(
        f"of {words.listed(sorted(map(words.plural, those)))} is as if drawn at random, which they"
        f" {how}"
        for how, those in known.items()
        if those
    )
    return f"The interval {told}: it may be far too sure." if told else ""


def response(units: Iterable[str], credit: Credit) -> str:
    """Say of some units how many of those invited took part, where it is known."""
    known = {unit: credit.took_part.get(unit, (0, 0)) for unit in dict.fromkeys(units)}
    told = words.listed(
        f"{own:,} of {of:,.0f} invited {words.plural(unit)} ({words.share(own / of)})"
        for unit, (own, of) in known.items()
        if of > 0
    )
    return f"{told} took part" if told else ""


def took_part(credit: Credit, indicators: Iterable[str]) -> str:
    """Say how many of those invited took part, of whom some indicators are."""
    of = credit.cohort.indicators if credit.cohort else {}
    units = dict.fromkeys(of[name].unit for name in indicators if name in of)
    unknown = [unit for unit in units if not credit.took_part.get(unit, (0, 1))[1] > 0]
    others = words.listed(map(words.plural, unknown), "or")
    told = response(units, credit)
    intervals = f"{told}; intervals leave out those who did not." if told else ""
    rest = f"How many {others} there were to choose from is not known." if others else ""
    return " ".join(filter(None, (intervals, rest)))
