"""The row chart: a finding a line, its words to the left, its marks between, its number right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import labels, sentences, titles, words
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import (
    BAD,
    GOOD,
    INK,
    PAPER,
    QUIET,
    SMALL,
    THIN,
    TILE,
    Look,
    Sheet,
    wrap,
)

Scale = Callable[[float], float]
Mark = Callable[[Sheet, Scale, float, pd.Series], None]

_COLOURS = {"better": GOOD, "worse": BAD, "": GOOD}
_LABEL, _PLOT, _GAP = 268, 200, 16
_LINE = 17


def row_chart(
    sheet: Sheet,
    rows: pd.DataFrame,
    marks: Sequence[Mark],
    ticks: Sequence[tuple[float, str]] = ((0, "0%"), (0.5, "50%"), (1, "100%")),
    *,
    label: int = _LABEL,
    plot: int = _PLOT,
) -> None:
    """Lay out one line a row and draw its marks; what stands before and after is the caller's."""
    first = 6 if sheet.narrow else label + 24
    last = 260 if sheet.narrow else first + plot
    span = ticks[-1][0] or 1

    def x(value: float) -> float:
        return sheet.left + first + (last - first) * value / span

    above = None
    for _, row in rows.iterrows():
        if row["heading"] != above:
            above = row["heading"]
            if above:
                sheet.heading(above, row["hint"], row["colour"])
        top = sheet.y
        middle = (_narrow_row if sheet.narrow else _desk_row)(sheet, row, x(span) + _GAP, label)
        reach = (middle - 9, middle + 9) if sheet.narrow else (top, sheet.y)
        for at, _ in ticks:
            sheet.line((x(at), x(at)), reach)
        for mark in marks if row["shown"] else ():
            mark(sheet, x, middle, row)
    for at, said in ticks:
        side = "left" if at == 0 and sheet.narrow else "center"
        sheet.text(x(at), sheet.y, said, size=SMALL, color=QUIET, ha=side)
    sheet.y += 18


def _desk_row(sheet: Sheet, row: pd.Series, right: float, label: int) -> float:
    room = sheet.right - right
    said = wrap(row["lead"], 13, room, "bold") if row["lead"] else []
    under = wrap(row["under"], SMALL, room) if row["under"] else []
    named = wrap(row["label"], 13, label)
    tall = max(2, len(named), len(said) + len(under)) * _LINE + 8
    middle = sheet.y + tall / 2
    sheet.text(sheet.left, middle - len(named) * _LINE / 2, row["label"], label)
    top = middle - (len(said) + len(under)) * _LINE / 2
    if said:
        sheet.text(right, top, row["lead"], room, weight="bold", even=False)
    if under:
        below = top + len(said) * _LINE
        sheet.text(right, below, row["under"], room, size=SMALL, color=QUIET, even=False)
    sheet.y += tall
    return middle


def _narrow_row(sheet: Sheet, row: pd.Series, right: float, label: int) -> float:
    number, said = row["under"] or row["lead"], [row["lead"]] if row["under"] else []
    if len(wrap(number, 13, sheet.right - right, "bold")) > 2:
        number, said = "", [*said, number]
    sheet.write(": ".join([row["label"], "; ".join(said)]) if said else row["label"])
    beside = wrap(number, 13, sheet.right - right, "bold")
    middle = sheet.y + 4 + len(beside) * _LINE / 2
    sheet.text(right, sheet.y + 4, number, sheet.right - right, weight="bold", even=False)
    sheet.y += len(beside) * _LINE + 12
    return middle


def as_lines(rows: pd.DataFrame, **columns: object) -> pd.DataFrame:
    """Give rows the columns that `row_chart` reads, empty where they are not given."""
    usual = {"lead": "", "under": "", "heading": "", "hint": "", "colour": INK}
    return rows.assign(**{name: columns.get(name, value) for name, value in usual.items()})


def band(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw what the words allow, or the share, thick; words without a number as a bracket."""
    if pd.notna(row["estimate_low"]):
        ends = x(row["estimate_low"]), x(row["estimate_high"])
        colour = _COLOURS[row.get("side", "")]
        if _is_word(row):
            how = {"color": colour, "linewidth": 2.2, "zorder": 4}
            sheet.line(ends, (middle, middle), gid="bracket", **how)
            for end in ends:
                sheet.line((end, end), (middle - 6, middle + 6), **how)
            return
        sheet.box(ends, middle, 14, facecolor=colour, zorder=4, gid="band")


def _is_word(row: pd.Series) -> bool:
    return row.get("form", "") == "words" and row["estimate_high"] > row["estimate_low"]


def interval(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw the interval, thin; around a word it would say more than the word does."""
    if pd.notna(row["conf_low"]) and not _is_word(row):
        ends = x(row["conf_low"]), x(row["conf_high"])
        how = {"color": row.get("ink", THIN), "linewidth": 1.6, "zorder": 3, "gid": "interval"}
        sheet.line(ends, (middle, middle), **how)


def part(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Draw a count as a part of its base: full as far as sure, hatched as far as open."""
    if pd.notna(row["base_n"]):
        sheet.box((x(0), x(row["base_n"])), middle, 16, facecolor=TILE, zorder=1, gid="base")
    if pd.notna(row["count_low"]):
        sure_and_open(sheet, x, middle, row["count_low"], row["count_high"])


def sure_and_open(sheet: Sheet, x: Scale, middle: float, low: float, high: float) -> None:
    """Draw a bar from nought that is full up to `low` and hatched on to `high`."""
    if high > low:
        how: Look = {"facecolor": PAPER, "edgecolor": GOOD, "hatch": "////", "linewidth": 1.2}
        sheet.box((x(low), x(high)), middle, 16, zorder=2, gid="open", **how)
    if low > 0:
        sheet.box((x(0), x(low)), middle, 16, least=2, zorder=3, gid="sure")


def plot_findings(
    rows: pd.DataFrame, credit: Credit, *, title: str = "", measure: str = "", narrow: bool = False
) -> Axes:
    """Draw findings: thick what the words allow or the share, thin the interval."""
    little = labels.says_little(rows)
    told, silent = rows[~little], rows[little]
    sheet = Sheet(titles.around_findings(rows, credit, title, measure), narrow)
    lines = _findings_lines(told, credit)
    if len(lines):
        row_chart(sheet, lines, [interval, band])
    if len(silent):
        _list_silent(sheet, silent)
    return sheet.close()


def _findings_lines(rows: pd.DataFrame, credit: Credit) -> pd.DataFrame:
    """Lay findings out as lines, grouped by the side that they are on."""
    rows = labels.told_first(rows)
    said = [sentences.beside(row) for _, row in rows.iterrows()]
    heads = [titles.SIDES[side] for side in rows["side"]]
    if not set(rows["side"]) - {""}:
        heads = [("", "")] * len(rows)
    return as_lines(
        rows.assign(label=with_units(rows), ink=[credit.ink(unit) for unit in rows["unit"]]),
        lead=[lead for lead, _ in said],
        under=[under for _, under in said],
        heading=[head for head, _ in heads],
        hint=[hint for _, hint in heads],
        colour=[_COLOURS[side] if side else INK for side in rows["side"]],
    )


def with_units(rows: pd.DataFrame) -> list[str]:
    """Name the units where rows are of several, but for one that nearly all are of."""
    share = rows["unit"].value_counts(normalize=True)
    usual = share.index[0] if share.iloc[0] > 0.7 else ""
    return [
        label if unit == usual else f"{words.plural(unit)} {label}"
        for label, unit in zip(rows["label"], rows["unit"], strict=True)
    ]


def _list_silent(sheet: Sheet, rows: pd.DataFrame) -> None:
    sheet.heading(f"Left open: {len(rows)}", "these words rule little or nothing out")
    for _, row in rows.iterrows():
        quoted, counts = sentences.beside(row)
        said = f"{words.plural(row['unit'])} {row['label']}{f': {counts}' * (not row['open'])}"
        if sheet.narrow:
            sheet.write(f"{quoted} {said}")
            sheet.y += 8
            continue
        sheet.text(sheet.left, sheet.y, quoted, weight="bold", gid="quoted")
        sheet.y += sheet.text(150, sheet.y, said, sheet.right - 150) + 8


def plot_parts(
    rows: pd.DataFrame, credit: Credit, *, measure: str, title: str = "", narrow: bool = False
) -> Axes:
    """Draw each count as the filled part of its base; shares of answers as bars of all."""
    shares = bool((rows["evidence"] == "respondents").any() or rows["base_n"].isna().any())
    top = 1 if shares else int(rows["base_n"].max())
    ticks = [(0, "0%"), (0.5, "50%"), (1, "100%")]
    if not shares:
        middle = [(top // 2, f"{top // 2:,}")] if top % 10 == 0 else []
        ticks = [(0, "0"), *middle, (top, f"{top:,}")]
    sheet = Sheet(titles.around_parts(rows, credit, title, measure), narrow)
    said = [sentences.part(row) for _, row in rows.iterrows()]
    lines = as_lines(rows, lead=[lead for lead, _ in said], under=[under for _, under in said])
    marks = [interval, band] if shares else [part]
    row_chart(sheet, lines.assign(side=""), marks, ticks)
    return sheet.close()


def plot_bounds(rows: pd.DataFrame, credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw counts that were never printed: solid what must be, hatched what may be."""
    rows = rows.assign(
        sure=rows["low"] > 0, trivial=(rows["low"] == 0) & (rows["high"] == rows["base_n"])
    )
    order = ["sure", "low", "high"]
    rows = rows.sort_values(order, ascending=[False, False, True], kind="stable")
    top = int(rows["base_n"].max())
    sheet = Sheet(titles.around_bounds(rows, credit), narrow)
    lines = as_lines(
        rows.assign(shown=True),
        lead=[sentences.bound(row)[0] for _, row in rows.iterrows()],
        under=[sentences.bound(row)[1] for _, row in rows.iterrows()],
        heading=["At least some" if sure else "Perhaps none" for sure in rows["sure"]],
    )

    def must_and_may(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
        if not row["trivial"]:
            sure_and_open(sheet, x, middle, row["low"], row["high"])

    row_chart(sheet, lines, [must_and_may], [(0, "0"), (top / 2, f"{top / 2:g}"), (top, f"{top}")])
    return sheet.close()


def plot_steps(
    rows: pd.DataFrame,
    credit: Credit,
    *,
    chains: dict[str, Sequence[str]],
    title: str = "",
    narrow: bool = False,
) -> Axes:
    """Draw what is left at each step of a service, each step as a part of its own printed base."""
    steps = [labels.pick(rows, *chain).assign(heading=name) for name, chain in chains.items()]
    drawn = pd.concat(steps)
    sheet = Sheet(titles.around_steps(drawn, credit, title), narrow)
    said = [sentences.step(row) for _, row in drawn.iterrows()]
    known = (drawn["base_from"] != "none") | drawn["form"].isin(["percent", "fraction"])
    lines = as_lines(
        drawn.assign(shown=drawn["shown"] & known, side=""),
        lead=[lead for lead, _ in said],
        under=[under for _, under in said],
        heading=drawn["heading"],
    )
    row_chart(sheet, lines, [interval, band])
    return sheet.close()
