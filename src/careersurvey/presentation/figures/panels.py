"""Findings side by side: by group as a heat table, two cohorts on one line, figures that clash."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.presentation import changes, titles, words
from careersurvey.presentation.conflicts import SAYS
from careersurvey.presentation.figures.rows import Scale, as_lines, row_chart, with_units
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import (
    BAD,
    GOOD,
    INK,
    PAPER,
    QUIET,
    RULE,
    SHADES,
    SMALL,
    TEXT,
    THIN,
    TILE,
    Look,
    Sheet,
    text_width,
    wrap,
)

_LINE = 17


def plot_heat(tables: Sequence[pd.DataFrame], credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw a page's findings by group as one table of shades, what stands out marked."""
    sheet = Sheet(titles.around_heat(tables, credit), narrow)
    for rows in tables:
        _table(sheet, rows)
    return sheet.close()


def _table(sheet: Sheet, rows: pd.DataFrame) -> None:
    """One domain: a heading, the groups across, a finding a line."""
    groups = list(dict.fromkeys(rows.loc[rows["domain"] != "all", "group"]))
    sheet.heading(f"By {titles.domain_of(rows)}")
    label = 0 if sheet.narrow else 250
    wide = (sheet.room - label - 40) / (len(groups) + 1)
    across = {name: sheet.left + label + k * wide for k, name in enumerate(["all", *groups])}
    _column_heads(sheet, rows, across, wide)
    findings = list(rows.groupby(["indicator", "category"], sort=False))
    for _, one in sorted(findings, key=lambda found: titles.p_of(found[1])):
        _finding(sheet, one.set_index("group"), across, wide, label)
    sheet.y += 6


def _column_heads(sheet: Sheet, rows: pd.DataFrame, across: dict[str, float], wide: float) -> None:
    """Name the columns, on a slope where they are too narrow for a word."""
    called = ["All", *titles.group_names(rows, list(across)[1:])]
    names = {
        group: f"{name} {titles.bases(rows, group)}".strip()
        for group, name in zip(across, called, strict=True)
    }
    longest = [max(name.split(), key=len) for name in names.values()]
    sloped = any(text_width(word, SMALL, "bold") > wide - 4 for word in longest)
    how: Look = {"size": SMALL, "weight": "bold", "even": False}
    lines = {
        group: wrap(name, SMALL, 170 if sloped else wide - 4, "bold")
        for group, name in names.items()
    }
    widest = max(text_width(line, SMALL, "bold") for one in lines.values() for line in one)
    deep = 0.87 * widest + 12 if sloped else 16 * max(len(one) for one in lines.values())
    for group, x in across.items():
        middle = x + (wide - 2) / 2
        if not sloped:
            sheet.text(middle, sheet.y, names[group], wide - 4, ha="center", **how)
            continue
        for number, line in enumerate(lines[group]):
            foot = middle + 4 + 14 * number - 7 * (len(lines[group]) - 1)
            place: Look = {"rotation": 60, "rotation_mode": "anchor", "va": "baseline"}
            sheet.text(foot, sheet.y + deep - 16, line, **how, **place)
    sheet.text(sheet.right, sheet.y + deep - 16, "of", size=SMALL, color=QUIET, ha="right")
    sheet.y += deep + 4


def _finding(
    sheet: Sheet, one: pd.DataFrame, across: dict[str, float], wide: float, label: int
) -> None:
    first = one.iloc[0]
    if sheet.narrow:
        sheet.y += 2
        sheet.write(first["label"])
        tall, sheet.y = 36.0 if "flag" in one else 27.0, sheet.y + 4
    else:
        lines = wrap(first["label"], TEXT, label - 12)
        tall = max(36.0, len(lines) * _LINE + 6)
        sheet.text(
            sheet.left, sheet.y + (tall - _LINE * len(lines)) / 2, first["label"], label - 12
        )
    symbol = titles.stands_out(one)
    shares = one.loc[one["domain"] != "all", "estimate"].dropna()
    apart = {shares.idxmax(), shares.idxmin()} if symbol and len(shares) else set()
    for group, x in across.items():
        row = one.loc[group] if group in one.index else None
        _cell(sheet, (x, x + wide - 2), tall, row, symbol if group in apart else "")
    base = first["base_n"]
    said = f"{base:,}" if pd.notna(base) else ""
    sheet.text(sheet.right, sheet.y + tall / 2 - 8, said, size=SMALL, color=QUIET, ha="right")
    sheet.y += tall


def _cell(
    sheet: Sheet, ends: tuple[float, float], tall: float, row: pd.Series | None, mark: str
) -> None:
    middle, centre = sheet.y + tall / 2, sum(ends) / 2
    known = row is not None and row["shown"] and pd.notna(row["estimate"])
    if not known:
        sheet.box(ends, middle, tall - 2, facecolor=PAPER, edgecolor=TILE, linewidth=1)
        said = "" if row is None else "–"
        sheet.text(centre, middle - 8, said, size=SMALL, color=QUIET, ha="center", gid="cell")
        return
    unsure = titles.is_unsure(row)
    shade = min(int(row["estimate"] * len(SHADES)), len(SHADES) - 1)
    ink = PAPER if shade > 3 and not unsure else INK
    empty: Look = {"facecolor": PAPER, "edgecolor": THIN, "linewidth": 1, "linestyle": ":"}
    look: Look = empty if unsure else {"facecolor": SHADES[shade]}
    sheet.box(ends, middle, tall - 2, gid="unsure" if unsure else "tile", **look)
    if mark:
        inner = (ends[0] + 3, ends[1] - 3)
        sheet.box(inner, middle, tall - 8, facecolor="none", edgecolor=ink, linewidth=1.6)
    told, weight = words.share(row["estimate"]), "bold" if mark else "normal"
    if mark and text_width(f"{mark} {told}", TEXT, "bold") < ends[1] - ends[0]:
        told = f"{mark} {told}"
    told = f"{told} [u]".replace(" ", "\xa0", bool(mark)) if unsure else told.replace(" ", "\xa0")
    lines = wrap(told, TEXT, ends[1] - ends[0], weight)
    for number, line in enumerate(lines):
        top = middle - 8 * len(lines) + 16 * number
        sheet.text(centre, top, line, weight=weight, color=ink, ha="center", gid="cell")


def plot_changes(
    rows: pd.DataFrame, credit: Credit, *, baseline: Credit, rule: str, narrow: bool = False
) -> Axes:
    """Draw what has changed: then hollow, now filled, on one line; what is not clear as words."""
    sheet = Sheet(changes.around_changes(rows, credit, baseline, rule), narrow)
    _key(sheet, baseline, credit)
    drawn = rows[rows["kind"].isin(changes.KINDS[:9])]
    if len(drawn):
        parts = [_part(row) for _, row in drawn.iterrows()]
        number = pd.Series(parts).value_counts()
        lines = as_lines(
            drawn.assign(
                shown=True,
                label=[
                    label + mark
                    for label, mark in zip(
                        with_units(drawn), words.each(drawn, changes.marked), strict=True
                    )
                ],
            ),
            lead=[changes.then_and_now(row) for _, row in drawn.iterrows()],
            under=[f"{changes.difference(row)} points" for _, row in drawn.iterrows()],
            heading=[f"{words.upper_first(part)}: {number[part]}" for part in parts],
            hint=[changes.HINT if kind.startswith("pointing") else "" for kind in drawn["kind"]],
            colour=[_colour(kind) for kind in drawn["kind"]],
        )
        row_chart(sheet, lines, [_pair])
    unclear = rows[rows["kind"] == "not clear"]
    if len(unclear):
        sheet.heading(f"Not clear: {len(unclear)}")
        sheet.write(
            f"{'; '.join(with_units(unclear))}.", size=SMALL, color=QUIET, even=False, gid="unclear"
        )
    return sheet.close()


def _part(row: pd.Series) -> str:
    """Name the part of the chart that a change is in: what is clear but in doubt stands apart."""
    return f"{row['kind']}{', in doubt' * (row['in_doubt'] and row['kind'] in changes.KINDS[:4])}"


def _key(sheet: Sheet, baseline: Credit, credit: Credit) -> None:
    for about, face in ((baseline, PAPER), (credit, THIN)):
        how = {"color": THIN, "markerfacecolor": face, "markeredgewidth": 1.8}
        sheet.dot(sheet.left + 6, sheet.y + 8, **how)
        told = f"{about.when_where}{' (synthetic data)' * about.synthetic}"
        sheet.text(sheet.left + 18, sheet.y, told, size=SMALL, color=QUIET)
        sheet.y += 18


def _colour(kind: str) -> str:
    return BAD if kind.endswith("worse") else GOOD if kind.endswith("better") else INK


def _pair(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    colour = row["colour"]
    then = (row["then_low"] + row["then_high"]) / 2
    if row["then_high"] > row["then_low"]:
        ends = x(row["then_low"]), x(row["then_high"])
        sheet.box(ends, middle, 8, facecolor=RULE, zorder=1, gid="wording")
    if pd.notna(row["estimate_cohort"]):
        width = 3 if row["kind"] in changes.KINDS[:4] else 1.6
        ends = x(then), x(row["estimate_cohort"])
        sheet.line(ends, (middle, middle), color=colour, linewidth=width, zorder=3)
        sheet.dot(ends[1], middle, color=colour, gid="now")
    hollow = {"color": colour, "markerfacecolor": PAPER, "markeredgewidth": 1.8}
    sheet.dot(x(then), middle, gid="then", **hollow)


def plot_clashes(conflicts: pd.DataFrame, credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw what cannot all hold: a figure as it reads filled, what the others leave it hollow."""
    sheet = Sheet(titles.around_clashes(conflicts, credit), narrow)
    hints = {"contradiction": "", "tension": "if the two mean the same"}
    numbers = conflicts["verdict"].value_counts()
    drawn = conflicts["base_n"].dropna()
    top = int(drawn.max()) if len(drawn) else 1
    lines = as_lines(
        conflicts.assign(shown=True),
        lead=[f"■ “{row['quote']}”{_read(row)}" for _, row in conflicts.iterrows()],
        under=[_left(row) for _, row in conflicts.iterrows()],
        heading=[f"{SAYS[verdict]}: {numbers[verdict]}" for verdict in conflicts["verdict"]],
        hint=[hints[verdict] for verdict in conflicts["verdict"]],
    )
    marks = [0, top / 2, top]
    ticks = [(mark, f"{mark:g}" if len(drawn) else "") for mark in marks]
    row_chart(sheet, lines, [_clash], ticks, plot=180)
    return sheet.close()


def _left(row: pd.Series) -> str:
    left = _ends(row, "others_")
    return f"□ the others leave {left}" if left else ""


def _read(row: pd.Series) -> str:
    """What a quote reads as, where it has no number itself."""
    reads = _ends(row, "")
    return "" if not reads or reads == row["quote"].removeprefix("only ") else f": {reads}"


def _ends(row: pd.Series, whose: str) -> str:
    return words.dashed(words.counts(row[f"{whose}low"], row[f"{whose}high"]))


def _clash(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    if pd.isna(row["base_n"]):
        return
    own, left = ((x(row[f"{whose}low"]), x(row[f"{whose}high"])) for whose in ("", "others_"))
    gap = (left[1], own[0]) if left[1] < own[0] else (own[1], left[0])
    sheet.line(gap, (middle, middle), color=BAD, linewidth=1.2, linestyle=(0, (2, 2)), zorder=2)
    hollow = {"facecolor": PAPER, "edgecolor": BAD, "linewidth": 2}
    sheet.box(left, middle, 12, least=7, zorder=3, gid="others", **hollow)
    sheet.box(own, middle, 12, least=6, zorder=4, gid="own")
