"""Findings side by side: by group as tables, two cohorts on one line, figures that clash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from careersurvey.evidence.tables import SHARES
from careersurvey.presentation import breakdowns, changes, style, titles, words
from careersurvey.presentation.conflicts import SAYS
from careersurvey.presentation.figures.rows import Scale, as_lines, row_chart, with_units
from careersurvey.presentation.labels import Credit
from careersurvey.presentation.style import (
    SMALL,
    TEXT,
    Look,
    Sheet,
    balanced,
    text_width,
    wrap,
)

_LINE = 17
_SURE = {
    "contradiction": "however widely read, if the same words mean the same",
    "tension": "as the words are read here, and if what is assumed on each card is so",
}


def plot_groups(tables: Sequence[pd.DataFrame], credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw a page's findings by group as plain tables, of many those whose groups differ.

    Each domain says how many were compared, and has a table for each unit. Only what stands out
    beyond all tests of the page has a tile.
    """
    sheet = Sheet(breakdowns.around_groups(tables, credit), narrow)
    telling = breakdowns.telling_groups(tables)
    named = iter(with_units(pd.concat(telling)))
    for rows, drawn in zip(tables, telling, strict=True):
        sheet.heading(f"By {breakdowns.domain_of(rows)}", breakdowns.how_compared(rows))
        drawn = drawn.assign(label=[next(named) for _ in drawn.index])
        for _, own in drawn.groupby("unit", sort=False):
            _table(sheet, own)
            sheet.y += 6
    return sheet.close()


def _table(sheet: Sheet, rows: pd.DataFrame) -> None:
    """One domain of one unit: groups across, of how many, a finding a line; a list if too many."""
    groups = ["all", *dict.fromkeys(rows.loc[rows["domain"] != "all", "group"])]
    names = ["All", *breakdowns.group_names(rows, groups[1:])]
    widest = max(text_width(word, SMALL, "bold") for name in names for word in name.split(" "))
    for beside in (0,) if sheet.narrow else (250, 0):
        wide = (sheet.room - beside) / len(groups)
        if wide >= widest + 4:
            break
    else:
        beside, wide, names = 0, 0, []
    bases = [breakdowns.bases(rows, group) for group in groups]
    if names:
        _across(sheet, names, beside, wide, size=SMALL, weight="bold")
        named = f"Number of {words.plural(rows['unit'].iloc[0])}"
        under = sheet.text(sheet.left, sheet.y, named, quiet=True)
        sheet.y += under * (not beside)
        _across(sheet, bases, beside, wide, size=SMALL, color=style.QUIET)
    for asked in sheet.most(breakdowns.by_test(rows)):
        if asked.mark and asked.several:
            named = f"{asked.mark} {asked.rows['question'].iloc[0]}: all its answers together"
            sheet.write(named, weight="bold", gid="question")
            sheet.y += 4
        for _, one in asked.rows.groupby("category", sort=False):
            told = f"{asked.mark * (not asked.several)} {one['label'].iloc[0]}".lstrip()
            ends = [row["group"] for row in breakdowns.ends_apart(asked, one)]
            apart = one["group"].isin(ends) & (asked.mark == "◆")
            said = breakdowns.in_cells(one)
            own = one.assign(apart=apart, untested=breakdowns.untested(one), said=said)
            own = own.set_index("group")
            cells = [own.loc[group] if group in own.index else None for group in groups]
            if names:
                tall = _beside(sheet, told, beside)
                for number, row in enumerate(cells):
                    left = sheet.left + beside + number * wide
                    _cell(sheet, (left, left + wide - 2), tall, row)
                sheet.y += tall
            else:
                _list_groups(sheet, told, breakdowns.group_names(rows, groups), cells)


def _beside(sheet: Sheet, told: str, room: int) -> float:
    """Say what a line is of, beside it or above it; return how tall the line is."""
    if not room:
        sheet.y += 3
        sheet.write(told)
        return 24
    lines = len(balanced(told, TEXT, room - 12))
    tall = max(30.0, lines * _LINE + 8)
    sheet.text(sheet.left, sheet.y + (tall - _LINE * lines) / 2, told, room - 12)
    return tall


def _across(sheet: Sheet, said: Sequence[str], beside: int, wide: float, **how: Any) -> None:
    """Write over each column what is said of it, down to one line."""
    broken = [wrap(one, SMALL, wide - 4, how.get("weight", "normal")) for one in said]
    deep = max(map(len, broken))
    for number, lines in enumerate(broken):
        middle = sheet.left + beside + (number + 0.5) * wide - 1
        for down, line in enumerate(lines, deep - len(lines)):
            sheet.text(middle, sheet.y + 15 * down, line, ha="center", **how)
    sheet.y += 15 * deep + 3


def _list_groups(
    sheet: Sheet, told: str, names: Sequence[str], cells: Sequence[pd.Series | None]
) -> None:
    """One finding with its groups below each other, where they have no room side by side."""
    sheet.write(told)
    for name, row in zip(names, cells, strict=True):
        if row is None:
            continue
        tall = 6 + sheet.text(sheet.left + 14, sheet.y + 3, name, 190, size=SMALL)
        _cell(sheet, (sheet.left + 210, sheet.left + 280), tall, row)
        if row["shown"] and pd.notna(row["base_n"]):
            said = f"of {row['base_n']:,} " * (" of " not in row["said"])
            said += words.plural(row["unit"])
            sheet.text(sheet.left + 286, sheet.y + 3, said, quiet=True)
        sheet.y += tall
    sheet.y += 4


def _cell(sheet: Sheet, ends: tuple[float, float], tall: float, row: pd.Series | None) -> None:
    """One share: bold on a tile if it is clearly apart, on grey if its group was not tested."""
    if row is None:
        return
    known = row["shown"] and pd.notna(row["estimate"])
    unsure, middle = titles.is_unsure(row), sheet.y + tall / 2
    if known and row["apart"]:
        sheet.box(ends, middle, tall - 2, facecolor=style.APART, gid="apart")
    elif known and row["untested"]:
        sheet.box(ends, middle, tall - 2, facecolor=style.TILE, gid="untested")
    weight = "bold" if known and row["apart"] else "normal"
    ink = style.QUIET if unsure or row["untested"] or not known else style.INK
    said = row["said"] + " [u]" * unsure if known else "–"
    lines = wrap(said, TEXT, ends[1] - ends[0], weight)
    for number, line in enumerate(lines):
        top, centre = middle - 8 * len(lines) + 16 * number, sum(ends) / 2
        sheet.text(centre, top, line, weight=weight, color=ink, ha="center", gid="cell")


def plot_changes(
    rows: pd.DataFrame, credit: Credit, *, baseline: Credit, rule: str, narrow: bool = False
) -> Axes:
    """Draw what has changed, then hollow, now filled, on one line; count what is not drawn."""
    sheet = Sheet(titles.around_changes(rows, credit, baseline, rule), narrow)
    for about, face in ((baseline, style.PAPER), (credit, style.THIN)):
        how: Look = {"color": style.THIN, "markerfacecolor": face, "markeredgewidth": 1.8}
        sheet.dot(sheet.left + 6, sheet.y + 8, **how)
        told = f"{about.when_where}: {'invented' if about.synthetic else about.source}"
        sheet.y += sheet.text(sheet.left + 18, sheet.y, told, sheet.room - 18, quiet=True) + 3
    drawn = changes.drawn(rows)
    if len(drawn):
        number = drawn["comes_to"].value_counts()
        lines = as_lines(
            drawn.assign(
                shown=drawn["measure"].isin(SHARES),
                label=with_units(drawn) + drawn["marks"],
            ),
            words.each(drawn, _then_and_now),
            heading=[f"{words.upper_first(one)}: {number[one]}" for one in drawn["comes_to"]],
            hint=[_HINTS.get(kind, "") for kind in drawn["kind"]],
            colour=drawn["comes_to"]
            .map(_COLOURS)
            .fillna(drawn["way"].map(_PALE).fillna(style.INK)),
        )
        row_chart(sheet, lines, [_pair])
    rest = changes.comparable(rows[~rows.index.isin(drawn.index)])
    if len(rest):
        sheet.heading(f"Not drawn, but in the data of this figure: {len(rest)}")
        sheet.write(f"{words.listed(changes.numbers(rest))}.", quiet=True)
    return sheet.close()


#: Full colour is of what is clear; what is in doubt or only points one way is paler.
_COLOURS = {"worse": style.BAD, "better": style.GOOD, "lower": style.INK, "higher": style.INK}
_PALE = {"worse": style.PALE_BAD, "better": style.PALE_GOOD}
_PALE |= dict.fromkeys(("unknown", "lower", "higher"), style.QUIET)
#: What a heading of the chart of changes says of its kind.
_HINTS = {
    **dict.fromkeys(changes.CLEAR[2:], "neither better nor worse"),
    **dict.fromkeys(changes.HINTS, "but not beyond what so many tests would throw up"),
    changes.UNKNOWN: "since the earlier report also says what stands beside each",
    changes.BY_READING: "clear at some counts that the words allow, not at others",
}


def _then_and_now(row: pd.Series) -> tuple[str, str]:
    if row["kind"] == changes.UNKNOWN:
        left = words.dashed(words.between(row["left_low"], row["left_high"]))
        then, now = (words.dashed(row[when]) for when in ("then", "now"))
        return f"{then} (others:\xa0{left}) →\xa0{now}", row["clash"]
    limits = f"({row['interval']})".replace(" ", "\xa0") * bool(row["interval"])
    judged = row["way"] in ("better", "worse") and row["measure"] in SHARES
    fewer = "; fewer\xa0is\xa0better" * (judged and row["side"] == "worse")
    return changes.then_and_now(row), f"{row['change']} {limits}{fewer}".strip()


def _pair(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    """Then and now on one line: a number as a dot, what its words leave open as a bar.

    Where the direction is unknown a box of what else it may have been stands in place of the line.
    """
    unknown = row["kind"] == changes.UNKNOWN
    colour = style.THIN if unknown else row["colour"]
    centres = []
    for when, face in (("then", style.PAPER), ("now", colour)):
        known = row[[f"{when}_low", f"{when}_high"]]
        if known.isna().any():
            continue
        ends = x(known.iloc[0]), x(known.iloc[1])
        centres.append(sum(ends) / 2)
        if changes.is_open(row, when):
            edge: Look = {"facecolor": face, "edgecolor": colour, "linewidth": 1.8, "zorder": 5}
            sheet.box(ends, middle, 12, gid=f"{when}-open", **edge)
        else:
            ring: Look = {"color": colour, "markerfacecolor": face, "markeredgewidth": 1.8}
            sheet.dot(centres[-1], middle, gid=when, **ring)
    if unknown:
        left = x(row["left_low"]), x(row["left_high"])
        sheet.box(left, middle, 12, zorder=3, gid="left", **style.LEFT)
        return
    how: Look = {"color": colour, "linewidth": 2.4}
    sheet.line((min(centres), max(centres)), (middle, middle), zorder=3, gid="change", **how)


def plot_clashes(conflicts: pd.DataFrame, credit: Credit, *, narrow: bool = False) -> Axes:
    """Draw what cannot all hold: a figure as it reads filled, what the others allow hollow."""
    sheet = Sheet(titles.around_clashes(conflicts, credit), narrow)
    numbers = conflicts["verdict"].value_counts()
    top = int(conflicts["base_n"].max()) if conflicts["base_n"].notna().any() else 1
    lines = as_lines(
        conflicts.assign(shown=conflicts["base_n"].notna()),
        words.each(conflicts, _quoted),
        heading=[f"{SAYS[verdict]}: {numbers[verdict]}" for verdict in conflicts["verdict"]],
        hint=[_SURE[verdict] for verdict in conflicts["verdict"]],
    )
    row_chart(sheet, lines, [_clash], [(mark, f"{mark:g}") for mark in (0, top / 2, top)], plot=180)
    return sheet.close()


def _quoted(row: pd.Series) -> tuple[str, str]:
    """The quote with what it reads as, where it has no number itself; what the others allow."""
    if not row["left"]:
        alone = "” or “" not in row["quote"]
        return f"“{row['quote']}”", "no whole number comes to that" * alone
    allow = f"the others allow {words.dashed(row['left'])}"
    return f"“{row['quote']}”: {words.dashed(row['reads'])}", allow


def _clash(sheet: Sheet, x: Scale, middle: float, row: pd.Series) -> None:
    own, left = ((x(row[f"{whose}low"]), x(row[f"{whose}high"])) for whose in ("", "others_"))
    sheet.box(left, middle, 12, least=7, zorder=3, gid="others", **style.HOLLOW)
    sheet.box(own, middle, 12, zorder=4, gid="own")
    sheet.box((x(0), x(row["base_n"])), middle, 16, facecolor=style.TILE, zorder=1, gid="base")
