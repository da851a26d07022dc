"""The row chart: a finding a line, its words to the left, its marks between, its number right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import labels, sentences, style, titles, words
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import Look, Sheet, wrap

Scale = Callable[[float], float]
Mark = Callable[[Sheet, Scale, float, pd.Series], None]

SHARES = ((0, "0%"), (0.5, "50%"), (1, "100%"))
_COLOURS = {"better": style.GOOD, "worse": style.BAD, "": style.QUIET}
_LABEL, _PLOT, _GAP = 268, 200, 16
_LINE = 17
#: A chart has its scale under each heading, and again so many rows further down.
_FAR = 8


def row_chart(
    sheet: Sheet,
    lines: pd.DataFrame,
    marks: Sequence[Mark],
    ticks: Sequence[tuple[float, str]] = SHARES,
    plot: int = _PLOT,
) -> None:
    """Lay out one line a row and draw its marks; what stands before and after is the caller's.

    A row that has nothing to draw has no grid either.
    """
    first = 6 if sheet.narrow else _LABEL + 24
    last = 216 if sheet.narrow else first + plot
    span = ticks[-1][0] or 1

    def x(value: float) -> float:
        return sheet.left + first + (last - first) * value / span

    above, since = None, _FAR
    for _, row in sheet.most(lines).iterrows():
        if row["heading"] != above:
            above, since = row["heading"], _FAR
            if above:
                sheet.heading(above, row["hint"], row["colour"])
        if row["shown"] and since >= _FAR:
            since = 0
            for at, said in ticks:
                side = "left" if at == 0 and sheet.narrow else "center"
                sheet.text(x(at), sheet.y, said, quiet=True, ha=side, gid="scale")
            sheet.y += 18
        top = sheet.y
        middle = _row(sheet, row, x(span) + _GAP)
        if not row["shown"]:
            continue
        since += 1
        reach = (middle - 9, middle + 9) if sheet.narrow else (top, sheet.y)
        for at, _ in ticks:
            sheet.line((x(at), x(at)), reach)
        for mark in marks:
            mark(sheet, x, middle, row)
        if row.get("leads", False):
            sheet.line((sheet.left, sheet.right), (sheet.y + 2, sheet.y + 2), gid="leads")
            sheet.text(sheet.left, sheet.y + 5, "the others, by size", quiet=True)
            sheet.y += 24


def _row(sheet: Sheet, row: pd.Series, right: float) -> float:
    """Write a row's words, on a phone its label above the rest; return where its marks go."""
    room, label, lead, under = sheet.right - right, row["label"], row["lead"], row["under"]
    if sheet.narrow:
        label, lead, under = _for_a_phone(row)
        sheet.write(label)
        if not row["shown"]:
            sheet.y += 8
            return sheet.y
    named = [] if sheet.narrow else wrap(label, style.TEXT, _LABEL)
    said = wrap(lead, style.TEXT, room, "bold") if lead else []
    rest = wrap(under, style.SMALL, room) if under else []
    tall = max(2 - sheet.narrow, len(named), len(said) + len(rest)) * _LINE + 8
    middle = sheet.y + tall / 2
    if named:
        sheet.text(sheet.left, middle - len(named) * _LINE / 2, label, _LABEL)
    top = middle - (len(said) + len(rest)) * _LINE / 2
    how: Look = {"color": style.QUIET} if titles.is_unsure(row) else {"weight": "bold"}
    if lead:
        sheet.text(right, top, lead, room, even=False, gid="number", **how)
    if under:
        sheet.text(right, top + len(said) * _LINE, under, room, quiet=True, even=False)
    sheet.y += tall + 4 * sheet.narrow
    return middle


def _for_a_phone(row: pd.Series) -> tuple[str, str, str]:
    """Put a quote behind the label, so that what it can mean is the number to the right."""
    label, lead, under = row["label"], row["lead"], row["under"]
    if not row["shown"]:
        return f"{label}: {'; '.join(filter(None, (lead, under)))}", "", ""
    if lead.startswith("“") and under:
        number, rest = (*re.split("[,;] ", under, maxsplit=1), "")[:2]
        return f"{label}: {lead}", number, rest
    return label, lead, under


def as_lines(
    rows: pd.DataFrame, said: Iterable[tuple[str, str]], **columns: object
) -> pd.DataFrame:
    """Give rows the columns that `row_chart` reads; `said` is what stands beside each.

    What is to be read with care is marked [u].
    """
    leads, unders = zip(*said, strict=True) if len(rows) else ((), ())
    unsure = titles.unsure(rows)
    marked = [f"{lead}{' [u]' * each}" for lead, each in zip(leads, unsure, strict=True)]
    usual = {"heading": "", "hint": "", "colour": style.INK}
    return rows.assign(lead=marked, under=list(unders), **usual | columns)


def band(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw what the words allow, or the share, thick; a word without a number as a light box."""
    if pd.isna(row["estimate_low"]):
        return
    ends = x(row["estimate_low"]), x(row["estimate_high"])
    if row.get("form", "") == "words" and ends[1] > ends[0]:
        sheet.box(ends, middle, 12, zorder=4, gid="word", **style.WORD)
    else:
        faded = titles.is_unsure(row)
        colour = style.THIN if faded else _COLOURS[row.get("side", "better")]
        sheet.box(ends, middle, 14, facecolor=colour, zorder=4, gid="band")


def interval(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw the interval, thin."""
    if pd.notna(row["conf_low"]):
        ends = x(row["conf_low"]), x(row["conf_high"])
        how = {"color": row.get("ink", style.THIN), "linewidth": 1.6, "zorder": 3}
        sheet.line(ends, (middle, middle), gid="interval", **how)


def part(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw a count as a part of its base: full as far as sure, hatched as far as open."""
    if pd.notna(row["base_n"]):
        ends = x(0), x(row["base_n"])
        sheet.box(ends, middle, 16, facecolor=style.TILE, zorder=1, gid="base")
    if pd.notna(row["count_low"]):
        _sure_and_open(sheet, x, middle, row["count_low"], row["count_high"])


def must_and_may(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw what a count must be and may be; one that may be anything has no ink."""
    if row["low"] > 0 or row["high"] < row["base_n"]:
        _sure_and_open(sheet, x, middle, row["low"], row["high"])


def _sure_and_open(sheet: Sheet, x: Scale, middle: float, low: float, high: float) -> None:
    """Draw a bar from nought that is full up to `low` and hatched on to `high`."""
    if high > low:
        sheet.box((x(low), x(high)), middle, 16, zorder=2, gid="open", **style.HATCHED)
    if low > 0:
        sheet.box((x(0), x(low)), middle, 16, least=2, zorder=3, gid="sure")


def plot_findings(rows: pd.DataFrame, credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw findings: thick what the words allow or the share, thin the interval."""
    little = labels.says_little(rows)
    sheet = Sheet(titles.around_findings(rows, credit), narrow)
    told = labels.told_first(rows[~little])
    if len(told):
        headed = bool(set(told["side"]) - {""})
        lines = as_lines(
            told.assign(
                label=with_units(told),
                shown=told["shown"] & told["estimate_low"].notna(),
                ink=[credit.ink(unit) for unit in told["unit"]],
            ),
            words.each(told, sentences.beside),
            heading=[titles.SIDES[side] * headed for side in told["side"]],
            colour=[_COLOURS[side] if side else style.INK for side in told["side"]],
        )
        row_chart(sheet, lines, [interval, band])
    if little.any():
        _list_silent(sheet, rows[little])
    return sheet.close()


def with_units(rows: pd.DataFrame) -> list[str]:
    """Name the units where rows are of several, but for one that nearly all are of."""
    share = rows["unit"].value_counts(normalize=True)
    usual = share.index[0] if share.iloc[0] > 0.7 else ""
    return [
        label if unit == usual else f"{words.plural(unit)} {label}"
        for label, unit in zip(rows["label"], rows["unit"], strict=True)
    ]


def _list_silent(sheet: Sheet, rows: pd.DataFrame) -> None:
    sheet.heading(f"Left open: {len(rows)}", "these words say no share, or rule little out")
    for _, row in sheet.most(rows).iterrows():
        quoted, counts = sentences.beside(row)
        quoted += f": {counts}" * bool(counts and not row["open"])
        said = f"{words.plural(row['unit'])} {row['label']}"
        right = sheet.left + _LABEL + 24 + _PLOT + _GAP
        if sheet.narrow:
            sheet.write(f"{said}: {quoted}")
        else:
            tall = sheet.text(sheet.left, sheet.y, said, right - sheet.left - 16)
            how: Look = {"weight": "bold", "gid": "quoted"}
            sheet.y += max(tall, sheet.text(right, sheet.y, quoted, sheet.right - right, **how))
        sheet.y += 8


def plot_parts(
    rows: pd.DataFrame, credit: Credit, *, measure: str, title: str = "", narrow: bool = False
) -> Axes:
    """Draw each count as the filled part of its base; shares of answers as bars of all."""
    sheet = Sheet(titles.around_parts(rows, credit, title, measure), narrow)
    inks = [credit.ink(unit) for unit in rows["unit"]]
    lines = as_lines(rows.assign(side="better", ink=inks), words.each(rows, sentences.part))
    if (rows["evidence"] == "respondents").any() or rows["base_n"].isna().any():
        row_chart(sheet, lines, [interval, band])
    else:
        top = int(rows["base_n"].max())
        middle = [(top // 2, f"{top // 2:,}")] if top % 10 == 0 else []
        row_chart(sheet, lines, [part], [(0, "0"), *middle, (top, f"{top:,}")])
    return sheet.close()


def plot_bounds(
    rows: pd.DataFrame,
    credit: Credit,
    *,
    aside: pd.DataFrame | None = None,
    narrow: bool = False,
) -> Axes:
    """Draw counts that were never printed: solid what must be, hatched what may be.

    `aside` are figures that were left out, as `labels.set_aside` lists them.
    """
    rows = rows.assign(sure=rows["low"] > 0, shown=True)
    order = ["sure", "low", "high"]
    rows = rows.sort_values(order, ascending=[False, False, True], kind="stable")
    top = int(rows["base_n"].max())
    sheet = Sheet(titles.around_bounds(rows, credit, aside), narrow)
    certain = "At least some, if the words are read as here"
    heads = [certain if sure else "Perhaps none" for sure in rows["sure"]]
    marks = rows.get("conflict", pd.Series("", rows.index)).map(sentences.bracket)
    lines = as_lines(
        rows.assign(label=rows["label"] + marks), words.each(rows, sentences.bound), heading=heads
    )
    ticks = [(0, "0"), (top / 2, f"{top / 2:g}"), (top, f"{top}")]
    row_chart(sheet, lines, [must_and_may], ticks)
    return sheet.close()


def could_be(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw what those who did not answer could make of a share: empty from end to end."""
    edge: Look = {"facecolor": style.PAPER, "edgecolor": style.THIN, "linewidth": 1.8}
    sheet.box((x(row["least"]), x(row["greatest"])), middle, 12, gid="could be", **edge)


def plot_missing(rows: pd.DataFrame, credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw how far those who did not answer could move each share, the furthest first."""
    ordered = (rows["least"] - rows["greatest"]).sort_values(kind="stable").index
    rows = rows.loc[ordered].assign(side="")
    sheet = Sheet(titles.around_missing(rows, credit), narrow)
    told = [
        (words.share(row["estimate"]), f"could be {words.between(row['least'], row['greatest'])}")
        for _, row in rows.iterrows()
    ]
    row_chart(sheet, as_lines(rows.assign(label=with_units(rows)), told), [could_be, band])
    return sheet.close()


def plot_steps(
    rows: pd.DataFrame,
    credit: Credit,
    *,
    chains: dict[str, Sequence[str]],
    narrow: bool = False,
) -> Axes:
    """Draw what is left at each step of a service, each step as a part of its own printed base."""
    steps = [labels.pick(rows, *chain).assign(heading=name) for name, chain in chains.items()]
    drawn = pd.concat(steps)
    sheet = Sheet(titles.around_steps(drawn, credit), narrow)
    known = pd.Series(words.each(drawn, sentences.has_a_base), drawn.index, bool)
    lines = as_lines(
        drawn.assign(
            shown=drawn["shown"] & known,
            side="better",
            ink=[credit.ink(unit) for unit in drawn["unit"]],
        ),
        _of_answers(drawn, words.each(drawn, sentences.step)),
        heading=list(drawn["heading"]),
    )
    row_chart(sheet, lines, [interval, band])
    return sheet.close()


def _of_answers(rows: pd.DataFrame, said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Say of answers how many of those at the step before did not answer."""
    before = rows.groupby("heading", sort=False)["count_high"].shift()
    told = []
    for (lead, under), came, (_, row) in zip(said, before, rows.iterrows(), strict=True):
        if row["evidence"] == "respondents" and row["shown"]:
            lost = pd.notna(came) and pd.notna(row["base_n"]) and row["base_n"] < came
            under += f" ({came - row['base_n']:,.0f} more did not answer)" * bool(lost)
        told.append((lead, under))
    return told
