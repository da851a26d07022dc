"""The row chart: a finding's words, its marks below them, its number beside or on a phone below."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import captions, labels, sentences, style, titles, words
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import Look, Sheet

Scale = Callable[[float], float]
Mark = Callable[[Sheet, Scale, float, pd.Series], None]

SHARES = ((0, "0%"), (0.5, "50%"), (1, "100%"))
_COLOURS = {"better": style.GOOD, "worse": style.BAD, "": style.QUIET}
_PLOT, _STRIP = 440, 28


def row_chart(
    sheet: Sheet,
    lines: pd.DataFrame,
    marks: Sequence[Mark],
    ticks: Sequence[tuple[float, str]] = SHARES,
) -> Sheet:
    """Lay out a line a row with its marks; what stands before and after is the caller's."""
    start, length = sheet.left + 6, sheet.room - 22 if sheet.narrow else _PLOT

    def x(value: float) -> float:
        return start + length * value / (ticks[-1][0] or 1)

    for _, rows in sheet.most(lines).groupby("heading", sort=False):
        first, scaled = rows.iloc[0], False
        if first["heading"] or first["hint"]:
            sheet.heading(first["heading"], first["hint"], first["colour"])
        for number, (_, row) in enumerate(rows.iterrows()):
            if number:
                sheet.parts.append(sheet.y)
            if row["shown"] and not scaled:
                for at, said in ticks:
                    sheet.text(x(at), sheet.y, said, quiet=True, ha="center", gid="scale")
                sheet.y, scaled = sheet.y + 18, True
            top = _write(sheet, row, start + length + 20)
            if row["shown"]:
                for at, _ in ticks:
                    sheet.line((x(at), x(at)), (top, top + _STRIP))
                for mark in marks:
                    mark(sheet, x, top + _STRIP / 2, row)
    return sheet


def _write(sheet: Sheet, row: pd.Series, right: float) -> float:
    """Write a label above its marks, the rest right of them or below; return where marks begin."""
    sheet.y += 3
    sheet.write(row["label"], weight="bold" if row["leads"] else "normal")
    top, tall = sheet.y, _STRIP if row["shown"] else 0
    start, y = (sheet.left, top + tall) if sheet.narrow or not tall else (right, top + 5)
    how: Look = {"color": style.QUIET} if sentences.is_unsure(row) else {"weight": "bold"}
    lead = sheet.text(start, y, row["lead"], sheet.right - start, gid="number", **how)
    on = start + (style.text_width(row["lead"], style.TEXT, "bold") + 8 if row["lead"] else 0)
    place = (start, y + lead)
    if on + style.text_width(row["under"], style.SMALL) <= sheet.right:
        place = (on, y + 1)
    elif len(style.wrap(row["under"], style.SMALL, sheet.right - start)) > 3:
        place = (sheet.left, max(y + lead, top + tall))
    under = sheet.text(*place, row["under"], sheet.right - place[0], quiet=True)
    sheet.y = max(top + tall, y + lead, place[1] + under) + 6
    return top


def as_lines(
    rows: pd.DataFrame, said: Sequence[tuple[str, str]], **columns: object
) -> pd.DataFrame:
    """Give rows the columns that `row_chart` reads; `said` is what stands beside each."""
    unsure = words.each(rows, sentences.is_unsure)
    leads = [f"{lead}{' [u]' * each}" for (lead, _), each in zip(said, unsure, strict=True)]
    usual = {"heading": "", "hint": "", "colour": style.INK, "leads": False}
    return rows.assign(lead=leads, under=[under for _, under in said], **usual | columns)


def band(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw the share, or what words allow, thick; a word as a light box, what is read hollow."""
    ends, mark = (x(row["estimate_low"]), x(row["estimate_high"])), words.drawn_as(row)
    if mark == "word":
        sheet.box(ends, middle, 12, zorder=2, gid="word", **style.WORD)
    else:
        faded = sentences.is_unsure(row)
        colour = style.THIN if faded else _COLOURS[row.get("side", "better")]
        edge: Look = {"facecolor": style.PAPER, "edgecolor": colour, "linewidth": 1.5, "least": 6}
        clear: Look = {"facecolor": colour, "edgecolor": style.PAPER, "linewidth": 1, "least": 4}
        look = edge if mark == "read" else clear
        sheet.box(ends, middle, 14, zorder=4, gid="band", **look)


def interval(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw the interval, thin."""
    if pd.notna(row["conf_low"]):
        ends = x(row["conf_low"]), x(row["conf_high"])
        how = {"color": row.get("ink", style.THIN), "linewidth": 1.6, "zorder": 3}
        sheet.line(ends, (middle, middle), gid="interval", **how)


def base(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw the base of a count as a tile."""
    sheet.box((x(0), x(row["base_n"])), middle, 16, facecolor=style.TILE, zorder=1, gid="base")


def part(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw a count: full as far as sure, hatched as far as open."""
    low, high = row["count_low"], row["count_high"]
    if high > low:
        sheet.box((x(low), x(high)), middle, 16, zorder=2, gid="open", **style.HATCHED)
    if low > 0:
        sheet.box((x(0), x(low)), middle, 16, least=2, zorder=3, gid="sure")


def plot_findings(rows: pd.DataFrame, credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw findings: thick what the words allow or the share, thin the interval."""
    little = titles.says_little(rows)
    told = titles.told_first(rows[~little])
    headed = bool(set(told["side"]) - {""})
    lines = as_lines(
        with_ink(told.assign(label=with_units(told)), credit),
        _beside(told),
        heading=[titles.SIDES[side] * headed for side in told["side"]],
        colour=[_COLOURS[side] if side else style.INK for side in told["side"]],
        leads=told.index.isin(titles.leading(told).index),  # whatever its size
    )
    if titles.in_own_words(told):
        better = told[told["side"].eq("better") & told["answer"].ne("")]
        hints = dict(zip(better["indicator"], better["answer"] + " is better", strict=True))
        lines["hint"] = [hints.get(name, "") for name in told["indicator"]]
        lines["label"] = told["answer"].where(told["answer"].ne(""), lines["label"])
        lines = lines.assign(heading=told["question"], colour=style.INK)
    both = lines, _left_open(rows[little])
    lines = pd.concat([each for each in both if len(each)])
    marks = [could_be, interval, band, *([then] if "then" in rows else [])]
    return row_chart(Sheet(captions.findings(rows, credit), narrow), lines, marks).close()


def _beside(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """What stands beside each row; of a part of so many how many of these did not answer."""
    answers = rows["shown"] & rows["evidence"].eq("respondents")
    asked_of = rows.get("asked_of", rows["base_n"])
    lost = (asked_of - rows["base_n"]).where(answers).astype("float64")
    said = zip(words.each(rows, sentences.beside), lost, strict=True)
    more = " ({:,.0f} more did not answer)"
    told = [(lead, under + (more.format(gone) if gone > 0 else "")) for (lead, under), gone in said]
    before = rows.get("told_then", rows["label"].str[:0]).fillna("").map(words.dashed)
    both = zip(told, before, strict=True)
    return [(lead, "; ".join(filter(None, (under, was)))) for (lead, under), was in both]


def with_ink(rows: pd.DataFrame, credit: Credit) -> pd.DataFrame:
    """Give intervals black ink where chance drew the units; what has no number has no marks."""
    inks = [style.INK if unit in credit.drawn else style.THIN for unit in rows["unit"]]
    return rows.assign(shown=rows["shown"] & rows["estimate_low"].notna(), ink=inks)


def with_units(rows: pd.DataFrame, usual: float = 0.7) -> list[str]:
    """Name the units where rows are of several, but for one that so nearly all are of."""
    share = rows["unit"].map(rows["unit"].value_counts(normalize=True))
    named = [f"{sentences.whom(row)} {sentences.predicate(row)}" for _, row in rows.iterrows()]
    return [*rows["label"].where(share > usual, pd.Series(named, rows.index, "object"))]


def _left_open(rows: pd.DataFrame) -> pd.DataFrame:
    """Lines without marks of words that say no share, or hardly any."""
    heading, hint = f"In words only: {len(rows)}", "they say no share, or rule little out"
    rows = rows.assign(label=words.each(rows, _quoted_first), shown=False)
    return as_lines(rows, [("", "")] * len(rows), heading=heading, hint=hint)


def _quoted_first(row: pd.Series) -> str:
    """Say in one line what a word counts: “Not all” schools had a plan."""
    wording, who = words.upper_first(row["wording"]), sentences.whom(row)
    joint, said = sentences.joined_by(wording, row["form"], who), sentences.predicate(row)
    often, quote = words.HOW_OFTEN.fullmatch(wording), f"“{words.within(wording)}”"
    begins = f"{words.upper_first(who)} {quote}" if often else f"“{wording}”{joint}{who}"
    if quote[1:-1] in said:  # which says it in its own words
        begins, said = words.upper_first(who), said.replace(quote[1:-1], quote)
    counts = "" if row["open"] else sentences.bracket(sentences.beside(row)[1])
    return f"{begins} {said}{counts}"


def plot_parts(
    rows: pd.DataFrame, credit: Credit, *, measure: str, title: str = "", narrow: bool = False
) -> Axes:
    """Draw each count as the filled part of its base; shares of answers as bars of all."""
    sheet = Sheet(captions.parts(rows, credit, title, measure), narrow)
    inked = with_ink(rows.assign(side="better"), credit)
    lines = as_lines(inked, words.each(rows, sentences.beside))
    if (rows["evidence"] == "respondents").any() or rows["base_n"].isna().any():
        return row_chart(sheet, lines, [could_be, interval, band]).close()
    ticks = counts(int(rows["base_n"].max()))
    if len(set(rows["base_n"])) > 1:  # each is a part of its own
        counted = ["count_low", "count_high", "base_n"]
        lines[counted] = lines[counted].astype("float64").div(lines["base_n"], axis=0)
        ticks = SHARES
    return row_chart(sheet, lines, [base, part], ticks).close()


def counts(top: int) -> Sequence[tuple[float, str]]:
    """The scale of counts of so many."""
    middle = [(top // 2, f"{top // 2:,}")] if top % 10 == 0 else []
    return [(0, "0"), *middle, (top, f"{top:,}")]


def plot_bounds(rows: pd.DataFrame, credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw counts that were never printed: solid what must be, hatched what may be."""
    known = (rows["low"] > 0) | (rows["high"] < rows["base_n"])  # what may be anything has no ink
    ends = {"count_low": rows["low"].where(known), "count_high": rows["high"].where(known)}
    rows = rows.assign(sure=rows["low"] > 0, shown=True, **ends)
    doubted = words.which(rows, sentences.on_its_cards)
    rows = labels.in_order(rows, ~rows["sure"], doubted, -rows["low"], rows["high"])
    certain = "At least some, if the words are read as here"
    heads = [certain if sure else "Perhaps none" for sure in rows["sure"]]
    named = words.each(
        rows, lambda row: row["label"] + sentences.bracket(sentences.on_its_cards(row))
    )
    lines = as_lines(rows.assign(label=named), words.each(rows, sentences.bound), heading=heads)
    ticks = counts(int(rows["base_n"].max()))
    sheet = Sheet(captions.bounds(rows, credit), narrow)
    return row_chart(sheet, lines, [base, part], ticks).close()


def could_be(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw what those who did not answer could make of a share: pale, below all else."""
    if sentences.of_invited(row):
        ends = x(row["least"]), x(row["greatest"])
        sheet.box(ends, middle, 16, gid="could be", **style.COULD_BE)


def then(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw what a finding was before, where it is told as a change: hollow."""
    ends = x(row["then_low"]), x(row["then_high"])
    sheet.box(ends, middle, 10, least=10, zorder=3.5, gid="then", **style.THEN)


def plot_steps(
    rows: pd.DataFrame,
    credit: Credit,
    *,
    chains: dict[str, Sequence[str]],
    narrow: bool = False,
) -> Axes:
    """Draw what is left at each step of a service, each step as a part of its own printed base."""
    drawn = pd.concat(
        [labels.pick(rows, *chain).assign(heading=name) for name, chain in chains.items()]
    )
    inked = with_ink(drawn.assign(side="better"), credit)
    lines = as_lines(inked, _beside(drawn), heading=list(drawn["heading"]))
    sheet = Sheet(captions.steps(drawn, credit), narrow)
    return row_chart(sheet, lines, [could_be, interval, band]).close()
